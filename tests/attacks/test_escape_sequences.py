"""Names of folders and files, times and errors that hold escape sequences, and pseudonyms: all of them reach a terminal.

What must happen: a terminal is sent nothing but text that is seen, in one line, in the order in which it is written.
"""

import unicodedata

import pytest
from tiny import RELU, autograder, hand_in

from autograder.course.shown import shown, visible

IDS = ["r\u202eltr", "z\u200bero", "\u2067isolated", "no\u00adbreak", "tag\U000e0041"]
REFUSED = ["\x1b[2J\x1b[Hgone", "\x9b31mred", "\x1b]0;title\x07", "bell\x07", "two\nlines", "back\b\b\b", "\r90 points", "[bold]me"]


def assert_harmless(printed):
    raw = {character for character in printed if unicodedata.category(character)[0] == "C" and character != "\n"}
    assert not raw, printed


def test_grading_prints_nothing_that_takes_effect(course):
    """Catches a student whose folder clears the screen, forges a line of the table, or turns names around."""
    for student in IDS + REFUSED:
        folder = hand_in(course, student, relu_solution=RELU)
        (folder / "timestamp.txt").write_text("\x1b[31mnow\u202e")
    (course.submitted / IDS[0] / "tiny/tiny.ipynb").unlink()  # so that progress names it
    graded = autograder(course, "grade", "tiny", "--feedback")
    assert_harmless(graded.stdout + graded.stderr)
    assert graded.returncode == 1 and "Traceback" not in graded.stderr
    for name in ("r\\u202eltr", "z\\u200bero"):
        assert name in graded.stdout
    for name in ("\\x1b[2J\\x1b[Hgone", "two\\nlines", "\\r90 points", "[bold]me"):
        assert f"not graded: {name}: " in graded.stderr
    assert 'timestamp.txt says "\\x1b[31mnow\\u202e"' in graded.stderr


@pytest.mark.parametrize("arguments", [["--student", "\x1b[2J\u202e"], ["--course", "\x1b[2J"]])
def test_complaints_print_nothing_that_takes_effect(course, arguments):
    """Catches an error that repeats what it complains about."""
    refused = autograder(course, "grade", "tiny", *arguments)
    assert refused.returncode == 1 and "\\x1b[2J" in refused.stderr and "Traceback" not in refused.stderr
    assert_harmless(refused.stdout + refused.stderr)


def test_names_are_shown_as_they_are_where_that_does_no_harm():
    """Catches escapes in names of people."""
    for name in ("Müller", "Пётр", "梅", "نازنین", "می\u200cخواهم", "O'Neil", "👩\u200d🔬"):
        assert visible(name) == name
    assert visible("a\u2028b\u00a0c\ud800") == "a\\u2028b\\xa0c\\ud800" and shown("[red]x") == "\\[red]x"
