r"""Formulas that are no mathematics: scripts and addresses in `\text` and `\href`, definitions that grow, spaces that cover a page.

What must happen: what a page shows of a formula is MathML from a list of elements and attributes, or its TeX as text; it lies
in its own place, and takes a time and a length that go with that of the formula; in Markdown, in outputs, in formgrader.
"""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from tiny import RELU, autograder, hand_in, nbgrader, scores

from autograder.course import mathml, pages

SCRIPT = "<script>alert(1)</script>"
EVIL = {
    "text": rf"\text{{{SCRIPT}}}",
    "box": rf"\fbox{{{SCRIPT}}} \mbox{{<img src=x onerror=alert(1)>}}",
    "verbatim": rf"\verb|{SCRIPT}|",
    "escaped": r"\text{&lt;script&gt;alert(1)&lt;/script&gt;} \text{&#60;script&#62;}",
    "characters": r"\unicode{x3c}script\unicode{x3e}",
    "operator": r"\operatorname{<script>} \mathrm{<script>}",
    "address": r"\href{javascript:alert(1)}{x} \href{https://host.example/1.png}{x}",
    "quotes": r"\href{" + '"><script>alert(1)</script>' + r"}{x}",
    "style": r"\style{position:fixed;inset:0;background:url(https://host.example/2.png)}{x}",
    "class": r"\class{nbgrader_cell}{x}",
    "colour": r"\color{url(https://host.example/3.png)}{x} \colorbox{red\" onclick=\"alert(1)}{x}",
    "cover": r"\rule{900em}{900em}",
    "aside": r"\hspace{-90em} x",
    "aside-in-steps": r"\!" * 500 + "x",
    "lowered": r"\raise900em{x} \llap{x} \smash{x}",
    "wide": r"\hspace{999em}",
    "raw-end": "x </math><script>alert(1)</script>",
    "comment": "x % \n <!-- ",
    "environment": r"\begin{<script>}x\end{<script>}",
    "column": r"\begin{array}{l" + '" onclick="alert(1)' + r"} x \end{array}",
}
ENDLESS = {
    "braces": "{" * 1500 + "x" + "}" * 1500,
    "scripts": "x" + "_{x" * 900 + "}" * 900,
    "roots": r"\sqrt" * 700 + "x",
    "brackets": r"\left(" * 300 + r"\right)" * 300,
    "definitions": r"\def\a{xx}" + "".join(rf"\def\{b}{{\{a}\{a}}}" for a, b in zip("abcdefghijklmno", "bcdefghijklmnop")) + r"\p",
    "commands": r"\newcommand{\a}[1]{#1#1#1#1}" + r"\a{" * 20 + "x" + "}" * 20,
    "primes": "x" + "'" * 3900,
    "bars": "|" * 3900,
    "over": r"a \over " * 450,
    "rows": r"\begin{matrix}" + "&" * 1900 + r"\\" * 900 + r"\end{matrix}",
    "long": "x+" * 40_000,
}
ATTRIBUTES = (
    r'(display|movablelimits|lspace|rspace|stretchy|fence|form|accent|accentunder|displaystyle|scriptlevel|largeop|symmetric|'
    r'separator|mathvariant|minsize|maxsize|linethickness|width)="[\w+.-]*"')
STYLE = r'style="(text-align: (left|right)(; padding-\w+: 0)?|border(-top)?: 1px solid; padding(-top)?: 0\.\dem)"'
NAMES = "math|mfrac|mi|mn|mo|mover|mphantom|mroot|mrow|mspace|msqrt|mstyle|msub|msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover"
ELEMENT = re.compile(rf"</?({NAMES}|code|pre)( {ATTRIBUTES}| {STYLE})*/?>")
WRITTEN = ["${}$", "$$\n{}\n$$", "\\\\({}\\\\)", "\\begin{{align}}{}\\end{{align}}", "| ${}$ |\n|---|\n| x |"]


def check(page):
    """That a page's tags are those of formulas, and that nothing in it moves far."""
    rest = ELEMENT.sub("", page)
    assert "<" not in rest and ">" not in rest, rest[:300]
    assert all(-0.5 <= float(width) <= 10 for width in re.findall(r'width="([-\d.]+)em"', page))


@pytest.mark.parametrize("tex", EVIL.values(), ids=EVIL)
@pytest.mark.parametrize("display", [False, True])
def test_a_formula_is_mathematics_or_text(tex, display):
    """Catches a tag, an address, a style or a handler that comes through the converter as it was typed."""
    page = mathml.formula(tex, display)
    check(page)
    assert "javascript" not in page.partition("<math")[2] and "host.example" not in page.partition("<math")[2]


@pytest.mark.parametrize("name", ["cover", "aside", "aside-in-steps", "wide"])
def test_a_formula_stays_in_its_place(name):
    """Catches a black box over the page, or a sentence that is moved over the grader's."""
    assert "<math" not in mathml.formula(EVIL[name], True)


@pytest.mark.parametrize("tex", ENDLESS.values(), ids=ENDLESS)
def test_a_formula_without_end_has_one(tex):
    """Catches definitions that double at each step, and nesting that ends the process or the browser."""
    page = mathml.formula(tex, True)
    check(page)
    assert len(page) < 60 * len(tex) + 200
    depth = deepest = 0
    for end in re.findall(r"<(/?)m\w+[^>/]*>", page):
        depth += -1 if end else 1
        deepest = max(deepest, depth)
    assert deepest < 50


@pytest.mark.parametrize("around", WRITTEN)
def test_markdown_lets_nothing_else_through(around):
    """Catches another way to write a formula, on which the converter's output is not looked at."""
    for tex in [*EVIL.values(), *ENDLESS.values()]:
        page = pages.markdown({}, around.format(tex))
        assert not re.search(r"<(?!/?(p|math|m\w+|code|pre|br|table|thead|tbody|tr|th|td|em|strong|a|del)\b)", page), page[:300]
        assert not re.search(r"<[^>]*\s(on\w+|src|id|class=\"nbgrader)", page) and "host.example" not in "".join(
            re.findall(r"<math.*?</math>", page))


def test_a_cell_of_formulas_is_bounded():
    """Catches a cell of small formulas, each within its bounds, that fills the page."""
    page = pages.markdown({}, "$|||||$ " * 2400)
    assert len(page) < 1_000_000 and "<math" in page and "<code>|||||</code>" in page


def test_neither_page_runs_what_a_formula_holds(course, honest):
    """Catches the way through a notebook: answers, cells of one's own, LaTeX and Markdown in outputs."""
    everything = "\n\n".join(f"${tex}$" for tex in EVIL.values())

    def edit(notebook):
        notebook.cells += [new_markdown_cell(f"$${tex}$$") for tex in ENDLESS.values()]
        notebook.cells += [new_markdown_cell(everything), new_code_cell(
            f"from IPython.display import Latex, Markdown, Math, display\nfor tex in {list(EVIL.values())!r}:\n"
            "    display(Latex(f'${tex}$'), Math(tex), Markdown(f'$${tex}$$'))")]

    hand_in(course, "eve", edit, relu_solution=RELU, why=everything)
    graded = autograder(course, "grade", "tiny", "--feedback")
    assert graded.returncode == 0 and scores(course) == honest | {"eve": (90, 0)}, graded.stderr
    page = (course.feedback / "eve/tiny/tiny.html").read_text()
    body = page.partition("<body")[2]
    assert not re.search(r"<(script|iframe|img|link|form)\b|<[^>]*\s(on\w+|src)\s*=", body) and len(page) < 5_000_000
    assert body.count("<math") > 20 and not re.search(r'<math[^>]*>(?:(?!</math>).)*(href|host\.example)', body)
    again = nbgrader(course, "generate_feedback", "tiny", "--student=eve", "--force")
    assert again.returncode == 0 and (course.feedback / "eve/tiny/tiny.html").read_text() == page, again.stderr
