"""The neurons of a subnet, for miner and validator: one metagraph, read through the official SDK.

`Peers` is the metagraph at one block; `Watch` keeps the newest one in a running program.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import bittensor as bt

from tao_lab.errors import LabError
from tao_lab.foreign import escaped
from tao_lab.network import Network
from tao_lab.node.substrate import closable

Chain: TypeAlias = Network | str  # in this process, or the SDK's name or URL of a network
Endpoint: TypeAlias = tuple[str, int]
SIX_TO_FOUR = ipaddress.ip_network("2002::/16")  # RFC 3056
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all that IANA has given out (RFC 4291)
ISATAP = 0x0000_5EFE
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Peer:
    """A neuron of the subnet.

    Attributes:
        uid: its place.
        hotkey: SS58 address.
        coldkey: SS58 address.
        stake: stake weight, rao.
        permit: whether it may set weights on others.
        active: whether its weights count: it has set some within the activity cutoff.
        registered_at: block.
        last_update: block of its last weights.
        axon: address of its server, if it has one.
    """

    uid: int
    hotkey: str
    coldkey: str
    stake: int
    permit: bool
    active: bool
    registered_at: int
    last_update: int
    axon: Endpoint | None


@dataclass(frozen=True)
class Peers:
    """A subnet at a block.

    Attributes:
        block: height.
        by_hotkey: its neurons, in the order of the UIDs.
    """

    block: int
    by_hotkey: Mapping[str, Peer]


def client(chain: Chain) -> bt.Client:
    """The SDK's client of a network; open it with `async with`."""
    if isinstance(chain, Network):
        return bt.Client("local", substrate=chain.substrate)
    opened = bt.Client(chain, fallback_endpoints=[]) if "://" in chain else bt.Client(chain)
    closable(opened._substrate)
    return opened


async def read_peers(connection: bt.Client, netuid: int) -> Peers:
    """The subnet's neurons at the head.

    Raises:
        LabError: There is no such subnet.
    """
    graph = await connection.subnets.metagraph(netuid, commitments=False)
    if graph is None:
        raise LabError(f"netuid is {netuid}; allowed: a subnet of this network (`btcli subnets list` shows them)")
    peers = [
        Peer(
            uid=neuron.uid,
            hotkey=neuron.hotkey,
            coldkey=neuron.coldkey,
            stake=neuron.total_stake.rao,
            permit=neuron.validator_permit,
            active=neuron.active,
            registered_at=neuron.block_at_registration,
            last_update=neuron.last_update,
            axon=None if neuron.axon is None else _endpoint_or_none(neuron.axon),
        )
        for neuron in graph.neurons
    ]
    return Peers(graph.block, {peer.hotkey: peer for peer in peers})


class Watch:
    """The newest `Peers`, kept by `run`.

    Attributes:
        peers: the newest metagraph; None before the first one.
    """

    def __init__(self, chain: Chain, netuid: int, seconds: float) -> None:
        self._chain, self._netuid, self._seconds = chain, netuid, seconds
        self.peers: Peers | None = None

    async def run(self) -> None:
        """Read again and again until cancelled; if the chain does not answer, try again."""
        while True:
            try:
                async with client(self._chain) as connection:
                    while True:
                        self.peers = await read_peers(connection, self._netuid)
                        await asyncio.sleep(self._seconds)
            except Exception as error:  # noqa: BLE001 - whatever keeps the chain away, the miner goes on
                log.warning("the chain cannot be read (%s: %s); trying again", type(error).__name__, escaped(error))
                await asyncio.sleep(self._seconds)


# --- addresses ------------------------------------------------------------------------------------------------------


def endpoint(axon: str) -> Endpoint:
    """Host and port of an axon from the metagraph; an IPv4 address inside an IPv6 address is unpacked."""
    host, _, port = axon.rpartition(":")
    address = ipaddress.ip_address(host.strip("[]"))
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int(port)


def _endpoint_or_none(axon: str) -> Endpoint | None:
    """Like `endpoint`, but None for an invalid address: one miner's bad entry must not hide the others."""
    try:
        return endpoint(axon)
    except ValueError:
        return None


def published(host: str) -> str:
    """The address to put on the chain for a server at `host`.

    The chain refuses 127.0.0.1 and ::1 (`is_valid_ip_address` in pallets/subtensor/src/subnets/serving.rs); the lab's
    miners stay on this machine, and are listed under the same address in its IPv6 form, ::ffff:127.0.0.1.
    """
    address = ipaddress.ip_address("127.0.0.1" if host == "::1" else host)
    return f"::ffff:{address}" if address.is_loopback and address.version == 4 else str(address)


def may_be_asked(host: str, local: bool) -> bool:
    """Whether a validator may connect to an address that a miner put on the chain.

    Anybody can put any address on the chain. So a validator connects only to public addresses, or to this machine if
    the chain is on it too. Otherwise a miner could make a validator send requests inside the validator's own network.
    An IPv6 address that contains an IPv4 address leads to it through a gateway, so both must be public. The prefixes of
    translators (64:ff9b::/96, ::/96) are not allowed.
    """
    address: Any = ipaddress.ip_address(host)
    if local and address.is_loopback:
        return True
    return _is_public(address) and all(_is_public(inside) for inside in _carried(address))


def _is_public(address: Any) -> bool:
    if address in SIX_TO_FOUR:  # Python versions disagree whether these are public; the inner address decides
        return True
    unicast = address.version == 4 or address in GLOBAL_UNICAST
    return bool(unicast and address.is_global and not address.is_multicast)


def _carried(address: Any) -> list[Any]:
    """IPv4 addresses inside an IPv6 address: 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214)."""
    if address.version == 4:
        return []
    found = [address.sixtofour, *(address.teredo or ())]
    if int(address) >> 32 & 0xFDFF_FFFF == ISATAP:  # with the universal/local bit masked
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return [one for one in found if one is not None]


def is_local(chain: Chain) -> bool:
    """Whether the chain is in this process or on this machine."""
    if isinstance(chain, Network):
        return True
    host = urlsplit(chain).hostname if "://" in chain else ("127.0.0.1" if chain == "local" else None)
    with suppress(ValueError):
        return host is not None and ipaddress.ip_address(host).is_loopback
    return host == "localhost"
