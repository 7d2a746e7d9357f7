"""A course's gradebook, through nbgrader's own classes.

One database session serves a whole run. What is written is what nbgrader's SaveAutoGrades and AssignLatePenalties
would write: automatic scores and comments; manual scores and a grader's comments are never touched.
"""

import contextlib
import tempfile
import warnings
from pathlib import Path

import nbformat
from nbgrader import utils
from nbgrader.api import MissingEntry, SubmittedAssignment
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import SAWarning

from autograder import KitError
from autograder.course import migration, sheets, timestamps
from autograder.grading.files import own_files


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

    def record(self, report, graded):
        """Write a report's scores, comments and late penalty, and the autograded notebook.

        Whatever goes wrong with one submission is taken back, and the next can be recorded.

        Parameters
        ----------
        report : Report
            Of a submission that was graded.
        graded : NotebookNode
        """
        handed_in = self._course.submitted / report.student / report.assignment
        try:
            with self._autograded(report, graded, handed_in):
                self._record(report, graded, timestamps.read(handed_in))
        except BaseException:
            self._gradebook.db.rollback()
            raise

    def _record(self, report, graded, handed_in):
        name, student_id = report.assignment, report.student
        gradebook = self._gradebook
        # without a timestamp.txt what the gradebook knows stands; one that says nothing certain makes nobody late
        given = {"timestamp": handed_in.time} if handed_in.time or handed_in.doubt else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # about nbgrader's order of building objects, which is harmless
            gradebook.update_or_create_student(student_id)
            submission = gradebook.update_or_create_submission(name, student_id, **given)
        page = next(page for page in submission.notebooks if page.name == name)
        cells = {
            cell.metadata.nbgrader.grade_id: cell for cell in graded.cells if "nbgrader" in cell.metadata
        }
        with gradebook.db.no_autoflush:  # or every row that is read would write what has changed so far
            self._write_scores(page, cells, report)
        gradebook.db.flush()
        gradebook.db.refresh(page)
        page.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            penalty = self._late.plugin_inst.late_submission_penalty(
                student_id, page.score, submission.total_seconds_late
            )
            if penalty is not None:
                page.late_submission_penalty = self._late._check_late_penalty(page, penalty)
        gradebook.db.commit()

    @staticmethod
    def _write_scores(page, cells, report):
        # two queries; `grade.name` would be one for each grade
        names = {cell.id: cell.name for cell in [*page.notebook.grade_cells, *page.notebook.solution_cells]}
        for grade in page.grades:
            score = score_of(cells[names[grade.cell_id]])
            if report.outcome.unusable:
                score = 0
            grade.auto_score = score
            grade.needs_manual_grade = grade.manual_score is not None or score is None
        for comment in page.comments:
            cell = cells[names[comment.cell_id]]
            untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
            comment.auto_comment = "No response." if untouched else None

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
    def _autograded(self, report, graded, handed_in):
        """Make the autograded folder; it takes its place when the block has ended well."""
        target = self._course.autograded / report.student / report.assignment
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            # no links: nbgrader follows them when it copies this folder beside the feedback that it releases
            for file, contents in own_files(handed_in).contents.items():
                (new / file).parent.mkdir(parents=True, exist_ok=True)
                (new / file).write_bytes(contents)
            (new / f"{report.assignment}.ipynb").write_text(nbformat.writes(graded, version=4), encoding="utf-8")
            yield
            if target.exists():
                target.rename(Path(scratch) / "old")
            new.rename(target)


def score_of(cell):
    """What a graded cell earns, None if that is for a person to say.

    As nbgrader determines it, which would refuse the points of a bonus item: they lie beyond the cell's maximum, 0.
    """
    for output in cell.get("outputs", []):
        if output.output_type == "execute_result":  # ours, see notebook.write_results
            return float(output.data["text/plain"])
    return utils.determine_grade(cell)[0]


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
    rows = []
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
            rows.append([assignment.name, assignment.duedate, timestamp, student.id, student.last_name, student.first_name,
                         student.email, score, penalty, max(0.0, score - penalty), maximum])
    sheets.write(path, [columns, *rows])


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
