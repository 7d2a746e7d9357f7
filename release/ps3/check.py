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
ASSIGNMENT = {'name': 'ps3',
 'seconds': 150,
 'cells': {'given-1': ('given', '2a98def1c1982330'),
           'given-2': ('given', 'cbc4523002d05ec9'),
           'sgd-solution': ('answer', '107e6d13a89f7c97'),
           'sgd': ('check', '17357de9130b33a4'),
           'momentum-solution': ('answer', '0d12ab1b4fccb97c'),
           'momentum': ('check', 'f5cbd350594354c5'),
           'averages': ('answer', '2f2cafa761220b58'),
           'adam-solution': ('answer', 'bce2511de7392029'),
           'adam': ('check', 'd9e234afeddcc3a7'),
           'adamw-solution': ('answer', '5476a611b01d035d'),
           'adamw': ('check', 'aeb5d42c94b25f95'),
           'optimizer_step-solution': ('answer', 'eaca3c48a4417a16'),
           'given-3': ('given', '7bfe95d468d56792'),
           'optimizer_step': ('check', '9dd2853be3d9cd8a'),
           'given-4': ('given', 'bd06f23db81d77c8'),
           'torch_steps-solution': ('answer', '0795940b8ec36c05'),
           'torch_steps': ('check', '079149a81c595cdf'),
           'descend-solution': ('answer', '3bb5d789787e636b'),
           'descend': ('check', '454460ac0447f7c0'),
           'sgd_rates-solution': ('answer', 'd0325f97f874f082'),
           'sgd_rates': ('check', '9a31bd8e76555392'),
           'given-5': ('given', '4a77bb79385368d5'),
           'given-6': ('given', '3bdf8ad1fe381e5c'),
           'given-7': ('given', 'a9820be3159e625c'),
           'given-8': ('given', '089c66cdcb2f7ab1'),
           'given-9': ('given', '5f4f532799a23de1'),
           'given-10': ('given', '160857392b8b54ea'),
           'train-solution': ('answer', 'c2c26c6e321b678a'),
           'train': ('check', '557dee21ecbbb91c'),
           'steps_to_target-solution': ('answer', '11164af2a8149fd6'),
           'steps_to_target': ('check', 'c2277a7cc374fbcd'),
           'sweep-solution': ('answer', '280d074335238be8'),
           'sweep': ('check', '791073b34242de2d'),
           'given-11': ('given', '7957a0f9656e22c7'),
           'compare-solution': ('answer', '9fc767bd95ae7b2e'),
           'compare': ('check', 'a77e3894808b2394'),
           'given-12': ('given', '41b71aa0e679d362'),
           'given-13': ('given', '769fca388597594c'),
           'claims-solution': ('answer', '9d57c6a60c9b4e81'),
           'claims': ('check', '3e7e1be52eb83ca4'),
           'conclusions': ('answer', '2f2cafa761220b58')}}
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
    good = look(path, cells)
    if "--no-run" not in arguments:
        run(path, cells)
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
    """Print what is there and what is not; return whether all is well."""
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
    print(f"  {len(changed & answers)} of {len(answers)} answers are begun")
    for cell in there:
        if cell in answers - changed:
            print(f"    still as it was given: {cell.removesuffix('-solution')}")
    return good


def run(path, cells):
    """Run a copy, and print which of the notebook's checks hold."""
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
