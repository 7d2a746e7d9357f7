"""The embedded corpora: deterministic, distinct, balanced, labelled, and hard where they say so."""

import re
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from reference.datasets import news, reviews
from reference.datasets.text import load_ag_news, load_imdb

LOADERS = pytest.mark.parametrize("load", [load_imdb, load_ag_news])
SPEC = {"reviews": reviews, "news": news}


@pytest.fixture(scope="module")
def corpora():
    """Both corpora at their default size, written once."""
    return {"reviews": load_imdb(), "news": load_ag_news()}


@pytest.fixture(params=["reviews", "news"])
def corpus(request, corpora):
    """One of the two corpora."""
    return corpora[request.param]


def tokens(text):
    """Split a text as a student would: lower case, words."""
    return re.findall(r"[a-z0-9]+", text.lower())


def test_default_sizes(corpus):
    """Catches: other sizes than promised, or texts, labels and phenomena of different lengths."""
    assert len(corpus.train_texts) == len(corpus.train_labels) == len(corpus.train_phenomena) == 4000
    assert len(corpus.test_texts) == len(corpus.test_labels) == len(corpus.test_phenomena) == 1000


@LOADERS
def test_same_seed_same_texts_and_another_seed_others(load):
    """Catches: draws from the global state, or hidden texts that are those the students have."""
    one, again, other = (load(train_size=300, test_size=100, seed=seed) for seed in (7, 7, 8))
    assert one.train_texts == again.train_texts and one.test_texts == again.test_texts
    assert (
        np.array_equal(one.train_labels, again.train_labels) and one.train_phenomena == again.train_phenomena
    )
    assert not set(one.train_texts + one.test_texts) & set(other.train_texts + other.test_texts)


def test_no_text_twice(corpus):
    """Catches: a test text that is in the training texts."""
    texts = corpus.train_texts + corpus.test_texts
    assert len(set(texts)) == len(texts)


def test_labels_are_balanced_overall_and_within_phenomena(corpus):
    """Catches: unequal classes, or a phenomenon that gives the label away."""
    for labels in (corpus.train_labels, corpus.test_labels):
        assert np.ptp(np.bincount(labels, minlength=len(corpus.label_names))) <= 1
    for phenomenon in SPEC[corpus.name].PHENOMENA:
        marked = np.array([phenomenon in marks for marks in corpus.train_phenomena])
        shares = np.bincount(corpus.train_labels[marked], minlength=len(corpus.label_names)) / marked.sum()
        chance = 1 / len(corpus.label_names)
        assert np.all(np.abs(shares - chance) < 4 * np.sqrt(chance * (1 - chance) / marked.sum()))


def test_every_phenomenon_is_planted_in_both_parts(corpus):
    """Catches: a phenomenon never produced, too rare to analyse, or a mark that nobody announced."""
    for marks, least in ((corpus.train_phenomena, 40), (corpus.test_phenomena, 8)):
        counts = Counter(mark for text_marks in marks for mark in text_marks)
        assert set(counts) == set(SPEC[corpus.name].PHENOMENA)
        assert min(counts.values()) >= least
        assert 0.5 < sum(not text_marks for text_marks in marks) / len(marks) < 0.8


def test_vocabulary_is_large_with_a_long_tail(corpus):
    """Catches: a toy vocabulary, or one without the rare words that real text has."""
    counts = Counter(token for text in corpus.train_texts for token in tokens(text))
    ranked = [count for _, count in counts.most_common()]
    assert len(ranked) > 2000
    assert sum(count <= 2 for count in ranked) > 0.1 * len(ranked)
    assert sum(ranked[:100]) > 0.5 * sum(ranked)


def test_texts_are_written_out(corpus):
    """Catches: unfilled slots, doubled spaces, missing capitals, or "a" before a vowel."""
    for text in corpus.train_texts:
        assert not re.search(r"[{}_]|  |\s[.,;]|[.!?] [a-z]|\b[Aa] [aeio]|\.\.", text), text
        assert text[0].isupper() or text[0].isdigit()
        assert text[-1] in ".!?"


def test_negation_and_contrast_are_where_the_marks_say():
    """Catches: marks on the wrong texts."""
    corpus = load_imdb(train_size=2000, test_size=0)
    negator = re.compile(
        r"\b(not|never|hardly|scarcely|in no way|far from|anything but|nothing about)\b|n't\b", re.I
    )
    for text, marks in zip(corpus.train_texts, corpus.train_phenomena, strict=True):
        assert "negation" not in marks or negator.search(text), text
        assert "intensifier" not in marks or re.search(r"\b(utterly|absolutely|\w+ly)\b", text, re.I), text


def test_polarity_of_a_tone_word_depends_on_the_genre():
    """Catches: tone words that praise or blame in every genre, so that a linear model would know them."""
    corpus = load_imdb(train_size=6000, test_size=0)
    positive = {True: [], False: []}
    for text, label, marks in zip(
        corpus.train_texts, corpus.train_labels, corpus.train_phenomena, strict=True
    ):
        if marks == {"genre"} and "grim" in tokens(text):
            positive["horror" in tokens(text) or "ghost story" in text].append(label)
    assert np.mean(positive[True]) > 0.9
    assert np.mean(positive[False]) < 0.6


def test_unknown_words_are_new_in_the_test_texts():
    """Catches: coinages that training texts have taught already."""
    corpus = load_imdb()
    known = {token for text in corpus.train_texts for token in tokens(text)}
    new = [
        any(token not in known for token in tokens(text))
        for text, marks in zip(corpus.test_texts, corpus.test_phenomena, strict=True)
        if "unknown" in marks
    ]
    assert np.mean(new) > 0.9


def test_a_linear_model_errs_on_the_planted_texts(corpus):
    """Catches: a corpus too easy or too hard, or one whose errors lie in the plain texts."""
    counter = CountVectorizer()
    model = LogisticRegression(max_iter=1000).fit(
        counter.fit_transform(corpus.train_texts), corpus.train_labels
    )
    wrong = model.predict(counter.transform(corpus.test_texts)) != corpus.test_labels
    planted = np.array([bool(marks) for marks in corpus.test_phenomena])
    assert 0.8 < 1 - wrong.mean() < 0.92
    assert wrong[planted].mean() > 3 * wrong[~planted].mean()


@pytest.mark.parametrize(
    ("classes", "some"),
    [
        (
            reviews.review_word_classes(),
            {
                "great": "positive",
                "like": "positive",
                "worst": "negative",
                "awful": "negative",
                "grim": "dark",
                "cosy": "warm",
                "vampire": "genre: horror",
                "the": "function word",
                "acting": "aspect",
                "hardly": "negator",
                "mirelle": "name",
                "megasnoozefest": "coinage",
            },
        ),
        (
            news.news_word_classes(),
            {
                "parliament": "world",
                "striker": "sports",
                "shares": "business",
                "telescope": "tech",
                "cell": "homonym",
                "the": "function word",
            },
        ),
    ],
)
def test_word_classes_of_known_words(classes, some):
    """Catches: a class that is missing or a word in the wrong one."""
    assert {word: classes.get(word) for word in some} == some


def test_word_classes_cover_most_of_the_vocabulary(corpora):
    """Catches: tables that the word classes forgot."""
    for name, classes in (("reviews", reviews.review_word_classes()), ("news", news.news_word_classes())):
        vocabulary = {token for text in corpora[name].train_texts for token in tokens(text)}
        assert sum(token in classes for token in vocabulary) > 0.75 * len(vocabulary)
        assert all(word == word.lower() for word in classes)


@LOADERS
def test_sizes_of_any_kind(load):
    """Catches: a crash on an empty part or an odd size, or a negative size accepted."""
    corpus = load(train_size=5, test_size=0)
    assert len(corpus.train_texts) == 5 and corpus.test_texts == () and corpus.test_labels.shape == (0,)
    assert load(train_size=0, test_size=0).train_texts == ()
    with pytest.raises(ValueError, match="-1 texts"):
        load(train_size=-1)


def test_everyday_words_of_reviews_are_known():
    """Catches: a reader whose first own sentence, about a funny movie or the worst actor, is all unknown words."""
    seen = Counter(token for text in load_imdb(train_size=3000, test_size=0, seed=1).train_texts for token in tokens(text))
    everyday = """movie film watch actor actress director characters scenes jokes script plot story ending music time minutes
        good great best amazing awesome funny boring bad worst stupid horrible slow like love hate liked loved hated enjoyed
        laughed cried bored recommend waste never really very so it's i didn't don't""".replace("'", " ").split()
    assert {word for word in everyday if seen[word] < 5} == set()
