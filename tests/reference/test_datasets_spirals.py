"""load_spirals: shapes, balance, and that no straight line separates it."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from reference.datasets.spirals import load_spirals


def test_shapes_balance_and_seed():
    """Catches: wrong shapes, unequal classes, unshuffled labels, or draws from the global state."""
    X, y = load_spirals(150, rng=np.random.default_rng(5))
    again, _ = load_spirals(150, rng=np.random.default_rng(5))
    assert X.shape == (300, 2) and y.shape == (300,) and y.dtype == np.int64
    assert np.bincount(y).tolist() == [150, 150] and len(set(y[:20].tolist())) == 2
    assert np.array_equal(X, again) and np.abs(X).max() < 1.2


def test_the_classes_mirror_each_other_without_noise():
    """Catches: two arms that are not half a turn apart."""
    X, y = load_spirals(40, noise=0.0)
    zero, one = ({tuple(p) for p in np.round(X[y == k] * (1 - 2 * k), 9)} for k in (0, 1))
    assert zero == one


def test_nearest_neighbours_separate_it_and_a_line_does_not():
    """Catches: arms that overlap, or a set that a linear model solves."""
    X, y = load_spirals(200)
    distance = ((X[:, None] - X[None]) ** 2).sum(-1) + 10 * np.eye(len(X))
    assert (y[distance.argmin(1)] == y).mean() > 0.98
    assert LogisticRegression().fit(X, y).score(X, y) < 0.75


@pytest.mark.parametrize(
    ("kwargs", "part"), [({"points_per_class": 0}, "at least 1"), ({"noise": -0.1}, "negative")]
)
def test_bad_arguments(kwargs, part):
    """Catches: an empty set or negative noise accepted."""
    with pytest.raises(ValueError, match=part):
        load_spirals(**kwargs)
