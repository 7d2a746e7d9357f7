"""ps3 is graded as it should be: right work in full, every known mistake where it belongs, nothing for nothing."""

import copy

import numpy as np
import pytest
from kit import KIT, kit, mistakes
from submissions import edited, grade, grade_all, grade_sample, in_rounds, lost, notes, replaced

from autograder.authoring import sample_class
from autograder.authoring.expand import expand
from autograder.suites.ps3.alternatives import CORRECT
from autograder.suites.ps3.sample_class import SAMPLES
from reference import exercise3

# What the items of functions do without: the study itself and its figures, which are most of the notebook's time.
STUDY = ("turn = np.array", "problem = load_problem()", "params = init_classifier(400", "results = sweep(", "def median_curve",
         "table = compare(", "fig, (left", "def curvatures")
# Items that do not build on each other: mistakes in all items of a group can be made, and found, in one submission.
GROUPS = (
    ("adam", "torch_steps", "descend", "sgd_rates", "steps_to_target"),
    ("sgd", "momentum", "adamw", "sweep", "compare"),
    ("optimizer_step",),
    ("train",),
)


def _by_item():
    """For each group, for each of its items: the known mistakes."""
    return [[[mistake for mistake in mistakes("ps3") if mistake.item == item] for item in group] for group in GROUPS]


def _without(*beginnings):
    """An edit that empties the code cells with one of these in them."""
    def edit(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code" and any(text in cell.source for text in beginnings):
                cell.source = ""
    return edit


@pytest.fixture(scope="module")
def ps3(built):
    """The assignment and its solved notebook, without the study."""
    assignment = built("ps3").assignment("ps3")
    return edited(assignment, sample_class.solve(assignment), _without(*STUDY))


MISTAKES = [[mistakes[k % len(mistakes)] for mistakes in group] for group in _by_item() for k in range(max(map(len, group)))]
ALTERNATIVES = in_rounds(CORRECT)


@pytest.fixture(scope="module")
def graded(ps3):
    """A report for each of MISTAKES, then one for each of ALTERNATIVES."""
    assignment, solved = ps3[0], copy.deepcopy(ps3[1])
    _without("CLAIMS")(solved)  # measuring them would take longer than all the rest
    return grade_all(assignment, solved, [replaced(*variants) for variants in [*MISTAKES, *ALTERNATIVES]])


def _lost(report):
    return lost(report) - {"claims"}


def test_the_model_solution_earns_everything_whoever_hands_it_in(ps3):
    """Catches a test that a correct solution passes only with some random numbers; the build has graded it once already."""
    report = grade(*ps3, "somebody-else")
    assert report.score == report.points == 82 and not report.problems
    assert 1 < report.measures["sgd: steps to the target"] / report.measures["momentum: steps to the target"] < 5


def test_every_known_mistake_loses_its_item_and_no_other(graded):
    """Catches a hidden test that is blind to a mistake, or that punishes it in somebody else's item."""
    right = [{mistake.item for mistake in mistakes} for mistakes in MISTAKES]
    wrong = [(items, _lost(report)) for items, report in zip(right, graded) if _lost(report) != items]
    assert not wrong
    covered = {item for group in GROUPS for item in group}
    assert covered == {m.item for m in mistakes("ps3")}


def test_correct_work_written_differently_loses_nothing(graded):
    """Catches a hidden test that wants the reference's code instead of its behaviour."""
    reports = graded[len(MISTAKES):]
    assert len(reports) == len(ALTERNATIVES) >= 3
    assert not [_lost(report) for report in reports if _lost(report)] and not [note for report in reports for note in notes(report)]


def test_no_hidden_test_stumbles(graded):
    """Catches an exception inside a test, which would blame the student for the kit's fault."""
    assert not [problem for report in graded for problem in report.problems]


def test_most_mistakes_are_named_in_the_feedback(graded):
    """Catches a bank whose diagnosis has stopped working."""
    said = {note for report in graded for note in notes(report)}
    assert len([m for m in mistakes("ps3") if m.hint in said]) >= 0.8 * len(mistakes("ps3"))


def test_blank_work_earns_nothing_and_made_up_curves_support_no_claim(ps3):
    """Catches points for an untouched notebook, and claims that are measured with a train that only pretends."""
    assignment, solved = ps3
    by_name = {sample.student: sample for sample in SAMPLES}
    for name in ("blank", "made-up-curves"):
        earned = {item.id: item.score for item in grade_sample(assignment, solved, by_name[name]).items}
        assert earned == by_name[name].expected(assignment), name


def test_the_notebook_and_the_reference_agree_on_the_rules():
    """Catches a table in the notebook that is not the one the hidden tests go by."""
    notebook = expand(KIT / "source/ps3/ps3.md", kit().authored)
    source = next(cell.source for cell in notebook.cells if cell.source.startswith("RULES = {"))
    given = eval(source.removeprefix("RULES = "), vars(exercise3).copy())
    assert given == exercise3.RULES


def test_the_shortcut_is_mean_pooling():
    """Catches a text matrix whose product with the embeddings is not the mean of the words' embeddings."""
    texts = ["A dull, dull film", "nothing known here", "It's a film about a film"]
    words = ["dull", "film", "it's"]
    E = np.random.default_rng(0).normal(size=(3, 4))
    pooled = exercise3.mean_one_hot(texts, words) @ E
    np.testing.assert_allclose(pooled, [(2 * E[0] + E[1]) / 3, np.zeros(4), (2 * E[1] + E[2]) / 3])
    assert exercise3.frequent_words(texts, 2, 1) == ["film", "dull"]
