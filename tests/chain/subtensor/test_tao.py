"""TAO and alpha between accounts: what is minted, moved, burned and recycled is counted."""

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.balances import EXISTENTIAL_DEPOSIT, free_balance
from tao_lab.chain.pallets.subtensor import tao
from tao_lab.chain.pallets.subtensor.lookups import is_subnet_account
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import MODULE, NETUID


def issuance(ctx: Context) -> int:
    """The pallet's issuance, which is also that of the balances."""
    total = ctx.state.get(MODULE, "TotalIssuance")
    assert total == ctx.state.get("Balances", "TotalIssuance")
    return int(total)


def test_the_issuance_begins_with_the_first_balances_and_loses_the_fees(ctx: Context) -> None:
    held = sum(info["data"]["free"] + info["data"]["reserved"] for _, info in ctx.state.entries("System", "Account"))
    assert 1_000_000 * TAO - TAO // 100 < issuance(ctx) == held < 1_000_000 * TAO


def test_a_subnet_has_an_account_of_its_own(ctx: Context) -> None:
    assert tao.subnet_account(ctx.state, NETUID) != tao.subnet_account(ctx.state, 0)
    assert is_subnet_account(tao.subnet_account(ctx.state, NETUID))
    with pytest.raises(DispatchError, match="SubnetNotExists"):
        tao.subnet_account(ctx.state, 99)


def test_staking_leaves_the_existential_deposit(ctx: Context) -> None:
    alice = account("alice")
    all_of_it = free_balance(ctx, alice)
    assert tao.transfer_tao_to_subnet(ctx, NETUID, alice, all_of_it) == all_of_it - EXISTENTIAL_DEPOSIT
    assert free_balance(ctx, alice) == EXISTENTIAL_DEPOSIT
    with pytest.raises(DispatchError, match="InsufficientTaoBalance"):
        tao.transfer_tao_to_subnet(ctx, NETUID, alice, 1)
    tao.transfer_tao_from_subnet(ctx, NETUID, alice, 7)
    assert free_balance(ctx, alice) == EXISTENTIAL_DEPOSIT + 7


def test_dust_leaves_both_issuances(ctx: Context) -> None:
    before, alice = issuance(ctx), account("alice")
    tao.transfer_tao(ctx, alice, account("bob"), free_balance(ctx, alice) - 300)
    assert free_balance(ctx, alice) == 0
    assert issuance(ctx) == before - 300


def test_recycling_lowers_the_issuance_and_burning_does_not(ctx: Context) -> None:
    before, alice = issuance(ctx), account("alice")
    tao.burn_tao(ctx, alice, TAO)
    assert issuance(ctx) == before
    assert free_balance(ctx, tao.burn_account()) == TAO
    tao.recycle_tao(ctx, alice, TAO)
    assert issuance(ctx) == before - TAO
    with pytest.raises(DispatchError, match="InsufficientTaoBalance"):
        tao.recycle_tao(ctx, alice, free_balance(ctx, alice))


def test_what_is_minted_is_spent_or_recycled(ctx: Context) -> None:
    before, subnet = issuance(ctx), tao.subnet_account(ctx.state, NETUID)
    credit = tao.mint_tao(ctx, TAO)
    assert issuance(ctx) == before + TAO
    assert tao.spend_tao(ctx, subnet, credit, TAO + 1) is None
    assert tao.spend_tao(ctx, subnet, credit, EXISTENTIAL_DEPOSIT - 1) is None
    left = tao.spend_tao(ctx, subnet, credit, TAO - 5)
    assert left == 5
    tao.recycle_credit(ctx, left)
    assert issuance(ctx) == before + TAO - 5
    assert free_balance(ctx, subnet) == TAO - 5


def test_minting_stops_at_21_million(ctx: Context) -> None:
    room = tao.MAX_TAO_ISSUANCE - issuance(ctx)
    assert tao.mint_tao(ctx, room + 1) == room
    assert tao.mint_tao(ctx, 1) == 0


def test_alpha_is_counted_where_it_goes(ctx: Context) -> None:
    tao.mint_alpha_in(ctx, NETUID, 100)
    tao.mint_alpha_out(ctx, NETUID, 50)
    tao.recycle_subnet_alpha(ctx, NETUID, 20)
    tao.burn_subnet_alpha(ctx, NETUID, 3)
    stored = {
        item: ctx.state.get("AlphaAssets", item, NETUID)
        for item in ("TotalAlphaIssuance", "AlphaRecycled", "AlphaBurned")
    }
    assert stored == {"TotalAlphaIssuance": 130, "AlphaRecycled": 20, "AlphaBurned": 3}
    assert ctx.state.get(MODULE, "SubnetAlphaIn", NETUID) == 100
    assert ctx.state.get(MODULE, "SubnetAlphaOut", NETUID) == 30
