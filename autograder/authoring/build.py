"""Builds an assignment: instructor version, release, and entry in the gradebook change together, or nothing does.

Everything is made and checked in a folder apart, with a gradebook of its own. Only then is the course's gradebook brought
to the same contents, in one transaction, while the new folders take the place of the old ones. What belongs together
is sealed: grading refuses parts that were changed since (see `Assignment.check_seal`).
"""

import ast
import contextlib
import importlib.metadata
import math
import pprint
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from autograder import KitError
from autograder.authoring import attachments, leaks, released_check
from autograder.authoring.expand import expand, expand_file, without_instructor_cells
from autograder.course import migration, nbgrader_steps
from autograder.course.replacing import swapped, workshop
from autograder.grading import submission, suite, variants
from autograder.grading.assignment import CHECK, Assignment

_STATED_POINTS = re.compile(r"^#+ .*\((\d+(?:[.,]\d+)?)\s*(?:points?|pts?|Punkte?|Pkt|P)\b", re.MULTILINE | re.IGNORECASE)
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)
_PATIENCE = 5  # times the time that grading gives a cell: a student's laptop may be slow
_HINT = re.compile(r"[^.!?\n]*(\.\w[^.!?\n]*)*[.?]")  # one sentence; a dot within a word ends none


@dataclass(frozen=True)
class Built:
    """What a build made.

    Parameters
    ----------
    assignment : Assignment
    changes : list of str
        What became, or would become, different in the gradebook for students who have handed in.
    missing : list of str
        What the suite lacks to be of the best: known mistakes, alternatives, hints in good form.
    """

    assignment: Assignment
    changes: list
    missing: list


def build(name, course, zygote, say=lambda message: None, announce=lambda changes: None, dry_run=False):
    """Build an assignment into its course.

    Parameters
    ----------
    name : str
    course : course.Course
    zygote : process.Zygote
        Runs the instructor notebook.
    say : callable
        Is told each step.
    announce : callable
        Is told what will change for whom (a list of sentences) before it does, if anything will.
    dry_run : bool
        Make and check everything, and then keep nothing.

    Returns
    -------
    Built

    Raises
    ------
    KitError
        With every reason found, if the assignment must not be released. The course is then as it was.
    """
    authored = course.authored
    source = authored.source(name)
    if not source.exists():
        there = ", ".join([*authored.assignments, *authored.ungraded])
        raise KitError(f"no assignment {name!r}: {source} is missing; there is: {there or 'none'}")
    say("expanding the source")
    _refuse_second_notebook(source)
    notebook = expand(source, authored)
    attachments.attach(notebook, source.name, authored)
    (course.root / "built").mkdir(exist_ok=True)
    with workshop(course.root / "built") as new:
        built, release = new / "source" / name, new / "release" / name
        assignment = Assignment.from_notebook(name, notebook, built, release, authored, course.private, course.secret)
        fail_on(name, _structure_problems(assignment, notebook))
        write_source(source.parent, built, {name: notebook}, course)

        say("writing the release with nbgrader")
        db_url = nbgrader_steps.generate_assignment(course, name, new)
        _write_check(release, assignment)
        others = {one: notebook if one == name else expand(authored.source(one), authored) for one in authored.assignments}
        position = authored.assignments.index(name)
        earlier, from_here = list(others.values())[:position], list(others.values())[position:]
        fail_on(name, [
            *leaks.given_away(notebook, authored, earlier),
            *leaks.own(assignment, notebook),
            *leaks.copied(release, from_here, authored),
        ])
        say("running the instructor notebook against the hidden tests")
        fail_on(name, _instructor_problems(assignment, zygote, notebook))

        notebook.metadata["autograder"]["seal"] = assignment.current_seal()
        nbformat.write(notebook, built / f"{name}.ipynb")
        with Gradebook(db_url) as gradebook:
            wanted = migration.contents(gradebook, name)
        with course.open_gradebook(anew=not dry_run) as gradebook:
            changes = gradebook.changes(name, wanted)
            if changes:
                announce(changes)
            if not dry_run:
                with (
                    swapped([(built, course.source / name), (release, course.release / name)], new),
                    gradebook.rebuilt(name, wanted),
                ):
                    pass
    made = assignment if dry_run else course.assignment(name)
    return Built(made, changes, list(what_is_missing(made)))


def what_is_missing(assignment):
    """What a suite should have beside its tests and has not, or not in good form.

    Two known mistakes for each item with functions of the students' own, so that the tests are tested and feedback can name
    what went wrong; an alternative for each function that has mistakes, so that nothing but the behaviour is tested; hints
    of one sentence.

    Yields
    ------
    str
    """
    known, right = variants.mistakes(assignment), variants.alternatives(assignment)
    if not known:
        yield f"no known mistakes: {assignment.suite}/mistakes.py would test the tests, and name mistakes in the feedback"
        return
    covered = {variant.function_name for variant in right}
    for item in assignment.items:
        own = [mistake for mistake in known if mistake.item == item.id]
        if item.functions and len(own) < 2:
            yield f"{item.id}: {len(own)} known mistakes, of at least 2"
        for function in sorted({mistake.function_name for mistake in own} - covered):
            yield f"{item.id}: no alternative solution of {function}"
    items = {item.id for item in assignment.items}
    for mistake in known:
        if mistake.item not in items:
            yield f"the mistake {mistake.name!r} is of {mistake.item}, which is no item"
        if not _HINT.fullmatch(mistake.hint) or len(mistake.hint) >= 160:
            yield f"{mistake.item}: the hint for {mistake.name!r} should be one sentence of less than 160 characters"


def write_source(folder, target, notebooks, course):
    """Write notebooks and all that comes with them: files of the source's folder, data, requirements.

    Parameters
    ----------
    folder, target : Path
        Where the sources are; what is made, and must not be there.
    notebooks : dict of str to NotebookNode
        By name without suffix.
    course : Course
    """
    target.mkdir(parents=True)
    for path in folder.iterdir():  # the source texts do not go along
        if path.suffix == ".py":
            (target / path.name).write_text(expand_file(path, course.authored)[0], encoding="utf-8")
        elif path.suffix != ".md" and not path.name.startswith(".") and path.name != "__pycache__":
            (shutil.copytree if path.is_dir() else shutil.copy)(path, target / path.name)
    for name, notebook in notebooks.items():
        for corpus, settings in notebook.metadata["autograder"].get("data", {}).items():
            course.authored.write_data(target / "data" / corpus, corpus, settings, f"{name}.md, header, data")
        nbformat.write(notebook, target / f"{name}.ipynb")
    if not (target / "requirements.txt").exists():
        released = [cell.source for notebook in notebooks.values() for cell in without_instructor_cells(notebook).cells
                    if cell.cell_type == "code"]
        helpers = {path.stem: path.read_text(encoding="utf-8") for path in target.rglob("*.py")}
        (target / "requirements.txt").write_text(_requirements(released, helpers), encoding="utf-8")


def _write_check(release, assignment):
    """Put a program beside the released notebook by which students look at theirs before they hand in."""
    cells = {}
    for cell in nbformat.read(release / f"{assignment.name}.ipynb", as_version=4).cells:
        if role := cell.metadata.get("nbgrader"):
            kind = "answer" if role["solution"] else "check" if role["grade"] else "given"
            cells[role["grade_id"]] = kind, released_check.digest(cell.source)
    facts = {"name": assignment.name, "seconds": math.ceil(_PATIENCE * assignment.limits.cell_seconds), "cells": cells}
    facts = pprint.pformat(facts, width=110, sort_dicts=False)
    program = Path(released_check.__file__).read_text(encoding="utf-8")
    (release / CHECK).write_text(program.replace("ASSIGNMENT = {}", f"ASSIGNMENT = {facts}", 1), encoding="utf-8")


def fail_on(name, problems):
    """Raise a KitError that lists the problems, if there are any."""
    problems = list(problems)
    if problems:
        raise KitError(f"{name} must not be released:\n" + "\n".join(f"  - {problem}" for problem in problems))


def _refuse_second_notebook(source):
    others = [
        path.name for path in source.parent.iterdir()
        if path != source and (path.suffix == ".ipynb" or (path.suffix == ".md" and path.name != "README.md"))
    ]
    if others:
        raise KitError(
            f"{source.parent} holds a second notebook, {', '.join(sorted(others))}: an assignment is one notebook, "
            f"{source.name}; give the other a folder of its own"
        )


def _requirements(sources, helpers):
    """What the notebooks import, with the versions that they were built with, as a requirements.txt."""
    wanted = {"jupyterlab", *imported_packages([*sources, *helpers.values()], besides=helpers)}
    lines = [f"{package}=={importlib.metadata.version(package).partition('+')[0]}" for package in sorted(wanted, key=str.lower)]
    return "\n".join(["# Python 3.11 or newer:  pip install -r requirements.txt", *lines]) + "\n"


def imported_packages(sources, besides=()):
    """The packages that Python texts import, by the names under which they are installed (set of str).

    Parameters
    ----------
    sources : iterable of str
    besides : iterable of str
        Modules that come with them.
    """
    names = set()
    for source in sources:
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.partition(".")[0])
    packages = importlib.metadata.packages_distributions()
    return {package for name in names - sys.stdlib_module_names - {*besides} for package in packages.get(name, [])[:1]}


def _structure_problems(assignment, notebook):
    """Items without tests, tests without items, points that do not add up, solution cells of no item."""
    tests = suite.collect(assignment)
    items = {item.id for item in assignment.items}
    for item in sorted(items - tests.keys()):
        yield f"item {item} has no hidden test: none in {assignment.suite} is marked @item(\"{item}\")"
    for item in sorted(tests.keys() - items):
        yield f"the hidden suite tests {item}, which is no item: no cell of the notebook has item=\"{item}\""
    stated = notebook.metadata["autograder"].get("points")
    if stated is not None and assignment.points != stated:
        yield f"the points add up to {assignment.points:g}, not to the {stated:g} that the header states"
    if not assignment.cells:
        yield "nothing earns points: there is no cell with item=\"...\" points=..."
    yield from _heading_problems(notebook)
    grade_ids = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata]
    yield from (f"two cells are called {i}" for i in sorted({i for i in grade_ids if grade_ids.count(i) > 1}))
    for cell in notebook.cells:
        if "item" not in cell.metadata.get("autograder", {}):
            continue
        item = cell.metadata.autograder.item
        if item not in items:
            yield f"a cell solves {item}, which is no item: no cell has item=\"{item}\", or one of the two is misspelt"
        for function in cell.metadata.autograder.functions:
            text = _function_text(cell.source, function)
            begins, ends = text.count("### BEGIN SOLUTION\n"), text.count("### END SOLUTION")
            if begins != ends or begins < 1 or (begins > 1 and not text.startswith("class ")):  # a class: one in each method
                module = cell.metadata.autograder.functions[function]
                yield f"{function} needs one line ### BEGIN SOLUTION and one ### END SOLUTION, in {module}"


def _heading_problems(notebook):
    """Headings that state other points than the items below them have, up to the next heading of their level or above."""
    open_headings = []  # [level, stated, text, points so far]
    for cell in [*notebook.cells, None]:
        if cell is not None and cell.cell_type == "markdown" and "nbgrader" not in cell.metadata:
            for line in re.sub(r"^```.*?^```$", "", cell.source, flags=re.MULTILINE | re.DOTALL).splitlines():
                if heading := _HEADING.match(line):
                    level = len(heading[1])
                    closed = [one for one in open_headings if one[0] >= level]
                    open_headings = [one for one in open_headings if one[0] < level]
                    yield from _misstated(closed)
                    if stated := _STATED_POINTS.match(line):
                        open_headings.append([level, float(stated[1].replace(",", ".")), line, 0.0])
        elif cell is not None and cell.metadata.get("nbgrader", {}).get("grade"):
            for one in open_headings:
                one[3] += cell.metadata.get("autograder", {}).get("bonus", cell.metadata.nbgrader.points)
    yield from _misstated(open_headings)


def _misstated(headings):
    return (f"the heading {line!r} states {stated:g} points, the items below it have {points:g}"
            for _, stated, line, points in headings if stated != points)


def _function_text(source, name):
    """The part of a cell from `def name` to the next function."""
    parts = re.split(r"(?m)^(?=def |class |@)", source)
    return next((part for part in parts if re.match(rf"(def|class) {name}\b", part)), "")


def _instructor_problems(assignment, zygote, notebook):
    """Cells of the instructor notebook that fail, and items that it does not earn in full."""
    report, graded = submission.grade_notebook(assignment, zygote, "instructor", without_instructor_cells(notebook))
    for problem in report.problems:
        yield f"a hidden test fails by itself: {problem.splitlines()[0]}"
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
