"""`state_*`: storage, metadata, runtime APIs.

Source: `substrate/client/rpc-api/src/state/mod.rs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tao_lab.chain.block import Block
from tao_lab.chain.errors import NotInLab
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.state import StorageReader
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.errors import METHOD_NOT_FOUND, TOO_MANY_SUBSCRIPTIONS, RpcError, invalid_params, too_large
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import bytes_of, hex_of, keys_of, number_of, text_of
from tao_lab.node.rpc.registry import Subscription, method, subscription

if TYPE_CHECKING:
    from tao_lab.node.rpc.session import Session

Json = Any


@method("state_getRuntimeVersion", "chain_getRuntimeVersion", params="hash")
def runtime_version(node: Node, at: Json = None) -> Json:
    """The runtime's version: the same at every block."""
    node.height(at)
    return node.runtime_version


@method("state_getMetadata", params="hash")
def metadata(node: Node, at: Json = None) -> str:
    """The metadata in version 14, like a real node; `Metadata_metadata_at_version` also has version 15."""
    node.height(at)
    return hex_of(node.chain.runtime.metadata_v14)


@method("state_call", "state_callAt", params="name bytes hash")
def call(node: Node, name: Json, data: Json, at: Json = None) -> str:
    """A runtime API: `Api_method` and the SCALE bytes of its arguments."""
    api, _, function = text_of(name, "name").partition("_")
    try:
        return hex_of(node.call(api, function, bytes_of(data, "bytes"), at))
    except NotInLab as error:
        raise RpcError(METHOD_NOT_FOUND, "Method not found", str(error)) from None


# --- values ---------------------------------------------------------------------------------------------------------


@method("state_getStorage", "state_getStorageAt", params="key hash")
def storage(node: Node, key: Json, at: Json = None) -> Json:
    """Value of a storage key, or null."""
    value = node.state(at).raw_get(bytes_of(key, "key"))
    return None if value is None else hex_of(value)


@method("state_getStorageHash", "state_getStorageHashAt", params="key hash")
def storage_hash(node: Node, key: Json, at: Json = None) -> Json:
    """Hash of a value, or null."""
    value = node.state(at).raw_get(bytes_of(key, "key"))
    return None if value is None else hex_of(blake2_256(value))


@method("state_getStorageSize", "state_getStorageSizeAt", params="key hash")
def storage_size(node: Node, key: Json, at: Json = None) -> Json:
    """Size of a value in bytes; if the key has no value, size of all values whose keys begin with it, or null."""
    state, prefix = node.state(at), bytes_of(key, "key")
    value = state.raw_get(prefix)
    if value is not None:
        return len(value)
    values = state.raw_get_many(_all_keys(state, prefix))
    return sum(len(one) for one in values if one is not None) or None


@method("state_queryStorageAt", params="keys at|hash")
def query_storage_at(node: Node, keys: Json, at: Json = None) -> Json:
    """Values of several keys at one block."""
    height = node.height(at)
    changes = [list(pair) for pair in node.values(keys_of(keys), node.chain.at(height))]
    return [{"block": node.hash_at(height), "changes": changes}]


@method("state_queryStorage", params="keys block hash")
def query_storage(node: Node, keys: Json, first: Json, last: Json = None) -> Json:
    """The changes of some keys' values between two blocks, by default up to the newest."""
    wanted, start, end = keys_of(keys), node.height(first), node.height(last)
    if end < start:
        raise invalid_params(f"the first block is {start}, the last one {end}; allowed: not before the first")
    if (end - start + 1) * len(wanted) > limits.MOST_READS:
        raise invalid_params(f"{end - start + 1} blocks of {len(wanted)} keys; allowed: {limits.MOST_READS:,} values")
    known: dict[str, str | None] = {}
    found, size = [], 0
    for height in range(start, end + 1):
        changes = [
            [key, value]
            for key, value in node.values(wanted, node.chain.at(height))
            if key not in known or known[key] != value
        ]
        known.update((key, value) for key, value in changes if key is not None)
        size += sum(len(value or "") for _, value in changes)
        if size > limits.MOST_ANSWER:
            raise too_large()
        if changes:
            found.append({"block": node.hash_at(height), "changes": changes})
    return found


@method("state_getReadProof", params="keys hash")
def read_proof(node: Node, keys: Json, at: Json = None) -> Json:
    """Proofs of values, in the lab's own form (`StateProof.encode`): its tree is not a Patricia trie."""
    height = node.height(at)
    proof = [hex_of(node.chain.state_proof(bytes_of(key, "key"), height).encode()) for key in keys_of(keys)]
    return {"at": node.hash_at(height), "proof": proof}


# --- keys -----------------------------------------------------------------------------------------------------------


@method("state_getKeysPaged", "state_getKeysPagedAt", params="prefix count start_key hash")
def keys_paged(node: Node, prefix: Json, most: Json, after: Json = None, at: Json = None) -> list[str]:
    """Keys that begin with `prefix`, after `start_key`, in order, at most `count`."""
    most = number_of(most, "count", limits.MOST_KEYS)
    start = None if after is None else bytes_of(after, "start key")
    found = node.state(at).raw_keys(b"" if prefix is None else bytes_of(prefix, "prefix"), start, most)
    return [hex_of(key) for key in found]


@method("state_getKeys", "state_getKeysAt", params="prefix hash")
def all_keys(node: Node, prefix: Json, at: Json = None) -> list[str]:
    """All keys that begin with `prefix`, if they fit into one answer."""
    return [hex_of(key) for key in _all_keys(node.state(at), bytes_of(prefix, "prefix"))]


@method("state_getPairs", "state_getPairsAt", params="prefix hash")
def pairs(node: Node, prefix: Json, at: Json = None) -> Json:
    """All keys that begin with `prefix`, with their values, if they fit into one answer."""
    state = node.state(at)
    keys = [hex_of(key) for key in _all_keys(state, bytes_of(prefix, "prefix"))]
    return [list(pair) for pair in node.values(keys, state)]


def _all_keys(state: StorageReader, prefix: bytes) -> Sequence[bytes]:
    """Keys that begin with `prefix`.

    Raises:
        RpcError: They are too many.
    """
    keys = state.raw_keys(prefix, None, limits.MOST_READS + 1)
    if len(keys) > limits.MOST_READS:
        allowed = f"at most {limits.MOST_READS:,} keys; ask for a longer prefix, or by pages (state_getKeysPaged)"
        raise invalid_params(f"the keys that begin with {hex_of(prefix)[:80]} are more, allowed: {allowed}")
    return keys


# --- subscriptions --------------------------------------------------------------------------------------------------


@subscription(
    "state_subscribeRuntimeVersion",
    "chain_subscribeRuntimeVersion",
    ends=("state_unsubscribeRuntimeVersion", "chain_unsubscribeRuntimeVersion"),
)
class RuntimeVersion(Subscription):
    """The runtime's version; it never changes."""

    notification = "state_runtimeVersion"

    def begin(self) -> None:
        """Send it once."""
        self.tell(self.session.node.runtime_version)


@subscription("state_subscribeStorage", ends=("state_unsubscribeStorage",), params="keys")
class StorageChanges(Subscription):
    """Values of some keys: first all of them, then the changes."""

    notification = "state_storage"

    def __init__(self, session: Session, keys: Json) -> None:
        super().__init__(session)
        self._keys = tuple(keys_of(keys))
        others = (one for one in session.subscriptions.values() if isinstance(one, StorageChanges))
        if sum(len(one._keys) for one in others) + len(self._keys) > limits.MOST_WATCHED:
            allowed = f"at most {limits.MOST_WATCHED:,} keys in all subscriptions of one client"
            raise RpcError(TOO_MANY_SUBSCRIPTIONS, "Too many subscriptions on the connection", allowed)
        self._known: dict[str, bytes] = {}  # hash of each value that was sent

    def begin(self) -> None:
        """Send the values."""
        self._tell_changes()

    def on_block(self, block: Block) -> None:
        """Send the values that the block changed."""
        self._tell_changes()

    def _tell_changes(self) -> None:
        values = dict(self.session.node.values(self._keys))
        known = {key: sha256(repr(value).encode()).digest() for key, value in values.items()}
        changes = [[key, value] for key, value in values.items() if self._known.get(key) != known[key]]
        self._known = known
        if changes:
            self.tell({"block": self.session.node.head(), "changes": changes})
