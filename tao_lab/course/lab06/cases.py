"""Helpers for the cases of lab 06: sizes, random stake, random weights."""

from __future__ import annotations

import numpy as np

from tao_lab import consensus as c
from tao_lab.consensus.types import Array
from tao_lab.course.lab06.subnets import random_u16
from tao_lab.fixed import EXACT, NumberSystem

HALF, FIFTH, FOUR_FIFTHS = 32_767, 13_107, 52_428  # kappa, u16
AXES = ("validator", "miner")  # names of the rows and columns of a matrix
ROUNDING = (
    "Right over floats, and off by a little over the chain's exact numbers. Each `numbers.multiply` and "
    "`numbers.divide` drops what is below the last bit, so the order of the steps matters: do them in the order of the "
    "text, and use no float anywhere."
)
Rng = np.random.Generator

# Small ones come first, because they are easier to read. The numbers of validators and miners always differ, so that a
# wrong axis gives an error.
SIZES = ((3, 4), (4, 3), (5, 7), (16, 40))


def random_stake(rng: Rng, validators: int, numbers: NumberSystem) -> Array:
    """Shares (v,), unequal as on a real subnet: the median by stake differs from the median by number."""
    amounts = (rng.pareto(1.2, validators) * 1_000 + 100).astype(np.int64)
    return numbers.ratio(amounts, amounts.sum())


def random_weights(rng: Rng, validators: int, miners: int, numbers: NumberSystem) -> Array:
    """Row-normalized weights (v, n)."""
    return c.row_normalize(numbers.number(random_u16(rng, validators, miners)), numbers)


def about(matrix: Array, what: str, numbers: NumberSystem) -> str:
    """What a case is, in words."""
    kind = "exact numbers" if numbers is EXACT else "floats"
    return f"{matrix.shape[0]} validators, {matrix.shape[1]} miners, {kind}; {what}"
