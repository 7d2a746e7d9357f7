"""Honest work is graded as what it is, whatever tools and habits have made of the notebook."""

import json

import honest
import nbformat
import pytest
import tiny
from nbgrader.api import Gradebook

from autograder.authoring import build, sample_class
from autograder.course import batch, entries
from autograder.isolation.outcomes import Outcome

SOURCE = """---
jupyter:
  autograder: {title: Tiny, points: 100, limits: {cell_seconds: 2, call_seconds: 2}}
  jupytext: {text_representation: {extension: .md, format_name: markdown}, notebook_metadata_filter: autograder}
---

# Tiny

```python
import matplotlib.pyplot as plt
import numpy as np

RATE = 0.5
```

# Activations

```python solves="relu"
from reference.activations import relu, relu_grad
```

```python item="relu" points=30
assert relu(np.array([-1.0]))[0] == 0, "relu of a negative number is 0"
assert relu_grad(np.array([2.0]))[0] == 1
```

```python
FUNCTIONS = {"relu": (relu, relu_grad)}
fig, ax = plt.subplots()
ax.plot(relu(np.linspace(-1, 1, 5)))
plt.show()
```

```python solves="sigmoid"
from reference.activations import sigmoid
```

```python item="sigmoid" points=30
assert sigmoid(np.array([0.0]))[0] == 0.5
assert FUNCTIONS["relu"][0](3.0) == 3.0
```

Which numbers does it give for weights of your own?

```python solves="weights"
### BEGIN SOLUTION
E_learned = sigmoid(np.array([0.25, -0.5]))
### END SOLUTION
```

```python item="weights" points=30
assert np.shape(E_learned) == (2,)
```

Why does that work?

<!-- #region item="why" points=10 -->
### BEGIN SOLUTION
Because the model answer says so in many words.
### END SOLUTION
<!-- #endregion -->

Thank you.
"""

SUITE = '''
import numpy as np
from autograder.testing import check_close, item


@item("relu")
def test_relu(student):
    """Negative numbers become 0."""
    check_close(student.relu(np.array([-7.125, 3.0])), [0, 3], "relu(z)")
    check_close(student.relu_grad(np.array([-7.125, 3.0])), [0, 1], "relu_grad(z)")


@item("sigmoid")
def test_sigmoid(student):
    """The sigmoid of 0 is 1/2."""
    check_close(student.sigmoid(np.zeros(3)), [0.5] * 3, "sigmoid(z)")


@item("weights")
def test_weights(student):
    """They are sigmoids."""
    learned = np.array(student.get("E_learned"))
    check_close(student.sigmoid(np.log(learned / (1 - learned))), learned, "sigmoid")
    check_close(learned, 1 / (1 + np.exp([-0.25, 0.5])), "E_learned")
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory, zygote):
    """A course with an assignment that has some of everything."""
    course = tiny.new_course(tmp_path_factory.mktemp("honest"))
    tiny.write(course, {"source/tiny/tiny.md": SOURCE, "suites/tiny/test_tiny.py": SUITE})
    build.build("tiny", course, zygote)
    return course


@pytest.fixture(scope="module")
def solved(course):
    """The assignment, its solved notebook and what that was made from, as JSON."""
    assignment = course.assignment("tiny")
    return assignment, *(json.loads(nbformat.writes(one)) for one in (sample_class.solve(assignment), assignment.released_notebook))


@pytest.fixture
def grade(solved, zygote, tmp_path):
    """Grades a solved notebook that a function has changed: report, points of every cell, the graded notebook."""
    def graded(change):
        assignment, notebook, released = solved
        for name, contents in honest.files("tiny", change, notebook, released).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(contents)
        report, entry = entries.grade(assignment, zygote, "ada", *batch.read(assignment, tmp_path))
        graded = nbformat.reads(entry.files.pop("tiny.ipynb").decode(), as_version=4)
        return report, entry.scores, "\n".join(cell.source for cell in graded.cells), b"".join(entry.files.values()).decode()

    return graded


@pytest.mark.parametrize("name", honest.CASES)
def test_honest_work_earns_what_it_deserves(grade, solved, name):
    """Catches points lost, answers given 0 unread, and work that is not in the graded notebook, for what a tool has done."""
    report, scores, text, beside = grade(honest.CASES[name])
    assert scores == {"relu": 30, "sigmoid": 30, "weights": 30, "why": None}, report.remarks
    wrote = [line for line in honest.own_lines(solved[1], solved[2]) if "model answer" not in line]
    assert not [line for line in wrote if line not in text and line not in beside] and not report.problems


def test_what_a_check_found_wrong_may_be_written_again_below(grade):
    """Catches a first attempt that is graded, with the second one right below it."""
    def change(notebook):
        solution = honest.functions(notebook)[0]
        right = solution["source"]
        solution["source"] = right.replace("np.maximum(0.0, z)", "np.abs(z)")
        assert solution["source"] != right
        honest.put(notebook, honest.place(notebook, honest.check_of(notebook, solution)) + 1, honest.code(right))

    assert grade(change)[1]["relu"] == 30


def test_data_that_an_item_spoils_costs_that_item_alone(grade):
    """Catches an item that pays for what the cells of a later one have done to its arrays."""
    def change(notebook):
        weights = honest.every(notebook, honest.is_solution)[-1]
        weights["source"] += "\nTABLE = {'relu': E_learned}"
        at = honest.place(notebook, honest.check_of(notebook, weights)) + 1
        honest.put(notebook, at, honest.code("TABLE['relu'] /= np.linalg.norm(E_learned)\nassert E_learned[0] > 0.7"))

    report, scores, *_ = grade(change)
    assert scores["weights"] == 30 and report.outcome is Outcome.OK


def test_names_are_as_they_were_in_a_restarted_process_too(grade):
    """Catches a function that ends Python and costs the next item what its names stood for."""
    def change(notebook):
        sigmoid, weights = honest.every(notebook, honest.is_solution)[1:]
        sigmoid["source"] = sigmoid["source"].replace("):", "):\n    if np.size(z) == 3: import os; os._exit(1)", 1)
        honest.put(notebook, len(notebook["cells"]), honest.code("E_learned = relu = None"))

    assert grade(change)[1] == {"relu": 30, "sigmoid": 0, "weights": 30, "why": None}


def test_what_nobody_has_written_earns_nothing(grade):
    """Catches points, or an answer for a person to read, where there are only cells as they were handed out."""
    def change(notebook):
        for cell in notebook["cells"]:
            cell["source"] = cell.get("handed_out", cell["source"])
        solution, answer = honest.functions(notebook)[0], honest.every(notebook, honest.is_answer)[0]
        honest.put(notebook, honest.place(notebook, solution), solution | {"id": "twin"})
        honest.put(notebook, honest.place(notebook, answer), answer | {"id": "other", "source": " \n"})
        honest.put(notebook, 0, honest.code("relu"))
        honest.put(notebook, len(notebook["cells"]), honest.text("Notes on something else"))

    report, scores, *_ = grade(change)
    assert scores == {"relu": 0, "sigmoid": 0, "weights": 0, "why": 0} and report.outcome is Outcome.CELL_ERROR


def test_the_page_names_the_cell_that_ran_long(grade):
    """Catches a time limit of which nobody can say where it was."""
    def change(notebook):
        honest.put(notebook, honest.place(notebook, honest.functions(notebook)[0]), honest.code("while True: pass"))

    report, scores, text, _ = grade(change)
    assert "Code cell 2 was interrupted" in text and scores["relu"] == 30 and report.outcome is Outcome.TIME_LIMIT


@pytest.mark.parametrize("there, said", [
    ({"a.ipynb": "{}", "report.pdf": "x"}, "None of these has this assignment's cells: a.ipynb"),
    ({"tiny.ipynb": ""}, "The file is empty"),
    ({"tiny.ipynb": "<!DOCTYPE html><html>"}, "It is a web page"),
    ({"tiny.ipynb": '{"cells": [\n<<<<<<< HEAD\n]}'}, "Git has left marks of a conflict"),
    ({"v1.ipynb": None, "v2.ipynb": None}, "several have its cells: v1.ipynb, v2.ipynb"),
])
def test_who_handed_in_something_else_reads_what_is_there(grade, solved, there, said):
    """Catches a message that leaves a student, or a TA, looking for what went wrong."""
    versions = [json.dumps(solved[1] | {"cells": solved[1]["cells"] + [honest.text(name)]}) for name in there]

    def change(notebook):
        return {None: None} | {
            name: version if text is None else text for (name, text), version in zip(there.items(), versions)}

    report, _, text, _ = grade(change)
    assert report.outcome.unusable and said in text


def test_plain_nbgrader_grades_the_same(course, solved):
    """Catches an answer that `nbgrader autograde` gives 0 unread, and a merged solution that it loses."""
    def change(notebook):
        honest.CASES["merged_with_the_given_cell_above"](notebook)
        honest.CASES["answered_in_a_cell_below"](notebook)
        honest.CASES["format_4_4_as_colab_writes_it"](notebook)

    folder = course.submitted / "colab" / "tiny"
    folder.mkdir(parents=True)
    for name, contents in honest.files("tiny", change, *solved[1:]).items():
        (folder / name).write_bytes(contents)
    done = tiny.nbgrader(course, "autograde", "tiny")
    assert done.returncode == 0, done.stderr
    with Gradebook(course.directory.db_url) as gradebook:
        submission = gradebook.find_submission("tiny", "colab")
        assert submission.score == 90 and submission.needs_manual_grade


BANK = '''
import mmap
import numpy as np
from autograder.testing import Mistakes
from reference.activations import relu

PLACE = mmap.mmap(-1, 5 * 2**30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, prot=mmap.PROT_READ)  # 0x4000: NORESERVE
BANK = Mistakes()


@BANK.mistake("relu", "keeps negative numbers", "Look at what becomes of negative numbers.")
def relu(z):
    return z
'''


def test_a_hint_comes_whatever_a_library_maps(tmp_path, zygote):
    """Catches the first hint of a run that is lost, with a note of trouble, where PyTorch maps gigabytes for a GPU."""
    course = tiny.new_course(tmp_path / "course")
    tiny.write(course, {"suites/tiny/mistakes.py": BANK})
    build.build("tiny", course, zygote)
    tiny.hand_in(course, "ada", relu_solution=tiny.RELU.replace("np.maximum(0, z)", "z"))
    done = tiny.autograder(course, "grade", "tiny")
    assert done.returncode == 0, done.stderr
    report = batch.Store(course, "tiny").get("ada")
    assert "Look at what becomes of negative numbers." in report.to_json() and not report.problems


def note_on_relu(grade, old, new):
    """What is noted about a relu with `new` where `old` stood."""
    def change(notebook):
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "relu-solution":
                cell["source"] = tiny.RELU.replace(old, new)

    report, *_ = grade(change)
    assert not report.problems
    return "".join(one.note for item in report.items for one in item.criteria if item.id == "relu")


@pytest.mark.parametrize("old, new, evidence, kind", [
    ("maximum", "minimum", "Your results are", "another of its kind"),
    ("maximum(0, z)", "maximum(0)", "Your errors are", "left to its default"),
])
def test_a_slip_that_nobody_has_listed_is_named_by_its_kind(grade, old, new, evidence, kind):
    """Catches a kind of slip that is not found, in what is returned or raised, and a hint that gives the solution away."""
    note = note_on_relu(grade, old, new)
    assert note.startswith(f"{evidence} exactly those of") and kind in note and new not in note


def test_an_error_of_the_same_type_is_not_the_same_error(grade):
    """Catches a hint that misleads, where a mutant raises what the student raised, for another reason."""
    assert note_on_relu(grade, "np.maximum(0, z)", "len(0)") == ""
