"""The optimizer study: its network's gradients, its bookkeeping, quadratics, PyTorch's steps."""

import math

import numpy as np
import pytest

from reference.exercise3 import (
    RULES,
    Optimizer,
    compare,
    evaluate,
    init_classifier,
    loss_and_grads,
    steps_to_target,
    sweep,
    train,
)
from reference.gradient_check import numerical_gradient
from reference.optimizers import SGD, Adam, AdamW, Momentum
from reference.quadratic import descend, sgd_rates
from reference.torch_optimizers import torch_steps
from reference.update_rules import momentum_update, sgd_update

CLASSES = {"sgd": SGD(0.1), "momentum": Momentum(0.1), "adam": Adam(0.1), "adamw": AdamW(0.1, weight_decay=0.3)}


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def small_problem(rng, m=90, words=12):
    X = rng.dirichlet(np.ones(words), size=m)
    y = (X[:, :1] > X[:, 1:2]).astype(float)
    return {"train": (X[:-20], y[:-20]), "validation": (X[-20:], y[-20:])}


def test_the_networks_gradients(rng):
    """Catches a backward pass that is not that of the loss."""
    X, y = small_problem(rng)["train"]
    params = init_classifier(12, rng)
    params["b1"] += 0.1
    _, grads = loss_and_grads(params, X, y)
    for name, value in params.items():
        numerical = numerical_gradient(lambda theta, name=name: loss_and_grads({**params, name: theta}, X, y)[0], value)
        np.testing.assert_allclose(grads[name], numerical, rtol=1e-5, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("name", RULES)
def test_rules_classes_and_torch_take_the_same_steps(rng, name):
    """Catches a rule that has drifted from its class, settings that differ, PyTorch's momentum with the wrong rate."""
    rule, settings = RULES[name]
    theta, gradients = rng.normal(size=(2, 3)), rng.normal(size=(12, 2, 3))
    optimizer, params, other = Optimizer(rule, lr=0.1, **settings), {"W": theta.copy()}, {"W": theta.copy()}
    path = torch_steps(name, 0.1, theta, gradients)
    for gradient, point in zip(gradients, path, strict=True):
        optimizer.step(params, {"W": gradient})
        CLASSES[name].step(other, {"W": gradient})
        np.testing.assert_allclose(params["W"], other["W"], rtol=0, atol=1e-14)
        np.testing.assert_allclose(params["W"], point, rtol=0, atol=1e-12)


def test_two_parameters_do_not_share_their_memory(rng):
    """Catches one state for all, with equal shapes, where nothing breaks."""
    optimizer = Optimizer(momentum_update, lr=0.1)
    params, gradients = {"a": np.zeros(3), "b": np.zeros(3)}, rng.normal(size=(5, 3))
    for gradient in gradients:
        optimizer.step(params, {"a": gradient, "b": np.zeros(3)})
    assert (params["b"] == 0).all() and (params["a"] != 0).all()


def test_curvature_sets_the_limits(rng):
    """Catches wrong formulas: just below the limit SGD converges, just above not; no other rate beats the best."""
    B = rng.normal(size=(4, 4))
    A = B @ B.T + 0.3 * np.eye(4)
    limit, best, factor = sgd_rates(A)
    start = rng.normal(size=4)
    assert np.linalg.norm(descend(sgd_update, A, start, 3000, lr=0.99 * limit)[-1]) < 1e-6
    assert np.linalg.norm(descend(sgd_update, A, start, 3000, lr=1.01 * limit)[-1]) > 1e6
    norms = {rate: np.linalg.norm(np.eye(4) - rate * A, 2) for rate in limit * np.linspace(0.01, 1, 400)}
    assert min(norms.values()) >= factor - 1e-12 and np.linalg.norm(np.eye(4) - best * A, 2) == pytest.approx(factor)


def test_momentums_limit_is_nineteen_times_as_high():
    """Catches a wrong claim in the notebook: with beta = 0.9 momentum is stable up to 38 / curvature, SGD up to 2."""
    A, start = np.diag([1.0, 100.0]), np.array([-4.0, 1.0])
    for share, converges in ((0.99, True), (1.01, False)):
        path = descend(momentum_update, A, start, 3000, lr=share * 38 / 100)
        assert (np.abs(path[-1]).max() < 1) == converges
    path = descend(sgd_update, np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 0.0]), 1, lr=0.1)
    np.testing.assert_allclose(path, [[1, 0], [0.8, -0.1]])


def test_runs_differ_in_the_optimizer_and_in_nothing_else(rng):
    """Catches starts or batches that depend on the optimizer, and runs that cannot be repeated."""
    problem = small_problem(rng)
    still = [train(name, 0.0, problem, 8, 5, batch_size=16)["train_loss"] for name in RULES]
    np.testing.assert_allclose(still, [still[0]] * 4)
    assert len(set(still[0])) == 8
    results = sweep({"adam": [0.01, 0.1]}, problem, 8, [5, 6])
    assert results["adam"][0.1][1] == train("adam", 0.1, problem, 8, 6)
    start = evaluate(init_classifier(12, np.random.default_rng(5)), *problem["validation"])
    history = train("sgd", 1.0, problem, 21, 5, every=7)
    assert (history["validation_loss"][0], history["validation_accuracy"][0]) == start
    assert len(history["train_loss"]) == 21 and len(history["validation_loss"]) == 4


def test_a_run_that_diverges_ends(rng):
    """Catches a loop that goes on with NaN."""
    with np.errstate(all="ignore"):
        losses = train("sgd", math.inf, small_problem(rng), 40, 0)["validation_loss"]
    assert len(losses) == 2 and math.isfinite(losses[0]) and not math.isfinite(losses[1])


def test_steps_to_target():
    """Catches counting from one, counting entries, missing a loss at the target, and NaN that has arrived."""
    assert steps_to_target([0.7, 0.5, 0.4, 0.6], 0.5) == 10 and steps_to_target([0.4], 0.5) == 0
    assert steps_to_target([0.7, 0.6, 0.4], 0.5, every=3) == 6
    assert steps_to_target([0.7, math.nan], 0.5) == steps_to_target([], 0.5) == math.inf


def test_the_table():
    """Catches means, lowest points in place of last ones, ties that go to the first, and runs lost to NaN."""
    def runs(*curves):
        return [{"train_loss": [], "validation_loss": c, "validation_accuracy": [1 - c[-1]] * len(c)} for c in curves]

    table = compare({
        "a": {0.1: runs([0.7, 0.4, 0.6], [0.7, 0.4, 0.3], [0.7, 0.6, 0.4]), 0.2: runs(*[[0.7, 0.5, 0.39]] * 3)},
        "b": {1.0: runs([0.7, math.nan], [0.7, 0.4, 0.4], [0.7, math.inf])},
    }, 0.5)
    assert table["a"] == {"lr": 0.2, "steps_to_target": 10, "final_loss": 0.39, "final_accuracy": pytest.approx(0.61)}
    assert table["b"]["steps_to_target"] == table["b"]["final_loss"] == math.inf
