"""What students get wrong in Exercise 5: each mistake as a change to the reference, and the sentence that helps.

Left out: mistakes in training and predicting, which have no single right function to replace; the sample class has those.
"""
# ruff: noqa: F811  (a wrong function that is written out has the right one's name; the decorator gives the name back)

import re

import numpy as np

from autograder.testing import Mistakes
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

BANK = Mistakes()
mistake = BANK.mistake


# --- confusion

mistake("confusion", "predictions as rows",
        "Rows and columns are swapped: the right class is the row, the prediction the column.",
        confusion_matrix, {"(y_true, y_pred)": "(y_pred, y_true)"})
mistake("confusion", "equal pairs counted once",
        "counts[y_true, y_pred] += 1 with whole arrays adds 1 only once for each pair of classes, however often it occurs.",
        confusion_matrix, {"np.add.at(counts, (y_true, y_pred), 1)": "counts[y_true, y_pred] += 1"})


@mistake(
    "confusion", "only the classes that occur",
    "The matrix has a row and a column for each of the n_classes classes, also for one that does not occur.",
)
def confusion_matrix(y_true, y_pred, n_classes):
    classes = sorted(set(y_true.tolist()) | set(y_pred.tolist()))
    return np.array([[int(np.sum((y_true == i) & (y_pred == j))) for j in classes] for i in classes])


mistake("confusion", "shares instead of counts", "These are shares of each row; the confusion matrix holds counts.",
        confusion_matrix, {"return counts": "return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)"})

# --- precision, recall, F1

mistake("precision_recall", "precision and recall swapped",
        "Precision divides by what was predicted as the class (a column), recall by what is of the class (a row); "
        "yours are swapped.",
        precision_recall_f1, {"found, there =": "there, found ="})
mistake("precision_recall", "arithmetic mean for F1",
        "Your F1 is the arithmetic mean of precision and recall; it is their harmonic mean, 2 P R / (P + R).",
        precision_recall_f1,
        {"np.divide(2 * precision * recall, both, out=np.zeros_like(hits), where=both > 0)": "both / 2"})
mistake("precision_recall", "nan where nothing was predicted",
        "Where a class is never predicted or never occurs you divide 0 by 0: the figure is defined as 0 there.",
        precision_recall_f1, {", out=np.zeros_like(hits), where=found > 0": "",
                              ", out=np.zeros_like(hits), where=there > 0": "",
                              ", out=np.zeros_like(hits), where=both > 0": ""})
mistake("precision_recall", "factor 2 missing in F1",
        "F1 of a model with P = R = 1 should be 1, and yours is 1/2: the factor 2.",
        precision_recall_f1, {"2 * precision * recall": "precision * recall"})


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

mistake("standard_error", "standard deviation of one answer",
        "sqrt(p (1 - p)) is the spread of a single answer; that of the mean of m answers is smaller, by sqrt(m).",
        standard_error, {" / len(right)": ""})
mistake("standard_error", "m outside the root", "m belongs under the root: divide by sqrt(m), not by m.",
        standard_error, {"np.sqrt(np.mean(right) * (1 - np.mean(right)) / len(right))": "np.std(right) / len(right)"})
mistake("standard_error", "root forgotten", "p (1 - p) / m is the variance of the accuracy; the standard error is its root.",
        standard_error, {"np.sqrt": ""})
mistake("standard_error", "two standard errors",
        "You return two standard errors, the half-width of an interval; one is asked for.",
        standard_error, {"np.sqrt": "2 * np.sqrt"})

# --- misclassified

mistake("misclassified", "least confident first", "Your order starts with the mistakes that the model was least sure about.",
        misclassified, {"-np.max": "np.max"})
mistake("misclassified", "in the order of the texts", "The mistakes are the right ones, but in the order of the texts.",
        misclassified, {'[np.argsort(-np.max(probabilities[wrong], axis=1), kind="stable")]': ""})
mistake("misclassified", "places among the mistakes",
        "argsort gives places within the array of mistakes; use them to look up the indices of the texts.",
        misclassified, {'wrong[np.argsort(-np.max(probabilities[wrong], axis=1), kind="stable")]':
                        "np.argsort(-np.max(probabilities[wrong], axis=1))"})
mistake("misclassified", "what is right", "These are the predictions that are right.", misclassified, {"!= y_true": "== y_true"})
mistake("misclassified", "only for two classes",
        "You compare column 1 with one half, which is only right for two classes: take the class with the greatest probability.",
        misclassified, {"np.argmax(probabilities, axis=1) != y_true": "(probabilities[:, 1] > 0.5) != (y_true == 1)"})
mistake("misclassified", "by the probability of the right class",
        "You sort by the probability of the right class; with more than two classes that is not how sure the model "
        "was of its answer.",
        misclassified, {"-np.max(probabilities[wrong], axis=1)": "probabilities[wrong, y_true[wrong]]"})

# --- telling words

mistake("telling_words", "every occurrence counts",
        "You count how often a word occurs; count the texts that hold it, once each, however often it stands there.",
        telling_words, {"set(tokenize(text))": "tokenize(text)"})
mistake("telling_words", "sizes of the groups ignored", "You compare counts; compare shares, a of A against b of B texts.",
        telling_words, {" - shift": ""})
mistake("telling_words", "for the other group", "Your signs are turned round: a score above 0 should speak for the group.",
        telling_words, {"word: float": "word: -float"})
mistake("telling_words", "against all texts",
        "You compare the group with all texts, itself included; compare it with the rest.",
        telling_words, {"outside[word] + 1": "inside[word] + outside[word] + 1", "len(texts) - np.sum(in_group)": "len(texts)"})
mistake("telling_words", "more than min_texts", "A word in exactly min_texts texts is in enough of them: it has a score.",
        telling_words, {">= min_texts": "> min_texts"})
mistake("telling_words", "frequent in the group alone", "min_texts is about all texts that hold a word, not the group's alone.",
        telling_words, {"if inside[word] + outside[word]": "if inside[word]"})
mistake("telling_words", "words split at spaces", "You split at spaces, so punctuation and capitals make new words: use tokenize.",
        telling_words, {"tokenize(text)": "text.split()"})

# --- categorise


@mistake("categorise", "one name for everything", "Every text has the same category: what stands in the text should decide.")
def categorise(texts, word_scores):
    return ["genre" for _ in texts]


@mistake(
    "categorise", "keywords without what is around them",
    "A 'not' or a 'but' alone decides here, but most of them deny or turn no opinion: look at the words around it.",
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

mistake("error_rates", "share of all errors",
        "Your rate is the category's share of all errors, which is large for any large category: "
        "divide by the texts of the category.",
        error_rates, {"/ len(errors)": "/ max(1, sum(wrong))"})
mistake("error_rates", "only categories with errors", "A category in which everything is right belongs in the table, too.",
        error_rates, {"set(categories)": "{category for category, error in zip(categories, wrong) if error}"})
mistake("error_rates", "share that is right", "Your rate is the share of texts that are right.",
        error_rates, {"sum(errors) / len(errors)": "1 - sum(errors) / len(errors)"})
mistake("error_rates", "errors before texts", "The order is texts, errors, rate; yours begins with the errors.",
        error_rates, {"len(errors), sum(errors)": "sum(errors), len(errors)"})

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


mistake("paired_bootstrap", "without replacement",
        "A sample of m of m texts without replacement is all of them, in another order: draw with replacement.",
        paired_bootstrap, {"rng.integers(len(gains), size=len(gains))": "rng.permutation(len(gains))"})
mistake("paired_bootstrap", "A minus B", "The sign is turned round: the difference is accuracy(B) - accuracy(A).",
        paired_bootstrap, {"samples = [gains": "samples = [-gains"})
mistake("paired_bootstrap", "a 90 % interval", "Between the 5 % and the 95 % quantile lie 90 % of the samples; 95 % are asked for.",
        paired_bootstrap, {"[0.025, 0.975]": "[0.05, 0.95]"})
mistake("paired_bootstrap", "draws of its own", "The number of draws stands in your function, but it is passed in.",
        paired_bootstrap, {"range(draws)": "range(1000)"})
mistake("paired_bootstrap", "extremes instead of quantiles",
        "The smallest and the greatest difference depend on how often you draw; the 2.5 % and 97.5 % quantiles do not.",
        paired_bootstrap, {"np.quantile(samples, [0.025, 0.975])": "min(samples), max(samples)"})
mistake("paired_bootstrap", "a generator of its own",
        "You make a generator of your own, so every call gives the same samples: draw from the rng that is passed in.",
        paired_bootstrap, {"gains =": "rng = np.random.default_rng(0)\n    gains ="})
mistake("paired_bootstrap", "smaller samples", "Each sample should have m texts, like the original; a smaller one varies more.",
        paired_bootstrap, {"size=len(gains)": "size=len(gains) // 4"})

# --- most confused

mistake("most_confused", "greatest count", "You take the greatest count, which large classes win; take the greatest share.",
        most_confused, {"matrix / np.maximum(np.sum(matrix, axis=1, keepdims=True), 1)": "np.array(matrix)"})
mistake("most_confused", "diagonal included", "That is a class and itself, which is no confusion: leave out the diagonal.",
        most_confused, {"    np.fill_diagonal(shares, -1)\n": ""})
mistake("most_confused", "share of the mistakes", "The share is that of all examples of the right class, not of its mistakes.",
        most_confused, {"np.sum(matrix, axis=1": "np.sum(matrix - np.diag(np.diag(matrix)), axis=1"})
mistake("most_confused", "share of the column", "You divide by the sums of the columns; the share is that of the row.",
        most_confused, {"axis=1": "axis=0"})
mistake("most_confused", "predicted before right", "Your two classes are swapped: the right class comes first.",
        most_confused, {"int(right), int(predicted)": "int(predicted), int(right)"})
