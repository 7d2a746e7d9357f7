"""The checks that hidden suites are written with say what the numbers tell about a mistake, and no more."""

import numpy as np
import pytest

from autograder.testing import check_close

X = np.array([[1.5, -2.0, 0.25], [3.0, 0.0, -0.75], [2.0, 4.0, -6.0]])
Z = np.array([[-1.0, 2.0, 0.0], [0.5, -3.0, 1.0], [-2.0, 4.0, 3.0]])
ONE_COLUMN, ONE_ROW = X + [0.0, 0.3, 0.0], X + [[0.0], [0.0], [1.0]] * np.array([1.0, 2.0, 0.0])


@pytest.mark.parametrize("actual, expected, z, says", [
    (7 * X, X, None, "All are 7 times what they should be."), (X / 3, X, None, "All are 1/3 of what they should be."),
    (0.4 * X, X, None, "All are 0.4 times what they should be."), (0 * X, X, None, "All are 0."),
    (-X, X, None, "With the other sign all would be right."), (X + 0.5, X, None, "All are too large by 0.5."),
    (X.T, X, None, "Transposed it would be right."), (X[:2].T, X[:2], None, "Transposed it would be right."),
    (X[:1], X[0], None, "In the shape (3,) it would be right."), (X[::-1], X, None, "The numbers are right, but in other places."),
    (ONE_COLUMN, X, None, "Only column 1 is off."), (ONE_ROW, X, None, "Only row 2 is off."),
    (np.where(Z < 0, 0.0, X), X, Z, "Only where z is negative is it off."), (np.where(Z == 0, 9.0, X), X, Z, "Only where z is 0"),
    (10.5, 1.5, None, "It is 7 times what it should be."), (-1.5, 1.5, None, "With the other sign it would be right."),
    (X + 1e-6, X, None, "So small a difference"), (1.0 + 1e-9, 1.0, None, "is 1.0000000010000001, but should be 1 "),
])
def test_a_difference_says_what_it_has_in_common(actual, expected, z, says):
    """Catches a reason that shows two numbers where they tell which sign, factor, axis or side is wrong."""
    with pytest.raises(AssertionError) as failure:
        check_close(actual, expected, "x", rtol=1e-10, atol=1e-12, z=z)
    assert says in str(failure.value)


@pytest.mark.parametrize("actual, expected", [(0.3, 0.71), (5.0, 0.0), (np.ones((3, 3)), X), ([1.0, 5.0], [2.0, 4.0])])
def test_what_tells_nothing_says_nothing(actual, expected):
    """Catches a guess where the numbers point nowhere."""
    with pytest.raises(AssertionError) as failure:
        check_close(actual, expected, "x")
    assert str(failure.value).endswith((").", "the worst.", "be 0."))
