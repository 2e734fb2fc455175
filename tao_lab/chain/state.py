"""State: a map from real storage keys to real SCALE bytes, with an undo journal, and typed access by real names.

`RawState` is the state after the newest block. It has an undo journal: a call takes a `mark` first, and if it fails,
the state returns to the mark. At the end of a block the journal contains the block's changes.

`Storage` reads and writes values by pallet and item. An item without a stored value has the metadata's default, or is
None if the metadata says that it is optional, as on the real chain. Accounts are SS58 addresses, numbers are int,
`Option` is None or the value, structs are dicts, a fixed-point number is `{"bits": int}`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from tao_lab.chain.column import Changes, Column, ColumnChange, Layout, Rows, rows_from, values_of
from tao_lab.chain.errors import BadValue
from tao_lab.chain.merkle import PREFIX_BYTES
from tao_lab.chain.runtime import Item, Runtime
from tao_lab.interrupts import undisturbed

MOST_PUT_IN_ORDER = 64  # keys one by one; more of them are sorted with all others
LEAST_KEPT = 8  # shorter lists of accounts are not kept
LISTS_KEPT = 1 << 11  # of parts of keys, a list for all hotkeys of a subnet
ACCOUNT_TYPE = "scale_info::0"
UID_BYTES = 2  # of a UID at the end of a storage key
UIDS_KEPT = 256
PARTS_KEPT = 1 << 17  # parts of storage keys of one layout
PLAIN_PARAMS = (int, str)  # netuids, heights, accounts


def prefix_end(prefix: bytes) -> bytes | None:
    """The first key after all keys that begin with `prefix`, or None if there is no such key."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else None


def _uids(n: int) -> list[bytes]:
    """The bytes of the first n UIDs."""
    return [uid.to_bytes(UID_BYTES, "little") for uid in range(n)]


UIDS = _uids(UIDS_KEPT)


class ReadableState(Protocol):
    """Bytes by key, at one block."""

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        ...

    def keys(self, prefix: bytes, after: bytes | None = None, limit: int | None = None) -> Sequence[bytes]:
        """Keys that begin with `prefix`, in order, those behind `after` only, at most `limit`."""
        ...


class Part(NamedTuple):
    """The values of an item whose keys have the same bytes in one place: those of one subnet.

    Attributes:
        item: Its prefix.
        place: Of the bytes in a key; the same for all parts of an item.
        bytes: Of the netuid.
    """

    item: bytes
    place: slice
    bytes: bytes


class Watch:
    """Tells whether some items were written, so that what was computed from them can be used again.

    Attributes:
        fresh: Whether nothing was written since the owner last set it to True.
    """

    __slots__ = ("fresh",)

    def __init__(self) -> None:
        self.fresh = False


class RawState:
    """The head's map, changed in place, with an undo journal.

    Most values are in a dict for each item. Values that a block changes for all subnets are in columns, but can still
    be read by their keys.
    """

    def __init__(self) -> None:
        self._items: dict[bytes, dict[bytes, bytes]] = {}
        self._columns: dict[Layout, Column] = {}
        self._columns_of: dict[bytes, list[Column]] = {}  # by item
        self._places: dict[bytes, tuple[Column, int]] = {}  # of keys in columns
        self._sorted: dict[bytes, list[bytes]] = {}
        self._journal: list[tuple[bytes, bytes | None] | tuple[Column, Rows]] = []
        self._sealed: dict[bytes, bytes | None] = {}  # values of keys at the last `seal`, if the journal was shortened
        self.columns_made = 0  # how often a column was made or dissolved
        self._written: dict[Column, None] = {}  # columns that were written since the last `seal`
        self._watches: dict[bytes, list[Watch]] = {}  # by item; those of its parts are beside them
        self._part_watches: dict[bytes, tuple[slice, dict[bytes, list[Watch]]]] = {}
        self.writes = 0  # raised before anything is written, undone, watched, or put into a column or out of it

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        if key in self._places:
            column, row = self._places[key]
            return column.get(row)
        item = self._items.get(key[:PREFIX_BYTES])
        return None if item is None else item.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Write `value` at `key`."""
        # the journal first, then the watches, here and below: Ctrl-C may come between any two steps
        self.writes += 1
        prefix = key[:PREFIX_BYTES]
        item = self._items.get(prefix)
        old = None if item is None else item.get(key)
        if item is None or old is None:  # new, or in a column
            self._journal.append((key, self.get(key)))
            self._write(key, value)
            return
        self._journal.append((key, old))
        if prefix in self._watches:
            self._tell_watches(prefix, (key,))
        item[key] = value

    def remove(self, key: bytes) -> None:
        """Remove `key`, if it is there."""
        old = self.get(key)
        if old is not None:
            self._journal.append((key, old))
            self._write(key, None)

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of several keys of one item."""
        prefix = keys[0][:PREFIX_BYTES] if keys else b""
        column = self.column_of(keys)
        if column is not None:
            return [value for _, value in values_of(column.layout, column.rows)]
        found = list(map(self._items.get(prefix, {}).get, keys))
        if prefix in self._columns_of and None in found:
            places = list(map(self._places.get, keys))
            if not any(places):
                return found
            columns = {place[0] for place in places if place is not None}
            if len(columns) == 1 and None not in places:
                return columns.pop().get_many([place[1] for place in places if place is not None])
            pairs = zip(found, places, strict=True)
            return [value if place is None else place[0].get(place[1]) for value, place in pairs]
        return found

    def put_many(self, keys: Sequence[bytes], values: Sequence[bytes]) -> None:
        """Write several keys of one item, each once."""
        if not keys:
            return
        prefix = keys[0][:PREFIX_BYTES]
        if prefix in self._columns_of:
            for key, value in zip(keys, values, strict=True):
                self.put(key, value)
            return
        self.writes += 1
        self._tell_watches(prefix, keys)
        item = self._items.setdefault(prefix, {})
        before = list(map(item.get, keys))
        # many are often the same as before, and the end of the block looks at every entry of the journal again
        entries = zip(keys, before, values, strict=True)
        changed = [(key, old, new) for key, old, new in entries if old is None or old != new]
        self._journal.extend([(key, old) for key, old, _ in changed])
        item.update([(key, new) for key, _, new in changed])
        if None in before:
            new = [key for key, old in zip(keys, before, strict=True) if old is None]
            self._order(prefix, new, [True] * len(new))

    def writer(self, keys: Sequence[bytes]) -> Writer:
        """What writes these keys block by block; they are not in columns."""
        return Writer(self, keys)

    def _write(self, key: bytes, value: bytes | None) -> None:
        """Put or remove without a journal entry."""
        self.writes += 1
        prefix, place = key[:PREFIX_BYTES], self._places.get(key)
        self._tell_watches(prefix, (key,))
        if place is not None and value is not None and len(value) != place[0].layout.width:
            self._dissolve(place[0])
            place = None
        if place is not None:
            column, row = place
            old = column.get(row)
            self._begin_writing(column)
            column.set(row, value)
        else:
            item = self._items.setdefault(prefix, {})
            old = item.get(key)
            if value is None:
                item.pop(key, None)
            else:
                item[key] = value
        ordered = self._sorted.get(prefix) if (old is None) != (value is None) else None
        if ordered is not None:
            _place(ordered, key, value is not None)

    def watch(self, items: Iterable[bytes | Part]) -> Watch:
        """A watch over items, given by their prefixes, or parts; their next writes make it stale, undone ones too."""
        watch = Watch()
        self.writes += 1
        for item in items:
            if isinstance(item, Part):
                self._watches.setdefault(item.item, [])
                _, parts = self._part_watches.setdefault(item.item, (item.place, {}))
                parts.setdefault(item.bytes, []).append(watch)
            else:
                self._watches.setdefault(item, []).append(watch)
        return watch

    def _tell_watches(self, prefix: bytes, keys: Sequence[bytes]) -> None:
        """Values at these keys of an item are written."""
        if prefix in self._watches:
            for watch in self._watching(prefix, keys):
                watch.fresh = False

    def _watching(self, prefix: bytes, keys: Sequence[bytes]) -> Iterator[Watch]:
        """The watches over values at these keys of an item."""
        yield from self._watches.get(prefix, ())
        if prefix in self._part_watches:
            place, watches = self._part_watches[prefix]
            for part in {key[place] for key in keys}:
                yield from watches.get(part, ())

    def _tell_watches_of(self, layout: Layout) -> None:
        """Values of a column are written."""
        prefix = layout.prefix
        if prefix in self._watches:
            if prefix in self._part_watches and layout.parts is None:
                place, _ = self._part_watches[prefix]
                layout.parts = tuple({key[place]: key for key in layout.keys}.values())
            self._tell_watches(prefix, layout.parts or ())

    def keys(self, prefix: bytes, after: bytes | None = None, limit: int | None = None) -> Sequence[bytes]:
        """Keys that begin with `prefix`, in order, those behind `after` only, at most `limit`."""
        found: list[bytes] = []
        whole = prefix[:PREFIX_BYTES]
        if len(whole) == PREFIX_BYTES and not self._items.get(whole) and whole not in self._columns_of:
            return found
        items = [whole] if len(whole) == PREFIX_BYTES else [item for item in self._items if item.startswith(whole)]
        for start in sorted(item for item in items if item in self._items):
            ordered = self._sorted.get(start)
            if ordered is None:
                in_columns = [key for column in self._columns_of.get(start, ()) for key, _ in column.items()]
                ordered = self._sorted[start] = sorted([*self._items[start], *in_columns])
            low = 0 if start == prefix else bisect_left(ordered, prefix)
            if after is not None:
                low = max(low, bisect_right(ordered, after))
            end = None if start == prefix else prefix_end(prefix)
            high = len(ordered) if end is None else bisect_left(ordered, end, low)
            found += ordered[low:high] if limit is None else ordered[low : min(high, low + limit - len(found))]
            if limit is not None and len(found) >= limit:
                break
        return found

    def has_any(self, item: bytes) -> bool:
        """Whether an item, given by its prefix, has any value."""
        if self._items.get(item):
            return True
        return item in self._columns_of and bool(self.keys(item, limit=1))

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key and value."""
        for item in self._items.values():
            yield from item.items()
        for column in self._columns.values():
            yield from column.items()

    # --- columns -----------------------------------------------------------------------------------------------

    def column(self, layout: Layout) -> Column | None:
        """The values at the keys of a layout as one array, from now on; None if their lengths differ.

        Write its rows only with `write_column`.
        """
        found = self._columns.get(layout)
        if found is not None:
            return found
        for column in {self._places[key][0] for key in layout.keys if key in self._places}:
            self._dissolve(column)
        places = {key: row for row, key in enumerate(layout.keys)}
        earlier = self._before_of(places)
        item = self._items.setdefault(layout.prefix, {})
        values = [item.get(key) for key in layout.keys]
        if any(value is not None and len(value) != layout.width for value in (*values, *earlier.values())):
            return None
        with undisturbed():
            self.writes += 1
            self.columns_made += 1
            column = self._columns[layout] = Column(layout, _rows(layout, values))
            self._columns_of.setdefault(layout.prefix, []).append(column)
            for row, key in enumerate(layout.keys):
                item.pop(key, None)
                self._places[key] = (column, row)
            if earlier:
                self._begin_writing(column)
                pairs = zip(places, values, strict=True)
                column.sealed = _rows(layout, [earlier.get(key, value) for key, value in pairs])
        return column

    def column_of(self, keys: Sequence[bytes]) -> Column | None:
        """The column whose keys are exactly these, in this order, if there is one."""
        place = self._places.get(keys[0]) if keys else None
        return place[0] if place is not None and place[0].layout.keys == tuple(keys) else None

    def has_in_columns(self, keys: Iterable[bytes]) -> bool:
        """Whether any of these keys is in a column."""
        return not self._places.keys().isdisjoint(keys)

    def write_column(self, column: Column, data: Any, where: Any = None) -> None:
        """Write rows of a column.

        Args:
            column: From `column`.
            data: Bytes, uint8 (n, width), of all rows; the column may keep this array.
            where: Bool (n,), the rows to write; by default all of them.
        """
        self.writes += 1
        self._journal.append((column, column.rows))
        self._tell_watches_of(column.layout)
        self._begin_writing(column)
        data = data if where is None else _placed(column.data, data, where)
        new = None if column.whole else ~column.present if where is None else where & ~column.present
        if new is None or not new.any():
            column.put_all(data)
            return
        column.take(Rows(data, column.present | new))
        self._order_rows(column, np.flatnonzero(new).tolist())

    def replace_column(self, column: Column, rows: Rows) -> None:
        """Write all rows of a column, with the item's default where a value is missing from now on."""
        self.writes += 1
        self._journal.append((column, column.rows))
        self._tell_watches_of(column.layout)
        self._begin_writing(column)
        before = column.present
        if rows.present is before:
            column.put_all(rows.data)
        else:
            column.take(rows)
            self._order_rows(column, np.flatnonzero(rows.present != before).tolist())

    def write_columns(self, written: Iterable[tuple[Column, Any, Any]]) -> None:
        """Write all rows of several columns in which every key has a value.

        Args:
            written: Columns, each with its bytes as for `write_column`, and with the same memory as numbers.
        """
        self.writes += 1
        for column, data, words in written:
            before = rows_from((column.data, column.present))
            self._journal.append((column, before))
            self._tell_watches_of(column.layout)
            if column.sealed is None:
                self._written[column] = None
                column.sealed = before
            column.data, column.words = data, words

    def _order_rows(self, column: Column, rows: Sequence[int]) -> None:
        keys = [column.layout.keys[row] for row in rows]
        self._order(column.layout.prefix, keys, [bool(column.present[row]) for row in rows])

    def _order(self, prefix: bytes, keys: Sequence[bytes], there: Sequence[bool]) -> None:
        """Keys of an item have a value now, or none: order them, or leave that until somebody asks for the order."""
        ordered = self._sorted.get(prefix)
        if ordered is None or len(keys) > MOST_PUT_IN_ORDER:
            self._sorted.pop(prefix, None)
            return
        for key, is_there in zip(keys, there, strict=True):
            _place(ordered, key, is_there)

    def _begin_writing(self, column: Column) -> None:
        if column.sealed is None:
            self._written[column] = None
            column.sealed = column.rows

    @undisturbed()
    def _dissolve(self, column: Column) -> None:
        """Store the values of a column one by one from now on."""
        layout = column.layout
        self.writes += 1
        self.columns_made += 1
        if column.sealed is not None:
            self._sealed.update(values_of(layout, column.sealed))
            self._written.pop(column)
        del self._columns[layout]
        columns = self._columns_of[layout.prefix]
        columns.remove(column)
        if not columns:
            del self._columns_of[layout.prefix]
        for key in layout.keys:
            del self._places[key]
        self._items[layout.prefix].update(column.items())

    def _put_back(self, column: Column, rows: Rows) -> None:
        """Undo a write of a column; it may have been dissolved since."""
        if self._columns.get(column.layout) is column:
            self.writes += 1
            if (column.present != rows.present).any():
                self._sorted.pop(column.layout.prefix, None)
            self._tell_watches_of(column.layout)
            column.take(rows)
        else:
            for key, value in values_of(column.layout, rows):
                self._write(key, value)

    # --- the journal -------------------------------------------------------------------------------------------

    def mark(self) -> int:
        """A point to which `rollback` returns."""
        return len(self._journal)

    def before_write(self, changes: Changes) -> Changes:
        """The present values of single keys that are about to be changed, to undo the changes elsewhere."""
        return Changes({key: self.get(key) for key in changes.keys})

    @property
    def is_sealed(self) -> bool:
        """Whether nothing was written since the last `seal`."""
        return not (self._journal or self._sealed or self._written)

    def has_changed(self, mark: int) -> bool:
        """Whether anything has another value than at `mark`."""
        return any(isinstance(what, Column) or self.get(what) != old for what, old in self._journal[mark:])

    def rollback(self, mark: int) -> None:
        """Undo everything since `mark`."""
        for what, old in reversed(self._journal[mark:]):
            if isinstance(what, bytes):
                self._write(what, old)  # type: ignore[arg-type]  # the journal pairs a key with its value
            else:
                self._put_back(what, old)  # type: ignore[arg-type]  # and a column with its rows
        del self._journal[mark:]

    def changes(self) -> Changes:
        """The changes since the last `seal`."""
        places, items, none = self._places, self._items, dict[bytes, bytes]()
        keys = {
            key: value
            for key, old in self._before().items()
            if key not in places and (value := items.get(key[:PREFIX_BYTES], none).get(key)) != old
        }
        found = (_change(column) for column in self._written)
        return Changes(keys, [change for change in found if change is not None])

    def before(self, changes: Changes) -> Changes:
        """The values of the changed keys and columns at the last `seal`, to undo the changes."""
        before = self._before()
        columns = [ColumnChange(layout, after, old, changed) for layout, old, after, changed in changes.columns]
        return Changes({key: before[key] for key in changes.keys}, columns)

    def _before(self) -> dict[bytes, bytes | None]:
        # go backwards, so that the first entry of a key wins
        before: dict[Any, Any] = dict(entry for entry in reversed(self._journal) if type(entry[0]) is bytes)
        before.update(self._sealed)
        return before

    def _before_of(self, keys: Mapping[bytes, int]) -> dict[bytes, bytes | None]:
        """The same for a few keys that may have changed."""
        before: dict[Any, Any] = {what: old for what, old in reversed(self._journal) if what in keys}
        before.update({key: self._sealed[key] for key in keys if key in self._sealed})
        return before

    def shorten_journal(self) -> None:
        """Shorten the journal to the values at the last `seal`; earlier marks become invalid."""
        sealed: dict[Any, Any] = self._sealed
        for what, old in self._journal:
            if type(what) is bytes:
                sealed.setdefault(what, old)
        self._journal.clear()

    def seal(self) -> None:
        """Forget the journal: the block is committed."""
        self._journal.clear()
        self._sealed.clear()
        for column in self._written:
            column.sealed = None
        self._written.clear()


class Writer:
    """Writes the same single keys in block after block, whole blocks at once. A block stands: it cannot be undone.

    It is good until somebody else writes to the state or watches over it (`RawState.writes`). Its keys must not be in
    columns.
    """

    def __init__(self, raw: RawState, keys: Sequence[bytes]) -> None:
        self._raw, self._has_noted = raw, False
        prefixes = [key[:PREFIX_BYTES] for key in keys]
        self._places = [(key, raw._items.setdefault(prefix, {})) for key, prefix in zip(keys, prefixes, strict=True)]
        self._watches = {
            watch for key, prefix in zip(keys, prefixes, strict=True) for watch in raw._watching(prefix, (key,))
        }

    def write(
        self, before: Sequence[bytes], after: Sequence[bytes], others: Mapping[bytes, bytes | None], *, is_sealed: bool
    ) -> None:
        """Write what a block changes.

        Args:
            before: The values of the keys.
            after: The new ones.
            others: Key to new value, None for a removed one, of keys that are written in this block only.
            is_sealed: Whether the block is committed; otherwise these are changes since the last `seal`.
        """
        raw = self._raw
        for watch in self._watches:
            watch.fresh = False
        if not is_sealed:
            self._note(before, others)
        for (key, item), old, new in zip(self._places, before, after, strict=True):
            if old != new:
                item[key] = new
        for key, value in others.items():
            raw._write(key, value)

    def _note(self, before: Sequence[bytes], others: Mapping[bytes, bytes | None]) -> None:
        """Note the values at the last `seal`."""
        sealed, raw = self._raw._sealed, self._raw
        if not self._has_noted:
            for (key, item), old in zip(self._places, before, strict=True):
                sealed.setdefault(key, old if key in item else None)
            self._has_noted = True
        for key in others:
            sealed.setdefault(key, raw.get(key))


def _rows(layout: Layout, values: Sequence[bytes | None]) -> Rows:
    data = b"".join([layout.default if value is None else value for value in values])
    array = np.frombuffer(data, np.uint8).reshape(len(values), layout.width).copy()
    return Rows(array, np.array([value is not None for value in values], np.bool_))


def _place(ordered: list[bytes], key: bytes, there: bool) -> None:
    """Insert or remove a key; an interrupted write may have left the list as it was."""
    at = bisect_left(ordered, key)
    is_there = ordered[at : at + 1] == [key]
    if is_there and not there:
        del ordered[at]
    elif there and not is_there:
        ordered.insert(at, key)


def _placed(before: Any, data: Any, where: Any) -> Any:
    """The rows before, with those of `data` in some places."""
    after = before.copy()
    np.copyto(after, data, where=where[:, None])
    return after


def _change(column: Column) -> ColumnChange | None:
    """What has changed in a column since the last seal, if anything."""
    before, after = column.sealed, column.rows
    if before is None or (before.data is after.data and before.present is after.present):
        return None
    changed = before.differs(after)
    return ColumnChange(column.layout, before, after, changed) if changed.any() else None


class StorageReader:
    """Typed reads, at the head or at a past block."""

    def __init__(self, runtime: Runtime, raw: ReadableState) -> None:
        self.runtime = runtime
        self._raw = raw
        self._items = runtime.known_items
        self._lists_of_parts: dict[tuple[tuple[str, str], tuple[str, ...]], list[bytes]] = {}
        self._lists_by_uid: dict[tuple[bytes, int], list[bytes]] = {}

    def key(self, pallet: str, name: str, *params: Any) -> bytes:
        """The storage key of an item; with fewer keys than it has, the prefix of all matching storage keys.

        Raises:
            BadValue: The item does not exist, or a key does not fit it.
        """
        item = self.runtime.item(pallet, name)
        return self._key(item, params)

    def passing_key(self, pallet: str, name: str, *params: Any) -> bytes:
        """The storage key for params that are not used again soon, such as a height; its parts are not cached."""
        return bytes(self.runtime.core.storage_key(pallet, name, list(params)))

    def _key(self, item: Item, params: Sequence[Any]) -> bytes:
        key = item.prefix
        if len(params) > item.arity:
            return key + b"".join(self._hashed(item, params))
        for parts, param in zip(item.parts, params, strict=False):  # most params are used again
            part = parts.get(param) if type(param) in PLAIN_PARAMS else None  # 1.0 equals 1, but not as a netuid
            if part is None:
                return item.prefix + b"".join(self._hashed(item, params))
            key += part
        return key

    def keys_by_account(
        self, pallet: str, name: str, accounts: Sequence[str], netuid: int | None = None
    ) -> list[bytes]:
        """Storage keys for many accounts at once, of an item with the key account, or account and netuid."""
        item = self.runtime.item(pallet, name)
        if not accounts:
            return []
        first = self._full_key(item, [each for each in self._params(item, accounts[0], netuid) if each is not None])
        parts = self._account_parts(tuple(accounts), item, netuid)
        at = first.index(parts[0], PREFIX_BYTES)
        head, tail = first[:at], first[at + len(parts[0]) :]
        return [head + part + tail for part in parts]

    def _params(self, item: Item, account: str, netuid: int | None) -> tuple[Any, Any]:
        return (account, netuid) if item.layout[0][1] == ACCOUNT_TYPE else (netuid, account)

    def keys_by_uid(self, pallet: str, name: str, index: int, n: int) -> list[bytes]:
        """Storage keys for the first n UIDs, of an item with the keys netuid (or mechanism) and UID.

        Don't change the list: the same one is returned again.
        """
        head = self.key(pallet, name, index)  # netuid and UID are not hashed in the key
        found = self._lists_by_uid.get((head, n))
        if found is None:
            if len(self._lists_by_uid) >= LISTS_KEPT:
                self._lists_by_uid.clear()
            found = [head + uid for uid in (UIDS[:n] if n <= len(UIDS) else _uids(n))]
            self._lists_by_uid[head, n] = found
        return found

    def _account_parts(self, accounts: tuple[str, ...], item: Item, netuid: int | None) -> list[bytes]:
        layout = item.layout[0 if item.layout[0][1] == ACCOUNT_TYPE else 1]
        found = self._lists_of_parts.get((layout, accounts))
        if found is None:
            if len(self._lists_of_parts) >= LISTS_KEPT:
                self._lists_of_parts.clear()
            for account in accounts:
                self._key(item, [each for each in self._params(item, account, netuid) if each is not None])
            parts = item.parts[item.layout.index(layout)]
            found = [parts[account] for account in accounts]
            if len(accounts) >= LEAST_KEPT:
                self._lists_of_parts[(layout, accounts)] = found
        return found

    def _hashed(self, item: Item, params: Sequence[Any]) -> list[bytes]:
        """The parts of a key, cached for the next time."""
        try:
            counts = range(1, len(params) + 1)
            keys = [bytes(self.runtime.core.storage_key(item.pallet, item.name, list(params[:n]))) for n in counts]
        except (ValueError, TypeError, OverflowError) as error:
            allowed = f"at most {item.arity} keys of the item's types ({error})"
            raise BadValue(f"key of {item.pallet}.{item.name}", params, allowed) from None
        found = [key[len(before) :] for before, key in zip([item.prefix, *keys], keys, strict=False)]
        for parts, param, part in zip(item.parts, params, found, strict=False):
            if len(parts) >= PARTS_KEPT:
                parts.clear()
            if type(param) in PLAIN_PARAMS:
                parts[param] = part
        return found

    def _full_key(self, item: Item, params: Sequence[Any]) -> bytes:
        if len(params) != item.arity:
            raise BadValue(f"key of {item.pallet}.{item.name}", params, f"{item.arity} keys")
        if not params:
            return item.prefix
        if len(params) == 1 and type(params[0]) in PLAIN_PARAMS:  # the usual case
            part = item.parts[0].get(params[0])
            if part is not None:
                return item.prefix + part
        return self._key(item, params)

    def _decode(self, item: Item, value: bytes | None) -> Any:
        if value is None:
            if item.optional:
                return None
            if item.default_is_empty:
                return []
            value = item.default
        number = item.number
        if number is not None and len(value) == number.width:
            return number.decoded(value)
        return self.runtime.core.decode(item.value_type, value, True)

    def get(self, pallet: str, name: str, *params: Any) -> Any:
        """The value of an item: the stored value, otherwise the metadata's default, otherwise None.

        Raises:
            BadValue: The item does not exist, or the keys do not fit it.
        """
        item = self._items.get((pallet, name)) or self.runtime.item(pallet, name)
        value = self._raw.get(self._full_key(item, params) if params or item.arity else item.prefix)
        number = item.number
        if value is not None and number is not None and len(value) == number.width:  # as `_decode`: the usual case
            return number.decoded(value)
        return self._decode(item, value)

    def get_many(self, pallet: str, name: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """The values of one item at many keys, like `get`, but decoded all at once.

        Raises:
            BadValue: The item does not exist, or keys do not fit it.
        """
        item = self.runtime.item(pallet, name)
        try:
            keys = self.runtime.core.storage_key_batch(pallet, name, [list(each) for each in params])
        except (ValueError, TypeError, OverflowError) as error:
            allowed = f"lists of {item.arity} keys of the item's types ({error})"
            raise BadValue(f"keys of {pallet}.{name}", params, allowed) from None
        found = [self._raw.get(key) for key in keys]
        values = [item.default if value is None and not item.optional else value for value in found]
        written = [value for value in values if value is not None]
        decoded = iter(self.runtime.core.batch_decode([item.value_type] * len(written), written))
        return [None if value is None else next(decoded) for value in values]

    def exists(self, pallet: str, name: str, *params: Any) -> bool:
        """Whether something is written there."""
        item = self._items.get((pallet, name)) or self.runtime.item(pallet, name)
        return self._raw.get(self._full_key(item, params)) is not None

    def has_entries(self, pallet: str, name: str) -> bool:
        """Whether anything is written in a map."""
        return bool(self._raw.keys(self.runtime.item(pallet, name).prefix, limit=1))

    def entries(self, pallet: str, name: str, *params: Any) -> list[tuple[Any, Any]]:
        """All stored (key, value) pairs of a map under the given keys, in the order of the storage keys.

        Each key is the remaining key, or the tuple of the remaining keys.
        """
        item = self.runtime.item(pallet, name)
        keys = list(self._raw.keys(self._key(item, params)))
        values = [self._raw.get(key) for key in keys]
        pairs: list[tuple[Any, Any]] = self.runtime.core.decode_map_pairs(pallet, name, keys, values, len(params))
        return pairs

    def raw_get(self, key: bytes) -> bytes | None:
        """The SCALE bytes at a storage key, or None."""
        return self._raw.get(key)

    def raw_get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The SCALE bytes at several storage keys of one item."""
        return [self._raw.get(key) for key in keys]

    def raw_keys(self, prefix: bytes, after: bytes | None = None, limit: int | None = None) -> Sequence[bytes]:
        """Storage keys that begin with `prefix`, in order, those behind `after` only, at most `limit`."""
        return self._raw.keys(prefix, after, limit)


class Storage(StorageReader):
    """Typed reads and writes at the head."""

    def __init__(self, runtime: Runtime, raw: RawState) -> None:
        super().__init__(runtime, raw)
        self.raw = raw
        self.layouts: dict[tuple[str, str], Any] = {}  # kept by `tao_lab.chain.vectorized.columns`
        self.remembered: dict[str, Any] = {}  # kept by `tao_lab.chain.vectorized.few`

    def raw_get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The SCALE bytes at several storage keys of one item."""
        return self.raw.get_many(keys)

    def has_entries(self, pallet: str, name: str) -> bool:
        """Whether anything is written in a map."""
        item = self._items.get((pallet, name)) or self.runtime.item(pallet, name)
        return self.raw.has_any(item.prefix)

    def put(self, pallet: str, name: str, *params_and_value: Any) -> None:
        """Write an item: its keys, then the value.

        Raises:
            BadValue: The item does not exist, or a key or the value does not fit it; nothing is written.
        """
        params, value = params_and_value[:-1], params_and_value[-1]
        item = self._items.get((pallet, name)) or self.runtime.item(pallet, name)
        encoded = None if item.number is None else item.number.encoded(value)
        if encoded is None:
            encoded = self.runtime.encode(item.value_type, value, f"{pallet}.{name}")
        self.raw.put(self._full_key(item, params) if params or item.arity else item.prefix, encoded)

    def remove(self, pallet: str, name: str, *params: Any) -> None:
        """Remove an item; it then has its default again."""
        self.raw.remove(self._full_key(self.runtime.item(pallet, name), params))

    def remove_prefix(self, pallet: str, name: str, *params: Any) -> int:
        """Remove all entries of a map under the given keys; returns their number."""
        if not self.has_entries(pallet, name):
            return 0
        keys = self.raw.keys(self.key(pallet, name, *params))
        for key in list(keys):
            self.raw.remove(key)
        return len(keys)
