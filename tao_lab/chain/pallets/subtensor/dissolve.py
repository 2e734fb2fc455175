"""The end of a subnet, in two steps.

A call takes it off the list of subnets. Later it is cleaned up: its money is paid out (`dissolution.py`), and
everything under its number is removed. That comes at the end of a block (`idle_step.py`), for the one subnet that
waits longest. On mainnet the maps are so large that one cleanup takes about 20 blocks; here it takes one.

Sources of spec 475: `pallets/subtensor/src/subnets/dissolution.rs` (`do_dissolve_network`,
`clean_up_data_for_one_dissolved_network`), `staking/claim_root.rs` (`convert_subnet_basket_holdings_to_root`),
`pallets/commitments/src/lib.rs` (`purge_netuid`). Nothing in the lab fills the pool's reservoirs, which the chain pays
out with the pool.
"""

from __future__ import annotations

from collections.abc import Callable

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_root, weight
from tao_lab.chain.pallets.subtensor.baskets import leave_subnet, recycle_queued
from tao_lab.chain.pallets.subtensor.dissolution import destroy_alpha_in_out_stakes
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, cleanup_queue, failed, subnet_exists
from tao_lab.chain.pallets.subtensor.pool import change_total_stake, clear_protocol_liquidity
from tao_lab.chain.pallets.subtensor.tao import clear_alpha_counters
from tao_lab.chain.pallets.subtensor.uids import storage_indices
from tao_lab.chain.state import StorageReader

Purge = Callable[[Context, int], None]
ON_DISSOLVE: list[Purge] = []

BY_NETUID = """
SubnetOwner SubnetworkN NetworkRegisteredAt Active Emission Consensus Dividends ValidatorPermit
ValidatorTrust Tempo Kappa Difficulty MaxAllowedUids ImmunityPeriod ActivityCutoff ActivityCutoffFactorMilli
LastEpochBlock PendingEpochAt SubnetEpochIndex MinAllowedWeights RegistrationsThisInterval
POWRegistrationsThisInterval BurnRegistrationsThisInterval SubnetAlphaInEmission SubnetAlphaOutEmission
SubnetTaoInEmission SubnetVolume SubnetMovingPrice SubnetTaoFlow SubnetEmaTaoFlow SubnetProtocolFlow
SubnetEmaProtocolFlow SubnetExcessTao SubnetRootSellTao TokenSymbol SubnetMechanism SubnetOwnerHotkey
NetworkRegistrationAllowed NetworkPowRegistrationAllowed TransferToggle SubnetLocked LargestLocked
FirstEmissionBlockNumber PendingValidatorEmission PendingServerEmission PendingRootAlphaDivs PendingOwnerCut
MinerBurned BlocksSinceLastStep LastMechansimStepBlock LastAdjustmentBlock ServingRateLimit Rho
AlphaSigmoidSteepness MaxAllowedValidators BondsMovingAverage BondsPenalty BondsResetOn WeightsSetRateLimit
ValidatorPruneLen ScalingLawPower TargetRegistrationsPerInterval CommitRevealWeightsEnabled BurnHalfLife
BurnIncreaseMult Burn MinBurn MaxBurn MinDifficulty MaxDifficulty RegistrationsThisBlock EMAPriceHalvingBlocks
RAORecycledForRegistration MaxRegistrationsPerBlock WeightsVersionKey LiquidAlphaOn Yuma3On AlphaValues
SubtokenEnabled OwnerCutAutoLockEnabled ImmuneOwnerUidsLimit StakeWeight LoadedEmission RevealPeriodEpochs
MechanismCountCurrent MechanismEmissionSplit OwnerLock DecayingOwnerLock SubnetAlphaIn SubnetAlphaOut
SubnetProtocolAlpha SubnetEpochConsensus LastYumaStepBlock NullPruningTarget SavedYumaMaxAllowedValidators
LiquidAlphaConsensusMode CollateralLockShare CollateralDrainRatio SubnetFastMovingPrice TotalAlphaStaked
TotalVotingPower VotingPowerTrackingEnabled VotingPowerDisableAtBlock VotingPowerEmaAlpha
"""
VALUES = tuple(BY_NETUID.split())
MAPS = (  # stored by netuid and something else
    "Uids",
    "Keys",
    "BlockAtRegistration",
    "Axons",
    "NeuronCertificates",
    "Prometheus",
    "AlphaDividendsPerSubnet",
    "PendingChildKeys",
    "AssociatedEvmAddress",
    "AssociatedUidsByEvmAddress",
    "LastHotkeySwapOnNetuid",
    "StakeMoveCooldownUntil",
    "HotkeySuccessor",
    "HotkeyRoot",
    "VotingPower",
    "HotkeyLock",
    "DecayingHotkeyLock",
    "LockingColdkeys",
    "MinerCollateral",
    "ColdkeyMinerCollateral",
    "ColdkeyCollateralHotkeys",
)
MECHANISM_VALUES = ("LastUpdate", "Incentive", "ConsensusByMechanism")
MECHANISM_MAPS = (
    "WeightCommits",
    "TimelockedWeightCommits",
    "CRV3WeightCommits",
    "CRV3WeightCommitsV2",
    "Bonds",
    "Weights",
)
BY_HOTKEY = (  # stored by an account, then the netuid
    "ChildkeyTake",
    "ChildKeys",
    "ParentKeys",
    "LastHotkeyEmissionOnNetuid",
    "TotalHotkeyAlphaLastEpoch",
    "TransactionKeyLastBlock",
    "DecayingLock",
)


def on_dissolve(function: Purge) -> Purge:
    """Register a function `(ctx, netuid)` of another pallet that removes its data of a dissolved subnet."""
    ON_DISSOLVE.append(function)
    return function


@call(MODULE, weight=weight(119_000_000, reads=6, writes=31))
def dissolve_network(ctx: Context, origin: Origin, coldkey: str, netuid: int) -> None:
    """Root dissolves a subnet; the argument `coldkey` is ignored."""
    ensure_root(origin)
    dissolve(ctx, netuid)


@call(MODULE, weight=weight(119_000_000, reads=6, writes=31))
def root_dissolve_network(ctx: Context, origin: Origin, netuid: int) -> None:
    """Root dissolves a subnet."""
    ensure_root(origin)
    dissolve(ctx, netuid)


def dissolve(ctx: Context, netuid: int) -> None:
    """Take a subnet off the list of subnets; what it had waits for its cleanup (`do_dissolve_network`).

    Raises:
        DispatchError: `SubnetNotExists`, `NetworkDissolveAlreadyQueued`.
    """
    state = ctx.state
    if netuid == ROOT_NETUID or not subnet_exists(state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid} to dissolve")
    waiting = cleanup_queue(state)
    if netuid in waiting:
        raise failed("NetworkDissolveAlreadyQueued", f"subnet {netuid} waits for its cleanup already")
    state.remove(MODULE, "NetworksAdded", netuid)
    state.put(MODULE, "TotalNetworks", max(state.get(MODULE, "TotalNetworks") - 1, 0))
    change_total_stake(ctx, -state.get(MODULE, "SubnetTAO", netuid))
    state.put(MODULE, "DissolveCleanupQueue", [*waiting, netuid])
    ctx.deposit_event(MODULE, "NetworkRemoved", netuid)


def clean_up_next(ctx: Context) -> None:
    """Clean up the subnet that has waited longest; its number is free then."""
    waiting = cleanup_queue(ctx.state)
    if waiting:
        clean_up(ctx, waiting[0])
        ctx.deposit_event(MODULE, "NetworkDissolveCleanupCompleted", netuid=waiting[0])
        ctx.state.put(MODULE, "DissolveCleanupQueue", waiting[1:])


def clean_up(ctx: Context, netuid: int) -> None:
    """Pay a dissolved subnet out, and remove everything under its number."""
    leave_subnet(ctx, netuid)
    destroy_alpha_in_out_stakes(ctx, netuid)
    clear_protocol_liquidity(ctx, netuid)
    for purge in ON_DISSOLVE:
        purge(ctx, netuid)
    recycle_queued(ctx, netuid)
    _remove_network(ctx, netuid)
    clear_alpha_counters(ctx, netuid)


# --- removing ---------------------------------------------------------------------------------------------------


def _remove_network(ctx: Context, netuid: int) -> None:
    """Remove everything that is stored under a subnet's number."""
    state = ctx.state
    for _, hotkey in state.entries(MODULE, "Keys", netuid):
        state.remove(MODULE, "IsNetworkMember", hotkey, netuid)
    for coldkey, hotkey in _locks(state, netuid):
        state.remove(MODULE, "Lock", coldkey, netuid, hotkey)
    for index in storage_indices(state, netuid):
        for item in MECHANISM_VALUES:
            state.remove(MODULE, item, index)
        for item in MECHANISM_MAPS:
            state.remove_prefix(MODULE, item, index)
    if state.exists(MODULE, "SubnetIdentitiesV3", netuid):
        state.remove(MODULE, "SubnetIdentitiesV3", netuid)
        ctx.deposit_event(MODULE, "SubnetIdentityRemoved", netuid)
    for item in BY_HOTKEY:
        for keys, _ in state.entries(MODULE, item):
            if keys[1] == netuid:
                state.remove(MODULE, item, *keys)
    for item in MAPS:
        state.remove_prefix(MODULE, item, netuid)
    for item in VALUES:
        state.remove(MODULE, item, netuid)
    _remove_lease(ctx, netuid)


def _locks(state: StorageReader, netuid: int) -> list[tuple[str, str]]:
    """(coldkey, hotkey) of every lock of stake on a subnet."""
    return [(coldkey, hotkey) for (hotkey, coldkey), _ in state.entries(MODULE, "LockingColdkeys", netuid)]


def _remove_lease(ctx: Context, netuid: int) -> None:
    lease = ctx.state.get(MODULE, "SubnetUidToLeaseId", netuid)
    if lease is None:
        return
    ctx.state.remove(MODULE, "SubnetUidToLeaseId", netuid)
    ctx.state.remove(MODULE, "SubnetLeases", lease)
    ctx.state.remove_prefix(MODULE, "SubnetLeaseShares", lease)
    ctx.state.remove_prefix(MODULE, "SubnetLeaseUnpaidDividends", lease)
    ctx.state.remove(MODULE, "AccumulatedLeaseDividends", lease)
