"""Hidden tests of Exercise 2: the trained review classifier on reviews that the student process never sees.

What crosses over is the model and the vocabulary; the hidden reviews and their labels stay here. While correct functions
stand in for broken ones, the notebook's model is beside the point: what counts is what a correct training makes of
the notebook's SETTINGS.
"""

import functools
import re
from collections import Counter

import numpy as np

from autograder.testing import check, check_array, check_close, item
from reference import exercise2
from reference.datasets.files import generated_splits
from reference.datasets.reviews import review_word_classes

SEED = 1018  # of the hidden reviews: about as hard as the validation texts of the notebook, which most seeds are not
TRAINING = {"seed": 1, "train": 3000, "validation": 1000}  # as in the notebook's header
CLASSES = ("positive", "negative")


def words_of(text):
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower())


@functools.cache
def training_texts():
    """The notebook's training data: words of each text, labels (m, 1)."""
    texts, labels, _ = generated_splits("reviews", **TRAINING)["train"]
    return [words_of(text) for text in texts], labels[:, None].astype(float)


@functools.cache
def hidden_texts():
    """2,000 reviews that nobody has trained on: words of each text, labels (m,)."""
    texts, labels, _ = generated_splits("reviews", seed=SEED, test=2000)["test"]
    return [words_of(text) for text in texts], labels


@functools.cache
def opinion_words():
    """Words that praise or blame and occur at least five times in the training texts, and the class of each."""
    counts = Counter(word for words in training_texts()[0] for word in words)
    classes = review_word_classes()
    words = [word for word, n in sorted(counts.items()) if n >= 5 and classes.get(word) in CLASSES]
    return words, [classes[word] for word in words]


BOUNDS = {"dim": (1, 64), "hidden": (1, 64), "epochs": (1, 20), "batch_size": (1, 3000)}


@functools.cache
def correct_training(dim, hidden, lr, epochs, batch_size):
    """What the notebook's cells make of these settings with correct functions: model and vocabulary."""
    texts, y = training_texts()
    vocabulary = exercise2.build_vocabulary(texts, 2)
    documents = exercise2.encode(texts, vocabulary)
    model = untrained(vocabulary, dim, hidden)
    with np.errstate(all="ignore"):  # a learning rate can be anything
        exercise2.train(model, documents, y, lr, epochs, batch_size, np.random.default_rng(2))
    return model, vocabulary


def untrained(vocabulary, dim, hidden):
    """The model that the notebook's training starts from."""
    return exercise2.init_classifier(len(vocabulary), dim, hidden, np.random.default_rng(1))


def settings_of(student):
    """The notebook's SETTINGS, checked."""
    settings = student.get("SETTINGS")
    check(isinstance(settings, dict), "SETTINGS should be a dict.")
    keys = {"dim", "hidden", "lr", "epochs", "batch_size"}
    check(set(settings) == keys, f"SETTINGS should have the keys {', '.join(sorted(keys))}.")
    for name, (least, greatest) in BOUNDS.items():
        value = settings[name]
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and least <= value <= greatest
        check(whole, f"{name} in SETTINGS should be a whole number from {least} to {greatest}.")
    lr = settings["lr"]
    number = isinstance(lr, (int, float, np.number)) and not isinstance(lr, bool) and np.isfinite(lr)
    check(number, "lr in SETTINGS should be a number.")
    return {name: int(settings[name]) for name in BOUNDS} | {"lr": float(lr)}


def result(student, settings):
    """The trained model and the vocabulary, of the shapes that the notebook gives them."""
    if student.standing_in:
        return correct_training(**settings)
    model, vocabulary = (student.get(name) for name in ("review_model", "vocabulary"))
    check(isinstance(model, dict) and isinstance(vocabulary, dict), "review_model and vocabulary should be dicts.")
    V, d, h = len(vocabulary), settings["dim"], settings["hidden"]
    shapes = {"E": (V, d), "W1": (h, d), "b1": (h,), "W2": (1, h), "b2": (1,)}
    check(shapes.keys() <= model.keys(), f"review_model should hold {', '.join(shapes)}.")
    model = {name: check_array(model[name], shape, f'review_model["{name}"]') for name, shape in shapes.items()}
    for name, value in model.items():
        check(np.isfinite(value).all(), f"{name} of the trained model is not finite: the training went out of bounds.")
    known = V > 1 and all(type(number) is int and 0 <= number < V for number in vocabulary.values())
    check(known, "The numbers in the vocabulary should be rows of E.")
    return model, vocabulary


def hidden_accuracy(student):
    """The share of hidden reviews that the trained model gets right."""
    model, vocabulary = result(student, settings_of(student))
    texts, labels = hidden_texts()
    return float(np.mean(exercise2.predict(model, exercise2.encode(texts, vocabulary)) == labels))


# What correct work reaches on the hidden reviews, and the shares of same-class neighbours among the opinion words.
# With the model solution's SETTINGS, for 400 seeds of the start and of the batches:
#     accuracy            mean 0.901   standard deviation 0.007   least 0.881
#     neighbours learned  mean 0.993   standard deviation 0.006   least 0.970    at the start: 0.44 to 0.56
# With 300 random SETTINGS (dim and hidden 4 to 64, lr 0.02 to 1, 2 to 15 epochs, batches of 8 to 128), those 200 of them
# that reach the 0.86 on the validation texts which the notebook asks for:
#     accuracy            mean 0.893   least 0.862   minus that on the validation texts: mean 0.010, sd 0.007, least -0.009
#     neighbours learned  mean 0.990   least 0.956   minus those at the start: least 0.44
# So a model that passes the visible check misses 0.85 by chance only if it lies right on the edge of 0.86 and 2.9 standard
# deviations below its expectation (2 in 1,000 there, far below 1 in 1,000 over all), and the neighbours' 0.90 not at all.
ACCURACY = 0.85
NEIGHBOURS = 0.90


def check_accuracy(student, least):
    accuracy = hidden_accuracy(student)
    check(accuracy >= least, f"On reviews that it has not seen, your model is right for {accuracy:.1%}; this needs {least:.0%}.")


@item("reviews")
def test_better_than_guessing(student, measure):
    """On 2,000 new reviews the model is right more often than guessing: for at least 60 %."""
    if not student.standing_in:  # what is noted is the student's own
        measure("accuracy", hidden_accuracy(student))
    check_accuracy(student, 0.60)


@item("reviews")
def test_three_in_four(student):
    """On 2,000 new reviews the model is right for at least 75 %."""
    check_accuracy(student, 0.75)


@item("reviews")
def test_four_in_five(student):
    """On 2,000 new reviews the model is right for at least 80 %."""
    check_accuracy(student, 0.80)


@item("reviews")
def test_accuracy(student):
    """On 2,000 new reviews the model is right for at least 85 %."""
    check_accuracy(student, ACCURACY)


def neighbour_shares(student):
    """The shares of same-class neighbours among words of opinion: learned, at the start."""
    settings = settings_of(student)
    model, vocabulary = result(student, settings)
    words, classes = opinion_words()
    missing = [word for word in words if word not in vocabulary]
    check(not missing, f"The vocabulary lacks words that occur five times or more, such as {missing[:3]}.")
    shares = []
    start = untrained(vocabulary, settings["dim"], settings["hidden"])["E"]
    for E, what in ((model["E"], "your trained E"), (start, "E_start")):
        vectors = student.word_vectors(E, vocabulary, words)
        check_close(vectors, E[[vocabulary[word] for word in words]], f"word_vectors of {what}")
        shares.append(exercise2.same_class_share(np.asarray(vectors, dtype=float), classes, 5))
    return shares


def check_neighbours(shares, least):
    learned, start = shares
    needed = max(least, start + 0.2)
    check(learned >= needed,
          f"Of the five nearest neighbours of words that praise or blame, {learned:.0%} are of the word's own kind, with the "
          f"random start {start:.0%}; this needs {needed:.0%}.")


@item("word_vectors")
def test_neighbours_better_than_random(student, measure):
    """Of the 5 nearest neighbours of words of praise or blame, 75 % are of the same kind, 20 points more than at the start."""
    shares = neighbour_shares(student)
    if not student.standing_in:
        measure("neighbour share", shares[0])
        measure("neighbour share at the start", shares[1])
    check_neighbours(shares, 0.75)


@item("word_vectors")
def test_neighbours(student):
    """Of these neighbours at least 90 % are of the word's own kind."""
    check_neighbours(neighbour_shares(student), NEIGHBOURS)
