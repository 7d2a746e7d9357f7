"""A course on disk and its gradebook, through nbgrader's own classes.

One database session serves a whole run. What is written is what nbgrader's SaveAutoGrades and AssignLatePenalties
would write: automatic scores and comments; manual scores and a grader's comments are never touched.
"""

import contextlib
import csv
import os
import sysconfig
import tempfile
import warnings
from pathlib import Path

import nbformat
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import SAWarning
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from autograder.grading.assignment import KIT, Assignment
from autograder.grading.submission import own_files

# nbgrader starts alembic by its name, which lies beside Python even where no environment was activated
os.environ["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))


class CourseError(Exception):
    """The course folder is not usable as it is. The message says what to do."""


class Course:
    """A course folder with an nbgrader_config.py.

    Parameters
    ----------
    root : Path

    Raises
    ------
    CourseError
        If there is no such folder or no configuration in it.

    Attributes
    ----------
    root, source, release, submitted, autograded, feedback : Path
    """

    def __init__(self, root):
        self.root = Path(root).resolve()
        try:
            config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        except ConfigFileNotFound:
            raise CourseError(
                f"{self.root} is not a course: it has no nbgrader_config.py; "
                f"use --course, or run where the course is"
            ) from None
        self.config = config
        self.directory = CourseDirectory(config=config)
        folder = {
            step: Path(self.directory.format_path(getattr(self.directory, f"{step}_directory"), ".", "."))
            for step in ("source", "release", "submitted", "autograded", "feedback")
        }
        self.source, self.release = folder["source"], folder["release"]
        self.submitted, self.autograded, self.feedback = (
            folder["submitted"], folder["autograded"], folder["feedback"],
        )

    @classmethod
    def create(cls, root):
        """Make a course folder of its own that grades with this kit's configuration; keep one that is there."""
        root = Path(root).resolve()
        root.mkdir(parents=True, exist_ok=True)
        config = root / "nbgrader_config.py"
        if not config.exists():
            config.write_text(
                f"c = get_config()\nload_subconfig({str(KIT / 'nbgrader_config.py')!r})\n"
                f"c.CourseDirectory.root = {str(root)!r}\n"
            )
        return cls(root)

    @classmethod
    def from_config(cls, config):
        """The course that an nbgrader command is running in, given that command's configuration."""
        return cls(CourseDirectory(config=config).root)

    def assignment(self, name):
        """Load a built assignment; see `Assignment.load`."""
        return Assignment.load(name, self.source / name, self.release / name)

    def students(self, assignment_name):
        """Ids of the students who handed something in, sorted."""
        return sorted(
            path.parent.name for path in self.submitted.glob(f"*/{assignment_name}") if path.is_dir()
        )

    def generate_assignment(self, name):
        """Run nbgrader's generate_assignment: release folder and gradebook entry.

        Raises
        ------
        CourseError
            With nbgrader's own message.
        """
        from nbgrader.converters import GenerateAssignment

        converter = GenerateAssignment(coursedir=self.directory, config=self.config)
        converter.force = True
        converter.log.setLevel("ERROR")
        self.directory.assignment_id = name
        try:
            converter.start()
        except (Exception, SystemExit) as error:  # nbgrader reports its failures in both ways
            raise CourseError(f"nbgrader could not generate {name}: {error}") from error

    def write_feedback(self, assignment_name, student_id):
        """Write the HTML feedback page of one student with nbgrader's generate_feedback."""
        from nbgrader.converters import GenerateFeedback

        self.directory.assignment_id, self.directory.student_id = assignment_name, student_id
        converter = GenerateFeedback(coursedir=self.directory, config=self.config)
        converter.force = True
        converter.log.setLevel("ERROR")
        try:
            converter.start()
        except (Exception, SystemExit) as error:
            raise CourseError(f"nbgrader could not write feedback for {student_id}: {error}") from error

    @contextlib.contextmanager
    def open_gradebook(self):
        """A `CourseGradebook` over one database session."""
        with Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
            yield CourseGradebook(self, gradebook)


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
        CourseError
            If the assignment is not in the gradebook.
        """
        try:
            return str(self._gradebook.find_assignment(assignment.name).duedate or "")
        except MissingEntry:
            raise CourseError(
                f"{assignment.name} is not in the gradebook of {self._course.root}; "
                f"run: autograder build {assignment.name}"
            ) from None

    def set_due_date(self, assignment, due):
        """Set the due date, given as text such as "2026-10-05 22:00:00 UTC"."""
        self._gradebook.update_or_create_assignment(assignment.name, duedate=due)

    def record(self, report, graded):
        """Write a report's scores, comments and late penalty, and the autograded notebook.

        Parameters
        ----------
        report : Report
        graded : NotebookNode
        """
        name, student_id = report.assignment, report.student
        handed_in = self._course.submitted / student_id / name
        timestamp = self._course.directory.get_existing_timestamp(str(handed_in))
        gradebook = self._gradebook
        given = {} if timestamp is None else {"timestamp": timestamp}
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
        self._write_autograded(report, graded, handed_in)

    @staticmethod
    def _write_scores(page, cells, report):
        # two queries; `grade.name` would be one for each grade
        names = {cell.id: cell.name for cell in [*page.notebook.grade_cells, *page.notebook.solution_cells]}
        for grade in page.grades:
            score, _ = utils.determine_grade(cells[names[grade.cell_id]])
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
        from nbgrader.plugins import CsvExportPlugin

        plugin = CsvExportPlugin(config=self._course.config)
        plugin.to = str(path)
        plugin.log.setLevel("ERROR")
        plugin.export(self._gradebook)

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

    def _write_autograded(self, report, graded, handed_in):
        target = self._course.autograded / report.student / report.assignment
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            # no links: nbgrader follows them when it copies this folder beside the feedback that it releases
            for file, contents in own_files(handed_in).items():
                (new / file).parent.mkdir(parents=True, exist_ok=True)
                (new / file).write_bytes(contents)
            (new / f"{report.assignment}.ipynb").write_text(nbformat.writes(graded, version=4), encoding="utf-8")
            if target.exists():
                target.rename(Path(scratch) / "old")
            new.rename(target)


def write_items(path, assignment, reports, totals):
    """Write each student's points for every item as CSV.

    Parameters
    ----------
    path : Path
    assignment : Assignment
    reports : list of Report
    totals : dict
        As `CourseGradebook.totals` returns it.
    """
    with replacing(path) as file:
        writer = csv.writer(file)
        ids = [item.id for item in assignment.items]
        writer.writerow(["student", *ids, "by program", "late penalty", "to grade by hand", "outcome", "seconds"])
        for report in reports:
            scores = {item.id: item.score for item in report.items}
            _, penalty, by_hand = totals.get(report.student, (0, 0, False))
            writer.writerow([
                report.student, *(f"{scores[i]:g}" for i in ids), f"{report.score:g}", f"{penalty:g}",
                "yes" if by_hand else "no", report.outcome.value, f"{report.seconds:.2f}",
            ])


@contextlib.contextmanager
def replacing(path):
    """A text file that takes the place of `path` only when it is complete."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            yield file
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
