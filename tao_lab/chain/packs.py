"""Columns on disk: what a block changes in whole columns of the state is one row of `packs`.

A pack has all values of each column that its block has changed; which keys those are is in a row of `layouts`. To read
a key at a past block one needs the last pack up to that block that has its column. Every `SUMMARY_EVERY` packs a row of
`summaries` says which was the last one of every column, so that at most SUMMARY_EVERY heads of packs are looked at.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tao_lab.chain.column import ColumnChange, Layout, Rows
from tao_lab.chain.errors import DatabaseCorrupt
from tao_lab.chain.usual_keys import UsualValues

SCHEMA = """
CREATE TABLE layouts (id INTEGER PRIMARY KEY, keys BLOB NOT NULL) STRICT;
CREATE TABLE packs (block INTEGER PRIMARY KEY, head BLOB NOT NULL, data BLOB NOT NULL) STRICT;
CREATE TABLE summaries (block INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
"""
SUMMARY_EVERY = 256
PERIODS_KEPT = 4
KEY_ID = np.dtype("<u4")  # in a layout
HEAD = np.dtype([("layout", "<u4"), ("width", "<u4"), ("begin", "<u4")])  # of a pack, one for each column
LAST = np.dtype([("layout", "<u4"), ("block", "<u8")])  # of a summary, one for each column

Ids = np.ndarray[Any, np.dtype[Any]]


@dataclass
class _Period:
    """The packs behind a summary, up to the next one.

    Attributes:
        before: By layout: the last block up to the summary that wrote it.
        blocks: By layout: the blocks behind the summary that wrote it.
        packs: How many there are.
    """

    before: dict[int, int]
    blocks: dict[int, list[int]]
    packs: int = 0

    def add(self, block: int, numbers: Sequence[int]) -> None:
        """A later block has written these layouts."""
        self.packs += 1
        for number in numbers:
            self.blocks.setdefault(number, []).append(block)

    def newest(self, number: int, block: int) -> int | None:
        """The last block up to `block` that wrote a layout."""
        blocks = self.blocks.get(number, [])
        place = bisect_right(blocks, block)
        return blocks[place - 1] if place else self.before.get(number)

    def summary(self) -> bytes:
        """The last block of every layout."""
        last = {**self.before, **{number: blocks[-1] for number, blocks in self.blocks.items()}}
        return np.array(sorted(last.items()), LAST).tobytes()


class _Places:
    """Where keys are: arrays sorted by key."""

    def __init__(self, layouts: Mapping[int, Ids]) -> None:
        sizes, none = [len(ids) for ids in layouts.values()], np.empty(0, np.uint32)
        ids = np.concatenate([none, *layouts.values()])
        order = np.argsort(ids, kind="stable")
        self.layouts = len(sizes)
        self._ids = ids[order]
        self._numbers = np.repeat(np.array(list(layouts), np.uint32), sizes)[order]
        self._rows = np.concatenate([none, *(np.arange(n, dtype=np.uint32) for n in sizes)])[order]

    def of(self, key_id: int) -> list[tuple[int, int]]:
        """Layout and row of a key, wherever it is."""
        begin, end = np.searchsorted(self._ids, [key_id, key_id + 1])
        return list(zip(self._numbers[begin:end].tolist(), self._rows[begin:end].tolist(), strict=True))


class Packs:
    """The packs of one file."""

    def __init__(self, db: sqlite3.Connection, path: str) -> None:
        self._db, self._path = db, path
        self._layouts: dict[int, Ids] = {}  # ids of its keys
        self._by_ids: dict[bytes, int] = {}
        self._numbers: dict[Layout, int] = {}
        self._places = _Places({})
        self._periods: dict[int, _Period] = {}  # by the block of the summary before; the newest asked for
        self._latest: tuple[int, _Period] | None = None  # the one that is still being written
        self._last_pack: tuple[int, dict[int, Rows]] = (-1, {})
        self._usual_head: tuple[list[tuple[Layout, int]], bytes] = ([], b"")
        for number, data in db.execute("SELECT id, keys FROM layouts"):
            self._learn(number, data)

    def _learn(self, number: int, data: bytes) -> None:
        self._layouts[number] = np.frombuffer(data, KEY_ID)
        self._by_ids[data] = number

    # --- writing -----------------------------------------------------------------------------------------------

    def unknown(self, columns: Sequence[ColumnChange]) -> list[Layout]:
        """Layouts that were not written since the file was opened."""
        return [change.layout for change in columns if change.layout not in self._numbers]

    def write(
        self, block: int, columns: Sequence[ColumnChange], usual: UsualValues | None, ids: Mapping[bytes, int]
    ) -> _Written:
        """Insert a pack, new layouts, and a summary if it is time; to be followed by `written` once it is committed.

        Args:
            block: Later than all others.
            columns: At least one, if there is nothing usual.
            usual: The values of keys that every block changes.
            ids: Number of every key.
        """
        new: dict[bytes, int] = {}
        numbers = {}
        for layout in (*(usual.layouts if usual else ()), *(column.layout for column in columns)):
            number = self._numbers.get(layout)
            if number is None:
                data = np.array([ids[key] for key in layout.keys], KEY_ID).tobytes()
                number = self._by_ids.get(data) or new.setdefault(data, len(self._layouts) + len(new) + 1)
            numbers[layout] = number
        db, (_, period) = self._db, self._open_period()
        if new:
            db.executemany("INSERT INTO layouts VALUES (?, ?)", [(number, data) for data, number in new.items()])
        head, data = _packed(numbers, columns, len(usual.data) if usual else 0)
        if usual is not None:
            head, data = self._head_of(usual, numbers) + head, usual.data + data
        db.execute("INSERT INTO packs VALUES (?, ?, ?)", (block, head, data))
        if period.packs + 1 < SUMMARY_EVERY:
            return _Written(block, numbers, new, None)
        ended = _Period(period.before, {number: list(blocks) for number, blocks in period.blocks.items()})
        ended.add(block, list(numbers.values()))
        summary = ended.summary()
        db.execute("INSERT INTO summaries VALUES (?, ?)", (block, summary))
        return _Written(block, numbers, new, summary)

    def _head_of(self, usual: UsualValues, numbers: Mapping[Layout, int]) -> bytes:
        """The head of a pack's usual values, with which it begins; the same for many blocks."""
        kept, key = self._usual_head, [(layout, numbers[layout]) for layout in usual.layouts]
        if kept[0] != key:
            head, begin = np.zeros(len(usual.layouts), HEAD), 0
            for place, layout in enumerate(usual.layouts):
                head[place] = (numbers[layout], layout.width, begin)
                begin += len(layout.keys) * (layout.width + 1)
            self._usual_head = kept = (key, head.tobytes())
        return kept[1]

    def written(self, what: _Written) -> None:
        """What `write` has inserted is committed."""
        for data, number in what.new.items():
            self._learn(number, data)
        self._numbers.update(what.numbers)
        self._open_period()[1].add(what.block, list(what.numbers.values()))
        if what.summary is not None:
            self._latest = (what.block, _Period(_before(what.summary), {}))

    # --- reading -----------------------------------------------------------------------------------------------

    def value(self, key_id: int, block: int) -> tuple[int, bytes | None]:
        """The last block up to this one that has written a key in a column, -1 where none has; and what it wrote."""
        last, found = -1, None
        for number, row in self.places(key_id):
            newest = self._period(block).newest(number, block)
            if newest is not None and newest > last:
                last, found = newest, (number, row)
        if found is None:
            return -1, None
        rows = self._column(last, found[0])
        return last, rows.data[found[1]].tobytes() if rows.present[found[1]] else None

    def places(self, key_id: int) -> list[tuple[int, int]]:
        """Layout and row of a key in every column that it has ever been in."""
        if self._places.layouts != len(self._layouts):
            self._places = _Places(self._layouts)
        return self._places.of(key_id)

    def values_at(self, block: int) -> dict[int, tuple[int, bytes | None]]:
        """Of every key in columns: the last block up to this one that has written it, and what it wrote."""
        found: dict[int, tuple[int, bytes | None]] = {}
        if not self._layouts:
            return found
        period = self._period(block)
        newest = ((period.newest(number, block), number) for number in self._layouts)
        for last, number in sorted((last, number) for last, number in newest if last is not None):
            values = _values(self._column(last, number))
            found.update(zip(self._layouts[number].tolist(), ((last, value) for value in values), strict=True))
        return found

    def by_block(self) -> Iterator[tuple[int, dict[int, bytes | None]]]:
        """What each pack wrote, by key, in the order of blocks."""
        for block, head, data in self._db.execute("SELECT block, head, data FROM packs ORDER BY block"):
            found: dict[int, bytes | None] = {}
            for number, rows in self._unpacked(block, head, data).items():
                found.update(zip(self._layouts[number].tolist(), _values(rows), strict=True))
            yield block, found

    def _column(self, block: int, number: int) -> Rows:
        """A column as a block has written it; the last pack is kept."""
        pack = self._last_pack  # another thread may read another pack meanwhile
        if pack[0] != block:
            row = self._db.execute("SELECT block, head, data FROM packs WHERE block = ?", (block,)).fetchone()
            self._last_pack = pack = (block, {} if row is None else self._unpacked(*row))
        rows = pack[1].get(number)
        if rows is None:
            raise DatabaseCorrupt(f"{self._path}: damaged (the pack of block {block} has lost a column)")
        return rows

    def _unpacked(self, block: int, head: bytes, data: bytes) -> dict[int, Rows]:
        """Columns of a pack by the number of their layout."""
        found = {}
        for number, width, begin in np.frombuffer(head, HEAD).tolist():
            if number not in self._layouts:
                raise DatabaseCorrupt(f"{self._path}: damaged (a pack of block {block} has no layout)")
            n = len(self._layouts[number])
            if begin + n * (width + 1) > len(data):
                raise DatabaseCorrupt(f"{self._path}: damaged (a pack of block {block} is too short)")
            present = np.frombuffer(data, np.bool_, n, begin)
            found[number] = Rows(np.frombuffer(data, np.uint8, n * width, begin + n).reshape(n, width), present)
        return found

    def _open_period(self) -> tuple[int, _Period]:
        if self._latest is None:
            row = self._db.execute("SELECT block, data FROM summaries ORDER BY block DESC LIMIT 1").fetchone()
            self._latest = self._read_period(row, None)
        return self._latest

    def _period(self, block: int) -> _Period:
        """The period that a block is in."""
        begin, latest = self._open_period()
        if block > begin:
            return latest
        row = self._db.execute(
            "SELECT block, data FROM summaries WHERE block < ? ORDER BY block DESC LIMIT 1", (block,)
        ).fetchone()
        begin = -1 if row is None else row[0]
        found = self._periods.get(begin)
        if found is None:
            (end,) = self._db.execute("SELECT min(block) FROM summaries WHERE block > ?", (begin,)).fetchone()
            found = self._read_period(row, end)[1]
            self._periods = {**dict(list(self._periods.items())[1 - PERIODS_KEPT :]), begin: found}
        return found

    def _read_period(self, summary: tuple[int, bytes] | None, end: int | None) -> tuple[int, _Period]:
        begin, data = summary or (-1, b"")
        period = _Period(_before(data), {})
        query = "SELECT block, head FROM packs WHERE block > ? AND block <= ? ORDER BY block"
        for block, head in self._db.execute(query, (begin, LAST_BLOCK if end is None else end)):
            period.add(block, np.frombuffer(head, HEAD)["layout"].tolist())
        return begin, period


LAST_BLOCK = (1 << 63) - 1  # that SQLite can hold


@dataclass(frozen=True)
class _Written:
    """What was inserted for a block and is not yet committed."""

    block: int
    numbers: Mapping[Layout, int]
    new: Mapping[bytes, int]
    summary: bytes | None


def _before(summary: bytes) -> dict[int, int]:
    return dict(np.frombuffer(summary, LAST).tolist())


def _packed(numbers: Mapping[Layout, int], columns: Sequence[ColumnChange], begin: int) -> tuple[bytes, bytes]:
    """Head and data of columns in a pack: of each column, which rows have a value, and all rows.

    Args:
        numbers: Of their layouts.
        columns: The columns.
        begin: Bytes before them in the pack.
    """
    if not columns:
        return b"", b""
    head, parts = np.zeros(len(columns), HEAD), list[bytes]()
    for place, (layout, _, rows, _) in enumerate(columns):
        head[place] = (numbers[layout], layout.width, begin)
        parts += [rows.present.tobytes(), rows.data.tobytes()]
        begin += len(rows.present) * (layout.width + 1)
    return head.tobytes(), b"".join(parts)


def _values(rows: Rows) -> Iterator[bytes | None]:
    """Value by value."""
    data, width = rows.data.tobytes(), rows.data.shape[1]
    for place, there in enumerate(rows.present.tolist()):
        yield data[place * width : (place + 1) * width] if there else None
