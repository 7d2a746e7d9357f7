"""Plain nbgrader reads submissions itself, in places that no setting reaches; here it is made to read them as we do.

It follows links, opens pipes, copies sparse files of a terabyte, looks through a folder again for each file in it, and
takes the trouble with one submission's name or timestamp.txt for everybody's. nbgrader_settings.py loads this, so that it
holds wherever a course's configuration does: in `nbgrader autograde` and `nbgrader generate_feedback`, and in the Jupyter
server whose formgrader lists and grades submissions. Where nbgrader reads points, the gradebook is settled first.
"""

import os
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.exportapp import ExportApp
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import remove

from autograder.course import ledger, timestamps
from autograder.course.course import Course
from autograder.course.handed_in import refusal
from autograder.course.settling import settle
from autograder.course.shown import visible
from autograder.grading.files import OF_NBGRADER, own_files

_init_notebooks, _convert_notebooks = Autograde.init_notebooks, Autograde.convert_notebooks
_init_assignment = BaseConverter.init_assignment
_gradebook, _init_plugin = NbGraderAPI.gradebook, ExportApp.init_plugin


def install():
    """Replace nbgrader's reading, in this process."""
    CourseDirectory.get_existing_timestamp = _existing_timestamp
    NbGraderAPI.get_submitted_timestamp = _submitted_timestamp
    Autograde.init_notebooks, Autograde.convert_notebooks = _find_submissions, _grade_submissions
    BaseConverter.init_assignment = _copy_own_files
    NbGraderAPI.gradebook = property(_settled_gradebook)
    ExportApp.init_plugin = _settle_and_export


def _existing_timestamp(self, dest_path):
    handed_in = timestamps.read(dest_path)
    if handed_in.doubt:
        self.log.warning("%s: %s", visible(dest_path), handed_in.doubt)
    return handed_in.time


def _submitted_timestamp(self, assignment_id, student_id):
    return timestamps.read(self.coursedir.format_path(self.coursedir.submitted_directory, student_id, assignment_id)).time


def _find_submissions(self):
    """What nbgrader finds, without what cannot be graded: the name of a folder alone can stop it."""
    _init_notebooks(self)
    self.refused = {}
    for path in map(Path, list(self.assignments)):
        reason = refusal(path.parent, path.name)
        if reason:
            del self.assignments[str(path)]
            self.refused[path.parent.name] = reason


def _grade_submissions(self):
    """nbgrader goes on after a submission that it could not grade, and says so at the end; so do we."""
    with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
        ledger.prepare(gradebook)
        handed_in, known = {Path(path).parent.name for path in self.assignments}, {one.id for one in gradebook.students}
        ledger.note_strangers(gradebook.db.connection(), handed_in - known)
        gradebook.db.commit()
    try:
        _convert_notebooks(self)
    finally:
        sentences = [f"{visible(name)} is not graded: the folder {reason}" for name, reason in self.refused.items()]
        for sentence in sentences:
            self.log.error(sentence)
        _settle(self)
    if sentences:
        raise NbGraderException("\n".join(sentences))


def _copy_own_files(self, assignment_id, student_id):
    """Copy what was handed in beside the notebook as far as we read it, where nbgrader takes whatever is there.

    A feedback page holds all that it shows; beside it stays what nbgrader itself looks for.
    """
    if not isinstance(self, (Autograde, GenerateFeedback)):
        return _init_assignment(self, assignment_id, student_id)
    own = own_files(Path(self._format_source(assignment_id, student_id)))
    for remark in own.remarks:
        self.log.warning(remark)
    kept = own.contents
    if isinstance(self, GenerateFeedback):
        kept = {name: text for name, text in kept.items() if name in OF_NBGRADER}
    for name, contents in kept.items():
        path = Path(self._format_dest(assignment_id, student_id)) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(path):
            remove(str(path))  # nbgrader leaves files behind that nobody may write
        path.write_bytes(contents)


def _settle(self):
    with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
        settle(gradebook, Course(self.coursedir.root).config)


def _settled_gradebook(self):
    """The gradebook that formgrader's pages read, which ask for it several times each."""
    if not getattr(self, "_settled", False):
        _settle(self)
        self._settled = True
    return _gradebook.fget(self)


def _settle_and_export(self):
    _settle(self)
    _init_plugin(self)
