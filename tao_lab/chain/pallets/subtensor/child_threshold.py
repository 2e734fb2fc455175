"""The stake that a parent must keep: `StakeThreshold`, or its children do not count.

The chain checks it when children are announced and again when they take effect. After that, every time stake leaves a
parent, the chain checks the parent at the end of the block. A parent below the threshold is *suspended*: its children
stay stored, but they get no stake from it and it earns nothing through them until it has enough stake again. The hotkey
of a subnet's owner needs no stake on that subnet.

Source: `pallets/subtensor/src/staking/set_children.rs` of spec 475 (`hotkey_meets_childkey_threshold`,
`queue_childkey_threshold_check`, `process_childkey_threshold_checks`, `get_children`, `get_parents`). The chain checks
as many parents as fit into a block; here it checks all of them. We assume that moving stake away also puts the parent
into the queue: we did not find that file of spec 475.
"""

from __future__ import annotations

from collections.abc import Sequence

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import on_finalize
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.stake import total_stake_in_tao
from tao_lab.chain.state import StorageReader

SUSPENDED, CHECKS = "ChildkeyThresholdSuspended", "ChildkeyThresholdChecks"


def has_threshold_stake(state: StorageReader, hotkey: str) -> bool:
    """Whether a hotkey's stake on all subnets is worth `StakeThreshold`."""
    threshold = int(state.get(MODULE, "StakeThreshold"))
    return threshold == 0 or total_stake_in_tao(state, hotkey) >= threshold


def is_owner_hotkey(state: StorageReader, hotkey: str, netuid: int) -> bool:
    """Whether a hotkey is that of the subnet's owner."""
    owned = state.exists(MODULE, "SubnetOwnerHotkey", netuid)
    return bool(owned and state.get(MODULE, "SubnetOwnerHotkey", netuid) == hotkey)


def may_have_children(state: StorageReader, hotkey: str, netuid: int) -> bool:
    """Whether a hotkey may lend its stake on a subnet."""
    return is_owner_hotkey(state, hotkey, netuid) or has_threshold_stake(state, hotkey)


def is_suspended(state: StorageReader, parent: str, netuid: int) -> bool:
    """Whether a parent is suspended on a subnet, so that its children do not count."""
    return state.exists(MODULE, SUSPENDED, parent) and not is_owner_hotkey(state, parent, netuid)


def live_edges(state: StorageReader, item: str, netuid: int, hotkeys: Sequence[str]) -> list[list[tuple[int, str]]]:
    """The children or parents of hotkeys, without suspended ones; most hotkeys have none.

    Args:
        state: State of the chain.
        item: `ChildKeys` or `ParentKeys`.
        netuid: The subnet.
        hotkeys: Addresses.

    Returns:
        For each hotkey a list of (share as u64, the other hotkey).
    """
    found: list[list[tuple[int, str]]] = []
    keys = state.keys_by_account(MODULE, item, hotkeys, netuid)
    for value, hotkey in zip(state.raw_get_many(keys), hotkeys, strict=True):
        edges = [] if value is None else state.get(MODULE, item, hotkey, netuid)
        if item == "ParentKeys":
            edges = [edge for edge in edges if not is_suspended(state, edge[1], netuid)]
        elif edges and is_suspended(state, hotkey, netuid):
            edges = []
        found.append(edges)
    return found


def queue_check(ctx: Context, hotkey: str) -> None:
    """Stake has left a hotkey: if it is a parent, check it at the end of the block."""
    state = ctx.state
    if state.exists(MODULE, SUSPENDED, hotkey) or state.raw_keys(state.key(MODULE, "ChildKeys", hotkey), limit=1):
        state.put(MODULE, CHECKS, hotkey, ())


def queue_check_of_suspended(ctx: Context, hotkey: str) -> None:
    """Stake has come to a hotkey: if it is suspended, check it at the end of the block; it may have enough now."""
    if ctx.state.exists(MODULE, SUSPENDED, hotkey):
        ctx.state.put(MODULE, CHECKS, hotkey, ())


@on_finalize(MODULE)
def check_thresholds(ctx: Context) -> None:
    """Check the parents in the queue: suspend those below the threshold, and end the suspension of the others."""
    state = ctx.state
    if not state.has_entries(MODULE, CHECKS):
        return
    for hotkey, _ in state.entries(MODULE, CHECKS):
        if has_threshold_stake(state, hotkey):
            state.remove(MODULE, SUSPENDED, hotkey)
        else:
            state.put(MODULE, SUSPENDED, hotkey, ())
        state.remove(MODULE, CHECKS, hotkey)
