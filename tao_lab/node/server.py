"""The chain on a WebSocket: for `btcli`, other processes, and a class in one room.

Only this machine can reach it unless another address is given. A web page cannot: browsers say where a page came
from, and such requests are refused.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from http import HTTPStatus

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tao_lab.chain.errors import BadValue
from tao_lab.node.rpc import Node, Session

LOOPBACK = "127.0.0.1"
MOST_CLIENTS = 200
MOST_BYTES = 16 * 2**20  # of one message: the longest extrinsic, in hex
MOST_WAITING = 2_000  # notifications for a client that does not read; then it is cut off


class Server:
    """A running server; close it, or use it in a `with` block."""

    def __init__(self, node: Node, *, port: int = 0, host: str = LOOPBACK) -> None:
        """Open a port and serve in a thread of its own.

        Args:
            node: The node.
            port: TCP port; 0 takes a free one.
            host: Address of this machine to listen on.

        Raises:
            BadValue: The port is none, or taken.
        """
        self._node = node
        self._places = threading.Semaphore(MOST_CLIENTS)
        try:
            self._server = serve(
                self._client, host, port, origins=[None], max_size=MOST_BYTES, process_request=self._admit
            )
        except (OSError, OverflowError) as error:
            raise BadValue("port", port, f"a free port from 0 to 65535 on {host} ({error})") from None
        self.port = int(self._server.socket.getsockname()[1])
        self.url = f"ws://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="tao-lab-node", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the port and cut off the clients."""
        self._server.shutdown()
        self._thread.join()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Server({self.url})"

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if self._places.acquire(blocking=False):
            self._places.release()
            return None
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_CLIENTS} clients are connected already\n")

    def _client(self, connection: ServerConnection) -> None:
        """Serve one client until it leaves. What it is told goes through a queue, so that it holds nobody up."""
        waiting: queue.Queue[str | None] = queue.Queue(MOST_WAITING)

        def notify(text: str) -> None:
            try:
                waiting.put_nowait(text)
            except queue.Full:
                threading.Thread(target=connection.close, daemon=True).start()

        session = Session(self._node, notify)
        teller = threading.Thread(target=_tell, args=(connection, waiting), daemon=True)
        teller.start()
        with self._places:
            try:
                for message in connection:
                    text = message if isinstance(message, str) else message.decode(errors="replace")
                    answer = session.handle(text)
                    if answer is not None:
                        connection.send(answer)
            except ConnectionClosed:
                pass  # it left in the middle of an answer
            finally:
                session.close()
                connection.close()
                _put_last(waiting)


def _tell(connection: ServerConnection, waiting: queue.Queue[str | None]) -> None:
    while (text := waiting.get()) is not None:
        try:
            connection.send(text)
        except ConnectionClosed:
            return


def _put_last(waiting: queue.Queue[str | None]) -> None:
    """End the thread that tells: make room for the last word if need be."""
    while True:
        try:
            waiting.put_nowait(None)
            return
        except queue.Full:
            with suppress(queue.Empty):  # the thread itself may make the room
                waiting.get_nowait()
