"""A folder that has no end or leads elsewhere: folders within each other, links, pipes, devices, a file of a terabyte.

What must happen: the notebook is graded with what there is room for, what was left out is said, nothing of another's is
read, copied or waited for; in `autograder grade` and in plain `nbgrader autograde`.
"""

import os
import subprocess

import pytest
from tiny import RELU, autograder, hand_in, nbgrader, scores

from autograder.course import batch
from autograder.grading import files
from autograder.isolation.outcomes import Outcome

READS_NOTES = f"{RELU}\nassert open('notes.txt').read() == 'mine'"


@pytest.fixture
def attacker(course):
    """Eve's folder beside her notebook, which reads an honest file of hers."""
    folder = hand_in(course, "eve", relu_solution=READS_NOTES)
    (folder / "notes.txt").write_text("mine")
    (folder / "answers").symlink_to(course.submitted / "ada/tiny/tiny.ipynb")
    (folder / "gradebook.txt").symlink_to(course.root / "gradebook.db")
    (folder / "endless.txt").symlink_to("/dev/zero")
    (folder / "root").symlink_to("/")
    os.mkfifo(folder / "pipe.txt")
    with open(folder / "large.bin", "wb") as file:
        file.truncate(2**40)
    here = os.getcwd()
    os.chdir(folder)
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(here)
    yield folder
    subprocess.run(["rm", "-rf", folder / "d"], check=True)  # Python's own way to remove it has the same weakness


def copied(course):
    return sorted(path.name for path in (course.autograded / "eve/tiny").iterdir())


def test_it_is_read_within_bounds(course, attacker, honest):
    """Catches a walk that recurses, follows, opens or reads whatever is there."""
    graded = autograder(course, "grade", "tiny", "--feedback")
    assert graded.returncode == 0, graded.stderr
    assert scores(course) == honest | {"eve": (90, 0)}
    assert copied(course) == ["notes.txt", "timestamp.txt", "tiny.ipynb"]
    (remark,) = batch.Store(course, "tiny").get("eve").remarks
    assert "links and the like (5)" in remark and "too deep down (1)" in remark and "beyond the room" in remark


def test_plain_nbgrader_reads_it_in_the_same_way(course, attacker, honest):
    """Catches nbgrader's own copying, which follows links into the gradebook and fills the disk from a device."""
    graded = nbgrader(course, "autograde", "tiny")
    assert graded.returncode == 0, graded.stderr
    assert scores(course) == honest | {"eve": (90, 0)}
    assert set(copied(course)) - {"requirements.txt"} == {"notes.txt", "timestamp.txt", "tiny.ipynb"}


@pytest.mark.parametrize("make", [
    os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to("../../ada/tiny/tiny.ipynb"),
])
def test_a_notebook_that_is_no_file_is_missing(course, make, honest):
    """Catches a neighbour's work graded through a link, and a pipe or a device that is read for ever."""
    folder = hand_in(course, "eve", relu_solution=RELU)
    (folder / "tiny.ipynb").unlink()
    make(folder / "tiny.ipynb")
    graded = autograder(course, "grade", "tiny")
    assert graded.returncode == 0 and scores(course) == honest | {"eve": (0, 0)}, graded.stderr
    report = batch.Store(course, "tiny").get("eve")
    assert report.outcome is Outcome.MISSING_NOTEBOOK and report.remarks[0].startswith("tiny.ipynb is a ")


def test_thousands_of_files_have_a_bound_and_those_beside_the_notebook_come_first(tmp_path):
    """Catches minutes spent on names, and a data folder that leaves no room for the module the notebook imports."""
    for number in range(6000):
        (tmp_path / "data" / f"{number}").mkdir(parents=True)
        (tmp_path / "data" / f"{number}/x.txt").touch()
    (tmp_path / "my_module.py").write_text("x = 1")
    own = files.own_files(tmp_path)
    assert "my_module.py" in own.contents and len(own.contents) < 6000 and "more than are looked at" in own.remarks[0]
    (tmp_path / "data/0/x.txt").write_bytes(bytes(30 * 2**20))
    assert "my_module.py" in files.own_files(tmp_path).contents
