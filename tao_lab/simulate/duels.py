"""Five attacks, each met by one rule: the same scenario twice, with the rule off and on, by how strong the attack is.

A duel's scenarios run on a chain like all others. What they gave is kept in `datasets/attacks/duels.json`, made by
`scripts/make_duels.py`, so that a page can show every strength at once; a test runs some of them again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from tao_lab.paths import DATASETS
from tao_lab.simulate.running import run
from tao_lab.simulate.scenario import Group, Scenario, ScenarioError
from tao_lab.units import RAO_PER_TAO, U16_MAX

if TYPE_CHECKING:
    from tao_lab.simulate.results import Run

KEPT = DATASETS / "attacks" / "duels.json"
TAO = RAO_PER_TAO
HONEST = Group("honest", "validator", count=3, stake=1_000 * TAO)
MINERS = Group("honest", "miner", count=6)
LOOKING = Group("honest", "validator", count=3, stake=1_000 * TAO, options={"one_for_all": True})
STAKE = 3_000 * TAO  # of the honest validators together, rao of alpha
ORDER = 1_000 * TAO  # what the victim of a sandwich pays
DIGITS = 2  # of a kept per cent, behind the point: finer than any page shows, coarser than a change of fees
Measure = Callable[["Run"], tuple[tuple[float, ...], tuple[float, ...]]]


@dataclass(frozen=True)
class Duel:
    """An attack and the rule that meets it.

    Attributes:
        name: By which it is chosen.
        title: The attack, in a few words.
        does: What somebody does with a strength, in words.
        gets: What the attacker's gain is a part of, in a few words.
        rule: The rule, in a few words.
        strengths: How strong the attack can be.
        unit: What a strength counts.
        across: The same on an axis.
        attacker: What the attacker's per cent is of.
        honest: What the honest one's per cent is of.
        fair: What an honest one would get in the attacker's place, per cent.
        scenario: From a strength, and whether the rule is on, to what is run.
        measure: From a run to the per cents of attacker and honest, epoch by epoch.
    """

    name: str
    title: str
    does: str
    gets: str
    rule: str
    strengths: tuple[int, ...]
    unit: str
    across: str
    attacker: str
    honest: str
    fair: float
    scenario: Callable[[int, bool], Scenario]
    measure: Measure


@dataclass(frozen=True)
class Fight:
    """What one run of a duel gave, per cents epoch by epoch."""

    attacker: tuple[float, ...]
    honest: tuple[float, ...]

    @property
    def end(self) -> tuple[float, float]:
        """Of attacker and honest in the second half of the run, on average.

        The first half does not count: it shows who came first, not who does better.
        """
        half = len(self.attacker) // 2
        attacker, honest = self.attacker[half:], self.honest[half:]
        return sum(attacker) / len(attacker), sum(honest) / len(honest)


def fight(
    duel: Duel, strength: int, guarded: bool, seed: int = 0, watch: Callable[[int, int], Any] | None = None
) -> Fight:
    """Run one of a duel's scenarios on a chain of its own.

    Args:
        duel: Which attack.
        strength: How strong, one of the duel's strengths or between them.
        guarded: Whether the rule is on.
        seed: Of keys, qualities and errors.
        watch: Called after each epoch with its number and how many there are.
    """
    scenario = duel.scenario(strength, guarded)
    scenario = Scenario(**{**_parts(scenario), "seed": seed})
    told = (lambda _, epoch: watch(epoch, scenario.epochs)) if watch else None
    attacker, honest = duel.measure(run(scenario, watch=told, progress=False))
    return Fight(*(tuple(round(value, DIGITS) for value in side) for side in (attacker, honest)))


def _parts(scenario: Scenario) -> dict[str, Any]:
    return {name: getattr(scenario, name) for name in scenario.__dataclass_fields__}


# --- what is measured -------------------------------------------------------------------------------------------------


def pay_of(group: str, honest: str = "honest miner") -> Measure:
    """A group's part of what all miners earn, and that of one of the honest on average."""

    def measure(ran: Run) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return (
            _by_epoch(ran, group, "incentive", whole=True),
            _by_epoch(ran, honest, "incentive", whole=False),
        )

    return measure


def _by_epoch(ran: Run, group: str, column: str, whole: bool) -> tuple[float, ...]:
    """Per cents of all that a column holds: of a group, or of one in it on average.

    Shares are of what was given out; an epoch that gave nothing counts as 0.
    """
    found = []
    for _, rows in ran.epochs.groupby("epoch"):
        own = rows[(rows.group == group) & (rows.kind == "miner")]
        together, mine = int(rows[column].sum()), int(own[column].sum())
        share = 100 * mine / together if together else 0.0
        found.append(share if whole or not len(own) else share / len(own))
    return tuple(found)


def dividends_per_stake(group: str, honest: str = "honest validator") -> Measure:
    """A validator's dividends for its stake, per cent of an honest one's for the same stake."""

    def measure(ran: Run) -> tuple[tuple[float, ...], tuple[float, ...]]:
        found = []
        for _, rows in ran.epochs[ran.epochs.kind == "validator"].groupby("epoch"):
            sums = rows.groupby("group")[["dividends", "stake"]].sum()
            rate = sums.dividends / sums.stake
            found.append(100 * float(rate[group] / rate[honest]) if rate[honest] else 0.0)
        return tuple(found), (100.0,) * len(found)

    return measure


def stolen(ran: Run) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The thief's profit, per cent of the order; and the victim's alpha, per cent of what the order gets alone."""
    totals = ran.totals.set_index("group")
    profit = 100 * int(totals.tao["sandwicher trader"]) / ORDER
    bought = ran.trades[(ran.trades.group == "buyer trader") & (ran.trades.side == "buy")]
    return (profit,), (100 * int(bought.alpha.sum()) / _alone(),)


@cache
def _alone() -> int:
    """Rao of alpha that the order gets where nobody attacks."""
    scenario = _sandwich(0, False)
    buyer = next(group for group in scenario.groups if group.role == "buyer")
    ran = run(Scenario("alone", (buyer,), epochs=1, pool=scenario.pool), progress=False)
    return int(ran.trades.alpha.sum())


# --- the attacks ------------------------------------------------------------------------------------------------------


def _cartel(percent: int, guarded: bool) -> Scenario:
    groups = (HONEST, Group("cartel", "validator", stake=_stake_of(percent)), MINERS, Group("colluder", "miner"))
    return Scenario(
        "cartel", (Group("idle", "owner"), *groups), epochs=6, hyperparameters={"kappa": _u16(60 if guarded else 50)}
    )


def _selfish(percent: int, guarded: bool) -> Scenario:
    groups = (HONEST, Group("cartel", "validator", stake=_stake_of(percent)), MINERS, Group("colluder", "miner"))
    return Scenario(
        "own miner", (Group("idle", "owner"), *groups), epochs=6, hyperparameters={"kappa": _u16(50 if guarded else 1)}
    )


def _copier(drift: int, guarded: bool) -> Scenario:
    one = Group("copier", "validator", stake=STAKE // 3, options={"late": True})
    restless = Group("honest", "miner", count=6, options={"drift": drift / 100})
    sealed = {"commit_reveal_weights_enabled": guarded}
    return Scenario("copier", (HONEST, one, restless), epochs=16, hyperparameters=sealed)


def _false_seats(seats: int, guarded: bool) -> Scenario:
    return Scenario(
        "false seats", (LOOKING if guarded else HONEST, MINERS, Group("sybil", "miner", count=seats)), epochs=6
    )


def _sandwich(front: int, guarded: bool) -> Scenario:
    groups = (
        Group("buyer", "trader", tao=2 * ORDER, options={"spend": ORDER, "shielded": guarded}),
        Group("sandwicher", "trader", tao=4_000 * TAO, options={"front": front * TAO}),
    )
    return Scenario("sandwich", groups, epochs=1, pool=(10_000 * TAO, 100_000 * TAO))


def _stake_of(percent: int) -> int:
    """Rao of alpha that are this many per cent of all stake, beside the honest."""
    return round(STAKE * percent / (100 - percent))


def _u16(percent: int) -> int:
    return int(percent / 100 * U16_MAX)


FAKE = "of all miners' pay, to a miner that does nothing"
ONE = "of all miners' pay, to each honest miner"
DUELS: Mapping[str, Duel] = {
    duel.name: duel
    for duel in (
        Duel(
            name="clique",
            title="A validator pays its own miner",
            does="A validator with {} % of all stake pays only its own miner",
            gets="of the miners' pay",
            rule="kappa 50 % instead of 1 %",
            strengths=(10, 20, 33, 40, 49, 51, 60),
            unit="% of all stake",
            across="stake, %",
            attacker=FAKE,
            honest=ONE,
            fair=100 / 7,
            scenario=_selfish,
            measure=pay_of("colluder miner"),
        ),
        Duel(
            name="cartel",
            title="A cartel pays its own miner",
            does="A cartel with {} % of all stake pays a miner that does nothing",
            gets="of the miners' pay",
            rule="kappa 60 % instead of 50 %",
            strengths=(33, 40, 45, 49, 51, 55, 59, 61, 66),
            unit="% of all stake",
            across="stake, %",
            attacker=FAKE,
            honest=ONE,
            fair=100 / 7,
            scenario=_cartel,
            measure=pay_of("colluder miner"),
        ),
        Duel(
            name="copier",
            title="A validator copies weights",
            does="A validator copies, while miners change by {} % an epoch",
            gets="of an honest one's pay",
            rule="weights are sealed first",
            strengths=(0, 10, 20, 30),
            unit="% by which miners change in an epoch",
            across="change an epoch, %",
            attacker="of an honest validator's dividends, for the same stake",
            honest="the honest validator's own",
            fair=100.0,
            scenario=_copier,
            measure=dividends_per_stake("copier validator"),
        ),
        Duel(
            name="false seats",
            title="One miner has many seats",
            does="One miner takes {} seats for one answer",
            gets="of the miners' pay",
            rule="validators compare answers",
            strengths=(2, 4, 8, 16),
            unit="seats with one answer",
            across="seats",
            attacker="of all miners' pay, to the one person",
            honest=ONE,
            fair=100 / 7,
            scenario=_false_seats,
            measure=pay_of("sybil miner"),
        ),
        Duel(
            name="sandwich",
            title="A trader surrounds an order",
            does="A thief buys for {} τ right before an order of 1,000 τ, and sells right behind it",
            gets="of the order",
            rule="the order is sent encrypted",
            strengths=(100, 250, 500, 1_000, 2_000, 4_000),
            unit="τ in front of an order of 1,000 τ",
            across="τ in front",
            attacker="of the order, the thief's profit",
            honest="of the alpha that the order gets if nobody attacks",
            fair=0.0,
            scenario=_sandwich,
            measure=stolen,
        ),
    )
}


# --- what is kept -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """All fights of all duels, of seed 0."""

    fights: Mapping[tuple[str, int, bool], Fight] = field(default_factory=dict)

    def of(self, name: str, strength: int, guarded: bool) -> Fight:
        """One of them.

        Raises:
            ScenarioError: It is not kept.
        """
        if name not in DUELS:
            raise ScenarioError(f"duel is {name!r}; allowed: {', '.join(DUELS)}")
        if (name, strength, guarded) not in self.fights:
            allowed = ", ".join(map(str, DUELS[name].strengths))
            raise ScenarioError(f"strength of {name!r} is {strength!r}; allowed: {allowed}")
        return self.fights[name, strength, guarded]

    def to_json(self) -> str:
        """As it is kept: a list, one fight a line."""
        lines = [
            json.dumps({"duel": name, "strength": strength, "guarded": guarded, **asdict(fought)})
            for (name, strength, guarded), fought in self.fights.items()
        ]
        return "[\n" + ",\n".join(lines) + "\n]\n"


def every_fight(watch: Callable[[str, int, bool], Any] | None = None) -> Kept:
    """Run all of them: about a minute.

    Args:
        watch: Called before each with its name, its strength and whether the rule is on.
    """
    found = {}
    for name, duel in DUELS.items():
        for strength in duel.strengths:
            for guarded in (False, True):
                if watch is not None:
                    watch(name, strength, guarded)
                found[name, strength, guarded] = fight(duel, strength, guarded)
    return Kept(found)


@cache
def kept() -> Kept:
    """What the file holds."""
    rows = json.loads(KEPT.read_text(encoding="utf-8"))
    return Kept(
        {
            (row["duel"], row["strength"], row["guarded"]): Fight(tuple(row["attacker"]), tuple(row["honest"]))
            for row in rows
        }
    )
