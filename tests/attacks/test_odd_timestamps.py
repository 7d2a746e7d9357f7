"""A timestamp.txt that says nothing certain, is no file, or never answers when it is opened.

What must happen: that student is graded and is not late, the graders are told what stands there, and everybody else is
graded as usual; in `autograder grade`, in plain `nbgrader autograde`, and where formgrader lists submissions.
"""

import os

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from tiny import RELU, autograder, hand_in, nbgrader, scores

from autograder.course import timestamps

LATE = b"2026-10-07T20:15:00+02:00"
UNKNOWN = {
    "words": b"last week", "two-lines": b"2026-10-07 20:15:00 UTC\n2026-10-08 08:00:00 UTC\n", "digits": b"1" * 30,
    "bytes": b"\xff\xfe", "empty": b"", "summer-time": b"2026-10-07 23:30:00 CEST", "german": b"07.10.2026 23:30",
    "no-day": b"2026-10-40 23:30:00 UTC", "long": b"2026-10-07 20:15:00 UTC" + b" " * 10**6,
}


@pytest.fixture
def odd(course):
    """The class, and students with timestamps of all kinds: the ids of those whose time cannot be known."""
    for student, text in {**UNKNOWN, "bom": b"\xef\xbb\xbf2026-10-05 20:15:00 UTC\r\n", "late": LATE}.items():
        (hand_in(course, student, relu_solution=RELU) / "timestamp.txt").write_bytes(text)
    for student in ("folder", "pipe", "link"):
        (hand_in(course, student, relu_solution=RELU) / "timestamp.txt").unlink()
    (course.submitted / "folder/tiny/timestamp.txt").mkdir()
    os.mkfifo(course.submitted / "pipe/tiny/timestamp.txt")
    (course.root / "elsewhere.txt").write_bytes(LATE)
    (course.submitted / "link/tiny/timestamp.txt").symlink_to(course.root / "elsewhere.txt")
    return [*UNKNOWN, "folder", "pipe", "link"]


def test_everybody_is_graded_and_the_graders_are_told(course, odd, honest):
    """Catches one timestamp that ends grading for all, a pipe that is waited for, and points lost by a guess."""
    graded = autograder(course, "grade", "tiny")
    assert graded.returncode == 0, graded.stderr
    assert scores(course) == honest | dict.fromkeys([*odd, "bom"], (90, 0)) | {"late": (90, 18)}
    told = {line.split(":")[0]: line for line in graded.stderr.splitlines()}
    assert told.keys() == set(odd)
    assert 'says "07.10.2026 23:30"' in told["german"] and "Europe/Berlin" in told["german"] and "is a link" in told["link"]
    again = autograder(course, "grade", "tiny")
    assert "0 graded" in again.stdout and again.stderr == graded.stderr


def test_plain_nbgrader_reads_them_in_the_same_way(course, odd, honest):
    """Catches another reader of the same file: nbgrader's own raises, guesses, follows links and waits for pipes."""
    graded = nbgrader(course, "autograde", "tiny")
    assert graded.returncode == 0, graded.stderr
    assert scores(course) == honest | dict.fromkeys([*odd, "bom"], (90, 0)) | {"late": (90, 18)}
    assert 'says "07.10.2026 23:30"' in graded.stderr
    formgrader = NbGraderAPI(CourseDirectory(config=course.config))  # what its page of submissions asks for
    assert [formgrader.get_submitted_timestamp("tiny", student) for student in odd] == [None] * len(odd)
    again = nbgrader(course, "autograde", "tiny")
    assert again.returncode == 0 and again.stderr.count("submitted at") == 0, again.stderr


def test_an_unknown_time_is_not_the_one_before(course):
    """Catches a penalty for the first attempt's lateness that stays when nobody knows when the second was handed in."""
    stamp = course.submitted / "ada/tiny/timestamp.txt"
    for text, penalty in ((LATE, 18), (b"07.10.2026", 0), (LATE, 18)):
        stamp.write_bytes(text)
        assert autograder(course, "grade", "tiny", "--student", "ada").returncode == 0
        assert scores(course)["ada"] == (90, penalty)


@pytest.mark.parametrize("text", [
    "2026-10-05 20:15:00 UTC", "2026-10-05 20:15:00.000000 UTC", "2026-10-05T20:15:00Z", "2026-10-05T22:15:00+02:00",
    "2026-10-05 14:45 -0530", "2026-10-05 22:15:00 Europe/Berlin", "2026-10-05 17:15:00 America/Argentina/Buenos_Aires",
    "2026-10-05 20:15:00",  # as zip_collect writes it
])
def test_what_nbgrader_and_learning_platforms_write_is_read(text):
    """Catches lateness, or none, by the hours between two time zones."""
    assert str(timestamps.parse(text)) == "2026-10-05 20:15:00"


@pytest.mark.parametrize("text", [
    "2026-10-05 20:15:00 CET", "2026-10-05 20:15:00 EST5EDT", "10/05/2026 20:15", "2026-10-05", "2026-10-05 24:00:00 UTC",
    "2026-02-29 12:00:00 UTC", "2026-10-05 20:15:00+99:00", "0001-01-01 00:00:00+02:00", "9999-12-31 23:59:59 America/New_York",
    "2026-10-05 20:15:00 Europe/Atlantis", "2026-10-05 20:15:00 ../../etc/passwd", "2026-10-05 20:15:00 America/Argentina",
    "2026-03-29 02:30:00 Europe/Berlin",  # clocks went from 2 to 3
    "\u0662\u0660\u0662\u0666-10-05 20:15:00 UTC", "2026-10-05 20:15:00 UTC; 1", "now", "",
])
def test_nothing_is_guessed(text):
    """Catches a reader that makes something of anything."""
    with pytest.raises(ValueError):
        timestamps.parse(text)


def test_an_hour_that_came_twice_is_taken_for_the_first():
    """Catches an hour of lateness that depends on how one reads the clock."""
    assert str(timestamps.parse("2026-10-25 02:30:00 Europe/Berlin")) == "2026-10-25 00:30:00"
