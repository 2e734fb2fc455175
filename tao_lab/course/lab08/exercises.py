"""The six exercises of lab 08: from the output of a swap to what a large sale loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps

import numpy as np

from tao_lab.course.exercise import Case, Exercise, read_values
from tao_lab.course.lab08 import mistakes
from tao_lab.course.lab08.pools import EXAMPLE, UNEVEN, random_pool
from tao_lab.economy import Pool, SwapResult, price, subnet_terms
from tao_lab.economy import swap as library_swap
from tao_lab.economy.swap import ACCURACY, FRACTION_BITS, Side, amount_to_price, fee_on_top, price_after
from tao_lab.economy.swap import amount_out as library_amount_out
from tao_lab.economy.words import U96F32
from tao_lab.units import RAO_PER_TAO, U16_MAX

Rng = np.random.Generator
SwapFunction = Callable[[Pool, Side, int, int | None], tuple[int, int, int]]

__all__ = [
    "EXERCISES",
    "amount_out",
    "amount_to_price",
    "emission_terms",
    "fee_on_top",
    "guarded",
    "price_after",
    "price_and_slippage",
    "swap",
    "swap_with_fee",
    "unstake",
]


# --- 08.1 ---


def amount_out(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    """Reference of 08.1; the weights are 10^18 together."""
    return library_amount_out(Pool(reserve_in, reserve_out, weight_in), "buy", paid)


def output_cases(rng: Rng) -> Iterator[Case]:
    """Even weights first, from a small purchase to a huge one; then uneven ones, and pools of chance."""
    half = ACCURACY // 2
    for paid in (RAO_PER_TAO, 100 * RAO_PER_TAO, 1_000 * RAO_PER_TAO, 1):
        yield _output_case(EXAMPLE.tao, EXAMPLE.alpha, paid, half, f"{paid:,} rao into 1,000 τ and 1,000 α")
    yield _output_case(EXAMPLE.tao, 4 * EXAMPLE.alpha, 3 * RAO_PER_TAO, half, "four α for each τ in the pool")
    tao, alpha, paid = 3_000_000 * RAO_PER_TAO, 20_000_000 * RAO_PER_TAO + 7, 8_354 * RAO_PER_TAO
    yield _output_case(tao, alpha, paid, half, "a pool so deep that rounding shows")
    for weight in (UNEVEN.quote_weight, ACCURACY - UNEVEN.quote_weight):
        share = f"{weight / ACCURACY:.0%} of the weight on what is paid in"
        yield _output_case(UNEVEN.tao, UNEVEN.alpha, 50 * RAO_PER_TAO, weight, share)
    for number in range(4):
        pool, paid = random_pool(rng), int(rng.integers(1, 500 * RAO_PER_TAO))
        yield _output_case(pool.tao, pool.alpha, paid, pool.quote_weight, f"a pool of chance, number {number + 1}")


def _output_case(reserve_in: int, reserve_out: int, paid: int, weight_in: int, about: str) -> Case:
    arguments = {"reserve_in": reserve_in, "reserve_out": reserve_out, "paid": paid}
    return Case({**arguments, "weight_in": weight_in, "weight_out": ACCURACY - weight_in}, about)


# --- 08.2 ---


def price_and_slippage(pool: Pool, paid: int) -> tuple[int, int, int]:
    """Reference of 08.2."""
    received = library_amount_out(pool, "buy", paid)
    after = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - received)
    return price(pool), price(after), (paid << FRACTION_BITS) // price(pool) - received


def slippage_cases(rng: Rng) -> Iterator[Case]:
    """Small and large purchases from even and uneven pools."""
    for paid in (1, 100, 1_000):
        yield Case({"pool": EXAMPLE, "paid": paid * RAO_PER_TAO}, f"{paid:,} τ into 1,000 τ and 1,000 α")
    yield Case({"pool": UNEVEN, "paid": 50 * RAO_PER_TAO}, "50 τ into a pool with uneven weights")
    for number in range(3):
        arguments = {"pool": random_pool(rng), "paid": int(rng.integers(RAO_PER_TAO, 300 * RAO_PER_TAO))}
        yield Case(arguments, f"a pool of chance, number {number + 1}")


# --- 08.3 ---


def swap_with_fee(pool: Pool, side: Side, amount: int) -> tuple[int, int, int]:
    """Reference of 08.3."""
    return _parts(library_swap(pool, side, amount))


def fee_cases(rng: Rng) -> Iterator[Case]:
    """Both sides, the usual fee, none and a large one, and an amount of which the fee is a whole number of rao."""
    for side in ("buy", "sell"):
        yield Case({"pool": EXAMPLE, "side": side, "amount": 100 * RAO_PER_TAO}, f"{side} with 100")
        whole = {"pool": EXAMPLE, "side": side, "amount": U16_MAX * RAO_PER_TAO // 1_000}
        yield Case(whole, f"{side} with 65.535: the fee comes out even")
        yield Case({"pool": replace(UNEVEN, fee_rate=0), "side": side, "amount": 10 * RAO_PER_TAO}, f"{side}, no fee")
        yield Case({"pool": replace(UNEVEN, fee_rate=6_554), "side": side, "amount": 7}, f"{side}, 10 % of 7 rao")
        for number in range(2):
            arguments = {"pool": random_pool(rng), "side": side, "amount": int(rng.integers(1, 200 * RAO_PER_TAO))}
            yield Case(arguments, f"{side}, a pool of chance, number {number + 1}")


# --- 08.4 ---


def swap(pool: Pool, side: Side, amount: int, limit_price: int | None = None) -> tuple[int, int, int]:
    """Reference of 08.4."""
    return _parts(library_swap(pool, side, amount, limit_price))


def limit_cases(rng: Rng) -> Iterator[Case]:
    """Limits that do not bind, that bind, and that only the last price passes; both sides."""
    for pool, name in ((EXAMPLE, "the even pool"), (UNEVEN, "the uneven pool"), (random_pool(rng), "a pool of chance")):
        for side, per_mille in (
            ("buy", (2_000, 1_250, 1_120, 1_020)),
            ("sell", (500, 750, 880, 980)),
        ):
            for mille in per_mille:
                amount = int(rng.integers(8, 13)) * (pool.tao if side == "buy" else pool.alpha) // 100
                arguments = {"pool": pool, "side": side, "amount": amount, "limit_price": price(pool) * mille // 1_000}
                yield Case(arguments, f"{side} from {name}, the limit at {mille / 10:g} % of the price")
    for side in ("buy", "sell"):
        arguments = {"pool": EXAMPLE, "side": side, "amount": 100 * RAO_PER_TAO, "limit_price": None}
        yield Case(arguments, f"{side} with 100, without a limit")


def guarded(rule: SwapFunction) -> Callable[[Pool, Side, int, int | None], SwapResult]:
    """A student's swap as the chain can call it: what the chain refuses is refused, the rest is the student's."""

    @wraps(rule)
    def guarded_swap(pool: Pool, side: Side, amount: int, limit_price: int | None) -> SwapResult:
        library_swap(pool, side, amount, limit_price)  # raises for what the chain refuses
        return SwapResult(*rule(pool, side, amount, limit_price))

    return guarded_swap


def _parts(result: SwapResult) -> tuple[int, int, int]:
    return result.fee, result.paid, result.received


# --- 08.5 ---


def emission_terms(tao_emission: int, alpha_emission: int, price: int, root_proportion: int) -> tuple[int, int, int]:
    """Reference of 08.5."""
    terms = subnet_terms(U96F32.number(tao_emission), alpha_emission, price, root_proportion)
    return U96F32.whole(terms.tao_in), U96F32.whole(terms.alpha_in), U96F32.whole(terms.excess_tao)


def emission_cases(rng: Rng) -> Iterator[Case]:
    """Below the cap, above it, without root, and amounts of chance."""
    one, tao = 1 << FRACTION_BITS, RAO_PER_TAO
    yield _emission_case(tao // 2, tao, one, 0.9, "half a τ, α at 1 τ, root's part 90 %")
    yield _emission_case(tao // 10, tao, one // 20, 0.9, "a tenth of a τ, α at 0.05 τ, root's part 90 %")
    yield _emission_case(tao // 100, tao, one // 20, 0.3, "a hundredth of a τ, α at 0.05 τ, root's part 30 %")
    yield _emission_case(tao // 2, tao, one, 0.0, "nobody on root")
    yield _emission_case(tao, tao // 2, 3 * one, 0.6, "α at 3 τ, after a halving of α")
    for number in range(4):
        amounts = int(rng.integers(1, tao)), tao
        worth, part = int(float(rng.uniform(0.01, 2)) * one), float(rng.random())
        yield _emission_case(*amounts, worth, part, f"amounts of chance, number {number + 1}")


def _emission_case(tao: int, alpha: int, price: int, root: float, about: str) -> Case:
    arguments = {"tao_emission": tao, "alpha_emission": alpha, "price": price}
    return Case({**arguments, "root_proportion": int(root * (1 << 32))}, about)


# --- 08.6 ---


def unstake(pool: Pool, alpha: int, parts: int) -> tuple[int, int]:
    """Reference of 08.6."""
    worth, received = alpha * price(pool) >> FRACTION_BITS, 0
    for number in range(parts):
        amount = alpha // parts if number < parts - 1 else alpha - alpha // parts * (parts - 1)
        sold = library_swap(pool, "sell", amount)
        pool = replace(pool, alpha=pool.alpha + sold.paid, tao=pool.tao - sold.received)
        received += sold.received
    return worth, received


def unstake_cases(rng: Rng) -> Iterator[Case]:
    """A small and a large sale, at once and in parts that do not come out even."""
    for alpha in (1, 100, 1_000):
        for parts in (1, 7):
            arguments = {"pool": EXAMPLE, "alpha": alpha * RAO_PER_TAO, "parts": parts}
            yield Case(arguments, f"{alpha:,} α into 1,000 τ and 1,000 α, in {parts} parts")
    yield Case({"pool": UNEVEN, "alpha": 200 * RAO_PER_TAO, "parts": 3}, "uneven weights, in 3 parts")
    for number in range(3):
        pool, parts = random_pool(rng), int(rng.integers(1, 6))
        arguments = {"pool": pool, "alpha": int(rng.integers(1, pool.alpha)), "parts": parts}
        yield Case(arguments, f"a pool of chance, number {number + 1}")


EXERCISES = (
    Exercise(
        id="08.1",
        title="What comes out of a swap",
        name="amount_out",
        reference=amount_out,
        cases=output_cases,
        read=read_values(received=int),
        wrong_answers=mistakes.OUTPUT,
        unlocks="You can quote any swap on the chain, to the rao. Next: what the swap does to the price.",
    ),
    Exercise(
        id="08.2",
        title="Price impact and slippage",
        name="price_and_slippage",
        reference=price_and_slippage,
        cases=slippage_cases,
        read=read_values(before=int, after=int, slippage=int),
        wrong_answers=mistakes.SLIPPAGE,
        unlocks="You can say what a purchase costs beyond the price. Next: what the chain takes.",
    ),
    Exercise(
        id="08.3",
        title="The fee",
        name="swap_with_fee",
        reference=swap_with_fee,
        cases=fee_cases,
        read=read_values(fee=int, paid=int, received=int),
        wrong_answers=mistakes.FEE,
        unlocks="Both sides work, with the fee where the chain takes it. Next: how not to be surprised.",
    ),
    Exercise(
        id="08.4",
        title="A limit price: the whole swap",
        name="my_swap",
        reference=swap,
        cases=limit_cases,
        read=read_values(fee=int, paid=int, received=int),
        wrong_answers=mistakes.LIMIT,
        unlocks="That is the chain's swap: at the end of the lab it runs every stake. Next: who else trades.",
    ),
    Exercise(
        id="08.5",
        title="What a block's emission does to a pool",
        name="emission_terms",
        reference=emission_terms,
        cases=emission_cases,
        read=read_values(tao_in=int, alpha_in=int, excess=int),
        wrong_answers=mistakes.EMISSION,
        unlocks="You know when the chain adds depth and when it buys. Next: the way out.",
    ),
    Exercise(
        id="08.6",
        title="What a large sale loses",
        name="unstake",
        reference=unstake,
        cases=unstake_cases,
        read=read_values(worth=int, received=int),
        wrong_answers=mistakes.UNSTAKE,
        unlocks="You can tell a balance on a screen from money in the hand.",
    ),
)
