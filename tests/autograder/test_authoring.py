"""A build refuses whatever must not reach students, and what it releases is what the source says."""

import base64
import csv
import io
import json
import re

import matplotlib.pyplot as plt
import nbformat
import pytest
from kit import KIT, kit
from tiny import SOURCE, SUITE, new_course, write

from autograder import KitError
from autograder.authoring import build as authoring
from autograder.authoring import ungraded as notebooks


@pytest.fixture
def course(tmp_path):
    """A course of its own that takes solutions from the kit's reference."""
    return new_course(tmp_path)


@pytest.fixture
def build(course, zygote):
    """Builds a tiny assignment from the given source and suite; returns its release folder."""
    def build(source=SOURCE, suite=SUITE):
        write(course, {"source/tiny/tiny.md": source, "suites/tiny/test_tiny.py": suite, "source/tiny/requirements.txt": "numpy\n"})
        return authoring.build("tiny", course, zygote).assignment.release
    return build


def test_the_release_has_stubs_checks_and_nothing_else(build):
    """Catches a solution body, an instructor cell, the kit's own metadata or an output in what students get."""
    release = build()
    assert sorted(path.name for path in release.iterdir()) == ["check.py", "requirements.txt", "tiny.ipynb"]
    text = (release / "tiny.ipynb").read_text()
    notebook = nbformat.reads(text, as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert "raise NotImplementedError()" in code[1] and "np.maximum" not in text and "model answer" not in text
    assert "wave both hands" not in text and "reference" not in text and "autograder" not in text
    assert 'def relu(z):\n    """Rectified linear unit' in code[1] and "relu of a negative number" in code[2]


@pytest.mark.parametrize("change, complaint", [
    (lambda s: s.replace("# Tiny", "# Tiny\n\n    return np.maximum(0.0, z)"), "a line of a solution"),
    (lambda s: s.replace("# Tiny", "# Tiny\n\nRemember to wave both hands here."), "instructor-only"),
    (lambda s: s.replace("# Tiny", "# Tiny\n\n check_close(student.relu(np.array([-7.125, 3.0])), [0, 3], \"relu(z)\")"),
     "a line of a hidden test"),
    (lambda s: s.replace("points=90", "points=80"), "add up to 90"),
    (lambda s: s.replace('item="relu" points=90', 'item="relu"'), "needs points"),
    (lambda s: s.replace('solves="relu"', 'solves="rely"'), "solves rely"),
    (lambda s: s.replace("import relu, relu_grad", "import relu, rely_grad"), "cannot take rely_grad"),
    (lambda s: s.replace("== 0, ", "== 1, "), "the instructor notebook fails"),
    (lambda s: s.replace("import relu, relu_grad", "import relu"), "the instructor notebook loses relu"),
    (lambda s: s.replace("# Tiny", "# Tiny (50 points)"), r"the heading '# Tiny \(50 points\)' states 50 points, .* have 100"),
    (lambda s: s + "\n```python\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n```\n",
     "nbgrader does not accept tiny: Solution region detected"),
])
def test_a_build_with_a_fault_is_refused_with_its_reason(build, change, complaint):
    """Catches each way in which a release could leak, cheat or not work."""
    with pytest.raises(KitError, match=complaint):
        build(change(SOURCE))


@pytest.mark.parametrize("change, complaint", [
    (("solves=", "solve="), "cell 3 .*: unknown key 'solve'; did you mean 'solves'"),
    (("points=90", "point=90"), "unknown key 'point'; did you mean 'points'"),
    (("points=90", "points=ninety"), r"cell 4 .*: cannot read 'item=\"relu\" points=ninety'.*points=3"),
    (('points=90', 'points="90"'), "needs points=NUMBER, not points='90'"),
    (("instructor=true", "instuctor=true"), "did you mean 'instructor'"),
    (("instructor=true", 'instructor="yes"'), "instructor is true or false, not 'yes'"),
    (('solves="relu"', 'solves="relu" item="relu" points=3'), "cannot be both solves and item"),
    (('```python solves="relu"', '```python solves="relu" points=3'), "points belongs to a cell with item="),
    (('item="why" points=10', 'item="why" points=10 fixed_answer=true'), "fixed_answer is for items that are graded by program"),
    (('```python solves="relu"', '```pyhton solves="relu"'), "is no cell of its own: write ```python"),
    (('```python solves="relu"', '  ```python solves="relu"'), "each at the beginning of a line"),
    (("<!-- #region instructor=true -->", "<!-- #regoin instructor=true -->"), "'<!-- #regoin instructor=true -->' is no cell"),
    (("  autograder:", "  autogrder:"), "header: unknown key 'autogrder'; did you mean 'autograder'"),
    (('item="relu"', 'item="größe"'), "an item's id is one word of letters a to z"),
    (("cell_seconds: 2", "cell_second: 2"), "tiny.md, header, limits: unknown key 'cell_second'; did you mean 'cell_seconds'"),
    (("cell_seconds: 2", "cell_seconds: two"), "the limit cell_seconds should be a positive number, not 'two'"),
    (("limits:", "limit:"), "header: unknown key 'limit'; did you mean 'limits'"),
    (("title: Tiny,", "title: Tiny: x: {,"), "cannot be read as a Jupytext notebook"),
    (("points: 100", "points: 100, data: {reviews: {sead: 1}}"), "write_splits cannot write 'reviews': TypeError"),
])
def test_a_slip_of_the_author_is_one_line_that_says_where_and_what(build, change, complaint):
    """Catches a misspelt key that makes a solution a given cell, and a traceback where file, cell and mend are due."""
    with pytest.raises(KitError, match=complaint) as error:
        build(SOURCE.replace(*change))
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("given", [
    "from reference.activations import relu",  # without solves=
    "def rectify(x):\n    return np.maximum( 0.0 , x )  # the same",  # renamed
    "rectify = lambda values: np.maximum(0.0, values)",
])
def test_a_solution_that_is_given_is_refused_whatever_the_slip(build, given):
    """Catches a whole solution in a given cell, by a forgotten fence, or as the same statements under other names."""
    with pytest.raises(KitError, match="relu"):
        build(SOURCE.replace("```python item=", f"```python\n{given}\n```\n\n```python item="))


def test_what_an_earlier_assignment_asked_for_may_be_given(build, course):
    """Catches a build that takes a helper, public by then, for a leak."""
    write(course, {"source/alpha/alpha.md": SOURCE, "suites/alpha/test_alpha.py": SUITE})
    later = SOURCE.replace("import relu, relu_grad", "import tanh_grad").replace('"relu"', '"tanh_grad"').replace(
        "import numpy as np\n", "import numpy as np\nfrom reference.activations import relu, relu_grad\n").replace(
        "relu(np.array([-1.0]))[0] == 0", "tanh_grad(np.array([0.0]))[0] == 1")
    suite = SUITE.partition("@item")[0] + '''
@item("tanh_grad")
def test_slope(student):
    """The slope at 0 is 1."""
    check_close(student.tanh_grad(np.array([0.0])), [1], "tanh_grad(z)")
'''
    release = build(later, suite)
    assert "np.maximum(0.0, z)" in (release / "tiny.ipynb").read_text()


def test_a_second_notebook_or_a_missing_suite_is_named(build, course):
    """Catches a notebook that nbgrader would release unseen, and an assignment that nothing grades."""
    write(course, {"source/tiny/more.md": "# More"})
    with pytest.raises(KitError, match="holds a second notebook, more.md"):
        build()
    (course.root / "source/tiny/more.md").unlink()
    write(course, {"source/alone/alone.md": SOURCE})
    with pytest.raises(KitError, match="alone has no hidden tests: no file .*suites/alone/test_"):
        authoring.build("alone", course, None)


def test_a_bug_in_a_hidden_test_shows_its_own_line_first(build):
    """Catches a traceback through the engine in front of the author's own mistake."""
    with pytest.raises(KitError) as error:
        build(suite=SUITE.replace("check_close(student.relu_grad", "oops\n    check_close(student.relu_grad"))
    first = str(error.value).splitlines()[1]
    assert re.search(r"a hidden test fails by itself: .*test_tiny.py, line 15: NameError: name 'oops' is not defined$", first)


def test_items_and_tests_must_match(build):
    """Catches an item that nobody tests, and a test that earns nothing."""
    with pytest.raises(KitError, match="item relu has no hidden test(.|\n)*tests relo, which is no item"):
        build(suite=SUITE.replace('@item("relu")', '@item("relo")'))


@pytest.mark.parametrize(("change", "complaint"), [
    (("test_slope(student)", "test_slope(studnet)"), "test_slope asks for studnet; there is student, rng"),
    (("def test_slope", "@__import__('pytest').mark.skip\ndef test_slope"), "test_slope needs a docstring and exactly one mark"),
    (("import numpy as np\n", "import numpy as np\ndef setup_function(): pass\n"), "asks for .*setup_function"),
])
def test_a_test_that_would_not_run_is_an_error(build, change, complaint):
    """Catches a test that asks for what there is not, or relies on what pytest would do around it and the engine does not."""
    with pytest.raises(KitError, match=complaint):
        build(suite=SUITE.replace(*change))


def test_a_test_that_ends_in_no_assertion_loses_its_criterion_and_stops_nothing(build):
    """Catches an outcome of pytest's own that is taken for an error of the suite: it would end the grading of a class."""
    check = "    check_close(student.relu_grad"
    with pytest.raises(KitError, match="the instructor notebook loses relu"):
        build(suite=SUITE.replace(check, f'    import pytest\n    pytest.fail("not yet")\n{check}'))


def test_a_refused_build_keeps_the_release_that_was_there(build, course):
    """Catches students losing a good release to a bad edit."""
    before = (build() / "tiny.ipynb").read_text()
    with pytest.raises(KitError):
        build(SOURCE.replace("# Tiny", "# Tiny\n\n    return np.maximum(0.0, z)"))
    assert (course.release / "tiny/tiny.ipynb").read_text() == before


@pytest.mark.parametrize("name", [*kit().authored.assignments, *kit().authored.ungraded])
def test_the_committed_release_is_fresh(built, name):
    """Catches an edit of source/ or reference/ without `autograder build`, and files that no build makes any more."""
    fresh, committed = (
        {path.relative_to(folder): path for path in sorted((folder).rglob("*")) if path.is_file()}
        for folder in (built(name).release / name, KIT / "release" / name)
    )
    assert fresh.keys() == committed.keys(), f"run: autograder build {name}"
    for file, path in fresh.items():
        if path.suffix == ".png":  # another machine's arithmetic may move a curve by a pixel
            theirs, ours = plt.imread(path), plt.imread(committed[file])
            same = theirs.shape == ours.shape and abs(theirs - ours).mean() < 0.02
        else:
            same = path.read_bytes() == committed[file].read_bytes()
        assert same, f"run: autograder build {name} ({file})"


def test_an_unknown_assignment_is_named_with_those_that_exist(zygote):
    """Catches a traceback where a typo deserves a sentence."""
    with pytest.raises(KitError, match="no assignment 'ps9'.*ps1"):
        authoring.build("ps9", kit(), zygote)


def test_the_data_of_an_assignment_come_as_files(build):
    """Catches texts that are missing, cut differently than asked, or that carry more than texts and labels."""
    header = "autograder: {title: Tiny, points: 100, data: {reviews: {seed: 5, train: 30, validation: 10}}, "
    release = build(SOURCE.replace("autograder: {title: Tiny, points: 100, ", header))
    splits = {}
    for split, size in (("train", 30), ("validation", 10)):
        with open(release / f"data/reviews/{split}.csv", newline="") as file:
            splits[split] = list(csv.DictReader(file))
        assert len(splits[split]) == size and splits[split][0].keys() == {"text", "label"}
        assert {row["label"] for row in splits[split]} == {"0", "1"}
    assert not {row["text"] for row in splits["train"]} & {row["text"] for row in splits["validation"]}


NOTEBOOK = """---
jupyter:
  autograder: {title: Talk, figures: {curves.png: reference.figures.activation_functions.plot_activations}}
  jupytext: {text_representation: {extension: .md, format_name: markdown}, notebook_metadata_filter: autograder}
---

# Talk

![Curves](attachment:curves.png)

```python
import numpy as np
from reference.dense import dense_forward
print(dense_forward(np.ones((1, 2)), np.ones((3, 2)), np.zeros(3)))
```

<!-- #region instructor=true -->
Wave both hands here.
<!-- #endregion -->
"""


@pytest.fixture
def build_talk(course, zygote):
    """Builds a folder of one notebook without points, beside the tiny assignment."""
    def build(source=NOTEBOOK):
        write(course, {"source/talks/talk.md": source, "source/tiny/tiny.md": SOURCE})
        return notebooks.build("talks", course, zygote)
    return build


def test_a_notebook_without_points_is_released_without_the_cells_for_instructors(build_talk, tmp_path):
    """Catches an instructor's key that students get, a given function that is not there, a figure that is not drawn."""
    (path,) = build_talk()
    text = path.read_text()
    assert "def dense_forward" in text and "Wave both hands" not in text and "nbgrader" not in text
    assert "Wave both hands" in (tmp_path / "built/instructor/talks/talk.ipynb").read_text()
    (picture,) = [cell["attachments"]["curves.png"] for cell in json.loads(text)["cells"] if "attachments" in cell]
    assert plt.imread(io.BytesIO(base64.b64decode(picture["image/png"]))).ndim == 3


@pytest.mark.parametrize("change, complaint", [
    (lambda s: s.replace("np.zeros(3)", "np.zeros(4)"), "talk.md, code cell 1 ends with: ValueError"),
    (lambda s: s.replace("import dense_forward", "import dense_forwards"), "cannot take dense_forwards"),
    (lambda s: s.replace("attachment:curves", "attachment:lines"), "curves.png must be both in the header's figures and shown"),
    (lambda s: s.replace("reference.dense import dense_forward", "reference.activations import relu")
        .replace("dense_forward(np.ones((1, 2)), np.ones((3, 2)), np.zeros(3))", "relu(1)"),
     "the solution of relu is in talk.ipynb"),
    (lambda s: s.replace("plot_activations", "draw_nothing"), "cannot draw curves.png"),
    (lambda s: s.replace("```python", '```python solves="relu"'), "only an assignment"),
])
def test_a_notebook_with_a_fault_is_refused_and_the_release_stays(build_talk, change, complaint):
    """Catches a lecture that gives an exercise away, or that breaks in front of the class."""
    (path,) = build_talk()
    before = path.read_text()
    with pytest.raises(KitError, match=complaint):
        build_talk(change(NOTEBOOK))
    assert path.read_text() == before
