"""Giving grades out: which are released, and the files that learning platforms and spreadsheets take them from.

A grade is released when somebody says so (`autograder release-grades`), and only what is complete then can be: graded as it
lies in submitted/, nothing left for a person, nothing in doubt. Exports hold released grades alone.
"""

import dataclasses

from autograder import KitError
from autograder.course import sheets, status, timestamps
from autograder.course.report_view import shown_path
from autograder.course.shown import shown

FORMATS = {"canvas": ".csv", "moodle": ".csv", "csv": ".csv", "xlsx": ".xlsx"}
_NAMES = 8


def release(console, course, name, students=(), undo=False):
    """Note that grades are given out, or that they are not any more; say which, and which cannot be.

    Parameters
    ----------
    console : rich.console.Console
    course : Course
    name : str
    students : collection of str, optional
        Theirs alone.
    undo : bool

    Raises
    ------
    KitError
        If there is none.
    """
    look = status.look(course, name)
    works = [work for work in look.works if not students or work.student.id in students]
    unknown = sorted(set(students) - {work.student.id for work in works})
    if unknown:
        raise KitError(f"nothing is known of {', '.join(unknown)}")
    chosen = [work for work in works if work.decision.released] if undo else [work for work in works if work.complete]
    if not chosen:
        raise KitError(f"no grade of {name} is released" if undo else
                       f"no grade of {name} is complete; autograder status {name} says what is left to do")
    with course.open_gradebook() as gradebook:
        now = None if undo else timestamps.now().replace(microsecond=0)
        gradebook.release(look.assignment, {work.student.id: work.points for work in chosen}, now)
    if undo:
        console.print(f"{_grades(chosen)} of {name} not released any more")
        return
    new = sum(work.decision.released is None for work in chosen)
    changed = sum(work.changed for work in chosen)
    console.print(f"[bold]{_grades(chosen)} of {name} released[/bold]"
                  + (f", {new} of them now" if new < len(chosen) else "") + (f", {changed} changed since" if changed else ""))
    _list(console, "not released, since something is left to do", [
        work for work in works if work.handed_in and not work.complete], f"autograder status {name}")
    console.print(f"  export them: autograder export {name} --for {'|'.join(FORMATS)}")


def export(console, course, name, form, path=None, zeros=False):
    """Write the released grades of an assignment.

    Parameters
    ----------
    console : rich.console.Console
    course : Course
    name : str
    form : str
        One of `FORMATS`.
    path : Path, optional
        By default in the course's folder.
    zeros : bool
        Write 0 for who handed nothing in, rather than nothing.

    Returns
    -------
    Path

    Raises
    ------
    KitError
        If there is no such form, or nothing is released.
    """
    if form not in FORMATS:
        raise KitError(f"{form} is none of {', '.join(FORMATS)}")
    look = status.look(course, name)
    if not any(work.decision.released for work in look.works):
        raise KitError(f"no grade of {name} is released; autograder release-grades {name} does so for all that are complete")
    # whom only more time was given is nobody yet: a late joiner, or a slip of the pen
    known = [work for work in look.works if work.entered or work.handed_in or work.standing or work.decision.excused]
    look = dataclasses.replace(look, works=known)
    path = path or course.root / f"{name}-{form}{FORMATS[form]}"
    states = {work.student.id: _state(look, work) for work in look.works}
    rows = {"canvas": _canvas, "moodle": _moodle}.get(form, _sheet)(look, states, 0 if zeros else "")
    (sheets.write_xlsx if form == "xlsx" else sheets.write)(path, rows)
    works = {state: [work for work in look.works if states[work.student.id] == state] for state in set(states.values())}
    released, elsewhere = works.get("released", []), form in ("canvas", "moodle")
    console.print(f"{_grades(released)} of {name} in {shown_path(path)}")
    _list(console, "handed nothing in, " + ("0 points" if zeros else "left empty"), works.get("not handed in"),
          "" if zeros else "--zeros writes 0")
    _list(console, "excused", works.get("excused"))
    _list(console, "not released" + (", left out" if elsewhere else ""), works.get("not released"), f"autograder status {name}")
    if elsewhere:
        _list(console, f"without an id of {form.capitalize()}'s, to be found by login" + (" or e-mail" if form == "moodle" else ""),
              [work for work in released if not work.student.lms_user_id])
    return path


def _state(look, work):
    if work.decision.excused:
        return "excused"
    if work.decision.released and work.complete:
        return "released"
    return "not handed in" if look.owed(work) else "not released"


def _canvas(look, states, missing):
    """Canvas's own gradebook: it finds students by ID or login, and asks which assignment the column is."""
    yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", look.assignment.name]
    yield ["    Points Possible", "", "", "", "", look.assignment.points]
    for one, points in _points(look, states, missing, "EX"):
        name = ", ".join(filter(None, (one.last_name, one.first_name))) or one.id
        yield [name, one.lms_user_id, "", one.id, "", points]


def _moodle(look, states, missing):
    """Moodle's grade import: columns that can be mapped to users, and one to the grade item."""
    yield ["Username", "ID number", "First name", "Last name", "Email address", look.assignment.name]
    for one, points in _points(look, states, missing, ""):
        yield [one.id, one.lms_user_id, one.first_name, one.last_name, one.email, points]


def _sheet(look, states, missing):
    """Everybody, with what there is to know."""
    yield ["student_id", "last_name", "first_name", "email", "lms_user_id", "assignment", "status", "score", "max_score",
           "late_submission_penalty", "handed_in"]
    points = {one.id: points for one, points in _points(look, states, missing, "")}
    for work in look.works:
        one, state = work.student, states[work.student.id]
        yield [one.id, one.last_name, one.first_name, one.email, one.lms_user_id, look.assignment.name, state,
               points.get(one.id, ""), look.assignment.points, work.standing.penalty if state == "released" else "",
               f"{work.standing.time} UTC" if work.standing and work.standing.time else ""]


def _points(look, states, missing, excused):
    """Whoever may be told something, and the points."""
    for work in look.works:
        state = states[work.student.id]
        if state != "not released":
            yield work.student, {"released": work.points, "excused": excused}.get(state, missing)


def _grades(works):
    return f"{len(works)} grade" + ("s" if len(works) != 1 else "")


def _list(console, what, works, hint=""):
    if works:
        names = ", ".join(shown(work.student.id) for work in works[:_NAMES])
        more = f" and {len(works) - _NAMES} more" if len(works) > _NAMES else ""
        console.print(f"  {len(works)} {what}: {names}{more}" + (f"; {hint}" if hint else ""))
