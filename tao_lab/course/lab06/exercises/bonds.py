"""06.4: being right early."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.course.exercise import Case, Edit, Exercise, read_arrays
from tao_lab.course.lab06.cases import AXES, ROUNDING, SIZES, Rng, about, random_stake, random_weights
from tao_lab.course.lab06.subnets import random_u16
from tao_lab.fixed import EXACT, FLOAT, NumberSystem


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


def cases(rng: Rng) -> Iterator[Case]:
    """Old bonds on some miners, no old bonds at all, a miner that everybody dropped, other speeds."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            for average in (900_000, 975_000):
                weights, old = random_weights(rng, v, n, numbers), numbers.number(random_u16(rng, v, n))
                what = f"the moving average is {average:,} millionths"
                yield _case(weights, random_stake(rng, v, numbers), old, average, numbers, what)
        weights, old = random_weights(rng, 4, 3, numbers), numbers.number(random_u16(rng, 4, 3))
        weights[:, 0] = 0
        yield _case(weights, random_stake(rng, 4, numbers), old, 900_000, numbers, "nobody rates miner 0 any more")
        old = np.zeros((4, 3), numbers.dtype)
        yield _case(weights, random_stake(rng, 4, numbers), old, 900_000, numbers, "the first epoch: no bonds yet")
        v, n = SIZES[-1]
        weights, old = random_weights(rng, v, n, numbers), np.zeros((v, n), numbers.dtype)
        yield _case(weights, random_stake(rng, v, numbers), old, 900_000, numbers, "the first epoch of a large subnet")


def _case(weights: Array, stake: Array, old: Array, average: int, numbers: NumberSystem, what: str) -> Case:
    arguments = {
        "weights": weights,
        "stake": stake,
        "old_bonds": old,
        "bonds_moving_average": average,
        "numbers": numbers,
    }
    return Case(arguments, about(weights, what, numbers), numbers)


EXERCISE = Exercise(
    id="06.4",
    title="Bonds: a moving average",
    solution=bonds,
    reference=c.bonds_yuma2,
    cases=cases,
    read=read_arrays(AXES, bonds=lambda a: a["weights"].shape),
    axes=AXES,
    rounding=ROUNDING,
    unlocks="You have the network's memory of who saw a good miner early. Next: turn it into pay.",
    wrong_answers=(
        Edit(
            "old and new swapped",
            {"numbers.number(1) - numbers.ratio(": "numbers.ratio("},
            "Old and new are swapped: 900,000 millionths is how much of the old bonds stays. The new part is "
            "1 − 0.9 = 0.1, so bonds move slowly.",
        ),
        Edit(
            "bonds without stake",
            {"numbers.multiply(weights, stake[:, None])": "weights"},
            "Your new bonds leave out stake: a validator with little would hold as much of a miner as one with a lot. "
            "Multiply each row of weights by its validator's stake before you normalize.",
        ),
        Edit(
            "stake laid across miners",
            {"stake[:, None]": "stake"},
            "`stake` has one number a row (a validator), but numpy lays it along the columns (the miners), and there "
            "are more or fewer of those. `stake[:, None]` stands it upright: shape (v, 1) beside (v, n).",
        ),
        Edit(
            "rows instead of columns",
            {
                "old_bonds.sum(axis=0)": "old_bonds.sum(axis=1, keepdims=True)",
                "staked.sum(axis=0)": "staked.sum(axis=1, keepdims=True)",
                "moved.sum(axis=0)": "moved.sum(axis=1, keepdims=True)",
            },
            "You normalize rows. Bonds are shares *of a miner*, divided among validators, so each column sums to one.",
        ),
        Edit(
            "old bonds not normalized",
            {"numbers.divide(old_bonds, old_bonds.sum(axis=0))": "old_bonds"},
            "You mix shares with stored numbers: `old_bonds` go up to 65,535 and drown what is new. Make their "
            "columns sum to one first.",
        ),
        Edit(
            "no memory",
            {"return numbers.divide(moved, moved.sum(axis=0))": "return new"},
            "This is only the new part: the old bonds are forgotten, so being early earns nothing.",
        ),
        Edit(
            "last normalization missing",
            {"numbers.divide(moved, moved.sum(axis=0))": "moved"},
            "Nearly: the average of two columns that sum to one sums to one, but where a miner had no old bonds, or "
            "has no weights now, one of the two is all zero. Normalize the columns once more at the end.",
        ),
        Edit(
            "millionths read as u16",
            {"1_000_000": "65_535"},
            "`bonds_moving_average` counts millionths, not parts of 65,535: 900,000 stands for 0.9. The chain has both "
            "kinds of number; look at the docstring's units.",
        ),
        Edit(
            "new bonds not normalized",
            {"numbers.divide(staked, staked.sum(axis=0))": "staked"},
            "You normalize too late: the new bonds go into the average as weight times stake, whose columns sum to "
            "less than one, so the old bonds count for more than they should. Make both parts shares before you mix"
            " them.",
        ),
        Edit(
            "normalized only at the end",
            {
                "numbers.divide(old_bonds, old_bonds.sum(axis=0))": "old_bonds",
                "numbers.divide(staked, staked.sum(axis=0))": "staked",
            },
            "You normalize too late: only once, at the end. Until then stored numbers up to 65,535 drown what is "
            "new. Make both parts shares before you mix them.",
        ),
    ),
)
