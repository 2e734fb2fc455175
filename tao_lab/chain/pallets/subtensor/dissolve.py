"""The end of a subnet: its TAO goes to those who hold its alpha, and everything under its number is removed.

The newer runtime cleans up over many blocks; here, as in the source, all of it happens in one call.

Sources: `pallets/subtensor/src/coinbase/root.rs` (`do_dissolve_network`, `remove_network`),
`staking/remove_stake.rs` (`destroy_alpha_in_out_stakes`), `staking/lock.rs` (`destroy_lock_maps`),
`staking/claim_root.rs` (`finalize_all_subnet_root_dividends`), `pallets/commitments/src/lib.rs` (`purge_netuid`).
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_root, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets import commitments
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, failed, subnet_exists
from tao_lab.chain.pallets.subtensor.pool import change_total_stake, clear_protocol_liquidity, current_alpha_price
from tao_lab.chain.pallets.subtensor.run_coinbase import alpha_issuance
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import (
    account_of_netuid,
    coldkey_balance,
    keep_alive_balance,
    recycle_tao,
    transfer_tao,
)
from tao_lab.chain.pallets.subtensor.uids import storage_indices
from tao_lab.chain.state import StorageReader
from tao_lab.economy.dissolution import split_pot
from tao_lab.economy.share_pool import SafeFloat, to_rao
from tao_lab.economy.words import U96F32, to_u96f32, u16_share

BY_NETUID = """
SubnetOwner SubnetworkN NetworksAdded NetworkRegisteredAt Active Emission Consensus Dividends ValidatorPermit
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
SubnetProtocolAlpha
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
    "LastHotkeySwapOnNetuid",
    "HotkeyLock",
    "DecayingHotkeyLock",
    "LockingColdkeys",
    "RootClaimed",
)
MECHANISM_VALUES = ("LastUpdate", "Incentive")
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


@call(MODULE, weight=weight(119_000_000, reads=6, writes=31))
def dissolve_network(ctx: Context, origin: Origin, coldkey: str, netuid: int) -> None:
    """Root dissolves a subnet; the coldkey is not looked at."""
    ensure_root(origin)
    dissolve(ctx, netuid)


@call(MODULE, weight=weight(119_000_000, reads=6, writes=31))
def root_dissolve_network(ctx: Context, origin: Origin, netuid: int) -> None:
    """Root dissolves a subnet."""
    ensure_root(origin)
    dissolve(ctx, netuid)


def dissolve(ctx: Context, netuid: int) -> None:
    """Pay out a subnet and remove it.

    Raises:
        DispatchError: `SubnetNotExists`.
    """
    if netuid == ROOT_NETUID or not subnet_exists(ctx.state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid} to dissolve")
    _forget_root_claims(ctx, netuid)
    _pay_out(ctx, netuid)
    clear_protocol_liquidity(ctx, netuid)
    commitments.purge_netuid(ctx, netuid)
    _remove_network(ctx, netuid)
    ctx.deposit_event(MODULE, "NetworkRemoved", netuid)


def _forget_root_claims(ctx: Context, netuid: int) -> None:
    for hotkey, claimable in ctx.state.entries(MODULE, "RootClaimable"):
        rates = dict(claimable)
        if rates.pop(netuid, None) is not None:
            ctx.state.put(MODULE, "RootClaimable", hotkey, rates)


# --- paying out -------------------------------------------------------------------------------------------------


def _pay_out(ctx: Context, netuid: int) -> None:
    """`destroy_alpha_in_out_stakes`: TAO for all alpha, the owner's old refund, and the rest recycled."""
    state, account = ctx.state, account_of_netuid(netuid)
    owner, refund = state.get(MODULE, "SubnetOwner", netuid), _owner_refund(state, netuid)
    holders = _holders(state, netuid)
    pot = int(state.get(MODULE, "SubnetTAO", netuid))
    state.remove(MODULE, "SubnetTAO", netuid)
    change_total_stake(ctx, -pot)
    protocol_alpha = _protocol_alpha(state, netuid)
    *shares, protocol_tao = split_pot(pot, [*(alpha for _, _, alpha in holders), protocol_alpha])
    for (_, coldkey, _), share in zip(holders, shares, strict=True):
        if share:
            _try_transfer(ctx, account, coldkey, share)
    for hotkey, coldkey, _ in holders:
        state.remove(MODULE, "AlphaV2", hotkey, coldkey, netuid)
        for item in ("TotalHotkeyAlpha", "TotalHotkeyShares", "TotalHotkeySharesV2"):
            state.remove(MODULE, item, hotkey, netuid)
    if refund:
        _try_transfer(ctx, account, owner, min(refund, max(coldkey_balance(ctx, account) - protocol_tao, 0)))
    recycle_tao(ctx, account, keep_alive_balance(ctx, account))


def _holders(state: StorageReader, netuid: int) -> list[tuple[str, str, int]]:
    """(hotkey, coldkey, alpha) of every stake on a subnet, in the order in which the chain walks them."""
    holders = []
    for (hotkey, where), _ in state.entries(MODULE, "TotalHotkeyAlpha"):
        if where != netuid:
            continue
        shares = sorted(state.entries(MODULE, "AlphaV2", hotkey), key=lambda entry: entry[0][0])
        for (coldkey, staked_on), share in shares:
            if staked_on == netuid:
                rao = stake_of_coldkey(state, hotkey, coldkey, netuid)
                holders.append((hotkey, coldkey, rao or to_rao(SafeFloat(share["mantissa"], share["exponent"]))))
    return holders


def _protocol_alpha(state: StorageReader, netuid: int) -> int:
    """Alpha that belongs to nobody: what the chain has bought, and the pool's on subnets that are new enough."""
    alpha = int(state.get(MODULE, "SubnetProtocolAlpha", netuid))
    if state.get(MODULE, "NetworkRegisteredAt", netuid) > state.get(MODULE, "TaoInRefundDeploymentBlock"):
        alpha += int(state.get(MODULE, "SubnetAlphaIn", netuid))
    return alpha


def _owner_refund(state: StorageReader, netuid: int) -> int:
    """What the owner of a subnet from before `NetworkRegistrationStartBlock` gets back of the lock, rao."""
    if state.get(MODULE, "NetworkRegisteredAt", netuid) >= state.get(MODULE, "NetworkRegistrationStartBlock"):
        return 0
    cut = u16_share(state.get(MODULE, "SubnetOwnerCut"))
    owner_alpha = U96F32.whole(U96F32.multiply(U96F32.number(alpha_issuance(state, netuid)), cut))
    price = to_u96f32(current_alpha_price(state, netuid))
    received = U96F32.whole(U96F32.multiply(U96F32.number(owner_alpha), price))
    return max(int(state.get(MODULE, "SubnetLocked", netuid)) - received, 0)


def _try_transfer(ctx: Context, source: str, dest: str, rao: int) -> None:
    """Move rao; a transfer that cannot be made stops nothing (the rao are recycled in the end)."""
    mark = ctx.mark()
    try:
        transfer_tao(ctx, source, dest, rao)
    except DispatchError:
        ctx.rollback(mark)


# --- removing ---------------------------------------------------------------------------------------------------


def _remove_network(ctx: Context, netuid: int) -> None:
    """Remove everything under a subnet's number; its root weights become 0."""
    state = ctx.state
    state.put(MODULE, "TotalNetworks", max(state.get(MODULE, "TotalNetworks") - 1, 0))
    for uid, row in state.entries(MODULE, "Weights", ROOT_NETUID):
        zeroed = [(target, 0 if target == netuid else value) for target, value in row]
        state.put(MODULE, "Weights", ROOT_NETUID, uid, zeroed)
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
    ctx.state.remove(MODULE, "AccumulatedLeaseDividends", lease)
