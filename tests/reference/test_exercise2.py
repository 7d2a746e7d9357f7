"""Exercise 2's light functions against the modules that do the same with every argument checked, and against PyTorch."""

import numpy as np
import pytest
import torch

from reference import embeddings, exercise2, pooling, text
from reference.classifier import TextClassifier
from reference.figures.projection import principal_axes

DOCUMENTS = [np.array([7, 3, 3]), np.array([], dtype=int), np.array([5]), np.array([3, 5, 2, 7, 7])]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_vocabulary_and_encoding_are_those_of_the_vocabulary_class():
    """Catches numbers that differ between exercise and lecture."""
    texts = [text.tokenize(line) for line in ("The ghost, the cellar!", "A ghost and a story", "A story; the end")]
    for min_count in (1, 2):
        vocabulary = exercise2.build_vocabulary(texts, min_count)
        theirs = text.Vocabulary.build(texts, min_count)
        assert list(vocabulary) == theirs.tokens and list(vocabulary.values()) == list(range(len(theirs)))
        for ours, other in zip(exercise2.encode([*texts, []], vocabulary), theirs.encode_all([*texts, []])):
            assert ours.dtype.kind == "i" and np.array_equal(ours, other)


@pytest.mark.parametrize("documents", [DOCUMENTS, DOCUMENTS[:1], [DOCUMENTS[1]] * 2])
def test_padding_is_that_of_the_text_module(documents):
    """Catches a rectangle without columns, and filling that counts."""
    for ours, other in zip(exercise2.pad_batch(documents), text.pad_batch(documents)):
        assert ours.dtype.kind == other.dtype.kind and np.array_equal(ours, other)


def test_embedding_layer_is_that_of_the_embedding_module(rng):
    """Catches a gradient that forgets repetitions, and a sparse one that is not the dense one's rows."""
    ids, mask = exercise2.pad_batch(DOCUMENTS)
    E, dOut = rng.normal(size=(9, 4)), rng.normal(size=(*ids.shape, 4))
    np.testing.assert_array_equal(exercise2.embedding_forward(E, ids), embeddings.embedding_forward(E, ids))
    np.testing.assert_array_equal(exercise2.one_hot(ids, 9), embeddings.one_hot(ids, 9))
    full = embeddings.embedding_backward(dOut, ids)
    np.testing.assert_allclose(exercise2.embedding_backward(dOut, ids, 9), full.to_dense(9), atol=1e-15)
    rows, values = exercise2.sparse_gradient(dOut, ids, mask)
    words = embeddings.embedding_backward(dOut, ids, padding_id=text.PAD_ID)
    assert np.array_equal(rows, words.rows)
    np.testing.assert_allclose(values, words.values, atol=1e-15)


def test_pooling_is_that_of_the_pooling_module(rng):
    """Catches the light versions drifting apart from the careful ones."""
    _, mask = exercise2.pad_batch(DOCUMENTS)
    X, dOut = rng.normal(size=(*mask.shape, 3)), rng.normal(size=(4, 3))
    np.testing.assert_allclose(exercise2.mean_pool_forward(X, mask), pooling.mean_pool_forward(X, mask), atol=1e-15)
    np.testing.assert_allclose(exercise2.mean_pool_backward(dOut, mask), pooling.mean_pool_backward(dOut, mask), atol=1e-15)
    (out, winners), expected = exercise2.max_pool_forward(X, mask), pooling.max_pool_forward(X, mask)
    np.testing.assert_array_equal(out, expected[0])
    np.testing.assert_array_equal(winners, expected[1])
    np.testing.assert_array_equal(exercise2.max_pool_backward(dOut, winners, mask.shape[1]),
                                  pooling.max_pool_backward(dOut, winners, mask.shape[1]))


@pytest.mark.parametrize("how", ["mean", "max"])
def test_classifier_is_that_of_the_lecture(rng, how):
    """Catches other logits or gradients than those of TextClassifier, which is checked against central differences."""
    params = exercise2.init_classifier(9, 4, 6, rng)
    twin = TextClassifier(params["E"], 2, rng, hidden=6, pooling=how, dropout=0.0)
    for name, value in params.items():
        twin.params[name][...] = value
    y = np.array([1, 0, 0, 1])
    _, expected, expected_logits = twin.loss_and_grads(DOCUMENTS, y)
    logits, cache = exercise2.classifier_forward(params, *exercise2.pad_batch(DOCUMENTS), how)
    np.testing.assert_allclose(logits, expected_logits, atol=1e-14)
    grads = exercise2.classifier_backward(params, cache, exercise2.bce_from_logits_grad(logits, y[:, None]), how)
    dense = np.zeros((9, 4))
    dense[grads["E"][0]] = grads["E"][1]
    np.testing.assert_allclose(dense, expected["E"].to_dense(9), atol=1e-15)
    for name in ("W1", "b1", "W2", "b2"):
        np.testing.assert_allclose(grads[name], expected[name], atol=1e-15)


def test_adagrad_is_that_of_pytorch_on_the_rows_and_nothing_elsewhere(rng):
    """Catches a wrong order of adding and dividing, and a step that touches other rows."""
    theta, G, rows = rng.normal(size=(6, 3)), np.zeros((6, 3)), np.array([1, 4])
    before = theta.copy()
    twin = torch.tensor(theta[rows], requires_grad=True)
    optimizer = torch.optim.Adagrad([twin], lr=0.1, eps=1e-8)
    for _ in range(3):
        values = rng.normal(size=(2, 3))
        exercise2.adagrad_rows(theta, G, rows, values, 0.1, eps=1e-8)
        twin.grad = torch.tensor(values)
        optimizer.step()
    np.testing.assert_allclose(theta[rows], twin.detach().numpy(), rtol=1e-12)
    others = [0, 2, 3, 5]
    assert np.array_equal(theta[others], before[others]) and not G[others].any()


def test_principal_components_are_those_of_the_figures(rng):
    """Catches coordinates along other axes, and shares that are not of the variance."""
    X = rng.normal(size=(20, 5)) * [5.0, 3.0, 1.0, 0.5, 0.2] + 7.0
    coordinates, shares = exercise2.pca(X, 2)
    axes, expected = principal_axes(X)
    np.testing.assert_allclose(np.abs(coordinates), np.abs((X - X.mean(axis=0)) @ axes.T), atol=1e-12)
    np.testing.assert_allclose(shares, expected)


def test_same_class_share_counts_pairs_and_not_the_word_itself():
    """Catches a word that is its own neighbour, and neighbours by distance."""
    vectors = np.array([[1.0, 0.0], [9.0, 1.0], [0.0, 2.0], [0.1, 1.0]])
    assert exercise2.same_class_share(vectors, ["a", "a", "b", "b"], 1) == 1.0
    assert exercise2.same_class_share(vectors, ["a", "b", "a", "b"], 1) == 0.0
    assert exercise2.same_class_share(vectors, ["a", "a", "b", "b"], 3) == pytest.approx(1 / 3)
