"""Hidden tests of Exercise 3: the update rules, one step for all parameters, and PyTorch's word on them."""

import numpy as np

from autograder.testing import check, check_array, check_close, check_unchanged, item
from reference.exercise3 import RULES
from reference.exercise3 import optimizer_step as apply_to_all
from reference.update_rules import adam_update, adamw_update, momentum_update, sgd_update


def walk(rule, theta, gradients, **settings):
    """Where a rule is after each step."""
    theta, state, path = np.array(theta, dtype=float), {}, []
    for gradient in gradients:
        rule(theta, gradient, state, **settings)
        path.append(theta.copy())
    return np.array(path)


def check_steps(student, name, rule, theta, gradients, what, **settings):
    """The student's rule, driven step by step with its own state, is where the right one is after every step."""
    theirs, state = np.array(theta, dtype=float), {}
    for t, (gradient, expected) in enumerate(zip(gradients, walk(rule, theta, gradients, **settings), strict=True), 1):
        before = theirs.copy()
        getattr(student, name)(theirs, gradient.copy(), state, **settings)
        check(np.any(theirs != before) or np.array_equal(before, expected),
              f"{name} left theta as it was: it should change the array in place.")
        check_close(theirs, expected, f"theta after step {t}{what}", rtol=1e-9, atol=1e-12)


def check_walk(student, name, rule, theta, gradients, **settings):
    """The same inside one process: all gradients come in one array, and the state never leaves it."""
    for t in range(1, len(gradients) + 1):
        there = student.run_rule(student.get(name), theta.copy(), gradients[:t].copy(), **settings)
        check_close(there, walk(rule, theta, gradients[:t], **settings)[-1],
                    f"theta after step {t}, where all gradients come in one array that is overwritten,",
                    rtol=1e-9, atol=1e-12)


def check_gradient_left(student, name, rng, **settings):
    gradient = rng.standard_normal((2, 3))
    theirs, state, theta = gradient.copy(), {}, rng.standard_normal((2, 3))
    for _ in range(2):
        getattr(student, name)(theta, theirs, state, **settings)
        check_unchanged(gradient, theirs, f"grad, an argument of {name},")


def problem(rng, steps, shape=(2, 3), scale=1.0):
    """A parameter and a gradient for each step."""
    return rng.standard_normal(shape), scale * rng.standard_normal((steps, *shape))


# --- sgd


@item("sgd", 2)
def test_sgd_steps(student, rng):
    """sgd_update changes theta in place to theta - lr * grad, for parameters of any shape."""
    for shape, lr in [((3,), 0.1), ((2, 4), 1.5), ((2, 3, 2), 0.02)]:
        check_steps(student, "sgd_update", sgd_update, *problem(rng, 3, shape), f" with lr = {lr}", lr=lr)


@item("sgd")
def test_sgd_leaves_the_gradient(student, rng):
    """The gradient is left as it is."""
    check_gradient_left(student, "sgd_update", rng, lr=0.1)


# --- momentum


@item("momentum", 2)
def test_momentum_steps(student, rng):
    """momentum_update follows v := beta v + (1 - beta) g and theta := theta - lr v, step by step."""
    check_steps(student, "momentum_update", momentum_update, *problem(rng, 6), "", lr=0.3)


@item("momentum")
def test_momentum_beta(student, rng):
    """Any beta works: 0 makes it SGD, 0.5 has a short memory, 0.99 a long one."""
    for beta in (0.0, 0.5, 0.99):
        check_steps(student, "momentum_update", momentum_update, *problem(rng, 4, (3,)), f" with beta = {beta}",
                    lr=0.1, beta=beta)


@item("momentum")
def test_momentum_remembers_numbers(student, rng):
    """The memory is a copy of numbers in state, not the caller's array, which is overwritten with the next gradient."""
    check_walk(student, "momentum_update", momentum_update, *problem(rng, 4), lr=0.2)


@item("momentum", 0.5)
def test_momentum_leaves_the_gradient(student, rng):
    """The gradient is left as it is."""
    check_gradient_left(student, "momentum_update", rng, lr=0.1)


# --- adam


@item("adam", 1.5)
def test_adam_first_step(student, rng):
    """The first step has both corrections, with t = 1: it is lr in every entry, against the gradient's sign."""
    theta, gradients = problem(rng, 1, (2, 3))
    gradients = np.sign(gradients) * np.exp(rng.uniform(-5, 5, gradients.shape))
    check_steps(student, "adam_update", adam_update, theta, gradients, "", lr=0.02)


@item("adam", 2)
def test_adam_steps(student, rng):
    """Step by step, with gradients of many sizes, theta is where Algorithm 1 of the paper puts it."""
    theta, gradients = problem(rng, 8, (2, 3))
    check_steps(student, "adam_update", adam_update, theta, gradients * np.exp(rng.uniform(-4, 4, (2, 3))), "", lr=0.1)


@item("adam")
def test_adam_settings(student, rng):
    """Other values of beta1 and beta2 work, and each belongs to its own average."""
    for beta1, beta2 in [(0.0, 0.9), (0.5, 0.99), (0.95, 0.5)]:
        check_steps(student, "adam_update", adam_update, *problem(rng, 5, (3,)), f" with beta1 = {beta1}, beta2 = {beta2}",
                    lr=0.1, beta1=beta1, beta2=beta2)


@item("adam", 1.5)
def test_adam_epsilon(student, rng):
    """epsilon is added after the root, and after the correction: it shows where gradients are as small as epsilon."""
    theta, gradients = problem(rng, 4, (4,), scale=1e-3)
    check_steps(student, "adam_update", adam_update, theta, gradients, " with gradients near epsilon = 0.001", lr=0.1, epsilon=1e-3)


@item("adam")
def test_adam_zero_gradient(student, rng):
    """A gradient of 0 moves nothing by itself, and makes no NaN."""
    theta, gradients = problem(rng, 5, (4,))
    gradients[:, 1] = 0.0
    gradients[2:, 2] = 0.0
    check_steps(student, "adam_update", adam_update, theta, gradients, " with some gradients of 0", lr=0.1)


@item("adam", 1.5)
def test_adam_memory(student, rng):
    """The memory holds copies of numbers: it does not change when the caller overwrites the gradient with the next one."""
    check_walk(student, "adam_update", adam_update, *problem(rng, 5), lr=0.1)


@item("adam", 0.5)
def test_adam_counts_for_itself(student, rng):
    """Every parameter counts its own steps: the correction depends on its state alone, not on a variable outside."""
    theta, gradients = problem(rng, 3, (3,))
    expected = walk(adam_update, theta, gradients, lr=0.1)
    pair = [[theta.copy(), {}], [theta.copy(), {}]]
    for gradient, right in zip(gradients, expected, strict=True):
        for theirs, state in pair:
            student.adam_update(theirs, gradient.copy(), state, lr=0.1)
            check_close(theirs, right, "theta, when two parameters take turns,", rtol=1e-9, atol=1e-12)


@item("adam", 0.5)
def test_adam_leaves_the_gradient(student, rng):
    """The gradient is left as it is."""
    check_gradient_left(student, "adam_update", rng, lr=0.1)


# --- adamw


@item("adamw")
def test_adamw_decay_alone(student, rng):
    """Without gradients every step multiplies theta by 1 - lr * weight_decay."""
    theta = rng.standard_normal((2, 3))
    check_steps(student, "adamw_update", adamw_update, theta, np.zeros((4, 2, 3)), "", lr=0.1, weight_decay=0.7)


@item("adamw", 2)
def test_adamw_steps(student, rng):
    """The decay is decoupled: first theta shrinks, then Adam steps, with the loss's gradient alone in both averages."""
    theta, gradients = problem(rng, 6)
    check_steps(student, "adamw_update", adamw_update, 5 * theta, gradients * np.exp(rng.uniform(-4, 4, (2, 3))), "",
                lr=0.2, weight_decay=0.5)


@item("adamw")
def test_adamw_settings(student, rng):
    """All settings are used, and weight_decay is 0.01 unless told otherwise."""
    theta, gradients = problem(rng, 4, (3,), scale=1e-2)
    check_steps(student, "adamw_update", adamw_update, 5 * theta, gradients, " with the defaults", lr=0.5)
    check_steps(student, "adamw_update", adamw_update, 5 * theta, gradients, " with settings of its own",
                lr=0.5, beta1=0.5, beta2=0.9, epsilon=1e-2, weight_decay=0.3)


@item("adamw", 0.5)
def test_adamw_memory(student, rng):
    """Neither the gradient nor the memory is disturbed: many steps in one process end where they should."""
    check_walk(student, "adamw_update", adamw_update, *problem(rng, 4), lr=0.1, weight_decay=0.4)
    check_gradient_left(student, "adamw_update", rng, lr=0.1)


# --- optimizer_step


SHAPES = {"W1": (3, 2), "b1": (3,), "W2": (3, 2)}


def network(rng):
    return {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}


def copies(arrays):
    return {name: value.copy() for name, value in arrays.items()}


def check_optimizer_steps(student, rule, params, gradients, **settings):
    """The student's optimizer_step, with a rule of ours, follows the right one; also what becomes of the states."""
    theirs, expected, states, right = copies(params), copies(params), {}, {}
    for t, grads in enumerate(gradients, 1):
        student.optimizer_step(rule, theirs, copies(grads), states, **settings)
        apply_to_all(rule, expected, grads, right, **settings)
        for name in SHAPES:
            check_close(theirs.get(name), expected[name], f"{name} after step {t}", rtol=1e-9, atol=1e-12)


@item("optimizer_step", 1.5)
def test_each_parameter_has_its_state(student, rng):
    """Every parameter has a state of its own, also when two parameters have the same shape."""
    check_optimizer_steps(student, momentum_update, network(rng), [network(rng) for _ in range(3)], lr=0.3)


@item("optimizer_step", 1.5)
def test_states_last(student, rng):
    """The states last from step to step, in the dict that the caller keeps."""
    params, states, counts = network(rng), {}, []

    def counting(theta, grad, state, lr):
        state["t"] = state.get("t", 0) + 1
        counts.append(state["t"])

    for _ in range(3):
        student.optimizer_step(counting, params, network(rng), states, lr=0.1)
    check(counts == [1, 1, 1, 2, 2, 2, 3, 3, 3],
          f"A rule that counts its calls for each parameter counted {counts} in three steps of three parameters; "
          "it should be 1 for all, then 2 for all, then 3 for all.")


@item("optimizer_step")
def test_the_right_gradient_and_settings(student, rng):
    """The rule gets each parameter with its own gradient, whatever their order, and all the settings."""
    params = network(rng)
    grads = dict(reversed(network(rng).items()))
    seen, expected = copies(params), {name: params[name] - 0.4 * grads[name] for name in params}

    def scaled(theta, grad, state, lr, factor):
        theta -= lr * factor * grad

    student.optimizer_step(scaled, seen, copies(grads), {}, lr=0.2, factor=2.0)
    for name in SHAPES:
        check_close(seen.get(name), expected[name], f"{name} after a step of SGD, lr 0.2 and a setting of its own,")


@item("optimizer_step")
def test_the_optimizer_works(student, rng):
    """An Optimizer made from a rule trains a whole network in place, step after step."""
    params, gradients = network(rng), [network(rng) for _ in range(4)]
    optimizer = student.Optimizer(student.get("momentum_update"), lr=0.1, beta=0.5)
    theirs, expected, states = copies(params), copies(params), {}
    for t, grads in enumerate(gradients, 1):
        optimizer.step(theirs, copies(grads))
        apply_to_all(momentum_update, expected, grads, states, lr=0.1, beta=0.5)
        for name in SHAPES:
            check_close(theirs.get(name), expected[name], f"{name} after step {t} of an Optimizer", rtol=1e-9, atol=1e-12)


# --- torch_steps


def check_torch(student, name, rng, lr=0.1):
    theta, gradients = problem(rng, 6)
    rule, settings = RULES[name]
    path = student.torch_steps(name, lr, theta.copy(), gradients.copy())
    path = check_array(path, gradients.shape, f'torch_steps("{name}", ...) for 6 steps')
    check_close(path, walk(rule, theta, gradients, lr=lr, **settings), f"PyTorch's path for {name}", rtol=1e-9, atol=1e-12)


@item("torch_steps")
def test_torch_sgd(student, rng):
    """torch_steps drives torch.optim.SGD, and returns a copy of the parameter after every step, in float64."""
    check_torch(student, "sgd", rng)


@item("torch_steps", 1.5)
def test_torch_momentum(student, rng):
    """For momentum, PyTorch gets the learning rate with which its formula takes the lecture's steps."""
    check_torch(student, "momentum", rng)
    check_torch(student, "momentum", rng, lr=1.3)


@item("torch_steps")
def test_torch_adam(student, rng):
    """For Adam, PyTorch takes the steps of the paper."""
    check_torch(student, "adam", rng)


@item("torch_steps")
def test_torch_adamw(student, rng):
    """For AdamW, PyTorch gets the weight decay that stands in RULES."""
    check_torch(student, "adamw", rng)


@item("torch_steps", 0.5)
def test_torch_leaves_its_arguments(student, rng):
    """theta and the gradients are left as they are."""
    theta, gradients = problem(rng, 3)
    theirs = [theta.copy(), gradients.copy()]
    student.torch_steps("sgd", 0.5, *theirs)
    check_unchanged(theta, theirs[0], "theta, an argument of torch_steps,")
    check_unchanged(gradients, theirs[1], "gradients, an argument of torch_steps,")
