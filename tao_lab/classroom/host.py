"""A running class: the network, its node, blocks at fixed times, the room, and the instructor's pages.

A snapshot is the whole class in one file, at one block. Restoring a snapshot and starting over replace the class's
file: the node closes its port for a moment, and clients connect again.
"""

from __future__ import annotations

import logging
import shutil
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from typing import Any

from tao_lab.chain.errors import BadValue, ChainError, StoreError
from tao_lab.chain.store import Store
from tao_lab.classroom.room import KEPT_AS, Room
from tao_lab.classroom.roster import MOST_STUDENTS, Roster, Terms
from tao_lab.network.network import Network
from tao_lab.node.producer import Producer
from tao_lab.node.server import LOOPBACK, Limits, Server
from tao_lab.units import FASTEST_SECONDS, SLOWEST_SECONDS

LIMITS = Limits(4 * MOST_STUDENTS, 4 * MOST_STUDENTS)  # a whole class may share one address
LONGEST_NAME = 60  # bytes of a snapshot's
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """The address of a class.

    Attributes:
        host: address of this machine to listen on.
        port: TCP port of the node; 0 means any free port.
        tls: certificate and key, or None.
    """

    host: str = LOOPBACK
    port: int = 0
    tls: ssl.SSLContext | None = None


class ClassHost:
    """A running class.

    Attributes:
        file: its file.
        net: its present network; a new one after a restore.
        room: its present room.
        server: its node's present server.
    """

    def __init__(self, file: Path, terms: Terms | None = None, place: Place | None = None) -> None:
        """Open the class of a file, or begin one there.

        Args:
            file: the file with the chain and the class.
            terms: settings of a new class; None keeps the stored ones.
            place: its address.

        Raises:
            StoreError: The file is locked, damaged, or of another kind.
            BadValue: The port is in use.
        """
        self.file = file.resolve()
        self._place = place or Place()
        self._lock = RLock()
        self._terms = terms
        self._open()

    def _open(self) -> None:
        self.net = Network(self.file)
        try:
            self.net.node.instant = False
            self.room = Room(self.net, self._terms)
            self._terms = None  # from now on the roster has them
            code = self.room.roster.terms.code
            place = self._place
            self.server = Server(
                self.net.node, port=place.port, host=place.host, token=code, tls=place.tls, limits=LIMITS
            )
        except BaseException:
            self.net.close()
            raise
        self._place = replace(place, port=self.server.port)
        self._producer: Producer | None = None
        if not self.room.roster.paused:
            self._begin_blocks()

    def _begin_blocks(self) -> None:
        self._producer = Producer(self.net.chain, self.room.roster.terms.block_seconds)

    def _end_blocks(self) -> None:
        if self._producer is not None:
            self._producer.close()
            self._producer = None

    def close(self) -> None:
        """End the class; it can be continued later with the same file."""
        with self._lock:
            self._end_blocks()
            self.server.close()
            self.room.close()
            self.net.close()

    def __enter__(self) -> ClassHost:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    # --- what the instructor does ------------------------------------------------------------------------------

    def pause(self, paused: bool) -> None:
        """Pause the blocks, or continue."""
        with self._lock:
            self.room.pause(paused)
            self._end_blocks()
            if not paused:
                self._begin_blocks()

    def pace(self, seconds: float) -> None:
        """Change the seconds between two blocks.

        Raises:
            BadValue: Out of range.
        """
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not number or not FASTEST_SECONDS <= seconds <= SLOWEST_SECONDS:
            raise BadValue("seconds", seconds, f"{FASTEST_SECONDS} to {SLOWEST_SECONDS:,.0f}")
        with self._lock:
            self.room.change(block_seconds=float(seconds))
            if self._producer is not None:
                self._end_blocks()
                self._begin_blocks()

    def skip(self, blocks: int) -> int:
        """Make blocks at once; returns the height.

        Raises:
            BadValue: Not a positive number, or too many at a time.
        """
        if not isinstance(blocks, int) or isinstance(blocks, bool) or not 1 <= blocks <= 7_200:
            raise BadValue("blocks", blocks, "1 to 7,200")
        for _ in range(blocks):
            with self.net.chain.lock:  # other requests are served between two blocks
                self.net.chain.produce_block()
        return self.net.block_number

    def snapshot(self, name: str = "") -> Path:
        """Save the class as it is now in a new file beside the class's file.

        Raises:
            BadValue: The name cannot be that of a file.
            StoreError: There is already a snapshot with this name.
        """
        label = name or time.strftime("%Y-%m-%d-%H%M%S")
        path = self._snapshot_path(label)
        with self._lock, self.net.chain.lock:
            self.net.chain.store.snapshot(path)
        return path

    def snapshots(self) -> list[str]:
        """Names of the snapshots, the newest first."""
        found = self.file.parent.glob(f"{self.file.stem}.*.snapshot")
        times = {path.name.removeprefix(f"{self.file.stem}.").removesuffix(".snapshot"): path for path in found}
        return sorted(times, key=lambda name: -times[name].stat().st_mtime)

    def _snapshot_path(self, name: str) -> Path:
        plain = (
            isinstance(name, str)
            and 0 < len(name.encode(errors="replace")) <= LONGEST_NAME
            and all(c.isalnum() or c in "-_ " for c in name)
        )
        if not plain:
            raise BadValue("snapshot", name, "a name of letters, digits, blanks, - and _")
        return self.file.with_name(f"{self.file.stem}.{name}.snapshot")

    def restore(self, name: str) -> None:
        """Go back to a snapshot. First the present class is saved as a snapshot.

        Raises:
            BadValue: There is no such snapshot.
            StoreError: It is damaged, or not a snapshot of a class; the class continues unchanged.
        """
        path = self._snapshot_path(name)
        if not path.is_file():
            raise BadValue("snapshot", name, f"one of {self.snapshots()}")
        if kept_terms(path) is None:
            raise StoreError(f"{path.name} keeps no class; the class goes on as it is")
        with self._lock:
            self.snapshot(f"before restore {time.strftime('%Y-%m-%d-%H%M%S')}")
            terms = self.room.roster.terms
            self._replace_file(lambda: shutil.copyfile(path, self.file), replace(terms))

    def reset(self) -> None:
        """Begin a new chain with the same students and new first grants. The old chain is kept as a snapshot."""
        with self._lock:
            self.snapshot(f"before reset {time.strftime('%Y-%m-%d-%H%M%S')}")
            roster = self.room.roster
            self._replace_file(lambda: None, roster.terms)
            for student in roster.students:
                with self.net.chain.lock, suppress(ChainError):
                    self.room.take_in(student.name, student.address)

    def _replace_file(self, put: Callable[[], object], terms: Terms) -> None:
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        put()
        self._terms = terms
        self._open()

    # --- what the pages show -----------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Everything on the instructor's page."""
        roster, net = self.room.roster, self.net
        return {
            "title": roster.terms.title,
            "code": roster.terms.code,
            "url": self.server.url,
            "block": net.block_number,
            "paused": roster.paused,
            "blockSeconds": roster.terms.block_seconds,
            "waiting": len(net.chain.pool),
            "connections": self.server.connections,
            "budget": roster.terms.budget,
            "granted": roster.granted,
            "students": self.room.leaderboard(),
            "subnets": self.room.subnets(),
            "snapshots": self.snapshots(),
            "now": time.time(),
        }


def kept_terms(file: Path) -> Terms | None:
    """The settings of the class in a file, if there is one."""
    if not file.exists():
        return None
    store = Store(file)
    try:
        text = store.meta(KEPT_AS)
    finally:
        store.close()
    return None if text is None else Roster.from_json(text).terms
