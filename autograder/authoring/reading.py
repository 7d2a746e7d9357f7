"""Notebooks as pages that open without Jupyter and without a network: text, formulas, code, and what it printed and drew.

They are made from the run that a build makes anyway. Each is one file without scripts that asks nobody for anything; its
formulas are MathML. Folded cells are folded here too, and so are asides, which Markdown has as HTML: <details>.
"""

import html
import re
from types import SimpleNamespace

from markupsafe import Markup

from autograder.course import mathml, pages
from autograder.course.templating import template

_ASIDE = re.compile(r"<details><summary>(.*?)</summary>\n(.*?)</details>", re.DOTALL)


def write(folder, notebooks):
    """Write a page for each notebook, and one that lists them.

    Parameters
    ----------
    folder : Path
        Where to; it must not be there.
    notebooks : dict of str to (str, NotebookNode, list of CellRun)
        By name without suffix: title, cells, and how each code cell ran.
    """
    folder.mkdir(parents=True)
    links = [(f"{name}.html", title) for name, (title, _, _) in notebooks.items()]
    around = zip([None, *links], links, [*links[1:], None], strict=False)
    for (before, (file, title), after), (_, notebook, runs) in zip(around, notebooks.values(), strict=True):
        page = template("reading.html.j2").render(
            title=title, cells=list(_cells(notebook, runs)), before=before, after=after, links=[], font=mathml.font())
        (folder / file).write_text(page, encoding="utf-8")
    page = template("reading.html.j2").render(
        title=folder.name, cells=[], before=None, after=None, links=links, font=mathml.font())
    (folder / "index.html").write_text(page, encoding="utf-8")


def _cells(notebook, runs):
    """The cells as the template takes them."""
    runs = iter(runs)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield SimpleNamespace(
                code=Markup(pages.code(cell.source)), folded=cell.metadata.get("jupyter", {}).get("source_hidden", False),
                outputs=[Markup(_output(output)) for output in next(runs).outputs])
        else:
            yield SimpleNamespace(code=None, text=Markup(_text(cell)))


def _text(cell):
    parts = _ASIDE.split(cell.source)  # text, summary, aside, text, ...
    laid_out = [pages.laid_out(part.strip(), cell.get("attachments")) for part in parts]
    return laid_out[0] + "".join(
        f"<details><summary>{html.escape(summary)}</summary>{aside}</details>{text}"
        for summary, aside, text in zip(parts[1::3], laid_out[2::3], laid_out[3::3], strict=True))


def _output(output):
    if output["output_type"] == "stream":
        return f"<pre>{pages.text_output(output['text'])}</pre>"
    data = output["data"]
    if "image/png" in data:
        return f'<img alt="a figure, described in words below" src="data:image/png;base64,{html.escape(data["image/png"])}">'
    return f"<pre>{html.escape(data.get('text/plain', ''))}</pre>"
