"""Hidden tests of Exercise 3: going down a quadratic, and what curvature allows."""

import numpy as np

from autograder.testing import as_array, check, check_close, check_number, check_tuple, check_unchanged, in_place, item
from reference.quadratic import descend, sgd_rates
from reference.update_rules import adam_update, momentum_update, sgd_update


def landscape(rng, n, least=0.2, greatest=3.0):
    """A symmetric matrix with random axes and curvatures between the two, and a point to start from."""
    axes, _ = np.linalg.qr(rng.standard_normal((n, n)))
    curvatures = np.concatenate([[least, greatest], rng.uniform(least, greatest, n - 2)])
    A = axes @ np.diag(curvatures) @ axes.T
    return (A + A.T) / 2, rng.standard_normal(n)


def path_of(student, rule, A, start, steps, **settings):
    path = as_array(student.descend(rule, A, start, steps, **settings), "the path").astype(float)
    check(path.ndim == 2 and path.shape[1] == len(A),
          f"Each row of the path should be a point of {len(A)} numbers; the path's shape is {path.shape}.")
    return path


@item("descend", 1.5)
def test_descend_path(student, rng):
    """descend returns the start and the point after each step, for a matrix of any size, diagonal or not."""
    for n, steps in [(2, 5), (4, 3), (2, 0)]:
        A, start = landscape(rng, n)
        path = path_of(student, sgd_update, A, start, steps, lr=0.2)
        check(len(path) == steps + 1, f"With steps = {steps} the path has {steps + 1} points, the start and one after each step; "
                                      f"yours has {len(path)}.")
        check_close(path, descend(sgd_update, A, start, steps, lr=0.2), "the path", rtol=1e-9, atol=1e-12)


def check_course(student, rule, A, start, steps, **settings):
    """The path goes where it should; a point too few or too many at its ends costs its own criterion."""
    path, expected = path_of(student, rule, A, start, steps, **settings), descend(rule, A, start, steps, **settings)
    for shift in (0, 1, -1):
        theirs, right = path[max(0, -shift):], expected[max(0, shift):]
        n = min(len(theirs), len(right))
        if n >= steps and np.allclose(theirs[:n], right[:n], rtol=1e-9, atol=1e-12):
            return
    check_close(path, expected, f"the path of {rule.__name__}", rtol=1e-9, atol=1e-12)


@item("descend")
def test_descend_rules(student, rng):
    """A rule with memory keeps its memory, and gets the settings that were passed in."""
    check_course(student, momentum_update, *landscape(rng, 2), 6, lr=0.4, beta=0.5)
    check_course(student, adam_update, *landscape(rng, 3), 5, lr=0.1, beta2=0.9)


@item("descend", 0.5)
def test_descend_starts_anew(student, rng):
    """A second descent begins where and as the first did: start is left as it was, and no memory is left over."""
    A, start = landscape(rng, 2)
    theirs = start.copy()
    first, second = (path_of(student, momentum_update, A, in_place(theirs), 3, lr=0.3) for _ in range(2))
    check(len(first) and np.ptp(first, axis=0).all(), "The path stays in one place.")
    check_unchanged(start, theirs, "start, an argument of descend,")
    check_close(second, first, "the path of a second descent, which should be that of the first,", rtol=1e-9)
    floats, whole = (path_of(student, sgd_update, np.eye(2), np.array([1, 2], dtype), 2, lr=0.5) for dtype in (float, int))
    check_close(whole, floats, "the path from a start of whole numbers")


def rates_of(student, A):
    values = check_tuple(student.sgd_rates(A), "limit, best, factor", "sgd_rates")
    return [check_number(value, name) for value, name in zip(values, ("limit", "best", "factor"), strict=True)]


def check_rates(student, rng, which):
    for n, least, greatest in [(2, 0.2, 3.0), (4, 0.01, 1.1), (3, 5.0, 40.0), (3, 1e-7, 4e-6)]:
        A, _ = landscape(rng, n, least, greatest)
        name, found = ("limit", "best", "factor")[which], rates_of(student, A)[which]
        check(np.isclose(found, sgd_rates(A)[which], rtol=1e-6, atol=1e-9),
              f"{name} for curvatures from {least} to {greatest} is {found:.6g}, but should be {sgd_rates(A)[which]:.6g}."
              f"{formula(found, least, greatest)}")


def formula(found, least, greatest):
    """What a wrong number is in terms of the curvatures, if that can be told."""
    known = {
        "1 / the greatest": 1 / greatest, "2 / the greatest": 2 / greatest, "1 / the least": 1 / least, "2 / the least": 2 / least,
        "2 / their sum": 2 / (least + greatest), "1 / their sum": 1 / (least + greatest), "their ratio": greatest / least,
        "the least / the greatest": least / greatest, "1 - the least / the greatest": 1 - least / greatest,
        "their difference / their sum": (greatest - least) / (greatest + least), "2 / their difference": 2 / (greatest - least),
        "the square of their difference / their sum": ((greatest - least) / (greatest + least)) ** 2,
    }
    for text, number in known.items():
        if np.isclose(abs(found), number, rtol=1e-6, atol=0):
            return f" That is {'minus ' if found < 0 else ''}{text}."
    return ""


@item("sgd_rates")
def test_limit(student, rng):
    """limit is the rate above which the steepest direction diverges."""
    check_rates(student, rng, 0)


@item("sgd_rates")
def test_best(student, rng):
    """best is the rate at which the slowest direction is as fast as possible."""
    check_rates(student, rng, 1)


@item("sgd_rates")
def test_factor(student, rng):
    """factor is what one step at the best rate leaves of the distance along the slowest direction."""
    check_rates(student, rng, 2)


@item("sgd_rates", 0.5)
def test_round_bowl(student, rng):
    """On a round bowl of any steepness one step is enough: the factor is 0, and the best rate 1 / curvature."""
    c = rng.uniform(0.5, 20.0)
    limit, best, factor = rates_of(student, c * np.eye(3))
    check_close(limit, 2 / c, "limit on a round bowl")
    check_close(best, 1 / c, "best on a round bowl")
    check(abs(factor) < 1e-9, f"factor on a round bowl should be 0, but is {factor:.3g}.")
