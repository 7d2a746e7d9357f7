"""Names a student's mistake: the known ones are run on the arguments of the student's own calls.

One that gives exactly the student's results is what went wrong. An assignment's known mistakes are in its suite's folder,
see variants.py.
"""

import numpy as np

from autograder.grading.variants import mistakes
from autograder.isolation import wire


def diagnose(assignment, item_id, student):
    """A sentence that names the student's mistake, if one in the bank does exactly what the student's function did.

    Parameters
    ----------
    assignment : assignment.Assignment
    item_id : str
    student : session.Student
        Its calls since the test began are the evidence.

    Returns
    -------
    str
        "" if no mistake fits, or if the calls cannot tell it from the right solution.
    """
    functions = next(item.functions for item in assignment.items if item.id == item_id)
    for candidate in mistakes(assignment):
        name = candidate.function_name
        calls = [call[1:] for call in student._calls if call[0] == name]
        if candidate.item != item_id or not calls or name not in functions:
            continue
        # what rounding could explain, and the kind of number, count only if the candidate has just that too
        if any(
            all(_agrees(candidate.function, call, student, numbers) for call in calls)
            and not all(_agrees(candidate.original, call, student, numbers) for call in calls)
            for numbers in (_close, _identical)
        ):
            return candidate.hint
    return ""


def _agrees(function, call, student, numbers):
    """Whether the function, given the call's arguments, returns and changes what the student's did."""
    arguments, value, after = call
    args, kwargs = student._unpack(arguments)
    try:
        with np.errstate(all="ignore"):
            result = function(*args, **kwargs)
        if not same(wire.unpack(wire.pack(result)), student._unpack(value), numbers):
            return False
        changed_args, changed_kwargs = student._unpack(arguments if after is None else after)
        return same([args, kwargs], [changed_args, changed_kwargs], numbers)
    except Exception:  # wrong functions fail in many ways, and on a student's data in more
        return False


def _close(a, b):
    return np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)


def _identical(a, b):
    return np.asarray(a).dtype == np.asarray(b).dtype and np.array_equal(a, b, equal_nan=True)


def same(a, b, numbers=_close):
    """Whether two values are alike all through; `numbers` says when numbers are: equal but for rounding, or identical."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], numbers) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same(*pair, numbers) for pair in zip(a, b))
    if isinstance(a, (np.ndarray, float, int, np.generic)) and isinstance(b, (np.ndarray, float, int, np.generic)):
        return np.shape(a) == np.shape(b) and bool(numbers(a, b))
    if isinstance(a, np.random.Generator) and isinstance(b, np.random.Generator):
        return numbers is _close or a.bit_generator.state == b.bit_generator.state
    return a is b or (type(a) is type(b) and a == b)
