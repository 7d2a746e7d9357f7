"""Hidden tests of Exercise 2: vocabulary, padding, one-hot vectors."""

import numpy as np

from autograder.testing import as_array, check, check_array, check_close, check_tuple, check_unchanged, in_place, item
from reference import exercise2
from reference.text import PAD, UNK

BIG = 10**5  # an id that needs more than 16 bits
ODD = ["I", "1984", "it's", "Ghost", "ghost"]  # words that must be taken as they are; in few texts do they occur as often
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def random_words(rng, count):
    """Different made-up words, in no order."""
    made = set()
    while len(made) < count:
        made.add("".join(rng.choice(LETTERS, rng.integers(2, 8))))
    return [str(word) for word in rng.permutation(sorted(made))]


def random_texts(rng, frequencies):
    """Texts in which words occur as often as `frequencies` (dict of str to int) says, in random places."""
    tokens = [word for word, n in frequencies.items() for _ in range(n)]
    order = [str(word) for word in rng.permutation(tokens)]
    cuts = np.sort(rng.integers(0, len(order) + 1, 6))
    return [list(part) for part in np.split(np.array(order, dtype=object), cuts)]


def another_order_agrees(texts, frequencies):
    """Whether another rule for ties, or counting the texts that hold a word, would by luck lead to the right order, too."""
    appeared = dict.fromkeys(word for text in texts for word in text)
    right = sorted(appeared, key=lambda word: (-frequencies[word], word))
    as_they_appear = sorted(appeared, key=lambda word: -frequencies[word])
    by_texts = sorted(appeared, key=lambda word: (-sum(word in text for text in texts), word))
    by_length = sorted(appeared, key=lambda word: (-frequencies[word], len(word), word))
    return right in (as_they_appear, by_texts, by_length)


def run_build_vocabulary(student, texts, min_count):
    """The student's vocabulary, as a dict of str to int."""
    theirs = [text.copy() for text in texts]
    vocabulary = student.build_vocabulary(in_place(theirs, structure=True), min_count)
    check(isinstance(vocabulary, dict), "build_vocabulary should return a dict, word -> number.")
    for word, number in vocabulary.items():
        check(isinstance(word, str), f"The keys of the vocabulary should be words, but one is {word!r:.60}.")
        whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
        check(whole, f"The number of {word!r:.60} should be a whole number, not {number!r:.60}.")
    check(theirs == texts, "The texts, an argument of build_vocabulary, were changed: leave the lists as they are.")
    return {word: int(number) for word, number in vocabulary.items()}


@item("vocabulary")
def test_vocabulary_words(student, rng):
    """The vocabulary holds the words that occur at least min_count times in all texts together, and no others."""
    words = random_words(rng, 12)
    frequencies = {word: 1 + i // 3 for i, word in enumerate(words)} | dict.fromkeys(ODD, 2)  # three words each 1 to 4 times
    texts = random_texts(rng, frequencies)
    for min_count in (1, 2, 3):
        theirs = run_build_vocabulary(student, texts, min_count)
        for word, n in frequencies.items():
            there = word in theirs
            check(there == (n >= min_count), f"With min_count = {min_count} {word!r}, which occurs {n} times in all texts, "
                                             f"has {'a' if there else 'no'} number.")
        more = [word for word in theirs if word not in (*frequencies, PAD, UNK)]
        check(not more, f"The vocabulary holds {more[:1]}, which occurs in no text.")


@item("vocabulary")
def test_vocabulary_numbers(student, rng):
    """<pad> is 0 and <unk> is 1; words follow from frequent to rare, equally frequent ones in alphabetical order."""
    while True:
        frequencies = dict(zip(random_words(rng, 10), [2, 5, 9, 2, 5, 14, 2, 3, 5, 1]))
        texts = random_texts(rng, frequencies)
        if not another_order_agrees(texts, frequencies):
            break
    theirs = run_build_vocabulary(student, texts, 2)
    expected = exercise2.build_vocabulary(texts, 2)
    for token, number in ((PAD, 0), (UNK, 1)):
        check(theirs.get(token) == number, f"{token} should have the number {number}, but has {theirs.get(token)}.")
    check(sorted(theirs.values()) == list(range(len(theirs))),
          f"The numbers should be 0 to {len(theirs) - 1}, each once, but are {sorted(theirs.values())}.")
    wrong = [word for word in expected if theirs.get(word) != expected[word]]
    counts = {word: sum(text.count(word) for text in texts) for word in wrong}
    check(not wrong, " ".join(f"{word!r} occurs {counts[word]} times and should have the number {expected[word]}, "
                              f"but has {theirs.get(word)}." for word in wrong[:2]))


def check_ids(actual, expected, what):
    """An integer array with these ids."""
    array = check_array(actual, np.shape(expected), what)
    kind = np.asarray(actual).dtype
    check(kind.kind in "iu", f"{what} should be an array of integers, since it will be an index; it is of {kind}.")
    check_close(array, expected, what)


def check_encode(student, texts, vocabulary):
    """The student's ids of every text are right."""
    theirs, their_vocabulary = [text.copy() for text in texts], vocabulary.copy()
    documents = student.encode(in_place(theirs, structure=True), in_place(their_vocabulary, structure=True))
    check(isinstance(documents, (list, tuple)), "encode should return a list with one array for each text.")
    check(len(documents) == len(texts), f"encode makes {len(documents)} arrays of {len(texts)} texts.")
    for i, (document, expected) in enumerate(zip(documents, exercise2.encode(texts, vocabulary))):
        check_ids(document, expected, f"the ids of text {i}, which has {len(texts[i])} words,")
    check(their_vocabulary == vocabulary, "encode has changed the vocabulary: words that it does not know stay unknown.")
    check(theirs == texts, "encode has changed the texts: leave the lists as they are.")


@item("vocabulary")
def test_encode(student, rng):
    """encode makes each text an array of integers: the number of each word, however great, in its place, UNK_ID for one without."""
    words = random_words(rng, 9)
    vocabulary = exercise2.build_vocabulary([words[:6]], 1)
    check_encode(student, [[str(word) for word in rng.choice(words, n)] for n in (7, 15)], vocabulary)
    check_encode(student, [words[6:], words[:1]], vocabulary)
    vocabulary = {PAD: 0, UNK: 1, "ghost": 2} | {word: BIG + i for i, word in enumerate(words[:3] + ["it's"])}
    check_encode(student, [[str(word) for word in rng.choice([*words[:6], *ODD], 300)]], vocabulary)


@item("vocabulary", 0.5)
def test_encode_empty(student):
    """A text without words is an array of integers, too, of shape (0,)."""
    check_encode(student, [["word"], [], ["word", "word"]], {PAD: 0, UNK: 1, "word": 2})


def random_documents(rng, lengths):
    return [rng.choice([1, 2, 3, 50, BIG], length) for length in lengths]


def check_pad_batch(student, documents):
    """The student's ids and mask for these documents are right."""
    ids, mask = check_tuple(student.pad_batch(documents), "ids, mask", "pad_batch")
    expected_ids, expected_mask = exercise2.pad_batch(documents)
    lengths = [len(document) for document in documents]
    kind = as_array(mask, "mask").dtype
    check(kind.kind == "b", f"mask should be an array of True and False, but is of {kind}.")
    check_close(mask, expected_mask, f"mask for texts of the lengths {lengths}")
    check_ids(ids, expected_ids, f"ids for texts of the lengths {lengths}")


@item("pad_batch")
def test_pad_batch(student, rng):
    """ids and mask have the length of the longest text; words stand at the left, PAD_ID and False fill up on the right."""
    check_pad_batch(student, random_documents(rng, [3, 7, 1, 5]))
    check_pad_batch(student, random_documents(rng, [4, 4]))
    check_pad_batch(student, random_documents(rng, [2, 300]))


@item("pad_batch", 0.5)
def test_pad_batch_of_one(student, rng):
    """A batch of a single text has no filling."""
    check_pad_batch(student, random_documents(rng, [6]))


@item("pad_batch", 0.5)
def test_pad_batch_with_empty_texts(student, rng):
    """A text without words has a row of filling; with no word in any text, ids and mask have the shape (m, 1)."""
    check_pad_batch(student, random_documents(rng, [0, 2, 0]))
    check_pad_batch(student, random_documents(rng, [0, 0, 0]))


@item("pad_batch", 0.5)
def test_pad_batch_leaves_documents(student, rng):
    """The list of documents and the documents in it stay as they were."""
    documents = random_documents(rng, [2, 4, 1])
    theirs = [document.copy() for document in documents]
    student.pad_batch(in_place(theirs, structure=True))
    same = len(theirs) == len(documents) and all(map(np.array_equal, theirs, documents))
    check(same, "pad_batch has changed the documents, which training pads again in other batches: make new arrays.")


@item("one_hot")
def test_one_hot(student, rng):
    """one_hot has a 1 in the place of each id and 0 everywhere else, as floats, and the length V that is asked for."""
    for V, greatest in ((6, 6), (9, 6), (200, 200)):
        ids = rng.integers(0, greatest, (3, 4))
        ids[0, 0] = greatest - 1
        H = student.one_hot(ids, V)
        check_close(H, exercise2.one_hot(ids, V), f"one_hot(ids, {V})")
        check(np.asarray(H).dtype.kind == "f", f"one_hot should return floats, but returned an array of {np.asarray(H).dtype}.")


@item("one_hot", 0.5)
def test_one_hot_any_shape(student, rng):
    """ids of any shape work, from a single id to three axes, and stay as they were."""
    for shape in ((), (5,), (2, 1, 3), (1, 1)):
        ids = np.array(rng.integers(0, 4, shape))
        theirs = ids.copy()
        check_close(student.one_hot(in_place(theirs), 4), exercise2.one_hot(ids, 4), f"one_hot(ids, 4) for ids of shape {shape}")
        check_unchanged(ids, theirs, "ids, an argument of one_hot,")
