"""A dissolved subnet's TAO goes to its stakers in proportion, to the last rao; the rest is recycled."""

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.balances import EXISTENTIAL_DEPOSIT, free_balance
from tao_lab.chain.pallets.subtensor.dissolution import destroy_alpha_in_out_stakes
from tao_lab.chain.pallets.subtensor.dissolve import clean_up_next, dissolve
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price
from tao_lab.chain.pallets.subtensor.stake import increase_stake
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, mint_alpha_out
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import do, events, set_hyper
from tests.chain.subtensor.pools import assert_all_is_counted, give, market

MINER, ALICE, BOB = account("miner"), account("alice"), account("bob")


@pytest.fixture
def ctx(ctx: Context) -> Context:
    """Subnet 1 is old: neither its pool nor its lock is the protocol's."""
    market(ctx)
    set_hyper(ctx, 1, SubnetOwner=account("owner"), NetworkRegisteredAt=5)
    give(ctx, account("owner"), TAO)
    ctx.state.put(MODULE, "TaoInRefundDeploymentBlock", 6)
    return ctx


def hold(ctx: Context, coldkey: str, alpha: int) -> None:
    mint_alpha_out(ctx, 1, alpha)
    increase_stake(ctx, MINER, coldkey, 1, alpha)


def paid(ctx: Context, *coldkeys: str) -> list[int]:
    """Dissolve; returns what each coldkey got."""
    before = [free_balance(ctx, coldkey) for coldkey in coldkeys]
    destroy_alpha_in_out_stakes(ctx, 1)
    return [free_balance(ctx, coldkey) - had for coldkey, had in zip(coldkeys, before, strict=True)]


def test_stakers_get_all_of_an_old_subnet(ctx: Context) -> None:
    hold(ctx, ALICE, 300 * TAO)
    hold(ctx, BOB, 700 * TAO)
    assert paid(ctx, ALICE, BOB) == [300 * TAO, 700 * TAO]
    assert free_balance(ctx, account_of_netuid(1)) == EXISTENTIAL_DEPOSIT
    for item in ("SubnetTAO", "SubnetAlphaIn", "SubnetAlphaOut", "SubnetProtocolAlpha"):
        assert not ctx.state.exists(MODULE, item, 1)
    assert ctx.state.entries(MODULE, "AlphaV2") == []
    assert not ctx.state.exists(MODULE, "TotalHotkeyAlpha", MINER, 1)


def test_the_protocol_s_part_is_recycled(ctx: Context) -> None:
    """dissolve_protocol_alpha_share_is_not_paid_to_users: 50 and 50 of 100."""
    set_hyper(ctx, 1, SubnetProtocolAlpha=50 * TAO)
    hold(ctx, ALICE, 50 * TAO)
    issued = ctx.state.get(MODULE, "TotalIssuance")
    assert paid(ctx, ALICE, account("owner")) == [500 * TAO, 0]
    assert issued - ctx.state.get(MODULE, "TotalIssuance") == 500 * TAO
    assert ctx.state.get(MODULE, "RAORecycledForRegistration", 1) == 500 * TAO


def test_in_a_young_subnet_the_pool_s_alpha_is_the_protocol_s(ctx: Context) -> None:
    """dissolve_protocol_alpha_post_deploy_includes_alpha_in: 100 in the pool, 50 bought, 50 staked."""
    ctx.state.put(MODULE, "TaoInRefundDeploymentBlock", 4)
    set_hyper(ctx, 1, SubnetProtocolAlpha=50 * TAO, SubnetAlphaIn=100 * TAO)
    hold(ctx, ALICE, 50 * TAO)
    assert paid(ctx, ALICE) == [250 * TAO]


def test_the_owner_of_an_old_subnet_gets_the_lock_less_the_cut(ctx: Context) -> None:
    """dissolve_owner_cut_refund_logic: 18 % of the issued alpha at the current price."""
    ctx.state.put(MODULE, "NetworkRegistrationStartBlock", 6)
    set_hyper(ctx, 1, SubnetLocked=400 * TAO)
    give(ctx, account_of_netuid(1), 400 * TAO)
    ctx.state.put(MODULE, "SubnetOwnerCut", 11_796)
    hold(ctx, ALICE, 800 * TAO)
    issued = 4_000 * TAO + 800 * TAO
    cut = issued * ((11_796 << 32) // 65_535) >> 32
    earned = cut * (current_alpha_price(ctx.state, 1) >> 32) >> 32
    assert paid(ctx, ALICE, account("owner")) == [1_000 * TAO, 400 * TAO - earned]
    assert ctx.state.get(MODULE, "RAORecycledForRegistration", 1) == earned


def test_a_later_owner_gets_no_lock_back(ctx: Context) -> None:
    set_hyper(ctx, 1, SubnetLocked=400 * TAO)
    give(ctx, account_of_netuid(1), 400 * TAO)
    hold(ctx, ALICE, 800 * TAO)
    assert paid(ctx, ALICE, account("owner")) == [1_000 * TAO, 0]
    assert ctx.state.get(MODULE, "RAORecycledForRegistration", 1) == 400 * TAO


def test_the_other_subnets_keep_everything(ctx: Context) -> None:
    for netuid in (0, 1, 2):
        do(ctx, "alice", "add_stake", hotkey=MINER, netuid=netuid, amount_staked=TAO)
    dissolve(ctx, 1)
    clean_up_next(ctx)
    assert_all_is_counted(ctx)
    do(ctx, "alice", "unstake_all", hotkey=MINER)
    assert_all_is_counted(ctx)


def test_a_coldkey_with_several_hotkeys_is_paid_once(ctx: Context) -> None:
    hold(ctx, ALICE, 300 * TAO)
    mint_alpha_out(ctx, 1, 700 * TAO)
    increase_stake(ctx, account("other"), ALICE, 1, 700 * TAO)
    before = len(ctx.events)
    assert paid(ctx, ALICE) == [1_000 * TAO]
    assert [name for event in events(ctx, before) for name in event] == ["Transfer"]


def test_the_owner_of_an_old_subnet_also_gets_what_nobody_s_alpha_had_a_part_in(ctx: Context) -> None:
    """In a subnet whose pool's alpha counts, that part of the pot would be recycled."""
    for item, block in {
        "NetworkRegistrationStartBlock": 6,
        "TaoInRefundDeploymentBlock": 4,
        "SubnetOwnerCut": 0,
    }.items():
        ctx.state.put(MODULE, item, block)
    set_hyper(ctx, 1, SubnetLocked=TAO, SubnetAlphaIn=600 * TAO, SubnetProtocolAlpha=200 * TAO)
    hold(ctx, ALICE, 200 * TAO)
    rest = 600 * TAO + EXISTENTIAL_DEPOSIT  # the account's own, which 200 TAO of the protocol still keep alive
    assert paid(ctx, ALICE, account("owner")) == [200 * TAO, rest]
