"""Shared by all tests: one zygote, one built course."""

import pytest

from autograder import authoring, batch
from autograder.gradebook import Course


@pytest.fixture(scope="session")
def zygote():
    """The zygote that every test forks its student processes from."""
    yield batch.start_zygote()
    batch.stop_zygote()


@pytest.fixture
def isolated(zygote):
    """The zygote, where this machine can isolate."""
    if not zygote.isolated:
        pytest.skip(f"no isolation on this machine: {zygote.refusal}")
    return zygote


@pytest.fixture(scope="session")
def built_course(tmp_path_factory, zygote):
    """A course with ps1 built and nothing handed in; tests copy it rather than change it."""
    course = Course.create(tmp_path_factory.mktemp("course") / "built")
    authoring.build("ps1", course, zygote)
    return course
