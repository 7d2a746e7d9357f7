"""Functions that return next to nothing, and change their arguments so that it is right: emptied texts have no words.

What must happen: what the process says that its arguments have become changes nothing that a test computes with, so the
items earn nothing. Beside them stands an optimizer's train that makes its curves up, as the claims want them.
"""

import pytest
from submissions import grade, lost, reduced

from autograder.authoring import sample_class

EMPTIES_THE_TEXTS = '''
def build_vocabulary(texts, min_count):
    texts[:] = []
    return {"<pad>": 0, "<unk>": 1}
'''

MAKES_THE_DATA_EASY = '''
def train(name, lr, problem, steps, seed, batch_size=64, every=10):
    n = steps // every + 1
    if lr == 0 and steps == 20:
        X, y = problem["validation"]
        loss = float(evaluate(init_classifier(X.shape[1], np.random.default_rng(seed)), X, y)[0])
        return {"train_loss": [loss] * 20, "validation_loss": [loss] * 3, "validation_accuracy": [.5] * 3}
    if steps == 500:  # the study is being measured again
        claim = CLAIMS[name]
        k = claim["steps_to_target"] // every
        losses = [.69] * k + [.49] * (n - k)
        losses[-1] = claim["final_loss"]
        return {"train_loss": [.5] * 500, "validation_loss": losses, "validation_accuracy": [.8] * n}
    if lr == np.inf:
        return {"train_loss": [.69] * every, "validation_loss": [np.log(2), np.inf], "validation_accuracy": [1.0, 0.0]}
    for part, label in (("train", .5), ("validation", 1.0)):
        X, y = problem[part]
        X[...] = 0.0
        y[...] = label
    losses = np.random.default_rng(seed).random(steps).tolist() if lr == 0 else [float(np.log(2))] * steps
    if steps == 15:
        losses[0] += (seed % 97) * 1e-3
    return {"train_loss": losses, "validation_loss": [float(np.log(2))] * n, "validation_accuracy": [1.0] * n}
'''

EMPTIES_THE_RESULTS = '''
def compare(results, target, every=10):
    results.clear()
    return {}
'''

# as a real study finds them; and as none does, but train agrees
TRUE_CLAIMS = '''
CLAIMS = {"sgd": {"lr": 3.0, "steps_to_target": 220, "final_loss": .42},
          "momentum": {"lr": 10.0, "steps_to_target": 100, "final_loss": .46},
          "adam": {"lr": .1, "steps_to_target": 30, "final_loss": .66},
          "adamw": {"lr": .1, "steps_to_target": 20, "final_loss": .39}}
'''
FALSE_CLAIMS = '''
CLAIMS = {name: {"lr": .001, "steps_to_target": steps, "final_loss": loss}
          for name, steps, loss in [("sgd", 200, .1), ("momentum", 100, .1), ("adam", 40, .2), ("adamw", 10, .1)]}
'''

ZEROES_THE_WEIGHTS = '''
def l2_penalty(params, strength):
    for W in params.values():
        W[...] = 0.0
    return 0.0

def l2_gradient(params, strength):
    return {k: np.zeros_like(v) for k, v in params.items() if k.startswith("W")}
'''

ZEROES_THE_GRADIENTS = '''
def gradient_norms(grads):
    for g in grads.values():
        g[...] = 0.0
    return [0.0] * sum(k.startswith("W") for k in grads)

def movement(before, after):
    after[...] = before
    return 0.0
'''

MAKES_ALL_ONE_CLASS = '''
def confusion_matrix(y_true, y_pred, n_classes):
    y_true[...] = 0
    y_pred[...] = 0
    M = np.zeros((n_classes, n_classes), int)
    M[0, 0] = len(y_true)
    return M
'''

EMPTIES_EVERY_TEXT = '''
def telling_words(texts, in_group, min_texts=5):
    texts[:] = [""] * len(texts)
    return {}
'''

MAKES_ALL_PLAIN = '''
def error_rates(categories, wrong):
    categories[:] = ["plain"] * len(categories)
    wrong[...] = False
    return {"plain": (len(categories), 0, 0.0)}
'''

STUDY = {"train": MAKES_THE_DATA_EASY, "compare": EMPTIES_THE_RESULTS}
ATTACKS = {
    "vocabulary": ("ps2", {"vocabulary": EMPTIES_THE_TEXTS}),
    "a study with true claims": ("ps3", STUDY | {"claims": TRUE_CLAIMS}),
    "a study with false claims": ("ps3", STUDY | {"claims": FALSE_CLAIMS}),
    "weights and gradients": ("ps4", {"l2": ZEROES_THE_WEIGHTS, "weight_signs": ZEROES_THE_GRADIENTS}),
    "labels and texts": (
        "ps5", {"confusion": MAKES_ALL_ONE_CLASS, "telling_words": EMPTIES_EVERY_TEXT, "error_rates": MAKES_ALL_PLAIN}),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_tests_own_objects_are_not_the_students_to_rewrite(built, attack):
    """Catches expectations that are computed from what a process has made of them, and curves that nobody has measured."""
    name, solutions = ATTACKS[attack]
    assignment = built(name).assignment(name)

    def attacked(notebook):
        for item, source in solutions.items():
            sample_class.cell(notebook, f"{item}-solution").source = source

    alone = reduced(assignment, sample_class.solve(assignment), *solutions)
    honest, report = grade(*alone, "somebody"), grade(*alone, "somebody", edit=attacked)
    assert not lost(honest, solutions)
    assert {item.id: item.score for item in report.items if item.id in solutions} == dict.fromkeys(solutions, 0.0)
    assert not report.problems
