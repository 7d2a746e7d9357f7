"""What must not reach students: lines of solutions, of hidden tests, of cells for instructors; outputs, metadata, markers."""

import importlib
import inspect
import re
import tokenize
from io import StringIO

import nbformat

_SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
_NOT_TESTS = ("mistakes.py", "alternatives.py", "sample_class.py")  # variants of solutions, which share many lines with stubs
_COPIED_SHARE = 0.5  # of a solution's lines, above which it counts as copied: single lines are common property


def own(assignment, notebook):
    """What stands in an assignment's release and must not.

    Parameters
    ----------
    assignment : assignment.Assignment
    notebook : NotebookNode
        The instructor version.

    Yields
    ------
    str
        A reason, as a sentence.
    """
    solutions = {
        line for cell in notebook.cells for body in _SOLUTION.findall(cell.source) for line in _telling_lines(body)
    }
    hidden = set()
    for path in assignment.suite.glob("*.py"):
        if path.name not in _NOT_TESTS:
            hidden |= set(_telling_lines(path.read_text()))
    instructor = {
        line for cell in notebook.cells if "instructor" in cell.metadata.get("tags", [])
        for line in _telling_lines(cell.source)
    }
    released = assignment.released_notebook
    for cell in released.cells:
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count):
            yield f"the released cell {cell.id} has outputs"
        if "autograder" in cell.metadata:
            yield f"the released cell {cell.id} names the reference"
    # What students are given on purpose: functions from reference/ that they need not write, and the signatures and
    # docstrings of those that they must. Lines that stand there may stand in a solution too.
    given = set()
    for cell in notebook.cells:
        if "autograder" in cell.metadata:
            theirs = "item" in cell.metadata.autograder
            for function, module in cell.metadata.autograder.functions.items():
                source = inspect.getsource(getattr(importlib.import_module(module), function))
                given |= set(_lines(_SOLUTION.sub("", source) if theirs else source))
    for path in sorted(assignment.release.rglob("*")):
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        lines = set(_lines(text))
        if path.suffix == ".ipynb":
            lines = {line for cell in nbformat.reads(text, as_version=4).cells for line in _lines(cell.source)}
        secrets = {"solution": solutions - given, "hidden test": hidden - given, "instructor-only cell": instructor}
        for what, secret in secrets.items():
            for line in sorted(secret & lines):
                yield f"a line of a {what} is in {path.name}: {line[:60]}"
        for mark in ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME"):
            if mark in text:
                yield f"{path.name} holds {mark}"


def copied(release, notebooks):
    """Solutions of other assignments that stand, more than half of one, in a released notebook.

    Parameters
    ----------
    release : Path
    notebooks : list of NotebookNode
        Instructor versions of assignments whose solutions are not public yet.

    Yields
    ------
    str
    """
    bodies = [body for notebook in notebooks for cell in notebook.cells for body in _SOLUTION.findall(cell.source)]
    for path in sorted(release.rglob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        public = {line for cell in cells for line in _lines(_without_comments(cell.source))}
        for body in bodies:
            telling = set(_telling_lines(body))
            found = telling & public
            if len(found) > _COPIED_SHARE * len(telling):
                yield f"a solution of another assignment is in {path.name}: {sorted(found)[0][:60]}"


def _lines(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _telling_lines(text):
    """Lines that say something of their own: not blank, not punctuation, not an import or a bare keyword."""
    for line in _lines(_without_comments(text)):
        if len(re.findall(r"\w+", line)) >= 3 and not re.match(r"(import|from|def|class|return \w+$|for \w+ in \w+:$|@)", line):
            yield line


def _without_comments(text):
    try:
        tokens = [t for t in tokenize.generate_tokens(StringIO(text).readline) if t.type != tokenize.COMMENT]
        return tokenize.untokenize(tokens)
    except (tokenize.TokenError, IndentationError):
        return text  # prose, or part of a function: its lines count as they are
