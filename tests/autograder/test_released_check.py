"""What students run before they hand in: it says whether a file is the right one, and which of its checks hold."""

import json
import shutil
import subprocess
import sys

import nbformat
import pytest
import tiny

from autograder.authoring import build as authoring


@pytest.fixture(scope="module")
def released(tmp_path_factory, zygote):
    """The release of the tiny assignment."""
    course = tiny.new_course(tmp_path_factory.mktemp("course") / "course")
    authoring.build("tiny", course, zygote)
    return course.release / "tiny"


@pytest.fixture
def folder(released, tmp_path):
    """A student's copy."""
    return shutil.copytree(released, tmp_path / "my homework")


def check(folder, *arguments):
    """Run the program as a student does, from somewhere else; gives status and lines."""
    done = subprocess.run([sys.executable, folder / "check.py", *arguments], capture_output=True, text=True, cwd=folder.parent)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def edit(folder, change):
    path = folder / "tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def cell(notebook, grade_id):
    return next(one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def test_it_says_what_is_begun_and_what_holds(folder):
    """Catches a program that does not run the notebook, or that changes it, or tells a stub from an answer wrongly."""
    status, said = check(folder)
    assert status == 1 and "none of the 2 answers is begun" in said and "relu" not in said and "0 of 1 checks" in said
    edit(folder, lambda notebook: cell(notebook, "relu-solution").update(source=tiny.RELU))
    before = (folder / "tiny.ipynb").read_bytes()
    status, said = check(folder)
    assert status == 0 and "1 of 2 answers are begun" in said and "holds    relu" in said and "1 of 1 checks" in said
    assert said.count("still as it was given") == 1
    edit(folder, lambda notebook: cell(notebook, "relu-solution").update(source="def relu(z):\n    return z"))
    status, said = check(folder)
    assert "not yet  relu: AssertionError: relu of a negative number is 0" in said and "can be handed in" in said
    assert (folder / "tiny.ipynb").read_bytes() != before


def test_what_a_check_wants_to_be_read_is_repeated(folder):
    """Catches an id that is somebody else's and shows nowhere before the file is handed in."""
    edit(folder, lambda notebook: cell(notebook, "relu").update(source='print("fine")\nprint("! Is this yours?")'))
    said = check(folder)[1]
    assert "! Is this yours?" in said and "fine" not in said


def test_it_leaves_the_notebook_alone(folder):
    """Catches outputs that are written into the student's file."""
    before = (folder / "tiny.ipynb").read_bytes()
    check(folder)
    assert (folder / "tiny.ipynb").read_bytes() == before


@pytest.mark.parametrize("harm, told", [
    (lambda folder: (folder / "tiny.ipynb").rename(folder / "tiny (1).ipynb"), "Rename it to tiny.ipynb"),
    (lambda folder: (folder / "tiny.ipynb").unlink(), "there is no tiny.ipynb"),
    (lambda folder: (folder / "tiny.ipynb").write_text("{"), "is damaged"),
    (lambda folder: (folder / "tiny.ipynb").write_text(json.dumps([1])), "is damaged"),
    (lambda folder: (folder / "tiny.ipynb").write_text('{"nbformat": 3, "worksheets": []}'), "old format"),
    (lambda folder: nbformat.write(nbformat.v4.new_notebook(), folder / "tiny.ipynb"), "another notebook"),
    (lambda folder: edit(folder, lambda n: n.cells.remove(cell(n, "relu-solution"))), "relu-solution is gone"),
    (lambda folder: edit(folder, lambda n: n.cells.append(nbformat.from_dict(cell(n, "why") | {"id": "again"}))), "there 2 times"),
])
def test_a_file_that_is_not_ready_is_told_in_words(folder, harm, told):
    """Catches a file that would earn nothing and is called ready, and a traceback in a student's face."""
    harm(folder)
    status, said = check(folder, "--no-run")
    assert status == 1 and told in said and "NOT READY" in said


def test_an_edited_given_cell_is_said_and_does_no_harm(folder):
    """Catches a warning that frightens, and line ends of another system that look like an edit."""
    edit(folder, lambda notebook: [one.update(source=one.source.replace("\n", "\r\n") + "\r\n") for one in notebook.cells])
    assert "was edited" not in check(folder, "--no-run")[1]
    edit(folder, lambda notebook: cell(notebook, "relu-solution").update(source=tiny.RELU))
    edit(folder, lambda notebook: cell(notebook, "relu").update(source="pass"))
    status, said = check(folder, "--no-run")
    assert status == 0 and "the given cell relu was edited; grading puts it back" in said
