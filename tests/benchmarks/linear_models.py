"""What the benchmarks share: logistic regression on the network's tokens, and how its C is chosen."""

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from reference.bags import flatten
from reference.ngrams import NGramVocabulary


def counts(documents, vocab_size):
    """How often each document has each token, as a sparse matrix (m, V)."""
    ids, offsets = flatten(documents)
    X = csr_matrix((np.ones(len(ids)), ids, offsets), shape=(len(documents), vocab_size))
    X.sum_duplicates()
    return X


def best_C(token_lists, y, max_n, min_documents, distinct, choices, score, class_weight=None):
    """The C with the best score on a fifth of the training texts (seed 0); the others give the vocabulary.

    Parameters
    ----------
    token_lists, y
        The training texts.
    max_n, min_documents, distinct
        As in NGramVocabulary.
    choices : sequence of float
    score : callable
        (y_true, y_pred) -> float.
    class_weight : None or "balanced"

    Returns
    -------
    float
    """
    held_out = np.random.default_rng(0).random(len(y)) < 0.2
    rest = [tokens for tokens, out in zip(token_lists, held_out, strict=True) if not out]
    vocabulary = NGramVocabulary.build(rest, max_n, min_documents)
    X = counts(vocabulary.encode_all(token_lists, distinct), len(vocabulary))
    scores = {}
    for C in tqdm(choices, desc="logistic regression, C", delay=2):
        model = fit(X[~held_out], y[~held_out], C, class_weight)
        scores[C] = score(y[held_out], model.predict(X[held_out]))
    return max(scores, key=scores.get)


def fit(X, y, C, class_weight=None):
    """Logistic regression with an L2 penalty; of scikit-learn's solvers the one that was faster here."""
    solver = "liblinear" if y.max() == 1 else "lbfgs"
    return LogisticRegression(C=C, class_weight=class_weight, solver=solver, max_iter=1000).fit(X, y)
