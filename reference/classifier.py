"""The lecture's text classifier, all of it in NumPy: embed, pool, think once, decide.

    documents, m lists of token ids of any length
      | E: look up and pool (mean or max)          (m, d)           bags.py
      | W1, b1: linear, ReLU                       (m, hidden)      dense.py, activations.py
      | dropout, in training only                  (m, hidden)      regularization.py
      | W2, b2: linear                             (m, 1) or (m, K) logits
      | sigmoid (two classes) or softmax (K)       probabilities    losses.py

For IMDB that is d -> 128 -> 1 with binary cross-entropy, for AG News d -> 128 -> 4 with softmax. The
embeddings are learned with the rest; their gradient holds the touched rows only. Left out: everything that
knows the order of words.
"""

import zipfile

import numpy as np

from reference.activations import relu, relu_grad, sigmoid
from reference.bags import (
    bag_max_backward,
    bag_max_forward,
    bag_mean_backward,
    bag_mean_forward,
    flatten,
)
from reference.dense import dense_backward, dense_forward
from reference.embeddings import init_embeddings
from reference.initialization import init_params
from reference.losses import (
    bce_from_logits,
    bce_from_logits_grad,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
)
from reference.regularization import dropout_backward, dropout_forward


class TextClassifier:
    """Embeddings, pooling, one hidden layer, sigmoid or softmax.

    Parameters
    ----------
    E : ndarray, shape (V, d)
        The embeddings to begin with, random (`init_embeddings`) or pre-trained (`pretrained_matrix`); copied.
    n_classes : int
        2 gives one output (sigmoid), more give one output each (softmax).
    rng : numpy.random.Generator
        Draws W1 and W2.
    hidden : int
    pooling : {"mean", "max"}
    dropout : float
        The probability of dropping a hidden unit in training, in [0, 1).
    freeze_embeddings : bool
        True leaves E as it is: it gets no gradient.

    Attributes
    ----------
    params : dict of str to ndarray
        "E" (V, d), "W1" (hidden, d), "b1" (hidden,), "W2" (outputs, hidden), "b2" (outputs,).

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """

    def __init__(self, E, n_classes, rng, hidden=128, pooling="mean", dropout=0.5, freeze_embeddings=False):
        if n_classes < 2:
            raise ValueError(f"n_classes must be at least 2, got {n_classes}")
        if pooling not in ("mean", "max"):
            raise ValueError(f"pooling must be 'mean' or 'max', got {pooling!r}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {dropout}")
        E = np.array(E, dtype=np.float64)
        self.n_classes = n_classes
        self.pooling = pooling
        self.dropout = dropout
        self.freeze_embeddings = freeze_embeddings
        outputs = 1 if n_classes == 2 else n_classes
        self.params = {"E": E, **init_params([E.shape[1], hidden, outputs], rng)}

    @classmethod
    def with_random_embeddings(cls, vocab_size, n_classes, rng, embed_dim=64, **options):
        """A classifier that starts from random embeddings; `options` are those of the constructor."""
        return cls(init_embeddings(vocab_size, embed_dim, rng), n_classes, rng, **options)

    def forward(self, documents, rng=None):
        """Logits of a batch, and what the backward pass needs.

        Parameters
        ----------
        documents : list of m integer arrays
            Token ids; an empty document pools to the zero vector.
        rng : numpy.random.Generator or None
            Draws the dropout; None is evaluation mode, without dropout.

        Returns
        -------
        logits : ndarray, shape (m, 1) or (m, K)
        cache : dict

        Raises
        ------
        IndexError
            If a token id is not a row of E.
        """
        p = self.params
        ids, offsets = flatten(documents)
        if self.pooling == "mean":
            pooled, winners = bag_mean_forward(p["E"], ids, offsets), None  # (m, d)
        else:
            pooled, winners = bag_max_forward(p["E"], ids, offsets)
        Z1 = dense_forward(pooled, p["W1"], p["b1"])  # (m, hidden)
        A1, mask = dropout_forward(relu(Z1), self.dropout, rng, training=rng is not None)
        logits = dense_forward(A1, p["W2"], p["b2"])
        return logits, {"ids": ids, "offsets": offsets, "winners": winners,
                        "pooled": pooled, "Z1": Z1, "mask": mask, "A1": A1}

    def backward(self, cache, dZ):
        """Gradients of all parameters, given the gradient of the loss with respect to the logits.

        Parameters
        ----------
        cache : dict
            As `forward` returned it.
        dZ : ndarray, the shape of the logits
            Holds the 1/m of the mean.

        Returns
        -------
        dict
            "W1", "b1", "W2", "b2" as arrays and, unless frozen, "E" as SparseRows.
        """
        p, grads = self.params, {}
        grads["W2"], grads["b2"], dA1 = dense_backward(dZ, cache["A1"], p["W2"])
        dZ1 = dropout_backward(dA1, cache["mask"]) * relu_grad(cache["Z1"])
        grads["W1"], grads["b1"], dPooled = dense_backward(dZ1, cache["pooled"], p["W1"])
        if not self.freeze_embeddings:
            if self.pooling == "mean":
                grads["E"] = bag_mean_backward(dPooled, cache["ids"], cache["offsets"])
            else:
                grads["E"] = bag_max_backward(dPooled, cache["winners"])
        return grads

    def loss_and_grads(self, documents, y, rng=None):
        """Loss, gradients and logits of one batch, with dropout if a Generator is given.

        Parameters
        ----------
        documents : list of m integer arrays
        y : ndarray of int, shape (m,)
            Classes, 0 to n_classes - 1.
        rng : numpy.random.Generator or None

        Returns
        -------
        loss : float
        grads : dict
            As `backward`.
        logits : ndarray, shape (m, 1) or (m, K)
        """
        logits, cache = self.forward(documents, rng)
        loss = self.loss(logits, y)
        if self.n_classes == 2:
            dZ = bce_from_logits_grad(logits, y[:, None])
        else:
            dZ = softmax_cross_entropy_grad(logits, y)
        return loss, self.backward(cache, dZ), logits

    def logits(self, documents):
        """Logits in evaluation mode, shape (m, 1) or (m, K)."""
        return self.forward(documents)[0]

    def loss(self, logits, y):
        """Mean cross-entropy in nats.

        Raises
        ------
        ValueError
            If a label is not a class.
        """
        if len(y) and not (0 <= y.min() and y.max() < self.n_classes):
            raise ValueError(f"labels must be 0 to {self.n_classes - 1}, got {y.min()} to {y.max()}")
        if self.n_classes == 2:
            return bce_from_logits(logits, y[:, None])
        return softmax_cross_entropy(logits, y)

    def decide(self, logits):
        """The class of each row, shape (m,): 1 where the sigmoid is at least 1/2; or the greatest logit."""
        if self.n_classes == 2:
            return (logits[:, 0] >= 0).astype(np.int64)
        return logits.argmax(axis=1)

    def probabilities(self, documents):
        """The probability of each class, shape (m, n_classes); rows sum to 1."""
        logits = self.logits(documents)
        if self.n_classes > 2:
            return softmax(logits)
        return np.hstack([sigmoid(-logits), sigmoid(logits)])

    def predict(self, documents):
        """The class of each document, shape (m,)."""
        return self.decide(self.logits(documents))

    def save(self, path):
        """Write the parameters and settings to an .npz file of plain arrays (no pickle in it)."""
        settings = {"n_classes": self.n_classes, "pooling": self.pooling, "dropout": self.dropout,
                    "freeze_embeddings": self.freeze_embeddings}
        with open(path, "wb") as file:  # given a name, savez would append .npz to it
            np.savez(file, **self.params, **settings)

    @classmethod
    def load(cls, path):
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            If the file is not such a file.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            model = cls(arrays["E"], int(arrays["n_classes"]), np.random.default_rng(0), arrays["b1"].size,
                        str(arrays["pooling"]), float(arrays["dropout"]), bool(arrays["freeze_embeddings"]))
            for name, value in model.params.items():
                value[...] = arrays[name]
        except (KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is not a saved TextClassifier: {error}") from error
        return model
