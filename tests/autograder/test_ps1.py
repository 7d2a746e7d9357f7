"""ps1 is graded as it should be: right work in full, every known mistake where it belongs, nothing for nothing."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from autograder import batch, grading, sample_class
from autograder.misconceptions import bank
from autograder.samples.ps1 import CORRECT


@pytest.fixture(scope="module")
def ps1(built_course):
    """The assignment and its solved notebook."""
    assignment = built_course.assignment("ps1")
    return assignment, sample_class.solve(assignment)


def _variants():
    return [*bank("ps1"), *CORRECT]


def _grade_variant(ps1, index):
    assignment, solved = ps1
    variant, student = _variants()[index], f"student-{index}"  # by number: these functions cannot be pickled
    sample = sample_class.Sample(student, {variant.function.__name__: variant.source})
    report, _ = grading.grade_notebook(assignment, batch.start_zygote(), student, _notebook(sample, solved))
    lost = {item.id for item in report.items if item.score < item.points}
    notes = [criterion.note for item in report.items for criterion in item.criteria]
    return lost, notes, report.problems


def _notebook(sample, solved):
    import nbformat

    return nbformat.reads(sample_class.make(sample, solved), as_version=4)


@pytest.fixture(scope="module")
def graded(ps1):
    """Every misconception and every alternative, each as a submission of its own: variant -> (lost, notes, problems)."""
    variants = _variants()
    with ProcessPoolExecutor(batch.cores(), multiprocessing.get_context("fork")) as executor:
        futures = [executor.submit(_grade_variant, ps1, index) for index in range(len(variants))]
        return {id(variant): future.result() for variant, future in zip(variants, futures, strict=True)}


def test_the_model_solution_earns_everything_whoever_hands_it_in(ps1):
    """Catches a test that a correct solution passes only with some random numbers."""
    assignment, solved = ps1
    for student in (f"seed-{i}" for i in range(20)):
        report, _ = grading.grade_notebook(assignment, batch.start_zygote(), student, solved)
        assert report.score == report.points == 94 and not report.problems, student


def test_every_known_mistake_loses_its_item_and_no_other(graded):
    """Catches a hidden test that is blind to a mistake, or that punishes it in somebody else's item."""
    wrong = {f"{m.item}: {m.name}": graded[id(m)][0] for m in bank("ps1") if graded[id(m)][0] != {m.item}}
    assert not wrong


def test_correct_work_written_differently_loses_nothing(graded):
    """Catches a hidden test that wants the reference's code instead of its behaviour."""
    wrong = {f"{c.item}: {c.name}": graded[id(c)][0] for c in CORRECT if graded[id(c)][0]}
    assert not wrong


def test_no_hidden_test_stumbles(graded):
    """Catches an exception inside a test, which would blame the student for the kit's fault."""
    assert not [problem for _, _, problems in graded.values() for problem in problems]


def test_most_mistakes_are_named_in_the_feedback(graded):
    """Catches a bank whose diagnosis has stopped working: nine in ten mistakes are recognised by what they do."""
    named = [m for m in bank("ps1") if m.hint in graded[id(m)][1]]
    assert len(named) >= 0.85 * len(bank("ps1"))
    right = [c for c in CORRECT if any(graded[id(c)][1])]
    assert not right, "notes on correct work"


def test_hidden_tests_give_the_same_result_twice(ps1):
    """Catches a grade that depends on when it was given."""
    assignment, solved = ps1
    sample = sample_class.Sample("x", {"train": "def train(params, X, y, lr, epochs, batch_size, rng):\n"
                                       "    return list(np.random.rand(epochs))"})
    notebook = _notebook(sample, solved)
    first, second = (grading.grade_notebook(assignment, batch.start_zygote(), "x", notebook)[0] for _ in range(2))
    assert first.items == second.items
