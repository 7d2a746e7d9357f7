"""Backpropagation through two layers, all of it: input -> ReLU -> sigmoid, binary cross-entropy.

Each delta and each gradient is checked against central differences of the loss as a function of that very
quantity, so a mistake shows in the step that makes it, not only at the end.
"""

import numpy as np

from reference.activations import relu, relu_grad, sigmoid
from reference.derivations.derivation import DIFFERENCES, Derivation
from reference.gradient_check import numerical_gradient
from reference.losses import bce_from_logits
from reference.network import backward, forward

DERIVATION = Derivation("Backpropagation for a two-layer network", r"""
A batch is a matrix $X$ of shape $(m, n_0)$, one example a row. The hidden layer has $n_1$ units, the output
is one probability; $y$ is $(m, 1)$ with entries 0 and 1. We write $dQ$ for $\partial L / \partial Q$: an
array of the shape of $Q$ that says how the loss $L$, a single number, changes with each entry of $Q$. The
plan is to walk from $L$ back to the input and to compute each $dQ$ from the one after it.
""")


class Example:
    """A random network, batch and labels, and every quantity of the forward and the backward pass.

    No pre-activation of the hidden layer lies within 1e-3 of 0, where ReLU has a kink and central differences
    measure something between two slopes; no probability is so near 0 or 1 that log bends too much for them.
    """

    def __init__(self, rng, m=6, n0=4, n1=5):
        while True:
            self.X, self.y = rng.normal(size=(m, n0)), rng.integers(0, 2, size=(m, 1)).astype(float)
            self.W1, self.b1 = rng.normal(size=(n1, n0)), rng.normal(size=n1)
            self.W2, self.b2 = rng.normal(size=(1, n1)), rng.normal(size=1)
            self.Z1 = self.X @ self.W1.T + self.b1
            self.A1 = relu(self.Z1)
            self.Z2 = self.A1 @ self.W2.T + self.b2
            self.y_hat = sigmoid(self.Z2)
            if np.abs(self.Z1).min() > 1e-3 and np.abs(self.y_hat - 0.5).max() < 0.45:
                break
        self.m = m
        self.dy_hat = -(self.y / self.y_hat - (1 - self.y) / (1 - self.y_hat)) / m
        self.dZ2 = (self.y_hat - self.y) / m
        self.dW2, self.db2, self.dA1 = self.dZ2.T @ self.A1, self.dZ2.sum(axis=0), self.dZ2 @ self.W2
        self.dZ1 = self.dA1 * relu_grad(self.Z1)
        self.dW1, self.db1, self.dX = self.dZ1.T @ self.X, self.dZ1.sum(axis=0), self.dZ1 @ self.W1

    def loss(self, **changed):
        """L, from the earliest of the given quantities on; the others are what they are."""
        q = {**vars(self), **changed}
        if "y_hat" not in changed:
            if "Z2" not in changed:
                if "A1" not in changed:
                    q["A1"] = relu(changed["Z1"] if "Z1" in changed else q["X"] @ q["W1"].T + q["b1"])
                q["Z2"] = q["A1"] @ q["W2"].T + q["b2"]
            q["y_hat"] = sigmoid(q["Z2"])
        return float(-np.mean(q["y"] * np.log(q["y_hat"]) + (1 - q["y"]) * np.log(1 - q["y_hat"])))

    def numerical(self, name):
        """dL/d(name) by central differences."""
        return numerical_gradient(lambda value: self.loss(**{name: value}), getattr(self, name))


@DERIVATION.step("The forward pass", r"""
$$Z^{[1]} = X W^{[1]T} + b^{[1]} \qquad A^{[1]} = \mathrm{ReLU}(Z^{[1]}) \qquad
Z^{[2]} = A^{[1]} W^{[2]T} + b^{[2]} \qquad \hat y = \sigma(Z^{[2]})$$

The shapes: $W^{[1]}$ is $(n_1, n_0)$, $Z^{[1]}$ and $A^{[1]}$ are $(m, n_1)$, $W^{[2]}$ is $(1, n_1)$,
$Z^{[2]}$ and $\hat y$ are $(m, 1)$. Written for one entry,
$z^{[1]}_{ij} = \sum_k x_{ik} w^{[1]}_{jk} + b^{[1]}_j$.
""")
def forward_pass(rng):
    """The matrices, against sums written out and against network.py."""
    e = Example(rng)
    entries = [[sum(x[k] * w[k] for k in range(len(x))) + b for w, b in zip(e.W1, e.b1, strict=True)]
               for x in e.X]
    logits, _ = forward({"W1": e.W1, "b1": e.b1, "W2": e.W2, "b2": e.b2}, e.X)
    yield e.Z1, entries
    yield e.Z2, logits


@DERIVATION.step("The loss", r"""
$$L = -\frac1m \sum_{i=1}^m \left[ y_i \log \hat y_i + (1 - y_i) \log(1 - \hat y_i) \right]$$

It is a mean over the batch. That $1/m$ enters the backward pass once, in the next step, and every later
gradient carries it along.
""")
def loss(rng):
    """The formula, against the numerically stable form."""
    e = Example(rng)
    yield e.loss(), bce_from_logits(e.Z2, e.y)


@DERIVATION.step("From the loss to the probability", r"""
Only the $i$-th term of the sum contains $\hat y_i$, and $\log$ has the derivative $1/\hat y$:

$$d\hat y_i = \frac{\partial L}{\partial \hat y_i}
= -\frac1m \left[ \frac{y_i}{\hat y_i} - \frac{1 - y_i}{1 - \hat y_i} \right]$$
""", DIFFERENCES)
def probability(rng):
    """d y_hat, against differences of L in y_hat."""
    e = Example(rng)
    yield e.dy_hat, e.numerical("y_hat")


@DERIVATION.step("From the probability to the logit", r"""
$\sigma'(z) = \sigma(z)(1 - \sigma(z)) = \hat y (1 - \hat y)$. The chain rule multiplies:

$$dz^{[2]}_i = d\hat y_i \, \hat y_i (1 - \hat y_i)
= -\frac1m \left[ y_i (1 - \hat y_i) - (1 - y_i) \hat y_i \right]
= \frac1m (\hat y_i - y_i)$$

The denominators cancel. In matrix form, $dZ^{[2]} = (\hat y - y)/m$.
""", DIFFERENCES)
def logit(rng):
    """Before and after cancelling, and against differences of L in Z2."""
    e = Example(rng)
    yield e.dy_hat * e.y_hat * (1 - e.y_hat), e.dZ2
    yield e.dZ2, e.numerical("Z2")


@DERIVATION.step("The output layer's weights", r"""
$z^{[2]}_i = \sum_j a^{[1]}_{ij} w^{[2]}_j + b^{[2]}$, so
$\partial z^{[2]}_i / \partial w^{[2]}_j = a^{[1]}_{ij}$. The weight $w^{[2]}_j$ takes part in the logits of
all $m$ examples, and the chain rule adds up over all paths:

$$dw^{[2]}_j = \sum_{i=1}^m dz^{[2]}_i \, a^{[1]}_{ij} \qquad\text{in matrices}\qquad
dW^{[2]} = dZ^{[2]T} A^{[1]}$$

$(1, m)$ times $(m, n_1)$ is $(1, n_1)$, the shape of $W^{[2]}$: the product does the sum over the batch.
""", DIFFERENCES)
def output_weights(rng):
    """The sum, the product, the differences."""
    e = Example(rng)
    written_out = [[sum(e.dZ2[i, 0] * e.A1[i, j] for i in range(e.m)) for j in range(e.A1.shape[1])]]
    yield written_out, e.dW2
    yield e.dW2, e.numerical("W2")


@DERIVATION.step("The output layer's bias", r"""
$\partial z^{[2]}_i / \partial b^{[2]} = 1$ for every example: the bias was broadcast over the rows, its
gradient is summed over them.

$$db^{[2]} = \sum_{i=1}^m dz^{[2]}_i$$
""", DIFFERENCES)
def output_bias(rng):
    """db2, against differences."""
    e = Example(rng)
    yield e.db2, e.numerical("b2")


@DERIVATION.step("Back to the hidden activations", r"""
The same equation seen from the other factor: $\partial z^{[2]}_i / \partial a^{[1]}_{ij} = w^{[2]}_j$, and
an activation has only its own example's logit to act on.

$$da^{[1]}_{ij} = dz^{[2]}_i \, w^{[2]}_j \qquad\text{in matrices}\qquad dA^{[1]} = dZ^{[2]} W^{[2]}$$

Forward, the signal was multiplied by $W^{[2]T}$; backward, the gradient is multiplied by $W^{[2]}$.
""", DIFFERENCES)
def hidden_activations(rng):
    """dA1, against differences of L in A1."""
    e = Example(rng)
    yield e.dA1, e.numerical("A1")


@DERIVATION.step("Through the ReLU", r"""
$\mathrm{ReLU}$ works on each entry by itself, so its derivative multiplies entry by entry ($\odot$):

$$dZ^{[1]} = dA^{[1]} \odot \mathrm{ReLU}'(Z^{[1]}) \qquad
\mathrm{ReLU}'(z) = 1 \text{ for } z > 0, \text{ else } 0$$

A unit that was silent for an example passes no gradient back for it. At $z = 0$ there is no derivative; 0
is a convention.
""", DIFFERENCES)
def through_relu(rng):
    """dZ1, against differences of L in Z1."""
    e = Example(rng)
    yield e.dZ1, e.numerical("Z1")


@DERIVATION.step("The hidden layer's weights and biases", r"""
Nothing new happens: a dense layer is a dense layer.

$$dW^{[1]} = dZ^{[1]T} X \qquad db^{[1]}_j = \sum_{i=1}^m dz^{[1]}_{ij}$$

$(n_1, m)$ times $(m, n_0)$ is $(n_1, n_0)$, the shape of $W^{[1]}$.
""", DIFFERENCES)
def hidden_weights(rng):
    """dW1 and db1, against differences."""
    e = Example(rng)
    yield e.dW1, e.numerical("W1")
    yield e.db1, e.numerical("b1")


@DERIVATION.step("The input", r"""
$$dX = dZ^{[1]} W^{[1]}$$

Where $X$ is data, nobody needs it. Where $X$ is made from embeddings, it is where their gradient begins.
""", DIFFERENCES)
def input_gradient(rng):
    """dX, against differences."""
    e = Example(rng)
    yield e.dX, e.numerical("X")


@DERIVATION.step("The whole in one line", r"""
Put together, for one weight of the first layer:

$$\frac{\partial L}{\partial w^{[1]}_{jk}} = \frac1m \sum_{i=1}^m
\underbrace{(\hat y_i - y_i)}_{\text{error}} \; \underbrace{w^{[2]}_j}_{\text{blame}} \;
\underbrace{\mathbf 1[z^{[1]}_{ij} > 0]}_{\text{was active}} \; \underbrace{x_{ik}}_{\text{input}}$$

Computed like that for each weight, the error and the blame would be worked out over and over again.
Backpropagation computes $dZ^{[2]}$ and $dZ^{[1]}$ once and reuses them: that is all there is to it. A dense
layer needs one matrix product forward and two of the same size backward.
""")
def in_one_line(rng):
    """The closed formula, against network.py's backward."""
    e = Example(rng)
    closed = np.einsum("i,j,ij,ik->jk", (e.y_hat - e.y)[:, 0], e.W2[0], (e.Z1 > 0).astype(float), e.X) / e.m
    params = {"W1": e.W1, "b1": e.b1, "W2": e.W2, "b2": e.b2}
    _, cache = forward(params, e.X)
    grads = backward(params, cache, e.dZ2)
    yield closed, e.dW1
    yield from ((getattr(e, f"d{name}"), grads[name]) for name in params)


STEPS, render = DERIVATION.steps, DERIVATION.render
