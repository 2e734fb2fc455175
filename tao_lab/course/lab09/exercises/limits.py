"""09.5: the widest limit that makes a sandwich not worth it."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab09 import ours
from tao_lab.course.lab09.cases import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy import Pool, price
from tao_lab.units import RAO_PER_TAO


def safe_tolerance(pool, order, tolerances, fronts, cost):
    """How far above the price a victim may put its limit, so that no sandwich is worth it.

    pool        Pool
    order       int          rao of τ that the victim wants to pay; the order happens whole or not at all
    tolerances  list of int  limits to choose from, in any order: thousandths of the price above the price
    fronts      list of int  rao of τ with which attackers may begin
    cost        int          rao that three trades cost an attacker besides: only more than that is worth it

    Returns the largest tolerance (int) at which the order happens if nobody attacks, and no attack is worth it;
    None if there is none.

    >>> safe_tolerance(Pool(10**12, 10**12), 10**10, [50, 5, 30], [10**10, 10**11], 10**6)
    30
    """
    safe = None
    for tolerance in sorted(tolerances):
        limit_price = price(pool) * (1_000 + tolerance) // 1_000
        _, received = ours.sandwich(pool, order, 0, limit_price)
        most = max(ours.sandwich(pool, order, front, limit_price)[0] for front in fronts)
        if received and most <= cost:
            safe = tolerance
    return safe


def cases(rng: Rng) -> Iterator[Case]:
    """Deep and shallow pools, small and large orders, costs that matter; limits that even the order alone breaks."""
    fronts = [RAO_PER_TAO * tao for tao in (1, 10, 100)]
    deep = Pool(10**15, 10**15)
    yield _case(EXAMPLE, 10 * RAO_PER_TAO, [50, 5, 30], [10**10, 10**11], 10**6, "the even pool, three tolerances")
    yield _case(EXAMPLE, 50 * RAO_PER_TAO, [5, 20], fronts, 10**6, "limits that the order alone breaks")
    yield _case(EXAMPLE, 50 * RAO_PER_TAO, [300, 200], fronts, 10**6, "limits that are all too wide")
    yield _case(deep, 10 * RAO_PER_TAO, [20, 50, 30], fronts, 10**6, "a pool so deep that no limit is needed")
    for pool, name in ((EXAMPLE, "the even pool"), (UNEVEN, "the uneven pool"), (random_pool(rng), "a pool of chance")):
        for share in (2, 5, 9):
            order = pool.tao * share // 100
            ladder = rng.permutation([5, 10, 20, 45, 70, 100, 130, 160, 190, 230, 300]).tolist()
            starts = [pool.tao * part // 1_000 + int(rng.integers(999)) for part in (3, 12, 25, 40, 80)]
            for cost, words in ((10**6, "three cheap trades"), (order // 150, "three dear trades")):
                about = f"{name}, an order of {share} % of its τ, {words}"
                yield _case(pool, order, ladder, starts, cost, about)
    for tolerance, front in ((80, 10), (90, 12)):
        limit_price = price(EXAMPLE) * (1_000 + tolerance) // 1_000
        order, begin = 30 * RAO_PER_TAO, front * RAO_PER_TAO // 3
        profit, _ = ours.sandwich(EXAMPLE, order, begin, limit_price)
        about = f"an attack that earns exactly its cost, tolerance {tolerance}"
        yield _case(EXAMPLE, order, [tolerance], [begin, begin * 40], max(profit, 0), about)


def _case(pool: Pool, order: int, tolerances: list[int], fronts: list[int], cost: int, about: str) -> Case:
    given = {"pool": pool, "order": order, "tolerances": tolerances, "fronts": fronts, "cost": cost}
    return Case(given, about)


EXERCISE = Exercise(
    id="09.5",
    title="The limit that a sandwich cannot use",
    solution=safe_tolerance,
    reference=ours.safe_tolerance,
    cases=cases,
    read=read_values(tolerance=int | None),
    look="For one tolerance: does the order happen alone, and what is the best that an attacker makes of it?",
    unlocks="That is what `btcli stake add --rate-tolerance` asks you for; unless you say otherwise, it takes 5 %.",
    wrong_answers=(
        Edit(
            "nobody asks whether the order happens",
            {"if received and most <= cost": "if most <= cost"},
            "You also choose limits at which the order never happens, not even alone. Nobody is robbed then, and nothing "
            "is bought.",
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
            "You call an attack worth it that earns less than its three trades cost.",
        ),
        Edit(
            "its cost exactly",
            {"most <= cost": "most < cost"},
            "You call an attack worth it that earns exactly what it costs.",
        ),
        Edit(
            "the narrowest",
            {"sorted(tolerances)": "sorted(tolerances, reverse=True)"},
            "You give the smallest safe tolerance. Asked is the largest.",
        ),
        Edit(
            "the last in the list",
            {"sorted(tolerances)": "tolerances"},
            "You give the safe tolerance that comes last in the list, which is in no order.",
        ),
        Edit(
            "hundredths",
            {"(1_000 + tolerance) // 1_000": "(100 + tolerance) // 100"},
            "You take the tolerance for per cent. It is in thousandths.",
        ),
        Edit(
            "without a limit",
            {"ours.sandwich(pool, order, front, limit_price)[0]": "ours.sandwich(pool, order, front)[0]"},
            "Your attacker meets an order without a limit. Whether the order happens behind the attacker, the limit "
            "decides.",
        ),
        Edit(
            "the limit itself",
            {"safe = tolerance": "safe = limit_price"},
            "You give the limit price. Asked is the tolerance that it comes from.",
        ),
    ),
)
