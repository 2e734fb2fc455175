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

from tao_lab.chain.column import Column, Layout, Rows
from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor import distribution
from tao_lab.chain.pallets.subtensor.baskets import queue_dividends
from tao_lab.chain.pallets.subtensor.collateral import bonded_hotkeys
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, address
from tao_lab.chain.pallets.subtensor.null_consensus import is_null
from tao_lab.chain.pallets.subtensor.stake import count_stake
from tao_lab.chain.pallets.subtensor.tao import recycle_subnet_alpha
from tao_lab.chain.state import Storage, Watch
from tao_lab.chain.vectorized.columns import RaggedItemError, or_readable
from tao_lab.chain.vectorized.epochs import EmissionColumns
from tao_lab.chain.vectorized.remembered import watch_subnet
from tao_lab.chain.vectorized.stakes import column_of, copy_of, stakes_of
from tao_lab.economy import HotkeyEmission, Pending
from tao_lab.economy.dividends import withheld_proportion
from tao_lab.economy.fixed128 import u64_share
from tao_lab.economy.vectorized.payout import FRACTION, HOTKEY, Table, divide_pots, pay
from tao_lab.units import U16_MAX, U64_MAX

PAYOUT = "payout"  # of the layouts that the state keeps
UNREAD = object()
ACCOUNT_BYTES = 32
BY_SUBNET = {
    "shares": "TotalHotkeySharesV2",
    "last": "TotalHotkeyAlphaLastEpoch",
}
DIVIDENDS = {"alpha_rest": "AlphaDividendsPerSubnet", "root_rest": "RootAlphaDividendsPerSubnet"}
STAKED, PAID = ("rao", "shares", "share"), ("alpha_rest", "root_rest", "last")
BY_HOTKEY = ("Owner", "Delegates")
POTS = ("server", "validator")


SELDOM_WRITTEN = (
    "Owner",
    "Delegates",
    "ParentKeys",
    "AutoStakeDestination",
    "Uids",
    "OwnedHotkeys",
    "SubnetOwner",
    "SubnetOwnerHotkey",
    "BlockAtRegistration",
)


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
        watch: Over the items from which the following is read, except lists of hotkeys.
        lists: A watch over these lists: one of them grows every few tempos, and then only they are read again.
        others: A watch over the subnet's dividends, which tells that others may have some.
        elsewhere: Whether a hotkey has parents, or its owner is paid on another hotkey.
        table: Table of HOTKEY, with what seldom changes.
        immune: Places of the owner's miners.
        owners_lists: The lists of hotkeys (`StakingHotkeys`) that were read; UNREAD where none was.
        unlisted: Bool (n,): is not in its owner's list.
        all_listed: Whether each is.
        owner_place: Place of the owner's hotkey; None if the owner's cut goes to another stake.
    """

    hotkeys: Sequence[str]
    owners: list[bytes | None]
    coldkeys: list[str]
    accounts: list[bytes]
    columns: dict[str, Layout]
    keys: dict[str, list[bytes]]
    watch: Watch
    lists: Watch
    others: Watch
    elsewhere: bool = True
    table: Any = None
    immune: Any = None
    owners_lists: Sequence[Any] = ()
    unlisted: Any = None
    all_listed: bool = False
    owner_place: int | None = None


@distribution.pay_out.twin
@or_readable
def pay_out_at_once(
    ctx: Context, netuid: int, pending: Pending, owner_cut: int, emission: Sequence[HotkeyEmission]
) -> Any:
    """Pay out a subnet; `NotImplemented` if it must be done hotkey by hotkey."""
    columns = emission if isinstance(emission, EmissionColumns) else _columns_of(emission)
    payees = _payees(ctx.state, netuid, columns.hotkeys)
    if payees is None or is_null(ctx.state, netuid) or bonded_hotkeys(ctx.state, netuid):
        return NotImplemented
    stakes = stakes_of(ctx.state, netuid, columns.hotkeys)
    payees.columns["rao"] = stakes.on_subnet
    for layout in payees.columns.values():  # all of them can be written later
        column_of(ctx.state, layout)
    table = copy_of(payees.table)
    table["server"], table["validator"] = columns.server, columns.validator
    table["alpha"], table["root"] = column_of(ctx.state, stakes.on_subnet).words, stakes.on_root
    pot = pending.validator if columns.server.any() else min(pending.validator + pending.server, U64_MAX)
    tao_weight = u64_share(ctx.state.get(MODULE, "TaoWeight"))
    computed, assigned = divide_pots(table, np.uint64(pot), np.uint64(pending.root), np.uint64(tao_weight))
    if not computed:
        return NotImplemented
    mark = ctx.mark()
    recycle_subnet_alpha(ctx, netuid, 0 if assigned else pending.root)
    if payees.owner_place is None or _cut_moves_on(ctx.state, netuid):
        distribution.pay_owner_cut(ctx, netuid, owner_cut)
    else:
        table["cut"][payees.owner_place] = owner_cut
    if not _pay(ctx, netuid, payees, table):
        ctx.rollback(mark)
        return NotImplemented
    return None


def _columns_of(emission: Sequence[HotkeyEmission]) -> EmissionColumns:
    server, validator = (np.array([getattr(each, name) for each in emission], np.uint64) for name in POTS)
    return EmissionColumns([each.hotkey for each in emission], server, validator)


def _cut_moves_on(state: Storage, netuid: int) -> bool:
    """Whether the owner's cut is locked or shared once it is staked."""
    leased = state.get(MODULE, "SubnetUidToLeaseId", netuid) is not None
    return leased or bool(state.get(MODULE, "OwnerCutAutoLockEnabled", netuid))


def _payees(state: Storage, netuid: int, hotkeys: Sequence[str]) -> Payees | None:
    """The hotkeys to pay; None if one has parents, or its owner is paid on another hotkey."""
    found: Payees | None = state.layouts.get((PAYOUT, str(netuid)))
    same = found is not None and (found.hotkeys is hotkeys or found.hotkeys == hotkeys)
    if found is None or not same or not found.watch.fresh:
        if len(set(hotkeys)) != len(hotkeys) or not hotkeys:
            return None
        if found is None or not same or state.raw.get_many(found.keys["Owner"]) != found.owners:
            watches = _watches(state, netuid) if found is None else (found.watch, found.lists, found.others)
            for watch in watches:
                watch.fresh = False  # Ctrl-C may come before everything is read
            found = state.layouts[PAYOUT, str(netuid)] = _new_payees(state, netuid, hotkeys, watches)
        _read_seldom_written(state, netuid, found)
        found.watch.fresh = True
    found.hotkeys = hotkeys  # the same list is found sooner
    if not found.lists.fresh:
        _read_lists(state, found)
        found.lists.fresh = True
    return None if found.elsewhere else found


def _watches(state: Storage, netuid: int) -> tuple[Watch, Watch, Watch]:
    seldom = state.raw.watch(state.runtime.item(MODULE, item).prefix for item in SELDOM_WRITTEN)
    lists = state.raw.watch([state.runtime.item(MODULE, "StakingHotkeys").prefix])
    return seldom, lists, watch_subnet(state, netuid, list(DIVIDENDS.values()))


def _read_seldom_written(state: Storage, netuid: int, payees: Payees) -> None:
    raw, keys, hotkeys = state.raw, payees.keys, payees.hotkeys
    items = ("ParentKeys", "AutoStakeDestination")
    payees.elsewhere = any(value is not None for item in items for value in raw.get_many(keys[item]))
    usual = state.runtime.item(MODULE, "Delegates").default
    takes = b"".join([usual if value is None else value for value in raw.get_many(keys["Delegates"])])
    if len(takes) != 2 * len(hotkeys):
        raise RaggedItemError("Delegates")
    table = np.zeros(len(hotkeys), HOTKEY)
    table["take"] = (np.frombuffer(takes, "<u2").astype(np.uint64) << FRACTION) // np.uint64(U16_MAX)
    table["on_root"] = [value is not None for value in raw.get_many(keys["on_root"])]
    immune = set(distribution.owner_hotkeys(state, netuid))
    table["immune"] = [hotkey in immune for hotkey in hotkeys]
    payees.table, payees.immune = table, np.flatnonzero(table["immune"])
    payees.owner_place = _owner_place(state, netuid, payees)


def _read_lists(state: Storage, payees: Payees) -> None:
    """Look for each hotkey in its owner's list, where that is another one than before."""
    lists = state.raw.get_many(payees.keys["StakingHotkeys"])
    pairs = enumerate(zip(lists, payees.owners_lists, strict=True))
    places = [place for place, (now, before) in pairs if now is not before]
    payees.owners_lists = [UNREAD] * len(lists)  # until all are read
    for place in places:
        payees.unlisted[place] = not _is_listed(payees.accounts[place], lists[place])
    payees.all_listed, payees.owners_lists = not payees.unlisted.any(), lists


def _is_listed(account: bytes, value: bytes | None) -> bool:
    """Whether an account is in a stored list of accounts."""
    at = -1 if value is None else value.find(account)
    return value is not None and at >= 0 and (len(value) - at) % ACCOUNT_BYTES == 0


def _owner_place(state: Storage, netuid: int, payees: Payees) -> int | None:
    hotkey, coldkey = (
        state.get(MODULE, item, netuid) if state.exists(MODULE, item, netuid) else None
        for item in ("SubnetOwnerHotkey", "SubnetOwner")
    )
    place = payees.hotkeys.index(hotkey) if hotkey in payees.hotkeys else None
    return place if place is not None and payees.coldkeys[place] == coldkey else None


def _new_payees(state: Storage, netuid: int, hotkeys: Sequence[str], watches: tuple[Watch, Watch, Watch]) -> Payees:
    keys = {item: state.keys_by_account(MODULE, item, hotkeys) for item in BY_HOTKEY}
    keys["ParentKeys"] = state.keys_by_account(MODULE, "ParentKeys", hotkeys, netuid)
    keys["on_root"] = state.keys_by_account(MODULE, "Uids", hotkeys, ROOT_NETUID)
    owners, nobody = state.raw.get_many(keys["Owner"]), state.runtime.item(MODULE, "Owner").default
    coldkeys = [address(nobody if owner is None else owner) for owner in owners]
    keys["AutoStakeDestination"] = state.keys_by_account(MODULE, "AutoStakeDestination", coldkeys, netuid)
    keys["StakingHotkeys"] = state.keys_by_account(MODULE, "StakingHotkeys", coldkeys)
    columns = {
        field: _layout(state, item, state.keys_by_account(MODULE, item, hotkeys, netuid))
        for field, item in (BY_SUBNET | DIVIDENDS).items()
    }
    pairs = zip(hotkeys, coldkeys, strict=True)
    shares = [state.key(MODULE, "AlphaV2", hotkey, coldkey, netuid) for hotkey, coldkey in pairs]
    columns["share"] = _layout(state, "AlphaV2", shares)
    accounts = [key[-ACCOUNT_BYTES:] for key in keys["Owner"]]
    payees = Payees(hotkeys, owners, coldkeys, accounts, columns, keys, *watches)
    payees.owners_lists, payees.unlisted = [UNREAD] * len(hotkeys), np.ones(len(hotkeys), np.bool_)
    return payees


def _layout(state: Storage, item: str, keys: list[bytes]) -> Layout:
    described = state.runtime.item(MODULE, item)
    return Layout(described.prefix, keys, described.default)


def _pay(ctx: Context, netuid: int, payees: Payees, table: Table) -> bool:
    """Change the stakes and store what was paid; False if it could not be computed."""
    columns = {field: column_of(ctx.state, layout) for field, layout in payees.columns.items()}
    for field in STAKED:
        table[field] = columns[field].words
    before = columns["rao"].words
    if not pay(table):
        return False
    _withhold(ctx, netuid, payees, table)
    if not payees.all_listed and ((table["rao"] != before) & payees.unlisted).any():
        _remember_hotkeys(ctx, payees, table)
    for field in STAKED:
        _write(ctx.state, columns[field], table, field)
    count_stake(ctx, netuid, int(table["rao"].sum()) - int(before.sum()))
    if not payees.others.fresh:
        for field, item in DIVIDENDS.items():
            _forget_others(ctx.state, item, netuid, columns[field])
    for field in PAID:
        _write_unless_zero(ctx.state, columns[field], table, field)
    payees.others.fresh = True
    places = np.flatnonzero(table["root_rest"])
    if len(places):
        rests = zip(places.tolist(), table["root_rest"][places].tolist(), strict=True)
        queue_dividends(ctx, netuid, [(payees.hotkeys[place], rest) for place, rest in rests])
    return True


def _write(state: Storage, column: Column, table: Table, field: str) -> None:
    """Write stakes; one that is missing stays so if there is none now."""
    present = column.present
    if not column.whole:
        missing = np.flatnonzero(~present)
        new = missing[(column.words[missing] != table[field][missing]).reshape(len(missing), -1).any(axis=1)]
        if len(new):
            present = present.copy()
            present[new] = True
    state.raw.replace_column(column, Rows(_bytes(table, field), present))


def _write_unless_zero(state: Storage, column: Column, table: Table, field: str) -> None:
    """Write amounts in rao; an entry that would be zero is removed."""
    there = table[field] != 0
    present = column.present if (there == column.present).all() else there
    state.raw.replace_column(column, Rows(_bytes(table, field), present))


def _bytes(table: Table, field: str) -> Any:
    """Rows for a column: memory of their own, even if there is only one, because a column keeps it."""
    return table[field].copy().view(np.uint8).reshape(len(table), -1)


def _withhold(ctx: Context, netuid: int, payees: Payees, table: Table) -> None:
    """Burn or recycle the incentives of the owner's hotkeys, and store their part of all incentives."""
    state, incentives = ctx.state, table["server"]
    withheld = incentives[payees.immune].tolist()
    if any(withheld):
        remove = distribution.remover(state, netuid)
        for incentive in withheld:
            remove(ctx, netuid, incentive)
    word = withheld_proportion(sum(withheld), int(incentives.sum()))
    state.put(MODULE, "MinerBurned", netuid, {"bits": word})


def _remember_hotkeys(ctx: Context, payees: Payees, table: Table) -> None:
    """Add a hotkey to its owner's list (`StakingHotkeys`) when it is paid for the first time.

    The owner's cut is paid first, then all incentives, then dividends: an owner's miners come before their validators.
    """
    incentives = np.where(table["immune"], 0, table["server"])
    dividends = table["alpha_take"] | np.where(table["staked"], table["alpha_rest"], 0)
    amounts = (table["cut"], incentives, dividends, table["root_take"])
    paid = [np.flatnonzero((each != 0) & payees.unlisted).tolist() for each in amounts]
    for place in dict.fromkeys(itertools.chain(*paid)):
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
