"""Comparing an answer with a vector, number by number."""

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
        AnswerError: a field holds something else, for example an object of a class, or NaN.
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


def first_difference(found: Any, expected: Any, place: str = "") -> str:
    """Where two JSON values differ first, in words; empty if nowhere."""
    at = f"at {place}: " if place else ""
    if isinstance(expected, list):
        if not isinstance(found, list):
            return f"{at}is {_short(found)}, the chain has a list of {len(expected)}"
        for index, (left, right) in enumerate(zip(found, expected, strict=False)):
            if difference := first_difference(left, right, f"{place}[{index}]"):
                return difference
        if len(found) != len(expected):
            return f"{at}has {len(found)} entries, the chain has {len(expected)}"
        return ""
    if isinstance(found, float) and not isinstance(expected, float):
        return f"{at}is {found!r}, a float; the chain has the whole number {expected}"
    if isinstance(found, list) or found != expected:
        return f"{at}is {_short(found)}, the chain has {_short(expected)}"
    return ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
