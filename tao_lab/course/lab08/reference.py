"""The six functions that lab 08 builds, as the library has them, and the tools that students get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from tao_lab.economy import Pool, SwapResult, price, subnet_terms
from tao_lab.economy import swap as library_swap
from tao_lab.economy.fixed128 import U96F32
from tao_lab.economy.swap import (
    FRACTION_BITS,
    Side,
    amount_to_price,
    fee_on_top,
    price_after,
    weight_after_adding,
)
from tao_lab.economy.swap import amount_out as library_amount_out

SwapFunction = Callable[[Pool, Side, int, int | None], tuple[int, int, int]]

__all__ = [
    "amount_out",
    "amount_to_price",
    "emission_terms",
    "fee_on_top",
    "guarded",
    "price_after",
    "price_and_slippage",
    "reweighted",
    "swap",
    "swap_with_fee",
    "unstake",
]


def amount_out(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    """08.1: the amount that leaves the pool; the sum of the weights is 10^18."""
    return library_amount_out(Pool(reserve_in, reserve_out, weight_in), "buy", paid)


def price_and_slippage(pool: Pool, paid: int) -> tuple[int, int, int]:
    """08.2: price before and after a purchase, and the alpha that is missing."""
    received = library_amount_out(pool, "buy", paid)
    after = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - received)
    return price(pool), price(after), (paid << FRACTION_BITS) // price(pool) - received


def swap_with_fee(pool: Pool, side: Side, amount: int) -> tuple[int, int, int]:
    """08.3: fee, paid and received of a swap without a limit."""
    return _parts(library_swap(pool, side, amount))


def swap(pool: Pool, side: Side, amount: int, limit_price: int | None = None) -> tuple[int, int, int]:
    """08.4: fee, paid and received of a swap."""
    return _parts(library_swap(pool, side, amount, limit_price))


def emission_terms(pool: Pool, tao_emission: int, alpha_emission: int, root_proportion: int) -> tuple[int, ...]:
    """08.5: rao of TAO and alpha that enter the pool, of TAO that buys, and of alpha that is bought."""
    terms = subnet_terms(U96F32.number(tao_emission), alpha_emission, price(pool), root_proportion)
    tao_in, alpha_in, excess = (U96F32.whole(word) for word in (terms.tao_in, terms.alpha_in, terms.excess_tao))
    bought = library_swap(replace(pool, fee_rate=0), "buy", excess).received
    return tao_in, alpha_in, excess, bought


def reweighted(pool: Pool, tao_in: int, alpha_in: int) -> Pool:
    """A pool with the weights that keep its price when TAO and alpha enter; its reserves are still the old ones."""
    weight = weight_after_adding(pool, tao_in, alpha_in)
    return pool if weight is None else replace(pool, quote_weight=weight)


def unstake(pool: Pool, alpha: int, parts: int) -> tuple[int, int]:
    """08.6: the value of alpha at the present price, and the TAO for it if it is sold in parts."""
    worth, received = alpha * price(pool) >> FRACTION_BITS, 0
    for number in range(parts):
        amount = alpha // parts if number < parts - 1 else alpha - alpha // parts * (parts - 1)
        sold = library_swap(pool, "sell", amount)
        pool = replace(pool, alpha=pool.alpha + sold.paid, tao=pool.tao - sold.received)
        received += sold.received
    return worth, received


def guarded(rule: SwapFunction) -> Callable[[Pool, Side, int, int | None], SwapResult]:
    """A student's swap in a form that the chain can call; swaps that the chain refuses are still refused."""

    @wraps(rule)
    def guarded_swap(pool: Pool, side: Side, amount: int, limit_price: int | None) -> SwapResult:
        library_swap(pool, side, amount, limit_price)  # raises an error if the chain refuses the swap
        return SwapResult(*rule(pool, side, amount, limit_price))

    return guarded_swap


def _parts(result: SwapResult) -> tuple[int, int, int]:
    return result.fee, result.paid, result.received
