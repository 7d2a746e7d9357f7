"""What tools and habits make of solved notebooks: each case is honest work, complete, and deserves what the solution earns.

A case takes a solved notebook as JSON and changes it in place; what it returns, if anything, are files beside it or in its place.
Cases are written for any assignment that has a given cell, a solution cell with functions and, for some, a written answer.
"""

import copy
import json
import re

CASES = {}  # name -> function
ANSWER = "Written where the question seemed to ask for it: the gradient is $p - y$."


def case(function):
    CASES[function.__name__] = function
    return function


def files(name, function, notebook, released):
    """What is handed in.

    Parameters
    ----------
    name : str
        Of the assignment.
    function : callable
        One of the cases.
    notebook, released : dict
        As JSON: the solved notebook, which is left as it is, and what it was made from.

    Returns
    -------
    dict of str to bytes
    """
    work, handed_out = copy.deepcopy(notebook), {role(cell).get("grade_id"): cell for cell in released["cells"]}
    for cell in work["cells"]:
        cell["source"] = "".join(cell["source"])
        if "grade_id" in role(cell):
            cell["handed_out"] = "".join(handed_out[role(cell)["grade_id"]]["source"])
    handed_in = function(work) or {}
    for cell in work["cells"]:
        cell.pop("handed_out", None)
    return {f"{name}.ipynb" if file is None else file.replace("NAME", name): text if isinstance(text, bytes) else text.encode()
            for file, text in ({None: json.dumps(work)} | handed_in).items() if text is not None}


def own_lines(notebook, released):
    """What the student wrote: the lines of a solved notebook that were not handed out."""
    wrote, known = ([line.strip() for cell in one["cells"] for line in "".join(cell["source"]).splitlines()]
                    for one in (notebook, released))
    return [line for line in wrote if line not in known]


# --- parts of a notebook


def role(cell):
    return cell["metadata"].get("nbgrader", {})


def is_given(cell):
    return role(cell).get("locked") and not role(cell)["grade"]


def is_check(cell):
    return role(cell).get("locked") and role(cell)["grade"]


def is_solution(cell):
    return role(cell).get("solution") and not role(cell)["grade"]


def is_answer(cell):
    return role(cell).get("solution") and role(cell)["grade"]


def every(notebook, kind):
    return [cell for cell in notebook["cells"] if kind(cell)]


def functions(notebook):
    """The solution cells that define functions and nothing else that runs."""
    return [cell for cell in every(notebook, is_solution) if cell["source"].startswith(("def ", "import ", "from "))]


def place(notebook, cell):
    return next(index for index, one in enumerate(notebook["cells"]) if one is cell)


def put(notebook, index, cell):
    notebook["cells"].insert(index, cell)


def take(notebook, cell):
    return notebook["cells"].pop(place(notebook, cell))


def code(source):
    return {"cell_type": "code", "id": "own-cell", "metadata": {}, "execution_count": None, "outputs": [], "source": source}


def text(source):
    return {"cell_type": "markdown", "id": "own-text", "metadata": {}, "source": source}


def check_of(notebook, solution):
    return next(cell for cell in notebook["cells"][place(notebook, solution):] if is_check(cell))


def before(notebook, cell, kind):
    return next(one for one in notebook["cells"][place(notebook, cell)::-1] if kind(one))


def only(file, content):
    return {None: None, file: content}


# --- formats and files


@case
def format_4_0(notebook):
    notebook["nbformat_minor"] = 0
    without_ids(notebook)


@case
def format_4_4_as_colab_writes_it(notebook):
    without_ids(notebook)
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU",
                            "kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    put(notebook, 0, code('from google.colab import drive\ndrive.mount("/content/drive")\n%cd /content/drive/MyDrive/exercises'))
    del notebook["cells"][0]["id"]
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("attachments", None)
        cell["metadata"] |= {"id": f"aB{number}xYz"}
        if cell["cell_type"] == "code":
            ran = {"status": "ok", "timestamp": 1764000000000, "user_tz": -60, "elapsed": 12,
                   "user": {"displayName": "Ada", "userId": "0123"}}
            cell["metadata"] |= {"outputId": "f00", "colab": {"base_uri": "https://localhost:8080/"}, "executionInfo": ran}
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["as it was there\n"]}]


@case
def as_vs_code_writes_it(notebook):
    notebook["metadata"] = {
        "kernelspec": {"display_name": ".venv (3.12.3)", "language": "python", "name": "python3"},
        "language_info": {"codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "name": "python",
                          "mimetype": "text/x-python", "pygments_lexer": "ipython3", "version": "3.12.3"}}
    put(notebook, 1, code("2 + 2") | {"id": "0a1b2c3d"})
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("handed_out", None)
        cell["metadata"] |= {"vscode": {"languageId": "python"}} if number == 1 else {}
        cell["source"] = [line for line in cell["source"].splitlines(keepends=True) if line]
        if cell["cell_type"] == "code":
            cell["execution_count"] = number + 1
            result = {"data": {"text/plain": ["4"]}, "execution_count": number + 1, "metadata": {}}
            cell["outputs"] = [{"output_type": "execute_result"} | result]
    return only("NAME.ipynb", json.dumps(notebook, indent=1, sort_keys=True) + "\n")


@case
def format_3(notebook):
    import nbformat

    old = nbformat.convert(nbformat.from_dict(notebook), 3)
    return only("NAME.ipynb", json.dumps(old))


def without_ids(notebook):
    for cell in notebook["cells"]:
        cell.pop("id", None)


@case
def ids_made_anew(notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"{number:08x}"


@case
def only_what_must_be_there(notebook):
    without_ids(notebook)
    del notebook["metadata"], notebook["nbformat_minor"]
    for cell in notebook["cells"]:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
        if not cell["metadata"]:
            del cell["metadata"]


@case
def another_kernel(notebook):
    notebook["metadata"] = {"kernelspec": {"name": "nlp-course", "display_name": "NLP (conda)", "language": "python"},
                            "language_info": {"name": "python", "version": "3.13.1"}}


@case
def byte_order_mark(notebook):
    return only("NAME.ipynb", b"\xef\xbb\xbf" + json.dumps(notebook).encode())


@case
def utf_16(notebook):
    return only("NAME.ipynb", json.dumps(notebook, ensure_ascii=False).encode("utf-16"))


@case
def windows_1252(notebook):
    notebook["cells"][0]["source"] += "\nF\u00fcr \u201emich\u201c"
    return only("NAME.ipynb", json.dumps(notebook, ensure_ascii=False).encode("cp1252", "replace"))


@case
def line_ends_of_windows(notebook):
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")


@case
def spaces_at_the_ends_of_lines(notebook):
    for cell in notebook["cells"]:
        cell["source"] = "\n".join(f"{line}  " for line in cell["source"].split("\n")) + "\n\n"


@case
def sixty_megabytes_of_outputs(notebook):
    check = every(notebook, is_check)[0]
    check["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ['He said "outputs": [no]\n', "x" * (60 * 2**20)]},
                        {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["[", "{\\"]}]


@case
def downloaded_twice(notebook):
    return only("NAME (1).ipynb", json.dumps(notebook))


@case
def renamed_by_canvas(notebook):
    return only("doejane_LATE_123_456_NAME-2.ipynb", json.dumps(notebook))


@case
def renamed_by_the_browser(notebook):
    return only("NAME.ipynb.txt", json.dumps(notebook))


@case
def renamed_in_capitals_beside_another_notebook(notebook):
    other = {"cells": [text("# My notes"), code("x = 1")], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return only("HOMEWORK.IPYNB", json.dumps(notebook)) | {"notes.ipynb": json.dumps(other), "data.json": "{}"}


@case
def an_empty_file_of_the_right_name(notebook):
    return {"NAME.ipynb": b"", "NAME-final.ipynb": json.dumps(notebook), None: None}


# --- cells


@case
def a_check_deleted(notebook):
    take(notebook, every(notebook, is_check)[0])


@case
def all_checks_and_given_cells_deleted(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if not is_check(cell) and not is_given(cell)]


@case
def a_solution_retyped_above_another_check(notebook):
    solution = take(notebook, functions(notebook)[1])
    put(notebook, place(notebook, every(notebook, is_check)[0]), code(solution["source"]))


@case
def a_solution_retyped_at_the_end(notebook):
    put(notebook, len(notebook["cells"]), code(take(notebook, functions(notebook)[0])["source"]))


@case
def a_solution_moved_to_the_end(notebook):
    put(notebook, len(notebook["cells"]), take(notebook, functions(notebook)[0]))


@case
def a_check_moved_above_its_solution(notebook):
    solution = functions(notebook)[0]
    check = take(notebook, check_of(notebook, solution))
    put(notebook, place(notebook, solution), check)


@case
def a_given_cell_moved_to_the_end(notebook):
    given = every(notebook, is_given)
    put(notebook, len(notebook["cells"]), take(notebook, given[1 % len(given)]))


@case
def a_solution_made_markdown(notebook):
    functions(notebook)[0]["cell_type"] = "markdown"


@case
def solutions_made_raw_in_an_old_format(notebook):
    without_ids(notebook)
    for cell in functions(notebook):
        cell["cell_type"], cell["metadata"] = "raw", {}


@case
def a_check_and_a_given_cell_made_markdown(notebook):
    every(notebook, is_check)[0]["cell_type"] = every(notebook, is_given)[0]["cell_type"] = "markdown"


@case
def merged_with_the_given_cell_above(notebook):
    solution = functions(notebook)[-1]
    given = before(notebook, solution, is_given)
    given["source"] += "\n\n" + take(notebook, solution)["source"]


@case
def merged_with_the_check_below(notebook):
    solution = functions(notebook)[0]
    check = check_of(notebook, solution)
    check["source"] = take(notebook, solution)["source"] + "\n\n" + check["source"]


@case
def merged_with_the_check_above(notebook):
    solution = functions(notebook)[1]
    check = before(notebook, solution, is_check)
    check["source"] += "\n\n" + take(notebook, solution)["source"]


@case
def a_check_merged_into_the_solution(notebook):
    solution = functions(notebook)[0]
    solution["source"] += "\n\n" + take(notebook, check_of(notebook, solution))["source"]


@case
def two_solutions_merged(notebook):
    first, second = functions(notebook)[:2]
    first["source"] += "\n\n" + take(notebook, second)["source"]


@case
def a_solution_split_into_copies(notebook):
    solution = functions(notebook)[0]
    put(notebook, place(notebook, solution), solution | {"id": "half", "source": "import math as mathematics"})


@case
def a_given_cell_and_a_check_split(notebook):
    for cell in (every(notebook, is_given)[0], every(notebook, is_check)[0]):
        lines = cell["source"].split("\n")
        at = next((n for n, line in enumerate(lines) if n and line[:1].isalpha() and not line.startswith(("else", "elif"))), 1)
        put(notebook, place(notebook, cell) + 1, cell | {"id": f"half-{at}", "source": "\n".join(lines[at:])})
        cell["source"] = "\n".join(lines[:at])


@case
def a_check_copied_and_an_import_added_to_a_given_cell(notebook):
    check, given = every(notebook, is_check)[0], every(notebook, is_given)[0]
    put(notebook, place(notebook, check), check | {"id": "twin"})
    given["source"] = "import itertools as tools\n" + given["source"] + "\nimport functools as more_tools"
    functions(notebook)[0]["source"] += "\n\nassert tools.chain and more_tools.partial"


@case
def prints_added_to_a_check(notebook):
    every(notebook, is_check)[0]["source"] += "\nprint('I have been here')"


@case
def metadata_lost(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}


@case
def metadata_and_ids_lost(notebook):
    metadata_lost(notebook)
    without_ids(notebook)
    notebook["nbformat_minor"] = 2


@case
def metadata_lost_and_all_cells_numbered(notebook):
    metadata_lost(notebook)
    put(notebook, 0, text("# My copy"))
    for number, cell in enumerate(notebook["cells"], 1):
        cell["id"] = f"cell-{number}"


@case
def timed_by_a_magic(notebook):
    for cell in functions(notebook):
        cell["source"] = "%%time\n" + cell["source"]


def everything(notebook):
    """The text of all solutions, with what the notebook imports."""
    imports = [line for cell in every(notebook, is_given) for line in cell["source"].splitlines()
               if line.startswith(("import ", "from "))]
    return "\n\n".join(["\n".join(imports), *(cell["source"] for cell in every(notebook, is_solution))])


@case
def everything_in_one_cell_and_the_rest_deleted(notebook):
    answers = every(notebook, is_answer)
    notebook["cells"] = [code(everything(notebook)), *answers]


@case
def everything_at_the_top_and_the_rest_left_as_it_was(notebook):
    everything_elsewhere(notebook, 0)


@case
def everything_at_the_end_and_the_rest_left_as_it_was(notebook):
    everything_elsewhere(notebook, len(notebook["cells"]))


def everything_elsewhere(notebook, index):
    put(notebook, index, code(everything(notebook)))
    for cell in every(notebook, is_solution):
        cell["source"] = cell["handed_out"]


@case
def a_solution_copied_and_the_copy_left_empty(notebook):
    solution = functions(notebook)[0]
    put(notebook, place(notebook, solution) + 1, solution | {"id": "twin", "source": solution["handed_out"]})


@case
def all_cells_merged_into_the_first(notebook):
    first = every(notebook, is_given)[0]
    first["source"] = "\n\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    notebook["cells"] = [first, *every(notebook, is_answer)]


def module(notebook):
    """The notebook as a script."""
    return "\n\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")


@case
def in_a_module_of_their_own(notebook):
    source = module(notebook)
    for cell in functions(notebook):
        take(notebook, cell)
    put(notebook, 1, code("from my_work.solutions import *"))
    return {"my_work/__init__.py": "", "my_work/solutions.py": source}


@case
def written_to_a_file_and_imported(notebook):
    source = module(notebook)
    for cell in functions(notebook):
        take(notebook, cell)
    put(notebook, 1, code("%%writefile solutions.py\n" + source))
    put(notebook, 2, code("from solutions import *"))


# --- written answers


def answer(notebook):
    """The first written answer, emptied; None if there is none."""
    answers = every(notebook, is_answer)
    if answers:
        answers[0]["source"] = "YOUR ANSWER HERE"
        return answers[0]


@case
def answered_and_then_copied_empty(notebook):
    if cell := answer(notebook):
        put(notebook, place(notebook, cell), cell | {"id": "first", "source": ANSWER})


@case
def answered_in_a_cell_below(notebook):
    if cell := answer(notebook):
        put(notebook, place(notebook, cell) + 1, text(ANSWER))


@case
def answered_in_a_raw_cell_further_below(notebook):
    if cell := answer(notebook):
        put(notebook, place(notebook, cell) + 1, text("## My answer"))
        put(notebook, place(notebook, cell) + 2, text(ANSWER) | {"cell_type": "raw"})


@case
def answered_in_the_question(notebook):
    if cell := answer(notebook):
        notebook["cells"][place(notebook, cell) - 1]["source"] += f"\n\n{ANSWER}"


@case
def answer_merged_into_the_question(notebook):
    if cell := answer(notebook):
        notebook["cells"][place(notebook, cell) - 1]["source"] += f"\n\n{ANSWER}"
        take(notebook, cell)


@case
def answered_in_a_cell_of_their_own_instead(notebook):
    if cell := answer(notebook):
        at = place(notebook, cell)
        take(notebook, cell)
        put(notebook, at, text(ANSWER))


@case
def answered_at_the_end(notebook):
    if cell := answer(notebook):
        take(notebook, cell)
        put(notebook, len(notebook["cells"]), text(f"## Answers\n\n1. {ANSWER}"))


@case
def answer_made_code(notebook):
    if cell := answer(notebook):
        cell["cell_type"], cell["source"] = "code", f"# {ANSWER}"


# --- what a notebook does after its checks


def names(notebook):
    """The names of the functions of all solution cells."""
    return re.findall(r"(?m)^def (\w+)", "\n".join(cell["source"] for cell in functions(notebook)))


@case
def names_used_for_something_else(notebook):
    put(notebook, len(notebook["cells"]), code("\n".join(f"{name} = [1.0, 2.0]" for name in names(notebook))))


@case
def functions_of_the_same_names_at_the_end(notebook):
    put(notebook, len(notebook["cells"]), code("\n\n".join(f"def {name}(*all):\n    return all" for name in names(notebook))))


@case
def a_library_under_another_name_at_the_end(notebook):
    put(notebook, len(notebook["cells"]), code("import math as np\nplt = None"))


@case
def cleaned_up_at_the_end(notebook):
    put(notebook, len(notebook["cells"]), code("%reset -f"))


@case
def arrays_changed_at_the_end(notebook):
    put(notebook, len(notebook["cells"]), code(
        "import numpy\nfor value in list(globals().values()):\n    if type(value) is numpy.ndarray and value.flags.writeable:\n"
        "        value *= 0\n    if type(value) in (list, dict) and value is not Out and value is not In:\n        value.clear()"))


# --- figures


@case
def figures_as_svg(notebook):
    put(notebook, place(notebook, every(notebook, is_given)[0]) + 1, code("%config InlineBackend.figure_formats = ['svg', 'pdf']"))


@case
def figures_that_can_be_turned(notebook):
    put(notebook, place(notebook, every(notebook, is_given)[0]) + 1, code("%matplotlib notebook"))


@case
def figures_on_a_screen(notebook):
    put(notebook, place(notebook, every(notebook, is_given)[0]) + 1, code("import matplotlib\nmatplotlib.use('TkAgg')"))
