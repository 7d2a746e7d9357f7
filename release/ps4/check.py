"""Before you hand in:  python check.py

Says whether the notebook in this folder is the right one: its name, whether it can be read, whether your answers are in
it and the given cells are as they were. Then it runs a copy from top to bottom, as grading will, and tells which of
the checks in the notebook hold. Your file is only read. Needs no network, and nothing that Jupyter does not bring along.

  python check.py FILE       look at another file
  python check.py --no-run   do not run anything
"""

import hashlib
import json
import sys
from pathlib import Path

# its name, the seconds that a cell may take, and of each of its cells what it is and a digest of its text
ASSIGNMENT = {'name': 'ps4',
 'seconds': 100,
 'cells': {'given-1': ('given', '9d107061d544ce4d'),
           'dropout_forward-solution': ('answer', '5f954fa5673657e4'),
           'dropout_forward': ('check', 'e4df70b5faa7dd54'),
           'dropout_backward-solution': ('answer', '49b32f1fef86cb1e'),
           'dropout_backward': ('check', 'fd5faefd91c5949f'),
           'why_dropout': ('answer', '2f2cafa761220b58'),
           'l2-solution': ('answer', '063692131c9598b7'),
           'l2': ('check', '9f6549a3a26cd0d6'),
           'early_stopping-solution': ('answer', '2561b1d176d10c61'),
           'given-2': ('given', '0ef924ce3e5682fe'),
           'early_stopping': ('check', '53d1b668f52eb224'),
           'curve_signs-solution': ('answer', '2d11bf33e700af0d'),
           'curve_signs': ('check', '8dd924c67994bec4'),
           'unit_signs-solution': ('answer', '6793671c43d3352e'),
           'unit_signs': ('check', 'ffc447fbac027e16'),
           'weight_signs-solution': ('answer', '90aa02956ce65880'),
           'weight_signs': ('check', '8a28277fab87812c'),
           'given-3': ('given', 'd87966983f1e9ce9'),
           'given-4': ('given', 'c315eaeb5ae4b450'),
           'given-5': ('given', '411c2ac0c1bc84e4'),
           'given-6': ('given', 'f6549d7a4529574f'),
           'given-7': ('given', 'c62b9ff7f558d8da'),
           'given-8': ('given', '4b71140be3bada04'),
           'given-9': ('given', '5f901404ce5d78d7'),
           'given-10': ('given', '8696228a7745289c'),
           'diagnose-solution': ('answer', 'a12b188a370b906d'),
           'diagnose': ('check', '702d227792cde10d'),
           'student_id-solution': ('answer', '974b5029cfef31b7'),
           'given-11': ('given', '4e6868d984c36e24'),
           'student_id': ('check', 'aa606bd630e0deb1'),
           'given-12': ('given', 'c1f51ebf30f79475'),
           'diagnosis-solution': ('answer', '974b5029cfef31b7'),
           'diagnosis': ('check', '38bf0b833a99c64c'),
           'evidence-solution': ('answer', '974b5029cfef31b7'),
           'evidence': ('check', 'd2205b98514c6533'),
           'replicas-solution': ('answer', '974b5029cfef31b7'),
           'replicas': ('check', '85af1ab6c4feb677'),
           'cures-solution': ('answer', '974b5029cfef31b7'),
           'cures': ('check', '94356a93d5480336'),
           'when_to_stop': ('answer', '2f2cafa761220b58')}}
HERE = Path(__file__).resolve().parent


def main(arguments):
    """Look at a notebook, print what is found, and return 0 if it can be handed in as it is."""
    if "-h" in arguments or "--help" in arguments:
        print(__doc__.strip())
        return 0
    chosen = [argument for argument in arguments if not argument.startswith("-")]
    path = Path(chosen[0]) if chosen else HERE / f"{ASSIGNMENT['name']}.ipynb"
    cells, problem = read(path)
    if problem:
        print(f"NOT READY: {problem}")
        return 1
    good, untouched = look(path, cells)
    if "--no-run" not in arguments:
        run(path, untouched)
    print("\nThis file can be handed in." if good else "\nNOT READY: please look at the lines above that begin with !")
    return 0 if good else 1


def read(path):
    """The cells of a notebook, or why there are none."""
    if not path.is_file():
        others = [other.name for other in sorted(path.parent.glob("*.ipynb")) if of_this_assignment(read(other)[0])]
        if others:
            return [], f"there is no {path.name} here. This looks like yours: {', '.join(others)}. Rename it to {path.name}."
        return [], f"there is no {path.name} in {path.parent.resolve()}. Run this in the folder where your notebook is."
    try:
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
        if notebook["nbformat"] < 4:
            return [], f"{path.name} is in an old format. Open it in Jupyter and save it."
        cells = [dict(cell, source="".join(cell["source"])) for cell in notebook["cells"]]
    except (OSError, ValueError, KeyError, TypeError):
        return [], f"{path.name} is damaged, or no notebook. Open it in Jupyter and save it."
    if not of_this_assignment(cells):
        return [], f"{path.name} holds no cell of {ASSIGNMENT['name']}: is it another notebook?"
    return cells, ""


def of_this_assignment(cells):
    """Whether any cell is one of this assignment's."""
    return any(name(cell) in ASSIGNMENT["cells"] for cell in cells)


def look(path, cells):
    """Print what is there and what is not; return whether all is well, and the answers that are as they were given."""
    file = f"{ASSIGNMENT['name']}.ipynb"
    good = path.name == file
    print(f"  {path.name} can be read" if good else f"! {path.name} can be read, but should be called {file}")
    names = [name(cell) for cell in cells]
    sources = {name(cell): cell["source"] for cell in cells}
    answers = {cell for cell, (kind, _) in ASSIGNMENT["cells"].items() if kind == "answer"}
    for cell in sorted(ASSIGNMENT["cells"].keys() - sources.keys()):
        if cell in answers:
            good = False
            print(f"! the cell {cell} is gone: an answer belongs there. Copy it from the notebook that you were given.")
        else:
            print(f"  the given cell {cell} is gone; grading puts it back")
    for cell in sorted({cell for cell in names if cell in ASSIGNMENT["cells"] and names.count(cell) > 1}):
        good = False
        print(f"! the cell {cell} is there {names.count(cell)} times: leave one.")
    there = [cell for cell in ASSIGNMENT["cells"] if cell in sources]
    changed = {cell for cell in there if digest(sources[cell]) != ASSIGNMENT["cells"][cell][1]}
    for cell in there:
        if cell in changed - answers:
            print(f"  the given cell {cell} was edited; grading puts it back as it was")
    untouched = [cell.removesuffix("-solution") for cell in there if cell in answers - changed]
    if answers and not changed & answers:
        print(f"! none of the {len(answers)} answers is begun: is this the file that you worked in?")
        return False, untouched
    print(f"  {len(changed & answers)} of {len(answers)} answers are begun")
    for answer in untouched:
        print(f"    still as it was given: {answer}")
    return good, untouched


def run(path, untouched):
    """Run a copy, and print which of the notebook's checks hold; that those of untouched answers do not goes without saying."""
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import DeadKernelError
    except ImportError:
        print("  its checks were not run: that needs nbclient, which Jupyter brings along")
        return
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=ASSIGNMENT["seconds"],
                            extra_arguments=["--log-level=ERROR"], resources={"metadata": {"path": str(path.resolve().parent)}})
    code = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    print("  running a copy from top to bottom ...")
    held = checks = 0
    try:
        with client.setup_kernel():
            for done, (index, cell) in enumerate(code, 1):
                if sys.stdout.isatty():
                    print(f"\r    cell {done} of {len(code)}\r", end="", flush=True)
                client.execute_cell(cell, index)
                if ASSIGNMENT["cells"].get(name(cell), [""])[0] == "check":
                    errors = [output for output in cell.outputs if output.output_type == "error"]
                    checks, held = checks + 1, held + (not errors)
                    said = f": {errors[0].ename}: {errors[0].evalue}".strip().splitlines()[0] if errors else ""
                    if not errors or name(cell) not in untouched:
                        print(f"    {'not yet' if errors else 'holds  '}  {name(cell)}{said}"[:160])
                    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
                    for line in printed.splitlines():
                        if line.startswith("! "):  # a check that wants to be read before handing in
                            print(f"      {line}"[:160])
    except (TimeoutError, DeadKernelError) as error:
        print(f"  it stopped there: {type(error).__name__}. Does Kernel > Restart and Run All come to its end?")
        return
    print(f"  {held} of {checks} checks in the notebook hold; grading looks at more than they do")


def name(cell):
    """What the assignment calls a cell, "" for your own."""
    return str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", ""))


def digest(text):
    """A short digest of a cell's text, whatever ends its lines."""
    return hashlib.sha256("\n".join(text.splitlines()).strip().encode()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
