"""Columns: values of many keys of one item, kept as one array instead of one by one.

A block changes some items for every subnet. Their values lie in a `Column` of the state: a row of bytes for each key of
a `Layout`. Whoever works on the whole column reads and writes the array; whoever asks for one key gets the same bytes
as ever. What a block changed is taken from the column as it was at the last seal, all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

DTYPES: dict[int, Any] = {1: np.dtype("u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4"), 8: np.dtype("<u8")}
WORD_BYTES = 8


class Layout:
    """Which keys of an item a column holds, in order. Two layouts are the same only if they are one object.

    Attributes:
        prefix: Of the item.
        keys: Storage keys of the item, each once.
        default: SCALE bytes of an absent value; a column's values are as wide.
    """

    def __init__(self, prefix: bytes, keys: Sequence[bytes], default: bytes) -> None:
        self.prefix, self.keys, self.default = prefix, tuple(keys), default

    @property
    def width(self) -> int:
        """Bytes of a value."""
        return len(self.default)


class Rows(NamedTuple):
    """What a column held at one moment: bytes (n, width), and which keys had a value, bool (n,)."""

    data: Array
    present: Array


class Column:
    """Values at the keys of a layout. An absent key has the item's default in its row.

    Attributes:
        layout: The keys.
        data: Bytes, uint8 (n, width).
        present: Bool (n,): whether something is written there.
        words: The same memory as numbers: (n,) where the width is that of a number, uint64 (n, width / 8) where that is
            whole, else `data` itself.
        sealed: What it held at the last seal of the state; None while it has not been written since.
    """

    def __init__(self, layout: Layout, rows: Rows) -> None:
        self.layout, self.data, self.present = layout, rows.data, rows.present
        self.sealed: Rows | None = None
        self.words: Array = self.data
        if layout.width in DTYPES:
            self.words = self.data.view(DTYPES[layout.width])[:, 0]
        elif layout.width % WORD_BYTES == 0:
            self.words = self.data.view("<u8")

    def get(self, row: int) -> bytes | None:
        """The value in a row, or None."""
        return self.data[row].tobytes() if self.present[row] else None

    def set(self, row: int, value: bytes | None) -> None:
        """Write a value of the column's width, or none."""
        self.present[row] = value is not None
        self.data[row] = np.frombuffer(self.layout.default if value is None else value, np.uint8)

    def rows(self) -> Rows:
        """A copy of all values."""
        return Rows(self.data.copy(), self.present.copy())

    def take(self, rows: Rows) -> None:
        """Hold these values."""
        self.data[:], self.present[:] = rows

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key that has a value, and the value."""
        return (
            (key, value) for key, value in values_of(self.layout, Rows(self.data, self.present)) if value is not None
        )


def values_of(layout: Layout, rows: Rows) -> Iterator[tuple[bytes, bytes | None]]:
    """Every key, and its value or None."""
    data, width = rows.data.tobytes(), layout.width
    for place, (key, there) in enumerate(zip(layout.keys, rows.present.tolist(), strict=True)):
        yield key, data[place * width : (place + 1) * width] if there else None


class ColumnChange(NamedTuple):
    """A column before and after: some of its rows differ."""

    layout: Layout
    before: Rows
    after: Rows


@dataclass(frozen=True)
class Changes:
    """What differs from the last seal.

    Attributes:
        keys: Of keys outside columns: new values, None for a removed one.
        columns: Columns of which something differs.
    """

    keys: Mapping[bytes, bytes | None] = field(default_factory=dict)
    columns: Sequence[ColumnChange] = ()

    def each(self) -> dict[bytes, bytes | None]:
        """Key by key."""
        found = dict(self.keys)
        for layout, before, after in self.columns:
            pairs = zip(values_of(layout, before), values_of(layout, after), strict=True)
            found.update({key: new for (key, old), (_, new) in pairs if old != new})
        return found
