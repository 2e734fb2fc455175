"""`payment_*`: what an extrinsic would cost.

Source: `substrate/frame/transaction-payment/rpc/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.node.rpc.node import Node
from tao_lab.node.rpc.params import bytes_of
from tao_lab.node.rpc.registry import method

Json = Any
API = "TransactionPaymentApi"


def _ask(node: Node, function: str, extrinsic: Json, at: Json) -> Json:
    """A question of the runtime about an extrinsic, decoded."""
    data = bytes_of(extrinsic, "extrinsic")
    raw = node.call(API, function, data + len(data).to_bytes(4, "little"), at)
    runtime = node.chain.runtime
    return runtime.core.decode(runtime.runtime_apis[API][function]["output"], raw, True)


@method("payment_queryInfo", params="encoded_xt at")
def query_info(node: Node, extrinsic: Json, at: Json = None) -> Json:
    """Weight, class and fee of an extrinsic."""
    info = _ask(node, "query_info", extrinsic, at)
    return {"weight": info["weight"], "class": info["class"].lower(), "partialFee": str(info["partial_fee"])}


@method("payment_queryFeeDetails", params="encoded_xt at")
def query_fee_details(node: Node, extrinsic: Json, at: Json = None) -> Json:
    """The parts of an extrinsic's fee; null if it pays no fee."""
    parts = _ask(node, "query_fee_details", extrinsic, at)["inclusion_fee"]
    if parts is None:
        return {"inclusionFee": None}
    names = {"baseFee": "base_fee", "lenFee": "len_fee", "adjustedWeightFee": "adjusted_weight_fee"}
    return {"inclusionFee": {name: hex(parts[item]) for name, item in names.items()}}
