"""Conviction: how much stake is locked to a hotkey and for how long. It decides when a subnet gets another owner.

A subnet that is at least a year old goes to the owner of the hotkey with the most conviction, if that conviction is
more than 18 % of the subnet's eligible alpha. Eligible is all outstanding alpha without the protocol's own and without
burned alpha. Locks to other hotkeys do not count. The chain checks this whenever an epoch is due.

Source: `pallets/subtensor/src/staking/lock.rs` (`hotkey_conviction`, `subnet_king_with_conviction`,
`change_subnet_owner_if_needed`), since spec 447; before, the convictions of all hotkeys together counted, and a tenth
was enough. The public notes on runtime 447 give the rule: `king_conviction x 100 > eligible_alpha x 18`.
"""

from __future__ import annotations

import bittensor_core

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.locks import (
    LockKind,
    decoded,
    is_owner_hotkey,
    put_sum,
    read_sum,
    remove_sum,
    rolled,
)
from tao_lab.chain.pallets.subtensor.lookups import MODULE, hotkey_exists, uid_of
from tao_lab.chain.pallets.subtensor.registration import register_neuron
from tao_lab.chain.state import StorageReader
from tao_lab.economy.conviction import BLOCKS_PER_YEAR, may_take_over, merge
from tao_lab.economy.fixed128 import add

PERPETUAL, DECAYING = LockKind(owner=False, perpetual=True), LockKind(owner=False, perpetual=False)
OWNER_PERPETUAL, OWNER_DECAYING = LockKind(owner=True, perpetual=True), LockKind(owner=True, perpetual=False)


def _conviction(state: StorageReader, netuid: int, hotkey: str, kind: LockKind, now: int) -> int:
    stored = read_sum(state, netuid, hotkey, kind)
    return rolled(state, stored, now, kind).conviction if stored else 0


def hotkey_conviction(state: StorageReader, netuid: int, hotkey: str, now: int) -> int:
    """Conviction of all locks to a hotkey, a raw U64F64 value of rao."""
    kinds = [PERPETUAL, DECAYING]
    if is_owner_hotkey(state, netuid, hotkey):
        kinds += [OWNER_PERPETUAL, OWNER_DECAYING]
    total = 0
    for kind in kinds:
        total = add(total, _conviction(state, netuid, hotkey, kind, now))
    return total


def convictions(state: StorageReader, netuid: int, now: int) -> dict[str, int]:
    """Raw U64F64 value of every hotkey to which something is locked on a subnet."""
    scores: dict[str, int] = {}
    for kind, item in ((PERPETUAL, "HotkeyLock"), (DECAYING, "DecayingHotkeyLock")):
        for hotkey, value in state.entries(MODULE, item, netuid):
            conviction = rolled(state, decoded(value), now, kind).conviction
            scores[hotkey] = add(scores.get(hotkey, 0), conviction)
    owner = state.get(MODULE, "SubnetOwnerHotkey", netuid)
    for kind in (OWNER_PERPETUAL, OWNER_DECAYING):
        if read_sum(state, netuid, owner, kind) is not None:
            scores[owner] = add(scores.get(owner, 0), _conviction(state, netuid, owner, kind, now))
    return scores


def subnet_king(state: StorageReader, netuid: int, now: int) -> str | None:
    """The hotkey with the most conviction, or None; of equal ones the one whose account is the larger number."""
    scores = convictions(state, netuid, now)
    return max(scores, key=lambda hotkey: (scores[hotkey], bytes(bittensor_core.ss58_decode(hotkey))), default=None)


def eligible_alpha(state: StorageReader, netuid: int) -> int:
    """Alpha of a subnet that could be locked, rao: neither the protocol's nor burned."""
    outstanding, protocol = (state.get(MODULE, item, netuid) for item in ("SubnetAlphaOut", "SubnetProtocolAlpha"))
    return int(max(max(outstanding - protocol, 0) - state.get("AlphaAssets", "AlphaBurned", netuid), 0))


def change_subnet_owner_if_needed(ctx: Context, netuid: int) -> None:
    """Give a subnet to the owner of the hotkey with the most conviction, if the conditions above are met."""
    king = _heir(ctx, netuid)
    if king is None:
        return
    state = ctx.state
    if uid_of(state, netuid, king) is None:
        try:
            register_neuron(ctx, netuid, king)
        except DispatchError:
            return  # there is no place for it
    former_hotkey, former = state.get(MODULE, "SubnetOwnerHotkey", netuid), state.get(MODULE, "SubnetOwner", netuid)
    _move_sum(ctx, netuid, former_hotkey, OWNER_PERPETUAL, PERPETUAL)
    _move_sum(ctx, netuid, former_hotkey, OWNER_DECAYING, DECAYING)
    _move_sum(ctx, netuid, king, PERPETUAL, OWNER_PERPETUAL)
    _move_sum(ctx, netuid, king, DECAYING, OWNER_DECAYING)
    owner = state.get(MODULE, "Owner", king)
    state.put(MODULE, "SubnetOwner", netuid, owner)
    state.put(MODULE, "SubnetOwnerHotkey", netuid, king)
    ctx.deposit_event(MODULE, "SubnetOwnerChanged", netuid=netuid, old_coldkey=former, new_coldkey=owner)


def _heir(ctx: Context, netuid: int) -> str | None:
    """The hotkey whose owner gets the subnet, or None if the owner does not change."""
    state = ctx.state
    eligible = eligible_alpha(state, netuid)
    if not eligible or ctx.block < state.get(MODULE, "NetworkRegisteredAt", netuid) + BLOCKS_PER_YEAR:
        return None
    king = subnet_king(state, netuid, ctx.block)
    if king is None or not may_take_over(hotkey_conviction(state, netuid, king, ctx.block), eligible):
        return None
    if not hotkey_exists(state, king) or state.get(MODULE, "Owner", king) == state.get(MODULE, "SubnetOwner", netuid):
        return None
    return king


def _move_sum(ctx: Context, netuid: int, hotkey: str, before: LockKind, after: LockKind) -> None:
    """Move a hotkey's sum of locks to another item: it has become the owner's hotkey, or has stopped being it."""
    moving, there = read_sum(ctx.state, netuid, hotkey, before), read_sum(ctx.state, netuid, hotkey, after)
    if moving is None:
        return
    remove_sum(ctx, netuid, hotkey, before)
    moved = rolled(ctx.state, moving, ctx.block, before)
    total = merge(rolled(ctx.state, there, ctx.block, after), moved) if there else moved
    total = total._replace(last_update=ctx.block)
    put_sum(ctx, netuid, hotkey, after, rolled(ctx.state, total, ctx.block, after) if after.owner else total)
