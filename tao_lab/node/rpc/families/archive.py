"""`archive_v1_*`: content and state of any past block.

Source: `paritytech/json-rpc-interface-spec`, `src/api/archive_v1_*.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tao_lab.chain.errors import ChainError
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.state import StorageReader
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.errors import invalid_params, too_large
from tao_lab.node.rpc.families.queries import HASH, VALUE, NoMerkleValue, queries_of
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import bytes_of, hex_of, invalid, list_of, number_of, text_of
from tao_lab.node.rpc.registry import Subscription, method, subscription

if TYPE_CHECKING:
    from tao_lab.node.rpc.session import Session

Json = Any
ENVELOPE = 500  # characters that a message counts for, in addition to keys and values


def _height(node: Node, block_hash: Json) -> int | None:
    return node.chain.number_of(bytes_of(block_hash, "hash"))


@method("archive_v1_finalizedHeight")
def finalized_height(node: Node) -> int:
    """Height of the newest block."""
    return node.chain.head.number


@method("archive_v1_hashByHeight", params="height")
def hash_by_height(node: Node, height: Json) -> list[str]:
    """The hash at a height, if there is a block."""
    found = node.hash_at(number_of(height, "height"))
    return [] if found is None else [found]


@method("archive_v1_header", params="hash")
def header(node: Node, block_hash: Json) -> str | None:
    """A block's header in SCALE, or null."""
    height = _height(node, block_hash)
    return None if height is None else hex_of(node.chain.block(height).header.encode(node.chain.runtime))


@method("archive_v1_body", params="hash")
def body(node: Node, block_hash: Json) -> list[str] | None:
    """A block's extrinsics, or null."""
    height = _height(node, block_hash)
    return None if height is None else [hex_of(data) for data in node.chain.block(height).extrinsics]


@method("archive_v1_call", params="hash function call_parameters")
def call(node: Node, block_hash: Json, function: Json, parameters: Json) -> Json:
    """A runtime API after a block."""
    height = _height(node, block_hash)
    if height is None:
        return None
    api, _, name = text_of(function, "function").partition("_")
    data = bytes_of(parameters, "callParameters")
    try:
        return {"success": True, "value": hex_of(node.chain.runtime_call(api, name, data, height))}
    except ChainError as error:
        return {"success": False, "error": str(error)}


class Reading(Subscription):
    """Reads the state of a block, sends each result, and ends.

    Attributes:
        event: Name of a result's event; with `Done` or `Error` added, name of the last event.
    """

    event: str

    def results(self) -> Iterator[dict[str, Json]]:
        """The results."""
        raise NotImplementedError

    def begin(self) -> None:
        """Read and tell.

        Raises:
            RpcError: It is more than an answer may have.
        """
        size = 0
        try:
            for result in self.results():
                size += sum(map(len, result.values())) + ENVELOPE
                if size > limits.MOST_ANSWER // 4:  # each is a message of its own
                    raise too_large()
                self.tell({"event": self.event, **result})
            self.tell({"event": f"{self.event}Done"})
        except (NoMerkleValue, ChainError) as error:
            self.tell({"event": f"{self.event}Error", "error": str(error)})
        self.end()

    def state(self, block_hash: Json) -> StorageReader:
        """The state after a block."""
        node = self.session.node
        height = _height(node, block_hash)
        if height is None:
            raise invalid("hash", block_hash, "the hash of a block")
        return node.chain.at(height)


@subscription(
    "archive_v1_storage",
    ends=("archive_v1_stopStorage",),
    params="hash items child_trie",
    says=False,
)
class Storage(Reading):
    """Values of a block's state."""

    notification = "archive_v1_storageEvent"
    event = "storage"

    def __init__(self, session: Session, block_hash: Json, items: Json, child_trie: Json = None) -> None:
        super().__init__(session)
        self._state, self._queries = self.state(block_hash), queries_of(items, child_trie)

    def results(self) -> Iterator[dict[str, Json]]:
        """The results."""
        for query in self._queries:
            yield from query.results(self._state)


@subscription(
    "archive_v1_storageDiff",
    ends=("archive_v1_stopStorageDiff",),
    params="hash items previous_hash",
    says=False,
)
class StorageDiff(Reading):
    """What differs between the states of two blocks, by default of a block and its parent."""

    notification = "archive_v1_storageDiffEvent"
    event = "storageDiff"

    def __init__(self, session: Session, block_hash: Json, items: Json = None, previous: Json = None) -> None:
        super().__init__(session)
        chain = session.node.chain
        self._new = self.state(block_hash)
        if previous is None:
            parent = chain.number_of(bytes_of(block_hash, "hash")) or 0
            previous = session.node.hash_at(max(parent - 1, 0))
        self._old = self.state(previous)
        self._wanted = [_prefix_of(item) for item in list_of(items or [{}], "items", limits.MOST_HEIGHTS)]

    def results(self) -> Iterator[dict[str, Json]]:
        """The results."""
        looked_at = 0
        for prefix, shown in self._wanted:
            keys = {key for state in (self._old, self._new) for key in self._keys(state, prefix)}
            looked_at += len(keys)
            if looked_at > limits.MOST_READS:
                raise invalid_params(f"the items have more than {limits.MOST_READS:,} keys together; ask for less")
            for key in sorted(keys):
                old, new = self._old.raw_get(key), self._new.raw_get(key)
                if old == new:
                    continue
                kind = "added" if old is None else "deleted" if new is None else "modified"
                told = {} if new is None else {shown: hex_of(new if shown == VALUE else blake2_256(new))}
                yield {"key": hex_of(key), **told, "type": kind}

    @staticmethod
    def _keys(state: StorageReader, prefix: bytes) -> list[bytes]:
        keys = list(state.raw_keys(prefix, None, limits.MOST_READS + 1))
        if len(keys) > limits.MOST_READS:
            raise invalid_params(f"more than {limits.MOST_READS:,} keys begin with {hex_of(prefix)[:80]}; ask for less")
        return keys


def _prefix_of(item: Json) -> tuple[bytes, str]:
    """The prefix of an item of `storageDiff`, and what is shown of its values."""
    if not isinstance(item, dict) or item.get("childTrieKey") is not None:
        raise invalid("item", item, "an object with key and returnType; this chain has no child tries")
    shown = item.get("returnType", VALUE)
    if shown not in (VALUE, HASH):
        raise invalid("returnType", shown, f"{VALUE} or {HASH}")
    return bytes_of(item.get("key") or "0x", "key"), shown
