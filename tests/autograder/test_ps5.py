"""What is special about ps5: hidden labels stay hidden, the leaderboard's names are the students' own, and trainings may end."""

import dataclasses

import nbformat
import numpy as np
import pytest
import torch
from submissions import grade, grade_sample, reduced

from autograder.authoring import sample_class
from autograder.grading import session
from autograder.isolation.outcomes import Outcome
from autograder.suites.ps5 import hidden, pooled
from autograder.suites.ps5.sample_class import SAMPLES, TURNS_ROUND
from reference.datasets.files import generated_splits
from reference.exercise5 import PooledClassifier, build_vocabulary, fit, probabilities_of


@pytest.fixture(scope="module")
def ps5(built):
    """The assignment and its solved notebook."""
    assignment = built("ps5").assignment("ps5")
    return assignment, sample_class.solve(assignment)


def test_a_training_that_runs_out_of_time_costs_its_own_items(ps5):
    """Catches points that are lost with a training that they do not need."""
    assignment, solved = ps5
    hurried = dataclasses.replace(assignment, limits=dataclasses.replace(assignment.limits, cell_seconds=4, call_seconds=4))
    sample = next(sample for sample in SAMPLES if sample.student == "trains-for-ever")
    report = grade_sample(hurried, solved, sample)
    assert report.outcome is Outcome.TIME_LIMIT
    assert {item.id: item.score for item in report.items} == sample.expected(assignment)


def constant(label):
    """Functions of a model that says the same of every text."""
    rows = f"def predict_proba(model, texts):\n    return np.eye(model)[[{label}] * len(texts)]\n"
    return {"train_model": "def train_model(texts, labels, n_classes):\n    return n_classes\n", "predict_proba": rows}


@pytest.fixture(scope="module")
def small(ps5):
    """The same with no text to train on."""
    return reduced(*ps5, "probabilities", "news_accuracy")


def with_models(*sources):
    """An edit that adds cells: one that makes both models from nothing, and those given."""
    def edit(notebook):
        models = "review_model, news_model = train_model([], [], 2), train_model([], [], 4)"
        notebook.cells += [nbformat.v4.new_code_cell(source) for source in (models, *sources)]
    return edit


def test_what_the_grader_sends_depends_on_no_label(small, monkeypatch):
    """Catches hidden labels in the student process: as such, or as the choice of texts that it is asked about."""
    pack, messages = session.Student._pack, []
    monkeypatch.setattr(session.Student, "_pack", lambda self, message: messages.append(pack(self, message)) or messages[-1])
    sent = []
    for label in (0, 1):  # what is a mistake for one model is right for the other
        messages.clear()
        report = grade(*small, "student", constant(label), with_models())
        assert 0.4 < report.measures["accuracy"] < 0.6
        assert {item.id: item.score for item in report.items}["review_accuracy"] == 0
        sent.append(list(messages))
    assert len(sent[0]) > 50 and sent[0] == sent[1]


@pytest.mark.parametrize("name, noted", [("Gradient Descendant", True), ("x" * 1000, True), (None, False), (7, False)])
def test_the_pseudonym_is_noted_if_there_is_one(small, name, noted):
    """Catches a leaderboard without anything to show, and one with somebody on it who did not wish to be."""
    measures = grade(*small, "student", constant(1), with_models(f"LEADERBOARD_NAME = {name!r}")).measures
    assert measures["accuracy"] == measures["news accuracy"] * 2 == 0.5
    assert measures.get("pseudonym") == (name[:200] if noted else None)


def test_a_model_that_remembers_what_it_was_asked_about_gains_nothing(small):
    """Catches a grader that asks twice, or about mistakes only, and so gives labels away."""
    attack = with_models(TURNS_ROUND.replace("set(val_texts)", "set()"))
    report = grade(*small, "student", constant(0), attack)
    assert report.measures["accuracy"] < 0.6
    assert not [item.id for item in report.items if item.id == "review_accuracy" and item.score]


def test_the_mistakes_of_the_pooled_classifier_are_those_that_stand_there():
    """Catches hidden reviews, or a classifier, that were changed while the list of its mistakes stayed."""
    texts, labels, _ = generated_splits("reviews", 1, train=3000, validation=1000)["train"]
    vocabulary = build_vocabulary(texts)
    torch.manual_seed(0)
    classifier = PooledClassifier(len(vocabulary) + 2, n_classes=2)
    fit(classifier, texts, labels, vocabulary, epochs=10)
    found = np.flatnonzero(probabilities_of(classifier, hidden.REVIEWS, vocabulary).argmax(axis=1) != hidden.REVIEW_LABELS)
    # other processors round otherwise, which turns a text or two on the border
    assert len(np.setxor1d(found, pooled.MISTAKES)) <= 10, " ".join(map(str, found))
