"""Hidden tests of Exercise 5: texts that pooling cannot tell apart.

Whether they mean different things is read by people, who give most of the points: scrambled words are twins as well.
"""

from collections import Counter

from autograder.testing import check, item
from reference.error_analysis import tokenize

_CHARACTERS = 2000  # more than any short review


def pair_problem(pair, least):
    """Why `pair` is no pair of two different orders of the same `least` or more words; "" if it is one."""
    if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
        return "a pair should be two strings"
    if max(map(len, pair)) > _CHARACTERS:
        return "these are no short reviews"
    words, others = map(tokenize, pair)
    if Counter(words) != Counter(others):
        different = sorted(((Counter(words) - Counter(others)) + (Counter(others) - Counter(words))).elements())
        return f"the two texts do not hold the same words equally often: {', '.join(different)[:100]}"
    if words == others:
        return "the two texts have the same words in the same order"
    if len(words) < least:
        return f"{len(words)} words are fewer than {least}"
    return ""


def check_twins(student, count):
    """Fail unless at least `count` of the three pairs are twins, and different ones."""
    pairs = student.get("BAG_TWINS")
    check(isinstance(pairs, (list, tuple)) and len(pairs) <= 20, "BAG_TWINS should be a list of three pairs of texts.")
    good, problems = set(), []
    for number, pair in enumerate(pairs, 1):
        problem = pair_problem(pair, 5)
        if problem:
            problems.append(f"Pair {number}: {problem}.")
        else:
            good.add(tuple(sorted(tokenize(pair[0]))))
    check(len(good) >= count, f"{len(good)} different pairs are twins; wanted: {count}. {' '.join(problems)}")


@item("bag_twins", 1)
def test_one_pair(student):
    """At least one pair of texts has the same words, each equally often, in another order."""
    check_twins(student, 1)


@item("bag_twins", 0.5)
def test_two_pairs(student):
    """At least two different pairs of texts have the same words, each equally often, in another order."""
    check_twins(student, 2)


@item("bag_twins", 0.5)
def test_three_pairs(student):
    """All three pairs, each of other words, have the same words, each equally often, in another order."""
    check_twins(student, 3)


@item("bigram_twins")
def test_bigram_pair_has_the_same_words(student):
    """The two texts have the same eight words or more, each equally often, in another order."""
    problem = pair_problem(student.get("BIGRAM_TWINS"), 8)
    check(not problem, f"BIGRAM_TWINS: {problem}.")


@item("bigram_twins", 3)
def test_bigram_pair_has_the_same_pairs(student):
    """The two texts have the same pairs of neighbouring words, each equally often."""
    pair = student.get("BIGRAM_TWINS")
    problem = pair_problem(pair, 8)
    check(not problem, f"BIGRAM_TWINS: {problem}.")
    here, there = (Counter(zip(words, words[1:])) for words in map(tokenize, pair))
    different = sorted(" ".join(words) for words in ((here - there) + (there - here)))
    check(not different, f"Pairs of words that only one of the two texts has: {', '.join(different)[:200]}.")
