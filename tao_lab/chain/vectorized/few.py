"""Twins for one subnet or a few: a chain with a handful of subnets is the lab's usual one.

For few subnets, making the arrays of columns takes longer than the work itself. So here the schedule is computed subnet
by subnet, as in the readable rules. Emission reads its input of each subnet into one row of bytes, runs the compiled
functions on it, and writes the changed values back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.balances import EXISTENTIAL_DEPOSIT
from tao_lab.chain.pallets.subtensor import block_step, registration, run_coinbase, tempo
from tao_lab.chain.pallets.subtensor.emission_gate import block_gate
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import DYNAMIC, SWAP, change_total_stake
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, recycle_credit
from tao_lab.chain.rules import Rules
from tao_lab.chain.runtime import Runtime
from tao_lab.chain.state import RawState, Storage
from tao_lab.chain.twins import WithTwin
from tao_lab.chain.vectorized.emission import (
    ALWAYS_WRITTEN,
    AMOUNT_BYTES,
    CHANGED,
    READ_ONLY,
    RULES,
    deposit_event,
    gate_words,
    prices,
    remember_emission,
    scalars,
)
from tao_lab.economy.registration_price import FACTOR_BITS, decay_factor
from tao_lab.economy.vectorized.emission import SUBNET, Table, emit, settle
from tao_lab.economy.work import difficulty_bounds

FEW = 4  # subnets; with more of them columns are faster
ITEMS = {**READ_ONLY, **CHANGED, **ALWAYS_WRITTEN, "root_prop": (MODULE, "RootProp")}
READ = {*READ_ONLY, *CHANGED, "quote_weight"}
FREE = slice(16, 24)  # of the bytes of System.Account: after the nonce and three counts of references
KEPT = "emission of few"  # key in the context for the rows that `settle` uses


def _subnet_by_subnet(rule: WithTwin[[Context, list[int]], Any]) -> None:
    """Call the readable rule if there are few subnets."""

    def few(ctx: Context, netuids: list[int]) -> Any:
        return rule.readable(ctx, netuids) if len(netuids) <= FEW else NotImplemented

    rule.twin_for_few(few)


for each in (tempo.count_block, block_step.stepped, registration.count_anew, run_coinbase.subnets_to_emit_to):
    _subnet_by_subnet(each)


@registration.lower_prices.twin_for_few
def lower_prices(ctx: Context, netuids: list[int]) -> Any:
    """`registration_price` of a block on each subnet, unless a student's rule decides."""
    if len(netuids) > FEW or ctx.rules.registration_price is not Rules.registration_price:
        return NotImplemented
    get = ctx.state.get
    for netuid in netuids:
        before, factor = get(MODULE, "Burn", netuid), decay_factor(get(MODULE, "BurnHalfLife", netuid))
        after = max(before * factor >> FACTOR_BITS, get(MODULE, "MinBurn", netuid))
        after = min(after, get(MODULE, "MaxBurn", netuid))
        if after != before:
            ctx.state.put(MODULE, "Burn", netuid, after)
    return None


@registration.lower_difficulties.twin_for_few
def lower_difficulties(ctx: Context, netuids: list[int]) -> Any:
    """The difficulty falls as the price does; root has no difficulty."""
    if len(netuids) > FEW:
        return NotImplemented
    get = ctx.state.get
    for netuid in netuids:
        if netuid == ROOT_NETUID:
            continue
        before, factor = get(MODULE, "Difficulty", netuid), decay_factor(get(MODULE, "BurnHalfLife", netuid))
        low, high = difficulty_bounds(get(MODULE, "MinDifficulty", netuid), get(MODULE, "MaxDifficulty", netuid))
        after = min(max(before * factor >> FACTOR_BITS if ctx.block > 1 else before, low), high)
        if after != before:
            registration.set_difficulty(ctx, netuid, after)
    return None


# --- emission ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Field:
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
class _Layout:
    """The positions of a subnet's values in a row, and their keys in the state."""

    netuid: int
    account: bytes  # storage key of `System.Account`
    fields: dict[str, _Field]

    def row(self, state: Storage) -> bytes:
        """The row of the state's values; its length is wrong if a value is not as wide as it should be."""
        get = state.raw.get
        parts = [(get(each.key) or each.default) if each.is_read else each.default for each in self.fields.values()]
        return self.netuid.to_bytes(SUBNET["netuid"].itemsize, "little") + b"".join(parts)


@lru_cache(maxsize=64)
def _layout(runtime: Runtime, netuid: int) -> _Layout:
    state, fields = Storage(runtime, RawState()), {}  # used only to make keys
    for name in SUBNET.names or ():
        if name in ITEMS:
            field, begin = SUBNET.fields[name][:2]  # type: ignore[index]  # it has names
            default = runtime.item(*ITEMS[name]).default if name in READ else bytes(field.itemsize)
            place = slice(begin, begin + field.itemsize)
            fields[name] = _Field(state.key(*ITEMS[name], netuid), default, place, name in READ)
    return _Layout(netuid, state.key("System", "Account", account_of_netuid(netuid)), fields)


@dataclass
class _Emitted:
    """Subnets after the emission of a block: `table` is a view of `rows`."""

    layouts: list[_Layout]
    rows: bytearray
    table: Table

    def write(self, state: Storage, name: str, before: bytes | None = None) -> None:
        """Put a field of each subnet into the state; with `before`, only fields that differ from those rows."""
        for number, layout in enumerate(self.layouts):
            field, start = layout.fields[name], number * SUBNET.itemsize
            place = slice(start + field.place.start, start + field.place.stop)
            if before is None or before[place] != self.rows[place]:
                state.raw.put(field.key, bytes(self.rows[place]))


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
    state, layouts = ctx.state, [_layout(ctx.runtime, netuid) for netuid in netuids]
    accounts = [state.raw.get(layout.account) or b"" for layout in layouts]
    before = b"".join([layout.row(state) for layout in layouts])
    if len(before) != len(netuids) * SUBNET.itemsize or not _can_emit(state, netuids, accounts):
        return False
    rows = bytearray(before)
    table = np.frombuffer(rows, SUBNET)
    words = gate_words(block_gate(ctx, lambda: prices(table)))
    if not emit(table, np.uint64(credit), *scalars(ctx), words):
        return False
    emitted = _Emitted(layouts, rows, table)
    for name in CHANGED:
        emitted.write(state, name, before)
    for name in ALWAYS_WRITTEN:
        emitted.write(state, name)
    spent = _pay_accounts(ctx, emitted, accounts)
    change_total_stake(ctx, spent)
    recycle_credit(ctx, credit - spent)
    remember_emission(ctx, table)
    ctx.kept[KEPT] = emitted
    return True


def _can_emit(state: Storage, netuids: list[int], accounts: list[bytes]) -> bool:
    """Whether every subnet has an account and a pool of its own."""
    return all(
        len(account) >= FREE.stop
        and int.from_bytes(account[FREE], "little") >= EXISTENTIAL_DEPOSIT
        and state.get(MODULE, "SubnetMechanism", netuid) == DYNAMIC
        and state.get(SWAP, "PalSwapInitialized", netuid)
        for netuid, account in zip(netuids, accounts, strict=True)
    )


def _pay_accounts(ctx: Context, emitted: _Emitted, accounts: list[bytes]) -> int:
    """Put the TAO of chain buys and injections into the accounts, an event for each; returns the rao."""
    spent, table = 0, emitted.table
    amounts = zip(emitted.layouts, accounts, table["excess_tao"].tolist(), table["tao_in"].tolist(), strict=True)
    for layout, account, excess, tao_in in amounts:
        if excess or tao_in:
            free = int.from_bytes(account[FREE], "little") + excess + tao_in
            paid = account[: FREE.start] + free.to_bytes(AMOUNT_BYTES, "little") + account[FREE.stop :]
            ctx.state.raw.put(layout.account, paid)
        before, after = deposit_event(ctx.runtime, layout.netuid)
        ctx.events += [before + rao.to_bytes(AMOUNT_BYTES, "little") + after for rao in (excess, tao_in) if rao]
        spent += excess + tao_in
    return spent


@run_coinbase.settle.twin_for_few
def settle_few(ctx: Context, netuids: list[int]) -> Any:
    """Moving prices and root's weights after emission and pay-outs; `NotImplemented` if emission stored no rows."""
    emitted: _Emitted | None = ctx.kept.pop(KEPT, None)
    if emitted is None:
        return NotImplemented
    state, table = ctx.state, emitted.table
    table["outside"] = [state.get(*CHANGED["outside"], layout.netuid) for layout in emitted.layouts]  # after pay-outs
    moving_alpha = int(state.get(MODULE, "SubnetMovingAlpha")["bits"])
    root_tao, tao_weight, _ = scalars(ctx)
    if moving_alpha < 0 or not settle(table, np.uint64(ctx.block), root_tao, tao_weight, np.uint64(moving_alpha)):
        return NotImplemented
    for name in ("moving_price", "root_prop"):
        emitted.write(state, name)
    return None
