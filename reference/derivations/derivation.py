"""A derivation as data: steps, each a title, a paragraph with its formula, and a function that checks it.

A check draws numbers from a Generator, computes both sides of the step's equations in separate ways and
yields them. They have to agree: exactly but for rounding where the formula is an identity, to what central
differences can see where it claims a derivative. No test can see that a formula was changed and its check was
not; so the two stand next to each other.

What this leaves out: proof. A check at random points finds mistakes, it does not show that there are none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Step:
    """One step of a derivation.

    Attributes
    ----------
    title : str
    text : str
        Markdown with LaTeX formulas.
    check : callable
        Takes a Generator, yields pairs (left, right): the two sides of an equation, arrays of one shape or
        numbers.
    tolerance : float
        How far the two may be apart, relative to their largest entry.
    """

    title: str
    text: str
    check: Callable
    tolerance: float

    def disagreement(self, rng):
        """The largest difference between two sides, relative to their largest entry (at least 1e-3).

        Raises
        ------
        ValueError
            If two sides have different shapes (broadcasting would compare what was not meant) or if there are
            none.
        """
        errors = []
        for pair in self.check(rng):
            left, right = (np.asarray(side, dtype=float) for side in pair)
            if left.shape != right.shape:
                raise ValueError(f"step {self.title!r}: the sides have shapes {left.shape} and {right.shape}")
            scale = max(np.abs(left).max(), np.abs(right).max(), 1e-3)
            errors.append(float(np.abs(left - right).max() / scale))
        if not errors:
            raise ValueError(f"step {self.title!r} checks nothing")
        return float(np.max(errors))  # unlike max, np.max never loses a NaN


@dataclass
class Derivation:
    """A title, an introduction and steps, which the decorator `step` adds.

    Attributes
    ----------
    title : str
    introduction : str
        Markdown.
    steps : list of Step
    """

    title: str
    introduction: str
    steps: list = field(default_factory=list)

    def step(self, title, text, tolerance=1e-12):
        """Decorator: the function below is the check of a step with this title and text.

        The default tolerance is for identities; `DIFFERENCES` is for derivatives.
        """

        def add(check):
            self.steps.append(Step(title, text.strip(), check, tolerance))
            return check

        return add

    def render(self):
        """The derivation as Markdown, for a notebook's text cell."""
        parts = [f"# {self.title}", self.introduction.strip()]
        parts += [f"## {number}. {step.title}\n\n{step.text}" for number, step in enumerate(self.steps, 1)]
        return "\n\n".join(parts) + "\n"


DIFFERENCES = 1e-7  # what central differences with h = 1e-5 leave, with room
