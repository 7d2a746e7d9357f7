"""The page that a student gets back: points by item, what lost some and why, and the notebook as it was graded.

It is one file without scripts that asks nobody for anything, made from what gradebook and autograded folder hold, the same
by every command. Whatever a student wrote goes through `pages` or is escaped by the template.
"""

import datetime
import functools
import html
import re
import zoneinfo
from itertools import groupby
from types import SimpleNamespace

import nbformat
from markupsafe import Markup
from nbconvert.filters import strip_ansi

from autograder import KitError
from autograder.course import mathml, pages
from autograder.course.replacing import replacing
from autograder.course.shown import visible
from autograder.course.templating import template
from autograder.course.term import largest_units
from autograder.grading import files
from autograder.grading import notebook as notebooks
from autograder.grading.report import IN_THE_LINE

_TEMPLATE = "feedback.html.j2"
_SHOWN = ("text/html", "text/markdown", "image/png", "image/jpeg", "text/latex", "text/plain")  # the first that there is


def prepare(assignment):
    """Lay out what all pages of an assignment share, once, before the processes that write them are forked."""
    mathml.font()
    template(_TEMPLATE)
    for cell in assignment.released_notebook.cells:
        (_code if cell.cell_type == "code" else _markdown)(cell.source)


def write(course, assignment, result, late_rule):
    """Write a student's page into the course's feedback folder.

    Parameters
    ----------
    course : course.Course
    assignment : assignment.Assignment
    result : rows.Result
    late_rule : str
        How late work loses points, as a sentence.

    Raises
    ------
    KitError
        If there is no autograded notebook.
    """
    autograded, folder = (step / result.student / assignment.name for step in (course.autograded, course.feedback))
    text = page(course, assignment, result, late_rule)
    folder.mkdir(parents=True, exist_ok=True)
    for name in files.OF_NBGRADER:
        if (autograded / name).is_file():
            (folder / name).write_bytes((autograded / name).read_bytes())
    with replacing(folder / f"{assignment.name}.html") as file:
        file.write(text)


def page(course, assignment, result, late_rule, folder=None, withheld=()):
    """A student's page as HTML; see `write`.

    Parameters
    ----------
    course, assignment, result, late_rule
    folder : Path, optional
        Where the graded notebook is. Default: among the course's.
    withheld : collection of str
        Items of which nothing is told.
    """
    folder = folder or course.autograded / result.student / assignment.name
    try:
        notebook = nbformat.reader.reads((folder / f"{assignment.name}.ipynb").read_text(encoding="utf-8"))
    except OSError as error:
        raise KitError(f"there is no autograded notebook of {result.student} ({error.strerror}); grade first") from None
    cells, graded, remarks = notebooks.results(notebook)
    items = _items(assignment, result, {item.id: item for item in graded}, *_answers(cells), withheld=withheld)
    return template(_TEMPLATE).render(
        **facts(course, result, late_rule), **_summary(assignment, result, items),
        remarks=[_prose(remark) for remark in remarks], cells=_cells(cells, items, result.comments, _beside(folder)),
        font=mathml.font(),
    )


def facts(course, result, late_rule):
    """What pages say of whose a submission is and when it was handed in, as the templates name it."""
    zone = time_zone(course)
    return {
        "name": visible(f"{result.first_name} {result.last_name}".strip()), "student": visible(result.student),
        "handed_in": said_time(result.handed_in, zone), "due": said_time(result.due, zone), "extension": _span(result.extension),
        "late": _span(result.late), "late_rule": late_rule,
    }


def outcome(assignment, result, graded, reasons=True, criteria=True, withheld=()):
    """What pages say of points, as `result.html.j2` names it, for where no notebook is shown.

    Parameters
    ----------
    assignment : assignment.Assignment
    result : rows.Result
    graded : list of report.ItemResult
    reasons, criteria : bool
        Whether it is told why a criterion is not met, with the values that were wrong, and which that are.
    withheld : collection of str
        Items of which nothing is told.
    """
    _, said = _answers(assignment.released_notebook.cells)
    items = _items(assignment, result, {item.id: item for item in graded}, {}, said, reasons, criteria, withheld)
    return _summary(assignment, result, items)


def _summary(assignment, result, items):
    score = round(sum(item.earned for item in items if item.earned is not None), 2)
    return {
        "assignment": assignment, "items": items, "score": score, "penalty": result.penalty,
        "total": max(0.0, round(score - result.penalty, 2)), "lost": [item for item in items if item.lost],
        "waiting": sum(item.maximum for item in items if item.earned is None and not item.withheld),
        "withheld": sum(item.maximum for item in items if item.withheld),
    }


def _items(assignment, result, graded, answers, said, reasons=True, criteria=True, withheld=()):
    """What the page says of each item, in the notebook's order."""
    by_program = {item.id: item for item in assignment.items}
    items = []
    for number, (id, title) in enumerate(notebooks.titles(assignment.released_notebook).items(), 1):
        item, points = by_program.get(id), result.points.get(id)
        maximum, bonus = (item.points, item.bonus) if item else (assignment.manual[id], False)
        earned = points and points.earned if id not in withheld else None
        lost = 0.0 if bonus or earned is None else max(0.0, round(maximum - earned, 2))
        checked = graded[id].criteria if id in graded and criteria and id not in withheld else []
        items.append(SimpleNamespace(
            id=id, anchor=f"item-{number}", title=_in_line(title or id), maximum=maximum, bonus=bonus, earned=earned, lost=lost,
            changed=earned is not None and points.by_program not in (None, earned), by_program=points and points.by_program,
            comments=[_comment(result.comments[name]) for name in said.get(id, ()) if name in result.comments],
            criteria=len(checked), met=[_prose(one.text) for one in checked if one.passed],
            unmet=_unmet(checked, maximum, reasons), answer=answers.get(id), withheld=id in withheld,
        ))
    return items


def _unmet(criteria, points, reasons):
    """The criteria that were not met, those together that failed for the same reason; reasons only if they may be told."""
    weight = sum(criterion.weight for criterion in criteria)
    failed = [criterion for criterion in criteria if not criterion.passed]
    groups, hints = [], set()
    for (reason, note), same in groupby(failed, key=lambda criterion: (criterion.reason if reasons else "", criterion.note)):
        sentence, _, line = reason.partition(IN_THE_LINE)
        groups.append(SimpleNamespace(
            criteria=[(_prose(one.text), round(points * one.weight / weight, 2)) for one in same],
            hint="" if note in hints else _prose(note), reason=_prose(sentence), line=line,
        ))
        hints.add(note)
    return groups


def _answers(cells):
    """Where an item's answer is: grade_id -> number of the cell; and the cells that comments on it belong to."""
    answers, said, answer, own = {}, {}, None, []
    for number, cell in enumerate(cells, 1):
        role = cell.metadata.get("nbgrader", {})
        if role.get("solution"):
            answer, own = number, [*own, role["grade_id"]]
        if role.get("grade"):
            answers[role["grade_id"]], said[role["grade_id"]] = answer or number, own
            answer, own = None, []
    return answers, said


def _cells(cells, items, comments, beside):
    """The notebook's cells as the template takes them."""
    graded = {item.id: item for item in items}
    shown = []
    for number, cell in enumerate(cells, 1):
        role = cell.metadata.get("nbgrader", {})
        name = role.get("grade_id")
        item = graded.get(name) if role.get("grade") else None
        if cell.cell_type == "markdown":
            body = (_demoted(pages.laid_out(cell.source, cell.get("attachments"), beside)) if "![" in cell.source
                    else _markdown(cell.source))
        elif cell.cell_type == "code":
            body = _code(cell.source)
        else:
            body = f"<pre>{html.escape(cell.source)}</pre>"
        shown.append(SimpleNamespace(
            number=number, kind=cell.cell_type, body=Markup(body), own=bool(role.get("solution")),
            item=item,
            comment=_comment(comments[name]) if name in comments else "",
            outputs=[Markup(_output(output)) for output in cell.get("outputs", ())
                     if not (item and item.withheld and output.output_type == "execute_result")],  # the criteria: ours
        ))
    return shown


def _output(output):
    if output.output_type == "stream":
        return _text(output.text)
    if output.output_type == "error":
        return _text("\n".join(output.traceback))
    kind = next((kind for kind in _SHOWN if kind in output.data), None)
    data = output.data.get(kind, "")
    if kind == "text/html":
        return _demoted(pages.html_output(data))
    if kind == "text/markdown":
        return _demoted(pages.laid_out(data))
    if kind == "text/latex":
        return pages.latex(data)
    if kind == "text/plain":
        return _text(data)
    return f'<img alt="a figure that this cell draws" src="data:{kind};base64,{html.escape(data)}">' if kind else ""


def _text(text):
    return f"<pre>{html.escape(strip_ansi(text))}</pre>"


@functools.lru_cache(1024)  # most cells are the assignment's, and the same for everybody
def _code(source):
    return pages.code(source)


@functools.lru_cache(1024)
def _markdown(source):
    return _demoted(pages.laid_out(source))


def _demoted(page):
    """HTML whose headings stand below the page's own."""
    return re.sub(r"<(/?)h([1-6])(?=[ >])", lambda tag: f"<{tag[1]}h{min(6, int(tag[2]) + 2)}", page)


def _prose(text):
    """A sentence of ours, or of somebody's, in which names of code stand in backticks."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text)))


def _in_line(title):
    return Markup(re.sub(r"^<p>(.*)</p>\s*$", r"\1", pages.laid_out(title), flags=re.DOTALL))


def _comment(text):
    return Markup(_demoted(pages.laid_out(text)))


def _beside(folder):
    """Gives the contents of files that were handed in beside the notebook, each once: a page is bounded."""
    @functools.cache
    def contents():
        return dict(files.own_files(folder).contents)

    return lambda name: contents().pop(name, None)


def time_zone(course):
    """Where times are shown: nbgrader has a setting for it."""
    name = course.config.get("NbGraderAPI", {}).get("timezone", "UTC")
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return datetime.UTC


def said_time(time, zone):
    """A gradebook's time, with its zone; "" if it is not known."""
    if time is None:
        return ""
    there = time.replace(tzinfo=datetime.UTC).astimezone(zone)
    offset = there.strftime("%z")
    return f"{there:%a} {there.day} {there:%b %Y, %H:%M %Z}" + ("" if offset == "+0000" else f" (UTC{offset[:3]}:{offset[3:]})")


def _span(span):
    """How long something lasts, in words; "" if it does not."""
    return " and ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in largest_units(span or datetime.timedelta()))
