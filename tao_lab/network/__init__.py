"""`Network`: the object that you use first. It has a chain, a faucet, wallets, subnets, and the official SDK.

    net = Network()                                  # in memory; Network("class.db") keeps it
    alice = net.wallet("alice", tao=1_000)
    sn = net.create_subnet(owner=alice, kind="text")
    net.populate(sn, validators=4, miners=12)
    net.run(epochs=5)
    net.metagraph(sn)

Amounts need a unit: `net.tao(5)` is five TAO, and a plain number is never an amount.
A name's file is loaded when the name is first used: what runs a chain without the SDK takes `tao_lab.network.network`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tao_lab.network.flow import AlphaFlow, Received, TaoFlow, follow_alpha, follow_tao
    from tao_lab.network.metagraph import Metagraph, Neuron
    from tao_lab.network.network import Network, RealWalletsWarning, ReopenedWarning, WrongPassword, address
    from tao_lab.network.population import Population
    from tao_lab.network.receipts import Account, CallFailed, Receipt

_NAMES = {
    "flow": "AlphaFlow Received TaoFlow follow_alpha follow_tao",
    "metagraph": "Metagraph Neuron",
    "network": "Network RealWalletsWarning ReopenedWarning WrongPassword address",
    "population": "Population",
    "receipts": "Account CallFailed Receipt",
}
_FILE = {name: file for file, names in _NAMES.items() for name in names.split()}

__all__ = [
    "Account",
    "AlphaFlow",
    "CallFailed",
    "Metagraph",
    "Network",
    "Neuron",
    "Population",
    "RealWalletsWarning",
    "Receipt",
    "Received",
    "ReopenedWarning",
    "TaoFlow",
    "WrongPassword",
    "address",
    "follow_alpha",
    "follow_tao",
]


def __getattr__(name: str) -> Any:
    """A name from its file (PEP 562)."""
    if name not in _FILE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_FILE[name]}"), name)
    if name == "Network":  # here, because a joined network is built on `Network`
        value.join = staticmethod(importlib.import_module(f"{__name__}.joined").join)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The names that the Tab key completes."""
    return __all__
