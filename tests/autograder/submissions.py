"""Variants of an assignment's model solution, graded: what the tests of all assignments are made of."""

import copy
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import nbformat

from autograder.authoring import sample_class
from autograder.course import batch
from autograder.grading import submission
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


def replaced(*variants):
    """The functions of mistakes or alternatives, as `grade` takes them."""
    return {variant.function_name: variant.source for variant in variants}


def grade_variants(assignment, solved, variants):
    """Every mistake or alternative as a submission of its own: a dict of id(variant) -> report."""
    reports = grade_all(assignment, solved, [replaced(variant) for variant in variants])
    return {id(variant): report for variant, report in zip(variants, reports, strict=True)}


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
