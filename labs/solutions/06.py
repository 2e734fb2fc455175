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


def clip_and_trust(weights, consensus, bonds_penalty, numbers=FLOAT):
    """Cut every weight down to consensus, see what is left of each validator, and choose what builds bonds.

    weights        (v, n)  row i: how validator i divides 1 among the miners
    consensus      (n,)    of each miner
    bonds_penalty  int     u16: how much of what clipping takes away is taken from bonds too
    numbers                FLOAT or EXACT

    Returns clipped_weights (v, n), validator_trust (v,), weights_for_bonds (v, n).

    >>> clip_and_trust(np.array([[0.75, 0.25]]), np.array([0.25, 0.5]), 0)
    (array([[0.25, 0.25]]), array([0.5]), array([[0.75, 0.25]]))
    """
    clipped_weights = np.minimum(weights, consensus)
    validator_trust = clipped_weights.sum(axis=1)
    penalty = numbers.ratio(bonds_penalty, 65_535)
    weights_for_bonds = weights + numbers.multiply(penalty, clipped_weights - weights)
    return clipped_weights, validator_trust, weights_for_bonds


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

    weights               (v, n)  weights for bonds, from `clip_and_trust`
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


def dividends(bonds, incentive, stake, yuma3, numbers=FLOAT):
    """Each validator's share of the validators' pay, under both kinds of bonds.

    bonds      (v, n)  Yuma 2: shares of each miner, as your `bonds` returns them
                       Yuma 3: each validator's own weights, averaged over epochs; columns sum to anything
    incentive  (n,)    of each miner
    stake      (v,)    stake of each validator, shares
    yuma3      bool    which kind of bonds these are
    numbers            FLOAT or EXACT

    Returns dividends (v,); they sum to 1, or to 0 where no miner earns.

    >>> bonds = np.array([[0.75, 0.5], [0.25, 0.5]])
    >>> dividends(bonds, np.array([1.0, 0.0]), np.array([0.25, 0.75]), False)
    array([0.75, 0.25])
    >>> dividends(bonds, np.array([1.0, 0.0]), np.array([0.25, 0.75]), True)
    array([0.5, 0.5])
    """
    if yuma3:
        bonds = numbers.divide(bonds, bonds.sum(axis=0))
    earned = numbers.multiply(bonds, incentive).sum(axis=1)
    if yuma3:
        earned = numbers.multiply(earned, stake)
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
    clipped_weights, validator_trust, mixed = clip_and_trust(s.weights, consensus, inputs.bonds_penalty, numbers)
    ranks, incentive = ranks_and_incentive(clipped_weights, s.voices, numbers)
    if inputs.yuma3:
        shares, places = ours.next_bonds_yuma3(s, consensus, mixed)
        stored = shares
    else:
        shares = bonds(mixed, s.voices, s.old_bonds, inputs.bonds_moving_average, numbers)
        stored, places = ours.upscale_columns(shares, numbers), None
    pay = dividends(shares, incentive, s.voices, inputs.yuma3, numbers)
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
