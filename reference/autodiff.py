"""Automatic differentiation in forty lines: numbers that remember where they come from, and pass gradients back there.

Every operation notes the local slopes when it is computed, so that going back needs no rule at all: multiply along each
edge, add up where edges meet. Left out: arrays, which make the same idea fast, and gradients of gradients.
"""

import numpy as np


class Scalar:
    """A number that remembers what it was computed from, and with which slopes.

    Attributes
    ----------
    value : float
    origins : sequence of (Scalar, float)
        What it was computed from; with each the slope of this number as that moves.
    grad : float
        After `backward` of a result: the slope of that result as this number moves.
    """

    def __init__(self, value, origins=()):
        self.value, self.origins, self.grad = float(value), origins, 0.0

    def __add__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        """The product, with a Scalar or a plain number."""
        ### BEGIN SOLUTION
        other = other if isinstance(other, Scalar) else Scalar(other)
        slopes = [(self, other.value), (other, self.value)]
        return Scalar(self.value * other.value, slopes)
        ### END SOLUTION

    def relu(self):
        """max(0, z), with the slope 0 at the kink."""
        ### BEGIN SOLUTION
        return Scalar(max(0.0, self.value), [(self, float(self.value > 0))])
        ### END SOLUTION

    def softplus(self):
        """log(1 + e^z), for any z that a network makes. Which function is its slope?"""
        ### BEGIN SOLUTION
        slope = np.exp(-np.logaddexp(0.0, -self.value))
        return Scalar(np.logaddexp(0.0, self.value), [(self, slope)])
        ### END SOLUTION

    def backward(self):
        """Set grad, anew, of this number (1) and of every number behind it."""
        ### BEGIN SOLUTION
        order, seen = [], set()

        def visit(number):
            if number not in seen:
                seen.add(number)
                for origin, _ in number.origins:
                    visit(origin)
                order.append(number)  # behind all that it was computed from

        visit(self)
        for number in order:
            number.grad = 0.0
        self.grad = 1.0
        for number in reversed(order):
            for origin, slope in number.origins:
                origin.grad += slope * number.grad
        ### END SOLUTION

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -1.0 * other


def slopes(formula, **numbers):
    """The value of a formula in Scalars, and its slope as each of the numbers moves."""
    scalars = {name: Scalar(number) for name, number in numbers.items()}
    result = eval(formula, {}, scalars)
    result.backward()
    return result.value, {name: scalar.grad for name, scalar in scalars.items()}


def network_slopes(params, X, y):
    """Loss and gradients of a ReLU network whose parameters are Scalars."""
    to_scalars = np.vectorize(Scalar, otypes=[object])
    theta = {name: to_scalars(array) for name, array in params.items()}
    A = X
    for l in range(1, len(params) // 2 + 1):
        Z = A @ theta[f"W{l}"].T + theta[f"b{l}"]  # NumPy multiplies Scalars, too
        A = np.vectorize(Scalar.relu, otypes=[object])(Z)
    losses = [z.softplus() - z * label for z, label in zip(Z.ravel(), y.ravel())]
    loss = sum(losses, Scalar(0.0)) * (1 / len(losses))
    loss.backward()
    read = np.vectorize(lambda scalar: scalar.grad)
    return loss.value, {name: read(array) for name, array in theta.items()}
