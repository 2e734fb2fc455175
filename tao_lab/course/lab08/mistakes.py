"""Wrong answers that people give in lab 08, each with the hint that it gets.

A wrong answer is an implementation by somebody who has one thing wrong and all else right: it uses the library for
the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tao_lab.course.exercise import WrongAnswer
from tao_lab.economy import Pool, price, swap
from tao_lab.economy.power import power_scaled
from tao_lab.economy.swap import (
    ACCURACY,
    FRACTION_BITS,
    ONE,
    Side,
    amount_out,
    amount_to_price,
    fee_amount,
    fee_on_top,
    price_after,
)
from tao_lab.units import RAO_PER_TAO, U16_MAX

Parts = tuple[int, int, int]

# --- 08.1 output ---


def _out(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    return amount_out(Pool(reserve_in, reserve_out, weight_in), "buy", paid)


def _at_price_before(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    return paid * reserve_out * weight_in // (reserve_in * weight_out)


def _at_price_after(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    left = reserve_out - _out(reserve_in, reserve_out, paid, weight_in, weight_out)
    return paid * left * weight_in // ((reserve_in + paid) * weight_out)


def _sides_swapped(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    return _out(reserve_out, reserve_in, paid, weight_out, weight_in)


def _weights_ignored(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    return _out(reserve_in, reserve_out, paid, ACCURACY // 2, ACCURACY // 2)


def _exponent_upside_down(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    return _out(reserve_in, reserve_out, paid, weight_out, weight_in)


def _what_stays(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    return reserve_out * _remaining(reserve_in, reserve_in + paid, weight_in, weight_out) >> FRACTION_BITS


def _without_word(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    remaining = power_scaled(reserve_in, reserve_in + paid, weight_in, weight_out) or 0
    return reserve_out * (ACCURACY - remaining) // ACCURACY


def _paid_not_added(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    return reserve_out * (ONE - _remaining(reserve_in - paid, reserve_in, weight_in, weight_out)) >> FRACTION_BITS


def _in_tao(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> int:
    return _out(reserve_in, reserve_out, paid // RAO_PER_TAO, weight_in, weight_out)


def _in_floats(reserve_in: int, reserve_out: int, paid: int, weight_in: int, weight_out: int) -> float:
    return float(reserve_out * (1 - (reserve_in / (reserve_in + paid)) ** (weight_in / weight_out)))


def _remaining(numerator: int, denominator: int, p: int, q: int) -> int:
    return ((power_scaled(numerator, denominator, p, q) or 0) << FRACTION_BITS) // ACCURACY


OUTPUT = (
    WrongAnswer(
        "price before the swap",
        "You pay out at the price that stood before the swap. But the first rao moves the price already, and the pool "
        "would be empty one day: what leaves follows from the curve, not from the price.",
        _at_price_before,
    ),
    WrongAnswer(
        "price after the swap",
        "You pay out at the price that stands *after* the swap. Each rao is swapped at its own price, from the first "
        "one to the last: use the share that remains.",
        _at_price_after,
    ),
    WrongAnswer(
        "sides swapped",
        "The reserves are the wrong way round: `paid` is added to `reserve_in`, and what comes out is a part of "
        "`reserve_out`.",
        _sides_swapped,
    ),
    WrongAnswer(
        "weights ignored",
        "Right for even weights. Where they are not, the share is raised to a power: "
        "`power_scaled(reserve_in, reserve_in + paid, weight_in, weight_out)`.",
        _weights_ignored,
    ),
    WrongAnswer(
        "exponent upside down",
        "Right for even weights. The exponent is `weight_in / weight_out`; yours is the other way round.",
        _exponent_upside_down,
    ),
    WrongAnswer(
        "what stays instead of what leaves",
        "That is what *stays* in the pool. What leaves is the rest: 2^64, which stands for one, less the word.",
        _what_stays,
    ),
    WrongAnswer(
        "parts of 10^18 instead of a word",
        "Off by a rao in deep pools: the chain turns the remaining share from parts of 10^18 into a word, "
        "`(… << 64) // 10**18`, before it multiplies. To agree with it you must round where it rounds.",
        _without_word,
    ),
    WrongAnswer(
        "paid taken away instead of added",
        "`paid` comes *into* the pool: the share that remains is `reserve_in / (reserve_in + paid)`.",
        _paid_not_added,
    ),
    WrongAnswer(
        "paid in TAO",
        "You divide `paid` by 10^9. Reserves and amounts are all in rao: take them as they are.",
        _in_tao,
    ),
    WrongAnswer(
        "floats",
        "That is a float, and the chain has none: thousands of computers must agree on each rao. Use `//`, `<<`, `>>` "
        "and `power_scaled`.",
        _in_floats,
    ),
)

# --- 08.2 price impact and slippage ---


def _slippage(
    pool: Pool,
    paid: int,
    *,
    expected_at: str = "before",
    alpha_leaves: bool = True,
    tao_enters: bool = True,
    priced: Callable[[Pool], int] = price,
) -> Parts:
    received = amount_out(pool, "buy", paid)
    after = replace(
        pool, tao=pool.tao + (paid if tao_enters else 0), alpha=pool.alpha - (received if alpha_leaves else 0)
    )
    word = price(after if expected_at == "after" else pool)
    return priced(pool), priced(after), (paid << FRACTION_BITS) // word - received


def _slippage_in_tao(pool: Pool, paid: int) -> Parts:
    before, after, _ = _slippage(pool, paid)
    return before, after, paid - (amount_out(pool, "buy", paid) * before >> FRACTION_BITS)


def _before_and_after_swapped(pool: Pool, paid: int) -> Parts:
    before, after, slippage = _slippage(pool, paid)
    return after, before, slippage


SLIPPAGE = (
    WrongAnswer(
        "expected at the price after",
        "Slippage is counted from the price that you saw, the one *before* your swap: what you would get at that "
        "price, less what you get.",
        lambda pool, paid: _slippage(pool, paid, expected_at="after"),
    ),
    WrongAnswer(
        "alpha stays in the pool",
        "Your price after the swap counts alpha that has left: the pool holds `pool.alpha - received`.",
        lambda pool, paid: _slippage(pool, paid, alpha_leaves=False),
    ),
    WrongAnswer(
        "TAO does not arrive",
        "Your price after the swap lacks the TAO that has arrived: the pool holds `pool.tao + paid`.",
        lambda pool, paid: _slippage(pool, paid, tao_enters=False),
    ),
    WrongAnswer(
        "price upside down",
        "That is alpha for one TAO. The price is TAO for one alpha.",
        lambda pool, paid: _slippage(pool, paid, priced=lambda p: (ONE * ONE) // price(p)),
    ),
    WrongAnswer(
        "weights left out of the price",
        "Right for even weights. The price is (weight of alpha · TAO) / (weight of TAO · alpha): `price(pool)` knows.",
        lambda pool, paid: _slippage(pool, paid, priced=lambda p: (p.tao << FRACTION_BITS) // p.alpha),
    ),
    WrongAnswer(
        "prices in rao for a whole alpha",
        "Your prices are rao for one whole alpha. Give them as words, where 2^64 stands for one: `price(pool)` as "
        "it is.",
        lambda pool, paid: _slippage(pool, paid, priced=lambda p: price(p) * RAO_PER_TAO >> FRACTION_BITS),
    ),
    WrongAnswer(
        "slippage in TAO",
        "Your slippage is in TAO. You buy alpha, so count the alpha that is missing.",
        _slippage_in_tao,
    ),
    WrongAnswer(
        "before and after swapped",
        "All three numbers are there, and the first two are swapped: the price before comes first.",
        _before_and_after_swapped,
    ),
)

# --- 08.3 fee ---


def _with_fee(pool: Pool, side: Side, amount: int, *, fee: int | None = None, swapped: int | None = None) -> Parts:
    fee = fee_amount(amount, pool.fee_rate) if fee is None else fee
    paid = amount - fee
    return fee, paid, amount_out(pool, side, paid if swapped is None else swapped)


def _fee_after(pool: Pool, side: Side, amount: int) -> Parts:
    received = amount_out(pool, side, amount)
    fee = fee_amount(received, pool.fee_rate)
    return fee, amount, received - fee


def _fee_on_top(pool: Pool, side: Side, amount: int) -> Parts:
    return fee_on_top(amount, pool.fee_rate), amount, amount_out(pool, side, amount)


def _other_side(side: Side) -> Side:
    return "sell" if side == "buy" else "buy"


FEE = (
    WrongAnswer(
        "fee after the swap",
        "You swap everything and take the fee from what comes out. The chain takes it *before* the swap, from what is "
        "paid in.",
        _fee_after,
    ),
    WrongAnswer(
        "fee on top",
        "You charge the fee on top of `amount`. `amount` is all that the user gives: the fee is inside it, and only "
        "the rest is swapped.",
        _fee_on_top,
    ),
    WrongAnswer(
        "fee counted but swapped all the same",
        "Fee and `paid` are right, but you swapped the whole `amount`: the pool gets `paid` only.",
        lambda pool, side, amount: _with_fee(pool, side, amount, swapped=amount),
    ),
    WrongAnswer(
        "65,536 instead of 65,535",
        "The fee rate is a u16: 65,535 stands for one, not 65,536.",
        lambda pool, side, amount: _with_fee(pool, side, amount, fee=amount * pool.fee_rate >> 16),
    ),
    WrongAnswer(
        "plain division",
        "Right up to one rao where the fee comes out even. The chain makes a word of the rate first, "
        "`(fee_rate << 64) // 65_535`, which is a little too small, and multiplies then: `amount * word >> 64`.",
        lambda pool, side, amount: _with_fee(pool, side, amount, fee=amount * pool.fee_rate // U16_MAX),
    ),
    WrongAnswer(
        "buy and sell swapped",
        "The sides are swapped: who buys pays TAO in and gets alpha, who sells pays alpha in and gets TAO.",
        lambda pool, side, amount: _with_fee(pool, _other_side(side), amount),
    ),
    WrongAnswer(
        "always a purchase",
        "Purchases are right. For a sale reserves and weights change places: alpha comes in, TAO goes out.",
        lambda pool, side, amount: _with_fee(pool, "buy", amount),
    ),
    WrongAnswer(
        "no fee",
        "You take no fee: `pool.fee_rate` is a u16, so the usual 33 is 33 / 65,535 of the amount.",
        lambda pool, side, amount: _with_fee(pool, side, amount, fee=0),
    ),
)

# --- 08.4 limit ---


def _cut(pool: Pool, side: Side, limit_price: int) -> Parts:
    paid = amount_to_price(pool, side, limit_price)
    return fee_on_top(paid, pool.fee_rate), paid, amount_out(pool, side, paid)


LimitedSwap = Callable[[Pool, Side, int, int | None], Parts]


def _limited(
    pool: Pool,
    side: Side,
    amount: int,
    limit_price: int | None,
    passes: Callable[[int, int], bool],
    cut: Callable[[Parts], Parts],
) -> Parts:
    whole = swap(pool, side, amount)
    if limit_price is not None and passes(price_after(pool, side, whole.paid), limit_price):
        return cut(_cut(pool, side, limit_price))
    return whole.fee, whole.paid, whole.received


def _limit(cut: Callable[[Pool, int, Parts], Parts]) -> LimitedSwap:
    """A swap that notices the limit as the chain does and does something else then."""

    def limited(pool: Pool, side: Side, amount: int, limit_price: int | None) -> Parts:
        def passes(target: int, limit: int) -> bool:
            return target > limit if side == "buy" else target < limit

        return _limited(pool, side, amount, limit_price, passes, lambda parts: cut(pool, amount, parts))

    return limited


def _limit_ignored(pool: Pool, side: Side, amount: int, limit_price: int | None) -> Parts:
    whole = swap(pool, side, amount)
    return whole.fee, whole.paid, whole.received


def _same_direction(pool: Pool, side: Side, amount: int, limit_price: int | None) -> Parts:
    return _limited(pool, side, amount, limit_price, lambda target, limit: target > limit, lambda parts: parts)


def _average_compared(pool: Pool, side: Side, amount: int, limit_price: int | None) -> Parts:
    whole = swap(pool, side, amount)
    if limit_price is None:
        return whole.fee, whole.paid, whole.received
    if side == "buy":
        passed = (whole.paid << FRACTION_BITS) // whole.received > limit_price
    else:
        passed = (whole.received << FRACTION_BITS) // whole.paid < limit_price
    return _cut(pool, side, limit_price) if passed else (whole.fee, whole.paid, whole.received)


LIMIT = (
    WrongAnswer(
        "limit ignored",
        "You swap the whole amount, whatever the limit. Compare the price *after* the swap with it: the price before "
        "is always on the right side.",
        _limit_ignored,
    ),
    WrongAnswer(
        "all or nothing",
        "Where the limit binds you swap nothing. The chain swaps as much as the limit lets through: "
        "`amount_to_price(pool, side, limit_price)`.",
        _limit(lambda pool, amount, parts: (0, 0, 0)),
    ),
    WrongAnswer(
        "fee of the whole amount",
        "Where the limit cuts the swap short, you keep the fee of the whole amount. The fee shrinks with the swap: "
        "`fee_on_top(paid, pool.fee_rate)`.",
        _limit(lambda pool, amount, parts: (fee_amount(amount, pool.fee_rate), *parts[1:])),
    ),
    WrongAnswer(
        "fee inside the cut amount",
        "Where the limit cuts the swap short, `paid` is what the pool gets, without the fee: the fee comes on top of "
        "it, `fee_on_top(paid, pool.fee_rate)`.",
        _limit(lambda pool, amount, parts: (fee_amount(parts[1], pool.fee_rate), *parts[1:])),
    ),
    WrongAnswer(
        "sale compared like a purchase",
        "Purchases are right. A sale moves the price *down*: its limit is the lowest price, so it binds where the "
        "price after would be below it.",
        _same_direction,
    ),
    WrongAnswer(
        "average price compared",
        "You compare what a rao costs on average. The limit holds for the last rao: compare the price after the swap.",
        _average_compared,
    ),
)

# --- 08.5 emission ---


def _terms(
    tao_emission: int,
    alpha_emission: int,
    price: int,
    root_proportion: int,
    *,
    capped: bool = True,
    injected: bool = True,
    tao_follows: bool = True,
    root: bool = True,
    divided: bool = True,
) -> Parts:
    tao, price = tao_emission << 32, price >> 32
    alpha = (tao << 32) // price if divided else tao * price >> 32
    cap = (root_proportion if root else 1 << 32) * alpha_emission
    tao_in = tao
    if not injected:
        alpha = tao_in = 0
    elif capped and alpha > cap:
        alpha = cap
        tao_in = alpha * price >> 32 if tao_follows else tao
    return tao_in >> 32, alpha >> 32, (tao - tao_in) >> 32


EMISSION = (
    WrongAnswer(
        "no cap",
        "You let all of it in as liquidity. At most `root_proportion * alpha_emission` of new alpha may enter a "
        "pool in a block; the TAO that is left over buys alpha.",
        lambda *a: _terms(*a, capped=False),
    ),
    WrongAnswer(
        "all of it buys",
        "You let the chain buy for everything. First as much as may enters *with* new alpha, which leaves the price "
        "alone; only the rest buys.",
        lambda *a: _terms(*a, injected=False),
    ),
    WrongAnswer(
        "TAO does not follow the cap",
        "Where the cap binds, less alpha enters, but you let all the TAO in. TAO enters only at the price: "
        "alpha · price; otherwise the price would jump.",
        lambda *a: _terms(*a, tao_follows=False),
    ),
    WrongAnswer(
        "root's part forgotten",
        "Your cap is all of the block's alpha. It is root's part of it: `root_proportion * alpha_emission`.",
        lambda *a: _terms(*a, root=False),
    ),
    WrongAnswer(
        "times the price instead of divided",
        "You multiply TAO by the price. The price is TAO for one alpha, so alpha is TAO *divided* by the price.",
        lambda *a: _terms(*a, divided=False),
    ),
)

# --- 08.6 unstake ---


def _unstake(
    pool: Pool,
    alpha: int,
    parts: int,
    *,
    moves: str = "as it should",
    side: Side = "sell",
    rest: bool = True,
) -> tuple[int, int]:
    worth, received, first = alpha * price(pool) >> FRACTION_BITS, 0, pool
    for number in range(parts):
        last = number == parts - 1 and rest
        amount = alpha - alpha // parts * (parts - 1) if last else alpha // parts
        sold = swap(pool, side, amount)
        received += sold.received
        entered = sold.paid + (sold.fee if moves == "fee too" else 0)
        pool = replace(pool, alpha=pool.alpha + entered, tao=pool.tao - sold.received)
        if moves == "not at all":
            pool = first
    return worth, received


def _worth_after(pool: Pool, alpha: int, parts: int) -> tuple[int, int]:
    sold = swap(pool, "sell", alpha)
    after = replace(pool, alpha=pool.alpha + sold.paid, tao=pool.tao - sold.received)
    return alpha * price(after) >> FRACTION_BITS, _unstake(pool, alpha, parts)[1]


def _loss(pool: Pool, alpha: int, parts: int) -> tuple[int, int]:
    worth, received = _unstake(pool, alpha, parts)
    return worth - received, received


UNSTAKE = (
    WrongAnswer(
        "worth at the price after",
        "You value the alpha at the price that is left when all is sold. What it seemed to be worth is its amount at "
        "the price *before*.",
        _worth_after,
    ),
    WrongAnswer(
        "pool not moved between parts",
        "You sell each part to the pool as it was at the beginning. Each sale leaves the next one a pool with more "
        "alpha and less TAO: `replace(pool, alpha=…, tao=…)`.",
        lambda pool, alpha, parts: _unstake(pool, alpha, parts, moves="not at all"),
    ),
    WrongAnswer(
        "fee goes into the pool",
        "You add the whole part to the pool. The fee goes to the block's author: the pool gets `paid` only.",
        lambda pool, alpha, parts: _unstake(pool, alpha, parts, moves="fee too"),
    ),
    WrongAnswer(
        "no fee",
        "You sell without the pool's fee: each part pays it.",
        lambda pool, alpha, parts: _unstake(replace(pool, fee_rate=0), alpha, parts),
    ),
    WrongAnswer(
        "loss instead of worth",
        "The first number is the loss. Give what the alpha seemed to be worth, and what it brought.",
        _loss,
    ),
    WrongAnswer(
        "rest not sold",
        "`alpha // parts` drops what does not come out even. The last part takes the rest.",
        lambda pool, alpha, parts: _unstake(pool, alpha, parts, rest=False),
    ),
)
