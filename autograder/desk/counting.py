"""Which try counts, and how it comes into the course: what stands in submitted/, and the gradebook."""

import shutil

from autograder.course import archives, collect, timestamps
from autograder.course.attempts import Attempts, digest
from autograder.course.batch import Store
from autograder.course.layouts import Attempt
from autograder.course.penalties import lateness
from autograder.course.replacing import workshop
from autograder.course.roster import Claim, Student
from autograder.course.settling import penalty
from autograder.desk.settings import BEST
from autograder.desk.tries import Tries

_KIND = "desk"
_CENT = 0.005


def attempt(one):
    """A try as what was collected is described, with its files as they came."""
    return Attempt(
        f"the desk, try {one.number}", [Claim(login=one.student)], archives.named(one.uploaded), _KIND, one.student,
        one.receipt.time, one.number,
    )


def counting(tries, rule, chosen=None, worth=lambda one: 0.0):
    """Which of a student's tries counts.

    Parameters
    ----------
    tries : list of tries.Try
        In order. Those without a notebook that can be run count only if there are no others.
    rule : str
        See `settings.Desk.counts`.
    chosen : int, optional
        The number of the try that somebody chose; see `tries.Tries.choice`.
    worth : callable, optional
        What a try that has a result comes to, None if it has none; for the rule "best".

    Returns
    -------
    tries.Try
    """
    usable = [one for one in tries if one.look and one.look.usable] or tries
    usable = [one for one in usable if one.number == chosen] or usable
    if rule == BEST:
        worths = [worth(one) for one in usable]
        best = max((value for value in worths if value is not None), default=None)
        usable = [one for one, value in zip(usable, worths) if value is not None and value > best - _CENT][:1] or usable
    return usable[-1]


def enter(course, gradebook, one, report, entry, rule):
    """Take the result of a try into the course, if it is the one that counts.

    Parameters
    ----------
    course : Course
    gradebook : gradebook.CourseGradebook
    one : tries.Try
    report : Report
        It may say that grading did not come to its end.
    entry : entries.Entry or None
    rule : str
        Which try counts; see `settings.Desk.counts`.

    Returns
    -------
    list of str
        What a person should look into, as rests of sentences.
    """
    store, tries = Store(course, one.assignment), Tries(course, one.assignment, one.student)
    deadline = _deadline(gradebook, one)
    if _counting(course, tries, rule, deadline, {one.number: report}).number != one.number:
        return []
    if one.student not in gradebook.student_ids():
        gradebook.note_strangers([one.student])
    remarks = _stand(course, one, deadline)
    if digest(course.submitted / one.student / one.assignment) != digest(one.files):
        return remarks  # something else stands, which a person has put there
    if report.graded:
        gradebook.record(report, entry)
        store.forget_failure(one.student)
    store.put(report)
    return remarks


def displaced(course, assignment, student, rule):
    """The try that counts by now, if another one stands in submitted/: people have decided so, or given more time."""
    tries = Tries(course, assignment, student)
    if not (last := next(reversed(list(tries)), None)):
        return None
    with course.open_gradebook() as gradebook:
        one = _counting(course, tries, rule, _deadline(gradebook, last), {})
    stands = Attempts(course, assignment, student).stands
    return None if stands and stands.time == one.receipt.time else one


def _deadline(gradebook, one):
    due, extensions = gradebook.deadlines(one.assignment)
    return due and due + extensions.get(one.student, due - due)


def _counting(course, tries, rule, deadline, reports):
    """The try that counts; of some of them the report is not on disk yet (number -> `Report`)."""
    def worth(one):
        report = reports.get(one.number) or one.report
        return _worth(course, report, one.receipt.at, deadline) if report and report.graded else None

    return counting(list(tries), rule, tries.choice(rule), worth)


def _worth(course, report, time, deadline):
    """Points by program less what being late costs."""
    return report.score - penalty(course.config, report.student, report.score, lateness(time, deadline))


def _stand(course, one, deadline):
    """Let the try's files stand in submitted/, unless a person has put something else there."""
    attempts = Attempts(course, one.assignment, one.student)
    ours = attempts.stands and attempts.stands.kind == _KIND and attempts.standing.is_dir()
    if ours and digest(attempts.standing) == attempts.stands.digest:
        if attempts.stands.time == one.receipt.time:
            return []
    else:
        ours = False
    with workshop(course.root / ".autograder") as shop:
        shutil.copytree(one.files, shop / "files")
        ready = collect.Ready(attempt(one), shop / "files", digest(one.files), timestamps.read(one.files).time, [])
        if ours:
            attempts.stand(ready.folder, collect.record(ready))
            return []
        try:
            return collect.settle(attempts, Student(one.student), [ready], deadline).remarks
        except collect.Undecided as reason:
            return [str(reason)]
