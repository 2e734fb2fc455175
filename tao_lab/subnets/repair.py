"""Broken functions for the code subnet: real ones from Python's standard library, with one small change.

The functions are read from the library's own source (PSF licence) on this machine; the lab does not contain them. A
change exchanges an operator, changes a number by one, or negates a condition. Every change can be undone by another
one.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any, cast

Arguments = list[Any]

# operator: its replacements
SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.FloorDiv, ast.Div),
    ast.FloorDiv: (ast.Mult, ast.Mod),
    ast.Div: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}


@dataclass(frozen=True)
class Function:
    """A function of the standard library, and how to make arguments for it."""

    module: str
    name: str
    make_arguments: Callable[[Random], Arguments]


def _sorted_list(r: Random) -> Arguments:
    return [sorted(r.randint(0, 9) for _ in range(r.randint(0, 12))), r.randint(-1, 10)]


def _colour(r: Random) -> Arguments:
    return [round(r.random(), 2) for _ in range(3)]


def _words(r: Random) -> str:
    return " ".join(
        "".join(r.choice("abcxyzABC<>&'\"") for _ in range(r.randint(1, 6))) for _ in range(r.randint(1, 6))
    )


def _text(r: Random) -> str:
    return "".join(r.choice(["  ", "\t", ""]) + _words(r) + r.choice(["\n", "\n\n", "\n  \n"]) for _ in range(3))


def _path_reply(r: Random) -> Arguments:
    return [r.choice(["257 ", "257-"]) + '"' + r.choice(["/a", '/a""b', "/", ""]) + '"' + r.choice(["", " made", "x"])]


LIBRARY = (
    Function("bisect", "bisect_right", _sorted_list),
    Function("bisect", "bisect_left", _sorted_list),
    Function("calendar", "isleap", lambda r: [r.choice([r.randint(1, 3000), 100 * r.randint(1, 30)])]),
    Function("calendar", "leapdays", lambda r: sorted(r.randint(1, 3000) for _ in range(2))),
    Function("colorsys", "rgb_to_hsv", _colour),
    Function("colorsys", "hsv_to_rgb", _colour),
    Function("colorsys", "rgb_to_hls", _colour),
    Function("colorsys", "rgb_to_yiq", _colour),
    Function("textwrap", "indent", lambda r: [_text(r), r.choice(["> ", "\t", "##"])]),
    Function("html", "escape", lambda r: [_words(r), r.random() < 0.5]),
    Function("difflib", "_calculate_ratio", lambda r: [r.randint(0, 20), r.choice([0, r.randint(1, 50)])]),
    Function("difflib", "_format_range_unified", lambda r: sorted(r.randint(0, 9) for _ in range(2))),
    Function(
        "ipaddress", "_count_righthand_zero_bits", lambda r: [r.randint(0, 40) << r.randint(0, 6), r.randint(4, 32)]
    ),
    Function("operator", "countOf", lambda r: [[r.randint(0, 3) for _ in range(r.randint(0, 9))], r.randint(0, 3)]),
    Function("pydoc", "cram", lambda r: [_words(r), r.randint(4, 20)]),
    Function("ftplib", "parse257", _path_reply),
    Function("_pydecimal", "_sqrt_nearest", lambda r: [r.randint(1, 10**6), r.randint(1, 10**3)]),
    Function("_pydecimal", "_rshift_nearest", lambda r: [r.randint(0, 10**4), r.randint(1, 8)]),
    Function("_pydecimal", "_div_nearest", lambda r: [r.randint(0, 10**4), r.randint(1, 60)]),
)


@cache
def source(function: Function) -> str:
    """A function's text: named `solve`, without docstring, comments and annotations."""
    spec = importlib.util.find_spec(function.module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    found = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function.name)
    found.name = "solve"
    if ast.get_docstring(found) is not None:
        found.body = found.body[1:]
    return ast.unparse(found)


def changes(code: str) -> list[str]:
    """Every text that differs from a function's text by one small change, in a fixed order."""
    tree = ast.parse(code)
    places = [(number, change) for number, node in enumerate(ast.walk(tree)) for change in range(len(_edits(node)))]
    texts = []
    for number, change in places:
        changed = copy.deepcopy(tree)
        node = next(node for position, node in enumerate(ast.walk(changed)) if position == number)
        _edits(node)[change]()
        texts.append(ast.unparse(ast.fix_missing_locations(changed)))
    return list(dict.fromkeys(text for text in texts if text != code))


def _edits(node: ast.AST) -> list[Callable[[], None]]:
    """The changes that can be made at one node, in place."""
    return list(_operator_edits(node)) + list(_value_edits(node))


def _operator_edits(node: ast.AST) -> Iterator[Callable[[], None]]:
    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)):
        for swap in SWAPS.get(type(node.op), ()):
            yield partial(setattr, node, "op", swap())
    if isinstance(node, ast.Compare):
        for position, operator in enumerate(node.ops):
            for swap in SWAPS.get(type(operator), ()):
                yield partial(node.ops.__setitem__, position, cast(ast.cmpop, swap()))


def _value_edits(node: ast.AST) -> Iterator[Callable[[], None]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda: setattr(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        value = node.value
        yield lambda: setattr(node, "value", value + 1)
        if value > 0:
            yield lambda: setattr(node, "value", value - 1)
    if isinstance(node, (ast.If, ast.IfExp)):
        test = node.test
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield lambda: setattr(node, "test", test.operand)
        elif isinstance(test, (ast.Name, ast.Call)):
            yield lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), test))
