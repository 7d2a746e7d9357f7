"""A multi-layer perceptron of any depth: forward keeps what backward will need, backward reuses it.

Hidden layers use one activation; the last layer stays linear and returns logits, since the losses want logits.
Backpropagation is the chain rule with memory: each layer's delta is computed once, from the delta after it.
"""

import numpy as np

from reference.activations import ACTIVATIONS
from reference.dense import dense_backward, dense_forward
from reference.losses import bce_from_logits_grad


def forward(params, X, activation="relu"):
    """Run the network on a batch and keep every intermediate result.

    Z[l] = A[l-1] W[l]^T + b[l], and A[l] = f(Z[l]) for every layer l but the last.

    Parameters
    ----------
    params : dict
        "W1", "b1", ..., "WL", "bL" with W[l] of shape (n_l, n_{l-1}) and b[l] of shape
        (n_l,).
    X : ndarray, shape (m, n_0)
    activation : str
        A key of ACTIVATIONS, used in every hidden layer; any other name is an error.

    Returns
    -------
    logits : ndarray, shape (m, n_L)
        Z[L], with no activation applied.
    cache : dict
        "A0" (which is X), "Z1", "A1", ..., "ZL".
    """
    ### BEGIN SOLUTION
    f, _ = ACTIVATIONS[activation]
    L = len(params) // 2
    cache = {"A0": X}
    for l in range(1, L + 1):
        cache[f"Z{l}"] = dense_forward(cache[f"A{l - 1}"], params[f"W{l}"], params[f"b{l}"])
        if l < L:
            cache[f"A{l}"] = f(cache[f"Z{l}"])
    return cache[f"Z{L}"], cache
    ### END SOLUTION


def backward(params, cache, dZ, activation="relu"):
    """Backpropagation: the gradient of the loss for every parameter.

    From layer L down to 1: (dW[l], db[l], dA[l-1]) from dZ[l]; dZ[l-1] from dA[l-1].

    Parameters
    ----------
    params : dict
        As in `forward`.
    cache : dict
        As `forward` returned it for the same params and batch.
    dZ : ndarray, shape (m, n_L)
        Gradient of the loss with respect to the logits; it holds the 1/m of the mean.
    activation : str
        The hidden activation that `forward` used.

    Returns
    -------
    dict
        The same keys and shapes as params.
    """
    ### BEGIN SOLUTION
    _, f_grad = ACTIVATIONS[activation]
    grads = {}
    for l in range(len(params) // 2, 0, -1):
        dW, db, dA_prev = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        grads[f"W{l}"], grads[f"b{l}"] = dW, db
        if l > 1:
            dZ = dA_prev * f_grad(cache[f"Z{l - 1}"])
    return grads
    ### END SOLUTION


def layer_gradient_norms(params, X, y, activation):
    """How much gradient reaches each layer: the norms of dL/dW[l] for l = 1 ... L.

    The loss is the binary cross-entropy of the network's logits.

    Parameters
    ----------
    params : dict
        As in `forward`, with n_L = 1.
    X : ndarray, shape (m, n_0)
    y : ndarray, shape (m, 1)
    activation : str
        The hidden activation.

    Returns
    -------
    list of float
        One norm per layer, the first layer first.
    """
    ### BEGIN SOLUTION
    logits, cache = forward(params, X, activation)
    grads = backward(params, cache, bce_from_logits_grad(logits, y), activation)
    return [float(np.linalg.norm(grads[f"W{l}"])) for l in range(1, len(params) // 2 + 1)]
    ### END SOLUTION
