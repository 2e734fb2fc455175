"""09.5: the highest limit that makes a sandwich not worth it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tao_lab.course.exercise import Case, Edit, Exercise, WrongAnswer, read_values
from tao_lab.course.lab08 import reference as pools
from tao_lab.course.lab09 import reference as ours
from tao_lab.course.lab09.cases import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy import Pool, price
from tao_lab.units import RAO_PER_TAO


def safe_limit(pool, order, limits, fronts, cost):
    """The highest limit that a victim can afford, so that no sandwich is worth it.

    pool    Pool
    order   int          rao of τ that the victim wants to pay; the order happens whole or not at all
    limits  list of int  fixed-point prices to choose from, in any order
    fronts  list of int  rao of τ with which attackers may begin
    cost    int          rao that an attack costs besides: only more than that is worth it

    Returns the highest limit (int) at which the order happens if nobody attacks, and no attack is worth it;
    None if no limit does both.

    >>> pool, one = Pool(10**12, 10**12), 2**64
    >>> safe_limit(pool, 10**10, [one * 11 // 10, one, one * 103 // 100], [10**10, 10**11], 10**6) == one * 103 // 100
    True
    """
    safe = None
    for limit_price in sorted(limits):
        _, received = ours.sandwich(pool, order, 0, limit_price)
        most = max(ours.sandwich(pool, order, front, limit_price)[0] for front in fronts)
        if received and most <= cost:
            safe = limit_price
    return safe


def cases(rng: Rng) -> Iterator[Case]:
    """Deep and shallow pools, small and large orders, costs that matter; limits that even the order alone breaks."""
    fronts = [RAO_PER_TAO * tao for tao in (1, 10, 100)]
    deep = Pool(10**15, 10**15)
    yield _case(EXAMPLE, 10 * RAO_PER_TAO, [50, 0, 30], [10**10, 10**11], 10**6, "the even pool, three limits")
    yield _case(EXAMPLE, 50 * RAO_PER_TAO, [5, 20], fronts, 10**6, "limits that the order alone breaks")
    yield _case(EXAMPLE, 50 * RAO_PER_TAO, [300, 200], fronts, 10**6, "limits that are all too high")
    yield _case(deep, 10 * RAO_PER_TAO, [20, 50, 30], fronts, 10**6, "a pool so deep that no limit is needed")
    for pool, name in ((EXAMPLE, "the even pool"), (UNEVEN, "the uneven pool"), (random_pool(rng), "a random pool")):
        for share in (2, 5, 9):
            order = pool.tao * share // 100
            ladder = rng.permutation([5, 10, 20, 45, 70, 100, 130, 160, 190, 230, 300]).tolist()
            starts = [pool.tao * part // 1_000 + int(rng.integers(999)) for part in (25, 3, 80, 12, 40)]
            for cost, words in ((10**6, "a cheap attack"), (order // 150, "a dear attack")):
                yield _case(pool, order, ladder, starts, cost, f"{name}, an order of {share} % of its τ, {words}")
    met = ours.price_reached(EXAMPLE, 10 * RAO_PER_TAO)
    above = fee_too(EXAMPLE, 10 * RAO_PER_TAO) - 1
    for limit, words in (
        (met, "the order alone just meets"),
        (met - 1, "the order alone breaks by a bit"),
        (above, "the order would break if its fee reached the pool"),
    ):
        given = {"pool": EXAMPLE, "order": 10 * RAO_PER_TAO, "limits": [limit], "fronts": [10**10], "cost": 10**9}
        yield Case(given, f"the even pool, a limit that {words}")
    for tolerance, front in ((80, 10), (90, 12)):
        order, begin = 30 * RAO_PER_TAO, front * RAO_PER_TAO // 3
        profit, _ = ours.sandwich(EXAMPLE, order, begin, _limit(EXAMPLE, tolerance))
        about = f"an attack that earns exactly its cost, limit {tolerance / 10:g} % above the price"
        yield _case(EXAMPLE, order, [tolerance], [begin, begin * 40], max(profit, 0), about)


def _case(pool: Pool, order: int, tolerances: list[int], fronts: list[int], cost: int, about: str) -> Case:
    """One case; tolerances are thousandths of the price above it."""
    limits = [_limit(pool, tolerance) for tolerance in tolerances]
    return Case({"pool": pool, "order": order, "limits": limits, "fronts": fronts, "cost": cost}, about)


def _limit(pool: Pool, tolerance: int) -> int:
    return price(pool) * (1_000 + tolerance) // 1_000


def fee_too(pool: Pool, order: int) -> int:
    """The price after an order if the fee also entered the pool: a mistake."""
    return pools.price_after(pool, "buy", order)


def _every_attack_breaks(pool: Pool, order: int, limits: Sequence[int], fronts: Sequence[int], cost: int) -> int | None:
    alone, attacked = ours.price_reached(pool, order), [ours.price_reached(pool, order, front) for front in fronts]
    return max((limit for limit in limits if alone <= limit < min(attacked)), default=None)


def _lowest_above_the_price(
    pool: Pool, order: int, limits: Sequence[int], fronts: Sequence[int], cost: int
) -> int | None:
    return min((limit for limit in limits if limit >= price(pool)), default=None)


EXERCISE = Exercise(
    id="09.5",
    title="The limit that a sandwich cannot use",
    solution=safe_limit,
    reference=ours.safe_limit,
    cases=cases,
    read=read_values(limit=int | None),
    look="For one limit: does the order happen alone, and what is the best that an attacker makes of it?",
    unlocks="That is what `btcli stake add --rate-tolerance` asks you for; unless you say otherwise, it takes 5 %.",
    wrong_answers=(
        Edit(
            "nobody asks whether the order happens",
            {"if received and most <= cost": "if most <= cost"},
            "You also choose limits at which the order never happens, not even alone. Nobody is robbed then, and "
            "nothing is bought.",
        ),
        Edit(
            "the first attack only",
            {
                "most = max(ours.sandwich(pool, order, front, limit_price)[0] for front in fronts)": (
                    "most = ours.sandwich(pool, order, fronts[0], limit_price)[0]"
                )
            },
            "You look at the first attack. An attacker chooses the best one.",
        ),
        Edit(
            "the worst attack",
            {"most = max(": "most = min("},
            "You look at the attack that brings least. An attacker chooses the best one.",
        ),
        Edit(
            "all attacks together",
            {"most = max(": "most = sum("},
            "You add up all attacks. Only one of them happens: the best one.",
        ),
        Edit(
            "any profit is worth it",
            {"most <= cost": "most <= 0"},
            "You call an attack worth it that earns less than it costs.",
        ),
        Edit(
            "its cost exactly",
            {"most <= cost": "most < cost"},
            "You call an attack worth it that earns exactly what it costs.",
        ),
        Edit(
            "the lowest",
            {"sorted(limits)": "sorted(limits, reverse=True)"},
            "You give the lowest safe limit. The task asks for the highest.",
        ),
        Edit(
            "the last in the list",
            {"sorted(limits)": "limits"},
            "You give the safe limit that comes last in the list, which is in no order.",
        ),
        Edit(
            "without a limit",
            {"ours.sandwich(pool, order, front, limit_price)[0]": "ours.sandwich(pool, order, front)[0]"},
            "Your attacker meets an order without a limit. Whether the order happens behind the attacker, the limit "
            "decides.",
        ),
        Edit(
            "the largest attack only",
            {"for front in fronts": "for front in [max(fronts)]"},
            "You look at the attacker with the most money. With a limit, a smaller sum may bring more.",
        ),
        Edit(
            "the smallest attack only",
            {"for front in fronts": "for front in [min(fronts)]"},
            "You look at the attacker with the least money. An attacker chooses the best sum.",
        ),
        Edit(
            "the order happens under each attack",
            {"if received and": "if all(ours.sandwich(pool, order, front, limit_price)[1] for front in fronts) and"},
            "You ask whether the order happens behind an attacker. The task asks whether it happens if nobody attacks.",
        ),
        Edit(
            "losses taken for profits",
            {
                "most = max(ours": "most = max(abs(ours",
                "limit_price)[0] for front in fronts)": "limit_price)[0]) for front in fronts)",
            },
            "You take the attacker's losses for profits.",
        ),
        Edit(
            "nothing is zero",
            {"safe = None": "safe = 0"},
            "Where no limit is safe you give 0. Return None.",
        ),
        Edit(
            "the lowest where none is safe",
            {"safe = None": "safe = min(limits)"},
            "Where no limit is safe you give the lowest. Return None.",
        ),
        Edit(
            "just met is too late",
            {"if received and": "if received and ours.price_reached(pool, order) < limit_price and"},
            "You leave out a limit that the order alone just meets. Does it happen then?",
        ),
        Edit(
            "the fee moves the price",
            {
                "_, received = ours.sandwich(pool, order, 0, limit_price)": (
                    "received = fee_too(pool, order) <= limit_price"
                )
            },
            "You let the fee move the price. Of what the victim pays, what reaches the pool?",
        ),
        WrongAnswer(
            "only limits that every attack breaks",
            "You take only limits that every attacker breaks. One whose attack earns no more than it costs may stay "
            "below the limit.",
            _every_attack_breaks,
        ),
        WrongAnswer(
            "the lowest above the price",
            "You take the lowest limit above the price before the order. The order itself raises the price, and the "
            "task asks for the highest limit that is safe.",
            _lowest_above_the_price,
        ),
        Edit(
            "nobody attacks",
            {"if received and most <= cost": "if received"},
            "You take the highest limit at which the order happens. What does an attacker make of it?",
        ),
        Edit(
            "unsafe limits",
            {"most <= cost": "most > cost"},
            "You take limits at which an attack is worth it. The task asks for the others.",
        ),
        Edit(
            "stops at the first that fails",
            {"            safe = limit_price\n": "            safe = limit_price\n        else:\n            break\n"},
            "You stop at the first limit that fails. The lowest ones fail because the order does not happen; higher "
            "ones may be safe.",
        ),
        Edit(
            "below zero where none is safe",
            {"safe = None": "safe = -1"},
            "Where no limit is safe you give -1. Return None.",
        ),
        Edit(
            "the highest where none is safe",
            {"safe = None": "safe = max(limits)"},
            "Where no limit is safe you give the highest. Return None.",
        ),
        Edit(
            "a place in the list",
            {"safe = limit_price": "safe = limits.index(limit_price)"},
            "You give the place of the limit in the list. The task asks for the limit itself.",
        ),
        Edit(
            "the mean attack",
            {
                "most = max(": "most = sum(",
                "limit_price)[0] for front in fronts)": ("limit_price)[0] for front in fronts) // len(fronts)"),
            },
            "You take the mean of all attacks. An attacker chooses the best one.",
        ),
        Edit(
            "the last attack only",
            {"for front in fronts": "for front in fronts[-1:]"},
            "You look at the last attack in the list. An attacker chooses the best one.",
        ),
        Edit(
            "the cost of all attacks",
            {"most <= cost": "most <= cost * len(fronts)"},
            "You add up the cost of all attacks. Only one of them happens, and costs once.",
        ),
        Edit(
            "the cost of three trades",
            {"most <= cost": "most <= 2 * cost"},
            "You count the cost twice. `cost` is what the whole attack costs.",
        ),
        Edit(
            "the cost is invested",
            {"for front in fronts": "for front in [front + cost for front in fronts]"},
            "Your attacker puts the cost into the pool. It is gone: only a profit above it is worth it.",
        ),
        Edit(
            "the first attacker is always there",
            {"ours.sandwich(pool, order, 0, limit_price)": "ours.sandwich(pool, order, fronts[0], limit_price)"},
            "You ask whether the order happens behind the first attacker. The task asks whether it happens if nobody "
            "attacks.",
        ),
    ),
)
