"""Mutants of Exercise 1 that compute what the model solutions compute: id -> why, and random arguments to try it on."""

import numpy as np

from autograder.testing import random_params

_EITHER = "log(e^a + e^b) is the same with a and b swapped."
_BEFORE = "Each number still comes behind all that it was computed from."
_EACH = "Each gradient is set to 0, or added to, by itself alone."

EQUIVALENT = {
    "sigmoid.boundary.26eed": "At z = 0 both branches are 1: e is e^0.",
    "leaky_relu.boundary.b9ffd": "At z = 0 both branches are 0.",
    "softmax_cross_entropy.clip.2300d": "The sum is at least 1, which is e^0 of the largest logit: nothing is cut off.",
    "numerical_gradient.constant.93b6e": "With -h for h numerator and denominator change their signs together.",
    "numerical_gradient.related.ae3fd": "Each entry of the array is written before it is returned.",
    "numerical_gradient.order.7e70f": "The entries do not depend on each other.",
    "sgd_step.order.c33f2": "Each parameter is changed by itself alone.",
    "sgd_step.order.2873d": "Each parameter is changed by itself alone.",
    "layer_gradient_norms.state.45c09": "The dict was made by this call, and each of its entries is looked at once.",
    "twin_loss_and_grads.order.0b857": "Each layer's gradients are stored by its own number.",
    "Scalar.order.f2614": _EITHER,
    "Scalar.order.154c9": _EITHER,
    "Scalar.order.2306f": _BEFORE,
    "Scalar.order.47912": _BEFORE,
    "Scalar.order.4b1fc": _EACH,
    "Scalar.order.d9664": _EACH,
    "Scalar.order.116c1": _EACH,
    "Scalar.order.1b260": _EACH,
    "Scalar.inplace.15381": "A float is not changed in place, in either way.",
}


def _logits(rng):
    Z = rng.normal(size=rng.integers(1, 6, size=2)) * 10.0 ** rng.integers(-2, 3)
    return Z, rng.integers(Z.shape[1], size=len(Z))


def _update(rng):
    shapes = {name: rng.integers(1, 4, size=2) for name in ("W1", "W2", "W10", "b1")[: rng.integers(1, 5)]}
    return *({name: rng.normal(size=shape) for name, shape in shapes.items()} for _ in range(2)), rng.uniform(0, 1)


def _network(rng):
    layers = [*rng.integers(1, 4, size=rng.integers(1, 4)), 1]
    m = rng.integers(1, 4)
    return random_params(rng, *layers), rng.normal(size=(m, layers[0])), rng.integers(2, size=(m, 1)).astype(float)


INPUTS = {
    "sigmoid": lambda rng: (rng.integers(-3, 4, size=5) * rng.choice([0.0, 0.5, 300.0]),),
    "leaky_relu": lambda rng: (rng.integers(-3, 4, size=5) * 0.5, rng.uniform()),
    "softmax_cross_entropy": _logits,
    "numerical_gradient": lambda rng: (lambda theta: np.sin(theta).sum(), rng.normal(size=rng.integers(1, 4, size=2))),
    "sgd_step": _update,
    "layer_gradient_norms": lambda rng: (*_network(rng), str(rng.choice(["relu", "tanh"]))),
    "twin_loss_and_grads": _network,
}
