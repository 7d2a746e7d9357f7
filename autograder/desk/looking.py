"""A first look at a try: made ready as grading takes it, and what can be said of it before anything is run."""

import ast
import contextlib
import fcntl
import os

from autograder.course import collect
from autograder.course.replacing import workshop
from autograder.desk import counting
from autograder.desk.tries import Look
from autograder.grading import files, submitted
from autograder.grading.notebook import grade_id, is_locked
from autograder.grading.restore import restore
from autograder.isolation import contained

_SECONDS = 60
_ID = "STUDENT_ID"  # where a notebook asks for it, what is drawn for a student follows from it


def look_at(assignment, one):
    """Look at a try and keep what was seen.

    Parameters
    ----------
    assignment : assignment.Assignment
    one : tries.Try
    """
    make_ready(assignment, one)
    try:
        look = contained.call(_look, assignment, one, seconds=_SECONDS)
    except contained.Failed:
        look = Look(False, 0, 0, ["Nothing can be made of this file."])
    look.remarks[:0] = one.unpacking
    one.keep_look(look)


def make_ready(assignment, one):
    """Lay the files of a try out where grading takes them from; who looks and who grades may do so at the same time."""
    with _locked(one.folder):
        if not one.files.exists():
            _lay_out(assignment, one)


@contextlib.contextmanager
def _locked(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lay_out(assignment, one):
    attempt = counting.attempt(one)
    said = [f"{name} {reason}" for name, reason in attempt.tree.unnamed]
    with workshop(one.folder) as shop:
        try:
            ready = collect.make_ready(attempt, assignment.name, shop / "scratch", shop / "files")
        except collect.Undecided as reason:
            (shop / "files").mkdir(exist_ok=True)
            (shop / "files" / files.TIMESTAMP).write_text(one.receipt.time + "\n", encoding="utf-8")
            said.append(str(reason))
        else:
            said += ready.remarks
        one.keep_unpacking([f"{remark[:1].upper()}{remark[1:]}." for remark in said])
        (shop / "files").rename(one.files)


def _look(assignment, one):
    handed_in, released = files.submission(one.files, assignment.name), assignment.released_notebook
    try:
        found, remarks = submitted.find(handed_in, released)
    except submitted.UnusableNotebook as reason:
        return Look(False, 0, 0, [str(reason)])
    whole, changes = restore(found, released)
    before = {grade_id(cell): cell.source for cell in released.cells if grade_id(cell) and not is_locked(cell)}
    now = {grade_id(cell): cell.source for cell in whole.cells if grade_id(cell) in before}
    answered = [name for name, source in now.items() if not submitted.is_alike(source, before[name])]
    untouched = [name for name in before if name not in answered]
    remarks = [*remarks, *changes, *handed_in.own_files.remarks, *_id(now.values(), one.student)]
    if untouched:
        remarks.append(f"Not answered yet: {', '.join(untouched[:12])}{' and more' if untouched[12:] else ''}.")
    return Look(True, len(answered), len(before), remarks)


def _id(sources, student_id):
    """That a notebook is somebody else's, if it says so."""
    for source in sources:
        if _ID not in source:
            continue
        try:
            statements = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for one in statements:
            if isinstance(one, ast.Assign) and [getattr(target, "id", "") for target in one.targets] == [_ID] and isinstance(
                    one.value, ast.Constant):
                said = str(one.value.value)
                if said.strip().casefold() != student_id.strip().casefold():
                    return [f"{_ID} is {said[:60]!r} in this notebook, and you are {student_id}: your task follows from it."]
    return []
