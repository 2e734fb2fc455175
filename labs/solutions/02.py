"""Solutions of lab 02: one function an exercise. Made by `make labs`."""

from bittensor_core import verify

from tao_lab.chain.merkle import list_root
from tao_lab.course.lab02.hashing import blake2_128, blake2_256, twox_64, twox_128


def compact(number):
    """A whole number as SCALE writes it.

    number  int  0 or more, below 2^536

    Returns bytes.

    >>> compact(1).hex(" "), compact(64).hex(" "), compact(2**30).hex(" ")
    ('04', '01 01', '03 00 00 00 40')
    """
    for mode, size in ((0, 1), (1, 2), (2, 4)):
        if number < 2 ** (8 * size - 2):
            return (number << 2 | mode).to_bytes(size, "little")
    size = (number.bit_length() + 7) // 8
    return bytes([(size - 4) << 2 | 3]) + number.to_bytes(size, "little")


def storage_key(pallet, item, keys):
    """Where the chain keeps a value.

    pallet  str   for example "System"
    item    str   for example "Account"
    keys    list  of (hasher, key): str, bytes; in order; empty for a value that there is only once

    Returns the storage key (bytes).

    >>> storage_key("System", "Number", []) == twox_128(b"System") + twox_128(b"Number")
    True
    >>> storage_key("SubtensorModule", "Weights", [("Identity", b"ab"), ("Identity", b"cd")])[32:]
    b'abcd'
    """
    place = twox_128(pallet.encode()) + twox_128(item.encode())
    for hasher, key in keys:
        if hasher == "Blake2_128Concat":
            place += blake2_128(key)
        if hasher == "Twox64Concat":
            place += twox_64(key)
        place += key
    return place


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


def proof_root(extrinsic, proof):
    """The root that follows from an extrinsic and its proof.

    extrinsic  bytes
    proof      ListProof  index (int), size (int), siblings (tuple of 32 bytes or None, from the bottom up)

    Returns 32 bytes; the extrinsic is in the block if they are its header's extrinsics_root.

    >>> from tao_lab.chain.merkle import list_proof, list_root
    >>> payments = [b"one", b"two", b"three"]
    >>> proof_root(b"three", list_proof(payments, 2)) == list_root(payments)
    True
    """
    node, place = blake2_256(b"\x00" + extrinsic), proof.index
    for sibling in proof.siblings:
        if sibling is not None:
            children = sibling + node if place % 2 else node + sibling
            node = blake2_256(b"\x01" + children)
        place //= 2
    return node


def refusal(extrinsic, payload, next_nonce):
    """Why no block may contain an extrinsic.

    extrinsic   Extrinsic  signer (str, an address), signature (64 bytes), nonce (int)
    payload     bytes      what its signer must have signed on this chain
    next_nonce  int        of the signer's account

    Returns "BadProof", "Stale", or "" if it may come in.

    >>> from types import SimpleNamespace
    >>> from bittensor_core import Keypair
    >>> alice = Keypair.create_from_uri("//Alice")
    >>> paid = SimpleNamespace(signer=alice.ss58_address, signature=alice.sign(b"pay Bob"), nonce=0)
    >>> refusal(paid, b"pay Bob", 0), refusal(paid, b"pay Bob", 1), refusal(paid, b"pay Eve", 1)
    ('', 'Stale', 'BadProof')
    """
    if not verify(payload, extrinsic.signature, extrinsic.signer):
        return "BadProof"
    return "Stale" if extrinsic.nonce < next_nonce else ""
