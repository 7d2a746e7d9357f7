"""Principal component analysis by singular value decomposition, to show many dimensions as two."""

import numpy as np


def principal_axes(X, centre=None, k=2):
    """The k orthogonal directions along which the rows of X spread most around a centre.

    Parameters
    ----------
    X : ndarray, shape (n, d)
    centre : ndarray, shape (d,), optional
        The mean of the rows unless given.
    k : int

    Returns
    -------
    axes : ndarray, shape (k, d)
        Orthonormal rows, the most important first; each has its largest entry positive, so that a picture
        does not flip from one machine to the next.
    shares : ndarray, shape (k,)
        The share of the squared distances from the centre that lies along each axis.

    Raises
    ------
    ValueError
        If X has fewer than k rows or columns, is not finite, or its rows do not differ.
    """
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or min(X.shape) < k:
        raise ValueError(f"{k} principal axes need an (n, d) matrix, n and d at least {k}; got {X.shape}")
    if not np.isfinite(X).all():
        raise ValueError("the matrix holds NaN or infinity: it has no principal axes")
    centred = X - (X.mean(axis=0) if centre is None else centre)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    if not sizes[0] > 0:
        raise ValueError("all rows are the same: there is no direction in which they differ")
    axes = axes[:k]
    signs = np.sign(axes[np.arange(k), np.abs(axes).argmax(axis=1)])
    return axes * signs[:, None], (sizes**2 / np.sum(sizes**2))[:k]
