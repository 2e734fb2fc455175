"""Locks of stake when a hotkey or a coldkey is swapped for another.

Source: `pallets/subtensor/src/staking/lock.rs` (`swap_coldkey_locks`, `swap_hotkey_locks`).
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Tally
from tao_lab.chain.pallets.subtensor.locks import (
    LockKind,
    add_to_sum,
    decoded,
    ensure_can_receive_locked_alpha,
    is_owner_hotkey,
    is_perpetual,
    kind_of,
    put_lock,
    put_sum,
    read_sum,
    remove_lock,
    remove_sum,
    rolled,
    take_from_sum,
)
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed
from tao_lab.chain.state import StorageReader
from tao_lab.economy.conviction import LockState


def swap_hotkey_locks(ctx: Context, old: str, new: str, netuids: list[int], spent: Tally) -> None:
    """Move all locks from one hotkey to another, with their conviction; both hotkeys have the same owner.

    Call this before the new hotkey becomes the subnet owner's. As in the source, the moved sum replaces a sum that the
    new hotkey had already.
    """
    for netuid in netuids:
        spent.add(reads=5)
        was_owner = is_owner_hotkey(ctx.state, netuid, old)
        is_owner = was_owner or is_owner_hotkey(ctx.state, netuid, new)
        if is_owner or _has_sum(ctx.state, netuid, old):
            _swap_locks(ctx, old, new, netuid, was_owner, is_owner, spent)
            _swap_sums(ctx, old, new, netuid, was_owner, is_owner)
            spent.add(writes=6)


def _has_sum(state: StorageReader, netuid: int, hotkey: str) -> bool:
    return any(state.exists(MODULE, item, netuid, hotkey) for item in ("HotkeyLock", "DecayingHotkeyLock"))


def _swap_locks(ctx: Context, old: str, new: str, netuid: int, was_owner: bool, is_owner: bool, spent: Tally) -> None:
    for coldkey, _ in ctx.state.entries(MODULE, "LockingColdkeys", netuid, old):
        stored, perpetual = (
            ctx.state.get(MODULE, "Lock", coldkey, netuid, old),
            is_perpetual(ctx.state, coldkey, netuid),
        )
        remove_lock(ctx, coldkey, netuid, old)
        spent.add(1, 1 if stored is None else 2)
        if stored is not None:
            lock = rolled(ctx.state, decoded(stored), ctx.block, LockKind(was_owner, perpetual))
            put_lock(ctx, coldkey, netuid, new, rolled(ctx.state, lock, ctx.block, LockKind(is_owner, perpetual)))


def _swap_sums(ctx: Context, old: str, new: str, netuid: int, was_owner: bool, is_owner: bool) -> None:
    for perpetual in (True, False):
        before, after = LockKind(was_owner, perpetual), LockKind(is_owner, perpetual)
        total = read_sum(ctx.state, netuid, old, before)
        if total is not None:
            remove_sum(ctx, netuid, old, before)
            total = rolled(ctx.state, total, ctx.block, before)
            put_sum(ctx, netuid, new, after, rolled(ctx.state, total, ctx.block, after))


def ensure_no_active_locks(ctx: Context, coldkey: str) -> None:
    """Refuse a coldkey that has locked alpha anywhere.

    Raises:
        DispatchError: `ActiveLockExists`.
    """
    for netuid, hotkey, lock in _locks_of(ctx, coldkey):
        if lock.locked_mass:
            raise failed("ActiveLockExists", f"{coldkey} has locked alpha on subnet {netuid} to {hotkey}")


def swap_coldkey_locks(ctx: Context, old: str, new: str) -> None:
    """Give all locks of a coldkey to another, with their conviction and with the coldkey's settings about locks.

    Raises:
        DispatchError: `ActiveLockExists`, `AccountRejectsLockedAlpha`.
    """
    state = ctx.state
    ensure_no_active_locks(ctx, new)
    locks = _locks_of(ctx, old)
    for _, _, lock in locks:
        ensure_can_receive_locked_alpha(state, new, lock.locked_mass)
    for netuid, hotkey, lock in locks:
        remove_lock(ctx, old, netuid, hotkey)
        take_from_sum(ctx, old, netuid, hotkey, lock.locked_mass, lock.conviction)
    for netuid, decaying in state.entries(MODULE, "DecayingLock", old):
        state.remove(MODULE, "DecayingLock", old, netuid)
        state.put(MODULE, "DecayingLock", new, netuid, decaying)
    _swap_flags(ctx, old, new)
    for netuid, hotkey, lock in locks:
        moved = rolled(state, lock, ctx.block, kind_of(state, new, netuid, hotkey))
        put_lock(ctx, new, netuid, hotkey, moved)
        add_to_sum(ctx, new, netuid, hotkey, moved)


def _locks_of(ctx: Context, coldkey: str) -> list[tuple[int, str, LockState]]:
    """(netuid, hotkey, lock as of this block) of every lock of a coldkey."""
    return [
        (netuid, hotkey, rolled(ctx.state, decoded(value), ctx.block, kind_of(ctx.state, coldkey, netuid, hotkey)))
        for (netuid, hotkey), value in ctx.state.entries(MODULE, "Lock", coldkey)
    ]


def _swap_flags(ctx: Context, old: str, new: str) -> None:
    flags = ctx.state.get(MODULE, "AccountFlags", old)
    for coldkey in (old, new):
        ctx.state.remove(MODULE, "AccountFlags", coldkey)
    if flags:
        ctx.state.put(MODULE, "AccountFlags", new, flags)
