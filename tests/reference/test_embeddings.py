"""Embedding lookup, its sparse gradient, similarity, and vectors from files."""

import numpy as np
import pytest
import torch

from reference.embeddings import (
    cosine_similarity,
    embedding_backward,
    embedding_forward,
    encoding_costs,
    init_embeddings,
    nearest_neighbours,
    one_hot,
    one_hot_distances,
    similar_words,
)
from reference.gradient_check import numerical_gradient, relative_error
from reference.pretrained import load_glove, load_word2vec, pretrained_matrix
from reference.sparse_rows import SparseRows
from reference.text import Vocabulary


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_lookup_is_the_one_hot_product(rng):
    """Catches a lookup of columns, or of the wrong shape."""
    E, ids = rng.normal(size=(7, 3)), rng.integers(0, 7, size=(2, 5))
    assert embedding_forward(E, ids).shape == (2, 5, 3)
    np.testing.assert_allclose(embedding_forward(E, ids), one_hot(ids, 7) @ E, rtol=1e-15)


def test_lookup_returns_a_copy(rng):
    """Catches a view through which a later layer would change the embeddings."""
    E = rng.normal(size=(4, 2))
    before = E.copy()
    embedding_forward(E, np.array([1, 1]))[:] = 0
    np.testing.assert_array_equal(E, before)


@pytest.mark.parametrize("bad", [-1, 4])
def test_an_id_out_of_range_is_named(rng, bad):
    """Catches negative ids that wrap around in silence."""
    with pytest.raises(IndexError, match=rf"ids\[1, 0\] is {bad}, .* 4 rows: valid ids are 0 to 3") as error:
        embedding_forward(rng.normal(size=(4, 2)), np.array([[0, 1], [bad, 2]]))
    assert "\n" not in str(error.value)


def test_ids_must_be_integers(rng):
    """Catches a lookup with probabilities or with words."""
    with pytest.raises(TypeError, match="integers, got float64"):
        embedding_forward(rng.normal(size=(4, 2)), np.array([0.0, 1.0]))
    assert embedding_forward(rng.normal(size=(4, 2)), []).shape == (0, 2)


def test_gradient_accumulates_repeated_tokens(rng):
    """Catches dE[ids] += dOut, which keeps one of the repetitions only."""
    ids = np.array([[3, 3, 1], [3, 0, 1]])
    dOut = rng.normal(size=(2, 3, 4))
    grad = embedding_backward(dOut, ids)
    expected = np.zeros((6, 4))
    np.add.at(expected, ids, dOut)
    assert grad.rows.tolist() == [0, 1, 3]
    np.testing.assert_allclose(grad.to_dense(6), expected, rtol=1e-14)


def test_gradient_agrees_with_central_differences_and_torch(rng):
    """Catches a gradient that is merely plausible."""
    E, ids, weights = rng.normal(size=(5, 3)), np.array([[1, 4, 4], [2, 1, 4]]), rng.normal(size=(2, 3, 3))

    def f(E):
        return float(np.sum(weights * np.sin(embedding_forward(E, ids))))

    grad = embedding_backward(weights * np.cos(embedding_forward(E, ids)), ids)
    assert relative_error(grad.to_dense(5), numerical_gradient(f, E)) < 1e-8
    table = torch.tensor(E, requires_grad=True)
    out = torch.nn.functional.embedding(torch.tensor(ids), table)
    (torch.tensor(weights) * torch.sin(out)).sum().backward()
    np.testing.assert_allclose(grad.to_dense(5), table.grad.numpy(), rtol=1e-14)


def test_gradient_leaves_padding_alone(rng):
    """Catches padding that learns."""
    grad = embedding_backward(rng.normal(size=(1, 3, 2)), np.array([[2, 0, 0]]), padding_id=0)
    assert grad.rows.tolist() == [2]
    nothing = embedding_backward(rng.normal(size=(1, 2, 2)), np.array([[0, 0]]), padding_id=0)
    assert nothing.values.shape == (0, 2)
    with pytest.raises(ValueError, match="shape"):
        embedding_backward(np.ones((2, 2)), np.array([1, 2, 3]))


def test_sparse_rows_add_scale_and_guard(rng):
    """Catches a sum that forgets rows, and repeated rows that an update would drop."""
    a = SparseRows(np.array([0, 2]), rng.normal(size=(2, 3)))
    b = SparseRows(np.array([2, 4]), rng.normal(size=(2, 3)))
    np.testing.assert_allclose((a + 0.5 * b).to_dense(5), a.to_dense(5) + 0.5 * b.to_dense(5))
    with pytest.raises(ValueError, match="accumulate"):
        SparseRows(np.array([2, 2]), np.ones((2, 3)))
    with pytest.raises(ValueError, match="values"):
        SparseRows(np.array([1, 2]), np.ones((3, 3)))


def test_one_hot_vectors_are_all_equally_far():
    """Catches a demonstration that does not demonstrate."""
    distances, cosines = one_hot_distances(30)
    assert distances.shape == (435,)
    np.testing.assert_allclose(distances, np.sqrt(2), rtol=1e-15)
    assert not cosines.any()


def test_encoding_costs_are_those_of_the_arrays(rng):
    """Catches a table of costs that does not match what NumPy allocates."""
    ids = rng.integers(0, 50, size=9)
    costs = encoding_costs(9, 50, 4)
    assert costs["one-hot"]["input_bytes"] == one_hot(ids, 50).nbytes
    assert costs["lookup"]["input_bytes"] == ids.nbytes
    assert costs["one-hot"]["multiplications"] == 9 * 50 * 4


def test_cosine_similarity():
    """Catches a missing normalization, and NaN for a zero vector."""
    A = np.array([[3.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    c = 0.5**0.5
    np.testing.assert_allclose(cosine_similarity(A, A), [[1, c, 0], [c, 1, 0], [0, 0, 0]], atol=1e-15)
    assert cosine_similarity([1, 0], [-2, 0]) == -1


def test_nearest_neighbours():
    """Catches Euclidean neighbours, excluded rows that come back, too great a k, ties in any order."""
    E = np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 1.0], [0.0, 1.0], [-1.0, 0.0]])
    rows, similarities = nearest_neighbours(E, E[1], k=2, exclude=[1])
    assert rows.tolist() == [2, 0]
    assert similarities[0] == pytest.approx(9 / 82**0.5)
    assert len(nearest_neighbours(E, E[1], k=99)[0]) == 5
    assert nearest_neighbours(np.ones((100, 2)), E[1], k=50)[0].tolist() == list(range(50))
    vocabulary = Vocabulary(["good", "fine", "bad"])
    words = similar_words(vocabulary, np.array([[1, 0], [1, 0], *E[1:4]]), "good")
    assert [word for word, _ in words] == ["fine", "bad"]
    with pytest.raises(KeyError, match="'film' is not in the vocabulary"):
        similar_words(vocabulary, E, "film")


def test_random_embeddings(rng):
    """Catches embeddings that are equal for all words, or padding that is not zero."""
    E = init_embeddings(1000, 50, rng)
    assert not E[0].any()
    assert E[1:].std() == pytest.approx(0.1, rel=0.02)
    np.testing.assert_array_equal(E, init_embeddings(1000, 50, np.random.default_rng(0)))


def test_both_formats_are_read(tmp_path):
    """Catches a header read as a word, words with spaces or a non-breaking space, trailing spaces, CRLF."""
    lines = "the 0.1 -2\nat home 3 4e-1 \r\n\u00a0x 5 6\nthe 9 9\n"
    expected = {"the": [0.1, -2], "at home": [3, 0.4], "\u00a0x": [5, 6]}
    (tmp_path / "glove.txt").write_bytes(lines.encode())
    (tmp_path / "w2v.txt").write_bytes(("4 2\n" + lines).encode())
    for vectors in (load_glove(tmp_path / "glove.txt"), load_word2vec(tmp_path / "w2v.txt")):
        assert {word: vector.tolist() for word, vector in vectors.items()} == expected
    assert list(load_glove(tmp_path / "glove.txt", keep={"the", "no"})) == ["the"]


@pytest.mark.parametrize(("load", "content", "message"), [
    (load_glove, b"a 1 2\nb 1\n", "line 2: expected a word and 2 numbers, found 1"),
    (load_glove, b"a 1 2\nb 1 2 3\n", "line 2: expected a word and 2 numbers, found more"),
    (load_glove, b"a 1 2\nb 1 x\n", "line 2: not every value after 'b'"),
    (load_glove, b"a 1 2\nb 1 nan\n", "line 2: .* not finite"),
    (load_glove, b"a 1 2\n\n", "line 2: expected a word"),
    (load_glove, b"a 1 2\n\xff 1 2\n", "line 2: .*UTF-8"),
    (load_glove, b"2 2\na 1 2\n", "line 1: .*use load_word2vec"),
    (load_glove, b"", "line 1: expected a word"),
    (load_word2vec, b"a 1 2\n", "line 1: .*use load_glove"),
    (load_word2vec, b"3 2\na 1 2\n", "promises 3 vectors, but 1 follow"),
    (load_word2vec, b"1 2\na 1\n", "line 2: expected a word and 2 numbers, found 1"),
])
def test_a_bad_line_is_named(tmp_path, load, content, message):
    """Catches files that are read wrongly in silence, or errors that do not say where."""
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_matrix_from_pretrained_vectors(rng):
    """Catches rows that end up at another word, or unknown words left at zero."""
    vocabulary = Vocabulary(["good", "rare", "bad"])
    E, found = pretrained_matrix(vocabulary, {"bad": np.array([1.0, 2.0]), "good": np.array([3.0, 4.0])}, rng)
    assert found.tolist() == [False, False, True, False, True]
    assert E[2].tolist() == [3, 4]
    assert E[4].tolist() == [1, 2]
    assert E[3].any()
    with pytest.raises(ValueError, match="no pre-trained vectors"):
        pretrained_matrix(vocabulary, {}, rng)
