"""What is special about ps3: claims that are measured again, and a notebook that says the same as the hidden tests."""

import numpy as np
import pytest
from kit import KIT, kit
from submissions import grade, grade_sample, reduced

from autograder.authoring import sample_class
from autograder.authoring.expand import expand
from autograder.suites.ps3.sample_class import SAMPLES
from reference import exercise3


@pytest.fixture(scope="module")
def claims(built):
    """The assignment and its solved notebook, without the study that the claims come from."""
    assignment = built("ps3").assignment("ps3")
    return reduced(assignment, sample_class.solve(assignment), "claims")


def test_momentum_is_measured_to_be_faster(claims):
    """Catches claims that are measured with something else than the student's train, and thresholds of another study."""
    measures = grade(*claims, "somebody-else").measures
    assert 1 < measures["sgd: steps to the target"] / measures["momentum: steps to the target"] < 5


def test_made_up_curves_support_no_claim(claims):
    """Catches claims that are measured with a train that only pretends."""
    sample = next(sample for sample in SAMPLES if sample.student == "made-up-curves")
    assert {item.id: item.score for item in grade_sample(*claims, sample).items} == sample.expected(claims[0])


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
