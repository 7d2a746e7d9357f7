"""A term's life: due dates that move, extensions, points by hand, and what the course's files then say."""

import contextlib
import csv
import datetime
import io
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import zipfile

import pytest
from kit import KIT
from nbgrader.api import Gradebook
from rich.console import Console
from tiny import CONFIGURATION, RELU, autograder, hand_in, nbgrader, new_course, scores
from typer.testing import CliRunner

from autograder import KitError
from autograder.authoring import build as authoring
from autograder.cli import app
from autograder.course import batch, export, penalties, status, term
from autograder.course.course import Course

LATE = "2026-10-07 20:15:00 UTC"  # a day and 22 hours
HALF = "def relu(z):\n    return np.maximum(0, z)\ndef relu_grad(z):\n    return z"


@pytest.fixture(scope="module")
def written(tmp_path_factory, zygote):
    """A course with the tiny assignment, due on 2026-10-05 at 22:00 UTC, handed in by four, one of them late, and graded."""
    course = new_course(tmp_path_factory.mktemp("term") / "course")
    built = authoring.build("tiny", course, zygote)
    with course.open_gradebook() as gradebook:
        gradebook.set_due_date(built.assignment, "2026-10-05 22:00:00 UTC")
    hand_in(course, "ada", relu_solution=RELU, why="Because.")
    hand_in(course, "bob", relu_solution=HALF, why="Because.")
    (hand_in(course, "late", relu_solution=RELU, why="Because.") / "timestamp.txt").write_text(LATE)
    graded = autograder(course, "grade", "tiny")
    assert graded.returncode == 0, graded.stderr
    return course


@pytest.fixture
def course(written, tmp_path):
    """A copy of it."""
    return copied(written, tmp_path / "course")


def copied(course, root):
    """The course in another place."""
    shutil.copytree(course.root, root)
    (root / "nbgrader_config.py").write_text(CONFIGURATION + f"c.CourseDirectory.root = {str(root)!r}\n")
    return Course(root)


def told(course, *arguments):
    """What the command prints, in one line. Only what grades or builds is run in a process of its own."""
    if arguments[0] in ("grade", "build"):
        done = autograder(course, *arguments)
        assert done.returncode == 0, done.stderr
        return " ".join(done.stdout.split())
    done = CliRunner().invoke(app, [*arguments, "--course", str(course.root)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def graded(course, regrade=False):
    """Grade here, and give the run."""
    run = batch.Run(course, course.assignment("tiny"), course.students("tiny"), regrade)
    run.grade(1)
    return run


def refused(course, *arguments):
    """What the command says instead of doing it: one line."""
    done = autograder(course, *arguments)
    assert done.returncode == 1 and "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def setting(course, line):
    """Append to the course's settings."""
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(line + "\n")


def by_hand(course, student, points, cell="why", **columns):
    """What formgrader does when somebody types points."""
    with Gradebook(course.directory.db_url) as gradebook:
        grade = gradebook.find_grade(cell, "tiny", "tiny", student)
        grade.manual_score, grade.needs_manual_grade = points, False
        for name, value in columns.items():
            setattr(grade, name, value)
        gradebook.db.commit()


def exported(course):
    """What `nbgrader export` writes: student -> (score, late penalty)."""
    done = nbgrader(course, "export")
    assert done.returncode == 0, done.stderr
    with (course.root / "grades.csv").open() as file:
        return {row["student_id"]: (float(row["score"]), float(row["late_submission_penalty"])) for row in csv.DictReader(file)}


def penalty(course, student="late", name="tiny"):
    """What settling says, with the settings as they are in the file now."""
    with Course(course.root).open_gradebook() as gradebook:
        return gradebook.settle()[name, student].penalty


def test_penalties_follow_whatever_changes(course):
    """Catches a penalty that stands although due date, extension, share, cap or points by hand are others now."""
    assert scores(course)["late"] == (90, 18)
    by_hand(course, "late", 10)
    assert exported(course)["late"] == (80, 20)
    setting(course, "c.PenaltyPerDay.share_per_day = 0.2")
    assert penalty(course) == 40
    setting(course, "c.PenaltyPerDay.largest_share = 0.25")
    assert penalty(course) == 25
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.grant_extension("tiny", "late", days=1)
    assert penalty(course) == 20
    setting(course, "c.PenaltyPerDay.grace_days = 1")
    assert penalty(course) == 0 and not graded(course).waiting
    setting(course, "c.PenaltyPerDay.share_per_day = 20")
    assert "share_per_day" in refused(course, "grade", "tiny")


@contextlib.contextmanager
def formgrader(course, own):
    """A Jupyter server in the course's folder; gives what asks formgrader's pages: (method, address, data) -> answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own.mkdir()
    environment = os.environ | {
        "PYTHONPATH": str(KIT), "JUPYTER_TOKEN": "a-token", "JUPYTER_CONFIG_DIR": str(own), "JUPYTER_DATA_DIR": str(own)}
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
               "--ServerApp.port_retries=0"]
    with (own / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=course.root, env=environment, stdout=log, stderr=log)

    def ask(method, address, data=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/{address}", json.dumps(data).encode() if data else None,
            {"Authorization": "token a-token"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    deadline = time.monotonic() + 120
    try:
        while True:
            try:
                ask("GET", "api")
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (own / "log").read_text()
                time.sleep(0.2)
        yield ask
    finally:
        process.terminate()
        process.wait(60)


def test_formgrader_settles_whatever_is_typed_there(course, tmp_path):
    """Catches a page, and a grade, that state what lateness cost before somebody gave points or moved the due date."""
    with Gradebook(course.directory.db_url) as gradebook:
        grade = gradebook.find_grade("why", "tiny", "tiny", "late").id
    with formgrader(course, tmp_path / "jupyter") as ask:
        assert ask("PUT", f"formgrader/api/grade/{grade}", {"manual_score": 10})["manual_score"] == 10
        assert {one["student"]: one["score"] for one in ask("GET", "formgrader/api/submissions/tiny")}["late"] == 100
        assert scores(course)["late"] == (100, 20)
        ask("PUT", "formgrader/api/assignment/tiny", {"duedate_notimezone": "2026-10-06 20:00:00", "duedate_timezone": "+0000"})
        assert scores(course)["late"] == (100, 10)


def test_feedback_settles_too(course):
    """Catches feedback that states what lateness cost before the due date moved."""
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.update_or_create_assignment("tiny", duedate="2026-10-06 19:00 UTC")
    done = nbgrader(course, "generate_feedback", "tiny", "--student", "late")
    assert done.returncode == 0 and scores(course)["late"] == (90, 18), done.stderr


def test_days_begin_after_the_grace_and_are_forgiven_in_order():
    """Catches a day that is counted for some minutes, a cap that is passed, and grace days spent on what was due last."""
    hours, grace = lambda count: datetime.timedelta(hours=count), datetime.timedelta(minutes=15)
    days = [penalties.days_begun(late, grace) for late in map(hours, (0, 0.25, 0.26, 24.25, 24.26, 48))]
    assert days == [0, 0, 1, 1, 2, 2]
    assert penalties.after_grace_days([hours(30), hours(3), hours(50)], grace, 3) == [hours(0), hours(0), hours(50)]
    assert penalties.after_grace_days([hours(50)], grace, 2) == [hours(2)]
    assert [penalties.penalty(80, hours(count), 0.1, grace, 0.5) for count in (0.2, 1, 47, 2000)] == [None, 8, 16, 40]
    assert penalties.penalty(-3, hours(30), 0.1, grace, 1) == 0
    due = datetime.datetime(2026, 10, 5)
    assert penalties.lateness(None, due) == penalties.lateness(due, None) == penalties.lateness(due, due, hours(5)) == hours(0)


def test_due_dates_extensions_and_excuses_are_one_command_each(course):
    """Catches a command that does not say whom it changes, a decision that is lost, and one that needs a phantom submission."""
    said = told(course, "due", "tiny", "2026-10-06 22:00 Europe/Berlin")
    assert "is due on 2026-10-06 20:00 UTC; before: 2026-10-05 22:00 UTC" in said
    assert "late: 1 d 15 min late, penalty 18 -> 9" in said
    said = told(course, "extend", "tiny", "late", "2026-10-07 23:00 Europe/Berlin", "--why", "was ill")
    assert "has 1 d 1 h more for tiny: until 2026-10-07 21:00 UTC" in said and "late: not late, penalty 9 -> 0" in said
    assert "penalty 0 -> 9" in told(course, "extend", "tiny", "late", "none")
    assert "penalty 9 -> 0" in told(course, "excuse", "tiny", "late") and penalty(course) == 0
    assert "penalty 0 -> 9" in told(course, "excuse", "tiny", "late", "--undo")

    assert "zoey is not known yet" in told(course, "extend", "tiny", "zoey", "2d")  # before anything is handed in
    assert set(scores(course)) == {"ada", "bob", "late"}
    (hand_in(course, "zoey", relu_solution=RELU) / "timestamp.txt").write_text("2026-10-08 19:00:00 UTC")
    assert list(graded(course).waiting) == ["zoey"] and penalty(course, "zoey") == 0
    assert scores(course)["zoey"] == (90, 0) and scores(course)["late"] == (90, 9)
    with Gradebook(course.directory.db_url) as gradebook:
        assert gradebook.find_submission("tiny", "zoey").extension == datetime.timedelta(days=2)


@pytest.mark.parametrize("time", [
    "2026-10-06 22:00 CEST", "06.10.2026 22:00", "10/06/2026 10pm", "tomorrow", "", "2026-02-30 22:00 UTC", "2026-10-06",
])
def test_a_due_date_is_exact_or_refused(written, time):
    """Catches a due date by a guess."""
    with pytest.raises(KitError, match="no time that can be read without a guess"):
        term.due(Console(), written, "tiny", time)


@pytest.mark.parametrize("time, complaint", [
    ("two days", "neither how much"), ("-2d", "neither how much"), ("2", "neither how much"), ("9999d", "neither how much"),
    ("2026-10-06 22:00 CEST", "neither how much"), ("2026-10-01 22:00 UTC", "is before the due date"),
])
def test_an_extension_is_exact_or_refused(written, time, complaint):
    """Catches an extension by a guess, and one that takes time away."""
    with pytest.raises(KitError, match=complaint):
        term.extend(Console(), written, "tiny", "ada", time)


@pytest.mark.parametrize("text, hours", [("2d", 48), ("36h", 36), ("1w 2d", 216), ("1d12h", 36), ("90m", 1.5)])
def test_lengths_of_time_are_read(text, hours):
    """Catches two days that become two hours."""
    assert term.parse_span(text) == datetime.timedelta(hours=hours)


def test_a_slip_of_the_pen_is_answered_in_one_line(written):
    """Catches a traceback."""
    assert "tuny" in refused(written, "due", "tuny", "none")
    assert "no time that can be read" in refused(written, "due", "tiny", "2026-10-06 22:00 CEST")


def test_points_by_hand_are_not_asked_for_twice(course):
    """Catches a TA who has to grade an answer again that nobody touched, and one who is not told of another answer."""
    by_hand(course, "ada", 7)
    by_hand(course, "late", 11, "relu")
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.find_comment("why", "tiny", "tiny", "ada").manual_comment = "nearly"
        gradebook.db.commit()

    def waiting():
        with Gradebook(course.directory.db_url) as gradebook:
            assert gradebook.find_comment("why", "tiny", "tiny", "ada").comment == "nearly"
            return {(grade.notebook.student.id, grade.name): grade.needs_manual_grade
                    for one in gradebook.assignment_submissions("tiny") for page in one.notebooks for grade in page.grades}

    everybody = {(student, cell): cell == "why" for student in ("ada", "bob", "late") for cell in ("relu", "why")}
    done = everybody | {("ada", "why"): False}
    assert len(graded(course, regrade=True).waiting) == 3 and waiting() == done
    again = nbgrader(course, "autograde", "tiny", "--force", "--student", "ada")
    assert again.returncode == 0 and waiting() == done, again.stderr
    assert scores(course) == {"ada": (97, 0), "bob": (45, 0), "late": (11, 2.2)}

    hand_in(course, "ada", relu_solution=RELU + "\n# shorter", why="Because.")  # the answer is the same
    hand_in(course, "late", relu_solution=HALF, why="Because.")
    graded(course)
    assert waiting() == done | {("late", "relu"): True}
    hand_in(course, "ada", relu_solution=RELU, why="Something else.")
    graded(course)
    assert waiting() == everybody | {("late", "relu"): True} and scores(course)["ada"] == (97, 0)


def test_an_older_kit_has_not_kept_what_was_graded(course):
    """Catches a whole class that has to be graded by hand again, in the middle of a term, after an update."""
    by_hand(course, "ada", 7)
    with sqlite3.connect(course.root / "gradebook.db") as database:
        for table in ("decision", "answers", "stranger", "version"):
            database.execute(f"DROP TABLE autograder_{table}")
    graded(course, regrade=True)
    with Gradebook(course.directory.db_url) as gradebook:
        assert not gradebook.find_grade("why", "tiny", "tiny", "ada").needs_manual_grade


def test_tables_of_another_version_are_refused(course):
    """Catches extensions that are read wrongly, or written over, by a kit that does not know their form."""
    with sqlite3.connect(course.root / "gradebook.db") as database:
        database.execute("UPDATE autograder_version SET version = 7")
    assert "of version 7, and this kit knows version 1" in refused(course, "status", "tiny")


def test_a_mended_test_says_whose_points_change(course):
    """Catches a regrade after which nobody knows who has other points, or by how much."""
    path = course.root / "suites/tiny/test_tiny.py"
    before, slope = path.read_text().split("def test_slope")
    path.write_text(f"{before}def test_slope{slope.replace('[-7.125, 3.0]', '[0.0, 1.0]')}")  # which bob's passes too
    told(course, "build", "tiny")
    by_hand(course, "bob", 10)
    hand_in(course, "new", relu_solution=RELU)
    said = told(course, "grade", "tiny")
    assert "4 graded" in said and "1 has other points by program than before bob 45 -> 90 +45 relu 45 -> 90" in said


def test_table_and_files_agree_whatever_is_gone(course):
    """Catches a grade in grades.csv that the table does not show, or the other way round."""
    shutil.rmtree(course.submitted / "ada")
    said = told(course, "grade", "tiny")
    assert "ada 90 90 no submission" in said and scores(course)["ada"] == (90, 0)
    with (course.root / "tiny-items.csv").open() as file:
        rows = {row["student"]: (row["total"], row["outcome"]) for row in csv.DictReader(file)}
    assert rows == {"ada": ("90", "no submission"), "bob": ("45", "ok"), "late": ("72", "ok")}
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.remove_student("ada")
        gradebook.remove_student("bob")
    assert list(graded(course).waiting) == ["bob"] and scores(course) == {"bob": (45, 0), "late": (90, 18)}
    (course.root / "gradebook.db").unlink()
    told(course, "build", "tiny")
    told(course, "due", "tiny", "2026-10-05 22:00 UTC")
    assert "2 graded" in told(course, "grade", "tiny") and scores(course) == {"bob": (45, 0), "late": (90, 18)}
    with (course.root / "grades.csv").open() as file:
        assert {row["student_id"]: row["score"] for row in csv.DictReader(file)} == {"bob": "45.0", "late": "72.0"}


def roster(course):
    """Enter students as a roster does: two of those who handed in, and two who have not."""
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.update_or_create_student("ada", first_name="Ada", last_name="Lovelace", email="ada@x.example", lms_user_id="12")
        gradebook.update_or_create_student("late", first_name="Late", last_name='O"Hara, Jr.', email="late@x.example")
        gradebook.add_student("kim", first_name="=1+1", last_name="Kim", lms_user_id="34")
        gradebook.add_student("lee")


def shows(course):
    """What `autograder status` prints: the line's name -> (count, names)."""
    console = Console(file=io.StringIO(), width=200, color_system=None)
    with console.capture() as captured:
        status.show(console, status.look(course, "tiny"))
    lines = re.findall(r"^  (\S.*?)  +(\d+)(?:  +(.*?))? *$", captured.get(), re.MULTILINE)
    return {what: (int(count), names) for what, count, names in lines}, captured.get()


def test_the_status_says_who_and_what_is_next(course):
    """Catches somebody who is in no list, or in a wrong one."""
    lines, text = shows(course)
    assert lines["in the roster"] == (0, "") and "enter the roster" in text and "unknown to the roster" not in lines
    roster(course)
    hand_in(course, "zoe", relu_solution=RELU)
    (course.submitted / "linked").symlink_to(course.submitted / "ada")
    with course.open_gradebook() as gradebook:
        gradebook.excuse(course.assignment("tiny"), "lee", why="was ill")
    by_hand(course, "ada", 9)
    lines, text = shows(course)
    assert lines["in the roster"][0] == 4 and lines["handed in"][0] == 5
    assert lines["late"] == (1, "late (1 d 22 h, -18)") and lines["excused"] == (1, "lee (was ill)")
    assert lines["unknown to the roster"] == (3, "bob, linked, zoe") and lines["completely graded"][0] == 1
    assert lines["failed, or in doubt"] == (1, "linked (the folder is a link)")
    assert lines["to be graded by program"] == (1, "zoe") and lines["to be graded by hand"] == (2, "bob, late")
    assert "autograder grade tiny" in text and "autograder release-grades tiny" in text
    told(course, "due", "tiny", "2020-10-05 22:00 UTC")
    lines, _ = shows(course)
    assert lines["missing"] == (1, "kim") and lines["late"][0] == 3 and "not handed in yet" not in lines
    told(course, "extend", "tiny", "kim", "300d", "--why", "travels")
    told(course, "due", "tiny", "2098-06-01 00:00 UTC")
    lines, _ = shows(course)
    assert lines["missing"] == (0, "") and lines["not handed in yet"] == (1, "kim (until 2099-03-28 00:00 UTC, travels)")


def test_exports_hold_released_grades_in_the_columns_of_each_platform(course, tmp_path):
    """Catches half a grade that students get to see, a name that shifts columns, a formula, and who is left out."""
    roster(course)
    assert "no grade of tiny is complete" in refused(course, "release-grades", "tiny")
    by_hand(course, "ada", 9.5)
    by_hand(course, "late", 10)
    assert "no grade of tiny is released" in refused(course, "export", "tiny", "--for", "canvas")
    with course.open_gradebook() as gradebook:
        gradebook.excuse(course.assignment("tiny"), "lee")
        gradebook.extend(course.assignment("tiny"), "adda", datetime.timedelta(days=2))  # a slip of the pen
    said = told(course, "release-grades", "tiny")
    assert "2 grades of tiny released" in said and "1 not released, since something is left to do: bob" in said

    console = Console(file=io.StringIO())

    def rows(form, zeros=False):
        path = export.export(console, course, "tiny", form, zeros=zeros)
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))

    assert rows("canvas") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "tiny"],
        ["    Points Possible", "", "", "", "", "100.0"],
        ["Lovelace, Ada", "12", "", "ada", "", "99.5"], ["Kim, =1+1", "34", "", "kim", "", ""],
        ['O"Hara, Jr., Late', "", "", "late", "", "80.0"], ["lee", "", "", "lee", "", "EX"],
    ]
    assert rows("moodle", zeros=True)[1:] == [
        ["ada", "12", "Ada", "Lovelace", "ada@x.example", "99.5"], ["kim", "34", "'=1+1", "Kim", "", "0"],
        ["late", "", "Late", 'O"Hara, Jr.', "late@x.example", "80.0"], ["lee", "", "", "", "", ""],
    ]
    everybody = {row[0]: (row[2], *row[6:8]) for row in rows("csv")[1:]}
    assert everybody == {"ada": ("Ada", "released", "99.5"), "bob": ("", "not released", ""),
                         "kim": ("'=1+1", "not handed in", ""), "late": ("Late", "released", "80.0"), "lee": ("", "excused", "")}
    sheet = export.export(console, course, "tiny", "xlsx")
    with zipfile.ZipFile(sheet) as archive:
        cells, texts = (archive.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "sharedStrings"))
    assert "<f>" not in cells and "<v>99.5</v>" in cells and "'=1+1" in texts and "<t>=1+1" not in texts
    assert "pdf is none of" in refused(course, "export", "tiny", "--for", "pdf")

    by_hand(course, "ada", 5)  # after it was given out
    assert shows(course)[0]["changed since released"] == (1, "ada (99.5 -> 95)")
    told(course, "release-grades", "tiny", "--student", "late", "--undo")
    assert [row[0] for row in rows("moodle") if row[5]] == ["Username", "ada"]
