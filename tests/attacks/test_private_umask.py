"""Not an attack but its counterpart: whoever grades keeps new files to themselves (umask 027 or 077), and checked out and built
everything so.

The wall must stand, students must read what the assignment gives them and write where they may, and get their points.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from cells import run
from conftest import USER, start_as_a_user
from kit import KIT
from places import put_venv
from tiny import RELU, autograder, hand_in, scores, write

from autograder.isolation.limits import Limits
from autograder.isolation.process import Zygote

_USE = """
import os
print(open("data/words.txt").read(), open("one.txt").read(), os.listdir("data"))
for place in ("/tmp", "/dev/shm", "."):
    open(place + "/written", "w").write("x"); os.mkdir(place + "/made"); open(place + "/made/written", "w").write("x")
for given in ("data/words.txt", "one.txt"):
    try: open(given, "a"); print("WROTE")
    except OSError: pass
import sklearn.linear_model
"""


@contextlib.contextmanager
def umask(mask):
    """With this umask, which processes inherit."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(params=[0o027, 0o077])
def private(request):
    """A umask, and a folder of files made with it."""
    folder = Path(tempfile.mkdtemp())
    with umask(request.param):
        (folder / "data").mkdir()
        for name in ("data/words.txt", "one.txt"):
            (folder / name).write_text(name)
    yield request.param, folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("user", [False, True])
def test_a_student_process_gets_through(isolated, private, user):
    """Catches folders of the sandbox that its student may not enter, and given files that its student may not read."""
    mask, folder = private
    with umask(mask):
        zygote = start_as_a_user() if user else Zygote()
    if user:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, USER, USER)
    try:
        assert zygote.isolated, zygote.refusal
        process = zygote.start(Limits(), shown={name: str(folder / name) for name in ("data", "one.txt")})
        assert run(process, _USE, 20.0) == ("ok", "data/words.txt one.txt ['words.txt']\n")
        process.close()
    finally:
        zygote.close()


@pytest.mark.parametrize("mask", [0o027, 0o077])
def test_a_class_is_graded(course, isolated, honest, mask):
    """Catches a class that is graded without a wall, or loses points, because its files are private."""
    with umask(mask):
        write(course, {"source/tiny/words.txt": "x"})
        built = autograder(course, "build", "tiny")
        assert built.returncode == 0, built.stderr
        hand_in(course, "eve", relu_solution="assert open('words.txt').read() == 'x'\n" + RELU)
        graded = autograder(course, "grade", "tiny")
    assert graded.returncode == 0 and "WITHOUT" not in graded.stderr, graded.stderr
    assert scores(course) == honest | {"eve": (90, 0)}


def test_packages_that_only_their_owner_may_read_are_named(isolated, tmp_path):
    """Catches a Python that student processes cannot use, as a failure that nobody understands."""
    if os.geteuid() != 0:
        pytest.skip("whoever grades is the owner inside as well")
    with umask(0o077):
        packages = put_venv(tmp_path / "venv")
    look = "from autograder.isolation.process import Zygote\nzygote = Zygote()\nprint(zygote.refusal)\nzygote.close()"
    done = subprocess.run([tmp_path / "venv/bin/python", "-c", look], cwd=KIT, capture_output=True, text=True, timeout=300)
    assert str(packages) in done.stdout and "chmod" in done.stdout, done.stderr
