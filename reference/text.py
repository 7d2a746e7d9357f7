"""From text to numbers: words, a vocabulary, and batches of sequences that differ in length.

The tokenizer is the lecture's simple word split, written down as a rule so that its limits can be named too:

  1. HTML line breaks (`<br />`, all over the film reviews) become spaces, text is lower-cased and brought to
     Unicode form NFC (so that an accent typed as a second character joins its letter), and the curly
     apostrophe becomes '.
  2. A token is a longest run of letters and digits; an apostrophe *between* two such runs belongs to it, so
     "don't" and "rock'n'roll" are one token each.
  3. Everything else (spaces, punctuation, hyphens, underscores, emoji) separates tokens and is thrown away.

What the rule cannot do, and the next lecture takes up: "New York" is two tokens; "U.S." is "u", "s"; "3.5" is
"3", "5"; "well-made" is two; "students'" loses its apostrophe; "run" and "running" have nothing to do with
each other; a text without spaces between words (Chinese, Japanese, Thai) comes out as very long "words", and
scripts whose vowel signs are combining marks (Hindi, say) are cut at those marks. A word that the vocabulary
has not seen becomes <unk>: two different unknown words look the same from there on.
"""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
from tqdm import tqdm

PAD, UNK = "<pad>", "<unk>"  # rule 3 throws < and > away: no word can be mistaken for one of these
PAD_ID, UNK_ID = 0, 1

_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")  # [^\W_] is a letter or digit of any script


def tokenize(text):
    """The words of a text: runs of letters, digits and apostrophes, in lower case.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Lower-case words in reading order; the empty list for a text without any word
        ("", "  ", "?!").

    Raises
    ------
    TypeError
        If `text` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"tokenize expects a string, got {type(text).__name__}: "
                        f"{text!r:.60}")
    text = unicodedata.normalize(
        "NFC", _LINE_BREAK.sub(" ", text).lower()).replace("\u2019", "'")
    return _WORD.findall(text)


def tokenize_all(texts, max_ngram=1, progress=True):
    """Tokenize many texts.

    Parameters
    ----------
    texts : sequence of str
    max_ngram : int
        1 for words only, 2 to add pairs of neighbours, and so on: see `add_ngrams`.
    progress : bool
        Show a bar once the work has taken two seconds.

    Returns
    -------
    list of list of str

    Raises
    ------
    TypeError
        If `texts` is one string, or an element is not a string (the message names its index).
    """
    if isinstance(texts, str):
        raise TypeError("tokenize_all expects a list of texts, got one string: write tokenize_all([text])")
    token_lists = []
    for index, text in enumerate(tqdm(texts, desc="tokenize", unit="text", delay=2, disable=not progress)):
        if not isinstance(text, str):
            raise TypeError(f"texts[{index}] is not a string but {type(text).__name__} ({text!r:.40}): "
                            "remove it or replace it by a text")
        token_lists.append(add_ngrams(tokenize(text), max_ngram))
    return token_lists


def add_ngrams(tokens, max_n):
    """Append the n-grams of order 2 to `max_n` to the words: a little word order for a model that pools.

    "not good" becomes ["not", "good", "not_good"]. A word never contains "_" (rule 3), so an n-gram is never
    taken for a word.

    Parameters
    ----------
    tokens : list of str
    max_n : int, at least 1

    Returns
    -------
    list of str
        The words, then all bigrams in reading order, then all trigrams, ...

    Raises
    ------
    ValueError
        If `max_n` is below 1.
    """
    if max_n < 1:
        raise ValueError(f"max_n must be at least 1 (words only), got {max_n}")
    grams = list(tokens)
    for n in range(2, max_n + 1):
        grams += ["_".join(tokens[start : start + n]) for start in range(len(tokens) - n + 1)]
    return grams


class Vocabulary:
    """A one-to-one map between tokens and the ids 0 .. len - 1, which are rows of the embedding matrix.

    Id 0 is padding and id 1 stands for every unknown token. The other tokens follow, from frequent to rare
    when `build` made the vocabulary.

    Parameters
    ----------
    words : sequence of str
        The known tokens, without the two special ones; words[0] gets id 2.

    Attributes
    ----------
    tokens : list of str
        tokens[i] is the token with id i, so tokens[0] == "<pad>" and tokens[1] == "<unk>".

    Raises
    ------
    ValueError
        If a token comes twice.
    """

    def __init__(self, words):
        self.tokens = [PAD, UNK, *words]
        self._id_of = {token: i for i, token in enumerate(self.tokens)}
        if len(self._id_of) < len(self.tokens):
            twice = next(token for token, n in Counter(self.tokens).items() if n > 1)
            raise ValueError(f"a vocabulary holds each token once, but {twice!r} comes twice")

    @classmethod
    def build(cls, token_lists, min_count=1, max_size=None):
        """Count the tokens of the *training* texts and keep the frequent ones.

        Parameters
        ----------
        token_lists : iterable of list of str
        min_count : int
            A token is kept if it occurs at least this often. With min_count=1 no training text contains
            <unk>, so its embedding never learns anything: prefer 2 or more when new texts will come.
        max_size : int or None
            Upper limit on len(vocabulary), the two special tokens included, so at most this many rows of E.
            Among equally frequent tokens the alphabetically first stay: the result does not depend on the
            order of the texts.

        Returns
        -------
        Vocabulary

        Raises
        ------
        ValueError
            If max_size leaves no room for the two special tokens.
        TypeError
            If an element is a string instead of a list of tokens (the message names its index).
        """
        if max_size is not None and max_size < 2:
            raise ValueError(f"max_size counts <pad> and <unk>, so it must be at least 2; got {max_size}")
        counts = Counter()
        for index, tokens in enumerate(token_lists):
            if isinstance(tokens, str):
                raise TypeError(f"token_lists[{index}] is a string: call tokenize_all first")
            counts.update(tokens)
        frequent = [token for token, count in counts.items() if count >= min_count]
        ranked = sorted(frequent, key=lambda token: (-counts[token], token))
        return cls(ranked if max_size is None else ranked[: max_size - 2])

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self._id_of

    def id_of(self, token):
        """The id of a token, `UNK_ID` for one that is not in the vocabulary."""
        return self._id_of.get(token, UNK_ID)

    def encode(self, tokens):
        """Tokens to ids.

        Parameters
        ----------
        tokens : list of str, length n

        Returns
        -------
        ndarray of int64, shape (n,)
            Shape (0,) for no tokens; all ones if every token is unknown.

        Raises
        ------
        TypeError
            If `tokens` is a string: its letters would be looked up one by one.
        """
        if isinstance(tokens, str):
            raise TypeError(f"encode expects tokens, got the string {tokens!r:.40}: call tokenize first")
        return np.array([self._id_of.get(token, UNK_ID) for token in tokens], dtype=np.int64)

    def encode_all(self, token_lists):
        """`encode` for each element of a list: a list of id arrays of different lengths."""
        return [self.encode(tokens) for tokens in token_lists]

    def decode(self, ids):
        """Ids back to tokens; what was unknown stays "<unk>".

        Parameters
        ----------
        ids : sequence of int

        Returns
        -------
        list of str

        Raises
        ------
        IndexError
            If an id is negative or not below len(vocabulary).
        """
        for i in ids:
            if not 0 <= i < len(self):
                raise IndexError(f"id {i} is not in the vocabulary: valid ids are 0 to {len(self) - 1}")
        return [self.tokens[i] for i in ids]

    def save(self, path):
        """Write one token a line (UTF-8), the special ones left out, in the order of their ids."""
        text = "".join(f"{token}\n" for token in self.tokens[2:])
        Path(path).write_text(text, encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, path):
        """Read what `save` wrote."""
        text = Path(path).read_text(encoding="utf-8")
        return cls(text.split("\n")[:-1])


def pad_batch(sequences, max_length=None):
    """Sequences of different lengths as one rectangle, and a mask that tells words from filling.

    Parameters
    ----------
    sequences : list of m integer sequences
    max_length : int or None
        Longer sequences are cut after this many ids.

    Returns
    -------
    ids : ndarray of int64, shape (m, T)
        T is the length of the longest sequence (after cutting), at least 1; `PAD_ID` to the right of the
        shorter ones.
    mask : ndarray of bool, shape (m, T)
        True where a word is. The row of an empty sequence is False throughout.

    Raises
    ------
    ValueError
        If max_length is below 1.
    """
    if max_length is not None and max_length < 1:
        raise ValueError(f"max_length must be at least 1, got {max_length}")
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    if max_length is not None:
        lengths = np.minimum(lengths, max_length)
    T = max(1, int(lengths.max(initial=0)))
    mask = np.arange(T) < lengths[:, None]  # (m, T)
    ids = np.full(mask.shape, PAD_ID, dtype=np.int64)
    for row, sequence, n in zip(ids, sequences, lengths, strict=True):
        row[:n] = sequence[:n]
    return ids, mask
