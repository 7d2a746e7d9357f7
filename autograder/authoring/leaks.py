"""What must not reach students: solutions, hidden tests, cells for instructors; outputs, metadata, markers.

Solutions are looked for twice. As lines: a line that says something of its own, laid out and quoted in one way, so that
another indentation or a comment hides nothing. And as syntax trees: the statements between a function's solution markers,
with its own variables renamed in the order in which they appear, wherever they stand in a row. Common property, and what is
given on purpose (other functions, signatures, docstrings), is left out. Not found: the same idea written differently.
"""

import ast
import copy
import inspect
import re
import textwrap
import tokenize
from io import StringIO

import nbformat

from autograder.grading.assignment import VARIANTS

_SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
_COPIED_SHARE = 0.5  # of a solution's lines, above which it counts as copied: single lines are common property
_TELLING = 5  # parts of a syntax tree, see `_content`; what has fewer, such as `x -= a * b` or `model.fit(X)`, is anybody's
_FENCED = re.compile(r"^```python.*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def own(assignment, notebook):
    """What stands in an assignment's release and must not.

    Parameters
    ----------
    assignment : assignment.Assignment
    notebook : NotebookNode
        The instructor version.

    Yields
    ------
    str
        A reason, as a sentence.
    """
    hidden = set()
    for path in assignment.suite.rglob("*.py"):
        if path.name not in VARIANTS:
            hidden |= set(_telling_lines(path.read_text(encoding="utf-8")))
    solutions = {line for body in _bodies([notebook]) for line in _telling_lines(body)}
    instructor = {
        line for cell in notebook.cells if "instructor" in cell.metadata.get("tags", [])
        for line in _telling_lines(cell.source)
    }
    for cell in assignment.released_notebook.cells:
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count):
            yield f"the released cell {cell.id} has outputs"
        if "autograder" in cell.metadata:
            yield f"the released cell {cell.id} names the reference"
    # What students are given on purpose: functions from the reference that they need not write, and the signatures and
    # docstrings of those that they must. Lines that stand there may stand in a solution too.
    given = set()
    for function, asked in _functions(notebook, assignment.authored):
        source = inspect.getsource(function)
        given |= _lines(_SOLUTION.sub("", source) if asked else source)
    kit = re.compile(rf"^\s*(from|import)\s+({re.escape(assignment.authored.reference)}|autograder)\b.*$", re.MULTILINE)
    for file, text, _, lines in _released(assignment.release):
        secrets = {"solution": solutions - given, "hidden test": hidden - given, "instructor-only cell": instructor}
        for what, secret in secrets.items():
            for line in sorted(secret & lines):
                yield f"a line of a {what} is in {file}: {line[:60]}"
        for mark in ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME"):
            if mark in text:
                yield f"{file} holds {mark}"
        if match := kit.search(text):
            yield f"{file} imports what students do not have: {match[0].strip()[:60]}"


def given_away(notebook, authored, earlier):
    """Model solutions that a notebook gives although no earlier assignment has asked for them.

    Parameters
    ----------
    notebook : NotebookNode
        The instructor version.
    authored : Authored
    earlier : list of NotebookNode
        Instructor versions of the assignments before it.

    Yields
    ------
    str
    """
    public = {name for one in earlier for name in _asked(one)}
    for where, ours in _from_reference(notebook):
        for name in ours["functions"] if "item" not in ours else {}:
            source = inspect.getsource(getattr(authored.load(ours["functions"][name]), name))
            if "### BEGIN SOLUTION" in source and name not in public:
                yield (
                    f"{where} gives the whole of {name}, which has solution markers and which no earlier assignment asks for: "
                    "is solves=\"...\" missing in the cell's fence?"
                )


def copied(release, notebooks, authored):
    """Solutions that stand in a release: a function's own statements, or more than half of its lines.

    Parameters
    ----------
    release : Path
    notebooks : list of NotebookNode
        Instructor versions of the assignments whose solutions are not public yet.
    authored : Authored

    Yields
    ------
    str
    """
    bodies = [set(_telling_lines(body)) for body in _bodies(notebooks)]
    secrets = {}  # shape -> {normal form: name of the function}
    for notebook in notebooks:
        for name, statements, own in _solutions(notebook):
            secrets.setdefault(_shape(statements), {})[_normal(statements, own)] = name
    asked = {name for notebook in notebooks for name in _asked(notebook)}
    for notebook in notebooks:  # what else they give stands there on purpose, even if a solution looks like it
        for function, must_write in _functions(notebook, authored):
            if not must_write and function.__name__ not in asked:
                for shape, form in _found(inspect.getsource(function), secrets):
                    secrets[shape].pop(form, None)
    for file, _, code, lines in _released(release):
        for telling in bodies:
            found = telling & lines
            if len(found) > _COPIED_SHARE * len(telling):
                yield f"a solution of an assignment is in {file}: {sorted(found)[0][:60]}"
        for name in sorted({secrets[shape][form] for shape, form in _found(code, secrets)}):
            yield f"the solution of {name} is in {file}"


def _released(release):
    """(name, whole text, the Python in it, lines) of each file of a release."""
    for path in sorted(release.rglob("*")):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".ipynb":
            cells = nbformat.reads(text, as_version=4).cells
            parts = [cell.source for cell in cells if cell.cell_type == "code"]
            prose = [cell.source for cell in cells if cell.cell_type != "code"]
            parts += [block for source in prose for block in _FENCED.findall(source)]
            text = "\n\n".join([*parts, *prose])  # not as JSON, where lines have quotes around them
        else:
            parts, prose = [text] if path.suffix == ".py" else [], [text]
        lines = {line for part in parts for line in _lines(part)} | {line for part in prose for line in _squeezed(part)}
        yield path.name, text, "\n".join(filter(_is_python, map(_without_magics, parts))), lines


def _without_magics(source):
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)


def _is_python(source):
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def _bodies(notebooks):
    return [body for notebook in notebooks for cell in notebook.cells for body in _SOLUTION.findall(cell.source)]


def _asked(notebook):
    """Names of the functions that students write."""
    return {name for _, ours in _from_reference(notebook) if "item" in ours for name in ours["functions"]}


def _functions(notebook, authored):
    """(function, whether students write it) for all that come from the reference."""
    for _, ours in _from_reference(notebook):
        for name, module in ours["functions"].items():
            yield getattr(authored.load(module), name), "item" in ours


def _from_reference(notebook):
    """(cell id, or what else it is; metadata that names functions of the reference), the files beside the notebook last."""
    marked = [(cell.id, cell.metadata.get("autograder", {})) for cell in notebook.cells]
    marked.append(("a Python file", notebook.metadata.get("autograder", {})))
    return [(where, ours) for where, ours in marked if "functions" in ours]


def _solutions(notebook):
    """(name, statements between the markers, names of its own variables) for each function that students write."""
    for cell in notebook.cells:
        if "item" not in cell.metadata.get("autograder", {}):
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            continue
        lines = enumerate(cell.source.splitlines(), 1)
        marks = [number for number, line in lines if re.match(r"\s*### (BEGIN|END) SOLUTION", line)]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                begin, end = ([mark for mark in marks if node.lineno < mark <= node.end_lineno + 1] + [0, 0])[:2]
                statements = [one for one in node.body if begin < one.lineno and one.end_lineno < end]
                if _content(statements) >= _TELLING:
                    yield node.name, statements, _locals(node)


def _found(source, secrets):
    """(shape, normal form) of each run of statements in a source that is one of the secrets."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except SyntaxError:
        return
    lengths = {len(shape) for shape in secrets}
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        own = _locals(scope)
        for block in _blocks(scope):
            shapes = _shape(block)
            for start in range(len(block)):
                for stop in lengths:
                    shape = shapes[start : start + stop]
                    if len(shape) == stop and shape in secrets and (
                            (form := _normal(block[start : start + stop], own)) in secrets[shape]):
                        yield shape, form


def _blocks(scope):
    """The lists of statements of a scope: its body, and those of the loops and branches in it."""
    if isinstance(scope, ast.Lambda):
        yield [ast.Return(scope.body)]
        return
    waiting = [scope]
    while waiting:
        node = waiting.pop()
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                yield block
                waiting += [one for one in block if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]


def _content(statements):
    """How much statements say: the parts of their syntax trees, without names of plain variables."""
    nodes = [node for statement in statements for node in ast.walk(statement)]
    bases = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    bases |= {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    return sum(not isinstance(node, ast.expr_context) and (not isinstance(node, ast.Name) or id(node) in bases) for node in nodes)


def _locals(scope):
    names = {node.id for node in ast.walk(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {node.arg for node in ast.walk(scope) if isinstance(node, ast.arg)}


def _shape(statements):
    """Statements without any names: what is the same for all that `_normal` could find equal, and cheaper."""
    return tuple(re.sub(r"\b(id|arg)='\w+'", "", ast.dump(statement)) for statement in statements)


def _normal(statements, own):
    """Statements as text that does not depend on layout, comments and the names of own variables."""
    numbers = {}

    class Renamed(ast.NodeTransformer):
        def visit_Name(self, node):
            if node.id not in own:
                return node
            return ast.Name(f"_{numbers.setdefault(node.id, len(numbers))}", node.ctx)

        def visit_arg(self, node):
            return ast.arg(f"_{numbers.setdefault(node.arg, len(numbers))}", None)

    return tuple(ast.unparse(Renamed().visit(copy.deepcopy(statement))) for statement in statements)


def _lines(text):
    """The lines of a text without comments, as they are and, of Python, laid out and quoted in one way."""
    return {*_squeezed(_without_comments(text)), *_squeezed(_laid_out(text))}


def _squeezed(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _telling_lines(text):
    """Lines that say something of their own: no definitions and imports, and more than punctuation or a bare call."""
    for line in _lines(text):
        if len(re.findall(r"\w+", line)) < 3 or re.match(r"(import|from|def|class)\b|@", line):
            continue
        try:
            statements = ast.parse(f"{line} pass" if line.endswith(":") else line).body
        except (SyntaxError, ValueError):
            yield line  # prose, or part of a statement
        else:
            if _content(statements) >= _TELLING or any(_is_prose(one) for one in statements):
                yield line


def _is_prose(statement):
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant | ast.Name)


def _laid_out(text):
    try:
        return ast.unparse(ast.parse(textwrap.dedent(_without_magics(text))))
    except (SyntaxError, ValueError):
        return ""  # prose, or part of a function


def _without_comments(text):
    try:
        tokens = [t for t in tokenize.generate_tokens(StringIO(text).readline) if t.type != tokenize.COMMENT]
        return tokenize.untokenize(tokens)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return text  # prose, or part of a function: its lines count as they are
