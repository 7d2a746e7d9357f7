"""The pathologies: each differs from the good run in its statistic and is cured by removing its cause."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from reference.gradient_check import numerical_gradient
from reference.optimizers import SGD
from reference.pathologies import (
    CONFIGURATIONS,
    GOOD,
    MAX_TRAIN,
    SYMPTOMS,
    Configuration,
    Network,
    dealt_out_anew,
    load_task,
    run,
    train_configuration,
)
from reference.training import train

SEEDS = range(5)
# what has to change for the run to go better; values are those of the good run unless given
CAUSES = {
    "overfitting": {"n_train": MAX_TRAIN, "epochs": 8, "dropout": 0.5, "l2": 0.003},
    "underfitting": {"max_vocab": 2000},
    "learning_rate_too_high": {"lr": 0.01},
    "learning_rate_too_low": {"lr": 0.01},
    "dead_relus": {"init_bias": 0.0},
    "vanishing_gradients": {"activation": "relu", "init": "he"},
    "shuffled_labels": {"label_noise": 0.0},
    "no_shuffling": {"shuffle": True},
    "zero_initialization": {"init": "he"},
    "initialization_too_large": {"init_scale": 1.0},
}


@cache
def trained(name, seed):
    """Each run once for all tests."""
    return run(name, seed, progress=False)


@pytest.fixture(scope="module", autouse=True)
def all_runs():
    """Seed by seed, since the texts of a few seeds only are kept."""
    for seed in SEEDS:
        for name in CONFIGURATIONS:
            trained(name, seed)


@pytest.mark.parametrize("name", SYMPTOMS)
def test_symptom_separates(name):
    """Catches a pathology that does not happen, or a statistic that does not show it in all 5 seeds."""
    statistic, side = SYMPTOMS[name]
    ill = [trained(name, seed).statistics[statistic] for seed in SEEDS]
    good = [trained("good_fit", seed).statistics[statistic] for seed in SEEDS]
    if side == "higher":
        assert min(ill) > max(good), (ill, good)
    else:
        assert max(ill) < min(good), (ill, good)


def test_every_pathology_has_a_symptom():
    """Catches a configuration that nobody says how to recognise."""
    assert set(SYMPTOMS) == set(CAUSES) == set(CONFIGURATIONS) - {"good_fit"}


def test_good_run_is_good():
    """Catches a yardstick that is itself ill."""
    for seed in SEEDS:
        s, history = trained("good_fit", seed).statistics, trained("good_fit", seed).history
        assert s["validation_accuracy"] > 0.78 and s["train_accuracy"] > 0.9
        assert s["validation_rise"] < 1.1 and history.validation_loss[-1] < 0.7 * history.validation_loss[0]


@pytest.mark.parametrize("name", CAUSES)
def test_removing_the_cause_cures(name):
    """Catches a run that is ill for another reason than the one it is named after."""
    ill = trained(name, 0)
    cured = train_configuration(replace(ill.configuration, **CAUSES[name]), 0, progress=False)
    assert min(cured.history.validation_loss) < 0.9 * ill.statistics["validation_loss"]
    assert cured.statistics["validation_accuracy"] > ill.statistics["validation_accuracy"] + 0.05


def test_five_runs_end_at_a_coin():
    """Catches the text: five curves look alike, and only the other statistics tell them apart."""
    coins = {name for name in CONFIGURATIONS
             if all(abs(trained(name, seed).statistics["train_loss"] - np.log(2)) < 0.06 for seed in SEEDS)}
    assert coins == {"learning_rate_too_high", "learning_rate_too_low", "dead_relus", "vanishing_gradients",
                     "zero_initialization"}


def test_same_seed_same_run():
    """Catches randomness from elsewhere, and a cache whose arrays a run has changed (noisy labels)."""
    before = trained("shuffled_labels", 4)
    again = run("shuffled_labels", 4, progress=False)
    assert again.history.step_loss == before.history.step_loss and again.statistics == before.statistics
    assert run("good_fit", 4, progress=False).statistics == trained("good_fit", 4).statistics
    assert trained("good_fit", 4).history.step_loss != trained("good_fit", 3).history.step_loss


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_gradients(activation):
    """Catches wrong gradients of the network with several layers, embeddings and penalty."""
    rng = np.random.default_rng(0)
    c = Configuration(embed_dim=3, hidden=(4, 5), activation=activation, init_bias=0.1, dropout=0.0, l2=0.01)
    network = Network(c, 6, rng)
    X, y = rng.dirichlet(np.ones(6), size=7), rng.integers(0, 2, size=7)
    _, grads, _ = network.loss_and_grads(X, y)
    for name, theta in network.params.items():
        def loss(value, name=name, theta=theta):
            network.params[name] = value
            penalty = c.l2 * sum(np.sum(network.params[w] ** 2) for w in ("W1", "W2", "W3"))
            result = network.loss(network.logits(X), y) + penalty
            network.params[name] = theta
            return result

        np.testing.assert_allclose(grads[name], numerical_gradient(loss, theta), atol=1e-9, err_msg=name)


def test_task():
    """Catches texts out of order, averages that are none, and a limit on the vocabulary that does nothing."""
    X, y, (X_val, y_val) = load_task(0, 201)
    assert y.tolist() == [0] * 101 + [1] * 100 and abs(y_val.mean() - 0.5) < 0.01
    np.testing.assert_allclose(X.sum(axis=1), 1)
    np.testing.assert_allclose(X_val.sum(axis=1), 1)
    assert load_task(0, 201, 50)[0].shape == (201, 50) and X.shape[1] == X_val.shape[1] > 50


def test_label_noise_keeps_the_labels():
    """Catches noise that changes how many labels of each class there are, or the cached labels themselves."""
    y = np.repeat([0, 1], 1000)
    for share, changed in ((0.0, 0.0), (0.5, 0.25), (1.0, 0.5)):
        noisy = dealt_out_anew(y, share, np.random.default_rng(0))
        assert noisy.sum() == 1000 and abs(np.mean(noisy != y) - changed) < 0.05
    assert y.tolist() == [0] * 1000 + [1] * 1000


def test_training_without_shuffling_keeps_the_order():
    """Catches train(shuffle=False) that shuffles or loses the last, smaller batch."""
    class Recorder:
        params, seen = {}, []

        def loss_and_grads(self, X, y, rng):
            self.seen.append(X[:, 0].tolist())
            return 1.0, {}, np.zeros((len(y), 1))

        def decide(self, logits):
            return np.zeros(len(logits), dtype=int)

    model, X = Recorder(), np.arange(5.0)[:, None]
    train(model, SGD(0.1), X, np.zeros(5, dtype=int), 2, 2, np.random.default_rng(0), shuffle=False)
    assert model.seen == [[0, 1], [2, 3], [4]] * 2


def test_divergence_is_a_result():
    """Catches statistics that fail where a training stopped in its first epoch."""
    configuration = replace(GOOD, n_train=200, optimizer="sgd", lr=1e200, epochs=2)
    ill = train_configuration(configuration, 0, progress=False)
    assert ill.history.diverged and np.isnan(ill.statistics["validation_rise"])


def test_linear_network():
    """Catches a network without hidden layers that cannot be trained or measured."""
    plain = train_configuration(replace(GOOD, n_train=200, hidden=(), epochs=2), 0, progress=False)
    assert plain.statistics["dead_share"] == 0 and len(plain.statistics["gradient_norms"]) == 1


@pytest.mark.parametrize(("change", "message"), [
    ({"activation": "step"}, "activation must be one of linear"),
    ({"optimizer": "lion"}, "optimizer must be one of sgd"),
    ({"init": "ones"}, "init must be one of he"),
    ({"n_train": 10**6}, "n_train must lie between 2 and 2000"),
    ({"label_noise": 2}, "label_noise is a share"),
])
def test_bad_configurations(change, message):
    """Catches a mistyped configuration that only fails somewhere in the training."""
    with pytest.raises(ValueError, match=message):
        replace(GOOD, **change)


def test_unknown_name():
    """Catches a KeyError that does not say which names there are."""
    with pytest.raises(KeyError, match="vanishing_gradients"):
        run("nothing")
