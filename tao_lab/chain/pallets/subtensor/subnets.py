"""Subnets: what a new one costs, how it begins, and when it starts to earn.

The owner's coldkey locks TAO, which becomes the first TAO in the pool. The pool also gets new alpha, so much that its
price is the median price of the other subnets. If the network is full, its cheapest subnet is dissolved, and the new
subnet gets its number.

Sources: `pallets/subtensor/src/subnets/subnet.rs`, `coinbase/root.rs` (`get_network_lock_cost`,
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
from tao_lab.chain.pallets.subtensor.identity import put_subnet_identity
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    all_netuids,
    coldkey_owns_hotkey,
    ensure_subnet_owner,
    failed,
    hotkey_exists,
    is_subnet_account,
    subnet_exists,
)
from tao_lab.chain.pallets.subtensor.pool import DYNAMIC, change_total_stake, current_alpha_price, moving_alpha_price
from tao_lab.chain.pallets.subtensor.symbols import next_available_symbol
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, coldkey_balance, recycle_tao, transfer_tao_to_subnet
from tao_lab.chain.pallets.subtensor.uids import append_neuron
from tao_lab.chain.state import StorageReader
from tao_lab.economy import block_emission, lock_cost
from tao_lab.economy.fixed128 import U64_MAX, U64F64, add
from tao_lab.economy.lock_cost import lock_reduction_interval
from tao_lab.economy.pruning import Subnet, subnet_to_prune
from tao_lab.units import in_tao

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
    """Make a subnet; the hotkey gets UID 0."""
    create_subnet(ctx, ensure_signed(origin), hotkey)


@call(MODULE, weight=weight(275_041_000, reads=39, writes=47))
def register_network_with_identity(
    ctx: Context, origin: Origin, hotkey: str, identity: Mapping[str, str] | None
) -> None:
    """As `register_network`, with a name and links."""
    create_subnet(ctx, ensure_signed(origin), hotkey, identity)


def create_subnet(
    ctx: Context, coldkey: str, hotkey: str, identity: Mapping[str, str] | None = None, netuid: int | None = None
) -> int:
    """Make a subnet that a coldkey pays for and owns (`do_register_network`); returns the netuid.

    The chain takes the lowest free number. No call can ask for another; a `netuid` is for the lab's own subnet 171.

    Raises:
        DispatchError: `NonAssociatedColdKey`, `CannotUseSystemAccount`, `SubNetRegistrationDisabled`,
            `NetworkTxRateLimitExceeded`, `SubnetLimitReached`, `CannotAffordLockCost`, `InvalidIdentity`.
    """
    pruned = _ensure_may_register_network(ctx, coldkey, hotkey)
    cost, free = network_lock_cost(ctx.state, ctx.block), coldkey_balance(ctx, coldkey)
    if cost > free:
        raise failed("CannotAffordLockCost", f"{coldkey} has {in_tao(free)} free, a subnet locks {in_tao(cost)}")
    if pruned is not None:
        dissolve(ctx, pruned)
    if netuid is None:
        netuid = _next_netuid(ctx.state) if pruned is None else pruned
    price = median_alpha_price(
        [current_alpha_price(ctx.state, other) for other in all_netuids(ctx.state) if other != ROOT_NETUID]
    )
    init_new_network(ctx, netuid)
    locked = transfer_tao_to_subnet(ctx, netuid, coldkey, cost)
    ctx.state.put(MODULE, "NetworkLastLockCost", locked)
    rate_limits.set_last_block(ctx, ctx.block, LAST_REGISTERED)
    create_account(ctx, coldkey, hotkey)
    append_neuron(ctx, netuid, hotkey)
    _write_terms(ctx, netuid, coldkey, hotkey, locked)
    _fill_pool(ctx, netuid, locked, price)
    if identity is not None:
        put_subnet_identity(ctx, netuid, identity)
    lend_to_new_subnet(ctx, netuid)
    ctx.deposit_event(MODULE, "NetworkAdded", netuid, DYNAMIC)
    ctx.state.put(MODULE, "SubnetEmissionEnabled", netuid, False)
    return netuid


def _ensure_may_register_network(ctx: Context, coldkey: str, hotkey: str) -> int | None:
    """Returns the subnet that must be dissolved first, or None if the network is not full."""
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
    limit = state.get(MODULE, "SubnetLimit")
    if sum(netuid != ROOT_NETUID for netuid in all_netuids(state)) < limit:
        return None
    pruned = netuid_to_prune(ctx.state, ctx.block)
    if pruned is None:
        raise failed("SubnetLimitReached", f"there are {limit} subnets already, and all are immune")
    return pruned


def _next_netuid(state: StorageReader) -> int:
    taken, netuid = set(all_netuids(state)), 1
    while netuid in taken:
        netuid += 1
    return netuid


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
    """The first reserves: all that is locked, at least the minimum, and alpha at the median price."""
    state = ctx.state
    tao = max(locked, state.get(MODULE, "NetworkMinLockCost"))
    alpha = U64F64.whole(U64F64.divide(U64F64.number(tao), price))
    recycled = max(locked - tao, 0)  # 0 today, because all of the lock stays in the pool
    for item, value in {
        "SubnetTAO": tao,
        "SubnetAlphaIn": alpha,
        "SubnetAlphaOut": 0,
        "SubnetVolume": 0,
        "RAORecycledForRegistration": recycled,
    }.items():
        state.put(MODULE, item, netuid, value)
    if recycled:
        recycle_tao(ctx, account_of_netuid(netuid), recycled)
    change_total_stake(ctx, tao)


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
        raise failed("NeedWaitingMoreBlocksToStarCall", f"the subnet may be started from block {earliest} on")
    state.put(MODULE, "FirstEmissionBlockNumber", netuid, ctx.block + 1)
    state.put(MODULE, "SubtokenEnabled", netuid, True)
    ctx.deposit_event(MODULE, "FirstEmissionBlockNumberSet", netuid, ctx.block + 1)
