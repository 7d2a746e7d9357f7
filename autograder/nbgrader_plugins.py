"""The kit inside plain nbgrader: preprocessors and a plugin that nbgrader_config.py names.

With them `nbgrader generate_assignment` leaves out instructor-only cells, and `nbgrader autograde` grades with the same
engine as `autograder grade`, one submission after the other.
"""

import atexit
import functools
from datetime import timedelta
from pathlib import Path

import bleach
import jinja2
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbgrader.plugins import BasePlugin
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Float

from autograder.course.course import Course
from autograder.course.gradebook import score_of
from autograder.grading import notebook as notebooks
from autograder.grading import submission

_HARMLESS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}
_SPANS = ["colspan", "rowspan"]


class LeaveOutAuthoring(NbGraderPreprocessor):
    """Takes what concerns only authors out of a notebook that is being generated for students."""

    def preprocess(self, nb, resources):
        nb.cells = [cell for cell in nb.cells if "instructor" not in cell.metadata.get("tags", [])]
        for cell in nb.cells:
            cell.metadata.pop("autograder", None)
        nb.metadata.pop("autograder", None)
        return nb, resources


class RestoreCells(NbGraderPreprocessor):
    """Puts locked and deleted cells back before nbgrader's own preprocessors look at the notebook."""

    def preprocess(self, nb, resources):
        assignment = Course.from_config(self.config).assignment(resources["nbgrader"]["assignment"])
        assignment.check_seal()
        nb, remarks = notebooks.restore(nb, assignment.released_notebook)
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
        files = submission.digest(handed_in, f"{assignment.name}.ipynb")
        copied = submission.own_files(Path(resources["metadata"]["path"]))
        _, graded = submission.grade_notebook(assignment, zygote, names["student"], nb, copied, files)
        return graded, resources


class SaveScores(SaveAutoGrades):
    """nbgrader's SaveAutoGrades, which also takes points beyond a cell's maximum: those of bonus items."""

    def _add_score(self, cell, resources):
        grade = self.gradebook.find_grade(
            cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id)
        grade.auto_score = score_of(cell)
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        self.gradebook.db.commit()


@jinja2.pass_context
def markdown_without_html(context, source):
    """Markdown as HTML for formgrader and feedback, with HTML inside it shown as text.

    nbgrader's templates let HTML in Markdown cells through even where the rest of a page is sanitised. Headings get no
    ids: formgrader finds its score boxes by id, and below a heading "relu" that of relu would not save what is typed.
    """
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(
        escape=True, allow_harmful_protocols=False, attachments=attachments, exclude_anchor_links=True
    )
    page = MarkdownWithMath(renderer=renderer).render(source)
    page = page.replace("<img ", '<img class="img-responsive" ')  # Bootstrap's: no wider than the page
    return page.replace("<table>", '<table class="table table-condensed" style="width: auto">')  # Bootstrap's lines and padding


def harmless_html(element):
    """HTML in outputs with text, lists and tables, but no scripts, and no ids and classes.

    nbconvert's own filter lets ids through, by which a student's output can take a score box's place (see
    `markdown_without_html`), and shows the tags of an ordinary data frame as text.
    """
    text = element.decode() if isinstance(element, bytes) else str(element)
    return bleach.clean(text, tags=_HARMLESS, attributes={"a": ["href", "title"], "td": _SPANS, "th": _SPANS})


class PenaltyPerDay(BasePlugin):
    """Late submissions lose a share of their points for each day begun."""

    share_per_day = Float(0.1, help="Share of the score lost for each day begun after the due date.").tag(config=True)
    grace_minutes = Float(15, help="How late a submission may be without losing anything.").tag(config=True)

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        """Points to take away; never more than the score."""
        late = timedelta(seconds=total_seconds_late)
        if late <= timedelta(minutes=self.grace_minutes):
            return None
        days = -(-late // timedelta(days=1))
        return min(score, round(score * self.share_per_day * days, 2))


@functools.cache
def _zygote():
    from autograder.isolation.process import Zygote

    zygote = Zygote()
    atexit.register(zygote.close)
    return zygote
