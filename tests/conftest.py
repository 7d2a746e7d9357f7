"""Shared by all tests: one zygote, each assignment built once."""

import os

import pytest
from filelock import FileLock
from kit import new_course

from autograder.authoring import build as authoring
from autograder.authoring import ungraded
from autograder.isolation.process import start_zygote, stop_zygote


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
    """Gives a course in which one assignment, or folder of notebooks, is built; tests copy it rather than change it.

    Each is built once, by the first test process that needs it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the one that all test processes share

    def course_with(name):
        done = folder / f"built-{name}.done"
        with FileLock(done.with_suffix(".lock")):
            course = new_course(folder / f"built-{name}")
            if not done.exists():
                (authoring if name in course.authored.assignments else ungraded).build(name, course, zygote)
                done.touch()
        return course

    return course_with


@pytest.fixture(scope="session")
def built_course(built):
    """A course with ps1 built and nothing handed in."""
    return built("ps1")
