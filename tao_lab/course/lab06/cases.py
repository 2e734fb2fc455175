"""Parts of which the cases of lab 06 are made: sizes, random stake, random weights."""

from __future__ import annotations

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.course.lab06.subnets import random_u16
from tao_lab.fixed import EXACT, NumberSystem

HALF, FIFTH, FOUR_FIFTHS = 32_767, 13_107, 52_428  # kappa, u16
AXES = ("validator", "miner")  # what a row and a column of a matrix are
ROUNDING = (
    "Right over floats, and off by a little over the chain's exact numbers. Each `numbers.multiply` and "
    "`numbers.divide` drops what is below the last bit, so the order of the steps matters: do them in the order of the "
    "text, and use no float anywhere."
)
Rng = np.random.Generator

# Small ones come first, for a person to look at. Numbers of validators and miners always differ, so that rows and
# columns cannot be mistaken for each other.
SIZES = ((3, 4), (4, 3), (5, 7), (16, 40))


def random_stake(rng: Rng, validators: int, numbers: NumberSystem) -> Array:
    """Shares (v,), uneven as on a real subnet: the largest validator is not the median of heads."""
    amounts = (rng.pareto(1.2, validators) * 1_000 + 100).astype(np.int64)
    return numbers.ratio(amounts, amounts.sum())


def random_weights(rng: Rng, validators: int, miners: int, numbers: NumberSystem) -> Array:
    """Row-normalized weights (v, n)."""
    return c.row_normalize(numbers.number(random_u16(rng, validators, miners)), numbers)


def about(matrix: Array, what: str, numbers: NumberSystem) -> str:
    """What a case is, in words."""
    kind = "exact numbers" if numbers is EXACT else "floats"
    return f"{matrix.shape[0]} validators, {matrix.shape[1]} miners, {kind}; {what}"
