"""What a hidden suite is written with: `item` names what a test is worth, the checks say what is wrong.

A suite is a folder of test files as pytest collects them. A test's docstring is the criterion as the student reads it.
Each test takes `student` (the submission, see `session.Student`; `in_place` brings back what it does to an argument) and, if
it draws numbers, `rng`, which changes with the files that are handed in; `steady_rng`, which does not, is for thresholds
that luck could decide. `student_id` says whose submission it is, and `measure("accuracy", 0.91)` notes a figure in the
report. There are no other fixtures.

    @item("bce_gradient")
    def test_matches_numerical_gradient(student, rng):
        \"\"\"The gradient of the loss agrees with central differences.\"\"\"

A check that fails speaks to the student: what was expected, in their terms, and where theirs differs. It never shows
the test. Bare `assert condition, "sentence"` does the same. Beside the tests a suite has `Mistakes` and `Alternatives`,
see `grading.variants`. Nothing else of the engine is for suites to import (a sample class comes from
`authoring.sample_class`).
"""

import contextlib
from itertools import pairwise

import numpy as np
import pytest

from autograder.grading.session import RemoteObject, StudentError, in_place
from autograder.grading.variants import Alternatives, Mistakes
from autograder.isolation import wire
from autograder.isolation.process import StudentDied

__all__ = [
    "Alternatives", "Mistakes", "RemoteObject", "StudentDied", "StudentError", "as_array", "away_from", "check", "check_array",
    "check_close", "check_gradients", "check_number", "check_params", "check_raises", "check_tuple", "check_unchanged",
    "in_place", "item", "overflow_is_an_error", "random_params", "tensor",
]


def item(item_id, weight=1.0):
    """Mark a test as a criterion of an item.

    Parameters
    ----------
    item_id : str
        The grade_id of the item's grade cell.
    weight : float
        Its share of the item's points, relative to the item's other tests.
    """
    return pytest.mark.item(item_id, weight)


def check(condition, sentence):
    """Fail with `sentence` unless `condition` holds."""
    if not condition:
        raise AssertionError(sentence)


def as_array(actual, what):
    """Return `actual` as an array of real numbers, or truth values, of whatever shape and type; or fail.

    Parameters
    ----------
    actual : object
        What the student's code returned.
    what : str
        Its name in the student's terms, such as "mask".

    Returns
    -------
    ndarray
    """
    if actual is None:
        raise AssertionError(f"{what} is None. Is a `return` missing?")
    try:
        array = np.asarray(actual)
    except ValueError:  # lists of different lengths
        array = np.array(None)
    if array.dtype.kind not in "biuf":  # not `check`, for which the sentence would be made each time
        raise AssertionError(f"{what} should be an array of real numbers, not {_type_name(actual)}.")
    return array


def check_array(actual, shape, what):
    """Return `actual` as a float array of the given shape, or fail saying what is wrong with it.

    Parameters
    ----------
    actual : object
        What the student's code returned.
    shape : tuple of int
    what : str
        Its name in the student's terms, such as "dW".

    Returns
    -------
    ndarray of float64
    """
    array = as_array(actual, what).astype(float)
    if array.shape != tuple(shape):
        raise AssertionError(f"{what} should have the shape {tuple(shape)}, but has {array.shape}.")
    return array


def check_close(actual, expected, what, rtol=1e-6, atol=1e-9, z=None):
    """Fail unless every entry of `actual` agrees with `expected`; report the worst entry, and what all that are off have in common.

    An entry agrees when |actual - expected| <= atol + rtol * |expected|.

    Parameters
    ----------
    actual : object
        What the student's code returned.
    expected : array_like
    what : str
    rtol, atol : float
    z : array_like, optional
        For an elementwise function, its argument: the failure message says at which z the result is wrong.
    """
    expected = np.asarray(expected, dtype=float)
    given = as_array(actual, what).astype(float)
    if given.shape != expected.shape and given.size == expected.size:
        for other, how in ((given.T, "Transposed"), (given.reshape(expected.shape), f"In the shape {expected.shape}")):
            if other.shape == expected.shape and np.allclose(other, expected, rtol=rtol, atol=atol):
                shapes = f"should have the shape {expected.shape}, but has {given.shape}"
                raise AssertionError(f"{what} {shapes}. {how} it would be right.")
    array = check_array(given, expected.shape, what)
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        entry = _entry(what, index) + _at(z, index)
        raise AssertionError(f"{entry} is {array[index]}, but should be {_number(expected[index])}.")
    if not np.isfinite(expected).all():  # it follows from parameters that the student's code has made
        raise AssertionError(f"{what} cannot be checked: by your parameters it should be NaN or infinite.")
    error = np.abs(array - expected)
    excess = error - (atol + rtol * np.abs(expected))
    if (excess > 0).any():
        index = tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
        relative = f" (relative error {error[index] / abs(expected[index]):.1e})" if expected[index] else ""
        wrong = int((excess > 0).sum())
        share = "" if array.size == 1 else f" {wrong} of {array.size} entries are off; this one is the worst."
        digits = 8 if _number(array[index]) != _number(expected[index]) else 17
        raise AssertionError(
            f"{_entry(what, index)}{_at(z, index)} is {_number(array[index], digits)}, "
            f"but should be {_number(expected[index], digits)}{relative}.{share}"
            f"{_in_common(array, expected, excess > 0, None if z is None else np.asarray(z, dtype=float))}"
        )


def check_params(actual, expected, when):
    """`check_close` for a dict of parameters: the same keys as in `expected`, and the right values.

    Parameters
    ----------
    actual : dict
        Parameters after the student's code has changed them.
    expected : dict of ndarray
    when : str
        Such as "after a step".
    """
    names = [name for name in expected if name not in actual]
    check(not names, f"params lacks {', '.join(names)} {when}.")
    names = [str(name) for name in actual if name not in expected]
    check(not names, f"params has {', '.join(names)} {when}, and should not.")
    for name, value in expected.items():
        check_close(actual[name], value, f"{name} {when}")


def check_gradients(actual, expected, rtol=1e-6, atol=1e-9):
    """`check_close` for a dict of gradients: every key of `expected` must be there, with its shape.

    Parameters
    ----------
    actual : object
        What the student's code returned.
    expected : dict of ndarray
    """
    check(isinstance(actual, dict), f"The gradients should be a dict, not {_type_name(actual)}.")
    missing = sorted(set(expected) - set(actual))
    check(not missing, f"The gradients lack {', '.join(missing)}.")
    for name, value in expected.items():
        check_close(actual[name], value, f"the gradient of {name}", rtol, atol)


def check_unchanged(before, after, what):
    """Fail if an argument (array or dict of arrays) was changed in place; `after` is a copy that was sent as `in_place`."""
    if isinstance(before, dict):
        same = before.keys() == after.keys() and all(np.array_equal(before[k], after[k]) for k in before)
    else:
        same = np.array_equal(before, after)
    check(same, f"{what} was changed in place, but the caller still needs it. Work on a copy.")


def check_number(actual, what):
    """Return `actual` as a float, or fail saying what it is instead."""
    if isinstance(actual, np.ndarray) and actual.ndim > 0:
        raise AssertionError(f"{what} should be a plain number, not an array of shape {actual.shape}.")
    is_number = isinstance(actual, (int, float)) or getattr(actual, "ndim", None) == 0
    if isinstance(actual, bool) or not is_number:
        raise AssertionError(f"{what} should be a number, not {_type_name(actual)}.")
    return float(actual)


def check_tuple(actual, names, function):
    """Return what a function with several results returned, or fail unless it is as many values as `names`.

    Parameters
    ----------
    actual : object
    names : str
        What it should return, as in "dW, db, dA_prev".
    function : str
    """
    count = names.count(",") + 1
    if not isinstance(actual, (tuple, list)):
        raise AssertionError(f"{function} should return {names}, but returned {_type_name(actual)}.")
    if len(actual) != count:
        raise AssertionError(f"{function} should return {count} values, {names}, but returned {len(actual)}.")
    return actual


def check_raises(call, type_name, what):
    """Fail unless `call()` makes the student's code raise the exception of that name.

    Parameters
    ----------
    call : callable
    type_name : str
        Such as "ValueError".
    what : str
        When it should, as in "init_params with an unknown scheme".
    """
    try:
        call()
    except StudentError as error:
        if error.kind != "exception":
            raise
        if error.type_name == type_name:
            return
        raise AssertionError(f"{what} should raise a {type_name}, but raised a {error.type_name}.") from None
    raise AssertionError(f"{what} should raise a {type_name}, but raised nothing.")


@contextlib.contextmanager
def overflow_is_an_error(student, what):
    """While this lasts, an overflow in the student's NumPy fails the test, even where the result survives it."""
    numpy = student.get("np")
    before = numpy.seterr(over="raise")
    try:
        yield
    except StudentError as error:
        if error.type_name not in ("FloatingPointError", "OverflowError"):
            raise
        raise AssertionError(f"{what} overflows on the way: {error}") from None
    finally:
        with contextlib.suppress(StudentError, StudentDied):
            numpy.seterr(**before)


def tensor(array):
    """The array, to be sent as a torch tensor. What comes back as a tensor, `numpy.asarray` turns into an array."""
    return np.array(array).view(wire.Tensor)


def random_params(rng, *layer_sizes):
    """Weights and biases of a network, none of them zero: "W1" of shape (n_1, n_0), "b1" of shape (n_1,), ..."""
    params = {}
    for l, (n_in, n_out) in enumerate(pairwise(layer_sizes), start=1):
        params[f"W{l}"] = rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)
        params[f"b{l}"] = rng.uniform(0.1, 0.5, n_out) * rng.choice([-1.0, 1.0], n_out)
    return params


def away_from(z, points, distance=1e-2):
    """Move the entries of `z` that lie within `distance` of a kink to `distance` beyond it.

    Central differences across a kink measure neither side's slope.
    """
    z = np.array(z, dtype=float)
    for point in np.atleast_1d(points):
        near = np.abs(z - point) < distance
        z[near] = point + np.where(z[near] >= point, distance, -distance)
    return z


def _type_name(value):
    return "None" if value is None else f"a {getattr(value, 'type_name', type(value).__name__)}"


def _entry(what, index):
    """How an entry is called: dW[0, 2], but entry [0, 2] of the gradient of W2."""
    if not index:
        return what
    place = f"[{', '.join(map(str, index))}]"
    return f"entry {place} of {what}" if " " in what.partition("(")[0] or what.endswith("]") else what + place


def _in_common(actual, expected, off, z):
    """What is true of all entries that are off, as a sentence that points to the mistake; "" if nothing simple is."""
    gaps, nonzero, size = actual - expected, expected != 0.0, np.abs(expected)
    if (np.abs(gaps) <= 1e-5 * np.where(nonzero, size, min(1.0, size.max()))).all():
        return " So small a difference comes from something that is added or cut off, or from single precision."
    with np.errstate(all="ignore"):
        ratios = actual[nonzero] / expected[nonzero]
    if ratios.size and off[nonzero].all() and not off[~nonzero].any() and np.allclose(ratios, ratios[0], rtol=1e-6):
        all_are, they = ("All are", "they") if off.size > 1 else ("It is", "it")
        factor = ratios[0]
        if np.isclose(factor, -1.0, rtol=1e-6):
            return f" With the other sign {'all' if off.size > 1 else 'it'} would be right."
        for whole, times in ((factor, f"{factor:.0f} times"), (1.0 / (factor or 1.0), f"1/{1.0 / (factor or 1.0):.0f} of")):
            if 1.5 < abs(whole) < 1000 and np.isclose(whole, round(whole), rtol=1e-6):
                return f" {all_are} {times} what {they} should be."
        if ratios.size > 1:
            return f" {all_are} {f'{_number(factor)} times what {they} should be' if factor else '0'}."
    if off.size == 1:
        return ""
    if off.all() and np.allclose(gaps, gaps.flat[0], rtol=1e-6):
        return f" All are too {'large' if gaps.flat[0] > 0 else 'small'} by {_number(abs(gaps.flat[0]))}."
    if np.allclose(np.sort(actual, axis=None), np.sort(expected, axis=None), rtol=1e-6):
        transposed = actual.ndim == 2 and actual.shape == actual.T.shape and np.allclose(actual.T, expected, rtol=1e-6)
        return " Transposed it would be right." if transposed else " The numbers are right, but in other places."
    if z is not None:
        for sign, where in (("negative", z < 0), ("positive", z > 0), ("0", z == 0)):
            if not off[~where].any() and not where.all():
                return f" Only where z is {sign} is it off."
    for axis, name in enumerate(("row", "column")[: off.ndim] if off.ndim == 2 else ()):
        bad = np.flatnonzero(off.any(axis=1 - axis))
        if len(bad) == 1 < off.shape[axis]:
            return f" Only {name} {bad[0]} is off."
    return ""


def _at(z, index):
    return "" if z is None else f" (at z = {_number(np.asarray(z, dtype=float)[index])})"


def _number(value, digits=8):
    return f"{value:.{digits}g}"
