"""What attacks need: a class of a tiny assignment with honest students beside the attacker, and a wall to try.

Attacks on the wall are tried twice: as whoever runs the tests, and as an ordinary user where that is root.
"""

import os
import shutil
import subprocess
import sys

import pytest
from kit import KIT
from tiny import CONFIGURATION, RELU, hand_in, new_course

from autograder.authoring import build as authoring
from autograder.course.course import Course
from autograder.isolation import process
from autograder.isolation.process import Zygote

HONEST = {"ada": (90, 0), "zoe": (90, 0)}  # what they deserve
# In mounts of its own: a folder at the top that only root may enter, but that leads to Python or the kit, gives way to one
# that leads to nothing else.
_AS_A_USER = """
for place in "$1" "$2" "$3"; do
    top=/$(echo "$place" | cut -d/ -f2)
    stat -c %A "$top" | grep -q '[xt]$' && ! mountpoint -q "$top" && continue
    mountpoint -q "$top" || { mount --bind "$top" /mnt && mount -t tmpfs -o mode=755 none "$top"; } || exit 1
    mkdir -p "$place" && mount --bind "/mnt/${place#$top/}" "$place" || exit 1
done
shift 3
exec setpriv --reuid={user} --regid={user} --clear-groups "$@"
"""


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
    if os.geteuid() != 0:
        pytest.skip("whoever runs the tests is an ordinary user")
    if not all(map(shutil.which, ("unshare", "setpriv", "mountpoint"))):
        pytest.skip("this machine lacks unshare, setpriv or mountpoint")
    start = subprocess.Popen

    def as_a_user(command, **arguments):
        places = [sys.base_prefix, sys.prefix, str(KIT)]
        script = _AS_A_USER.replace("{user}", str(USER))
        return start(["unshare", "--mount", "sh", "-c", script, "sh", *places, *command], **arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process.subprocess, "Popen", as_a_user)
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
