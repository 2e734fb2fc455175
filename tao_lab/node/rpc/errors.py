"""Answers that are errors, with the codes and words of a Substrate node.

Sources: `jsonrpsee`, `substrate/client/rpc-api/src/*/error.rs` of the Polkadot SDK.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.errors import BadValue, ChainError, InvalidTransaction, MalformedExtrinsic, NotInLab
from tao_lab.node.rpc import limits

Json = Any

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
BAD_FORMAT, VERIFICATION_ERROR, INVALID_TRANSACTION, ALREADY_IMPORTED, UNKNOWN_BLOCK = 1001, 1002, 1010, 1013, 4003
TOO_MANY_SUBSCRIPTIONS, TOO_LARGE, TOO_LARGE_A_BATCH = -32006, -32008, -32010  # as `jsonrpsee` numbers them
FAUCET_REFUSES = -32050  # the lab's own

# The messages of a Substrate node; clients recognize these words.
TRANSACTION_TEXTS = {
    "Payment": "Inability to pay some fees (e.g. account balance too low)",
    "Future": "Transaction will be valid in the future",
    "Stale": "Transaction is outdated",
    "BadProof": "Transaction has a bad signature",
    "Call": "Transaction call is not expected",
    "AncientBirthBlock": "Transaction has an ancient birth block",
    "ExhaustsResources": "Transaction would exhaust the block limits",
    "MandatoryValidation": "Transaction dispatch is mandatory; transactions must not be validated",
    "BadSigner": "Invalid signing address",
    "AlreadyImported": "Transaction Already Imported",
    "ImmediatelyDropped": "Transaction was immediately dropped: the pool is full",
}


class RpcError(Exception):
    """An answer that is an error, with its JSON-RPC code."""

    def __init__(self, code: int, message: str, data: Json = None) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.data = data[: limits.LONGEST_DATA] if isinstance(data, str) else data

    def encodable(self) -> dict[str, Json]:
        """As the `error` of a response."""
        error = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


def invalid_params(sentence: str) -> RpcError:
    """Parameters that a method doesn't take."""
    return RpcError(INVALID_PARAMS, "Invalid params", sentence)


def too_large() -> RpcError:
    """An answer that is longer than the limit."""
    allowed = f"an answer has at most {limits.MOST_ANSWER:,} characters; ask for less"
    return RpcError(TOO_LARGE, "Response is too big", allowed)


def rpc_error(error: ChainError) -> RpcError:
    """A node's answer if the chain refuses."""
    if isinstance(error, InvalidTransaction):
        if error.name == "AlreadyImported":
            return RpcError(ALREADY_IMPORTED, TRANSACTION_TEXTS[error.name], error.sentence)
        text = TRANSACTION_TEXTS.get(error.name, f"Custom error: {error.custom}")
        return RpcError(INVALID_TRANSACTION, "Invalid Transaction", f"{text}: {error.sentence}")
    if isinstance(error, NotInLab):
        return RpcError(INVALID_TRANSACTION, "Invalid Transaction", str(error))
    if isinstance(error, MalformedExtrinsic):
        return RpcError(BAD_FORMAT, "Extrinsic has invalid format", str(error))
    if isinstance(error, BadValue):
        return invalid_params(str(error))
    return RpcError(INTERNAL_ERROR, "Internal error", f"{type(error).__name__}: {error}")
