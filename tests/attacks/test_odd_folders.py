"""Folders in submitted/ that are no submissions: links to a neighbour's, files, names that no student can have.

What must happen: they are named with the reason, nothing of them is graded, everybody else is, and the command ends with
status 1. Ids that look alike are graded and pointed out.
"""

import os
import shutil

import pytest
from tiny import RELU, autograder, hand_in, nbgrader, scores

NAMES = ["a\nb", "red\x1b[31m", " ", "<img src=x onerror=alert(1)>", '"-alert(1)-"', "*", "[a]", "x" * 129, "\u6885" * 80]


@pytest.fixture
def refused(course):
    """What must not be graded: how it is named -> why."""
    work = course.submitted / "ada/tiny"
    for name in NAMES:
        shutil.copytree(work, course.submitted / name / "tiny")
    not_utf8 = os.fsencode(course.submitted) + b"/M\xfcller"
    os.mkdir(not_utf8)
    shutil.copytree(work, os.fsdecode(not_utf8) + "/tiny")
    (course.submitted / "thief").mkdir()
    (course.submitted / "thief/tiny").symlink_to(work)
    (course.submitted / "brother").symlink_to(course.submitted / "ada")
    (course.submitted / "flat").mkdir()
    (course.submitted / "flat/tiny").write_text("a file")
    (course.submitted / "bystander/other").mkdir(parents=True)  # handed in for something else
    return {
        "a\\nb": "control characters", "red\\x1b[31m": "control characters", " ": "blank", "x" * 129: "too long",
        "\u6885" * 80: "too long", "<img src=x onerror=alert(1)>": "has one of", '"-alert(1)-"': "has one of", "*": "has one of",
        "[a]": "has one of", "M\\udcfcller": "not UTF-8", "thief": "holds tiny as a link", "brother": "is a link",
        "flat": "as a file",
    }


def test_they_are_named_and_the_others_are_graded(course, refused, honest):
    """Catches a name that ends grading for all, 90 points for a neighbour's work, and a status of success for half a class."""
    graded = autograder(course, "grade", "tiny", "--feedback")
    assert graded.returncode == 1 and "Traceback" not in graded.stderr and "2 graded" in graded.stdout, graded.stderr
    assert scores(course) == honest
    lines = graded.stderr.splitlines()
    assert len(lines) == len(refused)
    for name, reason in refused.items():
        assert any(line.startswith(f"not graded: {name}: ") and reason in line for line in lines), (name, lines)
    alone = autograder(course, "grade", "tiny", "--student", "ada")
    assert alone.returncode == 0 and not alone.stderr
    chosen = autograder(course, "grade", "tiny", "--student", "thief")
    assert chosen.returncode == 1 and chosen.stderr.startswith("not graded: thief: the folder holds tiny as a link")
    assert scores(course) == honest


def test_plain_nbgrader_names_them_and_grades_the_others(course, refused, honest):
    """Catches a name with a line break, which ends `nbgrader autograde` for all, and links that it follows."""
    graded = nbgrader(course, "autograde", "tiny")
    assert graded.returncode == 1 and "Traceback" not in graded.stderr, graded.stderr
    assert scores(course) == honest
    for name in refused.keys() - {"flat", "[a]"}:  # which nbgrader itself does not take for submissions
        assert f"{name} is not graded" in graded.stderr
    assert not (course.autograded / "thief").exists() and not (course.autograded / "brother").exists()


def test_ids_that_look_alike_are_pointed_out(course, honest):
    """Catches one student with two ids, by another way to write the same letters, without a word."""
    alike = ["Ada", "zo\u00eb", "zoe\u0308"]
    for student in alike:
        hand_in(course, student, relu_solution=RELU)
    graded = autograder(course, "grade", "tiny")
    assert graded.returncode == 0 and scores(course) == honest | dict.fromkeys(alike, (90, 0))
    assert "ids that look alike: 'Ada', 'ada'" in graded.stderr and r"'zoe\u0308', 'zo\xeb'" in graded.stderr
