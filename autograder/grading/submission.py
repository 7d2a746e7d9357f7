"""Grades one submission: notebook in, report and graded notebook out. What `batch` runs many times, in parallel."""

import time

from autograder import KitError
from autograder.grading import files, misconceptions, submitted, suite
from autograder.grading import notebook as notebooks
from autograder.grading.report import CellRun, Criterion, ItemResult, Report
from autograder.grading.restore import restore
from autograder.grading.session import Session
from autograder.isolation import contained, exposure
from autograder.isolation.outcomes import Outcome
from autograder.isolation.process import NotStarted, StudentDied

WALL_FACTOR = 10  # the last resort, however busy the machine is: this many times the submission's CPU seconds, by the clock
_SLACK_SECONDS = 60  # and a little more
_OWN_SECONDS = 10  # of CPU for the process that grades, beyond as many as the submission has
_looked_at = set()  # what `refuse_exposure` has found to be in order
_lost = {}  # assignment -> items in which a submission has lost points here: the next will look for the same mistakes


def grade_contained(assignment, zygote, student_id, handed_in, grade=None):
    """`grade_submission`, whatever the submission does; of one whose grading did not come to an end, the notebook is None.

    Parameters
    ----------
    assignment, zygote, student_id, handed_in
    grade : callable, optional
        What takes the place of `grade_submission`, around it.

    Raises
    ------
    KitError
        If the hidden suite does not run, which is nobody's submission's fault.
    """
    try:
        return contain(grade or grade_submission, assignment, zygote, student_id, handed_in)
    except contained.Failed as failure:
        return Report.not_graded(assignment.name, student_id, str(failure)), None


def contain(grade, assignment, zygote, *arguments):
    """Grade in a process of its own, which is all that a submission can harm.

    Parameters
    ----------
    grade : callable
        `grade_submission`, `grade_notebook` or what is around one of them: returns a report, and something beside it.
    assignment, zygote, *arguments
        What it takes.

    Raises
    ------
    contained.Failed
        If grading did not come to its end.
    KitError
    """
    suite.collect_once(assignment)
    _ = assignment.released_notebook  # read here once, like what follows, and not in every process forked from here on
    if lost := _lost.get(assignment.name, set()).intersection(item.id for item in assignment.items):
        misconceptions.prepare(assignment, lost)
    limit = assignment.limits.cpu_seconds
    for final in (False, True):
        try:
            zygote.revive()
            refuse_exposure(assignment, zygote)
            report, beside = contained.call(
                grade, assignment, zygote, *arguments, seconds=WALL_FACTOR * limit + _SLACK_SECONDS,
                cpu_seconds=limit + _OWN_SECONDS, passed_on=(KitError, NotStarted),
            )
            break
        except StudentDied as death:  # nothing of the submission's
            if final:
                raise contained.Failed(f"there could be no process to run it in: {death}") from None
    _lost.setdefault(assignment.name, set()).update(item.id for item in report.items if item.score < item.points)
    return report, beside


def refuse_exposure(assignment, zygote):
    """Make sure, once for a zygote and an assignment, that student code cannot read what would give it away.

    Raises
    ------
    KitError
    StudentDied
        If the look does not come to its end.
    """
    # whether there is isolation is known when the zygote is ready: one process must wait for that, for all forked from it
    if not zygote.isolated or (looked := (zygote.pid, assignment.name, *assignment.hidden)) in _looked_at:
        return
    found = exposure.exposed(zygote, assignment.authored.secrets(assignment.private, assignment.name), assignment.hidden)
    if found:
        raise KitError(
            f"nothing is graded, since student code could read {', '.join(found[:3])}{' ...' if found[3:] else ''}: move or remove "
            "that, or the copy or link that leads there; students see only folders of Python and of the system"
        )
    _looked_at.add(looked)


def grade_submission(assignment, zygote, student_id, handed_in, on_test=None):
    """Grade what a student handed in.

    Parameters
    ----------
    assignment : assignment.Assignment
    zygote : process.Zygote
    student_id : str
    handed_in : files.Submission
    on_test : callable, optional
        As in `suite.run`.

    Returns
    -------
    report : Report
    graded : NotebookNode
        The submission with outputs, criteria and points; of an unusable one, the released notebook with the reason.
    """
    try:
        found, remarks = submitted.find(handed_in, assignment.released_notebook)
    except submitted.UnusableNotebook as error:
        return _without_result(assignment, zygote, student_id, error)
    return grade_notebook(assignment, zygote, student_id, found, handed_in, remarks, on_test)


def grade_notebook(assignment, zygote, student_id, found, handed_in=None, remarks=(), on_test=None):
    """Grade a notebook; see `grade_submission`.

    Parameters
    ----------
    assignment, zygote, student_id
    found : NotebookNode
    handed_in : files.Submission, optional
        What it was found in, with files that it may read and change.
    remarks : iterable of str
        What the student and the TA should know about where it was found.
    on_test : callable, optional
        As in `suite.run`.

    Returns
    -------
    report, graded
    """
    started = time.monotonic()
    report = Report(assignment.name, student_id, Outcome.OK, [], isolated=zygote.isolated)
    restored, changes = restore(found, assignment.released_notebook)
    own_files, digest = (handed_in.own_files, handed_in.digest) if handed_in else (files.OwnFiles(), "")
    report.remarks = [*remarks, *changes, *own_files.remarks]
    for final in (False, True):
        session = Session(
            zygote, notebooks.cells_to_run(restored, assignment.released_notebook), assignment.limits, assignment.shown_files,
            own_files.contents, assignment.hidden, final,
        )
        try:
            report.items, report.problems, report.measures = suite.run(assignment, session, student_id, digest, on_test)
        finally:
            session.close()
        if session.not_started:
            raise session.not_started
        if not session.unexplained:
            break
    else:
        report.doubt = "its process was ended twice and nothing explains that: it can be the submission's doing, or the machine's"
    report.outcome = Outcome.worst(session.outcomes)
    report.remarks += session.remarks
    report.cpu_seconds = round(session.cpu_seconds, 3)
    report.student_seconds = round(session.student_seconds, 3)
    report.seconds = round(time.monotonic() - started, 3)
    notebooks.write_results(restored, session.runs, report)
    return report, restored


def _without_result(assignment, zygote, student_id, unusable):
    """The report and the notebook of a submission that earns nothing, since there is no notebook that could be run."""
    criteria = [Criterion("A notebook that can be run.", 1.0, False, unusable.outcome.sentence)]
    items = [ItemResult(item.id, item.points, criteria, item.bonus) for item in assignment.items]
    report = Report(assignment.name, student_id, unusable.outcome, items, unusable.remarks, isolated=zygote.isolated)
    graded, _ = restore(assignment.released_notebook, assignment.released_notebook)
    notebooks.write_results(graded, [CellRun("skipped", []) for _ in notebooks.code_cells(graded)], report)
    return report, graded
