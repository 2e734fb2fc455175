"""Comparing answers, and showing one case so that a person sees the difference."""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.cards import Block, Grid, Text
from tao_lab.course.exercise import Case, Values
from tao_lab.economy import Pool
from tao_lab.vectors.compare import first_difference

TOLERANCE = 1e-9  # relative, and of 1: far above the rounding of float64, far below any mistake
MOST_NUMBERS = 60  # a larger input helps nobody
SHORT_TEXT = 20  # characters that are taken in at a glance
Axes = tuple[str, str]
AXES: Axes = ("row", "column")
MOST_CHARACTERS = 200  # of a text or of bytes


def same_values(found: Values, expected: Values, case: Case) -> bool:
    """Whether all named values agree: to the last bit on exact cases."""
    return found.keys() == expected.keys() and all(_same(found[name], expected[name], case) for name in expected)


def _same(found: Any, expected: Any, case: Case) -> bool:
    if not isinstance(expected, np.ndarray):
        return first_difference(found, expected) == ""
    if not isinstance(found, np.ndarray) or found.shape != expected.shape:
        return False
    if case.exact:
        return bool((found == expected).all())
    return bool(np.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE))


def differences(found: Values, expected: Values, case: Case, axes: Axes = AXES) -> tuple[Block, ...]:
    """The first difference in words, which values agree, and small arrays side by side."""
    wrong = [name for name in expected if name not in found or not _same(found[name], expected[name], case)]
    name = wrong[0]
    blocks: list[Block] = []
    if len(expected) > 1:
        agree = ", ".join(f"`{n}`" for n in expected if n not in wrong) or "none"
        blocks.append(Text(f"Agree: {agree}. Differ: {', '.join(f'`{n}`' for n in wrong)}."))
    if isinstance(found.get(name), type(expected[name])) and _is_long(expected[name]):
        return (*blocks, *_texts(name, found[name], expected[name]))
    if not isinstance(expected[name], np.ndarray):
        reason = first_difference(found[name], expected[name]) if name in found else "is missing"
        return (*blocks, Text(f"First difference: `{name}` {reason}."))
    mine, right = found[name], expected[name]
    close = np.isclose(mine, right, rtol=TOLERANCE, atol=TOLERANCE) if not case.exact else mine == right
    index = tuple(int(i) for i in np.argwhere(~close)[0])
    place = f"{name}[{', '.join(map(str, index))}]"
    found_number, right_number = _exactly(mine[index], case), _exactly(right[index], case)
    blocks.append(Text(f"First difference: `{place}` is {found_number}; right is {right_number}."))
    if right.size <= MOST_NUMBERS // 2:
        blocks += _side_by_side(name, mine, right, ~close, case, axes)
    return tuple(blocks)


def _texts(name: str, mine: Any, right: Any) -> tuple[Block, ...]:
    """Two texts, or two pieces of bytes: where they part, and both of them."""
    pairs = enumerate(zip(mine, right, strict=False))
    place = next((i for i, (a, b) in pairs if a != b), min(len(mine), len(right)))
    unit = "byte" if isinstance(mine, bytes) else "character"
    sizes = f"{len(mine)} {unit}s; right is {len(right)}"
    said = f"`{name}` has {sizes}." if len(mine) != len(right) else f"`{name}` differs from {unit} {place} on."
    return Text(said), Grid([["yours", _short(mine)], ["right", _short(right)]], caption=f"`{name}`")


def _is_long(value: Any) -> bool:
    """Whether it is bytes, or a text in which one looks for the difference."""
    return isinstance(value, bytes) or (isinstance(value, str) and len(value) > SHORT_TEXT)


def _short(value: Any) -> str:
    is_message = (
        isinstance(value, bytes) and len(value) > SHORT_TEXT and value.isascii() and value.decode().isprintable()
    )
    text = f"0x{value.hex()}" if isinstance(value, bytes) and not is_message else repr(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _side_by_side(name: str, mine: Any, right: Any, differ: Any, case: Case, axes: Axes) -> list[Block]:
    if mine.ndim == 1:
        rows = [["yours", *_row(mine, case)], ["right", *_row(right, case)]]
        marked = frozenset((0, int(j) + 1) for j in np.flatnonzero(differ))
        return [Grid(rows, ("", *(str(j) for j in range(len(mine)))), f"`{name}`", marked)]
    marked = frozenset((int(i), int(j) + 1) for i, j in np.argwhere(differ))
    return [_matrix(f"`{name}`, yours", mine, case, axes, marked), _matrix(f"`{name}`, right", right, case, axes)]


def show_case(case: Case, axes: Axes = AXES) -> tuple[Block, ...]:
    """The arguments of a case, if they are few enough to read."""
    if sum(np.size(value) for value in case.arguments.values() if isinstance(value, np.ndarray)) > MOST_NUMBERS:
        return ()
    blocks: list[Block] = []
    scalars: list[str] = []
    for name, value in case.arguments.items():
        if isinstance(value, np.ndarray) and value.ndim == 2:
            blocks.append(_matrix(f"`{name}`", value, case, axes))
        elif isinstance(value, np.ndarray) and value.ndim == 1:
            blocks.append(Grid([["", *_row(value, case)]], (f"`{name}`", *(str(j) for j in range(len(value))))))
        elif isinstance(value, (int, float, str, bytes, type(None))):
            scalars.append(f"`{name} = {value if isinstance(value, (int, float)) else _short(value)}`")
        elif isinstance(value, (list, tuple, dict)) and "`" not in repr(value):
            scalars.append(f"`{name} = {_short(value)}`")
        elif isinstance(value, Pool):
            scalars.append(f"`{name} = {value}`")
    return (*((Text("Given " + ", ".join(scalars) + "."),) if scalars else ()), *blocks)


def _matrix(
    caption: str, matrix: Any, case: Case, axes: Axes, marked: frozenset[tuple[int, int]] = frozenset()
) -> Grid:
    rows = [[f"{axes[0]} {i}", *_row(row, case)] for i, row in enumerate(matrix)]
    return Grid(rows, (caption, *(f"{axes[1]} {j}" for j in range(matrix.shape[1]))), "", marked)


def _row(values: Any, case: Case) -> list[str]:
    return [_number(value, case) for value in values]


def _number(value: Any, case: Case) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    plain = float(case.numbers.to_float(value)) if case.numbers is not None else float(value)
    return f"{plain:.6g}"


def _exactly(value: Any, case: Case) -> str:
    """A number, with its machine word where the last bits count."""
    is_word = case.numbers is not None and case.numbers.name == "exact" and not isinstance(value, np.bool_)
    word = f" (word {int(value):,})" if is_word else ""
    return _number(value, case) + word
