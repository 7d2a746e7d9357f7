"""The confusion matrix with both things one wants of it: how many, and which share of the true class."""

import numpy as np

from reference.figures.style import AMOUNT, INK, panels, styled


@styled
def plot_confusion_matrix(matrix, class_names):
    """Counts and row percentages; a dark cell holds a large share of its row.

    Parameters
    ----------
    matrix : ndarray of int, shape (K, K)
        As `evaluation.confusion_matrix` returns it: [i, j] is how many of class i were predicted as j.
    class_names : sequence of K str

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the matrix is not square, negative or empty, or the names do not fit.
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(class_names) != len(matrix):
        raise ValueError("matrix must be (K, K) with K class names, "
                         f"got {matrix.shape} and {len(class_names)} names")
    if matrix.min(initial=0) < 0 or matrix.sum() == 0:
        raise ValueError("matrix must hold counts of at least one example")
    K, sizes = len(matrix), matrix.sum(axis=1)
    shares = matrix / np.maximum(sizes, 1)[:, None]
    side = 1.9 + 0.95 * K
    figure, ax = panels(width=side + 0.7, height=side - 0.2)
    ax.imshow(shares, cmap=AMOUNT, vmin=0, vmax=1.3)
    for i in range(K):
        for j in range(K):
            look = {"ha": "center", "va": "center", "color": "white" if shares[i, j] > 0.6 else INK}
            weight = "bold" if i == j else "normal"
            ax.text(j, i - 0.13, f"{matrix[i, j]:,}", weight=weight, fontsize=11, **look)
            ax.text(j, i + 0.2, f"{shares[i, j]:.1%}", fontsize=8.5, **look)
    ax.set_xticks(range(K), class_names)
    ax.set_yticks(range(K), [f"{name}\n({size:,})" for name, size in zip(class_names, sizes, strict=True)])
    ax.set(xlabel="predicted class", ylabel="true class (its size)",
           title=f"{np.trace(matrix):,} of {matrix.sum():,} right ({np.trace(matrix) / matrix.sum():.1%})")
    ax.grid(False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure
