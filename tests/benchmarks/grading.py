"""How fast a class is graded: `autograder grade` against stock `nbgrader autograde`, and what the engine itself costs.

Both commands grade the same correct submissions of ps1, one after the other in this run, from process start to the
last autograded notebook, each into a gradebook of its own. nbgrader runs with its defaults: its own Execute in a fresh
kernel for each notebook, visible checks only. Ours also runs the hidden suite. The ratio is submissions per second.

The engine's own cost is the CPU time of everything that grades one submission (this process with pytest, the reference
and the gradebook; the zygote's forks; the supervisor; the student process) less the CPU time inside the student's cells
and functions, which the student process measures around each of them. Mean over the submissions, after one to warm up.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from autograder.authoring import build as authoring
from autograder.authoring import sample_class
from autograder.course import batch, entries
from autograder.course.course import Course
from autograder.isolation.process import start_zygote, stop_zygote
from autograder.suites.ps1.sample_class import SAMPLES

CORRECT = ("perfect", "correct-with-loops", "correct-in-another-style")
_TICK = os.sysconf("SC_CLK_TCK")

KIT = Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2, help="how many at once, for autograder grade")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object, last")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        with console.status("making the submissions"):
            ours, stock = _courses(scratch, arguments.submissions)
        with console.status("autograder grade"):
            seconds_ours = _timed(
                [sys.executable, "-m", "autograder.cli", "grade", "ps1", "--course", str(ours.root),
                 "--jobs", str(arguments.jobs)], KIT)
        with console.status("nbgrader autograde (some seconds for each)"):
            seconds_nbgrader = _timed([sys.executable, "-m", "nbgrader", "autograde", "ps1"], stock)
        for root in (ours.root, stock):
            done = len(list((root / "autograded").glob("*/ps1/ps1.ipynb")))
            if done != arguments.submissions:
                sys.exit(f"{root.name} graded {done} of {arguments.submissions} submissions: nothing to compare")
        with console.status("the engine's own cost"):
            engine = _engine_seconds(ours)
    figures = {
        "submissions": arguments.submissions,
        "seconds_ours": round(seconds_ours, 2),
        "seconds_nbgrader": round(seconds_nbgrader, 2),
        "ratio": round(seconds_nbgrader / seconds_ours, 2),
        "engine_cpu_s_per_submission": round(engine, 3),
    }
    for name, value in figures.items():
        print(f"{name:30s} {value}")
    if arguments.json:
        print(json.dumps(figures))


def _courses(scratch, count):
    """Two courses with the same submissions: ours, and the folder of one with nbgrader's own configuration."""
    ours = Course.create(scratch / "ours", like=Course.here())
    authoring.build("ps1", ours, start_zygote())
    stop_zygote()
    assignment = ours.assignment("ps1")
    samples = [sample for sample in SAMPLES if sample.student in CORRECT]
    chosen = [
        sample_class.Sample(f"student-{i:02d}", samples[i % len(samples)].functions) for i in range(count)
    ]
    sample_class.write_class(ours, assignment, chosen)
    stock = scratch / "stock"
    shutil.copytree(ours.root, stock)
    (stock / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(stock)!r}\n"
        "c.CourseDirectory.source_directory = 'built/source'\n"
    )
    return ours, stock


def _timed(command, folder):
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(KIT)})
    if done.returncode:
        sys.exit(f"{' '.join(command[2:5])} failed:\n{done.stderr[-2000:]}")
    return time.perf_counter() - started


def _engine_seconds(course):
    assignment, zygote = course.assignment("ps1"), start_zygote()
    students = course.students("ps1")
    with course.open_gradebook() as gradebook:
        def one(student):
            work = batch.read(assignment, course.submitted / student / "ps1")
            report, entry = entries.grade(assignment, zygote, student, *work)
            gradebook.record(report, entry)
            return report.cpu_seconds - report.student_seconds

        one(students[0])
        before = time.process_time() + _cpu_of(zygote.pid)
        around_student_code = sum(one(student) for student in students)
        own = time.process_time() + _cpu_of(zygote.pid) - before
    stop_zygote()
    return (own + around_student_code) / len(students)


def _cpu_of(pid):
    """CPU seconds of a process, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


if __name__ == "__main__":
    main()
