"""Which validators count: stake, permits and activity.

Each stake becomes a share of the subnet's stake. The UIDs with the largest stakes get permits to validate in the next
epoch. In this epoch a UID counts only if it has a permit and has set weights recently.

Source: `pallets/subtensor/src/epoch/run_epoch.rs` (`epoch_mechanism`), `epoch/math.rs`.
"""

from __future__ import annotations

import numpy as np

from tao_lab.consensus.types import Array, BoolArray, UIntArray
from tao_lab.fixed import EXACT, NumberSystem


def normalize(x: Array, numbers: NumberSystem = EXACT) -> Array:
    """Divide a vector by its sum; a vector that sums to zero stays as it is (`inplace_normalize`)."""
    total = x.sum()
    return numbers.divide(x, total) if total != 0 else x


def is_active(last_update: UIntArray, block: int, activity_cutoff: int) -> BoolArray:
    """Which UIDs set weights within the last `activity_cutoff` blocks.

    Args:
        last_update: uint64 (n,), block of each UID's last weights.
        block: current block.
        activity_cutoff: blocks.

    Returns:
        bool (n,).
    """
    oldest = max(block - activity_cutoff, 0)
    return last_update >= np.uint64(oldest)


def stake_shares(
    stake: UIntArray,
    min_stake: int,
    owner_uid: int | None,
    numbers: NumberSystem = EXACT,
    fraction: UIntArray | None = None,
) -> Array:
    """Share of each UID in the subnet's stake; a stake below `min_stake` counts as zero, except the owner's.

    Args:
        stake: uint64 (n,), rao; the sum is below 2^63.
        min_stake: rao (`StakeThreshold`).
        owner_uid: UID of the owner's hotkey, or None.
        numbers: the number system.
        fraction: uint64 (n,), the fraction of a rao that each stake has in addition, in parts of 2^64; None: zero.

    Returns:
        Shares (n,) that sum to one, or all zero.
    """
    enough = stake >= np.uint64(min_stake)
    if owner_uid is not None:
        enough[owner_uid : owner_uid + 1] = True
    counted = np.where(enough, stake, 0)
    if fraction is None:
        return numbers.ratio(counted, counted.sum())
    rest = np.where(enough, fraction, 0)
    words = [(rao << 64) + part for rao, part in zip(counted.tolist(), rest.tolist(), strict=True)]
    return numbers.wide_ratio(words, sum(words))


def with_owner(permits: BoolArray, owner_uid: int | None) -> BoolArray:
    """Permits with the owner's always set."""
    permits = permits.copy()
    if owner_uid is not None:
        permits[owner_uid : owner_uid + 1] = True
    return permits


def validator_permits(stake: Array, max_validators: int, owner_uid: int | None = None) -> BoolArray:
    """Permits for the next epoch: the `max_validators` largest stakes (`is_topk_nonzero`), and the owner.

    Of equal stakes the higher UID wins (the sort is ascending and stable); zero stake never gets a seat.

    Args:
        stake: shares (n,), before inactive validators are masked.
        max_validators: number of seats (`MaxAllowedValidators`).
        owner_uid: UID of the owner's hotkey, or None.

    Returns:
        bool (n,).
    """
    permits = stake != 0
    too_many = max(len(stake) - max_validators, 0)
    permits[np.argsort(stake, kind="stable")[:too_many]] = False
    return with_owner(permits, owner_uid)


def active_stake(stake: Array, active: BoolArray, permits: BoolArray, numbers: NumberSystem = EXACT) -> Array:
    """Share of each UID among the validators that are active and hold a permit.

    Args:
        stake: shares (n,).
        active: bool (n,).
        permits: bool (n,), those of the previous epoch.
        numbers: the number system.

    Returns:
        Shares (n,) that sum to one, or all zero.
    """
    return normalize(np.where(active & permits, stake, numbers.number(0)), numbers)
