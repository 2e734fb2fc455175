"""Drand: signatures of a public beacon, one every three seconds, which open data that were encrypted for their round.

Anyone who knows a round's signature can open data sealed for this round, and nobody knows it before. On the real chain
each author fetches signatures from the beacon and adds them to its blocks; here `Chain.add_inherent` adds them.

To check a signature, this pallet seals something for its round and opens it. `bittensor_core` seals for the real beacon
(`quicknet`), which is also the one in the chain's `BeaconConfig`.

Source: `pallets/drand/src/lib.rs` (`write_pulse`, `prune_old_pulses`), `verifier.rs`; pull request 3138 of
RaoFoundation/subtensor.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import bittensor_core

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_none, ensure_root, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.runtime import octets

DRAND = "Drand"
ROUNDS_KEPT = 216_000  # a week
MOST_REMOVED = 100  # in one block
ROUND_BYTES = 8
UNREADABLE = "Signature deserialization error"  # the beginning of `bittensor_core`'s message


@call(DRAND, weight=weight(4_294_000_000, reads=3, writes=4))
def write_pulse(ctx: Context, origin: Origin, pulses_payload: dict[str, Any], signature: Any) -> None:
    """The author stores rounds of the beacon, each newer than the one before."""
    ensure_none(origin)
    last = ctx.state.get(DRAND, "LastStoredRound")
    has_none, rounds = last == ctx.state.get(DRAND, "OldestStoredRound") == 0, []
    for pulse in pulses_payload["pulses"]:
        reveal_round = pulse["round"]
        if not _is_verified(reveal_round, octets(pulse["signature"]), octets(pulse["randomness"])):
            continue
        if reveal_round <= last:
            raise DispatchError(DRAND, "InvalidRoundNumber", f"round {reveal_round} is not behind {last}")
        ctx.state.put(DRAND, "Pulses", reveal_round, pulse)
        last = reveal_round
        rounds.append(reveal_round)
    ctx.state.put(DRAND, "LastStoredRound", last)
    if has_none and rounds:
        ctx.state.put(DRAND, "OldestStoredRound", rounds[0])
    prune(ctx, last)
    ctx.state.put(DRAND, "NextUnsignedAt", ctx.block)
    if rounds:
        ctx.deposit_event(DRAND, "NewPulse", rounds=rounds)


@call(DRAND, weight=weight(5_370_000, writes=1))
def set_oldest_stored_round(ctx: Context, origin: Origin, oldest_round: int) -> None:
    """Root sets the oldest round from which on the chain has all rounds."""
    ensure_root(origin)
    ctx.state.put(DRAND, "OldestStoredRound", oldest_round)
    ctx.deposit_event(DRAND, "SetOldestStoredRound", oldest_round)


def _is_verified(reveal_round: int, signature: bytes, randomness: bytes) -> bool:
    """Whether this is the beacon's signature of a round, and its randomness (the SHA-256 of it, since spec 453).

    Raises:
        DispatchError: `PulseVerificationError`: it is not a signature at all.
    """
    refusal = _refusal(reveal_round, signature)
    if refusal.startswith(UNREADABLE):
        raise DispatchError(DRAND, "PulseVerificationError", f"round {reveal_round}: {refusal}")
    return not refusal and randomness == sha256(signature).digest()


def opens(reveal_round: int, signature: bytes) -> bool:
    """Whether this is the beacon's signature of a round."""
    return not _refusal(reveal_round, signature)


def _refusal(reveal_round: int, signature: bytes) -> str:
    """Why a signature does not open data sealed for a round; empty if it does."""
    sealed, _ = bittensor_core.encrypt_at_round(b"", reveal_round)
    try:
        bittensor_core.decrypt_with_signature(sealed, signature.hex())
    except ValueError as error:
        return str(error)
    return ""


def opened(encrypted: bytes, reveal_round: int, signature: bytes) -> bytes | None:
    """Open data sealed for a round with the round's signature; None if that fails.

    Args:
        encrypted: Only the sealed bytes, without the round that the SDK writes after them.
        reveal_round: The round.
        signature: As `Pulses` has it: raw, or as text with `0x`.
    """
    try:
        return _open(encrypted, reveal_round, signature)
    except ValueError:
        return None


def why_closed(encrypted: bytes, reveal_round: int, signature: bytes) -> str:
    """Why sealed bytes can't be opened: a variant of `RevealFailure`, or empty; arguments as for `opened`."""
    try:
        return "" if _open(encrypted, reveal_round, signature) else "EmptyPlaintext"
    except ValueError as error:
        reasons = {"Signature": "SignatureDeserialize", "Error deserializing ciphertext": "CiphertextDeserialize"}
        return next((name for start, name in reasons.items() if str(error).startswith(start)), "Decrypt")


def _open(encrypted: bytes, reveal_round: int, signature: bytes) -> bytes:
    sealed = compact(len(encrypted)) + encrypted + reveal_round.to_bytes(ROUND_BYTES, "little")  # `UserData`
    return bytes(bittensor_core.decrypt_with_signature(sealed, signature.removeprefix(b"0x").hex()))


def prune(ctx: Context, last: int) -> None:
    """Remove rounds that are too old, some in each block (`prune_old_pulses`).

    Args:
        ctx: Block under construction.
        last: The newest round.
    """
    oldest = ctx.state.get(DRAND, "OldestStoredRound")
    if not oldest:
        return
    first_kept = min(max(oldest, last - ROUNDS_KEPT + 1), oldest + MOST_REMOVED)
    for reveal_round in range(oldest, first_kept):
        ctx.state.remove(DRAND, "Pulses", reveal_round)
    ctx.state.put(DRAND, "OldestStoredRound", first_kept)
