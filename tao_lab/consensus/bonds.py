"""Bonds: a validator earns more if it supported a good miner early.

A bond is a moving average of the weights that a validator gave to a miner. Bonds and the miner's incentive decide the
validator's dividends. Yuma 2 stores bonds as shares of a column, weighted by stake. Yuma 3 stores each validator's bond
separately; its averaging speed (`alpha`) can depend on how far the validator is from consensus (liquid alpha).

Source: `pallets/subtensor/src/epoch/run_epoch.rs` (`compute_bonds_sparse`, `alpha_sigmoid`), `epoch/math.rs`; for the
consensus of liquid alpha the notes of release v446 and the tests of `ConsensusMode`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tao_lab.compiled import njit
from tao_lab.consensus.stake import normalize
from tao_lab.consensus.types import Array, BoolArray, LiquidAlpha, UIntArray
from tao_lab.fixed import EXACT, NumberSystem
from tao_lab.units import U16_MAX, U64_MAX

MILLION = 1_000_000


@dataclass(frozen=True, eq=False)
class Rows:
    """Values (v, n) with the place of each entry in its stored row, from 1; place 0: there is no entry."""

    values: Array
    places: Array


def bonds_mask(registered_at: UIntArray, block: int, tempo: int, last_step_block: int) -> BoolArray:
    """Which miners keep their bonds: those that registered before the previous epoch.

    Args:
        registered_at: uint64 (n,), block of registration.
        block: current block.
        tempo: blocks between epochs; if there was no previous epoch, `block - tempo` counts as its block.
        last_step_block: block of the previous epoch; 0 if there was none.

    Returns:
        bool (n,).
    """
    last_tempo = last_step_block + 1 if last_step_block else max(block - tempo, 0)
    return registered_at < np.uint64(min(last_tempo, U64_MAX))


def weights_for_bonds(
    weights: Array, clipped_weights: Array, bonds_penalty: int, numbers: NumberSystem = EXACT
) -> Array:
    """Weights for bonds: a mix of the given weights (all of it at penalty 0) and the clipped ones (all at penalty 1).

    Args:
        weights: row-normalized weights (v, n).
        clipped_weights: (v, n).
        bonds_penalty: u16 (`BondsPenalty`).
        numbers: the number system.
    """
    if bonds_penalty == 0:
        return weights
    if bonds_penalty == U16_MAX:
        return clipped_weights
    ratio = numbers.ratio(bonds_penalty, U16_MAX)
    return weights + numbers.multiply(ratio, clipped_weights - weights)


def places_for_bonds(places: Array, weights: Array, mixed: Array, consensus: Array, bonds_penalty: int) -> Array:
    """Positions of the entries in the stored rows of `weights_for_bonds`.

    Clipping to zero removes an entry (`col_clip_sparse`); mixing writes the row again, in ascending order and without
    zeros (`interpolate_sparse`).

    Args:
        places: of the entries of the masked weights (v, n).
        weights: row-normalized weights (v, n).
        mixed: weights for bonds (v, n).
        consensus: (n,).
        bonds_penalty: u16.
    """
    if bonds_penalty == 0:
        return places
    if bonds_penalty == U16_MAX:
        return np.where((consensus == 0) & (weights > 0), 0, places)
    return ascending_places(mixed)


def ascending_places(values: Array) -> Array:
    """Places of the entries above zero when a row is stored in ascending order of UID."""
    present = values > 0
    return np.where(present, np.cumsum(present, axis=1), 0)


def column_normalize(x: Array, numbers: NumberSystem = EXACT) -> Array:
    """Divide each column of (v, n) by its sum; a column of zeros stays zero (`inplace_col_normalize_sparse`)."""
    return numbers.divide(x, x.sum(axis=0))


def moving_average(new: Array, old: Array, alpha: Array, numbers: NumberSystem = EXACT) -> Array:
    """Alpha * new + (1 - alpha) * old, element by element (`mat_ema_sparse`)."""
    return numbers.multiply(alpha, new) + numbers.multiply(numbers.number(1) - alpha, old)


def bonds_alpha(bonds_moving_average: int, numbers: NumberSystem = EXACT) -> Array:
    """Weight of the new bond, the same for all bonds: 1 - `bonds_moving_average` / 10^6."""
    return numbers.number(1) - numbers.ratio(bonds_moving_average, MILLION)


# --- Yuma 2 ---


def bonds_yuma2(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = EXACT
) -> Array:
    """Bonds of Yuma 2: moving average of stake-weighted weights, each column a set of shares.

    Args:
        weights: weights for bonds (v, n).
        stake: active stake (v,).
        old_bonds: stored bonds (v, n) as numbers; only their proportions within a column count.
        bonds_moving_average: millionths.
        numbers: the number system.

    Returns:
        Bonds (v, n), each column summing to one or zero.
    """
    old = column_normalize(old_bonds, numbers)
    bonds_delta = column_normalize(numbers.multiply(weights, stake[:, None]), numbers)
    alpha = bonds_alpha(bonds_moving_average, numbers)
    return column_normalize(moving_average(bonds_delta, old, alpha, numbers), numbers)


def dividends_yuma2(bonds: Array, incentive: Array, numbers: NumberSystem = EXACT) -> Array:
    """Share of each validator in the validators' pay: bonds (v, n) times incentive (n,)."""
    return normalize(numbers.multiply(bonds, incentive).sum(axis=1), numbers)


def upscale_columns(bonds: Array, numbers: NumberSystem = EXACT) -> Array:
    """Divide each column by its largest entry: the form in which Yuma 2 stores bonds."""
    largest = bonds.max(axis=0, initial=0)
    return numbers.divide(bonds, largest)


# --- Yuma 3 ---


def bonds_yuma3(weights: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = EXACT) -> Array:
    """Bonds of Yuma 3: each validator's own moving average of its weights.

    Args:
        weights: weights for bonds (v, n).
        old_bonds: proportions (v, n).
        bonds_moving_average: millionths.
        numbers: the number system.
    """
    return moving_average(weights, old_bonds, bonds_alpha(bonds_moving_average, numbers), numbers)


def dividends_yuma3(bonds: Array, incentive: Array, stake: Array, numbers: NumberSystem = EXACT) -> Array:
    """Share of each validator: its share of the bonds times incentive (n,), times its active stake (v,)."""
    shares = numbers.multiply(column_normalize(bonds, numbers), incentive).sum(axis=1)
    return normalize(numbers.multiply(shares, stake), numbers)


def consensus_for_liquid_alpha(
    consensus: Array,
    previous: UIntArray | None,
    settings: LiquidAlpha,
    bonds_penalty: int,
    numbers: NumberSystem = EXACT,
) -> Array:
    """The consensus from which liquid alpha measures distances (`compute_consensus_for_liquid_alpha`, spec 446).

    If bonds are built from clipped weights, no weight is above the current consensus, so all distances would be zero.
    So by default the previous consensus is used if the bonds penalty is at its maximum.

    Args:
        consensus: of this epoch (n,).
        previous: u16 values (n,) that the previous epoch stored, or None.
        settings: its `mode` is `Current`, `Previous` or `Auto`.
        bonds_penalty: u16.
        numbers: the number system.
    """
    wants_previous = settings.mode == "Previous" or (settings.mode == "Auto" and bonds_penalty == U16_MAX)
    if previous is None or not wants_previous:
        return consensus
    return numbers.divide(numbers.number(previous.astype(np.int64)), numbers.number(U16_MAX))


def liquid_alpha(
    consensus: Array, weights: Rows, old_bonds: Rows, settings: LiquidAlpha, numbers: NumberSystem = EXACT
) -> Array:
    """Averaging speed of each bond (`alpha_sigmoid`): between `low` and `high`, depending on the distance to consensus.

    If a validator raises a bond, the distance is its weight minus consensus. If it lowers a bond, the distance is the
    bond minus the weight. The chain reads consensus and the stored rows in parallel, once, by ascending UID. So it
    misses an entry that comes after an entry with a higher UID, and counts it as zero. Rows in ascending order of UID
    lose no entry.

    Args:
        consensus: (n,), as `consensus_for_liquid_alpha` chose it.
        weights: weights for bonds (v, n).
        old_bonds: (v, n).
        settings: low, high (u16) and steepness (hundredths).
        numbers: the number system.

    Returns:
        Alphas (v, n).
    """
    low = numbers.ratio(settings.low, U16_MAX)
    high = numbers.ratio(settings.high, U16_MAX)
    one, half = numbers.number(1), numbers.ratio(1, 2)
    weight = np.where(_seen_by_walk(weights.places), weights.values, numbers.number(0))
    bond = np.where(_seen_by_walk(old_bonds.places), old_bonds.values, numbers.number(0))
    buy = np.clip(weight - consensus, 0, one)
    sell = np.clip(bond - weight, 0, one)
    distance = np.where(weight >= bond, buy, sell)
    slope = numbers.divide(numbers.number(settings.steepness), numbers.number(-100))
    sigmoid = numbers.divide(one, one + numbers.exp(numbers.multiply(slope, distance - half)))
    alpha = low + numbers.multiply(sigmoid, high - low)
    return np.maximum(np.minimum(alpha, high), low)


@njit(cache=True)
def _mark_seen(places: Array, seen: BoolArray) -> None:
    rows, columns = places.shape
    for row in range(rows):
        earliest = columns + 1  # place of the first entry among the higher UIDs
        for column in range(columns - 1, -1, -1):
            if 0 < places[row, column] < earliest:
                seen[row, column] = True
                earliest = places[row, column]


def _seen_by_walk(places: Array) -> BoolArray:
    """Entries that come after no higher UID in their row."""
    seen = np.zeros(places.shape, np.bool_)
    _mark_seen(places, seen)
    return seen


def bonds_liquid_alpha(
    consensus: Array, weights: Rows, old_bonds: Rows, settings: LiquidAlpha, numbers: NumberSystem = EXACT
) -> tuple[Array, Array]:
    """Bonds of Yuma 3 with liquid alpha: each bond has its own averaging speed.

    A bond is kept only if the row of weights has an entry for this miner (a stored zero is an entry). Otherwise the
    bond disappears at once (`mat_ema_alpha_sparse`).

    Args:
        consensus: (n,).
        weights: weights for bonds (v, n).
        old_bonds: proportions (v, n).
        settings: low, high (u16) and steepness (hundredths).
        numbers: the number system.

    Returns:
        Bonds (v, n), and their places in the stored rows (v, n), which keep the order of the weights.
    """
    alpha = liquid_alpha(consensus, weights, old_bonds, settings, numbers)
    averaged = np.minimum(moving_average(weights.values, old_bonds.values, alpha, numbers), numbers.number(1))
    bonds = np.where(weights.places > 0, averaged, numbers.number(0))
    return bonds, np.where(bonds > 0, weights.places, 0)
