"""NeuronInfoRuntimeApi: the data of each UID of a subnet.

Source: `pallets/subtensor/src/rpc_info/neuron_info.rs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.pallets.subtensor.lookups import MODULE, hotkeys_by_uid, subnet_exists
from tao_lab.chain.state import StorageReader
from tao_lab.units import U16_MAX

API = "NeuronInfoRuntimeApi"
NO_AXON = dict.fromkeys(("block", "version", "ip", "port", "ip_type", "protocol", "placeholder1", "placeholder2"), 0)
NO_PROMETHEUS = dict.fromkeys(("block", "version", "ip", "port", "ip_type"), 0)
COLUMNS = {  # field of the answer: storage item with the values of all UIDs
    "active": "Active",
    "emission": "Emission",
    "incentive": "Incentive",
    "consensus": "Consensus",
    "validator_trust": "ValidatorTrust",
    "dividends": "Dividends",
    "last_update": "LastUpdate",
    "validator_permit": "ValidatorPermit",
}


def _neurons(state: StorageReader, netuid: int, uids: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """The neurons at some UIDs, or at all UIDs up to the first free one, without weights and bonds."""
    if not subnet_exists(state, netuid):
        return []
    by_uid = hotkeys_by_uid(state, netuid)
    if uids is None:
        count = state.get(MODULE, "SubnetworkN", netuid)
        uids = range(next((uid for uid in range(count) if uid not in by_uid), count))
    hotkeys = [by_uid[uid] for uid in uids if uid in by_uid]
    columns = {name: state.get(MODULE, item, netuid) for name, item in COLUMNS.items()}
    by_hotkey = zip(
        hotkeys,
        state.get_many(MODULE, "Owner", [(hotkey,) for hotkey in hotkeys]),
        state.get_many(MODULE, "Axons", [(netuid, hotkey) for hotkey in hotkeys]),
        state.get_many(MODULE, "Prometheus", [(netuid, hotkey) for hotkey in hotkeys]),
        state.get_many(MODULE, "TotalHotkeyAlpha", [(hotkey, netuid) for hotkey in hotkeys]),
        strict=True,
    )
    return [
        {
            "hotkey": hotkey,
            "coldkey": coldkey,
            "uid": uid,
            "netuid": netuid,
            "axon_info": axon or NO_AXON,
            "prometheus_info": prometheus or NO_PROMETHEUS,
            "stake": [(coldkey, stake)],
            "rank": 0,  # no longer computed, like trust and pruning_score
            "trust": 0,
            "pruning_score": U16_MAX,
            **{name: column[uid] if uid < len(column) else 0 for name, column in columns.items()},
        }
        for uid, (hotkey, coldkey, axon, prometheus, stake) in zip(uids, by_hotkey, strict=False)
    ]


def _with_rows(state: StorageReader, netuid: int, neurons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add weights and bonds of the first mechanism, without the zeros."""
    keys = [(netuid, neuron["uid"]) for neuron in neurons]
    for name, item in (("weights", "Weights"), ("bonds", "Bonds")):
        for neuron, row in zip(neurons, state.get_many(MODULE, item, keys), strict=True):
            neuron[name] = [(uid, value) for uid, value in row if value]
    return neurons


@runtime_api(API)
def get_neurons(query: Query, netuid: int) -> list[dict[str, Any]]:
    """All neurons of a subnet, with weights and bonds."""
    return _with_rows(query.state, netuid, _neurons(query.state, netuid))


@runtime_api(API)
def get_neuron(query: Query, netuid: int, uid: int) -> dict[str, Any] | None:
    """One neuron, with weights and bonds."""
    return next(iter(_with_rows(query.state, netuid, _neurons(query.state, netuid, [uid]))), None)


@runtime_api(API)
def get_neurons_lite(query: Query, netuid: int) -> list[dict[str, Any]]:
    """All neurons of a subnet."""
    return _neurons(query.state, netuid)


@runtime_api(API)
def get_neuron_lite(query: Query, netuid: int, uid: int) -> dict[str, Any] | None:
    """One neuron."""
    return next(iter(_neurons(query.state, netuid, [uid])), None)
