"""Exercise 1 from end to end: train the two-layer network with mini-batch SGD, on XOR or anything small.

The loop of all deep learning in five lines: forward, loss, gradient at the output, backward, step.
Left out: validation, early stopping, other optimizers; `training` has them.
"""

import numpy as np

from reference.activations import sigmoid
from reference.batches import minibatches
from reference.losses import bce_from_logits, bce_from_logits_grad
from reference.network import backward, forward
from reference.sgd import sgd_step


def train(params, X, y, lr, epochs, batch_size, rng):
    """Train a ReLU network with binary cross-entropy and mini-batch SGD.

    Parameters
    ----------
    params : dict
        The network, changed in place.
    X : ndarray, shape (m, n_0)
    y : ndarray, shape (m, 1)
    lr : float
    epochs : int
    batch_size : int
    rng : numpy.random.Generator
        Shuffles the batches.

    Returns
    -------
    list of float
        The loss on the whole of X, y after each epoch.
    """
    ### BEGIN SOLUTION
    history = []
    for _ in range(epochs):
        for batch in minibatches(len(X), batch_size, rng):
            logits, cache = forward(params, X[batch])
            dZ = bce_from_logits_grad(logits, y[batch])
            sgd_step(params, backward(params, cache, dZ), lr)
        history.append(bce_from_logits(forward(params, X)[0], y))
    return history
    ### END SOLUTION


def predict(params, X):
    """Class 0 or 1 for each row of X: 1 where its probability is at least one half.

    Parameters
    ----------
    params : dict
    X : ndarray, shape (m, n_0)

    Returns
    -------
    ndarray of int, shape (m, 1)
    """
    ### BEGIN SOLUTION
    return (sigmoid(forward(params, X)[0]) >= 0.5).astype(int)
    ### END SOLUTION


def accuracy(params, X, y):
    """The share of rows that `predict` gets right.

    Parameters
    ----------
    params : dict
    X : ndarray, shape (m, n_0)
    y : ndarray, shape (m, 1)

    Returns
    -------
    float
        Between 0 and 1.
    """
    return float(np.mean(predict(params, X) == y))
