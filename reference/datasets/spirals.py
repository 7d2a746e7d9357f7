"""Two interleaved spirals: the classic set that no straight line, and no small circle, separates.

XOR needs two hidden units; this needs a dozen, and shows how a decision boundary bends with width and depth
(Lang and Witbrock, 1988, "Learning to tell two spirals apart").
"""

import numpy as np


def load_spirals(points_per_class=100, turns=1.0, noise=0.02, rng=None):
    """Sample two spirals, one per class, turned by 180 degrees against each other.

    Point t in [0, 1] of class 0 lies at radius r = 0.1 + 0.9 t and angle 2 pi `turns` t; class 1 is its
    mirror image through the origin.

    Parameters
    ----------
    points_per_class : int
        At least 1.
    turns : float
        How often each spiral winds round the origin; more is harder.
    noise : float
        Standard deviation of the Gaussian noise on both coordinates, where the spirals' outer radius is 1.
    rng : numpy.random.Generator, optional
        Draws the noise and the order; default_rng(0) unless given.

    Returns
    -------
    X : ndarray, shape (2 * points_per_class, 2)
    y : ndarray of int64, shape (2 * points_per_class,)
        0 or 1, in random order, equally often.

    Raises
    ------
    ValueError
        If there are no points or the noise is negative.
    """
    if points_per_class < 1:
        raise ValueError(f"points_per_class is {points_per_class}: give at least 1")
    if noise < 0:
        raise ValueError(f"noise is {noise}: a standard deviation cannot be negative")
    rng = np.random.default_rng(0) if rng is None else rng
    t = np.linspace(0.0, 1.0, points_per_class)
    radius, angle = 0.1 + 0.9 * t, 2 * np.pi * turns * t
    arm = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])  # (points_per_class, 2)
    X = np.concatenate([arm, -arm]) + noise * rng.normal(size=(2 * points_per_class, 2))
    y = np.repeat(np.array([0, 1], dtype=np.int64), points_per_class)
    order = rng.permutation(len(y))
    return X[order], y[order]
