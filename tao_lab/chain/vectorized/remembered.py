"""What was computed from some items of the state is used again until one of them is written (`Watch`).

In most blocks nobody changes a hyperparameter, and prices have fallen as low as they may. So a rule that changed
nothing in one block rests until somebody writes what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tao_lab.chain.context import Context
from tao_lab.chain.merkle import PREFIX_BYTES
from tao_lab.chain.pallets.subtensor.lookups import MODULE, NETUID_BYTES
from tao_lab.chain.state import Part, Storage, Watch

Value = TypeVar("Value")
Items = Sequence[tuple[str, str]]  # pallet and item


FIRST, LAST = slice(PREFIX_BYTES, PREFIX_BYTES + NETUID_BYTES), slice(-NETUID_BYTES, None)  # of the bytes of a key


def watch_subnet(state: Storage, netuid: int, items: Sequence[str], by_account: Sequence[str] = ()) -> Watch:
    """A watch over a subnet's values of some items.

    Args:
        state: The state.
        netuid: The subnet.
        items: Items with the key netuid, or netuid and something else; the netuid must not be hashed then.
        by_account: Items with the keys account and netuid.
    """
    part, places = netuid.to_bytes(NETUID_BYTES, "little"), []
    for name in (*items, *by_account):
        item = state.runtime.item(MODULE, name)
        last = item.arity == 1 or name in by_account  # no hash is behind a key itself
        places.append(Part(item.prefix, LAST if last else FIRST, part))
    return state.raw.watch(places)


@dataclass
class Remembered:
    """A value, the subnets it was computed for, and a watch over the items it was computed from."""

    watch: Watch
    netuids: list[int]
    value: Any = None


def kept_for(state: Storage, name: str, netuids: list[int], items: Items) -> Remembered:
    """What is remembered under a name; its watch is stale if it was for other subnets, or there is nothing yet."""
    found: Remembered | None = state.remembered.get(name)
    if found is None:
        watch = state.raw.watch(state.runtime.item(*item).prefix for item in items)
        found = state.remembered[name] = Remembered(watch, netuids)
    elif found.netuids is not netuids and found.netuids != netuids:
        found.watch.fresh, found.netuids = False, netuids
    return found


def remember(state: Storage, name: str, netuids: list[int], items: Items, compute: Callable[[], Value]) -> Value:
    """What `compute` gives; once for these subnets, until one of the items that it reads is written."""
    kept = kept_for(state, name, netuids, items)
    if not kept.watch.fresh:
        kept.value = compute()
        kept.watch.fresh = True
    value: Value = kept.value
    return value


def unless_at_rest(ctx: Context, name: str, netuids: list[int], items: Items, step: Callable[[], Any]) -> None:
    """Carry out a step that depends on these items only, unless it changed nothing last time and none was written."""
    kept = kept_for(ctx.state, name, netuids, items)
    if not kept.watch.fresh:
        mark, _ = ctx.mark()
        step()
        kept.watch.fresh = not ctx.state.raw.has_changed(mark)


def is_at_rest(state: Storage, name: str, netuids: list[int]) -> bool:
    """Whether the step of this name changed nothing when it was last carried out, and would change nothing now."""
    found: Remembered | None = state.remembered.get(name)
    return found is not None and found.watch.fresh and found.netuids == netuids
