"""The grammar engine on grammars small enough to read."""

import re
from collections import Counter

import numpy as np
import pytest

from reference.datasets.grammar import Draws, Grammar, distinct_texts, words


def draws(seed=0):
    """Return a source of draws."""
    return Draws(np.random.default_rng(seed))


def expand(tables, root, seed=0, **context):
    """Expand `root` in a grammar of `tables`."""
    return Grammar(tables).expand(root, draws(seed), **context)


def test_signs_agree_or_oppose():
    """Catches: + and - read the wrong way round in negative texts, or a symbol's own sign ignored."""
    tables = {"adj+": ["good"], "adj-": ["bad"], "tone+": ["grim"], "tone-": ["cosy"]}
    root = "{adj+} {adj-} {tone+}"
    assert expand(tables, root, sign=1)[0] == "Good bad grim"
    assert expand(tables, root, sign=-1)[0] == "Bad good cosy"
    assert expand(tables, root, sign=-1, signs={"tone": 1})[0] == "Bad good grim"


def test_topics_choose_the_table():
    """Catches: the second topic taken for the first, or a context remembered from an earlier text."""
    grammar = Grammar({"who@a": ["ant"], "who@b": ["bee"]})
    assert grammar.expand("{who@} {who@2}", draws(), topics=("a", "b"))[0] == "Ant bee"
    assert grammar.expand("{who@} {who@2}", draws(), topics=("b", "a"))[0] == "Bee ant"


def test_once_repeats_within_a_text_only():
    """Catches: a hero who changes name within a text, or keeps it in the next."""
    grammar = Grammar({"name": [f"N{i}" for i in range(50)]})
    source = draws()
    texts = [grammar.expand("{$name} {$name}", source)[0] for _ in range(20)]
    assert all(len(set(text.split())) == 1 for text in texts) and len(set(texts)) > 5


def test_marks_are_those_of_the_productions_used():
    """Catches: marks of productions that were not chosen, or marks printed into the text."""
    grammar = Grammar({"s": ["{!odd}one", "two", "{deep}"], "deep": ["{!odd}{!far}three"]})
    source = draws()
    seen = {grammar.expand("{s}", source) for _ in range(60)}
    assert seen == {("One", frozenset({"odd"})), ("Two", frozenset()), ("Three", frozenset({"odd", "far"}))}


def test_no_production_twice_while_others_are_left():
    """Catches: "the acting is good and the acting good"."""
    grammar = Grammar({"w": list("abcdefgh")})
    source = draws()
    repeated = sum(len(set(grammar.expand("{w} {w}", source)[0].lower().split())) < 2 for _ in range(500))
    assert repeated < 3


def test_articles_and_capitals():
    """Catches: "a actor", "an unicorn", a sentence without a capital, or a table's capitals lost."""
    tables = {"n": ["unicorn"], "v": ["apple. then an owl! a Moon"]}
    assert (
        expand(tables, "a {n} and a {v} in a house")[0]
        == "A unicorn and an apple. Then an owl! A Moon in a house"
    )


def test_words_follow_zipfs_law():
    """Catches: words drawn evenly, or the last word never drawn."""
    grammar = Grammar({"w": words("a1 b2 c3 d_4")})
    source = draws()
    counts = Counter(grammar.expand("{w}", source)[0].lower() for _ in range(20000))
    weights = np.array([1 / 3, 1 / 4, 1 / 5, 1 / 6])
    measured = np.array([counts[word] for word in ("a1", "b2", "c3", "d 4")]) / 20000
    assert np.allclose(measured, weights / weights.sum(), atol=0.02)


def test_unknown_slot_and_empty_table():
    """Catches: a misspelt slot printed as nothing."""
    with pytest.raises(KeyError, match="no table 'nuon'"):
        expand({"noun": ["x"]}, "{nuon}")
    with pytest.raises(ValueError, match="'noun' is empty"):
        Grammar({"noun": []})


def test_a_grammar_too_small_says_so():
    """Catches: an endless loop, or a text given twice."""
    grammar, source = Grammar({"w": ["a", "b", "c"]}), draws()
    with pytest.raises(RuntimeError, match=re.escape("after 3")):
        distinct_texts(lambda plan: grammar.expand("{w}", source), range(4))
