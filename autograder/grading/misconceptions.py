"""Names a student's mistake: wrong functions are run on the arguments of the student's own calls.

One that gives exactly the student's results is what went wrong. First come the assignment's known mistakes, which are in its
suite's folder, see variants.py; then the mutants of the model solution, see mutants.py, whose hints say no more than what kind
of slip it is.
"""

import warnings

import numpy as np

from autograder.grading import mutants
from autograder.grading.session import RemoteObject
from autograder.grading.variants import Variant, mistakes
from autograder.isolation import wire

SLIP = "Your results are exactly those of a right solution in which "
_AT_MOST = 2  # kinds of slip that have the same results: more would be no hint


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
        if _fits(candidate.function, candidate.original, calls, student):
            return candidate.hint
    return ""


def slip(assignment, item_id, student):
    """A sentence that says which kind of slip leads to exactly what the student's functions did.

    To be called in a process of its own: a mutant may never end, or change what others compute with.

    Parameters
    ----------
    assignment, item_id, student
        As for `diagnose`.

    Returns
    -------
    str
        "" if no kind fits, or too many, or the calls cannot tell them from the right solution.
    """
    functions = next(item.functions for item in assignment.items if item.id == item_id)
    many_ways = getattr(assignment.authored.in_suite(assignment.name, "equivalent"), "OPEN", {})
    for name, module in functions.items():
        calls = [call[1:] for call in student._calls if call[0] == name]
        original = getattr(assignment.authored.load(module), name)
        if not calls or name in many_ways or isinstance(original, type) or any(_calls_back(call, student) for call in calls):
            continue
        if all(_agrees(original, call, student, _identical) for call in calls):
            continue
        kinds = {operator: None for operator, mutant in _mutants(original) if _fits(mutant, original, calls, student)}
        if kinds and len(kinds) <= _AT_MOST:
            return f"{SLIP}{', or '.join(mutants.SLIPS[kind] for kind in kinds)}."
    return ""


def _fits(wrong, right, calls, student):
    # what rounding could explain, and the kind of number, count only if the wrong one has just that too
    return any(
        all(_agrees(wrong, call, student, numbers) for call in calls)
        and not all(_agrees(right, call, student, numbers) for call in calls)
        for numbers in (_close, _identical)
    )


def _mutants(function):
    """The mutants of a function, each as (operator, function)."""
    return [(one.operator, Variant("", one.id, "", function, one.source).function) for one in mutants.mutants_of(function)]


def _calls_back(call, student):
    """Whether an argument is the student's own: each try would run their code again."""
    def holds(value):
        if isinstance(value, dict):
            return any(map(holds, value.values()))
        return any(map(holds, value)) if isinstance(value, (list, tuple)) else isinstance(value, RemoteObject)

    return holds(student._unpack(call[0]))


def _agrees(function, call, student, numbers):
    """Whether the function, given the call's arguments, returns and changes what the student's did."""
    arguments, value, after = call
    args, kwargs = student._unpack(arguments)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
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
