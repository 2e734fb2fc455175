"""What a lab's parts are called on the real chain: storage items, read from its own metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tao_lab.chain.runtime import SPEC_NAME, SPEC_VERSION, load_runtime
from tao_lab.course.cards import Card, Grid, Text

KEYS = {0: "", 1: "netuid", 2: "netuid, uid"}


@dataclass(frozen=True)
class StorageName:
    """A storage item of `SubtensorModule`, and what it is in the words of the lab."""

    name: str
    meaning: str


def storage_card(names: Sequence[StorageName]) -> Card:
    """A table of storage items with their keys and the value that a new subnet begins with.

    Raises:
        BadValue: the real chain has no such item.
    """
    runtime = load_runtime()
    rows = []
    for entry in names:
        item = runtime.item("SubtensorModule", entry.name)
        default = runtime.core.decode(item.value_type, item.default)
        rows.append([f"`{entry.name}`", KEYS[item.arity], _plain(default), entry.meaning])
    said = Text(f"Pallet `SubtensorModule`; names and defaults come from the metadata of {SPEC_NAME} {SPEC_VERSION}.")
    grid = Grid(rows, ("item", "keys", "default", "what it holds"))
    return Card("info", "On the real chain", "storage items of this lab", (said, grid))


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
