"""TransactionPaymentApi: what an extrinsic would cost.

Source: `frame/transaction-payment/rpc/runtime-api/src/lib.rs` of the Polkadot SDK; `runtime/src/staking_fee.rs`
(`query_info`: it returns the whole weight, but the fee may be for less).
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.dispatch import Query, Weight, runtime_api
from tao_lab.chain.errors import MalformedExtrinsic
from tao_lab.chain.extrinsic import decode_extrinsic
from tao_lab.chain.fee_weights import billed_weight
from tao_lab.chain.pallets import transaction_payment

LENGTH_BYTES = 4  # the second argument, a u32, follows the extrinsic


def _quote(query: Query, data: bytes) -> dict[str, Any]:
    """Weight, class and the parts of the fee of the extrinsic in the arguments."""
    runtime = query.state.runtime
    if len(data) <= LENGTH_BYTES:
        raise MalformedExtrinsic("length", f"{len(data)} bytes", f"more than {LENGTH_BYTES}")
    length = int.from_bytes(data[-LENGTH_BYTES:], "little")
    extrinsic = decode_extrinsic(runtime, data[:-LENGTH_BYTES], len(data))
    registered = extrinsic.call.registered
    weight = registered.weight_of(extrinsic.call.args)
    fees = None
    if registered.pays(extrinsic.call.args):
        billed = billed_weight(extrinsic.call)
        fees = transaction_payment.fee_parts(runtime, registered.dispatch_class, billed, length)
    return {"weight": weight, "class": registered.dispatch_class, "fees": fees, "tip": extrinsic.tip}


@runtime_api("TransactionPaymentApi", takes_bytes=True)
def query_info(query: Query, data: bytes) -> dict[str, Any]:
    """Weight, class and fee without the tip."""
    quote = _quote(query, data)
    fee = sum(quote["fees"]) if quote["fees"] else 0
    return {"weight": quote["weight"].encodable(), "class": quote["class"], "partial_fee": fee}


@runtime_api("TransactionPaymentApi", takes_bytes=True)
def query_fee_details(query: Query, data: bytes) -> dict[str, Any]:
    """The parts of the fee."""
    quote = _quote(query, data)
    parts = None
    if quote["fees"]:
        names = ("base_fee", "len_fee", "adjusted_weight_fee")
        parts = dict(zip(names, quote["fees"], strict=True))
    return {"inclusion_fee": parts, "tip": quote["tip"]}


@runtime_api("TransactionPaymentApi")
def query_weight_to_fee(query: Query, weight: dict[str, int]) -> int:
    """Rao for a weight."""
    return transaction_payment.weight_to_fee(Weight(weight["ref_time"], weight["proof_size"]))


@runtime_api("TransactionPaymentApi")
def query_length_to_fee(query: Query, length: int) -> int:
    """Rao for a length in bytes."""
    return transaction_payment.length_to_fee(length)
