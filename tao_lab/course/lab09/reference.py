"""The functions of lab 09, made with the library's own rules; without a rule, results are found by trying."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tao_lab.consensus.stake import active_stake, stake_shares
from tao_lab.consensus.weights import weighted_median
from tao_lab.course.lab09.arena import Defence, best_defence
from tao_lab.economy import Pool, PriceTerms, registration_price, swap
from tao_lab.economy.swap import price_after
from tao_lab.fixed import EXACT
from tao_lab.units import RAO_PER_TAO

__all__ = ["cartel_stakes", "copied", "my_defence", "price_reached", "safe_limit", "sandwich", "sybil_seats"]

USEFUL, USELESS = [1.0, 0.0], [0.0, 1.0]  # an honest row on two miners, a cartel's row
MOST = 10**12  # τ of a cartel: more than any cartel needs


def cartel_stakes(stakes: Sequence[int], active: Sequence[bool], kappa: int) -> tuple[int, int]:
    """09.1: the smallest cartels that pay a miner and that starve one, found by trying the epoch's own steps."""
    speaks, count = np.array([*active, True]), len(stakes)
    rows = np.array([[EXACT.number(1), 0]] * count + [[0, EXACT.number(1)]])  # a good miner, and the cartel's own

    def consensus(cartel: int) -> tuple[int, int]:
        rao = np.array([stake * RAO_PER_TAO for stake in (*stakes, cartel)], np.uint64)
        voices = active_stake(stake_shares(rao, 0, None), speaks, np.ones(count + 1, bool))
        good, own = weighted_median(voices, rows, kappa)
        return int(good), int(own)

    return _first(lambda cartel: consensus(cartel)[1] > 0), _first(lambda cartel: consensus(cartel)[0] == 0)


def _first(holds: Callable[[int], bool]) -> int:
    """The smallest whole number of τ for which a condition is true; it must be true for all larger ones too."""
    high = 1
    while not holds(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def copied(judgements: Sequence[Sequence[int]], epoch: int, reveal_period: int, waits: bool) -> tuple[int | None, int]:
    """09.2: the judgement that a copier's row shows, simulated epoch by epoch: what is visible, and what is opened."""
    sealed: list[tuple[int, int | None]] = []  # of each epoch: the honest judgement, and the one that was copied
    seen: int | None = None
    for now in range(epoch + 1):
        before = seen
        if now >= reveal_period:
            seen = now - reveal_period  # opened in this epoch
        sealed.append((now, seen if waits else before))
    if epoch < reveal_period:
        return None, 0
    honest, made = sealed[epoch - reveal_period]
    if made is None:
        return None, 0
    return made, int(np.minimum(judgements[honest], judgements[made]).sum())


def sybil_seats(
    honest: int,
    pay: int,
    immunity_period: int,
    tempo: int,
    alpha_price: int,
    burn: int,
    terms: PriceTerms,
    free: int,
) -> tuple[int, int]:
    """09.3: the number of false seats with the largest profit: all numbers at once, then the first of the best."""
    costs, epochs = [0], immunity_period // tempo
    for _ in range(free):
        costs.append(costs[-1] + burn)
        burn = registration_price(burn, terms, "registration")
    each = [pay // (honest + seats) for seats in range(free + 1)]
    profits = [(e * s * epochs * alpha_price >> 64) - cost for s, (e, cost) in enumerate(zip(each, costs, strict=True))]
    return profits.index(max(profits)), max(profits)


def sandwich(pool: Pool, order: int, front: int, limit_price: int | None = None) -> tuple[int, int]:
    """09.4: what an attacker gains around an order, and the alpha that the order gets."""
    held, pool = _buy(pool, front)
    reached = price_after(pool, "buy", swap(pool, "buy", order).paid)
    received = 0
    if limit_price is None or reached <= limit_price:
        received, pool = _buy(pool, order)
    return swap(pool, "sell", held).received - front, received


def _buy(pool: Pool, tao: int) -> tuple[int, Pool]:
    """Alpha for some TAO, and the pool afterwards."""
    bought = swap(pool, "buy", tao)
    return bought.received, replace(pool, tao=pool.tao + bought.paid, alpha=pool.alpha - bought.received)


def price_reached(pool: Pool, order: int, front: int = 0) -> int:
    """The price at the end of an order after an attacker's purchase, a raw U64F64 value."""
    _, pool = _buy(pool, front)
    return price_after(pool, "buy", swap(pool, "buy", order).paid)


def safe_limit(pool: Pool, order: int, limits: Sequence[int], fronts: Sequence[int], cost: int) -> int | None:
    """09.5: the highest safe limit: find the profitable attacks, and the limit that each of them needs."""
    alone = price_reached(pool, order)
    worth_it = [price_reached(pool, order, front) for front in fronts if sandwich(pool, order, front)[0] > cost]
    return max((limit for limit in limits if alone <= limit and all(limit < w for w in worth_it)), default=None)


def my_defence(bloc: float, honest: float, changes: int, pay: int, immunity: int) -> dict[str, float | int | bool]:
    """09.6: a defence found by trying settings against the lab's own attackers."""
    found: Defence = best_defence(bloc, honest, changes, pay, immunity)
    return found.settings()
