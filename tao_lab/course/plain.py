"""Answers without harmless differences: the one place that says which kinds of values are as good as which.

A tuple is as good as a list, a number of numpy's as one of Python's, `bytearray` as `bytes`, an `OrderedDict` as a
`dict`, and an object of a class that only adds to one of these as the plain one. Whole numbers that came as `Decimal`
or `Fraction` are whole numbers. A float never is one, not even 3.0: it has room for 53 bits, so that amounts above
9 million TAO would not fit, and `/` where `//` belongs would pass until then. An int where a float should be is right.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import ItemsView, KeysView, Mapping, ValuesView
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

from tao_lab.errors import a_kind
from tao_lab.vectors import AnswerError

SIZED = (str, bytes, bytearray, list, tuple, dict, set, frozenset)
PLAIN = (bool, int, float, str, bytes, type(None))
NUMERIC = "biuf"  # kinds of arrays that stay arrays: bool, int, unsigned, float
MOST = 200_000  # entries or characters: no answer has as many, and looking at millions would fill the memory


def plain(value: Any) -> Any:
    """A value with everything in it as Python's own kinds: arrays of numbers stay arrays, and are copied.

    Anything else is handed on unchanged.

    Raises:
        AnswerError: it has more than `MOST` entries.
    """
    if type(value) in SIZED and len(value) > MOST:
        raise AnswerError(f"Your answer holds {a_kind(value)} of {len(value):,} entries: that is not an answer.")
    if type(value) in PLAIN:
        return value
    if isinstance(value, np.generic):
        return _number(value)
    if isinstance(value, np.ndarray):
        return _array(value)
    for kind, made in _SUBCLASSES:
        if isinstance(value, kind):
            return made(value)
    if isinstance(value, (Decimal, Fraction)):
        return int(value) if value == value and abs(value) != float("inf") and value % 1 == 0 else float(value)
    if isinstance(value, (range, deque, array, KeysView, ValuesView, ItemsView)):
        return [plain(entry) for entry in islice(value, MOST)]
    if isinstance(value, Mapping):
        return {plain(key): plain(entry) for key, entry in islice(value.items(), MOST)}
    if hasattr(type(value), "__array__"):  # a column of pandas, a tensor
        return _array(np.asarray(value))
    return value


def _number(value: np.generic) -> Any:
    item = value.item()
    return plain(item) if not isinstance(item, np.generic) else float(value)


def _array(value: Any) -> Any:
    if value.size > MOST:
        raise AnswerError(f"Your answer holds an array of {value.size:,} entries: that is not an answer.")
    copy = np.array(value)
    if copy.ndim == 0:
        return plain(copy[()])
    return copy if copy.dtype.kind in NUMERIC else [plain(entry) for entry in copy.tolist()]


# Python's own methods, not those of the value's class, which may do anything.
_SUBCLASSES: tuple[tuple[type, Any], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    (bytes, lambda value: bytes.__getitem__(value, slice(None))),
    (bytearray, lambda value: bytes(bytearray.copy(value))),
    (memoryview, memoryview.tobytes),
    (list, lambda value: [plain(entry) for entry in list.__iter__(value)]),
    (tuple, lambda value: tuple(plain(entry) for entry in tuple.__iter__(value))),
    (dict, lambda value: {plain(key): plain(entry) for key, entry in dict.items(value)}),
    (set, lambda value: {plain(entry) for entry in set.__iter__(value)}),
    (frozenset, lambda value: frozenset(plain(entry) for entry in frozenset.__iter__(value))),
)
