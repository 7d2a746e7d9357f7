"""A class that is graded again and again, and one that is too large for a table."""

import dataclasses
import io
import shutil

import pytest
from nbgrader.api import Gradebook
from rich.console import Console
from tiny import RELU, hand_in, new_course

from autograder.authoring import build as authoring
from autograder.course import batch, report_view
from autograder.course.rows import Total
from autograder.isolation.outcomes import Outcome

HALF = "def relu(z):\n    return np.maximum(0, z)\ndef relu_grad(z):\n    return z"


@pytest.fixture
def course(tmp_path, zygote):
    """A course in which the tiny assignment is graded for two students."""
    course = new_course(tmp_path / "course")
    work = authoring.build("tiny", course, zygote).assignment
    hand_in(course, "ada", relu_solution=RELU, why="Because.")
    hand_in(course, "bob", relu_solution=HALF)
    batch.Run(course, work, ["ada", "bob"]).grade()
    return course


def waiting(course):
    """Who would be graded now."""
    return list(batch.Run(course, course.assignment("tiny"), course.students("tiny")).waiting)


def test_what_gradebook_or_folder_have_lost_is_graded_again(course):
    """Catches a class that counts as done although its gradebook or its notebooks come from a backup, or are gone."""
    work = course.assignment("tiny")
    assert waiting(course) == []
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.find_grade("why", "tiny", "tiny", "ada").manual_score = 10  # given by hand: nothing is lost
        gradebook.db.commit()
    assert waiting(course) == []
    shutil.rmtree(course.autograded / "ada")
    assert waiting(course) == ["ada"]
    batch.Run(course, work, ["ada", "bob"]).grade()
    assert waiting(course) == [] and (course.autograded / "ada/tiny/tiny.ipynb").exists()
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.find_grade("relu", "tiny", "tiny", "bob").auto_score = 20  # as it was before an attempt
        gradebook.db.commit()
    assert waiting(course) == ["bob"]
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.remove_submission("tiny", "bob")
    assert waiting(course) == ["bob"]
    batch.Run(course, work, ["ada", "bob"]).grade()
    with course.open_gradebook() as gradebook:
        totals = gradebook.totals(work)
    assert waiting(course) == [] and {student: total.score for student, total in totals.items()} == {"ada": 100, "bob": 45}


def test_a_result_counts_for_the_bytes_that_were_graded(course):
    """Catches a score that stands for work which was handed in while the class was being graded, and which nobody has seen."""
    work = course.assignment("tiny")
    run = batch.Run(course, work, ["ada", "bob"], regrade=True)
    hand_in(course, "bob", relu_solution=RELU)

    def again(report):
        if report.student == "bob":
            hand_in(course, "bob", relu_solution=HALF)

    (_, bob) = run.grade(on_result=again)
    assert bob.score == 90 and waiting(course) == ["bob"]


def test_of_a_large_class_only_what_needs_a_look_is_listed(course):
    """Catches a thousand lines between a TA and the one submission that was not graded."""
    work, store = course.assignment("tiny"), batch.Store(course, "tiny")
    ok, nothing = store.get("ada"), store.get("bob")
    for criterion in nothing.items[0].criteria:
        criterion.passed = False
    special = {
        "late-but-fine": ok, "ended-early": dataclasses.replace(ok, outcome=Outcome.KILLED), "lost-everything": nothing,
        "not-there": batch.Report.not_graded("tiny", "", "trouble"), "with-a-flag": ok,
    }
    totals = {"late-but-fine": Total(penalty=9, by_hand=True), "with-a-flag": Total(flagged=True)}

    def printed(size):
        console = Console(width=120, file=io.StringIO())
        everybody = [*special, *(f"student-{number}" for number in range(size - len(special)))]
        reports = [dataclasses.replace(special.get(student, ok), student=student) for student in everybody]
        report_view.show(console, work, reports, totals, course.root / "tiny-items.csv")
        return " ".join(console.file.getvalue().split())

    small, large = printed(100), printed(1000)
    assert "student-94" in small and "late-but-fine" in small and "not listed" not in small
    for student in ("ended-early", "lost-everything", "not-there", "with-a-flag"):
        assert student in large
    assert "late-but-fine" not in large and "student-1" not in large
    assert "996 of 1000 students are not listed" in large and "tiny-items.csv" in large and "999 students" in large
