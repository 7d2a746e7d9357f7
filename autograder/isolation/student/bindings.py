"""What the notebook's names stood for when each check ran, so that an item is graded as it was then.

A notebook goes on after a check: `softmax = softmax(z)`, `train, test = ...`, an import at the end, data that a later cell
changes in place. At each check the names are recorded, and of arrays and containers that it can reach copies are made; before
an item's hidden tests all of that is put back, so that functions see it too. Left out: what is larger than the bounds, the
state of generators, files and modules, and any protection: it is the student's own process that remembers.
"""

import operator
import re
import types
from collections import Counter, OrderedDict, defaultdict

import numpy as np

_LARGE = 16 * 2**20  # bytes of an array that is not held on to after the notebook has let go of it
_BYTES = 64 * 2**20  # of all copies of arrays together
_ELEMENTS = 20_000  # of containers that are looked through at one check
_MAPPINGS = {dict, OrderedDict, Counter, defaultdict}
_CONTAINERS = {list, set, *_MAPPINGS}
_PLAIN = {str, int, float, bool, type(None), np.float64, np.int64}  # has nothing in it that could change
_SIZED = {"ndarray", "Tensor", "Parameter"}
_MISSING = object()
_OWN = "__main__"  # the module of what a notebook defines


class Bindings:
    """The names of a notebook at its checks.

    Parameters
    ----------
    names : dict
        The notebook's globals.
    """

    def __init__(self, names):
        self._names = names
        self._placeholders = {}  # name -> what a cell that was not filled in has bound to it
        self._checks = {}  # item -> names and what they stood for, copies, whether the check passed
        self._end = None
        self._room = _BYTES

    def add_placeholder(self, name, value):
        """A name is bound to what nobody has written yet: it counts as not bound."""
        self._placeholders[name] = value

    def record(self, item, check, passed):
        """Remember the present state for an item whose check has just run.

        Parameters
        ----------
        item : str
        check : str
            The source of the check.
        passed : bool
        """
        names = dict(self._names)
        for name, value in self._names.items():
            if self._placeholders.get(name, _MISSING) is value or (type(value).__name__ in _SIZED and _bytes(value) > _LARGE):
                del names[name]
        self._checks[item] = names, self._copies(self._named_by(check)), passed
        self._end = None

    def recall(self, item):
        """Bring back what was recorded for an item, and of the rest, or if nothing was, what there is at the end."""
        self._end = self._end or self._what_changed()
        names_at_end, copies_at_end = self._end
        names, copies, passed = self._checks.get(item, ({}, {}, True))
        for number, (holder, copy) in copies_at_end.items():
            _put_back(holder, copies[number][1] if number in copies else copy)
        for name, at_end in names_at_end.items():
            value = names.get(name, at_end)
            if not passed and _is_own(value) and _is_own(at_end):
                value = at_end  # what the check said was wrong has been written again further down
            if value is _MISSING:
                self._names.pop(name, None)
            else:
                self._names[name] = value

    def _what_changed(self):
        """What was not always as it is now: names and what they stand for; which arrays and containers, with copies of them."""
        names, copies = {}, {}
        for then, then_copies, _ in self._checks.values():
            for name, value in then.items():
                if (now := self._names.get(name, _MISSING)) is not value:
                    names[name] = now
            for number, (holder, copy) in then_copies.items():
                if number not in copies and not _is_same(holder, copy):
                    copies[number] = holder, _copy(holder)
        return names, copies

    def _named_by(self, source):
        """The values of all names that a source has, and of those that their functions have, and so on."""
        found, waiting = {}, re.findall(r"[^\W\d]\w*", source)
        for name in waiting:  # which grows
            if name in self._names and name not in found:
                found[name] = self._names[name]
                waiting += _globals(found[name])
        return found.values()

    def _copies(self, values):
        """Shallow copies of the arrays and containers in some values: id -> (which, copy)."""
        copies, seen, elements, waiting = {}, set(), 0, list(values)
        for value in waiting:  # which grows
            kind = type(value)
            if id(value) in seen:
                continue
            seen.add(id(value))
            if kind in _CONTAINERS or kind is tuple:
                elements += len(value)
                if elements > _ELEMENTS:
                    continue
                waiting += [one for one in (value.values() if kind in _MAPPINGS else value) if type(one) not in _PLAIN]
            elif kind.__module__ == _OWN and isinstance(getattr(value, "__dict__", None), dict):
                waiting.append(vars(value))
            size = _bytes(value)
            if kind in _CONTAINERS or size:
                copy = self._known_copy(value)
                if copy is None and size <= self._room:
                    copy = _copy(value)
                    self._room -= size
                if copy is not None:
                    copies[id(value)] = value, copy
        return copies

    def _known_copy(self, value):
        """The copy that was made at the last check, if the value has not changed since then."""
        last = next(reversed(self._checks.values()), ((), {}, True))[1].get(id(value))
        return last[1] if last and last[0] is value and _is_same(value, last[1]) else None


def _globals(value):
    """The names of globals that a function, or a class's methods, refer to."""
    if isinstance(value, type) and value.__module__ == _OWN:
        return [name for one in vars(value).values() for name in _globals(one)]
    codes = [value.__code__] if isinstance(value, types.FunctionType) else []
    for code in codes:  # which grows
        codes += [one for one in code.co_consts if isinstance(one, types.CodeType)]
    return [name for code in codes for name in code.co_names]


def _bytes(value):
    """The size of an array or a tensor, 0 of anything else. An array of objects is nothing that could be compared."""
    kind = type(value)
    if kind is np.ndarray:
        return 0 if value.dtype.hasobject else value.nbytes
    if kind.__module__ in ("torch", "torch.nn.parameter") and kind.__name__ in ("Tensor", "Parameter"):
        return _LARGE + 1 if value.is_sparse else value.nbytes
    return 0


def _copy(value):
    return value.detach().clone() if hasattr(value, "detach") else value.copy()


def _is_same(value, copy):
    if hasattr(value, "detach"):
        return value.shape == copy.shape and bool((value == copy).all())
    if type(value) is np.ndarray:
        return np.array_equal(value, copy)
    if type(value) in _MAPPINGS:
        return len(value) == len(copy) and all(map(operator.is_, value, copy)) and all(
            map(operator.is_, value.values(), copy.values()))
    return len(value) == len(copy) and (type(value) is set and value == copy or all(map(operator.is_, value, copy)))


def _put_back(value, copy):
    try:
        if hasattr(value, "detach"):
            value.data.copy_(copy)
        elif type(value) is np.ndarray:
            if value.shape == copy.shape:
                value[...] = copy
        elif type(value) is list:
            value[:] = copy
        else:
            value.clear()
            value.update(copy)
    except (ValueError, TypeError, RuntimeError):
        pass  # nobody may write to it any more, so that it is as it was


def _is_own(value):
    """Whether something is a function or a class of the notebook's."""
    return isinstance(value, (types.FunctionType, type)) and value.__module__ == _OWN
