"""02.3: the name of a block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab.chain.block import Header
from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab02 import tampering
from tao_lab.course.lab02.exercises.compact_integer import compact
from tao_lab.course.lab02.hashing import blake2_256


def header_hash(header):
    """The name of a block.

    header  Header  with parent_hash, state_root, extrinsics_root (32 bytes each), number and slot (int)

    Returns 32 bytes.

    >>> from tao_lab.chain.block import Header
    >>> header_hash(Header(bytes(32), 0, bytes(32), bytes(32), slot=0)).hex()[:16]
    'c6ee5068502799ab'
    """
    digest = b"\x04\x06aura\x20" + header.slot.to_bytes(8, "little")
    data = header.parent_hash + compact(header.number) + header.state_root + header.extrinsics_root + digest
    return blake2_256(data)


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Heights on both sides of the limits of a compact integer."""
    for number in (0, 1, 63, 64, 8_000_000, 2**30):
        header = Header(rng.bytes(32), number, rng.bytes(32), rng.bytes(32), int(rng.integers(1, 2**40)))
        yield Case({"header": header}, f"a header of block {number:,}")


EXERCISE = Exercise(
    id="02.3",
    title="The name of a block",
    solution=header_hash,
    reference=tampering.header_hash,
    cases=cases,
    read=read_values(hash=bytes),
    look="A hash does not tell what is wrong in the bytes. Print the parts before you hash them, and compare each with "
    "the recipe: its place, its length, its order of bytes.",
    unlocks="A block's name is what is in it. Next: follow the names back to the beginning.",
    wrong_answers=(
        Edit(
            "height in four bytes",
            {"compact(header.number)": 'header.number.to_bytes(4, "little")'},
            "You write the height in four bytes. In a header it is a compact integer: one byte for block 1, two for "
            "block 64.",
        ),
        Edit(
            "slot as a compact integer",
            {'header.slot.to_bytes(8, "little")': "compact(header.slot)"},
            "You write the slot as a compact integer. The height is one; the slot always has the same length.",
        ),
        Edit(
            "roots swapped",
            {"header.state_root + header.extrinsics_root": "header.extrinsics_root + header.state_root"},
            "The two roots are swapped: which one does the recipe name first?",
        ),
        Edit(
            "digest left out",
            {"header.extrinsics_root + digest": "header.extrinsics_root"},
            "The digest is missing at the end. Who made the block, and when, is part of its name too.",
        ),
        Edit(
            "slot with its big end first",
            {'"little"': '"big"'},
            "The slot in the digest is the other way round: which end comes first?",
        ),
        Edit(
            "another hash",
            {"blake2_256(data)": '__import__("hashlib").sha256(data).digest()'},
            "You hash with SHA-256. Blocks are named by another hash, which the lab has imported.",
        ),
        Edit(
            "hash of the text",
            {"blake2_256(data)": "blake2_256(data.hex().encode())"},
            "You hash the hex text of the header. Hash its bytes.",
        ),
        Edit(
            "bytes that are not hashed",
            {"return blake2_256(data)": "return data"},
            "You return the bytes of the header. Its name is their hash, 32 bytes.",
        ),
        Edit(
            "height in eight bytes",
            {"compact(header.number)": 'header.number.to_bytes(8, "little")'},
            "You write the height in eight bytes, as the slot. In a header it is a compact integer, which needs one "
            "to five.",
        ),
        Edit(
            "height before the parent",
            {"header.parent_hash + compact(header.number)": "compact(header.number) + header.parent_hash"},
            "Your header begins with its height. What does a block name first?",
        ),
        Edit(
            "a longer hash, cut off",
            {"blake2_256(data)": '__import__("hashlib").blake2b(data).digest()[:32]'},
            "You cut a hash of 64 bytes down to 32. BLAKE2b mixes the length of its result in: ask for 32 bytes from "
            "the beginning.",
        ),
        Edit(
            "entries of the digest not counted",
            {'b"\\x04\\x06aura': 'b"\\x06aura'},
            "Your digest does not say how many entries it has. It is a list, and every list begins with its length.",
        ),
        Edit(
            "length of the seal as it is",
            {'aura\\x20"': 'aura\\x08"'},
            "You write the length of the seal as a plain 8. In SCALE the length of bytes is a compact integer "
            "(02.1): how is 8 written there?",
        ),
        Edit(
            "seal without a length",
            {'aura\\x20"': 'aura"'},
            "Your seal does not say how long it is. Bytes of any length begin with their length in SCALE, also "
            "where there are always eight.",
        ),
        Edit(
            "slot in four bytes",
            {"header.slot.to_bytes(8,": "(header.slot % 2**32).to_bytes(4,"},
            "You write the slot in four bytes. How long does the digest say that its seal is?",
        ),
        Edit(
            "number of entries as it is",
            {'b"\\x04\\x06aura': 'b"\\x01\\x06aura'},
            "You write the number of the digest's entries as a plain 1. The length of a list is a compact integer "
            "(02.1).",
        ),
    ),
)
