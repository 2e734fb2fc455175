"""Subnets: what a new one costs, how it begins, and when it starts to earn.

The owner's coldkey locks TAO, which becomes the first TAO in the pool. The pool also gets new alpha, so much that its
price is the median price of the other subnets. If the network is full, its cheapest subnet is dissolved. The new
subnet then waits in a queue (`registration_queue.py`) until the old one is cleaned up, at the end of a block
(`idle_step.py`).

Sources: `pallets/subtensor/src/subnets/subnet.rs` of spec 475, `coinbase/root.rs` (`get_network_lock_cost`,
`get_network_to_prune`), `staking/stake_utils.rs` (`get_median_subnet_alpha_price`), `staking/set_children.rs`
(`do_set_root_validators_for_subnet`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.pallets.subtensor import rate_limits
from tao_lab.chain.pallets.subtensor.accounts import create_account
from tao_lab.chain.pallets.subtensor.auto_parent import lend_to_new_subnet
from tao_lab.chain.pallets.subtensor.dissolve import dissolve
from tao_lab.chain.pallets.subtensor.identity import SUBNET_FIELDS, ensure_valid, put_subnet_identity
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    all_netuids,
    cleanup_queue,
    coldkey_owns_hotkey,
    ensure_subnet_owner,
    failed,
    hotkey_exists,
    is_subnet_account,
    subnet_exists,
)
from tao_lab.chain.pallets.subtensor.pool import DYNAMIC, change_total_stake, current_alpha_price, moving_alpha_price
from tao_lab.chain.pallets.subtensor.registration_queue import enqueue, number_comes_free, pay_out
from tao_lab.chain.pallets.subtensor.symbols import next_available_symbol
from tao_lab.chain.pallets.subtensor.tao import clear_alpha_counters, coldkey_balance, transfer_tao_to_subnet
from tao_lab.chain.pallets.subtensor.uids import append_neuron
from tao_lab.chain.state import StorageReader
from tao_lab.economy import block_emission, lock_cost
from tao_lab.economy.fixed128 import U64F64, add
from tao_lab.economy.lock_cost import lock_reduction_interval
from tao_lab.economy.pruning import Subnet, subnet_to_prune
from tao_lab.units import U64_MAX, in_tao

LAST_REGISTERED = "NetworkLastRegistered"  # the `RateLimitKey` of the last new subnet
NEURON_BURN = 1_000_000_000  # rao: first price of a place (`DefaultNeuronBurnCost`)


# --- what a new subnet costs ------------------------------------------------------------------------------------


def network_lock_cost(state: StorageReader, block: int) -> int:
    """TAO that a new subnet locks at a block, rao (`get_network_lock_cost`)."""
    return lock_cost(block=block, **lock_cost_terms(state))


def lock_cost_terms(state: StorageReader) -> dict[str, int]:
    """The arguments of `economy.lock_cost` by name, except the block."""
    interval = lock_reduction_interval(
        state.get(MODULE, "NetworkLockReductionInterval"), block_emission(state.get(MODULE, "TotalIssuance"))
    )
    return {
        "last_lock": state.get(MODULE, "NetworkLastLockCost"),
        "min_lock": state.get(MODULE, "NetworkMinLockCost"),
        "last_lock_block": state.get(MODULE, "LastRateLimitedBlock", LAST_REGISTERED),
        "reduction_interval": interval,
    }


def passes_registration_limit(ctx: Context) -> bool:
    """Whether enough blocks have passed since the last subnet was made."""
    last = rate_limits.last_block(ctx, LAST_REGISTERED)
    return last == 0 or ctx.block - last >= ctx.state.get(MODULE, "NetworkRateLimit")


def netuid_to_prune(state: StorageReader, block: int) -> int | None:
    """The subnet that a new one would replace on a full network, or None if all are immune."""
    subnets = [
        Subnet(
            netuid=netuid,
            price=moving_alpha_price(state, netuid),
            registered_at=state.get(MODULE, "NetworkRegisteredAt", netuid),
        )
        for netuid in all_netuids(state)
        if netuid != ROOT_NETUID
    ]
    return subnet_to_prune(subnets, block, state.get(MODULE, "NetworkImmunityPeriod"))


def median_alpha_price(prices: Sequence[int]) -> int:
    """Median of the prices above zero, U64F64 bits; 1 without such a price."""
    ordered = sorted(price for price in prices if price > 0)
    if not ordered:
        return U64F64.one
    lower, upper = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return upper if len(ordered) % 2 else add(lower, upper) // 2


# --- a new subnet -----------------------------------------------------------------------------------------------


@call(MODULE, weight=weight(277_125_000, reads=40, writes=48))
def register_network(ctx: Context, origin: Origin, hotkey: str) -> None:
    """Make a subnet; the hotkey gets UID 0. On a full network it begins when the cheapest subnet is cleaned up."""
    create_subnet(ctx, ensure_signed(origin), hotkey)


@call(MODULE, weight=weight(275_041_000, reads=39, writes=47))
def register_network_with_identity(
    ctx: Context, origin: Origin, hotkey: str, identity: Mapping[str, str] | None
) -> None:
    """As `register_network`, with a name and links."""
    create_subnet(ctx, ensure_signed(origin), hotkey, identity)


def create_subnet(
    ctx: Context, coldkey: str, hotkey: str, identity: Mapping[str, str] | None = None, netuid: int | None = None
) -> int | None:
    """Make a subnet that a coldkey pays for and owns (`do_register_network`).

    The chain takes the lowest free number. No call can ask for another; a `netuid` is for the lab's own subnet 171.

    Returns:
        The netuid; None on a full network, where the registration waits in the queue.

    Raises:
        DispatchError: `NonAssociatedColdKey`, `CannotUseSystemAccount`, `SubNetRegistrationDisabled`,
            `NetworkTxRateLimitExceeded`, `InvalidIdentity`, `SubnetLimitReached`, `CannotAffordLockCost`,
            `LockIdOverFlow`.
    """
    state = ctx.state
    _ensure_may_register_network(ctx, coldkey, hotkey, identity)
    full = is_full(state)
    if full and netuid is not None:
        raise failed("SubnetLimitReached", f"the network is full, and subnet {netuid} can't wait in the queue")
    pruned = _subnet_in_the_way(ctx)
    cost, free = network_lock_cost(state, ctx.block), coldkey_balance(ctx, coldkey)
    if cost > free:
        raise failed("CannotAffordLockCost", f"{coldkey} has {in_tao(free)} free, a subnet locks {in_tao(cost)}")
    if pruned is not None:
        dissolve(ctx, pruned)
    price = median_alpha_price(
        [current_alpha_price(state, other) for other in all_netuids(state) if other != ROOT_NETUID]
    )
    if not full:
        return set_new_network_state(ctx, coldkey, hotkey, identity, cost, price, netuid=netuid)
    enqueue(ctx, coldkey, hotkey, identity, cost, price)
    _remember_lock(ctx, cost)
    return None


def set_new_network_state(
    ctx: Context,
    coldkey: str,
    hotkey: str,
    identity: Mapping[str, str] | None,
    cost: int,
    price: int,
    *,
    lock_id: int | None = None,
    netuid: int | None = None,
) -> int:
    """Make a subnet under the lowest free number; returns it.

    Args:
        ctx: The block.
        coldkey: Its owner.
        hotkey: Its UID 0.
        identity: Its name and links.
        cost: What the owner locks, rao.
        price: Of its first alpha, U64F64 bits.
        lock_id: Of the registration that has waited, whose price lies on an account of its own.
        netuid: The number; for the lab's own subnet 171.

    Raises:
        DispatchError: `SubnetLimitReached`, `CannotAffordLockCost`, `BalanceWithdrawalError`,
            `CannotUseSystemAccount`, or what `balances.transfer` raises. The caller undoes what was done.
    """
    state = ctx.state
    if is_full(state):
        raise failed("SubnetLimitReached", f"all {state.get(MODULE, 'SubnetLimit')} places are taken")
    if netuid is None:
        netuid = _next_netuid(state)
    clear_alpha_counters(ctx, netuid)
    init_new_network(ctx, netuid)
    if lock_id is not None:
        pay_out(ctx, coldkey, netuid, cost, lock_id)
    else:
        paid = transfer_tao_to_subnet(ctx, netuid, coldkey, cost)
        if paid != cost:
            raise failed("CannotAffordLockCost", f"{coldkey} can pay {in_tao(paid)} and live, not {in_tao(cost)}")
        _remember_lock(ctx, cost)
    create_account(ctx, coldkey, hotkey)
    append_neuron(ctx, netuid, hotkey)
    _write_terms(ctx, netuid, coldkey, hotkey, cost)
    _fill_pool(ctx, netuid, cost, price)
    if identity is not None:
        put_subnet_identity(ctx, netuid, identity)
    lend_to_new_subnet(ctx, netuid)
    state.put(MODULE, "SubnetEmissionEnabled", netuid, False)
    ctx.deposit_event(MODULE, "NetworkAdded", netuid, DYNAMIC)
    return netuid


def _ensure_may_register_network(ctx: Context, coldkey: str, hotkey: str, identity: Mapping[str, str] | None) -> None:
    state = ctx.state
    if hotkey_exists(state, hotkey) and not coldkey_owns_hotkey(state, coldkey, hotkey):
        raise failed("NonAssociatedColdKey", f"{hotkey} belongs to {state.get(MODULE, 'Owner', hotkey)}")
    if is_subnet_account(hotkey):
        raise failed("CannotUseSystemAccount", f"{hotkey} is a subnet's own account")
    if ctx.block < state.get(MODULE, "NetworkRegistrationStartBlock"):
        raise failed(
            "SubNetRegistrationDisabled",
            f"subnets may be created from block {state.get(MODULE, 'NetworkRegistrationStartBlock')} on",
        )
    if not passes_registration_limit(ctx):
        raise failed(
            "NetworkTxRateLimitExceeded",
            f"a coldkey may create a subnet once in {state.get(MODULE, 'NetworkRateLimit')} blocks",
        )
    if identity is not None:
        ensure_valid(identity, SUBNET_FIELDS)


def is_full(state: StorageReader) -> bool:
    """Whether all places are taken; a dissolved subnet keeps its place until it is cleaned up."""
    subnets = sum(netuid != ROOT_NETUID for netuid in all_netuids(state))
    return bool(subnets + len(cleanup_queue(state)) >= state.get(MODULE, "SubnetLimit"))


def _subnet_in_the_way(ctx: Context) -> int | None:
    """The subnet that a new one dissolves; none while there is room, or while enough of them are dissolved already.

    Raises:
        DispatchError: `SubnetLimitReached`.
    """
    state = ctx.state
    if not is_full(state) or number_comes_free(state):
        return None
    pruned = netuid_to_prune(state, ctx.block)
    if pruned is None:
        limit = state.get(MODULE, "SubnetLimit")
        raise failed("SubnetLimitReached", f"all {limit} places are taken, and no subnet may be dissolved yet")
    return pruned


def _next_netuid(state: StorageReader) -> int:
    taken, netuid = {*all_netuids(state), *cleanup_queue(state)}, 1
    while netuid in taken:
        netuid += 1
    return netuid


def _remember_lock(ctx: Context, rao: int) -> None:
    """The next subnet's cost, and when one may come, depend on this one."""
    ctx.state.put(MODULE, "NetworkLastLockCost", rao)
    rate_limits.set_last_block(ctx, ctx.block, LAST_REGISTERED)


def init_new_network(ctx: Context, netuid: int) -> None:
    """Write the first parameters of a subnet."""
    state = ctx.state
    tempo = state.runtime.constant(MODULE, "InitialTempo")
    state.put(MODULE, "TotalNetworks", state.get(MODULE, "TotalNetworks") + 1)
    for item, value in {
        "SubnetworkN": 0,
        "NetworksAdded": True,
        "Tempo": tempo,
        "LastEpochBlock": max(ctx.block - netuid % max(tempo, 1), 0),  # not all subnets in the same block
        "NetworkRegistrationAllowed": True,
        "MaxAllowedUids": 256,
        "MaxAllowedValidators": 64,
        "MinAllowedWeights": 1,
        "ImmunityPeriod": 5_000,
        "Yuma3On": True,
        "Burn": NEURON_BURN,
        "SubnetEmissionEnabled": True,
    }.items():
        state.put(MODULE, item, netuid, value)
    for item in ("Kappa", "ActivityCutoff", "RegistrationsThisInterval"):
        if not state.exists(MODULE, item, netuid):
            state.put(MODULE, item, netuid, state.get(MODULE, item, netuid))
    for event, value in {
        "RegistrationAllowed": True,
        "MaxAllowedUidsSet": 256,
        "MaxAllowedValidatorsSet": 64,
        "MinAllowedWeightSet": 1,
        "ImmunityPeriodSet": 5_000,
    }.items():
        ctx.deposit_event(MODULE, event, netuid, value)


def _write_terms(ctx: Context, netuid: int, coldkey: str, hotkey: str, locked: int) -> None:
    state = ctx.state
    counter = state.get(MODULE, "RegisteredSubnetCounter", netuid)
    for item, value in {
        "SubnetMechanism": DYNAMIC,
        "NetworkRegisteredAt": ctx.block,
        "RegisteredSubnetCounter": min(counter + 1, U64_MAX),
        "TokenSymbol": next_available_symbol(state, netuid),
        "SubnetOwner": coldkey,
        "SubnetLocked": locked,
    }.items():
        state.put(MODULE, item, netuid, value)
    set_owner_hotkey(ctx, netuid, hotkey)


def _fill_pool(ctx: Context, netuid: int, locked: int, price: int) -> None:
    """The first reserves: what was paid and no more, and alpha at the median price."""
    for item, value in {
        "SubnetTAO": locked,
        "SubnetAlphaIn": U64F64.whole(U64F64.divide(U64F64.number(locked), price)),
        "SubnetAlphaOut": 0,
        "SubnetVolume": 0,
        "RAORecycledForRegistration": 0,
    }.items():
        ctx.state.put(MODULE, item, netuid, value)
    change_total_stake(ctx, locked)


def set_owner_hotkey(ctx: Context, netuid: int, hotkey: str) -> None:
    """Set the hotkey of the subnet's owner.

    Raises:
        DispatchError: `CannotUseSystemAccount`.
    """
    if is_subnet_account(hotkey):
        raise failed("CannotUseSystemAccount", f"{hotkey} is a subnet's own account")
    ctx.state.put(MODULE, "SubnetOwnerHotkey", netuid, hotkey)
    ctx.deposit_event(MODULE, "SubnetOwnerHotkeySet", netuid, hotkey)


# --- its start --------------------------------------------------------------------------------------------------


@call(MODULE, weight=weight(39_454_000, reads=5, writes=2))
def start_call(ctx: Context, origin: Origin, netuid: int) -> None:
    """The owner starts the subnet: from now on it gets emission, and its alpha can be traded."""
    state = ctx.state
    if not subnet_exists(state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")
    ensure_subnet_owner(state, origin, netuid)
    first = state.get(MODULE, "FirstEmissionBlockNumber", netuid)
    if first is not None:
        raise failed("FirstEmissionBlockNumberAlreadySet", f"subnet {netuid} has been started for block {first}")
    earliest = state.get(MODULE, "NetworkRegisteredAt", netuid) + state.get(MODULE, "StartCallDelay")
    if ctx.block < earliest:
        raise failed("StartCallNotReady", f"the subnet may be started from block {earliest} on")
    state.put(MODULE, "FirstEmissionBlockNumber", netuid, ctx.block + 1)
    state.put(MODULE, "SubtokenEnabled", netuid, True)
    ctx.deposit_event(MODULE, "FirstEmissionBlockNumberSet", netuid, ctx.block + 1)
