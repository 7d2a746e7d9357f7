"""A student hands in again and again, to learn what hidden tests ask and to copy the answers into the next attempt.

What must happen: the same files meet the same tests, changed files meet others; what luck could decide is drawn once for
each student; without the course's secret nobody can compute either.
"""

import json
import re
import subprocess
import sys

import pytest
from tiny import SUITE, autograder, hand_in, new_course, write

from autograder.authoring import build as authoring

NOTING = SUITE + '''

@item("relu", weight=1e-9)
def test_numbers(student, rng, steady_rng, measure):
    """Nothing is asked here: two numbers are noted."""
    measure("rng", rng.random())
    measure("steady", steady_rng.random())
'''


def numbers(course, student):
    """What the test drew for a student at the last grading."""
    measures = json.loads((course.root / f".autograder/tiny/{student}.json").read_text())["measures"]
    return measures["rng"], measures["steady"]


@pytest.fixture
def course(tmp_path, zygote):
    """A course whose suite notes what it draws."""
    course = new_course(tmp_path / "course")
    write(course, {"suites/tiny/test_tiny.py": NOTING})
    authoring.build("tiny", course, zygote)
    return course


def test_another_attempt_meets_other_tests_and_the_same_files_the_same(course):
    """Catches inputs that a stub can send home in its error messages, and that come again at the next attempt."""
    hand_in(course, "ada", relu_solution="x = 1")
    hand_in(course, "bob", relu_solution="x = 1")
    assert autograder(course, "grade", "tiny").returncode == 0
    ada, bob = numbers(course, "ada"), numbers(course, "bob")
    assert ada[0] != bob[0] and ada[1] != bob[1]

    (course.submitted / "ada/tiny/timestamp.txt").write_text("2026-10-06 09:00:00 UTC\n")
    assert autograder(course, "grade", "tiny", "--regrade").returncode == 0
    assert numbers(course, "ada") == ada

    hand_in(course, "ada", relu_solution="x = 2")
    (course.submitted / "bob/tiny/notes.txt").write_text("a file beside the notebook is a changed file too")
    assert autograder(course, "grade", "tiny").returncode == 0
    for student, before in (("ada", ada), ("bob", bob)):
        now = numbers(course, student)
        assert now[0] != before[0] and now[1] == before[1]


def test_another_course_draws_other_numbers(course, tmp_path, zygote):
    """Catches numbers that follow from what everybody can see: the assignment, the student, the test's name."""
    other = new_course(tmp_path / "other")
    write(other, {"suites/tiny/test_tiny.py": NOTING})
    authoring.build("tiny", other, zygote)
    for one in (course, other):
        hand_in(one, "ada", relu_solution="x = 1")
        assert autograder(one, "grade", "tiny").returncode == 0
    assert not set(numbers(course, "ada")) & set(numbers(other, "ada"))
    assert (course.root / ".autograder/secret").stat().st_mode & 0o077 == 0


def test_plain_nbgrader_draws_the_same(course, zygote):
    """Catches a second way of grading that gives other results for the same files."""
    telling = 'check_close(student_id == "instructor" or rng.random(), True, "the number")'
    write(course, {"suites/tiny/test_tiny.py": NOTING.replace('measure("rng", rng.random())', telling).replace(
        "(student, rng, steady_rng", "(student, student_id, rng, steady_rng")})
    authoring.build("tiny", course, zygote)
    hand_in(course, "ada", relu_solution="x = 1")
    said = []
    for command in (["autograder.cli", "grade", "tiny"], ["nbgrader", "autograde", "tiny", "--force"]):
        done = subprocess.run([sys.executable, "-m", *command], cwd=course.root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        page = (course.autograded / "ada/tiny/tiny.ipynb").read_text()
        said.append(re.findall(r"the number is ([\d.]+), but should be 1", page))
    assert said[0] == said[1] != []


def test_a_lost_secret_is_said(course):
    """Catches a class that is graded by other numbers than before, without a word."""
    hand_in(course, "ada", relu_solution="x = 1")
    assert autograder(course, "grade", "tiny").returncode == 0
    secret = course.root / ".autograder/secret"
    kept = secret.read_text()
    secret.unlink()
    refused = autograder(course, "grade", "tiny")
    assert refused.returncode == 1 and "secret of this course is lost" in refused.stderr and len(refused.stderr.splitlines()) == 1
    secret.write_text(kept)
    assert autograder(course, "grade", "tiny").returncode == 0
