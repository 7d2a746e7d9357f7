"""Grades one submission: notebook in, report and graded notebook out. What `batch` runs many times, in parallel."""

import contextlib
import hashlib
import os
import time

from autograder import KitError
from autograder.grading import notebook as notebooks
from autograder.grading import suite, variants
from autograder.grading.report import CellRun, Criterion, ItemResult, Report
from autograder.grading.session import Session
from autograder.isolation import contained, wire
from autograder.isolation.outcomes import Outcome

_SLACK_SECONDS = 60  # for a grader, beyond what the student process has
_COPIED_BYTES = 20 * 2**20  # how much a student may hand in beside the notebook
_TIMESTAMP = "timestamp.txt"  # nbgrader's, beside what the student handed in
_FILE_BYTES = 4096  # what a file counts for, beyond its contents
_with_losses = set()  # assignments of which a submission has lost points here: the next will ask for the bank of mistakes


def grade_contained(assignment, zygote, student_id, folder):
    """`grade_folder` in a process of its own, which is all that a submission can harm.

    Raises
    ------
    KitError
        If the hidden suite does not run, which is nobody's submission's fault.
    """
    _ = zygote.isolated  # waits until the zygote is ready, which one process must do for all
    suite.collect_once(assignment)
    if assignment.name in _with_losses:
        variants.mistakes(assignment)  # it imports PyTorch: here once, and not in every process forked from here on
    seconds = wire.WALL_FACTOR * assignment.limits.cpu_seconds + _SLACK_SECONDS
    try:
        report, graded = contained.call(
            grade_folder, assignment, zygote, student_id, folder, seconds=seconds, passed_on=(KitError,)
        )
    except contained.Failed as failure:
        report, graded = without_result(assignment, zygote, student_id, Outcome.NOT_GRADED)
        report.problems.append(str(failure))
    if any(item.score < item.points for item in report.items):
        _with_losses.add(assignment.name)
    return report, graded


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
    files = digest(folder, f"{assignment.name}.ipynb")
    try:
        submitted = notebooks.read(folder / f"{assignment.name}.ipynb")
    except notebooks.UnusableNotebook as error:
        return without_result(assignment, zygote, student_id, error.outcome)
    return grade_notebook(assignment, zygote, student_id, submitted, own_files(folder), files)


def grade_notebook(assignment, zygote, student_id, submitted, copied=None, files=""):
    """Grade a notebook; see `grade_folder`.

    Parameters
    ----------
    assignment, zygote, student_id
    submitted : NotebookNode
    copied : dict of str to bytes, optional
        Files that the notebook may read and change.
    files : str
        The digest of what was handed in; see `digest`.

    Returns
    -------
    report, graded
    """
    started = time.monotonic()
    report = Report(assignment.name, student_id, Outcome.OK, [], isolated=zygote.isolated)
    restored, report.remarks = notebooks.restore(submitted, assignment.released_notebook)
    session = Session(
        zygote, notebooks.cells_to_run(restored), assignment.limits, assignment.shown_files, copied, assignment.hidden_folders
    )
    try:
        report.items, report.problems, report.measures = suite.run(assignment, session, student_id, files)
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
    return hashlib.sha256(f"{assignment.fingerprint}/{digest(folder, f'{assignment.name}.ipynb')}".encode()).hexdigest()


def digest(folder, notebook):
    """A digest of what a student handed in, as it lies there: nothing is parsed. When it was handed in is not part of it.

    Parameters
    ----------
    folder : Path
    notebook : str
        The name of the notebook.
    """
    files = hashlib.sha256()
    for name, contents in own_files(folder, notebook).items():
        if name != _TIMESTAMP:
            files.update(os.fsencode(name) + b"\0" + hashlib.sha256(contents).digest())
    return files.hexdigest()


def own_files(folder, notebook=None):
    """What the student handed in beside the notebook, as far as there is room: relative name -> contents.

    Links are not followed, and what cannot be read is left out.

    Parameters
    ----------
    folder : Path
    notebook : str, optional
        Name of a notebook to include after all, if it is of a size that is graded.
    """
    files, room = {}, _COPIED_BYTES
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        with contextlib.suppress(OSError):
            if path.is_symlink() or not path.is_file() or name.startswith("."):
                continue
            size = path.stat().st_size
            if name == notebook and size <= notebooks.MAX_BYTES:
                files[name] = path.read_bytes()
            elif path.suffix != ".ipynb" and size + _FILE_BYTES <= room:
                files[name] = path.read_bytes()
                room -= size + _FILE_BYTES
    return files


def without_result(assignment, zygote, student_id, outcome):
    """The report and the notebook of a submission that earns nothing because of its outcome."""
    criteria = [Criterion("A notebook that can be run.", 1.0, False, outcome.sentence)]
    items = [ItemResult(item.id, item.points, criteria, item.bonus) for item in assignment.items]
    report = Report(assignment.name, student_id, outcome, items, isolated=zygote.isolated)
    graded, _ = notebooks.restore(assignment.released_notebook, assignment.released_notebook)
    notebooks.write_results(graded, [CellRun("skipped", []) for _ in notebooks.code_cells(graded)], report)
    return report, graded
