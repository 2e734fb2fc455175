"""Subnet 171, on which the student's report behind the course mined in July 2025, on the lab's own network.

The chain gives the lowest free number to a new subnet, so a young network would have to grow 170 others first. The lab
makes this one between two blocks, as a genesis does, with the chain's own function and the number asked for; the next
block carries it. All that follows is done by calls. At the end a seat costs the least that the chain allows, 0.0005 τ,
as if nobody had registered for days: the price falls by half every so often, and stays there.
"""

from __future__ import annotations

from tao_lab.chain import executive
from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE, subnet_exists
from tao_lab.chain.pallets.subtensor.subnets import create_subnet
from tao_lab.network.needs import Calls
from tao_lab.network.population import populate, seeded_wallet
from tao_lab.network.subnets import open_subnet, subnet_identity
from tao_lab.units import RAO_PER_TAO

NETUID = 171
KIND = "code"
NAME = "SWE-Rizzo, test network"
VALIDATORS, MINERS = 2, 3  # who are there already
TEMPO = 30  # blocks; 360 there
REGISTRATION_RAO = 500_000  # 0.0005 τ, the report's price and the chain's lowest
STAKE_RAO = 5_000_000  # 0.005 τ, what the report staked


def report_subnet(net: Calls) -> int:
    """Make subnet 171 if it is not there; returns its number."""
    if subnet_exists(net.chain.state, NETUID):
        return NETUID
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
