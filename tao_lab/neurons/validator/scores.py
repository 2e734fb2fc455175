"""A validator's memory: each miner's average score and place in the queue, and the validator's commits.

It is one SQLite file. Each step is one transaction, so a validator that is killed loses at most the current step. A
miner is identified by its hotkey *and* the block of its registration: after a new registration it starts over.
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tao_lab.errors import LabError
from tao_lab.neurons.peers import Peer
from tao_lab.neurons.validator.sampling import longest_waiting

SCHEMA = """
CREATE TABLE IF NOT EXISTS miners (
    hotkey TEXT PRIMARY KEY, registered_at INTEGER NOT NULL, turn INTEGER NOT NULL,
    score REAL NOT NULL DEFAULT 0, asked INTEGER NOT NULL DEFAULT 0, answered INTEGER NOT NULL DEFAULT 0,
    silent INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS commits (
    hash TEXT PRIMARY KEY, uids TEXT NOT NULL, weights TEXT NOT NULL, salt TEXT NOT NULL, version_key INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""
SEED_BYTES = 6


@dataclass(frozen=True)
class Record:
    """A validator's memory of one miner.

    Attributes:
        hotkey: of the miner.
        score: moving average, 0 to 1.
        asked: tasks sent.
        answered: answers that came.
        silent: number of tasks in a row without an answer.
    """

    hotkey: str
    score: float
    asked: int
    answered: int
    silent: int


@dataclass(frozen=True)
class Commit:
    """Weights whose hash was committed, and that must be revealed later.

    Attributes:
        hash: the hash on the chain.
        uids: of the miners.
        weights: u16.
        salt: random u16 numbers that keep the weights secret.
        version_key: as committed.
    """

    hash: str
    uids: list[int]
    weights: list[int]
    salt: list[int]
    version_key: int


class Scores:
    """The memory of one validator on one subnet."""

    def __init__(self, path: Path | str, rate: float, secret: int | None = None) -> None:
        """Open or begin the file.

        Args:
            path: File, or ":memory:".
            rate: Weight of the newest score in the average, above 0, at most 1.
            secret: For a new file: the tasks depend on it; by default it is random.

        Raises:
            LabError: The file is not such a memory, or the rate is invalid.
        """
        if not 0 < rate <= 1:
            raise LabError(f"rate is {rate}; allowed: above 0, at most 1")
        self._rate = rate
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise LabError(f"{path} cannot be used as a validator's memory: {error}") from None
        if self.fact("secret") == 0:
            self._remember("secret", secret or secrets.randbits(62) + 1)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # --- facts --------------------------------------------------------------------------------------------------

    def fact(self, name: str) -> int:
        """A stored number by its name; 0 if there is no such number."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _remember(self, name: str, value: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    @property
    def step(self) -> int:
        """Steps made so far."""
        return self.fact("step")

    @property
    def seed(self) -> int:
        """Seed of the next step's task: the validator can compute it again, miners cannot guess it."""
        text = f"{self.fact('secret')}/{self.step}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=SEED_BYTES).digest(), "big")

    # --- miners -------------------------------------------------------------------------------------------------

    def keep(self, peers: Iterable[Peer]) -> tuple[list[str], list[str]]:
        """Delete miners that have left and add new ones; returns the hotkeys of both.

        Args:
            peers: Miners that are on the subnet now.
        """
        now = {peer.hotkey: peer.registered_at for peer in peers}
        known = dict(self._db.execute("SELECT hotkey, registered_at FROM miners"))
        gone = sorted(hotkey for hotkey, at in known.items() if now.get(hotkey) != at)
        new = sorted(hotkey for hotkey, at in now.items() if known.get(hotkey) != at)
        random.Random(self.seed).shuffle(new)
        with _transaction(self._db):
            self._db.executemany("DELETE FROM miners WHERE hotkey = ?", [(hotkey,) for hotkey in gone])
            for hotkey in new:
                self._db.execute(
                    "INSERT INTO miners (hotkey, registered_at, turn) VALUES (?, ?, ?)",
                    (hotkey, now[hotkey], self._next_turn()),
                )
        return gone, new

    def _next_turn(self) -> int:
        turn = self.fact("turn") + 1
        self._remember("turn", turn)
        return turn

    def next_to_ask(self, most: int) -> list[str]:
        """Hotkeys of the next step."""
        return longest_waiting(dict(self._db.execute("SELECT hotkey, turn FROM miners")), most)

    def record(self, scores: Mapping[str, float], answered: Iterable[str]) -> None:
        """End a step: update the averages, and move the miners that were asked to the end of the queue.

        Args:
            scores: 0 to 1, by the hotkey that was asked.
            answered: hotkeys that gave an answer, right or wrong.
        """
        came = set(answered)
        with _transaction(self._db):
            for hotkey, score in scores.items():
                self._db.execute(
                    "UPDATE miners SET score = score + ? * (? - score), asked = asked + 1, answered = answered + ?, "
                    "silent = CASE WHEN ? THEN 0 ELSE silent + 1 END, turn = ? WHERE hotkey = ?",
                    (self._rate, score, hotkey in came, hotkey in came, self._next_turn(), hotkey),
                )
            self._remember("step", self.step + 1)

    def all(self) -> dict[str, Record]:
        """All records, by hotkey."""
        rows = self._db.execute("SELECT hotkey, score, asked, answered, silent FROM miners ORDER BY hotkey")
        return {row[0]: Record(*row) for row in rows}

    # --- commits ------------------------------------------------------------------------------------------------

    def add_commit(self, commit: Commit) -> None:
        """Store a commit before it is sent."""
        lists = (json.dumps(numbers) for numbers in (commit.uids, commit.weights, commit.salt))
        self._db.execute("INSERT INTO commits VALUES (?, ?, ?, ?, ?)", (commit.hash, *lists, commit.version_key))

    def commits(self) -> list[Commit]:
        """Commits that must be revealed, oldest first."""
        rows = self._db.execute("SELECT hash, uids, weights, salt, version_key FROM commits ORDER BY rowid")
        return [Commit(row[0], json.loads(row[1]), json.loads(row[2]), json.loads(row[3]), row[4]) for row in rows]

    def forget_commit(self, commit: Commit) -> None:
        """Delete a commit that was revealed, or that can't be revealed any more."""
        self._db.execute("DELETE FROM commits WHERE hash = ?", (commit.hash,))


class _transaction:  # noqa: N801 - used as a statement
    """A transaction: all changes are stored, or none of them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
