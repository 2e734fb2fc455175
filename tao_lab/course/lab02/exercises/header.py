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
    for number in (0, 1, 63, 64, 20_000, 8_000_000, 2**30):
        header = Header(rng.bytes(32), number, rng.bytes(32), rng.bytes(32), int(rng.integers(1, 2**40)))
        yield Case({"header": header}, f"a header of block {number:,}")


HASHES = '__import__("tao_lab.course.lab02.hashing", fromlist=["hashing"])'
ROW = "header.parent_hash + compact(header.number) + header.state_root + header.extrinsics_root + digest"
PARTS = ROW.replace(" + ", ", ")

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
        Edit(
            "height as text",
            {"compact(header.number)": "str(header.number).encode()"},
            "You write the digits of the height as text. A compact integer (02.1) is what the recipe asks for.",
        ),
        Edit(
            "height with its big end first",
            {"compact(header.number)": 'header.number.to_bytes(4, "big")'},
            "You write the height in four bytes, the big end first. In a header it is a compact integer (02.1), which "
            "says its own length.",
        ),
        Edit(
            "height without its mode",
            {"compact(header.number)": '(header.number).to_bytes(header.number.bit_length() // 8 + 1, "little")'},
            "You write the height in as few bytes as it needs, and no mode: a reader could not tell where it ends. "
            "Which way to write numbers did you build in 02.1?",
        ),
        Edit(
            "height in one byte",
            {"compact(header.number)": "bytes([header.number << 2 & 255])"},
            "You write every height in one byte, as if all were below 64. A compact integer has more bytes from 64 "
            "on (02.1).",
        ),
        Edit(
            "parent left out",
            {"header.parent_hash + ": ""},
            "Your header does not name its parent. Without that nothing would hold the chain together.",
        ),
        Edit(
            "height left out",
            {"compact(header.number) + ": ""},
            "The height is missing from your header. Which part does the recipe name second?",
        ),
        Edit(
            "state root left out",
            {"header.state_root + ": ""},
            "Your header lacks a root: the one of all balances. How many roots does the recipe name?",
        ),
        Edit(
            "extrinsics root left out",
            {" + header.extrinsics_root": ""},
            "Your header lacks a root: the one of what people sent to the chain. How many roots does the recipe name?",
        ),
        Edit(
            "slot left out",
            {' + header.slot.to_bytes(8, "little")': ""},
            "Your digest says that a slot follows, and none does. In which slot was the block made?",
        ),
        Edit(
            "slot alone",
            {'b"\\x04\\x06aura\\x20" + ': ""},
            "Your digest is the bare slot. Some fixed bytes come before it and say what it is and how long.",
        ),
        Edit(
            "slot before its name",
            {
                'digest = b"': 'digest = header.slot.to_bytes(8, "little") + b"',
                ' + header.slot.to_bytes(8, "little")\n': "\n",
            },
            "Your digest begins with the slot. The part that says so comes before it.",
        ),
        Edit(
            "digest first",
            {"data = header.parent_hash": "data = digest + header.parent_hash", " + digest\n": "\n"},
            "Your header begins with the digest. The recipe names the parts in the order in which they stand.",
        ),
        Edit(
            "parent last",
            {"data = header.parent_hash + ": "data = ", " + digest\n": " + digest + header.parent_hash\n"},
            "Your header ends with its parent. The recipe names the parts in the order in which they stand.",
        ),
        Edit(
            "height after the roots",
            {"compact(header.number) + ": "", " + digest\n": " + compact(header.number) + digest\n"},
            "Your height comes after the roots. The recipe names the parts in the order in which they stand.",
        ),
        Edit(
            "height in the place of the slot",
            {"header.slot.to_bytes(8,": "header.number.to_bytes(8,"},
            "Your digest holds the height. Which number of the header says when the block was made?",
        ),
        Edit(
            "height and slot swapped",
            {"compact(header.number)": "compact(header.slot)", "header.slot.to_bytes(8,": "header.number.to_bytes(8,"},
            "Height and slot have changed places in yours. Which of them counts blocks, and which counts time?",
        ),
        Edit(
            "slot in seconds",
            {"header.slot.to_bytes(8,": "(12 * header.slot).to_bytes(8,"},
            "You turn the slot into seconds. The header has the number of the slot, as it is.",
        ),
        Edit(
            "slot as text",
            {'header.slot.to_bytes(8, "little")': "str(header.slot).encode()"},
            "You write the digits of the slot as text. It is a number in eight bytes.",
        ),
        Edit(
            "backslashes unchanged",
            {'digest = b"': 'digest = rb"'},
            "Your digest holds backslashes and digits: the `r` before a text stops Python from reading `\\x04` as one "
            "byte.",
        ),
        Edit(
            "name without lengths",
            {'b"\\x04\\x06aura\\x20"': 'b"aura"'},
            "Your digest has the four letters, and none of the fixed bytes around them. They say how many entries "
            "there are, of what kind, and how long the seal is.",
        ),
        Edit(
            "hash of half the length",
            {"blake2_256(data)": '__import__("hashlib").blake2b(data, digest_size=16).digest()'},
            "Your name has 16 bytes. Which of the lab's hashes gives 32?",
        ),
        Edit(
            "hash of storage keys",
            {"blake2_256(data)": f"{HASHES}.twox_128(data)"},
            "You name blocks with `twox_128`. That one is fast and easy to forge; it is for the names of pallets and "
            "items in storage keys.",
        ),
        Edit(
            "hash of 64 bytes",
            {"blake2_256(data)": '__import__("hashlib").blake2b(data).digest()'},
            "Your name has 64 bytes, as `blake2b` makes it unless it is told otherwise. How long is a block's name?",
        ),
        Edit(
            "SHA-3",
            {"blake2_256(data)": '__import__("hashlib").sha3_256(data).digest()'},
            "You hash with SHA-3. Blocks are named by another hash, which the lab has imported.",
        ),
        Edit(
            "BLAKE2s",
            {"blake2_256(data)": '__import__("hashlib").blake2s(data).digest()'},
            "You hash with BLAKE2s, which is for small processors. Blocks are named by BLAKE2b, which is imported.",
        ),
        Edit(
            "hashed twice",
            {"blake2_256(data)": "blake2_256(blake2_256(data))"},
            "You hash twice, as Bitcoin does. Here once is enough.",
        ),
        Edit(
            "hash of hashes",
            {f"data = {ROW}": f'data = b"".join(map(blake2_256, [{PARTS}]))'},
            "You hash each part, and then all those hashes. Put the parts in a row, and hash once.",
        ),
        Edit(
            "a length before each part",
            {f"data = {ROW}": f'data = b"".join(compact(len(part)) + part for part in [{PARTS}])'},
            "You write a length before each part. Hashes and roots always have 32 bytes, and need none.",
        ),
        Edit(
            "parent in place of the name",
            {"return blake2_256(data)": "return header.parent_hash"},
            "You return the name of the block before. This block's own name is the hash of its header.",
        ),
        Edit(
            "name turned round",
            {"return blake2_256(data)": "return blake2_256(data)[::-1]"},
            "Your name is right but for its order: bytes of a hash stay as they come.",
        ),
    ),
)
