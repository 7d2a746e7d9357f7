"""Where averaging words goes wrong: error rates by the phenomenon planted in the review.

"The movie started well but the ending was terrible": good and bad words in equal number, and what decides is
which comes after the "but". A mean cannot know. The same model is nearly perfect where all words agree.

Read the rates with their counts: at 80 texts and a rate of 0.3 the standard error is 0.05.
"""

from dataclasses import dataclass

import numpy as np

from reference.demonstrations.trained import train_on_reviews
from reference.table import format_table

# halves of the same weight; in both orders they hold the same words
CONTRASTS = (
    ("The film starts {}, but the ending is {}.", "good", "terrible"),
    ("A {} beginning that turns {}.", "wonderful", "dull"),
    ("It looked {} at first and was {} in the end.", "brilliant", "boring"),
)


@dataclass(frozen=True)
class LongRangeContrast:
    """What `measure` returns.

    Attributes
    ----------
    errors : dict of str to float
        Phenomenon -> share of its test texts that are classified wrongly; "plain" has none planted.
    counts : dict of str to int
        How many test texts that is.
    pairs_right : int
        How many pairs made from CONTRASTS (good then bad, bad then good) have both texts right.
    pairs : int
    """

    errors: dict
    counts: dict
    pairs_right: int
    pairs: int


def measure(train_size=4000, seed=0):
    """Train on the reviews and sort the test errors.

    Parameters
    ----------
    train_size, seed : int

    Returns
    -------
    LongRangeContrast
        Phenomena in order of falling error rate.
    """
    trained = train_on_reviews(train_size, seed=seed)
    corpus = trained.corpus
    wrong = trained.errors(corpus.test_texts, corpus.test_labels)
    groups = {name: np.array([name in marks for marks in corpus.test_phenomena])
              for name in sorted(set().union(*corpus.test_phenomena))}
    groups["plain"] = np.array([not marks for marks in corpus.test_phenomena])
    errors = {name: float(wrong[group].mean()) for name, group in groups.items()}
    errors = dict(sorted(errors.items(), key=lambda item: -item[1]))
    good_end = trained.logits([frame.format(bad, good) for frame, good, bad in CONTRASTS])
    bad_end = trained.logits([frame.format(good, bad) for frame, good, bad in CONTRASTS])
    return LongRangeContrast(
        errors=errors,
        counts={name: int(groups[name].sum()) for name in errors},
        pairs_right=int(((good_end >= 0) & (bad_end < 0)).sum()),
        pairs=len(CONTRASTS),
    )


def main(**options):
    """Print what `measure` finds; options are those of `measure`."""
    r = measure(**options)
    print(format_table(["phenomenon", "texts", "error rate"],
                       [[name, r.counts[name], error] for name, error in r.errors.items()]))
    print(f"\nPairs with the halves exchanged: both right in {r.pairs_right} of {r.pairs}.")


if __name__ == "__main__":
    main()
