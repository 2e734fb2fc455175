"""Roles of participants: each is a small class with one method for each step of an epoch.

A role reads the chain through a `View`, as anybody can, and returns calls. A miner also answers the validators' tasks.
Its answer has a quality between 0 and 1. Only the lab knows it; each validator sees it with its own error::

    @role("miner", "honest")
    class HonestMiner(Role):
        quality: float = 0.8

        def answer(self, view):
            return Answer(self.quality, f"by {view.name}")

Roles are kept by kind and name; `Group("honest", "miner")` uses this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from bittensor_core import Keypair

from tao_lab.chain.pallets.subtensor.lookups import MODULE, hotkeys_by_uid
from tao_lab.chain.pallets.subtensor.pool import read_pool
from tao_lab.chain.pallets.subtensor.stake_weights import stake_parts
from tao_lab.chain.state import StorageReader
from tao_lab.economy import Pool
from tao_lab.simulate.scenario import ScenarioError

Weights = Mapping[int, float]  # by UID, of any scale


@dataclass(frozen=True)
class Answer:
    """A miner's answer.

    Attributes:
        quality: 0 to 1. The lab knows it; a validator sees it with an error.
        text: Its text. Equal texts count as one answer, whoever sent them.
    """

    quality: float
    text: str


@dataclass(frozen=True)
class SetWeights:
    """A validator's row. With commit-reveal, the simulation commits it now and reveals it in time."""

    weights: Weights


@dataclass(frozen=True)
class Register:
    """Buy a place for a new hotkey of the same coldkey, at the present price."""


@dataclass(frozen=True)
class Call:
    """Any other call.

    Attributes:
        pallet: Of the call.
        name: Of the call.
        args: By the chain's names, in rao.
        key: The key that signs: `coldkey` or `hotkey`.
        shielded: Whether it is sent encrypted, so that nobody reads it before it is in a block.
    """

    pallet: str
    name: str
    args: Mapping[str, Any]
    key: str = "coldkey"
    shielded: bool = False


Action = SetWeights | Register | Call


@dataclass(frozen=True)
class Around:
    """Calls directly before and directly after a waiting call.

    Attributes:
        place: Index of the waiting call in `View.waiting`.
    """

    place: int
    before: tuple[Call, ...] = ()
    after: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Seat:
    """A hotkey of a participant, with or without a UID at the moment.

    Attributes:
        kind: `validator`, `miner`, `trader` or `owner`.
    """

    group: str
    role: str
    kind: str
    member: str
    hotkey: Keypair


@dataclass(frozen=True)
class View:
    """What a participant sees when it acts.

    Attributes:
        state: The chain's state, which is public.
        netuid: The subnet.
        block: Height of the newest block.
        epoch: Number of this epoch, from 1.
        name: The participant's own name.
        seats: Its own hotkeys; it validates or mines with the first one.
        friends: Hotkeys of all groups, by group. Honest roles don't use it, because they can't know the groups.
        answers: Each UID's answer in this epoch.
        random: Its own random generator, made from the seed.
        waiting: Other participants' calls that wait for the block; of a shielded call only the carrier can be read.
    """

    state: StorageReader
    netuid: int
    block: int
    epoch: int
    name: str
    seats: tuple[Seat, ...]
    friends: Mapping[str, tuple[Seat, ...]]
    answers: Mapping[int, Answer]
    random: np.random.Generator
    waiting: tuple[Call, ...] = ()

    @property
    def hotkey(self) -> str:
        """Address of its first hotkey."""
        return str(self.seats[0].hotkey.ss58_address)

    @property
    def hotkeys(self) -> dict[int, str]:
        """Hotkey of each UID."""
        return hotkeys_by_uid(self.state, self.netuid)

    def uids(self, seats: tuple[Seat, ...]) -> list[int]:
        """UIDs of the seats that have a UID now."""
        wanted = {str(seat.hotkey.ss58_address) for seat in seats}
        return [uid for uid, hotkey in self.hotkeys.items() if hotkey in wanted]

    @property
    def uid(self) -> int | None:
        """Its own first UID, or None if it has no UID."""
        return next(iter(self.uids(self.seats[:1])), None)

    def rows(self) -> dict[int, dict[int, int]]:
        """Weights that everybody can read on the chain now: a row for each UID that has set weights."""
        return {uid: dict(row) for uid, row in self.state.entries(MODULE, "Weights", self.netuid)}

    def stakes(self) -> dict[int, int]:
        """Stake of each UID as the consensus counts it, rao."""
        hotkeys = self.hotkeys
        parts = stake_parts(self.state, self.netuid, list(hotkeys.values()))
        return {uid: part.total.rao for uid, part in zip(hotkeys, parts, strict=True)}

    def pool(self) -> Pool:
        """The subnet's pool."""
        return read_pool(self.state, self.netuid)


@dataclass
class Role:
    """A participant's behaviour; its fields are its parameters.

    Attributes:
        own_miners: How many own miners a validator has, with the same coldkey.
        limits: Lowest and highest value of a numeric parameter, or the allowed words.
    """

    kind: ClassVar[str] = ""
    name: ClassVar[str] = ""
    own_miners: ClassVar[int] = 0
    limits: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    @classmethod
    def made(cls, options: Mapping[str, Any]) -> Self:
        """Make a role with its parameters.

        Raises:
            ScenarioError: No such parameter, or its value is of another kind or outside its limits.
        """
        known = {field.name: field.default for field in fields(cls)}
        for name, value in options.items():
            if name not in known:
                allowed = ", ".join(known) or "none"
                raise ScenarioError(f"options: {cls.name} {cls.kind} has no {name!r}; allowed: {allowed}")
            kind = type(known[name])
            fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
            if not fits or (isinstance(value, bool) and kind is not bool):
                raise ScenarioError(f"options.{name} is {value!r}; allowed: {kind.__name__}, as {known[name]!r}")
            _check_limits(name, value, cls.limits.get(name))
        return cls(**options)

    def answer(self, view: View) -> Answer | None:
        """Its answer to this epoch's task; None if it does not mine."""
        return None

    def act(self, view: View) -> list[Action]:
        """Its calls in the first block of an epoch."""
        return []

    def trade(self, view: View) -> list[Action]:
        """Its calls in the second block of an epoch, the traders' block."""
        return []

    def attack(self, view: View) -> list[Around]:
        """Its calls around waiting calls in the traders' block; it decides the order, as a block's author can."""
        return []

    def act_late(self, view: View) -> list[Action]:
        """Its calls in the last block before the next epoch."""
        return []


def _check_limits(name: str, value: Any, limits: tuple[Any, ...] | None) -> None:
    if limits is None:
        return
    words = isinstance(value, str)
    if value not in limits if words else not limits[0] <= value <= limits[1]:
        allowed = ", ".join(limits) if words else f"{limits[0]:,} to {limits[1]:,}"
        raise ScenarioError(f"options.{name} is {value!r}; allowed: {allowed}")


ROLES: dict[tuple[str, str], type[Role]] = {}
R = TypeVar("R", bound=Role)


def role(kind: str, name: str) -> Callable[[type[R]], type[R]]:
    """Register a class of roles under its kind and name, and make it a dataclass."""

    def register(cls: type[R]) -> type[R]:
        cls = dataclass(cls)
        cls.kind, cls.name = kind, name
        ROLES[kind, name] = cls
        return cls

    return register


def roles() -> dict[str, list[str]]:
    """Names of all roles, by kind."""
    found: dict[str, list[str]] = {}
    for kind, name in sorted(ROLES):
        found.setdefault(kind, []).append(name)
    return found


def role_class(kind: str, name: str) -> type[Role]:
    """The class of a role.

    Raises:
        ScenarioError: There is no role of this kind and name.
    """
    if (kind, name) not in ROLES:
        raise ScenarioError(f"role is {name!r}; allowed for a {kind}: {', '.join(roles().get(kind, []))}")
    return ROLES[kind, name]
