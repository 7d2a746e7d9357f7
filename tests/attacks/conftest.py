"""What attacks need: a class of a tiny assignment with honest students beside the attacker, and a wall to try.

Attacks on the wall are tried twice: as whoever runs the tests, and as an ordinary user where that is root.
"""

import shutil
import subprocess

import pytest
import users
from tiny import CONFIGURATION, RELU, hand_in, new_course

from autograder.authoring import build as authoring
from autograder.course.course import Course
from autograder.isolation import process
from autograder.isolation.process import Zygote

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


USER = 65534  # somebody without any rights


def start_as_a_user():
    """A zygote that an ordinary user has started; the test is skipped where there can be none."""
    users.skip_without()
    start = subprocess.Popen
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process.subprocess, "Popen", lambda command, **arguments: start(users.as_user(USER, command), **arguments))
        zygote = Zygote()
    if not zygote.isolated:
        pytest.skip(f"no isolation for an ordinary user on this machine: {zygote.refusal}")
    return zygote


@pytest.fixture(scope="session")
def zygote_of_a_user():
    """A zygote that somebody without any rights has started."""
    zygote = start_as_a_user()
    yield zygote
    zygote.close()


@pytest.fixture(params=["whoever tests", "an ordinary user"])
def walled(request, isolated):
    """A zygote whose student processes are isolated, once of each kind of user."""
    return isolated if request.param == "whoever tests" else request.getfixturevalue("zygote_of_a_user")
