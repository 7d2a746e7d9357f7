"""Bringing an assignment in the gradebook to what its notebook has become, with everything that students have in it.

nbgrader adds and removes cells only until somebody has handed in. Here submissions stay as they are, and with them
scores, comments, extensions and late penalties: only what belongs to a cell that goes is taken out, and what nbgrader
would have made for a new cell is made. What students earn changes when their submissions are graded again.
"""

from dataclasses import dataclass

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)

_CELLS = {  # each kind of cell: its table and what nbgrader keeps there besides the name
    "grade": (GradeCell, ("max_score", "cell_type")),
    "solution": (SolutionCell, ()),
    "task": (TaskCell, ("max_score", "cell_type")),
    "source": (SourceCell, ("cell_type", "locked", "source", "checksum")),
}
_ROWS = {Grade: ("grade", "task"), Comment: ("solution", "task")}  # what a submission has for each cell of which kinds
_NOTHING = {"kernelspec": None} | {kind: {} for kind in _CELLS}


@dataclass(frozen=True)
class Changes:
    """What a migration would change for students.

    Attributes
    ----------
    students : tuple of str
        Who has a submission, sorted.
    added, removed : dict
        Item -> points.
    repointed : dict
        Item -> (points now, points then).
    regraded : dict
        Item that stays -> how it is graded from then on, "by hand" or "by program".
    manual : dict
        Cell -> sorted ids of the students who lose what was given by hand: of an item that goes scores, extra credit
        and comments; of any other cell comments.
    """

    students: tuple
    added: dict
    removed: dict
    repointed: dict
    regraded: dict
    manual: dict

    @property
    def sentences(self):
        """The changes in words, one string each; none as long as nobody has handed in."""
        if not self.students:
            return []
        lost = {cell: f"{_count(len(who), 'student')}: {', '.join(who)}" for cell, who in self.manual.items()}
        return [
            *(f"{item} is new: {_count(points, 'point')}" for item, points in self.added.items()),
            *(f"{item}: {_count(old, 'point')} become {new:g}" for item, (old, new) in self.repointed.items()),
            *(f"{item} is graded {how} from now on" for item, how in self.regraded.items()),
            *(f"{item} goes ({_count(points, 'point')})"
              + (f", and with it scores or comments by hand of {lost[item]}" if item in lost else "")
              for item, points in self.removed.items()),
            *(f"{cell}: comments by hand go of {who}" for cell, who in lost.items() if cell not in self.removed),
        ]


def contents(gradebook, name):
    """What a gradebook holds of an assignment's notebook.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
    name : str
        Of the assignment and of its notebook.

    Returns
    -------
    dict or None
        The kernelspec, and for each kind of cell (grade, solution, task, source) name -> what nbgrader keeps of it.
        None if the assignment or its notebook is not there.
    """
    try:
        notebook = gradebook.find_notebook(name, name)
    except MissingEntry:
        return None
    held = {"kernelspec": notebook.kernelspec}
    for kind, (table, columns) in _CELLS.items():
        cells = gradebook.db.query(table).filter_by(notebook_id=notebook.id)
        held[kind] = {cell.name: {column: getattr(cell, column) for column in columns} for cell in cells}
    return held


def changes(gradebook, name, wanted):
    """What `apply` would change, and for whom.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
    name : str
    wanted : dict
        As `contents` returns it.

    Returns
    -------
    Changes
    """
    held = contents(gradebook, name) or _NOTHING
    old, new = _points(held), _points(wanted)
    both = [item for item in new if item in old]
    manual = {}
    for table, kinds in _ROWS.items():
        stay = {cell for kind in kinds for cell in wanted[kind]}
        for row, cell, student in _rows(gradebook, table, name):
            if cell not in stay and _by_hand(row):
                manual.setdefault(cell, set()).add(student)
    students = gradebook.db.query(SubmittedAssignment.student_id).join(Assignment).filter(Assignment.name == name)
    return Changes(
        students=tuple(sorted(student for student, in students)),
        added={item: points for item, points in new.items() if item not in old},
        removed={item: points for item, points in old.items() if item not in new},
        repointed={item: (old[item], new[item]) for item in both if old[item] != new[item]},
        regraded={item: _grader(wanted, item) for item in both if _grader(held, item) != _grader(wanted, item)},
        manual={cell: sorted(who) for cell, who in manual.items()},
    )


def apply(gradebook, name, wanted):
    """Bring an assignment to what is wanted, or make it; commits nothing, so that the caller can still roll back.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        nbgrader's own methods that write would commit; this works on its session.
    name : str
    wanted : dict
        As `contents` returns it.
    """
    db = gradebook.db
    assignment = _find_or_add(db, Assignment, {"name": name}, {"course_id": gradebook.course_id})
    notebook = _find_or_add(db, Notebook, {"name": name, "assignment_id": assignment.id})
    notebook.kernelspec = wanted["kernelspec"]

    kept, gone = {}, []
    for kind, (table, _) in _CELLS.items():
        held = {cell.name: cell for cell in db.query(table).filter_by(notebook_id=notebook.id)}
        kept[kind] = {}
        for cell_name, columns in wanted[kind].items():
            cell = kept[kind][cell_name] = held.pop(cell_name, None) or table(name=cell_name, notebook_id=notebook.id)
            for column, value in columns.items():
                setattr(cell, column, value)
        db.add_all(kept[kind].values())
        gone += held.values()

    # an assignment can have submissions from before it had this notebook
    without = db.query(SubmittedAssignment.id).filter(
        SubmittedAssignment.assignment_id == assignment.id, ~SubmittedAssignment.notebooks.any(notebook_id=notebook.id)
    )
    db.add_all([SubmittedNotebook(assignment_id=submission, notebook_id=notebook.id) for submission, in without])
    db.flush()
    pages = [page for page, in db.query(SubmittedNotebook.id).filter_by(notebook_id=notebook.id)]
    for table, kinds in _ROWS.items():
        cells = {cell_name: cell.id for kind in kinds for cell_name, cell in kept[kind].items()}
        # by name, so that a row stays with its item where that becomes a cell of another kind
        held = {(row.notebook_id, cell_name): row for row, cell_name, _ in _rows(gradebook, table, name)}
        for page in pages:
            for cell_name, cell_id in cells.items():
                row = held.pop((page, cell_name), None)
                if row is None:
                    db.add(table(notebook_id=page, cell_id=cell_id))  # as nbgrader does: no score, to be graded by hand
                else:
                    row.cell_id = cell_id
        for row in held.values():
            db.delete(row)
    db.flush()
    db.expire_all()  # or a cell would detach rows that it had and that belong to another now; and sums are out of date
    for cell in gone:
        db.delete(cell)
    db.flush()


def _find_or_add(db, table, key, others=None):
    row = db.query(table).filter_by(**key).one_or_none()
    if row is None:
        row = table(**key, **(others or {}))
        db.add(row)
        db.flush()  # gives it its id
    return row


def _rows(gradebook, table, name):
    """All of an assignment's rows of Grade or Comment, each with the name of its cell and the id of its student."""
    return (
        gradebook.db.query(table, BaseCell.name, SubmittedAssignment.student_id)
        .join(BaseCell, BaseCell.id == table.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == table.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(Assignment, Assignment.id == Notebook.assignment_id)
        .filter(Notebook.name == name, Assignment.name == name)
    )


def _by_hand(row):
    """Whether a grader wrote something; formgrader leaves "" and 0 where a comment or extra credit was taken back."""
    if isinstance(row, Comment):
        return bool(row.manual_comment)
    return row.manual_score is not None or bool(row.extra_credit)


def _points(held):
    return {item: cell["max_score"] for kind in _ROWS[Grade] for item, cell in held[kind].items()}


def _grader(held, item):
    by_program = item not in held["solution"] and held["grade"].get(item, {}).get("cell_type") == "code"
    return "by program" if by_program else "by hand"


def _count(number, noun):
    return f"{number:g} {noun}" if number == 1 else f"{number:g} {noun}s"
