"""What the desk knows of the gradebook: looked up in threads, and remembered for a moment.

Somebody who hands in must not have to wait for a database: where it is locked or gone, what was known before has to do.
"""

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from autograder import KitError
from autograder.course import ledger
from autograder.course.roster import Roster

_FRESH_SECONDS = 1.0
_PATIENCE_SECONDS = 1.0
_log = logging.getLogger("autograder.desk")


@dataclass(frozen=True)
class Known:
    """What the gradebook held a moment ago.

    Parameters
    ----------
    roster : roster.Roster
    due : dict of str to datetime.datetime
        By assignment, of those that have a due date.
    extensions : dict
        (assignment, student) -> datetime.timedelta.
    decisions : dict
        (assignment, student) -> ledger.Decision.
    """

    roster: Roster
    due: dict = field(default_factory=dict)
    extensions: dict = field(default_factory=dict)
    decisions: dict = field(default_factory=dict)

    def deadline(self, assignment, student):
        """Until when a student may hand in without being late, None if there is no due date."""
        due = self.due.get(assignment)
        return due and due + self.extensions.get((assignment, student), due - due)

    def decision(self, assignment, student):
        """What people decided; see `ledger.Decision`."""
        return self.decisions.get((assignment, student), ledger.NOTHING)

    def name(self, student):
        """How a student is called, or the id."""
        known = self.roster.students.get(student)
        return known.name if known and known.name else student


class Records:
    """The gradebook of a course, as the desk asks it.

    Parameters
    ----------
    course : Course
    assignments : callable
        Gives the names of those that are built.
    """

    def __init__(self, course, assignments):
        self._course, self._assignments = course, assignments
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="gradebook")
        self._known, self._at, self._refresh = Known(Roster(())), 0.0, None
        self.trouble = ""

    async def known(self):
        """What is known now: a `Known`."""
        if time.monotonic() - self._at > _FRESH_SECONDS:
            if self._refresh is None or self._refresh.done():
                self._refresh = asyncio.ensure_future(self.ask(self._look))
            with contextlib.suppress(TimeoutError, KitError):
                self._known = await asyncio.wait_for(asyncio.shield(self._refresh), _PATIENCE_SECONDS)
                self._at = time.monotonic()
        return self._known

    async def ask(self, question, *arguments):
        """What `question(gradebook, *arguments)` returns, with the course's open gradebook.

        Raises
        ------
        KitError
            If the gradebook cannot be used.
        """
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, question, *arguments)
        except KitError as error:
            if str(error) != self.trouble:
                self.trouble = str(error)
                _log.warning("%s", error)
            raise
        self.trouble = ""
        return answer

    def forget(self):
        """Something was changed: look again."""
        self._at = 0.0

    def _ask(self, question, *arguments):
        with self._course.open_gradebook() as gradebook:
            return question(gradebook, *arguments)

    def _look(self, gradebook):
        due, extensions = {}, {}
        for name in self._assignments():
            time_, more = gradebook.deadlines(name)
            if time_:
                due[name] = time_
            extensions |= {(name, student): span for student, span in more.items()}
        return Known(Roster(gradebook.students()), due, extensions, gradebook.decisions())
