"""Paying out an epoch at once: reads stakes, takes and owners of a subnet into a table, computes, writes columns.

It gives exactly the same result as `distribution.pay_out`. It leaves the work to that rule if a hotkey has parents or a
collateral, if an owner has chosen another hotkey for its incentives, under Null consensus, or if a number is too large
for the compiled rules. Then the state is unchanged.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tao_lab.chain.column import Column, Layout
from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor import distribution
from tao_lab.chain.pallets.subtensor.baskets import queue_dividends
from tao_lab.chain.pallets.subtensor.collateral import bonded_hotkeys
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, address
from tao_lab.chain.pallets.subtensor.null_consensus import is_null
from tao_lab.chain.pallets.subtensor.stake import count_stake
from tao_lab.chain.pallets.subtensor.tao import recycle_subnet_alpha
from tao_lab.chain.state import Storage
from tao_lab.chain.vectorized.columns import RaggedItemError, or_readable
from tao_lab.economy import HotkeyEmission, Pending
from tao_lab.economy.dividends import withheld_proportion
from tao_lab.economy.fixed128 import u64_share
from tao_lab.economy.vectorized.payout import FRACTION, HOTKEY, Table, divide_pots, pay
from tao_lab.units import U16_MAX, U64_MAX

PAYOUT = "payout"  # of the layouts that the state keeps
ACCOUNT_BYTES = 32
BY_SUBNET = {
    "rao": "TotalHotkeyAlpha",
    "shares": "TotalHotkeySharesV2",
    "last": "TotalHotkeyAlphaLastEpoch",
    "alpha_rest": "AlphaDividendsPerSubnet",
    "root_rest": "RootAlphaDividendsPerSubnet",
}
BY_HOTKEY = ("Owner", "Delegates")


@dataclass
class Payees:
    """The hotkeys and owners that are paid on a subnet, and their columns; made again only if they change.

    Attributes:
        hotkeys: Addresses, in the order of the keys.
        owners: Accounts of their coldkeys, or None where none is stored.
        coldkeys: Their addresses.
        accounts: The hotkeys' own accounts.
        columns: By field of the table.
        keys: Storage keys by item.
    """

    hotkeys: list[str]
    owners: list[bytes | None]
    coldkeys: list[str]
    accounts: list[bytes]
    columns: dict[str, Layout]
    keys: dict[str, list[bytes]]


@distribution.pay_out.twin
@or_readable
def pay_out_at_once(
    ctx: Context, netuid: int, pending: Pending, owner_cut: int, emission: Sequence[HotkeyEmission]
) -> Any:
    """Pay out a subnet; `NotImplemented` if it must be done hotkey by hotkey."""
    hotkeys = [entry.hotkey for entry in emission]
    payees = _payees(ctx.state, netuid, hotkeys)
    if payees is None or is_null(ctx.state, netuid) or bonded_hotkeys(ctx.state, netuid):
        return NotImplemented
    table, immune = np.zeros(len(hotkeys), HOTKEY), set(distribution.owner_hotkeys(ctx.state, netuid))
    _read(ctx, netuid, payees, emission, table)
    table["immune"] = [hotkey in immune for hotkey in hotkeys] if immune else 0
    pot = pending.validator if table["server"].any() else min(pending.validator + pending.server, U64_MAX)
    tao_weight = u64_share(ctx.state.get(MODULE, "TaoWeight"))
    computed, assigned = divide_pots(table, np.uint64(pot), np.uint64(pending.root), np.uint64(tao_weight))
    if not computed:
        return NotImplemented
    mark = ctx.mark()
    recycle_subnet_alpha(ctx, netuid, 0 if assigned else pending.root)
    distribution.pay_owner_cut(ctx, netuid, owner_cut)
    if not _pay(ctx, netuid, payees, table):
        ctx.rollback(mark)
        return NotImplemented
    return None


def _payees(state: Storage, netuid: int, hotkeys: list[str]) -> Payees | None:
    """The hotkeys to pay; None if one has parents, or its owner is paid on another hotkey."""
    found: Payees | None = state.layouts.get((PAYOUT, str(netuid)))
    if found is None or found.hotkeys != hotkeys or state.raw.get_many(found.keys["Owner"]) != found.owners:
        if len(set(hotkeys)) != len(hotkeys) or not hotkeys:
            return None
        found = state.layouts[PAYOUT, str(netuid)] = _new_payees(state, netuid, hotkeys)
    for item in ("ParentKeys", "AutoStakeDestination"):
        if any(value is not None for value in state.raw.get_many(found.keys[item])):
            return None
    return found


def _new_payees(state: Storage, netuid: int, hotkeys: list[str]) -> Payees:
    keys = {item: state.keys_by_account(MODULE, item, hotkeys) for item in BY_HOTKEY}
    keys["ParentKeys"] = state.keys_by_account(MODULE, "ParentKeys", hotkeys, netuid)
    keys["on_root"] = state.keys_by_account(MODULE, "Uids", hotkeys, ROOT_NETUID)
    keys["root"] = state.keys_by_account(MODULE, "TotalHotkeyAlpha", hotkeys, ROOT_NETUID)
    owners, nobody = state.raw.get_many(keys["Owner"]), state.runtime.item(MODULE, "Owner").default
    coldkeys = [address(nobody if owner is None else owner) for owner in owners]
    keys["AutoStakeDestination"] = state.keys_by_account(MODULE, "AutoStakeDestination", coldkeys, netuid)
    keys["StakingHotkeys"] = state.keys_by_account(MODULE, "StakingHotkeys", coldkeys)
    columns = {
        field: _layout(state, item, state.keys_by_account(MODULE, item, hotkeys, netuid))
        for field, item in BY_SUBNET.items()
    }
    pairs = zip(hotkeys, coldkeys, strict=True)
    shares = [state.key(MODULE, "AlphaV2", hotkey, coldkey, netuid) for hotkey, coldkey in pairs]
    columns["share"] = _layout(state, "AlphaV2", shares)
    accounts = [key[-ACCOUNT_BYTES:] for key in keys["Owner"]]
    return Payees(hotkeys, owners, coldkeys, accounts, columns, keys)


def _layout(state: Storage, item: str, keys: list[bytes]) -> Layout:
    described = state.runtime.item(MODULE, item)
    return Layout(described.prefix, keys, described.default)


def _column(ctx: Context, payees: Payees, field: str) -> Column:
    column = ctx.state.raw.column(payees.columns[field])
    if column is None:
        raise RaggedItemError(BY_SUBNET.get(field, field))
    return column


def _read(ctx: Context, netuid: int, payees: Payees, emission: Sequence[HotkeyEmission], table: Table) -> None:
    """Read the values by which the pots are divided, and make sure that all columns exist."""
    for field in payees.columns:
        _column(ctx, payees, field)
    raw, keys = ctx.state.raw, payees.keys
    table["server"] = [entry.server for entry in emission]
    table["validator"] = [entry.validator for entry in emission]
    table["alpha"] = _column(ctx, payees, "rao").words
    none = bytes(8)
    root = b"".join([none if value is None else value for value in raw.get_many(keys["root"])])
    usual = ctx.state.runtime.item(MODULE, "Delegates").default
    takes = b"".join([usual if value is None else value for value in raw.get_many(keys["Delegates"])])
    if len(root) != 8 * len(table) or len(takes) != 2 * len(table):
        raise RaggedItemError("TotalHotkeyAlpha or Delegates")
    table["root"] = np.frombuffer(root, "<u8")
    table["take"] = (np.frombuffer(takes, "<u2").astype(np.uint64) << FRACTION) // np.uint64(U16_MAX)
    table["on_root"] = [value is not None for value in raw.get_many(keys["on_root"])]


def _pay(ctx: Context, netuid: int, payees: Payees, table: Table) -> bool:
    """Change the stakes and store what was paid; False if it could not be computed."""
    state, raw = ctx.state, ctx.state.raw
    stakes = {field: _column(ctx, payees, field) for field in ("rao", "shares", "share")}
    for field, column in stakes.items():
        table[field] = column.words
    before = table["rao"].copy()
    if not pay(table):
        return False
    _withhold(ctx, netuid, table)
    _remember_hotkeys(ctx, payees, table)
    for field, column in stakes.items():
        differs = column.words != table[field]
        where = differs if differs.ndim == 1 else differs.any(axis=1)
        if where.any():
            raw.write_column(column, _bytes(table, field), where)
    count_stake(ctx, netuid, sum(table["rao"].tolist()) - sum(before.tolist()))
    for field, item in (("alpha_rest", "AlphaDividendsPerSubnet"), ("root_rest", "RootAlphaDividendsPerSubnet")):
        column = _column(ctx, payees, field)
        _forget_others(state, item, netuid, column)
        _write_unless_zero(state, column, table, field)
    _write_unless_zero(state, _column(ctx, payees, "last"), table, "last")
    rests = zip(payees.hotkeys, table["root_rest"].tolist(), strict=True)
    queue_dividends(ctx, netuid, [(hotkey, rest) for hotkey, rest in rests if rest])
    return True


def _write_unless_zero(state: Storage, column: Column, table: Table, field: str) -> None:
    """Write amounts in rao; an entry that would be zero is removed."""
    there = table[field] != 0
    for place in np.flatnonzero(column.present & ~there).tolist():
        state.raw.remove(column.layout.keys[place])
    state.raw.write_column(column, _bytes(table, field), there)


def _bytes(table: Table, field: str) -> Any:
    return np.ascontiguousarray(table[field]).view(np.uint8).reshape(len(table), -1)


def _withhold(ctx: Context, netuid: int, table: Table) -> None:
    """Burn or recycle the incentives of the owner's hotkeys, and store their part of all incentives."""
    state, incentives = ctx.state, table["server"].tolist()
    remove = distribution.remover(state, netuid)
    withheld = table["server"][table["immune"] != 0].tolist()
    for incentive in withheld:
        remove(ctx, netuid, incentive)
    state.put(MODULE, "MinerBurned", netuid, {"bits": withheld_proportion(sum(withheld), sum(incentives))})


def _remember_hotkeys(ctx: Context, payees: Payees, table: Table) -> None:
    """Add a hotkey to its owner's list (`StakingHotkeys`) when it is paid for the first time.

    All incentives are paid before the first dividend, so an owner's miners come before their validators.
    """
    incentives = np.where(table["immune"], 0, table["server"])
    dividends = table["alpha_take"] | np.where(table["staked"], table["alpha_rest"], 0)
    paid = [np.flatnonzero(amounts).tolist() for amounts in (incentives, dividends, table["root_take"])]
    places = list(dict.fromkeys(itertools.chain(*paid)))
    lists = ctx.state.raw.get_many([payees.keys["StakingHotkeys"][i] for i in places])
    for place, value in zip(places, lists, strict=True):
        at = -1 if value is None else value.find(payees.accounts[place])
        if value is None or at < 0 or (len(value) - at) % ACCOUNT_BYTES:
            hotkey, coldkey = payees.hotkeys[place], payees.coldkeys[place]
            staked_on = ctx.state.get(MODULE, "StakingHotkeys", coldkey)
            if hotkey not in staked_on:
                ctx.state.put(MODULE, "StakingHotkeys", coldkey, [*staked_on, hotkey])


def _forget_others(state: Storage, item: str, netuid: int, column: Column) -> None:
    """Remove the entries of hotkeys that got something at the last pay-out and nothing now."""
    there = state.raw_keys(state.key(MODULE, item, netuid))
    if len(there) != int(column.present.sum()):
        for key in set(there).difference(column.layout.keys):
            state.raw.remove(key)
