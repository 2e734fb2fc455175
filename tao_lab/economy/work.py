"""Registration by work: who finds a number whose hash is small enough gets a place, and pays nothing.

The number, the *nonce*, is bound to subnet, block, hotkey and coldkey: work for one of them is worth nothing for
another, and block hashes make sure that nobody works ahead. How small the hash has to be, the *difficulty*, goes up
with each place that is taken by work and down with each block, as the price does.

Source at spec 475: `pallets/subtensor/src/subnets/registration.rs` (`create_registration_seal`,
`hash_meets_difficulty`, `effective_pow_difficulty`).
"""

from __future__ import annotations

from hashlib import sha256

from Crypto.Hash import keccak

DOMAIN = b"subtensor-pow-register-v1"
NETUID_BYTES, NONCE_BYTES, HASH_BITS = 2, 8, 256


def registration_seal(netuid: int, block_hash: bytes, hotkey: bytes, coldkey: bytes, nonce: int) -> bytes:
    """What is to be small: keccak-256 of SHA-256 of all that the work is bound to, and of the nonce.

    Args:
        netuid: The subnet.
        block_hash: Of a recent block, 32 bytes.
        hotkey: Public key, 32 bytes.
        coldkey: Public key of the signer, 32 bytes.
        nonce: The number that was looked for, u64.
    """
    bound = DOMAIN + netuid.to_bytes(NETUID_BYTES, "little") + block_hash + hotkey + coldkey
    hashed = sha256(bound + nonce.to_bytes(NONCE_BYTES, "little")).digest()
    return bytes(keccak.new(data=hashed, digest_bits=HASH_BITS).digest())


def meets_difficulty(seal: bytes, difficulty: int) -> bool:
    """Whether a seal is small enough: as a little-endian number, times the difficulty, it stays below 2^256."""
    return int.from_bytes(seal, "little") * difficulty >> HASH_BITS == 0


def difficulty_bounds(lowest: int, highest: int) -> tuple[int, int]:
    """What a difficulty may be: an owner's `MaxDifficulty` gets nobody below `MinDifficulty`, and 1 is the least."""
    floor = max(lowest, 1)
    return floor, max(highest, floor)


def effective_difficulty(difficulty: int, lowest: int, highest: int) -> int:
    """The stored difficulty within its bounds."""
    floor, ceiling = difficulty_bounds(lowest, highest)
    return min(max(difficulty, floor), ceiling)
