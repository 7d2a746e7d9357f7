"""Does honest work earn what it deserves, whatever tools and habits have made of the notebook?

    python tests/benchmarks/honest.py              every case of tests/honest.py, on ps1
    python tests/benchmarks/honest.py ps1 ps2      on these assignments

Each case is a solved notebook with one difference; it deserves what the solved notebook earns. Points by program that are
missing, and the points of written answers that were given 0 unread, are lost wrongly. A case that ends in no result is stopped.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import nbformat
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import honest  # noqa: E402

from autograder.authoring import build as authoring  # noqa: E402
from autograder.authoring import sample_class  # noqa: E402
from autograder.course import batch, entries  # noqa: E402
from autograder.course.course import Course  # noqa: E402
from autograder.isolation.process import start_zygote, stop_zygote  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["ps1"], help="assignments; by default ps1")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object, last")
    arguments = parser.parse_args()
    figures = {"cases": 0, "right": 0, "points_lost_wrongly": 0.0, "stopped": 0}
    for name in arguments.names:
        with Console(stderr=True).status(f"{name} ...") as status, tempfile.TemporaryDirectory() as scratch:
            for case, lost in _graded(name, Path(scratch)):
                status.update(f"{name}: {case}")
                figures["cases"] += 1
                figures["right"] += lost == {}
                figures["stopped"] += lost is None
                figures["points_lost_wrongly"] += sum((lost or {}).values())
                if lost != {}:
                    print(f"{name}, {case}: {'no result' if lost is None else lost}")
    stop_zygote()
    figures["points_lost_wrongly"] = round(figures["points_lost_wrongly"], 2)
    print(json.dumps(figures) if arguments.json else "  ".join(f"{key} {value}" for key, value in figures.items()))
    sys.exit(figures["right"] < figures["cases"])


def _graded(name, scratch):
    """Each case with the points that it has lost: cell -> points, None for no result."""
    course = Course.create(scratch / "course", like=Course.here())
    assignment, zygote = authoring.build(name, course, start_zygote()).assignment, start_zygote()
    notebook = sample_class.solve(assignment)
    sample_class.personalise(notebook, "ada")
    solved, released = (json.loads(nbformat.writes(one)) for one in (notebook, assignment.released_notebook))
    deserved = None
    for case, change in {"as it is": lambda notebook: None, **honest.CASES}.items():
        folder = scratch / "submitted" / case
        for file, contents in honest.files(name, change, solved, released).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(contents)
        report, entry = entries.grade_contained(assignment, zygote, "ada", *batch.read(assignment, folder))
        if entry is None:
            yield case, None
            continue
        deserved = deserved or entry.scores
        lost = {cell: _points(assignment, cell, deserved) - _points(assignment, cell, entry.scores) for cell in deserved}
        yield case, {cell: round(points, 2) for cell, points in lost.items() if points > 0.005}


def _points(assignment, cell, scores):
    """What a cell brings: one that a person will read, all of its points."""
    return assignment.manual[cell] if scores[cell] is None else scores[cell]


if __name__ == "__main__":
    main()
