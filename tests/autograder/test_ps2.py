"""ps2 is graded as it should be: right work in full, every known mistake where it belongs, nothing for nothing.

A mistake in a function is graded in a notebook without reviews, trainings and pictures, which leaves the items that those
decide open; some mistakes that spoil a training are graded in the whole notebook.
"""

import copy
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import nbformat
import pytest

from autograder import batch, grading, sample_class
from autograder.misconceptions import bank
from autograder.process import start_zygote
from autograder.samples.ps2 import CORRECT

TRAINED = {"reviews", "word_vectors"}  # items that need the trained model
SPOILS_THE_TRAINING = [("adagrad_rows", "uphill"), ("vocabulary", "no numbers for <pad> and <unk>"),
                       ("train", "the word vectors stay as they are")]


@pytest.fixture(scope="module")
def ps2(built):
    """The assignment and its solved notebook."""
    assignment = built("ps2").assignment("ps2")
    return assignment, sample_class.solve(assignment)


@pytest.fixture(scope="module")
def functions_only(ps2):
    """The same without the cells of the reviews and of what is made of them: solutions, the tools they use, no checks."""
    assignment, solved = (copy.copy(one) for one in ps2)
    tools = [cell for cell in solved.cells if cell.cell_type == "code" and _needed(cell)]
    solved = nbformat.from_dict(solved | {"cells": tools})
    assignment.released_notebook = nbformat.from_dict(assignment.released_notebook | {
        "cells": [cell for cell in assignment.released_notebook.cells if cell.cell_type == "code" and _needed(cell)]})
    return assignment, solved


def _needed(cell):
    """Whether a cell defines functions of the exercise or what they use."""
    nbgrader = cell.metadata.get("nbgrader", {})
    if nbgrader.get("solution"):
        return nbgrader.grade_id != "reviews-solution"
    names = ("import numpy", "def numerical_gradient", "PAD_ID, UNK_ID =", "def init_classifier", "def predict")
    return not nbgrader.get("grade") and any(name in cell.source for name in names)


def _variants():
    return [*bank("ps2"), *CORRECT]


def _grade_variant(graded_in, index):
    assignment, solved = graded_in
    variant, student = _variants()[index], f"student-{index}"  # by number: these functions cannot be pickled
    sample = sample_class.Sample(student, {variant.function.__name__: variant.source})
    notebook = nbformat.reads(sample_class.make(sample, solved), as_version=4)
    report, _ = grading.grade_notebook(assignment, start_zygote(), student, notebook)
    notes = [criterion.note for item in report.items for criterion in item.criteria]
    return {item.id for item in report.items if item.score < item.points}, notes, report.problems


def _grade_variants(graded_in, indices):
    with ProcessPoolExecutor(batch.cores(), multiprocessing.get_context("fork")) as executor:
        futures = {index: executor.submit(_grade_variant, graded_in, index) for index in indices}
        return {index: future.result() for index, future in futures.items()}


@pytest.fixture(scope="module")
def graded(functions_only):
    """Every misconception and every alternative, each as a submission of its own: number -> (lost, notes, problems)."""
    return _grade_variants(functions_only, range(len(_variants())))


def _name(variant):
    return f"{variant.item}: {variant.name}"


def test_the_model_solution_earns_everything_whoever_hands_it_in(ps2):
    """Catches a test that a correct solution passes only with some random numbers."""
    assignment, solved = ps2
    for student in (f"seed-{i}" for i in range(3)):
        report, _ = grading.grade_notebook(assignment, start_zygote(), student, solved)
        assert report.score == report.points == 92 and not report.problems, student
        assert report.measures["accuracy"] > 0.88 and report.measures["neighbour share"] > 0.95
        assert report.measures["neighbour share at the start"] < 0.6


def test_every_known_mistake_loses_its_item_and_no_other(graded):
    """Catches a hidden test that is blind to a mistake, or that punishes it in somebody else's item."""
    wrong = {_name(m): graded[i][0] for i, m in enumerate(bank("ps2")) if graded[i][0] - TRAINED != {m.item} - TRAINED}
    assert not wrong


def test_correct_work_written_differently_loses_nothing(graded):
    """Catches a hidden test that wants the reference's code instead of its behaviour."""
    first = len(bank("ps2"))
    wrong = {_name(c): graded[first + i][0] for i, c in enumerate(CORRECT) if graded[first + i][0] - TRAINED}
    assert not wrong


def test_every_function_has_two_mistakes_and_an_alternative():
    """Catches a function that nobody has tried to get wrong, or to write otherwise."""
    mistakes, others = ([v.function.__name__ for v in variants] for variants in (bank("ps2"), CORRECT))
    assert {name for name in mistakes if mistakes.count(name) >= 2} == set(others) and len(set(others)) == 19


def test_a_mistake_that_spoils_the_training_costs_once(ps2):
    """Catches points lost for a bad model by those whose model is bad for a reason that has cost already."""
    indices = [i for i, m in enumerate(bank("ps2")) if (m.item, m.name) in SPOILS_THE_TRAINING]
    assert len(indices) == len(SPOILS_THE_TRAINING)
    for index, (lost, _, problems) in _grade_variants(ps2, indices).items():
        assert lost == {bank("ps2")[index].item} and not problems


def test_no_hidden_test_stumbles(graded):
    """Catches an exception inside a test, which would blame the student for the kit's fault."""
    assert not [problem for _, _, problems in graded.values() for problem in problems]


def test_most_mistakes_are_named_in_the_feedback(graded):
    """Catches a bank whose diagnosis has stopped working: nine in ten mistakes are recognised by what they do."""
    mistakes = bank("ps2")
    named = [m for i, m in enumerate(mistakes) if m.hint in graded[i][1]]
    assert len(named) >= 0.9 * len(mistakes)
    right = [_name(c) for i, c in enumerate(CORRECT) if any(graded[len(mistakes) + i][1])]
    assert not right, "notes on correct work"
