"""Pooling forgets the order of words: two texts with the same words get the same prediction.

Not nearly the same: the pooled vectors are equal but for rounding, so nothing above them can tell the texts
apart. What pooling does not forget is that a "not" is there. To logistic regression it is a word like the
others, which moves the logit by the same amount whatever the adjective; the hidden layer can learn that "not"
turns an opinion round. But with two adjectives in the text, no network on top of a bag can know which of them
it belongs to. Pairs of words ("not_dull") bring a little order back.
"""

from dataclasses import dataclass

import numpy as np

from reference.baseline import train_baseline
from reference.datasets.reviews import review_word_classes
from reference.demonstrations.trained import train_on_reviews
from reference.table import format_table

# the same bag of words twice, with opposite opinions, the positive one first
TWINS = (
    ("The plot is good, not bad.", "The plot is bad, not good."),
    ("The acting is brilliant, never boring.", "The acting is boring, never brilliant."),
    ("A poor start but a great ending.", "A great start but a poor ending."),
    ("Not weak, the script is superb.", "Not superb, the script is weak."),
)


@dataclass(frozen=True)
class OrderInvariance:
    """What `measure` returns; outer keys are "mean", "max" and "mean, with pairs of words".

    Attributes
    ----------
    twin_difference : dict of str to float
        The greatest difference between the logits of two texts of TWINS.
    twins_right : dict of str to int
        Of the 2 len(TWINS) texts, how many are classified rightly.
    shuffle_difference : dict of str to float
        The greatest change of a logit when the words of every test review are shuffled.
    shuffle_flips : dict of str to float
        The share of test reviews whose class changes then.
    negation_shift : dict of str to dict of str to float
        What "not" before the adjective adds to the logit of "The film is ADJECTIVE", on average over the
        "positive" and the "negative" adjectives of the vocabulary. A reader expects - and +.
    linear_shift : dict of str to float
        The same for logistic regression on word counts; the two are equal.
    """

    twin_difference: dict
    twins_right: dict
    shuffle_difference: dict
    shuffle_flips: dict
    negation_shift: dict
    linear_shift: dict


def measure(train_size=4000, seed=0):
    """Train with mean and max pooling and with pairs of words, then change the order of words.

    Parameters
    ----------
    train_size, seed : int

    Returns
    -------
    OrderInvariance
    """
    settings = {"mean": {}, "max": {"pooling": "max"}, "mean, with pairs of words": {"max_ngram": 2}}
    columns = []
    for options in settings.values():
        trained = train_on_reviews(train_size, seed=seed, **options)
        shift = _negation(trained.logits, trained.vocabulary)
        columns.append((*_twins(trained), *_shuffle(trained, np.random.default_rng(seed)), shift))
    words_only = train_on_reviews(train_size, seed=seed)
    linear = train_baseline(words_only.corpus.train_texts, words_only.corpus.train_labels)
    by_setting = [dict(zip(settings, values, strict=True)) for values in zip(*columns, strict=True)]
    return OrderInvariance(*by_setting, _negation(linear.decision_function, words_only.vocabulary))


def _twins(trained):
    positive, negative = (trained.logits(texts) for texts in zip(*TWINS, strict=True))
    return float(np.abs(positive - negative).max()), int((positive >= 0).sum() + (negative < 0).sum())


def _shuffle(trained, rng, n_texts=500):
    texts = trained.corpus.test_texts[:n_texts]
    shuffled = [" ".join(rng.permutation(text.split())) for text in texts]
    before, after = trained.logits(texts), trained.logits(shuffled)
    return float(np.abs(before - after).max()), float(np.mean((before >= 0) != (after >= 0)))


def _negation(logits, vocabulary):
    classes, shifts = review_word_classes(), {}
    for opinion in ("positive", "negative"):
        words = [word for word in vocabulary.tokens if classes.get(word) == opinion]
        plain = logits([f"The film is {word}." for word in words])
        negated = logits([f"The film is not {word}." for word in words])
        shifts[opinion] = float(np.mean(negated - plain))
    return shifts


def main(**options):
    """Print what `measure` finds; options are those of `measure`."""
    r = measure(**options)
    print(format_table(
        ["pooling", "twins differ by", f"twins right, of {2 * len(TWINS)}", "shuffling changes", "flips",
         '"not" + positive', '"not" + negative'],
        [[kind, f"{r.twin_difference[kind]:.0e}", r.twins_right[kind], f"{r.shuffle_difference[kind]:.0e}",
          r.shuffle_flips[kind], r.negation_shift[kind]["positive"], r.negation_shift[kind]["negative"]]
         for kind in r.twin_difference]))
    print(f"\nLogistic regression: \"not\" adds {r.linear_shift['positive']:.3f} to positive adjectives, "
          f"{r.linear_shift['negative']:.3f} to negative ones.")


if __name__ == "__main__":
    main()
