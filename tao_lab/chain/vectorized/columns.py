"""Items of the state as numpy columns: one value for each subnet, read and written together.

A rule that goes over all subnets would otherwise look up, decode and encode every value on its own. A column is the
same bytes: what nobody wrote has the metadata's default, and only values that changed are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tao_lab.chain.state import Storage

Column = np.ndarray[Any, np.dtype[Any]]

MOST_KEPT = 512  # columns of keys
DTYPES: dict[int, Any] = {
    1: np.dtype("u1"),
    2: np.dtype("u2"),
    4: np.dtype("u4"),
    8: np.dtype("u8"),
    16: np.dtype(("u8", (2,))),
}


class Columns:
    """Columns over a list of subnets."""

    def __init__(self, state: Storage, netuids: Sequence[int]) -> None:
        self._state, self._netuids = state, tuple(netuids)

    def keys(self, pallet: str, name: str) -> list[bytes]:
        """Storage keys of an item, one for each subnet."""
        cache = self._state.column_keys
        found = cache.get((pallet, name, self._netuids))
        if found is None:
            if len(cache) > MOST_KEPT:
                cache.clear()
            found = [self._state.key(pallet, name, netuid) for netuid in self._netuids]
            cache[(pallet, name, self._netuids)] = found
        return found

    def written(self, pallet: str, name: str) -> Column:
        """Bool (n,): whether something is written there."""
        return np.array([value is not None for value in self._state.raw.get_many(self.keys(pallet, name))], np.bool_)

    def read(self, pallet: str, name: str) -> Column:
        """Values of an item of 1, 2, 4, 8 or 16 bytes: unsigned (n,), or (n, 2) with the low word first."""
        item = self._state.runtime.item(pallet, name)
        values = self._state.raw.get_many(self.keys(pallet, name))
        data = b"".join([item.default if value is None else value for value in values])
        width = len(data) // max(len(values), 1)
        return np.frombuffer(data, DTYPES[width or 8])

    def write(self, pallet: str, name: str, values: Column, where: Column | None = None) -> None:
        """Write values of the item's width, all of them or those `where` says."""
        keys, data = self.keys(pallet, name), np.ascontiguousarray(values).tobytes()
        width = max(len(data) // max(len(keys), 1), 1)
        if where is None:
            chunks = [data[at : at + width] for at in range(0, len(data), width)]
        else:
            places = np.flatnonzero(where).tolist()
            keys, chunks = [keys[i] for i in places], [data[i * width : (i + 1) * width] for i in places]
        self._state.raw.put_many(keys, chunks)
