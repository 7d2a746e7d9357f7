"""CSV files that are opened in spreadsheets: no text in them becomes a formula, and a file is there when it is complete."""

import contextlib
import csv
import os
import re
import tempfile

from autograder.course.shown import visible

# where a cell begins, also for a spreadsheet that takes a semicolon for the end of one, and what makes it a formula there
_FORMULA = re.compile(r"(^|[;|])(\s*)(?=[=+\-@＝＋－＠])")


def write(path, rows):
    """Write rows as CSV.

    Parameters
    ----------
    path : Path
    rows : iterable of list
        Numbers stay as they are; in text a formula gets an apostrophe before it, by which spreadsheets know text.
    """
    with replacing(path) as file:
        csv.writer(file).writerows([_defused(value) if isinstance(value, str) else value for value in row] for row in rows)


def _defused(text):
    return _FORMULA.sub(r"\1\2'", visible(text))


@contextlib.contextmanager
def replacing(path):
    """A text file that takes the place of `path` only when it is complete."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            yield file
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
