"""Hidden tests of Exercise 5: confusion matrix, precision, recall, F1, standard error, and the comparison of two models."""

import numpy as np

from autograder.testing import check, check_array, check_close, check_number, check_tuple, check_unchanged, in_place, item
from reference import error_analysis


def random_classes(rng, m, n_classes):
    """Right classes and predictions, of which about half are right; every class occurs in both."""
    y_true = np.concatenate([np.arange(n_classes), rng.integers(n_classes, size=m - n_classes)])
    y_pred = np.where(rng.random(m) < 0.5, y_true, rng.integers(n_classes, size=m))
    y_pred[-n_classes:] = np.arange(n_classes)
    return y_true, y_pred


def random_matrix(rng, n_classes):
    """A confusion matrix without zeros, nothing about it symmetric."""
    return rng.integers(1, 60, size=(n_classes, n_classes))


@item("confusion", 2)
def test_confusion_matrix(student, rng):
    """Entry [i, j] counts the examples of class i that were predicted as class j."""
    for m, n_classes in ((600, 2), (60, 3), (60, 5)):
        y_true, y_pred = random_classes(rng, m, n_classes)
        theirs = y_true.copy(), y_pred.copy()
        actual = student.confusion_matrix(*map(in_place, theirs), n_classes)
        check_close(actual, error_analysis.confusion_matrix(y_true, y_pred, n_classes), "confusion_matrix(...)")
        check_unchanged(y_true, theirs[0], "y_true")
        check_unchanged(y_pred, theirs[1], "y_pred")


@item("confusion")
def test_confusion_matrix_diagonal(student, rng):
    """The diagonal holds what is right, and all entries add up to the number of examples, each an integer."""
    y_true, y_pred = random_classes(rng, 80, 4)
    matrix = student.confusion_matrix(y_true, y_pred, 4)
    array = check_array(matrix, (4, 4), "confusion_matrix(...)")
    check(array.sum() == 80, f"The entries for 80 examples add up to {array.sum():g}.")
    expected = [int(((y_true == k) & (y_pred == k)).sum()) for k in range(4)]
    check_close(np.diagonal(array), expected, "the diagonal")
    check(np.asarray(matrix).dtype.kind in "iu", "The entries are counts: integers, not floats.")


@item("confusion")
def test_confusion_matrix_absent_classes(student, rng):
    """A class that never occurs, or is never predicted, has its row and its column all the same."""
    y_true, y_pred = random_classes(rng, 40, 2)
    check_close(student.confusion_matrix(2 * y_true, y_pred + 1, 5),
                error_analysis.confusion_matrix(2 * y_true, y_pred + 1, 5), "confusion_matrix(..., 5)")


SINGLE = 1e-8  # what single precision is off by, and no other way to write a share


def figures(student, matrix):
    return check_tuple(student.precision_recall_f1(matrix), "precision, recall, f1", "precision_recall_f1")


@item("precision_recall")
def test_precision(student, rng):
    """Precision: of those predicted as the class, the share that is."""
    for n_classes in (2, 4):
        matrix = random_matrix(rng, n_classes)
        check_close(figures(student, matrix)[0], error_analysis.precision_recall_f1(matrix)[0], "precision", rtol=SINGLE)


@item("precision_recall")
def test_recall(student, rng):
    """Recall: of those that are of the class, the share that was found."""
    for n_classes in (2, 4):
        matrix = random_matrix(rng, n_classes)
        check_close(figures(student, matrix)[1], error_analysis.precision_recall_f1(matrix)[1], "recall", rtol=SINGLE)


@item("precision_recall")
def test_f1(student, rng):
    """F1 is the harmonic mean of precision and recall, for each class."""
    for n_classes in (2, 4):
        matrix = random_matrix(rng, n_classes)
        check_close(figures(student, matrix)[2], error_analysis.precision_recall_f1(matrix)[2], "f1", rtol=SINGLE)


@item("precision_recall")
def test_figures_without_examples(student, rng):
    """A class that is never predicted, never occurs or is never right has figures of 0 where they are 0/0."""
    never_predicted, never_there, never_right = (random_matrix(rng, 3) for _ in range(3))
    never_predicted[:, 1] = never_there[2] = never_right[0, 0] = 0
    once = np.array([[7, 0, 2], [0, 1, 0], [3, 0, 5]])  # predicted once, and there once
    for matrix in (never_predicted, never_there, never_right, once, np.zeros((2, 2), dtype=int)):
        for name, actual, expected in zip(
            ("precision", "recall", "f1"), figures(student, matrix), error_analysis.precision_recall_f1(matrix)
        ):
            check_close(actual, expected, f"{name} for the matrix {matrix.tolist()}", atol=0)  # what nobody sets is seldom just 0


@item("standard_error", 2)
def test_standard_error(student, rng):
    """The standard error is sqrt(p (1 - p) / m)."""
    for m, p in ((10, 0.7), (250, 0.7), (250, 0.2)):
        right = rng.permutation(np.arange(m) < round(p * m))
        expected = np.sqrt(p * (1 - p) / m)
        check_close(check_number(student.standard_error(right), "standard_error(right)"), expected, "the standard error")


@item("standard_error")
def test_standard_error_of_certainty(student):
    """A model that is always right, or never, has a standard error of 0."""
    for right in (np.ones(8, dtype=bool), np.zeros(5, dtype=bool)):
        check_close(check_number(student.standard_error(right), "standard_error(right)"), 0.0, "the standard error")


def interval(student, right_a, right_b, rng, *draws):
    low, high = check_tuple(student.paired_bootstrap(right_a, right_b, rng, *draws), "low, high", "paired_bootstrap")
    return check_number(low, "low"), check_number(high, "high")


# What share of all samples lies below a correct interval's low end, and above its high one? With N draws it is 0.025 with a
# standard deviation of sqrt(0.025 0.975 / N) = 0.00175, give or take the weight of one value, since the differences have steps
# of 1 / m. Four deviations in either direction, at both ends, are left with a chance of 4 x 3.2 in 100,000, or 1 in 7,800.
# Simulated from the exact distribution, 4,000 of 4,000 correct intervals passed, and 2 from the 5 % to the 95 % quantile.
DRAWS, TEXTS, DEVIATIONS = 8000, 320, 4


def distribution(gains):
    """The exact distribution of the mean gain of a sample drawn with replacement: its values, and their probabilities."""
    m, weights = len(gains), np.ones(1)
    for _ in range(m):
        weights = np.convolve(weights, [np.mean(gains == gain) for gain in (-1, 0, 1)])
    return np.arange(-m, m + 1) / m, weights


def check_end(values, weights, end, name, upper):
    """About 2.5 % of all samples lie outside of this end of an interval."""
    outside = (values > end + 1e-9, values >= end - 1e-9) if upper else (values < end - 1e-9, values <= end + 1e-9)
    least, most = (float(weights[some].sum()) for some in outside)
    slack = DEVIATIONS * np.sqrt(0.025 * 0.975 / DRAWS)
    check(least <= 0.025 + slack and most >= 0.025 - slack,
          f"{name} should have 2.5 % of all samples {'above' if upper else 'below'} it; yours, {end:.4f}, has "
          f"{100 * (least + most) / 2:.1f} %. By the measured difference it should be near "
          f"{values[np.searchsorted(np.cumsum(weights), 0.975 if upper else 0.025)]:.4f}.")


@item("paired_bootstrap", 2)
def test_interval(student, rng):
    """The interval reaches from the 2.5 % to the 97.5 % quantile of the difference over resampled texts."""
    right_a = rng.permutation(np.arange(TEXTS) < 0.75 * TEXTS)
    right_b = np.where(rng.random(TEXTS) < 0.6, rng.random(TEXTS) < 0.9, right_a)  # many differ: one step is a small share
    low, high = interval(student, right_a, right_b, *rng.spawn(1), DRAWS)
    gains = right_b.astype(int) - right_a
    if high - low > 0 and abs(low + high + 2 * gains.mean()) < abs(low + high - 2 * gains.mean()):
        low, high = -high, -low  # the direction has a criterion of its own
    values, weights = distribution(gains)
    check_end(values, weights, low, "low", upper=False)
    check_end(values, weights, high, "high", upper=True)
    low, high = interval(student, right_a, right_b, *rng.spawn(1), 1)
    check(low == high, f"With one draw all quantiles are that draw; yours are {low:.4f} and {high:.4f}. Is draws used?")


@item("paired_bootstrap", 1.5)
def test_interval_is_paired(student, rng):
    """Both models are measured on the same sample: what they agree about does not widen the interval."""
    right_a = rng.permutation(np.arange(1000) < 500)
    right_b = right_a.copy()
    right_b[np.flatnonzero(~right_a)[:20]] = True  # B is right about 20 texts more, and wrong about none
    low, high = interval(student, right_a, right_b, *rng.spawn(1), 1000)
    # unpaired samples would give about (-0.024, 0.064), paired ones (0.012, 0.029); where it lies is for other criteria to say
    found = f"B is right wherever A is, and 20 times more in 1,000: your interval, {low:.3f} to {high:.3f}, is too"
    check(high - low < 0.045, f"{found} wide. Measure both models on the same sample of texts.")
    check(high - low > 0.006, f"{found} narrow. Each sample has as many texts as there are, drawn with replacement.")
    same = interval(student, right_a, right_a, *rng.spawn(1), 20)
    check(same == (0, 0), f"A model against itself should give (0, 0), not {same}.")


@item("paired_bootstrap")
def test_interval_direction(student, rng):
    """The difference is accuracy(B) - accuracy(A): positive when B is better."""
    worse, better = rng.permutation(np.arange(300) < 150), np.ones(300, dtype=bool)
    seed = int(rng.integers(2**32))
    left, same = (np.random.default_rng(seed) for _ in range(2))  # with what is left of them
    low, _ = interval(student, worse, better, in_place(left))
    check(low > 0, "B is right everywhere and A is not: low should be above 0.")
    interval(student, worse, better, in_place(same), 1000)
    check(left.bit_generator.state == same.bit_generator.state,
          "Unless told otherwise draws is 1000, but with draws=1000 another number of random numbers is drawn.")
    _, high = interval(student, better, worse, *rng.spawn(1), 100)
    check(high < 0, "A is right everywhere and B is not: high should be below 0.")


@item("paired_bootstrap", 0.5)
def test_interval_draws_from_rng(student, rng):
    """The samples are drawn from rng: the same state gives the same interval, another gives another."""
    right_a, right_b = rng.random(500) < 0.7, rng.random(500) < 0.8
    seed = int(rng.integers(2**32))
    first, again, other = (interval(student, right_a, right_b, np.random.default_rng(s), 60) for s in (seed, seed, seed + 1))
    check(first == again, "Two generators in the same state gave different intervals. Draw from rng and from nothing else.")
    check(first != other, "Two generators in different states gave the same interval. Draw from the rng that is passed in.")
