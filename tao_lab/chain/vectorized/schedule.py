"""What happens to every subnet in every block, on columns: the schedule of epochs, and the price of a place."""

from __future__ import annotations

from typing import Any

import numpy as np

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor import block_step, lookups, registration, swap_hotkey, tempo
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.rules import Rules
from tao_lab.chain.state import Storage, StorageReader
from tao_lab.chain.vectorized.columns import Column, Columns, or_readable
from tao_lab.chain.vectorized.remembered import remember, unless_at_rest
from tao_lab.chain.vectorized.subnet_loops import count, lower
from tao_lab.economy.registration_price import decay_factor

PRICE_ITEMS = [(MODULE, item) for item in ("Burn", "BurnHalfLife", "MinBurn", "MaxBurn")]
WORK_ITEMS = [(MODULE, item) for item in ("Difficulty", "BurnHalfLife", "MinDifficulty", "MaxDifficulty")]
COUNTS = [(MODULE, "RegistrationsThisBlock")]
SCHEDULE = [(MODULE, item) for item in ("Tempo", "PendingEpochAt", "LastEpochBlock")]
SINCE = (MODULE, "BlocksSinceLastStep")
NEVER = np.uint64(tempo.NEVER)
SUBNETS = [(MODULE, "NetworksAdded")]
SWAPS = [(MODULE, item) for item in ("LastHotkeySwapOnNetuid", "StakeMoveCooldownUntil")]
HOTKEYS = [(MODULE, "Keys")]
LAST_EPOCHS = SCHEDULE[-1:]


@tempo.count_block.twin
@or_readable
def count_block(ctx: Context, netuids: list[int]) -> list[int]:
    """Count the block for every subnet; returns those whose epoch is due."""
    columns = Columns(ctx.state, netuids)
    most, due_at = remember(ctx.state, "schedule in columns", netuids, SCHEDULE, lambda: _terms(columns))
    since = columns.read(*SINCE)
    counted, due = np.empty_like(since), np.empty(len(since), np.int64)
    found = count(since, most, due_at, ctx.block, counted, due)
    columns.write(*SINCE, counted)
    return [netuids[place] for place in due[:found].tolist()] if found else []


def _terms(columns: Columns) -> tuple[Column, Column]:
    """Of each subnet the most that is counted, and the block of its next epoch."""
    period, pending, last = (columns.read(*item).astype(np.uint64) for item in SCHEDULE)
    by_tempo = last + period
    due_at = np.where(pending > 0, np.minimum(pending, by_tempo), by_tempo)
    return period + np.uint64(1), np.where(period > 0, due_at, NEVER)


@tempo.has_distinct_hotkeys.twin
def has_distinct_hotkeys(state: StorageReader, netuid: int) -> Any:
    """Whether no two UIDs of a subnet have the same hotkey; looked at again only after a registration."""
    if not isinstance(state, Storage):  # that of a past block
        return NotImplemented
    known: dict[int, bool] = remember(state, "distinct hotkeys", [], HOTKEYS, dict)
    if netuid not in known:
        known[netuid] = tempo.has_distinct_hotkeys.readable(state, netuid)
    return known[netuid]


@block_step.stepped.twin
@or_readable
def stepped(ctx: Context, netuids: list[int]) -> list[int]:
    """Subnets whose epoch ran or was skipped in this block."""
    last, newest = remember(ctx.state, "epochs in columns", netuids, LAST_EPOCHS, lambda: _last_epochs(ctx, netuids))
    if newest < ctx.block:
        return []
    return [netuids[place] for place in np.flatnonzero(last == ctx.block).tolist()]


def _last_epochs(ctx: Context, netuids: list[int]) -> tuple[Column, int]:
    last = Columns(ctx.state, netuids).read(*LAST_EPOCHS[0])
    return last, int(last.max(initial=0))


@lookups.all_netuids.twin
def all_netuids(state: StorageReader) -> Any:
    """Every subnet, looked up again only after one was added or removed."""
    if not isinstance(state, Storage):  # that of a past block
        return NotImplemented
    return list(remember(state, "subnets", [], SUBNETS, lambda: lookups.all_netuids.readable(state)))


@swap_hotkey.forget_old_swaps.twin
def forget_old_swaps(ctx: Context, netuids: list[int]) -> Any:
    """Nothing, as long as there is no record."""
    raw, runtime = ctx.state.raw, ctx.runtime
    return NotImplemented if any(raw.has_any(runtime.item(*item).prefix) for item in SWAPS) else None


@registration.lower_prices.twin
@or_readable
def lower_prices(ctx: Context, netuids: list[int]) -> Any:
    """`registration_price` of a block on every subnet, unless a student's rule decides."""
    if ctx.rules.registration_price is not Rules.registration_price:
        return NotImplemented
    unless_at_rest(ctx, "prices", netuids, PRICE_ITEMS, lambda: _lower_prices(ctx, netuids))
    return None


def _lower_prices(ctx: Context, netuids: list[int]) -> None:
    columns = Columns(ctx.state, netuids)
    terms = remember(
        ctx.state, "terms of prices in columns", netuids, PRICE_ITEMS[1:], lambda: _terms_of_prices(columns)
    )
    before = columns.read(*PRICE_ITEMS[0])
    after = np.empty_like(before)
    if lower(before, *terms, after):
        columns.write_changed(*PRICE_ITEMS[0], after)


def _terms_of_prices(columns: Columns) -> tuple[Column, Column, Column]:
    half_life, low, high = (columns.read(*item) for item in PRICE_ITEMS[1:])
    return _factors(half_life), low, high


@registration.lower_difficulties.twin
@or_readable
def lower_difficulties(ctx: Context, netuids: list[int]) -> Any:
    """The difficulty falls as the price does; root has no difficulty."""
    if ctx.block <= 1:  # the first block only keeps it within its limits
        return NotImplemented
    unless_at_rest(ctx, "difficulties", netuids, WORK_ITEMS, lambda: _lower_difficulties(ctx, netuids))
    return None


def _lower_difficulties(ctx: Context, netuids: list[int]) -> None:
    netuids = [netuid for netuid in netuids if netuid != ROOT_NETUID]
    columns = Columns(ctx.state, netuids)
    before, half_life, lowest, highest = (columns.read(*item) for item in WORK_ITEMS)
    low = np.maximum(lowest, np.uint64(1))  # `difficulty_bounds`
    after = np.empty_like(before)
    lower(before, _factors(half_life), low, np.maximum(highest, low), after)
    for place in np.flatnonzero(after != before).tolist():
        registration.set_difficulty(ctx, netuids[place], int(after[place]))


def _factors(half_lives: Column) -> Column:
    """The factor of each half-life, u16."""
    return np.array([decay_factor(blocks) for blocks in half_lives.tolist()], np.uint64)


@registration.count_anew.twin
@or_readable
def count_anew(ctx: Context, netuids: list[int]) -> None:
    """Set the number of registrations in this block to 0."""
    unless_at_rest(ctx, "counts", netuids, COUNTS, lambda: _count_anew(Columns(ctx.state, netuids)))


def _count_anew(columns: Columns) -> None:
    counts = columns.read(*COUNTS[0])
    columns.write(*COUNTS[0], np.zeros_like(counts), counts != 0)
