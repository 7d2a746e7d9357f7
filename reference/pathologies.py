"""Ten trainings that go wrong, each in its own way, and one that goes well: configurations, not recordings.

One task for all: film reviews, generated, sorted by class as they lie in a folder; the lecture's classifier,
small, with as many hidden layers as one likes. A `Configuration` is plain data. Change a field, train again,
and see whether that was it (`python -m reference.pathologies` prints all eleven):

>>> ill = run("vanishing_gradients")
>>> better = train_configuration(replace(ill.configuration, activation="relu", init="he"))

Seen by their loss curves alone, five of the eleven are the same: they end at log 2 = 0.693, the loss of a
coin. The numbers beside the curves tell them apart; `SYMPTOMS` names the one that gives each run away. What
is left out: bugs in the code, since here every gradient is right, and what only happens to big models.

The gradients have to vanish thoroughly here, through ten sigmoid layers. Adam divides each gradient by its
own size, and through six layers, where the first gets less than 1e-4 of the last one's gradient, it still
learns.
"""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from reference.activations import ACTIVATIONS
from reference.datasets.text import load_imdb
from reference.dense import dense_backward, dense_forward
from reference.diagnostics import dead_share, distinct_units, gradient_norms, movement, position_effect, validation_rise
from reference.embeddings import init_embeddings
from reference.initialization import init_params
from reference.losses import bce_from_logits, bce_from_logits_grad
from reference.optimizers import SGD, Adam, Momentum
from reference.regularization import EarlyStopping, dropout_backward, dropout_forward, l2_gradient
from reference.table import format_table
from reference.text import tokenize_all
from reference.training import History, train

OPTIMIZERS = {"sgd": SGD, "momentum": Momentum, "adam": Adam}
MAX_TRAIN, N_VALIDATION = 2000, 500


@dataclass(frozen=True)
class Configuration:
    """All that decides a training run, but for the seed. The defaults train well.

    Attributes
    ----------
    n_train : int
        Training texts, up to MAX_TRAIN, half of each class.
    max_vocab : int
        Rows of E at most, <pad> and <unk> included; words that come only once in the
        training texts are out.
    label_noise : float
        The share of the training texts whose labels are dealt out anew among them: 0
        none, 1 all.
    shuffle : bool
        False takes the batches in the order of the data, negative reviews first.
    embed_dim : int
    hidden : tuple of int
        The width of each hidden layer.
    activation : str
        A key of ACTIVATIONS.
    init : {"he", "xavier", "zeros"}
        As `init_params`.
    init_scale : float
        Multiplies the initial weights W.
    init_bias : float
        The initial bias of every hidden unit.
    dropout : float
        After every hidden layer.
    l2 : float
        lambda of `l2_penalty`. Losses are reported without the penalty, so that runs
        can be compared.
    optimizer : {"sgd", "momentum", "adam"}
    lr : float
    batch_size, epochs : int
    patience : int
        Stop after so many epochs without a better validation loss, and take the best
        weights back; 0 never stops.
    """

    n_train: int = 2000
    max_vocab: int = 2000
    label_noise: float = 0.0
    shuffle: bool = True
    embed_dim: int = 16
    hidden: tuple = (16,)
    activation: str = "relu"
    init: str = "he"
    init_scale: float = 1.0
    init_bias: float = 0.0
    dropout: float = 0.5
    l2: float = 0.003
    optimizer: str = "adam"
    lr: float = 0.01
    batch_size: int = 64
    epochs: int = 8
    patience: int = 0

    def __post_init__(self):
        choices = {"activation": ACTIVATIONS, "init": ("he", "xavier", "zeros"),
                   "optimizer": OPTIMIZERS}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not "
                                 f"{getattr(self, name)!r}")
        if not 2 <= self.n_train <= MAX_TRAIN:
            raise ValueError(f"n_train must lie between 2 and {MAX_TRAIN}, got "
                             f"{self.n_train}")
        if not 0 <= self.label_noise <= 1:
            raise ValueError("label_noise is a share and must lie in [0, 1], got "
                             f"{self.label_noise}")


GOOD = Configuration()
CONFIGURATIONS = {
    "good_fit": GOOD,
    "overfitting": replace(GOOD, n_train=200, dropout=0.0, l2=0.0, epochs=60),
    "underfitting": replace(GOOD, max_vocab=100, dropout=0.0, l2=0.0, epochs=16),
    "learning_rate_too_high": replace(GOOD, lr=1.0),
    "learning_rate_too_low": replace(GOOD, lr=1e-4),
    "dead_relus": replace(GOOD, init_bias=-3.0),
    "vanishing_gradients": replace(GOOD, hidden=(16,) * 10, activation="sigmoid", init="xavier", dropout=0.0,
                                   l2=0.0),
    "shuffled_labels": replace(GOOD, label_noise=1.0, dropout=0.0, l2=0.0, epochs=20),
    "no_shuffling": replace(GOOD, shuffle=False),
    "zero_initialization": replace(GOOD, init="zeros"),
    "initialization_too_large": replace(GOOD, init_scale=10.0),
}
# run -> the statistic that tells it from the good one, and on which side of it; see `measure`
SYMPTOMS = {
    "overfitting": ("validation_rise", "higher"),
    "underfitting": ("train_loss", "higher"),
    "learning_rate_too_high": ("spike", "higher"),
    "learning_rate_too_low": ("movement", "lower"),
    "dead_relus": ("dead_share_before", "higher"),
    "vanishing_gradients": ("gradient_ratio", "lower"),
    "shuffled_labels": ("accuracy_gap", "higher"),
    "no_shuffling": ("position_effect", "higher"),
    "zero_initialization": ("distinct_units", "lower"),
    "initialization_too_large": ("initial_loss", "higher"),
}


@dataclass(frozen=True)
class TrainingRun:
    """A finished training: what was asked for, what happened, and what to look at.

    Attributes
    ----------
    name : str
    seed : int
    configuration : Configuration
    history : History
    statistics : dict of str to (float or list of float)
        As `measure` explains.
    """

    name: str
    seed: int
    configuration: Configuration
    history: History
    statistics: dict


class Network:
    """Averaged embeddings, any number of hidden layers, one logit.

    X is (m, V): X[i, v] is the share of token v among the words of text i. So the
    pooled embeddings of a batch are X E; V is small here.

    Parameters
    ----------
    configuration : Configuration
    vocab_size : int
    rng : numpy.random.Generator
    """

    def __init__(self, configuration, vocab_size, rng):
        c = self.configuration = configuration
        self.L = len(c.hidden) + 1
        layers = init_params([c.embed_dim, *c.hidden, 1], rng, c.init)
        for l in range(1, self.L + 1):
            layers[f"W{l}"] *= c.init_scale
            if l < self.L:
                layers[f"b{l}"] += c.init_bias
        self.params = {"E": init_embeddings(vocab_size, c.embed_dim, rng, scale=1.0),
                       **layers}

    def forward(self, X, rng=None):
        """Logits (m, 1) and a cache; with dropout if a Generator is given."""
        p, f = self.params, ACTIVATIONS[self.configuration.activation][0]
        cache = {"X": X, "A0": X @ p["E"]}
        for l in range(1, self.L + 1):
            cache[f"Z{l}"] = dense_forward(cache[f"A{l - 1}"], p[f"W{l}"], p[f"b{l}"])
            if l < self.L:
                cache[f"A{l}"], cache[f"mask{l}"] = dropout_forward(
                    f(cache[f"Z{l}"]), self.configuration.dropout, rng,
                    training=rng is not None)
        return cache[f"Z{self.L}"], cache

    def backward(self, cache, dZ):
        """Gradients of the cross-entropy, the penalty not included."""
        f_grad, grads = ACTIVATIONS[self.configuration.activation][1], {}
        for l in range(self.L, 0, -1):
            grads[f"W{l}"], grads[f"b{l}"], dA = dense_backward(dZ, cache[f"A{l - 1}"],
                                                                self.params[f"W{l}"])
            if l > 1:
                dZ = dropout_backward(dA, cache[f"mask{l - 1}"]) * f_grad(
                    cache[f"Z{l - 1}"]
                )
        grads["E"] = cache["X"].T @ dA
        return grads

    def loss_and_grads(self, X, y, rng=None):
        """Cross-entropy, the gradients with those of the penalty, and the logits."""
        logits, cache = self.forward(X, rng)
        grads = self.backward(cache, bce_from_logits_grad(logits, y[:, None]))
        for name, penalty in l2_gradient(self.params, self.configuration.l2).items():
            grads[name] += penalty
        return self.loss(logits, y), grads, logits

    def logits(self, X):
        """Logits without dropout, (m, 1)."""
        return self.forward(X)[0]

    def loss(self, logits, y):
        """Mean cross-entropy in nats."""
        return bce_from_logits(logits, y[:, None])

    def decide(self, logits):
        """0 or 1 for each row, (m,)."""
        return (logits[:, 0] >= 0).astype(np.int64)

    def hidden_derivatives(self, X):
        """f'(Z[l]) of each hidden layer, (m, n_l)."""
        f_grad = ACTIVATIONS[self.configuration.activation][1]
        _, cache = self.forward(X)
        return [f_grad(cache[f"Z{l}"]) for l in range(1, self.L)]

    def evaluate(self, X, y):
        """Loss and accuracy, without dropout."""
        logits = self.logits(X)
        return self.loss(logits, y), float(np.mean(self.decide(logits) == y))


def run(name, seed=0, progress=True):
    """Train one of the `CONFIGURATIONS`.

    Parameters
    ----------
    name : str
        A key of `CONFIGURATIONS`.
    seed : int
        Draws the texts, the initial weights and the batches.
    progress : bool
        Show a bar once the training has taken two seconds.

    Returns
    -------
    TrainingRun

    Raises
    ------
    KeyError
        If there is no such name; the message lists them.
    """
    if name not in CONFIGURATIONS:
        raise KeyError(f"no training run is called {name!r}: choose from {', '.join(CONFIGURATIONS)}")
    return train_configuration(CONFIGURATIONS[name], seed, name, progress)


def train_configuration(configuration, seed=0, name="own", progress=True):
    """Train with any configuration; the same one and the same seed give the same numbers.

    Parameters
    ----------
    configuration : Configuration
    seed : int
    name : str
        What to call the result.
    progress : bool

    Returns
    -------
    TrainingRun
    """
    c = configuration
    X, y, validation = load_task(seed, c.n_train, c.max_vocab)
    rng = np.random.default_rng(seed)
    y = dealt_out_anew(y, c.label_noise, rng)
    network = Network(c, X.shape[1], rng)
    before = deepcopy(network)
    history = train(network, OPTIMIZERS[c.optimizer](c.lr), X, y, c.epochs, c.batch_size, rng, validation,
                    EarlyStopping(c.patience) if c.patience else None, shuffle=c.shuffle, progress=progress)
    with np.errstate(over="ignore", invalid="ignore"):  # a network that diverged is measured too
        statistics = measure(before, network, history, X, y, validation)
    return TrainingRun(name, seed, c, history, statistics)


def dealt_out_anew(y, share, rng):
    """Labels of which each, with probability `share`, is drawn anew from a pot.

    Parameters
    ----------
    y : ndarray of int, shape (m,)
        Left as it is.
    share : float
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (m,)
        As many labels of each class as before.
    """
    y, pot = y.copy(), rng.random(len(y)) < share
    y[pot] = rng.permutation(y[pot])
    return y


def measure(before, network, history, X, y, validation):
    """The numbers beside the curves.

    Parameters
    ----------
    before, network : Network
        Untrained and trained.
    history : History
    X, y
        The training data, with the labels that the network was given.
    validation : (X, y)

    Returns
    -------
    dict of str to (float or list of float)
        train_loss, train_accuracy, validation_loss, validation_accuracy : at the end, without dropout
        loss_gap           : validation_loss - train_loss
        accuracy_gap       : train_accuracy - validation_accuracy
        validation_rise    : validation loss at the end over its lowest value; 1 if it fell to the end, nan if
                             the training diverged in its first epoch
        initial_loss       : of the training data before the first step; a coin's is log 2 = 0.693
        spike              : the greatest loss of a step over initial_loss
        movement           : |W1 - W1 before| / |W1 before|; of the embeddings, if W1 began with zeros
        position_effect    : the share of the variance of the step losses, in the second half of the epochs,
                             that goes with the step's place in its epoch: near 1 the curve is a saw-tooth
        dead_share_before, dead_share : share of hidden units whose derivative is 0 on every training text,
                             before and after the training
        distinct_units     : how many different units the first layer has, over how many units it has
        gradient_norms     : |dL/dW[l]| for each layer, the first layer first, before the training
        gradient_ratio     : the first of these over the last; nan if the last is 0
    """
    train_loss, train_accuracy = network.evaluate(X, y)
    validation_loss, validation_accuracy = network.evaluate(*validation)
    initial_loss, _ = before.evaluate(X, y)
    logits, cache = before.forward(X)
    dZ = bce_from_logits_grad(logits, y[:, None])
    norms = gradient_norms(before.backward(cache, dZ))
    moved = "W1" if before.params["W1"].any() else "E"
    epochs, nan = len(history.train_loss), float("nan")
    effect = position_effect(history.step_loss, epochs) if epochs else 0.0
    return {
        "train_loss": train_loss,
        "train_accuracy": train_accuracy,
        "validation_loss": validation_loss,
        "validation_accuracy": validation_accuracy,
        "loss_gap": validation_loss - train_loss,
        "accuracy_gap": train_accuracy - validation_accuracy,
        "validation_rise": validation_rise(history.validation_loss) if epochs else nan,
        "initial_loss": initial_loss,
        "spike": max(history.step_loss) / initial_loss,
        "movement": movement(before.params[moved], network.params[moved]),
        "position_effect": effect,
        "dead_share_before": dead_share(before.hidden_derivatives(X)),
        "dead_share": dead_share(network.hidden_derivatives(X)),
        "distinct_units": distinct_units(network.params["W1"]),
        "gradient_norms": norms,
        "gradient_ratio": norms[0] / norms[-1] if norms[-1] else nan,
    }


@lru_cache(maxsize=3)  # 32 MB each
def load_task(seed, n_train=MAX_TRAIN, max_vocab=None):
    """`make_task` for generated reviews.

    Parameters
    ----------
    seed : int
        Of the generated texts. A smaller n_train gives a part of the same texts.
    n_train : int
    max_vocab : int or None

    Returns
    -------
    X, y, validation
        As `make_task`; N_VALIDATION texts in validation.
    """
    return make_task(*tokenized_corpus(seed), n_train, max_vocab)


@lru_cache(maxsize=8)
def tokenized_corpus(seed):
    """Generated reviews of a seed: training texts as lists of words, their labels, validation texts, their labels."""
    corpus = load_imdb(train_size=MAX_TRAIN, test_size=N_VALIDATION, seed=seed)
    return (tokenize_all(corpus.train_texts), corpus.train_labels,
            tokenize_all(corpus.test_texts), corpus.test_labels)


def make_task(texts, labels, validation_texts, validation_labels, n_train=MAX_TRAIN,
              max_vocab=None):
    """The task: averaged one-hot vectors of texts, and the labels.

    Parameters
    ----------
    texts, validation_texts : list of list of str
        The words of each text.
    labels, validation_labels : ndarray of int64
        0 or 1, for each text.
    n_train : int
        Half of each class.
    max_vocab : int or None

    Returns
    -------
    X : ndarray, shape (n_train, V)
        Rows sum to 1. The vocabulary holds what occurs at least twice in the n_train
        texts.
    y : ndarray of int64, shape (n_train,)
        Sorted: all negative texts come first.
    validation : (ndarray, ndarray)
        The same of the validation texts.
    """
    # the first of each class, class by class
    chosen = np.concatenate([np.flatnonzero(labels == k)[: (n_train + 1 - k) // 2]
                             for k in (0, 1)])
    chosen_texts = [texts[i] for i in chosen]
    counts = Counter(word for words in chosen_texts for word in words)
    frequent = sorted((word for word in counts if counts[word] >= 2),
                      key=lambda word: (-counts[word], word))
    kept = frequent if max_vocab is None else frequent[: max_vocab - 2]
    columns = {word: column for column, word in enumerate(kept, start=2)}

    def averages(texts):
        # column 0 is for padding, of which there is none, 1 for unknown
        X = np.zeros((len(texts), len(columns) + 2))
        for row, words in zip(X, texts, strict=True):
            np.add.at(row,
                      np.array([columns.get(word, 1) for word in words], dtype=int),
                      1.0 / max(1, len(words)))
        return X

    validation = averages(validation_texts), validation_labels
    return averages(chosen_texts), labels[chosen], validation


def main(seed=0):
    """Print how each run ends, and the statistic that gives it away beside the good run's."""
    runs = {name: run(name, seed) for name in CONFIGURATIONS}
    good, rows = runs["good_fit"].statistics, []
    for name, done in runs.items():
        s = done.statistics
        symptom, _ = SYMPTOMS.get(name, ("", ""))
        shown = [f"{s[symptom]:.2g}", f"{good[symptom]:.2g}"] if symptom else ["", ""]
        rows.append([name, s["train_loss"], s["validation_loss"], s["validation_accuracy"], symptom, *shown])
    header = ["run", "train loss", "validation loss", "accuracy", "symptom", "here", "good run"]
    print(format_table(header, rows))


if __name__ == "__main__":
    main()
