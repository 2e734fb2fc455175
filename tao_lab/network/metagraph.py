"""The metagraph: the neurons of a subnet, and their results of the last epoch.

It is read directly from the chain's storage, with the chain's names, at the head or at a past block. The SDK reads the
same values from a runtime API; a test checks that the two agree. Source: `pallets/subtensor/src/rpc_info/metagraph.rs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from tao_lab.chain.errors import BadValue
from tao_lab.chain.pallets.subtensor.lookups import MODULE, hotkeys_by_uid, last_updates, subnet_exists
from tao_lab.chain.pallets.subtensor.stake_weights import stake_weight
from tao_lab.chain.state import StorageReader
from tao_lab.units import RAO_PER_TAO, U16_MAX

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "uid": "UID",
    "name": "name",
    "stake": "stake",
    "vtrust": "vtrust",
    "consensus": "consensus",
    "incentive": "incentive",
    "dividends": "dividends",
    "emission": "emission α",
    "permit": "permit",
    "immune": "immune",
    "updated": "updated",
    "axon": "axon",
}


@dataclass(frozen=True)
class Neuron:
    """One UID of a subnet.

    Attributes:
        uid: its number on the subnet.
        hotkey: its key.
        coldkey: address of its owner.
        name: its wallet's name, otherwise the beginning of its hotkey.
        stake: rao that count in the epoch: alpha plus weighted TAO on root.
        vtrust, consensus, incentive, dividends: u16 of the last epoch.
        emission: rao of alpha that it earned in the last epoch.
        permit: whether it may set weights that count.
        registered_at: block of its registration.
        immune: whether it is still in its immunity period.
        last_update: block of its last weights; 0 if it never set any.
        axon: "ip:port" of its server, or empty.
    """

    uid: int
    hotkey: str
    coldkey: str
    name: str
    stake: int
    vtrust: int
    consensus: int
    incentive: int
    dividends: int
    emission: int
    permit: bool
    registered_at: int
    immune: bool
    last_update: int
    axon: str


@dataclass(frozen=True)
class Metagraph:
    """A subnet after a block.

    Attributes:
        netuid: number of the subnet.
        block: block after which it was read.
        neurons: by UID.
        weights: row of each UID that set weights: {uid: {uid: u16}}.
    """

    netuid: int
    block: int
    neurons: tuple[Neuron, ...]
    weights: Mapping[int, Mapping[int, int]]

    def __len__(self) -> int:
        return len(self.neurons)

    def __iter__(self) -> Iterator[Neuron]:
        return iter(self.neurons)

    def __getitem__(self, who: int | str) -> Neuron:
        """A neuron by its UID, hotkey or name.

        Raises:
            BadValue: there is no such neuron on this subnet.
        """
        for neuron in self.neurons:
            if who in (neuron.uid, neuron.hotkey, neuron.name):
                return neuron
        raise BadValue("neuron", who, f"a UID below {len(self)}, a hotkey or a name of subnet {self.netuid}")

    @property
    def table(self) -> pd.DataFrame:
        """One row for each neuron: shares as fractions of 1, stake in τ, emission in alpha. The numbers are floats."""
        import pandas as pd  # slow to load, and only tables need it

        rows = [
            {
                "uid": n.uid,
                "name": n.name,
                "stake": n.stake / RAO_PER_TAO,
                "vtrust": n.vtrust / U16_MAX,
                "consensus": n.consensus / U16_MAX,
                "incentive": n.incentive / U16_MAX,
                "dividends": n.dividends / U16_MAX,
                "emission": n.emission / RAO_PER_TAO,
                "permit": n.permit,
                "immune": n.immune,
                "updated": self.block - n.last_update if n.last_update else None,
                "axon": n.axon,
            }
            for n in self.neurons
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS)).rename(columns=COLUMNS).set_index("UID")

    def __repr__(self) -> str:
        return f"Metagraph of subnet {self.netuid} after block {self.block}\n{self.table.round(3).to_string()}"


def read_metagraph(state: StorageReader, netuid: int, block: int, names: Mapping[str, str]) -> Metagraph:
    """The metagraph of a subnet.

    Args:
        state: after `block`.
        netuid: number of the subnet.
        block: height of that block.
        names: names of hotkeys.

    Raises:
        BadValue: there is no such subnet.
    """
    if not subnet_exists(state, netuid):
        raise BadValue("subnet", netuid, "one that exists: net.subnets()")
    hotkeys = hotkeys_by_uid(state, netuid)
    updates = last_updates(state, netuid)
    columns = {
        name: list(state.get(MODULE, item, netuid))
        for name, item in (
            ("vtrust", "ValidatorTrust"),
            ("consensus", "Consensus"),
            ("incentive", "Incentive"),
            ("dividends", "Dividends"),
            ("emission", "Emission"),
            ("permit", "ValidatorPermit"),
        )
    }
    immunity = state.get(MODULE, "ImmunityPeriod", netuid)
    neurons = []
    for uid, hotkey in hotkeys.items():
        registered = state.get(MODULE, "BlockAtRegistration", netuid, uid)
        values = {name: column[uid] if uid < len(column) else 0 for name, column in columns.items()}
        neurons.append(
            Neuron(
                uid=uid,
                hotkey=hotkey,
                coldkey=state.get(MODULE, "Owner", hotkey),
                name=names.get(hotkey, f"{hotkey[:6]}…"),
                stake=stake_weight(state, hotkey, netuid).rao,
                registered_at=registered,
                immune=block - registered < immunity,
                last_update=updates[uid],
                axon=_axon(state, netuid, hotkey),
                permit=bool(values.pop("permit")),
                **values,
            )
        )
    weights = {uid: dict(row) for uid, row in state.entries(MODULE, "Weights", netuid)}
    return Metagraph(netuid, block, tuple(neurons), weights)


def _axon(state: StorageReader, netuid: int, hotkey: str) -> str:
    axon = state.get(MODULE, "Axons", netuid, hotkey)
    if not axon or not axon["ip"]:
        return ""
    if axon["ip_type"] == 6:  # as the SDK shows it
        return f"[{IPv6Address(axon['ip'])}]:{axon['port']}"
    return f"{IPv4Address(axon['ip'])}:{axon['port']}"
