"""Hidden tests of Exercise 4: the numbers beside the curves, and the program that reads them."""

import numpy as np

from autograder.testing import check, check_array, check_close, check_number, check_unchanged, in_place, item
from reference import diagnostics
from reference.exercise4 import draw_runs
from reference.recordings import originals, recorded


@item("curve_signs")
def test_validation_rise(student, rng):
    """validation_rise is the last loss over the lowest, wherever that is."""
    for best in (0, 3, 7):
        curve = rng.uniform(0.5, 0.9, 8)
        curve[best] = 0.4
        rise = check_number(student.validation_rise(curve.tolist()), "validation_rise")
        check_close(rise, curve[-1] / 0.4, f"validation_rise of a curve that is lowest in epoch {best + 1}", rtol=1e-9)


def saw_tooth(rng, epochs, steps, falls=False):
    """A table of step losses, a row for each epoch: a pattern that all epochs share, and noise; all rows have one mean, or fall."""
    table = rng.standard_normal(steps) + 0.5 * rng.standard_normal((epochs, steps))
    levels = np.linspace(9.0, 4.0, epochs) if falls else np.full(epochs, 4.0)
    return table - table.mean(axis=1, keepdims=True) + levels[:, None]


def effect_of(student, losses, epochs):
    return check_number(student.position_effect(np.ravel(losses).tolist(), epochs), "position_effect")


def check_effect(student, table, what):
    epochs, steps = table.shape
    check_close(effect_of(student, table, epochs), diagnostics.position_effect(table.ravel().tolist(), epochs),
                f"position_effect of {epochs} epochs of {steps} steps, {what},")


@item("curve_signs")
def test_position_effect(student, rng):
    """position_effect is the variance of the means by place over the variance of all."""
    for rows, steps in [(3, 10), (4, 7), (2, 25)]:
        for scale in (1.0, 1e-3):  # the same whatever the scale, and the same for another call with as many numbers
            half = scale * saw_tooth(rng, rows, steps)  # twice the same: whichever epochs count, the effect is the same
            check_effect(student, np.concatenate([half, half]), "the second half like the first")


@item("curve_signs", 0.75)
def test_position_effect_later_epochs(student, rng):
    """Only the later epochs count, rows epochs // 2 and up."""
    for epochs in (5, 8):
        early, late = rng.standard_normal((epochs // 2, 6)), saw_tooth(rng, epochs - epochs // 2, 6)
        early += 4.0 - early.mean(axis=1, keepdims=True)
        check_effect(student, np.concatenate([early, late]), "whose pattern begins in the middle")


@item("curve_signs", 0.75)
def test_position_effect_without_learning(student, rng):
    """Each row counts without its own mean, so that learning is no effect of the place."""
    half = saw_tooth(rng, 3, 8, falls=True)
    check_effect(student, np.concatenate([half, half]), "whose losses fall from epoch to epoch")


@item("curve_signs", 0.5)
def test_position_effect_edges(student, rng):
    """A single epoch works, what is left over after the last full epoch does not count, and no variance gives 0."""
    table = saw_tooth(rng, 6, 8)
    whole, more = (effect_of(student, losses, 6) for losses in (table, [*table.ravel(), 9.0, -9.0, 9.0]))
    check_close(more, whole, "position_effect of 6 epochs and three steps left over, which do not count,")
    check_close(effect_of(student, table[0], 1), 1.0, "position_effect of a single epoch, where all goes with the place,")
    check_close(effect_of(student, [0.5] * 24, 4), 0.0, "position_effect of losses that are all equal")


def layers(rng, m, *widths):
    """Derivatives of ReLU layers, none of them dead."""
    result = [(rng.random((m, width)) < 0.5).astype(float) for width in widths]
    for layer in result:
        layer[rng.integers(m)] = 1.0
    return result


@item("unit_signs", 1.5)
def test_dead_share(student, rng):
    """A unit is dead if its derivative is 0 on every example: one column, all rows."""
    for m, width, dead in [(6, 5, 2), (4, 10, 3), (5, 4, 0), (3, 3, 3)]:
        (layer,) = layers(rng, m, width)
        layer[:, rng.choice(width, dead, replace=False)] = 0.0
        check_close(check_number(student.dead_share([layer]), "dead_share"), dead / width,
                    f"dead_share of {width} units, {dead} of them dead,")


@item("unit_signs")
def test_dead_share_layers(student, rng):
    """All units of all layers count the same, however wide the layers are; small and negative derivatives are alive."""
    first, second, third = layers(rng, 5, 8, 2, 4)
    second[:] = 0.0
    first[:, 0] = 0.0
    third *= -1e-12
    check_close(check_number(student.dead_share([first, second, third]), "dead_share"), 3 / 14, "dead_share of three layers")
    check_close(check_number(student.dead_share([]), "dead_share"), 0.0, "dead_share without hidden layers")


@item("unit_signs")
def test_distinct_units(student, rng):
    """distinct_units is the number of different rows over the number of rows."""
    for rows, distinct in [(6, 6), (8, 3), (8, 5), (5, 1)]:
        W = rng.standard_normal((distinct, 4))
        W = W[np.concatenate([np.arange(distinct), rng.integers(distinct, size=rows - distinct)])]
        W = W[rng.permutation(rows)]
        theirs = W.copy()
        check_close(check_number(student.distinct_units(in_place(theirs)), "distinct_units"), distinct / rows,
                    f"distinct_units of {rows} rows, {distinct} of them different,")
        check_unchanged(W, theirs, "W, an argument of distinct_units,")


@item("unit_signs", 0.5)
def test_distinct_units_rows(student, rng):
    """Rows are different if one entry is: the same numbers in another order are another row."""
    W = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.5]]) + float(rng.integers(9))
    check_close(check_number(student.distinct_units(W), "distinct_units"), 0.75, "distinct_units")


def gradients(rng, scales):
    """Gradients of a network whose dW are of these scales, layer by layer, with biases and embeddings among them."""
    sizes = rng.integers(1, 5, len(scales) + 1)
    grads = {"E": rng.standard_normal((7, sizes[0]))}
    for l, scale in enumerate(scales, start=1):
        grads[f"W{l}"] = rng.uniform(1.0, 2.0, (sizes[l], sizes[l - 1])) * scale
        grads[f"b{l}"] = rng.standard_normal(sizes[l])
    return grads


@item("weight_signs")
def test_gradient_norms(student, rng):
    """gradient_norms holds the Frobenius norm of each dW, and of nothing else."""
    for layer_count in (1, 3):
        grads = gradients(rng, 10.0 ** rng.uniform(-6, 0, layer_count))
        theirs = {name: value.copy() for name, value in grads.items()}
        norms = student.gradient_norms(in_place(theirs, structure=True))
        check_close(norms, diagnostics.gradient_norms(grads), "gradient_norms", atol=0.0)
        check_unchanged(grads, theirs, "grads, an argument of gradient_norms,")


@item("weight_signs")
def test_gradient_norms_order(student, rng):
    """The first layer comes first and the tenth tenth, whatever order the dictionary is in."""
    grads = gradients(rng, 100.0 ** -rng.permutation(13))
    shuffled = {name: grads[name] for name in rng.permutation(list(grads)).tolist()}
    norms = check_array(student.gradient_norms(shuffled), (13,), "gradient_norms, of 13 layers,")
    order, right = (np.argsort(values) for values in (norms, diagnostics.gradient_norms(grads)))
    for there, place in zip(order, right, strict=True):
        check(there == place, f"In gradient_norms, of 13 layers in a dictionary of another order, the norm of layer {place + 1} "
                              f"stands where that of layer {there + 1} should.")


@item("weight_signs")
def test_movement(student, rng):
    """movement is the norm of the difference over the norm of what was before."""
    for shape, scale in [((4, 3), 1.0), ((4, 3), 1e-6), ((5,), 1.0), ((1, 1), 1.0)]:
        before = scale * (rng.standard_normal(shape) + 0.1)
        after = before + scale * rng.standard_normal(shape) * rng.uniform(0.01, 3.0)
        expected = np.linalg.norm(after - before) / np.linalg.norm(before)
        theirs = before.copy(), after.copy()
        found = check_number(student.movement(*map(in_place, theirs)), "movement")
        check_close(found, expected, f"movement of an array of the size {scale:g}")
        for name, ours, one in zip(("before", "after"), (before, after), theirs, strict=True):
            check_unchanged(ours, one, f"{name}, an argument of movement,")


# The reference names all 176 recordings right. The student's own deck is left out, since it can be read off.
@item("diagnose")
def test_diagnose_half(student, student_id):
    """diagnose names at least half of the hidden runs right."""
    check_share(student, student_id, 0.5)


@item("diagnose")
def test_diagnose_three_quarters(student, student_id):
    """diagnose names at least three quarters of the hidden runs right."""
    check_share(student, student_id, 0.75)


@item("diagnose")
def test_diagnose_nine_tenths(student, student_id, measure):
    """diagnose names at least nine tenths of the hidden runs right."""
    measure("runs named by the program", check_share(student, student_id, 0.9))


@item("diagnose")
def test_diagnose_every_problem(student, student_id):
    """diagnose knows every problem: of each, at least half of the hidden runs are named right."""
    named = names_given(student, student_id)
    for problem, names in named.items():
        share = names.count(problem) / len(names)
        often = max(names, key=names.count)
        check(share >= 0.5, f"Of the hidden runs with one of the problems only {share:.0%} are named right. Your program calls "
                            f"them {often!r:.40} most often, which may be right for other runs.")


def check_share(student, student_id, at_least):
    """The share of recordings of other students' decks that the program names right."""
    named = names_given(student, student_id)
    wrong = [name for problem, names in named.items() for name in names if name != problem]
    share = 1 - len(wrong) / sum(map(len, named.values()))
    often = max(wrong, key=wrong.count, default="")
    check(share >= at_least, f"Of the hidden runs {share:.0%} are named right, and {at_least:.0%} are asked for. "
                             f"The wrong answer given most often is {often!r:.40}, {wrong.count(often)} times.")
    return share


def names_given(student, student_id):
    """What the program says of the recordings of other students' decks: problem -> names."""
    mine, named = draw_runs(student_id, originals())["A"], {}
    for deck, runs in zip(originals(), recorded(), strict=True):
        if mine in deck:
            continue
        for original, run in zip(deck, runs, strict=True):
            name = student.diagnose(run["statistics"])
            check(isinstance(name, str), f"diagnose should return a name from PROBLEMS, not {name!r:.60}.")
            named.setdefault(original.problem, []).append(name)
    return named
