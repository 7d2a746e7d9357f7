"""A table in plain text, for whatever prints numbers side by side."""


def format_table(header, rows):
    """Columns as wide as they need to be, the first one to the left, the others to the right.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of sequences
        As many cells as the header. A float is shown with three digits after the point.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    cells = [list(header)] + [[f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row]
                              for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.rjust(width) if k else cell.ljust(width)
                       for k, (cell, width) in enumerate(zip(row, widths, strict=True))) for row in cells]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join(line.rstrip() for line in lines)
