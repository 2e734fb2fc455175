"""Columns: the values of many keys of one storage item, stored as one array.

A block changes some items for every subnet. Their values are in a `Column` of the state: a row of bytes for each key of
a `Layout`. Fast code reads and writes the whole array; other code can still read the bytes of one key. The changes of a
block are found by comparing the column with its copy from the last seal (the end of the last block).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

DTYPES: dict[int, Any] = {1: np.dtype("u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4"), 8: np.dtype("<u8")}
WORD_BYTES = 8


class Layout:
    """The keys of a column, in order. Two layouts are equal only if they are the same object.

    Attributes:
        prefix: Of the item.
        keys: Storage keys of the item, each once.
        default: SCALE bytes of a missing value; all values of a column have the same number of bytes.
        parts: One key of each part of the item (`Part`) in which there are keys; None until the state asks for them.
    """

    def __init__(self, prefix: bytes, keys: Sequence[bytes], default: bytes) -> None:
        self.prefix, self.keys, self.default = prefix, tuple(keys), default
        self.parts: tuple[bytes, ...] | None = None

    @property
    def width(self) -> int:
        """Bytes of a value."""
        return len(self.default)


class Rows(NamedTuple):
    """The content of a column at one moment: bytes (n, width), and which keys had a value, bool (n,).

    Both arrays are never changed again, so that several moments may share them.
    """

    data: Array
    present: Array

    def differs(self, other: Rows) -> Array:
        """Bool (n,): the rows that have another value, or only here or there one."""
        differs: Array = numbers(self.data) != numbers(other.data)
        if differs.ndim > 1:
            differs = np.logical_or.reduce(differs, axis=1)
        return differs if self.present is other.present else differs | (self.present != other.present)


# `rows_from((data, present))` is `Rows(data, present)` without the function in Python that a named tuple has for it.
rows_from: Callable[[tuple[Array, Array]], Rows] = partial(tuple.__new__, Rows)


def numbers(data: Array) -> Array:
    """The same memory as numbers.

    They are (n,) if the width is that of a number, uint64 (n, width / 8) if 8 divides the width, otherwise the bytes.
    """
    width = data.shape[1]
    if width in DTYPES:
        return data.view(DTYPES[width])[:, 0]
    return data.view("<u8") if width % WORD_BYTES == 0 else data


class Column:
    """Values at the keys of a layout. A missing key has the item's default in its row.

    A change replaces the arrays, and never writes into them: the journal and the last seal keep the old ones.

    Attributes:
        layout: The keys.
        data: Bytes, uint8 (n, width).
        present: Bool (n,): whether the key has a stored value.
        words: The same memory as numbers (`numbers`).
        whole: Whether every key has a stored value.
        sealed: Its content at the last seal of the state; None if it has not been written since then.
    """

    def __init__(self, layout: Layout, rows: Rows) -> None:
        self.layout = layout
        self.sealed: Rows | None = None
        self.take(rows)

    def get(self, row: int) -> bytes | None:
        """The value in a row, or None."""
        return self.data[row].tobytes() if self.present[row] else None

    def get_many(self, rows: Sequence[int]) -> list[bytes | None]:
        """The values in some rows."""
        data, width = self.data[rows].tobytes(), self.layout.width
        there = self.present[rows].tolist()
        return [data[at * width : (at + 1) * width] if present else None for at, present in enumerate(there)]

    def set(self, row: int, value: bytes | None) -> None:
        """Write a value of the column's width; None removes it."""
        data, present = self.data.copy(), self.present
        data[row] = np.frombuffer(self.layout.default if value is None else value, np.uint8)
        if present[row] == (value is not None):
            self.put_all(data)
            return
        present = present.copy()
        present[row] = value is not None
        self.take(Rows(data, present))

    @property
    def rows(self) -> Rows:
        """All values."""
        return rows_from((self.data, self.present))

    def take(self, rows: Rows) -> None:
        """Replace all values."""
        self.data, self.present = rows
        self.words: Array = numbers(rows.data)
        self.whole = bool(rows.present.all())

    def put_all(self, data: Array) -> None:
        """Replace all values; the same keys are missing as before."""
        self.data, self.words = data, numbers(data)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key that has a value, and the value."""
        return ((key, value) for key, value in values_of(self.layout, self.rows) if value is not None)


def values_of(layout: Layout, rows: Rows) -> Iterator[tuple[bytes, bytes | None]]:
    """Every key, and its value or None."""
    data, width = rows.data.tobytes(), layout.width
    for place, (key, there) in enumerate(zip(layout.keys, rows.present.tolist(), strict=True)):
        yield key, data[place * width : (place + 1) * width] if there else None


class ColumnChange(NamedTuple):
    """A column before and after a change, and which rows have another value, bool (n,)."""

    layout: Layout
    before: Rows
    after: Rows
    changed: Array


@dataclass(frozen=True)
class Changes:
    """The changes since the last seal.

    Attributes:
        keys: For keys outside columns: the new values, None for a removed one.
        columns: Columns in which something differs.
    """

    keys: Mapping[bytes, bytes | None] = field(default_factory=dict)
    columns: Sequence[ColumnChange] = ()

    def each(self) -> dict[bytes, bytes | None]:
        """The changes key by key."""
        found = dict(self.keys)
        for layout, before, after, _ in self.columns:
            pairs = zip(values_of(layout, before), values_of(layout, after), strict=True)
            found.update({key: new for (key, old), (_, new) in pairs if old != new})
        return found
