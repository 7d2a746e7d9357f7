"""Pictures that are drawn when a notebook is built, and kept inside it, for drawing code that would only distract there.

A source's header names them, {network.png: reference.figures.lecture.tiny_network}: each function is called without
arguments and returns a Matplotlib figure. A Markdown cell shows one as `![description](attachment:network.png)`.
"""

import base64
import io
import re

from autograder import KitError

_SHOWN = re.compile(r"\]\(attachment:([^)\s]+)\)")
_DPI = 110


def attach(notebook, where, authored):
    """Draw the figures that a notebook's header names and put each into the cells that show it.

    Parameters
    ----------
    notebook : NotebookNode
        With its header as metadata `autograder`. Changed in place.
    where : str
        The source's name, for messages.
    authored : Authored
        Where the functions are loaded from.

    Raises
    ------
    KitError
        If a figure cannot be drawn, is named and not shown, or is shown and not named.
    """
    figures = notebook.metadata["autograder"].get("figures", {})
    shown = {}  # name -> cells
    for cell in notebook.cells:
        for name in _SHOWN.findall(cell.source) if cell.cell_type == "markdown" else []:
            shown.setdefault(name, []).append(cell)
    for name in sorted(figures.keys() ^ shown.keys()):
        raise KitError(f"{where}: {name} must be both in the header's figures and shown as attachment:{name}")
    for name, function in figures.items():
        picture = {"image/png": _png(function, authored, f"{where}: cannot draw {name}")}
        for cell in shown[name]:
            cell.setdefault("attachments", {})[name] = picture


def _png(function, authored, complaint):
    import matplotlib

    matplotlib.use("agg")
    module, _, name = function.rpartition(".")
    try:
        figure = getattr(authored.load(module), name)()
    except Exception as error:  # the drawing code is the author's
        raise KitError(f"{complaint}: {type(error).__name__}: {error}") from None
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI)
    return base64.b64encode(file.getvalue()).decode()
