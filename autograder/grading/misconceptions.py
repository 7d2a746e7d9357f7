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
        if all(_agrees(candidate.function, call, student) for call in calls) and not all(
            _agrees(candidate.original, call, student) for call in calls
        ):
            return candidate.hint
    return ""


def _agrees(function, call, student):
    """Whether the function, given the call's arguments, returns and changes what the student's did."""
    arguments, value, after = call
    args, kwargs = student._unpack(arguments)
    try:
        with np.errstate(all="ignore"):
            result = function(*args, **kwargs)
        if not same(wire.unpack(wire.pack(result)), student._unpack(value)):
            return False
        changed_args, changed_kwargs = student._unpack(arguments if after is None else after)
        return same([args, kwargs], [changed_args, changed_kwargs])
    except Exception:  # wrong functions fail in many ways, and on a student's data in more
        return False


def same(a, b):
    """Whether two results are equal but for rounding."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.ndarray, float, int, np.generic)) and isinstance(b, (np.ndarray, float, int, np.generic)):
        return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
    if isinstance(a, np.random.Generator):
        return True
    return a is b or (type(a) is type(b) and a == b)
