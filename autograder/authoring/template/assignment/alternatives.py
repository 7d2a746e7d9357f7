"""Correct solutions of @NAME@ that are not the model's: the hidden tests must give each full points."""
# ruff: noqa: F811  (an alternative has the model's name; the decorator gives the name back)

from autograder.testing import Alternatives
from @REFERENCE@.@NAME@ import most_frequent, word_counts

CORRECT = Alternatives()
correct = CORRECT.correct


@correct("word_counts", "one by one")
def word_counts(text):
    counts = {}
    for word in text.split():
        counts[word.lower()] = counts.get(word.lower(), 0) + 1
    return counts


@correct("most_frequent", "sorted twice")
def most_frequent(text, k):
    counts = word_counts(text)
    by_alphabet = sorted(counts)
    return sorted(by_alphabet, key=counts.get, reverse=True)[:k]
