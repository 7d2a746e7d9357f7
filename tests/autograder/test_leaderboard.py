"""The leaderboard lists those who want to be on it, harms nobody who looks at it, and gives nobody away."""

import csv
import re
import shutil
import subprocess
import sys

import pytest
from kit import KIT, new_course
from rich.console import Console

from autograder.course import batch, leaderboard
from autograder.grading.report import Report
from autograder.isolation.outcomes import Outcome


def report(student, accuracy, pseudonym=None):
    measures = {"accuracy": accuracy} if pseudonym is None else {"accuracy": accuracy, "pseudonym": pseudonym}
    return Report("ps1", student, Outcome.OK, [], measures=measures)


def names(*pseudonyms, ids=()):
    reports = [report(f"s{i}", 1.0 - i / 100, name) for i, name in enumerate(pseudonyms)]
    return [entry.name for entry in leaderboard.entries(reports, list(ids))]


def test_best_first_ties_share_a_rank_and_who_opted_out_is_not_there():
    """Catches a wrong order, ranks of ties that differ though the shown figures do not, and a name that was not given."""
    reports = [report("a", 0.91, "Ada"), report("b", 0.95, "Bo"), report("c", 0.99), report("d", 0.9501, "abe"),
               report("e", 0.8, "Eve"), Report("ps1", "f", Outcome.MISSING_NOTEBOOK, [])]
    table = [(entry.rank, entry.name, entry.accuracy) for entry in leaderboard.entries(reports, list("abcdef"))]
    assert table == [(1, "abe", 0.95), (1, "Bo", 0.95), (3, "Ada", 0.91), (4, "Eve", 0.8)]


def test_names_are_made_harmless():
    """Catches control codes, text direction, invisible and stacked characters, line breaks, endless names, no name at all."""
    assert names("\x1b[31mred\x07", "evil\u202egnp.exe", "a\u200bb\ufeff", "two\nlines\tand\r more") == [
        "[31mred", "evilgnp.exe", "ab", "two lines and more"]
    assert names("x" * 500, "", "\u2028 \u0000", "Z" + "\u0335" * 40) == ["x" * 30, "(no name)", "(no name)", "Z\u0335\u0335"]
    assert names("Grüße 梅", "✨ O'Neil <3") == ["Grüße 梅", "✨ O'Neil <3"]


def test_a_pseudonym_that_holds_an_id_is_withheld():
    """Catches somebody's id on the page, in whatever spelling, and names that are withheld for no reason."""
    ids = ["jdoe42", "ann", "4711-815"]
    assert names("jdoe42", "it is JDoe42!", "j.doe-42", "ｊｄｏｅ４２", "4711815", "Ann", ids=ids) == ["(withheld)"] * 6
    assert names("Hannover", "annual", "jdoe421", ids=ids) == ["Hannover", "annual", "jdoe421"]


def test_the_page_escapes_and_the_sheet_runs_nothing(tmp_path):
    """Catches a name that becomes a tag, and one that becomes a formula."""
    table = leaderboard.entries([report("a", 0.9, "<script>alert(1)</script>"), report("b", 0.8, "=1+1"),
                                 report("c", 0.7, "＠SUM"), report("d", 0.6, '"a", b')], [])
    leaderboard.write_html(tmp_path / "l.html", "Errors & <more>", table, [])
    page = (tmp_path / "l.html").read_text()
    assert "<script" not in page and "&lt;script&gt;" in page and "Errors &amp; &lt;more&gt;" in page and "<bdi>=1+1</bdi>" in page
    leaderboard.write_csv(tmp_path / "l.csv", table)
    rows = list(csv.reader((tmp_path / "l.csv").open(encoding="utf-8")))
    assert rows[0] == ["rank", "pseudonym", "hidden accuracy"] and rows[1] == ["1", "<script>alert(1)</script>", "0.900"]
    assert [row[1] for row in rows[2:]] == ["'=1+1", "'@SUM", '"a", b']


def test_the_terminal_shows_names_as_they_are():
    """Catches a name that is taken for markup of the table."""
    console = Console(record=True, width=100)
    leaderboard.show(console, "ps1", leaderboard.entries([report("a", 0.9, "[bold red]me[/]")], []))
    assert "[bold red]me[/]" in console.export_text()


@pytest.fixture
def course(built_course, tmp_path):
    """A course with three results for ps1: two with a pseudonym."""
    root = tmp_path / "course"
    shutil.copytree(built_course.root, root)
    (root / "nbgrader_config.py").unlink()
    course = new_course(root)
    store = batch.Store(course, "ps1")
    for one in (report("ada1815", 0.9, "Countess"), report("bob", 0.95, "ada1815"), report("eve", 0.99)):
        (course.submitted / one.student / "ps1").mkdir(parents=True)
        store.put(one)
    return course


def command(course, *arguments):
    return subprocess.run([sys.executable, "-m", "autograder.cli", "leaderboard", *arguments, "--course", str(course.root)],
                          cwd=KIT, capture_output=True, text=True)


def test_the_command_prints_and_writes_the_table(course):
    """Catches a stored result that is not read, and an id in what is published."""
    result = command(course, "ps1")
    assert result.returncode == 0, result.stderr
    page, sheet = ((course.root / f"leaderboard.{kind}").read_text() for kind in ("html", "csv"))
    assert sheet.splitlines()[1:] == ["1,(withheld),0.950", "2,Countess,0.900"]
    for text in (page, sheet, result.stdout):
        assert "Countess" in text and "0.900" in text and "ada1815" not in text and "eve" not in text and "0.99" not in text
    assert "2 of 3 take part" in result.stdout and "leaderboard.html" in result.stdout


def test_the_next_table_says_who_has_come_from_where(course):
    """Catches a history that forgets, that counts a table twice which was only shown again, or follows a withheld name."""
    def page():
        assert command(course, "ps1").returncode == 0
        return (course.root / "leaderboard.html").read_text()

    assert page() == page() and "Who was ahead" not in page()
    store = batch.Store(course, "ps1")
    for one in (report("ada1815", 0.97, "Countess"), report("eve", 0.99, "Newton")):
        store.put(one)
    table, leaders = page().split("Who was ahead")
    assert [re.findall(r"<td class=.number( soft)?.>(\d*)</td>", row)[:2] for row in table.split("<tr")[2:]] == [
        [("", "1"), (" soft", "")], [("", "2"), (" soft", "2")], [("", "3"), (" soft", "")]]
    assert leaders.index("Newton") < leaders.index("(withheld)") and leaders.count("<tr>") == 3


@pytest.mark.parametrize("assignment, change, complaint", [
    ("ps9", None, "'ps9' is not built"),
    ("ps1", lambda store: [path.unlink() for path in store.folder.glob("*.json")], "nothing of ps1 is graded"),
    ("ps1", lambda store: [store.put(report(one, 0.9)) for one in ("ada1815", "bob", "eve")], "nobody is on the leaderboard"),
])
def test_no_table_is_answered_in_one_line(course, assignment, change, complaint):
    """Catches tracebacks where a sentence is due, and an empty page."""
    if change:
        change(batch.Store(course, "ps1"))
    result = command(course, assignment)
    assert result.returncode == 1 and complaint in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert not (course.root / "leaderboard.html").exists()


def test_help_says_how_students_take_part():
    """Catches a command that one has to know to use."""
    result = subprocess.run([sys.executable, "-m", "autograder.cli", "leaderboard", "--help"],
                            cwd=KIT, capture_output=True, text=True)
    assert result.returncode == 0 and "LEADERBOARD_NAME" in result.stdout and "leaderboard.html" in result.stdout
