"""History on disk: SQLite, one transaction a block, and only what the block changed.

`changes` has a row for each key that a block wrote, in the order (key, block): the value of a key at any block is
one search in that index, whatever the height, and a new block costs what it changes. A network that is not to be
kept lives in the same tables in memory.

What a block changes in whole columns of the state, as emission does for every subnet, is one row (`packs`), and so are
the values of keys that every block changes (`usual_keys`). The later of a key's own row and its column's last pack has
its value.

The file is in write-ahead mode: a transaction is complete or absent after a crash of the process at any moment.
One process owns the file at a time. While it is open, the newest blocks are in a second file, the log, whose name ends
in `-wal`; a mark in the first file says so, since a copy of that file alone would open as a shorter chain.
"""

from __future__ import annotations

import heapq
import os
import sqlite3
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path

from tao_lab.chain import packs
from tao_lab.chain.block_hashes import BlockHashes
from tao_lab.chain.column import Changes
from tao_lab.chain.errors import BadValue, DatabaseCorrupt, DatabaseFull, DatabaseLocked, StoreError
from tao_lab.chain.merkle import EMPTY_ROOT
from tao_lab.chain.state import prefix_end
from tao_lab.chain.usual_keys import UsualKeys

FORMAT = "tao-lab/chain/4"  # the schema of spec 475, one pack a block
OLDER_FORMATS = ("tao-lab/chain/1", "tao-lab/chain/2")  # numbers of events and errors, and items, of spec 461
FORMAT_BEFORE = "tao-lab/chain/3"
LOCK_SECONDS = 0.2
LOG_PAGES = 4_096  # after which the log is copied into the file; pages that were written again are copied once
PRIMARY_CODE = 0xFF  # the low byte of SQLite's extended error code
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE keys (key BLOB PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE changes (key_id INTEGER NOT NULL, block INTEGER NOT NULL, value BLOB,
                      PRIMARY KEY (key_id, block)) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL,
                     extrinsics BLOB NOT NULL) STRICT;
"""
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


LOG_MISSING = (
    "{path}: copied while the chain was open, without its log {log}, which has the newest blocks; copy both, or close "
    "the chain first. If the log is lost, make an empty file of that name to go on without those blocks"
)
OLDER = (
    "{path}: a chain of an earlier TAO Lab, on the schema of spec 461; this one has that of spec 475, which reads its "
    "blocks wrongly. Begin another chain, or open this file with the TAO Lab that made it"
)
OTHER_TABLES = (
    "{path}: a chain of an earlier TAO Lab, which stored blocks in other tables ({format}; this one has "
    f"{FORMAT}). Begin another chain, or open this file with the TAO Lab that made it"
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

    def __init__(self, path: Path | None = None, hashes: BlockHashes | None = None) -> None:
        """Open or make the file; None keeps everything in memory.

        Args:
            path: The file.
            hashes: Which keys hold names of blocks; they are not written a second time.

        Raises:
            StoreError: The file is locked, damaged, or of another kind.
        """
        self.path = ":memory:" if path is None else str(path)
        self._hashes = hashes
        self._key_ids: dict[bytes, int] = {}
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
                for statement in (SCHEMA + packs.SCHEMA).split(";"):
                    db.execute(statement)
                db.execute("INSERT INTO meta VALUES ('format', ?)", (FORMAT,))
            elif "meta" in tables and self.meta("format") in OLDER_FORMATS:
                raise StoreError(OLDER.format(path=self.path))
            elif "meta" in tables and self.meta("format") == FORMAT_BEFORE:
                raise StoreError(OTHER_TABLES.format(path=self.path, format=FORMAT_BEFORE))
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
        self._packs = packs.Packs(db, self.path)
        self._usual = UsualKeys()

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
        query, number_id = "SELECT max(block) FROM changes WHERE key_id = ?", self._key_ids.get(number_key, -1)
        with _typed_errors(self.path):
            (newest,) = self._db.execute(query, (number_id,)).fetchone()
            packed, _ = self._packs.value(number_id, packs.LAST_BLOCK)
        newest = max(self.first_block() if newest is None else newest, packed)
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

    def commit(self, blocks: Sequence[StoredBlock], changes: Mapping[bytes, bytes | None] | Changes) -> None:
        """Write blocks and what they changed together, all or nothing; the changes are stored with the last.

        Args:
            blocks: One after the other.
            changes: Key to new value, None for a removed one; or such keys and columns.

        Raises:
            StoreError: Nothing was written.
        """
        changes = changes if isinstance(changes, Changes) else Changes(changes)
        number, ids, pack = blocks[-1].number, self._key_ids, None
        usual = self._usual.values(changes.keys)
        rows, fresh = self._rows(changes, number, usual.keys if usual else frozenset())
        ids.update(fresh)
        db = self._db
        with _typed_errors(self.path):
            try:
                db.execute("BEGIN IMMEDIATE")
                if fresh:
                    db.executemany("INSERT INTO keys VALUES (?, ?)", list(fresh.items()))
                db.executemany("INSERT INTO changes VALUES (?, ?, ?)", rows)
                if usual or changes.columns:
                    pack = self._packs.write(number, changes.columns, usual, ids)
                db.executemany(
                    "INSERT INTO blocks VALUES (?, ?, ?, ?)",
                    [(block.number, block.hash, block.header, block.extrinsics) for block in blocks],
                )
                db.execute("COMMIT")
            except BaseException:
                for key in fresh:
                    del ids[key]
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        if pack is not None:
            self._packs.written(pack)
        self._usual.learn(changes.keys)

    def _rows(
        self, changes: Changes, number: int, packed: frozenset[bytes]
    ) -> tuple[list[tuple[int, int, bytes | None]], dict[bytes, int]]:
        """Rows for a block's single keys, and ids for keys that were never written.

        Keys in `packed`, and those of the names of blocks, have no rows.
        """
        ids, fresh = self._key_ids, dict[bytes, int]()
        rows = []
        for key, value in changes.keys.items():
            if key in packed:
                continue
            key_id = ids.get(key)
            if key_id is None:
                if self._hashes is not None and key.startswith(self._hashes.prefix):
                    continue
                key_id = fresh[key] = len(ids) + len(fresh) + 1
            rows.append((key_id, number, value))
        for layout in self._packs.unknown(changes.columns):
            for key in layout.keys:
                if key not in ids and key not in fresh:
                    fresh[key] = len(ids) + len(fresh) + 1
        return rows, fresh

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
        if self._hashes is None:
            yield from self._changes_by_block()
            return
        first = before = self.first_block()
        for number, changes in self._changes_by_block():
            old, new = self._hashes.heights(first, before), self._hashes.heights(first, number)
            gone = (self._hashes.key(height) for height in old if height not in new)
            yield number, changes | dict.fromkeys(gone) | dict(self._names(range(max(before, new.start), number)))
            before = number

    def _names(self, heights: range) -> Iterator[tuple[bytes, bytes]]:
        """Keys and names of blocks."""
        query = "SELECT number, hash FROM blocks WHERE number >= ? AND number < ?"
        if self._hashes is not None:
            for height, name in self._db.execute(query, (heights.start, heights.stop)):
                yield self._hashes.key(height), name

    def _name(self, key: bytes, block: int) -> bytes | None:
        """What a key that holds a block's name has after a block."""
        assert self._hashes is not None
        height = self._hashes.height(key)
        if height is None or height not in self._hashes.heights(self.first_block(), block):
            return None
        found = self.block(height)
        return None if found is None else found.hash

    def _changes_by_block(self) -> Iterator[tuple[int, dict[bytes, bytes | None]]]:
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
        # a key that somebody took away shows in the state root
        single = ((block, {keys[key_id]: value} if key_id in keys else {}) for block, key_id, value in rows)
        whole = (
            (block, {keys[key_id]: value for key_id, value in values.items() if key_id in keys})
            for block, values in self._packs.by_block()
        )
        yield from heapq.merge(single, whole, key=itemgetter(0))

    def value_at(self, key: bytes, block: int) -> bytes | None:
        """The value of a key after this block."""
        if self._hashes is not None and key.startswith(self._hashes.prefix):
            return self._name(key, block)
        key_id = self._key_ids.get(key)
        if key_id is None:
            return None
        query = "SELECT block, value FROM changes WHERE key_id = ? AND block <= ? ORDER BY block DESC LIMIT 1"
        with _typed_errors(self.path):
            row = self._db.execute(query, (key_id, block)).fetchone()
            packed, value = self._packs.value(key_id, block)
        return value if row is None or packed >= row[0] else row[1]

    def keys_at(self, block: int, prefix: bytes, after: bytes | None, limit: int | None) -> list[bytes]:
        """Keys with a value after this block that begin with `prefix`, in order."""
        low, sign = (after, ">") if after is not None and after >= prefix else (prefix, ">=")
        high = prefix_end(prefix)
        below = "" if high is None else "AND key < ?"
        params: list[object] = [low] if high is None else [low, high]
        with _typed_errors(self.path):
            query = f"SELECT id, key, {AT} IS NOT NULL FROM keys WHERE key {sign} ? {below} ORDER BY key"
            rows = self._db.execute(query, [block, *params])
            there = (key for key_id, key, own in rows if self._is_there(key_id, key, bool(own), block))
            if self._hashes is not None and self._hashes.concern(prefix):
                heights = self._hashes.heights(self.first_block(), block)
                names = sorted(key for key, _ in self._names(heights) if key.startswith(prefix))
                there = heapq.merge(there, (key for key in names if after is None or key > after))
            return list(islice(there, limit))

    def _is_there(self, key_id: int, key: bytes, own: bool, block: int) -> bool:
        """Whether a key has a value after a block; `own`: whether its own last row has one."""
        return self.value_at(key, block) is not None if self._packs.places(key_id) else own

    def state_at(self, block: int) -> Iterator[tuple[bytes, bytes]]:
        """Every key and value after this block."""
        with _typed_errors(self.path):
            packed = self._packs.values_at(block)
            query = f"SELECT id, key, {AT} AS now, {AT.replace('value', 'block')} FROM keys"
            for key_id, key, value, own in self._db.execute(query, (block, block)):
                last, in_column = packed.get(key_id, (-1, None))
                now = in_column if last >= (-1 if own is None else own) else value
                if now is not None:
                    yield key, now
            if self._hashes is not None:
                yield from self._names(self._hashes.heights(self.first_block(), block))


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
