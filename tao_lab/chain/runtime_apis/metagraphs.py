"""SubnetInfoRuntimeApi: the metagraph, a subnet's data in one answer; complete, by mechanism, or in parts.

Sources: `pallets/subtensor/src/rpc_info/{metagraph,show_subnet}.rs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.pallets import commitments
from tao_lab.chain.pallets.subtensor.collateral import bonded_hotkeys, collateral_of
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    all_netuids,
    mechanism_index,
    subnet_exists,
)
from tao_lab.chain.pallets.subtensor.stake_weights import stake_parts
from tao_lab.chain.runtime_apis.neurons import NO_AXON
from tao_lab.chain.runtime_apis.subnets import API, hyperparameters, name_and_symbol, pool_info, read_items
from tao_lab.chain.state import StorageReader
from tao_lab.economy.collateral import Collateral

REGISTRATION = {
    "num_uids": "SubnetworkN",
    "max_uids": "MaxAllowedUids",
    "burn": "Burn",
    "pow_registration_allowed": "NetworkPowRegistrationAllowed",
}
COLUMNS = {  # values that are stored for all UIDs together
    "active": "Active",
    "validator_permit": "ValidatorPermit",
    "last_update": "LastUpdate",
    "emission": "Emission",
    "dividends": "Dividends",
    "incentives": "Incentive",
    "consensus": "Consensus",
}
NO_LONGER_COMPUTED: dict[str, list[int]] = {"pruning_score": [], "trust": [], "rank": []}
SELECTIVE = ("pallet_subtensor", "rpc_info", "metagraph", "SelectiveMetagraph")  # its fields are numbered in order
OF_MECHANISM = ("incentives", "last_update")
VALIDATORS, COMMITMENTS = "validators", "commitments"
EMPTY = Collateral(0, 0)


def _hotkeys(state: StorageReader, netuid: int) -> list[str]:
    """Hotkey of each UID; the zero account for a free UID."""
    return state.get_many(MODULE, "Keys", [(netuid, uid) for uid in range(state.get(MODULE, "SubnetworkN", netuid))])


def _columns(state: StorageReader, netuid: int, mecid: int = 0) -> dict[str, Any]:
    """Values stored for all UIDs together; each mechanism has its own incentives and last updates."""
    index = mechanism_index(netuid, mecid)
    return {name: state.get(MODULE, item, index if name in OF_MECHANISM else netuid) for name, item in COLUMNS.items()}


def _by_uid(state: StorageReader, netuid: int, hotkeys: list[str]) -> dict[str, Any]:
    """Values in both metagraph and subnet state: keys, age and stakes of each UID."""
    stakes = stake_parts(state, netuid, hotkeys)
    return {
        "hotkeys": hotkeys,
        "coldkeys": state.get_many(MODULE, "Owner", [(hotkey,) for hotkey in hotkeys]),
        "block_at_registration": state.get_many(
            MODULE, "BlockAtRegistration", [(netuid, uid) for uid in range(len(hotkeys))]
        ),
        "alpha_stake": [stake.alpha for stake in stakes],
        "tao_stake": [stake.tao for stake in stakes],
        "total_stake": [stake.total.rao for stake in stakes],
        **NO_LONGER_COMPUTED,
    }


def _metagraph(query: Query, netuid: int) -> dict[str, Any] | None:
    """The metagraph as the runtime's struct."""
    state = query.state
    if not subnet_exists(state, netuid):
        return None
    hotkeys = _hotkeys(state, netuid)
    by_uid = _by_uid(state, netuid, hotkeys)
    on_subnet = [(netuid, hotkey) for hotkey in hotkeys]
    dividends = state.get_many(MODULE, "AlphaDividendsPerSubnet", on_subnet)
    name, symbol = name_and_symbol(state, netuid)
    return {
        **hyperparameters(state, netuid),
        **pool_info(query, netuid),
        **read_items(state, netuid, REGISTRATION),
        **_columns(state, netuid),
        **by_uid,
        "name": name,
        "symbol": symbol,
        "identity": state.get(MODULE, "SubnetIdentitiesV3", netuid),
        "block": query.block,
        "subnet_emission": 0,  # no longer used
        "identities": state.get_many(MODULE, "IdentitiesV2", [(coldkey,) for coldkey in by_uid["coldkeys"]]),
        "axons": [axon or NO_AXON for axon in state.get_many(MODULE, "Axons", on_subnet)],
        "tao_dividends_per_hotkey": [(hotkey, 0) for hotkey in hotkeys],  # root has been paid in alpha since 2025
        "alpha_dividends_per_hotkey": list(zip(hotkeys, dividends, strict=True)),
        **_collaterals(state, netuid, hotkeys, by_uid["coldkeys"]),
    }


def _collaterals(
    state: StorageReader, netuid: int, hotkeys: Sequence[str], coldkeys: Sequence[str]
) -> dict[str, list[int]]:
    """What the owners of hotkeys have locked on them, rao of alpha by UID."""
    bonds = [EMPTY] * len(hotkeys)
    if bonded_hotkeys(state, netuid):
        stakes = zip(hotkeys, coldkeys, strict=True)
        bonds = [collateral_of(state, netuid, hotkey, coldkey) or EMPTY for hotkey, coldkey in stakes]
    return {
        "collateral_locked": [bond.locked for bond in bonds],
        "collateral_min": [bond.min_locked for bond in bonds],
        "collateral_earned": [bond.earned for bond in bonds],
    }


def _mechagraph(query: Query, netuid: int, mecid: int) -> dict[str, Any] | None:
    """The metagraph of one mechanism; its field netuid has the mechanism's number."""
    state = query.state
    if mecid >= state.get(MODULE, "MechanismCountCurrent", netuid):
        return None
    graph = _metagraph(query, netuid)
    if graph is None:
        return None
    return {**graph, **_columns(state, netuid, mecid), "netuid": mechanism_index(netuid, mecid)}


# --- whole ------------------------------------------------------------------------------------------------------


@runtime_api(API)
def get_metagraph(query: Query, netuid: int) -> dict[str, Any] | None:
    """The metagraph of a subnet."""
    return _metagraph(query, netuid)


@runtime_api(API)
def get_all_metagraphs(query: Query) -> list[dict[str, Any] | None]:
    """The metagraphs of all subnets, in the order of the chain's storage."""
    return [_metagraph(query, netuid) for netuid in all_netuids(query.state)]


@runtime_api(API)
def get_mechagraph(query: Query, netuid: int, mecid: int) -> dict[str, Any] | None:
    """The metagraph of one mechanism of a subnet."""
    return _mechagraph(query, netuid, mecid)


@runtime_api(API)
def get_all_mechagraphs(query: Query) -> list[dict[str, Any] | None]:
    """The metagraphs of all mechanisms of all subnets."""
    return [
        _mechagraph(query, netuid, mecid)
        for netuid in all_netuids(query.state)
        for mecid in range(query.state.get(MODULE, "MechanismCountCurrent", netuid))
    ]


@runtime_api(API)
def get_subnet_state(query: Query, netuid: int) -> dict[str, Any] | None:
    """The columns of the metagraph, and each hotkey's last emission on every subnet."""
    state = query.state
    if not subnet_exists(state, netuid):
        return None
    hotkeys = _hotkeys(state, netuid)
    return {
        "netuid": netuid,
        **_columns(state, netuid),
        **_by_uid(state, netuid, hotkeys),
        "emission_history": [
            state.get_many(MODULE, "LastHotkeyEmissionOnNetuid", [(hotkey, other) for hotkey in hotkeys])
            for other in all_netuids(state)
        ],
    }


# --- by parts ---------------------------------------------------------------------------------------------------


def _validators(state: StorageReader, netuid: int) -> list[int]:
    """UIDs with a permit and more stake than `StakeThreshold`, the smallest first."""
    permits = state.get(MODULE, "ValidatorPermit", netuid)
    keys = state.entries(MODULE, "Keys", netuid)
    permitted = [(uid, hotkey) for uid, hotkey in keys if uid < len(permits) and permits[uid]]
    stakes = [stake.total for stake in stake_parts(state, netuid, [hotkey for _, hotkey in permitted])]
    ranked = sorted(zip(stakes, [uid for uid, _ in permitted], strict=True), key=lambda pair: pair[0])
    return [uid for stake, uid in ranked if stake > (state.get(MODULE, "StakeThreshold"), 0)]


def _selected(query: Query, netuid: int, mecid: int, numbers: list[int]) -> dict[str, Any]:
    """The parts with these numbers; 0 is the netuid, unknown numbers are ignored."""
    parts = query.state.runtime.fields(*SELECTIVE)
    names = {parts[number] for number in numbers if 1 <= number < len(parts)}
    graph = _metagraph(query, netuid) or {}
    found = {name: graph[name] for name in names & graph.keys()}
    columns = _columns(query.state, netuid, mecid)
    found |= {name: columns[name] for name in names & set(OF_MECHANISM)}
    if VALIDATORS in names:
        found[VALIDATORS] = _validators(query.state, netuid)
    if COMMITMENTS in names:
        found[COMMITMENTS] = commitments.all_encoded(query.state, netuid)
    return {name: found.get(name) for name in parts[1:]}


@runtime_api(API)
def get_selective_metagraph(query: Query, netuid: int, metagraph_indexes: list[int]) -> dict[str, Any] | None:
    """The requested parts of a metagraph, by number; the netuid is 0 too unless it is requested."""
    if not subnet_exists(query.state, netuid):
        return None
    return {"netuid": netuid if 0 in metagraph_indexes else 0, **_selected(query, netuid, 0, metagraph_indexes)}


@runtime_api(API)
def get_selective_mechagraph(
    query: Query, netuid: int, subid: int, metagraph_indexes: list[int]
) -> dict[str, Any] | None:
    """The requested parts of a mechanism's metagraph, by number, and the netuid."""
    if not subnet_exists(query.state, netuid):
        return None
    return {"netuid": netuid, **_selected(query, netuid, subid, metagraph_indexes)}
