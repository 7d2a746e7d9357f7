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
        check_close(rise, curve[-1] / 0.4, f"validation_rise of a curve that is lowest in epoch {best + 1}")


def saw_tooth(rng, epochs, steps, noise):
    """Step losses that fall from epoch to epoch, with a pattern that all epochs share, and noise."""
    pattern, level = rng.standard_normal(steps), np.linspace(3.0, 1.0, epochs)[:, None]
    return (level + pattern + noise * rng.standard_normal((epochs, steps))).ravel().tolist()


def check_position_effect(student, losses, epochs, what):
    effect = check_number(student.position_effect(losses, epochs), "position_effect")
    check_close(effect, diagnostics.position_effect(losses, epochs), f"position_effect of {what}")


@item("curve_signs", 1.5)
def test_position_effect(student, rng):
    """position_effect is the variance of the means by place over the whole variance, in the later epochs."""
    for epochs, steps in [(6, 10), (9, 7), (4, 25)]:
        losses = saw_tooth(rng, epochs, steps, noise=0.5)
        check_position_effect(student, losses, epochs, f"{epochs} noisy epochs of {steps} steps")


@item("curve_signs")
def test_position_effect_later_epochs(student, rng):
    """Only rows epochs // 2 and up count, each without its own mean."""
    for epochs in (5, 8):
        early, late = rng.standard_normal((epochs // 2, 6)), saw_tooth(rng, epochs - epochs // 2, 6, noise=0.3)
        losses = [*early.ravel().tolist(), *late]
        check_position_effect(student, losses, epochs, f"{epochs} epochs whose pattern begins in the middle")


@item("curve_signs", 0.5)
def test_position_effect_edges(student, rng):
    """A single epoch works, what is left over after the last full epoch does not count, and no variance gives 0."""
    losses = saw_tooth(rng, 6, 8, noise=0.5)
    check_position_effect(student, losses + [9.0, -9.0, 9.0], 6, "6 epochs and three steps left over")
    check_position_effect(student, losses[:8], 1, "a single epoch")
    check_position_effect(student, [0.5] * 24, 4, "losses that are all equal")


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
    for rows, distinct in [(6, 6), (8, 3), (5, 1)]:
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


def gradients(rng, layer_count):
    """Gradients in a shuffled order, with biases and embeddings among them."""
    sizes = rng.integers(1, 5, layer_count + 1)
    grads = {"E": rng.standard_normal((7, sizes[0]))}
    for l in range(1, layer_count + 1):
        grads[f"W{l}"] = rng.standard_normal((sizes[l], sizes[l - 1])) * 10.0 ** rng.uniform(-6, 0)
        grads[f"b{l}"] = rng.standard_normal(sizes[l])
    names = rng.permutation(list(grads)).tolist()
    return {name: grads[name] for name in names}


@item("weight_signs")
def test_gradient_norms(student, rng):
    """gradient_norms holds the Frobenius norm of each dW, and of nothing else."""
    for layer_count in (1, 3):
        grads = gradients(rng, layer_count)
        check_close(student.gradient_norms(grads), diagnostics.gradient_norms(grads), "gradient_norms", atol=0.0)


@item("weight_signs")
def test_gradient_norms_order(student, rng):
    """The first layer comes first and the tenth tenth, whatever order the dictionary is in."""
    grads = gradients(rng, 13)
    norms = check_array(student.gradient_norms(grads), (13,), "gradient_norms")
    expected = np.array(diagnostics.gradient_norms(grads))
    check(not np.allclose(np.sort(norms), np.sort(expected)) or np.allclose(norms, expected),
          "gradient_norms holds the right norms in the wrong order: layer 10 comes after layer 9.")
    check_close(norms, expected, "gradient_norms", atol=0.0)


@item("weight_signs")
def test_movement(student, rng):
    """movement is the norm of the difference over the norm of what was before."""
    for shape in [(4, 3), (5,), (1, 1)]:
        before = rng.standard_normal(shape) + 0.1
        after = before + rng.standard_normal(shape) * rng.uniform(0.01, 3.0)
        expected = np.linalg.norm(after - before) / np.linalg.norm(before)
        theirs = before.copy()
        check_close(check_number(student.movement(in_place(theirs), after), "movement"), expected, "movement")
        check_unchanged(before, theirs, "before, an argument of movement,")


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


def check_share(student, student_id, at_least):
    """The share of recordings of other students' decks that the program names right."""
    mine = draw_runs(student_id, originals())["A"]
    right, wrong = 0, {}
    for deck, runs in zip(originals(), recorded(), strict=True):
        if mine in deck:
            continue
        for original, run in zip(deck, runs, strict=True):
            named = student.diagnose(run["statistics"])
            check(isinstance(named, str), f"diagnose should return a name from PROBLEMS, not {named!r:.60}.")
            if named == original.problem:
                right += 1
            else:
                wrong[named] = wrong.get(named, 0) + 1
    share = right / (right + sum(wrong.values()))
    often = max(wrong, key=wrong.get, default="")
    check(share >= at_least, f"Of the hidden runs {share:.0%} are named right, and {at_least:.0%} are asked for. "
                             f"The wrong answer given most often is {often!r:.40}, {wrong.get(often)} times.")
    return share
