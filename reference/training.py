"""The training loop: shuffled mini-batches, curves for training and validation, and knowing when to stop.

It trains anything with the five members of `TextClassifier` that it uses:

    model.params                       dict of arrays, changed in place by the optimizer
    model.loss_and_grads(X, y, rng)    -> loss, grads, logits of one batch in training mode (rng: for dropout)
    model.logits(X)                    -> logits in evaluation mode (no dropout)
    model.loss(logits, y)              -> mean loss
    model.decide(logits)               -> class of each row

X is an array or a list with one entry for each example, y an integer array. Left out: learning-rate
schedules but the simplest one, checkpoints on disk, anything distributed.
"""

import time
from dataclasses import asdict, dataclass, field

import numpy as np
from tqdm import tqdm

from reference.batches import minibatches


@dataclass
class History:
    """What happened in a training run: one entry for each finished epoch, unless said otherwise.

    Training loss and accuracy are means over the epoch's batches *while* the weights were changing and
    dropout was on. Validation is measured at the end of the epoch without dropout, so at first it can look
    better than training.

    Attributes
    ----------
    train_loss, train_accuracy, validation_loss, validation_accuracy : list of float
        Losses in nats, accuracies between 0 and 1. The validation lists stay empty without validation data.
    step_loss : list of float
        The loss of every optimizer step; the last entry is the bad one if training diverged.
    seconds : list of float
        Wall-clock time of each epoch, validation not included.
    diverged : bool
        True if a loss became NaN or infinite.
    stopped : str
        Why training ended, in one sentence.
    best_epoch : int or None
        Counted from 1; only with early stopping. The model has that epoch's weights.
    """

    train_loss: list = field(default_factory=list)
    train_accuracy: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    validation_accuracy: list = field(default_factory=list)
    step_loss: list = field(default_factory=list)
    seconds: list = field(default_factory=list)
    diverged: bool = False
    stopped: str = ""
    best_epoch: int | None = None

    def as_dict(self):
        """Plain lists and numbers, ready for JSON."""
        return asdict(self)


def train(model, optimizer, X, y, epochs, batch_size, rng, validation=None, early_stopping=None, accumulate=1,
          shuffle=True, decay=False, progress=True):
    """Train a model with mini-batches.

    Parameters
    ----------
    model : TextClassifier, or anything with the members named on top of this file
        Changed in place.
    optimizer : Optimizer
    X : ndarray with m rows, or list of length m
    y : ndarray of int, shape (m,)
    epochs : int
    batch_size : int
        Examples for each optimizer step; the last step of an epoch may have fewer.
    rng : numpy.random.Generator
        Shuffles the batches and draws the dropout.
    validation : (X, y) or None
    early_stopping : EarlyStopping or None
        Needs validation data. The model ends with the weights of the best epoch, however training ended.
    accumulate : int
        Compute each step's gradient in this many parts and add them up: the same step, with the memory of a
        batch that is `accumulate` times smaller. See `accumulated_gradient`.
    shuffle : bool
        False takes the examples in the order they come in, every epoch: for showing why one should not.
    decay : bool
        The learning rate falls from step to step, in a straight line to 0 after the last epoch: large steps first, small ones
        when little is left to do, and the noise of the last batches is averaged out.
    progress : bool
        Show a bar with the losses once the training has taken two seconds.

    Returns
    -------
    History
        If the loss stops being a finite number, training ends at once and `stopped` says where.

    Raises
    ------
    ValueError
        If X and y differ in length or are empty, a size is below 1, or early stopping lacks validation data.
    """
    _check_data(X, y, "training data")
    if validation is not None:
        _check_data(*validation, "validation data")
    if min(epochs, batch_size, accumulate) < 1:
        raise ValueError("epochs, batch_size and accumulate must be at least 1, "
                         f"got {epochs}, {batch_size} and {accumulate}")
    if early_stopping is not None:
        if validation is None:
            raise ValueError("early stopping watches the validation loss: pass validation=(X, y)")
        early_stopping.reset()

    history, lr = History(), optimizer.lr
    n_batches = -(-len(y) // batch_size)
    rates = np.linspace(lr, 0 if decay else lr, epochs * n_batches, endpoint=False).reshape(epochs, n_batches)
    with tqdm(total=epochs * n_batches, desc="train", unit="step", delay=2, disable=not progress) as bar:
        for epoch in range(1, epochs + 1):
            batches = (minibatches(len(y), batch_size, rng) if shuffle
                       else np.split(np.arange(len(y)), range(batch_size, len(y), batch_size)))
            if not _one_epoch(model, optimizer, rates[epoch - 1], X, y, epoch, batches, rng, accumulate, history, bar):
                break
            figures = {"epoch": epoch, "loss": f"{history.train_loss[-1]:.3f}"}
            if validation is not None:
                loss, accuracy = evaluate(model, *validation)
                history.validation_loss.append(loss)
                history.validation_accuracy.append(accuracy)
                figures |= {"val_loss": f"{loss:.3f}", "val_acc": f"{accuracy:.3f}"}
            bar.set_postfix(figures, refresh=False)  # a refresh would show the bar before its delay
            if validation is not None and not np.isfinite(loss):
                _diverged(history, f"validation loss became {loss} after epoch {epoch}", optimizer)
                break
            if early_stopping is not None and early_stopping.update(loss, model.params):
                history.stopped = (f"stopped early after epoch {epoch}: no better validation loss "
                                   f"for {early_stopping.patience} epochs")
                break
        else:
            history.stopped = f"all {epochs} epochs done"
    optimizer.lr = lr
    if early_stopping is not None:
        early_stopping.restore(model.params)
        history.best_epoch = early_stopping.best_epoch
    return history


def _one_epoch(model, optimizer, rates, X, y, epoch, batches, rng, accumulate, history, bar):
    """Train one epoch and write it into the history; False if the loss stopped being finite."""
    start = time.perf_counter()
    total_loss, n_right = 0.0, 0
    for number, (batch, optimizer.lr) in enumerate(zip(batches, rates, strict=True), start=1):
        with np.errstate(over="ignore", invalid="ignore"):  # a divergence is reported below, in words
            loss, grads, logits = accumulated_gradient(model, _take(X, batch), y[batch], rng, accumulate)
        history.step_loss.append(loss)
        if not np.isfinite(loss):
            _diverged(history, f"loss became {loss} in epoch {epoch}, step {number}", optimizer)
            return False
        with np.errstate(over="ignore", invalid="ignore"):
            optimizer.step(model.params, grads)
        total_loss += loss * len(batch)
        n_right += int((model.decide(logits) == y[batch]).sum())
        bar.update()
    history.train_loss.append(total_loss / len(y))
    history.train_accuracy.append(n_right / len(y))
    history.seconds.append(time.perf_counter() - start)
    return True


def _diverged(history, what, optimizer):
    history.diverged = True
    history.stopped = f"the {what}: training has diverged, try a smaller learning rate than {optimizer.lr:g}"


def accumulated_gradient(model, X, y, rng, parts):
    """The gradient of one batch, computed in parts.

    The loss of the batch is a mean, so part k, with m_k of the m examples, counts m_k / m:
    loss = sum_k (m_k / m) loss_k, and the same for every gradient. The result equals the whole batch's but
    for rounding, dropout included, since a Generator gives the same numbers in parts as in one go.

    Parameters
    ----------
    model, X, y, rng
        As in `train`, for the m examples of one batch.
    parts : int
        At most m of them are used.

    Returns
    -------
    loss : float
    grads : dict of str to (ndarray or SparseRows)
    logits : ndarray, shape (m, ...)
    """
    if parts == 1:
        return model.loss_and_grads(X, y, rng)
    loss, grads, logits = 0.0, {}, []
    for part in np.array_split(np.arange(len(y)), min(parts, len(y))):
        part_loss, part_grads, part_logits = model.loss_and_grads(_take(X, part), y[part], rng)
        weight = len(part) / len(y)
        loss += weight * part_loss
        for name, grad in part_grads.items():
            grads[name] = grads[name] + weight * grad if name in grads else weight * grad
        logits.append(part_logits)
    return loss, grads, np.concatenate(logits)


def evaluate(model, X, y, batch_size=256):
    """Mean loss and accuracy in evaluation mode.

    Parameters
    ----------
    model, X, y
        As in `train`.
    batch_size : int
        Has no influence on the result, only on memory.

    Returns
    -------
    loss, accuracy : float
    """
    _check_data(X, y, "evaluation data")
    with np.errstate(over="ignore", invalid="ignore"):
        logits = predict_logits(model, X, batch_size)
        return model.loss(logits, y), float(np.mean(model.decide(logits) == y))


def predict_logits(model, X, batch_size=256):
    """The logits of all examples, computed batch by batch."""
    parts = [model.logits(_take(X, np.arange(start, min(start + batch_size, len(X)))))
             for start in range(0, len(X), batch_size)]
    return np.concatenate(parts)


def compare_learning_rates(rates, make_model, make_optimizer, X, y, epochs, batch_size, seed,
                           validation=None):
    """Train the same model once for each learning rate, from the same start and with the same batches.

    Parameters
    ----------
    rates : sequence of float
    make_model : callable
        Takes a Generator, returns a fresh model.
    make_optimizer : callable
        Takes a learning rate, returns a fresh optimizer.
    X, y, epochs, batch_size, validation
        As in `train`.
    seed : int
        Of every run.

    Returns
    -------
    dict of float to History
        Too small a rate learns slowly; too great a one jumps about or diverges.
    """
    histories = {}
    for lr in rates:
        rng = np.random.default_rng(seed)
        histories[lr] = train(make_model(rng), make_optimizer(lr), X, y, epochs, batch_size, rng, validation)
    return histories


def _take(X, indices):
    return X[indices] if isinstance(X, np.ndarray) else [X[i] for i in indices]


def _check_data(X, y, what):
    if len(X) != len(y) or len(y) == 0:
        raise ValueError(f"{what}: X has {len(X)} examples and y {len(y)} labels; must agree, at least 1")
    if not isinstance(y, np.ndarray):
        raise TypeError(f"{what}: y must be an array, got {type(y).__name__}: use np.asarray(labels)")
