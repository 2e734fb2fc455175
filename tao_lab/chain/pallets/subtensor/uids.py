"""Places on a subnet: a new neuron gets a new place, or that of another neuron.

Columns such as `Emission` have one entry for each UID. `Keys` maps UIDs to hotkeys, `Uids` hotkeys to UIDs.

Sources: `pallets/subtensor/src/subnets/uids.rs`; `subnets/registration.rs` for who is replaced. Making a subnet smaller
under Null consensus follows spec 475 (`trim_null_uids_batch`, `trim_uids_impl`), and so does what other pallets remove
of a neuron (`CommitmentsInterface::purge_neuron` in `replace_neuron` and `trim_uids_impl`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.auto_parent import take_back
from tao_lab.chain.pallets.subtensor.baskets import flush
from tao_lab.chain.pallets.subtensor.evm import forget_address, renumber_uids
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    address,
    failed,
    hotkeys_by_uid,
    last_updates,
    mechanism_index,
    subnet_exists,
)
from tao_lab.chain.pallets.subtensor.null_consensus import is_null
from tao_lab.chain.pallets.subtensor.null_pruning import clear_commits, elect_again, fill_from_tail, move_rows
from tao_lab.chain.state import StorageReader
from tao_lab.economy.pruning import Neuron, neuron_to_prune

COLUMNS: dict[str, Any] = {  # one entry for each UID, and the value for a new neuron
    "Emission": 0,
    "Consensus": 0,
    "Dividends": 0,
    "ValidatorTrust": 0,
    "ValidatorPermit": False,
}
UID_BYTES = 2
NULL_BATCH = 64  # `NULL_PRUNING_BATCH`: places that one call may take away under Null consensus
HOTKEY_ITEMS = ("Axons", "NeuronCertificates", "Prometheus")  # by (netuid, hotkey)

Purge = Callable[[Context, int, str], None]
ON_NEURON_REMOVED: list[Purge] = []


def on_neuron_removed(function: Purge) -> Purge:
    """Register a function `(ctx, netuid, hotkey)` of another pallet that removes its data of a neuron."""
    ON_NEURON_REMOVED.append(function)
    return function


def storage_indices(state: StorageReader, netuid: int) -> list[int]:
    """The numbers under which a subnet's mechanisms store weights and bonds."""
    return [mechanism_index(netuid, mecid) for mecid in range(state.get(MODULE, "MechanismCountCurrent", netuid))]


def append_neuron(ctx: Context, netuid: int, hotkey: str) -> int:
    """Give a hotkey a new place; returns its UID."""
    state = ctx.state
    uid = int(state.get(MODULE, "SubnetworkN", netuid))
    state.put(MODULE, "SubnetworkN", netuid, uid + 1)
    for item, value in {"Active": True, **COLUMNS}.items():
        state.put(MODULE, item, netuid, [*state.get(MODULE, item, netuid), value])
    for mecid, index in enumerate(storage_indices(state, netuid)):
        state.put(MODULE, "Incentive", index, [*state.get(MODULE, "Incentive", index), 0])
        _set_last_update(ctx, netuid, mecid, uid)
    _seat(ctx, netuid, uid, hotkey)
    return uid


def replace_neuron(ctx: Context, netuid: int, uid: int, hotkey: str) -> None:
    """Give a hotkey the place of another; the subnet's owner's hotkey keeps its place."""
    state = ctx.state
    old = state.get(MODULE, "Keys", netuid, uid)
    if state.exists(MODULE, "SubnetOwnerHotkey", netuid) and state.get(MODULE, "SubnetOwnerHotkey", netuid) == old:
        return
    if netuid == ROOT_NETUID:
        flush(ctx, old)  # while it still has its seat; what is left after that is recycled
        take_back(ctx, old)
    _purge_neuron(ctx, netuid, old)
    state.remove(MODULE, "Uids", netuid, old)
    forget_address(state, netuid, uid)
    state.remove(MODULE, "IsNetworkMember", old, netuid)
    if netuid == ROOT_NETUID:
        flush(ctx, old)
    _set_element(ctx, "Active", netuid, uid, True)
    _seat(ctx, netuid, uid, hotkey)
    for item in HOTKEY_ITEMS:
        state.remove(MODULE, item, netuid, old)
    clear_neuron(ctx, netuid, uid)
    for mecid in range(state.get(MODULE, "MechanismCountCurrent", netuid)):
        _set_last_update(ctx, netuid, mecid, uid)


def _purge_neuron(ctx: Context, netuid: int, hotkey: str) -> None:
    for purge in ON_NEURON_REMOVED:
        purge(ctx, netuid, hotkey)


def _seat(ctx: Context, netuid: int, uid: int, hotkey: str) -> None:
    ctx.state.put(MODULE, "Keys", netuid, uid, hotkey)
    ctx.state.put(MODULE, "Uids", netuid, hotkey, uid)
    ctx.state.put(MODULE, "BlockAtRegistration", netuid, uid, ctx.block)
    ctx.state.put(MODULE, "IsNetworkMember", hotkey, netuid, True)
    ctx.state.remove(MODULE, "HotkeySuccessor", netuid, hotkey)  # whatever became of an earlier neuron of that name


def clear_neuron(ctx: Context, netuid: int, uid: int) -> None:
    """Remove all data of the neuron in a place: what it earned and set, and the weights of others for it."""
    state = ctx.state
    for item, value in {"StakeWeight": 0, **COLUMNS}.items():
        _set_element(ctx, item, netuid, uid, value)
    for index in storage_indices(state, netuid):
        _set_element(ctx, "Incentive", index, uid, 0)
        _set_element(ctx, "ConsensusByMechanism", index, uid, 0)
        state.remove(MODULE, "Bonds", index, uid)
        state.remove(MODULE, "Weights", index, uid)
        for source, row in state.entries(MODULE, "Weights", index):
            if any(target == uid for target, _ in row):
                cleared = [(target, 0 if target == uid else weight) for target, weight in row]
                state.put(MODULE, "Weights", index, source, cleared)


def _set_element(ctx: Context, item: str, index: int, uid: int, value: Any) -> None:
    """Write one entry of a column, if the column is that long."""
    column = list(ctx.state.get(MODULE, item, index))
    if uid < len(column):
        column[uid] = value
        ctx.state.put(MODULE, item, index, column)


def _set_last_update(ctx: Context, netuid: int, mecid: int, uid: int) -> None:
    blocks = last_updates(ctx.state, netuid, mecid)
    blocks[uid] = ctx.block
    ctx.state.put(MODULE, "LastUpdate", mechanism_index(netuid, mecid), blocks)


# --- who may be replaced ----------------------------------------------------------------------------------------


def is_immune(ctx: Context, netuid: int, uid: int) -> bool:
    """Whether the neuron in a place is in its immunity period."""
    registered_at = ctx.state.get(MODULE, "BlockAtRegistration", netuid, uid)
    return bool(max(ctx.block - registered_at, 0) < ctx.state.get(MODULE, "ImmunityPeriod", netuid))


def immune_owner_uids(state: StorageReader, netuid: int) -> list[int]:
    """UIDs of the owner that are never replaced: its oldest hotkeys, and before them the subnet's owner hotkey.

    Only the item `Owner` decides whether a hotkey is the owner's, not `OwnedHotkeys` (spec 475,
    `get_immune_owner_tuples`).
    """
    limit, owner = (state.get(MODULE, item, netuid) for item in ("ImmuneOwnerUidsLimit", "SubnetOwner"))
    seats = hotkeys_by_uid(state, netuid)
    owners = state.raw_get_many(state.keys_by_account(MODULE, "Owner", list(seats.values())))
    mine = [uid for uid, account in zip(seats, owners, strict=True) if account and address(account) == owner]
    registered = state.get_many(MODULE, "BlockAtRegistration", [(netuid, uid) for uid in mine])
    uids = [uid for _, uid in sorted(zip(registered, mine, strict=True))][:limit]
    if state.exists(MODULE, "SubnetOwnerHotkey", netuid):
        owner_uid = state.get(MODULE, "Uids", netuid, state.get(MODULE, "SubnetOwnerHotkey", netuid))
        if owner_uid is not None and owner_uid not in uids:
            uids = [owner_uid, *uids][:limit]
    return uids


def uid_to_prune(ctx: Context, netuid: int) -> int | None:
    """UID that a new neuron gets on a full subnet, or None if all are immune (`get_neuron_to_prune`)."""
    state = ctx.state
    immortal = set(immune_owner_uids(state, netuid))
    emission = state.get(MODULE, "Emission", netuid)
    period = state.get(MODULE, "ImmunityPeriod", netuid)
    registered = dict(state.entries(MODULE, "BlockAtRegistration", netuid))
    seats = state.raw_keys(state.key(MODULE, "Keys", netuid))  # end with the UID
    neurons = [
        Neuron(
            uid=uid,
            emission=emission[uid] if uid < len(emission) else 0,
            registered_at=registered.get(uid, 0),
            immune=max(ctx.block - registered.get(uid, 0), 0) < period,
            immortal=uid in immortal,
        )
        for uid in (int.from_bytes(key[-UID_BYTES:], "little") for key in seats)
    ]
    return neuron_to_prune(neurons, state.get(MODULE, "MinNonImmuneUids", netuid))


# --- making a subnet smaller ------------------------------------------------------------------------------------


def trim_to_max_allowed_uids(ctx: Context, netuid: int, max_n: int) -> None:
    """Lower the number of places: remove the neurons with the least emission, and renumber the others.

    Under Null consensus, one call removes at most 64. Commits are removed too, because they contain old UIDs.

    Raises:
        DispatchError: `SubnetNotExists`, `InvalidValue`, `TrimmingWouldExceedMaxImmunePercentage`.
    """
    state = ctx.state
    if is_null(state, netuid) and state.get(MODULE, "SubnetworkN", netuid) > max_n:
        if state.get(MODULE, "SubnetworkN", netuid) - max_n > NULL_BATCH:
            raise failed("InvalidValue", f"one call takes at most {NULL_BATCH} places away; see trim_null_uids_batch")
        clean, _ = clear_commits(state, netuid)
        if not clean:
            raise failed("InvalidValue", "too many commits wait; call trim_null_uids_batch first")
    _trim(ctx, netuid, max_n)
    state.remove(MODULE, "NullPruningTarget", netuid)


def trim_null_uids_batch(ctx: Context, netuid: int, target: int) -> None:
    """Make one step towards a smaller subnet under Null consensus: remove commits, then up to 64 places.

    Raises:
        DispatchError: `SubnetNotExists`, `InvalidValue`, `TrimmingWouldExceedMaxImmunePercentage`.
    """
    state = ctx.state
    _ensure_size(ctx, netuid, target)
    if not is_null(state, netuid):
        raise failed("InvalidValue", f"subnet {netuid} does not follow Null consensus")
    n = int(state.get(MODULE, "SubnetworkN", netuid))
    if n > target:
        _spared_uids(ctx, netuid, n, target)
    clean, cleared = clear_commits(state, netuid)
    if clean:
        _trim(ctx, netuid, max(n - NULL_BATCH, target))
    remaining = int(state.get(MODULE, "SubnetworkN", netuid))
    if remaining > target or not clean:
        state.put(MODULE, "NullPruningTarget", netuid, target)
    else:
        state.remove(MODULE, "NullPruningTarget", netuid)
    ctx.deposit_event(
        MODULE,
        "NullUidsPruningProgress",
        netuid=netuid,
        target=target,
        remaining=remaining,
        removed=n - remaining,
        cleared_commits=cleared,
    )


def _ensure_size(ctx: Context, netuid: int, max_n: int) -> None:
    """Refuse a number of places outside the subnet's limits."""
    state = ctx.state
    if not subnet_exists(state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")
    lowest, highest = state.get(MODULE, "MinAllowedUids", netuid), state.get(MODULE, "MaxAllowedUids", netuid)
    if not lowest <= max_n <= highest:
        raise failed("InvalidValue", f"max_n is {max_n}, allowed: {lowest} to {highest}")


def _trim(ctx: Context, netuid: int, max_n: int) -> None:
    """The common part of both ways to make a subnet smaller (`trim_uids_impl`)."""
    state = ctx.state
    _ensure_size(ctx, netuid, max_n)
    state.put(MODULE, "MaxAllowedUids", netuid, max_n)
    n = int(state.get(MODULE, "SubnetworkN", netuid))
    if n <= max_n:
        return
    kept, null = _kept_uids(ctx, netuid, n, max_n), is_null(state, netuid)
    _remove_uids(ctx, netuid, sorted(set(range(n)) - set(kept)))
    permits = state.get(MODULE, "ValidatorPermit", netuid)
    _compress(ctx, netuid, fill_from_tail(kept) if null else kept, permits if null else None)
    state.put(MODULE, "SubnetworkN", netuid, max_n)
    if null:
        elect_again(ctx, netuid)


def _kept_uids(ctx: Context, netuid: int, n: int, max_n: int) -> list[int]:
    """The UIDs that remain, in order: immune ones, and of the others those with the most emission."""
    spared = _spared_uids(ctx, netuid, n, max_n)
    emission = ctx.state.get(MODULE, "Emission", netuid)
    order = sorted(range(len(emission)), key=lambda uid: -emission[uid])  # stable, as the chain's sort
    going = [uid for uid in reversed(order) if uid not in spared][: n - max_n]
    if len(going) < n - max_n:
        raise failed("InvalidValue", f"{n - max_n} places have to go, only {len(going)} neurons may be removed")
    return sorted(set(order) - set(going))


def _spared_uids(ctx: Context, netuid: int, n: int, max_n: int) -> set[int]:
    """Immune UIDs, which are never removed; refuse if there are too many."""
    owners = set(immune_owner_uids(ctx.state, netuid))
    spared = {uid for uid in range(n) if uid in owners or is_immune(ctx, netuid, uid)}
    most = ctx.runtime.constant(MODULE, "MaxImmuneUidsPercentage")
    if len(spared) * 100 // max(max_n, 1) >= most:
        raise failed(
            "TrimmingWouldExceedMaxImmunePercentage", f"{len(spared)} of {max_n} are immune, allowed: {most} %"
        )
    return spared


def _remove_uids(ctx: Context, netuid: int, uids: Iterable[int]) -> None:
    state = ctx.state
    for uid in uids:
        if state.exists(MODULE, "Keys", netuid, uid):
            hotkey = state.get(MODULE, "Keys", netuid, uid)
            _purge_neuron(ctx, netuid, hotkey)
            if netuid == ROOT_NETUID:
                flush(ctx, hotkey)
                take_back(ctx, hotkey)
            for item in (*HOTKEY_ITEMS, "Uids", "AlphaDividendsPerSubnet"):
                state.remove(MODULE, item, netuid, hotkey)
            for item in ("IsNetworkMember", "LastHotkeyEmissionOnNetuid"):
                state.remove(MODULE, item, hotkey, netuid)
            if netuid == ROOT_NETUID:
                flush(ctx, hotkey)
        for item in ("Keys", "BlockAtRegistration"):
            state.remove(MODULE, item, netuid, uid)
        forget_address(state, netuid, uid)
        for index in storage_indices(state, netuid):
            state.remove(MODULE, "Weights", index, uid)
            state.remove(MODULE, "Bonds", index, uid)


def _compress(ctx: Context, netuid: int, kept: list[int], null_permits: list[bool] | None) -> None:
    """Give the remaining neurons the UIDs from 0 on, in all items.

    Args:
        ctx: Block under construction.
        netuid: The subnet.
        kept: The UIDs that remain, in their new order.
        null_permits: Under Null consensus, permits by old UID.
    """
    state, new_uid = ctx.state, {old: new for new, old in enumerate(kept)}
    for item, default in {"Active": False, "StakeWeight": 0, **COLUMNS}.items():
        _keep_elements(ctx, item, netuid, kept, default)
    for index in storage_indices(state, netuid):
        for item in ("Incentive", "LastUpdate"):
            _keep_elements(ctx, item, index, kept, 0)
        if state.exists(MODULE, "ConsensusByMechanism", index):
            _keep_elements(ctx, "ConsensusByMechanism", index, kept, 0)
        if null_permits is not None:
            move_rows(state, index, new_uid, null_permits)
            continue
        for item in ("Weights", "Bonds"):
            rows = dict(state.entries(MODULE, item, index))
            state.remove_prefix(MODULE, item, index)
            for uid in kept:
                moved = [(new_uid[target], value) for target, value in rows.get(uid, []) if target in new_uid]
                state.put(MODULE, item, index, new_uid[uid], moved)
    for item in ("Keys", "AssociatedEvmAddress", "BlockAtRegistration"):
        values = state.entries(MODULE, item, netuid)
        state.remove_prefix(MODULE, item, netuid)
        for uid, value in values:
            state.put(MODULE, item, netuid, new_uid[uid], value)
    renumber_uids(state, netuid, new_uid)
    state.remove_prefix(MODULE, "Uids", netuid)
    for uid, hotkey in state.entries(MODULE, "Keys", netuid):
        state.put(MODULE, "Uids", netuid, hotkey, uid)


def _keep_elements(ctx: Context, item: str, index: int, kept: list[int], default: Any) -> None:
    column = ctx.state.get(MODULE, item, index)
    values = [column[uid] if uid < len(column) else default for uid in kept]
    ctx.state.put(MODULE, item, index, values)
