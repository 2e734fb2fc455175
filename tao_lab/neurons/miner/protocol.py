"""uvicorn's HTTP/1.1 with two more limits: how long a request's head may take, and how large it may be.

Without these limits, a connection that never ends its headers would stay open and use memory forever.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 5.0
MOST_HEAD = 16 * 2**10  # bytes of a request's line and headers


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection if the head of its next request is too late or too long."""

    _timer: asyncio.TimerHandle | None = None
    _head = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(HEAD_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head."""
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > MOST_HEAD:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head = True
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def on_headers_complete(self) -> None:
        """A head has ended."""
        self._stop_waiting()
        self._in_head, self._head = False, 0
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer: there is nothing more to wait for."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def settings() -> dict[str, Any]:
    """Settings that the miner's and the benchmark's servers share."""
    return {
        "http": LimitedProtocol,
        "ws": "none",
        "proxy_headers": False,  # anybody on this machine could write them
        "loop": "asyncio",
        "access_log": False,
        "log_level": "error",
        "log_config": None,
        "server_header": False,
        "date_header": False,
        "timeout_keep_alive": 60,
        "limit_concurrency": 1_000,
    }
