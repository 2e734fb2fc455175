"""Values of the whole chain, which only root can set.

Source: `pallets/admin-utils/src/lib.rs`; weights of `pallets/admin-utils/src/weights.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, Weight, call, ensure_root, weight
from tao_lab.chain.pallets.admin_utils.setters import PALLET, NetworkSetter, refused
from tao_lab.chain.pallets.subtensor.lookups import MAX_MECHANISMS, MODULE, failed

EXPONENT_ONE = 1 << 64  # U64F64

# In the source, these cost one write, without a measurement.
PLAIN_WRITE = weight(14_000_000, writes=1)
FLOW_WRITE = weight(7_343_000, writes=1)


def _measured(base: int) -> Weight:
    return weight(base, writes=1)


NETWORK_SETTERS = (
    # takes, limits of rate
    NetworkSetter(
        "sudo_set_default_take", "default_take", "MaxDelegateTake", "MaxDelegateTakeSet", _measured(5_400_000)
    ),
    NetworkSetter("sudo_set_min_delegate_take", "take", "MinDelegateTake", "MinDelegateTakeSet", _measured(5_490_000)),
    NetworkSetter("sudo_set_tx_rate_limit", "tx_rate_limit", "TxRateLimit", "TxRateLimitSet", _measured(5_440_000)),
    NetworkSetter(
        "sudo_set_tx_delegate_take_rate_limit",
        "tx_rate_limit",
        "TxDelegateTakeRateLimit",
        "TxDelegateTakeRateLimitSet",
        _measured(5_420_000),
    ),
    NetworkSetter(
        "sudo_set_owner_hparam_rate_limit",
        "epochs",
        "OwnerHyperparamRateLimit",
        "OwnerHyperparamRateLimitSet",
        _measured(5_471_000),
    ),
    NetworkSetter(
        "sudo_set_admin_freeze_window", "window", "AdminFreezeWindow", "AdminFreezeWindowSet", _measured(5_450_000)
    ),
    # subnets: their number, price and life
    NetworkSetter("sudo_set_network_rate_limit", "rate_limit", "NetworkRateLimit", "NetworkRateLimitSet", PLAIN_WRITE),
    NetworkSetter(
        "sudo_set_network_immunity_period",
        "immunity_period",
        "NetworkImmunityPeriod",
        "NetworkImmunityPeriodSet",
        PLAIN_WRITE,
    ),
    NetworkSetter(
        "sudo_set_network_min_lock_cost", "lock_cost", "NetworkMinLockCost", "NetworkMinLockCostSet", PLAIN_WRITE
    ),
    NetworkSetter(
        "sudo_set_lock_reduction_interval",
        "interval",
        "NetworkLockReductionInterval",
        "NetworkLockCostReductionIntervalSet",
        PLAIN_WRITE,
    ),
    NetworkSetter("sudo_set_subnet_limit", "max_subnets", "SubnetLimit", "SubnetLimitSet", PLAIN_WRITE),
    NetworkSetter("sudo_set_start_call_delay", "delay", "StartCallDelay", "StartCallDelaySet", PLAIN_WRITE),
    NetworkSetter(
        "sudo_set_dissolve_network_schedule_duration",
        "duration",
        "DissolveNetworkScheduleDuration",
        "DissolveNetworkScheduleDurationSet",
        _measured(5_591_000),
    ),
    # emission and stake
    NetworkSetter("sudo_set_subnet_owner_cut", "subnet_owner_cut", "SubnetOwnerCut", "SubnetOwnerCutSet", PLAIN_WRITE),
    NetworkSetter("sudo_set_stake_threshold", "min_stake", "StakeThreshold", "StakeThresholdSet", _measured(5_500_000)),
    NetworkSetter("sudo_set_ck_burn", "burn", "CKBurn", None, weight(15_650_000, reads=1, writes=1)),
    NetworkSetter("sudo_set_subnet_moving_alpha", "alpha", "SubnetMovingAlpha", None, _measured(2_955_000)),
    NetworkSetter("sudo_set_tao_flow_cutoff", "flow_cutoff", "TaoFlowCutoff", None, FLOW_WRITE),
    NetworkSetter("sudo_set_tao_flow_smoothing_factor", "smoothing_factor", "FlowEmaSmoothingFactor", None, FLOW_WRITE),
    NetworkSetter("sudo_set_net_tao_flow_enabled", "enabled", "NetTaoFlowEnabled", None, FLOW_WRITE),
    # weights and keys
    NetworkSetter(
        "sudo_set_commit_reveal_version",
        "version",
        "CommitRevealWeightsVersion",
        "CommitRevealVersionSet",
        _measured(6_052_000),
    ),
    NetworkSetter(
        "sudo_set_coldkey_swap_announcement_delay",
        "duration",
        "ColdkeySwapAnnouncementDelay",
        "ColdkeySwapAnnouncementDelaySet",
        _measured(5_370_000),
    ),
    NetworkSetter(
        "sudo_set_coldkey_swap_reannouncement_delay",
        "duration",
        "ColdkeySwapReannouncementDelay",
        "ColdkeySwapReannouncementDelaySet",
        _measured(5_360_000),
    ),
)

for row in NETWORK_SETTERS:
    row.register()


@call(PALLET, weight=_measured(5_530_000))
def sudo_set_max_epochs_per_block(ctx: Context, origin: Origin, max_epochs_per_block: int) -> None:
    """Root sets how many epochs one block runs, at least one."""
    ensure_root(origin)
    if max_epochs_per_block < 1:
        raise refused("ValueNotInBounds", "a block runs at least one epoch")
    ctx.state.put(MODULE, "MaxEpochsPerBlock", max_epochs_per_block)
    ctx.deposit_event(MODULE, "MaxEpochsPerBlockSet", max_epochs_per_block)


@call(PALLET, weight=weight(15_000_000, reads=1, writes=1))
def sudo_set_max_mechanism_count(ctx: Context, origin: Origin, max_mechanism_count: int) -> None:
    """Root sets how many mechanisms a subnet may have, 1 to 16."""
    ensure_root(origin)
    if not 1 <= max_mechanism_count <= MAX_MECHANISMS:
        raise failed("InvalidValue", f"max_mechanism_count is {max_mechanism_count}, allowed: 1 to {MAX_MECHANISMS}")
    ctx.state.put(MODULE, "MaxMechanismCount", max_mechanism_count)


@call(PALLET, weight=FLOW_WRITE)
def sudo_set_tao_flow_normalization_exponent(ctx: Context, origin: Origin, exponent: dict[str, Any]) -> None:
    """Root sets the exponent of flows (U64F64), 1 to 2."""
    ensure_root(origin)
    if not EXPONENT_ONE <= exponent["bits"] <= 2 * EXPONENT_ONE:
        raise refused("InvalidValue", f"exponent is {exponent['bits'] / EXPONENT_ONE}, allowed: 1 to 2")
    ctx.state.put(MODULE, "FlowNormExponent", exponent)


# The three calls of the emission gate are newer than the measured weights; they have the weight of the flow's call.


@call(PALLET, weight=FLOW_WRITE)
def sudo_set_emission_bar_quantile(ctx: Context, origin: Origin, quantile: dict[str, Any]) -> None:
    """Root sets the part of demand at or above the gate's bar (U64F64); the next block measures the bar again."""
    ensure_root(origin)
    if not 0 < quantile["bits"] < EXPONENT_ONE:
        raise refused("InvalidValue", f"quantile is {quantile['bits'] / EXPONENT_ONE}, allowed: above 0 and below 1")
    ctx.state.put(MODULE, "EmissionBarQuantile", quantile)
    ctx.state.remove(MODULE, "EmissionGateBar")


@call(PALLET, weight=FLOW_WRITE)
def sudo_set_emission_bar_rank(ctx: Context, origin: Origin, rank: int) -> None:
    """Root sets the rank of the gate's bar; 0: by `EmissionBarQuantile`. The next block measures the bar again."""
    ensure_root(origin)
    ctx.state.put(MODULE, "EmissionBarRank", rank)
    ctx.state.remove(MODULE, "EmissionGateBar")


@call(PALLET, weight=FLOW_WRITE)
def sudo_set_emission_gate_exponent(ctx: Context, origin: Origin, exponent: dict[str, Any]) -> None:
    """Root sets how steep the emission gate is (U64F64), 1 to 8."""
    ensure_root(origin)
    if not EXPONENT_ONE <= exponent["bits"] <= 8 * EXPONENT_ONE:
        raise refused("InvalidValue", f"exponent is {exponent['bits'] / EXPONENT_ONE}, allowed: 1 to 8")
    ctx.state.put(MODULE, "EmissionGateExponent", exponent)


@call(PALLET, weight=weight(5_931_000))
def sudo_set_total_issuance(ctx: Context, origin: Origin, total_issuance: int) -> None:
    """Do nothing: the source has switched this call off."""
    raise refused("Deprecated")
