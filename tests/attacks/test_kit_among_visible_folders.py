"""Kit and course lie in a place that students see: below /usr, in the environment's own folder, in one of Python's folders, or
in a folder that is mounted there a second time.

Hidden tests, model solutions, gradebook and neighbours' work may not be there under any name.
"""

import os
import shutil
import sys
import wsgiref

import pytest
from cells import run
from kit import KIT
from places import SECRET, found, put_course, put_kit, put_venv

# $1: the kit, $2: a folder that gets it, $3: a second one, where it is mounted again
_MOUNTED = """
mount -t tmpfs none "$2" && mkdir "$2/app" && cp -r "$1/." "$2/app" || exit 1
[ -z "$3" ] || { mount -t tmpfs none "$3" && mkdir -p "$3/again" "$3/part" && mount --bind "$2/app" "$3/again" || exit 1; }
[ -z "$3" ] || mount --bind "$2/app/submitted" "$3/part" || exit 1
shift 3
exec "$@"
"""


@pytest.mark.parametrize("place, again", [
    ("/usr/src", ""),
    ("/usr/local/share", ""),
    ("/usr/src", "/usr/local/share"),
    ("/usr/local/share", "/usr/local/include"),
])
def test_below_usr(isolated, tmp_path, place, again):
    """Catches a visible folder that brings kit and course along, and one that brings them a second time."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not all(map(os.path.isdir, filter(None, (place, again)))):
        pytest.skip("needs root, unshare and these folders")
    put_kit(tmp_path / "kit")
    before = ["unshare", "--mount", "sh", "-c", _MOUNTED, "sh", str(tmp_path / "kit"), place, again]
    (tmp_path / "kit/nbgrader_config.py").write_text(
        (tmp_path / "kit/nbgrader_config.py").read_text().replace(str(tmp_path / "kit"), f"{place}/app"))
    names = [f"{name}/gradebook.db" for name in (f"{place}/app", f"{again}/again") if again or name.startswith(place)]
    assert found(f"{place}/app", kit=f"{place}/app", before=before, names=names) == []


def test_what_is_hidden_is_hidden_from_each_kind_of_user(walled):
    """Catches masks that only root can make: over a folder, a file, and what a link leads to."""
    folder, file = os.path.dirname(wsgiref.__file__), os.path.realpath("/bin/ls")
    process = walled.start(hidden=[folder, "/bin/ls"])
    source = f"import os\nprint(os.listdir({folder!r}), os.path.isfile({file!r}), os.path.isfile('/bin/sh'))"
    assert run(process, source) == ("ok", "[] False True\n")
    process.close()


def test_an_environment_that_is_the_kit(isolated, tmp_path):
    """Catches an environment whose whole prefix is shown, and with it the course that it was made in."""
    put_venv(tmp_path / "kit")
    put_kit(tmp_path / "kit")
    assert found(tmp_path / "kit", python=tmp_path / "kit/bin/python", kit=tmp_path / "kit") == []


def test_an_installed_kit_in_an_environment_in_the_course(isolated, tmp_path):
    """Catches an engine that is forgotten because the course that it lies in is hidden already, all but its environment."""
    put_course(tmp_path / "course")
    packages = put_venv(tmp_path / "course/.venv")
    put_kit(tmp_path / "aside")
    shutil.move(tmp_path / "aside/autograder", packages / "autograder")
    shutil.rmtree(tmp_path / "aside")
    assert found(tmp_path / "course", python=tmp_path / "course/.venv/bin/python") == []


@pytest.mark.parametrize("inside", ["share/course", "lib/course", f"lib/python3.{sys.version_info.minor}/site-packages/course"])
def test_a_course_in_a_folder_of_pythons(isolated, tmp_path, inside):
    """Catches a course that is seen because Python's folders are."""
    packages = put_venv(tmp_path / "venv")
    put_kit(tmp_path / "aside")
    shutil.move(tmp_path / "aside/autograder", packages / "autograder")
    shutil.rmtree(tmp_path / "aside")
    put_course(tmp_path / "venv" / inside)
    assert found(tmp_path / "venv" / inside, python=tmp_path / "venv/bin/python") == []


def test_parts_of_a_course_that_lie_elsewhere(isolated, tmp_path):
    """Catches settings that put gradebook, submissions and exchange into a folder that students see."""
    put_venv(tmp_path / "venv")
    put_course(tmp_path / "course")
    share = tmp_path / "venv/share"
    for name in ("work/ada/hw", "exchange/lecture/inbound"):
        (share / name).mkdir(parents=True)
        (share / name / f"{SECRET}.ipynb").write_text("{}")
    (share / "gradebook.db").write_text("secret")
    with open(tmp_path / "course/nbgrader_config.py", "a") as file:
        file.write(f"c.CourseDirectory.db_url = 'sqlite:///{share}/gradebook.db'\n"
                   f"c.CourseDirectory.submitted_directory = '{share}/work'\nc.Exchange.root = '{share}/exchange'\n")
    assert found(tmp_path / "course", python=tmp_path / "venv/bin/python", kit=KIT) == []
