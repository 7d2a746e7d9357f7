r"""Formulas as MathML, so that a page shows them with no network and no script.

latex2mathml reads the TeX. What it makes is not yet fit for a page: it repeats a student's text and addresses as they are,
writes `\arg` and other words that it does not know with their backslash, sets limits beside `\max` where they belong below
it, and leaves letters to attributes that browsers no longer read. So everything is written anew here, from a list of
elements and attributes; a formula that does not fit is no formula, and its TeX is shown.
"""

import base64
import functools
import html
import importlib.util
import io
import re
import unicodedata
from pathlib import Path

from latex2mathml.converter import Converter

_LONG = 4000  # characters of TeX
_LARGE = 4000  # elements
_DEEP = 40  # elements within each other
_BACK = 3.0  # em that a formula may go back in all: more would lay it over what stands before it
_WIDE = 10.0  # em of one space

_DEFINES = re.compile(r"\\(?:(?:re)?newcommand|providecommand|newenvironment|def|DeclareMathOperator)(?![a-zA-Z])")
_REWRITTEN = [
    (re.compile(r"\\arg\s*\\(max|min)(?![a-zA-Z])"), r"\\arg\1 "),  # one operator, with its limits below it
    (re.compile(r"\\operatorname\s*\*?\s*\{\s*arg(?:\\[,;:! ]|\s)*(max|min)\s*\}"), r"\\arg\1 "),
    (re.compile(r"\\mathrm\s*\{([a-zA-Z])\}"), r"\\text{\1}"),  # one letter loses its font otherwise, and is set in italics
    (re.compile(":="), r"\\coloneqq "),
    (re.compile(r"\\\\\s*\[[\d. a-z-]*\]"), r"\\\\"),  # how far apart two lines are
    (re.compile(r"\\(begin|end)\s*\{(?:aligned|align\*?|flalign\*?|eqnarray\*?)\}"), r"\\\1{split}"),
    (re.compile(r"\\(begin|end)\s*\{(?:gathered|gather\*?|multline\*?)\}"), r"\\\1{matrix}"),
    (re.compile(r"\\(?:begin|end)\s*\{(?:equation|displaymath|math)\*?\}"), ""),
    (re.compile(r"\\(?:label|tag)\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![a-zA-Z])"), ""),
]
_ELEMENTS = {"mfrac", "mi", "mn", "mo", "mover", "mphantom", "mroot", "mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup",
             "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover"}
_PARTS = {"mfrac": 2, "mover": 2, "mroot": 2, "msub": 2, "msubsup": 3, "msup": 2, "munder": 2, "munderover": 3}
_AS_A_ROW = {"math", "menclose", "mpadded"}
_ATTRIBUTES = {
    "accent": "true|false", "accentunder": "true|false", "displaystyle": "true|false", "fence": "true|false",
    "form": "prefix|infix|postfix", "largeop": "true|false", "linethickness": "0|0em|0px", "maxsize": r"\d(\.\d{1,3})?em",
    "minsize": r"\d(\.\d{1,3})?em", "movablelimits": "true|false", "scriptlevel": r"\+?[0-3]", "separator": "true|false",
    "stretchy": "true|false", "symmetric": "true|false",
}
_LENGTH = re.compile(r"(-?\d{1,3}(?:\.\d{1,3})?)(em|ex|pt|px|mu)")
_EM = {"em": 1, "ex": 0.45, "pt": 0.1, "px": 0.06, "mu": 1 / 18}
_LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_WITH_LIMITS = {"max", "min", "sup", "inf", "lim", "∑", "∏", "⋃", "⋂", "⨁", "⨂"}
_UNKNOWN_TO_IT = {"\\arg": "arg", "\\lcm": "lcm", "\\erf": "erf", "\\tr": "tr", "\\rank": "rank"}
_ROWS = {"math", "mrow", "mstyle", "msqrt", "mtd", "menclose", "mpadded", "mphantom"}
_LINE = "\u2015"  # what \overline puts on top
_STRETCHED = " ()[]{}|‖⟨⟩⌊⌋⌈⌉√∑∏∫⏞⏟→←"
_THIN = '<mspace width="0.167em"/>'


class _Unfit(Exception):
    """It cannot be shown as a formula."""


def formula(tex, display=False):
    """A formula for a page.

    Parameters
    ----------
    tex : str
        What stands between dollar signs, written by anybody.
    display : bool
        Whether it stands by itself, in the middle of a line of its own.

    Returns
    -------
    str
        A `math` element; or the TeX as text, if it is too long, too large, or nothing that can be read.
    """
    try:
        return _mathml(tex, display)
    except _Unfit:
        kind = "pre" if display else "code"
        return f"<{kind}>{html.escape(tex.strip())}</{kind}>"


@functools.cache
def font():
    """A small font for a page's brackets and roots, as base64: without one for mathematics, which many phones lack, a browser
    leaves them as low as a letter. It is cut out of one that comes with Matplotlib."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    (matplotlib,) = importlib.util.find_spec("matplotlib").submodule_search_locations
    options = subset.Options(hinting=False, layout_features=[], name_IDs=[], drop_tables=[*subset.Options().drop_tables, "FFTM"])
    cut = subset.Subsetter(options)
    whole = TTFont(Path(matplotlib) / "mpl-data/fonts/ttf/DejaVuSans.ttf", lazy=True, recalcTimestamp=False)
    cut.populate(text=_STRETCHED)
    cut.subset(whole)
    whole.flavor = "woff"
    file = io.BytesIO()
    whole.save(file)
    return base64.b64encode(file.getvalue()).decode()


@functools.lru_cache(4096)  # a class repeats the assignment's
def _mathml(tex, display):
    if len(tex) > _LONG or _DEFINES.search(tex) or not _balanced(tex):
        raise _Unfit
    for pattern, instead in _REWRITTEN:
        tex = pattern.sub(instead, tex)
    kind = "block" if display else "inline"
    try:
        tree = Converter(display=kind).convert_to_element(tex)
        return f'<math display="{kind}">{_Writer().children(tree, 0)}</math>'
    except Exception:  # latex2mathml raises whatever Python does where it had not thought of something
        raise _Unfit from None


class _Writer:
    """Writes latex2mathml's tree anew."""

    def __init__(self):
        self._size, self._back = 0, 0.0

    def children(self, parent, depth):
        """The contents of an element: the elements, with a thin space around the name of a function."""
        parts, before, row = [], None, list(parent)
        for child, after in zip(row, [*row[1:], None]):
            if parent.tag in _ROWS and before is not None and (
                    _is_function(before) and _begins_word(child) or _is_function(child) and _ends_word(before)):
                parts.append(_THIN)
            parts.append(self._element(child, depth + 1, before, after))
            before = child
        return "".join(parts)

    def _element(self, element, depth, before, after):
        self._size += 1
        tag = element.tag
        if self._size > _LARGE or depth > _DEEP or tag not in _ELEMENTS | _AS_A_ROW:
            raise _Unfit
        if len(element) != _PARTS.get(tag, len(element)):
            raise _Unfit  # a fraction without a denominator
        if tag in ("mi", "mn", "mo", "mtext"):
            return self._token(element, tag, _text(element), before, after)
        if tag == "mspace":
            return f'<mspace width="{self._width(element)}"/>'
        if tag == "mover" and len(element) == 2 and _text(element[1]) == _LINE:  # no font's line is as long as what is below it
            below = self._element(element[0], depth + 1, None, None)
            return f'<mrow style="border-top: 1px solid; padding-top: 0.1em">{below}</mrow>'
        attributes = _kept(element)
        if tag == "mtd" and (side := element.get("columnalign")) in ("left", "right"):
            meets = "; padding-right: 0" if side == "right" else "; padding-left: 0" if _is_right(before) else ""
            attributes += f' style="text-align: {side}{meets}"'
        elif tag == "menclose" and element.get("notation") == "box":
            attributes += ' style="border: 1px solid; padding: 0.2em"'
        if tag in _LIMITS and len(element) and _takes_limits(element[0]):
            tag = _LIMITS[tag]
        tag = "mrow" if tag in _AS_A_ROW else tag
        return f"<{tag}{attributes}>{self.children(element, depth)}</{tag}>"

    def _token(self, element, tag, text, before, after):
        variant = element.get("mathvariant")
        attributes = _kept(element)
        if tag == "mi":
            text = _UNKNOWN_TO_IT.get(text, text)
            if text.startswith("\\") or element.text == "&":
                raise _Unfit  # a command that nobody knows, or a column where there is no table
            if variant == "normal" and len(text) == 1:
                attributes += ' mathvariant="normal"'
        elif tag == "mo" and _is_name(text):
            if _takes_limits(element):
                follows = "0" if after is not None and _text(after) in ("(", "[") else "0.167em"
                attributes = f' movablelimits="true" lspace="0.167em" rspace="{follows}"'
            else:
                tag, attributes = "mi", ""  # \operatorname: an operator would stand away from its brackets
        elif text in ("|", "‖") and element.get("stretchy") != "true":  # of which a browser cannot tell what they belong to
            around = any(one is not None and one.tag == "mtable" for one in (before, after))
            attributes = ' stretchy="true" lspace="0" rspace="0"' if around else ' stretchy="false" lspace="0" rspace="0"'
        if variant:
            text = "".join(_letters().get((variant, letter), letter) for letter in text)
        return f"<{tag}{attributes}>{html.escape(text)}</{tag}>"

    def _width(self, element):
        length = _LENGTH.fullmatch(element.get("width", "0em").replace(" ", ""))
        if not length:
            raise _Unfit
        width = float(length[1]) * _EM[length[2]]
        self._back += max(0.0, -width)
        if width > _WIDE or self._back > _BACK:
            raise _Unfit
        return f"{width:.3g}em"


def _balanced(tex):
    depth = 0
    for bracket in re.findall(r"\\.|[{}]", tex):
        depth += {"{": 1, "}": -1}.get(bracket, 0)
        if not 0 <= depth <= _DEEP:
            return False
    return depth == 0


def _text(element):
    """The text of an element, in which latex2mathml has put symbols as HTML does."""
    return html.unescape(element.text or "")


def _kept(element):
    return "".join(f' {name}="{element.get(name)}"' for name, values in _ATTRIBUTES.items()
                   if element.get(name) is not None and re.fullmatch(values, element.get(name)))


def _is_right(cell):
    return cell is not None and cell.get("columnalign") == "right"


def _is_name(text):
    return len(text) > 1 and text.replace("\u2009", "").replace(" ", "").isalpha()


def _base(element):
    """What stands at the beginning of an element with scripts."""
    while element.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover") and len(element):
        element = element[0]
    return element


def _takes_limits(element):
    return element.tag == "mo" and (_text(element) in _WITH_LIMITS or element.get("movablelimits") == "true")


def _is_function(element):
    """Whether it is the name of a function, such as log, with its scripts or without."""
    base = _base(element)
    return base.tag in ("mi", "mo") and not _takes_limits(base) and _is_name(_UNKNOWN_TO_IT.get(_text(base), _text(base)))


def _is_word(element):
    """Whether something would run into the name beside it: a letter or a number."""
    return _base(element).tag in ("mi", "mn") or element.tag == "mfrac"


def _ends_word(element):
    return _is_word(element) or element.tag in ("mrow", "msqrt") or _text(_base(element)) in (")", "]", "|")


def _begins_word(element):
    while element.tag == "mrow" and len(element):
        element = element[0]
    return _is_word(element) or element.tag in ("msqrt", "mtext")


@functools.cache
def _letters():
    """Unicode's letters for mathematics: (MathML's name of a font, plain letter) -> letter in that font."""
    fonts = {
        "BOLD": "bold", "ITALIC": "italic", "BOLD ITALIC": "bold-italic", "SCRIPT": "script", "BOLD SCRIPT": "bold-script",
        "FRAKTUR": "fraktur", "BLACK-LETTER": "fraktur", "BOLD FRAKTUR": "bold-fraktur", "DOUBLE-STRUCK": "double-struck",
        "SANS-SERIF": "sans-serif", "SANS-SERIF BOLD": "bold-sans-serif", "SANS-SERIF ITALIC": "sans-serif-italic",
        "SANS-SERIF BOLD ITALIC": "sans-serif-bold-italic", "MONOSPACE": "monospace",
    }
    letters = {}
    for letter in map(chr, [*range(0x1D400, 0x1D800), *range(0x2100, 0x2150)]):
        name = unicodedata.name(letter, "").removeprefix("MATHEMATICAL ")
        font = re.split(r" (?:CAPITAL|SMALL|DIGIT|NABLA|PARTIAL)", name)[0]
        plain = unicodedata.normalize("NFKC", letter)
        if font in fonts and len(plain) == 1:
            letters.setdefault((fonts[font], plain), letter)
    return letters
