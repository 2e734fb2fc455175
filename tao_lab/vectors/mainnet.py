"""A real block of Bittensor's mainnet as a vector: the pay of each subnet, and the state after the block.

The `input` is the state before the block, with the names of `datasets/mainnet/*.json`. Such a file can itself be run:
`tao-lab verify datasets/mainnet/mainnet-9240381.json`. The chain's own answers are then taken from its other fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from tao_lab.economy.emission_gate import bar_is_due
from tao_lab.economy.network_block import NetworkAfter, NetworkBefore, SubnetBefore, pay_network

GLOBALS = ("block", "block_emission", "emission_gate_bar", "subnet_moving_alpha", "tao_weight", "root_tao")
DEFAULTED = ("emission_gate_exponent", "emission_bar_rank")  # the runtime has values of its own for them
COLUMNS = (
    "netuid",
    "moving_price",
    "miner_burned",
    "emission_enabled",
    "first_emission_block",
    "tao",
    "alpha_in",
    "alpha_out",
    "protocol_alpha",
    "quote_weight",
)
PAID = ("tao_in", "excess_tao", "alpha_in_emission", "alpha_out_emission")
AFTER = ("tao", "alpha_in", "alpha_out", "protocol_alpha", "quote_weight", "moving_price", "root_prop")
OTHERS_CHANGE = ("tao_next", "alpha_in_next", "alpha_out_next", "root_prop_next")  # users, and epochs that recycle
PARTS = {  # the vectors of a file of mainnet: for each the fields, and the largest allowed difference
    "shares": (("tao_paid",), 1),
    "split at the cap": (("tao_in", "excess_tao"), 1),
    "injected alpha": (("alpha_in_emission", "alpha_out_emission"), 0),
    "purchase of alpha": (("protocol_alpha_next",), 0),
    "weights": (("quote_weight_next",), 0),
    "reserves": (("tao_next", "alpha_in_next", "alpha_out_next"), 0),
    "moving prices": (("moving_price_next",), 0),
    "root's part": (("root_prop_next",), 0),
}


def mainnet_block(state: Mapping[str, Any]) -> dict[str, Any]:
    """Pay one block by the library's rules.

    Args:
        state: fields of the schema `mainnet_block`; `traded` names subnets that somebody else changed in the block.

    Returns:
        `emission_gate_bar_next`, and for each field its values by netuid.
    """
    after, others = _paid(_before(state)), set(state.get("traded", ()))
    columns: dict[str, Any] = {name: {s.netuid: getattr(s, name) for s in after.subnets} for name in PAID}
    columns |= {f"{name}_next": {s.netuid: getattr(s, name) for s in after.subnets} for name in AFTER}
    columns["tao_paid"] = {s.netuid: s.tao_in + s.excess_tao for s in after.subnets}
    for name in OTHERS_CHANGE:
        columns[name] = {netuid: value for netuid, value in columns[name].items() if netuid not in others}
    return {"emission_gate_bar_next": after.emission_gate_bar, **columns}


@cache
def _paid(before: NetworkBefore) -> NetworkAfter:
    return pay_network(before)  # the vectors of a file use the same block several times


def _before(state: Mapping[str, Any]) -> NetworkBefore:
    """The rule's input.

    Raises:
        ValueError: a stored pool has impossible values.
    """
    rows = [row for row in state["subnets"] if row.get("started", True)]
    subnets = tuple(SubnetBefore(**{name: row[name] for name in COLUMNS}) for row in rows)
    more = {"emission_gate_exponent": state.get("emission_gate_exponent", 3) << 64}
    if "emission_bar_rank" in state:
        more["emission_bar_rank"] = state["emission_bar_rank"]
    return NetworkBefore(**{name: state[name] for name in GLOBALS}, subnets=subnets, **more)


def is_mainnet_file(data: Any) -> bool:
    """Whether JSON is a file of mainnet's state before and after a block."""
    return isinstance(data, dict) and "format" not in data and {"subnets", "emission_gate_bar"} <= data.keys()


def vectors_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The vectors of a file of mainnet: state before the block as `input`, the chain's state after it as `expected`.

    Subnets whose reserves changed by more than the block paid are `traded`: a user bought or sold there, or an epoch
    recycled alpha. This rule covers neither.

    Args:
        data: content of the file.

    Raises:
        KeyError: a field is missing.
    """
    rows = sorted((row for row in data["subnets"] if row["started"]), key=lambda row: row["netuid"])
    state = {name: data[name] for name in GLOBALS} | {name: data[name] for name in DEFAULTED if name in data}
    state["subnets"] = [{name: row[name] for name in COLUMNS} for row in rows]
    state["traded"] = [row["netuid"] for row in rows if _changed_by_others(row)]
    vectors = []
    for about, (fields, within) in PARTS.items():
        expected = {name: [[row["netuid"], _value(row, name)] for row in rows] for name in fields}
        for name in set(fields) & set(OTHERS_CHANGE):
            expected[name] = [entry for entry in expected[name] if entry[0] not in state["traded"]]
        vectors.append({"name": about, "input": state, "expected": expected, "within": within})
    if "emission_gate_bar_next" in data:
        expected = {"emission_gate_bar_next": data["emission_gate_bar_next"]}
        vectors.insert(0, {"name": "bar", "input": state, "expected": expected})
    source = f"block {data['block'] + 1:,} of mainnet: {data.get('source', 'public chain data')}"
    return [{**vector, "source": source} for vector in vectors]


def left_out(state: Mapping[str, Any]) -> str:
    """What a vector does not compare, and the gate's bar in its block, in words."""
    block, bar = state["block"] + 1, mainnet_block(state)["emission_gate_bar_next"]
    how = "measured again" if bar_is_due(state["emission_gate_bar"], block) else "kept"
    words = f"block {block:,}: the bar of the emission gate is {how}: {bar}"
    if traded := state.get("traded"):
        names = ", ".join(map(str, traded))
        words += f"; reserves not compared, since others changed them in that block: {names}"
    return words


def _value(row: Mapping[str, Any], name: str) -> int:
    return int(row["tao_in"] + row["excess_tao"] if name == "tao_paid" else row[name])


def _changed_by_others(row: Mapping[str, Any]) -> bool:
    """Whether something other than the block's pay changed a subnet's reserves."""
    bought = row["protocol_alpha_next"] - row["protocol_alpha"]
    changes = {
        "tao": row["tao_in"] + row["excess_tao"],
        "alpha_in": row["alpha_in_emission"] - bought,
        "alpha_out": row["alpha_out_emission"] + bought,
    }
    return any(row[f"{name}_next"] - row[name] != change for name, change in changes.items())
