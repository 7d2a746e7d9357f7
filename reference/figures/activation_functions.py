"""Activation functions on the left, their derivatives, which backpropagation multiplies by, on the right."""

import numpy as np

from reference.activations import (
    gelu,
    gelu_grad,
    leaky_relu,
    leaky_relu_grad,
    relu,
    relu_grad,
    sigmoid,
    sigmoid_grad,
    tanh,
    tanh_grad,
)
from reference.figures.style import GREY, PALE, line, number, panels, styled


@styled
def plot_activations(z_max=5.0, leak=0.1):
    """Sigmoid and tanh in the upper row, ReLU, leaky ReLU and GELU in the lower; the derivatives beside them.

    Parameters
    ----------
    z_max : float
        The curves run from -z_max to z_max; at least 3, so that the saturation is in the picture.
    leak : float
        Slope of the leaky ReLU; more than its usual 0.01, which nobody could see.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If z_max is below 3.
    """
    if not z_max >= 3:
        raise ValueError(f"z_max must be at least 3 to show where the curves flatten, got {z_max}")
    z = np.linspace(-z_max, z_max, 801)
    figure, ((squash, squash_grad), (rectify, rectify_grad)) = panels(2, 2, height=6.0, sharex=True)

    for i, (f, f_grad) in enumerate(((sigmoid, sigmoid_grad), (tanh, tanh_grad))):
        squash.plot(z, f(z), label=f.__name__, **line(i))
        squash_grad.plot(z, f_grad(z), label=f.__name__, **line(i))
    squash.set(title="Flat on both sides", ylabel="f(z)")
    squash_grad.set(title="... so the derivatives vanish", ylabel="f′(z)")
    squash_grad.annotate("tanh: at most 1", (0.1, 1.0), xytext=(0.24 * z_max, 0.95), **_NOTE)
    squash_grad.annotate("sigmoid: at most 1/4;\n10 layers: $(1/4)^{10} \\approx 10^{-6}$",
                         (0.3, 0.245), xytext=(0.24 * z_max, 0.5), **_NOTE)

    curves = (
        ("ReLU", relu(z), relu_grad(z)),
        (f"leaky ReLU, slope {leak:g}", leaky_relu(z, leak), leaky_relu_grad(z, leak)),
        ("GELU", gelu(z), gelu_grad(z)),
    )
    for i, (name, f, f_grad) in enumerate(curves):
        rectify.plot(z, f, label=name, zorder=3 - 0.1 * i, **line(i))
        if name != "GELU":
            f_grad = np.where(z == 0, np.nan, f_grad)  # a jump is drawn as a gap
        rectify_grad.plot(z, f_grad, label=name, **line(i))
    rectify.set(title="Flat on one side", xlabel="z", ylabel="f(z)", ylim=(-0.9, 3.2))
    rectify_grad.set(title="... and steep on the other", xlabel="z", ylabel="f′(z)", ylim=(-0.25, 1.4))
    low = z[np.argmin(gelu(z))]
    rectify.annotate(f"GELU dips to {number(gelu(low))}\nat z = {number(low)}", (low, gelu(low)),
                     xytext=(0.1 * z_max, -0.52), **_NOTE)
    steep = z[np.argmax(gelu_grad(z))]
    rectify_grad.annotate(f"GELU: up to {number(gelu_grad(steep))}", (steep, gelu_grad(steep)),
                          xytext=(0.45 * z_max, 1.26), **_NOTE)
    for ax in (rectify, rectify_grad):
        ax.axvspan(-z_max, 0, color=PALE, alpha=0.35, lw=0)
    rectify.text(-0.96 * z_max, 1.0, "a ReLU with z < 0\nfor all examples\ngets no gradient:\nit is dead",
                 fontsize=8.5, va="center")
    rectify_grad.text(-0.96 * z_max, 0.6, "dead ReLU:\nderivative 0;\nleaky: never\nquite dead", fontsize=8.5,
                      va="center")
    for ax, place in ((squash, "upper left"), (rectify, "upper left")):
        ax.legend(loc=place, handlelength=2.8)
    for ax in (squash, squash_grad, rectify, rectify_grad):
        ax.axhline(0, color=GREY, lw=0.8, zorder=1)
    squash.set_xlim(-z_max, z_max)
    return figure


_NOTE = {"fontsize": 8.5, "va": "center",
         "arrowprops": {"arrowstyle": "-", "color": GREY, "lw": 0.9, "shrinkB": 3}}
