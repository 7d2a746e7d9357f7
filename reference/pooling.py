"""Pooling: from one vector a word to one vector a document, whatever its length; forward and backward.

A batch is a rectangle (m, T, d) with a mask (m, T) that is True where a word is; what stands under False, be
it NaN, never reaches the result and gets gradient 0. Both poolings forget the order of the words, which is
the lecture's point: "not good, bad" and "not bad, good" pool to the same vector.

A document without any word (a mask row that is False throughout) pools to the zero vector and passes no
gradient back. That is also what PyTorch's EmbeddingBag does with an empty bag.

The rectangle is for reading. Long documents make it mostly filling: bags.py computes the same without it.
"""

import numpy as np


def mean_pool_forward(X, mask):
    """The mean over the words of each document: out[i] = 1/n_i sum_t mask[i, t] X[i, t].

    Parameters
    ----------
    X : ndarray, shape (m, T, d)
    mask : ndarray of bool, shape (m, T)

    Returns
    -------
    ndarray, shape (m, d)
        n_i is the number of words of document i, not T. Zeros where n_i = 0.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    mask = _checked(X, mask)
    return np.where(mask[:, :, None], X, 0.0).sum(axis=1) / _lengths(mask)


def mean_pool_backward(dOut, mask):
    """Each word of document i gets the same share of its gradient: dX[i, t] = mask[i, t] dOut[i] / n_i.

    Parameters
    ----------
    dOut : ndarray, shape (m, d)
    mask : ndarray of bool, shape (m, T)

    Returns
    -------
    ndarray, shape (m, T, d)
    """
    mask = np.asarray(mask, dtype=bool)
    return mask[:, :, None] * (dOut / _lengths(mask))[:, None, :]


def max_pool_forward(X, mask):
    """The greatest value of each dimension over the words of each document.

    Parameters
    ----------
    X : ndarray, shape (m, T, d)
    mask : ndarray of bool, shape (m, T)

    Returns
    -------
    out : ndarray, shape (m, d)
        Zeros for a document without words (the maximum of nothing would be minus infinity).
    winners : ndarray of int, shape (m, d)
        winners[i, j] is the position t that X[i, t, j] was taken from, which the backward pass needs. Of
        several equal maxima it is the first; -1 for a document without words.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    mask = _checked(X, mask)
    winners = np.where(mask[:, :, None], X, -np.inf).argmax(axis=1)  # filling loses against every word
    empty = ~mask.any(axis=1)
    out = np.take_along_axis(X, winners[:, None, :], axis=1)[:, 0, :]
    return np.where(empty[:, None], 0.0, out), np.where(empty[:, None], -1, winners)


def max_pool_backward(dOut, winners, T):
    """The whole gradient goes to the word that won; the others did not matter.

    With several equal maxima the derivative is not defined, and a rule has to choose: here the first of them
    gets everything. PyTorch's `max(dim=...)` and `EmbeddingBag(mode="max")` choose the same on the CPU, while
    `amax` shares the gradient among them.

    Parameters
    ----------
    dOut : ndarray, shape (m, d)
    winners : ndarray of int, shape (m, d)
        As `max_pool_forward` returned it.
    T : int
        Length of the rectangle.

    Returns
    -------
    ndarray, shape (m, T, d)
    """
    dX = np.zeros((len(dOut), T, dOut.shape[1]))
    i, j = np.nonzero(winners >= 0)
    dX[i, winners[i, j], j] = dOut[i, j]  # each (i, j) has one winner: nothing to add up
    return dX


def _lengths(mask):
    """Words of each document as a column (m, 1), 1 for an empty one: 0 / 1 is the zero vector we want."""
    return np.maximum(mask.sum(axis=1), 1)[:, None]


def _checked(X, mask):
    if X.ndim != 3 or np.shape(mask) != X.shape[:2]:
        raise ValueError(f"X must be (m, T, d) and mask (m, T), got {X.shape} and {np.shape(mask)}")
    return np.asarray(mask, dtype=bool)
