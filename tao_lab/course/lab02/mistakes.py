"""Wrong answers that people give in lab 02, each with the hint that helps.

Every function is what somebody writes who has one thing wrong and all else right.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise

import bittensor_core

from tao_lab.chain import extrinsic as chain_extrinsic
from tao_lab.chain.block import Block, Header
from tao_lab.chain.extrinsic import Extrinsic, compact
from tao_lab.chain.merkle import ListProof, blake2_256, list_root, node_hash
from tao_lab.chain.runtime import SS58_FORMAT
from tao_lab.course.exercise import WrongAnswer
from tao_lab.course.lab02.hashing import blake2_128, twox_128
from tao_lab.course.lab02.tampering import header_hash

# --- 02.1 compact ---


def _in_modes(number: int, limits: Sequence[int]) -> bytes:
    for mode, (size, limit) in enumerate(zip((1, 2, 4), limits, strict=True)):
        if number < limit:
            return (number << 2 | mode).to_bytes(size, "little")
    return _big(number)


def _big(number: int, offset: int = 4) -> bytes:
    size = max((number.bit_length() + 7) // 8, 4)
    return bytes([(size - offset) << 2 | 3]) + number.to_bytes(size, "little")


LIMITS = (1 << 6, 1 << 14, 1 << 30)


def _big_end_first(number: int) -> bytes:
    return compact(number)[::-1] if number < 1 << 30 else compact(number)[:1] + compact(number)[:0:-1]


def _mode_in_high_bits(number: int) -> bytes:
    for mode, (size, limit) in enumerate(zip((1, 2, 4), LIMITS, strict=True)):
        if number < limit:
            return (number | mode << (8 * size - 2)).to_bytes(size, "little")
    return _big(number)


def _size_not_less_four(number: int) -> bytes:
    return _in_modes(number, LIMITS) if number < 1 << 30 else _big(number, offset=0)


def _eight_bytes_always(number: int) -> bytes:
    if number < 1 << 30:
        return _in_modes(number, LIMITS)
    return bytes([(16 - 4) << 2 | 3]) + number.to_bytes(16, "little")


def _not_shifted(number: int) -> bytes:
    if number >= 1 << 30:
        return _big(number)
    return number.to_bytes(1 if number < 64 else 2 if number < 1 << 14 else 4, "little")


COMPACT = (
    WrongAnswer(
        "limits of whole bytes",
        "You put up to 255 into one byte, and up to 65,535 into two. Two bits of them are taken by the mode: one byte "
        "holds numbers below 64 (2^6), two below 2^14, four below 2^30.",
        lambda number: _in_modes(number, (1 << 8, 1 << 16, 1 << 32)),
    ),
    WrongAnswer(
        "limit itself counted in",
        "You are off by one at a limit: 64 needs two bytes, for six bits hold 0 to 63. The same at 2^14 and 2^30.",
        lambda number: _in_modes(number, ((1 << 6) + 1, (1 << 14) + 1, (1 << 30) + 1)),
    ),
    WrongAnswer(
        "big end first",
        "Your bytes are the other way round. SCALE writes the little end first: `to_bytes(size, 'little')`.",
        _big_end_first,
    ),
    WrongAnswer(
        "mode in the high bits",
        "Your mode is in the two highest bits. It is in the two lowest, so that a reader finds it in the first byte: "
        "shift the number up by two and put the mode below it.",
        _mode_in_high_bits,
    ),
    WrongAnswer(
        "number not shifted",
        "The mode is missing: a reader cannot tell how many bytes to take. The number goes up by two bits (`number << "
        "2`), and the mode 0, 1 or 2 into the room below.",
        _not_shifted,
    ),
    WrongAnswer(
        "number of bytes not less four",
        "For large numbers the first byte says how many bytes follow, *less four*: fewer than four would never be "
        "needed.",
        _size_not_less_four,
    ),
    WrongAnswer(
        "always sixteen bytes",
        "You write every large number in 16 bytes. The shortest form is the only one: as many bytes as the number "
        "needs, `(number.bit_length() + 7) // 8`.",
        _eight_bytes_always,
    ),
)

# --- 02.2 storage key ---

ACCOUNT = twox_128(b"System") + twox_128(b"Account")

KEY = (
    WrongAnswer(
        "names hashed together",
        "You hash the two names as one text. They are hashed one by one, so that all keys of a pallet begin alike.",
        lambda public_key: twox_128(b"SystemAccount") + blake2_128(public_key) + public_key,
    ),
    WrongAnswer(
        "account not behind its hash",
        "Behind the hash the account itself is missing. Without it nobody could list the accounts: a hash does not "
        "lead back.",
        lambda public_key: ACCOUNT + blake2_128(public_key),
    ),
    WrongAnswer(
        "hash of 32 bytes",
        "You hash the account to 32 bytes (BLAKE2b-256). A key takes 16: `blake2_128`.",
        lambda public_key: ACCOUNT + blake2_256(public_key) + public_key,
    ),
    WrongAnswer(
        "account hashed like a name",
        "You hash the account with `twox_128`. That is for names, which the programmers choose. Accounts are chosen by "
        "anybody, also by somebody who wants two of them to collide: `blake2_128`.",
        lambda public_key: ACCOUNT + twox_128(public_key) + public_key,
    ),
    WrongAnswer(
        "names hashed like an account",
        "You hash the names with `blake2_128`. Pallet and item are hashed with `twox_128`, which is faster; nobody can "
        "choose them to do harm.",
        lambda public_key: blake2_128(b"System") + blake2_128(b"Account") + blake2_128(public_key) + public_key,
    ),
    WrongAnswer(
        "address instead of public key",
        "You hash the address, a text. The chain knows no addresses: it stores the 32 bytes of the public key.",
        lambda public_key: ACCOUNT + blake2_128(_ss58(public_key)) + _ss58(public_key),
    ),
    WrongAnswer(
        "item before pallet",
        "The item stands before the pallet. Pallet first: `System`, then `Account`.",
        lambda public_key: twox_128(b"Account") + twox_128(b"System") + blake2_128(public_key) + public_key,
    ),
)


def _ss58(public_key: bytes) -> bytes:
    return bittensor_core.ss58_encode(public_key, SS58_FORMAT).encode()


# --- 02.3 header ---


def _digest(header: Header, order: str = "little") -> bytes:
    return b"\x04\x06aura\x20" + header.slot.to_bytes(8, order)  # type: ignore[arg-type]


def _header(header: Header, number: bytes, digest: bytes, swapped: bool = False) -> bytes:
    roots = [header.state_root, header.extrinsics_root]
    return header.parent_hash + number + b"".join(roots[::-1] if swapped else roots) + digest


def _usual(header: Header) -> bytes:
    return _header(header, compact(header.number), _digest(header))


HEADER = (
    WrongAnswer(
        "height in four bytes",
        "You write the height in four bytes. In a header it is a compact integer: one byte for block 1, two for block "
        "64.",
        lambda header: blake2_256(_header(header, header.number.to_bytes(4, "little"), _digest(header))),
    ),
    WrongAnswer(
        "roots swapped",
        "The two roots are swapped: the state's comes first, then that of the extrinsics.",
        lambda header: blake2_256(_header(header, compact(header.number), _digest(header), swapped=True)),
    ),
    WrongAnswer(
        "digest left out",
        "The digest is missing at the end. Who made the block, and when, is part of its name too.",
        lambda header: blake2_256(_header(header, compact(header.number), b"")),
    ),
    WrongAnswer(
        "slot with its big end first",
        "The slot in the digest is the other way round: 8 bytes, little end first.",
        lambda header: blake2_256(_header(header, compact(header.number), _digest(header, "big"))),
    ),
    WrongAnswer(
        "another hash",
        "You hash with SHA-256. Blocks are named by BLAKE2b-256: `blake2_256`.",
        lambda header: sha256(_usual(header)).digest(),
    ),
    WrongAnswer(
        "hash of the text",
        "You hash the hex text of the header. Hash its bytes.",
        lambda header: blake2_256(_usual(header).hex().encode()),
    ),
    WrongAnswer(
        "bytes that are not hashed",
        "You return the bytes of the header. Its name is their hash, 32 bytes: `blake2_256(…)`.",
        _usual,
    ),
)

# --- 02.4 find the tampered block ---


def _walk(
    blocks: Sequence[Block], *, links: bool = True, names: bool = True, roots: bool = True, before: bool = True
) -> int | None:
    parent = bytes(32)
    for block in blocks:
        if links and block.header.parent_hash != parent:
            return max(block.number - 1, 0) if before else block.number
        if names and header_hash(block.header) != block.hash:
            return block.number
        if roots and list_root(block.extrinsics) != block.header.extrinsics_root:
            return block.number
        parent = block.hash
    return None


def _last_first(blocks: Sequence[Block]) -> int | None:
    found = [
        b.number
        for b in blocks
        if header_hash(b.header) != b.hash or list_root(b.extrinsics) != b.header.extrinsics_root
    ]
    found += [b.number - 1 for a, b in pairwise(blocks) if b.header.parent_hash != a.hash]
    return max(found, default=None)


def _genesis_has_a_parent(blocks: Sequence[Block]) -> int | None:
    return 0 if blocks[0].header.parent_hash == bytes(32) else _walk(blocks)


TAMPERED = (
    WrongAnswer(
        "extrinsics not compared",
        "You look at headers only. A header promises its extrinsics by `extrinsics_root`: compute it with "
        "`list_root(block.extrinsics)` and compare.",
        lambda blocks: _walk(blocks, roots=False),
    ),
    WrongAnswer(
        "names believed",
        "You believe the name that a block carries. Compute it: `header_hash(block.header)` must equal `block.hash`.",
        lambda blocks: _walk(blocks, names=False),
    ),
    WrongAnswer(
        "links not followed",
        "You look at each block alone. Each must also name the one before it: `block.header.parent_hash` is that "
        "block's `hash`.",
        lambda blocks: _walk(blocks, links=False),
    ),
    WrongAnswer(
        "the wrong end of a broken link",
        "Where a block names another parent, you give its own number. It is the block *before* it that is no longer "
        "the one that was meant: the one with the number less one.",
        lambda blocks: _walk(blocks, before=False),
    ),
    WrongAnswer(
        "the last instead of the first",
        "Two blocks do not fit, and you give the later one. Go from the beginning and stop at the first.",
        _last_first,
    ),
    WrongAnswer(
        "a parent for block 0",
        "You look for a parent of block 0. It has none: its `parent_hash` is 32 zero bytes.",
        _genesis_has_a_parent,
    ),
    WrongAnswer(
        "nothing is ever found",
        "You say None to everything. In the second case an amount in block 3 was changed: its extrinsics no longer fit "
        "`extrinsics_root`.",
        lambda blocks: _walk(blocks, links=False, names=False, roots=False),
    ),
)

# --- 02.5 inclusion proof ---


def _climb(leaf: bytes, proof: ListProof, *, sides: bool = True, halves: bool = True, prefix: bytes = b"\x01") -> bytes:
    node, at = leaf, proof.index
    for sibling in proof.siblings:
        if sibling is not None:
            right = sides and at & 1
            node = blake2_256(prefix + (sibling + node if right else node + sibling))
        at = at >> 1 if halves else at
    return node


def _leaf(data: bytes) -> bytes:
    return blake2_256(b"\x00" + data)


def _zeros_for_none(extrinsic: bytes, proof: ListProof) -> bytes:
    node, at = _leaf(extrinsic), proof.index
    for sibling in proof.siblings:
        other = sibling or bytes(32)
        node = node_hash(other, node) if at & 1 else node_hash(node, other)
        at >>= 1
    return node


def _doubled_for_none(extrinsic: bytes, proof: ListProof) -> bytes:
    node, at = _leaf(extrinsic), proof.index
    for sibling in proof.siblings:
        other = sibling or node
        node = node_hash(other, node) if at & 1 else node_hash(node, other)
        at >>= 1
    return node


def _none_not_counted(extrinsic: bytes, proof: ListProof) -> bytes:
    node, at = _leaf(extrinsic), proof.index
    for sibling in proof.siblings:
        if sibling is not None:
            node = node_hash(sibling, node) if at & 1 else node_hash(node, sibling)
            at >>= 1
    return node


PROOF = (
    WrongAnswer(
        "leaf without its zero",
        "You hash the extrinsic as it is. A leaf is hashed with a zero byte before it: `blake2_256(b'\\\\x00' + "
        "extrinsic)`.",
        lambda extrinsic, proof: _climb(blake2_256(extrinsic), proof),
    ),
    WrongAnswer(
        "node without its one",
        "You hash two children as they are. A node is hashed with a one byte before them, so that nobody can pass a "
        "node off as a leaf.",
        lambda extrinsic, proof: _climb(_leaf(extrinsic), proof, prefix=b""),
    ),
    WrongAnswer(
        "sibling always on the right",
        "You put the sibling always on the right. It is on the left where your own place is odd: `at & 1`.",
        lambda extrinsic, proof: _climb(_leaf(extrinsic), proof, sides=False),
    ),
    WrongAnswer(
        "place not halved",
        "You use the place of the leaf on every level. One level up there are half as many, so your place is half of "
        "it: `at >>= 1`.",
        lambda extrinsic, proof: _climb(_leaf(extrinsic), proof, halves=False),
    ),
    WrongAnswer(
        "zeros where there is no sibling",
        "Where there is no sibling (None), you put zeros. An odd one out moves up as it is: nothing is hashed on that "
        "level.",
        _zeros_for_none,
    ),
    WrongAnswer(
        "itself where there is no sibling",
        "Where there is no sibling (None), you pair the node with itself, as Bitcoin does. Here it moves up as it is: "
        "nothing is hashed on that level.",
        _doubled_for_none,
    ),
    WrongAnswer(
        "place kept where there is no sibling",
        "Where there is no sibling you leave the place as it is. It moves up all the same: halve it on every level.",
        _none_not_counted,
    ),
)

# --- 02.6 replay ---


def _signed(extrinsic: Extrinsic, payload: bytes) -> bool:
    kind = chain_extrinsic.SIGNATURE_KINDS[1]
    return bool(bittensor_core.verify(payload, extrinsic.signature, extrinsic.signer, kind))


def _nonce_first(extrinsic: Extrinsic, payload: bytes, next_nonce: int) -> str:
    if extrinsic.nonce < next_nonce:
        return "Stale"
    return "" if _signed(extrinsic, payload) else "BadProof"


def _signature_only(extrinsic: Extrinsic, payload: bytes, next_nonce: int) -> str:
    return "" if _signed(extrinsic, payload) else "BadProof"


def _nonce_only(extrinsic: Extrinsic, payload: bytes, next_nonce: int) -> str:
    return "Stale" if extrinsic.nonce < next_nonce else ""


def _exactly_next(extrinsic: Extrinsic, payload: bytes, next_nonce: int) -> str:
    if not _signed(extrinsic, payload):
        return "BadProof"
    return "" if extrinsic.nonce == next_nonce else "Stale"


def _next_is_stale(extrinsic: Extrinsic, payload: bytes, next_nonce: int) -> str:
    if not _signed(extrinsic, payload):
        return "BadProof"
    return "Stale" if extrinsic.nonce <= next_nonce else ""


def _signs_call_alone(extrinsic: Extrinsic, payload: bytes, next_nonce: int) -> str:
    return "" if _signed(extrinsic, extrinsic.call_data) else "BadProof"


REFUSAL = (
    WrongAnswer(
        "nonce asked before the signature",
        "You ask for the nonce first. Somebody may have changed the bytes, and then the nonce in them means nothing: "
        "the signature comes first.",
        _nonce_first,
    ),
    WrongAnswer(
        "only the signature",
        "You look at the signature only. It is as good the second time as the first: a payment could be made again and "
        "again. Compare the nonce.",
        _signature_only,
    ),
    WrongAnswer(
        "only the nonce",
        "You look at the nonce only. Then anybody could pay in Alice's name: verify the signature.",
        _nonce_only,
    ),
    WrongAnswer(
        "ahead of its turn refused",
        "You refuse a nonce ahead of its turn. It is not stale: it waits until those before it have come. Only a nonce "
        "*below* the next one was used.",
        _exactly_next,
    ),
    WrongAnswer(
        "the next nonce is stale",
        "You refuse the very next nonce, so nobody could ever pay again. Used are those *below* `next_nonce`.",
        _next_is_stale,
    ),
    WrongAnswer(
        "signature of the call alone",
        "You verify a signature of the call alone. Signed is `payload`: the call with nonce, era and the chain's own "
        "name, or else a payment on one chain would be good on all.",
        _signs_call_alone,
    ),
)
