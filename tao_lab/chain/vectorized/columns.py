"""Items of the state as numpy columns: one value for each subnet, read and written together.

Without columns, a rule for all subnets would look up, decode and encode every single value. A column has the same bytes
as the state (`tao_lab.chain.column`); a value that is not stored has the metadata's default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec

import numpy as np

from tao_lab.chain.column import WORD_BYTES, Layout, numbers
from tao_lab.chain.column import Column as StateColumn
from tao_lab.chain.state import Storage

Column = np.ndarray[Any, np.dtype[Any]]

Found = dict[tuple[str, str], tuple[StateColumn, Any]]  # by item: its column, and the rows of a list of subnets

Given = ParamSpec("Given")
MOST_SELECTIONS = 64  # lists of subnets for which an item's rows are kept
FOUND = ("columns", "found")  # of what the state keeps: by list of subnets, the columns of each item
ALL = slice(None)


class RaggedItemError(Exception):
    """Values of an item are not all as wide as its default, or cut off."""


class SubnetLayout:
    """The layout of an item, for all subnets that were requested so far."""

    def __init__(self, state: Storage, pallet: str, name: str, netuids: Sequence[int]) -> None:
        item, keys = state.runtime.item(pallet, name), [state.key(pallet, name, netuid) for netuid in netuids]
        self.netuids = tuple(netuids)
        self.layout = Layout(item.prefix, keys, _absent(state, keys) if item.optional else item.default)
        self.rows: dict[tuple[int, ...], Any] = {self.netuids: ALL}

    def rows_of(self, netuids: tuple[int, ...]) -> Any:
        """Index of these subnets in the arrays; None if one is missing."""
        found = self.rows.get(netuids)
        if found is None and set(netuids) <= set(self.netuids):
            if len(self.rows) >= MOST_SELECTIONS:
                self.rows = {self.netuids: ALL}
            places = {netuid: row for row, netuid in enumerate(self.netuids)}
            found = self.rows[netuids] = np.array([places[netuid] for netuid in netuids], np.intp)
        return found


def _absent(state: Storage, keys: Sequence[bytes]) -> bytes:
    """The bytes for a missing value of an optional item: zeros, as many as a stored value has."""
    there = (value for value in state.raw.get_many(keys) if value is not None)
    return bytes(len(next(there, bytes(WORD_BYTES))))


class Columns:
    """Columns over a list of subnets.

    Every method raises `RaggedItemError` if a value of the item is not as wide as its default.
    """

    def __init__(self, state: Storage, netuids: Sequence[int]) -> None:
        self._state, self._netuids = state, tuple(netuids)
        self._found, self._made = _found(state, self._netuids)

    def find(self, pallet: str, name: str) -> tuple[StateColumn, Any]:
        """The column of an item, and the rows of the subnets in it."""
        if self._made != self._state.raw.columns_made:
            self._found, self._made = _found(self._state, self._netuids)
        found = self._found.get((pallet, name))
        if found is None:
            found = self._look_for(pallet, name)
            if self._made == self._state.raw.columns_made:
                self._found[pallet, name] = found
        return found

    def _look_for(self, pallet: str, name: str) -> tuple[StateColumn, Any]:
        layouts, item = self._state.layouts, (pallet, name)
        found: SubnetLayout | None = layouts.get(item)
        rows = None if found is None else found.rows_of(self._netuids)
        if found is None or rows is None:
            known = () if found is None else found.netuids
            new = [netuid for netuid in self._netuids if netuid not in known]
            found = layouts[item] = SubnetLayout(self._state, pallet, name, [*known, *new])
            rows = found.rows_of(self._netuids)
        column = self._state.raw.column(found.layout)
        if column is None:
            raise RaggedItemError(f"{pallet}.{name}")
        return column, rows

    def prepare(self, *items: tuple[str, str]) -> None:
        """Make sure that items can be written later."""
        for item in items:
            self.find(*item)

    def written(self, pallet: str, name: str) -> Column:
        """Bool (n,): whether a value is stored."""
        column, rows = self.find(pallet, name)
        return column.present[rows].copy() if rows is ALL else column.present[rows]

    def read(self, pallet: str, name: str) -> Column:
        """Values of an item of 1, 2, 4, 8 or 16 bytes: unsigned (n,), or (n, 2) with the low word first.

        Don't write into the array: it may be the column's own.
        """
        column, rows = self.find(pallet, name)
        return column.words[rows]

    def write_changed(self, pallet: str, name: str, values: Column) -> None:
        """Write the values that differ from the stored ones."""
        column, rows = self.find(pallet, name)
        if column.whole and rows is ALL:  # then it is the same to write all of them
            self.write(pallet, name, values)
            return
        differs = values.view(column.words.dtype) != column.words[rows]
        self.write(pallet, name, values, differs if differs.ndim == 1 else differs.any(axis=1))

    def write(self, pallet: str, name: str, values: Column, where: Column | None = None) -> None:
        """Write values of the item's width: all, or those for which `where` is true.

        Don't write into the array any more: the column may keep it.
        """
        column, rows = self.find(pallet, name)
        if where is not None and not where.any():
            return
        raw, data = self._state.raw, np.ascontiguousarray(values).view(np.uint8)
        if rows is ALL:
            data = data.reshape(column.data.shape)
            if where is None and column.whole:
                raw.write_columns([(column, data, numbers(data))])
                return
        else:
            data, where = _spread(column, rows, data.reshape(-1, column.layout.width), where)
        raw.write_column(column, data, where)


def _found(state: Storage, netuids: tuple[int, ...]) -> tuple[Found, int]:
    """The columns and rows of these subnets that were found since the state last made a column, and when that was."""
    made = state.raw.columns_made
    kept: tuple[int, dict[tuple[int, ...], Found]] | None = state.layouts.get(FOUND)
    if kept is None or kept[0] != made or len(kept[1]) >= MOST_SELECTIONS:
        kept = state.layouts[FOUND] = (made, {})
    return kept[1].setdefault(netuids, {}), made


def or_readable(twin: Callable[Given, Any]) -> Callable[Given, Any]:
    """Call the readable rule if values cannot be read as columns; the twin has written nothing then."""

    @wraps(twin)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Any:
        try:
            return twin(*args, **kwargs)
        except RaggedItemError:
            return NotImplemented

    return guarded


def _spread(column: StateColumn, rows: Column, data: Column, where: Column | None) -> tuple[Column, Column]:
    """Values and places of some rows, as those of all."""
    everywhere, places = column.data.copy(), np.zeros(len(column.present), np.bool_)
    everywhere[rows] = data
    places[rows] = True if where is None else where
    return everywhere, places
