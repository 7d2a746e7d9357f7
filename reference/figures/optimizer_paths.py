"""Optimizers on two surfaces that can be looked at: a round bowl, and a ravine that is steep one way only.

The surface is f(x, y) = (x^2 + c y^2) / 2, with c = 1 for the bowl. In the ravine gradient descent has one
learning rate for both directions: the steep one forbids a large rate, the flat one would need it.
"""

import numpy as np

from reference.figures.style import INK, OKABE_ITO, PALE, label_ends, line, panels, styled


@styled
def plot_optimizer_paths(make_optimizers, start=(-4.0, 1.5), steps=60, ravine=20.0):
    """Paths on the bowl and in the ravine, each with its losses step by step beside it.

    Parameters
    ----------
    make_optimizers : dict of str to callable
        Name to a function without arguments that returns a fresh Optimizer: {"SGD": lambda: SGD(0.09)}.
        In the ravine SGD diverges with a learning rate beyond 2 / ravine.
    start : (float, float)
    steps : int
    ravine : float
        How much steeper y is than x, c above.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no optimizer, or no step.
    """
    if not make_optimizers or steps < 1:
        raise ValueError(f"pass at least one optimizer and one step, got {len(make_optimizers)} and {steps}")
    figure, axes = panels(2, 2, height=6.2, width_ratios=(1.25, 1))
    surfaces = ((1.0, "A bowl"), (ravine, f"A ravine, {ravine:g} times steeper in y"))
    half_width = 1.25 * max(abs(start[0]), 1.6 * abs(start[1]))  # of the window; 1.6 times its half height
    half_height = half_width / 1.6
    for (above, losses), (c, name) in zip(axes, surfaces, strict=True):
        ends = []
        _surface(above, c, half_width, half_height)
        for i, (label, make) in enumerate(make_optimizers.items()):
            path = descend(make(), c, start, steps)  # (steps + 1, 2)
            look = line(i, marker=True)
            above.plot(*path.T, label=label, markersize=3, lw=1.4, **look)
            del look["marker"]
            (curve,) = losses.plot(0.5 * (path[:, 0] ** 2 + c * path[:, 1] ** 2), **look)
            ends.append((curve, label))
        above.plot(*start, marker="o", ms=8, color=INK, mfc="white", ls="", zorder=5)
        above.plot(0, 0, marker="*", ms=13, color=OKABE_ITO["orange"], mec=INK, ls="", zorder=5)
        above.set(title=name, xlabel="x", ylabel="y", aspect="equal",
                  xlim=(-half_width, half_width), ylim=(-half_height, half_height))
        losses.set(title="Loss", xlabel="step", ylabel="f(x, y)", yscale="log")
        label_ends(losses, ends)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(handles), handlelength=3.2)
    return figure


def descend(optimizer, c, start, steps):
    """The points that an optimizer visits on f(x, y) = (x^2 + c y^2) / 2.

    Parameters
    ----------
    optimizer : Optimizer
        A fresh one.
    c : float
    start : (float, float)
    steps : int

    Returns
    -------
    ndarray, shape (steps + 1, 2)
    """
    params = {"xy": np.array(start, dtype=float)}
    path = [params["xy"].copy()]
    for _ in range(steps):
        optimizer.step(params, {"xy": params["xy"] * np.array([1.0, c])})
        path.append(params["xy"].copy())
    return np.array(path)


def _surface(ax, c, half_width, half_height):
    x, y = np.linspace(-half_width, half_width, 121), np.linspace(-half_height, half_height, 121)
    f = 0.5 * (x[None, :] ** 2 + c * y[:, None] ** 2)
    ax.contour(x, y, f, levels=f.max() * np.linspace(0.1, 1, 9) ** 2, colors=PALE, linewidths=1.0)
    ax.grid(False)
