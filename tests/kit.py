"""The kit's own course, and courses that grade what it has written."""

import shutil
from pathlib import Path

from autograder.course import migration
from autograder.course.course import Course

KIT = Path(__file__).resolve().parents[1]


def kit():
    """The kit's folder as a course."""
    return Course(KIT)


def new_course(folder):
    """A course for tests that grades what the kit has written."""
    return Course.create(folder, like=kit())


def mistakes(name):
    """The known mistakes of an assignment of the kit."""
    return kit().authored.in_suite(name, "mistakes").BANK


def copy_of(course, folder, name):
    """Another course in which the assignment is built, without building it again."""
    copy = new_course(folder)
    for step in ("source", "release"):
        shutil.copytree(getattr(course, step) / name, getattr(copy, step) / name)
    with course.open_gradebook() as gradebook:
        contents = migration.contents(gradebook._gradebook, name)
    with copy.open_gradebook() as gradebook, gradebook.rebuilt(name, contents):
        pass
    return copy
