"""Setters of hyperparameters against `source/admin_utils.py`, which is typed from the public source.

Other cases are those of the public chain's `pallets/admin-utils/src/tests/mod.rs`.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import CALLS, NONE, ROOT, Call, signed
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid
from tests.chain.conftest import account
from tests.chain.source.admin_utils import (
    BOUNDS,
    NETWORK_CALLS,
    OTHER_CALLS,
    OWNERS_LIMITED,
    SUBNET_CALLS,
    NetworkCall,
    OwnersLimited,
    SubnetCall,
)
from tests.chain.subtensor.conftest import MODULE, add_subnet, events, set_hyper

NETUID = 1
MISSING = 9  # no such subnet
OPEN, FROZEN = 20, 355  # blocks far from the epoch of tempo 360, and near it
WINDOW_CLOSED = "AdminActionProhibitedDuringWeightsWindow"
LIMITS = {row.limit for row in SUBNET_CALLS if row.limit} | {row.limit for row in OWNERS_LIMITED}


@pytest.fixture(scope="module")
def ground() -> Iterator[Context]:
    """One chain for all tests, each of which leaves it as it was."""
    chain = Chain()
    ctx = Context(chain.runtime, chain.state, OPEN, account("authority"))
    add_subnet(ctx, NETUID, SubnetOwner=account("alice"), SubnetworkN=1)
    add_subnet(ctx, 0, SubnetworkN=1, SubtokenEnabled=False)
    yield ctx
    chain.close()


@pytest.fixture
def admin(ground: Context) -> Iterator[Context]:
    """Subnet 1 is alice's and has a neuron; no epoch is near."""
    mark = ground.mark()
    yield ground
    ground.rollback(mark)
    ground.block = OPEN


def do(ctx: Context, who: str, name: str, **args: Any) -> list[dict[str, Any]]:
    before = len(ctx.events)
    origins = {"root": ROOT, "nobody": NONE}
    ctx.dispatch(origins.get(who) or signed(account(who)), Call("AdminUtils", name, args))
    return events(ctx, before)


def refused(ctx: Context, who: str, name: str, **args: Any) -> str:
    before = dict(ctx.state.raw.items()), list(ctx.events)
    with pytest.raises(DispatchError) as caught:
        do(ctx, who, name, **args)
    assert (dict(ctx.state.raw.items()), ctx.events) == before
    assert ctx.runtime.dispatch_error(caught.value)
    return caught.value.name or caught.value.pallet


def written(ctx: Context, who: str, name: str, **args: Any) -> tuple[set[bytes], list[dict[str, Any]]]:
    """What a call that succeeds writes (keys), and its events; undone at once."""
    before, mark = dict(ctx.state.raw.items()), ctx.mark()
    told = do(ctx, who, name, **args)
    after = dict(ctx.state.raw.items())
    ctx.rollback(mark)
    return {key for key in before | after if before.get(key) != after.get(key)}, told


def key_of_limit(ctx: Context, limit: str | int, netuid: int = NETUID) -> bytes:
    """Where the chain remembers when alice, the owner, last did a thing."""
    if isinstance(limit, int):
        return ctx.state.key(MODULE, "TransactionKeyLastBlock", account("alice"), netuid, limit)
    return ctx.state.key(MODULE, "LastRateLimitedBlock", {"OwnerHyperparamUpdate": [netuid, limit]})


def remember(ctx: Context, limit: str | int, block: int) -> None:
    """As if alice had done a thing at a block."""
    ctx.state.raw.put(key_of_limit(ctx, limit), block.to_bytes(8, "little"))


def stands_at(ctx: Context, block: int, netuid: int = NETUID) -> None:
    """Go to a block at which no epoch is near."""
    ctx.block = block
    set_hyper(ctx, netuid, LastEpochBlock=block)


def told_by(row: SubnetCall, netuid: int) -> list[dict[str, Any]]:
    """The events of a call, with their fields: AdminUtils names them."""
    named = {"netuid": netuid, row.argument: row.value}
    return [
        {name.removeprefix("AdminUtils."): named if name.startswith("AdminUtils.") else (netuid, row.value)}
        for name in row.events
    ]


def test_the_source_s_calls_are_ours() -> None:
    ours = {name for pallet, name in CALLS if pallet == "AdminUtils"}
    assert ours == {row.call for row in (*NETWORK_CALLS, *SUBNET_CALLS)} | OTHER_CALLS


@pytest.mark.parametrize("row", NETWORK_CALLS, ids=lambda row: row.call)
def test_root_alone_sets_what_counts_for_the_whole_chain_at_any_time(admin: Context, row: NetworkCall) -> None:
    args = {row.argument: row.value}
    for who in ("alice", "bob", "nobody"):
        assert refused(admin, who, row.call, **args) == "BadOrigin"
    assert admin.state.get(MODULE, row.item) != row.value
    admin.block = FROZEN
    told = [{row.event: row.value}] if row.event else []
    assert written(admin, "root", row.call, **args) == ({admin.state.key(MODULE, row.item)}, told)
    do(admin, "root", row.call, **args)
    assert admin.state.get(MODULE, row.item) == row.value


@pytest.mark.parametrize("row", SUBNET_CALLS, ids=lambda row: row.call)
def test_a_subnet_s_hyperparameter_has_the_source_s_caller_window_checks_item_and_events(
    admin: Context, row: SubnetCall
) -> None:
    args = {row.argument: row.value}
    callers = ["root", "alice"] if row.owner else ["root"]
    for who in {"alice", "bob", "nobody"} - set(callers):
        assert refused(admin, who, row.call, netuid=NETUID, **args) == "BadOrigin"
    assert admin.state.get(MODULE, row.item, NETUID) != row.value
    for who in callers:
        limit = {key_of_limit(admin, row.limit)} if row.limit and who != "root" else set()
        expected = {admin.state.key(MODULE, row.item, NETUID)} | limit, told_by(row, NETUID)
        assert written(admin, who, row.call, netuid=NETUID, **args) == expected
        admin.block = FROZEN
        if row.window:
            assert refused(admin, who, row.call, netuid=NETUID, **args) == WINDOW_CLOSED
        else:
            assert written(admin, who, row.call, netuid=NETUID, **args) == expected
        admin.block = OPEN
    for netuid, error in ((MISSING, row.missing), (0, None if row.root else "NotPermittedOnRootSubnet")):
        if error:
            assert refused(admin, "root", row.call, netuid=netuid, **args) == error
        else:
            expected = {admin.state.key(MODULE, row.item, netuid)}, told_by(row, netuid)
            assert written(admin, "root", row.call, netuid=netuid, **args) == expected
    do(admin, "root", row.call, netuid=NETUID, **args)
    assert admin.state.get(MODULE, row.item, NETUID) == row.value


@pytest.mark.parametrize("row", [row for row in SUBNET_CALLS if row.owner], ids=lambda row: row.call)
def test_the_owner_waits_for_the_limit_of_this_hyperparameter_alone_and_root_never(
    admin: Context, row: SubnetCall
) -> None:
    args = {"netuid": NETUID, row.argument: row.value}
    for limit in LIMITS - {row.limit}:
        remember(admin, limit, OPEN)
    do(admin, "alice", row.call, **args)
    if row.limit is None:
        do(admin, "alice", row.call, **args)
        return
    do(admin, "root", row.call, **args)
    stands_at(admin, OPEN + (5 if row.limit == 4 else 2) * 360 - 1)  # WeightsVersionKeyRateLimit: 5 tempos
    assert refused(admin, "alice", row.call, **args) == "TxRateLimitExceeded"
    do(admin, "root", row.call, **args)
    admin.block += 1
    do(admin, "alice", row.call, **args)


@pytest.mark.parametrize("row", OWNERS_LIMITED, ids=lambda row: row.call)
def test_a_call_of_another_shape_has_the_source_s_caller_window_and_limit(admin: Context, row: OwnersLimited) -> None:
    args = {"netuid": NETUID, **row.args}
    set_hyper(admin, **row.subnet)
    for limit in LIMITS - {row.limit}:
        remember(admin, limit, OPEN)
    assert refused(admin, "bob", row.call, **args) == "BadOrigin"
    assert refused(admin, "nobody", row.call, **args) == "BadOrigin"
    assert refused(admin, "root", row.call, **{**args, "netuid": MISSING}) == row.missing
    admin.block = FROZEN
    assert refused(admin, "root", row.call, **args) == WINDOW_CLOSED
    assert refused(admin, "alice", row.call, **args) == WINDOW_CLOSED
    admin.block = OPEN
    by_root, by_owner = written(admin, "root", row.call, **args), written(admin, "alice", row.call, **args)
    assert by_root == ({admin.state.key(MODULE, row.item, NETUID)}, list(row.events))
    assert by_owner == (by_root[0] | {key_of_limit(admin, row.limit)}, by_root[1])
    do(admin, "alice", row.call, **args)
    assert admin.state.get(MODULE, row.item, NETUID) == row.value
    stands_at(admin, OPEN + row.blocks - 1)
    assert refused(admin, "alice", row.call, **args) == "TxRateLimitExceeded"
    do(admin, "root", row.call, **args)
    admin.block += 1
    do(admin, "alice", row.call, **args)


@pytest.mark.parametrize(("call", "who", "value", "subnet", "error"), BOUNDS, ids=str)
def test_a_value_counts_up_to_the_source_s_bound_and_not_beyond(
    admin: Context, call: str, who: str, value: Any, subnet: dict[str, Any], error: str | None
) -> None:
    row = next(row for row in (*NETWORK_CALLS, *SUBNET_CALLS) if row.call == call)
    keys = (NETUID,) if isinstance(row, SubnetCall) else ()
    set_hyper(admin, **subnet)
    args = {row.argument: value} | ({"netuid": NETUID} if keys else {})
    if error:
        assert refused(admin, who, call, **args) == error
        return
    do(admin, who, call, **args)
    assert admin.state.get(MODULE, row.item, *keys) == value


def test_hyperparameters_are_limited_one_by_one(admin: Context) -> None:
    do(admin, "alice", "sudo_set_rho", netuid=NETUID, rho=1)
    do(admin, "alice", "sudo_set_immunity_period", netuid=NETUID, immunity_period=1)
    do(admin, "root", "sudo_set_owner_hparam_rate_limit", epochs=0)
    do(admin, "alice", "sudo_set_rho", netuid=NETUID, rho=2)


@pytest.mark.parametrize(
    ("who", "name", "args", "error"),
    [
        ("root", "sudo_set_alpha_values", {"alpha_low": 2_000, "alpha_high": 3_000}, "LiquidAlphaDisabled"),
        ("root", "sudo_set_mechanism_count", {"mechanism_count": 0}, "InvalidValue"),
        ("root", "sudo_set_mechanism_count", {"mechanism_count": 3}, "InvalidValue"),
        ("root", "sudo_set_mechanism_count", {"mechanism_count": 2}, "TooManyUIDsPerMechanism"),
        ("root", "sudo_set_mechanism_emission_split", {"maybe_split": []}, "InvalidValue"),
        ("root", "sudo_set_mechanism_emission_split", {"maybe_split": [65_534]}, "InvalidValue"),
        ("root", "sudo_set_mechanism_emission_split", {"maybe_split": [65_534, 1]}, "InvalidValue"),
        ("root", "sudo_trim_to_max_allowed_uids", {"max_n": 63}, "InvalidValue"),
        ("root", "sudo_trim_to_max_allowed_uids", {"max_n": 257}, "InvalidValue"),
        ("alice", "sudo_set_tempo", {"tempo": 359}, "TempoOutOfBounds"),
        ("alice", "sudo_set_tempo", {"tempo": 50_401}, "TempoOutOfBounds"),
        ("alice", "sudo_set_activity_cutoff_factor", {"factor_milli": 999}, "ActivityCutoffFactorMilliOutOfBounds"),
        ("alice", "sudo_set_activity_cutoff_factor", {"factor_milli": 50_001}, "ActivityCutoffFactorMilliOutOfBounds"),
    ],
)
def test_a_value_that_a_call_of_another_shape_cannot_take_is_refused(
    admin: Context, who: str, name: str, args: dict[str, Any], error: str
) -> None:
    assert refused(admin, who, name, netuid=NETUID, **args) == error


def test_the_issuance_is_nobody_s_to_set(admin: Context) -> None:
    assert refused(admin, "root", "sudo_set_total_issuance", total_issuance=1) == "Deprecated"


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
    assert refused(admin, "root", "sudo_set_tempo", netuid=MISSING, tempo=400) == "SubnetDoesNotExist"
    set_hyper(admin, Tempo=360, LastEpochBlock=0)
    admin.block = FROZEN
    assert refused(admin, "root", "sudo_set_tempo", netuid=NETUID, tempo=400) == WINDOW_CLOSED


def test_the_owner_s_hotkey_changes_once_a_week_also_for_root(admin: Context) -> None:
    args = {"netuid": NETUID, "hotkey": account("validator")}
    admin.block = FROZEN  # no window for this call
    assert refused(admin, "bob", "sudo_set_sn_owner_hotkey", **args) == "BadOrigin"
    assert do(admin, "alice", "sudo_set_sn_owner_hotkey", **args) == [
        {"SubnetOwnerHotkeySet": (NETUID, account("validator"))}
    ]
    assert admin.state.get(MODULE, "SubnetOwnerHotkey", NETUID) == account("validator")
    admin.block += 50_399
    assert refused(admin, "root", "sudo_set_sn_owner_hotkey", **args) == "TxRateLimitExceeded"
    admin.block += 1
    do(admin, "root", "sudo_set_sn_owner_hotkey", **args)
    assert refused(admin, "root", "sudo_set_sn_owner_hotkey", **{**args, "netuid": 9}) == "SubnetNotExists"
    admin.block += 50_400
    args["hotkey"] = account_of_netuid(7)
    assert refused(admin, "root", "sudo_set_sn_owner_hotkey", **args) == "CannotUseSystemAccount"


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


def test_what_is_not_there_belongs_to_machinery_that_the_lab_does_not_have(admin: Context) -> None:
    names = {call["name"] for call in admin.runtime.pallets["AdminUtils"]["calls"]}
    missing = names - {name for pallet, name in CALLS if pallet == "AdminUtils"}
    newer = {name for name in missing if "basket" in name}
    assert missing - newer == {
        "swap_authorities",  # one author
        "schedule_grandpa_change",
        "sudo_set_evm_chain_id",  # no EVM
        "sudo_toggle_evm_precompile",
    }


def test_root_sets_the_emission_gate_and_a_new_rank_takes_the_bar_anew(admin: Context) -> None:
    admin.state.put(MODULE, "EmissionGateBar", {"bits": 5})
    do(admin, "root", "sudo_set_emission_gate_exponent", exponent={"bits": 8 << 64})
    assert admin.state.get(MODULE, "EmissionGateExponent") == {"bits": 8 << 64}
    assert admin.state.get(MODULE, "EmissionGateBar") == {"bits": 5}
    do(admin, "root", "sudo_set_emission_bar_rank", rank=0)
    assert admin.state.get(MODULE, "EmissionBarRank") == admin.state.get(MODULE, "EmissionGateBar")["bits"] == 0
    admin.state.put(MODULE, "EmissionGateBar", {"bits": 5})
    do(admin, "root", "sudo_set_emission_bar_quantile", quantile={"bits": 3 << 62})
    assert admin.state.get(MODULE, "EmissionBarQuantile") == {"bits": 3 << 62}
    assert admin.state.get(MODULE, "EmissionGateBar") == {"bits": 0}
    for name, given in (
        ("sudo_set_emission_gate_exponent", {"exponent": {"bits": (8 << 64) + 1}}),
        ("sudo_set_emission_gate_exponent", {"exponent": {"bits": (1 << 64) - 1}}),
        ("sudo_set_emission_bar_quantile", {"quantile": {"bits": 0}}),
        ("sudo_set_emission_bar_quantile", {"quantile": {"bits": 1 << 64}}),
    ):
        assert refused(admin, "root", name, **given) == "InvalidValue"
    assert refused(admin, "alice", "sudo_set_emission_bar_rank", rank=1) == "BadOrigin"
