"""Change the past like somebody who owns the computer: blocks in a list, step by step.

After each step, a reader of the chain can still find something that does not fit; `tao_lab.chain.audit` looks for it in
a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tao_lab.chain.block import Block, Header
from tao_lab.chain.merkle import blake2_256, list_root
from tao_lab.chain.runtime import load_runtime


def header_hash(header: Header) -> bytes:
    """A block's name."""
    return blake2_256(header.encode(load_runtime()))


# --- the forger's steps, in the order in which a forger learns them ---


def change_extrinsic(blocks: Sequence[Block], number: int) -> list[Block]:
    """Change the amount of Alice's payment in a block."""
    block = blocks[number]
    data = bytearray(block.extrinsics[-1])
    data[-1] ^= 1
    changed = replace(block, extrinsics=(*block.extrinsics[:-1], bytes(data)))
    return [*blocks[:number], changed, *blocks[number + 1 :]]


def mend_root(blocks: Sequence[Block], number: int) -> list[Block]:
    """Write the root of the changed extrinsics into the block's header."""
    block = blocks[number]
    header = replace(block.header, extrinsics_root=list_root(block.extrinsics))
    return [*blocks[:number], replace(block, header=header), *blocks[number + 1 :]]


def mend_name(blocks: Sequence[Block], number: int) -> list[Block]:
    """Make the block's name the hash of its header again."""
    block = blocks[number]
    return [*blocks[:number], replace(block, hash=header_hash(block.header)), *blocks[number + 1 :]]


def mend_parent(blocks: Sequence[Block], number: int) -> list[Block]:
    """Write the present name of the block before into this block."""
    block = blocks[number]
    header = replace(block.header, parent_hash=blocks[number - 1].hash)
    return [*blocks[:number], replace(block, header=header), *blocks[number + 1 :]]


def forge(blocks: Sequence[Block], number: int, last: int) -> list[Block]:
    """Change a block, and write it and all blocks after it again, up to and including `last`."""
    forged = mend_name(mend_root(change_extrinsic(blocks, number), number), number)
    for later in range(number + 1, last + 1):
        forged = mend_name(mend_parent(forged, later), later)
    return forged
