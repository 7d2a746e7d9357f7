"""Says what this machine offers for grading, and what is missing."""

import importlib.metadata
import os
import platform
import sys
from pathlib import Path

from autograder import KitError
from autograder.course.batch import cores
from autograder.course.course import Course
from autograder.isolation import exposure, layers
from autograder.isolation.process import StudentDied, Zygote


def examine(console):
    """Print one line for each thing that grading depends on.

    Returns
    -------
    bool
        Whether everything that grading needs is there. Isolation is wanted, not needed.
    """
    healthy = True

    def say(what, good, detail):
        sign = "[green]ok[/green]  " if good else "[yellow]note[/yellow]" if good is None else "[red]bad[/red] "
        console.print(f"{sign} {what:<16} {detail}")

    say("Python", True, f"{platform.python_version()} at {sys.prefix}")
    try:
        zygote = Zygote()
        try:
            if zygote.isolated:
                say("isolation", True, "each submission runs behind a wall of these layers:")
            else:
                say("isolation", None, f"none ({zygote.refusal}): student code could read this user's files; what holds without:")
            for layer, (holds, given) in layers.examine(zygote).items():
                say(f"  {layer}", holds or None, given if holds in (True, None) else f"MISSING: {given}")
            if zygote.isolated and (found := _exposed(zygote)):
                say("  secrets", False, f"student code could read {', '.join(found)}; nothing is graded until that has moved")
                healthy = False
        finally:
            zygote.close()
    except StudentDied as error:
        say("isolation", False, str(error))
        healthy = False
    say("cores", True, f"{cores()} (autograder grade uses all of them)")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    enough = memory >= 2 * cores()
    say("memory", enough or None, f"{memory:.1f} GiB" + ("" if enough else "; use --jobs to grade fewer at once"))
    for package in ("nbgrader", "jupyterlab", "notebook", "numpy", "torch", "pytest", "datasets", "matplotlib"):
        try:
            say(package, True, importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            say(package, False, "not installed; run: make setup")
            healthy = False
    cached = ", ".join(_cached_datasets()) or "none"
    say("data", True, f"Hugging Face datasets in the cache: {cached}; notebooks that ask for another need a folder or the Hub")
    return healthy


def _exposed(zygote):
    """What student code could read of the course here, if there is one."""
    try:
        course = Course.here()
    except KitError:
        return []
    hidden, secrets = course.authored.hidden(course.private), course.authored.secrets(course.private)
    return exposure.exposed(zygote, secrets, hidden, exposure.THOROUGHLY)


def _cached_datasets():
    """Names of the datasets that the Hugging Face cache holds."""
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache/huggingface"))
    folder = Path(os.environ.get("HF_DATASETS_CACHE", home / "datasets"))
    return sorted(path.name for path in folder.glob("*") if path.is_dir() and not path.name.startswith("_"))
