"""What you know from Exercise 1, and what reads the texts. There is nothing to do in this file, and it is not handed in."""

import csv
from pathlib import Path

import numpy as np

def numerical_gradient(f, theta, h=1e-5):
    """Gradient of f at theta by central differences, one entry at a time.

    Parameters
    ----------
    f : callable
        Takes an array of theta's shape, returns a number.
    theta : ndarray, any shape
        Left as it was found.
    h : float
        The step.

    Returns
    -------
    ndarray, the shape of theta
    """
    gradient = np.zeros_like(theta, dtype=float)
    for i in np.ndindex(theta.shape):
        step = np.zeros_like(theta, dtype=float)
        step[i] = h
        gradient[i] = (f(theta + step) - f(theta - step)) / (2.0 * h)
    return gradient


def relative_error(a, b):
    """The largest |a - b| / max(|a|, |b|, 1e-8): 1e-7 is agreement, 1e-2 is a bug.

    Parameters
    ----------
    a, b : ndarray, the same shape

    Returns
    -------
    float
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return float(np.max(np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)),
                                                   1e-8), initial=0.0))


def sigmoid(z):
    """The logistic function, 1 / (1 + e^-z), without overflow for any finite z.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z, values in [0, 1]
    """
    # e^-|z| never overflows, and both forms of the definition can be written with it.
    e = np.exp(-np.abs(z))
    return np.where(np.asarray(z) >= 0, 1.0, e) / (1.0 + e)


def relu(z):
    """Rectified linear unit: max(0, z), elementwise.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z
    """
    return np.maximum(0.0, z)


def relu_grad(z):
    """Derivative of ReLU at z: 1 where z > 0, else 0, at the kink too, as in PyTorch.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z, float
    """
    return (np.asarray(z) > 0).astype(float)


def dense_forward(A_prev, W, b):
    """Weighted sums of one layer for a whole batch.

    Parameters
    ----------
    A_prev : ndarray, shape (m, n_in)
        Activations of the layer before; the input X for the first layer.
    W : ndarray, shape (n_out, n_in)
        One row of weights per neuron.
    b : ndarray, shape (n_out,)
        One bias per neuron, added to every row.

    Returns
    -------
    Z : ndarray, shape (m, n_out)
    """
    return A_prev @ W.T + b


def dense_backward(dZ, A_prev, W):
    """Gradients of the loss through one dense layer, given dZ = dL/dZ.

    The loss is already a mean over the batch: its 1/m is inside dZ, so no further
    division belongs here.

    Parameters
    ----------
    dZ : ndarray, shape (m, n_out)
    A_prev : ndarray, shape (m, n_in)
        What the layer was given in the forward pass.
    W : ndarray, shape (n_out, n_in)

    Returns
    -------
    dW : ndarray, shape (n_out, n_in)
    db : ndarray, shape (n_out,)
    dA_prev : ndarray, shape (m, n_in)
    """
    dW = dZ.T @ A_prev  # (n_out, m) (m, n_in): sums over the batch by itself
    db = dZ.sum(axis=0)  # b was broadcast over m rows, so its gradient adds them up
    dA_prev = dZ @ W  # (m, n_out) (n_out, n_in): over all neurons that an input fed
    return dW, db, dA_prev


def bce_from_logits(z, y):
    """Binary cross-entropy, averaged over the batch, from logits.

    L = -1/m sum_i [ y_i log sigma(z_i) + (1 - y_i) log(1 - sigma(z_i)) ], computed
    without overflow or log(0) for any finite z.

    Parameters
    ----------
    z : ndarray, shape (m, 1)
        Logits.
    y : ndarray, shape (m, 1)
        Labels, 0 or 1.

    Returns
    -------
    float
        The mean loss, in nats.
    """
    # -log sigma(z) = log(1 + e^-z); for both labels in one expression that is
    # max(z, 0) - z y + log(1 + e^-|z|)
    losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    return float(losses.mean())


def bce_from_logits_grad(z, y):
    """Gradient of the mean binary cross-entropy with respect to the logits.

    Parameters
    ----------
    z : ndarray, shape (m, 1)
    y : ndarray, shape (m, 1)

    Returns
    -------
    dz : ndarray, shape (m, 1)
    """
    return (sigmoid(z) - y) / len(z)


def init_params(layer_sizes, rng, scheme="he"):
    """Weights and biases for a network with the given layer sizes.

    Parameters
    ----------
    layer_sizes : sequence of int
        [n_0, n_1, ..., n_L]: inputs, neurons of each layer.
    rng : numpy.random.Generator
        Where all randomness comes from.
    scheme : {"he", "xavier", "zeros"}
        Variance of each weight: "he" 2 / n_in (He et al., 2015), "xavier"
        2 / (n_in + n_out) (Glorot & Bengio, 2010), "zeros" 0. Means are 0; biases
        start at 0 in all three.

    Returns
    -------
    dict
        "W1" of shape (n_1, n_0), "b1" (n_1,), "W2" (n_2, n_1), "b2" (n_2,), ...

    Raises
    ------
    ValueError
        If scheme is none of the three.
    """
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        variances = {"he": 2.0 / n_in, "xavier": 2.0 / (n_in + n_out), "zeros": 0.0}
        if scheme not in variances:
            raise ValueError(
                f"scheme must be one of {sorted(variances)}, not {scheme!r}")
        params[f"W{l}"] = (
            np.sqrt(variances[scheme]) * rng.standard_normal((n_out, n_in)))
        params[f"b{l}"] = np.zeros(n_out)
    return params


def minibatches(m, batch_size, rng):
    """Indices of the mini-batches of one epoch, in random order.

    Parameters
    ----------
    m : int
        Number of examples.
    batch_size : int
        The last batch may be smaller.
    rng : numpy.random.Generator

    Returns
    -------
    list of ndarray of int
        Each index from 0 to m-1 appears in exactly one of them.
    """
    order = rng.permutation(m)
    return [order[start : start + batch_size] for start in range(0, m, batch_size)]


def load_split(source, split, limit=None):
    """The texts and labels of one split of a corpus.

    Parameters
    ----------
    source : str
        A folder with CSV files, such as "data/reviews"; or a real corpus: a folder in
        the layout of the Hugging Face Hub, or a name there, such as "stanfordnlp/imdb"
        or "fancyzhx/ag_news", which is downloaded.
    split : {"train", "validation", "test"}
        Real corpora have no validation split: a tenth of their training split, drawn at
        random, is kept for it.
    limit : int, optional
        The greatest number of texts; by default all of them.

    Returns
    -------
    texts : list of str
    labels : ndarray of int64, shape (m,)
    """
    file = Path(source) / f"{split}.csv"
    if file.exists():
        with open(file, newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        texts = [row["text"] for row in rows]
        labels = [int(row["label"]) for row in rows]
    elif str(source).startswith("data/"):
        raise FileNotFoundError(f"{file} is missing: start Jupyter in the folder that "
                                "holds this notebook and data/")
    else:
        from datasets import load_dataset  # pip install datasets

        if split == "test":
            part = load_dataset(str(source), split="test").shuffle(seed=0)
        else:
            part = load_dataset(str(source), split="train")
            parts = part.train_test_split(0.1, seed=0)
            part = parts["train" if split == "train" else "test"]
        texts, labels = list(part["text"]), list(part["label"])
    texts, labels = texts[:limit], np.array(labels[:limit], dtype=np.int64)
    print(f"{len(texts):,} texts ({split}) from {source}")
    return texts, labels
