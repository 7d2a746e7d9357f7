"""Notebooks without points: every source/<folder>/*.md of a folder that is no assignment, such as lecture and labs.

They are written like assignments, without items.
"""

import shutil

import nbformat

from autograder.authoring import attachments, leaks
from autograder.authoring.build import expand, fail_on, without_instructor_cells
from autograder.grading.assignment import KIT, authored, shown_files
from autograder.grading.session import CodeCell, Session
from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome
from reference.datasets.files import write_splits


def build(name, course, zygote, say=lambda message: None, kit=KIT):
    """Build a folder's notebooks: the instructors' versions, and what students get; nothing is kept unless all is well.

    Parameters
    ----------
    name : str
    course : gradebook.Course
        Whose release folder is written, and whose .build/instructor folder.
    zygote : process.Zygote
        Runs the notebooks.
    say : callable
        Is told each step.
    kit : Path
        Where source/ is.

    Returns
    -------
    list of Path
        The released notebooks.

    Raises
    ------
    AssignmentError
        With every reason found, if the folder must not be released.
    """
    release, instructor = course.release / name, course.root / ".build/instructor" / name
    new = release.with_name(f".{name}.new")
    for folder in (new, instructor):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    try:
        for source in sorted((kit / "source" / name).iterdir()):
            if source.suffix == ".md" and source.name != "README.md":
                say(f"running {source.stem}")
                _build_notebook(source, new, instructor, zygote)
            elif source.is_file():
                shutil.copy(source, new)
        fail_on(leaks.copied(new, [expand(kit / f"source/{one}/{one}.md") for one in authored(kit)]))
        shutil.rmtree(release, ignore_errors=True)
        new.rename(release)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return sorted(release.glob("*.ipynb"))


def _build_notebook(source, release, instructor, zygote):
    notebook = expand(source, graded=False)
    attachments.attach(notebook, source.name)
    header = notebook.metadata.pop("autograder")
    for cell in notebook.cells:
        cell.metadata.pop("autograder", None)
    for corpus, spec in header.get("data", {}).items():
        write_splits(release / "data" / corpus, corpus, **spec)
    nbformat.write(notebook, instructor / f"{source.stem}.ipynb")
    released = without_instructor_cells(notebook)
    nbformat.write(released, release / f"{source.stem}.ipynb")
    cells = [CodeCell(cell.source) for cell in released.cells if cell.cell_type == "code"]
    session = Session(zygote, cells, Limits(**header.get("limits", {})), shown_files(release))
    session.close()
    fail_on(
        f"{source.name}, code cell {number} ends with: {_last_words(run)}"
        for number, run in enumerate(session.runs, 1) if run.status != Outcome.OK.value
    )


def _last_words(run):
    errors = [output for output in run.outputs if output["output_type"] == "error"]
    return f"{errors[-1]['ename']}: {errors[-1]['evalue'][:200]}" if errors else run.status
