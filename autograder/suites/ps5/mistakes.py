"""What students get wrong in Exercise 5: each mistake as they write it, and the sentence that helps.

Left out: mistakes in training and predicting, which have no single right function to replace; the sample class has those.
"""
# ruff: noqa: F811  (a wrong function has the right one's name; the decorator gives the name back)

import re
from collections import Counter

import numpy as np

from autograder.grading.misconceptions import Bank
from reference.error_analysis import (
    categorise,
    confusion_matrix,
    error_rates,
    misclassified,
    most_confused,
    paired_bootstrap,
    precision_recall_f1,
    standard_error,
    telling_words,
    tokenize,
)

BANK = Bank()
mistake = BANK.mistake


# --- confusion


@mistake("confusion", "predictions as rows", "Rows and columns are swapped: the right class is the row, the prediction the column.")
def confusion_matrix(y_true, y_pred, n_classes):
    counts = np.zeros((n_classes, n_classes), dtype=int)
    for right, predicted in zip(y_true, y_pred):
        counts[predicted, right] += 1
    return counts


@mistake(
    "confusion", "equal pairs counted once",
    "counts[y_true, y_pred] += 1 with whole arrays adds 1 only once for each pair of classes, however often it occurs.",
)
def confusion_matrix(y_true, y_pred, n_classes):
    counts = np.zeros((n_classes, n_classes), dtype=int)
    counts[y_true, y_pred] += 1
    return counts


@mistake(
    "confusion", "only the classes that occur",
    "The matrix has a row and a column for each of the n_classes classes, also for one that does not occur.",
)
def confusion_matrix(y_true, y_pred, n_classes):
    classes = sorted(set(y_true.tolist()) | set(y_pred.tolist()))
    return np.array([[int(np.sum((y_true == i) & (y_pred == j))) for j in classes] for i in classes])


@mistake("confusion", "shares instead of counts", "These are shares of each row; the confusion matrix holds counts.")
def confusion_matrix(y_true, y_pred, n_classes):
    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (y_true, y_pred), 1)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


# --- precision, recall, F1


@mistake(
    "precision_recall", "precision and recall swapped",
    "Precision divides by what was predicted as the class (a column), recall by what is of the class (a row); yours are swapped.",
)
def precision_recall_f1(matrix):
    hits = np.diagonal(matrix).astype(float)
    precision = hits / np.maximum(np.sum(matrix, axis=1), 1)
    recall = hits / np.maximum(np.sum(matrix, axis=0), 1)
    both = precision + recall
    return precision, recall, 2 * precision * recall / np.where(both > 0, both, 1)


@mistake(
    "precision_recall", "arithmetic mean for F1",
    "Your F1 is the arithmetic mean of precision and recall; it is their harmonic mean, 2 P R / (P + R).",
)
def precision_recall_f1(matrix):
    hits = np.diagonal(matrix).astype(float)
    precision = hits / np.maximum(np.sum(matrix, axis=0), 1)
    recall = hits / np.maximum(np.sum(matrix, axis=1), 1)
    return precision, recall, (precision + recall) / 2


@mistake(
    "precision_recall", "nan where nothing was predicted",
    "Where a class is never predicted or never occurs you divide 0 by 0: the figure is defined as 0 there.",
)
def precision_recall_f1(matrix):
    hits = np.diagonal(matrix).astype(float)
    with np.errstate(all="ignore"):
        precision = hits / np.sum(matrix, axis=0)
        recall = hits / np.sum(matrix, axis=1)
        return precision, recall, 2 * precision * recall / (precision + recall)


@mistake("precision_recall", "factor 2 missing in F1", "F1 of a model with P = R = 1 should be 1, and yours is 1/2: the factor 2.")
def precision_recall_f1(matrix):
    hits = np.diagonal(matrix).astype(float)
    precision = hits / np.maximum(np.sum(matrix, axis=0), 1)
    recall = hits / np.maximum(np.sum(matrix, axis=1), 1)
    both = precision + recall
    return precision, recall, precision * recall / np.where(both > 0, both, 1)


@mistake(
    "precision_recall", "one figure for all classes",
    "These are averages over the classes; each class has a precision, a recall and an F1 of its own.",
)
def precision_recall_f1(matrix):
    hits = np.diagonal(matrix).astype(float)
    precision = np.mean(hits / np.maximum(np.sum(matrix, axis=0), 1))
    recall = np.mean(hits / np.maximum(np.sum(matrix, axis=1), 1))
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


# --- standard error


@mistake(
    "standard_error", "standard deviation of one answer",
    "sqrt(p (1 - p)) is the spread of a single answer; that of the mean of m answers is smaller, by sqrt(m).",
)
def standard_error(right):
    return float(np.std(right))


@mistake("standard_error", "m outside the root", "m belongs under the root: divide by sqrt(m), not by m.")
def standard_error(right):
    return float(np.std(right) / len(right))


@mistake("standard_error", "root forgotten", "p (1 - p) / m is the variance of the accuracy; the standard error is its root.")
def standard_error(right):
    p = np.mean(right)
    return float(p * (1 - p) / len(right))


@mistake(
    "standard_error", "two standard errors",
    "You return two standard errors, the half-width of an interval; one is asked for.",
)
def standard_error(right):
    return float(2 * np.std(right) / np.sqrt(len(right)))


# --- misclassified


@mistake("misclassified", "least confident first", "Your order starts with the mistakes that the model was least sure about.")
def misclassified(y_true, probabilities):
    wrong = np.flatnonzero(np.argmax(probabilities, axis=1) != y_true)
    return wrong[np.argsort(np.max(probabilities[wrong], axis=1))]


@mistake("misclassified", "in the order of the texts", "The mistakes are the right ones, but in the order of the texts.")
def misclassified(y_true, probabilities):
    return np.flatnonzero(np.argmax(probabilities, axis=1) != y_true)


@mistake(
    "misclassified", "places among the mistakes",
    "argsort gives places within the array of mistakes; use them to look up the indices of the texts.",
)
def misclassified(y_true, probabilities):
    wrong = np.argmax(probabilities, axis=1) != y_true
    return np.argsort(-np.max(probabilities[wrong], axis=1))


@mistake("misclassified", "what is right", "These are the predictions that are right.")
def misclassified(y_true, probabilities):
    right = np.flatnonzero(np.argmax(probabilities, axis=1) == y_true)
    return right[np.argsort(-np.max(probabilities[right], axis=1))]


@mistake(
    "misclassified", "only for two classes",
    "You compare column 1 with one half, which is only right for two classes: take the class with the greatest probability.",
)
def misclassified(y_true, probabilities):
    wrong = np.flatnonzero((probabilities[:, 1] > 0.5) != (y_true == 1))
    return wrong[np.argsort(-np.max(probabilities[wrong], axis=1))]


@mistake(
    "misclassified", "by the probability of the right class",
    "You sort by the probability of the right class; with more than two classes that is not how sure the model was of its answer.",
)
def misclassified(y_true, probabilities):
    wrong = np.flatnonzero(np.argmax(probabilities, axis=1) != y_true)
    return wrong[np.argsort(probabilities[wrong, y_true[wrong]])]


# --- telling words


@mistake(
    "telling_words", "every occurrence counts",
    "You count how often a word occurs; count the texts that hold it, once each, however often it stands there.",
)
def telling_words(texts, in_group, min_texts=5):
    inside, outside = Counter(), Counter()
    for text, member in zip(texts, in_group):
        (inside if member else outside).update(tokenize(text))
    A, B = np.sum(in_group), len(texts) - np.sum(in_group)
    return {
        word: float(np.log((inside[word] + 1) / (A + 2)) - np.log((outside[word] + 1) / (B + 2)))
        for word in inside | outside if inside[word] + outside[word] >= min_texts
    }


@mistake("telling_words", "sizes of the groups ignored", "You compare counts; compare shares, a of A against b of B texts.")
def telling_words(texts, in_group, min_texts=5):
    inside, outside = Counter(), Counter()
    for text, member in zip(texts, in_group):
        (inside if member else outside).update(set(tokenize(text)))
    return {
        word: float(np.log(inside[word] + 1) - np.log(outside[word] + 1))
        for word in inside | outside if inside[word] + outside[word] >= min_texts
    }


@mistake("telling_words", "for the other group", "Your signs are turned round: a score above 0 should speak for the group.")
def telling_words(texts, in_group, min_texts=5):
    inside, outside = Counter(), Counter()
    for text, member in zip(texts, in_group):
        (outside if member else inside).update(set(tokenize(text)))
    B, A = np.sum(in_group), len(texts) - np.sum(in_group)
    return {
        word: float(np.log((inside[word] + 1) / (A + 2)) - np.log((outside[word] + 1) / (B + 2)))
        for word in inside | outside if inside[word] + outside[word] >= min_texts
    }


@mistake(
    "telling_words", "against all texts",
    "You compare the group with all texts, itself included; compare it with the rest.",
)
def telling_words(texts, in_group, min_texts=5):
    inside, everywhere = Counter(), Counter()
    for text, member in zip(texts, in_group):
        everywhere.update(set(tokenize(text)))
        if member:
            inside.update(set(tokenize(text)))
    A, B = np.sum(in_group), len(texts)
    return {
        word: float(np.log((inside[word] + 1) / (A + 2)) - np.log((everywhere[word] + 1) / (B + 2)))
        for word in everywhere if everywhere[word] >= min_texts
    }


@mistake("telling_words", "frequent in the group alone", "min_texts is about all texts that hold a word, not the group's alone.")
def telling_words(texts, in_group, min_texts=5):
    inside, outside = Counter(), Counter()
    for text, member in zip(texts, in_group):
        (inside if member else outside).update(set(tokenize(text)))
    A, B = np.sum(in_group), len(texts) - np.sum(in_group)
    return {
        word: float(np.log((inside[word] + 1) / (A + 2)) - np.log((outside[word] + 1) / (B + 2)))
        for word in inside | outside if inside[word] >= min_texts
    }


@mistake("telling_words", "words split at spaces", "You split at spaces, so punctuation and capitals make new words: use tokenize.")
def telling_words(texts, in_group, min_texts=5):
    inside, outside = Counter(), Counter()
    for text, member in zip(texts, in_group):
        (inside if member else outside).update(set(text.split()))
    A, B = np.sum(in_group), len(texts) - np.sum(in_group)
    return {
        word: float(np.log((inside[word] + 1) / (A + 2)) - np.log((outside[word] + 1) / (B + 2)))
        for word in inside | outside if inside[word] + outside[word] >= min_texts
    }


# --- categorise


@mistake("categorise", "one name for everything", "Every text has the same category: what stands in the text should decide.")
def categorise(texts, word_scores):
    return ["genre" for _ in texts]


@mistake(
    "categorise", "keywords without what is around them",
    "A 'not' or a 'but' alone decides here; most of them deny or turn no opinion. Look at the words around it.",
)
def categorise(texts, word_scores):
    names = []
    for text in texts:
        words = set(tokenize(text))
        if words & {"utterly", "absolutely", "completely", "totally"}:
            names.append("intensifier")
        elif words & {"but", "although"}:
            names.append("contrast")
        elif words & {"not", "never", "nobody", "nothing"}:
            names.append("negation")
        elif words & {"surely", "thank"}:
            names.append("sarcasm")
        else:
            names.append("plain")
    return names


@mistake("categorise", "names of its own", "Use the names from the table, spelled as they are there.")
def categorise(texts, word_scores):
    names = []
    for text in texts:
        denied = re.search(r"\b(not|never) \w+", text.lower())
        names.append("Negation" if denied else "other")
    return names


@mistake("categorise", "one category for one text", "categorise is given a list of texts, and returns a list.")
def categorise(texts, word_scores):
    words = tokenize(" ".join(texts))
    return "negation" if "not" in words else "plain"


# --- error rates


@mistake(
    "error_rates", "share of all errors",
    "Your rate is the category's share of all errors, which is large for any large category: divide by the texts of the category.",
)
def error_rates(categories, wrong):
    table = {}
    for name in set(categories):
        members = [i for i, category in enumerate(categories) if category == name]
        errors = int(sum(wrong[i] for i in members))
        table[name] = (len(members), errors, float(errors / max(1, np.sum(wrong))))
    return table


@mistake("error_rates", "only categories with errors", "A category in which everything is right belongs in the table, too.")
def error_rates(categories, wrong):
    table = {}
    for name in {category for category, error in zip(categories, wrong) if error}:
        errors = [bool(error) for category, error in zip(categories, wrong) if category == name]
        table[name] = (len(errors), sum(errors), sum(errors) / len(errors))
    return table


@mistake("error_rates", "share that is right", "Your rate is the share of texts that are right.")
def error_rates(categories, wrong):
    table = {}
    for name in set(categories):
        errors = [bool(error) for category, error in zip(categories, wrong) if category == name]
        table[name] = (len(errors), sum(errors), 1 - sum(errors) / len(errors))
    return table


@mistake("error_rates", "errors before texts", "The order is texts, errors, rate; yours begins with the errors.")
def error_rates(categories, wrong):
    table = {}
    for name in set(categories):
        errors = [bool(error) for category, error in zip(categories, wrong) if category == name]
        table[name] = (sum(errors), len(errors), sum(errors) / len(errors))
    return table


# --- paired bootstrap


@mistake(
    "paired_bootstrap", "two samples",
    "You draw one sample for each model: draw one sample of texts, and measure both models on it.",
)
def paired_bootstrap(right_a, right_b, rng, draws=1000):
    m, differences = len(right_a), []
    for _ in range(draws):
        accuracy_a = np.mean(right_a[rng.integers(m, size=m)])
        differences.append(np.mean(right_b[rng.integers(m, size=m)]) - accuracy_a)
    low, high = np.quantile(differences, [0.025, 0.975])
    return float(low), float(high)


@mistake(
    "paired_bootstrap", "without replacement",
    "A sample of m of m texts without replacement is all of them, in another order: draw with replacement.",
)
def paired_bootstrap(right_a, right_b, rng, draws=1000):
    m, differences = len(right_a), []
    for _ in range(draws):
        chosen = rng.permutation(m)
        differences.append(np.mean(right_b[chosen]) - np.mean(right_a[chosen]))
    low, high = np.quantile(differences, [0.025, 0.975])
    return float(low), float(high)


@mistake("paired_bootstrap", "A minus B", "The sign is turned round: the difference is accuracy(B) - accuracy(A).")
def paired_bootstrap(right_a, right_b, rng, draws=1000):
    m, differences = len(right_a), []
    for _ in range(draws):
        chosen = rng.integers(m, size=m)
        differences.append(np.mean(right_a[chosen]) - np.mean(right_b[chosen]))
    low, high = np.quantile(differences, [0.025, 0.975])
    return float(low), float(high)


@mistake(
    "paired_bootstrap", "extremes instead of quantiles",
    "The smallest and the greatest difference depend on how often you draw; the 2.5 % and 97.5 % quantiles do not.",
)
def paired_bootstrap(right_a, right_b, rng, draws=1000):
    m, differences = len(right_a), []
    for _ in range(draws):
        chosen = rng.integers(m, size=m)
        differences.append(np.mean(right_b[chosen]) - np.mean(right_a[chosen]))
    return float(min(differences)), float(max(differences))


@mistake(
    "paired_bootstrap", "a generator of its own",
    "You make a generator of your own, so every call gives the same samples: draw from the rng that is passed in.",
)
def paired_bootstrap(right_a, right_b, rng, draws=1000):
    rng = np.random.default_rng(0)
    m, differences = len(right_a), []
    for _ in range(draws):
        chosen = rng.integers(m, size=m)
        differences.append(np.mean(right_b[chosen]) - np.mean(right_a[chosen]))
    low, high = np.quantile(differences, [0.025, 0.975])
    return float(low), float(high)


@mistake("paired_bootstrap", "smaller samples", "Each sample should have m texts, like the original; a smaller one varies more.")
def paired_bootstrap(right_a, right_b, rng, draws=1000):
    m, differences = len(right_a), []
    for _ in range(draws):
        chosen = rng.integers(m, size=m // 4)
        differences.append(np.mean(right_b[chosen]) - np.mean(right_a[chosen]))
    low, high = np.quantile(differences, [0.025, 0.975])
    return float(low), float(high)


# --- most confused


@mistake("most_confused", "greatest count", "You take the greatest count, which large classes win; take the greatest share.")
def most_confused(matrix):
    counts = np.array(matrix)
    np.fill_diagonal(counts, -1)
    i, j = np.unravel_index(np.argmax(counts), counts.shape)
    return int(i), int(j)


@mistake("most_confused", "diagonal included", "That is a class and itself: what is right is no confusion. Leave out the diagonal.")
def most_confused(matrix):
    shares = matrix / np.maximum(np.sum(matrix, axis=1, keepdims=True), 1)
    i, j = np.unravel_index(np.argmax(shares), shares.shape)
    return int(i), int(j)


@mistake("most_confused", "share of the column", "You divide by the sums of the columns; the share is that of the row.")
def most_confused(matrix):
    shares = matrix / np.maximum(np.sum(matrix, axis=0, keepdims=True), 1)
    np.fill_diagonal(shares, -1)
    i, j = np.unravel_index(np.argmax(shares), shares.shape)
    return int(i), int(j)


@mistake("most_confused", "predicted before right", "Your two classes are swapped: the right class comes first.")
def most_confused(matrix):
    shares = matrix / np.maximum(np.sum(matrix, axis=1, keepdims=True), 1)
    np.fill_diagonal(shares, -1)
    i, j = np.unravel_index(np.argmax(shares), shares.shape)
    return int(j), int(i)
