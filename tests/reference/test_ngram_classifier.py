"""N-grams as tokens, naive-Bayes weights, the n-gram classifier and the pipeline around it."""

from dataclasses import replace

import numpy as np
import pytest

from reference.classifier import TextClassifier
from reference.gradient_check import numerical_gradient, relative_error
from reference.naive_bayes import evidence, log_count_ratios, ratio_embeddings
from reference.ngram_classifier import NGramClassifier
from reference.ngrams import NGramVocabulary, ZonedVocabulary, words_and_marks
from reference.optimizers import Adam
from reference.pipeline import Recipe, TextPipeline, error_patterns
from reference.text import add_ngrams
from reference.training import train

SMALL = Recipe(min_documents=1, edge=4, embed_dim=8, hidden=16, lr=0.01, epochs=20, batch_size=16, token_dropout=0.3)


def batch():
    """Three documents with a repeated token, an empty one, and weights that differ."""
    documents = [np.array([2, 3, 3, 6]), np.array([], dtype=np.int64), np.array([5, 2])]
    return documents, np.array([1, 0, 1]), np.array([0.0, 0.0, 0.5, 2.0, 1.0, -1.5, 3.0])


def reviews(rng, m):
    """Texts whose label is told only by a pair of words: "good" and "bad" are as frequent in both classes."""
    texts, labels = [], []
    for _ in range(m):
        label = int(rng.integers(2))
        pair = ("not bad", "very good") if label else ("not good", "very bad")
        filling = rng.choice(["the", "film", "plot", "actor", "scene", "it", "was"], size=8)
        texts.append(" ".join([*filling[:4], pair[int(rng.integers(2))], *filling[4:]]))
        labels.append(label)
    return texts, np.array(labels)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("seed", [None, 5])
def test_gradients_match_central_differences(n_classes, seed):
    """Catches a wrong weight, a lost 1/n, a dropped token that still gets gradient, in both output forms."""
    documents, y, weights = batch()
    rng = np.random.default_rng(0)
    model = NGramClassifier(rng.normal(size=(7, 4)), weights, n_classes, rng, token_dropout=0.4, hidden=6)
    model.params["b1"] += 0.5  # the empty document's hidden values would sit on the kink of ReLU

    def run():
        return model.loss_and_grads(documents, y, None if seed is None else np.random.default_rng(seed))

    _, grads, _ = run()
    for name, theta in model.params.items():
        def loss(value, theta=theta):
            before = theta.copy()
            theta[...] = value
            result = run()[0]
            theta[...] = before
            return result

        analytic = grads[name].to_dense(7) if name == "E" else grads[name]
        assert np.max(relative_error(analytic, numerical_gradient(loss, theta.copy()))) < 1e-6, name


def test_without_weights_and_dropout_it_is_the_lectures_classifier():
    """Catches a normalization that differs from mean pooling (repeated tokens, empty documents)."""
    documents, _, _ = batch()
    E = np.random.default_rng(1).normal(size=(7, 4))
    ours = NGramClassifier(E, np.ones(7), 2, np.random.default_rng(2), token_dropout=0.0)
    plain = TextClassifier(E, 2, np.random.default_rng(2))
    np.testing.assert_allclose(ours.logits(documents), plain.logits(documents), rtol=1e-12)


def test_token_dropout_keeps_the_pooled_mean_in_expectation():
    """Catches survivors that are not scaled up, and a token dropout that also acts in evaluation."""
    documents, _, weights = batch()
    rng = np.random.default_rng(3)
    model = NGramClassifier(rng.normal(size=(7, 4)), weights, 2, rng, token_dropout=0.7)
    exact = model.forward(documents)[1]["pooled"]
    draws = np.array([model.forward(documents, rng)[1]["pooled"] for _ in range(1500)])
    error = draws.std(axis=0) / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(axis=0) - exact) <= 5 * error + 1e-12)
    assert draws.std() > 0
    np.testing.assert_array_equal(model.logits(documents), model.logits(documents))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_averaged_is_the_mean_of_the_logits(n_classes):
    """Catches members that leak into each other, and a mean that is a sum."""
    documents, _, weights = batch()
    rng = np.random.default_rng(4)
    models = [NGramClassifier(rng.normal(size=(7, 4)), weights, n_classes, rng, hidden=hidden) for hidden in (5, 6, 5)]
    for model in models:
        model.params["b1"] += 0.3
        model.params["b2"] += rng.normal(size=model.params["b2"].shape)
    mean = np.mean([model.logits(documents) for model in models], axis=0)
    np.testing.assert_allclose(NGramClassifier.averaged(models).logits(documents), mean, rtol=1e-12)


def test_members_start_and_learn_apart():
    """Catches an average of one and the same network, and a start that forgets the ratios."""
    texts, y = reviews(np.random.default_rng(11), 60)
    recipe = replace(SMALL, members=2, ratio_scale=0.5, decay=True)
    pipeline, histories = TextPipeline.train(texts, y, ("bad", "good"), recipe, seed=0, progress=False)
    assert len(histories) == 2 and histories[0].step_loss != histories[1].step_loss
    assert pipeline.model.params["E"].shape[1] == 2 * recipe.embed_dim
    assert pipeline.evaluate(texts, y).accuracy > 0.98


def test_ratio_embeddings_know_what_counting_knows():
    """Catches a lost class, directions of other lengths than 1, and a start that treats all tokens alike."""
    ratios = np.array([[2.0, 0.0, -1.0], [-2.0, 0.0, 1.0]])
    E = ratio_embeddings(ratios, 5, 0.1, np.random.default_rng(0))
    assert E.shape == (3, 5) and not E[1].any()
    np.testing.assert_allclose(E[0], -2 * E[2])
    one_class = ratio_embeddings(ratios[:1], 5, 0.1, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(one_class, axis=1), [0.2, 0.0, 0.1])


def test_contributions_and_biases_add_up_to_the_logit():
    """Catches an explanation that ignores weights, repetitions or the sign of class 0."""
    documents, _, weights = batch()
    rng = np.random.default_rng(4)
    model = NGramClassifier(rng.normal(size=(7, 4)), weights, 2, rng)  # biases begin at 0: there is no rest
    ids, values = model.contributions(documents[0], 1)
    assert sorted(ids) == [2, 3, 6] and list(values) == sorted(values, reverse=True)
    assert values.sum() == pytest.approx(model.logits(documents[:1])[0, 0])
    assert model.contributions(documents[0], 0)[1].sum() == pytest.approx(-values.sum())


def test_log_count_ratio_by_hand():
    """Catches a missing alpha, counts that are not normalized, and classes the wrong way round."""
    documents = [np.array([0, 1]), np.array([0]), np.array([1, 2])]
    ratios = log_count_ratios(documents, np.array([1, 1, 0]), vocab_size=3, n_classes=2)
    # class 1: counts 2 1 0, plus one 3 2 1, sum 6;  class 0: counts 0 1 1, plus one 1 2 2, sum 5
    by_hand = np.log([(3 / 6) / (1 / 5), (2 / 6) / (2 / 5), (1 / 6) / (2 / 5)])
    np.testing.assert_allclose(ratios, [-by_hand, by_hand], rtol=1e-12)
    np.testing.assert_allclose(evidence(ratios), np.abs(by_hand), rtol=1e-12)


def test_log_count_ratio_refuses_a_class_without_documents():
    """Catches a ratio made of nothing but alpha."""
    with pytest.raises(ValueError, match="every class from 0 to 2"):
        log_count_ratios([np.array([0]), np.array([0])], np.array([0, 1]), 1, 3)


def test_vocabulary_agrees_with_strings():
    """Catches n-grams that cross a document's end or skip unknown words, and wrong counts or codes."""
    rng = np.random.default_rng(6)
    token_lists = [list(rng.choice(list("abcdefg"), size=n)) for n in (0, 1, 2, 30, 30, 12, 3)]
    seen = [set(add_ngrams(tokens, 3)) for tokens in token_lists]
    frequent = {gram for grams in seen for gram in grams if sum(gram in other for other in seen) >= 3}
    vocabulary = NGramVocabulary.build(token_lists, 3, min_documents=3)
    assert len(vocabulary) == 2 + len(frequent)
    new = [*token_lists, ["a", "zzz", "b"], ["a"]]
    once, every_time = vocabulary.encode_all(new), vocabulary.encode_all(new, distinct=False)
    for tokens, ids, every in zip(new, once, every_time, strict=True):
        expected = [gram for gram in add_ngrams(tokens, 3) if gram in frequent]
        assert sorted(vocabulary.decode(ids)) == sorted(set(expected))
        assert sorted(vocabulary.decode(every)) == sorted(expected)


def test_first_and_last_words_have_tokens_of_their_own():
    """Catches zones that overlap in their ids, are counted together, cut at the wrong end, or are lost by saving."""
    token_lists = [list("abcde"), list("bcdea"), list("ab")]
    vocabulary = ZonedVocabulary.build(token_lists, max_n=2, min_documents=2, edge=2, edge_max_n=1)
    again = ZonedVocabulary.from_arrays(vocabulary.arrays())
    whole = NGramVocabulary.build(token_lists, 2, 2)
    ids = vocabulary.encode_all(token_lists)
    assert [list(one) for one in ids] == [list(one) for one in again.encode_all(token_lists)]
    for document, common in zip(ids, whole.encode_all(token_lists)):
        assert list(document[: len(common)]) == list(common)
    # of the first two words a and b are in two texts, of the last two a and e
    zones = [[name for name in again.decode(document) if ":" in name] for document in ids]
    assert [sorted(names) for names in zones] == [["first:a", "first:b", "last:e"], ["first:b", "last:a", "last:e"],
                                                  ["first:a", "first:b", "last:a"]]
    assert len(vocabulary) == len(whole) + 2 * (2 + 2)
    with pytest.raises(IndexError, match="not in the vocabulary"):
        vocabulary.decode([len(vocabulary)])
    with pytest.raises(ValueError, match="edge must be at least 0"):
        ZonedVocabulary.build(token_lists, edge=-1)


def test_marks_are_tokens_and_line_breaks_are_not():
    """Catches a tokenizer that loses "!", keeps "br", or cuts "don't" or a rating."""
    assert words_and_marks("Don\u2019t!<br />Well-made (7.5/10)? and/or 24/7, *** of 4") == \
        ["don't", "!", "well", "made", "(", "7.5/10", ")", "?", "and", "or", "24/7", ",", "***", "of", "4"]


def test_learns_what_single_words_cannot_tell():
    """Catches a model that does not train, and n-grams that never reach it: words alone tell nothing."""
    rng = np.random.default_rng(7)
    (texts, y), (new, y_new) = reviews(rng, 200), reviews(rng, 200)
    pipeline, (history,) = TextPipeline.train(texts, y, ("bad", "good"), SMALL, seed=0, progress=False)
    evaluation = pipeline.evaluate(new, y_new)
    assert evaluation.accuracy > 0.98 and history.train_loss[-1] < history.train_loss[0]
    assert evaluation.confusion.sum() == 200 and "precision" in str(evaluation)
    loudest = pipeline.explain("the film was not bad it was", 1)[0][0]
    assert "not_bad" in loudest


def test_even_classes_takes_the_class_frequencies_out_of_the_bias():
    """Catches a correction with the wrong sign or size: with a tenth of class 1 its odds rise ninefold."""
    texts = ["a b c", "b c", "c a", "a a"] * 10
    y = (np.arange(40) % 10 == 0).astype(np.int64)
    logits = {}
    for even in (False, True):
        recipe = Recipe(max_ngram=1, embed_dim=4, hidden=8, epochs=1, even_classes=even)
        pipeline, _ = TextPipeline.train(texts, y, ("0", "1"), recipe, seed=0, progress=False)
        logits[even] = pipeline.model.logits(pipeline.encode(texts))
    np.testing.assert_allclose(logits[True] - logits[False], np.log(9), rtol=1e-6)


def test_saved_pipeline_predicts_the_same(tmp_path):
    """Catches anything that predict needs and save forgets: weights, codes, words, recipe, names."""
    texts, y = reviews(np.random.default_rng(9), 40)
    pipeline, _ = TextPipeline.train(texts, y, ("bad", "good"), SMALL, seed=0, progress=False)
    pipeline.save(tmp_path / "model")
    again = TextPipeline.load(tmp_path / "model")
    np.testing.assert_array_equal(again.probabilities(texts), pipeline.probabilities(texts))
    assert again.recipe == SMALL and again.label_names == ("bad", "good")
    assert again.vocabulary.decode(range(2, len(again.vocabulary))) == \
        pipeline.vocabulary.decode(range(2, len(pipeline.vocabulary)))


def test_saved_model_predicts_the_same(tmp_path):
    """Catches a lost dtype, weight or setting."""
    documents, y, weights = batch()
    rng = np.random.default_rng(10)
    E = rng.normal(size=(7, 4))
    model = NGramClassifier(E, weights, 3, rng, 0.25, hidden=5, dropout=0.1, dtype=np.float32)
    train(model, Adam(), documents, y, epochs=1, batch_size=2, rng=rng, progress=False)
    model.save(tmp_path / "model.npz")
    again = NGramClassifier.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(again.logits(documents), model.logits(documents))
    assert (again.token_dropout, again.dropout, again.params["E"].dtype) == (0.25, 0.1, np.float32)


@pytest.mark.parametrize("load", [TextPipeline.load, NGramClassifier.load])
def test_other_files_are_refused_in_one_line(load, tmp_path):
    """Catches a KeyError or a pickle error that reaches the user."""
    (tmp_path / "text").write_text("no model")
    np.savez(tmp_path / "other.npz", a=1)
    for name in ("text", "other.npz"):
        with pytest.raises(ValueError, match=f"{name} is not a saved"):
            load(tmp_path / name)


def test_error_patterns_by_hand():
    """Catches swapped groups and case sensitivity."""
    texts = ["It was NOT good", "good", "fine but slow", "nice one here"]
    patterns = {p.name: p for p in error_patterns(texts, np.array([0, 1, 0, 1]), np.array([1, 1, 0, 1]))}
    negation = patterns["negation"]
    assert (negation.share, negation.error_with, negation.error_without) == (0.25, 1.0, 0.0)
    assert patterns["contrast"].error_with == 0.0
    assert np.isnan(patterns["question"].error_with)
