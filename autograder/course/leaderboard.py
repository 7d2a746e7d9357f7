"""The leaderboard of an assignment: who is ahead on the hidden texts, under pseudonyms, of those who want to be on it.

A student takes part by a pseudonym in the notebook; the suite notes it beside the accuracy. So a name can be anything, and
is made harmless here for the three places where it is shown: a terminal, a page for the whole class, a spreadsheet. Two
that look the same are both withheld, since nobody can say who is meant. What has been shown is remembered, so that the next
table says who has come from where.
"""

import contextlib
import json
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace

from rich import box
from rich.table import Table

from autograder.course import sheets, timestamps
from autograder.course.replacing import replacing
from autograder.course.shown import shown
from autograder.course.templating import template

NAME_CHARACTERS = 30
_MARKS = 2  # combining marks on one letter: more of them climb out of the line
_BAR = 30
WITHHELD, _NO_NAME = _NOBODYS = "(withheld)", "(no name)"

# Cyrillic, Greek and other letters (first lines), and the Latin ones that they look like: what of Unicode's list of confusables
# (UTS 39) concerns names that are meant to be read as Latin; and what Latin letters themselves look like.
_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԌԚԜӀҮЗ" "аеѕіјорсухһԁԛԝӏүвкмнт" "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" "αβγεηικνορστυχωϲ" "ıɑɡɩᴏᴄᴠᴡᴢ",
    "ABESIJKMHOPCTYXGQWIY3" "aesijopcyxhdqwlybkmht" "ABEZHIKMNOPTYX" "abyenikvopotuxwc" "iagiocvwz",
)
_STROKES = str.maketrans("0I1|", "olll")


@dataclass(frozen=True)
class Entry:
    """One line: equal accuracies, as they are shown, share a rank, and the next rank counts them all (1, 2, 2, 4).

    Attributes
    ----------
    before : int or None
        The rank that the name had in the table before this one, None if it was not there.
    """

    rank: int
    name: str
    accuracy: float
    before: int | None = None


class History:
    """The tables of an assignment that have been shown, each of which differs from the one before.

    Parameters
    ----------
    course : course.Course
    assignment_name : str

    Attributes
    ----------
    tables : list of dict
        Oldest first: "day" (as 2026-11-27), "entries" (a list of [rank, name, accuracy]).
    """

    def __init__(self, course, assignment_name):
        self._path = course.root / ".autograder" / f"leaderboard-{assignment_name}.json"
        self.tables = []
        with contextlib.suppress(OSError, ValueError):  # damaged: it begins anew
            self.tables = json.loads(self._path.read_text(encoding="utf-8"))

    def note(self, table):
        """Remember a table, if it is another one; gives it back with the ranks that its names had before."""
        now = [[entry.rank, entry.name, entry.accuracy] for entry in table]
        if not self.tables or self.tables[-1]["entries"] != now:
            self.tables.append({"day": f"{timestamps.now():%Y-%m-%d}", "entries": now})
            self._path.parent.mkdir(exist_ok=True)
            with replacing(self._path, mode=0o600) as file:
                json.dump(self.tables, file, ensure_ascii=False)
        before = {name: rank for rank, name, _ in self.tables[-2]["entries"]} if len(self.tables) > 1 else {}
        return [replace(entry, before=None if entry.name in _NOBODYS else before.get(entry.name)) for entry in table]


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
    view.add_column("before", justify="right")
    view.add_column("name", no_wrap=True)
    view.add_column("hidden accuracy", no_wrap=True)
    for entry in table:
        bar = "█" * round(_BAR * entry.accuracy)
        view.add_row(str(entry.rank), str(entry.before or ""), shown(entry.name), f"{entry.accuracy:.3f}  {bar}")
    console.print(view)
    withheld = sum(entry.name == WITHHELD for entry in table)
    if withheld:
        console.print(f"{withheld} withheld: pseudonyms that hold somebody's id, or look like another's")


def write_csv(path, table):
    """Write the leaderboard as CSV, safe to open in a spreadsheet."""
    rows = [[entry.rank, entry.name, f"{entry.accuracy:.3f}"] for entry in table]
    sheets.write(path, [["rank", "pseudonym", "hidden accuracy"], *rows])


def write_html(path, title, table, tables):
    """Write the leaderboard as a page of its own, to be published.

    Parameters
    ----------
    path : Path
    title : str
    table : list of Entry
    tables : list of dict
        All that have been shown; see `History`.
    """
    leaders = [(one["day"], [name for rank, name, _ in one["entries"] if rank == 1], one["entries"][0][2], len(one["entries"]))
               for one in reversed(tables)]
    with replacing(path) as file:
        file.write(template("leaderboard.html.j2").render(title=title, table=table, leaders=leaders))


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
    return [WITHHELD if name not in _NOBODYS and any(count[key] > 1 for key in own) else name for name, own in zip(names, keys)]


def _look(name):
    """The same for names that can be taken for each other."""
    look = name.translate(_ALIKE).translate(_STROKES).casefold().replace("rn", "m").replace("vv", "w")
    return "".join(look.split())


def _names(name, student_id):
    """Whether the id stands in the name as a word, or is all of it but for what stands between the letters."""
    as_word = re.search(rf"(?<!\w){re.escape(student_id)}(?!\w)", name)
    letters, own = (re.sub(r"[\W_]", "", text) for text in (name, student_id))
    return bool(as_word) or own == letters != ""
