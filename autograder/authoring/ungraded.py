"""Notebooks without points: every notebook in a folder of sources that is no assignment, such as lecture and labs.

They are written like assignments, without items.
"""

import nbformat

from autograder.authoring import attachments, leaks
from autograder.authoring.build import fail_on, write_source
from autograder.authoring.expand import expand, without_instructor_cells
from autograder.course.replacing import swapped, workshop
from autograder.grading.assignment import shown_files
from autograder.grading.session import CodeCell, Session
from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome


def build(name, course, zygote, say=lambda message: None):
    """Build a folder's notebooks: the instructors' versions, and what students get; nothing is kept unless all is well.

    Parameters
    ----------
    name : str
    course : course.Course
        Whose release folder is written, and whose built/instructor folder.
    zygote : process.Zygote
        Runs the notebooks.
    say : callable
        Is told each step.

    Returns
    -------
    list of Path
        The released notebooks.

    Raises
    ------
    KitError
        With every reason found, if the folder must not be released.
    """
    authored = course.authored
    folder = authored.home / authored.sources / name
    release, instructor = course.release / name, course.root / "built/instructor" / name
    (course.root / "built").mkdir(exist_ok=True)
    with workshop(course.root / "built") as shop:
        new, theirs = shop / "release", shop / "instructor"
        sources = [path for path in sorted(folder.glob("*.md")) if path.name != "README.md"]
        notebooks = {source.stem: expand(source, authored, graded=False) for source in sources}
        for source in sources:
            attachments.attach(notebooks[source.stem], source.name, authored)
        write_source(folder, new, notebooks, course)
        theirs.mkdir()
        for source in sources:
            say(f"running {source.stem}")
            _release(source.name, notebooks[source.stem], new, theirs, zygote, authored.hidden(course.private))
        assignments = [expand(authored.source(one), authored) for one in authored.assignments]
        fail_on(name, leaks.copied(new, assignments, authored))
        with swapped([(theirs, instructor), (new, release)], shop):
            pass
    return sorted(release.glob("*.ipynb"))


def _release(file, notebook, release, instructor, zygote, hidden):
    """Write both versions of a notebook, and run the students'."""
    name = file.removesuffix(".md")
    limits = Limits(**notebook.metadata.pop("autograder").get("limits", {}))
    for cell in notebook.cells:
        cell.metadata.pop("autograder", None)
    nbformat.write(notebook, instructor / f"{name}.ipynb")
    released = without_instructor_cells(notebook)
    nbformat.write(released, release / f"{name}.ipynb")
    cells = [CodeCell(cell.source) for cell in released.cells if cell.cell_type == "code"]
    session = Session(zygote, cells, limits, shown_files(release), hidden=hidden)
    session.close()
    fail_on(name, (
        f"{file}, code cell {number} ends with: {_last_words(run)}"
        for number, run in enumerate(session.runs, 1) if run.status != Outcome.OK.value
    ))


def _last_words(run):
    errors = [output for output in run.outputs if output["output_type"] == "error"]
    return f"{errors[-1]['ename']}: {errors[-1]['evalue'][:200]}" if errors else run.status
