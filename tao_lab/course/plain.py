"""Remove harmless differences from answers: this module says which types of values count as equal.

A tuple counts as a list, a numpy number as a Python number, `bytearray` as `bytes`, an `OrderedDict` as a `dict`, and
an object of a subclass as its plain type. A `Decimal` or `Fraction` with a whole value counts as a whole number. A
float never does, not even 3.0: it has only 53 bits, so amounts above 9 million TAO would not fit, and an answer with
`/` instead of `//` would pass below that. If a float is expected, an int is right.
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
MOST = 200_000  # entries or characters: no right answer has more, and millions would fill the memory


def plain(value: Any) -> Any:
    """A value made only of Python's own types; arrays of numbers stay arrays, and are copied.

    Any other value is returned unchanged.

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


# Use Python's own methods; those of the value's class may do anything.
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
