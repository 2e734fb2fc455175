"""Change the past like somebody who owns the computer: blocks in a list, or a chain's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tao_lab.chain.block import Block
from tao_lab.chain.merkle import EMPTY_ROOT, list_root
from tao_lab.chain.tampering import (
    change_extrinsic,
    forge,
    header_hash,
    mend_name,
    mend_parent,
    mend_root,
)
from tao_lab.course.networks import small_network

__all__ = [
    "change_extrinsic",
    "change_file",
    "first_tampered",
    "forge",
    "header_hash",
    "honest_chain",
    "mend_name",
    "mend_parent",
    "mend_root",
]

BLOCKS = 8


@cache
def honest_chain() -> tuple[Block, ...]:
    """Eight blocks and their genesis; in each, Alice pays Bob."""
    with small_network() as net:
        alice, bob = net.wallet("alice", tao=100), net.wallet("bob")
        while net.block_number < BLOCKS:
            net.transfer(alice, bob, net.tao(net.block_number))
        return tuple(net.block(number) for number in range(BLOCKS + 1))


def first_tampered(blocks: Sequence[Block]) -> int | None:
    """The first block that does not fit, as `net.verify()` finds it; None if all blocks fit."""
    parent = EMPTY_ROOT
    for block in blocks:
        if block.header.parent_hash != parent:
            return max(block.number - 1, 0)
        if header_hash(block.header) != block.hash or list_root(block.extrinsics) != block.header.extrinsics_root:
            return block.number
        parent = block.hash
    return None


def change_file(path: Path, number: int) -> None:
    """Change the last byte of a block's extrinsics directly in a chain's file."""
    with sqlite3.connect(path) as file:
        (extrinsics,) = file.execute("SELECT extrinsics FROM blocks WHERE number = ?", (number,)).fetchone()
        changed = extrinsics[:-1] + bytes([extrinsics[-1] ^ 1])
        file.execute("UPDATE blocks SET extrinsics = ? WHERE number = ?", (changed, number))
    file.close()
