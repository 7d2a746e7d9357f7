"""ps5 is graded as it should be: right work in full, known mistakes where they belong, and hidden labels stay hidden.

Most submissions here are reduced to what they are about: a full one trains two models.
"""

import dataclasses

import nbformat
import pytest
from kit import mistakes
from submissions import edited, grade, grade_variants, lost, notes

from autograder.authoring import sample_class
from autograder.grading import session
from autograder.isolation.outcomes import Outcome
from autograder.suites.ps5.alternatives import CORRECT, MODELS, PREDICTIONS
from autograder.suites.ps5.sample_class import SAMPLES, TURNS_ROUND

FUNCTIONS = ("confusion", "precision_recall", "standard_error", "misclassified", "telling_words", "categorise", "error_rates",
             "paired_bootstrap", "most_confused")
TRAINED = ("probabilities", "review_accuracy", "news_accuracy")


@pytest.fixture(scope="module")
def ps5(built):
    """The assignment and its solved notebook; the build has refused it unless the model solution earns everything."""
    assignment = built("ps5").assignment("ps5")
    return assignment, sample_class.solve(assignment)


@pytest.fixture(scope="module")
def small(ps5):
    """The same, reduced to what functions need: no training, no plots, no visible checks."""
    return reduced(*ps5, {f"{item}-solution" for item in FUNCTIONS})


def reduced(assignment, solved, wanted):
    """An assignment and a solved notebook of the first cell, the tools and the wanted cells alone."""
    def reduce(notebook):
        tools = [cell.metadata.nbgrader.grade_id for cell in notebook.cells
                 if "def tokenize" in cell.source and "nbgrader" in cell.metadata]
        notebook.cells = [cell for cell in notebook.cells
                          if cell.metadata.get("nbgrader", {}).get("grade_id") in {"given-1", *tools, *wanted}]

    return edited(assignment, solved, reduce)


@pytest.fixture(scope="module")
def graded(small):
    """Every misconception and every alternative, each as a submission of its own: id(variant) -> report."""
    return grade_variants(*small, [*mistakes("ps5"), *CORRECT])


def test_the_functions_earn_everything_whoever_hands_them_in(small):
    """Catches a test that a correct solution passes only with some random numbers."""
    for student in (f"seed-{i}" for i in range(6)):
        report = grade(*small, student)
        assert not lost(report, FUNCTIONS) and not report.problems, student


def test_every_known_mistake_loses_its_item_and_no_other(graded):
    """Catches a hidden test that is blind to a mistake, or that punishes it in somebody else's item."""
    wrong = {f"{m.item}: {m.name}": lost(graded[id(m)], FUNCTIONS) for m in mistakes("ps5")
             if lost(graded[id(m)], FUNCTIONS) != {m.item}}
    assert not wrong


def test_correct_work_written_differently_loses_nothing(graded):
    """Catches a hidden test that wants the reference's code instead of its behaviour."""
    wrong = {f"{c.item}: {c.name}": lost(graded[id(c)], FUNCTIONS) for c in CORRECT if lost(graded[id(c)], FUNCTIONS)}
    assert not wrong and {c.item for c in CORRECT} == set(FUNCTIONS)


def test_no_hidden_test_stumbles(graded):
    """Catches an exception inside a test, which would blame the student for the kit's fault."""
    assert not [problem for report in graded.values() for problem in report.problems]


def test_most_mistakes_are_named_in_the_feedback(graded):
    """Catches a bank whose diagnosis has stopped working."""
    named = [m for m in mistakes("ps5") if m.hint in notes(graded[id(m)])]
    assert len(named) >= 0.85 * len(mistakes("ps5"))
    assert not [c for c in CORRECT if notes(graded[id(c)])], "notes on correct work"


def test_a_training_that_runs_out_of_time_costs_its_own_items(ps5):
    """Catches points that are lost with a training that they do not need."""
    assignment, solved = ps5
    hurried = dataclasses.replace(assignment, limits=dataclasses.replace(assignment.limits, cell_seconds=4, call_seconds=4))
    report = grade(hurried, solved, "endless", {"train_model": MODELS["trains for ever"]})
    assert report.outcome is Outcome.TIME_LIMIT and lost(report) == set(TRAINED)
    assert not any(item.score for item in report.items if item.id in TRAINED)


def constant(label):
    """Functions of a model that says the same of every text."""
    rows = f"def predict_proba(model, texts):\n    return np.eye(model)[[{label}] * len(texts)]\n"
    return {"train_model": "def train_model(texts, labels, n_classes):\n    return n_classes\n", "predict_proba": rows}


def with_models(ps5):
    """The small notebook with models made from nothing."""
    assignment, solved = ps5
    wanted = {f"{item}-solution" for item in (*FUNCTIONS, "probabilities", "news_accuracy")}
    wanted |= {cell.metadata.nbgrader.grade_id for cell in solved.cells
               if "def predict(" in cell.source or "def news_proba(" in cell.source}

    def edit(notebook):
        data = "train_texts, train_labels = ['a film'], np.array([0])\nnews_texts, news_labels = ['a match'], np.array([1])"
        notebook.cells.insert(0, nbformat.v4.new_code_cell("import numpy as np\n" + data))

    return *reduced(assignment, solved, wanted), edit


def test_what_the_grader_sends_depends_on_no_label(ps5, monkeypatch):
    """Catches hidden labels in the student process: as such, or as the choice of texts that it is asked about."""
    assignment, solved, edit = with_models(ps5)
    pack, messages = session.Student._pack, []
    monkeypatch.setattr(session.Student, "_pack", lambda self, message: messages.append(pack(self, message)) or messages[-1])
    sent = []
    for label in (0, 1):  # what is a mistake for one model is right for the other
        messages.clear()
        report = grade(assignment, solved, "student", constant(label), edit)
        assert 0.4 < report.measures["accuracy"] < 0.6
        assert {item.id: item.score for item in report.items}["review_accuracy"] == 0
        sent.append(list(messages))
    assert len(sent[0]) > 50 and sent[0] == sent[1]


@pytest.mark.parametrize("name, noted", [("Gradient Descendant", True), ("x" * 1000, True), (None, False), (7, False)])
def test_the_pseudonym_is_noted_if_there_is_one(ps5, name, noted):
    """Catches a leaderboard without anything to show, and one with somebody on it who did not wish to be."""
    assignment, solved, edit = with_models(ps5)

    def named(notebook):
        edit(notebook)
        notebook.cells.append(nbformat.v4.new_code_cell(f"LEADERBOARD_NAME = {name!r}"))

    measures = grade(assignment, solved, "student", constant(1), named).measures
    assert measures["accuracy"] == measures["news accuracy"] * 2 == 0.5
    assert measures.get("pseudonym") == (name[:200] if noted else None)


def test_a_model_that_remembers_what_it_was_asked_about_gains_nothing(ps5):
    """Catches a grader that asks twice, or about mistakes only, and so gives labels away."""
    assignment, solved, edit = with_models(ps5)

    def attack(notebook):
        edit(notebook)
        notebook.cells.append(nbformat.v4.new_code_cell(TURNS_ROUND.replace("set(val_texts)", "set()")))

    report = grade(assignment, solved, "student", constant(0), attack)
    assert report.measures["accuracy"] < 0.6
    assert not [item.id for item in report.items if item.id == "review_accuracy" and item.score]


def test_models_and_samples_are_what_they_are_called():
    """Catches a sample that names a model that is not there, and two samples of one name."""
    assert set(PREDICTIONS) - set(MODELS) == {"dropout left on", "logits for probabilities"}
    assert len({sample.student for sample in SAMPLES}) == len(SAMPLES)
