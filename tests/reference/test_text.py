"""Tokenizing, the vocabulary and padded batches."""

import numpy as np
import pytest

from reference.text import PAD_ID, UNK_ID, Vocabulary, add_ngrams, pad_batch, tokenize, tokenize_all


@pytest.mark.parametrize(("text", "tokens"), [
    ("I don't like it!", ["i", "don't", "like", "it"]),
    ("I don\u2019t", ["i", "don't"]),
    ("'quoted' students'", ["quoted", "students"]),
    ("good.<br /><br>Bad", ["good", "bad"]),
    ("New York, U.S. 3.5 well-made", ["new", "york", "u", "s", "3", "5", "well", "made"]),
    ("cafe\u0301 na\u00efve", ["caf\u00e9", "na\u00efve"]),
    ("a_b", ["a", "b"]),
    ("", []),
    (" ?! \U0001f600\n", []),
])
def test_tokenize_follows_its_rule(text, tokens):
    """Catches a tokenizer that splits contractions, keeps quotes or markup, or trips over empty text."""
    assert tokenize(text) == tokens


def test_a_text_that_is_no_string_is_named():
    """Catches a missing value in a data column that surfaces as a puzzling error, or as the word "nan"."""
    with pytest.raises(TypeError, match=r"texts\[2\] is not a string but float"):
        tokenize_all(["a", "b", float("nan")])
    with pytest.raises(TypeError, match="one string"):
        tokenize_all("a text")
    with pytest.raises(TypeError, match="got NoneType"):
        tokenize(None)


def test_ngrams_come_after_the_words_and_keep_their_order():
    """Catches n-grams that wrap around, or come from reordered words."""
    words = ["not", "good", "bad"]
    assert add_ngrams(words, 3) == [*words, "not_good", "good_bad", "not_good_bad"]
    assert add_ngrams(["one"], 2) == ["one"]
    assert tokenize_all(["Not good"], max_ngram=2) == [["not", "good", "not_good"]]
    with pytest.raises(ValueError, match="max_n"):
        add_ngrams(["a"], 0)


def test_vocabulary_ranks_by_count_then_alphabet():
    """Catches ids that depend on the order of the texts, and specials that are not 0 and 1."""
    lists = [["b", "a", "c"], ["c", "b"], ["d"]]
    vocabulary = Vocabulary.build(lists)
    assert vocabulary.tokens == ["<pad>", "<unk>", "b", "c", "a", "d"]
    assert vocabulary.tokens == Vocabulary.build(lists[::-1]).tokens
    assert (vocabulary.id_of("<pad>"), vocabulary.id_of("<unk>")) == (PAD_ID, UNK_ID)


def test_vocabulary_limits():
    """Catches min_count off by one, and a max_size that forgets the two special tokens."""
    lists = [["a"] * 3 + ["b"] * 2 + ["c"]]
    assert Vocabulary.build(lists, min_count=2).tokens[2:] == ["a", "b"]
    assert len(Vocabulary.build(lists, max_size=4)) == 4
    assert len(Vocabulary.build(lists, max_size=2)) == 2
    with pytest.raises(ValueError, match="at least 2"):
        Vocabulary.build(lists, max_size=1)


def test_encode_and_decode():
    """Catches unknown words that are dropped instead of becoming id 1, and empty texts with a float dtype."""
    vocabulary = Vocabulary(["good", "bad"])
    assert vocabulary.encode(["good", "film", "bad"]).tolist() == [2, UNK_ID, 3]
    assert vocabulary.encode(["x", "y"]).tolist() == [UNK_ID, UNK_ID]
    empty = vocabulary.encode([])
    assert empty.shape == (0,)
    assert empty.dtype == np.int64
    assert vocabulary.decode([2, 1, 0]) == ["good", "<unk>", "<pad>"]
    assert "good" in vocabulary
    assert "film" not in vocabulary


@pytest.mark.parametrize("bad_id", [-1, 4])
def test_decoding_an_id_out_of_range(bad_id):
    """Catches negative ids that Python would count from the end."""
    with pytest.raises(IndexError, match=f"id {bad_id} .* 0 to 3"):
        Vocabulary(["a", "b"]).decode([2, bad_id])


def test_vocabulary_refuses_text_that_was_not_tokenized():
    """Catches a vocabulary of letters, which is what iterating over a string gives."""
    with pytest.raises(TypeError, match="tokenize"):
        Vocabulary(["a"]).encode("a text")
    with pytest.raises(TypeError, match=r"token_lists\[1\]"):
        Vocabulary.build([["a"], "text"])
    with pytest.raises(ValueError, match="'a' comes twice"):
        Vocabulary(["a", "b", "a"])


def test_vocabulary_survives_saving(tmp_path):
    """Catches ids that shift between saving and loading, and letters lost to an encoding."""
    vocabulary = Vocabulary(["don't", "caf\u00e9", "not_good", "\u4f60\u597d"])
    vocabulary.save(tmp_path / "words.txt")
    assert Vocabulary.load(tmp_path / "words.txt").tokens == vocabulary.tokens
    Vocabulary([]).save(tmp_path / "none.txt")
    assert len(Vocabulary.load(tmp_path / "none.txt")) == 2


def test_padding_and_mask():
    """Catches a mask taken from the ids, which would hide a genuine id 0, and batches without any word."""
    ids, mask = pad_batch([[5, 0, 7], [], [8]])
    assert ids.tolist() == [[5, 0, 7], [0, 0, 0], [8, 0, 0]]
    assert mask.tolist() == [[True] * 3, [False] * 3, [True, False, False]]
    assert pad_batch([[]])[0].shape == (1, 1)
    assert pad_batch([[4]])[1].tolist() == [[True]]
    assert pad_batch([[1, 2, 3], [4]], max_length=2)[0].tolist() == [[1, 2], [4, 0]]
    with pytest.raises(ValueError, match="max_length"):
        pad_batch([[1]], max_length=0)
