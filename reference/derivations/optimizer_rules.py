"""From SGD to AdamW: where each rule comes from, and the bias correction derived."""

import numpy as np

from reference.derivations.derivation import Derivation
from reference.optimizers import SGD, Adam, AdamW, Momentum

DERIVATION = Derivation("The optimizers' update rules", r"""
$\theta_t$ are the parameters after $t$ steps, $g_t$ is the gradient of the $t$-th mini-batch's loss at
$\theta_{t-1}$, $t = 1, 2, \dots$ All operations on vectors are meant entry by entry.
""")

ALPHA, BETA, BETA1, BETA2, EPSILON, DECAY = 0.1, 0.9, 0.9, 0.999, 1e-8, 0.2


def gradients(rng, steps=12, n=4):
    """Random gradients whose entries differ in size, shape (steps, n)."""
    return rng.normal(size=(steps, n)) * np.logspace(-2, 1, n)


def path(optimizer, theta, gs):
    """The parameters after each step of an optimizer of optimizers.py, shape (steps, n)."""
    params, out = {"W": theta.copy()}, []
    for g in gs:
        optimizer.step(params, {"W": g})
        out.append(params["W"].copy())
    return np.array(out)


def averages(gs, beta):
    """The exponential moving average v_t = beta v_{t-1} + (1 - beta) g_t from v_0 = 0, shape (steps, n)."""
    v, out = np.zeros_like(gs[0]), []
    for g in gs:
        v = beta * v + (1 - beta) * g
        out.append(v)
    return np.array(out)


@DERIVATION.step("Why the negative gradient", r"""
For a small step $\Delta$, Taylor's formula gives $L(\theta + \Delta) \approx L(\theta) + g^T \Delta$. Among
all $\Delta$ of the same length, $g^T \Delta = |g|\,|\Delta| \cos\varphi$ is least where $\Delta$ points
against $g$. Hence

$$\Delta = -\alpha\, g \qquad L(\theta - \alpha g) \approx L(\theta) - \alpha |g|^2$$

The gain $\alpha |g|^2$ is what the linear approximation promises; for large $\alpha$ it does not hold.
""", 1e-5)
def steepest(rng):
    """On a curved loss: the gain of a tiny step; and no random direction promises more than -g."""
    A, theta = rng.normal(size=(4, 4)), rng.normal(size=4)
    def L(t):
        return float(np.sum(np.sin(A @ t)) + t @ t)

    g = A.T @ np.cos(A @ theta) + 2 * theta
    alpha = 1e-7
    gain = (L(theta) - L(theta - alpha * g)) / alpha
    directions = rng.normal(size=(1000, 4))
    directions *= np.linalg.norm(g) / np.linalg.norm(directions, axis=1, keepdims=True)
    best = min(float(np.min(directions @ g)), -float(g @ g))
    yield gain, g @ g
    yield best, -g @ g


@DERIVATION.step("SGD", r"""
$$\theta_t = \theta_{t-1} - \alpha\, g_t$$

*Stochastic*, since $g_t$ comes from a mini-batch drawn at random. Its expected value is the gradient of the
whole training loss; unrolled, the parameters are the start minus $\alpha$ times the sum of all gradients
seen, $\theta_t = \theta_0 - \alpha \sum_{s=1}^t g_s$.
""")
def sgd(rng):
    """The optimizer, and the sum."""
    gs, theta = gradients(rng), rng.normal(size=4)
    yield path(SGD(ALPHA), theta, gs), theta - ALPHA * np.cumsum(gs, axis=0)


@DERIVATION.step("A mini-batch's gradient is right on average", r"""
Cut $N$ examples into batches of equal size. The mean of the batches' gradients is the gradient of the
whole:

$$\frac1B \sum_{b=1}^B g^{(b)} = \frac1N \sum_{i=1}^N \nabla L_i$$

A single $g^{(b)}$ differs from it by noise. Averaging several of them would reduce the noise: that is the
next idea.
""")
def minibatch_mean(rng):
    """Squared-error gradients of 24 examples, in 6 batches and in one."""
    X, y, w = rng.normal(size=(24, 4)), rng.normal(size=24), rng.normal(size=4)
    each = (X @ w - y)[:, None] * X
    batches = rng.permutation(24).reshape(6, 4)
    yield np.mean([each[batch].mean(axis=0) for batch in batches], axis=0), each.mean(axis=0)


@DERIVATION.step("The exponential moving average", r"""
Keep a running average that forgets: $v_t = \beta v_{t-1} + (1 - \beta) g_t$ with $v_0 = 0$. Putting
$v_{t-1}$ into it, then $v_{t-2}$, and so on,

$$v_t = (1 - \beta) \sum_{s=1}^t \beta^{\,t-s} g_s$$

a weighted sum in which a gradient $k$ steps old has the weight $(1 - \beta)\beta^k$. The weights fall to
$1/e$ after about $1/(1 - \beta)$ steps: ten for $\beta = 0.9$, where $0.9^{10} = 0.35$ and $1/e = 0.37$.
""")
def moving_average(rng):
    """Recursion and sum; the two numbers in the text."""
    gs = gradients(rng)
    t = len(gs)
    unrolled = (1 - BETA) * sum(BETA ** (t - s) * gs[s - 1] for s in range(1, t + 1))
    yield averages(gs, BETA)[-1], unrolled
    yield [round(BETA**10, 2), round(float(np.exp(-1)), 2)], [0.35, 0.37]


@DERIVATION.step("Momentum", r"""
Step along the average instead of the last gradient:

$$v_t = \beta v_{t-1} + (1 - \beta) g_t \qquad \theta_t = \theta_{t-1} - \alpha v_t$$

What keeps its sign adds up, what changes sign from step to step cancels. With a constant gradient $g$,
$v_t = (1 - \beta^t) g$ tends to $g$: the same speed as SGD in the end, with less noise. (Some books and
PyTorch leave out the factor $1 - \beta$; then $v$ tends to $g / (1 - \beta)$ and $\alpha$ has to be smaller
by that factor.)
""")
def momentum(rng):
    """The optimizer and the formula; the constant gradient; PyTorch's form with its smaller alpha."""
    gs, theta = gradients(rng), rng.normal(size=4)
    constant = averages(np.tile(gs[0], (20, 1)), BETA)[-1]
    buffer, other = np.zeros(4), theta.copy()
    for g in gs:
        buffer = BETA * buffer + g
        other = other - (1 - BETA) * ALPHA * buffer
    lecture = path(Momentum(ALPHA, BETA), theta, gs)
    yield lecture, theta - ALPHA * np.cumsum(averages(gs, BETA), axis=0)
    yield constant, (1 - BETA**20) * gs[0]
    yield lecture[-1], other


@DERIVATION.step("The average is biased at the start", r"""
Let the gradients have the same expected value $\mathbb E[g_s] = \mu$. By the formula of the moving average
and the geometric sum $\sum_{k=0}^{t-1} \beta^k = (1 - \beta^t)/(1 - \beta)$,

$$\mathbb E[v_t] = (1 - \beta) \sum_{s=1}^t \beta^{\,t-s} \mu = (1 - \beta^t)\, \mu$$

too small by the factor $1 - \beta^t$, because $v_0 = 0$ counts as a gradient of 0. At $t = 1$ with
$\beta = 0.999$ it is a thousandth. Dividing by the factor removes the bias at every $t$:

$$\hat v_t = \frac{v_t}{1 - \beta^t} \qquad \mathbb E[\hat v_t] = \mu$$
""")
def bias(rng):
    """The weights of the sum add up to 1 - beta^t, so v_hat of constant gradients is that constant."""
    t = int(rng.integers(1, 30))
    weights = [(1 - BETA2) * BETA2 ** (t - s) for s in range(1, t + 1)]
    mu = rng.normal(size=4)
    corrected = averages(np.tile(mu, (t, 1)), BETA2)[-1] / (1 - BETA2**t)
    yield sum(weights), 1 - BETA2**t
    yield corrected, mu
    yield round(1 - BETA2, 12), 0.001


@DERIVATION.step("The corrected average is an average", r"""
Divided by $1 - \beta^t$, the weights of $g_1, \dots, g_t$ add up to 1, so $\hat v_t$ lies between the least
and the greatest gradient seen. The first one is $\hat v_1 = (1 - \beta) g_1 / (1 - \beta) = g_1$.
""")
def true_average(rng):
    """v_hat as NumPy's weighted average; v_hat_1 is g_1."""
    gs = gradients(rng)
    t = len(gs)
    weights = BETA ** np.arange(t - 1, -1, -1)
    first = averages(gs[:1], BETA)[0] / (1 - BETA)
    yield averages(gs, BETA)[-1] / (1 - BETA**t), np.average(gs, axis=0, weights=weights)
    yield first, gs[0]


@DERIVATION.step("Adam", r"""
Two averages, of the gradient and of its square, both corrected:

$$m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2$$
$$\hat m_t = \frac{m_t}{1 - \beta_1^t} \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t} \qquad
\theta_t = \theta_{t-1} - \alpha \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}$$

$\sqrt{\hat v}$ is the gradient's usual size, entry by entry, and every entry's step is measured in it.
""")
def adam(rng):
    """The formulas with both sums written out, against optimizers.py."""
    gs, theta = gradients(rng), rng.normal(size=4)
    here, out = theta.copy(), []
    for t in range(1, len(gs) + 1):
        ages = np.arange(t - 1, -1, -1)[:, None]
        m_hat = np.sum((1 - BETA1) * BETA1**ages * gs[:t], axis=0) / (1 - BETA1**t)
        v_hat = np.sum((1 - BETA2) * BETA2**ages * gs[:t] ** 2, axis=0) / (1 - BETA2**t)
        here = here - ALPHA * m_hat / (np.sqrt(v_hat) + EPSILON)
        out.append(here)
    yield path(Adam(ALPHA, BETA1, BETA2, EPSILON), theta, gs), np.array(out)


@DERIVATION.step("Adam's first step, and its scale", r"""
At $t = 1$, $\hat m_1 = g_1$ and $\hat v_1 = g_1^2$, so (but for $\epsilon$)

$$\theta_1 = \theta_0 - \alpha \, \mathrm{sign}(g_1)$$

Multiplying the loss by $c > 0$ multiplies $\hat m$ by $c$ and $\sqrt{\hat v}$ by $c$: the steps stay the
same. $\alpha$ is a length in parameter space, about the most that a weight moves in one step while its
gradients are steady. Without the corrections the first step would be
$\alpha (1 - \beta_1)/\sqrt{1 - \beta_2} \approx 3.2\, \alpha$ with the usual values.
""", 1e-5)
def first_step(rng):
    """The sign; the scale; the factor without corrections. Epsilon costs up to 1e-8 / |g|."""
    gs, theta = gradients(rng), rng.normal(size=4)
    gs[np.abs(gs) < 1e-2] = 1e-2
    steps = path(Adam(ALPHA), theta, gs)
    yield steps[0], theta - ALPHA * np.sign(gs[0])
    yield steps, path(Adam(ALPHA), theta, 7 * gs)
    yield round((1 - BETA1) / np.sqrt(1 - BETA2), 1), 3.2


@DERIVATION.step("Weight decay and the L2 penalty are the same for SGD", r"""
The penalty $\frac{\lambda}{2} |\theta|^2$ adds $\lambda\theta$ to the gradient:

$$\theta_t = \theta_{t-1} - \alpha (g_t + \lambda \theta_{t-1})
= (1 - \alpha\lambda)\, \theta_{t-1} - \alpha\, g_t$$

Each step first shrinks all weights by the same factor, hence "weight decay". (The lecture's
$\lambda|\theta|^2$ has the same effect with half the $\lambda$.)
""")
def sgd_decay(rng):
    """Both forms, step after step."""
    gs, theta = gradients(rng), rng.normal(size=4)
    penalty, decay, pairs = theta.copy(), theta.copy(), []
    for g in gs:
        penalty = penalty - ALPHA * (g + DECAY * penalty)
        decay = (1 - ALPHA * DECAY) * decay - ALPHA * g
        pairs.append((penalty, decay))
    yield from pairs


@DERIVATION.step("For Adam they are not: AdamW", r"""
Put the penalty into Adam's gradient and it is divided by $\sqrt{\hat v}$ like the rest. At the first step
the whole is $\alpha\, \mathrm{sign}(g_1 + \lambda\theta_0)$: where $|g_1| > \lambda|\theta_0|$ the penalty
has no effect at all. AdamW takes the decay out of the gradient (*decoupled*), and every weight shrinks by
the same factor again:

$$\theta_t = (1 - \alpha\lambda)\, \theta_{t-1} - \alpha \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}$$

with $\hat m$ and $\hat v$ of the loss's gradient alone.
""", 1e-5)
def adamw(rng):
    """AdamW as decay plus Adam's own step; and a penalty that Adam's first step does not feel."""
    gs, theta = gradients(rng), rng.normal(size=4)
    gs[np.abs(gs) < 1e-2] = 1e-2
    # Adam's steps depend on the gradients only, not on where theta is
    adam_steps = np.diff(path(Adam(ALPHA), np.zeros(4), gs), axis=0, prepend=np.zeros((1, 4)))
    here, out = theta.copy(), []
    for step in adam_steps:
        here = (1 - ALPHA * DECAY) * here + step
        out.append(here)
    large = gs[:1] + np.sign(gs[:1]) * 2 * DECAY * np.abs(theta)
    yield path(AdamW(ALPHA, weight_decay=DECAY), theta, gs), np.array(out)
    yield path(Adam(ALPHA), theta, large + DECAY * theta), path(Adam(ALPHA), theta, large)


STEPS, render = DERIVATION.steps, DERIVATION.render
