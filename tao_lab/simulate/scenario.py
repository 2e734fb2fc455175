"""A scenario: who takes part in a subnet, with how much stake, under which rules, and for how long. It is only data.

::

    Scenario("cartel", (
        Group("honest", "validator", count=3),
        Group("cartel", "validator", stake=2_000 * RAO),
        Group("honest", "miner", count=8),
        Group("colluder", "miner"),
    ), hyperparameters={"kappa": 32_767})

The same scenario with the same seed gives the same run to the last bit, also if its groups are in another order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import blake2b
from typing import Any, Self

from tao_lab.errors import LabError, a_kind
from tao_lab.units import RAO_PER_TAO, U16_MAX

KINDS = ("validator", "miner", "trader", "owner")
LEAST_TEMPO = 4  # blocks: early calls, trades, late calls, and the block of the epoch
MOST_EPOCHS, MOST_SEED, MOST_COUNT = 10_000, 2**63 - 1, 250
RAO_MAX = 21_000_000 * RAO_PER_TAO
POOL = (100_000 * RAO_PER_TAO, 1_000_000 * RAO_PER_TAO)  # rao of TAO and alpha; large, so stakes hardly move the price
STAKE = {"validator": 1_000 * RAO_PER_TAO, "miner": 0, "trader": 0, "owner": 0}  # rao of alpha, by default


class ScenarioError(LabError):
    """A scenario that cannot be run: the message says what is wrong, what is allowed, and how to fix it."""


@dataclass(frozen=True)
class Group:
    """Participants with the same role.

    Attributes:
        role: How they behave: a name from `roles()`.
        kind: `validator`, `miner`, `trader` or `owner`; a role belongs to one kind.
        count: How many there are.
        stake: Rao of alpha that each has on its own hotkey at the start; None: 1,000 alpha for a validator, otherwise
            0.
        tao: Rao of TAO that each can spend during the run, in addition to the costs at the start.
        joins: 0: it takes part from the start. From 1 on, for miners: it registers in this epoch, at the price of that
            moment, and pays with its `tao`. If the chain refuses, it tries again in the next epoch.
        name: Name of the group in tables; by default "role kind".
        options: The role's own parameters.
    """

    role: str
    kind: str = "validator"
    count: int = 1
    stake: int | None = None
    tao: int = 0
    joins: int = 0
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in ("role", "name"):
            if not isinstance(getattr(self, part), str):
                raise ScenarioError(f"{part} is {getattr(self, part)!r}; allowed: a text")
        if self.kind not in KINDS:
            raise ScenarioError(f"kind is {self.kind!r}; allowed: {', '.join(KINDS)}")
        _check_whole("count", self.count, 1, MOST_COUNT)
        if self.stake is None:
            object.__setattr__(self, "stake", STAKE[self.kind])
        _check_whole("stake", self.stake, 0, RAO_MAX)
        _check_whole("tao", self.tao, 0, RAO_MAX)
        _check_whole("joins", self.joins, 0, MOST_EPOCHS)
        if self.joins and self.kind != "miner":
            raise ScenarioError(f"joins is {self.joins} for a {self.kind}; allowed: 0, only miners join later")
        if not self.name:
            object.__setattr__(self, "name", f"{self.role} {self.kind}")
        if not isinstance(self.options, Mapping):
            raise ScenarioError(f"options is {a_kind(self.options)}; allowed: an object of the role's parameters")
        object.__setattr__(self, "options", dict(self.options))


@dataclass(frozen=True)
class Scenario:
    """Everything that a run needs.

    Attributes:
        name: Its name in tables.
        groups: Who takes part.
        epochs: Number of epochs that count; before them, one epoch runs in which the validators get their permits.
        seed: Of keys, qualities and errors.
        tempo: Blocks of an epoch, 4 or more; by default few, so that runs are quick.
        hyperparameters: By the chain's names: the part after `sudo_set_` in the calls of the pallet `AdminUtils`, such
            as `kappa` or `commit_reveal_weights_enabled`. If a call has several arguments, give an object with them.
        pool: Reserves before the first stake, rao of TAO and of alpha.
    """

    name: str
    groups: tuple[Group, ...]
    epochs: int = 20
    seed: int = 0
    tempo: int = 10
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    pool: tuple[int, int] = POOL

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ScenarioError(f"name is {self.name!r}; allowed: a text of at least one character")
        if not isinstance(self.groups, Sequence) or not all(isinstance(group, Group) for group in self.groups):
            raise ScenarioError(f"groups is {a_kind(self.groups)}; allowed: a list of groups")
        object.__setattr__(self, "groups", tuple(self.groups))
        names = [group.name for group in self.groups]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ScenarioError(f"groups: two are called {twice[0]!r}; give each a name of its own")
        _check_whole("epochs", self.epochs, 1, MOST_EPOCHS)
        _check_whole("seed", self.seed, 0, MOST_SEED)
        _check_whole("tempo", self.tempo, LEAST_TEMPO, U16_MAX)
        if not isinstance(self.hyperparameters, Mapping):
            raise ScenarioError(f"hyperparameters is {a_kind(self.hyperparameters)}; allowed: an object")
        object.__setattr__(self, "hyperparameters", dict(self.hyperparameters))
        if not isinstance(self.pool, Sequence) or len(self.pool) != 2:
            raise ScenarioError(f"pool is {self.pool!r}; allowed: two numbers, rao of TAO and rao of alpha")
        object.__setattr__(self, "pool", tuple(self.pool))
        for part, reserve in zip(("pool.0", "pool.1"), self.pool, strict=True):
            _check_whole(part, reserve, RAO_PER_TAO, RAO_MAX)

    def to_json(self) -> str:
        """The scenario as JSON, in one line."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | Mapping[str, Any]) -> Self:
        """A scenario from JSON text, or from decoded JSON; the inverse of `to_json`.

        Raises:
            ScenarioError: It is not a scenario; the message names the field.
        """
        if isinstance(text, str):
            try:
                text = json.loads(text)
            except json.JSONDecodeError as error:
                raise ScenarioError(f"scenario: not JSON, line {error.lineno}: {error.msg}") from None
        data = _fields_of(cls, "scenario", text)
        groups = data.get("groups")
        if not isinstance(groups, list):
            raise ScenarioError(f"groups is {a_kind(groups)}; allowed: a list of groups")
        data["groups"] = tuple(Group(**_fields_of(Group, f"groups.{i}", group)) for i, group in enumerate(groups))
        return cls(**data)

    @property
    def id(self) -> str:
        """16 hexadecimal digits, computed from the whole scenario: equal scenarios have equal ids."""
        return blake2b(self.to_json().encode(), digest_size=8).hexdigest()

    def using(self, **changes: Any) -> Self:
        """A copy with some other hyperparameters: `scenario.using(kappa=40_000)`."""
        return replace(self, hyperparameters={**self.hyperparameters, **changes})


def _fields_of(kind: Any, place: str, data: object) -> dict[str, Any]:
    """An object of JSON as arguments of a dataclass."""
    known = [each.name for each in fields(kind)]
    if not isinstance(data, Mapping):
        raise ScenarioError(f"{place} is {a_kind(data)}; allowed: an object with {', '.join(known)}")
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise ScenarioError(f"{place}: no field is called {unknown[0]!r}; allowed: {', '.join(known)}")
    needed = {"Scenario": ("name", "groups"), "Group": ("role",)}[kind.__name__]
    missing = [name for name in needed if name not in data]
    if missing:
        raise ScenarioError(f"{place}: {missing[0]!r} is missing; needed: {', '.join(needed)}")
    return dict(data)


def _check_whole(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ScenarioError(f"{name} is {value!r}; allowed: a whole number from {low:,} to {high:,}")
