"""The bank of mistakes and the alternative solutions, compared with the reference on the same inputs; no engine."""

import copy
import importlib
import inspect
import re

import numpy as np
import pytest
import torch

from autograder.misconceptions import ps1 as bank
from autograder.samples import ps1 as samples

Z = np.array([[-1000.0, -40.0, -3.0], [-0.7, 0.0, 0.4], [1.3, 5.0, 1000.0]])
ROWS = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0], [2.0, 2.0, 0.1]])
FAR_ROWS = np.array([[1000.0, 990.0, -1000.0], [-2000.0, -2001.0, -1999.0]])
LOGITS = np.array([[0.3], [-1.2], [2.0], [0.8]])
LABELS = np.array([[1.0], [0.0], [0.0], [1.0]])


def network(*sizes):
    rng = np.random.default_rng(len(sizes))
    return {
        f"{kind}{l}": rng.standard_normal(sizes[l : l - 2 : -1] if kind == "W" else sizes[l])
        for l in range(1, len(sizes)) for kind in "Wb"
    }


def batch(m, n):
    rng = np.random.default_rng(m)
    return rng.standard_normal((m, n)), (rng.random((m, 1)) < 0.5).astype(float)


def passes(activation):
    """Arguments for `backward`, from the reference's own forward pass."""
    params, (X, y) = network(3, 4, 5, 1), batch(6, 3)
    logits, cache = bank.forward(params, X, activation)
    return params, cache, bank.bce_from_logits_grad(logits, y), activation


def rng(seed):
    return np.random.default_rng(seed)


X, y = batch(11, 2)
square, wide = np.arange(9.0).reshape(3, 3) - 4, np.arange(6.0).reshape(2, 3) - 2.5
elementwise = [(Z,), (ROWS,), (np.linspace(-4, 4, 33),)]
leaky = elementwise + [(ROWS, 0.2)]
classes = [(ROWS, np.array([2, 0, 1])), (FAR_ROWS, np.array([2, 0])), (Z, np.array([0, 1, 0]))]
binary = [(LOGITS, LABELS), (Z.reshape(-1, 1), np.ones((9, 1))), (Z.reshape(-1, 1), np.zeros((9, 1)))]
twins = [(network(3, 3, 1), *batch(5, 3)), (network(2, 4, 3, 1), *batch(5, 2))]

# function -> arguments of the calls in which mistakes must show and alternatives must not
CALLS = {
    "relu": elementwise, "sigmoid": elementwise, "leaky_relu": leaky, "gelu": elementwise, "gelu_tanh": elementwise,
    "relu_grad": elementwise, "sigmoid_grad": elementwise, "tanh_grad": elementwise, "gelu_grad": elementwise,
    "leaky_relu_grad": leaky,
    "dense_forward": [(ROWS, square, np.ones(3)), (ROWS, wide, np.array([1.0, -2.0]))],
    "init_params": [([300, 400, 200], rng(1), s) for s in ("he", "xavier", "zeros", "unheard of")],
    "forward": [(network(2, 3, 1), X), (network(2, 1), X), (network(2, 4, 4, 1), X, "tanh")],
    "bce_from_logits": binary, "bce_from_logits_grad": binary,
    "softmax": [(ROWS,), (FAR_ROWS,), (np.vstack([FAR_ROWS, ROWS]),)],
    "softmax_cross_entropy": classes, "softmax_cross_entropy_grad": classes,
    "dense_backward": [(ROWS, ROWS[::-1] + 1, square), (LOGITS, np.arange(12.0).reshape(4, 3), ROWS[:1])],
    "backward": [passes("relu"), passes("tanh"), passes("gelu")],
    "numerical_gradient": [
        (lambda t: float(np.sum(t**3)), ROWS), (lambda t: float(np.exp(t) @ [1, 2, 3]), ROWS[0]),
    ],
    "sgd_step": [(network(2, 3, 1), network(2, 3, 1), 0.1), (network(2, 4, 3, 1), network(2, 4, 3, 1), 0.5)],
    "minibatches": [(12, 4, rng(2)), (1003, 10, rng(3)), (5, 8, rng(4))],
    # all data in one batch: then the order of the examples makes no difference to a correct solution
    "train": [(network(2, 5, 1), X, y, 0.1, 4, 11, rng(5)), (network(2, 5, 1), X, y, 0.1, 4, 4, rng(5))],
    "predict": [(network(2, 5, 1), X), (network(2, 1), X), ({"W1": np.zeros((1, 2)), "b1": np.zeros(1)}, X)],
    "make_twin": [(params,) for params, _, _ in twins],
    "twin_loss_and_grads": twins,
    "layer_gradient_norms": [(network(2, 4, 3, 1), X, y, a) for a in ("relu", "sigmoid")],
}


def traces(name, function):
    """All that one can see of a function: what it returns or raises, and what it does to its arguments."""
    return [trace(name, function, copy.deepcopy(arguments)) for arguments in CALLS[name]]


def trace(name, function, arguments):
    try:
        with np.errstate(all="ignore"):
            value = function(*arguments)
            if name in RANDOM:
                value = RANDOM[name](value, function, arguments)
            value = plain(value)
    except Exception as error:
        value = type(error).__name__
    return value, [a for a in arguments if not callable(a) and not isinstance(a, np.random.Generator)]


def plain(value):
    if isinstance(value, torch.nn.Module):
        modules = [type(module).__name__ for module in value]
        numbers = {key: t.numpy().copy() for key, t in value.state_dict().items()}
        kinds = [str(t.dtype) for t in value.parameters()]
        for parameter in value.parameters():  # shows in the arguments if memory is shared
            parameter.data.zero_()
        return modules, kinds, numbers
    return value


def drawn_weights(params, function, arguments):
    """Scaled so that any distribution of the right mean and variance gives the same numbers, to a few percent."""
    again = function(*arguments)
    sizes, _, scheme = arguments
    fan = {"he": lambda n, k: n, "xavier": lambda n, k: n + k, "zeros": lambda n, k: 1}[scheme]
    weights = [params[f"W{l}"] for l in range(1, len(sizes))]
    return [
        {key: value.shape for key, value in params.items()},
        [round(float(fan(W.shape[1], W.shape[0]) * W.var()), 1) for W in weights],
        [bool(abs(W.mean()) <= 0.05 * W.std()) for W in weights],
        [not params[f"b{l}"].any() for l in range(1, len(sizes))],
        np.array_equal(params["W1"], again["W1"]),  # the second draw from the same rng differs
        repeats(function, sizes, scheme),
    ]


def drawn_batches(batches, function, arguments):
    """That the batches divide up the examples, and that the rng and nothing else decides how."""
    flat, again = np.concatenate(batches), np.concatenate(function(*arguments))
    shuffled = np.abs(np.diff(flat)).mean() > 2  # neighbours were separated
    return [
        [len(batch) for batch in batches], np.sort(flat), bool(shuffled) or len(flat) < 20,
        np.array_equal(flat, again) and len(flat) > 20, repeats(function, *arguments[:2]),
    ]


def repeats(function, first, last):
    """Whether equal generators give equal results."""
    def call():
        return function(first, np.random.default_rng(7), last) if isinstance(last, str) else \
            function(first, last, np.random.default_rng(7))

    a, b = call(), call()
    return same(a, b)


def trained(history, function, arguments):
    """Losses of full-batch training, or, where the order of the examples matters, how they come about."""
    params, X, y, lr, epochs, batch_size, _ = arguments
    if batch_size >= len(X):
        return history
    last = bank.bce_from_logits(bank.forward(params, X)[0], y)
    state = np.random.default_rng(8)
    seen = [len(history), bool(np.isclose(history[-1], last)), bool(history[-1] < history[0])]
    # with huge batches of identical rows, mini-batches take more steps than one
    same_rows = copy.deepcopy(CALLS["train"][0][0])
    steps = function(same_rows, np.ones((8, 2)), np.ones((8, 1)), lr, 1, 2, state)
    return [*seen, steps]


RANDOM = {"init_params": drawn_weights, "minibatches": drawn_batches, "train": trained}


def same(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    try:
        return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-8, equal_nan=True)
    except TypeError:
        return a == b
