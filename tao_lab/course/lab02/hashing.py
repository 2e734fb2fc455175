"""The hashes of storage keys, for students to use; the chain itself takes its keys from the SDK's runtime."""

from __future__ import annotations

from hashlib import blake2b

import xxhash

from tao_lab.chain.merkle import blake2_256

__all__ = ["blake2_128", "blake2_256", "twox_64", "twox_128"]


def twox_128(data: bytes) -> bytes:
    """xxHash64 with seed 0, then with seed 1, little end first: 16 bytes. Fast, and easy to collide on purpose."""
    return b"".join(xxhash.xxh64_intdigest(data, seed).to_bytes(8, "little") for seed in (0, 1))


def blake2_128(data: bytes) -> bytes:
    """BLAKE2b with 16 bytes of output: slower, and nobody can collide it on purpose."""
    return blake2b(data, digest_size=16).digest()


def twox_64(data: bytes) -> bytes:
    """xxHash64 with seed 0, little end first: 8 bytes, the first half of `twox_128`."""
    return twox_128(data)[:8]
