"""Embeddings: a table of vectors, one row a token, learned like every other parameter.

A one-hot vector times E is a row of E, so nobody builds the one-hot vector: the forward pass is indexing, the
backward pass adds each position's gradient to the row that the position looked up. Also here: what one-hot
vectors cost and why they know no similarity, cosine similarity and nearest neighbours. Vectors trained
elsewhere are read by pretrained.py; from embeddings to a document vector it goes on in pooling.py.
"""

import numpy as np

from reference.sparse_rows import SparseRows
from reference.text import PAD_ID, UNK_ID


def one_hot(ids, vocab_size):
    """The naive encoding: one vector of length V for each token, all zeros but for a single 1.

    Parameters
    ----------
    ids : ndarray of int, any shape (...)
    vocab_size : int
        V.

    Returns
    -------
    ndarray, shape (..., V)

    Raises
    ------
    IndexError, TypeError
        As `embedding_forward`.
    """
    ids = _checked(ids, vocab_size, "one_hot")
    return (ids[..., None] == np.arange(vocab_size)).astype(np.float64)


def one_hot_distances(vocab_size):
    """Euclidean distance and cosine similarity of every pair of different one-hot vectors.

    Two of them differ in exactly two places, by 1 each: the distance is sqrt(1 + 1) whichever pair it is, and
    the dot product is 0. "cat" is as far from "dog" as from "carburettor".

    Parameters
    ----------
    vocab_size : int
        V, at least 2. All V (V - 1) / 2 pairs are formed: keep it small.

    Returns
    -------
    distances, cosines : ndarray, shape (V (V - 1) / 2,)
    """
    if vocab_size < 2:
        raise ValueError(f"a pair needs two tokens: vocab_size must be at least 2, got {vocab_size}")
    X = one_hot(np.arange(vocab_size), vocab_size)
    i, j = np.triu_indices(vocab_size, k=1)
    return np.linalg.norm(X[i] - X[j], axis=1), cosine_similarity(X, X)[i, j]


def encoding_costs(n_tokens, vocab_size, dim, bytes_per_number=8):
    """What n tokens cost in each encoding, counted rather than estimated.

    Parameters
    ----------
    n_tokens, vocab_size, dim : int
        n, V and d.
    bytes_per_number : int
        8 for float64.

    Returns
    -------
    dict of str to dict of str to int
        For "one-hot" (n V numbers, then a matrix product with E) and "lookup" (n ids of 8 bytes, then copying
        rows): `input_bytes` before E comes in and `multiplications` to get the (n, d) result. Both also need
        E itself, V d numbers.
    """
    return {
        "one-hot": {"input_bytes": n_tokens * vocab_size * bytes_per_number,
                    "multiplications": n_tokens * vocab_size * dim},
        "lookup": {"input_bytes": n_tokens * 8, "multiplications": 0},
    }


def init_embeddings(vocab_size, dim, rng, scale=0.1):
    """Random embeddings of standard deviation `scale`, and zeros for padding.

    Parameters
    ----------
    vocab_size, dim : int
    rng : numpy.random.Generator
    scale : float

    Returns
    -------
    ndarray, shape (V, d)
    """
    E = rng.normal(0.0, scale, size=(vocab_size, dim))
    E[PAD_ID] = 0.0
    return E


def embedding_forward(E, ids):
    """Look the rows up: out[...] = E[ids[...]], the same numbers as one_hot(ids, V) @ E.

    Parameters
    ----------
    E : ndarray, shape (V, d)
    ids : ndarray of int, shape (...), for example (m, T)

    Returns
    -------
    ndarray, shape (..., d)
        A copy: changing it does not change E.

    Raises
    ------
    IndexError
        If an id is negative (NumPy alone would count from the end) or not below V; the message says where.
    TypeError
        If the ids are not integers.
    """
    return E[_checked(ids, len(E), "embedding_forward")]


def embedding_backward(dOut, ids, padding_id=None):
    """The gradient of E: every position adds its gradient to the row that it looked up.

    dE[v] is the sum of dOut[p] over all positions p with ids[p] == v. A token that occurs five times gets
    five terms; a token that does not occur gets none, its row of dE is zero and is not stored.

    Parameters
    ----------
    dOut : ndarray, shape (..., d)
        Gradient of the loss with respect to what `embedding_forward` returned.
    ids : ndarray of int, shape (...)
    padding_id : int or None
        Positions with this id get no gradient, so that padding stays what it is.

    Returns
    -------
    SparseRows
        u distinct rows and their (u, d) values.

    Raises
    ------
    ValueError
        If the shapes of dOut and ids do not fit.
    """
    ids, dOut = np.asarray(ids), np.asarray(dOut)
    if dOut.shape[:-1] != ids.shape:
        raise ValueError(f"dOut must have shape ids.shape + (d,): ids is {ids.shape}, dOut is {dOut.shape}")
    flat_ids, flat = ids.reshape(-1), dOut.reshape(-1, dOut.shape[-1])
    if padding_id is not None:
        words = flat_ids != padding_id
        flat_ids, flat = flat_ids[words], flat[words]
    return SparseRows.accumulate(flat_ids, flat)


def cosine_similarity(A, B):
    """sim(v, w) = v . w / (|v| |w|), for all pairs of rows.

    Parameters
    ----------
    A : ndarray, shape (d,) or (n, d)
    B : ndarray, shape (d,) or (k, d)

    Returns
    -------
    ndarray, shape (n, k); an axis is missing for an argument that is a single vector.
        In [-1, 1] up to rounding. A zero vector has no direction: its similarity to
        anything is defined as 0.
    """
    ### BEGIN SOLUTION
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    dots = A @ B.T
    lengths = np.multiply.outer(np.linalg.norm(A, axis=-1), np.linalg.norm(B, axis=-1))
    return np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
    ### END SOLUTION


def nearest_neighbours(E, query, k=10, exclude=()):
    """The k rows of E with the greatest cosine similarity to a vector.

    Parameters
    ----------
    E : ndarray, shape (V, d)
    query : ndarray, shape (d,)
    k : int
        Fewer come back if fewer rows are left.
    exclude : iterable of int
        Rows that do not count, such as the query's own.

    Returns
    -------
    rows : ndarray of int, shape (k,)
        From most to least similar; equally similar rows in order of their number.
    similarities : ndarray, shape (k,)
    """
    ### BEGIN SOLUTION
    similarities = cosine_similarity(E, query)
    order = np.argsort(-similarities, kind="stable")
    rows = order[~np.isin(order, list(exclude))][: max(0, k)]
    return rows, similarities[rows]
    ### END SOLUTION


def similar_words(vocabulary, E, word, k=10):
    """The k words nearest to a word, itself, <pad> and <unk> left out.

    Parameters
    ----------
    vocabulary : Vocabulary
    E : ndarray, shape (len(vocabulary), d)
    word : str
    k : int

    Returns
    -------
    list of (str, float)
        Word and cosine similarity, most similar first.

    Raises
    ------
    KeyError
        If the word is not in the vocabulary.
    """
    if word not in vocabulary:
        raise KeyError(f"{word!r} is not in the vocabulary of {len(vocabulary)} tokens")
    own = vocabulary.id_of(word)
    rows, similarities = nearest_neighbours(E, E[own], k, exclude=(PAD_ID, UNK_ID, own))
    return [(vocabulary.tokens[row], float(s)) for row, s in zip(rows, similarities, strict=True)]


def check_ids(ids, n_rows, where):
    """Raise a one-line IndexError unless every id is a row of an embedding matrix with n_rows rows.

    Parameters
    ----------
    ids : ndarray of int, any shape
    n_rows : int
    where : str
        What to call the caller in the message.
    """
    if ids.size and not (0 <= ids.min() and ids.max() < n_rows):
        place = tuple(int(i) for i in np.argwhere((ids < 0) | (ids >= n_rows))[0])
        at = ", ".join(map(str, place))
        raise IndexError(f"{where}: ids[{at}] is {ids[place]}, but the embedding matrix has {n_rows} rows: "
                         f"valid ids are 0 to {n_rows - 1} (was the text encoded with another vocabulary?)")


def _checked(ids, n_rows, where):
    ids = np.asarray(ids)
    if ids.size == 0:
        ids = ids.astype(np.int64)  # an empty list has no integer type of its own
    if not np.issubdtype(ids.dtype, np.integer):
        raise TypeError(f"{where}: ids must be integers, got {ids.dtype}")
    check_ids(ids, n_rows, where)
    return ids
