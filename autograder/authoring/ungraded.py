"""Notebooks without points: every notebook in a folder of sources that is no assignment, such as lecture and labs.

They are written like assignments, without items. Docstrings are cut to their first paragraph: here one reads code to go on.
"""

import ast
import contextlib

import nbformat

from autograder.authoring import attachments, leaks, reading
from autograder.authoring.build import fail_on, write_source
from autograder.authoring.expand import expand, without_instructor_cells
from autograder.course.replacing import swapped, workshop
from autograder.grading.assignment import shown_files
from autograder.grading.session import CodeCell, Session
from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome


def build(name, course, zygote, say=lambda message: None):
    """Build a folder's notebooks: what students get, the instructors' versions, and pages to read without Jupyter.

    Nothing is kept unless all is well.

    Parameters
    ----------
    name : str
    course : course.Course
        Whose release folder is written, and whose folders built/instructor and built/pages.
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
        new, theirs, to_read = shop / "release", shop / "instructor", shop / "pages" / name
        sources = [path for path in sorted(folder.glob("*.md")) if path.name != "README.md"]
        notebooks = {source.stem: _briefly(expand(source, authored, graded=False)) for source in sources}
        for source in sources:
            attachments.attach(notebooks[source.stem], source.name, authored)
        write_source(folder, new, notebooks, course)
        theirs.mkdir()
        ran = {}
        for source in sources:
            say(f"running {source.stem}")
            notebook = notebooks[source.stem]
            title = notebook.metadata["autograder"].get("title", source.stem)
            ran[source.stem] = title, *_release(source.name, notebook, new, theirs, zygote, authored.hidden(course.private))
        reading.write(to_read, ran)
        assignments = [expand(authored.source(one), authored) for one in authored.assignments]
        fail_on(name, leaks.copied(new, assignments, authored))
        with swapped([(theirs, instructor), (to_read, course.root / "built/pages" / name), (new, release)], shop):
            pass
    return sorted(release.glob("*.ipynb"))


def _briefly(notebook):
    """The notebook with the first paragraph alone of each docstring; changed in place."""
    for cell in notebook.cells:
        lines, tree = cell.source.split("\n"), ast.Module([])
        if cell.cell_type == "code":
            with contextlib.suppress(SyntaxError):  # IPython's own syntax: left as it is
                tree = ast.parse(cell.source)
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
                first, last = node.body[0].lineno - 1, node.body[0].end_lineno
                if "" in (docstring := lines[first:last]):
                    end = first + docstring.index("")
                    lines[end - 1] += '"""'
                    lines[end:last] = [None] * (last - end)  # so that the others keep their numbers
        cell.source = "\n".join(line for line in lines if line is not None)
    return notebook


def _release(file, notebook, release, instructor, zygote, hidden):
    """Write both versions of a notebook, and run the students': it, and how each code cell ran."""
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
    return released, session.runs


def _last_words(run):
    errors = [output for output in run.outputs if output["output_type"] == "error"]
    return f"{errors[-1]['ename']}: {errors[-1]['evalue'][:200]}" if errors else run.status
