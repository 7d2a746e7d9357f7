"""Does grading still say what it said? Every score and criterion of the sample classes, compared with a frozen record.

    python tests/benchmarks/unchanged.py                        the five sample classes
    python tests/benchmarks/unchanged.py ps1 --cases FOLDER     one assignment, and the cases in a folder beside the kit
    python tests/benchmarks/unchanged.py --freeze               what is said now becomes the record

The record, unchanged.json, holds for each assignment its criteria, and for each submission the outcome and whatever is
not full marks: points of an item, and which criteria, with reason and note. Points, criteria and outcomes must be the
same; another wording is listed too, but only counts with --strict, since a reason can end in the last bit of a number.

A folder of cases has up to three parts: mistakes/*.py, functions to put in place of the model solution; honest/make.py, a
program that writes submissions into a course of ps1; hostile/*.py, cells to add to a perfect ps1 (or functions, where the
file's name ends in an assignment's), each graded by itself.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from autograder.authoring import build as authoring
from autograder.authoring import sample_class
from autograder.course import batch
from autograder.course.course import Course
from autograder.isolation.process import start_zygote, stop_zygote

RECORD = Path(__file__).with_suffix(".json")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="assignments; by default all")
    parser.add_argument("--cases", type=Path, help="a folder of cases to grade as well")
    parser.add_argument("--freeze", action="store_true", help="write the record rather than compare with it")
    parser.add_argument("--strict", action="store_true", help="another wording is a difference too")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object, last")
    arguments = parser.parse_args()
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    compared, different, reworded = 0, [], []
    for name in arguments.names or Course.here().authored.assignments:
        with Console(stderr=True).status(f"{name} ..."), tempfile.TemporaryDirectory() as scratch:
            said = graded(name, Path(scratch) / "course", arguments.cases)
        if arguments.freeze:
            known = record.setdefault(name, {"submissions": {}})
            known["criteria"] = said["criteria"]
            known["submissions"] |= said["submissions"]
            continue
        if said["criteria"] != record[name]["criteria"]:
            different.append(f"{name}: its criteria, their order, weights or texts")
        for student, now in said["submissions"].items():
            before = record[name]["submissions"].get(student)
            compared += 1
            if before is None or _points(before) != _points(now):
                different.append(f"{name}, {student}:\n  was {before}\n  is  {now}")
            elif before != now:
                reworded.append(f"{name}, {student}:\n  was {before}\n  is  {now}")
    stop_zygote()
    if arguments.freeze:
        RECORD.write_text(_readable(record))
        return
    for title, found in (("DIFFERENT", different), ("reworded", reworded)):
        for one in found:
            print(f"{title} {one}")
    figures = {"compared": compared, "different": len(different), "reworded": len(reworded)}
    print(json.dumps(figures) if arguments.json else "  ".join(f"{key} {value}" for key, value in figures.items()))
    sys.exit(bool(different or (arguments.strict and reworded)))


def graded(name, folder, cases):
    """What grading says of an assignment's sample class and cases: {"criteria": ..., "submissions": ...}."""
    course = Course.create(folder, like=Course.here())
    assignment = authoring.build(name, course, start_zygote()).assignment
    wanted = sample_class.sample_class(course, name)
    samples = wanted.SAMPLES
    with course.open_gradebook() as gradebook:
        gradebook.set_due_date(assignment, wanted.DUE)
    apart = []
    if cases:
        functions = [*sorted((cases / "mistakes").glob(f"{name}*.py")), *sorted((cases / "hostile").glob(f"*_{name}.py"))]
        samples = [*samples, *(sample_class.Sample(f"case-{path.stem}", _functions(path)) for path in functions)]
        if name == "ps1":
            cells = [path for path in sorted((cases / "hostile").glob("*.py")) if path not in functions and "_ps" not in path.stem]
            apart = [sample_class.Sample(f"case-{path.stem}", edit=sample_class.with_cell(path.read_text())) for path in cells]
    sample_class.write_class(course, assignment, [*samples, *apart])
    if cases and name == "ps1" and (cases / "honest/make.py").exists():
        subprocess.run([sys.executable, cases / "honest/make.py", course.root], check=True)
    alone = [sample.student for sample in apart]
    together = [student for student in course.students(name) if student not in alone]
    reports = batch.Run(course, assignment, together).grade()
    for student in alone:
        reports += batch.Run(course, assignment, [student]).grade(jobs=1)
    criteria = {item.id: [[criterion.weight, criterion.text] for criterion in item.criteria]
                for item in next(report for report in reports if report.student == "perfect").items}
    return {"criteria": criteria, "submissions": {report.student: _said(report) for report in reports}}


def _said(report):
    items = {}
    for item in report.items:
        shown = {str(number): [criterion.passed, criterion.reason, criterion.note]
                 for number, criterion in enumerate(item.criteria) if not criterion.passed or criterion.note}
        if shown:
            items[item.id] = [item.score, shown]
    return {"outcome": report.outcome.name, "score": report.score, "items": items, "problems": len(report.problems)}


def _points(said):
    """What must be the same: all but the wording."""
    items = {name: [score, {number: met for number, (met, *_) in shown.items()}] for name, (score, shown) in said["items"].items()}
    return said | {"items": items}


def _functions(path):
    """The functions and classes of a file: name -> source."""
    text = path.read_text()
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def _readable(record):
    """JSON with one line for a submission, and one for an item's criteria."""
    text = json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True)
    return re.sub(r"\n {4,}\s*|\n {3}(?=[\]}])", " ", text) + "\n"


if __name__ == "__main__":
    main()
