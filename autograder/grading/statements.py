"""What a cell's code says, as far as that can be seen without running it: the names that it binds, what was added to it."""

import ast
import re
import symtable
from dataclasses import dataclass
from difflib import SequenceMatcher

_PYTHON = re.compile(r"%%(?:time|capture|prun)\b.*")  # cell magics below which the rest of a cell runs as it always does


def binds(text):
    """The names that a cell binds at its top level (a set); empty if that cannot be seen."""
    try:
        symbols = symtable.symtable(_python(text), "", "exec").get_symbols()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


@dataclass(frozen=True)
class Added:
    """What a text has that the one it was made from has not.

    Parameters
    ----------
    before, after : str
        Statements of its own that stand before everything of the other, and all others.
    changed : str
        Statements that take the place of others: they bind again what those bind, or do something else.
    """

    before: str = ""
    after: str = ""
    changed: str = ""


def added(text, original):
    """What was added to a cell's code.

    Parameters
    ----------
    text, original : str

    Returns
    -------
    Added
    """
    new, old = _statements(text), _statements(original)
    known = binds(original)
    parts = {"before": [], "after": [], "changed": []}
    for what, start, _, first, end in SequenceMatcher(None, [key for key, _ in old], [key for key, _ in new], False).get_opcodes():
        for _, statement in new[first:end] if what in ("insert", "replace") else ():
            bound = binds(statement)
            own = bool(bound - known) if bound or what == "replace" else True
            parts[("after" if start else "before") if own else "changed"].append(statement)
    return Added(**{name: "\n".join(statements).strip("\n") for name, statements in parts.items()})


def _statements(text):
    """The statements at a text's top level, each with the comments before it: (what makes them equal, text); else its lines."""
    lines = text.splitlines()
    try:
        nodes = ast.parse(_python(text)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [(line.strip(), line) for line in lines if line.strip()]
    found, place = [], 0
    for node in nodes:
        if node.lineno <= place:  # behind a semicolon
            found[-1] = found[-1][0] + ast.dump(node), found[-1][1]
            continue
        found.append((ast.dump(node), "\n".join(lines[place:node.end_lineno])))
        place = node.end_lineno
    return found


def _python(text):
    """A cell's text with other things than Python, as IPython takes them, out of the way; every line stays where it is."""
    first, _, rest = text.partition("\n")
    if first.startswith("%%"):
        text = "\n" + rest if _PYTHON.match(first) else ""
    return re.sub(r"(?m)^([ \t]*)([%!].*)$", lambda found: found[1] + repr(found[2]), text)
