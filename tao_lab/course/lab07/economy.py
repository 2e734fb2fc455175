"""A small economy for experiments: two subnets with people on them, root's stakers, and a nominator.

On the real chain, moving prices need hours. Here they move faster, so that a few blocks show the effect.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bittensor as bt

from tao_lab.cards import Card, Grid
from tao_lab.chain.errors import BlockFailed
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.stake import stake_of, stake_of_coldkey
from tao_lab.course.networks import small_network
from tao_lab.course.running import is_the_labs
from tao_lab.network import Network, Population
from tao_lab.network.population import seeded_wallet

TEMPO = 20
ROOT = OWNER_UID = 0
STEP = {"bits": int(0.02 * 2**32)}  # of moving prices, I96F32; the real chain's is 0.0003
HALVING_BLOCKS = 1  # age at which the step has half of its size; on the real chain it is 201,600
NOMINATED_TAO, ROOT_TAO = 50, 2_000
SEAT_TAO = 3  # a seat on root costs 1 TAO; after a sale the next one costs more for a while
SEED = 7


@dataclass(frozen=True)
class Economy:
    """The network and its people.

    Attributes:
        net: the network.
        first: netuid of the older subnet.
        second: netuid of the younger one.
        people: the people on the older one.
        neighbours: the people on the younger one.
        owner: wallet of the older subnet's owner.
        nominator: wallet that stakes on the older subnet's first validator, and on root on a validator of each.
    """

    net: Network
    first: int
    second: int
    people: Population
    neighbours: Population
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
    neighbours = net.populate(second, validators=2, miners=3, seed=SEED)
    nominator = seeded_wallet(net, "nora", SEED)
    net.fund(nominator, net.tao(NOMINATED_TAO + ROOT_TAO + 1).rao)
    net.stake(nominator, first, net.tao(NOMINATED_TAO), hotkey=people.validators[0])
    for validator in (people.validators[1], neighbours.validators[1]):
        net.fund(validator, net.tao(SEAT_TAO).rao)
        net.take_root_seat(validator)
        net.stake(nominator, ROOT, net.tao(ROOT_TAO // 2), hotkey=validator)
    net.run(epochs=2, subnet=first)
    return Economy(net, first, second, people, neighbours, owners[0], nominator)


@contextmanager
def small_economy(path: Path | None = None) -> Iterator[Economy]:
    """A new network with an economy on it."""
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


def burn_half(economy: Economy) -> int:
    """The younger subnet's validators give half of their weight to its owner's hotkey; returns the block.

    The effect begins after that subnet's next epoch.
    """
    net, netuid, people = economy.net, economy.second, economy.neighbours
    net.run(blocks=TEMPO)  # so that all may set weights again
    miners = sorted(people.quality)
    weights = [len(miners)] + [1] * len(miners)
    for validator in people.validators:
        args = {"netuid": netuid, "dests": [OWNER_UID, *miners], "weights": weights, "version_key": 0}
        net.call(validator.hotkey, MODULE, "set_weights", **args)
    return net.block_number


@dataclass(frozen=True)
class Dividend:
    """Pay of a validator and its nominator in the older subnet's last epoch, and their stakes before it, rao of alpha.

    Attributes:
        dividend: the hotkey's dividend, take included, without the fraction of a rao that the chain computes.
        take: u16.
        own, mine, others: stakes before, of the hotkey's owner, of the nominator and of all others.
        owner_gained, nominator_gained: pay in this epoch.
    """

    dividend: int
    take: int
    own: int
    mine: int
    others: int
    owner_gained: int
    nominator_gained: int


def last_dividend(economy: Economy) -> Dividend:
    """Read the last epoch of the validator that the nominator stakes on."""
    net, netuid, hotkey = economy.net, economy.first, str(economy.validator.hotkey.ss58_address)
    block = read(net, "LastMechansimStepBlock", netuid)
    states = net.at(block - 1), net.at(block)
    total, own, mine = (
        [stake_of(state, hotkey, netuid) for state in states],
        [stake_of_coldkey(state, hotkey, economy.validator.coldkeypub.ss58_address, netuid) for state in states],
        [stake_of_coldkey(state, hotkey, economy.nominator.coldkeypub.ss58_address, netuid) for state in states],
    )
    return Dividend(
        dividend=total[1] - total[0],
        take=states[0].get(MODULE, "Delegates", hotkey),
        own=own[0],
        mine=mine[0],
        others=total[0] - own[0] - mine[0],
        owner_gained=own[1] - own[0],
        nominator_gained=mine[1] - mine[0],
    )


def same_chain(blocks: int = TEMPO + 5, **rules: Callable[..., Any]) -> Card:
    """Run two copies of one chain, one with the library's rules and one with yours, and compare them.

    A block's name depends on the whole state of the chain, so equal names mean that every rao is the same.

    Args:
        blocks: to make on both.
        rules: functions by the names of `net.rules`.
    """
    with TemporaryDirectory() as folder:
        ours, yours = Path(folder) / "ours.db", Path(folder) / "yours.db"
        with small_economy(ours):
            pass
        shutil.copy(ours, yours)
        library = _end(ours, blocks, {})
        try:
            own = _end(yours, blocks, rules)
        except BlockFailed as error:
            return Card("raised", "The chain stands still", str(error))
    labs = [name for name, rule in rules.items() if is_the_labs(rule)]
    whose = "your rules" if not labs else f"with the lab's own {' and '.join(labs)}"
    rows = [[what, library[what], own[what]] for what in library]
    marked = frozenset((place, 2) for place, row in enumerate(rows) if row[1] != row[2])
    grid = Grid(rows, (f"after {blocks} blocks", "the lab's rules", whose), marked=marked)
    if len(labs) == len(rules):
        return Card("waiting", "Not your rules yet", "the lab's own make both chains", (grid,))
    if not marked:
        return Card("right", "The same chain", "to the last bit", (grid,))
    return Card("wrong", "Another chain", f"{len(marked)} of {len(rows)} numbers differ", (grid,))


def as_split(function: Callable[..., Any]) -> Callable[..., dict[str, int]]:
    """Exercise 07.3's function as the chain's rule `split`, which names its parts."""

    @wraps(function)
    def rule(alpha_out: int, owner_cut: int, root_proportion: int) -> dict[str, int]:
        parts = function(alpha_out, owner_cut, root_proportion)
        return dict(zip(("owner", "server", "validator", "root"), parts, strict=True))

    return rule


def _end(file: Path, blocks: int, rules: dict[str, Callable[..., Any]]) -> dict[str, str]:
    """The result of a chain.

    Raises:
        BlockFailed: a rule failed.
    """
    with small_network(file) as net:
        with net.rules.using(**rules):
            net.run(blocks=blocks)
        numbers = {
            "TAO issued (TotalIssuance)": read(net, "TotalIssuance"),
            "TAO in the pool of subnet 1": read(net, "SubnetTAO", 1),
            "α of subnet 1 outside the pool": read(net, "SubnetAlphaOut", 1),
            "α staked by subnet 1's owner": read(net, "TotalHotkeyAlpha", read(net, "SubnetOwnerHotkey", 1), 1),
            "α that waits for miners": read(net, "PendingServerEmission", 1),
        }
        name = f"0x{net.block().hash[:8].hex()}…"
        return {**{what: f"{rao:,}" for what, rao in numbers.items()}, "name of the last block": name}
