"""ps1 is graded as it should be: right work in full, every known mistake where it belongs, nothing for nothing."""

import pytest
from kit import mistakes
from submissions import grade, grade_variants, lost, notes

from autograder.authoring import sample_class
from autograder.suites.ps1.alternatives import CORRECT


@pytest.fixture(scope="module")
def ps1(built_course):
    """The assignment and its solved notebook."""
    assignment = built_course.assignment("ps1")
    return assignment, sample_class.solve(assignment)


@pytest.fixture(scope="module")
def graded(ps1):
    """Every misconception and every alternative, each as a submission of its own: id(variant) -> report."""
    return grade_variants(*ps1, [*mistakes("ps1"), *CORRECT])


def test_the_model_solution_earns_everything_whoever_hands_it_in(ps1):
    """Catches a test that a correct solution passes only with some random numbers."""
    for student in (f"seed-{i}" for i in range(20)):
        report = grade(*ps1, student)
        assert report.score == report.points == 94 and not report.problems, student


def test_every_known_mistake_loses_its_item_and_no_other(graded):
    """Catches a hidden test that is blind to a mistake, or that punishes it in somebody else's item."""
    wrong = {f"{m.item}: {m.name}": lost(graded[id(m)]) for m in mistakes("ps1") if lost(graded[id(m)]) != {m.item}}
    assert not wrong


def test_correct_work_written_differently_loses_nothing(graded):
    """Catches a hidden test that wants the reference's code instead of its behaviour."""
    wrong = {f"{c.item}: {c.name}": lost(graded[id(c)]) for c in CORRECT if lost(graded[id(c)])}
    assert not wrong


def test_no_hidden_test_stumbles(graded):
    """Catches an exception inside a test, which would blame the student for the kit's fault."""
    assert not [problem for report in graded.values() for problem in report.problems]


def test_most_mistakes_are_named_in_the_feedback(graded):
    """Catches a bank whose diagnosis has stopped working: nine in ten mistakes are recognised by what they do."""
    named = [m for m in mistakes("ps1") if m.hint in notes(graded[id(m)])]
    assert len(named) >= 0.85 * len(mistakes("ps1"))
    right = [c for c in CORRECT if notes(graded[id(c)])]
    assert not right, "notes on correct work"


def test_hidden_tests_give_the_same_result_twice(ps1):
    """Catches a grade that depends on when it was given."""
    functions = {"train": "def train(params, X, y, lr, epochs, batch_size, rng):\n    return list(np.random.rand(epochs))"}
    first, second = (grade(*ps1, "x", functions) for _ in range(2))
    assert first.items == second.items
