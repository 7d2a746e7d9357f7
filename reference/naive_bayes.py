"""Naive Bayes as a source of weights and of a start: how strongly does the presence of a token speak for a class?

The log-count ratio of Wang & Manning (2012), "Baselines and Bigrams", one class against the rest: with p the
number of documents of class k that contain each token, q the same for all other classes, and alpha added to
every count,

    r = log( (p / ||p||_1) / (q / ||q||_1) ).

r > 0 speaks for the class, r < 0 against it, and "the" has r near 0: it is everywhere. Counting is all the
training there is.
"""

import numpy as np

from reference.bags import flatten


def log_count_ratios(documents, y, vocab_size, n_classes, alpha=1.0):
    """The log-count ratio of every token for every class.

    Parameters
    ----------
    documents : list of m integer arrays
        Token ids, each at most once in a document (a repeated one would count again).
    y : ndarray of int, shape (m,)
        Classes, 0 to n_classes - 1.
    vocab_size : int
        V.
    n_classes : int
        K, at least 2.
    alpha : float
        Added to every count, greater than 0: a token that one class never showed does not become proof.

    Returns
    -------
    ndarray, shape (K, V)
        In nats. For two classes the rows are r and -r.

    Raises
    ------
    ValueError
        If alpha is not positive, lengths differ, or a class has no document.
    """
    if not alpha > 0:
        raise ValueError(f"alpha must be greater than 0, got {alpha}")
    if len(documents) != len(y):
        raise ValueError(f"there are {len(documents)} documents but {len(y)} labels")
    sizes = np.bincount(y, minlength=n_classes)
    if len(sizes) > n_classes or not sizes.all():
        raise ValueError(f"every class from 0 to {n_classes - 1} needs a document and no other may occur; "
                         f"the classes have {sizes.tolist()} documents")
    ids, offsets = flatten(documents)
    y_of = np.repeat(y, np.diff(offsets))
    counts = np.array([np.bincount(ids[y_of == k], minlength=vocab_size) for k in range(n_classes)])  # (K, V)
    p = alpha + counts
    q = alpha + counts.sum(axis=0) - counts
    return np.log(p / p.sum(axis=1, keepdims=True)) - np.log(q / q.sum(axis=1, keepdims=True))


def evidence(ratios):
    """One weight for each token: how strongly it speaks about the class it says most about, max_k |r_k|.

    For two classes that is |r|. The sign is no loss: a network learns the direction of each embedding, and
    at the start one direction is as likely as its opposite.

    Parameters
    ----------
    ratios : ndarray, shape (K, V)

    Returns
    -------
    ndarray, shape (V,)
    """
    return np.abs(ratios).max(axis=0)


def ratio_embeddings(ratios, dim, scale, rng):
    """Embeddings that know, before the first step, what counting knows: each class has a direction.

    E = scale * R^T U, with U (K, d) of random rows of length 1. A token that one class has much oftener than the rest begins
    far out along that class's direction, "the" begins near 0. Rare tokens profit most: training meets them a few times only.

    Parameters
    ----------
    ratios : ndarray, shape (K, V)
        R, from `log_count_ratios`.
    dim : int
        d.
    scale : float
    rng : numpy.random.Generator
        Draws U.

    Returns
    -------
    ndarray, shape (V, d)
    """
    directions = rng.normal(size=(len(ratios), dim))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return scale * ratios.T @ directions
