"""How an assignment stands: who handed in, who did not, what waits for whom, and what to do next."""

import datetime
from dataclasses import dataclass

from rich.table import Table

from autograder.course import batch, ledger, timestamps
from autograder.course.roster import Student
from autograder.course.rows import NOTHING, Total
from autograder.course.settling import Standing
from autograder.course.shown import shown
from autograder.course.term import said_span, said_time
from autograder.grading.report import Report

_NAMES = 8  # of a list that is looked at, not read
_CENT = 0.005


@dataclass(frozen=True)
class Work:
    """One student and the assignment.

    Parameters
    ----------
    student : roster.Student
    entered : bool
        Whether somebody has entered the student in the gradebook, by a roster or by hand.
    handed_in : bool
        Whether something is in submitted/.
    graded : bool
        Whether what is there now has a result, and the gradebook has it.
    outdated : bool
        Whether that is a result by other tests than today's, or by another version of the kit.
    report, failure : report.Report or None
        The result that stands, and what says that grading did not come to its end the last time.
    trouble : str
        Why it could not be graded, or what a person should look into before the result counts; "" if there is nothing.
    decision : ledger.Decision
    standing : settling.Standing or None
        None if the gradebook knows of no submission, as for the next.
    total : rows.Total or None
    """

    student: Student
    entered: bool
    handed_in: bool
    graded: bool
    outdated: bool
    report: Report | None
    failure: Report | None
    trouble: str
    decision: ledger.Decision
    standing: Standing | None
    total: Total | None

    @property
    def complete(self):
        """Whether nothing is left to be done before the grade can be given out."""
        return self.graded and not self.trouble and not self.total.by_hand

    @property
    def points(self):
        """The grade as it stands: points by program and by hand, less the penalty."""
        return (self.total or NOTHING).final

    @property
    def changed(self):
        """Whether the grade was given out and is another now."""
        return self.decision.released is not None and (
            not self.complete or abs(self.points - (self.decision.released_points or 0)) > _CENT)


@dataclass(frozen=True)
class Status:
    """How an assignment stands.

    Parameters
    ----------
    assignment : Assignment
    due : datetime.datetime or None
    works : list of Work
        Of everybody whom gradebook or submitted/ knows, by id.
    """

    assignment: object
    due: datetime.datetime | None
    works: list[Work]

    @property
    def roster(self):
        """Works of those whom somebody entered in the gradebook."""
        return [work for work in self.works if work.entered]

    def owed(self, work):
        """Whether the student still has to hand in."""
        return not (work.handed_in or work.total or work.decision.excused)

    def time_left(self, work, now):
        """Whether the student's own due date is still to come; of none it is."""
        return self.due is None or now < self.due + (work.decision.extension or datetime.timedelta())


def look(course, name):
    """Look at an assignment; nothing is graded.

    Parameters
    ----------
    course : Course
    name : str

    Returns
    -------
    Status

    Raises
    ------
    KitError
    """
    assignment = course.assignment(name)
    there, store = course.handed_in(name), batch.Store(course, name)
    run = batch.Run(course, assignment, there.students)
    waiting = run.waiting.keys() - set(run.outdated)
    with course.open_gradebook() as gradebook:
        due, decisions, strangers = gradebook.due_date(assignment), gradebook.decisions(), gradebook.strangers()
        people = {one.id: one for one in gradebook.students()}
        standings, totals = gradebook.settle(), gradebook.totals(assignment)
    decided = {student for (assignment_name, student) in decisions if assignment_name == name}
    works = []
    for student in sorted({*people, *there.students, *there.refused, *totals, *decided}):
        trouble, report = there.refused.get(student, "") and f"the folder {there.refused[student]}", store.get(student)
        failure = store.failure(student)
        if failure:
            trouble = failure.problems[-1].strip().splitlines()[-1]
        elif report and report.doubt and student not in waiting:
            trouble = report.doubt
        works.append(Work(
            people.get(student, Student(student)), student in people and student not in strangers,
            student in there.students or student in there.refused, student in there.students and student not in waiting,
            student in run.outdated, report, failure, trouble, decisions.get((name, student), ledger.NOTHING),
            standings.get((name, student)), totals.get(student),
        ))
    return Status(assignment, due, works)


def show(console, status, everybody=False):
    """Print how an assignment stands and what to do next.

    Parameters
    ----------
    console : rich.console.Console
    status : Status
    everybody : bool
        Name everybody, however many there are.
    """
    now = timestamps.now()
    works, work = status.works, status.assignment
    due = f"due on {said_time(status.due)}" if status.due else "without a due date"
    console.print(f"[bold]{work.name}[/bold]: {shown(work.title)}, {due}\n")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column()

    def line(what, chosen, note=lambda work: "", style="", always=False):
        chosen = list(chosen)
        if not (chosen or always):
            return chosen
        named = chosen if everybody else chosen[:_NAMES]
        names = ", ".join(shown(one.student.id) + (f" [dim]({note(one)})[/dim]" if note(one) else "") for one in named)
        more = f" and {len(chosen) - len(named)} more" if len(chosen) > len(named) else ""
        colour = style if chosen else "dim"
        table.add_row(f"  [{colour}]{what}[/{colour}]" if colour else f"  {what}", str(len(chosen)), names + more)
        return chosen

    def count(what, number):
        table.add_row(f"  {what}", str(number), "")

    roster = status.roster
    handed_in = [one for one in works if one.handed_in]
    owed = [one for one in works if status.owed(one) and one.entered]
    count("in the roster", len(roster))
    count("handed in", len(handed_in))
    late = line("late", (one for one in works if one.standing and one.standing.late), _lateness, always=True)
    line("missing", (one for one in owed if not status.time_left(one, now)), _decided(status), "red" if roster else "", True)
    line("not handed in yet", (one for one in owed if status.time_left(one, now)), _decided(status))
    line("excused", (one for one in works if one.decision.excused), lambda one: shown(one.decision.why))
    line("more time", (one for one in works if one.decision.extension and one not in owed and one not in late),
         _decided(status))
    unknown = line("unknown to the roster", (one for one in works if one.handed_in and not one.entered),
                   style="yellow") if roster else []
    gone = line("graded, but not in submitted/", (one for one in works if one.total and not one.handed_in),
                lambda one: f"{one.points:g} points", "yellow")
    failed = line("failed, or in doubt", (one for one in works if one.trouble), lambda one: shown(one.trouble[:200]), "red", True)
    waiting = line("to be graded by program", (one for one in handed_in if not one.graded and not one.trouble))
    outdated = line("graded by other tests", (one for one in works if one.outdated), style="yellow")
    by_hand = line("to be graded by hand", (one for one in works if one.graded and one.total.by_hand), always=True)
    complete = [one for one in works if one.complete]
    count("completely graded", len(complete))
    released = [one for one in works if one.decision.released]
    if released:
        count("released", len(released))
    changed = line("changed since released", (one for one in works if one.changed), _since_released, "yellow")
    console.print(table)

    steps = []
    if not roster:
        steps.append(("enter the roster, to see who is missing", "autograder roster FILE.csv"))
    if not status.due:
        steps.append(("set a due date", f'autograder due {work.name} "2026-10-05 22:00 Europe/Berlin"'))
    if not handed_in:
        steps.append(("collect what was handed in", f"autograder collect {work.name} DOWNLOAD"))
    if failed:
        steps.append(("look at what failed, then try again", f"autograder grade {work.name}"))
    elif waiting:
        steps.append((f"grade {len(waiting)} by program", f"autograder grade {work.name}"))
    elif outdated:
        steps.append((f"grade {len(outdated)} by today's tests", f"autograder grade {work.name}"))
    if unknown:
        steps.append(("enter who is unknown, or rename", "autograder rename OLD NEW"))
    if gone:
        steps.append(("bring back or remove what is gone", "autograder student ID --delete"))
    if by_hand:
        steps.append((f"grade {len(by_hand)} by hand", "jupyter lab   (Nbgrader > Formgrader)"))
    if changed or len(complete) > len([one for one in complete if one.decision.released]):
        steps.append(("give complete grades out", f"autograder release-grades {work.name}"))
    if released:
        steps.append(("write feedback", f"nbgrader generate_feedback {work.name} --force"))
        steps.append(("export what is released", f"autograder export {work.name} --for canvas"))
    console.print("\n[bold]Next[/bold]" if steps else "\nnothing is left to do")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for what, how in steps:
        table.add_row(f"  {what}", how)
    console.print(table)


def _lateness(work):
    penalty = f", -{work.standing.penalty:g}" if work.standing.penalty else ", no penalty"
    return f"{said_span(work.standing.late)}{penalty}"


def _decided(status):
    def note(work):
        extension, why = work.decision.extension, shown(work.decision.why)
        if not extension:
            return ""
        until = f"until {said_time(status.due + extension)}" if status.due else f"{said_span(extension)} more"
        return f"{until}, {why}" if why else until
    return note


def _since_released(work):
    now = f"{work.points:g}" if work.complete else "not complete"
    return f"{work.decision.released_points:g} -> {now}"
