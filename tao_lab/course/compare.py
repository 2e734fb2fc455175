"""Compare answers, and show one case so that a person sees the difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tao_lab.cards import Block, Grid, Text
from tao_lab.course.exercise import Case, Values
from tao_lab.errors import a_kind
from tao_lab.fixed import EXACT, FLOAT
from tao_lab.vectors.compare import first_difference

TOLERANCE = 1e-9  # relative and absolute: far above the rounding of float64, far below any mistake
MOST_NUMBERS = 60  # nobody reads a larger input
SHORT_TEXT = 20  # characters that one sees at once
Axes = tuple[str, str]
AXES: Axes = ("row", "column")
MOST_CHARACTERS = 200  # of each of two values that are shown side by side
LARGEST = 10**60  # whole numbers below it are written with commas
LONGEST = 700  # characters of an argument


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


def first_words(found: Values, expected: Values, case: Case, right: str = "right is") -> str:
    """The first difference in a sentence, for example "`fee` is 3, right is 5."."""
    name = wrong_names(found, expected, case)[0]
    if name not in found:
        return f"`{name}` is missing."
    mine, wanted = found[name], expected[name]
    if isinstance(mine, type(wanted)) and _is_long(wanted):
        return _text_words(name, mine, wanted, right)
    if type(mine) is type(wanted) is int and max(abs(mine), abs(wanted)) < LARGEST:
        return f"`{name}` is {mine:,}, {right} {wanted:,}."
    if not isinstance(wanted, np.ndarray):
        difference = first_difference(mine, wanted, right=right)
        place, words = difference[3:].split(": ", 1) if difference.startswith("at [") else ("", difference)
        return f"`{name}{place}` {words}."
    index = tuple(int(i) for i in np.argwhere(_differ(mine, wanted, case))[0])
    place = f"{name}[{', '.join(map(str, index))}]"
    return f"`{place}` is {_exactly(mine[index], case)}, {right} {_exactly(wanted[index], case)}."


def differences(found: Values, expected: Values, case: Case, axes: Axes = AXES) -> tuple[Block, ...]:
    """The values that agree, and the first wrong value beside the right one."""
    wrong = wrong_names(found, expected, case)
    name = wrong[0]
    blocks: list[Block] = []
    if len(expected) > 1:
        agree = ", ".join(f"`{n}`" for n in expected if n not in wrong) or "none"
        blocks.append(Text(f"Agree: {agree}. Differ: {', '.join(f'`{n}`' for n in wrong)}."))
    mine, right = found.get(name), expected[name]
    if isinstance(mine, type(right)) and _is_long(right):
        blocks.append(_table([("yours", mine), ("right", right)], MOST_CHARACTERS, f"`{name}`"))
    elif isinstance(right, np.ndarray) and mine is not None and right.size <= MOST_NUMBERS // 2:
        blocks += _side_by_side(name, mine, right, _differ(mine, right, case), case, axes)
    elif isinstance(right, (list, dict)):
        blocks.append(_table([("yours", mine), ("right", right)], MOST_CHARACTERS, f"`{name}`"))
    return tuple(blocks)


def wrong_names(found: Values, expected: Values, case: Case) -> list[str]:
    """Names of the values that differ."""
    return [name for name in expected if name not in found or not _same(found[name], expected[name], case)]


def _differ(mine: Any, right: Any, case: Case) -> Any:
    return ~(mine == right if case.exact else np.isclose(mine, right, rtol=TOLERANCE, atol=TOLERANCE))


def _text_words(name: str, mine: Any, wanted: Any, right: str) -> str:
    """The first place where two texts, or two byte strings, differ."""
    if len(mine) != len(wanted):
        unit = "byte" if isinstance(mine, bytes) else "character"
        return f"`{name}` has {len(mine)} {unit}{'s' * (len(mine) != 1)}, {right} {len(wanted)}."
    place = next(i for i, (a, b) in enumerate(zip(mine, wanted, strict=True)) if a != b)
    return f"`{name}` differs from {'byte' if isinstance(mine, bytes) else 'character'} {place} on."


def _is_long(value: Any) -> bool:
    """Whether it is bytes, or a text in which the difference is hard to see."""
    return isinstance(value, bytes) or (isinstance(value, str) and len(value) > SHORT_TEXT)


def _written(value: Any) -> str:
    """A value as one writes it in Python: large numbers in groups of three digits, so that nobody counts zeros.

    Bytes that are not text are hexadecimal digits; an object without a form of its own is its kind.
    """
    if type(value) is int:
        return f"{value:_}"
    if type(value) in (list, tuple) and value and all(type(entry) is int for entry in value):
        entries = ", ".join(map(_written, value))
        return f"[{entries}]" if type(value) is list else f"({entries}{',' * (len(value) == 1)})"
    if isinstance(value, bytes):
        is_message = len(value) > SHORT_TEXT and value.isascii() and value.decode().isprintable()
        return repr(value) if is_message else f"0x{value.hex()}"
    if value is EXACT or value is FLOAT:
        return "EXACT" if value is EXACT else "FLOAT"
    text = repr(value)
    return a_kind(value) if " object at 0x" in text else text


def _table(values: Sequence[tuple[str, Any]], most: int, caption: str = "") -> Grid:
    rows = [[name, _cut(_written(value), most)] for name, value in values]
    return Grid(rows, caption=caption, literal=True)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _side_by_side(name: str, mine: Any, right: Any, differ: Any, case: Case, axes: Axes) -> list[Block]:
    if mine.ndim == 1:
        rows = [["yours", *_row(mine, case)], ["right", *_row(right, case)]]
        marked = frozenset((0, int(j) + 1) for j in np.flatnonzero(differ))
        return [Grid(rows, ("", *(str(j) for j in range(len(mine)))), f"`{name}`", marked)]
    marked = frozenset((int(i), int(j) + 1) for i, j in np.argwhere(differ))
    return [_matrix(f"`{name}`, yours", mine, case, axes, marked), _matrix(f"`{name}`, right", right, case, axes)]


def show_case(case: Case, axes: Axes = AXES) -> tuple[Block, ...]:
    """The arguments of a case; of an argument that is too large, only the name."""
    blocks: list[Block] = []
    plain: list[tuple[str, Any]] = []
    large: list[str] = []
    for name, value in case.arguments.items():
        if not isinstance(value, np.ndarray):
            plain.append((name, value))
            text = _written(value)
            large += [name] if len(text) > LONGEST or (value is not None and text == a_kind(value)) else []
        elif value.size > MOST_NUMBERS or value.ndim > 2:
            large.append(name)
        elif value.ndim == 2:
            blocks.append(_matrix(f"`{name}`", value, case, axes))
        else:
            blocks.append(Grid([["", *_row(value, case)]], (f"`{name}`", *(str(j) for j in range(value.size)))))
    if plain:
        text = ", ".join(f"`{name} = {_written(value)}`" for name, value in plain)
        short = len(text) <= MOST_CHARACTERS and text.count("`") == 2 * len(plain)
        blocks.insert(0, Text(f"Given {text}.") if short else _table(plain, LONGEST, "Given"))
    if large:
        names = " and ".join(f"`{name}`" for name in large)
        blocks.append(Text(f"{names}, whole: `given = check(…).given`, then `given[{large[0]!r}]`."))
    return tuple(blocks)


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
    """A number, with its raw value if the last bits matter."""
    is_word = case.numbers is not None and case.numbers.name == "exact" and not isinstance(value, np.bool_)
    word = f" (word {int(value):,})" if is_word else ""
    return _number(value, case) + word
