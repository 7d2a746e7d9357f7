"""Hidden tests of @NAME@.

Each names its item; its docstring is the criterion that students read. `student.word_counts(...)` runs in the student's
process, and what comes back is plain data. Tests of an item weigh equally unless they say otherwise.
"""

from autograder.testing import check, item
from @REFERENCE@.@NAME@ import most_frequent, word_counts

WORDS = ["ant", "Bee", "bee", "cat", "CAT", "dog"]


def draw(rng):
    """A text of 30 words; `rng` draws others for each student, and the same again when their work is graded again."""
    return " ".join(rng.choice(WORDS, 30))


@item("word_counts")
def test_every_word_is_counted(student, rng):
    """Every word is counted as often as it is there, whatever its case."""
    text = draw(rng)
    counts = student.word_counts(text)
    check(isinstance(counts, dict), "word_counts should return a dict.")
    for word, count in word_counts(text).items():
        check(counts.get(word) == count, f"{word!r} is there {count} times, but you counted {counts.get(word, 0)}.")


@item("word_counts", weight=0.5)
def test_a_text_may_be_empty(student):
    """An empty text has no words."""
    check(student.word_counts("  ") == {}, "Without words the dict is empty.")


@item("most_frequent")
def test_order(student, rng):
    """The most frequent words come first, equally frequent ones by the alphabet."""
    text = draw(rng)
    check(list(student.most_frequent(text, 3)) == most_frequent(text, 3), f"The first three should be {most_frequent(text, 3)}.")


@item("most_frequent")
def test_fewer_words_than_asked_for(student):
    """With fewer words than asked for, all are there."""
    check(list(student.most_frequent("b a", 5)) == ["a", "b"], "Of two words, five cannot be the first.")
