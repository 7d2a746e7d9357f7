"""Text that takes minutes to lay out, and outputs without end: in Markdown, code, colours, HTML, pictures.

What must happen: what is stored is bounded over all cells and says where it was cut, pages are laid out in a time that grows
with their length, what is too intricate is shown as it was typed, and the student's points are what the work earns; in
`autograder grade --feedback`, `nbgrader autograde`, `nbgrader generate_feedback` and formgrader, which shares its filters.
"""

import html
import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from tiny import RELU, autograder, hand_in, nbgrader, scores

from autograder.course import pages
from autograder.grading import outputs

MARKDOWN = {  # what makes a regular expression, or a parser, start again and again
    "spaces": "a" + " " * 2_000_000 + "b",
    "environments": "\\begin{a}" * 8000,
    "formulas": "\\\\[" * 6000,
    "inline-formulas": "x\\\\(" * 4000,
    "broken-tables": "|a|b|\n|-|-|\n" * 1500 + "x|y",
    "emphasis": "***" * 3000 + "*a_b" * 2500,
    "brackets": "[" * 20_000,
    "addresses": "[a]: http://x.example/" + "y" * 9000 + "\n\n" + "[a] " * 2500,
    "quotes": ">" * 20_000,
}
CODE = {"blank-lines": " \n" * 10_000, "names": "x = a" + ".a" * 10_000, "escapes": "'" + "\\N{" * 6000}
PRINTING = """
from IPython.display import HTML, Markdown, display
print("\\x1b[1mx" * 200_000)
display(HTML("<b>" * 30_000), HTML("<p>" + "".join(f"<b title={n}>" for n in range(500)) + "<p>x" * 20_000), Markdown("[" * 50_000))
"""


def nasty(notebook):
    """Everything at once, in cells of the student's own."""
    notebook.cells += [new_markdown_cell(text) for text in MARKDOWN.values()]
    notebook.cells += [new_code_cell(text) for text in CODE.values()]
    notebook.cells += [new_code_cell(PRINTING), new_raw_cell("<div>" * 20_000)]


@pytest.fixture
def attacked(course):
    """The class, and Eve."""
    hand_in(course, "eve", nasty, relu_solution=RELU)
    return course


def check(course, honest):
    """Everybody has their points, and Eve's page shows the rest of her work."""
    assert scores(course) == honest | {"eve": (90, 0)}
    page = (course.feedback / "eve/tiny/tiny.html").read_text()
    assert "relu: 90 of 90 points" in page and "\\begin{a}\\begin{a}" in page and len(page) < 5_000_000
    assert page.count("the rest of it is left out") == 3 and "[grader] A cell printed more" not in page
    assert (course.feedback / "ada/tiny/tiny.html").exists()


def test_the_class_gets_its_pages(attacked, honest):
    """Catches a page that is given up after a minute, or takes a process with it."""
    graded = autograder(attacked, "grade", "tiny", "--feedback")
    assert graded.returncode == 0 and not graded.stderr, graded.stderr
    check(attacked, honest)


def test_plain_nbgrader_writes_them_too(attacked, honest):
    """Catches bounds that hold only where the kit's own command lays out."""
    for command in (["autograde", "tiny"], ["generate_feedback", "tiny"]):
        done = nbgrader(attacked, *command)
        assert done.returncode == 0, done.stderr
    check(attacked, honest)


@pytest.mark.parametrize("text", MARKDOWN.values(), ids=MARKDOWN)
def test_intricate_markdown_is_shown_as_it_was_typed(text):
    """Catches nbconvert's expressions for formulas, mistune's for spaces, rows, emphasis: minutes for some kilobytes."""
    page = pages.markdown({}, text)
    assert page.startswith("<pre") or text[-1000:] in html.unescape(page)
    assert page.count("<") < 1000


def test_ordinary_markdown_is_laid_out():
    """Catches a bound that an honest derivation meets."""
    derivation = "\n\n".join([
        "## Derivation *of* **it**", "$$\\begin{aligned} a &= b \\\\[2pt] &= c \\end{aligned}$$", "with $x_i$ and `code_it`:",
        "| a | b |\n|---|---|\n| 1 | 2 |", "- one\n- two", "> said", "[there](https://example.org)",
        "so that the sum over all examples stays what it was. " * 8,
    ] * 20)
    page = pages.markdown({}, derivation)
    assert len(derivation) > 8000 and page.count("<table") == page.count("<blockquote>") == 20 and "<pre" not in page


@pytest.mark.parametrize("text", ["<b>" * 9, "<b>x</p>", "</div></div>x", "<p><b><table><tr><td><b>x</table>y", "<a><div></a>x",
                                  "<b><p>x" * 100, "<!-- <b>", "<td><script><b>", "<div" * 9, "x<hr>" * 99, "<B>y</b >"])
def test_html_is_well_formed_and_no_larger_than_before(text):
    """Catches a few kilobytes that a browser, mending what is not closed, turns into millions of elements."""
    page = pages.html_output(text)
    opened = []
    for end, name in re.findall(r"<(/?)(\w+)[^>]*>", page):
        if end:
            assert opened.pop() == name
        elif name not in ("br", "hr"):
            opened.append(name)
            assert len(opened) <= 50
    assert not opened and len(page) < 10 * len(text) + 1000


def test_a_data_frames_table_stays_a_table():
    """Catches HTML that is honest and shown as text."""
    table = ('<div>\n<style scoped>\n  .dataframe tbody tr th { vertical-align: top; }\n</style>\n'
             '<table border="1" class="dataframe"><thead><tr><th colspan="2">a &amp; b</th></tr></thead>'
             '<tbody><tr><th>0</th><td>1 &lt; 2<br></td></tr></tbody></table></div>')
    assert pages.html_output(table) == (
        '<div>\n\n<table><thead><tr><th colspan="2">a &amp; b</th></tr></thead><tbody><tr><th>0</th><td>1 &lt; 2<br></td></tr>'
        "</tbody></table></div>")


def test_thousands_of_small_outputs_are_bounded_over_all_cells(course, honest):
    """Catches 280,000 outputs, each of them tiny, in the one process that writes for the class."""
    printing = "import sys\nfor _ in range(1000): print(1); print(2, file=sys.stderr)"
    hand_in(course, "eve", lambda notebook: notebook.cells.extend([new_code_cell(printing)] * 40), relu_solution=RELU)
    graded = autograder(course, "grade", "tiny")
    assert graded.returncode == 0 and scores(course) == honest | {"eve": (90, 0)}, graded.stderr
    notebook = nbformat.read(course.autograded / "eve/tiny/tiny.ipynb", as_version=4)
    assert sum(len(cell.outputs) for cell in notebook.cells if cell.cell_type == "code") < 2100
    assert "[grader] A cell printed more than may be kept" in json.dumps(notebook)


def test_one_cell_does_not_use_up_the_room_of_the_others():
    """Catches figures that are lost because an earlier cell printed megabytes."""
    room = outputs.Room()
    figure = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}, "metadata": {}}
    flood = {"output_type": "stream", "name": "stdout", "text": "x" * 2**24}
    kept, complete = room.keep([flood, flood])
    assert not complete and sum(len(output["text"]) for output in kept) <= 2**21
    assert room.keep([figure, flood | {"text": "y"}]) == ([figure, flood | {"text": "y"}], True)
    for _ in range(10):
        room.keep([flood])
    assert room.keep([flood | {"text": "y"}]) == ([], False) and room.keep([figure]) == ([figure], True)
    assert len(room.keep([figure] * 1000)[0]) < 100


def test_pictures_are_bounded_and_each_is_shown_once(course, honest):
    """Catches one attached picture that a cell shows a thousand times, and attachments that fill a page."""
    picture = {"image/png": "A" * 2**20}

    def edit(notebook):
        cell = new_markdown_cell("![x](attachment:a.png)\n" * 1000 + "![y][r]\n" * 1000 + "\n[r]: attachment:a.png")
        cell.attachments = {"a.png": picture}
        notebook.cells.append(cell)
        for _ in range(45):
            cell = new_markdown_cell("![x](attachment:b.png)")
            cell.attachments = {"b.png": picture}
            notebook.cells.append(cell)

    hand_in(course, "eve", edit, relu_solution=RELU)
    graded = autograder(course, "grade", "tiny", "--feedback")
    assert graded.returncode == 0 and scores(course) == honest | {"eve": (90, 0)}, graded.stderr
    page = (course.feedback / "eve/tiny/tiny.html").read_text()
    assert 20 < page.count("data:image/png;base64,AAAA") <= 32 and "missing-attachment:b.png" in page


def test_code_is_graded_in_full_and_shown_in_part(course, honest):
    """Catches a solution that is cut before it has run."""
    filled = RELU + "\n" + "# a remark\n" * 10_000 + "relu_grad_checked = relu_grad"
    hand_in(course, "eve", lambda notebook: notebook.cells.append(new_code_cell("relu_grad_checked(1)")), relu_solution=filled)
    graded = autograder(course, "grade", "tiny")
    assert graded.returncode == 0 and scores(course) == honest | {"eve": (90, 0)}, graded.stderr
    notebook = nbformat.read(course.autograded / "eve/tiny/tiny.ipynb", as_version=4)
    assert not [output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    (cut,) = [cell for cell in notebook.cells if cell.source.endswith("the rest of it is left out.")]
    assert cut.source.startswith(RELU) and len(cut.source) < 60_000
