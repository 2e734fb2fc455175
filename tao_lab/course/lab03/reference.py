"""Functions that lab 03 builds, as the library has them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.economy import lock_cost, registration_price
from tao_lab.economy.pruning import Neuron, neuron_to_prune
from tao_lab.fixed import FLOAT

__all__ = ["lock_cost", "read_metagraph", "registration_price", "seats_given"]


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
    """03.4: the validators that vote, the one with the least trust, the largest share of stake, and immune UIDs.

    By the epoch's own parts: who is active, and what stake of theirs speaks.
    """
    active = c.is_active(np.asarray(last_update, np.uint64), block, activity_cutoff)
    voices = c.active_stake(np.asarray(stake, np.float64), active, np.asarray(validator_permit), FLOAT)
    votes = [uid for uid, speaks in enumerate(active & np.asarray(validator_permit)) if speaks]
    outsider, *_ = sorted(votes, key=lambda uid: int(validator_trust[uid]))
    immune = [uid for uid, since in enumerate(registered_at) if block < since + immunity_period]
    return votes, outsider, float(voices.max()), immune
