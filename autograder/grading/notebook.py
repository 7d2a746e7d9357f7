"""Submitted notebooks in, graded notebooks out.

`read` takes whatever a student handed in; `restore` puts back what the assignment says a notebook has (locked cells,
deleted cells, kernel), keeping everything the student wrote; `write_results` puts the run's outputs and, into each
grade cell, the criteria and points. Nothing here runs code or knows nbgrader; cells carry nbgrader's metadata.
"""

import copy
import html
import json
import re
from urllib.parse import unquote

import nbformat

from autograder.grading import files
from autograder.grading.outputs import IMAGES, Room, is_base64
from autograder.grading.report import ItemResult
from autograder.grading.session import CodeCell
from autograder.isolation.outcomes import Outcome

_MAX_CELLS = 2000
_CELL_TEXT = 50_000  # characters of a cell, and of all cells, that a graded notebook shows of what a student wrote
_ALL_TEXT = 500_000
_RESULTS = "grading"  # of a graded notebook's metadata: what a student may know of the report
_CUT = "[grader] This cell is longer than can be shown here; the rest of it is left out."


class UnusableNotebook(Exception):
    """There is no notebook that could be run.

    Parameters
    ----------
    outcome : Outcome
        MISSING_NOTEBOOK or UNREADABLE_NOTEBOOK.
    *remarks : str
        What is there instead, in sentences.
    """

    def __init__(self, outcome, *remarks):
        super().__init__(outcome, *remarks)
        self.outcome, self.remarks = outcome, list(remarks)

    def __str__(self):
        return " ".join([self.outcome.sentence, *self.remarks])


def read(path):
    """Read a submitted notebook of any version that nbformat knows, without its outputs.

    Parameters
    ----------
    path : Path

    Returns
    -------
    NotebookNode

    Raises
    ------
    UnusableNotebook
    OSError
        If it is there and cannot be read, which is not the student's fault.
    """
    try:
        contents = files.read(path, files.NOTEBOOK_BYTES)
    except FileNotFoundError:
        raise UnusableNotebook(Outcome.MISSING_NOTEBOOK) from None
    except files.TooLarge as reason:
        raise UnusableNotebook(Outcome.UNREADABLE_NOTEBOOK, f"{path.name} {reason}.") from None
    except files.NotAFile as reason:
        raise UnusableNotebook(Outcome.MISSING_NOTEBOOK, f"{path.name} {reason}.") from None
    try:
        text = contents.decode()
        if re.search(r"\\u[dD]", text):
            # half a surrogate pair can be escaped in JSON, but cannot be written into a file again
            text = json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace").decode()
        # without nbformat's validation, which takes longer than all of reading: every cell is looked at here, and made anew
        notebook = nbformat.convert(nbformat.reader.reads(text), 4)
        if len(notebook.cells) > _MAX_CELLS:
            raise ValueError("too many cells")
        for cell in notebook.cells:
            if cell.cell_type not in ("code", "markdown", "raw") or not isinstance(cell.source, str):
                raise ValueError("not a cell")
            if not isinstance(cell.metadata.get("nbgrader", {}), dict):
                raise ValueError("not metadata")
        return notebook
    except Exception:  # the file is the student's: any way of being broken is possible
        raise UnusableNotebook(Outcome.UNREADABLE_NOTEBOOK) from None


def restore(notebook, released):
    """Make a submission whole again, so that every cell of the assignment is there exactly once.

    Locked cells get their released text. A cell of the assignment that was deleted comes back after the one before
    it; of a duplicated cell, the last copy counts (as in nbgrader) and the others stay as ordinary cells. What the
    student wrote, in solution cells and in cells of their own, stays where it is: the text and the images attached to
    it. Every cell is made anew, so nothing else that a file can hold reaches the graded notebook.

    Parameters
    ----------
    notebook : NotebookNode
        The submission; left as it is.
    released : NotebookNode

    Returns
    -------
    restored : NotebookNode
    remarks : list of str
    """
    originals = {grade_id: cell for cell in released.cells if (grade_id := _grade_id(cell))}
    ids = [grade_id if (grade_id := _grade_id(cell)) in originals else None for cell in notebook.cells]
    last = {grade_id: index for index, grade_id in enumerate(ids) if grade_id}
    before, missing = None, []
    returning = {}  # cell of the assignment, or None for the top -> what was deleted after it
    for grade_id, original in originals.items():
        if grade_id in last:
            before = grade_id
        else:
            missing.append(grade_id)
            returning.setdefault(before, []).append(original)

    changed, duplicated = [], []
    room = Room()
    cells = copy.deepcopy(returning.get(None, []))
    for index, (cell, grade_id) in enumerate(zip(notebook.cells, ids)):
        counts = last.get(grade_id) == index
        if counts:
            new = copy.deepcopy(originals[grade_id])
            if not _is_locked(new):
                new.source = cell.source
            elif new.source != cell.source:
                changed.append(grade_id)
        else:  # the student's own, or a copy, or a cell that this assignment does not have
            new = _new_cell(cell)
            if grade_id:
                duplicated.append(grade_id)
        if new.cell_type == "markdown" and not _is_locked(new):
            _attach_images(new, cell, room)
        if new.cell_type == "code":
            new.outputs, new.execution_count = [], None
        cells.append(new)
        if counts:
            cells += copy.deepcopy(returning.get(grade_id, []))

    _make_ids_unique(cells)
    restored = nbformat.NotebookNode({**released, "metadata": copy.deepcopy(released.metadata), "cells": cells})
    remarks = []
    if changed:
        remarks.append(f"Locked cells had been edited and were put back: {', '.join(changed)}.")
    if missing:
        remarks.append(f"Cells had been deleted and were put back: {', '.join(missing)}.")
    if duplicated:
        remarks.append(f"Cells had been copied; the last copy counts: {', '.join(sorted(set(duplicated)))}.")
    return restored, remarks


def write_results(notebook, runs, report):
    """Put outputs, criteria and points into a restored notebook, in place.

    Parameters
    ----------
    notebook : NotebookNode
    runs : list of CellRun
        One for each code cell.
    report : Report
    """
    _cut_long_cells(notebook)
    items = {item.id: item for item in report.items}
    for cell, run in zip(code_cells(notebook), runs):
        cell.outputs = [nbformat.from_dict(output) for output in run.outputs]
        cell.execution_count = run.execution_count
        if _grade_id(cell) in items:
            _write_item(cell, items[_grade_id(cell)])
    remarks = [] if report.outcome is Outcome.OK else [report.outcome.sentence]
    remarks += report.remarks
    if not report.isolated:
        remarks.append("Graded without isolation: this machine offers no namespaces.")
    notebook.cells.insert(0, _summary(report, remarks))
    notebook.metadata[_RESULTS] = {"remarks": remarks, "items": json.loads(report.to_json())["items"]}


def results(notebook):
    """What `write_results` has put into a notebook, for those who show it.

    Returns
    -------
    cells : list of NotebookNode
        The submission's cells, without the summary.
    items : list of ItemResult
    remarks : list of str
    """
    said = notebook.metadata.get(_RESULTS)
    if not said:  # graded by something else
        return notebook.cells, [], []
    return notebook.cells[1:], [ItemResult.from_dict(item) for item in said["items"]], said["remarks"]


def titles(notebook):
    """The headings that a released notebook's grade cells stand below: grade_id -> text, without the points."""
    found, heading = {}, ""
    for cell in notebook.cells:
        role = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown" and not role.get("solution"):
            prose = re.sub(r"^(```|~~~).*?^\1", "", cell.source, flags=re.MULTILINE | re.DOTALL)
            heading = (re.findall(r"^#{1,6} +(.+?)[ #]*$", prose, re.MULTILINE) or [heading])[-1]
        if role.get("grade"):
            found[role["grade_id"]] = re.sub(r" \(\d[\d.,]* [^()]+\)$", "", heading)  # (6 points, graded by hand)
    return found


def code_cells(notebook):
    """The notebook's code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cells_to_run(notebook):
    """What a session needs to know of each code cell of a restored notebook: a list of `CodeCell`."""
    cells = []
    for cell in code_cells(notebook):
        role = cell.metadata.get("nbgrader", {})
        given = bool(role.get("locked")) and not role["grade"]
        cells.append(CodeCell(cell.source, given, role["grade_id"] if role.get("grade") else ""))
    return cells


def _cut_long_cells(notebook):
    """Shorten what a student wrote to what a page can show; it has been graded in full."""
    room = _ALL_TEXT
    for cell in notebook.cells:
        if _is_locked(cell):
            continue
        shown = min(_CELL_TEXT, room)
        room -= min(shown, len(cell.source))
        if len(cell.source) > shown:
            cell.source = f"{cell.source[:shown]}\n\n{'# ' if cell.cell_type == 'code' else ''}{_CUT}"


def _write_item(cell, item):
    # nbgrader reads a grade cell's points from its one result, and gives 0 for anything that looks like an error: so
    # what the visible check printed stays, but as plain displayed text, and the result is ours. It comes first: what
    # went wrong and why says more than a traceback.
    data = {"text/plain": f"{item.score:g}", "text/html": _criteria_html(item)}  # for nbgrader, for people
    outputs = [{
        "output_type": "execute_result", "data": data, "metadata": {}, "execution_count": cell.execution_count,
    }]
    for output in cell.outputs:
        if output.output_type == "stream":
            output.name = "stdout"
        elif output.output_type == "error":
            text = "\n".join(output.traceback)
            output = {"output_type": "stream", "name": "stdout", "text": f"{text}\n"}
        elif output.output_type == "execute_result":
            output = {"output_type": "display_data", "data": output.data, "metadata": {}}
        outputs.append(output)
    cell.outputs = [nbformat.from_dict(output) for output in outputs]


def _criteria_html(item):
    # The words "met" and "not met" and the two signs carry the meaning; nothing depends on colour or style, since the
    # exporters sanitise styles away (and show <p> and <br> as text). Everything a student could have written is escaped.
    rows = []
    for criterion in sorted(item.criteria, key=lambda criterion: criterion.passed):
        verdict = "✓ <b>met</b>" if criterion.passed else "✗ <b>not met</b>"
        details = "".join(f"<div>{html.escape(text)}</div>" for text in (criterion.note, criterion.reason) if text)
        rows.append(f"<li>{verdict}: {html.escape(criterion.text)}{details}</li>")
    kind = "bonus points" if item.bonus else "points"
    return f"<div><b>{html.escape(item.id)}: {item.score:g} of {item.points:g} {kind}</b></div><ul>{''.join(rows)}</ul>"


def _summary(report, remarks):
    lines = [f"### {report.assignment}: {report.score:g} of {report.points:g} points by program"]
    lost = [f"[{item.id}](#{item.id}) {item.score:g} of {item.points:g}" for item in report.items
            if item.score < item.points and not item.bonus]
    if lost and report.score:  # the pages of formgrader and feedback have these places
        remarks = [*remarks, f"Points are missing in {', '.join(lost)}."]
    lines += [f"- {remark}" for remark in remarks]
    if remarks:
        lines.insert(1, "")
    cell = nbformat.v4.new_markdown_cell("\n".join(lines))
    cell.id = "grading-summary"
    return cell


def _new_cell(cell):
    """A cell with the same text and id and nothing else. (nbformat's own function would validate each, for a while.)"""
    new = nbformat.from_dict({"cell_type": cell.cell_type, "metadata": {}, "source": cell.source})
    if re.fullmatch(r"[\w-]{1,64}", str(cell.get("id")), re.ASCII):
        new.id = str(cell.id)
    return new


def _grade_id(cell):
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return grade_id if isinstance(grade_id, str) else None


def _attach_images(new, cell, room):
    """Give a Markdown cell the images of the submitted one; a reference to what is not there would stop nbconvert."""
    attachments = cell.get("attachments")
    images = {
        name: images for name, data in (attachments.items() if isinstance(attachments, dict) else ())
        if isinstance(data, dict) and (images := {
            mime: text for mime, text in data.items()
            if mime in IMAGES and isinstance(text, str) and is_base64(text) and room.keep_picture(text)
        })
    }
    if images:
        new.attachments = images
    new.source = re.sub(
        r"attachment:([^\s)\"'>]*)", lambda m: m[0] if unquote(m[1]) in images else f"missing-{m[0]}", new.source
    )


def _is_locked(cell):
    role = cell.metadata.get("nbgrader")
    return bool(role) and not role["solution"] and (role["grade"] or role["locked"])


def _make_ids_unique(cells):
    seen = set()
    for cell in cells:
        if cell.get("id") in seen or not cell.get("id"):
            cell["id"] = nbformat.v4.new_code_cell().id
        seen.add(cell["id"])
