"""Weights on their way into the chain: scaled so that the largest is 65,535, and checked against a limit.

A validator sends u16 numbers of any scale; only their proportions count. Before the chain stores a row, it scales the
largest number to 65,535, which keeps the most digits. It refuses a row in which one miner gets more than the subnet's
`MaxWeightsLimit`.

Source: `pallets/subtensor/src/epoch/math.rs` (`vec_u16_max_upscale_to_u16`, `check_vec_max_limited`), in the order of
`pallets/subtensor/src/subnets/weights.rs` (`internal_set_weights`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tao_lab.fixed import FRACTION_BITS, ONE
from tao_lab.units import U16_MAX

UInt16Array = npt.NDArray[np.uint16]

MOST_WEIGHTS = 1 << 15  # this number of full u16 weights still sums to less than 2^31, the range of I32F32
HALF_SCALE = 1 << 15  # above it, weight * 65,535 would leave the range of I32F32


class NormalizedWeights(NamedTuple):
    """A row of weights as the chain stores it, and whether the chain takes it."""

    weights: UInt16Array
    within_limit: bool


def normalize_weights(weights: UInt16Array, max_limit: int = U16_MAX) -> NormalizedWeights:
    """Upscale a row of weights, and check the result against the subnet's limit.

    Args:
        weights: uint16 (m,), m at most 32,768, as a validator sends them.
        max_limit: u16, largest share of one miner (`MaxWeightsLimit`).
    """
    upscaled = max_upscale_to_u16(weights)
    return NormalizedWeights(upscaled, max_limited(upscaled, max_limit))


def max_upscale_to_u16(weights: UInt16Array) -> UInt16Array:
    """Scale weights (m,) so that the largest becomes 65,535; each is rounded, half away from zero.

    For weights up to 32,768 the chain first multiplies and then divides. Above that the product would not fit, so it
    multiplies by the truncated quotient 65,535 / largest. Numbers are raw I32F32 values, as in `tao_lab.fixed`; they
    all fit int64.
    """
    numbers = weights.astype(np.int64)
    largest = int(numbers.max(initial=0))
    if largest == 0:
        return weights.copy()
    if largest > HALF_SCALE:
        words = numbers * ((U16_MAX << FRACTION_BITS) // largest)
    else:
        words = (numbers * U16_MAX << FRACTION_BITS) // largest
    return (words + ONE // 2 >> FRACTION_BITS).astype(np.uint16)


def max_limited(weights: UInt16Array, max_limit: int) -> bool:
    """Whether no share of a row of weights (m,) is above `max_limit` (u16); an empty row never is."""
    numbers = weights.astype(np.int64)
    largest = int(numbers.max(initial=0)) << FRACTION_BITS
    return largest // max(int(numbers.sum()), 1) <= (max_limit << FRACTION_BITS) // U16_MAX
