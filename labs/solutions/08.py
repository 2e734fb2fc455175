"""Solutions of lab 08: one function an exercise. Made by `make labs`."""

from dataclasses import replace

from tao_lab.course.lab08 import reference as ours
from tao_lab.economy import price
from tao_lab.economy.power import power_scaled


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


def swap_with_fee(pool, side, amount):
    """A swap in either direction, with the pool's fee.

    pool    Pool  with pool.fee_rate, a u16
    side    str   "buy": TAO in, alpha out; "sell": alpha in, TAO out
    amount  int   rao that the user gives, fee included

    Returns fee (int), paid (int): rao that reach the pool, received (int).
    """
    fee = amount * ((pool.fee_rate << 64) // 65_535) >> 64
    paid = amount - fee
    if side == "buy":
        received = ours.amount_out(pool.tao, pool.alpha, paid, pool.quote_weight, pool.base_weight)
    else:
        received = ours.amount_out(pool.alpha, pool.tao, paid, pool.base_weight, pool.quote_weight)
    return fee, paid, received


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


def emission_terms(pool, tao_emission, alpha_emission, root_proportion):
    """What one block gives to a pool, and what the chain takes out of it.

    pool             Pool
    tao_emission     int   rao of TAO for this subnet
    alpha_emission   int   rao of alpha that it issues in this block
    root_proportion  int   root's part, fixed-point number with 32 fraction bits

    Returns tao_in (int), alpha_in (int): rao that enter together; excess (int): rao of TAO that buy alpha;
    bought (int): rao of alpha that they buy.
    """
    alpha_price = price(pool) >> 32
    tao = tao_in = tao_emission << 32
    alpha = (tao << 32) // alpha_price
    cap = root_proportion * alpha_emission
    if alpha > cap:
        alpha = cap
        tao_in = alpha * alpha_price >> 32
    entered, alpha_in, excess = tao_in >> 32, alpha >> 32, (tao - tao_in) >> 32
    bought = ours.amount_out(pool.tao, pool.alpha, excess, pool.quote_weight, pool.base_weight)
    return entered, alpha_in, excess, bought


def unstake(pool, alpha, parts):
    """Sell alpha in equal parts, one right after the other; the last part takes the rest.

    pool   Pool
    alpha  int   rao
    parts  int   how many

    Returns worth (int): rao of TAO at the price before the first part; received (int): rao of TAO.
    """
    worth, received = alpha * price(pool) >> 64, 0
    part = alpha // parts
    for number in range(parts):
        amount = part if number < parts - 1 else alpha - part * (parts - 1)
        _, paid, got = ours.swap(pool, "sell", amount)
        pool = replace(pool, alpha=pool.alpha + paid, tao=pool.tao - got)
        received += got
    return worth, received
