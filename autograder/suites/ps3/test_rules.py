"""Hidden tests of Exercise 3: the update rules, one step for all parameters, and PyTorch's word on them."""

import numpy as np

from autograder.testing import check, check_array, check_close, check_unchanged, in_place, item
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


def their_walk(student, name, theta, gradients, **settings):
    """Where the student's rule is after each step, with its own state."""
    theirs, state, path = np.array(theta, dtype=float), {}, []
    for gradient in gradients:
        getattr(student, name)(in_place(theirs), gradient, in_place(state, structure=True), **settings)
        path.append(theirs.copy())
    return np.array(path)


def check_steps(student, name, rule, theta, gradients, what, rtol=1e-9, **settings):
    """The student's rule is where the right one is, after every step."""
    # all steps are taken before the first check: together they tell one mistake from another
    path = their_walk(student, name, theta, gradients, **settings)
    expected = walk(rule, theta, gradients, **settings)
    check(np.any(path != theta) or np.array_equal(path, expected),
          f"{name} left theta as it was: it should change the array in place.")
    before = np.concatenate([[theta], expected])
    for t, (there, right) in enumerate(zip(path, expected, strict=True), 1):
        try:
            check_close(there, right, f"theta after step {t}{what}", rtol=rtol, atol=1e-12)
        except AssertionError as error:
            raise AssertionError(f"{error}{pointer(there - before[t - 1], right - before[t - 1], t)}") from None


def pointer(step, right, t):
    """Where a wrong step points to, if all steps before it were right."""
    factors = [one / other for one, other in zip(step.ravel(), right.ravel(), strict=True) if other]
    if factors and np.isfinite(factors).all() and np.ptp(factors) < 1e-6 * abs(factors[0]):
        direction = "" if factors[0] > 0 else " and the other way"
        return f" In all entries the step is {abs(factors[0]):.3g} times as long as it should be{direction}."
    return f" The {t - 1} before it agree, so look at what state hands on from step to step." if t > 1 else ""


def check_memory(student, name, rng, **settings):
    """The rule has a memory, and takes the same steps when all gradients come in one array, which is overwritten with the next."""
    theta, gradients = problem(rng, 5)
    path = their_walk(student, name, theta, gradients, **settings)
    check(np.any(path != theta), f"{name} left theta as it was: it should change the array in place.")
    afresh = their_walk(student, name, path[0], gradients[1:2], **settings)[0]
    check(not np.allclose(path[1], afresh, rtol=1e-9, atol=1e-12),
          f"{name} remembers nothing: its second step is the one that it would take without the first.")
    for t in range(1, len(gradients) + 1):
        there = student.run_rule(student.get(name), theta, gradients[:t], **settings)
        check_close(there, path[t - 1], f"theta after step {t}, when all gradients come in one array that is overwritten,",
                    rtol=1e-9, atol=1e-12)


def check_settled_step(student, name, rule, rng, **settings):
    """A late step, when the beginning has been forgotten, has the right length."""
    theta, gradients = problem(rng, 80)
    before, after = (student.run_rule(student.get(name), theta, gradients[:t], **settings) for t in (79, 80))
    path = walk(rule, theta, gradients, **settings)
    check_close(np.asarray(after) - before, path[79] - path[78], "the 80th step", rtol=1e-6, atol=1e-9)


def check_gradient_left(student, name, rng, **settings):
    """A rule that changes theta, and leaves the gradient as it is."""
    gradient = rng.standard_normal((2, 3))
    theirs, state, start = gradient.copy(), {}, rng.standard_normal((2, 3))
    theta = start.copy()
    for _ in range(2):
        getattr(student, name)(in_place(theta), in_place(theirs), in_place(state, structure=True), **settings)
        check_unchanged(gradient, theirs, f"grad, an argument of {name},")
    check(np.any(theta != start), f"{name} left theta as it was: it should change the array in place.")


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
    """momentum_update follows v := beta v + (1 - beta) g and theta := theta - lr v, step by step, from v = 0."""
    check_steps(student, "momentum_update", momentum_update, *problem(rng, 6), "", lr=0.3)


@item("momentum")
def test_momentum_settles(student, rng):
    """After many steps, when the beginning is forgotten, the steps have the right length."""
    check_settled_step(student, "momentum_update", momentum_update, rng, lr=0.2, beta=0.6)


@item("momentum")
def test_momentum_beta(student, rng):
    """Any beta works: 0 makes it SGD, 0.5 has a short memory, 0.99 a long one."""
    for beta in (0.0, 0.5, 0.99):
        check_steps(student, "momentum_update", momentum_update, *problem(rng, 4, (3,)), f" with beta = {beta}",
                    lr=0.1, beta=beta)


@item("momentum")
def test_momentum_memory(student, rng):
    """The memory is numbers in state, not the caller's array, which is overwritten with the next gradient."""
    check_memory(student, "momentum_update", rng, lr=0.2)


@item("momentum", 0.5)
def test_momentum_leaves_the_gradient(student, rng):
    """The gradient is left as it is."""
    check_gradient_left(student, "momentum_update", rng, lr=0.1)


# --- adam

# Where epsilon does not matter, a misplaced one changes nothing beyond this; it has criteria of its own.
BUT_FOR_EPSILON = 1e-4


def steep_gradients(rng, steps, shape=(2, 3)):
    """Gradients that differ in size from entry to entry, all of them far greater than epsilon."""
    sizes = np.exp(rng.uniform(-2, 4, shape))
    return sizes * rng.choice([-1.0, 1.0], (steps, *shape)) * rng.uniform(0.2, 2.0, (steps, *shape))


@item("adam", 1.5)
def test_adam_first_step(student, rng):
    """The first step has both corrections, with t = 1: it is lr in every entry, against the gradient's sign."""
    check_steps(student, "adam_update", adam_update, rng.standard_normal((2, 3)), steep_gradients(rng, 1), "",
                BUT_FOR_EPSILON, lr=0.02)


@item("adam", 2)
def test_adam_steps(student, rng):
    """Step by step, with gradients of many sizes, theta is where Algorithm 1 of the paper puts it."""
    check_steps(student, "adam_update", adam_update, rng.standard_normal((2, 3)), steep_gradients(rng, 8), "",
                BUT_FOR_EPSILON, lr=0.1)


@item("adam", 1.5)
def test_adam_settles(student, rng):
    """After many steps, when the corrections have faded, the steps have the right length: both averages, and the root."""
    check_settled_step(student, "adam_update", adam_update, rng, lr=0.1, beta1=0.5, beta2=0.7)


@item("adam")
def test_adam_settings(student, rng):
    """Other values of beta1 and beta2 work, and each belongs to its own average."""
    for beta1, beta2 in [(0.0, 0.9), (0.5, 0.99), (0.95, 0.5)]:
        check_steps(student, "adam_update", adam_update, rng.standard_normal(3), steep_gradients(rng, 5, (3,)),
                    f" with beta1 = {beta1}, beta2 = {beta2}", BUT_FOR_EPSILON, lr=0.1, beta1=beta1, beta2=beta2)


@item("adam")
def test_adam_epsilon_and_root(student, rng):
    """epsilon, 1e-8 by default, is added after the root: with both betas 0 a step is lr g / (|g| + epsilon)."""
    for epsilon, settings in [(1e-3, {"epsilon": 1e-3}), (1e-8, {})]:
        theta, gradients = problem(rng, 2, (4,), scale=epsilon)
        check_steps(student, "adam_update", adam_update, theta, gradients,
                    f" with betas of 0 and gradients near epsilon = {epsilon:g}", lr=0.1, beta1=0.0, beta2=0.0, **settings)


@item("adam", 0.5)
def test_adam_epsilon_and_correction(student, rng):
    """epsilon is added after the correction, in which it has no part."""
    theta, gradients = problem(rng, 4, (4,), scale=1e-3)
    check_steps(student, "adam_update", adam_update, theta, gradients, " with gradients near epsilon = 0.001", lr=0.1, epsilon=1e-3)


@item("adam", 0.5)
def test_adam_zero_gradient(student, rng):
    """An entry whose gradient is always 0 stays where it is, and no NaN appears."""
    theta, gradients = problem(rng, 5, (4,))
    gradients[:, 1] = 0.0
    path = their_walk(student, "adam_update", theta, gradients, lr=0.1)
    check(np.isfinite(path).all(), "theta is not finite when some gradients are 0.")
    check((path[:, 1] == theta[1]).all() and (path[:, 0] != theta[0]).all(),
          "An entry whose gradient is always 0 should stay where it is, and the others should move.")


@item("adam")
def test_adam_memory(student, rng):
    """The memory is numbers in state: it does not change when the caller overwrites the gradient with the next one."""
    check_memory(student, "adam_update", rng, lr=0.1)


@item("adam", 0.5)
def test_adam_counts_for_itself(student, rng):
    """Every parameter counts its own steps: two that take turns go where each goes alone."""
    theta, gradients = problem(rng, 4, (3,))
    alone = their_walk(student, "adam_update", theta, gradients, lr=0.1)
    check(np.any(alone != theta), "adam_update left theta as it was: it should change the array in place.")
    pair = [(theta.copy(), {}), (theta.copy(), {})]
    for gradient, expected in zip(gradients, alone, strict=True):
        for theirs, state in pair:
            student.adam_update(in_place(theirs), gradient, in_place(state, structure=True), lr=0.1)
            check_close(theirs, expected, "theta, when two parameters take turns,", rtol=1e-9, atol=1e-12)


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


@item("adamw")
def test_adamw_without_decay(student, rng):
    """With weight_decay = 0 it is Adam, with Adam's settings."""
    check_steps(student, "adamw_update", adamw_update, *problem(rng, 4), "", lr=0.2, weight_decay=0.0)
    check_steps(student, "adamw_update", adamw_update, *problem(rng, 4), " with settings of its own",
                lr=0.2, beta1=0.5, beta2=0.9, epsilon=1e-2, weight_decay=0.0)


@item("adamw", 2)
def test_adamw_steps(student, rng):
    """The decay is decoupled: first theta shrinks, then Adam steps, with the loss's gradient alone in both averages."""
    check_steps(student, "adamw_update", adamw_update, 5 * rng.standard_normal((2, 3)), steep_gradients(rng, 6), "",
                lr=0.2, weight_decay=0.5)


@item("adamw", 0.5)
def test_adamw_default(student, rng):
    """weight_decay is 0.01 unless told otherwise."""
    check_steps(student, "adamw_update", adamw_update, 5 * rng.standard_normal(3), steep_gradients(rng, 3, (3,)), "", lr=0.5)


@item("adamw", 0.5)
def test_adamw_memory(student, rng):
    """Neither the gradient nor the memory is disturbed."""
    check_memory(student, "adamw_update", rng, lr=0.1, weight_decay=0.4)
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
        student.optimizer_step(rule, in_place(theirs), grads, in_place(states, structure=True), **settings)
        apply_to_all(rule, expected, grads, right, **settings)
        for name in SHAPES:
            check_close(theirs[name], expected[name], f"{name} after step {t}", rtol=1e-9, atol=1e-12)


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
        student.optimizer_step(counting, params, network(rng), in_place(states, structure=True), lr=0.1)
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

    student.optimizer_step(scaled, in_place(seen), grads, {}, lr=0.2, factor=2.0)
    for name in SHAPES:
        check_close(seen[name], expected[name], f"{name} after a step of SGD, lr 0.2 and a setting of its own,")


@item("optimizer_step")
def test_the_arrays_stay(student, rng):
    """The numbers change in the very arrays that params holds, for the network holds them as well."""
    if "sgd_update" in student.standing_in:  # then the rule is on this side of the wire, where the student's arrays are not
        return check_optimizer_steps(student, sgd_update, network(rng), [network(rng)], lr=0.5)
    params, grads = network(rng), network(rng)
    # an array of objects cannot cross the wire, so it stays with the student, and both of us hold it
    held = {name: student.get("np").array(value, "O") for name, value in params.items()}
    student.optimizer_step(student.get("sgd_update"), held, grads, {}, lr=0.5)
    for name, array in held.items():
        check(np.any(np.array(array.tolist(), dtype=float) != params[name]),
              f"After the step {name} in params is another array; whoever holds the old one, as a network does, sees no change.")


@item("optimizer_step")
def test_the_optimizer_works(student, rng):
    """An Optimizer made from a rule trains a whole network in place, step after step."""
    params, gradients = network(rng), [network(rng) for _ in range(4)]
    optimizer = student.Optimizer(student.get("momentum_update"), lr=0.1, beta=0.5)
    theirs, expected, states = copies(params), copies(params), {}
    for t, grads in enumerate(gradients, 1):
        optimizer.step(in_place(theirs), grads)
        apply_to_all(momentum_update, expected, grads, states, lr=0.1, beta=0.5)
        for name in SHAPES:
            check_close(theirs[name], expected[name], f"{name} after step {t} of an Optimizer", rtol=1e-9, atol=1e-12)


# --- torch_steps


def check_torch(student, name, rng):
    rule, settings = RULES[name]
    for lr in (rng.uniform(0.02, 0.2), 1.3):
        theta, gradients = problem(rng, 6)
        path = student.torch_steps(name, lr, theta, gradients)
        path = check_array(path, gradients.shape, f'torch_steps("{name}", ...) for 6 steps')
        expected = walk(rule, theta, gradients, lr=lr, **settings)
        try:
            check_close(path, expected, f"PyTorch's path for {name} with lr = {lr:.3g}", rtol=1e-9, atol=1e-12)
        except AssertionError as error:
            raise AssertionError(f"{error}{pointer(path[0] - theta, expected[0] - theta, 1)}") from None


@item("torch_steps")
def test_torch_sgd(student, rng):
    """torch_steps drives torch.optim.SGD, and returns a copy of the parameter after every step, in float64."""
    check_torch(student, "sgd", rng)


@item("torch_steps", 1.5)
def test_torch_momentum(student, rng):
    """For momentum, PyTorch gets the learning rate with which its formula takes the lecture's steps."""
    check_torch(student, "momentum", rng)


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
    student.torch_steps("sgd", 0.5, *map(in_place, theirs))
    check_unchanged(theta, theirs[0], "theta, an argument of torch_steps,")
    check_unchanged(gradients, theirs[1], "gradients, an argument of torch_steps,")
