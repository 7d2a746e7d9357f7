"""The gradient check: compare backpropagation with central differences before believing either.

(f(t + h) - f(t - h)) / 2h is wrong by O(h^2) of the function's curvature and by O(eps / h) of rounding; in float64
h near 1e-5 balances the two, and leaves about ten correct digits. It needs two evaluations for every parameter,
which is why it checks backpropagation and does not replace it.
"""

import numpy as np


def numerical_gradient(f, theta, h=1e-5):
    """Gradient of f at theta by central differences, one entry at a time.

    Parameters
    ----------
    f : callable
        Takes an array of theta's shape, returns a number.
    theta : ndarray, any shape
        Left as it was found.
    h : float
        The step.

    Returns
    -------
    ndarray, the shape of theta
    """
    ### BEGIN SOLUTION
    gradient = np.zeros_like(theta, dtype=float)
    for i in np.ndindex(theta.shape):
        step = np.zeros_like(theta, dtype=float)
        step[i] = h
        gradient[i] = (f(theta + step) - f(theta - step)) / (2.0 * h)
    return gradient
    ### END SOLUTION


def relative_error(a, b):
    """The largest |a - b| / max(|a|, |b|, 1e-8): 1e-7 is agreement, 1e-2 is a bug.

    Parameters
    ----------
    a, b : ndarray, the same shape

    Returns
    -------
    float
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return float(np.max(np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)),
                                                   1e-8), initial=0.0))
