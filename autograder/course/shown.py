"""Text that people wrote, on its way to a terminal or a spreadsheet: everything in it is seen, and nothing takes effect.

Ids, names of files and pseudonyms can hold anything: sequences that move a terminal's cursor, marks that turn the
direction of writing, line breaks. What cannot be seen is written as Python would escape it.
"""

import unicodedata

from rich.markup import escape

_JOINERS = "\u200c\u200d"  # invisible, but part of how Persian and emoji are spelt
_OUR_OWN = str.maketrans({"●": "#", "◐": "+", "○": "-", "█": "#", "–": "-", "—": "-", "…": ".", "✓": "+", "✗": "-"})


def visible(text):
    """The text in one line, with control, direction and other invisible characters escaped."""
    return "".join(
        character if character in _JOINERS or unicodedata.category(character)[0] not in "CZ" or character == " "
        else ascii(character)[1:-1] for character in text
    )


def shown(text):
    """The same for rich's consoles, where it is not markup either."""
    return escape(visible(text))


def encodable(error):
    """A codec's error handler: of what a terminal cannot print, our own signs become similar ones, and others escapes.

    Parameters
    ----------
    error : UnicodeEncodeError
    """
    text, escapes = error.object[error.start : error.end].translate(_OUR_OWN), ""
    for character in text:
        if character.isascii():
            escapes += character
        elif "\u2800" <= character <= "\u28ff":  # what rich turns while one waits
            escapes += "*"
        else:
            escapes += ascii(character)[1:-1]
    return escapes, error.end
