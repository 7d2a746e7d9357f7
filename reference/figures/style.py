"""One look for all figures: palette, line styles, labels at line ends, cells with numbers in them.

The palette is that of Okabe and Ito (2008, "Color Universal Design"), made to be told apart with any common
colour vision. Colour never stands alone: lines also differ in dashes or markers, matrices have their numbers
written in, so that a print without colour still reads. Sizes are inches; at DPI, 8 inches fill a notebook.
"""

import functools
import io

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.style import context

OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky blue": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
}
INK, GREY, PALE = "#222222", "#6B6B6B", "#D5D5D5"  # text; second voice; what should stay behind

# Line number i: its colour, dashes and marker. Yellow is left out, too faint on white.
LINES = tuple(
    {"color": OKABE_ITO[name], "linestyle": dashes, "marker": marker}
    for name, dashes, marker in (
        ("blue", "-", "o"),
        ("vermilion", "--", "s"),
        ("green", "-.", "^"),
        ("black", ":", "D"),
        ("purple", (0, (6, 1.5)), "v"),
        ("orange", (0, (3, 1, 1, 1, 1, 1)), "P"),
        ("sky blue", (0, (1, 1)), "X"),
    )
)

# SIGNED and HEIGHT are pale: numbers and a path go on top. AMOUNT and HEIGHT darken all the way, so they
# survive greyscale; SIGNED needs its numbers for that.
SIGNED = LinearSegmentedColormap.from_list("signed", ["#F2A36B", "#FFFFFF", "#7DB8DC"])
AMOUNT = LinearSegmentedColormap.from_list("amount", ["#FFFFFF", "#9CC9E3", "#0072B2", "#00334F"])
HEIGHT = LinearSegmentedColormap.from_list("height", ["#FFFFFF", "#9CC9E3", "#3F97C9"])

WIDTH, DPI = 8.0, 100
STYLE = {
    "figure.dpi": DPI,
    "savefig.dpi": "figure",
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with Matplotlib
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "figure.titlesize": 12,
    "figure.titleweight": "bold",
    "axes.labelsize": 9.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E8E8E8",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "mathtext.fontset": "dejavusans",
}


class StyledFigure(Figure):
    """A figure that keeps the style until it is drawn, and that a notebook can show without pyplot."""

    def draw(self, renderer):
        with context(["default", STYLE]):  # how many ticks there are and how large is decided only now
            super().draw(renderer)

    def _repr_png_(self):
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def styled(draw):
    """Decorator: a function draws in this file's style, whatever the notebook's own settings are."""

    @functools.wraps(draw)
    def drawn(*args, **kwargs):
        with context(["default", STYLE]):
            return draw(*args, **kwargs)

    return drawn


def panels(rows=1, columns=1, width=WIDTH, height=3.2, **options):
    """A figure and its axes; `options` go to `Figure.subplots`.

    Returns
    -------
    figure : Figure
    axes : Axes or ndarray of Axes
    """
    figure = StyledFigure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.06, wspace=0.04, hspace=0.04)
    return figure, figure.subplots(rows, columns, **options)


def canvas(width, height):
    """A figure for a diagram: one axes without frame over all of it, its units inches from the bottom left.

    Returns
    -------
    figure : Figure
    ax : Axes
    """
    figure = StyledFigure(figsize=(width, height))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.set_axis_off()
    return figure, ax


def line(i, marker=False):
    """Keyword arguments of line number i: colour, dashes and, if asked for, a marker. Starts over after 7."""
    look = dict(LINES[i % len(LINES)])
    if not marker:
        del look["marker"]
    return look


def label_ends(ax, labels):
    """Write a label to the right of each line's last point, moved apart where they would overlap.

    Parameters
    ----------
    ax : Axes
    labels : list of (Line2D, str)
    """
    notes = []
    for curve, text in labels:
        x, y = curve.get_xdata()[-1], curve.get_ydata()[-1]
        note = ax.annotate(
            text, (x, y), xytext=(14, 0), textcoords="offset points", va="center", fontsize=9,
            arrowprops={"arrowstyle": "-", "color": curve.get_color(), "lw": 1.0, "shrinkA": 1, "shrinkB": 2},
            annotation_clip=False,
        )
        notes.append(note)
    ax.figure.draw_without_rendering()  # now the layout is known
    pixels = ax.figure.dpi / 72  # of one point
    boxes = [note.get_window_extent() for note in notes]
    heights = [ax.transData.transform(note.xy)[1] for note in notes]
    order = np.argsort(heights)
    gap = 1.05 * max((box.height for box in boxes), default=0)
    bottom, top = ax.get_window_extent().intervaly
    placed = _apart(np.array(heights)[order], gap, bottom + gap / 2, top - gap / 2)
    for i, y in zip(order, placed, strict=True):
        notes[i].set_position((14, (y - heights[i]) / pixels))


def _apart(sorted_heights, gap, bottom, top):
    """Move sorted heights as little as this simple rule can, until neighbours are a gap apart."""
    placed = np.clip(sorted_heights, bottom, top)
    for _ in range(200):
        short = gap - np.diff(placed)
        if not (short > 0.01).any():
            break
        push = np.where(short > 0, short / 2, 0)
        placed[:-1] -= push
        placed[1:] += push
        placed += max(0, bottom - placed[0]) - max(0, placed[-1] - top)
    return placed


def number(x, digits=2):
    """A number as text: a real minus sign, and never -0.00."""
    return f"{round(float(x), digits) + 0.0:.{digits}f}".replace("-", "−")


def cells(ax, x, y, values, texts, width, height, limit, **font):
    """A row of coloured cells with text in them, its lower left corner at (x, y).

    Parameters
    ----------
    ax : Axes
    x, y, width, height : float
        In the units of the axes; width and height of one cell.
    values : sequence of float or None
        Colour of each cell; None leaves a gap with the text alone.
    texts : sequence of str
    limit : float
        The absolute value that has the full colour.
    **font
        Of the texts.
    """
    for i, (value, text) in enumerate(zip(values, texts, strict=True)):
        if value is not None:
            colour = SIGNED(0.5 + 0.5 * np.clip(value / (limit or 1.0), -1, 1))
            corner = (x + i * width, y)
            ax.add_patch(Rectangle(corner, width, height, facecolor=colour, edgecolor="white", lw=1.5))
        ax.text(x + (i + 0.5) * width, y + height / 2, text, ha="center", va="center_baseline", **font)
