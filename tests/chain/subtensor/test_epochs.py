"""Epochs on the chain: numbers of `pallets/subtensor/src/tests/{epoch,mechanism}.rs`, through the state."""

import json
from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.epochs import HotkeyEmission, epoch_input, run_epochs, split_emission
from tao_lab.chain.pallets.subtensor.stake import increase_stake
from tao_lab.consensus import inherited_stake, total_stake
from tao_lab.paths import DATASETS
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, add_subnet, do, events, set_hyper

VECTORS = {
    vector["name"]: vector
    for name in ("epoch", "epoch-subtensor-tests")
    for vector in json.loads((DATASETS / "vectors" / f"{name}.json").read_text())["vectors"]
    if vector["input"]["n"] <= 64 and "stake_fraction" not in vector["input"]
}
STORED = {
    "Active": "active",
    "ValidatorPermit": "validator_permit",
    "Emission": "emission",
    "Consensus": "consensus",
    "Dividends": "dividends",
    "ValidatorTrust": "validator_trust",
    "StakeWeight": "stake_weight",
    "Incentive": "incentive",
}


def write_vector(ctx: Context, data: dict[str, Any]) -> None:
    """Put a vector's subnet into the state."""
    tempo, cutoff = data["tempo"], data["activity_cutoff"]
    ctx.block = data["block"]
    for uid in range(data["n"]):
        add_neuron(ctx, f"n{uid}", "owner", stake=data["stake"][uid])
        ctx.state.put(MODULE, "BlockAtRegistration", NETUID, uid, data["registered_at"][uid])
    for item, name in (("Weights", "weights"), ("Bonds", "bonds")):
        for uid, row in data[name]:
            ctx.state.put(MODULE, item, NETUID, uid, [tuple(entry) for entry in row])
    liquid = data["liquid_alpha"] or {"low": 0, "high": 0, "steepness": 0}
    set_hyper(
        ctx,
        Tempo=tempo,
        ActivityCutoffFactorMilli=-(-cutoff * 1_000 // max(tempo, 1)),
        LastMechansimStepBlock=data["last_step_block"],
        Kappa=data["kappa"],
        BondsPenalty=data["bonds_penalty"],
        BondsMovingAverage=data["bonds_moving_average"],
        Yuma3On=data["yuma3"],
        LiquidAlphaOn=data["liquid_alpha"] is not None,
        AlphaValues=(liquid["low"], liquid["high"]),
        AlphaSigmoidSteepness=liquid["steepness"],
        MaxAllowedValidators=data["max_validators"],
        ValidatorPermit=data["validator_permit"],
        LastUpdate=data["last_update"],
    )
    ctx.state.put(MODULE, "StakeThreshold", data["min_stake"])
    if data["owner_uid"] is not None:
        set_hyper(ctx, SubnetOwnerHotkey=account(f"n{data['owner_uid']}"))


def runs_through_the_state(data: dict[str, Any]) -> bool:
    """A tempo and a cutoff that the chain's own items can hold, and no open commits."""
    tempo, cutoff = data["tempo"], data["activity_cutoff"]
    fits = 0 < tempo < 1 << 16 and -(-cutoff * 1_000 // tempo) < 1 << 32
    owner = data["owner_uid"]
    return fits and cutoff > 0 and data.get("commit_block") is None and (owner is None or owner < data["n"])


@pytest.mark.parametrize("name", [name for name, vector in VECTORS.items() if runs_through_the_state(vector["input"])])
def test_a_vector_comes_out_of_the_state_as_it_comes_out_of_the_rule(ctx: Context, name: str) -> None:
    data, expected = VECTORS[name]["input"], VECTORS[name]["expected"]
    write_vector(ctx, data)
    paid = {entry.hotkey: entry for entry in run_epochs(ctx, NETUID, data["emission"])}
    for item, field in STORED.items():
        if field in expected:
            assert ctx.state.get(MODULE, item, NETUID) == expected[field], item
    for uid, row in expected.get("bonds", []):
        assert [list(entry) for entry in ctx.state.get(MODULE, "Bonds", NETUID, uid)] == row
    for field, place in (("server_emission", "server"), ("validator_emission", "validator")):
        if field in expected:
            assert [getattr(paid[account(f"n{uid}")], place) for uid in range(data["n"])] == expected[field]


def test_there_are_vectors_that_run_through_the_state() -> None:
    assert sum(runs_through_the_state(vector["input"]) for vector in VECTORS.values()) > 20


def subnet_of_two(ctx: Context, **hyper: Any) -> None:
    """A validator with stake and up-to-date weights on itself and a miner."""
    add_neuron(ctx, "validator", "alice", stake=1_000, permit=True)
    add_neuron(ctx, "miner", "bob")
    ctx.block += 1
    set_hyper(ctx, **hyper)
    do(ctx, "validator", "set_weights", netuid=NETUID, dests=[1], weights=[1], version_key=0)


def test_an_epoch_stores_its_terms_and_says_what_miners_got(ctx: Context) -> None:
    subnet_of_two(ctx)
    before = len(ctx.events)
    paid = run_epochs(ctx, NETUID, 1_000)
    assert {entry.hotkey: (entry.server, entry.validator) for entry in paid} == {
        account("validator"): (0, 500),
        account("miner"): (500, 0),
    }
    assert ctx.state.get(MODULE, "Incentive", NETUID) == [0, 65_535]
    assert ctx.state.get(MODULE, "Dividends", NETUID) == [65_535, 0]
    assert ctx.state.get(MODULE, "Emission", NETUID) == [500, 500]
    assert ctx.state.get(MODULE, "Bonds", NETUID, 1) == []
    assert events(ctx, before) == [{"IncentiveAlphaEmittedToMiners": {"netuid": NETUID, "emissions": [0, 500]}}]


def test_payments_come_in_the_order_of_the_public_keys(ctx: Context) -> None:
    subnet_of_two(ctx)
    hotkeys = [entry.hotkey for entry in run_epochs(ctx, NETUID, 0)]
    keys = [ctx.runtime.core.encode("AccountId", hotkey) for hotkey in hotkeys]
    assert keys == sorted(keys)


def test_a_subnet_without_neurons_has_an_epoch_too(ctx: Context) -> None:
    assert run_epochs(ctx, NETUID, 1_000) == []
    assert ctx.state.get(MODULE, "Incentive", NETUID) == []


def test_stake_is_that_of_parents_children_and_root_with_its_fraction(ctx: Context) -> None:
    """`test_get_stake_for_hotkey_on_subnet_single_parent_multiple_children` of tests/children.rs, with root stake."""
    half, third = (2**64 - 1) // 2, (2**64 - 1) // 3
    for name, stake in (("parent", 3_000), ("child1", 0), ("child2", 500)):
        add_neuron(ctx, name, "alice", stake=stake)
    increase_stake(ctx, account("parent"), account("alice"), 0, 700)
    ctx.state.put(
        MODULE, "ChildKeys", account("parent"), NETUID, [(half, account("child1")), (third, account("child2"))]
    )
    for child, share in (("child1", half), ("child2", third)):
        ctx.state.put(MODULE, "ParentKeys", account(child), NETUID, [(share, account("parent"))])
    weight = ctx.state.get(MODULE, "TaoWeight")
    expected = [
        total_stake(inherited_stake(3_000, [half, third], []), inherited_stake(700, [half, third], []), weight),
        total_stake(inherited_stake(0, [], [(half, 3_000)]), inherited_stake(0, [], [(half, 700)]), weight),
        total_stake(inherited_stake(500, [], [(third, 3_000)]), inherited_stake(0, [], [(third, 700)]), weight),
    ]
    inputs = epoch_input(ctx.state, NETUID, ctx.block, 0)
    assert inputs.stake_fraction is not None
    assert list(zip(inputs.stake.tolist(), inputs.stake_fraction.tolist(), strict=True)) == expected
    assert [rao for rao, _ in expected] == [500 + 6, 1_499 + 18, 1_499 + 12]


@pytest.mark.parametrize(
    ("count", "split", "emission", "parts"),
    [
        (1, None, 1_000, [1_000]),
        (3, None, 1_000, [334, 333, 333]),
        (2, [32_768, 32_767], 65_535, [32_768, 32_767]),
        (3, [65_535], 1_000, [1_000, 0, 0]),
        (2, [20_000, 45_535], 1_000_000_000, [305_180_438, 694_819_562]),
    ],
)
def test_emission_is_split_between_mechanisms(
    ctx: Context, count: int, split: list[int] | None, emission: int, parts: list[int]
) -> None:
    set_hyper(ctx, MechanismCountCurrent=count)
    if split is not None:
        set_hyper(ctx, MechanismEmissionSplit=split)
    assert split_emission(ctx.state, NETUID, emission) == parts


def test_mechanisms_are_paid_apart_and_stored_as_one(ctx: Context) -> None:
    subnet_of_two(ctx, MechanismCountCurrent=2, MechanismEmissionSplit=[16_384, 49_151])
    paid = run_epochs(ctx, NETUID, 65_535)
    # mechanism 0 has weights and pays half and half; mechanism 1 has none and pays by stake
    assert {entry.hotkey: (entry.server, entry.validator) for entry in paid} == {
        account("validator"): (0, 8_192 + 49_151),
        account("miner"): (8_192, 0),
    }
    assert ctx.state.get(MODULE, "Incentive", NETUID) == [0, 65_535]
    assert ctx.state.get(MODULE, "Incentive", 4_096 + NETUID) == [0, 0]
    assert ctx.state.get(MODULE, "Dividends", NETUID) == [16_383, 0]  # 65,535 * 16,384 / 65,535, cut
    assert ctx.state.get(MODULE, "Active", NETUID) == [True, True]


def test_a_mechanism_without_emission_does_not_count(ctx: Context) -> None:
    subnet_of_two(ctx, MechanismCountCurrent=2)
    run_epochs(ctx, NETUID, 0)
    assert ctx.state.get(MODULE, "Dividends", NETUID) == [65_535, 0]
    assert ctx.state.get(MODULE, "StakeWeight", NETUID) == [65_535, 0]


def test_an_entry_of_a_neuron_that_is_no_more_is_passed_over(ctx: Context) -> None:
    subnet_of_two(ctx)
    ctx.state.put(MODULE, "Weights", NETUID, 0, [(1, 65_535), (7, 65_535)])
    ctx.state.put(MODULE, "Weights", NETUID, 9, [(1, 65_535)])
    inputs = epoch_input(ctx.state, NETUID, ctx.block, 0)
    assert inputs.weights.row(0) == [[1, 65_535]]
    assert inputs.weights.n == 2


def test_another_subnet_is_left_alone(ctx: Context) -> None:
    subnet_of_two(ctx)
    add_subnet(ctx, 2)
    add_neuron(ctx, "validator", "alice", netuid=2, stake=5)
    before = dict(ctx.state.raw.items())
    run_epochs(ctx, 2, 100)
    changed = {key for key, value in ctx.state.raw.items() if before.get(key) != value}
    assert not changed & {ctx.state.key(MODULE, item, NETUID) for item in STORED}


def test_an_emission_names_hotkey_and_amounts() -> None:
    assert HotkeyEmission("5F", 1, 2)._asdict() == {"hotkey": "5F", "server": 1, "validator": 2}
