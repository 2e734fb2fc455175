"""Keys that every block changes: their values are stored in one row a block, like columns.

A chain with one subnet changes the same twenty keys in every block, from the clock to the pools. As rows of their own
they would all be in other places of the index, and SQLite would copy a page for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

from tao_lab.chain.column import Layout

WINDOW = 32  # blocks; what each of them has changed is usual from then on
LEAST = 4  # fewer keys stay rows of their own
ROW_THERE = b"\x01"  # in a pack: whether a row has a value


class UsualValues(NamedTuple):
    """The values of usual keys in one block: a column for each width of values, and the bytes of all columns."""

    layouts: tuple[Layout, ...]
    keys: frozenset[bytes]
    data: bytes


class UsualKeys:
    """Learns from one block after the other which keys are usual."""

    def __init__(self) -> None:
        self._layouts: tuple[Layout, ...] = ()
        self._keys: tuple[bytes, ...] = ()
        self._known: frozenset[bytes] = frozenset()
        self._widths: list[int] = []
        self._blocks = 0  # of this window
        self._first: dict[bytes, int] = {}  # widths of what the first block of this window has changed
        self._in_all: set[bytes] = set()  # what all blocks of this window have changed

    def learn(self, changes: Mapping[bytes, bytes | None]) -> None:
        """A block with these changes was written."""
        if self._blocks == 0:
            self._first = {key: len(value) for key, value in changes.items() if value}
            self._in_all = set(self._first)
        else:
            self._in_all &= changes.keys()
        self._blocks += 1
        if self._blocks >= WINDOW:
            self._blocks = 0
            usual = {key for key in self._in_all if len(changes[key] or b"") == self._first[key]}
            if usual != self._known:
                self._begin(sorted((self._first[key], key) for key in usual) if len(usual) >= LEAST else [])

    def _begin(self, keys: list[tuple[int, bytes]]) -> None:
        """From now on these keys, with the widths of their values, are usual; those of one width follow each other."""
        groups = [(width, [key for _, key in group]) for width, group in groupby(keys, lambda entry: entry[0])]
        self._layouts = tuple(Layout(b"", group, bytes(width)) for width, group in groups)
        self._keys = tuple(key for _, key in keys)
        self._known = frozenset(self._keys)
        self._widths = [width for width, _ in keys]

    def values(self, changes: Mapping[bytes, bytes | None]) -> UsualValues | None:
        """The values of the usual keys; None if a block has not changed them all, or to another width."""
        values = [changes.get(key) or b"" for key in self._keys]
        if not values or list(map(len, values)) != self._widths:
            return None
        parts, begin = [], 0
        for layout in self._layouts:
            end = begin + len(layout.keys)
            parts += [ROW_THERE * (end - begin), *values[begin:end]]
            begin = end
        return UsualValues(self._layouts, self._known, b"".join(parts))
