"""Mean and max pooling, padded and in bags: values, gradients, ties, empty documents."""

import numpy as np
import pytest
import torch

from reference.bags import bag_max_backward, bag_max_forward, bag_mean_backward, bag_mean_forward, flatten
from reference.embeddings import embedding_backward, embedding_forward
from reference.gradient_check import numerical_gradient, relative_error
from reference.pooling import max_pool_backward, max_pool_forward, mean_pool_backward, mean_pool_forward
from reference.text import pad_batch

DOCUMENTS = [[7, 3, 3], [], [5], [3, 5, 2, 7, 7]]


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_values_by_hand():
    """Catches a mean over T instead of n, and a maximum over the filling."""
    X = np.array([[[-1.0, 4.0], [-3.0, 2.0], [99.0, 99.0]]])
    mask = np.array([[True, True, False]])
    assert mean_pool_forward(X, mask).tolist() == [[-2.0, 3.0]]
    out, winners = max_pool_forward(X, mask)
    assert out.tolist() == [[-1.0, 4.0]]
    assert winners.tolist() == [[0, 0]]
    out, winners = max_pool_forward(X[:, ::-1], mask[:, ::-1])  # filling first, then the smaller word
    assert out.tolist() == [[-1.0, 4.0]]
    assert winners.tolist() == [[2, 2]]


def test_what_is_masked_never_matters(rng):
    """Catches 0 * NaN."""
    X, mask = rng.normal(size=(2, 3, 4)), np.array([[True, False, True], [False, False, False]])
    expected = [mean_pool_forward(X, mask), max_pool_forward(X, mask)[0]]
    X[~mask] = np.nan
    np.testing.assert_array_equal(mean_pool_forward(X, mask), expected[0])
    np.testing.assert_array_equal(max_pool_forward(X, mask)[0], expected[1])


def test_empty_documents_pool_to_zero(rng):
    """Catches 0/0, minus infinity, and gradients out of nowhere."""
    X, mask, dOut = rng.normal(size=(1, 2, 3)), np.zeros((1, 2), dtype=bool), rng.normal(size=(1, 3))
    assert not mean_pool_forward(X, mask).any()
    assert not mean_pool_backward(dOut, mask).any()
    out, winners = max_pool_forward(X, mask)
    assert not out.any()
    assert not max_pool_backward(dOut, winners, 2).any()


def test_ties_go_to_the_first_as_in_torch():
    """Catches a tie rule other than the one the docstring states."""
    X = np.array([[[1.0, 5.0], [5.0, 5.0], [5.0, 2.0]]])
    _, winners = max_pool_forward(X, np.ones((1, 3), dtype=bool))
    dX = max_pool_backward(np.ones((1, 2)), winners, 3)
    assert dX.tolist() == [[[0, 1], [1, 0], [0, 0]]]
    twin = torch.tensor(X, requires_grad=True)
    twin.max(dim=1).values.sum().backward()
    np.testing.assert_array_equal(dX, twin.grad.numpy())
    for order in ([0, 1, 2], [2, 1, 0]):
        E = torch.tensor(X[0], requires_grad=True)
        ids, offsets = flatten([order])
        out = torch.nn.functional.embedding_bag(torch.tensor(ids), E, torch.tensor([0]), mode="max")
        out.sum().backward()
        _, winners = bag_max_forward(X[0], ids, offsets)
        np.testing.assert_array_equal(bag_max_backward(np.ones((1, 2)), winners).to_dense(3), E.grad.numpy())


def test_shapes_are_checked(rng):
    """Catches a mask that would broadcast."""
    with pytest.raises(ValueError, match=r"mask \(m, T\)"):
        mean_pool_forward(rng.normal(size=(2, 3, 4)), np.ones((1, 3), dtype=bool))


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_padded_gradient_agrees_with_central_differences(rng, pooling):
    """Catches a backward pass that forgets n, the mask or the winner."""
    X, weights = rng.normal(size=(3, 4, 2)), rng.normal(size=(3, 2))
    mask = np.arange(4) < np.array([[4], [1], [0]])

    def f(X):
        out = mean_pool_forward(X, mask) if pooling == "mean" else max_pool_forward(X, mask)[0]
        return float(np.sum(weights * out))

    dX = mean_pool_backward(weights, mask) if pooling == "mean" else max_pool_backward(
        weights, max_pool_forward(X, mask)[1], 4)
    assert relative_error(dX, numerical_gradient(f, X)) < 1e-8


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_bags_equal_embedding_and_padded_pooling(rng, pooling):
    """Catches the fast way and the readable way drifting apart."""
    E, dOut = rng.normal(size=(9, 4)), rng.normal(size=(4, 4))
    padded, mask = pad_batch(DOCUMENTS)
    ids, offsets = flatten(DOCUMENTS)
    X = embedding_forward(E, padded)
    if pooling == "mean":
        out, bag_out = mean_pool_forward(X, mask), bag_mean_forward(E, ids, offsets)
        dX, bag_grad = mean_pool_backward(dOut, mask), bag_mean_backward(dOut, ids, offsets)
    else:
        (out, winners), (bag_out, bag_winners) = max_pool_forward(X, mask), bag_max_forward(E, ids, offsets)
        dX, bag_grad = max_pool_backward(dOut, winners, padded.shape[1]), bag_max_backward(dOut, bag_winners)
    np.testing.assert_allclose(bag_out, out, atol=1e-15)
    np.testing.assert_allclose(bag_grad.to_dense(9), embedding_backward(dX, padded).to_dense(9), atol=1e-15)
    assert set(bag_grad.rows) <= {2, 3, 5, 7}


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_bags_equal_torch(rng, pooling):
    """Catches a disagreement with EmbeddingBag, empty bags included."""
    E, dOut = rng.normal(size=(9, 4)), rng.normal(size=(4, 4))
    ids, offsets = flatten(DOCUMENTS)
    weight = torch.tensor(E, requires_grad=True)
    out = torch.nn.functional.embedding_bag(torch.tensor(ids), weight, torch.tensor(offsets), mode=pooling,
                                            include_last_offset=True)
    out.backward(torch.tensor(dOut))
    if pooling == "mean":
        mine, grad = bag_mean_forward(E, ids, offsets), bag_mean_backward(dOut, ids, offsets)
    else:
        mine, winners = bag_max_forward(E, ids, offsets)
        grad = bag_max_backward(dOut, winners)
    np.testing.assert_allclose(mine, out.detach().numpy(), atol=1e-15)
    np.testing.assert_allclose(grad.to_dense(9), weight.grad.numpy(), atol=1e-15)


def test_flatten():
    """Catches offsets off by one, float ids from empty documents, and ids of another kind."""
    ids, offsets = flatten(DOCUMENTS)
    assert ids.tolist() == [7, 3, 3, 5, 3, 5, 2, 7, 7]
    assert ids.dtype == np.int64
    assert offsets.tolist() == [0, 3, 3, 4, 9]
    assert flatten([[]])[0].dtype == np.int64
    with pytest.raises(TypeError, match="document 1 "):
        flatten([[1], [0.5]])
    with pytest.raises(TypeError, match="document 0 "):
        flatten([["good"], [1]])


def test_bags_name_an_id_out_of_range(rng):
    """Catches memory read beyond the matrix: the sparse product itself does not check."""
    for forward in (bag_mean_forward, bag_max_forward):
        with pytest.raises(IndexError, match=r"ids\[1\] is 9, .* 9 rows"):
            forward(rng.normal(size=(9, 2)), *flatten([[1, 9]]))
