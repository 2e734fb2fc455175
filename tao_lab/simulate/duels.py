"""Five attacks, and one rule against each: the same scenario with the rule off and on, at several strengths.

A duel's scenarios run on a chain like all others. Their results are stored in `datasets/attacks/duels.json`, made by
`scripts/make_duels.py`, so that a page can show every strength at once. A test runs some of them again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from tao_lab.paths import DATASETS
from tao_lab.simulate.cores import on_all_cores
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
ORDER = 1_000 * TAO  # the payment of a sandwich's victim
DIGITS = 2  # of a stored per cent, after the point: more than any page shows, but a change of fees does not matter
Measure = Callable[["Run"], tuple[tuple[float, ...], tuple[float, ...]]]


@dataclass(frozen=True)
class Duel:
    """An attack and the rule against it.

    Attributes:
        name: The name by which you choose it.
        title: The attack, in a few words.
        does: What the attacker does at a strength, in words.
        gets: What the attacker's gain is a share of, in a few words.
        rule: The rule, in a few words.
        strengths: How strong the attack can be.
        unit: The unit of a strength.
        across: The same on an axis.
        attacker: The whole of which the attacker's figure is a percentage.
        honest: The whole of which the honest participant's figure is a percentage.
        fair: What an honest participant would get in the attacker's place, per cent.
        scenario: Makes the scenario from a strength and from whether the rule is on.
        measure: Computes the percentages of attacker and honest participant from a run, epoch by epoch.
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
    """The result of one run of a duel: percentages, epoch by epoch."""

    attacker: tuple[float, ...]
    honest: tuple[float, ...]

    @property
    def end(self) -> tuple[float, float]:
        """Means of attacker and honest participant in the second half of the run.

        The first half does not count: it depends on who came first, not on who does better.
        """
        half = len(self.attacker) // 2
        attacker, honest = self.attacker[half:], self.honest[half:]
        return sum(attacker) / len(attacker), sum(honest) / len(honest)


def fight(
    duel: Duel, strength: int, guarded: bool, seed: int = 0, watch: Callable[[int, int], Any] | None = None
) -> Fight:
    """Run one of a duel's scenarios on a new chain.

    Args:
        duel: Which attack.
        strength: How strong, one of the duel's strengths or between them.
        guarded: Whether the rule is on.
        seed: Of keys, qualities and errors.
        watch: Called after each epoch with its number and the number of epochs.
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
    """A group's share of what all miners earn, and the mean share of one honest miner."""

    def measure(ran: Run) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return (
            _by_epoch(ran, group, "incentive", whole=True),
            _by_epoch(ran, honest, "incentive", whole=False),
        )

    return measure


def _by_epoch(ran: Run, group: str, column: str, whole: bool) -> tuple[float, ...]:
    """A group's percentage of the sum of a column, or the mean percentage of one member.

    An epoch that paid nothing counts as 0.
    """
    found = []
    for _, rows in ran.epochs.groupby("epoch"):
        own = rows[(rows.group == group) & (rows.kind == "miner")]
        together, mine = int(rows[column].sum()), int(own[column].sum())
        share = 100 * mine / together if together else 0.0
        found.append(share if whole or not len(own) else share / len(own))
    return tuple(found)


def dividends_per_stake(group: str, honest: str = "honest validator") -> Measure:
    """A validator's dividends for its stake, in per cent of an honest validator's for the same stake."""

    def measure(ran: Run) -> tuple[tuple[float, ...], tuple[float, ...]]:
        found = []
        for _, rows in ran.epochs[ran.epochs.kind == "validator"].groupby("epoch"):
            sums = rows.groupby("group")[["dividends", "stake"]].sum()
            rate = sums.dividends / sums.stake
            found.append(100 * float(rate[group] / rate[honest]) if rate[honest] else 0.0)
        return tuple(found), (100.0,) * len(found)

    return measure


def stolen(ran: Run) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The attacker's profit, per cent of the order; the victim's alpha, per cent of the alpha without an attack."""
    totals = ran.totals.set_index("group")
    profit = 100 * int(totals.tao["sandwicher trader"]) / ORDER
    bought = ran.trades[(ran.trades.group == "buyer trader") & (ran.trades.side == "buy")]
    return (profit,), (100 * int(bought.alpha.sum()) / _alone(),)


@cache
def _alone() -> int:
    """Rao of alpha that the order gets if nobody attacks."""
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
    """Rao of alpha that are this percentage of all stake, together with the honest stake."""
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
    """All fights of all duels, with seed 0."""

    fights: Mapping[tuple[str, int, bool], Fight] = field(default_factory=dict)

    def of(self, name: str, strength: int, guarded: bool) -> Fight:
        """One of them.

        Raises:
            ScenarioError: The file does not have it.
        """
        if name not in DUELS:
            raise ScenarioError(f"duel is {name!r}; allowed: {', '.join(DUELS)}")
        if (name, strength, guarded) not in self.fights:
            allowed = ", ".join(map(str, DUELS[name].strengths))
            raise ScenarioError(f"strength of {name!r} is {strength!r}; allowed: {allowed}")
        return self.fights[name, strength, guarded]

    def to_json(self) -> str:
        """The text of the file: a list, one fight in each line."""
        lines = [
            json.dumps({"duel": name, "strength": strength, "guarded": guarded, **asdict(fought)})
            for (name, strength, guarded), fought in self.fights.items()
        ]
        return "[\n" + ",\n".join(lines) + "\n]\n"


def every_fight() -> Kept:
    """Run all of them on all cores: about a minute of one."""
    fights = [
        (name, strength, guarded)
        for name, duel in DUELS.items()
        for strength in duel.strengths
        for guarded in (False, True)
    ]
    return Kept(dict(zip(fights, on_all_cores(_fight_of, fights, name="fights"), strict=True)))


def _fight_of(key: tuple[str, int, bool]) -> Fight:
    name, strength, guarded = key
    return fight(DUELS[name], strength, guarded)


@cache
def kept() -> Kept:
    """The fights in the file."""
    rows = json.loads(KEPT.read_text(encoding="utf-8"))
    return Kept(
        {
            (row["duel"], row["strength"], row["guarded"]): Fight(tuple(row["attacker"]), tuple(row["honest"]))
            for row in rows
        }
    )
