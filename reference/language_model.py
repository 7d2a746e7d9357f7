"""Predicting the next word: the classifier of the lecture with the vocabulary as its classes.

The model sees the n - 1 words before and gives every word of the vocabulary a probability (Bengio et al.,
2003). The embeddings of the words before are put side by side, not averaged, so order counts; a hidden layer
and a softmax follow, and the loss is the cross-entropy that AG News had. e to the loss is the perplexity: the
number of words between which a model that guesses evenly would be as unsure.

Beside it, what Lecture 1 had: counts of n-grams, smoothed well (Witten & Bell, 1991). Left out: recurrence,
attention and every other way of seeing more than n - 1 words; the end of a text is not predicted.
"""

from collections import Counter

import numpy as np

from reference.activations import relu, relu_grad
from reference.dense import dense_backward, dense_forward
from reference.embeddings import embedding_backward, embedding_forward, init_embeddings
from reference.initialization import init_params
from reference.losses import softmax_cross_entropy, softmax_cross_entropy_grad
from reference.text import PAD_ID


def contexts_and_targets(documents, n):
    """Every position of every text as a classification example.

    Parameters
    ----------
    documents : list of integer sequences
    n : int
        Order of the model, at least 1: n - 1 words before are seen.

    Returns
    -------
    X : ndarray of int64, shape (N, n - 1)
        The words before, in reading order; `PAD_ID` before the beginning of a text.
    y : ndarray of int64, shape (N,)
        The words themselves; N is the number of words of all texts.

    Raises
    ------
    ValueError
        If n is below 1.
    """
    if n < 1:
        raise ValueError(f"an n-gram has at least 1 word, got n = {n}")
    X, y = [], []
    for document in documents:
        padded = np.concatenate([np.full(n - 1, PAD_ID), document]).astype(np.int64)
        X.append(np.lib.stride_tricks.sliding_window_view(padded, n)[:, :-1] if len(document)
                 else np.zeros((0, n - 1), np.int64))
        y.append(padded[n - 1 :])
    return np.concatenate(X), np.concatenate(y)


class NeuralLanguageModel:
    """Embeddings of n - 1 words side by side, one hidden layer, softmax over the vocabulary.

    It has the members that `training.train` wants.

    Parameters
    ----------
    vocab_size : int
        V.
    n : int
        At least 2.
    rng : numpy.random.Generator
    embed_dim, hidden : int

    Attributes
    ----------
    params : dict of str to ndarray
        "E" (V, d), "W1" (hidden, (n - 1) d), "b1", "W2" (V, hidden), "b2" (V,).
    """

    def __init__(self, vocab_size, n, rng, embed_dim=16, hidden=32):
        if n < 2:
            raise ValueError(f"a model that sees no word before has no use for embeddings: n is {n}, "
                             "must be at least 2")
        self.params = {"E": init_embeddings(vocab_size, embed_dim, rng, scale=1.0),
                       **init_params([(n - 1) * embed_dim, hidden, vocab_size], rng)}
        self.params["E"][PAD_ID] = rng.normal(size=embed_dim)  # here it means "a text begins", and is learned

    def forward(self, X):
        """Logits (m, V) of contexts X (m, n - 1), and a cache."""
        p = self.params
        A0 = embedding_forward(p["E"], X).reshape(len(X), -1)  # (m, n - 1, d) -> (m, (n - 1) d)
        Z1 = dense_forward(A0, p["W1"], p["b1"])
        A1 = relu(Z1)
        return dense_forward(A1, p["W2"], p["b2"]), {"X": X, "A0": A0, "Z1": Z1, "A1": A1}

    def backward(self, cache, dZ):
        """Gradients of all parameters, E's as SparseRows."""
        p, grads = self.params, {}
        grads["W2"], grads["b2"], dA1 = dense_backward(dZ, cache["A1"], p["W2"])
        grads["W1"], grads["b1"], dA0 = dense_backward(dA1 * relu_grad(cache["Z1"]), cache["A0"], p["W1"])
        grads["E"] = embedding_backward(dA0.reshape(*cache["X"].shape, -1), cache["X"])
        return grads

    def loss_and_grads(self, X, y, rng=None):
        """Mean cross-entropy, gradients and logits of a batch; nothing is random here, rng is not used."""
        logits, cache = self.forward(X)
        return self.loss(logits, y), self.backward(cache, softmax_cross_entropy_grad(logits, y)), logits

    def logits(self, X):
        """Logits, (m, V)."""
        return self.forward(X)[0]

    def loss(self, logits, y):
        """Mean cross-entropy, in nats a word."""
        return softmax_cross_entropy(logits, y)

    def decide(self, logits):
        """The likeliest next word of each row, (m,)."""
        return logits.argmax(axis=1)

    def log_probabilities(self, X, y, batch_size=512):
        """log P(y | X) of each example, shape (N,)."""
        parts = []
        for start in range(0, len(y), batch_size):
            Z = self.logits(X[start : start + batch_size])
            shifted = Z - Z.max(axis=1, keepdims=True)
            right = shifted[np.arange(len(Z)), y[start : start + batch_size]]
            parts.append(right - np.log(np.exp(shifted).sum(axis=1)))
        return np.concatenate(parts)


class CountedLanguageModel:
    """n-gram counts, with the shorter n-gram's probability standing in for what was never counted.

    P(w | h) = (c(h, w) + t(h) P(w | h')) / (c(h) + t(h)), where h' is h without its first word and t(h) is how
    many different words have followed h: the more there are, the likelier is another new one.
    P(w)     = (c(w) + 1) / (N + V).

    A history that never occurred leaves P(w | h') as it is; a word that never followed it gets a share of
    what P(w | h') says, whatever the words mean. (Witten & Bell, 1991.)

    Parameters
    ----------
    X : ndarray of int, shape (N, n - 1)
    y : ndarray of int, shape (N,)
        As `contexts_and_targets` gives them for the training texts.
    vocab_size : int
    """

    def __init__(self, X, y, vocab_size):
        self.vocab_size, self.n_words = vocab_size, len(y)
        self.counts, self.histories, self.kinds = Counter(), Counter(), Counter()
        for *history, word in np.column_stack([X, y]).tolist():
            for k in range(len(history) + 1):  # the history, the history without its first word, ...
                h = tuple(history[k:])
                self.kinds[h] += (*h, word) not in self.counts
                self.counts[(*h, word)] += 1
                self.histories[h] += 1

    def log_probabilities(self, X, y):
        """log P(y | X) of each example, shape (N,)."""
        return np.log([self._probability(tuple(h), w) for h, w in zip(X.tolist(), y.tolist(), strict=True)])

    def seen(self, X, y):
        """Whether each n-gram (X[i], y[i]) occurred in training, shape (N,)."""
        return np.array([(*h, w) in self.counts for h, w in zip(X.tolist(), y.tolist(), strict=True)])

    def _probability(self, history, word):
        if not history:
            return (self.counts[(word,)] + 1) / (self.n_words + self.vocab_size)
        shorter, kinds = self._probability(history[1:], word), self.kinds[history]
        if not kinds:
            return shorter
        return (self.counts[(*history, word)] + kinds * shorter) / (self.histories[history] + kinds)


def witten_bell(counts):
    """P(next word | word), (V, V), from the counts of each word behind each other."""
    frequency = (counts.sum(0) + 1) / (counts.sum() + len(counts))
    kinds = (counts > 0).sum(1)[:, None].clip(1)  # how many have followed; at least 1
    return (counts + kinds * frequency) / (counts.sum(1)[:, None] + kinds)


def perplexity(log_probabilities):
    """e to the mean of -log P: V for a model that gives each of V words the same, 1 for one that knows."""
    return float(np.exp(-np.mean(log_probabilities)))
