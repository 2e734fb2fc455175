"""What if some validators lie? A real subnet in which a group of validators gets stake and lies.

The honest validators of a metagraph keep their weights. A few of its smallest validators become liars: the slider
gives them a share of all stake, and each of them puts its whole weight on one miner. Before they lie, they vote like
the largest honest validator, so they have normal bonds. Then the epoch runs again and again with the chain's exact
numbers. This module needs no browser: it takes settings and returns numbers.

Source of the rules: `tao_lab.consensus`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

import numpy as np

from tao_lab.consensus import Epoch, EpochInput, EpochTerms, SparseRows, epoch, next_input
from tao_lab.consensus.types import Array
from tao_lab.datasets import Metagraph
from tao_lab.fixed import EXACT, NumberSystem
from tao_lab.units import U16_MAX

Rule = Callable[[EpochInput, NumberSystem], Epoch]
Lie = Literal["ignored", "popular"]
LIES = get_args(Lie)
MAX_LIAR_PERCENT = 70
LIARS = 5
SHOWN_MINERS = 12
# Share of the stake of all validators; with less, a validator's effect is too small for a chart.
VOICE = 1 / 1_000


class ScenarioError(ValueError):
    """A setting is out of range, or a metagraph is too small for the scenario."""


@dataclass(frozen=True)
class Settings:
    """What the sliders say.

    Attributes:
        kappa: u16 (`Kappa`).
        bonds_penalty: u16 (`BondsPenalty`).
        liar_percent: share of all stake that the liars hold together, whole percent from 0 to 70.
        yuma3: Yuma 3 (`Yuma3On`) or Yuma 2.
        lie: "ignored": all weight on a miner that no honest validator rates; "popular": all on the second-best one.
    """

    kappa: int = 32_767
    bonds_penalty: int = U16_MAX
    liar_percent: int = 40
    yuma3: bool = False
    lie: Lie = "ignored"

    def __post_init__(self) -> None:
        _check_whole("kappa", self.kappa, U16_MAX)
        _check_whole("bonds_penalty", self.bonds_penalty, U16_MAX)
        _check_whole("liar_percent", self.liar_percent, MAX_LIAR_PERCENT)
        if not isinstance(self.yuma3, bool):
            raise ScenarioError(f"yuma3 is {self.yuma3!r}; allowed: True or False")
        if self.lie not in LIES:
            raise ScenarioError(f"lie is {self.lie!r}; allowed: {', '.join(LIES)}")


@dataclass(frozen=True)
class Cast:
    """The validators and miners in a chart, in order.

    Attributes:
        honest: UIDs of validators, largest stake first.
        liars: UIDs of lying validators.
        miners: UIDs of miners, highest consensus first.
    """

    honest: tuple[int, ...]
    liars: tuple[int, ...]
    miners: tuple[int, ...]

    @classmethod
    def of(cls, result: Epoch, miners: int = SHOWN_MINERS) -> Self:
        """The validators with at least 0.1 % of stake and the best miners of an epoch; nobody lies."""
        stake = result.numbers.to_float(result.active_stake)
        by_stake = np.argsort(-stake, kind="stable")
        best = np.argsort(-result.numbers.to_float(result.incentive), kind="stable")[:miners]
        return cls(tuple(by_stake[stake[by_stake] >= VOICE].tolist()), (), tuple(best.tolist()))

    @property
    def validators(self) -> tuple[int, ...]:
        """The honest, then the liars."""
        return self.honest + self.liars


@dataclass(frozen=True, eq=False)
class Scenario:
    """A subnet with liars.

    Attributes:
        metagraph: the real subnet.
        cast: honest validators, liars, and the miners to look at.
        target: the miner that the liars push, for each lie.
        votes: all rows of weights, before the lie ("copy") and for each lie.
    """

    metagraph: Metagraph
    cast: Cast
    target: Mapping[str, int]
    votes: Mapping[str, SparseRows]

    @classmethod
    def of(cls, metagraph: Metagraph) -> Self:
        """Choose the actors.

        Liars are the (at most five) validators with the least stake; honest ones have at least 0.1 % of it. The stake
        of all others is left out: less than 0.01 % on subnet 15.

        Raises:
            ScenarioError: fewer than three validators, or no miner that all honest validators ignore.
        """
        honest, liars = _sides(metagraph)
        rows = metagraph.weights.dense(np.array(honest))
        shares = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
        support = metagraph.stake[list(honest)].astype(np.float64) @ shares
        voters = np.diff(metagraph.weights.starts) > 0
        miners = [uid for uid in np.argsort(-support, kind="stable").tolist() if not voters[uid]]
        ignored = [uid for uid in sorted(miners) if support[uid] == 0]
        if len(miners) < 2 or not ignored:
            raise ScenarioError("metagraph: every miner has weight from an honest validator; the lie needs one without")
        target = {"ignored": ignored[0], "popular": miners[1]}
        shown = tuple(uid for uid in miners[:SHOWN_MINERS] if support[uid] > 0)
        votes = {
            lie: _votes(metagraph.n, honest, rows, liars, _all_on(metagraph.n, uid)) for lie, uid in target.items()
        }
        votes["copy"] = _votes(metagraph.n, honest, rows, liars, rows[0])
        return cls(metagraph, Cast(honest, liars, (*shown, ignored[0])), target, votes)

    def before(self, settings: Settings) -> EpochInput:
        """The subnet before the lie, with bonds in their steady state."""
        speakers = np.zeros(self.metagraph.n, np.bool_)
        speakers[list(self.cast.validators)] = True
        return self.metagraph.epoch_input(
            stake=self._stake(settings.liar_percent),
            validator_permit=speakers,
            weights=self.votes["copy"],
            kappa=settings.kappa,
            bonds_penalty=settings.bonds_penalty,
            yuma3=settings.yuma3,
            bonds_moving_average=0,  # old bonds have no weight, so one epoch gives the steady state
        )

    def _stake(self, liar_percent: int) -> Array:
        """Rao (n,): the honest keep their proportions, the liars have equal stakes, and the sum does not change."""
        honest = [int(self.metagraph.stake[uid]) for uid in self.cast.honest]
        each_liar = sum(honest) * liar_percent // (100 * len(self.cast.liars))
        stake = np.zeros(self.metagraph.n, np.uint64)
        stake[list(self.cast.honest)] = [amount * (100 - liar_percent) // 100 for amount in honest]
        stake[list(self.cast.liars)] = each_liar
        return stake


@dataclass(frozen=True, eq=False)
class Outcome:
    """The results of the epochs.

    Attributes:
        scenario: the subnet and its actors.
        settings: the sliders.
        before: the epoch before the lie.
        epochs: the epochs with the lie.
        stored: what the chain stored after each epoch, beginning with the epoch before the lie.
    """

    scenario: Scenario
    settings: Settings
    before: Epoch
    epochs: tuple[Epoch, ...]
    stored: tuple[EpochTerms, ...]

    @property
    def after(self) -> Epoch:
        """The last epoch."""
        return self.epochs[-1]

    @property
    def target(self) -> int:
        """UID of the miner that the liars push."""
        return self.scenario.target[self.settings.lie]

    def liars(self, result: Epoch, words: Array) -> float:
        """The sum of all liars' entries in a vector of one of the epochs, as a number."""
        return float(result.numbers.to_float(words[list(self.scenario.cast.liars)].sum()))

    def share(self, words: Array, uid: int) -> float:
        """One UID's entry of a vector, as a number; a student's epoch may compute in floats."""
        return float(self.after.numbers.to_float(words[uid]))

    def bonds(self) -> Array:
        """Stored bonds as proportions: (epochs + 1, validators of the cast, miners of the cast)."""
        cast = self.scenario.cast
        rows = np.array(cast.validators)
        return np.stack([terms.bonds.dense(rows)[:, list(cast.miners)] for terms in self.stored]) / U16_MAX


def run(scenario: Scenario, settings: Settings, epochs: int = 20, rule: Rule = epoch) -> Outcome:
    """Let the liars lie for a number of epochs, exactly as the chain computes it.

    Args:
        scenario: the subnet.
        settings: the sliders.
        epochs: number of epochs, at least 1.
        rule: computes one epoch; it may be a student's own.

    Raises:
        ScenarioError: `epochs` is below 1.
    """
    if epochs < 1:
        raise ScenarioError(f"epochs is {epochs}; allowed: 1 or more")
    start = scenario.before(settings)
    before = rule(start, EXACT)
    stored = before.terms()
    lie = replace(
        next_input(start, stored),
        weights=scenario.votes[settings.lie],
        validator_permit=start.validator_permit,
        bonds_moving_average=scenario.metagraph.epoch_input().bonds_moving_average,
    )
    results, terms = _run(lie, epochs, EXACT, rule)
    return Outcome(scenario, settings, before, results, (stored, *terms))


def run_epochs(inputs: EpochInput, epochs: int, numbers: NumberSystem = EXACT, rule: Rule = epoch) -> tuple[Epoch, ...]:
    """Several epochs in a row in which nobody changes weights or stake.

    Args:
        inputs: state at the first epoch.
        epochs: how many.
        numbers: the number system; bonds are stored as u16 in between, as on the chain.
        rule: computes one epoch.
    """
    return _run(inputs, epochs, numbers, rule)[0]


def _run(
    inputs: EpochInput, epochs: int, numbers: NumberSystem, rule: Rule
) -> tuple[tuple[Epoch, ...], tuple[EpochTerms, ...]]:
    results: list[Epoch] = []
    stored: list[EpochTerms] = []
    for _ in range(epochs):
        results.append(rule(inputs, numbers))
        stored.append(results[-1].terms())
        inputs = next_input(inputs, stored[-1])
    return tuple(results), tuple(stored)


def _sides(metagraph: Metagraph) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """UIDs of the honest validators and of the liars."""
    validators = np.flatnonzero(np.diff(metagraph.weights.starts) > 0)
    by_stake = validators[np.argsort(-metagraph.stake[validators].astype(np.float64), kind="stable")].tolist()
    count = min(LIARS, (len(by_stake) - 1) // 2)
    if count < 1:
        raise ScenarioError(f"metagraph: {len(by_stake)} validators with weights; allowed: 3 or more")
    liars = by_stake[-count:]
    total = int(metagraph.stake[validators].sum())
    honest = tuple(uid for uid in by_stake[:-count] if int(metagraph.stake[uid]) >= max(total * VOICE, 1))
    if not honest:
        raise ScenarioError("metagraph: no validator with weights holds stake; allowed: one or more")
    return honest, tuple(sorted(liars))


def _votes(n: int, honest: tuple[int, ...], rows: Array, liars: tuple[int, ...], liars_row: Array) -> SparseRows:
    matrix = np.zeros((n, n), np.int64)
    matrix[list(honest)] = rows
    matrix[list(liars)] = liars_row
    return SparseRows.from_dense(matrix)


def _all_on(n: int, uid: int) -> Array:
    row = np.zeros(n, np.int64)
    row[uid] = U16_MAX
    return row


def _check_whole(name: str, value: Any, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
        raise ScenarioError(f"{name} is {value!r}; allowed: a whole number from 0 to {high}")
