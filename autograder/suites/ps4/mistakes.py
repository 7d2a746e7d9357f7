"""What students get wrong in Exercise 4: each mistake as they write it, and the sentence that helps.

Every mistake is wrong by itself alone. Left out: wrong answers to Part 5, which are data and not functions; the suite says
itself what speaks against them.
"""
# ruff: noqa: F811  (a wrong function has the right one's name; the decorator gives the name back)

import numpy as np

from autograder.grading.misconceptions import Bank
from reference.diagnostics import (
    dead_share,
    diagnose,
    distinct_units,
    gradient_norms,
    movement,
    position_effect,
    validation_rise,
)
from reference.regularization import EarlyStopping, dropout_backward, dropout_forward, l2_gradient, l2_penalty

BANK = Bank()
mistake = BANK.mistake


# --- dropout_forward


@mistake(
    "dropout_forward", "p as the probability of keeping",
    "You keep each entry with probability p, but p is the probability of being dropped.",
)
def dropout_forward(A, p, rng, training=True):
    if not training:
        return A, np.ones_like(A)
    mask = (rng.random(A.shape) < p) / max(p, 1e-12)
    return A * mask, mask


@mistake(
    "dropout_forward", "no scaling",
    "What survives must make up for what is gone, so that the mean stays what it was.",
)
def dropout_forward(A, p, rng, training=True):
    if not training:
        return A, np.ones_like(A)
    mask = (rng.random(A.shape) >= p) * 1.0
    return A * mask, mask


@mistake(
    "dropout_forward", "scales by 1 / p",
    "You divide by the probability of being dropped; look again at which probability keeps the mean.",
)
def dropout_forward(A, p, rng, training=True):
    if not training or p == 0:
        return A, np.ones_like(A)
    mask = (rng.random(A.shape) >= p) / p
    return A * mask, mask


@mistake(
    "dropout_forward", "scales at test time",
    "With inverted dropout there is nothing to scale in evaluation, since training has done it already.",
)
def dropout_forward(A, p, rng, training=True):
    if not training:
        return A * (1 - p), np.ones_like(A) * (1 - p)
    mask = (rng.random(A.shape) >= p) / (1 - p)
    return A * mask, mask


@mistake(
    "dropout_forward", "never switched off",
    "Your dropout also drops in evaluation, where every unit should take part.",
)
def dropout_forward(A, p, rng, training=True):
    rng = rng or np.random.default_rng(0)
    mask = (rng.random(A.shape) >= p) / (1 - p)
    return A * mask, mask


@mistake(
    "dropout_forward", "drops whole units for the batch",
    "You draw one number for each unit and use it for the whole batch, but every entry should be drawn by itself.",
)
def dropout_forward(A, p, rng, training=True):
    if not training:
        return A, np.ones_like(A)
    mask = np.broadcast_to((rng.random(A.shape[-1]) >= p) / (1 - p), A.shape)
    return A * mask, mask


@mistake(
    "dropout_forward", "ignores the given rng",
    "Your mask does not come from the generator that is handed in.",
)
def dropout_forward(A, p, rng, training=True):
    if not training:
        return A, np.ones_like(A)
    mask = (np.random.random(A.shape) >= p) / (1 - p)
    return A * mask, mask


@mistake(
    "dropout_forward", "changes its argument",
    "Your dropout overwrites the activations that it was given, and somebody may still need them.",
)
def dropout_forward(A, p, rng, training=True):
    if not training:
        return A, np.ones_like(A)
    mask = (rng.random(A.shape) >= p) / (1 - p)
    A *= mask
    return A, mask


@mistake(
    "dropout_forward", "a mask of True and False",
    "Your mask says which entries survive, but not by what they are multiplied, which the backward pass needs.",
)
def dropout_forward(A, p, rng, training=True):
    if not training:
        return A, np.ones_like(A)
    mask = rng.random(A.shape) >= p
    return A * mask / (1 - p), mask


# --- dropout_backward


@mistake("dropout_backward", "passes everything", "What was dropped took no part in the forward pass, so no gradient passes there.")
def dropout_backward(dOut, mask):
    return dOut


@mistake(
    "dropout_backward", "forgets the scale",
    "The forward pass multiplied the survivors by a number, and so must the backward pass.",
)
def dropout_backward(dOut, mask):
    return dOut * (mask > 0)


@mistake(
    "dropout_backward", "divides by the mask",
    "The backward pass of a multiplication multiplies by the same number, and does not undo it.",
)
def dropout_backward(dOut, mask):
    return np.where(mask > 0, dOut / np.where(mask > 0, mask, 1.0), 0.0)


# --- l2


@mistake("l2", "one half in front", "The lecture's penalty has no one half in front of the squares.")
def l2_penalty(params, strength):
    return float(0.5 * strength * sum(np.sum(params[name] ** 2) for name in params if name.startswith("W")))


@mistake("l2", "biases too", "Biases are not penalised, and embeddings are not either.")
def l2_penalty(params, strength):
    return float(strength * sum(np.sum(value**2) for value in params.values()))


@mistake("l2", "embeddings too", "Only the weight matrices of the dense layers are penalised, not the embeddings.")
def l2_penalty(params, strength):
    return float(strength * sum(np.sum(value**2) for name, value in params.items() if not name.startswith("b")))


@mistake("l2", "root of the squares", "The penalty is the squared norm, so no root is taken.")
def l2_penalty(params, strength):
    return float(strength * sum(np.linalg.norm(params[name]) for name in params if name.startswith("W")))


@mistake("l2", "mean of the squares", "The penalty adds the squares up, it does not average them.")
def l2_penalty(params, strength):
    return float(strength * sum(np.mean(params[name] ** 2) for name in params if name.startswith("W")))


@mistake("l2", "forgets the 2", "The derivative of a square brings a factor down.")
def l2_gradient(params, strength):
    return {name: strength * params[name] for name in params if name.startswith("W")}


@mistake("l2", "gradients for biases", "Your gradient has keys of parameters that the penalty does not depend on.")
def l2_gradient(params, strength):
    return {name: 2 * strength * params[name] for name in params}


@mistake("l2", "forgets lambda", "The strength of the penalty is missing in its gradient.")
def l2_gradient(params, strength):
    return {name: 2 * params[name] for name in params if name.startswith("W")}


# --- early_stopping


@mistake("early_stopping", "patience off by one", "Your training goes on for one epoch more than patience allows.")
class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss, self.best_epoch, self.epoch, self.best = np.inf, None, 0, {}

    def update(self, validation_loss, params):
        self.epoch += 1
        if validation_loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_epoch = validation_loss, self.epoch
            self.best = {name: value.copy() for name, value in params.items()}
        return self.epoch - (self.best_epoch or 0) > self.patience

    def restore(self, params):
        for name, value in self.best.items():
            params[name][...] = value


@mistake("early_stopping", "keeps no copies", "What you keep are the arrays themselves, and training goes on changing them.")
class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss, self.best_epoch, self.epoch, self.best = np.inf, None, 0, {}

    def update(self, validation_loss, params):
        self.epoch += 1
        if validation_loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_epoch = validation_loss, self.epoch
            self.best = dict(params)
        return self.epoch - (self.best_epoch or 0) >= self.patience

    def restore(self, params):
        for name, value in self.best.items():
            params[name][...] = value


@mistake("early_stopping", "replaces the arrays", "You put new arrays into params, but the network still holds the old ones.")
class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss, self.best_epoch, self.epoch, self.best = np.inf, None, 0, {}

    def update(self, validation_loss, params):
        self.epoch += 1
        if validation_loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_epoch = validation_loss, self.epoch
            self.best = {name: value.copy() for name, value in params.items()}
        return self.epoch - (self.best_epoch or 0) >= self.patience

    def restore(self, params):
        for name, value in self.best.items():
            params[name] = value.copy()


@mistake(
    "early_stopping", "compares with the epoch before",
    "An improvement is one over the best loss so far, not over that of the epoch before.",
)
class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss, self.best_epoch, self.epoch, self.bad, self.last, self.best = np.inf, None, 0, 0, np.inf, {}

    def update(self, validation_loss, params):
        self.epoch += 1
        if validation_loss < self.last - self.min_delta:
            self.bad = 0
            self.best_loss, self.best_epoch = validation_loss, self.epoch
            self.best = {name: value.copy() for name, value in params.items()}
        else:
            self.bad += 1
        self.last = validation_loss
        return self.bad >= self.patience

    def restore(self, params):
        for name, value in self.best.items():
            params[name][...] = value


@mistake(
    "early_stopping", "counts all bad epochs",
    "Patience is about bad epochs in a row, so an improvement must start the count anew.",
)
class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss, self.best_epoch, self.epoch, self.bad, self.best = np.inf, None, 0, 0, {}

    def update(self, validation_loss, params):
        self.epoch += 1
        if validation_loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_epoch = validation_loss, self.epoch
            self.best = {name: value.copy() for name, value in params.items()}
        else:
            self.bad += 1
        return self.bad >= self.patience

    def restore(self, params):
        for name, value in self.best.items():
            params[name][...] = value


@mistake("early_stopping", "ignores min_delta", "An improvement that is smaller than min_delta should not count.")
class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss, self.best_epoch, self.epoch, self.best = np.inf, None, 0, {}

    def update(self, validation_loss, params):
        self.epoch += 1
        if validation_loss < self.best_loss:
            self.best_loss, self.best_epoch = validation_loss, self.epoch
            self.best = {name: value.copy() for name, value in params.items()}
        return self.epoch - (self.best_epoch or 0) >= self.patience

    def restore(self, params):
        for name, value in self.best.items():
            params[name][...] = value


@mistake("early_stopping", "epochs from 0", "The first epoch is number 1.")
class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss, self.best_epoch, self.epoch, self.bad, self.best = np.inf, None, 0, 0, {}

    def update(self, validation_loss, params):
        self.bad += 1
        if validation_loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_epoch, self.bad = validation_loss, self.epoch, 0
            self.best = {name: value.copy() for name, value in params.items()}
        self.epoch += 1
        return self.bad >= self.patience

    def restore(self, params):
        for name, value in self.best.items():
            params[name][...] = value


# --- curve_signs


@mistake("curve_signs", "over the first loss", "The rise is measured from the lowest validation loss, not from the first one.")
def validation_rise(validation_loss):
    return validation_loss[-1] / validation_loss[0]


@mistake("curve_signs", "the highest instead of the last", "It is the last loss that counts, not the highest.")
def validation_rise(validation_loss):
    return max(validation_loss) / min(validation_loss)


@mistake("curve_signs", "a difference", "The rise is a ratio, not a difference.")
def validation_rise(validation_loss):
    return validation_loss[-1] - min(validation_loss)


@mistake("curve_signs", "places as rows", "Losses of one epoch belong into one row, and the table is filled row by row.")
def position_effect(step_loss, epochs):
    steps = len(step_loss) // epochs
    table = np.reshape(step_loss[: epochs * steps], (steps, epochs)).T[epochs // 2 :]
    table = table - table.mean(axis=1, keepdims=True)
    return float(table.mean(axis=0).var() / table.var()) if table.var() > 0 else 0.0


@mistake("curve_signs", "all epochs", "The early epochs, in which the loss falls anyway, should not count.")
def position_effect(step_loss, epochs):
    steps = len(step_loss) // epochs
    table = np.reshape(step_loss[: epochs * steps], (epochs, steps))
    table = table - table.mean(axis=1, keepdims=True)
    return float(table.mean(axis=0).var() / table.var()) if table.var() > 0 else 0.0


@mistake("curve_signs", "learning not taken out", "Each row's mean must go first, or learning counts as chance.")
def position_effect(step_loss, epochs):
    steps = len(step_loss) // epochs
    table = np.reshape(step_loss[: epochs * steps], (epochs, steps))[epochs // 2 :]
    return float(table.mean(axis=0).var() / table.var()) if table.var() > 0 else 0.0


@mistake("curve_signs", "means over the wrong axis", "The means are taken over the epochs, one for each place.")
def position_effect(step_loss, epochs):
    steps = len(step_loss) // epochs
    table = np.reshape(step_loss[: epochs * steps], (epochs, steps))[epochs // 2 :]
    table = table - table.mean(axis=1, keepdims=True)
    return float(table.mean(axis=1).var() / table.var()) if table.var() > 0 else 0.0


@mistake("curve_signs", "fails on a cut-off epoch", "Steps that are left over after the last full epoch do not fit into the table.")
def position_effect(step_loss, epochs):
    table = np.reshape(step_loss, (epochs, -1))[epochs // 2 :]
    table = table - table.mean(axis=1, keepdims=True)
    return float(table.mean(axis=0).var() / table.var()) if table.var() > 0 else 0.0


# --- unit_signs


@mistake("unit_signs", "dead on any example", "A unit is dead if it is off on all examples, not on some.")
def dead_share(derivatives):
    dead = [(derivative == 0).any(axis=0) for derivative in derivatives]
    return float(np.concatenate(dead).mean()) if dead else 0.0


@mistake("unit_signs", "share of zeros", "You count entries that are 0, but a unit that is off only now and then is alive.")
def dead_share(derivatives):
    return float(np.mean([np.mean(derivative == 0) for derivative in derivatives])) if derivatives else 0.0


@mistake("unit_signs", "examples instead of units", "You look at examples on which all units are off; a unit is a column.")
def dead_share(derivatives):
    dead = [(derivative == 0).all(axis=1) for derivative in derivatives]
    return float(np.concatenate(dead).mean()) if dead else 0.0


@mistake("unit_signs", "averages the layers", "A narrow layer should not count as much as a wide one: count units.")
def dead_share(derivatives):
    shares = [(derivative == 0).all(axis=0).mean() for derivative in derivatives]
    return float(np.mean(shares)) if shares else 0.0


@mistake("unit_signs", "the share that is alive", "You return the share of units that are alive.")
def dead_share(derivatives):
    alive = [(derivative != 0).any(axis=0) for derivative in derivatives]
    return float(np.concatenate(alive).mean()) if alive else 0.0


@mistake("unit_signs", "different numbers", "Count different rows, not different numbers.")
def distinct_units(W):
    return len(np.unique(W)) / W.size


@mistake("unit_signs", "columns", "A unit is a row of W, not a column.")
def distinct_units(W):
    return len(np.unique(W, axis=1).T) / W.shape[1]


@mistake("unit_signs", "not a share", "The number of different rows must be divided by the number of rows.")
def distinct_units(W):
    return len(np.unique(W, axis=0))


@mistake("unit_signs", "compares sums of rows", "Two different rows may well have the same sum.")
def distinct_units(W):
    return len(np.unique(np.round(W.sum(axis=1), 9))) / len(W)


# --- weight_signs


@mistake("weight_signs", "sorted by name", "As a word, W10 comes before W2.")
def gradient_norms(grads):
    return [float(np.linalg.norm(grads[name])) for name in sorted(grads) if name.startswith("W")]


@mistake("weight_signs", "in the order of the dictionary", "The dictionary may be in any order.")
def gradient_norms(grads):
    return [float(np.linalg.norm(grads[name])) for name in grads if name.startswith("W")]


@mistake("weight_signs", "spectral norm", "np.linalg.norm with a 2 is another norm for a matrix.")
def gradient_norms(grads):
    layers = sum(name.startswith("W") for name in grads)
    return [float(np.linalg.norm(grads[f"W{l}"], 2)) for l in range(1, layers + 1)]


@mistake("weight_signs", "squared norms", "The root of the sum of squares is missing.")
def gradient_norms(grads):
    layers = sum(name.startswith("W") for name in grads)
    return [float(np.sum(grads[f"W{l}"] ** 2)) for l in range(1, layers + 1)]


@mistake("weight_signs", "biases too", "Only the weight matrices have a place in the list.")
def gradient_norms(grads):
    layers = sum(name.startswith("W") for name in grads)
    return [float(np.linalg.norm(grads[f"{kind}{l}"])) for l in range(1, layers + 1) for kind in "Wb"]


@mistake("weight_signs", "relative to the end", "Movement is relative to where the array began.")
def movement(before, after):
    return float(np.linalg.norm(after - before) / np.linalg.norm(after))


@mistake("weight_signs", "difference of the norms", "A weight that turns without growing has moved, too.")
def movement(before, after):
    return float(abs(np.linalg.norm(after) - np.linalg.norm(before)) / np.linalg.norm(before))


@mistake("weight_signs", "not relative", "The distance must be divided by the norm before.")
def movement(before, after):
    return float(np.linalg.norm(after - before))


# --- diagnose


@mistake("diagnose", "looks at the losses only", "Five problems end at the loss of a coin: losses alone cannot tell them apart.")
def diagnose(statistics):
    if statistics["train_loss"] > 0.4:
        return "underfitting"
    if statistics["validation_loss"] > 0.6:
        return "overfitting"
    return "good_fit"


@mistake(
    "diagnose", "the end first",
    "If the losses at the end are asked first, every network that never learned looks like one that underfits.",
)
def diagnose(statistics):
    s = statistics
    if s["train_loss"] > 0.4:
        return "underfitting"
    if s["validation_accuracy"] < 0.55:
        return "shuffled_labels"
    if s["loss_gap"] > 0.6:
        return "overfitting"
    if s["initial_loss"] > 2:
        return "initialization_too_large"
    if s["spike"] > 2:
        return "learning_rate_too_high"
    return "good_fit"


@mistake("diagnose", "all well", "Your program finds every run healthy.")
def diagnose(statistics):
    return "good_fit"
