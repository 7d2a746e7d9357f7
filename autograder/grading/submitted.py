"""The notebook that a student handed in: found under whatever name, and read from whatever tools make of a notebook.

Jupyter, Colab, VS Code, Windows and browsers leave out cell ids or metadata, write formats of ten years ago, put a mark
before the text, end lines in their own way and call a file `ps1 (1).ipynb`. None of that is anything that a student has
done wrong. Outputs are not read: everything is run again.
"""

import json
import re

import nbformat

from autograder.grading import files
from autograder.grading.notebook import grade_id
from autograder.isolation.outcomes import Outcome

_MAX_CELLS = 2000
_LONG = 8 * 2**20  # characters; a longer text is mostly outputs, which are cut out before anything is made of it
_CANDIDATES = 20  # notebooks beside each other that are looked into
_OF_THE_ASSIGNMENT = 0.25  # the least share of its cells by which a notebook is taken for the submission
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)  # of JSON, as far as brackets are concerned
_LIST = re.compile(r"\s*:\s*(?=\[)")


class UnusableNotebook(Exception):
    """There is no notebook that could be run.

    Parameters
    ----------
    outcome : Outcome
        MISSING_NOTEBOOK or UNREADABLE_NOTEBOOK.
    *remarks : str
        What is there instead, in sentences.
    """

    def __init__(self, outcome, *remarks):
        super().__init__(outcome, *remarks)
        self.outcome, self.remarks = outcome, list(remarks)

    def __str__(self):
        return " ".join([self.outcome.sentence, *self.remarks])


def find(submission, released):
    """Read what there is of an assignment: the file of the right name, or the only one with this assignment's cells.

    Parameters
    ----------
    submission : files.Submission
    released : NotebookNode

    Returns
    -------
    NotebookNode
    remarks : list of str

    Raises
    ------
    UnusableNotebook
    """
    wanted, there = submission.name, submission.own_files.contents | submission.notebooks
    others = [name for name in submission.notebooks if name != wanted]
    if not others:  # perhaps one that was renamed by whoever sent it, such as ps1.ipynb.txt
        others = [name for name, text in submission.own_files.contents.items()
                  if "/" not in name and text.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{") and b'"nbformat"' in text]
    if not others:
        return read(wanted, there[wanted]), []
    readable, reason = {}, None
    for name in [wanted, *others[:_CANDIDATES]]:
        try:
            readable[name] = read(name, there[name])
        except UnusableNotebook as unusable:
            reason = reason or unusable
    fitting = {name: one for name, one in readable.items() if _share(one, released) >= _OF_THE_ASSIGNMENT}
    if wanted in fitting or (not fitting and wanted in readable):
        return readable[wanted], [f"Not looked at, since there is {wanted}: {_listed(others)}."]
    if len({json.dumps(one) for one in fitting.values()}) == 1:
        name = min(fitting)
        return fitting[name], [f"The notebook is {_shown(name)}, the only one with this assignment's cells."]
    if fitting:
        raise UnusableNotebook(
            Outcome.MISSING_NOTEBOOK, f"There is no {wanted}, and several have its cells: {_listed(fitting)}.")
    raise UnusableNotebook(reason.outcome, *reason.remarks, f"None of these has this assignment's cells: {_listed(others)}.")


def read(name, contents):
    """Read a submitted notebook of any version that nbformat knows, without its outputs.

    Parameters
    ----------
    name : str
        Of its file.
    contents : bytes or FileNotFoundError or files.NotAFile
        As `files.notebook` gives them.

    Returns
    -------
    NotebookNode
        Of its cells only types, texts, ids, nbgrader's metadata and attachments.

    Raises
    ------
    UnusableNotebook
    """
    if isinstance(contents, FileNotFoundError):
        raise UnusableNotebook(Outcome.MISSING_NOTEBOOK)
    if isinstance(contents, files.NotAFile):
        too_large = isinstance(contents, files.TooLarge)
        raise UnusableNotebook(Outcome.UNREADABLE_NOTEBOOK if too_large else Outcome.MISSING_NOTEBOOK, f"{name} {contents}.")
    text = _decoded(contents)
    try:
        return _notebook(_parsed(text))
    except Exception:  # the file is the student's: any way of being broken is possible
        raise UnusableNotebook(Outcome.UNREADABLE_NOTEBOOK, *_what_it_is(text)) from None


def plain(text):
    """A text without what tools change in it unasked: spaces at the ends of lines, and lines without anything at the end."""
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()


def is_alike(text, other):
    """Whether two texts are the same but for what tools change."""
    return text == other or plain(text) == plain(other)


def _decoded(contents):
    encoding = json.detect_encoding(contents)  # of those that JSON may have, with a byte order mark or without
    try:
        return contents.decode(encoding)
    except UnicodeDecodeError:
        return contents.decode("cp1252", "replace")  # saved by an editor of Windows


def _parsed(text):
    """The JSON in a text, all of which can be written again."""
    document = json.loads(_without_outputs(text) if len(text) > _LONG else text)
    if re.search(r"\\u[dD]", text):
        # half a surrogate pair can be escaped in JSON, but cannot be written into a file again
        document = json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    return document


def _without_outputs(text):
    """A notebook's JSON with empty lists of outputs."""
    kept, place = [], 0
    tokens = _TOKEN.finditer(text)
    for token in tokens:
        colon = _LIST.match(text, token.end()) if text.startswith('"outputs"', token.start()) else None
        if not colon:
            continue
        depth = 0
        for inside in tokens:
            first = text[inside.start()]
            depth += (first in "[{") - (first in "]}")
            if not depth:
                break
        else:
            raise ValueError("a list without an end")
        kept += text[place:colon.end()], "[]"
        place = inside.end()
    return "".join(kept) + text[place:]


def _notebook(document):
    """A notebook of the current format, made anew from what is needed of it."""
    # without nbformat's validation, which takes longer than all of reading: every cell is looked at here
    if "cells" not in document:  # before format 4
        document = nbformat.convert(nbformat.reader.reads(json.dumps(document)), 4)
        for cell in document["cells"]:
            cell.pop("id", None)  # which nbformat has drawn at random
    if len(document["cells"]) > _MAX_CELLS:
        raise ValueError("too many cells")
    return nbformat.NotebookNode(
        cells=[_cell(cell) for cell in document["cells"]], metadata=nbformat.NotebookNode(), nbformat=4, nbformat_minor=5)


def _cell(cell):
    source, metadata = cell.get("source", ""), cell.get("metadata")
    if isinstance(source, list):
        source = "".join(source)
    if cell["cell_type"] not in ("code", "markdown", "raw") or not isinstance(source, str):
        raise ValueError("not a cell")
    role = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    new = nbformat.from_dict({
        "cell_type": cell["cell_type"], "metadata": {"nbgrader": role} if isinstance(role, dict) else {},
        "source": re.sub(r"\r\n?", "\n", source),
    })
    new |= {name: cell[name] for name in ("id", "attachments") if name in cell}
    if new.cell_type == "code":
        new.outputs, new.execution_count = [], None
    return new


def _share(notebook, released):
    """Which part of an assignment's cells a notebook has, by their ids or, where it has lost those, by their texts."""
    ids = {grade_id(cell) for cell in notebook.cells}
    everything = plain("\n".join(cell.source for cell in notebook.cells))
    wanted = [cell for cell in released.cells if "nbgrader" in cell.metadata]
    found = [cell for cell in wanted if cell.metadata.nbgrader.grade_id in ids or plain(cell.source) in everything]
    return len(found) / len(wanted) if wanted else 0.0


def _what_it_is(text):
    """What an unreadable file is, where one can see that, as sentences."""
    start = text.lstrip()[:20].lower()
    if not start:
        return ["The file is empty."]
    if start.startswith("<"):
        return ["It is a web page: a notebook is downloaded with \"Download .ipynb\", not saved from the browser's window."]
    if re.search(r"(?m)^(<<<<<<<|>>>>>>>) ", text[:1_000_000]):
        return ["Git has left marks of a conflict in it, lines that begin with <<<<<<<."]
    return []


def _listed(names):
    names = [_shown(name) for name in names]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _shown(name):
    """A file's name, which can hold anything, as part of a sentence."""
    return re.sub(r"[^\w .()+-]", "?", name)[:60]
