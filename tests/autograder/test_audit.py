"""The audit of hidden suites: its mutants are what they are called, what it says is true, and the tables beside the suites hold."""

import dataclasses
import re
import shutil

import numpy as np
import pytest
import tiny
from kit import kit, new_course

from autograder.authoring import audit
from autograder.grading import mutants, submission
from autograder.isolation.process import start_zygote

EQUIVALENT = """
EQUIVALENT = {{
    {narrow!r}: "0 and 1 are 0 and 1 in any type.",
    {boundary!r}: "It is said to be the same, and is not at 0.",
    "relu.order.00000": "Nobody has made such a mutant.",
}}
OPEN = {{"relu": "There are many ways to bend a line."}}
INPUTS = {{"relu_grad": lambda rng: (rng.integers(-3, 4, size=5).astype(float),)}}
"""


def example(Z, W, rng, slope=0.01, kind="he"):
    """Uses what operators look for.

    Parameters
    ----------
    Z, W : ndarray
    rng : numpy.random.Generator
    """
    steps = []
    table = {"he": 2.0}
    shifted = (Z - Z.max(axis=1, keepdims=True)) @ W.T
    E = np.exp(shifted) / np.sum(shifted.copy(), axis=0)
    for l in range(1, len(Z)):
        E[l] -= slope * table[kind]
        if E[l, 0] >= 0 and not steps:
            steps.append(np.zeros(3, dtype=float))
    return E, steps


MUTANTS = {
    "arithmetic": "shifted = (Z + Z.max(axis=1, keepdims=True)) @ W.T", "sign": "if E[l, 0] >= 0 and steps:",
    "boundary": "for l in range(1, len(Z) - 1):", "comparison": "if E[l, 0] < 0 and (not steps):",
    "boolean": "if E[l, 0] >= 0 or not steps:", "constant": "table = {'he': 4.0}",
    "axis": "shifted = (Z - Z.max(axis=None, keepdims=True)) @ W.T", "keepdims": "shifted = (Z - Z.max(axis=1)) @ W.T",
    "related": "shifted = (Z - Z.min(axis=1, keepdims=True)) @ W.T", "term": "E[l] -= slope",
    "statement": "E[l] = slope * table[kind]",
    "default": "def example(Z, W, rng, slope, kind='he'):", "inplace": "E[l] = E[l] - slope * table[kind]",
    "dtype": "steps.append(np.zeros(3, dtype=np.float32))", "order": "for l in sorted(range(1, len(Z)), key=str):",
    "size": "for l in range(1, 4):", "argument": "rng = np.random.default_rng(0)",
    "epsilon": "E = np.exp(shifted) / (np.sum(shifted.copy(), axis=0) + 1e-08)",
    "clip": "E = np.exp(np.clip(shifted, -30, 30)) / np.sum(shifted.copy(), axis=0)",
    "state": "def example(Z, W, rng, slope=0.01, kind='he', steps=[]):",
}


@pytest.mark.parametrize("operator", mutants.OPERATORS)
def test_each_operator_makes_what_it_is_called_after(operator):
    """Catches an operator that has stopped finding its places, and one that nobody has an example of."""
    lines = [line for mutant in mutants.mutants_of(example) if mutant.operator == operator for line in mutant.diff.splitlines()]
    assert f"+ {MUTANTS[operator]}" in lines


def test_mutants_are_python_and_each_another():
    """Catches the same mutant twice, two of one id, and what no student could run."""
    found = mutants.mutants_of(example)
    sources = {mutant.source for mutant in found}
    assert len(sources) == len(found) == len({mutant.id for mutant in found})
    for source in sources:
        compile(source, "mutant", "exec")


def test_what_a_stub_gives_is_no_mutant():
    """Catches an audit that asks for tests of lines that students never write."""
    def stub(z):
        if z < 0:
            raise ValueError
        for x in range(z):
            ### BEGIN SOLUTION
            z += x
            ### END SOLUTION
        return z

    changed = {line for mutant in mutants.mutants_of(stub) for line in mutant.diff.splitlines() if line.startswith("-")}
    assert {"- z += x", "- for x in range(z):"} <= changed and changed.isdisjoint({"- if z < 0:", "- raise ValueError"})


def test_an_id_stays_while_other_lines_are_edited():
    """Catches declared equivalents that belong to nothing any more after an edit elsewhere in the function."""
    def before(z):
        shifted = z - 1
        return shifted * 2

    def after(z):
        shifted = z - z.max()
        return shifted * 2

    mine, theirs = ({one.id.partition(".")[2] for one in mutants.mutants_of(function) if "shifted *" in one.diff}
                    for function in (before, after))
    assert len(mine) > 5 and len(mine ^ theirs) == 2  # what keeps results in an attribute names the function


@pytest.fixture(scope="module")
def tiny_course(tmp_path_factory):
    """The tiny course, built, with what its first audit printed."""
    course = tiny.new_course(tmp_path_factory.mktemp("course"))
    assert tiny.autograder(course, "build").returncode == 0
    return course, tiny.autograder(course, "audit", "tiny")


def test_survivors_are_shown_with_what_they_change(tiny_course):
    """Catches an audit that shows nothing to act on; the tiny suite never looks at 0."""
    _, audited = tiny_course
    assert audited.returncode == 0, audited.stderr
    survived = audited.stdout.partition("survived")[2]
    assert re.search(r"relu_grad\.boundary\.\w{5}", survived) and "+ return (np.asarray(z) >= 0).astype(float)" in survived
    assert "relu.arithmetic" not in survived and "relu.related" not in survived


def test_what_is_kept_is_not_judged_again(tiny_course):
    """Catches an audit that starts anew after Ctrl-C; half a line is what a kill leaves of the last verdict."""
    course, _ = tiny_course
    kept, = (course.root / ".autograder/audit/tiny").glob("*.jsonl")
    lines = kept.read_text().split("\n")
    kept.write_text("\n".join([*lines[:-2], lines[-2][:20]]))
    again = tiny.autograder(course, "audit", "tiny")
    assert again.returncode == 0 and "2/2" in again.stdout
    told = tiny.autograder(course, "audit", "--release", "tiny")
    assert "would pass" in told.stdout and "+ return (np.asarray(z) >= 0).astype(float)" in told.stdout


def test_equivalence_is_tried_and_not_believed(tiny_course):
    """Catches a declaration that hides a missing test, one that belongs to no mutant, and a function left out unsaid."""
    course, audited = tiny_course
    boundary = re.search(r"relu_grad\.boundary\.\w{5}", audited.stdout)[0]
    narrow = next(one.id for one in mutants.mutants_of(kit().authored.load("reference.activations").relu_grad)
                  if "float32" in one.diff)
    tiny.write(course, {"suites/tiny/equivalent.py": EQUIVALENT.format(narrow=narrow, boundary=boundary)})
    said = tiny.autograder(course, "audit", "tiny", "--table")
    assert said.returncode == 0, said.stderr
    wrong = said.stdout.partition("declared equivalent, and are not")[2]
    assert boundary in wrong and "differs on random input" in wrong and narrow not in wrong
    assert "1 equivalent" in said.stdout and "relu.order.00000" in said.stdout
    table = audit.read_table(course.authored, "tiny")
    assert table["verdicts"][narrow]["equivalent"] and "equivalent" not in table["verdicts"][boundary]
    assert "There are many ways" in said.stdout and not any(name.startswith("relu.") for name in table["verdicts"])


def test_what_is_not_graded_whole_gets_the_same_verdict(tiny_course):
    """Catches a shortened notebook in which a mutant is noticed that should not be, or is not that should be."""
    course, audited = tiny_course
    (course.root / "suites/tiny/equivalent.py").unlink(missing_ok=True)
    shutil.rmtree(course.root / ".autograder/audit")
    short = tiny.autograder(course, "audit", "tiny", "--whole", "1", "--table")
    assert short.returncode == 0 and "of 1 graded whole" in short.stdout, short.stderr
    assert _survivors(short) == _survivors(audited) != set()


def test_a_process_judges_other_items_after_one_has_lost_points(tiny_course):
    """Catches a process that prepares hints for all that was lost in it, also for what a shortened notebook does not grade."""
    course, _ = tiny_course
    whole = course.assignment("tiny")
    reports = [submission.contain(submission.grade_notebook, one, start_zygote(), "ada", whole.released_notebook)[0]
               for one in (whole, dataclasses.replace(whole, items=[]))]
    assert [[item.score for item in report.items] for report in reports] == [[0], []]


def _survivors(done):
    return set(re.findall(r"relu\w*\.\w+\.\w{5}", done.stdout.partition("survived")[2]))


def test_a_table_is_enough_before_an_assignment_is_given_out(tiny_course):
    """Catches a course that must audit anew what came with a table, and a table that is believed of another suite."""
    course, _ = tiny_course
    assert tiny.autograder(course, "audit", "tiny", "--whole", "0", "--table").returncode == 0
    shutil.rmtree(course.root / ".autograder/audit")
    told = tiny.autograder(course, "audit", "--release", "tiny")
    assert "would pass" in told.stdout and "+ return (np.asarray(z) >= 0).astype(float)" in told.stdout, told.stderr
    tiny.write(course, {"suites/tiny/mistakes.py": "# another suite"})
    assert "run: autograder audit tiny" in tiny.autograder(course, "audit", "--release", "tiny").stderr


def test_an_audit_says_what_it_needs(tiny_course):
    """Catches a traceback for a slip at the command line."""
    course, _ = tiny_course
    for arguments in ["tiny", "--release", "tiny"], ["tiny", "--item", "unknown"], ["--release", "unknown"]:
        refused = tiny.autograder(course, "audit", *arguments)
        assert refused.returncode == 1 and refused.stderr.startswith("autograder: ") and "Traceback" not in refused.stderr


@pytest.mark.parametrize("name", kit().authored.assignments)
def test_the_table_beside_a_suite_is_of_that_suite(name):
    """Catches a suite, a model solution or an operator that was changed and not audited: tests/benchmarks/audit.py --table."""
    found, digests = audit.material(kit().authored, name)
    table = audit.read_table(kit().authored, name)
    assert table and table["head"]["digests"] == digests
    assert table["head"]["mutants"] == len(found)
    assert table["verdicts"].keys() <= {mutant.id for _, _, mutant in found}
    assert len(getattr(kit().authored.in_suite(name, "equivalent"), "EQUIVALENT", {})) <= 0.05 * len(found)


@pytest.mark.parametrize("name", ["ps1", "ps2"])
def test_verdicts_are_what_the_table_says(built, tmp_path, name):
    """Catches an engine that judges otherwise than it did, by a few mutants; the benchmark judges all."""
    course = built(name)
    look = audit.Audit(new_course(tmp_path), course.assignment(name), sample=3)
    look.run()
    table = audit.read_table(kit().authored, name)["verdicts"]
    assert len(look.rows) == 3
    assert {row.mutant.id: row.line() for row in look.rows} == {row.mutant.id: table[row.mutant.id] for row in look.rows}
