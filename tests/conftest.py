"""Shared by all tests: one zygote, each assignment built once."""

import pytest

from autograder import authoring, ungraded
from autograder.assignment import authored
from autograder.gradebook import Course
from autograder.process import start_zygote, stop_zygote


@pytest.fixture(scope="session")
def zygote():
    """The zygote that every test forks its student processes from."""
    yield start_zygote()
    stop_zygote()


@pytest.fixture
def isolated(zygote):
    """The zygote, where this machine can isolate."""
    if not zygote.isolated:
        pytest.skip(f"no isolation on this machine: {zygote.refusal}")
    return zygote


@pytest.fixture(scope="session")
def built(tmp_path_factory, zygote):
    """Gives a course in which one assignment, or folder of notebooks, is built; tests copy it rather than change it."""
    courses = {}

    def course_with(name):
        if name not in courses:
            course = Course.create(tmp_path_factory.mktemp("course") / name)
            (authoring if name in authored() else ungraded).build(name, course, zygote)
            courses[name] = course
        return courses[name]

    return course_with


@pytest.fixture(scope="session")
def built_course(built):
    """A course with ps1 built and nothing handed in."""
    return built("ps1")
