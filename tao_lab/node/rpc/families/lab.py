"""`lab_*`: methods that a Substrate node does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tao_lab.node.faucet import FaucetRefuses
from tao_lab.node.rpc.errors import FAUCET_REFUSES, METHOD_NOT_FOUND, RpcError, invalid_params
from tao_lab.node.rpc.params import bytes_of, hex_of, invalid, number_of, text_of
from tao_lab.node.rpc.registry import method
from tao_lab.units import U16_MAX

if TYPE_CHECKING:
    from tao_lab.node.rpc.node import Classroom, Node
    from tao_lab.node.rpc.session import Session

Json = Any
FAUCET = "lab_faucet"
OF_A_CLASS = ("lab_class", "lab_join", "lab_openSubnet")
MOST_RAO = (1 << 64) - 1  # largest balance


@method(FAUCET, params="account rao", of_session=True)
def faucet(session: Session, account: Json, rao: Json) -> str:
    """Play money for an account; returns the hash of the transfer, which the next block contains."""
    node = session.node
    if node.faucet is None:
        text = "this node has no faucet; `tao-lab node --dev` has one, and so has a class"
        raise RpcError(METHOD_NOT_FOUND, "Method not found", text)
    amount = number_of(rao, "rao", MOST_RAO)
    if amount == 0:
        raise invalid("rao", rao, f"1 to {MOST_RAO}")
    try:
        name = node.faucet.give(text_of(account, "account"), amount, session.address)
    except FaucetRefuses as error:
        raise RpcError(FAUCET_REFUSES, "The faucet refuses", str(error)) from None
    node.seal(name)
    return hex_of(name)


@method("lab_refusals", params="height")
def refusals(node: Node, height: Json) -> Json:
    """Failures in one of the newest blocks: index of the event, pallet, error, and the chain's sentence.

    A block's events contain only the names of errors.
    """
    told = node.chain.refusals(number_of(height, "height"))
    return [[place, error.pallet, error.name, error.sentence] for place, error in told.items()]


def not_here(node: Node) -> set[str]:
    """Methods that this node does not offer: no faucet, or no class."""
    return ({FAUCET} if node.faucet is None else set()) | (set(OF_A_CLASS) if node.classroom is None else set())


def _classroom(node: Node) -> Classroom:
    if node.classroom is None:
        raise RpcError(METHOD_NOT_FOUND, "Method not found", "this node serves no class; `tao-lab node --class` does")
    return node.classroom


@method("lab_class")
def describe_class(node: Node) -> Json:
    """Public data of the class: title, block time, students, the faucet's grant."""
    return _classroom(node).describe()


@method("lab_join", params="code name account signature")
def join_class(node: Node, code: Json, name: Json, account: Json, signature: Json) -> Json:
    """Add a student; the account must have signed the text in `tao_lab.network.texts`."""
    room = _classroom(node)
    given = text_of(code, "code"), text_of(name, "name"), text_of(account, "account"), bytes_of(signature, "signature")
    try:
        return room.join(*given)
    except FaucetRefuses as error:
        raise RpcError(FAUCET_REFUSES, "The class refuses", str(error)) from None


@method("lab_openSubnet", params="netuid tempo commit_reveal signature")
def open_subnet(node: Node, netuid: Json, tempo: Json, commit_reveal: Json, signature: Json) -> None:
    """Let root open a student's new subnet: turn on its emission, set its tempo and how weights are set.

    The signature is that of the subnet's owner on `OPEN_TEXT` of `tao_lab.network.joined`.
    """
    room = _classroom(node)
    if not isinstance(commit_reveal, bool):
        raise invalid_params("commitReveal is true or false")
    try:
        numbers = number_of(netuid, "netuid", U16_MAX), number_of(tempo, "tempo", U16_MAX)
        room.open_subnet(*numbers, commit_reveal, bytes_of(signature, "signature"))
    except FaucetRefuses as error:
        raise RpcError(FAUCET_REFUSES, "The class refuses", str(error)) from None
