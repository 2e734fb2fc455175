"""MevShield: extrinsics that nobody can read until they are in a block, so nobody can trade before them.

The author publishes an ML-KEM-768 key (`NextKey`). A client encrypts a signed extrinsic to it and sends it inside
`submit_encrypted` (the carrier). The author opens it while it builds the block, and puts it directly after its carrier.
The SDK sends registrations and trades with a subnet's pool in this way.

On the real chain each author announces a new key in each of its blocks. Here the only author always has the same key,
because there is nobody to hide it from. So `announce_next_key` and `store_encrypted` are not in the lab's chain.

Sources: `pallets/shield/src/{lib,extension}.rs` (`unshield`, `CheckShieldedTxValidity`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import bittensor_core
from Crypto.Cipher import ChaCha20_Poly1305
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, Origin, call, ensure_signed, on_genesis, transaction_check, weight
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.genesis import Genesis
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.runtime import octets

PALLET = "MevShield"
SEED = b"TaoLab//shield"
KEY_HASH_BYTES, LENGTH_BYTES, NONCE_BYTES, TAG_BYTES = 16, 2, 24, 16
UNREADABLE = 23  # number of `FailedShieldedTxParsing` for clients


@dataclass(frozen=True)
class Shielded:
    """The parts of a ciphertext: key hash, length, encapsulated secret, nonce, sealed bytes.

    Attributes:
        secret: The encapsulated secret of ML-KEM-768.
        nonce: Of XChaCha20-Poly1305.
        sealed: The encrypted extrinsic, followed by its tag.
    """

    secret: bytes
    nonce: bytes
    sealed: bytes


@cache
def _author_key() -> MLKEM768PrivateKey:
    return MLKEM768PrivateKey.from_seed_bytes(hashlib.blake2b(SEED).digest())


def parse(ciphertext: bytes) -> Shielded | None:
    """The parts of a ciphertext, or None if it is too short."""
    start = KEY_HASH_BYTES + LENGTH_BYTES
    end = start + int.from_bytes(ciphertext[KEY_HASH_BYTES:start], "little")
    if len(ciphertext) < max(end, start) + NONCE_BYTES + TAG_BYTES:
        return None
    return Shielded(ciphertext[start:end], ciphertext[end : end + NONCE_BYTES], ciphertext[end + NONCE_BYTES :])


def opened(made: Call) -> bytes | None:
    """The extrinsic inside a call, decrypted; None if there is no such extrinsic."""
    if (made.pallet, made.name) != (PALLET, "submit_encrypted"):
        return None
    shielded = parse(octets(made.args["ciphertext"]))
    if shielded is None:
        return None
    try:
        key = _author_key().decapsulate(shielded.secret)
        cipher = ChaCha20_Poly1305.new(key=key, nonce=shielded.nonce)
        return cipher.decrypt_and_verify(shielded.sealed[:-TAG_BYTES], shielded.sealed[-TAG_BYTES:])
    except ValueError:
        return None


@on_genesis(PALLET)
def genesis_key(ctx: Context, genesis: Genesis) -> None:
    """Publish the author's key."""
    key = "0x" + _author_key().public_key().public_bytes_raw().hex()
    for item in ("CurrentKey", "PendingKey", "NextKey"):
        ctx.state.put(PALLET, item, key)


@transaction_check
def check_shielded(ctx: Context, who: str, made: Call) -> None:
    """Refuse a call without a valid ciphertext.

    Raises:
        InvalidTransaction: `Custom`.
    """
    if (made.pallet, made.name) == (PALLET, "submit_encrypted") and parse(octets(made.args["ciphertext"])) is None:
        raise InvalidTransaction("Custom", "FailedShieldedTxParsing: the ciphertext is too short", UNREADABLE)


@call(PALLET, weight=weight(207_223_000))
def submit_encrypted(ctx: Context, origin: Origin, ciphertext: str) -> None:
    """Carry an encrypted extrinsic; it runs separately, directly after this one."""
    who, data = ensure_signed(origin), octets(ciphertext)
    identifier = blake2_256(bytes(bittensor_core.ss58_decode(who)) + compact(len(data)) + data)
    ctx.deposit_event(PALLET, "EncryptedSubmitted", id="0x" + identifier.hex(), who=who)
