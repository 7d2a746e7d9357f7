"""Mutants of a model solution: the same function with one small thing wrong, by operators that know numerical Python.

An operator is a generator: given a node of the syntax tree it yields what may stand in the node's place (a node; for a
statement also a list of them). `OPERATORS` is the table of them. cosmic-ray and mutmut mutate files of a project and
run its test command; they know no axes, shapes, dtypes and copies, which is where array code goes wrong.

What a stub gives, the statements outside of its solution markers, is not mutated: students do not write it.

A mutant's id, such as softmax.axis.1f2e3, follows from the function, the operator, the statements that differ and how
often the same was there before: it stays as it is while other places are edited.
"""

import ast
import builtins
import copy
import difflib
import hashlib
import re
import symtable
from dataclasses import dataclass

from autograder.grading.variants import source_of


@dataclass(frozen=True)
class Mutant:
    """A model solution with one thing changed.

    Parameters
    ----------
    id : str
    function : str
        Name of the function, or class.
    operator : str
    source : str
    diff : str
        The lines that differ, without those around them.
    """

    id: str
    function: str
    operator: str
    source: str
    diff: str

    @property
    def digest(self):
        """Of the function as it is now."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]

    @property
    def place(self):
        """What is changed, if that is a loop or a condition, whatever the operator; else ""."""
        words = re.findall(r"(?m)^[-+] (\w+)", self.diff)
        return next((said for place, said in PLACES.items() if words and words[0] in place), "")


def mutants_of(function):
    """All mutants of a function or class, each once, in the order of its text.

    Returns
    -------
    list of Mutant
    """
    source = source_of(function)
    tree = ast.parse(source)
    _take_docstrings(tree)
    theirs = _solution_lines(source)
    original, name = ast.unparse(tree), function.__name__
    defined = _globals(original) | {"np", name, *vars(builtins)}
    seen, times, found = {original}, {}, []
    for parent, field, index, node in list(_places(tree, theirs)):
        for operator, replacements in OPERATORS.items():
            for new in replacements(node):
                source = _unparsed_with(tree, parent, field, index, new)
                if source in seen or not _globals(source) <= defined:  # an undefined name is no subtle mistake
                    continue
                seen.add(source)
                diff = _diff(original, source)
                times[operator, diff] = times.get((operator, diff), 0) + 1
                place = hashlib.sha256(f"{diff}/{times[operator, diff]}".encode()).hexdigest()[:5]
                found.append(Mutant(f"{name}.{operator}.{place}", name, operator, source, diff))
    return found


def _solution_lines(source):
    """The numbers of the lines between solution markers; of all lines, if there are no markers."""
    lines = source.splitlines()
    marks = [[number for number, line in enumerate(lines, 1) if line.strip() == f"### {end} SOLUTION"] for end in ("BEGIN", "END")]
    return {number for start, end in zip(*marks) for number in range(start, end)} or set(range(1, len(lines) + 1))


def _places(parent, theirs):
    """Every node below another that students write, with where it hangs: (parent, field, index in the field or None, node)."""
    if isinstance(parent, ast.Raise) or getattr(parent, "arg", "") == "axis":  # the text of an error; what has an operator
        return
    for field, value in ast.iter_fields(parent):
        if field not in ("annotation", "returns", "decorator_list"):
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.stmt) and theirs.isdisjoint(range(node.lineno, node.end_lineno + 1)):
                    continue
                if isinstance(node, ast.AST):
                    yield parent, field, index, node
                    yield from _places(node, theirs)


def _unparsed_with(tree, parent, field, index, new):
    """The text of the tree with `new` in one place; the tree itself stays as it is."""
    before = getattr(parent, field)
    if isinstance(new, list):
        new = [*before[:index], *new, *before[index + 1:]] or [ast.Pass()]
    elif index is not None:
        new = [*before[:index], new, *before[index + 1:]]
    setattr(parent, field, new)
    try:
        return ast.unparse(tree)
    finally:
        setattr(parent, field, before)


def _take_docstrings(tree):
    """Take docstrings out of the tree, and keep each as `doc` of its node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.doc = ast.get_docstring(node) or ""
            if node.doc:
                node.body = node.body[1:] or [ast.Pass()]


def _diff(before, after):
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if not line.startswith(("---", "+++", "@@")))


def _globals(text):
    tables = [symtable.symtable(text, "", "exec")]
    for table in tables:
        tables += table.get_children()
    return {symbol.get_name() for table in tables for symbol in table.get_symbols() if symbol.is_global()}


# What operators are written with

def _with(node, **fields):
    node = copy.copy(node)
    vars(node).update(fields)
    return node


def _expression(text, **nodes):
    """An expression from text, with nodes in the place of names."""
    class Filled(ast.NodeTransformer):
        def visit_Name(self, name):
            return nodes.get(name.id, name)

    return Filled().visit(ast.parse(text, mode="eval").body)


def _called(node):
    """The last part of the name of what a call calls: max for np.max(Z) and for Z.max()."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _keyword(node, name):
    """A call's keyword argument, as its position and its value; (None, None) if it has none."""
    places = [(i, keyword.value) for i, keyword in enumerate(getattr(node, "keywords", [])) if keyword.arg == name]
    return places[0] if isinstance(node, ast.Call) and places else (None, None)


def _with_keyword(node, place, value=None):
    """A call with another value for a keyword argument, or without it."""
    new = [] if value is None else [ast.keyword(node.keywords[place].arg, value)]
    return _with(node, keywords=[*node.keywords[:place], *new, *node.keywords[place + 1:]])


def _swapped(nodes):
    return [nodes[1], nodes[0], *nodes[2:]]


def _parameters(node):
    """Parameters of a function with their defaults, None where there is none: (name, default)."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    defaults = [None] * (len(arguments) - len(node.args.defaults)) + node.args.defaults
    return [(argument.arg, default) for argument, default in zip(arguments, defaults) if argument.arg != "self"]


def _types(node):
    """What a function's NumPy docstring says of its parameters: name -> type, such as generator for numpy.random.Generator."""
    stated = re.findall(r"(?m)^([\w, ]+?) : (?:[\w.]*\.)?(\w+)", getattr(node, "doc", ""))
    return {name: kind.lower() for names, kind in stated for name in names.split(", ")}


def _replaced(node, old, new):
    """A copy of a node's tree with one node below it, or itself, replaced."""
    class Replacing(ast.NodeTransformer):
        def visit(self, one):
            return new if one is old else super().visit(copy.copy(one))

        def generic_visit(self, one):
            for field, value in ast.iter_fields(one):
                if isinstance(value, list):
                    setattr(one, field, list(value))
            return super().generic_visit(one)

    return Replacing().visit(node)


# The operators

_ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv, ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}
_BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_OPPOSITE = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}
_RELATED = {
    "mean": ["sum", "median"], "sum": ["mean", "max"], "max": ["min"], "min": ["max"], "maximum": ["minimum"],
    "minimum": ["maximum"], "argmax": ["argmin"], "argmin": ["argmax"], "any": ["all"], "all": ["any"], "zeros": ["ones"],
    "ones": ["zeros"], "zeros_like": ["ones_like"], "ones_like": ["zeros_like"], "median": ["mean"], "std": ["var"],
    "var": ["std"], "standard_normal": ["random"], "startswith": ["endswith"],
    "setdefault": ["get"], "isfinite": ["isnan"], "floor": ["ceil"], "ceil": ["floor"], "log": ["log2"], "log1p": ["log"],
    "exp": ["exp2"],
}
_SYMMETRIC = {"max", "min", "maximum", "minimum", "isclose", "allclose", "isinstance", "range", "zip"}
_WRAPPERS = {"float", "int", "str", "list", "dict", "set", "tuple", "asarray", "array", "tensor", "len", "range", "enumerate",
             "zip", "next", "iter", "sorted", "reversed", "print", "zeros", "ones", "empty"}


def arithmetic(node):
    """Another operator: + for -, * for /."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield _with(node, op=_ARITHMETIC[type(node.op)]())


def sign(node):
    """A minus, a not or a ~ that is forgotten."""
    if isinstance(node, ast.UnaryOp):
        yield node.operand


def boundary(node):
    """< for <=; a range or a slice that ends one off."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _BOUNDARY:
        yield _with(node, ops=[_BOUNDARY[type(node.ops[0])](), *node.ops[1:]])
    if _called(node) == "range":
        place = min(1, len(node.args) - 1)
        for off in _one_off(node.args[place]):
            yield _with(node, args=[*node.args[:place], off, *node.args[place + 1:]])
    if isinstance(node, ast.Slice):
        for end in ("lower", "upper"):
            if getattr(node, end) is not None:
                yield _with(node, **{end: None})
        if node.upper is not None and not isinstance(node.upper, ast.Constant):
            for off in _one_off(node.upper):
                yield _with(node, upper=off)


def _one_off(end):
    return [_expression("end + 1", end=end), _expression("end - 1", end=end)]


def comparison(node):
    """The opposite comparison."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _OPPOSITE:
        yield _with(node, ops=[_OPPOSITE[type(node.ops[0])](), *node.ops[1:]])


def boolean(node):
    """and for or, a condition that is left out, the other branch."""
    if isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for place in range(len(node.values)):
            left = [*node.values[:place], *node.values[place + 1:]]
            yield left[0] if len(left) == 1 else _with(node, values=left)
    if isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    if isinstance(node, ast.comprehension):
        for place in range(len(node.ifs)):
            yield _with(node, ifs=[*node.ifs[:place], *node.ifs[place + 1:]])


def constant(node):
    """A number that is one off, of the other sign, or twice or half as large; True for False."""
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from map(ast.Constant, [value + 1, value - 1, -value] if value else [1])
    elif isinstance(value, float):
        yield from map(ast.Constant, [-value, 2 * value, value / 2] if value else [1.0])


def axis(node):
    """Another axis, none, or the one that is not named; a transpose or a new axis too few or too many; indices swapped."""
    place, value = _keyword(node, "axis")
    if value is not None:
        for other in ([1, None] if _number(value) == 0 else [0, None]):
            yield _with_keyword(node, place, ast.Constant(other))
        if _called(node) not in ("sort", "argsort"):  # which take the last one anyway
            yield _with_keyword(node, place)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        indices = node.slice.elts
        if all(isinstance(one, ast.Slice | ast.Constant) for one in indices) and any(_is_none(one) for one in indices):
            yield node.value
        yield _with(node, slice=_with(node.slice, elts=_swapped(indices)))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult) and isinstance(node.right, ast.Name):
        yield _with(node, right=_expression("column[:, None]", column=node.right))


def keepdims(node):
    """keepdims forgotten."""
    place, _ = _keyword(node, "keepdims")
    if place is not None:
        yield _with_keyword(node, place)


def related(node):
    """Another function of the same kind: a sum for a mean, a maximum for a minimum, the largest for the last."""
    for other in _RELATED.get(_called(node), ()):
        if isinstance(node.func, ast.Attribute) and other == "median" and not _is_np(node.func.value):
            yield _with(node, func=_expression("np.median"), args=[node.func.value, *node.args])  # no method of arrays
        else:
            yield _with(node, func=_with(node.func, **{"attr" if isinstance(node.func, ast.Attribute) else "id": other}))
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _number(node.slice) == -1:
        yield _expression("max(values)", values=node.value)
        yield _expression("min(values)", values=node.value)
    if isinstance(node, ast.Expr) and ast.unparse(getattr(node.value, "func", node)) == "np.add.at" and len(node.value.args) == 3:
        array, index, value = node.value.args
        yield ast.AugAssign(ast.Subscript(array, index, ast.Store()), ast.Add(), value)  # which counts equal indices once


def term(node):
    """A term, a factor or a call around an expression that is forgotten."""
    if isinstance(node, ast.BinOp):
        yield node.left
        if isinstance(node.op, ast.Sub):
            yield ast.UnaryOp(ast.USub(), node.right)
        elif isinstance(node.op, ast.Add | ast.Mult | ast.MatMult):
            yield node.right
    if _called(node) and len(node.args) == 1 and not node.keywords and _called(node) not in _WRAPPERS:
        if isinstance(node.func, ast.Name) or _is_np(node.func.value):
            yield node.args[0]


def statement(node):
    """A statement that is forgotten, a condition that is, a loop that ends after its first round."""
    if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Raise | ast.Break | ast.Continue | ast.If):
        yield []
    if isinstance(node, ast.If):
        yield node.body
        yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        if node.orelse:
            yield node.orelse
            yield _with(node, orelse=[])
    if isinstance(node, ast.For | ast.While):
        yield _with(node, body=[*node.body, ast.Break()])
    if isinstance(node, ast.Break):
        yield ast.Continue()
    if isinstance(node, ast.Continue):
        yield ast.Break()
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=0)


def default(node):
    """An argument that has to be given, or that is left to its default."""
    if isinstance(node, ast.arguments) and node.defaults:
        yield _with(node, defaults=node.defaults[1:])
    if isinstance(node, ast.Call):
        for place, keyword in enumerate(node.keywords):
            if keyword.arg not in ("axis", "keepdims", "dtype"):
                yield _with_keyword(node, place)
        if len(node.args) > 1 and _called(node) not in ("range", "zip"):
            yield _with(node, args=node.args[:-1])


def inplace(node):
    """A copy that is forgotten, an argument that is changed; a new array where the old one was to be changed."""
    if _called(node) == "copy" and not node.args and isinstance(node.func, ast.Attribute):
        yield node.func.value
    if _called(node) in ("zeros_like", "ones_like", "empty_like", "full_like") and node.args:
        yield node.args[0]
    if _called(node) == "array" and _is_np(node.func.value) and node.args and isinstance(node.args[0], ast.Name | ast.Subscript):
        yield _with(node, func=_with(node.func, attr="asarray"))
    if isinstance(node, ast.AugAssign) and not isinstance(node.value, ast.Constant):
        if not isinstance(getattr(node.target, "slice", None), ast.Tuple | ast.Slice):  # of one array: that is the same
            yield ast.Assign([node.target], ast.BinOp(_with(node.target, ctx=ast.Load()), node.op, node.value), lineno=0)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript) and "..." in ast.unparse(node.targets[0].slice):
        yield ast.Assign([_with(node.targets[0].value, ctx=ast.Store())], node.value, lineno=0)
    if isinstance(node, ast.FunctionDef):
        types = _types(node)
        names = {name for name, default in _parameters(node) if default is None and types.get(name) not in ("float", "int")}
        for place, line in enumerate(node.body):
            for one in ast.walk(line) if isinstance(line, ast.Assign | ast.Return | ast.Expr) else ():
                if isinstance(one, ast.BinOp) and not isinstance(one.op, ast.MatMult) and getattr(one.left, "id", "") in names:
                    changed = ast.AugAssign(ast.Name(one.left.id, ast.Store()), one.op, one.right)
                    lines = [*node.body[:place], changed, _replaced(line, one, one.left), *node.body[place + 1:]]
                    yield _with(node, body=lines)


def dtype(node):
    """A type of numbers that is forgotten, too narrow, or one of whole numbers."""
    others = {"float": ["np.float32", "int"], "int": ["np.int8", "float"]}
    place, value = _keyword(node, "dtype")
    if value is not None:
        for other in others.get(ast.unparse(value), []):
            yield _with_keyword(node, place, _expression(other))
        yield _with_keyword(node, place)
    elif _called(node) in ("zeros", "ones", "zeros_like", "ones_like", "empty") and isinstance(node.func, ast.Attribute):
        yield _with(node, keywords=[*node.keywords, ast.keyword("dtype", _expression("int"))])
    if _called(node) == "astype" and node.args:
        yield node.func.value
        for other in others.get(ast.unparse(node.args[0]), []):
            yield _with(node, args=[_expression(other)])
    if isinstance(node, ast.Attribute) and node.attr == "float64":
        yield _with(node, attr="float32")


def order(node):
    """Backwards, sorted as strings, unsorted, not shuffled or only turned round; arguments, operands or results swapped."""
    if isinstance(node, ast.For):
        yield from _reordered(node)
    if isinstance(node, ast.ListComp):  # what makes a dict or a sum has no order
        yield from (_with(node, generators=[first, *node.generators[1:]]) for first in _reordered(node.generators[0]))
    if _called(node) == "permutation" and node.args:
        yield _expression("np.arange(values)", values=node.args[0])
        yield _expression("np.roll(np.arange(values), rng.integers(values))", values=node.args[0], rng=node.func.value)
    if _called(node) == "sorted" and node.args:
        yield _expression("list(values)", values=node.args[0])
    if isinstance(node, ast.Call) and len(node.args) > 1 and _called(node) not in _SYMMETRIC:
        yield _with(node, args=_swapped(node.args))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.MatMult | ast.Pow):
        yield _with(node, left=node.right, right=node.left)
    if isinstance(node, ast.Return | ast.Lambda):
        field = "value" if isinstance(node, ast.Return) else "body"
        if isinstance(results := getattr(node, field), ast.Tuple):
            yield _with(node, **{field: _with(results, elts=_swapped(results.elts))})


def _reordered(loop):
    if getattr(loop.target, "id", "") == "_":
        return
    yield _with(loop, iter=_expression("reversed(list(values))", values=loop.iter))
    if isinstance(loop.iter, ast.Name | ast.Attribute) or _called(loop.iter) == "range":
        yield _with(loop, iter=_expression("sorted(values, key=str)", values=loop.iter))


def size(node):
    """A size that is written down rather than asked for."""
    if _is_size(node):
        yield ast.Constant(4)
        yield ast.Constant(2)


def argument(node):
    """An argument that is ignored; one that nobody knows which is taken for the usual one."""
    if not isinstance(node, ast.FunctionDef):
        return
    usual = {"float": ["0.1"], "int": ["2"], "bool": ["True", "False"], "generator": ["np.random.default_rng(0)"]}
    types = _types(node)
    for name, value in _parameters(node):
        instead = [value] if value is not None else map(_expression, usual.get(types.get(name), []))
        for one in instead:
            yield _with(node, body=[ast.Assign([ast.Name(name, ast.Store())], one, lineno=0), *node.body])
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            for one in ast.walk(node):
                if isinstance(one, ast.Subscript) and getattr(one.slice, "id", "") == name:
                    lenient = _expression("table.get(key, table[usual])", table=one.value, key=one.slice, usual=value)
                    yield _replaced(node, one, lenient)


def epsilon(node):
    """A small number against a division by zero, or a logarithm of it, that cannot be."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _varies(node.right) and not _is_size(node.right):
        yield _with(node, right=_expression("by + 1e-8", by=node.right))
    if _called(node) in ("log", "sqrt") and len(node.args) == 1 and _varies(node.args[0]):
        yield _with(node, args=[_expression("x + 1e-8", x=node.args[0])])


def clip(node):
    """Something cut off that should not be."""
    if _called(node) == "exp" and len(node.args) == 1:
        yield _with(node, args=[_expression("np.clip(x, -30, 30)", x=node.args[0])])
    if _called(node) == "log" and len(node.args) == 1 and not isinstance(getattr(node.args[0], "right", None), ast.Constant):
        yield _with(node, args=[_expression("np.clip(x, 1e-7, None)", x=node.args[0])])  # but not in log(count + 1)
    if isinstance(node, ast.Attribute) and node.attr == "inf" and _is_np(node.value):
        yield ast.Constant(10.0)


def state(node):
    """Something that is kept from call to call, or taken away for the next."""
    if isinstance(node, ast.FunctionDef):
        for line in node.body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and ast.unparse(line.value) in ("[]", "{}"):
                arguments = _with(node.args, args=[*node.args.args, ast.arg(line.targets[0].id)],
                                  defaults=[*node.args.defaults, line.value])
                yield _with(node, args=arguments, body=[one for one in node.body if one is not line] or [ast.Pass()])
        results = [one for one in node.body[-1:] if isinstance(one, ast.Return) and one.value is not None]
        if results and _parameters(node) and "self" not in [argument.arg for argument in node.args.args]:
            name, first = node.name, _parameters(node)[0][0]
            kept = ast.parse(f"{name}.kept = getattr({name}, 'kept', {{}})").body
            result = _expression(f"{name}.kept.setdefault(np.shape({first}), result)", result=results[-1].value)
            yield _with(node, body=[*node.body[:-1], *kept, ast.Return(result)])
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
        if isinstance(node.slice, ast.JoinedStr) or isinstance(getattr(node.slice, "value", None), str):
            yield ast.Call(ast.Attribute(node.value, "pop", ast.Load()), [node.slice], [])


OPERATORS = {operator.__name__: operator for operator in (
    arithmetic, sign, boundary, comparison, boolean, constant, axis, keepdims, related, term, statement, default, inplace, dtype,
    order, size, argument, epsilon, clip, state,
)}
# operator -> what a student has done who has made such a mistake, without a word of the solution
SLIPS = {
    "arithmetic": "one operation is another one, such as + for - or * for /",
    "sign": "a minus, or a not, is missing",
    "boundary": "an end is one off: that of a range or a slice, or < for <=",
    "comparison": "a comparison is turned round",
    "boolean": "a condition is missing, or is the other way round",
    "constant": "a number is not the one it should be: a factor, a sign, a starting value, an index",
    "axis": "the numbers run along another axis: look at axes, transposes and the order of indices",
    "keepdims": "an axis is lost on the way, so that rows meet columns",
    "related": "a function is another of its kind, such as a sum for a mean, or the largest for the last",
    "term": "a term, a factor or a function around one is missing",
    "statement": "a step is missing, or a loop ends too early",
    "default": "an argument is left to its default, or a default is missing",
    "inplace": "something is changed where it should be copied, or copied where it should be changed",
    "dtype": "the kind of number is another one: look at dtypes",
    "order": "the order is another one: of arguments, operands, results, or of what is gone through",
    "size": "a size is written down that should be asked for",
    "argument": "an argument is not used",
    "epsilon": "something small is added where nothing can be zero",
    "clip": "something is cut off that should not be",
    "state": "something is kept from call to call, or taken away for the next",
}
# first word of a line that is changed -> the same for the slips of several kinds that it can hold
PLACES = {
    ("for", "while", "break", "continue"): "a loop goes through something else: it begins, ends or turns elsewhere",
    ("if", "elif"): "a condition is another one, or is missing",
}


def _number(node):
    """The number that a node is, such as -1; None if it is none."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


def _varies(node):
    """Whether a name other than NumPy's is in it."""
    return any(isinstance(one, ast.Name) and not _is_np(one) for one in ast.walk(node))


def _is_size(node):
    """Whether it is len(X) or X.shape[0]."""
    return _called(node) == "len" or isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "shape"


def _is_none(node):
    return isinstance(node, ast.Constant) and node.value is None


def _is_np(node):
    return getattr(node, "id", "") in ("np", "torch")
