"""Exercise 3's typical mistakes, by function: most are changes to the reference, see variants.py."""

import numpy as np

from autograder.testing import Mistakes
from reference.exercise3 import compare, optimizer_step, steps_to_target, sweep, train
from reference.quadratic import descend, sgd_rates
from reference.torch_optimizers import torch_steps
from reference.update_rules import adam_update, adamw_update, momentum_update, sgd_update

BANK = Mistakes()
mistake = BANK.mistake


# --- sgd

mistake("sgd", "uphill", "The gradient points uphill, so the step has to go against it.",
        sgd_update, {"theta -=": "theta +="})
mistake("sgd", "not in place",
        "Assigning to the name theta makes a new array that nobody else sees; the numbers in the old one have to change.",
        sgd_update, {"theta -=": "theta = theta -"})
mistake("sgd", "scales the caller's gradient", "Scaling the gradient in place changes an array that belongs to the caller.",
        sgd_update, {"theta -= lr * grad": "grad *= lr\n    theta -= grad"})


# --- momentum

mistake("momentum", "PyTorch's form",
        "Without the factor of one minus beta the memory is a sum of gradients, ten times as long as their average.",
        momentum_update, {"(1 - beta) * grad": "grad"})
mistake("momentum", "starts from the first gradient",
        "The average starts from zero, so in the first step it is a tenth of the gradient and not the whole.",
        momentum_update, {"np.zeros_like(theta)": "grad.copy()"})
mistake("momentum", "remembers nothing",
        "The new average has to be put into state, or the next step starts from zero again.",
        momentum_update, {'    if not state:\n        state["v"] = np.zeros_like(theta)\n': "",
                          'v = state["v"]\n    v *= beta': 'v = beta * state.get("v", np.zeros_like(theta))'})
mistake("momentum", "weights swapped", "The past counts beta and the new gradient one minus beta, not the other way round.",
        momentum_update, {"v *= beta": "v *= 1 - beta", "(1 - beta) * grad": "beta * grad"})
mistake("momentum", "steps before it averages", "The step goes along the average that already holds this step's gradient.",
        momentum_update, {"    theta -= lr * v\n": "", "v *= beta": "theta -= lr * v\n    v *= beta"})


@mistake("momentum", "keeps the caller's array",
         "The memory is the caller's gradient itself, which the next gradient overwrites; it should be a copy of the numbers.")
def momentum_update(theta, grad, state, lr, beta=0.9):
    last = state.get("last", np.zeros_like(theta))  # remembers the last gradient, and adds it in at the next step
    v = state.get("v", np.zeros_like(theta))
    v = beta * (v + (1 - beta) * last)
    state["v"], state["last"] = v, grad
    theta -= lr * (v + (1 - beta) * grad)


# --- adam

mistake("adam", "no bias correction",
        "Both averages start at zero, and each has to be divided by one minus its beta to the power of t.",
        adam_update, {", t=0": "", '    state["t"] += 1\n': "", "m, v, t =": "m, v =", ', state["t"]': "",
                      "v / (1 - beta2**t)": "v.copy()", "lr / (1 - beta1**t)": "lr"})


@mistake("adam", "t starts at 0", "The first step has t equal to one; with zero the correction divides by zero.")
def adam_update(theta, grad, state, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v, t = state.get("m", 0.0), state.get("v", 0.0), state.get("t", 0)
    state["m"] = beta1 * m + (1 - beta1) * grad
    state["v"] = beta2 * v + (1 - beta2) * grad**2
    with np.errstate(all="ignore"):
        m_hat, v_hat = state["m"] / np.float64(1 - beta1**t), state["v"] / np.float64(1 - beta2**t)
        theta -= lr * m_hat / (np.sqrt(v_hat) + epsilon)
    state["t"] = t + 1


mistake("adam", "t is always 1",
        "The number of the step has to be kept in state and counted up, or every step is corrected like the first.",
        adam_update, {", t=0": "", '    state["t"] += 1\n': "", 'state["t"]': "1"})
mistake("adam", "corrects m alone",
        "The average of the squares is biased, too, and by more, since its beta is closer to one.",
        adam_update, {"v / (1 - beta2**t)": "v.copy()"})
mistake("adam", "epsilon under the root",
        "Epsilon is added after the root has been taken; under the root it counts as the root of epsilon.",
        adam_update, {"np.sqrt(step, out=step)\n    step += epsilon": "step += epsilon\n    np.sqrt(step, out=step)"})
mistake("adam", "epsilon before the correction",
        "Epsilon is added to the root of the corrected average, not before the correction, which would correct epsilon as well.",
        adam_update, {"v / (1 - beta2**t)": "v.copy()",
                      "lr / (1 - beta1**t)": "lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)"})
mistake("adam", "another default for epsilon", "Unless told otherwise epsilon is 1e-8; yours has another default.",
        adam_update, {"epsilon=1e-8": "epsilon=1e-7"})
mistake("adam", "no root",
        "The step is measured in the gradient's usual size, which is the root of the average of the squares.",
        adam_update, {"    np.sqrt(step, out=step)\n": ""})
mistake("adam", "m and v are one array",
        "The two averages are one array under two names, so what is added to one is added to the other.",
        adam_update, {"state.update(m=np.zeros_like(theta), v=np.zeros_like(theta), t=0)":
                      'state["m"] = state["v"] = np.zeros_like(theta)\n        state["t"] = 0',
                      "v / (1 - beta2**t)": "np.abs(v) / (1 - beta2**t)"})
mistake("adam", "betas swapped",
        "The average of the gradients forgets with the first beta, that of the squares with the second.",
        adam_update, {"if not state:": "beta1, beta2 = beta2, beta1\n    if not state:"})
mistake("adam", "squares the average",
        "The second average is of the squared gradients, not of the square of the first average.",
        adam_update, {"grad**2": "m**2"})
mistake("adam", "remembers the corrected averages",
        "What is carried to the next step are the plain averages; the corrected ones are for this step alone.",
        adam_update, {"step = v / (1 - beta2**t)": "m /= 1 - beta1**t\n    v /= 1 - beta2**t\n    step = v.copy()",
                      "lr / (1 - beta1**t)": "lr"})
mistake("adam", "corrects twice with the same beta", "Each average is corrected with its own beta.",
        adam_update, {"1 - beta2**t": "1 - beta1**t"})


# --- adamw

mistake("adamw", "L2 penalty in the gradient",
        "The decay goes through Adam's averages and is divided like the gradient; decoupled, it shrinks theta directly.",
        adamw_update, {"    theta *= 1 - lr * weight_decay\n": "",
                       "adam_update(theta, grad": "adam_update(theta, grad + weight_decay * theta"})
mistake("adamw", "decays after the step", "The decay comes first; afterwards it would shrink this step as well.",
        adamw_update, {"    theta *= 1 - lr * weight_decay\n": "",
                       "beta2, epsilon)": "beta2, epsilon)\n    theta *= 1 - lr * weight_decay"})
mistake("adamw", "decay without the learning rate",
        "What decays in a step is the learning rate times weight_decay, not all of weight_decay.",
        adamw_update, {"1 - lr * weight_decay": "1 - weight_decay"})
mistake("adamw", "forgets Adam's settings",
        "The settings of Adam have to be passed on, or it runs with its defaults whatever is asked for.",
        adamw_update, {"state, lr, beta1, beta2, epsilon)": "state, lr)"})
mistake("adamw", "decays a copy",
        "The decayed weights are a new array, so neither the decay nor the step reaches the caller's.",
        adamw_update, {"theta *= 1 - lr * weight_decay": "theta = theta * (1 - lr * weight_decay)"})


# --- optimizer_step

mistake("optimizer_step", "one state for all", "All parameters share one state; each needs its own, under its name.",
        optimizer_step, {"states.setdefault(name, {})": "states"})
mistake("optimizer_step", "a new state every step",
        "The state of a new parameter has to be put into states, or it is gone at the next step.",
        optimizer_step, {"states.setdefault": "states.get"})
mistake("optimizer_step", "passes the learning rate only",
        "All the settings are meant for the rule, not the learning rate alone.",
        optimizer_step, {"setdefault(name, {}), **settings": 'setdefault(name, {}), settings["lr"]'})
mistake("optimizer_step", "pairs by position",
        "Parameters and gradients belong together by their names, not by their positions.",
        optimizer_step, {"for name in params": "for name, grad in zip(params, grads.values())",
                         "grads[name]": "np.resize(grad, params[name].shape)"})
mistake("optimizer_step", "replaces the arrays",
        "The rule changes a copy that then takes the array's place in params; the network still holds the old array.",
        optimizer_step, {"    for name in params:\n        rule(params[name]":
                         "    for name in params:\n        params[name] = params[name].copy()\n        rule(params[name]"})
mistake("optimizer_step", "steps on copies", "The rule has changed a copy; params must hold the changed numbers afterwards.",
        optimizer_step, {"params[name]": "np.array(params[name])"})


# --- torch_steps

mistake("torch_steps", "same learning rate for momentum",
        "PyTorch's momentum adds up gradients without the factor of one minus beta, so its learning rate has to make up for it.",
        torch_steps, {'(1 - settings["beta"]) * lr': "lr"})
mistake("torch_steps", "dampening",
        "PyTorch's dampening is not applied to the first gradient, so the paths part at the first step.",
        torch_steps, {'(1 - settings["beta"]) * lr': "lr",
                      'momentum=settings["beta"]': 'momentum=settings["beta"], dampening=0.1'})
mistake("torch_steps", "a learning rate of its own", "Your rate stands in the function; it should be the one that is passed in.",
        torch_steps, {"[tensor], lr=lr, betas": "[tensor], lr=0.1, betas"})
mistake("torch_steps", "PyTorch's default decay", "PyTorch's default weight decay is another one than that in RULES.",
        torch_steps, {', weight_decay=settings.get("weight_decay", 0.0)': ""})
mistake("torch_steps", "one array for all steps",
        "The rows all share the tensor's memory, so they all show its last values; copy the numbers after every step.",
        torch_steps, {"tensor.numpy().copy()": "tensor.numpy()"})


# --- descend

mistake("descend", "one array for all points",
        "The rule changes theta in place, so a list of theta holds the last point many times; keep copies.",
        descend, {"[theta.copy()]": "[theta]", "path.append(theta.copy())": "path.append(theta)"})
mistake("descend", "start is missing", "The path begins with the start, so it has one point more than there are steps.",
        descend, {"[theta.copy()]": "[]"})
mistake("descend", "one step too few", "The last step is missing: after so many steps there are that many points, and the start.",
        descend, {"range(steps)": "range(steps - 1)"})
mistake("descend", "moves the start", "The descent changes the start itself, which belongs to the caller; go down on a copy.",
        descend, {"np.array(start, dtype=float)": "start"})
mistake("descend", "forgets between steps", "A rule with memory needs one and the same state in all steps of a descent.",
        descend, {"A @ theta, state": "A @ theta, {}"})
mistake("descend", "entry by entry", "The gradient is a matrix product, in which the entries off the diagonal count as well.",
        descend, {"A @ theta": "np.diag(A) * theta"})
mistake("descend", "twice the gradient", "The half in front of the quadratic cancels the two of its derivative.",
        descend, {"A @ theta": "2 * A @ theta"})


# --- sgd_rates

mistake("sgd_rates", "one over the curvature as the limit",
        "At one over the steepest curvature a step lands in the minimum; "
        "it diverges only where it jumps farther than it came from.",
        sgd_rates, {"2 / greatest": "1 / greatest"})
mistake("sgd_rates", "diagonal for eigenvalues",
        "The curvatures are the eigenvalues, which stand on the diagonal only if the axes are those of the landscape.",
        sgd_rates, {"np.linalg.eigvalsh(A)": "np.sort(np.diag(A))"})
mistake("sgd_rates", "best for the steep direction",
        "The best rate balances the steepest and the flattest direction; this one is the best for the steepest alone.",
        sgd_rates, {"2 / (least + greatest), (greatest - least) / (greatest + least)": "1 / greatest, 1 - least / greatest"})
mistake("sgd_rates", "factor of the loss",
        "The factor asked for is that of the distance; the loss, a square, shrinks by the square of it.",
        sgd_rates, {"(greatest - least) / (greatest + least)": "((greatest - least) / (greatest + least)) ** 2"})
mistake("sgd_rates", "factor with its sign", "The factor is what remains of the distance, and so it is not negative.",
        sgd_rates, {"greatest - least": "least - greatest"})


# --- train

mistake("train", "validates on the training data",
        "The validation losses are measured on the training examples, where overfitting cannot show.",
        train, {'*problem["validation"]': "X, y"})
mistake("train", "one batch for all steps",
        "The batch is drawn once and then used for every step; each step needs a new one.",
        train, {"            batch = rng.choice(len(y), batch_size, replace=False)\n": "",
                "for step in": "batch = rng.choice(len(y), batch_size, replace=False)\n    for step in"})
mistake("train", "a new optimizer every step",
        "The optimizer is made anew at every step and so remembers nothing of the steps before.",
        train, {"    optimizer = Optimizer(rule, lr=lr, **settings)\n": "",
                "optimizer.step": "Optimizer(rule, lr=lr, **settings).step"})
mistake("train", "batches without the seed",
        "The batches come from a generator without the seed, so no run can be repeated.",
        train, {"rng.choice": "np.random.choice"})
mistake("train", "the start is not drawn first",
        "The batches are drawn before the start, so the start is not the one that the seed stands for.",
        train, {"rng.choice(len(y), batch_size, replace=False)": "batches[step]",
                "params = init_classifier":
                "batches = [rng.choice(len(y), batch_size, replace=False) for _ in range(steps)]\n    params = init_classifier"})
mistake("train", "measures one step late",
        "The measurements are taken after one step too many, and the start is never measured.",
        train, {"step % every == 0": "step % every == 1"})
mistake("train", "another default for the batches", "Unless told otherwise a batch holds 64 examples; yours has another default.",
        train, {"batch_size=64": "batch_size=32"})
mistake("train", "goes on after NaN",
        "A validation loss that is not finite should end the run, as nothing sensible can follow.",
        train, {"            if not np.isfinite(loss):\n                break\n": ""})
mistake("train", "every optimizer has its own batches",
        "The generator depends on the optimizer's name, so the optimizers do not see the same batches.",
        train, {"rule, settings =": "rng = np.random.default_rng([seed, len(name)])\n    rule, settings ="})
mistake("train", "forgets the settings",
        "The settings that stand in RULES beside the rule have to reach the optimizer, the weight decay among them.",
        train, {"lr=lr, **settings": "lr=lr"})


# --- steps_to_target

mistake("steps_to_target", "counts entries",
        "The position in the list is the number of measurements; several steps lie between two of them.",
        steps_to_target, {"k * every": "k"})
mistake("steps_to_target", "counts from one", "The first entry was measured before any step, so it stands for zero steps.",
        steps_to_target, {"enumerate(losses)": "enumerate(losses, start=1)"})
mistake("steps_to_target", "below, not at", "A loss that is exactly at the target has arrived.",
        steps_to_target, {"loss <= target": "loss < target"})
mistake("steps_to_target", "all steps for never",
        "A run that never arrives needs infinitely many steps; the length of the run would make it look like a slow success.",
        steps_to_target, {'float("inf")': "float(len(losses) * every)"})


@mistake("steps_to_target", "looks at the lowest point",
         "What counts is the first time at the target, not the lowest point of the curve.")
def steps_to_target(losses, target, every=10):
    losses = np.array([*losses, np.inf])
    losses[~np.isfinite(losses)] = np.inf
    k = int(np.argmin(losses))
    return float(k * every) if losses[k] <= target else float("inf")


@mistake("steps_to_target", "the last time",
         "The curve may rise above the target again later; what counts is the first time that it is there.")
def steps_to_target(losses, target, every=10):
    there = [k for k, loss in enumerate(losses) if loss <= target]
    return float(there[-1] * every) if there else float("inf")


# --- sweep

mistake("sweep", "other seeds for every rate",
        "Every rate gets seeds of its own, so differences between rates are mixed with differences between starts.",
        sweep, {"steps, seed)": "steps, seed + k)", "for lr in rates[name]": "for k, lr in enumerate(rates[name])"})
mistake("sweep", "the first seed only", "Only the first seed was run; every seed gives a history of its own.",
        sweep, {"in seeds]": "in seeds[:1]]"})
mistake("sweep", "the same seed again and again", "All repetitions are the same run, because all of them get the same seed.",
        sweep, {"steps, seed)": "steps, 0)"})
mistake("sweep", "always SGD", "The name of the optimizer has to be passed on to train for each entry.",
        sweep, {"train(name": "train(next(iter(rates))"})


# --- compare

mistake("compare", "means for medians",
        "The figures are medians over the seeds; a mean is ruled by a single lucky or unlucky run.",
        compare, {"np.median(steps)": "np.mean(steps)", "np.median([end": "np.mean([end", "np.median([run": "np.mean([run"})
mistake("compare", "best by the final loss",
        "The best rate is the one with the fewest steps to the target; the final loss only decides between equals.",
        compare, {'(row["steps_to_target"], row["final_loss"])': 'row["final_loss"]'})
mistake("compare", "the lowest loss for the last",
        "The final loss is the last of the curve, not its lowest point, which early stopping would have to find.",
        compare, {'run["validation_loss"][-1]': 'np.nanmin(run["validation_loss"])'})
mistake("compare", "the best accuracy for the last",
        "The final accuracy is the last of the run, not its best, which nobody knows to be the best while it runs.",
        compare, {'run["validation_accuracy"][-1]': 'max(run["validation_accuracy"])'})
mistake("compare", "drops runs that diverged",
        "Runs that diverged are left out of the median, which makes a rate look better the more often it fails.",
        compare, {"steps = [":
                  'runs = [run for run in runs if np.isfinite(run["validation_loss"][-1])] or runs\n            steps = ['})
mistake("compare", "the first of the equals",
        "Among rates with equally few steps the one with the lowest final loss is the best, not the first one.",
        compare, {'(row["steps_to_target"], row["final_loss"])': 'row["steps_to_target"]'})
mistake("compare", "the first seed for all", "All figures are medians over the seeds, and not those of the first seed.",
        compare, {"steps = [": "runs = runs[:1]\n            steps = ["})
