"""The five functions that lab 03 builds, as the library has them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import count

from eth_utils.crypto import keccak

from tao_lab.consensus.types import Array
from tao_lab.economy import lock_cost, registration_price
from tao_lab.economy.pruning import Neuron, neuron_to_prune

__all__ = ["lock_cost", "pow_registration", "read_metagraph", "registration_price", "seal", "seats_given"]


def seats_given(
    emission: Sequence[int],
    registered_at: Sequence[int],
    owner: int,
    arrivals: Sequence[int],
    immunity_period: int,
    min_non_immune: int,
) -> list[int | None]:
    """03.3: the UID that each newcomer gets on a full subnet; None where nobody may be replaced."""
    seats = list(zip(emission, registered_at, strict=True))
    given = []
    for block in arrivals:
        neurons = (
            Neuron(uid, earned, since, block < since + immunity_period, uid == owner)
            for uid, (earned, since) in enumerate(seats)
        )
        goes = neuron_to_prune(neurons, min_non_immune)
        given.append(goes)
        if goes is not None:
            seats[goes] = 0, block
    return given


def read_metagraph(
    stake: Array,
    validator_permit: Array,
    validator_trust: Array,
    last_update: Array,
    registered_at: Array,
    block: int,
    activity_cutoff: int,
    immunity_period: int,
) -> tuple[list[int], int, float, list[int]]:
    """03.4: who votes, whom of them the majority trusts least, the largest of their voices, who is immune."""
    votes = [
        uid
        for uid, (permit, at) in enumerate(zip(validator_permit, last_update, strict=True))
        if permit and block - at <= activity_cutoff
    ]
    outsider = min(votes, key=lambda uid: validator_trust[uid])
    amounts = [float(stake[uid]) for uid in votes]
    immune = [uid for uid, at in enumerate(registered_at) if block < at + immunity_period]
    return votes, outsider, max(amounts) / sum(amounts), immune


def pow_registration(prefix: bytes, difficulty: int, hashes_per_second: float, watts: float) -> tuple[int, float]:
    """03.5: the first nonce that solves the puzzle, and the joules that one costs on average."""
    nonce = next(n for n in count() if int.from_bytes(seal(prefix, n), "little") * difficulty < 2**256)
    return nonce, watts * difficulty / hashes_per_second


def seal(prefix: bytes, nonce: int) -> bytes:
    """Hash of a try, 32 bytes."""
    return bytes(keccak(sha256(prefix + nonce.to_bytes(8, "little")).digest()))
