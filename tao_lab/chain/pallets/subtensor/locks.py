"""Locks of stake: a coldkey locks alpha on a subnet to a hotkey, and cannot sell it until the lock has decayed.

A lock counts for the whole subnet; the stake may be on any hotkeys. The chain stores each coldkey's own lock, and sums
of locks: for each hotkey and for the hotkey of the subnet's owner, one sum of locks that decay and one of locks that do
not. Stored values are those at the last change; code that reads them must roll them forward to the current block.

Sources: `pallets/subtensor/src/staking/lock.rs`; `macros/dispatches.rs` (calls 136 to 138, 142).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.collateral import locked_of_coldkey, locked_on
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed, hotkey_exists
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.state import StorageReader
from tao_lab.economy.conviction import (
    LockState,
    Rates,
    conviction_of_part,
    empty_lock,
    force_reduce,
    is_dust,
    merge,
    reduce,
    roll_forward,
)

ACCEPT_LOCKED_ALPHA = 1  # bit of `AccountFlags`
Keys = tuple[int | str, ...]


@dataclass(frozen=True)
class LockKind:
    """How a lock changes with time, and so in which sum it counts.

    Attributes:
        owner: Locked to the hotkey of the subnet's owner.
        perpetual: The lock does not decay.
    """

    owner: bool
    perpetual: bool

    def sum_at(self, netuid: int, hotkey: str) -> tuple[str, Keys]:
        """Item and keys of the sum."""
        item = ("" if self.perpetual else "Decaying") + ("OwnerLock" if self.owner else "HotkeyLock")
        return item, (netuid,) if self.owner else (netuid, hotkey)


# --- what is stored ---------------------------------------------------------------------------------------------


def is_owner_hotkey(state: StorageReader, netuid: int, hotkey: str) -> bool:
    """Whether a hotkey is that of the subnet's owner."""
    return bool(state.get(MODULE, "SubnetOwnerHotkey", netuid) == hotkey)


def is_perpetual(state: StorageReader, coldkey: str, netuid: int) -> bool:
    """Whether a coldkey's lock on a subnet does not decay."""
    return state.get(MODULE, "DecayingLock", coldkey, netuid) is False


def kind_of(state: StorageReader, coldkey: str, netuid: int, hotkey: str) -> LockKind:
    """The kind of a coldkey's lock to a hotkey."""
    return LockKind(is_owner_hotkey(state, netuid, hotkey), is_perpetual(state, coldkey, netuid))


def rates(state: StorageReader) -> Rates:
    """How fast locks decay and convictions grow."""
    return Rates(state.get(MODULE, "UnlockRate"), state.get(MODULE, "MaturityRate"))


def decoded(value: dict[str, Any]) -> LockState:
    """A stored `LockState`."""
    return LockState(value["locked_mass"], value["conviction"]["bits"], value["last_update"])


def encodable(lock: LockState) -> dict[str, Any]:
    """A `LockState` in the form for the state and for events."""
    return {**lock._asdict(), "conviction": {"bits": lock.conviction}}


def rolled(state: StorageReader, lock: LockState, now: int, kind: LockKind) -> LockState:
    """A lock as of block `now`."""
    return roll_forward(lock, now, rates(state), kind.owner, kind.perpetual)


def read_sum(state: StorageReader, netuid: int, hotkey: str, kind: LockKind) -> LockState | None:
    """The stored sum in which locks of a kind count, or None."""
    item, keys = kind.sum_at(netuid, hotkey)
    stored = state.get(MODULE, item, *keys)
    return None if stored is None else decoded(stored)


def put_sum(ctx: Context, netuid: int, hotkey: str, kind: LockKind, lock: LockState) -> None:
    """Store a sum; an empty one is removed."""
    item, keys = kind.sum_at(netuid, hotkey)
    _put(ctx, item, keys, lock, bool(lock.locked_mass or lock.conviction))


def remove_sum(ctx: Context, netuid: int, hotkey: str, kind: LockKind) -> None:
    """Remove a sum."""
    item, keys = kind.sum_at(netuid, hotkey)
    ctx.state.remove(MODULE, item, *keys)


def put_lock(ctx: Context, coldkey: str, netuid: int, hotkey: str, lock: LockState) -> None:
    """Store a coldkey's lock and its entry in the list of locks; a tiny lock is removed (`insert_lock_state`)."""
    kept = not is_dust(lock)
    _put(ctx, "Lock", (coldkey, netuid, hotkey), lock, kept)
    if kept:
        ctx.state.put(MODULE, "LockingColdkeys", netuid, hotkey, coldkey, ())
    else:
        ctx.state.remove(MODULE, "LockingColdkeys", netuid, hotkey, coldkey)


def remove_lock(ctx: Context, coldkey: str, netuid: int, hotkey: str) -> None:
    """Remove a coldkey's lock."""
    ctx.state.remove(MODULE, "Lock", coldkey, netuid, hotkey)
    ctx.state.remove(MODULE, "LockingColdkeys", netuid, hotkey, coldkey)


def _put(ctx: Context, item: str, keys: Keys, lock: LockState, kept: bool) -> None:
    if kept:
        ctx.state.put(MODULE, item, *keys, encodable(lock))
    else:
        ctx.state.remove(MODULE, item, *keys)


def lock_of(state: StorageReader, coldkey: str, netuid: int, now: int) -> tuple[str, LockState] | None:
    """Hotkey and lock of a coldkey on a subnet as of block `now`, or None; a coldkey locks to one hotkey at a time."""
    found = _stored_lock(state, coldkey, netuid)
    if found is None:
        return None
    hotkey, lock = found
    return hotkey, rolled(state, lock, now, kind_of(state, coldkey, netuid, hotkey))


def _stored_lock(state: StorageReader, coldkey: str, netuid: int) -> tuple[str, LockState] | None:
    for hotkey, value in state.entries(MODULE, "Lock", coldkey, netuid):
        return hotkey, decoded(value)
    return None


# --- a lock together with its sum -------------------------------------------------------------------------------


@dataclass
class Position:
    """A coldkey's lock to a hotkey and the sum in which it counts, both as of this block.

    Attributes:
        lock: The coldkey's own.
        total: The sum.
    """

    ctx: Context
    coldkey: str
    netuid: int
    hotkey: str
    kind: LockKind
    lock: LockState
    total: LockState

    def roll_total(self) -> None:
        """Roll the sum to this block."""
        self.total = rolled(self.ctx.state, self.total, self.ctx.block, self.kind)

    def save(self) -> None:
        """Store both."""
        put_lock(self.ctx, self.coldkey, self.netuid, self.hotkey, self.lock)
        self.save_total()

    def save_total(self) -> None:
        """Store the sum."""
        put_sum(self.ctx, self.netuid, self.hotkey, self.kind, self.total)


def open_position(ctx: Context, coldkey: str, netuid: int, hotkey: str) -> Position:
    """A lock to a hotkey and its sum as they are stored; empty ones if nothing is stored."""
    kind, empty = kind_of(ctx.state, coldkey, netuid, hotkey), empty_lock(ctx.block)
    stored = ctx.state.get(MODULE, "Lock", coldkey, netuid, hotkey)
    total = read_sum(ctx.state, netuid, hotkey, kind)
    return Position(ctx, coldkey, netuid, hotkey, kind, decoded(stored) if stored else empty, total or empty)


def rolled_position(ctx: Context, coldkey: str, netuid: int, hotkey: str) -> Position:
    """A lock to a hotkey and its sum, rolled to this block (`ConvictionModel::roll_forward`).

    If the lock becomes smaller, the same amount is taken from the sum. If not, the sum is rolled too.
    """
    position = open_position(ctx, coldkey, netuid, hotkey)
    before = position.lock
    after = position.lock = rolled(ctx.state, before, ctx.block, position.kind)
    lost = max(before.locked_mass - after.locked_mass, 0), max(before.conviction - after.conviction, 0)
    if any(lost):
        position.total = reduce(position.total, *lost)._replace(last_update=ctx.block)
    else:
        position.roll_total()
    return position


def position_of(ctx: Context, coldkey: str, netuid: int) -> Position | None:
    """The lock that a coldkey has on a subnet and its sum, rolled to this block, or None."""
    found = _stored_lock(ctx.state, coldkey, netuid)
    return None if found is None else rolled_position(ctx, coldkey, netuid, found[0])


def add_to_sum(ctx: Context, coldkey: str, netuid: int, hotkey: str, added: LockState) -> None:
    """Count a lock in its sum."""
    position = open_position(ctx, coldkey, netuid, hotkey)
    position.roll_total()
    position.total = merge(position.total, added)
    position.roll_total()
    position.save_total()


def take_from_sum(ctx: Context, coldkey: str, netuid: int, hotkey: str, mass: int, conviction: int) -> None:
    """Take rao and conviction out of a sum."""
    position = open_position(ctx, coldkey, netuid, hotkey)
    position.roll_total()
    position.total = reduce(position.total, mass, conviction)
    position.save_total()


# --- what a lock keeps ------------------------------------------------------------------------------------------


def total_stake(state: StorageReader, coldkey: str, netuid: int) -> int:
    """Alpha that a coldkey has on all hotkeys of a subnet together, rao."""
    hotkeys = state.get(MODULE, "StakingHotkeys", coldkey)
    return sum(stake_of_coldkey(state, hotkey, coldkey, netuid) for hotkey in hotkeys)


def locked_mass(state: StorageReader, coldkey: str, netuid: int, now: int) -> int:
    """Alpha that a coldkey has locked on a subnet, rao (`get_current_locked`)."""
    found = lock_of(state, coldkey, netuid, now)
    return found[1].locked_mass if found else 0


def available_to_unstake(state: StorageReader, coldkey: str, netuid: int, now: int) -> int:
    """Alpha of a coldkey on a subnet that is neither locked nor collateral, rao."""
    kept = locked_mass(state, coldkey, netuid, now) + locked_of_coldkey(state, netuid, coldkey)
    return max(total_stake(state, coldkey, netuid) - kept, 0)


def ensure_available(ctx: Context, coldkey: str, netuid: int, alpha: int) -> None:
    """Refuse to take more than what a coldkey has on a subnet and has not locked.

    Raises:
        DispatchError: `StakeUnavailable`.
    """
    available = available_to_unstake(ctx.state, coldkey, netuid, ctx.block)
    if available < alpha:
        total = total_stake(ctx.state, coldkey, netuid)
        sentence = f"{coldkey} has {total} rao on subnet {netuid}, {available} of them free; the call asks for {alpha}"
        raise failed("StakeUnavailable", sentence)


def available_on(state: StorageReader, hotkey: str, coldkey: str, netuid: int, now: int) -> int:
    """Alpha that may leave one hotkey of a coldkey, rao (`available_to_unstake_from_hotkey`)."""
    on_hotkey = stake_of_coldkey(state, hotkey, coldkey, netuid) - locked_on(state, netuid, hotkey, coldkey)
    return max(min(on_hotkey, available_to_unstake(state, coldkey, netuid, now)), 0)


def ensure_can_receive_locked_alpha(state: StorageReader, coldkey: str, locked: int) -> None:
    """Refuse to give locked alpha to a coldkey that has not agreed to accept it.

    Raises:
        DispatchError: `AccountRejectsLockedAlpha`.
    """
    if locked and not state.get(MODULE, "AccountFlags", coldkey) & ACCEPT_LOCKED_ALPHA:
        raise failed("AccountRejectsLockedAlpha", f"{coldkey} must first call set_reject_locked_alpha(enabled=False)")


def set_accept_locked_alpha(ctx: Context, coldkey: str, accepts: bool) -> None:
    """Set whether a coldkey accepts locked alpha."""
    before = ctx.state.get(MODULE, "AccountFlags", coldkey)
    flags = before | ACCEPT_LOCKED_ALPHA if accepts else before & ~ACCEPT_LOCKED_ALPHA
    if flags:
        ctx.state.put(MODULE, "AccountFlags", coldkey, flags)
    else:
        ctx.state.remove(MODULE, "AccountFlags", coldkey)


# --- locking ----------------------------------------------------------------------------------------------------


def do_lock_stake(ctx: Context, coldkey: str, netuid: int, hotkey: str, amount: int) -> None:
    """Lock alpha, or more of it, to a hotkey.

    Raises:
        DispatchError: `AmountTooLow`, `HotKeyAccountNotExists`, `LockHotkeyMismatch`, `InsufficientStakeForLock`.
    """
    if not amount:
        raise failed("AmountTooLow", "the amount to lock is 0")
    _ensure_hotkey(ctx.state, hotkey)
    found = _stored_lock(ctx.state, coldkey, netuid)
    if found is not None and found[0] != hotkey:
        raise failed("LockHotkeyMismatch", f"{coldkey} has a lock to {found[0]} on subnet {netuid}; move it first")
    position = rolled_position(ctx, coldkey, netuid, hotkey)
    mass, total = position.lock.locked_mass + amount, total_stake(ctx.state, coldkey, netuid)
    if mass > total:
        raise failed("InsufficientStakeForLock", f"{coldkey} has {total} rao on subnet {netuid}, {mass} needed")
    grown = LockState(mass, position.lock.conviction, ctx.block)
    position.lock = rolled(ctx.state, grown, ctx.block, position.kind)
    position.roll_total()
    position.total = merge(position.total, LockState(amount, 0, ctx.block))
    position.roll_total()
    position.save()
    ctx.deposit_event(MODULE, "StakeLocked", coldkey=coldkey, hotkey=hotkey, netuid=netuid, amount=amount)


def _ensure_hotkey(state: StorageReader, hotkey: str) -> None:
    if not hotkey_exists(state, hotkey):
        raise failed("HotKeyAccountNotExists", f"nobody owns {hotkey}; register it first")


@call(MODULE, weight=weight(115_995_000, reads=17, writes=3))
def lock_stake(ctx: Context, origin: Origin, hotkey: str, netuid: int, amount: int) -> None:
    """Lock alpha on a subnet to a hotkey, whose conviction then grows."""
    do_lock_stake(ctx, ensure_signed(origin), netuid, hotkey, amount)


@call(MODULE, weight=weight(149_819_000, reads=14, writes=6))
def move_lock(ctx: Context, origin: Origin, destination_hotkey: str, netuid: int) -> None:
    """Let a lock count for another hotkey; its conviction is lost, unless both have the same owner."""
    coldkey, state = ensure_signed(origin), ctx.state
    _ensure_hotkey(state, destination_hotkey)
    found = lock_of(state, coldkey, netuid, ctx.block)
    if found is None:
        raise failed("NoExistingLock", f"{coldkey} has no lock on subnet {netuid}")
    origin_hotkey, lock = found
    moved = lock
    if not _same_owner(state, origin_hotkey, destination_hotkey):
        moved = lock._replace(conviction=0)
    moved = rolled(state, moved, ctx.block, kind_of(state, coldkey, netuid, destination_hotkey))
    remove_lock(ctx, coldkey, netuid, origin_hotkey)
    put_lock(ctx, coldkey, netuid, destination_hotkey, moved)
    take_from_sum(ctx, coldkey, netuid, origin_hotkey, lock.locked_mass, lock.conviction)
    add_to_sum(ctx, coldkey, netuid, destination_hotkey, moved)
    keys = {"coldkey": coldkey, "origin_hotkey": origin_hotkey, "destination_hotkey": destination_hotkey}
    ctx.deposit_event(MODULE, "LockMoved", **keys, netuid=netuid)


@call(MODULE, weight=weight(0, reads=4, writes=3))
def set_perpetual_lock(ctx: Context, origin: Origin, netuid: int, enabled: bool) -> None:
    """Set whether one's lock on a subnet keeps its size or decays."""
    coldkey, state = ensure_signed(origin), ctx.state
    changes = is_perpetual(state, coldkey, netuid) != enabled
    position = position_of(ctx, coldkey, netuid)
    if position is not None:
        position.save()
        if changes:
            take_from_sum(ctx, coldkey, netuid, position.hotkey, position.lock.locked_mass, position.lock.conviction)
    if enabled:
        state.put(MODULE, "DecayingLock", coldkey, netuid, False)
    else:
        state.remove(MODULE, "DecayingLock", coldkey, netuid)
    found = _stored_lock(state, coldkey, netuid)
    if changes and found is not None:
        add_to_sum(ctx, coldkey, netuid, found[0], found[1])
    ctx.deposit_event(MODULE, "PerpetualLockUpdated", coldkey=coldkey, netuid=netuid, enabled=enabled)


@call(MODULE, weight=weight(0, reads=1, writes=1))
def set_reject_locked_alpha(ctx: Context, origin: Origin, enabled: bool) -> None:
    """Set whether the chain refuses transfers of locked alpha to oneself; by default it refuses."""
    coldkey = ensure_signed(origin)
    set_accept_locked_alpha(ctx, coldkey, not enabled)
    ctx.deposit_event(MODULE, "RejectLockedAlphaUpdated", coldkey=coldkey, enabled=enabled)


# --- when stake moves -------------------------------------------------------------------------------------------


def cleanup_lock(ctx: Context, coldkey: str, netuid: int) -> None:
    """Store a coldkey's lock as of this block; one that has decayed is removed (`cleanup_lock_if_zero`)."""
    position = position_of(ctx, coldkey, netuid)
    if position is not None:
        position.save()


def force_reduce_lock(ctx: Context, coldkey: str, netuid: int, amount: int) -> None:
    """Take alpha out of a coldkey's lock, because its stake has been taken away."""
    position = position_of(ctx, coldkey, netuid)
    if position is None:
        return
    position.roll_total()
    before, after = position.lock, force_reduce(position.lock, amount, ctx.block)
    position.lock = after
    lost = before.conviction - after.conviction
    position.total = reduce(position.total, before.locked_mass - after.locked_mass, max(lost, 0))
    position.save()


def _same_owner(state: StorageReader, hotkey: str, other: str) -> bool:
    """Whether conviction survives a change of the hotkey (`conviction_survives_hotkey_change`)."""
    return bool(state.get(MODULE, "Owner", hotkey) == state.get(MODULE, "Owner", other))


def transfer_lock(ctx: Context, origin: str, destination: str, new_hotkey: str, netuid: int, alpha: int) -> None:
    """Move a part of the lock with stake that goes to another coldkey: the part that the free stake does not cover.

    The lock follows the stake to its new hotkey. The conviction stays behind if the two hotkeys have different owners.

    Source of spec 475: `staking/lock/lock_transfer.rs` of RaoFoundation/subtensor at 0bb2cb30.

    Raises:
        DispatchError: `LockHotkeyMismatch`, `AccountRejectsLockedAlpha`.
    """
    state, now = ctx.state, ctx.block
    found = lock_of(state, origin, netuid, now)
    if origin == destination or not alpha or found is None:
        return
    hotkey, source = found
    free = max(total_stake(state, origin, netuid) - source.locked_mass, 0)
    there = lock_of(state, destination, netuid, now)
    if alpha > free and there is not None and there[0] != new_hotkey:
        sentence = f"{destination} has a lock to {there[0]}, but the stake goes to {new_hotkey}"
        raise failed("LockHotkeyMismatch", sentence)
    mass = min(max(alpha - free, 0), source.locked_mass)
    conviction = conviction_of_part(source, mass) if mass else 0
    ensure_can_receive_locked_alpha(state, destination, mass)
    destination_hotkey, target = there or (new_hotkey, empty_lock(now))
    same_owner = _same_owner(state, hotkey, destination_hotkey)
    moved = LockState(mass, conviction if same_owner else 0, now)
    if mass:
        source, target = reduce(source, mass, conviction), merge(target, moved)
    for coldkey, key, lock in ((origin, hotkey, source), (destination, destination_hotkey, target)):
        put_lock(ctx, coldkey, netuid, key, rolled(state, lock, now, kind_of(state, coldkey, netuid, key)))
    if mass:
        take_from_sum(ctx, origin, netuid, hotkey, mass, conviction)
        add_to_sum(ctx, destination, netuid, destination_hotkey, moved)


def auto_lock_owner_cut(ctx: Context, netuid: int, amount: int) -> None:
    """Lock the owner's cut of this epoch, if the owner has switched that on."""
    if not amount or not ctx.state.get(MODULE, "OwnerCutAutoLockEnabled", netuid):
        return
    coldkey = ctx.state.get(MODULE, "SubnetOwner", netuid)
    found = _stored_lock(ctx.state, coldkey, netuid)
    hotkey = found[0] if found else ctx.state.get(MODULE, "SubnetOwnerHotkey", netuid)
    with suppress(DispatchError):  # as in the source: alpha that cannot be locked stays free
        do_lock_stake(ctx, coldkey, netuid, hotkey, amount)
