"""The same network in PyTorch, to check ours against a library that many people have checked before us.

`nn.Linear` stores its weight as (out, in), the lecture's shape, so parameters can be copied over as they are.
"""

import torch
from torch import nn


def make_twin(params):
    """A PyTorch network with the same layers and the same numbers, in float64.

    Parameters
    ----------
    params : dict
        "W1" of shape (n_1, n_0), "b1" of shape (n_1,), ...

    Returns
    -------
    torch.nn.Sequential
        Linear, ReLU, Linear, ReLU, ..., Linear: it maps (m, n_0) to logits (m, n_L).
    """
    ### BEGIN SOLUTION
    layers = []
    L = len(params) // 2
    for l in range(1, L + 1):
        n_out, n_in = params[f"W{l}"].shape
        layer = nn.Linear(n_in, n_out, dtype=torch.float64)
        with torch.no_grad():
            # torch.tensor copies; from_numpy would share memory, and training one would change the other
            layer.weight.copy_(torch.tensor(params[f"W{l}"]))
            layer.bias.copy_(torch.tensor(params[f"b{l}"]))
        layers.append(layer)
        if l < L:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)
    ### END SOLUTION


def twin_loss_and_grads(params, X, y):
    """Binary cross-entropy and its gradients, by PyTorch's automatic differentiation.

    Parameters
    ----------
    params : dict
        As in `make_twin`.
    X : ndarray, shape (m, n_0)
    y : ndarray, shape (m, 1)

    Returns
    -------
    loss : float
        The mean loss over the batch.
    grads : dict of ndarray
        The same keys and shapes as params.
    """
    ### BEGIN SOLUTION
    twin = make_twin(params)
    loss = nn.functional.binary_cross_entropy_with_logits(twin(torch.tensor(X)), torch.tensor(y))
    loss.backward()
    linears = [layer for layer in twin if isinstance(layer, nn.Linear)]
    grads = {}
    for l, layer in enumerate(linears, start=1):
        grads[f"W{l}"] = layer.weight.grad.numpy()
        grads[f"b{l}"] = layer.bias.grad.numpy()
    return loss.item(), grads
    ### END SOLUTION
