"""Training curves: fits good and bad, and the losses of several runs in one picture.

The training curve is solid, the validation curve dashed. Its lowest point, where early stopping would have
stopped, has a ring. What to look for: both low and together is a good fit; validation rising while training
falls is overfitting; both high and flat is underfitting.
"""

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from reference.figures.style import OKABE_ITO, WIDTH, label_ends, line, panels, styled


@styled
def plot_training_gallery(histories, learning_rates=None):
    """Loss against epoch, a panel for each run; same scale everywhere, so that panels can be compared.

    Parameters
    ----------
    histories : dict of str to History
        Title of the panel ("Overfitting") to what `training.train` returned.
    learning_rates : dict of float to History, optional
        As `training.compare_learning_rates` returns them; drawn in one more panel, with its own scale.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is nothing to draw, or a run did not finish one epoch.
    """
    if not histories:
        raise ValueError("histories is empty: pass {title: history}")
    for title, history in histories.items():
        if not history.train_loss:
            raise ValueError(f"the run {title!r} did not finish one epoch {history.stopped}".rstrip())
    n = len(histories) + (learning_rates is not None)
    columns = min(n, 2 if n in (2, 4) else 3)
    rows = -(-n // columns)  # rounded up
    figure, axes = panels(rows, columns, width=WIDTH, height=0.4 + 2.8 * rows, squeeze=False)
    axes = axes.ravel()
    highest = max(max(history.train_loss + history.validation_loss) for history in histories.values())
    for ax, (title, history) in zip(axes, histories.items(), strict=False):
        _draw_history(ax, history)
        ax.set(title=title, xlabel="epoch", ylabel="loss (nats)", ylim=(0, 1.05 * highest))
    if learning_rates is not None:
        _draw_losses(axes[n - 1], learning_rates)
        axes[n - 1].set_title("Learning rates")
    for ax in axes[n:]:
        ax.set_axis_off()
    handles = {label: handle for ax in axes[: len(histories)]
               for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=len(handles), handlelength=2.8)
    return figure


@styled
def plot_loss_curves(histories, smooth=None):
    """The training loss of several runs against the step: learning rates, or optimizers, compared.

    Parameters
    ----------
    histories : dict of (float or str) to History
        A number is a learning rate; a string labels its line as it is.
    smooth : int, optional
        Average over that many last steps; a thirtieth of the longest run unless given.

    Returns
    -------
    Figure
        Logarithmic. The scale ends at ten times the first loss; a run that diverged ends there with a cross.

    Raises
    ------
    ValueError
        If there is nothing to draw.
    """
    figure, ax = panels(width=WIDTH, height=3.8)
    _draw_losses(ax, histories, smooth)
    ax.set_title("Training loss, step by step")
    return figure


def _draw_history(ax, history):
    epochs = np.arange(1, len(history.train_loss) + 1)
    marker = "o" if len(epochs) == 1 else None
    ax.plot(epochs, history.train_loss, label="training", marker=marker, **line(0))
    if history.validation_loss:
        validation = np.array(history.validation_loss)
        ax.plot(np.arange(1, len(validation) + 1), validation, label="validation", marker=marker, **line(1))
        best = int(np.argmin(validation))
        ax.plot(best + 1, validation[best], "o", ms=9, color=OKABE_ITO["black"], mfc="none", mew=1.4,
                label="lowest validation loss")
    ax.set_xlim(0.5, len(epochs) + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_losses(ax, histories, smooth=None):
    longest = max((len(history.step_loss) for history in histories.values()), default=0)
    if longest == 0:
        raise ValueError("no training has made a step: there are no losses to draw")
    smooth = max(1, longest // 30) if smooth is None else smooth
    ceiling = 10 * max(history.step_loss[0] for history in histories.values() if history.step_loss)
    ends, highest = [], 0.0
    for i, (name, history) in enumerate(histories.items()):
        losses = np.array(history.step_loss, dtype=float)
        losses = losses[np.isfinite(losses)]
        if not losses.size:
            continue
        label = name if isinstance(name, str) else f"lr {name:g}"
        if history.diverged:
            label += ", diverged"
            off = np.flatnonzero(losses > ceiling)
            losses = losses if not off.size else np.append(losses[: off[0]], ceiling)
        else:
            losses = _running_mean(losses, smooth)
        (curve,) = ax.plot(np.arange(1, len(losses) + 1), losses, **line(i))
        if history.diverged:
            ax.plot(len(losses), losses[-1], "x", ms=9, mew=2.2, color=curve.get_color(), clip_on=False)
        highest = max(highest, losses.max())
        ends.append((curve, label))
    what = "loss (nats)" if smooth == 1 else f"loss (nats), mean of {smooth} steps"
    ax.set(xlabel="step", ylabel=what, yscale="log")
    ax.set_ylim(top=min(ceiling, 1.2 * highest))
    ax.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("{x:g}")
    label_ends(ax, ends)


def _running_mean(values, window):
    """Mean of the last `window` values at each place, of fewer at the beginning."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    i = np.arange(1, len(values) + 1)
    first = np.maximum(i - window, 0)
    return (total[i] - total[first]) / (i - first)
