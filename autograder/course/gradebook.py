"""A course's gradebook, which nbgrader's own commands and pages read and write too.

One database session serves a whole run. What is written is what nbgrader's SaveAutoGrades and AssignLatePenalties
would write: automatic scores and comments; manual scores and a grader's comments are never touched.
"""

import contextlib
import functools
import tempfile
from pathlib import Path
from types import SimpleNamespace

from nbgrader.api import MissingEntry, SubmittedAssignment
from nbgrader.preprocessors import AssignLatePenalties

from autograder import KitError
from autograder.course import migration, rows, sheets


class CourseGradebook:
    """What grading writes and reads. Use `Course.open_gradebook`."""

    def __init__(self, course, gradebook):
        self._course, self._gradebook = course, gradebook
        self._late = AssignLatePenalties(config=course.config)
        self._late.init_plugin()

    def due_date(self, assignment):
        """The due date as text, "" if there is none.

        Raises
        ------
        KitError
            If the assignment is not in the gradebook.
        """
        try:
            return str(self._gradebook.find_assignment(assignment.name).duedate or "")
        except MissingEntry:
            raise KitError(
                f"{assignment.name} is not in the gradebook of {self._course.root}; "
                f"run: autograder build {assignment.name}"
            ) from None

    def set_due_date(self, assignment, due):
        """Set the due date, given as text such as "2026-10-05 22:00:00 UTC"."""
        self._gradebook.update_or_create_assignment(assignment.name, duedate=due)

    def check(self, assignment):
        """Refuse a gradebook that does not hold the assignment as it is built.

        Raises
        ------
        KitError
        """
        self.due_date(assignment)
        there = {cell.name: cell.max_score for cell in self._gradebook.find_notebook(assignment.name, assignment.name).grade_cells}
        wrong = sorted(name for name in there.keys() | assignment.cells.keys() if there.get(name) != assignment.cells.get(name))
        if wrong:
            raise KitError(
                f"the gradebook of {self._course.root} does not fit {assignment.name} as it is built (look at {', '.join(wrong)}); "
                f"run: autograder build {assignment.name}"
            )

    def changes(self, name, wanted):
        """What bringing an assignment to `wanted` (see `migration.contents`) changes for whom: a list of sentences."""
        return migration.changes(self._gradebook, name, wanted).sentences

    @contextlib.contextmanager
    def rebuilt(self, name, wanted):
        """Bring an assignment to `wanted`; it is kept when the block has ended well, and taken back otherwise."""
        try:
            migration.apply(self._gradebook, name, wanted)
            yield
            self._gradebook.db.commit()
        except BaseException:
            self._gradebook.db.rollback()
            raise

    def record(self, report, entry):
        """Write a submission's scores, comments and late penalty, and the autograded folder.

        Whatever goes wrong with one submission is taken back, and the next can be recorded.

        Parameters
        ----------
        report : Report
            Of a submission that was graded.
        entry : entries.Entry
        """
        database = self._gradebook.db
        try:
            with self._autograded(report, entry):
                rows.write(database.connection(), report.assignment, report.student, entry,
                           functools.partial(self._penalty, report.student))
                database.commit()
        except BaseException:
            database.rollback()
            raise

    def _penalty(self, student_id, points, seconds_late):
        """What nbgrader's AssignLatePenalties would take away."""
        penalty = self._late.plugin_inst.late_submission_penalty(student_id, points, seconds_late)
        return None if penalty is None else self._late._check_late_penalty(SimpleNamespace(score=points), penalty)

    def export(self, path):
        """Write every grade of the course as CSV, in the format of `nbgrader export`."""
        write_grades(path, self._gradebook)

    def student_ids(self):
        """The ids of everybody in the gradebook."""
        return [student.id for student in self._gradebook.students]

    def totals(self, assignment):
        """Each student's points as the gradebook has them: id -> (score, late penalty, still to grade by hand)."""
        table = SubmittedAssignment
        rows = self._gradebook.db.query(  # one query for all; nbgrader's objects would make several for each student
            table.student_id, table.score, table.late_submission_penalty, table.needs_manual_grade
        ).filter(table.assignment_id == self._gradebook.find_assignment(assignment.name).id)
        return {student: (score, penalty, by_hand) for student, score, penalty, by_hand in rows}

    @contextlib.contextmanager
    def _autograded(self, report, entry):
        """Make the autograded folder; it takes its place when the block has ended well."""
        target = self._course.autograded / report.student / report.assignment
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            for file, contents in entry.files.items():
                (new / file).parent.mkdir(parents=True, exist_ok=True)
                (new / file).write_bytes(contents)
            yield
            if target.exists():
                target.rename(Path(scratch) / "old")
            new.rename(target)


def write_grades(path, gradebook, assignments=(), students=()):
    """Write the grades of a course as CSV, with the columns of `nbgrader export`.

    Parameters
    ----------
    path : Path
    gradebook : nbgrader.api.Gradebook
    assignments, students : collection of str, optional
        Names and ids to write; all if empty.
    """
    columns = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
               "raw_score", "late_submission_penalty", "score", "max_score"]
    table = SubmittedAssignment
    lines = []
    for assignment in gradebook.assignments:
        if assignments and assignment.name not in assignments:
            continue
        known = gradebook.db.query(table.student_id, table.timestamp, table.score, table.late_submission_penalty)
        known = {student: rest for student, *rest in known.filter(table.assignment_id == assignment.id)}
        maximum = assignment.max_score
        for student in gradebook.students:
            if students and student.id not in students:
                continue
            timestamp, score, penalty = known.get(student.id, (None, 0.0, 0.0))
            lines.append([assignment.name, assignment.duedate, timestamp, student.id, student.last_name, student.first_name,
                         student.email, score, penalty, max(0.0, score - penalty), maximum])
    sheets.write(path, [columns, *lines])


def write_items(path, assignment, store, students, totals):
    """Write each student's points for every item as CSV.

    A student of whom only is known that grading did not come to its end has no points there, rather than none.

    Parameters
    ----------
    path : Path
    assignment : Assignment
    store : batch.Store
    students : list of str
    totals : dict
        As `CourseGradebook.totals` returns it.
    """
    ids = [item.id for item in assignment.items]
    rows = [["student", *ids, "by program", "late penalty", "to grade by hand", "outcome", "seconds"]]
    for student in students:
        result, failure = store.get(student), store.failure(student)
        if not (result or failure):
            continue
        outcome = (failure or result).outcome.value
        if not result:
            rows.append([student, *("" for _ in ids), "", "", "", outcome, ""])
            continue
        scores = {item.id: f"{item.score:g}" for item in result.items}
        _, penalty, by_hand = totals.get(student, (0, 0, False))
        rows.append([student, *(scores.get(one, "") for one in ids), f"{result.score:g}", f"{penalty:g}",
                     "yes" if by_hand else "no", outcome, f"{result.seconds:.2f}"])
    sheets.write(path, rows)
