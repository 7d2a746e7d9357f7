"""What a class did, for those who teach it: how hard each item was, what went wrong most, who needs a look, who is alike.

Everything comes from what grading has stored; no student code runs here. What students wrote is escaped by the template.
"""

import json
import os
import statistics
from collections import Counter, defaultdict
from urllib.parse import quote

import nbformat

from autograder.course import sheets, similarity
from autograder.course.replacing import replacing
from autograder.course.rows import NOTHING
from autograder.course.templating import template
from autograder.grading.session import NOT_WRITTEN
from autograder.isolation.outcomes import Outcome

_SLOWEST = 10
_MISTAKES = 30
_OWN = "cells of their own"


def summary(assignment, reports, failures, totals):
    """The class in numbers.

    Parameters
    ----------
    assignment : Assignment
    reports : list of Report
        The results that stand.
    failures : list of Report
        Of submissions that could not be graded the last time.
    totals : dict
        As `CourseGradebook.totals` returns it.

    Returns
    -------
    dict
        JSON-able: counts, points and shares of points (0 to 1), students by id.
    """
    possible = sum(item.points for item in assignment.items if not item.bonus)
    shares = [report.score / possible for report in reports] if possible else []
    bins = [0] * 10
    for share in shares:
        bins[min(int(share * 10), 9)] += 1
    return {
        "assignment": assignment.name,
        "title": assignment.title,
        "points": possible,
        "students": len(reports),
        "mean": statistics.fmean(shares) if shares else None,
        "median": statistics.median(shares) if shares else None,
        "deviation": statistics.pstdev(shares) if shares else None,
        "distribution": bins,
        "items": [_item(item, reports) for item in assignment.items],
        "mistakes": _mistakes(reports),
        "to look at": _to_look_at(reports, failures, totals),
        "slowest": [
            {"student": report.student, "cpu_seconds": report.cpu_seconds, "seconds": report.seconds}
            for report in sorted(reports, key=lambda report: -report.cpu_seconds)[:_SLOWEST]
        ],
        "everybody": [
            {"student": report.student, "points": report.score, "outcome": report.outcome.value,
             "penalty": totals.get(report.student, NOTHING).penalty} for report in reports
        ],
    }


def alike(course, assignment, reports, on_read=None):
    """Pairs of submissions that chance hardly explains; see `similarity.pairs`.

    Parameters
    ----------
    course : Course
    assignment : Assignment
    reports : list of Report
        Whose graded notebooks are compared.
    on_read : callable, optional
        Is called after each.
    """
    released = "\n".join(cell.source for cell in assignment.released_notebook.cells)
    works = {}
    for report in reports:
        path = course.autograded / report.student / assignment.name / f"{assignment.name}.ipynb"
        try:
            works[report.student] = _answers(nbformat.v4.reads_json(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            pass  # nothing to compare; that it is missing is said by grading
        if on_read:
            on_read()
    return similarity.pairs(works, released)


def write_html(path, course, numbers, pairs):
    """Write the report as one page that needs nothing else.

    Parameters
    ----------
    path : Path
    course : Course
    numbers : dict
        As `summary` returns it.
    pairs : list of similarity.Pair
    """
    def page_of(student):
        place = course.feedback / student / numbers["assignment"] / f"{numbers['assignment']}.html"
        return quote(os.path.relpath(place, path.parent)) if place.is_file() else None

    page = template("class_report.html.j2").render(numbers=numbers, pairs=pairs, page_of=page_of)
    with replacing(path) as file:
        file.write(page)


def write_json(path, numbers, pairs):
    """Write the same as JSON."""
    with replacing(path) as file:
        json.dump({**numbers, "alike": [vars(pair) for pair in pairs]}, file, indent=1)


def write_csv(path, numbers):
    """Write a line for each item as CSV."""
    columns = ["item", "points", "bonus", "mean", "difficulty", "discrimination", "full", "part", "none", "not written"]
    sheets.write(path, [columns, *([item[column] for column in columns] for item in numbers["items"])])


def _item(item, reports):
    """An item in numbers. The difficulty is the mean share of its points; the discrimination is the correlation of its points
    with all others (corrected item-total correlation), None where one of the two does not vary."""
    results = [(report, result) for report in reports for result in report.items if result.id == item.id]
    scores = [result.score for _, result in results]
    others = [report.score - result.score for report, result in results]
    mean = statistics.fmean(scores) if scores else 0.0
    full, none = scores.count(item.points), scores.count(0.0)
    varies = len(set(scores)) > 1 and len(set(others)) > 1
    return {
        "item": item.id, "points": item.points, "bonus": item.bonus, "mean": mean,
        "difficulty": mean / item.points if item.points else 0.0,
        "discrimination": statistics.correlation(scores, others) if varies else None,
        "full": full, "part": len(scores) - full - none, "none": none, "not written": sum(_is_empty(one) for _, one in results),
    }


def _is_empty(result):
    """Whether an item was not begun: that is no mistake."""
    return all(not criterion.passed and criterion.reason.endswith(NOT_WRITTEN) for criterion in result.criteria)


def _mistakes(reports):
    """What was not met most often, with the known mistakes behind it and who made them."""
    who, hints = defaultdict(list), defaultdict(Counter)
    for report in reports:
        for item in [] if report.outcome.unusable else report.items:
            for criterion in [] if _is_empty(item) else item.criteria:
                if not criterion.passed:
                    who[item.id, criterion.text].append(report.student)
                    if criterion.note:
                        hints[item.id, criterion.text][criterion.note] += 1
    return [
        {"item": item, "criterion": text, "students": students, "known": hints[item, text].most_common(3)}
        for (item, text), students in sorted(who.items(), key=lambda one: -len(one[1]))[:_MISTAKES]
    ]


def _to_look_at(reports, failures, totals):
    """Whom a person should look at, with each reason as a sentence."""
    reasons = defaultdict(list)
    for report in failures:
        reasons[report.student].append("Grading did not come to its end; a score that stood before stays.")
    for report in reports:
        if report.doubt:
            reasons[report.student].append(report.doubt)
        if not (report.outcome.ordinary or report.outcome in (Outcome.CELL_ERROR, Outcome.SYNTAX_ERROR)):
            reasons[report.student].append(report.outcome.sentence)
        elif not report.score:
            reasons[report.student].append("No points by program.")
        if report.problems:
            reasons[report.student].append("A hidden test stumbled over what was returned, and counted as not met.")
        if not report.isolated:
            reasons[report.student].append("Graded without isolation.")
        total = totals.get(report.student, NOTHING)
        if total.flagged:
            reasons[report.student].append("Flagged by a grader.")
    by_hand = [report.student for report in reports if totals.get(report.student, NOTHING).by_hand]
    return {"reasons": dict(reasons), "by hand": by_hand}


def _answers(notebook):
    """What somebody wrote, by place: solution cells by their name, all of their own cells together."""
    answers, own = {}, []
    for cell in notebook.cells:
        role = cell.metadata.get("nbgrader", {})
        if role.get("solution"):
            answers[role["grade_id"]] = similarity.Answer(cell.source, cell.cell_type == "code")
        elif not role and cell.cell_type == "code":
            own.append(cell.source)
    return answers | ({_OWN: similarity.Answer("\n".join(own), True)} if own else {})
