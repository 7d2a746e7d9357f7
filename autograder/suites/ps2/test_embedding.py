"""Hidden tests of Exercise 2: the embedding layer, its gradient dense and sparse, and the AdaGrad step on some rows."""

import numpy as np

from autograder.testing import check, check_array, check_close, check_tuple, check_unchanged, item
from reference import exercise2
from reference.gradient_check import numerical_gradient


@item("embedding_forward")
def test_embedding_forward(student, rng):
    """embedding_forward gives the row of E of each id, repeated ones and padding too; E and ids stay as they were."""
    E, ids = rng.standard_normal((9, 4)), np.array([[3, 8, 3, 0], [1, 5, 0, 0], [2, 2, 2, 7]])
    their_E, their_ids = E.copy(), ids.copy()
    check_close(student.embedding_forward(their_E, their_ids), E[ids], "embedding_forward(E, ids)")
    check_unchanged(E, their_E, "E, an argument of embedding_forward,")
    check_unchanged(ids, their_ids, "ids, an argument of embedding_forward,")


@item("embedding_forward")
def test_embedding_forward_any_shape(student, rng):
    """ids of shape (...) make (..., d), also where V, d and the lengths are equal, or 1."""
    for (V, d), shape in [((5, 3), (6,)), ((4, 4), (4, 4)), ((7, 1), (2, 1, 3)), ((1, 3), (1, 1))]:
        E, ids = rng.standard_normal((V, d)), rng.integers(0, V, shape)
        check_close(student.embedding_forward(E.copy(), ids.copy()), E[ids],
                    f"the result for E of shape {E.shape} and ids of shape {shape}")


def check_embedding_backward(student, rng, ids, V, d=3):
    """The student's dE agrees with central differences of a loss of the looked-up vectors."""
    E, weights = rng.standard_normal((V, d)), rng.standard_normal((*ids.shape, d))

    def loss(E):
        return float(np.sum(weights * np.sin(E[ids])))

    dOut = weights * np.cos(E[ids])
    their_dOut, their_ids = dOut.copy(), ids.copy()
    dE = student.embedding_backward(their_dOut, their_ids, V)
    check_close(dE, numerical_gradient(loss, E), f"dE for ids {ids.tolist()}", rtol=1e-6, atol=1e-8)
    return (dOut, their_dOut), (ids, their_ids)


@item("embedding_backward")
def test_embedding_backward(student, rng):
    """For words that occur once, dE agrees with central differences; words that do not occur have a row of zeros."""
    ids = rng.permutation(9)[:6].reshape(2, 3)
    check_embedding_backward(student, rng, ids, 11)


@item("embedding_backward", 1.5)
def test_embedding_backward_adds_up(student, rng):
    """A word that occurs several times, in one text or in several, gets the sum of the gradients of all its positions."""
    check_embedding_backward(student, rng, np.array([[4, 4, 1, 4], [1, 2, 0, 0], [4, 3, 2, 1]]), 6)
    check_embedding_backward(student, rng, np.full((2, 5), 3), 4, d=4)


@item("embedding_backward", 0.5)
def test_embedding_backward_any_shape(student, rng):
    """ids of one or three axes work, and the arguments stay as they were."""
    for shape in ((5,), (2, 2, 2)):
        for before, after in check_embedding_backward(student, rng, rng.integers(0, 4, shape), 5):
            check_unchanged(before, after, "An argument of embedding_backward")


def random_batch(rng, d=3):
    """dOut, ids and mask of a batch with repeated words, filling that has PAD_ID, and an empty text."""
    ids = np.array([[5, 2, 5, 9], [2, 7, 0, 0], [0, 0, 0, 0], [5, 11, 0, 0]])
    mask = np.arange(4) < np.array([[4], [2], [0], [2]])
    return rng.standard_normal((*ids.shape, d)), ids, mask


def run_sparse_gradient(student, dOut, ids, mask):
    """The student's rows (as integers) and values, of shapes that fit each other."""
    rows, values = check_tuple(student.sparse_gradient(dOut, ids, mask), "rows, values", "sparse_gradient")
    check(np.ndim(rows) == 1, f"rows should have one axis, (u,), but has the shape {np.shape(rows)}.")
    array = check_array(rows, np.shape(rows), "rows")
    check(np.all(array == np.round(array)), "rows should be ids, whole numbers.")
    return array, check_array(values, (len(array), dOut.shape[-1]), f"values, for {len(array)} rows,")


@item("sparse_gradient")
def test_sparse_rows(student, rng):
    """rows are the different ids of the words of the batch, each once, ascending; filling does not count."""
    dOut, ids, mask = random_batch(rng)
    rows, _ = run_sparse_gradient(student, dOut, ids, mask)
    expected = [2, 5, 7, 9, 11]
    check(rows.tolist() == expected, f"For words with the ids {ids[mask].tolist()} rows should be {expected}, "
          f"but is {rows.astype(int).tolist()}.")


@item("sparse_gradient", 1.5)
def test_sparse_values(student, rng):
    """values[k] adds up the gradients of all positions where a word with the id rows[k] stands."""
    dOut, ids, mask = random_batch(rng)
    theirs = [array.copy() for array in (dOut, ids, mask)]
    rows, values = run_sparse_gradient(student, *theirs)
    check(len(set(rows)) == len(rows), "rows holds an id twice: each row once, with the sum of its gradients.")
    dense = exercise2.embedding_backward(dOut * mask[:, :, None], ids, 12)
    for v in range(12):
        got = values[rows == v].sum(axis=0)
        check_close(got, dense[v], f"the gradient of row {v}, which stands {np.sum(ids[mask] == v)} times in the batch,")
    for before, after, name in zip((dOut, ids, mask), theirs, ("dOut", "ids", "mask")):
        check_unchanged(before, after, f"{name}, an argument of sparse_gradient,")


@item("sparse_gradient", 0.5)
def test_sparse_is_sparse(student, rng):
    """ids can be as large as they like, since nothing has V rows."""
    ids = np.array([[10**13, 3, 10**13], [10**12, 0, 0]])
    mask = np.array([[True, True, True], [True, False, False]])
    dOut = rng.standard_normal((2, 3, 2))
    rows, values = run_sparse_gradient(student, dOut, ids, mask)
    check(rows.tolist() == [3, 10**12, 10**13], "For the ids 3, 10^12 and 10^13 rows should be just these three.")
    check_close(values, [dOut[0, 1], dOut[1, 0], dOut[0, 0] + dOut[0, 2]], "values for the ids 3, 10^12 and 10^13")


@item("sparse_gradient", 0.5)
def test_sparse_without_words(student, rng):
    """A batch without any word has no rows: shapes (0,) and (0, d)."""
    dOut, ids = rng.standard_normal((2, 3, 4)), np.zeros((2, 3), dtype=int)
    rows, _ = run_sparse_gradient(student, dOut, ids, np.zeros((2, 3), dtype=bool))
    check(len(rows) == 0, f"A batch of nothing but filling touches no row, but rows is {rows.tolist()}.")


def adagrad_case(rng, shape, rows):
    """A parameter, sums of squares as if from earlier steps, rows, and their gradients."""
    rows = np.array(rows)
    return rng.standard_normal(shape), rng.uniform(0.01, 2.0, shape), rows, rng.standard_normal((len(rows), *shape[1:]))


def check_adagrad(student, theta, G, rows, values, lr, when, **options):
    """One step of the student's is right in the rows of theta and G; theta and G are changed in place as theirs."""
    expected_theta, expected_G = theta.copy(), G.copy()
    exercise2.adagrad_rows(expected_theta, expected_G, rows, values, lr, **options)
    before = theta.copy()
    student.adagrad_rows(theta, G, rows.copy(), values.copy(), lr, **options)
    check(not np.array_equal(theta, before), f"{when}: theta is as it was. It should change in place.")
    check_close(G[rows], expected_G[rows], f"G[rows] {when}")
    check_close(theta[rows], expected_theta[rows], f"theta[rows] {when}")


@item("adagrad_rows")
def test_adagrad_steps(student, rng):
    """Three steps in a row change theta and G in place as the rule says, from G = 0 on."""
    theta, _, rows, _ = adagrad_case(rng, (6, 3), [4, 1, 2])
    G = np.zeros((6, 3))
    for step, lr in enumerate((0.1, 0.1, 0.4), start=1):
        values = rng.standard_normal((3, 3)) * 10.0 ** rng.integers(-3, 3)
        check_adagrad(student, theta, G, rows, values, lr, f"after step {step} with lr = {lr}")


@item("adagrad_rows")
def test_adagrad_leaves_other_rows(student, rng):
    """Rows that are not in `rows` stay exactly as they were, to the last bit, in theta and in G; so do the arguments."""
    theta, G, rows, values = adagrad_case(rng, (40, 4), [3, 17, 30])
    theta[5] *= 1e-300
    theta[6] *= 1e300
    others = np.setdiff1d(np.arange(40), rows)
    before_theta, before_G, their_rows, their_values = theta.copy(), G.copy(), rows.copy(), values.copy()
    student.adagrad_rows(theta, G, their_rows, their_values, 0.5)
    check(not np.array_equal(theta, before_theta), "theta is as it was. It should change in place.")
    check_close(theta[rows], before_theta[rows] - 0.5 * values / (np.sqrt(before_G[rows] + values**2) + 1e-8), "theta[rows]")
    for name, now, then in (("theta", theta, before_theta), ("G", G, before_G)):
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
    before = theta.copy()
    student.adagrad_rows(theta, G, np.zeros(0, dtype=int), np.zeros((0, 3)), 0.2)
    check_unchanged(before, theta, "Without any rows theta")


@item("adagrad_rows", 0.5)
def test_adagrad_zero_gradient(student, rng):
    """Where all gradients have been 0 the parameter stays, and does not become NaN."""
    theta, _, rows, values = adagrad_case(rng, (4, 3), [0, 2])
    values[1, :2] = 0.0
    check_adagrad(student, theta, np.zeros((4, 3)), rows, values, 0.1, "after a first step with some gradients of 0")
