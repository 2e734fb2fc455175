"""The Merkle tree over the whole state, in arrays, changed in place.

It is the *compact sparse tree* of `merkle`: a key goes left or right by the bits of its path, and a subtree with a
single key is that key's leaf. The shape depends only on the content. A change rehashes the path from its leaf to the
root. The changes of a block share large parts of their paths, because the paths of one item's keys begin with the same
sixteen bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from tao_lab.compiled import for_kinds, njit

Ids = np.ndarray[Any, np.dtype[np.int32]]

NONE = 0  # no node; as a parent it is what the root hangs on, as its left child
LEAF, BRANCH = 1, 2
WORD_BYTES = 8
HASH_WORDS, BLOCK_WORDS = HASH_BYTES // WORD_BYTES, BLOCK_BYTES // WORD_BYTES
FIRST_ROOM = 1_024
NO_LEAVES, NO_ROWS = np.empty(0, np.int32), np.empty(0, np.bool_)
# What is known of a node. A place is twice the id of a branch, and 1 more for its right child.
KIND, PLACE, DEPTH, SEEN = range(4)  # SEEN: the last update that came by


@njit
def _bit(content: Words, leaf: int, depth: int) -> int:
    """A bit of a leaf's path: the most significant one of each byte comes first."""
    return int(content[leaf, depth >> 6] >> np.uint64((depth & 63) ^ 7)) & 1


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
def _hang(leaf: int, nodes: Ids, child: Ids, content: Words, spare: Ids, left: int) -> int:
    """Put a new leaf into the tree; returns the number of spare ids that are left."""
    unknown = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
    place, level = 2 * NONE, 0
    while nodes[_child(place, child), KIND] == BRANCH:
        place = 2 * _child(place, child) + _bit(content, leaf, level)
        level += 1
    other, words = _child(place, child), _hash_at(place, content)
    differs = other == NONE
    while not differs:  # a branch for each bit that both paths have, and one for the first in which they differ
        left -= 1
        branch, side = spare[left], _bit(content, leaf, level)
        differs = _bit(content, other, level) != side
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


@njit(forceinline=True)
def _fill(lane: int, first: int, node: int, count: int, content: Words, x: Words) -> Any:
    """Put a byte and words of a node into a lane; returns the last byte, which is part of the next word."""
    carry = np.uint64(first)
    for k in range(count):
        word = content[node, k]
        x[LANES * k + lane] = (word << np.uint64(8)) | carry
        carry = word >> np.uint64(56)
    return carry


@njit(forceinline=True)
def _word(data: Bytes, at: int) -> Any:
    """Eight bytes as a number; the compiler makes one load of it."""
    word, first = np.uint64(0), np.uint64(at)  # without a sign there is no place to count from the end
    for i in range(WORD_BYTES):
        word |= np.uint64(data[first + np.uint64(i)]) << np.uint64(8 * i)
    return word


@njit(forceinline=True)
def _fill_value(lane: int, carry: Any, begin: int, width: int, data: Bytes, x: Words) -> None:
    """Put a value behind its path in a lane, and zeros behind it; `carry` is the path's last byte."""
    k, end = HASH_WORDS, begin + width
    while begin + WORD_BYTES <= end:
        word = _word(data, begin)
        x[LANES * k + lane] = (word << np.uint64(8)) | carry
        carry = word >> np.uint64(56)
        begin += WORD_BYTES
        k += 1
    for i in range(end - begin):
        carry |= np.uint64(data[begin + i]) << np.uint64(8 * (i + 1))
    x[LANES * k + lane] = carry
    for rest in range(k + 1, BLOCK_WORDS):
        x[LANES * rest + lane] = 0


@njit
def _hash_long(leaf: int, place: int, value: Bytes, content: Words) -> None:
    """Hash a leaf that does not fit into one block."""
    block, h = np.zeros(BLOCK_BYTES, np.uint8), np.empty(8, np.uint64)
    hash_parts(0, content[leaf].view(np.uint8)[:HASH_BYTES], value, block, h)
    for k in range(HASH_WORDS):
        content[place >> 1, HASH_WORDS * (place & 1) + k] = h[k]


@njit(forceinline=True)
def _hash_leaf(
    lane: int, leaf: int, place: int, begin: int, width: int, data: Bytes, content: Words, x: Words, waiting: Ids
) -> int:
    """Put a leaf into a lane, and hash the lanes if they are full; returns the next lane."""
    if 1 + HASH_BYTES + width > BLOCK_BYTES:
        _hash_long(leaf, place, data[begin : begin + width], content)
        return lane
    carry = _fill(lane, 0, leaf, HASH_WORDS, content, x)
    _fill_value(lane, carry, begin, width, data, x)
    x[LENGTHS + lane], waiting[lane] = 1 + HASH_BYTES + width, place
    if lane + 1 < LANES:
        return lane + 1
    _finish(LANES, waiting, x, content)
    return 0


@njit
def _above(front: Ids, count: int, nodes: Ids, turn: int) -> Ids:
    """The first `count` branches in `front`, and every branch above them; the deepest come first.

    All of them take one step up after the other, so that the processor need not wait for one before it asks for the
    next.
    """
    found, depths, total = np.empty(2 * count + FIRST_ROOM, np.int32), np.empty(2 * count + FIRST_ROOM, np.int32), 0
    begins = np.zeros(HASH_BITS + 1, np.int32)
    while count:
        if total + count > found.shape[0]:
            found, depths = _longer(found, total), _longer(depths, total)
        more = 0
        for i in range(count):
            at = front[i]
            if at != NONE and nodes[at, SEEN] != turn:
                nodes[at, SEEN] = turn
                found[total], depths[total] = at, nodes[at, DEPTH]
                begins[depths[total]] += 1
                total += 1
                front[more] = nodes[at, PLACE] >> 1
                more += 1
        count = more
    end = 0
    for depth in range(HASH_BITS, -1, -1):
        end, begins[depth] = end + begins[depth], end
    ordered = np.empty(total, np.int32)
    for i in range(total):
        ordered[begins[depths[i]]] = found[i]
        begins[depths[i]] += 1
    return ordered


@njit
def _longer(array: Ids, filled: int) -> Ids:
    """An array of twice the length with the same first numbers."""
    longer = np.empty(2 * array.shape[0], np.int32)
    longer[:filled] = array[:filled]
    return longer


@njit
def _hash_branches(ordered: Ids, nodes: Ids, content: Words, x: Words, waiting: Ids) -> None:
    """Hash branches, the deepest first, those of one depth eight at a time."""
    x[: LANES * BLOCK_WORDS] = 0
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
    plan: Any, gone: int, new: int, single: int, data: Bytes, leaves: Ids, changed: Any, nodes: Ids, child: Ids,
    content: Words, spare: Ids, left: int, taken: int, hung: int, turn: int,
) -> Any:  # fmt: skip
    """Take leaves out, put new ones into the tree, and hash what has changed and every branch above.

    If there is too little space for the new leaves, nothing is hashed: call it again with more.

    Args:
        plan: Ids of leaves to take out (replaced by the branches from which to rehash), of new ones, of those of single
            keys with a value; bytes of each of these values; of each column: how many leaves, bytes of a value.
        gone: How many leaves to take out.
        new: How many are new.
        single: How many are those of single keys.
        data: The paths of the new leaves, the single values, the values of the columns.
        leaves: Those of the columns.
        changed: Which of these to hash.
        nodes: What is known of each node.
        child: Of each branch: its children.
        content: Of each node: a leaf's path, a branch's two hashes.
        spare: Ids without a node.
        left: How many of them.
        taken: How many leaves are out already.
        hung: How many new leaves are in already.
        turn: Number of this update.

    Returns:
        How many ids are spare, how many of the new leaves are in, and how many leaves and branches were hashed.
    """
    for i in range(taken, gone):
        left, plan[i] = _take(plan[i], nodes, child, content, spare, left)
    while hung < new and left > HASH_BITS:
        leaf = plan[gone + hung]
        for k in range(HASH_WORDS):
            content[leaf, k] = _word(data, HASH_BYTES * hung + WORD_BYTES * k)
        left = _hang(leaf, nodes, child, content, spare, left)
        hung += 1
    if hung < new:
        return left, hung, 0
    x, waiting, lane = np.empty(LANES_ROOM, np.uint64), np.empty(LANES, np.int32), 0
    front, count = np.empty(gone + single + leaves.shape[0], np.int32), 0
    for i in range(gone):
        if nodes[plan[i], KIND] == BRANCH:  # otherwise it has gone too since
            front[count] = plan[i]
            count += 1
    begin, first, hashed = HASH_BYTES * new, gone + new, single
    for i in range(first, first + single):
        leaf, width = plan[i], plan[i + single]
        place = nodes[leaf, PLACE]
        lane = _hash_leaf(lane, leaf, place, begin, width, data, content, x, waiting)
        front[count] = place >> 1
        count += 1
        begin += width
    row = 0
    for part in range(first + 2 * single, plan.shape[0], 2):
        width = plan[part + 1]
        for i in range(row, row + plan[part]):
            if changed[i]:
                place = nodes[leaves[i], PLACE]
                lane = _hash_leaf(lane, leaves[i], place, begin, width, data, content, x, waiting)
                front[count] = place >> 1
                count += 1
                hashed += 1
            begin += width
        row += plan[part]
    _finish(lane, waiting, x, content)
    ordered = _above(front, count, nodes, turn)
    _hash_branches(ordered, nodes, content, x, waiting)
    return left, hung, hashed + ordered.shape[0]


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
        gone = self._forget([key for key, value in keys.items() if value is None])
        written = {key: value for key, value in keys.items() if value is not None}
        leaves = self._leaves
        new, paths = self._number([key for key in written if key not in leaves])
        values, sizes = list(written.values()), list[int]()
        for each in columns:
            sizes += each.after.data.shape
        plan = np.array([*gone, *new, *[leaves[key] for key in written], *map(len, values), *sizes], np.int64)
        data, in_columns, changed = np.frombuffer(b"".join([*paths, *values]), np.uint8), NO_LEAVES, NO_ROWS
        if columns:
            data = np.concatenate([data, *[each.after.data.ravel() for each in columns]])
            in_columns = np.concatenate([self._leaves_of(each.layout) for each in columns])
            changed = np.concatenate(rows)
        self._turn += 1
        self._run(plan, len(gone), len(new), len(values), data, in_columns, changed)

    def _run(self, plan: Any, gone: int, new: int, *rest: Any) -> None:
        """Call the compiled update, with more space for nodes if there is too little."""
        taken = hung = 0
        while True:
            arrays = (self._nodes, self._child, self._content, self._spare)
            given = (plan, gone, new, *rest, *arrays, self._left, taken, hung, self._turn)
            self._compiled = self._compiled or for_kinds(_update, *given)
            self._left, hung, self.hashed = self._compiled(*given)
            if hung == new:
                return
            taken = gone
            self._grow()

    def _leaves_of(self, layout: Layout) -> Ids:
        """Leaves of a column's keys, NONE where there is none."""
        known = self._columns.setdefault(layout.prefix, {})
        leaves = known.get(layout)
        if leaves is None:
            found = [self._leaves.get(key, NONE) for key in layout.keys]
            leaves = known[layout] = np.array(found, np.int32)
        return leaves

    def _number(self, keys: list[bytes]) -> tuple[list[int], Sequence[bytes]]:
        """Ids for the leaves of new keys, and their paths, in the order of the tree: so a subtree's nodes are close."""
        if not keys:
            return [], ()
        paths, keys = map(list, zip(*sorted((key_path(key), key) for key in keys), strict=True))
        while self._left < len(keys):
            self._grow()
        self._left -= len(keys)
        new = self._spare[self._left : self._left + len(keys)].tolist()[::-1]
        self._leaves.update(zip(keys, new, strict=True))
        self._forget_incomplete_columns(keys)
        return new, paths

    def _forget_incomplete_columns(self, keys: list[bytes]) -> None:
        """Forget the columns that may hold one of these keys, which had no leaf before."""
        for prefix in {key[:PREFIX_BYTES] for key in keys} & self._columns.keys():
            complete = {layout: leaves for layout, leaves in self._columns[prefix].items() if (leaves != NONE).all()}
            self._columns[prefix] = complete

    def _forget(self, keys: list[bytes]) -> list[int]:
        """Forget keys and the columns that may hold them; returns their leaves."""
        for key in keys:
            self._columns.pop(key[:PREFIX_BYTES], None)
        return [self._leaves.pop(key) for key in keys if key in self._leaves]

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
