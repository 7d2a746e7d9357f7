"""Hidden tests of Exercise 4: dropout, the L2 penalty, early stopping."""

import numpy as np

from autograder.testing import (
    RemoteObject,
    check,
    check_array,
    check_close,
    check_gradients,
    check_number,
    check_tuple,
    check_unchanged,
    in_place,
    item,
    random_params,
)
from reference.exercise4 import watch
from reference.regularization import EarlyStopping, dropout_forward, l2_penalty


def run_dropout(student, A, p, *args, **kwargs):
    """The student's out and mask, as arrays of the shape of A."""
    theirs = A.copy()
    result = check_tuple(student.dropout_forward(in_place(theirs), p, *args, **kwargs), "out, mask", "dropout_forward")
    check_unchanged(A, theirs, "A, an argument of dropout_forward,")
    return [check_array(value, A.shape, name) for value, name in zip(result, ("out", "mask"), strict=True)]


def seeds(rng, count):
    return [int(seed) for seed in rng.integers(2**32, size=count)]


# Of 20,000 entries a share p is dropped: with p = 0.3 its standard deviation is 0.0032, and 0.03 is more than nine of
# them. Rows and columns of 100 or 200 entries have deviations of 0.046 and 0.032 among themselves if entries are dropped
# one by one; whole rows or columns would be 0 or 1, a deviation of 0.46.
@item("dropout_forward")
def test_dropout_share(student, rng):
    """In training, a share p of the entries becomes 0, each entry on its own."""
    for p in (0.3, 0.8):
        A = rng.uniform(1.0, 2.0, (200, 100))
        out, _ = run_dropout(student, A, p, np.random.default_rng(seeds(rng, 1)[0]))
        dropped = out == 0
        check(abs(dropped.mean() - p) < 0.03,
              f"With p = {p} the share of zeros in out should be about {p}, but is {dropped.mean():.3f}.")
        for axis, what in ((0, "columns"), (1, "rows")):
            check(dropped.mean(axis=axis).std() < 0.1, f"Whole {what} are dropped or kept together.")


@item("dropout_forward", 1.5)
def test_dropout_scale(student, rng):
    """What survives is divided by 1 - p, the mask says so, and out is A times the mask."""
    for p in (0.25, 0.6):
        A = rng.choice([-1.0, 1.0], (30, 20)) * rng.uniform(1.0, 2.0, (30, 20))
        out, mask = run_dropout(student, A, p, np.random.default_rng(seeds(rng, 1)[0]))
        check_close(out, np.where(out == 0, 0.0, A / (1 - p)), f"out with p = {p}", rtol=1e-9)
        check_close(mask, (out != 0) / (1 - p), f"mask with p = {p}", rtol=1e-9)


@item("dropout_forward")
def test_dropout_evaluation(student, rng):
    """With training=False, and with p = 0, A comes out as it was; the mask is all ones, and no rng is needed."""
    for shape in [(4, 3), (2, 3, 4)]:
        A = rng.standard_normal(shape)
        for p, generator, training in [(0.9, None, False), (0.0, np.random.default_rng(0), True)]:
            out, mask = run_dropout(student, A, p, generator, training=training)
            when = f"with p = {p} and training={training}"
            check_close(out, A, f"out {when}")
            check_close(mask, np.ones(shape), f"mask {when}")


@item("dropout_forward")
def test_dropout_randomness(student, rng):
    """The mask comes from the given rng: the same state gives the same mask, another state or a second draw another."""
    # two masks of 400 entries agree by chance with 2^-400
    A, (seed, other_seed) = np.ones((20, 20)), seeds(rng, 2)
    first, again, other = (run_dropout(student, A, 0.5, np.random.default_rng(s))[1] for s in (seed, seed, other_seed))
    check(np.array_equal(first, again), "Two generators in the same state gave different masks. Draw from rng only.")
    check(not np.array_equal(first, other), "Two generators in different states gave the same mask. Draw from rng.")
    generator = np.random.default_rng(seed)
    one, two = (run_dropout(student, A, 0.5, in_place(generator))[1] for _ in range(2))
    check(not np.array_equal(one, two), "A second batch got the same mask: draw a new one for every call.")


@item("dropout_backward")
def test_dropout_backward(student, rng):
    """The gradient passes where the activation did, scaled as it was; 0 where it was dropped."""
    for shape, p in [((5, 4), 0.5), ((3, 7), 0.2), ((3, 7), 0.7)]:
        dOut = rng.standard_normal(shape)
        _, mask = dropout_forward(np.ones(shape), p, rng)
        check_close(student.dropout_backward(dOut, mask), dOut * mask, "the gradient of A")


@item("dropout_backward")
def test_dropout_backward_evaluation(student, rng):
    """With a mask of ones, as in evaluation, the gradient passes as it is; the arguments stay as they were."""
    dOut, ones = rng.standard_normal((4, 3)), np.ones((4, 3))
    check_close(student.dropout_backward(dOut, ones), dOut, "the gradient of A")
    for mask in (ones, dropout_forward(ones, 0.5, rng)[1]):
        theirs = dOut.copy(), mask.copy()
        student.dropout_backward(*map(in_place, theirs))
        check_unchanged(dOut, theirs[0], "dOut, an argument of dropout_backward,")
        check_unchanged(mask, theirs[1], "mask, an argument of dropout_backward,")


def with_embeddings(rng, *sizes):
    return {"E": rng.standard_normal((6, sizes[0])), **random_params(rng, *sizes)}


@item("l2")
def test_l2_penalty(student, rng):
    """The penalty is lambda times the sum of the squares of all weights, of all layers."""
    for sizes in [(3, 4, 1), (2, 3, 3, 3, 2)]:
        params, strength = random_params(rng, *sizes), float(rng.uniform(0.01, 0.5))
        params = {name: value if name.startswith("W") else 0 * value for name, value in params.items()}
        check_close(check_number(student.l2_penalty(params, strength), "the penalty"), l2_penalty(params, strength), "the penalty")


@item("l2")
def test_l2_leaves_out(student, rng):
    """Biases and embeddings are not penalised."""
    params = with_embeddings(rng, 3, 4, 2)
    check_close(check_number(student.l2_penalty(params, 0.3), "the penalty"), l2_penalty(params, 0.3), "the penalty")


@item("l2", 1.5)
def test_l2_gradient(student, rng):
    """The gradient is 2 lambda W for each weight matrix."""
    for sizes in [(3, 4, 1), (2, 3, 3, 2)]:
        params, strength = with_embeddings(rng, *sizes), float(rng.uniform(0.01, 0.5))
        theirs = {name: value.copy() for name, value in params.items()}
        check_gradients(student.l2_gradient(in_place(theirs), strength),
                        {name: 2 * strength * value for name, value in params.items() if name.startswith("W")})
        check_unchanged(params, theirs, "params, an argument of l2_gradient,")


@item("l2", 0.5)
def test_l2_gradient_keys(student, rng):
    """The gradient has the keys of the weight matrices and no others, so that it can be added to the loss's."""
    params = with_embeddings(rng, 3, 4, 1)
    gradient = student.l2_gradient(params, 0.1)
    check(isinstance(gradient, dict), "l2_gradient should return a dict of arrays.")
    extra = [str(name) for name in gradient if name not in ("W1", "W2")]
    check(not extra, f"The gradient of the penalty has the key {', '.join(extra)[:60]}, and should not.")
    nothing = [name for name in ("W1", "W2") if name not in gradient or not np.any(gradient[name])]
    check(not nothing, f"The gradient of the penalty lacks {' and '.join(nothing)}, or is 0 there.")


def made(student, **settings):
    """The student's object, and how that is said."""
    stopping = student.EarlyStopping(**settings)
    check(isinstance(stopping, RemoteObject), "EarlyStopping should be a class with the methods update and restore.")
    return stopping, f"With {', '.join(f'{name} = {value}' for name, value in settings.items())}" if settings else "By default"


def told(student, losses, **settings):
    """The student's object after training with these validation losses, its answers up to the first True, and what that was."""
    (stopping, with_), answers = made(student, **settings), []
    while not any(answers) and len(answers) < len(losses):
        answers.append(stopping.update(float(losses[len(answers)]), {"W1": np.ones((1, 1)), "b1": np.ones(1)}))
        check(isinstance(answers[-1], (bool, np.bool_)), "update should return True or False.")
    return stopping, list(map(bool, answers)), _when(with_, losses[: len(answers)])


def restored(student, losses, **settings):
    """The epochs of which W1 and b1 are after restore, where one pair of arrays has been trained; and what that was."""
    stopping, with_ = made(student, **settings)
    return student.watch(stopping, [float(loss) for loss in losses])[1], _when(with_, losses)


def _when(with_, losses):
    return f"{with_} and the validation losses {', '.join(f'{loss:.3g}' for loss in losses)}"


@item("early_stopping", 1.5)
def test_early_stopping_patience(student, rng):
    """update says stop after exactly `patience` epochs in a row without an improvement; three by default."""
    for patience in (1, 2, 4):
        check_stop(student, [0.9, 0.7, *rng.uniform(0.71, 0.9, 6)], patience=patience)
    check_stop(student, [0.9, *rng.uniform(0.91, 0.95, 5)])


def check_stop(student, losses, **settings):
    expected, _ = watch(EarlyStopping(**settings), losses)
    _, answers, when = told(student, losses, **settings)
    says = f"says stop after epoch {len(answers)}" if answers[-1] else f"does not say stop by epoch {len(answers)}"
    off = {1: " One epoch too late.", -1: " One epoch too early."}.get(len(answers) - len(expected), "")
    check(answers == expected, f"{when}, update {says}; it should after epoch {len(expected)}.{off}")


# When it stops has a criterion of its own: the others stop late, or not at all, and a slip of an epoch costs none of them.
PATIENT = 40


def noisy_curve(rng, best, after):
    """Losses that fall with setbacks of one epoch up to epoch number `best`, then never come back."""
    falling = np.linspace(1.0, 0.4, best) + rng.uniform(-0.01, 0.01, best)
    falling[1:-1:3] += 0.5
    return [*falling, *rng.uniform(0.5, 0.9, after)]


def check_stops_after(student, losses, epoch, **settings):
    """update says stop, and not before an epoch."""
    rising = [1.1, 1.2, 1.3, 1.4]  # where also those stop who forget the best loss, and not those who never do: it tells a hint
    _, answers, when = told(student, [*losses, *rising], **settings)
    check(not any(answers[:epoch]), f"{when}, update says stop after epoch {len(answers)}, and should go on: the epochs without "
                                    "an improvement must come in a row.")
    check(answers[-1] and len(answers) <= len(losses), f"{when}, update should say stop by epoch {len(losses)}, and does not.")


@item("early_stopping")
def test_early_stopping_counts_anew(student, rng):
    """An improvement starts the count anew: single bad epochs on the way down do not stop the training."""
    check_stops_after(student, noisy_curve(rng, 11, 6), 11, patience=3)
    check_stops_after(student, noisy_curve(rng, 14, 6), 14, patience=3)


def check_best(student, losses, **settings):
    """best_loss and best_epoch are right, in a training run that is not stopped."""
    reference = EarlyStopping(patience=PATIENT, **settings)
    watch(reference, losses)
    stopping, _, when = told(student, losses, patience=PATIENT, **settings)
    for name in ("best_epoch", "best_loss"):
        check_close(check_number(stopping.get(name), name), getattr(reference, name), f"{when}, {name}")


@item("early_stopping")
def test_early_stopping_best(student, rng):
    """best_loss and best_epoch are those of the best epoch, counted from 1, the first of equals."""
    check_best(student, [0.5, 0.6, 0.5, 0.7])
    check_best(student, [70.0, 50.0, 60.0])
    check_best(student, [0.9, 0.8, *rng.uniform(0.5, 0.7, 1), 0.75, 0.74, 0.77])


@item("early_stopping", 1.5)
def test_early_stopping_restores(student, rng):
    """restore writes the parameters of the best epoch, as they were then, into the arrays of params."""
    for losses in ([0.5, 0.9, 0.8], [0.9, 0.8, 0.7, 0.75, 0.72], noisy_curve(rng, 8, 3)):
        best = 1 + int(np.argmin(losses))
        weights, when = restored(student, losses, patience=PATIENT)
        last = " These are the last ones: are the best kept as copies, and written into the arrays that are there?"
        check(weights == [best, best],
              f"{when}, restore should write the parameters of epoch {best} into the arrays of params; "
              f"those that the network holds are then of epoch {weights[0]:g} (W1) and {weights[1]:g} (b1)."
              + last * (weights == [len(losses)] * 2))


@item("early_stopping")
def test_early_stopping_min_delta(student, rng):
    """Only an improvement on the best loss by more than min_delta counts."""
    check_best(student, [1.0, 0.95, 0.85, 0.8, 0.78], min_delta=0.1)
    check_best(student, [1.0, 0.75, 0.7], min_delta=0.25)  # exactly min_delta is not more
    check_stops_after(student, [1.0, 0.95, 0.93, 0.91, 0.89, 0.87], 2, patience=2, min_delta=0.2)


@item("early_stopping", 0.5)
def test_early_stopping_nan(student):
    """A validation loss of nan is no improvement, at the beginning too, and does not stand in the way of one."""
    nan = float("nan")
    check_best(student, [0.8, 0.7])  # who never notes an improvement has another trouble than nan
    check_best(student, [nan, 0.8, nan, 0.7, nan])
    check_stops_after(student, [nan, 0.8, nan, 0.7, nan, nan, nan], 4, patience=2)
    starts = [len(told(student, [first, *[nan] * 9], patience=3)[1]) for first in (nan, 0.8)]
    check(starts[0] == starts[1] - 1, "Where all losses are nan, the first epoch is the first of those without an improvement.")
    weights, when = restored(student, [nan, nan], patience=PATIENT)
    check(weights == [2, 2], f"{when}, there are no best parameters, so restore should leave the last ones as they are.")
