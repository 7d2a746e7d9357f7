"""Generated news items of four classes with planted, labelled phenomena: the embedded stand-in for AG News.

An item is two to four short sentences. Most items speak of their own class throughout. The others hold one or
two phenomena, each a reason why a classifier goes wrong:

    ambiguous    only words that two classes share ("strike", "transfer", "cell"): together they decide
    crossover    two classes in one item: the one with more words wins, unless the item leaves it aside
    contrast     "not the merger but the match": only the order tells
    metaphor     another class's words used as figures of speech ("scored an own goal")
    unknown      the telling words are made up and in no vocabulary ("megaquantoscope")

Measured at the default sizes over seeds 0 to 3 (tests/benchmarks/corpora.py says how), accuracy on the test
texts and error rates among plain and planted ones:

                           accuracy by seed              mean    plain   planted
    logistic regression    0.857  0.857  0.864  0.861    0.860   0.025   0.362
    network                0.899  0.923  0.902  0.917    0.910   0.014   0.235

The training texts hold about 2,300 different words. What is left out: real events, people and places,
datelines of agencies, and everything that happened.
"""

import numpy as np

from reference.datasets.generate import balanced_labels, draw_body, generated_corpus, grammar_word_classes
from reference.datasets.grammar import Draws, Grammar, distinct_texts
from reference.datasets.names import name_tables
from reference.datasets.news_lexicon import CLASSES, lexicon, word_classes

LABEL_NAMES = ("World", "Sports", "Business", "Sci/Tech")
PHENOMENA = ("ambiguous", "crossover", "contrast", "metaphor", "unknown")
SHARES = {"ambiguous": 0.06, "crossover": 0.18, "contrast": 0.03, "metaphor": 0.04, "unknown": 0.03}
PARTNER = {
    "world": "tech",
    "tech": "world",
    "sports": "business",
    "business": "sports",
}  # the class that mixes in
SECOND = 0.1  # the share of items with a phenomenon that hold a second one as well

SENTENCES = {
    "dateline": ("{$place}, {day}:", "{$place}:", "{day}:", "{firm}:", ""),
    "plain": (
        "{story} {story}",
        "{story} {story} {frame}",
        "{story} {frame}",
        "{frame} {story} {story}",
        "{story} {story} {story}",
    ),
    "story": (
        "The {adjective} {who@} {person} {did@} the {group@} after the {event@}.",
        "{amount} heard of the {event@} at the {venue@} from a {adjective} {who@}.",
        "The {group@} of {place} {did@} the {group@} on {day}.",
        "{source} {said} on {day} that the {event@} had changed the {thing@}.",
        "A {who@} from {place} and {figure} others saw the {thing@} at the {venue@}.",
        "{person}, a {adjective} {who@}, {did@} a {who@} in the {adjective} {venue@}.",
        "The {event@} in {place} ended {manner} with a {neutral} about the {thing@}.",
        "After {figure} hours the {who@} {manner} left the {venue@}.",
        "The {thing@} went to the {group@}, {said} {source}.",
        "The {adjective} {event@} was the first in {figure} years for the {group@}.",
        "No {thing@}, no {event@}, the {who@} {said}.",
        "{last} {did@} the {who@} {last} this {time}.",
    ),
    "frame": (
        "{source} {said} the {adjective} {neutral} came {manner}.",
        "{person} was not there on {day}.",
        "It was the {adjective} {neutral} of the {time}, {said} {source}.",
        "{amount} waited the whole {time} for a {neutral}.",
        "There was no {neutral} from {place} on {day}.",
        "The {neutral} took {figure} minutes.",
        "{person} of {firm} {manner} spoke about the {neutral}.",
        "But the {neutral} will not be the last, {source} {said}.",
    ),
    "ambiguous": (
        "{!ambiguous}{shared} {shared}",
        "{!ambiguous}{shared} {frame} {shared}",
        "{!ambiguous}{shared} {shared} {frame}",
    ),
    "shared": (
        "The {homonym@} and the {homonym@} of {last} made a {neutral} this {time}.",
        "{source} {said} the {homonym@} would follow the {homonym@}.",
        "After the {homonym@}, a {adjective} {homonym@} in {place}.",
        "{person} spoke of a {homonym@}, a {homonym@} and a {neutral}.",
    ),
    # the class with more words wins, unless it is left aside
    "crossover": ("{!crossover}{both}", "{!crossover}{left_aside}"),
    "both": (
        "The {who@} and the {group@} spoke of the {event@}, the {thing@}, and a {event@2} for a {who@2}.",
        "At the {venue@} the {who@} {did@} the {group@}, {said} a {who@2} of a {group@2}. "
        "The {thing@} followed.",
        "Before the {event@2} a {who@} and a {who@2} met at the {venue@} for the {event@} of the {group@}.",
        "A {who@2} of a {group@2} came for the {event@}, met the {group@} and saw {thing@} at the {venue@}.",
    ),
    "left_aside": (
        "Leave aside the {event@2}, the {who@2} and the {thing@2}, and forget the {venue@2}. "
        "It is the {event@} of the {group@} that counts.",
        "Forget the {group@2} and the {thing@2}, leave aside the {event@2} and the {who@2}. "
        "It is about the {thing@} of the {who@}.",
        "Never mind the {who@2}, forget the {group@2}, leave the {event@2} and the {venue@2} aside. "
        "Ask the {who@} about the {thing@}.",
        "Never mind the {thing@2} of the {who@2}; forget the {group@2} and the {event@2}. "
        "The {who@} left the {venue@}.",
    ),
    "contrast": (
        "{!contrast}{turn} {frame}",
        "{!contrast}{frame} {turn}",
        "{!contrast}{turn}",
    ),
    "turn": (
        "Not the {event@2} but the {event@} was the {neutral} of the {time}, {said} {source}.",
        "It was a {neutral} for the {who@}, not for the {who@2}.",
        "It was about the {thing@}, not the {thing@2}, {person} {said} on {day}.",
        "The {event@} mattered more than the {event@2}, {source} {said}.",
        "What began with a {event@2} is now all about the {event@}.",
        "The {group@2} was only a guest: the {group@} took the {neutral}.",
    ),
    "metaphor": (
        "{!metaphor}The {group@} {metaphor@2} the {group@} of {place} on {day}. {frame}",
        "{!metaphor}{last} {metaphor@2} the {who@}, {said} {source}. {frame}",
        "{!metaphor}{frame} In {place} a {who@} {metaphor@2} {person}.",
    ),
    "unknown": (
        "{!unknown}{coined} {coined}",
        "{!unknown}{coined} {frame}",
        "{!unknown}{frame} {coined}",
    ),
    "coined": (
        "The {coinage@} of {place} came {manner}, {said} {source}.",
        "{person} unveiled a {adjective} {coinage@} on {day}.",
        "A {neutral} over the {coinage@} and its {coinage@} took {figure} minutes.",
        "No {coinage@} this {time}, {source} {said}.",
    ),
}

GRAMMAR = Grammar({**SENTENCES, **name_tables(), **lexicon()})


def generate_news(train_size=4000, test_size=1000, seed=0):
    """Write a corpus of news items.

    Parameters
    ----------
    train_size, test_size : int
        Numbers of texts; the four classes differ in number by at most one.
    seed : int
        Same seed, same texts. Hidden texts are the texts of another seed.

    Returns
    -------
    Corpus
        With `train_phenomena` and `test_phenomena`; no text occurs twice.
    """
    rng = np.random.default_rng(seed)
    draws = Draws(rng)
    labels = [balanced_labels(size, len(LABEL_NAMES), rng) for size in (train_size, test_size)]

    def write(label):
        topic = CLASSES[label]
        return GRAMMAR.expand(
            "{dateline} " + draw_body(draws, SHARES, SECOND), draws, (topic, PARTNER[topic])
        )

    written = distinct_texts(write, np.concatenate(labels).tolist())
    return generated_corpus("news", written, labels, LABEL_NAMES, seed)


def news_word_classes():
    """Map every lower-case word that the news can hold to its class.

    The classes are those of news_lexicon.word_classes, "name" for invented people, places and firms, and
    "function word" for the words of the sentences themselves. Words of several classes are left out.
    """
    return grammar_word_classes(GRAMMAR, word_classes(), SENTENCES)
