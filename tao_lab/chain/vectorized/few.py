"""Twins for one subnet or a few: a chain with a handful of subnets is the lab's usual one.

For few subnets, making the arrays of columns takes longer than the work itself. So here the schedule is computed subnet
by subnet, as in the readable rules. Emission reads its input of each subnet into one row of bytes, runs the compiled
functions on it, and writes the changed values back.

What was computed from items that nobody has written since is used again (`remembered`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.balances import EXISTENTIAL_DEPOSIT
from tao_lab.chain.pallets.subtensor import block_step, registration, run_coinbase, tempo
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import change_total_stake
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, recycle_credit
from tao_lab.chain.rules import Rules
from tao_lab.chain.runtime import Runtime
from tao_lab.chain.state import RawState, Storage
from tao_lab.chain.vectorized.emission import (
    ALWAYS_WRITTEN,
    AMOUNT_BYTES,
    CHANGED,
    OPEN_ITEMS,
    READ_ONLY,
    RULES,
    block_gate_words,
    deposit_event,
    have_pools,
    moving_alpha,
    scalars,
)
from tao_lab.chain.vectorized.remembered import Remembered, kept_for, remember, unless_at_rest
from tao_lab.chain.vectorized.schedule import COUNTS, LAST_EPOCHS, PRICE_ITEMS, SCHEDULE, WORK_ITEMS
from tao_lab.economy.registration_price import FACTOR_BITS, decay_factor
from tao_lab.economy.vectorized.emission import SUBNET, Table, emit, settle
from tao_lab.economy.work import difficulty_bounds
from tao_lab.units import U64_MAX

FEW = 4  # subnets; with more of them columns are faster
ITEMS = {**READ_ONLY, **CHANGED, **ALWAYS_WRITTEN, "root_prop": (MODULE, "RootProp")}
READ = {*READ_ONLY, *CHANGED, "quote_weight"}
FREE = slice(16, 24)  # of the bytes of System.Account: after the nonce and three counts of references
KEPT = "emission of few"  # key in the context for the rows that `settle` uses


# --- the schedule, and the price of a place -----------------------------------------------------------------------


@registration.lower_prices.twin_for_few
def lower_prices(ctx: Context, netuids: list[int]) -> Any:
    """`registration_price` of a block on each subnet, unless a student's rule decides."""
    if len(netuids) > FEW + 1 or ctx.rules.registration_price is not Rules.registration_price:
        return NotImplemented
    unless_at_rest(ctx, "prices", netuids, PRICE_ITEMS, lambda: _lower_prices(ctx, netuids))
    return None


def _lower_prices(ctx: Context, netuids: list[int]) -> None:
    get = ctx.state.get
    terms = remember(
        ctx.state,
        "terms of prices",
        netuids,
        PRICE_ITEMS[1:],
        lambda: [registration.price_terms(ctx.state, each) for each in netuids],
    )
    for netuid, each in zip(netuids, terms, strict=True):
        before = get(MODULE, "Burn", netuid)
        after = min(max(before * decay_factor(each.half_life) >> FACTOR_BITS, each.min_burn), each.max_burn)
        if after != before:
            ctx.state.put(MODULE, "Burn", netuid, after)


@registration.lower_difficulties.twin_for_few
def lower_difficulties(ctx: Context, netuids: list[int]) -> Any:
    """The difficulty falls as the price does; root has no difficulty."""
    if len(netuids) > FEW + 1 or ctx.block <= 1:  # the first block only keeps it within its limits
        return NotImplemented
    unless_at_rest(ctx, "difficulties", netuids, WORK_ITEMS, lambda: _lower_difficulties(ctx, netuids))
    return None


def _lower_difficulties(ctx: Context, netuids: list[int]) -> None:
    get = ctx.state.get
    for netuid in netuids:
        if netuid == ROOT_NETUID:
            continue
        before, factor = get(MODULE, "Difficulty", netuid), decay_factor(get(MODULE, "BurnHalfLife", netuid))
        low, high = difficulty_bounds(get(MODULE, "MinDifficulty", netuid), get(MODULE, "MaxDifficulty", netuid))
        registration.set_difficulty(ctx, netuid, min(max(before * factor >> FACTOR_BITS, low), high))


@registration.count_anew.twin_for_few
def count_anew(ctx: Context, netuids: list[int]) -> Any:
    """Set the number of registrations in this block to 0."""
    if len(netuids) > FEW:
        return NotImplemented
    unless_at_rest(ctx, "counts", netuids, COUNTS, lambda: registration.count_anew.readable(ctx, netuids))
    return None


@run_coinbase.subnets_to_emit_to.twin_for_few
def subnets_to_emit_to(ctx: Context, netuids: list[int]) -> Any:
    """Subnets that have been started, trade, and are open for registration."""
    if len(netuids) > FEW:
        return NotImplemented
    readable = run_coinbase.subnets_to_emit_to.readable
    return list(remember(ctx.state, "open", netuids, OPEN_ITEMS, lambda: readable(ctx, netuids)))


@block_step.stepped.twin_for_few
def stepped(ctx: Context, netuids: list[int]) -> Any:
    """Subnets whose epoch ran or was skipped in this block."""
    if len(netuids) > FEW:
        return NotImplemented
    get = ctx.state.get
    last = remember(ctx.state, "epochs", netuids, LAST_EPOCHS, lambda: [get(*LAST_EPOCHS[0], each) for each in netuids])
    return [netuid for netuid, block in zip(netuids, last, strict=True) if block == ctx.block]


@tempo.count_block.twin_for_few
def count_block(ctx: Context, netuids: list[int]) -> Any:
    """Count the block for every subnet; returns those whose epoch is due."""
    if len(netuids) > FEW:
        return NotImplemented
    state, due = ctx.state, []
    get = state.get
    terms = remember(
        state, "schedule", netuids, SCHEDULE, lambda: [[get(*item, each) for item in SCHEDULE] for each in netuids]
    )
    for netuid, (period, pending, last) in zip(netuids, terms, strict=True):
        since = min(get(MODULE, "BlocksSinceLastStep", netuid) + 1, period + 1)
        state.put(MODULE, "BlocksSinceLastStep", netuid, since)
        if period and (0 < pending <= ctx.block or since > period or ctx.block - last >= period):
            due.append(netuid)
    return due


# --- emission ---------------------------------------------------------------------------------------------------


ROW_ITEMS = [ITEMS[name] for name in sorted(READ)]


@dataclass(frozen=True)
class Field:
    """A part of a row.

    Attributes:
        key: Storage key of the value.
        default: Bytes for a value that is not stored.
        place: Position of the value in the row.
        is_read: Whether it is read before emission; otherwise it starts as zeros.
    """

    key: bytes
    default: bytes
    place: slice
    is_read: bool


@dataclass(frozen=True)
class SubnetLayout:
    """The positions of a subnet's values in a row, and their keys in the state."""

    netuid: int
    account: bytes  # storage key of `System.Account`
    fields: dict[str, Field]

    def row(self, state: Storage) -> bytes:
        """The row of the state's values; its length is wrong if a value is not as wide as it should be."""
        get = state.raw.get
        parts = [(get(each.key) or each.default) if each.is_read else each.default for each in self.fields.values()]
        return self.netuid.to_bytes(SUBNET["netuid"].itemsize, "little") + b"".join(parts)


@lru_cache(maxsize=64)
def layout_of(runtime: Runtime, netuid: int) -> SubnetLayout:
    """The layout of a subnet's row."""
    state, fields = Storage(runtime, RawState()), {}  # used only to make keys
    for name in SUBNET.names or ():
        if name in ITEMS:
            field, begin = SUBNET.fields[name][:2]  # type: ignore[index]  # it has names
            default = runtime.item(*ITEMS[name]).default if name in READ else bytes(field.itemsize)
            place = slice(begin, begin + field.itemsize)
            fields[name] = Field(state.key(*ITEMS[name], netuid), default, place, name in READ)
    return SubnetLayout(netuid, state.key("System", "Account", account_of_netuid(netuid)), fields)


class _Rows:
    """The rows of some subnets, one after the other.

    Attributes:
        layouts: Their positions and keys, subnet by subnet.
        data: The rows; emission and `settle` work on them.
        table: The same memory as a table.
    """

    def __init__(self, state: Storage, layouts: list[SubnetLayout]) -> None:
        self.layouts = layouts
        self.data = bytearray(b"".join([layout.row(state) for layout in layouts]))
        self.is_whole = len(self.data) == len(layouts) * SUBNET.itemsize
        self.table: Table = np.frombuffer(self.data if self.is_whole else b"", SUBNET)
        self._changed, self._always, self._settled = (
            self._places(names) for names in (CHANGED, ALWAYS_WRITTEN, ("moving_price", "root_prop"))
        )

    def _places(self, names: Iterable[str]) -> list[tuple[bytes, slice]]:
        """Key and position of each of these fields of each subnet."""
        found = []
        for name in names:
            for number, layout in enumerate(self.layouts):
                field, start = layout.fields[name], number * SUBNET.itemsize
                found.append((field.key, slice(start + field.place.start, start + field.place.stop)))
        return found

    def write_emission(self, state: Storage, before: bytes) -> None:
        """Put what emission gives into the state; `before` are the rows before it."""
        put, after = state.raw.put, bytes(self.data)
        for key, place in self._changed:
            value = after[place]
            if value != before[place]:
                put(key, value)
        for key, place in self._always:
            put(key, after[place])

    def write_settled(self, state: Storage) -> None:
        """Put moving prices and root's weights into the state."""
        for key, place in self._settled:
            state.raw.put(key, bytes(self.data[place]))


@run_coinbase.emit_to_subnets.twin_for_few
def emit_to_few(ctx: Context, netuids: list[int], credit: int) -> Any:
    """Emission of a block to few subnets; `NotImplemented` where they are many.

    What rows cannot do, columns cannot either: then the readable rule does it.

    Args:
        ctx: Block under construction.
        netuids: Subnets that emission goes to, in the order of the chain.
        credit: Rao of TAO that this block has issued.
    """
    ctx.kept.pop(KEPT, None)
    if len(netuids) > FEW:
        return NotImplemented
    if any(getattr(ctx.rules, name) is not getattr(Rules, name) for name in RULES) or not _emit(ctx, netuids, credit):
        run_coinbase.emit_to_subnets.readable(ctx, netuids, credit)
    return None


def _emit(ctx: Context, netuids: list[int], credit: int) -> bool:
    """Emission by the lab's own rules; False, and nothing written, where rows cannot do it."""
    if not netuids:
        recycle_credit(ctx, credit)
        return True
    state, get = ctx.state, ctx.state.raw.get
    kept = kept_for(state, KEPT, netuids, ROW_ITEMS)
    if not kept.watch.fresh:
        kept.value = _Rows(state, [layout_of(ctx.runtime, netuid) for netuid in netuids])
    kept.watch.fresh = False  # until the rows are written
    rows: _Rows = kept.value
    accounts = [get(layout.account) or b"" for layout in rows.layouts]
    if not (rows.is_whole and have_pools(state, netuids)):
        return False
    if any(int.from_bytes(account[FREE], "little") < EXISTENTIAL_DEPOSIT for account in accounts):
        return False
    before = bytes(rows.data)
    if not emit(rows.table, np.uint64(credit), *scalars(ctx), block_gate_words(ctx, rows.table)):
        return False
    rows.write_emission(state, before)
    kept.watch.fresh = True
    spent = _pay_accounts(ctx, rows, accounts)
    change_total_stake(ctx, spent)
    recycle_credit(ctx, credit - spent)
    _remember_emission(ctx, netuids, rows.table["alpha_out"].tolist())
    ctx.kept[KEPT] = kept
    return True


def _pay_accounts(ctx: Context, rows: _Rows, accounts: list[bytes]) -> int:
    """Put the TAO of chain buys and injections into the accounts, an event for each; returns the rao."""
    spent, table = 0, rows.table
    amounts = zip(rows.layouts, accounts, table["excess_tao"].tolist(), table["tao_in"].tolist(), strict=True)
    for layout, account, excess, tao_in in amounts:
        if excess or tao_in:
            free = int.from_bytes(account[FREE], "little") + excess + tao_in
            paid = account[: FREE.start] + free.to_bytes(AMOUNT_BYTES, "little") + account[FREE.stop :]
            ctx.state.raw.put(layout.account, paid)
        before, after = deposit_event(ctx.runtime, layout.netuid)
        ctx.events += [before + rao.to_bytes(AMOUNT_BYTES, "little") + after for rao in (excess, tao_in) if rao]
        spent += excess + tao_in
    return spent


def _remember_emission(ctx: Context, netuids: list[int], alpha_out: list[int]) -> None:
    """The same as `remember_emission`, without arrays."""
    stored = ctx.state.get(MODULE, "BlockEmission")
    if any(rao != stored for rao in alpha_out):
        ctx.state.put(MODULE, "BlockEmission", max(zip(netuids, alpha_out, strict=True))[1])


@run_coinbase.settle.twin_for_few
def settle_few(ctx: Context, netuids: list[int]) -> Any:
    """Moving prices and root's weights after emission and pay-outs; `NotImplemented` if emission stored no rows."""
    kept: Remembered | None = ctx.kept.pop(KEPT, None)
    if kept is None:
        return NotImplemented
    state = ctx.state
    if not kept.watch.fresh:  # pay-outs
        kept.value = _Rows(state, kept.value.layouts)
    kept.watch.fresh = False  # until the rows are written
    rows: _Rows = kept.value
    root_tao, tao_weight, _ = scalars(ctx)
    alpha = moving_alpha(state)
    if not 0 <= alpha <= U64_MAX:
        return NotImplemented
    if not settle(rows.table, np.uint64(ctx.block), root_tao, tao_weight, np.uint64(alpha)):
        return NotImplemented
    rows.write_settled(state)
    kept.watch.fresh = True
    return None
