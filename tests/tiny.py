"""A course with one tiny assignment, for tests that build and grade in a second."""

import os
import subprocess
import sys

import nbformat
from kit import KIT
from nbgrader.api import Gradebook

from autograder.course.course import SETTINGS, Course

SOURCE = """---
jupyter:
  autograder: {title: Tiny, points: 100, limits: {cell_seconds: 2}}
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

RELU = "def relu(z):\n    return np.maximum(0, z)\ndef relu_grad(z):\n    return (z > 0) * 1.0"

CONFIGURATION = f"""
c = get_config()
load_subconfig({str(SETTINGS)!r})
c.Authored.data = "reference.datasets.files.write_splits"
"""


def new_course(folder):
    """A course of its own with the tiny assignment's texts; it takes model solutions from the kit's reference."""
    folder.mkdir(exist_ok=True)
    (folder / "nbgrader_config.py").write_text(CONFIGURATION + f"c.CourseDirectory.root = {str(folder)!r}\n")
    course = Course(folder)
    write(course, {"source/tiny/tiny.md": SOURCE, "suites/tiny/test_tiny.py": SUITE, "source/tiny/requirements.txt": "numpy\n"})
    return course


def write(course, files):
    """Write files, name -> text, below the course's folder."""
    for name, text in files.items():
        path = course.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def autograder(course, *arguments):
    """Run the command as a user would."""
    return subprocess.run([sys.executable, "-m", "autograder.cli", *arguments], cwd=course.root, capture_output=True, text=True,
                          timeout=600)


def nbgrader(course, *arguments):
    """Run plain nbgrader in the course's folder; what hangs is a failure."""
    environment = os.environ | {"PYTHONPATH": str(KIT)}
    return subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=course.root, env=environment, capture_output=True,
                          text=True, timeout=600)


def scores(course):
    """What plain nbgrader reads in the gradebook: student -> (points, late penalty)."""
    with Gradebook(course.directory.db_url) as gradebook:
        return {one.student.id: (one.score, one.late_submission_penalty) for one in gradebook.assignment_submissions("tiny")}


def hand_in(course, student, edit=None, **answers):
    """Hand in the release with cells, grade_id -> source, filled in, and the notebook changed by `edit`; gives the folder."""
    notebook = nbformat.read(course.release / "tiny/tiny.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id", "").replace("-", "_"), cell.source)
    if edit:
        edit(notebook)
    folder = course.submitted / student / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "tiny.ipynb")
    (folder / "timestamp.txt").write_text("2026-10-05 20:15:00 UTC\n")
    return folder
