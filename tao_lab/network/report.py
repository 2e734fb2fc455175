"""Subnet 171 on the lab's own network: the student whose report began this course mined on a subnet 171 in July 2025.

The chain gives the lowest free number to a new subnet, so a new network would need 170 other subnets first. So the lab
makes this subnet between two blocks, as a genesis does: it uses the chain's own function with the number 171, and the
next block contains the subnet. Everything else is done by calls. At the end a seat costs the minimum that the chain
allows, 0.0005 τ, as if nobody had registered for days.
"""

from __future__ import annotations

from tao_lab.chain import executive
from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE, subnet_exists
from tao_lab.chain.pallets.subtensor.subnets import create_subnet, is_full
from tao_lab.errors import LabError
from tao_lab.network.needs import Calls
from tao_lab.network.population import populate, seeded_wallet
from tao_lab.network.subnets import open_subnet, subnet_identity
from tao_lab.units import RAO_PER_TAO

NETUID = 171
KIND = "code"
NAME = "SWE-Rizzo, test network"
VALIDATORS, MINERS = 2, 3  # that are on the subnet from the start
TEMPO = 30  # blocks; on the test network it was 360
REGISTRATION_RAO = 500_000  # 0.0005 τ, the report's price and the chain's lowest
STAKE_RAO = 5_000_000  # 0.005 τ, what the report staked


def report_subnet(net: Calls) -> int:
    """Make subnet 171 if it does not exist; returns its number.

    Raises:
        LabError: The network is full.
    """
    if subnet_exists(net.chain.state, NETUID):
        return NETUID
    if is_full(net.chain.state):
        raise LabError(f"the network is full: there is no place for subnet {NETUID}; use a network of its own")
    owner = seeded_wallet(net, "report-creator", 0)
    net.fund(owner, net.lock_cost().rao + RAO_PER_TAO)
    if net.chain.state.get(MODULE, "NetworkRateLimit"):
        net.sudo("AdminUtils", "sudo_set_network_rate_limit", rate_limit=0)
    with net.chain.lock:
        chain = net.chain
        ctx = Context(chain.runtime, chain.state, chain.head.number + 1, executive.author(chain.state), chain.rules)
        keys = owner.coldkeypub.ss58_address, owner.hotkey.ss58_address
        create_subnet(ctx, *keys, subnet_identity(NAME, KIND), netuid=NETUID)
        chain.produce_block()
    open_subnet(net, owner, NETUID, TEMPO, commit_reveal=False)
    populate(net, NETUID, VALIDATORS, MINERS, stake=None, noise=0.05, seed=0)
    with net.chain.lock:
        net.chain.state.put(MODULE, "Burn", NETUID, REGISTRATION_RAO)
        net.chain.produce_block()
    return NETUID
