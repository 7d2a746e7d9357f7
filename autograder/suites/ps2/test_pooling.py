"""Hidden tests of Exercise 2: mean and max pooling with masks, forward and backward."""

import numpy as np

from autograder.testing import as_array, check, check_array, check_close, check_tuple, check_unchanged, in_place, item
from reference import exercise2

# What rounding does is a hundred times less; single precision or an epsilon does more
EXACT = {"rtol": 1e-12, "atol": 1e-12}
LONG = [200, 3]  # more words than eight bits can count


def random_batch(rng, lengths, d=3, shift=0.0):
    """Word vectors with filling of zeros, as E[PAD_ID] has them, and the mask."""
    mask = np.arange(max(1, *lengths)) < np.array(lengths)[:, None]
    X = rng.standard_normal((*mask.shape, d)) + shift
    return X * mask[:, :, None], mask


def check_forward(function, expected, X, mask, what, **tolerance):
    """The student's pooled vectors are right. Returns all that was returned."""
    returned = function(X, mask)
    if isinstance(expected, tuple):
        returned = check_tuple(returned, "out, winners", "max_pool_forward")
    out = returned[0] if isinstance(expected, tuple) else returned
    check_close(out, expected[0] if isinstance(expected, tuple) else expected, what, **tolerance)
    return returned


def check_leaves_alone(function, X, mask, what):
    """The student's function leaves X, what stands under filling too, and mask as they were."""
    their_X, their_mask = X.copy(), mask.copy()
    function(in_place(their_X), in_place(their_mask))
    check_unchanged(X, their_X, f"X, an argument of {what},")
    check_unchanged(mask, their_mask, f"mask, an argument of {what},")


@item("mean_pool")
def test_mean_pool_without_filling(student, rng):
    """Where there is no filling, mean_pool_forward is the mean over the words of each text."""
    X, mask = random_batch(rng, [4, 4, 4])
    check_forward(student.mean_pool_forward, X.mean(axis=1), X, mask, "mean_pool_forward")


@item("mean_pool", 1.5)
def test_mean_pool(student, rng):
    """With filling, the sum and the number of words are those of the text's own words."""
    for lengths in ([5, 1, 3, 2], [2, 4, 1, 5], [1], [2, 6], LONG):
        X, mask = random_batch(rng, lengths)
        check_forward(student.mean_pool_forward, exercise2.mean_pool_forward(X, mask), X, mask, "mean_pool_forward")


@item("mean_pool", 0.5)
def test_mean_pool_ignores_filling(student, rng):
    """Whatever stands under filling changes nothing; X and mask stay as they were."""
    X, mask = random_batch(rng, [5, 1, 3])
    wild = np.where(mask[:, :, None], X, 100.0 * rng.standard_normal(X.shape))
    check_forward(student.mean_pool_forward, exercise2.mean_pool_forward(X, mask), wild, mask, "mean_pool_forward")
    check_leaves_alone(student.mean_pool_forward, wild, mask, "mean_pool_forward")


@item("mean_pool", 0.5)
def test_mean_pool_of_nothing(student, rng):
    """A text without words pools to zeros, and nothing is added to the others' numbers of words for that."""
    X, mask = random_batch(rng, [2, 0, 1])
    check_forward(student.mean_pool_forward, exercise2.mean_pool_forward(X, mask), X, mask, "mean_pool_forward", **EXACT)


def check_backward(dX, expected, mask, what, **tolerance):
    """dX is right, and 0 under filling."""
    dX = check_array(dX, expected.shape, what)
    check(not np.any(dX[~mask]), f"{what} should be 0 wherever there is filling.")
    check_close(dX, expected, what, **tolerance)


def check_mean_backward(student, rng, lengths, d=3, **tolerance):
    _, mask = random_batch(rng, lengths, d)
    dOut = rng.standard_normal((len(lengths), d))
    dX = student.mean_pool_backward(dOut, mask)
    check_backward(dX, exercise2.mean_pool_backward(dOut, mask), mask, f"dX for texts of the lengths {list(lengths)}",
                   **tolerance)


@item("mean_pool_gradient")
def test_mean_pool_gradient_without_filling(student, rng):
    """Where there is no filling, every word gets its share of the gradient of the mean."""
    check_mean_backward(student, rng, [4, 4])


@item("mean_pool_gradient", 1.5)
def test_mean_pool_gradient(student, rng):
    """With filling, dX is the gradient of the text's own mean, and is 0 under filling."""
    check_mean_backward(student, rng, [5, 1, 3, 2])
    check_mean_backward(student, rng, [1, 5, 2, 2])
    check_mean_backward(student, rng, [3, 2, 3], d=1)
    check_mean_backward(student, rng, LONG, d=1)


@item("mean_pool_gradient", 0.5)
def test_mean_pool_gradient_of_nothing(student, rng):
    """A text without words gets no gradient, and no NaN, others their exact share; the arguments stay as they were."""
    check_mean_backward(student, rng, [0, 3, 1], **EXACT)
    dOut, (_, mask) = rng.standard_normal((3, 2)), random_batch(rng, [0, 3, 1])
    their_dOut, their_mask = dOut.copy(), mask.copy()
    student.mean_pool_backward(in_place(their_dOut), in_place(their_mask))
    check_unchanged(dOut, their_dOut, "dOut, an argument of mean_pool_backward,")
    check_unchanged(mask, their_mask, "mask, an argument of mean_pool_backward,")


@item("max_pool")
def test_max_pool_without_filling(student, rng):
    """Where there is no filling, max_pool_forward gives the maximum of each coordinate over the words."""
    X, mask = random_batch(rng, [5, 5, 5])
    check_forward(student.max_pool_forward, exercise2.max_pool_forward(X, mask), X, mask, "max_pool_forward")


@item("max_pool", 1.5)
def test_max_pool(student, rng):
    """Filling never wins, whatever stands there, even where all words are negative."""
    for lengths, shift in (([5, 1, 3, 2], -4.0), ([1], -4.0), ([2, 6], -4.0), ([3, 1, 5], -1e6)):
        X, mask = random_batch(rng, lengths, shift=shift)
        expected = exercise2.max_pool_forward(X, mask)
        check_forward(student.max_pool_forward, expected, X, mask, "max_pool_forward")
        wild = np.where(mask[:, :, None], X, 100.0)
        check_forward(student.max_pool_forward, expected, wild, mask, "max_pool_forward")


@item("max_pool")
def test_max_pool_winners(student, rng):
    """winners holds the position of the word that each maximum was taken from, the first of several equal ones."""
    some, their_mask = random_batch(rng, [5, 1, 3, 4], d=4, shift=-2.0)
    for X, mask in ((some, their_mask), (np.round(some), their_mask), random_batch(rng, LONG)):  # rounded, many are equal
        expected = exercise2.max_pool_forward(X, mask)
        _, winners = check_forward(student.max_pool_forward, expected, X, mask, "max_pool_forward")
        check_close(winners, expected[1], "winners")
        kind = as_array(winners, "winners").dtype
        check(kind.kind in "iu", f"winners are positions, which will be an index: integers, not {kind}.")


@item("max_pool", 0.5)
def test_max_pool_of_nothing(student, rng):
    """A text without words pools to zeros, with -1 for the winners; X and mask stay as they were."""
    X, mask = random_batch(rng, [2, 0, 3], shift=4.0)
    expected = exercise2.max_pool_forward(X, mask)
    _, winners = check_forward(student.max_pool_forward, expected, X, mask, "max_pool_forward", **EXACT)
    check_close(winners, expected[1], "winners")
    check_leaves_alone(student.max_pool_forward, X, mask, "max_pool_forward")


def check_max_backward(student, rng, lengths, d=3, **tolerance):
    """The student's dX is right, for the winners of words of which none is equal to another."""
    _, mask = random_batch(rng, lengths, d)
    X = rng.permutation(mask.size * d).reshape(*mask.shape, d) * 0.1 - 1.0
    dOut = rng.standard_normal((len(lengths), d))
    dOut[-1, -1] *= 1e-5
    _, winners = exercise2.max_pool_forward(X, mask)
    dX = student.max_pool_backward(dOut, winners, mask.shape[1])
    check_backward(dX, exercise2.max_pool_backward(dOut, winners, mask.shape[1]), mask,
                   f"dX for texts of the lengths {list(lengths)}", **tolerance)


@item("max_pool_gradient", 1.5)
def test_max_pool_gradient(student, rng):
    """Each coordinate's whole gradient goes to the word that won it, and to no other."""
    check_max_backward(student, rng, [5, 1, 3, 2])
    check_max_backward(student, rng, [4, 4], d=6)


@item("max_pool_gradient")
def test_max_pool_gradient_shapes(student, rng):
    """Single texts, single words, and as many texts as words and coordinates work, to ten digits."""
    for lengths, d in [([6], 2), ([1, 1, 1], 3), ([3, 3, 3], 3), ([2, 4], 1)]:
        check_max_backward(student, rng, lengths, d, **EXACT)


@item("max_pool_gradient", 0.5)
def test_max_pool_gradient_of_nothing(student, rng):
    """A text without words gets no gradient; the arguments stay as they were."""
    check_max_backward(student, rng, [0, 3, 2])
    dOut, winners = rng.standard_normal((2, 3)), np.array([[-1, -1, -1], [0, 2, 0]])
    their_dOut, their_winners = dOut.copy(), winners.copy()
    student.max_pool_backward(in_place(their_dOut), in_place(their_winners), 3)
    check_unchanged(dOut, their_dOut, "dOut, an argument of max_pool_backward,")
    check_unchanged(winners, their_winners, "winners, an argument of max_pool_backward,")
