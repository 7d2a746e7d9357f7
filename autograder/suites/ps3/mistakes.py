"""Exercise 3's typical mistakes, by function."""
# ruff: noqa: F811  (a mistake has the right function's name; the decorator gives the name back)

import numpy as np
import torch

from autograder.grading.misconceptions import Bank
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

BANK = Bank()
mistake = BANK.mistake


# --- sgd


@mistake(
    "sgd", "uphill",
    "The gradient points uphill, so the step has to go against it.",
)
def sgd_update(theta, grad, state, lr):
    theta += lr * grad


@mistake(
    "sgd", "not in place",
    "Assigning to the name theta makes a new array that nobody else sees; the numbers in the old one have to change.",
)
def sgd_update(theta, grad, state, lr):
    theta = theta - lr * grad


@mistake(
    "sgd", "scales the caller's gradient",
    "Scaling the gradient in place changes an array that belongs to the caller.",
)
def sgd_update(theta, grad, state, lr):
    grad *= lr
    theta -= grad


# --- momentum


@mistake(
    "momentum", "PyTorch's form",
    "Without the factor of one minus beta the memory is a sum of gradients, ten times as long as their average.",
)
def momentum_update(theta, grad, state, lr, beta=0.9):
    if not state:
        state["v"] = np.zeros_like(theta)
    state["v"] = beta * state["v"] + grad
    theta -= lr * state["v"]


@mistake(
    "momentum", "starts from the first gradient",
    "The average starts from zero, so in the first step it is a tenth of the gradient and not the whole.",
)
def momentum_update(theta, grad, state, lr, beta=0.9):
    if not state:
        state["v"] = grad.copy()
    else:
        state["v"] = beta * state["v"] + (1 - beta) * grad
    theta -= lr * state["v"]


@mistake(
    "momentum", "remembers nothing",
    "The new average has to be put into state, or the next step starts from zero again.",
)
def momentum_update(theta, grad, state, lr, beta=0.9):
    v = state.get("v", np.zeros_like(theta))
    v = beta * v + (1 - beta) * grad
    theta -= lr * v


@mistake(
    "momentum", "weights swapped",
    "The past counts beta and the new gradient one minus beta, not the other way round.",
)
def momentum_update(theta, grad, state, lr, beta=0.9):
    v = state.get("v", np.zeros_like(theta))
    state["v"] = (1 - beta) * v + beta * grad
    theta -= lr * state["v"]


@mistake(
    "momentum", "steps before it averages",
    "The step goes along the average that already holds this step's gradient.",
)
def momentum_update(theta, grad, state, lr, beta=0.9):
    v = state.get("v", np.zeros_like(theta))
    theta -= lr * v
    state["v"] = beta * v + (1 - beta) * grad


@mistake(
    "momentum", "keeps the caller's array",
    "The memory is the caller's gradient itself, which the next gradient overwrites; it should be a copy of the numbers.",
)
def momentum_update(theta, grad, state, lr, beta=0.9):
    last = state.get("last", np.zeros_like(theta))  # remembers the last gradient, and adds it in at the next step
    v = state.get("v", np.zeros_like(theta))
    v = beta * (v + (1 - beta) * last)
    state["v"], state["last"] = v, grad
    theta -= lr * (v + (1 - beta) * grad)


# --- adam


@mistake(
    "adam", "no bias correction",
    "Both averages start at zero, and each has to be divided by one minus its beta to the power of t.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = state.get("m", 0.0), state.get("v", 0.0)
    state["m"] = beta1 * m + (1 - beta1) * grad
    state["v"] = beta2 * v + (1 - beta2) * grad**2
    theta -= lr * state["m"] / (np.sqrt(state["v"]) + epsilon)


@mistake(
    "adam", "t starts at 0",
    "The first step has t equal to one; with zero the correction divides by zero.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v, t = state.get("m", 0.0), state.get("v", 0.0), state.get("t", 0)
    state["m"] = beta1 * m + (1 - beta1) * grad
    state["v"] = beta2 * v + (1 - beta2) * grad**2
    with np.errstate(all="ignore"):
        m_hat, v_hat = state["m"] / np.float64(1 - beta1**t), state["v"] / np.float64(1 - beta2**t)
        theta -= lr * m_hat / (np.sqrt(v_hat) + epsilon)
    state["t"] = t + 1


@mistake(
    "adam", "t is always 1",
    "The number of the step has to be kept in state and counted up, or every step is corrected like the first.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * grad
    state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * grad**2
    m_hat, v_hat = state["m"] / (1 - beta1), state["v"] / (1 - beta2)
    theta -= lr * m_hat / (np.sqrt(v_hat) + epsilon)


@mistake(
    "adam", "corrects m alone",
    "The average of the squares is biased, too, and by more, since its beta is closer to one.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * grad
    state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * grad**2
    theta -= lr * state["m"] / (1 - beta1**t) / (np.sqrt(state["v"]) + epsilon)


@mistake(
    "adam", "epsilon under the root",
    "Epsilon is added after the root has been taken; under the root it counts as the root of epsilon.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * grad
    state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * grad**2
    theta -= lr * state["m"] / (1 - beta1**t) / np.sqrt(state["v"] / (1 - beta2**t) + epsilon)


@mistake(
    "adam", "epsilon before the correction",
    "Epsilon is added to the root of the corrected average, not before the correction, which would correct epsilon as well.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * grad
    state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * grad**2
    scale = np.sqrt(1 - beta2**t) / (1 - beta1**t)
    theta -= lr * scale * state["m"] / (np.sqrt(state["v"]) + epsilon)


@mistake(
    "adam", "no root",
    "The step is measured in the gradient's usual size, which is the root of the average of the squares.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * grad
    state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * grad**2
    theta -= lr * state["m"] / (1 - beta1**t) / (state["v"] / (1 - beta2**t) + epsilon)


@mistake(
    "adam", "m and v are one array",
    "The two averages are one array under two names, so what is added to one is added to the other.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    if not state:
        state["m"] = state["v"] = np.zeros_like(theta)
        state["t"] = 0
    state["t"] += 1
    m, v, t = state["m"], state["v"], state["t"]
    m *= beta1
    m += (1 - beta1) * grad
    v *= beta2
    v += (1 - beta2) * grad**2
    theta -= lr * m / (1 - beta1**t) / (np.sqrt(np.abs(v) / (1 - beta2**t)) + epsilon)


@mistake(
    "adam", "betas swapped",
    "The average of the gradients forgets with the first beta, that of the squares with the second.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = beta2 * state.get("m", 0.0) + (1 - beta2) * grad
    state["v"] = beta1 * state.get("v", 0.0) + (1 - beta1) * grad**2
    theta -= lr * state["m"] / (1 - beta2**t) / (np.sqrt(state["v"] / (1 - beta1**t)) + epsilon)


@mistake(
    "adam", "squares the average",
    "The second average is of the squared gradients, not of the square of the first average.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * grad
    state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * state["m"]**2
    theta -= lr * state["m"] / (1 - beta1**t) / (np.sqrt(state["v"] / (1 - beta2**t)) + epsilon)


@mistake(
    "adam", "remembers the corrected averages",
    "What is carried to the next step are the plain averages; the corrected ones are for this step alone.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = (beta1 * state.get("m", 0.0) + (1 - beta1) * grad) / (1 - beta1**t)
    state["v"] = (beta2 * state.get("v", 0.0) + (1 - beta2) * grad**2) / (1 - beta2**t)
    theta -= lr * state["m"] / (np.sqrt(state["v"]) + epsilon)


@mistake(
    "adam", "corrects twice with the same beta",
    "Each average is corrected with its own beta.",
)
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * grad
    state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * grad**2
    theta -= lr * state["m"] / (1 - beta1**t) / (np.sqrt(state["v"] / (1 - beta1**t)) + epsilon)


# --- adamw


@mistake(
    "adamw", "L2 penalty in the gradient",
    "The decay goes through Adam's averages and is divided like the gradient; decoupled, it shrinks theta directly.",
)
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    adam_update(theta, grad + weight_decay * theta, state, lr, beta1, beta2, epsilon)


@mistake(
    "adamw", "decays after the step",
    "The decay comes first; afterwards it would shrink this step as well.",
)
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    adam_update(theta, grad, state, lr, beta1, beta2, epsilon)
    theta *= 1 - lr * weight_decay


@mistake(
    "adamw", "decay without the learning rate",
    "What decays in a step is the learning rate times weight_decay, not all of weight_decay.",
)
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    theta *= 1 - weight_decay
    adam_update(theta, grad, state, lr, beta1, beta2, epsilon)


@mistake(
    "adamw", "forgets Adam's settings",
    "The settings of Adam have to be passed on, or it runs with its defaults whatever is asked for.",
)
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    theta *= 1 - lr * weight_decay
    adam_update(theta, grad, state, lr)


@mistake(
    "adamw", "decays a copy",
    "The decayed weights are a new array, so neither the decay nor the step reaches the caller's.",
)
def adamw_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    theta = theta * (1 - lr * weight_decay)
    adam_update(theta, grad, state, lr, beta1, beta2, epsilon)


# --- optimizer_step


@mistake(
    "optimizer_step", "one state for all",
    "All parameters share one state; each needs its own, under its name.",
)
def optimizer_step(rule, params, grads, states, **settings):
    for name in params:
        rule(params[name], grads[name], states, **settings)


@mistake(
    "optimizer_step", "a new state every step",
    "The state of a new parameter has to be put into states, or it is gone at the next step.",
)
def optimizer_step(rule, params, grads, states, **settings):
    for name in params:
        rule(params[name], grads[name], states.get(name, {}), **settings)


@mistake(
    "optimizer_step", "passes the learning rate only",
    "All the settings are meant for the rule, not the learning rate alone.",
)
def optimizer_step(rule, params, grads, states, **settings):
    for name in params:
        rule(params[name], grads[name], states.setdefault(name, {}), settings["lr"])


@mistake(
    "optimizer_step", "pairs by position",
    "Parameters and gradients belong together by their names, not by their positions.",
)
def optimizer_step(rule, params, grads, states, **settings):
    for (name, theta), grad in zip(params.items(), grads.values()):
        grad = np.resize(grad, theta.shape)
        rule(theta, grad, states.setdefault(name, {}), **settings)


@mistake(
    "optimizer_step", "steps on copies",
    "The rule has changed a copy; params must hold the changed numbers afterwards.",
)
def optimizer_step(rule, params, grads, states, **settings):
    for name, theta in params.items():
        theta = np.array(theta)
        rule(theta, grads[name], states.setdefault(name, {}), **settings)


# --- torch_steps


@mistake(
    "torch_steps", "same learning rate for momentum",
    "PyTorch's momentum adds up gradients without the factor of one minus beta, so its learning rate has to make up for it.",
)
def torch_steps(name, lr, theta, gradients):
    tensor = torch.tensor(theta, dtype=torch.float64)
    if name == "sgd":
        optimizer = torch.optim.SGD([tensor], lr=lr)
    elif name == "momentum":
        optimizer = torch.optim.SGD([tensor], lr=lr, momentum=0.9)
    elif name == "adam":
        optimizer = torch.optim.Adam([tensor], lr=lr)
    else:
        optimizer = torch.optim.AdamW([tensor], lr=lr, weight_decay=RULES["adamw"][1]["weight_decay"])
    path = []
    for gradient in gradients:
        tensor.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        path.append(tensor.numpy().copy())
    return np.array(path)


@mistake(
    "torch_steps", "dampening",
    "PyTorch's dampening is not applied to the first gradient, so the paths part at the first step.",
)
def torch_steps(name, lr, theta, gradients):
    tensor = torch.tensor(theta, dtype=torch.float64)
    if name == "sgd":
        optimizer = torch.optim.SGD([tensor], lr=lr)
    elif name == "momentum":
        optimizer = torch.optim.SGD([tensor], lr=lr, momentum=0.9, dampening=0.1)
    elif name == "adam":
        optimizer = torch.optim.Adam([tensor], lr=lr)
    else:
        optimizer = torch.optim.AdamW([tensor], lr=lr, weight_decay=RULES["adamw"][1]["weight_decay"])
    path = []
    for gradient in gradients:
        tensor.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        path.append(tensor.numpy().copy())
    return np.array(path)


@mistake(
    "torch_steps", "PyTorch's default decay",
    "PyTorch's default weight decay is another one than that in RULES.",
)
def torch_steps(name, lr, theta, gradients):
    tensor = torch.tensor(theta, dtype=torch.float64)
    if name == "sgd":
        optimizer = torch.optim.SGD([tensor], lr=lr)
    elif name == "momentum":
        optimizer = torch.optim.SGD([tensor], lr=0.1 * lr, momentum=0.9)
    elif name == "adam":
        optimizer = torch.optim.Adam([tensor], lr=lr)
    else:
        optimizer = torch.optim.AdamW([tensor], lr=lr)
    path = []
    for gradient in gradients:
        tensor.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        path.append(tensor.numpy().copy())
    return np.array(path)


@mistake(
    "torch_steps", "one array for all steps",
    "The rows all share the tensor's memory, so they all show its last values; copy the numbers after every step.",
)
def torch_steps(name, lr, theta, gradients):
    tensor = torch.tensor(theta, dtype=torch.float64)
    if name == "sgd":
        optimizer = torch.optim.SGD([tensor], lr=lr)
    elif name == "momentum":
        optimizer = torch.optim.SGD([tensor], lr=0.1 * lr, momentum=0.9)
    elif name == "adam":
        optimizer = torch.optim.Adam([tensor], lr=lr)
    else:
        optimizer = torch.optim.AdamW([tensor], lr=lr, weight_decay=RULES["adamw"][1]["weight_decay"])
    path = []
    for gradient in gradients:
        tensor.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        path.append(tensor.numpy())
    return np.array(path)


# --- descend


@mistake(
    "descend", "one array for all points",
    "The rule changes theta in place, so a list of theta holds the last point many times; keep copies.",
)
def descend(rule, A, start, steps, **settings):
    theta, state = np.array(start, dtype=float), {}
    path = [theta]
    for _ in range(steps):
        rule(theta, A @ theta, state, **settings)
        path.append(theta)
    return np.array(path)


@mistake(
    "descend", "start is missing",
    "The path begins with the start, so it has one point more than there are steps.",
)
def descend(rule, A, start, steps, **settings):
    theta, state = np.array(start, dtype=float), {}
    path = []
    for _ in range(steps):
        rule(theta, A @ theta, state, **settings)
        path.append(theta.copy())
    return np.array(path)


@mistake(
    "descend", "moves the start",
    "The descent changes the start itself, which belongs to the caller; go down on a copy.",
)
def descend(rule, A, start, steps, **settings):
    theta, state = start, {}
    path = [theta.copy()]
    for _ in range(steps):
        rule(theta, A @ theta, state, **settings)
        path.append(theta.copy())
    return np.array(path)


@mistake(
    "descend", "forgets between steps",
    "A rule with memory needs one and the same state in all steps of a descent.",
)
def descend(rule, A, start, steps, **settings):
    theta = np.array(start, dtype=float)
    path = [theta.copy()]
    for _ in range(steps):
        rule(theta, A @ theta, {}, **settings)
        path.append(theta.copy())
    return np.array(path)


@mistake(
    "descend", "entry by entry",
    "The gradient is a matrix product, in which the entries off the diagonal count as well.",
)
def descend(rule, A, start, steps, **settings):
    theta, state = np.array(start, dtype=float), {}
    path = [theta.copy()]
    for _ in range(steps):
        rule(theta, np.diag(A) * theta, state, **settings)
        path.append(theta.copy())
    return np.array(path)


@mistake(
    "descend", "twice the gradient",
    "The half in front of the quadratic cancels the two of its derivative.",
)
def descend(rule, A, start, steps, **settings):
    theta, state = np.array(start, dtype=float), {}
    path = [theta.copy()]
    for _ in range(steps):
        rule(theta, 2 * A @ theta, state, **settings)
        path.append(theta.copy())
    return np.array(path)


# --- sgd_rates


@mistake(
    "sgd_rates", "one over the curvature as the limit",
    "At one over the steepest curvature a step lands in the minimum; it diverges only where it jumps farther than it came from.",
)
def sgd_rates(A):
    c = np.linalg.eigvalsh(A)
    return 1 / c[-1], 2 / (c[0] + c[-1]), (c[-1] - c[0]) / (c[-1] + c[0])


@mistake(
    "sgd_rates", "diagonal for eigenvalues",
    "The curvatures are the eigenvalues, which stand on the diagonal only if the axes are those of the landscape.",
)
def sgd_rates(A):
    c = np.sort(np.diag(A))
    return 2 / c[-1], 2 / (c[0] + c[-1]), (c[-1] - c[0]) / (c[-1] + c[0])


@mistake(
    "sgd_rates", "best for the steep direction",
    "The best rate balances the steepest and the flattest direction; this one is the best for the steepest alone.",
)
def sgd_rates(A):
    c = np.linalg.eigvalsh(A)
    return 2 / c[-1], 1 / c[-1], 1 - c[0] / c[-1]


@mistake(
    "sgd_rates", "factor of the loss",
    "The factor asked for is that of the distance; the loss, a square, shrinks by the square of it.",
)
def sgd_rates(A):
    c = np.linalg.eigvalsh(A)
    return 2 / c[-1], 2 / (c[0] + c[-1]), ((c[-1] - c[0]) / (c[-1] + c[0])) ** 2


@mistake(
    "sgd_rates", "factor with its sign",
    "The factor is what remains of the distance, and so it is not negative.",
)
def sgd_rates(A):
    c = np.linalg.eigvalsh(A)
    return 2 / c[-1], 2 / (c[0] + c[-1]), (c[0] - c[-1]) / (c[-1] + c[0])


# --- train


@mistake(
    "train", "validates on the training data",
    "The validation losses are measured on the training examples, where overfitting cannot show.",
)
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    optimizer = Optimizer(RULES[name][0], lr=lr, **RULES[name][1])
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    for step in range(steps + 1):
        if step % every == 0:
            loss, accuracy = evaluate(params, X, y)
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
            if not np.isfinite(loss):
                break
        if step < steps:
            batch = rng.choice(len(y), batch_size, replace=False)
            loss, grads = loss_and_grads(params, X[batch], y[batch])
            history["train_loss"].append(loss)
            optimizer.step(params, grads)
    return history


@mistake(
    "train", "one batch for all steps",
    "The batch is drawn once and then used for every step; each step needs a new one.",
)
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    optimizer = Optimizer(RULES[name][0], lr=lr, **RULES[name][1])
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    batch = rng.choice(len(y), batch_size, replace=False)
    for step in range(steps + 1):
        if step % every == 0:
            loss, accuracy = evaluate(params, *problem["validation"])
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
            if not np.isfinite(loss):
                break
        if step < steps:
            loss, grads = loss_and_grads(params, X[batch], y[batch])
            history["train_loss"].append(loss)
            optimizer.step(params, grads)
    return history


@mistake(
    "train", "a new optimizer every step",
    "The optimizer is made anew at every step and so remembers nothing of the steps before.",
)
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    for step in range(steps + 1):
        if step % every == 0:
            loss, accuracy = evaluate(params, *problem["validation"])
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
            if not np.isfinite(loss):
                break
        if step < steps:
            batch = rng.choice(len(y), batch_size, replace=False)
            loss, grads = loss_and_grads(params, X[batch], y[batch])
            history["train_loss"].append(loss)
            Optimizer(RULES[name][0], lr=lr, **RULES[name][1]).step(params, grads)
    return history


@mistake(
    "train", "batches without the seed",
    "The batches come from a generator without the seed, so no run can be repeated.",
)
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    optimizer = Optimizer(RULES[name][0], lr=lr, **RULES[name][1])
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    for step in range(steps + 1):
        if step % every == 0:
            loss, accuracy = evaluate(params, *problem["validation"])
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
            if not np.isfinite(loss):
                break
        if step < steps:
            batch = np.random.permutation(len(y))[:batch_size]
            loss, grads = loss_and_grads(params, X[batch], y[batch])
            history["train_loss"].append(loss)
            optimizer.step(params, grads)
    return history


@mistake(
    "train", "the start is not drawn first",
    "The batches are drawn before the start, so the start is not the one that the seed stands for.",
)
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    batches = [rng.choice(len(y), batch_size, replace=False) for _ in range(steps)]
    params = init_classifier(X.shape[1], rng)
    optimizer = Optimizer(RULES[name][0], lr=lr, **RULES[name][1])
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    for step in range(steps + 1):
        if step % every == 0:
            loss, accuracy = evaluate(params, *problem["validation"])
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
            if not np.isfinite(loss):
                break
        if step < steps:
            loss, grads = loss_and_grads(params, X[batches[step]], y[batches[step]])
            history["train_loss"].append(loss)
            optimizer.step(params, grads)
    return history


@mistake(
    "train", "measures one step late",
    "The measurements are taken after one step too many, and the start is never measured.",
)
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    optimizer = Optimizer(RULES[name][0], lr=lr, **RULES[name][1])
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    for step in range(steps):
        batch = rng.choice(len(y), batch_size, replace=False)
        loss, grads = loss_and_grads(params, X[batch], y[batch])
        history["train_loss"].append(loss)
        optimizer.step(params, grads)
        if step % every == 0:
            loss, accuracy = evaluate(params, *problem["validation"])
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
            if not np.isfinite(loss):
                break
    return history


@mistake(
    "train", "goes on after NaN",
    "A validation loss that is not finite should end the run, as nothing sensible can follow.",
)
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    optimizer = Optimizer(RULES[name][0], lr=lr, **RULES[name][1])
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    for step in range(steps + 1):
        if step % every == 0:
            loss, accuracy = evaluate(params, *problem["validation"])
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
        if step < steps:
            batch = rng.choice(len(y), batch_size, replace=False)
            loss, grads = loss_and_grads(params, X[batch], y[batch])
            history["train_loss"].append(loss)
            optimizer.step(params, grads)
    return history


@mistake(
    "train", "every optimizer has its own batches",
    "The generator depends on the optimizer's name, so the optimizers do not see the same batches.",
)
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    rng = np.random.default_rng([seed, len(name)])
    optimizer = Optimizer(RULES[name][0], lr=lr, **RULES[name][1])
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    for step in range(steps + 1):
        if step % every == 0:
            loss, accuracy = evaluate(params, *problem["validation"])
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
            if not np.isfinite(loss):
                break
        if step < steps:
            batch = rng.choice(len(y), batch_size, replace=False)
            loss, grads = loss_and_grads(params, X[batch], y[batch])
            history["train_loss"].append(loss)
            optimizer.step(params, grads)
    return history


@mistake(
    "train", "forgets the settings",
    "The settings that stand in RULES beside the rule have to reach the optimizer, the weight decay among them.",
)
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    optimizer = Optimizer(RULES[name][0], lr=lr)
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    for step in range(steps + 1):
        if step % every == 0:
            loss, accuracy = evaluate(params, *problem["validation"])
            history["validation_loss"].append(loss)
            history["validation_accuracy"].append(accuracy)
            if not np.isfinite(loss):
                break
        if step < steps:
            batch = rng.choice(len(y), batch_size, replace=False)
            loss, grads = loss_and_grads(params, X[batch], y[batch])
            history["train_loss"].append(loss)
            optimizer.step(params, grads)
    return history


# --- steps_to_target


@mistake(
    "steps_to_target", "counts entries",
    "The position in the list is the number of measurements; several steps lie between two of them.",
)
def steps_to_target(losses, target, every=10):
    for k, loss in enumerate(losses):
        if loss <= target:
            return float(k)
    return float("inf")


@mistake(
    "steps_to_target", "counts from one",
    "The first entry was measured before any step, so it stands for zero steps.",
)
def steps_to_target(losses, target, every=10):
    for k, loss in enumerate(losses, start=1):
        if loss <= target:
            return float(k * every)
    return float("inf")


@mistake(
    "steps_to_target", "below, not at",
    "A loss that is exactly at the target has arrived.",
)
def steps_to_target(losses, target, every=10):
    for k, loss in enumerate(losses):
        if loss < target:
            return float(k * every)
    return float("inf")


@mistake(
    "steps_to_target", "all steps for never",
    "A run that never arrives needs infinitely many steps; the length of the run would make it look like a slow success.",
)
def steps_to_target(losses, target, every=10):
    for k, loss in enumerate(losses):
        if loss <= target:
            return float(k * every)
    return float(len(losses) * every)


@mistake(
    "steps_to_target", "looks at the lowest point",
    "What counts is the first time at the target, not the lowest point of the curve.",
)
def steps_to_target(losses, target, every=10):
    losses = np.array([*losses, np.inf])
    losses[~np.isfinite(losses)] = np.inf
    k = int(np.argmin(losses))
    return float(k * every) if losses[k] <= target else float("inf")


# --- sweep


@mistake(
    "sweep", "other seeds for every rate",
    "Every rate gets seeds of its own, so differences between rates are mixed with differences between starts.",
)
def sweep(rates, problem, steps, seeds):
    results = {}
    for name, lrs in rates.items():
        results[name] = {}
        for k, lr in enumerate(lrs):
            results[name][lr] = [train(name, lr, problem, steps, seed + k) for seed in seeds]
    return results


@mistake(
    "sweep", "the first seed only",
    "Only the first seed was run; every seed gives a history of its own.",
)
def sweep(rates, problem, steps, seeds):
    return {name: {lr: [train(name, lr, problem, steps, seeds[0])] for lr in lrs} for name, lrs in rates.items()}


@mistake(
    "sweep", "the same seed again and again",
    "All repetitions are the same run, because all of them get the same seed.",
)
def sweep(rates, problem, steps, seeds):
    return {
        name: {lr: [train(name, lr, problem, steps, 0) for _ in seeds] for lr in lrs} for name, lrs in rates.items()
    }


@mistake(
    "sweep", "always SGD",
    "The name of the optimizer has to be passed on to train for each entry.",
)
def sweep(rates, problem, steps, seeds):
    first = next(iter(rates))
    return {
        name: {lr: [train(first, lr, problem, steps, seed) for seed in seeds] for lr in lrs} for name, lrs in rates.items()
    }


# --- compare


@mistake(
    "compare", "means for medians",
    "The figures are medians over the seeds; a mean is ruled by a single lucky or unlucky run.",
)
def compare(results, target, every=10):
    table = {}
    for name, by_rate in results.items():
        rows = []
        for lr, runs in by_rate.items():
            ends = [run["validation_loss"][-1] for run in runs]
            rows.append({
                "lr": lr,
                "steps_to_target": float(np.mean([steps_to_target(r["validation_loss"], target, every) for r in runs])),
                "final_loss": float(np.mean([end if np.isfinite(end) else np.inf for end in ends])),
                "final_accuracy": float(np.mean([run["validation_accuracy"][-1] for run in runs])),
            })
        table[name] = min(rows, key=lambda row: (row["steps_to_target"], row["final_loss"]))
    return table


@mistake(
    "compare", "best by the final loss",
    "The best rate is the one with the fewest steps to the target; the final loss only decides between equals.",
)
def compare(results, target, every=10):
    table = {}
    for name, by_rate in results.items():
        rows = []
        for lr, runs in by_rate.items():
            ends = [run["validation_loss"][-1] for run in runs]
            rows.append({
                "lr": lr,
                "steps_to_target": float(np.median([steps_to_target(r["validation_loss"], target, every) for r in runs])),
                "final_loss": float(np.median([end if np.isfinite(end) else np.inf for end in ends])),
                "final_accuracy": float(np.median([run["validation_accuracy"][-1] for run in runs])),
            })
        table[name] = min(rows, key=lambda row: row["final_loss"])
    return table


@mistake(
    "compare", "the lowest loss for the last",
    "The final loss is the last of the curve, not its lowest point, which early stopping would have to find.",
)
def compare(results, target, every=10):
    table = {}
    for name, by_rate in results.items():
        rows = []
        for lr, runs in by_rate.items():
            ends = [np.nanmin(run["validation_loss"]) for run in runs]
            rows.append({
                "lr": lr,
                "steps_to_target": float(np.median([steps_to_target(r["validation_loss"], target, every) for r in runs])),
                "final_loss": float(np.median(ends)),
                "final_accuracy": float(np.median([run["validation_accuracy"][-1] for run in runs])),
            })
        table[name] = min(rows, key=lambda row: (row["steps_to_target"], row["final_loss"]))
    return table


@mistake(
    "compare", "drops runs that diverged",
    "Runs that diverged are left out of the median, which makes a rate look better the more often it fails.",
)
def compare(results, target, every=10):
    table = {}
    for name, by_rate in results.items():
        rows = []
        for lr, runs in by_rate.items():
            good = [run for run in runs if np.isfinite(run["validation_loss"][-1])] or runs
            ends = [run["validation_loss"][-1] for run in good]
            rows.append({
                "lr": lr,
                "steps_to_target": float(np.median([steps_to_target(r["validation_loss"], target, every) for r in good])),
                "final_loss": float(np.median([end if np.isfinite(end) else np.inf for end in ends])),
                "final_accuracy": float(np.median([run["validation_accuracy"][-1] for run in good])),
            })
        table[name] = min(rows, key=lambda row: (row["steps_to_target"], row["final_loss"]))
    return table


@mistake(
    "compare", "the first of the equals",
    "Among rates with equally few steps the one with the lowest final loss is the best, not the first one.",
)
def compare(results, target, every=10):
    table = {}
    for name, by_rate in results.items():
        rows = []
        for lr, runs in by_rate.items():
            ends = [run["validation_loss"][-1] for run in runs]
            rows.append({
                "lr": lr,
                "steps_to_target": float(np.median([steps_to_target(r["validation_loss"], target, every) for r in runs])),
                "final_loss": float(np.median([end if np.isfinite(end) else np.inf for end in ends])),
                "final_accuracy": float(np.median([run["validation_accuracy"][-1] for run in runs])),
            })
        table[name] = min(rows, key=lambda row: row["steps_to_target"])
    return table


@mistake(
    "compare", "the first seed for all",
    "All figures are medians over the seeds, and not those of the first seed.",
)
def compare(results, target, every=10):
    table = {}
    for name, by_rate in results.items():
        rows = []
        for lr, runs in by_rate.items():
            run = runs[0]
            end = run["validation_loss"][-1]
            rows.append({
                "lr": lr, "steps_to_target": steps_to_target(run["validation_loss"], target, every),
                "final_loss": end if np.isfinite(end) else np.inf, "final_accuracy": run["validation_accuracy"][-1],
            })
        table[name] = min(rows, key=lambda row: (row["steps_to_target"], row["final_loss"]))
    return table
