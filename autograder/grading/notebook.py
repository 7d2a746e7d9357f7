"""Graded notebooks: which cells of a restored one are run, and where their outputs, the criteria and the points go.

Nothing here runs code or knows nbgrader; cells carry nbgrader's metadata.
"""

import html
import json
import re
from collections import Counter

import nbformat

from autograder.grading import statements
from autograder.grading.report import ItemResult
from autograder.grading.session import CodeCell
from autograder.isolation.outcomes import Outcome

_CELL_TEXT = 50_000  # characters of a cell, and of all cells, that a graded notebook shows of what a student wrote
_ALL_TEXT = 500_000
_RESULTS = "grading"  # of a graded notebook's metadata: what a student may know of the report
_CUT = "[grader] This cell is longer than can be shown here; the rest of it is left out."


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
    items, failed = {item.id: item for item in report.items}, []
    for cell, run in zip(code_cells(notebook), runs):
        cell.outputs = [nbformat.from_dict(output) for output in run.outputs]
        cell.execution_count = run.execution_count
        if grade_id(cell) in items:
            _write_item(cell, items[grade_id(cell)])
            if run.status != Outcome.OK.value:
                failed.append(grade_id(cell))
    remarks = [] if report.outcome is Outcome.OK else [report.outcome.sentence]
    remarks += report.remarks
    if not report.isolated:
        remarks.append("Graded without isolation: this machine offers no namespaces.")
    notebook.cells.insert(0, _summary(report, remarks))
    notebook.metadata[_RESULTS] = {"remarks": remarks, "items": json.loads(report.to_json())["items"], "failed": failed}


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


def failed_checks(notebook):
    """The items whose visible checks did not run to their end in a graded notebook."""
    return notebook.metadata[_RESULTS]["failed"]


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


def cells_to_run(notebook, released):
    """What a session needs to know of each code cell of a restored notebook: a list of `CodeCell`.

    A solution cell that is as it was handed out has nothing to run where the student has written what it is for elsewhere.
    """
    stubs = _stubs(released) if (untouched := _untouched(notebook, released)) else {}
    own = [cell for cell in code_cells(notebook) if not is_locked(cell) and cell.source.strip() not in untouched] if stubs else []
    elsewhere = set().union(*(statements.binds(cell.source) for cell in own))
    cells = []
    for cell in code_cells(notebook):
        role = cell.metadata.get("nbgrader", {})
        given = bool(role.get("locked")) and not role["grade"]
        item = role["grade_id"] if role.get("grade") else ""
        names = stubs.get(cell.source.strip(), set()) if stubs else set()
        source = "" if names and names <= elsewhere else cell.source
        cells.append(CodeCell(source, given, item, stub=bool(names)))
    return cells


def _untouched(notebook, released):
    """The texts of solution cells that are, in a notebook, as they were handed out."""
    handed_out = {cell.source.strip() for cell in code_cells(released) if cell.metadata.get("nbgrader", {}).get("solution")}
    return handed_out & {cell.source.strip() for cell in code_cells(notebook)}


def _stubs(released):
    """Solution cells as they were handed out: text -> the names that it is there to define, if no other cell does that."""
    bound = [statements.binds(cell.source) for cell in code_cells(released)]
    times = Counter(name for names in bound for name in names)
    return {cell.source.strip(): names for cell, names in zip(code_cells(released), bound)
            if cell.metadata.get("nbgrader", {}).get("solution") and all(times[name] == 1 for name in names)}


def _cut_long_cells(notebook):
    """Shorten what a student wrote to what a page can show; it has been graded in full."""
    room = _ALL_TEXT
    for cell in notebook.cells:
        if is_locked(cell):
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


def grade_id(cell):
    """The name of a cell of an assignment, None of any other."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return grade_id if isinstance(grade_id, str) else None


def is_locked(cell):
    """Whether a cell's text is the assignment's, and nothing that a student writes."""
    role = cell.metadata.get("nbgrader")
    return bool(role) and not role["solution"] and (role["grade"] or role["locked"])
