"""Root claims: what root has earned is claimed once, sold, staked on root, and nothing is lost on the way."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Tally
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import read_pool
from tao_lab.chain.pallets.subtensor.root_claims import (
    add_root_staker,
    auto_claim,
    claimable_rates,
    drawn_indices,
    find_root_stakers,
    forget_subnet,
    increase_root_claimable,
    move_root_claims,
    raise_claimable_rates,
    remove_root_staker,
    root_claim,
    root_owed,
)
from tao_lab.chain.pallets.subtensor.stake import increase_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import mint_alpha_out
from tao_lab.economy import swap
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import do, events, refused, set_hyper
from tests.chain.subtensor.pools import assert_all_is_counted, market

MINER, HELPER, ALICE, BOB = (account(name) for name in ("miner", "helper", "alice", "bob"))


@pytest.fixture
def ctx(ctx: Context) -> Context:
    """Alice has 10 TAO on root with the miner, bob 30."""
    market(ctx)
    for who, tao in (("alice", 10), ("bob", 30)):
        do(ctx, who, "add_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_staked=tao * TAO)
    return ctx


def earn(ctx: Context, alpha: int, netuid: int = 1) -> None:
    """Issue alpha to those who stake on the miner on root."""
    mint_alpha_out(ctx, netuid, alpha)
    increase_root_claimable(ctx, MINER, netuid, alpha)


def on_root(ctx: Context, coldkey: str) -> int:
    return stake_of_coldkey(ctx.state, MINER, coldkey, ROOT_NETUID)


def waiting(ctx: Context, netuid: int = 1) -> int:
    """Alpha that is neither staked nor burned: it waits to be claimed."""
    staked = sum(rao for (_, where), rao in ctx.state.entries(MODULE, "TotalHotkeyAlpha") if where == netuid)
    return int(ctx.state.get(MODULE, "SubnetAlphaOut", netuid)) - staked


def test_what_is_earned_is_shared_by_root_stake(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    rate = (4 * TAO << 32) // (40 * TAO)  # the chain's 32 bits lose up to one rao in four billion
    assert root_owed(ctx.state, MINER, ALICE, 1) == rate * 10 * TAO >> 32 == TAO - 2
    assert root_owed(ctx.state, MINER, BOB, 1) == rate * 30 * TAO >> 32 == 3 * TAO - 5
    assert root_owed(ctx.state, MINER, ALICE, 2) == 0
    assert root_owed(ctx.state, HELPER, ALICE, 1) == 0


def test_a_claim_is_sold_and_staked_on_root(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    owed, before = root_owed(ctx.state, MINER, ALICE, 1), on_root(ctx, ALICE)
    sold = swap(read_pool(ctx.state, 1, drop_fees=True), "sell", owed)
    done = do(ctx, "alice", "claim_root", subnets=[1])
    assert done[-1] == {"RootClaimed": {"coldkey": ALICE, "tao": sold.received}}
    assert on_root(ctx, ALICE) - before == sold.received
    assert ctx.state.get(MODULE, "SubnetRootSellTao", 1) == sold.received
    assert ctx.state.get(MODULE, "SubnetProtocolFlow", 1) == -sold.received
    assert root_owed(ctx.state, MINER, ALICE, 1) <= 1  # the new stake counts as if it had claimed, rounded down
    assert_all_is_counted_with(ctx, waiting(ctx))


def assert_all_is_counted_with(ctx: Context, claims: int) -> None:
    set_hyper(ctx, 1, PendingRootAlphaDivs=claims)
    assert_all_is_counted(ctx)
    set_hyper(ctx, 1, PendingRootAlphaDivs=0)


def test_new_root_stake_earns_from_now_on_only(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    do(ctx, "alice", "add_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_staked=20 * TAO)
    owed = root_owed(ctx.state, MINER, ALICE, 1)
    assert abs(owed - TAO) <= 5
    do(ctx, "alice", "remove_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_unstaked=20 * TAO)
    assert abs(root_owed(ctx.state, MINER, ALICE, 1) - owed) <= 5


def test_too_little_is_left_until_it_is_more(ctx: Context) -> None:
    earn(ctx, 1_900_000)  # alice's quarter is below the least, 500,000 rao
    before = on_root(ctx, ALICE)
    do(ctx, "alice", "claim_root", subnets=[1])
    assert on_root(ctx, ALICE) == before
    do(ctx, "root", "sudo_set_root_claim_threshold", netuid=1, new_value=0)
    do(ctx, "alice", "claim_root", subnets=[1])
    assert on_root(ctx, ALICE) > before


def test_a_claim_on_all_subnets_and_of_one_hotkey(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    earn(ctx, 4 * TAO, netuid=2)
    do(ctx, "alice", "claim_root", subnets=[2])
    assert root_owed(ctx.state, MINER, ALICE, 1) > 0
    do(ctx, "alice", "claim_root", subnets=[ROOT_NETUID])
    assert root_owed(ctx.state, MINER, ALICE, 1) <= 1
    do(ctx, "bob", "claim_root_with_hotkey", hotkey=HELPER)
    assert root_owed(ctx.state, MINER, BOB, 1) > 0
    do(ctx, "bob", "claim_root_with_hotkey", hotkey=MINER)
    assert root_owed(ctx.state, MINER, BOB, 1) <= 1


@pytest.mark.parametrize("subnets", [1, 63, 64, 128])
def test_rates_are_kept_for_as_many_subnets_as_there_are(ctx: Context, subnets: int) -> None:
    """From 64 entries on the length of the map takes two bytes."""
    rates = {netuid: 1_000 + netuid for netuid in range(1, subnets + 1)}
    ctx.state.put(MODULE, "RootClaimable", MINER, {netuid: {"bits": rate} for netuid, rate in rates.items()})
    raise_claimable_rates(ctx, subnets, [(MINER, 5)])
    assert claimable_rates(ctx.state, MINER) == rates | {subnets: rates[subnets] + 5}
    raise_claimable_rates(ctx, subnets + 1, [(MINER, 0), (HELPER, 7)])
    assert claimable_rates(ctx.state, MINER)[subnets + 1] == 0
    assert claimable_rates(ctx.state, HELPER)[subnets + 1] == 7


def test_more_alpha_than_root_stake_goes_to_the_owner(ctx: Context) -> None:
    earn(ctx, 41 * TAO)
    assert ctx.state.get(MODULE, "RootClaimable", MINER) == {}
    assert stake_of_coldkey(ctx.state, MINER, ALICE, 1) == 41 * TAO


def test_a_sale_that_fails_takes_nothing(ctx: Context) -> None:
    """test_claim_root_swap_failure_does_not_consume_claim."""
    earn(ctx, 4 * TAO)
    earn(ctx, 4 * TAO, netuid=2)
    set_hyper(ctx, 2, SubnetTAO=10)
    before = dict(ctx.state.raw.items())
    with pytest.raises(DispatchError, match="ReservesTooLow"):
        root_claim(ctx, ALICE)
    assert dict(ctx.state.raw.items()) == before
    assert refused(ctx, "alice", "claim_root", subnets=[1, 2]) == "ReservesTooLow"


@pytest.mark.parametrize("subnets", [[], [1, 2, 3, 4, 5, 6]])
def test_one_to_five_subnets_are_claimed_at_once(ctx: Context, subnets: list[int]) -> None:
    assert refused(ctx, "alice", "claim_root", subnets=subnets) == "InvalidValue"


def test_the_threshold_is_the_owner_s_and_has_a_bound(ctx: Context) -> None:
    set_hyper(ctx, 1, SubnetOwner=BOB)
    do(ctx, "bob", "sudo_set_root_claim_threshold", netuid=1, new_value=10_000_000)
    assert ctx.state.get(MODULE, "RootClaimableThreshold", 1) == {"bits": 10_000_000 << 32}
    args = {"netuid": 1, "new_value": 10_000_001}
    assert refused(ctx, "bob", "sudo_set_root_claim_threshold", **args) == "InvalidRootClaimThreshold"
    assert refused(ctx, "alice", "sudo_set_root_claim_threshold", netuid=1, new_value=0) == "BadOrigin"


# --- drawn and counted ---


def test_who_is_drawn_is_decided_by_the_hash() -> None:
    """test_claim_root_block_hash_indices; the hashes are keccak-256 of `some` and `some2`."""
    some = bytes.fromhex("4e7e8301f5d206748d1c4f822e3564ddb1124f86591a839f58dfc2f007983b61")
    some2 = bytes.fromhex("c357a61b4f8af02f92c4f354b4839925d8c5a18c9c017f80efab7efcb363aed7")
    first = [265, 630, 1286, 1558, 4496, 4861, 5517, 5789, 6803, 8096, 9092, 11034, 11399, 12055, 12327]
    second = [61, 246, 1440, 2855, 3521, 5236, 6130, 6615, 8511, 9405, 9890, 11786, 11971, 13165, 14580]
    assert drawn_indices(some, 15, 15_000) == first
    assert drawn_indices(some2, 15, 15_000) == second
    assert drawn_indices(some, 0, 15_000) == []


def test_the_drawn_claim_by_themselves(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    before = len(ctx.events)
    auto_claim(ctx)  # five draws among two coldkeys
    claimed = [event["RootClaimed"]["coldkey"] for event in events(ctx, before) if "RootClaimed" in event]
    assert claimed
    for coldkey in claimed:
        assert root_owed(ctx.state, MINER, coldkey, 1) <= 1


def test_a_drawn_claim_that_fails_does_not_stop_the_block(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    set_hyper(ctx, 1, SubnetTAO=10)
    before = dict(ctx.state.raw.items())
    auto_claim(ctx)
    assert dict(ctx.state.raw.items()) == before


def stakers(ctx: Context) -> list[str]:
    """The numbered list, checked from both sides."""
    count = ctx.state.get(MODULE, "NumStakingColdkeys")
    listed = [ctx.state.get(MODULE, "StakingColdkeysByIndex", index) for index in range(count)]
    assert [ctx.state.get(MODULE, "StakingColdkeys", who) for who in listed] == list(range(count))
    assert ctx.state.get(MODULE, "StakingColdkeysByIndex", count) is None
    return listed


def test_the_list_of_root_stakers_has_no_holes(ctx: Context) -> None:
    add_root_staker(ctx, account("carol"))
    add_root_staker(ctx, BOB)
    assert stakers(ctx) == [ALICE, BOB, account("carol")]
    remove_root_staker(ctx, ALICE)
    assert stakers(ctx) == [account("carol"), BOB]
    remove_root_staker(ctx, ALICE)
    do(ctx, "bob", "remove_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_unstaked=1 << 63)
    assert stakers(ctx) == [account("carol")]


def test_stakers_that_nobody_listed_are_found(ctx: Context) -> None:
    """test_populate_staking_maps: those on root are, those on a subnet are not; in steps of 30."""
    names = [f"coldkey {i}" for i in range(70)]
    for i, name in enumerate(names):
        increase_stake(ctx, HELPER, account(name), i % 2, 1_000)
    for _ in range(3):
        find_root_stakers(ctx)
    assert sorted(stakers(ctx)) == sorted([ALICE, BOB, *(account(name) for name in names[::2])])
    assert ctx.state.get(MODULE, "AlphaV2MapLastKey") is None


# --- when keys and subnets change ---


def test_claims_follow_a_hotkey(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    do(ctx, "alice", "claim_root", subnets=[1])
    claimed = ctx.state.get(MODULE, "RootClaimed", 1, MINER, ALICE)
    move_root_claims(ctx, MINER, HELPER, Tally())
    assert ctx.state.get(MODULE, "RootClaimable", MINER) == {}
    assert ctx.state.get(MODULE, "RootClaimed", 1, HELPER, ALICE) == claimed
    assert ctx.state.get(MODULE, "RootClaimable", HELPER) == {1: {"bits": (4 * TAO << 32) // (40 * TAO)}}


def test_claims_on_a_dissolved_subnet_are_forgotten(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    earn(ctx, 4 * TAO, netuid=2)
    do(ctx, "alice", "claim_root", subnets=[1])
    forget_subnet(ctx, 1)
    assert list(ctx.state.get(MODULE, "RootClaimable", MINER)) == [2]
    left: list[Any] = ctx.state.entries(MODULE, "RootClaimed", 1)
    assert left == []
