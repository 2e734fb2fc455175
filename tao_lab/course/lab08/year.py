"""A year of a subnet's pool, computed by the chain's own rules in steps of a day.

The rules do not say how much TAO the subnet gets, or how much of the paid alpha is sold. `Assumptions` lists assumed
values. A step of a day represents 7,200 equal blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from tao_lab.cards import Card, Grid, Text
from tao_lab.economy import Pool, block_emission, price, root_proportion, subnet_terms, swap
from tao_lab.economy.fixed128 import U96F32
from tao_lab.economy.swap import ONE, weight_after_adding
from tao_lab.units import BLOCK_SECONDS, RAO_PER_TAO, U64_MAX

BLOCKS_A_DAY = 24 * 60 * 60 // BLOCK_SECONDS


@dataclass(frozen=True)
class Assumptions:
    """Values that the rules do not give: round numbers, not those of a real subnet. Amounts are whole TAO or alpha.

    Attributes:
        tao: TAO in the pool at the beginning.
        alpha: alpha in the pool.
        outside: alpha outside the pool.
        share: part of the network's TAO that goes to the subnet; on the chain it follows the moving price.
        sold: part of the newly issued alpha that its receivers sell on the same day.
        issuance: TAO issued so far; the emission of a block depends on it.
        root: TAO staked on root.
        root_weight: weight of a TAO on root (`TaoWeight`).
    """

    tao: int = 5_000
    alpha: int = 500_000
    outside: int = 500_000
    share: float = 0.01
    sold: float = 0.5
    issuance: int = 10_900_000
    root: int = 6_000_000
    root_weight: float = 0.18

    @property
    def card(self) -> Card:
        """The assumptions as a table, with their meanings."""
        meanings = dict(line.strip().split(": ", 1) for line in (type(self).__doc__ or "").splitlines() if ": " in line)
        rows = [[f.name, f"{getattr(self, f.name):,}", meanings[f.name].rstrip(".")] for f in fields(self)]
        said = Text("Round numbers, of no real subnet. Change one and run the cell again.")
        return Card("info", "Assumed", "what the chain's rules do not say", (said, Grid(rows)))

    def _repr_html_(self) -> str:
        return self.card._repr_html_()

    def __repr__(self) -> str:
        return repr(self.card)


@dataclass(frozen=True)
class Day:
    """A pool after a day: the pool, rao of alpha outside it, and rao of TAO that entered with alpha and that bought."""

    pool: Pool
    outside: int
    added: int = 0
    bought: int = 0

    @property
    def price(self) -> float:
        """TAO for one alpha."""
        return price(self.pool) / ONE


def a_year(assumed: Assumptions, days: int = 365, blocks: int = BLOCKS_A_DAY) -> list[Day]:
    """The pool day after day; the first entry is the beginning.

    Args:
        assumed: values that the rules do not give.
        days: number of steps.
        blocks: in a step.
    """
    pool = Pool(assumed.tao * RAO_PER_TAO, assumed.alpha * RAO_PER_TAO)
    year = [Day(pool, assumed.outside * RAO_PER_TAO)]
    for _ in range(days):
        year.append(next_day(year[-1], assumed, blocks))
    return year


def next_day(day: Day, assumed: Assumptions, blocks: int) -> Day:
    """One step: emission enters the pool, the chain buys, and people who were paid sell."""
    pool = day.pool
    issued = pool.alpha + day.outside
    tao = int(blocks * block_emission(assumed.issuance * RAO_PER_TAO) * assumed.share)
    alpha = blocks * block_emission(issued)
    root = root_proportion(assumed.root * RAO_PER_TAO, int(assumed.root_weight * U64_MAX), issued)
    terms = subnet_terms(U96F32.number(tao), alpha, price(pool), root)
    added, alpha_in, excess = (U96F32.whole(word) for word in (terms.tao_in, terms.alpha_in, terms.excess_tao))
    weight = weight_after_adding(pool, added, alpha_in)
    if weight is None:  # as on the chain: nothing is added if a weight would leave its range
        added = alpha_in = 0
    else:
        pool = replace(pool, quote_weight=weight)
    bought = swap(replace(pool, fee_rate=0), "buy", excess).received if excess else 0
    pool = replace(pool, tao=pool.tao + excess + added, alpha=pool.alpha - bought + alpha_in)
    sold = swap(pool, "sell", int(alpha * assumed.sold))
    pool = replace(pool, tao=pool.tao - sold.received, alpha=pool.alpha + sold.paid)
    return Day(pool, day.outside + alpha + bought - sold.paid, added, excess)


def years(assumed: Assumptions, sold: tuple[float, ...] = (0.25, 0.5, 1.0)) -> dict[str, list[float | int | str]]:
    """Price by day for several parts sold, as columns of a table."""
    table: dict[str, list[float | int | str]] = {"day": [], "price": [], "sold": []}
    for part in sold:
        for number, day in enumerate(a_year(replace(assumed, sold=part))):
            table["day"].append(number)
            table["price"].append(day.price)
            table["sold"].append(f"{part:.0%} of new α is sold")
    return table
