"""Submissions' rows in the gradebook: written as nbgrader's own classes would, and added up, in a handful of statements.

Through those classes a submission is an object for each cell, each with queries of its own, and three commits; for a class
of a thousand that is what everybody else would wait for. Only tables, SQLAlchemy's Core and indices that nbgrader makes are
used here, so that it holds for every database.
"""

import datetime
import os
from dataclasses import dataclass

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import and_, bindparam, case, func, insert, inspect, select, update

from autograder.course import penalties

_assignment, _notebook, _cell, _student, _submission, _page, _grade, _comment = (
    one.__table__ for one in (
        Assignment, Notebook, BaseCell, Student, SubmittedAssignment, SubmittedNotebook, Grade, Comment,
    )
)
_GRADED, _COMMENTED = (
    {inspect(kind).polymorphic_identity for kind in kinds} for kinds in ((GradeCell, TaskCell), (SolutionCell, TaskCell))
)

# made once: to make a statement takes longer than to run it
_CELLS = (
    select(_assignment.c.id, _notebook.c.id, _notebook.c.name, _cell.c.id, _cell.c.name, _cell.c.type)
    .select_from(_assignment.join(_notebook).outerjoin(_cell, _cell.c.notebook_id == _notebook.c.id))
    .where(_assignment.c.name == bindparam("assignment"))
)
_KNOWN = (
    select(_submission.c.id)
    .select_from(_student.outerjoin(
        _submission,
        and_(_submission.c.student_id == _student.c.id, _submission.c.assignment_id == bindparam("assignment")),
    ))
    .where(_student.c.id == bindparam("student"))
)
_HANDED_IN = update(_submission).where(_submission.c.id == bindparam("row")).values(timestamp=bindparam("time"))
_PAGE = select(_page.c.id).where(
    _page.c.notebook_id == bindparam("notebook"), _page.c.assignment_id == bindparam("submission"))


def _of_page(table, *columns):
    # nbgrader's index begins with the cell: without it this would look through the whole class
    cells = bindparam("cells", expanding=True)
    return select(*columns).where(table.c.cell_id.in_(cells), table.c.notebook_id == bindparam("page"))


_GRADES = _of_page(_grade, _grade.c.id, _grade.c.cell_id, _grade.c.manual_score, _grade.c.needs_manual_grade)
_COMMENTS = _of_page(_comment, _comment.c.id, _comment.c.cell_id)
_SCORE = update(_grade).where(_grade.c.id == bindparam("row")).values(
    auto_score=bindparam("score"), needs_manual_grade=bindparam("by_hand"))
_SAY = update(_comment).where(_comment.c.id == bindparam("row")).values(auto_comment=bindparam("text"))

_SUBMISSIONS = select(_submission.c.id, _submission.c.student_id, _submission.c.timestamp).where(
    _submission.c.assignment_id == bindparam("assignment"))


def _for_each(table, *sums):
    """Sums for each submission. It is named by its page: joined with its own table, all pages would be looked at for each."""
    wanted = select(_submission.c.id).where(_submission.c.assignment_id == bindparam("assignment"))
    return (
        select(_page.c.assignment_id, *sums).select_from(table)
        .where(_page.c.assignment_id.in_(wanted)).group_by(_page.c.assignment_id)
    )


def _any(column):
    return func.max(case((column, 1), else_=0))


_PAGES = _for_each(_page, func.coalesce(func.sum(_page.c.late_submission_penalty), 0.0), _any(_page.c.flagged))
_SUMS = _for_each(_grade.join(_page), func.sum(Grade.score), func.coalesce(func.sum(_grade.c.auto_score), 0.0),
                  _any(_grade.c.needs_manual_grade))


_RESULTS = (
    select(
        _submission.c.student_id, _student.c.first_name, _student.c.last_name, _submission.c.timestamp, _submission.c.extension,
        _assignment.c.duedate, _page.c.id, _page.c.late_submission_penalty,
    )
    .select_from(_submission.join(_student).join(_assignment).join(_page, _page.c.assignment_id == _submission.c.id))
    .where(_submission.c.assignment_id == bindparam("assignment"), _page.c.notebook_id == bindparam("notebook"),
           _submission.c.student_id.in_(bindparam("students", expanding=True)))
)


def _of_pages(table, *columns):
    cells, pages = bindparam("cells", expanding=True), bindparam("pages", expanding=True)
    return select(*columns).where(table.c.cell_id.in_(cells), table.c.notebook_id.in_(pages))


_ALL_GRADES = _of_pages(_grade, _grade.c.notebook_id, _grade.c.cell_id, _grade.c.auto_score, _grade.c.manual_score,
                        _grade.c.extra_credit)
_ALL_COMMENTS = _of_pages(_comment, _comment.c.notebook_id, _comment.c.cell_id,
                          func.coalesce(_comment.c.manual_comment, _comment.c.auto_comment))


@dataclass(frozen=True)
class Total:
    """What a submission comes to.

    Parameters
    ----------
    timestamp : datetime.datetime or None
        When it was handed in.
    penalty : float
        The points taken away for being late.
    flagged : bool
        Whether a person has flagged it.
    score, by_program : float
        Points with and without what people gave.
    by_hand : bool
        Whether something is left to be graded by hand.
    """

    timestamp: datetime.datetime | None = None
    penalty: float = 0.0
    flagged: bool = False
    score: float = 0.0
    by_program: float = 0.0
    by_hand: bool = False

    @property
    def final(self):
        """The grade as it stands: the score less the penalty."""
        return round(max(0.0, self.score - self.penalty), 2)


NOTHING = Total()


def totals(connection, assignment):
    """What all submissions of an assignment, given by its id, come to: student's id -> `Total`."""
    wanted = {"assignment": assignment}
    pages = {row: (penalty, flagged > 0) for row, penalty, flagged in connection.execute(_PAGES, wanted)}
    sums = {row: (*points, by_hand > 0) for row, *points, by_hand in connection.execute(_SUMS, wanted)}
    return {student: Total(time, *pages.get(row, (0.0, False)), *sums.get(row, ()))
            for row, student, time in connection.execute(_SUBMISSIONS, wanted)}


@dataclass(frozen=True)
class Points:
    """What a grade cell has earned.

    Parameters
    ----------
    by_program, by_hand : float or None
        What a program and a person gave; None if they have not. A person's word counts.
    extra : float
        What a person gave beyond that.
    """

    by_program: float | None
    by_hand: float | None
    extra: float

    @property
    def earned(self):
        """The points that count, None if nobody has given any yet."""
        given = self.by_program if self.by_hand is None else self.by_hand
        return None if given is None else given + self.extra


@dataclass(frozen=True)
class Result:
    """All that a gradebook has of one submission.

    Parameters
    ----------
    student, first_name, last_name : str
    handed_in, due : datetime.datetime or None
        In UTC, without a zone; `due` with the student's extension.
    extension : datetime.timedelta or None
    penalty : float
        Points taken away for being late.
    points : dict of str to Points
        By grade cell.
    comments : dict of str to str
        By cell.
    """

    student: str
    first_name: str
    last_name: str
    handed_in: datetime.datetime | None
    due: datetime.datetime | None
    extension: datetime.timedelta | None
    penalty: float
    points: dict
    comments: dict

    @property
    def late(self):
        """How much too late it was handed in (datetime.timedelta); nothing if it was not, or nobody knows."""
        return penalties.lateness(self.handed_in, self.due, None)


def results(connection, assignment_name, students):
    """What the gradebook has of these students' submissions: student's id -> `Result`, of those that are there."""
    cells = connection.execute(_CELLS, {"assignment": assignment_name}).all()
    assignment = cells[0][0]
    named = {cell: name for _, _, page, cell, name, _ in cells if page == assignment_name and cell}
    (notebook,) = {notebook for _, notebook, page, *_ in cells if page == assignment_name}
    found = connection.execute(_RESULTS, {"assignment": assignment, "notebook": notebook, "students": list(students)}).all()
    points, comments = ({page: {} for *_, page, _ in found} for _ in range(2))
    wanted = {"cells": list(named), "pages": list(points)}
    for page, cell, by_program, by_hand, extra in connection.execute(_ALL_GRADES, wanted):
        points[page][named[cell]] = Points(by_program, by_hand, extra or 0.0)
    for page, cell, comment in connection.execute(_ALL_COMMENTS, wanted):
        if comment:
            comments[page][named[cell]] = comment
    return {
        student: Result(student, first or "", last or "", time, due and due + (extension or datetime.timedelta()), extension,
                        penalty or 0.0, points[page], comments[page])
        for student, first, last, time, extension, due, page, penalty in found
    }


def write(connection, assignment_name, student_id, entry, graded_before):
    """Write what a submission earned; the student's and the submission's rows are made if they are not there.

    Manual scores, extra credit and a grader's comments stay as they are, and an answer that is the one that a grader has seen
    is not to be graded by hand again. Nothing is committed, and the late penalty is left to `settling.settle`.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    assignment_name, student_id : str
    entry : entries.Entry
    graded_before : dict of str to str
        Digests of the answers that were graded last: grade cell -> digest.
    """
    cells = connection.execute(_CELLS, {"assignment": assignment_name}).all()
    assignment = cells[0][0]
    named = {cell: name for _, _, page, cell, name, _ in cells if page == assignment_name and cell}
    (notebook,) = {notebook for _, notebook, page, *_ in cells if page == assignment_name}
    known = connection.execute(_KNOWN, {"assignment": assignment, "student": student_id}).first()
    if known is None:
        connection.execute(insert(_student), {"id": student_id})
    submission = known and known[0]
    # without a timestamp.txt what the gradebook knows stands; one that says nothing certain makes nobody late
    said, time = bool(entry.handed_in.time or entry.handed_in.doubt), entry.handed_in.time
    if submission is None:
        _make(connection, cells, assignment, notebook, student_id, time, entry)
        return
    if said:
        connection.execute(_HANDED_IN, {"row": submission, "time": time})
    page = connection.execute(_PAGE, {"notebook": notebook, "submission": submission}).scalar_one()
    _change(connection, named, page, entry, graded_before)


def _make(connection, cells, assignment, notebook, student_id, time, entry):
    """The rows of a first submission."""
    submission, pages = _new_id(), {one: _new_id() for _, one, *_ in cells}
    connection.execute(insert(_submission), {
        "id": submission, "assignment_id": assignment, "student_id": student_id, "timestamp": time})
    connection.execute(insert(_page), [
        {"id": page, "assignment_id": submission, "notebook_id": one} for one, page in pages.items()])
    grades, comments = [], []
    for _, one, _, cell, name, kind in cells:
        row = {"notebook_id": pages[one], "cell_id": cell}
        if kind in _GRADED:
            score = entry.scores[name] if one == notebook else None
            grades.append(row | {"id": _new_id(), "auto_score": score, "needs_manual_grade": score is None})
        if kind in _COMMENTED:
            comments.append(row | {"id": _new_id(), "auto_comment": entry.comments[name] if one == notebook else None})
    for table, rows in ((_grade, grades), (_comment, comments)):
        if rows:
            connection.execute(insert(table), rows)


def _new_id():
    """As nbgrader's, which are random too; its own take a tenth of the time of a submission."""
    return os.urandom(16).hex()


def _change(connection, named, page, entry, graded_before):
    """The rows of a page that is there already."""
    wanted = {"cells": list(named), "page": page}
    scores = []
    for row, cell, manual, by_hand in connection.execute(_GRADES, wanted).all():
        name = named[cell]
        seen = entry.answers[name] == graded_before.get(name)
        scores.append({"row": row, "score": entry.scores[name], "by_hand": needs_a_grader(
            entry.scores[name], manual, by_hand, seen)})
    comments = [{"row": row, "text": entry.comments[named[cell]]} for row, cell in connection.execute(_COMMENTS, wanted)]
    for statement, rows in ((_SCORE, scores), (_SAY, comments)):
        if rows:
            connection.execute(statement, rows)


def needs_a_grader(score, manual, before, same_answer):
    """Whether a grade waits for a person.

    Parameters
    ----------
    score, manual : float or None
        What program and person gave.
    before : bool
        Whether it waited before it was graded again.
    same_answer : bool
        Whether it is the answer that was graded then.
    """
    if manual is None:
        return score is None
    return before or not same_answer
