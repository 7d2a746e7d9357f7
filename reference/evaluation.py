"""How good is it, and where does it fail: accuracy, confusion matrix, and the mistakes themselves to read."""

from dataclasses import dataclass

import numpy as np


def accuracy(y_true, y_pred):
    """The share of right predictions.

    Parameters
    ----------
    y_true, y_pred : ndarray of int, shape (m,), m at least 1

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If the shapes differ (a (m, 1) against a (m,) would compare everything with everything) or m is 0.
    """
    y_true, y_pred = _checked(y_true, y_pred)
    return float(np.mean(y_true == y_pred))


def confusion_matrix(y_true, y_pred, n_classes):
    """Who is taken for whom.

    Parameters
    ----------
    y_true, y_pred : ndarray of int, shape (m,)
        Classes, 0 to n_classes - 1.
    n_classes : int
        K.

    Returns
    -------
    ndarray of int, shape (K, K)
        Entry [i, j] counts the examples of class i that were predicted as j: rows sum to the class sizes, the
        diagonal is right.

    Raises
    ------
    ValueError
        If the shapes differ, m is 0, or a label is not a class.
    """
    y_true, y_pred = _checked(y_true, y_pred)
    for name, y in (("y_true", y_true), ("y_pred", y_pred)):
        if not (0 <= y.min() and y.max() < n_classes):
            raise ValueError(f"{name} must be 0 to {n_classes - 1}, got {y.min()} to {y.max()}")
    return np.bincount(y_true * n_classes + y_pred, minlength=n_classes**2).reshape(n_classes, n_classes)


def precision_recall_f1(matrix):
    """Three figures for each class, from the confusion matrix.

    Precision: of those predicted as the class, the share that is. Recall: of those that are, the share that
    was found. F1 = 2 P R / (P + R). Where a denominator is 0 the figure is defined as 0.

    Parameters
    ----------
    matrix : ndarray of int, shape (K, K)

    Returns
    -------
    precision, recall, f1 : ndarray, shape (K,)
    """
    right = np.diag(matrix).astype(float)
    predicted, actual = matrix.sum(axis=0), matrix.sum(axis=1)
    precision = right / np.maximum(predicted, 1)
    recall = right / np.maximum(actual, 1)
    total = precision + recall
    return precision, recall, 2 * precision * recall / np.where(total > 0, total, 1)


@dataclass(frozen=True)
class Mistake:
    """One misclassified example: where it is, its text, both classes, and how sure the model was.

    Attributes
    ----------
    index : int
    text : str
    true, predicted : int
        The right class and the model's.
    confidence : float
        The probability that the model gave to its own answer.
    """

    index: int
    text: str
    true: int
    predicted: int
    confidence: float


def misclassified(texts, y_true, y_pred, probabilities, limit=None):
    """The mistakes, the most confident first: those tell most about what a model cannot see.

    Parameters
    ----------
    texts : sequence of m str
    y_true, y_pred : ndarray of int, shape (m,)
    probabilities : ndarray, shape (m, K)
        As `TextClassifier.probabilities` gives them.
    limit : int or None
        At most this many.

    Returns
    -------
    list of Mistake

    Raises
    ------
    ValueError
        If the lengths differ or m is 0.
    """
    y_true, y_pred = _checked(y_true, y_pred)
    if not len(texts) == len(y_true) == len(probabilities):
        raise ValueError(f"there are {len(texts)} texts, {len(y_true)} labels and {len(probabilities)} "
                         "rows of probabilities")
    wrong = np.flatnonzero(y_true != y_pred)
    confidence = np.asarray(probabilities)[np.arange(len(y_pred)), y_pred]
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:limit]
    return [Mistake(int(i), texts[i], int(y_true[i]), int(y_pred[i]), float(confidence[i])) for i in wrong]


def _checked(y_true, y_pred):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.shape != y_pred.shape or y_true.ndim != 1 or y_true.size == 0:
        raise ValueError(f"labels and predictions must both be (m,) with m at least 1, "
                         f"got {y_true.shape} and {y_pred.shape}")
    return y_true, y_pred
