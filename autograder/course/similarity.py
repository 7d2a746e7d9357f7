"""Which submissions are more alike than chance makes them: pointers for people who then look, never a verdict.

Work is compared answer by answer, in overlapping runs of tokens (shingles). What was released counts for nothing, names that
students choose are all the same, and what many wrote weighs little: a shingle weighs log((n + 1) / k) if k of n students
have it (inverse document frequency). What two share is the sum of its weights over all answers.

How much two share by chance follows from the class itself: two works are put together, answer for answer, from pairs of
students drawn anew each time. The distribution of such a sum is the convolution of the answers' distributions over all
pairs. Left out: that one person's answers go together in style, so honest pairs come out rarer than they are; and that one
answer alone tells too little, so in an assignment of a single answer nothing is found.
"""

import builtins
import itertools
import keyword
import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from scipy import sparse

_TOKENS = 5_000  # of one answer: no student needs more, and nobody's file may cost hours
_CODE, _PROSE = 6, 4  # tokens of a shingle
_TOKEN = re.compile(r"[^\W\d]\w*|\d[\w.]*|\S")
_COMMENT = re.compile(r"#.*")
_PYTHON = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
_STEPS = 2_000  # of what is shared, in which its distribution is counted
_EXPECTED = 0.1  # pairs that chance may give in a class for one of them to be listed
_LISTED = 100
_ALIKE = 0.8  # of the shorter answer


@dataclass(frozen=True)
class Pair:
    """Two students whose work is more alike than chance makes it.

    Parameters
    ----------
    students : tuple of str
    shared : float
        The share of the smaller work, by weight, that the other holds too.
    chance : float
        The share of pairs that chance would make as alike.
    answers : list of str
        Those that are nearly the same.
    """

    students: tuple[str, str]
    shared: float
    chance: float
    answers: list[str]


@dataclass(frozen=True)
class Answer:
    """What somebody wrote in one place: its text, and whether that is code."""

    text: str
    code: bool


def pairs(works, released):
    """The pairs that chance hardly explains, least likely first.

    Parameters
    ----------
    works : dict of str to dict of str to Answer
        Student -> place -> answer.
    released : str
        All text that everybody was given.

    Returns
    -------
    list of Pair
    """
    students = sorted(works)
    if len(students) < 3:
        return []  # two are as alike as they are; there is nobody to compare with
    given = set(_TOKEN.findall(released))
    ignored = {code: set(_shingles(Answer(released, code), given, len(released))) for code in (True, False)}
    places = sorted({place for answers in works.values() for place in answers})
    upper = np.triu_indices(len(students), 1)
    shared, sizes, chances, each = 0.0, 0.0, None, {}
    for place in places:
        common, size = _compare([works[student].get(place) for student in students], given, ignored)
        each[place] = common, size
        shared, sizes = shared + common, sizes + size
    top = max(float(np.max(shared[upper])), 1e-9)
    for common, _ in each.values():
        steps = np.minimum(np.ceil(common[upper] / top * _STEPS), _STEPS).astype(int)  # upwards: in favour of chance
        histogram = np.bincount(steps, minlength=_STEPS + 1) / len(steps)
        chances = histogram if chances is None else _add_up(chances, histogram)
    at_least = np.cumsum(chances[::-1])[::-1]
    chance = np.clip(at_least[np.floor(shared[upper] / top * _STEPS).astype(int)], 0, 1)
    found = []
    for index in np.lexsort((-shared[upper], chance)):
        a, b = upper[0][index], upper[1][index]
        if chance[index] * len(chance) >= _EXPECTED or len(found) == _LISTED:
            break
        alike = [place for place, (common, size) in each.items() if common[a, b] > _ALIKE * max(min(size[a], size[b]), 1e-9)]
        found.append(Pair((students[a], students[b]), float(shared[a, b] / min(sizes[a], sizes[b])), float(chance[index]), alike))
    return found


def _add_up(one, other):
    """The distribution of the sum of two; what lies beyond the last step is counted there."""
    total = np.convolve(one, other)
    total[_STEPS] = total[_STEPS:].sum()
    return total[:_STEPS + 1]


def _compare(answers, given, ignored):
    """What each two share of one answer (n, n), and how much each wrote (n,), by weight."""
    known, rows, columns = defaultdict(itertools.count().__next__), [], []
    for row, answer in enumerate(answers):
        own = set(_shingles(answer, given)) - ignored[answer.code] if answer else ()
        rows += [row] * len(own)
        columns += [known[shingle] for shingle in own]
    n = len(answers)
    held = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(n, max(len(known), 1)))
    weights = np.log((n + 1) / np.maximum(held.sum(axis=0), 1))
    weighted = held * weights
    return (weighted @ held.T).toarray(), np.asarray(weighted.sum(axis=1)).ravel()


def _shingles(answer, given, most=_TOKENS):
    text = _COMMENT.sub("", answer.text) if answer.code else answer.text.lower()
    tokens = [match[0] for match in itertools.islice(_TOKEN.finditer(text), most)]
    length = _PROSE
    if answer.code:
        length = _CODE
        after = ["", *tokens]
        tokens = [
            token if not token.isidentifier() or token in given or token in _PYTHON or after[place] == "." else "a name"
            for place, token in enumerate(tokens)
        ]
    return zip(*(tokens[start:] for start in range(length)))
