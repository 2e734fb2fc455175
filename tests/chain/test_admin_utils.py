"""Setters of hyperparameters; cases of the public chain's `pallets/admin-utils/src/tests/mod.rs`."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import CALLS, ROOT, Call, signed
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.admin_utils.network import NETWORK_SETTERS, NetworkSetter
from tao_lab.chain.pallets.admin_utils.subnet import OWNERS_SETTERS, ROOTS_SETTERS, SubnetSetter
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import MODULE, add_subnet, ctx, events, set_hyper

__all__ = ["ctx"]

NETUID = 1
OPEN, FROZEN = 20, 355  # blocks far from the epoch of tempo 360, and near it
ONE = 1 << 64
ODD = {  # a value that differs from the default and keeps the bounds
    "sudo_set_commit_reveal_weights_interval": 3,
    "sudo_set_min_burn": 600_000,
    "sudo_set_max_burn": 200_000_000,
    "sudo_set_burn_increase_mult": {"bits": 2 * ONE},
    "sudo_set_max_allowed_uids": 100,
    "sudo_set_min_allowed_uids": 0,
    "sudo_set_owner_immune_neuron_limit": 10,
    "sudo_set_activity_cutoff": 400,
    "sudo_set_recycle_or_burn": "Recycle",
    "sudo_set_subnet_moving_alpha": {"bits": 7},
    "sudo_set_tao_flow_cutoff": {"bits": 7},
}


@pytest.fixture
def admin(ctx: Context) -> Context:
    """Subnet 1 is alice's and has a neuron; no epoch is near."""
    add_subnet(ctx, NETUID, SubnetOwner=account("alice"), SubnetworkN=1)
    add_subnet(ctx, 0)
    ctx.block = OPEN
    return ctx


def do(ctx: Context, who: str, name: str, **args: Any) -> list[dict[str, Any]]:
    before = len(ctx.events)
    ctx.dispatch(ROOT if who == "root" else signed(account(who)), Call("AdminUtils", name, args))
    return events(ctx, before)


def refused(ctx: Context, who: str, name: str, **args: Any) -> str:
    before = dict(ctx.state.raw.items()), list(ctx.events)
    with pytest.raises(DispatchError) as caught:
        do(ctx, who, name, **args)
    assert (dict(ctx.state.raw.items()), ctx.events) == before
    assert ctx.runtime.dispatch_error(caught.value)
    return caught.value.name or caught.value.pallet


def odd(ctx: Context, call: str, item: str, *keys: int) -> Any:
    """A valid value that the item does not have yet."""
    now = ctx.state.get(MODULE, item, *keys)
    return ODD.get(call, not now if isinstance(now, bool) else 42)


@pytest.mark.parametrize("row", NETWORK_SETTERS, ids=lambda row: row.call)
def test_root_alone_sets_what_counts_for_the_whole_chain(admin: Context, row: NetworkSetter) -> None:
    value = odd(admin, row.call, row.item)
    assert refused(admin, "alice", row.call, **{row.argument: value}) == "BadOrigin"
    assert do(admin, "root", row.call, **{row.argument: value}) == ([{row.event: value}] if row.event else [])
    assert admin.state.get(MODULE, row.item) == value


@pytest.mark.parametrize("row", [*ROOTS_SETTERS, *OWNERS_SETTERS], ids=lambda row: row.call)
def test_a_subnets_hyperparameter_has_its_setter_its_guards_and_its_event(admin: Context, row: SubnetSetter) -> None:
    value = odd(admin, row.call, row.item, NETUID)
    args = {"netuid": NETUID, row.argument: value}
    admin.block = FROZEN
    frozen = "AdminActionProhibitedDuringWeightsWindow"
    if row.window:
        assert refused(admin, "root", row.call, **args) == frozen
    admin.block = OPEN
    if row.exists:
        assert refused(admin, "root", row.call, **{**args, "netuid": 9}) == "SubnetDoesNotExist"
    if not row.on_root:
        assert refused(admin, "root", row.call, **{**args, "netuid": 0}) == "NotPermittedOnRootSubnet"
    assert refused(admin, "bob", row.call, **args) == "BadOrigin"
    expected = [{row.event: (NETUID, value)}] if row.event else []
    expected += [{row.admin_event: {"netuid": NETUID, row.argument: value}}] if row.admin_event else []
    assert do(admin, "root", row.call, **args) == expected
    assert admin.state.get(MODULE, row.item, NETUID) == value
    if row.owner is None:
        assert refused(admin, "alice", row.call, **args) == "BadOrigin"
    else:
        assert do(admin, "alice", row.call, **args) == expected


@pytest.mark.parametrize("row", OWNERS_SETTERS, ids=lambda row: row.call)
def test_the_owner_waits_two_tempos_and_root_does_not(admin: Context, row: SubnetSetter) -> None:
    args = {"netuid": NETUID, row.argument: odd(admin, row.call, row.item, NETUID)}
    wait = 1_800 if row.call == "sudo_set_weights_version_key" else 720  # blocks: 5 or 2 tempos
    do(admin, "alice", row.call, **args)
    do(admin, "root", row.call, **args)
    admin.block = OPEN + wait - 1
    set_hyper(admin, LastEpochBlock=admin.block)
    assert refused(admin, "alice", row.call, **args) == "TxRateLimitExceeded"
    admin.block += 1
    do(admin, "alice", row.call, **args)


def test_hyperparameters_are_limited_one_by_one(admin: Context) -> None:
    do(admin, "alice", "sudo_set_rho", netuid=NETUID, rho=1)
    do(admin, "alice", "sudo_set_immunity_period", netuid=NETUID, immunity_period=1)
    do(admin, "root", "sudo_set_owner_hparam_rate_limit", epochs=0)
    do(admin, "alice", "sudo_set_rho", netuid=NETUID, rho=2)


@pytest.mark.parametrize(
    ("who", "name", "args", "error"),
    [
        ("root", "sudo_set_min_burn", {"min_burn": 1_000_000_000}, "ValueNotInBounds"),
        ("root", "sudo_set_max_burn", {"max_burn": 100_000_000}, "ValueNotInBounds"),
        ("root", "sudo_set_max_allowed_uids", {"max_allowed_uids": 63}, "MaxAllowedUidsLessThanMinAllowedUids"),
        (
            "root",
            "sudo_set_max_allowed_uids",
            {"max_allowed_uids": 257},
            "MaxAllowedUidsGreaterThanDefaultMaxAllowedUids",
        ),
        ("root", "sudo_set_min_allowed_uids", {"min_allowed_uids": 1}, "MinAllowedUidsGreaterThanCurrentUids"),
        ("root", "sudo_set_min_allowed_uids", {"min_allowed_uids": 256}, "MinAllowedUidsGreaterThanMaxAllowedUids"),
        ("root", "sudo_set_max_allowed_validators", {"max_allowed_validators": 257}, "MaxValidatorsLargerThanMaxUIds"),
        ("root", "sudo_set_activity_cutoff", {"activity_cutoff": 359}, "ActivityCutoffTooLow"),
        ("alice", "sudo_set_bonds_moving_average", {"bonds_moving_average": 975_001}, "BondsMovingAverageMaxReached"),
        ("alice", "sudo_set_alpha_sigmoid_steepness", {"steepness": -1}, "NegativeSigmoidSteepness"),
        ("root", "sudo_set_min_childkey_take_per_subnet", {"take": 11_797}, "InvalidValue"),
        ("root", "sudo_set_commit_reveal_weights_interval", {"interval": 0}, "RevealPeriodTooSmall"),
        ("root", "sudo_set_commit_reveal_weights_interval", {"interval": 101}, "RevealPeriodTooLarge"),
        ("root", "sudo_set_owner_immune_neuron_limit", {"immune_neurons": 11}, "InvalidValue"),
        ("root", "sudo_set_owner_immune_neuron_limit", {"immune_neurons": 0}, "InvalidValue"),
        ("root", "sudo_set_burn_half_life", {"burn_half_life": 0}, "InvalidValue"),
        ("root", "sudo_set_burn_half_life", {"burn_half_life": 36_101}, "InvalidValue"),
        ("root", "sudo_set_burn_increase_mult", {"burn_increase_mult": {"bits": ONE - 1}}, "InvalidValue"),
        ("root", "sudo_set_burn_increase_mult", {"burn_increase_mult": {"bits": 3 * ONE + 1}}, "InvalidValue"),
        ("root", "sudo_set_alpha_values", {"alpha_low": 2_000, "alpha_high": 3_000}, "LiquidAlphaDisabled"),
        ("root", "sudo_set_mechanism_count", {"mechanism_count": 0}, "InvalidValue"),
        ("root", "sudo_set_mechanism_count", {"mechanism_count": 3}, "InvalidValue"),
        ("root", "sudo_set_mechanism_count", {"mechanism_count": 2}, "TooManyUIDsPerMechanism"),
        ("root", "sudo_set_mechanism_emission_split", {"maybe_split": [65_534]}, "InvalidValue"),
        ("root", "sudo_set_mechanism_emission_split", {"maybe_split": [65_534, 1]}, "InvalidValue"),
        ("alice", "sudo_set_tempo", {"tempo": 359}, "TempoOutOfBounds"),
        ("alice", "sudo_set_activity_cutoff_factor", {"factor_milli": 999}, "ActivityCutoffFactorMilliOutOfBounds"),
        (
            "root",
            "sudo_set_network_pow_registration_allowed",
            {"registration_allowed": True},
            "POWRegistrationDisabled",
        ),
    ],
)
def test_a_value_outside_its_bounds_is_refused(
    admin: Context, who: str, name: str, args: dict[str, Any], error: str
) -> None:
    assert refused(admin, who, name, netuid=NETUID, **args) == error


@pytest.mark.parametrize(
    ("name", "args", "error"),
    [
        ("sudo_set_max_epochs_per_block", {"max_epochs_per_block": 0}, "ValueNotInBounds"),
        ("sudo_set_max_mechanism_count", {"max_mechanism_count": 17}, "InvalidValue"),
        ("sudo_set_max_mechanism_count", {"max_mechanism_count": 0}, "InvalidValue"),
        ("sudo_set_tao_flow_normalization_exponent", {"exponent": {"bits": 2 * ONE + 1}}, "InvalidValue"),
        ("sudo_set_total_issuance", {"total_issuance": 1}, "Deprecated"),
    ],
)
def test_a_value_of_the_chain_outside_its_bounds_is_refused(
    admin: Context, name: str, args: dict[str, Any], error: str
) -> None:
    assert refused(admin, "root", name, **args) == error


def test_the_chain_s_bounded_values_are_set(admin: Context) -> None:
    assert do(admin, "root", "sudo_set_max_epochs_per_block", max_epochs_per_block=5) == [{"MaxEpochsPerBlockSet": 5}]
    do(admin, "root", "sudo_set_max_mechanism_count", max_mechanism_count=16)
    do(admin, "root", "sudo_set_tao_flow_normalization_exponent", exponent={"bits": 2 * ONE})
    names = ("MaxEpochsPerBlock", "MaxMechanismCount", "FlowNormExponent")
    assert [admin.state.get(MODULE, name) for name in names] == [5, 16, {"bits": 2 * ONE}]


def test_the_bounds_of_liquid_alpha_are_set_where_it_is_on(admin: Context) -> None:
    do(admin, "alice", "sudo_set_liquid_alpha_enabled", netuid=NETUID, enabled=True)
    args = {"netuid": NETUID}
    assert refused(admin, "alice", "sudo_set_alpha_values", alpha_low=1, alpha_high=1_637, **args) == "AlphaHighTooLow"
    error = refused(admin, "alice", "sudo_set_alpha_values", alpha_low=1_637, alpha_high=1_638, **args)
    assert error == "AlphaLowOutOfRange"
    do(admin, "alice", "sudo_set_alpha_values", alpha_low=1_638, alpha_high=1_638, **args)
    assert admin.state.get(MODULE, "AlphaValues", NETUID) == (1_638, 1_638)


def test_a_tempo_of_root_s_needs_no_bounds_and_begins_a_new_period(admin: Context) -> None:
    assert do(admin, "root", "sudo_set_tempo", netuid=NETUID, tempo=7) == [{"TempoSet": (NETUID, 7)}]
    assert admin.state.get(MODULE, "LastEpochBlock", NETUID) == OPEN
    assert refused(admin, "bob", "sudo_set_tempo", netuid=NETUID, tempo=400) == "BadOrigin"


def test_the_owner_s_cut_has_flags_without_a_limit(admin: Context) -> None:
    for enabled in (False, True):
        do(admin, "alice", "sudo_set_owner_cut_enabled", netuid=NETUID, enabled=enabled)
        do(admin, "alice", "sudo_set_owner_cut_auto_lock_enabled", netuid=NETUID, enabled=enabled)
        assert admin.state.get(MODULE, "OwnerCutEnabled", NETUID) is enabled
        assert admin.state.get(MODULE, "OwnerCutAutoLockEnabled", NETUID) is enabled
    error = refused(admin, "root", "sudo_set_owner_cut_enabled", netuid=0, enabled=True)
    assert error == "NotPermittedOnRootSubnet"


def test_the_owner_s_hotkey_changes_once_a_week_also_for_root(admin: Context) -> None:
    args = {"netuid": NETUID, "hotkey": account("validator")}
    assert do(admin, "alice", "sudo_set_sn_owner_hotkey", **args) == [
        {"SubnetOwnerHotkeySet": (NETUID, account("validator"))}
    ]
    assert admin.state.get(MODULE, "SubnetOwnerHotkey", NETUID) == account("validator")
    assert refused(admin, "root", "sudo_set_sn_owner_hotkey", **args) == "TxRateLimitExceeded"
    admin.block += 50_400
    do(admin, "root", "sudo_set_sn_owner_hotkey", **args)
    assert refused(admin, "root", "sudo_set_sn_owner_hotkey", **{**args, "netuid": 9}) == "SubnetNotExists"


def test_fewer_mechanisms_take_their_weights_with_them(admin: Context) -> None:
    do(admin, "root", "sudo_set_max_allowed_uids", netuid=NETUID, max_allowed_uids=128)
    do(admin, "alice", "sudo_set_mechanism_count", netuid=NETUID, mechanism_count=2)
    do(admin, "alice", "sudo_set_mechanism_emission_split", netuid=NETUID, maybe_split=[65_535 - 9, 9])
    assert admin.state.get(MODULE, "MechanismEmissionSplit", NETUID) == [65_526, 9]
    second = 4_096 + NETUID
    admin.state.put(MODULE, "Weights", second, 0, [(0, 1)])
    admin.state.put(MODULE, "Incentive", second, [1])
    assert (
        refused(admin, "alice", "sudo_set_mechanism_count", netuid=NETUID, mechanism_count=1) == "TxRateLimitExceeded"
    )
    do(admin, "root", "sudo_set_mechanism_count", netuid=NETUID, mechanism_count=1)
    assert not admin.state.exists(MODULE, "Weights", second, 0)
    assert not admin.state.exists(MODULE, "Incentive", second)
    assert admin.state.get(MODULE, "MechanismEmissionSplit", NETUID) is None
    assert refused(admin, "root", "sudo_set_mechanism_count", netuid=9, mechanism_count=1) == "MechanismDoesNotExist"


def test_what_is_not_there_belongs_to_machinery_that_the_lab_does_not_have(ctx: Context) -> None:
    names = {call["name"] for call in ctx.runtime.pallets["AdminUtils"]["calls"]}
    missing = names - {name for pallet, name in CALLS if pallet == "AdminUtils"}
    newer = {name for name in missing if any(word in name for word in ("basket", "collateral", "emission_bar"))}
    assert missing - newer == {
        "swap_authorities",  # one author
        "schedule_grandpa_change",
        "sudo_set_evm_chain_id",  # no EVM
        "sudo_toggle_evm_precompile",
        "sudo_set_emission_gate_exponent",  # newer than the rules
        "sudo_set_liquid_alpha_consensus_mode",
    }


def test_places_are_trimmed_once_a_month(admin: Context) -> None:
    set_hyper(admin, MinAllowedUids=1, SubnetworkN=0)
    do(admin, "alice", "sudo_trim_to_max_allowed_uids", netuid=NETUID, max_n=10)
    assert admin.state.get(MODULE, "MaxAllowedUids", NETUID) == 10
    args = {"netuid": NETUID, "max_n": 9}
    admin.block += 215_999
    set_hyper(admin, LastEpochBlock=admin.block)
    assert refused(admin, "alice", "sudo_trim_to_max_allowed_uids", **args) == "TxRateLimitExceeded"
    admin.block += 1
    do(admin, "alice", "sudo_trim_to_max_allowed_uids", **args)
