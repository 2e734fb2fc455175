"""Compare an answer with a vector, number by number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tao_lab.errors import a_kind

MOST_BITS = 1024  # of a whole number in an answer; the chain's have at most 256


class AnswerError(Exception):
    """A rule returned something that cannot be compared with `expected`."""


def plain_answer(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer's fields as the lists and numbers of JSON.

    Raises:
        AnswerError: a field has another value, for example an object of a class, or NaN.
    """
    return {str(name): _plain(str(name), value) for name, value in answer.items()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist() if value.dtype.kind in "biu" else _plain(name, value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        raise AnswerError(f"{name} holds {value}; allowed: numbers that are finite")
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise AnswerError(f"{name} holds a whole number of {value.bit_length():,} bits; allowed: {MOST_BITS}")
    if isinstance(value, (list, tuple)):
        return [_plain(name, item) for item in value]
    if isinstance(value, Mapping):
        return [[_plain(name, key), _plain(name, item)] for key, item in value.items()]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise AnswerError(f"{name} holds {a_kind(value)}; allowed: numbers, lists and numpy arrays")


def first_difference(found: Any, expected: Any, place: str = "", right: str = "the chain has", within: int = 0) -> str:
    """The first difference between two values (numbers, texts, lists, dictionaries), in words; empty if they are equal.

    Args:
        found: the answer.
        expected: the right value.
        place: their place in a larger value, for example "[3]"; empty for the whole value.
        right: the words before the right value.
        within: largest allowed difference of a whole number.
    """
    at = f"at {place}: " if place else ""
    if isinstance(expected, list):
        if not isinstance(found, list):
            return f"{at}is {_short(found)}, {right} a list of {len(expected)}"
        for index, (one, other) in enumerate(zip(found, expected, strict=False)):
            if difference := first_difference(one, other, f"{place}[{index}]", right, within):
                return difference
        if len(found) != len(expected):
            return f"{at}has {len(found)} entries, {right} {len(expected)}"
        return ""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, other in expected.items():
            if key not in found:
                return f"at {place}[{key!r}]: is missing"
            if difference := first_difference(found[key], other, f"{place}[{key!r}]", right, within):
                return difference
        extra = next((key for key in found if key not in expected), None)
        return "" if extra is None else f"at {place}[{extra!r}]: should not be there"
    if isinstance(found, float) and not isinstance(expected, float):
        return f"{at}is {found!r}, a float; {right} the whole number {expected}"
    if within and type(found) is type(expected) is int and abs(found - expected) <= within:
        return ""
    if isinstance(found, list) or found != expected:
        return f"{at}is {_short(found)}, {right} {_short(expected)}"
    return ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
