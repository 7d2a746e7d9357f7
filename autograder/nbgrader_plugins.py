"""The kit inside plain nbgrader: what a course's configuration names to take the place of nbgrader's own.

With it `nbgrader generate_assignment` leaves out instructor-only cells, `nbgrader autograde` reads and grades with the same
engine as `autograder grade`, one submission after the other, `nbgrader generate_feedback` writes the same pages,
`nbgrader collect` and `nbgrader zip_collect` tell submissions apart as `autograder collect` does, and `nbgrader export` writes
what a spreadsheet may open.
"""

import atexit
import functools
import shutil
from datetime import timedelta
from pathlib import Path

from nbconvert.exporters import Exporter, NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.plugins import BasePlugin, ExportPlugin, ExtractorPlugin, FileNameCollectorPlugin
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Float, Integer

from autograder import KitError
from autograder.course import collect, entries, feedback, ledger, penalties
from autograder.course.course import Course
from autograder.course.gradebook import write_grades
from autograder.course.rows import needs_a_grader
from autograder.course.shown import visible
from autograder.grading import files, submission, submitted
from autograder.grading.restore import restore
from autograder.isolation import contained

_SECONDS = 60  # for reading a notebook, or laying out a page, which takes a fraction of one


class LeaveOutAuthoring(NbGraderPreprocessor):
    """Takes what concerns only authors out of a notebook that is being generated for students."""

    def preprocess(self, nb, resources):
        nb.cells = [cell for cell in nb.cells if "instructor" not in cell.metadata.get("tags", [])]
        for cell in nb.cells:
            cell.metadata.pop("autograder", None)
        nb.metadata.pop("autograder", None)
        return nb, resources


class SubmittedNotebook(NotebookExporter):
    """Reads a notebook within our bounds, in a process of its own."""

    def from_filename(self, filename, resources=None, **kwargs):
        file = Path(filename)
        self._read = contained.call(submitted.read, file.name, files.notebook(file), seconds=_SECONDS)
        return super().from_filename(filename, resources, **kwargs)

    def from_file(self, file_stream, resources=None, **kwargs):
        return self.from_notebook_node(self._read, resources, **kwargs)


class RestoreCells(NbGraderPreprocessor):
    """Puts locked and deleted cells back before nbgrader's own preprocessors look at the notebook."""

    def preprocess(self, nb, resources):
        assignment = Course.from_config(self.config).assignment(resources["nbgrader"]["assignment"])
        assignment.check_seal()
        nb, remarks = restore(nb, assignment.released_notebook)
        for remark in remarks:
            self.log.warning(remark)
        return nb, resources


class GradeInIsolation(NbGraderPreprocessor):
    """Takes the place of nbgrader's Execute: the notebook runs in a student process, the hidden suite in this one."""

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        zygote = _zygote()
        if not zygote.isolated:
            self.log.warning("Grading WITHOUT isolation: %s", zygote.refusal)
        course = Course.from_config(self.config)
        assignment, handed_in = course.assignment(names["assignment"]), course.submitted / names["student"] / names["assignment"]
        # what was handed in decides, not nbgrader's copy of it, in which cells have been restored by now
        report, graded = submission.contain(
            submission.grade_notebook, assignment, zygote, names["student"], nb, files.submission(handed_in, assignment.name))
        if report.doubt:
            self.log.warning("%s: %s", visible(names["student"]), report.doubt)
        return graded, resources


class SaveScores(SaveAutoGrades):
    """nbgrader's SaveAutoGrades, which takes points beyond a cell's maximum, and asks for no answer to be graded twice."""

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        work = names["assignment"], names["student"]
        self._answers = entries.answers(nb)
        with Gradebook(names["db_url"]) as gradebook:
            ledger.prepare(gradebook)
            self._graded_before = ledger.answers(gradebook.db.connection(), *work) or {}
        nb, resources = super().preprocess(nb, resources)
        with Gradebook(names["db_url"]) as gradebook:
            ledger.keep_answers(gradebook.db.connection(), *work, self._answers)
            gradebook.db.commit()
        return nb, resources

    def _add_score(self, cell, resources):
        name = cell.metadata["nbgrader"]["grade_id"]
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        grade.auto_score = entries.score_of(cell)
        same = self._answers[name] == self._graded_before.get(name)
        grade.needs_manual_grade = needs_a_grader(grade.auto_score, grade.manual_score, grade.needs_manual_grade, same)
        self.gradebook.db.commit()


class Extractor(ExtractorPlugin):
    """Takes the place of what `nbgrader zip_collect` unpacks with: everybody's newest attempt, in a folder of their own.

    nbgrader's own unpacks archives within archives beside them, without bounds, and stops at the first that is damaged.
    """

    def extract(self, archive_path, extracted_path):
        sources = sorted(Path(archive_path).iterdir())
        try:
            with collect.opened(Course.from_config(self.config), self.parent.coursedir.assignment_id, sources) as downloads:
                self._write(downloads, Path(extracted_path))
        except KitError as error:
            self.parent.fail(str(error))

    def _write(self, downloads, extracted):
        for student, attempts in downloads.ready():
            try:
                newest = collect.newest(attempts)
            except collect.Undecided as reason:
                downloads.unmatched.append((student.id, str(reason)))
                continue
            shutil.copytree(newest.folder, extracted / student.id)
            for remark in newest.remarks:
                self.log.warning("%s: %s", visible(student.id), visible(remark))
        for label, reason in [*downloads.unreadable, *downloads.unmatched]:
            self.log.warning("Not collected: %s: %s", visible(label), visible(reason))


class Collector(FileNameCollectorPlugin):
    """Says of each file that `Extractor` has written whose it is."""

    def collect(self, submitted_file):
        extracted = self.parent._format_collect_path(self.parent.extracted_directory)
        student, *inside = Path(submitted_file).relative_to(extracted).parts
        return {"student_id": student, "file_id": "/".join(inside)} if inside else None


class CollectFromExchange(ExchangeCollect):
    """What `nbgrader collect` and formgrader's button do: `autograder collect` of the exchange.

    nbgrader's own reads what links of a student's lead to, with the grader's rights, and takes a folder's word for whose it is.
    """

    def init_src(self):
        self.inbound_path = Path(self.root, self.coursedir.course_id, "inbound")
        if not (self.coursedir.course_id and self.inbound_path.is_dir()):
            self.fail(f"nothing was released to this exchange for a course {self.coursedir.course_id!r}: {self.inbound_path}")

    def copy_files(self):
        assignment = self.coursedir.assignment_id
        named = self.inbound_path.glob(f"{self.coursedir.student_id}+{assignment}+*")
        sources = sorted(path for path in named if path.is_dir() and not path.is_symlink())
        if not sources:
            self.log.warning("Nothing was handed in for %s", assignment)
            return
        try:
            collected = collect.collect(Course.from_config(self.config), assignment, sources)
        except KitError as error:
            self.fail(str(error))
        for row in collected.rows:
            self.log.info("%s: %s", visible(row.student.id), visible("; ".join([row.outcome, *row.remarks])))
        for label, reason in [*collected.unreadable, *collected.unmatched]:
            self.log.warning("Not collected: %s: %s", visible(label), visible(reason))


class FeedbackPage(Exporter):
    """What `nbgrader generate_feedback` writes: the page of `autograder grade --feedback`."""

    file_extension = ".html"

    def from_filename(self, filename, resources=None, **kwargs):
        names = resources["nbgrader"]
        assignment = self._assignment(names["assignment"])
        with self._course.open_gradebook() as gradebook:
            (result,) = gradebook.results(assignment, [names["student"]]).values()
            late_rule = gradebook.late_rule
        page = contained.call(feedback.page, self._course, assignment, result, late_rule, seconds=_SECONDS)
        return page, resources | {"output_extension": self.file_extension, "outputs": {}}

    @functools.cached_property
    def _course(self):
        return Course.from_config(self.config)

    @functools.cache  # noqa: B019  (there is one exporter, as long as its command runs)
    def _assignment(self, name):
        assignment = self._course.assignment(name)
        feedback.prepare(assignment)
        return assignment


class SpreadsheetExport(ExportPlugin):
    """nbgrader's CSV, in which no name can be a formula or shift the columns."""

    def export(self, gradebook):
        path = Path(self.to or "grades.csv")
        write_grades(path, gradebook, self.assignment, self.student)
        self.log.info("Exported grades to %s", path)


class PenaltyPerDay(BasePlugin):
    """Late submissions lose a share of their points for each day begun."""

    share_per_day = Float(0.1, min=0, max=1, help="Share of the score lost for each day begun after the due date.").tag(config=True)
    largest_share = Float(1, min=0, max=1, help="However late it is, no larger share is lost.").tag(config=True)
    grace_minutes = Float(15, min=0, help="How late a submission may be without losing anything.").tag(config=True)
    grace_days = Integer(
        0, min=0, help="Days that each student may be late over the term without losing anything; used for what was due first.",
    ).tag(config=True)

    @property
    def rule(self):
        """What it does, as students read it."""
        most = f", {100 * self.largest_share:g} % at most" if self.largest_share < 1 else ""
        grace = [f"up to {self.grace_minutes:g} minutes"] if self.grace_minutes else []
        grace += [f"{self.grace_days} days in the term"] if self.grace_days else []
        free = f"; {' and '.join(grace)} cost nothing" if grace else ""
        return f"Late work loses {100 * self.share_per_day:g} % of its points for each day begun{most}{free}."

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        """Points to take away; never more than the score."""
        return penalties.penalty(
            score, timedelta(seconds=total_seconds_late), self.share_per_day, self._grace, self.largest_share)

    def forgive(self, lates):
        """What counts of a student's latenesses of the whole term, in the order in which the assignments were due."""
        return penalties.after_grace_days(lates, self._grace, self.grace_days)

    @property
    def _grace(self):
        return timedelta(minutes=self.grace_minutes)


@functools.cache
def _zygote():
    from autograder.isolation.process import Zygote

    zygote = Zygote()
    atexit.register(zygote.close)
    return zygote
