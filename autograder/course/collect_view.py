"""What collecting, and importing a roster, have come to, as a TA reads it in a terminal."""

from rich import box
from rich.table import Table

from autograder.course.collect import LEFT, NEW, RESUBMITTED, UNCHANGED
from autograder.course.report_view import ROWS
from autograder.course.shown import shown
from autograder.course.term import said_span

_LINES = 30  # of a list of what was not matched
_STYLES = {NEW: "green", RESUBMITTED: "cyan", UNCHANGED: "dim", LEFT: "yellow"}


def show(console, errors, assignment, collected):
    """Print who handed in what and when; of a large class, only the rows that need a look.

    Parameters
    ----------
    console, errors : rich.console.Console
    assignment : str
        Its name.
    collected : collect.Collected

    Returns
    -------
    bool
        Whether everything that was there has been collected.
    """
    rows = collected.rows
    listed = rows if len(rows) <= ROWS else [row for row in rows if _needs_a_look(row)]
    if listed:
        console.print(_table(assignment, listed))
    if len(listed) < len(rows):
        console.print(f"{len(rows) - len(listed)} of {len(rows)} students are not listed: new or unchanged, and in time\n")
    for row in rows:
        for remark in row.remarks:
            errors.print(f"[yellow]{shown(row.student.id)}:[/yellow] {shown(remark)}")
    for source, reason in collected.unreadable:
        errors.print(f"[red]not read: {shown(source)}[/red] {shown(reason)}")
    for label, reason in collected.unmatched[:_LINES]:
        errors.print(f"[red]not matched: {shown(label)}:[/red] {shown(reason)}")
    if collected.unmatched[_LINES:]:
        errors.print(f"[red]not matched:[/red] {len(collected.unmatched) - _LINES} more, as the last ones")
    if collected.missing:
        missing = [f"{shown(one.name)} ({shown(one.id)})" if one.name else shown(one.id) for one in collected.missing]
        more = " ..." if missing[ROWS:] else ""
        console.print(f"[bold]not handed in[/bold] ({len(missing)}): {', '.join(missing[:ROWS])}{more}")
    _show_sums(console, assignment, collected)
    return not (collected.unmatched or collected.unreadable or any(row.outcome == LEFT for row in rows))


def show_import(console, errors, imported, path):
    """Print what a list of students has changed.

    Parameters
    ----------
    console, errors : rich.console.Console
    imported : roster.Imported
    path : Path

    Returns
    -------
    bool
        Whether every line was taken.
    """
    for line, reason in imported.refused:
        errors.print(f"[red]not imported: line {line}:[/red] {shown(reason)}")
    if imported.absent:
        console.print(f"in the gradebook, and not in {shown(path.name)} (kept): {', '.join(map(shown, imported.absent))}")
    others = f", {imported.others} who are not students" if imported.others else ""
    sums = f"{len(imported.added)} new, {len(imported.changed)} changed, {len(imported.same)} as before{others}"
    console.print(f"[bold]roster[/bold]: {sums}")
    return not imported.refused


def show_roster(console, students):
    """Print who is in the gradebook, and how they are known."""
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for title in ("id", "name", "e-mail", "number in the LMS"):
        table.add_column(title, no_wrap=True)
    for student in students:
        table.add_row(*map(shown, (student.id, student.name, student.email, student.lms_user_id)))
    if students:
        console.print(table)
    console.print(f"{len(students)} students")


def _needs_a_look(row):
    return row.remarks or row.late or row.called_late or row.outcome in (RESUBMITTED, LEFT)


def _table(assignment, rows):
    table = Table(title=f"{assignment}: handed in", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD,
                  padding=(0, 1, 0, 0))
    for title in ("student", "name", "what", "when", "late"):
        table.add_column(title, no_wrap=title != "name")
    for row in rows:
        style = _STYLES[row.outcome]
        late = f"[red]{said_span(row.late)}[/red]" if row.late else "[yellow]yes[/yellow]" if row.called_late else ""
        table.add_row(shown(row.student.id), shown(row.student.name), f"[{style}]{row.outcome}[/{style}]",
                      shown(row.time).replace(".000000", "") or "[dim]not known[/dim]", late)
    return table


def _show_sums(console, assignment, collected):
    rows = collected.rows
    sums = [f"{count} {outcome}" for outcome in _STYLES if (count := sum(row.outcome == outcome for row in rows))]
    called_late, timeless = sum(row.called_late for row in rows), sum(not row.time for row in rows)
    late = called_late + sum(bool(row.late) for row in rows)
    parts = [f"[bold]{len(rows)} student{'s' * (len(rows) != 1)}[/bold]" + (f": {', '.join(sums)}" if sums else "")]
    for count, text in ((late, "late"), (len(collected.unmatched), "not matched"), (len(collected.missing), "not handed in")):
        if count:
            parts.append(f"{count} {text}")
    console.print("; ".join(parts))
    if timeless:
        console.print(f"  {timeless} without a time, which Canvas and Moodle do not tell: they count as in time")
    if called_late:
        console.print(f"  {called_late} late as Canvas says, not by how much: points are taken off when "
                      f"submitted/STUDENT/{assignment}/timestamp.txt says when, as in 2026-10-05 22:15:00 Europe/Berlin")
    if collected.unmatched and collected.has_roster:
        console.print("  what is not matched can be collected by saying whose it is: unpack it, and add --student ID")
    if not collected.has_roster:
        console.print("  there is no roster, so ids are what names say, and nobody can be missing; "
                      "import the LMS's list of students: autograder roster FILE.csv")
