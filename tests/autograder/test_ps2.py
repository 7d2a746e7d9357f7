"""What is special about ps2: mistakes that spoil a training cost once, and what the training is measured to reach."""

import nbformat
import pytest
from kit import mistakes
from submissions import grade_all, lost, reduced, replaced

from autograder.authoring import sample_class
from autograder.grading import files, submission
from autograder.isolation.process import start_zygote

SPOILS_THE_TRAINING = ["adagrad_rows: uphill", "vocabulary: no numbers for <pad> and <unk>"]


@pytest.fixture(scope="module")
def trained(built):
    """Whole notebooks: the report of the model solution, and of each mistake that spoils the training."""
    assignment = built("ps2").assignment("ps2")
    spoilers = [mistake for mistake in mistakes("ps2") if f"{mistake.item}: {mistake.name}" in SPOILS_THE_TRAINING]
    assert len(spoilers) == len(SPOILS_THE_TRAINING)
    right, *wrong = grade_all(assignment, sample_class.solve(assignment), [{}, *map(replaced, spoilers)])
    return right, list(zip(spoilers, wrong, strict=True))


def test_the_model_is_as_good_as_the_exercise_says(trained):
    """Catches thresholds that the model solution reaches by luck, and word vectors that are good before any training."""
    measures = trained[0].measures
    assert measures["accuracy"] > 0.88 and measures["neighbour share"] > 0.95
    assert measures["neighbour share at the start"] < 0.6


def test_a_mistake_that_spoils_the_training_costs_once(trained):
    """Catches points lost for a bad model by those whose model is bad for a reason that has cost already."""
    for mistake, report in trained[1]:
        assert lost(report) == {mistake.item} and not report.problems


@pytest.mark.parametrize("handed_in", [{}, {"toolbox.py": b"raise SystemExit"}], ids=["without", "changed"])
def test_the_toolbox_is_the_one_that_came_along(built, handed_in):
    """Catches points that depend on whether, or how, a student hands the given file in."""
    assignment = built("ps2").assignment("ps2")
    assignment, solved = reduced(assignment, sample_class.solve(assignment))
    theirs = files.Submission("ps2.ipynb", {"ps2.ipynb": nbformat.writes(solved).encode()}, files.OwnFiles(handed_in))
    report, _ = submission.grade_notebook(assignment, start_zygote(), "student", solved, theirs)
    assert {item.id: item.score for item in report.items if item.id == "classifier_backward"} == {"classifier_backward": 7}
