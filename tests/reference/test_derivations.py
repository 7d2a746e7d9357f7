"""The derivations: every step's check, at several random points, and the Markdown that notebooks show."""

import re

import numpy as np
import pytest

from reference.derivations import NAMES, load
from reference.derivations.__main__ import main
from reference.derivations.derivation import Derivation

STEPS = [(name, number) for name in NAMES for number in range(len(load(name).steps))]


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_every_step_holds(name, number):
    """Catches a wrong sign, a lost 1/m, a transposed product: any formula that its check contradicts."""
    step = load(name).steps[number]
    for seed in range(4):
        assert step.disagreement(np.random.default_rng(seed)) <= step.tolerance, (step.title, seed)


def test_wrong_formulas_are_noticed():
    """Catches a comparison that lets through a small error beside a large number, a NaN, or broadcasting."""
    derivation = Derivation("Wrong", "")
    wrong = {
        "small beside large": [(1.0, 1.0 + 1e-6), (1e9, 1e9)],
        "a gradient without its 1/m": [(np.full(3, 0.01), np.full(3, 0.06))],
        "not a number first": [(np.nan, 1.0), (1.0, 1.0)],
        "not a number last": [(1.0, 1.0), (np.array([1.0, np.nan]), np.ones(2))],
    }
    for title, pairs in wrong.items():
        derivation.step(title, "")(lambda rng, pairs=pairs: iter(pairs))
        assert not derivation.steps[-1].disagreement(None) <= derivation.steps[-1].tolerance, title
    for title, pairs in {"broadcast": [(np.ones((3, 1)), np.ones(3))], "empty": []}.items():
        derivation.step(title, "")(lambda rng, pairs=pairs: iter(pairs))
        with pytest.raises(ValueError, match=title):
            derivation.steps[-1].disagreement(None)


def test_checks_depend_on_the_draw():
    """Catches checks that look at one fixed point: almost all must see other numbers with another seed."""
    fixed = []
    for name, number in STEPS:
        step = load(name).steps[number]
        first, second = ([np.asarray(left, float) for left, _ in step.check(np.random.default_rng(seed))]
                         for seed in (1, 2))
        if all(a.shape == b.shape and np.array_equal(a, b) for a, b in zip(first, second, strict=True)):
            fixed.append(step.title)
    # a table of numbers; and inequalities, whose violation is 0 at every point
    assert fixed == ["How far off between the points", "The error falls with the square of the width",
                     "Units anywhere, fitted output weights",
                     "It says that weights exist, not that training finds them"]


@pytest.mark.parametrize("name", NAMES)
def test_markdown_is_whole(name):
    """Catches a step that is missing from the text, unbalanced dollar signs and escapes eaten by Python."""
    text = load(name).render()
    titles = re.findall(r"^## (\d+)\. (.+)$", text, flags=re.MULTILINE)
    assert titles == [(str(k), step.title) for k, step in enumerate(load(name).steps, 1)]
    assert text.count("$$") % 2 == 0 and text.replace("$$", "").count("$") % 2 == 0
    assert not re.search(r"[\a\b\f\v\t\r]", text), "an escape sequence: the string is not raw"
    for formula in re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", text, flags=re.DOTALL):
        formula = formula[0] or formula[1]
        assert formula.count("{") == formula.count("}"), formula
        assert len(re.findall(r"\\left\b", formula)) == len(re.findall(r"\\right\b", formula)), formula


def test_command_line(capsys):
    """Catches a listing that skips a derivation and a wrong name that ends in a traceback."""
    assert main(["nothing"]) == 2 and "choose from" in capsys.readouterr().err
    assert main(["embedding_gradient"]) == 0 and "np.add.at" in capsys.readouterr().out
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert all(load(name).title in printed for name in NAMES)
