"""JSON-RPC 2.0 on a chain, without sockets: text in, text out, and notifications on the side.

`Node` has the methods that the SDK and `btcli` call; `Session` is one client's connection to it: it knows the
client's subscriptions. A WebSocket server and the in-process connection of `node/substrate.py` are both a few lines
around a `Session`. Every frame gets an answer, whatever is in it, and every answer has a limit. Sources:
`substrate/client/rpc-api` of the Polkadot SDK; the transport of `bittensor` 11.3.0.
"""

from __future__ import annotations

import inspect
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex
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
from tao_lab.foreign import NotPlainJson, escaped, read_json

Json = Any
Notify = Callable[[str], None]

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
BAD_FORMAT, VERIFICATION_ERROR, INVALID_TRANSACTION, ALREADY_IMPORTED, UNKNOWN_BLOCK = 1001, 1002, 1010, 1013, 4003
TOO_MANY_SUBSCRIPTIONS, TOO_LARGE, TOO_LARGE_A_BATCH = -32006, -32008, -32010  # as `jsonrpsee` numbers them
MOST_KEYS = 1_000  # of one page, and of one query: as a node's default limits
MOST_HEIGHTS = 1_000  # of one question
MOST_REQUESTS = 1_000  # of one batch
MOST_VALUES = 2**17  # in one frame
MOST_NESTING = 64  # lists and objects inside each other
SUBSCRIPTION_BYTES = 8  # of a subscription's random name
MOST_SUBSCRIPTIONS = 128  # of one client
MOST_ANSWER = 16 * 2**20  # characters of the answer to one frame
LONGEST_ID = 1_000  # characters of a request's id, which the answer repeats
LONGEST_DATA = 1_000  # characters of what an error says in addition
HEX_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,64}")
log = logging.getLogger(__name__)

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
        self.code, self.message = code, message
        self.data = data[:LONGEST_DATA] if isinstance(data, str) else data

    def encodable(self) -> dict[str, Json]:
        """As the `error` of a response."""
        error = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


def too_large() -> RpcError:
    """An answer that is longer than one may be."""
    return RpcError(TOO_LARGE, "Response is too big", f"an answer has at most {MOST_ANSWER:,} characters; ask for less")


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


def invalid(name: str, value: Json, allowed: str) -> RpcError:
    """A parameter that isn't what the method takes."""
    return RpcError(INVALID_PARAMS, "Invalid params", f"{name} is {escaped(repr(value), 80)}, allowed: {allowed}")


def text_of(value: Json, name: str) -> str:
    """A client's string.

    Raises:
        RpcError: Invalid params.
    """
    if not isinstance(value, str):
        raise invalid(name, value, "a string")
    return value


def bytes_of(value: Json, name: str) -> bytes:
    """Bytes from a client's hex.

    Raises:
        RpcError: Invalid params.
    """
    digits = value.removeprefix("0x") if isinstance(value, str) else ""
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        found = b""
    if not isinstance(value, str) or len(digits) != 2 * len(found):  # `fromhex` skips spaces
        raise invalid(name, value, "hex bytes")
    return found


def number_of(value: Json, name: str, most: int | None = None) -> int:
    """A client's whole number, 0 or more: digits, or hex with 0x.

    Raises:
        RpcError: Invalid params.
    """
    if isinstance(value, str) and HEX_NUMBER.fullmatch(value):
        value = int(value, 16)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0 or (most is not None and value > most):
        raise invalid(name, value, "a whole number from 0" + ("" if most is None else f" to {most}"))
    return value


def keys_of(value: Json) -> list[str]:
    """A client's list of storage keys, in hex.

    Raises:
        RpcError: Invalid params.
    """
    if not isinstance(value, list):
        raise invalid("keys", value, f"a list of at most {MOST_KEYS}")
    if len(value) > MOST_KEYS:
        raise invalid("the number of keys", len(value), f"a list of at most {MOST_KEYS}")
    for key in value:
        bytes_of(key, "key")
    return value


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
            "lab_refusals": self.refusals,
            "author_pendingExtrinsics": lambda: [hex_of(x.data) for x in self.chain.pool],
        }

    # --- system and chain --------------------------------------------------------------------------------------

    def account_next_index(self, account: str) -> int:
        """Nonce of the account's next extrinsic, behind those that wait."""
        return self.chain.next_nonce(text_of(account, "account"))

    def head(self) -> str:
        """Hash of the newest block; it is final."""
        return hex_of(self.chain.head.hash)

    def block_hash(self, number: Json = None) -> Json:
        """Hash at a height (a number, hex, or a list of them), or null."""
        if isinstance(number, list):
            if len(number) > MOST_HEIGHTS:
                raise invalid("the number of heights", len(number), f"a list of at most {MOST_HEIGHTS}")
            return [self._hash_at(number_of(one, "height")) for one in number]
        return self.head() if number is None else self._hash_at(number_of(number, "height"))

    def _hash_at(self, height: int) -> str | None:
        found = self.chain.block_hash(height) if height <= self.chain.head.number else None
        return None if found is None else hex_of(found)

    def _find(self, at: Json) -> int | None:
        """Height of a block hash; the head's for null; None where there is no such block."""
        return self.chain.head.number if at is None else self.chain.number_of(bytes_of(at, "block hash"))

    def _height(self, at: Json) -> int:
        height = self._find(at)
        if height is None:
            raise RpcError(UNKNOWN_BLOCK, "Client error", f"UnknownBlock: no block {at:.80}")
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
        height = self._height(at)
        changes = [list(pair) for pair in self.values(keys_of(keys), self.chain.at(height))]
        return [{"block": self.block_hash(height), "changes": changes}]

    def values(self, keys: Sequence[str], state: StorageReader | None = None) -> list[tuple[str, str | None]]:
        """Values of checked keys, in hex; at the head where no state is given.

        Raises:
            RpcError: They are more than an answer may have.
        """
        state, size, found = state or self._state(None), 0, []
        for key in keys:
            value = state.raw_get(bytes_of(key, "key"))
            size += len(key) + (0 if value is None else 2 * len(value))
            if size > MOST_ANSWER:
                raise too_large()
            found.append((key, None if value is None else hex_of(value)))
        return found

    def keys_paged(self, prefix: Json, most: int, after: Json = None, at: Json = None) -> list[str]:
        """Keys that begin with `prefix`, behind `after`, in order, at most `most`."""
        most = number_of(most, "count", MOST_KEYS)
        start = None if after is None else bytes_of(after, "start key")
        return [hex_of(key) for key in self._state(at).raw_keys(bytes_of(prefix, "prefix"), start, most)]

    def call(self, name: str, data: str, at: Json = None) -> str:
        """A runtime API: `Api_method` and the SCALE bytes of its arguments."""
        api, _, method = text_of(name, "method").partition("_")
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

    def refusals(self, height: Json) -> Json:
        """What failed in one of the newest blocks: place of the event, pallet, error, and the chain's sentence.

        No method of a Substrate node: a block's events hold only names of errors.
        """
        told = self.chain.refusals(number_of(height, "height"))
        return [[place, error.pallet, error.name, error.sentence] for place, error in told.items()]

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
    known: dict[str, bytes] = field(default_factory=dict)  # hash of each value that was told


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
        self._subscriptions: dict[str, _Subscription] = {}
        self._ends = set(SUBSCRIPTIONS.values())
        self._is_open = True
        node.chain.listeners.append(self._on_block)

    def close(self) -> None:
        """Forget the client."""
        self._is_open = False
        if self._on_block in self._node.chain.listeners:
            self._node.chain.listeners.remove(self._on_block)
        self._subscriptions.clear()

    @property
    def listens(self) -> bool:
        """Whether the client has a subscription."""
        return bool(self._subscriptions)

    def handle(self, frame: str | bytes) -> str | None:
        """Answer a request or a batch of them; None where nothing is to be answered.

        Never raises: whatever is in the frame, its sender gets the JSON-RPC error for it.
        """
        try:
            request = read_json(frame, most_nodes=MOST_VALUES, most_nesting=MOST_NESTING)
        except NotPlainJson as error:
            return json.dumps(_failure(None, RpcError(PARSE_ERROR, "Parse error", str(error))))
        if not isinstance(request, list):
            return self._answer(request, MOST_ANSWER)[0]
        if not request:
            return json.dumps(_failure(None, RpcError(INVALID_REQUEST, "Invalid request", "an empty batch")))
        if len(request) > MOST_REQUESTS:
            allowed = f"at most {MOST_REQUESTS} requests"
            return json.dumps(_failure(None, RpcError(TOO_LARGE_A_BATCH, "The batch request was too large", allowed)))
        return self._batch(request)

    def _batch(self, requests: list[Json]) -> str | None:
        """The answers to a batch; those that no longer fit become errors."""
        answers, room = [], MOST_ANSWER
        for one in requests:
            answer, room = self._answer(one, room)
            if answer is not None:
                answers.append(answer)
        return f"[{', '.join(answers)}]" if answers else None

    def _answer(self, request: Json, room: int) -> tuple[str | None, int]:
        """The answer to one request, at most `room` long unless it is an error, and the room that is left after it."""
        name = request.get("id") if isinstance(request, dict) else None
        if not _is_id(name):
            allowed = f"an id is a number or a string up to {LONGEST_ID} long"
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
        if params is not None and not isinstance(params, list):
            raise RpcError(INVALID_PARAMS, "Invalid params", "params are a list")
        with self._node.chain.lock:
            return self._call(request["method"], params or [])

    def _call(self, method: str, params: list[Json]) -> Json:
        if method in SUBSCRIPTIONS:
            return self._subscribe(method, params)
        if method in self._ends:
            return self._subscriptions.pop(text_of(params[0] if params else "", "subscription"), None) is not None
        function = self._node.methods.get(method)
        if function is None:
            raise RpcError(METHOD_NOT_FOUND, "Method not found", escaped(method))
        most, least = _parameter_range(function)
        while len(params) > least and params[-1] is None:
            params = params[:-1]
        if not least <= len(params) <= most:
            raise RpcError(INVALID_PARAMS, "Invalid params", f"{method} takes {least} to {most}, not {len(params)}")
        return function(*params)

    # --- subscriptions -----------------------------------------------------------------------------------------

    def _subscribe(self, method: str, params: list[Json]) -> str:
        if len(self._subscriptions) >= MOST_SUBSCRIPTIONS or not self._is_open:
            allowed = f"at most {MOST_SUBSCRIPTIONS} of one client"
            raise RpcError(TOO_MANY_SUBSCRIPTIONS, "Too many subscriptions on the connection", allowed)
        # never the same twice, also after a restart: clients drop what comes under a name that they have ended
        subscription = _Subscription(token_hex(SUBSCRIPTION_BYTES), method)
        chain = self._node.chain
        if method == "author_submitAndWatchExtrinsic":
            if len(params) != 1:
                raise RpcError(INVALID_PARAMS, "Invalid params", "one extrinsic")
            subscription.extrinsic = chain.submit(bytes_of(params[0], "extrinsic"))
            self._subscriptions[subscription.name] = subscription
            self._send(subscription, "ready")
            self._node.seal(subscription.extrinsic)
            return subscription.name
        if method == "state_subscribeStorage":
            subscription.keys = tuple(keys_of(params[0] if params else []))
            self._send_storage(subscription)
        elif method == "state_subscribeRuntimeVersion":
            self._send(subscription, self._node.runtime_version())
        else:
            self._send(subscription, header_json(chain, chain.head.header))
        self._subscriptions[subscription.name] = subscription
        return subscription.name

    def _on_block(self, block: Block) -> None:
        """Tell the client of a block. Whatever fails here is this client's: blocks go on for the others."""
        for subscription in list(self._subscriptions.values()):
            try:
                self._tell(subscription, block)
            except Exception:
                log.exception("a subscription to %s ends: it could not be served", subscription.method)
                self._subscriptions.pop(subscription.name, None)

    def _tell(self, subscription: _Subscription, block: Block) -> None:
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
        self._subscriptions.pop(subscription.name, None)

    def _send_storage(self, subscription: _Subscription) -> None:
        """Send the values that changed since the last time; all of them at first."""
        values = dict(self._node.values(subscription.keys))
        known = {key: sha256(repr(value).encode()).digest() for key, value in values.items()}
        changes = [[key, value] for key, value in values.items() if subscription.known.get(key) != known[key]]
        subscription.known = known
        if changes:
            self._send(subscription, {"block": self._node.head(), "changes": changes})

    def _send(self, subscription: _Subscription, result: Json) -> None:
        params = {"subscription": subscription.name, "result": result}
        message = {"jsonrpc": "2.0", "method": NOTIFICATIONS[subscription.method], "params": params}
        self._notify(json.dumps(message))


def _is_id(name: Json) -> bool:
    """Whether a client may call its request this: null, a number, or a string that isn't too long to repeat."""
    if isinstance(name, str):
        return len(name) <= LONGEST_ID
    return name is None or (isinstance(name, int | float) and not isinstance(name, bool))


def _failure(name: Json, error: RpcError) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": name, "error": error.encodable()}


def _parameter_range(function: Callable[..., Json]) -> tuple[int, int]:
    """How many arguments a method takes at most and at least."""
    parameters = inspect.signature(function).parameters.values()
    required = sum(parameter.default is inspect.Parameter.empty for parameter in parameters)
    return len(parameters), required
