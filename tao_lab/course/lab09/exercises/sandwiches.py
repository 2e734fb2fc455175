"""09.4: what a sandwich brings, to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab08 import reference as pools
from tao_lab.course.lab09 import reference as ours
from tao_lab.course.lab09.cases import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy import Pool, price
from tao_lab.units import RAO_PER_TAO


def sandwich(pool, order, front, limit_price=None):
    """Buy in front of somebody's purchase, sell behind it.

    pool         Pool
    order        int          rao of τ that the victim wants to pay, fee included
    front        int          rao of τ that the attacker pays in front of it, fee included
    limit_price  int or None  fixed-point number, the victim's limit: an order that goes above it does not happen

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
    for pool, name in (*found, (random_pool(rng, 600), "a random pool with a high fee")):
        order, front = (pool.tao * int(rng.integers(4, 20)) // 100 + int(rng.integers(999)) for _ in range(2))
        yield _case(pool, order, front, None, f"{name}, no limit")
        yield _case(pool, order, front, price(pool) * 3, f"{name}, a limit far above")
        yield _case(pool, order, front, price(pool) * 101 // 100, f"{name}, a limit 1 % above the price")
        yield _case(pool, order, front, ours.price_reached(pool, order, front), f"{name}, a limit that is just met")
        middle = (ours.price_reached(pool, front) + ours.price_reached(pool, order, front)) // 2
        yield _case(pool, order, front, middle, f"{name}, a limit that half of the order reaches")
        before, after = ours.price_reached(pool, front), ours.price_reached(pool, order, front)
        yield _case(pool, order, front, before + (after - before) // 4, f"{name}, a limit below the order's mean price")
        small = pool.tao // 10_000 + int(rng.integers(999))
        yield _case(pool, small, front, None, f"{name}, an order too small to be worth it")


def _case(pool: Pool, order: int, front: int, limit_price: int | None, about: str) -> Case:
    return Case({"pool": pool, "order": order, "front": front, "limit_price": limit_price}, about)


def _behind(pool: Pool, order: int, front: int, limit_price: int | None = None) -> tuple[int, int]:
    received, pool = _whole_or_not(pool, order, limit_price)
    _, paid, held = pools.swap(pool, "buy", front)
    pool = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - held)
    return pools.swap(pool, "sell", held)[2] - front, received


def _whole_or_not(pool: Pool, order: int, limit_price: int | None) -> tuple[int, Pool]:
    """Alpha for an order that happens whole or not at all, and the pool afterwards."""
    _, paid, received = pools.swap(pool, "buy", order)
    if limit_price is not None and pools.price_after(pool, "buy", paid) > limit_price:
        return 0, pool
    return received, replace(pool, tao=pool.tao + paid, alpha=pool.alpha - received)


def _limit_alone(pool: Pool, order: int, front: int, limit_price: int | None = None) -> tuple[int, int]:
    happens = limit_price is None or ours.price_reached(pool, order) <= limit_price
    return ours.sandwich(pool, order, front, None if happens else 0)


def _by_hand(pool: Pool, order: int, front: int, limit_price: int | None = None) -> tuple[int, int]:
    constant = pool.tao * pool.alpha
    held = pool.alpha - constant // (pool.tao + front)
    received = pool.alpha - held - constant // (pool.tao + front + order)
    return pool.tao + order - constant // (pool.alpha - received), received


HELD = "    pool = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - held)\n"
TOOK = "    pool = replace(pool, tao=pool.tao + paid, alpha=pool.alpha - received)\n"
BEYOND = 'pools.price_after(pool, "buy", paid) > limit_price'

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
        Edit(
            "limit against the mean price",
            {BEYOND: "received and (paid << 64) // received > limit_price"},
            "You compare the limit with the mean price of the order. What is the price after its last rao?",
        ),
        Edit(
            "fee included in the price",
            {BEYOND: 'pools.price_after(pool, "buy", order) > limit_price'},
            "You let the fee move the price. Of what the victim pays, what reaches the pool?",
        ),
        Edit(
            "limit turned round",
            {"> limit_price": "< limit_price"},
            "You refuse orders that stay below the limit, and let those above it happen.",
        ),
        Edit(
            "sells as much as it paid",
            {'"sell", held': '"sell", front'},
            "Your attacker sells as many rao of alpha as it paid rao of τ. What does it hold?",
        ),
        Edit(
            "sells the victim's too",
            {'"sell", held': '"sell", held + received'},
            "Your attacker sells the victim's alpha, too.",
        ),
        Edit(
            "alpha stays in the pool",
            {"alpha=pool.alpha - held": "alpha=pool.alpha", "alpha=pool.alpha - received": "alpha=pool.alpha"},
            "Your pool keeps the alpha that it sold. What is left in it after a purchase?",
        ),
        Edit(
            "what the victim loses",
            {"return back - front, received": "return back - front, -received"},
            "Your `received` is below zero. The task asks what the victim gets.",
        ),
        Edit(
            "no sale after a refusal",
            {"paid, received = 0, 0": "return -front, 0"},
            "Where the order does not happen, your attacker keeps its alpha for ever. It sells all the same.",
        ),
        Edit(
            "nothing happens after a refusal",
            {"paid, received = 0, 0": "return 0, 0"},
            "Where the order does not happen, you undo the attacker's purchase. It has happened, and it is sold again.",
        ),
        WrongAnswer(
            "behind the victim",
            "Your attacker buys behind the victim, and pays the price that the victim has raised. It buys in front.",
            _behind,
        ),
        WrongAnswer(
            "limit as if nobody attacked",
            "You ask whether the order stays below its limit if nobody attacks. The attacker's purchase has raised the "
            "price already.",
            _limit_alone,
        ),
        WrongAnswer(
            "half of each by hand",
            "You multiply the two amounts of the pool by hand. That leaves out the fee, and the weights of a pool that "
            "is not even: `pools.swap` has both.",
            _by_hand,
        ),
        Edit(
            "the swap gets the limit",
            {'pools.swap(pool, "buy", order)': 'pools.swap(pool, "buy", order, limit_price)'},
            "You give the limit to `pools.swap`: it fills a part of the order, and raises an error where the price is "
            "above the limit already. This order happens whole or not at all.",
        ),
        Edit(
            "the attacker keeps to the limit",
            {'pools.swap(pool, "buy", front)': 'pools.swap(pool, "buy", front, limit_price)'},
            "Your attacker's purchase stops at the limit. The limit is the victim's.",
        ),
        Edit(
            "the attacker sells with the limit",
            {'pools.swap(pool, "sell", held)': 'pools.swap(pool, "sell", held, limit_price)'},
            "Your attacker sells only above the limit. The limit is the victim's.",
        ),
        Edit(
            "sold at the last price",
            {'_, _, back = pools.swap(pool, "sell", held)': "back = held * price(pool) >> 64"},
            "Your attacker sells all its alpha at the price of the first rao, and without a fee. A sale moves the "
            "price, too.",
        ),
        Edit(
            "no fee for the sale",
            {'pools.swap(pool, "sell", held)': 'pools.swap(replace(pool, fee_rate=0), "sell", held)'},
            "Your attacker pays no fee for its sale. Each of the three trades has a fee.",
        ),
        Edit(
            "no fees",
            {
                '_, paid, held = pools.swap(pool, "buy", front)': (
                    'pool = replace(pool, fee_rate=0)\n    _, paid, held = pools.swap(pool, "buy", front)'
                )
            },
            "Nobody pays a fee. Each of the three trades has one.",
        ),
        Edit(
            "the alpha is there before it is sold",
            {"alpha=pool.alpha - received)": "alpha=pool.alpha - received + held)"},
            "You put the attacker's alpha into the pool and then sell it to the pool: it arrives twice.",
        ),
        Edit(
            "sells what the victim bought",
            {'"sell", held': '"sell", received'},
            "Your attacker sells the alpha that the victim bought. What does the attacker hold?",
        ),
        Edit(
            "what the attacker pays",
            {"return back - front": "return front - back"},
            "Your profit has the wrong sign: what comes back is the gain, what is paid in front is the cost.",
        ),
        Edit(
            "without its sign",
            {"return back - front": "return abs(back - front)"},
            "You turn a loss into a gain. The task asks for a number below zero there.",
        ),
        Edit(
            "received first",
            {"return back - front, received": "return received, back - front"},
            "Your two answers have changed places.",
        ),
    ),
)
