"""06.1: the weight that a majority of stake stands behind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.course.exercise import Case, Edit, Exercise, read_arrays
from tao_lab.course.lab06.cases import (
    AXES,
    FIFTH,
    FOUR_FIFTHS,
    HALF,
    ROUNDING,
    SIZES,
    Rng,
    about,
    random_stake,
    random_weights,
)
from tao_lab.fixed import EXACT, FLOAT, NumberSystem


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


def cases(rng: Rng) -> Iterator[Case]:
    """Half, a fifth and four fifths; stake that does not sum to one; voters without stake; nobody with stake."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            for kappa in (HALF, FIFTH, FOUR_FIFTHS):
                stake, weights = random_stake(rng, v, numbers), random_weights(rng, v, n, numbers)
                yield _case(stake, weights, kappa, numbers, f"kappa is {kappa:,} of 65,535")
        stake, weights = random_stake(rng, 5, numbers), random_weights(rng, 5, 4, numbers)
        half = numbers.multiply(stake, numbers.ratio(1, 2))
        yield _case(half, weights, HALF, numbers, "the stake does not sum to one")
        stake[np.argmax(stake)] = 0
        yield _case(stake, weights, HALF, numbers, "the largest validator has lost its stake")
        filled = c.row_normalize(numbers.number(rng.integers(1, 9, (3, 4))), numbers)
        yield _case(numbers.number([0, 0, 0]), filled, HALF, numbers, "nobody has stake")
    two, opposed = EXACT.number([[1, 0], [0, 1]]), "two validators who disagree"
    yield _case(EXACT.ratio([4, 1], 5), two, FIFTH, EXACT, f"{opposed}, the smaller with exactly kappa of the stake")
    almost = EXACT.ratio([79_999, 20_001], 100_000)
    yield _case(almost, two, FOUR_FIFTHS, EXACT, f"{opposed}, the larger with almost kappa of the stake")
    circle = EXACT.ratio([[1, 2, 3], [2, 3, 1], [3, 1, 2]], 6)
    short = "three validators whose shares, rounded down, sum to a little less than 1"
    yield _case(EXACT.number([1, 3, 6]), circle, 26_214, EXACT, short)
    stake, weights = EXACT.number([1, 1, 1, 0]), EXACT.ratio([[3, 5], [4, 4], [5, 3], [0, 8]], 8)
    yield _case(stake, weights, 65_535, EXACT, "kappa is everybody, and one validator has no stake")
    yield _case(stake, weights, 0, EXACT, "kappa is nobody, and one validator has no stake")


def _case(stake: Array, weights: Array, kappa: int, numbers: NumberSystem, what: str) -> Case:
    arguments = {"stake": stake, "weights": weights, "kappa": kappa, "numbers": numbers}
    return Case(arguments, about(weights, what, numbers), numbers)


EXERCISE = Exercise(
    id="06.1",
    title="Stake-weighted median at kappa",
    solution=weighted_median,
    reference=c.weighted_median,
    cases=cases,
    read=read_arrays(AXES, consensus=lambda a: (a["weights"].shape[1],)),
    equivalent={
        "numbers.divide(stake, stake.sum()) → "
        "numbers.multiply(stake, numbers.divide(numbers.number(1), stake.sum()))": (
            "shares differ in their last bits only, and where such a bit could decide a tie both ways give the same"
        ),
        "consensus = np.zeros(weights.shape[1], numbers.dtype) before "
        "stake, weights = (stake[voters], weights[voters])": (
            "leaving out validators leaves the number of miners as it is"
        ),
    },
    axes=AXES,
    rounding=ROUNDING,
    unlocks="You have the number that validators cannot move without a majority of stake. Next: what it cuts off.",
    wrong_answers=(
        Edit(
            "median by heads",
            {"numbers.divide(stake, stake.sum())": "numbers.ratio(np.ones(len(stake), np.int64), len(stake))"},
            "This is the median of heads: every validator counts once. On the chain stake votes, not heads; otherwise "
            "ten keys would outvote one. Add up `stake`, not people, until you pass the limit.",
        ),
        Edit(
            "numpy's median",
            {"    voters = stake > 0\n": "    return np.median(weights, axis=0)\n"},
            "This is `np.median` of each column: it knows neither `stake` nor `kappa`, and takes the middle of two "
            "values. Sort the column, add up stake in that order, and take the weight at which the sum passes 1 − "
            "kappa.",
        ),
        Edit(
            "weighted mean",
            {
                "    voters = stake > 0\n": "    shares = numbers.divide(stake, stake.sum())\n"
                "    return numbers.multiply(shares[:, None], weights).sum(axis=0)\n"
            },
            "This is the stake-weighted mean. A mean moves with every single liar; a median does not move until a "
            "majority does. No weights are averaged here: the result is one of the weights that somebody gave.",
        ),
        Edit(
            "kappa from below",
            {"shares.sum() - numbers": "numbers"},
            "You stop when kappa of the stake is below. It is the other side that counts: kappa of the stake must give "
            "this weight *or more*, so from below the limit is 1 − kappa. At kappa = 1/2 you cannot see the "
            "difference.",
        ),
        Edit(
            "shares taken to sum to one",
            {"shares.sum() - numbers.ratio": "numbers.number(1) - numbers.ratio"},
            "You take kappa off 1. Each share is rounded down, so in exact numbers they sum to a little less than 1, "
            "and that last bit decides where stake and kappa meet exactly. What is it that kappa is a part of?",
        ),
        Edit(
            "kappa as raw u16",
            {"numbers.ratio(kappa, 65_535)": "numbers.number(kappa)"},
            "`kappa` is a u16: 32,767 stands for 32,767 / 65,535, one half. You use it as it is, so no stake ever "
            "reaches it. Look for what makes a share of two whole numbers.",
        ),
        Edit(
            "stake not normalized",
            {"numbers.divide(stake, stake.sum())": "stake", "shares.sum() -": "numbers.number(1) -"},
            "You compare kappa, a share of all voting stake, with stake that need not sum to one. Divide `stake` by "
            "its sum first, over the validators that vote.",
        ),
        Edit(
            "median of those who gave weight",
            {
                "    for miner, column in enumerate(weights.T):\n": (
                    "    for miner, column in enumerate(weights.T):\n"
                    "        gave = column > 0\n"
                    "        if not gave.any():\n"
                    "            continue\n"
                    "        column, shares = column[gave], numbers.divide(stake[gave], stake[gave].sum())\n"
                    "        limit = shares.sum() - numbers.ratio(kappa, 65_535)\n"
                )
            },
            "You leave out validators that give the miner nothing. Silence is a vote too: it counts as weight 0, or "
            "else one validator alone could make a consensus.",
        ),
        Edit(
            "kappa must be passed",
            {"running > limit": "running >= limit"},
            "You ask for more than kappa. Exactly kappa of the stake is enough: look at what happens when the running "
            "sum of the others is the limit itself, neither below nor above it.",
        ),
    ),
)
