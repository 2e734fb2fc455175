"""Mutants: copies of a solution with one small mistake each, to test an exercise's cases and to find hints.

Each kind of mistake is one that people make: a tie decided the other way, an index off by one, a forgotten unit, a sum
along the wrong axis. If no case shows a difference between a mutant and the solution, either a case is missing, or the
mutant always gives the same results.
"""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tao_lab.course.exercise import Function, compiled

# For each kind of mutant: what an answer with this mistake does, and where to look. If two kinds behave alike, the
# earlier one names the mistake.
KINDS: dict[str, str] = {
    "boundary": "You treat a tie the other way: look at what happens when two compared values are equal.",
    "condition": "A condition is turned round, or asked of something that it should not be asked of.",
    "and/or": "A condition with several parts counts differently: must all parts hold, or is one enough?",
    "guard dropped": "A condition that makes an exception is missing, or never holds: which inputs are special here?",
    "guards reordered": "Right checks in another order: where two of them apply at once, the other one comes first.",
    "rounding": "You round another way: down, up, to the nearest, or not at all; or you divide before you multiply.",
    "plain arithmetic": "You use plain `*` and `/` where the number system's own operations belong.",
    "unit": "A unit is off: look at what each number counts, and by what one unit differs from the other.",
    "byte order": "The bytes are in the other order: which end of a number comes first?",
    "off by one": "You are off by one: an index, a count or a range begins or ends one too early or too late.",
    "sign": "A sign is turned round, or something is added that should be subtracted.",
    "swapped": "Two things have changed places: look at the order of operands, arguments or results.",
    "axis": "You work along the wrong axis: which results belong to rows, and which to columns?",
    "extreme": "You take the largest where the smallest belongs, or a total where an extreme belongs, or the reverse.",
    "sort direction": "You sort the other way round, or not at all.",
    "normalization dropped": "A step is left out: something is used as it came, before it was brought to its form.",
    "part dropped": "A part of a calculation is left out.",
    "statement dropped": "A step is left out: something never happens that should happen.",
    "order of steps": "Right steps in another order: a value is used before it is brought up to date, or after.",
    "early end": "You stop too early: the rest of the entries is never looked at.",
    "constant": "A fixed value is another one than it should be.",
    "hidden state": "Your function remembers something from one call to the next: each call must start fresh.",
    "changed input": "Your function changes its input, and whoever called it still needs that.",
    "wrong type": "The value is right, and its type is another one than is asked for.",
}

UNITS: dict[Any, tuple[Any, ...]] = {
    65_535: (65_536,),
    65_536: (65_535,),
    255: (256,),
    256: (255,),
    1_000_000: (1_000_000_000, 65_535),
    1_000_000_000: (1, 1_000_000),
    100: (1,),
    1_000: (1_024,),
    1_024: (1_000,),
    8: (1,),
}
SHORT = 8  # characters; a label shows a shorter text together with its line
LARGEST_COUNT = 64  # whole numbers up to this are counts, indices and sizes; larger ones are units and constants
OPPOSITES = {
    "min": "max",
    "minimum": "maximum",
    "argmin": "argmax",
    "any": "all",
    "floor": "ceil",
    "union": "intersection",
}
OPPOSITES |= {other: name for name, other in OPPOSITES.items()}
COMMUTATIVE = {"min", "max", "minimum", "maximum", "multiply", "isclose", "gcd"}
ROUNDING_NAMES = {"floor", "ceil"}
BOUNDARIES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}

Path = tuple[tuple[str, int | None], ...]
Change = tuple[str, Any]  # kind, and the replacement: an expression, or a list of statements


@dataclass(frozen=True)
class Mutant:
    """A solution with one small mistake.

    Attributes:
        kind: kind of the mistake, one of `KINDS`.
        label: the old text and the new text; unique in its exercise.
        function: the function with the mistake.
    """

    kind: str
    label: str
    function: Function


def mutants(solution: Function, source: str) -> tuple[Mutant, ...]:
    """All mutants of a solution, each text once, always in the same order.

    Args:
        solution: the function.
        source: its text.
    """
    found: dict[str, tuple[str, str]] = {}
    tree = ast.parse(textwrap.dedent(source))
    unchanged = ast.unparse(tree)
    order = list(KINDS)
    changes = sorted(_changes(tree), key=lambda change: order.index(change[0]))
    for kind, label, changed in changes:
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text != unchanged and text not in found:
            found[text] = (kind, label)
    labels: dict[str, int] = {}
    made = []
    for text, (kind, label) in found.items():
        labels[label] = labels.get(label, 0) + 1
        unique = label if labels[label] == 1 else f"{label} #{labels[label]}"
        made.append(Mutant(kind, unique, compiled(text, solution)))
    return (*made, *_wrapped(solution))


# --- mistakes in the text ---


def _changes(tree: ast.Module) -> Iterator[tuple[str, str, ast.Module]]:
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    begin = 1 if ast.get_docstring(function) is not None else 0
    for path, node in _walk(tree, ()):
        if path[:3] == (("body", 0), ("body", 0), ("value", None)) and begin:
            continue  # the docstring
        if isinstance(node, ast.expr):
            for kind, new in _expressions(node):
                yield kind, _label(tree, path, node, new), _replaced(tree, path, new)
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and value and all(isinstance(item, ast.stmt) for item in value):
                if isinstance(node, ast.Module):
                    continue
                skip = begin if node is function else 0
                for kind, label, new in _blocks(value, skip, _loop_of(node), function):
                    yield kind, label, _replaced(tree, (*path, (name, None)), new)
    for kind, label, changed in _hoisted(tree):
        yield kind, label, changed


def _label(tree: ast.Module, path: Path, old: ast.expr, new: ast.expr) -> str:
    label = f"{_short(old)} → {_short(new)}"
    if len(_short(old)) > SHORT:
        return label
    node: Any = tree
    statement: ast.stmt | None = None
    for name, index in path:
        node = getattr(node, name) if index is None else getattr(node, name)[index]
        statement = node if isinstance(node, ast.stmt) else statement
    return label if statement is None else f"{label} in {_first_line(statement)}"


def _walk(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.AST]]:
    yield path, node
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield from _walk(value, (*path, (name, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _walk(item, (*path, (name, index)))


def _replaced(tree: ast.Module, path: Path, new: Any) -> ast.Module:
    changed = copy.deepcopy(tree)
    node: Any = changed
    for name, index in path[:-1]:
        node = getattr(node, name) if index is None else getattr(node, name)[index]
    name, index = path[-1]
    if index is None:
        setattr(node, name, copy.deepcopy(new))
    else:
        getattr(node, name)[index] = copy.deepcopy(new)
    return changed


def _short(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))


def _expression(text: str, **parts: ast.expr) -> ast.expr:
    """An expression from a text in which names stand for other expressions."""
    tree = ast.parse(text, mode="eval")

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return copy.deepcopy(parts[node.id]) if node.id in parts else node

    filled: ast.expr = Fill().visit(tree).body
    return filled


def _expressions(node: ast.expr) -> Iterator[Change]:
    """Replacements for one expression."""
    match node:
        case ast.Compare(ops=[operator], left=left, comparators=[right]):
            yield from _comparison(node, operator, left, right)
        case ast.BoolOp(op=operator, values=values):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield "and/or", ast.BoolOp(other, values)
            for index in range(len(values)):
                rest = [value for place, value in enumerate(values) if place != index]
                yield "and/or", rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "condition", operand
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield "sign", operand
        case ast.BinOp():
            yield from _arithmetic(node)
        case ast.Call():
            yield from _call(node)
        case ast.Constant(value=value) if isinstance(value, (bool, int, float, str)):
            yield from _constant(value)
        case ast.Subscript():
            yield from _subscript(node)
        case ast.Attribute(value=value, attr="T"):
            yield "axis", value
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield "condition", ast.IfExp(test, orelse, body)
            yield "guard dropped", body
            yield "guard dropped", orelse
        case ast.Tuple(elts=[first, second], ctx=ast.Load()) if _plain(first) and _plain(second):
            yield "swapped", ast.Tuple([second, first], ast.Load())
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp() if node.generators[0].ifs:
            without = copy.deepcopy(node)
            without.generators[0].ifs = []
            yield "guard dropped", without


def _plain(node: ast.expr) -> bool:
    return not isinstance(node, (ast.Slice, ast.Starred))


def _comparison(node: ast.Compare, operator: ast.cmpop, left: ast.expr, right: ast.expr) -> Iterator[Change]:
    if tie := BOUNDARIES.get(type(operator)):
        yield "boundary", ast.Compare(left, [tie()], [right])
    if turned := TURNED.get(type(operator)):
        yield "condition", ast.Compare(left, [turned()], [right])
    words = any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (left, right))
    if isinstance(operator, ast.Eq) and not words:
        yield "boundary", ast.Compare(left, [ast.GtE()], [right])
        yield "boundary", ast.Compare(left, [ast.LtE()], [right])


def _arithmetic(node: ast.BinOp) -> Iterator[Change]:
    a, b = node.left, node.right
    match node.op:
        case ast.Add():
            yield "sign", ast.BinOp(a, ast.Sub(), b)
            yield "part dropped", a
            yield "part dropped", b
        case ast.Sub():
            yield "sign", ast.BinOp(a, ast.Add(), b)
            yield "swapped", ast.BinOp(b, ast.Sub(), a)
            yield "part dropped", a
            yield "part dropped", b
        case ast.Mult():
            for factor, rest in ((b, a), (a, b)):
                yield "unit" if _is_unit(factor) else "part dropped", rest
            yield "swapped", ast.BinOp(a, ast.Div(), b)
        case ast.Div():
            yield "rounding", ast.BinOp(a, ast.FloorDiv(), b)
            yield "swapped", ast.BinOp(b, ast.Div(), a)
            yield "unit" if _is_unit(b) else "normalization dropped", a
        case ast.FloorDiv():
            yield "rounding", _expression("-(-a // b)", a=a, b=b)
            yield "rounding", _expression("round(a / b)", a=a, b=b)
            yield "rounding", _expression("a / b", a=a, b=b)
            yield "unit" if _is_unit(b) else "part dropped", a
            if isinstance(a, ast.BinOp) and isinstance(a.op, ast.Mult):
                yield "rounding", _expression("x // b * y", x=a.left, y=a.right, b=b)
                yield "rounding", _expression("y // b * x", x=a.left, y=a.right, b=b)
        case ast.RShift():
            yield "rounding", _expression("-(-a >> b)", a=a, b=b)
            yield "part dropped", a
        case ast.LShift():
            yield "sign", ast.BinOp(a, ast.RShift(), b)
            yield "part dropped", a
        case ast.Mod():
            yield "part dropped", a
            yield "swapped", ast.BinOp(a, ast.FloorDiv(), b)
        case ast.Pow():
            yield "part dropped", a
            yield "swapped", ast.BinOp(a, ast.Mult(), b)
        case ast.BitAnd():
            yield "and/or", ast.BinOp(a, ast.BitOr(), b)
            yield "and/or", a
            yield "and/or", b
        case ast.BitOr():
            yield "and/or", ast.BinOp(a, ast.BitAnd(), b)
            yield "and/or", a
            yield "and/or", b


def _is_unit(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and node.value >= 8
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return len(name) > 1 and name.isupper()


def _name(function: ast.expr) -> str:
    """The last part of a called name: `sum` for `x.sum`, for `np.sum`, and for `sum`."""
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _renamed(function: ast.expr, name: str) -> ast.expr:
    if isinstance(function, ast.Attribute):
        return ast.Attribute(function.value, name, ast.Load())
    return ast.Name(name, ast.Load())


def _call(node: ast.Call) -> Iterator[Change]:
    name = _name(node.func)
    arguments = node.args
    for index in range(len(arguments) - 1 if name not in COMMUTATIVE else 0):
        pair = arguments[index : index + 2]
        if any(isinstance(argument, ast.Starred) for argument in pair):
            continue
        swapped = copy.deepcopy(node)
        swapped.args[index], swapped.args[index + 1] = swapped.args[index + 1], swapped.args[index]
        yield "swapped", swapped
    if name in OPPOSITES:
        kind = "rounding" if name in ROUNDING_NAMES else "extreme"
        yield kind, ast.Call(_renamed(node.func, OPPOSITES[name]), arguments, node.keywords)
    if name in ("min", "max") and len(arguments) == 2:  # a limit on one side is left out
        yield "guard dropped", arguments[0]
        yield "guard dropped", arguments[1]
    if name == "sum":
        yield "extreme", ast.Call(_renamed(node.func, "max"), arguments, node.keywords)
    for index, keyword in enumerate(node.keywords):
        rest = [other for place, other in enumerate(node.keywords) if place != index]
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
            value = ast.Constant(1 - int(str(keyword.value.value)))
            yield "axis", ast.Call(node.func, arguments, [*rest, ast.keyword("axis", value)])
            yield "axis", ast.Call(node.func, arguments, rest)
        elif keyword.arg == "reverse":
            yield "sort direction", ast.Call(node.func, arguments, rest)
        elif keyword.arg in ("key", "default", "keepdims", "digest_size", "signed"):
            yield "part dropped", ast.Call(node.func, arguments, rest)
    if name in ("sorted", "sort") and not any(keyword.arg == "reverse" for keyword in node.keywords):
        backwards = ast.keyword("reverse", ast.Constant(True))
        yield "sort direction", ast.Call(node.func, arguments, [*node.keywords, backwards])
    if name == "argsort" and arguments:
        yield "sort direction", _expression("x[::-1]", x=node)
    if name in ("multiply", "divide") and len(arguments) == 2:
        yield from _number_system(node, name, *arguments)
    if name == "range" and len(arguments) <= 2:
        yield from _range(node)
    if name in ("round", "int") and len(arguments) == 1:
        for text in ("int(x)", "round(x)", "-int(-x // 1)", "x"):
            yield "rounding", _expression(text, x=arguments[0])
    if name == "len" and arguments:
        yield "off by one", _expression("x - 1", x=node)
        yield "off by one", _expression("x + 1", x=node)
    if arguments and name not in ("range", "len", "enumerate", "zip", "multiply"):
        first = arguments[0]
        if not isinstance(first, (ast.Constant, ast.GeneratorExp, ast.Starred)):
            yield "normalization dropped", first
    if name == "get" and len(arguments) == 2:
        yield "guard dropped", ast.Call(node.func, arguments[:1], [])
    if isinstance(node.func, ast.Attribute) and not arguments and not node.keywords:
        yield "normalization dropped", node.func.value


def _number_system(node: ast.Call, name: str, a: ast.expr, b: ast.expr) -> Iterator[Change]:
    assert isinstance(node.func, ast.Attribute)
    yield "plain arithmetic", ast.BinOp(a, ast.Mult() if name == "multiply" else ast.Div(), b)
    if name == "multiply":
        yield "part dropped", a
        yield "part dropped", b
        return
    numbers = node.func.value
    yield "rounding", _expression("n.multiply(a, n.divide(n.number(1), b))", n=numbers, a=a, b=b)


def _range(node: ast.Call) -> Iterator[Change]:
    for index, argument in enumerate(node.args):
        for sign in ("+", "-"):
            moved = copy.deepcopy(node)
            moved.args[index] = _expression(f"x {sign} 1", x=argument)
            yield "off by one", moved
    if len(node.args) == 1:
        yield "off by one", ast.Call(node.func, [ast.Constant(1), *node.args], [])


def _constant(value: bool | int | float | str) -> Iterator[Change]:
    if isinstance(value, bool):
        yield "condition", ast.Constant(not value)
    elif isinstance(value, int):
        for unit in UNITS.get(value, ()):
            yield "unit", ast.Constant(unit)
        if abs(value) <= LARGEST_COUNT or value not in UNITS:
            yield "off by one", ast.Constant(value + 1)
            yield "off by one", ast.Constant(value - 1)
    elif isinstance(value, float):
        yield "constant", ast.Constant(value + 1)
        if 0 < value < 1:
            yield "constant", ast.Constant(1 - value)
    elif value in ("little", "big"):
        yield "byte order", ast.Constant("big" if value == "little" else "little")


def _subscript(node: ast.Subscript) -> Iterator[Change]:
    if not isinstance(node.ctx, ast.Load):
        return
    match node.slice:
        case ast.Slice(lower=None, upper=None, step=ast.expr()):
            yield "sort direction", node.value
        case ast.Slice(lower=lower, upper=upper, step=step):
            yield "part dropped", node.value
            for edge, place in ((lower, "lower"), (upper, "upper")):
                if edge is None or isinstance(edge, ast.Constant):
                    continue  # constants are changed elsewhere
                for sign in ("+", "-"):
                    moved = ast.Slice(lower, upper, step)
                    setattr(moved, place, _expression(f"x {sign} 1", x=edge))
                    yield "off by one", ast.Subscript(node.value, moved, node.ctx)
        case ast.Tuple(elts=elements) if any(_is_none(element) for element in elements):
            yield "axis", node.value
            turned = ast.Tuple([ast.Slice() if _is_none(e) else ast.Constant(None) for e in elements], ast.Load())
            yield "axis", ast.Subscript(node.value, turned, node.ctx)
        case ast.Name() if isinstance(node.value, ast.Name):
            yield "normalization dropped", node.value


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


# --- mistakes in a block of statements ---


def _loop_of(node: ast.AST) -> bool:
    return isinstance(node, (ast.For, ast.While))


def _blocks(
    block: Sequence[ast.stmt], skip: int, loop: bool, function: ast.FunctionDef
) -> Iterator[tuple[str, str, list[ast.stmt]]]:
    """Replacements for a block; its first `skip` statements stay."""
    for index in range(skip, len(block)):
        statement = block[index]
        before, after = list(block[:index]), list(block[index + 1 :])
        if _can_go(statement, before, function):
            kind = "guard dropped" if isinstance(statement, ast.If) else "statement dropped"
            yield kind, f"without: {_first_line(statement)}", [*before, *after] or [ast.Pass()]
        if isinstance(statement, ast.If):
            yield from _if(statement, before, after)
        if isinstance(statement, ast.For) and not isinstance(statement.iter, ast.Constant):
            for text in ("list(x)[1:]", "list(x)[:-1]"):
                shorter = copy.deepcopy(statement)
                shorter.iter = _expression(text, x=statement.iter)
                yield "off by one", f"{_first_line(statement)} → {_first_line(shorter)}", [*before, shorter, *after]
        if isinstance(statement, ast.AugAssign) and isinstance(statement.op, (ast.Add, ast.Sub)):
            turned = copy.deepcopy(statement)
            turned.op = ast.Sub() if isinstance(statement.op, ast.Add) else ast.Add()
            yield "sign", f"{_short(statement)} → {_short(turned)}", [*before, turned, *after]
        if isinstance(statement, ast.AugAssign):
            plain = ast.Assign([copy.deepcopy(statement.target)], statement.value)
            yield "statement dropped", f"{_short(statement)} → {_short(plain)}", [*before, plain, *after]
        if after and _may_swap(statement, after[0], before, function):
            kind = "guards reordered" if isinstance(statement, ast.If) else "order of steps"
            label = f"{_first_line(after[0])} before {_first_line(statement)}"
            yield kind, label, [*before, after[0], statement, *after[1:]]
    if loop and not isinstance(block[-1], (ast.Return, ast.Break, ast.Raise, ast.Continue)):
        yield "early end", f"end after: {_first_line(block[-1])}", [*block, ast.Break()]


def _if(statement: ast.If, before: list[ast.stmt], after: list[ast.stmt]) -> Iterator[tuple[str, str, list[ast.stmt]]]:
    first = _first_line(statement)
    if not isinstance(statement.test, (ast.Compare, ast.UnaryOp)):
        turned = copy.deepcopy(statement)
        turned.test = ast.UnaryOp(ast.Not(), turned.test)
        yield "condition", f"{first} → {_first_line(turned)}", [*before, turned, *after]
    if not statement.orelse:
        yield "guard dropped", f"always: {first}", [*before, *statement.body, *after]
        return
    yield "guard dropped", f"always: {first}", [*before, *statement.body, *after]
    yield "guard dropped", f"never: {first}", [*before, *statement.orelse, *after]
    if len(statement.orelse) == 1 and isinstance(statement.orelse[0], ast.If):
        inner = statement.orelse[0]
        moved = ast.If(statement.test, statement.body, inner.orelse)
        yield (
            "guards reordered",
            f"{_first_line(inner)} before {first}",
            [
                *before,
                ast.If(inner.test, inner.body, [moved]),
                *after,
            ],
        )


def _first_line(statement: ast.stmt) -> str:
    return _short(statement).splitlines()[0]


def _can_go(statement: ast.stmt, before: Sequence[ast.stmt], function: ast.FunctionDef) -> bool:
    """Whether all names of the rest are still defined without this statement."""
    if isinstance(statement, (ast.Return, ast.FunctionDef, ast.Pass, ast.Import, ast.ImportFrom, ast.Global)):
        return False
    names = _assigned(statement) if not isinstance(statement, (ast.If, ast.AugAssign)) else set()
    known = {argument.arg for argument in [*function.args.args, *function.args.kwonlyargs]}
    for earlier in before:
        known |= _assigned(earlier)
    return names <= known


def _may_swap(first: ast.stmt, second: ast.stmt, before: Sequence[ast.stmt], function: ast.FunctionDef) -> bool:
    """Whether the other order of two statements makes a difference, and all names are still defined."""
    if isinstance(first, ast.If) and isinstance(second, ast.If):
        return _leaves(first) and _leaves(second) and not first.orelse
    if isinstance(second, (ast.Return, ast.Raise, ast.Break, ast.Continue, ast.FunctionDef)):
        return False
    if isinstance(first, (ast.Return, ast.FunctionDef, ast.If)):
        return False
    depends = _assigned(first) & (_used(second) | _assigned(second)) or _assigned(second) & _used(first)
    return bool(depends) and _can_go(first, before, function)


def _leaves(statement: ast.If) -> bool:
    return isinstance(statement.body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))


def _assigned(statement: ast.stmt) -> set[str]:
    stored = (n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    inner = {n.arg for n in ast.walk(statement) if isinstance(n, ast.arg)}
    return set(stored) - inner


def _used(statement: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _hoisted(tree: ast.Module) -> Iterator[tuple[str, str, ast.Module]]:
    """A collection that should be empty at each call, but is made only once: the mutable default argument."""
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    for index, statement in enumerate(function.body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[]) | ast.Dict(keys=[]) as value):
                changed = copy.deepcopy(tree)
                inner = changed.body[0]
                assert isinstance(inner, ast.FunctionDef)
                del inner.body[index]
                inner.args.args.append(ast.arg(name))
                inner.args.defaults.append(value)
                yield "hidden state", f"{_short(statement)} once for all calls", changed


# --- mistakes around the whole function ---


def _wrapped(solution: Function) -> Iterator[Mutant]:
    """Functions that call the solution; after a run, `applies` says whether they changed anything."""
    wrappers: tuple[tuple[str, str, Callable[[Function], Function]], ...] = (
        ("hidden state", "answers like the call before", _stale),
        ("changed input", "changes its input", _spoiling),
        ("wrong type", "whole numbers as floats", _floating),
    )
    for kind, label, wrap in wrappers:
        yield Mutant(kind, label, wrap(solution))


def _stale(solution: Function) -> Function:
    last: list[Any] = []

    def answer(*arguments: Any) -> Any:
        last.append(solution(*arguments))
        answer.applies = len(last) > 1  # type: ignore[attr-defined]
        return last[-2] if len(last) > 1 else last[-1]

    answer.applies = False  # type: ignore[attr-defined]
    return answer


def _spoiling(solution: Function) -> Function:
    def answer(*arguments: Any) -> Any:
        result = copy.deepcopy(solution(*arguments))
        for argument in arguments:
            answer.applies |= _spoil(argument)  # type: ignore[attr-defined]
        return result

    answer.applies = False  # type: ignore[attr-defined]
    return answer


def _spoil(value: Any) -> bool:
    """Change a value in place, if it can be changed."""
    if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "iuf":
        value += value.dtype.type(1)
        return True
    if isinstance(value, (list, dict, set, bytearray)) and value:
        value.clear()
        return True
    return False


def _floating(solution: Function) -> Function:
    def plain(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            answer.applies = True  # type: ignore[attr-defined]
            return float(value) if abs(value) < 2**1000 else str(value)
        if isinstance(value, (tuple, list)):
            return type(value)(map(plain, value)) if type(value) in (tuple, list) else value
        if isinstance(value, (np.ndarray, np.integer)) and value.dtype.kind in "iu":
            answer.applies = True  # type: ignore[attr-defined]
            return value.astype(float)
        return value

    def answer(*arguments: Any) -> Any:
        return plain(solution(*arguments))

    answer.applies = False  # type: ignore[attr-defined]
    return answer
