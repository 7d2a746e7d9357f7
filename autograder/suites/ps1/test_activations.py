"""Hidden tests of Exercise 1: activation functions and their derivatives."""

import numpy as np

from autograder.testing import as_array, away_from, check, check_close, check_unchanged, in_place, item, overflow_is_an_error
from reference import activations

# A thousand times what rounding does; single precision and an epsilon do more, and far out so does a clip at 30.
EXACT, FAR = {"rtol": 1e-10, "atol": 1e-14}, {"atol": 1e-14}
EXTREME = np.array([-1000.0, -745.0, -50.0, -1.0, 0.0, 1.0, 50.0, 745.0, 1000.0])


def check_values(actual, name, z, tolerance=None, **options):
    """What the student's function `name` has returned agrees with the reference at every entry of z."""
    given = "".join(f", {option}={value}" for option, value in options.items())
    check_close(actual, getattr(activations, name)(z, **options), f"{name}(z{given})", **tolerance or {}, z=z)


def check_elementwise(student, name, *zs, tolerance=None):
    for z, actual in zip(zs, getattr(student, name).each([(z,) for z in zs])):
        check_values(actual, name, z, tolerance)


def check_slope(student, name, z):
    """With and without a slope, the student's function `name` agrees with the reference."""
    options = ({}, {"slope": 0.25})
    for one, actual in zip(options, getattr(student, name).each([(z,)] * 2, options)):
        check_values(actual, name, z, **one)


def check_any_shape(student, name, rng):
    """Arrays of no, one and three axes, and of whole numbers, all work, and stay as they were, however far out."""
    once, again = rng.standard_normal((2, 2, 1, 3))  # of one shape: nothing may be kept from the first for the second
    zs = [EXTREME, np.array(rng.standard_normal()), once, again, np.array([-2, -1, 0, 1, 2])]
    theirs = [z.copy() for z in zs]
    for z, their_z, values in zip(zs, theirs, getattr(student, name).each([(in_place(one),) for one in theirs])):
        if z is not EXTREME:
            check_values(values, name, z, EXACT)
        check_unchanged(z, their_z, f"The argument z of {name}")


@item("sigmoid")
def test_sigmoid(student, rng):
    """sigmoid(z) is 1 / (1 + e^-z) at every entry of a matrix."""
    check_elementwise(student, "sigmoid", 3.0 * rng.standard_normal((4, 3)))


@item("sigmoid")
def test_sigmoid_far_out(student):
    """sigmoid is right, and never NaN, from z = -1000 to z = 1000."""
    check_elementwise(student, "sigmoid", EXTREME, tolerance=FAR)


@item("sigmoid", 0.25)
def test_sigmoid_without_overflow(student):
    """sigmoid comes near its values from z = -1000 to z = 1000, and nothing overflows on the way."""
    with overflow_is_an_error(student, "sigmoid(z), for z from -1000 to 1000,"):
        far = student.sigmoid(EXTREME)
    check_close(far, activations.sigmoid(EXTREME), "sigmoid(z)", rtol=0.0, atol=1e-3, z=EXTREME)


@item("sigmoid", 0.5)
def test_sigmoid_any_shape(student, rng):
    """sigmoid takes an array of any shape, whole numbers too, is right to ten digits, and leaves it as it was."""
    check_any_shape(student, "sigmoid", rng)


@item("relu")
def test_relu(student, rng):
    """relu(z) is z where z is positive and 0 elsewhere."""
    check_elementwise(student, "relu", 2.0 * rng.standard_normal((4, 3)), EXTREME)


@item("relu")
def test_leaky_relu(student, rng):
    """leaky_relu(z) is z where z is positive and slope * z elsewhere; slope is 0.01 unless given."""
    check_slope(student, "leaky_relu", 2.0 * rng.standard_normal((4, 3)))
    check_elementwise(student, "leaky_relu", EXTREME)


@item("relu", 0.5)
def test_relu_any_shape(student, rng):
    """relu and leaky_relu take arrays of any shape, whole numbers too, are right to ten digits, and leave them as they were."""
    check_any_shape(student, "relu", rng)
    check_any_shape(student, "leaky_relu", rng)


@item("gelu")
def test_gelu(student, rng):
    """gelu(z) is z Phi(z), with the exact Phi."""
    check_elementwise(student, "gelu", 2.0 * rng.standard_normal((4, 3)))


@item("gelu")
def test_gelu_tanh(student, rng):
    """gelu_tanh(z) is the tanh form of GELU."""
    check_elementwise(student, "gelu_tanh", 2.0 * rng.standard_normal((4, 3)))


@item("gelu", 0.5)
def test_gelus_far_out(student, rng):
    """gelu and gelu_tanh are right from z = -1000 to z = 1000, for any shape, to ten digits, and leave z as it was."""
    for name in ("gelu", "gelu_tanh"):
        check_elementwise(student, name, EXTREME, tolerance=FAR)
        check_any_shape(student, name, rng)


@item("activation_gradients")
def test_sigmoid_grad(student, rng):
    """sigmoid_grad(z) is the derivative of the sigmoid at z."""
    check_elementwise(student, "sigmoid_grad", 2.0 * rng.standard_normal((4, 3)))


@item("activation_gradients")
def test_tanh_grad(student, rng):
    """tanh_grad(z) is the derivative of tanh at z."""
    check_elementwise(student, "tanh_grad", 2.0 * rng.standard_normal((4, 3)))


@item("activation_gradients")
def test_relu_grads(student, rng):
    """relu_grad and leaky_relu_grad are the slopes of ReLU and leaky ReLU; at z = 0, those of its left side."""
    z = away_from(2.0 * rng.standard_normal((4, 3)), 0.0)
    z[rng.integers(4), rng.integers(3)] = 0.0
    check_elementwise(student, "relu_grad", z)
    check_slope(student, "leaky_relu_grad", z)


@item("activation_gradients")
def test_gelu_grad(student, rng):
    """gelu_grad(z) is the derivative of the exact GELU at z."""
    check_elementwise(student, "gelu_grad", 2.0 * rng.standard_normal((4, 3)))


@item("activation_gradients", 0.5)
def test_gradients_far_out(student, rng):
    """All five derivatives are right from z = -1000 to z = 1000, for any shape, to ten digits, as float64; z stays."""
    for name in ("sigmoid_grad", "tanh_grad", "relu_grad", "leaky_relu_grad", "gelu_grad"):
        slopes = getattr(student, name)(EXTREME)
        check_values(slopes, name, EXTREME, FAR)
        kind = as_array(slopes, f"{name}(z)").dtype
        check(kind == np.float64, f"{name}(z) should be an array of float64, like z, but is one of {kind}.")
        check_any_shape(student, name, rng)
