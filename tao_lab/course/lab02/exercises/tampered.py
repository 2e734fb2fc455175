"""02.4: find the block that somebody changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tao_lab.chain.block import Block
from tao_lab.chain.merkle import list_root
from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab02 import tampering
from tao_lab.course.lab02.exercises.header import header_hash


def first_tampered(blocks):
    """The first block that is not what it was.

    blocks  list  of Block, from number 0 on: number (int), hash (bytes), header (Header), extrinsics (tuple of bytes)

    Returns its number, or None if everything fits.

    >>> from tao_lab.course.lab02 import tampering
    >>> honest = tampering.honest_chain()
    >>> print(first_tampered(honest), first_tampered(tampering.change_extrinsic(honest, 3)))
    None 3
    """
    parent = bytes(32)
    for block in blocks:
        if block.header.parent_hash != parent:
            return max(block.number - 1, 0)
        if header_hash(block.header) != block.hash or list_root(block.extrinsics) != block.header.extrinsics_root:
            return block.number
        parent = block.hash
    return None


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """A forger who learns, step by step; block 0; other names and parents; each with the number that was spoiled."""
    honest = tampering.honest_chain()
    change, root, name = tampering.change_extrinsic, tampering.mend_root, tampering.mend_name
    number, last = 3, len(honest) - 1

    def with_header(place: int, **changes: Any) -> list[Block]:
        spoiled = replace(honest[place], header=replace(honest[place].header, **changes))
        return [*honest[:place], spoiled, *honest[place + 1 :]]

    forged = name(root(change(honest, number), number), number)
    parents, parent = with_header(0, parent_hash=rng.bytes(32)), rng.bytes(32)
    for blocks, about, found in (
        (list(honest), "nobody touched anything", None),
        (change(honest, number), "block 3 has another amount, and nothing else was changed", number),
        (root(change(honest, number), number), "block 3 has another amount, and its header fits that", number),
        (forged, "block 3 has another amount; its header and its name fit that", number),
        (tampering.forge(honest, number, last - 2), f"blocks 3 to {last - 2} are all written again", last - 2),
        (tampering.forge(honest, number, last), f"blocks 3 to {last} are all written again", None),
        (change(change(honest, 6), 2), "amounts in blocks 2 and 6 are other ones", 2),
        (with_header(0, slot=honest[0].header.slot + 1), "the time of block 0 is another one", 0),
        (name(with_header(0, slot=1), 0), "the time of block 0 is another one, and its name fits that", 0),
        (parents, "block 0 has a parent, and its name does not fit that", 0),
        (name(parents, 0), "block 0 has a parent, and its name fits that", 0),
        (with_header(5, parent_hash=parent), "block 5 says that it has another parent", 4),
        (change(with_header(5, parent_hash=parent), 2), "block 2 has another amount, and block 5 another parent", 2),
        (change(honest, last), "the last block has another amount", last),
        (with_header(last, slot=1), "the time of the last block is another one", last),
        (honest[:1], "block 0 alone", None),
        (name(parents, 0)[:1], "block 0 alone, and it has a parent", 0),
        ([], "no blocks at all", None),
    ):
        yield Case({"blocks": list(blocks)}, about, expected={"number": found})


CONTENT = (
    "        if header_hash(block.header) != block.hash or "
    "list_root(block.extrinsics) != block.header.extrinsics_root:\n"
    "            return block.number\n"
)

EXERCISE = Exercise(
    id="02.4",
    title="Find the tampered block",
    solution=first_tampered,
    reference=tampering.first_tampered,
    cases=cases,
    read=read_values(number=int | None),
    look="Walk the case by hand: what does each block say of the one before it, of itself, and of its extrinsics?",
    unlocks="You verify a whole chain. Next: verify one payment, without the chain.",
    wrong_answers=(
        Edit(
            "extrinsics not compared",
            {" or list_root(block.extrinsics) != block.header.extrinsics_root": ""},
            "You look at headers only. A header promises its extrinsics by `extrinsics_root`: does what is in the "
            "block keep that?",
        ),
        Edit(
            "names believed",
            {"header_hash(block.header) != block.hash or ": ""},
            "You believe the name that a block carries. Compute it from the header, and compare.",
        ),
        Edit(
            "links not followed",
            {"        if block.header.parent_hash != parent:\n            return max(block.number - 1, 0)\n": ""},
            "You look at each block alone. Each must also name the one before it.",
        ),
        Edit(
            "the wrong end of a broken link",
            {"max(block.number - 1, 0)": "block.number"},
            "Where a block names another parent, you give its own number. It is the block *before* it that is no "
            "longer the one that was meant.",
        ),
        Edit(
            "a block before block 0",
            {"max(block.number - 1, 0)": "block.number - 1"},
            "Where block 0 names a parent, you give -1. There is no block before it: which one is not what it was?",
        ),
        Edit(
            "the last instead of the first",
            {
                "    parent = bytes(32)\n": "    parent, found = bytes(32), None\n",
                "            return max(block.number - 1, 0)\n": "            found = max(block.number - 1, 0)\n",
                "            return block.number\n": "            found = block.number\n",
                "    return None": "    return found",
            },
            "Several blocks do not fit, and you give the last one. Go from the beginning: when is it time to stop?",
        ),
        Edit(
            "block 0 not looked at",
            {
                "    for block in blocks:\n": "    for block in blocks[1:]:\n",
                "bytes(32)": "blocks[0].hash if blocks else None",
            },
            "You begin with block 1. Block 0 has no parent, but a name, a header and a time, which can be changed too.",
        ),
        Edit(
            "parent of block 0 not asked for",
            {"block.header.parent_hash != parent": "block.number and block.header.parent_hash != parent"},
            "You let block 0 have any parent. What must be there, for a block that everything begins with?",
        ),
        Edit(
            "a parent for block 0",
            {"parent = bytes(32)": "parent = None"},
            "You look for a parent of block 0. It has none: what stands in its `parent_hash`?",
        ),
        Edit(
            "-1 where all fits",
            {"return None": "return -1"},
            "Where everything fits you return -1. Return None; every number is a block's.",
        ),
        Edit(
            "counted from 1",
            {
                "            return block.number\n": "            return block.number + 1\n",
                "max(block.number - 1, 0)": "block.number",
            },
            "Your numbers are one too high. Blocks are counted from 0.",
        ),
        Edit(
            "links before everything else",
            {
                f"{CONTENT}        parent = block.hash\n": "        parent = block.hash\n",
                "    return None": f"    for block in blocks:\n{CONTENT}    return None",
            },
            "You follow all links first, and look at what is in the blocks afterwards. A block that was changed may"
            " stand before the first broken link: what do you ask of each block before you go on?",
        ),
        Edit(
            "names taken from the headers",
            {
                "parent = block.hash\n": "parent = header_hash(block.header)\n",
                "header_hash(block.header) != block.hash or ": "",
            },
            "You compute each name, and compare it only with what the next block says. The last block has no next "
            "one: what does it say of itself?",
        ),
    ),
)
