"""A class to attack: a tiny assignment, and honest students who are graded before and after the one who attacks."""

import shutil

import pytest
from tiny import CONFIGURATION, RELU, hand_in, new_course

from autograder.authoring import build as authoring
from autograder.course.course import Course

HONEST = {"ada": (90, 0), "zoe": (90, 0)}  # what they deserve


@pytest.fixture(scope="session")
def _built(tmp_path_factory, zygote):
    course = new_course(tmp_path_factory.mktemp("tiny") / "course")
    built = authoring.build("tiny", course, zygote)
    with course.open_gradebook() as gradebook:
        gradebook.set_due_date(built.assignment, "2026-10-05 22:00:00 UTC")
    return course


@pytest.fixture
def course(_built, tmp_path):
    """A course with the tiny assignment, due on 2026-10-05 at 22:00 UTC, and two honest submissions."""
    root = tmp_path / "course"
    shutil.copytree(_built.root, root)
    (root / "nbgrader_config.py").write_text(CONFIGURATION + f"c.CourseDirectory.root = {str(root)!r}\n")
    course = Course(root)
    for student in HONEST:
        hand_in(course, student, relu_solution=RELU, why="Because.")
    return course


@pytest.fixture
def honest():
    """What the honest students deserve: id -> (points, penalty)."""
    return dict(HONEST)
