"""Two Merkle trees with BLAKE2b-256: one over a block's extrinsics, one over the whole state.

A leaf is hashed with a zero byte before it, a node with a one byte, so that nobody can present one as the other.

The extrinsics of a block are the leaves of a plain binary tree, in order; a node without a partner moves up unchanged.

The state is a *compact sparse tree*: a key goes left or right by the bits of its path (most significant first), and a
subtree with a single key is that key's leaf. A path is made of hashes: first of the storage item, then of the key. The
shape depends only on the content, not on the order of writing. A change rehashes one path (about log2 of the number of
keys), and the same path proves that a key has a value, or that it has no value. The tree itself is in `state_tree`.

The real chain uses a base-16 Patricia trie (`sp-trie` of the Polkadot SDK) for both. Its roots have the same purpose,
but other bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

HASH_BYTES = 32
HASH_BITS = 256
EMPTY_ROOT = bytes(HASH_BYTES)
PREFIX_BYTES = 32  # of a storage key; they name its item
ITEM_PATH_BYTES = 2
ITEMS_KEPT = 1_024


def blake2_256(data: bytes) -> bytes:
    """BLAKE2b with 32 bytes of output: the hash of blocks, extrinsics and trees."""
    return blake2b(data, digest_size=HASH_BYTES).digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf."""
    return blake2_256(b"\x00" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node, from the hashes of its two children."""
    return blake2_256(b"\x01" + left + right)


# --- a list: the extrinsics of a block -------------------------------------------------------------------------


@dataclass(frozen=True)
class ListProof:
    """Proof that a leaf is at `index` of a list of `size`: the siblings from the bottom up, None for a missing one."""

    index: int
    size: int
    siblings: tuple[bytes | None, ...]


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    levels = [[leaf_hash(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        row = levels[-1]
        pairs = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        levels.append(pairs + row[len(pairs) * 2 :])
    return levels


def list_root(leaves: Sequence[bytes]) -> bytes:
    """Root of a list; 32 zero bytes for an empty one."""
    return _levels(leaves)[-1][0] if leaves else EMPTY_ROOT


def list_proof(leaves: Sequence[bytes], index: int) -> ListProof:
    """Proof for the leaf at `index`.

    Raises:
        IndexError: There is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"leaf {index} of {len(leaves)}")
    siblings, at = [], index
    for row in _levels(leaves)[:-1]:
        siblings.append(row[at ^ 1] if at ^ 1 < len(row) else None)
        at >>= 1
    return ListProof(index, len(leaves), tuple(siblings))


def list_proof_root(leaf: bytes, proof: ListProof) -> bytes:
    """The root that follows from `leaf` and `proof`."""
    node, at = leaf_hash(leaf), proof.index
    for sibling in proof.siblings:
        if sibling is not None:
            node = node_hash(sibling, node) if at & 1 else node_hash(node, sibling)
        at >>= 1
    return node


def verify_list_proof(root: bytes, leaf: bytes, proof: ListProof) -> bool:
    """Whether `proof` shows that `leaf` is in the list with this root."""
    return list_proof_root(leaf, proof) == root


# --- a map: the state ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StateProof:
    """Siblings from the root down, and the leaf at the end of the path (None if there is no leaf)."""

    siblings: tuple[bytes, ...]
    end: tuple[bytes, bytes] | None  # (path, hash) of the leaf at the end

    def encode(self) -> bytes:
        """Its hashes one after the other: the siblings, then the leaf's path and hash, or zeros without a leaf."""
        return b"".join((*self.siblings, *(self.end or (bytes(HASH_BYTES),) * 2)))


def key_path(key: bytes) -> bytes:
    """The path to a key: sixteen bits of the hash of its item's prefix, then bits of its own hash.

    So all keys of an item are in one subtree, and a block that writes an item for every subnet changes one region.
    """
    return _item_path(key[:PREFIX_BYTES]) + blake2_256(key)[: HASH_BYTES - ITEM_PATH_BYTES]


@lru_cache(maxsize=ITEMS_KEPT)
def _item_path(prefix: bytes) -> bytes:
    """The first bits of the path to all keys of an item."""
    return blake2_256(prefix)[:ITEM_PATH_BYTES]


def state_leaf(path: bytes, value: bytes) -> bytes:
    """Hash of the leaf of a key with this value."""
    return leaf_hash(path + value)


def verify_state_proof(root: bytes, key: bytes, value: bytes | None, proof: StateProof) -> bool:
    """Whether `key` has this value (None: has no value) in the state with this root."""
    path = key_path(key)
    if value is not None and proof.end != (path, state_leaf(path, value)):
        return False
    if value is None and proof.end is not None and proof.end[0] == path:
        return False
    number, depth = int.from_bytes(path, "big"), len(proof.siblings)
    if proof.end is not None and (int.from_bytes(proof.end[0], "big") ^ number) >> (HASH_BITS - depth):
        return False  # the leaf at the end is not on the key's own path
    node = EMPTY_ROOT if proof.end is None else proof.end[1]
    for level in range(depth - 1, -1, -1):
        goes_right = number >> (HASH_BITS - 1 - level) & 1
        sibling = proof.siblings[level]
        node = node_hash(sibling, node) if goes_right else node_hash(node, sibling)
    return node == root
