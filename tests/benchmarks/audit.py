"""What the hidden suites miss: mutants of the model solutions, graded like submissions.

    python tests/benchmarks/audit.py                  all assignments
    python tests/benchmarks/audit.py ps1 --table      one of them; its table goes beside the suite, to be committed
    python tests/benchmarks/audit.py --json           the figures as one JSON object, last

All mutants of ps1, each graded whole. The notebooks of the others train for seconds: of them, but for ps4, a sample that is drawn
by the mutants' ids, most by their own item alone, in a notebook that ends with its check. Of each assignment: how many mutants, and
how many of them are declared equivalent; of the others, which share the hidden suite and the visible checks notice, and how
many cost another item points; and of a fifth that is kept aside while hints are written, the share of those caught whose
feedback is about their own change: by a hint, or by an error that shows the very line. Verdicts are kept in .autograder/audit/:
after Ctrl-C it goes on.
"""

import argparse
import json
import tempfile

from rich.console import Console
from tqdm import tqdm

from autograder.authoring import build as authoring
from autograder.authoring.audit import Audit, figures
from autograder.course.course import Course
from autograder.isolation.process import start_zygote, stop_zygote

SAMPLES = {"ps2": (120, 8), "ps3": (30, 3), "ps4": (None, 4), "ps5": (80, 2)}  # how many (None: all), and of them graded whole


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="assignments; by default all")
    parser.add_argument("--table", action="store_true", help="write audit.json beside each suite")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object, last")
    arguments = parser.parse_args()
    kit, found = Course.here(), {}
    for name in arguments.names or kit.authored.assignments:
        with tempfile.TemporaryDirectory() as scratch:
            with Console(stderr=True).status(f"building {name} ..."):
                assignment = authoring.build(name, Course.create(scratch, like=kit), start_zygote()).assignment
            sample, whole = SAMPLES.get(name, (None, None))
            audit = Audit(kit, assignment, sample, whole=whole)
            with tqdm(total=len(audit.waiting), desc=name, unit="mutant", disable=None) as bar:
                audit.run(on_result=bar.update)
        found[name] = figures(audit.rows)
        print(name, "  ".join(f"{key} {value}" for key, value in found[name].items()), flush=True)
        if arguments.table:
            audit.write_table()
    if arguments.json:
        print(json.dumps(found))
    stop_zygote()


if __name__ == "__main__":
    main()
