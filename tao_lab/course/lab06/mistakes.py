"""Wrong answers that people give in lab 06, each with the hint that helps.

Every function is what somebody writes who has one thing wrong and all else right.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array, EpochInput
from tao_lab.course.exercise import WrongAnswer
from tao_lab.fixed import EXACT, FLOAT, NumberSystem
from tao_lab.units import U16_MAX

# --- 06.1 weighted median ---


def _median_at(voices: Array, scores: Array, minority: Any) -> Array:
    """For each column of `scores` the first score, from below, at which the stake counted exceeds `minority`."""
    found = np.zeros(scores.shape[1], scores.dtype)
    if len(voices) == 0:
        return found
    for miner in range(scores.shape[1]):
        order = np.argsort(scores[:, miner], kind="stable")
        place = np.searchsorted(np.cumsum(voices[order]), minority, side="right")
        found[miner] = scores[order[min(place, len(order) - 1)], miner]
    return found


def _voters(stake: Array, weights: Array, numbers: NumberSystem) -> tuple[Array, Array]:
    voters = stake > 0
    return c.normalize(stake[voters], numbers), weights[voters]


def _median_by_heads(stake: Array, weights: Array, kappa: int, numbers: NumberSystem = FLOAT) -> Array:
    voices, scores = _voters(np.where(stake > 0, numbers.number(1), numbers.number(0)), weights, numbers)
    return _median_at(voices, scores, voices.sum() - numbers.ratio(kappa, U16_MAX))


def _numpy_median(stake: Array, weights: Array, kappa: int, numbers: NumberSystem = FLOAT) -> Array:
    return np.median(weights, axis=0)


def _weighted_mean(stake: Array, weights: Array, kappa: int, numbers: NumberSystem = FLOAT) -> Array:
    return numbers.multiply(c.normalize(stake, numbers)[:, None], weights).sum(axis=0)


def _median_from_below(stake: Array, weights: Array, kappa: int, numbers: NumberSystem = FLOAT) -> Array:
    voices, scores = _voters(stake, weights, numbers)
    return _median_at(voices, scores, numbers.ratio(kappa, U16_MAX))


def _median_of_raw_kappa(stake: Array, weights: Array, kappa: int, numbers: NumberSystem = FLOAT) -> Array:
    voices, scores = _voters(stake, weights, numbers)
    return _median_at(voices, scores, voices.sum() - numbers.number(kappa))


def _median_without_normalizing(stake: Array, weights: Array, kappa: int, numbers: NumberSystem = FLOAT) -> Array:
    voters = stake > 0
    return _median_at(stake[voters], weights[voters], numbers.number(1) - numbers.ratio(kappa, U16_MAX))


def _median_of_nonzero(stake: Array, weights: Array, kappa: int, numbers: NumberSystem = FLOAT) -> Array:
    consensus = np.zeros(weights.shape[1], weights.dtype)
    for miner in range(weights.shape[1]):
        gave = weights[:, miner] > 0
        voices, scores = _voters(stake[gave], weights[gave][:, [miner]], numbers)
        consensus[miner] = _median_at(voices, scores, voices.sum() - numbers.ratio(kappa, U16_MAX))[0]
    return consensus


MEDIAN = (
    WrongAnswer(
        "median by heads",
        "This is the median of heads: every validator counts once. On the chain stake votes, not heads; otherwise ten "
        "keys would outvote one. Add up `stake`, not people, until you pass the limit.",
        _median_by_heads,
    ),
    WrongAnswer(
        "numpy's median",
        "This is `np.median` of each column: it knows neither `stake` nor `kappa`, and takes the middle of two values. "
        "Sort the column, add up stake in that order, and take the weight at which the sum passes 1 − kappa.",
        _numpy_median,
    ),
    WrongAnswer(
        "weighted mean",
        "This is the stake-weighted mean. A mean moves with every single liar; a median does not move until a majority "
        "does. No weights are averaged here: the result is one of the weights that somebody gave.",
        _weighted_mean,
    ),
    WrongAnswer(
        "kappa from below",
        "You stop when kappa of the stake is below. It is the other side that counts: kappa of the stake must give "
        "this weight *or more*, so from below the limit is 1 − kappa. At kappa = 1/2 you cannot see the difference.",
        _median_from_below,
    ),
    WrongAnswer(
        "kappa as raw u16",
        "`kappa` is a u16: 32,767 stands for 32,767 / 65,535, one half. You use it as it is, so no stake ever reaches "
        "it. `numbers.ratio(kappa, 65_535)` is the share.",
        _median_of_raw_kappa,
    ),
    WrongAnswer(
        "stake not normalized",
        "You compare kappa, a share of all voting stake, with stake that need not sum to one. Divide `stake` by its "
        "sum first, over the validators that vote.",
        _median_without_normalizing,
    ),
    WrongAnswer(
        "median of those who gave weight",
        "You leave out validators that give the miner nothing. Silence is a vote too: it counts as weight 0, or else "
        "one validator alone could make a consensus.",
        _median_of_nonzero,
    ),
)

# --- 06.2 clipping ---


def _clip_to_zero(weights: Array, consensus: Array) -> tuple[Array, Array]:
    clipped = np.where(weights > consensus, 0, weights)
    return clipped, clipped.sum(axis=1)


def _clip_upwards(weights: Array, consensus: Array) -> tuple[Array, Array]:
    clipped = np.maximum(weights, consensus)
    return clipped, clipped.sum(axis=1)


def _clip_all_equal(weights: Array, consensus: Array) -> tuple[Array, Array]:
    clipped = np.zeros_like(weights) + consensus
    return clipped, clipped.sum(axis=1)


def _trust_before_clipping(weights: Array, consensus: Array) -> tuple[Array, Array]:
    return np.minimum(weights, consensus), weights.sum(axis=1)


def _trust_of_columns(weights: Array, consensus: Array) -> tuple[Array, Array]:
    clipped = np.minimum(weights, consensus)
    return clipped, clipped.sum(axis=0)


def _trust_as_loss(weights: Array, consensus: Array) -> tuple[Array, Array]:
    clipped = np.minimum(weights, consensus)
    return clipped, (weights - clipped).sum(axis=1)


CLIP = (
    WrongAnswer(
        "weights above consensus set to zero",
        "You throw the whole weight away where it is above consensus. Clipping cuts only what sticks out: above "
        "consensus, the weight becomes the consensus.",
        _clip_to_zero,
    ),
    WrongAnswer(
        "weights below consensus raised",
        "You raise low weights to consensus and leave high ones: that pays miners for praise that nobody gave. Cut "
        "what is above, leave what is below: the smaller of the two, not the larger.",
        _clip_upwards,
    ),
    WrongAnswer(
        "consensus for everybody",
        "Every row became the consensus. Who gave less than consensus keeps its own, lower weight.",
        _clip_all_equal,
    ),
    WrongAnswer(
        "trust before clipping",
        "Your trust is the sum of the weights before clipping, which is 1 for everybody. Sum what is left after it.",
        _trust_before_clipping,
    ),
    WrongAnswer(
        "trust of miners",
        "You summed columns, which gives one number a miner. Trust is a validator's: one number a row, so sum along "
        "`axis=1`.",
        _trust_of_columns,
    ),
    WrongAnswer(
        "what was lost",
        "Your trust is what clipping took away. Trust is what it left: 1 for a validator that nobody contradicts.",
        _trust_as_loss,
    ),
)

# --- 06.3 ranks and incentive ---


def _unweighted_ranks(clipped_weights: Array, stake: Array, numbers: NumberSystem = FLOAT) -> tuple[Array, Array]:
    ranks = clipped_weights.sum(axis=0)
    return ranks, c.normalize(ranks, numbers)


def _incentive_not_normalized(
    clipped_weights: Array, stake: Array, numbers: NumberSystem = FLOAT
) -> tuple[Array, Array]:
    ranks = c.ranks(clipped_weights, stake, numbers)
    return ranks, ranks


def _incentive_by_largest(clipped_weights: Array, stake: Array, numbers: NumberSystem = FLOAT) -> tuple[Array, Array]:
    ranks = c.ranks(clipped_weights, stake, numbers)
    return ranks, numbers.divide(ranks, ranks.max())


def _rows_scaled_again(clipped_weights: Array, stake: Array, numbers: NumberSystem = FLOAT) -> tuple[Array, Array]:
    return _reference_ranks(c.row_normalize(clipped_weights, numbers), stake, numbers)


def _columns_scaled(clipped_weights: Array, stake: Array, numbers: NumberSystem = FLOAT) -> tuple[Array, Array]:
    return _reference_ranks(c.column_normalize(clipped_weights, numbers), stake, numbers)


def _ranks_of_rows(clipped_weights: Array, stake: Array, numbers: NumberSystem = FLOAT) -> tuple[Array, Array]:
    ranks = numbers.multiply(clipped_weights, stake[:, None]).sum(axis=1)
    return ranks, c.normalize(ranks, numbers)


def _ranks_with_stake_across(
    clipped_weights: Array, stake: Array, numbers: NumberSystem = FLOAT
) -> tuple[Array, Array]:
    ranks = numbers.multiply(clipped_weights, stake).sum(axis=0)
    return ranks, c.normalize(ranks, numbers)


def _reference_ranks(weights: Array, stake: Array, numbers: NumberSystem) -> tuple[Array, Array]:
    ranks = c.ranks(weights, stake, numbers)
    return ranks, c.incentive(ranks, numbers)


INCENTIVE = (
    WrongAnswer(
        "ranks without stake",
        "You add up weights without stake, so a validator with 1 τ says as much as one with 100,000. Multiply each row "
        "by its validator's stake first: `stake[:, None]` makes a column of it.",
        _unweighted_ranks,
    ),
    WrongAnswer(
        "incentive not normalized",
        "Your incentive is the ranks themselves. After clipping they no longer sum to one, and incentive is a share of "
        "the miners' pay: divide by the sum.",
        _incentive_not_normalized,
    ),
    WrongAnswer(
        "divided by the largest",
        "You divide by the largest rank, so that the best miner gets all the pay for itself. Divide by the sum: shares "
        "of one pot.",
        _incentive_by_largest,
    ),
    WrongAnswer(
        "rows normalized after clipping",
        "You bring each validator's row back to 1 after clipping. That gives a clipped liar its lost weight back, on "
        "other miners. What is cut stays cut.",
        _rows_scaled_again,
    ),
    WrongAnswer(
        "columns normalized",
        "You make each miner's column sum to one before adding up, so all miners look equally supported. Columns are "
        "normalized for bonds (next exercise), not for ranks.",
        _columns_scaled,
    ),
    WrongAnswer(
        "stake laid across miners",
        "`stake` has one number a row (a validator), but numpy lays it along the columns (the miners), and there are "
        "more or fewer of those. `stake[:, None]` stands it upright: shape (v, 1) beside (v, n).",
        _ranks_with_stake_across,
    ),
    WrongAnswer(
        "sum over miners",
        "You sum over miners, which gives one number a validator. Ranks belong to miners: sum down the columns, "
        "`axis=0`.",
        _ranks_of_rows,
    ),
)

# --- 06.4 bonds ---


def _average(new: Array, old: Array, share_of_new: Array, numbers: NumberSystem) -> Array:
    return c.column_normalize(c.moving_average(new, old, share_of_new, numbers), numbers)


def _staked(weights: Array, stake: Array, numbers: NumberSystem) -> Array:
    return c.column_normalize(numbers.multiply(weights, stake[:, None]), numbers)


def _bonds_with_stake_across(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = FLOAT
) -> Array:
    return c.column_normalize(numbers.multiply(weights, stake), numbers)


def _bonds_swapped(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = FLOAT
) -> Array:
    alpha = numbers.ratio(bonds_moving_average, 1_000_000)
    return _average(_staked(weights, stake, numbers), c.column_normalize(old_bonds, numbers), alpha, numbers)


def _bonds_without_stake(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = FLOAT
) -> Array:
    alpha = c.bonds_alpha(bonds_moving_average, numbers)
    return _average(c.column_normalize(weights, numbers), c.column_normalize(old_bonds, numbers), alpha, numbers)


def _bonds_by_row(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = FLOAT
) -> Array:
    new = c.row_normalize(numbers.multiply(weights, stake[:, None]), numbers)
    old = c.row_normalize(old_bonds, numbers)
    alpha = c.bonds_alpha(bonds_moving_average, numbers)
    return c.row_normalize(c.moving_average(new, old, alpha, numbers), numbers)


def _bonds_old_as_stored(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = FLOAT
) -> Array:
    alpha = c.bonds_alpha(bonds_moving_average, numbers)
    return _average(_staked(weights, stake, numbers), old_bonds, alpha, numbers)


def _bonds_without_memory(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = FLOAT
) -> Array:
    return _staked(weights, stake, numbers)


def _bonds_not_shares(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = FLOAT
) -> Array:
    alpha = c.bonds_alpha(bonds_moving_average, numbers)
    return c.moving_average(_staked(weights, stake, numbers), c.column_normalize(old_bonds, numbers), alpha, numbers)


def _bonds_u16_average(
    weights: Array, stake: Array, old_bonds: Array, bonds_moving_average: int, numbers: NumberSystem = FLOAT
) -> Array:
    alpha = numbers.number(1) - numbers.ratio(bonds_moving_average, U16_MAX)
    return _average(_staked(weights, stake, numbers), c.column_normalize(old_bonds, numbers), alpha, numbers)


BONDS = (
    WrongAnswer(
        "old and new swapped",
        "Old and new are swapped: 900,000 millionths is how much of the old bonds stays. The new part is "
        "1 − 0.9 = 0.1, so bonds move slowly.",
        _bonds_swapped,
    ),
    WrongAnswer(
        "bonds without stake",
        "Your new bonds leave out stake: a validator with little would hold as much of a miner as one with a lot. "
        "Multiply each row of weights by its validator's stake before you normalize.",
        _bonds_without_stake,
    ),
    WrongAnswer(
        "stake laid across miners",
        "`stake` has one number a row (a validator), but numpy lays it along the columns (the miners), and there are "
        "more or fewer of those. `stake[:, None]` stands it upright: shape (v, 1) beside (v, n).",
        _bonds_with_stake_across,
    ),
    WrongAnswer(
        "rows instead of columns",
        "You normalize rows. Bonds are shares *of a miner*, divided among validators, so each column sums to one.",
        _bonds_by_row,
    ),
    WrongAnswer(
        "old bonds not normalized",
        "You mix shares with stored numbers: `old_bonds` go up to 65,535 and drown what is new. Make their columns sum "
        "to one first.",
        _bonds_old_as_stored,
    ),
    WrongAnswer(
        "no memory",
        "This is only the new part: the old bonds are forgotten, so being early earns nothing.",
        _bonds_without_memory,
    ),
    WrongAnswer(
        "last normalization missing",
        "Nearly: the average of two columns that sum to one sums to one, but where a miner had no old bonds, or has no "
        "weights now, one of the two is all zero. Normalize the columns once more at the end.",
        _bonds_not_shares,
    ),
    WrongAnswer(
        "millionths read as u16",
        "`bonds_moving_average` counts millionths, not parts of 65,535: 900,000 stands for 0.9. The chain has both "
        "kinds of number; look at the docstring's units.",
        _bonds_u16_average,
    ),
)

# --- 06.5 dividends ---


def _dividends_not_normalized(bonds: Array, incentive: Array, numbers: NumberSystem = FLOAT) -> Array:
    return numbers.multiply(bonds, incentive).sum(axis=1)


def _dividends_without_incentive(bonds: Array, incentive: Array, numbers: NumberSystem = FLOAT) -> Array:
    return c.normalize(bonds.sum(axis=1), numbers)


def _dividends_of_miners(bonds: Array, incentive: Array, numbers: NumberSystem = FLOAT) -> Array:
    return c.normalize(numbers.multiply(bonds, incentive).sum(axis=0), numbers)


def _dividends_by_row(bonds: Array, incentive: Array, numbers: NumberSystem = FLOAT) -> Array:
    return c.dividends_yuma2(c.row_normalize(bonds, numbers), incentive, numbers)


def _dividends_by_largest(bonds: Array, incentive: Array, numbers: NumberSystem = FLOAT) -> Array:
    pay = numbers.multiply(bonds, incentive).sum(axis=1)
    return numbers.divide(pay, pay.max())


DIVIDENDS = (
    WrongAnswer(
        "dividends not normalized",
        "Close: where nobody holds bonds on a miner that earns, its part is missing and your shares do not sum to one. "
        "Divide by the sum at the end.",
        _dividends_not_normalized,
    ),
    WrongAnswer(
        "every miner counts the same",
        "You add up bonds without incentive, so bonds on a miner that earns nothing pay like bonds on the best. "
        "Multiply each column by that miner's incentive.",
        _dividends_without_incentive,
    ),
    WrongAnswer(
        "one number a miner",
        "You summed down the columns: one number a miner. Dividends are the validators': sum along the rows, `axis=1`.",
        _dividends_of_miners,
    ),
    WrongAnswer(
        "rows normalized",
        "You make each validator's row sum to one first, so it is paid for what it holds, however little that is. "
        "Bonds are shares of a miner already: use them as they are.",
        _dividends_by_row,
    ),
    WrongAnswer(
        "divided by the largest",
        "You divide by the largest, so that the best validator gets the whole pot. Divide by the sum.",
        _dividends_by_largest,
    ),
)

# --- 06.6 the whole epoch ---


def _composed(
    inputs: EpochInput,
    numbers: NumberSystem = EXACT,
    *,
    paid_weights: str = "clipped",
    bond_weights: str = "penalty",
    upscaled: bool = True,
    versions: bool = True,
    silent_count: bool = False,
) -> c.Epoch:
    """An epoch of the five exercises, with one step done otherwise."""
    s = c.start(inputs, numbers)
    voices = s.stake[s.validators] if silent_count else s.voices
    consensus = c.weighted_median(voices, s.weights, inputs.kappa, numbers)
    clipped = c.clip(s.weights, consensus)
    ranks = c.ranks(clipped if paid_weights == "clipped" else s.weights, voices, numbers)
    incentive = c.incentive(ranks, numbers)
    places = None
    if inputs.yuma3 and versions:
        stored, places, pay = c.bonds_and_dividends_yuma3(s, consensus, clipped, incentive)
    else:
        mixed = c.weights_for_bonds(s.weights, clipped, inputs.bonds_penalty, numbers)
        weights = {"penalty": mixed, "clipped": clipped, "given": s.weights}[bond_weights]
        shares = c.bonds_yuma2(weights, voices, s.old_bonds, inputs.bonds_moving_average, numbers)
        pay = c.dividends_yuma2(shares, incentive, numbers)
        stored = c.upscale_columns(shares, numbers) if upscaled else shares
    return s.finish(
        consensus=consensus,
        clipped_weights=clipped,
        validator_trust=c.validator_trust(clipped),
        ranks=ranks,
        incentive=incentive,
        bonds=stored,
        dividends=pay,
        bond_places=places,
    )


EPOCH = (
    WrongAnswer(
        "floats",
        "Every step is right, but it runs over floats. The chain has no floats: pass `numbers` on to every step, and "
        "let it be `EXACT`.",
        lambda inputs: _composed(inputs, FLOAT),
    ),
    WrongAnswer(
        "ranks before clipping",
        "You rank the weights as given. Then clipping protects nobody: ranks need the clipped weights.",
        lambda inputs: _composed(inputs, paid_weights="given"),
    ),
    WrongAnswer(
        "bonds from weights as given",
        "Your bonds come from the weights before clipping, as if the bonds penalty were 0. Mix them first: "
        "`ours.weights_for_bonds(s.weights, clipped_weights, inputs.bonds_penalty, numbers)`.",
        lambda inputs: _composed(inputs, bond_weights="given"),
    ),
    WrongAnswer(
        "bonds always from clipped weights",
        "Your bonds always come from the clipped weights, as if the bonds penalty were 1. A subnet may set it lower: "
        "`ours.weights_for_bonds(s.weights, clipped_weights, inputs.bonds_penalty, numbers)` mixes the two.",
        lambda inputs: _composed(inputs, bond_weights="clipped"),
    ),
    WrongAnswer(
        "bonds stored as shares",
        "Pay is right; only the stored bonds differ. Yuma 2 stores each column scaled so that its largest bond is "
        "65,535: pass `ours.upscale_columns(shares, numbers)` to `s.finish`, and use the shares for dividends.",
        lambda inputs: _composed(inputs, upscaled=False),
    ),
    WrongAnswer(
        "Yuma 3 not distinguished",
        "Right for Yuma 2. Where `inputs.yuma3` is true, bonds and dividends are another pair of functions: "
        "`ours.bonds_and_dividends_yuma3(s, consensus, clipped_weights, incentive)`.",
        lambda inputs: _composed(inputs, versions=False),
    ),
    WrongAnswer(
        "silent validators vote",
        "You use all stake. Validators that have been silent for too long have no voice: `s.voices` is the stake of "
        "those that do.",
        lambda inputs: _composed(inputs, silent_count=True),
    ),
)
