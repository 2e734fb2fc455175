"""Every kind of proxy against every call of the runtime: the public chain's filters, typed out.

The lists are those of `runtime/src/proxy_filters/`, as the tests in `mod.rs` of spec 475 have them; calls newer than
the stored groups stand behind their older twins.
"""

from typing import Any

import pytest

from tao_lab.chain.answer import answer
from tao_lab.chain.chain import Chain
from tao_lab.chain.dispatch import Call, Query
from tao_lab.chain.proxy_types import FILTERS, is_superset
from tests.chain.conftest import account, run

COLDKEY_SWAPS = [
    "announce_coldkey_swap",
    "swap_coldkey_announced",
    "clear_coldkey_swap_announcement",
    "dispute_coldkey_swap",
    "reset_coldkey_swap",
    "schedule_swap_coldkey",
    "swap_coldkey",
]
MANAGEMENT = [
    "sudo_set_serving_rate_limit",
    "sudo_set_max_difficulty",
    "sudo_set_weights_version_key",
    "sudo_set_adjustment_alpha",
    "sudo_set_immunity_period",
    "sudo_set_min_allowed_weights",
    "sudo_set_rho",
    "sudo_set_activity_cutoff",
    "sudo_set_activity_cutoff_factor",
    "sudo_set_tempo",
    "sudo_set_min_burn",
    "sudo_set_max_burn",
    "sudo_set_bonds_moving_average",
    "sudo_set_bonds_penalty",
    "sudo_set_min_childkey_take_per_subnet",
    "sudo_set_commit_reveal_weights_enabled",
    "sudo_set_liquid_alpha_enabled",
    "sudo_set_alpha_values",
    "sudo_set_liquid_alpha_consensus_mode",
    "sudo_set_commit_reveal_weights_interval",
    "sudo_set_toggle_transfer",
    "sudo_set_recycle_or_burn",
    "sudo_set_alpha_sigmoid_steepness",
    "sudo_set_yuma3_enabled",
    "sudo_set_bonds_reset_enabled",
    "sudo_set_owner_immune_neuron_limit",
    "sudo_set_mechanism_count",
    "sudo_set_mechanism_emission_split",
    "sudo_trim_to_max_allowed_uids",
    "sudo_set_max_allowed_uids",
    "sudo_set_burn_half_life",
    "sudo_set_burn_increase_mult",
    "sudo_set_owner_cut_enabled",
    "sudo_set_owner_cut_auto_lock_enabled",
    "sudo_set_collateral_lock_share",
    "sudo_set_collateral_drain_ratio",
    "sudo_set_epoch_consensus",
    "sudo_trim_null_uids_batch",
]
STAKING = [
    "add_stake",
    "add_stake_limit",
    "remove_stake",
    "remove_stake_limit",
    "remove_stake_full_limit",
    "unstake_all",
    "unstake_all_alpha",
    "move_stake",
    "move_stake_limit",
    "swap_stake",
    "swap_stake_limit",
    "stake_into_basket",
    "add_collateral",
    "set_min_collateral",
]
GIVING, BUYING = ["transfer_stake", "transfer_stake_and_hotkey"], ["burned_register", "register", "register_limit"]
BASKETS, HOTKEYS = ["swap_basket", "swap_basket_many"], ["swap_hotkey", "swap_hotkey_v2"]
VALUE = [
    "add_stake_burn",
    "lock_stake",
    "move_lock",
    "set_perpetual_lock",
    "recycle_alpha",
    "burn_alpha",
    "register_network",
    "register_network_with_identity",
    "register_leased_network",
]
CONTRACTS = ["EVM", "Ethereum", "Contracts"]
NO_BROAD_KIND = [("MevShield", "store_encrypted"), ("AdminUtils", "sudo_set_sn_owner_hotkey")]
DENIED = {  # kind: (whole pallets, calls of SubtensorModule); all else is allowed
    "NonTransfer": (
        ["Balances", *CONTRACTS, "Sudo", "Multisig", "Crowdloan"],
        [*GIVING, *BASKETS, *COLDKEY_SWAPS],
    ),
    "NonFungible": (
        ["Balances", *CONTRACTS, "Sudo", "Multisig", "Crowdloan"],
        [*GIVING, *STAKING, *BASKETS, *BUYING, "root_register", *HOTKEYS, *COLDKEY_SWAPS, *VALUE],
    ),
    "NonCritical": (
        ["Sudo", "Multisig", "Crowdloan"],
        ["dissolve_network", "root_dissolve_network", "root_register", *BASKETS, *BUYING, *COLDKEY_SWAPS],
    ),
    "Any": ([], []),
}
OWNERS = ["set_subnet_identity", "update_symbol", "set_tempo", "set_activity_cutoff_factor"]
ALLOWED: dict[str, dict[str, list[str]]] = {  # kind: calls by pallet; all else is denied
    "Owner": {"SubtensorModule": OWNERS, "AdminUtils": MANAGEMENT},
    "Transfer": {
        "Balances": ["transfer_keep_alive", "transfer_allow_death", "transfer_all"],
        "SubtensorModule": GIVING,
    },
    "SmallTransfer": {"Balances": ["transfer_keep_alive", "transfer_allow_death"], "SubtensorModule": GIVING},
    "Staking": {"SubtensorModule": STAKING},
    "Registration": {"SubtensorModule": [*BUYING, "pow_register"]},
    "ChildKeys": {"SubtensorModule": ["set_children", "set_childkey_take"]},
    "SudoUncheckedSetCode": {"Sudo": ["sudo_unchecked_weight"]},
    "SwapHotkey": {"SubtensorModule": HOTKEYS},
    "SubnetLeaseBeneficiary": {"SubtensorModule": ["start_call", *OWNERS], "AdminUtils": MANAGEMENT},
    "RootClaim": {"SubtensorModule": ["claim_root", "claim_root_with_hotkey"]},
    "Triumvirate": {},
    "Senate": {},
    "Governance": {},
    "RootWeights": {},
    "BasketTrading": {"SubtensorModule": BASKETS},
}


def expected(kind: str, pallet: str, name: str) -> bool:
    if kind in DENIED:
        pallets, names = DENIED[kind]
        if kind != "Any" and (pallet, name) in NO_BROAD_KIND:
            return False
        return pallet not in pallets and not (pallet == "SubtensorModule" and name in names)
    return name in ALLOWED[kind].get(pallet, [])


@pytest.mark.parametrize("kind", sorted(FILTERS))
def test_a_kind_of_proxy_may_call_what_the_source_says(chain: Chain, kind: str) -> None:
    wrong = [
        f"{pallet}.{made['name']}"
        for pallet, content in chain.runtime.pallets.items()
        for made in content.get("calls") or []
        if FILTERS[kind].names(pallet, made["name"]) != expected(kind, pallet, made["name"])
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("pallet", "name", "argument"),
    [
        ("Balances", "transfer_keep_alive", "value"),
        ("Balances", "transfer_allow_death", "value"),
        ("SubtensorModule", "transfer_stake", "alpha_amount"),
        ("SubtensorModule", "transfer_stake_and_hotkey", "alpha_amount"),
    ],
)
def test_a_small_transfer_is_below_half_a_tao(pallet: str, name: str, argument: str) -> None:
    assert FILTERS["SmallTransfer"].allows(Call(pallet, name, {argument: 499_999_999}))
    assert not FILTERS["SmallTransfer"].allows(Call(pallet, name, {argument: 500_000_000}))
    assert FILTERS["Transfer"].allows(Call(pallet, name, {argument: 2**64 - 1}))


def test_code_is_set_only_by_the_one_call_that_the_kind_names() -> None:
    def sudo(inner: Call) -> Call:
        return Call("Sudo", "sudo_unchecked_weight", {"call": inner, "weight": {"ref_time": 0, "proof_size": 0}})

    allows = FILTERS["SudoUncheckedSetCode"].allows
    code = Call("System", "set_code", {"code": "0x"})
    assert allows(sudo(code))
    assert not allows(code)
    assert not allows(sudo(Call("System", "set_code_without_checks", {"code": "0x"})))
    assert not allows(sudo(Call("Utility", "batch", {"calls": [code]})))


NON_TRANSFER_MAY_ADD = [
    "Owner",
    "NonTransfer",
    "Senate",
    "NonFungible",
    "Triumvirate",
    "Governance",
    "Staking",
    "Registration",
    "RootWeights",
    "ChildKeys",
    "SwapHotkey",
    "SubnetLeaseBeneficiary",
    "RootClaim",
]


def test_which_kinds_a_kind_may_hand_on() -> None:
    """`non_transfer_superset_is_explicit_allowlist`, runtime/src/proxy_filters/mod.rs."""
    for one in FILTERS:
        for other in FILTERS:
            wider = (
                one in (other, "Any")
                or (one == "NonTransfer" and other in NON_TRANSFER_MAY_ADD)
                or (one, other) == ("Transfer", "SmallTransfer")
            )
            assert is_superset(one, other) == wider, (one, other)


def ask(chain: Chain, method: str, data: bytes) -> Any:
    definition = chain.runtime.runtime_apis["ProxyFilterRuntimeApi"][method]
    raw = answer(Query(chain.state, 1), "ProxyFilterRuntimeApi", method, data)
    return chain.runtime.core.decode(definition["output"], raw, True)


def test_the_runtime_tells_its_kinds_of_proxies(chain: Chain) -> None:
    """`get_all_proxy_type_infos`; `ProxyType::is_deprecated` of common/src/lib.rs."""
    kinds = ask(chain, "get_proxy_types", b"")
    assert [(kind["index"], kind["name"]) for kind in kinds][:4] == [
        (0, "Any"),
        (1, "Owner"),
        (2, "NonCritical"),
        (3, "NonTransfer"),
    ]
    assert {kind["name"] for kind in kinds if kind["deprecated"]} == {
        *("Triumvirate", "Senate", "Governance", "RootWeights")
    }


def test_the_runtime_tells_what_each_kind_may_call(chain: Chain) -> None:
    """`get_proxy_filter(None)` tells all kinds, `Some(index)` one; `CallConstraint` of common/src/lib.rs."""
    filters = {kind["name"]: kind for kind in ask(chain, "get_proxy_filters", b"\0")}
    assert set(filters) == set(FILTERS)
    assert filters["Any"]["filter_mode"] == "AllowAll"
    assert filters["Senate"]["filter_mode"] == {"Allow": []}
    told = {(made["pallet_name"], made["call_name"]) for made in filters["NonFungible"]["filter_mode"]["Allow"]}
    assert ("SubtensorModule", "set_weights") in told
    assert ("SubtensorModule", "move_stake_limit") not in told
    (small,) = ask(chain, "get_proxy_filters", bytes([1, 4, 11]))
    first = small["filter_mode"]["Allow"][0]
    assert (first["pallet_index"], first["call_index"]) == (5, 0)
    assert first["constraint"] == {"ParamLessThan": {"param_name": "value", "limit": 500_000_000}}
    (code,) = ask(chain, "get_proxy_filters", bytes([1, 4, 14]))
    nested = {"param_name": "call", "pallet_name": "System", "call_name": "set_code"}
    assert code["filter_mode"]["Allow"][0]["constraint"] == {"NestedCallMustBe": nested}


def test_a_proxy_without_transfers_cannot_give_stake_away(chain: Chain) -> None:
    """`test_non_transfer_cannot_transfer` of runtime/tests/pallet_proxy.rs, for the newer call."""
    run(chain, "alice", "Proxy", "add_proxy", delegate=account("bob"), proxy_type="NonTransfer", delay=0)
    args = {"destination_coldkey": account("carol"), "origin_hotkey": account("hot"), "alpha_amount": 1}
    args |= {"destination_hotkey": account("hot"), "origin_netuid": 1, "destination_netuid": 1}
    call = chain.compose("SubtensorModule", "transfer_stake_and_hotkey", args)
    events = dict(run(chain, "bob", "Proxy", "proxy", real=account("alice"), force_proxy_type=None, call=call))
    error = events["Proxy.ProxyExecuted"]["result"]["Err"]
    assert chain.runtime.read_dispatch_error(error).name == "CallFiltered"
