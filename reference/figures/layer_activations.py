"""What a batch looks like in every layer: the values themselves, and how they are distributed."""

import numpy as np

from reference.figures.style import AMOUNT, OKABE_ITO, WIDTH, number, panels, styled

LAYERS, EXAMPLES, UNITS = 6, 100, 100  # shown at most


@styled
def plot_layer_activations(cache, y=None):
    """A heat map (examples by units) and a histogram for each layer of one forward pass.

    Parameters
    ----------
    cache : dict
        As `network.forward` returned it: "A0", "Z1", "A1", ..., "ZL". Shown are A1 ... A(L-1) and the logits
        ZL; L is 6 at most.
    y : ndarray, shape (m,) or (m, 1), optional
        Labels. Given, the examples are sorted by them and a line separates the classes.

    Returns
    -------
    Figure
        Above the histograms stands the share of exact zeros, which ReLU makes, and how many units are 0 for
        every example: dead on this batch. The histogram then counts the other values. The heat map's colours
        end at the 1st and 99th percentile, so that one great value does not make all others look alike.

    Raises
    ------
    ValueError
        If the cache is not that of a forward pass, or y has another length.
    """
    L = sum(key.startswith("Z") for key in cache)
    names = [f"A{l}" for l in range(1, L)] + [f"Z{L}"]
    if L == 0 or any(name not in cache for name in names):
        raise ValueError("cache must hold A0, Z1, A1, ..., ZL as network.forward returns it, "
                         f"got {', '.join(cache) or 'nothing'}")
    if L > LAYERS:
        raise ValueError(f"the figure has room for {LAYERS} layers, this network has {L}")
    m = len(cache["A0"])
    order = np.arange(m)
    if y is not None:
        y = np.asarray(y).reshape(-1)
        if len(y) != m:
            raise ValueError(f"y has {len(y)} labels, but the batch has {m} examples")
        order = np.argsort(y, kind="stable")
    order = order[np.linspace(0, m - 1, min(m, EXAMPLES)).astype(int)]

    width = min(max(0.5 * WIDTH, 2.4 * L), 1.25 * WIDTH)
    figure, axes = panels(2, L, width=width, height=5.0, squeeze=False, height_ratios=(1.5, 1))
    for l, (name, (heat, bars)) in enumerate(zip(names, axes.T, strict=True), start=1):
        A = cache[name]
        title = "logits" if l == L else f"hidden layer {l}"
        units = "1 unit" if A.shape[1] == 1 else f"{A.shape[1]} units"
        heat.set(title=f"{title}\n{units}", xlabel="unit", xticks=[], yticks=[])
        low, high = np.percentile(A, (1, 99))
        image = heat.imshow(A[order][:, :UNITS], aspect="auto", cmap=AMOUNT, interpolation="nearest",
                            vmin=low, vmax=high)
        heat.grid(False)
        figure.colorbar(image, ax=heat, location="bottom", shrink=0.9, aspect=18, extend="both")
        if y is not None:
            for row in np.flatnonzero(np.diff(y[order])):
                heat.axhline(row + 0.5, color=OKABE_ITO["vermilion"], lw=1.5)
        _histogram(bars, A)
    axes[0, 0].set_ylabel("example" if y is None else "example, sorted by class")
    axes[1, 0].set_ylabel("share")
    return figure


def _histogram(ax, A):
    zeros = A == 0
    rest = A[~zeros]
    if rest.size:
        ax.hist(rest, bins=25, weights=np.full(rest.size, 1 / A.size), color=OKABE_ITO["blue"])
    ax.set_xlabel("value")
    notes = f"mean {number(A.mean())}, std {number(A.std())}"
    if zeros.any():
        dead = int(zeros.all(axis=0).sum())
        ax.set_xlabel("value, zeros not drawn")
        notes = f"{zeros.mean():.0%} are 0\n{dead} of {A.shape[1]} units dead"
    ax.set_title(notes, fontsize=8.5, fontweight="normal")
