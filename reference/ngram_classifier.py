"""The lecture's classifier, brought to its headline on real text: n-grams, weighted pooling, dropped tokens.

The architecture is TextClassifier's: embed, pool, linear + ReLU, dropout, linear, sigmoid or softmax. What
changes is the matrix that pools. Document i has n_i tokens and P is (m, V) with

    P[i, v] = weight_v / n_i                       in evaluation
    P[i, v] = weight_v / n_i * mask / (1 - p)      in training, mask = 0 with probability p (token dropout)

so `pooled = P E` is a weighted mean and `dE = P^T dPooled`, of which only the rows of surviving tokens are
stored. With all weights 1 and p = 0 this is TextClassifier. The weights come from naive Bayes
(naive_bayes.py) and are not learned: they keep thousands of words that mean nothing from drowning the few
that do (Wang & Manning, 2012, weigh the inputs of a linear model so; Thongtan & Phienthrakul, 2019, a bag of
n-grams). Token dropout hides most of a text in each step: a network with an embedding for every rare trigram
could otherwise learn its training texts by heart.
"""

import zipfile

import numpy as np
from scipy.linalg import block_diag
from scipy.sparse import csr_array

from reference.activations import relu, relu_grad
from reference.bags import flatten
from reference.classifier import TextClassifier
from reference.dense import dense_backward, dense_forward
from reference.embeddings import check_ids
from reference.regularization import dropout_backward, dropout_forward
from reference.sparse_rows import SparseRows


class NGramClassifier(TextClassifier):
    """Weighted mean of embeddings, one hidden layer, sigmoid or softmax.

    Parameters
    ----------
    E : ndarray, shape (V, d)
        Copied.
    weights : ndarray, shape (V,)
        What each token counts for in the mean; fixed. Copied.
    n_classes : int
    rng : numpy.random.Generator
        Draws W1 and W2.
    token_dropout : float
        The probability that a token of a text is left out in a training step, in [0, 1).
    hidden, dropout
        As in TextClassifier.
    dtype : numpy dtype
        Of E and the weights. 700,000 embeddings train faster in float32, the other parameters are float64
        always.

    Attributes
    ----------
    params : dict of str to ndarray
        As in TextClassifier.

    Raises
    ------
    ValueError
        If an argument is out of its range, or E and weights differ in length.
    """

    def __init__(self, E, weights, n_classes, rng, token_dropout=0.5, hidden=128, dropout=0.3,
                 dtype=np.float64):
        super().__init__(E, n_classes, rng, hidden=hidden, pooling="mean", dropout=dropout)
        self.params["E"] = self.params["E"].astype(dtype, copy=False)
        self.weights = np.array(weights, dtype=dtype)
        if self.weights.shape != (len(E),):
            raise ValueError(f"weights must have one number for each of the {len(E)} rows of E, "
                             f"got shape {self.weights.shape}")
        if not 0 <= token_dropout < 1:
            raise ValueError(f"token_dropout must lie in [0, 1), got {token_dropout}")
        self.token_dropout = token_dropout

    def forward(self, documents, rng=None):
        """Logits of a batch, and what `backward` needs; parameters and errors as in TextClassifier."""
        p = self.params
        P = self._pooling(documents, rng)
        pooled = P @ p["E"]  # (m, d)
        Z1 = dense_forward(pooled, p["W1"], p["b1"])  # (m, hidden)
        A1, mask = dropout_forward(relu(Z1), self.dropout, rng, training=rng is not None)
        logits = dense_forward(A1, p["W2"], p["b2"])
        return logits, {"P": P, "pooled": pooled, "Z1": Z1, "mask": mask, "A1": A1}

    def backward(self, cache, dZ):
        """Gradients of all parameters, as in TextClassifier: "E" as SparseRows, the rest as arrays."""
        p, grads = self.params, {}
        grads["W2"], grads["b2"], dA1 = dense_backward(dZ, cache["A1"], p["W2"])
        dZ1 = dropout_backward(dA1, cache["mask"]) * relu_grad(cache["Z1"])
        grads["W1"], grads["b1"], dPooled = dense_backward(dZ1, cache["pooled"], p["W1"])
        P = cache["P"]
        rows, position = np.unique(P.indices, return_inverse=True)  # the u tokens left become 0 .. u - 1
        compact = csr_array((P.data, position, P.indptr), shape=(P.shape[0], len(rows)))
        grads["E"] = SparseRows(rows, compact.T @ dPooled.astype(P.dtype, copy=False))
        return grads

    @classmethod
    def averaged(cls, models):
        """One network whose logits are the mean of several networks' logits.

        Side by side, M networks with d dimensions and h hidden units are one with M d and M h, in which nothing leads from one
        to another: E = (E_1 ... E_M), W1 is block diagonal, W2 = (W2_1 ... W2_M) / M and b2 the mean. Networks from different
        starts err on different texts, and a mean errs less often than one of them does.

        Parameters
        ----------
        models : list of NGramClassifier
            With the same tokens, weights and classes, and the same dropouts.

        Returns
        -------
        NGramClassifier
            The model itself, if there is but one.
        """
        if len(models) == 1:
            return models[0]
        first, params = models[0], [model.params for model in models]
        wide = cls(np.hstack([p["E"] for p in params]), first.weights, first.n_classes, np.random.default_rng(0),
                   first.token_dropout, sum(p["b1"].size for p in params), first.dropout, first.weights.dtype)
        wide.params |= {
            "W1": block_diag(*(p["W1"] for p in params)),
            "b1": np.concatenate([p["b1"] for p in params]),
            "W2": np.hstack([p["W2"] for p in params]) / len(models),
            "b2": np.mean([p["b2"] for p in params], axis=0),
        }
        return wide

    def contributions(self, document, k):
        """How much each token of one document moves the logit of class k, in evaluation mode.

        A ReLU network is linear between its kinks: logit = sum_j c_j + rest, with c_j = P[0, j] E[j] .
        dlogit/dpooled. Equal tokens share one entry, and what the biases add is the rest.

        Parameters
        ----------
        document : integer array, shape (n,)
        k : int
            A class, 0 to n_classes - 1. With two classes there is one logit z; class 1 has z and class 0 has
            -z.

        Returns
        -------
        ids : ndarray of int, shape (u,)
            The distinct tokens, the greatest contribution to class k first.
        contributions : ndarray, shape (u,)

        Raises
        ------
        ValueError
            If k is not a class.
        """
        if not 0 <= k < self.n_classes:
            raise ValueError(f"k must be 0 to {self.n_classes - 1}, got {k}")
        logits, cache = self.forward([document])
        dZ = np.zeros_like(logits)
        dZ[0, 0 if self.n_classes == 2 else k] = -1.0 if self.n_classes == 2 and k == 0 else 1.0
        dE = self.backward(cache, dZ)["E"]  # row j is P[0, j] dlogit/dpooled
        values = np.einsum("ud,ud->u", dE.values, self.params["E"][dE.rows])
        order = np.argsort(-values, kind="stable")
        return dE.rows[order], values[order]

    def arrays(self):
        """Parameters and settings as a dict of plain arrays, for np.savez; `from_arrays` reads it."""
        return {**self.params, "weights": self.weights, "n_classes": self.n_classes,
                "token_dropout": self.token_dropout, "dropout": self.dropout}

    @classmethod
    def from_arrays(cls, arrays):
        """Undo `arrays`; entries of other names are ignored.

        Raises
        ------
        KeyError, ValueError
            If an entry is missing or shapes do not fit together.
        """
        model = cls(arrays["E"], arrays["weights"], int(arrays["n_classes"]), np.random.default_rng(0),
                    float(arrays["token_dropout"]), arrays["b1"].size, float(arrays["dropout"]),
                    arrays["E"].dtype)
        for name, value in model.params.items():
            if arrays[name].shape != value.shape:
                raise ValueError(f"{name} has shape {arrays[name].shape}, expected {value.shape}")
            value[...] = arrays[name]
        return model

    def save(self, path):
        """Write the model to an .npz file of plain arrays (no pickle in it)."""
        with open(path, "wb") as file:  # given a name, savez would append .npz to it
            np.savez(file, **self.arrays())

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
                return cls.from_arrays(dict(file))
        except (KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is not a saved {cls.__name__}: {error}") from error

    def _pooling(self, documents, rng):
        """The pooling matrix P (m, V) of a batch; a Generator turns token dropout on."""
        ids, offsets = flatten(documents)
        check_ids(ids, len(self.weights), "NGramClassifier")
        lengths = np.diff(offsets)
        values = self.weights[ids] / np.repeat(lengths, lengths).astype(self.weights.dtype)
        if rng is not None and self.token_dropout > 0:
            kept = rng.random(len(ids)) >= self.token_dropout
            offsets = np.concatenate([[0], np.cumsum(kept)])[offsets]
            ids, values = ids[kept], values[kept] / (1 - self.token_dropout)
        return csr_array((values, ids, offsets), shape=(len(lengths), len(self.weights)))
