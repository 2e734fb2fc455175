"""08.4: a limit price, and with it the chain's whole swap."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab08 import reference as ours
from tao_lab.course.lab08.pools import EXAMPLE, UNEVEN, Rng, random_pool
from tao_lab.economy import Pool, price
from tao_lab.economy.swap import Side
from tao_lab.units import RAO_PER_TAO


def my_swap(pool, side, amount, limit_price=None):
    """The chain's swap: as much as the limit lets through.

    pool         Pool
    side         str          "buy" or "sell"
    amount       int          rao, fee included
    limit_price  int or None  fixed-point number: highest price of a purchase, lowest of a sale

    Returns fee (int), paid (int), received (int).
    """
    fee, paid, received = ours.swap_with_fee(pool, side, amount)
    if limit_price is None:
        return fee, paid, received
    target = ours.price_after(pool, side, paid)
    if target <= limit_price if side == "buy" else target >= limit_price:
        return fee, paid, received
    paid = ours.amount_to_price(pool, side, limit_price)
    fee = ours.fee_on_top(paid, pool.fee_rate)
    if side == "buy":
        return fee, paid, ours.amount_out(pool.tao, pool.alpha, paid, pool.quote_weight, pool.base_weight)
    return fee, paid, ours.amount_out(pool.alpha, pool.tao, paid, pool.base_weight, pool.quote_weight)


SIDES: tuple[Side, ...] = ("buy", "sell")
MILLE = {"buy": (2_000, 1_250, 1_120, 1_020), "sell": (500, 750, 880, 980)}  # limits, parts of the price


def cases(rng: Rng) -> Iterator[Case]:
    """Limits that do not bind, that bind, that are met exactly, and that only the last price passes; both sides."""
    pools = ((EXAMPLE, "the even pool"), (UNEVEN, "the uneven pool"), (random_pool(rng), "a random pool"))
    for pool, name in pools:
        for side in SIDES:
            for mille in MILLE[side]:
                amount = int(rng.integers(8, 13)) * (pool.tao if side == "buy" else pool.alpha) // 100
                limit = price(pool) * mille // 1_000
                yield _case(pool, side, amount, limit, f"{side} from {name}, limit at {mille / 10:g} % of the price")
    for side in SIDES:
        yield _case(EXAMPLE, side, 100 * RAO_PER_TAO, None, f"{side} with 100, without a limit")
    yield _case(EXAMPLE, "sell", 100 * RAO_PER_TAO, 0, "sell 100 with a limit of 0, which any price passes")
    for pool, name in pools:
        for side in SIDES:
            _, paid, _ = ours.swap_with_fee(pool, side, 30 * RAO_PER_TAO)
            limit = ours.price_after(pool, side, paid)
            yield _case(pool, side, 30 * RAO_PER_TAO, limit, f"{side} from {name}, the price arrives at the limit")


def _case(pool: Pool, side: Side, amount: int, limit_price: int | None, about: str) -> Case:
    return Case({"pool": pool, "side": side, "amount": amount, "limit_price": limit_price}, about)


BINDS = 'if target <= limit_price if side == "buy" else target >= limit_price:'

EXERCISE = Exercise(
    id="08.4",
    title="A limit price: the whole swap",
    solution=my_swap,
    reference=ours.swap,
    cases=cases,
    read=read_values(fee=int, paid=int, received=int),
    look="Does the limit bind here? If it does, which of the three numbers must become smaller?",
    unlocks="That is the chain's swap: at the end of the lab it runs every stake. Next: who else trades.",
    wrong_answers=(
        Edit(
            "limit ignored",
            {BINDS: "if True:"},
            "You swap the whole amount, whatever the limit. Which price does the last rao pay? (The price before "
            "the swap is always on the right side.)",
        ),
        Edit(
            "all or nothing",
            {
                "ours.amount_to_price(pool, side, limit_price)": "0",
            },
            "Where the limit binds you swap nothing. The chain swaps as much as the limit lets through.",
        ),
        Edit(
            "fee of the whole amount",
            {"    fee = ours.fee_on_top(paid, pool.fee_rate)\n": ""},
            "Where the limit cuts the swap short, you keep the fee of the whole amount. Should one pay a fee for what "
            "was not swapped?",
        ),
        Edit(
            "fee inside the cut amount",
            {"ours.fee_on_top(paid, pool.fee_rate)": "paid * ((pool.fee_rate << 64) // 65_535) >> 64"},
            "Where the limit cuts the swap short, your fee is a little too small: you take it out of `paid`, which is "
            "already without it.",
        ),
        Edit(
            "received of the whole amount",
            {
                "return fee, paid, ours.amount_out(pool.tao, pool.alpha, paid, pool.quote_weight, pool.base_weight)": (
                    "return fee, paid, received"
                ),
                "return fee, paid, ours.amount_out(pool.alpha, pool.tao, paid, pool.base_weight, pool.quote_weight)": (
                    "return fee, paid, received"
                ),
            },
            "Where the limit cuts the swap short, less is paid, and you still hand out what the whole amount would "
            "get.",
        ),
        Edit(
            "sale compared like a purchase",
            {"else target >= limit_price": "else target <= limit_price"},
            "Purchases are right. Which way does a sale move the price, and on which side of the limit is too far?",
        ),
        Edit(
            "average price compared",
            {
                "target = ours.price_after(pool, side, paid)": (
                    'target = (paid << 64) // received if side == "buy" else (received << 64) // paid'
                )
            },
            "You compare what a rao costs on average. The limit holds for the last rao: which price does that one pay?",
        ),
        Edit(
            "no limit is a limit of 0",
            {"if limit_price is None:\n        return fee, paid, received": "limit_price = limit_price or 0"},
            "Without a limit you take 0 for one. `None` says that any price will do.",
        ),
        Edit(
            "cut amount taken with the fee",
            {"price_after(pool, side, paid)": "price_after(pool, side, amount)"},
            "Right but for limits that are just met: you ask for the price after the whole `amount`. What reaches the "
            "pool is less.",
        ),
    ),
)
