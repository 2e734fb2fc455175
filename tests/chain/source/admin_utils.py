"""The calls of AdminUtils as the public source has them, typed from it and from nothing of the lab's.

Source: opentensor/subtensor at 14bc6f9f964b: `pallets/admin-utils/src/lib.rs` (origin, window, checks, order),
`pallets/subtensor/src/utils/misc.rs` and `subnets/*.rs` (`set_…`: item and event), `utils/rate_limiting.rs` (limits),
`runtime/src/lib.rs` (bounds). Weights are in `weights.py`. All items and the plain events are SubtensorModule's. The
two calls of collateral are those of spec 475: `pallets/admin-utils/src/lib.rs` in coldint/subtensor at 02214123.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ONE = 1 << 64  # U64F64, I64F64


@dataclass(frozen=True)
class NetworkCall:
    """A call by which root, and nobody else, sets one value of the whole chain."""

    call: str
    argument: str
    item: str
    event: str | None
    value: Any


@dataclass(frozen=True)
class SubnetCall:
    """A call that sets one value of one subnet.

    Attributes:
        owner: Whether the subnet's owner may call it, beside root.
        limit: The owner's limit: a `Hyperparameter`, a number of `TransactionType`, or None.
        window: Whether `ensure_admin_window_open` is asked.
        missing: The error for a subnet that does not exist; None where nobody asks.
        root: Whether the root network may have it; else the error is `NotPermittedOnRootSubnet`.
        event: Event of SubtensorModule `(netuid, value)`, or of AdminUtils by names where it begins with `AdminUtils.`.
        value: One that the item does not have at first, within all bounds.
    """

    call: str
    argument: str
    item: str
    events: tuple[str, ...]
    owner: bool
    limit: str | int | None
    window: bool
    missing: str | None
    root: bool
    value: Any


def _value(text: str) -> Any:
    named = {"on": True, "off": False, "2x": {"bits": 2 * ONE}, "bits": {"bits": 7}}
    return named[text] if text in named else int(text.replace("_", "")) if text[0].isdigit() else text


# Columns: call, argument, item, event, a value
_NETWORK = """
sudo_set_default_take                         default_take      MaxDelegateTake                 MaxDelegateTakeSet                  42
sudo_set_min_delegate_take                    take              MinDelegateTake                 MinDelegateTakeSet                  42
sudo_set_tx_rate_limit                        tx_rate_limit     TxRateLimit                     TxRateLimitSet                      42
sudo_set_tx_delegate_take_rate_limit          tx_rate_limit     TxDelegateTakeRateLimit         TxDelegateTakeRateLimitSet          42
sudo_set_subnet_owner_cut                     subnet_owner_cut  SubnetOwnerCut                  SubnetOwnerCutSet                   42
sudo_set_network_rate_limit                   rate_limit        NetworkRateLimit                NetworkRateLimitSet                 42
sudo_set_network_immunity_period              immunity_period   NetworkImmunityPeriod           NetworkImmunityPeriodSet            42
sudo_set_network_min_lock_cost                lock_cost         NetworkMinLockCost              NetworkMinLockCostSet               42
sudo_set_subnet_limit                         max_subnets       SubnetLimit                     SubnetLimitSet                      42
sudo_set_lock_reduction_interval              interval          NetworkLockReductionInterval    NetworkLockCostReductionIntervalSet 42
sudo_set_stake_threshold                      min_stake         StakeThreshold                  StakeThresholdSet                   42
sudo_set_nominator_min_required_stake         min_stake         NominatorMinRequiredStake       -                                   42
sudo_set_dissolve_network_schedule_duration   duration          DissolveNetworkScheduleDuration DissolveNetworkScheduleDurationSet  42
sudo_set_subnet_moving_alpha                  alpha             SubnetMovingAlpha               -                                   bits
sudo_set_commit_reveal_version                version           CommitRevealWeightsVersion      CommitRevealVersionSet              42
sudo_set_ck_burn                              burn              CKBurn                          -                                   42
sudo_set_admin_freeze_window                  window            AdminFreezeWindow               AdminFreezeWindowSet                42
sudo_set_owner_hparam_rate_limit              epochs            OwnerHyperparamRateLimit        OwnerHyperparamRateLimitSet         42
sudo_set_tao_flow_cutoff                      flow_cutoff       TaoFlowCutoff                   -                                   bits
sudo_set_tao_flow_normalization_exponent      exponent          FlowNormExponent                -                                   2x
sudo_set_tao_flow_smoothing_factor            smoothing_factor  FlowEmaSmoothingFactor          -                                   42
sudo_set_net_tao_flow_enabled                 enabled           NetTaoFlowEnabled               -                                   off
sudo_set_max_mechanism_count                  max_mechanism_count MaxMechanismCount             -                                   16
sudo_set_start_call_delay                     delay             StartCallDelay                  StartCallDelaySet                   42
sudo_set_coldkey_swap_announcement_delay      duration          ColdkeySwapAnnouncementDelay    ColdkeySwapAnnouncementDelaySet     42
sudo_set_coldkey_swap_reannouncement_delay    duration          ColdkeySwapReannouncementDelay  ColdkeySwapReannouncementDelaySet   42
sudo_set_max_epochs_per_block                 max_epochs_per_block MaxEpochsPerBlock            MaxEpochsPerBlockSet                5
"""  # noqa: E501

# Columns: call, argument, item, event, who, the owner's limit, the freeze window, a missing subnet, root, a value
_SUBNET = """
sudo_set_serving_rate_limit                serving_rate_limit  ServingRateLimit            ServingRateLimitSet                owner ServingRateLimit      window any    root 42
sudo_set_min_difficulty                    min_difficulty      MinDifficulty               MinDifficultySet                   root  -                     window exists root 42
sudo_set_max_difficulty                    max_difficulty      MaxDifficulty               MaxDifficultySet                   owner MaxDifficulty         window exists root 42
sudo_set_weights_version_key               weights_version_key WeightsVersionKey           WeightsVersionKeySet               owner 4                     window exists root 42
sudo_set_weights_set_rate_limit            weights_set_rate_limit WeightsSetRateLimit      WeightsSetRateLimitSet             root  -                     always exists root 42
sudo_set_adjustment_interval               adjustment_interval AdjustmentInterval          AdjustmentIntervalSet              root  -                     always exists root 42
sudo_set_adjustment_alpha                  adjustment_alpha    AdjustmentAlpha             AdjustmentAlphaSet                 owner AdjustmentAlpha       window exists root 42
sudo_set_immunity_period                   immunity_period     ImmunityPeriod              ImmunityPeriodSet                  owner ImmunityPeriod        window exists root 42
sudo_set_min_allowed_weights               min_allowed_weights MinAllowedWeights           MinAllowedWeightSet                owner MinAllowedWeights     window exists root 42
sudo_set_max_allowed_uids                  max_allowed_uids    MaxAllowedUids              MaxAllowedUidsSet                  owner MaxAllowedUids        window exists root 100
sudo_set_kappa                             kappa               Kappa                       KappaSet                           root  -                     always exists root 42
sudo_set_rho                               rho                 Rho                         -                                  owner Rho                   window exists root 42
sudo_set_activity_cutoff                   activity_cutoff     ActivityCutoff              ActivityCutoffSet                  owner ActivityCutoff        window exists root 400
sudo_set_target_registrations_per_interval target_registrations_per_interval TargetRegistrationsPerInterval RegistrationPerIntervalSet root - window exists root 42
sudo_set_min_burn                          min_burn            MinBurn                     MinBurnSet                         owner MinBurn               window exists root 600_000
sudo_set_max_burn                          max_burn            MaxBurn                     MaxBurnSet                         owner MaxBurn               window exists root 2_000_000_000
sudo_set_difficulty                        difficulty          Difficulty                  DifficultySet                      root  -                     window exists root 42
sudo_set_max_allowed_validators            max_allowed_validators MaxAllowedValidators     MaxAllowedValidatorsSet            root  -                     window exists root 42
sudo_set_bonds_moving_average              bonds_moving_average BondsMovingAverage         BondsMovingAverageSet              owner BondsMovingAverage    window exists root 42
sudo_set_bonds_penalty                     bonds_penalty       BondsPenalty                BondsPenaltySet                    owner BondsPenalty          window exists root 42
sudo_set_max_registrations_per_block       max_registrations_per_block MaxRegistrationsPerBlock MaxRegistrationsPerBlockSet   root  -                     window exists root 42
sudo_set_rao_recycled                      rao_recycled        RAORecycledForRegistration  RAORecycledForRegistrationSet      root  -                     always exists root 42
sudo_set_min_childkey_take_per_subnet      take                MinChildkeyTakePerSubnet    MinChildKeyTakePerSubnetSet        owner MinChildkeyTake       window exists root 42
sudo_set_commit_reveal_weights_enabled     enabled             CommitRevealWeightsEnabled  CommitRevealEnabled                owner CommitRevealEnabled   window exists root on
sudo_set_liquid_alpha_enabled              enabled             LiquidAlphaOn               -                                  owner LiquidAlphaEnabled    window any    root on
sudo_set_commit_reveal_weights_interval    interval            RevealPeriodEpochs          CommitRevealPeriodsSet             owner WeightCommitInterval  window exists root 3
sudo_set_toggle_transfer                   toggle              TransferToggle              TransferToggle                     owner TransferEnabled       window any    root off
sudo_set_recycle_or_burn                   recycle_or_burn     RecycleOrBurn               -                                  owner RecycleOrBurn         window any    root Recycle
sudo_set_liquid_alpha_consensus_mode       mode                LiquidAlphaConsensusMode    LiquidAlphaConsensusModeSet        owner LiquidAlphaConsensusMode window any root Current
sudo_set_ema_price_halving_period          ema_halving         EMAPriceHalvingBlocks       -                                  root  -                     always any    root 42
sudo_set_alpha_sigmoid_steepness           steepness           AlphaSigmoidSteepness       -                                  owner AlphaSigmoidSteepness window exists root 42
sudo_set_yuma3_enabled                     enabled             Yuma3On                     AdminUtils.Yuma3EnableToggled      owner Yuma3Enabled          window any    root on
sudo_set_bonds_reset_enabled               enabled             BondsResetOn                BondsResetOnSet,AdminUtils.BondsResetToggled owner BondsResetEnabled window any root on
sudo_set_subtoken_enabled                  subtoken_enabled    SubtokenEnabled             -                                  root  -                     window any    root on
sudo_set_owner_immune_neuron_limit         immune_neurons      ImmuneOwnerUidsLimit        -                                  owner ImmuneNeuronLimit     window any    root 10
sudo_set_min_allowed_uids                  min_allowed_uids    MinAllowedUids              MinAllowedUidsSet                  root  -                     window exists root 0
sudo_set_min_non_immune_uids               min                 MinNonImmuneUids            MinNonImmuneUidsSet                root  -                     always any    root 42
sudo_set_burn_half_life                    burn_half_life      BurnHalfLife                AdminUtils.BurnHalfLifeSet         owner BurnHalfLife          window exists -    42
sudo_set_burn_increase_mult                burn_increase_mult  BurnIncreaseMult            AdminUtils.BurnIncreaseMultSet     owner BurnIncreaseMult      window exists -    2x
sudo_set_collateral_lock_share             lock_share          CollateralLockShare         AdminUtils.CollateralLockShareSet  owner CollateralLockShare   window exists -    42
sudo_set_collateral_drain_ratio            drain_ratio         CollateralDrainRatio        AdminUtils.CollateralDrainRatioSet owner CollateralDrainRatio  window exists -    2x
sudo_set_owner_cut_enabled                 enabled             OwnerCutEnabled             -                                  owner -                     window exists -    off
sudo_set_owner_cut_auto_lock_enabled       enabled             OwnerCutAutoLockEnabled     -                                  owner -                     window exists -    on
sudo_set_subnet_emission_enabled           enabled             SubnetEmissionEnabled       AdminUtils.SubnetEmissionEnabledSet root -                     always exists -    off
"""  # noqa: E501


def _network_rows() -> tuple[NetworkCall, ...]:
    rows = [line.split() for line in _NETWORK.strip().splitlines()]
    return tuple(NetworkCall(*row[:3], None if row[3] == "-" else row[3], _value(row[4])) for row in rows)


def _subnet_rows() -> tuple[SubnetCall, ...]:
    rows = []
    for line in _SUBNET.strip().splitlines():
        call, argument, item, events, who, limit, window, exists, root, value = line.split()
        rows.append(
            SubnetCall(
                call,
                argument,
                item,
                () if events == "-" else tuple(events.split(",")),
                who == "owner",
                None if limit == "-" else int(limit) if limit.isdigit() else limit,
                window == "window",
                "SubnetDoesNotExist" if exists == "exists" else None,
                root == "root",
                _value(value),
            )
        )
    return tuple(rows)


NETWORK_CALLS = _network_rows()
SUBNET_CALLS = _subnet_rows()

# Calls of another shape; each has a test of its own.
OTHER_CALLS = {
    "sudo_set_tempo",
    "sudo_set_alpha_values",
    "sudo_set_sn_owner_hotkey",
    "sudo_set_mechanism_count",
    "sudo_set_mechanism_emission_split",
    "sudo_trim_to_max_allowed_uids",
    "sudo_set_network_pow_registration_allowed",
    "sudo_set_network_registration_allowed",  # as in spec 475
    "sudo_set_total_issuance",
    "sudo_set_emission_bar_quantile",
    "sudo_set_emission_bar_rank",
    "sudo_set_emission_gate_exponent",
    "sudo_set_activity_cutoff_factor",  # newer than the source: see docs/chain.md
    "sudo_set_epoch_consensus",  # spec 475
    "sudo_trim_null_uids_batch",
}

# Bounds: (call, who, value, what the subnet has, error); the error is None for the last value that is allowed.
BOUNDS: tuple[tuple[str, str, Any, dict[str, Any], str | None], ...] = (
    ("sudo_set_min_burn", "root", 999_999_999, {"MaxBurn": 10**12}, None),
    ("sudo_set_min_burn", "root", 1_000_000_000, {"MaxBurn": 10**12}, "ValueNotInBounds"),
    ("sudo_set_min_burn", "root", 776, {"MaxBurn": 777}, None),
    ("sudo_set_min_burn", "root", 777, {"MaxBurn": 777}, "ValueNotInBounds"),
    ("sudo_set_collateral_lock_share", "alice", 62_258, {}, None),
    ("sudo_set_collateral_lock_share", "root", 62_259, {}, "CollateralLockShareTooHigh"),
    ("sudo_set_collateral_drain_ratio", "alice", {"bits": 1}, {}, None),
    ("sudo_set_collateral_drain_ratio", "root", {"bits": 10 * ONE}, {}, None),
    ("sudo_set_collateral_drain_ratio", "root", {"bits": 10 * ONE + 1}, {}, "CollateralDrainRatioOutOfBounds"),
    ("sudo_set_collateral_drain_ratio", "root", {"bits": 0}, {}, "CollateralDrainRatioOutOfBounds"),
    ("sudo_set_max_burn", "root", 100_000_001, {"MinBurn": 0}, None),
    ("sudo_set_max_burn", "root", 100_000_000, {"MinBurn": 0}, "ValueNotInBounds"),
    ("sudo_set_max_burn", "root", 300_000_001, {"MinBurn": 300_000_000}, None),
    ("sudo_set_max_burn", "root", 300_000_000, {"MinBurn": 300_000_000}, "ValueNotInBounds"),
    ("sudo_set_max_allowed_uids", "root", 64, {"MinAllowedUids": 64}, None),
    ("sudo_set_max_allowed_uids", "root", 63, {"MinAllowedUids": 64}, "MaxAllowedUidsLessThanMinAllowedUids"),
    ("sudo_set_max_allowed_uids", "root", 70, {"SubnetworkN": 70}, None),
    ("sudo_set_max_allowed_uids", "root", 69, {"SubnetworkN": 70}, "MaxAllowedUIdsLessThanCurrentUIds"),
    ("sudo_set_max_allowed_uids", "root", 256, {}, None),
    ("sudo_set_max_allowed_uids", "root", 257, {}, "MaxAllowedUidsGreaterThanDefaultMaxAllowedUids"),
    ("sudo_set_max_allowed_uids", "root", 128, {"MechanismCountCurrent": 2}, None),
    ("sudo_set_max_allowed_uids", "root", 129, {"MechanismCountCurrent": 2}, "TooManyUIDsPerMechanism"),
    ("sudo_set_min_allowed_uids", "root", 9, {"MaxAllowedUids": 10, "SubnetworkN": 99}, None),
    (
        "sudo_set_min_allowed_uids",
        "root",
        10,
        {"MaxAllowedUids": 10, "SubnetworkN": 99},
        "MinAllowedUidsGreaterThanMaxAllowedUids",
    ),
    ("sudo_set_min_allowed_uids", "root", 6, {"SubnetworkN": 7}, None),
    ("sudo_set_min_allowed_uids", "root", 7, {"SubnetworkN": 7}, "MinAllowedUidsGreaterThanCurrentUids"),
    ("sudo_set_max_allowed_validators", "root", 99, {"MaxAllowedUids": 99}, None),
    ("sudo_set_max_allowed_validators", "root", 100, {"MaxAllowedUids": 99}, "MaxValidatorsLargerThanMaxUIds"),
    ("sudo_set_activity_cutoff", "root", 360, {}, None),
    ("sudo_set_activity_cutoff", "root", 359, {}, "ActivityCutoffTooLow"),
    ("sudo_set_bonds_moving_average", "alice", 975_000, {}, None),
    ("sudo_set_bonds_moving_average", "alice", 975_001, {}, "BondsMovingAverageMaxReached"),
    ("sudo_set_bonds_moving_average", "root", 975_001, {}, None),
    ("sudo_set_alpha_sigmoid_steepness", "alice", 0, {"AlphaSigmoidSteepness": 5}, None),
    ("sudo_set_alpha_sigmoid_steepness", "alice", -1, {}, "NegativeSigmoidSteepness"),
    ("sudo_set_alpha_sigmoid_steepness", "root", -1, {}, None),
    ("sudo_set_min_childkey_take_per_subnet", "root", 0, {"MinChildkeyTakePerSubnet": 5}, None),
    ("sudo_set_min_childkey_take_per_subnet", "root", 11_796, {}, None),
    ("sudo_set_min_childkey_take_per_subnet", "root", 11_797, {}, "InvalidValue"),
    ("sudo_set_commit_reveal_weights_interval", "root", 1, {"RevealPeriodEpochs": 5}, None),
    ("sudo_set_commit_reveal_weights_interval", "root", 0, {}, "RevealPeriodTooSmall"),
    ("sudo_set_commit_reveal_weights_interval", "root", 100, {}, None),
    ("sudo_set_commit_reveal_weights_interval", "root", 101, {}, "RevealPeriodTooLarge"),
    ("sudo_set_owner_immune_neuron_limit", "root", 1, {"ImmuneOwnerUidsLimit": 5}, None),
    ("sudo_set_owner_immune_neuron_limit", "root", 0, {}, "InvalidValue"),
    ("sudo_set_owner_immune_neuron_limit", "root", 10, {}, None),
    ("sudo_set_owner_immune_neuron_limit", "root", 11, {}, "InvalidValue"),
    ("sudo_set_burn_half_life", "root", 1, {}, None),
    ("sudo_set_burn_half_life", "root", 0, {}, "InvalidValue"),
    ("sudo_set_burn_half_life", "root", 36_100, {}, None),
    ("sudo_set_burn_half_life", "root", 36_101, {}, "InvalidValue"),
    ("sudo_set_burn_increase_mult", "root", {"bits": ONE}, {}, None),
    ("sudo_set_burn_increase_mult", "root", {"bits": ONE - 1}, {}, "InvalidValue"),
    ("sudo_set_burn_increase_mult", "root", {"bits": 3 * ONE}, {}, None),
    ("sudo_set_burn_increase_mult", "root", {"bits": 3 * ONE + 1}, {}, "InvalidValue"),
    ("sudo_set_max_epochs_per_block", "root", 1, {}, None),
    ("sudo_set_max_epochs_per_block", "root", 0, {}, "ValueNotInBounds"),
    ("sudo_set_max_mechanism_count", "root", 1, {}, None),
    ("sudo_set_max_mechanism_count", "root", 0, {}, "InvalidValue"),
    ("sudo_set_max_mechanism_count", "root", 16, {}, None),
    ("sudo_set_max_mechanism_count", "root", 17, {}, "InvalidValue"),
    ("sudo_set_tao_flow_normalization_exponent", "root", {"bits": ONE}, {}, None),
    ("sudo_set_tao_flow_normalization_exponent", "root", {"bits": ONE - 1}, {}, "InvalidValue"),
    ("sudo_set_tao_flow_normalization_exponent", "root", {"bits": 2 * ONE}, {}, None),
    ("sudo_set_tao_flow_normalization_exponent", "root", {"bits": 2 * ONE + 1}, {}, "InvalidValue"),
)


@dataclass(frozen=True)
class OwnersLimited:
    """A call of another shape, which the owner may make once in a number of blocks, in the window.

    Attributes:
        blocks: The limit, in blocks.
        subnet: What the subnet needs to have first.
        item: The one item that it writes, and the value then.
        events: All events, with their fields.
    """

    call: str
    limit: str | int
    blocks: int
    missing: str
    args: dict[str, Any]
    subnet: dict[str, Any]
    item: str
    value: Any
    events: tuple[dict[str, Any], ...] = ()


OWNERS_LIMITED = (
    OwnersLimited(
        "sudo_set_alpha_values",
        "AlphaValues",
        2 * 360,
        "LiquidAlphaDisabled",  # nobody asks for the subnet
        {"alpha_low": 1_638, "alpha_high": 1_639},
        {"LiquidAlphaOn": True},
        "AlphaValues",
        (1_638, 1_639),
    ),
    OwnersLimited(
        "sudo_set_mechanism_count",
        7,
        7_200,
        "MechanismDoesNotExist",
        {"mechanism_count": 2},
        {"MaxAllowedUids": 128},
        "MechanismCountCurrent",
        2,
    ),
    OwnersLimited(
        "sudo_set_mechanism_emission_split",
        8,
        7_200,
        "MechanismDoesNotExist",
        {"maybe_split": [65_535]},
        {},
        "MechanismEmissionSplit",
        [65_535],
    ),
    OwnersLimited(
        "sudo_trim_to_max_allowed_uids",
        9,
        216_000,
        "SubnetNotExists",
        {"max_n": 100},
        {},
        "MaxAllowedUids",
        100,
    ),
)
