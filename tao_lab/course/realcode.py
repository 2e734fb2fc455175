"""The names of a lab's values on the real chain: storage items, read from its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bittensor_core import ss58_encode

from tao_lab.cards import Card, Grid, Text
from tao_lab.chain.runtime import SPEC_NAME, SPEC_VERSION, SS58_FORMAT, load_runtime

KEYS = {0: "", 1: "netuid", 2: "netuid, uid"}
LONGEST = 30  # characters of a default
NOBODY = ss58_encode(bytes(32), SS58_FORMAT)  # the default value of an account


@dataclass(frozen=True)
class StorageName:
    """A storage item of the real chain, and its meaning in the words of the lab.

    Attributes:
        name: of the item.
        meaning: in the words of the lab.
        pallet: its pallet.
        keys: its keys; empty if they are the usual ones (subnet, or subnet and UID).
    """

    name: str
    meaning: str
    pallet: str = "SubtensorModule"
    keys: str = ""


def storage_card(names: Sequence[StorageName]) -> Card:
    """A table of storage items with their keys and default values.

    Raises:
        BadValue: the real chain has no such item.
    """
    runtime = load_runtime()
    pallets = list(dict.fromkeys(entry.pallet for entry in names))
    rows = []
    for entry in names:
        item = runtime.item(entry.pallet, entry.name)
        default = "none" if item.optional else _plain(runtime.core.decode(item.value_type, item.default))
        name = entry.name if len(pallets) == 1 else f"{entry.pallet}.{entry.name}"
        rows.append([f"`{name}`", entry.keys or KEYS[item.arity], default, entry.meaning])
    where = f"Pallet `{pallets[0]}`; names" if len(pallets) == 1 else "`Pallet.Item`; names"
    said = Text(f"{where} and defaults come from the metadata of {SPEC_NAME} {SPEC_VERSION}.")
    grid = Grid(rows, ("item", "keys", "default", "what it holds"))
    return Card("info", "On the real chain", "storage items of this lab", (said, grid))


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        name, first = next(iter(value.items()))
        return f"{name} {_plain(first)}, …" if len(value) > 1 else f"{name} {_plain(first)}"
    if value == NOBODY:
        return "nobody"
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
