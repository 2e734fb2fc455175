"""A small economy for experiments: two subnets with people on them, root's stakers, and a nominator.

Moving prices go faster than on the real chain, where they need months, so that an hour shows what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bittensor as bt

from tao_lab.chain.errors import BlockFailed
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.course.networks import small_network
from tao_lab.network import Network, Population
from tao_lab.network.population import seeded_wallet

TEMPO = 20
ROOT = 0
STEP = {"bits": int(0.02 * 2**32)}  # of moving prices, I96F32; the real chain's is 0.000003
HALVING_BLOCKS = 1  # of that step's youth; the real chain's are 201,600
NOMINATED_TAO, ROOT_TAO = 50, 2_000
SEED = 7


@dataclass(frozen=True)
class Economy:
    """Who is who.

    Attributes:
        net: the network.
        first: netuid of the older subnet.
        second: netuid of the younger one.
        people: on the older one.
        owner: wallet of the older one's owner.
        nominator: wallet that stakes on the older subnet's first validator.
    """

    net: Network
    first: int
    second: int
    people: Population
    owner: bt.Wallet
    nominator: bt.Wallet

    @property
    def validator(self) -> bt.Wallet:
        """Wallet of the older subnet's first validator."""
        return self.people.validators[0]


def settle(net: Network) -> Economy:
    """Bring two subnets and their people to a network, and let them work for some epochs."""
    net.sudo("AdminUtils", "sudo_set_subnet_moving_alpha", alpha=STEP)
    owners = [seeded_wallet(net, name, SEED) for name in ("olga", "otto")]
    first = _subnet(net, owners[0], "text")
    people = net.populate(first, validators=2, miners=4, seed=SEED)
    second = _subnet(net, owners[1], "code")
    net.populate(second, validators=2, miners=3, seed=SEED)
    nominator = seeded_wallet(net, "nora", SEED)
    net.fund(nominator, net.tao(NOMINATED_TAO + ROOT_TAO + 1).rao)
    for subnet, amount in ((first, NOMINATED_TAO), (ROOT, ROOT_TAO)):
        net.stake(nominator, subnet, net.tao(amount), hotkey=people.validators[0])
    net.run(epochs=2, subnet=first)
    return Economy(net, first, second, people, owners[0], nominator)


@contextmanager
def small_economy(path: Path | None = None) -> Iterator[Economy]:
    """A network of its own with an economy on it."""
    with small_network(path) as net:
        yield settle(net)


def _subnet(net: Network, owner: bt.Wallet, kind: str) -> int:
    netuid = net.create_subnet(owner, kind=kind, tempo=TEMPO)
    net.sudo("AdminUtils", "sudo_set_ema_price_halving_period", netuid=netuid, ema_halving=HALVING_BLOCKS)
    return netuid


def emission_of_all(net: Network, enabled: bool) -> None:
    """Switch the emission of all subnets on or off, which governance may do."""
    for netuid in net.subnets():
        net.sudo("AdminUtils", "sudo_set_subnet_emission_enabled", netuid=netuid, enabled=enabled)


def read(net: Network, item: str, *keys: Any) -> Any:
    """A storage item of the pallet, now."""
    return net.chain.state.get(MODULE, item, *keys)


def same_chain(blocks: int, **rules: Callable[..., Any]) -> str:
    """Two copies of one chain, one by the library's rules and one by these: are they still the same?

    A block's name is the hash of all that is in the chain's state, so that equal names mean equal rao everywhere.

    Args:
        blocks: to make on both.
        rules: functions by the names of `net.rules`.
    """
    with small_economy() as ours, small_economy() as theirs:
        raise NotImplementedError(ours, theirs, blocks, rules, BlockFailed)
