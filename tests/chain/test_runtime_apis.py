"""Runtime APIs: the answers to questions about neurons, subnets, stakes and delegates, as SCALE and back."""

from typing import Any

import pytest

from tao_lab.chain.answer import answer
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import RUNTIME_APIS, Query
from tao_lab.chain.errors import BadValue
from tao_lab.chain.pallets.subtensor.stake import increase_stake
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, add_subnet, ctx, set_hyper

__all__ = ["ctx"]

NOBODY = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"
SUBNETS, NEURONS, STAKES, DELEGATES = (
    f"{name}RuntimeApi" for name in ("SubnetInfo", "NeuronInfo", "StakeInfo", "DelegateInfo")
)
AXON = {"block": 5, "version": 1, "ip": 16_909_060, "port": 8_091, "ip_type": 4, "protocol": 4}
AXON |= {"placeholder1": 0, "placeholder2": 0}
IDENTITY = {"name": "Alice", "url": "", "github_repo": "", "image": "", "discord": "", "description": ""}
SUBNET_IDENTITY = dict.fromkeys(
    ("github_repo", "subnet_contact", "subnet_url", "discord", "description", "logo_url", "additional"), ""
)


def ask(ctx: Context, api: str, method: str, *args: Any) -> Any:
    """Put a question as a client does: arguments and answer in SCALE."""
    definition = ctx.runtime.runtime_apis[api][method]
    encoded = [
        ctx.runtime.encode(scale_type, value, name)
        for (name, scale_type), value in zip(definition["inputs"], args, strict=True)
    ]
    data = answer(Query(ctx.state, ctx.block), api, method, b"".join(encoded))
    return ctx.runtime.core.decode(definition["output"], data, True)


@pytest.fixture
def subnet(ctx: Context) -> Context:
    """Root, and subnet 1 of alice with a validator and a miner that has an axon."""
    add_subnet(ctx, 0)
    set_hyper(ctx, SubnetOwner=account("alice"), SubnetOwnerHotkey=account("validator"), NetworkRegisteredAt=3)
    add_neuron(ctx, "validator", "alice", stake=1_000, permit=True)
    add_neuron(ctx, "miner", "bob", stake=500)
    increase_stake(ctx, account("validator"), account("bob"), 0, 10_000)
    columns: dict[str, list[Any]] = {
        "Active": [True, False],
        "Emission": [7, 8],
        "Incentive": [0, 65_535],
        "Consensus": [1, 2],
        "Dividends": [65_535, 0],
        "ValidatorTrust": [3, 4],
        "LastUpdate": [9, 0],
    }
    set_hyper(ctx, **columns)
    ctx.state.put(MODULE, "Axons", NETUID, account("miner"), AXON)
    ctx.state.put(MODULE, "Weights", NETUID, 0, [(0, 0), (1, 65_535)])
    ctx.state.put(MODULE, "Bonds", NETUID, 0, [(1, 17)])
    ctx.state.put(MODULE, "AlphaDividendsPerSubnet", NETUID, account("validator"), 77)
    ctx.state.put(MODULE, "IdentitiesV2", account("alice"), {**IDENTITY, "additional": ""})
    return ctx


def test_a_neuron_has_all_that_the_subnet_knows_of_its_uid(subnet: Context) -> None:
    first, second = ask(subnet, NEURONS, "get_neurons", NETUID)
    assert first | {"axon_info": 0, "prometheus_info": 0} == {
        "hotkey": account("validator"),
        "coldkey": account("alice"),
        "uid": 0,
        "netuid": NETUID,
        "active": True,
        "axon_info": 0,
        "prometheus_info": 0,
        "stake": [(account("alice"), 1_000)],
        "rank": 0,
        "emission": 7,
        "incentive": 0,
        "consensus": 1,
        "trust": 0,
        "validator_trust": 3,
        "dividends": 65_535,
        "last_update": 9,
        "validator_permit": True,
        "weights": [(1, 65_535)],
        "bonds": [(1, 17)],
        "pruning_score": 65_535,
    }
    assert set(first["axon_info"].values()) == {0}
    assert second["axon_info"] == AXON
    assert ask(subnet, NEURONS, "get_neuron", NETUID, 1) == second
    lite = {name: value for name, value in second.items() if name not in ("weights", "bonds")}
    assert ask(subnet, NEURONS, "get_neuron_lite", NETUID, 1) == lite
    assert ask(subnet, NEURONS, "get_neurons_lite", NETUID)[1] == lite


def test_a_column_that_is_too_short_counts_as_zeros(subnet: Context) -> None:
    set_hyper(subnet, Active=[], Emission=[1])
    second = ask(subnet, NEURONS, "get_neuron", NETUID, 1)
    assert (second["active"], second["emission"]) == (False, 0)


def test_neurons_end_at_the_first_uid_that_is_free(subnet: Context) -> None:
    subnet.state.remove(MODULE, "Keys", NETUID, 0)
    assert ask(subnet, NEURONS, "get_neurons_lite", NETUID) == []
    assert ask(subnet, NEURONS, "get_neuron", NETUID, 0) is None


def test_the_metagraph_holds_the_subnet_and_a_column_for_each_term(subnet: Context) -> None:
    graph = ask(subnet, SUBNETS, "get_metagraph", NETUID)
    assert bytes(graph["name"]) == b"apex"
    assert bytes(graph["symbol"]).decode() == subnet.state.get(MODULE, "TokenSymbol", NETUID)
    assert graph["hotkeys"] == [account("validator"), account("miner")]
    assert graph["coldkeys"] == [account("alice"), account("bob")]
    assert [identity and identity["name"] for identity in graph["identities"]] == ["Alice", None]
    assert graph["axons"][1] == AXON
    assert (graph["emission"], graph["incentives"], graph["last_update"]) == ([7, 8], [0, 65_535], [9, 0])
    assert (graph["alpha_stake"], graph["tao_stake"]) == ([1_000, 500], [10_000, 0])
    assert graph["total_stake"] == [1_526, 500]  # TAO counts with 5.27 %
    assert graph["alpha_dividends_per_hotkey"] == [(account("validator"), 77), (account("miner"), 0)]
    assert (graph["num_uids"], graph["max_uids"], graph["burn"]) == (2, 256, 100_000_000)
    assert (graph["activity_cutoff"], graph["block"], graph["owner_coldkey"]) == (5_000, 10, account("alice"))
    assert (graph["rank"], graph["trust"], graph["collateral_locked"]) == ([], [], [0, 0])


def test_a_metagraph_of_a_mechanism_has_its_own_incentives(subnet: Context) -> None:
    set_hyper(subnet, MechanismCountCurrent=2)
    subnet.state.put(MODULE, "Incentive", 4_096 + NETUID, [5, 6])
    graph = ask(subnet, SUBNETS, "get_mechagraph", NETUID, 1)
    assert (graph["netuid"], graph["incentives"], graph["last_update"]) == (4_097, [5, 6], [])
    assert ask(subnet, SUBNETS, "get_mechagraph", NETUID, 2) is None
    netuids = [graph["netuid"] for graph in ask(subnet, SUBNETS, "get_all_mechagraphs")]
    assert netuids == [0, 1, 4_097]


def test_parts_of_the_metagraph_are_asked_for_by_number(subnet: Context) -> None:
    whole = ask(subnet, SUBNETS, "get_metagraph", NETUID)
    for number, name in enumerate(subnet.runtime.fields("pallet_subtensor", "rpc_info", "metagraph", "Metagraph")):
        if number <= 71:  # behind that stand what only parts have, then collaterals
            parts = ask(subnet, SUBNETS, "get_selective_metagraph", NETUID, [number])
            assert parts.pop(name) == whole[name]
            assert set(parts.values()) <= {None, 0}
    unknown = ask(subnet, SUBNETS, "get_selective_metagraph", NETUID, [999])
    assert set(unknown.values()) == {None, 0}
    assert ask(subnet, SUBNETS, "get_selective_mechagraph", NETUID, 0, [60])["netuid"] == NETUID


def test_validators_are_those_with_a_permit_and_stake_the_smallest_first(subnet: Context) -> None:
    add_neuron(subnet, "second", "bob", stake=1_600, permit=True)
    add_neuron(subnet, "poor", "bob", stake=0, permit=True)
    assert ask(subnet, SUBNETS, "get_selective_metagraph", NETUID, [72])["validators"] == [0, 2]


def test_subnet_state_tells_what_hotkeys_got_last_everywhere(subnet: Context) -> None:
    subnet.state.put(MODULE, "LastHotkeyEmissionOnNetuid", account("miner"), NETUID, 12)
    assert ask(subnet, SUBNETS, "get_subnet_state", NETUID)["emission_history"] == [[0, 0], [0, 12]]


def test_a_subnet_is_called_by_its_identity_else_by_its_number(subnet: Context) -> None:
    assert bytes(ask(subnet, SUBNETS, "get_dynamic_info", 0)["subnet_name"]) == b"root"
    set_hyper(subnet, SubnetIdentitiesV3={"subnet_name": "Läb", **SUBNET_IDENTITY})
    assert bytes(ask(subnet, SUBNETS, "get_dynamic_info", NETUID)["subnet_name"]).decode() == "Läb"
    assert ask(subnet, SUBNETS, "get_subnet_info_v2", NETUID)["identity"]["subnet_name"] == "Läb"
    add_subnet(subnet, 61)
    assert bytes(ask(subnet, SUBNETS, "get_dynamic_info", 61)["subnet_name"]) == b"red team"


def test_hyperparameters_have_three_forms(subnet: Context) -> None:
    set_hyper(subnet, AlphaSigmoidSteepness=-2, Yuma3On=True, MinChildkeyTakePerSubnet=9)
    first, second = (ask(subnet, SUBNETS, f"get_subnet_hyperparams{v}", NETUID) for v in ("", "_v2"))
    assert {name: second[name] for name in first} == first
    assert (second["yuma_version"], second["alpha_sigmoid_steepness"]) == (3, {"bits": -2 << 32})
    third = {entry["name"]: entry["value"] for entry in ask(subnet, SUBNETS, "get_subnet_hyperparams_v3", NETUID)}
    assert third["tempo"] == {"U16": 360}
    assert third["min_childkey_take"] == {"U16": 9}
    assert third["burn_increase_mult"] == {"U64F64": {"bits": 23_242_897_532_874_035_200}}
    assert len(third) == 33


def test_the_lists_of_subnets_are_by_netuid(subnet: Context) -> None:
    for method in ("get_subnets_info", "get_subnets_info_v2", "get_all_dynamic_info", "get_all_metagraphs"):
        assert [info["netuid"] for info in ask(subnet, SUBNETS, method)] == [0, 1]


def test_what_is_not_there_has_no_answer(subnet: Context) -> None:
    for method, args in {
        "get_subnet_info": (9,),
        "get_subnet_info_v2": (9,),
        "get_subnet_hyperparams": (9,),
        "get_subnet_hyperparams_v2": (9,),
        "get_subnet_hyperparams_v3": (9,),
        "get_dynamic_info": (9,),
        "get_metagraph": (9,),
        "get_mechagraph": (9, 0),
        "get_subnet_state": (9,),
        "get_selective_metagraph": (9, [1]),
        "get_selective_mechagraph": (9, 0, [1]),
        "get_subnet_account_id": (9,),
        "get_coldkey_auto_stake_hotkey": (account("alice"), 1),
    }.items():
        assert ask(subnet, SUBNETS, method, *args) is None
    assert ask(subnet, NEURONS, "get_neurons", 9) == []


def test_stakes_of_a_coldkey_are_told_subnet_by_subnet(subnet: Context) -> None:
    increase_stake(subnet, account("validator"), account("bob"), NETUID, 40)
    infos = ask(subnet, STAKES, "get_stake_info_for_coldkey", account("bob"))
    told = [(info["netuid"], info["hotkey"], info["stake"], info["is_registered"]) for info in infos]
    assert told == [
        (0, account("validator"), 10_000, False),
        (1, account("miner"), 500, True),
        (1, account("validator"), 40, True),
    ]
    assert dict(ask(subnet, STAKES, "get_stake_info_for_coldkeys", [account("bob")])) == {account("bob"): infos}
    one = ask(
        subnet, STAKES, "get_stake_info_for_hotkey_coldkey_netuid", account("validator"), account("alice"), NETUID
    )
    assert (one["stake"], one["emission"]) == (1_000, 77)
    found = ask(subnet, STAKES, "get_stake_availability_for_coldkeys", [account("bob")], None)
    amounts = {netuid: entry["available"] for netuid, entry in dict(dict(found)[account("bob")]).items()}
    assert amounts == {0: 10_000, 1: 540}
    too_many = ask(subnet, STAKES, "get_stake_availability_for_coldkeys", [account("bob")], [0, 1, 2])
    assert not dict(too_many)[account("bob")]


def test_a_delegate_is_told_with_its_nominators(subnet: Context) -> None:
    subnet.state.put(MODULE, "Delegates", account("validator"), 6_553)
    info = ask(subnet, DELEGATES, "get_delegate", account("validator"))
    assert info["take"] == 6_553
    assert {who: [tuple(stake) for stake in stakes] for who, stakes in info["nominators"]} == {
        account("alice"): [(1, 1_000)],
        account("bob"): [(0, 10_000)],
    }
    assert (info["registrations"], info["validator_permits"]) == ([1], [1])
    assert info["total_daily_return"] == 140  # 7 in each of 20 epochs
    assert info["return_per_1000"] == 140 * 10**8 * (65_535 - 6_553) // 65_535
    assert ask(subnet, DELEGATES, "get_delegates") == [info]
    assert ask(subnet, DELEGATES, "get_delegate", account("miner")) is None
    ((delegate, (netuid, stake)),) = ask(subnet, DELEGATES, "get_delegated", account("bob"))
    assert (delegate["delegate_ss58"], netuid, stake) == (account("validator"), 0, 10_000)


def test_other_small_questions(subnet: Context) -> None:
    assert ask(subnet, SUBNETS, "get_next_epoch_start_block", NETUID) == 360
    assert ask(subnet, SUBNETS, "get_block_emission") == 10**9
    assert ask(subnet, SUBNETS, "get_subnet_to_prune") is None  # immune for 1,296,000 blocks
    assert ask(subnet, "SubnetRegistrationRuntimeApi", "get_network_registration_cost") == 1_000 * 10**9
    assert ask(subnet, SUBNETS, "get_subnet_account_id", NETUID) != ask(subnet, SUBNETS, "get_subnet_account_id", 0)


def test_an_answer_of_many_reads_is_the_same_as_many_answers(chain: Chain) -> None:
    keys = [(account(name), 0) for name in ("alice", "bob", "carol")]
    assert chain.state.get_many(MODULE, "Delegates", [key[:1] for key in keys]) == [11_796] * 3
    assert chain.state.get_many(MODULE, "AutoStakeDestination", keys) == [None] * 3
    accounts = [key[:1] for key in keys]
    assert chain.state.get_many("System", "Account", accounts) == [
        chain.state.get("System", "Account", *key) for key in accounts
    ]
    with pytest.raises(BadValue, match="Delegates"):
        chain.state.get_many(MODULE, "Delegates", [(1, 2, 3)])


def test_every_method_about_subnets_and_stakes_has_a_function_of_its_own(ctx: Context) -> None:
    methods = {(api, name) for api in (SUBNETS, NEURONS, DELEGATES) for name in ctx.runtime.runtime_apis[api]}
    assert methods <= set(RUNTIME_APIS)
