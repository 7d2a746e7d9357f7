"""How soon is there a result, how does the desk stand a rush, and what is lost when it is killed?

    python tests/benchmarks/desk.py                  all three parts
    python tests/benchmarks/desk.py --part rush      alone, rush or kills
    python tests/benchmarks/desk.py --json           the figures as one JSON object, last

Students hand in sample submissions of ps1, honest ones, at a desk of this machine, over loopback and as a browser does: the
form, the page of the try, its events, the page again.

    alone_p50, alone_p95   seconds from the last byte sent to the page with the result received, one try after the other
    rush_receipt_p99       seconds to the receipt, when 200 students hand in within 20 s
    rush_over_cpu          time until all of them have their result, over what the desk's CPU seconds take on the cores
    lost, double           receipts without a result afterwards, and tries without a receipt
    rounds                 in each, some students hand in while server, house, a grader, the zygote or a student process is killed,
                           or the gradebook is locked by another program; a dead server is started again
    lost_after_kill        receipts without a result then, and results that are not as in an undisturbed desk
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

KIT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(KIT / "tests"))

import desks  # noqa: E402
import nbformat  # noqa: E402
from rich.console import Console  # noqa: E402

from autograder.authoring import build as authoring  # noqa: E402
from autograder.authoring import sample_class  # noqa: E402
from autograder.course import batch  # noqa: E402
from autograder.course.course import Course  # noqa: E402
from autograder.course.roster import Student  # noqa: E402
from autograder.desk.tries import Tries, of_assignment  # noqa: E402
from autograder.isolation.outcomes import Outcome  # noqa: E402
from autograder.isolation.process import start_zygote, stop_zygote  # noqa: E402
from autograder.isolation.student.account import descendants  # noqa: E402
from autograder.suites.ps1.sample_class import SAMPLES  # noqa: E402

PARTS = ("alone", "rush", "kills")
TARGETS = ("server", "house", "grader", "zygote", "student process", "database")
_TIMES = ("seconds", "cpu_seconds", "student_seconds", "remarks")
_TICK = os.sysconf("SC_CLK_TCK")
_WAIT_SECONDS = 600


def main():
    """Measure, print, and end with a status of 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=PARTS, help="only this one")
    parser.add_argument("--tries", type=int, default=40, help="alone")
    parser.add_argument("--students", type=int, default=200, help="in the rush")
    parser.add_argument("--seconds", type=float, default=20.0, help="in which they hand in")
    parser.add_argument("--rounds", type=int, default=30, help="of kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object, last")
    arguments = parser.parse_args()
    console, figures = Console(stderr=True, highlight=False, soft_wrap=True), {}
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="desk-") as scratch:
        with console.status("building"):
            course, notebooks = _course(Path(scratch) / "course", arguments.students)
        for part in [arguments.part] if arguments.part else PARTS:
            with console.status(f"{part} ..."):
                figures |= {"alone": _alone, "rush": _rush, "kills": _kills}[part](course, notebooks, arguments)
            console.print(f"{part}: " + "  ".join(f"{key} {value}" for key, value in figures.items()))
    print(json.dumps(figures) if arguments.json else "  ".join(f"{key} {value}" for key, value in figures.items()))
    sys.exit(any(figures.get(key) for key in ("lost", "double", "lost_after_kill")))


def _course(root, size):
    """A course with ps1, a roster of this size, and what its students hand in."""
    course = Course.create(root, like=Course(KIT))
    with open(root / "nbgrader_config.py", "a") as file:
        file.write('c.Desk.show = {"ps1": "everything"}\nc.Desk.minutes_for_a_try = 0\n')
    course = Course(root)
    work = authoring.build("ps1", course, start_zygote()).assignment
    stop_zygote()
    apart = Course.create(root.parent / "samples", like=Course(KIT))
    honest = [one for one in SAMPLES if one.outcome is Outcome.OK]
    sample_class.write_class(Course(apart.root), work, honest)
    notebooks = [path.read_bytes() for path in sorted(apart.submitted.glob("*/ps1/ps1.ipynb")) if path.stat().st_size < 2**20]
    with course.open_gradebook() as gradebook:
        gradebook.enrol([Student(f"student-{number}", "Student", f"Number {number}") for number in range(size)])
    return course, notebooks


def _another(notebook, mark):
    """The same notebook as another file."""
    made = nbformat.reads(notebook.decode(), as_version=4)
    made.metadata["mark"] = mark
    return nbformat.writes(made).encode()


def _alone(course, notebooks, arguments):
    took = []
    with desks.desk(course) as desk:
        browsers = [desk.browser(f"student-{number}") for number in range(10)]
        _hand_in(browsers[0], notebooks[0])  # the first one waits until the graders are there
        for number in range(arguments.tries):
            browser = browsers[number % len(browsers)]
            browser.get("/work/ps1/")
            sent, _, seen = _hand_in(browser, _another(notebooks[number % len(notebooks)], f"alone {number}"))
            took.append(seen - sent)
            time.sleep(0.2)
    took.sort()
    return {"alone_p50": round(took[len(took) // 2], 3), "alone_p95": round(took[int(0.95 * len(took))], 3)}


def _hand_in(browser, notebook):
    """Hand in as a browser does: when it was sent, when there was a receipt, and when the page with the result was there."""
    sent = time.monotonic()  # over loopback the body is in the kernel's hands a millisecond later
    status, address, text = browser.hand_in("ps1", {"ps1.ipynb": notebook})
    assert status == 303, text
    received = time.monotonic()
    page = browser.get(address)
    if 'id="state"' in page:
        browser.result(address)
    return sent, received, time.monotonic()


def _rush(course, notebooks, arguments):
    receipts, results, failures = [], [], []
    with desks.desk(course) as desk:
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            browsers = list(pool.map(lambda number: desk.browser(f"student-{number}"), range(arguments.students)))
        for browser in browsers:
            browser.get("/work/ps1/")
        _hand_in(browsers[0], notebooks[0])
        files = [_another(notebooks[number % len(notebooks)], f"rush {number}") for number in range(arguments.students)]
        before, began = _cpu_seconds(desk), time.monotonic()

        def student(number):
            time.sleep(random.random() * arguments.seconds)
            try:
                sent, received, seen = _hand_in(browsers[number], files[number])
            except Exception as error:  # whatever it is, this student has no result
                failures.append(repr(error))
                return
            receipts.append(received - sent)
            results.append(seen)

        threads = [threading.Thread(target=student, args=(number,)) for number in range(arguments.students)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = max(results) - began
        tries = [one for each in of_assignment(course, "ps1").values() for one in each if one.receipt.time]
        cpu = _cpu_seconds(desk) - before + sum(one.report.cpu_seconds for one in tries if one.report and _is_new(one, began))
    receipts.sort()
    handed_in = [one for one in tries if _is_new(one, began)]
    return {
        "rush_receipt_p99": round(receipts[min(int(0.99 * len(receipts)), len(receipts) - 1)], 3),
        "rush_over_cpu": round(took / (cpu / batch.cores()), 3), "rush_seconds": round(took, 1), "rush_cpu_seconds": round(cpu, 1),
        "lost": len(failures) + sum(not one.report for one in handed_in), "double": len(handed_in) - len(receipts) - len(failures),
    }


def _is_new(one, began):
    """Whether a try was handed in since then (time.monotonic())."""
    return one.folder.stat().st_ctime > time.time() - (time.monotonic() - began)


def _cpu_seconds(desk):
    """CPU seconds of the desk's processes and of those that they have waited for; student processes are not among these."""
    total = 0.0
    for pid in [desk.process.pid, *descendants(desk.process.pid)]:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15])) / _TICK
    return total


def _kills(course, notebooks, arguments):
    expected, lost, stories = {}, 0, []
    for number in range(arguments.rounds):
        desk = desks.Desk(course)
        receipts = []
        try:
            browsers = {who: desk.browser(who) for who in random.sample([f"student-{one}" for one in range(arguments.students)], 8)}
            stop = time.monotonic() + random.uniform(2, 6)
            targets = random.sample(TARGETS, 2)
            times = sorted(random.uniform(0, 5) for _ in targets)
            began = time.monotonic()
            for place, who in enumerate(list(browsers)):
                while times and time.monotonic() - began > times[0]:
                    times.pop(0)
                    desk = _strike(targets.pop(0), desk, course)
                    browsers |= {one: desk.browser(one) for one in list(browsers)[place:]}
                which = random.randrange(len(notebooks))
                with contextlib.suppress(OSError, AssertionError):  # the server was killed under it: no receipt, no promise
                    status, _, text = browsers[who].hand_in(
                        "ps1", {"ps1.ipynb": _another(notebooks[which], f"kill {which}")}, Accept="application/json")
                    if status == 200:
                        receipts.append((who, json.loads(text)["number"], which))
                time.sleep(max(0.0, stop - time.monotonic()) / len(browsers))
            for target in targets:
                desk = _strike(target, desk, course)
            until = time.monotonic() + _WAIT_SECONDS
            while any(Tries(course, "ps1", who).get(one).waits for who, one, _ in receipts) and time.monotonic() < until:
                time.sleep(0.2)
        finally:
            desk.close()
        for who, one, which in receipts:
            report = Tries(course, "ps1", who).get(one).report
            known = report and _comparable(report)
            if not known or expected.setdefault((who, which), known) != known:
                lost += 1
                stories.append(f"round {number}: {who}, try {one}")
    for (who, which), known in expected.items():  # undisturbed
        if known != _comparable(_undisturbed(course, who, _another(notebooks[which], f"kill {which}"))):
            lost += 1
            stories.append(f"another result: {who}, notebook {which}")
    stop_zygote()
    print(*stories, sep="\n", file=sys.stderr)
    return {"rounds": arguments.rounds, "lost_after_kill": lost}


def _strike(target, desk, course):
    """Kill something of a desk, or lock its database; returns the desk, which is another one if it was the server."""
    if target == "database":
        with contextlib.closing(sqlite3.connect(course.root / "gradebook.db", timeout=5)) as connection:
            with contextlib.suppress(sqlite3.OperationalError):
                connection.execute("BEGIN EXCLUSIVE")
                time.sleep(1.5)
                connection.rollback()
        return desk
    if target == "server":
        desk.close(signal.SIGKILL)
        return desks.Desk(course)
    commands = {}
    for pid in descendants(desk.process.pid):
        with contextlib.suppress(OSError):
            commands[pid] = (Path(f"/proc/{pid}/cmdline").read_text(), int(Path(f"/proc/{pid}/stat").read_text()
                                                                         .rpartition(")")[2].split()[1]))
    houses = {pid for pid, (text, parent) in commands.items() if "desk.house" in text and parent == desk.process.pid}
    zygotes = {pid for pid, (text, parent) in commands.items() if "student.zygote" in text and parent in houses}
    chosen = {
        "house": houses, "zygote": zygotes,
        "grader": {pid for pid, (text, parent) in commands.items() if "desk.house" in text and parent in houses},
        "student process": {pid for pid in commands if pid not in zygotes and "student.zygote" in commands[pid][0]},
    }[target]
    if chosen:
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(sorted(chosen)), signal.SIGKILL)
    return desk


def _undisturbed(course, who, notebook):
    """The report of a notebook that is graded here, by nobody disturbed."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ps1.ipynb").write_bytes(notebook)
        report, _ = batch.grade(course.assignment("ps1"), who, Path(folder))
    return report


def _comparable(report):
    return {name: value for name, value in json.loads(report.to_json()).items() if name not in _TIMES}


if __name__ == "__main__":
    main()
