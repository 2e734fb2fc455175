"""Trades around a pool, against the closed form of a constant product, in whole rao."""

from typing import Any

import pytest

from tao_lab.simulate import Group, Run, Scenario, run

TAO = 10**9
POOL = (10_000 * TAO, 50_000 * TAO)
SPEND, FRONT = 1_000 * TAO, 2_000 * TAO


def market(**buyer: Any) -> Run:
    """A buyer and a sandwicher alone on a pool that gets no emission."""
    groups = (
        Group("buyer", "trader", tao=2_000 * TAO, name="victim", options={"spend": SPEND, **buyer}),
        Group("sandwicher", "trader", tao=3_000 * TAO, name="attacker", options={"front": FRONT}),
    )
    switches = {"subnet_emission_enabled": False}
    return run(Scenario("market", groups, epochs=1, tempo=4, hyperparameters=switches, pool=POOL))


def constant_product(reserve_in: int, reserve_out: int, amount: int) -> tuple[int, int, int]:
    """Fee, received, and what is left: x * y = k, the fee of 33/65,535 stays outside. Written without the library."""
    fee = amount * 33 // 65_535
    return fee, reserve_out * (amount - fee) // (reserve_in + amount - fee), amount - fee


def test_a_sandwich_earns_what_the_constant_product_says():
    result = market()
    tao, alpha = POOL
    bought = []
    for amount in (FRONT, SPEND):
        fee, received, paid = constant_product(tao, alpha, amount)
        bought.append(("buy", amount, received, fee))
        tao, alpha = tao + paid, alpha - received
    alpha_fee, back, sold = constant_product(alpha, tao, bought[0][2])
    columns = result.trades[["side", "tao", "alpha", "fee"]].itertuples(index=False)
    assert [tuple(row) for row in columns] == [*bought, ("sell", back, sold, alpha_fee)]
    earned = result.totals.set_index("group")["tao"]["attacker"]
    assert back - FRONT - TAO // 100 < earned < back - FRONT  # less the fees of two extrinsics
    assert back > FRONT + 297 * TAO


def test_a_purchase_behind_nobody_gets_more():
    behind = market().trades.iloc[1].alpha
    alone = constant_product(*POOL, SPEND)[1]
    hidden = market(shielded=True)
    assert list(hidden.trades["member"]) == ["victim"]  # the attacker saw a carrier and could not read it
    assert hidden.trades.iloc[0].alpha == alone > behind


@pytest.mark.parametrize("partial", [False, True])
def test_with_a_limit_the_purchase_is_refused_and_the_attacker_loses_both_fees(partial):
    result = market(slippage=10_000, partial=partial)  # at most 1 % above the price that it sees
    assert list(result.refused[["group", "error"]].itertuples(index=False, name=None)) == [
        ("victim", "PriceLimitExceeded")
    ]
    assert list(result.trades["member"]) == ["attacker", "attacker"]
    assert result.totals.set_index("group")["tao"]["attacker"] < 0


def test_a_limit_that_the_front_run_keeps_lets_part_of_the_purchase_through():
    result = market(slippage=500_000, partial=True)
    bought = result.trades.iloc[1]
    assert (bought.member, 0 < bought.tao < SPEND) == ("victim", True)
