"""The class as a TA sees it in a terminal: the table of scores, the distribution, and where everything is."""

import os
import statistics
from pathlib import Path

from rich import box
from rich.table import Table

from autograder.course.gradebook import NO_SUBMISSION
from autograder.course.rows import NOTHING
from autograder.course.shown import shown
from autograder.isolation.outcomes import Outcome

_WIDE = 170  # columns that the table needs for a number per item
_BAR = 40
ROWS = 100  # of a table that somebody reads through


def shown_path(path):
    """A path as it is typed: relative to here when it is below here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def show(console, assignment, reports, totals, items_csv, gone=()):
    """Print the table of scores and the distribution; of a large class, only the rows that need a look.

    Parameters
    ----------
    console : rich.console.Console
    assignment : Assignment
    reports : list of Report
    totals : dict
        As `CourseGradebook.totals` returns it.
    items_csv : Path
        Where all rows are.
    gone : collection of str, optional
        Students with a grade whose submission is gone.
    """
    listed = reports
    if len(reports) > ROWS:
        listed = [report for report in reports if _needs_a_look(report, totals)]
    wide = console.width >= _WIDE
    table = Table(
        title=f"{assignment.name}: {assignment.title}", title_justify="left", header_style="bold",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )
    # where room is short, names and outcomes are cut, never numbers
    room = None if wide else max(10, console.width - len(assignment.items) - 53)  # 53: all that is beside names and items
    table.add_column("student", no_wrap=True, max_width=room)
    if wide:
        for number, item in enumerate(assignment.items, 1):
            table.add_column(f"{number}\n[dim]{item.points:g}[/dim]", justify="right", no_wrap=True)
    else:
        table.add_column(f"items 1 to {len(assignment.items)}", no_wrap=True)
    table.add_column(f"points\n[dim]{_possible(assignment):g}[/dim]", justify="right", no_wrap=True)
    table.add_column("late", justify="right", no_wrap=True)
    table.add_column("total", justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True, max_width=None if wide else 14)
    table.add_column("sec", justify="right", no_wrap=True)
    graded, blank = [report for report in reports if report.graded], [""] * (len(assignment.items) if wide else 1)
    for report in listed:
        style = "green" if report.outcome is Outcome.OK else "yellow" if report.outcome.ordinary else "red"
        outcome = f"[{style}]{report.outcome.value}[/{style}]"
        if not report.graded:
            table.add_row(shown(report.student), *blank, "", "", "", outcome, "")
            continue
        scores = [_score(item) for item in report.items] if wide else ["".join(_mark(item) for item in report.items)]
        total = totals.get(report.student, NOTHING)
        table.add_row(
            shown(report.student), *scores, f"{report.score:g}", f"-{total.penalty:g}" if total.penalty else "",
            f"{total.final:g}", outcome, f"{report.seconds:.1f}",
        )
    for student in gone:
        total = totals[student]
        table.add_row(shown(student), *blank, f"{total.by_program:g}", f"-{total.penalty:g}" if total.penalty else "",
                      f"{total.final:g}", f"[yellow]{NO_SUBMISSION}[/yellow]", "")
    if listed or gone:
        console.print(table)
    if len(listed) < len(reports):
        console.print(f"{len(reports) - len(listed)} of {len(reports)} students are not listed: they are ok and have points; "
                      f"all are in {shown_path(items_csv)}")
    if listed and not wide:
        console.print("full [green]●[/green]  part [yellow]◐[/yellow]  none [red]○[/red]  "
                      f"(a terminal of {_WIDE} columns shows the points)", style="dim")
    _show_items(console, assignment, graded)
    _show_distribution(console, assignment, graded)
    problems = [(shown(report.student), problem) for report in graded for problem in report.problems]
    if problems:
        console.print(
            f"\n[yellow]{len(problems)} hidden tests stumbled over what a student returned[/yellow] and counted as not met; "
            f"the first, with {problems[0][0]}: {shown(problems[0][1].splitlines()[0][:300])}; "
            f"look at \"problems\" in .autograder/{assignment.name}/{problems[0][0]}.json"
        )


def show_changes(console, changes):
    """Print whose points are others than before, and by how much; those who have handed in again at the end.

    Parameters
    ----------
    console : rich.console.Console
    changes : list of batch.Change
    """
    if not changes:
        return
    again = sum(change.resubmitted for change in changes)
    console.print(f"\n[bold]{len(changes)} {'has' if len(changes) == 1 else 'have'} other points by program than before[/bold]"
                  + (f"; {again} of them handed in again" if again else ""))
    table = Table.grid(padding=(0, 2))
    for change in sorted(changes, key=lambda change: change.resubmitted)[:ROWS]:
        items = ", ".join(f"{item} {_points(before)} -> {_points(now)}" for item, (before, now) in change.items.items())
        table.add_row(f"  {shown(change.student)}", f"{change.before:g} -> {change.now:g}", f"{change.now - change.before:+g}",
                      items + (" [dim](handed in again)[/dim]" if change.resubmitted else ""))
    console.print(table)
    if len(changes) > ROWS:
        console.print(f"  and {len(changes) - ROWS} more")


def _points(score):
    return "none" if score is None else f"{score:g}"


def show_troubles(console, there, refused, reports, doubts, unwritten):
    """Print who was not graded and why, and whatever else wants a person's eye.

    Parameters
    ----------
    console : rich.console.Console
    there : handed_in.HandedIn
    refused : collection of str
        Those of `there.refused` that were to be graded.
    reports : list of Report
    doubts : dict of str to str
        Students of whom it is not known when they handed in -> why.
    unwritten : dict of str to str
        Students whose feedback page could not be written -> why.

    Returns
    -------
    bool
        Whether everybody was graded and every page written.
    """
    for student, doubt in doubts.items():
        console.print(f"[yellow]{shown(student)}:[/yellow] {shown(doubt)}")
    for report in reports:
        if report.doubt:
            console.print(f"[yellow]{shown(report.student)}:[/yellow] {report.doubt}; more in "
                          f".autograder/{report.assignment}/{shown(report.student)}.json")
    for names in there.alike:
        spelt = ", ".join(shown(ascii(name)) for name in names)  # what looks the same can be told apart so
        console.print(f"[yellow]ids that look alike:[/yellow] {spelt}; if they are one person's, leave one")
    for name in sorted(refused):
        console.print(f"[red]not graded: {shown(name)}:[/red] the folder {shown(there.refused[name])}")
    failed = [report for report in reports if not report.graded]
    for report in failed:
        reason = report.problems[-1].strip().splitlines()[-1][:300]
        console.print(
            f"[red]not graded: {shown(report.student)}:[/red] {shown(reason)}; a score that stood before stays; more in "
            f".autograder/{report.assignment}/not-graded/{shown(report.student)}.json"
        )
    for name, reason in sorted(unwritten.items()):
        console.print(f"[red]no feedback page for {shown(name)}:[/red] {shown(reason)}")
    return not (refused or failed or unwritten)


def show_places(console, course, assignment, items_csv, feedback):
    """Print where everything was written and what to do next."""
    by_hand = ", ".join(assignment.manual)
    here = Path.cwd() == course.root
    prefix = "" if here else f"cd {shown_path(course.root)} && "
    rows = [
        ("gradebook", course.database.render_as_string().replace("sqlite:///", "")),
        ("autograded notebooks", f"{shown_path(course.autograded)}/STUDENT/{assignment.name}/"),
        ("grades, as nbgrader exports them", shown_path(course.root / "grades.csv")),
        ("points of every item", shown_path(items_csv)),
    ]
    if feedback:
        rows.insert(2, ("feedback pages", f"{shown_path(course.feedback)}/STUDENT/{assignment.name}/{assignment.name}.html"))
    table = Table.grid(padding=(0, 2))
    for what, where in rows:
        table.add_row(f"  {what}", str(shown_path(where) if os.path.isabs(str(where)) else where))
    console.print("\n[bold]Written[/bold]")
    console.print(table)
    console.print("\n[bold]Next[/bold]")
    steps = []
    if by_hand:
        steps.append((f"grade {by_hand} by hand", f"{prefix}jupyter lab   (Nbgrader > Formgrader)"))
    steps.append(("see who is missing, and what is left", f"{prefix}autograder status {assignment.name}"))
    steps.append(("write feedback with all grades", f"{prefix}nbgrader generate_feedback {assignment.name} --force"))
    steps.append(("give grades out, and export them", f"{prefix}autograder release-grades {assignment.name}"))
    table = Table.grid(padding=(0, 2))
    for what, how in steps:
        table.add_row(f"  {what}", how)
    console.print(table)


def _needs_a_look(report, totals):
    """Whether there is more to a row than points; what is left to grade by hand is so for everybody."""
    earned = any(item.score for item in report.items)
    return report.outcome is not Outcome.OK or not earned or totals.get(report.student, NOTHING).flagged


def _possible(assignment):
    return sum(item.points for item in assignment.items if not item.bonus)


def _score(item):
    style = "green" if item.score == item.points else "red" if item.score == 0 else "yellow"
    return f"[{style}]{item.score:g}[/{style}]"


def _mark(item):
    return "[green]●[/green]" if item.score == item.points else "[red]○[/red]" if item.score == 0 else "[yellow]◐[/yellow]"


def _show_items(console, assignment, reports):
    table = Table(title="items, with the class's mean", title_justify="left", show_header=False, box=None, padding=(0, 1))
    widest = max((len(item.id) for item in assignment.items), default=0)
    columns = max(1, min(3, console.width // (widest + 18)))  # 18: two numbers, the points, the space between them
    for _ in range(columns):
        table.add_column(justify="right")
        table.add_column(no_wrap=True)
        table.add_column(justify="right")
        table.add_column()
    cells = []
    for index, item in enumerate(assignment.items):
        mean = statistics.fmean(report.items[index].score for report in reports) if reports else 0
        of = f"[dim]of {item.points:g}{' bonus' if item.bonus else ''}[/dim]"
        cells.append((f"{index + 1}", item.id, f"{mean:.1f}", of))
    rows = -(-len(cells) // columns)
    for row in range(rows):
        table.add_row(*(text for column in range(columns) if row + column * rows < len(cells)
                        for text in cells[row + column * rows]))
    console.print()
    console.print(table)


def _show_distribution(console, assignment, reports):
    possible = _possible(assignment)
    shares = [100 * report.score / possible for report in reports] if possible else []
    if not shares:
        return
    bins = [0] * 10
    for share in shares:
        bins[min(int(share // 10), 9)] += 1
    console.print("\n[bold]distribution[/bold] (percent of the points by program)")
    for index in reversed(range(10)):
        high = 100 if index == 9 else 10 * index + 9
        bar = "█" * round(_BAR * bins[index] / max(bins))
        console.print(f"  {10 * index:3d}-{high:<3d} {bar} {bins[index] or ''}")
    if max(shares) > 100:
        console.print("  more than 100: points of bonus come on top")
    console.print(f"  mean {statistics.fmean(shares):.1f}, median {statistics.median(shares):.1f}, {len(shares)} students\n")
