"""A small network that runs block by block, for the page of a running network: three subnets, and a trader.

Everything is done with real calls, many in each block, signed by keys that are computed from names. The same trader
gives the same run. `Watch` records each block; it only reads a state, so it can also watch a chain on another node.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Any, Protocol

from bittensor_core import Keypair

from tao_lab.chain.block import Block
from tao_lab.chain.genesis import FAUCET_URI, SUDO_URI
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids, hotkeys_by_uid, owner_uid
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price
from tao_lab.chain.pallets.subtensor.subnets import network_lock_cost
from tao_lab.chain.state import StorageReader
from tao_lab.economy.swap import FRACTION_BITS
from tao_lab.network.network import Network, RealWalletsWarning
from tao_lab.simulate.world import Signed, include, set_pool
from tao_lab.units import RAO_PER_TAO, U16_MAX

TAO = RAO_PER_TAO
TEMPO = 10
BLOCKS = 60  # that the page shows
TRADES = {"none": "nobody trades", "buy": "buys alpha of A", "sell": "sells alpha of A"}
ORDER, SOLD = 60 * TAO, 500 * TAO  # rao of TAO or alpha that the trader pays in each block
TRADES_FROM, TRADES_TO = 11, 40  # blocks in which the trader trades
POOLS = {"A": 10_000, "B": 6_000, "C": 3_000}  # τ in each subnet's pool, beside 100,000 α
ALPHA = 100_000  # α in each pool
STAKE = 100  # τ that each of a subnet's two validators stakes
HELD = 2_500  # τ with which the trader has bought alpha of A at the start
QUALITIES = (0.9, 0.6, 0.3)  # of a subnet's miners
# Moving prices move faster than on the real chain, where the step is 0.000003 and the halving time 201,600 blocks.
STEP, YOUTH = {"bits": int(0.02 * 2**32)}, 1
FLAT_PRICE = {"bits": 1 << 64}  # registering does not raise the price


class Chainlike(Protocol):
    """A chain to watch: in this process, or on a node."""

    @property
    def head(self) -> Block:
        """The newest block."""
        ...

    @property
    def state(self) -> StorageReader:
        """The state after the newest block."""
        ...


@dataclass(frozen=True)
class Neuron:
    """One seat on a subnet, after a block.

    Attributes:
        uid: its number.
        name: its name in the lab.
        kind: owner, validator or miner.
        emission: rao of alpha that the last epoch paid it.
    """

    uid: int
    name: str
    kind: str
    emission: int


@dataclass(frozen=True)
class Moment:
    """The data of one block.

    Attributes:
        number: its height.
        hash: its name.
        calls: number of calls by name.
        prices: TAO for one alpha, by netuid.
        tao: rao of new TAO that went into each pool, by netuid.
        neurons: neurons of each subnet, by netuid.
        epochs: netuids of the subnets whose epoch ran in this block.
    """

    number: int
    hash: bytes
    calls: dict[str, int]
    prices: dict[int, float]
    tao: dict[int, int]
    neurons: dict[int, tuple[Neuron, ...]]
    epochs: tuple[int, ...] = ()

    @property
    def issued(self) -> int:
        """Rao of new TAO in all pools."""
        return sum(self.tao.values())


def moment(
    block: Block, state: StorageReader, names: dict[str, str], calls: dict[str, int], before: Moment | None = None
) -> Moment:
    """Record the data of a block.

    Args:
        block: the newest one.
        state: after it.
        names: of hotkeys.
        calls: number of calls in the block by name.
        before: the block before; without an epoch since then, the neurons are the same.
    """
    netuids = sorted(netuid for netuid in all_netuids(state) if netuid != ROOT_NETUID)
    return Moment(
        block.number,
        block.hash,
        calls,
        {netuid: current_alpha_price(state, netuid) / (1 << FRACTION_BITS) for netuid in netuids},
        {
            netuid: sum(int(state.get(MODULE, item, netuid)) for item in ("SubnetTaoInEmission", "SubnetExcessTao"))
            for netuid in netuids
        },
        {
            netuid: before.neurons[netuid]
            if before is not None and netuid in before.neurons and not _had_epoch(state, netuid, before.number)
            else neurons(state, netuid, names)
            for netuid in netuids
        },
        tuple(netuid for netuid in netuids if _had_epoch(state, netuid, block.number - 1)),
    )


def _had_epoch(state: StorageReader, netuid: int, since: int) -> bool:
    return int(state.get(MODULE, "LastEpochBlock", netuid)) > since


def neurons(state: StorageReader, netuid: int, names: dict[str, str]) -> tuple[Neuron, ...]:
    """The neurons of a subnet, with their pay of the last epoch."""
    emission, dividends = (state.get(MODULE, item, netuid) for item in ("Emission", "Dividends"))
    owner = owner_uid(state, netuid)
    return tuple(
        Neuron(
            uid,
            names.get(hotkey, f"{hotkey[:6]}…"),
            "owner" if uid == owner else "validator" if dividends[uid] else "miner",
            int(emission[uid]),
        )
        for uid, hotkey in hotkeys_by_uid(state, netuid).items()
    )


@dataclass
class Person:
    """Two keys computed from a name."""

    name: str
    cold: Keypair
    hot: Keypair

    @classmethod
    def of(cls, name: str) -> Person:
        """Make the keys; for play only, because anybody can compute them."""
        keys = (
            Keypair.from_seed(blake2b(f"tao-lab/boards/{name}/{kind}".encode(), digest_size=32).digest())
            for kind in ("coldkey", "hotkey")
        )
        return cls(name, *keys)

    @property
    def address(self) -> str:
        """Address of its coldkey."""
        return str(self.cold.ss58_address)

    @property
    def hotkey(self) -> str:
        """Address of its hotkey."""
        return str(self.hot.ss58_address)

    def call(self, name: str, **args: Any) -> Signed:
        """A call that its coldkey signs."""
        return Signed(self.cold, MODULE, name, args)


@dataclass
class Subnet:
    """One subnet of the network, and its people."""

    label: str
    netuid: int
    owner: Person
    validators: list[Person] = field(default_factory=list)
    miners: list[Person] = field(default_factory=list)


def open_network() -> Network:
    """A chain in memory; it does not use the computer's real wallets."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RealWalletsWarning)
        return Network()


def do(net: Network, calls: list[Signed]) -> dict[str, int]:
    """Make a block with calls that must not fail; returns their numbers by name.

    Raises:
        ChainError: one failed.
    """
    for error in include(net, calls):
        if error is not None:
            raise error
    return dict(Counter(call.name for call in calls))


def fund(net: Network, people: dict[str, int]) -> None:
    """Let the faucet pay some accounts, rao each, in one block."""
    faucet = Keypair.from_uri(FAUCET_URI)
    do(net, [Signed(faucet, "Balances", "transfer_keep_alive", {"dest": a, "value": v}) for a, v in people.items()])


def sudo(net: Network, name: str, **args: Any) -> Signed:
    """A call of the chain's root."""
    return Signed(Keypair.from_uri(SUDO_URI), "Sudo", "sudo", {"call": net.chain.compose("AdminUtils", name, args)})


def open_subnets(net: Network, owners: dict[str, Person], tempo: int) -> list[Subnet]:
    """Create subnets, start them, and let them take part in emission."""
    root = str(Keypair.from_uri(SUDO_URI).ss58_address)
    lock = network_lock_cost(net.chain.state, net.block_number)
    fund(net, {root: 10 * TAO, **{owner.address: 5 * lock for owner in owners.values()}})
    limits = [
        sudo(net, "sudo_set_network_rate_limit", rate_limit=0),
        sudo(net, "sudo_set_admin_freeze_window", window=0),
        sudo(net, "sudo_set_subnet_moving_alpha", alpha=STEP),
    ]
    do(net, [*limits, *(owner.call("register_network", hotkey=owner.hotkey) for owner in owners.values())])
    opened = [Subnet(label, 0, owner) for label, owner in owners.items()]
    by_owner = {str(net.chain.state.get(MODULE, "SubnetOwner", netuid)): netuid for netuid in net.subnets()}
    calls = []
    for subnet in opened:
        subnet.netuid = netuid = by_owner[subnet.owner.address]
        calls += [
            subnet.owner.call("start_call", netuid=netuid),
            sudo(net, "sudo_set_subnet_emission_enabled", netuid=netuid, enabled=True),
            sudo(net, "sudo_set_commit_reveal_weights_enabled", netuid=netuid, enabled=False),
            sudo(net, "sudo_set_burn_increase_mult", netuid=netuid, burn_increase_mult=FLAT_PRICE),
            sudo(net, "sudo_set_weights_set_rate_limit", netuid=netuid, weights_set_rate_limit=tempo),
            sudo(net, "sudo_set_ema_price_halving_period", netuid=netuid, ema_halving=YOUTH),
            sudo(net, "sudo_set_tempo", netuid=netuid, tempo=tempo),
        ]
    do(net, calls)
    return opened


def weights(subnet: Subnet, miners: dict[int, float]) -> list[Signed]:
    """Each validator's row: its grade for each miner's work, by UID."""
    most = max(miners.values())
    values = [round(worth / most * U16_MAX) for worth in miners.values()]
    args = {"netuid": subnet.netuid, "dests": list(miners), "weights": values, "version_key": 0}
    return [Signed(validator.hot, MODULE, "set_weights", args) for validator in subnet.validators]


class Running:
    """Three subnets that run, block by block.

    Args:
        trade: what the trader does, one of `TRADES`.

    Attributes:
        moments: data of each block; the first is the block before the page begins.
    """

    def __init__(self, trade: str) -> None:
        self.trade = trade
        self.net = open_network()
        self.subnets = open_subnets(self.net, {label: Person.of(f"owner {label}") for label in POOLS}, TEMPO)
        for subnet in self.subnets:
            set_pool(self.net, subnet.netuid, POOLS[subnet.label] * TAO, ALPHA * TAO)
        self.trader = Person.of("trader")
        self._bring_in()
        self.names = {
            person.hotkey: person.name
            for subnet in self.subnets
            for person in (subnet.owner, *subnet.validators, *subnet.miners)
        }
        self._run_to_epoch()
        self.first = self.net.block_number
        self.moments: list[Moment] = []
        self.moments.append(self._written({}))

    def labels(self) -> dict[int, str]:
        """Names of the subnets, by netuid."""
        return {subnet.netuid: subnet.label for subnet in self.subnets}

    def to(self, blocks: int) -> list[Moment]:
        """Run until this number of blocks has passed; returns the data of these blocks and of the one before."""
        while len(self.moments) <= blocks:
            self.moments.append(self._written(do(self.net, self._calls(len(self.moments)))))
        return self.moments[: blocks + 1]

    def _written(self, calls: dict[str, int]) -> Moment:
        before = self.moments[-1] if self.moments else None
        return moment(self.net.chain.head, self.net.chain.state, self.names, calls, before)

    def _bring_in(self) -> None:
        entries, stakes, money = [], [], {self.trader.address: 2 * HELD * TAO}
        for subnet in self.subnets:
            label = subnet.label
            subnet.validators = [Person.of(f"validator {label}{number}") for number in (1, 2)]
            subnet.miners = [Person.of(f"miner {label}{number}") for number in range(1, len(QUALITIES) + 1)]
            for person in (*subnet.validators, *subnet.miners):
                stake = STAKE * TAO if person in subnet.validators else 0
                money[person.address] = stake + 3 * TAO
                entries.append(person.call("burned_register", netuid=subnet.netuid, hotkey=person.hotkey))
                if stake:
                    stakes.append(_stake(person, person, subnet, stake))
        first = self.subnets[0]
        stakes.append(_stake(self.trader, first.validators[0], first, HELD * TAO))
        fund(self.net, money)
        do(self.net, entries)
        do(self.net, stakes)

    def _run_to_epoch(self) -> None:
        """Run to the block after each subnet's first epoch, in which the validators set weights."""
        while not all(any(self._state("ValidatorPermit", subnet)) for subnet in self.subnets):
            self.net.chain.produce_block(keep_state=False)
        do(self.net, [call for subnet in self.subnets for call in self._weights(subnet)])
        before = [self._state("LastEpochBlock", subnet) for subnet in self.subnets]
        while [self._state("LastEpochBlock", subnet) for subnet in self.subnets] == before:
            self.net.chain.produce_block(keep_state=False)

    def _state(self, item: str, subnet: Subnet) -> Any:
        return self.net.chain.state.get(MODULE, item, subnet.netuid)

    def _weights(self, subnet: Subnet) -> list[Signed]:
        uids = {hotkey: uid for uid, hotkey in hotkeys_by_uid(self.net.chain.state, subnet.netuid).items()}
        return weights(subnet, {uids[m.hotkey]: q for m, q in zip(subnet.miners, QUALITIES, strict=True)})

    def _calls(self, number: int) -> list[Signed]:
        """The calls of a block: the trader's order, and each subnet's weights once in a tempo."""
        calls = []
        if TRADES_FROM <= number <= TRADES_TO and self.trade != "none":
            first = self.subnets[0]
            hotkey = first.validators[0].hotkey
            if self.trade == "buy":
                calls.append(_stake(self.trader, first.validators[0], first, ORDER))
            else:
                calls.append(self.trader.call("remove_stake", hotkey=hotkey, netuid=first.netuid, amount_unstaked=SOLD))
        for place, subnet in enumerate(self.subnets):
            if number > TEMPO and number % TEMPO == place + 1:
                calls += self._weights(subnet)
        return calls


def _stake(who: Person, on: Person, subnet: Subnet, rao: int) -> Signed:
    return who.call("add_stake", hotkey=on.hotkey, netuid=subnet.netuid, amount_staked=rao)


@cache
def running(trade: str) -> Running:
    """The network with this trader, kept for all readers of the page."""
    return Running(trade)
