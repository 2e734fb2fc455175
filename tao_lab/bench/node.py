"""The node's speed: storage reads and signed transfers of 1, 10 and 100 clients, against a bare WebSocket echo.

The node, the echo and the clients run in separate processes. A client sends a request, waits for the answer, and sends
the next; the echo gets the same frames. The last part sends many reads and measures the node's memory.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bittensor_core import Keypair
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from tao_lab.chain.genesis import Genesis
from tao_lab.network.network import Network
from tao_lab.node.server import Limits, Server
from tao_lab.units import RAO_PER_TAO

CLIENTS = (1, 10, 100)
READS = 3_000  # of all clients together
TRANSFERS = 1_000
LEAST_READS, LEAST_TRANSFERS = 0.1, 0.03  # of the echo's requests a second
MEMORY_REQUESTS = 100_000
MOST_GROWTH = 16 * 2**20  # bytes
ACCOUNTS = [Keypair.from_uri(f"//bench//{number}") for number in range(max(CLIENTS))]
RICH = {str(key.ss58_address): 1_000 * RAO_PER_TAO for key in ACCOUNTS}


@dataclass(frozen=True)
class Load:
    """Speed of a server under load.

    Attributes:
        per_second: requests of all clients.
        p95: seconds within which 95 % were answered.
    """

    per_second: float
    p95: float


@dataclass(frozen=True)
class Measured:
    """One line of the table: kind of request, number of clients, the node's load and the echo's."""

    what: str
    clients: int
    node: Load
    echo: Load

    @property
    def ratio(self) -> float:
        """The node's requests a second, divided by the echo's."""
        return self.node.per_second / self.echo.per_second

    @property
    def least(self) -> float:
        """The smallest ratio that is allowed."""
        return LEAST_READS if self.what == "reads" else LEAST_TRANSFERS


class _Process:
    """A server in a process of its own; ends with the block."""

    def __init__(self, target: Callable[[Connection], None]) -> None:
        here, there = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=target, args=(there,), daemon=True)
        self._process.start()
        self._pipe = here
        self.url = str(here.recv())

    def memory(self) -> int:
        """Bytes that the process holds."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.terminate()
        self._process.join()


def _node(pipe: Connection) -> None:
    limits = Limits(10 * max(CLIENTS), 10 * max(CLIENTS))
    with Network(genesis=Genesis(balances=RICH)) as net, Server(net.node, limits=limits) as server:
        net.node.instant = False
        pipe.send(server.url)
        while True:
            time.sleep(1)
            net.run(blocks=1)


def _echo(pipe: Connection) -> None:
    async def answer(connection: ServerConnection) -> None:
        async for frame in connection:
            await connection.send(frame)

    async def run() -> None:
        async with serve(answer, "127.0.0.1", 0) as server:
            pipe.send(f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}")
            await server.serve_forever()

    asyncio.run(run())


def measure(progress: Callable[[], Any] = lambda: None) -> tuple[list[Measured], int]:
    """Measure; returns all lines, and the growth of the node's memory over `MEMORY_REQUESTS` reads, bytes.

    Args:
        progress: Called after each line, and after each tenth of the last part.
    """
    found = []
    with _Process(_node) as node, _Process(_echo) as echo, Network(genesis=Genesis(balances=RICH)) as twin:
        nonces = [0] * len(ACCOUNTS)
        for clients in CLIENTS:
            reads = [_read(twin, number % clients) for number in range(READS)]
            moves = [_transfer(twin, number % clients, nonces) for number in range(TRANSFERS)]
            for what, frames in (("reads", reads), ("transfers", moves)):
                loads = [asyncio.run(_load(server.url, frames, clients)) for server in (node, echo)]
                found.append(Measured(what, clients, *loads))
                progress()
        frames = [_read(twin, number % max(CLIENTS)) for number in range(MEMORY_REQUESTS // 10)]
        asyncio.run(_load(node.url, frames, 10))  # memory that the first reads need is not growth
        before = node.memory()
        for _ in range(10):
            asyncio.run(_load(node.url, frames, 10))
            progress()
        return found, node.memory() - before


def _frame(method: str, *params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def _read(net: Network, account: int) -> str:
    key = net.chain.state.key("System", "Account", str(ACCOUNTS[account].ss58_address))
    return _frame("state_getStorage", f"0x{key.hex()}")


def _transfer(net: Network, sender: int, nonces: list[int]) -> str:
    args = {"dest": str(ACCOUNTS[sender - 1].ss58_address), "value": 1}
    data = net.chain.sign(ACCOUNTS[sender], "Balances", "transfer_keep_alive", args, nonce=nonces[sender])
    nonces[sender] += 1
    return _frame("author_submitExtrinsic", f"0x{data.hex()}")


async def _load(url: str, frames: Sequence[str], clients: int) -> Load:
    """Send the frames by several clients at once; each client sends its part one after another."""
    connections = [await connect(url, compression=None) for _ in range(clients)]
    begin = time.perf_counter()
    parts = await asyncio.gather(
        *(_ask(connection, frames[place::clients]) for place, connection in enumerate(connections))
    )
    spent = time.perf_counter() - begin
    for connection in connections:
        await connection.close()
    seconds = [second for part in parts for second in part]
    return Load(len(seconds) / spent, statistics.quantiles(seconds, n=20)[-1])


async def _ask(connection: ClientConnection, frames: Sequence[str]) -> list[float]:
    seconds = []
    for frame in frames:
        begin = time.perf_counter()
        await connection.send(frame)
        answer = await connection.recv()
        seconds.append(time.perf_counter() - begin)
        if '"error"' in str(answer):
            raise RuntimeError(f"the node refused: {answer!s:.300}")
    return seconds
