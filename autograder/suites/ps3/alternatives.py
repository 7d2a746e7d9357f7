"""Exercise 3 as classes hand it in: correct solutions that look different. They must earn full points."""
# ruff: noqa: F811  (an alternative has the reference function's name; the decorator gives the name back)

import math

import numpy as np
import torch

from autograder.testing import Alternatives
from reference.exercise3 import (
    RULES,
    Optimizer,
    compare,
    evaluate,
    init_classifier,
    loss_and_grads,
    optimizer_step,
    steps_to_target,
    sweep,
    train,
)
from reference.quadratic import descend, sgd_rates
from reference.torch_optimizers import torch_steps
from reference.update_rules import adam_update, adamw_update, momentum_update, sgd_update

CORRECT = Alternatives()
correct = CORRECT.correct


# --- sgd

correct("sgd", "assigns to all entries", sgd_update, {"theta -=": "theta[...] = theta -"})


@correct("sgd", "entry by entry")
def sgd_update(theta, grad, state, lr):
    for index in np.ndindex(theta.shape):
        theta[index] -= lr * grad[index]


correct("sgd", "subtracts in place by name",
        sgd_update, {"theta -= lr * grad": "np.subtract(theta, np.multiply(lr, grad), out=theta)"})


# --- momentum


@correct("momentum", "new arrays, another name")
def momentum_update(theta, grad, state, lr, beta=0.9):
    velocity = state.get("velocity", 0.0)
    state["velocity"] = beta * velocity + (1 - beta) * grad
    theta -= lr * state["velocity"]


@correct("momentum", "PyTorch's memory with another step")
def momentum_update(theta, grad, state, lr, beta=0.9):
    total = state.setdefault("sum", np.zeros_like(theta))
    total[:] = beta * total + grad
    theta[:] = theta - lr * (1 - beta) * total


@correct("momentum", "remembers all gradients")
def momentum_update(theta, grad, state, lr, beta=0.9):
    state.setdefault("gradients", []).append(grad.copy())
    v = sum((1 - beta) * beta**k * g for k, g in enumerate(reversed(state["gradients"])))
    theta -= lr * v


@correct("momentum", "remembers a tuple")
def momentum_update(theta, grad, state, lr, beta=0.9):
    v, steps = state.get("memory", (np.zeros_like(theta), 0))
    v = beta * v + (1 - beta) * grad
    state["memory"] = (v, steps + 1)
    theta -= lr * v


@correct("momentum", "moves towards the gradient")
def momentum_update(theta, grad, state, lr, beta=0.9):
    if "v" not in state:
        state["v"] = np.zeros(theta.shape)
    state["v"] += (1 - beta) * (grad - state["v"])
    theta -= lr * state["v"]


# --- adam


@correct("adam", "new arrays, other names")
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state.get("step", 0) + 1
    first = beta1 * state.get("first", 0) + (1 - beta1) * grad
    second = beta2 * state.get("second", 0) + (1 - beta2) * np.square(grad)
    state.update(step=t, first=first, second=second)
    first_hat = first / (1 - np.power(beta1, t))
    second_hat = second / (1 - np.power(beta2, t))
    theta -= lr * first_hat / (np.sqrt(second_hat) + epsilon)


@correct("adam", "keeps the powers of beta")
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    if not state:
        state["m"], state["v"] = np.zeros_like(theta), np.zeros_like(theta)
        state["p1"] = state["p2"] = 1.0
    state["p1"] *= beta1
    state["p2"] *= beta2
    state["m"] += (1 - beta1) * (grad - state["m"])
    state["v"] += (1 - beta2) * (grad * grad - state["v"])
    step = (state["m"] / (1 - state["p1"])) / ((state["v"] / (1 - state["p2"])) ** 0.5 + epsilon)
    theta[...] = theta - lr * step


@correct("adam", "the averages in a tuple")
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = state.get("mv", (0.0, 0.0))
    state["t"] = state.get("t", 0) + 1
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    state["mv"] = m, v
    theta -= lr * (m / (1 - beta1 ** state["t"])) / (np.sqrt(v / (1 - beta2 ** state["t"])) + epsilon)


@correct("adam", "everything in a tuple")
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v, t = state.get("mvt", (0.0, 0.0, 0))
    t += 1
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    state["mvt"] = m, v, t
    theta -= lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)


@correct("adam", "corrections in the learning rate, epsilon scaled to match")
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = m = beta1 * state.get("m", 0) + (1 - beta1) * grad
    state["v"] = v = beta2 * state.get("v", 0) + (1 - beta2) * grad**2
    root = math.sqrt(1 - beta2**t)
    theta -= lr * root / (1 - beta1**t) * m / (np.sqrt(v) + epsilon * root)


# --- adamw

correct("adamw", "subtracts the decay",
        adamw_update, {"theta *= 1 - lr * weight_decay": "theta -= lr * weight_decay * theta",
                       "lr, beta1, beta2, epsilon)": "lr, beta1=beta1, beta2=beta2, epsilon=epsilon)"})


@correct("adamw", "decay of a copy, added afterwards")
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    decay = lr * weight_decay * theta.copy()
    adam_update(theta, grad, state, lr, beta1, beta2, epsilon)
    theta -= decay


@correct("adamw", "everything in a tuple")
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    t, m, v = state.get("all", (0, 0.0, 0.0))
    t += 1
    n = state["calls"] = state.get("calls", 0) + 1
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad * grad
    if n != t:
        raise RuntimeError(f"call {n}, but by the t in the tuple it is call {t}")
    state["all"] = t, m, v
    old = theta.copy()
    theta[...] = old - lr * weight_decay * old - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)


@correct("adamw", "a tuple in a tuple")
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    theta *= 1 - lr * weight_decay
    t, (m, v) = state.get("s", (0, (0.0, 0.0)))
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    t = t + 1
    state["s"] = (t, (m, v))
    theta -= lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)


@correct("adamw", "a dict in the dict")
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    theta *= 1 - lr * weight_decay
    inner = state.setdefault("adam", {"t": 0, "m": np.zeros_like(theta), "v": np.zeros_like(theta)})
    inner["t"] += 1
    inner["m"] = beta1 * inner["m"] + (1 - beta1) * grad
    inner["v"] = beta2 * inner["v"] + (1 - beta2) * grad**2
    theta -= lr * (inner["m"] / (1 - beta1 ** inner["t"])) / (np.sqrt(inner["v"] / (1 - beta2 ** inner["t"])) + epsilon)


@correct("adamw", "Adam written out once more")
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * grad
    state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * grad**2
    step = state["m"] / (1 - beta1**t) / (np.sqrt(state["v"] / (1 - beta2**t)) + epsilon)
    theta[...] = theta * (1 - lr * weight_decay) - lr * step


# --- optimizer_step


@correct("optimizer_step", "asks whether there is a state")
def optimizer_step(rule, params, grads, states, **settings):
    for name, theta in params.items():
        if name not in states:
            states[name] = {}
        rule(theta, grads[name], states[name], **settings)


@correct("optimizer_step", "makes all states first")
def optimizer_step(rule, params, grads, states, **settings):
    if not states:
        states.update({name: {} for name in params})
    for name in sorted(grads):
        rule(params[name], grads[name], states[name], **settings)


# --- torch_steps


@correct("torch_steps", "a table of optimizers")
def torch_steps(name, lr, theta, gradients):
    parameter = torch.nn.Parameter(torch.from_numpy(np.array(theta, dtype=np.float64)))
    make = {
        "sgd": lambda: torch.optim.SGD([parameter], lr=lr),
        "momentum": lambda: torch.optim.SGD([parameter], lr=lr / 10, momentum=0.9),
        "adam": lambda: torch.optim.Adam([parameter], lr=lr),
        "adamw": lambda: torch.optim.AdamW([parameter], lr=lr, weight_decay=0.3),
    }
    optimizer, path = make[name](), np.zeros_like(np.asarray(gradients), dtype=float)
    for t, gradient in enumerate(np.asarray(gradients, dtype=float)):
        optimizer.zero_grad()
        parameter.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
        path[t] = parameter.detach().numpy()
    return path


@correct("torch_steps", "gradients through a loss")
def torch_steps(name, lr, theta, gradients):
    settings = dict(RULES[name][1])
    x = torch.tensor(np.array(theta), dtype=torch.float64, requires_grad=True)
    if name in ("sgd", "momentum"):
        beta = settings.get("beta", 0.0)
        optimizer = torch.optim.SGD([x], lr=lr * (1 - beta), momentum=beta)
    else:
        betas = (settings["beta1"], settings["beta2"])
        optimizer = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name](
            [x], lr=lr, betas=betas, eps=1e-8, weight_decay=settings.get("weight_decay", 0))
    points = []
    for g in gradients:
        optimizer.zero_grad()
        (x * torch.tensor(g, dtype=torch.float64)).sum().backward()
        optimizer.step()
        points.append(x.detach().clone())
    return torch.stack(points).numpy()


# --- descend


@correct("descend", "fills an array")
def descend(rule, A, start, steps, **settings):
    path = np.empty((steps + 1, len(start)))
    path[0] = start
    state = {}
    for t in range(steps):
        theta = path[t].copy()
        rule(theta, np.dot(A, theta), state, **settings)
        path[t + 1] = theta
    return path


@correct("descend", "as an optimizer of one parameter")
def descend(rule, A, start, steps, **settings):
    optimizer = Optimizer(rule, **settings)
    params = {"x": np.array(start, dtype=float)}
    points = [params["x"].tolist()]
    while len(points) <= steps:
        optimizer.step(params, {"x": A @ params["x"]})
        points.append(params["x"].tolist())
    return np.array(points)


# --- sgd_rates


@correct("sgd_rates", "by the condition number")
def sgd_rates(A):
    eigenvalues, _ = np.linalg.eigh(A)
    kappa = eigenvalues.max() / eigenvalues.min()
    best = 2 / (eigenvalues.max() + eigenvalues.min())
    return float(2 / eigenvalues.max()), float(best), float((kappa - 1) / (kappa + 1))


@correct("sgd_rates", "factor from the best rate")
def sgd_rates(A):
    c = np.sort(np.linalg.eigvals(A).real)
    best = 1 / ((c[0] + c[-1]) / 2)
    return 2 / np.linalg.norm(A, 2), best, max(abs(1 - best * c))


# --- train


@correct("train", "batches with integers, one dict of arrays")
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    (X, y), (X_val, y_val) = problem["train"], problem["validation"]
    params = init_classifier(X.shape[1], rng)
    rule, settings = RULES[name]
    optimizer = Optimizer(rule, **settings, lr=lr)
    train_loss, measured = [], [evaluate(params, X_val, y_val)]
    for step in range(1, steps + 1):
        batch = rng.permutation(len(X))[:batch_size]
        loss, grads = loss_and_grads(params, X[batch], y[batch])
        train_loss.append(loss)
        optimizer.step(params, grads)
        if step % every == 0:
            measured.append(evaluate(params, X_val, y_val))
            if not math.isfinite(measured[-1][0]):
                break
    losses, accuracies = zip(*measured)
    return {"train_loss": train_loss, "validation_loss": list(losses), "validation_accuracy": list(accuracies)}


@correct("train", "states of its own, arrays in the history")
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    states = {}
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}

    def measure():
        loss, accuracy = evaluate(params, problem["validation"][0], problem["validation"][1])
        history["validation_loss"] += [loss]
        history["validation_accuracy"] += [accuracy]
        return np.isfinite(loss)

    alive, step = measure(), 0
    while alive and step < steps:
        batch = rng.choice(np.arange(len(y)), size=batch_size, replace=False)
        loss, grads = loss_and_grads(params, X[batch], y[batch])
        history["train_loss"] += [loss]
        optimizer_step(RULES[name][0], params, grads, states, lr=lr, **RULES[name][1])
        step += 1
        if step % every == 0:
            alive = measure()
    return history


# --- steps_to_target


@correct("steps_to_target", "with NumPy")
def steps_to_target(losses, target, every=10):
    there = np.flatnonzero(np.asarray(losses, dtype=float) <= target)
    return every * int(there[0]) if there.size else np.inf


@correct("steps_to_target", "with next")
def steps_to_target(losses, target, every=10):
    return next((k * every for k, loss in enumerate(losses) if loss <= target), math.inf)


# --- sweep


@correct("sweep", "three loops")
def sweep(rates, problem, steps, seeds):
    results = {}
    for name in rates:
        results[name] = {}
        for lr in rates[name]:
            results[name][lr] = []
            for seed in seeds:
                results[name][lr].append(train(name, lr, problem, steps, seed))
    return results


@correct("sweep", "seed by seed")
def sweep(rates, problem, steps, seeds):
    results = {name: {lr: [None] * len(seeds) for lr in lrs} for name, lrs in rates.items()}
    for k, seed in enumerate(seeds):
        for name, by_rate in results.items():
            for lr in by_rate:
                by_rate[lr][k] = dict(train(name, lr, problem, steps, seed))
    return results


# --- compare


@correct("compare", "sorts the rows")
def compare(results, target, every=10):
    table = {}
    for name in results:
        rows = []
        for lr in results[name]:
            runs = results[name][lr]
            steps = sorted(steps_to_target(run["validation_loss"], target, every) for run in runs)[len(runs) // 2]
            ends = np.array([run["validation_loss"][-1] for run in runs], dtype=float)
            ends[np.isnan(ends)] = np.inf
            accuracy = np.median([run["validation_accuracy"][-1] for run in runs])
            rows.append((steps, np.median(ends), lr, accuracy))
        steps, loss, lr, accuracy = sorted(rows)[0]
        table[name] = {"final_accuracy": accuracy, "final_loss": loss, "steps_to_target": steps, "lr": lr}
    return table


@correct("compare", "keeps the best so far")
def compare(results, target, every=10):
    table = {}
    for name, by_rate in results.items():
        best = None
        for lr, runs in by_rate.items():
            steps = np.median([steps_to_target(run["validation_loss"], target, every) for run in runs])
            loss = np.median([x if np.isfinite(x := run["validation_loss"][-1]) else float("inf") for run in runs])
            if best is None or steps < best["steps_to_target"] or (
                    steps == best["steps_to_target"] and loss < best["final_loss"]):
                accuracy = np.median([run["validation_accuracy"][-1] for run in runs])
                best = {"lr": lr, "steps_to_target": steps, "final_loss": loss, "final_accuracy": accuracy}
        table[name] = best
    return table
