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
 'cells': {'given-1': ('given', 'eaff8eb3aca93001'),
           'given-2': ('given', '6e76124efdca8577'),
           'sgd-solution': ('answer', '107e6d13a89f7c97'),
           'sgd': ('check', '7970b3c0905c3544'),
           'momentum-solution': ('answer', '0d12ab1b4fccb97c'),
           'momentum': ('check', '622d61895ec433ea'),
           'averages': ('answer', '2f2cafa761220b58'),
           'adam-solution': ('answer', 'ae48a5a1b40c2e18'),
           'adam': ('check', '300516feec75130b'),
           'adamw-solution': ('answer', '23e9f4382fa7cc14'),
           'adamw': ('check', '120fa031272a8d73'),
           'optimizer_step-solution': ('answer', '973ef1b5ed81bc29'),
           'given-3': ('given', '700dfe1a3723401c'),
           'optimizer_step': ('check', '5d8275fd81733844'),
           'given-4': ('given', 'bd06f23db81d77c8'),
           'torch_steps-solution': ('answer', 'd81046ff321edbcc'),
           'torch_steps': ('check', 'e52f3cb8af6d5f5c'),
           'descend-solution': ('answer', '71502cb32c6883eb'),
           'descend': ('check', 'e48116d1d29619e0'),
           'sgd_rates-solution': ('answer', 'bf6938fb89102fb9'),
           'sgd_rates': ('check', '048f0fe740b06b99'),
           'given-5': ('given', '83c3cfc81e402ce0'),
           'given-6': ('given', '0e4d455e8cb62e87'),
           'given-7': ('given', 'f3d205f6f206a58d'),
           'given-8': ('given', '9e8b8fe85a66163d'),
           'given-9': ('given', '4d7483ca41e4f5f3'),
           'given-10': ('given', 'e438ed1db54ec1d7'),
           'train-solution': ('answer', '3a1b13c7e8d9662d'),
           'train': ('check', '6f7d440a3e532141'),
           'steps_to_target-solution': ('answer', '28b5866a7eea3357'),
           'steps_to_target': ('check', '14f9349dcf10270c'),
           'sweep-solution': ('answer', '8b3c57af80301e31'),
           'sweep': ('check', '854606d6e3e14baa'),
           'given-11': ('given', '5712835ca42af37a'),
           'compare-solution': ('answer', '3ea1748ddfd93a97'),
           'compare': ('check', '01691ea9179e04b1'),
           'given-12': ('given', '41b71aa0e679d362'),
           'given-13': ('given', 'edbe574f2d272bb9'),
           'claims-solution': ('answer', '9760feec17c0e82d'),
           'claims': ('check', 'd8b9ed5a2534f2ff'),
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
