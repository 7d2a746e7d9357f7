"""What every text loader returns: texts, labels, and where they come from."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, repr=False)
class Corpus:
    """A labelled text corpus in two parts. Printing it says in one line which source is in use.

    Attributes
    ----------
    name : str
        "reviews", "news", "imdb" or "ag_news": what the texts are.
    train_texts, test_texts : tuple of str
    train_labels, test_labels : numpy.ndarray of int64, shapes (m_train,) and (m_test,)
        Indices into `label_names`.
    label_names : tuple of str
    source : str
        Where the texts come from, in words: store it with any result.
    train_phenomena, test_phenomena : tuple of frozenset of str, or None
        The phenomena planted in each text (empty set: a plain text); None for a real corpus, where nobody
        knows.
    """

    name: str
    train_texts: tuple
    train_labels: np.ndarray
    test_texts: tuple
    test_labels: np.ndarray
    label_names: tuple
    source: str
    train_phenomena: tuple | None = None
    test_phenomena: tuple | None = None

    def __str__(self):
        sizes = f"{len(self.train_texts):,} train and {len(self.test_texts):,} test texts"
        return f"{self.name}: {sizes}, labels {', '.join(self.label_names)}; source: {self.source}"

    __repr__ = __str__
