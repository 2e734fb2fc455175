"""Stake of all hotkeys of a subnet as consensus counts it, at once, where nobody has children or parents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tao_lab.chain.pallets.subtensor import epochs
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.state import Storage, StorageReader
from tao_lab.economy.fixed128 import u64_share

SHARE_BITS, LOWER = np.uint64(32), np.uint64((1 << 32) - 1)
LARGEST = np.uint64(1 << 62)  # rao
NOTHING = bytes(8)
STAKE_KEYS = "stake keys"  # of what the state keeps


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
