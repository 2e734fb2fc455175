"""Solutions of lab 06: one function an exercise. Made by `make labs`."""

import numpy as np

from tao_lab import consensus as ours
from tao_lab.fixed import EXACT, FLOAT


def weighted_median(stake, weights, kappa, numbers=FLOAT):
    """For each miner, the largest weight that at least kappa of the stake gives it, or more.

    stake      (v,)    stake of each validator; need not sum to 1
    weights    (v, n)  row i: how validator i divides 1 among the miners
    kappa      int     u16: 65,535 stands for 1
    numbers            FLOAT or EXACT

    Returns consensus (n,).
    """
    voters = stake > 0
    stake, weights = stake[voters], weights[voters]
    consensus = np.zeros(weights.shape[1], numbers.dtype)
    if not voters.any():
        return consensus
    shares = numbers.divide(stake, stake.sum())
    limit = shares.sum() - numbers.ratio(kappa, 65_535)
    for miner, column in enumerate(weights.T):
        order = np.argsort(column)
        running = np.cumsum(shares[order])
        above = np.flatnonzero(running > limit)
        consensus[miner] = column[order[above[0] if len(above) else -1]]
    return consensus


def clip_and_trust(weights, consensus):
    """Cut every weight down to consensus, and see what is left of each validator.

    weights    (v, n)  row i: how validator i divides 1 among the miners
    consensus  (n,)    of each miner

    Returns clipped_weights (v, n), validator_trust (v,).
    """
    clipped_weights = np.minimum(weights, consensus)
    return clipped_weights, clipped_weights.sum(axis=1)


def ranks_and_incentive(clipped_weights, stake, numbers=FLOAT):
    """The stake behind each miner, and its share of the miners' pay.

    clipped_weights  (v, n)
    stake            (v,)    stake of each validator, shares
    numbers                  FLOAT or EXACT

    Returns ranks (n,), incentive (n,).
    """
    ranks = numbers.multiply(clipped_weights, stake[:, None]).sum(axis=0)
    return ranks, numbers.divide(ranks, ranks.sum())


def bonds(weights, stake, old_bonds, bonds_moving_average, numbers=FLOAT):
    """Each validator's share of each miner, moved a little towards today's weights.

    weights               (v, n)  clipped weights, as far as the subnet wants (BondsPenalty)
    stake                 (v,)    stake of each validator, shares
    old_bonds             (v, n)  as stored: numbers from 0 to 65,535
    bonds_moving_average  int     how much of the old stays, in millionths
    numbers                       FLOAT or EXACT

    Returns bonds (v, n); each column sums to 1, or to 0 where nobody holds any.
    """
    old = numbers.divide(old_bonds, old_bonds.sum(axis=0))
    staked = numbers.multiply(weights, stake[:, None])
    new = numbers.divide(staked, staked.sum(axis=0))
    alpha = numbers.number(1) - numbers.ratio(bonds_moving_average, 1_000_000)
    moved = numbers.multiply(alpha, new) + numbers.multiply(numbers.number(1) - alpha, old)
    return numbers.divide(moved, moved.sum(axis=0))


def dividends(bonds, incentive, numbers=FLOAT):
    """Each validator's share of the validators' pay.

    bonds      (v, n)  each column sums to 1 or 0
    incentive  (n,)    of each miner
    numbers            FLOAT or EXACT

    Returns dividends (v,); they sum to 1, or to 0 where no miner earns.
    """
    earned = numbers.multiply(bonds, incentive).sum(axis=1)
    return numbers.divide(earned, earned.sum())


def my_epoch(inputs, numbers=EXACT):
    """One epoch of a subnet: your five functions, in the chain's order.

    inputs   EpochInput: everything that the chain knows about the subnet
    numbers  EXACT or FLOAT; hand it on to every step

    Returns s.finish(consensus=..., clipped_weights=..., validator_trust=..., ranks=..., incentive=...,
                     bonds=..., bond_places=..., dividends=...), where bond_places is None for Yuma 2.
    """
    s = ours.start(inputs, numbers)
    consensus = weighted_median(s.voices, s.weights, inputs.kappa, numbers)
    clipped_weights, validator_trust = clip_and_trust(s.weights, consensus)
    ranks, incentive = ranks_and_incentive(clipped_weights, s.voices, numbers)
    if inputs.yuma3:
        stored, places, pay = ours.bonds_and_dividends_yuma3(s, consensus, clipped_weights, incentive)
    else:
        mixed = ours.weights_for_bonds(s.weights, clipped_weights, inputs.bonds_penalty, numbers)
        shares = bonds(mixed, s.voices, s.old_bonds, inputs.bonds_moving_average, numbers)
        pay = dividends(shares, incentive, numbers)
        stored, places = ours.upscale_columns(shares, numbers), None
    return s.finish(
        consensus=consensus,
        clipped_weights=clipped_weights,
        validator_trust=validator_trust,
        ranks=ranks,
        incentive=incentive,
        bonds=stored,
        bond_places=places,
        dividends=pay,
    )
