"""09.4: what a sandwich brings, to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab08 import ours as pools
from tao_lab.course.lab09 import ours
from tao_lab.course.lab09.cases import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy import Pool, price
from tao_lab.units import RAO_PER_TAO


def sandwich(pool, order, front, limit_price=None):
    """Buy in front of somebody's purchase, sell behind it.

    pool         Pool
    order        int          rao of τ that the victim wants to pay, fee included
    front        int          rao of τ that the attacker pays in front of it, fee included
    limit_price  int or None  word: the victim's limit; an order that does not fit below it does not happen at all

    Returns profit (int): rao of τ, what the attacker has more in the end, below zero for a loss;
    received (int): rao of alpha that the victim gets, 0 where the order does not happen.

    >>> sandwich(Pool(10**9, 10**9, fee_rate=0), 10**9, 10**9)
    (799999998, 166666666)
    """
    _, paid, held = pools.swap(pool, "buy", front)
    pool = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - held)
    _, paid, received = pools.swap(pool, "buy", order)
    if limit_price is not None and pools.price_after(pool, "buy", paid) > limit_price:
        paid, received = 0, 0
    pool = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - received)
    _, _, back = pools.swap(pool, "sell", held)
    return back - front, received


def cases(rng: Rng) -> Iterator[Case]:
    """With and without fee and limit; limits that bind, that do not, that are just met; a front of nothing."""
    plain = Pool(10**9, 10**9, fee_rate=0)
    yield _case(plain, 10**9, 10**9, None, "1 τ and 1 α, no fee, no limit")
    yield _case(EXAMPLE, 100 * RAO_PER_TAO, 0, None, "nobody attacks")
    tiny = Pool(2 * 10**6, 2 * 10**6)
    yield _case(
        tiny, 10**6, 1_099_991, price(tiny) * 11 // 10, "a pool so small that each rao counts, a limit that stops it"
    )
    found = ((plain, "the pool without a fee"), (EXAMPLE, "the even pool"), (UNEVEN, "the uneven pool"))
    for pool, name in (*found, (random_pool(rng, 600), "a pool of chance with a high fee")):
        order, front = (pool.tao * int(rng.integers(4, 20)) // 100 + int(rng.integers(999)) for _ in range(2))
        yield _case(pool, order, front, None, f"{name}, no limit")
        yield _case(pool, order, front, price(pool) * 3, f"{name}, a limit far above")
        yield _case(pool, order, front, price(pool) * 101 // 100, f"{name}, a limit 1 % above the price")
        yield _case(pool, order, front, ours.price_reached(pool, order, front), f"{name}, a limit that is just met")
        middle = (ours.price_reached(pool, front) + ours.price_reached(pool, order, front)) // 2
        yield _case(pool, order, front, middle, f"{name}, a limit that half of the order reaches")
        small = pool.tao // 10_000 + int(rng.integers(999))
        yield _case(pool, small, front, None, f"{name}, an order too small to be worth it")


def _case(pool: Pool, order: int, front: int, limit_price: int | None, about: str) -> Case:
    return Case({"pool": pool, "order": order, "front": front, "limit_price": limit_price}, about)


HELD = "    pool = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - held)\n"
TOOK = "    pool = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - received)\n"

EXERCISE = Exercise(
    id="09.4",
    title="A sandwich",
    solution=sandwich,
    reference=ours.sandwich,
    cases=cases,
    read=read_values(profit=int, received=int),
    look="Three trades, one after the other: what does the pool hold before each of them?",
    unlocks="You see what is taken, and from whom. Next: what stops it.",
    wrong_answers=(
        Edit(
            "the victim buys from the old pool",
            {HELD: ""},
            "Your victim buys from the pool as it was before the attacker. What does that pool hold by then?",
        ),
        Edit(
            "the attacker sells before the victim buys",
            {TOOK: ""},
            "Your attacker sells to a pool that the victim has not paid into. Whose money does it want?",
        ),
        Edit(
            "the fee goes into the pool",
            {HELD: HELD.replace("+ paid", "+ front"), TOOK: TOOK.replace("+ paid", "+ order")},
            "You put the fee into the pool. Of what somebody pays, what reaches it?",
        ),
        Edit(
            "limit ignored",
            {
                'if limit_price is not None and pools.price_after(pool, "buy", paid) > limit_price:\n'
                "        paid, received = 0, 0\n    ": ""
            },
            "Your victim buys whatever the limit says.",
        ),
        Edit(
            "limit against the price before",
            {'pools.price_after(pool, "buy", paid) > limit_price': "price(pool) > limit_price"},
            "You compare the limit with the price before the victim's purchase. Its last rao costs more than its "
            "first.",
        ),
        Edit(
            "a limit that is just met",
            {"> limit_price": ">= limit_price"},
            "Where the price arrives exactly at the limit, you refuse the order. Is the price beyond it?",
        ),
        Edit(
            "partly filled",
            {
                'if limit_price is not None and pools.price_after(pool, "buy", paid) > limit_price:\n'
                "        paid, received = 0, 0\n": (
                    'if limit_price is not None and pools.price_after(pool, "buy", paid) > limit_price:\n'
                    "        part = limit_price > price(pool)\n"
                    '        _, paid, received = pools.swap(pool, "buy", order, limit_price) if part else (0, 0, 0)\n'
                )
            },
            "You fill a part of the order. That is another kind of order; this one happens whole or not at all.",
        ),
        Edit(
            "refused orders pay",
            {"paid, received = 0, 0": "received = 0"},
            "A refused order pays nothing into the pool.",
        ),
        Edit(
            "all the TAO that comes back",
            {"return back - front": "return back"},
            "Your profit is all that comes back. What has the attacker paid first?",
        ),
        Edit(
            "without the fee of the first trade",
            {"back - front, received": "back - (front - front * pool.fee_rate // 65_535), received"},
            "You forget the fee of the attacker's purchase. It is gone, too.",
        ),
        Edit(
            "no losses",
            {"return back - front": "return max(back - front, 0)"},
            "Your attacker never loses. Whoever buys in front of an order that does not happen pays two fees.",
        ),
    ),
)
