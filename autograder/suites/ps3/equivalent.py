"""Mutants of Exercise 3 that compute what the model solutions compute: id -> why, and random arguments to try it on."""

import numpy as np

from reference.exercise3 import RULES
from reference.update_rules import momentum_update

_OWN = "The array was made by this call, and nobody else has it."
_FLOAT64 = "Numbers are float64, a type that PyTorch keeps."
_MADE = "The array is made from a list, in either way."
_MEDIAN = "A median does not depend on the order of the runs."

EQUIVALENT = {
    "adam_update.inplace.8803a": _OWN,
    "adam_update.inplace.c9f3f": _OWN,
    "optimizer_step.order.c33f2": "Each parameter is changed by itself alone.",
    "optimizer_step.order.2873d": "Each parameter is changed by itself alone.",
    "torch_steps.dtype.cdb23": _FLOAT64,
    "torch_steps.dtype.a2e17": _FLOAT64,
    "torch_steps.constant.f6a70": "The second of two is the last.",
    "torch_steps.boolean.d41f7": "Without weight decay AdamW is Adam.",
    "torch_steps.default.5c028": "The betas in RULES are those that PyTorch takes.",
    "torch_steps.inplace.9f5bd": _MADE,
    "descend.order.1a7f0": "A is symmetric.",
    "descend.inplace.9f5bd": _MADE,
    "sgd_rates.related.edbad": "The curvatures come in ascending order.",
    "train.constant.04274": "What -10 divides, 10 divides.",
    "train.constant.92964": "X has two axes, so the second is the last.",
    "steps_to_target.state.ec695": "What is kept is infinity, and is returned only where that is right.",
    "compare.order.875ef": "Each optimizer has an entry of its own in a dict, whose order says nothing.",
    "compare.order.e850a": _MEDIAN,
    "compare.order.c011d": _MEDIAN,
    "compare.order.b703e": _MEDIAN,
    "compare.order.e3cab": _MEDIAN,
    "compare.order.d49eb": _MEDIAN,
    "compare.order.e21f4": _MEDIAN,
    "compare.order.b9dcb": _MEDIAN,
    "compare.order.d43ca": _MEDIAN,
}


def _step(rng):
    return rng.normal(size=3), rng.normal(size=3), {}, rng.uniform(0, 1)


def _rule(theta, grad, state):
    momentum_update(theta, grad, state, lr=0.1)


def _network(rng):
    params, grads = ({name: rng.normal(size=2) for name in ("W1", "b1", "W10", "W2")} for _ in range(2))
    return _rule, params, grads, {}


def _with_torch(rng):
    return str(rng.choice(list(RULES))), rng.uniform(0, 1), rng.normal(size=2), rng.normal(size=(2, 2))


def _bowl(rng):
    A = rng.normal(size=(2, 2))
    return A @ A.T


def _training(rng):
    X, y = rng.dirichlet(np.ones(3), size=2), np.ones((2, 1))
    return "sgd", 0.1, {"train": (X, y), "validation": (X, y)}, int(rng.integers(3)), int(rng.integers(99)), 1


def _results(rng):
    def runs():
        losses, accuracies = rng.uniform(0, 1, size=(2, 3, 4)).tolist()
        return [{"validation_loss": loss, "validation_accuracy": accuracy} for loss, accuracy in zip(losses, accuracies)]

    return {name: {0.1: runs()} for name in ("sgd", "adam")}, rng.uniform()


INPUTS = {
    "adam_update": _step,
    "optimizer_step": _network,
    "torch_steps": _with_torch,
    "descend": lambda rng: (_rule, _bowl(rng), rng.normal(size=2), int(rng.integers(4))),
    "sgd_rates": lambda rng: (_bowl(rng),),
    "train": _training,
    "steps_to_target": lambda rng: (rng.uniform(0, 1, size=rng.integers(5)).tolist(), rng.uniform()),
    "compare": _results,
}
