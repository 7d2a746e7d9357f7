"""The bank of mistakes and the alternative solutions, compared with the reference on the same inputs; no engine."""

import ast
import copy
import functools
import re

import numpy as np
import pytest
import torch

from autograder.suites.ps1 import alternatives as samples
from autograder.suites.ps1 import mistakes as bank


def rng(seed):
    return np.random.default_rng(seed)


def network(*sizes):
    """Parameters with biases that are not 0, so that a forgotten one shows."""
    draw = rng(sum(sizes)).standard_normal
    params = {}
    for l, (n_in, n_out) in enumerate(zip(sizes, sizes[1:]), start=1):
        params |= {f"W{l}": draw((n_out, n_in)), f"b{l}": draw(n_out)}
    return params


def batch(m, n):
    return rng(m).standard_normal((m, n)), rng(n).integers(0, 2, (m, 1)).astype(float)


def going_back(activation):
    """Arguments for `backward`, from the reference's forward pass."""
    params, (X, y) = network(3, 4, 5, 1), batch(6, 3)
    logits, cache = bank.forward(params, X, activation)
    return params, cache, bank.bce_from_logits_grad(logits, y), activation


EXTREME = np.array([[-1000.0, -40.0, -3.0], [-0.7, 0.0, 0.4], [1.3, 5.0, 1000.0]])
ROWS = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0], [2.0, 2.0, 0.1]])
FAR_ROWS = np.array([[1000.0, 990.0, -1000.0], [-2000.0, -2001.0, -1999.0]])
COLUMN = EXTREME.reshape(-1, 1)
X, Y = batch(11, 2)
LINE = network(2, 1)

elementwise = [(EXTREME,), (ROWS,), (np.linspace(-4, 4, 33),)]
binary = [(batch(7, 1)[0], batch(7, 1)[1]), (COLUMN, np.ones((9, 1))), (COLUMN, np.zeros((9, 1)))]
classes = [(ROWS, np.array([2, 0, 1])), (FAR_ROWS, np.array([2, 0])), (EXTREME, np.array([0, 1, 0]))]
twins = [(network(3, 3, 1), *batch(5, 3)), (network(2, 6, 3, 1), *batch(5, 2))]

# function -> arguments for each call: mistakes must show in one of them, alternatives in none
CALLS = {name: elementwise for name in (
    "sigmoid", "relu", "gelu", "gelu_tanh", "sigmoid_grad", "tanh_grad", "relu_grad", "gelu_grad",
)} | {name: [*elementwise, (ROWS, 0.2)] for name in ("leaky_relu", "leaky_relu_grad")} | {
    "dense_forward": [(ROWS, ROWS[::-1] - 1, np.ones(3)), (ROWS, FAR_ROWS, np.array([1.0, -2.0]))],
    "init_params": [([60, 100, 50], scheme) for scheme in ("he", "xavier", "zeros", "unheard of")],
    "forward": [(network(2, 3, 1), X), (LINE, X), (network(2, 4, 4, 1), X, "tanh")],
    "bce_from_logits": binary, "bce_from_logits_grad": binary,
    "softmax": [(ROWS,), (FAR_ROWS,), (np.vstack([FAR_ROWS, ROWS]),)],
    "softmax_cross_entropy": classes, "softmax_cross_entropy_grad": classes,
    "dense_backward": [(ROWS, ROWS[::-1] + 1, ROWS - 3), (X, rng(0).random((11, 4)), rng(1).random((2, 4)))],
    "backward": [going_back("relu"), going_back("tanh"), going_back("gelu")],
    "numerical_gradient": [(lambda t: (t**3).sum(), ROWS), (lambda t: np.exp(t) @ [1, 2, 3], ROWS[0])],
    "sgd_step": [(network(2, 3, 1), network(2, 3, 1), 0.1), (network(2, 6, 3, 1), network(2, 6, 3, 1), 0.5)],
    "minibatches": [(1000, 10), (1003, 10), (103, 200)],
    "train": [(network(2, 5, 1), X, Y, 0.1, 4, size, rng(5)) for size in (4, 11)],
    "predict": [(network(2, 5, 1), X), (LINE, X), ({name: 0 * LINE[name] for name in LINE}, X)],
    "make_twin": [(params,) for params, _, _ in twins], "twin_loss_and_grads": twins,
    "layer_gradient_norms": [(network(2, 6, 3, 1), X, Y, activation) for activation in ("relu", "sigmoid")],
}


@functools.cache
def traces(function):
    """All that can be seen of a function: what it returns or raises, and what it does to its arguments."""
    look = LOOKS.get(function.__name__, lambda function, *arguments: function(*arguments))
    np.random.seed(0)  # for those that ignore their rng
    torch.manual_seed(0)
    seen = []
    for arguments in copy.deepcopy(CALLS[function.__name__]):
        try:
            with np.errstate(all="ignore"):
                value = look(function, *arguments)
        except Exception as error:
            value = type(error).__name__
        seen.append([value, [a for a in arguments if isinstance(a, (dict, np.ndarray))]])
    return seen


def drawn_weights(function, sizes, scheme):
    """What any distribution with the right variance has in common."""
    first, again, other = (function(sizes, rng(seed), scheme) for seed in (1, 1, 2))
    spread = {name: [value.shape, np.round(value.var() * value.shape[-1], 1)] for name, value in first.items()}
    return [spread, same(first, again), same(first, other)]


def drawn_batches(function, m, batch_size):
    """What any shuffling has in common: every index once, neighbours apart, decided by the rng alone."""
    first, again, other = (function(m, batch_size, rng(seed)) for seed in (1, 1, 2))
    order = np.concatenate(first)
    apart = np.median(np.abs(np.diff(order))) > 3
    return [[len(part) for part in first], np.sort(order), apart, same(first, again), same(first, other)]


def built_twin(function, params):
    """The twin's layers and numbers; emptied afterwards, which shows in params if memory is shared."""
    twin = function(params)
    numbers = {name: value.detach().numpy().copy() for name, value in twin.named_parameters()}
    for value in twin.parameters():
        value.data.zero_()
    return [[type(layer).__name__ for layer in twin], [v.dtype.name for v in numbers.values()], numbers]


LOOKS = {"init_params": drawn_weights, "minibatches": drawn_batches, "make_twin": built_twin}


def same(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if a is None or isinstance(a, str) or b is None or isinstance(b, str):
        return a is b or (type(a) is type(b) and a == b)
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)


def reference(function):
    return getattr(bank, function.__name__)


def label(entry):
    return f"{entry.item}-{entry.function_name}-{entry.name}".replace(" ", "_")


@pytest.mark.parametrize("mistake", bank.BANK, ids=label)
def test_mistake_is_wrong(mistake):
    """A mistake that behaves like the reference, which no test could catch."""
    assert not same(traces(mistake.function), traces(reference(mistake.function)))


@pytest.mark.parametrize("alternative", samples.CORRECT, ids=label)
def test_alternative_is_right(alternative):
    """An alternative that differs from the reference, and so would rightly lose points."""
    assert same(traces(alternative.function), traces(reference(alternative.function)))


def test_mistakes_can_be_told_apart():
    """Two mistakes with the same behaviour: a diagnosis would name whichever comes first."""
    seen = [(label(mistake), mistake.function_name, traces(mistake.function)) for mistake in bank.BANK]
    twice = [
        (a, b) for i, (a, name, trace) in enumerate(seen) for b, other, same_trace in seen[:i]
        if name == other and same(trace, same_trace)
    ]
    assert not twice


@pytest.mark.parametrize("mistake", bank.BANK, ids=label)
def test_hint_is_one_sentence_without_code(mistake):
    """A hint that rambles, or that hands over the line to write."""
    assert re.fullmatch(r"[^=.!?\n]*(\.\w[^=.!?\n]*)*\.", mistake.hint), mistake.hint
    assert len(mistake.hint) < 160


def test_every_item_is_covered():
    """An item without at least two mistakes and an alternative for each of its functions."""
    for item in {mistake.item for mistake in bank.BANK}:
        wrong = [mistake for mistake in bank.BANK if mistake.item == item]
        right = {alternative.function_name for alternative in samples.CORRECT if alternative.item == item}
        assert len(wrong) >= 2 and {mistake.function_name for mistake in wrong} <= right, item


@pytest.mark.parametrize("entry", [*bank.BANK, *samples.CORRECT], ids=label)
def test_source_works_in_a_notebook(entry):
    """A source text that carries its decorator along, or uses a name that the notebook does not offer."""
    offered = ("np", "math", "torch", "nn", "erf", "ACTIVATIONS", *CALLS)
    notebook = {name: getattr(bank, name) for name in offered}
    exec(entry.source, notebook)
    assert same(traces(notebook[entry.function_name]), traces(entry.function))


@pytest.mark.parametrize("name", samples.REPLACEMENTS)
def test_replacement_defines_its_function(name):
    """A replacement that is not Python, or defines another function than it says; it is not run here."""
    function, source = samples.REPLACEMENTS[name]
    assert ast.parse(source).body[-1].name == function
    assert function in CALLS
