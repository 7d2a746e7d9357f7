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

from autograder.samples import Alternatives
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


@correct("relu", "mask")
def relu(z):
    return z * (z > 0)


@correct("relu", "copy, then in place")
def relu(z):
    out = np.array(z, dtype=float)
    out[out < 0] = 0
    return out


@correct("relu", "mean of z and |z|")
def relu(z):
    return (z + np.abs(z)) / 2


@correct("relu", "larger of the two lines")
def leaky_relu(z, slope=0.01):
    return np.maximum(z, slope * z)


@correct("relu", "sum of the two halves")
def leaky_relu(z, slope=0.01):
    return np.maximum(z, 0) + slope * np.minimum(z, 0)


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


@correct("activation_gradients", "s (1 - s)")
def sigmoid_grad(z):
    s = sigmoid(z)
    return s * (1 - s)


@correct("activation_gradients", "(1 - t)(1 + t)")
def tanh_grad(z):
    t = np.tanh(z)
    return (1 - t) * (1 + t)


@correct("activation_gradients", "where")
def relu_grad(z):
    return np.where(z > 0, 1.0, 0.0)


@correct("activation_gradients", "ones and zeros set by hand")
def relu_grad(z):
    grad = np.ones_like(z, dtype=float)
    grad[z <= 0] = 0.0
    return grad


@correct("activation_gradients", "sum of two masks")
def leaky_relu_grad(z, slope=0.01):
    return (z > 0) * 1.0 + (z <= 0) * slope


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


@correct("dense_forward", "columns and back")
def dense_forward(A_prev, W, b):
    return (np.dot(W, A_prev.T) + b.reshape(-1, 1)).T


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


@correct("loss_gradients", "m from the shape")
def bce_from_logits_grad(z, y):
    m = z.shape[0]
    return 1 / m * sigmoid(z) - 1 / m * y


@correct("loss_gradients", "by the label")
def bce_from_logits_grad(z, y):
    return np.where(y == 1, -sigmoid(-z), sigmoid(z)) / z.shape[0]


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


@correct("sgd_step", "new arrays in the same dict")
def sgd_step(params, grads, lr):
    for name in params:
        params[name] = params[name] - lr * grads[name]


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


@correct("train", "sign of the logits")
def predict(params, X):
    logits, _ = forward(params, X)
    return np.where(logits >= 0, 1, 0)


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


@correct("vanishing_gradients", "root of the sum of squares")
def layer_gradient_norms(params, X, y, activation):
    z, cache = forward(params, X, activation)
    grads = backward(params, cache, bce_from_logits_grad(z, y), activation)
    norms = []
    for l in range(1, len(params) // 2 + 1):
        norms.append(np.sqrt((grads[f"W{l}"] ** 2).sum()))
    return norms


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
