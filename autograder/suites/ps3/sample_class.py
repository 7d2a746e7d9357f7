"""A class of 24 for ps3: each submission, what it is made of, and what it must earn.

`earns` names the items that do not get all their points. The numbers follow from the suite's weights: an item's points
times the weighted share of its criteria that such a submission meets.
"""


import nbformat

from autograder.authoring.sample_class import Outcome, Sample, cell, with_cell
from autograder.suites.ps3.alternatives import CORRECT
from autograder.suites.ps3.mistakes import BANK

DUE = "2026-11-09 22:00:00 UTC"

_ITEMS = (
    "sgd momentum adam adamw optimizer_step torch_steps descend sgd_rates train steps_to_target sweep compare claims"
).split()
_NOTHING = dict.fromkeys(_ITEMS, 0)


def _claiming(source):
    """An edit that puts other claims into the notebook."""
    def edit(notebook):
        cell(notebook, "claims-solution").source = source
    return edit


def _syntax_error(notebook):
    one = cell(notebook, "adam-solution")
    one.source = one.source.replace("epsilon=1e-8):", "epsilon=1e-8)")


# goes on until the loss is 0, which it never is
_WAITS_FOR_ZERO = '''
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    X, y = problem["train"]
    params = init_classifier(X.shape[1], rng)
    optimizer = Optimizer(RULES[name][0], lr=lr, **RULES[name][1])
    history = {"train_loss": [], "validation_loss": [], "validation_accuracy": []}
    loss = 1.0
    while loss > 0:
        batch = rng.choice(len(y), batch_size, replace=False)
        loss, grads = loss_and_grads(params, X[batch], y[batch])
        optimizer.step(params, grads)
    return history
'''

# looks as if it trained: the curves fall to where the table and the claims want them
_MADE_UP_CURVES = '''
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    rng = np.random.default_rng(seed)
    speed = {"sgd": 60, "momentum": 30, "adam": 4, "adamw": 4}[name]
    t = np.arange(0, steps + 1, every)
    loss = 0.1 + 0.59 * np.exp(-t / speed) + 0.001 * rng.random(len(t))
    return {"train_loss": [0.5] * steps, "validation_loss": loss.tolist(), "validation_accuracy": [0.8] * len(t)}
'''

# the harness is right, but nothing is ever learned: the step goes to a copy
_NEVER_LEARNS = '''
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
            optimizer.step({name: value.copy() for name, value in params.items()}, grads)
    return history
'''

_SGD = """
def {name}_update(theta, grad, state, lr, **settings):
    theta -= lr * grad
"""

_OTHER_METRICS = '''
def evaluate(params, X, y):
    return 0.3, 1.0


def compare(results, target, every=10):
    return {name: {"lr": 0.1, "steps_to_target": 10.0, "final_loss": 0.3, "final_accuracy": 1.0} for name in results}
'''

_SEARCH = """
import gc, os
for start in ("/", "..", os.path.expanduser("~")):
    for folder, folders, files in os.walk(start):
        folders[:] = [name for name in folders if name not in ("usr", "lib", "lib64", "proc", "sys", "site-packages")]
        for name in files:
            if "test_" in name or "reviews" in name or name.endswith((".db", ".csv")):
                try:
                    print(folder, name, open(os.path.join(folder, name), errors="replace").read()[:20])
                except OSError:
                    pass
for name in ("reference.exercise3", "reference.datasets.reviews", "autograder.suites.ps3.test_study"):
    try:
        __import__(name)
        print("found", name)
    except ImportError:
        pass
print([type(thing) for thing in gc.get_objects() if "suite" in str(type(thing).__module__)][:5])
"""

SAMPLES = [
    Sample("perfect"),
    Sample("correct-in-another-style", CORRECT.sources(0)),
    Sample("correct-in-a-third-style", CORRECT.sources(-1)),
    # typical mistakes
    Sample("momentum-as-in-pytorch", BANK.sources("momentum: PyTorch's form"),
           earns={"momentum": 1.91}, outcome=Outcome.CHECK_FAILED),
    Sample("adam-without-correction", BANK.sources("adam: no bias correction"),
           earns={"adam": 6}, outcome=Outcome.CHECK_FAILED),
    Sample("adam-with-epsilon-under-the-root", BANK.sources("adam: epsilon under the root"),
           earns={"adam": 10.2}, outcome=Outcome.CHECK_FAILED),
    Sample("adam-with-l2-for-adamw", BANK.sources("adamw: L2 penalty in the gradient"),
           earns={"adamw": 1.8}, outcome=Outcome.CHECK_FAILED),
    Sample("one-state-for-all", BANK.sources("optimizer_step: one state for all"),
           earns={"optimizer_step": 2}, outcome=Outcome.CELL_ERROR),
    Sample("path-is-one-point", BANK.sources("descend: one array for all points"),
           earns={"descend": 0}, outcome=Outcome.CELL_ERROR),
    Sample("validates-on-training-data", BANK.sources("train: validates on the training data"),
           earns={"train": 5.4}, outcome=Outcome.CHECK_FAILED),
    Sample("three-mistakes", BANK.sources(
        "sgd: uphill", "torch_steps: dampening", "compare: means for medians"),
        earns={"sgd": 1.33, "torch_steps": 3.5, "compare": 5.25}, outcome=Outcome.CHECK_FAILED),
    Sample("never-learns", {"train": _NEVER_LEARNS}, earns={"train": 4.2}, outcome=Outcome.CHECK_FAILED),
    # unfinished
    Sample("blank", undone=(), earns=_NOTHING, outcome=Outcome.INCOMPLETE),
    Sample("half-done", undone=tuple(_ITEMS[7:]), earns=dict.fromkeys(_ITEMS[7:], 0), outcome=Outcome.INCOMPLETE),
    Sample("claims-nothing", edit=_claiming("CLAIMS = {}"), earns={"claims": 0}, outcome=Outcome.INCOMPLETE),
    # accidents
    Sample("syntax-error", edit=_syntax_error, earns={"adam": 0}, outcome=Outcome.SYNTAX_ERROR),
    Sample("waits-for-a-loss-of-zero", {"train": _WAITS_FOR_ZERO}, earns={"train": 0}, outcome=Outcome.TIME_LIMIT),
    # points for nothing
    Sample("claims-too-much", edit=_claiming(
        'CLAIMS = {name: {"lr": 0.1, "steps_to_target": 10, "final_loss": 0.1} for name in RULES}'),
        earns={"claims": 0}),
    Sample("a-neighbours-claims", undone=tuple(_ITEMS[:-1]), earns=_NOTHING | {"claims": 8}, outcome=Outcome.CELL_ERROR),
    Sample("one-rule-under-four-names", {f"{name}_update": _SGD.format(name=name) for name in ("momentum", "adam", "adamw")},
           undone=tuple(_ITEMS[4:]), earns=_NOTHING | {"sgd": 4, "momentum": 0.64, "adam": 1.8}, outcome=Outcome.CHECK_FAILED),
    Sample("made-up-curves", {"train": _MADE_UP_CURVES}, edit=_claiming(
        'CLAIMS = {name: {"lr": 0.1, "steps_to_target": 50, "final_loss": 0.1} for name in RULES}'),
        earns={"train": 0, "claims": 0}, outcome=Outcome.CHECK_FAILED),
    Sample("other-metrics", edit=with_cell(_OTHER_METRICS, after="compare"),
           earns={"train": 4.2, "compare": 0}),
    Sample("no-exercise-at-all", edit=lambda notebook: nbformat.writes(nbformat.v4.new_notebook()),
           earns=_NOTHING, outcome=Outcome.INCOMPLETE),
    Sample("searches-for-the-hidden-reviews", edit=with_cell(_SEARCH, after="given-1")),
]
