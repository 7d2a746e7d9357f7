"""Exercise 4 as classes hand it in: correct solutions that look different from the reference's.

`CORRECT` must earn full points.
"""
# ruff: noqa: F811  (an alternative has the reference function's name; the decorator gives the name back)

import numpy as np

from autograder.testing import Alternatives
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

CORRECT = Alternatives()
correct = CORRECT.correct


# --- dropout


@correct("dropout_forward", "binomial draws of what is kept")
def dropout_forward(A, p, rng, training=True):
    if not 0 <= p < 1:
        raise ValueError("p must be in [0, 1)")
    if training:
        keep = 1.0 - p
        mask = rng.binomial(1, keep, size=np.shape(A)) / keep
    else:
        mask = np.ones(np.shape(A))
    return A * mask, mask


@correct("dropout_forward", "entry by entry")
def dropout_forward(A, p, rng, training=True):
    mask = np.ones(A.shape)
    if training:
        for index in np.ndindex(A.shape):
            mask[index] = 0.0 if rng.uniform() < p else 1 / (1 - p)
    return np.multiply(mask, A), mask


@correct("dropout_backward", "in place on a copy")
def dropout_backward(dOut, mask):
    dA = np.array(dOut, dtype=float)
    dA *= mask
    return dA


# --- l2


@correct("l2", "loops")
def l2_penalty(params, strength):
    total = 0.0
    for name in params:
        if name[0] == "W":
            for weight in params[name].flatten():
                total += weight * weight
    return strength * total


@correct("l2", "a product of vectors")
def l2_penalty(params, strength):
    return strength * sum(np.vdot(W, W) for name, W in params.items() if name.startswith("W"))


@correct("l2", "builds the dict step by step")
def l2_gradient(params, strength):
    grads = {}
    for name, value in params.items():
        if "W" in name:
            grads[name] = strength * value + strength * value
    return grads


# --- early stopping


@correct("early_stopping", "counts bad epochs, deep copies")
class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.reset()

    def reset(self):
        self.best_loss = float("inf")
        self.best_epoch = None
        self.epoch = 0
        self.bad_epochs = 0
        self.saved = None

    def update(self, validation_loss, params):
        self.epoch = self.epoch + 1
        improved = self.best_loss - validation_loss > self.min_delta
        if improved:
            self.best_loss = float(validation_loss)
            self.best_epoch = self.epoch
            self.bad_epochs = 0
            self.saved = {name: np.array(array, copy=True) for name, array in params.items()}
            return False
        self.bad_epochs += 1
        return self.bad_epochs >= self.patience

    def restore(self, params):
        if self.saved is None:
            return
        for name in params:
            np.copyto(params[name], self.saved[name])


# --- curves


@correct("curve_signs", "with NumPy")
def validation_rise(validation_loss):
    curve = np.asarray(validation_loss, dtype=float)
    return curve[-1] / np.min(curve)


@correct("curve_signs", "loops over epochs and places")
def position_effect(step_loss, epochs):
    steps = len(step_loss) // epochs
    rows = [step_loss[e * steps : (e + 1) * steps] for e in range(epochs // 2, epochs)]
    centred = [[loss - sum(row) / steps for loss in row] for row in rows]
    means = [sum(row[s] for row in centred) / len(centred) for s in range(steps)]
    entries = [loss for row in centred for loss in row]
    everything = sum(loss**2 for loss in entries) / len(entries)
    if everything == 0:
        return 0.0
    return (sum(mean**2 for mean in means) / steps) / everything


# --- units


@correct("unit_signs", "counts with a loop")
def dead_share(derivatives):
    dead = units = 0
    for layer in derivatives:
        for column in layer.T:
            units += 1
            dead += not np.any(column)
    return dead / units if units else 0.0


@correct("unit_signs", "all layers side by side")
def dead_share(derivatives):
    if len(derivatives) == 0:
        return 0
    return np.mean(np.all(np.hstack(derivatives) == 0, axis=0))


correct("unit_signs", "a set of tuples", distinct_units, {"np.unique(W, axis=0)": "{tuple(row) for row in W.tolist()}"})


# --- weights


@correct("weight_signs", "sorted by number")
def gradient_norms(grads):
    names = sorted((name for name in grads if name.startswith("W")), key=lambda name: int(name[1:]))
    return [np.sqrt((grads[name] ** 2).sum()) for name in names]


@correct("weight_signs", "as an array")
def gradient_norms(grads):
    norms, l = [], 1
    while f"W{l}" in grads:
        norms.append(np.linalg.norm(grads[f"W{l}"].ravel()))
        l += 1
    return np.array(norms)


@correct("weight_signs", "root of a ratio")
def movement(before, after):
    return np.sqrt(np.sum((after - before) ** 2) / np.sum(before**2))


# --- diagnose


@correct("diagnose", "other signs, other thresholds")
def diagnose(statistics):
    s = dict(statistics)
    ratio = s["gradient_ratio"]
    if s["distinct_units"] != 1:
        return "zero_initialization"
    if s["dead_share_before"] == 1:
        return "dead_relus"
    if not np.isnan(ratio) and ratio < 0.01:
        return "vanishing_gradients"
    if s["initial_loss"] > 1.5:
        return "initialization_too_large"
    if s["position_effect"] > 0.45:
        return "no_shuffling"
    if s["spike"] > 2.2:
        return "learning_rate_too_high"
    if s["movement"] < 0.2:
        return "learning_rate_too_low"
    if s["accuracy_gap"] > 0.4:
        return "shuffled_labels"
    if s["validation_rise"] > 1.3:
        return "overfitting"
    return "underfitting" if s["train_accuracy"] < 0.85 else "good_fit"
