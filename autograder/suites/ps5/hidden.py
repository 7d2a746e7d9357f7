"""The hidden texts of Exercise 5, and what a student's models say of them.

The texts go to the student process, always all of them and in the same order; labels and planted phenomena stay here.
Asking for the mistakes only would give the labels away: so functions are asked about every text, and the mistakes are
picked afterwards. Feedback has accuracies in whole percents.
"""

import weakref

import numpy as np

from autograder.suites.ps5 import pooled
from autograder.testing import StudentError, check, check_array
from reference.datasets.files import generated_splits
from reference.datasets.reviews import PHENOMENA
from reference.error_analysis import telling_words

# other seeds are another competition
REVIEWS, REVIEW_LABELS, PLANTED = generated_splits("reviews", 7006, hidden=2000)["hidden"]
NEWS, NEWS_LABELS, _ = generated_splits("news", 5121, hidden=2000)["hidden"]
REVIEWS, NEWS = list(REVIEWS), list(NEWS)
CATEGORIES = (*PHENOMENA, "plain")
LEAST_MODEL = 0.82  # accuracy of a model whose mistakes count: the pooled one has it with any seed, see test_models.py

_train_texts, _train_labels, _ = generated_splits("reviews", 1, train=3000, validation=1000)["train"]
WORD_SCORES = telling_words(_train_texts, _train_labels == 1, min_texts=1)  # as the notebook computes them

_answers = weakref.WeakKeyDictionary()  # student -> what -> what their functions said


def _once(student, what, ask):
    """What the student's model says, asked once: tests of one submission must not see different answers."""
    known = _answers.setdefault(student, {})
    if what not in known:
        known[what] = ask()
    return known[what]


def review_classes(student):
    """The classes that `predict` gives the hidden reviews, shape (m,).

    Raises
    ------
    AssertionError, StudentError
        If it gives something else, or nothing.
    """
    def ask():
        classes = check_array(student.predict(REVIEWS), (len(REVIEWS),), "predict(texts)")
        check(np.isin(classes, (0, 1)).all(), "predict should return 0 or 1 for every text.")
        return classes.astype(int)

    return _once(student, "reviews", ask)


def news_rows(student):
    """The probabilities that `news_proba` gives the hidden news, shape (m, 4).

    Raises
    ------
    AssertionError, StudentError
        If they are no probabilities.
    """
    def ask():
        return check_rows(student.news_proba(NEWS), (len(NEWS), 4), "news_proba(texts)")

    return _once(student, "news", ask)


def check_rows(answer, shape, what):
    """Return `answer` as an array if its rows are distributions; fail otherwise."""
    rows = check_array(answer, shape, what)
    check(np.isfinite(rows).all(), f"{what} holds NaN or infinity.")
    check(rows.min() >= 0, f"{what} holds a negative number: these are no probabilities. Is the softmax missing?")
    sums = rows.sum(axis=1)
    worst = int(np.argmax(np.abs(sums - 1)))
    check(abs(sums[worst] - 1) < 1e-3, f"Each row of {what} should add up to 1; row {worst} adds up to {sums[worst]:.4g}.")
    return rows


def accuracy(classes, labels):
    """The share of right classes."""
    return float(np.mean(classes == labels))


def check_accuracy(classes, labels, wanted):
    """Fail unless the accuracy is as wanted."""
    reached = accuracy(classes, labels)
    check(reached >= wanted, f"On the hidden texts your model is right {_percent(reached)} of the time; wanted: {wanted:.0%}.")


def _percent(share):
    """Whole percents, rounded down: 92.7 % is not yet 93 %, and nobody needs to know more."""
    return f"{int(100 * share)}%"


def planted_mistakes(student):
    """Which hidden reviews hold a phenomenon and are misclassified by the pooled model or the student's own, shape (m,).

    A model that is worse than the pooled one has its own items to lose; what it gets wrong says nothing about rules.
    """
    wrong = np.isin(np.arange(len(REVIEWS)), pooled.MISTAKES)
    try:
        classes = review_classes(student)
        if accuracy(classes, REVIEW_LABELS) >= LEAST_MODEL:
            wrong |= classes != REVIEW_LABELS
    except (StudentError, AssertionError):
        pass
    return wrong & np.array([bool(planted) for planted in PLANTED])


def categories(student):
    """The student's categories of all hidden reviews: a list of str.

    Raises
    ------
    AssertionError, StudentError
        If they are not one known category for each text.
    """
    named = _once(student, "categories", lambda: student.categorise(REVIEWS, WORD_SCORES))
    check(isinstance(named, (list, tuple)), "categorise should return a list of categories, one for each text.")
    check(len(named) == len(REVIEWS), f"categorise should return one category for each of {len(REVIEWS)} texts, not {len(named)}.")
    odd = next((name for name in named if name not in CATEGORIES), None)
    check(all(isinstance(name, str) for name in named) and odd is None,
          f"categorise should return names from the table; {str(odd)[:50]!r} is none of them.")
    return list(named)


def agreement(student):
    """The share of planted mistakes whose category, by the student's rules, is one that is planted there."""
    named, mistakes = categories(student), planted_mistakes(student)
    return float(np.mean([named[i] in PLANTED[i] for i in np.flatnonzero(mistakes)]))


def check_agreement(student, wanted):
    """Fail unless the agreement is as wanted."""
    reached = agreement(student)
    check(reached >= wanted, f"Of your models' mistakes on hidden texts, {_percent(reached)} get a category that is really there; "
                             f"wanted: {wanted:.0%}.{weakest_category(student)}")


def weakest_category(student):
    """The category of most texts that are named wrongly, and what they are called instead."""
    named, mistakes = categories(student), planted_mistakes(student)
    wrong = [i for i in np.flatnonzero(mistakes) if named[i] not in PLANTED[i]]
    called = {phenomenon: [named[i] for i in wrong if phenomenon in PLANTED[i]] for phenomenon in PHENOMENA}
    worst = max(called, key=lambda phenomenon: len(called[phenomenon]))
    often = max(called[worst], key=called[worst].count, default="")
    return f" You miss {worst!r} most often, and call most of its texts {often!r}." if often else ""


def found_categories(student):
    """The categories of whose planted mistakes the student's rules name at least half rightly."""
    named, mistakes = categories(student), planted_mistakes(student)
    found = []
    for phenomenon in PHENOMENA:
        hits = [named[i] in PLANTED[i] for i in np.flatnonzero(mistakes) if phenomenon in PLANTED[i]]
        if hits and np.mean(hits) >= 0.5:
            found.append(phenomenon)
    return found


def check_found(student, wanted):
    """Fail unless that many categories are found."""
    found = found_categories(student)
    missing = [phenomenon for phenomenon in PHENOMENA if phenomenon not in found]
    check(len(found) >= wanted, f"Your rules name at least half of the mistakes in {len(found)} of the seven categories; "
                                f"wanted: {wanted}. Look at {', '.join(missing)}.")
