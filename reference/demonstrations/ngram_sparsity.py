"""Why counting n-grams stops working: most long ones are new, and counts know no similar words.

Two measurements. How many of a new text's n-grams never occurred in training, by n. And what a model makes of
pairs of words that are new to it: the real pair against one whose second word is exchanged for another of the
same frequency, new after that first word too. Counts have seen neither and can only guess; a network that has
learned which words behave alike should prefer the real one. Its embeddings show why: a word's nearest
neighbour is a word of the same kind more often than by chance.
"""

from dataclasses import dataclass

import numpy as np

from reference.datasets.reviews import review_word_classes
from reference.demonstrations.next_token import language_data, train_models
from reference.embeddings import nearest_neighbours
from reference.language_model import contexts_and_targets
from reference.table import format_table
from reference.text import PAD_ID, UNK_ID


@dataclass(frozen=True)
class NgramSparsity:
    """What `measure` returns.

    Attributes
    ----------
    unseen : dict of int to float
        n -> share of the test texts' n-grams that do not occur in the training texts.
    possible : dict of int to int
        n -> V^n.
    distinct : dict of int to int
        n -> different n-grams that the training texts hold.
    new_pairs : int
        Pairs of known words in the test texts that are new.
    preferred : dict of str to float
        "counted" and "neural" -> share of the new pairs that the model finds likelier than the same first
        word with another word of like frequency. Guessing gives 0.5.
    same_class : float
        Share of words, of those with a class in the grammar, whose nearest neighbour by the cosine of their
        embeddings has the same class.
    same_class_by_chance : float
        The same for a neighbour drawn at random.
    """

    unseen: dict
    possible: dict
    distinct: dict
    new_pairs: int
    preferred: dict
    same_class: float
    same_class_by_chance: float


def measure(train_size=1000, max_vocab=1000, orders=(1, 2, 3, 4, 5), seed=0):
    """Count n-grams, and ask both kinds of bigram model about new pairs.

    Parameters
    ----------
    train_size, max_vocab : int
        As in next_token.py.
    orders : sequence of int
    seed : int

    Returns
    -------
    NgramSparsity
    """
    data = language_data(train_size, max_vocab, seed)
    V = len(data.vocabulary)
    unseen, distinct = {}, {}
    for n in orders:
        known = set(_ngrams(data.train_documents, n))
        unseen[n] = float(np.mean([gram not in known for gram in _ngrams(data.test_documents, n)]))
        distinct[n] = len(known)
    counted, neural = train_models(2, train_size, max_vocab, seed)
    X, real, other = _new_pairs(data, counted, np.random.default_rng(seed))
    preferred = {}
    for name, model in (("counted", counted), ("neural", neural)):
        a, b = model.log_probabilities(X, real), model.log_probabilities(X, other)
        preferred[name] = float(np.mean(np.where(np.isclose(a, b), 0.5, a > b)))  # a tie is half a point
    same, chance = _neighbour_classes(data.vocabulary, neural.params["E"])
    return NgramSparsity(unseen, {n: V**n for n in orders}, distinct, len(real), preferred, same, chance)


def _ngrams(documents, n):
    """All n-grams of all texts, as tuples of ids."""
    return [tuple(document[k : k + n].tolist())
            for document in documents for k in range(len(document) - n + 1)]


def _new_pairs(data, counted, rng):
    """Contexts (N, 1), the real next words (N,), and impostors (N,) of like frequency."""
    X, y = contexts_and_targets(data.test_documents, 2)
    known = (X[:, 0] > UNK_ID) & (y > UNK_ID)
    X, y = X[known], y[known]
    new = ~counted.seen(X, y)
    X, y = X[new], y[new]
    others = []
    for history, word in zip(X[:, 0].tolist(), y.tolist(), strict=True):
        # ids are ranks by frequency: look for an impostor among the ten neighbours in rank
        ranks = [w for w in range(max(word - 5, UNK_ID + 1), min(word + 6, len(data.vocabulary)))
                 if w != word and (history, w) not in counted.counts]
        others.append(rng.choice(ranks) if ranks else -1)
    others = np.array(others)
    found = others >= 0
    return X[found], y[found], others[found]


def _neighbour_classes(vocabulary, E):
    classes = review_word_classes()
    rows = [row for row, word in enumerate(vocabulary.tokens)
            if row not in (PAD_ID, UNK_ID) and classes.get(word, "function word") != "function word"]
    kinds = np.array([classes[vocabulary.tokens[row]] for row in rows])
    hits = [kinds[nearest_neighbours(E[rows], E[row], k=1, exclude=(k,))[0][0]] == kinds[k]
            for k, row in enumerate(rows)]
    counts = np.unique(kinds, return_counts=True)[1]
    chance = np.sum(counts * (counts - 1)) / (len(rows) * (len(rows) - 1))
    return float(np.mean(hits)), float(chance)


def main(**options):
    """Print what `measure` finds; options are those of `measure`."""
    r = measure(**options)
    print(format_table(["n", "possible n-grams", "different ones in training", "new in a new text"],
                       [[n, f"{r.possible[n]:.0e}", f"{r.distinct[n]:,}", share]
                        for n, share in r.unseen.items()]))
    print(f"\n{r.new_pairs:,} new pairs of known words: the real one is preferred to an impostor by " +
          ", ".join(f"the {name} model in {share:.0%}" for name, share in r.preferred.items()) + ".")
    print(f"Nearest neighbours of the same class: {r.same_class:.0%}, "
          f"by chance {r.same_class_by_chance:.0%}.")


if __name__ == "__main__":
    main()
