"""Makes a course of one's own, and assignments in it, from an example that builds, grades and explains itself."""

import keyword
import re
import shutil
from importlib import resources

from autograder import KitError
from autograder.course.course import Course
from autograder.course.trouble import located

_TEMPLATE = resources.files("autograder.authoring") / "template"


def new_course(folder, reference="solutions"):
    """Make a folder that is a course, with one example assignment.

    Parameters
    ----------
    folder : Path
        Must be empty, or not be there.
    reference : str
        The name of the package of model solutions.

    Returns
    -------
    Course

    Raises
    ------
    KitError
    """
    if folder.exists() and any(folder.iterdir()):
        raise KitError(f"{folder} is not empty; a new course needs a folder of its own")
    _check_name(reference, "the package of model solutions")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _fill(folder, reference)
    except BaseException:  # of a course that is not whole nothing stays
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _fill(folder, reference):
    names = {"COURSE": re.sub(r"[^\w-]+", "-", folder.resolve().name), "REFERENCE": reference, "NAME": "example"}
    for file in ("nbgrader_config.py", "README.md", "roster.csv"):
        _write(folder / file, f"course/{file}", names)
    _write(folder / ".gitignore", "course/gitignore", names)
    (folder / reference).mkdir()
    (folder / reference / "__init__.py").write_text('"""Model solutions."""\n', encoding="utf-8")
    course = Course(folder)
    new_assignment(course, "example")
    return course


def new_assignment(course, name):
    """Add an assignment to a course: the example, under another name.

    Parameters
    ----------
    course : Course
    name : str
        A Python name too, since its model solutions become a module.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    KitError
        If there is something of that name, or it is no name.
    """
    _check_name(name, "an assignment")
    authored = course.authored
    files = {
        authored.source(name): "source.md",
        authored.home / authored.reference / f"{name}.py": "solutions.py",
        authored.suite(name) / f"test_{name}.py": "test_suite.py",
        **{authored.suite(name) / part: part for part in ("mistakes.py", "alternatives.py", "sample_class.py")},
    }
    there = [str(path) for path in files if path.exists()]
    if there:
        raise KitError(f"there is something called {name!r} already: {', '.join(there)}")
    try:
        for path, part in files.items():
            _write(path, f"assignment/{part}", {"NAME": name, "REFERENCE": authored.reference})
    except BaseException:
        for path in files:
            path.unlink(missing_ok=True)
        raise
    return list(files)


def _check_name(name, what):
    if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
        raise KitError(f"{name!r} cannot be the name of {what}: use letters, digits and _, beginning with a letter")


def _write(path, part, names):
    text = (_TEMPLATE / part).read_text(encoding="utf-8")
    for name, value in names.items():
        text = text.replace(f"@{name}@", value)
    path.parent.mkdir(parents=True, exist_ok=True)
    with located(path):
        path.write_text(text, encoding="utf-8")
