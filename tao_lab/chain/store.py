"""History on disk: SQLite, one transaction a block, and only what the block changed.

`changes` has a row for each key that a block wrote, in the order (key, block): the value of a key at any block is
one search in that index, whatever the height, and a new block costs what it changes. A network that is not to be
kept lives in the same tables in memory.

The file is in write-ahead mode: a transaction is complete or absent after a crash of the process at any moment.
One process owns the file at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tao_lab.chain.errors import BadValue, DatabaseCorrupt, DatabaseFull, DatabaseLocked, StoreError
from tao_lab.chain.state import prefix_end

FORMAT = "tao-lab/chain/1"
LOCK_SECONDS = 0.2
PRIMARY_CODE = 0xFF  # the low byte of SQLite's extended error code
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE keys (key BLOB PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE changes (key_id INTEGER NOT NULL, block INTEGER NOT NULL, value BLOB,
                      PRIMARY KEY (key_id, block)) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL,
                     extrinsics BLOB NOT NULL) STRICT;
"""
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
            raise DatabaseLocked(f"{path}: another process has this chain open") from error
        if code == sqlite3.SQLITE_FULL:
            raise DatabaseFull(f"{path}: no room for the next block") from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise DatabaseCorrupt(f"{path}: not a chain, or damaged ({error})") from error
        raise StoreError(f"{path}: {error}") from error


class Store:
    """The tables of one chain."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or make the file; None keeps everything in memory.

        Raises:
            StoreError: The file is locked, damaged, or of another kind.
        """
        self.path = ":memory:" if path is None else str(path)
        self._key_ids: dict[bytes, int] = {}
        with _typed_errors(self.path):
            self._db = sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            with _typed_errors(self.path):
                self._open()
        except StoreError:
            self._db.close()
            raise

    def _open(self) -> None:
        db = self._db
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("BEGIN IMMEDIATE")
        try:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                for statement in SCHEMA.split(";"):
                    db.execute(statement)
                db.execute("INSERT INTO meta VALUES ('format', ?)", (FORMAT,))
            elif "meta" not in tables or self.meta("format") != FORMAT:
                raise DatabaseCorrupt(f"{self.path}: a database, but not of the format {FORMAT}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        self._key_ids = {key: key_id for key_id, key in db.execute("SELECT id, key FROM keys")}

    def close(self) -> None:
        """Close the file; other processes may open it now."""
        self._db.close()

    def meta(self, name: str) -> str | None:
        """A text kept beside the chain."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def commit(self, blocks: Sequence[StoredBlock], changes: Mapping[bytes, bytes | None]) -> None:
        """Write blocks and what they changed together, all or nothing; the changes are stored with the last.

        Raises:
            StoreError: Nothing was written.
        """
        fresh = {key: len(self._key_ids) + 1 + i for i, key in enumerate(k for k in changes if k not in self._key_ids)}
        ids = self._key_ids
        number = blocks[-1].number
        rows = [(ids.get(key) or fresh[key], number, value) for key, value in changes.items()]
        db = self._db
        with _typed_errors(self.path):
            db.execute("BEGIN IMMEDIATE")
            try:
                db.executemany("INSERT INTO keys VALUES (?, ?)", list(fresh.items()))
                db.executemany("INSERT INTO changes VALUES (?, ?, ?)", rows)
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
        query = "SELECT block, key_id, value FROM changes ORDER BY block"
        keys = {key_id: key for key, key_id in self._key_ids.items()}
        number, changes = -1, dict[bytes, bytes | None]()
        with _typed_errors(self.path):
            for block, key_id, value in self._db.execute(query):
                if block != number:
                    if changes:
                        yield number, changes
                    number, changes = block, {}
                if key_id in keys:  # a key that somebody took away shows in the state root
                    changes[keys[key_id]] = value
        if changes:
            yield number, changes

    def value_at(self, key: bytes, block: int) -> bytes | None:
        """The value of a key after this block."""
        key_id = self._key_ids.get(key)
        if key_id is None:
            return None
        query = "SELECT value FROM changes WHERE key_id = ? AND block <= ? ORDER BY block DESC LIMIT 1"
        with _typed_errors(self.path):
            row = self._db.execute(query, (key_id, block)).fetchone()
        return None if row is None else row[0]

    def keys_at(self, block: int, prefix: bytes, after: bytes | None, limit: int | None) -> list[bytes]:
        """Keys with a value after this block that begin with `prefix`, in order."""
        low, sign = (after, ">") if after is not None and after >= prefix else (prefix, ">=")
        high = prefix_end(prefix)
        below = "" if high is None else "AND key < ?"
        params: list[object] = [low, block] if high is None else [low, high, block]
        query = f"SELECT key FROM keys WHERE key {sign} ? {below} AND {AT} IS NOT NULL ORDER BY key"
        if limit is not None:
            query, params = query + " LIMIT ?", [*params, limit]
        with _typed_errors(self.path):
            return [key for (key,) in self._db.execute(query, params)]

    def state_at(self, block: int) -> Iterator[tuple[bytes, bytes]]:
        """Every key and value after this block."""
        with _typed_errors(self.path):
            for key, value in self._db.execute(f"SELECT key, {AT} AS now FROM keys", (block,)):
                if value is not None:
                    yield key, value


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
