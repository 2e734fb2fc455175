"""A connection for the official SDK to a chain in this process.

`bt.Client("local", substrate=LocalSubstrate(node))` is the unchanged SDK; only the network socket is replaced. Every
read and every signed extrinsic goes through the SDK's own JSON-RPC session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bittensor import RpcSubstrate
from bittensor._transport import SubstrateConnection
from bittensor._transport.codec import RuntimeCodec
from bittensor._transport.rpc import WsConnection

from tao_lab.chain.runtime import SPEC_NAME, SPEC_VERSION, SS58_FORMAT, TRANSACTION_VERSION
from tao_lab.node.rpc import Node, Session

CLOSING_SECONDS = 0.01
ENDPOINT = "ws://tao-lab.invalid"  # only a label: nothing connects to it


class Closable:
    """A connection that lets its session end.

    The session cancels its reading task and waits for it. Python 3.11 loses the cancellation if a message comes at that
    moment (`asyncio.wait_for`); the task then reads on, and the session would wait for ever.

    Args:
        connection: reads and writes.
        is_closing: whether the session wants to end.
    """

    def __init__(self, connection: WsConnection, is_closing: Callable[[], bool]) -> None:
        self._is_closing = is_closing
        self.send, self.close, self._receive = connection.send, connection.close, connection.recv

    async def recv(self) -> str | bytes:
        """The next answer or notification.

        Raises:
            CancelledError: The session wants to end.
        """
        if self._is_closing():
            await asyncio.sleep(CLOSING_SECONDS)  # usually the cancellation comes here
            raise asyncio.CancelledError
        return await self._receive()


def closable(substrate: RpcSubstrate) -> RpcSubstrate:
    """The SDK's own backend, with connections that let their sessions end."""
    make = substrate._interface

    def interface(endpoint: str, fallbacks: list[str]) -> SubstrateConnection:
        connection = make(endpoint, fallbacks)
        session = connection._session
        dial = session._connect

        async def connect(url: str) -> Closable:
            return Closable(await dial(url), lambda: session._closing)

        session._connect = connect
        return connection

    substrate._interface = interface
    return substrate


class LocalConnection:
    """The SDK's session uses it like a WebSocket.

    Args:
        node: answers.
    """

    def __init__(self, node: Node) -> None:
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[str] = asyncio.Queue()
        self._session = Session(node, self._push)

    def _push(self, text: str) -> None:
        """Deliver a text; blocks may be made in any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._inbox.put_nowait, text)

    async def send(self, message: str) -> None:
        """Take a request; `recv` returns its answer."""
        answer = await asyncio.to_thread(self._session.handle, message)
        if answer is not None:
            self._inbox.put_nowait(answer)

    async def recv(self) -> str:
        """The next answer or notification."""
        return await self._inbox.get()

    async def close(self) -> None:
        """Forget the subscriptions."""
        self._session.close()


class LocalSubstrate(RpcSubstrate):  # type: ignore[misc] # the SDK is not typed for mypy here
    """The SDK's own backend on a chain of this process. One for each client: a connection belongs to its event loop."""

    def __init__(self, node: Node) -> None:
        super().__init__(ENDPOINT)
        self._node = node

    def _interface(self, endpoint: str, fallbacks: list[str]) -> SubstrateConnection:
        async def connect(url: str) -> Closable:
            return Closable(LocalConnection(self._node), lambda: connection._session._closing)

        connection: Any = SubstrateConnection(endpoint, ss58_format=SS58_FORMAT, connect_factory=connect)
        # The SDK would otherwise keep a copy of the metadata in the student's home for each lab chain, and push
        # the real networks' copies out of that cache.
        codec = RuntimeCodec(
            self._node.chain.runtime.metadata,
            spec_version=SPEC_VERSION,
            transaction_version=TRANSACTION_VERSION,
            spec_name=SPEC_NAME,
            ss58_format=SS58_FORMAT,
        )
        connection._runtimes._codecs.set(SPEC_VERSION, codec)
        return connection
