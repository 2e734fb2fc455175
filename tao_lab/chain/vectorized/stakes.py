"""Stake of all hotkeys of a subnet as consensus counts it, at once, where nobody has children or parents.

An epoch and its pay-out read the same stakes. Those on the subnet are a column; those on root seldom change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tao_lab.chain.column import Column, Layout
from tao_lab.chain.pallets.subtensor import epochs
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.state import Storage, StorageReader, Watch
from tao_lab.chain.vectorized.columns import RaggedItemError
from tao_lab.chain.vectorized.remembered import watch_subnet
from tao_lab.compiled import njit
from tao_lab.economy.fixed128 import u64_share

SHARE_BITS, LOWER = np.uint64(32), np.uint64((1 << 32) - 1)
LARGEST = np.uint64(1 << 62)  # rao
NOTHING = bytes(8)
STAKE_KEYS, STAKES = "stake keys", "stakes"  # of what the state keeps


@dataclass
class Stakes:
    """Stakes on hotkeys; made again only if the hotkeys change.

    Attributes:
        hotkeys: Addresses.
        on_subnet: Of the column of their stakes on the subnet (`TotalHotkeyAlpha`).
        root_keys: Storage keys of their stakes on root.
        watch: Over all stakes on root.
        on_root: The stakes on root, rao (n,).
    """

    hotkeys: Sequence[str]
    on_subnet: Layout
    root_keys: list[bytes]
    watch: Watch
    on_root: Any = None


def stakes_of(state: Storage, netuid: int, hotkeys: Sequence[str]) -> Stakes:
    """The stakes on these hotkeys.

    Raises:
        RaggedItemError: A stored stake is not a number of eight bytes.
    """
    found: Stakes | None = state.layouts.get((STAKES, str(netuid)))
    if found is None or (found.hotkeys is not hotkeys and found.hotkeys != hotkeys):
        keys, root_keys = (
            state.keys_by_account(MODULE, "TotalHotkeyAlpha", hotkeys, where) for where in (netuid, ROOT_NETUID)
        )
        watch = watch_subnet(state, ROOT_NETUID, (), ["TotalHotkeyAlpha"]) if found is None else found.watch
        watch.fresh = False
        layout = Layout(state.runtime.item(MODULE, "TotalHotkeyAlpha").prefix, keys, NOTHING)
        found = state.layouts[STAKES, str(netuid)] = Stakes(hotkeys, layout, root_keys, watch)
    found.hotkeys = hotkeys  # the same list is found sooner
    if not found.watch.fresh:
        data = b"".join([value or NOTHING for value in state.raw.get_many(found.root_keys)])
        if len(data) != len(NOTHING) * len(hotkeys):
            raise RaggedItemError("TotalHotkeyAlpha")
        found.on_root = np.frombuffer(data, "<u8")
        found.watch.fresh = True
    return found


def column_of(state: Storage, layout: Layout) -> Column:
    """The column of a layout.

    Raises:
        RaggedItemError: Its values are not all as wide as its default.
    """
    column = state.raw.column(layout)
    if column is None:
        raise RaggedItemError("a column")
    return column


def copy_of(table: Any) -> Any:
    """A copy of a table with fields; numpy's own goes through it field by field, which takes ten times as long."""
    return table.view(np.uint8).copy().view(table.dtype)


@njit(cache=True)
def count_stakes(alpha: Any, tao: Any, share: Any, uids: Any, neurons: Any) -> Any:
    """Write the stake of each hotkey as consensus counts it into the table of an epoch.

    Args:
        alpha: Staked on the subnet, rao (n,).
        tao: Staked on root, rao (n,).
        share: What one rao on root counts, in parts of 2^64.
        uids: Of each hotkey, (n,).
        neurons: Table of NEURON.

    Returns:
        Whether all numbers have at most 62 bits, their sum too.
    """
    total = np.uint64(0)
    for i in range(len(uids)):
        if alpha[i] >= LARGEST or tao[i] >= LARGEST:
            return False
        lower = (tao[i] & LOWER) * share
        row = neurons[uids[i]]
        row.stake = alpha[i] + (tao[i] >> SHARE_BITS) * share + (lower >> SHARE_BITS)
        row.stake_fraction = (lower & LOWER) << SHARE_BITS
        total += row.stake
        if total >= LARGEST:
            return False
    return True


@epochs.stake_columns.twin
def stake_columns(state: StorageReader, netuid: int, hotkeys: Sequence[str]) -> Any:
    """`total_stake` of each hotkey; `NotImplemented` where stake is lent, or is beyond 62 bits."""
    if not isinstance(state, Storage):
        return NotImplemented
    for item in ("ChildKeys", "ParentKeys"):
        if not state.raw_keys(state.key(MODULE, item), limit=1):
            continue
        if any(value is not None for value in state.raw.get_many(state.keys_by_account(MODULE, item, hotkeys, netuid))):
            return NotImplemented
    columns = []
    for keys in _keys(state, netuid, hotkeys):
        column = state.raw.column_of(keys)
        if column is not None:
            columns.append(column.words)
            continue
        data = b"".join([value or NOTHING for value in state.raw.get_many(keys)])
        columns.append(np.frombuffer(data, "<u8"))
    alpha, tao = columns
    if len(alpha) != len(hotkeys) or len(tao) != len(hotkeys) or (alpha >= LARGEST).any() or (tao >= LARGEST).any():
        return NotImplemented
    share = np.uint64(u64_share(state.get(MODULE, "TaoWeight")))
    lower = (tao & LOWER) * share
    return alpha + (tao >> SHARE_BITS) * share + (lower >> SHARE_BITS), (lower & LOWER) << SHARE_BITS


def _keys(state: Storage, netuid: int, hotkeys: Sequence[str]) -> list[list[bytes]]:
    """Storage keys of the stakes on the subnet and on root; made again only if the hotkeys change."""
    found: tuple[list[str], list[list[bytes]]] | None = state.layouts.get((STAKE_KEYS, str(netuid)))
    if found is None or found[0] != hotkeys:
        keys = [state.keys_by_account(MODULE, "TotalHotkeyAlpha", hotkeys, where) for where in (netuid, ROOT_NETUID)]
        found = state.layouts[STAKE_KEYS, str(netuid)] = (list(hotkeys), keys)
    return found[1]
