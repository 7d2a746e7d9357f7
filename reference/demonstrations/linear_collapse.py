"""Without a non-linearity, depth is an illusion: stacked linear layers are one matrix.

f(W2 f(W1 x)) with f(z) = z is (W2 W1) x. Three measurements: the collapsed matrix gives the same outputs; a
linear function explains all of a linear stack's output, but not of a ReLU stack's; and on XOR, training finds
what that costs.
"""

from dataclasses import dataclass

import numpy as np

from reference.datasets.xor import load_xor
from reference.initialization import init_params
from reference.losses import bce_from_logits_grad
from reference.network import backward, forward
from reference.optimizers import Adam
from reference.table import format_table


@dataclass(frozen=True)
class LinearCollapse:
    """What `measure` returns; dicts have the keys "linear" and "relu".

    Attributes
    ----------
    layers : int
    stacked_parameters, collapsed_parameters : int
    difference : float
        Greatest difference between the linear stack's output and the collapsed layer's.
    linear_share : dict of str to float
        The share of the output's variance that the best affine function of the input explains.
    xor_accuracy : dict of str to float
        After training, on the four points of XOR; the best of the runs.
    """

    layers: int
    stacked_parameters: int
    collapsed_parameters: int
    difference: float
    linear_share: dict
    xor_accuracy: dict


def collapse(params):
    """One layer that does what a stack of linear layers does.

    W = W[L] ... W[1], and the biases travel through the layers after them: b := W[l] b + b[l].

    Parameters
    ----------
    params : dict
        As `network.forward` takes it.

    Returns
    -------
    dict
        "W1" (n_L, n_0) and "b1" (n_L,).
    """
    W, b = params["W1"], params["b1"]
    for l in range(2, len(params) // 2 + 1):
        W, b = params[f"W{l}"] @ W, params[f"W{l}"] @ b + params[f"b{l}"]
    return {"W1": W, "b1": b}


def measure(layer_sizes=(20, 64, 64, 64, 5), seed=0, xor_runs=5):
    """Collapse a random linear stack, compare it with ReLU, and train both kinds on XOR.

    Parameters
    ----------
    layer_sizes : sequence of int
    seed : int
    xor_runs : int
        Trainings of each kind, from different random weights.

    Returns
    -------
    LinearCollapse
    """
    rng = np.random.default_rng(seed)
    params = init_params(layer_sizes, rng)
    for name in params:
        if name.startswith("b"):
            params[name] = rng.normal(size=params[name].shape)
    X = rng.normal(size=(500, layer_sizes[0]))
    outputs = {activation: forward(params, X, activation)[0] for activation in ("linear", "relu")}
    one_layer = collapse(params)
    return LinearCollapse(
        layers=len(layer_sizes) - 1,
        stacked_parameters=sum(value.size for value in params.values()),
        collapsed_parameters=sum(value.size for value in one_layer.values()),
        difference=float(np.abs(outputs["linear"] - forward(one_layer, X)[0]).max()),
        linear_share={activation: _linear_share(X, Y) for activation, Y in outputs.items()},
        xor_accuracy={activation: max(_xor_accuracy(activation, rng) for _ in range(xor_runs))
                      for activation in outputs},
    )


def _linear_share(X, Y):
    inputs = np.column_stack([X, np.ones(len(X))])
    residual = Y - inputs @ np.linalg.lstsq(inputs, Y, rcond=None)[0]
    return float(1 - residual.var(axis=0).sum() / Y.var(axis=0).sum())


def _xor_accuracy(activation, rng):
    X, y = load_xor()
    params, optimizer = init_params([2, 8, 8, 1], rng), Adam(0.02)
    for _ in range(300):
        logits, cache = forward(params, X, activation)
        optimizer.step(params, backward(params, cache, bce_from_logits_grad(logits, y), activation))
    return float(np.mean((forward(params, X, activation)[0] >= 0) == y))


def main(**options):
    """Print what `measure` finds; options are those of `measure`."""
    r = measure(**options)
    print(f"{r.layers} linear layers with {r.stacked_parameters:,} parameters = 1 layer with "
          f"{r.collapsed_parameters}; outputs differ by {r.difference:.0e} at most\n")
    print(format_table(["hidden layers", "share of output that is linear in the input", "XOR: best accuracy"],
                       [[kind, r.linear_share[kind], r.xor_accuracy[kind]] for kind in r.linear_share]))


if __name__ == "__main__":
    main()
