"""Grades one submission: notebook in, report and graded notebook out. What `batch` runs many times, in parallel."""

import hashlib
import time

from autograder import notebook as notebooks
from autograder import suite
from autograder.outcomes import Outcome
from autograder.report import CellRun, Criterion, ItemResult, Report
from autograder.session import Session

_COPIED_BYTES = 20 * 2**20  # how much a student may hand in beside the notebook


def grade_folder(assignment, zygote, student_id, folder):
    """Grade what a student handed in.

    Parameters
    ----------
    assignment : assignment.Assignment
    zygote : process.Zygote
    student_id : str
    folder : Path
        Holds the notebook, and other files that it may read.

    Returns
    -------
    report : Report
    graded : NotebookNode
        The submission with outputs, criteria and points; of an unusable one, the released notebook with the reason.
    """
    try:
        submitted = notebooks.read(folder / f"{assignment.name}.ipynb")
    except notebooks.UnusableNotebook as error:
        return _nothing_to_run(assignment, zygote, student_id, error.outcome)
    return grade_notebook(assignment, zygote, student_id, submitted, own_files(folder))


def grade_notebook(assignment, zygote, student_id, submitted, copied=None):
    """Grade a notebook; see `grade_folder`.

    Parameters
    ----------
    assignment, zygote, student_id
    submitted : NotebookNode
    copied : dict of str to bytes, optional
        Files that the notebook may read and change.

    Returns
    -------
    report, graded
    """
    started = time.monotonic()
    report = Report(assignment.name, student_id, Outcome.OK, [], isolated=zygote.isolated)
    restored, report.remarks = notebooks.restore(submitted, assignment.released_notebook)
    session = Session(zygote, notebooks.cells_to_run(restored), assignment.limits, assignment.shown_files, copied)
    try:
        report.items, report.problems = suite.run(assignment, session, student_id)
    finally:
        session.close()
    report.outcome = Outcome.worst(session.outcomes)
    report.remarks += session.remarks
    report.cpu_seconds = round(session.cpu_seconds, 3)
    report.student_seconds = round(session.student_seconds, 3)
    report.seconds = round(time.monotonic() - started, 3)
    notebooks.write_results(restored, session.runs, report)
    return report, restored


def fingerprint(assignment, folder):
    """A digest of everything that decides the result of the submission in `folder`."""
    digest = hashlib.sha256(assignment.fingerprint.encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def own_files(folder):
    """What the student handed in beside the notebook: relative name -> contents. Links are not followed."""
    files, room = {}, _COPIED_BYTES
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink() or not path.is_file() or path.suffix == ".ipynb" or name.startswith("."):
            continue
        if (size := path.stat().st_size) <= room:
            files[name] = path.read_bytes()
            room -= size
    return files


def _nothing_to_run(assignment, zygote, student_id, outcome):
    criteria = [Criterion("A notebook that can be run.", 1.0, False, outcome.sentence)]
    items = [ItemResult(item.id, item.points, criteria) for item in assignment.items]
    report = Report(assignment.name, student_id, outcome, items, isolated=zygote.isolated)
    graded, _ = notebooks.restore(assignment.released_notebook, assignment.released_notebook)
    notebooks.write_results(graded, [CellRun("skipped", []) for _ in notebooks.code_cells(graded)], report)
    return report, graded
