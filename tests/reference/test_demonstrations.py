"""The demonstrations: that each shows what it says, on less data than its table, and without a clock."""

import numpy as np
import pytest

from reference.demonstrations import (
    linear_collapse,
    long_range_contrast,
    next_token,
    ngram_sparsity,
    order_invariance,
    unknown_words,
    vectorization,
    vocabulary_size,
)
from reference.demonstrations.trained import train_on_reviews
from reference.initialization import init_params
from reference.network import forward
from reference.table import format_table

REVIEWS = {"train_size": 1500}
LANGUAGE = {"train_size": 300, "max_vocab": 400}


def test_collapsed_layer_is_the_stack():
    """Catches matrices multiplied in the wrong order and biases that do not travel through later layers."""
    rng = np.random.default_rng(0)
    params = {name: value + rng.normal(size=value.shape)
              for name, value in init_params([3, 7, 4, 2], rng).items()}
    X = rng.normal(size=(5, 3))
    one_layer = linear_collapse.collapse(params)
    assert one_layer["W1"].shape == (2, 3) and one_layer["b1"].shape == (2,)
    np.testing.assert_allclose(forward(one_layer, X)[0], forward(params, X, "linear")[0], atol=1e-12)


def test_linear_collapse():
    """Catches a comparison in which ReLU looks linear too, or a linear network that solves XOR."""
    r = linear_collapse.measure()
    assert r.difference < 1e-10
    assert r.linear_share["linear"] > 1 - 1e-9 and r.linear_share["relu"] < 0.9
    assert r.xor_accuracy["relu"] == 1.0 and r.xor_accuracy["linear"] <= 0.75
    assert r.stacked_parameters == 20 * 64 + 2 * 64 * 64 + 64 * 5 + 3 * 64 + 5
    assert r.collapsed_parameters == 20 * 5 + 5


def test_vectorization_compares_equal_work():
    """Catches a program that is fast because it computes something else."""
    r = vectorization.measure(m=6, n_in=5, n_out=4, repetitions=2)
    assert r.difference < 1e-12 and r.multiplications == 120
    assert set(r.seconds) == set(vectorization.PROGRAMS) and all(s > 0 for s in r.seconds.values())
    rng = np.random.default_rng(0)
    X, W, b = rng.normal(size=(6, 5)), rng.normal(size=(4, 5)), rng.normal(size=4)
    for name, program in vectorization.PROGRAMS.items():
        np.testing.assert_allclose(program(X, W, b), np.einsum("ik,jk->ij", X, W) + b, err_msg=name)


def test_pooling_cannot_tell_the_twins_apart():
    """Catches twins that are no twins (another word in one of them), and a model that sees order."""
    r = order_invariance.measure(**REVIEWS)
    for pooling in ("mean", "max"):
        assert r.twin_difference[pooling] < 1e-9 and r.shuffle_difference[pooling] < 1e-9
        assert r.twins_right[pooling] == len(order_invariance.TWINS)  # one of each pair, whatever it says
        assert r.shuffle_flips[pooling] == 0
    pairs = "mean, with pairs of words"
    assert r.twin_difference[pairs] > 0.1 and r.shuffle_flips[pairs] > 0


def test_not_turns_opinions_in_the_hidden_layer_only():
    """Catches a text that the numbers deny: "not" turns an opinion round, which a linear model cannot."""
    r = order_invariance.measure(**REVIEWS)
    assert r.negation_shift["mean"]["positive"] < 0 < r.negation_shift["mean"]["negative"]
    assert r.linear_shift["positive"] == pytest.approx(r.linear_shift["negative"], abs=1e-9)


def test_errors_by_phenomenon():
    """Catches rates that belong to other texts than their name says."""
    r = long_range_contrast.measure(**REVIEWS)
    trained = train_on_reviews(**REVIEWS)
    corpus = trained.corpus
    wrong = trained.errors(corpus.test_texts, corpus.test_labels)
    single = [name for name in r.errors if name != "plain"]
    for name in single:
        member = [name in marks for marks in corpus.test_phenomena]
        n_wrong = sum(w for w, m in zip(wrong, member, strict=True) if m)
        assert r.counts[name] == sum(member) > 0
        assert r.errors[name] == pytest.approx(n_wrong / sum(member))
    planted = sum(bool(marks) for marks in corpus.test_phenomena)
    assert r.counts["plain"] + planted == len(corpus.test_texts)
    assert r.errors["contrast"] > 2 * r.errors["plain"]
    assert list(r.errors.values()) == sorted(r.errors.values(), reverse=True)
    assert (r.pairs_right, r.pairs) == (0, len(long_range_contrast.CONTRASTS))


def test_unknown_words():
    """Catches made-up words that are known after all, and left-out words that stay in the text."""
    r = unknown_words.measure(**REVIEWS)
    assert r.difference == 0.0
    assert r.accuracy[0.0] == r.accuracy_left_out[0.0] > 0.75
    assert r.accuracy[1.0] == r.accuracy_left_out[1.0] == 0.5  # nothing is known: one class for all
    values = list(r.accuracy_left_out.values())
    assert values == sorted(values, reverse=True)
    assert r.accuracy[0.9] < r.accuracy_left_out[0.9] < r.accuracy_left_out[0.5] < r.accuracy[0.0]
    assert r.coined_error > 2 * r.plain_error
    assert 0 < r.unknown_share_train < 0.05 and 0 < r.unknown_share < 0.05


def test_vocabulary_size():
    """Catches parameters that are not those of the model and a limit on the vocabulary that does nothing."""
    rows = vocabulary_size.measure((50, 400, None), **REVIEWS)
    d, hidden = 32, 32
    for row in rows:
        outside_E = hidden * d + hidden + hidden + 1
        assert row.parameters == row.size * d + outside_E
        assert row.embedding_share == pytest.approx(row.size * d / row.parameters)
    assert [row.size for row in rows[:2]] == [50, 400] and rows[2].size > 1000
    assert rows[0].coverage < rows[1].coverage < rows[2].coverage < 1
    assert rows[0].accuracy + 0.1 < rows[1].accuracy and rows[0].accuracy + 0.2 < rows[2].accuracy


def test_next_token():
    """Catches a perplexity without its exponential or mean, and models that do not use the context."""
    r = next_token.measure(**LANGUAGE)
    assert r.vocab_size == 400 and r.perplexity["all words alike"] == pytest.approx(400)
    assert r.perplexity["by frequency"] < 0.5 * r.perplexity["all words alike"]
    for kind in ("counted", "neural"):
        assert r.perplexity[f"{kind}, n = 2"] < 0.5 * r.perplexity["by frequency"]
        assert r.perplexity[f"{kind}, n = 3"] < 0.9 * r.perplexity[f"{kind}, n = 2"]
    assert 0.15 < r.accuracy[2] < r.accuracy[3]
    assert r.completions["i saw"][0][0] in ("the", "a")
    for words in r.completions.values():
        probabilities = [p for _, p in words]
        assert probabilities == sorted(probabilities, reverse=True) and sum(probabilities) <= 1


def test_ngram_sparsity():
    """Catches n-grams across texts, impostors that are not new, and a network that generalizes no better."""
    r = ngram_sparsity.measure(**LANGUAGE)
    shares = [r.unseen[n] for n in (1, 2, 3, 4, 5)]
    assert shares == sorted(shares) and shares[0] < 0.01 and shares[4] > 0.5
    assert r.possible[3] == 400**3 and all(r.distinct[n] <= r.possible[n] for n in r.distinct)
    assert r.new_pairs > 300
    assert abs(r.preferred["counted"] - 0.5) < 0.1 < r.preferred["neural"] - 0.5
    assert r.preferred["neural"] > r.preferred["counted"] + 0.05
    assert r.same_class > r.same_class_by_chance


@pytest.mark.parametrize(("module", "options", "expected"), [
    (linear_collapse, {"xor_runs": 1}, "XOR"),
    (vectorization, {"m": 4, "n_in": 3, "n_out": 2}, "one matrix product"),
    (order_invariance, REVIEWS, "Logistic regression"),
    (long_range_contrast, REVIEWS, "contrast"),
    (unknown_words, REVIEWS, "50%"),
    (vocabulary_size, {"sizes": (50,), **REVIEWS}, "coverage"),
    (next_token, LANGUAGE, "perplexity"),
    (ngram_sparsity, LANGUAGE, "preferred"),
], ids=lambda value: value.__name__.rsplit(".", 1)[-1] if hasattr(value, "__name__") else "")
def test_each_prints_its_table(module, options, expected, capsys):
    """Catches a main() that uses a field which the result no longer has."""
    module.main(**options)
    printed = capsys.readouterr().out
    assert expected in printed and "---" in printed


def test_table():
    """Catches columns that do not line up."""
    assert format_table(["name", "x"], [["a", 1.5], ["long name", 10]]) == (
        "name           x\n----------------\na          1.500\nlong name     10")
