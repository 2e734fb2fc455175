"""Data from outside: JSON is read within limits, and text is made safe to print and to log.

A miner's answer, a validator's task and a client's request are all read here before any other code uses them.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

Json = Any

MOST_NODES = 2**18  # values in one document: reading them takes tens of milliseconds
MOST_NESTING = 100  # lists and objects inside each other
LONGEST_LINE = 200  # characters of somebody else's text in one line of a log


class NotPlainJson(ValueError):  # noqa: N818 - named by what it is
    """A text that isn't JSON within the limits; the message says why."""


def read_json(data: bytes | str, *, most_nodes: int = MOST_NODES, most_nesting: int = MOST_NESTING) -> Json:
    """The value in a JSON text.

    Values are counted before they are built, because building them holds up every thread of the process.

    Args:
        data: UTF-8, or text.
        most_nodes: Values that the text may have: numbers, strings, lists, objects, and so on.
        most_nesting: Lists and objects that may be inside each other.

    Raises:
        NotPlainJson: It isn't UTF-8 or JSON, has too many values or too deep a nesting, a number that no float can
            hold (`NaN`, `1e999`), an integer of more digits than Python reads, or half a surrogate pair.
    """
    try:
        text = data.decode() if isinstance(data, bytes) else data
        nodes = 1 + text.count(",") + text.count("[") + text.count("{")  # those inside strings count as well
        if nodes > most_nodes:
            raise NotPlainJson(f"it has more than {most_nodes:,} values")
        value = json.loads(text, parse_float=_finite, parse_constant=_refuse_number)
    except RecursionError:
        raise NotPlainJson(f"it is nested too deeply; allowed: {most_nesting} levels") from None
    except UnicodeDecodeError as error:
        raise NotPlainJson(f"it isn't UTF-8: {error.reason} at byte {error.start}") from None
    except NotPlainJson:
        raise
    except ValueError as error:
        raise NotPlainJson(escaped(str(error))) from None
    _check(value, most_nesting)
    return value


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise NotPlainJson(f"{text[:40]} is not a number that a float can hold")


def _check(value: Json, most_nesting: int) -> None:
    """Refuse a deep nesting and halves of surrogate pairs, level by level."""
    if isinstance(value, str):
        _ensure_text(value)
    level, nesting = [value] if isinstance(value, list | dict) else [], 0
    while level:
        nesting += 1
        if nesting > most_nesting:
            raise NotPlainJson(f"it is nested too deeply; allowed: {most_nesting} levels")
        inside: list[Json] = []
        for one in level:
            if isinstance(one, dict):
                inside.extend(one)
                inside.extend(one.values())
            else:
                inside.extend(one)
        for one in inside:
            if isinstance(one, str):
                _ensure_text(one)
        level = [one for one in inside if isinstance(one, list | dict)]


def _ensure_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotPlainJson(f"a string has half a surrogate pair, {escaped(text[error.start])}") from None


def escaped(text: object, most: int = LONGEST_LINE) -> str:
    r"""Somebody else's text on one line: characters that can't be printed become escapes like `\n`, `\x1b` or `\ud800`.

    Args:
        text: Anything; its `str` is taken.
        most: Characters of the result.
    """
    characters = (one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(text)[:most])
    return "".join(characters)[:most]
