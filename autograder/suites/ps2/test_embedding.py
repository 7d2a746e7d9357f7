"""Hidden tests of Exercise 2: the embedding layer, its gradient dense and sparse, and the AdaGrad step on some rows."""

import numpy as np

from autograder.testing import as_array, check, check_array, check_close, check_tuple, check_unchanged, in_place, item
from reference import exercise2

# What rounding does is a hundred times less; single precision, an epsilon or a clip does more
EXACT = {"rtol": 1e-12, "atol": 1e-12}


@item("embedding_forward")
def test_embedding_forward(student, rng):
    """embedding_forward gives the row of E of each id, repeated ones and padding too; E and ids stay as they were."""
    E, ids = 10.0 * rng.standard_normal((300, 4)), np.array([[3, 8, 3, 0], [1, 5, 0, 0], [299, 2, 2, 170]])
    their_E, their_ids = E.copy(), ids.copy()
    check_close(student.embedding_forward(in_place(their_E), in_place(their_ids)), E[ids], "embedding_forward(E, ids)")
    check_unchanged(E, their_E, "E, an argument of embedding_forward,")
    check_unchanged(ids, their_ids, "ids, an argument of embedding_forward,")


@item("embedding_forward")
def test_embedding_forward_any_shape(student, rng):
    """ids of shape (...) make (..., d), also where V, d and the lengths are equal, or 1; numbers come out as they are in E."""
    for (V, d), shape in [((5, 3), (6,)), ((5, 3), (2, 2)), ((4, 4), (4, 4)), ((7, 1), (2, 1, 3)), ((1, 3), (1, 1))]:
        E, ids = rng.standard_normal((V, d)), rng.integers(0, V, shape)
        check_close(student.embedding_forward(E, ids), E[ids],
                    f"the result for E of shape {E.shape} and ids of shape {shape}", **EXACT)


def check_dE(dE, dOut, ids, V, **tolerance):
    check_close(dE, exercise2.embedding_backward(dOut, ids, V), f"dE for ids {ids.tolist()} and vocab_size = {V}", **tolerance)


def check_embedding_backward(student, rng, ids, V, d=3):
    dOut = 10.0 * rng.standard_normal((*ids.shape, d))
    check_dE(student.embedding_backward(dOut, ids, V), dOut, ids, V)


@item("embedding_backward")
def test_embedding_backward(student, rng):
    """For words that occur once, dE has the gradient of their position; words that do not occur have a row of zeros."""
    ids = rng.permutation(9)[:6].reshape(2, 3)
    check_embedding_backward(student, rng, ids, 11)


@item("embedding_backward", 1.5)
def test_embedding_backward_adds_up(student, rng):
    """A word that occurs several times, in one text or in several, gets the sum of the gradients of all its positions."""
    check_embedding_backward(student, rng, np.array([[4, 4, 1, 4], [1, 2, 0, 0], [4, 3, 2, 1]]), 5)
    check_embedding_backward(student, rng, np.full((2, 5), 3), 4, d=4)
    check_embedding_backward(student, rng, np.array([[3, 1, 4, 4], [4, 4, 2, 0], [0, 0, 0, 4]]), 5)


@item("embedding_backward", 0.5)
def test_embedding_backward_any_shape(student, rng):
    """ids of one or three axes work, to ten digits, and the arguments stay as they were."""
    for shape in ((5,), (2, 2, 2)):
        ids = rng.integers(0, 5, shape)
        ids.flat[-1] = 4
        dOut = rng.standard_normal((*shape, 3))
        their_dOut, their_ids = dOut.copy(), ids.copy()
        check_dE(student.embedding_backward(in_place(their_dOut), in_place(their_ids), 5), dOut, ids, 5, **EXACT)
        check_unchanged(dOut, their_dOut, "dOut, an argument of embedding_backward,")
        check_unchanged(ids, their_ids, "ids, an argument of embedding_backward,")


def random_batch(rng, d=3):
    """dOut, ids and mask of a batch with repeated and unknown words, filling, an empty text, and a word without a gradient."""
    ids = np.array([[5, 2, 5, 9], [2, 7, 0, 0], [0, 0, 0, 0], [5, 11, 1, 0], [1, 8, 4, 3]])
    mask = np.arange(4) < np.array([[4], [2], [0], [3], [2]])  # the last filling has numbers of words: it is the mask that counts
    dOut = rng.standard_normal((*ids.shape, d))
    dOut[4, 1] = 0.0
    return dOut, ids, mask


def checked_sparse(returned, d):
    """The student's rows and values, of shapes that fit each other."""
    rows, values = check_tuple(returned, "rows, values", "sparse_gradient")
    check(np.ndim(rows) == 1, f"rows should have one axis, (u,), but has the shape {np.shape(rows)}.")
    array = check_array(rows, np.shape(rows), "rows")
    return array, check_array(values, (len(array), d), f"values, for {len(array)} rows,")


@item("sparse_gradient", 0.5)
def test_sparse_without_filling(student, rng):
    """Where there is no filling, rows and values are right."""
    dOut, ids = rng.standard_normal((2, 3, 4)), np.array([[3, 1, 8], [8, 2, 8]])
    rows, values = checked_sparse(student.sparse_gradient(dOut, ids, np.ones((2, 3), dtype=bool)), 4)
    check_close(rows, [1, 2, 3, 8], f"rows for the ids {ids.tolist()}")
    check_close(values, exercise2.embedding_backward(dOut, ids, 9)[[1, 2, 3, 8]], f"values for the ids {ids.tolist()}")


@item("sparse_gradient")
def test_sparse_rows(student, rng):
    """rows are the different ids of the words of the batch, each once, ascending; filling does not count."""
    dOut, ids, mask = random_batch(rng)
    returned = student.sparse_gradient(dOut, ids, mask)
    rows, _ = checked_sparse(returned, 3)
    expected = [1, 2, 5, 7, 8, 9, 11]
    check(rows.tolist() == expected, f"For words with the ids {ids[mask].tolist()} rows should be {expected}, "
          f"but is {rows.astype(int).tolist()}.")
    check_index(returned[0])


@item("sparse_gradient", 1.5)
def test_sparse_values(student, rng):
    """values[k] adds up the gradients of all positions where a word with the id rows[k] stands."""
    dOut, ids, mask = random_batch(rng)
    theirs = [array.copy() for array in (dOut, ids, mask)]
    rows, values = checked_sparse(student.sparse_gradient(*map(in_place, theirs)), 3)
    check(len(set(rows)) == len(rows), "rows holds an id twice: each row once, with the sum of its gradients.")
    dense = exercise2.embedding_backward(dOut * mask[:, :, None], ids, 12)
    for v in range(12):
        got = values[rows == v].sum(axis=0)
        check_close(got, dense[v], f"the gradient of row {v}, which stands {np.sum(ids[mask] == v)} times in the batch,")
    for before, after, name in zip((dOut, ids, mask), theirs, ("dOut", "ids", "mask")):
        check_unchanged(before, after, f"{name}, an argument of sparse_gradient,")


@item("sparse_gradient", 0.5)
def test_sparse_is_sparse(student, rng):
    """ids can be as large as they like, since nothing has V rows; values are right to ten digits."""
    ids = np.array([[10**13, 3, 10**13], [10**12, 0, 0]])
    mask = np.array([[True, True, True], [True, False, False]])
    dOut = rng.standard_normal((2, 3, 2))
    rows, values = checked_sparse(student.sparse_gradient(dOut, ids, mask), 2)
    check(rows.tolist() == [3, 10**12, 10**13], "For the ids 3, 10^12 and 10^13 rows should be just these three.")
    check_close(values, [dOut[0, 1], dOut[1, 0], dOut[0, 0] + dOut[0, 2]], "values for the ids 3, 10^12 and 10^13", **EXACT)


@item("sparse_gradient", 0.5)
def test_sparse_without_words(student, rng):
    """A batch without any word has no rows: shapes (0,) and (0, d)."""
    dOut, ids = rng.standard_normal((2, 3, 4)), np.zeros((2, 3), dtype=int)
    returned = student.sparse_gradient(dOut, ids, np.zeros((2, 3), dtype=bool))
    rows, _ = checked_sparse(returned, 4)
    check(len(rows) == 0, f"A batch of nothing but filling touches no row, but rows is {rows.tolist()}.")
    check_index(returned[0])


def check_index(rows):
    kind = as_array(rows, "rows").dtype
    check(kind.kind in "iu", f"rows will be an index: it should be an array of integers, but is one of {kind}.")


def adagrad_case(rng, shape, rows):
    """A parameter, sums of squares as if from earlier steps, rows, and their gradients."""
    rows = np.array(rows)
    return rng.standard_normal(shape), rng.uniform(0.01, 2.0, shape), rows, rng.standard_normal((len(rows), *shape[1:]))


def check_adagrad(student, theta, G, rows, values, lr, when, **options):
    """One step of the student's is right in the rows of theta and G. Takes the right step with theta and G themselves."""
    their_theta, their_G = theta.copy(), G.copy()
    student.adagrad_rows(in_place(their_theta), in_place(their_G), rows, values, lr, **options)
    check(not np.array_equal(their_theta, theta), f"{when}: theta is as it was. It should change in place.")
    exercise2.adagrad_rows(theta, G, rows, values, lr, **options)
    check_close(their_G[rows], G[rows], f"G[rows] {when}")
    check_close(their_theta[rows], theta[rows], f"theta[rows] {when}")


@item("adagrad_rows")
def test_adagrad_steps(student, rng):
    """Three steps in a row change theta and G in place as the rule says, from G = 0 on."""
    theta, _, rows, _ = adagrad_case(rng, (6, 3), [4, 1, 2])
    G = np.zeros((6, 3))
    for step, lr in enumerate((0.1, 0.1, 0.4), start=1):
        values = rng.standard_normal((3, 3)) * 10.0 ** rng.integers(-3, 3)
        check_adagrad(student, theta, G, rows, values, lr, f"after step {step} with lr = {lr}")


@item("adagrad_rows", 0.5)
def test_adagrad_sums(student, rng):
    """G adds up the squares of all gradients, in place."""
    theta, G, rows, values = adagrad_case(rng, (5, 3), [3, 0])
    theirs, their_theta = G.copy(), theta.copy()
    for _ in range(2):
        student.adagrad_rows(in_place(their_theta), in_place(theirs), rows, values, 0.3)
        G[rows] += values**2
        check_close(theirs, G, "G, the sum of the squares,")


@item("adagrad_rows")
def test_adagrad_leaves_other_rows(student, rng):
    """Rows that are not in `rows` stay exactly as they were, to the last bit, in theta and in G; so do the arguments."""
    theta, G, rows, values = adagrad_case(rng, (40, 4), [3, 17, 30])
    theta[5] *= 1e-300
    theta[6] *= 1e300
    others = np.setdiff1d(np.arange(40), rows)
    theirs = [array.copy() for array in (theta, G, rows, values)]
    student.adagrad_rows(*map(in_place, theirs), 0.5)
    their_theta, their_G, their_rows, their_values = theirs
    check(not np.array_equal(their_theta, theta), "theta is as it was. It should change in place.")
    check_close(their_theta[rows], theta[rows] - 0.5 * values / (np.sqrt(G[rows] + values**2) + 1e-8), "theta[rows]")
    for name, now, then in (("theta", their_theta, theta), ("G", their_G, G)):
        changed = others[np.any(now[others] != then[others], axis=1)]
        check(not len(changed), f"Row {changed[:1]} of {name} has changed, and is not in rows = {rows.tolist()}.")
    check_unchanged(rows, their_rows, "rows, an argument of adagrad_rows,")
    check_unchanged(values, their_values, "values, an argument of adagrad_rows,")


@item("adagrad_rows", 0.5)
def test_adagrad_any_parameter(student, rng):
    """Biases, weight matrices with all their rows, and no rows at all work; eps is used."""
    theta, G, rows, values = adagrad_case(rng, (5,), range(5))
    check_adagrad(student, theta, G, rows, values, 0.2, "for a bias")
    theta, G, rows, values = adagrad_case(rng, (3, 3), range(3))
    check_adagrad(student, theta, G, rows, values, 0.2, "for a square weight matrix with eps = 0.5", eps=0.5)
    tiny = 1e-8 * rng.uniform(1.0, 9.0, (3, 3))
    check_adagrad(student, theta, np.zeros((3, 3)), rows, tiny, 0.2, "for gradients as small as eps, which is 1e-8 if not given,")
    theirs = theta.copy()
    student.adagrad_rows(in_place(theirs), G, np.zeros(0, dtype=int), np.zeros((0, 3)), 0.2)
    check_unchanged(theta, theirs, "Without any rows theta")


@item("adagrad_rows", 0.5)
def test_adagrad_zero_gradient(student, rng):
    """Where all gradients have been 0 the parameter stays, and does not become NaN."""
    theta, _, rows, values = adagrad_case(rng, (4, 3), [0, 2])
    values[1, :2] = 0.0
    check_adagrad(student, theta, np.zeros((4, 3)), rows, values, 0.1, "after a first step with some gradients of 0")
