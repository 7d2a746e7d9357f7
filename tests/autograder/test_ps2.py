"""ps2 is graded as it should be: right work in full, every known mistake where it belongs, nothing for nothing.

A mistake in a function is graded in a notebook without reviews, trainings and pictures, which leaves the items that those
decide open; some mistakes that spoil a training are graded in the whole notebook.
"""

import pytest
from kit import mistakes
from submissions import edited, grade, grade_all, in_rounds, lost, notes, replaced

from autograder.authoring import sample_class
from autograder.suites.ps2.alternatives import CORRECT

SPOILS_THE_TRAINING = [("adagrad_rows", "uphill"), ("vocabulary", "no numbers for <pad> and <unk>")]


@pytest.fixture(scope="module")
def ps2(built):
    """The assignment and its solved notebook."""
    assignment = built("ps2").assignment("ps2")
    return assignment, sample_class.solve(assignment)


@pytest.fixture(scope="module")
def functions_only(ps2):
    """The same without the cells of the reviews and of what is made of them: solutions, the tools they use, no checks."""
    return edited(*ps2, _reduce)


def _reduce(notebook):
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code" and _needed(cell)]
    for cell in notebook.cells:  # scikit-learn takes longer to load than everything else here takes to run
        cell.source = "\n".join(line for line in cell.source.splitlines() if not line.startswith("from sklearn"))


def _needed(cell):
    """Whether a cell defines functions of the exercise or what they use."""
    nbgrader = cell.metadata.get("nbgrader", {})
    if nbgrader.get("solution"):
        return nbgrader.grade_id != "reviews-solution"
    names = ("import numpy", "def numerical_gradient", "PAD_ID, UNK_ID =", "def init_classifier", "def predict")
    return not nbgrader.get("grade") and any(name in cell.source for name in names)


@pytest.fixture(scope="module")
def graded(functions_only):
    """The model solution, each known mistake by itself, the rounds of alternatives: a list of reports."""
    wrong = [replaced(mistake) for mistake in mistakes("ps2")]
    return grade_all(*functions_only, [{}, *wrong, *(replaced(*one) for one in in_rounds(CORRECT))])


def spoilt(report, model):
    """The items that earn less than in the model solution, reduced like it."""
    return {item.id for item, right in zip(report.items, model.items, strict=True) if item.score < right.score}


def test_the_model_solution_earns_everything_whoever_hands_it_in(ps2):
    """Catches a test that a correct solution passes only with some random numbers."""
    for student in ("seed-0", "seed-1"):
        report = grade(*ps2, student)
        assert report.score == report.points == 92 and not report.problems, student
        assert report.measures["accuracy"] > 0.88 and report.measures["neighbour share"] > 0.95
        assert report.measures["neighbour share at the start"] < 0.6


def test_every_known_mistake_loses_its_item_and_no_other(graded):
    """Catches a hidden test that is blind to a mistake, or that punishes it in somebody else's item."""
    spoilt_by = {m: spoilt(report, graded[0]) for m, report in zip(mistakes("ps2"), graded[1:])}
    wrong = {f"{m.item}: {m.name}": items for m, items in spoilt_by.items() if items != {m.item}}
    assert not wrong


def test_correct_work_written_differently_loses_nothing(graded):
    """Catches a hidden test that wants the reference's code instead of its behaviour."""
    rounds = in_rounds(CORRECT)
    for alternatives, report in zip(rounds, graded[-len(rounds):]):
        items = spoilt(report, graded[0])
        assert not items, [alternative.name for alternative in alternatives if alternative.item in items]
        assert not notes(report), "notes on correct work"


def test_every_function_has_two_mistakes_and_an_alternative():
    """Catches a function that nobody has tried to get wrong, or to write otherwise."""
    wrong, others = ([v.function_name for v in variants] for variants in (mistakes("ps2"), CORRECT))
    assert {name for name in wrong if wrong.count(name) >= 2} == set(others) and len(set(others)) == 20


def test_a_mistake_that_spoils_the_training_costs_once(ps2):
    """Catches points lost for a bad model by those whose model is bad for a reason that has cost already."""
    spoilers = [mistake for mistake in mistakes("ps2") if (mistake.item, mistake.name) in SPOILS_THE_TRAINING]
    assert len(spoilers) == len(SPOILS_THE_TRAINING)
    for mistake, report in zip(spoilers, grade_all(*ps2, [replaced(mistake) for mistake in spoilers]), strict=True):
        assert lost(report) == {mistake.item} and not report.problems


def test_no_hidden_test_stumbles(graded):
    """Catches an exception inside a test, which would blame the student for the kit's fault."""
    assert not [problem for report in graded for problem in report.problems]


def test_most_mistakes_are_named_in_the_feedback(graded):
    """Catches a bank whose diagnosis has stopped working: nine in ten mistakes are recognised by what they do."""
    known = mistakes("ps2")
    named = [m for m, report in zip(known, graded[1:]) if m.hint in notes(report)]
    assert len(named) >= 0.9 * len(known)
