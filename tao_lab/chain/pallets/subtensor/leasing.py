"""Leased subnets: a crowdloan pays the lock, an account without a key owns the subnet, and contributors get a share.

The creator of the crowdloan, the beneficiary, runs the subnet by proxy. Contributors get `emissions_share` per cent of
the owner's cut as stake, every 100 blocks; the beneficiary gets the rest of that. When the lease ends, the beneficiary
may take the subnet over.

Source: `pallets/subtensor/src/subnets/leasing.rs`; how a lease ends follows spec 475, and so does what a swap of a
coldkey moves (`swap/swap_coldkey.rs`, `transfer_coldkey_lease`).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import bittensor_core

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, Post, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.crowdloan import PALLET as CROWDLOAN
from tao_lab.chain.pallets.crowdloan import no_longer_provide, provide
from tao_lab.chain.pallets.proxy import add_proxy_delegate, remove_proxy_delegate
from tao_lab.chain.pallets.subtensor.lease_dividends import finish_if_settled, settle_unpaid
from tao_lab.chain.pallets.subtensor.lookups import MODULE, coldkey_owns_hotkey, failed
from tao_lab.chain.pallets.subtensor.subnets import create_subnet, set_owner_hotkey
from tao_lab.chain.runtime import SS58_FORMAT
from tao_lab.chain.state import Storage
from tao_lab.economy.fixed128 import U64F64, WORD_MAX
from tao_lab.units import U64_MAX

PROXY_TYPE = "SubnetLeaseBeneficiary"
MOST_CONTRIBUTORS = 500


def lease_account(lease_id: int, role: str) -> str:
    """Address of the `coldkey` or `hotkey` of a lease; there is no private key for it."""
    name = f"leasing/{role}".encode()
    entropy = blake2b(compact(len(name)) + name + lease_id.to_bytes(4, "little"), digest_size=32).digest()
    return str(bittensor_core.ss58_encode(entropy, SS58_FORMAT))


@call(MODULE, weight=weight(309_598_986 + 46_027_026 * MOST_CONTRIBUTORS, reads=49 + 1_000, writes=53 + 1_000))
def register_leased_network(ctx: Context, origin: Origin, emissions_share: int, end_block: int | None) -> Post:
    """Make a subnet with what a crowdloan has raised; only as the call of a crowdloan that is being finalized."""
    who, state = ensure_signed(origin), ctx.state
    crowdloan_id, info = _crowdloan_being_finalized(ctx)
    if who != info["creator"]:
        raise failed("InvalidLeaseBeneficiary", f"the crowdloan belongs to {info['creator']}")
    if end_block is not None and end_block <= ctx.block:
        raise failed("LeaseCannotEndInThePast", f"end_block is {end_block}, this is block {ctx.block}")
    lease_id = state.get(MODULE, "NextSubnetLeaseId")
    state.put(MODULE, "NextSubnetLeaseId", lease_id + 1)
    coldkey, hotkey = (lease_account(lease_id, role) for role in ("coldkey", "hotkey"))
    provide(ctx, coldkey)
    provide(ctx, hotkey)
    balances.transfer(ctx, info["funds_account"], coldkey, info["raised"], keep_alive=False)
    netuid = create_subnet(ctx, coldkey, hotkey)
    if netuid is None:
        raise failed("LeaseNetuidNotFound", "the network is full, and a leased subnet can't wait for a number")
    add_proxy_delegate(ctx, coldkey, who, PROXY_TYPE, 0)
    leftover = balances.free_balance(ctx, coldkey)
    lease = {
        "beneficiary": who,
        "coldkey": coldkey,
        "hotkey": hotkey,
        "emissions_share": emissions_share,
        "end_block": end_block,
        "netuid": netuid,
        "cost": max(info["raised"] - leftover, 0),
    }
    state.put(MODULE, "SubnetLeases", lease_id, lease)
    state.put(MODULE, "SubnetUidToLeaseId", netuid, lease_id)
    state.put(MODULE, "Delegates", hotkey, 0)
    _share_out(ctx, lease_id, lease, crowdloan_id, info["raised"], leftover)
    fields = {"beneficiary": who, "lease_id": lease_id, "netuid": netuid, "end_block": end_block}
    ctx.deposit_event(MODULE, "SubnetLeaseCreated", **fields)
    count = info["contributors_count"]
    if count >= MOST_CONTRIBUTORS:
        return Post()
    return Post(weight=weight(301_560_714 + 26_884_006 * count, reads=41 + 2 * count, writes=55 + 2 * count))


def _crowdloan_being_finalized(ctx: Context) -> tuple[int, dict[str, Any]]:
    crowdloan_id = ctx.state.get(CROWDLOAN, "CurrentCrowdloanId")
    info = None if crowdloan_id is None else ctx.state.get(CROWDLOAN, "Crowdloans", crowdloan_id)
    if info is None:
        raise DispatchError(CROWDLOAN, "InvalidCrowdloanId", "only as the call of a crowdloan that is being finalized")
    return crowdloan_id, info


def _share_out(
    ctx: Context, lease_id: int, lease: dict[str, Any], crowdloan_id: int, raised: int, leftover: int
) -> None:
    """Store each contributor's share, and pay back TAO that was raised but not needed."""
    refunded = 0
    for contributor, amount in ctx.state.entries(CROWDLOAN, "Contributions", crowdloan_id):
        if contributor == lease["beneficiary"]:
            continue
        share = U64F64.divide(U64F64.number(amount), U64F64.number(raised))
        ctx.state.put(MODULE, "SubnetLeaseShares", lease_id, contributor, {"bits": share})
        part = U64F64.whole(U64F64.multiply(share, U64F64.number(leftover)))
        balances.transfer(ctx, lease["coldkey"], contributor, part, keep_alive=False)
        refunded += part
    balances.transfer(ctx, lease["coldkey"], lease["beneficiary"], max(leftover - refunded, 0), keep_alive=False)


@call(MODULE, weight=weight(146_402_779 + 1_566_532 * MOST_CONTRIBUTORS, reads=4 + 500, writes=7 + 500))
def terminate_lease(ctx: Context, origin: Origin, lease_id: int, hotkey: str) -> Post:
    """The beneficiary takes over the subnet of a lease that has ended.

    What contributors are still owed is paid. Where that can't be, the lease's record stays, and each epoch tries again.
    """
    who, state = ensure_signed(origin), ctx.state
    try:
        lease = _lease_that_has_ended(ctx, who, lease_id, hotkey)
    except DispatchError as error:
        error.weight = weight(0, reads=3)  # pull request 3192 (spec 469): a refusal pays for what it has read
        raise
    first = state.get(MODULE, "SubnetOwner", lease["netuid"]) != who
    state.put(MODULE, "SubnetOwner", lease["netuid"], who)
    set_owner_hotkey(ctx, lease["netuid"], hotkey)
    tried = settle_unpaid(ctx, lease_id, lease)
    count = min(state.remove_prefix(MODULE, "SubnetLeaseShares", lease_id) + 1, MOST_CONTRIBUTORS)
    state.remove(MODULE, "AccumulatedLeaseDividends", lease_id)
    if first:
        for account in (lease["coldkey"], lease["hotkey"]):
            _stop_providing(ctx, account)
        remove_proxy_delegate(ctx, lease["coldkey"], who, PROXY_TYPE, 0)
    finish_if_settled(ctx, lease_id, lease["netuid"])
    ctx.deposit_event(MODULE, "SubnetLeaseTerminated", beneficiary=who, netuid=lease["netuid"])
    payments = weight(258_541_000 * tried, reads=19 * tried, writes=6 * tried)  # each as heavy as `transfer_stake`
    return Post(weight=weight(56_635_122 + 912_993 * count, reads=4 + count, writes=6 + count) + payments)


def _lease_that_has_ended(ctx: Context, who: str, lease_id: int, hotkey: str) -> dict[str, Any]:
    lease: dict[str, Any] | None = ctx.state.get(MODULE, "SubnetLeases", lease_id)
    if lease is None:
        raise failed("LeaseDoesNotExist", f"there is no lease {lease_id}")
    if lease["beneficiary"] != who:
        raise failed("ExpectedBeneficiaryOrigin", f"the beneficiary is {lease['beneficiary']}")
    if lease["end_block"] is None:
        raise failed("LeaseHasNoEndBlock", "the lease lasts for ever")
    if ctx.block < lease["end_block"]:
        raise failed("LeaseHasNotEnded", f"the lease ends at block {lease['end_block']}")
    if not coldkey_owns_hotkey(ctx.state, who, hotkey):
        raise failed("BeneficiaryDoesNotOwnHotkey", f"{who} does not own {hotkey}")
    return lease


def move_leases(ctx: Context, old: str, new: str) -> None:
    """Give a coldkey's shares in leases, what they owe it, and its own leases to another coldkey.

    Raises:
        DispatchError: `LeaseDoesNotExist`, what adding and removing a proxy raise, or an overflow.
    """
    state = ctx.state
    for _, lease_id in state.entries(MODULE, "SubnetUidToLeaseId"):
        share = _take(state, "SubnetLeaseShares", lease_id, old)
        if share is not None:
            bits = share["bits"] + state.get(MODULE, "SubnetLeaseShares", lease_id, new)["bits"]
            if bits > WORD_MAX:
                both = f"the shares of {old} and {new} in lease {lease_id} are {bits} units of 2^-64 together"
                raise DispatchError("Arithmetic", "Overflow", f"{both}; a number of 128 bits holds {WORD_MAX} at most")
            state.put(MODULE, "SubnetLeaseShares", lease_id, new, {"bits": bits})
        unpaid = _take(state, "SubnetLeaseUnpaidDividends", lease_id, old)
        if unpaid is not None:
            total = unpaid + state.get(MODULE, "SubnetLeaseUnpaidDividends", lease_id, new)
            state.put(MODULE, "SubnetLeaseUnpaidDividends", lease_id, new, min(total, U64_MAX))
        lease = state.get(MODULE, "SubnetLeases", lease_id)
        if lease is None:
            raise failed("LeaseDoesNotExist", f"there is no lease {lease_id}")
        if lease["beneficiary"] == old != new:
            if state.get(MODULE, "SubnetOwner", lease["netuid"]) != old:  # otherwise the lease has ended
                remove_proxy_delegate(ctx, lease["coldkey"], old, PROXY_TYPE, 0)
                add_proxy_delegate(ctx, lease["coldkey"], new, PROXY_TYPE, 0)
            state.put(MODULE, "SubnetLeases", lease_id, {**lease, "beneficiary": new})


def _take(state: Storage, item: str, lease_id: int, coldkey: str) -> Any:
    """Remove a stored value and return it; None if nothing is stored."""
    if not state.exists(MODULE, item, lease_id, coldkey):
        return None
    value = state.get(MODULE, item, lease_id, coldkey)
    state.remove(MODULE, item, lease_id, coldkey)
    return value


def _stop_providing(ctx: Context, account: str) -> None:
    """Remove the account's provider reference; as in the source, an account that cannot be removed stays."""
    mark = ctx.mark()
    try:
        no_longer_provide(ctx, account)
    except DispatchError:
        ctx.rollback(mark)
