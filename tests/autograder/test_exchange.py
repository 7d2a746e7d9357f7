"""nbgrader's exchange on one machine, with an instructor and students who are different users of the system."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
import tiny
import users
from kit import KIT

from autograder.authoring import build as authoring

NUMBERS = {"instructor": 20001, "ada": 20002, "bob": 20003}


class Person:
    """A user of the system with a home folder, who types commands there."""

    accounts = {}

    def __init__(self, name, home, settings):
        self.number, self.home = NUMBERS[name], home
        self.accounts[name] = self.number, home
        (home / ".jupyter").mkdir(parents=True)
        (home / ".jupyter/nbgrader_config.py").write_text(settings)
        self.own()

    def own(self):
        """Make everything below the home folder this user's."""
        for path in [self.home, *self.home.rglob("*")]:
            os.chown(path, self.number, self.number)

    def run(self, *command):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "PYTHONPATH": str(KIT),
                       "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(users.as_user(self.number, [sys.executable, "-m", *command], self.accounts), cwd=self.home,
                              env=environment, umask=0o077, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture
def place():
    """A folder that all users can enter, with an exchange. (pytest's own folders are closed to others, again and again.)"""
    users.skip_without()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        exchange = Path(folder) / "exchange"
        exchange.mkdir()
        exchange.chmod(0o777)
        yield Path(folder)


def test_a_term_over_the_exchange(place, zygote):
    """Catches a release that students cannot fetch, work that does not arrive whole, pages that others can read."""
    student = f"c = get_config()\nc.CourseDirectory.course_id = 'tiny-course'\nc.Exchange.root = {str(place / 'exchange')!r}\n"
    instructor = Person("instructor", place / "instructor", "c = get_config()\n")
    course = tiny.new_course(instructor.home)
    configuration = course.root / "nbgrader_config.py"
    configuration.write_text(configuration.read_text() + student.partition("\n")[2])
    authoring.build("tiny", type(course)(course.root), zygote)
    instructor.own()
    instructor.home.chmod(0o700)
    ada, bob = (Person(name, place / name, student) for name in ("ada", "bob"))

    instructor.run("nbgrader", "release_assignment", "tiny")
    assert "tiny" in ada.run("nbgrader", "list")
    for one in (ada, bob):
        one.run("nbgrader", "fetch_assignment", "tiny")
        assert {path.name for path in (one.home / "tiny").iterdir()} == {"tiny.ipynb", "check.py", "requirements.txt"}
    notebook = nbformat.read(ada.home / "tiny/tiny.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "relu-solution":
            cell.source = "from mine import *"
    nbformat.write(notebook, ada.home / "tiny/tiny.ipynb")
    (ada.home / "tiny/mine.py").write_text(f"import numpy as np\n{tiny.RELU}\n")
    for one in (ada, bob):
        one.own()
        one.run("nbgrader", "submit", "tiny")
    instructor.run("nbgrader", "collect", "tiny")
    assert {path.name for path in (instructor.home / "submitted").iterdir()} == {"ada", "bob"}
    said = instructor.run("autograder.cli", "grade", "tiny", "--feedback")
    assert "2 graded" in said
    grades = (instructor.home / "grades.csv").read_text()
    assert ",ada," in grades and "90.0" in grades.split(",ada,")[1].splitlines()[0]
    instructor.run("nbgrader", "release_feedback", "tiny")
    for one, points in ((ada, "90"), (bob, "0")):
        one.run("nbgrader", "fetch_feedback", "tiny")
        (page,) = (one.home / "tiny/feedback").rglob("*.html")
        assert f"{points} of 90" in page.read_text()
    for page in (place / "exchange/tiny-course/feedback").rglob("*.html"):  # whose names nobody can guess, or list
        assert page.parent.stat().st_mode & 0o006 == 0
