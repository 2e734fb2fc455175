"""Registration by work: anyone who finds a number with a small enough hash gets a place, without paying.

The number is called *nonce*. Its hash also includes subnet, block, hotkey and coldkey, so work for one of them cannot
be used for another. The hash of a recent block makes sure that nobody works in advance. The *difficulty* says how small
the hash must be. Like the price, it rises with each registration by work and falls with each block.

Source at spec 475: `pallets/subtensor/src/subnets/registration.rs` (`create_registration_seal`,
`hash_meets_difficulty`, `effective_pow_difficulty`).
"""

from __future__ import annotations

from hashlib import sha256

from Crypto.Hash import keccak

DOMAIN = b"subtensor-pow-register-v1"
NETUID_BYTES, NONCE_BYTES, HASH_BITS = 2, 8, 256


def registration_seal(netuid: int, block_hash: bytes, hotkey: bytes, coldkey: bytes, nonce: int) -> bytes:
    """The hash that must be small: keccak-256 of SHA-256 of subnet, block, hotkey, coldkey and nonce.

    Args:
        netuid: The subnet.
        block_hash: Of a recent block, 32 bytes.
        hotkey: Public key, 32 bytes.
        coldkey: Public key of the signer, 32 bytes.
        nonce: The number that was found, u64.
    """
    bound = DOMAIN + netuid.to_bytes(NETUID_BYTES, "little") + block_hash + hotkey + coldkey
    hashed = sha256(bound + nonce.to_bytes(NONCE_BYTES, "little")).digest()
    return bytes(keccak.new(data=hashed, digest_bits=HASH_BITS).digest())


def meets_difficulty(seal: bytes, difficulty: int) -> bool:
    """Whether a seal is small enough: as a little-endian number, times the difficulty, it must be below 2^256."""
    return int.from_bytes(seal, "little") * difficulty >> HASH_BITS == 0


def difficulty_bounds(lowest: int, highest: int) -> tuple[int, int]:
    """Lowest and highest difficulty: at least 1, and the highest is never below `MinDifficulty`."""
    floor = max(lowest, 1)
    return floor, max(highest, floor)


def effective_difficulty(difficulty: int, lowest: int, highest: int) -> int:
    """The stored difficulty, moved into its bounds."""
    floor, ceiling = difficulty_bounds(lowest, highest)
    return min(max(difficulty, floor), ceiling)
