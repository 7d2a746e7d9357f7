"""Python is started under a name that leads through a link to its parent folder: engine, suites and model solutions, which lie
among its packages, are read under the other name.

Nothing of them may be there under any name, and Python has to work all the same.
"""

import shutil

import pytest
from kit import KIT
from places import SECRET, found, put_course, put_venv


@pytest.fixture
def installed(tmp_path, isolated):
    """A folder with an environment in which the kit was installed with all that belongs to it, and a link to the folder."""
    real, link = tmp_path / "real", tmp_path / "link"
    packages = put_venv(real / "venv")
    shutil.copytree(KIT / "autograder", packages / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    (packages / f"autograder/suites/ps1/test_{SECRET}.py").write_text("x = 1")
    (packages / "reference").mkdir()
    (packages / "reference/__init__.py").write_text("")
    (packages / f"reference/{SECRET}.py").write_text("x = 1")
    link.symlink_to("real")
    return real, link


@pytest.mark.parametrize("through", ["link", "real"])
def test_an_installed_kit(installed, tmp_path, through):
    """Catches masks that hide one name of a folder and leave the other."""
    put_course(tmp_path / "course")
    shutil.rmtree(tmp_path / "course/reference")  # so that the one among the packages is the course's
    names = [place / "venv/lib/python3/site-packages/reference" / f"{SECRET}.py" for place in installed]
    assert found(tmp_path / "course", python=tmp_path / through / "venv/bin/python", names=names) == []


def test_a_course_beside_the_environment(installed):
    """Catches a course that is seen through the link which Python is started through."""
    real, link = installed
    put_course(real / "venv/course")
    assert found(link / "venv/course", python=link / "venv/bin/python", names=[f"{link}/venv/course/gradebook.db"]) == []
