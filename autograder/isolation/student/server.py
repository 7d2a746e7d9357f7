"""The student's side of the wire: runs cells and calls functions on request, in the process where the notebook lives.

Everything here can be taken over by the code it runs, so nothing here decides anything: the grader bounds every
wait, checks every byte, and knows the right answers on its own side.
"""

import builtins
import contextlib
import gc
import random
import signal
import sys
import time
import traceback
import types

import numpy as np

from autograder.isolation import wire
from autograder.isolation.student import shell as notebook
from autograder.isolation.student.account import OwnWait
from autograder.isolation.student.bindings import Bindings

_REPEAT_SECONDS = 0.25  # code that swallows the first interruption gets another
_LEAST_SECONDS = 0.001  # none would be no limit


class TimeLimit(BaseException):
    """The code that is running has used its time. Not an Exception, so that `except Exception` lets it through."""


class _Clock:
    """Interrupts what runs too long, but never in the middle of a message."""

    def __init__(self):
        self._running = self._on_wire = self._late = False
        self._began = self._allowed = 0.0
        self._without_a_core = OwnWait()
        self.used = 0.0  # CPU seconds inside limits: what the student's own code has taken
        signal.signal(signal.SIGPROF, self._ring)
        signal.signal(signal.SIGALRM, self._ring)

    def _ring(self, signum, frame):
        __tracebackhide__ = True  # IPython leaves this frame out of what the student sees
        if self._running and not (signum == signal.SIGALRM and self._wall_seconds() < self._allowed):
            if self._on_wire:
                self._late = True
            else:
                raise TimeLimit

    @contextlib.contextmanager
    def limit(self, seconds):
        if self._running:  # a call within a call uses the time of the outer one
            with self._off_wire():
                yield
            return
        self._running, self._late = True, False
        self._began, self._allowed = 0.0, wire.WALL_FACTOR * seconds
        self._began = self._wall_seconds()
        started = time.thread_time()  # the whole process's clock lags behind while an interval timer runs
        signal.setitimer(signal.ITIMER_PROF, seconds, _REPEAT_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, self._allowed, _REPEAT_SECONDS)
        try:
            yield
        finally:
            self._running = False
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.used += time.thread_time() - started

    def _wall_seconds(self):
        """By the clock, since the limit began, without the time in which this thread had no core to run on."""
        return time.monotonic() - self._without_a_core.seconds() - self._began

    @contextlib.contextmanager
    def on_wire(self):
        self._on_wire = True
        try:
            yield
        finally:
            self._on_wire = False
        self._ring_late()

    @contextlib.contextmanager
    def _off_wire(self):
        before, self._on_wire = self._on_wire, False
        try:
            self._ring_late()
            yield
        finally:
            self._on_wire = before

    def _ring_late(self):
        if self._late and self._running:
            self._late = False
            raise TimeLimit


def serve(channel, shell):
    """Answer requests until the grader hangs up.

    Parameters
    ----------
    channel : wire.Channel
    shell : shell.NotebookShell
    """
    gc.set_threshold(50_000, 20, 100)  # drawing makes many objects and little garbage; the default looks far too often
    random.seed(0)
    np.random.seed(0)  # code that draws without a seed of its own still gives the same grade twice
    sys.modules["torch"].default_generator.manual_seed(0)  # without looking for the generators of accelerators
    notebook.redirect_streams()
    server = _Server(channel, shell)
    while True:
        try:
            request = wire.unpack(channel.receive())
        except wire.ChannelClosed:
            return
        channel.send(server.pack(server.handle(request)))


class _StandIn:
    """Base of the classes that stand in for the student's: what is done with an instance happens in the grader."""

    def __init__(self, *args, **kwargs):
        vars(self).update(vars(self._make(*args, **kwargs)))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        answer = self._use("get", name)
        if "value" in answer:
            return answer["value"]
        return lambda *args, **kwargs: self._use("call", name, *args, **kwargs)

    def __setattr__(self, name, value):
        self._use("set", name, value)

    def __call__(self, *args, **kwargs):
        return self._use("call", "__call__", *args, **kwargs)


class _Server:
    def __init__(self, channel, shell):
        self._channel = channel
        self._shell = shell
        self._clock = _Clock()
        self._bindings = Bindings(shell.user_ns)
        self._objects = {}  # number -> an object that only a reference crosses for
        self._callables = {}  # (number, type name) -> the function that stands here for one of the grader's
        self._classes = {}  # name -> the class that stands in for the student's of that name
        self._restore = []

    # --- requests

    def handle(self, request):
        """Do what a request asks for and return the reply; before that, if it says so, bring names back as they were."""
        if "recall" in request:
            self._bindings.recall(request.pop("recall"))
        return getattr(self, "do_" + request.pop("do"))(**request)

    def do_cell(self, source, limit, stub=False, item=""):
        """Run one cell, as Jupyter would.

        The placeholders that a stub defines take the place of nothing that is there. What names stand for after the check of
        an item is remembered.
        """
        result = status = None
        used, before = self._clock.used, dict(self._shell.user_ns) if stub else None
        try:
            with self._clock.limit(limit):
                result = self._shell.run_cell(source, store_history=True)
        except TimeLimit:
            status = "time_limit"  # it rang in IPython's own code, between the cell's statements
        error = result and (result.error_before_exec or result.error_in_exec)
        status = status or (_kind(error) if error else "ok")
        if stub:
            self._keep(before)
        if item:
            self._bindings.record(item, source, status == "ok")
        outputs, overflowed = notebook.outputs.take()
        return {"status": status, "overflowed": overflowed, "outputs": outputs, "seconds": self._clock.used - used}

    def _keep(self, before):
        """Put back what the placeholders of a stub have taken the place of."""
        now = self._shell.user_ns
        for name, value in list(now.items()):
            if _is_placeholder(value) and before.get(name) is not value:
                if name in before:
                    now[name] = before[name]
                else:
                    self._bindings.add_placeholder(name, value)

    def do_call(self, target, method, each, limit):
        """Call a function of the notebook, or a method of an object that is kept here, with each of several packed arguments until
        one fails; the time is for all of them."""
        try:
            function = self._find(target)
            if method is not None:
                function = getattr(function, method)
        except (KeyError, AttributeError):
            return {"each": [{"error": {"kind": "missing"}}]}
        replies, end = [], self._clock.used + limit
        for arguments in each:
            replies.append(self._call(function, arguments, max(end - self._clock.used, _LEAST_SECONDS)))
            if "error" in replies[-1]:
                break
        return {"each": replies}

    def _call(self, function, arguments, limit):
        args, kwargs = self.unpack(arguments)
        try:
            with self._clock.limit(limit):
                value = function(*args, **kwargs)
        except BaseException as error:
            return {"error": _describe(error)}
        finally:
            notebook.outputs.start()
        try:
            after = self.pack([args, kwargs])
            return {"value": self.pack(value), "after": after if after != arguments else None}
        except MemoryError as error:
            return {"error": _describe(error)}
        except Exception as error:  # objects of the student's can fail in any way while they are being read
            return {"error": {"kind": "unsendable", "message": notebook.safe_text(error)}}

    def do_get(self, target, name):
        """The value of a global of the notebook (target None) or of an attribute of a kept object."""
        try:
            value = self._shell.user_ns[name] if target is None else getattr(self._find(target), name)
            return {"value": self.pack(value), "after": None}
        except (KeyError, AttributeError):
            return {"error": {"kind": "missing"}}
        except Exception as error:
            return {"error": _describe(error)}

    def do_set(self, target, name, value, limit):
        """Set an attribute of a kept object."""
        try:
            with self._clock.limit(limit):
                setattr(self._find(target), name, self.unpack(value))
            return {"value": self.pack(None)}
        except KeyError:
            return {"error": {"kind": "missing"}}
        except BaseException as error:
            return {"error": _describe(error)}

    def do_substitute(self, functions):
        """Let the grader's functions stand in for some of the notebook's, wherever those are referred to."""
        builtins.__substitutes__ = self.unpack(functions)
        for name in builtins.__substitutes__:
            make = builtins.__substitutes__[name]
            if make.of_class:
                self._classes[name] = type(name, (_StandIn,), {"_make": staticmethod(make)})
                self._restore.append((name, self._shell.user_ns.get(name)))
                self._shell.user_ns[name] = self._classes[name]
                continue
            code = eval(f"lambda *args, **kwargs: __substitutes__[{name!r}](*args, **kwargs)").__code__
            old = self._shell.user_ns.get(name)
            if isinstance(old, types.FunctionType) and not old.__code__.co_freevars:
                # in place: tables and other functions that hold the same function object see it too
                self._restore.append((old, old.__code__))
                old.__code__ = code
            else:
                self._restore.append((name, old))
                self._shell.user_ns[name] = types.FunctionType(code, self._shell.user_ns)
        return None

    def do_restore(self):
        """Undo `do_substitute`."""
        for what, old in reversed(self._restore):
            if isinstance(what, types.FunctionType):
                what.__code__ = old
            elif old is None:
                self._shell.user_ns.pop(what, None)
            else:
                self._shell.user_ns[what] = old
        self._restore.clear()

    def do_usage(self):
        """CPU seconds that cells and calls have taken since the process began."""
        return {"cpu_seconds": self._clock.used}

    def do_release(self):
        """Forget the objects that were kept for the grader."""
        self._objects.clear()
        self._callables.clear()
        self._classes.clear()

    # --- the wire

    def pack(self, message):
        return wire.pack(message, export=self._export)

    def unpack(self, data):
        return wire.unpack(data, resolve=self._resolve)

    def _export(self, obj):
        if isinstance(obj, _StandIn):
            return wire.Reference(vars(obj)["_number"], f"{wire.INSTANCE}{type(obj).__name__}", "grader")
        for (number, type_name), callback in self._callables.items():
            if callback is obj:
                return wire.Reference(number, type_name, "grader")
        number = id(obj)
        self._objects[number] = obj  # kept alive here, so no other object can get the same id
        return wire.Reference(number, f"{type(obj).__module__}.{type(obj).__qualname__}", "student")

    def _resolve(self, reference):
        if reference.owner == "student":
            return self._objects[reference.number]
        key = reference.number, reference.type_name
        if key not in self._callables:
            def callback(*args, **kwargs):
                __tracebackhide__ = True
                return self._call_back(reference.number, args, kwargs)

            if reference.type_name.startswith(wire.INSTANCE):
                instance = object.__new__(self._classes[reference.type_name.removeprefix(wire.INSTANCE)])
                vars(instance).update(_number=reference.number, _use=callback)
                return instance
            callback.of_class = reference.type_name == wire.CLASS
            self._callables[key] = callback
        return self._callables[key]

    def _call_back(self, number, args, kwargs):
        __tracebackhide__ = True
        args = list(args)
        arguments = self.pack([args, kwargs])
        message = self.pack({"callback": number, "arguments": arguments})
        with self._clock.on_wire():  # until the answer is here: what the grader asks for in between, it waits for
            while True:
                self._channel.send(message)
                reply = wire.unpack(self._channel.receive())
                if "do" not in reply:
                    break
                # the grader's function was given one of ours and is calling it
                message = self.pack(self.handle(reply))
            if "error" in reply:
                raise RuntimeError(reply["error"])
            if reply["after"] is not None:
                wire.assign([args, kwargs], self.unpack(reply["after"]))
            return self.unpack(reply["value"])

    def _find(self, target):
        return self._shell.user_ns[target] if isinstance(target, str) else self._objects[target]


def _is_placeholder(value):
    """Whether something is what a cell to be filled in defines: a function or a class, nothing, or nothing yet."""
    return value is None or value is ... or isinstance(value, (types.FunctionType, type)) or (
        type(value) in (dict, list, tuple, set, str) and not value)


def _kind(error):
    for kind, types_ in (
        ("time_limit", TimeLimit),
        ("memory_limit", MemoryError),
        ("not_implemented", NotImplementedError),
        ("syntax_error", SyntaxError),
        ("exit", SystemExit),
        ("check_failed", AssertionError),
        ("undefined_name", NameError),
    ):
        if isinstance(error, types_):
            return kind
    # NumPy and PyTorch have errors of their own for memory
    if "allocate memory" in notebook.safe_text(error):
        return "memory_limit"
    return "exception"


def _describe(error):
    """What went wrong, where in the notebook."""
    line = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if "ipython-input" in frame.filename or "/ipykernel_" in frame.filename:
            line = frame.line or line
    return {
        "kind": _kind(error), "type": type(error).__name__, "message": notebook.safe_text(error), "line": line[:200],
    }
