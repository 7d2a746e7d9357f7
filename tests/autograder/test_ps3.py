"""ps3 is graded as it should be: right work in full, every known mistake where it belongs, nothing for nothing."""

import copy
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import nbformat
import numpy as np
import pytest

from autograder import authoring, batch, grading, sample_class
from autograder.assignment import KIT
from autograder.misconceptions import bank
from autograder.process import start_zygote
from autograder.samples.ps3 import CORRECT
from autograder.samples.ps3_class import SAMPLES
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


def _without(notebook, *beginnings):
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code" and any(text in cell.source for text in beginnings):
            cell.source = ""
    return notebook


@pytest.fixture(scope="module")
def ps3(built):
    """The assignment and its solved notebook, and both without the study."""
    assignment = built("ps3").assignment("ps3")
    solved = sample_class.solve(assignment)
    short = copy.copy(assignment)
    short.__dict__["released_notebook"] = _without(assignment.released_notebook, *STUDY)
    return assignment, solved, short, _without(solved, *STUDY)


def _submissions():
    """(functions, items that must be lost): the bank by groups, then the alternatives, the k-th of all functions together."""
    for group in GROUPS:
        mistakes = [[m for m in bank("ps3") if m.item == item] for item in group]
        for k in range(max(map(len, mistakes))):
            chosen = [of_item[k % len(of_item)] for of_item in mistakes]
            yield {m.function.__name__: m.source for m in chosen}, {m.item for m in chosen}
    by_function = {}
    for alternative in CORRECT:
        by_function.setdefault(alternative.function.__name__, []).append(alternative.source)
    for k in range(max(map(len, by_function.values()))):
        yield {name: sources[k % len(sources)] for name, sources in by_function.items()}, set()


def _grade(ps3, number):
    _, _, assignment, solved = ps3
    functions, _ = list(_submissions())[number]
    notebook = nbformat.reads(sample_class.make(sample_class.Sample("x", functions), solved), as_version=4)
    notebook = _without(notebook, "CLAIMS")  # measuring them would take longer than all the rest
    report, _ = grading.grade_notebook(assignment, start_zygote(), f"student-{number}", notebook)
    lost = {item.id for item in report.items if item.score < item.points} - {"claims"}
    return lost, [criterion.note for item in report.items for criterion in item.criteria], report.problems


@pytest.fixture(scope="module")
def graded(ps3):
    """For every submission of `_submissions`: the items lost, the notes, the tests' own failures."""
    numbers = range(len(list(_submissions())))
    with ProcessPoolExecutor(batch.cores(), multiprocessing.get_context("fork")) as executor:
        return list(executor.map(_grade, [ps3] * len(numbers), numbers))


def test_the_model_solution_earns_everything_whoever_hands_it_in(ps3):
    """Catches a test that a correct solution passes only with some random numbers; the build has graded it once already."""
    _, _, assignment, solved = ps3
    report, _ = grading.grade_notebook(assignment, start_zygote(), "somebody-else", solved)
    assert report.score == report.points == 82 and not report.problems
    assert 1 < report.measures["sgd: steps to the target"] / report.measures["momentum: steps to the target"] < 5


def test_every_known_mistake_loses_its_item_and_no_other(graded):
    """Catches a hidden test that is blind to a mistake, or that punishes it in somebody else's item."""
    expected = [lost for _, lost in _submissions()]
    wrong = [(right, lost) for (lost, _, _), right in zip(graded, expected, strict=True) if right and lost != right]
    assert not wrong
    covered = {item for group in GROUPS for item in group}
    assert covered == {m.item for m in bank("ps3")}


def test_correct_work_written_differently_loses_nothing(graded):
    """Catches a hidden test that wants the reference's code instead of its behaviour."""
    expected = [lost for _, lost in _submissions()]
    right = [one for one, lost in zip(graded, expected, strict=True) if not lost]
    assert len(right) >= 3 and not [lost for lost, _, _ in right if lost]
    assert not [note for _, notes, _ in right for note in notes if note]


def test_no_hidden_test_stumbles(graded):
    """Catches an exception inside a test, which would blame the student for the kit's fault."""
    assert not [problem for _, _, problems in graded for problem in problems]


def test_most_mistakes_are_named_in_the_feedback(graded):
    """Catches a bank whose diagnosis has stopped working."""
    said = {note for _, notes, _ in graded for note in notes}
    assert len([m for m in bank("ps3") if m.hint in said]) >= 0.8 * len(bank("ps3"))


def test_blank_work_earns_nothing_and_made_up_curves_support_no_claim(ps3):
    """Catches points for an untouched notebook, and claims that are measured with a train that only pretends."""
    _, _, assignment, solved = ps3
    by_name = {sample.student: sample for sample in SAMPLES}
    for name in ("blank", "made-up-curves"):
        notebook = nbformat.reads(sample_class.make(by_name[name], solved), as_version=4)
        report, _ = grading.grade_notebook(assignment, start_zygote(), name, notebook)
        earned = {item.id: item.score for item in report.items}
        assert earned == by_name[name].expected(assignment), name


def test_the_notebook_and_the_reference_agree_on_the_rules():
    """Catches a table in the notebook that is not the one the hidden tests go by."""
    notebook = authoring.expand(KIT / "source/ps3/ps3.md")
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
