"""Optimizers, step by step against torch.optim, dense and sparse."""

import numpy as np
import pytest
import torch

from reference.optimizers import SGD, Adam, AdamW, Momentum
from reference.sgd import sgd_step
from reference.sparse_rows import SparseRows

STEPS = 100


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def start(rng):
    return {"W1": rng.normal(size=(4, 3)), "b1": rng.normal(size=4), "E": rng.normal(size=(6, 3))}


PAIRS = {
    "sgd": (lambda: SGD(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    # torch's memory is a sum: the same steps with (1 - beta) times the learning rate
    "momentum": (lambda: Momentum(0.1, 0.9), lambda p: torch.optim.SGD(p, lr=0.1 * (1 - 0.9), momentum=0.9)),
    "adam": (lambda: Adam(0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
    "adam, other betas": (lambda: Adam(0.01, 0.5, 0.9, 1e-3),
                          lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.5, 0.9), eps=1e-3)),
    "adamw": (lambda: AdamW(0.01, weight_decay=0.1),
              lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_every_step_equals_torch(rng, name):
    """Catches a wrong rule, bias correction from t = 0, a misplaced epsilon, decay through the moments."""
    make, make_torch = PAIRS[name]
    params, optimizer = start(rng), make()
    twins = {key: torch.tensor(value, requires_grad=True) for key, value in params.items()}
    twin_optimizer = make_torch(list(twins.values()))
    for step in range(STEPS):
        # sizes from 1e-6 to 1e3: with tiny gradients the place of epsilon shows
        grads = {key: rng.normal(size=value.shape) * 10.0 ** rng.integers(-6, 4)
                 for key, value in params.items()}
        optimizer.step(params, grads)
        for key, twin in twins.items():
            twin.grad = torch.tensor(grads[key])
        twin_optimizer.step()
        for key, twin in twins.items():
            difference = np.abs(params[key] - twin.detach().numpy()).max()
            assert difference < 1e-10, f"{key}, step {step}"


def sparse_gradient(rng, n_rows=20, dim=3):
    ids = rng.integers(0, n_rows, size=6)
    return SparseRows.accumulate(ids, rng.normal(size=(6, dim)) * 10.0 ** rng.integers(-6, 2))


def test_sparse_adam_equals_torch(rng):
    """Catches moments that decay in untouched rows, and a step count for each row."""
    beta2, epsilon = 0.999, 1e-8
    params, optimizer = {"E": rng.normal(size=(20, 3))}, Adam(0.01)
    twin = torch.tensor(params["E"], requires_grad=True)
    twin_optimizer = torch.optim.SparseAdam([twin], lr=0.01)
    for t in range(1, STEPS + 1):
        grad = sparse_gradient(rng)
        optimizer.step(params, {"E": grad})
        twin.grad = torch.sparse_coo_tensor(grad.rows[None], grad.values, twin.shape, check_invariants=True)
        twin_optimizer.param_groups[0]["eps"] = epsilon * (1 - beta2**t) ** 0.5  # see optimizers.py
        twin_optimizer.step()
        assert np.abs(params["E"] - twin.detach().numpy()).max() < 1e-10, f"step {t}"


OPTIMIZERS = [lambda: SGD(0.1), lambda: Momentum(0.1), lambda: Adam(0.1), lambda: AdamW(0.1)]


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_untouched_rows_do_not_move_at_all(rng, make):
    """Catches weight decay or old momentum that leaks into rows the batch does not contain."""
    params, optimizer = {"E": rng.normal(size=(20, 3))}, make()
    for _ in range(20):
        before = params["E"].copy()
        memory = {key: value.copy() for key, value in optimizer.state.get("E", {}).items()
                  if isinstance(value, np.ndarray)}
        grad = sparse_gradient(rng)
        optimizer.step(params, {"E": grad})
        untouched = np.setdiff1d(np.arange(20), grad.rows)
        np.testing.assert_array_equal(params["E"][untouched], before[untouched])
        assert (params["E"][grad.rows] != before[grad.rows]).all()
        for key, value in memory.items():
            np.testing.assert_array_equal(optimizer.state["E"][key][untouched], value[untouched])


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_lazy_equals_dense_if_every_row_is_touched(rng, make):
    """Catches a sparse rule that is another rule."""
    sparse, dense = {"E": rng.normal(size=(5, 3))}, {}
    dense["E"] = sparse["E"].copy()
    one, other = make(), make()
    for _ in range(20):
        values = rng.normal(size=(5, 3))
        one.step(sparse, {"E": SparseRows(np.arange(5), values)})
        other.step(dense, {"E": values})
    np.testing.assert_array_equal(sparse["E"], dense["E"])


def test_lazy_differs_from_dense_as_documented(rng):
    """Catches a docstring that promises a difference (or, for SGD, an equality) which is not there."""
    gradients = [sparse_gradient(rng) for _ in range(10)]
    E = rng.normal(size=(20, 3))
    for make, same in zip(OPTIMIZERS, [True, False, False, False], strict=True):
        sparse, dense = {"E": E.copy()}, {"E": E.copy()}
        one, other = make(), make()
        for grad in gradients:
            one.step(sparse, {"E": grad})
            other.step(dense, {"E": grad.to_dense(20)})
        assert np.allclose(sparse["E"], dense["E"], rtol=0, atol=1e-12) == same


def test_a_row_first_seen_late_takes_the_documented_step():
    """Catches a wrong claim in Adam's docstring: about three times alpha instead of alpha."""
    params, optimizer = {"E": np.zeros((2, 1))}, Adam(lr=0.001)
    for _ in range(10_000):
        optimizer.step(params, {"E": SparseRows(np.array([0]), np.array([[1.0]]))})
    optimizer.step(params, {"E": SparseRows(np.array([1]), np.array([[1.0]]))})
    assert -params["E"][1, 0] == pytest.approx(0.001 * 0.1 / 0.001**0.5, rel=1e-3)


def test_class_and_function_agree(rng):
    """Catches an SGD that differs from Exercise 1's sgd_step."""
    params = start(rng)
    other = {key: value.copy() for key, value in params.items()}
    grads = {key: rng.normal(size=value.shape) for key, value in params.items()}
    SGD(0.3).step(params, grads)
    sgd_step(other, grads, 0.3)
    for key in params:
        np.testing.assert_array_equal(params[key], other[key])


def test_steps_happen_in_place_and_leave_gradients_alone(rng):
    """Catches params[name] = ..., which updates a copy that the model does not see."""
    params = start(rng)
    held = dict(params)
    grads = {key: rng.normal(size=value.shape) for key, value in params.items()}
    copies = {key: value.copy() for key, value in grads.items()}
    for make in OPTIMIZERS:
        make().step(params, grads)
    for key in params:
        assert params[key] is held[key]
        np.testing.assert_array_equal(grads[key], copies[key])


def test_a_parameter_without_gradient_stays(rng):
    """Catches frozen embeddings that move, by decay for example."""
    params = start(rng)
    before = params["E"].copy()
    AdamW(0.1).step(params, {"b1": np.ones(4)})
    np.testing.assert_array_equal(params["E"], before)


@pytest.mark.parametrize(("grads", "message"), [
    ({"W9": np.ones(3)}, "gradient for 'W9'"),
    ({"W1": np.ones(3)}, r"'W1' has shape \(4, 3\), its gradient \(3,\)"),
    ({"E": SparseRows(np.array([0, 6]), np.ones((2, 3)))}, "'E' has 6 rows, .* 0 to 6"),
    ({"E": SparseRows(np.array([0, 1]), np.ones((2, 4)))}, "'E' has shape"),
])
def test_a_bad_gradient_changes_nothing(rng, grads, message):
    """Catches gradients that broadcast, and half a step before the error."""
    params = start(rng)
    before = {key: value.copy() for key, value in params.items()}
    with pytest.raises(ValueError, match=message):
        Adam(0.1).step(params, {"b1": np.ones(4), **grads})
    for key in params:
        np.testing.assert_array_equal(params[key], before[key])


@pytest.mark.parametrize("make", [
    lambda: SGD(-1), lambda: SGD(float("nan")), lambda: Momentum(0.1, beta=1), lambda: Adam(beta2=1.5),
    lambda: Adam(epsilon=0), lambda: AdamW(weight_decay=-0.1),
])
def test_settings_out_of_range(make):
    """Catches settings that would only show as NaN later."""
    with pytest.raises(ValueError, match="must"):
        make()
