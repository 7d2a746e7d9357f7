"""Every assignment held to its promises: what must earn everything, what must earn nothing, what each sample must earn.

    python tests/benchmarks/assignments.py                  all assignments
    python tests/benchmarks/assignments.py ps2 --seeds 5    one of them, five students

The instructor version is handed in by 20 students, whose names seed the hidden tests; the blank release by one. The
sample class is graded as a TA does it and compared with what is written beside each sample. The notebook's seconds are
CPU seconds of one run of the instructor version, cells and hidden tests' calls together.
"""

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
from rich.console import Console

from autograder.authoring import build as authoring
from autograder.authoring import sample_class
from autograder.course import batch
from autograder.course.course import Course
from autograder.grading import submission
from autograder.isolation.process import start_zygote, stop_zygote


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="assignments; by default all")
    parser.add_argument("--seeds", type=int, default=20, help="students who hand in the instructor version")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object, last")
    arguments = parser.parse_args()
    figures = {}
    for name in arguments.names or Course.here().authored.assignments:
        with Console(stderr=True).status(f"{name} ..."), tempfile.TemporaryDirectory() as scratch:
            figures[name] = measure(name, arguments.seeds, Path(scratch) / "course")
        print(name, "  ".join(f"{key} {value}" for key, value in figures[name].items()), flush=True)
    if arguments.json:
        print(json.dumps(figures))
    stop_zygote()
    sys.exit(any(f["full_marks"] < f["seeds"] or f["blank_points"] or f["samples_wrong"] for f in figures.values()))


def measure(name, seeds, folder):
    """The figures of one assignment, as a dict."""
    course = Course.create(folder, like=Course.here())
    assignment = authoring.build(name, course, start_zygote()).assignment
    students = [f"seed-{number}" for number in range(seeds)]
    with ProcessPoolExecutor(batch.cores(), multiprocessing.get_context("fork"), batch._start_worker) as executor:
        solved = sample_class.solve(assignment)
        reports = list(executor.map(_instructor, [assignment] * seeds, [solved] * seeds, students))
    blank, _ = submission.grade_notebook(assignment, start_zygote(), "blank", assignment.released_notebook)

    wanted = sample_class.sample_class(course, name)
    samples = wanted.SAMPLES
    with course.open_gradebook() as gradebook:
        gradebook.set_due_date(assignment, wanted.DUE)
    sample_class.write_class(course, assignment, samples)
    graded = {report.student: report for report in batch.Run(course, assignment, course.students(name)).grade()}
    wrong = [sample.student for sample in samples if not _as_expected(sample, graded[sample.student], assignment)]
    return {
        "seeds": seeds,
        "full_marks": sum(all(item.score == item.points for item in report.items) and not report.problems for report in reports),
        "blank_points": blank.score,
        "samples": len(samples),
        "samples_wrong": len(wrong),
        "which_wrong": wrong,
        "notebook_cpu_seconds": round(statistics.median(report.cpu_seconds for report in reports), 2),
    }


def _instructor(assignment, solved, student):
    text = sample_class.make(sample_class.Sample(student), assignment, solved)
    notebook = nbformat.reads(text, as_version=4)
    return submission.grade_notebook(assignment, start_zygote(), student, notebook)[0]


def _as_expected(sample, report, assignment):
    expected = sample.expected(assignment)
    same = all(abs(item.score - expected[item.id]) <= 0.005 for item in report.items)
    return same and report.outcome is sample.outcome and not report.problems


if __name__ == "__main__":
    main()
