"""Optimizers on a quadratic, f(x) = x^T A x / 2: the one loss on which every step can be computed on paper.

Along each eigenvector of A, with eigenvalue c (the curvature), gradient descent multiplies the distance to the minimum
by 1 - alpha c at every step, and knows nothing of the other directions. All that is said about learning rates near a
minimum follows from that, since every smooth loss looks like a quadratic there.
"""

import numpy as np


def descend(rule, A, start, steps, **settings):
    """The points that a rule visits on f(x) = x^T A x / 2, whose gradient is A x.

    Parameters
    ----------
    rule : callable
        An update rule: rule(theta, grad, state, **settings) changes theta in place,
        with its memory in state.
    A : ndarray, shape (n, n)
        Symmetric.
    start : ndarray, shape (n,)
        Left as it is.
    steps : int
    **settings
        Passed on to the rule, such as lr=0.1.

    Returns
    -------
    ndarray, shape (steps + 1, n)
        The start, then the point after each step.
    """
    ### BEGIN SOLUTION
    theta, state = np.array(start, dtype=float), {}
    path = [theta.copy()]
    for _ in range(steps):
        rule(theta, A @ theta, state, **settings)
        path.append(theta.copy())
    return np.array(path)
    ### END SOLUTION


def sgd_rates(A):
    """What curvature allows gradient descent on f(x) = x^T A x / 2.

    Parameters
    ----------
    A : ndarray, shape (n, n)
        Symmetric, with eigenvalues greater than 0.

    Returns
    -------
    limit : float
        The learning rate above which gradient descent diverges.
    best : float
        The learning rate for which the slowest direction is as fast as possible.
    factor : float
        With the best rate, what the distance along the slowest direction is multiplied
        by at every step.
    """
    ### BEGIN SOLUTION
    curvatures = np.linalg.eigvalsh(A)
    least, greatest = curvatures[0], curvatures[-1]
    return 2 / greatest, 2 / (least + greatest), (greatest - least) / (greatest + least)
    ### END SOLUTION
