"""Was the stored chain changed after it was made? Every block is compared with its hash."""

from __future__ import annotations

from dataclasses import dataclass

from tao_lab.chain.block import NO_STATE_ROOT, Header, decode_header
from tao_lab.chain.errors import MalformedExtrinsic
from tao_lab.chain.extrinsic import split_extrinsics
from tao_lab.chain.merkle import EMPTY_ROOT, blake2_256, list_root
from tao_lab.chain.runtime import Runtime
from tao_lab.chain.state_tree import StateTree
from tao_lab.chain.store import Store, StoredBlock


@dataclass(frozen=True)
class Tampered:
    """The first block in which something does not fit."""

    number: int
    reason: str

    def __str__(self) -> str:
        return f"block {self.number}: {self.reason}"


def find_tampered(runtime: Runtime, store: Store) -> Tampered | None:
    """Look for the first block that was changed; None if no block was.

    Every header's hash must be the block's name, and the header must name its parent. Extrinsics and state must give
    the roots in the header; a block whose state was not kept has no state root. The newest block has no successor, so
    only its own hash protects it.

    Raises:
        DatabaseCorrupt: The file itself is damaged.
    """
    store.check()
    tree, parent, expected = StateTree(), EMPTY_ROOT, store.first_block()
    changes = store.changes_by_block()
    changed = next(changes, None)
    for stored in store.blocks():
        if stored.number != expected:
            return Tampered(expected, "the block is missing")
        if changed is not None and changed[0] == expected:
            tree.update(changed[1])
            changed = next(changes, None)
        try:
            header = decode_header(runtime, stored.header)
        except (ValueError, KeyError, IndexError) as error:
            return Tampered(expected, f"its header does not decode ({error})")
        if header.parent_hash != parent:
            return Tampered(max(expected - 1, 0), "the next block names another parent")
        reason = _misfit(stored, header, tree.root)
        if reason is not None:
            return Tampered(expected, reason)
        parent, expected = stored.hash, expected + 1
    return None


def _misfit(stored: StoredBlock, header: Header, state_root: bytes) -> str | None:
    """What does not fit in a stored block, in words."""
    if blake2_256(stored.header) != stored.hash:
        return "its header does not hash to its name"
    if header.number != stored.number:
        return "its header carries another height"
    try:
        extrinsics_root = list_root(split_extrinsics(stored.extrinsics))
    except MalformedExtrinsic as error:
        return f"its extrinsics do not decode ({error})"
    if extrinsics_root != header.extrinsics_root:
        return "its extrinsics are not those of its header"
    if header.state_root not in (state_root, NO_STATE_ROOT):
        return "its changes do not lead to the state of its header"
    return None
