"""Embedding and pooling in one step, without filling: what PyTorch calls an EmbeddingBag.

A padded batch of film reviews is mostly filling, and its embeddings (m, T, d) are copied only to be averaged
away. Here a batch is all its ids in one flat array, and offsets that say where each document begins:

    documents [7, 3, 3], [], [5]   ->   ids = [7, 3, 3, 5], offsets = [0, 3, 3, 4]

Mean pooling is then one product with a sparse matrix P of shape (m, V), P[i, v] = (count of token v in
document i) / n_i: the pooled batch is P E and its gradient is P^T dOut, of which only the rows of tokens that
occur are computed. No further array of size m T d or V d is made. Same results as embeddings.py and
pooling.py, empty documents and ties included.
"""

import numpy as np
from scipy.sparse import csr_array

from reference.embeddings import check_ids
from reference.sparse_rows import SparseRows


def flatten(documents):
    """A list of id arrays as one flat array and its offsets.

    Parameters
    ----------
    documents : list of m integer sequences

    Returns
    -------
    ids : ndarray of int64, shape (N,)
    offsets : ndarray of int64, shape (m + 1,)
        Document i is ids[offsets[i] : offsets[i + 1]].

    Raises
    ------
    TypeError
        If a document does not consist of integers (the message names its index).
    """
    offsets = np.zeros(len(documents) + 1, dtype=np.int64)
    np.cumsum([len(document) for document in documents], out=offsets[1:])
    if offsets[-1] == 0:
        return np.zeros(0, dtype=np.int64), offsets
    ids = np.concatenate(documents)
    if ids.dtype != np.int64:  # an empty list counts as float64, so look at each document
        for index, document in enumerate(documents):
            if len(document) and not np.issubdtype(np.asarray(document).dtype, np.integer):
                raise TypeError(f"document {index} is not a sequence of token ids: encode it first")
        ids = ids.astype(np.int64)
    return ids, offsets


def bag_mean_forward(E, ids, offsets):
    """Mean of the embeddings of each document: P E.

    Parameters
    ----------
    E : ndarray, shape (V, d)
    ids : ndarray of int, shape (N,)
    offsets : ndarray of int, shape (m + 1,)

    Returns
    -------
    ndarray, shape (m, d)
        Zeros for an empty document.

    Raises
    ------
    IndexError
        If an id is not a row of E.
    """
    check_ids(ids, len(E), "bag_mean_forward")
    return _averaging_matrix(ids, offsets, len(E)) @ E


def bag_mean_backward(dOut, ids, offsets):
    """Gradient of E for mean pooling: the non-zero rows of P^T dOut.

    Parameters
    ----------
    dOut : ndarray, shape (m, d)
    ids, offsets
        As in `bag_mean_forward`.

    Returns
    -------
    SparseRows
        One row for each token of the batch: dE[v] = sum over i of (count of v in i) / n_i dOut[i].
    """
    rows, position = np.unique(ids, return_inverse=True)  # renumber the u tokens that occur as 0 .. u - 1
    return SparseRows(rows, _averaging_matrix(position, offsets, len(rows)).T @ dOut)


def bag_max_forward(E, ids, offsets):
    """Greatest value of each dimension over the words of each document.

    Parameters
    ----------
    E : ndarray, shape (V, d)
    ids : ndarray of int, shape (N,)
    offsets : ndarray of int, shape (m + 1,)

    Returns
    -------
    out : ndarray, shape (m, d)
        Zeros for an empty document.
    winners : ndarray of int, shape (m, d)
        The token (row of E) that each value was taken from, the first one among equals; -1 for an empty
        document.

    Raises
    ------
    IndexError
        If an id is not a row of E.
    """
    check_ids(ids, len(E), "bag_max_forward")
    m, d = len(offsets) - 1, E.shape[1]
    out, winners = np.zeros((m, d)), np.full((m, d), -1)
    columns = np.arange(d)
    for i in np.flatnonzero(np.diff(offsets)):  # the documents that have words
        words = ids[offsets[i] : offsets[i + 1]]
        winners[i] = words[E[words].argmax(axis=0)]
        out[i] = E[winners[i], columns]
    return out, winners


def bag_max_backward(dOut, winners):
    """Gradient of E for max pooling: dE[winners[i, j], j] += dOut[i, j].

    A token that wins a dimension in several documents collects from all of them.

    Parameters
    ----------
    dOut : ndarray, shape (m, d)
    winners : ndarray of int, shape (m, d)
        As `bag_max_forward` returned it.

    Returns
    -------
    SparseRows
        One row for each token that won anything.
    """
    i, j = np.nonzero(winners >= 0)
    rows, position = np.unique(winners[i, j], return_inverse=True)
    values = np.zeros((len(rows), dOut.shape[1]))
    np.add.at(values, (position, j), dOut[i, j])
    return SparseRows(rows, values)


def _averaging_matrix(ids, offsets, n_columns):
    """P (m, n_columns): row i holds 1/n_i for each word of document i, a repeated word several times."""
    lengths = np.diff(offsets)
    weights = np.repeat(1.0 / np.maximum(lengths, 1), lengths)
    return csr_array((weights, ids, offsets), shape=(len(lengths), n_columns))
