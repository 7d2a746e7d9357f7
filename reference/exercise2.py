"""Exercise 2 from end to end: words become numbers, numbers become vectors, and the vectors are learned and looked at.

The whole path from text to a trained embedding matrix in functions of a few lines, for batches that are padded
rectangles. embeddings.py, pooling.py, bags.py and classifier.py do the same without filling and with every argument
checked; what is here is what one writes first. Neighbours and cosines are in embeddings.py.
"""

from collections import Counter

import numpy as np

from reference.activations import relu, relu_grad
from reference.batches import minibatches
from reference.dense import dense_backward, dense_forward
from reference.embeddings import cosine_similarity
from reference.initialization import init_params
from reference.losses import bce_from_logits, bce_from_logits_grad
from reference.text import PAD, PAD_ID, UNK, UNK_ID


def build_vocabulary(token_lists, min_count):
    """Give every frequent word a number.

    Parameters
    ----------
    token_lists : list of list of str
        The words of the training texts.
    min_count : int
        Only words that occur at least this often, in all texts together, get a number.

    Returns
    -------
    dict of str to int
        "<pad>" has the number 0 and "<unk>" 1; the words follow, from the most frequent
        to the rarest, those that are equally frequent in alphabetical order. No number
        is left out.
    """
    ### BEGIN SOLUTION
    counts = Counter(token for tokens in token_lists for token in tokens)
    frequent = [token for token, count in counts.items() if count >= min_count]
    ranked = sorted(frequent, key=lambda token: (-counts[token], token))
    return {token: i for i, token in enumerate([PAD, UNK, *ranked])}
    ### END SOLUTION


def encode(token_lists, vocabulary):
    """Look the words of each text up.

    Parameters
    ----------
    token_lists : list of m lists of str
        The words of each text.
    vocabulary : dict of str to int

    Returns
    -------
    list of m arrays of int
        For a text of n words an array of shape (n,): the number of each word, UNK_ID
        for one that is not in the vocabulary. For a text without words: an array of int
        of shape (0,).
    """
    ### BEGIN SOLUTION
    return [np.array([vocabulary.get(token, UNK_ID) for token in tokens], dtype=int) for tokens in token_lists]
    ### END SOLUTION


def pad_batch(documents):
    """Texts of different lengths as a rectangle, and a mask that tells words apart.

    Parameters
    ----------
    documents : list of m integer arrays
        Each text's ids; a text may be empty.

    Returns
    -------
    ids : ndarray of int, shape (m, T)
        T is the length of the longest text, but at least 1. To the right of a shorter
        text stands PAD_ID.
    mask : ndarray of bool, shape (m, T)
        True where a word is, False where filling is.
    """
    ### BEGIN SOLUTION
    lengths = np.array([len(document) for document in documents])
    mask = np.arange(max(1, lengths.max())) < lengths[:, None]
    ids = np.full(mask.shape, PAD_ID)
    ids[mask] = np.concatenate(documents)  # both go through the texts row by row
    return ids, mask
    ### END SOLUTION


def one_hot(ids, vocab_size):
    """The one-hot vector of each id.

    Parameters
    ----------
    ids : ndarray of int, any shape (...)
    vocab_size : int
        V, the length of each vector.

    Returns
    -------
    ndarray of float, shape (..., V)
        1 in the place of the id, 0 elsewhere.
    """
    ### BEGIN SOLUTION
    return (np.asarray(ids)[..., None] == np.arange(vocab_size)).astype(float)
    ### END SOLUTION


def embedding_forward(E, ids):
    """Look up the vector of each id, the same numbers as one_hot(ids, V) @ E.

    Parameters
    ----------
    E : ndarray, shape (V, d)
        The embedding matrix: one row for each word.
    ids : ndarray of int, any shape (...)

    Returns
    -------
    ndarray, shape (..., d)
        A new array: changing it does not change E.
    """
    ### BEGIN SOLUTION
    return E[ids]
    ### END SOLUTION


def embedding_backward(dOut, ids, vocab_size):
    """The gradient of the loss for the embedding matrix.

    Parameters
    ----------
    dOut : ndarray, shape (..., d)
        The gradient for what `embedding_forward` returned.
    ids : ndarray of int, shape (...)
        The ids that were looked up.
    vocab_size : int
        V.

    Returns
    -------
    dE : ndarray, shape (V, d)
    """
    ### BEGIN SOLUTION
    dE = np.zeros((vocab_size, dOut.shape[-1]))
    np.add.at(dE, ids, dOut)  # dE[ids] += dOut would keep one of several equal ids
    return dE
    ### END SOLUTION


def sparse_gradient(dOut, ids, mask):
    """The same gradient, but only the rows that some word of the batch has looked up.

    Parameters
    ----------
    dOut : ndarray, shape (m, T, d)
    ids : ndarray of int, shape (m, T)
    mask : ndarray of bool, shape (m, T)
        Positions where it is False are filling: they do not count.

    Returns
    -------
    rows : ndarray of int, shape (u,)
        The different ids among the words of the batch, from the smallest to the
        greatest, each once.
    values : ndarray, shape (u, d)
        values[k] is the gradient for row rows[k] of the embedding matrix.
    """
    ### BEGIN SOLUTION
    rows, place = np.unique(ids[mask], return_inverse=True)  # ids[mask] is rows[place]
    values = np.zeros((len(rows), dOut.shape[-1]))
    np.add.at(values, place, dOut[mask])
    return rows, values
    ### END SOLUTION


def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    """One AdaGrad step on some rows of a parameter, in place.

    Parameters
    ----------
    theta : ndarray, shape (n, ...)
        The parameter, such as the embedding matrix. Only theta[rows] changes.
    G : ndarray, the shape of theta
        The sum of the squares of all gradients so far. Only G[rows] changes.
    rows : ndarray of int, shape (u,)
        Each row at most once.
    values : ndarray, shape (u, ...)
        values[k] is the gradient for theta[rows[k]].
    lr, eps : float

    Returns
    -------
    None
    """
    ### BEGIN SOLUTION
    G[rows] += values**2
    theta[rows] -= lr * values / (np.sqrt(G[rows]) + eps)
    ### END SOLUTION


def mean_pool_forward(X, mask):
    """The mean of the word vectors of each text.

    Parameters
    ----------
    X : ndarray, shape (m, T, d)
    mask : ndarray of bool, shape (m, T)
        Where it is False there is filling, whose vectors do not count.

    Returns
    -------
    ndarray, shape (m, d)
        Zeros for a text without words.
    """
    ### BEGIN SOLUTION
    lengths = np.maximum(mask.sum(axis=1), 1)[:, None]  # without words 0 / 1 is the zero vector we want
    return np.where(mask[:, :, None], X, 0.0).sum(axis=1) / lengths
    ### END SOLUTION


def mean_pool_backward(dOut, mask):
    """The gradient for the word vectors, given the gradient for their means.

    Parameters
    ----------
    dOut : ndarray, shape (m, d)
    mask : ndarray of bool, shape (m, T)

    Returns
    -------
    dX : ndarray, shape (m, T, d)
        Zeros where there is filling.
    """
    ### BEGIN SOLUTION
    lengths = np.maximum(mask.sum(axis=1), 1)[:, None]
    return mask[:, :, None] * (dOut / lengths)[:, None, :]
    ### END SOLUTION


def max_pool_forward(X, mask):
    """The greatest value of each coordinate among the word vectors of each text.

    Parameters
    ----------
    X : ndarray, shape (m, T, d)
    mask : ndarray of bool, shape (m, T)

    Returns
    -------
    out : ndarray, shape (m, d)
        Zeros for a text without words.
    winners : ndarray of int, shape (m, d)
        out[i, j] is X[i, winners[i, j], j]: the position of the word that won, the
        first of several equal ones. -1 for a text without words.
    """
    ### BEGIN SOLUTION
    winners = np.where(mask[:, :, None], X, -np.inf).argmax(axis=1)  # filling loses against every word
    out = np.take_along_axis(X, winners[:, None, :], axis=1)[:, 0, :]
    words = mask.any(axis=1)[:, None]
    return np.where(words, out, 0.0), np.where(words, winners, -1)
    ### END SOLUTION


def max_pool_backward(dOut, winners, T):
    """The gradient for the word vectors, given the gradient for their maxima.

    Parameters
    ----------
    dOut : ndarray, shape (m, d)
    winners : ndarray of int, shape (m, d)
        As `max_pool_forward` returned it.
    T : int
        The length of the rectangle.

    Returns
    -------
    dX : ndarray, shape (m, T, d)
    """
    ### BEGIN SOLUTION
    dX = np.zeros((len(dOut), T, dOut.shape[1]))
    i, j = np.nonzero(winners >= 0)
    dX[i, winners[i, j], j] = dOut[i, j]
    return dX
    ### END SOLUTION


def init_classifier(vocab_size, dim, hidden, rng):
    """The start: small random word vectors, He's weights, biases of zero.

    Parameters
    ----------
    vocab_size, dim, hidden : int
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to ndarray
        "E" (V, d), "W1" (hidden, d), "b1" (hidden,), "W2" (1, hidden), "b2" (1,).
    """
    E = rng.normal(0.0, 0.1, (vocab_size, dim))
    E[PAD_ID] = 0.0
    return {"E": E, **init_params([dim, hidden, 1], rng)}


def classifier_forward(params, ids, mask, pooling="mean"):
    """The logits of a batch: look up, pool, one hidden layer with ReLU, one output.

    Parameters
    ----------
    params : dict of str to ndarray
        "E" (V, d), "W1" (hidden, d), "b1" (hidden,), "W2" (1, hidden), "b2" (1,).
    ids : ndarray of int, shape (m, T)
    mask : ndarray of bool, shape (m, T)
    pooling : {"mean", "max"}

    Returns
    -------
    logits : ndarray, shape (m, 1)
    cache : dict
        "ids" and "mask" as given; "pooled" (m, d); "Z1" and "A1" (m, hidden), before
        and after ReLU; with max pooling also "winners" (m, d).
    """
    ### BEGIN SOLUTION
    X = embedding_forward(params["E"], ids)
    cache = {"ids": ids, "mask": mask}
    if pooling == "mean":
        cache["pooled"] = mean_pool_forward(X, mask)
    else:
        cache["pooled"], cache["winners"] = max_pool_forward(X, mask)
    cache["Z1"] = dense_forward(cache["pooled"], params["W1"], params["b1"])
    cache["A1"] = relu(cache["Z1"])
    return dense_forward(cache["A1"], params["W2"], params["b2"]), cache
    ### END SOLUTION


def classifier_backward(params, cache, dZ, pooling="mean"):
    """The gradients for all parameters, given the gradient for the logits.

    Parameters
    ----------
    params : dict of str to ndarray
    cache : dict
        As `classifier_forward` returned it for the same parameters, batch and pooling.
    dZ : ndarray, shape (m, 1)
        The gradient for the logits; it holds the 1/m of the mean.
    pooling : {"mean", "max"}

    Returns
    -------
    dict
        "W1", "b1", "W2", "b2": arrays of the parameters' shapes. "E": the pair (rows,
        values) of `sparse_gradient`.
    """
    ### BEGIN SOLUTION
    grads = {}
    grads["W2"], grads["b2"], dA1 = dense_backward(dZ, cache["A1"], params["W2"])
    dZ1 = dA1 * relu_grad(cache["Z1"])
    grads["W1"], grads["b1"], dPooled = dense_backward(dZ1, cache["pooled"], params["W1"])
    if pooling == "mean":
        dX = mean_pool_backward(dPooled, cache["mask"])
    else:
        dX = max_pool_backward(dPooled, cache["winners"], cache["mask"].shape[1])
    grads["E"] = sparse_gradient(dX, cache["ids"], cache["mask"])
    return grads
    ### END SOLUTION


def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    """Train the classifier with mini-batches, binary cross-entropy and AdaGrad.

    Parameters
    ----------
    params : dict of str to ndarray
        The classifier, changed in place.
    documents : list of m integer arrays
    y : ndarray of float, shape (m, 1)
        Labels, 0 or 1.
    lr : float
    epochs : int
    batch_size : int
    rng : numpy.random.Generator
        Shuffles the batches.
    pooling : {"mean", "max"}

    Returns
    -------
    list of float
        The loss on all documents after each epoch.
    """
    ### BEGIN SOLUTION
    G = {name: np.zeros_like(value) for name, value in params.items()}
    everything, history = pad_batch(documents), []
    for _ in range(epochs):
        for batch in minibatches(len(documents), batch_size, rng):
            ids, mask = pad_batch([documents[i] for i in batch])
            logits, cache = classifier_forward(params, ids, mask, pooling)
            grads = classifier_backward(params, cache, bce_from_logits_grad(logits, y[batch]), pooling)
            for name, grad in grads.items():
                rows, values = grad if name == "E" else (np.arange(len(grad)), grad)
                adagrad_rows(params[name], G[name], rows, values, lr)
        history.append(bce_from_logits(classifier_forward(params, *everything, pooling)[0], y))
    return history
    ### END SOLUTION


def predict(params, documents, pooling="mean"):
    """The class of each text: 1 where its probability is at least one half.

    Parameters
    ----------
    params : dict of str to ndarray
    documents : list of m integer arrays
    pooling : {"mean", "max"}

    Returns
    -------
    ndarray of int, shape (m,)
    """
    logits, _ = classifier_forward(params, *pad_batch(documents), pooling)
    return (logits[:, 0] >= 0).astype(int)


def word_vectors(E, vocabulary, words):
    """The vectors of some words, in their order.

    Parameters
    ----------
    E : ndarray, shape (V, d)
    vocabulary : dict of str to int
    words : list of n str

    Returns
    -------
    ndarray, shape (n, d)

    Raises
    ------
    KeyError
        If a word is not in the vocabulary.
    """
    ### BEGIN SOLUTION
    return E[[vocabulary[word] for word in words]]
    ### END SOLUTION


def same_class_share(vectors, classes, k):
    """How often a word's nearest neighbours are of its own class.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        The vector of each word.
    classes : list of n str
        The class of each word.
    k : int
        How many neighbours of each word count: the k others with the greatest cosine
        similarity, less than n.

    Returns
    -------
    float
        The share, among all n k pairs of a word and one of its neighbours, of those of
        one class.
    """
    ### BEGIN SOLUTION
    similarities, classes = cosine_similarity(vectors, vectors), np.asarray(classes)
    np.fill_diagonal(similarities, -np.inf)  # nobody is their own neighbour
    neighbours = np.argsort(-similarities, axis=1)[:, :k]
    return float(np.mean(classes[neighbours] == classes[:, None]))
    ### END SOLUTION


def pca(X, k):
    """Principal components: the k coordinates along which the rows of X differ most.

    Parameters
    ----------
    X : ndarray, shape (n, d)
    k : int

    Returns
    -------
    coordinates : ndarray, shape (n, k)
        The rows of X, minus their mean, along the k principal axes, the most important
        first. (An axis may point either way.)
    shares : ndarray, shape (k,)
        The share of the total variance that lies along each axis.
    """
    ### BEGIN SOLUTION
    centred = X - X.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    return centred @ axes[:k].T, sizes[:k] ** 2 / np.sum(sizes**2)
    ### END SOLUTION
