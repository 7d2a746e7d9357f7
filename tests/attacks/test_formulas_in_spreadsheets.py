"""Ids, names and pseudonyms that are formulas, hold separators, or turn the direction of writing.

What must happen: in every CSV file that the kit or plain nbgrader writes for this course, no cell is a formula, also for a
spreadsheet that separates by semicolons, nothing invisible is raw, and every row has its columns.
"""

import csv
import re

import pytest
from nbgrader.api import Gradebook
from tiny import RELU, autograder, hand_in, nbgrader

from autograder.course import leaderboard, sheets
from autograder.grading.report import Report
from autograder.isolation.outcomes import Outcome

IDS = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "a;=1+1", "Doe, Jr", "r\u202eltr", "  =1+1"]


def rows(path):
    """The file as it is read back, and as a spreadsheet reads it that takes the semicolon for the separator."""
    with open(path, newline="", encoding="utf-8") as file:
        text = file.read()
    read = list(csv.reader(text.splitlines()))
    cells = [cell for row in read for cell in row] + re.split(r"[;\n]", text)
    assert not [cell for cell in cells if re.match(r"\s*\"?[=+\-@]", cell)], cells
    assert re.fullmatch(r"[\x20-\x7e\r\n]*", text), text
    assert len({len(row) for row in read}) == 1
    return read


@pytest.fixture
def attacked(course):
    """The class, and students whose ids and names are meant for a spreadsheet."""
    for student in IDS:
        hand_in(course, student, relu_solution=RELU)
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.update_or_create_student("ada", first_name="=1+1", last_name="Love, lace", email="\x1b]0;me\x07@x.example")
    return course


def test_every_file_of_grading_is_safe_to_open(attacked):
    """Catches a formula that runs on the machine of whoever opens the grades."""
    graded = autograder(attacked, "grade", "tiny")
    assert graded.returncode == 0, graded.stderr
    grades, items = rows(attacked.root / "grades.csv"), rows(attacked.root / "tiny-items.csv")
    assert grades[0][3:8] == ["student_id", "last_name", "first_name", "email", "raw_score"]
    assert ["ada", "Love, lace", "'=1+1", "\\x1b]0;me\\x07@x.example", "90.0"] in [row[3:8] for row in grades]
    shown = {"'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(1)", "a;'=1+1", "Doe, Jr", "r\\u202eltr", "  '=1+1"}
    assert shown <= {row[3] for row in grades} and shown <= {row[0] for row in items}
    (attacked.root / "grades.csv").unlink()
    exported = nbgrader(attacked, "export")
    assert exported.returncode == 0 and rows(attacked.root / "grades.csv") == grades, exported.stderr
    exported = nbgrader(attacked, "export", "--to", "some.csv", "--student", "['ada']", "--assignment", "['tiny']")
    assert exported.returncode == 0, exported.stderr
    assert [row[3] for row in rows(attacked.root / "some.csv")] == ["student_id", "ada"]


def test_the_leaderboard_is_safe_to_open(tmp_path):
    """Catches a pseudonym that is a formula."""
    names = ["=1+1", "＝1+1", " -1", "a;@SUM(1)", "\t+1"]
    reports = [Report("tiny", f"s{n}", Outcome.OK, [], measures={"accuracy": n / 10, "pseudonym": name})
               for n, name in enumerate(names)]
    leaderboard.write_csv(tmp_path / "leaderboard.csv", leaderboard.entries(reports, []))
    assert len(rows(tmp_path / "leaderboard.csv")) == 1 + len(names)


def test_numbers_stay_numbers(tmp_path):
    """Catches a negative number that becomes text."""
    sheets.write(tmp_path / "x.csv", [["x"], [-1.5], [None]])
    assert (tmp_path / "x.csv").read_text() == "x\n-1.5\n\"\"\n"
