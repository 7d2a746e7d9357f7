"""What grading a large class costs, submission by submission: is the thousandth as cheap as the tenth?

Three correct submissions of ps1, in different styles and without mistakes, are copied until there are as many students as
asked for. A class of 10, one of 100 and all of them are each graded into a gradebook of their own by `autograder grade`,
and all of them once more, unchanged. Measured are

    cpu_s_per_submission_N   the engine's CPU seconds for each of N submissions: of the command and all processes below it,
                             without what it takes when nothing is left to do, and without what the students' own cells and
                             functions take. A small class carries more of what is loaded once. The last N is the size
    writer_ms                CPU time of recording one new submission, in the one process that writes: rows and autograded
                             folder; mean over a hundred
    skip_cpu_s               CPU seconds of the command for the whole class when nothing has changed
    peak_mb                  the most memory that the writing process has taken while it graded the whole class

A thousand take some minutes on two cores; --students makes it less.
"""

import argparse
import dataclasses
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
KIT = Path(__file__).resolve().parents[2]
_RECORDED = 100
# says what it took itself, and what all processes took that it has waited for
_GRADE = """
import atexit, json, os, resource, sys
from autograder import cli

own = os.getpid()


def say():
    if os.getpid() == own:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        seconds = sum(usage.ru_utime + usage.ru_stime for usage in usages)
        print(json.dumps([seconds, usages[0].ru_maxrss / 1024]))


atexit.register(say)
cli.main()
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object, last")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        written = _written(Path(scratch))
        for size in sorted({min(size, arguments.students) for size in (10, 100, arguments.students)}):
            with console.status(f"grading {size} students"):
                course = _class_of(size, written, Path(scratch))
                graded, peak = _command(course)
                skipped, _ = _command(course)
            figures[f"cpu_s_per_submission_{size}"] = round((graded + _behind_the_wall(course) - skipped) / size, 3)
        with console.status("recording"):
            figures["writer_ms"] = round(_writer_ms(course), 2)
    figures |= {"skip_cpu_s": round(skipped, 2), "peak_mb": round(peak)}
    for name, value in figures.items():
        print(f"{name:30s} {value}")
    if arguments.json:
        print(json.dumps(figures))


def _written(scratch):
    """A course in which ps1 is built and the distinct submissions are handed in."""
    course = Course.create(scratch / "written", like=Course.here())
    authoring.build("ps1", course, start_zygote())
    stop_zygote()
    sample_class.write_class(course, course.assignment("ps1"), [one for one in SAMPLES if one.student in CORRECT])
    return course


def _class_of(size, written, scratch):
    """A course with copies of the submissions."""
    root = scratch / f"class-of-{size}"
    shutil.copytree(written.root, root, ignore=shutil.ignore_patterns("submitted", "nbgrader_config.py"))
    course = Course.create(root, like=Course.here())
    for number in range(size):
        shutil.copytree(written.submitted / CORRECT[number % len(CORRECT)], course.submitted / f"student-{number:04d}")
    return course


def _command(course):
    """Run `autograder grade`: its CPU seconds with those of all below it, and the megabytes it took at most."""
    done = subprocess.run(
        [sys.executable, "-c", _GRADE, "grade", "ps1", "--course", str(course.root)], cwd=KIT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(KIT)})
    if done.returncode:
        sys.exit(f"grading failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _behind_the_wall(course):
    """CPU seconds of the student processes around the students' own code; nobody waits for them, so no process counts them."""
    store = batch.Store(course, "ps1")
    reports = [store.get(student) for student in course.students("ps1")]
    return sum(report.cpu_seconds - report.student_seconds for report in reports)


def _writer_ms(course):
    """CPU milliseconds of recording a new submission."""
    work, students = course.assignment("ps1"), course.students("ps1")[: len(CORRECT)]
    graded = [
        entries.grade(work, start_zygote(), student, *batch.read(work, course.submitted / student / "ps1")) for student in students
    ]
    stop_zygote()
    store, seconds = batch.Store(course, "ps1"), 0.0
    with course.open_gradebook() as gradebook:
        for number in range(_RECORDED):
            report, entry = graded[number % len(graded)]
            report = dataclasses.replace(report, student=f"newcomer-{number:04d}")
            before = time.process_time()
            gradebook.record(report, entry)
            store.put(report)
            seconds += time.process_time() - before
    return 1000 * seconds / _RECORDED


if __name__ == "__main__":
    main()
