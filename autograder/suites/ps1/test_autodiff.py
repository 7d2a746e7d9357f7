"""Hidden tests of Exercise 1: automatic differentiation, the optional part.

Formulas are computed by the given functions `slopes` and `network_slopes`, in the student's process.
"""

import numpy as np

from autograder.testing import RemoteObject, check, check_close, check_gradients, check_number, check_tuple, item, random_params
from reference import autodiff
from reference.losses import bce_from_logits, bce_from_logits_grad
from reference.network import backward, forward


def check_slopes(student, *cases):
    """The student's Scalars agree with the model solution's, for each formula with these numbers in place of its names."""
    each = student.slopes.each([(formula,) for formula, _ in cases], [numbers for _, numbers in cases])
    for (formula, numbers), returned in zip(cases, each):
        value, grads = check_tuple(returned, "value, slopes", "slopes")
        right_value, right_grads = autodiff.slopes(formula, **numbers)
        check(isinstance(grads, dict), "slopes is given code; yours does not return a dict of slopes.")
        where = ", ".join(f"{name} = {number:.4g}" for name, number in numbers.items())
        check_close(check_number(value, f"The value of {formula}"), right_value, f"the value of {formula} for {where}")
        for name, right in right_grads.items():
            check_close(check_number(grads.get(name), f"The slope towards {name}"), right,
                        f"the slope of {formula} towards {name} for {where}")


@item("autodiff")
def test_product(student, rng):
    """A product has the right value and slopes, with Scalars and with plain numbers on either side."""
    both = dict(zip("ab", rng.uniform(1.0, 3.0, 2) * [1, -1]))
    check_slopes(student, ("a * b", both), ("a * 4 + 0.5 * b", both))


@item("autodiff", 0.5)
def test_relu(student, rng):
    """ReLU and its slope are those of Part 1, on both sides of 0 and at 0."""
    places = (rng.uniform(0.1, 0.9), rng.uniform(2.0, 4.0), -rng.uniform(0.5, 2.0), 0.0)
    check_slopes(student, *[("z.relu() * 3", {"z": z}) for z in places])


@item("autodiff", 0.5)
def test_softplus(student, rng):
    """softplus is log(1 + e^z), and its slope what it should be."""
    check_slopes(student, *[("z.softplus() * 2", {"z": z}) for z in (*rng.uniform(-3.0, 3.0, 3), 40.0, -20.0)])


@item("autodiff")
def test_numbers_used_several_times(student, rng):
    """Where a number is used several times, its gradients add up, one for each use."""
    both = dict(zip("ab", rng.uniform(0.5, 2.0, 2)))
    check_slopes(student, ("a + a + b", both), ("a * a", {"a": both["a"]}), ("a * b * a + b", both))


@item("autodiff")
def test_order(student, rng):
    """A number passes its gradient on when it has all of it, whether it is used near the result or far from it."""
    both = dict(zip("xy", rng.uniform(0.5, 2.0, 2)))
    check_slopes(student, *[(formula, both) for formula in (
        "(u := x * y) + (u * 2 + 1).relu() * 3",
        "((u := x * y) * 2 + 1).relu() * 3 + u",
        "(v := (u := x + y) * u) * (u + v) + (v * 2 + u * x).softplus()",
    )])


def check_scalar(result, what):
    check(isinstance(result, RemoteObject), f"{what} should return a Scalar.")
    return result


@item("autodiff", 0.5)
def test_anew(student, rng):
    """backward begins anew: what an earlier one left behind does not count."""
    z = float(rng.uniform(0.5, 2.0))
    number = check_scalar(student.Scalar(z), "Scalar")
    between, second = check_scalar(number.softplus(), "softplus"), check_scalar(number.relu(), "relu")
    first = check_scalar(between.relu(), "relu")  # where softplus is positive: its slope is that of softplus
    first.backward()
    first.backward()
    check_close(check_number(number.get("grad"), "grad"), autodiff.slopes("z.softplus()", z=z)[1]["z"],
                "the slope of softplus, after backward was called twice")
    second.backward()
    check_close(check_number(number.get("grad"), "grad"), 1.0, "the slope of relu, after backward of another result")
    check_close(check_number(second.get("grad"), "grad"), 1.0, "the grad of the result itself")


@item("autodiff", 0.5)
def test_network(student, rng):
    """A network of Scalars has the loss and the gradients that backpropagation gives."""
    y = np.array([[1.0], [0.0], [0.0], [1.0]])
    cases = [(random_params(rng, *sizes), rng.standard_normal((4, 2)), y) for sizes in [(2, 3, 1), (2, 3, 2, 1)]]
    for (params, X, _), returned in zip(cases, student.network_slopes.each(cases)):
        loss, grads = check_tuple(returned, "loss, gradients", "network_slopes")
        logits, cache = forward(params, X)
        check_close(check_number(loss, "The loss"), bce_from_logits(logits, y), "the loss of a network of Scalars")
        check_gradients(grads, backward(params, cache, bce_from_logits_grad(logits, y)))
