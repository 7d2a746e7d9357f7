"""What a hidden suite is written with: `item` names what a test is worth, the checks say what is wrong.

A suite is a folder of ordinary pytest files. Each test takes the fixture `student` (the submission, see
`session.Student`) and, if it draws numbers, the fixture `rng`; its docstring is the criterion as the student reads it.

    @item("bce_gradient")
    def test_matches_numerical_gradient(student, rng):
        \"\"\"The gradient of the loss agrees with central differences.\"\"\"

A check that fails speaks to the student: what was expected, in their terms, and where theirs differs. It never shows
the test. Bare `assert condition, "sentence"` does the same.
"""

import numpy as np
import pytest


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
    if actual is None:
        raise AssertionError(f"{what} is None. Is a `return` missing?")
    try:
        array = np.asarray(actual, dtype=float)
    except (TypeError, ValueError):
        raise AssertionError(f"{what} should be an array of numbers, not {_type_name(actual)}.") from None
    check(
        array.shape == tuple(shape),
        f"{what} should have the shape {tuple(shape)}, but has {array.shape}.",
    )
    return array


def check_close(actual, expected, what, rtol=1e-6, atol=1e-9):
    """Fail unless every entry of `actual` agrees with `expected`; report the worst entry.

    An entry agrees when |actual - expected| <= atol + rtol * |expected|.

    Parameters
    ----------
    actual : object
        What the student's code returned.
    expected : array_like
    what : str
    rtol, atol : float
    """
    expected = np.asarray(expected, dtype=float)
    array = check_array(actual, expected.shape, what)
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise AssertionError(f"{_entry(what, index)} is {array[index]}, but should be {_number(expected[index])}.")
    error = np.abs(array - expected)
    excess = error - (atol + rtol * np.abs(expected))
    if (excess > 0).any():
        index = tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
        relative = error[index] / max(abs(expected[index]), 1e-300)
        wrong = int((excess > 0).sum())
        share = "" if array.size == 1 else f" {wrong} of {array.size} entries are off; this one is the worst."
        raise AssertionError(
            f"{_entry(what, index)} is {_number(array[index])}, but should be {_number(expected[index])} "
            f"(relative error {relative:.1e}).{share}"
        )


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
    """Fail if an argument (array or dict of arrays) was changed in place."""
    if isinstance(before, dict):
        same = before.keys() == after.keys() and all(np.array_equal(before[k], after[k]) for k in before)
    else:
        same = np.array_equal(before, after)
    check(same, f"{what} was changed in place, but the caller still needs it. Work on a copy.")


def check_number(actual, what):
    """Return `actual` as a float, or fail saying what it is instead."""
    if isinstance(actual, np.ndarray) and actual.size == 1:
        raise AssertionError(f"{what} should be a plain number, not an array of shape {actual.shape}.")
    if isinstance(actual, bool) or not isinstance(actual, (int, float, np.number)):
        raise AssertionError(f"{what} should be a number, not {_type_name(actual)}.")
    return float(actual)


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
    return what if not index else f"{what}[{', '.join(map(str, index))}]"


def _number(value):
    return f"{value:.8g}"
