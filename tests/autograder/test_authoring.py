"""A build refuses whatever must not reach students, and what it releases is what the source says."""

import nbformat
import pytest

from autograder import authoring
from autograder.assignment import KIT, AssignmentError
from autograder.gradebook import Course

SOURCE = """---
jupyter:
  autograder: {title: Tiny, limits: {cell_seconds: 2}}
  jupytext: {text_representation: {extension: .md, format_name: markdown}, notebook_metadata_filter: autograder}
---

# Tiny

```python
import numpy as np
```

```python solves="relu"
from reference.activations import relu, relu_grad
```

```python item="relu" points=90
assert relu(np.array([-1.0]))[0] == 0, "relu of a negative number is 0"
```

<!-- #region item="why" points=10 -->
### BEGIN SOLUTION
Because the model answer says so in many words.
### END SOLUTION
<!-- #endregion -->

<!-- #region instructor=true -->
Remember to wave both hands here.
<!-- #endregion -->
"""

SUITE = '''
import numpy as np
from autograder.testing import check_close, item


@item("relu")
def test_negative(student):
    """Negative numbers become 0."""
    check_close(student.relu(np.array([-7.125, 3.0])), [0, 3], "relu(z)")


@item("relu")
def test_slope(student):
    """The slope is 0 or 1."""
    check_close(student.relu_grad(np.array([-7.125, 3.0])), [0, 1], "relu_grad(z)")
'''


@pytest.fixture
def build(tmp_path, zygote):
    """Builds a tiny assignment from the given source and suite; returns its release folder."""
    def build(source=SOURCE, suite=SUITE):
        for path, text in (("source/tiny/tiny.md", source), ("autograder/suites/tiny/test_tiny.py", suite)):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        (tmp_path / "source/tiny/requirements.txt").write_text("numpy\n")
        return authoring.build("tiny", Course.create(tmp_path / "course"), zygote, kit=tmp_path).release
    return build


def test_the_release_has_stubs_checks_and_nothing_else(build):
    """Catches a solution body, an instructor cell, the kit's own metadata or an output in what students get."""
    release = build()
    assert sorted(path.name for path in release.iterdir()) == ["requirements.txt", "tiny.ipynb"]
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
])
def test_a_build_with_a_fault_is_refused_with_its_reason(build, change, complaint):
    """Catches each way in which a release could leak, cheat or not work."""
    with pytest.raises(AssignmentError, match=complaint):
        build(change(SOURCE))


def test_items_and_tests_must_match(build):
    """Catches an item that nobody tests, and a test that earns nothing."""
    with pytest.raises(AssignmentError, match="item relu has no hidden test(.|\n)*tests relo, which is no item"):
        build(suite=SUITE.replace('@item("relu")', '@item("relo")'))


def test_a_refused_build_keeps_the_release_that_was_there(build):
    """Catches students losing a good release to a bad edit."""
    before = (build() / "tiny.ipynb").read_text()
    with pytest.raises(AssignmentError):
        build(SOURCE.replace("# Tiny", "# Tiny\n\n    return np.maximum(0.0, z)"))
    release = build.__closure__[0].cell_contents / "course/release/tiny"
    assert (release / "tiny.ipynb").read_text() == before


def test_the_committed_release_is_fresh(built_course):
    """Catches an edit of source/ or reference/ without `autograder build`."""
    for path in sorted((built_course.release / "ps1").iterdir()):
        assert (KIT / "release/ps1" / path.name).read_bytes() == path.read_bytes(), f"run: autograder build ps1 ({path.name})"


def test_an_unknown_assignment_is_named_with_those_that_exist(zygote, tmp_path):
    """Catches a traceback where a typo deserves a sentence."""
    with pytest.raises(AssignmentError, match="no assignment 'ps9'.*ps1"):
        authoring.build("ps9", Course.create(tmp_path), zygote)
