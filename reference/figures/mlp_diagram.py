"""A multi-layer perceptron as circles and lines, with the shape of everything written beside it."""

import numpy as np
from matplotlib.patches import Circle

from reference.figures.style import GREY, OKABE_ITO, PALE, WIDTH, canvas, styled

NODES = 6  # shown of a layer, at most; of more, the first ones, dots and the last
RADIUS = 0.19


@styled
def draw_mlp(layer_sizes, hidden="ReLU", output="sigmoid"):
    """Nodes, connections and dimensions of a fully connected network.

    Parameters
    ----------
    layer_sizes : sequence of int
        [n_0, ..., n_L], 2 to 6 numbers, each at least 1.
    hidden, output : str
        Names of the activations, as to be written over the layers.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the number of layers or a size is out of range.
    """
    sizes = list(layer_sizes)
    if not 2 <= len(sizes) <= 6:
        raise ValueError(f"the diagram has room for 2 to 6 layers, the input included; got {len(sizes)}")
    if any(n != int(n) or n < 1 for n in sizes):
        raise ValueError(f"every layer needs a whole number of neurons, at least 1; got {sizes}")
    L = len(sizes) - 1
    spare = 0.5 * (NODES - min(NODES, max(sizes)))  # height that small layers leave unused
    height = 5.4 - spare
    figure, ax = canvas(WIDTH, height)
    xs = np.linspace(0.85, WIDTH - 0.85, L + 1)
    ax.text(0.2, height - 0.15, f"{' → '.join(f'{n:,}' for n in sizes)} network", fontsize=12, weight="bold", va="top")

    columns = [_column(n, 2.97 - spare / 2) for n in sizes]
    for l in range(1, L + 1):
        for _, y_from in columns[l - 1]:
            for _, y_to in columns[l]:
                ax.plot(xs[l - 1 : l + 1], [y_from, y_to], color=PALE, lw=0.7, zorder=1)
    for l, (n, column) in enumerate(zip(sizes, columns, strict=True)):
        colour = OKABE_ITO["sky blue" if l == 0 else "orange" if l == L else "green"]
        symbol = "x" if l == 0 else r"\hat{y}" if l == L else "a"
        for index, y in column:
            look = {"facecolor": _pale(colour), "edgecolor": colour, "lw": 1.5, "zorder": 2}
            ax.add_patch(Circle((xs[l], y), RADIUS, **look))
            subscript = "" if l == L and n == 1 else f"_{{{index}}}"
            ax.text(xs[l], y, f"${symbol}{subscript}$", ha="center", va="center", fontsize=_fit(index))
        if n > NODES:
            ax.text(xs[l], (column[-1][1] + column[-2][1]) / 2, "⋮", ha="center", va="center", fontsize=16)
        name = "input" if l == 0 else "output" if l == L else "hidden" if L == 2 else f"hidden {l}"
        function = "" if l == 0 else output if l == L else hidden
        ax.text(xs[l], height - 0.61, name, ha="center", va="center", weight="bold")
        ax.text(xs[l], height - 0.82, function, ha="center", va="center", fontsize=9)
        ax.text(xs[l], 1.25, f"$n_{l}$ = {n:,}\nbatch: (m, {n:,})", ha="center", va="center", fontsize=8.5,
                linespacing=1.4)
    for l in range(1, L + 1):
        middle = (xs[l - 1] + xs[l]) / 2
        ax.text(middle, 0.62, f"$W^{{[{l}]}}$: {sizes[l]:,} × {sizes[l - 1]:,}\n$b^{{[{l}]}}$: {sizes[l]:,}",
                ha="center", va="center", fontsize=9 if L < 5 else 8, linespacing=1.5,
                bbox={"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": GREY, "lw": 0.8})
    counts = [sizes[l] * sizes[l - 1] + sizes[l] for l in range(1, L + 1)]
    total = f"{' + '.join(f'{c:,}' for c in counts)} = {sum(counts):,}" if L > 1 else f"{counts[0]:,}"
    ax.text(0.2, 0.18, "$Z^{[l]} = A^{[l-1]} W^{[l]T} + b^{[l]}$", va="center", fontsize=9)
    ax.text(WIDTH - 0.2, 0.18, f"{total} parameters", ha="right", va="center", fontsize=9)
    return figure


def _column(n, middle):
    """(index, height) of each node that is shown, from top to bottom."""
    indices = list(range(1, n + 1)) if n <= NODES else [*range(1, NODES - 1), n]
    slots = list(range(n)) if n <= NODES else [*range(NODES - 2), NODES - 1]  # dots in between
    top = middle + 0.5 * (max(slots) / 2)
    return [(index, top - 0.5 * slot) for index, slot in zip(indices, slots, strict=True)]


def _fit(index):
    return 9 if index < 100 else 7.5 if index < 1000 else 6.5


def _pale(colour):
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(0.25 * c + 0.75 for c in (red, green, blue))
