"""Embeddings on paper: PCA, which keeps the large distances, and t-SNE, which keeps the neighbourhoods.

PCA is a projection: its axes are directions of the space, and no distance comes out greater than it is. t-SNE
(van der Maaten & Hinton, 2008) moves points about until near ones are near; its axes mean nothing, and the
sizes of clusters and the gaps between them little.
"""

from collections import Counter

import numpy as np

from reference.figures.projection import principal_axes
from reference.figures.style import LINES, panels, styled


@styled
def plot_embedding_space(vectors, words, classes, n_labels=40, perplexity=None, seed=0):
    """Words as points, by PCA on the left and t-SNE on the right, coloured and marked by class.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        One row a word, n at least 5 and d at least 2.
    words : sequence of n str
        Of each class the first are labelled first: put the frequent ones in front.
    classes : sequence of n str
        At most 7 different ones.
    n_labels : int
        Label at most that many words, classes taking turns; a word without a free place beside its point is
        passed over.
    perplexity : float, optional
        About how many neighbours t-SNE looks at; 30, or a quarter of the words if that is less.
    seed : int
        Of t-SNE.

    Returns
    -------
    Figure
        t-SNE takes some seconds for a thousand words; a hundred or two are easier to read, too.

    Raises
    ------
    ValueError
        If the lengths differ, or there are too few words or too many classes.
    """
    from sklearn.manifold import TSNE  # slow to import

    vectors, words, classes = np.asarray(vectors, dtype=float), list(words), list(classes)
    if vectors.ndim != 2 or not len(vectors) == len(words) == len(classes):
        raise ValueError(f"vectors must be (n, d) with a word and a class for each row; got {vectors.shape}, "
                         f"{len(words)} words and {len(classes)} classes")
    if len(words) < 5:
        raise ValueError(f"a picture of the space needs at least 5 words, got {len(words)}")
    kinds = list(dict.fromkeys(classes))
    if len(kinds) > len(LINES):
        raise ValueError(f"{len(kinds)} classes cannot be told apart: use at most {len(LINES)}")
    perplexity = min(30.0, len(words) / 4) if perplexity is None else perplexity
    axes, shares = principal_axes(vectors)
    flat = (vectors - vectors.mean(axis=0)) @ axes.T  # (n, 2)
    tsne = TSNE(init="pca", perplexity=perplexity, random_state=seed)
    near = tsne.fit_transform(vectors)

    figure, panel = panels(1, 2, height=4.5)
    for ax, points in zip(panel, (flat, near), strict=True):
        for kind, look in zip(kinds, LINES, strict=False):
            member = np.array([c == kind for c in classes])
            ax.scatter(*points[member].T, s=22, marker=look["marker"], color=look["color"], alpha=0.85, lw=0,
                       label=kind)
        ax.margins(0.12)
        ax.grid(False)
    panel[0].set(title=f"PCA ({shares.sum():.0%} of the variance)", xlabel=f"component 1 ({shares[0]:.0%})",
                 ylabel=f"component 2 ({shares[1]:.0%})")
    panel[1].set(title=f"t-SNE (perplexity {perplexity:g})", xlabel="t-SNE 1 (no unit)",
                 ylabel="t-SNE 2 (no unit)", xticks=[], yticks=[])
    figure.legend(*panel[0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=len(kinds) if len(kinds) <= 5 else 4)
    figure.draw_without_rendering()  # label places are pixels: the layout must be final
    for ax, points in zip(panel, (flat, near), strict=True):
        _label(ax, points, words, _taking_turns(classes), n_labels)
    return figure


# dx, dy in points, horizontal and vertical alignment
_PLACES = ((5, 0, "left", "center"), (-5, 0, "right", "center"),
           (0, 5, "center", "bottom"), (0, -5, "center", "top"),
           (4, 4, "left", "bottom"), (-4, 4, "right", "bottom"),
           (4, -4, "left", "top"), (-4, -4, "right", "top"))


def _label(ax, points, words, order, n_labels):
    """Write words beside their points, at the first of eight places where no label and no other point is."""
    pixels = ax.transData.transform(points)
    frame, taken = ax.get_window_extent(), []
    for i in order:
        if len(taken) == n_labels:
            break
        others = np.delete(pixels, i, axis=0)
        note = ax.annotate(words[i], points[i], xytext=(0, 0), textcoords="offset points", fontsize=8)
        note.set_in_layout(False)
        for dx, dy, ha, va in _PLACES:
            note.set(position=(dx, dy), ha=ha, va=va)
            box = note.get_window_extent().padded(1)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            free = not any(box.overlaps(other) for other in taken)
            if inside and free and not box.padded(2).count_contains(others):
                taken.append(box)
                break
        else:
            note.remove()


def _taking_turns(classes):
    """Indices in the order: first word of each class, second word of each class, ..."""
    seen, turns = Counter(), []
    for kind in classes:
        turns.append(seen[kind])
        seen[kind] += 1
    return np.argsort(turns, kind="stable")
