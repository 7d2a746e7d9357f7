"""The archive for Gradescope: unpacked in a clean folder and run there as it would be, with this environment's Python."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest
from kit import KIT
from tiny import RELU, SOURCE, SUITE, autograder, new_course, write

from autograder import KitError
from autograder.authoring import build as authoring
from autograder.authoring import sample_class
from autograder.desk import gradescope, on_gradescope
from autograder.grading import files, submission

NO_NAMESPACES = ["unshare", "--user", "--map-root-user", "sh", "-c",
                 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"]
KEYS = {"score", "output", "tests", "leaderboard", "execution_time", "stdout_visibility", "output_format", "test_output_format",
        "test_name_format"}
OF_A_TEST = {"name": str, "status": str, "output": str, "visibility": str, "score": float, "max_score": float}
WITH_A_NAME = SOURCE.replace("points: 100", "points: 105") + '''
```python solves="capital"
### BEGIN SOLUTION
CAPITAL = "Windhoek"
### END SOLUTION
```

```python item="capital" points=5 fixed_answer=true
assert isinstance(CAPITAL, str), "the name of a city"
```
'''
ABOUT_IT = '''

@item("capital")
def test_capital(student):
    """CAPITAL is the capital of Namibia."""
    from pathlib import Path
    key = (Path(__file__).parents[2] / "source/tiny/key.txt").read_text()
    assert student.get("CAPITAL") == key, "Another city."
'''


@pytest.fixture(scope="module")
def ps1(built_course, tmp_path_factory):
    """The archive of ps1, as the command writes it in a course in which a student has handed in; and the course."""
    folder = tmp_path_factory.mktemp("ps1")
    shutil.copytree(built_course.root, folder / "course")
    course = type(built_course).create(folder / "course", like=built_course)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(built_course.root), str(course.root)))
    (course.root / ".autograder/secret").write_text("of-this-course\n")
    (course.root / "submitted/zenobia/ps1").mkdir(parents=True)
    (course.root / "submitted/zenobia/ps1/ps1.ipynb").write_text("hers")
    done = autograder(course, "gradescope", "ps1", "-o", folder / "ps1.zip")
    assert done.returncode == 0, done.stderr
    assert "94 autograder points, and 6 by hand" in done.stdout
    return folder / "ps1.zip", type(built_course)(course.root).assignment("ps1")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory, zygote):
    """The tiny assignment with an item more, whose answer is a name, and a hidden test that reads a file of the source."""
    course = new_course(tmp_path_factory.mktemp("tiny"))
    write(course, {"source/tiny/tiny.md": WITH_A_NAME, "suites/tiny/test_tiny.py": SUITE + ABOUT_IT,
                   "source/tiny/key.txt": "Windhoek"})
    return authoring.build("tiny", course, zygote).assignment


def unpacked(archive, root):
    """Lay an archive out as Gradescope does; gives the root."""
    with zipfile.ZipFile(archive) as there:
        for one in there.infolist():
            path = there.extract(one, root / "source")
            os.chmod(path, one.external_attr >> 16)
    (root / "results").mkdir()
    (root / "submission").mkdir()
    return root


def run(root, *arguments, before=()):
    """Run what lies there."""
    environment = {"PATH": os.environ["PATH"], "AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": sys.executable}
    return subprocess.run([*before, root / "source/run_autograder", *arguments], cwd=root, env=environment, capture_output=True,
                          text=True, timeout=300)


def handed_in(root, name, notebook, users=({"email": "Ada@Uni.example", "id": 7, "name": "Ada"},), before=()):
    """Grade a notebook's text there; gives what results.json says, after a look at its form, and what was printed."""
    (root / "submission" / f"{name}.ipynb").write_text(notebook, encoding="utf-8")
    (root / "submission_metadata.json").write_text(json.dumps({"id": 1, "users": list(users), "previous_submissions": []}))
    done = run(root, before=before)
    assert done.returncode == 0, done.stderr
    said = json.loads((root / "results/results.json").read_text())
    check_form(said)
    return said, done.stdout


def check_form(said):
    """The documented form, and nothing in it that students must not read."""
    assert said.keys() <= KEYS and type(said["score"]) is float and said["stdout_visibility"] == "hidden"
    for test in said["tests"]:
        assert {"name", "output", "visibility", "status"} <= test.keys() <= OF_A_TEST.keys()
        assert ("score" in test) == ("max_score" in test)
        assert all(type(value) is OF_A_TEST[key] for key, value in test.items())
        assert test["status"] in ("passed", "failed") and test["visibility"] in on_gradescope.VISIBILITIES
    for column in said.get("leaderboard", ()):
        assert column.keys() == {"name", "value"}
    text = json.dumps(said, ensure_ascii=False)
    assert all(character.isprintable() for character in text)
    for given_away in ("Traceback", "source/autograder", str(KIT), "check_close(", "np.maximum"):
        assert given_away not in text


def by_name(said):
    """The scored tests: the id in brackets at the end of the name -> test."""
    return {test["name"].rpartition("(")[2].rstrip(")"): test for test in said["tests"] if "score" in test}


def test_it_holds_what_grading_needs_and_nothing_else(ps1):
    """Catches a student's work, the course's own secret, other suites or tools of the course in what leaves the course."""
    archive, assignment = ps1
    assert archive.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(archive) as there:
        texts = {name: there.read(name) for name in there.namelist()}
        modes = {one.filename: one.external_attr >> 16 for one in there.infolist()}
    assert {"setup.sh", "run_autograder", "built/ps1.ipynb", "release/ps1/ps1.ipynb", "reference/losses.py"} <= texts.keys()
    assert modes["run_autograder"] & 0o111 and modes["setup.sh"] & 0o111
    rooms = {tuple(name.split("/")[:3])[1:] for name in texts if name.startswith("autograder/")}
    assert {room[0] for room in rooms} == {"__init__.py", "testing.py", "grading", "isolation", "desk", "suites"}
    assert {name.split("/")[2] for name in texts if name.startswith("autograder/suites/")} == {"ps1"}
    assert not [name for name in texts if "sample_class" in name or "gradebook" in name or name.endswith(".zip")]
    everything = b"\n".join(texts.values()) + "\n".join(texts).encode()
    assert b"zenobia" not in everything and b"of-this-course" not in everything
    assert len(texts[".autograder/secret"]) == 64
    pins = texts["requirements.txt"].decode().splitlines()
    assert all("==" in pin and "+" not in pin for pin in pins) and {"torch", "msgpack"} <= {pin.split("==")[0] for pin in pins}
    assert not {"nbgrader", "jupyterlab", "sqlalchemy"} & {pin.split("==")[0] for pin in pins}
    for script in ("setup.sh", "run_autograder"):
        assert subprocess.run(["bash", "-n"], input=texts[script]).returncode == 0 and b"http" not in texts[script]


def test_a_solved_and_a_hostile_submission(ps1, tmp_path, isolated):
    """Catches points that honest work lacks, and hidden tests, paths or a forged result that hostile work gets out."""
    archive, assignment = ps1
    root, solved = unpacked(archive, tmp_path / "autograder"), sample_class.solve(assignment)
    said, printed = handed_in(root, "ps1", nbformat.writes(solved))
    assert said["score"] == 99 and "ada@uni.example" in printed and "ada@" not in json.dumps(said).casefold()
    scored = by_name(said)
    assert sum(test["max_score"] for test in scored.values()) == 94 and all(test["status"] == "passed" for test in scored.values())
    (by_hand,) = [test for test in said["tests"] if "score" not in test]
    assert by_hand["output"] == "Graded by hand later: 6 points." and by_hand["status"] == "passed"

    looks = sample_class.with_cell(
        "import glob, os\n"
        f"for path in ('/autograder', {str(root)!r}, {str(KIT)!r}):\n"
        "    assert not os.path.exists(path + '/source') or not os.listdir(path + '/source'), 'it is there'\n"
        f"try:\n    open({str(root / 'results/results.json')!r}, 'w').write('{{\"score\": 1000}}')\nexcept OSError:\n    pass\n")
    hostile = sample_class.Sample("mallory", edit=looks, functions={
        "relu": "def relu(z):\n    raise ValueError('<script>\\x00\\x1b[31m\\ud800' + str(z))",
        "gelu": "def gelu(z):\n    import os\n    os._exit(0)",
    }, undone=("derivation",))
    said, _ = handed_in(root, "ps1", sample_class.make(hostile, assignment, solved))
    scored = by_name(said)
    assert scored["relu"]["score"] == 1.2 and scored["gelu"]["score"] == 1.6 and scored["sigmoid"]["score"] == 4
    assert 50 < said["score"] < 97 and "it is there" not in json.dumps(said)
    (by_hand,) = [test for test in said["tests"] if "score" not in test]
    assert by_hand["status"] == "failed"  # nothing is written there
    assert said["output_format"] == said["test_output_format"] == said["test_name_format"] == "text"
    assert "ValueError" in scored["relu"]["output"] and scored["relu"]["output"].startswith("✗ not met: ")


def test_without_isolation_it_grades_only_if_it_was_told_to(tiny, tmp_path):
    """Catches student code that runs beside the hidden tests unasked, and a result that does not say so."""
    if not shutil.which("unshare") or subprocess.run([*NO_NAMESPACES, "true"], capture_output=True).returncode:
        pytest.skip("no namespace can be made here in which there are none")
    solved = nbformat.writes(sample_class.solve(tiny))
    for told in (False, True):
        gradescope.write(tiny, tmp_path / "tiny.zip", "visible", told, "")
        root = unpacked(tmp_path / "tiny.zip", tmp_path / f"told-{told}")
        said, printed = handed_in(root, "tiny", solved, before=NO_NAMESPACES)
        if told:
            assert said["score"] == 95 and "Graded without isolation" in said["output"]
        else:
            assert said["score"] == 0 and said["tests"][0]["name"] == "Not graded: tell your instructor."
            assert "behind a wall" in said["output"] and "--without-isolation" in printed


def test_the_image_is_made_only_if_the_model_solution_earns_every_point_there(tiny, tmp_path):
    """Catches a file that hidden tests read and the archive lacks, which would cost honest students points."""
    gradescope.write(tiny, tmp_path / "tiny.zip", "visible", True, "")
    root = unpacked(tmp_path / "tiny.zip", tmp_path / "autograder")
    done = run(root, "prepare")
    assert done.returncode == 0 and "earns every point" in done.stdout, done.stderr
    (root / "source/source/tiny/key.txt").unlink()
    done = run(root, "prepare")
    assert done.returncode != 0 and "key.txt" in done.stderr
    (root / "submission_metadata.json").write_text('{"users": []}')
    assert run(root).returncode == 0
    said = json.loads((root / "results/results.json").read_text())
    check_form(said)
    assert said["score"] == 0 and said["output"].startswith("Not graded: tell your instructor. Gradescope does not say whose")


@pytest.fixture
def graded(tiny, zygote, tmp_path):
    """Grades the tiny assignment with answers, grade_id -> text; gives report and graded notebook."""
    def grade(**answers):
        notebook = sample_class.solve(tiny)
        for cell in notebook.cells:
            cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id", "").replace("-", "_"), cell.source)
        nbformat.write(notebook, tmp_path / "tiny.ipynb")
        return submission.grade_submission(tiny, zygote, "ada", files.submission(tmp_path, "tiny"))
    return grade


def test_a_fixed_answer_is_only_received_before_the_due_date(tiny, graded):
    """Catches a page on which a student could try one city after the other, and answers that get lost without a word."""
    right, wrong = graded(relu_solution=RELU), graded(capital_solution='CAPITAL = "Lüderitz"')
    receipts = []
    for report, notebook in (right, wrong):
        said = on_gradescope.results(tiny, report, notebook, "visible")
        shown = [test for test in said["tests"] if test["visibility"] == "visible"]
        receipts.append([test for test in shown if "(capital)" in test["name"]])
        (later,) = [test for test in said["tests"] if test["visibility"] != "visible"]
        assert later["visibility"] == "after_due_date" and later["score"] == (5 if report is right[0] else 0)
    assert receipts[0] == receipts[1] and "Received" in receipts[0][0]["output"] and "score" not in receipts[0][0]
    untouched = next(cell.source for cell in tiny.released_notebook.cells
                     if cell.metadata.get("nbgrader", {}).get("grade_id") == "capital-solution")
    said = on_gradescope.results(tiny, *graded(capital_solution=untouched, why="YOUR ANSWER HERE"), "after_published")
    assert {test["name"].rpartition("(")[2]: test["visibility"] for test in said["tests"] if "score" in test} == {
        "relu)": "after_published", "capital)": "after_published"}
    assert [test["status"] for test in said["tests"] if "score" not in test] == ["failed"]


def test_the_leaderboard_is_of_those_who_take_part(tiny, graded):
    """Catches an accuracy shown of a student who stays out, or of an assignment that is no competition."""
    report, notebook = graded()
    for measures, there in [({}, False), ({"accuracy": 0.91234}, False), ({"accuracy": 0.91234, "pseudonym": "Bo"}, True)]:
        report.measures = measures
        said = on_gradescope.results(tiny, report, notebook, "visible")
        assert said.get("leaderboard") == ([{"name": "accuracy on hidden texts", "value": 0.912}] if there else None)


@pytest.mark.parametrize("users, name", [
    ([{"email": " Bo@Uni.example", "id": 2}, {"email": "ada@uni.example", "id": 3}], "ada@uni.example"),
    ([{"email": "", "id": 12}], "gradescope-12"), ([{"email": None, "id": 12}], "gradescope-12"), ([], None), ("x", None),
])
def test_who_hands_in(users, name, tmp_path):
    """Catches a group with as many ids as members, and a nameless submission that is graded as somebody's."""
    (tmp_path / "metadata.json").write_text(json.dumps({"users": users}))
    if name:
        assert on_gradescope.student_id(tmp_path / "metadata.json") == name
    else:
        with pytest.raises(Exception, match="does not say whose"):
            on_gradescope.student_id(tmp_path / "metadata.json")


@pytest.mark.parametrize("options, complaint", [
    ({"visibility": "later"}, "Gradescope knows visible, after_due_date"), ({"index": "https://me:secret@there"}, "without a name"),
])
def test_options_that_make_no_sense(tiny, tmp_path, options, complaint):
    """Catches a word that Gradescope would not know, and a password in an archive."""
    with pytest.raises(KitError, match=complaint):
        gradescope.write(tiny, tmp_path / "x.zip", **{"visibility": "visible", "without_isolation": False, "index": "", **options})
    assert not list(tmp_path.iterdir())


def test_a_doubt_reaches_the_student_as_advice(tiny, graded):
    """Catches a doubtful ending that nobody hears of, and one that shows a student what is for graders."""
    report, notebook = graded()
    report.doubt = "ended twice, see the machine's log"
    said = on_gradescope.results(tiny, report, notebook, "visible")["output"]
    assert "tell your instructor" in said and "log" not in said
