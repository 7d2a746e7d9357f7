"""Dropout, the L2 penalty against decoupled weight decay, early stopping."""

import numpy as np
import pytest

from reference.gradient_check import numerical_gradient, relative_error
from reference.regularization import (
    EarlyStopping,
    compare_l2_and_decay,
    dropout_backward,
    dropout_forward,
    l2_gradient,
    l2_penalty,
)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_dropout_keeps_the_mean_and_the_rate(rng):
    """Catches a missing 1/(1-p), and p taken for the probability of keeping."""
    out, mask = dropout_forward(np.ones((1000, 200)), 0.3, rng)
    assert set(np.unique(out)) == {0.0, 1 / 0.7}
    assert (out == 0).mean() == pytest.approx(0.3, abs=0.01)  # 10 standard deviations
    assert out.mean() == pytest.approx(1, abs=0.015)
    np.testing.assert_array_equal(out, mask)


def test_dropout_does_nothing_in_evaluation(rng):
    """Catches dropout that is left on, and scaling a second time at test time."""
    A = rng.normal(size=(3, 4))
    out, mask = dropout_forward(A, 0.9, None, training=False)
    np.testing.assert_array_equal(out, A)
    np.testing.assert_array_equal(mask, 1)
    np.testing.assert_array_equal(dropout_forward(A, 0.0, rng)[0], A)


def test_dropout_gradient(rng):
    """Catches a backward pass with another mask, or without the scale."""
    A, weights = rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
    _, mask = dropout_forward(A, 0.4, np.random.default_rng(7))

    def f(A):
        return float(np.sum(weights * dropout_forward(A, 0.4, np.random.default_rng(7))[0] ** 2))

    grad = dropout_backward(weights * 2 * (A * mask), mask)
    assert relative_error(grad, numerical_gradient(f, A)) < 1e-7


@pytest.mark.parametrize("p", [-0.1, 1.0, float("nan")])
def test_dropout_probability_out_of_range(rng, p):
    """Catches p = 1, which divides by zero."""
    with pytest.raises(ValueError, match="probability"):
        dropout_forward(np.ones(3), p, rng)


def test_l2_gradient(rng):
    """Catches a missing 2, and penalized biases or embeddings."""
    params = {"W1": rng.normal(size=(3, 2)), "b1": rng.normal(size=3), "E": rng.normal(size=(4, 2))}
    grads = l2_gradient(params, 0.1)
    assert list(grads) == ["W1"]
    assert relative_error(grads["W1"], numerical_gradient(lambda W: l2_penalty({**params, "W1": W}, 0.1),
                                                          params["W1"])) < 1e-7


def test_l2_and_decay_coincide_for_sgd_only(rng):
    """Catches a demonstration that shows the opposite of what it says."""
    differences = compare_l2_and_decay(steps=50, lr=0.01, strength=0.1, rng=rng)
    assert differences["sgd"] < 1e-13
    assert differences["adam"] > 1e-3


def test_early_stopping_waits_and_restores():
    """Catches patience off by one, a best copy that follows the weights, and arrays replaced in restoring."""
    stopping, W = EarlyStopping(patience=2), np.zeros(1)
    params = {"W1": W}
    answers = []
    for epoch, loss in enumerate([3.0, 1.0, 2.0, 1.0], start=1):
        W[:] = epoch
        answers.append(stopping.update(loss, params))
    assert answers == [False, False, False, True]
    assert (stopping.best_epoch, stopping.best_loss) == (2, 1.0)
    stopping.restore(params)
    assert params["W1"] is W
    assert W[0] == 2
    stopping.reset()
    assert stopping.best_epoch is None


def test_early_stopping_with_nan_and_min_delta():
    """Catches NaN that counts as the best loss, and improvements too small to matter."""
    stopping, params = EarlyStopping(patience=2, min_delta=0.1), {"W1": np.ones(1)}
    assert not stopping.update(float("nan"), params)
    stopping.restore(params)
    assert params["W1"][0] == 1
    assert not stopping.update(1.0, params)
    assert not stopping.update(0.95, params)
    assert stopping.update(0.91, params)
    with pytest.raises(ValueError, match="patience"):
        EarlyStopping(patience=0)
