"""The universal approximation theorem: stated, made plausible by construction, and measured.

It is not proved here. The steps build a ReLU network by hand that passes through given points, bound its
error, and watch the error fall as the network widens. The last ones say what the theorem does not promise.
"""

import numpy as np

from reference.activations import relu
from reference.derivations.derivation import Derivation
from reference.initialization import init_params
from reference.network import backward, forward
from reference.optimizers import Adam

DERIVATION = Derivation("The universal approximation theorem", r"""
**Statement** (Cybenko, 1989; Hornik, 1991; Leshno et al., 1993). Let $f$ be a continuous function on a
bounded closed set $K \subset \mathbb R^n$, and let the activation be continuous and not a polynomial. For
every $\varepsilon > 0$ there is a width $N$ and there are weights with

$$\max_{x \in K} \Big| f(x) - \Big( \sum_{j=1}^N v_j\, \phi(w_j^T x + b_j) + c \Big) \Big| < \varepsilon$$

One hidden layer is enough, if it may be as wide as it likes. For ReLU and one input the reason can be seen.
""")

LOW, HIGH = -3.0, 3.0
WIDTHS = (2, 4, 8, 16, 32, 64)


def target(x):
    """The function to approximate; |f''| is at most 4."""
    return np.sin(2 * x) + 0.5 * x


def interpolating_network(f, width):
    """Parameters of a network with `width` ReLU units: equal to f at width + 1 points, straight between.

    Parameters
    ----------
    f : callable
        Takes and returns an array.
    width : int

    Returns
    -------
    dict
        "W1" (width, 1), "b1" (width,), "W2" (1, width), "b2" (1,), as `network.forward` wants them.
    """
    knots = np.linspace(LOW, HIGH, width + 1)
    slopes = np.diff(f(knots)) / np.diff(knots)
    return {
        "W1": np.ones((width, 1)),
        "b1": -knots[:-1],  # unit j begins at knot j
        "W2": np.diff(slopes, prepend=0.0)[None, :],  # and changes the slope by this much
        "b2": f(knots[:1]),
    }


def largest_error(f, params, points=4001):
    """Greatest distance between f and the network on a fine grid."""
    x = np.linspace(LOW, HIGH, points)
    return float(np.abs(f(x) - forward(params, x[:, None])[0][:, 0]).max())


def train_network(f, width, rng, steps=1000, lr=0.01, points=200):
    """Train all weights on the mean squared error, from kinks anywhere in the interval."""
    x = np.linspace(LOW, HIGH, points)[:, None]
    params = init_params([1, width, 1], rng)
    params["b1"] = -params["W1"][:, 0] * rng.uniform(LOW, HIGH, size=width)
    optimizer = Adam(lr)
    for step in range(steps):
        optimizer.lr = lr * (1 - step / steps)  # ever smaller steps, so that it settles
        out, cache = forward(params, x)
        optimizer.step(params, backward(params, cache, 2 * (out - f(x)) / points))
    return params


@DERIVATION.step("A ReLU unit bends a line", r"""
$\mathrm{ReLU}(x - k)$ is 0 up to $k$ and rises with slope 1 after it. A sum of such units is a line with
bends:

$$g(x) = c + \sum_{j=1}^N v_j\, \mathrm{ReLU}(x - k_j) \qquad g'(x) = \sum_{j \,:\, k_j < x} v_j$$

Each unit changes the slope at its own $k_j$, by $v_j$.
""", 1e-6)
def bends(rng):
    """The slope between the kinks, by differences."""
    k, v = np.sort(rng.uniform(LOW, HIGH, size=6)), rng.normal(size=6)
    x = (k[1:] + k[:-1]) / 2
    def g(x):
        return relu(x[:, None] - k) @ v

    h = np.diff(k).min() / 4
    yield (g(x + h) - g(x - h)) / (2 * h), np.cumsum(v)[:-1]


@DERIVATION.step("So it can pass through any points", r"""
Choose points $k_0 < k_1 < \dots < k_N$ and let $s_j$ be the slope of the line from $(k_{j-1}, f(k_{j-1}))$
to $(k_j, f(k_j))$. The network

$$c = f(k_0) \qquad v_1 = s_1 \qquad v_j = s_j - s_{j-1} \qquad
g(x) = c + \sum_{j=1}^N v_j\, \mathrm{ReLU}(x - k_{j-1})$$

is equal to $f$ at all $N + 1$ points and straight between them. No training was needed.
""", 1e-10)
def through_points(rng):
    """The constructed network at its knots; f is random there."""
    width = int(rng.integers(3, 20))
    knots, values = np.linspace(LOW, HIGH, width + 1), rng.normal(size=width + 1)
    params = interpolating_network(lambda x: np.interp(x, knots, values), width)
    yield forward(params, knots[:, None])[0][:, 0], values


@DERIVATION.step("How far off between the points", r"""
On an interval of length $h$ a straight line through the ends misses a function with $|f''| \le M$ by at
most $M h^2 / 8$. With $N$ units on an interval of length $D$, $h = D / N$:

$$\max_x |f(x) - g(x)| \le \frac{M D^2}{8 N^2}$$

As $N$ grows this falls below every $\varepsilon$. (A continuous $f$ without second derivative works too: it
is uniformly continuous on a bounded closed interval, so it differs little between neighbouring points.)
""")
def error_bound(rng):
    """What the error exceeds the bound by, which has to be nothing, for a random sine and several widths."""
    a, b = rng.uniform(0.5, 2, size=2)
    def f(x):
        return a * np.sin(b * x)

    excess = [largest_error(f, interpolating_network(f, N))
              - a * b**2 * (HIGH - LOW) ** 2 / (8 * N**2) for N in WIDTHS]
    yield np.maximum(excess, 0), np.zeros(len(WIDTHS))


@DERIVATION.step("The error falls with the square of the width", r"""
For $f(x) = \sin 2x + x/2$ on $[-3, 3]$, the constructed network's largest error:

| width $N$ | 2 | 4 | 8 | 16 | 32 | 64 |
|---|---|---|---|---|---|---|
| error | 1.1 | 0.93 | 0.23 | 0.069 | 0.018 | 0.0044 |

From 8 units on, twice the width leaves 0.30, 0.26 and 0.25 of the error; the bound says a quarter.
""")
def error_falls(rng):
    """The table's numbers, to the digits given, and the shares that are left."""
    errors = [largest_error(target, interpolating_network(target, N)) for N in WIDTHS]
    ratios = [round(later / earlier, 2) for earlier, later in zip(errors[2:], errors[3:], strict=False)]
    yield [float(f"{error:.2g}") for error in errors], [1.1, 0.93, 0.23, 0.069, 0.018, 0.0044]
    yield ratios, [0.3, 0.26, 0.25]


@DERIVATION.step("Units anywhere, fitted output weights", r"""
The kinks need not be placed with care. Draw them at random and choose only the output weights, by least
squares. The more units, the smaller the squared error *can* become: a wider network contains the narrower
one, with $v_j = 0$ for the new units.

$$\min_{v, c} \frac1P \sum_{p=1}^P \big( f(x_p) - g_{2N}(x_p) \big)^2
\;\le\; \min_{v, c} \frac1P \sum_{p=1}^P \big( f(x_p) - g_N(x_p) \big)^2$$
""", 1e-6)
def nested_fits(rng):
    """By how much the squared error of nested random networks rises with the width: not at all."""
    x = np.linspace(LOW, HIGH, 400)
    kinks, sign = rng.uniform(LOW, HIGH, size=max(WIDTHS)), rng.choice([-1.0, 1.0], size=max(WIDTHS))
    hidden = relu(sign * (x[:, None] - kinks))
    errors = []
    for width in WIDTHS:
        features = np.column_stack([hidden[:, :width], np.ones(len(x))])
        v, *_ = np.linalg.lstsq(features, target(x), rcond=None)
        errors.append(np.mean((features @ v - target(x)) ** 2))
    yield np.maximum(np.diff(errors), 0), np.zeros(len(WIDTHS) - 1)
    yield max(errors[-1] - 0.001, 0), 0.0  # and with 64 units little is left


@DERIVATION.step("It says that weights exist, not that training finds them", r"""
Train the network with 64 units by gradient descent (Adam, 1,000 steps on the squared error, from random
weights) and measure its largest error. In every run that the check makes it is more than three times the
error 0.0044 of the network that we built by hand. The loss is not convex in the hidden weights, and
gradient descent stops where it stops.
""")
def training_does_worse(rng):
    """By how much three times the constructed error exceeds the trained one: not at all."""
    constructed = largest_error(target, interpolating_network(target, WIDTHS[-1]))
    trained = largest_error(target, train_network(target, WIDTHS[-1], rng))
    yield max(3 * constructed - trained, 0), 0.0


@DERIVATION.step("It says nothing about the outside", r"""
Beyond its last kink a ReLU network is a straight line. With inputs of at least $\max_j |b_j / w_j|$, no
unit changes its state any more, and

$$g(x) = g(x_0) + g'(x_0)\,(x - x_0)$$

The function may be a sine; the network does not know. Approximation holds on the bounded set $K$, where the
data are.
""", 1e-9)
def outside(rng):
    """A random network far to the right, against its own tangent."""
    params = {"W1": rng.normal(size=(9, 1)), "b1": rng.normal(size=9), "W2": rng.normal(size=(1, 9)),
              "b2": rng.normal(size=1)}
    start = np.abs(params["b1"] / params["W1"][:, 0]).max() + 1
    def g(x):
        return forward(params, np.atleast_1d(x)[:, None])[0][:, 0]

    slope = g(start + 1) - g(start)
    x = start + np.linspace(0, 100, 50)
    yield g(x), g(start) + slope * (x - start)


@DERIVATION.step("Without a non-linearity it is false", r"""
With $\phi(z) = z$ the network is $g(x) = (\sum_j v_j w_j)\, x + (\sum_j v_j b_j + c)$, a straight line at
any width. A polynomial of degree $q$ gives polynomials of degree $q$ at any width: hence "not a polynomial"
in the statement. Width buys nothing without a bend.
""", 1e-9)
def linear_fails(rng):
    """Wide linear network against the line; wide network of squares against its fitted parabola."""
    (w, b, v), c, x = rng.normal(size=(3, 50)), rng.normal(), rng.normal(size=30)
    yield (x[:, None] * w + b) @ v + c, (v @ w) * x + (v @ b + c)
    squares = (x[:, None] * w + b) ** 2 @ v + c
    yield squares, np.polyval(np.polyfit(x, squares, 2), x)


STEPS, render = DERIVATION.steps, DERIVATION.render
