"""Settling a gradebook: extensions and late penalties become what follows from all that it holds now.

Every command and page of ours settles before it reads, and so do formgrader, `nbgrader export` and `nbgrader
generate_feedback`. Nothing that penalties follow from, be it the due date, an extension, the course's settings or points by
hand, has to say that it has changed.
"""

import datetime
from dataclasses import dataclass
from types import SimpleNamespace

from nbgrader.api import Assignment, BaseCell, Grade, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import bindparam, func, select, update
from traitlets import TraitError

from autograder import KitError
from autograder.course import ledger, penalties

_assignment, _cell, _submission, _page, _grade = (
    one.__table__ for one in (Assignment, BaseCell, SubmittedAssignment, SubmittedNotebook, Grade)
)
_AT_ONCE = 500  # ids in one statement
_CENT = 0.005

_WORK = (
    select(_page.c.id, _page.c.notebook_id, _page.c.late_submission_penalty, _submission.c.id, _submission.c.student_id,
           _submission.c.timestamp, _submission.c.extension, _assignment.c.name, _assignment.c.duedate)
    .select_from(_page.join(_submission, _page.c.assignment_id == _submission.c.id)
                 .join(_assignment, _submission.c.assignment_id == _assignment.c.id))
    .order_by(_assignment.c.duedate, _assignment.c.name, _page.c.id)
)
_PENALTY = update(_page).where(_page.c.id == bindparam("row")).values(late_submission_penalty=bindparam("points"))
_EXTENSION = update(_submission).where(_submission.c.id == bindparam("row")).values(extension=bindparam("time"))


@dataclass(frozen=True)
class Standing:
    """How one student's submission of one assignment stands.

    Parameters
    ----------
    time, due : datetime.datetime or None
        When it was handed in, and when this student had to, with the extension.
    late : datetime.timedelta
        How late that is.
    counted : datetime.timedelta
        What of it counts: without grace days that were used, and nothing for who is excused.
    penalty, before : float
        Points taken away, now and before the gradebook was settled.
    """

    time: datetime.datetime | None
    due: datetime.datetime | None
    late: datetime.timedelta
    counted: datetime.timedelta
    penalty: float = 0.0
    before: float = 0.0


def settle(gradebook, config, students=()):
    """Settle a gradebook; what differs is written and committed.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        With nothing that waits to be committed.
    config : traitlets.config.Config
        The course's.
    students : collection of str, optional
        Settle theirs alone.

    Returns
    -------
    dict
        (assignment, student) -> `Standing`, of all that was handed in.

    Raises
    ------
    KitError
        If the settings for penalties make no sense.
    """
    ledger.prepare(gradebook)
    connection = gradebook.db.connection()
    plugin = _plugin(config)
    decided = ledger.decisions(connection, students)
    wanted = _WORK.where(_submission.c.student_id.in_(students)) if students else _WORK
    pages, extended, by_student = {}, {}, {}
    for page, notebook, penalty, row, student, time, extension, assignment, due in connection.execute(wanted):
        key = assignment, student
        decision = decided.get(key, ledger.NOTHING)
        if decision.extension not in (None, extension):
            extension = extended[row] = decision.extension
        late = penalties.lateness(time, due, extension)
        by_student.setdefault(student, {})[key] = (
            time, due and due + (extension or datetime.timedelta()), late, decision.excused)
        pages.setdefault(key, []).append((page, notebook, penalty))

    standings = {}
    for works in by_student.values():
        lates = [datetime.timedelta() if excused else late for _, _, late, excused in works.values()]
        for (key, (time, due, late, _)), counted in zip(works.items(), plugin.forgive(lates)):
            standings[key] = Standing(time, due, late, counted)

    points = _points(connection, [page[:2] for key, of in pages.items() if standings[key].counted for page in of])
    changed = []
    for key, standing in standings.items():
        now, before = 0.0, 0.0
        for page, _, held in pages[key]:
            penalty = plugin.penalty(key[1], points[page], standing.counted) if standing.counted else None
            if (penalty is None) != (held is None) or abs((penalty or 0) - (held or 0)) > _CENT:
                changed.append({"row": page, "points": penalty})
            now, before = now + (penalty or 0), before + (held or 0)
        standings[key] = Standing(standing.time, standing.due, standing.late, standing.counted, now, before)
    for statement, rows in ((_EXTENSION, [{"row": row, "time": time} for row, time in extended.items()]), (_PENALTY, changed)):
        if rows:
            connection.execute(statement, rows)
    if extended or changed:
        gradebook.db.commit()
    return standings


def penalty(config, student, points, late):
    """What being late (datetime.timedelta) costs a student with so many points, grace days of the term left aside."""
    return (_plugin(config).penalty(student, points, late) or 0.0) if late else 0.0


def late_rule(config):
    """How late work loses points, as a sentence; "" if what decides it does not say."""
    return _plugin(config).rule


def _points(connection, pages):
    """The points of pages, given with their notebooks: page -> sum of its grades, by program and by hand."""
    points = {page: 0.0 for page, _ in pages}
    for notebook in {notebook for _, notebook in pages}:
        # nbgrader's index begins with the cell: without it this would look through the whole class
        cells = connection.execute(select(_cell.c.id).where(_cell.c.notebook_id == notebook)).scalars().all()
        own = [page for page, one in pages if one == notebook]
        for start in range(0, len(own), _AT_ONCE):
            points.update(map(tuple, connection.execute(
                select(_grade.c.notebook_id, func.coalesce(func.sum(Grade.score), 0.0))
                .where(_grade.c.cell_id.in_(cells), _grade.c.notebook_id.in_(own[start:start + _AT_ONCE]))
                .group_by(_grade.c.notebook_id))))
    return points


class _plugin:
    """What the course has chosen to take away points, as nbgrader's AssignLatePenalties would ask it.

    One that has a method `forgive` is told a student's latenesses of the whole term, in the order in which the assignments
    were due, and returns what of them counts.
    """

    def __init__(self, config):
        try:
            self._late = AssignLatePenalties(config=config)
            self._late.init_plugin()
        except TraitError as error:
            raise KitError(f"the settings for late penalties make no sense: {error}") from None
        self.forgive = getattr(self._late.plugin_inst, "forgive", lambda lates: lates)
        self.rule = getattr(self._late.plugin_inst, "rule", "")

    def penalty(self, student, points, late):
        penalty = self._late.plugin_inst.late_submission_penalty(student, points, late.total_seconds())
        return None if penalty is None else self._late._check_late_penalty(SimpleNamespace(score=points), penalty)
