"""Measure what Exercise 4 is graded by: how far apart its problems lie, and how surely a sensible answer passes.

    python -m tests.benchmarks.diagnosis                              20 seeds, all cures, about 6 minutes
    python -m tests.benchmarks.diagnosis --seeds 100 --first-cures    what the comments beside the thresholds state
    python -m tests.benchmarks.diagnosis --json                       one JSON object on the last line

For each seed and problem an original is drawn as for a recording and trained; the program `diagnose` is asked about
it, and about a replica made by changes of the good configuration; and each cure is tried once on the original with
another seed and other texts, as the grader does up to three times.
"""

import argparse
import json
from collections import defaultdict

import numpy as np
from tqdm import tqdm

from reference.diagnostics import diagnose
from reference.exercise4 import helped, train_run, with_changes
from reference.pathologies import GOOD, tokenized_corpus
from reference.recordings import PROBLEMS, variant
from reference.table import format_table

PLAIN = {"dropout": 0.0, "l2": 0.0}
REPLICAS = {
    "good_fit": {},
    "overfitting": {"n_train": 400, "epochs": 30, **PLAIN},
    "underfitting": {"max_vocab": 80, "epochs": 12, **PLAIN},
    "learning_rate_too_high": {"lr": 1.0},
    "learning_rate_too_low": {"lr": 1e-4},
    "dead_relus": {"init_bias": -3.0},
    "vanishing_gradients": {"hidden": (16,) * 10, "activation": "sigmoid", "init": "xavier", **PLAIN},
    "shuffled_labels": {"label_noise": 1.0, "epochs": 16, **PLAIN},
    "no_shuffling": {"shuffle": False},
    "zero_initialization": {"init": "zeros"},
    "initialization_too_large": {"init_scale": 10.0},
}
CURES = {
    "good_fit": [{}],
    "overfitting": [
        {"n_train": 2000, "patience": 3}, {"patience": 3}, {"patience": 2}, {"l2": 0.003}, {"l2": 0.01}, {"n_train": 2000},
        {"dropout": 0.5, "l2": 0.003}, {"dropout": 0.5}, {"epochs": 8},
    ],
    "underfitting": [{"max_vocab": 2000, "patience": 3}, {"max_vocab": 2000}, {"max_vocab": 1000}, {"epochs": 20}],
    "learning_rate_too_high": [{"lr": 0.01}, {"lr": 0.003}, {"lr": 0.03}, {"patience": 3}],
    "learning_rate_too_low": [{"lr": 0.01}, {"lr": 0.003}, {"lr": 0.03}, {"epochs": 20}],
    "dead_relus": [{"init_bias": 0.0}, {"init_bias": 0.1}, {"activation": "leaky_relu"}, {"lr": 0.1}],
    "vanishing_gradients": [
        {"hidden": (16,)}, {"activation": "relu", "init": "he"}, {"activation": "tanh"}, {"hidden": (16, 16)}, {"lr": 0.1},
    ],
    "shuffled_labels": [{"label_noise": 0.0, "patience": 3}, {"label_noise": 0.0}, {"patience": 3}],
    "no_shuffling": [{"shuffle": True}, {"epochs": 12}, {"lr": 0.003}],
    "zero_initialization": [{"init": "he"}, {"init": "xavier"}, {"lr": 0.1}],
    "initialization_too_large": [{"init_scale": 1.0}, {"init_scale": 0.5}, {"epochs": 20}],
}


def measure(seeds, first_cures):
    """Train everything; statistics of the originals, and how often each answer passes.

    Parameters
    ----------
    seeds : range
    first_cures : bool
        Try only the first cure of each problem.

    Returns
    -------
    statistics, replicas : dict
        Of the originals, and of the replicas: (problem, statistic) -> list of float.
    passed : dict
        (problem, what) -> list of bool.
    cured : dict
        (problem, cure) -> list of (validation accuracy, validation loss over that of the original).
    """
    statistics, replicas, passed, cured = (defaultdict(list) for _ in range(4))
    for seed in tqdm(seeds, unit="seed"):
        rng = np.random.default_rng([99, seed])
        mine, other = 20_000 + 2 * seed, 20_001 + 2 * seed
        runs = {problem: variant(problem, rng) for problem in PROBLEMS}
        ill = {problem: train_run(c, tokenized_corpus(mine), mine)["statistics"] for problem, c in runs.items()}
        for problem, original in runs.items():
            passed[problem, "original is diagnosed"].append(diagnose(ill[problem]) == problem)
            replica = train_run(with_changes(GOOD, REPLICAS[problem]), tokenized_corpus(other), other)["statistics"]
            for measured, run in ((statistics, ill[problem]), (replicas, replica)):
                for name in run.keys() - {"gradient_norms"}:
                    measured[problem, name].append(run[name])
            passed[problem, "replica is diagnosed"].append(diagnose(replica) == problem)
            for cure in CURES[problem][: 1 if first_cures else None]:
                after = train_run(with_changes(original, cure, 2), tokenized_corpus(other), other)["statistics"]
                better = after["validation_accuracy"] >= 0.75 if problem == "good_fit" else helped(ill[problem], after)
                passed[problem, f"helps: {cure}"].append(better)
                ratio = after["validation_loss"] / ill[problem]["validation_loss"]
                cured[problem, str(cure)].append((after["validation_accuracy"], ratio))
    return statistics, replicas, passed, cured


def main():
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--first-cures", action="store_true", help="try only the first cure of each problem")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    args = parser.parse_args()
    statistics, replicas, passed, cured = measure(range(args.start, args.start + args.seeds), args.first_cures)
    rows = [[problem, what, str(sum(results)), str(len(results))] for (problem, what), results in passed.items()]
    print(format_table(["problem", "what", "passed", "of"], rows))
    rows = [[problem, cure, *(f"{q:.3f}" for figures in zip(*values) for q in np.quantile(figures, [0, 0.5, 1]))]
            for (problem, cure), values in cured.items()]
    header = ["problem", "cure", "accuracy: lowest", "median", "highest", "loss ratio: lowest", "median", "highest"]
    print("\n" + format_table(header, rows))
    for what, measured in (("of originals", statistics), ("of replicas", replicas)):
        rows = [[problem, name, *(f"{q:.4g}" for q in np.nanquantile(values, [0, 0.5, 1]))]
                for (problem, name), values in sorted(measured.items(), key=lambda entry: entry[0][1])
                if not np.isnan(values).all()]
        print("\n" + format_table(["problem", f"statistic {what}", "lowest", "median", "highest"], rows))
    if args.json:
        print(json.dumps({
            "passed": {f"{problem}: {what}": [sum(r), len(r)] for (problem, what), r in passed.items()},
            "statistics": {f"{problem}: {name}": values for (problem, name), values in statistics.items()},
            "replicas": {f"{problem}: {name}": values for (problem, name), values in replicas.items()},
        }))


if __name__ == "__main__":
    main()
