"""Exercise 4's laboratory: a training run that notes everything, the draw of a student's runs, changes and whether they help.

The loop does what `pathologies.train_configuration` does, with the same numbers, in a form that fits a notebook. A run
is plain data, so that a run from a file and a run of one's own are the same kind of thing.
"""

import hashlib
from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from reference.batches import minibatches
from reference.pathologies import Network, dealt_out_anew, make_task, measure
from reference.regularization import EarlyStopping


def watch(stopping, losses):
    """Tell an EarlyStopping of these losses; the parameters are the epoch's number.

    Parameters
    ----------
    stopping : EarlyStopping
    losses : list of float
        One for each epoch.

    Returns
    -------
    answers : list of bool
        What `update` said after each epoch, up to the first True.
    weights : list of float
        W1 and b1 after `restore`: the epoch whose parameters were written back.
    """
    W1, b1 = np.zeros((1, 1)), np.zeros(1)
    params, answers = {"W1": W1, "b1": b1}, []
    for epoch, loss in enumerate(losses, start=1):
        W1[...] = b1[...] = epoch
        answers.append(stopping.update(loss, params))
        if answers[-1]:
            break
    stopping.restore(params)
    return answers, [float(W1[0, 0]), float(b1[0])]


def optimizer_step(params, grads, memory, optimizer, lr):
    """One step of SGD, momentum or Adam, in place; `memory` begins empty."""
    t = memory["t"] = memory.get("t", 0) + 1
    for name, g in grads.items():
        if optimizer != "sgd":
            m = memory[name, "m"] = 0.9 * memory.get((name, "m"), 0.0) + 0.1 * g
        if optimizer == "adam":
            v = memory[name, "v"] = 0.999 * memory.get((name, "v"), 0.0) + 0.001 * g**2
            params[name] -= (
                lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            )
        else:
            params[name] -= lr * (g if optimizer == "sgd" else m)


def train_run(configuration, corpus, seed=0):
    """Train from scratch and note everything; the arguments decide every number.

    Parameters
    ----------
    configuration : Configuration
    corpus : tuple
        Training texts as lists of words, their labels, validation texts, their labels.
    seed : int
        Of the initial weights, the batches and the dropout.

    Returns
    -------
    dict
        "train_loss", "validation_loss", "validation_accuracy": lists, one number for
        each epoch; "step_loss": list, one number for each step; "statistics": dict, see
        `measure`; "facts": dict.
    """
    c = configuration
    X, y, validation = make_task(*corpus, c.n_train, c.max_vocab)
    rng = np.random.default_rng(seed)
    y = dealt_out_anew(y, c.label_noise, rng)
    network, memory = Network(c, X.shape[1], rng), {}
    before = deepcopy(network)
    history = SimpleNamespace(train_loss=[], validation_loss=[], validation_accuracy=[],
                              step_loss=[])
    stopping = EarlyStopping(c.patience) if c.patience else None
    with np.errstate(all="ignore"):  # what diverges overflows; the loss shows it
        for _ in range(c.epochs):
            losses = []
            in_order = np.split(np.arange(len(y)),
                                range(c.batch_size, len(y), c.batch_size))
            order = minibatches(len(y), c.batch_size, rng) if c.shuffle else in_order
            for batch in order:
                loss, grads, _ = network.loss_and_grads(X[batch], y[batch], rng)
                history.step_loss.append(loss)
                losses.append(loss * len(batch) / len(y))
                if np.isfinite(loss):
                    optimizer_step(network.params, grads, memory, c.optimizer, c.lr)
            loss, accuracy = network.evaluate(*validation)
            if not np.isfinite([*losses, loss]).all():
                break
            history.train_loss.append(sum(losses))
            history.validation_loss.append(loss)
            history.validation_accuracy.append(accuracy)
            if stopping and stopping.update(loss, network.params):
                break
        if stopping:
            stopping.restore(network.params)
        statistics = measure(before, network, history, X, y, validation)
    facts = {"texts": len(y), "words": X.shape[1], "epochs": len(history.train_loss),
             "steps": len(history.step_loss)}
    return {**vars(history), "statistics": statistics, "facts": facts}


def draw_runs(student_id, decks):
    """The eight runs of a student: which, and in which order, the id decides.

    Parameters
    ----------
    student_id : str
        Capitals and spaces around it do not matter.
    decks : list of list
        Each deck holds one run of every kind.

    Returns
    -------
    dict
        "A" to "H" -> run.
    """

    def digest(what):
        return hashlib.sha256(
            f"{student_id.strip().casefold()}/{what}".encode()).hexdigest()

    deck = decks[int(digest("deck"), 16) % len(decks)]
    places = sorted(range(len(deck)), key=digest)
    return {letter: deck[place] for letter, place in zip("ABCDEFGH", places)}


def with_changes(configuration, changes, at_most=None):
    """A configuration with some fields changed, if its training can be afforded.

    Parameters
    ----------
    configuration : Configuration
    changes : dict
        Field -> new value.
    at_most : int, optional
        So many fields may change.

    Returns
    -------
    Configuration

    Raises
    ------
    ValueError
        Saying what is wrong with the changes.
    """
    limits = {  # the least and the greatest value
        "n_train": (20, 2000), "max_vocab": (10, 2000), "label_noise": (0, 1),
        "embed_dim": (1, 32), "init_scale": (0, 100), "init_bias": (-100, 100),
        "dropout": (0, 0.99), "l2": (0, 10), "lr": (0, 100),
        "batch_size": (8, 512), "epochs": (1, 60), "patience": (0, 60),
    }
    if not isinstance(changes, dict):
        raise ValueError("changes are a dict such as {'epochs': 5}, not "
                         f"{changes!r:.60}")
    if at_most is not None and len(changes) > at_most:
        raise ValueError(f"at most {at_most} fields may change, not {len(changes)}")
    new = {}
    for field, value in changes.items():
        if field not in vars(configuration):
            raise ValueError(f"a configuration has no field {field!r:.40}")
        old = getattr(configuration, field)
        low, high = limits.get(field, (0, 1))
        try:
            if field == "hidden":
                new[field] = tuple(int(width) for width in value)
                right = len(value) <= 12 and all(
                    1 <= width <= 32 for width in new[field]
                )
            else:
                new[field] = type(old)(value)
                right = isinstance(old, str) or (
                    new[field] == value and low <= value <= high
                )
        except (TypeError, ValueError, OverflowError):
            right = False
        if not right or isinstance(value, str) != isinstance(old, str):
            allowed = (
                "at most 12 widths from 1 to 32"
                if field == "hidden"
                else f"from {low} to {high}"
            )
            allowed = "" if isinstance(old, (str, bool)) else f", {allowed}"
            raise ValueError(f"{field} is something like {old!r}{allowed}; it cannot "
                             f"be {value!r:.40}")
    changed = replace(configuration, **new)
    steps = changed.epochs * -(-changed.n_train // changed.batch_size)
    work = steps * (changed.embed_dim + 4 * len(changed.hidden))
    if work > 24_000:
        raise ValueError(f"this would take too long: {steps} steps x (embed_dim + 4 "
                         f"for each hidden layer) = {work:,}, at most 24,000. Take "
                         "fewer epochs, or larger batches")
    return changed


def helped(before, after):
    """Whether a run goes better than before: it has learned more, or overfits less.

    Parameters
    ----------
    before, after : dict
        The statistics of two runs.

    Returns
    -------
    bool
        True if the validation accuracy is at least 0.70, and 0.05 higher than before;
        or if the validation loss at the end is at least 15 % lower, while the accuracy
        is at least 0.58, out of a coin's reach.
    """
    accuracy = after["validation_accuracy"]
    learned_more = accuracy >= max(0.70, before["validation_accuracy"] + 0.05)
    overfits_less = (
        accuracy >= 0.58
        and after["validation_loss"] <= 0.85 * before["validation_loss"]
    )
    return bool(learned_more or overfits_less)
