"""Hyperparameters of a subnet: which ones only root can set, which ones also the owner, and their bounds.

Source: `pallets/admin-utils/src/lib.rs`; weights of `pallets/admin-utils/src/weights.rs`; bounds of
`runtime/src/lib.rs` (`MinBurnUpperBound`, `MaxBurnLowerBound`) and `pallets/subtensor/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, Weight, call, ensure_root, weight
from tao_lab.chain.pallets.admin_utils.setters import (
    PALLET,
    SubnetSetter,
    ensure_owner_within_limit_or_root,
    ensure_subnet_exists,
    record,
    refused,
)
from tao_lab.chain.pallets.subtensor import tempo as tempo_calls
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    ensure_subnet_owner_or_root,
    failed,
    subnet_exists,
)
from tao_lab.chain.pallets.subtensor.mechanisms import ensure_max_uids_over_all_mechanisms
from tao_lab.chain.pallets.subtensor.null_consensus import is_null, set_epoch_consensus, uid_budget
from tao_lab.chain.pallets.subtensor.rate_limits import (
    MAX_UIDS_TRIMMING,
    SET_SN_OWNER_HOTKEY_BLOCKS,
    SET_WEIGHTS_VERSION_KEY,
    OwnerHyperparameter,
    last_block,
    set_last_block,
)
from tao_lab.chain.pallets.subtensor.staking import clear_small_nominations, nominator_min_stake
from tao_lab.chain.pallets.subtensor.subnets import set_owner_hotkey
from tao_lab.chain.pallets.subtensor.tempo import apply_tempo, ensure_admin_window_open
from tao_lab.chain.pallets.subtensor.uids import trim_null_uids_batch, trim_to_max_allowed_uids
from tao_lab.economy.collateral import MAX_DRAIN_RATIO, MAX_LOCK_SHARE
from tao_lab.units import U16_MAX

MIN_BURN_BELOW = 1_000_000_000  # rao
MAX_BURN_ABOVE = 100_000_000  # rao
OWNERS_BONDS_MOVING_AVERAGE = 975_000  # millionths
MAX_BURN_HALF_LIFE = 36_100  # blocks
BURN_INCREASE_ONE = 1 << 64  # U64F64
MAX_BURN_INCREASE = 3
REVEAL_PERIODS = (1, 100)  # epochs
IMMUNE_OWNER_UIDS = (1, 10)
MIN_ALPHA = U16_MAX // 40
BURN_REGISTRATION_ALLOWED = OwnerHyperparameter("BurnRegistrationAllowed")
POW_REGISTRATION_ALLOWED = OwnerHyperparameter("PowRegistrationAllowed")
EPOCH_CONSENSUS = OwnerHyperparameter("EpochConsensus")


# --- bounds: (ctx, netuid, value, by_owner) ------------------------------------------------------------------------


def _max_allowed_uids(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    state = ctx.state
    if value < state.get(MODULE, "MinAllowedUids", netuid):
        raise refused("MaxAllowedUidsLessThanMinAllowedUids")
    if value < state.get(MODULE, "SubnetworkN", netuid):
        raise refused("MaxAllowedUIdsLessThanCurrentUIds")
    highest = uid_budget(state, netuid)
    if value > highest:
        raise refused("MaxAllowedUidsGreaterThanDefaultMaxAllowedUids", f"a subnet has at most {highest} seats")
    ensure_max_uids_over_all_mechanisms(state, netuid, value, state.get(MODULE, "MechanismCountCurrent", netuid))


def _min_allowed_uids(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    if value >= ctx.state.get(MODULE, "MaxAllowedUids", netuid):
        raise refused("MinAllowedUidsGreaterThanMaxAllowedUids")
    if value >= ctx.state.get(MODULE, "SubnetworkN", netuid):
        raise refused("MinAllowedUidsGreaterThanCurrentUids")


def _max_allowed_validators(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    if is_null(ctx.state, netuid) and value != 1:
        raise refused("InvalidValue", "with Null consensus a subnet has one validator")
    if value > ctx.state.get(MODULE, "MaxAllowedUids", netuid):
        raise refused("MaxValidatorsLargerThanMaxUIds")


def _activity_cutoff(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    lowest = ctx.state.get(MODULE, "MinActivityCutoff")
    if value < lowest:
        raise failed("ActivityCutoffTooLow", f"the cutoff must be at least {lowest} blocks")


def _min_burn(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    highest = min(MIN_BURN_BELOW, ctx.state.get(MODULE, "MaxBurn", netuid))
    if value >= highest:
        raise refused("ValueNotInBounds", f"min_burn is {value}, allowed: below {highest} rao")


def _max_burn(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    lowest = max(MAX_BURN_ABOVE, ctx.state.get(MODULE, "MinBurn", netuid))
    if value <= lowest:
        raise refused("ValueNotInBounds", f"max_burn is {value}, allowed: above {lowest} rao")


def _bonds_moving_average(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    if by_owner and value > OWNERS_BONDS_MOVING_AVERAGE:
        raise refused("BondsMovingAverageMaxReached", f"an owner sets at most {OWNERS_BONDS_MOVING_AVERAGE}")


def _min_childkey_take(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    lowest, highest = ctx.state.get(MODULE, "MinChildkeyTake"), ctx.state.get(MODULE, "MaxChildkeyTake")
    if not lowest <= value <= highest:
        raise refused("InvalidValue", f"take is {value}, allowed: {lowest} to {highest}")


def _reveal_period(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    lowest, highest = REVEAL_PERIODS
    if not lowest <= value <= highest:
        name = "RevealPeriodTooSmall" if value < lowest else "RevealPeriodTooLarge"
        raise failed(name, f"interval is {value}, allowed: {lowest} to {highest} epochs")


def _sigmoid_steepness(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    if by_owner and value < 0:
        raise refused("NegativeSigmoidSteepness")


def _immune_owner_uids(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    lowest, highest = IMMUNE_OWNER_UIDS
    if not lowest <= value <= highest:
        raise failed("InvalidValue", f"immune_neurons is {value}, allowed: {lowest} to {highest}")


def _burn_half_life(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    if not 0 < value <= MAX_BURN_HALF_LIFE:
        raise refused("InvalidValue", f"burn_half_life is {value}, allowed: 1 to {MAX_BURN_HALF_LIFE} blocks")


def _burn_increase(ctx: Context, netuid: int, value: dict[str, Any], by_owner: bool) -> None:
    if not BURN_INCREASE_ONE <= value["bits"] <= MAX_BURN_INCREASE * BURN_INCREASE_ONE:
        raise refused("InvalidValue", f"burn_increase_mult is not a number from 1 to {MAX_BURN_INCREASE}")


def _lock_share(ctx: Context, netuid: int, value: int, by_owner: bool) -> None:
    if value > MAX_LOCK_SHARE:
        raise refused("CollateralLockShareTooHigh", f"lock_share is {value}, allowed: at most {MAX_LOCK_SHARE}")


def _drain_ratio(ctx: Context, netuid: int, value: dict[str, Any], by_owner: bool) -> None:
    if not 0 < value["bits"] <= MAX_DRAIN_RATIO:
        raise refused("CollateralDrainRatioOutOfBounds", "drain_ratio is not a number above 0 and at most 10")


# --- the table --------------------------------------------------------------------------------------------------


def _owners(base: int, reads: int = 5) -> Weight:
    return weight(base, reads=reads, writes=1)


OPERATIONAL = weight(25_000_000, reads=4, writes=1)
COLLATERAL = weight(42_884_000, reads=8, writes=2)  # of spec 475

ROOTS_SETTERS = (
    # registration
    SubnetSetter("sudo_set_difficulty", "difficulty", "Difficulty", "DifficultySet", _owners(34_434_000)),
    SubnetSetter("sudo_set_min_difficulty", "min_difficulty", "MinDifficulty", "MinDifficultySet", _owners(34_554_000)),
    SubnetSetter(
        "sudo_set_adjustment_interval",
        "adjustment_interval",
        "AdjustmentInterval",
        "AdjustmentIntervalSet",
        weight(16_320_000, reads=1, writes=1),
        window=False,
    ),
    SubnetSetter(
        "sudo_set_target_registrations_per_interval",
        "target_registrations_per_interval",
        "TargetRegistrationsPerInterval",
        "RegistrationPerIntervalSet",
        _owners(34_103_000),
    ),
    SubnetSetter(
        "sudo_set_max_registrations_per_block",
        "max_registrations_per_block",
        "MaxRegistrationsPerBlock",
        "MaxRegistrationsPerBlockSet",
        _owners(34_604_000),
    ),
    SubnetSetter(
        "sudo_set_rao_recycled",
        "rao_recycled",
        "RAORecycledForRegistration",
        "RAORecycledForRegistrationSet",
        weight(16_541_000, reads=1, writes=1),
        window=False,
    ),
    # UIDs
    SubnetSetter(
        "sudo_set_min_allowed_uids",
        "min_allowed_uids",
        "MinAllowedUids",
        "MinAllowedUidsSet",
        _owners(37_890_000, reads=7),
        check=_min_allowed_uids,
    ),
    SubnetSetter(
        "sudo_set_min_non_immune_uids",
        "min",
        "MinNonImmuneUids",
        "MinNonImmuneUidsSet",
        weight(6_783_000, writes=1),
        window=False,
        exists=False,
    ),
    SubnetSetter(
        "sudo_set_max_allowed_validators",
        "max_allowed_validators",
        "MaxAllowedValidators",
        "MaxAllowedValidatorsSet",
        _owners(35_896_000, reads=6),
        check=_max_allowed_validators,
    ),
    # weights and consensus
    SubnetSetter(
        "sudo_set_weights_set_rate_limit",
        "weights_set_rate_limit",
        "WeightsSetRateLimit",
        "WeightsSetRateLimitSet",
        weight(16_420_000, reads=1, writes=1),
        window=False,
    ),
    SubnetSetter("sudo_set_kappa", "kappa", "Kappa", "KappaSet", weight(16_301_000, reads=1, writes=1), window=False),
    # emission and the pool
    SubnetSetter(
        "sudo_set_subtoken_enabled",
        "subtoken_enabled",
        "SubtokenEnabled",
        None,
        _owners(25_467_000, reads=4),
        exists=False,
    ),
    SubnetSetter(
        "sudo_set_ema_price_halving_period",
        "ema_halving",
        "EMAPriceHalvingBlocks",
        None,
        weight(4_198_000, writes=1),
        window=False,
        exists=False,
    ),
    SubnetSetter(
        "sudo_set_subnet_emission_enabled",
        "enabled",
        "SubnetEmissionEnabled",
        None,
        weight(16_351_000, reads=1, writes=1),
        window=False,
        on_root=False,
        admin_event="SubnetEmissionEnabledSet",
    ),
)

OWNERS_SETTERS = (
    # registration
    SubnetSetter(
        "sudo_set_min_burn",
        "min_burn",
        "MinBurn",
        "MinBurnSet",
        _owners(37_780_000, reads=6),
        OwnerHyperparameter("MinBurn"),
        check=_min_burn,
    ),
    SubnetSetter(
        "sudo_set_max_burn",
        "max_burn",
        "MaxBurn",
        "MaxBurnSet",
        _owners(36_949_000, reads=6),
        OwnerHyperparameter("MaxBurn"),
        check=_max_burn,
    ),
    SubnetSetter(
        "sudo_set_burn_half_life",
        "burn_half_life",
        "BurnHalfLife",
        None,
        OPERATIONAL,
        OwnerHyperparameter("BurnHalfLife"),
        on_root=False,
        check=_burn_half_life,
        admin_event="BurnHalfLifeSet",
        operational=True,
    ),
    SubnetSetter(
        "sudo_set_burn_increase_mult",
        "burn_increase_mult",
        "BurnIncreaseMult",
        None,
        OPERATIONAL,
        OwnerHyperparameter("BurnIncreaseMult"),
        on_root=False,
        check=_burn_increase,
        admin_event="BurnIncreaseMultSet",
        operational=True,
    ),
    SubnetSetter(
        "sudo_set_collateral_lock_share",
        "lock_share",
        "CollateralLockShare",
        None,
        COLLATERAL,
        OwnerHyperparameter("CollateralLockShare"),
        on_root=False,
        check=_lock_share,
        admin_event="CollateralLockShareSet",
        operational=True,
    ),
    SubnetSetter(
        "sudo_set_collateral_drain_ratio",
        "drain_ratio",
        "CollateralDrainRatio",
        None,
        COLLATERAL,
        OwnerHyperparameter("CollateralDrainRatio"),
        on_root=False,
        check=_drain_ratio,
        admin_event="CollateralDrainRatioSet",
        operational=True,
    ),
    SubnetSetter(
        "sudo_set_max_difficulty",
        "max_difficulty",
        "MaxDifficulty",
        "MaxDifficultySet",
        _owners(34_704_000),
        OwnerHyperparameter("MaxDifficulty"),
    ),
    SubnetSetter(
        "sudo_set_adjustment_alpha",
        "adjustment_alpha",
        "AdjustmentAlpha",
        "AdjustmentAlphaSet",
        weight(14_000_000, reads=1, writes=1),
        OwnerHyperparameter("AdjustmentAlpha"),
    ),
    SubnetSetter(
        "sudo_set_serving_rate_limit",
        "serving_rate_limit",
        "ServingRateLimit",
        "ServingRateLimitSet",
        _owners(28_633_000, reads=4),
        OwnerHyperparameter("ServingRateLimit"),
        exists=False,
    ),
    # UIDs
    SubnetSetter(
        "sudo_set_immunity_period",
        "immunity_period",
        "ImmunityPeriod",
        "ImmunityPeriodSet",
        _owners(34_414_000),
        OwnerHyperparameter("ImmunityPeriod"),
    ),
    SubnetSetter(
        "sudo_set_max_allowed_uids",
        "max_allowed_uids",
        "MaxAllowedUids",
        "MaxAllowedUidsSet",
        _owners(43_381_000, reads=8),
        OwnerHyperparameter("MaxAllowedUids"),
        check=_max_allowed_uids,
    ),
    SubnetSetter(
        "sudo_set_owner_immune_neuron_limit",
        "immune_neurons",
        "ImmuneOwnerUidsLimit",
        None,
        _owners(25_107_000, reads=4),
        OwnerHyperparameter("ImmuneNeuronLimit"),
        exists=False,
        check=_immune_owner_uids,
    ),
    # weights and consensus
    SubnetSetter(
        "sudo_set_weights_version_key",
        "weights_version_key",
        "WeightsVersionKey",
        "WeightsVersionKeySet",
        _owners(34_204_000),
        SET_WEIGHTS_VERSION_KEY,
    ),
    SubnetSetter(
        "sudo_set_min_allowed_weights",
        "min_allowed_weights",
        "MinAllowedWeights",
        "MinAllowedWeightSet",
        _owners(34_664_000),
        OwnerHyperparameter("MinAllowedWeights"),
    ),
    SubnetSetter(
        "sudo_set_commit_reveal_weights_enabled",
        "enabled",
        "CommitRevealWeightsEnabled",
        "CommitRevealEnabled",
        _owners(34_544_000),
        OwnerHyperparameter("CommitRevealEnabled"),
    ),
    SubnetSetter(
        "sudo_set_commit_reveal_weights_interval",
        "interval",
        "RevealPeriodEpochs",
        "CommitRevealPeriodsSet",
        _owners(34_654_000),
        OwnerHyperparameter("WeightCommitInterval"),
        check=_reveal_period,
    ),
    SubnetSetter(
        "sudo_set_activity_cutoff",
        "activity_cutoff",
        "ActivityCutoff",
        "ActivityCutoffSet",
        _owners(35_165_000, reads=6),
        OwnerHyperparameter("ActivityCutoff"),
        check=_activity_cutoff,
    ),
    SubnetSetter("sudo_set_rho", "rho", "Rho", None, _owners(31_268_000), OwnerHyperparameter("Rho")),
    SubnetSetter(
        "sudo_set_yuma3_enabled",
        "enabled",
        "Yuma3On",
        None,
        _owners(28_583_000, reads=4),
        OwnerHyperparameter("Yuma3Enabled"),
        exists=False,
        admin_event="Yuma3EnableToggled",
    ),
    # bonds
    SubnetSetter(
        "sudo_set_bonds_moving_average",
        "bonds_moving_average",
        "BondsMovingAverage",
        "BondsMovingAverageSet",
        _owners(34_495_000),
        OwnerHyperparameter("BondsMovingAverage"),
        check=_bonds_moving_average,
    ),
    SubnetSetter(
        "sudo_set_bonds_penalty",
        "bonds_penalty",
        "BondsPenalty",
        "BondsPenaltySet",
        _owners(34_354_000),
        OwnerHyperparameter("BondsPenalty"),
    ),
    SubnetSetter(
        "sudo_set_bonds_reset_enabled",
        "enabled",
        "BondsResetOn",
        "BondsResetOnSet",
        _owners(30_507_000, reads=4),
        OwnerHyperparameter("BondsResetEnabled"),
        exists=False,
        admin_event="BondsResetToggled",
    ),
    SubnetSetter(
        "sudo_set_liquid_alpha_enabled",
        "enabled",
        "LiquidAlphaOn",
        None,
        _owners(25_538_000, reads=4),
        OwnerHyperparameter("LiquidAlphaEnabled"),
        exists=False,
    ),
    SubnetSetter(
        "sudo_set_liquid_alpha_consensus_mode",
        "mode",
        "LiquidAlphaConsensusMode",
        "LiquidAlphaConsensusModeSet",
        _owners(34_224_000),
        OwnerHyperparameter("LiquidAlphaConsensusMode"),
        exists=False,
    ),
    SubnetSetter(
        "sudo_set_alpha_sigmoid_steepness",
        "steepness",
        "AlphaSigmoidSteepness",
        None,
        _owners(31_438_000),
        OwnerHyperparameter("AlphaSigmoidSteepness"),
        check=_sigmoid_steepness,
    ),
    # stake
    SubnetSetter(
        "sudo_set_min_childkey_take_per_subnet",
        "take",
        "MinChildkeyTakePerSubnet",
        "MinChildKeyTakePerSubnetSet",
        _owners(38_100_000, reads=7),
        OwnerHyperparameter("MinChildkeyTake"),
        check=_min_childkey_take,
    ),
    SubnetSetter(
        "sudo_set_toggle_transfer",
        "toggle",
        "TransferToggle",
        "TransferToggle",
        _owners(28_343_000, reads=4),
        OwnerHyperparameter("TransferEnabled"),
        exists=False,
    ),
    SubnetSetter(
        "sudo_set_recycle_or_burn",
        "recycle_or_burn",
        "RecycleOrBurn",
        None,
        weight(20_000_000, reads=2, writes=2),
        OwnerHyperparameter("RecycleOrBurn"),
        exists=False,
    ),
)

for row in (*ROOTS_SETTERS, *OWNERS_SETTERS):
    row.register()


# --- calls of another shape -------------------------------------------------------------------------------------


@call(PALLET, weight=weight(36_298_000, reads=5, writes=2))
def sudo_set_tempo(ctx: Context, origin: Origin, netuid: int, tempo: int) -> None:
    """Root sets any tempo; the owner (through the SDK) sets one that `SubtensorModule.set_tempo` allows."""
    if origin.kind != "Root":
        tempo_calls.set_tempo(ctx, origin, netuid, tempo)
        return
    ensure_admin_window_open(ctx, netuid)
    ensure_subnet_exists(ctx, netuid)
    apply_tempo(ctx, netuid, tempo)


@call(PALLET, weight=weight(39_193_000, reads=7, writes=2))
def sudo_set_activity_cutoff_factor(ctx: Context, origin: Origin, netuid: int, factor_milli: int) -> None:
    """The same as `SubtensorModule.set_activity_cutoff_factor`, under the name that the SDK uses."""
    tempo_calls.set_activity_cutoff_factor(ctx, origin, netuid, factor_milli)


@call(PALLET, weight=_owners(34_224_000))
def sudo_set_alpha_values(ctx: Context, origin: Origin, netuid: int, alpha_low: int, alpha_high: int) -> None:
    """The owner or root sets the bounds of liquid alpha (u16), if it is on."""
    limit = OwnerHyperparameter("AlphaValues")
    who = ensure_owner_within_limit_or_root(ctx, origin, netuid, limit)
    ensure_admin_window_open(ctx, netuid)
    if not ctx.state.get(MODULE, "LiquidAlphaOn", netuid):
        raise failed("LiquidAlphaDisabled", f"subnet {netuid} has one alpha for all")
    if alpha_high < MIN_ALPHA:
        raise failed("AlphaHighTooLow", f"alpha_high is {alpha_high}, at least {MIN_ALPHA}")
    if not MIN_ALPHA <= alpha_low <= alpha_high:
        raise failed("AlphaLowOutOfRange", f"alpha_low is {alpha_low}, allowed: {MIN_ALPHA} to {alpha_high}")
    ctx.state.put(MODULE, "AlphaValues", netuid, (alpha_low, alpha_high))
    record(ctx, who, netuid, limit)


def _set_owner_cut_flag(ctx: Context, origin: Origin, netuid: int, item: str, enabled: bool) -> None:
    """The owner or root sets a flag of the owner's cut, without a rate limit."""
    ensure_subnet_owner_or_root(ctx.state, origin, netuid)
    ensure_admin_window_open(ctx, netuid)
    ensure_subnet_exists(ctx, netuid)
    if netuid == ROOT_NETUID:
        raise refused("NotPermittedOnRootSubnet")
    ctx.state.put(MODULE, item, netuid, enabled)


@call(PALLET, weight=OPERATIONAL, dispatch_class="Operational")
def sudo_set_owner_cut_enabled(ctx: Context, origin: Origin, netuid: int, enabled: bool) -> None:
    """Whether the owner gets its cut of the emission."""
    _set_owner_cut_flag(ctx, origin, netuid, "OwnerCutEnabled", enabled)


@call(PALLET, weight=OPERATIONAL, dispatch_class="Operational")
def sudo_set_owner_cut_auto_lock_enabled(ctx: Context, origin: Origin, netuid: int, enabled: bool) -> None:
    """Whether the owner's cut is locked when it is paid."""
    _set_owner_cut_flag(ctx, origin, netuid, "OwnerCutAutoLockEnabled", enabled)


@call(PALLET, weight=weight(25_687_000, reads=2, writes=2))
def sudo_set_sn_owner_hotkey(ctx: Context, origin: Origin, netuid: int, hotkey: str) -> None:
    """The owner or root names the owner's hotkey, once in a week (a limit for both)."""
    ensure_subnet_owner_or_root(ctx.state, origin, netuid)
    if not subnet_exists(ctx.state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")
    last = last_block(ctx, "SetSNOwnerHotkey", netuid)
    if last and ctx.block - last < SET_SN_OWNER_HOTKEY_BLOCKS:
        raise failed(
            "TxRateLimitExceeded", f"the owner's hotkey may be set once in {SET_SN_OWNER_HOTKEY_BLOCKS} blocks"
        )
    set_last_block(ctx, ctx.block, "SetSNOwnerHotkey", netuid)
    set_owner_hotkey(ctx, netuid, hotkey)


@call(PALLET, weight=weight(7_113_000, writes=1))
def sudo_set_network_registration_allowed(
    ctx: Context, origin: Origin, netuid: int, registration_allowed: bool
) -> None:
    """The owner or root decides whether places are sold; on the root network only root decides."""
    if netuid == ROOT_NETUID:
        ensure_root(origin)
        ctx.state.put(MODULE, "NetworkRegistrationAllowed", netuid, registration_allowed)
        ctx.deposit_event(MODULE, "RegistrationAllowed", netuid, registration_allowed)
        return
    who = ensure_owner_within_limit_or_root(ctx, origin, netuid, BURN_REGISTRATION_ALLOWED)
    ensure_subnet_exists(ctx, netuid)
    ensure_admin_window_open(ctx, netuid)
    _ensure_one_way_in(ctx, netuid, "NetworkPowRegistrationAllowed", registration_allowed)
    ctx.state.put(MODULE, "NetworkRegistrationAllowed", netuid, registration_allowed)
    ctx.deposit_event(MODULE, "RegistrationAllowed", netuid, registration_allowed)
    record(ctx, who, netuid, BURN_REGISTRATION_ALLOWED)


@call(PALLET, weight=weight(14_000_000, writes=1))
def sudo_set_network_pow_registration_allowed(
    ctx: Context, origin: Origin, netuid: int, registration_allowed: bool
) -> None:
    """The owner or root decides whether places are given for work."""
    who = ensure_owner_within_limit_or_root(ctx, origin, netuid, POW_REGISTRATION_ALLOWED)
    ensure_admin_window_open(ctx, netuid)
    ensure_subnet_exists(ctx, netuid)
    if netuid == ROOT_NETUID:
        raise refused("NotPermittedOnRootSubnet")
    _ensure_one_way_in(ctx, netuid, "NetworkRegistrationAllowed", registration_allowed)
    ctx.state.put(MODULE, "NetworkPowRegistrationAllowed", netuid, registration_allowed)
    ctx.deposit_event(MODULE, "PowRegistrationAllowed", netuid, registration_allowed)
    record(ctx, who, netuid, POW_REGISTRATION_ALLOWED)


def _ensure_one_way_in(ctx: Context, netuid: int, other: str, allowed: bool) -> None:
    """Refuse to switch off both kinds of registration."""
    if not allowed and not ctx.state.get(MODULE, other, netuid):
        raise refused("InvalidValue", "one of the two ways to register has to stay open: by price, or by work")


@call(PALLET, weight=weight(30_697_000, reads=5, writes=1))
def sudo_set_nominator_min_required_stake(ctx: Context, origin: Origin, min_stake: int) -> None:
    """Root sets the smallest stake on another's hotkey, millionths of the minimum stake; smaller stakes are sold.

    As in the source, the new value in millionths is compared with the old one in rao.
    """
    ensure_root(origin)
    before = nominator_min_stake(ctx.state)
    ctx.state.put(MODULE, "NominatorMinRequiredStake", min_stake)
    if min_stake > before:
        clear_small_nominations(ctx)


@call(PALLET, weight=weight(38_302_000, reads=8, writes=1))
def sudo_trim_to_max_allowed_uids(ctx: Context, origin: Origin, netuid: int, max_n: int) -> None:
    """The owner, once a month, or root lowers the number of places; neurons with the least emission are removed."""
    who = ensure_owner_within_limit_or_root(ctx, origin, netuid, MAX_UIDS_TRIMMING)
    ensure_admin_window_open(ctx, netuid)
    trim_to_max_allowed_uids(ctx, netuid, max_n)
    record(ctx, who, netuid, MAX_UIDS_TRIMMING)


@call(PALLET, weight=weight(34_224_000, reads=30, writes=4))
def sudo_set_epoch_consensus(ctx: Context, origin: Origin, netuid: int, mode: str) -> None:
    """The owner, with a rate limit, or root chooses how epochs divide the emission: `Yuma` or `Null`."""
    who = ensure_owner_within_limit_or_root(ctx, origin, netuid, EPOCH_CONSENSUS)
    if not subnet_exists(ctx.state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")
    ensure_admin_window_open(ctx, netuid)
    set_epoch_consensus(ctx, netuid, mode)
    record(ctx, who, netuid, EPOCH_CONSENSUS)


@call(PALLET, weight=weight(38_302_000, reads=8, writes=1))
def sudo_trim_null_uids_batch(ctx: Context, origin: Origin, netuid: int, target: int) -> None:
    """The owner, once a month, or root removes up to 64 neurons of a subnet with Null consensus.

    The call is repeated until the target is reached. Only the first one of a target counts for the limit.
    """
    continuing = ctx.state.get(MODULE, "NullPruningTarget", netuid) == target
    if continuing:
        ensure_subnet_owner_or_root(ctx.state, origin, netuid)
        who = None
    else:
        who = ensure_owner_within_limit_or_root(ctx, origin, netuid, MAX_UIDS_TRIMMING)
    ensure_admin_window_open(ctx, netuid)
    trim_null_uids_batch(ctx, netuid, target)
    record(ctx, who, netuid, MAX_UIDS_TRIMMING)
