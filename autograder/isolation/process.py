"""The grader's side of the wall: one zygote, and the student processes it forks.

A `StudentProcess` carries requests over and ends the process whenever the answer is late, is no answer, or does not
come at all. Everything that arrives is data; what a student process does can only become a `StudentDied`.
"""

import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.isolation import wire
from autograder.isolation.limits import DEFAULT, ONE_THREAD
from autograder.isolation.outcomes import Outcome
from autograder.isolation.student.groups import Groups

_GRACE_SECONDS = 2.0  # between the process's own interruption and ours
_START_SECONDS = 60.0
_END_SECONDS = 20.0  # for the supervisor to say that the process is gone; it takes some milliseconds
_ANSWER_SECONDS = 2.0  # for its answer to a question
_SLEEP_SECONDS = 30.0  # in which a process that does its work runs, or waits for a core to run on
_STIRRING = 1.0  # seconds of that which are a sign of life; the supervisor's own looks are counted along
_LOOK_SECONDS = 5.0
_LEAST_WAIT = 0.1  # seconds without a core that are worth more patience
ENGINE = str(Path(__file__).resolve().parents[1])
_PACKAGES = ("site-packages", "dist-packages")
_SHUT = """
import os, sysconfig
print(*(path for path in (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")) if not os.access(path, os.R_OK | os.X_OK)))
"""
_zygote = None  # this process's; workers that are forked later share it


def start_zygote():
    """Start this process's zygote, if it has none; workers that are forked from here on share it."""
    global _zygote
    if _zygote is None:
        _zygote = Zygote()
    return _zygote


def stop_zygote():
    """End this process's zygote."""
    global _zygote
    if _zygote is not None:
        _zygote.close()
        _zygote = None


class StudentDied(Exception):
    """The student process is gone.

    Parameters
    ----------
    outcome : Outcome
    explained : bool
        Whether something that it did, or used, explains that. If not, it was perhaps ended from outside.
    """

    def __init__(self, outcome, explained=True):
        super().__init__(outcome.sentence)
        self.outcome, self.explained = outcome, explained


class NotStarted(StudentDied):
    """There could be no student process, which says nothing about any submission.

    Parameters
    ----------
    reason : str
    """

    def __init__(self, reason):
        super().__init__(Outcome.KILLED, explained=False)
        self.args = (reason,)


class Zygote:
    """A running zygote; processes that are forked from this one may use it too.

    Parameters
    ----------
    isolated : bool, optional
        Whether student processes get namespaces of their own. By default: if this machine can.

    Attributes
    ----------
    isolated : bool
    refusal : str
        Why there is no isolation, or "".
    groups : groups.Groups
        The control groups that submissions get, if this machine delegates any.
    """

    def __init__(self, isolated=None):
        self._wanted = isolated
        self._refusal = None
        self.groups = Groups()
        self._launch()

    def _launch(self):
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = ONE_THREAD | {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "HOME": "/tmp"}
        environment |= {"TMPDIR": tempfile.gettempdir()}
        environment |= {"IPYTHONDIR": "/nonexistent", "PYTHONWARNINGS": "ignore", "MPLCONFIGDIR": _matplotlib_folder()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "autograder.isolation.student.zygote", str(theirs.fileno()), self.groups.folder],
            pass_fds=[theirs.fileno()], env=environment, cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the grader, which then ends this
        )
        theirs.close()
        self._ready = False

    @property
    def pid(self):
        """The zygote's process id."""
        return self._process.pid

    @property
    def isolated(self):
        """Whether student processes get namespaces of their own."""
        if self._refusal is None:
            self._refusal = "asked to do without" if self._wanted is False else self._try_isolation()
            if self._wanted and self._refusal:
                raise RuntimeError(f"this machine cannot isolate student processes: {self._refusal}")
        return not self._refusal

    @property
    def refusal(self):
        """Why there is no isolation, or an empty string."""
        return self._refusal if not self.isolated else ""

    def start(self, limits=DEFAULT, shown=None, copied=None, hidden=(), optimizers=False):
        """Fork a student process.

        Parameters
        ----------
        limits : Limits
        shown : dict of str to str, optional
            Name in the working folder -> file or folder to show there, read-only.
        copied : dict of str to bytes, optional
            Name in the working folder -> contents.
        hidden : iterable of str
            Folders and files that the process must not see, wherever they lie.
        optimizers : bool
            Whether it may make PyTorch optimizers: what they import is then in memory already.

        Returns
        -------
        StudentProcess
        """
        return self._start(self.isolated, limits, shown, copied, hidden, optimizers)

    def revive(self):
        """Start another one in its place if it has ended, as it does when somebody kills it. Student processes live on."""
        poll = select.poll()
        poll.register(self._control, 0)  # a hang-up is always told
        if poll.poll(0):
            self._end()
            self._launch()
            self._wait_until_ready()  # which one process must do for all that are forked from it

    def close(self):
        """End the zygote; student processes that still run are ended by their own graders."""
        self._end()
        self.groups.remove()

    def _end(self):
        self._control.close()
        self._process.wait()
        self._process.stderr.close()

    def _start(self, isolated, limits, shown=None, copied=None, hidden=(), optimizers=False):
        self._wait_until_ready()
        ours, theirs = wire.channel_pair()
        status, their_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, their_status:
            request = (b"i" if isolated else b"p") + (b"o" if optimizers else b"")
            try:
                socket.send_fds(self._control, [request], [theirs.fileno(), their_status.fileno()])
            except OSError as error:
                ours.close()
                status.close()
                raise NotStarted(f"the process that forks student processes is gone ({error})") from None
        spec = {
            "visible": python_paths(), "hidden": [*_kits(), *hidden],
            "shown": shown or {}, "copied": copied or {},
            "memory_bytes": limits.memory_mb * 2**20, "cpu_seconds": limits.cpu_seconds,
            "processes": limits.processes, "scratch_bytes": limits.scratch_mb * 2**20,
        }
        process = StudentProcess(wire.Channel(ours), status, limits)
        process.describe(spec)
        return process

    def _wait_until_ready(self):
        if self._ready:
            return
        readable, _, _ = select.select([self._control], [], [], _START_SECONDS)
        if not readable or self._control.recv(16) != b"ready":
            self._process.kill()
            reason = self._process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
            raise NotStarted(f"the student process's Python does not start: {' '.join(reason) or 'no answer'}")
        self._ready = True

    def _try_isolation(self):
        if sys.platform != "linux":
            return "namespaces exist on Linux only"
        process = self._start(True, DEFAULT)
        try:
            reply = process.request({"do": "cell", "source": _SHUT, "limit": 20.0}, 20.0)
            shut = "".join(output.get("text", "") for output in reply["outputs"]).strip()
            return f"students, who are nobody here, may not read {shut}: chmod -R o+rX" if shut else ""
        except StudentDied as death:
            if not (death.explained or "failed" in process.ending):
                raise  # killed from outside, which must not be taken for a machine that cannot isolate
            return str(death)
        finally:
            process.close()


def _matplotlib_folder():
    """Where Matplotlib keeps its list of fonts: in the environment, so that it is made once and not for every zygote."""
    return os.path.join(sys.prefix, "var", "matplotlib")


@functools.cache
def _kits():
    """The engine's folder, with all that is around it in a checkout, and others that Python would find by its name."""
    home = os.path.dirname(ENGINE)
    others = {os.path.join(os.path.abspath(path), os.path.basename(ENGINE)) for path in sys.path}
    return sorted({ENGINE if os.path.basename(home) in _PACKAGES else home} | others)


@functools.cache
def python_paths():
    """What a student process needs of this machine to run Python: of its prefixes and the system's only the folders that
    programs and libraries have, since a course may lie in the same place, and wherever else packages are imported from."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, "/usr", "/usr/local"}
    own = ("bin", "lib", "lib32", "lib64", "libexec", "include", "share", "pyvenv.cfg", "var/matplotlib")
    paths = {os.path.join(prefix, name) for prefix in prefixes for name in own}
    paths |= {path for path in sys.path if os.path.basename(path) in _PACKAGES}
    paths |= {"/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime"}
    return sorted(filter(os.path.exists, paths))


class StudentProcess:
    """One process that holds one submission. Use `Zygote.start`.

    Attributes
    ----------
    ending : dict
        After it has ended: "exit" or "signal", "cpu_seconds", "memory" if that was over its limit, "stopped" if it was the
        supervisor that ended it; or only "failed", why there could be no such process. Empty if the supervisor was killed.
    waited : float
        Seconds in which it could have run and had no core to run on, when the supervisor was last asked. Nobody holds them
        against it.
    """

    def __init__(self, channel, status, limits):
        self._channel, self._status, self._limits = channel, status, limits
        self.ending = {}
        self._closed = False
        self._ahead = None  # the message that was sent before it was asked for
        self.waited = self._used = 0.0

    def describe(self, spec):
        """Send what the process may see and use, before anything else."""
        with contextlib.suppress(wire.ChannelClosed):  # it has ended already; the first request says why
            self._channel.send(wire.pack(spec))

    def request(self, message, limit, answer=None, ahead=None):
        """Send a request and wait for its reply, answering callbacks in between.

        Parameters
        ----------
        message : dict
        limit : float
            CPU seconds that the process allows itself; by the clock it gets three times that, and a little more, not
            counting the time in which it waits for a core. None of its processes running for 30 s is too long as well.
        answer : callable, optional
            Takes a callback's number and packed arguments, returns the reply to send.
        ahead : dict, optional
            The message of the next request, which must follow whatever the reply is: the process need not wait for it then.

        Returns
        -------
        dict
            Still untrusted: its fields are whatever the process sent.

        Raises
        ------
        StudentDied
        """
        deadline = time.monotonic() + wire.WALL_FACTOR * limit + _GRACE_SECONDS - self.waited

        def left():  # callbacks may ask for more requests, so that more waiting is known when they return
            return max(deadline + self.waited - time.monotonic(), 0.0)

        assert self._ahead in (None, message), "another request was announced"
        try:
            if not self._ahead:
                self._channel.send(wire.pack(message), timeout=left())
            self._ahead = None
            if ahead and len(data := wire.pack(ahead)) < self._channel.room:
                self._channel.send(data, timeout=left())
                self._ahead = ahead
            while True:
                self._wait(left)
                # a Reference in a reply is harmless until somebody resolves it
                reply = wire.unpack(self._channel.receive(timeout=left()))
                if not isinstance(reply, dict):
                    if reply is None:
                        return {}
                    raise wire.ProtocolViolation("a reply that is not a mapping")
                if "callback" not in reply:
                    return reply
                if answer is None or type(reply["callback"]) is not int or type(reply.get("arguments")) is not bytes:
                    raise wire.ProtocolViolation("a callback that was not asked for")
                self._channel.send(wire.pack(answer(reply["callback"], reply["arguments"])), timeout=left())
        except wire.ProtocolViolation:
            self.close()
            raise StudentDied(Outcome.PROTOCOL_VIOLATION) from None
        except wire.ChannelTimeout:
            self.close()
            raise StudentDied(Outcome.TIME_LIMIT) from None
        except wire.ChannelClosed:
            self.close(wait=_GRACE_SECONDS)
            raise self._death() from None

    def had_no_core(self):
        """Ask the supervisor how long the process has waited for a core, for `waited`; whether that is more than we knew."""
        with contextlib.suppress(OSError):
            self._status.send(b"waited")
        before = self.waited
        self._hear(_ANSWER_SECONDS)
        return self.waited - before > _LEAST_WAIT

    def _wait(self, left):
        """Wait until the process says something, as long as there is time left and the process is not asleep."""
        awake, busy = time.monotonic(), self._busy
        while not (self._channel.pending or select.select([self._channel], [], [], min(left(), _LOOK_SECONDS))[0]):
            had_no_core = self.had_no_core()
            now = time.monotonic()
            if self._busy - busy > _STIRRING:
                awake, busy = now, self._busy
            if now - awake > _SLEEP_SECONDS + _GRACE_SECONDS:
                raise wire.ChannelTimeout
            if not (left() or had_no_core):
                break

    @property
    def _busy(self):
        """Seconds in which one of its processes has run, or the first could have."""
        return self.waited + self._used

    def close(self, wait=0.0):
        """End the process, if it has not ended, and read how it ended; nothing is left of it afterwards.

        Parameters
        ----------
        wait : float
            Seconds to let it end by itself first.
        """
        if self._closed:
            return
        self._closed = True
        self._channel.close()
        if not self.ending:
            self._hear(wait)
        if not self.ending:
            with contextlib.suppress(OSError):
                self._status.shutdown(socket.SHUT_WR)  # the supervisor ends the process, and says so
        while not self.ending and self._hear(_END_SECONDS):
            pass  # an answer that came too late
        self._status.close()

    def _hear(self, seconds):
        """Note what the supervisor says next; whether it says anything."""
        if not select.select([self._status], [], [], seconds)[0]:
            return False
        try:
            said = json.loads(self._status.recv(4096))
        except (OSError, ValueError):
            return False
        self.waited = said.pop("waited", self.waited)
        self._used = said.pop("used", self._used)
        self.ending = said  # empty if that was all
        return True

    def _death(self):
        """How it ended, as an exception."""
        if "failed" in self.ending:
            return NotStarted(self.ending["failed"])
        if self.ending.get("memory"):
            return StudentDied(Outcome.MEMORY_LIMIT)
        if "exit" in self.ending:
            return StudentDied(Outcome.EXITED)
        if self.ending.get("signal") and self.ending["cpu_seconds"] >= self._limits.cpu_seconds:
            return StudentDied(Outcome.TIME_LIMIT)
        explained = self.ending.get("stopped", self.ending.get("signal", signal.SIGKILL) != signal.SIGKILL)
        return StudentDied(Outcome.KILLED, explained)
