"""The schema is that of spec 475: by the SDK's generated modules, mainnet's storage, the reviews of the runtimes."""

import inspect

import pytest
from bittensor._generated import calls, constants, errors, runtime_apis, storage

from tao_lab.chain.runtime import SPEC_VERSION, load_runtime
from tests.chain.source.storage_475 import DEFAULTS, ITEMS, LONG_DEFAULTS

RUNTIME = load_runtime()
PALLETS = RUNTIME.pallets
ITEM_LESS = {"Utility"}  # pallets without storage

# Typed from `docs/runtime-475-audit.md`, `runtime-473-audit.md` (Ryanmello07/sn) and from
# `macros/events.rs` (RaoFoundation/subtensor): (enum's path, variant): (index, names of the fields).
TYPED = {
    ("pallet_subtensor", "Call", "pow_register"): (152, "netuid work_block nonce work hotkey"),
    ("pallet_subtensor", "Call", "swap_basket_many"): (151, "hotkey legs"),
    ("pallet_subtensor", "Call", "swap_basket"): (
        150,
        "hotkey origin_netuid destination_netuid amount min_amount_out",
    ),
    ("pallet_admin_utils", "Call", "sudo_set_epoch_consensus"): (111, "netuid mode"),
    ("pallet_admin_utils", "Call", "sudo_trim_null_uids_batch"): (112, "netuid target"),
    ("pallet_admin_utils", "Call", "sudo_set_basket_min_trade_tao"): (113, "min_trade_rao"),
    ("pallet_admin_utils", "Call", "sudo_set_basket_claim_dust"): (
        110,
        "row_cap_rao row_bps slice_rao forfeit_cap_rao",
    ),
    ("pallet_subtensor", "Event", "StakeAdded"): (2, None),
    ("pallet_subtensor", "Event", "WeightsSet"): (5, None),
    ("pallet_subtensor", "Event", "NeuronRegistered"): (7, None),
    ("pallet_subtensor", "Event", "TimelockedWeightsCommitted"): (108, None),
    ("pallet_subtensor", "Event", "BasketAlphaWrittenOff"): (148, "hotkey netuid alpha"),
    ("pallet_subtensor", "Event", "SubnetLeaseDividendSkipped"): (149, "lease_id contributor alpha"),
    ("pallet_subtensor", "Event", "SharePoolDenominatorReconciled"): (150, "hotkey netuid"),
    ("pallet_subtensor", "Event", "BasketSwapped"): (
        151,
        "hotkey origin_netuid destination_netuid alpha_sold tao_mid alpha_bought",
    ),
    ("pallet_subtensor", "Event", "BasketClaimDustSkipped"): (152, "hotkey coldkey rows forfeited_tao_est"),
    ("pallet_subtensor", "Event", "NetworkRegistrationCancelled"): (153, "coldkey hotkey lock_id error"),
    ("pallet_subtensor", "Event", "EpochConsensusSet"): (154, None),
    ("pallet_subtensor", "Event", "NullUidsPruningProgress"): (
        155,
        "netuid target remaining removed cleared_commits",
    ),
    ("pallet_admin_utils", "Event", "BasketMinTradeTaoSet"): (14, "min_trade_rao"),
    ("pallet_subtensor", "Hyperparameter", "RecycleOrBurn"): (24, ""),
    ("pallet_subtensor", "Hyperparameter", "EpochConsensus"): (35, ""),
    ("pallet_subtensor", "Hyperparameter", "BurnRegistrationAllowed"): (36, ""),
    ("pallet_subtensor", "EpochConsensus", "Yuma"): (0, ""),
    ("pallet_subtensor", "EpochConsensus", "Null"): (1, ""),
}


def described(module, kind):
    """What a generated module has, by pallet in order."""
    found = {}
    for name, group in vars(module).items():
        entries = [entry for entry in vars(group).values() if isinstance(entry, kind)] if inspect.isclass(group) else []
        if entries:
            found[name] = entries
    return found


def test_every_storage_item_has_the_sdks_place_and_type() -> None:
    sdk = described(storage, storage.Item)
    assert set(PALLETS) - set(sdk) == ITEM_LESS
    for pallet, items in sdk.items():
        ours = [(item["name"], item["value_type_ident"]) for item in PALLETS[pallet]["storage"]]
        assert ours == [(item.name, item.value_type_ident) for item in items], pallet


def test_every_call_has_the_sdks_arguments() -> None:
    for name, pallet in PALLETS.items():
        made = {
            key.rstrip("_"): list(inspect.signature(value.__func__).parameters)
            for key, value in vars(getattr(calls, name, object)).items()
            if isinstance(value, staticmethod) and name in vars(calls)
        }
        assert {call["name"]: [a["name"] for a in call["args"]] for call in pallet["calls"]} == made, name


def test_every_error_has_the_sdks_number_and_sentence() -> None:
    ours = {
        (pallet["index"], error["index"]): (name, error["name"])
        for name, pallet in PALLETS.items()
        for error in pallet["errors"]
    }
    assert ours == {numbers: (error.pallet, error.name) for numbers, error in errors.ERRORS.items()}
    docs = {error["name"]: error["docs"] for error in PALLETS["SubtensorModule"]["errors"]}
    assert docs == {e.name: e.docs for e in errors.ERRORS.values() if e.pallet == "SubtensorModule"}


def test_constants_and_runtime_apis_are_the_sdks() -> None:
    sdk = described(constants, constants.Item)
    assert {n: [c.name for c in sdk.get(n, [])] for n in PALLETS} == {
        n: list(p["constants"]) for n, p in PALLETS.items()
    }
    methods = {
        api: {method.name for method in all_} for api, all_ in described(runtime_apis, runtime_apis.Method).items()
    }
    assert {api: set(ours) for api, ours in RUNTIME.runtime_apis.items()} == methods


def test_hashers_and_defaults_are_mainnets() -> None:
    listed = set()
    for (pallet, hashers), names in ITEMS.items():
        known = dict(pair.split("=") for pair in DEFAULTS.get(pallet, "").split())
        for word in names.split():
            name = word.rstrip("?")
            item = RUNTIME.item(pallet, name)
            assert tuple(hasher for hasher, _ in item.layout) == hashers, name
            assert item.optional == word.endswith("?"), name
            if place := LONG_DEFAULTS.get((pallet, name)):
                assert item.default == bytes(place) + b"\x80" + bytes(len(item.default) - place - 1)
            elif not item.optional:
                assert item.default.rstrip(b"\0") == bytes.fromhex(known.get(name, "")).rstrip(b"\0"), name
            listed.add((pallet, name))
    ours = {("SubtensorModule", item["name"]) for item in PALLETS["SubtensorModule"]["storage"]}
    assert {place for place in listed if place[0] == "SubtensorModule"} == ours


@pytest.mark.parametrize("place", TYPED)
def test_numbers_and_fields_of_what_is_new(place: tuple[str, str, str]) -> None:
    root, enum, name = place
    kind = next(t for t in RUNTIME.types.values() if (path := t.get("path")) and (path[0], path[-1]) == (root, enum))
    variant = next(v for v in kind["def"]["variant"]["variants"] if v["name"] == name)
    index, fields = TYPED[place]
    assert variant["index"] == index
    if fields is not None:
        assert [f["name"] for f in variant.get("fields", [])] == fields.split()


def test_the_number_of_things_is_the_reviews() -> None:
    """The review counts 307 calls, 403 errors, 306 events, 396 storage items of spec 473, and what 475 added."""
    assert sum(len(pallet["errors"]) for pallet in PALLETS.values()) == 403 + 2
    assert sum(len(pallet["calls"]) for pallet in PALLETS.values()) == 307 + 4
    assert sum(len(pallet["storage"]) for pallet in PALLETS.values()) == 396 + 6
    assert sum(len(pallet["constants"]) for pallet in PALLETS.values()) == 136
    assert (len(PALLETS), len(RUNTIME.runtime_apis)) == (28, 25)
    assert sum(len(methods) for methods in RUNTIME.runtime_apis.values()) == 124
    events = [t for t in RUNTIME.types.values() if t.get("path", [""])[-1] == "Event" and "variant" in t["def"]]
    assert sum(len(t["def"]["variant"]["variants"]) for t in events) == 306 + 3


def test_the_runtime_says_its_version() -> None:
    version = RUNTIME.constant("System", "Version")
    assert version["spec_version"] == SPEC_VERSION == 475
    assert dict(version["apis"])["0x43580abff6baab45"] == 5  # BetaBasketRuntimeApi, since the claim previews
    assert dict(version["apis"])["0x8375104b299b74c5"] == 2  # SubnetInfoRuntimeApi
    assert len(RUNTIME.metadata_v14) > 100_000
