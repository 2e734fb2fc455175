"""Pruning: which neuron is replaced when a full subnet gets a new one, and which subnet in a full network.

On a full subnet the neuron with the least emission is replaced; among equals the oldest. Neurons in their immunity
period are not replaced while enough others are left. The owner's neurons are never replaced. In a full network the
subnet with the lowest moving price is dissolved, if its immunity period is over.

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
        immune: whether it is in its immunity period.
        immortal: whether it is one of the owner's neurons, which are never replaced.
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
        price: moving price of its alpha, in any unit (only the order matters).
        registered_at: block.
    """

    netuid: int
    price: int
    registered_at: int


def neuron_to_prune(neurons: Iterable[Neuron], min_non_immune: int) -> int | None:
    """UID that a new neuron gets on a full subnet, or None if nobody may be replaced.

    Args:
        neurons: all of the subnet.
        min_non_immune: if at most this number of neurons are neither immune nor immortal (`MinNonImmuneUids`), an
            immune neuron is replaced instead.
    """
    mortal = [neuron for neuron in neurons if not neuron.immortal]
    free = [neuron for neuron in mortal if not neuron.immune]
    candidates = free if len(free) > min_non_immune else [neuron for neuron in mortal if neuron.immune]
    if not candidates:
        return None
    return min(candidates, key=lambda neuron: (neuron.emission, neuron.registered_at, neuron.uid)).uid


def subnet_to_prune(subnets: Iterable[Subnet], block: int, immunity_period: int) -> int | None:
    """Netuid that a new subnet gets in a full network, or None while all subnets are immune.

    Args:
        subnets: all but root; of two with equal price and block the first is dissolved.
        block: the current block.
        immunity_period: blocks after its registration in which a subnet cannot be dissolved (`NetworkImmunityPeriod`).
    """
    mortal = [subnet for subnet in subnets if block >= subnet.registered_at + immunity_period]
    return min(mortal, key=lambda subnet: (subnet.price, subnet.registered_at)).netuid if mortal else None
