"""06.5: what validators earn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.course.exercise import Case, Edit, Exercise, read_arrays
from tao_lab.course.lab06.cases import AXES, ROUNDING, SIZES, Rng, about, random_stake
from tao_lab.course.lab06.subnets import random_u16
from tao_lab.fixed import EXACT, FLOAT, NumberSystem


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


def reference(bonds: Array, incentive: Array, stake: Array, yuma3: bool, numbers: NumberSystem) -> Array:
    """The library's rule for each kind."""
    if yuma3:
        return c.dividends_yuma3(bonds, incentive, stake, numbers)
    return c.dividends_yuma2(bonds, incentive, numbers)


def cases(rng: Rng) -> Iterator[Case]:
    """Bonds of all sizes and both kinds, a miner whom nobody holds, and no incentive."""
    for numbers in (FLOAT, EXACT):
        held = numbers.ratio([[3, 2, 1], [1, 2, 3]], 4)
        incentive, stake = numbers.ratio([2, 1, 1], 4), numbers.ratio([1, 3], 4)
        yield _case(held, incentive, stake, False, numbers, "two validators")
        yield _case(held, incentive, stake, True, numbers, "the same")
        held = c.column_normalize(numbers.number([[7, 9, 1], [7, 3, 5], [9, 3, 7]]), numbers)
        incentive, stake = numbers.ratio([2, 3, 9], 14), numbers.ratio([1, 2, 1], 4)
        yield _case(held, incentive, stake, False, numbers, "shares that do not come out even")
        for v, n in SIZES:
            for yuma3 in (False, True):
                held = numbers.ratio(random_u16(rng, v, n), 65_535)
                held = held if yuma3 else c.column_normalize(held, numbers)
                incentive = c.normalize(numbers.number(rng.integers(1, 100, n)), numbers)
                stake = random_stake(rng, v, numbers)
                yield _case(held, incentive, stake, yuma3, numbers, "every miner earns")
                held = held.copy()  # the case above keeps its own
                held[:, 0] = 0
                yield _case(held, incentive, stake, yuma3, numbers, "nobody holds bonds on miner 0")
        yield _case(held, np.zeros_like(incentive), stake, True, numbers, "no miner earns")


def _case(held: Array, incentive: Array, stake: Array, yuma3: bool, numbers: NumberSystem, what: str) -> Case:
    arguments = {"bonds": held, "incentive": incentive, "stake": stake, "yuma3": yuma3, "numbers": numbers}
    return Case(arguments, about(held, f"Yuma {3 if yuma3 else 2}, {what}", numbers), numbers)


EXERCISE = Exercise(
    id="06.5",
    title="Dividends",
    solution=dividends,
    reference=reference,
    cases=cases,
    read=read_arrays(AXES, dividends=lambda a: (a["bonds"].shape[0],)),
    axes=AXES,
    rounding=ROUNDING,
    look="Which kind of bonds has stake in it already, and which kind sums to one already?",
    unlocks="All five parts are there. Next: put them in the right order, and face the chain's own numbers.",
    wrong_answers=(
        Edit(
            "dividends not normalized",
            {"numbers.divide(earned, earned.sum())": "earned"},
            "Close: where nobody holds bonds on a miner that earns, its part is missing and your shares do not sum to "
            "one. Divide by the sum at the end.",
        ),
        Edit(
            "every miner counts the same",
            {"numbers.multiply(bonds, incentive)": "bonds"},
            "You add up bonds without incentive, so bonds on a miner that earns nothing pay like bonds on the best. "
            "Multiply each column by that miner's incentive.",
        ),
        Edit(
            "one number a miner",
            {"axis=1": "axis=0", "numbers.multiply(earned, stake)": "earned"},
            "You summed down the columns: one number a miner. Dividends are the validators': sum along the rows, "
            "`axis=1`.",
        ),
        Edit(
            "rows normalized",
            {"(bonds, incentive)": "(numbers.divide(bonds, bonds.sum(axis=1, keepdims=True)), incentive)"},
            "You make each validator's row sum to one first, so it is paid for what it holds, however little that is. "
            "Bonds are shares of a miner: it is columns that sum to one.",
        ),
        Edit(
            "divided by the largest",
            {"earned.sum()": "earned.max()"},
            "You divide by the largest, so that the best validator gets the whole pot. Divide by the sum.",
        ),
        Edit(
            "stake counts twice in Yuma 2",
            {"    if yuma3:\n        earned": "    if True:\n        earned"},
            "You multiply by stake in Yuma 2 as well. There each bond was built from weight times stake (06.4), so "
            "stake would count twice.",
        ),
        Edit(
            "no stake in Yuma 3",
            {"    if yuma3:\n        earned": "    if False:\n        earned"},
            "Your Yuma 3 pays without stake: a validator with a thousandth of it would earn like the largest. These "
            "bonds are built from weights alone, so stake must come in here.",
        ),
        Edit(
            "columns of Yuma 3 as they are",
            {"    if yuma3:\n        bonds": "    if False:\n        bonds"},
            "You use the bonds of Yuma 3 as shares. Their columns sum to anything, so a miner on whom many agree would "
            "count more often: divide each column by its sum first.",
        ),
        Edit(
            "columns of Yuma 2 once more",
            {"    if yuma3:\n        bonds": "    if True:\n        bonds"},
            "Right over floats. In Yuma 2 the columns sum to one already; dividing them once more changes the last "
            "bits of the chain's exact numbers. Do that for Yuma 3 only.",
        ),
        Edit(
            "the two kinds exchanged",
            {
                "    if yuma3:\n        bonds": "    if not yuma3:\n        bonds",
                "    if yuma3:\n        earned": "    if not yuma3:\n        earned",
            },
            "You have exchanged the two kinds. Which of them has stake in its bonds already?",
        ),
        Edit(
            "stake before the columns",
            {
                "    if yuma3:\n        bonds = numbers.divide(bonds, bonds.sum(axis=0))": "    if yuma3:\n"
                "        bonds = numbers.multiply(bonds, stake[:, None])\n"
                "        bonds = numbers.divide(bonds, bonds.sum(axis=0))",
                "    if yuma3:\n        earned = numbers.multiply(earned, stake)\n": "",
            },
            "You multiply by stake before you divide the columns: that is how Yuma 2 builds its bonds. In Yuma 3 "
            "columns are divided first, and stake comes after the sum over miners.",
        ),
    ),
)
