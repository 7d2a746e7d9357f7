"""Known mistakes of @NAME@: each must lose its item and no other, and its hint is shown where it is recognised.

A mistake says what it changes in the model solution: {text there: text here}, at exactly one place.
"""

from autograder.testing import Mistakes
from @REFERENCE@.@NAME@ import most_frequent, word_counts

BANK = Mistakes()
mistake = BANK.mistake

mistake("word_counts", "capitals count", "A word at the beginning of a sentence is the same word.",
        word_counts, {"text.lower()": "text"})
mistake("word_counts", "single spaces", "Between words there may be more than one space, or none at all.",
        word_counts, {".split()": ".split(' ')"})
mistake("most_frequent", "rarest first", "Your list begins with the rarest words.",
        most_frequent, {"-counts": "counts"})
mistake("most_frequent", "ties as they come", "Words that are there equally often should stand by the alphabet.",
        most_frequent, {"(-counts[word], word)": "-counts[word]"})
