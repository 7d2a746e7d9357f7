"""Why the gradient of cross-entropy is y_hat - y, in the binary and in the multi-class case.

The checks use the definitions (a logarithm of a probability), not the stable forms of losses.py, except where
a step says that the two are the same.
"""

import numpy as np

from reference.activations import sigmoid
from reference.derivations.derivation import DIFFERENCES, Derivation
from reference.gradient_check import numerical_gradient
from reference.losses import softmax, softmax_cross_entropy, softmax_cross_entropy_grad

DERIVATION = Derivation("The gradient of cross-entropy", r"""
A sigmoid or softmax followed by cross-entropy has a derivative that is shorter than either of its parts:
the prediction minus the truth. Here it is worked out for one example; a mean over $m$ examples divides by
$m$.
""")


def binary_example(rng):
    """A logit and a label, as numbers."""
    return rng.normal() * 2, float(rng.integers(0, 2))


def class_example(rng, K=5):
    """K logits and the one-hot vector of a class."""
    return rng.normal(size=K) * 2, np.eye(K)[rng.integers(K)]


def softmax_vector(z):
    """Softmax of a vector, by its definition."""
    return np.exp(z) / np.exp(z).sum()


def derivative(f, x):
    """df/dx of a function of a number, by central differences."""
    return numerical_gradient(lambda value: f(float(value[0])), np.array([x]))[0]


@DERIVATION.step("Cross-entropy is maximum likelihood", r"""
A model that says "class 1 with probability $\hat y$" gives the label $y$ the probability
$\hat y^{\,y} (1 - \hat y)^{1 - y}$: it is $\hat y$ if $y = 1$ and $1 - \hat y$ if $y = 0$. The probability
of independent labels is a product; minus its logarithm is a sum, the cross-entropy:

$$-\log \prod_i \hat y_i^{\,y_i} (1 - \hat y_i)^{1 - y_i}
= -\sum_i \left[ y_i \log \hat y_i + (1 - y_i) \log (1 - \hat y_i) \right]$$

The least loss and the greatest likelihood are found at the same parameters. The logarithm also keeps a
product of many small numbers from becoming 0 in floating point.
""")
def likelihood(rng):
    """Logarithm of the product, and sum of the logarithms."""
    y_hat, y = sigmoid(rng.normal(size=8)), rng.integers(0, 2, size=8)
    product = np.prod(np.where(y == 1, y_hat, 1 - y_hat))
    yield -np.log(product), -np.sum(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))


@DERIVATION.step("The sigmoid's derivative", r"""
With $\sigma(z) = (1 + e^{-z})^{-1}$,

$$\sigma'(z) = \frac{e^{-z}}{(1 + e^{-z})^2} = \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}}
= \sigma(z)\,(1 - \sigma(z))$$
""", DIFFERENCES)
def sigmoid_derivative(rng):
    """Both forms, against differences."""
    z, _ = binary_example(rng)
    first, last = np.exp(-z) / (1 + np.exp(-z)) ** 2, sigmoid(z) * (1 - sigmoid(z))
    yield first, last
    yield last, derivative(sigmoid, z)


@DERIVATION.step("Binary: the parts and the whole", r"""
$L = -y \log \hat y - (1 - y) \log(1 - \hat y)$ and $\hat y = \sigma(z)$:

$$\frac{\partial L}{\partial z} = \frac{\partial L}{\partial \hat y} \cdot \frac{\partial \hat y}{\partial z}
= \frac{\hat y - y}{\hat y (1 - \hat y)} \cdot \hat y (1 - \hat y) = \hat y - y$$

The left factor explodes where the model is sure and wrong, the right factor vanishes there, and the product
is harmless. This is why libraries join the two in one function of the logit.
""", DIFFERENCES)
def binary_gradient(rng):
    """The product, the difference, and differences of L in z."""
    z, y = binary_example(rng)
    y_hat = sigmoid(z)
    product = (y_hat - y) / (y_hat * (1 - y_hat)) * (y_hat * (1 - y_hat))
    def loss(z):
        return float(-y * np.log(sigmoid(z)) - (1 - y) * np.log(1 - sigmoid(z)))

    yield product, y_hat - y
    yield y_hat - y, derivative(loss, z)


@DERIVATION.step("What squared error would do", r"""
With $L = \tfrac12 (\hat y - y)^2$ the sigmoid's derivative stays:

$$\frac{\partial L}{\partial z} = (\hat y - y)\, \hat y (1 - \hat y)$$

For $y = 1$ and $z = -10$, the model is as wrong as can be, and this is $-4.5 \cdot 10^{-5}$: almost no
reason to change. Cross-entropy's gradient there is $-0.99995$.
""", DIFFERENCES)
def squared_error(rng):
    """The formula against differences, and the two numbers in the text, to the digits given."""
    z, y = binary_example(rng)
    y_hat, sure = sigmoid(z), sigmoid(-10.0)
    numbers = [float(f"{(sure - 1) * sure * (1 - sure):.1e}"), round(float(sure - 1), 5)]
    yield (y_hat - y) * y_hat * (1 - y_hat), derivative(lambda z: float((sigmoid(z) - y) ** 2 / 2), z)
    yield numbers, [-4.5e-5, -0.99995]


@DERIVATION.step("The softmax's derivative", r"""
$\hat y_j = e^{z_j} / S$ with $S = \sum_k e^{z_k}$, and $\partial S / \partial z_i = e^{z_i}$. For $j = i$
the quotient rule gives $(e^{z_i} S - e^{z_i} e^{z_i}) / S^2 = \hat y_i (1 - \hat y_i)$, for $j \ne i$ it
gives $-e^{z_j} e^{z_i} / S^2 = -\hat y_j \hat y_i$. In one formula, with $\delta_{ij} = 1$ if $i = j$ and
else 0:

$$\frac{\partial \hat y_j}{\partial z_i} = \hat y_j (\delta_{ij} - \hat y_i)$$

Raising one logit lowers all other probabilities: they have to share what is left.
""", DIFFERENCES)
def softmax_derivative(rng):
    """The whole Jacobian matrix, row j by row j."""
    z, _ = class_example(rng)
    y_hat = softmax_vector(z)
    rows = [numerical_gradient(lambda z, j=j: softmax_vector(z)[j], z) for j in range(len(z))]
    yield np.diag(y_hat) - np.outer(y_hat, y_hat), np.array(rows)


@DERIVATION.step("Multi-class: the sum collapses", r"""
$L = -\sum_j y_j \log \hat y_j$ with $y$ one-hot. The chain rule sums over all outputs, since $z_i$ acts on
each of them:

$$\frac{\partial L}{\partial z_i} = -\sum_j \frac{y_j}{\hat y_j} \, \hat y_j (\delta_{ij} - \hat y_i)
= -y_i + \hat y_i \sum_j y_j = \hat y_i - y_i$$

The last step needs $\sum_j y_j = 1$, and nothing else: it holds for soft labels too.
""", DIFFERENCES)
def class_gradient(rng):
    """The sum, the difference, differences of L; for a one-hot and for a soft label."""
    z, one_hot = class_example(rng)
    for y in (one_hot, rng.dirichlet(np.ones(len(z)))):
        y_hat = softmax_vector(z)
        the_sum = -(y / y_hat) @ (np.diag(y_hat) - np.outer(y_hat, y_hat))
        def loss(z, y=y):
            return float(-y @ np.log(softmax_vector(z)))

        yield the_sum, y_hat - y
        yield y_hat - y, numerical_gradient(loss, z)


@DERIVATION.step("Why so simple", r"""
Take the logarithm before the derivative. For the right class $c$,

$$L = -\log \frac{e^{z_c}}{\sum_k e^{z_k}} = -z_c + \log \sum_k e^{z_k}$$

The exponential and the logarithm have undone each other: a linear term is left, whose derivative is $-y_i$,
and a log-sum-exp, whose derivative *is* the softmax. Softmax belongs to cross-entropy as its slope.
""", DIFFERENCES)
def log_sum_exp(rng):
    """Both forms of the loss; the derivative of log-sum-exp and the softmax."""
    z, y = class_example(rng)
    slope = numerical_gradient(lambda z: float(np.log(np.exp(z).sum())), z)
    yield -np.log(softmax_vector(z)[y.argmax()]), -z[y.argmax()] + np.log(np.exp(z).sum())
    yield slope, softmax_vector(z)


@DERIVATION.step("The components add up to zero", r"""
$$\sum_i (\hat y_i - y_i) = 1 - 1 = 0$$

Adding the same number to all logits changes nothing, so the gradient has no part in that direction. It also
means that two classes need one logit only: softmax over $(0, z)$ is the sigmoid of $z$, and the binary case
is the multi-class one with $K = 2$.
""")
def two_classes(rng):
    """The sum is zero (compared as 1 + sum); softmax over (0, z) is the sigmoid."""
    z, y = class_example(rng)
    logit, _ = binary_example(rng)
    yield 1 + np.sum(softmax_vector(z) - y), 1.0
    yield softmax_vector(np.array([0.0, logit]))[1], sigmoid(logit)


@DERIVATION.step("A batch", r"""
The loss of $m$ examples is the mean of their losses, so each row of the gradient is divided by $m$:

$$dZ = \frac1m (\hat Y - Y) \qquad (m, K)$$

The rows do not mix: an example's logits have no influence on another one's loss.
""", DIFFERENCES)
def batch(rng):
    """losses.py's gradient, the formula, and differences."""
    Z, y = rng.normal(size=(4, 5)), rng.integers(0, 5, size=4)
    formula = (softmax(Z) - np.eye(5)[y]) / len(Z)
    yield softmax_cross_entropy_grad(Z, y), formula
    yield formula, numerical_gradient(lambda Z: softmax_cross_entropy(Z, y), Z)


STEPS, render = DERIVATION.steps, DERIVATION.render
