"""Hidden tests of Exercise 2: cosine similarity, neighbours, vectors of words, same-class neighbours, PCA."""

import numpy as np

from autograder.testing import (
    as_array,
    check,
    check_array,
    check_close,
    check_number,
    check_raises,
    check_tuple,
    check_unchanged,
    in_place,
    item,
)
from reference import embeddings, exercise2

EXACT = {"rtol": 1e-11, "atol": 1e-12}  # a thousand times what rounding does, and too little for single precision or an epsilon


@item("cosine_similarity")
def test_cosine_of_matrices(student, rng):
    """All rows of A are compared with all rows of B; lengths do not matter, and A and B stay as they were."""
    for n, k, d in [(4, 3, 5), (3, 3, 3), (1, 4, 2)]:
        A = rng.standard_normal((n, d)) * 10.0 ** rng.integers(-1, 4, (n, 1))
        B = rng.standard_normal((k, d)) * 10.0 ** rng.integers(-1, 4, (k, 1))
        their_A, their_B = A.copy(), B.copy()
        check_close(student.cosine_similarity(in_place(their_A), in_place(their_B)), embeddings.cosine_similarity(A, B),
                    f"cosine_similarity(A, B) for A of shape {A.shape} and B of shape {B.shape}")
        check_unchanged(A, their_A, "A, an argument of cosine_similarity,")
        check_unchanged(B, their_B, "B, an argument of cosine_similarity,")


@item("cosine_similarity", 0.5)
def test_cosine_of_vectors(student, rng):
    """A single vector for A, for B or for both takes its axis out of the result; lists will do, too."""
    A, B = rng.standard_normal((4, 3)), rng.standard_normal((5, 3))
    for one, other in [(A, B[0]), (A[0], B), (A[0], B[0])]:
        check_close(student.cosine_similarity(one, other), embeddings.cosine_similarity(one, other),
                    f"cosine_similarity for shapes {one.shape} and {other.shape}")
    check_close(student.cosine_similarity([3, 4], [[0, 2], [4, -3]]), [0.8, 0.0], "cosine_similarity([3, 4], [[0, 2], [4, -3]])")


@item("cosine_similarity", 0.5)
def test_cosine_of_zero(student, rng):
    """The similarity of the zero vector to anything is 0, and nothing is added to lengths for that: tiny ones do not matter."""
    A = rng.standard_normal((5, 4)) * np.array([[1.0], [0.0], [1.0], [1e-20], [1e20]])
    check_close(student.cosine_similarity(A, A), embeddings.cosine_similarity(A, A),
                "cosine_similarity(A, A) for rows as short as 1e-20", **EXACT)


def check_neighbours(student, E, query, k, exclude=()):
    """The student's rows and similarities are right, where no two rows are nearly equally similar, or tied."""
    expected_rows, expected = embeddings.nearest_neighbours(E, query, k, exclude)
    returned = student.nearest_neighbours(E, query, k, list(exclude))
    rows, similarities = check_tuple(returned, "rows, similarities", "nearest_neighbours")
    check_close(rows, expected_rows, f"rows for k = {k}, with {len(exclude)} of {len(E)} rows excluded,")
    check_close(similarities, expected, f"similarities for k = {k}, with {len(exclude)} of {len(E)} rows excluded,")


def spread_rows(rng, n):
    """Directions in the plane around the first, no two of them equally far from it, with all kinds of lengths."""
    angles = np.append(0.0, rng.permutation(np.linspace(0.2, 3.0, n - 1)) * rng.choice([-1, 1], n - 1))
    return np.column_stack([np.cos(angles), np.sin(angles)]) * rng.uniform(0.1, 20.0, (n, 1))


@item("nearest_neighbours")
def test_neighbours(student, rng):
    """The k rows with the greatest cosine similarity, 10 unless k is given, come from the most to the least similar."""
    E = spread_rows(rng, 12)
    for k in (1, 4, 11):
        check_neighbours(student, E, E[0], k, exclude=[0])
    rows, _ = check_tuple(student.nearest_neighbours(E, E[0]), "rows, similarities", "nearest_neighbours")
    check_close(rows, embeddings.nearest_neighbours(E, E[0])[0], "rows, where k and exclude are not given,")


@item("nearest_neighbours")
def test_neighbours_exclude(student, rng):
    """Rows in exclude do not count, and all others do; the arguments stay as they were."""
    E = spread_rows(rng, 15)
    check_neighbours(student, E, E[0], 3)
    check_neighbours(student, E, 0.5 * E[0], 5, exclude=[int(row) for row in rng.permutation(15)[:6]])
    theirs, query, exclude = E.copy(), E[3].copy(), [1, 2]
    student.nearest_neighbours(in_place(theirs), in_place(query), 4, in_place(exclude, structure=True))
    check_unchanged(E, theirs, "E, an argument of nearest_neighbours,")
    check_unchanged(E[3], query, "query, an argument of nearest_neighbours,")
    check(exclude == [1, 2], "exclude, an argument of nearest_neighbours, was changed: leave the list as it is.")


@item("nearest_neighbours", 0.5)
def test_neighbours_fewer(student, rng):
    """Fewer rows come back where fewer are left, none where none is; rows are integers, which will be an index."""
    E = spread_rows(rng, 12)
    check_neighbours(student, E, E[0], 20, exclude=[0, 3])
    check_neighbours(student, E, E[0], 0)
    for exclude in ([0, 3], list(range(12))):
        rows, _ = check_tuple(student.nearest_neighbours(E, E[0], 20, exclude), "rows, similarities", "nearest_neighbours")
        kind = as_array(rows, "rows").dtype
        check(kind.kind in "iu", f"rows will be an index: it should be an array of integers, but is one of {kind}.")


@item("nearest_neighbours", 0.5)
def test_neighbours_ties(student, rng):
    """Rows that are equally similar come in the order of their numbers."""
    # Triples of Pythagoras: their lengths, and their cosines with an axis, come out alike however they are computed.
    directions, query = np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0], [-3.0, 4.0]]), np.array([2.0, 0.0])
    for _ in range(100):
        E = directions[rng.integers(0, 4, 60)] * rng.choice([0.5, 1.0, 2.0, 4.0], (60, 1))
        if not np.array_equal(np.argsort(-(E @ query) / np.linalg.norm(E, axis=1)), embeddings.nearest_neighbours(E, query, 60)[0]):
            break  # here a sort that is not stable leaves another order
    check_neighbours(student, E, query, 40, exclude=[2])
    check_neighbours(student, np.ones((60, 2)), query, 40, exclude=[2])


@item("word_vectors")
def test_word_vectors(student, rng):
    """word_vectors gives the row of E of each word, in the order of the words, repeated ones too; E stays as it was."""
    known = ["<pad>", "<unk>", "the", "ghost", "dull", "cosy", "and", "Ghost", "it's"]
    vocabulary = {word: i for i, word in enumerate(known)}
    E = rng.standard_normal((9, 4))
    for words in (["dull", "and", "ghost"], ["cosy"], ["the", "cosy", "the", "the"], ["Ghost", "it's", "<unk>"]):
        theirs, asked = E.copy(), words.copy()
        expected = E[[vocabulary[word] for word in words]]
        vectors = student.word_vectors(in_place(theirs), vocabulary, in_place(asked, structure=True))
        check_close(vectors, expected, f"word_vectors for {words}", **EXACT)
        check_unchanged(E, theirs, "E, an argument of word_vectors,")
        check(asked == words, "words, an argument of word_vectors, was changed: leave the list as it is.")


@item("word_vectors", 0.5)
def test_word_vectors_unknown(student, rng):
    """A word that is not in the vocabulary gives a KeyError."""
    E, vocabulary = rng.standard_normal((4, 2)), {"<pad>": 0, "<unk>": 1, "a": 2, "b": 3}
    check_raises(lambda: student.word_vectors(E, vocabulary, ["a", "c"]), "KeyError", "word_vectors with an unknown word")


def check_share(student, vectors, classes, k):
    share = check_number(student.same_class_share(vectors, classes, k), "same_class_share")
    check_close(share, exercise2.same_class_share(vectors, classes, k),
                f"the share for {len(classes)} words of {len(set(classes))} classes and k = {k}")


def share_by_distance(vectors, classes, k):
    """The share among the k words at the least distance, which is something else."""
    gaps = np.linalg.norm(vectors[:, None] - vectors, axis=-1) + np.diag(np.full(len(vectors), np.inf))
    return np.mean(np.array(classes)[np.argsort(gaps, axis=1)[:, :k]] == np.array(classes)[:, None])


@item("same_class_share")
def test_same_class_share(student, rng):
    """The share of same-class words is counted among the k nearest others of every word, by cosine."""
    vectors = rng.standard_normal((20, 5)) * rng.uniform(0.1, 20.0, (20, 1))
    while True:
        classes = [str(name) for name in rng.choice(["verb", "noun", "name"], 20)]
        if abs(share_by_distance(vectors, classes, 4) - exercise2.same_class_share(vectors, classes, 4)) > 1e-3:
            break
    for k in (1, 4, 19):
        check_share(student, vectors, classes, k)


@item("same_class_share", 0.5)
def test_same_class_share_extremes(student, rng):
    """It is 1 where every class keeps to itself, and 0 where all words are of different classes; the arguments stay."""
    centres = np.repeat(np.eye(3), 4, axis=0)
    vectors = centres + 0.01 * rng.standard_normal((12, 3))
    check_share(student, vectors, ["a"] * 4 + ["b"] * 4 + ["c"] * 4, 3)
    check_share(student, vectors, [str(i) for i in range(12)], 3)
    theirs, classes = vectors.copy(), ["b", "a"] * 6
    student.same_class_share(in_place(theirs), in_place(classes, structure=True), 3)
    check_unchanged(vectors, theirs, "vectors, an argument of same_class_share,")
    check(classes == ["b", "a"] * 6, "classes, an argument of same_class_share, was changed: leave the list as it is.")


def run_pca(student, X, k):
    """The student's coordinates, each axis turned the way that the reference has it, and the right ones."""
    coordinates, _ = check_tuple(student.pca(X, k), "coordinates, shares", "pca")
    expected, _ = exercise2.pca(X, k)
    coordinates = check_array(coordinates, expected.shape, f"coordinates for X of shape {X.shape} and k = {k}")
    signs = np.where(np.sum(coordinates * expected, axis=0) < 0, -1.0, 1.0)
    return coordinates * signs, expected


def stretched(rng, n, d):
    """Points that spread over the d axes of a random basis with clearly different widths, away from the origin."""
    basis, _ = np.linalg.qr(rng.standard_normal((d, d)))
    U = rng.standard_normal((n, d))
    U, _ = np.linalg.qr(U - U.mean(axis=0))
    return (U * 2.0 ** -np.arange(d)) @ basis + 3.0 * rng.standard_normal(d)


@item("pca", 1.5)
def test_pca_coordinates(student, rng):
    """The coordinates are those of the centred rows along the k principal axes, the most important first."""
    for n, d, k in [(30, 6, 2), (30, 6, 2), (8, 3, 3), (13, 12, 4)]:
        coordinates, expected = run_pca(student, stretched(rng, n, d), k)
        check_close(coordinates, expected, f"coordinates for {n} points of {d} dimensions and k = {k}", rtol=1e-7, atol=1e-9)


@item("pca")
def test_pca_shares(student, rng):
    """The shares are those of the total variance, along each of the k axes; X stays as it was."""
    for n, d, k in [(30, 6, 2), (8, 3, 3)]:
        X = stretched(rng, n, d)
        theirs = X.copy()
        _, shares = check_tuple(student.pca(in_place(theirs), k), "coordinates, shares", "pca")
        check_unchanged(X, theirs, "X, an argument of pca,")
        check_close(shares, exercise2.pca(X, k)[1], f"shares for {n} points of {d} dimensions and k = {k}", rtol=1e-9)
