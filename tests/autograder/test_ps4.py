"""What is special about ps4: recordings that show what the key says, and runs that belong to one student."""

import dataclasses
import os
import re
from itertools import combinations

import pytest
from submissions import grade_sample

from autograder.authoring import sample_class
from autograder.suites.ps4.sample_class import SAMPLES
from reference.diagnostics import diagnose
from reference.exercise4 import draw_runs, train_run
from reference.pathologies import GOOD, SYMPTOMS, tokenized_corpus, train_configuration
from reference.recordings import PROBLEMS, evidence, key, look_alikes, originals, recorded


@pytest.fixture(scope="module")
def ps4(built):
    """The assignment and its solved notebook."""
    assignment = built("ps4").assignment("ps4")
    return assignment, sample_class.solve(assignment)


@pytest.mark.parametrize("student", ["neighbours-notebook", "everything-changed"])
def test_answers_for_other_runs_and_forbidden_changes_earn_nothing_in_part_5(ps4, student):
    """Catches a grader that believes the notebook's own STUDENT_ID, or that copies the good configuration."""
    sample = next(sample for sample in SAMPLES if sample.student == student)
    report = grade_sample(*ps4, sample)
    assert {item.id: item.score for item in report.items} == sample.expected(ps4[0]) and not report.problems
    reasons = " ".join(criterion.reason for item in report.items for criterion in item.criteria)
    assert "'perfect', but was handed in by 'neighbours-notebook'" in reasons or "at most 2 fields" in reasons


def test_recordings_show_the_problems_of_the_key():
    """Catches recordings and key that have drifted apart, and a recording that is not plainly ill."""
    assert [len(deck) for deck in recorded()] == [len(PROBLEMS)] * len(originals())
    for deck, runs in zip(originals(), recorded(), strict=True):
        assert sorted(original.problem for original in deck) == sorted(PROBLEMS)
        for original, run in zip(deck, runs, strict=True):
            statistics = run["statistics"]
            assert diagnose(statistics) == original.problem
            assert run["facts"]["epochs"] == len(run["train_loss"]) == original.configuration.epochs
            healthy = original.problem == "good_fit"
            assert (statistics["validation_loss"] < 0.5) == healthy and (statistics["validation_accuracy"] > 0.79) == healthy
            assert not healthy or statistics["validation_rise"] < 1.2


def test_every_recording_has_evidence():
    """Catches a recording whose problem cannot be shown by the statistic that usually gives it away."""
    runs = [(original.problem, run["statistics"]) for deck, runs in zip(originals(), recorded(), strict=True)
            for original, run in zip(deck, runs, strict=True)]
    assert not evidence("good_fit")
    for problem, (name, side) in SYMPTOMS.items():
        healthy = [statistics[name] for kind, statistics in runs if kind == "good_fit"]
        values = [statistics[name] for kind, statistics in runs if kind == problem]
        assert name in evidence(problem)
        assert min(values) > max(healthy) if side == "higher" else max(values) < min(healthy)


def test_a_recording_can_be_made_again():
    """Catches a recording of another training than the key says; digits may differ between machines."""
    for original, run in list(zip(originals()[3], recorded()[3], strict=True))[:4]:
        again = train_run(original.configuration, tokenized_corpus(original.seed), original.seed)
        for name in ("train_loss", "validation_accuracy", "movement", "initial_loss"):
            assert again["statistics"][name] == pytest.approx(run["statistics"][name], rel=0.05, abs=0.02), original


def test_the_notebooks_loop_is_the_references():
    """Catches a laboratory in which a configuration means something else than in the reference."""
    for changes in ({}, {"optimizer": "momentum", "lr": 1.0}, {"optimizer": "sgd", "lr": 1.0, "shuffle": False}, {"patience": 1}):
        configuration = dataclasses.replace(GOOD, n_train=300, epochs=4, **changes)
        ours, theirs = train_run(configuration, tokenized_corpus(5), 5), train_configuration(configuration, 5, progress=False)
        assert ours["step_loss"] == pytest.approx(theirs.history.step_loss, rel=1e-9)
        assert ours["validation_loss"] == pytest.approx(theirs.history.validation_loss, rel=1e-9)
        assert ours["statistics"]["movement"] == pytest.approx(theirs.statistics["movement"], rel=1e-9)


def test_the_evidence_is_one_definition_for_all():
    """Catches a statistic that is refused although it tells, such as having no value, and one that is shared by many."""
    for problem in PROBLEMS:
        for name in evidence(problem):
            assert len(look_alikes(problem, name)) <= 2 and "good_fit" not in look_alikes(problem, name)
    assert {p for p in PROBLEMS if "gradient_ratio" in evidence(p)} == {"vanishing_gradients", "dead_relus", "zero_initialization"}
    assert "train_loss" not in evidence("dead_relus") and "validation_accuracy" not in evidence("learning_rate_too_low")


@pytest.mark.parametrize("login, right", [("s0042", True), (" S0042 ", True), ("s0043", False), (None, True)])
def test_the_runs_of_somebody_else_show_before_they_are_handed_in(ps4, monkeypatch, login, right):
    """Catches an id that is a slip, where the course's JupyterHub knows better; elsewhere the check asks."""
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    if login is not None:
        monkeypatch.setenv("JUPYTERHUB_USER", login)
    said = []
    source = sample_class.cell(ps4[1], "student_id").source.partition("runs = ")[0]
    names = {"os": os, "STUDENT_ID": "s0042", "written": lambda name: "s0042", "print": said.append}
    if right:
        exec(source, names)
        assert said[0].startswith("! STUDENT_ID is 's0042'")
    else:
        with pytest.raises(AssertionError, match="somebody else's"):
            exec(source, names)


def test_students_draw_different_runs():
    """Catches a draw that gives neighbours the same runs, or one with two runs of the same kind."""
    draws = {student: key(student) for student in (f"s{number:04d}" for number in range(200))}
    agree = []
    for a, b in combinations(draws, 2):
        agree.append(sum(draws[a][letter].problem == draws[b][letter].problem for letter in draws[a]))
    assert sum(agree) / len(agree) == pytest.approx(8 / 11, abs=0.05)
    assert sum(count >= 6 for count in agree) < 0.001 * len(agree)
    for drawn in draws.values():
        assert list(drawn) == list("ABCDEFGH") and len({original.problem for original in drawn.values()}) == 8
    assert key("S0001 ") == key("s0001") and draw_runs("x", recorded())["A"] in [r for deck in recorded() for r in deck]


def test_nothing_that_students_get_says_what_a_run_is(ps4):
    """Catches a key in the file of recordings: by name, by configuration, or by the order in the decks."""
    text = (ps4[0].release / "runs.json").read_text()
    assert not [problem for problem in PROBLEMS if problem in text] and not re.search(r"lr|init_|dropout|seed", text)
    orders = [tuple(original.problem for original in deck) for deck in originals()]
    assert len(set(orders)) == len(orders)
    assert max(sum(a == b for a, b in zip(one, other)) for one, other in combinations(orders, 2)) <= 6
