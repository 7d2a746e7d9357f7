"""Due dates, extensions and excuses: one function for each command, which says what it changed for whom."""

import datetime
import difflib
import re

from autograder import KitError
from autograder.course import timestamps
from autograder.course.shown import shown, visible

_SPAN = re.compile(r"(?:(\d{1,3})w)?(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?", re.ASCII)
_LONGEST = datetime.timedelta(days=366)
_CENT = 0.005
_SHORT = {"day": "d", "hour": "h", "minute": "min"}


def parse_span(text):
    """A length of time such as 2d, 36h or 1d12h.

    Raises
    ------
    ValueError
        If it is none, or longer than a year.
    """
    form = _SPAN.fullmatch(text.replace(" ", ""))
    if not form or not any(form.groups()):
        raise ValueError(f"no length of time: {text!r}")
    span = datetime.timedelta(**dict(zip(("weeks", "days", "hours", "minutes"), (int(part or 0) for part in form.groups()))))
    if span > _LONGEST:
        raise ValueError("longer than a year")
    return span


def said_time(time):
    """A time in UTC as people read it; seconds where they are not 0."""
    return f"{time:%Y-%m-%d %H:%M:%S}".removesuffix(":00") + " UTC"


def largest_units(span):
    """A length of time, minutes begun counted whole, in its two largest units: a list of (count, "day", "hour" or "minute")."""
    minutes = max(-(-span // datetime.timedelta(minutes=1)), 0)
    parts = (minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")
    return [(count, unit) for count, unit in parts if count][:2]


def said_span(span):
    """A length of time for tables and lines, such as 1 d 2 h."""
    return " ".join(f"{count} {_SHORT[unit]}" for count, unit in largest_units(span)) or "0 min"


def due(console, course, name, text=None):
    """Show when an assignment is due, or set that and show what changes.

    Parameters
    ----------
    console : rich.console.Console
    course : Course
    name : str
    text : str, optional
        A time, or "none".

    Raises
    ------
    KitError
        If it is no time.
    """
    work = course.assignment(name)
    with course.open_gradebook() as gradebook:
        before = gradebook.due_date(work)
        if text is None:
            console.print(f"{name} is due on {said_time(before)}" if before else
                          f'{name} has no due date; set one with: autograder due {name} "2026-10-05 22:00 Europe/Berlin"')
            return
        time = None if text.strip().lower() == "none" else _time(text)
        gradebook.settle()
        gradebook.set_due_date(work, time)
        _show_due(console, name, before, time)
        _show_changes(console, gradebook.settle(), name)


def extend(console, course, name, student, text, why=""):
    """Give a student more time for an assignment, or take it back with "none"; show what changes.

    Parameters
    ----------
    console : rich.console.Console
    course : Course
    name, student : str
    text : str
        How much more, such as 2d, until when, or "none".
    why : str

    Raises
    ------
    KitError
        If it is none of them, or earlier than the due date.
    """
    work = course.assignment(name)
    with course.open_gradebook() as gradebook:
        due = gradebook.due_date(work)
        extension = None if text.strip().lower() == "none" else _extension(text, due)
        _check_student(console, course, gradebook, student)
        gradebook.settle()
        gradebook.extend(work, student, extension or None, why)
        until = f"until {said_time(due + (extension or datetime.timedelta()))}" if due else "once there is a due date"
        console.print(f"{shown(student)} has {said_span(extension)} more for {name}: {until}" if extension else
                      f"{shown(student)} has no more time for {name} than everybody: {until}")
        _show_changes(console, gradebook.settle(), name)


def excuse(console, course, name, student, why="", undo=False):
    """Expect nothing of a student for an assignment, or take that back; show what changes."""
    work = course.assignment(name)
    with course.open_gradebook() as gradebook:
        gradebook.due_date(work)
        _check_student(console, course, gradebook, student)
        gradebook.settle()
        gradebook.excuse(work, student, not undo, why)
        console.print(f"{shown(student)} is not excused from {name} any more" if undo else
                      f"{shown(student)} is excused from {name}: not missing, never late, EX in exports for Canvas")
        _show_changes(console, gradebook.settle(), name)


def _time(text):
    try:
        return timestamps.parse(text.strip())
    except ValueError:
        raise KitError(
            f'"{visible(text)}" is no time that can be read without a guess; write {timestamps.READ} (no zone means UTC), or none'
        ) from None


def _extension(text, due):
    try:
        return parse_span(text)
    except ValueError:
        pass
    try:
        until = timestamps.parse(text.strip())
    except ValueError:
        raise KitError(
            f'"{visible(text)}" says neither how much more time (2d, 36h, 1d12h, 90m; a year at most) nor until when '
            f"({timestamps.READ}); none takes an extension back"
        ) from None
    if not due:
        raise KitError("there is no due date that could be extended to a time; give how much more, such as 2d")
    if until < due:
        raise KitError(f"{said_time(until)} is before the due date, {said_time(due)}")
    return until - due


def _check_student(console, course, gradebook, student):
    """Say when nobody has this id: a decision for it takes effect when somebody does, and a slip of the pen never would."""
    known = {*gradebook.student_ids(), *course.everybody()}
    if student not in known:
        close = difflib.get_close_matches(student, known, 3)
        console.print(
            f"[yellow]{shown(student)} is not known yet[/yellow]: neither in the gradebook nor in submitted/; it counts when they "
            "hand something in" + (f". Or did you mean {', '.join(map(shown, close))}?" if close else "")
        )


def _show_due(console, name, before, time):
    now = f"is due on {said_time(time)}" if time else "has no due date"
    console.print(f"{name} {now}" + (f"; before: {said_time(before) if before else 'none'}" if before != time else ", as before"))


def _show_changes(console, standings, name):
    """Whose penalty changed when the gradebook was settled; grace days can be used for another assignment instead."""
    changes = [(key, one) for key, one in standings.items() if abs(one.penalty - one.before) > _CENT]
    for (assignment, student), one in sorted(changes, key=lambda change: (change[0][0] != name, change[0])):
        where = "" if assignment == name else f" ({assignment})"
        how = f"{said_span(one.late)} late" if one.late else "not late"
        console.print(f"  {shown(student)}{where}: {how}, penalty {one.before:g} -> {one.penalty:g}")
    if not changes:
        console.print("  no penalty changes")
