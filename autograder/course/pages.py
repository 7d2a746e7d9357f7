"""What formgrader and feedback pages show of what a student wrote: text, lists, tables, formulas and pictures.

On formgrader's pages these take the place of nbconvert's filters. A page must run nothing, load nothing from elsewhere,
leave nbgrader's own boxes alone, and be laid out in a time that grows with its length: one that takes minutes hangs a
command, or the Jupyter server and everybody in it. What is too long or too intricate for that is shown as it was typed. How
much there can be in all is bounded where it is stored, in `grading.notebook` and `grading.outputs`.
"""

import base64
import html
import re
from urllib.parse import unquote

import jinja2
from nbconvert.filters import ansi2html, strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.python import PythonLexer

from autograder.course.mathml import formula
from autograder.grading.outputs import IMAGES, is_base64

_LONG = 20_000  # characters that are laid out or coloured
_GROWTH = 20  # characters of HTML for one of Markdown: a reference can repeat a long address
_STEPS = 10_000_000  # that a regular expression may need, of which it makes some fifty million in a second
_COLOURS = 500  # changes of colour in one output
_DEEP = 50  # elements within each other
_MATHS = 10_000  # characters of formulas in one text that are set

_PYTHON, _AS_HTML = PythonLexer(), HtmlFormatter()

_FORMULA = re.compile(r"\\\\[\[(]|\\begin\{")  # from each of which nbconvert looks for an end through all of the text
_EMPHASIS = re.compile(r"[*_]+")  # each of which mistune compares with those before
_TABLE = re.compile(r"^(?=.*\|)[ \t|:-]+$", re.MULTILINE)  # from each of which mistune reads all rows, to give up at a bad one
_SPACES = re.compile(r"[^\S\n]{50,}")  # whose end mistune looks for from each of them

_BLOCKS = {"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "tbody", "td", "th",
           "thead", "tr", "ul"}
_INLINE = {"a", "b", "br", "code", "em", "i", "span", "strong", "sub", "sup"}
_EMPTY = {"br", "hr"}
_UNSEEN = {"<!--": "-->", "script": "/script", "style": "/style"}  # what begins it -> what ends it
_TAG = re.compile(r"<!--|-->|<(?P<name>/?[A-Za-z][A-Za-z0-9]*)(?P<attributes>(?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(r"""\s([A-Za-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=`]+))""")


@jinja2.pass_context
def markdown(context, source):
    """Markdown as HTML for formgrader's pages; see `laid_out`. Headings get no ids there: it finds its score boxes by id."""
    page = laid_out(source, context.get("cell", {}).get("attachments", {}))
    return _LaidOut(page.replace("<table>", '<table class="table table-condensed" style="width: auto">'))  # Bootstrap's lines


def laid_out(source, attachments=None, beside=None):
    """Markdown as HTML, with formulas as MathML and HTML inside it shown as text.

    nbgrader's templates let HTML in Markdown cells through even where the rest of a page is sanitised.

    Parameters
    ----------
    source : str
    attachments : dict, optional
        Of the cell: name -> {type: base64}.
    beside : callable, optional
        Gives the contents of a file beside the notebook, or None; they are put into the page. Without it, the page refers to
        the file.

    Returns
    -------
    str
    """
    if len(source) > _LONG or _intricate(source):
        return _as_typed(source)
    renderer = _Renderer(attachments or {}, beside)
    try:
        page = MarkdownWithMath(renderer=renderer).render(source)
    except RecursionError:
        return _as_typed(source)
    if len(page) - renderer.embedded > _GROWTH * len(source) + 1000:
        return _as_typed(source)
    return page


def latex(source):
    """LaTeX in outputs: one formula, with its dollar signs or without."""
    inside = re.fullmatch(r"\s*(\${0,2})(.*?)\1\s*", source, re.DOTALL)
    return formula(inside[2], display=inside[1] != "$")


def html_output(element):
    """HTML in outputs with text, lists and tables, but no scripts, and no ids, classes and styles; other tags become text.

    An id would take the place of a score box (see `markdown`). Every element ends where it should, so that no browser has to
    mend anything, by which little can become much. What `markdown` has laid out is left as it is.
    """
    if isinstance(element, _LaidOut):
        return element
    text = element.decode() if isinstance(element, bytes) else str(element)
    page, place, awaited = _Page(), 0, None
    for tag in _TAG.finditer(text):
        name = (tag["name"] or tag[0]).lower()
        if awaited:
            if name == awaited:
                place, awaited = tag.end(), None
            continue
        page.add_text(text[place:tag.start()])
        place, awaited = tag.end(), _UNSEEN.get(name)
        if not (awaited or page.add_tag(name, tag["attributes"])):
            page.add_text(tag[0])
    if not awaited:
        page.add_text(text[place:])
    return page.finished()


def text_output(text):
    """Text in outputs with its colours, unless it changes them so often that it would take a time of its own."""
    return ansi2html(text) if text.count("\x1b[") <= _COLOURS else html.escape(strip_ansi(text))


def code(source, language=None, metadata=None):
    """Code with its colours. A line's last spaces are left out: the lexer looks for their end from each of them."""
    lines = "\n".join(line.rstrip() for line in source.split("\n"))
    if len(lines) > _LONG or lines.count("\\N{") > _COLOURS:
        return f'<div class="highlight"><pre>{html.escape(lines)}</pre></div>'
    return highlight(lines, _PYTHON, _AS_HTML)


def as_it_is(text):
    """In place of what once took `files/` out of addresses, in a time that a row of brackets makes endless."""
    return text


class _LaidOut(str):
    """HTML that `markdown` has made."""


def _as_typed(text):
    return f'<pre style="white-space: pre-wrap">{html.escape(text)}</pre>'


def _intricate(source):
    """Whether laying out Markdown would take a time out of proportion to its length."""
    through_all = len(_FORMULA.findall(source)) + 20 * len(_TABLE.findall(source))  # characters of a table take longer
    squared = len(_EMPHASIS.findall(source)) ** 2 + sum(len(run) ** 2 for run in _SPACES.findall(source))
    return through_all * len(source) + squared > _STEPS


def _is_web(url):
    return re.match(r"https?://|mailto:|#", url, re.IGNORECASE) is not None


def _is_beside(url):
    """Whether a picture's address is a file beside the notebook; any other makes the browser ask somebody for something."""
    url = unquote(url)
    return url.lower().endswith((".png", ".jpg", ".jpeg", ".gif")) and not (
        re.search(r"[:?#\\\0-\x1f]", url) or {"", ".", ".."} & set(url.split("/")))


class _Renderer(IPythonRenderer):
    """Pictures come from the notebook itself or from beside it, links lead to the web, and code is only shown."""

    def __init__(self, attachments, beside):
        super().__init__(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)
        self._pictures, self._beside = dict(attachments), beside
        self._maths = 0
        self.embedded = 0  # characters of formulas and of pictures, each of which is shown once

    def image(self, text, url, title=None):
        source = self._file(url) if _is_beside(url) else self._attached(url)
        if source is None:
            return f"{text} ({html.escape(url)})"
        alternative = html.escape(re.sub(r"<[^<>]*>", "", text))
        return f'<img class="img-responsive" src="{html.escape(source)}" alt="{alternative}">'  # Bootstrap's: as wide as the page

    def link(self, text, url, title=None):
        return super().link(text, url, title) if _is_web(url) else f"{text} ({html.escape(url)})"

    def block_code(self, code, info=None):
        return f"<pre><code>{html.escape(code)}</code></pre>\n"

    def inline_math(self, body):
        return self._formula(body, False)

    def block_math(self, body):
        return self._formula(body, True)

    def latex_environment(self, name, body):
        return self._formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)

    def _formula(self, tex, display):
        self._maths += len(tex)
        if self._maths > _MATHS:
            return f"<code>{html.escape(tex)}</code>"
        shown = formula(tex, display)
        self.embedded += len(shown)
        return shown

    def _file(self, url):
        contents = self._beside(unquote(url)) if self._beside else None
        if contents is None:
            return None if self._beside else url
        kind = {"png": "png", "gif": "gif"}.get(unquote(url).lower().rpartition(".")[2], "jpeg")
        data = base64.b64encode(contents).decode()
        self.embedded += len(data)
        return f"data:image/{kind};base64,{data}"

    def _attached(self, url):
        kind, _, name = url.partition(":")
        for mime, data in self._pictures.pop(unquote(name), {}).items() if kind == "attachment" else ():
            if mime in IMAGES and is_base64(data):
                self.embedded += len(data)
                return f"data:{mime};base64,{data}"
        return None


class _Page:
    """HTML that is being written, well formed whatever is added."""

    def __init__(self):
        self._parts, self._open = [], []

    def add_text(self, text):
        self._parts.append(html.escape(html.unescape(text)))

    def add_tag(self, name, attributes):
        """Add a tag, if it is one that may be there and does not lie too deep."""
        known = name.removeprefix("/") in _BLOCKS | _INLINE
        if known and name.startswith("/"):
            if name[1:] in self._open:
                while self._close() != name[1:]:
                    pass
        elif known:
            while name in _BLOCKS and self._open and self._open[-1] in _INLINE:
                self._close()
            if len(self._open) == _DEEP:
                return False
            self._parts.append(f"<{name}{_harmless(name, attributes)}>")
            if name not in _EMPTY:
                self._open.append(name)
        return known

    def finished(self):
        while self._open:
            self._close()
        return "".join(self._parts)

    def _close(self):
        self._parts.append(f"</{self._open[-1]}>")
        return self._open.pop()


def _harmless(name, attributes):
    """The attributes that an element keeps: where a link leads to, how many columns and rows a cell takes."""
    kept = ""
    for attribute, *values in _ATTRIBUTE.findall(attributes) if name in ("a", "td", "th") else ():
        value = html.unescape("".join(values))
        if attribute == "href" and name == "a" and _is_web(value) or (
                attribute in ("colspan", "rowspan") and name != "a" and re.fullmatch(r"[0-9]{1,3}", value)):
            kept += f' {attribute}="{html.escape(value)}"'
    return kept
