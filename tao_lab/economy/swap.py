"""The pool of a subnet: swapping TAO for alpha and back.

A pool holds two reserves and a weight for each. Price is (w_base * tao) / (w_quote * alpha), and a swap moves along the
curve alpha^w_base * tao^w_quote = constant; with both weights at one half that is x * y = k. The fee is taken from the
amount paid in, before the swap. A limit price ends a swap before the price passes the limit.

Source: `pallets/swap/src/pallet/{balancer,swap_step,impls}.rs` of opentensor/subtensor. Numbers are U64F64 there:
raw U64F64 values (128 bits, 64 of them for the fraction), which are plain ints here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tao_lab.economy.fixed128 import U64F64
from tao_lab.economy.power import power_scaled
from tao_lab.units import U16_MAX, U64_MAX

Side = Literal["buy", "sell"]

ACCURACY = 10**18  # parts of a weight (Perquintill), and of a power
MIN_WEIGHT = ACCURACY // 100
MAX_SWAP_INPUT_RESERVE_MULTIPLIER = 1_000
MINIMUM_RESERVE = 1_000_000  # rao (SwapMinimumReserve in runtime/src/lib.rs)
FRACTION_BITS = 64
ONE = 1 << FRACTION_BITS
WORD_MAX = (1 << 128) - 1
MIN_PRICE = (1_000 << FRACTION_BITS) // 10**9  # where a sale without a limit stops
MAX_PRICE = (10**15 << FRACTION_BITS) // 10**9  # where a purchase without a limit stops
SWAP_PRECISION = 256  # bits that a swap asks the power for
LIMIT_PRECISION = 1_024  # bits that a price limit asks the power for
SWAP_ERRORS = ("SwapInputTooLarge", "ReservesTooLow", "PriceLimitExceeded", "InsufficientLiquidity")


class SwapError(ValueError):
    """A swap that the chain refuses; the message begins with the chain's name of the error."""


@dataclass(frozen=True)
class Pool:
    """A subnet's pool.

    Attributes:
        tao: reserve, rao (`SubnetTAO`).
        alpha: reserve, rao (`SubnetAlphaIn`).
        quote_weight: weight of TAO, parts of 10^18 (`SwapBalancer`); alpha has the rest.
        fee_rate: u16 (`FeeRate`).
    """

    tao: int
    alpha: int
    quote_weight: int = ACCURACY // 2
    fee_rate: int = 33

    def __post_init__(self) -> None:
        _check("tao", self.tao, 0, U64_MAX)
        _check("alpha", self.alpha, 0, U64_MAX)
        _check("quote_weight", self.quote_weight, MIN_WEIGHT, ACCURACY - MIN_WEIGHT)
        _check("fee_rate", self.fee_rate, 0, U16_MAX)

    @property
    def base_weight(self) -> int:
        """Weight of alpha, parts of 10^18."""
        return ACCURACY - self.quote_weight


@dataclass(frozen=True)
class SwapResult:
    """The result of a swap: rao of fee, rao paid in without the fee, rao received."""

    fee: int
    paid: int
    received: int

    @property
    def fee_to_author(self) -> int:
        """Rao for the author of the block: the fee, unless nothing was swapped."""
        return self.fee if self.paid else 0


def swap(pool: Pool, side: Side, amount: int, limit_price: int | None = None) -> SwapResult:
    """Swap an amount against the pool; the pool itself is not changed.

    Args:
        pool: reserves, weights, fee.
        side: "buy": TAO in, alpha out; "sell": alpha in, TAO out.
        amount: rao paid in, fee included.
        limit_price: raw U64F64 value, rao of TAO for a rao of alpha; None: the chain's lowest or highest price.

    Raises:
        SwapError: `SwapInputTooLarge`, `ReservesTooLow`, `PriceLimitExceeded` or `InsufficientLiquidity`.
        ValueError: an argument is out of range.
    """
    _check("amount", amount, 0, U64_MAX)
    if side not in ("buy", "sell"):
        raise ValueError(f"side is {side!r}; allowed: 'buy' or 'sell'")
    if limit_price is None:
        limit_price = MAX_PRICE if side == "buy" else MIN_PRICE
    _check("limit_price", limit_price, 0, WORD_MAX)
    fee = fee_amount(amount, pool.fee_rate)
    requested = amount - fee
    _check_reserves(pool, side, requested)
    _check_limit(pool, side, limit_price)

    target = price_after(pool, side, requested)
    if target <= limit_price if side == "buy" else target >= limit_price:
        paid = requested
    else:
        paid = amount_to_price(pool, side, limit_price)
        fee = fee_on_top(paid, pool.fee_rate)
    received = amount_out(pool, side, paid)
    if paid and not received:
        raise SwapError(f"ReservesTooLow: {paid} rao buy less than one rao of this pool")
    if received > (pool.alpha if side == "buy" else pool.tao):
        raise SwapError("InsufficientLiquidity: the pool does not hold what the swap would pay out")
    return SwapResult(fee, paid, received)


def price(pool: Pool) -> int:
    """Price of alpha in TAO, raw U64F64 value (`calculate_price`); 0 without alpha in the pool."""
    return _price(pool, pool.alpha, pool.tao)


def fee_amount(amount: int, fee_rate: int) -> int:
    """Fee that is included in `amount`, rao (`calculate_fee_amount`)."""
    return amount * U64F64.divide(fee_rate << FRACTION_BITS, U16_MAX << FRACTION_BITS) >> FRACTION_BITS


def fee_on_top(paid: int, fee_rate: int) -> int:
    """Fee for an amount that does not include it, rao: used if the limit price ended a swap early."""
    rate = U64F64.divide(fee_rate << FRACTION_BITS, (U16_MAX - fee_rate) << FRACTION_BITS)
    return min(U64F64.multiply(paid << FRACTION_BITS, rate) >> FRACTION_BITS, U64_MAX)


def amount_out(pool: Pool, side: Side, paid: int) -> int:
    """Rao that leave the pool if `paid` rao, without the fee, enter it (`convert_deltas`).

    Buying: alpha * (1 - (tao / (tao + paid))^(w_quote / w_base)); for selling, exchange TAO and alpha.
    """
    if side == "buy":
        reserve_in, reserve_out, exponent = pool.tao, pool.alpha, (pool.quote_weight, pool.base_weight)
    else:
        reserve_in, reserve_out, exponent = pool.alpha, pool.tao, (pool.base_weight, pool.quote_weight)
    remaining = min(_ratio_power(reserve_in, min(reserve_in + paid, U64_MAX), *exponent, SWAP_PRECISION, 0), ONE)
    return reserve_out * (ONE - remaining) >> FRACTION_BITS


def price_after(pool: Pool, side: Side, paid: int) -> int:
    """Price after a swap of `paid` rao, without the fee; raw U64F64 value (`price_target`)."""
    received = amount_out(pool, side, paid)
    if side == "buy":
        return _price(pool, max(pool.alpha - received, 0), min(pool.tao + paid, U64_MAX))
    return _price(pool, min(pool.alpha + paid, U64_MAX), max(pool.tao - received, 0))


def amount_to_price(pool: Pool, side: Side, target: int) -> int:
    """Rao, without the fee, that move the price to `target` (`calculate_quote_delta_in`, `calculate_base_delta_in`).

    Buying: tao * ((target / price)^w_base - 1); selling: alpha * ((price / target)^w_quote - 1).
    """
    if side == "buy":
        reserve, ratio, weight = pool.tao, (target, price(pool)), pool.base_weight
    else:
        reserve, ratio, weight = pool.alpha, (price(pool), target), pool.quote_weight
    growth = _ratio_power(*ratio, weight, ACCURACY, LIMIT_PRECISION, U64_MAX)
    return min(U64F64.multiply(reserve << FRACTION_BITS, max(growth - ONE, 0)) >> FRACTION_BITS, U64_MAX)


def max_move(origin: Pool, destination: Pool, limit_price: int) -> int:
    """Estimate of the alpha that can move from one pool through TAO to another at a limit (`get_max_amount_move`).

    Args:
        origin: Pool that is sold to.
        destination: Pool that is bought from.
        limit_price: Lowest price of the origin's alpha, in alpha of the destination, parts of 10^9.

    Returns:
        Rao of alpha; 0 where a pool is empty or the price is below the limit already.
    """
    if not (origin.tao and destination.tao and origin.alpha and destination.alpha):
        return 0
    limit = (limit_price << FRACTION_BITS) // 10**9
    if limit > U64F64.divide(price(origin), price(destination)):
        return 0
    if limit_price == 0:
        return U64_MAX
    total = min(origin.tao + destination.tao << FRACTION_BITS, WORD_MAX)
    parts = [U64F64.divide(pool.tao << FRACTION_BITS, total) for pool in (origin, destination)]
    out = U64F64.divide(U64F64.multiply(destination.alpha << FRACTION_BITS, parts[0]), limit)
    return max(out - U64F64.multiply(origin.alpha << FRACTION_BITS, parts[1]), 0) >> FRACTION_BITS


def weight_after_adding(pool: Pool, tao: int, alpha: int) -> int | None:
    """Weight of TAO that keeps the price when the chain adds to the reserves (`update_weights_for_added_liquidity`).

    Returns:
        Parts of 10^18; None where a weight would be below `MIN_WEIGHT`.
    """
    base = _weighted(pool.base_weight, pool.tao * min(pool.alpha + alpha, WORD_MAX))
    quote = _weighted(pool.quote_weight, pool.alpha * min(pool.tao + tao, WORD_MAX))
    total = min(base + quote, WORD_MAX)
    return _allowed_weight(perquintill(quote, total) if total else ACCURACY // 2)


def weight_for_price(tao: int, alpha: int, price: int) -> int | None:
    """Weight of TAO that gives the reserves a certain price, a raw U64F64 value (`maybe_initialize_palswap`).

    Returns:
        Parts of 10^18; None where there are no reserves, or a weight would be below `MIN_WEIGHT`.
    """
    worth = (price >> FRACTION_BITS) * alpha + (alpha * (price & ONE - 1) >> FRACTION_BITS)
    total = min(worth + tao, WORD_MAX)
    return _allowed_weight(perquintill(tao, total)) if total else None


def perquintill(numerator: int, denominator: int) -> int:
    """A quotient of at most one in whole parts of 10^18, truncated (`Perquintill::from_rational`)."""
    return numerator * ACCURACY // denominator


def _ratio_power(numerator: int, denominator: int, p: int, q: int, precision: int, too_large: int) -> int:
    """The power as a raw U64F64 value; `too_large` is returned if the power in parts of 10^18 does not fit u64."""
    scaled = power_scaled(numerator, denominator, p, q, precision) or 0
    if scaled > U64_MAX:
        scaled = too_large
    return (max(scaled, 0) << FRACTION_BITS) // ACCURACY


def _weighted(weight: int, amount: int) -> int:
    """A 128-bit amount times a weight, rounded to the nearest (`mul_perquintill_round`)."""
    return min((min(amount, WORD_MAX) * weight + ACCURACY // 2) // ACCURACY, WORD_MAX)


def _allowed_weight(quote_weight: int) -> int | None:
    return quote_weight if MIN_WEIGHT <= quote_weight <= ACCURACY - MIN_WEIGHT else None


def _price(pool: Pool, alpha: int, tao: int) -> int:
    weights = U64F64.divide(pool.base_weight << FRACTION_BITS, pool.quote_weight << FRACTION_BITS)
    return U64F64.multiply(weights, U64F64.divide(tao << FRACTION_BITS, alpha << FRACTION_BITS))


def _check_reserves(pool: Pool, side: Side, requested: int) -> None:
    reserve_in, reserve_out = (pool.tao, pool.alpha) if side == "buy" else (pool.alpha, pool.tao)
    largest = min(reserve_in * MAX_SWAP_INPUT_RESERVE_MULTIPLIER, U64_MAX)
    if requested > largest:
        raise SwapError(f"SwapInputTooLarge: {requested} rao; allowed: {largest}, 1,000 times the pool's reserve")
    if reserve_out < MINIMUM_RESERVE:
        raise SwapError(
            f"ReservesTooLow: the pool would pay out of {reserve_out} rao; allowed: {MINIMUM_RESERVE} or more"
        )


def _check_limit(pool: Pool, side: Side, limit_price: int) -> None:
    now = price(pool)
    if now >= limit_price if side == "buy" else now <= limit_price:
        raise SwapError(f"PriceLimitExceeded: the price is {now} / 2^64 already; the limit is {limit_price} / 2^64")


def _check(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; allowed: a whole number from {low} to {high}")
