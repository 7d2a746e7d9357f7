"""Error analysis: from predictions to what a model gets wrong, in which kinds of text, and whether another is better.

Everything works on plain lists and arrays (texts, labels, probabilities), so on any model. `evaluation` has more careful
versions of some of these functions. Left out: whatever looks inside a model.
"""

import re
from collections import Counter

import numpy as np


def tokenize(text):
    """The words of a text in lower case, apostrophes included, without punctuation."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)*", text.lower())


# --- one number is not enough


def confusion_matrix(y_true, y_pred, n_classes):
    """Count who is taken for whom.

    Parameters
    ----------
    y_true, y_pred : ndarray of int, shape (m,)
        The right classes and the predicted ones, 0 to n_classes - 1.
    n_classes : int
        K.

    Returns
    -------
    ndarray of int, shape (K, K)
        Entry [i, j] is the number of examples of class i predicted as class j.
    """
    ### BEGIN SOLUTION
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (y_true, y_pred), 1)
    return counts
    ### END SOLUTION


def precision_recall_f1(matrix):
    """Three figures for each class, from the confusion matrix.

    Parameters
    ----------
    matrix : ndarray of int, shape (K, K)
        Rows are right classes, columns predictions.

    Returns
    -------
    precision, recall, f1 : ndarray of float, shape (K,)
        0 wherever the denominator is 0.
    """
    ### BEGIN SOLUTION
    hits = np.diagonal(matrix).astype(float)
    found, there = np.sum(matrix, axis=0), np.sum(matrix, axis=1)
    precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
    recall = np.divide(hits, there, out=np.zeros_like(hits), where=there > 0)
    both = precision + recall
    return precision, recall, np.divide(2 * precision * recall, both, out=np.zeros_like(hits), where=both > 0)
    ### END SOLUTION


def standard_error(right):
    """How far an accuracy on a sample typically lies from the one on all texts.

    Parameters
    ----------
    right : ndarray of bool, shape (m,)
        Whether each prediction is right.

    Returns
    -------
    float
        sqrt(p (1 - p) / m), with p the accuracy.
    """
    ### BEGIN SOLUTION
    return float(np.sqrt(np.mean(right) * (1 - np.mean(right)) / len(right)))
    ### END SOLUTION


# --- reading the mistakes


def misclassified(y_true, probabilities):
    """Find the mistakes, the most confident first.

    Parameters
    ----------
    y_true : ndarray of int, shape (m,)
    probabilities : ndarray, shape (m, K)
        The prediction is the class with the greatest probability; that probability is
        the confidence.

    Returns
    -------
    ndarray of int, shape (number of mistakes,)
        Indices into y_true.
    """
    ### BEGIN SOLUTION
    wrong = np.flatnonzero(np.argmax(probabilities, axis=1) != y_true)
    return wrong[np.argsort(-np.max(probabilities[wrong], axis=1), kind="stable")]
    ### END SOLUTION


def telling_words(texts, in_group, min_texts=5):
    """How strongly does each word speak for a group of texts, against the rest?

    Parameters
    ----------
    texts : list of str, length m
    in_group : ndarray of bool, shape (m,)
        Which texts are in the group.
    min_texts : int
        Words in fewer texts than this are left out.

    Returns
    -------
    dict of str to float
        word -> log((a + 1) / (A + 2)) - log((b + 1) / (B + 2)), where a of the A texts
        in the group hold it, and b of the B texts of the rest. A text counts once,
        however often it holds the word.
    """
    ### BEGIN SOLUTION
    inside, outside = Counter(), Counter()
    for text, member in zip(texts, in_group):
        (inside if member else outside).update(set(tokenize(text)))
    shift = np.log(np.sum(in_group) + 2) - np.log(len(texts) - np.sum(in_group) + 2)
    return {
        word: float(np.log(inside[word] + 1) - np.log(outside[word] + 1) - shift)
        for word in inside | outside if inside[word] + outside[word] >= min_texts
    }
    ### END SOLUTION


def categorise(texts, word_scores):
    """Sort texts by what makes them difficult, by rules.

    Parameters
    ----------
    texts : list of str
    word_scores : dict of str to float
        Of every word in the training texts: how strongly it speaks for a positive
        review (`telling_words`).

    Returns
    -------
    list of str
        For each text "negation", "contrast", "sarcasm", "mixed", "intensifier",
        "genre", "unknown" or "plain".
    """
    ### BEGIN SOLUTION
    # signs collected while reading the training texts; what has the clearest sign is looked for first
    mood = set(
        "grim bleak dark brutal cold ominous savage menacing harsh sinister chilling stark eerie merciless gloomy "
        "sweet gentle cosy cheerful silly sunny playful cuddly breezy bubbly jolly tender goofy giddy".split()
    )
    sarcasm = r"just what i needed|thank you,|\bhow (?!many)\w+ (of|the)\b|\bhow \w+, how|surely the|, what an? \w+ \w+\."
    strength = r"\b(utterly|completely|absolutely|totally|overwhelmingly|immensely|staggeringly|supremely)\b"
    turn = (
        r"started .* but|, but then|\bturns out\b|, but i got|\balthough\b|thought it .*thought it"
        r"|\bwhat seemed\b|\bminutes it becomes\b|\bwanted to\b"
    )
    denial = r"\b(?:not|never|hardly|scarcely|no way|far from|anything but|nothing about|(?:is|did|do)n't)\b(?P<after>[^.;]*)"

    def category(text):
        lower = text.lower()
        words = tokenize(text)
        opinions = {word for word in words if abs(word_scores.get(word, 0)) > 1.5 and word not in mood}
        if re.search(sarcasm, lower):
            return "sarcasm"
        if re.search(strength, lower):
            return "intensifier"
        if re.search(turn, lower):
            return "contrast"
        for found in re.finditer(denial, lower):
            if opinions & set(tokenize(found["after"])[:6]):
                return "negation"
        signs = {word_scores[word] > 0 for word in opinions}
        if len(signs) == 2:
            return "mixed"
        if len(mood & set(words)) >= 3 and len(opinions) <= 1:
            return "genre"
        invented = [word for word in re.findall(r"(?<![A-Za-z'])[a-z]+(?:'[a-z]+)?", text) if word not in word_scores]
        if invented and not mood & set(words):
            return "unknown"
        return "plain"

    return [category(text) for text in texts]
    ### END SOLUTION


def error_rates(categories, wrong):
    """How often does each category go wrong?

    Parameters
    ----------
    categories : list of str, length m
        The category of each text.
    wrong : ndarray of bool, shape (m,)
        Which texts are misclassified.

    Returns
    -------
    dict of str to (int, int, float)
        category -> (its texts, its errors, errors / texts), for those that occur.
    """
    ### BEGIN SOLUTION
    table = {}
    for name in set(categories):
        errors = [bool(error) for category, error in zip(categories, wrong) if category == name]
        table[name] = (len(errors), sum(errors), sum(errors) / len(errors))
    return table
    ### END SOLUTION


# --- comparing models


def paired_bootstrap(right_a, right_b, rng, draws=1000):
    """A 95 % interval for how much better model B is than A, on the same texts.

    Koehn (2004), "Statistical significance tests for machine translation evaluation".

    Parameters
    ----------
    right_a, right_b : ndarray of bool, shape (m,)
        Whether each model is right about each text.
    rng : numpy.random.Generator
    draws : int

    Returns
    -------
    low, high : float
        The 2.5 % and the 97.5 % quantile of accuracy(B) - accuracy(A) over `draws`
        samples of m texts, drawn from the m texts with replacement; the same sample for
        both models.
    """
    ### BEGIN SOLUTION
    gains = np.asarray(right_b, dtype=float) - np.asarray(right_a, dtype=float)
    samples = [gains[rng.integers(len(gains), size=len(gains))].mean() for _ in range(draws)]
    low, high = np.quantile(samples, [0.025, 0.975])
    return float(low), float(high)
    ### END SOLUTION


def most_confused(matrix):
    """The two classes that are confused most: which is most often taken for which?

    Parameters
    ----------
    matrix : ndarray of int, shape (K, K)
        Rows are right classes, columns predictions.

    Returns
    -------
    right, predicted : int
        The two different classes for which matrix[right, predicted] is the greatest
        share of its row.
    """
    ### BEGIN SOLUTION
    shares = matrix / np.maximum(np.sum(matrix, axis=1, keepdims=True), 1)
    np.fill_diagonal(shares, -1)
    right, predicted = np.unravel_index(np.argmax(shares), shares.shape)
    return int(right), int(predicted)
    ### END SOLUTION
