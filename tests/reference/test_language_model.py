"""The language models: contexts by hand, counts by hand, gradients by central differences."""

import math

import numpy as np
import pytest

from reference.gradient_check import numerical_gradient, relative_error
from reference.language_model import (
    CountedLanguageModel,
    NeuralLanguageModel,
    contexts_and_targets,
    perplexity,
    witten_bell,
)
from reference.sparse_rows import SparseRows

V = 7


def test_contexts_by_hand():
    """Catches contexts that reach into the text before, or that contain the word to be predicted."""
    X, y = contexts_and_targets([[2, 3, 4], [], [5]], 3)
    assert X.tolist() == [[0, 0], [0, 2], [2, 3], [0, 0]] and y.tolist() == [2, 3, 4, 5]
    X, y = contexts_and_targets([[2, 3]], 1)
    assert X.shape == (2, 0) and y.tolist() == [2, 3]
    with pytest.raises(ValueError, match="at least 1"):
        contexts_and_targets([[2]], 0)


@pytest.mark.parametrize("n", [2, 3])
def test_gradients(n):
    """Catches embeddings that come apart in another order backward, and repeated words that do not add up."""
    rng = np.random.default_rng(n)
    model = NeuralLanguageModel(V, n, rng, embed_dim=3, hidden=5)
    X, y = rng.integers(0, V, size=(8, n - 1)), rng.integers(0, V, size=8)
    X[0] = X[1] = 4
    _, grads, logits = model.loss_and_grads(X, y)
    assert logits.shape == (8, V) and isinstance(grads["E"], SparseRows)
    grads["E"] = grads["E"].to_dense(V)
    for name, theta in model.params.items():
        def loss(value, name=name, theta=theta):
            model.params[name] = value
            result = model.loss(model.logits(X), y)
            model.params[name] = theta
            return result

        numerical = numerical_gradient(loss, theta)
        assert relative_error(grads[name] + 1, numerical + 1) < 1e-8, name


def test_order_of_the_context_counts():
    """Catches pooling: two words in another order have to give another prediction."""
    model = NeuralLanguageModel(V, 3, np.random.default_rng(0))
    assert np.abs(model.logits(np.array([[2, 3]])) - model.logits(np.array([[3, 2]]))).max() > 0.01


@pytest.mark.parametrize("n", [2, 3])
def test_probabilities_sum_to_one(n):
    """Catches smoothing that gives away more than it took, and a softmax over the wrong axis."""
    rng = np.random.default_rng(0)
    X, y = contexts_and_targets([rng.integers(1, V, size=20) for _ in range(3)], n)
    words = np.arange(V)
    models = CountedLanguageModel(X, y, V), NeuralLanguageModel(V, n, rng)
    for history in (X[5], np.full(n - 1, V - 1), X[0]):
        for model in models:
            log_p = model.log_probabilities(np.tile(history, (V, 1)), words)
            assert np.exp(log_p).sum() == pytest.approx(1)


def test_neural_log_probabilities_are_the_loss():
    """Catches batches that are cut or ordered wrongly."""
    rng = np.random.default_rng(0)
    model = NeuralLanguageModel(V, 2, rng)
    X, y = rng.integers(0, V, size=(23, 1)), rng.integers(0, V, size=23)
    whole = model.log_probabilities(X, y)
    assert -whole.mean() == pytest.approx(model.loss(model.logits(X), y))
    np.testing.assert_allclose(model.log_probabilities(X, y, batch_size=5), whole)


def test_counts_by_hand():
    """Catches a fallback with the wrong history or weight, and kinds that are counted as often as they occur."""
    X, y = contexts_and_targets([[2, 3, 2, 3, 4]], 2)
    model = CountedLanguageModel(X, y, V)

    def p(history, word):
        return float(np.exp(model.log_probabilities(np.array([[history]]), np.array([word])))[0])

    unigram = {2: 3 / 12, 3: 3 / 12, 4: 2 / 12, 5: 1 / 12}  # (count + 1) / (5 + 7)
    assert p(2, 3) == pytest.approx((2 + 1 * unigram[3]) / (2 + 1))  # 3 alone has followed 2, twice
    assert p(3, 4) == pytest.approx((1 + 2 * unigram[4]) / (2 + 2))
    assert p(3, 5) == pytest.approx(2 * unigram[5] / 4)
    assert p(5, 2) == pytest.approx(unigram[2])  # a history that never occurred
    assert model.seen(np.array([[2], [3], [5]]), np.array([3, 5, 2])).tolist() == [True, False, False]


def test_the_table_of_pairs_is_the_model_with_one_word_before():
    """Catches rows for columns, and a division by zero where nothing has ever followed a word."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, V - 1, size=(40, 1)), rng.integers(0, V, size=40)  # nothing follows the last word
    counts = np.zeros((V, V))
    np.add.at(counts, (X[:, 0], y), 1)
    now, following = np.indices((V, V)).reshape(2, -1)
    expected = CountedLanguageModel(X, y, V).log_probabilities(now[:, None], following)
    np.testing.assert_allclose(np.log(witten_bell(counts)).ravel(), expected)


def test_trigram_falls_back_to_the_word_before():
    """Catches a fallback that forgets the nearer word and keeps the farther one."""
    X, y = contexts_and_targets([[2, 3, 4], [5, 3, 4]], 3)
    model = CountedLanguageModel(X, y, V)
    unigram = (2 + 1) / (6 + 7)
    bigram = (2 + 1 * unigram) / (2 + 1)  # 4 follows 3 both times
    p = np.exp(model.log_probabilities(np.array([[6, 3]]), np.array([4])))[0]  # "6 3" never occurred
    assert p == pytest.approx(bigram)
    p = np.exp(model.log_probabilities(np.array([[2, 3]]), np.array([4])))[0]
    assert p == pytest.approx((1 + 1 * bigram) / (1 + 1))


def test_perplexity():
    """Catches the wrong base, the wrong sign, a sum instead of a mean."""
    assert perplexity([math.log(1 / 50)] * 3) == pytest.approx(50)
    assert perplexity(np.log([0.5, 0.125])) == pytest.approx(4)


def test_bad_arguments():
    """Catches a model that would be made but could not work."""
    with pytest.raises(ValueError, match="at least 2"):
        NeuralLanguageModel(V, 1, np.random.default_rng(0))
