"""XOR: four points that no straight line separates, and a noisy cloud around them."""

import numpy as np


def load_xor(copies=1, noise=0.0, rng=None):
    """The XOR problem, as four corners or as clouds around them.

    Parameters
    ----------
    copies : int
        How many examples to draw at each of the four corners of the unit square.
    noise : float
        Standard deviation of the Gaussian noise added to each coordinate.
    rng : numpy.random.Generator, optional
        Needed when noise is not 0.

    Returns
    -------
    X : ndarray, shape (4 * copies, 2)
    y : ndarray, shape (4 * copies, 1)
        1 where exactly one coordinate of the corner is 1, else 0.

    Raises
    ------
    ValueError
        If noise is asked for and no rng is given.
    """
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    X = np.repeat(corners, copies, axis=0)
    y = (X.sum(axis=1, keepdims=True) == 1).astype(float)
    if noise:
        if rng is None:
            raise ValueError("noise needs an rng: pass numpy.random.default_rng(seed)")
        X = X + noise * rng.standard_normal(X.shape)
    return X, y
