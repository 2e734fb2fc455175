"""Dividends of a leased subnet: contributors get their part of the owner's cut, as stake, every 100 blocks.

A part that can't be paid, for example because it is worth less than the smallest stake, is noted for its contributor
(`SubnetLeaseUnpaidDividends`). It is paid with the next part, and nobody else has to wait for it.

Source: `pallets/subtensor/src/subnets/leasing.rs` of spec 475 (`distribute_leased_network_dividends`,
`settle_unpaid_lease_dividends`, `finish_lease_cleanup_if_settled`, `leased_owner_cut_retained`).
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.pallets.subtensor.staking import transfer_stake_within_subnet
from tao_lab.economy.fixed128 import U64F64

DISTRIBUTION_INTERVAL = 100  # blocks


def distribute_dividends(ctx: Context, netuid: int, owner_cut: int) -> int:
    """After the owner's cut is paid: add the contributors' part to a sum, and pay that sum out every 100 blocks.

    After the end of a lease, only what could not be paid before is tried again.

    Returns:
        The part of the cut that stays with the owner, rao of alpha.
    """
    state = ctx.state
    lease_id = state.get(MODULE, "SubnetUidToLeaseId", netuid)
    lease = None if lease_id is None else state.get(MODULE, "SubnetLeases", lease_id)
    if lease is None:
        return owner_cut
    if lease["end_block"] is not None and lease["end_block"] <= ctx.block:
        if state.get(MODULE, "SubnetOwner", netuid) == lease["beneficiary"]:
            settle_unpaid(ctx, lease_id, lease)
            finish_if_settled(ctx, lease_id, netuid)
        return owner_cut
    added = -(-owner_cut * lease["emissions_share"] // 100)  # rounded up, for the contributors
    due = state.get(MODULE, "AccumulatedLeaseDividends", lease_id) + added
    if ctx.block % DISTRIBUTION_INTERVAL == 0:
        mark = ctx.mark()
        try:
            _pay_dividends(ctx, lease_id, lease, due)
            due = 0
        except DispatchError:
            ctx.rollback(mark)
    state.put(MODULE, "AccumulatedLeaseDividends", lease_id, due)
    return max(owner_cut - added, 0)


def _pay_dividends(ctx: Context, lease_id: int, lease: dict[str, Any], due: int) -> None:
    """Pay the contributors' parts, and what is left to the beneficiary; without the latter nothing is paid."""
    left = due
    for contributor, share in ctx.state.entries(MODULE, "SubnetLeaseShares", lease_id):
        part = share["bits"] * due // U64F64.one
        left -= part
        unpaid = ctx.state.get(MODULE, "SubnetLeaseUnpaidDividends", lease_id, contributor)
        _pay_or_note(ctx, lease_id, lease, contributor, part + unpaid)
    if left > 0:
        _pay(ctx, lease_id, lease, lease["beneficiary"], left)


def _pay_or_note(ctx: Context, lease_id: int, lease: dict[str, Any], contributor: str, owed: int) -> None:
    """Pay what a contributor is owed; where that can't be, note it for later."""
    item = (MODULE, "SubnetLeaseUnpaidDividends", lease_id, contributor)
    if not owed:
        return
    mark = ctx.mark()
    try:
        _pay(ctx, lease_id, lease, contributor, owed)
    except DispatchError:
        ctx.rollback(mark)
        ctx.state.put(*item, owed)
        told = {"lease_id": lease_id, "contributor": contributor, "alpha": owed}
        ctx.deposit_event(MODULE, "SubnetLeaseDividendSkipped", **told)
    else:
        ctx.state.remove(*item)


def _pay(ctx: Context, lease_id: int, lease: dict[str, Any], receiver: str, alpha: int) -> None:
    hotkey, coldkey, netuid = lease["hotkey"], lease["coldkey"], lease["netuid"]
    staked = stake_of_coldkey(ctx.state, hotkey, coldkey, netuid)
    if staked < alpha:
        raise failed("NotEnoughStakeToWithdraw", f"the lease has {staked} rao of alpha, {alpha} are due")
    transfer_stake_within_subnet(ctx, (hotkey, coldkey), (hotkey, receiver), netuid, alpha)
    told = {"lease_id": lease_id, "contributor": receiver, "alpha": alpha}
    ctx.deposit_event(MODULE, "SubnetLeaseDividendsDistributed", **told)


# --- after the end ----------------------------------------------------------------------------------------------


def settle_unpaid(ctx: Context, lease_id: int, lease: dict[str, Any]) -> int:
    """Pay what could not be paid before, where that is possible now; returns how many payments were tried."""
    unpaid = ctx.state.entries(MODULE, "SubnetLeaseUnpaidDividends", lease_id)
    for contributor, owed in unpaid:
        _pay_or_note(ctx, lease_id, lease, contributor, owed)
    return len(unpaid)


def finish_if_settled(ctx: Context, lease_id: int, netuid: int) -> None:
    """Remove the record of an ended lease once it owes nobody anything."""
    if not ctx.state.entries(MODULE, "SubnetLeaseUnpaidDividends", lease_id):
        ctx.state.remove(MODULE, "SubnetLeases", lease_id)
        ctx.state.remove(MODULE, "SubnetUidToLeaseId", netuid)
