"""06.5: what validators earn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.course.exercise import Case, Edit, Exercise, read_arrays
from tao_lab.course.lab06.cases import AXES, ROUNDING, SIZES, Rng, about
from tao_lab.course.lab06.subnets import random_u16
from tao_lab.fixed import EXACT, FLOAT, NumberSystem


def dividends(bonds, incentive, numbers=FLOAT):
    """Each validator's share of the validators' pay.

    bonds      (v, n)  each column sums to 1 or 0
    incentive  (n,)    of each miner
    numbers            FLOAT or EXACT

    Returns dividends (v,); they sum to 1, or to 0 where no miner earns.
    """
    earned = numbers.multiply(bonds, incentive).sum(axis=1)
    return numbers.divide(earned, earned.sum())


def cases(rng: Rng) -> Iterator[Case]:
    """Bonds of all sizes, a miner whom nobody holds, and no incentive."""
    for numbers in (FLOAT, EXACT):
        for v, n in SIZES:
            held = c.column_normalize(numbers.number(random_u16(rng, v, n)), numbers)
            incentive = c.normalize(numbers.number(rng.integers(1, 100, n)), numbers)
            yield _case(held, incentive, numbers, "every miner earns")
            held = held.copy()  # the case above keeps its own
            held[:, 0] = 0
            yield _case(held, incentive, numbers, "nobody holds bonds on miner 0")
        yield _case(held, np.zeros_like(incentive), numbers, "no miner earns")


def _case(held: Array, incentive: Array, numbers: NumberSystem, what: str) -> Case:
    arguments = {"bonds": held, "incentive": incentive, "numbers": numbers}
    return Case(arguments, about(held, what, numbers), numbers)


EXERCISE = Exercise(
    id="06.5",
    title="Dividends",
    solution=dividends,
    reference=c.dividends_yuma2,
    cases=cases,
    read=read_arrays(AXES, dividends=lambda a: (a["bonds"].shape[0],)),
    axes=AXES,
    rounding=ROUNDING,
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
            {"axis=1": "axis=0"},
            "You summed down the columns: one number a miner. Dividends are the validators': sum along the rows, "
            "`axis=1`.",
        ),
        Edit(
            "rows normalized",
            {"(bonds, incentive)": "(numbers.divide(bonds, bonds.sum(axis=1, keepdims=True)), incentive)"},
            "You make each validator's row sum to one first, so it is paid for what it holds, however little that is. "
            "Bonds are shares of a miner already: use them as they are.",
        ),
        Edit(
            "divided by the largest",
            {"earned.sum()": "earned.max()"},
            "You divide by the largest, so that the best validator gets the whole pot. Divide by the sum.",
        ),
    ),
)
