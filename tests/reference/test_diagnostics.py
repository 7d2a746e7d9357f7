"""The numbers beside the curves, the program that reads them, and what Exercise 4 does with configurations."""

from dataclasses import replace

import numpy as np
import pytest

from reference.diagnostics import (
    dead_share,
    diagnose,
    distinct_units,
    gradient_norms,
    movement,
    position_effect,
    validation_rise,
)
from reference.exercise4 import draw_runs, helped, watch, with_changes
from reference.pathologies import CONFIGURATIONS, GOOD, run
from reference.regularization import EarlyStopping


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_diagnose_names_every_pathology(name):
    """Catches a rule that takes one problem for another."""
    for seed in (7, 8):
        assert diagnose(run(name, seed, progress=False).statistics) == name


def test_position_effect():
    """Catches learning or noise that counts as position, and a saw-tooth that does not."""
    saw = [0.5, 1.0, 0.25]
    assert position_effect(saw * 4, 4) == pytest.approx(1)
    assert position_effect([loss / (1 + i // 3) for i, loss in enumerate([0.5] * 12)], 4) == 0
    assert position_effect([0.5] * 12, 4) == 0
    assert position_effect([*np.random.default_rng(0).random(6), *saw * 2], 4) == pytest.approx(1)
    assert position_effect([*saw * 4, 9.0, 9.0], 4) == pytest.approx(1)
    noise = [position_effect(np.random.default_rng(seed).random(400).tolist(), 20) for seed in range(50)]
    assert np.mean(noise) == pytest.approx(1 / 10, abs=0.02)  # ten rows: chance leaves a tenth


def test_signs_of_units_and_weights():
    """Catches examples taken for units, a wrong order of layers, and a movement that only sees length."""
    alive, half = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    assert dead_share([alive]) == 0 and dead_share([alive, half]) == 0.25 and dead_share([]) == 0
    assert distinct_units(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]])) == pytest.approx(2 / 3)
    grads = {f"W{l}": np.array([[3.0 * l, 4.0 * l]]) for l in (11, 2, 10, 1, 9, 8, 7, 6, 5, 4, 3)} | {"b1": np.ones(2)}
    assert gradient_norms(grads) == [5.0 * l for l in range(1, 12)]
    assert movement(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(np.sqrt(2))
    assert validation_rise([0.9, 0.5, 0.75]) == 1.5


def test_watch_sees_copies_that_are_none():
    """Catches a helper that could not tell the best weights from the last ones."""
    class Forgetful(EarlyStopping):
        def restore(self, params):
            pass

    losses = [0.5, 0.4, 0.6, 0.7, 0.8]
    assert watch(EarlyStopping(patience=2), losses) == ([False, False, False, True], [2, 2])
    assert watch(Forgetful(patience=2), losses)[1] == [4, 4]


def test_draw_depends_on_the_id_only():
    """Catches a draw that changes with capitals, spaces, or from call to call, and cards that come twice."""
    decks = [[(number, place) for place in range(11)] for number in range(16)]
    drawn = draw_runs("Ada", decks)
    assert drawn == draw_runs(" ada ", decks) != draw_runs("bob", decks)
    assert list(drawn) == list("ABCDEFGH") and len(set(drawn.values())) == 8
    assert len({deck for deck, _ in drawn.values()}) == 1
    counts = np.bincount([draw_runs(f"student {i}", decks)["A"][0] for i in range(1600)], minlength=16)
    assert counts.min() > 60  # of about 100; four standard deviations


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, {}),
    ({"lr": 1}, {"lr": 1.0}),
    ({"hidden": [8, 8.0]}, {"hidden": (8, 8)}),
    ({"hidden": []}, {"hidden": ()}),
    ({"epochs": np.int64(3), "dropout": np.float32(0.5)}, {"epochs": 3, "dropout": 0.5}),
    ({"shuffle": np.bool_(False)}, {"shuffle": False}),
    ({"init": "zeros"}, {"init": "zeros"}),
])
def test_changes_of_any_reasonable_type(changes, expected):
    """Catches a configuration that is refused for the type of a number, or that is not the one asked for."""
    assert with_changes(GOOD, changes) == replace(GOOD, **expected)


@pytest.mark.parametrize("changes", [
    None, [], "lr", {"learning_rate": 0.1}, {1: 2}, {"lr": "0.1"}, {"lr": float("nan")}, {"lr": -1.0}, {"lr": None}, {"lr": [0.1]},
    {"epochs": 2.5}, {"epochs": 0}, {"epochs": 61}, {"epochs": 10**400}, {"n_train": 2001}, {"hidden": 16}, {"hidden": "16"},
    {"hidden": (0,)}, {"hidden": (33,)}, {"hidden": (8,) * 13}, {"hidden": ("a",)}, {"hidden": ((8,),)}, {"shuffle": "no"},
    {"shuffle": 3}, {"init": "ones"}, {"init": 1}, {"activation": ["relu"]}, {"optimizer": np.zeros(3)}, {"lr": np.zeros(2)},
    {"epochs": 60, "batch_size": 8}, {"hidden": (32,) * 12, "epochs": 30},
])
def test_changes_that_are_refused(changes):
    """Catches a configuration that fails somewhere in the training, or that would burn the grader's time."""
    with pytest.raises(ValueError):
        with_changes(GOOD, changes)


def test_changes_are_counted():
    """Catches a cure that changes everything."""
    assert with_changes(GOOD, {"lr": 0.1, "epochs": 2}, at_most=2)
    with pytest.raises(ValueError, match="at most 2 fields"):
        with_changes(GOOD, {"lr": 0.1, "epochs": 2, "l2": 0.0}, at_most=2)


@pytest.mark.parametrize(("before", "after", "expected"), [
    ((0.69, 0.50), (0.69, 0.75), True),  # has learned
    ((0.69, 0.50), (0.66, 0.60), False),  # a little
    ((0.45, 0.83), (0.45, 0.84), False),  # nothing was wrong
    ((1.10, 0.75), (0.60, 0.70), True),  # overfits less
    ((2.50, 0.50), (0.69, 0.50), False),  # stopped before it could learn anything
    ((0.69, 0.50), (float("nan"), 0.50), False),
])
def test_helped(before, after, expected):
    """Catches a cure that counts although nothing has become better, and one that does not although it has."""
    figures = [dict(zip(("validation_loss", "validation_accuracy"), pair, strict=True)) for pair in (before, after)]
    assert helped(*figures) is expected
