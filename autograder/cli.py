"""The command `autograder`: what an instructor and a TA type."""

import atexit
import codecs
import contextlib
import gc
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from autograder import KitError
from autograder.course import trouble
from autograder.course.shown import encodable, shown
from autograder.isolation.limits import ONE_THREAD

os.environ.update(ONE_THREAD)  # before the next import brings NumPy

from autograder.isolation.process import StudentDied, start_zygote, stop_zygote  # noqa: E402

gc.set_threshold(50_000, 20, 100)  # imports make many objects and no garbage; the default would look far too often
atexit.register(gc.freeze)  # nor does Python then look through them all, several times, while it ends

# Heavy imports (nbgrader, SQLAlchemy, pytest) stay inside the commands: the zygote is started first and gets ready
# on another core meanwhile, and --help answers at once.

# nbformat's validator would build a parser for internationalised URIs at import, for two seconds; notebooks have none.
sys.modules.setdefault("rfc3987_syntax", None)

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown",
    help="Builds and grades assignments written as notebooks.\n\n"
    "A course is a folder with an nbgrader_config.py: the current one, one given with --course, or else the kit's own. "
    "`autograder new-course DIR` makes one. Submissions are graded in submitted/STUDENT/ASSIGNMENT/, where `autograder collect` "
    "puts them.",
)


class _Terminal(Console):
    """Goes on in silence where nobody reads any more, as behind `| head`: the work is not done for its output."""

    def on_broken_pipe(self):
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


console = _Terminal(highlight=False, soft_wrap=True)
errors = _Terminal(stderr=True, highlight=False, soft_wrap=True)

AssignmentName = Annotated[str, typer.Argument(help="The assignment's name, such as ps1.", metavar="ASSIGNMENT")]
StudentId = Annotated[str, typer.Argument(help="The student's id: the name of the folder in submitted/.", metavar="STUDENT")]
CourseFolder = Annotated[
    Path | None,
    typer.Option("--course", metavar="DIR", help="The course folder. Default: this one if it is a course, else the kit."),
]


@app.command("new-course")
def new_course(
    folder: Annotated[Path, typer.Argument(help="The folder to make; empty, or not there yet.", metavar="DIR")],
    reference: Annotated[str, typer.Option(
        metavar="NAME", help="How the Python package of model solutions is to be called.")] = "solutions",
):
    """Make a course of one's own: settings, a package of model solutions, and a small example assignment.

    The example builds and grades as it is, and explains itself in its comments. Nothing of the course lives in the kit.
    """
    with _reported():
        from autograder.authoring import new
        from autograder.course.report_view import shown_path

        place = new.new_course(folder, reference)
        console.print(f"[bold]a new course[/bold] in {shown_path(place.root)}; its README.md says what is where")
        console.print(f"  try it: cd {shown_path(place.root)} && autograder build && autograder sample-class example")


@app.command("new-assignment")
def new_assignment(
    name: Annotated[str, typer.Argument(help="What it is to be called; a Python name.", metavar="NAME")],
    course: CourseFolder = None,
):
    """Add an assignment to the course: an example of notebook, model solutions, hidden tests and known mistakes, to be changed."""
    with _reported():
        from autograder.authoring import new
        from autograder.course.report_view import shown_path

        for path in new.new_assignment(_course(course), name):
            console.print(f"  {shown_path(path)}")
        console.print(f"[bold]{name}[/bold] is there; change these files, then: autograder build {name}")


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(
        metavar="[NAME]...", help="Assignments such as ps1, or folders of notebooks such as lecture. Default: all.")] = None,
    course: CourseFolder = None,
    dry_run: Annotated[bool, typer.Option(
        "--dry-run", help="Check everything and say what would change, but keep nothing.")] = False,
):
    """Make the student version of assignments, and of notebooks without points, from their sources.

    Writes release/NAME and brings the gradebook to the same items and points; submissions, scores and comments by hand,
    extensions and due dates stay. Nothing is changed at all when a solution, a hidden test, an output or an
    instructor-only cell would reach students, when items, tests and points do not fit together, or when the instructor
    version does not run clean and earn every point.
    """
    with _reported():
        zygote = start_zygote()
        from autograder.authoring import build as authoring
        from autograder.authoring import ungraded as notebooks
        from autograder.course.report_view import shown_path

        place = _course(course)
        known = [*place.authored.assignments, *place.authored.ungraded]
        if not (names or known):
            raise KitError(f"nothing to build: {place.authored.home / place.authored.sources} holds no NAME/NAME.md")
        for name in names or known:
            with console.status(f"building {name} ...") as status:
                def say(step, name=name, status=status):
                    status.update(f"{name}: {step} ...")

                def announce(changes, name=name):
                    does = "would change" if dry_run else "changes"
                    console.print(f"[bold]{name}[/bold] {does} for students who have handed in:")
                    for sentence in changes:
                        console.print(f"  {shown(sentence)}")

                if name in place.authored.ungraded:
                    if dry_run:
                        raise KitError(f"{name} has no points, and so nothing that --dry-run could tell")
                    released = notebooks.build(name, place, zygote, say)
                    console.print(f"[bold]{name}[/bold]: {len(released)} notebooks, which run clean; none holds a solution\n"
                                  f"  to read without Jupyter: {shown_path(place.root / 'built/pages' / name / 'index.html')}")
                else:
                    built = authoring.build(name, place, zygote, say, announce, dry_run)
                    work = built.assignment
                    bonus = sum(item.points for item in work.items if item.bonus)
                    console.print(
                        f"[bold]{name}[/bold]: {shown(work.title)}\n"
                        f"  {len(work.items)} items graded by program, {len(work.manual)} by hand, {work.points:g} points"
                        + (f" and {bonus:g} bonus points" if bonus else "") + "\n"
                        "  the instructor version runs clean and earns every point; no solution or hidden test is released"
                    )
                    for sentence in built.missing:
                        console.print(f"  [yellow]to do[/yellow] {shown(sentence)}")
                    if built.changes and not dry_run:
                        console.print(f"  [yellow]to do[/yellow] autograder grade {name}, which grades everybody by the new items")
            console.print("  --dry-run: nothing was kept" if dry_run else f"  for students: {shown_path(place.release / name)}")
    stop_zygote()


@app.command()
def roster(
    file: Annotated[Path | None, typer.Argument(
        metavar="[FILE.csv]", help="The list of students, as the LMS exports it. Default: show who is in the gradebook.")] = None,
    course: CourseFolder = None,
):
    """Import the students of the course from the LMS's own list, or show them.

    Takes Canvas's gradebook export and list of people, Moodle's participants, Gradescope's roster, and any CSV file with
    columns such as id, name, email (or first_name, last_name, lms_user_id). A student who is known by id, number or e-mail
    address keeps the id; what a list leaves empty stays; nobody is removed. Importing again changes only what has changed.
    """
    from autograder.course import collect_view
    from autograder.course.roster import merge

    with _reported():
        place = _course(course)
        with place.open_gradebook() as gradebook:
            students = gradebook.students()
            if file is None:
                collect_view.show_roster(console, students)
                return
            imported = merge(students, file)
            gradebook.enrol([*imported.added, *imported.changed])
        complete = collect_view.show_import(console, errors, imported, file)
    if not complete:
        raise typer.Exit(1)


@app.command()
def collect(
    assignment: AssignmentName,
    sources: Annotated[list[Path], typer.Argument(
        metavar="ARCHIVE_OR_FOLDER...", help="Downloads: archives, unpacked folders, single files.")],
    course: CourseFolder = None,
    student: Annotated[str | None, typer.Option(
        metavar="ID", help="All of it is this student's; for what no name says.")] = None,
):
    """Collect what students have handed in into submitted/, from downloads of any LMS.

    Takes Canvas's and Moodle's archives, Gradescope's export, folders of GitHub Classroom's clones, nbgrader's exchange, and
    folders or files that are called after their students. Whose something is, the roster says (`autograder roster`); what
    fits nobody, or two people, is left and named with the reason. Moodle's grading worksheet and GitHub Classroom's roster
    (CSV) can be given too: they say who "Participant 1234567" or a login is.

    The newest attempt stands in submitted/STUDENT/ASSIGNMENT/, with the files beside the notebook and, where the LMS says
    when, a timestamp.txt; the others are kept in .autograder/attempts/. Collecting again changes nothing but what is new,
    and never what was edited by hand.
    """
    from autograder.course import collect as collecting
    from autograder.course import collect_view
    from autograder.course.report_view import shown_path

    with _reported():
        place = _course(course)
        with contextlib.ExitStack() as shown_bar:
            advance = []  # what the bar has for it, as soon as there is one
            collected = collecting.collect(
                place, assignment, sources, student, say=lambda name: console.print(f"reading {shown(name)} ..."),
                expect=lambda total: advance.append(shown_bar.enter_context(_progress(f"collecting {assignment}", total))),
                advance=lambda: advance[0](),
            )
        complete = collect_view.show(console, errors, assignment, collected)
        if collected.rows:
            at = "" if Path.cwd() == place.root or not course else f" --course {shown_path(place.root)}"
            console.print(f"  next: autograder grade {assignment}{at}")
    if not complete:
        raise typer.Exit(1)


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
        metavar="ADDRESS", help="Grade on the workers of this Dask scheduler, such as tcp://HOST:8786.")] = None,
):
    """Grade all submissions of an assignment, in parallel.

    Writes scores and late penalties into the gradebook, autograded notebooks into autograded/, and CSV files. A result
    is kept as soon as it is there: after Ctrl-C, run the same command again and it goes on. Submissions that have not
    changed since are skipped. Scores that were given by hand are never overwritten.

    On a cluster: install the same kit on each machine; start `dask scheduler` on one of them and `dask worker tcp://HOST:8786`
    on the others, as a user who may do nothing else there; then `--scheduler tcp://HOST:8786` here. All that grading needs is
    sent, hidden tests and submissions included, so no folder is shared, and the network between them should be a trusted one.
    """
    started = time.monotonic()
    with _reported():
        if not scheduler and (regrade or not list(((course or Path()) / ".autograder" / assignment).glob("*.json"))):
            start_zygote()  # something waits to be graded, so it gets ready while the rest is imported
        from autograder.course import batch, report_view
        from autograder.course.gradebook import write_items

        place = _course(course)
        work = place.assignment(assignment)
        there = place.handed_in(assignment)
        students = _chosen(place, assignment, there, student)
        batch.check(place, work)
        run = batch.Run(place, work, students, regrade)
        if run.waiting and not scheduler:
            from autograder.grading import suite

            zygote = start_zygote()
            suite.collect_once(work)  # before the next line, which waits until the zygote is ready
            if not zygote.isolated:
                _warn(zygote.refusal, "you")
        unusual = []
        with _progress(f"grading {assignment}", len(run.waiting)) as advance:
            unprotected = []

            def on_result(report):
                if scheduler and not report.isolated and not unprotected:
                    unprotected.append(report)
                    _warn("on a worker; autograder doctor says why there", "the worker")
                if not report.outcome.ordinary:
                    unusual.append(f"{report.student}: {report.outcome.value}")
                advance(unusual)

            reports = run.grade(jobs, scheduler, on_result, console.print)
        unwritten = {}
        graded = [report.student for report in reports if report.graded]
        if feedback and graded:
            with _progress("writing feedback", len(graded)) as advance:
                unwritten = batch.write_feedback(place, work, graded, jobs, advance)
        with place.open_gradebook() as gradebook:
            totals = gradebook.totals(work)
            gradebook.export(place.root / "grades.csv")
        items_csv = place.root / f"{assignment}-items.csv"
        write_items(items_csv, work, batch.Store(place, assignment), there.students, reports, totals)
        gone = () if student else sorted(totals.keys() - set(there.students))
        report_view.show(console, work, reports, totals, items_csv, gone)
        report_view.show_changes(console, run.changes)
        tried = run.waiting.keys() | {report.student for report in reports if not report.graded}
        skipped = len(reports) - len(tried)
        console.print(
            f"{len(tried)} graded in {time.monotonic() - started:.1f} s"
            + (f", {skipped} unchanged and skipped" if skipped else "")
        )
        report_view.show_places(console, place, work, items_csv, feedback)
        chosen = {name for name in there.refused if not student or name in student}
        complete = report_view.show_troubles(errors, there, chosen, reports, run.doubts, unwritten)
    stop_zygote()
    if not complete:
        raise typer.Exit(1)


@app.command()
def status(
    assignment: AssignmentName,
    course: CourseFolder = None,
    everybody: Annotated[bool, typer.Option("--all", help="Name everybody in every line, however many there are.")] = False,
):
    """Show who handed in, who is missing, late or unknown, what waits for whom, and what to do next.

    Nothing is graded for it. Missing is who is in the roster (the gradebook's students), owes something and is past their
    own due date; unknown to the roster, who is in the gradebook only because something was handed in.
    """
    with _reported():
        from autograder.course import status as standing

        with console.status(f"looking at {assignment} ..."):
            look = standing.look(_course(course), assignment)
        standing.show(console, look, everybody)


@app.command()
def due(
    assignment: AssignmentName,
    time: Annotated[str | None, typer.Argument(
        metavar="[TIME]", help='When: "2026-10-05 22:00 Europe/Berlin", with UTC, an offset or a place; or none.')] = None,
    course: CourseFolder = None,
):
    """Show when an assignment is due, or set it.

    Late penalties follow at once, and no notebook is run for it; what changes is shown. Zones are exact or refused: CEST
    could be more than one, and 07.10.2026 more than one day.
    """
    with _reported():
        from autograder.course import term

        term.due(console, _course(course), assignment, time)


@app.command()
def extend(
    assignment: AssignmentName,
    student: StudentId,
    time: Annotated[str, typer.Argument(metavar="TIME", help="How much more (2d, 36h, 1d12h), until when, or none.")],
    why: Annotated[str, typer.Option(help="The reason, for those who look at the status.")] = "",
    course: CourseFolder = None,
):
    """Give a student more time for an assignment.

    It counts from the due date, before something is handed in as well as after, and takes the place of an extension that
    was given before. What changes is shown.
    """
    with _reported():
        from autograder.course import term

        term.extend(console, _course(course), assignment, student, time, why)


@app.command()
def excuse(
    assignment: AssignmentName,
    student: StudentId,
    why: Annotated[str, typer.Option(help="The reason, for those who look at the status.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
    course: CourseFolder = None,
):
    """Expect nothing of a student for an assignment: neither missing nor late, and excused in exports."""
    with _reported():
        from autograder.course import term

        term.excuse(console, _course(course), assignment, student, why, undo)


@app.command("release-grades")
def release_grades(
    assignment: AssignmentName,
    course: CourseFolder = None,
    student: Annotated[list[str] | None, typer.Option(
        metavar="ID", help="Only this student's; may be given several times.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="They are not released any more.")] = False,
):
    """Say that grades are given out: `autograder export` writes released ones alone.

    Released is what is complete: graded by program as it was handed in, nothing left to be graded by hand, nothing in doubt.
    Others stay back and are named; run it again when they are complete. `autograder status` tells which released grades
    have changed since.
    """
    with _reported():
        from autograder.course import export as exports

        exports.release(console, _course(course), assignment, student or (), undo)


@app.command()
def export(
    assignment: AssignmentName,
    form: Annotated[str, typer.Option(
        "--for", metavar="FORMAT", help="canvas or moodle: the columns that each imports; csv or xlsx: all there is to know.")],
    course: CourseFolder = None,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: ASSIGNMENT-FORMAT.csv in the course's folder.")] = None,
    zeros: Annotated[bool, typer.Option("--zeros", help="Who handed nothing in gets 0, not an empty cell.")] = False,
):
    """Write the released grades of an assignment for a learning platform or a spreadsheet.

    Points are those by program and by hand, less the late penalty. Who handed nothing in has an empty cell, who is
    excused too (EX for Canvas); who is not released is left out, or has no score. `autograder release-grades` comes first.
    """
    with _reported():
        from autograder.course import export as exports

        exports.export(console, _course(course), assignment, form, to, zeros)


@app.command("send-grades")
def send_grades(assignment: AssignmentName, course: CourseFolder = None):
    """Send the released grades of an assignment to the learning platform that students have opened it from (LTI 1.3).

    Points are those of `autograder export`. What was sent before and has not changed is not sent again, so run it as often as
    you like: after more grades are released, or when the platform was down. c.Desk.lti names the platforms; docs/desk-lti.md.
    """
    with _reported():
        from autograder.desk import scores

        with contextlib.ExitStack() as shown_bar:
            advance = []  # what the bar has for it, as soon as there is one
            result = scores.send(
                _course(course), assignment, lambda total: advance.append(shown_bar.enter_context(_progress("sending", total))),
                lambda: advance[0]())
        complete = scores.show(console, errors, assignment, result)
    if not complete:
        raise typer.Exit(1)


@app.command()
def gradescope(
    assignment: AssignmentName,
    course: CourseFolder = None,
    output: Annotated[Path | None, typer.Option(
        "--output", "-o", metavar="FILE", help="Default: ASSIGNMENT-gradescope.zip in the course's folder.")] = None,
    show: Annotated[str, typer.Option(
        metavar="WHEN", help="When students see items and criteria: visible (at once), after_due_date, after_published, hidden.",
    )] = "visible",
    without_isolation: Annotated[bool, typer.Option(
        "--without-isolation", help="Grade also where Gradescope's machine offers no isolation: student code can then read the "
        "hidden tests.")] = False,
    index: Annotated[str, typer.Option(
        metavar="URL", help="Where pip finds PyTorch's build for CPUs, as PyTorch's install page says. Without it pip takes the "
        "usual build, several gigabytes with what GPUs need.")] = "",
):
    """Write an archive that Gradescope makes an autograder of, for courses whose students hand in there.

    It holds what grading needs of assignment and engine, and is uploaded as it is: docs/gradescope.md has the few clicks.
    Students see the criteria, with reasons and hints, right after handing in; of items whose answer is a fixed value, and of
    written answers, only that they were received. Hidden tests draw from a secret of the archive's own, the student and the
    files: trying again meets other tests. Late penalties are left to Gradescope.

    Without isolation student code could read hidden tests and model solutions. So the autograder looks first, and where there
    is none it grades nothing and says so, unless --without-isolation was given; then each result says so.

    The archive holds hidden tests, model solutions and that secret, and nothing of any student: keep it as you keep those.
    """
    with _reported():
        from autograder.course.report_view import shown_path
        from autograder.desk import gradescope as archives

        place = _course(course)
        work, path = place.assignment(assignment), output or place.root / f"{assignment}-gradescope.zip"
        with console.status("writing the archive ..."):
            archives.write(work, path, show, without_isolation, index)
        by_program = sum(item.points for item in work.items if not item.bonus)
        console.print(f"[bold]{shown_path(path)}[/bold], {path.stat().st_size / 2**20:.1f} MiB: hidden tests, model solutions and "
                      "a secret are in it, so keep it as you keep those")
        console.print(f"  on Gradescope: a programming assignment with {by_program:g} autograder points"
                      + (f", and {work.points - by_program:g} by hand" if work.manual else ""))
        console.print("  students' ids are their e-mail addresses there, also where a notebook asks for one")
        if without_isolation:
            _warn("if Gradescope's machine offers none, as you have allowed", "the autograder")


@app.command()
def leaderboard(assignment: AssignmentName, course: CourseFolder = None):
    """Show who is ahead on the hidden texts, of the students who want to be on the leaderboard.

    Students take part by a pseudonym: LEADERBOARD_NAME in their notebook; None keeps them out. The table is made from the
    results of the last `autograder grade ASSIGNMENT`, so grade first. It is printed, and written into the course folder as
    leaderboard.html, to be published, and leaderboard.csv. Neither holds anybody's id: a pseudonym with an id in it is
    withheld. Equal accuracies share a rank. Each table says which ranks its names had in the one before, and the page who was
    ahead since when.
    """
    from autograder.course import leaderboard
    from autograder.course.report_view import shown_path

    with _reported():
        place = _course(course)
        work = place.assignment(assignment)
        reports = _results(place, assignment)
        with place.open_gradebook() as gradebook:
            table = leaderboard.entries(reports, [*place.everybody(), *gradebook.student_ids()])
        if not table:
            raise KitError(
                f"nobody is on the leaderboard of {assignment}: none of {len(reports)} results has an accuracy and a pseudonym "
                "(LEADERBOARD_NAME in the notebook)"
            )
        history = leaderboard.History(place, assignment)
        table = history.note(table)
        leaderboard.show(console, f"{work.name}: {work.title}", table)
        page, sheet = place.root / "leaderboard.html", place.root / "leaderboard.csv"
        leaderboard.write_html(page, work.title, table, history.tables)
        leaderboard.write_csv(sheet, table)
        console.print(f"{len(table)} of {len(reports)} take part")
        console.print(f"  to publish: {shown_path(page)}\n  as CSV:     {shown_path(sheet)}")


@app.command()
def report(assignment: AssignmentName, course: CourseFolder = None):
    """Write a page about the class: how hard each item was, what went wrong most, who needs a look, who is alike.

    Made from the results of the last `autograder grade ASSIGNMENT`, without running anything. Writes ASSIGNMENT-report.html
    (one file, opens without a network), .json with the same, and .csv with a line for each item. It names students, and
    which submissions are more alike than chance: it is for TAs and instructors alone.
    """
    from autograder.course import batch, class_report
    from autograder.course.report_view import shown_path

    with _reported():
        place = _course(course)
        work = place.assignment(assignment)
        reports, store = _results(place, assignment), batch.Store(place, assignment)
        with place.open_gradebook() as gradebook:
            totals = gradebook.totals(work)
        failures = [failure for one in place.students(assignment) if (failure := store.failure(one))]
        numbers = class_report.summary(work, reports, failures, totals)
        with _progress("comparing", len(reports)) as advance:
            pairs = class_report.alike(place, work, reports, advance)
        page, sheet, data = (place.root / f"{assignment}-report.{kind}" for kind in ("html", "csv", "json"))
        class_report.write_html(page, place, numbers, pairs)
        class_report.write_csv(sheet, numbers)
        class_report.write_json(data, numbers, pairs)
        console.print(
            f"{len(reports)} of {assignment}: {len(numbers['to look at']['reasons'])} to look at, "
            f"{len(numbers['to look at']['by hand'])} with answers to grade by hand, {len(pairs)} pairs more alike than chance"
        )
        console.print(f"  for TAs: {shown_path(page)}\n  as CSV:  {shown_path(sheet)}\n  as JSON: {shown_path(data)}")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make, such as 2026-10-05.tar.gz.")],
    course: CourseFolder = None,
):
    """Write the whole course into one file: folder, gradebook, attempts and the secret that hidden tests draw from.

    What can be made again is left out: virtual environments, caches, version control. The file holds grades and hidden
    tests, so keep it as you keep those. A gradebook in PostgreSQL is in it too.
    """
    with _reported():
        from autograder.course import backup as backups
        from autograder.course.report_view import shown_path

        with console.status("writing the backup ..."):
            about, left_out = backups.backup(_course(course), file)
        console.print(
            f"[bold]{shown_path(file)}[/bold], {max(file.stat().st_size / 2**20, 0.1):.1f} MiB: {about['students']} students, "
            f"{about['assignments']} assignments, {about['submitted_assignments']} submissions"
        )
        for sentence in left_out:
            console.print(f"  [yellow]not in it:[/yellow] {shown(sentence)}")
        console.print(f"  bring it back with: autograder restore {shown_path(file)} --course DIR")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What autograder backup has made.")],
    course: Annotated[Path | None, typer.Option(
        "--course", metavar="DIR", help="The folder to make, empty or not there yet. Default: where the course was.")] = None,
):
    """Bring a course back from its backup.

    Nothing is ever written over: neither a folder with something in it nor a gradebook. A gradebook of an older nbgrader
    is brought to the form of this one.
    """
    with _reported():
        from autograder.course import backup as backups
        from autograder.course.report_view import shown_path

        with console.status("bringing the course back ..."):
            place, about = backups.restore(file, course)
        console.print(f"[bold]{shown_path(place.root)}[/bold] is the course as it was on {about['made']}: "
                      f"{about['students']} students, {about['submitted_assignments']} submissions")


@app.command()
def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The id that a student has.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The id that it is to become; in the roster already, or not.")],
    course: CourseFolder = None,
):
    """Give a student another id, with all their work: submissions, attempts, grades, comments, extensions, feedback.

    For ids that change, and for late joiners who handed in under another name. Refused where both have handed in the same
    assignment.
    """
    with _reported():
        from autograder.course import students

        students.rename(_course(course), old, new)
        console.print(f"[bold]{shown(old)}[/bold] is now [bold]{shown(new)}[/bold], with all work")


@app.command()
def student(
    student: StudentId,
    export: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all of it into this zip file.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove all there is about the student.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it without asking.")] = False,
    course: CourseFolder = None,
):
    """Show what there is about one student, hand it out, or remove it.

    Handed out are submissions, attempts, graded notebooks, feedback, results, grades, comments and decisions; nothing that
    only graders may see. Removed is the same, from folders and gradebook; not from backups.
    """
    with _reported():
        from autograder.course import students

        place = _course(course)
        for line in students.summary(place, student):
            console.print(shown(line))
        if export:
            students.export(place, student, export)
            console.print(f"all of it is in {export}")
        if delete:
            if not (yes or typer.confirm("Remove all of it? It cannot be brought back but from a backup")):
                raise KitError("nothing is removed")
            for sentence in students.delete(place, student):
                console.print(shown(sentence))


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
    with _reported():
        zygote = start_zygote()
        from autograder.authoring import build as authoring
        from autograder.authoring import sample_class as samples
        from autograder.course.course import Course
        from autograder.course.report_view import shown_path

        mark = course / ".sample-course"
        if course.exists() and any(course.iterdir()) and not mark.exists():
            raise KitError(f"{course} is not empty and not a sample course; give another folder with --course")
        wanted = samples.sample_class(Course.here(), assignment)
        course.mkdir(parents=True, exist_ok=True)
        mark.touch()
        place = Course.create(course, like=Course.here())
        place.sweep()
        with console.status("building ...") as status:
            built = authoring.build(assignment, place, zygote, lambda step: status.update(f"{assignment}: {step} ..."))
        with place.open_gradebook() as gradebook:
            gradebook.set_due_date(built.assignment, wanted.DUE)
        count = samples.write_class(place, built.assignment, wanted.SAMPLES)
        console.print(f"[bold]{count} sample submissions[/bold] of {assignment} in {shown_path(place.submitted)}")
        console.print(f"  grade them: autograder grade {assignment} --course {shown_path(place.root)} --feedback")
    stop_zygote()


@app.command()
def audit(
    assignment: Annotated[str | None, typer.Argument(help="The assignment's name, such as ps1.", metavar="[ASSIGNMENT]")] = None,
    course: CourseFolder = None,
    item: Annotated[list[str] | None, typer.Option(
        metavar="ID", help="Only this item's mutants; may be given several times. For when you write its tests.")] = None,
    sample: Annotated[int | None, typer.Option(
        min=1, metavar="N", help="Only so many mutants, drawn by their ids: the same ones each time. Default: all.")] = None,
    whole: Annotated[int | None, typer.Option(
        min=0, metavar="N", help="Grade only N of them whole, and of the others their own item alone. Default: all.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many at once. Default: one for each core.")] = None,
    table: Annotated[bool, typer.Option(
        "--table", help="Keep the result beside the suite, in audit.json, to be committed with it.")] = False,
    hints: Annotated[bool, typer.Option(
        "--hints", help="List the mutants that are caught, but for a fifth kept aside, with what students would read.")] = False,
    release: Annotated[str | None, typer.Option(
        metavar="NAME", help="Before NAME is given out: which mistakes would pass, by its last audit. Nothing is run.")] = None,
):
    """Find out what a hidden suite misses, with mistakes that nobody has thought of.

    Makes mutants of the model solutions: each has one small thing wrong, such as another axis, sign, constant or boundary, a
    dropped term, a copy forgotten, an argument ignored. Each is graded as if a student had handed it in, and should lose its own
    item (killed), lose no other (else it spilled), be noticed by a visible check, and get a hint.

    What survives is listed with the lines that differ. Then either a test is missing; or the mutant does what the model solution
    does, and is declared in suites/NAME/equivalent.py: `EQUIVALENT = {"softmax.order.1f2e3": "Why it is the same."}`, and
    `INPUTS = {"softmax": lambda rng: (rng.normal(size=(3, 4)),)}` draws arguments on which that is tried 10,000 times.

    Verdicts are kept as they come: after Ctrl-C, run the same command again and it goes on. They hold until suite, model
    solutions, operators or engine change. A mutant costs what a submission costs. Where that is much, `--whole 20` grades 20 so,
    and of the others only their own item, in a notebook that ends there: quicker, but blind to what they cost other items. Or
    take a `--sample`.
    """
    with _reported():
        if (assignment is None) == (release is None):
            raise KitError("name one assignment: autograder audit ps1 to audit it, autograder audit --release ps1 to see what "
                           "its last audit says would pass")
        if table and item:
            raise KitError("a table is of all items: use --table without --item")
        if not release:
            start_zygote()
        from autograder.authoring import audit as auditing
        from autograder.authoring import audit_view

        place = _course(course)
        look = auditing.Audit(place, place.assignment(assignment or release), sample, item, whole)
        if release:
            audit_view.show_release(console, look)
            return
        with _progress(f"auditing {assignment}", len(look.waiting)) as advance:
            look.run(jobs, advance)
        (audit_view.show_hints if hints else audit_view.show)(console, look)
        if table:
            from autograder.course.report_view import shown_path

            console.print(f"  kept in {shown_path(look.write_table())}")
    stop_zygote()


@app.command()
def serve(
    course: CourseFolder = None,
    host: Annotated[str, typer.Option(
        metavar="ADDRESS", help="Where to listen: on this machine alone, or 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(
        metavar="N", help="Started by a JupyterHub as a service, it listens where the hub says: docs/jupyterhub.md.")] = 8800,
    links: Annotated[Path | None, typer.Option(
        metavar="FILE.csv", help="Write a personal link for everybody in the roster and in c.Desk.staff.")] = None,
    url: Annotated[str | None, typer.Option(
        metavar="URL", help="How the desk is reached from outside, for the links. Default: http://ADDRESS:PORT.")] = None,
    revoke: Annotated[list[str] | None, typer.Option(
        metavar="ID", help="End somebody's sessions and make their link another one; opens no desk.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many tries are graded at once. Default: one for each core.")] = None,
    scheduler: Annotated[str | None, typer.Option(
        metavar="ADDRESS", help="Grade on the workers of this Dask scheduler; with --jobs as many as they can at once.")] = None,
    behind_proxy: Annotated[bool, typer.Option(
        "--behind-proxy", help="A proxy (for TLS) stands before it and says who asks, in X-Forwarded-For and -Proto.")] = False,
):
    """Open a desk: a page where students hand in, and read what to mend a second later.

    `autograder serve --links links.csv` is all that a course needs whose roster is known (`autograder roster FILE.csv`): send each
    student the link in that file. What is shown before grades are given out, how many tries there are and which of them counts
    is set by `c.Desk` in nbgrader_config.py: show, counts, tries_at_once, minutes_for_a_try, more_tries, staff. A try is on disk
    before the student sees the receipt; its result goes into gradebook and submitted/ as by `autograder grade`. After a crash start
    it again: what waits is graded. Ctrl-C closes the desk.
    """
    import logging

    with _reported():
        from autograder.course.batch import cores
        from autograder.course.report_view import shown_path
        from autograder.desk import hub, lti
        from autograder.desk import serve as desks

        logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
        logging.getLogger("tornado").setLevel(logging.ERROR)
        service, base = hub.service(), "/"
        if service:  # of a JupyterHub, whose proxy stands before it
            host, port, base, behind_proxy = service.host, service.port, service.base, True
        desk = desks.TheDesk(_course(course), jobs or cores(), scheduler, base)
        for one in revoke or ():
            desk.door.revoke(one)
            console.print(f"the sessions of {shown(one)} are over, and the link is another one")
        if links:
            count = desks.write_links(desk, links, url or f"http://{host}:{port}{base}")
            console.print(f"{count} personal links in {shown_path(links)}: whoever has one is let in; send each to its owner alone")
        if not revoke:
            pages = [*lti.pages(desk), *(service.join(desk) if service else ())]
            desks.serve(desk, host, port, behind_proxy, pages, say=lambda sentence: console.print(shown(sentence)))


@app.command()
def doctor():
    """Say what this machine offers for grading, and what is missing."""
    with _reported():
        from autograder import doctor as examination

        healthy = examination.examine(console)
    if not healthy:
        raise typer.Exit(1)


def main():
    """Entry point."""
    codecs.register_error("encodable", encodable)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.reconfigure(errors="encodable")
    app()


def _course(folder):
    from autograder.course.course import Course

    place = Course(folder) if folder else Course.here()
    place.sweep()
    return place


def _results(course, assignment_name):
    """The results that stand; whose are missing is said."""
    from autograder.course import batch

    store, students = batch.Store(course, assignment_name), course.students(assignment_name)
    results = [result for one in students if (result := store.get(one))]
    if not results:
        raise KitError(f"nothing of {assignment_name} is graded in {course.root}; run: autograder grade {assignment_name}")
    if len(results) < len(students):
        errors.print(f"[yellow]left out:[/yellow] {len(students) - len(results)} of {len(students)} submissions, which have no "
                     f"result that can be read; run: autograder grade {assignment_name}")
    return results


def _warn(why, who):
    errors.print(
        f"[bold red]WARNING: grading WITHOUT isolation[/bold red] ({why}).\n"
        f"Student code can read every file that {who} can, the hidden tests included."
    )


def _chosen(course, assignment, there, wanted):
    if not (there.students or there.refused):
        raise KitError(
            f"nothing to grade: no folder {course.submitted}/STUDENT/{assignment}; "
            f"collect submissions first: autograder collect {assignment} ARCHIVE_OR_FOLDER"
        )
    unknown = sorted(set(wanted or []) - {*there.students, *there.refused})
    if unknown:
        raise KitError(f"no submission of {assignment} by {', '.join(unknown)} in {course.submitted}")
    return [one for one in there.students if not wanted or one in wanted]


class _reported:
    """Turns the errors that have a message for the user into one line and an exit code."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            return
        if isinstance(error, KitError | StudentDied | OSError):
            text = trouble.sentence(error) if isinstance(error, OSError) else str(error)
            errors.print("[bold red]autograder:[/bold red] " + "\n".join(map(shown, text.splitlines())))
            code = 1
        elif isinstance(error, KeyboardInterrupt):
            errors.print("\ninterrupted; what was graded is kept: run the same command again to go on")
            code = 130
        else:
            return
        stop_zygote()
        raise typer.Exit(code) from None


class _progress:
    """A progress bar without a thread of its own (workers are forked while it is shown)."""

    def __init__(self, what, total):
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[unusual]}"),
        )
        self._bar = Progress(*columns, console=console, auto_refresh=False, transient=True)
        self._task = self._bar.add_task(what, total=total, rate="", unusual="")
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

    def _advance(self, unusual=()):
        """One more is done; `unusual` says which ones, in a few words each, did not end as work usually does."""
        count = self._bar.tasks[0].completed + 1
        rate = f"{count / max(time.monotonic() - self._started, 1e-9):.1f}/s"
        note = f"{len(unusual)} unusual, last {shown(unusual[-1])}" if unusual else ""
        self._bar.update(self._task, advance=1, rate=rate, unusual=f"[yellow]{note}[/yellow]" if note else "")
        if self._quiet:
            if count == self._bar.tasks[0].total or count % 10 == 0:
                task = self._bar.tasks[0]
                console.print(", ".join(filter(None, (f"{task.description}: {count:.0f}/{task.total:.0f}", rate, note))))
        else:
            self._bar.refresh()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
