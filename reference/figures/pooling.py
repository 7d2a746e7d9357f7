"""Mean and max pooling of the same sentence: what is kept and what is lost."""

import textwrap

import numpy as np
from matplotlib.patches import Rectangle

from reference.figures.style import GREY, INK, OKABE_ITO, WIDTH, canvas, cells, number, styled
from reference.pooling import max_pool_forward, mean_pool_forward

WORDS, DIMENSIONS = 10, 8  # room for
LEFT, CELL, ROW, BAR = 1.35, 0.5, 0.3, 0.7  # inches; BAR is the length of 100%


@styled
def plot_pooling(X, words):
    """The words' vectors, the two pooled vectors below them, and each word's say in either.

    A word's say is its share of the pooled vector's gradient on the way back: 1/n each for the mean; for the
    maximum, the share of dimensions that the word won (framed).

    Parameters
    ----------
    X : ndarray, shape (n, d)
        A small matrix, n from 2 to 10 and d from 1 to 8.
    words : sequence of n str

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the sizes are out of range or differ.
    """
    X, words = np.asarray(X, dtype=float), list(words)
    if X.ndim != 2 or not (2 <= len(X) <= WORDS and 1 <= X.shape[1] <= DIMENSIONS):
        raise ValueError(f"the figure has room for 2 to {WORDS} words of 1 to {DIMENSIONS} dimensions, "
                         f"got {X.shape}")
    if len(words) != len(X):
        raise ValueError(f"X has {len(X)} rows, but there are {len(words)} words")
    n, d = X.shape
    everything = np.ones((1, n), dtype=bool)
    mean = mean_pool_forward(X[None], everything)[0]
    greatest, winners = (result[0] for result in max_pool_forward(X[None], everything))
    wins = np.bincount(winners, minlength=n)

    notes = [(name, textwrap.wrap(text, 102)) for name, text in _notes(X, words, mean, winners)]
    height = 1.45 + ROW * (n + 2) + sum(0.13 + 0.19 * len(lines) for _, lines in notes)
    figure, ax = canvas(WIDTH, height)
    y = height - 0.2
    ax.text(0.2, y, f"Mean and max pooling: [{n}, {d}] → [{d}]", fontsize=12, weight="bold", va="top")
    y -= 0.75
    right = LEFT + max(d, 4) * CELL + 0.3
    bars = (right, right + BAR + 0.5)
    for j in range(d):
        ax.text(LEFT + (j + 0.5) * CELL, y + 0.04, f"{j + 1}", ha="center", fontsize=8, color=GREY)
    for x, name in zip(bars, ("say in\nthe mean", "say in\nthe max"), strict=True):
        ax.text(x, y + 0.04, name, fontsize=8.5, color=GREY, va="bottom")
    limit = np.abs(X).max()
    for t, word in enumerate(words):
        y -= ROW
        ax.text(LEFT - 0.12, y + ROW / 2, word, ha="right", va="center_baseline")
        cells(ax, LEFT, y, X[t], [number(v) for v in X[t]], CELL, ROW, limit, fontsize=8.5)
        for j in np.flatnonzero(winners == t):
            corner = (LEFT + j * CELL + 0.03, y + 0.03)
            ax.add_patch(Rectangle(corner, CELL - 0.06, ROW - 0.06, fill=False, edgecolor=INK, lw=1.6))
        for x, part, whole, colour in ((bars[0], 1, n, "blue"), (bars[1], wins[t], d, "vermilion")):
            length = BAR * part / whole
            ax.add_patch(Rectangle((x, y + 0.07), length, ROW - 0.14, facecolor=OKABE_ITO[colour]))
            ax.text(x + length + 0.06, y + ROW / 2, f"{part}/{whole}", va="center_baseline", fontsize=8)
    y -= 0.18
    for name, row in (("mean", mean), ("max", greatest)):
        y -= ROW + 0.06
        ax.text(LEFT - 0.12, y + ROW / 2, name, ha="right", va="center_baseline", weight="bold")
        cells(ax, LEFT, y, row, [number(v) for v in row], CELL, ROW, limit, fontsize=8.5, weight="bold")

    y -= 0.1
    for name, lines in notes:
        y -= 0.13
        ax.text(LEFT - 0.12, y, name, ha="right", va="top", weight="bold", fontsize=8.5)
        for text in lines:
            ax.text(LEFT, y, text, va="top", fontsize=8.5)
            y -= 0.19
    return figure


def _notes(X, words, mean, winners):
    """What this matrix keeps and loses, in sentences."""
    t, j = np.unravel_index(np.abs(X).argmax(), X.shape)  # the strongest entry
    silent = [word for t, word in enumerate(words) if t not in winners]
    strongest = f"the strongest number, {number(X[t, j])} of “{words[t]}” in dimension {j + 1},"
    kept = "is kept as it is" if winners[j] == t else "is lost: only large positive numbers win"
    yield "Mean", f"Every word keeps 1/{len(X)} of a say; {strongest} becomes {number(mean[j])}."
    traces = f"Nothing at all is left of {_listed(silent)}." if silent else "Every word left a trace."
    yield "Max", f"T{strongest[1:]} {kept}. {traces}"
    yield "Both", ("Forgotten is the order of the words: the rows shuffled give the same two vectors, "
                   "so “not good, bad” is “not bad, good”.")


def _listed(words, most=3):
    quoted = [f"“{word}”" for word in words]
    if len(quoted) > most:
        return ", ".join(quoted[:most]) + f" and {len(quoted) - most} more"
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
