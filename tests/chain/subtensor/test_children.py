"""Children; cases of the public chain's `pallets/subtensor/src/tests/children.rs`."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.block_step import block_step
from tao_lab.chain.pallets.subtensor.child_threshold import (
    check_thresholds,
    live_edges,
    queue_check,
    queue_check_of_suspended,
)
from tao_lab.chain.pallets.subtensor.children import set_pending_children
from tao_lab.chain.pallets.subtensor.stake import decrease_stake, increase_stake
from tao_lab.chain.pallets.subtensor.stake_weights import stake_weight
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_hotkey, add_subnet, do, refused, set_hyper

ALL = 2**64 - 1
PARENT, CHILD, OTHER = account("parent"), account("child"), account("other")


@pytest.fixture
def parent(ctx: Context) -> str:
    """alice's hotkey `parent`, on a subnet that has not started: children are set at once."""
    add_hotkey(ctx, "parent", "alice")
    add_hotkey(ctx, "child", "bob")
    return PARENT


def set_children(ctx: Context, *children: tuple[int, str]) -> list[dict[str, Any]]:
    ctx.block += 150
    return do(ctx, "alice", "set_children", hotkey=PARENT, netuid=NETUID, children=list(children))


def edges(ctx: Context, item: str, hotkey: str) -> list[tuple[int, str]]:
    return [tuple(edge) for edge in ctx.state.get(MODULE, item, hotkey, NETUID)]


def test_both_ends_of_an_edge_are_stored(ctx: Context, parent: str) -> None:
    assert set_children(ctx, (ALL, CHILD)) == [{"SetChildren": (parent, NETUID, [(ALL, CHILD)])}]
    assert edges(ctx, "ChildKeys", parent) == [(ALL, CHILD)]
    assert edges(ctx, "ParentKeys", CHILD) == [(ALL, parent)]


def test_new_children_replace_the_old_and_nothing_is_left_of_these(ctx: Context, parent: str) -> None:
    set_children(ctx, (1_000, CHILD))
    set_children(ctx, (2_000, OTHER), (3_000, CHILD))
    assert sorted(edges(ctx, "ChildKeys", parent)) == [(2_000, OTHER), (3_000, CHILD)]
    assert edges(ctx, "ParentKeys", CHILD) == [(3_000, parent)]
    set_children(ctx)
    assert not ctx.state.exists(MODULE, "ChildKeys", parent, NETUID)
    assert not ctx.state.exists(MODULE, "ParentKeys", CHILD, NETUID)


def test_children_are_stored_in_the_order_of_the_public_keys(ctx: Context, parent: str) -> None:
    names = [account(f"child{number}") for number in range(5)]
    set_children(ctx, *((1, name) for name in names))
    stored = [hotkey for _, hotkey in edges(ctx, "ChildKeys", parent)]
    assert sorted(stored) == sorted(names)
    assert stored == sorted(names, key=lambda name: bytes(ctx.runtime.core.encode("AccountId", name)))


@pytest.mark.parametrize(
    ("who", "changes", "error"),
    [
        ("alice", {"netuid": 0}, "RegistrationNotPermittedOnRootSubnet"),
        ("alice", {"netuid": 9}, "SubnetNotExists"),
        ("bob", {}, "NonAssociatedColdKey"),
        ("alice", {"children": [(1, CHILD), (2, CHILD)]}, "DuplicateChild"),
        ("alice", {"children": [(1, PARENT)]}, "InvalidChild"),
        ("alice", {"children": [(1, account(f"c{number}")) for number in range(6)]}, "TooManyChildren"),
        ("alice", {"children": [(ALL, CHILD), (1, OTHER)]}, "ProportionOverflow"),
    ],
)
def test_children_have_guards(ctx: Context, parent: str, who: str, changes: dict[str, Any], error: str) -> None:
    args = {"hotkey": parent, "netuid": NETUID, "children": [(1, CHILD)], **changes}
    assert refused(ctx, who, "set_children", **args) == error


def test_nobody_is_parent_and_child_of_the_same_hotkey(ctx: Context, parent: str) -> None:
    set_children(ctx, (ALL, CHILD))
    args = {"hotkey": CHILD, "netuid": NETUID, "children": [(1, parent)]}
    assert refused(ctx, "bob", "set_children", **args) == "ChildParentInconsistency"


def test_children_are_set_once_in_150_blocks(ctx: Context, parent: str) -> None:
    set_children(ctx, (1, CHILD))
    ctx.block += 149
    args = {"hotkey": parent, "netuid": NETUID, "children": []}
    assert refused(ctx, "alice", "set_children", **args) == "TxRateLimitExceeded"
    ctx.block += 1
    do(ctx, "alice", "set_children", **args)


def test_a_parent_needs_stake_of_its_own_but_not_to_take_children_back(ctx: Context, parent: str) -> None:
    set_children(ctx, (1, CHILD))
    ctx.state.put(MODULE, "StakeThreshold", 1_000)
    ctx.block += 150
    args = {"hotkey": parent, "netuid": NETUID, "children": [(1, CHILD)]}
    increase_stake(ctx, parent, account("alice"), NETUID, 999)
    assert refused(ctx, "alice", "set_children", **args) == "NotEnoughStakeToSetChildkeys"
    increase_stake(ctx, parent, account("alice"), 7, 1)  # not on a list of subnets that the chain has
    assert refused(ctx, "alice", "set_children", **args) == "NotEnoughStakeToSetChildkeys"
    add_subnet(ctx, 7)
    do(ctx, "alice", "set_children", **args)
    ctx.state.put(MODULE, "StakeThreshold", 10**9)
    set_children(ctx)


def test_stake_counts_at_the_pool_s_price(ctx: Context, parent: str) -> None:
    ctx.state.put(MODULE, "StakeThreshold", 500)
    set_hyper(ctx, SubnetMechanism=1, SubnetTAO=1_000, SubnetAlphaIn=2_000)
    increase_stake(ctx, parent, account("alice"), NETUID, 999)
    args = {"hotkey": parent, "netuid": NETUID, "children": [(1, CHILD)]}
    assert refused(ctx, "alice", "set_children", **args) == "NotEnoughStakeToSetChildkeys"
    increase_stake(ctx, parent, account("alice"), NETUID, 1)
    do(ctx, "alice", "set_children", **args)


def test_the_owner_s_hotkey_needs_no_stake(ctx: Context, parent: str) -> None:
    ctx.state.put(MODULE, "StakeThreshold", 1_000)
    set_hyper(ctx, SubnetOwnerHotkey=parent)
    assert set_children(ctx, (1, CHILD))


def test_on_a_started_subnet_children_wait_for_the_first_epoch_behind_the_cooldown(ctx: Context, parent: str) -> None:
    set_hyper(ctx, SubtokenEnabled=True, Tempo=10, LastEpochBlock=155)
    do(ctx, "root", "set_pending_childkey_cooldown", cooldown=15)
    assert set_children(ctx, (ALL, CHILD)) == [{"SetChildrenScheduled": (parent, NETUID, 175, [(ALL, CHILD)])}]
    while ctx.block < 184:
        ctx.block += 1
        block_step(ctx)
        assert edges(ctx, "ChildKeys", parent) == []  # the epoch of block 175 comes at the cooldown, not behind it
    ctx.block += 1
    block_step(ctx)
    assert edges(ctx, "ChildKeys", parent) == [(ALL, CHILD)]
    assert not ctx.state.exists(MODULE, "PendingChildKeys", NETUID, parent)


def test_children_that_became_parents_meanwhile_are_dropped(ctx: Context, parent: str) -> None:
    ctx.state.put(MODULE, "PendingChildKeys", NETUID, parent, ([(1, CHILD)], 0))
    do(ctx, "bob", "set_children", hotkey=CHILD, netuid=NETUID, children=[(1, parent)])
    set_hyper(ctx, Tempo=1)
    ctx.block += 1
    block_step(ctx)
    assert edges(ctx, "ChildKeys", parent) == []
    assert not ctx.state.exists(MODULE, "PendingChildKeys", NETUID, parent)


@pytest.mark.parametrize(("parents", "known", "applies"), [(99, False, True), (100, False, False), (100, True, True)])
def test_a_child_has_at_most_a_hundred_parents_on_a_subnet(
    ctx: Context, parent: str, parents: int, known: bool, applies: bool
) -> None:
    """`MAX_PARENTS_PER_CHILD` of spec 475: a list that would add one more is dropped whole; a known edge may change."""
    child, spare = account("child"), account("spare")
    others = [(5, account(f"parent-{number}")) for number in range(parents - known)]
    ctx.state.put(MODULE, "ParentKeys", child, NETUID, [*others, (7, parent)] if known else others)
    if known:
        ctx.state.put(MODULE, "ChildKeys", parent, NETUID, [(7, child)])
    set_hyper(ctx, SubtokenEnabled=False)
    do(ctx, "alice", "set_children", hotkey=parent, netuid=NETUID, children=[(9, child), (11, spare)])
    edges = {hotkey: share for share, hotkey in ctx.state.get(MODULE, "ChildKeys", parent, NETUID)}
    assert edges == ({child: 9, spare: 11} if applies else {})
    assert len(ctx.state.get(MODULE, "ParentKeys", child, NETUID)) == parents + (applies and not known)


def test_only_root_sets_the_cooldown(ctx: Context) -> None:
    assert refused(ctx, "alice", "set_pending_childkey_cooldown", cooldown=1) == "BadOrigin"


# --- the stake that a parent must keep ----------------------------------------------------------------------------


@pytest.fixture
def lender(ctx: Context, parent: str) -> str:
    """The parent has 1,000 on root and lends half of it; `StakeThreshold` is 600 rao."""
    add_subnet(ctx, 0)
    ctx.state.put(MODULE, "StakeThreshold", 600)
    ctx.state.put(MODULE, "TaoWeight", ALL)
    increase_stake(ctx, parent, account("alice"), 0, 1_000)
    set_children(ctx, (ALL // 2, CHILD))
    return parent


def test_a_parent_that_falls_below_the_threshold_lends_nothing_until_it_has_enough_again(
    ctx: Context, lender: str
) -> None:
    """`queue_childkey_threshold_check`, `recheck_childkey_threshold` of spec 475; half of 1,000 is 499 in U96F32."""
    assert [stake_weight(ctx.state, who, NETUID).rao for who in (lender, CHILD)] == [500, 499]
    decrease_stake(ctx, lender, account("alice"), 0, 401)
    queue_check(ctx, lender)
    assert stake_weight(ctx.state, CHILD, NETUID).rao == 299  # the queue waits for the end of the block
    check_thresholds(ctx)
    assert [stake_weight(ctx.state, who, NETUID).rao for who in (lender, CHILD)] == [599, 0]
    assert edges(ctx, "ChildKeys", lender) == [(ALL // 2, CHILD)]  # still stored
    assert live_edges(ctx.state, "ParentKeys", NETUID, [CHILD, OTHER]) == [[], []]
    assert not ctx.state.exists(MODULE, "ChildkeyThresholdChecks", lender)
    increase_stake(ctx, lender, account("alice"), 0, 1)
    queue_check_of_suspended(ctx, lender)
    check_thresholds(ctx)
    assert [stake_weight(ctx.state, who, NETUID).rao for who in (lender, CHILD)] == [300, 299]


def test_on_its_own_subnet_an_owner_s_children_count_with_any_stake(ctx: Context, lender: str) -> None:
    ctx.state.put(MODULE, "ChildkeyThresholdSuspended", lender, ())
    assert stake_weight(ctx.state, CHILD, NETUID).rao == 0
    set_hyper(ctx, SubnetOwnerHotkey=lender)
    assert stake_weight(ctx.state, CHILD, NETUID).rao == 499


def test_only_parents_are_looked_at(ctx: Context, lender: str) -> None:
    for who in (CHILD, OTHER):
        queue_check(ctx, who)
        queue_check_of_suspended(ctx, who)
    assert ctx.state.entries(MODULE, "ChildkeyThresholdChecks") == []
    queue_check(ctx, lender)
    assert ctx.state.entries(MODULE, "ChildkeyThresholdChecks") == [(lender, ())]


@pytest.mark.parametrize(("stake", "applies"), [(599, False), (600, True)])
def test_announced_children_need_the_stake_when_they_take_effect(
    ctx: Context, parent: str, stake: int, applies: bool
) -> None:
    """`do_set_pending_children` of spec 475; a parent that was suspended and has enough is so no longer."""
    add_subnet(ctx, 0)
    ctx.state.put(MODULE, "StakeThreshold", 600)
    increase_stake(ctx, parent, account("alice"), 0, stake)
    set_hyper(ctx, SubtokenEnabled=True)
    ctx.state.put(MODULE, "PendingChildKeys", NETUID, parent, ([(ALL, CHILD)], ctx.block - 1))
    ctx.state.put(MODULE, "ChildkeyThresholdSuspended", parent, ())
    set_pending_children(ctx, NETUID)
    assert edges(ctx, "ChildKeys", parent) == ([(ALL, CHILD)] if applies else [])
    assert ctx.state.exists(MODULE, "ChildkeyThresholdSuspended", parent) != applies
    assert not ctx.state.exists(MODULE, "PendingChildKeys", NETUID, parent)


def test_children_are_taken_back_whatever_the_stake(ctx: Context, lender: str) -> None:
    set_hyper(ctx, SubtokenEnabled=True)
    ctx.state.put(MODULE, "StakeThreshold", 10**9)
    ctx.state.put(MODULE, "PendingChildKeys", NETUID, lender, ([], ctx.block - 1))
    set_pending_children(ctx, NETUID)
    assert edges(ctx, "ChildKeys", lender) == []
