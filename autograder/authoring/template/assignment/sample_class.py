"""A class of samples for @NAME@: what each is made of, and what it must earn. `autograder sample-class @NAME@` writes it."""

from autograder.authoring.sample_class import Outcome, Sample

from .alternatives import CORRECT
from .mistakes import BANK

DUE = "2030-01-15 22:00:00 UTC"

SAMPLES = [
    Sample("perfect"),
    Sample("another-way", CORRECT.sources(0)),
    Sample("capitals-count", BANK.sources("word_counts: capitals count"),
           earns={"word_counts": 1}, outcome=Outcome.CHECK_FAILED),
    Sample("rarest-first", BANK.sources("most_frequent: rarest first"), earns={"most_frequent": 2}, outcome=Outcome.CHECK_FAILED),
    Sample("late", timestamp="2030-01-17 09:00:00 UTC"),
    Sample("blank", undone=(), earns={"word_counts": 0, "most_frequent": 0}, outcome=Outcome.INCOMPLETE),
]
