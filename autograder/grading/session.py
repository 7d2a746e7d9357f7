"""One submission in a student process: its cells run in order, then its functions are called, whatever happens.

A cell that fails is passed over, like in Jupyter. A cell or a call that takes the whole process with it (os._exit, a
crash, too much memory) costs what it stood for and no more: a new process runs the cells again without the fatal one.
"""

import builtins
import contextlib
import hashlib
import re
import time
from dataclasses import dataclass, replace
from itertools import pairwise, repeat

from autograder.grading import outputs
from autograder.grading.report import IN_THE_LINE, CellRun
from autograder.isolation import wire
from autograder.isolation.limits import DEFAULT
from autograder.isolation.outcomes import Outcome
from autograder.isolation.process import NotStarted, StudentDied

_OUTCOMES = {  # how the student process names a failure -> what it means for the submission
    "ok": Outcome.OK,
    "not_implemented": Outcome.INCOMPLETE,
    "check_failed": Outcome.CHECK_FAILED,
    "exception": Outcome.CELL_ERROR,
    "undefined_name": Outcome.CELL_ERROR,
    "syntax_error": Outcome.SYNTAX_ERROR,
    "exit": Outcome.EXITED,
    "time_limit": Outcome.TIME_LIMIT,
    "memory_limit": Outcome.MEMORY_LIMIT,
}
_FAREWELL_SECONDS = 0.5  # for a process to end by itself and say what it used; it takes some milliseconds

_MESSAGE = 80  # characters of an exception's own text: enough to see what it is about, little to carry a test's inputs home
_EXCEPTIONS = {name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)} | {
    "LinAlgError", "AxisError", "OutOfMemoryError", "TimeLimit",
}

NOT_WRITTEN = "is not written yet, or uses something that is not."
COSTLY = ("died", "time_limit", "memory_limit")  # failures that are not worth seeing twice
RAISED = ("exception", "undefined_name")  # those that come of what a function does with its arguments


class StudentError(Exception):
    """The student's code failed in a call, or is not there.

    Parameters
    ----------
    kind : str
        "missing", "not_implemented", "exception", "time_limit", "memory_limit", "exit", "unsendable", "died".
    message : str
        A sentence for the student.
    type_name, digest : str
        The exception's type, as the student process says, and a digest of its text, see `mark_of`; both together are its `mark`.
    """

    def __init__(self, kind, message, type_name="", digest=""):
        super().__init__(message)
        self.kind, self.type_name, self.mark = kind, type_name, (type_name, digest)


@dataclass(frozen=True)
class Call:
    """What a test has asked the student process for, and what came of it.

    Parameters
    ----------
    target : str or int
        Name of the function, or number of the object.
    do : {"call", "get", "set"}
    name : str or None
        Of the method or attribute; None if the function or object itself is called.
    arguments : bytes
        A list and a dict, packed.
    value : bytes
        What it returned, packed; empty if it raised.
    after : bytes or None
        The arguments afterwards, if they are others.
    raised : tuple of str
        What tells one exception from another, see `mark_of`; empty if it returned.
    """

    target: str | int
    do: str
    name: str | None
    arguments: bytes
    value: bytes = b""
    after: bytes | None = None
    raised: tuple = ()


@dataclass(frozen=True)
class CodeCell:
    """A code cell to run.

    Parameters
    ----------
    source : str
    given : bool
        Whether it is the assignment's own, without points: if it fails, something before it is to blame.
    item : str
        The item whose grade cell it is, or "".
    stub : bool
        Whether it is a solution cell as it was handed out: what it defines takes the place of nothing that is there.
    """

    source: str
    given: bool = False
    item: str = ""
    stub: bool = False


class Session:
    """A submission that has been run and can be asked to call its functions.

    Parameters
    ----------
    zygote : process.Zygote
    cells : list of CodeCell
        In order.
    limits : Limits
    shown, copied : dict
        Files for the working folder; see `Zygote.start`.
    hidden : iterable of str
        Folders and files that the submission must not see.
    final : bool
        Whether a process that ends without an explanation is held against the submission. Otherwise nothing is run after
        it: the submission is to be run again from the beginning.

    Attributes
    ----------
    runs : list of CellRun
        One for each cell.
    outcomes : set of Outcome
        Everything that happened; the report gives the worst.
    remarks : list of str
    unexplained : bool
        Whether a process ended without an explanation: perhaps somebody killed it, or the machine ran out of memory.
    not_started : NotStarted or None
        Why there could be no process, if there could not; that says nothing about the submission.
    cpu_seconds : float
        What the student processes and their supervisors have used; complete after `close`.
    student_seconds : float
        The part of it that the student's cells and functions took themselves.
    """

    def __init__(self, zygote, cells, limits=DEFAULT, shown=None, copied=None, hidden=(), final=True):
        self._zygote, self._cells, self._limits = zygote, cells, limits
        self._shown, self._copied, self._hidden = shown or {}, copied or {}, hidden
        self._fatal = {}  # index of a cell that ended the process -> the outcome
        self._failed_given = set()  # indices of given cells that did not run in the present process
        self._undefined = set()  # those among them that had names which are not defined
        self._seconds = {}  # index of a cell -> CPU seconds, as the process says
        self._item = self._recalled = None  # whose check's names are wanted, and are there
        self._starts = 0
        self._deadline = time.monotonic() + wire.WALL_FACTOR * limits.cpu_seconds
        self._process = None
        self._final, self.unexplained, self.not_started = final, False, None
        self._broken = None  # the outcome after which no further process is started
        self.runs = [None] * len(cells)
        self.outcomes, self.remarks = set(), []
        self.cpu_seconds = self.student_seconds = 0.0
        self._room = outputs.Room()
        with contextlib.suppress(StudentDied):
            self._ensure_process()
        self.runs = [run or CellRun("skipped", []) for run in self.runs]

    def request(self, message, answer=None):
        """Send one request (see `student.server`) to the process, starting it again if it has died.

        Raises
        ------
        StudentDied
        """
        self._ensure_process()
        message = message | self._recalling() | {"limit": self._limits.call_seconds}
        return self._ask(message, self._limits.call_seconds, answer)

    def plain(self, message):
        """Send a request that runs nothing of the student's."""
        self._ensure_process()
        return self._ask(message | self._recalling(), self._limits.call_seconds)

    def recall(self, item):
        """From the next request on, names stand for what they stood for when this item's check ran."""
        self._item = item

    def _recalling(self):
        if self._recalled == self._item:
            return {}
        self._recalled = self._item
        return {"recall": self._item}

    def holds_line(self, line):
        """Whether a line that the process names is one of the submission's own."""
        return any(line in cell.source for cell in self._cells)

    def close(self):
        """End the process."""
        with contextlib.suppress(StudentDied):
            if self._process:
                used = self._process.request({"do": "usage"}, self._limits.call_seconds).get("cpu_seconds")
                self.student_seconds += used if isinstance(used, float) and 0.0 <= used < 1e9 else 0.0
        self._end_process()

    def _end_process(self):
        if self._process:
            self._process.close(wait=_FAREWELL_SECONDS)
            self.cpu_seconds += self._process.ending.get("cpu_seconds", 0.0)
            self._deadline += self._process.waited
            self._process = None

    def _ensure_process(self):
        """Have a process in which every cell has run that can run; StudentDied if there cannot be one."""
        while self._process is None:
            if self._broken:
                raise StudentDied(self._broken)
            left = self._limits.cpu_seconds - self.cpu_seconds  # a restart does not bring time back
            if left <= 0:
                self.outcomes.add(Outcome.TIME_LIMIT)
                self.remarks.append(self._what_took_the_time())
            if left <= 0 or self._starts > self._limits.restarts:
                self._broken = Outcome.worst(self.outcomes)
                continue
            self._starts += 1
            limits = replace(self._limits, cpu_seconds=left)
            optimizers = any("optim" in cell.source for cell in self._cells)
            try:
                self._process = self._zygote.start(limits, self._shown, self._copied, self._hidden, optimizers)
            except StudentDied as death:
                self._bury(death)
                continue
            self._failed_given = {index for index in self._fatal if self._cells[index].given}
            self._undefined, self._recalled = set(), None
            for index, following in self._order():
                try:
                    self._run_cell(index, following=following)
                except StudentDied as death:
                    self._fatal[index] = death.outcome
                    self.runs[index] = CellRun(death.outcome.value, [_notice(death.outcome)])
                    self.remarks.append(
                        f"Code cell {index + 1} ended the Python process ({death.outcome.value}). "
                        "The notebook was run again without it."
                    )
                    break

    def _what_took_the_time(self):
        sentence = f"The {self._limits.cpu_seconds:g} CPU seconds for everything are used up."
        if self._seconds:
            longest = max(self._seconds, key=self._seconds.get)
            sentence += f" Code cell {longest + 1} took most, {self._seconds[longest]:.1f} of them."
        return sentence

    def _order(self):
        """The indices of cells as they are run: in order, then given ones again for which something was defined too late.

        Beside each is the one that follows, where that is known beforehand, or None.
        """
        yield from pairwise([*(index for index in range(len(self._cells)) if index not in self._fatal), None])
        yield from ((index, None) for index in sorted(self._undefined))

    def rerun_given(self, item, answer):
        """Run the given cells before an item's grade cell again that failed; helpers may work by now.

        Raises
        ------
        StudentDied
        """
        self._ensure_process()
        end = next((index for index, cell in enumerate(self._cells) if cell.item == item), len(self._cells))
        for index in sorted(self._failed_given):
            if index < end:
                self._run_cell(index, answer)

    def _to_run(self, index):
        """The request to run a cell."""
        cell = self._cells[index]
        return {"do": "cell", "source": cell.source, "limit": self._limits.cell_seconds, "stub": cell.stub, "item": cell.item}

    def _run_cell(self, index, answer=None, following=None):
        cell, limit = self._cells[index], self._limits.cell_seconds
        reply = self._ask(self._to_run(index), limit, answer, None if following is None else self._to_run(following))
        status = reply.get("status")
        outcome = _OUTCOMES.get(status if isinstance(status, str) else None, Outcome.CELL_ERROR)
        if outcome is Outcome.OK:
            self._failed_given.discard(index)
        elif cell.given:
            self._failed_given.add(index)
            if status == "undefined_name":
                self._undefined.add(index)
        if self.runs[index] is not None:
            return  # a repetition: the first run is the one that is shown
        if not (cell.given and status == "undefined_name"):  # which follows from a failure that has been noted
            self.outcomes.add(outcome)
        kept, complete = self._room.keep(outputs.checked(reply.get("outputs")))
        if not complete or reply.get("overflowed") is True:
            self.outcomes.add(Outcome.OUTPUT_LIMIT)
            kept.append(_notice(Outcome.OUTPUT_LIMIT))
        if outcome in (Outcome.TIME_LIMIT, Outcome.MEMORY_LIMIT, Outcome.EXITED):
            kept.append(_notice(outcome))
        if outcome is Outcome.TIME_LIMIT:
            self.remarks.append(f"Code cell {index + 1} was interrupted: a cell has {limit:g} CPU seconds.")
        seconds = reply.get("seconds")
        self._seconds[index] = seconds if isinstance(seconds, float) and 0.0 <= seconds < 1e6 else 0.0
        self.runs[index] = CellRun(outcome.value, kept, index + 1)

    def _ask(self, message, limit, answer=None, ahead=None):
        process, needed = self._process, wire.WALL_FACTOR * limit
        while (remaining := self._deadline + process.waited - time.monotonic()) < needed and process.had_no_core():
            pass
        try:
            if remaining <= 0:
                self._broken = Outcome.TIME_LIMIT
                raise StudentDied(Outcome.TIME_LIMIT)
            return process.request(message, min(limit, remaining / wire.WALL_FACTOR), answer, ahead)
        except StudentDied as death:
            self._bury(death)
            raise

    def end_for_violation(self):
        """End the process, which has sent what no notebook sends.

        Raises
        ------
        StudentDied
        """
        self._bury(death := StudentDied(Outcome.PROTOCOL_VIOLATION))
        raise death from None

    def _bury(self, death):
        self.unexplained = self.unexplained or not death.explained
        if isinstance(death, NotStarted):
            self.not_started = death
        if self.not_started or (self.unexplained and not self._final):
            self._broken = death.outcome  # nothing more is worth running
        self.outcomes.add(death.outcome)
        self._end_process()


def _notice(outcome):
    return {"output_type": "stream", "name": "stdout", "text": f"\n[grader] {outcome.sentence}\n"}


class Student:
    """The argument `student` of a hidden test: the submission's names, called as if they were here.

    `student.softmax(Z)` sends Z over, runs the student's function there and returns what it returned, as plain
    data. The caller's objects stay as they are, whatever the function does to its copies; `in_place` asks for the change
    of one argument. Functions may be passed in and are called back. An object that the student's code returns stays
    there; what comes back is a `RemoteObject`. `student.softmax.each([(Z,), (Z + 1,)])` sends several calls at once.
    """

    def __init__(self, session):
        self._session = session
        self._callables = {}
        self._instances = {}  # number -> an instance of a class that stands in, kept here for the student's code
        self._calls = []  # of the test that runs, a list of Call
        self._kept = False
        self._standing_in, self._stand_ins = frozenset(), set()  # names that are substituted now, and ids of what with
        self._for_the_process = False  # whether a stand-in is at work: what it hands to the student's functions is theirs
        self._costly = {}  # (function, names substituted) -> the error that calling it so ends in

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Call(self, name, None, name)

    @property
    def standing_in(self):
        """Names of the functions that correct ones stand in for now (a frozenset)."""
        return self._standing_in

    def __setattr__(self, name, value):
        if not name.startswith("_"):
            raise AttributeError(f"student.{name} = ... would set nothing: the notebook's variables are the student's")
        super().__setattr__(name, value)

    def get(self, name):
        """The value of the notebook's global variable `name`."""
        return self._value(self._session.plain({"do": "get", "target": None, "name": name}), name)

    def _call(self, target, method, shown_name, args, kwargs):
        [value] = self._each(target, method, shown_name, [(args, kwargs)])
        return value

    def _each(self, target, method, shown_name, calls):
        """The values of several calls, all of which are asked for in one request when the first value is."""
        attempt = (shown_name, self._standing_in)
        if attempt in self._costly:
            raise self._costly[attempt]
        taken = [_taken_out(list(args), kwargs) for args, kwargs in calls]
        each = [self._pack([args, kwargs]) for _, (args, kwargs) in taken]
        if not each:
            return
        try:
            reply = self._session.request({"do": "call", "target": target, "method": method, "each": each}, self._answer)
            replies = reply.get("each")
            if not _answers(replies, each):
                self._session.end_for_violation()
            for (asked, (args, kwargs)), arguments, reply in zip(taken, each, replies):
                value, after = self._value(reply, shown_name), reply.get("after")
                self._calls.append(Call(target, "call", method, arguments, reply["value"], after))
                if isinstance(after, bytes) and self._for_the_process:
                    wire.assign([args, kwargs], self._unpack(after))
                elif asked and isinstance(after, bytes):
                    self._bring_back(asked, arguments, after, shown_name)
                yield value
        except StudentDied as death:
            self._costly[attempt] = StudentError("died", f"`{shown_name}` was stopped: {death.outcome.sentence}")
            raise self._costly[attempt] from None
        except StudentError as error:
            if error.kind in COSTLY:
                self._costly[attempt] = error
            elif error.kind in RAISED:
                self._calls.append(Call(target, "call", method, arguments, raised=error.mark))
            raise

    def _bring_back(self, asked, sent, after, name):
        """Change the arguments that a test has asked for as the process says that it has changed its own."""
        before, changed = self._unpack(sent), self._unpack(after)
        for place, argument in asked.items():
            group = 0 if isinstance(place, int) else 1
            try:
                now = changed[group][place]
            except (IndexError, KeyError, TypeError):
                self._session.end_for_violation()
            if not argument.structure and not _alike(before[group][place], now):
                raise AssertionError(
                    f"`{name}` made something else of an argument that it should only change in place: types, keys, lengths and "
                    "shapes must stay."
                )
            if wire.assign(argument.value, now) is not argument.value:
                raise AssertionError(f"`{name}` cannot have changed its argument into {type(now).__name__} in place.")

    def _value(self, reply, name):
        error = reply.get("error")
        if isinstance(error, dict):
            sentence = _error_sentence(name, error, self._session.holds_line)
            raise StudentError(str(error.get("kind")), sentence, *mark_of(error.get("type"), error.get("message")))
        if not isinstance(reply.get("value"), bytes):
            self._session.end_for_violation()
        return self._unpack(reply["value"])

    def _answer(self, number, arguments):
        before, self._for_the_process = self._for_the_process, number in self._stand_ins or number in self._instances
        try:
            args, kwargs = self._unpack(arguments)
            if number in self._instances:
                value = _use(self._instances[number], *args, **kwargs)
            elif number in self._callables:
                value = self._callables[number](*args, **kwargs)
            else:
                return {"error": "no such function"}
            after = self._pack([args, kwargs])
            return {"value": self._pack(value), "after": after if after != arguments else None}
        except Exception as error:
            text = re.sub(r"\w+\.<locals>\.", "", str(error))  # a function's own name, and not the test's that defines it
            return {"error": f"{type(error).__name__}: {text}"[:300]}
        finally:
            self._for_the_process = before

    def _pack(self, message):
        return wire.pack(message, export=self._export)

    def _export(self, obj):
        if isinstance(obj, RemoteObject):
            return wire.Reference(obj._number, obj.type_name, "student")
        if type(obj).__name__ in self._standing_in:
            self._instances[id(obj)] = obj
            return wire.Reference(id(obj), f"{wire.INSTANCE}{type(obj).__name__}", "grader")
        if not callable(obj):
            raise TypeError(f"{type(obj).__name__} cannot be sent to a student process")
        self._callables[id(obj)] = obj
        return wire.Reference(id(obj), wire.CLASS if hasattr(obj, "stands_for") else "function", "grader")

    def _unpack(self, data):
        try:
            return wire.unpack(data, resolve=self._resolve)
        except wire.ProtocolViolation:
            self._session.end_for_violation()

    def _resolve(self, reference):
        if reference.owner == "student":
            self._kept = True
            named = re.fullmatch(r"[\w.]{1,80}", reference.type_name)  # it is shown, and theirs to choose
            return RemoteObject(self, reference.number, named[0] if named else "object")
        known = self._callables | self._instances
        if reference.number not in known:
            raise wire.ProtocolViolation("a reference to nothing")
        return known[reference.number]

    @contextlib.contextmanager
    def _substituted(self, functions, item):
        """While this lasts, `functions` (name -> callable) stand in for the student's of the same name.

        One with the attribute `stands_for`, a class, takes the place of a class: its instances stay here.
        """
        self._session.plain({"do": "substitute", "functions": self._pack(functions)})
        self._standing_in, self._stand_ins = frozenset(functions), set(map(id, functions.values()))
        try:
            self._session.rerun_given(item, self._answer)
            yield
        finally:
            self._standing_in, self._stand_ins = frozenset(), set()
            with contextlib.suppress(StudentDied):
                self._session.plain({"do": "restore"})

    def _release(self):
        """Forget the calls and objects of the test that has ended."""
        if self._kept:
            with contextlib.suppress(StudentDied):
                self._session.plain({"do": "release"})
        self._callables.clear()
        self._instances.clear()
        self._calls.clear()
        self._kept = False


def _use(instance, what, name, *args, **kwargs):
    """What a student's code does with an instance of a class that stands in: only what this class itself is for.

    Parameters
    ----------
    instance : object
    what : {"get", "set", "call"}
    name : str
        Of an attribute, or of a method that the class, or another of its module, defines.
    """
    own = {one for base in type(instance).__mro__ if base.__module__ == type(instance).__module__ for one in vars(base)}
    if what == "call" and name in own and (name == "__call__" or not name.startswith("_")):
        return getattr(instance, name)(*args, **kwargs)
    if name.startswith("_") or (name not in own and name not in vars(instance)):
        raise AttributeError(f"{type(instance).__name__} has no {name}")
    if what == "set":
        return setattr(instance, name, *args)
    value = getattr(instance, name)
    return {"value": value} if not callable(value) else {"method": True}


class in_place:
    """Around an argument of a call: what the student's function did to it is done to the caller's object too.

    Parameters
    ----------
    value : ndarray, dict, list, tuple of these, Generator or tensor
    structure : bool
        Whether types, keys, lengths and shapes may change as well; otherwise that is a mistake of the student's.
    """

    def __init__(self, value, structure=False):
        self.value, self.structure = value, structure


def _answers(replies, each):
    """Whether these can be the replies to several calls: one for each, or as many as there are until one failed."""
    if not isinstance(replies, list) or not replies or not all(isinstance(one, dict) for one in replies):
        return False
    return len(replies) == len(each) or (len(replies) < len(each) and isinstance(replies[-1].get("error"), dict))


def _taken_out(args, kwargs):
    """The `in_place` arguments, by position or name, and all arguments as they are sent."""
    asked = {place: one for place, one in [*enumerate(args), *kwargs.items()] if isinstance(one, in_place)}
    plain = [one.value if isinstance(one, in_place) else one for one in args]
    return asked, (plain, {name: one.value if isinstance(one, in_place) else one for name, one in kwargs.items()})


def _alike(before, now):
    """Whether two values have the same types, keys, lengths and shapes, whatever their numbers are."""
    if type(before) is not type(now):
        return False
    if isinstance(before, dict):
        return before.keys() == now.keys() and all(_alike(one, now[key]) for key, one in before.items())
    if isinstance(before, (list, tuple)):
        return len(before) == len(now) and all(map(_alike, before, now))
    return all(getattr(before, name, None) == getattr(now, name, None) for name in ("shape", "dtype"))


class RemoteObject:
    """An object that stays in the student process: its methods can be called, its attributes read (`get`) and set.

    Attributes
    ----------
    type_name : str
        What the student process says its type is.
    """

    def __init__(self, student, number, type_name):
        vars(self).update(_student=student, _number=number, type_name=type_name)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Call(self._student, self._number, name, f"{self.type_name.rpartition('.')[2]}.{name}")

    def __setattr__(self, name, value):
        """Set an attribute of the object itself, in the student process."""
        student = self._student
        request = {"do": "set", "target": self._number, "name": name, "value": student._pack(value)}
        reply = student._session.request(request, student._answer)
        student._value(reply, f"{self.type_name.rpartition('.')[2]}.{name}")
        student._calls.append(Call(self._number, "set", name, student._pack([[value], {}]), reply["value"]))

    def __call__(self, *args, **kwargs):
        return self._student._call(self._number, "__call__", self.type_name.rpartition(".")[2], args, kwargs)

    def get(self, name):
        """The value of the attribute `name`."""
        student = self._student
        reply = student._session.plain({"do": "get", "target": self._number, "name": name})
        value = student._value(reply, name)
        student._calls.append(Call(self._number, "get", name, student._pack([[], {}]), reply["value"]))
        return value


class _Call:
    def __init__(self, student, target, method, shown_name):
        self._student, self._target, self._method, self._shown_name = student, target, method, shown_name

    def __call__(self, *args, **kwargs):
        return self._student._call(self._target, self._method, self._shown_name, args, kwargs)

    def each(self, arguments, keywords=None):
        """What it returns for each of several tuples of arguments, with a dict of keywords each if there are any, one after
        another: as calls in a loop would, but sent together, which is cheaper, and with the time of one call."""
        calls = zip(arguments, keywords or repeat({}))
        return self._student._each(self._target, self._method, self._shown_name, list(calls))


def mark_of(type_name, message):
    """What tells one exception from another, and says nothing: its type, and a digest of its text.

    The type is one of those that Python and the libraries have; another name could say anything, as the text can.
    """
    known = type_name if isinstance(type_name, str) and type_name in _EXCEPTIONS else "Exception"
    return known, hashlib.sha256(str(message).encode(errors="replace")).hexdigest()


def _error_sentence(name, error, holds_line):
    """What the student reads about an error in their code; everything in `error` is theirs, and little of it is repeated."""
    kind, line = error.get("kind"), str(error.get("line") or "").strip()
    message = " ".join(str(error.get("message") or "").split())[:_MESSAGE]
    known, _ = mark_of(error.get("type"), "")
    what = f"{known}: {message}" if message else known
    where = f"{IN_THE_LINE}{line}" if line and holds_line(line) else ""
    return {
        "missing": f"`{name}` is not defined: its cell is missing, or did not run.",
        "not_implemented": f"`{name}` {NOT_WRITTEN}",
        "time_limit": f"`{name}` took too long and was stopped.",
        "memory_limit": f"`{name}` asked for too much memory.",
        "exit": f"`{name}` tried to end Python.",
        "unsendable": f"`{name}` returned something that cannot be checked: {message}",
    }.get(kind, f"`{name}` raised {what}.{where}")
