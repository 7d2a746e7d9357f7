"""From an assignment's source text to the instructor notebook and to what students get.

An assignment is one Jupytext Markdown notebook, source/<name>/<name>.md. Cells say what they are in their metadata:

    solves="relu"             a cell that students fill in for the item relu
    item="relu" points=3      the item's grade cell: the visible check, locked. As markdown: a written answer
    free=true                 a code cell that students may change as they like
    instructor=true           never released
    (code, none of these)     given code, locked

A line `from reference.activations import relu` in a cell is replaced by that function's source, so every graded
function stands once in the repository. In given code the solution markers are taken out; in a `solves` cell they
stay, and nbgrader replaces what is between them. The notebook's header can name embedded corpora (`data`), which the
build writes beside it, and pictures (`figures`, see attachments.py), which it draws into it.
"""

import importlib
import inspect
import re
import shutil

import jupytext
import nbformat

from autograder.authoring import attachments, leaks
from autograder.grading import submission, suite
from autograder.grading.assignment import KIT, Assignment, AssignmentError, authored, ungraded
from reference.datasets.files import write_splits

_IMPORT = re.compile(r"^from (reference(?:\.\w+)+) import (\([^)]*\)|[^\n(]+)$", re.MULTILINE)
_MARKERS = re.compile(r"^\s*### (BEGIN|END) SOLUTION\n", re.MULTILINE)


def expand(source, graded=True):
    """The instructor notebook of a source text.

    Parameters
    ----------
    source : Path
        The Jupytext Markdown file.
    graded : bool
        Whether it is an assignment; in any other notebook no cell earns points and none is locked.

    Returns
    -------
    NotebookNode
        With nbgrader's metadata; cells with functions from reference/ name them in their metadata `autograder`,
        with the item if students write them.

    Raises
    ------
    AssignmentError
        If an import cannot be resolved or a cell's metadata make no sense.
    """
    notebook = jupytext.read(source)
    given = 0
    for index, cell in enumerate(notebook.cells):
        roles = cell.metadata
        where = f"{source.name}, cell {index + 1}"
        functions = {}
        if cell.cell_type == "code":
            cell.source, functions = _inline(cell.source, keep_markers="solves" in roles, where=where)
            cell.outputs, cell.execution_count = [], None
        if not graded:
            if {"solves", "item"} & roles.keys():
                raise AssignmentError(f"{where}: only an assignment, source/NAME/NAME.md, has items")
            cell.metadata = {"tags": ["instructor"]} if roles.get("instructor") else {}
        elif "solves" in roles:
            metadata = _nbgrader(f"{roles['solves']}-solution", solution=True)
            cell.metadata = {"nbgrader": metadata, "autograder": {"item": roles["solves"], "functions": functions}}
        elif "item" in roles:
            try:
                points = float(roles["points"])
            except (KeyError, ValueError):
                raise AssignmentError(f"{where}: item {roles['item']!r} needs points=NUMBER") from None
            written = cell.cell_type == "markdown"
            metadata = _nbgrader(roles["item"], grade=True, solution=written, locked=not written, points=points)
            cell.metadata = {"nbgrader": metadata}
        elif roles.get("instructor"):
            cell.metadata = {"tags": ["instructor"]}
        elif cell.cell_type == "code" and not roles.get("free"):
            given += 1
            cell.metadata = {"nbgrader": _nbgrader(f"given-{given}", locked=True)}
            if functions:
                cell.metadata["autograder"] = {"functions": functions}
        else:
            cell.metadata = {}
        cell.id = f"cell-{index + 1}"
    notebook.metadata = {
        "autograder": notebook.metadata.get("autograder", {}),
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.from_dict(notebook)


def build(name, course, zygote, say=lambda message: None, kit=KIT):
    """Build an assignment: instructor notebook, release, entry in the gradebook; nothing is kept unless all is well.

    Parameters
    ----------
    name : str
    course : gradebook.Course
        Whose source and release folders are written.
    zygote : process.Zygote
        Runs the instructor notebook.
    say : callable
        Is told each step.
    kit : Path
        Where source/ and autograder/suites/ are.

    Returns
    -------
    Assignment

    Raises
    ------
    AssignmentError
        With every reason found, if the assignment must not be released.
    """
    source = kit / "source" / name / f"{name}.md"
    if not source.exists():
        there = ", ".join([*authored(kit), *ungraded(kit)])
        raise AssignmentError(f"no assignment {name!r}: {source} is missing; there is: {there}")
    say("expanding the source")
    notebook = expand(source)
    attachments.attach(notebook, source.name)
    built, release = course.source / name, course.release / name
    assignment = Assignment.from_notebook(name, notebook, built, release, kit)
    fail_on(_structure_problems(assignment, notebook))

    say("writing the release with nbgrader")
    _write_source(source.parent, built, name, notebook)
    for corpus, spec in assignment.data.items():
        write_splits(built / "data" / corpus, corpus, **spec)
    before = release.with_name(f".{name}.before")
    shutil.rmtree(before, ignore_errors=True)
    if release.exists():
        release.rename(before)
    try:
        course.generate_assignment(name)
        later = [expand(kit / f"source/{one}/{one}.md") for one in authored(kit) if one > name]
        fail_on([*leaks.own(assignment, notebook), *leaks.copied(release, later)])
        say("running the instructor notebook against the hidden tests")
        fail_on(_instructor_problems(assignment, zygote, notebook))
    except BaseException:
        shutil.rmtree(release, ignore_errors=True)
        if before.exists():
            before.rename(release)
        raise
    shutil.rmtree(before, ignore_errors=True)
    return assignment


def _inline(source, keep_markers, where):
    functions = {}

    def replace(match):
        module_name, names = match.group(1), match.group(2)
        texts = []
        for name in re.findall(r"\w+", re.sub(r"#.*", "", names)):
            try:
                function = getattr(importlib.import_module(module_name), name)
                text = inspect.getsource(function).rstrip()
            except (ImportError, AttributeError, TypeError) as error:
                raise AssignmentError(f"{where}: cannot take {name} from {module_name}: {error}") from None
            functions[name] = module_name
            texts.append(text if keep_markers else _MARKERS.sub("", text + "\n").rstrip())
        return "\n\n\n".join(texts)

    return _IMPORT.sub(replace, source), functions


def _nbgrader(grade_id, grade=False, solution=False, locked=False, points=None):
    metadata = {
        "schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution, "locked": locked, "task": False,
    }
    return metadata if points is None else metadata | {"points": points}


def _write_source(folder, built, name, notebook):
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir(parents=True)
    for path in folder.iterdir():  # data and requirements go along; the source text does not
        if path.name != f"{name}.md" and not path.name.startswith("."):
            (shutil.copytree if path.is_dir() else shutil.copy)(path, built / path.name)
    nbformat.write(notebook, built / f"{name}.ipynb")


def _structure_problems(assignment, notebook):
    """Items without tests, tests without items, points that do not add up, solution cells of no item."""
    tests = suite.collect(assignment)
    items = {item.id for item in assignment.items}
    yield from (f"item {item} has no hidden test" for item in sorted(items - tests.keys()))
    yield from (f"the hidden suite tests {item}, which is no item" for item in sorted(tests.keys() - items))
    if assignment.points != 100:
        yield f"the points add up to {assignment.points:g}, not 100"
    grade_ids = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata]
    yield from (f"two cells are called {i}" for i in sorted({i for i in grade_ids if grade_ids.count(i) > 1}))
    for cell in notebook.cells:
        if "item" not in cell.metadata.get("autograder", {}):
            continue
        item = cell.metadata.autograder.item
        if item not in items:
            yield f"a cell solves {item}, which is no item"
        for function in cell.metadata.autograder.functions:
            text = _function_text(cell.source, function)
            begins, ends = text.count("### BEGIN SOLUTION\n"), text.count("### END SOLUTION")
            if begins != ends or begins < 1 or (begins > 1 and not text.startswith("class ")):  # a class: one in each method
                yield f"{function} needs one ### BEGIN SOLUTION and one ### END SOLUTION"


def _function_text(source, name):
    """The part of a cell from `def name` to the next function."""
    parts = re.split(r"(?m)^(?=def |class |@)", source)
    return next((part for part in parts if re.match(rf"(def|class) {name}\b", part)), "")


def _instructor_problems(assignment, zygote, notebook):
    """Cells of the instructor notebook that fail, and items that it does not earn in full."""
    report, graded = submission.grade_notebook(assignment, zygote, "instructor", without_instructor_cells(notebook))
    for cell in graded.cells:
        for output in cell.get("outputs", []):
            text = "".join(output.get("text", ""))
            if output.output_type == "error" or "Traceback (most recent call last)" in text:
                last_line = (output.get("evalue") or text.strip().splitlines()[-1])[:200]
                yield f"the instructor notebook fails in cell {cell.id}: {last_line}"
    for item in report.items:
        for criterion in item.criteria:
            if not criterion.passed or criterion.note:
                yield f"the instructor notebook loses {item.id}: {criterion.text} {criterion.reason} {criterion.note}"
    yield from report.problems


def without_instructor_cells(notebook):
    """A copy of a notebook without the cells that are never released."""
    notebook = nbformat.from_dict(notebook)
    notebook.cells = [cell for cell in notebook.cells if "instructor" not in cell.metadata.get("tags", [])]
    return notebook


def fail_on(problems):
    """Raise an AssignmentError that lists the problems, if there are any."""
    problems = list(problems)
    if problems:
        raise AssignmentError("must not be released:\n" + "\n".join(f"  - {problem}" for problem in problems))
