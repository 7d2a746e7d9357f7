"""Words that the vocabulary does not hold all become <unk>: what that costs.

Two different unknown words are one and the same to the model. The classifier is given test reviews in which
more and more words are replaced by made-up ones, as misspellings or another domain would do. Leaving the same
words out shows what is due to their loss alone. <unk> can cost much more: its embedding met too few training
texts to learn to be neutral, and now it is everywhere. And there are the reviews whose opinion stands in
coined words only ("megasnoozefest"), where a reader still sees the parts of the word. Word parts are the next
lecture's answer.
"""

from dataclasses import dataclass

import numpy as np

from reference.demonstrations.trained import train_on_reviews
from reference.table import format_table
from reference.text import UNK_ID, tokenize

MADE_UP = "qxzqxz"
SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)


@dataclass(frozen=True)
class UnknownWords:
    """What `measure` returns.

    Attributes
    ----------
    unknown_share_train, unknown_share : float
        Of the words of the training and of the test texts as they are.
    accuracy : dict of float to float
        Share of words replaced -> accuracy on the test texts.
    accuracy_left_out : dict of float to float
        The same with these words left out.
    coined_error, plain_error : float
        Error rates on the texts with the phenomenon "unknown" and on those without any.
    difference : float
        The greatest difference between logits when one made-up word is exchanged for another.
    """

    unknown_share_train: float
    unknown_share: float
    accuracy: dict
    accuracy_left_out: dict
    coined_error: float
    plain_error: float
    difference: float


def measure(train_size=4000, seed=0):
    """Replace words of the test texts at random.

    Parameters
    ----------
    train_size, seed : int

    Returns
    -------
    UnknownWords
    """
    trained = train_on_reviews(train_size, seed=seed)
    corpus, rng = trained.corpus, np.random.default_rng(seed)
    accuracy, accuracy_left_out = {}, {}
    for share in SHARES:
        token_lists = [_replace(text, share, rng) for text in corpus.test_texts]
        left_out = [[word for word in words if word != MADE_UP] for words in token_lists]
        for result, changed in ((accuracy, token_lists), (accuracy_left_out, left_out)):
            texts = [" ".join(words) for words in changed]
            result[share] = float(1 - trained.errors(texts, corpus.test_labels).mean())
    wrong = trained.errors(corpus.test_texts, corpus.test_labels)
    coined = np.array(["unknown" in marks for marks in corpus.test_phenomena])
    plain = np.array([not marks for marks in corpus.test_phenomena])
    praise, blame = ([f"The plot is pure {word}." for word in words]
                     for words in (("gleamtastic", "zingmarvel"), ("sludgequax", "blandozor")))
    return UnknownWords(
        unknown_share_train=_unknown_share(trained, corpus.train_texts),
        unknown_share=_unknown_share(trained, corpus.test_texts),
        accuracy=accuracy,
        accuracy_left_out=accuracy_left_out,
        coined_error=float(wrong[coined].mean()),
        plain_error=float(wrong[plain].mean()),
        difference=float(np.abs(trained.logits(praise) - trained.logits(blame)).max()),
    )


def _replace(text, share, rng):
    """The words of a text; each, with probability `share`, has become one that no vocabulary holds."""
    words = tokenize(text)
    return [MADE_UP if replaced else word
            for word, replaced in zip(words, rng.random(len(words)) < share, strict=True)]


def _unknown_share(trained, texts):
    return float(np.mean(np.concatenate(trained.encode(texts)) == UNK_ID))


def main(**options):
    """Print what `measure` finds; options are those of `measure`."""
    r = measure(**options)
    print(f"Unknown as it is: {100 * r.unknown_share:.2f} % of the words in the test texts, "
          f"{100 * r.unknown_share_train:.2f} % in the training texts.\n")
    print(format_table(["share of words changed", "accuracy with <unk>", "with the words left out"],
                       [[f"{share:.0%}", a, r.accuracy_left_out[share]] for share, a in r.accuracy.items()]))
    print(f"\nError rate with the opinion in coined words {r.coined_error:.3f}, plain {r.plain_error:.3f}. "
          f"One coined word for another changes the logit by {r.difference:.0e}.")


if __name__ == "__main__":
    main()
