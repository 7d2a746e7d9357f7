"""An assignment as its course sees it: looked at once for all who ask within a moment, from gradebook, results and tries."""

import asyncio
import time
from dataclasses import dataclass

from autograder.course import class_report, ledger, status
from autograder.course.roster import Student
from autograder.course.shown import visible
from autograder.desk import regrading, tries

_FRESH_SECONDS = 2.0
_REASON = 300  # characters of what is in the way


@dataclass(frozen=True)
class Row:
    """One student.

    Parameters
    ----------
    work : status.Work
    tries : list of tries.Try
    waiting, failed : list of int
        Numbers of those that have no result yet, and of those that could not be graded.
    request : regrading.Request or None
        That waits for an answer.
    reasons : list of str
        Why a person should look, as sentences.
    """

    work: status.Work
    tries: list
    waiting: list
    failed: list
    request: regrading.Request | None
    reasons: list


@dataclass(frozen=True)
class Overview:
    """An assignment and its class.

    Parameters
    ----------
    status : status.Status
    numbers : dict
        Of today's results; see `class_report.summary`.
    rows : dict of str to Row
        By student's id, also of those whom the gradebook knows only when their first try is graded.
    """

    status: status.Status
    numbers: dict
    rows: dict


class Overviews:
    """All assignments of a course.

    Parameters
    ----------
    course : Course
    in_thread : callable
        See `serve.TheDesk.in_thread`.
    """

    def __init__(self, course, in_thread):
        self._course, self._in_thread = course, in_thread
        self._looks = {}  # assignment -> when somebody began to look, and what is seen

    async def of(self, name):
        """The `Overview` of an assignment.

        Raises
        ------
        KitError
            If the gradebook cannot be used.
        """
        at, look = self._looks.get(name, (0.0, None))
        if look is None or look.done() and time.monotonic() - at > _FRESH_SECONDS:
            look = asyncio.ensure_future(self._in_thread(look_at, self._course, name))
            self._looks[name] = time.monotonic(), look
        return await asyncio.shield(look)

    def forget(self):
        """Something was changed: look again."""
        self._looks = {}


def look_at(course, name):
    """Look at an assignment; returns an `Overview`."""
    now = status.look(course, name)
    there = [work for work in now.works if work.handed_in]
    numbers = class_report.summary(
        now.assignment, [work.report for work in there if work.report], [work.failure for work in there if work.failure],
        {work.student.id: work.total for work in now.works if work.total})
    handed_in, requests = tries.of_assignment(course, name), regrading.unanswered(course, name)
    works = {work.student.id: work for work in now.works}
    rows = {}
    for student in sorted({*works, *handed_in}):
        work = works.get(student) or status.Work(
            Student(student), False, False, False, False, None, None, "", ledger.NOTHING, None, None)
        own = handed_in.get(student, [])
        failed = [one.number for one in own if one.failure]
        reasons = [*_reasons(now, work, own, failed), *map(_sentence, numbers["to look at"]["reasons"].get(student, ()))]
        rows[student] = Row(work, own, [one.number for one in own if one.waits], failed, requests.get(student),
                            list(dict.fromkeys(reasons)))
    return Overview(now, numbers, rows)


def _reasons(now, work, own, failed):
    yield from (f"Try {number} could not be graded." for number in failed)
    if work.trouble:
        yield _sentence(work.trouble)
    if work.changed:
        points = f"it is {work.points:g}" if work.complete else "something is left to do"
        yield f"Released with {work.decision.released_points or 0:g} points, and now {points}."
    if now.roster and not work.entered and (own or work.handed_in):
        yield "Not in the roster."
    if work.total and not work.handed_in:
        yield "Has a grade, but nothing is in submitted/."


def _sentence(text):
    text = visible(text[:_REASON])
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
