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
NO_IDS, NO_PATHS, NO_ROWS = np.empty(0, np.int32), np.empty(0, np.uint64), np.empty(0, np.bool_)
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


@njit
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
    leaves: Ids, single: int, changed: Any, sizes: Any, data: Bytes, nodes: Ids, content: Words, paths: Bytes
) -> None:
    """Hash leaves: those that fit into one block eight at a time, the others one by one."""
    block, h = np.zeros(BLOCK_BYTES, np.uint8), np.empty(8, np.uint64)
    tail = np.zeros(BLOCK_BYTES - HASH_BYTES, np.uint8)
    x, waiting, words = np.zeros(LANES_ROOM, np.uint64), np.empty(LANES, np.int32), tail.view(np.uint64)
    lane, end, begin, at = 0, 0, 0, 0
    while at < sizes.shape[0]:
        rows, width = (1, sizes[at]) if at < single else (sizes[at], sizes[at + 1])
        at += 1 if at < single else 2
        length = 1 + HASH_BYTES + width
        tail[:] = 0
        for row in range(end, end + rows):
            leaf, place, value = leaves[row], nodes[leaves[row], PLACE], begin
            begin += width
            if not (row < single or changed[row - single]):
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
        end += rows
    _finish(lane, waiting, x, content)


@njit
def _above(leaves: Ids, single: int, changed: Any, dirty: Ids, nodes: Ids, turn: int) -> Ids:
    """Every branch above the changed leaves, those in `dirty` and every branch above them; the deepest come first."""
    found, count = np.empty(2 * leaves.shape[0] + 1_024, np.int32), 0
    for i in range(leaves.shape[0] + dirty.shape[0]):
        if i < leaves.shape[0]:
            at = nodes[leaves[i], PLACE] >> 1 if i < single or changed[i - single] else NONE
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


@njit
def _hash_branches(ordered: Ids, nodes: Ids, content: Words) -> None:
    """Hash branches, the deepest first, those of one depth eight at a time."""
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


@njit(cache=True)
def _update(
    gone: Ids, taken: int, new: Ids, hung: int, new_paths: Words, leaves: Ids, single: int, changed: Any, sizes: Any,
    data: Bytes, nodes: Ids, child: Ids, content: Words, paths: Bytes, spare: Ids, left: int, turn: int,
) -> Any:  # fmt: skip
    """Take leaves out, put new ones into the tree, and hash what has changed and every branch above.

    If there is too little space for the new leaves, nothing is hashed: call it again with more.

    Args:
        gone: Leaves to take out; afterwards the branches from which to rehash.
        taken: How many of them are out already.
        new: Leaves to put in.
        hung: How many of them are in already.
        new_paths: Their paths.
        leaves: Leaves with a value, the new ones too: first those of single keys, then those of columns.
        single: How many are of single keys.
        changed: Which of the others to hash.
        sizes: Bytes of each single value; then, of each column, the number of its leaves and bytes of a value.
        data: All values.
        nodes: What is known of each node.
        child: Of each branch: its children.
        content: Of each node: a leaf's path, a branch's two hashes.
        paths: The same memory in bytes.
        spare: Ids without a node.
        left: How many of them.
        turn: Number of this update.

    Returns:
        How many ids are spare, how many of the new leaves are in, and how many leaves and branches were hashed.
    """
    for i in range(taken, gone.shape[0]):
        left, gone[i] = _take(gone[i], nodes, child, content, spare, left)
    while hung < new.shape[0] and left > HASH_BITS:
        for k in range(HASH_WORDS):
            content[new[hung], k] = new_paths[HASH_WORDS * hung + k]
        left = _hang(new[hung], nodes, child, content, paths, spare, left)
        hung += 1
    if hung < new.shape[0]:
        return left, hung, 0
    _hash_leaves(leaves, single, changed, sizes, data, nodes, content, paths)
    ordered = _above(leaves, single, changed, gone, nodes, turn)
    _hash_branches(ordered, nodes, content)
    hashed = single + ordered.shape[0]
    for row in range(changed.shape[0]):
        hashed += changed[row]
    return left, hung, hashed


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
        self._compiled: Any = None  # `_update`, which always gets the same kinds of arguments
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
        keys, columns = changes.keys, changes.columns
        if columns:
            keys = dict(keys)
            rows = [_changed_rows(each, keys) for each in columns]
        gone = [key for key, value in keys.items() if value is None]
        if gone:
            keys = {key: value for key, value in keys.items() if value is not None}
        taken_out = self._forget(gone) if gone else NO_IDS
        new, paths = NO_IDS, NO_PATHS
        if not self._leaves.keys() >= keys.keys():
            new, paths = self._number([key for key in keys if key not in self._leaves])
        values = list(keys.values())
        leaves, changed = np.array([self._leaves[key] for key in keys], np.int32), NO_ROWS
        sizes, data = list(map(len, values)), np.frombuffer(b"".join(values), np.uint8)
        if columns:
            for each in columns:
                sizes += each.after.data.shape
            leaves = np.concatenate([leaves, *[self._leaves_of(each.layout) for each in columns]])
            changed = np.concatenate(rows)
            data = np.concatenate([data, *[each.after.data.ravel() for each in columns]])
        self._turn += 1
        self._run(taken_out, new, paths, leaves, len(values), changed, np.array(sizes, np.int64), data)

    def _run(self, gone: Ids, new: Ids, new_paths: Words, *what: Any) -> None:
        """Call the compiled update, with more space for nodes if there is too little."""
        taken = hung = 0
        while True:
            given = (
                gone, taken, new, hung, new_paths, *what, self._nodes, self._child, self._content, self._paths,
                self._spare, self._left, self._turn,
            )  # fmt: skip
            self._compiled = self._compiled or _update.like(*given)
            self._left, hung, self.hashed = self._compiled(*given)
            if hung == len(new):
                return
            taken = len(gone)
            self._grow()

    def _leaves_of(self, layout: Layout) -> Ids:
        """Leaves of a column's keys, NONE where there is none."""
        known = self._columns.setdefault(layout.prefix, {})
        leaves = known.get(layout)
        if leaves is None:
            found = [self._leaves.get(key, NONE) for key in layout.keys]
            leaves = known[layout] = np.array(found, np.int32)
        return leaves

    def _number(self, keys: list[bytes]) -> tuple[Ids, Words]:
        """Ids for the leaves of new keys, in the order of the tree, so that nodes of a subtree are neighbours; paths."""
        paths, keys = map(list, zip(*sorted((key_path(key), key) for key in keys), strict=True))
        while self._left < len(keys):
            self._grow()
        self._left -= len(keys)
        new = self._spare[self._left : self._left + len(keys)][::-1].copy()
        self._leaves.update(zip(keys, new.tolist(), strict=True))
        self._forget_incomplete_columns(keys)
        return new, np.frombuffer(b"".join(paths), np.uint64)

    def _forget_incomplete_columns(self, keys: list[bytes]) -> None:
        """Forget the columns that may hold one of these keys, which had no leaf before."""
        for prefix in {key[:PREFIX_BYTES] for key in keys} & self._columns.keys():
            complete = {layout: leaves for layout, leaves in self._columns[prefix].items() if (leaves != NONE).all()}
            self._columns[prefix] = complete

    def _forget(self, keys: list[bytes]) -> Ids:
        """Forget keys and the columns that may hold them; returns their leaves."""
        leaves = [self._leaves.pop(key) for key in keys if key in self._leaves]
        for key in keys:
            self._columns.pop(key[:PREFIX_BYTES], None)
        return np.array(leaves, np.int32)

    def _grow(self) -> None:
        """Double the space for nodes."""
        old = len(self._nodes)
        more = max(old, FIRST_ROOM)
        for name in ("_nodes", "_child", "_content"):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.zeros((more, *array.shape[1:]), array.dtype)]))
        self._paths = self._content.view(np.uint8)
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
