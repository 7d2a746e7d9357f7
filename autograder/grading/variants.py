"""Variants of model solutions: what a student may have written in place of one, wrong or right.

`suites/NAME/mistakes.py` holds the known mistakes of an assignment, `suites/NAME/alternatives.py` correct solutions that
are not the reference's. Most say how they differ, and nothing else:

    mistake("relu", "ignores the slope it is given", "Your leaky ReLU never looks at its argument `slope`.",
            leaky_relu, {"slope * z": "0.01 * z"})

is the reference's `leaky_relu` with `0.01 * z` where `slope * z` stands, which must be in exactly one place. Docstrings,
which students keep or not, and solution markers count as not there. What has another structure is written out:

    @mistake("relu", "Python's max", "Python's own max compares whole arrays; NumPy has a function that goes entry by entry.")
    def relu(z):
        return max(0, z)
"""

import ast
import functools
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from autograder import KitError


@dataclass(frozen=True, eq=False)
class Variant:
    """What may stand in place of a model solution.

    Parameters
    ----------
    item : str
        The item whose function it is; a mistake loses this item and no other.
    name : str
        How it differs, as in "averages over the wrong axis".
    hint : str
        Of a mistake: one sentence for the student. "" for correct work.
    original : callable
        The reference's function, or class.
    source : str
        As a student would have written it.
    written : callable, optional
        What is written out in the bank's own file.
    """

    item: str
    name: str
    hint: str
    original: Callable
    source: str
    written: Callable | None = None

    @property
    def function_name(self):
        """The name of the function, or class, that it takes the place of."""
        return self.original.__name__

    @property
    def function(self):
        """The variant itself; what it calls is the reference's, so it differs by itself alone."""
        return self.names[self.function_name]

    @functools.cached_property
    def names(self):
        """The names of the reference's module, with the variant in its place (dict)."""
        names = vars(sys.modules[self.original.__module__]).copy()
        if self.written:
            return names | {self.function_name: self.written}
        exec(compile(self.source, f"<{self.item}: {self.name}>", "exec"), names)
        return names


class _Variants(list):
    """Variants in the order in which they were added."""

    def _add(self, item, name, hint, original, changes):
        if original is not None:
            self.append(Variant(item, name, hint, original, _changed(original, changes, f"{item}: {name}")))
            return None

        def add(function):
            # the module has imported the reference's function, and this decorator leaves its name to that one
            original = vars(sys.modules[function.__module__])[function.__name__]
            self.append(Variant(item, name, hint, original, _below_decorator(source_of(function)), function))
            return original

        return add


class Mistakes(_Variants):
    """The known mistakes of an assignment."""

    def mistake(self, item, name, hint, original=None, changes=None):
        """Add a mistake: the reference's function with changes (text -> text); or, as a decorator, one that is written out.

        Raises
        ------
        KitError
            If a text to be changed is not in exactly one place.
        """
        return self._add(item, name, hint, original, changes)

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
        found = {m.function_name: m.source for m in self if f"{m.item}: {m.name}" in names}
        if len(found) != len(names):
            raise ValueError(f"not in the bank, or not each in another function: {', '.join(names)}")
        return found


class Alternatives(_Variants):
    """Correct solutions of an assignment that are not the reference's."""

    def correct(self, item, name, original=None, changes=None):
        """Add an alternative, in the same two ways as a mistake."""
        return self._add(item, name, "", original, changes)

    def sources(self, which):
        """For every function the source of its first (0) or last (-1) alternative, for a sample of a class."""
        by_function = {}
        for alternative in self:
            by_function.setdefault(alternative.function_name, []).append(alternative.source)
        return {name: sources[which] for name, sources in by_function.items()}


def mistakes(assignment):
    """The known mistakes of an assignment: `BANK` in its suite's mistakes.py, or none."""
    module = assignment.authored.in_suite(assignment.name, "mistakes")
    return module.BANK if module else Mistakes()


def alternatives(assignment):
    """The correct alternatives of an assignment: `CORRECT` in its suite's alternatives.py, or none."""
    module = assignment.authored.in_suite(assignment.name, "alternatives")
    return module.CORRECT if module else Alternatives()


def source_of(function):
    """The source of a function or a class; inspect finds a class by its name, which many in a bank share."""
    if not isinstance(function, type):
        return textwrap.dedent(inspect.getsource(function))
    method = next(value for value in vars(function).values() if inspect.isfunction(value))
    lines, start = inspect.findsource(method)
    while not re.match(rf"class {function.__name__}\b", lines[start]):
        start -= 1
    return "".join(inspect.getblock(lines[start:]))


@functools.cache
def bare_source(function):
    """The source of a reference function or class as a student may have written it: no docstrings, no solution markers."""
    source = source_of(function)
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            text = node.body[0]
            lines[text.lineno - 1 : text.end_lineno] = [None] * (text.end_lineno - text.lineno + 1)
    return "\n".join(line for line in lines if line is not None and not re.match(r"\s*### (BEGIN|END) SOLUTION", line)) + "\n"


def _changed(original, changes, label):
    source = bare_source(original)
    for old, new in changes.items():
        if (count := source.count(old)) != 1:
            raise KitError(f"{label}: {old!r} is in {original.__name__} {count} times, not once:\n{source}")
        source = source.replace(old, new)
    return source


def _below_decorator(source):
    return source[re.search(r"^(def|class) ", source, re.MULTILINE).start():]
