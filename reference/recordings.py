"""The recorded runs of Exercise 4, and the key to them: `python -m reference.recordings` writes source/ps4/runs.json.

Students get recordings: curves, statistics, a few facts, no configuration. So there is nothing to decode: which problem
a run has stands nowhere in what they are given, and to find out by training look-alikes is the exercise. The runs
come in decks, one run of every kind in each, in an order of its own; `exercise4.draw_runs` draws a student's eight from
one deck, and applied to the decks of this file it draws the key. Strengths, sizes and seeds differ between the decks, so
no two recordings have the same numbers.
"""

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from reference.exercise4 import draw_runs, train_run
from reference.pathologies import CONFIGURATIONS, GOOD, Configuration, tokenized_corpus

PROBLEMS = tuple(CONFIGURATIONS)
RUNS = Path(__file__).parents[1] / "source/ps4/runs.json"
_DECKS = 16
_SERIES = 4  # of random numbers; another one makes other recordings

LOOK_ALIKES = 2  # so many other problems may show the values of a statistic that is evidence


@dataclass(frozen=True)
class Original:
    """What was trained for a recording."""

    problem: str
    configuration: Configuration
    seed: int


@cache
def originals():
    """What was trained for each card of each deck: a list of lists of `Original`."""
    decks = []
    for number in range(_DECKS):
        rng = np.random.default_rng([_SERIES, number])
        problems = rng.permutation(PROBLEMS).tolist()
        decks.append([
            Original(problem, variant(problem, rng), 1000 * number + place) for place, problem in enumerate(problems)
        ])
    return decks


def variant(problem, rng):
    """A configuration with the problem: its strength, and what does not matter for it, are drawn.

    Parameters
    ----------
    problem : str
        One of PROBLEMS.
    rng : numpy.random.Generator

    Returns
    -------
    Configuration
    """

    def pick(*choices):
        return choices[rng.integers(len(choices))]

    width, epochs = pick(12, 16, 24), pick(8, 9, 10, 11, 12)
    healthy = replace(
        GOOD, n_train=pick(1600, 1800, 2000), embed_dim=pick(12, 16, 24), hidden=(width,), dropout=pick(0.4, 0.5),
        l2=pick(0.002, 0.003), lr=pick(0.008, 0.01, 0.012), batch_size=pick(56, 64), epochs=epochs,
    )
    plain = {"dropout": 0.0, "l2": 0.0}
    changes = {
        "good_fit": {"epochs": 8, "l2": 0.003},
        "overfitting": {
            "n_train": pick(300, 350, 400), "embed_dim": pick(12, 16), "epochs": pick(28, 30, 32), "lr": 0.015, **plain},
        "underfitting": {"max_vocab": pick(60, 80, 100), "epochs": epochs + 2, **plain},
        "learning_rate_too_high": {"lr": pick(1.0, 1.5, 2.0)},
        "learning_rate_too_low": {"lr": pick(5e-5, 1e-4, 1.5e-4)},
        "dead_relus": {"init_bias": pick(-2.5, -3.0, -4.0)},
        "vanishing_gradients": {
            "hidden": (width,) * 8, "activation": "sigmoid", "init": "xavier", "epochs": pick(5, 6), **plain},
        "shuffled_labels": {"label_noise": 1.0, "epochs": epochs + 3, **plain},
        "no_shuffling": {"shuffle": False, "epochs": pick(6, 7, 8), "lr": pick(0.006, 0.008)},
        "zero_initialization": {"init": "zeros"},
        "initialization_too_large": {"init_scale": pick(10.0, 12.0, 14.0)},
    }
    return replace(healthy, **changes[problem])


def key(student_id):
    """The originals behind a student's runs: "A" to "H" -> Original."""
    return draw_runs(student_id, originals())


@cache
def recorded():
    """The recordings as students get them: a list of decks, each a list of runs."""
    return json.loads(RUNS.read_text())


@cache
def evidence(problem):
    """The statistics that show a problem: names, none for good_fit.

    A statistic shows a problem if the values of all recordings with it, as a range, lie apart from those of the healthy
    recordings, and from those of all other problems but two at most. Having no value (nan) is a value, too.
    """
    alike = {name: look_alikes(problem, name) for name in _values()[problem] if problem != "good_fit"}
    return tuple(name for name, others in alike.items() if "good_fit" not in others and len(others) <= LOOK_ALIKES)


def look_alikes(problem, statistic):
    """The others of PROBLEMS whose recordings show values of a statistic as those with this one do: a list."""
    return [other for other in PROBLEMS if other != problem and _alike(problem, other, statistic)]


def range_of(problem, statistic):
    """The lowest and the highest value that the recordings with a problem show; nan if they have none."""
    values = [value for value in _values()[problem][statistic] if not np.isnan(value)]
    return (min(values), max(values)) if values else (float("nan"), float("nan"))


def _alike(problem, other, statistic):
    (low, high), (other_low, other_high) = range_of(problem, statistic), range_of(other, statistic)
    without = [np.isnan(_values()[one][statistic]).any() for one in (problem, other)]
    return all(without) or (low <= other_high and other_low <= high)


@cache
def _values():
    """Of the recordings: problem -> statistic -> list of float."""
    values = {problem: {} for problem in PROBLEMS}
    for deck, runs in zip(originals(), recorded(), strict=True):
        for original, run in zip(deck, runs, strict=True):
            for name, value in run["statistics"].items():
                if not isinstance(value, list):
                    values[original.problem].setdefault(name, []).append(float(value))
    return values


def record(path=RUNS):
    """Train all originals and write what can be seen of them."""
    decks, progress = [], tqdm(total=_DECKS * len(PROBLEMS), desc="record", unit="run")
    for deck in originals():
        decks.append([])
        for original in deck:
            run = train_run(original.configuration, tokenized_corpus(original.seed), original.seed)
            decks[-1].append(_rounded(run))
            progress.update()
    lines = ",\n".join("[" + ",\n".join(json.dumps(run, separators=(",", ":")) for run in deck) + "]" for deck in decks)
    path.write_text(f"[{lines}]\n")


def _rounded(value):
    """Four digits of every number: as many as anybody reads, and fewer than differ between machines."""
    if isinstance(value, dict):
        return {name: _rounded(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return value if isinstance(value, int) else float(f"{value:.4g}")


if __name__ == "__main__":
    record()
