"""An audit as an author sees it in a terminal: item by item in numbers, and then whatever should not be."""

from itertools import groupby

from rich import box
from rich.table import Table

from autograder import KitError
from autograder.authoring.audit import figures
from autograder.course.shown import shown
from autograder.grading.notebook import titles


def show(console, audit):
    """Print what an audit came to.

    Parameters
    ----------
    console : rich.console.Console
    audit : audit.Audit
    """
    rows = audit.rows
    _show_items(console, audit, rows)
    _show_mutants(console, "survived: the hidden suite misses them", [row for row in rows if not row.killed and not row.equivalent])
    _show_mutants(console, "spilled: another item loses points for them", [row for row in rows if row.spilled])
    wrong = [row for row in rows if row.declared and not row.equivalent]
    _show_mutants(console, "declared equivalent, and are not", wrong)
    argued = [row for row in rows if row.equivalent and not row.agreement.startswith("agrees")]
    if argued:
        console.print(f"\n[bold]equivalent {argued[0].agreement}[/bold]: {', '.join(row.mutant.id for row in argued)}")
    for function, why in audit.open.items():
        console.print(f"[bold]left out[/bold]  {function}: {shown(why)}")
    if audit.unknown:
        console.print(f"\n[yellow]to do[/yellow] equivalent.py names mutants that are no more: {', '.join(audit.unknown)}")
    _show_figures(console, audit, rows)


def show_release(console, audit):
    """Print which mistakes would pass if the assignment was given out as it is.

    Raises
    ------
    KitError
        If its last audit was of other tests or solutions, or there was none, and the table beside its suite is of others too.
    """
    name, rows = audit.assignment.name, audit.rows or audit.tabled
    if not rows:
        raise KitError(f"there is no audit of {name} as it is now; run: autograder audit {name}")
    heading = titles(audit.assignment.released_notebook)
    passing = [row for row in rows if not row.killed and not row.equivalent]
    if left := audit.chosen - len(rows):
        console.print(f"[yellow]not complete:[/yellow] {left} more wait to be judged; run: autograder audit {name}")
    console.print(f"[bold]{name}[/bold]: of {len(rows)} small mistakes in its functions, {len(passing)} would pass in full")
    for item, of_item in groupby(passing, key=lambda row: row.item):
        console.print(f"\n[bold]{shown(heading.get(item, item))}[/bold]")
        for row in of_item:
            seen = "; a visible check tells the student" if row.verdict.checks else ""
            console.print(f"  in {row.mutant.function}{seen}:")
            _show_diff(console, row)


def show_hints(console, audit):
    """Print what students would read about the mutants that are caught, without those that are kept aside."""
    for row in audit.rows:
        if row.killed and not row.aside:
            console.print(f"[bold]{row.mutant.id}[/bold]")
            _show_diff(console, row)
            console.print(f"      reason: {shown(row.verdict.reason)}")
            console.print(f"      hint: {shown(row.verdict.hint)}" if row.verdict.hint else "      [yellow]no hint[/yellow]")


def _show_items(console, audit, rows):
    table = Table(title=f"{audit.assignment.name}: mutants of its model solutions", title_justify="left", header_style="bold",
                  box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("item", no_wrap=True)
    for column in ("mutants", "killed", "survived", "equal", "checks", "spilled", "hint"):
        table.add_column(column, justify="right")
    for item, of_item in groupby(rows, key=lambda row: row.item):
        of_item = list(of_item)
        real = [row for row in of_item if not row.equivalent]
        counts = [len(of_item), sum(row.killed for row in real), sum(not row.killed for row in real), len(of_item) - len(real),
                  sum(bool(row.verdict.checks) for row in real), sum(bool(row.spilled) for row in real),
                  sum(bool(row.verdict.hint) for row in real)]
        table.add_row(item, *map(str, counts))
    console.print(table)


def _show_mutants(console, heading, rows):
    if not rows:
        return
    console.print(f"[bold]{heading}[/bold]")
    for item, of_item in groupby(rows, key=lambda row: row.item):
        for row in of_item:
            notes = [f"costs {other} {row.verdict.lost[other]:g} points" for other in row.spilled]
            notes += [f"visible checks fail: {', '.join(row.verdict.checks)}"] if row.verdict.checks else []
            notes += [row.agreement] if row.agreement.startswith("differs") else []
            console.print(f"  {item}  [bold]{row.mutant.id}[/bold]  {shown('; '.join(notes))}")
            _show_diff(console, row)
    console.print()


def _show_diff(console, row):
    for line in row.mutant.diff.splitlines():
        style = "red" if line.startswith("-") else "green"
        console.print(f"      [{style}]{shown(line)}[/{style}]")


def _show_figures(console, audit, rows):
    found = figures(rows)
    of = f", drawn from {audit.total}" if len(rows) < audit.total else ""
    console.print(
        f"[bold]{found['mutants']} mutants[/bold]{of}, {found['equivalent']} equivalent; of the others the hidden suite kills "
        f"{found['killed_hidden']:.1%}, the visible checks {found['killed_visible']:.1%}; of {found['whole']} graded whole, "
        f"{found['spilled']} cost another item points; of a fifth kept aside, {found['named']:.1%} of those killed get a hint"
    )
