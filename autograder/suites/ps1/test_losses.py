"""Hidden tests of Exercise 1: losses from logits, and their gradients."""

from functools import partial

import numpy as np

from autograder.testing import check_array, check_close, check_number, check_unchanged, in_place, item
from reference.gradient_check import numerical_gradient
from reference.losses import (
    bce_from_logits,
    bce_from_logits_grad,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
)

EXACT = {"rtol": 1e-10, "atol": 1e-14}  # a thousand times what rounding does; an epsilon does more, and so does a clip at 30


def binary_batch(rng, m):
    return 2.0 * rng.standard_normal((m, 1)), rng.integers(0, 2, (m, 1)).astype(float)


def class_batch(rng, m, K):
    return 2.0 * rng.standard_normal((m, K)), rng.integers(0, K, m)


def check_loss(loss, expected, m):
    """The student's loss of a batch of m is a number, and the right one."""
    check_close(check_number(loss, "the loss"), expected, f"the loss of a batch of {m}")


def check_means(student, name, reference, batches, far_out):
    """The student's loss of each batch is right, and the arguments stay as they were, those far out too."""
    batches = [*batches, far_out]
    copied = [[argument.copy() for argument in batch] for batch in batches]
    for batch, theirs, loss in zip(batches, copied, getattr(student, name).each([map(in_place, one) for one in copied])):
        if batch is not far_out:
            check_loss(loss, reference(*batch), len(batch[0]))
        check_arguments_unchanged(batch, theirs, name)


def check_arguments_unchanged(before, after, name):
    for old, new, place in zip(before, after, ("first", "second")):
        check_unchanged(old, new, f"The {place} argument of {name}")


@item("bce")
def test_bce(student, rng):
    """bce_from_logits(z, y) is the binary cross-entropy of sigmoid(z)."""
    cases = [(rng.standard_normal((1, 1)), np.array([[label]])) for label in (0.0, 1.0)]
    for case, loss in zip(cases, student.bce_from_logits.each(cases)):
        check_loss(loss, bce_from_logits(*case), 1)


@item("bce")
def test_bce_is_a_mean(student, rng):
    """The binary cross-entropy is averaged over the batch, whatever its size, and is a plain number; z and y stay."""
    far_out = np.array([[-1000.0], [1000.0]]), np.array([[1.0], [0.0]])
    check_means(student, "bce_from_logits", bce_from_logits, [binary_batch(rng, m) for m in (7, 2)], far_out)


@item("bce")
def test_bce_far_out(student):
    """The binary cross-entropy of logits of -1000 and 1000, and beyond, is right to ten digits, for both labels."""
    cases = [(z, label) for z in (-1000.0, -50.0, 50.0, 1000.0, -1e6, 1e6) for label in (0.0, 1.0)]
    losses = student.bce_from_logits.each([(np.array([[z]]), np.array([[label]])) for z, label in cases])
    for (z, label), loss in zip(cases, losses):
        expected = max(z, 0.0) - z * label  # log(1 + e^-|z|) is below 1e-21 here
        check_close(loss, expected, f"the loss at z = {z:g}, y = {label:g}", **EXACT)


@item("softmax")
def test_softmax(student, rng):
    """softmax(Z) turns each row of Z into exp(z_j) / sum_k exp(z_k)."""
    batches = [2.0 * rng.standard_normal(shape) for shape in [(5, 3), (3, 3), (2, 6)]]
    for Z, P in zip(batches, student.softmax.each([(Z,) for Z in batches])):
        check_close(P, softmax(Z), "softmax(Z)", z=Z)


@item("softmax")
def test_softmax_far_out(student, rng):
    """Logits as large as 1000 or as small as -1000 give finite probabilities, right to ten digits."""
    Z = 2.0 * rng.standard_normal((5, 3))
    far = Z + np.array([[1000.0], [-1000.0], [0.0], [0.0], [0.0]])
    far[3:] = [[1000.0, -1000.0, 999.0], [-1000.0, 1000.0, -1000.0]]
    check_close(student.softmax(far), softmax(far), "softmax(Z)", **EXACT, z=far)


@item("softmax")
def test_softmax_rows(student, rng):
    """Rows of probabilities sum to 1, in a batch of one too; a shift of a row changes nothing, Z stays as it was."""
    Z = rng.standard_normal((1, 4))
    whole, far = np.array([[0, 1], [5, 5]]), np.array([[1000.0, -1000.0], [0.0, 2.0]])
    theirs, their_far = Z.copy(), far.copy()
    P, of_shifted, of_whole, _ = student.softmax.each([(in_place(theirs),), (Z + 3.0,), (whole,), (in_place(their_far),)])
    P = check_array(P, (1, 4), "softmax(Z)")
    for before, after in ((Z, theirs), (far, their_far)):
        check_unchanged(before, after, "The argument Z of softmax")
    check_close(P.sum(), 1.0, "the sum of a row of probabilities")
    check_close(of_shifted, P, "softmax(Z + 3), which is softmax(Z),")
    check_close(of_whole, softmax(whole), "softmax of integers")


@item("softmax_cross_entropy")
def test_softmax_cross_entropy(student, rng):
    """softmax_cross_entropy(Z, y) is -log softmax(Z)[y], for every class y."""
    Z = 2.0 * rng.standard_normal((1, 3))
    cases = [(Z, np.array([y])) for y in range(3)]
    for case, loss in zip(cases, student.softmax_cross_entropy.each(cases)):
        check_loss(loss, softmax_cross_entropy(*case), 1)


@item("softmax_cross_entropy")
def test_softmax_cross_entropy_is_a_mean(student, rng):
    """The cross-entropy is averaged over the batch, whatever its size, and is a plain number; Z and y stay."""
    far_out = np.array([[1000.0, -1000.0], [0.0, 2.0]]), np.array([1, 0])
    batches = [class_batch(rng, *sizes) for sizes in [(3, 3), (7, 4)]]
    check_means(student, "softmax_cross_entropy", softmax_cross_entropy, batches, far_out)


@item("softmax_cross_entropy")
def test_softmax_cross_entropy_far_out(student):
    """The cross-entropy of logits of -1000 and 1000 is right to ten digits, in a batch with small ones too."""
    cases = [
        ([[1000.0, -1000.0]], [0]), ([[1000.0, -1000.0]], [1]), ([[1000.0, 0.0]], [1]), ([[-1000.0, -1000.0]], [0]),
        ([[-1000.0, 1000.0, -1000.0]], [2]), ([[1e6, 0.0]], [1]), ([[800.0, 0.0], [0.0, 1.0]], [0, 1]),
        ([[-900.0, -901.0], [3.0, 5.0]], [1, 0]),
    ]
    for (Z, y), loss in zip(cases, student.softmax_cross_entropy.each([(np.array(Z), np.array(y)) for Z, y in cases])):
        check_close(loss, softmax_cross_entropy(np.array(Z), np.array(y)), f"the loss at Z = {Z}, y = {y}", **EXACT)


def check_loss_gradients(student, name, loss, batches):
    """The student's gradients agree with central differences of the reference loss."""
    for (z, y), actual in zip(batches, getattr(student, name).each(batches)):
        numerical = numerical_gradient(partial(loss, y=y), z)  # good to about 1e-10
        check_close(actual, numerical, f"{name}(z, y) for a batch of {len(z)}", rtol=1e-6, atol=1e-8)


@item("loss_gradients")
def test_bce_gradient(student, rng):
    """bce_from_logits_grad agrees with central differences of the mean loss, for any batch size."""
    check_loss_gradients(student, "bce_from_logits_grad", bce_from_logits, [binary_batch(rng, m) for m in (6, 1, 6)])


@item("loss_gradients")
def test_softmax_cross_entropy_gradient(student, rng):
    """softmax_cross_entropy_grad agrees with central differences of the mean loss, for any batch size."""
    batches = [class_batch(rng, *sizes) for sizes in [(1, 3), (3, 3), (5, 4), (3, 3)]]
    check_loss_gradients(student, "softmax_cross_entropy_grad", softmax_cross_entropy, batches)


@item("loss_gradients", 0.5)
def test_loss_gradients_far_out(student):
    """Both gradients are right for logits of -1000 and 1000, and leave their arguments as they were."""
    z, y = np.array([[-1000.0], [-1000.0], [1000.0], [1000.0]]), np.array([[0.0], [1.0], [0.0], [1.0]])
    Z, labels = np.array([[1000.0, -1000.0], [1000.0, -1000.0], [0.5, 1.0]]), np.array([0, 1, 0])
    for name, reference, batch in [
        ("bce_from_logits_grad", bce_from_logits_grad, (z, y)),
        ("softmax_cross_entropy_grad", softmax_cross_entropy_grad, (Z, labels)),
    ]:
        theirs = [array.copy() for array in batch]
        check_close(getattr(student, name)(*map(in_place, theirs)), reference(*batch), name, rtol=1e-8, atol=1e-9, z=batch[0])
        check_arguments_unchanged(batch, theirs, name)
