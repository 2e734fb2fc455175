"""The pool: a swap pays less than the price, never gives money away, and stops at its limit."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tao_lab.economy import Pool, SwapError, price, swap
from tao_lab.economy.swap import ACCURACY, amount_out, amount_to_price, weight_after_adding, weight_for_price
from tao_lab.paths import DATASETS
from tests.economy.swap_scenarios import vectors

TAO = 10**9
POOL = Pool(tao=1_000 * TAO, alpha=50_000 * TAO, fee_rate=33)
POOLS = st.builds(
    Pool,
    tao=st.integers(10**9, 10**16),
    alpha=st.integers(10**9, 10**16),
    quote_weight=st.integers(ACCURACY // 10, ACCURACY * 9 // 10),
    fee_rate=st.sampled_from([0, 33, 655, 65_535]),
)
SIDES = st.sampled_from(["buy", "sell"])


def after(pool, side, result):
    if side == "buy":
        return replace(pool, tao=pool.tao + result.paid, alpha=pool.alpha - result.received)
    return replace(pool, tao=pool.tao - result.received, alpha=pool.alpha + result.paid)


@given(POOLS, SIDES, st.integers(0, 10**16))
def test_a_round_trip_never_gains(pool, side, amount):
    back = {"buy": "sell", "sell": "buy"}[side]
    try:
        there = swap(pool, side, amount)
        home = swap(after(pool, side, there), back, there.received)
    except SwapError:
        assume(False)
    assert home.received <= amount


@given(POOLS, SIDES, st.integers(0, 10**19))
def test_no_swap_empties_a_side(pool, side, amount):
    try:
        result = swap(pool, side, amount)
    except SwapError:
        return
    left = after(pool, side, result)
    assert left.tao > 0
    assert left.alpha > 0
    assert result.fee + result.paid <= amount


@given(POOLS, SIDES, st.integers(1, 10**15))
def test_a_swap_moves_the_price_its_way(pool, side, amount):
    try:
        result = swap(pool, side, amount)
    except SwapError:
        return
    before, now = price(pool), price(after(pool, side, result))
    # 18 digits of a power can be coarser than one rao of the pool
    assert now >= before * (1 - 1e-9) if side == "buy" else now <= before * (1 + 1e-9)


def test_equal_weights_are_the_constant_product():
    pool = replace(POOL, fee_rate=0)
    result = swap(pool, "buy", 10 * TAO)
    constant = pool.tao * pool.alpha
    assert result.received == pytest.approx(pool.alpha - constant / (pool.tao + 10 * TAO), rel=1e-12)


def test_a_limit_price_cuts_the_swap_and_its_fee():
    limit = price(POOL) * 101 // 100
    whole, cut = swap(POOL, "buy", 100 * TAO), swap(POOL, "buy", 100 * TAO, limit)
    assert cut.paid < whole.paid
    assert cut.paid == amount_to_price(POOL, "buy", limit)
    assert cut.fee == pytest.approx((cut.paid + cut.fee) * 33 / 65_535, abs=2)
    assert price(after(POOL, "buy", cut)) <= limit * (1 + 1e-12)


@pytest.mark.parametrize(
    ("pool", "arguments", "name"),
    [
        (POOL, ("buy", TAO, price(POOL)), "PriceLimitExceeded"),
        (POOL, ("sell", TAO, price(POOL)), "PriceLimitExceeded"),
        (POOL, ("buy", 1_001_000 * TAO), "SwapInputTooLarge"),
        (replace(POOL, alpha=999_999), ("buy", TAO), "ReservesTooLow"),
        (replace(POOL, alpha=10**6, tao=10**11), ("buy", 1_000), "ReservesTooLow"),
    ],
)
def test_the_chain_s_refusals_have_its_names(pool, arguments, name):
    with pytest.raises(SwapError, match=f"^{name}"):
        swap(pool, *arguments)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"tao": -1}, "tao"),
        ({"alpha": -1}, "alpha"),
        ({"alpha": 2**64}, "alpha"),
        ({"quote_weight": 0}, "quote_weight"),
        ({"fee_rate": 0.5}, "fee"),
        ({"fee_rate": -1}, "fee"),
        ({"fee_rate": 65_536}, "fee"),
    ],
)
def test_a_pool_that_cannot_be_is_refused(change, name):
    with pytest.raises(ValueError, match=name):
        replace(POOL, **change)


def test_an_empty_pool_has_no_price():
    assert price(Pool(tao=0, alpha=0, fee_rate=0)) == 0


def test_a_sale_may_have_a_limit_of_zero():
    with pytest.raises(ValueError, match="limit_price is -1"):
        swap(POOL, "sell", TAO, -1)
    assert swap(POOL, "sell", TAO, 0) == swap(POOL, "sell", TAO)


def test_a_swap_may_pay_in_a_thousand_times_the_reserve():
    pool, most = replace(POOL, fee_rate=0), 1_000 * POOL.tao
    assert swap(pool, "buy", most).paid == most
    with pytest.raises(SwapError, match="SwapInputTooLarge"):
        swap(pool, "buy", most + 1)


def test_a_power_below_one_part_in_10_to_the_18_is_zero():
    pool = Pool(tao=TAO, alpha=TAO, quote_weight=ACCURACY * 9 // 10)
    assert amount_out(pool, "buy", 1_000 * TAO) == TAO  # 1 / 1,001 to the ninth is 10^-27: all goes out


def test_unknown_sides_and_amounts_are_refused():
    with pytest.raises(ValueError, match="side is 'hold'"):
        swap(POOL, "hold", 1)
    with pytest.raises(ValueError, match="amount is -1"):
        swap(POOL, "buy", -1)


@pytest.mark.parametrize("weight", [0.5, 0.50000001, 0.49999999, 0.1, 0.9])
@pytest.mark.parametrize("paid", [1, 10_000, 1_000_000, 2**64 - 1])
@pytest.mark.parametrize(("tao", "alpha"), [(1_500, 1_000), (1, 1_000_000), (1_000_000, 1)])
def test_payouts_are_those_of_the_curve(tao, alpha, paid, weight):
    """test_convert_deltas of `pallets/swap/src/pallet/tests.rs`, with its tolerance."""
    pool = Pool(tao, alpha, quote_weight=int(weight * 10**9) * 10**9)
    sold = tao * (1 - (alpha / (alpha + paid)) ** ((1 - weight) / weight))
    bought = alpha * (1 - (tao / (tao + paid)) ** (weight / (1 - weight)))
    assert abs(amount_out(pool, "sell", paid) - int(sold)) <= 2
    assert abs(amount_out(pool, "buy", paid) - int(bought)) <= 2


@pytest.mark.parametrize(
    ("side", "amount"),
    [
        *[("buy", amount) for amount in (1_000, 2_000, 123_456, 10**9, 10**10)],
        *[("sell", amount) for amount in (1_000, 2_000, 123_456)],
    ],
)
def test_a_swap_at_even_weights_is_x_times_y(side, amount):
    """test_swap_basic of `pallets/swap/src/pallet/tests.rs`: a price of a quarter, a fee of 33 / 65,535."""
    pool = Pool(10**9, 4 * 10**9)
    paid = amount - int(amount * 33 / 65_535)
    reserve, other = (pool.alpha, pool.tao) if side == "buy" else (pool.tao, pool.alpha)
    result = swap(pool, side, amount, (1_000 << 64) if side == "buy" else (1 << 64) // 10_000)
    assert abs(result.paid - paid) <= 1
    assert abs(result.received - int(reserve * (1 - other / (other + paid)))) <= 1


@given(POOLS, st.integers(0, 10**15), st.integers(0, 10**15))
def test_the_chain_s_liquidity_keeps_price_times_weights(pool, tao, alpha):
    weight = weight_after_adding(pool, tao, alpha)
    assume(weight is not None)
    grown = replace(pool, tao=pool.tao + tao, alpha=pool.alpha + alpha, quote_weight=weight)
    assert price(grown) == pytest.approx(price(pool), rel=1e-6)


@given(POOLS, st.integers(1, 10**6))
def test_a_start_price_makes_the_weights(pool, thousandths):
    word = (thousandths << 64) // 1_000
    weight = weight_for_price(pool.tao, pool.alpha, word)
    assume(weight is not None)
    assert price(replace(pool, quote_weight=weight)) == pytest.approx(word, rel=1e-6)


def test_weights_leave_their_range_never():
    assert weight_after_adding(POOL, 10**18, 0) is None
    assert weight_for_price(10**9, 10**9, 1 << 20) is None
    assert weight_for_price(0, 0, 1 << 64) is None


def test_the_shipped_vectors_are_those_of_the_scenarios():
    shipped = json.loads((DATASETS / "vectors" / "swap-subtensor-tests.json").read_text())["vectors"]
    assert shipped == vectors()  # else run scripts/make_swap_vectors.py
    assert sum("generated" not in case["source"] for case in shipped) == 24
