"""JSON-RPC by HTTP POST, on the port of the WebSocket: one request, one answer, no subscriptions.

The server first treats every connection as a WebSocket. If its first bytes are not `GET`, it continues here. The limits
are the same: bytes, seconds, one answer at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hmac import compare_digest
from http import HTTPStatus

import httptools

MOST_BYTES = 16 * 2**20  # of one request's body
MOST_HEAD = 16 * 2**10  # bytes of its head
LINE_BYTES = 4  # of a header's line, in addition to name and value
MOST_WAITING = 16  # requests of one connection that wait for the one before them
READ_SECONDS = 30.0  # for a request to arrive completely
SEND_SECONDS = 30.0  # for a client to read an answer
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

Answer = Callable[[bytes], Awaitable[str | None]]
Sending = Callable[[int], AbstractContextManager[bool]]


@dataclass(frozen=True)
class Origins:
    """Which web pages may send requests: a browser names the origin of the page.

    Attributes:
        allowed: Origins such as `https://polkadot.js.org`; `*` for all.
        own: The origins of the server itself.
    """

    allowed: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()

    @classmethod
    def of(cls, host: str, port: int, allowed: tuple[str, ...]) -> Origins:
        """The origins of a server and what else is allowed."""
        names = {host, *LOOPBACK_NAMES}
        return cls(
            frozenset(allowed), frozenset(f"{way}://{name}:{port}" for way in ("http", "https") for name in names)
        )

    def admits(self, origin: str | None) -> bool:
        """Whether a page from this origin may send requests; programs have no origin."""
        return origin is None or origin in self.own or bool({origin, "*"} & self.allowed)


@dataclass(frozen=True)
class Admission:
    """Who may connect: with a token, only clients that write it after the address, as in `ws://host:port/TOKEN`."""

    token: str | None = None

    def opens(self, path: str) -> bool:
        """Whether a request for this path is accepted; upper and lower case don't matter."""
        if self.token is None:
            return True
        named = path.partition("?")[0].strip("/")
        return compare_digest(named.casefold().encode(errors="surrogateescape"), self.token.casefold().encode())


NO_ENTRY = "this node needs its code after the address: ws://host:port/CODE"


@dataclass
class _Request:
    """A request that is being read."""

    method: bytes = b""
    path: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    head: int = 0  # bytes of path and headers
    keep_alive: bool = True

    @property
    def origin(self) -> str | None:
        found = self.headers.get(b"origin")
        return None if found is None else found.decode("latin-1")


class _Refused(Exception):  # noqa: N818 - named by what happened
    """A request that is not accepted."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


def _too_long_a_head() -> _Refused:
    return _Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"a head has at most {MOST_HEAD:,} bytes")


class HttpConnection(asyncio.Protocol):
    """One connection that speaks HTTP."""

    def __init__(
        self, answer: Answer, origins: Origins, admission: Admission, sending: Sending, gone: Callable[[], None]
    ) -> None:
        """Serve a connection.

        Args:
            answer: Takes a frame, returns its answer.
            origins: Origins of pages that may send requests.
            admission: Who may connect.
            sending: Counts the characters of an answer until the client has read it; says whether there is space for
                it.
            gone: Called when the connection has ended.
        """
        self._answer, self._origins, self._admission, self._sending, self._gone = (
            answer,
            origins,
            admission,
            sending,
            gone,
        )
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._request = _Request()
        self._head = 0
        self._waiting: deque[_Request] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    # --- called by asyncio --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_timer()
        if self._worker is not None:
            self._worker.cancel()
        self._gone()

    def pause_writing(self) -> None:
        """The client doesn't read at the moment."""
        self._can_write.clear()

    def resume_writing(self) -> None:
        """It reads again."""
        self._can_write.set()

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        if self._timer is None:
            self._timer = self._loop.call_later(READ_SECONDS, self._cut_off)
        self._head += len(data)
        try:
            self._parser.feed_data(data)
            if self._head > MOST_HEAD:
                raise _too_long_a_head()
        except httptools.HttpParserCallbackError as error:
            inner = error.__context__
            self._refuse(inner if isinstance(inner, _Refused) else _Refused(HTTPStatus.BAD_REQUEST, str(inner)))
        except _Refused as refused:
            self._refuse(refused)
        except httptools.HttpParserUpgrade:
            self._refuse(_Refused(HTTPStatus.BAD_REQUEST, "only a GET can become a WebSocket, and nothing else"))
        except httptools.HttpParserError as error:
            self._refuse(_Refused(HTTPStatus.BAD_REQUEST, f"this is not an HTTP request: {error}"))

    # --- called by the parser -----------------------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        """A part of the path."""
        self._request.path += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head."""
        self._request.headers[name.lower()] = value
        self._count(len(name) + len(value) + LINE_BYTES)

    def _count(self, size: int) -> None:
        self._request.head += size
        if self._request.head > MOST_HEAD:
            raise _too_long_a_head()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._request.method = self._parser.get_method()
        self._request.keep_alive = self._parser.should_keep_alive()
        self._head = -MOST_BYTES

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._request.body += body
        if len(self._request.body) > MOST_BYTES:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MOST_BYTES:,} bytes")

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._stop_timer()
        self._head = 0
        self._waiting.append(self._request)
        self._request = _Request()
        if len(self._waiting) > MOST_WAITING:
            raise _Refused(HTTPStatus.TOO_MANY_REQUESTS, f"at most {MOST_WAITING} requests wait on one connection")
        if self._worker is None or self._worker.done():
            self._worker = self._loop.create_task(self._work())
        if self._transport is not None:
            self._transport.pause_reading()  # further data wait at the client

    # --- answers -------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Answer waiting requests, one after the other."""
        while self._waiting and self._transport is not None and not self._transport.is_closing():
            request = self._waiting.popleft()
            status = HTTPStatus.OK
            try:
                self._check(request)
                text = "" if request.method == b"OPTIONS" else await self._answer(bytes(request.body)) or ""
            except _Refused as refused:
                status, text = refused.status, f"{refused}\n"
            with self._sending(len(text)) as room:
                if not room:
                    self._cut_off()
                    return
                self._send(status, text, request)
                try:
                    async with asyncio.timeout(SEND_SECONDS):
                        await self._can_write.wait()
                except TimeoutError:
                    self._cut_off()
            if not request.keep_alive:
                self._transport.close()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _check(self, request: _Request) -> None:
        if not self._origins.admits(request.origin):
            raise _Refused(HTTPStatus.FORBIDDEN, "pages of other hosts may not connect; --allow-origin allows one")
        if request.method == b"OPTIONS":
            return
        if not self._admission.opens(request.path.decode("latin-1")):
            raise _Refused(HTTPStatus.FORBIDDEN, NO_ENTRY)
        if request.method != b"POST":
            raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, "JSON-RPC comes by POST, or by a WebSocket")
        kind = request.headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if kind != b"application/json":
            raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the content type of JSON-RPC is application/json")

    def _send(self, status: HTTPStatus, text: str, request: _Request) -> None:
        body = text.encode()
        headers = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            f"Content-Type: {'application/json' if status == HTTPStatus.OK else 'text/plain'}; charset=utf-8",
            f"Content-Length: {len(body)}",
            f"Connection: {'keep-alive' if request.keep_alive else 'close'}",
        ]
        if request.origin is not None and self._origins.admits(request.origin):
            headers += [
                f"Access-Control-Allow-Origin: {request.origin}",
                "Access-Control-Allow-Methods: POST",
                "Access-Control-Allow-Headers: Content-Type",
                "Vary: Origin",
            ]
        if self._transport is not None:
            self._transport.write("\r\n".join([*headers, "", ""]).encode("latin-1") + body)

    def _refuse(self, refused: _Refused) -> None:
        """Answer an unreadable request, and end the connection."""
        self._stop_timer()
        self._waiting.clear()
        self._request.keep_alive = False
        self._send(refused.status, f"{refused}\n", self._request)
        if self._transport is not None:
            self._transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut_off(self) -> None:
        if self._transport is not None:
            self._transport.abort()
