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
 'cells': {'given-1': ('given', 'c482549361dfcab7'),
           'given-2': ('given', '8538016649605353'),
           'given-3': ('given', '11d371f5c1669d04'),
           'sigmoid-solution': ('answer', '6636d67de012abd6'),
           'sigmoid': ('check', 'bacecbc1338fa9c2'),
           'relu-solution': ('answer', 'e86e95de8193bdab'),
           'relu': ('check', 'd8ac5e339d946640'),
           'given-4': ('given', '99d5bac22889cc14'),
           'gelu-solution': ('answer', '1be2313021307c37'),
           'gelu': ('check', '13c8cceebda64700'),
           'activation_gradients-solution': ('answer', '1096a30f8f3ae39f'),
           'activation_gradients': ('check', '83cfc517cae5c242'),
           'given-5': ('given', '59fdc07cde293999'),
           'given-6': ('given', 'c7f25a22e1fd1ce6'),
           'dense_forward-solution': ('answer', '9bfa4d99615d20f2'),
           'dense_forward': ('check', '3af155b4a2de57d4'),
           'init_params-solution': ('answer', '1b365ec1137bb8dc'),
           'init_params': ('check', '0a599f666f618e99'),
           'given-7': ('given', '83802fe977c6174d'),
           'given-8': ('given', 'c4328ad311ace353'),
           'forward-solution': ('answer', 'a9a66bb6b534efcb'),
           'forward': ('check', 'b683f6cb24fbc85f'),
           'given-9': ('given', 'a7a7b28354bdb1f9'),
           'bce-solution': ('answer', 'b5243ff9b442ae20'),
           'bce': ('check', '55fb7db309032cbb'),
           'softmax-solution': ('answer', '00105ea9dd1a2801'),
           'softmax': ('check', 'd48ad4252ece532d'),
           'softmax_cross_entropy-solution': ('answer', '99cbfdff94ff9548'),
           'softmax_cross_entropy': ('check', 'e170fabd1303f26c'),
           'loss_gradients-solution': ('answer', '51a5f7a9dd0b4f33'),
           'loss_gradients': ('check', '7601e954e240ea1e'),
           'derivation': ('answer', '2f2cafa761220b58'),
           'dense_backward-solution': ('answer', '2a97e12ef48c2436'),
           'dense_backward': ('check', 'ddd935925be3438d'),
           'backward-solution': ('answer', '9b6656e13b240851'),
           'backward': ('check', '7ef17365ac3fb614'),
           'numerical_gradient-solution': ('answer', 'f09849bff280e5a2'),
           'numerical_gradient': ('check', '12ca5ceb344b3998'),
           'given-10': ('given', '9b8f64ae688df56c'),
           'sgd_step-solution': ('answer', 'db158fd824f3b046'),
           'sgd_step': ('check', 'b42e038a4164829f'),
           'minibatches-solution': ('answer', 'a734f21c7023d66b'),
           'minibatches': ('check', 'dc47bca22eecb74d'),
           'given-11': ('given', '0eab34072d7528e1'),
           'train-solution': ('answer', '833f774b7ef9202d'),
           'train': ('check', '0cbcc6162c4c5fd6'),
           'given-12': ('given', 'b4153e0fb18a7a46'),
           'given-13': ('given', '2ee1ba7186d1b9c7'),
           'torch_twin-solution': ('answer', 'ab5ea6a9491f72de'),
           'torch_twin': ('check', 'a2f931ff2e5e4935'),
           'vanishing_gradients-solution': ('answer', '1a96d0b2868b9c97'),
           'vanishing_gradients': ('check', '6e2df7c9ec13e1d4'),
           'given-14': ('given', '8583e6e6a4be0da7'),
           'autodiff-solution': ('answer', '3fca44ca49661449'),
           'given-15': ('given', '477dbc75dcef6a18'),
           'autodiff': ('check', 'f1375e58326fc031')}}
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
