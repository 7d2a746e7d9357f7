"""One neuron and its loss as a graph of operations, with the numbers of both passes on its edges."""

import numpy as np
from matplotlib.patches import Circle

from reference.activations import sigmoid
from reference.figures.style import GREY, INK, OKABE_ITO, WIDTH, canvas, number, styled

RADIUS = 0.27
FORWARD, BACKWARD = OKABE_ITO["blue"], OKABE_ITO["vermilion"]


@styled
def draw_computation_graph(w, x, b):
    """L = -log sigmoid(w x + b), operation by operation.

    Above each edge stands what goes forward along it, below it what comes back: the slope of L along that number.
    Beside each operation stands its own slope, by which it multiplies.

    Parameters
    ----------
    w, x, b : float
        With a sigmoid that is not 0.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the loss is not finite.
    """
    product, z = w * x, w * x + b
    a = float(sigmoid(np.array(z)))
    if not a > 0 or not np.isfinite(z):
        raise ValueError(f"the loss of w = {w}, x = {x}, b = {b} is not finite")
    dz = a - 1  # -1/a times a (1 - a)
    height = 3.5
    figure, ax = canvas(WIDTH, height)
    middle, upper, lower = 1.75, 2.4, 1.2
    at = {"w": (0.4, upper), "x": (0.4, lower), "×": (1.95, middle), "b": (0.45, 0.5), "+": (3.45, middle),
          "σ": (4.95, middle), "−log": (6.45, middle), "L": (7.65, middle)}
    edges = [("w", "×", w, dz * x), ("x", "×", x, dz * w), ("×", "+", product, dz), ("b", "+", b, dz),
             ("+", "σ", z, dz), ("σ", "−log", a, -1 / a), ("−log", "L", -np.log(a), 1.0)]
    for start, end, value, slope in edges:
        _edge(ax, at[start], at[end], number(value, 3), number(slope, 3))
    for name, place in at.items():
        _node(ax, name, place, operation=name in ("×", "+", "σ", "−log"))
    for name, slope in [("×", f"slopes {number(x, 1)}, {number(w, 1)}"), ("+", "slopes 1, 1"),
                        ("σ", f"slope a(1 − a)\n= {number(a * (1 - a), 3)}"), ("−log", f"slope −1/a\n= {number(-1 / a, 3)}")]:
        ax.text(at[name][0], middle + 0.62, slope, ha="center", va="bottom", fontsize=8.5, color=GREY, linespacing=1.3)
    ax.text(0.2, height - 0.15, "L = −log σ(wx + b)", fontsize=12, weight="bold", va="top")
    ax.text(WIDTH - 0.2, height - 0.15, "above an edge: forward →", color=FORWARD, ha="right", va="top")
    ax.text(WIDTH - 0.2, height - 0.38, "below, in italics: ← backward, the slope of L", color=BACKWARD, style="italic",
            ha="right", va="top")
    return figure


def _edge(ax, start, end, value, slope):
    (x0, y0), (x1, y1) = start, end
    length = np.hypot(x1 - x0, y1 - y0)
    dx, dy = (x1 - x0) / length * RADIUS, (y1 - y0) / length * RADIUS
    ax.annotate("", (x1 - dx, y1 - dy), xytext=(x0 + dx, y0 + dy), arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2})
    middle, tilt = ((x0 + x1) / 2, (y0 + y1) / 2), np.degrees(np.arctan2(y1 - y0, x1 - x0))
    for text, side, look in ((value, 1, {"color": FORWARD, "weight": "bold"}), (slope, -1, {"color": BACKWARD, "style": "italic"})):
        away = 0.17 * side
        ax.text(middle[0] - away * np.sin(np.radians(tilt)), middle[1] + away * np.cos(np.radians(tilt)), text,
                ha="center", va="center", rotation=tilt, rotation_mode="anchor", fontsize=9.5, **look)


def _node(ax, name, place, operation):
    edge = OKABE_ITO["green"] if operation else GREY
    ax.add_patch(Circle(place, RADIUS, facecolor="#E6F4EF" if operation else "white", edgecolor=edge, lw=1.5, zorder=2))
    ax.text(*place, name if operation else f"${name}$", ha="center", va="center", fontsize=9 if name == "−log" else 12, zorder=3)
