"""Kits installed in places of all kinds, with secrets in them, and what a student process finds there."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig

from kit import KIT
from tiny import write

SECRET = "who-finds-this"
_OWN = [sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")]  # of the Python that tests run in: large, and without kits
_CONFIGURATION = """
c = get_config()
from autograder.course.course import SETTINGS
load_subconfig(str(SETTINGS))
c.CourseDirectory.root = {root!r}
"""
_PROBE = """
import json, sys
from autograder.course.course import Course
from autograder.isolation.process import Zygote
course, zygote = Course(sys.argv[1]), Zygote()
assert zygote.isolated, zygote.refusal
process = zygote.start(hidden=course.authored.hidden(course.private))
print(json.dumps(process.request({"do": "cell", "source": sys.argv[2], "limit": 60.0}, 60.0)))
process.close()
zygote.close()
"""
_WALK = """
import os, sklearn.linear_model, torch.utils.data  # what is needed of Python is there
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in {skipped!r}]
    for name in files:
        path = os.path.join(folder, name)
        if ({secret!r} in name or name == "gradebook.db") and os.path.isfile(path):
            print(path)
for path in {names!r}:
    if os.path.exists(path):
        print(path)
"""


def put_kit(folder):
    """A checkout of the kit that is a course too, with something secret in each of its corners."""
    shutil.copytree(KIT / "autograder", folder / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    put_course(folder)
    (folder / f"autograder/suites/ps1/test_{SECRET}.py").write_text("x = 1")


def put_course(folder):
    """A course with something secret in each of its corners."""
    folder.mkdir(parents=True, exist_ok=True)
    write(type("Place", (), {"root": folder}), {
        "nbgrader_config.py": _CONFIGURATION.format(root=str(folder)), "reference/__init__.py": "", "gradebook.db": "",
        f"reference/{SECRET}.py": "x = 1", f"suites/hw/test_{SECRET}.py": "x = 1", f"submitted/ada/hw/{SECRET}.ipynb": "{}",
        f"source/hw/{SECRET}.md": "x", f"built/source/hw/{SECRET}.ipynb": "{}",
    })


def put_venv(folder):
    """A virtual environment with the packages of this one; gives its site-packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = folder / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    (packages / "these.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return packages


def found(course, python=sys.executable, kit="", before=(), names=()):
    """What of the secrets student code finds, by a walk and under further names.

    Parameters
    ----------
    course : path
    python : path
    kit : path
        Where Python finds the engine, if not in its own packages.
    before : list of str
        The beginning of the command line.
    names : list of str

    Returns
    -------
    list of str
    """
    walk = _WALK.format(skipped=["/proc", "/usr/lib", "/usr/share", *_OWN], secret=SECRET, names=list(map(str, names)))
    done = subprocess.run(
        [*before, str(python), "-c", _PROBE, str(course), walk], cwd="/", env=os.environ | {"PYTHONPATH": str(kit)},
        capture_output=True, text=True, timeout=300,
    )
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    printed = "".join(output.get("text", "") + output.get("evalue", "") for output in reply["outputs"])
    assert reply["status"] == "ok", printed
    return printed.split()
