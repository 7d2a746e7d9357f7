"""Every assignment is graded as it should be: right work in full, every known mistake where it belongs, nothing for nothing.

What there is to check is found, so a new item or a new assignment changes nothing here. Mistakes and alternatives are graded in
a notebook without trainings and pictures, by what the model solution earns there; what does not come out as it should is graded
in the whole notebook, whose word counts.
"""

import ast
from dataclasses import dataclass

import pytest
from kit import kit
from submissions import grade, grade_all, grade_sample, in_rounds, lost, notes, reduced, replaced, trivial

from autograder.authoring import build
from autograder.authoring.sample_class import Sample, make, solve
from autograder.grading import variants
from autograder.grading.report import Report


@pytest.fixture(scope="module", params=kit().authored.assignments)
def exercise(request, built):
    """An assignment and its solved notebook."""
    assignment = built(request.param).assignment(request.param)
    return assignment, solve(assignment)


@pytest.fixture(scope="module")
def unrun(exercise):
    """The two of them with no more than definitions."""
    return reduced(*exercise)


@pytest.fixture(scope="module")
def samples(exercise):
    """The samples of the assignment's class; none if its suite has no class."""
    module = exercise[0].authored.in_suite(exercise[0].name, "sample_class")
    return module.SAMPLES if module else []


@dataclass
class Graded:
    """Variants in the place of model solutions, the items that they should cost, and what grading says."""

    variants: list
    right: set
    report: Report
    lost: set


@pytest.fixture(scope="module")
def graded(exercise, unrun):
    """Each known mistake by itself, then the alternatives, together as far as they are of different functions."""
    chosen = [([mistake], {mistake.item}) for mistake in variants.mistakes(exercise[0])]
    chosen += [(round_of, set()) for round_of in in_rounds(variants.alternatives(exercise[0]))]
    model, *reports = grade_all(*unrun, [{}, *(replaced(*some) for some, _ in chosen)])
    most = {item.id: item.score for item in model.items}
    made = [Graded(*one, report, {item.id for item in report.items if item.score < most[item.id]})
            for one, report in zip(chosen, reports, strict=True)]
    doubtful = [one for one in made if one.lost != one.right]
    for one, report in zip(doubtful, grade_all(*exercise, [replaced(*one.variants) for one in doubtful]), strict=True):
        one.report, one.lost = report, lost(report)
    return made


def test_the_model_solution_earns_everything_whoever_hands_it_in(exercise):
    """Catches a test that a correct solution passes only with some random numbers, or for one id only.

    The build has handed it in as another; each known mistake is handed in by yet another, who must lose no other item.
    """
    report = grade(*exercise, "Grace-Hopper")
    assert not lost(report) and not report.problems


def test_every_known_mistake_loses_its_item_and_no_other(graded):
    """Catches a hidden test that is blind to a mistake, or that punishes it in somebody else's item."""
    wrong = {f"{mistake.item}: {mistake.name}": one.lost for one in graded for mistake in one.variants
             if one.right and one.lost != one.right}
    assert not wrong


def test_correct_work_written_differently_loses_nothing(graded):
    """Catches a hidden test that wants the reference's code instead of its behaviour, and feedback that finds fault with it."""
    for one in graded:
        if not one.right:
            assert not one.lost, [other.name for other in one.variants if other.item in one.lost]
            assert not notes(one.report)


def test_no_hidden_test_stumbles(graded):
    """Catches an exception inside a test, which would blame the student for the kit's fault."""
    assert not [problem for one in graded for problem in one.report.problems]


def test_most_mistakes_are_named_in_the_feedback(graded):
    """Catches a bank whose diagnosis has stopped working, and mistakes that do the same; those in classes are recognised rarely."""
    in_functions = [one for one in graded if one.right and not isinstance(one.variants[0].original, type)]
    named = [one for one in in_functions if one.variants[0].hint in notes(one.report)]
    assert len(named) >= 0.9 * len(in_functions)


def test_the_suite_has_all_that_it_should(exercise):
    """Catches a function that nobody has tried to get wrong or to write otherwise, and a hint that rambles."""
    assert not list(build.what_is_missing(exercise[0]))


def test_blank_work_earns_nothing(exercise, samples):
    """Catches points for an untouched notebook."""
    nothing = dict.fromkeys((item.id for item in exercise[0].items), 0)
    blank = next((one for one in samples if one.student == "blank"), Sample("blank", undone=(), earns=nothing))
    report = grade_sample(*exercise, blank)
    assert {item.id: item.score for item in report.items} == blank.expected(exercise[0]) and not report.problems


@pytest.mark.parametrize("body", [
    "pass", "return {first}", "return {first}, {first}", "return 0.0", "return 1", "return []", "return {{}}",
    "import numpy as np; return np.zeros(np.shape({first}))", "import numpy as np; return np.ones(np.shape({first}))",
    "return [0] * len({first})", "return [{first}, {first}]",
])
def test_functions_that_do_nothing_earn_next_to_nothing(unrun, body):
    """Catches criteria that a constant meets, or what came in, and a hidden test that stumbles over it."""
    report = grade(*unrun, "somebody", edit=trivial(body))
    assert report.score < 0.1 * sum(item.points for item in report.items) and not report.problems


def test_every_sample_can_be_made(exercise, samples):
    """Catches a sample that replaces a function, or edits a cell, that is not there; two of one name; points for no item."""
    assert len({sample.student for sample in samples}) == len(samples)
    items = {item.id for item in exercise[0].items}
    for sample in samples:
        make(sample, *exercise)
        assert all(ast.parse(source).body[-1].name == name for name, source in sample.functions.items()), sample.student
        assert sample.earns.keys() <= items, sample.student
