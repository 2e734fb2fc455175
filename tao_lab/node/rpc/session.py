"""`Session`: one client with its requests and subscriptions. It takes text, returns text, and sends notifications."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from secrets import token_hex
from typing import Any

from tao_lab.chain.block import Block
from tao_lab.chain.errors import ChainError
from tao_lab.foreign import NotPlainJson, escaped, read_json
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.errors import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    TOO_LARGE,
    TOO_LARGE_A_BATCH,
    TOO_MANY_SUBSCRIPTIONS,
    RpcError,
    invalid_params,
    rpc_error,
    too_large,
)
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import text_of
from tao_lab.node.rpc.registry import METHODS, Subscription

Json = Any
Notify = Callable[[str], None]
NAME_BYTES = 8  # of a subscription's random name
log = logging.getLogger(__name__)


class Session:
    """One client. Close it when the client is gone.

    Attributes:
        node: The node that answers.
        address: The client's IP address; empty in this process.
        subscriptions: Its subscriptions, by name.
        broadcasts: Names of the extrinsics that it has sent by `transaction_v1_broadcast`.
    """

    def __init__(self, node: Node, notify: Notify | None, address: str = "") -> None:
        """Serve a client.

        Args:
            node: The node.
            notify: Takes the text of a notification; called from the thread that makes the block. With None there are
                no notifications and no subscriptions, as over HTTP.
            address: The client's IP address.
        """
        self.node, self.address = node, address
        self.subscriptions: dict[str, Subscription] = {}
        self.broadcasts: set[str] = set()
        self._notify = notify
        self._is_open = True
        if notify is not None:
            node.chain.listeners.append(self._on_block)

    def close(self) -> None:
        """Forget the client."""
        self._is_open = False
        if self._on_block in self.node.chain.listeners:
            self.node.chain.listeners.remove(self._on_block)
        self.subscriptions.clear()

    @property
    def listens(self) -> bool:
        """Whether the client has a subscription."""
        return bool(self.subscriptions)

    # --- requests -----------------------------------------------------------------------------------------------

    def handle(self, frame: str | bytes) -> str | None:
        """Answer a request or a batch of requests; None if there is nothing to answer.

        It never raises an error: for an invalid frame the sender gets a JSON-RPC error.
        """
        try:
            request = read_json(frame, most_nodes=limits.MOST_VALUES, most_nesting=limits.MOST_NESTING)
        except NotPlainJson as error:
            return json.dumps(_failure(None, RpcError(PARSE_ERROR, "Parse error", str(error))))
        if not isinstance(request, list):
            return self._answer(request, limits.MOST_ANSWER)[0]
        if not request:
            return json.dumps(_failure(None, RpcError(INVALID_REQUEST, "Invalid request", "an empty batch")))
        if len(request) > limits.MOST_REQUESTS:
            allowed = f"at most {limits.MOST_REQUESTS} requests"
            return json.dumps(_failure(None, RpcError(TOO_LARGE_A_BATCH, "The batch request was too large", allowed)))
        return self._batch(request)

    def _batch(self, requests: list[Json]) -> str | None:
        """The answers to a batch; answers that no longer fit become errors."""
        answers, room = [], limits.MOST_ANSWER
        for one in requests:
            answer, room = self._answer(one, room)
            if answer is not None:
                answers.append(answer)
        return f"[{', '.join(answers)}]" if answers else None

    def _answer(self, request: Json, room: int) -> tuple[str | None, int]:
        """The answer to one request, at most `room` long unless it is an error, and the space that is left after it."""
        name = request.get("id") if isinstance(request, dict) else None
        if not _is_id(name):
            allowed = f"an id is a number or a string up to {limits.LONGEST_ID} long"
            return json.dumps(_failure(None, RpcError(INVALID_REQUEST, "Invalid request", allowed))), room
        try:
            if room <= 0:
                raise too_large()
            result = self._result(request)
            if "id" not in request:
                return None, room
            answer = json.dumps({"jsonrpc": "2.0", "id": name, "result": result}, allow_nan=False)
            if len(answer) > room:
                raise too_large()
            return answer, room - len(answer)
        except RpcError as error:
            failure, room = error, 0 if error.code == TOO_LARGE else room
        except ChainError as error:
            failure = rpc_error(error)
        except Exception as error:
            log.exception("the node failed on a client's request")
            failure = RpcError(INTERNAL_ERROR, "Internal error", f"{type(error).__name__}: the node's log says more")
        return json.dumps(_failure(name, failure)), room

    def _result(self, request: Json) -> Json:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            raise RpcError(INVALID_REQUEST, "Invalid request", "a request is an object with a method")
        params = request.get("params")
        if params is not None and not isinstance(params, list | dict):
            raise invalid_params("params are a list or an object")
        method = METHODS.get(request["method"])
        if method is None:
            raise RpcError(METHOD_NOT_FOUND, "Method not found", escaped(request["method"]))
        arguments = method.bind([] if params is None else params)
        with self.node.chain.lock:
            return method.function(self if method.of_session else self.node, *arguments)

    # --- subscriptions -----------------------------------------------------------------------------------------

    def new_name(self) -> str:
        """A name that no subscription or operation has had.

        Clients ignore notifications of subscriptions that they have ended, even after a new connection.
        """
        return token_hex(NAME_BYTES)

    def subscribe(self, make: Callable[[], Subscription]) -> str:
        """Open a subscription; returns its name.

        Raises:
            RpcError: The client has too many, or cannot get notifications.
        """
        if self._notify is None:
            raise RpcError(METHOD_NOT_FOUND, "Method not found", "subscriptions need a WebSocket; this is HTTP")
        if len(self.subscriptions) >= limits.MOST_SUBSCRIPTIONS or not self._is_open:
            allowed = f"at most {limits.MOST_SUBSCRIPTIONS} of one client"
            raise RpcError(TOO_MANY_SUBSCRIPTIONS, "Too many subscriptions on the connection", allowed)
        made = make()
        self.subscriptions[made.name] = made
        try:
            made.begin()
        except BaseException:
            self.forget(made.name)
            raise
        return made.name

    def end(self, kind: type[Subscription], name: Json) -> bool:
        """End a subscription of this kind; whether there was one."""
        found = self.subscriptions.get(text_of(name, "subscription"))
        if not isinstance(found, kind):
            return False
        found.end()
        return True

    def forget(self, name: str) -> None:
        """Send nothing more under this name."""
        self.subscriptions.pop(name, None)

    def notify(self, method: str, name: str, result: Json) -> None:
        """Send the client a notification."""
        if self._notify is not None:
            params = {"subscription": name, "result": result}
            self._notify(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}))

    def _on_block(self, block: Block) -> None:
        """Report a block to the client. An error here affects only this client, not the blocks."""
        for one in list(self.subscriptions.values()):
            try:
                one.on_block(block)
            except Exception:
                log.exception("a subscription to %s ends: it could not be served", one.notification)
                self.forget(one.name)


def _is_id(name: Json) -> bool:
    """Whether this is a valid request id: null, a number, or a string that isn't too long to repeat."""
    if isinstance(name, str):
        return len(name) <= limits.LONGEST_ID
    return name is None or (isinstance(name, int | float) and not isinstance(name, bool))


def _failure(name: Json, error: RpcError) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": name, "error": error.encodable()}
