"""The Merkle tree over the whole state, in arrays, changed in place.

It is the *compact sparse tree* of `merkle`: a key goes left or right by the bits of its path, and a subtree with a
single key is that key's leaf. The shape depends only on the content. A change rehashes the path from its leaf to the
root. The changes of a block share large parts of their paths, because the paths of one item's keys begin with the same
sixteen bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tao_lab.chain.blake2 import (
    BLOCK_BYTES,
    FOUND,
    LANES,
    LANES_ROOM,
    LENGTHS,
    Bytes,
    Words,
    compress_lanes,
    hash_parts,
)
from tao_lab.chain.column import Changes, ColumnChange, Layout, values_of
from tao_lab.chain.merkle import HASH_BITS, HASH_BYTES, PREFIX_BYTES, StateProof, key_path
from tao_lab.compiled import njit

Ids = np.ndarray[Any, np.dtype[np.int32]]

NONE = 0  # no node; as a parent it is what the root hangs on, as its left child
LEAF, BRANCH = 1, 2
HASH_WORDS, BLOCK_WORDS = HASH_BYTES // 8, BLOCK_BYTES // 8
FIRST_ROOM = 1_024
# What is known of a node. A place is twice the id of a branch, and 1 more for its right child.
KIND, PLACE, DEPTH, SEEN = range(4)  # SEEN: the last update that came by


@njit
def _bit(paths: Bytes, leaf: int, depth: int) -> int:
    return (paths[leaf, depth >> 3] >> (7 - (depth & 7))) & 1


@njit
def _child(place: int, child: Ids) -> int:
    return child[place >> 1, place & 1]


@njit
def _hash_at(place: int, content: Words) -> Any:
    """The four words of the hash of the node at a place: its parent keeps it, ready to be hashed itself."""
    parent, first = place >> 1, HASH_WORDS * (place & 1)
    return content[parent, first], content[parent, first + 1], content[parent, first + 2], content[parent, first + 3]


@njit
def _attach(node: int, place: int, words: Any, nodes: Ids, child: Ids, content: Words) -> None:
    """Put a node (or NONE) and its hash at a place."""
    parent, side = place >> 1, place & 1
    if node != NONE:
        nodes[node, PLACE] = place
    child[parent, side] = node
    for k in range(HASH_WORDS):
        content[parent, HASH_WORDS * side + k] = words[k]


@njit
def _hang(leaf: int, nodes: Ids, child: Ids, content: Words, paths: Bytes, spare: Ids, left: int) -> int:
    """Put a new leaf into the tree; returns the number of spare ids that are left."""
    unknown = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
    place, level = 2 * NONE, 0
    while nodes[_child(place, child), KIND] == BRANCH:
        place = 2 * _child(place, child) + _bit(paths, leaf, level)
        level += 1
    other, words = _child(place, child), _hash_at(place, content)
    differs = other == NONE
    while not differs:  # a branch for each bit that both paths have, and one for the first in which they differ
        left -= 1
        branch, side = spare[left], _bit(paths, leaf, level)
        differs = _bit(paths, other, level) != side
        nodes[branch, KIND], nodes[branch, DEPTH] = BRANCH, level
        child[branch, 0] = child[branch, 1] = NONE
        content[branch] = 0
        _attach(branch, place, unknown, nodes, child, content)
        place = 2 * branch + side
        level += 1
        if differs:
            _attach(other, place ^ 1, words, nodes, child, content)
    nodes[leaf, KIND] = LEAF
    _attach(leaf, place, unknown, nodes, child, content)
    return left


@njit(cache=True)
def _hang_all(leaves: Ids, nodes: Ids, child: Ids, content: Words, paths: Bytes, spare: Ids, left: int) -> Any:
    """Put leaves into the tree while there is space; returns the spare ids, and the number of new leaves."""
    for done in range(leaves.shape[0]):
        if left <= HASH_BITS:
            return left, done
        left = _hang(leaves[done], nodes, child, content, paths, spare, left)
    return left, leaves.shape[0]


@njit(cache=True)
def _take(leaf: int, nodes: Ids, child: Ids, content: Words, spare: Ids, left: int) -> Any:
    """Take a leaf out; returns the spare ids, and the branch from which to rehash."""
    nothing = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
    place = nodes[leaf, PLACE]
    nodes[leaf, KIND] = 0
    spare[left] = leaf
    left += 1
    _attach(NONE, place, nothing, nodes, child, content)
    while place >> 1 != NONE:
        above, only = place >> 1, place ^ 1 if _child(place, child) == NONE else place
        rest = _child(only, child)
        if nodes[rest, KIND] == BRANCH or _child(only ^ 1, child) != NONE:
            return left, above
        words = _hash_at(only, content)  # the only leaf below moves up
        nodes[above, KIND] = 0
        spare[left] = above
        left += 1
        place = nodes[above, PLACE]
        _attach(rest, place, words, nodes, child, content)
    return left, NONE


@njit
def _finish(lanes: int, places: Ids, x: Words, content: Words) -> None:
    """Hash what is in the lanes, and keep the hashes at these places."""
    compress_lanes(x, lanes)
    for lane in range(lanes):
        parent, first = places[lane] >> 1, HASH_WORDS * (places[lane] & 1)
        for k in range(HASH_WORDS):
            content[parent, first + k] = x[FOUND + LANES * k + lane]


@njit
def _fill(lane: int, first: int, node: int, count: int, content: Words, x: Words) -> Any:
    """Put a byte and words of a node into a lane; returns the last byte, which is part of the next word."""
    carry = np.uint64(first)
    for k in range(count):
        word = content[node, k]
        x[LANES * k + lane] = (word << np.uint64(8)) | carry
        carry = word >> np.uint64(56)
    return carry


@njit
def _hash_leaves(
    leaves: Ids, changed: Any, counts: Any, widths: Any, data: Bytes, nodes: Ids, content: Words, paths: Bytes
) -> None:
    """Hash leaves: those that fit into one block eight at a time, the others one by one."""
    block, h = np.zeros(BLOCK_BYTES, np.uint8), np.empty(8, np.uint64)
    tail = np.zeros(BLOCK_BYTES - HASH_BYTES, np.uint8)
    x, waiting, words = np.zeros(LANES_ROOM, np.uint64), np.empty(LANES, np.int32), tail.view(np.uint64)
    lane, end, begin = 0, 0, 0
    for part in range(counts.shape[0]):
        width = widths[part]
        length = 1 + HASH_BYTES + width
        tail[:] = 0
        for row in range(end, end + counts[part]):
            leaf, place, value = leaves[row], nodes[leaves[row], PLACE], begin
            begin += width
            if not changed[row]:
                continue
            if length > BLOCK_BYTES:
                hash_parts(0, paths[leaf, :HASH_BYTES], data[value:begin], block, h)
                for k in range(HASH_WORDS):
                    content[place >> 1, HASH_WORDS * (place & 1) + k] = h[k]
                continue
            tail[0] = _fill(lane, 0, leaf, HASH_WORDS, content, x)
            for i in range(width):
                tail[1 + i] = data[value + i]
            for k in range(BLOCK_WORDS - HASH_WORDS):
                x[LANES * (HASH_WORDS + k) + lane] = words[k]
            x[LENGTHS + lane], waiting[lane] = length, place
            lane += 1
            if lane == LANES:
                _finish(lane, waiting, x, content)
                lane = 0
        end += counts[part]
    _finish(lane, waiting, x, content)


@njit
def _above(leaves: Ids, changed: Any, dirty: Ids, nodes: Ids, turn: int) -> Ids:
    """Every branch above the changed leaves, those in `dirty` and every branch above them; the deepest come first."""
    found, count = np.empty(2 * leaves.shape[0] + 1_024, np.int32), 0
    for i in range(leaves.shape[0] + dirty.shape[0]):
        if i < leaves.shape[0]:
            at = nodes[leaves[i], PLACE] >> 1 if changed[i] else NONE
        else:
            at = dirty[i - leaves.shape[0]]
            at = at if nodes[at, KIND] == BRANCH else NONE  # it may have gone too since
        while at != NONE and nodes[at, SEEN] != turn:
            nodes[at, SEEN] = turn
            if count == found.shape[0]:
                more = np.empty(2 * count, np.int32)
                more[:count] = found
                found = more
            found[count] = at
            count += 1
            at = nodes[at, PLACE] >> 1
    begins = np.zeros(HASH_BITS + 2, np.int64)
    for node in found[:count]:
        begins[HASH_BITS - nodes[node, DEPTH] + 1] += 1
    begins = np.cumsum(begins)
    ordered = np.empty(count, np.int32)
    for node in found[:count]:
        level = HASH_BITS - nodes[node, DEPTH]
        ordered[begins[level]] = node
        begins[level] += 1
    return ordered


@njit(cache=True)
def _renew(
    leaves: Ids, changed: Any, counts: Any, widths: Any, data: Bytes, dirty: Ids, nodes: Ids, content: Words,
    paths: Bytes, turn: int,
) -> int:  # fmt: skip
    """Hash leaves, and every branch above them and from those in `dirty` on, those of one depth eight at a time.

    Args:
        leaves: Ids.
        changed: Which of them to hash.
        counts: How many leaves each part has.
        widths: Bytes of a value of each part.
        data: All values.
        dirty: Branches that have lost a child.
        nodes: What is known of each node.
        content: Of each node: a leaf's path, a branch's two hashes.
        paths: The same memory in bytes.
        turn: Number of this update.

    Returns:
        How many branches there are.
    """
    _hash_leaves(leaves, changed, counts, widths, data, nodes, content, paths)
    ordered = _above(leaves, changed, dirty, nodes, turn)
    x, waiting = np.zeros(LANES_ROOM, np.uint64), np.empty(LANES, np.int32)
    x[LENGTHS : LENGTHS + LANES] = 1 + 2 * HASH_BYTES
    lane = 0
    for i in range(ordered.shape[0]):
        node = ordered[i]
        x[2 * HASH_WORDS * LANES + lane] = _fill(lane, 1, node, 2 * HASH_WORDS, content, x)
        waiting[lane] = nodes[node, PLACE]
        lane += 1
        last = i + 1 == ordered.shape[0]
        if lane == LANES or last or nodes[ordered[i + 1], DEPTH] != nodes[node, DEPTH]:
            _finish(lane, waiting, x, content)
            lane = 0
    return ordered.shape[0]


class StateTree:
    """The tree of one state.

    Attributes:
        hashed: How many leaves and nodes the last update has hashed.
    """

    def __init__(self) -> None:
        self.hashed = 0
        self._leaves: dict[bytes, int] = {}
        self._columns: dict[bytes, dict[Layout, Ids]] = {}  # by item: leaves of a column's keys, where there is one
        self._turn = 0
        self._renew: Any = None  # the compiled functions, which always get the same kinds of arguments
        self._hang_all: Any = None
        self._nodes = np.empty((0, 4), np.int32)
        self._child = np.empty((0, 2), np.int32)
        self._content = np.empty((0, 2 * HASH_WORDS), np.uint64)  # a leaf's path, a branch's two hashes
        self._spare = np.empty(0, np.int32)
        self._left = 0
        self._grow()

    @property
    def root(self) -> bytes:
        """The root: 32 bytes that depend on every key and value; zeros for the empty state."""
        return self._hash(NONE, 0)

    def _hash(self, node: int, side: int) -> bytes:
        """Hash of a node's child, zeros where there is none."""
        return self._content[node].tobytes()[HASH_BYTES * side :][:HASH_BYTES]

    def update(self, changes: Mapping[bytes, bytes | None] | Changes) -> None:
        """Write (or, with None, remove) these keys, and the changed rows of these columns."""
        changes = changes if isinstance(changes, Changes) else Changes(changes)
        keys = dict(changes.keys)
        columns = [
            (self._leaves_of(each.layout), _changed_rows(each, keys), each.after.data) for each in changes.columns
        ]
        leaves = self._leaves
        written = {key: value for key, value in keys.items() if value is not None}
        gone = [key for key in keys if key not in written and key in leaves] if len(written) < len(keys) else []
        dirty = np.array([self._remove(key) for key in gone], np.int32)
        new = [key for key in written if key not in leaves]
        if new:
            self._insert(new)
        single, values = np.array([leaves[key] for key in written], np.int32), list(written.values())
        counts = [1] * len(values) + [len(data) for _, _, data in columns]
        widths = [len(value) for value in values] + [data.shape[1] for _, _, data in columns]
        changed = np.concatenate([np.ones(len(values), np.bool_), *(rows for _, rows, _ in columns)])
        self._turn += 1
        given = (
            np.concatenate([single, *(ids for ids, _, _ in columns)]),
            changed,
            np.array(counts, np.int64),
            np.array(widths, np.int64),
            np.concatenate([np.frombuffer(b"".join(values), np.uint8), *(data.ravel() for _, _, data in columns)]),
            dirty,
            self._nodes,
            self._content,
            self._content.view(np.uint8),
            self._turn,
        )
        self._renew = self._renew or _renew.like(*given)
        nodes = self._renew(*given)
        self.hashed = int(np.count_nonzero(changed)) + nodes

    def _leaves_of(self, layout: Layout) -> Ids:
        """Leaves of a column's keys, NONE where there is none."""
        known = self._columns.setdefault(layout.prefix, {})
        leaves = known.get(layout)
        if leaves is None:
            found = [self._leaves.get(key, NONE) for key in layout.keys]
            leaves = known[layout] = np.array(found, np.int32)
        return leaves

    def _insert(self, keys: list[bytes]) -> None:
        # in the order of the tree, so that the nodes of a subtree lie side by side
        paths, keys = map(list, zip(*sorted((key_path(key), key) for key in keys), strict=True))
        while self._left < len(keys):
            self._grow()
        self._left -= len(keys)
        new = self._spare[self._left : self._left + len(keys)][::-1].copy()
        self._leaves.update(zip(keys, new.tolist(), strict=True))
        self._forget_incomplete_columns(keys)
        self._content[new, :HASH_WORDS] = np.frombuffer(b"".join(paths), np.uint64).reshape(-1, HASH_WORDS)
        while len(new):
            arrays = (self._nodes, self._child, self._content, self._content.view(np.uint8), self._spare)
            self._hang_all = self._hang_all or _hang_all.like(new, *arrays, self._left)
            self._left, done = self._hang_all(new, *arrays, self._left)
            new = new[done:]
            if len(new):
                self._grow()

    def _forget_incomplete_columns(self, keys: list[bytes]) -> None:
        """Forget the columns that may hold one of these keys, which had no leaf before."""
        for prefix in {key[:PREFIX_BYTES] for key in keys} & self._columns.keys():
            complete = {layout: leaves for layout, leaves in self._columns[prefix].items() if (leaves != NONE).all()}
            self._columns[prefix] = complete

    def _remove(self, key: bytes) -> int:
        self._columns.pop(key[:PREFIX_BYTES], None)
        arrays = (self._nodes, self._child, self._content, self._spare)
        self._left, dirty = _take(self._leaves.pop(key), *arrays, self._left)
        return int(dirty)

    def _grow(self) -> None:
        """Double the space for nodes."""
        old = len(self._nodes)
        more = max(old, FIRST_ROOM)
        for name in ("_nodes", "_child", "_content"):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.zeros((more, *array.shape[1:]), array.dtype)]))
        new = np.arange(old + more - 1, max(old, NONE + 1) - 1, -1)
        spare = np.empty(old + more, np.int32)
        spare[: self._left] = self._spare[: self._left]
        spare[self._left : self._left + len(new)] = new
        self._spare, self._left = spare, self._left + len(new)

    def proof(self, key: bytes) -> StateProof:
        """The path to `key`, which proves its value, or that it has no value."""
        path, level = int.from_bytes(key_path(key), "big"), HASH_BITS - 1
        above, side, siblings = NONE, 0, []
        while self._nodes[at := int(self._child[above, side]), KIND] == BRANCH:
            above, side = at, path >> level & 1
            siblings.append(self._hash(above, 1 - side))
            level -= 1
        end = None if at == NONE else (self._content[at].tobytes()[:HASH_BYTES], self._hash(above, side))
        return StateProof(tuple(siblings), end)


def _changed_rows(change: ColumnChange, keys: dict[bytes, bytes | None]) -> Any:
    """Which rows have another value; new and removed keys go into `keys` instead."""
    layout, before, after, changed = change
    if before.present is after.present:
        return changed
    come_or_gone = before.present != after.present
    values = list(values_of(layout, after)) if come_or_gone.any() else []
    keys.update(values[row] for row in np.flatnonzero(come_or_gone).tolist())
    return changed & ~come_or_gone
