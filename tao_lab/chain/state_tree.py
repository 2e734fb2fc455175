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

from tao_lab.chain.blake2 import BLOCK_BYTES, FOUND, LANES, LANES_ROOM, LENGTHS, Bytes, compress_lanes, hash_parts
from tao_lab.chain.column import Changes, ColumnChange, Layout, values_of
from tao_lab.chain.merkle import EMPTY_ROOT, HASH_BITS, HASH_BYTES, PREFIX_BYTES, StateProof, key_path
from tao_lab.compiled import njit

Ids = np.ndarray[Any, np.dtype[np.int32]]

NONE = -1
LEAF, BRANCH = 1, 2
FIRST_ROOM = 1_024


@njit
def _bit(paths: Bytes, leaf: int, depth: int) -> int:
    return (paths[leaf, depth >> 3] >> (7 - (depth & 7))) & 1


@njit
def _hang(
    root: int, leaf: int, paths: Bytes, kind: Bytes, child: Ids, parent: Ids, depth: Any, spare: Ids, left: int
) -> Any:
    """Put a new leaf into the tree; returns the root and the number of spare ids that are left."""
    at, above, side, level = root, NONE, 0, 0
    while at != NONE and kind[at] == BRANCH:
        above, side = at, _bit(paths, leaf, level)
        at = child[at, side]
        level += 1
    other = at
    while True:
        if other == NONE or _bit(paths, leaf, level) != _bit(paths, other, level):
            last = leaf
            if other != NONE:
                left -= 1
                last = spare[left]
                kind[last], depth[last] = BRANCH, level
                child[last, _bit(paths, leaf, level)] = leaf
                child[last, _bit(paths, other, level)] = other
                parent[leaf] = parent[other] = last
        else:
            left -= 1
            last = spare[left]
            kind[last], depth[last] = BRANCH, level
            child[last, 0] = child[last, 1] = NONE
        parent[last] = above
        if above == NONE:
            root = last
        else:
            child[above, side] = last
        if last == leaf or child[last, 0] != NONE or child[last, 1] != NONE:
            return root, left
        above, side = last, _bit(paths, leaf, level)
        level += 1


@njit(cache=True)
def _hang_all(
    root: int, leaves: Ids, paths: Bytes, kind: Bytes, child: Ids, parent: Ids, depth: Any, spare: Ids, left: int
) -> Any:
    """Put leaves into the tree while there is space; returns the root, the spare ids, and the number of new leaves."""
    for done in range(leaves.shape[0]):
        if left <= HASH_BITS:
            return root, left, done
        kind[leaves[done]], parent[leaves[done]] = LEAF, NONE
        root, left = _hang(root, leaves[done], paths, kind, child, parent, depth, spare, left)
    return root, left, leaves.shape[0]


@njit(cache=True)
def _take(root: int, leaf: int, kind: Bytes, child: Ids, parent: Ids, spare: Ids, left: int) -> Any:
    """Take a leaf out; returns the root, the spare ids, and the branch from which to rehash."""
    above = parent[leaf]
    kind[leaf] = 0
    spare[left] = leaf
    left += 1
    if above == NONE:
        return NONE, left, NONE
    child[above, 1 if child[above, 1] == leaf else 0] = NONE
    while above != NONE:
        only = child[above, 0] if child[above, 1] == NONE else child[above, 1]
        if (child[above, 0] != NONE and child[above, 1] != NONE) or kind[only] == BRANCH:
            return root, left, above
        higher = parent[above]  # the only leaf below moves up
        kind[above] = 0
        spare[left] = above
        left += 1
        parent[only] = higher
        if higher == NONE:
            return only, left, NONE
        child[higher, 1 if child[higher, 1] == above else 0] = only
        above = higher
    return root, left, NONE


@njit
def _hash_leaves(leaves: Ids, data: Bytes, ends: Any, paths: Bytes, hashes: Bytes) -> None:
    """Hash leaves: those that fit into one block eight at a time, the others one by one."""
    block, h = np.zeros(BLOCK_BYTES, np.uint8), np.empty(8, np.uint64)
    words, digest, places = block.view(np.uint64), h.view(np.uint8), hashes.view(np.uint64)
    x, waiting = np.zeros(LANES_ROOM, np.uint64), np.empty(LANES, np.int32)
    lane, begin = 0, 0
    for i in range(leaves.shape[0]):
        leaf, value = leaves[i], data[begin : ends[i]]
        begin = ends[i]
        length = 1 + HASH_BYTES + value.shape[0]
        if length > BLOCK_BYTES:
            hash_parts(0, paths[leaf], value, block, h)
            hashes[leaf] = digest[:HASH_BYTES]
            continue
        block[0] = 0
        block[1 : 1 + HASH_BYTES] = paths[leaf]
        block[1 + HASH_BYTES : length] = value
        block[length:] = 0
        for k in range(16):
            x[LANES * k + lane] = words[k]
        x[LENGTHS + lane], waiting[lane] = length, leaf
        lane += 1
        if lane == LANES or i + 1 == leaves.shape[0]:
            _finish(lane, waiting, x, places)
            lane = 0
    if lane:
        _finish(lane, waiting, x, places)


@njit
def _finish(lanes: int, nodes: Ids, x: Any, hashes: Any) -> None:
    """Hash what is in the lanes; `hashes` are words (n, 4)."""
    compress_lanes(x)
    for lane in range(lanes):
        for k in range(4):
            hashes[nodes[lane], k] = x[FOUND + LANES * k + lane]


@njit
def _rehash(changed: Ids, child: Ids, parent: Ids, depth: Any, hashes: Bytes, seen: Any, turn: int) -> int:
    """Rehash every branch above the changed nodes, those of one depth eight at a time; returns how many there are.

    The deepest come first.
    """
    above = np.empty(0, np.int32)
    count = 0
    for each in changed:
        at = each
        while at != NONE and seen[at] != turn:
            seen[at] = turn
            if count == above.shape[0]:
                more = np.empty(2 * count + 64, np.int32)
                more[:count] = above
                above = more
            above[count] = at
            count += 1
            at = parent[at]
    levels = np.zeros(HASH_BITS + 2, np.int64)
    for i in range(count):
        levels[HASH_BITS - depth[above[i]] + 1] += 1
    levels = np.cumsum(levels)
    ordered = np.empty(count, np.int32)
    for i in range(count):
        place = HASH_BITS - depth[above[i]]
        ordered[levels[place]] = above[i]
        levels[place] += 1
    words, both = hashes.view(np.uint64), np.empty(2 * HASH_BYTES // 8, np.uint64)
    x = np.zeros(LANES_ROOM, np.uint64)
    x[LENGTHS : LENGTHS + LANES] = 1 + 2 * HASH_BYTES
    begin = 0
    while begin < count:
        end = begin
        while end < count and end < begin + LANES and depth[ordered[end]] == depth[ordered[begin]]:
            for k in range(4):
                left, right = child[ordered[end], 0], child[ordered[end], 1]
                both[k] = words[left, k] if left != NONE else np.uint64(0)
                both[4 + k] = words[right, k] if right != NONE else np.uint64(0)
            carry = np.uint64(1)  # the byte before the two hashes moves them by one
            for k in range(8):
                x[LANES * k + end - begin] = (both[k] << np.uint64(8)) | carry
                carry = both[k] >> np.uint64(56)
            x[LANES * 8 + end - begin] = carry
            end += 1
        _finish(end - begin, ordered[begin:end], x, words)
        begin = end
    return count


@njit(cache=True)
def _renew(
    leaves: Ids, data: Bytes, ends: Any, dirty: Ids, paths: Bytes, kind: Bytes, child: Ids, parent: Ids, depth: Any,
    hashes: Bytes, seen: Any, turn: int,
) -> int:  # fmt: skip
    """Hash leaves, and every branch above them and from those in `dirty` on; returns how many branches there are."""
    _hash_leaves(leaves, data, ends, paths, hashes)
    above, count = np.empty(leaves.shape[0] + dirty.shape[0], np.int32), leaves.shape[0]
    for i in range(count):
        above[i] = parent[leaves[i]]
    for node in dirty:
        if node != NONE and kind[node] == BRANCH:  # it may have gone too since
            above[count] = node
            count += 1
    return _rehash(above[:count], child, parent, depth, hashes, seen, turn)


class StateTree:
    """The tree of one state.

    Attributes:
        hashed: How many leaves and nodes the last update has hashed.
    """

    def __init__(self) -> None:
        self.hashed = 0
        self._leaves: dict[bytes, int] = {}
        self._columns: dict[bytes, dict[Layout, Ids]] = {}  # by item: leaves of a column's keys, where there is one
        self._root = NONE
        self._turn = 0
        self._kind = np.zeros(0, np.uint8)
        self._child = np.empty((0, 2), np.int32)
        self._parent = np.empty(0, np.int32)
        self._depth = np.empty(0, np.int16)
        self._seen = np.zeros(0, np.int32)
        self._paths = np.empty((0, HASH_BYTES), np.uint8)
        self._hashes = np.empty((0, HASH_BYTES), np.uint8)
        self._spare = np.empty(0, np.int32)
        self._left = 0

    @property
    def root(self) -> bytes:
        """The root: 32 bytes that depend on every key and value; zeros for the empty state."""
        return self._hash(self._root)

    def _hash(self, node: int) -> bytes:
        return EMPTY_ROOT if node == NONE else self._hashes[node].tobytes()

    def update(self, changes: Mapping[bytes, bytes | None] | Changes) -> None:
        """Write (or, with None, remove) these keys, and the changed rows of these columns."""
        changes = changes if isinstance(changes, Changes) else Changes(changes)
        keys = dict(changes.keys)
        parts = [part for change in changes.columns if (part := self._rows(change, keys)) is not None]
        leaves = self._leaves
        written = {key: value for key, value in keys.items() if value is not None}
        gone = [key for key in keys if key not in written and key in leaves] if len(written) < len(keys) else []
        dirty = np.array([self._remove(key) for key in gone], np.int32)
        new = [key for key in written if key not in leaves]
        if new:
            self._insert(new)
        changed = np.fromiter(map(leaves.__getitem__, written), np.int32, len(written))
        widths = np.fromiter(map(len, written.values()), np.int64, len(written))
        data = np.frombuffer(b"".join(written.values()), np.uint8)
        if parts:
            changed = np.concatenate([changed, *(ids for ids, _ in parts)])
            widths = np.concatenate([widths, *(np.full(len(ids), rows.shape[1]) for ids, rows in parts)])
            data = np.concatenate([data, *(rows.ravel() for _, rows in parts)])
        self._turn += 1
        arrays = (self._paths, self._kind, self._child, self._parent, self._depth, self._hashes, self._seen)
        nodes = _renew(changed, data, widths.cumsum(), dirty, *arrays, self._turn)
        self.hashed = len(changed) + nodes

    def _rows(self, change: ColumnChange, keys: dict[bytes, bytes | None]) -> tuple[Ids, Bytes] | None:
        """Leaves and new values of the rows that differ; new and removed keys go into `keys` instead."""
        layout, before, after = change
        differs = before.differs(after)
        if not (before.present.all() and after.present.all()):
            come_or_gone = before.present != after.present
            differs &= before.present & after.present
            if come_or_gone.any():
                values = list(values_of(layout, after))
                keys.update(values[row] for row in np.flatnonzero(come_or_gone).tolist())
        if not differs.any():
            return None
        known = self._columns.setdefault(layout.prefix, {})
        leaves = known.get(layout)
        if leaves is None:
            found = [self._leaves.get(key, NONE) for key in layout.keys]
            leaves = known[layout] = np.array(found, np.int32)
        return leaves[differs], after.data[differs]

    def _insert(self, keys: list[bytes]) -> None:
        while self._left < len(keys):
            self._grow()
        self._left -= len(keys)
        new = self._spare[self._left : self._left + len(keys)].copy()
        self._leaves.update(zip(keys, new.tolist(), strict=True))
        self._forget_columns(keys)
        paths = np.frombuffer(b"".join([key_path(key) for key in keys]), np.uint8)
        self._paths[new] = paths.reshape(len(keys), HASH_BYTES)
        while len(new):
            arrays = (self._paths, self._kind, self._child, self._parent, self._depth, self._spare)
            self._root, self._left, done = _hang_all(self._root, new, *arrays, self._left)
            new = new[done:]
            if len(new):
                self._grow()

    def _forget_columns(self, keys: list[bytes]) -> None:
        """Forget the columns of keys whose leaves were added or removed."""
        if self._columns:
            for prefix in {key[:PREFIX_BYTES] for key in keys}:
                self._columns.pop(prefix, None)

    def _remove(self, key: bytes) -> int:
        self._forget_columns([key])
        self._root, self._left, dirty = _take(
            self._root, self._leaves.pop(key), self._kind, self._child, self._parent, self._spare, self._left
        )
        return int(dirty)

    def _grow(self) -> None:
        """Double the space for nodes."""
        old = len(self._kind)
        more = max(old, FIRST_ROOM)
        for name in ("_kind", "_child", "_parent", "_depth", "_seen", "_paths", "_hashes"):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.zeros((more, *array.shape[1:]), array.dtype)]))
        spare = np.empty(old + more, np.int32)
        spare[: self._left] = self._spare[: self._left]
        spare[self._left : self._left + more] = np.arange(old + more - 1, old - 1, -1)
        self._spare, self._left = spare, self._left + more

    def proof(self, key: bytes) -> StateProof:
        """The path to `key`, which proves its value, or that it has no value."""
        path, level = int.from_bytes(key_path(key), "big"), HASH_BITS - 1
        at, siblings = self._root, []
        while at != NONE and self._kind[at] == BRANCH:
            side = path >> level & 1
            siblings.append(self._hash(int(self._child[at, 1 - side])))
            at, level = int(self._child[at, side]), level - 1
        end = None if at == NONE else (self._paths[at].tobytes(), self._hash(at))
        return StateProof(tuple(siblings), end)
