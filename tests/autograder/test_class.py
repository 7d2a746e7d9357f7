"""A whole class from submission to gradebook and feedback: the commands that people type, on the sample class."""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from kit import KIT, copy_of, mistakes, new_course
from nbgrader.api import Gradebook
from rich.console import Console

from autograder.authoring import sample_class
from autograder.course import batch, report_view
from autograder.course.course import Course
from autograder.isolation.student.account import descendants
from autograder.suites.ps1.sample_class import DUE, SAMPLES

QUICK = ("perfect", "perfect-but-two-days-late", "blank", "bce-summed-not-averaged", "syntax-error",
         "locked-cells-tampered-with")


def autograder(*arguments, **options):
    """Run the command as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli", *arguments], cwd=KIT, capture_output=True, text=True, **options
    )


def nbgrader(course, *arguments):
    """Run plain nbgrader in a course folder."""
    environment = os.environ | {"PYTHONPATH": str(KIT)}
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=course.root, env=environment, capture_output=True, text=True
    )


def course_of(built_course, folder, names):
    """A course with ps1 built and these samples handed in."""
    course = copy_of(built_course, folder, "ps1")
    assignment = course.assignment("ps1")
    with course.open_gradebook() as gradebook:
        gradebook.set_due_date(assignment, DUE)
    sample_class.write_class(course, assignment, [sample for sample in SAMPLES if sample.student in names])
    return course


def scores(course):
    """student -> {item -> automatic score}, and student -> penalty, as plain nbgrader reads them."""
    with Gradebook(course.directory.db_url) as gradebook:
        submissions = gradebook.assignment_submissions("ps1")
        return (
            {s.student.id: {g.name: g.auto_score for n in s.notebooks for g in n.grades} for s in submissions},
            {s.student.id: sum(n.late_submission_penalty or 0 for n in s.notebooks) for s in submissions},
        )


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The sample class, made and graded by the two commands of `make demo`, with what they printed."""
    root, scratch = tmp_path_factory.mktemp("demo") / "course", tmp_path_factory.mktemp("scratch")
    environment = os.environ | {"COLUMNS": "180", "TMPDIR": str(scratch)}
    made = autograder("sample-class", "ps1", "--course", str(root), env=environment)
    assert made.returncode == 0, made.stderr
    result = autograder("grade", "ps1", "--course", str(root), "--feedback", env=environment)
    assert result.returncode == 0, result.stderr
    left = [*scratch.iterdir(), *root.rglob(".new-*")]
    return Course(root), result.stdout, left


def test_every_sample_earns_what_is_written_beside_it(graded):
    """Catches any change of grading that changes a grade."""
    course, _, _ = graded
    assignment, store = course.assignment("ps1"), batch.Store(course, "ps1")
    wrong = {}
    for sample in SAMPLES:
        report = store.get(sample.student)
        got, expected = {item.id: item.score for item in report.items}, sample.expected(assignment)
        difference = {i: (got[i], expected[i]) for i in expected if abs(got[i] - expected[i]) > 0.005}
        if difference or report.outcome is not sample.outcome or report.problems:
            wrong[sample.student] = difference, report.outcome, report.problems
    assert not wrong and len(SAMPLES) == 30


def test_the_gradebook_agrees_with_the_reports(graded):
    """Catches a score that is lost, rounded or put into the wrong row on its way into nbgrader."""
    course, _, _ = graded
    automatic, penalties = scores(course)
    for sample in SAMPLES:
        report = batch.Store(course, "ps1").get(sample.student)
        by_hand = automatic[sample.student].pop("derivation")
        assert automatic[sample.student] == {item.id: item.score for item in report.items}, sample.student
        assert by_hand == (0 if sample.student in ("blank", "missing-notebook", "broken-json") else None)
    late = {student: penalty for student, penalty in penalties.items() if penalty}
    assert late == {"perfect-but-two-days-late": pytest.approx(18.8)}  # a day and eleven hours: two days begun


def test_the_terminal_shows_everyone_and_says_what_is_next(graded):
    """Catches a table that leaves somebody out, or an end without directions."""
    course, printed, _ = graded
    for sample in SAMPLES:
        assert re.search(rf"{sample.student}\s.*{sample.outcome.value}", printed), sample.student
    assert "distribution" in printed and "Written" in printed and "nbgrader generate_feedback" in printed
    assert str(course.root / "gradebook.db") in printed


def test_csv_files_hold_every_student(graded):
    """Catches a CSV that is cut off or has shifted columns."""
    course, _, _ = graded
    rows = list(csv.DictReader((course.root / "ps1-items.csv").open()))
    assert [row["student"] for row in rows] == sorted(sample.student for sample in SAMPLES)
    assert next(row for row in rows if row["student"] == "perfect")["by program"] == "99"
    assert {row["student_id"] for row in csv.DictReader((course.root / "grades.csv").open())} == {
        sample.student for sample in SAMPLES}


def test_nothing_hidden_reaches_what_students_get(graded):
    """Catches a line of a hidden test or of a model solution in feedback, autograded notebooks or the release."""
    course, _, _ = graded
    secrets = set()
    for path in (KIT / "autograder/suites/ps1").glob("*.py"):
        secrets |= {line.strip() for line in path.read_text().splitlines() if re.match(r"(check\w*\(|assert )", line.strip())}
    model = "losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))"
    assert len(secrets) > 50
    for sample in ("blank", "four-mistakes", "wrong-shapes", "patches-numpy-and-searches"):
        for path in (course.feedback / sample / "ps1/ps1.html", course.autograded / sample / "ps1/ps1.ipynb"):
            text = path.read_text()
            assert not [line for line in secrets if line in text] and "suites/" not in text, path
            assert model not in text or sample != "blank"
            kits_own = [str(KIT / folder) for folder in ("autograder", "reference", "source", "release", "tests")]
            assert not [folder for folder in kits_own if folder in text], path  # .venv may be below: tracebacks name it


def test_feedback_says_what_is_met_and_what_is_not_and_why(graded):
    """Catches feedback that has a number and no reason."""
    course, _, _ = graded
    page = (course.feedback / "bce-summed-not-averaged/ps1/ps1.html").read_text()
    assert "bce: 4 of 6 points" in page and "✗" in page and "✓" in page
    hint = next(m.hint for m in mistakes("ps1") if (m.item, m.name) == ("bce", "sums instead of averaging"))
    assert hint in page
    broken = (course.feedback / "broken-json/ps1/ps1.html").read_text()
    assert "not a Jupyter notebook that can be read" in broken


def test_a_narrow_terminal_shows_every_score_and_mean(graded):
    """Catches numbers that are cut where room is short: 91.43 points that look like 9."""
    course, _, _ = graded
    assignment, store = course.assignment("ps1"), batch.Store(course, "ps1")
    reports = [store.get(student) for student in course.students("ps1")]
    console = Console(width=80, file=io.StringIO(), soft_wrap=True)
    with course.open_gradebook() as gradebook:
        report_view.show(console, assignment, reports, gradebook.totals(assignment), course.root / "ps1-items.csv")
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines if "●" in line or "○" in line][: len(reports)]
    for row, report in zip(rows, reports, strict=True):
        assert report.student.startswith(row[0].rstrip("…")) and f"{report.score:g}" in row
    for item in assignment.items:
        assert re.search(rf"\b{item.id} +\d+\.\d +of {item.points:g}\b", "\n".join(lines)), item.id


def test_the_students_own_outputs_are_kept(graded):
    """Catches autograded notebooks without the student's plots."""
    course, _, _ = graded
    notebook = nbformat.read(course.autograded / "perfect/ps1/ps1.ipynb", as_version=4)
    nbformat.validate(notebook)
    images = [o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(images) == 3


def test_the_machine_is_clean_afterwards(graded):
    """Catches processes and temporary folders that grading leaves behind."""
    course, _, left = graded
    assert not left
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(course.root) not in listing


@pytest.fixture
def quick(built_course, tmp_path):
    """A course with six samples handed in, not yet graded."""
    return course_of(built_course, tmp_path / "quick", QUICK)


def test_plain_nbgrader_gives_the_same_scores_and_its_commands_work(quick, built_course, tmp_path):
    """Catches two ways of grading that disagree, and nbgrader commands that the configuration breaks."""
    plain = course_of(built_course, tmp_path / "plain", QUICK)
    assert autograder("grade", "ps1", "--course", str(quick.root)).returncode == 0
    done = nbgrader(plain, "autograde", "ps1")
    assert done.returncode == 0, done.stderr
    assert scores(plain) == scores(quick)
    for command in (["generate_feedback", "ps1"], ["export"]):
        done = nbgrader(plain, *command)
        assert done.returncode == 0, done.stderr
    assert (plain.feedback / "blank/ps1/ps1.html").exists() and (plain.root / "grades.csv").exists()
    again = nbgrader(plain, "generate_assignment", "ps1", "--force")
    assert again.returncode == 0, again.stderr
    assert (plain.release / "ps1/ps1.ipynb").read_bytes() == (built_course.release / "ps1/ps1.ipynb").read_bytes()


def test_students_can_validate_and_a_download_can_be_collected(quick, tmp_path):
    """Catches a release that `nbgrader validate` chokes on, and a course that zip_collect cannot fill."""
    blank = quick.submitted / "blank/ps1/ps1.ipynb"
    failing = nbgrader(quick, "validate", str(blank))
    assert "VALIDATION FAILED" in failing.stdout + failing.stderr
    passing = nbgrader(quick, "validate", str(quick.submitted / "perfect/ps1/ps1.ipynb"))
    assert "Success! Your notebook passes all the tests." in passing.stdout + passing.stderr, passing.stderr
    archive = quick.root / "downloaded/ps1/archive"
    archive.mkdir(parents=True)
    shutil.copy(blank, archive / "newcomer_4711_815_ps1.ipynb")
    done = nbgrader(quick, "zip_collect", "ps1")
    assert done.returncode == 0, done.stderr
    assert (quick.submitted / "newcomer/ps1/ps1.ipynb").exists()


def test_unchanged_work_is_skipped_and_changed_work_is_not(quick):
    """Catches needless regrading, and a resubmission that keeps its old grade."""
    first = autograder("grade", "ps1", "--course", str(quick.root))
    assert "6 graded" in first.stdout, first.stderr
    second = autograder("grade", "ps1", "--course", str(quick.root))
    assert "0 graded" in second.stdout and "6 unchanged and skipped" in second.stdout
    shutil.copy(quick.submitted / "perfect/ps1/ps1.ipynb", quick.submitted / "blank/ps1/ps1.ipynb")
    third = autograder("grade", "ps1", "--course", str(quick.root))
    assert "1 graded" in third.stdout and "5 unchanged" in third.stdout
    assert sum(score or 0 for score in scores(quick)[0]["blank"].values()) == 99
    one = autograder("grade", "ps1", "--course", str(quick.root), "--student", "perfect", "--regrade", "--jobs", "1")
    assert "1 graded" in one.stdout and "syntax-error" not in one.stdout


def test_scores_given_by_hand_survive_regrading(quick):
    """Catches a TA's evening being overwritten by the next run."""
    autograder("grade", "ps1", "--course", str(quick.root), "--student", "perfect")
    with Gradebook(quick.directory.db_url) as gradebook:
        gradebook.find_grade("derivation", "ps1", "ps1", "perfect").manual_score = 5.5
        gradebook.find_grade("bce", "ps1", "ps1", "perfect").manual_score = 1
        gradebook.find_comment("derivation", "ps1", "ps1", "perfect").manual_comment = "nearly"
        gradebook.db.commit()
    autograder("grade", "ps1", "--course", str(quick.root), "--student", "perfect", "--regrade")
    with Gradebook(quick.directory.db_url) as gradebook:
        assert gradebook.find_grade("derivation", "ps1", "ps1", "perfect").manual_score == 5.5
        assert gradebook.find_grade("bce", "ps1", "ps1", "perfect").score == 1
        assert not gradebook.find_grade("bce", "ps1", "ps1", "perfect").needs_manual_grade  # the answer is the same
        assert gradebook.find_comment("derivation", "ps1", "ps1", "perfect").comment == "nearly"


def test_a_killed_run_loses_only_what_was_in_flight(quick):
    """Catches results that are kept in memory until the end, half-written files, and processes that outlive their run."""
    run = subprocess.Popen([sys.executable, "-m", "autograder.cli", "grade", "ps1", "--course", str(quick.root), "--jobs", "1"],
                           cwd=KIT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    reports = quick.root / ".autograder/ps1"
    deadline = time.monotonic() + 120
    while not list(reports.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    family = descendants(run.pid)
    run.send_signal(signal.SIGKILL)
    run.wait()
    kept = {path.stem: path.read_bytes() for path in reports.glob("*.json")}
    assert kept and len(kept) < len(QUICK) and all(json.loads(text) for text in kept.values())
    while (alive := [pid for pid in family if os.path.exists(f"/proc/{pid}")]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive
    again = autograder("grade", "ps1", "--course", str(quick.root))
    assert f"{len(kept)} unchanged and skipped" in again.stdout
    assert all((reports / f"{student}.json").read_bytes() == text for student, text in kept.items())
    assert not list(reports.glob(".new-*")) or len(list(reports.glob("*.json"))) == len(QUICK)


def test_ctrl_c_ends_with_one_line_and_the_next_run_goes_on(quick):
    """Catches a traceback at Ctrl-C and workers that go on grading."""
    run = subprocess.Popen([sys.executable, "-m", "autograder.cli", "grade", "ps1", "--course", str(quick.root), "--jobs", "1"],
                           cwd=KIT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    reports = quick.root / ".autograder/ps1"
    deadline = time.monotonic() + 120
    while not list(reports.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)
    _, complaint = run.communicate(timeout=60)
    assert run.returncode == 130 and "run the same command again" in complaint and "Traceback" not in complaint
    assert "6 students" in autograder("grade", "ps1", "--course", str(quick.root)).stdout


@pytest.mark.parametrize("arguments, complaint", [
    (["grade", "ps9"], "ps9"),
    (["grade", "ps1", "--student", "nobody"], "no submission of ps1 by nobody"),
    (["grade", "ps1", "--scheduler", "tcp://127.0.0.1:9"], "no Dask scheduler answers"),
    (["build", "ps9"], "no assignment 'ps9'"),
])
def test_bad_input_is_answered_in_one_line(quick, arguments, complaint):
    """Catches tracebacks where a sentence is due."""
    result = autograder(*arguments, "--course", str(quick.root))
    assert result.returncode == 1 and complaint in result.stderr and "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_folder_that_is_no_course_is_refused(tmp_path):
    """Catches a gradebook that appears in whatever folder somebody typed; and samples that mix with real work."""
    result = autograder("grade", "ps1", "--course", str(tmp_path))
    assert result.returncode == 1 and "is not a course" in result.stderr and not list(tmp_path.iterdir())
    (tmp_path / "precious").touch()
    result = autograder("sample-class", "ps1", "--course", str(tmp_path))
    assert result.returncode == 1 and "not a sample course" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_doctor_says_what_the_machine_offers():
    """Catches a doctor that has not looked."""
    result = autograder("doctor")
    assert result.returncode == 0
    for word in ("isolation", "cores", "memory", "nbgrader", "jupyterlab", "data"):
        assert word in result.stdout
    for layer in ("namespaces", "mounts", "privileges", "system calls", "priority", "account", "control groups"):
        assert layer in result.stdout


def test_the_build_command_reports_points_and_place(tmp_path):
    """Catches a build that says nothing of what it made, or that only works where the environment is activated."""
    new_course(tmp_path)
    result = autograder("build", "ps1", "--course", str(tmp_path), env=os.environ | {"PATH": os.defpath})
    assert result.returncode == 0 and "100 points" in result.stdout and (tmp_path / "release/ps1/ps1.ipynb").exists()
