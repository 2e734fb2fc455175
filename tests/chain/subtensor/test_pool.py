"""Pools in the state: a swap moves the reserves and counts what it moved; the chain's liquidity keeps the price."""

from collections.abc import Callable
from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError, RuleBroken
from tao_lab.chain.pallets.subtensor import pool
from tao_lab.economy import Pool, SwapError, SwapResult, swap
from tao_lab.economy.swap import ACCURACY, ONE
from tests.chain.conftest import TAO
from tests.chain.subtensor.conftest import MODULE, NETUID, set_hyper

RESERVES = {"SubnetTAO": 1_000 * TAO, "SubnetAlphaIn": 4_000 * TAO}
COUNTED = ("SubnetTAO", "SubnetAlphaIn", "SubnetAlphaOut", "SubnetVolume")


@pytest.fixture
def pooled(ctx: Context) -> Context:
    """Subnet 1 with a pool of 1,000 TAO and 4,000 alpha, and 500 alpha outstanding."""
    set_hyper(ctx, SubnetMechanism=1, SubnetAlphaOut=500 * TAO, **RESERVES)
    ctx.state.put(MODULE, "TotalStake", 1_000 * TAO)
    return ctx


def counts(ctx: Context) -> dict[str, int]:
    """What a swap changes."""
    stored = {item: ctx.state.get(MODULE, item, NETUID) for item in COUNTED}
    return stored | {"TotalStake": ctx.state.get(MODULE, "TotalStake")}


def test_buying_moves_reserves_and_counts_the_fee_apart(pooled: Context) -> None:
    before = counts(pooled)
    result = pool.swap_tao_for_alpha(pooled, NETUID, 10 * TAO)
    assert result == swap(Pool(before["SubnetTAO"], before["SubnetAlphaIn"]), "buy", 10 * TAO)
    assert result.fee_to_author == result.fee == 10 * TAO - result.paid > 0
    assert counts(pooled) == {
        "SubnetTAO": before["SubnetTAO"] + result.paid,
        "SubnetAlphaIn": before["SubnetAlphaIn"] - result.received,
        "SubnetAlphaOut": before["SubnetAlphaOut"] + result.received,
        "SubnetVolume": 10 * TAO,
        "TotalStake": before["TotalStake"] + result.paid,  # since spec 463 without the fee
    }
    assert pooled.state.get("Swap", "PalSwapInitialized", NETUID)


def test_selling_moves_reserves_and_leaves_the_fee_outstanding(pooled: Context) -> None:
    before = counts(pooled)
    result = pool.swap_alpha_for_tao(pooled, NETUID, 10 * TAO)
    assert counts(pooled) == {
        "SubnetTAO": before["SubnetTAO"] - result.received,
        "SubnetAlphaIn": before["SubnetAlphaIn"] + result.paid,
        "SubnetAlphaOut": before["SubnetAlphaOut"] - result.paid,
        "SubnetVolume": result.received,
        "TotalStake": before["TotalStake"] - result.received,
    }


def test_the_chain_swaps_without_a_fee(pooled: Context) -> None:
    result = pool.swap_tao_for_alpha(pooled, NETUID, TAO, drop_fees=True)
    assert (result.fee, result.paid) == (0, TAO)


def test_root_has_no_pool(ctx: Context) -> None:
    assert pool.current_alpha_price(ctx.state, 0) == ONE
    result = pool.swap_tao_for_alpha(ctx, 0, 5)
    assert result == SwapResult(fee=0, paid=5, received=5)
    assert ctx.state.get(MODULE, "SubnetTAO", 0) == ctx.state.get(MODULE, "SubnetAlphaOut", 0) == 5


@pytest.mark.parametrize(
    ("reserves", "amount", "limit", "name"),
    [
        ({}, TAO, 250_000_000, "PriceLimitExceeded"),
        ({"SubnetAlphaIn": 999_999}, TAO, pool.MAX_PRICE, "ReservesTooLow"),
        ({}, 1_001_000 * TAO, pool.MAX_PRICE, "SwapInputTooLarge"),
        ({"SubnetTAO": 10**15}, 1, pool.MAX_PRICE, "ReservesTooLow"),
    ],
)
def test_a_refused_swap_changes_nothing(
    pooled: Context, reserves: dict[str, int], amount: int, limit: int, name: str
) -> None:
    set_hyper(pooled, **reserves)
    before = dict(pooled.state.raw.items())
    with pytest.raises(DispatchError, match=name):
        pool.swap_tao_for_alpha(pooled, NETUID, amount, limit)
    assert dict(pooled.state.raw.items()) == before


def test_a_simulation_changes_nothing(pooled: Context) -> None:
    before = dict(pooled.state.raw.items())
    expected = pool.sim_swap(pooled.state, NETUID, "sell", TAO)
    assert dict(pooled.state.raw.items()) == before
    assert pool.swap_alpha_for_tao(pooled, NETUID, TAO) == expected


def test_uneven_liquidity_keeps_the_price(pooled: Context) -> None:
    """The numbers of `test_adjust_protocol_liquidity_*` are of this kind: price before and after, to nine digits."""
    before = pool.current_alpha_price(pooled.state, NETUID)
    assert pool.adjust_protocol_liquidity(pooled, NETUID, 50 * TAO, 10 * TAO) == (50 * TAO, 10 * TAO)
    set_hyper(pooled, SubnetTAO=1_050 * TAO, SubnetAlphaIn=4_010 * TAO)
    assert pool.current_alpha_price(pooled.state, NETUID) == pytest.approx(before, rel=1e-15)
    assert pooled.state.get("Swap", "SwapBalancer", NETUID)["quote"] > ACCURACY // 2


def test_liquidity_that_would_leave_a_weight_too_small_is_not_taken(pooled: Context) -> None:
    assert pool.adjust_protocol_liquidity(pooled, NETUID, 10**9 * TAO, 0) == (0, 0)
    assert pooled.state.get("Swap", "SwapBalancer", NETUID)["quote"] == ACCURACY // 2


def test_a_start_price_makes_the_weights(pooled: Context) -> None:
    assert pool.init_swap(pooled, NETUID, ONE // 2)
    assert pooled.state.get("Swap", "SwapBalancer", NETUID)["quote"] == ACCURACY // 3
    assert pool.current_alpha_price(pooled.state, NETUID) == pytest.approx(ONE // 2, rel=1e-15)
    assert pool.init_swap(pooled, NETUID, ONE)
    assert pooled.state.get("Swap", "SwapBalancer", NETUID)["quote"] == ACCURACY // 3


def test_clearing_leaves_nothing(pooled: Context) -> None:
    pool.swap_tao_for_alpha(pooled, NETUID, TAO)
    pool.clear_protocol_liquidity(pooled, NETUID)
    assert pool.current_alpha_price(pooled.state, NETUID) == 0
    assert not pooled.state.get("Swap", "PalSwapInitialized", NETUID)


def fee_free(pool: Pool, side: str, amount: int, limit_price: int | None) -> dict[str, int]:
    """A student's rule: no fee, half the alpha."""
    return {"fee": 0, "paid": amount, "received": amount // 2}


def test_a_replaced_swap_decides(pooled: Context) -> None:
    with pooled.rules.using(swap=fee_free):
        assert pool.swap_tao_for_alpha(pooled, NETUID, 100).received == 50


def raising(error: Exception) -> Callable[..., Any]:
    """A rule that raises."""

    def rule(*args: Any) -> Any:
        raise error

    return rule


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (lambda *args: {"fee": 0, "paid": 101, "received": 1}, "at most the amount, 100"),
        (lambda *args: {"fee": 0, "paid": 100, "received": 4_000 * TAO}, "less than the pool holds"),
        (lambda *args: {"fee": 0.0, "paid": 100, "received": 1}, "fee is 0.0; allowed: a whole number"),
        (lambda *args: 7, "returned int; allowed: SwapResult"),
        (raising(KeyError("tao")), "raised KeyError"),
        (raising(SwapError("Nope: no")), "raised SwapError: Nope"),
    ],
)
def test_a_swap_that_breaks_the_pool_is_refused_by_name(pooled: Context, rule: Any, problem: str) -> None:
    with pooled.rules.using(swap=rule), pytest.raises(RuleBroken, match=problem):
        pool.swap_tao_for_alpha(pooled, NETUID, 100)


def test_a_replaced_swap_may_refuse(pooled: Context) -> None:
    refuse = raising(SwapError("InsufficientLiquidity: not today"))
    with pooled.rules.using(swap=refuse), pytest.raises(DispatchError, match="InsufficientLiquidity"):
        pool.swap_tao_for_alpha(pooled, NETUID, 100)
