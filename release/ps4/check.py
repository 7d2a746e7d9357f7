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
 'cells': {'given-1': ('given', '71f4c64e88042981'),
           'dropout_forward-solution': ('answer', '57cdf8496c710765'),
           'dropout_forward': ('check', '00c1880c5685fdeb'),
           'dropout_backward-solution': ('answer', '49b32f1fef86cb1e'),
           'dropout_backward': ('check', '463c55885d5df0cf'),
           'why_dropout': ('answer', '2f2cafa761220b58'),
           'l2-solution': ('answer', '01dfd17ba975fb71'),
           'l2': ('check', '286cc0f3fb67b8e4'),
           'early_stopping-solution': ('answer', '18c856690d5f34b5'),
           'given-2': ('given', '318dd671ac3c1661'),
           'early_stopping': ('check', 'c07d924f8be56fc5'),
           'curve_signs-solution': ('answer', '634c0b5292351aad'),
           'curve_signs': ('check', '96fbb02cc542ccf3'),
           'unit_signs-solution': ('answer', '45f8457c9a4e7479'),
           'unit_signs': ('check', '2ec16ae2434881ce'),
           'weight_signs-solution': ('answer', '59929bf0eec78022'),
           'weight_signs': ('check', 'aa1a06fdf456bf9b'),
           'given-3': ('given', '4d9b298fb34e0a9f'),
           'given-4': ('given', '864daf676e5e1770'),
           'given-5': ('given', '58b37d1dd9aba457'),
           'given-6': ('given', '574943149b617ca7'),
           'given-7': ('given', '87745c5625e48e40'),
           'given-8': ('given', 'e0421bdcadd31a26'),
           'given-9': ('given', '71da8064169c102a'),
           'diagnose-solution': ('answer', '82430d54e8a31a39'),
           'diagnose': ('check', 'ce98bd063c031932'),
           'student_id-solution': ('answer', '974b5029cfef31b7'),
           'given-10': ('given', 'f6bb84bf4f390299'),
           'student_id': ('check', '24fef54c7e61cdb3'),
           'given-11': ('given', 'ce114be68fae63f3'),
           'diagnosis-solution': ('answer', '974b5029cfef31b7'),
           'diagnosis': ('check', '2ed7b78bd2faede1'),
           'evidence-solution': ('answer', '974b5029cfef31b7'),
           'evidence': ('check', '7ddf598578b4600a'),
           'replicas-solution': ('answer', '974b5029cfef31b7'),
           'replicas': ('check', 'a9cc83001c9fb4c7'),
           'cures-solution': ('answer', '974b5029cfef31b7'),
           'cures': ('check', '5405db4304252e9b'),
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
