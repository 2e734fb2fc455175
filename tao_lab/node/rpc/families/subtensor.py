"""`delegateInfo_*`, `neuronInfo_*`, `subnetInfo_*`, `stakeInfo_*`: Subtensor's own methods.

Each calls a runtime API and returns its SCALE bytes as a list of numbers, the JSON form of Rust's `Vec<u8>`.
Source: `pallets/subtensor/rpc/src/lib.rs` of `opentensor/subtensor`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bittensor_core import ss58_decode

from tao_lab.chain.extrinsic import compact
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import invalid, list_of, number_of, octets_of, text_of
from tao_lab.node.rpc.registry import METHODS, Method, method
from tao_lab.units import U16_MAX

Json = Any
ACCOUNT_BYTES = 32
SUBNETS, NEURONS, DELEGATES, STAKES = (f"{kind}InfoRuntimeApi" for kind in ("Subnet", "Neuron", "Delegate", "Stake"))


def _u16(value: Json, name: str) -> bytes:
    return number_of(value, name, U16_MAX).to_bytes(2, "little")


def _u8(value: Json, name: str) -> bytes:
    return number_of(value, name, 255).to_bytes(1, "little")


def _indices(value: Json, name: str) -> bytes:
    numbers = list_of(value, name, limits.MOST_KEYS)
    return compact(len(numbers)) + b"".join(_u16(one, name) for one in numbers)


def _account_bytes(value: Json, name: str) -> bytes:
    data = octets_of(value, name)
    if len(data) != ACCOUNT_BYTES:
        raise invalid(name, value, f"the {ACCOUNT_BYTES} bytes of a public key")
    return data


def _account(value: Json, name: str) -> bytes:
    try:
        return bytes(ss58_decode(text_of(value, name)))
    except ValueError:
        raise invalid(name, value, "an SS58 address") from None


Encode = Callable[[Json, str], bytes]
KINDS: dict[str, Encode] = {
    "netuid": _u16,
    "uid": _u16,
    "mecid": _u8,
    "metagraph_index": _indices,
    "delegate_account_vec": _account_bytes,
    "delegatee_account_vec": _account_bytes,
    "coldkey": _account,
}

# Method: runtime API, its function, and the parameters before the block.
FORWARDED = {
    "delegateInfo_getDelegates": (DELEGATES, "get_delegates", ""),
    "delegateInfo_getDelegate": (DELEGATES, "get_delegate", "delegate_account_vec"),
    "delegateInfo_getDelegated": (DELEGATES, "get_delegated", "delegatee_account_vec"),
    "neuronInfo_getNeuronsLite": (NEURONS, "get_neurons_lite", "netuid"),
    "neuronInfo_getNeuronLite": (NEURONS, "get_neuron_lite", "netuid uid"),
    "neuronInfo_getNeurons": (NEURONS, "get_neurons", "netuid"),
    "neuronInfo_getNeuron": (NEURONS, "get_neuron", "netuid uid"),
    "subnetInfo_getSubnetInfo": (SUBNETS, "get_subnet_info", "netuid"),
    "subnetInfo_getSubnetsInfo": (SUBNETS, "get_subnets_info", ""),
    "subnetInfo_getSubnetInfo_v2": (SUBNETS, "get_subnet_info_v2", "netuid"),
    "subnetInfo_getSubnetsInfo_v2": (SUBNETS, "get_subnets_info_v2", ""),
    "subnetInfo_getSubnetHyperparams": (SUBNETS, "get_subnet_hyperparams", "netuid"),
    "subnetInfo_getSubnetHyperparamsV2": (SUBNETS, "get_subnet_hyperparams_v2", "netuid"),
    "subnetInfo_getAllDynamicInfo": (SUBNETS, "get_all_dynamic_info", ""),
    "subnetInfo_getDynamicInfo": (SUBNETS, "get_dynamic_info", "netuid"),
    "subnetInfo_getAllMetagraphs": (SUBNETS, "get_all_metagraphs", ""),
    "subnetInfo_getMetagraph": (SUBNETS, "get_metagraph", "netuid"),
    "subnetInfo_getAllMechagraphs": (SUBNETS, "get_all_mechagraphs", ""),
    "subnetInfo_getMechagraph": (SUBNETS, "get_mechagraph", "netuid mecid"),
    "subnetInfo_getSubnetState": (SUBNETS, "get_subnet_state", "netuid"),
    "subnetInfo_getSelectiveMetagraph": (SUBNETS, "get_selective_metagraph", "netuid metagraph_index"),
    "subnetInfo_getSelectiveMechagraph": (SUBNETS, "get_selective_mechagraph", "netuid mecid metagraph_index"),
    "subnetInfo_getColdkeyAutoStakeHotkey": (SUBNETS, "get_coldkey_auto_stake_hotkey", "coldkey netuid"),
    "subnetInfo_getSubnetAccountId": (SUBNETS, "get_subnet_account_id", "netuid"),
    "stakeInfo_getColdkeyLock": (STAKES, "get_coldkey_lock", "coldkey netuid"),
}


def _forward(api: str, function: str, names: tuple[str, ...]) -> Callable[..., list[int]]:
    """A method that passes its parameters to a runtime API."""

    def ask(node: Node, *given: Json) -> list[int]:
        arguments = b"".join(KINDS[name](value, name) for name, value in zip(names, given, strict=False))
        at = given[len(names)] if len(given) > len(names) else None
        return list(node.call(api, function, arguments, at))

    return ask


for _name, (_api, _function, _params) in FORWARDED.items():
    _names = tuple(_params.split())
    METHODS[_name] = Method(_name, _forward(_api, _function, _names), (*_names, "at"), len(_names), False)


@method("subnetInfo_getLockCost", params="at")
def lock_cost(node: Node, at: Json = None) -> int:
    """What a new subnet costs, in rao."""
    answer = node.call("SubnetRegistrationRuntimeApi", "get_network_registration_cost", b"", at)
    return int.from_bytes(answer, "little")


@method("subnetInfo_getSubnetToPrune", params="at")
def subnet_to_prune(node: Node, at: Json = None) -> int | None:
    """The subnet that would make room for a new one, if any."""
    answer = node.call(SUBNETS, "get_subnet_to_prune", b"", at)
    return int.from_bytes(answer[1:], "little") if answer[0] else None
