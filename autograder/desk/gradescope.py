"""Writes the archive that Gradescope makes an autograder of: its documented form, with all that grading needs and nothing else.

    setup.sh                 makes Python's environment, once, when Gradescope makes its image
    run_autograder           grades a submission: see `on_gradescope`
    requirements.txt         what is imported there, and all that this needs, in the versions of this environment
    settings.json            what the instructor has decided
    .autograder/secret       of this archive; the course's own does not leave the course
    autograder/              the part of the engine that grades
    built/, release/         the assignment
    suites/, reference/      its hidden tests and the model solutions, under the names that the course has for them
    source/                  files beside the notebook that these may read
"""

import hashlib
import hmac
import importlib.metadata
import json
import re
import zipfile
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from autograder import KitError
from autograder.authoring.build import imported_packages
from autograder.course.replacing import workshop
from autograder.desk.on_gradescope import SECRET, SETTINGS, VISIBILITIES
from autograder.grading.assignment import ENGINE
from autograder.isolation.limits import ONE_THREAD

_ENGINE = ("__init__.py", "testing.py", "grading/**/*.py", "isolation/**/*.py", "desk/__init__.py", "desk/on_gradescope.py")
_NOT_GRADED_WITH = {"alternatives.py", "sample_class.py", "audit.json"}  # of a suite's folder
_TO_SHOW_NOTEBOOKS = {"jupyterlab", "notebook"}  # what students open them with, and nothing that runs them

_SETUP = """#!/usr/bin/env bash
# Gradescope runs this once, as root, when it makes the image in which submissions are graded.
set -euo pipefail
umask 022  # student processes are another user's, who must be able to read Python
root=${AUTOGRADER_ROOT:-/autograder}
cd "$root/source"
export DEBIAN_FRONTEND=noninteractive
apt-get update
python=
for version in 3.12 3.11 3.13 3.14; do  # each Ubuntu has one or two
    if apt-get install -y "python$version" "python$version-venv"; then python=python$version; break; fi
done
if [ -z "$python" ]; then
    echo "This image has no Python 3.11 or newer: choose a newer Ubuntu in Configure Autograder." >&2
    exit 1
fi
"$python" -m venv "$root/venv"
[ ! -f pip.conf ] || export PIP_CONFIG_FILE="$PWD/pip.conf"
install() { "$root/venv/bin/python" -m pip install --disable-pip-version-check --no-cache-dir "$@"; }
# torch first and by itself: where a CPU build is at hand pip takes it, and nothing later asks for another one
install --constraint requirements.txt "$(grep '^torch==' requirements.txt)"
install --requirement requirements.txt
bash run_autograder prepare
"""

_RUN = f"""#!/usr/bin/env bash
# Gradescope runs this for each submission; with `prepare` it grades the model solution.
root=${{AUTOGRADER_ROOT:-/autograder}}
export PYTHONPATH=$root/source PYTHONWARNINGS=ignore {" ".join(f"{name}={value}" for name, value in ONE_THREAD.items())}
exec "${{AUTOGRADER_PYTHON:-$root/venv/bin/python}}" -m autograder.desk.on_gradescope "$@"
"""


def write(assignment, path, visibility, without_isolation, index):
    """Write the archive of an assignment.

    Parameters
    ----------
    assignment : Assignment
    path : Path
        The file; one that is there is replaced.
    visibility : str
        When students see items and criteria; one of VISIBILITIES.
    without_isolation : bool
        Whether to grade where Gradescope's machine offers no isolation, too.
    index : str
        Where pip finds packages beside its usual place, or "".

    Raises
    ------
    KitError
        If one of these makes no sense, or the assignment was changed after its last build.
    """
    if visibility not in VISIBILITIES:
        raise KitError(f"--show {visibility}: Gradescope knows {', '.join(VISIBILITIES)}")
    if index and not re.fullmatch(r"https?://[^\s@]+", index):
        raise KitError(f"--index {index}: should be an address, https://..., without a name or password: the archive keeps it")
    assignment.check_seal()
    authored = assignment.authored
    settings = {"assignment": assignment.name, "suites": authored.suites, "reference": authored.reference,
                "visibility": visibility, "without_isolation": without_isolation}
    files = _files(assignment)
    texts = {
        "setup.sh": _SETUP, "run_autograder": _RUN, "requirements.txt": _requirements(assignment, files),
        SETTINGS: json.dumps(settings, indent=1), SECRET: _secret(assignment),
    }
    if index:
        texts["pip.conf"] = f"[global]\nextra-index-url = {index}\n"
    with workshop(path.parent) as shop:
        new = shop / "new"
        new.touch(mode=0o600)
        with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, contents in {**texts, **{name: one.read_bytes() for name, one in files.items()}}.items():
                entry = zipfile.ZipInfo(name)  # without time and owner: the same parts make the same archive
                entry.external_attr = (0o755 if name in ("setup.sh", "run_autograder") else 0o644) << 16
                archive.writestr(entry, contents, zipfile.ZIP_DEFLATED)
        new.replace(path)


def _secret(assignment):
    """What hidden tests draw from there: whoever sees it can compute nothing of the course's own grading, or of another archive."""
    return hmac.digest(assignment.secret.encode(), f"gradescope/{assignment.name}".encode(), hashlib.sha256).hex()


def _files(assignment):
    """The files that go along: name in the archive -> path."""
    release, suite = Path("release", assignment.name), Path(assignment.authored.suites, assignment.name)
    shown = {f"{assignment.name}.ipynb", *assignment.shown_files}

    def needed(place):
        if place.is_relative_to(release):
            return place.relative_to(release).parts[0] in shown
        return place.parent != suite or place.name not in _NOT_GRADED_WITH

    files = {place: path for place, path in assignment.parts.items() if needed(Path(place))}
    files[f"built/{assignment.name}.ipynb"] = assignment.built / f"{assignment.name}.ipynb"
    return files | {f"autograder/{path.relative_to(ENGINE)}": path for pattern in _ENGINE for path in sorted(ENGINE.glob(pattern))}


def _requirements(assignment, files):
    """A requirements.txt: what files import and the notebook asks for, and what these need, in the versions of this environment."""
    modules = {Path(name).parts[0] for name in files} | {Path(name).stem for name in assignment.shown_files}
    texts = [path.read_text(encoding="utf-8") for path in files.values() if path.suffix == ".py"]
    waiting = [Requirement(name) for name in imported_packages(texts, besides=modules)]
    for line in (assignment.release / "requirements.txt").read_text(encoding="utf-8").splitlines():
        try:
            one = Requirement(line.partition("#")[0])
        except InvalidRequirement:  # a comment, or an option of pip's
            continue
        waiting += [one] if canonicalize_name(one.name) not in _TO_SHOW_NOTEBOOKS else []
    pins, seen = {}, set()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if (key := (name, *sorted(one.extras))) in seen:
            continue
        seen.add(key)
        try:
            installed = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            pins.setdefault(name, str(one))  # that the notebook asks for and grading does without
            continue
        pins[name] = f"{name}=={installed.version.partition('+')[0]}"
        waiting += [other for other in map(Requirement, installed.requires or ()) if not other.marker or any(
            other.marker.evaluate({"extra": extra}) for extra in ("", *one.extras))]
    return "".join(f"{pins[name]}\n" for name in sorted(pins))
