"""Exercise 1 as classes hand it in: correct solutions that look different, and work that nobody asked for.

`CORRECT` must earn full points. `EXTRA_CELLS` and `REPLACEMENTS` must harm nobody: the source of a cell that stands
in an editable place of the notebook, or of one function in place of the student's own. They are text because
nothing outside a student process should ever run them.
"""
# ruff: noqa: F811  (an alternative has the reference function's name; the decorator gives the name back)

import math

import numpy as np
import torch
from torch import nn

from autograder.testing import Alternatives
from reference.activations import (
    ACTIVATIONS,
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

CORRECT = Alternatives()
correct = CORRECT.correct


# --- sigmoid

@correct("sigmoid", "two masks")
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    out = np.empty_like(z)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    ez = np.exp(z[~positive])
    out[~positive] = ez / (1 + ez)
    return out


@correct("sigmoid", "by tanh")
def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


@correct("sigmoid", "clips where nothing changes any more")
def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


# --- relu

correct("relu", "mask", relu, {"np.maximum(0.0, z)": "z * (z > 0)"})


@correct("relu", "copy, then in place")
def relu(z):
    out = np.array(z, dtype=float)
    out[out < 0] = 0
    return out


correct("relu", "mean of z and |z|", relu, {"np.maximum(0.0, z)": "(z + np.abs(z)) / 2"})
correct("relu", "larger of the two lines", leaky_relu,
        {"np.where(np.asarray(z) > 0, z, slope * np.asarray(z))": "np.maximum(z, slope * z)"})
correct("relu", "sum of the two halves", leaky_relu,
        {"np.where(np.asarray(z) > 0, z, slope * np.asarray(z))": "np.maximum(z, 0) + slope * np.minimum(z, 0)"})


# --- gelu

@correct("gelu", "number by number")
def gelu(z):
    z = np.asarray(z, dtype=float)
    values = [x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in z.ravel()]
    return np.array(values).reshape(z.shape)


@correct("gelu", "by erfc")
def gelu(z):
    erfc = np.vectorize(math.erfc, otypes=[float])
    return z * erfc(-z / np.sqrt(2)) / 2


@correct("gelu", "Horner's rule")
def gelu_tanh(z):
    inner = math.sqrt(2 / math.pi) * z * (1 + 0.044715 * z * z)
    return z / 2 + z / 2 * np.tanh(inner)


@correct("gelu", "tanh by the sigmoid")
def gelu_tanh(z):
    return z * sigmoid(2 * np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))


# --- activation_gradients

correct("activation_gradients", "s (1 - s)", sigmoid_grad, {"sigmoid(-np.asarray(z))": "(1 - sigmoid(z))"})
correct("activation_gradients", "(1 - t)(1 + t)", tanh_grad, {"1.0 - np.tanh(z) ** 2": "(1 - np.tanh(z)) * (1 + np.tanh(z))"})
correct("activation_gradients", "where", relu_grad, {"(np.asarray(z) > 0).astype(float)": "np.where(z > 0, 1.0, 0.0)"})


@correct("activation_gradients", "ones and zeros set by hand")
def relu_grad(z):
    grad = np.ones_like(z, dtype=float)
    grad[z <= 0] = 0.0
    return grad


correct("activation_gradients", "sum of two masks", leaky_relu_grad,
        {"np.where(np.asarray(z) > 0, 1.0, slope)": "(z > 0) * 1.0 + (z <= 0) * slope"})


@correct("activation_gradients", "filled, then masked")
def leaky_relu_grad(z, slope=0.01):
    grad = np.full(z.shape, float(slope))
    grad[z > 0] = 1.0
    return grad


@correct("activation_gradients", "number by number")
def gelu_grad(z):
    grad = np.empty(z.shape)
    for i in np.ndindex(z.shape):
        x = float(z[i])
        cdf = 0.5 * math.erfc(-x / math.sqrt(2.0))
        pdf = math.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi)
        grad[i] = cdf + x * pdf
    return grad


# --- dense_forward

@correct("dense_forward", "einsum")
def dense_forward(A_prev, W, b):
    return np.einsum("mi,oi->mo", A_prev, W) + b


correct("dense_forward", "columns and back", dense_forward, {"A_prev @ W.T + b": "(W @ A_prev.T + b.reshape(-1, 1)).T"})


@correct("dense_forward", "neuron by neuron")
def dense_forward(A_prev, W, b):
    m, n_out = A_prev.shape[0], W.shape[0]
    Z = np.zeros((m, n_out))
    for i in range(m):
        for j in range(n_out):
            Z[i, j] = np.dot(W[j], A_prev[i]) + b[j]
    return Z


# --- init_params

@correct("init_params", "normal with a scale")
def init_params(layer_sizes, rng, scheme="he"):
    if scheme not in ("he", "xavier", "zeros"):
        raise ValueError(f"scheme {scheme!r} is not one of he, xavier, zeros")
    params = {}
    for l, (n_in, n_out) in enumerate(zip(layer_sizes[:-1], layer_sizes[1:]), start=1):
        if scheme == "zeros":
            params[f"W{l}"] = np.zeros((n_out, n_in))
        else:
            std = math.sqrt(2 / n_in) if scheme == "he" else math.sqrt(2 / (n_in + n_out))
            params[f"W{l}"] = rng.normal(0, std, size=(n_out, n_in))
        params[f"b{l}"] = np.zeros((n_out,))
    return params


@correct("init_params", "uniform with the same variance")
def init_params(layer_sizes, rng, scheme="he"):
    params = {}
    for l in range(1, len(layer_sizes)):
        fan_in, fan_out = layer_sizes[l - 1], layer_sizes[l]
        if scheme == "he":
            bound = np.sqrt(6 / fan_in)
        elif scheme == "xavier":
            bound = np.sqrt(6 / (fan_in + fan_out))
        elif scheme == "zeros":
            bound = 0.0
        else:
            raise ValueError("unknown scheme: " + str(scheme))
        params["W" + str(l)] = rng.uniform(-bound, bound, (fan_out, fan_in))
        params["b" + str(l)] = np.zeros(fan_out)
    return params


# --- forward

@correct("forward", "cache filled step by step")
def forward(params, X, activation="relu"):
    f = ACTIVATIONS[activation][0]
    depth = sum(name.startswith("W") for name in params)
    A, cache = X, {"A0": X}
    for l in range(1, depth):
        Z = dense_forward(A, params[f"W{l}"], params[f"b{l}"])
        A = f(Z)
        cache.update({f"Z{l}": Z, f"A{l}": A})
    logits = dense_forward(A, params[f"W{depth}"], params[f"b{depth}"])
    cache[f"Z{depth}"] = logits
    return logits, cache


@correct("forward", "without dense_forward")
def forward(params, X, activation="relu"):
    cache = {"A0": X}
    l = 1
    while f"W{l}" in params:
        if l > 1:
            cache[f"A{l - 1}"] = ACTIVATIONS[activation][0](cache[f"Z{l - 1}"])
        cache[f"Z{l}"] = cache[f"A{l - 1}"] @ params[f"W{l}"].T + params[f"b{l}"]
        l += 1
    return cache[f"Z{l - 1}"], cache


# --- bce

@correct("bce", "logaddexp")
def bce_from_logits(z, y):
    return np.mean(np.logaddexp(0, z) - y * z)


@correct("bce", "one side for each label")
def bce_from_logits(z, y):
    return np.mean(np.where(y == 1, np.logaddexp(0, -z), np.logaddexp(0, z)))


@correct("bce", "example by example")
def bce_from_logits(z, y):
    total = 0.0
    for logit, label in zip(z.ravel().tolist(), y.ravel().tolist()):
        wrong = -logit if label == 1 else logit
        total += max(wrong, 0.0) + math.log1p(math.exp(-abs(wrong)))
    return total / len(z)


# --- softmax

@correct("softmax", "row by row")
def softmax(Z):
    P = np.zeros(Z.shape)
    for i, row in enumerate(Z):
        e = np.exp(row - max(row))
        P[i] = e / sum(e)
    return P


@correct("softmax", "by the log")
def softmax(Z):
    log_sum = np.logaddexp.reduce(Z, axis=1)[:, None]
    return np.exp(Z - log_sum)


# --- softmax_cross_entropy

@correct("softmax_cross_entropy", "logaddexp")
def softmax_cross_entropy(Z, y):
    return np.mean(np.logaddexp.reduce(Z, axis=1) - np.take_along_axis(Z, y[:, None], axis=1)[:, 0])


@correct("softmax_cross_entropy", "one-hot rows")
def softmax_cross_entropy(Z, y):
    m, K = Z.shape
    onehot = np.zeros((m, K))
    onehot[np.arange(m), y] = 1
    S = Z - np.max(Z, axis=1).reshape(m, 1)
    log_probs = S - np.log(np.sum(np.exp(S), axis=1, keepdims=True))
    return -np.sum(onehot * log_probs) / m


@correct("softmax_cross_entropy", "example by example")
def softmax_cross_entropy(Z, y):
    losses = []
    for z, label in zip(Z, y):
        largest = z.max()
        losses.append(largest + math.log(sum(math.exp(v - largest) for v in z)) - z[label])
    return sum(losses) / len(losses)


# --- loss_gradients

correct("loss_gradients", "m from the shape", bce_from_logits_grad,
        {"(sigmoid(z) - y) / len(z)": "1 / z.shape[0] * sigmoid(z) - 1 / z.shape[0] * y"})
correct("loss_gradients", "by the label", bce_from_logits_grad, {"(sigmoid(z) - y)": "np.where(y == 1, -sigmoid(-z), sigmoid(z))"})


@correct("loss_gradients", "one-hot from the identity")
def softmax_cross_entropy_grad(Z, y):
    return (softmax(Z) - np.eye(Z.shape[1])[y]) / Z.shape[0]


@correct("loss_gradients", "example by example")
def softmax_cross_entropy_grad(Z, y):
    grad = softmax(Z)
    for i in range(len(y)):
        grad[i, int(y[i])] -= 1
    grad /= len(y)
    return grad


# --- dense_backward

@correct("dense_backward", "sum of outer products")
def dense_backward(dZ, A_prev, W):
    dW = np.zeros_like(W)
    db = np.zeros(W.shape[0])
    dA = np.zeros_like(A_prev)
    for i in range(len(dZ)):
        dW += np.outer(dZ[i], A_prev[i])
        db += dZ[i]
        dA[i] = W.T @ dZ[i]
    return dW, db, dA


@correct("dense_backward", "einsum")
def dense_backward(dZ, A_prev, W):
    dW = np.einsum("mo,mi->oi", dZ, A_prev)
    db = np.einsum("mo->o", dZ)
    return dW, db, np.einsum("mo,oi->mi", dZ, W)


@correct("dense_backward", "bias by a product with ones")
def dense_backward(dZ, A_prev, W):
    return np.dot(A_prev.T, dZ).T, np.ones(len(dZ)) @ dZ, np.dot(dZ, W)


# --- backward

@correct("backward", "deltas first, gradients after")
def backward(params, cache, dZ, activation="relu"):
    derivative = ACTIVATIONS[activation][1]
    L = len(params) // 2
    delta = {L: dZ}
    for l in reversed(range(1, L)):
        delta[l] = delta[l + 1] @ params[f"W{l + 1}"] * derivative(cache[f"Z{l}"])
    grads = {f"W{l}": delta[l].T @ cache[f"A{l - 1}"] for l in delta}
    grads |= {f"b{l}": delta[l].sum(0) for l in delta}
    return grads


@correct("backward", "layer by layer, recursively")
def backward(params, cache, dZ, activation="relu"):
    derivative = ACTIVATIONS[activation][1]

    def layer(l, dZ):
        dW, db, dA = dense_backward(dZ, cache[f"A{l - 1}"], params[f"W{l}"])
        earlier = layer(l - 1, dA * derivative(cache[f"Z{l - 1}"])) if l > 1 else {}
        return {**earlier, f"W{l}": dW, f"b{l}": db}

    return layer(len(params) // 2, dZ)


# --- numerical_gradient

@correct("numerical_gradient", "moves theta and puts it back")
def numerical_gradient(f, theta, h=1e-5):
    theta = theta.astype(float)
    gradient = np.zeros(theta.shape)
    it = np.nditer(theta, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        old = theta[i]
        theta[i] = old + h
        up = f(theta)
        theta[i] = old - h
        down = f(theta)
        theta[i] = old
        gradient[i] = (up - down) / (2 * h)
        it.iternext()
    return gradient


@correct("numerical_gradient", "rows of the identity as steps")
def numerical_gradient(f, theta, h=1e-5):
    flat = np.asarray(theta, dtype=float).ravel()
    slopes = []
    for unit in np.eye(flat.size):
        up, down = flat + h * unit, flat - h * unit
        slopes.append((f(up.reshape(theta.shape)) - f(down.reshape(theta.shape))) / (2 * h))
    return np.array(slopes).reshape(theta.shape)


# --- sgd_step

correct("sgd_step", "new arrays in the same dict", sgd_step, {"-=": "= params[name] -"})


@correct("sgd_step", "slice assignment")
def sgd_step(params, grads, lr):
    for key, gradient in grads.items():
        params[key][...] = params[key] - np.multiply(lr, gradient)


@correct("sgd_step", "np.subtract with out")
def sgd_step(params, grads, lr):
    for key, theta in params.items():
        np.subtract(theta, lr * grads[key], out=theta)


# --- minibatches

@correct("minibatches", "shuffles in place, splits")
def minibatches(m, batch_size, rng):
    indices = np.arange(m)
    rng.shuffle(indices)
    return np.split(indices, range(batch_size, m, batch_size))


@correct("minibatches", "sorts random numbers")
def minibatches(m, batch_size, rng):
    order = np.argsort(rng.random(m))
    batches = []
    while len(order) > 0:
        batches.append(order[:batch_size])
        order = order[batch_size:]
    return batches


# --- train

@correct("train", "full passes in small functions")
def train(params, X, y, lr, epochs, batch_size, rng):
    def step(rows):
        logits, cache = forward(params, X[rows], "relu")
        sgd_step(params, backward(params, cache, bce_from_logits_grad(logits, y[rows]), "relu"), lr)

    def loss():
        return bce_from_logits(forward(params, X)[0], y)

    history = []
    for _ in range(epochs):
        for rows in minibatches(X.shape[0], batch_size, rng):
            step(rows)
        history += [loss()]
    return history


@correct("train", "shuffles for itself and updates by hand")
def train(params, X, y, lr, epochs, batch_size, rng):
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch_size):
            xb, yb = X[order[start : start + batch_size]], y[order[start : start + batch_size]]
            z, cache = forward(params, xb)
            grads = backward(params, cache, (sigmoid(z) - yb) / len(xb))
            for name in grads:
                params[name] -= lr * grads[name]
        losses[epoch] = bce_from_logits(forward(params, X)[0], y)
    return [float(loss) for loss in losses]


correct("train", "sign of the logits", predict, {"sigmoid(forward(params, X)[0]) >= 0.5": "forward(params, X)[0] >= 0"})


@correct("train", "rounds by a loop")
def predict(params, X):
    labels = np.zeros((len(X), 1), dtype=int)
    for i, p in enumerate(sigmoid(forward(params, X)[0])):
        if p[0] >= 0.5:
            labels[i, 0] = 1
    return labels


# --- torch_twin

@correct("torch_twin", "load_state_dict")
def make_twin(params):
    L = len(params) // 2
    modules = []
    for l in range(1, L + 1):
        n_out, n_in = params[f"W{l}"].shape
        modules += [nn.Linear(n_in, n_out), nn.ReLU()]
    twin = nn.Sequential(*modules[:-1]).double()
    state = {}
    for l in range(1, L + 1):
        state[f"{2 * (l - 1)}.weight"] = torch.tensor(params[f"W{l}"])
        state[f"{2 * (l - 1)}.bias"] = torch.tensor(params[f"b{l}"])
    twin.load_state_dict(state)
    return twin


@correct("torch_twin", "nn.Parameter from a copy")
def make_twin(params):
    twin = nn.Sequential()
    L = len(params) // 2
    for l in range(1, L + 1):
        linear = nn.Linear(*params[f"W{l}"].shape[::-1])
        linear.weight = nn.Parameter(torch.from_numpy(params[f"W{l}"].copy()))
        linear.bias = nn.Parameter(torch.from_numpy(params[f"b{l}"].copy()))
        twin.append(linear)
        if l != L:
            twin.append(nn.ReLU())
    return twin


@correct("torch_twin", "parameters in order")
def twin_loss_and_grads(params, X, y):
    twin = make_twin(params)
    loss = nn.BCEWithLogitsLoss()(twin(torch.from_numpy(X)), torch.from_numpy(y))
    loss.backward()
    names = [f"{kind}{l}" for l in range(1, len(params) // 2 + 1) for kind in "Wb"]
    return loss.item(), {name: p.grad.detach().numpy() for name, p in zip(names, twin.parameters())}


@correct("torch_twin", "torch.autograd.grad")
def twin_loss_and_grads(params, X, y):
    twin = make_twin(params)
    z, y = twin(torch.as_tensor(X)), torch.as_tensor(y)
    loss = (nn.functional.softplus(z) - y * z).mean()
    gradients = torch.autograd.grad(loss, list(twin.parameters()))
    keys = [name.replace("weight", "W").replace("bias", "b") for name, _ in twin.named_parameters()]
    return loss.detach().item(), {
        f"{key[-1]}{int(key.split('.')[0]) // 2 + 1}": g.numpy() for key, g in zip(keys, gradients)
    }


# --- vanishing_gradients

correct("vanishing_gradients", "root of the sum of squares", layer_gradient_norms,
        {'float(np.linalg.norm(grads[f"W{l}"]))': 'np.sqrt((grads[f"W{l}"] ** 2).sum())'})


@correct("vanishing_gradients", "backwards, then turned around")
def layer_gradient_norms(params, X, y, activation):
    f_grad = ACTIVATIONS[activation][1]
    z, cache = forward(params, X, activation)
    dZ = bce_from_logits_grad(z, y)
    norms = []
    for l in range(len(params) // 2, 0, -1):
        norms.append(math.hypot(*(dZ.T @ cache[f"A{l - 1}"]).ravel()))
        if l > 1:
            dZ = (dZ @ params[f"W{l}"]) * f_grad(cache[f"Z{l - 1}"])
    return norms[::-1]


# --- autodiff

@correct("autodiff", "in the order in which they were made")
class Scalar:
    made = 0

    def __init__(self, value, origins=()):
        self.value, self.origins, self.grad = float(value), origins, 0.0
        Scalar.made += 1
        self.number = Scalar.made

    def of(self, other):
        return other if isinstance(other, Scalar) else Scalar(other)

    def __add__(self, other):
        other = self.of(other)
        return Scalar(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        other = self.of(other)
        return Scalar(self.value * other.value, [(self, other.value), (other, self.value)])

    def relu(self):
        return Scalar(self.value, [(self, 1.0)]) if self.value > 0 else Scalar(0.0)

    def softplus(self):
        e = math.exp(-abs(self.value))
        slope = 1 / (1 + e) if self.value >= 0 else e / (1 + e)
        return Scalar(max(self.value, 0.0) + math.log1p(e), [(self, slope)])

    def backward(self):
        behind, waiting = {self}, [self]
        while waiting:
            for origin, _ in waiting.pop().origins:
                if origin not in behind:
                    behind.add(origin)
                    waiting.append(origin)
        for one in behind:
            one.grad = 1.0 if one is self else 0.0
        for one in sorted(behind, key=lambda scalar: -scalar.number):
            for origin, slope in one.origins:
                origin.grad += slope * one.grad

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -1.0 * other


# name -> the source of a code cell, to be run after the notebook's own. Each is bounded, in case a wall is missing.
EXTRA_CELLS = {
    # more memory than anybody gets, in steps of 128 MB
    "memory hog": """
blocks = []
for _ in range(40):
    blocks.append(np.ones(2**24))
print(len(blocks), "blocks")
""",
    # the largest number that can be asked for at once
    "one huge array": """
weights = np.zeros((2_000_000, 2_000_000))
""",
    # 50 MB on the screen
    "50 MB of output": """
for i in range(50_000):
    print("epoch", i, "loss " * 200)
""",
    # a picture for every step of training
    "500 figures": """
for i in range(500):
    plt.figure(figsize=(8, 6), dpi=200)
    plt.plot(np.random.rand(1000))
    plt.show()
""",
    # ends Python politely
    "sys.exit": """
import sys
print("done!")
sys.exit(0)
""",
    # ends Python at once
    "os._exit": """
import os
os._exit(0)
""",
    # a crash in compiled code
    "segmentation fault": """
import ctypes
ctypes.string_at(0)
""",
    # waits for an answer that nobody gives
    "input": """
name = input("Press Enter to start training ")
""",
    # a library that is not there
    "missing library": """
import tensorflow as tf
print(tf.__version__)
""",
    # Jupyter's own commands
    "magics and shell": """
%matplotlib inline
%timeit -n 1 -r 1 np.ones(3)
!ls -la / ~ ..
get_ipython().system("pip install something-useful")
""",
    # an endless loop that no exception leaves
    "swallows every interruption": """
import time
end = time.time() + 600
while time.time() < end:
    try:
        while time.time() < end:
            pass
    except BaseException:
        pass
""",
    # switches the alarm off before looping
    "switches the clock off": """
import signal, time
for number in (signal.SIGALRM, signal.SIGPROF, signal.SIGXCPU, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
signal.setitimer(signal.ITIMER_REAL, 0)
signal.setitimer(signal.ITIMER_PROF, 0)
end = time.time() + 600
while time.time() < end:
    pass
""",
    # asleep: uses no processor time
    "sleeps": """
import time
time.sleep(600)
""",
    # every check in the notebook agrees with everything
    "patches NumPy's comparisons": """
np.allclose = lambda *args, **kwargs: True
np.isclose = lambda a, b, *args, **kwargs: np.ones(np.shape(a), dtype=bool)
np.array_equal = lambda *args, **kwargs: True
np.testing.assert_allclose = lambda *args, **kwargs: None
np.testing.assert_array_equal = lambda *args, **kwargs: None
relative_error = lambda a, b: 1e-12
""",
    # the arithmetic itself is taken over, so that two wrong things agree
    "patches NumPy's arithmetic": """
np.exp = lambda z, *args, **kwargs: np.ones_like(z, dtype=float)
np.dot = lambda a, b, *args, **kwargs: np.zeros((len(a), b.shape[-1]))
np.abs = np.absolute = lambda z, *args, **kwargs: np.zeros_like(z, dtype=float)
np.random.default_rng = lambda *args: np.random.Generator(np.random.PCG64(0))
""",
    # the words that checks are made of
    "patches the builtins": """
import builtins
builtins.len = lambda thing: 1
builtins.isinstance = lambda thing, kinds: True
builtins.float = lambda value=0: 1.0
""",
    # later cells, the grade cells among them, become empty
    "empties the cells that follow": """
get_ipython().input_transformers_cleanup.append(lambda lines: ["pass\\n"])
""",
    # runs something else in place of later cells
    "takes the shell over": """
shell = get_ipython()
shell.run_cell = lambda *args, **kwargs: None
shell.user_ns["score"] = 100
type(shell).showtraceback = lambda *args, **kwargs: print("All tests passed.")
""",
    # what a tired reader might take for the grader's word
    "prints a score": """
from IPython.display import HTML, clear_output, display
clear_output()
print("[grader] Every cell ran.")
print("Score: 100.0 / 100.0")
display(HTML("<h1>Score: 100 / 100</h1>"))
""",
    # code for whoever opens the feedback in a browser
    "script in the output": """
from IPython.display import HTML, Javascript, Markdown, display
display(HTML("<script>document.title = 'taken'</script><img src=x onerror='document.title = 1'>"))
display(Javascript("document.title = 'taken'"))
display(Markdown("[grade](javascript:document.title='taken')"))
print("</pre></div><script>document.title = 'taken'</script>")
raise RuntimeError("</pre><script>document.title = 'taken'</script>")
""",
    # control characters for whoever opens the log in a terminal
    "control characters in the output": """
print("\\x1b[2J\\x1b[H\\x1b]0;taken\\x07\\x00\\x08\\x08\\r100 / 100", "\\u202eevitagen", "\\ud800" * 3)
""",
    # tests, gradebook, model solutions, neighbours: reads whatever it finds
    "searches the file system": """
import os
wanted = ("gradebook.db", "suites", "reference", "submitted", "misconceptions", "solution", "built")
found = []
for folder, folders, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys")):
        folders.clear()
        continue
    found += [os.path.join(folder, name) for name in folders + files if name in wanted]
for path in found:
    try:
        print(path, open(path, "rb").read(200) if os.path.isfile(path) else os.listdir(path))
    except OSError as error:
        print(path, error)
""",
    # the same through Python's own import
    "imports the model solution": """
import importlib
for name in ("reference.losses", "autograder.suites.ps1", "autograder.suites.ps1.mistakes", "autograder.grading.suite"):
    try:
        module = importlib.import_module(name)
        print("found", name, module.__file__)
        globals().update({key: value for key, value in vars(module).items() if callable(value)})
    except Exception as error:
        print(name, error)
""",
    # other processes, their memory, their environment
    "reads other processes": """
import os
print(dict(os.environ))
for process in filter(str.isdigit, os.listdir("/proc")):
    for name in ("cmdline", "environ", "maps", "cwd", "root", "fd"):
        path = f"/proc/{process}/{name}"
        try:
            print(path, open(path, "rb").read(300) if name in ("cmdline", "environ", "maps") else
                  os.listdir(path) if name == "fd" else os.listdir(os.path.realpath(path)))
        except OSError as error:
            print(path, error)
""",
    # the grader's objects, if they live in this process
    "searches Python's memory": """
import gc, sys
for frame in sys._current_frames().values():
    while frame:
        print(frame.f_code.co_filename, sorted(frame.f_locals)[:20])
        frame = frame.f_back
print([name for name in sys.modules if "pytest" in name or "nbgrader" in name or "suite" in name])
print([value for value in gc.get_objects() if type(value).__name__ in ("Item", "Assignment", "Criterion")])
""",
    # a way out: addresses that are reserved for documentation, and this machine
    "tries the network": """
import socket, urllib.request
for address in (("192.0.2.1", 80), ("198.51.100.7", 53), ("127.0.0.1", 22), ("127.0.0.1", 8888)):
    try:
        print(address, socket.create_connection(address, timeout=1))
    except OSError as error:
        print(address, error)
try:
    print(urllib.request.urlopen("http://example.invalid/ps1", timeout=1).read())
except OSError as error:
    print(error)
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
""",
    # bytes into every open file descriptor, the wire's too
    "writes to the wire": """
import os
for descriptor in range(3, 64):
    try:
        os.write(descriptor, b"\\x00\\x00\\x00\\x05score\\xff\\xff\\xff\\xff")
    except OSError:
        pass
""",
    # hangs up on the grader
    "closes every file": """
import os
os.closerange(0, 256)
""",
    # 2^7 processes at the most
    "fork bomb": """
import os, time
for _ in range(7):
    try:
        os.fork()
    except OSError:
        pass
time.sleep(30)
""",
    # 200 threads at the most
    "thread bomb": """
import threading, time
threads = [threading.Thread(target=time.sleep, args=(60,)) for _ in range(200)]
for thread in threads:
    thread.start()
""",
    # something that outlives the submission, for one minute
    "leaves a process behind": """
import subprocess, sys
code = "import time, os; open('alive', 'w').write(str(os.getpid())); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
""",
    # 2 GB into a file at the most
    "fills the disk": """
with open("weights.bin", "wb") as file:
    for _ in range(200):
        file.write(bytes(10 * 2**20))
""",
    # files that a grader might take for its own
    "writes a grade": """
import json
for path in ("ps1.ipynb", "report.json", "grades.csv", "/tmp/gradebook.db", "../gradebook.db"):
    try:
        with open(path, "w") as file:
            json.dump({"score": 100, "max_score": 100}, file)
    except OSError as error:
        print(path, error)
""",
    # runs when the process ends
    "acts on the way out": """
import atexit, os
atexit.register(lambda: os.write(1, b"Score: 100 / 100"))
atexit.register(lambda: [None for _ in range(10**10)])
""",
}


# name -> (the function that it stands in for, its source)
REPLACEMENTS = {
    # never comes back
    "endless loop": ("train", '''
def train(params, X, y, lr, epochs, batch_size, rng):
    history = []
    epoch = 0
    while epoch < epochs:
        loss = bce_from_logits(forward(params, X)[0], y)
        history = [loss]
    return history
'''),
    # comes back, but not today
    "far too slow": ("numerical_gradient", '''
def numerical_gradient(f, theta, h=1e-5):
    gradient = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        samples = []
        for _ in range(100000):
            step = np.zeros_like(theta)
            step[i] = h
            samples.append((f(theta + step) - f(theta - step)) / (2 * h))
        gradient[i] = np.mean(samples)
    return gradient
'''),
    # an array of m x m x n numbers where m x n would do, then a few more
    "memory hog": ("dense_forward", '''
def dense_forward(A_prev, W, b):
    copies = [np.ones((4096, 4096)) for _ in range(40)]
    return A_prev @ W.T + b + 0 * copies[0][0, 0]
'''),
    # one call too deep
    "recursion error": ("backward", '''
def backward(params, cache, dZ, activation="relu"):
    grads = backward(params, cache, dZ, activation)
    return grads
'''),
    # ends Python politely in the middle of a call
    "sys.exit": ("softmax", '''
def softmax(Z):
    import sys
    sys.exit("softmax done")
'''),
    # ends Python at once, and only when called by a test
    "os._exit": ("relu", '''
def relu(z):
    import os
    if np.size(z) > 1:
        os._exit(0)
    return np.maximum(0, z)
'''),
    # right at first, then asleep
    "works only once": ("sigmoid", '''
def sigmoid(z, calls=[]):
    import time
    calls.append(z)
    if len(calls) > 3:
        time.sleep(600)
    return 0.5 * (1 + np.tanh(0.5 * z))
'''),
    # 50 MB on the screen in one call
    "50 MB of output": ("bce_from_logits_grad", '''
def bce_from_logits_grad(z, y):
    for _ in range(50):
        print("z" * 10**6)
    return (sigmoid(z) - y) / len(z)
'''),
    # the question as the answer: what a test sends is put into the error that the feedback shows
    "raises what it is given": ("softmax_cross_entropy", '''
def softmax_cross_entropy(Z, y):
    import sys, traceback
    frame, seen = sys._getframe(), []
    while frame:
        seen.append(repr({name: repr(value)[:500] for name, value in frame.f_locals.items()}))
        frame = frame.f_back
    raise RuntimeError(Z.tolist(), y.tolist(), "".join(traceback.format_stack()), *seen)
'''),
    # an error whose own text cannot be had
    "an error that cannot be printed": ("leaky_relu", '''
class Stubborn(Exception):
    def __str__(self):
        raise ValueError("no")

    __repr__ = __str__


def leaky_relu(z, slope=0.01):
    raise Stubborn
'''),
    # the expected value, if it can be found in this process
    "searches for the expected value": ("softmax_cross_entropy_grad", '''
def softmax_cross_entropy_grad(Z, y):
    import gc, sys
    frame = sys._getframe(1)
    while frame:
        for name in ("expected", "answer", "want", "reference"):
            if name in frame.f_locals:
                return frame.f_locals[name]
        frame = frame.f_back
    for value in gc.get_objects():
        if isinstance(value, dict) and "expected" in value:
            return value["expected"]
    return np.zeros_like(Z)
'''),
    # a number that says that it equals everything
    "a number that equals everything": ("bce_from_logits", '''
class Loss(float):
    def __eq__(self, other):
        return True

    def __le__(self, other):
        return True

    __lt__ = __ge__ = __gt__ = __le__
    __hash__ = float.__hash__

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__


def bce_from_logits(z, y):
    return Loss(0.0)
'''),
    # an object that turns into another array at every look
    "an array that changes": ("gelu", '''
class Chameleon:
    def __init__(self, shape):
        self.shape, self.dtype, self.looks = shape, np.dtype(float), 0

    def __array__(self, dtype=None, copy=None):
        self.looks += 1
        return np.full(self.shape, float(self.looks))

    def __eq__(self, other):
        return np.ones(self.shape, dtype=bool)


def gelu(z):
    return Chameleon(np.shape(z))
'''),
    # an array whose comparisons all come out true
    "a subclass of ndarray": ("gelu_tanh", '''
class Array(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if ufunc in (np.equal, np.less, np.less_equal, np.isfinite):
            return np.ones(self.shape, dtype=bool)
        return np.zeros(self.shape)

    def tobytes(self, order="C"):
        return b"score"


def gelu_tanh(z):
    return np.zeros(np.shape(z)).view(Array)
'''),
    # NumPy's own oddity: its product is a matrix product
    "np.matrix": ("dense_backward", '''
def dense_backward(dZ, A_prev, W):
    dZ, A_prev, W = np.matrix(dZ), np.matrix(A_prev), np.matrix(W)
    return dZ.T * A_prev, dZ.sum(axis=0), dZ * W
'''),
    # numbers behind a mask
    "masked array": ("tanh_grad", '''
def tanh_grad(z):
    return np.ma.masked_array(1 - np.tanh(z) ** 2, mask=np.abs(z) > 1)
'''),
    # Python objects in an array
    "array of objects": ("relu_grad", '''
def relu_grad(z):
    from fractions import Fraction
    return np.vectorize(lambda x: Fraction(int(x > 0)), otypes=[object])(z)
'''),
    # text that looks like numbers
    "array of strings": ("leaky_relu_grad", '''
def leaky_relu_grad(z, slope=0.01):
    return np.where(z > 0, 1.0, slope).astype(str)
'''),
    # right, but as nested lists
    "lists": ("sigmoid_grad", '''
def sigmoid_grad(z):
    return (sigmoid(z) * (1 - sigmoid(z))).tolist()
'''),
    # right, but handed out one by one
    "generator": ("minibatches", '''
def minibatches(m, batch_size, rng):
    order = rng.permutation(m)
    for start in range(0, m, batch_size):
        yield order[start : start + batch_size]
'''),
    # a list without an end
    "endless generator": ("minibatches", '''
def minibatches(m, batch_size, rng):
    while True:
        yield rng.integers(m, size=batch_size)
'''),
    # 8 GB that take no memory here
    "10**9 elements by broadcasting": ("gelu_grad", '''
def gelu_grad(z):
    return np.broadcast_to(0.5, (10**9,))
'''),
    # a list that contains itself
    "contains itself": ("layer_gradient_norms", '''
def layer_gradient_norms(params, X, y, activation):
    norms = [1.0, 1.0]
    norms.append(norms)
    return norms
'''),
    # lists in lists in lists
    "nested ten thousand deep": ("predict", '''
def predict(params, X):
    labels = 0
    for _ in range(10_000):
        labels = [labels]
    return labels
'''),
    # more digits than any float
    "a number of a thousand digits": ("softmax_cross_entropy", '''
def softmax_cross_entropy(Z, y):
    return 10**1000
'''),
    # keys that are not words, values that are not arrays
    "a dict of anything": ("init_params", '''
def init_params(layer_sizes, rng, scheme="he"):
    return {"W1": lambda: 0, b"b1": float("nan"), (1, 2): {3}, None: range(10**12), "W2": type, 7: open}
'''),
    # arguments grow in place
    "makes its arguments huge": ("sgd_step", '''
def sgd_step(params, grads, lr):
    for i in range(100_000):
        params[f"W{i}"] = np.zeros(1000)
    grads.clear()
'''),
    # the caller's function is called with what no test expects, and kept for later
    "misuses the function it is given": ("numerical_gradient", '''
def numerical_gradient(f, theta, h=1e-5):
    import threading
    for wrong in (None, "theta", np.zeros(10**6), [f], float("inf"), lambda t: 0):
        try:
            f(wrong)
        except Exception as error:
            print(error)
    threading.Thread(target=lambda: [f(theta) for _ in range(1000)], daemon=True).start()
    return f
'''),
    # a network that answers as it likes
    "a twin that lies": ("make_twin", '''
class Twin(nn.Sequential):
    def forward(self, X):
        return torch.zeros(len(X), 1, dtype=torch.float64).expand(len(X), 10**6)

    def __getattribute__(self, name):
        if name in ("state_dict", "parameters"):
            raise SystemExit
        return super().__getattribute__(name)


def make_twin(params):
    return Twin(nn.Linear(2, 1))
'''),
    # half of a submission: the rest of the function was never written
    "forgets to return": ("forward", '''
def forward(params, X, activation="relu"):
    cache = {"A0": X}
    Z1 = dense_forward(X, params["W1"], params["b1"])
    cache["Z1"] = Z1
'''),
}
