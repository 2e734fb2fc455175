"""JSON-RPC 2.0 on a chain, without sockets: text in, text out, and notifications on the side.

`Node` has the methods that the SDK and `btcli` call; `Session` is one client's connection to it: it knows the
client's subscriptions. A WebSocket server and the in-process connection of `node/substrate.py` are both a few lines
around a `Session`. Sources: `substrate/client/rpc-api` of the Polkadot SDK; the transport of `bittensor` 11.3.0.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tao_lab import __version__
from tao_lab.chain.block import Block, Header
from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import (
    BadValue,
    ChainError,
    InvalidTransaction,
    MalformedExtrinsic,
    NotInLab,
)
from tao_lab.chain.runtime import SPEC_NAME, SPEC_VERSION, TRANSACTION_VERSION
from tao_lab.chain.state import StorageReader

Json = Any
Notify = Callable[[str], None]

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
BAD_FORMAT, VERIFICATION_ERROR, INVALID_TRANSACTION, ALREADY_IMPORTED, UNKNOWN_BLOCK = 1001, 1002, 1010, 1013, 4003
MOST_KEYS = 1_000  # of one page, and of one query: as a node's default limits
MOST_REQUESTS = 1_000  # of one batch

# What a node says about each case; clients recognize the words.
TRANSACTION_TEXTS = {
    "Payment": "Inability to pay some fees (e.g. account balance too low)",
    "Future": "Transaction will be valid in the future",
    "Stale": "Transaction is outdated",
    "BadProof": "Transaction has a bad signature",
    "Call": "Transaction call is not expected",
    "AncientBirthBlock": "Transaction has an ancient birth block",
    "ExhaustsResources": "Transaction would exhaust the block limits",
    "MandatoryValidation": "Transaction dispatch is mandatory; transactions must not be validated",
    "BadSigner": "Invalid signing address",
    "AlreadyImported": "Transaction Already Imported",
    "ImmediatelyDropped": "Transaction was immediately dropped: the pool is full",
}


class RpcError(Exception):
    """An answer that is an error, with its JSON-RPC code."""

    def __init__(self, code: int, message: str, data: Json = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data

    def encodable(self) -> dict[str, Json]:
        """As the `error` of a response."""
        error = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


def rpc_error(error: ChainError) -> RpcError:
    """What a node answers where the chain refuses."""
    if isinstance(error, InvalidTransaction):
        if error.name == "AlreadyImported":
            return RpcError(ALREADY_IMPORTED, TRANSACTION_TEXTS[error.name], error.sentence)
        text = TRANSACTION_TEXTS.get(error.name, f"Custom error: {error.custom}")
        return RpcError(INVALID_TRANSACTION, "Invalid Transaction", f"{text}: {error.sentence}")
    if isinstance(error, NotInLab):
        return RpcError(INVALID_TRANSACTION, "Invalid Transaction", str(error))
    if isinstance(error, MalformedExtrinsic):
        return RpcError(BAD_FORMAT, "Extrinsic has invalid format", str(error))
    if isinstance(error, BadValue):
        return RpcError(INVALID_PARAMS, "Invalid params", str(error))
    return RpcError(INTERNAL_ERROR, "Internal error", f"{type(error).__name__}: {error}")


def hex_of(data: bytes) -> str:
    """Bytes as a client reads them."""
    return "0x" + data.hex()


def bytes_of(value: Json, name: str) -> bytes:
    """Bytes from a client's hex.

    Raises:
        RpcError: Invalid params.
    """
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except (AttributeError, ValueError):
        raise RpcError(INVALID_PARAMS, "Invalid params", f"{name} is {value!r:.80}, allowed: hex bytes") from None


class Node:
    """A chain with the methods that clients call.

    Attributes:
        instant: Whether an extrinsic that can run makes a block at once; otherwise blocks come from elsewhere
            (`Network.run`, a timer).
    """

    def __init__(self, chain: Chain, *, instant: bool = True) -> None:
        self.chain = chain
        self.instant = instant
        self._runtime_version = self._version()
        self.methods: dict[str, Callable[..., Json]] = {
            "system_name": lambda: "tao-lab",
            "system_version": lambda: __version__,
            "system_chain": lambda: "TAO Lab",
            "system_health": lambda: {"peers": 0, "isSyncing": False, "shouldHavePeers": False},
            "system_properties": lambda: {"ss58Format": 42, "tokenDecimals": 9, "tokenSymbol": "TAO"},
            "system_accountNextIndex": self.account_next_index,
            "account_nextIndex": self.account_next_index,
            "rpc_methods": lambda: {"methods": sorted({*self.methods, *SUBSCRIPTIONS, *SUBSCRIPTIONS.values()})},
            "chain_getHead": self.head,
            "chain_getFinalizedHead": self.head,
            "chain_getFinalisedHead": self.head,
            "chain_getBlockHash": self.block_hash,
            "chain_getHeader": self.header,
            "chain_getBlock": self.block,
            "state_getRuntimeVersion": self.runtime_version,
            "state_getMetadata": self.metadata,
            "state_getStorage": self.storage,
            "state_getStorageAt": self.storage,
            "state_queryStorageAt": self.query_storage,
            "state_getKeysPaged": self.keys_paged,
            "state_getKeysPagedAt": self.keys_paged,
            "state_call": self.call,
            "payment_queryInfo": self.payment_info,
            "author_submitExtrinsic": self.submit,
            "author_pendingExtrinsics": lambda: [hex_of(x.data) for x in self.chain.pool],
        }

    # --- system and chain --------------------------------------------------------------------------------------

    def account_next_index(self, account: str) -> int:
        """Nonce of the account's next extrinsic, behind those that wait."""
        return self.chain.next_nonce(account)

    def head(self) -> str:
        """Hash of the newest block; it is final."""
        return hex_of(self.chain.head.hash)

    def block_hash(self, number: Json = None) -> Json:
        """Hash at a height (a number, hex, or a list of them), or null."""
        if isinstance(number, list):
            return [self.block_hash(one) for one in number]
        if number is None:
            return self.head()
        try:
            height = int(number, 16) if isinstance(number, str) else int(number)
        except (TypeError, ValueError):
            raise RpcError(INVALID_PARAMS, "Invalid params", f"height is {number!r:.80}") from None
        found = self.chain.block_hash(height) if 0 <= height <= self.chain.head.number else None
        return None if found is None else hex_of(found)

    def _find(self, at: Json) -> int | None:
        """Height of a block hash; the head's for null; None where there is no such block."""
        return self.chain.head.number if at is None else self.chain.number_of(bytes_of(at, "block hash"))

    def _height(self, at: Json) -> int:
        height = self._find(at)
        if height is None:
            raise RpcError(UNKNOWN_BLOCK, "Client error", f"UnknownBlock: no block {at}")
        return height

    def _state(self, at: Json) -> StorageReader:
        return self.chain.at(self._height(at))

    def header(self, at: Json = None) -> Json:
        """Header of a block, or null."""
        height = self._find(at)
        return None if height is None else header_json(self.chain, self.chain.block(height).header)

    def block(self, at: Json = None) -> Json:
        """Header and extrinsics of a block, or null."""
        height = self._find(at)
        if height is None:
            return None
        block = self.chain.block(height)
        extrinsics = [hex_of(data) for data in block.extrinsics]
        header = header_json(self.chain, block.header)
        return {"block": {"header": header, "extrinsics": extrinsics}, "justifications": None}

    # --- state -------------------------------------------------------------------------------------------------

    def _version(self) -> dict[str, Json]:
        found = self.chain.runtime.constant("System", "Version")
        return {
            "specName": SPEC_NAME,
            "implName": found["impl_name"],
            "authoringVersion": found["authoring_version"],
            "specVersion": SPEC_VERSION,
            "implVersion": found["impl_version"],
            "apis": [list(api) for api in found["apis"]],
            "transactionVersion": TRANSACTION_VERSION,
            "stateVersion": 1,
        }

    def runtime_version(self, at: Json = None) -> Json:
        """The runtime's version: the same at every block."""
        self._height(at)
        return self._runtime_version

    def metadata(self, at: Json = None) -> str:
        """The metadata of the runtime (V15: this runtime has no other)."""
        self._height(at)
        return hex_of(self.chain.runtime.metadata)

    def storage(self, key: Json, at: Json = None) -> Json:
        """Value of a storage key, or null."""
        value = self._state(at).raw_get(bytes_of(key, "key"))
        return None if value is None else hex_of(value)

    def query_storage(self, keys: Json, at: Json = None) -> Json:
        """Values of several keys at one block."""
        if not isinstance(keys, list) or len(keys) > MOST_KEYS:
            raise RpcError(INVALID_PARAMS, "Invalid params", f"keys: a list of at most {MOST_KEYS}")
        height = self._height(at)
        state = self.chain.at(height)
        values = ((key, state.raw_get(bytes_of(key, "key"))) for key in keys)
        changes = [[key, None if value is None else hex_of(value)] for key, value in values]
        return [{"block": self.block_hash(height), "changes": changes}]

    def keys_paged(self, prefix: Json, most: int, after: Json = None, at: Json = None) -> list[str]:
        """Keys that begin with `prefix`, behind `after`, in order, at most `most`."""
        if not isinstance(most, int) or not 0 <= most <= MOST_KEYS:
            raise RpcError(INVALID_PARAMS, "Invalid params", f"count is {most!r:.80}, allowed: 0 to {MOST_KEYS}")
        start = None if after is None else bytes_of(after, "start key")
        return [hex_of(key) for key in self._state(at).raw_keys(bytes_of(prefix, "prefix"), start, most)]

    def call(self, name: str, data: str, at: Json = None) -> str:
        """A runtime API: `Api_method` and the SCALE bytes of its arguments."""
        api, _, method = name.partition("_")
        try:
            return hex_of(self.chain.runtime_call(api, method, bytes_of(data, "arguments"), self._height(at)))
        except NotInLab as error:
            raise RpcError(METHOD_NOT_FOUND, "Method not found", str(error)) from None

    def payment_info(self, extrinsic: str, at: Json = None) -> Json:
        """Weight, class and fee of an extrinsic."""
        data = bytes_of(extrinsic, "extrinsic")
        arguments = data + len(data).to_bytes(4, "little")
        raw = self.chain.runtime_call("TransactionPaymentApi", "query_info", arguments, self._height(at))
        output = self.chain.runtime.runtime_apis["TransactionPaymentApi"]["query_info"]["output"]
        info = self.chain.runtime.core.decode(output, raw, True)
        return {
            "weight": info["weight"],
            "class": info["class"].lower(),
            "partialFee": str(info["partial_fee"]),
        }

    # --- author ------------------------------------------------------------------------------------------------

    def submit(self, extrinsic: str) -> str:
        """Check an extrinsic and put it in the pool; with `instant`, also in a block. Gives back its hash."""
        name = self.chain.submit(bytes_of(extrinsic, "extrinsic"))
        self.seal(name)
        return hex_of(name)

    def seal(self, name: bytes) -> None:
        """Make a block for an extrinsic of the pool, if blocks are made at once and its turn has come."""
        if not self.instant:
            return
        extrinsic = next(x for x in self.chain.pool if x.hash == name)
        info = self.chain.state.get("System", "Account", extrinsic.signer)
        if extrinsic.nonce == info["nonce"]:
            self.chain.produce_block()


def header_json(chain: Chain, header: Header) -> dict[str, Json]:
    """A header as a node shows it."""
    logs = [hex_of(log) for log in header.encoded_logs(chain.runtime)]
    return {
        "parentHash": hex_of(header.parent_hash),
        "number": hex(header.number),
        "stateRoot": hex_of(header.state_root),
        "extrinsicsRoot": hex_of(header.extrinsics_root),
        "digest": {"logs": logs},
    }


# Method that opens a subscription: method that ends it.
SUBSCRIPTIONS = {
    "chain_subscribeNewHeads": "chain_unsubscribeNewHeads",
    "chain_subscribeNewHead": "chain_unsubscribeNewHead",
    "chain_subscribeFinalizedHeads": "chain_unsubscribeFinalizedHeads",
    "chain_subscribeAllHeads": "chain_unsubscribeAllHeads",
    "state_subscribeRuntimeVersion": "state_unsubscribeRuntimeVersion",
    "state_subscribeStorage": "state_unsubscribeStorage",
    "author_submitAndWatchExtrinsic": "author_unwatchExtrinsic",
}
NOTIFICATIONS = {
    "chain_subscribeNewHeads": "chain_newHead",
    "chain_subscribeNewHead": "chain_newHead",
    "chain_subscribeFinalizedHeads": "chain_finalizedHead",
    "chain_subscribeAllHeads": "chain_allHead",
    "state_subscribeRuntimeVersion": "state_runtimeVersion",
    "state_subscribeStorage": "state_storage",
    "author_submitAndWatchExtrinsic": "author_extrinsicUpdate",
}


@dataclass(slots=True)
class _Subscription:
    """What a client wants to hear of."""

    name: str
    method: str
    keys: tuple[str, ...] = ()
    extrinsic: bytes = b""
    known: dict[str, Json] = field(default_factory=dict)


class Session:
    """One client: its requests and its subscriptions. Close it when the client is gone."""

    def __init__(self, node: Node, notify: Notify) -> None:
        """Serve a client.

        Args:
            node: The node.
            notify: Takes the text of a notification; called from the thread that makes the block.
        """
        self._node = node
        self._notify = notify
        self._names = count(1)
        self._subscriptions: dict[str, _Subscription] = {}
        self._ends = set(SUBSCRIPTIONS.values())
        node.chain.listeners.append(self._on_block)

    def close(self) -> None:
        """Forget the client."""
        if self._on_block in self._node.chain.listeners:
            self._node.chain.listeners.remove(self._on_block)
        self._subscriptions.clear()

    def handle(self, text: str) -> str | None:
        """Answer a request or a batch of them; None where nothing is to be answered."""
        try:
            request = json.loads(text)
        except ValueError as error:
            return json.dumps(_failure(None, RpcError(PARSE_ERROR, "Parse error", str(error))))
        if not isinstance(request, list):
            answer = self._answer(request)
            return None if answer is None else json.dumps(answer)
        if not request or len(request) > MOST_REQUESTS:
            wrong_size = RpcError(INVALID_REQUEST, "Invalid request", f"a batch has 1 to {MOST_REQUESTS} requests")
            return json.dumps(_failure(None, wrong_size))
        answers = [answer for one in request if (answer := self._answer(one)) is not None]
        return json.dumps(answers) if answers else None

    def _answer(self, request: Json) -> Json:
        name = request.get("id") if isinstance(request, dict) else None
        try:
            if not isinstance(request, dict) or not isinstance(request.get("method"), str):
                raise RpcError(INVALID_REQUEST, "Invalid request", "a request is an object with a method")
            params = request.get("params") or []
            if not isinstance(params, list):
                raise RpcError(INVALID_PARAMS, "Invalid params", "params are a list")
            with self._node.chain.lock:
                result = self._call(request["method"], params)
        except RpcError as error:
            return _failure(name, error)
        except ChainError as error:
            return _failure(name, rpc_error(error))
        return {"jsonrpc": "2.0", "id": name, "result": result} if "id" in request else None

    def _call(self, method: str, params: list[Json]) -> Json:
        if method in SUBSCRIPTIONS:
            return self._subscribe(method, params)
        if method in self._ends:
            return self._subscriptions.pop(str(params[0]) if params else "", None) is not None
        function = self._node.methods.get(method)
        if function is None:
            raise RpcError(METHOD_NOT_FOUND, "Method not found", method)
        most, least = _parameter_range(function)
        while len(params) > least and params[-1] is None:
            params = params[:-1]
        if not least <= len(params) <= most:
            raise RpcError(INVALID_PARAMS, "Invalid params", f"{method} takes {least} to {most}, not {len(params)}")
        return function(*params)

    # --- subscriptions -----------------------------------------------------------------------------------------

    def _subscribe(self, method: str, params: list[Json]) -> str:
        subscription = _Subscription(f"tao-lab-{next(self._names)}", method)
        chain = self._node.chain
        if method == "author_submitAndWatchExtrinsic":
            if len(params) != 1:
                raise RpcError(INVALID_PARAMS, "Invalid params", "one extrinsic")
            subscription.extrinsic = chain.submit(bytes_of(params[0], "extrinsic"))
            self._subscriptions[subscription.name] = subscription
            self._send(subscription, "ready")
            self._node.seal(subscription.extrinsic)
            return subscription.name
        self._subscriptions[subscription.name] = subscription
        if method == "state_subscribeRuntimeVersion":
            self._send(subscription, self._node.runtime_version())
        elif method == "state_subscribeStorage":
            subscription.keys = tuple(params[0] if params and isinstance(params[0], list) else ())
            self._send_storage(subscription)
        else:
            self._send(subscription, header_json(chain, chain.head.header))
        return subscription.name

    def _on_block(self, block: Block) -> None:
        for subscription in list(self._subscriptions.values()):
            if subscription.method == "author_submitAndWatchExtrinsic":
                self._send_status(subscription, block)
            elif subscription.method == "state_subscribeStorage":
                self._send_storage(subscription)
            elif subscription.method.startswith("chain_"):
                self._send(subscription, header_json(self._node.chain, block.header))

    def _send_status(self, subscription: _Subscription, block: Block) -> None:
        """Tell whoever waits for an extrinsic that it is in a block, or will never be."""
        if subscription.extrinsic in block.extrinsic_hashes:
            self._send(subscription, {"inBlock": hex_of(block.hash)})
            self._send(subscription, {"finalized": hex_of(block.hash)})
        elif any(refusal.hash == subscription.extrinsic for refusal in self._node.chain.refused):
            self._send(subscription, "invalid")
        else:
            return
        del self._subscriptions[subscription.name]

    def _send_storage(self, subscription: _Subscription) -> None:
        """Send the values that changed since the last time; all of them at first."""
        values = {key: self._node.storage(key) for key in subscription.keys}
        changes = [[key, value] for key, value in values.items() if subscription.known.get(key, ...) != value]
        subscription.known = values
        if changes:
            self._send(subscription, {"block": self._node.head(), "changes": changes})

    def _send(self, subscription: _Subscription, result: Json) -> None:
        params = {"subscription": subscription.name, "result": result}
        message = {"jsonrpc": "2.0", "method": NOTIFICATIONS[subscription.method], "params": params}
        self._notify(json.dumps(message))


def _failure(name: Json, error: RpcError) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": name, "error": error.encodable()}


def _parameter_range(function: Callable[..., Json]) -> tuple[int, int]:
    """How many arguments a method takes at most and at least."""
    parameters = inspect.signature(function).parameters.values()
    required = sum(parameter.default is inspect.Parameter.empty for parameter in parameters)
    return len(parameters), required
