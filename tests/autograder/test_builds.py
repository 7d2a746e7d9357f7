"""A build changes everything that belongs together or nothing, also when students have handed in; grading checks it."""

import datetime
import hashlib
import sqlite3

import pytest
from nbgrader.api import Gradebook
from tiny import RELU, SOURCE, SUITE, autograder, hand_in, new_course, write

from autograder import KitError
from autograder.authoring import build as authoring

SECOND = '''

@item("tanh_grad")
def test_slope_of_tanh(student):
    """The slope at 0 is 1."""
    check_close(student.tanh_grad(np.array([0.0])), [1], "tanh_grad(z)")
'''
WITH_ANOTHER_ITEM = SOURCE.replace("points=90", "points=70").replace('<!-- #region item="why"', '''```python solves="tanh_grad"
from reference.activations import tanh_grad
```

```python item="tanh_grad" points=20
print(tanh_grad(np.zeros(2)))
```

<!-- #region item="why"''')


@pytest.fixture
def course(tmp_path, zygote):
    """A course with one assignment built."""
    course = new_course(tmp_path)
    authoring.build("tiny", course, zygote)
    return course


def contents(course):
    """Everything that a build makes: files with their digests, and the gradebook's tables."""
    files = {path.relative_to(course.root): hashlib.sha256(path.read_bytes()).hexdigest()
             for folder in (course.source, course.release) for path in folder.rglob("*") if path.is_file()}
    with sqlite3.connect(course.root / "gradebook.db") as database:
        return files, list(database.iterdump())




@pytest.mark.parametrize("source, suite", [
    (WITH_ANOTHER_ITEM, SUITE),  # fails before anything is made
    (WITH_ANOTHER_ITEM.replace("# Tiny", "# Tiny\n\n    return np.maximum(0.0, z)"), SUITE + SECOND),  # after nbgrader's part
    (WITH_ANOTHER_ITEM, SUITE + SECOND.replace("[1]", "[2]")),  # when the instructor version has run
])
def test_a_build_that_fails_changes_nothing(course, zygote, source, suite):
    """Catches an instructor version of 80 points beside a release of 100, by which the next grading would go."""
    before = contents(course)
    write(course, {"source/tiny/tiny.md": source, "suites/tiny/test_tiny.py": suite})
    with pytest.raises(KitError):
        authoring.build("tiny", course, zygote)
    assert contents(course) == before
    assert not list((course.root / "built").glob("new-*"))


def test_a_build_whose_last_step_fails_changes_nothing(course, zygote):
    """Catches folders that are new and a gradebook that is not, here because another program holds it."""
    before = contents(course)
    write(course, {"source/tiny/tiny.md": WITH_ANOTHER_ITEM, "suites/tiny/test_tiny.py": SUITE + SECOND})
    other = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(KitError, match="database is locked"):
            authoring.build("tiny", course, zygote)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert contents(course) == before
    authoring.build("tiny", course, zygote)
    assert contents(course) != before


@pytest.mark.parametrize("spoil, what", [
    (lambda course: write(course, {"suites/tiny/test_tiny.py": SUITE.replace("[0, 3]", "[0, 4]")}), "the hidden tests"),
    (lambda course: (course.release / "tiny/extra.txt").write_text("x"), "the release"),
    (lambda course: _edit(course.source / "tiny/tiny.ipynb", '"points": 90.0', '"points": 70.0'), "the instructor version"),
    (lambda course: _sql(course, "UPDATE grade_cells SET max_score = 7 WHERE max_score = 90"), "look at relu"),
    (lambda course: _sql(course, "UPDATE base_cell SET name = 'rely' WHERE name = 'relu'"), "look at relu"),
])
def test_grading_refuses_what_was_not_built_together(course, spoil, what):
    """Catches a class that is graded by other points than it was given, without a word."""
    hand_in(course, "ada", relu_solution=RELU)
    spoil(course)
    refused = autograder(course, "grade", "tiny")
    assert refused.returncode == 1 and what in refused.stderr and "run: autograder build tiny" in refused.stderr, refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not (course.root / ".autograder/tiny/ada.json").exists()


def _edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _sql(course, statement):
    with sqlite3.connect(course.root / "gradebook.db") as database:
        database.execute(statement)


def test_items_change_after_students_have_handed_in(course):
    """Catches an instructor who must throw the gradebook away, with everything that was given by hand, to add an item."""
    hand_in(course, "ada", relu_solution=RELU, why="Because I say so.")
    hand_in(course, "bob", why="No idea.")
    assert autograder(course, "grade", "tiny").returncode == 0
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.update_or_create_assignment("tiny", duedate="2026-10-04 20:15:00 UTC")
        grade = gradebook.find_grade("why", "tiny", "tiny", "ada")
        grade.manual_score, grade.needs_manual_grade = 8.0, False
        gradebook.find_comment("why", "tiny", "tiny", "ada").manual_comment = "Nicely put."
        gradebook.find_submission("tiny", "bob").extension = datetime.timedelta(days=3)
        gradebook.db.commit()

    write(course, {"source/tiny/tiny.md": WITH_ANOTHER_ITEM, "suites/tiny/test_tiny.py": SUITE + SECOND})
    before = contents(course)
    announced = autograder(course, "build", "tiny", "--dry-run")
    assert announced.returncode == 0 and "nothing was kept" in announced.stdout, announced.stderr
    for sentence in ("would change for students", "relu: 90 points become 70", "tanh_grad is new: 20 points"):
        assert sentence in announced.stdout
    assert contents(course) == before

    built = autograder(course, "build", "tiny")
    assert built.returncode == 0 and "tanh_grad is new: 20 points" in built.stdout, built.stderr
    graded = autograder(course, "grade", "tiny")
    assert graded.returncode == 0 and "2 graded" in graded.stdout, graded.stderr  # all by the new items
    with Gradebook(course.directory.db_url) as gradebook:
        assert str(gradebook.find_assignment("tiny").duedate) == "2026-10-04 20:15:00"
        ada, bob = (gradebook.find_submission("tiny", student) for student in ("ada", "bob"))
        scores = {grade.name: grade.score for grade in ada.notebooks[0].grades}
        assert scores == {"relu": 70, "tanh_grad": 0, "why": 8} and ada.max_score == 100
        assert gradebook.find_comment("why", "tiny", "tiny", "ada").comment == "Nicely put."
        assert bob.extension == datetime.timedelta(days=3)
        assert ada.late_submission_penalty > 0 == bob.late_submission_penalty
