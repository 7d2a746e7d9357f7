"""What is lost when things break? Kills and locks at random moments while a class is graded, until all of it is graded.

    python tests/benchmarks/faults.py                         10 rounds with SQLite, 10 with PostgreSQL
    python tests/benchmarks/faults.py --rounds 100 --json     the figures as one JSON object, last
    python tests/benchmarks/faults.py --seed 7.sqlite.31      one round again, as a line of the output names it

A class of ps1, honest and hostile sample submissions that come to their end by themselves, is graded undisturbed once. In each
round a course with the same class, at first not graded or to be graded again, meets two to six faults while `autograder grade`
runs: one of these is killed, the command, a worker, the zygote, a supervisor or a student process; or the database is
taken away, SQLite by another program's lock, PostgreSQL by the end of all connections or of the server. The command is
started again until it says that everybody is graded. A submission whose process was killed twice is flagged for a person to
look at; it is graded again as that person would. Then every score and comment of the gradebook, every report (but for times)
and every autograded notebook must be as in the undisturbed course.

    rounds       how many there were, of each database
    hangs        commands that had to be ended, since for some minutes nothing new had been graded
    lost         results that a command had kept and another made again, and submissions without one
    different    submissions of which anything is not as in the undisturbed course
    leftovers    processes that outlive a command, and unfinished files at the end of a round
    tracebacks   commands that ended with one
"""

import argparse
import contextlib
import ctypes
import dataclasses
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

KIT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(KIT / "tests"))

import postgres  # noqa: E402
from nbgrader.api import Gradebook  # noqa: E402
from rich.console import Console  # noqa: E402

from autograder.authoring import build as authoring  # noqa: E402
from autograder.authoring import sample_class  # noqa: E402
from autograder.course import batch  # noqa: E402
from autograder.course.course import Course  # noqa: E402
from autograder.isolation.outcomes import Outcome  # noqa: E402
from autograder.isolation.process import start_zygote, stop_zygote  # noqa: E402
from autograder.isolation.student.account import descendants  # noqa: E402
from autograder.suites.ps1.sample_class import DUE, SAMPLES  # noqa: E402

FIGURES = ("hangs", "lost", "different", "leftovers", "tracebacks")
TARGETS = ("command", "worker", "zygote", "supervisor", "student process", "database")
_HANG_SECONDS = 300
_MOST_STARTS = 12  # more are a hang of another kind
_LEAVE_SECONDS = 20  # for the processes of a killed command to go
_SLOW = {Outcome.TIME_LIMIT, Outcome.MEMORY_LIMIT, Outcome.OUTPUT_LIMIT}  # could meet two faults, which is final by design
_TIMES = ("seconds", "cpu_seconds", "student_seconds")
_PR_SET_CHILD_SUBREAPER = 36


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10, help="of each database")
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--seed", help="of all rounds; or SEED.DATABASE.ROUND, of one round that is to be repeated")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object, last")
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)  # what outlives a command becomes a child of this process
    seed, *one = (arguments.seed or str(random.SystemRandom().randrange(10**6))).split(".")
    databases = [one[0]] if one else [arguments.database] if arguments.database else ["sqlite", "postgresql"]
    numbers = [int(one[1])] if one else range(arguments.rounds)
    console, figures = Console(stderr=True, highlight=False, soft_wrap=True), dict.fromkeys(FIGURES, 0)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        with console.status("building, and grading undisturbed"):
            made = _class(scratch, arguments.students)
        for database in databases:
            try:
                kept = (_Sqlite if database == "sqlite" else _Postgresql)(stack, made, scratch)
            except postgres.Unavailable as reason:
                console.print(f"{database}: no rounds, {reason}")
                continue
            for number in numbers:
                name = f"{seed}.{database}.{number}"
                with console.status(f"round {name}"):
                    found, story = _round(name, kept, made, scratch)
                console.print(f"{name}: {story}" + "".join(f"\n    {key}: {one}" for key, what in found.items() for one in what))
                for key, what in found.items():
                    figures[key] += len(what)
    figures = {"rounds": len(numbers), **figures, "seed": seed}
    print(json.dumps(figures) if arguments.json else "  ".join(f"{key} {value}" for key, value in figures.items()))
    sys.exit(any(figures[key] for key in FIGURES))


@dataclasses.dataclass
class _Made:
    """The same class twice, not graded and graded, and what the second one holds: student -> whatever can be compared."""

    fresh: Course
    graded: Course
    expected: dict
    seconds: float


def _class(scratch, size):
    fresh = Course.create(scratch / "fresh", like=Course(KIT))
    work = authoring.build("ps1", fresh, start_zygote()).assignment
    stop_zygote()
    with fresh.open_gradebook() as gradebook:
        gradebook.set_due_date(work, DUE)
    usual = [sample for sample in SAMPLES if sample.outcome not in _SLOW]
    students = [dataclasses.replace(usual[number % len(usual)], student=f"{usual[number % len(usual)].student}-{number}")
                for number in range(size)]
    sample_class.write_class(fresh, work, students)
    graded = _copy(fresh, scratch / "graded")
    started = time.monotonic()
    done = subprocess.run(_command(graded), cwd=KIT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return _Made(fresh, graded, _contents(graded), time.monotonic() - started)


def _copy(course, root, settings=""):
    shutil.copytree(course.root, root)
    config = (course.root / "nbgrader_config.py").read_text().replace(repr(str(course.root)), repr(str(root)))
    (root / "nbgrader_config.py").write_text(config + settings)
    return Course(root)


def _command(course, *options):
    return [sys.executable, "-m", "autograder.cli", "grade", "ps1", "--course", str(course.root), *options]


def _contents(course):
    """What is known of each student, without times."""
    store, found = batch.Store(course, "ps1"), {}
    with Gradebook(course.directory.db_url) as gradebook:
        for one in gradebook.assignment_submissions("ps1"):
            student, (page,) = one.student.id, one.notebooks
            found[student] = {
                "scores": sorted((row.name, row.auto_score, row.manual_score, row.needs_manual_grade) for row in page.grades),
                "comments": sorted((row.name, row.auto_comment, row.manual_comment) for row in page.comments),
                "penalty": page.late_submission_penalty, "timestamp": str(one.timestamp),
            }
    for student in course.students("ps1"):
        report, notebook = store.get(student), course.autograded / student / "ps1/ps1.ipynb"
        if report and notebook.exists() and student in found:
            found[student]["report"] = {key: value for key, value in json.loads(report.to_json()).items() if key not in _TIMES}
            found[student]["notebook"] = notebook.read_text()
        else:
            found.pop(student, None)
    return found


class _Sqlite:
    """Makes courses whose gradebook is a file, and takes it away."""

    def __init__(self, stack, made, scratch):
        self._made = made

    def course(self, root, graded):
        return _copy(self._made.graded if graded else self._made.fresh, root)

    def break_down(self, course, chance):
        """Somebody else has the database for some seconds, in which nobody can write or even read."""
        how, seconds = chance.choice(["IMMEDIATE", "EXCLUSIVE"]), chance.uniform(0.1, 8)
        database = course.root / "gradebook.db"
        with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=_HANG_SECONDS)) as other:
            other.execute(f"BEGIN {how}")
            time.sleep(seconds)
            other.rollback()
        return f"locked ({how.lower()}) for {seconds:.1f} s"


class _Postgresql:
    """Makes courses whose gradebook is in a server of their own, and takes it away."""

    def __init__(self, stack, made, scratch):
        self._server = stack.enter_context(postgres.server())
        self._made, self._names = made, {}
        for name, like in (("fresh", made.fresh), ("graded", made.graded)):
            url = self._server.database(name)
            course = _copy(like, scratch / f"postgresql-{name}", f"c.CourseDirectory.db_url = {url!r}\n")
            authoring.build("ps1", course, start_zygote())
            stop_zygote()
            with course.open_gradebook() as gradebook:
                gradebook.set_due_date(course.assignment("ps1"), DUE)
            if name == "graded":
                subprocess.run(_command(course, "--regrade"), cwd=KIT, capture_output=True, check=True)
            self._names[name] = course

    def course(self, root, graded):
        name = "graded" if graded else "fresh"
        url = self._server.database(root.name, like=name)
        return _copy(self._names[name], root, f"c.CourseDirectory.db_url = {url!r}\n")

    def break_down(self, course, chance):
        """The connections end, or the server does and comes back."""
        if chance.random() < 0.6:
            self._server.disconnect(course.database.database)
            return "disconnected"
        self._server.stop()
        self._server.start()
        return "restarted"


def _round(name, kept, made, scratch):
    """One round; returns what was found, figure -> list of sentences, and what happened, in a line."""
    chance, found = random.Random(name), {figure: [] for figure in FIGURES}
    root, story = scratch / f"round-{name.replace('.', '-')}", []
    again = chance.random() < 0.3
    course = kept.course(root, graded=again)
    faults = [(chance.choice(TARGETS), chance.uniform(0, made.seconds)) for _ in range(chance.randint(2, 6))]
    faults.sort(key=lambda fault: fault[1])
    results, before = root / ".autograder/ps1", {}
    own = root.with_name(root.name + "-tmp")
    own.mkdir()
    for start in range(_MOST_STARTS):
        options = ["--regrade"] if again and start == 0 else []
        run = subprocess.Popen(_command(course, *options), cwd=KIT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=os.environ | {"TMPDIR": str(own)})
        striking = threading.Thread(target=_strike, args=(run, faults, kept, course, chance, story.append))
        striking.start()
        complaint = _complaint(run, results)
        if complaint is None:
            found["hangs"].append(f"start {start + 1} graded nothing for {_HANG_SECONDS} s")
            for pid in [*descendants(run.pid), run.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            complaint = run.communicate()[1]
        striking.join()
        if "Traceback" in complaint:
            found["tracebacks"].append(complaint[-2000:])
        if run.returncode not in (0, 1, -signal.SIGKILL) or (run.returncode == 1 and not complaint.strip()):
            found["tracebacks"].append(f"status {run.returncode} without a reason: {complaint[-500:]}")
        found["leftovers"] += _outliving()
        after = {path.name: path.read_bytes() for path in results.glob("*.json")}
        if not options:
            found["lost"] += [f"{one}: its result was made again" for one, text in before.items() if after.get(one) != text]
        before = after
        if run.returncode == 0:
            break
    else:
        found["hangs"].append(f"not graded after {_MOST_STARTS} starts: {complaint[-500:]}")
    flagged = [report.student for report in map(batch.Store(course, "ps1").get, course.students("ps1")) if report and report.doubt]
    for student in flagged:
        subprocess.run(_command(course, "--regrade", "--student", student), cwd=KIT, capture_output=True)
    if flagged:
        story.append(f"flagged, and graded again by hand: {', '.join(flagged)}")
    now = _contents(course)
    found["lost"] += [f"{student}: no result" for student in made.expected if student not in now]
    for student, expected in made.expected.items():
        wrong = [part for part in expected if student in now and now[student][part] != expected[part]]
        if wrong:
            found["different"].append(f"{student}: {', '.join(wrong)}: {_difference(expected[wrong[0]], now[student][wrong[0]])}")
    found["leftovers"] += [f"file {path}" for path in (*root.rglob(".new-*"), *own.iterdir())]
    shutil.rmtree(own, ignore_errors=True)
    if not any(found.values()):
        shutil.rmtree(root)
    return found, f"{'regrading, ' if again else ''}{start + 1} starts; " + "; ".join(story)


def _complaint(run, results):
    """What a command says on its standard error until it ends; None if it graded nothing for too long. A busy machine is slow."""
    before, now = None, _written(results)
    while now != before:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return run.communicate(timeout=_HANG_SECONDS)[1]
        before, now = now, _written(results)
    return None


def _written(results):
    """When each result was written."""
    return {path: path.stat().st_mtime_ns for path in results.glob("*.json")}


def _strike(run, faults, kept, course, chance, tell):
    """Let one fault after the other happen while the command runs, and tell what it was; the next start meets the others."""
    started = time.monotonic()
    while faults and run.poll() is None:
        what, when = faults[0]
        if time.monotonic() - started < when:
            time.sleep(0.01)
            continue
        there = [] if what == "database" else [run.pid] if what == "command" else _processes(run.pid)[what]
        if what == "database":
            what = f"database {kept.break_down(course, chance)}"
        elif there:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(there), signal.SIGKILL)
        else:
            time.sleep(0.002)
            continue
        tell(f"{what} at {time.monotonic() - started:.1f} s")
        del faults[0]


def _processes(command):
    """The processes of a command by what they are: worker, zygote, supervisor, student process."""
    found = {target: [] for target in TARGETS}
    for child in _children(command):
        if b"student.zygote" in _read(child, "cmdline"):
            found["zygote"].append(child)
            for supervisor in _children(child):
                found["supervisor"].append(supervisor)
                found["student process"] += _children(supervisor)
        else:
            found["worker"].append(child)
    return found


def _children(pid):
    return [int(child) for child in _read(pid, f"task/{pid}/children").split()]


def _read(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _outliving():
    """Processes that a command has left, which have had time to go; they are ended."""
    deadline = time.monotonic() + _LEAVE_SECONDS
    while left := _orphans():
        if time.monotonic() > deadline:
            sentences = [f"process {pid}: {_read(pid, 'cmdline').replace(bytes(1), b' ').decode(errors='replace')}" for pid in left]
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            return sentences
        time.sleep(0.05)
    return []


def _orphans():
    """The children of this process that commands have left, and that still run."""
    left = []
    for pid in _children(os.getpid()):
        if b"postgres" in _read(pid, "cmdline"):
            continue
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                left.append(pid)
    return left


def _difference(expected, now):
    """Where two values begin to differ, in some words."""
    expected, now = (value if isinstance(value, str) else json.dumps(value, default=str) for value in (expected, now))
    place = len(os.path.commonprefix([expected, now]))
    return f"...{expected[max(place - 40, 0) : place + 60]!r} became ...{now[max(place - 40, 0) : place + 60]!r}"


if __name__ == "__main__":
    main()
