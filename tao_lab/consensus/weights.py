"""From raw weights to consensus: masks, weighted median, clipping, ranks.

Each validator divides one unit of weight among the miners. A miner's consensus weight is the highest weight that a
majority `kappa` of the stake supports; the part of a validator's weight above it is cut off.

Source: `pallets/subtensor/src/epoch/run_epoch.rs` (`epoch_mechanism`), `epoch/math.rs`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tao_lab.compiled import njit
from tao_lab.consensus.stake import normalize
from tao_lab.consensus.types import Array, BoolArray, UIntArray
from tao_lab.fixed import EXACT, NumberSystem
from tao_lab.units import U16_MAX


def weights_mask(
    validators: npt.NDArray[np.int64],
    permits: BoolArray,
    owner_uid: int | None,
    last_update: UIntArray,
    registered_at: UIntArray,
    commit_block: UIntArray | None = None,
) -> BoolArray:
    """Which weights count.

    These weights don't count: rows without a permit; a validator's weight on itself (the owner's does count); weights
    older than the registration of the miner, because they were meant for whoever had that UID before; and, with
    commit-reveal, weights whose open commit is older than that registration.

    Args:
        validators: int64 (v,), UID of each row.
        permits: bool (n,), permits of the previous epoch.
        owner_uid: UID of the owner's hotkey, or None.
        last_update: uint64 (n,), block of the last weights.
        registered_at: uint64 (n,), block of registration.
        commit_block: uint64 (n,), earliest open commit (2^64 - 1: none), or None without commit-reveal.

    Returns:
        bool (v, n).
    """
    updated = last_update[validators][:, None] > registered_at
    keep = permits[validators][:, None] & updated
    itself = np.flatnonzero(validators != (-1 if owner_uid is None else owner_uid))
    keep[itself, validators[itself]] = False
    if commit_block is not None:
        keep &= commit_block[validators][:, None] >= registered_at
    return keep


def row_normalize(weights: Array, numbers: NumberSystem = EXACT) -> Array:
    """Divide each row of (v, n) by its sum; an empty row stays empty."""
    return numbers.divide(weights, weights.sum(axis=1, keepdims=True))


@njit(cache=True)
def _weighted_medians(stake: Array, scores: Array, minority: Any, median: Array) -> None:
    """For each row of `scores` (columns, v; int64 >= 0): the smallest score up to which stake exceeds `minority`.

    The chain partitions around pivots. Sums of raw values are exact, so another search gives the same result. This one
    halves an interval of scores; each step adds up stake over whole arrays, which is fast.
    """
    for column in range(len(scores)):
        score = scores[column]
        low, high = score.min(), score.max()
        while low < high:
            middle = low + (high - low) // 2
            up_to_middle = 0 * minority
            for voter in range(len(score)):
                up_to_middle += stake[voter] * (score[voter] <= middle)
            if up_to_middle > minority:
                high = middle
            else:
                low = middle + 1
        median[column] = low


def weighted_median(stake: Array, weights: Array, kappa: int, numbers: NumberSystem = EXACT) -> Array:
    """Consensus: for each miner the largest weight that at least `kappa` of the active stake gives or exceeds.

    It is the stake-weighted median of the column at `1 - kappa` of the stake, counting only validators with stake,
    re-normalized; a validator that gave no weight counts as giving zero (`weighted_median_col_sparse`).

    Args:
        stake: active stake of the validators (v,).
        weights: row-normalized weights (v, n).
        kappa: u16; 32,767 is just below one half, so that exactly half of the stake is enough.
        numbers: the number system.

    Returns:
        Consensus weights (n,).
    """
    voters = stake > 0
    if not voters.any():
        return np.zeros(weights.shape[1], numbers.dtype)
    voices = normalize(stake[voters], numbers)
    minority = voices.sum() - numbers.ratio(kappa, U16_MAX)
    scores = np.ascontiguousarray(weights[voters].T)
    # floats that are not negative are ordered as their bits are, so one search serves both number systems
    median = np.empty(len(scores), np.int64)
    _weighted_medians(voices, scores.view(np.int64), minority, median)
    return median.view(numbers.dtype)


def clip(weights: Array, consensus: Array) -> Array:
    """Cut each column of weights (v, n) at its consensus (n,) (`col_clip_sparse`)."""
    return np.minimum(weights, consensus)


def validator_trust(clipped_weights: Array) -> Array:
    """The part of each validator's unit of weight that is left after clipping: sum of each row of (v, n)."""
    trust: Array = clipped_weights.sum(axis=1)
    return trust


def ranks(clipped_weights: Array, stake: Array, numbers: NumberSystem = EXACT) -> Array:
    """Stake behind each miner: sum over validators of clipped weight (v, n) times active stake (v,)."""
    supported: Array = numbers.multiply(clipped_weights, stake[:, None]).sum(axis=0)
    return supported


def incentive(ranks: Array, numbers: NumberSystem = EXACT) -> Array:
    """Each miner's share of the miners' pay: ranks (n,) divided by their sum."""
    return normalize(ranks, numbers)
