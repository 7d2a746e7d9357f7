"""What students get wrong in Exercise 4: each mistake as a change to the reference, and the sentence that helps.

Every mistake is wrong by itself alone. Left out: wrong answers to Part 5, which are data and not functions; the suite says
itself what speaks against them.
"""
# ruff: noqa: F811  (a wrong function that is written out has the right one's name; the decorator gives the name back)

import numpy as np

from autograder.testing import Mistakes
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

BANK = Mistakes()
mistake = BANK.mistake


# --- dropout_forward

mistake("dropout_forward", "p as the probability of keeping",
        "You keep each entry with probability p, but p is the probability of being dropped.",
        dropout_forward, {"(rng.random(A.shape) >= p) / (1 - p)": "(rng.random(A.shape) < p) / max(p, 1e-12)"})
mistake("dropout_forward", "no scaling",
        "What survives must make up for what is gone, so that the mean stays what it was.",
        dropout_forward, {"/ (1 - p)": "* 1.0"})
mistake("dropout_forward", "scales by 1 / p",
        "You divide by the probability of being dropped; look again at which probability keeps the mean.",
        dropout_forward, {"not training": "not training or p == 0", "/ (1 - p)": "/ p"})
mistake("dropout_forward", "scales at test time",
        "With inverted dropout there is nothing to scale in evaluation, since training has done it already.",
        dropout_forward, {"return A, np.ones_like(A)": "return A * (1 - p), np.ones_like(A) * (1 - p)"})
mistake("dropout_forward", "never switched off",
        "Your dropout also drops in evaluation, where every unit should take part.",
        dropout_forward, {"if not training:": "if rng is None:", "return A, np.ones_like(A)": "rng = np.random.default_rng(0)"})
mistake("dropout_forward", "never switched on",
        "Your dropout drops nothing in training, and it is in training unless told otherwise: look at the condition.",
        dropout_forward, {"if not training:": "if True:"})
mistake("dropout_forward", "drops whole units for the batch",
        "You draw one number for each unit and use it for the whole batch, but every entry should be drawn by itself.",
        dropout_forward, {"rng.random(A.shape)": "np.broadcast_to(rng.random(A.shape[-1]), A.shape)"})
mistake("dropout_forward", "ignores the given rng", "Your mask does not come from the generator that is handed in.",
        dropout_forward, {"rng.random": "np.random.random"})
mistake("dropout_forward", "changes its argument",
        "Your dropout overwrites the activations that it was given, and somebody may still need them.",
        dropout_forward, {"return A * mask, mask": "A *= mask\n    return A, mask"})
mistake("dropout_forward", "a mask of True and False",
        "Your mask says which entries survive, but not by what they are multiplied, which the backward pass needs.",
        dropout_forward, {" / (1 - p)": "", "A * mask": "A * mask / (1 - p)"})

# --- dropout_backward

mistake("dropout_backward", "passes everything",
        "What was dropped took no part in the forward pass, so no gradient passes there.",
        dropout_backward, {"dOut * mask": "dOut"})
mistake("dropout_backward", "forgets the scale",
        "The forward pass multiplied the survivors by a number, and so must the backward pass.",
        dropout_backward, {"dOut * mask": "dOut * (mask > 0)"})
mistake("dropout_backward", "divides by the mask",
        "The backward pass of a multiplication multiplies by the same number, and does not undo it.",
        dropout_backward, {"dOut * mask": "np.where(mask > 0, dOut / np.where(mask > 0, mask, 1.0), 0.0)"})

# --- l2

mistake("l2", "one half in front", "The lecture's penalty has no one half in front of the squares.",
        l2_penalty, {"strength * sum": "0.5 * strength * sum"})
mistake("l2", "biases too", "Biases are not penalised, and embeddings are not either.",
        l2_penalty, {' if name.startswith("W")': ""})
mistake("l2", "embeddings too", "Only the weight matrices of the dense layers are penalised, not the embeddings.",
        l2_penalty, {'name.startswith("W")': 'not name.startswith("b")'})
mistake("l2", "root of the squares", "The penalty is the squared norm, so no root is taken.",
        l2_penalty, {"np.sum(params[name] ** 2)": "np.linalg.norm(params[name])"})
mistake("l2", "mean of the squares", "The penalty adds the squares up, it does not average them.",
        l2_penalty, {"np.sum": "np.mean"})
mistake("l2", "forgets the 2", "The derivative of a square brings a factor down.", l2_gradient, {"2 * strength": "strength"})
mistake("l2", "gradients for biases", "Your gradient has keys of parameters that the penalty does not depend on.",
        l2_gradient, {' if name.startswith("W")': ""})
mistake("l2", "forgets lambda", "The strength of the penalty is missing in its gradient.", l2_gradient, {"2 * strength": "2"})

# --- early_stopping

mistake("early_stopping", "patience off by one", "Your training goes on for one epoch more than patience allows.",
        EarlyStopping, {">= self.patience": "> self.patience"})
mistake("early_stopping", "an equal loss is an improvement", "A loss that only equals the best one is no improvement.",
        EarlyStopping, {"validation_loss < self": "validation_loss <= self"})
mistake("early_stopping", "keeps no copies", "What you keep are the arrays themselves, and training goes on changing them.",
        EarlyStopping, {"value.copy()": "value"})
mistake("early_stopping", "replaces the arrays", "You put new arrays into params, but the network still holds the old ones.",
        EarlyStopping, {"params[name][...]": "params[name]"})
mistake("early_stopping", "compares with the epoch before",
        "An improvement is one over the best loss so far, not over that of the epoch before.",
        EarlyStopping, {"self.best_loss = np.inf": "self.best_loss = self.last = np.inf",
                        "self.best_loss - self.min_delta": "self.last - self.min_delta",
                        "return self._epoch": "self.last = validation_loss\n        return self._epoch"})
mistake("early_stopping", "counts all bad epochs",
        "Patience is about bad epochs in a row, so an improvement must start the count anew.",
        EarlyStopping, {"self._epoch = 0": "self._epoch = self.bad = 0",
                        "return self._epoch - (self.best_epoch or 0)":
                        "else:\n            self.bad += 1\n        return self.bad"})
mistake("early_stopping", "ignores min_delta", "An improvement that is smaller than min_delta should not count.",
        EarlyStopping, {"self.best_loss - self.min_delta": "self.best_loss"})
mistake("early_stopping", "no epoch is an improvement",
        "No epoch is ever your best: note its loss, its number and its parameters where the loss is below the best so far.",
        EarlyStopping, {"if validation_loss < self.best_loss": "if validation_loss > self.best_loss"})
mistake("early_stopping", "epochs from 0", "The first epoch is number 1.",
        EarlyStopping, {"self._epoch = 0": "self._epoch = -1",
                        "(self.best_epoch or 0)": "(-1 if self.best_epoch is None else self.best_epoch)"})

# --- curve_signs

mistake("curve_signs", "over the first loss", "The rise is measured from the lowest validation loss, not from the first one.",
        validation_rise, {"min(validation_loss)": "validation_loss[0]"})
mistake("curve_signs", "the highest instead of the last", "It is the last loss that counts, not the highest.",
        validation_rise, {"validation_loss[-1]": "max(validation_loss)"})
mistake("curve_signs", "a difference", "The rise is a ratio, not a difference.", validation_rise, {"/ min": "- min"})
mistake("curve_signs", "places as rows", "Losses of one epoch belong into one row, and the table is filled row by row.",
        position_effect, {"(epochs, steps)": "(steps, epochs)", "[epochs // 2 :]": ".T[epochs // 2 :]"})
mistake("curve_signs", "all epochs", "The early epochs, in which the loss falls anyway, should not count.",
        position_effect, {"[epochs // 2 :]": ""})
mistake("curve_signs", "learning not taken out", "Each row's mean must go first, or learning counts as chance.",
        position_effect, {"    table = table - table.mean(axis=1, keepdims=True)\n": ""})
mistake("curve_signs", "means over the wrong axis", "The means are taken over the epochs, one for each place.",
        position_effect, {"table.mean(axis=0)": "table.mean(axis=1)"})
mistake("curve_signs", "fails on a cut-off epoch", "Steps that are left over after the last full epoch do not fit into the table.",
        position_effect, {"step_loss[: epochs * steps]": "step_loss"})

# --- unit_signs

mistake("unit_signs", "dead on any example", "A unit is dead if it is off on all examples, not on some.",
        dead_share, {".any(axis=0)": ".all(axis=0)"})
mistake("unit_signs", "share of zeros", "You count entries that are 0, but a unit that is off only now and then is alive.",
        dead_share, {".any(axis=0)": ".mean()", "np.concatenate(alive).mean()": "np.mean(alive)"})
mistake("unit_signs", "examples instead of units", "You look at examples on which all units are off; a unit is a column.",
        dead_share, {"axis=0": "axis=1"})
mistake("unit_signs", "averages the layers", "A narrow layer should not count as much as a wide one: count units.",
        dead_share, {"np.concatenate(alive).mean()": "np.mean([units.mean() for units in alive])"})
mistake("unit_signs", "the share that is alive", "You return the share of units that are alive.",
        dead_share, {"1 - np.concatenate": "np.concatenate"})
mistake("unit_signs", "different numbers", "Count different rows, not different numbers.",
        distinct_units, {"np.unique(W, axis=0)": "np.unique(W)", "len(W)": "W.size"})
mistake("unit_signs", "columns", "A unit is a row of W, not a column.",
        distinct_units, {"np.unique(W, axis=0)": "np.unique(W.T, axis=0)", "len(W)": "len(W.T)"})
mistake("unit_signs", "not a share", "The number of different rows must be divided by the number of rows.",
        distinct_units, {" / len(W)": ""})
mistake("unit_signs", "compares sums of rows", "Two different rows may well have the same sum.",
        distinct_units, {"np.unique(W, axis=0)": "np.unique(np.round(W.sum(axis=1), 9))"})

# --- weight_signs


@mistake("weight_signs", "sorted by name", "As a word, W10 comes before W2.")
def gradient_norms(grads):
    return [float(np.linalg.norm(grads[name])) for name in sorted(grads) if name.startswith("W")]


@mistake("weight_signs", "in the order of the dictionary", "The dictionary may be in any order.")
def gradient_norms(grads):
    return [float(np.linalg.norm(grads[name])) for name in grads if name.startswith("W")]


mistake("weight_signs", "spectral norm", "np.linalg.norm with a 2 is another norm for a matrix.",
        gradient_norms, {'grads[f"W{l}"]': 'grads[f"W{l}"], 2'})
mistake("weight_signs", "squared norms", "The root of the sum of squares is missing.",
        gradient_norms, {'np.linalg.norm(grads[f"W{l}"])': 'np.sum(grads[f"W{l}"] ** 2)'})
mistake("weight_signs", "biases too", "Only the weight matrices have a place in the list.",
        gradient_norms, {'f"W{l}"': 'f"{kind}{l}"', "range(1, layers + 1)": 'range(1, layers + 1) for kind in "Wb"'})
mistake("weight_signs", "relative to the end", "Movement is relative to where the array began.",
        movement, {"np.linalg.norm(before)": "np.linalg.norm(after)"})
mistake("weight_signs", "difference of the norms", "A weight that turns without growing has moved, too.",
        movement, {"np.linalg.norm(after - before)": "abs(np.linalg.norm(after) - np.linalg.norm(before))"})
mistake("weight_signs", "not relative", "The distance must be divided by the norm before.",
        movement, {" / np.linalg.norm(before)": ""})

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
