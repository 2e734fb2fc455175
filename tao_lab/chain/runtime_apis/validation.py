"""TaggedTransactionQueue: may the next block contain an extrinsic, and after which others?

Sources: `sp_runtime::transaction_validity`, `frame/system/src/extensions/check_nonce.rs` of the Polkadot SDK.
"""

from __future__ import annotations

from typing import Any, cast

from bittensor_core import ss58_decode

from tao_lab.chain import executive, validity
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.errors import BadValue, InvalidTransaction
from tao_lab.chain.extrinsic import Extrinsic, decode_extrinsic
from tao_lab.chain.state import Storage

HASH_BYTES = 32  # the last argument, the block's hash, follows the extrinsic; its source is one byte before it
NONCE_BYTES = 4


@runtime_api("TaggedTransactionQueue", takes_bytes=True)
def validate_transaction(query: Query, data: bytes) -> dict[str, Any]:
    """The data that a pool needs about an extrinsic, or why no block may contain it."""
    if len(data) <= 1 + HASH_BYTES:
        raise BadValue("arguments", f"{len(data)} bytes", "a source, an extrinsic and the hash of a block")
    extrinsic = decode_extrinsic(query.state.runtime, data[1:-HASH_BYTES], len(data))
    try:
        return {"Ok": _valid(query, extrinsic, data[-HASH_BYTES:])}
    except InvalidTransaction as error:
        return {"Err": error.encodable()}


def _valid(query: Query, extrinsic: Extrinsic, block_hash: bytes) -> dict[str, Any]:
    state, height = query.state, query.block + 1
    runtime = state.runtime

    def hash_of(number: int) -> bytes | None:
        if number == query.block:
            return block_hash
        if not state.exists("System", "BlockHash", number):
            return None
        return bytes.fromhex(state.get("System", "BlockHash", number)[2:])

    validity.check_call(extrinsic)
    death = validity.check_signature(extrinsic, height, hash_of, runtime.block_hashes_kept)
    ctx = Context(runtime, cast(Storage, state), height, executive.author(cast(Storage, state)))
    ctx.parent_hash = block_hash
    validity.check_account(ctx, extrinsic)
    who = str(extrinsic.signer)
    nonce = int(state.get("System", "Account", who)["nonce"])
    return {
        "priority": extrinsic.tip,
        "requires": [_tag(who, extrinsic.nonce - 1)] if extrinsic.nonce > nonce else [],
        "provides": [_tag(who, extrinsic.nonce)],
        "longevity": min(death - height, validity.FOR_EVER - 1),
        "propagate": True,
    }


def _tag(who: str, nonce: int) -> str:
    """The tag of an account's extrinsic in a pool."""
    return "0x" + bytes(ss58_decode(who)).hex() + nonce.to_bytes(NONCE_BYTES, "little").hex()
