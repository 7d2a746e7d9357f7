"""Names a student's mistake: wrong functions are run on the arguments of the student's own calls.

One that gives exactly the student's results is what went wrong. First come the assignment's known mistakes, which are in its
suite's folder, see variants.py; then the mutants of the model solution, see mutants.py, whose hints say no more than what kind
of slip it is.
"""

import functools
import sys
import types
import warnings

import numpy as np

from autograder.grading import mutants
from autograder.grading.session import RemoteObject, mark_of
from autograder.grading.variants import Variant, mistakes
from autograder.isolation import wire

SLIP = " exactly those of a right solution in which "
_AT_MOST = 2  # kinds of slip that have the same results: more would be no hint
_TEXT = 300  # characters of an exception's text; so much of it comes from a student process


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
        "" if no mistake fits, or if what the calls returned cannot tell it from the right solution.
    """
    functions, evidence = _functions(assignment, item_id), {}
    for candidate in mistakes(assignment):
        name = candidate.function_name
        if candidate.item != item_id or name not in functions:
            continue
        if name not in evidence:
            evidence[name] = _Evidence(student, candidate.original, _given(assignment, candidate.original))
        if evidence[name].is_of_results and evidence[name].fits(candidate.names):
            return candidate.hint
    return ""


def slip(assignment, item_id, student, errors=True):
    """A sentence that says which kind of slip leads to exactly what the student's functions did.

    To be called in a process of its own: a mutant may never end, or change what others compute with.

    Parameters
    ----------
    assignment, item_id, student
        As for `diagnose`.
    errors : bool
        Whether errors alone are evidence. They are not where another function of the item may be to blame for them.

    Returns
    -------
    str
        "" if no kind fits, or too many, or the calls cannot tell them from the right solution.
    """
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # threads of the process that this one was forked from are not here
    for original in _mutated(assignment, item_id):
        evidence = _Evidence(student, original, _given(assignment, original))
        if not evidence.off or evidence.calls_back or not (errors or evidence.is_of_results):
            continue
        found = [mutant for mutant, variant in _mutants(original) if evidence.fits(variant.names)]
        for kinds in ([mutants.SLIPS[mutant.operator] for mutant in found], [mutant.place for mutant in found]):
            kinds = list(dict.fromkeys(kinds))
            if all(kinds) and 0 < len(kinds) <= _AT_MOST:
                of = "results" if evidence.is_of_results else "errors"
                return f"Your {of} are{SLIP}{', or '.join(kinds)}."
    return ""


def prepare(assignment, item_ids):
    """Make here, once for all processes that are forked later, what `diagnose` and `slip` need for these items."""
    mistakes(assignment)  # it imports PyTorch
    for item_id in item_ids:
        for original in _mutated(assignment, item_id):
            _mutants(original)


def _functions(assignment, item_id):
    return next(item.functions for item in assignment.items if item.id == item_id)


def _mutated(assignment, item_id):
    """The model solutions of an item whose mutants are wrong; of one that may be written in many ways they need not be."""
    many_ways = getattr(assignment.authored.in_suite(assignment.name, "equivalent"), "OPEN", {})
    functions = _functions(assignment, item_id).items()
    return [getattr(assignment.authored.load(module), name) for name, module in functions if name not in many_ways]


def _given(assignment, original):
    """Names of the functions beside a model solution that students do not write, and that may call what they do."""
    written = {name for item in assignment.items for name in item.functions}
    return {
        name for name, one in vars(sys.modules[original.__module__]).items()
        if isinstance(one, types.FunctionType) and one.__module__ == original.__module__ and not one.__closure__
    } - written


def _moved(function, names):
    """A function as it is among other names."""
    moved = types.FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    moved.__kwdefaults__ = function.__kwdefaults__
    return moved


@functools.cache
def _mutants(function):
    """The mutants of a function, each with a Variant that can be called."""
    return [(one, Variant("", one.id, "", function, one.source)) for one in mutants.mutants_of(function)]


class _Evidence:
    """A test's calls of one function, of what it returned, and of given functions that call it; and where the right solution
    does something else.

    Parameters
    ----------
    student : session.Student
    right : callable
        The function, or class, of the model solution.
    given : set of str
        Names of the given functions.

    Attributes
    ----------
    off : list of int
        Places of the calls in which the right solution does something else.
    """

    def __init__(self, student, right, given):
        self._student, self._name, self._given, self._calls = student, right.__name__, given, list(student._calls)
        self.off = []
        for numbers in (_close, _identical):  # what rounding could explain counts only if nothing else is off
            if not self.off:
                self._numbers, self.off = numbers, list(self._off(vars(sys.modules[right.__module__]), numbers))

    @property
    def is_of_results(self):
        """Whether something that was returned is off, and not only an exception that was raised."""
        return any(not self._calls[place].raised for place in self.off)

    @property
    def calls_back(self):
        """Whether an argument is the student's own: each try would run their code again."""
        def holds(value):
            if isinstance(value, dict):
                return any(map(holds, value.values()))
            return any(map(holds, value)) if isinstance(value, (list, tuple)) else isinstance(value, RemoteObject)

        return any(holds(self._student._unpack(call.arguments)) for call in self._calls if call.target == self._name)

    def fits(self, names):
        """Whether a wrong function, among these names, does in all calls what the student's did, and the right one does not."""
        return bool(self.off) and next(self._off(names, self._numbers), None) is None

    def _off(self, names, numbers):
        """Places of the calls in which the function does something else than the student's did."""
        here = {name: _moved(names[name], names) for name in self._given} | {self._name: names[self._name]}
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            for place, call in enumerate(self._calls):
                target = here.get(call.target)  # or, by its number in the student process, what one of them has returned
                if target is not None and not self._agrees(target, call, here, numbers, place in self.off):
                    yield place

    def _agrees(self, target, call, here, numbers, to_the_letter):
        try:
            args, kwargs = self._unpack(call.arguments, here)
            try:
                result = _done(target, call, args, kwargs)
            except Exception as error:
                mark = mark_of(type(error).__name__, str(error)[:_TEXT])
                return mark == call.raised if to_the_letter else mark[:1] == call.raised[:1]
            if call.raised:
                return False
            theirs, ours = [], []  # objects that do not travel, in the order in which they are come across

            def export(thing):
                if id(thing) in self._student._callables:
                    return wire.Reference(id(thing), "function", "grader")
                ours.append(thing)
                return wire.Reference(0, type(thing).__name__, "student")

            result = wire.unpack(wire.pack(result, export), self._named([]))
            if not same(result, wire.unpack(call.value, self._named(theirs)), numbers):
                return False
            here |= zip(theirs, ours)
            return same([args, kwargs], list(self._unpack(call.after or call.arguments, here)), numbers)
        except Exception:  # wrong functions fail in many ways, and on a student's data in more
            return False

    def _unpack(self, data, here):
        """Arguments, with objects from here where the student's own stood."""
        def resolve(reference):
            known = reference.owner == "student" and reference.number in here
            return here[reference.number] if known else self._student._resolve(reference)

        return wire.unpack(data, resolve)

    def _named(self, numbers):
        """Resolves references to objects by their types' names, and notes the numbers."""
        def resolve(reference):
            if reference.owner == "grader":
                return self._student._resolve(reference)
            numbers.append(reference.number)
            return "object", reference.type_name.rpartition(".")[2]

        return resolve


def _done(target, call, args, kwargs):
    if call.do == "get":
        return getattr(target, call.name)
    if call.do == "set":
        return setattr(target, call.name, *args)
    return (getattr(target, call.name) if call.name else target)(*args, **kwargs)


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
    if type(a).__module__ == type(b).__module__ == "torch" and type(a).__name__ == type(b).__name__ == "Tensor":
        return same(a.detach().numpy(), b.detach().numpy(), numbers)
    return a is b or (type(a) is type(b) and a == b)
