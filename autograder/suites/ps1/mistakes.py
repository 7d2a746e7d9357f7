"""What students get wrong in Exercise 1: each mistake as they write it, and the sentence that helps.

The functions call each other by the notebook's names, here the reference's own: every mistake is wrong by
itself alone. Left out: mistakes that no check can see, such as a loop where a product would do.
"""
# ruff: noqa: F811  (a wrong function has the right one's name; the decorator gives the name back)

import math

import numpy as np
import torch
from torch import nn

from autograder.grading.misconceptions import Bank
from reference.activations import (
    ACTIVATIONS,
    erf,
    gelu,
    gelu_grad,
    gelu_tanh,
    leaky_relu,
    leaky_relu_grad,
    relu,
    relu_grad,
    sigmoid,
    sigmoid_grad,
    tanh_grad,
)
from reference.batches import minibatches
from reference.dense import dense_backward, dense_forward
from reference.exercise1 import predict, train
from reference.gradient_check import numerical_gradient
from reference.initialization import init_params
from reference.losses import (
    bce_from_logits,
    bce_from_logits_grad,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
)
from reference.network import backward, forward, layer_gradient_norms
from reference.sgd import sgd_step
from reference.torch_twin import make_twin, twin_loss_and_grads

BANK = Bank()
mistake = BANK.mistake


# --- sigmoid


@mistake(
    "sigmoid", "overflows for large z",
    "Look at what exp(z) is for z of 1000, and at inf divided by inf.",
)
def sigmoid(z):
    return np.exp(z) / (1.0 + np.exp(z))


@mistake(
    "sigmoid", "sign of the exponent",
    "Your curve falls where it should rise: look at the sign in the exponent.",
)
def sigmoid(z):
    return 1.0 / (1.0 + np.exp(z))


@mistake(
    "sigmoid", "clips too early",
    "Clipping z is fine, but your bound is so narrow that it changes the result.",
)
def sigmoid(z):
    z = np.clip(z, -10, 10)
    return 1.0 / (1.0 + np.exp(-z))


@mistake(
    "sigmoid", "only for single numbers",
    "An `if` can decide for one number but not for a whole array of them.",
)
def sigmoid(z):
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    return math.exp(z) / (1.0 + math.exp(z))


@mistake("sigmoid", "tanh instead of sigmoid", "Your values reach down to -1, but a probability starts at 0.")
def sigmoid(z):
    return np.tanh(z / 2.0)


# --- relu


@mistake(
    "relu", "changes its argument",
    "Your ReLU overwrites the z that it was given, and backpropagation needs that z later.",
)
def relu(z):
    z[z < 0] = 0
    return z


@mistake(
    "relu", "maximum over an axis",
    "np.max finds the largest entry along an axis, but here each entry is compared with 0.",
)
def relu(z):
    return np.max(z, 0)


@mistake("relu", "absolute value", "A negative input should be switched off, not turned into a positive one.")
def relu(z):
    return np.abs(z)


@mistake(
    "relu", "Python's max",
    "Python's own max compares whole arrays; NumPy has a function that goes entry by entry.",
)
def relu(z):
    return max(0, z)


@mistake(
    "relu", "leaky slope with a minus",
    "For negative z leaky ReLU is still negative, only much smaller.",
)
def leaky_relu(z, slope=0.01):
    return np.where(z > 0, z, -slope * z)


@mistake(
    "relu", "constant instead of a slope",
    "For negative z your leaky ReLU is flat, but a slope is something to multiply z by.",
)
def leaky_relu(z, slope=0.01):
    return np.where(z > 0, z, slope)


@mistake(
    "relu", "ignores the slope it is given",
    "Your leaky ReLU has 0.01 written into it and never looks at its argument `slope`.",
)
def leaky_relu(z, slope=0.01):
    return np.where(z > 0, z, 0.01 * z)


# --- gelu


@mistake(
    "gelu", "erf without the square root of 2",
    "Your erf is given z itself; look at what z is divided by inside Phi.",
)
def gelu(z):
    return 0.5 * z * (1.0 + erf(z))


@mistake(
    "gelu", "factor one half forgotten",
    "Your result is twice as large as it should be: Phi ends at 1, and yours ends at 2.",
)
def gelu(z):
    return z * (1.0 + erf(z / np.sqrt(2.0)))


@mistake("gelu", "tanh form for the exact one", "Close, but this is the tanh form; the exact GELU uses erf.")
def gelu(z):
    return 0.5 * z * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (z + 0.044715 * z**3)))


@mistake("gelu", "Phi without z", "You return Phi(z), the weight alone; GELU is z weighted by it.")
def gelu(z):
    return 0.5 * (1.0 + erf(z / np.sqrt(2.0)))


@mistake(
    "gelu", "sigmoid form for the exact one",
    "Close, but weighting z by a sigmoid is a rougher form; the exact GELU uses erf.",
)
def gelu(z):
    return z * sigmoid(1.702 * z)


@mistake(
    "gelu", "exact form for the tanh one",
    "This is the exact GELU again; gelu_tanh is the form that GPT-2 uses, without erf.",
)
def gelu_tanh(z):
    return 0.5 * z * (1.0 + erf(z / np.sqrt(2.0)))


@mistake(
    "gelu", "square for the cube",
    "In gelu_tanh the small correction term has z to the third power, so that it keeps z's sign.",
)
def gelu_tanh(z):
    return 0.5 * z * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (z + 0.044715 * z**2)))


@mistake(
    "gelu", "2 / pi without its root",
    "In gelu_tanh look once more at the constant in front of the bracket: a root is missing.",
)
def gelu_tanh(z):
    return 0.5 * z * (1.0 + np.tanh(2.0 / np.pi * (z + 0.044715 * z**3)))


@mistake(
    "gelu", "bracket closed too early",
    "In gelu_tanh the root of 2 / pi multiplies the cubic term too: look at your brackets.",
)
def gelu_tanh(z):
    return 0.5 * z * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * z + 0.044715 * z**3))


# --- activation_gradients


@mistake(
    "activation_gradients", "takes z for sigma(z)",
    "sigmoid_grad is given z, and you use it as if it were already the sigmoid of z.",
)
def sigmoid_grad(z):
    return z * (1.0 - z)


@mistake(
    "activation_gradients", "half of sigma'",
    "Of the two factors in the sigmoid's derivative you return only one.",
)
def sigmoid_grad(z):
    return 1.0 - sigmoid(z)


@mistake(
    "activation_gradients", "takes z for tanh(z)",
    "tanh_grad is given z, and you square it as if it were already the tanh of z.",
)
def tanh_grad(z):
    return 1.0 - z**2


@mistake(
    "activation_gradients", "square forgotten in tanh'",
    "tanh is symmetric around 0, so its slope must be too; yours lacks a square.",
)
def tanh_grad(z):
    return 1.0 - np.tanh(z)


@mistake(
    "activation_gradients", "ReLU instead of its slope",
    "relu_grad should return the slope of ReLU, which is never larger than 1, not its value.",
)
def relu_grad(z):
    return np.maximum(0.0, z)


@mistake(
    "activation_gradients", "-1 for negative inputs",
    "For negative z ReLU is flat, and a flat line has no slope, not a negative one.",
)
def relu_grad(z):
    return np.where(z > 0, 1.0, -1.0)


@mistake(
    "activation_gradients", "slope 1 at the kink",
    "At exactly z of 0 the exercise chooses the slope 0: look at your comparison.",
)
def relu_grad(z):
    return np.where(z >= 0, 1.0, 0.0)


@mistake(
    "activation_gradients", "mask turned around",
    "Your relu_grad lets the gradient through where ReLU is off, and blocks it where it is on.",
)
def relu_grad(z):
    return (z < 0).astype(float)


@mistake(
    "activation_gradients", "leaky slope times z",
    "For negative z leaky_relu_grad should be the slope itself; yours still has z in it.",
)
def leaky_relu_grad(z, slope=0.01):
    return np.where(z > 0, 1.0, slope * z)


@mistake(
    "activation_gradients", "leak forgotten",
    "Your leaky_relu_grad is that of plain ReLU: for negative z a little gradient should leak through.",
)
def leaky_relu_grad(z, slope=0.01):
    return np.where(z > 0, 1.0, 0.0)


@mistake(
    "activation_gradients", "leak with a minus",
    "Leaky ReLU rises everywhere, so its slope is positive for negative z too.",
)
def leaky_relu_grad(z, slope=0.01):
    return np.where(z > 0, 1.0, -slope)


@mistake(
    "activation_gradients", "product rule forgotten",
    "GELU is a product of two functions of z, and gelu_grad has only the first term of its product rule.",
)
def gelu_grad(z):
    return 0.5 * (1.0 + erf(z / np.sqrt(2.0)))


@mistake(
    "activation_gradients", "density not normalised",
    "In gelu_grad the bell curve has lost the constant that makes its area 1.",
)
def gelu_grad(z):
    return 0.5 * (1.0 + erf(z / np.sqrt(2.0))) + z * np.exp(-0.5 * z**2)


@mistake(
    "activation_gradients", "density without its half",
    "In gelu_grad the bell curve is too narrow: look at the exponent of the normal density.",
)
def gelu_grad(z):
    return 0.5 * (1.0 + erf(z / np.sqrt(2.0))) + z * np.exp(-(z**2)) / np.sqrt(2.0 * np.pi)


# --- dense_forward


@mistake(
    "dense_forward", "weights not transposed",
    "Write the shapes under the product: each neuron's weights are a row of W.",
)
def dense_forward(A_prev, W, b):
    return A_prev @ W + b


@mistake(
    "dense_forward", "reshape instead of transpose",
    "reshape gives the right shape but deals the weights to the wrong neurons; rows should become columns.",
)
def dense_forward(A_prev, W, b):
    return A_prev @ W.reshape(W.shape[1], W.shape[0]) + b


@mistake("dense_forward", "bias forgotten", "Your layer maps 0 to 0 whatever its bias is.")
def dense_forward(A_prev, W, b):
    return A_prev @ W.T


@mistake(
    "dense_forward", "examples as columns",
    "Your result has one example per column; the exercise keeps one example per row.",
)
def dense_forward(A_prev, W, b):
    return W @ A_prev.T + b.reshape(-1, 1)


@mistake(
    "dense_forward", "bias subtracted",
    "Look at the sign of the bias: a larger bias should make Z larger.",
)
def dense_forward(A_prev, W, b):
    return A_prev @ W.T - b


@mistake(
    "dense_forward", "activation inside",
    "dense_forward returns Z itself, negative values included; the activation comes later.",
)
def dense_forward(A_prev, W, b):
    return np.maximum(0, A_prev @ W.T + b)


# --- init_params


@mistake(
    "init_params", "variance 1/n for He",
    "For He your weights are a little too small: ReLU switches off half of the signal, and a factor "
    "makes up for it.",
)
def init_params(layer_sizes, rng, scheme="he"):
    if scheme not in ("he", "xavier", "zeros"):
        raise ValueError(f"unknown scheme {scheme}")
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        if scheme == "he":
            W = rng.standard_normal((n_out, n_in)) * np.sqrt(1.0 / n_in)
        elif scheme == "xavier":
            W = rng.standard_normal((n_out, n_in)) * np.sqrt(2.0 / (n_in + n_out))
        else:
            W = np.zeros((n_out, n_in))
        params[f"W{l}"], params[f"b{l}"] = W, np.zeros(n_out)
    return params


@mistake(
    "init_params", "fan-out for fan-in",
    "For He count how many inputs a neuron adds up; you count the neurons instead.",
)
def init_params(layer_sizes, rng, scheme="he"):
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        if scheme == "he":
            std = np.sqrt(2.0 / n_out)
        elif scheme == "xavier":
            std = np.sqrt(2.0 / (n_in + n_out))
        elif scheme == "zeros":
            std = 0.0
        else:
            raise ValueError(f"unknown scheme {scheme}")
        params[f"W{l}"] = std * rng.standard_normal((n_out, n_in))
        params[f"b{l}"] = np.zeros(n_out)
    return params


@mistake(
    "init_params", "variance used as standard deviation",
    "The formula gives the variance; what you multiply a standard normal number by is its root.",
)
def init_params(layer_sizes, rng, scheme="he"):
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        if scheme == "he":
            scale = 2.0 / n_in
        elif scheme == "xavier":
            scale = 2.0 / (n_in + n_out)
        elif scheme == "zeros":
            scale = 0.0
        else:
            raise ValueError(f"unknown scheme {scheme}")
        params[f"W{l}"] = rng.standard_normal((n_out, n_in)) * scale
        params[f"b{l}"] = np.zeros(n_out)
    return params


@mistake(
    "init_params", "ignores the rng",
    "Your weights come from NumPy's global generator, so the rng that the caller passes in changes nothing.",
)
def init_params(layer_sizes, rng, scheme="he"):
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        if scheme == "he":
            std = np.sqrt(2.0 / n_in)
        elif scheme == "xavier":
            std = np.sqrt(2.0 / (n_in + n_out))
        elif scheme == "zeros":
            std = 0.0
        else:
            raise ValueError("scheme must be he, xavier or zeros")
        params[f"W{l}"] = np.random.randn(n_out, n_in) * std
        params[f"b{l}"] = np.zeros(n_out)
    return params


@mistake(
    "init_params", "a fresh seed inside",
    "You make a new generator with a fixed seed, so every network starts with the same weights.",
)
def init_params(layer_sizes, rng, scheme="he"):
    rng = np.random.default_rng(0)
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        variance = {"he": 2.0 / n_in, "xavier": 2.0 / (n_in + n_out), "zeros": 0.0}
        if scheme not in variance:
            raise ValueError("scheme must be he, xavier or zeros")
        params[f"W{l}"] = rng.normal(0.0, np.sqrt(variance[scheme]), size=(n_out, n_in))
        params[f"b{l}"] = np.zeros(n_out)
    return params


@mistake(
    "init_params", "bias as a column",
    "A bias has one number per neuron and only one axis; yours has two.",
)
def init_params(layer_sizes, rng, scheme="he"):
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        variance = {"he": 2.0 / n_in, "xavier": 2.0 / (n_in + n_out), "zeros": 0.0}
        if scheme not in variance:
            raise ValueError("scheme must be he, xavier or zeros")
        params[f"W{l}"] = np.sqrt(variance[scheme]) * rng.standard_normal((n_out, n_in))
        params[f"b{l}"] = np.zeros((n_out, 1))
    return params


@mistake(
    "init_params", "W with its axes swapped",
    "W needs one row per neuron and one column per input; yours is the other way round.",
)
def init_params(layer_sizes, rng, scheme="he"):
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        variance = {"he": 2.0 / n_in, "xavier": 2.0 / (n_in + n_out), "zeros": 0.0}
        if scheme not in variance:
            raise ValueError("scheme must be he, xavier or zeros")
        params[f"W{l}"] = np.sqrt(variance[scheme]) * rng.standard_normal((n_in, n_out))
        params[f"b{l}"] = np.zeros(n_out)
    return params


@mistake(
    "init_params", "weights with a positive mean",
    "Your weights are all positive: rng.random draws between 0 and 1, but the mean should be 0.",
)
def init_params(layer_sizes, rng, scheme="he"):
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        variance = {"he": 2.0 / n_in, "xavier": 2.0 / (n_in + n_out), "zeros": 0.0}
        if scheme not in variance:
            raise ValueError("scheme must be he, xavier or zeros")
        params[f"W{l}"] = rng.random((n_out, n_in)) * np.sqrt(variance[scheme])
        params[f"b{l}"] = np.zeros(n_out)
    return params


@mistake(
    "init_params", "random biases",
    "Only the weights need randomness to break the symmetry; the biases start at 0.",
)
def init_params(layer_sizes, rng, scheme="he"):
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        variance = {"he": 2.0 / n_in, "xavier": 2.0 / (n_in + n_out), "zeros": 0.0}
        if scheme not in variance:
            raise ValueError("scheme must be he, xavier or zeros")
        std = np.sqrt(variance[scheme])
        params[f"W{l}"] = std * rng.standard_normal((n_out, n_in))
        params[f"b{l}"] = std * rng.standard_normal(n_out)
    return params


@mistake(
    "init_params", "one scale for all layers",
    "Every layer has its own number of inputs, but you scale all of them by the first layer's.",
)
def init_params(layer_sizes, rng, scheme="he"):
    n_in, n_out = layer_sizes[0], layer_sizes[1]
    variance = {"he": 2.0 / n_in, "xavier": 2.0 / (n_in + n_out), "zeros": 0.0}
    if scheme not in variance:
        raise ValueError("scheme must be he, xavier or zeros")
    params = {}
    for l in range(1, len(layer_sizes)):
        shape = (layer_sizes[l], layer_sizes[l - 1])
        params[f"W{l}"] = np.sqrt(variance[scheme]) * rng.standard_normal(shape)
        params[f"b{l}"] = np.zeros(layer_sizes[l])
    return params


@mistake(
    "init_params", "accepts any scheme",
    "A scheme that does not exist should raise a ValueError; yours goes on as if it were zeros.",
)
def init_params(layer_sizes, rng, scheme="he"):
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        if scheme == "he":
            std = np.sqrt(2.0 / n_in)
        elif scheme == "xavier":
            std = np.sqrt(2.0 / (n_in + n_out))
        else:
            std = 0.0
        params[f"W{l}"] = std * rng.standard_normal((n_out, n_in))
        params[f"b{l}"] = np.zeros(n_out)
    return params


# --- forward


@mistake(
    "forward", "activation on the last layer",
    "The last layer stays linear, but yours goes through the activation like the hidden ones.",
)
def forward(params, X, activation="relu"):
    f, _ = ACTIVATIONS[activation]
    L = len(params) // 2
    cache = {"A0": X}
    A = X
    for l in range(1, L + 1):
        Z = dense_forward(A, params[f"W{l}"], params[f"b{l}"])
        A = f(Z)
        cache[f"Z{l}"] = Z
        if l < L:
            cache[f"A{l}"] = A
    return A, cache


@mistake(
    "forward", "probabilities for logits",
    "You return probabilities, but the loss functions want the logits and apply the sigmoid themselves.",
)
def forward(params, X, activation="relu"):
    f, _ = ACTIVATIONS[activation]
    L = len(params) // 2
    cache = {"A0": X}
    A = X
    for l in range(1, L):
        cache[f"Z{l}"] = dense_forward(A, params[f"W{l}"], params[f"b{l}"])
        A = f(cache[f"Z{l}"])
        cache[f"A{l}"] = A
    cache[f"Z{L}"] = dense_forward(A, params[f"W{L}"], params[f"b{L}"])
    return sigmoid(cache[f"Z{L}"]), cache


@mistake(
    "forward", "no activations in the cache",
    "Backpropagation will look for the activations A in the cache, and you keep only the Z.",
)
def forward(params, X, activation="relu"):
    f, _ = ACTIVATIONS[activation]
    L = len(params) // 2
    cache = {"A0": X}
    A = X
    for l in range(1, L + 1):
        Z = dense_forward(A, params[f"W{l}"], params[f"b{l}"])
        cache[f"Z{l}"] = Z
        A = f(Z)
    return Z, cache


@mistake(
    "forward", "input missing in the cache",
    "The first layer's gradient needs the input, and your cache has no A0.",
)
def forward(params, X, activation="relu"):
    f, _ = ACTIVATIONS[activation]
    L = len(params) // 2
    cache = {}
    A = X
    for l in range(1, L + 1):
        cache[f"Z{l}"] = dense_forward(A, params[f"W{l}"], params[f"b{l}"])
        if l < L:
            cache[f"A{l}"] = A = f(cache[f"Z{l}"])
    return cache[f"Z{L}"], cache


@mistake("forward", "always ReLU", "Your hidden layers use ReLU whatever the argument `activation` says.")
def forward(params, X, activation="relu"):
    L = len(params) // 2
    cache = {"A0": X}
    for l in range(1, L + 1):
        cache[f"Z{l}"] = dense_forward(cache[f"A{l - 1}"], params[f"W{l}"], params[f"b{l}"])
        if l < L:
            cache[f"A{l}"] = relu(cache[f"Z{l}"])
    return cache[f"Z{L}"], cache


@mistake(
    "forward", "two layers only",
    "Your network has exactly two layers, but params may describe more or fewer.",
)
def forward(params, X, activation="relu"):
    f, _ = ACTIVATIONS[activation]
    Z1 = dense_forward(X, params["W1"], params["b1"])
    A1 = f(Z1)
    Z2 = dense_forward(A1, params["W2"], params["b2"])
    cache = {"A0": X, "Z1": Z1, "A1": A1, "Z2": Z2}
    return Z2, cache


@mistake(
    "forward", "no activation between the layers",
    "Each of your layers is fed the Z of the one before, so the whole network is linear.",
)
def forward(params, X, activation="relu"):
    f, _ = ACTIVATIONS[activation]
    L = len(params) // 2
    cache = {"A0": X}
    Z = X
    for l in range(1, L + 1):
        Z = dense_forward(Z, params[f"W{l}"], params[f"b{l}"])
        cache[f"Z{l}"] = Z
        if l < L:
            cache[f"A{l}"] = f(Z)
    return Z, cache


# --- bce


@mistake(
    "bce", "sums instead of averaging",
    "The loss is a mean over the batch, and yours grows with the number of examples.",
)
def bce_from_logits(z, y):
    return float(np.sum(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))))


@mistake(
    "bce", "log of 0",
    "For a large logit the probability rounds to exactly 0 or 1, and then you take the log of 0.",
)
def bce_from_logits(z, y):
    p = sigmoid(z)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


@mistake(
    "bce", "probabilities clipped",
    "Clipping the probability hides the log of 0 but caps the loss: a logit of 1000 on the wrong side "
    "costs 1000.",
)
def bce_from_logits(z, y):
    p = np.clip(sigmoid(z), 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


@mistake(
    "bce", "small number inside the log",
    "A small number added inside the log changes every loss a little and the large ones a lot.",
)
def bce_from_logits(z, y):
    p = sigmoid(z)
    eps = 1e-8
    return float(-np.mean(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps)))


@mistake("bce", "exp overflows", "Your formula is right on paper, but exp(z) overflows for large positive z.")
def bce_from_logits(z, y):
    return float(np.mean(np.log1p(np.exp(z)) - z * y))


@mistake(
    "bce", "minus sign forgotten",
    "Your loss is negative: the log of a probability is below 0, so a sign is missing.",
)
def bce_from_logits(z, y):
    losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    return float(-losses.mean())


@mistake(
    "bce", "only the positive examples",
    "Examples with the label 0 cost nothing in your loss: its second term is missing.",
)
def bce_from_logits(z, y):
    log_p = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    return float(-np.mean(y * log_p))


@mistake(
    "bce", "labels the wrong way round",
    "Your loss is small when the prediction is wrong: the two labels have changed places.",
)
def bce_from_logits(z, y):
    losses = np.maximum(z, 0) - z * (1 - y) + np.log1p(np.exp(-np.abs(z)))
    return float(losses.mean())


@mistake(
    "bce", "one loss per example",
    "You return one loss for each example, but training needs a single number for the batch.",
)
def bce_from_logits(z, y):
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))


@mistake(
    "bce", "logits taken for probabilities",
    "z holds logits, any real number, and you take its log as if it were a probability.",
)
def bce_from_logits(z, y):
    return float(-np.mean(y * np.log(z) + (1 - y) * np.log(1 - z)))


# --- softmax


@mistake(
    "softmax", "overflows for large logits",
    "exp overflows for large logits; a row's softmax does not change when the same number is taken from "
    "all of it.",
)
def softmax(Z):
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


@mistake(
    "softmax", "shifts by the largest of all rows",
    "You shift every row by the maximum of the whole batch; a row far below it becomes 0 divided by 0.",
)
def softmax(Z):
    E = np.exp(Z - np.max(Z))
    return E / E.sum(axis=1, keepdims=True)


@mistake(
    "softmax", "sums over the batch",
    "Your columns sum to 1, but each row is one example's distribution.",
)
def softmax(Z):
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)


@mistake(
    "softmax", "one sum for the whole batch",
    "All your probabilities together sum to 1, but each row should do so by itself.",
)
def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum()


@mistake(
    "softmax", "row sums broadcast along the wrong axis",
    "Without a kept axis the row sums line up with the columns: compare the two shapes in your division.",
)
def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1)


@mistake(
    "softmax", "changes its argument",
    "Your softmax shifts the caller's logits in place; they should be left as they were.",
)
def softmax(Z):
    Z -= Z.max(axis=1, keepdims=True)
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


@mistake(
    "softmax", "divides by the largest",
    "Your largest entry is always 1; dividing by the row's sum makes it a distribution.",
)
def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.max(axis=1, keepdims=True)


# --- softmax_cross_entropy


@mistake(
    "softmax_cross_entropy", "sums instead of averaging",
    "The loss is a mean over the batch, and yours grows with the number of examples.",
)
def softmax_cross_entropy(Z, y):
    shifted = Z - Z.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_probs[np.arange(len(y)), y].sum())


@mistake(
    "softmax_cross_entropy", "log of 0",
    "When a probability rounds to 0 you take the log of 0; the log and the exp can cancel before "
    "anything is computed.",
)
def softmax_cross_entropy(Z, y):
    P = softmax(Z)
    return float(-np.mean(np.log(P[np.arange(len(y)), y])))


@mistake(
    "softmax_cross_entropy", "small number inside the log",
    "A small number inside the log caps the loss, so a confidently wrong prediction costs too little.",
)
def softmax_cross_entropy(Z, y):
    P = softmax(Z)
    return float(-np.mean(np.log(P[np.arange(len(y)), y] + 1e-9)))


@mistake(
    "softmax_cross_entropy", "averages over the classes too",
    "You divide by the number of entries in Z, but the mean is over examples only.",
)
def softmax_cross_entropy(Z, y):
    shifted = Z - Z.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    onehot = np.eye(Z.shape[1])[y]
    return float(-np.mean(onehot * log_probs))


@mistake(
    "softmax_cross_entropy", "takes labels for one-hot rows",
    "y holds class numbers, and you multiply by them as if they were one-hot rows.",
)
def softmax_cross_entropy(Z, y):
    shifted = Z - Z.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-np.sum(y.reshape(-1, 1) * log_probs) / len(Z))


@mistake(
    "softmax_cross_entropy", "indexes whole columns",
    "Your index takes whole columns for every example; each row should give just the entry of its own class.",
)
def softmax_cross_entropy(Z, y):
    shifted = Z - Z.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_probs[:, y].mean())


@mistake(
    "softmax_cross_entropy", "minus sign forgotten",
    "Your loss is negative: the log of a probability is below 0, so a sign is missing.",
)
def softmax_cross_entropy(Z, y):
    shifted = Z - Z.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(np.mean(log_probs[np.arange(len(y)), y]))


@mistake(
    "softmax_cross_entropy", "exp overflows",
    "Your log-sum-exp is right on paper, but exp overflows for large logits unless each row is shifted "
    "first.",
)
def softmax_cross_entropy(Z, y):
    return float(np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(Z)), y]))


# --- loss_gradients


@mistake(
    "loss_gradients", "BCE gradient not divided by m",
    "Your bce_from_logits_grad belongs to the sum of the losses; theirs is a mean.",
)
def bce_from_logits_grad(z, y):
    return sigmoid(z) - y


@mistake(
    "loss_gradients", "BCE gradient with the wrong sign",
    "When the prediction is too high, raising z raises the loss: the sign of your bce_from_logits_grad "
    "is turned.",
)
def bce_from_logits_grad(z, y):
    return (y - sigmoid(z)) / len(z)


@mistake(
    "loss_gradients", "sigmoid's derivative once too often",
    "The sigmoid's derivative cancels against the log's on paper, and you multiply by it all the same.",
)
def bce_from_logits_grad(z, y):
    p = sigmoid(z)
    return (p - y) * p * (1 - p) / len(z)


@mistake(
    "loss_gradients", "logits for probabilities",
    "You subtract the label from the logit; it should be subtracted from the probability.",
)
def bce_from_logits_grad(z, y):
    return (z - y) / len(z)


@mistake(
    "loss_gradients", "derivative with respect to the probability",
    "This is the derivative with respect to the probability; one more step of the chain rule leads to z.",
)
def bce_from_logits_grad(z, y):
    p = sigmoid(z)
    return (p - y) / (p * (1 - p)) / len(z)


@mistake(
    "loss_gradients", "softmax gradient not divided by m",
    "Your softmax_cross_entropy_grad belongs to the sum of the losses; theirs is a mean.",
)
def softmax_cross_entropy_grad(Z, y):
    dZ = softmax(Z)
    dZ[np.arange(len(Z)), y] -= 1
    return dZ


@mistake(
    "loss_gradients", "softmax gradient divided by m K",
    "You divide softmax_cross_entropy_grad by the number of entries in Z, but the mean is over examples "
    "only.",
)
def softmax_cross_entropy_grad(Z, y):
    dZ = softmax(Z)
    dZ[np.arange(len(Z)), y] -= 1
    return dZ / Z.size


@mistake(
    "loss_gradients", "1 taken from whole columns",
    "You take 1 away from whole columns, but in each row only the right class should lose it.",
)
def softmax_cross_entropy_grad(Z, y):
    dZ = softmax(Z)
    dZ[:, y] -= 1
    return dZ / len(Z)


@mistake(
    "loss_gradients", "softmax gradient with the wrong sign",
    "Raising the right class's logit lowers the loss: the sign of your softmax_cross_entropy_grad is turned.",
)
def softmax_cross_entropy_grad(Z, y):
    onehot = np.eye(Z.shape[1])[y]
    return (onehot - softmax(Z)) / len(Z)


@mistake(
    "loss_gradients", "takes labels for one-hot rows",
    "y holds class numbers, and you subtract them as if they were one-hot rows.",
)
def softmax_cross_entropy_grad(Z, y):
    return (softmax(Z) - y.reshape(-1, 1)) / len(Z)


# --- dense_backward


@mistake(
    "dense_backward", "bias gradient not summed",
    "b was added to every row, so its gradient collects over all of them; yours still has one row per "
    "example.",
)
def dense_backward(dZ, A_prev, W):
    dW = dZ.T @ A_prev
    db = dZ
    dA_prev = dZ @ W
    return dW, db, dA_prev


@mistake(
    "dense_backward", "bias gradient averaged",
    "The 1/m is already inside dZ, and your mean in db divides by m once more.",
)
def dense_backward(dZ, A_prev, W):
    return dZ.T @ A_prev, dZ.mean(axis=0), dZ @ W


@mistake(
    "dense_backward", "divides by m a second time",
    "The 1/m of the mean is already inside dZ, and you divide by m once more.",
)
def dense_backward(dZ, A_prev, W):
    m = A_prev.shape[0]
    dW = dZ.T @ A_prev / m
    db = np.sum(dZ, axis=0) / m
    dA_prev = dZ @ W
    return dW, db, dA_prev


@mistake(
    "dense_backward", "bias gradient summed over the neurons",
    "db has one entry per neuron, and you sum over the neurons instead of over the examples.",
)
def dense_backward(dZ, A_prev, W):
    dW = dZ.T @ A_prev
    db = dZ.sum(axis=1)
    dA_prev = dZ @ W
    return dW, db, dA_prev


@mistake(
    "dense_backward", "bias gradient as a row",
    "Your db keeps an axis of length 1, but a gradient has exactly the shape of what it belongs to.",
)
def dense_backward(dZ, A_prev, W):
    dW = dZ.T @ A_prev
    db = dZ.sum(axis=0, keepdims=True)
    dA_prev = dZ @ W
    return dW, db, dA_prev


@mistake(
    "dense_backward", "dW with its axes swapped",
    "Your dW is transposed: a gradient has the shape of its array, one row per neuron.",
)
def dense_backward(dZ, A_prev, W):
    dW = A_prev.T @ dZ
    db = dZ.sum(axis=0)
    dA_prev = dZ @ W
    return dW, db, dA_prev


@mistake(
    "dense_backward", "W transposed once too often",
    "Write the shapes under the product for dA_prev: going backwards W is used without its transpose.",
)
def dense_backward(dZ, A_prev, W):
    dW = dZ.T @ A_prev
    db = dZ.sum(axis=0)
    dA_prev = dZ @ W.T
    return dW, db, dA_prev


@mistake(
    "dense_backward", "results in another order",
    "Your three results are right but come in another order than the exercise asks for.",
)
def dense_backward(dZ, A_prev, W):
    dA_prev = dZ @ W
    dW = dZ.T @ A_prev
    db = dZ.sum(axis=0)
    return dA_prev, dW, db


# --- backward


@mistake(
    "backward", "forgets the activation's derivative",
    "On its way back the gradient passes through the activation too, and yours skips that factor.",
)
def backward(params, cache, dZ, activation="relu"):
    grads = {}
    for l in range(len(params) // 2, 0, -1):
        dW, db, dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        grads[f"W{l}"], grads[f"b{l}"] = dW, db
        dZ = dA
    return grads


@mistake(
    "backward", "derivative at A instead of Z",
    "The activation's derivative is taken at Z; you hand it A, which only ReLU forgives.",
)
def backward(params, cache, dZ, activation="relu"):
    _, f_grad = ACTIVATIONS[activation]
    grads = {}
    for l in range(len(params) // 2, 0, -1):
        grads[f"W{l}"], grads[f"b{l}"], dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        if l > 1:
            dZ = dA * f_grad(cache[f"A{l - 1}"])
    return grads


@mistake(
    "backward", "multiplies by the activation itself",
    "You multiply by the activation where its derivative belongs.",
)
def backward(params, cache, dZ, activation="relu"):
    f, _ = ACTIVATIONS[activation]
    grads = {}
    for l in range(len(params) // 2, 0, -1):
        grads[f"W{l}"], grads[f"b{l}"], dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        if l > 1:
            dZ = dA * f(cache[f"Z{l - 1}"])
    return grads


@mistake(
    "backward", "always ReLU's derivative",
    "Your derivative is ReLU's whatever the argument `activation` says.",
)
def backward(params, cache, dZ, activation="relu"):
    grads = {}
    for l in range(len(params) // 2, 0, -1):
        grads[f"W{l}"], grads[f"b{l}"], dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        if l > 1:
            dZ = dA * (cache[f"Z{l - 1}"] > 0)
    return grads


@mistake(
    "backward", "activation's derivative at the output too",
    "dZ already belongs to the logits, so the last layer has no activation to go back through.",
)
def backward(params, cache, dZ, activation="relu"):
    _, f_grad = ACTIVATIONS[activation]
    grads = {}
    dA = dZ
    for l in range(len(params) // 2, 0, -1):
        dZ = dA * f_grad(cache[f"Z{l}"])
        grads[f"W{l}"], grads[f"b{l}"], dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
    return grads


@mistake(
    "backward", "divides by m in every layer",
    "The 1/m is already inside dZ, and you divide by m again in every layer.",
)
def backward(params, cache, dZ, activation="relu"):
    _, f_grad = ACTIVATIONS[activation]
    m = len(dZ)
    grads = {}
    for l in range(len(params) // 2, 0, -1):
        dW, db, dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        grads[f"W{l}"], grads[f"b{l}"] = dW / m, db / m
        if l > 1:
            dZ = dA * f_grad(cache[f"Z{l - 1}"])
    return grads


@mistake(
    "backward", "keys with a d",
    "Your gradients have names of their own, but they are looked up under the parameters' names.",
)
def backward(params, cache, dZ, activation="relu"):
    _, f_grad = ACTIVATIONS[activation]
    grads = {}
    for l in range(len(params) // 2, 0, -1):
        dW, db, dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        grads[f"dW{l}"], grads[f"db{l}"] = dW, db
        if l > 1:
            dZ = dA * f_grad(cache[f"Z{l - 1}"])
    return grads


@mistake(
    "backward", "stops before the first layer",
    "The first layer gets no gradient: look at where your loop over the layers ends.",
)
def backward(params, cache, dZ, activation="relu"):
    _, f_grad = ACTIVATIONS[activation]
    grads = {}
    for l in range(len(params) // 2, 1, -1):
        grads[f"W{l}"], grads[f"b{l}"], dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        dZ = dA * f_grad(cache[f"Z{l - 1}"])
    return grads


@mistake(
    "backward", "starts every layer from the output",
    "Each layer's gradient continues from the layer after it, and yours begins again at the output.",
)
def backward(params, cache, dZ, activation="relu"):
    _, f_grad = ACTIVATIONS[activation]
    L = len(params) // 2
    grads = {}
    dA = dZ @ params[f"W{L}"]
    grads[f"W{L}"], grads[f"b{L}"], _ = dense_backward(dZ, cache[f"A{L - 1}"], params[f"W{L}"])
    for l in range(L - 1, 0, -1):
        delta = dA * f_grad(cache[f"Z{l}"])
        grads[f"W{l}"], grads[f"b{l}"], _ = dense_backward(delta, cache[f"A{l - 1}"], params[f"W{l}"])
    return grads


# --- numerical_gradient


@mistake(
    "numerical_gradient", "forward difference",
    "You look only to one side; central differences look to both, and are far more exact.",
)
def numerical_gradient(f, theta, h=1e-5):
    gradient = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[i] = h
        gradient[i] = (f(theta + step) - f(theta)) / h
    return gradient


@mistake(
    "numerical_gradient", "width of the interval is h",
    "Your gradient is twice too large: from theta - h to theta + h is how far.",
)
def numerical_gradient(f, theta, h=1e-5):
    gradient = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[i] = h
        gradient[i] = (f(theta + step) - f(theta - step)) / h
    return gradient


@mistake(
    "numerical_gradient", "leaves theta changed",
    "You move theta itself and do not move it back, so it comes out changed.",
)
def numerical_gradient(f, theta, h=1e-5):
    gradient = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        theta[i] += h
        up = f(theta)
        theta[i] -= 2 * h
        down = f(theta)
        gradient[i] = (up - down) / (2 * h)
    return gradient


@mistake(
    "numerical_gradient", "both evaluations on the same side",
    "After the first evaluation theta has to go back two steps, not one: the second is meant to be at "
    "theta - h.",
)
def numerical_gradient(f, theta, h=1e-5):
    gradient = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        t = theta.copy()
        t[i] += h
        up = f(t)
        t[i] -= h
        down = f(t)
        gradient[i] = (up - down) / (2 * h)
    return gradient


@mistake(
    "numerical_gradient", "moves all entries at once",
    "You move every entry at the same time, which gives one slope; each entry needs a step of its own.",
)
def numerical_gradient(f, theta, h=1e-5):
    return (f(theta + h) - f(theta - h)) / (2 * h)


@mistake(
    "numerical_gradient", "only for vectors",
    "Your loop goes over the first axis only, but theta may be a matrix.",
)
def numerical_gradient(f, theta, h=1e-5):
    gradient = np.zeros_like(theta, dtype=float)
    for i in range(len(theta)):
        step = np.zeros_like(theta, dtype=float)
        step[i] = h
        gradient[i] = (f(theta + step) - f(theta - step)) / (2 * h)
    return gradient


@mistake(
    "numerical_gradient", "returns a flat vector",
    "Your numbers are right, but the gradient should have the shape of theta.",
)
def numerical_gradient(f, theta, h=1e-5):
    gradient = np.zeros(theta.size)
    for i in range(theta.size):
        step = np.zeros(theta.size)
        step[i] = h
        step = step.reshape(theta.shape)
        gradient[i] = (f(theta + step) - f(theta - step)) / (2 * h)
    return gradient


@mistake(
    "numerical_gradient", "sides exchanged",
    "Your gradient points the other way: look at which of the two evaluations is subtracted.",
)
def numerical_gradient(f, theta, h=1e-5):
    gradient = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[i] = h
        gradient[i] = (f(theta - step) - f(theta + step)) / (2 * h)
    return gradient


# --- sgd_step


@mistake("sgd_step", "uphill", "Your step goes up the slope: the gradient points to where the loss grows.")
def sgd_step(params, grads, lr):
    for name in params:
        params[name] += lr * grads[name]


@mistake(
    "sgd_step", "a new array that nobody sees",
    "You give the loop's own variable a new array, and the dict still holds the old one.",
)
def sgd_step(params, grads, lr):
    for name, theta in params.items():
        theta = theta - lr * grads[name]


@mistake(
    "sgd_step", "returns new parameters",
    "You return a new dict, but the caller's params should be changed in place.",
)
def sgd_step(params, grads, lr):
    return {name: params[name] - lr * grads[name] for name in params}


@mistake(
    "sgd_step", "learning rate forgotten",
    "Your step is as long as the gradient itself, whatever the learning rate says.",
)
def sgd_step(params, grads, lr):
    for name in params:
        params[name] -= grads[name]


@mistake("sgd_step", "weights only", "Your biases never move: they are parameters like the weights.")
def sgd_step(params, grads, lr):
    for l in range(1, len(params) // 2 + 1):
        params[f"W{l}"] -= lr * grads[f"W{l}"]


@mistake(
    "sgd_step", "two layers only",
    "You update exactly two layers, but params may describe more or fewer.",
)
def sgd_step(params, grads, lr):
    params["W1"] -= lr * grads["W1"]
    params["b1"] -= lr * grads["b1"]
    params["W2"] -= lr * grads["W2"]
    params["b2"] -= lr * grads["b2"]


@mistake(
    "sgd_step", "scales the gradients in place",
    "You multiply the caller's gradients by the learning rate in place; they should be left as they are.",
)
def sgd_step(params, grads, lr):
    for name in params:
        grads[name] *= lr
        params[name] -= grads[name]


# --- minibatches


@mistake(
    "minibatches", "drops the last batch",
    "When batch_size does not divide m, the examples that are left over still need a batch.",
)
def minibatches(m, batch_size, rng):
    order = rng.permutation(m)
    return [order[i * batch_size : (i + 1) * batch_size] for i in range(m // batch_size)]


@mistake("minibatches", "no shuffling", "Your batches come in the data's own order: nothing is shuffled.")
def minibatches(m, batch_size, rng):
    indices = np.arange(m)
    return [indices[i : i + batch_size] for i in range(0, m, batch_size)]


@mistake(
    "minibatches", "the same permutation every time",
    "You shuffle with a generator of your own and a fixed seed, so every epoch has the same order.",
)
def minibatches(m, batch_size, rng):
    order = np.random.default_rng(0).permutation(m)
    return [order[i : i + batch_size] for i in range(0, m, batch_size)]


@mistake(
    "minibatches", "ignores the rng",
    "You shuffle with NumPy's global generator, so the rng that the caller passes in changes nothing.",
)
def minibatches(m, batch_size, rng):
    order = np.random.permutation(m)
    return [order[i : i + batch_size] for i in range(0, m, batch_size)]


@mistake(
    "minibatches", "an empty batch at the end",
    "When batch_size divides m exactly, your last batch is empty.",
)
def minibatches(m, batch_size, rng):
    order = rng.permutation(m)
    return [order[i * batch_size : (i + 1) * batch_size] for i in range(m // batch_size + 1)]


@mistake(
    "minibatches", "batches one too long",
    "Your batches overlap by one example: a slice already stops before its end.",
)
def minibatches(m, batch_size, rng):
    order = rng.permutation(m)
    return [order[i : i + batch_size + 1] for i in range(0, m, batch_size)]


@mistake(
    "minibatches", "draws with replacement",
    "You draw every batch afresh, so some examples come twice in an epoch and others not at all.",
)
def minibatches(m, batch_size, rng):
    batches = []
    for start in range(0, m, batch_size):
        batches.append(rng.integers(0, m, size=min(batch_size, m - start)))
    return batches


@mistake(
    "minibatches", "shuffles only the batches",
    "You shuffle the batches but not the examples, so the same neighbours always stay together.",
)
def minibatches(m, batch_size, rng):
    batches = [np.arange(start, min(start + batch_size, m)) for start in range(0, m, batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


# --- train


@mistake(
    "train", "one loss per batch",
    "Your history has one entry for each batch, but one for each epoch is asked for.",
)
def train(params, X, y, lr, epochs, batch_size, rng):
    history = []
    for epoch in range(epochs):
        for batch in minibatches(len(X), batch_size, rng):
            logits, cache = forward(params, X[batch])
            history.append(bce_from_logits(logits, y[batch]))
            grads = backward(params, cache, bce_from_logits_grad(logits, y[batch]))
            sgd_step(params, grads, lr)
    return history


@mistake(
    "train", "one loss too many",
    "Your history begins with the loss before training, so it has one entry too many.",
)
def train(params, X, y, lr, epochs, batch_size, rng):
    history = [bce_from_logits(forward(params, X)[0], y)]
    for epoch in range(epochs):
        for batch in minibatches(len(X), batch_size, rng):
            logits, cache = forward(params, X[batch])
            grads = backward(params, cache, bce_from_logits_grad(logits, y[batch]))
            sgd_step(params, grads, lr)
        history.append(bce_from_logits(forward(params, X)[0], y))
    return history


@mistake(
    "train", "mean of the batches' losses",
    "You average the losses seen on the way, while the network was still changing; measure the whole "
    "data after each epoch.",
)
def train(params, X, y, lr, epochs, batch_size, rng):
    history = []
    for epoch in range(epochs):
        losses = []
        for batch in minibatches(len(X), batch_size, rng):
            logits, cache = forward(params, X[batch])
            losses.append(bce_from_logits(logits, y[batch]))
            grads = backward(params, cache, bce_from_logits_grad(logits, y[batch]))
            sgd_step(params, grads, lr)
        history.append(float(np.mean(losses)))
    return history


@mistake(
    "train", "loss of the last batch",
    "You record the last batch's loss, but the history should hold the loss on all of the data.",
)
def train(params, X, y, lr, epochs, batch_size, rng):
    history = []
    for epoch in range(epochs):
        for batch in minibatches(len(X), batch_size, rng):
            logits, cache = forward(params, X[batch])
            dZ = bce_from_logits_grad(logits, y[batch])
            sgd_step(params, backward(params, cache, dZ), lr)
        history.append(bce_from_logits(forward(params, X[batch])[0], y[batch]))
    return history


@mistake(
    "train", "all data in one batch",
    "You take one step per epoch on all of the data, and batch_size changes nothing.",
)
def train(params, X, y, lr, epochs, batch_size, rng):
    history = []
    for epoch in range(epochs):
        logits, cache = forward(params, X)
        grads = backward(params, cache, bce_from_logits_grad(logits, y))
        sgd_step(params, grads, lr)
        history.append(bce_from_logits(forward(params, X)[0], y))
    return history


@mistake("train", "labels not taken along", "You take the batch's rows of X but not the same rows of y.")
def train(params, X, y, lr, epochs, batch_size, rng):
    history = []
    for epoch in range(epochs):
        for batch in minibatches(len(X), batch_size, rng):
            logits, cache = forward(params, X[batch])
            grads = backward(params, cache, bce_from_logits_grad(logits, y[: len(batch)]))
            sgd_step(params, grads, lr)
        history.append(bce_from_logits(forward(params, X)[0], y))
    return history


@mistake("train", "trains a copy", "You train a copy of params, and the caller's network learns nothing.")
def train(params, X, y, lr, epochs, batch_size, rng):
    params = {name: value.copy() for name, value in params.items()}
    history = []
    for epoch in range(epochs):
        for batch in minibatches(len(X), batch_size, rng):
            logits, cache = forward(params, X[batch])
            grads = backward(params, cache, bce_from_logits_grad(logits, y[batch]))
            sgd_step(params, grads, lr)
        history.append(bce_from_logits(forward(params, X)[0], y))
    return history


@mistake(
    "train", "batches drawn once",
    "You draw the batches once and use them in every epoch; every epoch should have a new order.",
)
def train(params, X, y, lr, epochs, batch_size, rng):
    history = []
    batches = list(minibatches(len(X), batch_size, rng))
    for epoch in range(epochs):
        for batch in batches:
            logits, cache = forward(params, X[batch])
            grads = backward(params, cache, bce_from_logits_grad(logits, y[batch]))
            sgd_step(params, grads, lr)
        history.append(bce_from_logits(forward(params, X)[0], y))
    return history


@mistake(
    "train", "threshold on the logits",
    "You compare the logits with one half, but it is the probability that should be at least one half.",
)
def predict(params, X):
    logits, _ = forward(params, X)
    return (logits >= 0.5).astype(int)


@mistake(
    "train", "probabilities for classes",
    "predict returns probabilities, but each row should get a class, 0 or 1.",
)
def predict(params, X):
    return sigmoid(forward(params, X)[0])


@mistake(
    "train", "argmax over one column",
    "With one logit per row the largest is always the first, so predict answers 0 for everything.",
)
def predict(params, X):
    return np.argmax(forward(params, X)[0], axis=1).reshape(-1, 1)


@mistake(
    "train", "flat predictions",
    "predict should return a column like y; comparing your flat array with y makes a whole matrix.",
)
def predict(params, X):
    return (sigmoid(forward(params, X)[0]) >= 0.5).astype(int).ravel()


@mistake("train", "classes exchanged", "predict gives class 1 where the probability is below one half.")
def predict(params, X):
    return (sigmoid(forward(params, X)[0]) < 0.5).astype(int)


# --- torch_twin


@mistake(
    "torch_twin", "single precision",
    "Your twin counts in float32, PyTorch's default, which keeps only about seven digits.",
)
def make_twin(params):
    layers = []
    L = len(params) // 2
    for l in range(1, L + 1):
        n_out, n_in = params[f"W{l}"].shape
        layer = nn.Linear(n_in, n_out)
        layer.weight.data = torch.tensor(params[f"W{l}"], dtype=torch.float32)
        layer.bias.data = torch.tensor(params[f"b{l}"], dtype=torch.float32)
        layers.append(layer)
        if l < L:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


@mistake(
    "torch_twin", "shares memory",
    "torch.from_numpy shares memory with the array, so training the twin would change params.",
)
def make_twin(params):
    layers = []
    L = len(params) // 2
    for l in range(1, L + 1):
        n_out, n_in = params[f"W{l}"].shape
        layer = nn.Linear(n_in, n_out)
        layer.weight = nn.Parameter(torch.from_numpy(params[f"W{l}"]))
        layer.bias = nn.Parameter(torch.from_numpy(params[f"b{l}"]))
        layers.append(layer)
        if l < L:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


@mistake(
    "torch_twin", "biases not copied",
    "Your twin has the weights but starts with random biases of its own.",
)
def make_twin(params):
    layers = []
    L = len(params) // 2
    for l in range(1, L + 1):
        n_out, n_in = params[f"W{l}"].shape
        layer = nn.Linear(n_in, n_out, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(params[f"W{l}"]))
        layers.append(layer)
        if l < L:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


@mistake(
    "torch_twin", "ReLU after the last layer",
    "Your twin ends with a ReLU, so its logits are never negative.",
)
def make_twin(params):
    layers = []
    for l in range(1, len(params) // 2 + 1):
        n_out, n_in = params[f"W{l}"].shape
        layer = nn.Linear(n_in, n_out, dtype=torch.float64)
        layer.weight.data = torch.tensor(params[f"W{l}"])
        layer.bias.data = torch.tensor(params[f"b{l}"])
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers)


@mistake(
    "torch_twin", "no activation",
    "Your twin has no activation between its layers, so it is a linear model.",
)
def make_twin(params):
    layers = []
    for l in range(1, len(params) // 2 + 1):
        n_out, n_in = params[f"W{l}"].shape
        layer = nn.Linear(n_in, n_out, dtype=torch.float64)
        layer.weight.data = torch.tensor(params[f"W{l}"])
        layer.bias.data = torch.tensor(params[f"b{l}"])
        layers.append(layer)
    return nn.Sequential(*layers)


@mistake(
    "torch_twin", "sigmoid at the end",
    "Your twin ends with a sigmoid and returns probabilities; it should return logits.",
)
def make_twin(params):
    layers = []
    L = len(params) // 2
    for l in range(1, L + 1):
        n_out, n_in = params[f"W{l}"].shape
        layer = nn.Linear(n_in, n_out, dtype=torch.float64)
        layer.weight.data = torch.tensor(params[f"W{l}"])
        layer.bias.data = torch.tensor(params[f"b{l}"])
        layers.append(layer)
        layers.append(nn.ReLU() if l < L else nn.Sigmoid())
    return nn.Sequential(*layers)


@mistake(
    "torch_twin", "weights transposed",
    "nn.Linear takes the number of inputs first but stores its weight as the lecture does, so nothing "
    "needs a transpose.",
)
def make_twin(params):
    layers = []
    L = len(params) // 2
    for l in range(1, L + 1):
        n_in, n_out = params[f"W{l}"].shape
        layer = nn.Linear(n_in, n_out, dtype=torch.float64)
        layer.weight.data = torch.tensor(params[f"W{l}"].T)
        layer.bias.data = torch.tensor(params[f"b{l}"])
        layers.append(layer)
        if l < L:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


@mistake(
    "torch_twin", "sums the twin's losses",
    "You ask PyTorch for the sum of the losses, but ours is a mean over the batch.",
)
def twin_loss_and_grads(params, X, y):
    twin = make_twin(params)
    criterion = nn.BCEWithLogitsLoss(reduction="sum")
    loss = criterion(twin(torch.tensor(X)), torch.tensor(y))
    loss.backward()
    grads = {}
    for l, layer in enumerate(list(twin)[::2], start=1):
        grads[f"W{l}"], grads[f"b{l}"] = layer.weight.grad.numpy(), layer.bias.grad.numpy()
    return loss.item(), grads


@mistake(
    "torch_twin", "sigmoid applied twice",
    "The loss with logits applies the sigmoid itself, and you have already applied it once.",
)
def twin_loss_and_grads(params, X, y):
    twin = make_twin(params)
    probabilities = torch.sigmoid(twin(torch.tensor(X)))
    loss = nn.functional.binary_cross_entropy_with_logits(probabilities, torch.tensor(y))
    loss.backward()
    grads = {}
    for l, layer in enumerate(list(twin)[::2], start=1):
        grads[f"W{l}"], grads[f"b{l}"] = layer.weight.grad.numpy(), layer.bias.grad.numpy()
    return loss.item(), grads


@mistake(
    "torch_twin", "weights for gradients",
    "You return the twin's parameters themselves; their gradients are kept elsewhere.",
)
def twin_loss_and_grads(params, X, y):
    twin = make_twin(params)
    loss = nn.functional.binary_cross_entropy_with_logits(twin(torch.tensor(X)), torch.tensor(y))
    loss.backward()
    grads = {}
    for l, layer in enumerate(list(twin)[::2], start=1):
        grads[f"W{l}"] = layer.weight.detach().numpy()
        grads[f"b{l}"] = layer.bias.detach().numpy()
    return loss.item(), grads


@mistake(
    "torch_twin", "PyTorch's own names",
    "Your gradients have PyTorch's names; they should have the same keys as params.",
)
def twin_loss_and_grads(params, X, y):
    twin = make_twin(params)
    loss = nn.functional.binary_cross_entropy_with_logits(twin(torch.tensor(X)), torch.tensor(y))
    loss.backward()
    return loss.item(), {name: p.grad.numpy() for name, p in twin.named_parameters()}


@mistake(
    "torch_twin", "counts the ReLUs as layers",
    "Every second module of the twin is a ReLU, and your numbering of the layers counts those too.",
)
def twin_loss_and_grads(params, X, y):
    twin = make_twin(params)
    loss = nn.functional.binary_cross_entropy_with_logits(twin(torch.tensor(X)), torch.tensor(y))
    loss.backward()
    grads = {}
    for l, layer in enumerate(twin, start=1):
        if isinstance(layer, nn.Linear):
            grads[f"W{l}"], grads[f"b{l}"] = layer.weight.grad.numpy(), layer.bias.grad.numpy()
    return loss.item(), grads


# --- vanishing_gradients


@mistake(
    "vanishing_gradients", "last layer first",
    "Your norms come in the order of backpropagation; the first layer should come first.",
)
def layer_gradient_norms(params, X, y, activation):
    logits, cache = forward(params, X, activation)
    grads = backward(params, cache, bce_from_logits_grad(logits, y), activation)
    return [float(np.linalg.norm(grads[f"W{l}"])) for l in range(len(params) // 2, 0, -1)]


@mistake(
    "vanishing_gradients", "norms of the activations",
    "You measure how large the activations are; the question is how much gradient arrives at the weights.",
)
def layer_gradient_norms(params, X, y, activation):
    logits, cache = forward(params, X, activation)
    return [float(np.linalg.norm(cache[f"A{l - 1}"])) for l in range(1, len(params) // 2 + 1)]


@mistake(
    "vanishing_gradients", "norms of the weights",
    "You measure the weights themselves; it is their gradients whose norms are asked for.",
)
def layer_gradient_norms(params, X, y, activation):
    return [float(np.linalg.norm(params[f"W{l}"])) for l in range(1, len(params) // 2 + 1)]


@mistake(
    "vanishing_gradients", "root forgotten",
    "You return the sums of squares; a norm is the root of that.",
)
def layer_gradient_norms(params, X, y, activation):
    logits, cache = forward(params, X, activation)
    grads = backward(params, cache, bce_from_logits_grad(logits, y), activation)
    return [float(np.sum(grads[f"W{l}"] ** 2)) for l in range(1, len(params) // 2 + 1)]


@mistake(
    "vanishing_gradients", "biases too",
    "Your list also holds the biases, but one norm per layer is asked for, that of its weights.",
)
def layer_gradient_norms(params, X, y, activation):
    logits, cache = forward(params, X, activation)
    grads = backward(params, cache, bce_from_logits_grad(logits, y), activation)
    return [float(np.linalg.norm(grads[name])) for name in params]


@mistake(
    "vanishing_gradients", "activation not passed on",
    "You do not pass the activation on, so every network is measured with ReLU.",
)
def layer_gradient_norms(params, X, y, activation):
    logits, cache = forward(params, X)
    grads = backward(params, cache, bce_from_logits_grad(logits, y))
    return [float(np.linalg.norm(grads[f"W{l}"])) for l in range(1, len(params) // 2 + 1)]


@mistake(
    "vanishing_gradients", "spectral norm",
    "For a matrix the order 2 gives the spectral norm; the Frobenius norm takes every entry into account.",
)
def layer_gradient_norms(params, X, y, activation):
    logits, cache = forward(params, X, activation)
    grads = backward(params, cache, bce_from_logits_grad(logits, y), activation)
    return [float(np.linalg.norm(grads[f"W{l}"], 2)) for l in range(1, len(params) // 2 + 1)]


@mistake(
    "vanishing_gradients", "mean size instead of a norm",
    "You average the entries' sizes; the Frobenius norm adds up their squares and takes the root.",
)
def layer_gradient_norms(params, X, y, activation):
    logits, cache = forward(params, X, activation)
    grads = backward(params, cache, bce_from_logits_grad(logits, y), activation)
    return [float(np.abs(grads[f"W{l}"]).mean()) for l in range(1, len(params) // 2 + 1)]
