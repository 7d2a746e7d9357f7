"""What no place hides: a copy, or a second name, of a hidden test in a folder that students see.

Grading must not begin, for anybody, with one line that says what can be read; without the copy it goes on.
"""

import os
import shutil
import subprocess

import pytest
from kit import KIT
from places import put_venv
from tiny import scores

_PLACES = {"copy": (shutil.copy, "include/test_tiny.py"), "second name": (os.link, "share/harmless.h")}


@pytest.mark.parametrize("kind", _PLACES)
def test_nothing_is_graded(course, isolated, honest, tmp_path, kind):
    """Catches a wall that is believed in because it was built."""
    put_venv(tmp_path / "venv")
    make, place = _PLACES[kind]
    in_sight = tmp_path / "venv" / place
    in_sight.parent.mkdir(exist_ok=True)
    make(course.root / "suites/tiny/test_tiny.py", in_sight)

    def call(*command):
        return subprocess.run([tmp_path / "venv/bin/python", "-m", *command], cwd=course.root, capture_output=True, text=True,
                              env=os.environ | {"PYTHONPATH": str(KIT)}, timeout=600)

    refused = call("autograder.cli", "grade", "tiny")
    assert refused.returncode == 1 and not scores(course)
    (line,) = refused.stderr.splitlines()
    assert str(in_sight) in line and "nothing is graded" in line
    if kind == "copy":  # those look in the same way
        examined = call("autograder.cli", "doctor")
        assert examined.returncode == 1 and str(in_sight) in examined.stdout
        by_nbgrader = call("nbgrader", "autograde", "tiny", "--student", "ada")
        assert by_nbgrader.returncode == 1 and str(in_sight) in by_nbgrader.stderr
    in_sight.unlink()
    graded = call("autograder.cli", "grade", "tiny")
    assert graded.returncode == 0 and scores(course) == honest, graded.stderr
