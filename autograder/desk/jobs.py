"""What the desk has done by others: the line in which tries wait, and the process that takes them from it.

The line is fair: whoever has had less of the graders' time lately comes first, and nobody has more than one of them at once.
It is nowhere but in memory, since what waits can be seen on disk.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from autograder.desk.house import GRADE, LOOK, PAGE, WHOLE
from autograder.desk.tries import Try

_LATELY_SECONDS = 1200
_AGAIN_SECONDS = 2, 60  # after trouble with a database or a disk, twice as long each time
_log = logging.getLogger("autograder.desk")


@dataclass
class Job:
    """Something to be done with a try.

    Parameters
    ----------
    do : str
        "look", "grade", "page" or "whole page".
    one : Try
    id : int
    items : list of int
        While it is graded, what is known of each item: see `house.OPEN`.
    running : bool
    done : asyncio.Event
    """

    do: str
    one: Try
    id: int
    items: list = field(default_factory=list)
    running: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def by(self):
        """Who does it: a grader, or the one who looks and lays out pages."""
        return GRADE if self.do == GRADE else LOOK


class Jobs:
    """The line and the house.

    Parameters
    ----------
    course : Course
    graders : int
        How many tries are graded at once.
    scheduler : str or None
        Address of a Dask scheduler.

    Attributes
    ----------
    trouble : str
        What keeps tries from being graded now, as a sentence for the staff, or "".
    ready : asyncio.Event
        Set when there are graders.
    refusal : str
        Why there is no isolation, or "".
    """

    def __init__(self, course, graders, scheduler=None):
        self._course, self._graders, self._scheduler = course, graders, scheduler
        self._ids = itertools.count(1)
        self._waiting = {LOOK: [], GRADE: []}  # pages are laid out by who looks
        self._running = {}
        self._taken = {}  # student -> when graders have begun with something of theirs
        self._process = self._writer = None
        self._free = {LOOK: 0, GRADE: 0}
        self._trouble_seconds = _AGAIN_SECONDS[0]
        self.trouble = self.refusal = ""
        self.ready = asyncio.Event()

    async def run(self):
        """Keep a house running, for ever."""
        while True:
            started = time.monotonic()
            try:
                await self._live()
            except asyncio.CancelledError:
                self._end()
                raise
            except OSError as error:
                self.trouble = f"the graders' process cannot be started: {error}"
            if time.monotonic() - started < _AGAIN_SECONDS[0]:
                await asyncio.sleep(_AGAIN_SECONDS[0])

    def grade(self, one):
        """Put a try into the line, unless it is there; returns its `Job`."""
        return self.of(one) or self._add(Job(GRADE, one, next(self._ids)))

    def look(self, one):
        """Have a try looked at; returns the `Job`."""
        return self._add(Job(LOOK, one, next(self._ids)))

    def lay_out(self, one, whole):
        """Have the page of a try laid out, with all of its result or without what is told with the grade; returns the `Job`."""
        return self._add(Job(WHOLE if whole else PAGE, one, next(self._ids)))

    def of(self, one):
        """The `Job` that a try is graded by, None if there is none."""
        return next((job for job in (*self._running.values(), *self._waiting[GRADE])
                     if job.one.key == one.key and job.do == GRADE), None)

    def place(self, job):
        """How many are before it in the line."""
        return self._order().index(job) if job in self._waiting[GRADE] else 0

    @property
    def idle(self):
        """Whether a grader has nothing to do."""
        return self._free[GRADE] > 0

    @property
    def length(self):
        """How many tries wait to be graded."""
        return len(self._waiting[GRADE])

    def _add(self, job):
        self._waiting[job.by].append(job)
        self._hand_out()
        return job

    def _order(self):
        """Tries in the order in which they are taken, as far as that is known now."""
        now = time.monotonic()
        self._taken = {student: recent for student, times in self._taken.items()
                       if (recent := [one for one in times if now - one < _LATELY_SECONDS])}
        counts = {student: len(times) for student, times in self._taken.items()}
        keys = {}
        for job in self._waiting[GRADE]:  # in the order in which they came
            counts[job.one.student] = counts.get(job.one.student, 0) + 1
            keys[job.id] = counts[job.one.student], job.id
        return sorted(self._waiting[GRADE], key=lambda job: keys[job.id])

    def _hand_out(self):
        while self._free[LOOK] and self._waiting[LOOK]:
            self._start(self._waiting[LOOK].pop(0))
        while self._free[GRADE] and self._waiting[GRADE]:
            busy = {job.one.student for job in self._running.values() if job.do == GRADE}
            job = next((one for one in self._order() if one.one.student not in busy), None)
            if job is None:
                return
            self._waiting[GRADE].remove(job)
            self._taken.setdefault(job.one.student, []).append(time.monotonic())
            self._start(job)

    def _start(self, job):
        self._free[job.by] -= 1
        job.running = True
        self._running[job.id] = job
        name, student, number = job.one.key
        self._writer.write(json.dumps(
            {"id": job.id, "do": job.do, "assignment": name, "student": student, "number": number}).encode() + b"\n")

    async def _live(self):
        """One life of a house."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "autograder.desk.house", str(self._course.root), str(theirs.fileno()), str(self._graders),
                 *([self._scheduler] if self._scheduler else [])],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
                cwd=Path(__file__).parents[2])
        reader, self._writer = await asyncio.open_unix_connection(sock=ours)
        try:
            while line := await reader.readline():
                self._hear(json.loads(line))
        except (ConnectionError, ValueError):
            pass
        finally:
            self.ready.clear()
            self._free = {LOOK: 0, GRADE: 0}
            self._writer.close()
            self._end()
        _log.warning("the graders' process has ended; another one takes its place")
        for job in list(self._running.values()):  # in time, before all that wait
            job.running, job.items = False, []
            self._waiting[job.by].insert(0, job)
        self._running.clear()

    def _end(self):
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()

    def _hear(self, message):
        if "ready" in message:
            self._free, self.refusal = {LOOK: 1, GRADE: message["ready"]}, message["refusal"]
            self.ready.set()
        elif "items" in message:
            if job := self._running.get(message["id"]):
                job.items = message["items"]
        elif job := self._running.pop(message["id"], None):
            self._free[job.by] += 1
            if message["end"] in ("trouble", "busy"):
                self._try_later(job, message.get("why", ""))
            else:
                self.trouble, self._trouble_seconds = "", _AGAIN_SECONDS[0]
                if message["end"] == "killed" and job.do == GRADE:
                    job.one.fail(message["why"])
                job.done.set()
        self._hand_out()

    def _try_later(self, job, why):
        """What cannot be done now is done later: nobody's work is to blame for a database that is gone."""
        job.running, job.items = False, []
        self.trouble = why
        _log.warning("trouble: %s", why)
        seconds, self._trouble_seconds = self._trouble_seconds, min(2 * self._trouble_seconds, _AGAIN_SECONDS[1])
        asyncio.get_running_loop().call_later(seconds, self._add, job)
