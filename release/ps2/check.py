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
ASSIGNMENT = {'name': 'ps2',
 'seconds': 125,
 'cells': {'given-1': ('given', '701a4b20b9704882'),
           'given-2': ('given', '76de52a1110c0026'),
           'given-3': ('given', '56dae274b350eb66'),
           'given-4': ('given', '8512431127483216'),
           'given-5': ('given', '82184252d732d000'),
           'vocabulary-solution': ('answer', '54875d471eeb07b4'),
           'vocabulary': ('check', 'f3178f79bea89291'),
           'given-6': ('given', '7d6e5bfdb1715103'),
           'pad_batch-solution': ('answer', '1b63ef9b9d9d2377'),
           'pad_batch': ('check', 'fab55b7535b6e735'),
           'one_hot-solution': ('answer', '5ac4dfc7143ba89f'),
           'one_hot': ('check', '10182548ad750702'),
           'given-7': ('given', '6e204cc5f3379fff'),
           'embedding_forward-solution': ('answer', '591e40bd968d0728'),
           'embedding_forward': ('check', '132b0ecdf6e21d3f'),
           'embedding_backward-solution': ('answer', '1b7cc880b8d8db62'),
           'embedding_backward': ('check', '22f36fae75239853'),
           'given-8': ('given', 'afd5bc0a8a8b3fa3'),
           'sparse_gradient-solution': ('answer', '07eae1338cca34bf'),
           'sparse_gradient': ('check', '7ed8b6ec52047e4e'),
           'adagrad_rows-solution': ('answer', 'b4aec1d6c005dfc9'),
           'adagrad_rows': ('check', 'f1ec0883f658c705'),
           'mean_pool-solution': ('answer', 'f38e5a444e7b286d'),
           'mean_pool': ('check', 'c3db27dd344e9acf'),
           'mean_pool_gradient-solution': ('answer', 'c802926a9c5af053'),
           'mean_pool_gradient': ('check', '304730e906621a76'),
           'max_pool-solution': ('answer', 'ce3e6ff4ff7f77e2'),
           'max_pool': ('check', '981355c816737fa0'),
           'max_pool_gradient-solution': ('answer', '260f4a3b37f2bea4'),
           'max_pool_gradient': ('check', 'ed6e27b45fb9e852'),
           'given-9': ('given', 'da7c652b0e70a875'),
           'classifier_forward-solution': ('answer', '6651e451bc49abf6'),
           'given-10': ('given', '12426a5c8b3cd140'),
           'classifier_forward': ('check', '48f6f4983f16676e'),
           'classifier_backward-solution': ('answer', '3a9bdac868cf3d49'),
           'classifier_backward': ('check', '5195c13cc2db9f4a'),
           'train-solution': ('answer', '867656ad6188f1f1'),
           'given-11': ('given', '5e6d623acd04ce7c'),
           'train': ('check', 'f3336bca1366571c'),
           'reviews-solution': ('answer', 'fab5b9d887165b90'),
           'given-12': ('given', 'f3659968ad7ae3ff'),
           'reviews': ('check', 'c523f064fb84cecb'),
           'given-13': ('given', '9754aebdc541fead'),
           'given-14': ('given', 'fd2ab3bc644fdea4'),
           'cosine_similarity-solution': ('answer', 'fdc6dc1e39917f62'),
           'cosine_similarity': ('check', 'ac842f2845f426f1'),
           'nearest_neighbours-solution': ('answer', 'cb664d90a312071f'),
           'nearest_neighbours': ('check', '2e718b42e7cb54a9'),
           'given-15': ('given', '82783952bc0e2f22'),
           'word_vectors-solution': ('answer', '9dc4614057d80d83'),
           'word_vectors': ('check', 'f9ab39531d875970'),
           'given-16': ('given', '476ac41e02957617'),
           'same_class_share-solution': ('answer', 'd3c3df2a0941850b'),
           'same_class_share': ('check', 'ce3e7840a5fb010b'),
           'given-17': ('given', '448c2df3774515fc'),
           'pca-solution': ('answer', '9c4ad547e49bac7b'),
           'pca': ('check', 'ff044e6f43141f49'),
           'given-18': ('given', 'acb902b4f26d1fd8'),
           'given-19': ('given', '670e4ace5da6f6d9'),
           'why_similar': ('answer', '2f2cafa761220b58'),
           'reading_pictures': ('answer', '2f2cafa761220b58')}}
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
