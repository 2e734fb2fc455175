"""Swapping hotkeys; cases of the public chain's `pallets/subtensor/src/tests/swap_hotkey{,_with_subnet}.rs`."""

from itertools import pairwise
from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, signed, weight
from tao_lab.chain.guard_weights import guards_weight
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.subtensor.baskets import escrow
from tao_lab.chain.pallets.subtensor.block_step import block_step
from tao_lab.chain.pallets.subtensor.stake import increase_stake, stake_of, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import mint_alpha_out
from tao_lab.chain.pallets.subtensor.uids import append_neuron
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_hotkey, add_neuron, add_subnet, do, refused, set_hyper

OLD, NEW, ALICE, BOB = account("old"), account("new"), account("alice"), account("bob")
ALL = 2**64 - 1
DAY = 7_200


@pytest.fixture
def neuron(ctx: Context) -> int:
    """alice's hotkey `old` on subnet 1, with stake of alice and bob, at a height where a swap is allowed."""
    uid = add_neuron(ctx, "old", "alice", stake=600)
    increase_stake(ctx, OLD, BOB, NETUID, 400)
    add_subnet(ctx, 0)
    increase_stake(ctx, OLD, BOB, 0, 50)
    ctx.block = DAY + 1
    ctx.state.put(MODULE, "TotalIssuance", 10**15)
    return uid


def swap(ctx: Context, netuid: int | None, **changes: Any) -> list[dict[str, Any]]:
    args = {"hotkey": OLD, "new_hotkey": NEW, "netuid": netuid, "keep_stake": False, **changes}
    return do(ctx, "alice", "swap_hotkey_v2", **args)


@pytest.mark.parametrize(
    ("netuid", "cost", "event"),
    [(None, TAO // 10, "HotkeySwapped"), (NETUID, TAO // 1_000, "HotkeySwappedOnSubnet")],
)
def test_a_swap_costs_and_says_so(ctx: Context, neuron: int, netuid: int | None, cost: int, event: str) -> None:
    free, issued = balances.free_balance(ctx, ALICE), ctx.state.get("Balances", "TotalIssuance")
    assert event in swap(ctx, netuid)[-1]
    assert balances.free_balance(ctx, ALICE) == free - cost
    assert ctx.state.get("Balances", "TotalIssuance") == issued - cost
    assert ctx.state.get(MODULE, "TotalIssuance") == 10**15 - cost


@pytest.mark.parametrize("netuid", [None, NETUID])
def test_uid_stake_addresses_and_commits_go_to_the_new_hotkey(ctx: Context, neuron: int, netuid: int | None) -> None:
    axon = {
        "block": 1, "version": 2, "ip": 3, "port": 8_080, "ip_type": 4, "protocol": 5, "placeholder1": 6,
        "placeholder2": 7,
    }  # fmt: skip
    ctx.state.put(MODULE, "Axons", NETUID, OLD, axon)
    ctx.state.put(MODULE, "WeightCommits", NETUID, OLD, [("0x" + "11" * 32, 1, 2, 0)])
    ctx.state.put(MODULE, "ChildkeyTake", OLD, NETUID, 1_000)
    swap(ctx, netuid)
    state = ctx.state
    assert state.get(MODULE, "Keys", NETUID, neuron) == NEW
    assert state.get(MODULE, "Uids", NETUID, NEW) == neuron
    assert state.get(MODULE, "Uids", NETUID, OLD) is None
    assert state.get(MODULE, "IsNetworkMember", NEW, NETUID) is True
    assert state.get(MODULE, "IsNetworkMember", OLD, NETUID) is False
    assert state.get(MODULE, "Axons", NETUID, NEW) == axon
    assert state.get(MODULE, "WeightCommits", NETUID, OLD) is None
    assert len(state.get(MODULE, "WeightCommits", NETUID, NEW)) == 1
    assert state.get(MODULE, "ChildkeyTake", NEW, NETUID) == 1_000
    assert stake_of(state, OLD, NETUID) == 0
    assert [stake_of_coldkey(state, NEW, coldkey, NETUID) for coldkey in (ALICE, BOB)] == [600, 400]
    assert NEW in state.get(MODULE, "StakingHotkeys", BOB)


@pytest.mark.parametrize("netuid", [None, NETUID])
def test_who_stakes_automatically_and_what_is_still_to_be_paid_follow(
    ctx: Context, neuron: int, netuid: int | None
) -> None:
    state = ctx.state
    state.put(MODULE, "AutoStakeDestinationColdkeys", OLD, NETUID, [ALICE, BOB])
    for coldkey in (ALICE, BOB):
        state.put(MODULE, "AutoStakeDestination", coldkey, NETUID, OLD)
    state.put(MODULE, "LoadedEmission", NETUID, [(OLD, 1, 2), (BOB, 3, 4)])
    state.put(MODULE, "VotingPower", NETUID, OLD, 70)
    state.put(MODULE, "VotingPower", NETUID, NEW, 5)
    swap(ctx, netuid)
    assert [state.get(MODULE, "AutoStakeDestination", coldkey, NETUID) for coldkey in (ALICE, BOB)] == [NEW, NEW]
    assert state.get(MODULE, "AutoStakeDestinationColdkeys", NEW, NETUID) == [ALICE, BOB]
    assert not state.exists(MODULE, "AutoStakeDestinationColdkeys", OLD, NETUID)
    assert [tuple(entry) for entry in state.get(MODULE, "LoadedEmission", NETUID)] == [(NEW, 1, 2), (BOB, 3, 4)]
    assert [state.get(MODULE, "VotingPower", NETUID, hotkey) for hotkey in (OLD, NEW)] == [0, 75]


def test_on_all_subnets_the_hotkey_itself_changes_hands(ctx: Context, neuron: int) -> None:
    ctx.state.put(MODULE, "Delegates", OLD, 5_000)
    swap(ctx, None)
    state = ctx.state
    assert not state.exists(MODULE, "Owner", OLD)
    assert state.get(MODULE, "Owner", NEW) == ALICE
    assert state.get(MODULE, "OwnedHotkeys", ALICE) == [NEW]
    assert state.get(MODULE, "Delegates", NEW) == 5_000
    assert not state.exists(MODULE, "Delegates", OLD)
    assert state.get(MODULE, "StakingHotkeys", BOB) == [NEW]
    assert stake_of_coldkey(state, NEW, BOB, 0) == 50


def test_on_one_subnet_the_old_hotkey_stays_what_it_is_elsewhere(ctx: Context, neuron: int) -> None:
    swap(ctx, NETUID)
    state = ctx.state
    assert state.get(MODULE, "Owner", OLD) == ALICE == state.get(MODULE, "Owner", NEW)
    assert state.get(MODULE, "OwnedHotkeys", ALICE) == [OLD, NEW]
    assert stake_of_coldkey(state, OLD, BOB, 0) == 50
    assert state.get(MODULE, "StakingHotkeys", BOB) == [OLD, NEW]


@pytest.mark.parametrize("netuid", [None, NETUID])
def test_stake_may_stay_where_it_is(ctx: Context, neuron: int, netuid: int | None) -> None:
    swap(ctx, netuid, keep_stake=True)
    assert [stake_of_coldkey(ctx.state, OLD, coldkey, NETUID) for coldkey in (ALICE, BOB)] == [600, 400]
    assert ctx.state.get(MODULE, "Keys", NETUID, neuron) == NEW


def test_the_older_call_does_the_same(ctx: Context, neuron: int) -> None:
    do(ctx, "alice", "swap_hotkey", hotkey=OLD, new_hotkey=NEW, netuid=None)
    assert ctx.state.get(MODULE, "Keys", NETUID, neuron) == NEW
    assert stake_of(ctx.state, NEW, NETUID) == 1_000


@pytest.mark.parametrize("netuid", [None, NETUID])
def test_parents_children_and_the_owner_s_hotkey_follow(ctx: Context, neuron: int, netuid: int | None) -> None:
    child, parent = account("child"), account("parent")
    for item, hotkey, edge in (
        ("ChildKeys", OLD, (5, child)), ("ParentKeys", child, (5, OLD)),
        ("ParentKeys", OLD, (7, parent)), ("ChildKeys", parent, (7, OLD)),
    ):  # fmt: skip
        ctx.state.put(MODULE, item, hotkey, NETUID, [edge])
    ctx.state.put(MODULE, "PendingChildKeys", NETUID, OLD, ([(1, account("later"))], 9))
    ctx.state.put(MODULE, "PendingChildKeys", NETUID, parent, ([(2, OLD), (3, child)], 9))
    set_hyper(ctx, SubnetOwnerHotkey=OLD)
    swap(ctx, netuid)

    def edges(item: str, hotkey: str) -> list[tuple[int, str]]:
        return [tuple(edge) for edge in ctx.state.get(MODULE, item, hotkey, NETUID)]

    assert edges("ChildKeys", NEW) == [(5, child)]
    assert edges("ParentKeys", child) == [(5, NEW)]
    assert edges("ParentKeys", NEW) == [(7, parent)]
    assert edges("ChildKeys", parent) == [(7, NEW)]
    assert edges("ChildKeys", OLD) == edges("ParentKeys", OLD) == []
    pending = ctx.state.get(MODULE, "PendingChildKeys", NETUID, NEW)
    assert [tuple(edge) for edge in pending[0]] == [(1, account("later"))]
    theirs = ctx.state.get(MODULE, "PendingChildKeys", NETUID, parent)
    assert [tuple(edge) for edge in theirs[0]] == [(3, child), (2, NEW)]
    assert not ctx.state.exists(MODULE, "PendingChildKeys", NETUID, OLD)
    assert ctx.state.get(MODULE, "SubnetOwnerHotkey", NETUID) == NEW


def test_a_hotkey_is_not_swapped_with_its_own_child(ctx: Context, neuron: int) -> None:
    """`test_swap_child_keys_self_loop`."""
    add_hotkey(ctx, "new", "alice")
    ctx.state.put(MODULE, "ChildKeys", OLD, NETUID, [(1, NEW)])
    ctx.state.put(MODULE, "ParentKeys", NEW, NETUID, [(1, OLD)])
    args = {"hotkey": OLD, "new_hotkey": NEW, "netuid": NETUID}
    assert refused(ctx, "alice", "swap_hotkey", **args) == "InvalidChild"


def test_a_basket_follows_a_swap_on_root_and_no_other(ctx: Context, neuron: int) -> None:
    ctx.state.put(MODULE, "BasketRate", OLD, {"bits": 7})
    ctx.state.put(MODULE, "BasketClaimed", OLD, BOB, 30)
    mint_alpha_out(ctx, NETUID, 5_000)
    increase_stake(ctx, OLD, escrow(), NETUID, 5_000)
    ctx.state.put(MODULE, "TxRateLimit", 0)
    swap(ctx, NETUID)
    assert stake_of_coldkey(ctx.state, OLD, escrow(), NETUID) == 5_000
    swap(ctx, 0)
    assert ctx.state.get(MODULE, "BasketRate", NEW) == {"bits": 7}
    assert ctx.state.get(MODULE, "BasketClaimed", NEW, BOB) == 30
    assert stake_of_coldkey(ctx.state, NEW, escrow(), NETUID) == 5_000
    assert not ctx.state.exists(MODULE, "BasketRate", OLD)


@pytest.mark.parametrize(
    ("who", "changes", "error"),
    [
        ("bob", {}, "NonAssociatedColdKey"),
        ("alice", {"hotkey": account("nobody")}, "NonAssociatedColdKey"),
        ("alice", {"netuid": 9}, "SubnetNotExists"),
        ("alice", {"new_hotkey": OLD}, "NewHotKeyIsSameWithOld"),
        ("alice", {"new_hotkey": account("theirs")}, "NonAssociatedColdKey"),
        ("alice", {"new_hotkey": account("member")}, "HotKeyAlreadyRegisteredInSubNet"),
        ("alice", {"new_hotkey": account("member"), "netuid": None}, "HotKeyAlreadyRegisteredInSubNet"),
        ("alice", {"new_hotkey": account("rooted"), "netuid": None}, "NewHotKeyNotCleanForRootSwap"),
    ],
)
def test_swaps_have_guards(ctx: Context, neuron: int, who: str, changes: dict[str, Any], error: str) -> None:
    add_hotkey(ctx, "theirs", "bob")
    add_neuron(ctx, "member", "alice")
    increase_stake(ctx, account("rooted"), BOB, 0, 1)
    args = {"hotkey": OLD, "new_hotkey": NEW, "netuid": NETUID, **changes}
    assert refused(ctx, who, "swap_hotkey", **args) == error


def test_a_subnet_s_own_account_is_nobody_s_hotkey(ctx: Context, neuron: int) -> None:
    system_account = ctx.runtime.core.decode("AccountId", b"modlsubtensr" + bytes([1]) + bytes(19), True)
    for netuid in (None, NETUID):
        args = {"hotkey": OLD, "new_hotkey": system_account, "netuid": netuid}
        assert refused(ctx, "alice", "swap_hotkey", **args) == "CannotUseSystemAccount"


@pytest.mark.parametrize(
    ("netuid", "reads", "writes"),
    [  # added up by hand from the `saturating_accrue`s of swap_hotkey.rs at spec 475: one UID, no other records
        # checks, takes; interval, membership, price, payment, owner, keys, locks; membership, UID, relations; record
        (NETUID, 5 + 2 + 3 + 1 + 1 + 1 + 1 + 1 + 5 + 1 + 1 + 4 + 1, 2 + 1 + 1 + 1 + 2 + 3 + 3 + 4),
        # checks, takes, subnets, waits, price, locks, keys; root (with an owner's hotkey), subnet 1; hotkey; record
        (None, 6 + 2 + 5 + 2 + 3 + 10 + 2 + 6 + 6 + 3 + 1, 2 + 2 + 2 + 5 + 8 + 6 + 4),
    ],
)
def test_a_swap_without_stake_pays_for_what_it_touches(
    ctx: Context, netuid: int | None, reads: int, writes: int
) -> None:
    add_neuron(ctx, "old", "alice", stake=600)
    ctx.block = DAY + 1
    ctx.state.put(MODULE, "TotalIssuance", 10**15)
    args = {"hotkey": OLD, "new_hotkey": NEW, "netuid": netuid, "keep_stake": True}
    post = ctx.dispatch(signed(ALICE), Call(MODULE, "swap_hotkey_v2", args))
    assert post.weight == weight(0, reads, writes)


@pytest.mark.parametrize("netuid", [None, NETUID])
def test_a_swap_that_moves_stake_pays_for_all_that_it_was_declared_with(
    ctx: Context, neuron: int, netuid: int | None
) -> None:
    """`do_swap_hotkey` of spec 475 reports no weight then."""
    args = {"hotkey": OLD, "new_hotkey": NEW, "netuid": netuid, "keep_stake": False}
    assert ctx.dispatch(signed(ALICE), Call(MODULE, "swap_hotkey_v2", args)).weight is None


def test_the_newer_call_is_declared_lighter_where_stake_stays_on_one_subnet(ctx: Context) -> None:
    """`swap_hotkey_v2_dispatch_weight` of spec 475."""
    args = {"hotkey": OLD, "new_hotkey": NEW}
    declared = [
        Call(MODULE, "swap_hotkey_v2", {**args, "netuid": netuid, "keep_stake": keep}).registered.weight_of(
            {"netuid": netuid, "keep_stake": keep}
        )
        for netuid, keep in ((NETUID, True), (NETUID, False), (None, True))
    ]
    heavy = Call(MODULE, "swap_hotkey", {**args, "netuid": None}).registered.weight_of({})
    assert declared == [weight(275_300_000, 53, 39) + guards_weight(MODULE, "swap_hotkey_v2"), heavy, heavy]


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({"new_hotkey": OLD}, 20),
        ({"netuid": 9}, 20),
        ({"netuid": None, "new_hotkey": OLD}, None),  # the checks for all subnets have no limit: all is paid
    ],
)
def test_a_swap_that_is_refused_beforehand_pays_for_the_looking(
    ctx: Context, neuron: int, changes: dict[str, Any], reads: int | None
) -> None:
    """`swap_hotkey_precheck_weight` of spec 475."""
    args = {"hotkey": OLD, "new_hotkey": NEW, "netuid": NETUID, **changes}
    refusal = ctx.try_dispatch(signed(ALICE), Call(MODULE, "swap_hotkey", args)).error
    assert refusal is not None
    assert refusal.weight == (None if reads is None else weight(0, reads))


def test_one_that_is_refused_for_its_stake_pays_for_looking_at_the_stakes_too(ctx: Context, neuron: int) -> None:
    """Four reads of checks, three stakes, one wait; and the twenty."""
    ctx.state.put(MODULE, "StakeMoveCooldownUntil", NETUID, OLD, ctx.block + 1)
    args = {"hotkey": OLD, "new_hotkey": NEW, "netuid": NETUID}
    refusal = ctx.try_dispatch(signed(ALICE), Call(MODULE, "swap_hotkey", args)).error
    assert refusal is not None
    assert (refusal.name, refusal.weight) == ("HotKeySwapOnSubnetIntervalNotPassed", weight(0, 20 + 4 + 3 + 1))


@pytest.mark.parametrize(
    ("netuid", "left", "error"),
    [  # `do_swap_hotkey` looks at all that may leave the account, `recycle_tao` at what may leave it alive
        (None, TAO // 10 - 1, "NotEnoughBalanceToPaySwapHotKey"),
        (None, TAO // 10, "InsufficientTaoBalance"),
        (None, TAO // 10 + 499, "InsufficientTaoBalance"),
        (NETUID, TAO // 1_000 - 1, "NotEnoughBalanceToPaySwapHotKey"),
        (NETUID, TAO // 1_000, "InsufficientTaoBalance"),
    ],
)
@pytest.mark.parametrize("name", ["swap_hotkey", "swap_hotkey_v2"])
def test_a_swap_must_be_paid(ctx: Context, neuron: int, name: str, netuid: int | None, left: int, error: str) -> None:
    balances.withdraw(ctx, ALICE, balances.free_balance(ctx, ALICE) - left)
    args = {"hotkey": OLD, "new_hotkey": NEW, "netuid": netuid}
    keep = {"keep_stake": False} if name == "swap_hotkey_v2" else {}
    assert refused(ctx, "alice", name, **args, **keep) == error


def test_swaps_are_a_day_apart_on_each_subnet(ctx: Context, neuron: int) -> None:
    swap(ctx, NETUID)
    ctx.block += DAY
    for netuid in (None, NETUID):
        args = {"hotkey": NEW, "new_hotkey": account("newer"), "netuid": netuid}
        assert refused(ctx, "alice", "swap_hotkey", **args) == "HotKeySwapOnSubnetIntervalNotPassed"
    ctx.block += 1
    do(ctx, "alice", "swap_hotkey", hotkey=NEW, new_hotkey=OLD, netuid=NETUID)
    assert ctx.state.get(MODULE, "Keys", NETUID, neuron) == OLD
    assert [stake_of_coldkey(ctx.state, OLD, coldkey, NETUID) for coldkey in (ALICE, BOB)] == [600, 400]


def test_the_first_swap_on_a_subnet_need_not_wait(ctx: Context, neuron: int) -> None:
    """Only a swap that is recorded makes the next one wait, however young the chain (spec 475)."""
    ctx.block = 12
    swap(ctx, NETUID, keep_stake=True)
    assert ctx.state.get(MODULE, "Keys", NETUID, neuron) == NEW


def test_a_neuron_s_names_are_remembered_from_the_first_to_the_last(ctx: Context, neuron: int) -> None:
    """`record_hotkey_swap_lineage`, and `clear_stale_hotkey_successor` when a name registers again."""
    names = [OLD, NEW, account("newer"), OLD]
    for before, after in pairwise(names):
        swap(ctx, NETUID, hotkey=before, new_hotkey=after, keep_stake=True)
        ctx.block += DAY + 1
    successors = [ctx.state.get(MODULE, "HotkeySuccessor", NETUID, name) for name in names[:3]]
    assert successors == [None, names[2], OLD]  # a circle is broken at its newest name
    assert {ctx.state.get(MODULE, "HotkeyRoot", NETUID, name) for name in names} == {OLD}
    append_neuron(ctx, NETUID, NEW)
    assert ctx.state.get(MODULE, "HotkeySuccessor", NETUID, NEW) is None


def test_stake_that_stays_on_all_subnets_keeps_its_hotkey_and_its_owner(ctx: Context, neuron: int) -> None:
    swap(ctx, None, keep_stake=True)
    assert [ctx.state.get(MODULE, "Owner", hotkey) for hotkey in (OLD, NEW)] == [ALICE, ALICE]
    assert ctx.state.get(MODULE, "OwnedHotkeys", ALICE) == [OLD, NEW]


def test_records_of_swaps_are_forgotten(ctx: Context, neuron: int) -> None:
    """`test_swap_owner_check_swap_record_clean_up`."""
    swap(ctx, NETUID)
    ctx.block = 2 * DAY + NETUID  # the subnet's turn, exactly a day later: not yet older than that
    block_step(ctx)
    assert ctx.state.exists(MODULE, "LastHotkeySwapOnNetuid", NETUID, ALICE)
    ctx.block += DAY
    block_step(ctx)
    assert not ctx.state.exists(MODULE, "LastHotkeySwapOnNetuid", NETUID, ALICE)


@pytest.mark.parametrize("netuid", [None, NETUID])
def test_stake_that_a_swap_has_moved_stays_for_a_day(ctx: Context, neuron: int, netuid: int | None) -> None:
    """Spec 473: 7,200 blocks, by the hotkey that has got the stake, so that a new coldkey does not end them."""
    swap(ctx, netuid)
    until = ctx.block + DAY
    waits = {where: ctx.state.get(MODULE, "StakeMoveCooldownUntil", where, NEW) for where in (0, NETUID)}
    assert waits == {0: until if netuid is None else 0, NETUID: until}
    for where in (0, NETUID):
        ctx.state.remove(MODULE, "LastHotkeySwapOnNetuid", where, ALICE)
    ctx.block = until - 1
    back = {"hotkey": NEW, "new_hotkey": account("newer"), "netuid": NETUID}
    assert refused(ctx, "alice", "swap_hotkey", **back) == "HotKeySwapOnSubnetIntervalNotPassed"
    ctx.block = until
    do(ctx, "alice", "swap_hotkey", **back)
    assert ctx.state.get(MODULE, "StakeMoveCooldownUntil", NETUID, account("newer")) == until + DAY


def test_without_its_stake_a_hotkey_may_go_on_at_once(ctx: Context, neuron: int) -> None:
    swap(ctx, NETUID, keep_stake=True)
    assert ctx.state.entries(MODULE, "StakeMoveCooldownUntil", NETUID) == []
    ctx.state.put(MODULE, "StakeMoveCooldownUntil", NETUID, NEW, ctx.block + DAY)
    ctx.state.remove(MODULE, "LastHotkeySwapOnNetuid", NETUID, ALICE)
    swap(ctx, NETUID, hotkey=NEW, new_hotkey=account("newer"), keep_stake=True)  # no stake moves, so none waits
    assert ctx.state.get(MODULE, "Keys", NETUID, neuron) == account("newer")


def test_waits_of_moved_stake_are_forgotten_when_they_are_over(ctx: Context, neuron: int) -> None:
    for hotkey, until in ((OLD, 2 * DAY + NETUID), (NEW, 2 * DAY + NETUID + 1)):
        ctx.state.put(MODULE, "StakeMoveCooldownUntil", NETUID, hotkey, until)
    ctx.block = 2 * DAY + NETUID
    block_step(ctx)
    assert [hotkey for hotkey, _ in ctx.state.entries(MODULE, "StakeMoveCooldownUntil", NETUID)] == [NEW]
