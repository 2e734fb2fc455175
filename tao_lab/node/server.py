"""The chain on a port, by WebSocket and HTTP: for `btcli`, other processes, and a class in one room.

Only this machine can reach it unless another address is given. Web pages from other origins are refused: browsers name
the origin of a page. One thread serves all connections; a few other threads answer requests. Each client has limits:
connections, bytes of a message, unread bytes, seconds.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tao_lab.chain.errors import BadValue
from tao_lab.node.http import MOST_BYTES, NO_ENTRY, SEND_SECONDS, Admission, HttpConnection, Origins
from tao_lab.node.metrics import HEALTH, METRICS, NodeFigures
from tao_lab.node.rpc import Node, Session

LOOPBACK = "127.0.0.1"
SOMEWHERE = "192.0.2.1"  # an address of no network (RFC 5737)
MOST_CLIENTS = 200
MOST_PER_ADDRESS = 100
MOST_REFUSED = 100  # connections that wait for the message that there is no place
MOST_UNREAD = 8 * 2**20  # unread characters of notifications, after which a client is disconnected
MOST_UNSENT = 512 * 2**20  # unread characters of answers, of all clients
MOST_UNSENT_PER_ADDRESS = 64 * 2**20  # of one address; a client that requests more is disconnected
SMALL = 2**16  # characters; shorter answers aren't counted, because an address has at most a hundred clients
OVERHEAD = 200  # characters that a notification counts for, in addition to its own
SILENT_SECONDS = 60.0  # without a request or a subscription, after which a new client may replace it
WORKERS = 4  # threads that answer; usually one of them uses the chain
CLOSE_SECONDS = 2.0
GET = b"GET "  # how a WebSocket begins
log = logging.getLogger(__name__)
_silent = logging.getLogger(f"{__name__}.websockets")  # don't log broken handshakes of clients
_silent.setLevel(logging.CRITICAL)


class _Client(ServerConnection):
    """One connection.

    Attributes:
        places: the server's list of connections.
        heard: time of its last request, in seconds of the monotonic clock; minus infinity if there was none.
        session: its session; None until the handshake is over.
        refused: whether there was no place for it.
        address: its IP address.
        may_tell: whether notifications may be sent: an answer comes before the notifications that it causes.
    """

    def __init__(self, places: _Places, http: Callable[[_Client], HttpConnection], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.places = places
        self.may_tell = asyncio.Event()
        self.may_tell.set()
        self._http = http
        self._wire: asyncio.Transport | None = None
        self._first: bytes | None = b""
        self.heard = -math.inf
        self.session: Session | None = None
        self.refused = False
        self.address = ""
        self._waiting: deque[str] = deque()
        self._unread = 0
        self._lock = threading.Lock()
        self._news = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, or be refused."""
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self.refused = not self.places.take(self)
        assert isinstance(transport, asyncio.Transport)
        self._wire = transport
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes; if they don't begin a WebSocket, continue as HTTP."""
        if self._first is not None:
            self._first += data
            if GET.startswith(self._first):
                return  # too few bytes to decide
            data, self._first = self._first, None
            if not data.startswith(GET) and not self.refused:
                self._become_http(data)
                return
        super().data_received(data)

    def _become_http(self, data: bytes) -> None:
        """Continue as HTTP; the waiting WebSocket handshake gets a connection that does nothing."""
        wire = self._wire
        assert wire is not None
        http = self._http(self)
        wire.set_protocol(http)
        self.transport = _Nothing()  # type: ignore[assignment]
        self.server.handlers[self].cancel()
        http.connection_made(wire)
        http.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place for another client."""
        self.places.leave(self)
        super().connection_lost(exc)

    @property
    def can_make_room(self) -> bool:
        """Whether a new client may replace it: it sent no request for a long time, and waits for nothing."""
        listens = self.session is not None and self.session.listens
        return not listens and time.monotonic() - self.heard > SILENT_SECONDS

    def cut_off(self) -> None:
        """End the connection without a message, because the client doesn't read."""
        if self._wire is not None:
            self._wire.abort()

    # --- notifications ------------------------------------------------------------------------------------------

    def notify(self, text: str) -> None:
        """Put a text into the queue, from the thread that makes the block, without waiting or errors."""
        with self._lock:
            self._unread += len(text) + OVERHEAD
            too_much = self._unread > MOST_UNREAD
            if too_much:
                self._waiting.clear()
            else:
                self._waiting.append(text)
        with suppress(RuntimeError):  # the server was closed in the meantime
            self.loop.call_soon_threadsafe(self.cut_off if too_much else self._news.set)

    async def tell(self) -> None:
        """Send the texts of the queue, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                await self.may_tell.wait()
                with self._lock:
                    text = self._waiting.popleft() if self._waiting else None
                if text is None or not await self.send_in_time(text):
                    return
                with self._lock:
                    self._unread -= len(text) + OVERHEAD

    async def send_in_time(self, text: str) -> bool:
        """Send a text; returns whether the client read it within `SEND_SECONDS`. Otherwise it is disconnected."""
        with self.places.sending(self.address, len(text)) as room:
            if not room:
                self.cut_off()
                return False
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self.send(text)
            except TimeoutError:
                self.cut_off()
                return False
            except ConnectionClosed:
                return False
        return True


class _Nothing:
    """A connection that now belongs to HTTP."""

    def abort(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Limits:
    """How many connections there may be, together and from one address."""

    all: int
    per_address: int


class _Places:
    """The connected clients. Only the server's thread uses it."""

    def __init__(self, limits: Limits | None) -> None:
        self.clients: list[_Client] = []  # oldest first
        self._limits = limits
        self._refused = 0
        self._unsent: Counter[str] = Counter()

    @contextmanager
    def sending(self, address: str, size: int) -> Iterator[bool]:
        """Count an answer until its client has read it; yields whether there is space for it."""
        here, all_together = self._unsent[address] + size, self._unsent.total() + size
        room = size <= SMALL or (here <= MOST_UNSENT_PER_ADDRESS and all_together <= MOST_UNSENT)
        counted = size if room and size > SMALL else 0
        self._unsent[address] += counted
        try:
            yield room
        finally:
            self._unsent[address] -= counted
            if not self._unsent[address]:
                del self._unsent[address]

    def take(self, client: _Client) -> bool:
        """Give a place to a new client, if necessary that of the client that has been silent longest."""
        here = [one for one in self.clients if one.address == client.address]
        limits = self._limits or Limits(MOST_CLIENTS, MOST_PER_ADDRESS)
        full = self.clients if len(self.clients) >= limits.all else here if len(here) >= limits.per_address else []
        if full:
            leaving = min((one for one in full if one.can_make_room), key=lambda one: one.heard, default=None)
            if leaving is None:
                self._refused += 1
                if self._refused > MOST_REFUSED:
                    client.loop.call_soon(client.cut_off)
                return False
            self.clients.remove(leaving)
            leaving.cut_off()
        self.clients.append(client)
        return True

    def leave(self, client: _Client) -> None:
        """Free a place."""
        if client.refused:
            self._refused -= 1
        elif client in self.clients:
            self.clients.remove(client)

    def by_address(self) -> Counter[str]:
        """Connections of each address."""
        return Counter(one.address for one in self.clients)


def reachable(host: str) -> str:
    """The address by which others reach this machine; for "all addresses", that of its network connection."""
    if host not in ("0.0.0.0", "::", ""):
        return f"[{host}]" if ":" in host else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((SOMEWHERE, 9))  # sends nothing; it only selects the network connection
        return str(probe.getsockname()[0])
    return LOOPBACK


class Server:
    """A running server; close it, or use it in a `with` block.

    Attributes:
        port: its TCP port.
        url: the address for clients, without a token.
        figures: figures for operators.
    """

    def __init__(
        self,
        node: Node,
        *,
        port: int = 0,
        host: str = LOOPBACK,
        origins: tuple[str, ...] = (),
        token: str | None = None,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Open a port and serve in a new thread.

        Args:
            node: The node.
            port: TCP port; 0 means any free port.
            host: Address of this machine to listen on.
            origins: Origins of web pages that may connect, such as `https://polkadot.js.org`; `*` for all.
            token: A client must write it after the address, `ws://host:port/TOKEN`; without a token everybody may
                connect.
            tls: Certificate and key; with them the address begins with `wss`.
            limits: Maximum numbers of connections.

        Raises:
            BadValue: The port is invalid, or in use.
        """
        self._node, self._host, self._admission, self._tls = node, host, Admission(token), tls
        self.port = port
        self._allowed, self._origins = origins, Origins()
        self._places = _Places(limits)
        self.figures = NodeFigures(node.chain, lambda: self.connections)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="tao-lab-node")
        self._ready = threading.Event()
        self._failures: list[Exception] = []
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="tao-lab-node", daemon=True)
        self._thread.start()
        self._ready.wait()
        for failure in self._failures:
            self._thread.join()
            raise BadValue("port", port, f"a free port from 0 to 65535 on {host} ({failure})") from failure
        self.url = f"{'ws' if tls is None else 'wss'}://{reachable(host)}:{self.port}"

    def close(self) -> None:
        """Close the port and disconnect the clients."""
        if self._thread.is_alive():
            with suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def connections(self) -> int:
        """Number of connected clients."""
        return len(self._places.clients)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Server({self.url})"

    # --- in the server's thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _serve(self) -> None:
        try:
            server = await serve(
                self._client,
                self._host,
                self.port,
                create_connection=partial(_Client, self._places, self._http),  # type: ignore[arg-type] # any factory
                ssl=self._tls,
                compression=None,  # like a node; compressing a large answer would delay all clients
                max_size=MOST_BYTES,
                max_queue=1,  # messages that wait while another one is answered
                process_request=self._admit,
                close_timeout=CLOSE_SECONDS,
                logger=_silent,
            )
        except Exception as error:  # noqa: BLE001 - whoever waits for the port is told
            self._failures.append(error)
            self._ready.set()
            return
        self.port = int(server.sockets[0].getsockname()[1])
        self._origins = Origins.of(self._host, self.port, self._allowed)
        self._ready.set()
        await self._stop.wait()
        server.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await server.wait_closed()
        except TimeoutError:
            for client in list(self._places.clients):
                client.cut_off()

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if isinstance(connection, _Client) and connection.refused:
            here = self._places.by_address()[connection.address]
            text = f"{len(self._places.clients)} clients are connected already, {here} of them from this address\n"
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, text)
        if not all(self._origins.admits(origin) for origin in request.headers.get_all("Origin")):
            text = "pages of other hosts may not connect; --allow-origin allows one\n"
            return connection.respond(HTTPStatus.FORBIDDEN, text)
        told = await self._tell(connection, request)
        if told is not None:
            return told
        if not self._admission.opens(request.path):
            return connection.respond(HTTPStatus.FORBIDDEN, f"{NO_ENTRY}\n")
        return None

    async def _tell(self, connection: ServerConnection, request: Request) -> Response | None:
        """Health for everybody; figures for this machine, and for others only if everybody may connect."""
        path = request.path.partition("?")[0]
        if "Upgrade" in request.headers or path not in (HEALTH, METRICS):
            return None
        if path == HEALTH:
            return connection.respond(HTTPStatus.OK, "the node answers\n")
        own = isinstance(connection, _Client) and ip_address(connection.address).is_loopback
        if not own and not self._admission.opens(""):
            return connection.respond(HTTPStatus.FORBIDDEN, "figures are for programs of this machine\n")
        text = await self._loop.run_in_executor(self._pool, self.figures.text)  # it waits for the chain
        response = connection.respond(HTTPStatus.OK, text.decode())
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = CONTENT_TYPE_LATEST
        return response

    def _http(self, client: _Client) -> HttpConnection:
        """Serve a connection that uses HTTP."""
        session = Session(self._node, None, client.address)

        async def answer(frame: bytes) -> str | None:
            client.heard = time.monotonic()
            self.figures.answered += 1
            return await self._loop.run_in_executor(self._pool, session.handle, frame)

        sending = partial(self._places.sending, client.address)
        return HttpConnection(answer, self._origins, self._admission, sending, lambda: self._places.leave(client))

    async def _client(self, connection: ServerConnection) -> None:
        """Serve one client until it leaves. Its notifications go through a queue, so that it does not delay others."""
        assert isinstance(connection, _Client)
        connection.session = session = Session(self._node, connection.notify, connection.address)
        teller = asyncio.create_task(connection.tell())
        try:
            while True:
                message = await connection.recv(decode=False)  # bytes that are not UTF-8 also get an answer
                connection.heard = time.monotonic()
                connection.may_tell.clear()
                answer = await self._loop.run_in_executor(self._pool, session.handle, message)
                self.figures.answered += 1
                if answer is not None and not await connection.send_in_time(answer):
                    break
                connection.may_tell.set()
        except ConnectionClosed:
            pass  # it left
        finally:
            session.close()
            teller.cancel()
