"""Hidden tests of Exercise 1: the same network in PyTorch.

The grader need not load torch: tensors cross the wire as numbers, and modules stay on the student's side.
"""

import contextlib

import numpy as np

from autograder.testing import (
    RemoteObject,
    StudentError,
    check,
    check_close,
    check_gradients,
    check_number,
    check_tuple,
    check_unchanged,
    in_place,
    item,
    random_params,
    tensor,
)
from reference import network
from reference.losses import bce_from_logits, bce_from_logits_grad

EXACT = {"rtol": 1e-9, "atol": 1e-12}  # float32 would be off by about 1e-7


def checked_twin(twin):
    """The student's twin, which stays in the student process."""
    check(isinstance(twin, RemoteObject) and twin.type_name.endswith(".Sequential"),
          "make_twin should return a torch.nn.Sequential.")
    return twin


def check_twin(twin, params, X):
    """The twin gives the network's logits."""
    try:
        logits = twin(tensor(X))
    except StudentError as error:
        if error.kind != "exception":
            raise
        raise AssertionError(f"The twin cannot be called with a float64 tensor of shape {X.shape}: {error}") from None
    check_close(np.asarray(logits), network.forward(params, X)[0], "The twin's logits", **EXACT)


@item("torch_twin")
def test_twin_is_the_same_function(student, rng):
    """make_twin returns an nn.Sequential that gives the same logits, in float64, for one, two, three and eleven layers."""
    networks = [random_params(rng, *layer_sizes) for layer_sizes in ([3, 2], [2, 4, 1], [3, 5, 4, 2], [4] * 12)]
    for params, twin in zip(networks, student.make_twin.each([(params,) for params in networks])):
        check_twin(checked_twin(twin), params, rng.standard_normal((4, params["W1"].shape[1])))


@item("torch_twin")
def test_twin_loss_and_gradients(student, rng):
    """twin_loss_and_grads gives the mean loss and its gradients, with the keys and shapes of params, in float64."""
    networks = [(5, [2, 4, 1]), (4, [*[4] * 11, 1]), (1, [3, 1]), (4, [3, 5, 4, 1])]
    cases = [
        (random_params(rng, *sizes), rng.standard_normal((m, sizes[0])), rng.integers(0, 2, (m, 1)).astype(float))
        for m, sizes in networks
    ]
    copied = [({name: value.copy() for name, value in params.items()}, X.copy(), y.copy()) for params, X, y in cases]
    each = student.twin_loss_and_grads.each([map(in_place, theirs) for theirs in copied])
    for (params, X, y), theirs, returned in zip(cases, copied, each):
        loss, grads = check_tuple(returned, "loss, grads", "twin_loss_and_grads")
        logits, cache = network.forward(params, X)
        check(type(loss).__name__ != "Tensor", "The twin's loss should be a plain number, loss.item(), not a tensor.")
        check_close(check_number(loss, "The twin's loss"), bce_from_logits(logits, y), "The twin's loss", **EXACT)
        check_gradients(grads, network.backward(params, cache, bce_from_logits_grad(logits, y)), **EXACT)
        check(grads.keys() == params.keys(), f"grads should have the keys {', '.join(params)} and no others.")
        for before, after, name in zip((params, X, y), theirs, ("params", "X", "y"), strict=True):
            check_unchanged(before, after, f"{name}, an argument of twin_loss_and_grads,")


@item("torch_twin", 0.5)
def test_twin_has_its_own_memory(student, rng):
    """The twin has its own copy of the numbers: changing the twin leaves params as they were."""
    params, X = random_params(rng, 2, 3, 1), rng.standard_normal((4, 2))
    theirs = {name: value.copy() for name, value in params.items()}
    check_twin(checked_twin(student.make_twin(in_place(theirs))), params, X)
    check_unchanged(params, theirs, "params, an argument of make_twin,")
    with contextlib.suppress(StudentError):  # a solution that accepts nothing but a real dict cannot be asked this way
        nn = student.get("nn")
        kept = nn.ParameterDict(params)  # works like a dict of these arrays, and stays in the student process
        layer = student.make_twin(kept).pop(0)
        for name in ("weight", "bias"):
            nn.get("init").zeros_(layer.get(name))
        own = all(np.array_equal(kept.get(name), value) for name, value in params.items())
        check(own, "The twin shares its memory with params: changing one changes the other. Copy the numbers.")
