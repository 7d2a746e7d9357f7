"""A text grammar: tables of templates, and a small engine that expands them at random.

The embedded corpora are data: tables from a symbol to its productions. A production is a string with slots,

    {word}     expand the symbol `word`
    {word@}    ... of this text's own topic: `word@horror`; {word@2} is the second topic's
    {word+}    ... agreeing with the text's label: `word+` in a positive text, `word-` in a negative one
    {word-}    ... opposing it, so one rule written from the writer's point of view serves both labels
    {$name}    expand once and repeat: a hero keeps their name through a text
    {!mark}    print nothing and put `mark` on the text: how planted phenomena come to be labelled

A list of productions is drawn from evenly; `words(...)` makes a list whose words follow a Zipf law, as words
do: the word of rank r has weight 1 / (r + 2). Within one text no production is used twice if a few redraws
can avoid it.

What this leaves out: agreement, inflection and meaning. The tables are written so that any choice reads well
enough.
"""

import re
from bisect import bisect
from itertools import accumulate

SLOT = re.compile(r"\{([^{}]*)\}")
VOWEL_ARTICLE = re.compile(r"\b([Aa]) (?!uni[cfoqtv]|us[eu]|one\b|once\b)(?=[aeiou])", re.IGNORECASE)
SENTENCE_START = re.compile(r"(?:^|[.!?] )[a-z]")
REDRAWS = 4
BLOCK = 8192  # uniform draws fetched at a time: one NumPy call per choice would cost more than the choice


class Words(tuple):
    """Words of one table in order of frequency, commonest first: drawn by Zipf's law instead of evenly."""


def words(text):
    """Return the words of `text`, split at white space, as a Zipf-weighted table; `_` stands for a space."""
    return Words(word.replace("_", " ") for word in text.split())


class Symbol:
    """The productions of one symbol, compiled: literals and slots alternate, as re.split leaves them."""

    __slots__ = ("productions", "cumulative", "key")

    def __init__(self, key, productions):
        self.key = key
        self.productions = [SLOT.split(text) for text in productions]
        zipf = isinstance(productions, Words)
        weights = [1.0 / (rank + 2) if zipf else 1.0 for rank in range(1, len(productions) + 1)]
        total = sum(weights)
        self.cumulative = [w / total for w in accumulate(weights)][:-1]  # the last bound, 1, is implied


class Draws:
    """Uniform numbers in [0, 1) from a NumPy Generator, one at a time."""

    def __init__(self, rng):
        self.rng = rng
        self.block = iter(())

    def __call__(self):
        for value in self.block:
            return value
        self.block = iter(self.rng.random(BLOCK).tolist())
        return next(self.block)


class Grammar:
    """Tables of productions that expand to (text, marks).

    Parameters
    ----------
    tables : dict of str to sequence of str
        Symbol -> productions, in the notation of this module's docstring.

    Raises
    ------
    ValueError
        If a table is empty.
    KeyError
        When an expansion reaches a slot that no table defines: its message names the slot.
    """

    def __init__(self, tables):
        empty = [name for name, productions in tables.items() if not productions]
        if empty:
            raise ValueError(f"the grammar's table {empty[0]!r} is empty: give it at least one production")
        self.tables = tables
        self.symbols = {name: Symbol(name, productions) for name, productions in tables.items()}
        self.resolved = {}

    def expand(self, root, draws, topics=(), sign=1, signs=None):
        """Expand `root` into one text.

        Parameters
        ----------
        root : str
            A production, e.g. "{opening} {body}".
        draws : Draws
            Where every random choice comes from.
        topics : tuple of str
            What `@` and `@2` stand for.
        sign : int
            +1 reads `{word+}` as table `word+`, -1 as `word-`.
        signs : dict of str to int, optional
            Symbols whose sign differs from `sign`, e.g. {"tone": -1}.

        Returns
        -------
        text : str
            Sentences capitalised, "a" made "an" before a vowel.
        marks : frozenset of str
            The marks of every production that was used.
        """
        context = (topics, sign, tuple(signs.items()) if signs else ())
        slots = self.resolved.setdefault(context, {})
        pieces, marks, used, once = [], set(), set(), {}

        def emit(production):
            for index, part in enumerate(production):
                if index % 2 == 0:
                    if part:
                        pieces.append(part)
                elif part[0] == "!":
                    marks.add(part[1:])
                elif part[0] == "$":
                    if part not in once:
                        start = len(pieces)
                        emit(["", part[1:]])
                        once[part] = "".join(pieces[start:])
                    else:
                        pieces.append(once[part])
                else:
                    symbol = slots.get(part) or slots.setdefault(part, self._resolve(part, *context))
                    for _ in range(REDRAWS):
                        choice = bisect(symbol.cumulative, draws())
                        if (symbol.key, choice) not in used:
                            break
                    used.add((symbol.key, choice))
                    emit(symbol.productions[choice])

        emit(SLOT.split(root))
        text = VOWEL_ARTICLE.sub(r"\1n ", " ".join("".join(pieces).split()))
        return SENTENCE_START.sub(lambda match: match.group().upper(), text), frozenset(marks)

    def _resolve(self, slot, topics, sign, signs):
        """Return the Symbol that `slot` means in a context of topics and signs."""
        name, agrees = (slot[:-1], slot[-1]) if slot[-1] in "+-" else (slot, "")
        base, at, place = name.partition("@")
        if at:
            name = f"{base}@{topics[int(place or 1) - 1]}"
        if agrees:
            here = dict(signs).get(base, sign) * (1 if agrees == "+" else -1)
            name += "+" if here > 0 else "-"
        if name not in self.symbols:
            raise KeyError(f"the grammar has no table {name!r}, which the slot {{{slot}}} asks for")
        return self.symbols[name]


def distinct_texts(expand, plans, max_tries=50):
    """Expand every plan to a text that no earlier plan gave.

    Parameters
    ----------
    expand : callable
        plan -> (text, marks).
    plans : iterable
        What each text is to be (its label, its topic ...), in order.
    max_tries : int
        Redraws allowed for a text already seen.

    Returns
    -------
    list of (str, frozenset of str)

    Raises
    ------
    RuntimeError
        If a plan keeps giving seen texts: the grammar is too small for that many.
    """
    seen, out = set(), []
    for plan in plans:
        for _ in range(max_tries):
            text, marks = expand(plan)
            if text not in seen:
                break
        else:
            raise RuntimeError(f"no new text in {max_tries} tries after {len(out)}: the grammar is too small")
        seen.add(text)
        out.append((text, marks))
    return out
