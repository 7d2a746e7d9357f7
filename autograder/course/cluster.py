"""Grades on the workers of a Dask scheduler, which need the kit and see nothing else of this machine.

What decides a result travels: with a run its parcel (the release, the hidden tests, the model solutions and the course's
secret), which each worker gets once, and with each task what a student handed in. A worker has many threads, and grading
forks; so each thread that grades has a process of its own for it, a bench, for as long as the run lasts.

The upper half of this file is for who grades a class, the lower half runs on the workers.
"""

import contextlib
import dataclasses
import importlib.metadata
import logging
import multiprocessing
import os
import pickle
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
from concurrent.futures import Future
from pathlib import Path

import distributed

from autograder import KitError
from autograder.grading.assignment import engine_digest
from autograder.isolation import contained
from autograder.isolation.limits import ONE_THREAD

_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 30  # for a scheduler that is there
_WORKER_SECONDS = 60  # for a worker to come, or to come back
_LOOK_SECONDS = 1.0
_MOST_BYTES = 2**29  # that are on their way: somebody may hand in a notebook of hundreds of megabytes, or everybody
_END_SECONDS = 5
_KEPT = "what was graded is kept: run the same command again to go on"
_LOGGERS = ("distributed", "distributed.client", "distributed.core", "distributed.comm", "tornado", "asyncio")


class Cluster:
    """The workers of a scheduler, ready to grade an assignment. To be used in a `with` statement.

    Parameters
    ----------
    address : str
        Of the scheduler.
    assignment : assignment.Assignment
    say : callable
        Is told, as a sentence, what is waited for.
    pressed : list
        Is no longer empty when somebody wants to stop.

    Raises
    ------
    KitError
        Also by all that it is asked later: if there is no scheduler, for a minute no worker, or if one is not fit for it.

    """

    def __init__(self, address, assignment, say, pressed):
        self._address, self._assignment, self._say, self._pressed = address, assignment, say, pressed
        self._run, self._versions = uuid.uuid4().hex, versions()
        self._looked = self._alone = 0.0  # when workers were last looked for, and since when there has been none
        self._threads = self._bytes = 0  # of all workers, and in flight

    def __enter__(self):
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said by us
        warnings.filterwarnings("ignore", module="distributed")
        try:
            self._client = distributed.Client(self._address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except Exception as error:  # of many kinds: it is an address that somebody typed
            raise KitError(f"no Dask scheduler answers at {self._address}: {error}") from None
        try:
            while not self._threads and not self._pressed:
                self.watch()
                time.sleep(0 if self._threads else _LOOK_SECONDS)
            self._refuse_unfit()
            self._executor = self._client.get_executor(pure=False)
            # a task, and so made again wherever it is needed, when the worker that has it goes
            self._parcel = self._client.submit(bytes, _packed(self._assignment), key=f"parcel-{self._run}")
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *error):
        with contextlib.suppress(Exception):
            self._client.sync(self._client._run, leave, self._run, callback_timeout=_ANSWER_SECONDS)
        self._client.close()

    def at_once(self):
        """How many submissions can be graded at once; none for now if there is too much in flight."""
        return self._threads if self._bytes < _MOST_BYTES else 0

    def submit(self, student, submitted, handed_in, fingerprint):
        """Have a submission graded; see `grade`.

        Returns
        -------
        concurrent.futures.Future
        """
        future = self._executor.submit(
            grade, self._parcel, self._run, self._versions, student, submitted, handed_in, fingerprint)
        self._bytes += submitted.size
        future.size = submitted.size
        return future

    def settled(self, future):
        """A future that is done, if the trouble it may have had is the submission's."""
        self._bytes -= getattr(future, "size", 0)  # of one that could not be submitted nothing was sent
        if future.cancelled():
            raise KitError(f"the Dask scheduler at {self._address} is gone; {_KEPT}")
        error = future.exception()
        if error is None or isinstance(error, (KitError, contained.Failed)):
            return future
        self._refuse_unfit()
        if isinstance(error, distributed.KilledWorker):
            error = contained.Failed("workers were killed while they graded it, one after the other")
        settled = Future()
        settled.set_exception(error)
        return settled

    def watch(self):
        """See who is there, from time to time; with no worker for a minute, or no scheduler, there is no use in waiting."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        if threads := self._asked(self._client.scheduler.ncores):
            self._threads, self._alone = sum(threads.values()), 0.0
        elif not self._alone:
            self._alone = now
            self._say(f"waiting for workers of {self._address} ... (start some: dask worker {self._address})")
        elif now - self._alone > _WORKER_SECONDS:
            raise KitError(f"the Dask scheduler at {self._address} has had no worker for {_WORKER_SECONDS} s; start some where the "
                           f"kit is installed: dask worker {self._address}; {_KEPT}")

    def _refuse_unfit(self):
        """Refuse workers that would not grade as this machine does, and a scheduler that cannot pass on what they need."""
        found = self._asked(self._client._run, versions, on_error="return")
        for worker, theirs in sorted(found.items()):
            difference = _difference(self._versions, theirs)
            if difference and not isinstance(theirs, OSError):  # which says that it has just gone
                raise KitError(f"the worker {worker} {difference}")
        try:
            difference = _difference({"the kit": self._versions["the kit"]}, self._client.run_on_scheduler(versions))
        except Exception as error:
            difference = _difference({}, error)
        if difference:
            raise KitError(f"the Dask scheduler at {self._address} {difference}")

    def _asked(self, question, *arguments, **options):
        try:
            return self._client.sync(question, *arguments, callback_timeout=_ANSWER_SECONDS, **options)
        except Exception as error:  # of many kinds, all of the connection
            raise KitError(
                f"the Dask scheduler at {self._address} does not answer ({type(error).__name__}: {error}); {_KEPT}") from None


def versions():
    """What has to be the same wherever a class is graded: what it is called -> its version here."""
    found = {"the kit": engine_digest()[:12], "Python": platform.python_version()}
    for name in ("NumPy", "torch"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name.lower())
    return found


def _difference(ours, theirs):
    """What keeps one who has these versions, or raised this exception when asked, from grading; "" if nothing does."""
    if isinstance(theirs, Exception):
        return f"lacks the kit, or has another version of it ({theirs}): install the same there"
    for name, version in ours.items():
        if theirs.get(name) != version:
            return f"has version {theirs.get(name)} of {name}, and this machine {version}: install the same there"
    return ""


def _packed(assignment):
    """All that a bench needs of an assignment, as bytes; see `bench.unpacked`."""
    files = {place: path.read_bytes() for place, path in assignment.parts.items()}
    # a worker may see the same folders after all: what students must not see here they must not see there
    travelling = dataclasses.replace(assignment, private=[Path(path) for path in assignment.hidden])
    return pickle.dumps((travelling, assignment.fingerprint, files))


# What follows runs on the workers.

_mine = threading.local()  # .bench: of this thread
_benches = set()  # of all threads
_left = set()  # runs that are over


def grade(parcel, run, wanted, student, submitted, handed_in, fingerprint):
    """Grade a submission on this thread's bench; if that is killed, once more on a new one.

    Parameters
    ----------
    parcel : bytes
        What a new bench needs.
    run : str
        Which run of the command this is for.
    wanted : dict of str to str
        The versions that there should be.
    student, submitted, handed_in
        See `entries.grade`.
    fingerprint : str
        Of what the result is that of.

    Raises
    ------
    contained.Failed
        If grading did not come to its end.
    KitError
    """
    here = distributed.get_worker()
    for _ in range(2):
        try:
            bench = getattr(_mine, "bench", None)
            if not (bench and bench.run == run and bench.works):
                if bench:
                    bench.close()
                if run in _left:
                    break
                if difference := _difference(wanted, versions()):
                    raise KitError(difference)
                bench = _mine.bench = _Bench(run, parcel, here.local_directory)
            report, entry = bench.ask((student, submitted, handed_in))
            report.fingerprint = fingerprint
            return report, entry
        except KitError as error:
            raise KitError(f"the worker {here.address}: {error}") from None
        except (EOFError, OSError):
            continue
    raise contained.Failed(f"the process that graded it on the worker {here.address} was killed, and again when it was tried anew")


def leave(run):
    """End what a run has started on this worker."""
    _left.add(run)
    for bench in [one for one in _benches if one.run == run]:
        bench.close()


class _Bench:
    """A process that grades, one submission after the other; see `bench`."""

    def __init__(self, run, parcel, place):
        self.run, self._folder = run, tempfile.mkdtemp(prefix="autograder-", dir=place)
        self._connection, theirs = multiprocessing.Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "autograder.course.bench", str(theirs.fileno()), self._folder], pass_fds=[theirs.fileno()],
                env=os.environ | ONE_THREAD, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the worker, which then ends this
            )
        _benches.add(self)
        try:
            self.ask(parcel)
        except BaseException:
            self.close()
            raise

    @property
    def works(self):
        return self._process.poll() is None

    def ask(self, message):
        """Send a message and return the answer.

        Raises
        ------
        KitError, contained.Failed
            If that is the answer.
        EOFError, OSError
            If the process is gone.
        """
        self._connection.send(message)
        answer = self._connection.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        """End the process; it removes what it has unpacked, unless it was killed."""
        _benches.discard(self)
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)
