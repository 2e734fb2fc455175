"""06.3: what miners earn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.course.exercise import Case, Edit, Exercise, read_arrays
from tao_lab.course.lab06.cases import AXES, HALF, ROUNDING, SIZES, Rng, about, random_stake, random_weights
from tao_lab.fixed import EXACT, FLOAT, NumberSystem


def ranks_and_incentive(clipped_weights, stake, numbers=FLOAT):
    """The stake behind each miner, and its share of the miners' pay.

    clipped_weights  (v, n)
    stake            (v,)    stake of each validator, shares
    numbers                  FLOAT or EXACT

    Returns ranks (n,), incentive (n,).
    """
    ranks = numbers.multiply(clipped_weights, stake[:, None]).sum(axis=0)
    return ranks, numbers.divide(ranks, ranks.sum())


def reference(clipped_weights: Array, stake: Array, numbers: NumberSystem = FLOAT) -> tuple[Array, Array]:
    """The library's own steps."""
    ranks = c.ranks(clipped_weights, stake, numbers)
    return ranks, c.incentive(ranks, numbers)


def cases(rng: Rng) -> Iterator[Case]:
    """Clipped weights, and nothing left after clipping."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            stake, weights = random_stake(rng, v, numbers), random_weights(rng, v, n, numbers)
            clipped = c.clip(weights, c.weighted_median(stake, weights, HALF, numbers))
            yield _case(clipped, stake, numbers, "clipped at one half")
        nothing = np.zeros((3, 4), numbers.dtype)
        yield _case(nothing, random_stake(rng, 3, numbers), numbers, "clipping left nothing")


def _case(clipped: Array, stake: Array, numbers: NumberSystem, what: str) -> Case:
    arguments = {"clipped_weights": clipped, "stake": stake, "numbers": numbers}
    return Case(arguments, about(clipped, what, numbers), numbers)


EXERCISE = Exercise(
    id="06.3",
    title="Ranks and incentive",
    solution=ranks_and_incentive,
    reference=reference,
    cases=cases,
    read=read_arrays(
        AXES,
        ranks=lambda a: (a["clipped_weights"].shape[1],),
        incentive=lambda a: (a["clipped_weights"].shape[1],),
    ),
    axes=AXES,
    rounding=ROUNDING,
    unlocks="Miners are paid: half of the epoch is yours. Next: what validators earn, and why they should hurry.",
    wrong_answers=(
        Edit(
            "ranks without stake",
            {"numbers.multiply(clipped_weights, stake[:, None])": "clipped_weights"},
            "You add up weights without stake, so a validator with 1 τ says as much as one with 100,000. Multiply "
            "each row by its validator's stake first: `stake[:, None]` makes a column of it.",
        ),
        Edit(
            "incentive not normalized",
            {"numbers.divide(ranks, ranks.sum())": "ranks"},
            "Your incentive is the ranks themselves. After clipping they no longer sum to one, and incentive is a "
            "share of the miners' pay: divide by the sum.",
        ),
        Edit(
            "divided by the largest",
            {"ranks.sum()": "ranks.max()"},
            "You divide by the largest rank, so that the best miner gets all the pay for itself. Divide by the sum: "
            "shares of one pot.",
        ),
        Edit(
            "rows normalized after clipping",
            {
                "    ranks =": "    row_sums = clipped_weights.sum(axis=1, keepdims=True)\n"
                "    clipped_weights = numbers.divide(clipped_weights, row_sums)\n"
                "    ranks ="
            },
            "You bring each validator's row back to 1 after clipping. That gives a clipped liar its lost weight back, "
            "on other miners. What is cut stays cut.",
        ),
        Edit(
            "columns normalized",
            {"(clipped_weights, stake[": "(numbers.divide(clipped_weights, clipped_weights.sum(axis=0)), stake["},
            "You make each miner's column sum to one before adding up, so all miners look equally supported. Columns "
            "are normalized for bonds (next exercise), not for ranks.",
        ),
        Edit(
            "stake laid across miners",
            {"stake[:, None]": "stake"},
            "`stake` has one number a row (a validator), but numpy lays it along the columns (the miners), and there "
            "are more or fewer of those. `stake[:, None]` stands it upright: shape (v, 1) beside (v, n).",
        ),
        Edit(
            "sum over miners",
            {"axis=0": "axis=1"},
            "You sum over miners, which gives one number a validator. Ranks belong to miners: sum down the columns, "
            "`axis=0`.",
        ),
    ),
)
