"""The numbers beside the training curves, and a program that reads them.

A curve says that a training run is ill; it rarely says why. Half of the usual problems end in the same flat line at log 2,
the loss of a coin. What tells them apart is measured in other places: in the weights, in the gradients before the
first step, in the hidden units. Each function here takes what a training run leaves behind and returns one such number.

Left out: what needs more than one training to see, such as the noise between seeds.
"""

import numpy as np


def validation_rise(validation_loss):
    """The last validation loss over the lowest one: 1 if it fell to the end.

    Parameters
    ----------
    validation_loss : list of float
        One for each epoch, at least one.

    Returns
    -------
    float
    """
    ### BEGIN SOLUTION
    return float(validation_loss[-1] / min(validation_loss))
    ### END SOLUTION


def position_effect(step_loss, epochs):
    """How much of the step losses' variance goes with the place in the epoch.

    Write the losses as a table, a row for each epoch, a column for each place in the
    epoch. Keep the later epochs, rows epochs // 2 and up, and subtract from each row
    its mean, since learning is not what we look for. The variance of the column means
    over the variance of the whole table is the share that goes with the place.

    Parameters
    ----------
    step_loss : list of float
        One for each step, the first epoch first; every epoch has equally many. What is
        left over after `epochs` full rows does not count.
    epochs : int
        At least 1.

    Returns
    -------
    float
        Between 0 and 1; 0 if the table has no variance at all.
    """
    ### BEGIN SOLUTION
    steps = len(step_loss) // epochs
    table = np.reshape(step_loss[: epochs * steps], (epochs, steps))[epochs // 2 :]
    table = table - table.mean(axis=1, keepdims=True)
    return float(table.mean(axis=0).var() / table.var()) if table.var() > 0 else 0.0
    ### END SOLUTION


def dead_share(derivatives):
    """The share of hidden units that are dead: their f'(z) is 0 on every example.

    Parameters
    ----------
    derivatives : list of ndarray, each of shape (m, n_l)
        f'(Z[l]) of each hidden layer: a row for each example, a column for each unit.
        Layers may differ in width.

    Returns
    -------
    float
        Of all units of all layers together; 0 if there is no hidden layer.
    """
    ### BEGIN SOLUTION
    alive = [(derivative != 0).any(axis=0) for derivative in derivatives]
    return float(1 - np.concatenate(alive).mean()) if alive else 0.0
    ### END SOLUTION


def distinct_units(W):
    """How many different units a layer has, over how many it has: different rows of W.

    Parameters
    ----------
    W : ndarray, shape (n_out, n_in)
        A row of weights for each unit.

    Returns
    -------
    float
    """
    ### BEGIN SOLUTION
    return len(np.unique(W, axis=0)) / len(W)
    ### END SOLUTION


def gradient_norms(grads):
    """How much gradient reaches each layer: the norms of dL/dW[l], first layer first.

    Parameters
    ----------
    grads : dict of ndarray
        Gradients under the names of the parameters, in any order: "W1", "b1", ...,
        "W10", ... and others, such as "E".

    Returns
    -------
    list of float
        One for each W[l]: l = 1, 2, ..., 10, 11, ...
    """
    ### BEGIN SOLUTION
    layers = sum(name.startswith("W") for name in grads)
    return [float(np.linalg.norm(grads[f"W{l}"])) for l in range(1, layers + 1)]
    ### END SOLUTION


def movement(before, after):
    """How far training has moved an array, relatively: |after - before| / |before|.

    Parameters
    ----------
    before, after : ndarray, the same shape
        before is not all zeros.

    Returns
    -------
    float
        With the Frobenius norm: 0 for no movement, 1 for as far as it was from 0.
    """
    ### BEGIN SOLUTION
    return float(np.linalg.norm(after - before) / np.linalg.norm(before))
    ### END SOLUTION


def diagnose(statistics):
    """Name what is wrong with a training run, from its statistics alone.

    The order matters. What is wrong before the first step comes first, since it
    explains whatever happens later; then the way the steps went; the losses at the end
    come last, because nearly every problem spoils them.

    Parameters
    ----------
    statistics : dict of str to float
        As a run's "statistics" holds them.

    Returns
    -------
    str
        One of PROBLEMS.
    """
    ### BEGIN SOLUTION
    # Beside each threshold: what the problem shows, and what the problems below it show, in 100 originals and 100 replicas
    # each (tests/benchmarks/diagnosis.py --seeds 100). All 2,200 are named right. A replica's distance from its threshold is
    # at least 3.6 standard deviations: a chance of 1 in 6,000, if normal.
    s = statistics
    if s["distinct_units"] < 0.5:  # 0.08 at most; 1
        return "zero_initialization"
    if s["dead_share_before"] > 0.9:  # 1; 0.58 at most
        return "dead_relus"
    if s["gradient_ratio"] < 0.01:  # 0.00018 at most; 0.22 at least
        return "vanishing_gradients"
    if s["initial_loss"] > 2:  # 3.8 at least; 1.09 at most
        return "initialization_too_large"
    if s["position_effect"] > 0.57:  # 0.67 at least; 0.46 at most
        return "no_shuffling"
    if s["spike"] > 2.4:  # 4.6 at least; 1.83 at most
        return "learning_rate_too_high"
    if s["movement"] < 0.17:  # 0.12 at most; 0.21 at least
        return "learning_rate_too_low"
    if s["accuracy_gap"] > 0.2 and s["validation_accuracy"] < 0.62:  # 0.38 and 0.57; overfitting 0.68 at least
        return "shuffled_labels"
    if s["train_loss"] > 0.4:  # 0.50 at least; 0.22 at most
        return "underfitting"
    if s["loss_gap"] > 0.52:  # 0.73 at least; 0.38 at most
        return "overfitting"
    return "good_fit"
    ### END SOLUTION
