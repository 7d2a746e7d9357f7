"""Cross-entropy from logits, binary and multi-class, with gradients of the famous form (y_hat - y) / m.

A loss that takes probabilities has to compute log(0) when a network is confidently wrong. One that takes logits
(the z before the sigmoid or softmax) can cancel the exp against the log on paper first, and never overflows.
"""

import numpy as np

from reference.activations import sigmoid


def bce_from_logits(z, y):
    """Binary cross-entropy, averaged over the batch, from logits.

    L = -1/m sum_i [ y_i log sigma(z_i) + (1 - y_i) log(1 - sigma(z_i)) ], computed
    without overflow or log(0) for any finite z.

    Parameters
    ----------
    z : ndarray, shape (m, 1)
        Logits.
    y : ndarray, shape (m, 1)
        Labels, 0 or 1.

    Returns
    -------
    float
        The mean loss, in nats.
    """
    ### BEGIN SOLUTION
    # -log sigma(z) = log(1 + e^-z); for both labels in one expression that is
    # max(z, 0) - z y + log(1 + e^-|z|)
    losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    return float(losses.mean())
    ### END SOLUTION


def bce_from_logits_grad(z, y):
    """Gradient of the mean binary cross-entropy with respect to the logits.

    Parameters
    ----------
    z : ndarray, shape (m, 1)
    y : ndarray, shape (m, 1)

    Returns
    -------
    dz : ndarray, shape (m, 1)
    """
    ### BEGIN SOLUTION
    return (sigmoid(z) - y) / len(z)
    ### END SOLUTION


def softmax(Z):
    """Softmax of each row, exp(z_j) / sum_k exp(z_k), for any finite logits.

    Parameters
    ----------
    Z : ndarray, shape (m, K)
        One row of K logits per example.

    Returns
    -------
    ndarray, shape (m, K)
        Probabilities; each row sums to 1.
    """
    ### BEGIN SOLUTION
    # Softmax does not change when a row is shifted, so shift its largest logit to 0: e^0 = 1 cannot overflow.
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)
    ### END SOLUTION


def softmax_cross_entropy(Z, y):
    """Multi-class cross-entropy, averaged over the batch, from logits.

    L = -1/m sum_i log softmax(Z_i)[y_i], computed without overflow or log(0) for any
    finite Z.

    Parameters
    ----------
    Z : ndarray, shape (m, K)
        Logits.
    y : ndarray of int, shape (m,)
        The index of the right class of each example, 0 to K-1.

    Returns
    -------
    float
        The mean loss, in nats.
    """
    ### BEGIN SOLUTION
    shifted = Z - Z.max(axis=1, keepdims=True)
    log_sum_exp = np.log(np.exp(shifted).sum(axis=1))  # at least log(1) = 0: one term is e^0
    return float(np.mean(log_sum_exp - shifted[np.arange(len(Z)), y]))
    ### END SOLUTION


def softmax_cross_entropy_grad(Z, y):
    """Gradient of the mean softmax cross-entropy with respect to the logits.

    Parameters
    ----------
    Z : ndarray, shape (m, K)
    y : ndarray of int, shape (m,)

    Returns
    -------
    dZ : ndarray, shape (m, K)
    """
    ### BEGIN SOLUTION
    dZ = softmax(Z)
    dZ[np.arange(len(Z)), y] -= 1.0
    return dZ / len(Z)
    ### END SOLUTION
