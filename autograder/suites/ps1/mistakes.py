"""What students get wrong in Exercise 1: how each mistake differs from the reference, and the sentence that helps.

Written out is what has another structure than the reference, or needs a name that the reference's module lacks. Functions
call each other by the notebook's names, here the reference's own: every mistake is wrong by itself alone. Left out:
mistakes that no check can see, such as a loop where a product would do.
"""
# ruff: noqa: F811  (a wrong function has the right one's name; the decorator gives the name back)

import math

import numpy as np
import torch
from torch import nn

from autograder.testing import Mistakes
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
from reference.autodiff import Scalar
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

BANK = Mistakes()
mistake = BANK.mistake


# --- sigmoid

@mistake("sigmoid", "overflows for large z", "Look at what exp(z) is for z of 1000, and at inf divided by inf.")
def sigmoid(z):
    return np.exp(z) / (1.0 + np.exp(z))


@mistake("sigmoid", "sign of the exponent", "Your curve falls where it should rise: look at the sign in the exponent.")
def sigmoid(z):
    return 1.0 / (1.0 + np.exp(z))


mistake("sigmoid", "clips too early", "Clipping z is fine, but your bound is so narrow that it changes the result.",
        sigmoid, {"np.abs(z)": "np.abs(np.clip(z, -10, 10))"})


@mistake("sigmoid", "only for single numbers", "An if can decide for one number but not for a whole array of them.")
def sigmoid(z):
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    return math.exp(z) / (1.0 + math.exp(z))


@mistake("sigmoid", "tanh instead of sigmoid", "Your values reach down to -1, but a probability starts at 0.")
def sigmoid(z):
    return np.tanh(z / 2.0)


@mistake("sigmoid", "clips its argument in place",
         "You clip z where it is large, but in the caller's own array, which np.asarray does not copy; np.clip does.")
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    z[z < -500] = -500
    return 1.0 / (1.0 + np.exp(-z))


mistake("sigmoid", "small number in the denominator",
        "You add a small number below the fraction line; 1 + e^-z is never 0, so nothing has to be added.",
        sigmoid, {"(1.0 + e)": "(1.0 + e + 1e-8)"})
mistake("sigmoid", "single precision", "Your result is right to about seven digits only: somewhere it goes through float32.",
        sigmoid, {"np.abs(z)": "np.abs(np.asarray(z, dtype=np.float32))"})


@mistake("sigmoid", "rounds whole numbers",
         "Your result has the type of z, so for whole numbers every probability is rounded to 0 or 1.")
def sigmoid(z):
    z = np.asarray(z)
    out = np.zeros_like(z)
    out[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    out[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return out


# --- relu

@mistake("relu", "changes its argument",
         "Your ReLU overwrites the z that it was given, and backpropagation needs that z later.")
def relu(z):
    z[z < 0] = 0
    return z


mistake("relu", "maximum over an axis",
        "np.max finds the largest entry along an axis, but here each entry is compared with 0.",
        relu, {"np.maximum(0.0, z)": "np.max(z, 0)"})
mistake("relu", "absolute value", "A negative input should be switched off, not turned into a positive one.",
        relu, {"np.maximum(0.0, z)": "np.abs(z)"})
mistake("relu", "Python's max", "Python's own max compares whole arrays; NumPy has a function that goes entry by entry.",
        relu, {"np.maximum(0.0, z)": "max(0, z)"})
mistake("relu", "leaky slope with a minus", "For negative z leaky ReLU is still negative, only much smaller.",
        leaky_relu, {"slope * np.asarray(z)": "-slope * np.asarray(z)"})
mistake("relu", "constant instead of a slope",
        "For negative z your leaky ReLU is flat, but a slope is something to multiply z by.",
        leaky_relu, {"slope * np.asarray(z)": "slope"})
mistake("relu", "ignores the slope it is given",
        "Your leaky ReLU has 0.01 written into it and never looks at its argument slope.",
        leaky_relu, {"slope * np.asarray(z)": "0.01 * np.asarray(z)"})
mistake("relu", "slope for positive numbers too", "Leaky ReLU leaves positive z as it is; you multiply it by the slope as well.",
        leaky_relu, {"> 0, z,": "> 0, slope * np.asarray(z),"})
mistake("relu", "another default slope", "Where no slope is given it is 0.01; yours is another number.",
        leaky_relu, {"slope=0.01": "slope=0.1"})


# --- gelu

mistake("gelu", "erf without the square root of 2", "Your erf is given z itself; look at what z is divided by inside Phi.",
        gelu, {" / np.sqrt(2.0)": ""})
mistake("gelu", "factor one half forgotten",
        "Your result is twice as large as it should be: Phi ends at 1, and yours ends at 2.",
        gelu, {"z * 0.5": "z"})
mistake("gelu", "tanh form for the exact one", "Close, but this is the tanh form; the exact GELU uses erf.",
        gelu, {"erf(np.asarray(z) / np.sqrt(2.0))": "np.tanh(np.sqrt(2.0 / np.pi) * (z + 0.044715 * z**3))"})
mistake("gelu", "Phi without z", "You return Phi(z), the weight alone; GELU is z weighted by it.",
        gelu, {"z * 0.5": "0.5"})
mistake("gelu", "sigmoid form for the exact one",
        "Close, but weighting z by a sigmoid is a rougher form; the exact GELU uses erf.",
        gelu, {"0.5 * (1.0 + erf(np.asarray(z) / np.sqrt(2.0)))": "sigmoid(1.702 * z)"})


@mistake("gelu", "exact form for the tanh one",
         "This is the exact GELU again; gelu_tanh is the form that GPT-2 uses, without erf.")
def gelu_tanh(z):
    return 0.5 * z * (1.0 + erf(z / np.sqrt(2.0)))


mistake("gelu", "square for the cube",
        "In gelu_tanh the small correction term has z to the third power, so that it keeps z's sign.",
        gelu_tanh, {"z**3": "z**2"})
mistake("gelu", "2 / pi without its root",
        "In gelu_tanh look once more at the constant in front of the bracket: a root is missing.",
        gelu_tanh, {"np.sqrt(2.0 / np.pi)": "2.0 / np.pi"})
mistake("gelu", "bracket closed too early",
        "In gelu_tanh the root of 2 / pi multiplies the cubic term too: look at your brackets.",
        gelu_tanh, {"(z + 0.044715 * z**3)": "z + 0.044715 * z**3"})
mistake("gelu", "fewer digits of the constant", "In gelu_tanh the constant of the cubic term is 0.044715, all six digits of it.",
        gelu_tanh, {"0.044715": "0.0447"})
mistake("gelu", "single precision", "Your gelu is right to about seven digits only: somewhere it goes through float32.",
        gelu, {"z * 0.5": "np.asarray(z, dtype=np.float32) * 0.5"})


# --- activation_gradients

mistake("activation_gradients", "takes z for sigma(z)",
        "sigmoid_grad is given z, and you use it as if it were already the sigmoid of z.",
        sigmoid_grad, {"sigmoid(z) * sigmoid(-np.asarray(z))": "z * (1.0 - z)"})
mistake("activation_gradients", "half of sigma'", "Of the two factors in the sigmoid's derivative you return only one.",
        sigmoid_grad, {"sigmoid(z) * ": ""})
mistake("activation_gradients", "takes z for tanh(z)",
        "tanh_grad is given z, and you square it as if it were already the tanh of z.",
        tanh_grad, {"np.tanh(z)": "z"})
mistake("activation_gradients", "square forgotten in tanh'",
        "tanh is symmetric around 0, so its slope must be too; yours lacks a square.",
        tanh_grad, {" ** 2": ""})
mistake("activation_gradients", "ReLU instead of its slope",
        "relu_grad should return the slope of ReLU, which is never larger than 1, not its value.",
        relu_grad, {"(np.asarray(z) > 0).astype(float)": "np.maximum(0.0, z)"})
mistake("activation_gradients", "-1 for negative inputs",
        "For negative z ReLU is flat, and a flat line has no slope, not a negative one.",
        relu_grad, {"(np.asarray(z) > 0).astype(float)": "np.where(z > 0, 1.0, -1.0)"})
mistake("activation_gradients", "slope 1 at the kink",
        "At exactly z of 0 the exercise chooses the slope 0: look at your comparison.",
        relu_grad, {"> 0": ">= 0"})
mistake("activation_gradients", "mask turned around",
        "Your relu_grad lets the gradient through where ReLU is off, and blocks it where it is on.",
        relu_grad, {"> 0": "< 0"})
mistake("activation_gradients", "leaky slope times z",
        "For negative z leaky_relu_grad should be the slope itself; yours still has z in it.",
        leaky_relu_grad, {"1.0, slope": "1.0, slope * z"})
mistake("activation_gradients", "leak forgotten",
        "Your leaky_relu_grad is that of plain ReLU: for negative z a little gradient should leak through.",
        leaky_relu_grad, {"1.0, slope": "1.0, 0.0"})
mistake("activation_gradients", "leak with a minus",
        "Leaky ReLU rises everywhere, so its slope is positive for negative z too.",
        leaky_relu_grad, {"1.0, slope": "1.0, -slope"})
mistake("activation_gradients", "product rule forgotten",
        "GELU is a product of two functions of z, and gelu_grad has only the first term of its product rule.",
        gelu_grad, {"Phi + z * phi": "Phi"})
mistake("activation_gradients", "density not normalised",
        "In gelu_grad the bell curve has lost the constant that makes its area 1.",
        gelu_grad, {" / np.sqrt(2.0 * np.pi)": ""})
mistake("activation_gradients", "density without its half",
        "In gelu_grad the bell curve is too narrow: look at the exponent of the normal density.",
        gelu_grad, {"-0.5 * z**2": "-(z**2)"})
mistake("activation_gradients", "whole numbers for slopes",
        "relu_grad returns whole numbers; slopes are floats, which 1.0 and 0.0 or .astype(float) make.",
        relu_grad, {".astype(float)": ".astype(int)"})
mistake("activation_gradients", "truth values for slopes",
        "relu_grad returns True and False, of type bool; a slope is a number, which .astype(float) makes.",
        relu_grad, {".astype(float)": ""})
mistake("activation_gradients", "leaky slope written in",
        "Your leaky_relu_grad has 0.01 written into it and never looks at its argument slope.",
        leaky_relu_grad, {"1.0, slope)": "1.0, 0.01)"})
mistake("activation_gradients", "leaky slope 1 at the kink",
        "At exactly z of 0 leaky_relu_grad is the slope on the left, like relu_grad: look at your comparison.",
        leaky_relu_grad, {"> 0": ">= 0"})
mistake("activation_gradients", "derivative of the tanh form",
        "Close, but your gelu_grad is the slope of gelu_tanh; the exact GELU has Phi and its density.",
        gelu_grad, {"    Phi = 0.5 * (1.0 + erf(z / np.sqrt(2.0)))\n":
                    "    c = np.sqrt(2.0 / np.pi)\n    t = np.tanh(c * (z + 0.044715 * z**3))\n",
                    "    phi = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)\n": "",
                    "Phi + z * phi": "0.5 * (1.0 + t) + 0.5 * z * (1.0 - t**2) * c * (1.0 + 3 * 0.044715 * z**2)"})


@mistake("activation_gradients", "clips its argument in place",
         "sigmoid_grad clips the caller's own array, which np.asarray does not copy; np.clip does.")
def sigmoid_grad(z):
    z = np.asarray(z, dtype=float)
    z[np.abs(z) > 500] = 500
    return sigmoid(z) * sigmoid(-z)


# --- dense_forward

mistake("dense_forward", "weights not transposed",
        "Write the shapes under the product: each neuron's weights are a row of W.",
        dense_forward, {"W.T": "W"})
mistake("dense_forward", "reshape instead of transpose",
        "reshape gives the right shape but deals the weights to the wrong neurons; rows should become columns.",
        dense_forward, {"W.T": "W.reshape(W.shape[1], W.shape[0])"})
mistake("dense_forward", "bias forgotten", "Your layer maps 0 to 0 whatever its bias is.",
        dense_forward, {" + b": ""})
mistake("dense_forward", "examples as columns",
        "Your result has one example per column; the exercise keeps one example per row.",
        dense_forward, {"A_prev @ W.T + b": "W @ A_prev.T + b.reshape(-1, 1)"})
mistake("dense_forward", "bias subtracted", "Look at the sign of the bias: a larger bias should make Z larger.",
        dense_forward, {"+ b": "- b"})
mistake("dense_forward", "activation inside",
        "dense_forward returns Z itself, negative values included; the activation comes later.",
        dense_forward, {"A_prev @ W.T + b": "(A_prev @ W.T + b).clip(min=0)"})
mistake("dense_forward", "one bias for all neurons", "Every neuron has its own bias; you add the first one's to all of them.",
        dense_forward, {"+ b": "+ b[0]"})
mistake("dense_forward", "transposes only where it must",
        "For a square W you leave the transpose out: whether it is needed does not depend on whether the shapes would fit.",
        dense_forward, {"W.T": "(W.T if A_prev.shape[1] != W.shape[0] else W)"})


# --- init_params

mistake("init_params", "variance 1/n for He",
        "For He your weights are a little too small: ReLU switches off half of the signal, and a factor makes up for it.",
        init_params, {'"he": 2.0 / n_in': '"he": 1.0 / n_in'})
mistake("init_params", "fan-out for fan-in", "For He count how many inputs a neuron adds up; you count the neurons instead.",
        init_params, {'"he": 2.0 / n_in': '"he": 2.0 / n_out'})
mistake("init_params", "variance used as standard deviation",
        "The formula gives the variance; what you multiply a standard normal number by is its root.",
        init_params, {"np.sqrt(variances[scheme])": "variances[scheme]"})
mistake("init_params", "ignores the rng",
        "Your weights come from NumPy's global generator, so the rng that the caller passes in changes nothing.",
        init_params, {"rng.standard_normal": "np.random.standard_normal"})
mistake("init_params", "a fresh seed inside",
        "You make a new generator with a fixed seed, so every network starts with the same weights.",
        init_params, {"params = {}": "rng = np.random.default_rng(0)\n    params = {}"})
mistake("init_params", "bias as a column", "A bias has one number per neuron and only one axis; yours has two.",
        init_params, {"np.zeros(n_out)": "np.zeros((n_out, 1))"})
mistake("init_params", "W with its axes swapped",
        "W needs one row per neuron and one column per input; yours is the other way round.",
        init_params, {"(n_out, n_in)": "(n_in, n_out)"})
mistake("init_params", "weights with a positive mean",
        "Your weights are all positive: rng.random draws between 0 and 1, but the mean should be 0.",
        init_params, {"rng.standard_normal": "rng.random"})
mistake("init_params", "random biases", "Only the weights need randomness to break the symmetry; the biases start at 0.",
        init_params, {"np.zeros(n_out)": "np.sqrt(variances[scheme]) * rng.standard_normal(n_out)"})
mistake("init_params", "one scale for all layers",
        "Every layer has its own number of inputs, but you scale all of them by the first layer's.",
        init_params, {"2.0 / n_in": "2.0 / layer_sizes[0]", "n_in + n_out": "layer_sizes[0] + layer_sizes[1]"})
mistake("init_params", "accepts any scheme",
        "A scheme that does not exist should raise a ValueError; yours goes on as if it were zeros.",
        init_params, {'raise ValueError(\n                f"scheme must be one of {sorted(variances)}, not {scheme!r}")':
                      'scheme = "zeros"'})
mistake("init_params", "variance 1/n for Xavier",
        "Xavier's variance looks at both sides of the layer, n_in + n_out, and not at n_in alone.",
        init_params, {"2.0 / (n_in + n_out)": "1.0 / n_in"})
mistake("init_params", "half of Xavier", "Xavier's variance has a 2 above the fraction line; yours is half of it.",
        init_params, {"2.0 / (n_in + n_out)": "1.0 / (n_in + n_out)"})
mistake("init_params", "whole numbers for biases",
        "Your biases are whole numbers, dtype=int, and cannot take the small steps of training.",
        init_params, {"np.zeros(n_out)": "np.zeros(n_out, dtype=int)"})
mistake("init_params", "another error", "A scheme that does not exist should raise a ValueError; yours raises a KeyError.",
        init_params, {"ValueError": "KeyError"})
mistake("init_params", "draws from a copy",
        "You draw from a copy of rng, so rng itself never moves on and the next network starts with the same weights.",
        init_params, {"params = {}": "import copy\n    rng = copy.deepcopy(rng)\n    params = {}"})
mistake("init_params", "every layer from the same state",
        "You put rng back before each layer, so all layers begin with the same random numbers.",
        init_params, {"params = {}": "params, state = {}, rng.bit_generator.state",
                      "layer_sizes[l]\n": "layer_sizes[l]\n        rng.bit_generator.state = state\n"})


# --- forward

mistake("forward", "activation on the last layer",
        "The last layer stays linear, but yours goes through the activation like the hidden ones.",
        forward, {'cache[f"Z{L}"], cache': 'f(cache[f"Z{L}"]), cache'})
mistake("forward", "probabilities for logits",
        "You return probabilities, but the loss functions want the logits and apply the sigmoid themselves.",
        forward, {'cache[f"Z{L}"], cache': 'ACTIVATIONS["sigmoid"][0](cache[f"Z{L}"]), cache'})
mistake("forward", "no activations in the cache",
        "Backpropagation will look for the activations A in the cache, and you keep only the Z.",
        forward, {'cache = {"A0": X}': 'A, cache = X, {"A0": X}', 'cache[f"A{l - 1}"]': "A", 'cache[f"A{l}"]': "A"})
mistake("forward", "input missing in the cache", "The first layer's gradient needs the input, and your cache has no A0.",
        forward, {'cache = {"A0": X}': "cache = {}", 'cache[f"A{l - 1}"]': 'cache.get(f"A{l - 1}", X)'})
mistake("forward", "always ReLU", "Your hidden layers use ReLU whatever the argument activation says.",
        forward, {"ACTIVATIONS[activation]": 'ACTIVATIONS["relu"]'})
mistake("forward", "two layers only", "Your network has exactly two layers, but params may describe more or fewer.",
        forward, {"len(params) // 2": "2"})
mistake("forward", "no activation between the layers",
        "Each of your layers is fed the Z of the one before, so the whole network is linear.",
        forward, {'cache[f"A{l - 1}"]': 'cache[f"Z{l - 1}" if l > 1 else "A0"]'})


@mistake("forward", "layers in the order of strings",
         "You sort the names of the layers as strings, which puts W10 before W2; count l from 1 to L instead.")
def forward(params, X, activation="relu"):
    f, cache, A = ACTIVATIONS[activation][0], {"A0": X}, X
    names = sorted(name for name in params if name.startswith("W"))
    for name in names:
        Z = cache[f"Z{name[1:]}"] = dense_forward(A, params[name], params[f"b{name[1:]}"])
        if name != names[-1]:
            A = cache[f"A{name[1:]}"] = f(Z)
    return Z, cache


mistake("forward", "falls back to ReLU",
        "For an activation that you have no case for you take ReLU; look every name up in ACTIVATIONS.",
        forward, {"ACTIVATIONS[activation]": 'ACTIVATIONS.get(activation, ACTIVATIONS["relu"])'})
mistake("forward", "ReLU for gelu and leaky_relu",
        "You have cases for some activations and take ReLU for the others; look the name up in ACTIVATIONS.",
        forward, {"ACTIVATIONS[activation]":
                  '{name: ACTIVATIONS[name] for name in ("linear", "tanh", "sigmoid")}.get(activation, ACTIVATIONS["relu"])'})
mistake("forward", "another default", "Where no activation is named it is ReLU; yours is another one.",
        forward, {'activation="relu"': 'activation="tanh"'})
mistake("forward", "A kept in place of Z",
        "Your cache has A where Z belongs: the activation has overwritten Z, whose sign backpropagation needs.",
        forward, {'cache[f"A{l}"] = f(cache[f"Z{l}"])': 'cache[f"A{l}"] = cache[f"Z{l}"] = f(cache[f"Z{l}"])'})


# --- bce

mistake("bce", "sums instead of averaging", "The loss is a mean over the batch, and yours grows with the number of examples.",
        bce_from_logits, {"losses.mean()": "losses.sum()"})


@mistake("bce", "log of 0", "For a large logit the probability rounds to exactly 0 or 1, and then you take the log of 0.")
def bce_from_logits(z, y):
    p = sigmoid(z)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


@mistake("bce", "probabilities clipped",
         "Clipping the probability hides the log of 0 but caps the loss: a logit of 1000 on the wrong side costs 1000.")
def bce_from_logits(z, y):
    p = np.clip(sigmoid(z), 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


@mistake("bce", "small number inside the log",
         "A small number added inside the log changes every loss a little and the large ones a lot.")
def bce_from_logits(z, y):
    p = sigmoid(z)
    eps = 1e-8
    return float(-np.mean(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps)))


mistake("bce", "exp overflows", "Your formula is right on paper, but exp(z) overflows for large positive z.",
        bce_from_logits, {"np.maximum(z, 0) - z * y": "-z * y", "np.exp(-np.abs(z))": "np.exp(z)"})
mistake("bce", "minus sign forgotten", "Your loss is negative: the log of a probability is below 0, so a sign is missing.",
        bce_from_logits, {"losses.mean()": "-losses.mean()"})
mistake("bce", "only the positive examples",
        "Examples with the label 0 cost nothing in your loss: its second term is missing.",
        bce_from_logits, {"losses.mean()": "(y * losses).mean()"})
mistake("bce", "labels the wrong way round",
        "Your loss is small when the prediction is wrong: the two labels have changed places.",
        bce_from_logits, {"z * y": "z * (1 - y)"})
mistake("bce", "one loss per example",
        "You return one loss for each example, but training needs a single number for the batch.",
        bce_from_logits, {"float(losses.mean())": "losses"})


@mistake("bce", "logits taken for probabilities",
         "z holds logits, any real number, and you take its log as if it were a probability.")
def bce_from_logits(z, y):
    return float(-np.mean(y * np.log(z) + (1 - y) * np.log(1 - z)))


@mistake("bce", "each logit with each label",
         "z has become flat, so that z of shape (m,) and y of shape (m, 1) make m times m losses: keep both as columns.")
def bce_from_logits(z, y):
    z = z.ravel()
    return float(np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))))


mistake("bce", "logarithm to the base 2", "You take the logarithm to the base 2; the loss is in nats, so a coin flip costs 0.693.",
        bce_from_logits, {"losses.mean()": "losses.mean() / np.log(2)"})
mistake("bce", "clips the logit before the exp",
        "Your bound for the exponent is so narrow that what it leaves out shows: e^-|z| needs no bound, it cannot overflow.",
        bce_from_logits, {"np.exp(-np.abs(z))": "np.exp(np.clip(-np.abs(z), -30, 30))"})
mistake("bce", "clips the logits", "You bound z, so that a logit that is far off costs no more than your bound.",
        bce_from_logits, {"losses = ": "z = np.clip(z, -500, 500)\n    losses = "})


# --- softmax

mistake("softmax", "overflows for large logits",
        "exp overflows for large logits; a row's softmax does not change when the same number is taken from all of it.",
        softmax, {"Z - Z.max(axis=1, keepdims=True)": "Z"})
mistake("softmax", "shifts by the largest of all rows",
        "You shift every row by the maximum of the whole batch; a row far below it becomes 0 divided by 0.",
        softmax, {"Z.max(axis=1, keepdims=True)": "Z.max()"})
mistake("softmax", "sums over the batch", "Your columns sum to 1, but each row is one example's distribution.",
        softmax, {"Z.max(axis=1, keepdims=True)": "Z.max(axis=0)", "E.sum(axis=1, keepdims=True)": "E.sum(axis=0)"})
mistake("softmax", "one sum for the whole batch",
        "All your probabilities together sum to 1, but each row should do so by itself.",
        softmax, {"E.sum(axis=1, keepdims=True)": "E.sum()"})
mistake("softmax", "row sums broadcast along the wrong axis",
        "Without a kept axis the row sums line up with the columns: compare the two shapes in your division.",
        softmax, {"E.sum(axis=1, keepdims=True)": "E.sum(axis=1)"})
mistake("softmax", "changes its argument",
        "Your softmax shifts the caller's logits in place; they should be left as they were.",
        softmax, {"E = np.exp(Z - Z.max(axis=1, keepdims=True))": "Z -= Z.max(axis=1, keepdims=True)\n    E = np.exp(Z)"})
mistake("softmax", "divides by the largest",
        "Your largest entry is always 1; dividing by the row's sum makes it a distribution.",
        softmax, {"E.sum": "E.max"})
for _size in ("1e-6", "1e-8", "1e-9"):
    mistake("softmax", f"{_size} in the denominator",
            "You add a small number below the fraction line; after the shift the sum holds e^0 = 1 and cannot be 0.",
            softmax, {"E.sum(axis=1, keepdims=True)": f"(E.sum(axis=1, keepdims=True) + {_size})"})
mistake("softmax", "shifts by the mean",
        "You shift each row by its mean, above which the largest logit can still lie far enough to overflow; shift by the largest.",
        softmax, {"Z.max(axis=1": "Z.mean(axis=1"})
mistake("softmax", "clips the logits", "Clipping the logits changes their differences; a shift of the row does not.",
        softmax, {"Z - Z.max(axis=1, keepdims=True)": "np.clip(Z, -500, 500)"})
mistake("softmax", "clips after the shift",
        "After the shift no exponent is above 0, and a very negative one may well give 0: your bound changes that.",
        softmax, {"Z - Z.max(axis=1, keepdims=True)": "np.clip(Z - Z.max(axis=1, keepdims=True), -30, 30)"})


# --- softmax_cross_entropy

mistake("softmax_cross_entropy", "sums instead of averaging",
        "The loss is a mean over the batch, and yours grows with the number of examples.",
        softmax_cross_entropy, {"np.mean": "np.sum"})


@mistake("softmax_cross_entropy", "log of 0",
         "When a probability rounds to 0 you take the log of 0; the log and the exp can cancel before anything is computed.")
def softmax_cross_entropy(Z, y):
    P = softmax(Z)
    return float(-np.mean(np.log(P[np.arange(len(y)), y])))


@mistake("softmax_cross_entropy", "small number inside the log",
         "A small number inside the log caps the loss, so a confidently wrong prediction costs too little.")
def softmax_cross_entropy(Z, y):
    P = softmax(Z)
    return float(-np.mean(np.log(P[np.arange(len(y)), y] + 1e-9)))


mistake("softmax_cross_entropy", "averages over the classes too",
        "You divide by the number of entries in Z, but the mean is over examples only.",
        softmax_cross_entropy, {"np.mean": "1 / Z.size * np.sum"})


@mistake("softmax_cross_entropy", "takes labels for one-hot rows",
         "y holds class numbers, and you multiply by them as if they were one-hot rows.")
def softmax_cross_entropy(Z, y):
    shifted = Z - Z.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-np.sum(y.reshape(-1, 1) * log_probs) / len(Z))


mistake("softmax_cross_entropy", "indexes whole columns",
        "Your index takes whole columns for every example; each row should give just the entry of its own class.",
        softmax_cross_entropy, {"shifted[np.arange(len(Z)), y]": "shifted[:, y]"})
mistake("softmax_cross_entropy", "minus sign forgotten",
        "Your loss is negative: the log of a probability is below 0, so a sign is missing.",
        softmax_cross_entropy, {"np.mean": "-np.mean"})
mistake("softmax_cross_entropy", "exp overflows",
        "Your log-sum-exp is right on paper, but exp overflows for large logits unless each row is shifted first.",
        softmax_cross_entropy, {"Z - Z.max(axis=1, keepdims=True)": "Z"})
mistake("softmax_cross_entropy", "shifts by the largest of all rows",
        "You shift every row by the maximum of the whole batch; in a row far below it all exponentials are 0, and log 0 is -inf.",
        softmax_cross_entropy, {"Z.max(axis=1, keepdims=True)": "Z.max()"})
mistake("softmax_cross_entropy", "logarithm to the base 2", "You take the logarithm to the base 2; the loss is in nats.",
        softmax_cross_entropy, {"np.mean": "1 / np.log(2) * np.mean"})
mistake("softmax_cross_entropy", "changes its argument",
        "You shift the caller's logits in place; they should be left as they were.",
        softmax_cross_entropy, {"shifted = Z - Z.max(axis=1, keepdims=True)":
                                "Z -= Z.max(axis=1, keepdims=True)\n    shifted = Z"})
mistake("softmax_cross_entropy", "the largest logit for the right one",
        "You take the largest logit of each row, whatever the label; it is the logit of the class y that counts.",
        softmax_cross_entropy, {"shifted[np.arange(len(Z)), y]": "shifted.max(axis=1)"})
mistake("softmax_cross_entropy", "clips after the shift",
        "After the shift no exponent is above 0, and a very negative one may well give 0: your bound changes that.",
        softmax_cross_entropy, {"np.exp(shifted)": "np.exp(np.clip(shifted, -30, 30))"})


# --- loss_gradients

mistake("loss_gradients", "BCE gradient not divided by m",
        "Your bce_from_logits_grad belongs to the sum of the losses; theirs is a mean.",
        bce_from_logits_grad, {" / len(z)": ""})
mistake("loss_gradients", "BCE gradient with the wrong sign",
        "When the prediction is too high, raising z raises the loss: the sign of your bce_from_logits_grad is turned.",
        bce_from_logits_grad, {"sigmoid(z) - y": "y - sigmoid(z)"})
mistake("loss_gradients", "sigmoid's derivative once too often",
        "The sigmoid's derivative cancels against the log's on paper, and you multiply by it all the same.",
        bce_from_logits_grad, {"/ len(z)": "* sigmoid(z) * (1 - sigmoid(z)) / len(z)"})
mistake("loss_gradients", "logits for probabilities",
        "You subtract the label from the logit; it should be subtracted from the probability.",
        bce_from_logits_grad, {"sigmoid(z)": "z"})
mistake("loss_gradients", "derivative with respect to the probability",
        "This is the derivative with respect to the probability; one more step of the chain rule leads to z.",
        bce_from_logits_grad, {"/ len(z)": "/ (sigmoid(z) * (1 - sigmoid(z))) / len(z)"})
mistake("loss_gradients", "softmax gradient not divided by m",
        "Your softmax_cross_entropy_grad belongs to the sum of the losses; theirs is a mean.",
        softmax_cross_entropy_grad, {" / len(Z)": ""})
mistake("loss_gradients", "softmax gradient divided by m K",
        "You divide softmax_cross_entropy_grad by the number of entries in Z, but the mean is over examples only.",
        softmax_cross_entropy_grad, {"dZ / len(Z)": "dZ / Z.size"})
mistake("loss_gradients", "1 taken from whole columns",
        "You take 1 away from whole columns, but in each row only the right class should lose it.",
        softmax_cross_entropy_grad, {"dZ[np.arange(len(Z)), y]": "dZ[:, y]"})
mistake("loss_gradients", "softmax gradient with the wrong sign",
        "Raising the right class's logit lowers the loss: the sign of your softmax_cross_entropy_grad is turned.",
        softmax_cross_entropy_grad, {"dZ / len(Z)": "-dZ / len(Z)"})
mistake("loss_gradients", "takes labels for one-hot rows",
        "y holds class numbers, and you subtract them as if they were one-hot rows.",
        softmax_cross_entropy_grad, {"dZ[np.arange(len(Z)), y] -= 1.0": "dZ -= y.reshape(-1, 1)"})
mistake("loss_gradients", "adds 1 to the right class",
        "In softmax_cross_entropy_grad the right class loses 1, prediction minus truth; yours gains it.",
        softmax_cross_entropy_grad, {"-= 1.0": "+= 1.0"})
mistake("loss_gradients", "divides by the number of classes",
        "You divide softmax_cross_entropy_grad by the number of classes K; the mean is over the m examples.",
        softmax_cross_entropy_grad, {"dZ / len(Z)": "dZ / Z.shape[1]"})
mistake("loss_gradients", "one-hot forgotten", "You return the probabilities alone; the truth has to be subtracted from them.",
        softmax_cross_entropy_grad, {"    dZ[np.arange(len(Z)), y] -= 1.0\n": ""})
mistake("loss_gradients", "softmax without its shift",
        "softmax_cross_entropy_grad computes exp of the logits itself, without a shift; call softmax, which you have.",
        softmax_cross_entropy_grad, {"softmax(Z)": "np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)"})


# --- dense_backward

mistake("dense_backward", "bias gradient not summed",
        "b was added to every row, so its gradient collects over all of them; yours still has one row per example.",
        dense_backward, {"dZ.sum(axis=0)": "dZ"})
mistake("dense_backward", "bias gradient averaged",
        "The 1/m is already inside dZ, and your mean in db divides by m once more.",
        dense_backward, {"dZ.sum": "dZ.mean"})
mistake("dense_backward", "divides by m a second time",
        "The 1/m of the mean is already inside dZ, and you divide by m once more.",
        dense_backward, {"dW, db, dA_prev": "dW / len(dZ), db / len(dZ), dA_prev"})
mistake("dense_backward", "bias gradient summed over the neurons",
        "db has one entry per neuron, and you sum over the neurons instead of over the examples.",
        dense_backward, {"axis=0": "axis=1"})
mistake("dense_backward", "bias gradient as a row",
        "Your db keeps an axis of length 1, but a gradient has exactly the shape of what it belongs to.",
        dense_backward, {"axis=0": "axis=0, keepdims=True"})
mistake("dense_backward", "dW with its axes swapped",
        "Your dW is transposed: a gradient has the shape of its array, one row per neuron.",
        dense_backward, {"dZ.T @ A_prev": "A_prev.T @ dZ"})
mistake("dense_backward", "W transposed once too often",
        "Write the shapes under the product for dA_prev: going backwards W is used without its transpose.",
        dense_backward, {"dZ @ W": "dZ @ W.T"})
mistake("dense_backward", "results in another order",
        "Your three results are right but come in another order than the exercise asks for.",
        dense_backward, {"dW, db, dA_prev": "dA_prev, dW, db"})
mistake("dense_backward", "bias gradient of the first example only",
        "Your db is that of the first example; b was added to every row, so all of them count.",
        dense_backward, {"dZ.sum(axis=0)": "dZ[0]"})
mistake("dense_backward", "dW divided by m", "The 1/m of the mean is already inside dZ, and your dW is divided by m once more.",
        dense_backward, {"dZ.T @ A_prev": "dZ.T @ A_prev / len(dZ)"})
mistake("dense_backward", "squeezes a batch of one",
        "In a batch of one np.squeeze takes the examples' axis away, and your db then sums over the neurons.",
        dense_backward, {"dZ.sum(axis=0)": "np.squeeze(dZ).sum(axis=0)"})


# --- backward

mistake("backward", "forgets the activation's derivative",
        "On its way back the gradient passes through the activation too, and yours skips that factor.",
        backward, {' * f_grad(cache[f"Z{l - 1}"])': ""})
mistake("backward", "derivative at A instead of Z",
        "The activation's derivative is taken at Z; you hand it A, which only ReLU forgives.",
        backward, {'cache[f"Z{l - 1}"]': 'cache[f"A{l - 1}"]'})
mistake("backward", "multiplies by the activation itself", "You multiply by the activation where its derivative belongs.",
        backward, {"_, f_grad": "f, _", "* f_grad": "* f"})
mistake("backward", "always ReLU's derivative", "Your derivative is ReLU's whatever the argument activation says.",
        backward, {"ACTIVATIONS[activation]": 'ACTIVATIONS["relu"]'})
mistake("backward", "activation's derivative at the output too",
        "dZ already belongs to the logits, so the last layer has no activation to go back through.",
        backward, {"grads = {}": 'dZ = dZ * f_grad(cache[f"Z{len(params) // 2}"])\n    grads = {}'})
mistake("backward", "divides by m in every layer", "The 1/m is already inside dZ, and you divide by m again in every layer.",
        backward, {"= dW, db": "= dW / len(dZ), db / len(dZ)"})
mistake("backward", "keys with a d",
        "Your gradients have names of their own, but they are looked up under the parameters' names.",
        backward, {'grads[f"W{l}"], grads[f"b{l}"]': 'grads[f"dW{l}"], grads[f"db{l}"]'})
mistake("backward", "stops before the first layer",
        "The first layer gets no gradient: look at where your loop over the layers ends.",
        backward, {"len(params) // 2, 0": "len(params) // 2, 1"})


@mistake("backward", "starts every layer from the output",
         "Each layer's gradient continues from the layer after it, and yours begins again at the output.")
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
mistake("backward", "takes things out of the cache",
        "cache.pop takes an array out of the caller's cache, which can then not be used again; only read it.",
        backward, {'f_grad(cache[f"Z{l - 1}"])': 'f_grad(cache.pop(f"Z{l - 1}"))'})
mistake("backward", "falls back to ReLU",
        "For an activation that you have no case for you take ReLU's derivative; look every name up in ACTIVATIONS.",
        backward, {"ACTIVATIONS[activation]": 'ACTIVATIONS.get(activation, ACTIVATIONS["relu"])'})
mistake("backward", "ReLU's derivative for gelu and leaky_relu",
        "You have cases for some activations and take ReLU's derivative for the others; look the name up in ACTIVATIONS.",
        backward, {"ACTIVATIONS[activation]":
                   '{name: ACTIVATIONS[name] for name in ("linear", "tanh", "sigmoid")}.get(activation, ACTIVATIONS["relu"])'})
mistake("backward", "another default", "Where no activation is named it is ReLU; yours is another one.",
        backward, {'activation="relu"': 'activation="tanh"'})
mistake("backward", "more than the gradients",
        "Your dict holds more than the gradients of the parameters; nothing else belongs into it.",
        backward, {"return grads": 'return grads | {"X": dA_prev}'})


@mistake("backward", "layers in the order of strings",
         "You sort the names of the layers as strings, which puts W10 before W2; count l from L down to 1 instead.")
def backward(params, cache, dZ, activation="relu"):
    f_grad, grads = ACTIVATIONS[activation][1], {}
    for name in sorted((name for name in params if name.startswith("W")), reverse=True):
        l = int(name[1:])
        grads[f"W{l}"], grads[f"b{l}"], dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        if l > 1:
            dZ = dA * f_grad(cache[f"Z{l - 1}"])
    return grads


# --- numerical_gradient

mistake("numerical_gradient", "forward difference",
        "You look only to one side; central differences look to both, and are far more exact.",
        numerical_gradient, {"f(theta - step)": "f(theta)", "(2.0 * h)": "h"})
mistake("numerical_gradient", "width of the interval is h",
        "Your gradient is twice too large: from theta - h to theta + h is how far.",
        numerical_gradient, {"(2.0 * h)": "h"})


@mistake("numerical_gradient", "leaves theta changed",
         "You move theta itself and do not move it back, so it comes out changed.")
def numerical_gradient(f, theta, h=1e-5):
    gradient = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        theta[i] += h
        up = f(theta)
        theta[i] -= 2 * h
        down = f(theta)
        gradient[i] = (up - down) / (2 * h)
    return gradient


mistake("numerical_gradient", "both evaluations on the same side",
        "After the first evaluation theta has to go back two steps, not one: the second is meant to be at theta - h.",
        numerical_gradient, {"f(theta - step)": "f(theta + step - step)"})


@mistake("numerical_gradient", "moves all entries at once",
         "You move every entry at the same time, which gives one slope; each entry needs a step of its own.")
def numerical_gradient(f, theta, h=1e-5):
    return (f(theta + h) - f(theta - h)) / (2 * h)


mistake("numerical_gradient", "only for vectors", "Your loop goes over the first axis only, but theta may be a matrix.",
        numerical_gradient, {"np.ndindex(theta.shape)": "range(len(theta))"})
mistake("numerical_gradient", "returns a flat vector",
        "Your numbers are right, but the gradient should have the shape of theta.",
        numerical_gradient, {"return gradient": "return gradient.ravel()"})
mistake("numerical_gradient", "sides exchanged",
        "Your gradient points the other way: look at which of the two evaluations is subtracted.",
        numerical_gradient, {"f(theta + step) - f(theta - step)": "f(theta - step) - f(theta + step)"})
mistake("numerical_gradient", "step written in",
        "Your step is 1e-5 whatever h says: use the argument.",
        numerical_gradient, {"step[i] = h": "step[i] = h = 1e-5"})
mistake("numerical_gradient", "another default step", "Where no h is given the step is 1e-5; yours is another one.",
        numerical_gradient, {"h=1e-5": "h=1e-4"})
mistake("numerical_gradient", "nudges are not undone",
        "Once an entry is nudged it stays so while you nudge the next: more than one entry is moved at a time.",
        numerical_gradient, {"        step = np.zeros_like(theta, dtype=float)\n": "",
                             "gradient = np.zeros_like(theta, dtype=float)":
                             "gradient, step = np.zeros_like(theta, dtype=float), np.zeros_like(theta, dtype=float)"})
mistake("numerical_gradient", "backward difference",
        "You look only to the left; central differences look to both sides, and are far more exact.",
        numerical_gradient, {"f(theta + step)": "f(theta)", "(2.0 * h)": "h"})
mistake("numerical_gradient", "single precision", "Your numbers pass through float32, which keeps only about seven digits.",
        numerical_gradient, {"gradient = np.zeros_like(theta, dtype=float)": "gradient = np.zeros_like(theta, dtype=np.float32)"})


# --- sgd_step

mistake("sgd_step", "uphill", "Your step goes up the slope: the gradient points to where the loss grows.",
        sgd_step, {"-=": "+="})
mistake("sgd_step", "a new array that nobody sees",
        "You give the loop's own variable a new array, and the dict still holds the old one.",
        sgd_step, {"params[name] -= lr * grads[name]": "theta = params[name] - lr * grads[name]"})


@mistake("sgd_step", "returns new parameters", "You return a new dict, but the caller's params should be changed in place.")
def sgd_step(params, grads, lr):
    return {name: params[name] - lr * grads[name] for name in params}


mistake("sgd_step", "learning rate forgotten",
        "Your step is as long as the gradient itself, whatever the learning rate says.",
        sgd_step, {"lr * grads[name]": "grads[name]"})
mistake("sgd_step", "weights only", "Your biases never move: they are parameters like the weights.",
        sgd_step, {"in params": 'in [f"W{l}" for l in range(1, len(params) // 2 + 1)]'})
mistake("sgd_step", "two layers only", "You update exactly two layers, but params may describe more or fewer.",
        sgd_step, {"in params": 'in ("W1", "b1", "W2", "b2")'})
mistake("sgd_step", "scales the gradients in place",
        "You multiply the caller's gradients by the learning rate in place; they should be left as they are.",
        sgd_step, {"params[name] -= lr * grads[name]": "grads[name] *= lr\n        params[name] -= grads[name]"})
mistake("sgd_step", "learning rate written in", "Your step has 0.1 written into it, whatever lr says: use the argument.",
        sgd_step, {"lr * grads[name]": "0.1 * grads[name]"})
mistake("sgd_step", "takes the gradients away",
        "grads.pop takes the gradients out of the caller's dict; read them with grads[name].",
        sgd_step, {"lr * grads[name]": "lr * grads.pop(name)"})
mistake("sgd_step", "clips the gradients",
        "You bound the gradients, so that a large one makes too short a step: nobody asked for that.",
        sgd_step, {"lr * grads[name]": "lr * grads[name].clip(-5, 5)"})


# --- minibatches

mistake("minibatches", "drops the last batch",
        "When batch_size does not divide m, the examples that are left over still need a batch.",
        minibatches, {"range(0, m, batch_size)": "range(0, m - batch_size + 1, batch_size)"})


@mistake("minibatches", "no shuffling", "Your batches come in the data's own order: nothing is shuffled.")
def minibatches(m, batch_size, rng):
    indices = np.arange(m)
    return [indices[i : i + batch_size] for i in range(0, m, batch_size)]


@mistake("minibatches", "the same permutation every time",
         "You shuffle with a generator of your own and a fixed seed, so every epoch has the same order.")
def minibatches(m, batch_size, rng):
    order = np.random.default_rng(0).permutation(m)
    return [order[i : i + batch_size] for i in range(0, m, batch_size)]


@mistake("minibatches", "ignores the rng",
         "You shuffle with NumPy's global generator, so the rng that the caller passes in changes nothing.")
def minibatches(m, batch_size, rng):
    order = np.random.permutation(m)
    return [order[i : i + batch_size] for i in range(0, m, batch_size)]


mistake("minibatches", "an empty batch at the end", "When batch_size divides m exactly, your last batch is empty.",
        minibatches, {"range(0, m, batch_size)": "range(0, m + 1, batch_size)"})
mistake("minibatches", "batches one too long", "Your batches overlap by one example: a slice already stops before its end.",
        minibatches, {"start + batch_size": "start + batch_size + 1"})
mistake("minibatches", "draws with replacement",
        "You draw every batch afresh, so some examples come twice in an epoch and others not at all.", minibatches,
        {"    order = rng.permutation(m)\n": "",
         "order[start : start + batch_size]": "rng.integers(0, m, min(batch_size, m - start))"})


@mistake("minibatches", "shuffles only the batches",
         "You shuffle the batches but not the examples, so the same neighbours always stay together.")
def minibatches(m, batch_size, rng):
    batches = [np.arange(start, min(start + batch_size, m)) for start in range(0, m, batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


@mistake("minibatches", "only rotates",
         "You only choose where to begin: neighbours in the data stay neighbours; shuffle every example, as rng.permutation does.")
def minibatches(m, batch_size, rng):
    order = np.roll(np.arange(m), rng.integers(m))
    return [order[i : i + batch_size] for i in range(0, m, batch_size)]


@mistake("minibatches", "shuffles only the full batches",
         "You shuffle the full batches but not the examples, so the same neighbours always stay together.")
def minibatches(m, batch_size, rng):
    batches = [np.arange(start, min(start + batch_size, m)) for start in range(0, m, batch_size)]
    full = m // batch_size
    return [batches[i] for i in rng.permutation(full)] + batches[full:]


@mistake("minibatches", "shuffles inside the batches",
         "You shuffle inside each batch, where order does not matter; which examples are together is what must change.")
def minibatches(m, batch_size, rng):
    return [rng.permutation(np.arange(start, min(start + batch_size, m))) for start in range(0, m, batch_size)]


@mistake("minibatches", "the rest is always the same",
         "The examples that are left over at the end are the same in every epoch: shuffle all of them, and cut then.")
def minibatches(m, batch_size, rng):
    full = m - m % batch_size
    order = np.append(rng.permutation(full), np.arange(full, m))
    return [order[i : i + batch_size] for i in range(0, m, batch_size)]


mistake("minibatches", "draws from a copy",
        "You draw from a copy of rng, so rng itself never moves on and every epoch has the same order.",
        minibatches, {"order = rng": "import copy\n    order = copy.deepcopy(rng)"})


# --- train

mistake("train", "one loss per batch", "Your history has one entry for each batch, but one for each epoch is asked for.",
        train, {"dZ = ": "history.append(bce_from_logits(logits, y[batch]))\n            dZ = ",
                "        history.append(bce_from_logits(forward(params, X)[0], y))\n": ""})
mistake("train", "one loss too many", "Your history begins with the loss before training, so it has one entry too many.",
        train, {"history = []": "history = [bce_from_logits(forward(params, X)[0], y)]"})
mistake("train", "mean of the batches' losses",
        "You average the losses seen on the way, while the network was still changing; measure the whole data after each epoch.",
        train, {"for batch in": "losses = []\n        for batch in",
                "dZ = ": "losses.append(bce_from_logits(logits, y[batch]))\n            dZ = ",
                "bce_from_logits(forward(params, X)[0], y)": "float(np.mean(losses))"})
mistake("train", "loss of the last batch",
        "You record the last batch's loss, but the history should hold the loss on all of the data.",
        train, {"bce_from_logits(forward(params, X)[0], y)": "bce_from_logits(forward(params, X[batch])[0], y[batch])"})
mistake("train", "all data in one batch", "You take one step per epoch on all of the data, and batch_size changes nothing.",
        train, {"minibatches(len(X), batch_size, rng)": "[np.arange(len(X))]"})
mistake("train", "labels not taken along", "You take the batch's rows of X but not the same rows of y.",
        train, {"y[batch]": "y[: len(batch)]"})
mistake("train", "trains a copy", "You train a copy of params, and the caller's network learns nothing.",
        train, {"history = []": "params = {name: value.copy() for name, value in params.items()}\n    history = []"})
mistake("train", "batches drawn once",
        "You draw the batches once and use them in every epoch; every epoch should have a new order.", train,
        {"history = []": "history, batches = [], minibatches(len(X), batch_size, rng)",
         "in minibatches(len(X), batch_size, rng)": "in batches"})
mistake("train", "threshold on the logits",
        "You compare the logits with one half, but it is the probability that should be at least one half.",
        predict, {"sigmoid(forward(params, X)[0])": "forward(params, X)[0]"})
mistake("train", "probabilities for classes", "predict returns probabilities, but each row should get a class, 0 or 1.",
        predict, {" >= 0.5": "", ".astype(int)": ""})
mistake("train", "argmax over one column",
        "With one logit per row the largest is always the first, so predict answers 0 for everything.", predict,
        {"(sigmoid(forward(params, X)[0]) >= 0.5).astype(int)": "np.argmax(forward(params, X)[0], axis=1).reshape(-1, 1)"})
mistake("train", "flat predictions",
        "predict should return a column like y; comparing your flat array with y makes a whole matrix.",
        predict, {".astype(int)": ".astype(int).ravel()"})
mistake("train", "classes exchanged", "predict gives class 1 where the probability is below one half.",
        predict, {">= 0.5": "< 0.5"})
mistake("train", "learning rate written in", "Your steps have a learning rate of their own, whatever lr says: use the argument.",
        train, {"dZ), lr)": "dZ), 0.5)"})
mistake("train", "sums the batch's gradients",
        "Your steps are as many times too long as the batch has examples: the mean's 1/m is in bce_from_logits_grad already.",
        train, {"bce_from_logits_grad(logits, y[batch])": "len(batch) * bce_from_logits_grad(logits, y[batch])"})
mistake("train", "leaves out the smaller last batch",
        "You leave out a last batch that is smaller than the others; its examples count too.",
        train, {"in minibatches(len(X), batch_size, rng)":
                "in [rows for rows in minibatches(len(X), batch_size, rng) if len(rows) == min(batch_size, len(X))]"})
mistake("train", "loss before the epoch", "You note the loss before each epoch's steps; it is asked for after them.",
        train, {"        history.append(bce_from_logits(forward(params, X)[0], y))\n": "",
                "        for batch in": "        history.append(bce_from_logits(forward(params, X)[0], y))\n        for batch in"})
mistake("train", "a generator of its own",
        "You make a generator of your own with a fixed seed: the rng that the caller passes in changes nothing.",
        train, {"history = []": "history, rng = [], np.random.default_rng(0)"})
mistake("train", "sorts the data in place",
        "You reorder the caller's X and y; take rows by index and leave the arrays as they are.",
        train, {"history = []": "history = []\n    X[:], y[:] = X[::-1].copy(), y[::-1].copy()"})
mistake("train", "more than one half", "At a probability of exactly one half predict should answer 1: look at your comparison.",
        predict, {">= 0.5": "> 0.5"})
mistake("train", "truth values for classes", "predict returns True and False; the classes are the numbers 1 and 0.",
        predict, {".astype(int)": ""})
mistake("train", "classes -1 and 1", "predict should give the classes 0 and 1; yours are -1 and 1.",
        predict, {".astype(int)": ".astype(int) * 2 - 1"})


# --- torch_twin

mistake("torch_twin", "single precision",
        "Your twin counts in float32, PyTorch's default, which keeps only about seven digits.",
        make_twin, {", dtype=torch.float64": ""})
mistake("torch_twin", "shares memory",
        "torch.from_numpy shares memory with the array, so training the twin would change params.", make_twin,
        {'layer.weight.copy_(torch.tensor(params[f"W{l}"]))': 'layer.weight = nn.Parameter(torch.from_numpy(params[f"W{l}"]))',
         'layer.bias.copy_(torch.tensor(params[f"b{l}"]))': 'layer.bias = nn.Parameter(torch.from_numpy(params[f"b{l}"]))'})
mistake("torch_twin", "biases not copied", "Your twin has the weights but starts with random biases of its own.",
        make_twin, {'            layer.bias.copy_(torch.tensor(params[f"b{l}"]))\n': ""})
mistake("torch_twin", "ReLU after the last layer", "Your twin ends with a ReLU, so its logits are never negative.",
        make_twin, {"if l < L": "if l <= L"})
mistake("torch_twin", "no activation", "Your twin has no activation between its layers, so it is a linear model.",
        make_twin, {"        if l < L:\n            layers.append(nn.ReLU())\n": ""})
mistake("torch_twin", "sigmoid at the end",
        "Your twin ends with a sigmoid and returns probabilities; it should return logits.",
        make_twin, {"*layers": "*layers, nn.Sigmoid()"})
mistake("torch_twin", "weights transposed",
        "nn.Linear takes the number of inputs first but stores its weight as the lecture does, so nothing needs a transpose.",
        make_twin, {'layer.weight.copy_(torch.tensor(params[f"W{l}"]))': 'layer.weight.data = torch.tensor(params[f"W{l}"].T)'})
mistake("torch_twin", "sums the twin's losses",
        "You ask PyTorch for the sum of the losses, but ours is a mean over the batch.",
        twin_loss_and_grads, {"torch.tensor(y)": 'torch.tensor(y), reduction="sum"'})
mistake("torch_twin", "sigmoid applied twice",
        "The loss with logits applies the sigmoid itself, and you have already applied it once.",
        twin_loss_and_grads, {"twin(torch.tensor(X))": "torch.sigmoid(twin(torch.tensor(X)))"})
mistake("torch_twin", "weights for gradients",
        "You return the twin's parameters themselves; their gradients are kept elsewhere.",
        twin_loss_and_grads, {"weight.grad": "weight.detach()", "bias.grad": "bias.detach()"})


@mistake("torch_twin", "PyTorch's own names",
         "Your gradients have PyTorch's names; they should have the same keys as params.")
def twin_loss_and_grads(params, X, y):
    twin = make_twin(params)
    loss = nn.functional.binary_cross_entropy_with_logits(twin(torch.tensor(X)), torch.tensor(y))
    loss.backward()
    return loss.item(), {name: p.grad.numpy() for name, p in twin.named_parameters()}


mistake("torch_twin", "counts the ReLUs as layers",
        "Every second module of the twin is a ReLU, and your numbering of the layers counts those too.", twin_loss_and_grads,
        {"layer for layer in twin": "(l, layer) for l, layer in enumerate(twin, start=1)",
         "enumerate(linears, start=1)": "linears"})
mistake("torch_twin", "layers in the order of strings",
        "You sort the layers as strings, which puts W10 before W2; count l from 1 to L instead.",
        make_twin, {"in range(1, L + 1)": "in sorted(range(1, L + 1), key=str)"})
mistake("torch_twin", "a tensor for the loss", "Your loss is still a tensor; loss.item() is the plain number.",
        twin_loss_and_grads, {"loss.item()": "loss"})
mistake("torch_twin", "examples in single precision",
        "Your examples pass through float32, PyTorch's default, which keeps only about seven digits.",
        twin_loss_and_grads, {"torch.tensor(X)": "torch.tensor(X).float().double()"})
mistake("torch_twin", "two backward passes",
        "You run backward twice, and PyTorch adds gradients up: yours are twice too large.",
        twin_loss_and_grads, {"    loss.backward()": "    loss.backward(retain_graph=True)\n    loss.backward()"})
mistake("torch_twin", "leaky ReLU between the layers", "Between your twin's layers is nn.LeakyReLU; our network has ReLU there.",
        make_twin, {"nn.ReLU()": "nn.LeakyReLU()"})


# --- vanishing_gradients

mistake("vanishing_gradients", "last layer first",
        "Your norms come in the order of backpropagation; the first layer should come first.",
        layer_gradient_norms, {"range(1, len(params) // 2 + 1)": "range(len(params) // 2, 0, -1)"})
mistake("vanishing_gradients", "norms of the activations",
        "You measure how large the activations are; the question is how much gradient arrives at the weights.",
        layer_gradient_norms, {'grads[f"W{l}"]': 'cache[f"A{l - 1}"]'})
mistake("vanishing_gradients", "norms of the weights",
        "You measure the weights themselves; it is their gradients whose norms are asked for.",
        layer_gradient_norms, {'grads[f"W{l}"]': 'params[f"W{l}"]'})
mistake("vanishing_gradients", "root forgotten", "You return the sums of squares; a norm is the root of that.",
        layer_gradient_norms, {'np.linalg.norm(grads[f"W{l}"])': 'np.sum(grads[f"W{l}"] ** 2)'})
mistake("vanishing_gradients", "biases too",
        "Your list also holds the biases, but one norm per layer is asked for, that of its weights.",
        layer_gradient_norms, {'grads[f"W{l}"]': "grads[name]", "for l in range(1, len(params) // 2 + 1)": "for name in params"})
mistake("vanishing_gradients", "activation not passed on",
        "You do not pass the activation on, so every network is measured with ReLU.", layer_gradient_norms,
        {"forward(params, X, activation)": "forward(params, X)",
         "bce_from_logits_grad(logits, y), activation": "bce_from_logits_grad(logits, y)"})
mistake("vanishing_gradients", "spectral norm",
        "For a matrix the order 2 gives the spectral norm; the Frobenius norm takes every entry into account.",
        layer_gradient_norms, {'grads[f"W{l}"]': 'grads[f"W{l}"], 2'})
mistake("vanishing_gradients", "mean size instead of a norm",
        "You average the entries' sizes; the Frobenius norm adds up their squares and takes the root.",
        layer_gradient_norms, {'np.linalg.norm(grads[f"W{l}"])': 'np.abs(grads[f"W{l}"]).mean()'})
mistake("vanishing_gradients", "layers in the order of strings",
        "You sort the layers as strings, which puts layer 10 before layer 2; count l from 1 to L instead.",
        layer_gradient_norms, {"in range(1, len(params) // 2 + 1)": "in sorted(range(1, len(params) // 2 + 1), key=str)"})
mistake("vanishing_gradients", "largest entry",
        "You return the largest entry of each gradient; the Frobenius norm takes all of them into account.",
        layer_gradient_norms, {'np.linalg.norm(grads[f"W{l}"])': 'np.abs(grads[f"W{l}"]).max()'})
mistake("vanishing_gradients", "root of the mean",
        "You take the mean of the squares under the root; the Frobenius norm has their sum.",
        layer_gradient_norms, {'np.linalg.norm(grads[f"W{l}"])': 'np.sqrt(np.mean(grads[f"W{l}"] ** 2))'})
mistake("vanishing_gradients", "bias together with the weights",
        "Your norms take the biases' gradients in as well; only those of the weights are asked for.",
        layer_gradient_norms, {'np.linalg.norm(grads[f"W{l}"])':
                               'np.hypot(np.linalg.norm(grads[f"W{l}"]), np.linalg.norm(grads[f"b{l}"]))'})
mistake("vanishing_gradients", "gradient of the sum",
        "Your norms are m times too large: the gradient is that of the mean loss, and has been multiplied by m somewhere.",
        layer_gradient_norms, {"bce_from_logits_grad(logits, y)": "len(y) * bce_from_logits_grad(logits, y)"})
mistake("vanishing_gradients", "activation not passed to backward",
        "You pass the activation on to forward but not to backward, which then takes ReLU's derivative.",
        layer_gradient_norms, {"bce_from_logits_grad(logits, y), activation": "bce_from_logits_grad(logits, y)"})


# --- autodiff

mistake("autodiff", "slopes of a product exchanged", "The slope of a b towards a is the value of b, and not that of a.",
        Scalar, {"[(self, other.value), (other, self.value)]": "[(self, self.value), (other, other.value)]"})
mistake("autodiff", "ReLU lets every gradient through", "Where z is negative ReLU is flat, so its slope there is 0.",
        Scalar, {"float(self.value > 0)": "1.0"})
mistake("autodiff", "overwrites a gradient", "A number that is used twice gets two gradients: add them, do not keep the last.",
        Scalar, {"origin.grad += slope * number.grad": "origin.grad = slope * number.grad"})
mistake("autodiff", "writes a number down before its origins", "First visit what a number was computed from, then write it down.",
        Scalar, {"                order.append(number)  # behind all that it was computed from\n": "",
                 "seen.add(number)\n": "seen.add(number)\n                order.insert(0, number)\n"})
mistake("autodiff", "gradients of an earlier call stay", "What an earlier backward left in grad still counts: set grad to 0 first.",
        Scalar, {"number.grad = 0.0": "pass"})
mistake("autodiff", "slope of softplus", "The slope of log(1 + e^z) is the sigmoid, which is between 0 and 1.",
        Scalar, {"slope = np.exp(-np.logaddexp(0.0, -self.value))": "slope = np.exp(self.value)"})
mistake("autodiff", "no gradient goes out",
        "All gradients stay 0: the result's own is 1, and each number hands its own on to its origins.",
        Scalar, {"        self.grad = 1.0\n": ""})
mistake("autodiff", "the first step back alone",
        "Only what the result was computed from gets a gradient: go on from there, from the result towards the first numbers.",
        Scalar, {"reversed(order)": "[self]"})
