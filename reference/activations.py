"""Activation functions and their derivatives, each safe from z = -1000 to z = 1000.

A neuron computes z = w.x + b and then a = f(z). Without a non-linear f, stacked layers collapse into one matrix.
Every f here works elementwise on an array of any shape; `f_grad(z)` is df/dz *at z*, the number that
backpropagation multiplies by. Left out: anything with parameters of its own (PReLU, Swish with a learned beta).
"""

import math

import numpy as np

# NumPy has no error function; math.erf is exact and, at teaching sizes, fast enough.
erf = np.vectorize(math.erf, otypes=[float])


def linear(z):
    """Return z unchanged: a stack of such layers is one linear layer.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z
    """
    return np.asarray(z, dtype=float)


def linear_grad(z):
    """Derivative of `linear`: 1 everywhere."""
    return np.ones_like(z, dtype=float)


def sigmoid(z):
    """The logistic function, 1 / (1 + e^-z), without overflow for any finite z.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z, values in [0, 1]
    """
    ### BEGIN SOLUTION
    # e^-|z| never overflows, and both forms of the definition can be written with it.
    e = np.exp(-np.abs(z))
    return np.where(np.asarray(z) >= 0, 1.0, e) / (1.0 + e)
    ### END SOLUTION


def sigmoid_grad(z):
    """Derivative of the sigmoid at z, at most 1/4.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z
    """
    ### BEGIN SOLUTION
    # sigma(-z) is 1 - sigma(z) without the cancellation of subtracting two numbers near 1.
    return sigmoid(z) * sigmoid(-np.asarray(z))
    ### END SOLUTION


def tanh(z):
    """The hyperbolic tangent, 2 sigma(2z) - 1: zero-centred, in [-1, 1]."""
    return np.tanh(z)


def tanh_grad(z):
    """Derivative of tanh at z, at most 1.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z
    """
    ### BEGIN SOLUTION
    return 1.0 - np.tanh(z) ** 2
    ### END SOLUTION


def relu(z):
    """Rectified linear unit: max(0, z), elementwise.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z
    """
    ### BEGIN SOLUTION
    return np.maximum(0.0, z)
    ### END SOLUTION


def relu_grad(z):
    """Derivative of ReLU at z: 1 where z > 0, else 0, at the kink too, as in PyTorch.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z, float
    """
    ### BEGIN SOLUTION
    return (np.asarray(z) > 0).astype(float)
    ### END SOLUTION


def leaky_relu(z, slope=0.01):
    """Leaky ReLU: z where z > 0, else slope * z, so that no unit is ever quite dead.

    Parameters
    ----------
    z : ndarray, any shape
    slope : float
        The small slope for negative inputs.

    Returns
    -------
    ndarray, the shape of z
    """
    ### BEGIN SOLUTION
    return np.where(np.asarray(z) > 0, z, slope * np.asarray(z))
    ### END SOLUTION


def leaky_relu_grad(z, slope=0.01):
    """Derivative of leaky ReLU at z: 1 where z > 0, else slope.

    Parameters
    ----------
    z : ndarray, any shape
    slope : float

    Returns
    -------
    ndarray, the shape of z, float
    """
    ### BEGIN SOLUTION
    return np.where(np.asarray(z) > 0, 1.0, slope)
    ### END SOLUTION


def gelu(z):
    """Gaussian error linear unit: z Phi(z), with Phi(z) = (1 + erf(z / sqrt 2)) / 2.

    Phi is the distribution function of the standard normal: GELU weighs z by the chance
    that a standard normal number is smaller than z (Hendrycks & Gimpel, 2016). BERT
    uses this form.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z
    """
    ### BEGIN SOLUTION
    return z * 0.5 * (1.0 + erf(np.asarray(z) / np.sqrt(2.0)))
    ### END SOLUTION


def gelu_grad(z):
    """Derivative of the exact GELU; that of Phi is phi(z) = exp(-z^2/2) / sqrt(2 pi).

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z
    """
    ### BEGIN SOLUTION
    z = np.asarray(z, dtype=float)
    Phi = 0.5 * (1.0 + erf(z / np.sqrt(2.0)))
    phi = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    return Phi + z * phi
    ### END SOLUTION


def gelu_tanh(z):
    """GPT-2's form of GELU: 0.5 z (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))).

    It stays within 5e-4 of the exact form, but it is another function: a model trained
    with one should be run with it.

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    ndarray, the shape of z
    """
    ### BEGIN SOLUTION
    z = np.asarray(z, dtype=float)
    return 0.5 * z * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (z + 0.044715 * z**3)))
    ### END SOLUTION


def gelu_tanh_grad(z):
    """Derivative of `gelu_tanh` at z, by the product and chain rules."""
    z = np.asarray(z, dtype=float)
    c = np.sqrt(2.0 / np.pi)
    t = np.tanh(c * (z + 0.044715 * z**3))
    return 0.5 * (1.0 + t) + 0.5 * z * (1.0 - t**2) * c * (1.0 + 3 * 0.044715 * z**2)


# name -> (function, derivative): what a network needs to know of its hidden layers
ACTIVATIONS = {
    "linear": (linear, linear_grad),
    "sigmoid": (sigmoid, sigmoid_grad),
    "tanh": (tanh, tanh_grad),
    "relu": (relu, relu_grad),
    "leaky_relu": (leaky_relu, leaky_relu_grad),
    "gelu": (gelu, gelu_grad),
    "gelu_tanh": (gelu_tanh, gelu_tanh_grad),
}
