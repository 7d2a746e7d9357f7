"""The command `autograder`: what an instructor and a TA type."""

import atexit
import gc
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from autograder.isolation.limits import ONE_THREAD

os.environ.update(ONE_THREAD)  # before the next import brings NumPy

from autograder.isolation.process import start_zygote, stop_zygote  # noqa: E402

gc.set_threshold(50_000, 20, 100)  # imports make many objects and no garbage; the default would look far too often
atexit.register(gc.freeze)  # nor does Python then look through them all, several times, while it ends

# Heavy imports (nbgrader, SQLAlchemy, pytest) stay inside the commands: the zygote is started first and gets ready
# on another core meanwhile, and --help answers at once.

# nbformat's validator would build a parser for internationalised URIs at import, for two seconds; notebooks have none.
sys.modules.setdefault("rfc3987_syntax", None)

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown",
    help="Builds and grades the assignments of the lecture *Neural Networks for NLP*.\n\n"
    "A course is a folder with an nbgrader_config.py: the kit's own folder, or one given with --course. "
    "Submissions are expected in submitted/STUDENT/ASSIGNMENT/, as nbgrader collects them.",
)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

AssignmentName = Annotated[str, typer.Argument(help="The assignment's name, such as ps1.", metavar="ASSIGNMENT")]
CourseFolder = Annotated[
    Path | None,
    typer.Option("--course", metavar="DIR", help="The course folder. Default: this one if it is a course, else the kit."),
]


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(
        metavar="[NAME]...", help="Assignments such as ps1, or folders of notebooks such as lecture. Default: all.")] = None,
    course: CourseFolder = None,
):
    """Make the student version of assignments, of the lecture's notebooks and of the labs from their sources.

    Writes release/NAME and registers assignments in the gradebook. Nothing is released when a solution, a hidden test, an
    output or an instructor-only cell would reach students, when items, tests and points do not fit together, or when
    the instructor version does not run clean and earn every point.
    """
    zygote = start_zygote()
    from autograder.authoring import build as authoring
    from autograder.authoring import ungraded as notebooks
    from autograder.course.report_view import shown_path
    from autograder.grading.assignment import authored, ungraded

    with _reported():
        place = _course(course)
        for name in names or [*authored(), *ungraded()]:
            with console.status(f"building {name} ...") as status:
                def say(step, name=name, status=status):
                    status.update(f"{name}: {step} ...")

                if name in ungraded():
                    released = notebooks.build(name, place, zygote, say)
                    console.print(f"[bold]{name}[/bold]: {len(released)} notebooks, which run clean; none holds a solution")
                else:
                    built = authoring.build(name, place, zygote, say)
                    console.print(
                        f"[bold]{name}[/bold]: {built.title}\n"
                        f"  {len(built.items)} items graded by program, {len(built.manual)} by hand, {built.points:g} points\n"
                        "  the instructor version runs clean and earns every point; no solution or hidden test is released"
                    )
            console.print(f"  for students: {shown_path(place.release / name)}")
    stop_zygote()


@app.command()
def grade(
    assignment: AssignmentName,
    course: CourseFolder = None,
    student: Annotated[list[str] | None, typer.Option(
        metavar="ID", help="Grade only this student; may be given several times.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many at once. Default: one for each core.")] = None,
    regrade: Annotated[bool, typer.Option("--regrade", help="Grade again what has not changed.")] = False,
    feedback: Annotated[bool, typer.Option("--feedback", help="Write the HTML feedback pages too.")] = False,
    scheduler: Annotated[str | None, typer.Option(
        metavar="ADDRESS", help="Grade on the workers of this Dask scheduler, which see the same folders.")] = None,
):
    """Grade all submissions of an assignment, in parallel.

    Writes scores and late penalties into the gradebook, autograded notebooks into autograded/, and CSV files. A result
    is kept as soon as it is there: after Ctrl-C, run the same command again and it goes on. Submissions that have not
    changed since are skipped. Scores that were given by hand are never overwritten.
    """
    started = time.monotonic()
    zygote = start_zygote() if scheduler is None else None
    from autograder.course import batch, report_view
    from autograder.course.gradebook import write_items

    with _reported():
        place = _course(course)
        work = place.assignment(assignment)
        students = _chosen(place, assignment, student)
        batch.prepare(place, work)  # before the next line, which waits until the zygote is ready
        if zygote and not zygote.isolated:
            errors.print(
                f"[bold red]WARNING: grading WITHOUT isolation[/bold red] ({zygote.refusal}).\n"
                "Student code can read every file that you can, the hidden tests included."
            )
        failures, graded_now = [], 0
        with _progress(f"grading {assignment}", len(students)) as advance:
            def on_result(report, now):
                nonlocal graded_now
                graded_now += now
                if not report.outcome.ordinary:
                    failures.append(f"{report.student}: {report.outcome.value}")
                advance(failures)

            reports = batch.grade_class(place, work, students, jobs, regrade, scheduler, on_result)
        unwritten = {}
        if feedback:
            with _progress("writing feedback", len(students)) as advance:
                unwritten = batch.write_feedback(place, assignment, students, jobs, lambda: advance([]))
        with place.open_gradebook() as gradebook:
            totals = gradebook.totals(work)
            gradebook.export(place.root / "grades.csv")
        items_csv = place.root / f"{assignment}-items.csv"
        every = [report for one in place.students(assignment) if (report := batch.Store(place, assignment).get(one))]
        write_items(items_csv, work, every, totals)
        report_view.show(console, work, reports, totals)
        skipped = len(reports) - graded_now
        console.print(
            f"{graded_now} graded in {time.monotonic() - started:.1f} s"
            + (f", {skipped} unchanged and skipped" if skipped else "")
        )
        report_view.show_places(console, place, work, items_csv, feedback, reports)
        for one, reason in sorted(unwritten.items()):
            errors.print(f"[red]no feedback page for {escape(one)}:[/red] {escape(reason)}")
    stop_zygote()


@app.command()
def leaderboard(assignment: AssignmentName, course: CourseFolder = None):
    """Show who is ahead on the hidden texts, of the students who want to be on the leaderboard.

    Students take part by a pseudonym: LEADERBOARD_NAME in their notebook; None keeps them out. The table is made from the
    results of the last `autograder grade ASSIGNMENT`, so grade first. It is printed, and written into the course folder as
    leaderboard.html, to be published, and leaderboard.csv. Neither holds anybody's id: a pseudonym with an id in it is
    withheld. Equal accuracies share a rank.
    """
    from autograder.course import batch, leaderboard
    from autograder.course.gradebook import CourseError
    from autograder.course.report_view import shown_path

    with _reported():
        place = _course(course)
        work = place.assignment(assignment)
        store = batch.Store(place, assignment)
        reports = [report for one in place.students(assignment) if (report := store.get(one))]
        if not reports:
            raise CourseError(f"nothing of {assignment} is graded in {place.root}; run: autograder grade {assignment}")
        with place.open_gradebook() as gradebook:
            table = leaderboard.entries(reports, [*place.students("*"), *gradebook.student_ids()])
        if not table:
            raise CourseError(
                f"nobody is on the leaderboard of {assignment}: none of {len(reports)} results has an accuracy and a pseudonym "
                "(LEADERBOARD_NAME in the notebook)"
            )
        leaderboard.show(console, f"{work.name}: {work.title}", table)
        page, sheet = place.root / "leaderboard.html", place.root / "leaderboard.csv"
        leaderboard.write_html(page, work.title, table)
        leaderboard.write_csv(sheet, table)
        console.print(f"{len(table)} of {len(reports)} take part")
        console.print(f"  to publish: {shown_path(page)}\n  as CSV:     {shown_path(sheet)}")


@app.command("sample-class")
def sample_class(
    assignment: AssignmentName,
    course: Annotated[Path, typer.Option(
        metavar="DIR", help="A course folder for the samples alone; made if it is not there.")] = Path("demo-course"),
):
    """Make a course with a class of sample submissions, to see grading at work.

    Every kind of submission that a real class brings is there: correct ones in several styles, typical mistakes, blank
    and broken ones, and some that attack the grader. Builds the assignment into the course first. A folder that is
    already a course is only taken if it is one of these.
    """
    zygote = start_zygote()
    from autograder.authoring import build as authoring
    from autograder.authoring import sample_class as samples
    from autograder.course.gradebook import Course, CourseError
    from autograder.course.report_view import shown_path

    with _reported():
        mark = course / ".sample-course"
        if course.exists() and any(course.iterdir()) and not mark.exists():
            raise CourseError(f"{course} is not empty and not a sample course; give another folder with --course")
        chosen = samples.samples(assignment)
        place = Course.create(course)
        mark.touch()
        with console.status("building ...") as status:
            work = authoring.build(assignment, place, zygote, lambda step: status.update(f"{assignment}: {step} ..."))
        with place.open_gradebook() as gradebook:
            gradebook.set_due_date(work, samples.due_date(assignment))
        count = samples.write_class(place, work, chosen)
        console.print(f"[bold]{count} sample submissions[/bold] of {assignment} in {shown_path(place.submitted)}")
        console.print(f"  grade them: autograder grade {assignment} --course {shown_path(place.root)} --feedback")
    stop_zygote()


@app.command()
def doctor():
    """Say what this machine offers for grading, and what is missing."""
    from autograder import doctor as examination

    if not examination.examine(console):
        raise typer.Exit(1)


def main():
    """Entry point."""
    app()


def _course(folder):
    from autograder.course.gradebook import Course
    from autograder.grading.assignment import KIT

    if folder is None:
        folder = Path.cwd() if Path("nbgrader_config.py").exists() else KIT
    return Course(folder)


def _chosen(course, assignment, wanted):
    from autograder.course.gradebook import CourseError

    there = course.students(assignment)
    if not there:
        raise CourseError(
            f"nothing to grade: no folder {course.submitted}/STUDENT/{assignment}; collect submissions first"
        )
    unknown = sorted(set(wanted or []) - set(there))
    if unknown:
        raise CourseError(f"no submission of {assignment} by {', '.join(unknown)} in {course.submitted}")
    return [one for one in there if not wanted or one in wanted]


class _reported:
    """Turns the errors that have a message for the user into one line and an exit code."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        from autograder.course import batch
        from autograder.course.gradebook import CourseError
        from autograder.grading.assignment import AssignmentError
        from autograder.grading.suite import SuiteError

        if error is None:
            return
        if isinstance(error, (AssignmentError, CourseError, SuiteError, batch.BatchError)):
            errors.print(f"[bold red]autograder:[/bold red] {error}", markup=True)
            code = 1
        elif isinstance(error, KeyboardInterrupt):
            errors.print("\ninterrupted; what was graded is kept: run the same command again to go on")
            code = 130
        else:
            return
        stop_zygote()
        sys.stdout.flush()
        raise typer.Exit(code) from None


class _progress:
    """A progress bar without a thread of its own (workers are forked while it is shown)."""

    def __init__(self, what, total):
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[failures]}"),
        )
        self._bar = Progress(*columns, console=console, auto_refresh=False, transient=True)
        self._task = self._bar.add_task(what, total=total, rate="", failures="")
        self._started = time.monotonic()
        self._quiet = not console.is_terminal

    def __enter__(self):
        if not self._quiet:
            self._bar.start()
            self._bar.refresh()
        return self._advance

    def __exit__(self, *error):
        if not self._quiet:
            self._bar.stop()

    def _advance(self, failures):
        count = self._bar.tasks[0].completed + 1
        rate = f"{count / max(time.monotonic() - self._started, 1e-9):.1f}/s"
        shown = f"[red]{len(failures)} failed[/red], last {escape(failures[-1])}" if failures else ""
        self._bar.update(self._task, advance=1, rate=rate, failures=shown)
        if self._quiet:
            if count == self._bar.tasks[0].total or count % 10 == 0:
                task = self._bar.tasks[0]
                console.print(f"{task.description}: {count:.0f}/{task.total:.0f}, {rate}, {len(failures)} failed")
        else:
            self._bar.refresh()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
