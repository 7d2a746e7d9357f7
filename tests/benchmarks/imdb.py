"""The lecture's comparison on film reviews: logistic regression, its network on words, and on n-grams.

    python tests/benchmarks/imdb.py --data FOLDER     IMDB in the Hub's parquet layout
    python tests/benchmarks/imdb.py                   generated reviews: shows only that it runs

Nothing is chosen on the test part: C of the logistic regression is chosen on a fifth of the training texts
each time, the networks' recipes (reference/pipeline.py) were, once, on validation parts of 20,000 training
reviews. The final models are trained on all training texts; the test part is used once for each figure
below.

`train_seconds` is wall-clock time of the n-gram network's training loops, all seeds added: not reading,
tokenizing and counting (`preprocessing_seconds`, once for all seeds) and not the initialization, which takes
a second or two. `train_and_test_cpu_seconds` is processor time, with initialization and testing; it says
more where other programs run.

Measured on the official training half (25,000 reviews) and 5,000 reviews of the test half (the standard
error of an accuracy on 5,000 texts is 0.4 points); test accuracy, networks over 3 seeds:

    logistic regression on 28,247 words                              0.884  (C = 0.05)
    network on the same words                                        0.880  (0.875, 0.884, 0.881)
    logistic regression on 1,188,341 n-grams weighted by evidence    0.921  (C = 0.1)
    network on the same n-grams                                      0.9247 (0.9244, 0.9244, 0.9254)

So on words alone learned embeddings are no better than the linear model; on n-grams they are, by about the
standard error. Training took 73 s for three seeds, preprocessing 24 s, on two cores with other work beside it.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # also where the kit is not installed

from linear_models import best_C, counts, fit

from reference.datasets.text import load_imdb
from reference.evaluation import accuracy
from reference.naive_bayes import evidence, log_count_ratios
from reference.pipeline import IMDB, UNIGRAMS, build_vocabulary, split_words, train_model
from reference.training import predict_logits


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder with train-*.parquet and test-*.parquet")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options = parser.parse_args()

    corpus = load_imdb(options.data) if options.data else load_imdb()
    print(corpus)
    y, y_test = corpus.train_labels, corpus.test_labels

    words, test_words = (split_words(texts, UNIGRAMS) for texts in (corpus.train_texts, corpus.test_texts))
    vocabulary = build_vocabulary(words, UNIGRAMS)
    documents, test_documents = (vocabulary.encode_all(part, distinct=False) for part in (words, test_words))
    C = best_C(words, y, 1, UNIGRAMS.min_documents, False, (0.01, 0.02, 0.05, 0.1, 0.3), accuracy)
    linear = fit(counts(documents, len(vocabulary)), y, C)
    logistic_regression = linear.score(counts(test_documents, len(vocabulary)), y_test)
    print(f"logistic regression on {len(vocabulary):,} words, C = {C:g}: {logistic_regression:.4f}",
          flush=True)

    unigrams, _ = networks(documents, y, test_documents, y_test, len(vocabulary), UNIGRAMS, options.seeds)
    print(f"network on the same words: {unigrams}", flush=True)

    start = time.perf_counter()
    words, test_words = (split_words(texts, IMDB) for texts in (corpus.train_texts, corpus.test_texts))
    vocabulary = build_vocabulary(words, IMDB)
    documents, test_documents = (vocabulary.encode_all(part) for part in (words, test_words))
    preprocessing = time.perf_counter() - start
    before = time.process_time()
    ngrams, seconds = networks(documents, y, test_documents, y_test, len(vocabulary), IMDB, options.seeds)
    cpu_seconds = time.process_time() - before
    print(f"network on {len(vocabulary):,} n-grams: {ngrams}; preprocessing {preprocessing:.0f} s, "
          f"training {seconds:.0f} s in all", flush=True)

    weights = evidence(log_count_ratios(documents, y, len(vocabulary), 2))
    X, X_test = (counts(part, len(vocabulary)).multiply(weights).tocsr()
                 for part in (documents, test_documents))
    nb_linear = fit(X, y, 0.1).score(X_test, y_test)
    print(f"for comparison, logistic regression on the same weighted n-grams, C = 0.1: {nb_linear:.4f}")

    if options.json:
        print(json.dumps({
            "source": corpus.source, "logistic_regression": logistic_regression,
            "network_unigrams_mean": float(np.mean(unigrams)), "network_ngrams_mean": float(np.mean(ngrams)),
            "network_ngrams_std": float(np.std(ngrams, ddof=1)) if len(ngrams) > 1 else None,
            "network_unigrams": unigrams, "network_ngrams": ngrams,
            "logistic_regression_weighted_ngrams": nb_linear,
            "train_seconds": seconds, "train_and_test_cpu_seconds": cpu_seconds,
            "preprocessing_seconds": preprocessing,
            "train_seconds_covers": f"the n-gram network's training loops, {options.seeds} seeds added",
        }))


def networks(documents, y, test_documents, y_test, vocab_size, recipe, n_seeds):
    """Test accuracy for each seed, and the seconds that all training loops took together."""
    accuracies, seconds = [], 0.0
    for seed in range(n_seeds):
        with threadpool_limits(1):  # sparse products and Adam: a second BLAS thread only waits, measured
            model, history = train_model(documents, y, vocab_size, 2, recipe, seed)
        accuracies.append(accuracy(y_test, model.decide(predict_logits(model, test_documents))))
        seconds += sum(history.seconds)
    return accuracies, seconds


if __name__ == "__main__":
    main()
