"""08.2: price impact and slippage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab08 import reference as ours
from tao_lab.course.lab08.pools import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy import price
from tao_lab.units import RAO_PER_TAO


def price_and_slippage(pool, paid):
    """What a purchase does to the price, and what it costs beyond the price.

    pool  Pool  pool.tao, pool.alpha: rao; pool.quote_weight, pool.base_weight: of TAO, of alpha
    paid  int   rao of TAO, without fee

    Returns price before (int), price after (int), slippage (int): rao of alpha that are missing.
    """
    received = ours.amount_out(pool.tao, pool.alpha, paid, pool.quote_weight, pool.base_weight)
    before = price(pool)
    after = price(replace(pool, tao=pool.tao + paid, alpha=pool.alpha - received))
    return before, after, (paid << 64) // before - received


def cases(rng: Rng) -> Iterator[Case]:
    """Small and large purchases from even and uneven pools."""
    for paid in (1, 100, 1_000):
        yield Case({"pool": EXAMPLE, "paid": paid * RAO_PER_TAO}, f"{paid:,} τ into 1,000 τ and 1,000 α")
    yield Case({"pool": UNEVEN, "paid": 50 * RAO_PER_TAO}, "50 τ into a pool with uneven weights")
    for number in range(3):
        arguments = {"pool": random_pool(rng), "paid": int(rng.integers(RAO_PER_TAO, 300 * RAO_PER_TAO))}
        yield Case(arguments, f"a random pool, number {number + 1}")


EXERCISE = Exercise(
    id="08.2",
    title="Price impact and slippage",
    solution=price_and_slippage,
    reference=ours.price_and_slippage,
    cases=cases,
    read=read_values(before=int, after=int, slippage=int),
    look="What does the pool hold before the purchase, and what after it?",
    unlocks="You can say what a purchase costs beyond the price. Next: what the chain takes.",
    wrong_answers=(
        Edit(
            "expected at the price after",
            {"// before - received": "// after - received"},
            "You count slippage from the price *after* your swap. Which price had you seen?",
        ),
        Edit(
            "alpha stays in the pool",
            {", alpha=pool.alpha - received": ""},
            "Your price after the swap counts alpha that has left. What does the pool still hold?",
        ),
        Edit(
            "TAO does not arrive",
            {"tao=pool.tao + paid, ": ""},
            "Your price after the swap lacks the TAO that has arrived.",
        ),
        Edit(
            "price upside down",
            {"return before, after, ": "return 2**128 // before, 2**128 // after, "},
            "That is alpha for one TAO. The price is TAO for one alpha.",
        ),
        Edit(
            "weights left out of the price",
            {
                "before = price(pool)": "before = (pool.tao << 64) // pool.alpha",
                "after = price(replace(pool, tao=pool.tao + paid, alpha=pool.alpha - received))": (
                    "after = (pool.tao + paid << 64) // (pool.alpha - received)"
                ),
            },
            "Right for even weights: your price is TAO over alpha. Where the weights are uneven, they count too.",
        ),
        Edit(
            "weights left out of the output",
            {"pool.quote_weight, pool.base_weight)\n    before": "5 * 10**17, 5 * 10**17)\n    before"},
            "Right for even weights. What comes out of an uneven pool depends on its weights.",
        ),
        Edit(
            "prices in rao for a whole alpha",
            {"return before, after, ": "return before * 10**9 >> 64, after * 10**9 >> 64, "},
            "Your prices are rao for one whole alpha. The task asks for fixed-point numbers, where 2^64 stands for "
            "one.",
        ),
        Edit(
            "slippage in TAO",
            {"(paid << 64) // before - received": "paid - (received * before >> 64)"},
            "Your slippage is in TAO. You buy alpha: of what do you count what is missing?",
        ),
        Edit(
            "times the price",
            {"(paid << 64) // before": "(paid * before >> 64)"},
            "You multiply TAO by the price. The price is TAO for one alpha: how much alpha does a TAO promise?",
        ),
        Edit(
            "before and after swapped",
            {"return before, after, ": "return after, before, "},
            "All three numbers are there, and the first two are swapped: the price before comes first.",
        ),
        Edit(
            "slippage below 0",
            {"(paid << 64) // before - received": "received - (paid << 64) // before"},
            "Your slippage has the other sign: it is what is missing, not what you have too much.",
        ),
        Edit(
            "received instead of slippage",
            {"(paid << 64) // before - received": "received"},
            "Your third number is what you get. The task asks how much less that is than the price had promised.",
        ),
        Edit(
            "slippage as a share",
            {"(paid << 64) // before - received": "10_000 - received * 10_000 // ((paid << 64) // before)"},
            "Your slippage is a share of what the price promised. The task asks for rao of alpha.",
        ),
    ),
)
