"""`transactionWatch_v1_*` and `transaction_v1_*`: send an extrinsic, with or without notifications about its result.

Source: `paritytech/json-rpc-interface-spec`, `src/api/transaction*.md`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tao_lab.chain.block import Block
from tao_lab.chain.errors import ChainError, InvalidTransaction
from tao_lab.node.rpc import limits
from tao_lab.node.rpc.errors import invalid_params
from tao_lab.node.rpc.params import bytes_of, hex_of, text_of
from tao_lab.node.rpc.registry import Subscription, method, subscription

if TYPE_CHECKING:
    from tao_lab.node.rpc.session import Session

Json = Any
DROPPED = ("ImmediatelyDropped", "AlreadyImported")  # the extrinsic itself is valid


@subscription(
    "transactionWatch_v1_submitAndWatch",
    ends=("transactionWatch_v1_unwatch",),
    params="transaction",
    says=False,
)
class TransactionWatch(Subscription):
    """The status of an extrinsic. An invalid one is reported as an event, not as an error."""

    notification = "transactionWatch_v1_watchEvent"

    def __init__(self, session: Session, transaction: Json) -> None:
        super().__init__(session)
        self._data = bytes_of(transaction, "transaction")
        self._hash = b""

    def begin(self) -> None:
        """Submit it."""
        node = self.session.node
        try:
            self._hash = node.chain.submit(self._data)
        except ChainError as error:
            dropped = isinstance(error, InvalidTransaction) and error.name in DROPPED
            self._last({"event": "dropped" if dropped else "invalid", "error": str(error)})
            return
        self.tell({"event": "validated"})
        node.seal(self._hash)

    def on_block(self, block: Block) -> None:
        """Report that it is in the block, or that no block will contain it."""
        if self._hash in block.extrinsic_hashes:
            place = {"hash": hex_of(block.hash), "index": block.extrinsic_hashes.index(self._hash)}
            self.tell({"event": "bestChainBlockIncluded", "block": place})
            self._last({"event": "finalized", "block": place})
            return
        for refusal in self.session.node.chain.refused:
            if refusal.hash == self._hash:
                self._last({"event": "invalid", "error": str(refusal.error)})

    def _last(self, event: dict[str, Json]) -> None:
        self.tell(event)
        self.end()


@method("transaction_v1_broadcast", params="transaction", of_session=True)
def broadcast(session: Session, transaction: Json) -> str | None:
    """Send an extrinsic without notifications; null if the client has sent too many."""
    data = bytes_of(transaction, "transaction")
    if len(session.broadcasts) >= limits.MOST_BROADCASTS:
        return None
    with suppress(ChainError):  # according to the specification, errors are not reported
        session.node.submit(data)
    name = session.new_name()
    session.broadcasts.add(name)
    return name


@method("transaction_v1_stop", params="operation_id", of_session=True)
def stop(session: Session, operation: Json) -> None:
    """End a broadcast; the extrinsic stays in the pool, because there are no other nodes."""
    name = text_of(operation, "operationId")
    if name not in session.broadcasts:
        raise invalid_params("no broadcast has this operationId")
    session.broadcasts.remove(name)
