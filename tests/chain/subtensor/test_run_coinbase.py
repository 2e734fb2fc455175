"""Every rao that a block issues is found again: in pools, pots, stakes, claims, or recycled."""

from collections.abc import Iterator
from typing import Any

import pytest

from tao_lab.bench.population import Size, account, populate, put_tao
from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.errors import RuleBroken
from tao_lab.chain.pallets.subtensor.baskets import holdings
from tao_lab.chain.pallets.subtensor.distribution import owner_hotkeys
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid
from tao_lab.economy import (
    EmissionGate,
    SubnetPrice,
    block_emission,
    demand_shares,
    split,
    subnet_shares,
    without_gate,
)
from tao_lab.economy.emission_gate import bar_is_due
from tao_lab.economy.fixed128 import U64F64
from tao_lab.units import RAO_PER_TAO

pytestmark = pytest.mark.usefixtures("in_both_forms")

SIZE = Size(subnets=3, neurons=6, validators=3, tempo=5)
NETUIDS = range(1, SIZE.subnets + 1)
MOST_DUST = 3  # rao a block that the split leaves over


@pytest.fixture
def economy() -> Iterator[Chain]:
    """A chain with three running subnets, at block 1."""
    chain = Chain()
    populate(building(chain), SIZE)
    chain.produce_block()
    yield chain
    chain.close()


def building(chain: Chain) -> Context:
    return Context(chain.runtime, chain.state, chain.head.number + 1, executive.author(chain.state))


def get(chain: Chain, item: str, *keys: Any) -> Any:
    return chain.state.get(MODULE, item, *keys)


def run(chain: Chain, blocks: int) -> None:
    for _ in range(blocks):
        chain.produce_block()


def all_balances(chain: Chain) -> int:
    return sum(info["data"]["free"] + info["data"]["reserved"] for _, info in chain.state.entries("System", "Account"))


def alpha_of_holders(chain: Chain, netuid: int) -> int:
    """Alpha outside the pool that has an owner, is bought by the chain, burned, or waits in a pot."""
    staked = sum(rao for (_, where), rao in chain.state.entries(MODULE, "TotalHotkeyAlpha") if where == netuid)
    pots = ("PendingServerEmission", "PendingValidatorEmission", "PendingRootAlphaDivs", "PendingOwnerCut")
    kept = sum(get(chain, item, netuid) for item in (*pots, "SubnetProtocolAlpha"))
    queued = sum(rao for (_, where), rao in chain.state.entries(MODULE, "PendingBasketDeposits") if where == netuid)
    return staked + kept + queued + int(chain.state.get("AlphaAssets", "AlphaBurned", netuid))


def unowned(chain: Chain, netuid: int) -> int:
    """Alpha outside the pool that no account holds and no pot: what rounding left over."""
    outside, in_pool = get(chain, "SubnetAlphaOut", netuid), get(chain, "SubnetAlphaIn", netuid)
    assert outside + in_pool == chain.state.get("AlphaAssets", "TotalAlphaIssuance", netuid)
    return int(outside) - alpha_of_holders(chain, netuid)


def in_baskets(chain: Chain, netuid: int) -> int:
    """Alpha of a subnet in baskets, or on its way there."""
    queued = sum(rao for (_, where), rao in chain.state.entries(MODULE, "PendingBasketDeposits") if where == netuid)
    hotkeys = {hotkey for hotkey, _ in chain.state.entries(MODULE, "BasketShares")}
    return queued + sum(dict(holdings(chain.state, hotkey)).get(netuid, 0) for hotkey in hotkeys)


def test_tao_is_where_the_issuance_says(economy: Chain) -> None:
    before = get(economy, "TotalIssuance")
    run(economy, 12)
    issued = get(economy, "TotalIssuance") - before
    assert 12 * RAO_PER_TAO - 12 * 2 * SIZE.subnets <= issued <= 12 * RAO_PER_TAO
    assert get(economy, "TotalIssuance") == economy.state.get("Balances", "TotalIssuance") == all_balances(economy)
    pools = [get(economy, "SubnetTAO", netuid) for netuid in (ROOT_NETUID, *NETUIDS)]
    assert sum(pools) == get(economy, "TotalStake")
    for netuid in NETUIDS:
        held = economy.state.get("System", "Account", account_of_netuid(netuid))["data"]["free"]
        assert held == get(economy, "SubnetTAO", netuid)
    assert economy.verify() is None


def test_alpha_is_where_the_issuance_says(economy: Chain) -> None:
    economy.state.put(MODULE, "SubnetMovingPrice", 2, {"bits": 2 << 32})  # so that root has its part
    put_tao(building(economy), ROOT_NETUID, 1_000_000 * RAO_PER_TAO)
    seat_on_root(economy)
    run(economy, 2 * SIZE.tempo)  # pots of blocks without root's part are not paid out in full
    dust = {netuid: unowned(economy, netuid) for netuid in NETUIDS}
    for _ in range(3 * SIZE.tempo):
        economy.produce_block()
        for netuid in NETUIDS:
            paid_out = get(economy, "LastMechansimStepBlock", netuid) == economy.head.number
            new = unowned(economy, netuid) - dust[netuid]
            assert 0 <= new <= (4 * SIZE.neurons if paid_out else MOST_DUST)
            dust[netuid] += new
    assert min(in_baskets(economy, netuid) for netuid in NETUIDS) > 0
    assert "RootClaimed" not in {event["event_id"] for event in economy.events(economy.head.number)}


def test_a_block_issues_what_the_rule_says_and_its_parts_go_by_the_shares(economy: Chain) -> None:
    prices = [
        SubnetPrice(get(economy, "SubnetMovingPrice", n)["bits"], get(economy, "MinerBurned", n)["bits"])
        for n in NETUIDS
    ]
    economy.produce_block()
    bar = get(economy, "EmissionGateBar")["bits"]
    assert bar == min(demand_shares(prices))  # the first block took it; three subnets are fewer than 32
    for netuid, share in zip(NETUIDS, subnet_shares(prices, EmissionGate(bar)), strict=True):
        got = get(economy, "SubnetTaoInEmission", netuid) + get(economy, "SubnetExcessTao", netuid)
        assert 0 <= (RAO_PER_TAO * share >> 64) - got <= 1
        assert get(economy, "SubnetAlphaOutEmission", netuid) == RAO_PER_TAO
        assert get(economy, "SubnetProtocolAlpha", netuid) > 0
    assert get(economy, "BlockEmission") == block_emission(get(economy, "TotalIssuance"))


def test_a_subnet_that_has_not_started_gets_nothing(economy: Chain) -> None:
    economy.state.remove(MODULE, "FirstEmissionBlockNumber", 2)
    economy.state.put(MODULE, "SubtokenEnabled", 3, False)
    before = {netuid: get(economy, "SubnetTAO", netuid) for netuid in NETUIDS}
    moving, pot = get(economy, "SubnetMovingPrice", 2), get(economy, "PendingServerEmission", 2)
    economy.produce_block()
    assert get(economy, "SubnetTAO", 1) - before[1] == RAO_PER_TAO - 1  # a share below one by the last bit
    assert [get(economy, "SubnetTAO", netuid) for netuid in (2, 3)] == [before[2], before[3]]
    assert get(economy, "SubnetMovingPrice", 2) == moving
    assert get(economy, "PendingServerEmission", 2) == pot > 0


def test_a_disabled_subnet_gets_alpha_and_no_tao(economy: Chain) -> None:
    economy.state.put(MODULE, "SubnetEmissionEnabled", 2, False)
    before, pot = get(economy, "SubnetTAO", 2), get(economy, "PendingServerEmission", 2)
    economy.produce_block()
    assert get(economy, "SubnetTAO", 2) == before
    assert get(economy, "SubnetTaoInEmission", 2) == get(economy, "SubnetExcessTao", 2) == 0
    assert get(economy, "PendingServerEmission", 2) > pot


def test_without_subnets_the_block_s_tao_is_recycled() -> None:
    chain = Chain()
    before = get(chain, "TotalIssuance")
    run(chain, 3)
    assert get(chain, "TotalIssuance") == chain.state.get("Balances", "TotalIssuance") == before
    chain.close()


def seat_on_root(economy: Chain) -> None:
    """Give every validator a UID on root; without one it has no part of root's pot (spec 442)."""
    for netuid in NETUIDS:
        for uid in range(SIZE.validators):
            economy.state.put(MODULE, "Uids", ROOT_NETUID, account(netuid, uid), uid)


def test_root_s_pot_is_recycled_where_nobody_has_a_seat_on_root(economy: Chain) -> None:
    for hotkey, _ in economy.state.entries(MODULE, "Uids", ROOT_NETUID):
        economy.state.remove(MODULE, "Uids", ROOT_NETUID, hotkey)
    put_tao(building(economy), ROOT_NETUID, 1_000_000 * RAO_PER_TAO)
    economy.state.put(MODULE, "SubnetMovingPrice", 2, {"bits": 2 << 32})
    recycled = economy.state.get("AlphaAssets", "AlphaRecycled", 3)
    pot = 0
    while get(economy, "LastMechansimStepBlock", 3) != economy.head.number:
        pot = get(economy, "PendingRootAlphaDivs", 3)
        economy.produce_block()
    assert economy.state.get("AlphaAssets", "AlphaRecycled", 3) > recycled + pot > recycled
    assert economy.state.entries(MODULE, "RootAlphaDividendsPerSubnet", 3) == [] or all(
        rao == 0 for _, rao in economy.state.entries(MODULE, "RootAlphaDividendsPerSubnet", 3)
    )


def test_root_s_part_is_recycled_until_subnets_are_worth_more_than_one(economy: Chain) -> None:
    put_tao(building(economy), ROOT_NETUID, 1_000_000 * RAO_PER_TAO)
    seat_on_root(economy)
    recycled = economy.state.get("AlphaAssets", "AlphaRecycled", 3)
    economy.produce_block()
    assert get(economy, "PendingRootAlphaDivs", 3) == 0
    assert economy.state.get("AlphaAssets", "AlphaRecycled", 3) > recycled
    economy.state.put(MODULE, "SubnetMovingPrice", 2, {"bits": 2 << 32})
    recycled = economy.state.get("AlphaAssets", "AlphaRecycled", 3)
    economy.produce_block()
    assert get(economy, "PendingRootAlphaDivs", 3) > 0
    assert economy.state.get("AlphaAssets", "AlphaRecycled", 3) == recycled
    run(economy, SIZE.tempo)
    assert get(economy, "RootAlphaDividendsPerSubnet", 3, account(3, 0)) > 0
    assert in_baskets(economy, 3) > 0


def test_the_owner_s_miner_is_burned_or_recycled_and_lowers_the_share(economy: Chain) -> None:
    miner = SIZE.validators  # the first UID that validators give weight to
    economy.state.put(MODULE, "SubnetOwner", 1, account(1, miner, 1))
    assert owner_hotkeys(economy.state, 1) == [account(1, 0), account(1, miner)]
    run(economy, SIZE.tempo)
    assert 0 < get(economy, "MinerBurned", 1)["bits"] <= 1 << 32
    burned = economy.state.get("AlphaAssets", "AlphaBurned", 1)
    assert burned > 0
    assert get(economy, "TotalHotkeyAlpha", account(1, miner), 1) == 0
    economy.state.put(MODULE, "RecycleOrBurn", 1, "Recycle")
    run(economy, SIZE.tempo)
    assert economy.state.get("AlphaAssets", "AlphaBurned", 1) == burned
    assert economy.state.get("AlphaAssets", "AlphaRecycled", 1) > 0


def test_incentives_go_to_the_auto_stake_destination(economy: Chain) -> None:
    miner = SIZE.validators
    economy.state.put(MODULE, "AutoStakeDestination", account(1, miner, 1), 1, account(1, 1))
    run(economy, SIZE.tempo)
    assert get(economy, "TotalHotkeyAlpha", account(1, miner), 1) == 0
    assert economy.state.exists(MODULE, "AlphaV2", account(1, 1), account(1, miner, 1), 1)
    staked = [
        event["attributes"]
        for number in range(2, economy.head.number + 1)
        for event in economy.events(number)
        if event["event_id"] == "AutoStakeAdded"
    ]
    assert {event["destination"] for event in staked} == {account(1, 1)}


def test_epochs_of_a_subnet_without_distinct_hotkeys_are_skipped_and_its_pots_stay(economy: Chain) -> None:
    economy.state.put(MODULE, "Keys", 1, 1, account(1, 0))
    run(economy, SIZE.tempo)
    assert get(economy, "PendingServerEmission", 1) > SIZE.tempo * 10**8
    assert get(economy, "LastMechansimStepBlock", 1) == 0


def test_replaced_rules_decide(economy: Chain) -> None:
    with economy.rules.using(
        block_emission=lambda issuance: 2 * RAO_PER_TAO,
        shares=lambda subnets: [0, U64F64.one, 0],
        split=lambda alpha, cut, root: {"owner": alpha, "server": 0, "validator": 0, "root": 0},
    ):
        economy.produce_block()
    assert (
        get(economy, "SubnetTaoInEmission", 2) + get(economy, "SubnetExcessTao", 2) == 2 * RAO_PER_TAO - 1
    )  # cut twice
    assert get(economy, "SubnetAlphaOutEmission", 1) == 2 * RAO_PER_TAO
    assert get(economy, "BlockEmission") == 2 * RAO_PER_TAO


def test_the_bar_is_kept_and_taken_anew_at_every_360th_block(economy: Chain) -> None:
    kept = get(economy, "EmissionGateBar")["bits"]
    for netuid, price in zip(NETUIDS, (7, 2, 1), strict=True):
        economy.state.put(MODULE, "SubnetMovingPrice", netuid, {"bits": price << 32})
    economy.state.put(MODULE, "SubnetEmissionEnabled", 3, False)  # it keeps its rank
    economy.produce_block()
    assert get(economy, "EmissionGateBar")["bits"] == kept
    with economy.rules.using(shares=without_gate):  # the bar is the chain's, whatever the rule makes of it
        economy.state.put(MODULE, "EmissionBarRank", 2)
        economy.state.put(MODULE, "EmissionGateBar", {"bits": 0})
        economy.produce_block()
    assert get(economy, "EmissionGateBar")["bits"] / U64F64.one == pytest.approx(0.2, rel=1e-3)
    ungated = [get(economy, "SubnetTaoInEmission", n) + get(economy, "SubnetExcessTao", n) for n in NETUIDS]
    assert [tao / RAO_PER_TAO for tao in ungated] == pytest.approx([7 / 9, 2 / 9, 0], rel=1e-3)
    economy.state.put(MODULE, "EmissionBarRank", 0)  # by quantile: the largest shares that reach 0.61 together
    economy.state.put(MODULE, "EmissionGateBar", {"bits": 0})
    economy.produce_block()
    assert get(economy, "EmissionGateBar")["bits"] / U64F64.one == pytest.approx(0.7, rel=1e-3)
    gated = [get(economy, "SubnetTaoInEmission", n) + get(economy, "SubnetExcessTao", n) for n in NETUIDS]
    assert gated[1] / gated[0] == pytest.approx(2 / 7 * 2 / (1 + 3.5**3), rel=2e-3)
    assert gated[2] == 0


@pytest.mark.parametrize("block", [359, 360, 361])
def test_blocks_that_take_the_bar_are_those_that_360_divides(block: int) -> None:
    assert bar_is_due(1, block) == (block == 360)
    assert bar_is_due(0, block)


def test_tao_of_a_purchase_that_the_pool_refuses_is_recycled(economy: Chain) -> None:
    economy.state.put("Swap", "SwapBalancer", 1, {"quote": 990_000_000_000_000_000})
    economy.state.put(MODULE, "SubnetAlphaIn", 1, 10)  # below the least reserve
    held = economy.state.get("System", "Account", account_of_netuid(1))["data"]["free"]
    economy.produce_block()
    assert get(economy, "SubnetExcessTao", 1) == 0
    in_pool = get(economy, "SubnetTaoInEmission", 1)
    assert economy.state.get("System", "Account", account_of_netuid(1))["data"]["free"] == held + in_pool
    assert economy.state.get("Balances", "TotalIssuance") == get(economy, "TotalIssuance") == all_balances(economy)


@pytest.mark.parametrize(
    ("rule", "function", "message"),
    [
        ("block_emission", lambda issuance: 0.5, r"gave 0\.5; allowed: whole rao"),
        ("block_emission", lambda issuance: -1, "gave -1; allowed: whole rao"),
        ("shares", lambda subnets: [1], "returned list of 1; allowed: a list with a share for each of 3 subnets"),
        ("shares", lambda subnets: [0.5, 0.5, 0], r"share 0 is 0\.5; allowed: whole numbers"),
        ("shares", lambda subnets: [U64F64.one] * 3, r"the shares are 3\.000000 together; allowed: at most one"),
        ("split", lambda alpha, cut, root: None, "returned NoneType; allowed: Split"),
        ("split", lambda alpha, cut, root: split(alpha, cut, root)._replace(root=alpha), "the parts are .* at most"),
        ("split", lambda alpha, cut, root: split(alpha, cut, root)._replace(root=-1), "root is -1; allowed: whole rao"),
        ("split", lambda alpha, cut, root: alpha // 0, "raised ZeroDivisionError"),
    ],
)
def test_a_rule_that_gives_nonsense_fails_the_block_and_the_state_stays(
    economy: Chain, rule: str, function: Any, message: str
) -> None:
    before, head = dict(economy.state.raw.items()), economy.head
    with economy.rules.using(**{rule: function}), pytest.raises(RuleBroken, match=rf"rules\.{rule} .*{message}"):
        economy.produce_block()
    assert dict(economy.state.raw.items()) == before
    assert economy.head == head
