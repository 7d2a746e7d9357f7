"""A term's life: due dates that move, extensions, points by hand, and what the course's files then say."""

import csv
import datetime
import shutil

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from tiny import CONFIGURATION, RELU, autograder, hand_in, nbgrader, new_course, scores

from autograder.authoring import build as authoring
from autograder.course import penalties
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
    """What the command prints, in one line."""
    done = autograder(course, *arguments)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


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
    assert penalty(course) == 0 and "0 graded" in told(course, "grade", "tiny")
    setting(course, "c.PenaltyPerDay.share_per_day = 20")
    assert "share_per_day" in refused(course, "grade", "tiny")


def test_formgrader_and_feedback_settle_too(course):
    """Catches a page that shows, or a feedback that states, what lateness cost before the due date moved."""
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.update_or_create_assignment("tiny", duedate="2026-10-06 20:00 UTC")
    formgrader = NbGraderAPI(CourseDirectory(config=course.config))
    assert len(formgrader.get_submissions("tiny")) == 3 and scores(course)["late"] == (90, 9)
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
    assert "1 graded" in told(course, "grade", "tiny")
    assert scores(course)["zoey"] == (90, 0) and scores(course)["late"] == (90, 9)
    with Gradebook(course.directory.db_url) as gradebook:
        assert gradebook.find_submission("tiny", "zoey").extension == datetime.timedelta(days=2)


@pytest.mark.parametrize("arguments, complaint", [
    (["due", "tiny", "2026-10-06 22:00 CEST"], "no time that can be read without a guess"),
    (["due", "tiny", "06.10.2026 22:00"], "no time that can be read without a guess"),
    (["due", "tuny"], "tuny"),
    (["extend", "tiny", "ada", "two days"], "neither how much more time"),
    (["extend", "tiny", "ada", "2026-10-01 22:00 UTC"], "is before the due date"),
    (["extend", "tiny", "ada", "9999d"], "neither how much more time"),
])
def test_what_is_not_exact_is_refused(written, arguments, complaint):
    """Catches a due date by a guess, and a traceback for a slip of the pen."""
    assert complaint in refused(written, *arguments)
