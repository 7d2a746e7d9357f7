"""Exercise 3 from end to end: a study that compares optimizers on one text classifier, and can be repeated.

What makes it a study: every optimizer gets the same network, the same starts, the same batches, and a sweep over its
learning rate; every run is repeated with several seeds; speed is the number of steps to a target that was set before.
Left out: schedules, early stopping, wall-clock time (a step of Adam costs more than one of SGD, here by little).
"""

import re
from collections import Counter

import numpy as np

from reference.initialization import init_params
from reference.losses import bce_from_logits, bce_from_logits_grad
from reference.update_rules import adam_update, adamw_update, momentum_update, sgd_update

RULES = {  # name -> the update rule, and its settings besides the learning rate
    "sgd": (sgd_update, {}),
    "momentum": (momentum_update, {"beta": 0.9}),
    "adam": (adam_update, {"beta1": 0.9, "beta2": 0.999}),
    "adamw": (adamw_update, {"beta1": 0.9, "beta2": 0.999, "weight_decay": 0.3}),
}


def optimizer_step(rule, params, grads, states, **settings):
    """One step: apply a rule to every parameter, each with a state of its own.

    Parameters
    ----------
    rule : callable
        An update rule, such as `adam_update`.
    params : dict of ndarray
        Changed in place.
    grads : dict of ndarray
        The same keys and shapes as params; left as they are.
    states : dict of dict
        Empty before the first step; afterwards the state of each parameter, under the
        parameter's name.
    **settings
        Passed on to the rule, such as lr=0.1.
    """
    ### BEGIN SOLUTION
    for name in params:
        rule(params[name], grads[name], states.setdefault(name, {}), **settings)
    ### END SOLUTION


class Optimizer:
    """A rule, its settings, its memory: Optimizer(adam_update, lr=0.01)."""

    def __init__(self, rule, **settings):
        self.rule, self.settings, self.states = rule, settings, {}

    def step(self, params, grads):
        """Change every parameter in place."""
        optimizer_step(self.rule, params, grads, self.states, **self.settings)


def frequent_words(texts, size, skip):
    """The `size` most frequent words of the texts, after the `skip` most frequent."""
    counts = Counter(word for text in texts
                     for word in re.findall(r"[a-z']+", text.lower()))
    return [word for word, _ in counts.most_common(size + skip)][skip:]


def mean_one_hot(texts, words):
    """Each text as the mean of its known words' one-hot vectors, shape (m, V)."""
    column = {word: j for j, word in enumerate(words)}
    X = np.zeros((len(texts), len(words)))
    for row, text in zip(X, texts):
        found = [column[word] for word in re.findall(r"[a-z']+", text.lower())
                 if word in column]
        if found:
            np.add.at(row, found, 1 / len(found))
    return X


def init_classifier(n_words, rng, embed_dim=16, hidden=16):
    """The classifier's parameters: embeddings "E" (V, d), and two dense layers."""
    E = 0.5 * rng.standard_normal((n_words, embed_dim))
    return {"E": E, **init_params([embed_dim, hidden, 1], rng)}


def logits(params, X):
    """Mean embedding, ReLU layer, linear output: logits (m, 1), and a cache."""
    # (m, V) (V, d): the mean of the embeddings of each text's words
    pooled = X @ params["E"]
    Z1 = pooled @ params["W1"].T + params["b1"]
    A1 = np.maximum(Z1, 0)
    return A1 @ params["W2"].T + params["b2"], (pooled, Z1, A1)


def loss_and_grads(params, X, y):
    """Mean binary cross-entropy of a batch, and its gradient for every parameter."""
    # a training run that diverges overflows; `train` looks at the loss
    with np.errstate(all="ignore"):
        z, (pooled, Z1, A1) = logits(params, X)
        dZ2 = bce_from_logits_grad(z, y)
        dZ1 = (dZ2 @ params["W2"]) * (Z1 > 0)
        grads = {"W2": dZ2.T @ A1, "b2": dZ2.sum(axis=0), "W1": dZ1.T @ pooled,
                 "b1": dZ1.sum(axis=0)}
        grads["E"] = X.T @ (dZ1 @ params["W1"])
        return bce_from_logits(z, y), grads


def evaluate(params, X, y):
    """Loss and accuracy on a whole data set."""
    with np.errstate(all="ignore"):
        z, _ = logits(params, X)
        return bce_from_logits(z, y), float(np.mean((z >= 0) == y))


def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    """Train the classifier with one optimizer, and note how it goes.

    The start and the batches depend on the seed and on nothing else: with a generator
    made from the seed, first draw the start (`init_classifier`), then at every step a
    batch of different examples.

    Parameters
    ----------
    name : str
        A key of RULES.
    lr : float
    problem : dict
        "train" and "validation", each a pair (X, y) of shapes (m, V) and (m, 1).
    steps : int
    seed : int
    batch_size : int
    every : int
        Validation is measured before the first step, and after every so many steps.

    Returns
    -------
    dict of list of float
        "train_loss": the loss of each step's batch, before the step; "validation_loss"
        and "validation_accuracy": one entry for each measurement. A validation loss
        that is not finite ends the training, and is the last entry.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    rule, settings = RULES[name]
    optimizer = Optimizer(rule, lr=lr, **settings)
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    for step in range(steps + 1):
        if step % every == 0:
            loss, accuracy = evaluate(params, *problem["validation"])
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
            if not np.isfinite(loss):
                break
        if step < steps:
            batch = rng.choice(len(y), batch_size, replace=False)
            loss, grads = loss_and_grads(params, X[batch], y[batch])
            history["train_loss"].append(loss)
            optimizer.step(params, grads)
    return history
    ### END SOLUTION


def steps_to_target(losses, target, every=10):
    """The number of steps after which a curve is at its target for the first time.

    Parameters
    ----------
    losses : list of float
        Measured before the first step, after `every` steps, after 2 `every` steps, and
        so on; NaN is not there.
    target : float
        At or below it is there.
    every : int

    Returns
    -------
    float
        Infinity if it never is.
    """
    ### BEGIN SOLUTION
    for k, loss in enumerate(losses):
        if loss <= target:
            return float(k * every)
    return float("inf")
    ### END SOLUTION


def sweep(rates, problem, steps, seeds):
    """Train with every optimizer, every learning rate and every seed.

    Parameters
    ----------
    rates : dict of list of float
        The learning rates to try, for each name of an optimizer.
    problem, steps
        As in `train`.
    seeds : list of int
        The same for every optimizer and rate, so that all of them get the same starts
        and batches.

    Returns
    -------
    dict of dict of list
        results[name][lr] holds one history (see `train`) for each seed, in order.
    """
    ### BEGIN SOLUTION
    return {
        name: {lr: [train(name, lr, problem, steps, seed) for seed in seeds] for lr in rates[name]} for name in rates
    }
    ### END SOLUTION


def compare(results, target, every=10):
    """The table of the study: each optimizer at its best learning rate.

    All figures are medians over the seeds. The best learning rate is the one that takes
    the fewest steps to the target and, among equals, ends with the lowest validation
    loss.

    Parameters
    ----------
    results : dict of dict of list
        As `sweep` returned it.
    target : float
        Validation loss to reach.
    every : int
        Steps between two measurements.

    Returns
    -------
    dict of dict of float
        For each name: "lr", "steps_to_target", "final_loss" and "final_accuracy", the
        last two from the end of the training. A final loss that is not finite counts as
        infinite.
    """
    ### BEGIN SOLUTION
    table = {}
    for name, runs_of in results.items():
        rows = []
        for lr, runs in runs_of.items():
            steps = [steps_to_target(run["validation_loss"], target, every) for run in runs]
            ends = [run["validation_loss"][-1] for run in runs]
            rows.append({
                "lr": lr,
                "steps_to_target": float(np.median(steps)),
                "final_loss": float(np.median([end if np.isfinite(end) else np.inf for end in ends])),
                "final_accuracy": float(np.median([run["validation_accuracy"][-1] for run in runs])),
            })
        table[name] = min(rows, key=lambda row: (row["steps_to_target"], row["final_loss"]))
    return table
    ### END SOLUTION
