"""Alpha given up: recycled it leaves the issuance, burned it stays, and no account holds it."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import add_neuron, do, refused, set_hyper
from tests.chain.subtensor.pools import PRICE, add_pool, assert_all_is_counted, market

MINER, ALICE = account("miner"), account("alice")
U64_MAX = (1 << 64) - 1


@pytest.fixture
def ctx(ctx: Context) -> Context:
    """Alice has stake on subnet 1."""
    market(ctx)
    do(ctx, "alice", "add_stake", hotkey=MINER, netuid=1, amount_staked=10 * TAO)
    return ctx


def counts(ctx: Context) -> dict[str, int]:
    items = ("TotalAlphaIssuance", "AlphaBurned", "AlphaRecycled")
    found = {item: ctx.state.get("AlphaAssets", item, 1) for item in items}
    return found | {"SubnetAlphaOut": ctx.state.get(MODULE, "SubnetAlphaOut", 1)}


def test_recycled_alpha_leaves_the_issuance(ctx: Context) -> None:
    before, held = counts(ctx), stake_of_coldkey(ctx.state, MINER, ALICE, 1)
    events = do(ctx, "alice", "recycle_alpha", hotkey=MINER, amount=TAO, netuid=1)
    assert events == [{"AlphaRecycled": (ALICE, MINER, TAO, 1)}]
    assert stake_of_coldkey(ctx.state, MINER, ALICE, 1) == held - TAO
    assert counts(ctx) == {
        "TotalAlphaIssuance": before["TotalAlphaIssuance"] - TAO,
        "AlphaBurned": 0,
        "AlphaRecycled": TAO,
        "SubnetAlphaOut": before["SubnetAlphaOut"] - TAO,
    }
    assert_all_is_counted(ctx)


def test_burned_alpha_stays_outstanding(ctx: Context) -> None:
    before = counts(ctx)
    events = do(ctx, "alice", "burn_alpha", hotkey=MINER, amount=TAO, netuid=1)
    assert events == [{"AlphaBurned": (ALICE, MINER, TAO, 1)}]
    assert counts(ctx) == {**before, "AlphaBurned": TAO}
    assert_all_is_counted(ctx)


@pytest.mark.parametrize("name", ["recycle_alpha", "burn_alpha"])
def test_more_than_there_is_is_all(ctx: Context, name: str) -> None:
    do(ctx, "alice", name, hotkey=MINER, amount=U64_MAX, netuid=1)
    assert stake_of_coldkey(ctx.state, MINER, ALICE, 1) == 0
    assert_all_is_counted(ctx)


@pytest.mark.parametrize("name", ["recycle_alpha", "burn_alpha"])
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"netuid": 99}, "SubnetNotExists"),
        ({"netuid": ROOT_NETUID}, "CannotBurnOrRecycleOnRootSubnet"),
        ({"netuid": 3}, "SubtokenDisabled"),
        ({"hotkey": account("nobody")}, "HotKeyAccountNotExists"),
    ],
)
def test_giving_up_is_refused_by_name(ctx: Context, name: str, change: dict[str, Any], error: str) -> None:
    add_pool(ctx, 3)
    set_hyper(ctx, 3, SubtokenEnabled=False)
    assert refused(ctx, "alice", name, **{"hotkey": MINER, "amount": TAO, "netuid": 1, **change}) == error


@pytest.mark.parametrize("name", ["recycle_alpha", "burn_alpha"])
def test_more_than_is_outstanding_cannot_be_given_up(ctx: Context, name: str) -> None:
    set_hyper(ctx, 1, SubnetAlphaOut=TAO)
    assert refused(ctx, "alice", name, hotkey=MINER, amount=2 * TAO, netuid=1) == "InsufficientLiquidity"


@pytest.mark.parametrize("limit", [None, 2 * PRICE])
def test_bought_and_burned_at_once(ctx: Context, limit: int | None) -> None:
    held, burned = stake_of_coldkey(ctx.state, MINER, ALICE, 1), counts(ctx)["AlphaBurned"]
    events = do(ctx, "alice", "add_stake_burn", hotkey=MINER, netuid=1, amount=TAO, limit=limit)
    alpha = counts(ctx)["AlphaBurned"] - burned
    assert events[-1] == {"AddStakeBurn": {"netuid": 1, "hotkey": MINER, "amount": TAO, "alpha": alpha}}
    assert 3.5 * TAO < alpha < 4 * TAO
    assert stake_of_coldkey(ctx.state, MINER, ALICE, 1) == pytest.approx(held, abs=1)
    assert_all_is_counted(ctx)
    too_tight = {"hotkey": MINER, "netuid": 1, "amount": 80 * TAO, "limit": PRICE + PRICE // 10}
    assert refused(ctx, "alice", "add_stake_burn", **too_tight) == "SlippageTooHigh"


def test_mining_rewards_go_where_the_coldkey_says(ctx: Context) -> None:
    for name in ("first", "second"):
        add_neuron(ctx, name, "carol")
    first, second = account("first"), account("second")
    name, listed = "set_coldkey_auto_stake_hotkey", "AutoStakeDestinationColdkeys"
    assert refused(ctx, "alice", name, netuid=99, hotkey=first) == "SubnetNotExists"
    assert refused(ctx, "alice", name, netuid=1, hotkey=MINER) == "HotKeyNotRegisteredInSubNet"
    do(ctx, "alice", name, netuid=1, hotkey=first)
    do(ctx, "bob", name, netuid=1, hotkey=first)
    assert refused(ctx, "alice", name, netuid=1, hotkey=first) == "SameAutoStakeHotkeyAlreadySet"
    events = do(ctx, "alice", name, netuid=1, hotkey=second)
    assert events == [{"AutoStakeDestinationSet": {"coldkey": ALICE, "netuid": 1, "hotkey": second}}]
    assert ctx.state.get(MODULE, "AutoStakeDestination", ALICE, 1) == second
    assert ctx.state.get(MODULE, listed, first, 1) == [account("bob")]
    assert ctx.state.get(MODULE, listed, second, 1) == [ALICE]
