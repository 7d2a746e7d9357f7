"""Grades one submission on Gradescope: what it has laid out goes in, results.json in its documented form comes out.

This runs in the image that an archive of `gradescope` makes, from the copy of the engine in that archive. What a student may
read stands in results.json; everything else is printed, which on Gradescope only instructors see. Lateness is Gradescope's
own business: it knows due dates and extensions, and nothing is taken off here.

    /autograder/source/                     the archive
    /autograder/submission/                 what was handed in
    /autograder/submission_metadata.json    by whom
    /autograder/results/results.json        is written here

AUTOGRADER_ROOT names another folder than /autograder.
"""

import contextlib
import json
import os
import sys
import time
import traceback
from pathlib import Path

import nbformat

from autograder import KitError
from autograder.grading import files, submission
from autograder.grading import notebook as notebooks
from autograder.grading.assignment import ENGINE, Assignment
from autograder.grading.authored import Authored
from autograder.grading.submitted import is_alike
from autograder.isolation.process import start_zygote, stop_zygote

SETTINGS, SECRET = "settings.json", ".autograder/secret"  # of the archive
VISIBLE, AFTER_DUE_DATE = "visible", "after_due_date"
VISIBILITIES = (VISIBLE, AFTER_DUE_DATE, "after_published", "hidden")  # Gradescope's words

_NOT_GRADED = "Not graded: tell your instructor."
_UNTOUCHED = "Its cell is as it was handed out."
_RECEIVED = "Received. What it earns is shown after the due date, and so is the total: until then, tries would find the answer."
_WITHOUT_ISOLATION = "Graded without isolation, as the instructor has allowed: student code could read the hidden tests."
_DOUBT = "Its process was ended, and nothing explains that. If it happens again when you hand in again, tell your instructor."


class _Trouble(Exception):
    """Why a submission cannot be graded, as a sentence for the student; `details` are for the instructor."""

    def __init__(self, sentence, details=""):
        super().__init__(sentence)
        self.details = details


def main(*arguments):
    """Grade what was handed in; with the argument `prepare`, see that the model solution earns every point."""
    started = time.monotonic()
    sys.stdout.reconfigure(errors="backslashreplace")  # what is printed of a submission can hold anything
    root = Path(os.environ.get("AUTOGRADER_ROOT", "/autograder")).resolve()
    try:
        settings = json.loads((ENGINE.parent / SETTINGS).read_text(encoding="utf-8"))
        assignment = _assignment(ENGINE.parent, root, settings)
        if arguments == ("prepare",):
            _prepare(assignment)
            return
        found = _graded(assignment, root, settings)
    except Exception as error:  # whatever it is, it is no zero without a word, and no traceback for a student
        if arguments:
            raise
        print(getattr(error, "details", "") or traceback.format_exc())
        found = _not_graded(str(error) if isinstance(error, _Trouble) else "Something went wrong here that is not your doing.")
    finally:
        stop_zygote()
    found |= {"execution_time": round(time.monotonic() - started, 1), "stdout_visibility": "hidden"}
    found |= {"output_format": "text", "test_output_format": "text", "test_name_format": "text"}  # nothing takes effect
    target = root / "results/results.json"
    target.parent.mkdir(exist_ok=True)
    new = target.with_suffix(".new")
    new.write_text(json.dumps(found, indent=1), encoding="utf-8")
    new.replace(target)


def _assignment(source, root, settings):
    name, authored = settings["assignment"], Authored(source, suites=settings["suites"], reference=settings["reference"])
    secret = (source / SECRET).read_text(encoding="utf-8").strip()
    return Assignment.load(name, source / "built", source / "release" / name, authored, [root, source], secret)


def _prepare(assignment):
    """Grade the model solution, where the image is made: what is missing there fails now, and not for a student."""
    solved = nbformat.read(assignment.built / f"{assignment.name}.ipynb", as_version=4)
    solved.cells = [cell for cell in solved.cells if "instructor" not in cell.metadata.get("tags", [])]
    report, _ = submission.grade_notebook(assignment, start_zygote(), "instructor", solved)
    if report.problems or any(item.score < item.points for item in report.items):
        raise KitError("\n".join(["the model solution does not earn every point here", report.outcome.sentence, *report.problems]))
    print(f"{assignment.name}: the model solution earns every point; isolation here: {start_zygote().refusal or 'yes'}")


def _graded(assignment, root, settings):
    """What results.json says of the submission.

    Raises
    ------
    _Trouble
    """
    student = student_id(root / "submission_metadata.json")
    zygote = start_zygote()
    if not (zygote.isolated or settings["without_isolation"]):
        raise _Trouble("This autograder runs student code behind a wall, and the machine that it was given has none.",
                       f"no isolation here: {zygote.refusal}. An archive that was written with --without-isolation grades all the "
                       "same; student code can then read the hidden tests.")
    handed_in = files.submission(root / "submission", assignment.name)
    report, graded = submission.grade_contained(assignment, zygote, student, handed_in)
    print(f"{student}: {report.outcome.value}, {report.score:g} of {report.points:g} points by program", *report.problems, sep="\n")
    if not report.graded:
        raise _Trouble("Grading did not come to its end.", "the submission's grading did not come to its end: see above")
    return results(assignment, report, graded, settings["visibility"])


def student_id(metadata):
    """Who handed in: the e-mail address, the only name of theirs that a student knows and Gradescope tells.

    Of a group it is the one that comes first. What hidden tests draw follows from it, and the runs of a student whose
    assignment has such.

    Parameters
    ----------
    metadata : Path

    Raises
    ------
    _Trouble
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        users = json.loads(metadata.read_text(encoding="utf-8"))["users"]
        names = [(user.get("email") or "").strip().casefold() or f"gradescope-{user['id']}" for user in users]
        if names:
            return min(names)
    raise _Trouble("Gradescope does not say whose submission this is.", f"{metadata} names nobody")


def results(assignment, report, graded, visibility):
    """A report as Gradescope takes it.

    Parameters
    ----------
    assignment : Assignment
    report : Report
    graded : NotebookNode
        The submission as it was graded.
    visibility : str
        When students see items and criteria; one of VISIBILITIES.

    Returns
    -------
    dict
        results.json, but for what is the same for every submission.
    """
    by_program, fixed = {item.id: item for item in report.items}, {item.id for item in assignment.items if item.fixed_answer}
    untouched = _untouched(graded, assignment.released_notebook)
    tests = []

    def receipt(name, sentence, cell):
        tests.append({"name": name, "status": "failed" if cell in untouched else "passed", "visibility": VISIBLE,
                      "output": f"{_UNTOUCHED} {sentence}" if cell in untouched else sentence})

    for cell, title in notebooks.titles(assignment.released_notebook).items():
        name = f"{_plain(title)} ({cell})"
        if cell not in by_program:
            receipt(name, f"Graded by hand later: {assignment.manual[cell]:g} points.", cell)
            continue
        item, seen = by_program[cell], visibility
        if cell in fixed and visibility == VISIBLE:
            receipt(name, _RECEIVED, f"{cell}-solution")
            seen = AFTER_DUE_DATE
        tests.append({
            "name": f"{name}, {item.points:g} bonus points" if item.bonus else name, "score": item.score,
            "max_score": 0.0 if item.bonus else item.points, "status": "passed" if item.score == item.points else "failed",
            "output": "\n".join(_criteria(item)), "visibility": seen,
        })
    said = [report.outcome.sentence, *report.remarks]
    said += [_DOUBT] * bool(report.doubt) + [_WITHOUT_ISOLATION] * (not report.isolated)
    found = {"score": report.score, "output": _plain("\n".join(said)), "tests": tests}
    accuracy = report.measures.get("accuracy")
    if accuracy is not None and "pseudonym" in report.measures:  # a competition, and a student who takes part
        found["leaderboard"] = [{"name": "accuracy on hidden texts", "value": round(accuracy, 3)}]
    return found


def _not_graded(why):
    output = f"{_NOT_GRADED} {why} This says nothing about your work."
    test = {"name": _NOT_GRADED, "status": "failed", "output": output, "visibility": VISIBLE}
    return {"score": 0.0, "output": output, "tests": [test]}


def _untouched(graded, released):
    """The cells with answers that are as they were handed out."""
    answers = [cell for cell in released.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    texts = {notebooks.grade_id(cell): cell.source for cell in answers}
    return {name for cell in graded.cells if (name := notebooks.grade_id(cell)) in texts and is_alike(cell.source, texts[name])}


def _criteria(item):
    """The lines of an item: its criteria, those that are not met first, with reasons and hints."""
    for criterion in sorted(item.criteria, key=lambda criterion: criterion.passed):
        yield f"{'✓ met' if criterion.passed else '✗ not met'}: {_plain(criterion.text)}"
        yield from (f"    {line}" for text in (criterion.note, criterion.reason) for line in _plain(text).splitlines())


def _plain(text):
    """The text with what cannot be seen, or not be stored, written as Python would escape it."""
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)


if __name__ == "__main__":
    main(*sys.argv[1:])
