"""Dividends of a leased subnet: contributors get their part of the owner's cut, as stake, every 100 blocks.

Source: `pallets/subtensor/src/subnets/leasing.rs` (`distribute_leased_network_dividends`).
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.staking import transfer_stake_within_subnet
from tao_lab.economy.fixed128 import U64F64

DISTRIBUTION_INTERVAL = 100  # blocks


def distribute_dividends(ctx: Context, netuid: int, owner_cut: int) -> None:
    """After the owner's cut is paid: add the contributors' part to a sum, and pay that sum out every 100 blocks."""
    state = ctx.state
    lease_id = state.get(MODULE, "SubnetUidToLeaseId", netuid)
    lease = None if lease_id is None else state.get(MODULE, "SubnetLeases", lease_id)
    if lease is None or (lease["end_block"] is not None and lease["end_block"] <= ctx.block):
        return
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


def _pay_dividends(ctx: Context, lease_id: int, lease: dict[str, Any], due: int) -> None:
    source, netuid = (lease["hotkey"], lease["coldkey"]), lease["netuid"]
    parts = {}
    for contributor, share in ctx.state.entries(MODULE, "SubnetLeaseShares", lease_id):
        parts[contributor] = -(-share["bits"] * due // U64F64.one)  # rounded up
    parts[lease["beneficiary"]] = max(due - sum(parts.values()), 0)
    for receiver, alpha in parts.items():
        transfer_stake_within_subnet(ctx, source, (lease["hotkey"], receiver), netuid, alpha)
        fields = {"lease_id": lease_id, "contributor": receiver, "alpha": alpha}
        ctx.deposit_event(MODULE, "SubnetLeaseDividendsDistributed", **fields)
