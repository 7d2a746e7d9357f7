"""A class of 30 for ps1: each submission, what it is made of, and what it must earn.

`earns` names the items that do not get all their points. The numbers follow from the suite's weights: an item's points
times the weighted share of its criteria that such a submission meets.
"""

import copy

import nbformat

from autograder.authoring.sample_class import Outcome, Sample, cell, replace_function, with_cell
from autograder.suites.ps1.alternatives import CORRECT, EXTRA_CELLS, REPLACEMENTS
from autograder.suites.ps1.mistakes import BANK

DUE = "2026-10-05 22:00:00 UTC"

_ITEMS = (
    "sigmoid relu gelu activation_gradients dense_forward init_params forward bce softmax softmax_cross_entropy "
    "loss_gradients dense_backward backward numerical_gradient sgd_step minibatches train torch_twin vanishing_gradients "
    "autodiff"
).split()
_NOTHING = dict.fromkeys(_ITEMS, 0)


def _syntax_error(notebook):
    one = cell(notebook, "activation_gradients-solution")
    one.source = one.source.replace("def relu_grad(z):", "def relu_grad(z)")


def _locked_cells_tampered_with(notebook):
    """A check deleted, a check edited so that it says nothing, a solution cell copied, points raised."""
    notebook.cells.remove(cell(notebook, "softmax"))
    cell(notebook, "bce").source = "print('all good')"
    original = cell(notebook, "relu-solution")
    twin = nbformat.v4.new_code_cell(original.source, metadata=copy.deepcopy(original.metadata))
    notebook.cells.insert(notebook.cells.index(original), twin)
    cell(notebook, "gelu").metadata.nbgrader["points"] = 1000


def _patched_numpy(notebook):
    replace_function(notebook, "sigmoid", "def sigmoid(z):\n    return np.full(np.shape(z), 0.5)")
    with_cell(EXTRA_CELLS["patches NumPy's comparisons"])(notebook)


def _broken_json(notebook):
    return nbformat.writes(notebook)[:20000]


def _missing(notebook):
    return False


_SEARCH = """
import os, sys
for path in ("/root", "/home", "/srv", "..", "../..", os.path.expanduser("~"), *sys.path):
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if name not in ("site-packages", "lib", "lib64", "share")]
        for name in files:
            if name.endswith(".db") or "test_" in name or "ps1" in name:
                print(open(os.path.join(folder, name), errors="replace").read()[:20])
for name in ("reference.losses", "autograder.suites.ps1.test_losses", "autograder.grading.suite"):
    try:
        __import__(name)
        print("found", name)
    except ImportError:
        pass
"""

SAMPLES = [
    Sample("perfect"),
    Sample("perfect-but-two-days-late", timestamp="2026-10-07 09:00:00 UTC"),
    Sample("correct-with-loops", CORRECT.sources(0)),
    Sample("correct-in-another-style", CORRECT.sources(-1)),
    Sample("leaves-out-what-is-optional", undone=("autodiff",), earns={"autodiff": 0}),
    # typical mistakes
    Sample("sigmoid-overflows", BANK.sources("sigmoid: overflows for large z"),
           earns={"sigmoid": 2.18}, outcome=Outcome.CHECK_FAILED),
    Sample("tanh-form-for-exact-gelu", BANK.sources("gelu: tanh form for the exact one"),
           earns={"gelu": 1.6}, outcome=Outcome.CHECK_FAILED),
    Sample("relu-slope-at-the-kink", BANK.sources("activation_gradients: slope 1 at the kink"),
           earns={"activation_gradients": 4.67}, outcome=Outcome.CHECK_FAILED),
    Sample("bce-summed-not-averaged", BANK.sources("bce: sums instead of averaging"),
           earns={"bce": 4}, outcome=Outcome.CHECK_FAILED),
    Sample("softmax-overflows", BANK.sources("softmax: overflows for large logits"),
           earns={"softmax": 2}, outcome=Outcome.CHECK_FAILED),
    Sample("he-with-one-over-n", BANK.sources("init_params: variance 1/n for He"),
           earns={"init_params": 4}, outcome=Outcome.CHECK_FAILED),
    Sample("relu-on-the-last-layer", BANK.sources("forward: activation on the last layer"),
           earns={"forward": 1.75}, outcome=Outcome.CHECK_FAILED),
    Sample("bias-gradient-not-summed", BANK.sources("dense_backward: bias gradient not summed"),
           earns={"dense_backward": 3.43}, outcome=Outcome.CELL_ERROR),
    Sample("forgets-the-derivative", BANK.sources("backward: forgets the activation's derivative"),
           earns={"backward": 0}, outcome=Outcome.CHECK_FAILED),
    Sample("forward-difference", BANK.sources("numerical_gradient: forward difference"),
           earns={"numerical_gradient": 2.86}, outcome=Outcome.CHECK_FAILED),
    Sample("never-shuffles", BANK.sources("minibatches: no shuffling"),
           earns={"minibatches": 1.5}, outcome=Outcome.CHECK_FAILED),
    Sample("four-mistakes", BANK.sources(
        "relu: ignores the slope it is given", "loss_gradients: BCE gradient not divided by m", "sgd_step: uphill",
        "torch_twin: sums the twin's losses"),
        earns={"relu": 1.8, "loss_gradients": 2, "sgd_step": 0, "torch_twin": 3}, outcome=Outcome.CHECK_FAILED),
    Sample("wrong-shapes", BANK.sources("dense_forward: examples as columns"),
           earns={"dense_forward": 0}, outcome=Outcome.CELL_ERROR),
    Sample("nan-for-a-loss", {"softmax_cross_entropy": "def softmax_cross_entropy(Z, y):\n    return float('nan')"},
           earns={"softmax_cross_entropy": 0}, outcome=Outcome.CHECK_FAILED),
    # unfinished
    Sample("blank", undone=(), earns=_NOTHING, outcome=Outcome.INCOMPLETE),
    Sample("half-done", undone=tuple(_ITEMS[5:]), earns=dict.fromkeys(_ITEMS[5:], 0), outcome=Outcome.INCOMPLETE),
    # accidents
    Sample("syntax-error", edit=_syntax_error, earns={"activation_gradients": 0}, outcome=Outcome.SYNTAX_ERROR),
    Sample("endless-loop", dict([REPLACEMENTS["endless loop"]]), earns={"train": 1}, outcome=Outcome.TIME_LIMIT),
    Sample("memory-hog", edit=with_cell(EXTRA_CELLS["one huge array"]), outcome=Outcome.MEMORY_LIMIT),
    Sample("fifty-megabytes-of-output", edit=with_cell(EXTRA_CELLS["50 MB of output"]), outcome=Outcome.OUTPUT_LIMIT),
    Sample("sys-exit", edit=with_cell(EXTRA_CELLS["sys.exit"]), outcome=Outcome.EXITED),
    Sample("broken-json", edit=_broken_json, earns=_NOTHING, outcome=Outcome.UNREADABLE_NOTEBOOK),
    Sample("missing-notebook", edit=_missing, earns=_NOTHING, outcome=Outcome.MISSING_NOTEBOOK),
    # points for nothing
    Sample("os-exit-in-relu", dict([REPLACEMENTS["os._exit"]]), earns={"relu": 1.2}, outcome=Outcome.EXITED),
    Sample("locked-cells-tampered-with", edit=_locked_cells_tampered_with),
    Sample("patches-numpy-and-searches", edit=lambda notebook: (
        _patched_numpy(notebook), with_cell(_SEARCH)(notebook)) and None,
        earns={"sigmoid": 0}, outcome=Outcome.CHECK_FAILED),
]
