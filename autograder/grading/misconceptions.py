"""A bank of named mistakes: wrong solutions, each with the item it breaks and one sentence that would help.

Every mistake must lose its item and only its item, which tests the tests. When a student fails a criterion, the
item's mistakes are run on the same arguments; one that gives exactly the student's results names what went wrong.
And sample classes are made from them.
"""

import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograder.isolation import wire


@dataclass(frozen=True)
class Misconception:
    """A named wrong solution.

    Parameters
    ----------
    item : str
        The item that it loses.
    name : str
        What the mistake is, as in "averages over the wrong axis".
    hint : str
        One sentence for the student.
    function : callable
        The wrong function; it has the right one's name and signature.
    """

    item: str
    name: str
    hint: str
    function: Callable

    @property
    def source(self):
        """The function's source as a student would have written it."""
        return re.sub(r"\A@mistake\(.*?\)\n(?=def |class )", "", source_of(self.function), flags=re.DOTALL)


def source_of(function):
    """The source of a function or a class; inspect finds a class by its name, which many here share."""
    if not isinstance(function, type):
        return textwrap.dedent(inspect.getsource(function))
    method = next(value for value in vars(function).values() if inspect.isfunction(value))
    lines, start = inspect.findsource(method)
    while not re.match(rf"class {function.__name__}\b", lines[start]):
        start -= 1
    return "".join(inspect.getblock(lines[start:]))


class Bank(list):
    """The misconceptions of one assignment."""

    def mistake(self, item, name, hint):
        """Decorator that adds a function to the bank, and leaves its name to the right function.

        A bank imports the reference's functions; the wrong ones call those, whatever is defined after them.
        """

        def add(function):
            self.append(Misconception(item, name, hint, function))
            return vars(sys.modules[function.__module__])[function.__name__]

        return add

    def sources(self, *names):
        """Wrong functions for a sample of a class: a dict of function name -> source.

        Parameters
        ----------
        *names : str
            Each as "item: name".

        Raises
        ------
        ValueError
            If one is not in the bank, or two are mistakes in the same function.
        """
        found = {m.function.__name__: m.source for m in self if f"{m.item}: {m.name}" in names}
        if len(found) != len(names):
            raise ValueError(f"not in the bank, or not each in another function: {', '.join(names)}")
        return found


def bank(assignment_name):
    """The bank of an assignment; empty if there is none."""
    try:
        return importlib.import_module(f"autograder.suites.{assignment_name}.mistakes").BANK
    except ModuleNotFoundError:
        return Bank()


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
    for candidate in bank(assignment.name):
        name = candidate.function.__name__
        calls = [call[1:] for call in student._calls if call[0] == name]
        if candidate.item != item_id or not calls or name not in functions:
            continue
        right = getattr(importlib.import_module(functions[name]), name)
        if all(_agrees(candidate.function, call, student) for call in calls) and not all(
            _agrees(right, call, student) for call in calls
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
        if not _same(wire.unpack(wire.pack(result)), student._unpack(value)):
            return False
        changed_args, changed_kwargs = student._unpack(arguments if after is None else after)
        return _same([args, kwargs], [changed_args, changed_kwargs])
    except Exception:  # wrong functions fail in many ways, and on a student's data in more
        return False


def _same(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, (np.ndarray, float, int, np.generic)) and isinstance(b, (np.ndarray, float, int, np.generic)):
        return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
    if isinstance(a, np.random.Generator):
        return True
    return a is b or (type(a) is type(b) and a == b)
