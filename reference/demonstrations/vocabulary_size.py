"""How many words? Coverage against parameters, with the accuracy that each size buys.

The commonest words cover most of any text, and are the ones that say least: coverage rises fast, accuracy
needs the rarer words. Most parameters are in E, one row a word, and the more words the greater its share.
"""

from dataclasses import dataclass

import numpy as np

from reference.demonstrations.trained import train_on_reviews
from reference.table import format_table
from reference.text import UNK_ID


@dataclass(frozen=True)
class VocabularySize:
    """One row of what `measure` returns.

    Attributes
    ----------
    size : int
        Rows of E, the two special ones included.
    coverage : float
        The share of the test texts' words that are known.
    parameters : int
        Of the whole network.
    embedding_share : float
        The share of them that is in E.
    accuracy : float
        On the test texts.
    """

    size: int
    coverage: float
    parameters: int
    embedding_share: float
    accuracy: float


def measure(sizes=(50, 100, 200, 400, 800, 1600, None), train_size=4000, seed=0):
    """Train the same classifier with vocabularies of growing size.

    Parameters
    ----------
    sizes : sequence of (int or None)
        None: every word that occurs at least twice.
    train_size, seed : int

    Returns
    -------
    list of VocabularySize
    """
    rows = []
    for size in sizes:
        trained = train_on_reviews(train_size, seed=seed, max_vocab=size)
        corpus, params = trained.corpus, trained.model.params
        n_parameters = sum(value.size for value in params.values())
        known = np.concatenate(trained.encode(corpus.test_texts)) != UNK_ID
        rows.append(VocabularySize(
            size=len(trained.vocabulary),
            coverage=float(known.mean()),
            parameters=n_parameters,
            embedding_share=params["E"].size / n_parameters,
            accuracy=float(1 - trained.errors(corpus.test_texts, corpus.test_labels).mean()),
        ))
    return rows


def main(**options):
    """Print what `measure` finds; options are those of `measure`."""
    print(format_table(["vocabulary", "coverage", "parameters", "of them in E", "accuracy"],
                       [[f"{r.size:,}", r.coverage, f"{r.parameters:,}", r.embedding_share, r.accuracy]
                        for r in measure(**options)]))


if __name__ == "__main__":
    main()
