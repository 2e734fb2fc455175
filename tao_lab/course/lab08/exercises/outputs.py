"""08.1: what comes out of a swap."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab08 import reference as ours
from tao_lab.course.lab08.pools import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy.power import power_scaled
from tao_lab.economy.swap import ACCURACY
from tao_lab.units import RAO_PER_TAO


def amount_out(reserve_in, reserve_out, paid, weight_in, weight_out):
    """What leaves the pool for what comes in.

    reserve_in, reserve_out  int  rao in the pool, of what is paid in and of what comes out
    paid                     int  rao that come in, without fee
    weight_in, weight_out    int  weights of the two sides, parts of 10^18

    Returns received (int), rao of the other side.

    >>> amount_out(1_000, 600, 1_000, 5 * 10**17, 5 * 10**17)
    300
    """
    remaining = power_scaled(reserve_in, reserve_in + paid, weight_in, weight_out)
    word = (remaining << 64) // 10**18
    return reserve_out * (2**64 - word) >> 64


def cases(rng: Rng) -> Iterator[Case]:
    """Even weights first, from a small purchase to a huge one; then uneven ones, and random pools."""
    half = ACCURACY // 2
    yield _case(1_000, 600, 1_000, half, "1,000 rao into 1,000 of one side and 600 of the other")
    for paid in (RAO_PER_TAO, 100 * RAO_PER_TAO, 1_000 * RAO_PER_TAO, 1, 0):
        yield _case(EXAMPLE.tao, EXAMPLE.alpha, paid, half, f"{paid:,} rao into 1,000 τ and 1,000 α")
    yield _case(EXAMPLE.tao, 4 * EXAMPLE.alpha, 3 * RAO_PER_TAO, half, "four α for each τ in the pool")
    tao, alpha, paid = 3_000_000 * RAO_PER_TAO, 20_000_000 * RAO_PER_TAO + 7, 8_354 * RAO_PER_TAO
    yield _case(tao, alpha, paid, half, "a pool so deep that rounding shows")
    for weight in (UNEVEN.quote_weight, ACCURACY - UNEVEN.quote_weight):
        share = f"{weight / ACCURACY:.0%} of the weight on what is paid in"
        yield _case(UNEVEN.tao, UNEVEN.alpha, 50 * RAO_PER_TAO, weight, share)
    for number in range(4):
        pool, paid = random_pool(rng), int(rng.integers(1, 500 * RAO_PER_TAO))
        yield _case(pool.tao, pool.alpha, paid, pool.quote_weight, f"a random pool, number {number + 1}")


def _case(reserve_in: int, reserve_out: int, paid: int, weight_in: int, about: str) -> Case:
    arguments = {"reserve_in": reserve_in, "reserve_out": reserve_out, "paid": paid}
    return Case({**arguments, "weight_in": weight_in, "weight_out": ACCURACY - weight_in}, about)


EXERCISE = Exercise(
    id="08.1",
    title="What comes out of a swap",
    solution=amount_out,
    reference=ours.amount_out,
    cases=cases,
    read=read_values(received=int),
    look="Compute the case by hand: which share of its own side remains, and what share of the other leaves?",
    unlocks="You can quote any swap on the chain, to the rao. Next: what the swap does to the price.",
    wrong_answers=(
        Edit(
            "price before the swap",
            {
                "return reserve_out * (2**64 - word) >> 64": (
                    "return paid * reserve_out * weight_in // (reserve_in * weight_out)"
                )
            },
            "You pay out at the price that stood before the swap. But the first rao moves the price already, and the "
            "pool would be empty one day: what leaves follows from the curve, not from the price.",
        ),
        Edit(
            "price after the swap",
            {
                "return reserve_out * (2**64 - word) >> 64": (
                    "left = reserve_out - (reserve_out * (2**64 - word) >> 64)\n"
                    "    return paid * left * weight_in // ((reserve_in + paid) * weight_out)"
                )
            },
            "You pay out at the price that stands *after* the swap. Each rao is swapped at its own price, from the "
            "first one to the last: which share remains?",
        ),
        Edit(
            "sides swapped",
            {
                "power_scaled(reserve_in, reserve_in + paid, weight_in, weight_out)": (
                    "power_scaled(reserve_out, reserve_out + paid, weight_out, weight_in)"
                ),
                "return reserve_out": "return reserve_in",
            },
            "The two sides of the pool have changed places: which of them grows by `paid`, and which pays out?",
        ),
        Edit(
            "weights ignored",
            {"paid, weight_in, weight_out)\n    word": "paid, 1, 1)\n    word"},
            "Right for even weights. Where they are not, the share that remains is raised to a power: which one?",
        ),
        Edit(
            "exponent upside down",
            {"paid, weight_in, weight_out)\n    word": "paid, weight_out, weight_in)\n    word"},
            "Right for even weights: your exponent is upside down. Which weight stands above?",
        ),
        Edit(
            "what stays instead of what leaves",
            {"(2**64 - word)": "word"},
            "That is what *stays* in the pool. The task asks what leaves.",
        ),
        Edit(
            "parts of 10^18 instead of a word",
            {"return reserve_out * (2**64 - word) >> 64": "return reserve_out * (10**18 - remaining) // 10**18"},
            "Off by a rao in deep pools: you multiply parts of 10^18. The chain makes a fixed-point number of them "
            "before it multiplies, and whoever agrees with it must round where it rounds: step 2.",
        ),
        Edit(
            "paid taken away instead of added",
            {"power_scaled(reserve_in, reserve_in + paid,": "power_scaled(reserve_in - paid, reserve_in,"},
            "You take `paid` away from the pool. It comes *into* it: how large is that side afterwards?",
        ),
        Edit(
            "paid in TAO",
            {"reserve_in + paid,": "reserve_in + paid // 10**9,"},
            "You divide `paid` by 10^9. Reserves and amounts are all in rao.",
        ),
        Edit(
            "constant product in whole rao",
            {
                "return reserve_out * (2**64 - word) >> 64": "return reserve_out * paid // (reserve_in + paid)",
            },
            "You keep x · y the same in one division. That leaves out the weights, and rounds once where the chain "
            "rounds twice: see the cases with uneven weights, and those that are off by a rao.",
        ),
        Edit(
            "floats",
            {
                "return reserve_out * (2**64 - word) >> 64": (
                    "return reserve_out * (1 - (reserve_in / (reserve_in + paid)) ** (weight_in / weight_out))"
                )
            },
            "That is a float, and the chain has none: thousands of computers must agree on each rao. The recipe needs "
            "only shifts, `//` and `power_scaled`.",
        ),
        Edit(
            "floats cut to whole rao",
            {
                "return reserve_out * (2**64 - word) >> 64": (
                    "return int(reserve_out * (1 - (reserve_in / (reserve_in + paid)) ** (weight_in / weight_out)))"
                )
            },
            "Right to some digits: you compute with floats and cut the result. A float has 53 bits, and the chain's "
            "fixed-point numbers have 64: which step of the recipe needs `/`?",
        ),
        Edit(
            "what stays, rounded down",
            {
                "return reserve_out * (2**64 - word) >> 64": (
                    "return reserve_out - reserve_in * reserve_out // (reserve_in + paid)"
                )
            },
            "You compute what stays in the pool and round that down, so that what leaves is rounded up: the pool "
            "loses a rao at each swap. And the weights are left out.",
        ),
        Edit(
            "rounded to the nearest",
            {"return reserve_out * (2**64 - word) >> 64": "return round(reserve_out * (2**64 - word) / 2**64)"},
            "You divide with `/` and round to the nearest rao. The chain drops what is below a rao, and a float has "
            "no room for these numbers: shift.",
        ),
    ),
)
