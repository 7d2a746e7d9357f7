"""The leaderboard of an assignment: who is ahead on the hidden texts, under pseudonyms, of those who want to be on it.

A student takes part by a pseudonym in the notebook; the suite notes it beside the accuracy. So a name can be anything, and
is made harmless here for the three places where it is shown: a terminal, a page for the whole class, a spreadsheet. Two
that look the same are both withheld, since nobody can say who is meant.
"""

import html
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from rich import box
from rich.table import Table

from autograder.course import sheets
from autograder.course.replacing import replacing
from autograder.course.shown import shown

NAME_CHARACTERS = 30
_MARKS = 2  # combining marks on one letter: more of them climb out of the line
_BAR = 30
WITHHELD, _NO_NAME = "(withheld)", "(no name)"

# Cyrillic, Greek and other letters (first lines), and the Latin ones that they look like: what of Unicode's list of confusables
# (UTS 39) concerns names that are meant to be read as Latin; and what Latin letters themselves look like.
_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԌԚԜӀҮЗ" "аеѕіјорсухһԁԛԝӏүвкмнт" "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" "αβγεηικνορστυχωϲ" "ıɑɡɩᴏᴄᴠᴡᴢ",
    "ABESIJKMHOPCTYXGQWIY3" "aesijopcyxhdqwlybkmht" "ABEZHIKMNOPTYX" "abyenikvopotuxwc" "iagiocvwz",
)
_STROKES = str.maketrans("0I1|", "olll")


@dataclass(frozen=True)
class Entry:
    """One line: equal accuracies, as they are shown, share a rank, and the next rank counts them all (1, 2, 2, 4)."""

    rank: int
    name: str
    accuracy: float


def entries(reports, student_ids):
    """The leaderboard of some reports.

    Parameters
    ----------
    reports : list of Report
        Those with the measures "accuracy" and "pseudonym" take part.
    student_ids : list of str
        Of the whole course: a pseudonym that holds one of them is withheld, whoever chose it, as are those that look alike.

    Returns
    -------
    list of Entry
        Best first; those of equal rank by name.
    """
    taking_part = [report.measures for report in reports if _takes_part(report.measures)]
    names = _distinct([_harmless(measures["pseudonym"], student_ids) for measures in taking_part])
    rows = [(round(measures["accuracy"], 3), name) for measures, name in zip(taking_part, names)]
    rows.sort(key=lambda row: (-row[0], row[1].casefold(), row[1]))
    accuracies = [accuracy for accuracy, _ in rows]
    return [Entry(1 + accuracies.index(accuracy), name, accuracy) for accuracy, name in rows]


def show(console, title, table):
    """Print the leaderboard.

    Parameters
    ----------
    console : rich.console.Console
    title : str
    table : list of Entry
    """
    view = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    view.add_column("rank", justify="right")
    view.add_column("name", no_wrap=True)
    view.add_column("hidden accuracy", no_wrap=True)
    for entry in table:
        view.add_row(str(entry.rank), shown(entry.name), f"{entry.accuracy:.3f}  {'█' * round(_BAR * entry.accuracy)}")
    console.print(view)
    withheld = sum(entry.name == WITHHELD for entry in table)
    if withheld:
        console.print(f"{withheld} withheld: pseudonyms that hold somebody's id, or look like another's")


def write_csv(path, table):
    """Write the leaderboard as CSV, safe to open in a spreadsheet."""
    rows = [[entry.rank, entry.name, f"{entry.accuracy:.3f}"] for entry in table]
    sheets.write(path, [["rank", "pseudonym", "hidden accuracy"], *rows])


def write_html(path, title, table):
    """Write the leaderboard as a page of its own, to be published."""
    rows = "\n".join(
        f"<tr><td>{entry.rank}</td><td><bdi>{html.escape(entry.name)}</bdi></td><td>{entry.accuracy:.3f}</td>"
        f'<td><meter value="{entry.accuracy:.3f}"></meter></td></tr>'
        for entry in table
    )
    with replacing(path) as file:
        file.write(_PAGE.format(title=html.escape(title), rows=rows))


def _takes_part(measures):
    pseudonym, accuracy = measures.get("pseudonym"), measures.get("accuracy")
    return isinstance(pseudonym, str) and isinstance(accuracy, int | float) and math.isfinite(accuracy)


def _harmless(name, student_ids):
    """A name of at most 30 printable characters in one line, that holds no student's id."""
    kept, marks = [], 0
    for character in unicodedata.normalize("NFKC", name):  # letters in disguise become letters
        kind = unicodedata.category(character)
        marks = marks + 1 if unicodedata.combining(character) or kind == "Me" else 0
        if character.isspace():
            kept.append(" ")
        elif kind[0] != "C" and marks <= _MARKS:  # C: control, direction, invisible, unassigned
            kept.append(character)
    name = " ".join("".join(kept).split())[:NAME_CHARACTERS].strip()
    if any(_names(name.casefold(), unicodedata.normalize("NFKC", student).casefold()) for student in student_ids):
        return WITHHELD
    return name or _NO_NAME


def _distinct(names):
    """The names, with those withheld that are, or look like, one another."""
    keys = [{name.casefold(), _look(name)} for name in names]
    count = Counter(key for own in keys for key in own)
    own_words = (WITHHELD, _NO_NAME)
    return [WITHHELD if name not in own_words and any(count[key] > 1 for key in own) else name for name, own in zip(names, keys)]


def _look(name):
    """The same for names that can be taken for each other."""
    look = name.translate(_ALIKE).translate(_STROKES).casefold().replace("rn", "m").replace("vv", "w")
    return "".join(look.split())


def _names(name, student_id):
    """Whether the id stands in the name as a word, or is all of it but for what stands between the letters."""
    as_word = re.search(rf"(?<!\w){re.escape(student_id)}(?!\w)", name)
    letters, own = (re.sub(r"[\W_]", "", text) for text in (name, student_id))
    return bool(as_word) or own == letters != ""


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Leaderboard</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #222; }}
h1 {{ font-size: 1.4rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ padding: .35rem .75rem; text-align: left; border-bottom: 1px solid #ddd; }}
th:first-child, td:first-child, th:nth-child(3), td:nth-child(3) {{ text-align: right; font-variant-numeric: tabular-nums; }}
td:nth-child(2) {{ max-width: 20rem; overflow-wrap: anywhere; }}
meter {{ width: 8rem; }}
p {{ color: #555; }}
</style>
</head>
<body>
<h1>{title}</h1>
<table>
<thead><tr><th>rank</th><th>name</th><th>hidden accuracy</th><th></th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<p>The share of hidden texts that each model classifies rightly. Only those who chose a pseudonym are listed; equal
accuracies share a rank. A pseudonym that holds somebody's id, or looks like another's, is withheld.</p>
</body>
</html>
"""
