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
ASSIGNMENT = {'name': 'ps5',
 'seconds': 300,
 'cells': {'given-1': ('given', '579e9e32176824f6'),
           'given-2': ('given', 'c6aa1a16af5218fb'),
           'given-3': ('given', 'cd7db29224de5300'),
           'given-4': ('given', '153d5d802affd143'),
           'confusion-solution': ('answer', 'bd47920b5c279e29'),
           'confusion': ('check', '7a9d4c3870943a00'),
           'given-5': ('given', 'd5a8c063ab0a10ba'),
           'precision_recall-solution': ('answer', 'a087743406c9dc69'),
           'precision_recall': ('check', '2f21e68919da8cb1'),
           'standard_error-solution': ('answer', '7d03cece7c41c837'),
           'standard_error': ('check', '00cf1704ec12bdb6'),
           'misclassified-solution': ('answer', 'f9dbfb0c47851819'),
           'misclassified': ('check', '7239d47287ce99f3'),
           'given-6': ('given', '7638fea0d3d6b25e'),
           'telling_words-solution': ('answer', 'dd8c89ebfbc956e0'),
           'telling_words': ('check', 'ba64077a20fbb39a'),
           'given-7': ('given', 'd38ecd7b697c6ce5'),
           'categorise-solution': ('answer', 'e4f3e9ee0833e1ce'),
           'categorise': ('check', '11de6bb71fa0c5a4'),
           'error_rates-solution': ('answer', '7366d1d6a07f1f3e'),
           'error_rates': ('check', 'aab3d0e19fdfb584'),
           'given-8': ('given', 'acb5b1fac857e500'),
           'bag_twins-solution': ('answer', '33ab567fcf86094a'),
           'bag_twins': ('check', '2810fc282a75dd0c'),
           'bigram_twins-solution': ('answer', '8c98f8694d7fbc29'),
           'bigram_twins': ('check', 'd4b0e4fc6b9ef0f4'),
           'why_pooling': ('answer', '2f2cafa761220b58'),
           'probabilities-solution': ('answer', 'd85d54acf3bc6642'),
           'given-9': ('given', '13c0706e199d3116'),
           'probabilities': ('check', '7ec578dda5b710f5'),
           'review_accuracy': ('check', '8f2cb20e62d47475'),
           'paired_bootstrap-solution': ('answer', 'd703877f1dcc9645'),
           'paired_bootstrap': ('check', '7b36a77c18d82b86'),
           'given-10': ('given', 'e449da4c5cf9c22c'),
           'given-11': ('given', 'ef7f410ad0711001'),
           'patterns': ('answer', '2f2cafa761220b58'),
           'given-12': ('given', '5b4a875121574147'),
           'news_accuracy-solution': ('answer', '27abb21a26f127ac'),
           'given-13': ('given', '36c050bbb3b62245'),
           'news_accuracy': ('check', 'a2e68e7b8408498d'),
           'most_confused-solution': ('answer', '90204c3b5b2f6058'),
           'most_confused': ('check', '1e236e0c3a1d8edf'),
           'given-14': ('given', '892a52d872ca5cab')}}
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
