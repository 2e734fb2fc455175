"""What a place on a subnet costs: the price rises with each registration and falls with each block.

A registration multiplies the price by `BurnIncreaseMult`. In every block the price falls a little, so that it halves in
`BurnHalfLife` blocks. It stays between `MinBurn` and `MaxBurn`.

Source: `pallets/subtensor/src/subnets/registration.rs` (`update_registration_prices_for_networks`,
`bump_registration_price_after_registration`), `utils/misc.rs` (`decay_factor_q32`) of opentensor/subtensor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from tao_lab.units import U16_MAX, U64_MAX

PriceEvent = Literal["block", "registration"]

FACTOR_BITS = 32  # of the decay factor
MULTIPLIER_BITS = 64  # U64F64
MULTIPLIER_ONE = 1 << MULTIPLIER_BITS
U128_MAX = (1 << 128) - 1


@dataclass(frozen=True)
class PriceTerms:
    """How the price of one subnet moves.

    Attributes:
        half_life: blocks, u16 (`BurnHalfLife`); with 0 the price does not fall.
        increase_mult: factor of one registration, U64F64 bits (`BurnIncreaseMult`); below 1 it counts as 1.
        min_burn: lowest price, rao (`MinBurn`).
        max_burn: highest price, rao (`MaxBurn`); if it is below `min_burn`, it has priority.
    """

    half_life: int
    increase_mult: int
    min_burn: int
    max_burn: int

    def __post_init__(self) -> None:
        _check("half_life", self.half_life, U16_MAX)
        _check("increase_mult", self.increase_mult, U128_MAX)
        _check("min_burn", self.min_burn, U64_MAX)
        _check("max_burn", self.max_burn, U64_MAX)


def registration_price(burn: int, terms: PriceTerms, event: PriceEvent) -> int:
    """The price after a block or after a registration.

    Args:
        burn: price before, rao (`Burn`).
        terms: how the price moves.
        event: `block` or `registration`.

    Returns:
        Rao, between `terms.min_burn` and `terms.max_burn`.

    Raises:
        ValueError: burn is not a u64, or the event is neither.
    """
    _check("burn", burn, U64_MAX)
    if event == "block":
        moved = burn * decay_factor(terms.half_life) >> FACTOR_BITS
    elif event == "registration":
        moved = min(burn * max(terms.increase_mult, MULTIPLIER_ONE) >> MULTIPLIER_BITS, U64_MAX)
    else:
        raise ValueError(f"event is {event!r}; allowed: 'block', 'registration'")
    return min(max(moved, terms.min_burn), terms.max_burn)


@cache
def decay_factor(half_life: int) -> int:
    """The factor by which the price falls in one block, with 32 fraction bits.

    It is the largest factor whose power to `half_life`, with every product floored, is at most one half.
    """
    one = 1 << FACTOR_BITS
    if half_life == 0:
        return one
    low, high = 0, one
    while low + 1 < high:
        middle = (low + high) // 2
        if power(middle, half_life) > one // 2:
            high = middle
        else:
            low = middle
    return low


def power(base: int, exponent: int) -> int:
    """A raw value with 32 fraction bits to a whole power, by squaring; every product is floored."""
    result = 1 << FACTOR_BITS
    while exponent:
        if exponent & 1:
            result = result * base >> FACTOR_BITS
        base = base * base >> FACTOR_BITS
        exponent >>= 1
    return result


def _check(field: str, value: int, highest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
        raise ValueError(f"{field} is {value!r}; allowed: whole numbers from 0 to {highest}")
