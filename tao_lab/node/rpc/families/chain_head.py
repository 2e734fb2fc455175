"""`chainHead_v1_*`: follow the newest blocks, and read the blocks that were reported.

A reported block is *pinned* until the client unpins it. Every request is an operation, and its result comes as an
event. Blocks are final at once here, so each is reported as new, best and finalized.

Source: `paritytech/json-rpc-interface-spec`, `src/api/chainHead_v1_*.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from tao_lab.chain.block import Block
from tao_lab.chain.errors import ChainError
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.errors import RpcError
from tao_lab.node.rpc.families.queries import NoMerkleValue, StorageQuery, queries_of
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import bytes_of, hex_of, invalid, list_of, text_of
from tao_lab.node.rpc.registry import Subscription, method, subscription

if TYPE_CHECKING:
    from tao_lab.node.rpc.session import Session

Json = Any
TOO_MANY_FOLLOWS, INVALID_BLOCK, NO_RUNTIME, DUPLICATE_HASHES = -32800, -32801, -32802, -32804
LIMIT_REACHED = {"result": "limitReached"}
PAGE = 250  # items of one event
RECENT_BLOCKS = 5  # final blocks at the start of a subscription: one minute


def runtime_of(node: Node) -> Json:
    """The runtime's version as this family writes it."""
    version = node.runtime_version
    names = ("specName", "implName", "specVersion", "implVersion", "transactionVersion")
    apis = dict(version["apis"])
    return {"type": "valid", "spec": {**{name: version[name] for name in names}, "apis": apis}}


@subscription(
    "chainHead_v1_follow",
    ends=("chainHead_v1_unfollow",),
    params="with_runtime",
    end_param="follow_subscription",
    says=False,
)
class Follow(Subscription):
    """A client that follows the head."""

    notification = "chainHead_v1_followEvent"

    def __init__(self, session: Session, with_runtime: Json) -> None:
        if not isinstance(with_runtime, bool):
            raise invalid("withRuntime", with_runtime, "true or false")
        if sum(isinstance(one, Follow) for one in session.subscriptions.values()) >= limits.MOST_FOLLOWS:
            raise RpcError(TOO_MANY_FOLLOWS, "Maximum number of chainHead_follow has been reached")
        super().__init__(session)
        self.with_runtime = with_runtime
        self._pinned: dict[str, int] = {}  # hash to height
        self._waiting: dict[str, Iterator[dict[str, Json]]] = {}  # storage operations that a client may continue

    def begin(self) -> None:
        """Report the blocks of the last minute."""
        node = self.session.node
        newest = node.chain.head.number
        heights = range(max(0, newest - RECENT_BLOCKS + 1), newest + 1)
        self._pinned = {str(node.hash_at(height)): height for height in heights}
        event: dict[str, Json] = {"event": "initialized", "finalizedBlockHashes": list(self._pinned)}
        if self.with_runtime:
            event["finalizedBlockRuntime"] = runtime_of(node)
        self.tell(event)
        self.tell({"event": "bestBlockChanged", "bestBlockHash": node.head()})

    def on_block(self, block: Block) -> None:
        """Report a new block; stop a client that never unpins blocks."""
        if len(self._pinned) >= limits.MOST_PINNED:
            self.tell({"event": "stop"})
            self.end()
            return
        name = hex_of(block.hash)
        self._pinned[name] = block.number
        event = {"event": "newBlock", "blockHash": name, "parentBlockHash": hex_of(block.header.parent_hash)}
        self.tell({**event, "newRuntime": None} if self.with_runtime else event)
        self.tell({"event": "bestBlockChanged", "bestBlockHash": name})
        self.tell({"event": "finalized", "finalizedBlockHashes": [name], "prunedBlockHashes": []})

    def height(self, block_hash: Json) -> int:
        """Height of a pinned block.

        Raises:
            RpcError: It isn't pinned.
        """
        height = self._pinned.get(hex_of(bytes_of(block_hash, "hash")))
        if height is None:
            raise RpcError(INVALID_BLOCK, "Invalid block hash", "it was not reported, or is unpinned")
        return height

    def unpin(self, hashes: list[Json]) -> None:
        """Unpin blocks, all or none."""
        names = [hex_of(bytes_of(one, "hash")) for one in hashes]
        if len(set(names)) != len(names):
            raise RpcError(DUPLICATE_HASHES, "Received duplicate hashes for the `chainHead_unpin` method")
        for name in names:
            self.height(name)
        for name in names:
            del self._pinned[name]

    def operate(self, work: Callable[[str], dict[str, Json]]) -> Json:
        """Start an operation and send its result at once."""
        name = self.session.new_name()
        try:
            event = work(name)
        except (ChainError, NoMerkleValue) as error:
            event = {"event": "operationError", "error": str(error)}
        self.tell({**event, "operationId": name})
        return {"result": "started", "operationId": name}

    def start_reading(self, height: int, queries: list[StorageQuery]) -> Json:
        """Start to send values; if there are many, the operation waits until the client continues it."""
        if len(self._waiting) >= limits.MOST_OPERATIONS:
            return LIMIT_REACHED
        name, state = self.session.new_name(), self.session.node.chain.at(height)
        self._waiting[name] = (item for query in queries for item in query.results(state))
        self.read_on(name)
        return {"result": "started", "operationId": name, "discardedItems": 0}

    def read_on(self, name: str) -> None:
        """Send the next page of an operation."""
        items = self._waiting[name]
        try:
            page = list(islice(items, PAGE))
        except (ChainError, NoMerkleValue) as error:
            self.stop(name)
            self.tell({"event": "operationError", "operationId": name, "error": str(error)})
            return
        if page:
            self.tell({"event": "operationStorageItems", "operationId": name, "items": page})
        if len(page) == PAGE:
            self.tell({"event": "operationWaitingForContinue", "operationId": name})
        else:
            self.stop(name)
            self.tell({"event": "operationStorageDone", "operationId": name})

    def stop(self, name: str) -> None:
        """Forget an operation."""
        self._waiting.pop(name, None)

    def waits(self, name: str) -> bool:
        """Whether an operation waits for the client."""
        return name in self._waiting


def _follow(session: Session, name: Json) -> Follow | None:
    found = session.subscriptions.get(text_of(name, "followSubscription"))
    return found if isinstance(found, Follow) else None


@method("chainHead_v1_header", params="follow_subscription hash", of_session=True)
def header(session: Session, follow: Json, block_hash: Json) -> str | None:
    """Header of a pinned block in SCALE; null if the client follows nothing."""
    found = _follow(session, follow)
    if found is None:
        return None
    chain = session.node.chain
    return hex_of(chain.block(found.height(block_hash)).header.encode(chain.runtime))


@method("chainHead_v1_body", params="follow_subscription hash", of_session=True)
def body(session: Session, follow: Json, block_hash: Json) -> Json:
    """Start to send a pinned block's extrinsics."""
    found = _follow(session, follow)
    if found is None:
        return LIMIT_REACHED
    extrinsics = [hex_of(data) for data in session.node.chain.block(found.height(block_hash)).extrinsics]
    return found.operate(lambda _: {"event": "operationBodyDone", "value": extrinsics})


@method("chainHead_v1_call", params="follow_subscription hash function call_parameters", of_session=True)
def call(session: Session, follow: Json, block_hash: Json, function: Json, parameters: Json) -> Json:
    """Start a runtime API after a pinned block."""
    found = _follow(session, follow)
    if found is None:
        return LIMIT_REACHED
    height, data = found.height(block_hash), bytes_of(parameters, "callParameters")
    api, _, name = text_of(function, "function").partition("_")
    if not found.with_runtime:
        raise RpcError(NO_RUNTIME, "Invalid parameter", "the subscription was made without the runtime")

    def work(_: str) -> dict[str, Json]:
        output = session.node.chain.runtime_call(api, name, data, height)
        return {"event": "operationCallDone", "output": hex_of(output)}

    return found.operate(work)


@method("chainHead_v1_storage", params="follow_subscription hash items child_trie", of_session=True)
def storage(session: Session, follow: Json, block_hash: Json, items: Json, child_trie: Json = None) -> Json:
    """Start to send values after a pinned block."""
    found = _follow(session, follow)
    if found is None:
        return LIMIT_REACHED
    return found.start_reading(found.height(block_hash), queries_of(items, child_trie))


@method("chainHead_v1_continue", params="follow_subscription operation_id", of_session=True)
def go_on(session: Session, follow: Json, operation: Json) -> None:
    """Send the next page of an operation."""
    found, name = _follow(session, follow), text_of(operation, "operationId")
    if found is not None and found.waits(name):
        found.read_on(name)


@method("chainHead_v1_stopOperation", params="follow_subscription operation_id", of_session=True)
def stop_operation(session: Session, follow: Json, operation: Json) -> None:
    """Forget an operation."""
    found, name = _follow(session, follow), text_of(operation, "operationId")
    if found is not None:
        found.stop(name)


@method("chainHead_v1_unpin", params="follow_subscription hash_or_hashes", of_session=True)
def unpin(session: Session, follow: Json, hashes: Json) -> None:
    """Unpin one or several blocks."""
    found = _follow(session, follow)
    wanted = list_of(hashes, "hashes", limits.MOST_PINNED) if isinstance(hashes, list) else [hashes]
    for one in wanted:
        bytes_of(one, "hash")
    if found is not None:
        found.unpin(wanted)
