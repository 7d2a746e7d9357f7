"""Pictures and links that have the reader's browser ask somebody: another host, or the Jupyter server in the reader's name.

What must happen: a page shows the pictures of the notebook and of files beside it, and nothing else; the rest is text.
formgrader's own addresses do things when they are asked: one of them loads the settings, Python, of any folder it names.
"""

import re
from html.parser import HTMLParser

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from tiny import RELU, autograder, hand_in, scores

from autograder.course import pages

ELSEWHERE = [
    "http://host.example/track.png", "https://host.example/track.png", "//host.example/track.png", "HTTP://host.example/a.png",
    "/logout", "/formgrader?path=submitted/eve/tiny", "/formgrader/x.png", "../x.png", "a/../../x.png", "%2e%2e/x.png",
    "..%2fx.png", "\\\\host.example\\x.png", "data:text/html,x.png", "data:image/svg+xml;base64,PHN2Zz4=", "file:///etc/x.png",
    "x.png?y", "javascript:x.png", "ftp://host.example/a.png", "missing-attachment:x.png", "attachment:x.png",
]


def loaded(page):
    """What a browser would ask for, of what lies in the page's body."""
    asked = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            asked.extend(value for name, value in attributes if name in ("src", "srcset", "poster", "data", "background"))

    Reader().feed("<body" + page.partition("<body")[2])
    return asked


@pytest.mark.parametrize("address", ELSEWHERE)
@pytest.mark.parametrize("markdown", ["![seen]({})", "![seen](<{}>)", "![seen][r]\n\n[r]: {}", "[![seen]({})](http://x.example)",
                                      '<img alt="seen" src="{}">'])
def test_a_picture_from_elsewhere_is_text(address, markdown):
    """Catches a tracking pixel, which says when and from where a page was read, and a request in the reader's name."""
    page = pages.markdown({}, markdown.format(address))
    assert "seen" in page and "<img" not in page


@pytest.mark.parametrize("address", ["/formgrader?path=submitted/eve/tiny", "../x", "javascript:alert(1)", "other.ipynb",
                                     "//x.example"])
def test_a_link_leads_to_the_web_or_nowhere(address):
    """Catches a click that has the server do something."""
    assert "href" not in pages.markdown({}, f"[a]({address})") and "href" not in pages.html_output(f'<a href="{address}">a</a>')
    assert 'href="https://x.example/?a=1&amp;b=2"' in pages.html_output('<a href="https://x.example/?a=1&amp;b=2">a</a>')


def test_pictures_of_ones_own_are_shown():
    """Catches a photographed derivation that the grader never sees."""
    cell = {"attachments": {"a b.png": {"image/png": "iVBORw0KGgo="}}}
    page = pages.markdown({"cell": cell}, "![x](attachment:a%20b.png) ![y](derivation%202.JPG) ![z](photos/z.png)")
    assert loaded("<body" + page) == ["data:image/png;base64,iVBORw0KGgo=", "derivation%202.JPG", "photos/z.png"]


def test_fenced_code_is_code():
    """Catches a diagram's fence, which nbconvert puts into the page as it is."""
    page = pages.markdown({}, "```mermaid\n</pre><script>alert(1)</script>\n```\n\n```python\nx < 1\n```")
    assert "<script" not in page and "&lt;script&gt;" in page and "x &lt; 1" in page


def test_feedback_loads_nothing_from_elsewhere(course, honest):
    """Catches another way into the page: outputs, cells without a type of their own, names of files in remarks."""
    html = "<img src=http://host.example/1.png><link rel=stylesheet href=//host.example/2>"
    html += "<div style='background: url(//host.example)'>"

    def edit(notebook):
        notebook.cells += [new_markdown_cell(f"![x](http://host.example/3.png) {html}"), new_code_cell(
            f"from IPython.display import HTML, SVG, Image, Markdown, display\ndisplay(HTML({html!r}), Markdown({html!r}), "
            "Markdown('![x](http://host.example/4.png)'), Image(url='http://host.example/5.png'), "
            "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"http://host.example/6.png\"/></svg>'))")]

    folder = hand_in(course, "eve", edit, relu_solution=RELU)
    (folder / "![x](http:").mkdir()
    (folder / "![x](http:/host.example)").symlink_to("/")
    graded = autograder(course, "grade", "tiny", "--feedback")
    assert graded.returncode == 0 and scores(course) == honest | {"eve": (90, 0)}, graded.stderr
    page = (course.feedback / "eve/tiny/tiny.html").read_text()
    assert "host.example/3.png" in page and not loaded(page)
    assert not re.search(r"<(link|style|iframe|svg|object|img)\b", page.partition("<body")[2])
