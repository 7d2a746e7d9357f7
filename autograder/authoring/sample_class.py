"""Makes a class of submissions by program, each with the result that grading must give it.

A sample starts as the released notebook with every solution filled in from reference/, and is then changed: functions
replaced by other correct ones or by known mistakes, cells added, edited, deleted, bytes broken. What a sample must earn
stands beside what it is made of; samples live in the suite's sample_class.py.
"""

import ast
import copy
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

import nbformat

from autograder import KitError
from autograder.course.trouble import located
from autograder.isolation.outcomes import Outcome


@dataclass(frozen=True)
class Sample:
    """One submission and the result it must get.

    Parameters
    ----------
    student : str
        Its id; says what it is.
    functions : dict of str to str
        Function name -> source to use in place of the model solution.
    undone : tuple of str, optional
        Items whose cells are left as they were handed out; () is all of them, and the written answers.
    edit : callable, optional
        Takes the notebook and changes it in place; or returns what to write instead: a str (the file's text) or
        False (no file at all).
    earns : dict of str to float
        The points of every item that does not get all of them.
    outcome : Outcome
    timestamp : str
        When it was handed in, for timestamp.txt; "" for no such file.
    """

    student: str
    functions: dict = field(default_factory=dict)
    undone: tuple | None = None
    edit: Callable | None = None
    earns: dict = field(default_factory=dict)
    outcome: Outcome = Outcome.OK
    timestamp: str = "2026-10-05 20:15:00 UTC"

    def expected(self, assignment):
        """Points for every item of the assignment: id -> points."""
        return {item.id: float(self.earns.get(item.id, item.points)) for item in assignment.items}


def sample_class(course, assignment_name):
    """The sample class of an assignment: the module sample_class.py of its suite, with SAMPLES and DUE.

    Raises
    ------
    KitError
        If it has none.
    """
    module = course.authored.in_suite(assignment_name, "sample_class")
    if module is None:
        there = [one for one in course.authored.assignments if (course.authored.suite(one) / "sample_class.py").exists()]
        raise KitError(f"no sample class for {assignment_name!r}; there is one for: {', '.join(there) or 'none'}")
    return module


def write_class(course, assignment, chosen):
    """Write submissions into a course's submitted folder, in place of what these students had there.

    Parameters
    ----------
    course : gradebook.Course
    assignment : Assignment
    chosen : list of Sample

    Returns
    -------
    int
        How many were written.
    """
    solved = solve(assignment)
    course.submitted.mkdir(parents=True, exist_ok=True)
    for sample in chosen:
        folder = course.submitted / sample.student / assignment.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        content = make(sample, assignment, solved)
        with located(folder):
            if sample.timestamp:
                (folder / "timestamp.txt").write_text(sample.timestamp + "\n")
            if content is not None:
                (folder / f"{assignment.name}.ipynb").write_text(content, encoding="utf-8")
    return len(chosen)


def solve(assignment):
    """The released notebook with the model solutions filled in, as a perfect student would hand it in."""
    built = nbformat.read(assignment.built / f"{assignment.name}.ipynb", as_version=4)
    sources = {cell.metadata.nbgrader.grade_id: cell.source for cell in built.cells if "nbgrader" in cell.metadata}
    notebook = copy.deepcopy(assignment.released_notebook)
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("solution"):
            text = sources[nbgrader.grade_id]
            cell.source = "\n".join(line for line in text.splitlines() if "SOLUTION" not in line)
    return notebook


def make(sample, assignment, solved):
    """The text of a sample's notebook file, None for no file."""
    notebook = copy.deepcopy(solved)
    personalise(notebook, sample.student)
    for name, source in sample.functions.items():
        replace_function(notebook, name, source)
    if sample.undone is not None:
        _undo(notebook, assignment, sample.undone)
    result = sample.edit(notebook) if sample.edit else None
    if result is False:
        return None
    return result if isinstance(result, str) else nbformat.writes(notebook)


def _undo(notebook, assignment, items):
    for one in assignment.released_notebook.cells:
        nbgrader = one.metadata.get("nbgrader", {})
        if nbgrader.get("solution") and (not items or nbgrader.grade_id.removesuffix("-solution") in items):
            cell(notebook, nbgrader.grade_id).source = one.source


def personalise(notebook, student):
    """Put a student's id in the place of the instructor's, where tasks follow from it; in place."""
    for one in notebook.cells:
        one.source = re.sub(r'(?m)^STUDENT_ID = "instructor"$', f"STUDENT_ID = {student!r}", one.source)


def cell(notebook, grade_id):
    """The cell with this grade_id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def with_cell(source, after="given-1"):
    """An edit that adds a code cell of the student's own behind the cell `after`."""

    def edit(notebook):
        place = 1 + notebook.cells.index(cell(notebook, after))
        notebook.cells.insert(place, nbformat.v4.new_code_cell(source))

    return edit


def replace_function(notebook, name, source):
    """Put `source` in place of the function or class `name` in whichever solution cell defines it.

    Raises
    ------
    ValueError
        If no solution cell defines it.
    """
    for one in notebook.cells:
        if one.cell_type != "code" or not one.metadata.get("nbgrader", {}).get("solution"):
            continue
        for node in ast.parse(one.source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
                lines = one.source.splitlines()
                lines[node.lineno - 1 : node.end_lineno] = source.strip("\n").splitlines()
                one.source = "\n".join(lines)
                return
    raise ValueError(f"no solution cell defines {name}")
