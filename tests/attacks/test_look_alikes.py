"""Pseudonyms on the leaderboard that are somebody else's, or look like it.

What must happen: both are withheld, since nobody can say who is meant; the terminal and the page say so; others stay.
"""

import pytest
from rich.console import Console

from autograder.course import leaderboard
from autograder.grading.report import Report
from autograder.isolation.outcomes import Outcome

WITHHELD = "(withheld)"


def names(*pseudonyms):
    reports = [Report("ps5", f"s{n}", Outcome.OK, [], measures={"accuracy": 1 - n / 100, "pseudonym": name})
               for n, name in enumerate(pseudonyms)]
    return [entry.name for entry in leaderboard.entries(reports, [])]


@pytest.mark.parametrize("pair", [
    ("Ada", "Ada"), ("Ada", "ADA"), ("Ada", " A d\u200ba "), ("Ada", "\uff21da"), ("Ada", "\u0410da"), ("Ada", "\u0391d\u0430"),
    ("scope", "\u0455\u0441\u043e\u0440\u0435"),
    ("Bob", "\u0412\u043eb"), ("Nina", "\u039d\u0456na"), ("Ill", "Il1"), ("lion", "Iion"),
    ("Otto", "0tto"), ("modern", "rnodem"), ("wave", "vvave"), ("Stra\u00dfe", "STRASSE"), ("\U0001d400da", "Ada"),
])
def test_both_of_a_pair_are_withheld(pair):
    """Catches somebody who is taken for the one who leads, by another alphabet, another case, a digit for a letter."""
    assert names(pair[0], "Grace", pair[1]) == [WITHHELD, "Grace", WITHHELD]


def test_names_that_only_resemble_each_other_stay():
    """Catches pseudonyms withheld for nothing."""
    honest = ["Ada", "Adah", "Jos\u00e9", "Josef", "Bob", "Bo", "\u041f\u0451\u0442\u0440", "\u6885",
              "Lin", "Line", "X \u00c6 A-12", "O'Neil"]
    assert names(*honest) == honest
    assert names("", "\u200b", "Eve") == ["(no name)", "(no name)", "Eve"]


def test_it_is_said(tmp_path):
    """Catches a name that is missing without a reason."""
    reports = [Report("ps5", student, Outcome.OK, [], measures={"accuracy": 0.5, "pseudonym": name})
               for student, name in (("s1", "Ada"), ("s2", "\u0410da"), ("s3", "Grace"))]
    table = leaderboard.entries(reports, ["s1", "s2", "s3"])
    console = Console(record=True, width=100)
    leaderboard.show(console, "ps5", table)
    assert "2 withheld: pseudonyms that hold somebody's id, or look like another's" in console.export_text()
    leaderboard.write_html(tmp_path / "l.html", "ps5", table, [])
    assert "looks like another's, is withheld" in (tmp_path / "l.html").read_text()
