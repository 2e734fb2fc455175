"""Shared code of `chainHead_v1_storage` and `archive_v1_storage`: a client's items and their results.

Source: `paritytech/json-rpc-interface-spec`, `src/api/archive_v1_storage.md`, `chainHead_v1_storage.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.state import StorageReader
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.params import bytes_of, hex_of, invalid, list_of

Json = Any
VALUE, HASH, MERKLE = "value", "hash", "closestDescendantMerkleValue"
DESCENDANTS = {"descendantsValues": VALUE, "descendantsHashes": HASH}
KINDS = (VALUE, HASH, MERKLE, *DESCENDANTS)
PAGE = 100  # keys that are read at once


class NoMerkleValue(Exception):  # noqa: N818 - named by what is missing
    """A client asks for a node of a Patricia trie, but the lab has another tree."""

    def __init__(self) -> None:
        super().__init__("the lab's state is not a Patricia trie, so its nodes have no Merkle values")


@dataclass(frozen=True)
class StorageQuery:
    """One item that a client requests.

    Attributes:
        key: A storage key, or the prefix of many.
        kind: One of `KINDS`.
        after: With a prefix: keys up to and including this one are left out.
    """

    key: bytes
    kind: str
    after: bytes | None = None

    def results(self, state: StorageReader) -> Iterator[dict[str, Json]]:
        """The results: each is a key with its value or hash.

        Raises:
            NoMerkleValue: The item asks for one.
        """
        if self.kind == MERKLE:
            raise NoMerkleValue
        shown = DESCENDANTS.get(self.kind, self.kind)
        for key in _descendants(state, self.key, self.after) if self.kind in DESCENDANTS else (self.key,):
            value = state.raw_get(key)
            if value is not None:
                yield {"key": hex_of(key), shown: hex_of(value if shown == VALUE else blake2_256(value))}


def _descendants(state: StorageReader, prefix: bytes, after: bytes | None) -> Iterator[bytes]:
    while page := state.raw_keys(prefix, after, PAGE):
        yield from page
        after = page[-1]


def queries_of(items: Json, child_trie: Json) -> list[StorageQuery]:
    """A client's items.

    Raises:
        RpcError: Invalid params.
    """
    if child_trie is not None:
        raise invalid("childTrie", child_trie, "null: this chain has no child tries")
    found = []
    for item in list_of(items, "items", limits.MOST_KEYS):
        if not isinstance(item, dict):
            raise invalid("item", item, "an object with key and type")
        if item.get("type") not in KINDS:
            raise invalid("type", item.get("type"), f"one of {', '.join(KINDS)}")
        start = item.get("paginationStartKey")
        after = None if start is None else bytes_of(start, "paginationStartKey")
        found.append(StorageQuery(bytes_of(item.get("key"), "key"), item["type"], after))
    return found
