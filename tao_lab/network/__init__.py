"""`Network`: the object that you use first. It has a chain, a faucet, wallets, subnets, and the official SDK.

    net = Network()                                  # in memory; Network("class.db") keeps it
    alice = net.wallet("alice", tao=1_000)
    sn = net.create_subnet(owner=alice, kind="text")
    net.populate(sn, validators=4, miners=12)
    net.run(epochs=5)
    net.metagraph(sn)

Amounts need a unit: `net.tao(5)` is five TAO, and a plain number is never an amount.
"""

from tao_lab.network.flow import AlphaFlow, Received, TaoFlow, follow_alpha, follow_tao
from tao_lab.network.joined import join
from tao_lab.network.metagraph import Metagraph, Neuron
from tao_lab.network.network import Network, RealWalletsWarning, ReopenedWarning, WrongPassword, address
from tao_lab.network.population import Population
from tao_lab.network.receipts import Account, CallFailed, Receipt

Network.join = staticmethod(join)  # here, because a joined network is built on `Network`

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
