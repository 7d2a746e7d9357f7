"""Stochastic gradient descent: theta := theta - lr * gradient, and nothing else."""


def sgd_step(params, grads, lr):
    """One step of gradient descent, in place.

    Parameters
    ----------
    params : dict of ndarray
        Changed in place: theta := theta - lr * dL/dtheta.
    grads : dict of ndarray
        The same keys and shapes as params; left as they are.
    lr : float
        The learning rate, alpha in the lecture.

    Returns
    -------
    None
    """
    ### BEGIN SOLUTION
    for name in params:
        params[name] -= lr * grads[name]
    ### END SOLUTION
