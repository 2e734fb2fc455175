"""History on disk: SQLite, one transaction a block, and only what the block changed.

`changes` has a row for each key that a block wrote, in the order (key, block): the value of a key at any block is
one search in that index, whatever the height, and a new block costs what it changes. A network that is not to be
kept lives in the same tables in memory.

An item of which a block changes many values, as emission does for every subnet, is written as one row of `packs`: all
its values, in the order of a row of `layouts`. The later of a key's own row and its item's pack has its value.

The file is in write-ahead mode: a transaction is complete or absent after a crash of the process at any moment.
One process owns the file at a time. While it is open, the newest blocks are in a second file, the log, whose name ends
in `-wal`; a mark in the first file says so, since a copy of that file alone would open as a shorter chain.
"""

from __future__ import annotations

import heapq
import os
import sqlite3
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from tao_lab.chain.errors import BadValue, DatabaseCorrupt, DatabaseFull, DatabaseLocked, StoreError
from tao_lab.chain.merkle import EMPTY_ROOT
from tao_lab.chain.state import PREFIX_BYTES, prefix_end

FORMAT = "tao-lab/chain/3"  # the schema of spec 475
OLDER_FORMATS = ("tao-lab/chain/1", "tao-lab/chain/2")  # numbers of events and errors, and items, of spec 461
LOCK_SECONDS = 0.2
LOG_PAGES = 4_096  # after which the log is copied into the file; pages that were written again are copied once
PRIMARY_CODE = 0xFF  # the low byte of SQLite's extended error code
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE keys (key BLOB PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE changes (key_id INTEGER NOT NULL, block INTEGER NOT NULL, value BLOB,
                      PRIMARY KEY (key_id, block)) STRICT, WITHOUT ROWID;
CREATE TABLE layouts (id INTEGER PRIMARY KEY, keys BLOB NOT NULL) STRICT;
CREATE TABLE packs (prefix BLOB NOT NULL, block INTEGER NOT NULL, layout INTEGER NOT NULL, data BLOB NOT NULL,
                    PRIMARY KEY (prefix, block)) STRICT;
CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL,
                     extrinsics BLOB NOT NULL) STRICT;
"""
LEAST_PACKED = 32  # changed values of an item
MOST_PACKED = 2_048  # values of an item
KEY_ID_BYTES = 4  # in a layout
LOG = "-wal"  # what SQLite appends to a file's name for its log
OPEN = "open"  # the name of the mark
AT = "(SELECT value FROM changes WHERE key_id = keys.id AND block <= ? ORDER BY block DESC LIMIT 1)"


@dataclass(frozen=True)
class StoredBlock:
    """A row of `blocks`: `extrinsics` are the encoded ones, one after the other."""

    number: int
    hash: bytes
    header: bytes
    extrinsics: bytes


@contextmanager
def _typed_errors(path: str) -> Iterator[None]:
    """SQLite's errors as the store's own."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise DatabaseLocked(
                f"{path}: another process has this chain open; end that one, or use another file"
            ) from error
        if code == sqlite3.SQLITE_FULL:
            raise DatabaseFull(f"{path}: no room for the next block") from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise DatabaseCorrupt(f"{path}: not a chain, or damaged ({error})") from error
        if code == sqlite3.SQLITE_CANTOPEN:
            raise StoreError(
                f"{path}: cannot be opened; name a file in a folder that is there and may be written to"
            ) from error
        if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
            raise StoreError(
                f"{path}: this chain is closed: by close(), or because this program opened its file again; "
                "go on with the newer one, or open it again"
            ) from error
        raise StoreError(f"{path}: {error}") from error


@dataclass(frozen=True)
class _Layout:
    """Which keys a pack holds, in order."""

    number: int
    places: dict[bytes, int]


@dataclass(frozen=True)
class _Pack:
    """All values of an item after a block; each has the same number of bytes."""

    block: int
    layout: _Layout
    data: bytes

    @property
    def width(self) -> int:
        """Bytes of a value."""
        return len(self.data) // len(self.layout.places)

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None."""
        place = self.layout.places.get(key)
        return None if place is None else self.data[place * self.width : (place + 1) * self.width]

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key and value."""
        for key, place in self.layout.places.items():
            yield key, self.data[place * self.width : (place + 1) * self.width]


LOG_MISSING = (
    "{path}: copied while the chain was open, without its log {log}, which has the newest blocks; copy both, or close "
    "the chain first. If the log is lost, make an empty file of that name to go on without those blocks"
)
OLDER = (
    "{path}: a chain of an earlier TAO Lab, on the schema of spec 461; this one has that of spec 475, which reads its "
    "blocks wrongly. Begin another chain, or open this file with the TAO Lab that made it"
)
MISSING = "{path}: damaged ({which} missing); use a copy of the file, or begin another chain"


def _size(path: str) -> int:
    """Bytes of a file; 0 if there is none."""
    return Path(path).stat().st_size if Path(path).exists() else 0


def _close(db: sqlite3.Connection, path: str, owner: int) -> None:
    """Take the mark away and close; not in a process that was forked while the chain was open."""
    if os.getpid() != owner:
        return
    with _typed_errors(path), closing(db):
        if db.in_transaction:
            return
        remove_mark = "DELETE FROM meta WHERE name = ?", (OPEN,)
        try:
            db.execute(*remove_mark)
        except sqlite3.OperationalError:  # the log can grow no further; copied into the file, it begins again
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute(*remove_mark)


class Store:
    """The tables of one chain."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or make the file; None keeps everything in memory.

        Raises:
            StoreError: The file is locked, damaged, or of another kind.
        """
        self.path = ":memory:" if path is None else str(path)
        self._key_ids: dict[bytes, int] = {}
        self._layouts: dict[int, _Layout] = {}
        self._layout_numbers: dict[tuple[bytes, ...], int] = {}
        self._packed: set[bytes] = set()  # prefixes of items that have packs
        has_log = Path(self.path + LOG).exists()
        with _typed_errors(self.path):
            self._db = sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            with _typed_errors(self.path):
                self._open(has_log)
        except StoreError:
            self._db.close()
            raise
        self._close = weakref.finalize(self, _close, self._db, self.path, os.getpid())

    def _open(self, has_log: bool) -> None:
        db = self._db
        is_new = _size(self.path) == 0
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        db.execute("BEGIN IMMEDIATE")
        try:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not has_log and (not (tables or is_new) or (tables >= {"meta"} and self.meta(OPEN) is not None)):
                raise DatabaseCorrupt(LOG_MISSING.format(path=self.path, log=self.path + LOG))
            if not tables:
                for statement in SCHEMA.split(";"):
                    db.execute(statement)
                db.execute("INSERT INTO meta VALUES ('format', ?)", (FORMAT,))
            elif "meta" in tables and self.meta("format") in OLDER_FORMATS:
                raise StoreError(OLDER.format(path=self.path))
            elif "meta" not in tables or self.meta("format") != FORMAT:
                raise DatabaseCorrupt(f"{self.path}: a database, but not of the format {FORMAT}")
            self._check_heights()
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # a full disk has ended it already
                db.execute("ROLLBACK")
            raise
        if self.meta(OPEN) is None:
            with suppress(DatabaseFull), _typed_errors(self.path):  # a chain on a full disk can still be read
                db.execute("INSERT INTO meta VALUES (?, 'the newest blocks are in the log')", (OPEN,))
                db.execute("PRAGMA wal_checkpoint")  # the mark is of use in the first file only
        self._key_ids = {key: key_id for key_id, key in db.execute("SELECT id, key FROM keys")}
        keys = {key_id: key for key, key_id in self._key_ids.items()}
        for number, data in db.execute("SELECT id, keys FROM layouts"):
            ids = [int.from_bytes(data[i : i + KEY_ID_BYTES], "little") for i in range(0, len(data), KEY_ID_BYTES)]
            self._learn(number, tuple(keys.get(key_id, b"") for key_id in ids))
        self._packed = {prefix for (prefix,) in db.execute("SELECT DISTINCT prefix FROM packs")}

    def _learn(self, number: int, keys: tuple[bytes, ...]) -> None:
        self._layouts[number] = _Layout(number, {key: place for place, key in enumerate(keys)})
        self._layout_numbers[keys] = number

    def _check_heights(self) -> None:
        """Refuse a file in which blocks are missing; whether the others are what they were is for `audit`."""
        count, first, last = self._db.execute("SELECT count(*), min(number), max(number) FROM blocks").fetchone()
        if count == 0:
            if self._db.execute("SELECT EXISTS (SELECT 1 FROM keys)").fetchone()[0]:
                raise DatabaseCorrupt(MISSING.format(path=self.path, which="every block is"))
            return
        if first != self.first_block():
            raise DatabaseCorrupt(MISSING.format(path=self.path, which="block 0 is"))
        if count != last - first + 1:
            follows = "SELECT 1 FROM blocks WHERE number = b.number + 1"
            query = f"SELECT min(number) + 1 FROM blocks AS b WHERE NOT EXISTS ({follows})"
            (hole,) = self._db.execute(query).fetchone()
            raise DatabaseCorrupt(MISSING.format(path=self.path, which=f"block {hole} is"))

    def first_block(self) -> int:
        """Height of the first block; 0 where the oldest one that is left has a parent, and so is not the first."""
        row = self._db.execute("SELECT number, header FROM blocks ORDER BY number LIMIT 1").fetchone()
        return int(row[0]) if row is not None and bytes(row[1]).startswith(EMPTY_ROOT) else 0

    def check_head(self, number_key: bytes) -> None:
        """Refuse a file whose newest block isn't the last that was written, or doesn't follow the one before.

        Args:
            number_key: the key of a value that every block after genesis writes.
        """
        head = self.head()
        assert head is not None
        query = "SELECT max(block) FROM changes WHERE key_id = ?"
        with _typed_errors(self.path):
            (newest,) = self._db.execute(query, (self._key_ids.get(number_key, -1),)).fetchone()
        newest = self.first_block() if newest is None else newest
        if newest < head.number:
            which = f"what block {head.number} wrote is"
            raise DatabaseCorrupt(MISSING.format(path=self.path, which=which))
        if newest > head.number:
            raise DatabaseCorrupt(MISSING.format(path=self.path, which=f"block {newest} is"))
        before = self.block(head.number - 1)
        if before is not None and not head.header.startswith(before.hash):
            raise DatabaseCorrupt(f"{self.path}: damaged (block {head.number} does not follow block {before.number})")

    def close(self) -> None:
        """Close the file; other processes may open it now."""
        self._close()

    def size(self) -> int:
        """Bytes of the database, what waits in its write-ahead log included."""
        pages, page = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * page)

    def meta(self, name: str) -> str | None:
        """A text kept beside the chain."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, text: str) -> None:
        """Keep a text beside the chain, in a transaction of its own.

        Raises:
            StoreError: It was not written.
        """
        with _typed_errors(self.path):
            self._db.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, text)
            )

    def snapshot(self, path: Path) -> None:
        """Write everything into one new file, which opens as a chain of its own.

        Raises:
            StoreError: There is such a file already, or it could not be written.
        """
        if path.exists():
            raise StoreError(f"{path} is there already; name another file")
        with _typed_errors(str(path)):
            copy = sqlite3.connect(path, isolation_level=None)
            try:
                self._db.backup(copy)
                copy.execute("DELETE FROM meta WHERE name = ?", (OPEN,))  # it is whole without a log
            finally:
                copy.close()

    def commit(
        self,
        blocks: Sequence[StoredBlock],
        changes: Mapping[bytes, bytes | None],
        item: Callable[[bytes], Mapping[bytes, bytes]] = lambda prefix: {},
    ) -> None:
        """Write blocks and what they changed together, all or nothing; the changes are stored with the last.

        Args:
            blocks: One after the other.
            changes: Key to new value, None for a removed one.
            item: Gives all values of the item with a prefix, after the changes.

        Raises:
            StoreError: Nothing was written.
        """
        fresh = {key: len(self._key_ids) + 1 + i for i, key in enumerate(k for k in changes if k not in self._key_ids)}
        ids, number = self._key_ids, blocks[-1].number
        packs = self._packs(changes, item)
        rows = [
            (ids.get(key) or fresh[key], number, value)
            for key, value in changes.items()
            if value is None or key[:PREFIX_BYTES] not in packs
        ]
        layouts = {keys for keys, _ in packs.values() if keys not in self._layout_numbers}
        numbers = {keys: len(self._layouts) + 1 + i for i, keys in enumerate(sorted(layouts))}
        db = self._db
        with _typed_errors(self.path):
            db.execute("BEGIN IMMEDIATE")
            try:
                db.executemany("INSERT INTO keys VALUES (?, ?)", list(fresh.items()))
                db.executemany("INSERT INTO changes VALUES (?, ?, ?)", rows)
                for keys, layout in numbers.items():
                    data = b"".join((ids.get(key) or fresh[key]).to_bytes(KEY_ID_BYTES, "little") for key in keys)
                    db.execute("INSERT INTO layouts VALUES (?, ?)", (layout, data))
                db.executemany(
                    "INSERT INTO packs VALUES (?, ?, ?, ?)",
                    [
                        (prefix, number, numbers.get(keys) or self._layout_numbers[keys], data)
                        for prefix, (keys, data) in packs.items()
                    ],
                )
                db.executemany(
                    "INSERT INTO blocks VALUES (?, ?, ?, ?)",
                    [(block.number, block.hash, block.header, block.extrinsics) for block in blocks],
                )
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        self._key_ids.update(fresh)
        for keys, layout in numbers.items():
            self._learn(layout, keys)
        self._packed.update(packs)

    def _packs(
        self, changes: Mapping[bytes, bytes | None], item: Callable[[bytes], Mapping[bytes, bytes]]
    ) -> dict[bytes, tuple[tuple[bytes, ...], bytes]]:
        """Items that are to be written whole: prefix to keys and all values."""
        counts = Counter([key[:PREFIX_BYTES] for key in changes])
        packs = {}
        for prefix in [prefix for prefix, count in counts.items() if count >= LEAST_PACKED]:
            values = item(prefix)
            if LEAST_PACKED <= len(values) <= MOST_PACKED and len(set(map(len, values.values()))) == 1:
                keys = tuple(sorted(values))
                packs[prefix] = (keys, b"".join(map(values.__getitem__, keys)))
        return packs

    def check(self) -> None:
        """Let SQLite look at every page and index.

        Raises:
            DatabaseCorrupt: The file is damaged.
        """
        with _typed_errors(self.path):
            found = [text for (text,) in self._db.execute("PRAGMA integrity_check")]
        if found != ["ok"]:
            raise DatabaseCorrupt(f"{self.path}: damaged ({found[0]})")

    def head(self) -> StoredBlock | None:
        """The newest block, or None before genesis."""
        return self._block("ORDER BY number DESC LIMIT 1", ())

    def block(self, number: int) -> StoredBlock | None:
        """The block at this height."""
        return self._block("WHERE number = ?", (number,))

    def block_by_hash(self, block_hash: bytes) -> StoredBlock | None:
        """The block with this hash."""
        return self._block("WHERE hash = ?", (block_hash,))

    def _block(self, where: str, params: tuple[object, ...]) -> StoredBlock | None:
        with _typed_errors(self.path):
            query = f"SELECT number, hash, header, extrinsics FROM blocks {where}"
            row = self._db.execute(query, params).fetchone()
        return None if row is None else StoredBlock(*row)

    def blocks(self) -> Iterator[StoredBlock]:
        """All blocks from genesis on."""
        with _typed_errors(self.path):
            for row in self._db.execute("SELECT number, hash, header, extrinsics FROM blocks ORDER BY number"):
                yield StoredBlock(*row)

    def changes_by_block(self) -> Iterator[tuple[int, dict[bytes, bytes | None]]]:
        """What each block wrote, from genesis on; blocks that wrote nothing are left out."""
        keys = {key_id: key for key, key_id in self._key_ids.items()}
        number, changes = -1, dict[bytes, bytes | None]()
        with _typed_errors(self.path):
            for block, found in self._stored_changes(keys):
                if block != number:
                    if changes:
                        yield number, changes
                    number, changes = block, {}
                changes.update(found)
        if changes:
            yield number, changes

    def _stored_changes(self, keys: Mapping[int, bytes]) -> Iterator[tuple[int, dict[bytes, bytes | None]]]:
        """Block and changes of every row, in the order of blocks."""
        rows = self._db.execute("SELECT block, key_id, value FROM changes ORDER BY block")
        packs = self._db.execute("SELECT block, layout, data FROM packs ORDER BY block")
        # a key that somebody took away shows in the state root
        single = ((block, {keys[key_id]: value} if key_id in keys else {}) for block, key_id, value in rows)
        whole = ((block, dict(self._pack(block, layout, data).items())) for block, layout, data in packs)
        yield from heapq.merge(single, whole, key=itemgetter(0))

    def _pack(self, block: int, layout: int, data: bytes) -> _Pack:
        if layout not in self._layouts:
            raise DatabaseCorrupt(f"{self.path}: damaged (a pack of block {block} has no layout)")
        return _Pack(block, self._layouts[layout], data)

    def _pack_at(self, prefix: bytes, block: int) -> _Pack | None:
        """The newest pack of an item up to a block."""
        if prefix not in self._packed:
            return None
        query = "SELECT block, layout, data FROM packs WHERE prefix = ? AND block <= ? ORDER BY block DESC LIMIT 1"
        row = self._db.execute(query, (prefix, block)).fetchone()
        return None if row is None else self._pack(*row)

    def value_at(self, key: bytes, block: int) -> bytes | None:
        """The value of a key after this block."""
        key_id = self._key_ids.get(key)
        if key_id is None:
            return None
        query = "SELECT block, value FROM changes WHERE key_id = ? AND block <= ? ORDER BY block DESC LIMIT 1"
        with _typed_errors(self.path):
            row = self._db.execute(query, (key_id, block)).fetchone()
            pack = self._pack_at(key[:PREFIX_BYTES], block)
        if pack is not None and (row is None or row[0] <= pack.block):
            return pack.get(key)
        return None if row is None else row[1]

    def keys_at(self, block: int, prefix: bytes, after: bytes | None, limit: int | None) -> list[bytes]:
        """Keys with a value after this block that begin with `prefix`, in order."""
        low, sign = (after, ">") if after is not None and after >= prefix else (prefix, ">=")
        high = prefix_end(prefix)
        below = "" if high is None else "AND key < ?"
        params: list[object] = [low] if high is None else [low, high]
        packed = any(each.startswith(prefix[:PREFIX_BYTES]) for each in self._packed)
        if packed:  # whether such a key has a value is not in its own row
            query = f"SELECT key FROM keys WHERE key {sign} ? {below} ORDER BY key"
        else:
            query = f"SELECT key FROM keys WHERE key {sign} ? {below} AND {AT} IS NOT NULL ORDER BY key"
            params.append(block)
            if limit is not None:
                query, params = query + " LIMIT ?", [*params, limit]
        with _typed_errors(self.path):
            keys = [key for (key,) in self._db.execute(query, params)]
        return [key for key in keys if self.value_at(key, block) is not None][:limit] if packed else keys

    def state_at(self, block: int) -> Iterator[tuple[bytes, bytes]]:
        """Every key and value after this block."""
        with _typed_errors(self.path):
            for key, value in self._db.execute(f"SELECT key, {AT} AS now FROM keys", (block,)):
                now = self.value_at(key, block) if key[:PREFIX_BYTES] in self._packed else value
                if now is not None:
                    yield key, now


class PastState:
    """The state after a block of the past, read from the store."""

    def __init__(self, store: Store, block: int) -> None:
        if block < 0:
            raise BadValue("block", block, "0 or more")
        self._store, self.block = store, block

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        return self._store.value_at(key, self.block)

    def keys(self, prefix: bytes, after: bytes | None = None, limit: int | None = None) -> Sequence[bytes]:
        """Keys that begin with `prefix`, in order, those behind `after` only, at most `limit`."""
        return self._store.keys_at(self.block, prefix, after, limit)
