"""The loss on a plane through parameter space, with the path of a training run on it (Li et al., 2018).

The loss has as many dimensions as there are parameters; a plane through the end of training shows two. Along
the principal directions of the path it holds as much of the path as a plane can. Along random directions it
shows the surroundings of the end, and the more parameters, the less of the path: a random direction is nearly
orthogonal to any given one. Li et al. also rescale the directions filter by filter; that is left out.
"""

import numpy as np
from tqdm import tqdm

from reference.figures.projection import principal_axes
from reference.figures.style import HEIGHT, INK, OKABE_ITO, line, panels, styled


@styled
def plot_loss_landscape(loss, path, directions="pca", rng=None, resolution=31, margin=0.35, progress=True):
    """Contours of the loss around the end of a training run, and beside them the loss along the path.

    Parameters
    ----------
    loss : callable
        Takes a dict of parameters, returns the loss; called resolution^2 times and twice for each snapshot.
    path : sequence of dict of str to ndarray
        Snapshots (copies!) of the parameters during training, the end last; at least 3.
    directions : {"pca", "random"}
    rng : numpy.random.Generator, optional
        Draws the random directions, which need it.
    resolution : int
        Points along each side of the grid.
    margin : float
        How far the picture goes beyond the path, as a part of the distance between start and end.
    progress : bool
        Show a bar once the grid has taken two seconds.

    Returns
    -------
    Figure
        Left, the path seen from above, which is its projection: the surface below a point of it is not the
        loss that the network had there. Right, both of them, snapshot by snapshot.

    Raises
    ------
    ValueError
        If the path is too short or does not move, directions is neither of the two, or the loss is flat or
        not finite.
    """
    if len(path) < 3:
        raise ValueError(f"path must hold at least 3 snapshots of the parameters, got {len(path)}")
    thetas = np.array([_flat(params) for params in path])  # (T, P)
    end = thetas[-1]
    distance = np.linalg.norm(thetas[0] - end)
    if not distance > 0:
        raise ValueError("start and end of the path are the same: append copies of the parameters, "
                         "not the dict that the optimizer changes")
    if directions == "pca":
        axes, shares = principal_axes(thetas, centre=end)
        labels = [f"principal direction {k + 1} ({share:.0%} of the path)" for k, share in enumerate(shares)]
    elif directions == "random":
        axes, labels = _random_axes(end.size, rng), ["random direction 1", "random direction 2"]
    else:
        raise ValueError(f"directions must be 'pca' or 'random', got {directions!r}")

    coordinates = (thetas - end) @ axes.T  # (T, 2)
    low, high = coordinates.min(axis=0) - margin * distance, coordinates.max(axis=0) + margin * distance
    alphas, betas = np.linspace(low[0], high[0], resolution), np.linspace(low[1], high[1], resolution)

    def at(point):
        return loss(_unflat(end + point @ axes, path[-1]))

    bar = tqdm(total=resolution**2, desc="loss landscape", unit="point", delay=2, disable=not progress)
    surface = np.empty((resolution, resolution))
    with bar:
        for row, beta in enumerate(betas):
            for column, alpha in enumerate(alphas):
                surface[row, column] = at(np.array([alpha, beta]))
                bar.update()
    if not np.isfinite(surface).all() or not 0 < surface.max() > surface.min():
        raise ValueError(f"the loss on the grid runs from {surface.min():g} to {surface.max():g}: contours "
                         "need finite, positive and different values (try a smaller margin)")
    true = np.array([loss(params) for params in path])
    seen = np.array([at(point) for point in coordinates])

    figure, (above, along) = panels(1, 2, height=3.9, width_ratios=(1.35, 1))
    _contours(figure, above, alphas, betas, surface)
    above.plot(*coordinates.T, color=INK, lw=1.2, marker="o", ms=2.5)
    _point(above, coordinates[0], "start", "s")
    _point(above, coordinates[-1], "end", "*")
    above.set(title="Loss from above", xlabel=labels[0], ylabel=labels[1])
    above.grid(False)
    along.plot(true, label="of the network", **line(0))
    along.plot(seen, label="of its shadow\non the plane", **line(1))
    along.set(title="Loss along the path", xlabel="snapshot", ylabel="loss", ylim=(0, None))
    along.legend(handlelength=2.8)
    return figure


def _contours(figure, ax, alphas, betas, surface):
    """Filled contours, a constant factor apart, so that both the walls and the valley floor have some."""
    lowest = max(surface.min(), 1e-6 * surface.max())
    levels = np.geomspace(lowest, surface.max() * 1.001, 14)
    filled = ax.contourf(alphas, betas, np.maximum(surface, lowest), levels=levels, cmap=HEIGHT, norm="log")
    ax.contour(alphas, betas, surface, levels=levels, colors="white", linewidths=0.6)
    bar = figure.colorbar(filled, ax=ax, label="loss", format="%.2g", ticks=levels[::3])
    bar.outline.set_visible(False)
    bar.ax.minorticks_off()


def _point(ax, xy, text, marker):
    ax.plot(*xy, marker=marker, ms=11, color=OKABE_ITO["orange"], markeredgecolor=INK, zorder=5)
    ax.annotate(text, xy, xytext=(9, 7), textcoords="offset points", weight="bold", zorder=6,
                bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8})


def _random_axes(size, rng):
    if rng is None:
        raise ValueError("random directions need an rng: pass numpy.random.default_rng(seed)")
    orthonormal, _ = np.linalg.qr(rng.standard_normal((size, 2)))
    return orthonormal.T


def _flat(params):
    return np.concatenate([np.ravel(params[name]) for name in sorted(params)])


def _unflat(theta, like):
    params, start = {}, 0
    for name in sorted(like):
        params[name] = theta[start : start + like[name].size].reshape(like[name].shape)
        start += like[name].size
    return params
