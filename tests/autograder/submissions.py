"""Variants of an assignment's model solution, graded: what the tests of all assignments are made of."""

import ast
import builtins
import copy
import multiprocessing
import re
import symtable
from concurrent.futures import ProcessPoolExecutor

import nbformat

from autograder.authoring import sample_class
from autograder.course import batch
from autograder.grading import submission, variants
from autograder.grading.assignment import VARIANTS
from autograder.isolation.process import start_zygote


def grade(assignment, solved, student, functions=None, edit=None):
    """The report of a solved notebook in which some functions are replaced.

    Parameters
    ----------
    assignment : Assignment
    solved : NotebookNode
        As `sample_class.solve` makes it.
    student : str
    functions : dict of str to str, optional
        Name -> source of what stands in place of the model solution.
    edit : callable, optional
        Changes the notebook.

    Returns
    -------
    Report
    """
    return grade_sample(assignment, solved, sample_class.Sample(student, functions or {}, edit=edit))


def grade_sample(assignment, solved, sample):
    """The report of a sample of a class."""
    notebook = nbformat.reads(sample_class.make(sample, assignment, solved), as_version=4)
    return submission.grade_notebook(assignment, start_zygote(), sample.student, notebook)[0]


def grade_all(assignment, solved, submissions):
    """The reports of many, on all cores; each is a dict as `functions` above, handed in by student-0, student-1, ..."""
    _ = start_zygote().isolated  # waits until the zygote is ready, which one process must do for all
    with ProcessPoolExecutor(batch.cores(), multiprocessing.get_context("fork")) as executor:
        futures = [executor.submit(grade, assignment, solved, f"student-{i}", one) for i, one in enumerate(submissions)]
        return [future.result() for future in futures]


def edited(assignment, solved, edit):
    """The two of them with both notebooks changed by `edit`: reduced, as a rule, to what the items in question need."""
    assignment, solved = copy.copy(assignment), copy.deepcopy(solved)
    assignment.released_notebook = copy.deepcopy(assignment.released_notebook)
    for notebook in (assignment.released_notebook, solved):
        edit(notebook)
    return assignment, solved


def reduced(assignment, solved, *items):
    """The two of them with what functions need that have mistakes or alternatives, and without what takes time.

    What stays are definitions and plain values, as far as hidden tests or variants name them or these need them: nothing is
    trained, drawn, or checked visibly. Solutions of items without variants go, except of those given, so that hidden tests of
    a model fail at once. Anything left out by mistake would show: the model solution would earn less.
    """
    known = [*variants.mistakes(assignment), *variants.alternatives(assignment)]
    kept = {variant.item for variant in known} | set(items)
    tests = [path.read_text(encoding="utf-8") for path in assignment.suite.glob("*.py") if path.name not in VARIANTS]
    named = {name for text in tests for name in re.findall(r'(?:\bstudent\.|")(\w+)', text)}
    named.update(*({variant.function_name} | _globals(variant.source)[1] for variant in known))

    needed, more = set(), named
    statements = _plain([cell for cell in solved.cells if cell.cell_type == "code"], kept)
    while more - needed:
        needed |= more
        more = set().union(*(uses for _, _, binds, uses in statements if binds & needed))

    def reduce(notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        statements = _plain(notebook.cells, kept)
        for cell in notebook.cells:
            cell.source = "\n\n".join(text for one, text, binds, _ in statements if one is cell and binds & needed)

    return edited(assignment, solved, reduce)


def _plain(cells, kept):
    """The statements that define a name and compute nothing, each with its cell, the names it binds and those it uses."""
    known, own, plain = set(vars(builtins)), set(), []
    for cell in cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("grade") or (nbgrader.get("solution") and nbgrader.grade_id.removesuffix("-solution") not in kept):
            continue
        for statement in ast.parse(re.sub(r"(?m)^[%!].*", "", cell.source)).body:
            text = ast.unparse(statement)
            binds, uses = _globals(text)
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                own |= binds
            elif isinstance(statement, ast.Assign | ast.AnnAssign):
                called = {node.func.id for node in ast.walk(statement) if isinstance(node, ast.Call) and hasattr(node.func, "id")}
                if called & own or not uses <= known | binds:
                    continue
            elif not isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            known |= binds
            plain.append((cell, text, binds, uses))
    return plain


def _globals(text):
    """The global names that a piece of Python binds, and those that it uses in whatever it defines."""
    tables = [symtable.symtable(text, "", "exec")]
    binds = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    for table in tables:
        tables += table.get_children()
    return binds, {symbol.get_name() for table in tables for symbol in table.get_symbols() if symbol.is_global()}


def trivial(body):
    """An edit that leaves nothing but `body` of every function and method that the student was to write.

    Parameters
    ----------
    body : str
        Statements; {first} in them is the first argument.
    """
    def empty(function):
        names = [argument.arg for argument in function.args.args if argument.arg != "self"]
        function.body = ast.parse(body.format(first=names[0] if names else None)).body

    def edit(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
                tree = ast.parse(cell.source)
                for node in ast.walk(tree):
                    if isinstance(node, ast.FunctionDef) and node.name != "__init__":
                        empty(node)
                kept = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
                tree.body = [node for node in tree.body if isinstance(node, kept)]
                cell.source = ast.unparse(tree)

    return edit


def replaced(*variants):
    """The functions of mistakes or alternatives, as `grade` takes them."""
    return {variant.function_name: variant.source for variant in variants}


def lost(report, items=None):
    """The items, of those given or of all, that earn less than they could."""
    return {item.id for item in report.items if (items is None or item.id in items) and item.score < item.points}


def notes(report):
    """What the feedback says about mistakes that it recognises."""
    return [criterion.note for item in report.items for criterion in item.criteria if criterion.note]


def in_rounds(alternatives):
    """The alternatives in lists that hold at most one for each function."""
    rounds = []
    for alternative in alternatives:
        name = alternative.function_name
        free = next((one for one in rounds if name not in [other.function.__name__ for other in one]), None)
        if free is None:
            rounds.append(free := [])
        free.append(alternative)
    return rounds
