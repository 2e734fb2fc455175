"""Changing the past, as somebody would who owns the computer: blocks as lists, and a chain's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from tao_lab.chain.block import Block, Header
from tao_lab.chain.merkle import EMPTY_ROOT, blake2_256, list_root
from tao_lab.chain.runtime import load_runtime
from tao_lab.course.networks import small_network

BLOCKS = 8


@cache
def honest_chain() -> tuple[Block, ...]:
    """Eight blocks and their genesis; in each, Alice pays Bob."""
    with small_network() as net:
        alice, bob = net.wallet("alice", tao=100), net.wallet("bob")
        while net.block_number < BLOCKS:
            net.transfer(alice, bob, net.tao(net.block_number))
        return tuple(net.block(number) for number in range(BLOCKS + 1))


def header_hash(header: Header) -> bytes:
    """A block's name."""
    return blake2_256(header.encode(load_runtime()))


def first_tampered(blocks: Sequence[Block]) -> int | None:
    """The first block of which something does not fit, as `net.verify()` finds it; None if all fit."""
    parent = EMPTY_ROOT
    for block in blocks:
        if block.header.parent_hash != parent:
            return max(block.number - 1, 0)
        if header_hash(block.header) != block.hash or list_root(block.extrinsics) != block.header.extrinsics_root:
            return block.number
        parent = block.hash
    return None


# --- what a forger does, in the order in which one learns it ---


def change_extrinsic(blocks: Sequence[Block], number: int) -> list[Block]:
    """Alice's payment in a block is another amount."""
    block = blocks[number]
    data = bytearray(block.extrinsics[-1])
    data[-1] ^= 1
    changed = replace(block, extrinsics=(*block.extrinsics[:-1], bytes(data)))
    return [*blocks[:number], changed, *blocks[number + 1 :]]


def mend_root(blocks: Sequence[Block], number: int) -> list[Block]:
    """The block's header names the root of what is now in it."""
    block = blocks[number]
    header = replace(block.header, extrinsics_root=list_root(block.extrinsics))
    return [*blocks[:number], replace(block, header=header), *blocks[number + 1 :]]


def mend_name(blocks: Sequence[Block], number: int) -> list[Block]:
    """The block's name is the hash of its header again."""
    block = blocks[number]
    return [*blocks[:number], replace(block, hash=header_hash(block.header)), *blocks[number + 1 :]]


def mend_parent(blocks: Sequence[Block], number: int) -> list[Block]:
    """The block names the one before it again, as that is called now."""
    block = blocks[number]
    header = replace(block.header, parent_hash=blocks[number - 1].hash)
    return [*blocks[:number], replace(block, header=header), *blocks[number + 1 :]]


def forge(blocks: Sequence[Block], number: int, last: int) -> list[Block]:
    """Change a block, and write it and all behind it again, up to and with `last`."""
    forged = mend_name(mend_root(change_extrinsic(blocks, number), number), number)
    for later in range(number + 1, last + 1):
        forged = mend_name(mend_parent(forged, later), later)
    return forged


def change_file(path: Path, number: int) -> None:
    """Change the last byte of a block's extrinsics in a chain's file, past the chain."""
    with sqlite3.connect(path) as file:
        (extrinsics,) = file.execute("SELECT extrinsics FROM blocks WHERE number = ?", (number,)).fetchone()
        changed = extrinsics[:-1] + bytes([extrinsics[-1] ^ 1])
        file.execute("UPDATE blocks SET extrinsics = ? WHERE number = ?", (changed, number))
    file.close()
