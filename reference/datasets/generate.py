"""What the two generated corpora share: balanced labels, the choice of phenomena, word classes."""

import re

import numpy as np

from reference.datasets.corpus import Corpus
from reference.datasets.grammar import SLOT

TOKEN = re.compile(r"[a-z]+(?:['-][a-z]+)*")


def balanced_labels(size, n_classes, rng):
    """Return `size` labels, shape (size,), shuffled, whose counts differ by at most one."""
    if size < 0:
        raise ValueError(f"a corpus cannot have {size} texts: give a size of 0 or more")
    return rng.permutation(np.arange(size) % n_classes)


def draw_body(draws, shares, second):
    """Choose what a text holds: "{plain}", one phenomenon by its share, or two with probability `second`."""

    def draw(scale):
        point = draws() * scale
        for phenomenon, share in shares.items():
            point -= share
            if point < 0:
                return phenomenon
        return "plain"

    first = draw(1.0)
    if first != "plain" and draws() < second:
        other = draw(sum(shares.values()))
        if other not in (first, "plain"):
            return f"{{{first}}} {{{other}}}"
    return f"{{{first}}}"


def generated_corpus(name, written, labels, label_names, seed):
    """Pack (text, marks) pairs, train before test, into a Corpus."""
    train_labels, test_labels = labels
    texts, marks = zip(*written, strict=True) if written else ((), ())
    cut = len(train_labels)
    return Corpus(
        name=name,
        train_texts=texts[:cut],
        train_labels=train_labels,
        test_texts=texts[cut:],
        test_labels=test_labels,
        label_names=label_names,
        source=f"embedded: generated {name}, seed {seed} (no real text)",
        train_phenomena=marks[:cut],
        test_phenomena=marks[cut:],
    )


def unambiguous(tables):
    """Map the single words of (table, class) pairs, lower-case, to their class; words of several are out."""
    classes = {}
    for table, name in tables:
        for word in table:
            if " " not in word:
                classes.setdefault(word.lower(), set()).add(name)
    return {word: names.pop() for word, names in classes.items() if len(names) == 1}


def grammar_word_classes(grammar, lexicon_classes, sentences):
    """Extend a lexicon's classes by "name" and by "function word", the words that only sentences hold."""
    names = {word.lower() for table in ("first", "last", "place", "firm") for word in grammar.tables[table]}
    listed = {
        word.lower() for name, table in grammar.tables.items() if name not in sentences for word in table
    }
    literal = " ".join(SLOT.sub(" ", text) for table in sentences.values() for text in table).lower()
    classes = {word: "function word" for word in TOKEN.findall(literal) if word not in listed}
    classes |= {name: "name" for name in names}
    return classes | lexicon_classes
