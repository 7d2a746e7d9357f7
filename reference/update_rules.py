"""The update rules themselves: SGD, momentum, Adam, AdamW, each for one parameter and one step.

A rule changes theta in place and keeps what it must remember in `state`, a dict of its own for each parameter, empty
before the first step. `optimizers` wraps the rules for a whole network, and for gradients of a few rows.
"""

import numpy as np


def sgd_update(theta, grad, state, lr):
    """One step of gradient descent: theta := theta - alpha g.

    Parameters
    ----------
    theta : ndarray
        The parameter, of any shape; changed in place.
    grad : ndarray
        Its gradient g, of the same shape; left as it is.
    state : dict
        The rule's memory for this parameter; SGD needs none.
    lr : float
        The learning rate alpha.
    """
    ### BEGIN SOLUTION
    theta -= lr * grad
    ### END SOLUTION


def momentum_update(theta, grad, state, lr, beta=0.9):
    """One step along the exponential average of the gradients.

    v := beta v + (1 - beta) g
    theta := theta - alpha v

    Parameters
    ----------
    theta : ndarray
        Changed in place.
    grad : ndarray
        Left as it is.
    state : dict
        Empty before the first step, then the memory v under a name of your choice.
    lr : float
        alpha.
    beta : float
        How much of the past remains, in [0, 1).
    """
    ### BEGIN SOLUTION
    if not state:
        state["v"] = np.zeros_like(theta)
    v = state["v"]
    v *= beta
    v += (1 - beta) * grad
    theta -= lr * v
    ### END SOLUTION


def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """One step of Adam (Kingma & Ba, 2014, Algorithm 1).

    m := beta1 m + (1 - beta1) g,     v := beta2 v + (1 - beta2) g^2
    m_hat = m / (1 - beta1^t),  v_hat = v / (1 - beta2^t),  t = 1 in the first step
    theta := theta - alpha m_hat / (sqrt(v_hat) + epsilon)

    Parameters
    ----------
    theta : ndarray
        Changed in place.
    grad : ndarray
        Left as it is.
    state : dict
        Empty before the first step, then m, v and t under names of your choice.
    lr : float
        alpha.
    beta1, beta2 : float
        In [0, 1).
    epsilon : float
        Keeps the division defined; greater than 0.
    """
    ### BEGIN SOLUTION
    if not state:
        state.update(m=np.zeros_like(theta), v=np.zeros_like(theta), t=0)
    state["t"] += 1
    m, v, t = state["m"], state["v"], state["t"]
    m *= beta1
    m += (1 - beta1) * grad
    v *= beta2
    v += (1 - beta2) * grad**2
    # theta -= alpha m_hat / (sqrt(v_hat) + epsilon), in one array that is reused
    step = v / (1 - beta2**t)
    np.sqrt(step, out=step)
    step += epsilon
    np.divide(m, step, out=step)
    step *= lr / (1 - beta1**t)
    theta -= step
    ### END SOLUTION


def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8,
                 weight_decay=0.01):
    """One step of Adam with decoupled weight decay (Loshchilov & Hutter, 2017).

    theta := (1 - alpha lambda) theta, then Adam's step for the loss's gradient alone.

    Parameters
    ----------
    theta, grad, state, lr, beta1, beta2, epsilon
        As in `adam_update`.
    weight_decay : float
        lambda, not negative.
    """
    ### BEGIN SOLUTION
    theta *= 1 - lr * weight_decay
    adam_update(theta, grad, state, lr, beta1, beta2, epsilon)
    ### END SOLUTION
