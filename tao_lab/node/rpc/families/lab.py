"""`lab_*`: what no Substrate node has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tao_lab.node.faucet import FaucetRefuses
from tao_lab.node.rpc.errors import FAUCET_REFUSES, METHOD_NOT_FOUND, RpcError
from tao_lab.node.rpc.params import hex_of, number_of, text_of
from tao_lab.node.rpc.registry import method

if TYPE_CHECKING:
    from tao_lab.node.rpc.session import Session

Json = Any
FAUCET = "lab_faucet"
MOST_RAO = (1 << 64) - 1  # what a balance holds


@method(FAUCET, params="account rao", of_session=True)
def faucet(session: Session, account: Json, rao: Json) -> str:
    """Play money for an account; gives back the hash of the transfer, which the next block contains."""
    node = session.node
    if node.faucet is None:
        text = "this node has no faucet; `tao-lab node --dev` has one"
        raise RpcError(METHOD_NOT_FOUND, "Method not found", text)
    try:
        name = node.faucet.give(text_of(account, "account"), number_of(rao, "rao", MOST_RAO), session.address)
    except FaucetRefuses as error:
        raise RpcError(FAUCET_REFUSES, "The faucet refuses", str(error)) from None
    node.seal(name)
    return hex_of(name)
