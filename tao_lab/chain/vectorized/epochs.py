"""The epoch of a subnet in compiled calls, and what it reads and writes as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, overload

import numpy as np

from tao_lab.chain.context import Context
from tao_lab.chain.events import encoded_event
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets.subtensor import epochs
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.rules import Rules
from tao_lab.chain.runtime import Runtime
from tao_lab.chain.state import Storage, StorageReader
from tao_lab.chain.vectorized.remembered import remember
from tao_lab.compiled import njit
from tao_lab.consensus import EpochInput, SparseRows
from tao_lab.consensus.vectorized import epoch
from tao_lab.economy import HotkeyEmission

Words = np.ndarray[Any, np.dtype[np.uint64]]

IN_HOOKS = "Initialization"  # the phase of an epoch's events
NO_EMISSIONS = b"\x00\x00"  # the end of the event: an empty list, and no topics


@epochs.epoch_terms.twin
def epoch_terms(ctx: Context, inputs: EpochInput) -> Any:
    """The epoch in one call; `NotImplemented` with liquid alpha, or if a student's rule decides."""
    terms = epoch.epoch_terms(inputs) if ctx.rules.epoch is Rules.epoch else None
    return NotImplemented if terms is None else terms


# --- from the state ---------------------------------------------------------------------------------------------


@epochs.seats.twin
def seats(state: StorageReader, netuid: int) -> Any:
    """Hotkey of each UID, read again only if a neuron was registered since."""
    return _remembered(state, "Keys", netuid, lambda: epochs.seats.readable(state, netuid))


@epochs.registered_at.twin
def registered_at(state: StorageReader, netuid: int, n: int) -> Any:
    """Block of registration of each UID, read again only if a neuron was registered since."""
    read = epochs.registered_at.readable
    return _remembered(state, "BlockAtRegistration", (netuid, n), lambda: read(state, netuid, n))


def _remembered(state: StorageReader, item: str, of: Any, read: Callable[[], Any]) -> Any:
    """What was read of an item, until any of its values is written; a copy, for the caller may change it."""
    if not isinstance(state, Storage):
        return NotImplemented
    values: dict[Any, Any] = remember(state, f"epochs' {item}", [], [(MODULE, item)], dict)
    if of not in values:
        values[of] = read()
    return values[of].copy()


@epochs.read_rows.twin
def read_rows(rows: list[bytes]) -> Any:
    """The entries of stored rows, decoded in one call; `NotImplemented` if one is cut off."""
    n, data = len(rows), np.frombuffer(b"".join(rows), np.uint8)
    starts, entries = np.zeros(n + 1, np.int64), np.empty((len(data) // epochs.ENTRY_BYTES, 2), np.uint16)
    count = decode_rows(data, starts, entries)
    if count < 0:
        return NotImplemented
    uids, values = entries[:count].T.astype(np.int64, order="C")
    return SparseRows(starts, uids, values)


@njit(cache=True)
def decode_rows(data: Any, starts: Any, entries: Any) -> Any:
    """Decode rows of (u16, u16), one after the other, without entries for UIDs that have no row.

    Returns:
        The number of entries; -1 if the data end within a row.
    """
    n, at, count, end = len(starts) - 1, 0, 0, len(data)
    for row in range(n):
        kind = 0 if at == end else data[at] & 3  # the two lowest bits of a compact number say how many bytes it has
        width = 1 if kind == 0 else 2 if kind == 1 else 4
        if at + width > end:
            return -1
        length = np.int64(0)
        for place in range(width - 1, -1, -1):
            length = length << 8 | np.int64(data[at + place])
        at += width
        if length >> 2 > (end - at) // 4:
            return -1
        for _ in range(length >> 2):
            uid = np.int64(data[at]) | np.int64(data[at + 1]) << 8
            if uid < n:
                entries[count, 0], entries[count, 1] = uid, np.int64(data[at + 2]) | np.int64(data[at + 3]) << 8
                count += 1
            at += 4
        starts[row + 1] = count
    return count


# --- what follows -----------------------------------------------------------------------------------------------


@epochs.tell_incentives.twin
def tell_incentives(ctx: Context, index: int, emission: Words) -> Any:
    """The bytes of the event, without the runtime's encoder."""
    if ctx.phase != IN_HOOKS:
        return NotImplemented
    head = _no_incentives(ctx.runtime, index).removesuffix(NO_EMISSIONS)
    ctx.events.append(b"".join((head, compact(len(emission)), emission.astype("<u8").tobytes(), NO_EMISSIONS[1:])))
    return None


@lru_cache(maxsize=256)
def _no_incentives(runtime: Runtime, index: int) -> bytes:
    content = {"netuid": index, "emissions": []}
    return encoded_event(runtime, IN_HOOKS, MODULE, "IncentiveAlphaEmittedToMiners", content)


@dataclass(frozen=True, eq=False)
class EmissionColumns(Sequence[HotkeyEmission]):
    """A list of `HotkeyEmission` as columns, rao (n,)."""

    hotkeys: Sequence[str]
    server: Words
    validator: Words

    @overload
    def __getitem__(self, place: int) -> HotkeyEmission: ...

    @overload
    def __getitem__(self, place: slice) -> list[HotkeyEmission]: ...

    def __getitem__(self, place: int | slice) -> HotkeyEmission | list[HotkeyEmission]:
        """One entry, or some of them."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return HotkeyEmission(self.hotkeys[place], int(self.server[place]), int(self.validator[place]))

    def __len__(self) -> int:
        """The number of hotkeys."""
        return len(self.hotkeys)


@epochs.by_hotkey.twin
def by_hotkey(hotkeys: dict[int, str], server: Words, validator: Words) -> Any:
    """The emission of each hotkey as columns; `NotImplemented` without hotkeys."""
    if not hotkeys:
        return NotImplemented
    names, uids = _by_key(tuple(hotkeys), tuple(hotkeys.values()))
    return EmissionColumns(names, server[uids], validator[uids])


@lru_cache(maxsize=256)
def _by_key(uids: tuple[int, ...], hotkeys: tuple[str, ...]) -> tuple[list[str], Any]:
    """Hotkeys in the order of their keys, and the UID of each; most subnets have the same as at the last epoch."""
    by_key = sorted(zip(hotkeys, uids, strict=True))
    return [hotkey for hotkey, _ in by_key], np.array([uid for _, uid in by_key], np.intp)
