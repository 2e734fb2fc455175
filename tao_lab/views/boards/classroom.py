"""A running example class for the page of the leaderboard: eight students on one subnet of the class's chain.

The class is `tao_lab.classroom`'s own: students join by name, the faucet gives each the first grant, and the
leaderboard is the room's. `STUDENTS` says what each student does; the calls are signed by their own keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids, hotkeys_by_uid
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price
from tao_lab.chain.state import StorageReader
from tao_lab.classroom.room import Room, wealth
from tao_lab.classroom.roster import Terms
from tao_lab.simulate.world import Signed, set_pool
from tao_lab.units import RAO_PER_TAO, U16_MAX
from tao_lab.views.boards.running import Person, do, open_network, open_subnets, weights

TAO = RAO_PER_TAO
TEMPO = 10
EPOCHS = 16  # that the page shows
POOL = (10_000 * TAO, 10_000 * TAO)
NOISE = 0.05  # of a validator's grades
MOST_LOOKS = 500  # stored readings of a class on another node
LATE = 6  # epoch in which the late miner joins


@dataclass(frozen=True)
class Plan:
    """The plan of a student of the example class.

    Attributes:
        does: in words.
        stake: τ that the student stakes on the own hotkey, for a validator.
        quality: of the student's work, 0 to 1, for a miner.
        joins: epoch in which the student buys a seat; 0: before the first.
        holds: τ with which the student buys alpha, staked on the first validator.
    """

    does: str
    stake: int = 0
    quality: float = 0.0
    joins: int = 0
    holds: int = 0


STUDENTS = {
    "Ada": Plan("validates with 90 τ", stake=90),
    "Ben": Plan("validates with 40 τ", stake=40),
    "Chen": Plan("mines very well", quality=0.95),
    "Dina": Plan("mines well", quality=0.7),
    "Emil": Plan("mines badly", quality=0.2),
    "Fay": Plan("mines very well, from epoch 6 on", quality=0.95, joins=LATE),
    "Gil": Plan("buys α and waits", holds=80),
    "Hana": Plan("does nothing"),
}


@dataclass(frozen=True)
class Standing:
    """One student after an epoch.

    Attributes:
        name: of the student.
        does: what the student does, in words; empty if it is unknown.
        rank: 1 is the first.
        gain: rao of wealth minus the faucet's grants; TAO, and alpha at the pool's price.
        incentive: u16 of 65,535 on all subnets, for miners' work.
        dividends: the same, for validators' work.
    """

    name: str
    does: str
    rank: int
    gain: int
    incentive: int
    dividends: int


class DemoClass:
    """The class, epoch by epoch.

    Attributes:
        epochs: everybody's standing after each epoch, best first; the first is before the first epoch.
    """

    def __init__(self) -> None:
        self.net = open_network()
        (self.subnet,) = open_subnets(self.net, {"class": Person.of("instructor")}, TEMPO)
        set_pool(self.net, self.subnet.netuid, *POOL)
        self.room = Room(self.net, Terms(title="demo", grant=100 * TAO))
        self.people = {name: Person.of(f"student {name}") for name in STUDENTS}
        self._random = np.random.default_rng(0)
        self._bring_in()
        self.epochs = [self._standing()]

    def to(self, epochs: int) -> list[tuple[Standing, ...]]:
        """Run until this number of epochs has passed; returns the standings before the first epoch and after each."""
        while len(self.epochs) <= epochs:
            self._epoch(len(self.epochs))
            self.epochs.append(self._standing())
        return self.epochs[: epochs + 1]

    def _bring_in(self) -> None:
        for name, person in self.people.items():
            self.room.take_in(name, person.address)
        do(self.net, [])
        self.subnet.validators = [self.people[name] for name, plan in STUDENTS.items() if plan.stake]
        do(self.net, [self._entry(name) for name, plan in STUDENTS.items() if plan.stake or self._mines(name, 0)])
        first = self.subnet.validators[0].hotkey
        stakes = [
            self._stake(name, first if plan.holds else self.people[name].hotkey, plan.stake or plan.holds)
            for name, plan in STUDENTS.items()
            if plan.stake or plan.holds
        ]
        do(self.net, stakes)
        self._to_epoch()

    def _mines(self, name: str, epoch: int) -> bool:
        return STUDENTS[name].quality > 0 and STUDENTS[name].joins <= epoch

    def _entry(self, name: str) -> Signed:
        person = self.people[name]
        return person.call("burned_register", netuid=self.subnet.netuid, hotkey=person.hotkey)

    def _stake(self, name: str, hotkey: str, tao: int) -> Signed:
        args = {"hotkey": hotkey, "netuid": self.subnet.netuid, "amount_staked": tao * TAO}
        return self.people[name].call("add_stake", **args)

    def _epoch(self, epoch: int) -> None:
        """New miners join, validators grade, and the chain pays."""
        do(self.net, [self._entry(name) for name, plan in STUDENTS.items() if plan.joins == epoch])
        uids = {hotkey: uid for uid, hotkey in hotkeys_by_uid(self.net.chain.state, self.subnet.netuid).items()}
        seen = {
            uids[self.people[name].hotkey]: plan.quality * (1 + NOISE * float(self._random.standard_normal()))
            for name, plan in STUDENTS.items()
            if self._mines(name, epoch)
        }
        do(self.net, weights(self.subnet, seen))
        self._to_epoch()

    def _to_epoch(self) -> None:
        before = self._state("LastEpochBlock")
        while self._state("LastEpochBlock") == before:
            self.net.chain.produce_block(keep_state=False)

    def _state(self, item: str) -> int:
        return int(self.net.chain.state.get(MODULE, item, self.subnet.netuid))

    def _standing(self) -> tuple[Standing, ...]:
        does = {name: plan.does for name, plan in STUDENTS.items()}
        hotkeys = {person.hotkey: name for name, person in self.people.items()}
        return standing(self.room, hotkeys, does)


def standing(room: Room, hotkeys: dict[str, str], does: dict[str, str]) -> tuple[Standing, ...]:
    """Everybody's present standing in a class, the best first, as the room computes it.

    Args:
        room: the class.
        hotkeys: student's name by address of the hotkey.
        does: what students do, in words, by name.
    """
    gains = {row["name"]: row["gain"] for row in room.leaderboard()}
    return ranked(gains, _pay(room.net.chain.state, room.net.subnets(), hotkeys.get), does)


def ranked(
    gains: Mapping[str, int], pay: Mapping[str, tuple[int, int]], does: Mapping[str, str]
) -> tuple[Standing, ...]:
    """Standings in order: the largest gain first, equal ones by name.

    Args:
        gains: rao, by name.
        pay: incentive and dividends, u16, by name.
        does: what students do, in words, by name.
    """
    order = sorted(gains, key=lambda name: (-gains[name], name))
    return tuple(
        Standing(name, does.get(name, ""), rank, gains[name], *pay.get(name, (0, 0)))
        for rank, name in enumerate(order, 1)
    )


def _pay(
    state: StorageReader, netuids: Sequence[int], whose: Callable[[str], str | None]
) -> dict[str, tuple[int, int]]:
    """Incentive and dividends of each student on all subnets together, u16."""
    pay = dict[str, tuple[int, int]]()
    for netuid in netuids:
        incentive, dividends = (state.get(MODULE, item, netuid) for item in ("Incentive", "Dividends"))
        for uid, hotkey in hotkeys_by_uid(state, netuid).items():
            if (name := whose(hotkey)) is not None:
                before = pay.get(name, (0, 0))
                pay[name] = before[0] + int(incentive[uid]), before[1] + int(dividends[uid])
    return pay


class ClassWatch:
    """A class on another node, watched without joining it. Each look opens a new connection.

    Args:
        url: address of the node, followed by the class's code: ws://192.168.1.5:9944/K7QM2FXA.

    Attributes:
        looks: height and everybody's standing at each look that found a new block, the newest last.

    Raises:
        NoAnswer: nobody answers there.
        Refused: the code is wrong, or the node has no class.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.looks: list[tuple[int, tuple[Standing, ...]]] = []
        self.look()

    def look(self) -> list[tuple[int, tuple[Standing, ...]]]:
        """Read the class once more; returns all stored readings."""
        from tao_lab.node.remote import RemoteChain  # it loads the SDK, which the example class does not need

        with closing(RemoteChain(self._url)) as chain:
            height = chain.head.number
            if not self.looks or self.looks[-1][0] != height:
                self.looks.append((height, self._standing(chain.at(height), chain.connection.ask("lab_class"))))
        self.looks = self.looks[-MOST_LOOKS:]
        return self.looks

    @staticmethod
    def _standing(state: StorageReader, told: dict[str, Any]) -> tuple[Standing, ...]:
        names = {address: name for name, address in told["students"].items()}
        netuids = sorted(netuid for netuid in all_netuids(state) if netuid != ROOT_NETUID)
        prices = {netuid: current_alpha_price(state, netuid) for netuid in netuids}
        gains = {
            name: sum(wealth(state, address, prices)) - int(told["granted"][name]) for address, name in names.items()
        }
        return ranked(gains, _pay(state, netuids, lambda key: names.get(str(state.get(MODULE, "Owner", key)))), {})


@cache
def demo_class() -> DemoClass:
    """The class, kept for all readers of the page."""
    return DemoClass()


def part(word: int) -> float:
    """A u16 of 65,535 as a part of 1."""
    return word / U16_MAX
