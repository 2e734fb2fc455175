"""Locks of stake; cases of the public chain's `pallets/subtensor/src/tests/locks.rs`."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import RUNTIME_APIS, Query, Tally
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.conviction import (
    change_subnet_owner_if_needed,
    convictions,
    hotkey_conviction,
    subnet_king,
)
from tao_lab.chain.pallets.subtensor.lock_swaps import swap_coldkey_locks, swap_hotkey_locks
from tao_lab.chain.pallets.subtensor.locks import (
    auto_lock_owner_cut,
    decoded,
    encodable,
    force_reduce_lock,
    lock_of,
    locked_mass,
    set_accept_locked_alpha,
    total_stake,
)
from tao_lab.chain.pallets.subtensor.run_coinbase import run_coinbase
from tao_lab.chain.pallets.subtensor.stake import increase_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.staking import clear_small_nomination
from tao_lab.economy.conviction import BLOCKS_PER_YEAR, LockState, Rates, roll_forward
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_hotkey, do, end_of_block, refused, set_hyper
from tests.chain.subtensor.pools import market

ONE = 1 << 64
MASS = TAO
ALICE, BOB, CAROL = account("alice"), account("bob"), account("carol")
MINER, HELPER, OWNER_HOTKEY = account("miner"), account("helper"), account("owner-hot")
RATES = Rates(934_866, 934_866)


@pytest.fixture
def ctx(ctx: Context) -> Context:
    """`miner` is alice's and `helper` bob's; both have stake on `miner`; dave owns subnet 1."""
    market(ctx)
    add_hotkey(ctx, "owner-hot", "dave")
    set_hyper(ctx, SubnetOwner=account("dave"), SubnetOwnerHotkey=OWNER_HOTKEY)
    for who in ("alice", "bob"):
        do(ctx, who, "add_stake", hotkey=MINER, netuid=NETUID, amount_staked=10 * TAO)
    return ctx


def lock(ctx: Context, who: str = "alice", hotkey: str = MINER, amount: int = MASS) -> list[dict[str, Any]]:
    return do(ctx, who, "lock_stake", hotkey=hotkey, netuid=NETUID, amount=amount)


def stored(ctx: Context, item: str, *keys: Any) -> LockState | None:
    value = ctx.state.get(MODULE, item, *keys)
    return None if value is None else decoded(value)


def total_of(ctx: Context, who: str = ALICE) -> int:
    return total_stake(ctx.state, who, NETUID)


def put(ctx: Context, item: str, *keys: Any, mass: int, conviction: int) -> None:
    value = encodable(LockState(mass, conviction * ONE, ctx.block))
    ctx.state.put(MODULE, item, *keys, value)


# --- locking ---


def test_a_new_lock_decays_and_counts_for_its_hotkey(ctx: Context) -> None:
    event = {"coldkey": ALICE, "hotkey": MINER, "netuid": NETUID, "amount": MASS}
    assert lock(ctx) == [{"StakeLocked": event}]
    fresh = LockState(MASS, 0, ctx.block)
    assert stored(ctx, "Lock", ALICE, NETUID, MINER) == stored(ctx, "DecayingHotkeyLock", NETUID, MINER) == fresh
    assert stored(ctx, "HotkeyLock", NETUID, MINER) is None
    assert ctx.state.exists(MODULE, "LockingColdkeys", NETUID, MINER, ALICE)


def test_a_perpetual_lock_counts_elsewhere(ctx: Context) -> None:
    event = {"coldkey": ALICE, "netuid": NETUID, "enabled": True}
    assert do(ctx, "alice", "set_perpetual_lock", netuid=NETUID, enabled=True) == [{"PerpetualLockUpdated": event}]
    lock(ctx)
    assert stored(ctx, "HotkeyLock", NETUID, MINER) == LockState(MASS, 0, ctx.block)
    assert stored(ctx, "DecayingHotkeyLock", NETUID, MINER) is None
    ctx.block += 1_000
    assert locked_mass(ctx.state, ALICE, NETUID, ctx.block) == MASS


def test_a_lock_to_the_owner_s_hotkey_convinces_at_once(ctx: Context) -> None:
    lock(ctx, hotkey=OWNER_HOTKEY)
    assert stored(ctx, "DecayingOwnerLock", NETUID) == LockState(MASS, MASS * ONE, ctx.block)
    assert stored(ctx, "DecayingHotkeyLock", NETUID, OWNER_HOTKEY) is None
    ctx.block += 1_000
    left = locked_mass(ctx.state, ALICE, NETUID, ctx.block)
    assert left < MASS
    assert hotkey_conviction(ctx.state, NETUID, OWNER_HOTKEY, ctx.block) == left * ONE


def test_more_is_added_to_what_is_left(ctx: Context) -> None:
    lock(ctx)
    start, ctx.block = ctx.block, ctx.block + 100
    lock(ctx, amount=5 * MASS)
    left = roll_forward(LockState(MASS, 0, start), ctx.block, RATES, owner=False, perpetual=False)
    expected = left._replace(locked_mass=left.locked_mass + 5 * MASS)
    assert stored(ctx, "Lock", ALICE, NETUID, MINER) == expected
    total = stored(ctx, "DecayingHotkeyLock", NETUID, MINER)
    assert total is not None
    assert total.locked_mass == expected.locked_mass


@pytest.mark.parametrize(
    ("args", "name"),
    [
        ({"amount": 0}, "AmountTooLow"),
        ({"hotkey": CAROL}, "HotKeyAccountNotExists"),
        ({"hotkey": HELPER}, "LockHotkeyMismatch"),
        ({"amount": 10**15}, "InsufficientStakeForLock"),
        ({"amount": (1 << 64) - 1}, "InsufficientStakeForLock"),
        ({"netuid": 2}, "InsufficientStakeForLock"),
    ],
)
def test_a_lock_is_refused(ctx: Context, args: dict[str, Any], name: str) -> None:
    lock(ctx)
    assert refused(ctx, "alice", "lock_stake", **{"hotkey": MINER, "netuid": NETUID, "amount": 1, **args}) == name


def test_everything_can_be_locked_once(ctx: Context) -> None:
    lock(ctx, amount=total_of(ctx))
    assert refused(ctx, "alice", "lock_stake", hotkey=MINER, netuid=NETUID, amount=1) == "InsufficientStakeForLock"


@pytest.mark.parametrize("enabled", [True, False])
def test_switching_a_lock_moves_it_between_the_sums(ctx: Context, enabled: bool) -> None:
    if not enabled:
        do(ctx, "alice", "set_perpetual_lock", netuid=NETUID, enabled=True)
    lock(ctx)
    ctx.block += 500
    do(ctx, "alice", "set_perpetual_lock", netuid=NETUID, enabled=enabled)
    own = stored(ctx, "Lock", ALICE, NETUID, MINER)
    assert own is not None
    assert own.last_update == ctx.block
    items = ("HotkeyLock", "DecayingHotkeyLock") if enabled else ("DecayingHotkeyLock", "HotkeyLock")
    assert stored(ctx, items[0], NETUID, MINER) == own
    there = stored(ctx, items[1], NETUID, MINER)  # of the sum, what it matured alone may be left
    assert there is None or there.locked_mass == 0


# --- moving a lock ---


@pytest.mark.parametrize("same_owner", [True, False])
def test_a_moved_lock_keeps_its_conviction_between_hotkeys_of_one_owner(ctx: Context, same_owner: bool) -> None:
    destination = account("second") if same_owner else HELPER
    if same_owner:
        add_hotkey(ctx, "second", "alice")
    do(ctx, "alice", "set_perpetual_lock", netuid=NETUID, enabled=True)
    lock(ctx)
    ctx.block += 10_000
    before = lock_of(ctx.state, ALICE, NETUID, ctx.block)
    assert before is not None
    assert before[1].conviction
    event = {"coldkey": ALICE, "origin_hotkey": MINER, "destination_hotkey": destination, "netuid": NETUID}
    done = do(ctx, "alice", "move_lock", destination_hotkey=destination, netuid=NETUID)
    assert done == [{"LockMoved": event}]
    expected = before[1] if same_owner else before[1]._replace(conviction=0)
    assert lock_of(ctx.state, ALICE, NETUID, ctx.block) == (destination, expected)
    assert stored(ctx, "HotkeyLock", NETUID, destination) == expected
    assert stored(ctx, "HotkeyLock", NETUID, MINER) is None
    assert not ctx.state.exists(MODULE, "LockingColdkeys", NETUID, MINER, ALICE)
    assert ctx.state.exists(MODULE, "LockingColdkeys", NETUID, destination, ALICE)


def test_a_lock_moved_to_the_owner_s_hotkey_convinces_at_once(ctx: Context) -> None:
    lock(ctx)
    do(ctx, "alice", "move_lock", destination_hotkey=OWNER_HOTKEY, netuid=NETUID)
    assert stored(ctx, "DecayingOwnerLock", NETUID) == LockState(MASS, MASS * ONE, ctx.block)


def test_what_cannot_be_moved(ctx: Context) -> None:
    assert refused(ctx, "alice", "move_lock", destination_hotkey=HELPER, netuid=NETUID) == "NoExistingLock"
    lock(ctx)
    assert refused(ctx, "alice", "move_lock", destination_hotkey=CAROL, netuid=NETUID) == "HotKeyAccountNotExists"


# --- stake that is locked ---


def remove(amount: int) -> dict[str, Any]:
    return {"hotkey": MINER, "netuid": NETUID, "amount_unstaked": amount}


def test_what_is_not_locked_may_leave(ctx: Context) -> None:
    total = total_of(ctx)
    lock(ctx, amount=total // 2)
    assert refused(ctx, "alice", "remove_stake", **remove(total - total // 2 + 1)) == "StakeUnavailable"
    do(ctx, "alice", "remove_stake", **remove(total - total // 2))
    assert total_of(ctx) == total // 2
    assert total_of(ctx, BOB)
    assert locked_mass(ctx.state, BOB, NETUID, ctx.block) == 0


def test_locked_stake_does_not_leave_in_any_other_way(ctx: Context) -> None:
    add_hotkey(ctx, "second", "alice")
    lock(ctx, amount=total_of(ctx))
    amount = 5 * TAO
    for name in ("recycle_alpha", "burn_alpha"):
        assert refused(ctx, "alice", name, hotkey=MINER, amount=amount, netuid=NETUID) == "StakeUnavailable"
    across = {"origin_netuid": NETUID, "destination_netuid": 2, "alpha_amount": amount}
    keys = {"origin_hotkey": MINER, "destination_hotkey": account("second")}
    assert refused(ctx, "alice", "swap_stake", hotkey=MINER, **across) == "StakeUnavailable"
    assert refused(ctx, "alice", "move_stake", **keys, **across) == "StakeUnavailable"
    to_bob = {"destination_coldkey": BOB, "hotkey": MINER}
    assert refused(ctx, "alice", "transfer_stake", **to_bob, **across) == "StakeUnavailable"
    do(ctx, "alice", "unstake_all", hotkey=MINER)  # takes what may be taken, which is nothing
    assert total_of(ctx) == locked_mass(ctx.state, ALICE, NETUID, ctx.block)
    within = {**across, "destination_netuid": NETUID}
    do(ctx, "alice", "move_stake", **keys, **within)  # within the subnet it stays locked
    assert stake_of_coldkey(ctx.state, account("second"), ALICE, NETUID) == amount


def test_unstaking_stores_the_lock_as_it_is_by_then(ctx: Context) -> None:
    lock(ctx)
    start, ctx.block = ctx.block, ctx.block + 100
    expected = roll_forward(LockState(MASS, 0, start), ctx.block, RATES, owner=False, perpetual=False)
    do(ctx, "alice", "remove_stake", **remove(MASS))
    assert stored(ctx, "Lock", ALICE, NETUID, MINER) == expected
    total = stored(ctx, "DecayingHotkeyLock", NETUID, MINER)
    assert total is not None
    assert total[::2] == expected[::2]


def test_a_lock_that_has_become_dust_is_taken_out_of_the_sum(ctx: Context) -> None:
    lock(ctx, amount=MASS)
    lock(ctx, "bob", amount=100)
    ctx.block += 100
    do(ctx, "alice", "remove_stake", **remove(MASS))
    own = stored(ctx, "Lock", ALICE, NETUID, MINER)
    total = stored(ctx, "DecayingHotkeyLock", NETUID, MINER)
    assert own is not None
    assert total is not None
    assert total.locked_mass == own.locked_mass + 100
    do(ctx, "bob", "remove_stake", **remove(MASS))
    assert stored(ctx, "Lock", BOB, NETUID, MINER) is None
    total = stored(ctx, "DecayingHotkeyLock", NETUID, MINER)
    assert total is not None
    assert total.locked_mass == own.locked_mass


def test_a_lost_nomination_is_taken_out_of_the_lock(ctx: Context) -> None:
    lock(ctx, "bob", amount=total_of(ctx, BOB))
    before = total_of(ctx, BOB)
    ctx.state.put(MODULE, "NominatorMinRequiredStake", 10**12)
    clear_small_nomination(ctx, MINER, BOB, NETUID)
    assert total_of(ctx, BOB) == 0 < before
    assert stored(ctx, "Lock", BOB, NETUID, MINER) is None
    assert stored(ctx, "DecayingHotkeyLock", NETUID, MINER) is None


def test_reducing_one_lock_leaves_the_other_in_the_sum(ctx: Context) -> None:
    for who in ("alice", "bob"):
        do(ctx, who, "set_perpetual_lock", netuid=NETUID, enabled=True)
        lock(ctx, who, amount=1_000)
    force_reduce_lock(ctx, ALICE, NETUID, 2_000)
    assert stored(ctx, "Lock", ALICE, NETUID, MINER) is None
    assert stored(ctx, "HotkeyLock", NETUID, MINER) == LockState(1_000, 0, ctx.block)
    force_reduce_lock(ctx, CAROL, NETUID, 5)  # who has no lock


# --- locked stake to others ---


def transfer(alpha: int) -> dict[str, Any]:
    same = {"origin_netuid": NETUID, "destination_netuid": NETUID}
    return {"destination_coldkey": CAROL, "hotkey": MINER, **same, "alpha_amount": alpha}


def test_the_lock_follows_stake_to_who_takes_it(ctx: Context) -> None:
    total = total_of(ctx)
    for who in ("alice", "carol"):
        do(ctx, who, "set_perpetual_lock", netuid=NETUID, enabled=True)
    lock(ctx, amount=total // 2)
    ctx.block += 1_000
    assert refused(ctx, "alice", "transfer_stake", **transfer(total)) == "AccountRejectsLockedAlpha"
    assert do(ctx, "carol", "set_reject_locked_alpha", enabled=False) == [
        {"RejectLockedAlphaUpdated": {"coldkey": CAROL, "enabled": False}}
    ]
    before = lock_of(ctx.state, ALICE, NETUID, ctx.block)
    do(ctx, "alice", "transfer_stake", **transfer(total))
    assert stored(ctx, "Lock", ALICE, NETUID, MINER) is None
    after = stored(ctx, "Lock", CAROL, NETUID, MINER)
    assert before is not None
    assert after is not None
    assert after == before[1]
    assert stored(ctx, "HotkeyLock", NETUID, MINER) == after
    assert total_of(ctx, CAROL) == total


def test_a_part_of_the_lock_goes_with_a_part_of_the_stake(ctx: Context) -> None:
    total = total_of(ctx)
    set_accept_locked_alpha(ctx, CAROL, accepts=True)
    do(ctx, "alice", "set_perpetual_lock", netuid=NETUID, enabled=True)
    lock(ctx, amount=total)
    ctx.block += 1_000
    before = lock_of(ctx.state, ALICE, NETUID, ctx.block)
    do(ctx, "alice", "transfer_stake", **transfer(total // 4))
    left, gone = stored(ctx, "Lock", ALICE, NETUID, MINER), stored(ctx, "Lock", CAROL, NETUID, MINER)
    assert before is not None
    assert left is not None
    assert gone is not None
    assert (left.locked_mass, gone.locked_mass) == (total - total // 4, total // 4)
    assert left.conviction + gone.conviction == before[1].conviction
    assert abs(gone.conviction * 4 - before[1].conviction) < ONE
    assert stored(ctx, "DecayingHotkeyLock", NETUID, MINER) == gone  # carol's decays


@pytest.mark.parametrize("owner", ["alice", "bob"])
def test_the_lock_follows_stake_to_another_hotkey(ctx: Context, owner: str) -> None:
    """Source of spec 475: `lock/lock_transfer.rs` (`transfer_lock`); to another owner's hotkey without conviction."""
    total, hotkey = total_of(ctx), account(f"new of {owner}")
    add_hotkey(ctx, f"new of {owner}", owner)
    set_accept_locked_alpha(ctx, CAROL, accepts=True)
    for who in ("alice", "carol"):
        do(ctx, who, "set_perpetual_lock", netuid=NETUID, enabled=True)
    lock(ctx, amount=total)
    ctx.block += 1_000
    before = lock_of(ctx.state, ALICE, NETUID, ctx.block)
    keys = {"destination_coldkey": CAROL, "origin_hotkey": MINER, "destination_hotkey": hotkey}
    same = {"origin_netuid": NETUID, "destination_netuid": NETUID}
    do(ctx, "alice", "transfer_stake_and_hotkey", **keys, **same, alpha_amount=total)
    assert stored(ctx, "Lock", ALICE, NETUID, MINER) is None
    after = stored(ctx, "Lock", CAROL, NETUID, hotkey)
    assert before is not None
    assert before[1].conviction > 0
    assert after == (before[1] if owner == "alice" else before[1]._replace(conviction=0))
    assert stored(ctx, "HotkeyLock", NETUID, hotkey) == after
    assert stored(ctx, "HotkeyLock", NETUID, MINER) in (None, LockState(0, 0, ctx.block))


def test_free_stake_goes_without_a_lock(ctx: Context) -> None:
    total = total_of(ctx)
    lock(ctx, amount=total // 2)
    do(ctx, "alice", "transfer_stake", **transfer(total // 4))
    assert stored(ctx, "Lock", CAROL, NETUID, MINER) is None
    assert locked_mass(ctx.state, ALICE, NETUID, ctx.block) == total // 2


def test_locked_stake_does_not_go_to_who_has_locked_to_another(ctx: Context) -> None:
    set_accept_locked_alpha(ctx, CAROL, accepts=True)
    increase_stake(ctx, HELPER, CAROL, NETUID, TAO)
    lock(ctx, "carol", hotkey=HELPER, amount=TAO)
    lock(ctx, amount=total_of(ctx))
    assert refused(ctx, "alice", "transfer_stake", **transfer(TAO)) == "LockHotkeyMismatch"


def test_flags_are_forgotten_when_nothing_is_set(ctx: Context) -> None:
    do(ctx, "carol", "set_reject_locked_alpha", enabled=False)
    assert ctx.state.get(MODULE, "AccountFlags", CAROL) == 1
    do(ctx, "carol", "set_reject_locked_alpha", enabled=True)
    assert not ctx.state.exists(MODULE, "AccountFlags", CAROL)


# --- swaps of keys ---


def swap_hotkey(ctx: Context, netuid: int | None, who: str = "alice", old: str = MINER) -> None:
    ctx.block += 100_000
    do(ctx, who, "swap_hotkey", hotkey=old, new_hotkey=account("new"), netuid=netuid)


@pytest.mark.parametrize("netuid", [None, NETUID])
def test_a_swapped_hotkey_keeps_what_is_locked_to_it(ctx: Context, netuid: int | None) -> None:
    lock(ctx)
    lock(ctx, "bob", amount=2 * MASS)
    do(ctx, "bob", "set_perpetual_lock", netuid=NETUID, enabled=True)
    before = ctx.block
    swap_hotkey(ctx, netuid)
    new = account("new")
    mine, theirs = stored(ctx, "Lock", ALICE, NETUID, new), stored(ctx, "Lock", BOB, NETUID, new)
    fresh = LockState(MASS, 0, before)
    assert mine == roll_forward(fresh, ctx.block, RATES, owner=False, perpetual=False)
    assert theirs == roll_forward(fresh._replace(locked_mass=2 * MASS), ctx.block, RATES, owner=False, perpetual=True)
    assert stored(ctx, "DecayingHotkeyLock", NETUID, new) == mine
    assert stored(ctx, "HotkeyLock", NETUID, new) == theirs
    for item in ("Lock", "LockingColdkeys", "HotkeyLock", "DecayingHotkeyLock"):
        assert not [keys for keys, _ in ctx.state.entries(MODULE, item) if MINER in str(keys)], item
    assert ctx.state.exists(MODULE, "LockingColdkeys", NETUID, new, ALICE)


def test_a_swap_on_one_subnet_leaves_the_locks_on_others(ctx: Context) -> None:
    lock(ctx)
    swap_hotkey(ctx, 2)
    assert stored(ctx, "Lock", ALICE, NETUID, MINER) == LockState(MASS, 0, ctx.block - 100_000)


def test_the_owner_s_swapped_hotkey_keeps_the_owner_s_sum(ctx: Context) -> None:
    put(ctx, "Lock", CAROL, NETUID, OWNER_HOTKEY, mass=500, conviction=500)
    ctx.state.put(MODULE, "LockingColdkeys", NETUID, OWNER_HOTKEY, CAROL, ())
    put(ctx, "OwnerLock", NETUID, mass=500, conviction=500)
    new = account("new")
    swap_hotkey_locks(ctx, OWNER_HOTKEY, new, [NETUID], Tally())
    assert stored(ctx, "Lock", CAROL, NETUID, OWNER_HOTKEY) is None
    assert stored(ctx, "Lock", CAROL, NETUID, new) == stored(ctx, "OwnerLock", NETUID)
    assert stored(ctx, "HotkeyLock", NETUID, new) is stored(ctx, "DecayingHotkeyLock", NETUID, new) is None
    assert not ctx.state.exists(MODULE, "LockingColdkeys", NETUID, OWNER_HOTKEY, CAROL)
    assert ctx.state.exists(MODULE, "LockingColdkeys", NETUID, new, CAROL)


def test_a_swapped_coldkey_keeps_its_locks(ctx: Context) -> None:
    do(ctx, "alice", "set_perpetual_lock", netuid=NETUID, enabled=True)
    lock(ctx)
    ctx.block += 1_000
    before, total = lock_of(ctx.state, ALICE, NETUID, ctx.block), total_of(ctx)
    do(ctx, "root", "swap_coldkey", old_coldkey=ALICE, new_coldkey=CAROL, swap_cost=0)
    assert lock_of(ctx.state, CAROL, NETUID, ctx.block) == before
    assert lock_of(ctx.state, ALICE, NETUID, ctx.block) is None
    assert before is not None
    assert stored(ctx, "HotkeyLock", NETUID, MINER) == before[1]
    assert ctx.state.get(MODULE, "DecayingLock", CAROL, NETUID) is False
    assert not ctx.state.exists(MODULE, "DecayingLock", ALICE, NETUID)
    assert not ctx.state.exists(MODULE, "AccountFlags", CAROL)  # alice's choice, not that of the swap
    assert refused(ctx, "carol", "remove_stake", **remove(total)) == "StakeUnavailable"


def test_a_coldkey_with_locks_does_not_get_those_of_another(ctx: Context) -> None:
    lock(ctx)
    increase_stake(ctx, MINER, CAROL, NETUID, TAO)
    lock(ctx, "carol")
    with pytest.raises(DispatchError, match="ActiveLockExists"):
        swap_coldkey_locks(ctx, ALICE, CAROL)
    force_reduce_lock(ctx, CAROL, NETUID, TAO)
    with pytest.raises(DispatchError, match="AccountRejectsLockedAlpha"):
        swap_coldkey_locks(ctx, ALICE, CAROL)


# --- conviction ---


def test_conviction_is_what_all_have_locked_to_a_hotkey(ctx: Context) -> None:
    do(ctx, "bob", "set_perpetual_lock", netuid=NETUID, enabled=True)
    lock(ctx)
    lock(ctx, "bob")
    ctx.block += 1_000
    locks = [lock_of(ctx.state, who, NETUID, ctx.block) for who in (ALICE, BOB)]
    expected = sum(found[1].conviction for found in locks if found)
    assert hotkey_conviction(ctx.state, NETUID, MINER, ctx.block) == expected > 0
    assert convictions(ctx.state, NETUID, ctx.block) == {MINER: expected}


def test_the_king_has_most_conviction(ctx: Context) -> None:
    assert subnet_king(ctx.state, NETUID, ctx.block) is None
    lock(ctx, amount=5 * TAO)
    lock(ctx, "bob", hotkey=HELPER, amount=6 * TAO)
    ctx.block += 1_000
    assert subnet_king(ctx.state, NETUID, ctx.block) == HELPER
    put(ctx, "OwnerLock", NETUID, mass=TAO, conviction=TAO)
    assert subnet_king(ctx.state, NETUID, ctx.block) == OWNER_HOTKEY


@pytest.fixture
def old(ctx: Context) -> Context:
    """A subnet of a year with 10,000 rao of alpha; 1,801 are locked to bob's hotkey with full conviction."""
    ctx.block = BLOCKS_PER_YEAR + 1
    set_hyper(ctx, NetworkRegisteredAt=1, SubnetAlphaOut=10_000, MaxAllowedUids=4)
    ctx.state.remove("AlphaAssets", "AlphaBurned", NETUID)
    put(ctx, "Lock", BOB, NETUID, HELPER, mass=1_801, conviction=1_801)
    put(ctx, "HotkeyLock", NETUID, HELPER, mass=1_801, conviction=1_801)
    return ctx


def owners(ctx: Context) -> tuple[str, str]:
    return ctx.state.get(MODULE, "SubnetOwner", NETUID), ctx.state.get(MODULE, "SubnetOwnerHotkey", NETUID)


def test_enough_conviction_changes_the_owner(old: Context) -> None:
    change_subnet_owner_if_needed(old, NETUID)
    assert owners(old) == (BOB, HELPER)
    assert old.state.get(MODULE, "Uids", NETUID, HELPER) == 0  # registered for it
    assert stored(old, "OwnerLock", NETUID) == LockState(1_801, 1_801 * ONE, old.block)
    assert stored(old, "HotkeyLock", NETUID, HELPER) is None


def test_the_sums_of_the_former_owner_become_a_hotkey_s(old: Context) -> None:
    put(old, "OwnerLock", NETUID, mass=400, conviction=400)
    put(old, "DecayingOwnerLock", NETUID, mass=300, conviction=300)
    change_subnet_owner_if_needed(old, NETUID)
    assert stored(old, "HotkeyLock", NETUID, OWNER_HOTKEY) == LockState(400, 400 * ONE, old.block)
    assert stored(old, "DecayingHotkeyLock", NETUID, OWNER_HOTKEY) == LockState(300, 300 * ONE, old.block)
    assert stored(old, "OwnerLock", NETUID) == LockState(1_801, 1_801 * ONE, old.block)
    assert stored(old, "DecayingOwnerLock", NETUID) is None


@pytest.mark.parametrize(
    "change",
    [
        {"SubnetAlphaOut": 10_006},  # 18 % and no more
        {"SubnetAlphaOut": 0},
        {"NetworkRegisteredAt": 2},  # too young
        {"MaxAllowedUids": 0},  # no place for the new owner
        {"SubnetOwner": BOB},  # the owner already
        {"OwnerLock": encodable(LockState(2_000, 2_000 * ONE, BLOCKS_PER_YEAR + 1))},  # convinces more
    ],
)
def test_otherwise_the_owner_stays(old: Context, change: dict[str, Any]) -> None:
    set_hyper(old, **change)
    before, written = owners(old), dict(old.state.raw.items())
    change_subnet_owner_if_needed(old, NETUID)
    assert owners(old) == before
    assert dict(old.state.raw.items()) == written


@pytest.mark.parametrize(
    ("conviction", "changes"),
    [(1_800, False), (1_801, True)],  # exactly 18 % is not enough (v447: `king_conviction x 100 > eligible_alpha x 18`)
)
def test_one_hotkey_needs_more_than_eighteen_per_cent_of_the_eligible_alpha(
    old: Context, conviction: int, changes: bool
) -> None:
    """10,000 rao are eligible of 22,000: 7,000 are the protocol's, 5,000 were burned."""
    set_hyper(old, SubnetAlphaOut=22_000, SubnetProtocolAlpha=7_000)
    old.state.put("AlphaAssets", "AlphaBurned", NETUID, 5_000)
    put(old, "HotkeyLock", NETUID, HELPER, mass=conviction, conviction=conviction)
    put(old, "HotkeyLock", NETUID, MINER, mass=1_700, conviction=1_700)  # of others, which does not help
    change_subnet_owner_if_needed(old, NETUID)
    assert (owners(old) == (BOB, HELPER)) is changes


def test_the_owner_changes_when_an_epoch_is_due(old: Context) -> None:
    put(old, "HotkeyLock", NETUID, HELPER, mass=10 * TAO, conviction=10 * TAO)  # the block issues alpha first
    set_hyper(old, Tempo=1, LastEpochBlock=old.block - 2, FirstEmissionBlockNumber=1)
    run_coinbase(old, [0, NETUID], 0)
    assert owners(old) == (BOB, HELPER)


def test_the_owner_s_cut_is_locked_where_that_is_wanted(ctx: Context) -> None:
    dave = account("dave")
    increase_stake(ctx, OWNER_HOTKEY, dave, NETUID, 5_000)
    auto_lock_owner_cut(ctx, NETUID, 2_000)
    assert lock_of(ctx.state, dave, NETUID, ctx.block) is None
    set_hyper(ctx, OwnerCutAutoLockEnabled=True)
    auto_lock_owner_cut(ctx, NETUID, 2_000)
    assert lock_of(ctx.state, dave, NETUID, ctx.block) == (OWNER_HOTKEY, LockState(2_000, 2_000 * ONE, ctx.block))
    do(ctx, "dave", "move_lock", destination_hotkey=MINER, netuid=NETUID)
    auto_lock_owner_cut(ctx, NETUID, 1_000)
    auto_lock_owner_cut(ctx, NETUID, 10**12)  # more than there is: stays free
    auto_lock_owner_cut(ctx, NETUID, 0)
    assert lock_of(ctx.state, dave, NETUID, ctx.block) == (MINER, LockState(3_000, 0, ctx.block))


def test_a_dissolved_subnet_leaves_no_lock(ctx: Context) -> None:
    lock(ctx)
    lock(ctx, "bob", hotkey=OWNER_HOTKEY)
    do(ctx, "bob", "set_perpetual_lock", netuid=NETUID, enabled=True)
    do(ctx, "root", "root_dissolve_network", netuid=NETUID)
    end_of_block(ctx)
    items = ("Lock", "LockingColdkeys", "HotkeyLock", "DecayingHotkeyLock", "OwnerLock", "DecayingOwnerLock")
    for item in (*items, "DecayingLock"):
        assert ctx.state.entries(MODULE, item) == [], item


# --- runtime APIs ---


def ask(ctx: Context, method: str, *args: Any) -> Any:
    return RUNTIME_APIS[("StakeInfoRuntimeApi", method)].function(Query(ctx.state, ctx.block), *args)


def test_what_clients_are_told(ctx: Context) -> None:
    lock(ctx)
    ctx.block += 1_000
    total, left = total_of(ctx), locked_mass(ctx.state, ALICE, NETUID, ctx.block)
    available = ask(ctx, "get_stake_availability_for_coldkeys", [ALICE], [NETUID])
    assert available == {ALICE: {NETUID: {"total": total, "locked": left, "available": total - left}}}
    conviction = hotkey_conviction(ctx.state, NETUID, MINER, ctx.block)
    told = ask(ctx, "get_coldkey_lock", ALICE, NETUID)
    assert told == {"locked_mass": left, "conviction": {"bits": conviction}, "last_update": ctx.block}
    assert ask(ctx, "get_coldkey_lock", BOB, NETUID) is None
    assert ask(ctx, "get_hotkey_conviction", MINER, NETUID) == {"bits": conviction}
    assert ask(ctx, "get_most_convicted_hotkey_on_subnet", NETUID) == MINER
