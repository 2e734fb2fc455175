"""Who has to go: the neuron that makes room for a new one, the subnet that makes room for a new one.

A full subnet gives up the neuron with the least emission, the oldest first among equals. Neurons in their immunity
period are spared while enough others are left, the owner's are never taken. A full network gives up the subnet with
the lowest moving price whose immunity is over.

Sources: `pallets/subtensor/src/subnets/registration.rs` (`get_neuron_to_prune`), `coinbase/root.rs`
(`get_network_to_prune`) of opentensor/subtensor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Neuron:
    """What decides whether a neuron is replaced.

    Attributes:
        uid: its place.
        emission: alpha of the last epoch, rao.
        registered_at: block.
        immune: it is in its immunity period.
        immortal: it is one of the owner's that are never replaced.
    """

    uid: int
    emission: int
    registered_at: int
    immune: bool
    immortal: bool = False


@dataclass(frozen=True)
class Subnet:
    """What decides whether a subnet is dissolved.

    Attributes:
        netuid: its number.
        price: moving price of its alpha, any unit that orders.
        registered_at: block.
    """

    netuid: int
    price: int
    registered_at: int


def neuron_to_prune(neurons: Iterable[Neuron], min_non_immune: int) -> int | None:
    """UID that a newcomer gets on a full subnet, or None where nobody may be replaced.

    Args:
        neurons: all of the subnet.
        min_non_immune: while at most this number is neither immune nor immortal (`MinNonImmuneUids`), one that is
            immune goes instead.
    """
    mortal = [neuron for neuron in neurons if not neuron.immortal]
    free = [neuron for neuron in mortal if not neuron.immune]
    candidates = free if len(free) > min_non_immune else [neuron for neuron in mortal if neuron.immune]
    if not candidates:
        return None
    return min(candidates, key=lambda neuron: (neuron.emission, neuron.registered_at, neuron.uid)).uid


def subnet_to_prune(subnets: Iterable[Subnet], block: int, immunity_period: int) -> int | None:
    """Netuid that a new subnet gets on a full network, or None while all are immune.

    Args:
        subnets: all but root; of two with equal price and block the first goes.
        block: the block at hand.
        immunity_period: blocks after its registration in which a subnet stays (`NetworkImmunityPeriod`).
    """
    mortal = [subnet for subnet in subnets if block >= subnet.registered_at + immunity_period]
    return min(mortal, key=lambda subnet: (subnet.price, subnet.registered_at)).netuid if mortal else None
