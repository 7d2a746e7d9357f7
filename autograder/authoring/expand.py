"""From an author's text to the instructor notebook.

A notebook is written as Jupytext Markdown: source/NAME/NAME.md is an assignment. Its cells say what they are in their fences:

    solves="relu"                     a cell that students fill in for the item relu
    item="relu" points=3              the item's grade cell: the visible check, locked. As markdown: a written answer
    item="softplus" points=2 bonus=true   the same, with points beyond the total
    item="capital" points=1 fixed_answer=true   the same; the answer is a value that tries would find
    free=true                         a code cell that students may change as they like
    instructor=true                   never released
    (code, none of these)             given code, locked

A line `from reference.activations import relu` in a cell is replaced by that function's source, so every graded function
stands once in a course. In given code the solution markers are taken out, and of a function's docstring the first
paragraph stays; in a `solves` cell the markers stay, and nbgrader replaces what is between them. Python files beside the
text, which travel with the assignment, are expanded like given code, with whole docstrings. The notebook's header has a
title, limits, the data and figures that the build adds, and the points that all items must add up to. A key that none of
this knows is an error: a misspelt one would be a given cell.
"""

import ast
import dataclasses
import difflib
import inspect
import re

import jupytext
import nbformat

from autograder import KitError
from autograder.isolation.limits import Limits

_ROLES = ("solves", "item", "points", "bonus", "fixed_answer", "free", "instructor")
_HEADER = ("title", "points", "limits", "data", "figures")
_LIMITS = tuple(field.name for field in dataclasses.fields(Limits))
# what editors and Jupyter itself keep beside a cell, and a build takes no notice of
_EDITORS = {
    "name", "tags", "id", "title", "slideshow", "jupyter", "editable", "deletable", "collapsed", "scrolled", "trusted", "format",
    "raw_mimetype", "lines_to_next_cell", "vscode", "pycharm", "colab", "outputId", "executionInfo", "region_name",
}
_MARKER = re.compile(r"^\s*### (BEGIN|END) SOLUTION\n", re.MULTILINE)
# what was meant to begin or end a cell, and stands in a Markdown cell as text
_STRAY_FENCE = re.compile(rf"^\s*(`{{3,}}|~{{3,}}|<!--).*\b({'|'.join(_ROLES)})\s*=.*|^\s*<!-- *#endregion.*", re.MULTILINE | re.I)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*", re.ASCII)


def expand(source, authored, graded=True):
    """The instructor notebook of a source text.

    Parameters
    ----------
    source : Path
        The Jupytext Markdown file.
    authored : Authored
        Whose reference package the cells take functions from.
    graded : bool
        Whether it is an assignment; in any other notebook no cell earns points and none is locked.

    Returns
    -------
    NotebookNode
        With nbgrader's metadata; cells with functions from the reference name them in their metadata `autograder`,
        with the item if students write them.

    Raises
    ------
    KitError
        If an import cannot be resolved, or a cell's or the header's metadata make no sense: file, cell, and what to do.
    """
    try:
        notebook = jupytext.read(source)
    except Exception as error:  # YAML, fences, encoding: whatever a text file can get wrong
        raise KitError(f"{source} cannot be read as a Jupytext notebook: {' '.join(str(error).split())[:300]}") from None
    if misspelt := difflib.get_close_matches("autograder", set(notebook.metadata) - {"autograder"}):
        raise KitError(f"{source.name}, header: unknown key {misspelt[0]!r}; did you mean 'autograder'?")
    header = _checked_header(notebook.metadata.get("autograder", {}), source.name)
    given = 0
    for index, cell in enumerate(notebook.cells):
        first_line = next(iter(cell.source.strip().splitlines()), "")[:60]
        where = f"{source.name}, cell {index + 1} ({first_line!r})"
        roles = _checked_roles(cell, where)
        functions = {}
        folded = {"jupyter": cell.metadata["jupyter"]} if "jupyter" in cell.metadata else {}
        if cell.cell_type == "code":
            text = _asked if "solves" in roles else _given if graded else without_markers
            cell.source, functions = _inline(cell.source, authored, text, where)
            cell.outputs, cell.execution_count = [], None
        if not graded:
            if {"solves", "item"} & roles.keys():
                raise KitError(f"{where}: only an assignment, {authored.sources}/NAME/NAME.md, has items")
            cell.metadata = {"tags": ["instructor"]} if roles.get("instructor") else {}
        elif "solves" in roles:
            metadata = _nbgrader(f"{roles['solves']}-solution", solution=True)
            cell.metadata = {"nbgrader": metadata, "autograder": {"item": roles["solves"], "functions": functions}}
        elif "item" in roles:
            written = cell.cell_type == "markdown"
            points = 0.0 if roles.get("bonus") else roles["points"]
            metadata = _nbgrader(roles["item"], grade=True, solution=written, locked=not written, points=points)
            cell.metadata = {"nbgrader": metadata}
            if roles.get("bonus"):
                cell.metadata["autograder"] = {"bonus": roles["points"]}
            if roles.get("fixed_answer"):
                cell.metadata.setdefault("autograder", {})["fixed_answer"] = True
        elif roles.get("instructor"):
            cell.metadata = {"tags": ["instructor"]}
        elif cell.cell_type == "code" and not roles.get("free"):
            given += 1
            cell.metadata = {"nbgrader": _nbgrader(f"given-{given}", locked=True)}
        else:
            cell.metadata = {}
        if functions and not roles.get("instructor"):
            cell.metadata.setdefault("autograder", {}).setdefault("functions", functions)
        cell.metadata |= folded
        cell.id = f"cell-{index + 1}"
    in_files = {name: origin for path in sorted(source.parent.glob("*.py"))
                for name, origin in expand_file(path, authored)[1].items()}
    notebook.metadata = {
        "autograder": header | ({"functions": in_files} if in_files else {}),
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.from_dict(notebook)


def expand_file(path, authored):
    """What students get of a Python file beside a source text, and the functions from the reference in it: name -> module.

    Raises
    ------
    KitError
        If an import cannot be resolved.
    """
    return _inline(path.read_text(encoding="utf-8"), authored, without_markers, path.name)


def without_markers(source):
    """A solution as given code: without its markers."""
    return _MARKER.sub("", source)


def _asked(source):
    """A function that students write: with its markers."""
    return source


def _given(source):
    """A function that students need not write: without markers, and with the first paragraph of its docstring."""
    source = without_markers(source)
    function = ast.parse(source).body[0]
    if not isinstance(function, ast.FunctionDef) or "\n\n" not in (ast.get_docstring(function) or ""):
        return source
    docstring, lines = function.body[0], source.splitlines()
    first = lines.index("", docstring.lineno)
    lines[first - 1 : docstring.end_lineno] = [lines[first - 1] + '"""']
    return "\n".join(lines)


def without_instructor_cells(notebook):
    """A copy of a notebook without the cells that are never released."""
    notebook = nbformat.from_dict(notebook)
    notebook.cells = [cell for cell in notebook.cells if "instructor" not in cell.metadata.get("tags", [])]
    return notebook


def _checked_header(header, where):
    where = f"{where}, header"
    if not isinstance(header, dict):
        raise KitError(f"{where}: `autograder:` should hold a mapping, such as {{title: My assignment}}")
    _refuse_unknown(header, _HEADER, where)
    for name in ("limits", "data", "figures"):
        if not isinstance(header.get(name, {}), dict):
            raise KitError(f"{where}: `{name}:` should hold a mapping")
    limits = header.get("limits", {})
    _refuse_unknown(limits, _LIMITS, f"{where}, limits")
    for name, value in limits.items():
        if type(value) not in (int, float) or value <= 0:
            raise KitError(f"{where}: the limit {name} should be a positive number, not {value!r}")
    if "points" in header and type(header["points"]) not in (int, float):
        raise KitError(f"{where}: points should be the number that all items add up to, not {header['points']!r}")
    return header


def _checked_roles(cell, where):
    """What a cell's fence says of it: a dict of the keys in _ROLES, with values of the right type."""
    metadata = dict(cell.metadata)
    if "incorrectly_encoded_metadata" in metadata:
        raise KitError(
            f"{where}: cannot read {metadata['incorrectly_encoded_metadata']!r}: write text in quotes, item=\"relu\", and "
            "numbers without, points=3"
        )
    if cell.cell_type == "markdown" and (fence := _STRAY_FENCE.search(cell.source)):
        raise KitError(f"{where}: {fence[0].strip()!r} is no cell of its own: write ```python ... ``` for code, "
                       "<!-- #region ... --> ... <!-- #endregion --> for Markdown, each at the beginning of a line")
    roles = {key: value for key, value in metadata.items() if key not in _EDITORS and not key.startswith((".", "jp-"))}
    _refuse_unknown(roles, _ROLES, where)
    for key in ("free", "instructor", "bonus", "fixed_answer"):
        if key in roles:
            roles[key] = True if roles[key] is None else roles[key]  # `free` alone
            if not isinstance(roles[key], bool):
                raise KitError(f"{where}: {key} is true or false, not {roles[key]!r}")
    for key in ("solves", "item"):
        if key in roles and not (isinstance(roles[key], str) and _ID.fullmatch(roles[key])):
            raise KitError(f"{where}: {key}={roles[key]!r}: an item's id is one word of letters a to z, digits, - and _")
    if "item" in roles and type(roles.get("points")) not in (int, float):
        raise KitError(f"{where}: item {roles['item']!r} needs points=NUMBER" + (
            f", not points={roles['points']!r}" if "points" in roles else ""))
    if roles.get("points", 0) < 0:
        raise KitError(f"{where}: points cannot be negative")
    for key in ("points", "bonus", "fixed_answer"):
        if key in roles and "item" not in roles:
            raise KitError(f"{where}: {key} belongs to a cell with item=...")
    if roles.get("fixed_answer") and cell.cell_type == "markdown":
        raise KitError(f"{where}: fixed_answer is for items that are graded by program, and a written answer is graded by hand")
    if len(several := [key for key in ("solves", "item", "free", "instructor") if roles.get(key)]) > 1:
        raise KitError(f"{where}: a cell cannot be both {' and '.join(several)}")
    return roles


def _refuse_unknown(keys, known, where):
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise KitError(f"{where}: unknown key {key!r}; " + (
                f"did you mean {near[0]!r}?" if near else f"there is {', '.join(known)}"))


def _inline(source, authored, as_text, where):
    """The source with its imports from the reference replaced by what they import, and name -> module of that."""
    functions = {}

    def replace(match):
        module, names = match.group(1), re.sub(r"#.*|[()\\]", "", match.group(2))
        texts = []
        for name in re.split(r"[\s,]+", names.strip(" \n,")):
            try:
                function = getattr(authored.load(module), name)
                text = inspect.getsource(function).rstrip()
            except Exception as error:  # the module is the author's: anything can be wrong in it
                raise KitError(f"{where}: cannot take {name} from {module}: {type(error).__name__}: {error}") from None
            functions[name] = module
            texts.append(as_text(text + "\n").rstrip())
        return "\n\n\n".join(texts)

    name = re.escape(authored.reference)
    imported = re.compile(rf"^from ({name}(?:\.\w+)*) import (\([^)]*\)|[^\n(]+)$", re.MULTILINE)
    return imported.sub(replace, source), functions


def _nbgrader(grade_id, grade=False, solution=False, locked=False, points=None):
    metadata = {
        "schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution, "locked": locked, "task": False,
    }
    return metadata if points is None else metadata | {"points": float(points)}
