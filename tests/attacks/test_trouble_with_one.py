"""Something about one submission that cannot be read, recorded or stored.

What must happen: it is named as not graded with the reason, at every run, with status 1; everybody else is graded; and the
score that stood before stays in the gradebook, the reports and the CSV files.
"""

import csv

import pytest
from tiny import RELU, autograder, hand_in, scores

from autograder.course import batch
from autograder.grading import submission
from autograder.isolation.outcomes import Outcome

HALF = RELU.replace("* 1.0", "* 2.0")


def items(course, student):
    """The student's line in the CSV file of items."""
    with open(course.root / "tiny-items.csv", newline="", encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file) if row["student"] == student)


@pytest.fixture
def graded_once(course):
    """A class that is graded; Bob's half points come from an earlier attempt, and he has handed in again since."""
    hand_in(course, "bob", relu_solution=HALF)
    assert autograder(course, "grade", "tiny").returncode == 0
    assert scores(course)["bob"] == (45, 0)
    hand_in(course, "bob", relu_solution=RELU)
    return course


def block_autograded(course):
    """Where the autograded notebook belongs there is a file: recording fails."""
    folder = course.autograded / "bob"
    (folder / "tiny").rename(course.root / "aside")
    folder.rmdir()
    folder.write_text("in the way")


def test_a_result_that_cannot_be_recorded_leaves_the_one_before(graded_once, honest):
    """Catches a class that stops at one student, success that is reported for the others, and a 0 in place of 45 points."""
    course = graded_once
    block_autograded(course)
    hand_in(course, "zoe", relu_solution=RELU, why="Something new.")
    for _ in range(2):
        failed = autograder(course, "grade", "tiny", "--feedback")
        assert failed.returncode == 1 and "Traceback" not in failed.stderr, failed.stderr
        (line,) = failed.stderr.splitlines()
        assert line.startswith("not graded: bob: FileExistsError") and "not-graded/bob.json" in line
        assert scores(course) == honest | {"bob": (45, 0)}
        assert items(course, "bob")["by program"] == "45" and items(course, "bob")["outcome"] == "not graded"
        assert items(course, "zoe")["by program"] == "90"
    (course.autograded / "bob").unlink()
    mended = autograder(course, "grade", "tiny")
    assert mended.returncode == 0 and "1 graded" in mended.stdout and scores(course)["bob"] == (90, 0)
    assert items(course, "bob")["outcome"] == "ok" and batch.Store(course, "tiny").failure("bob") is None


def test_a_report_that_cannot_be_stored_is_that_students_alone(graded_once, honest):
    """Catches the same where the last step fails."""
    course = graded_once
    report = course.root / ".autograder/tiny/bob.json"
    report.unlink()
    report.mkdir()
    (report / "notes").touch()  # somebody's: an empty folder would give way
    failed = autograder(course, "grade", "tiny", "--regrade")
    assert failed.returncode == 1 and failed.stderr.startswith("not graded: bob: OSError"), failed.stderr
    assert {student: scores(course)[student] for student in honest} == honest


def test_a_submission_that_stops_its_grader_costs_itself_only(graded_once, zygote, monkeypatch):
    """Catches a 0, or the end for everybody, where a grader had to be given up: here it has no time at all."""
    course = graded_once
    work = course.assignment("tiny")
    fresh = hand_in(course, "new", relu_solution=RELU)
    monkeypatch.setattr(submission, "_SLACK_SECONDS", -submission.WALL_FACTOR * work.limits.cpu_seconds)
    reports = batch.Run(course, work, ["ada", "bob", "new"]).grade()
    assert [report.outcome for report in reports] == [Outcome.OK, Outcome.NOT_GRADED, Outcome.NOT_GRADED]
    assert scores(course)["bob"] == (45, 0) and "new" not in scores(course)
    store = batch.Store(course, "tiny")
    assert store.get("bob").score == 45 and store.get("new") is None and "stopped" in store.failure("new").problems[0]
    assert fresh.exists()


def test_one_who_was_never_graded_has_no_points_rather_than_none(course, honest):
    """Catches a 0 in the CSV file that only means that nobody knows."""
    hand_in(course, "bob", relu_solution=RELU)
    course.autograded.mkdir()
    (course.autograded / "bob").write_text("in the way")
    failed = autograder(course, "grade", "tiny")
    assert failed.returncode == 1 and "not graded: bob" in failed.stderr
    assert items(course, "bob")["by program"] == "" and items(course, "bob")["relu"] == ""
    assert batch.Store(course, "tiny").get("bob") is None
    assert scores(course) == honest
