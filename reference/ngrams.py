"""N-grams as tokens: a little word order for a model that pools, fast enough for a real corpus.

To a network that averages, "not good" is "not" and "good". If every run of up to three words is a token with
an embedding of its own, "not_good" is something else than its parts. `text.add_ngrams` shows the idea with
strings. 20,000 film reviews have 16 million of them, and those are better handled as numbers: an n-gram that
is frequent enough has a frequent beginning, so one integer made of two known parts stands for it,

    code("not a good") = id("not a") * V + id("good"),

and a level of n-grams is one sorted array of codes: counting is sorting, looking up is bisection.

Sentence marks are words here, other than in text.py: "!" and "?" carry feeling, and a bigram should know
that a sentence ended in between. So is a rating, "7/10" or "****": cut into "7" and "10" it would need luck
to be found again. Left out: gaps ("not ... good"), stemming, anything below the word.

Pooling forgets also where a word stood, and reviewers give their verdict at the beginning and at the end:
"worst" means more there than in the retelling of a plot. ZonedVocabulary gives the first and the last words
of a text tokens of their own, besides the common ones. (Pang, Lee & Vaithyanathan, 2002, marked each word by
its place *instead*, which thins out every count, and gained nothing.)
"""

import re
import unicodedata

import numpy as np

from reference.text import PAD_ID, UNK_ID, Vocabulary

_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ZONES = ("", "first:", "last:")  # what the names of a zone's n-grams begin with
_WORD_OR_MARK = re.compile(r"""\d+(?:\.\d+)?/\d+|\*+|[^\W_]+(?:'[^\W_]+)*|[!?.,;:()"]""")


def words_and_marks(text):
    """Split one text by the word rule of text.py, keeping as tokens each mark ! ? . , ; : ( ) " and ratings.

    A rating is two numbers with a slash between them ("7/10", "7.5/10") or a run of stars ("****").

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str

    Raises
    ------
    TypeError
        If `text` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"words_and_marks expects a string, got {type(text).__name__}: {text!r:.60}")
    text = unicodedata.normalize("NFC", _LINE_BREAK.sub(" ", text).lower()).replace("\u2019", "'")
    return _WORD_OR_MARK.findall(text)


class NGramVocabulary:
    """The n-grams of the training texts and their ids, which are rows of the embedding matrix.

    Ids 0 and 1 are the word vocabulary's padding and unknown word and are never given out; then come the
    words, then the known bigrams, then the trigrams, ...

    Parameters
    ----------
    words : Vocabulary
    codes : sequence of ndarray of int64
        codes[0] holds the known bigrams, codes[1] the trigrams, ..., each sorted.
    """

    def __init__(self, words, codes):
        self.words = words
        self.codes = list(codes)
        self.starts = np.cumsum([0, len(words), *map(len, self.codes)])  # n-grams: starts[n-1] .. starts[n]-1

    @classmethod
    def build(cls, token_lists, max_n=3, min_documents=2):
        """Keep the n-grams that occur in at least `min_documents` of the *training* texts.

        Parameters
        ----------
        token_lists : sequence of m lists of str
        max_n : int
            Longest n-gram; 1 for words only.
        min_documents : int
            With 1, every rare n-gram of a training text is known there and unknown in every other text.

        Returns
        -------
        NGramVocabulary

        Raises
        ------
        ValueError
            If max_n or min_documents is below 1.
        """
        if max_n < 1 or min_documents < 1:
            raise ValueError(f"max_n and min_documents must be at least 1, got {max_n} and {min_documents}")
        vocabulary = cls(Vocabulary.build(map(set, token_lists), min_count=min_documents), [])
        word, document = vocabulary._flatten(token_lists)
        m, gram = len(token_lists), np.where(word == UNK_ID, -1, word)
        for _ in range(2, max_n + 1):
            code = vocabulary._codes(gram, word, document)
            there = np.flatnonzero(code >= 0)
            pairs = _distinct(code[there] * m + document[there])  # an n-gram counts once for each document
            code_of_pair = pairs // m  # still sorted
            known = _distinct(code_of_pair)
            n_documents = np.diff(np.searchsorted(code_of_pair, known), append=len(pairs))
            vocabulary.codes.append(known[n_documents >= min_documents])
            gram = _find(code, vocabulary.codes[-1])
        return cls(vocabulary.words, vocabulary.codes)

    def __len__(self):
        return int(self.starts[-1])

    @property
    def max_n(self):
        """The length of the longest n-grams."""
        return 1 + len(self.codes)

    def encode_all(self, token_lists, distinct=True):
        """Token lists to the ids of their n-grams; what is not known is left out.

        Parameters
        ----------
        token_lists : sequence of m lists of str
        distinct : bool
            True: each n-gram once, however often the text has it, in the order of the ids. Once a review says
            "wonderful", a second time tells little (Wang & Manning, 2012). False: every occurrence.

        Returns
        -------
        list of m ndarray of int64
            An array may be empty.
        """
        word, document = self._flatten(token_lists)
        gram = np.where(word == UNK_ID, -1, word)
        keys = []
        for level in range(self.max_n):
            if level:
                gram = _find(self._codes(gram, word, document), self.codes[level - 1])
            there = np.flatnonzero(gram >= 0)
            # one number that sorts by document, then by id
            keys.append(document[there] * len(self) + self.starts[level] + gram[there])
        keys = np.concatenate(keys)
        keys = _distinct(keys) if distinct else np.sort(keys)
        borders = np.searchsorted(keys, np.arange(1, len(token_lists)) * len(self))
        return np.split(keys % len(self), borders) if token_lists else []

    def decode(self, ids):
        """Ids back to text, the words of an n-gram joined by "_".

        Raises
        ------
        IndexError
            If an id is not below len(vocabulary) or negative.
        """
        return [self._decode(int(i)) for i in ids]

    def _decode(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"id {i} is not in the vocabulary: valid ids are 0 to {len(self) - 1}")
        level = int(np.searchsorted(self.starts, i, side="right")) - 1
        if level == 0:
            return self.words.tokens[i]
        left, word = divmod(int(self.codes[level - 1][i - self.starts[level]]), len(self.words))
        return f"{self._decode(int(self.starts[level - 1]) + left)}_{self.words.tokens[word]}"

    def arrays(self):
        """The vocabulary as a dict of plain arrays, for np.savez; `from_arrays` reads it."""
        words = "\n".join(self.words.tokens[2:]).encode()  # a token never contains a line break
        codes = {f"codes{n}": code for n, code in enumerate(self.codes, start=2)}
        return {"words": np.frombuffer(words, dtype=np.uint8), **codes}

    @classmethod
    def from_arrays(cls, arrays):
        """Undo `arrays`; entries of other names are ignored."""
        text = arrays["words"].tobytes().decode()
        codes = []
        while f"codes{len(codes) + 2}" in arrays:
            codes.append(arrays[f"codes{len(codes) + 2}"])
        return cls(Vocabulary(text.split("\n") if text else []), codes)

    def _flatten(self, token_lists):
        """Every word's id in one array (N,), and the document each is in (N,)."""
        ids = [self.words.encode(tokens) for tokens in token_lists]
        document = np.repeat(np.arange(len(ids)), [len(i) for i in ids])
        return (np.concatenate(ids) if ids else np.zeros(0, np.int64)), document

    def _codes(self, gram, word, document):
        """The code of the next longer n-gram from each place; -1 if there is none or a part is unknown."""
        n = len(word) - len(gram) + 1  # gram[i] is the n-gram that starts at word i
        left, last = gram[: len(word) - n], word[n:]
        whole = (left >= 0) & (last != UNK_ID) & (last != PAD_ID) & (document[: len(left)] == document[n:])
        return np.where(whole, left * len(self.words) + last, -1)


class ZonedVocabulary:
    """N-grams of whole texts, and once more those of their first and of their last words, with ids of their own.

    "worst" near the end of a text is two tokens: "worst", which it is anywhere, and "last:worst". The parts'
    ids follow one another; each part keeps two ids for padding and the unknown word that are never given out.

    Parameters
    ----------
    edge : int
        How many words count as the first, and as the last; 0 for whole texts only.
    parts : sequence of NGramVocabulary
        Of whole texts, first words, last words; with edge 0 of whole texts alone.
    """

    def __init__(self, edge, parts):
        self.edge, self.parts = edge, list(parts)
        self.starts = np.cumsum([0, *map(len, self.parts)])

    @classmethod
    def build(cls, token_lists, max_n=3, min_documents=2, edge=0, edge_max_n=2):
        """Keep the n-grams that occur in at least `min_documents` of the *training* texts, in each zone.

        Parameters
        ----------
        token_lists : sequence of m lists of str
        max_n, min_documents : int
            As in NGramVocabulary.build.
        edge : int
        edge_max_n : int
            Longest n-gram of the first and last words: there is less of them to count.

        Returns
        -------
        ZonedVocabulary

        Raises
        ------
        ValueError
            If max_n, min_documents or edge_max_n is below 1, or edge below 0.
        """
        if edge < 0:
            raise ValueError(f"edge must be at least 0, got {edge}")
        lengths = (max_n, edge_max_n, edge_max_n)
        zones = _zones(token_lists, edge)
        return cls(edge, [NGramVocabulary.build(zone, n, min_documents)
                          for zone, n in zip(zones, lengths, strict=False)])

    def __len__(self):
        return int(self.starts[-1])

    def encode_all(self, token_lists, distinct=True):
        """Token lists to ids as in NGramVocabulary.encode_all; each n-gram once in each zone if distinct."""
        encoded = [part.encode_all(zone, distinct)
                   for part, zone in zip(self.parts, _zones(token_lists, self.edge), strict=True)]
        return [np.concatenate([ids + start for ids, start in zip(document, self.starts, strict=False)])
                for document in zip(*encoded, strict=True)]

    def decode(self, ids):
        """Ids back to text, with "first:" or "last:" before the n-grams of those zones.

        Raises
        ------
        IndexError
            If an id is not below len(vocabulary) or negative.
        """
        return [self._decode(int(i)) for i in ids]

    def _decode(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"id {i} is not in the vocabulary: valid ids are 0 to {len(self) - 1}")
        zone = int(np.searchsorted(self.starts, i, side="right")) - 1
        return _ZONES[zone] + self.parts[zone].decode([i - self.starts[zone]])[0]

    def arrays(self):
        """The vocabulary as a dict of plain arrays, for np.savez; `from_arrays` reads it."""
        arrays = {f"{zone}{key}": array for zone, part in zip(_ZONES, self.parts, strict=False)
                  for key, array in part.arrays().items()}
        return {"edge": np.array(self.edge), **arrays}

    @classmethod
    def from_arrays(cls, arrays):
        """Undo `arrays`; entries of other names are ignored."""
        edge = int(arrays["edge"])
        return cls(edge, [NGramVocabulary.from_arrays({key.removeprefix(zone): array for key, array in arrays.items()
                                                       if key.startswith(zone)}) for zone in _ZONES[: 3 if edge else 1]])


def _zones(token_lists, edge):
    """The texts, and with an edge also their first and their last words: a list of 1 or 3 lists of token lists."""
    if not edge:
        return [token_lists]
    return [token_lists, [tokens[:edge] for tokens in token_lists], [tokens[-edge:] for tokens in token_lists]]


def _distinct(numbers):
    """What np.unique gives, by sorting: faster for millions of mostly different numbers."""
    numbers = np.sort(numbers)
    return numbers[np.diff(numbers, prepend=-1) > 0]  # none is negative


def _find(codes, known):
    """The place of each code in the sorted array `known`, -1 for one that is not there."""
    place = np.searchsorted(known, codes)
    found = place < len(known)
    found[found] = known[place[found]] == codes[found]
    return np.where(found, place, -1)
