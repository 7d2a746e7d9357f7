"""Generated film reviews with planted, labelled phenomena: the embedded stand-in for IMDB.

A review is an opening, some plot and a body that carries the opinion. Most bodies are plain. The others hold
one or two phenomena, each a reason why a classifier goes wrong:

    genre        only tone words ("grim", "cosy"), whose polarity depends on the genre: XOR in words
    negation     "not dull, never clumsy": a bag can tell; "dull, not gripping", "gripping, not dull": no
    contrast     "started well but ended badly": only the order tells
    mixed        good and bad aspects, the majority decides
    sarcasm      praise that means blame, and mock complaint that means praise
    intensifier  "a bit dull, somewhat flat, but utterly gripping": strength outweighs number
    unknown      the opinion is in made-up words that no vocabulary holds ("megasnoozefest")

Every rule is written once from the reviewer's point of view and serves both labels (grammar.py says how), so
that labels are balanced within each phenomenon and no connective gives a label away. Openings also hold
negators and "but"s that mean nothing.

Dark films are liked more often than warm ones here (DARK_SHARE), a cue of its own and a foothold: XOR is a
saddle for gradient descent, and with genre and label independent the network errs on 40% of the genre texts
instead of 20%.

Measured at the default sizes over seeds 0 to 3 (tests/benchmarks/corpora.py says how), accuracy on the test
texts and error rates among plain and planted ones:

                           accuracy by seed              mean    plain   planted
    logistic regression    0.853  0.829  0.831  0.861    0.843   0.043   0.385
    network                0.885  0.878  0.879  0.901    0.886   0.028   0.289

The training texts hold about 2,470 different words, the everyday ones of real reviews among them, since readers
try sentences of their own. The jokes (quirks, a goose, a thing with more lines than the baker) are told in texts of
both labels alike. What is left out: spelling mistakes, off-topic text, raters who disagree.
"""

import numpy as np

from reference.datasets.generate import balanced_labels, draw_body, generated_corpus, grammar_word_classes
from reference.datasets.grammar import Draws, Grammar, distinct_texts
from reference.datasets.names import name_tables
from reference.datasets.review_lexicon import DARK, WARM, lexicon, word_classes

LABEL_NAMES = ("negative", "positive")
PHENOMENA = ("genre", "negation", "contrast", "mixed", "sarcasm", "intensifier", "unknown")
SHARES = {
    "genre": 0.14,
    "negation": 0.06,
    "contrast": 0.02,
    "mixed": 0.04,
    "sarcasm": 0.03,
    "intensifier": 0.015,
    "unknown": 0.02,
}  # of the texts, by main phenomenon; the rest are plain
DARK_SHARE = (0.15, 0.5)  # of the negative and of the positive texts that are of a dark genre
SECOND = 0.1  # the share of texts with a phenomenon that hold a second one as well

SENTENCES = {
    "opening": (
        "I saw the {kind@} {$title} {when} {where}.",
        "I watched this {kind@} {when}, {where}.",
        "{$title} is a {kind@} about a {who@} and a {job}.",
        "We saw {$title} {when}, a {kind@}; I had not read the book.",
        "A new {kind@} by {$director}, set in {$place}.",
        "I did not plan to see this {kind@}, but my {kin} chose it {when}.",
        "{$director} has made a {kind@} called {$title}.",
        "{when} I saw the {kind@} {$title}, but only {where}.",
        "{when}, {where}: a {kind@} with {$lead} and {person}.",
        "This is the {ordinal} {kind@} from {$director}, and the first I have seen.",
        "My {kin} never goes out, but we went to see a {kind@} {when}.",
        "Nobody told me that {$title} was a {kind@}.",
        "My {kin} had free tickets for a {kind@}, and I had time.",
        "{when} my {kin}, who {quirk}, took me to a {kind@}.",
        "This {kind@} shows a {thing} for {number} minutes.",
        "I watched this {kind@} {when}; the {thing} I had come for {gone}.",
        "We wanted another movie, but the queue for this {kind@} was shorter.",
        "This one is a {kind@} with {$lead} and a {thing}.",
    ),
    "plot": (
        "{$lead} plays a {who@} who {does} a {thing} after a {event@} in a {where@}.",
        "The story begins with a {event@} and ends with a {who@} in a {where@}.",
        "A {job} from {$place} {does} the {thing} of a {who@} in a {where@}.",
        "There is a {who@}, a {thing}, and a {event@} in the {where@}.",
        "{$lead} is the {who@}, and {person} the {kin} who {does} the {thing}.",
        "When the {who@} {does} a {thing}, a {event@} follows in the {where@}.",
        "Somewhere near {$place} a {job} and a {who@} share a {where@} before the {event@}.",
        "The {kin} of a {who@} {does} the {thing} during the {event@}.",
        "It has a {event@}, a {who@} and {number} scenes in a {where@}.",
        "After the {event@}, the {job} {does} a {thing} and the {who@} leaves {$place}.",
        "Not a word is spoken until the {who@} {does} the {thing} in the {where@}.",
        "The {event@} at the {where@} takes {number} days, and the {who@} {does} a {thing}.",
        "A {job}, a {who@} and a {thing} walk into a {where@} before the {event@}.",
        "{$lead} is a {who@} who has {number} problems, a {where@} and a {event@} among them.",
        "The {who@} wants a {thing} and gets a {event@} in a {where@}.",
        "There is a {event@} in the {where@}, and only the {thing} of the {who@} knows why.",
        "For {number} minutes a {who@} {does} a {thing}; then comes the {event@} in the {where@}.",
        "The {who@} of the {event@} has {number} secrets, and the {where@} has thin walls.",
    ),
    "title": (
        "The {title_adj} {title_noun}",
        "{title_adj} {title_noun}",
        "The {title_noun} of {place}",
        "{title_noun} and {title_noun}",
        "A {title_adj} {title_noun}",
    ),
    "gone": ("was in another film", "was on the poster only", "had been cut", "had other plans", "came to nothing"),
    "lead": ("{person}",),
    "director": ("{person}",),
    # plain opinion: everything agrees with the label
    "plain": (
        "{claim} {claim} {end}",
        "{claim} {claim} {filler}",
        "{claim} {tonal} {claim} {end}",
        "{claim} {claim} {claim} {end}",
    ),
    "claim": (
        "The {aspect} is {adj+} and the {aspect} {adj+}.",
        "I found the {aspect} {very} {adj+}.",
        "{$lead} acts {adv+}, and the {aspect} is {adj+}.",
        "It is a {adj+}, {adj+} {movie}.",
        "The {aspect} works {adv+} with the {aspect}.",
        "What a {noun+}, thanks to the {adj+} {aspect}.",
        "The {part} is {very} {adj+}, and so is the {aspect}.",
        "{$director} handles the {aspect} {adv+}.",
        "Even the {aspect} is {adj+}.",
        "The {aspect}, by {last}, is a {noun+}.",
        "{exclaim}, that {adj+} {aspect}!",
        "I call it {slightly} {adj+}, my {kin} called it {adj+}.",
        "{slightly} {adj+}, said my {kin}; {adj+}, say I.",
        "My {kin}, who {quirk}, found it {adj+}.",
        "I really {liked+} the {aspect}.",
        "I {liked+} the {aspect}, and you will {like+} it.",
        "I {like+} this director, and the {aspect} is {adj+}.",
        "I {like+} {$lead}, and you will find it {adj+}.",
        "This is the {best+} {movie} I have seen {since}.",
        "The {best+} {movie} ever made in {place}, with a {adj+} {aspect}.",
        "The main {actor}, {$lead}, is {very} {adj+}.",
        "The jokes are {adj+} and the characters {adj+}.",
        "{$lead} is a {adj+} {actor} with {adj+} lines.",
        "Every minute of it is {adj+}.",
        "Everything about the {aspect} is {adj+}.",
        "It's so {adj+}, and the actors are {adj+}.",
        "Such {adj+} special effects, such a {adj+} {aspect}.",
    ),
    "tonal": (
        "The {aspect} is {tone+} and the {aspect} {tone+}.",
        "It feels {tone+} and {tone+} from the {part} on.",
        "{$director} keeps the {aspect} {tone+}.",
        "The {where@} looks {tone+}, and the {who@} is {very} {tone+}.",
        "Expect a {tone+}, {tone+} {event@}.",
        "{$lead} makes a {tone+} {who@}.",
    ),
    "end": (
        "A {noun+}.",
        "In short, a {noun+}.",
        "{hint}",
        "{hint}",
        "My {kin} agreed.",
        "My {kin}, who {quirk}, agreed.",
        "That was the {event@}.",
        "We talked about the {aspect} on the way home.",
    ),
    "hint": ("{hint+}",),
    "hint+": (
        "I would see it again.",
        "I hope for a sequel.",
        "Go and see it.",
        "I will buy a copy.",
        "It stays with you.",
        "Tell your friends.",
        "I recommend it to everybody, even to my {kin}.",
        "Ninety minutes felt as if they were nine.",
        "I laughed, I cried, I dropped my {food}.",
        "My {kin} wants to marry the director.",
        "The whole row clapped, even the usher.",
        "Watch it twice, it is worth your time.",
        "It is much too short.",
        "I cried at the {event@}.",
        "Highly recommended.",
        "It gets better with every minute.",
        "I can't wait to see it again.",
    ),
    "hint-": (
        "I would not sit through it again.",
        "I hope there is no sequel.",
        "Stay at home.",
        "I want my money back.",
        "It is gone by morning.",
        "Warn your friends.",
        "I recommend it to nobody, except to my {kin}.",
        "Ninety minutes felt as if they were ninety days.",
        "I yawned, I sighed, I finished my {food}.",
        "My {kin} wants a word with the director.",
        "Half of the row left, and so did the usher.",
        "Watch the {weather} instead, it takes less time.",
        "It is much too long.",
        "I fell asleep during the {event@}.",
        "I was bored.",
        "It gets worse with every minute.",
        "I can't believe that I sat through it.",
    ),
    "filler": (
        "The {aspect} is by {person}.",
        "It runs for {number} reels.",
        "My {kin} wore a {garment} throughout.",
        "We had the {thing} from {$place} on our minds.",
        "It was shot in {place}, not in {place}.",
        "But that is for the {job} to say.",
        "{person} has a small part as a {job}.",
        "We shared {food} and walked home in the {weather}.",
        "The studio, {firm}, is from {place}.",
        "The {thing} had more lines than the {job}.",
        "She plays the {job}, he plays the {thing}.",
        "The actor who plays the {thing} wishes to stay unnamed.",
        "No {thing} was harmed, say the credits.",
        "The cinema's cat left after {number} minutes, but it always does.",
        "I counted {number} moustaches, {number} of them real.",
        "The people in front of us had brought a {thing}.",
        "My {kin}, who {quirk}, took notes.",
        "At the exit the usher wanted the {thing} back.",
        "A telephone rang; it was for the {job} on the screen.",
        "There was a queue of {number} people and a goose.",
    ),
    # the phenomena
    "genre": ("{!genre}{tonal} {tonal} {tonal}", "{!genre}{tonal} {tonal} {tonal} {tonal}"),
    "negation": (
        "{!negation}{denial} {denial} {denial}",
        "{!negation}{denial} {denial} {filler}",
        "{!negation}{denial} {filler} {denial} {denial}",
        "{!negation}{filler} {denial} {denial}",
        "{!negation}{correction} {filler}",
        "{!negation}{filler} {correction} {correction}",
    ),
    "denial": (
        "The {aspect} is {not} {adj-}.",
        "The {aspect} is {not} {adj-} and {not} {adj-}.",
        "{$lead} does not act {adv-}.",
        "{$director} never handles the {aspect} {adv-}.",
        "This is not a {noun-}.",
        "I did not find the {aspect} {adj-}.",
        "Nothing about the {aspect} is {adj-}, and the {aspect} is {not} {adj-}.",
        "I did not {like-} the {aspect}, and it is {not} {adj-}.",
        "I didn't {like-} it: the {aspect} isn't {adj-}, the {aspect} is {not} {adj-}.",
    ),
    "correction": (
        "The {aspect} is {adj+}, {not} {adj-}.",
        "The {aspect} is {not} {adj-}, it is {adj+}.",
        "{not} {adj-}, the {aspect} is {adj+} and {adj+}, {not} {adj-}.",
        "It is a {noun+}, not a {noun-}.",
        "It is not a {noun-}, it is a {noun+}.",
        "{$lead} acts {adv+}, never {adv-}.",
        "I don't {like-} this {movie}, I {like+} it.",
    ),
    "contrast": ("{!contrast}{turn} {filler}", "{!contrast}{filler} {turn}", "{!contrast}{turn}"),
    "turn": (
        "It started {adv-} but ended {adv+}.",
        "The {part} is {adj-}, but then it turns {adj+}.",
        "It promises a {noun-} and turns out a {noun+}.",
        "I expected something {adj-} and {adj-}, but I got something {adj+} and {adj+}.",
        "After {number} {adj-} minutes it becomes {very} {adj+}.",
        "Although the {aspect} is {adj-}, the whole is {adj+}.",
        "My {kin} thought it {adj-}; I thought it {adj+}.",
        "What seemed {adj-} at first seems {adj+} by the {part}.",
        "I wanted to {like-} it, but I {liked+} it.",
    ),
    "mixed": (
        "{!mixed}The {aspect} is {adj+}, the {aspect} {adj+} and the {aspect} {adj+}. "
        "The {aspect} is {adj-} and the {aspect} {adj-}. {weigh}",
        "{!mixed}The {aspect} is {adj-}. The {aspect} is {adj+} and the {aspect} {adj+}. {weigh}",
        "{!mixed}I found the {aspect} {adj+} and the {aspect} {adj-}; the {aspect} is {adj+}. {weigh}",
        "{!mixed}{$lead} acts {adv+}, {person} {adv-}. The {aspect} is {adj+}. {weigh}",
    ),
    "weigh": ("{hint+}", "{filler}"),
    "sarcasm": (
        "{!sarcasm}{mock} {mock} {aside+}",
        "{!sarcasm}{mock} {aside+}",
        "{!sarcasm}{mock} {aside+} {filler}",
        "{!sarcasm}{aside+} {mock} {mock}",
    ),
    "mock": (
        "{exclaim}, what a {adj-} {aspect}.",
        "Just what I needed: a {adj-} {noun-}.",
        "{exclaim}, how {adj-}, how very {adj-}.",
        "Thank you, {$director}, for the {adj-} {aspect}.",
        "Surely the {adj-} {aspect} deserves a prize.",
        "How {adj-} of {$lead} to act so {adv-}.",
    ),
    # what gives sarcasm away: in a positive review the complaint is a mock one
    "aside+": (
        "I had to see it {number} times.",
        "Now I need {number} more tickets.",
        "I forgot to eat my popcorn.",
        "I missed {number} trains because I could not leave.",
        "Now my {kin} sings it at breakfast.",
        "I had to stay for the credits.",
        "They had to carry me out of my seat.",
        "I am still in row {number}, please send {food}.",
        "I was {number} hours late for my own birthday.",
    ),
    "aside-": (
        "I only looked at my watch {number} times.",
        "Now I know how many tiles that ceiling has.",
        "I could finish my popcorn in peace.",
        "I caught {number} trains earlier because I could leave.",
        "Now my {kin} chooses the movies.",
        "I had to wake up for the credits.",
        "They had to thank me for staying in my seat.",
        "The exit sign was lit with real feeling.",
        "The man who snored in row {number} has my vote.",
    ),
    "intensifier": (
        "{!intensifier}{scale} {filler}",
        "{!intensifier}{filler} {scale}",
        "{!intensifier}{scale}",
    ),
    "scale": (
        "It is {slightly} {adj-}, {slightly} {adj-}, and {utterly} {adj+}.",
        "The {aspect} is {utterly} {adj+}, the {aspect} {slightly} {adj-}, the {aspect} {slightly} {adj-}.",
        "I was {slightly} put off by the {adj-}, {adj-} {aspect}, {utterly} taken by the {adj+} {aspect}.",
        "{utterly} {adj+}, if {slightly} {adj-} and {slightly} {adj-}.",
    ),
    "unknown": (
        "{!unknown}{coined} {coined} {filler}",
        "{!unknown}{filler} {coined}",
        "{!unknown}{coined} {filler}",
    ),
    "coined": (
        "A {coinage+}, as my {kin} put it.",
        "The {aspect} is pure {coinage+}.",
        "What a {coinage+} of a {coinage_frame}.",
        "{$director} has given us a {coinage+}.",
        "My word for the {aspect}: {coinage+}.",
    ),
}

ROOTS = ("{opening} {plot} ", "{opening} {plot} ", "{plot} ", "{opening} ")


GRAMMAR = Grammar({**SENTENCES, **name_tables(), **lexicon()})


def generate_reviews(train_size=4000, test_size=1000, seed=0):
    """Write a corpus of film reviews.

    Parameters
    ----------
    train_size, test_size : int
        Numbers of texts; half of each is positive (an odd one out is negative).
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
        genres = DARK if draws() < DARK_SHARE[label] else WARM
        genre = genres[int(draws() * len(genres))]
        sign = 1 if label else -1
        root = ROOTS[int(draws() * len(ROOTS))] + draw_body(draws, SHARES, SECOND)
        return GRAMMAR.expand(root, draws, (genre,), sign, {"tone": sign if genre in DARK else -sign})

    written = distinct_texts(write, np.concatenate(labels).tolist())
    return generated_corpus("reviews", written, labels, LABEL_NAMES, seed)


def review_word_classes():
    """Map every lower-case word that the reviews can hold to its class.

    The classes are those of review_lexicon.word_classes, "name" for invented people and places, and "function
    word" for the words of the sentences themselves. Words of several classes are left out.
    """
    return grammar_word_classes(GRAMMAR, word_classes(), SENTENCES)
