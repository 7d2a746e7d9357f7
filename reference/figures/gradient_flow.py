"""How much gradient reaches each layer: vanishing with the sigmoid, alive with ReLU."""

import numpy as np

from reference.figures.style import WIDTH, line, panels, styled


@styled
def plot_gradient_flow(norms):
    """The size of dL/dW[l] against the layer l, on a logarithmic scale, one line for each network.

    Parameters
    ----------
    norms : dict of str to sequence of float
        Name of the network (its activation, say) to the norms of layers 1 ... L, as
        `network.layer_gradient_norms` returns them. A norm of exactly 0 has no logarithm and leaves a gap.

    Returns
    -------
    Figure
        The legend also says how the first layer's norm compares with the last one's.

    Raises
    ------
    ValueError
        If there is nothing to draw, or a norm is negative or not finite.
    """
    if not norms:
        raise ValueError("norms is empty: pass {name: layer_gradient_norms(...)}")
    figure, ax = panels(width=WIDTH, height=3.8)
    for i, (name, values) in enumerate(norms.items()):
        values = np.asarray(values, dtype=float)
        if values.ndim != 1 or not values.size or not (np.isfinite(values) & (values >= 0)).all():
            raise ValueError(f"norms of {name!r} must be finite numbers >= 0, one a layer")
        if not values.any():
            raise ValueError(f"norms of {name!r} are all 0: no gradient reaches any layer, nothing to draw")
        label = f"{name}: {_ratio(values)}"
        layers = np.arange(1, values.size + 1)
        ax.plot(layers, np.where(values > 0, values, np.nan), label=label, **line(i, marker=True))
    ax.set(yscale="log", xlabel="layer (1 is next to the input)", ylabel="norm of $dL/dW^{[l]}$",
           title="How much gradient reaches each layer")
    ax.set_xticks(np.arange(1, max(map(len, norms.values())) + 1))
    ax.legend(title="first layer against last", alignment="left", handlelength=3.2)
    return figure


def _ratio(values):
    """The first layer's norm as a multiple of the last one's, in words."""
    if values[0] == 0 or values[-1] == 0:
        return "no gradient in the " + ("first" if values[0] == 0 else "last")
    ratio = values[0] / values[-1]
    if 0.01 <= ratio < 1000:
        return f"{ratio:.2g} times"
    exponent = int(np.floor(np.log10(ratio)))
    return f"${ratio / 10**exponent:.1f} \\cdot 10^{{{exponent}}}$ times"
