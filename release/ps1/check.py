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
ASSIGNMENT = {'name': 'ps1',
 'seconds': 50,
 'cells': {'given-1': ('given', '28553d37c66ae189'),
           'given-2': ('given', '227b6f7024a65b48'),
           'given-3': ('given', 'b1001f4ba54f6461'),
           'sigmoid-solution': ('answer', '71c7725e817c2379'),
           'sigmoid': ('check', 'e7b53643a11d350a'),
           'relu-solution': ('answer', 'e86e95de8193bdab'),
           'relu': ('check', '1b94760d3fdf620e'),
           'given-4': ('given', '99d5bac22889cc14'),
           'gelu-solution': ('answer', '1420ef29aaf42985'),
           'gelu': ('check', '927af231a54a41f9'),
           'activation_gradients-solution': ('answer', 'faf5e5096d41269d'),
           'activation_gradients': ('check', '6338702f7e95d247'),
           'given-5': ('given', 'b4c7f89969fd2a23'),
           'dense_forward-solution': ('answer', '9bfa4d99615d20f2'),
           'dense_forward': ('check', 'a76d18e03461e208'),
           'init_params-solution': ('answer', '74a8884e5cd3efe7'),
           'init_params': ('check', '5441d9d8d6f9b224'),
           'given-6': ('given', '83802fe977c6174d'),
           'given-7': ('given', '27ca9b3457c628f9'),
           'forward-solution': ('answer', 'f8536507948c939f'),
           'forward': ('check', '862c765949ba4e54'),
           'given-8': ('given', 'a7a7b28354bdb1f9'),
           'bce-solution': ('answer', '81825314d8af578c'),
           'bce': ('check', '829d7cd4a9ea9ad5'),
           'softmax-solution': ('answer', '020d1009080ecbbe'),
           'softmax': ('check', 'dc65c15be7668be9'),
           'softmax_cross_entropy-solution': ('answer', '5c23973144dfa6a2'),
           'softmax_cross_entropy': ('check', 'eb44c3c598d3df98'),
           'loss_gradients-solution': ('answer', '51a5f7a9dd0b4f33'),
           'loss_gradients': ('check', '1ae6812c51edb914'),
           'derivation': ('answer', '2f2cafa761220b58'),
           'dense_backward-solution': ('answer', '256995e3db951542'),
           'dense_backward': ('check', 'd1a75bb5055e0146'),
           'backward-solution': ('answer', 'bcc9b007bd388dbb'),
           'backward': ('check', 'cc3c375ab185dc86'),
           'numerical_gradient-solution': ('answer', 'f09849bff280e5a2'),
           'numerical_gradient': ('check', '17961f5d1f086828'),
           'given-9': ('given', '92ff7c6327eb075e'),
           'sgd_step-solution': ('answer', 'db158fd824f3b046'),
           'sgd_step': ('check', '893f88a3798f600b'),
           'minibatches-solution': ('answer', 'a734f21c7023d66b'),
           'minibatches': ('check', 'ad8802d888df57e2'),
           'given-10': ('given', '8dcdb53f7d1437e9'),
           'train-solution': ('answer', '8a3b0175308feb11'),
           'train': ('check', '42ab66567c0af292'),
           'given-11': ('given', 'b6e4c548a4d532b7'),
           'given-12': ('given', 'd4bedbf0ee743223'),
           'torch_twin-solution': ('answer', 'ab5ea6a9491f72de'),
           'torch_twin': ('check', '59f9591fc16dccf8'),
           'vanishing_gradients-solution': ('answer', 'd25bbbb3945e6035'),
           'vanishing_gradients': ('check', 'afda05ce53b665ea'),
           'given-13': ('given', '71142ffa54e2b82a')}}
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
