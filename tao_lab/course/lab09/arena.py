"""The arena of lab 09: test a defence against three unknown attackers, with the chain's own epoch and prices.

A defence is four settings of a subnet. A cartel, a copier and a buyer of false seats attack it, and an honest miner
shows what the defence costs. Each attack is measured separately, with the limits below.

An owner does not know everything about the attackers: a share `NOTICE` of all stake belongs to the cartel in secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from typing import Any

import numpy as np

from tao_lab.cards import Card, Grid, Text, percent
from tao_lab.consensus import EpochInput, EpochTerms, epoch, next_input
from tao_lab.consensus.types import LiquidAlpha
from tao_lab.course.lab06.subnets import small_subnet
from tao_lab.course.lab09.cases import MAINNET_TERMS
from tao_lab.economy import registration_price
from tao_lab.errors import LabError
from tao_lab.fixed import EXACT
from tao_lab.units import RAO_PER_TAO, U16_MAX

COPIER_MARK = 0.85  # a copier's pay must be below this share of an honest validator's with the same stake
DELAY_MARK = 0.13  # limit for the share of the pay that goes to the wrong miners because sealed rows are late
STAY = 2  # a newcomer must earn its seat's price back within this many immunity periods
NOTICE = 0.02  # of all stake: the cartel has this much more than it shows, and the honest have this much less
LADDER = (0.5, 0.3, 0.15, 0.05)  # quality of four miners' work; at a change each falls by one place
SETTLED, COUNTED = 12, 24  # epochs before the copier's pay is counted, and epochs that are counted
COPIER_STAKE, HONEST_STAKES = 200, (400, 250, 150)  # τ
PARTS = 1_000  # τ of all stake in a cartel's scenario
LIQUID = LiquidAlpha(low=45_875, high=58_982, steepness=1_000)
MOST_PERIOD = 100  # epochs (`MAX_COMMIT_REVEAL_PEROIDS`)
MOST_BURN = RAO_PER_TAO - 1  # the chain allows less than 1 τ
SEATS = 16  # largest number of false seats that can be bought at once
HONEST_MINERS = 12

HELD, THROUGH = "held", "gets through"
BLOCKED, LATE, DEAR = "good miners starve", "pay comes too late", "seats are too dear"


class DefenceError(LabError):
    """A setting that the chain would refuse."""


@dataclass(frozen=True)
class Defence:
    """Four settings of a subnet.

    Attributes:
        kappa: share of stake that decides, above 0 and below 1 (`Kappa`).
        reveal_period: epochs for which weights stay sealed, 0 to 100; with 0 they are open (`RevealPeriodEpochs`).
        yuma3: whether each validator has its own bonds (`Yuma3On`).
        min_burn: lowest price of a seat, rao of τ (`MinBurn`).
    """

    kappa: float = 0.5
    reveal_period: int = 1
    yuma3: bool = True
    min_burn: int = 500_000

    def __post_init__(self) -> None:
        kappa: Any = self.kappa
        if isinstance(kappa, bool) or not isinstance(kappa, (int, float)) or not 0 < kappa < 1:
            raise DefenceError(f"`kappa` is {kappa!r}; allowed: a share above 0 and below 1")
        if not isinstance(self.yuma3, bool):
            raise DefenceError(f"`yuma3` is {self.yuma3!r}; allowed: True or False")
        for name, most in (("reveal_period", MOST_PERIOD), ("min_burn", MOST_BURN)):
            value: Any = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
                raise DefenceError(f"`{name}` is {value!r}; allowed: a whole number from 0 to {most:,}")

    @classmethod
    def of(cls, settings: Any) -> Defence:
        """A defence from a dict with the four settings.

        Raises:
            DefenceError: it is not a defence, or a setting is out of range.
        """
        names = [field.name for field in fields(cls)]
        if not isinstance(settings, Mapping) or set(settings) != set(names):
            raise DefenceError(f"a defence is a dict with {', '.join(f'`{name}`' for name in names)}, and no others")
        return cls(**{name: _plain(value) for name, value in settings.items()})

    def settings(self) -> dict[str, Any]:
        """The four settings as a dict."""
        return asdict(self)

    @property
    def kappa_u16(self) -> int:
        """Kappa as the chain stores it."""
        return int(self.kappa * U16_MAX)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


SHIPPED = Defence()  # a new subnet's settings on the chain


@dataclass(frozen=True)
class Measured:
    """Results of the three attacks on a defence.

    Attributes:
        fake_pay: share of the miners' pay that a cartel's false miner gets.
        good_pay: share for miners with good work if the cartel does not rate them.
        copier: a copier's pay, as a share of the pay of an honest validator with the same stake.
        delay: share of the miners' pay that goes to the wrong miners because rows are sealed.
        sybil: rao of τ, the largest profit with false seats.
        seat: rao of τ that an honest newcomer pays for a seat.
        allowed_seat: rao of τ that it can earn back in time.
    """

    fake_pay: float
    good_pay: float
    copier: float
    delay: float
    sybil: int
    seat: int
    allowed_seat: int

    @property
    def cartel_result(self) -> str:
        """In words."""
        return THROUGH if self.fake_pay > 0 else BLOCKED if self.good_pay < 1 / 2 else HELD

    @property
    def copier_result(self) -> str:
        """In words."""
        return THROUGH if self.copier > COPIER_MARK else LATE if self.delay > DELAY_MARK else HELD

    @property
    def sybil_result(self) -> str:
        """In words."""
        return THROUGH if self.sybil > 0 else DEAR if self.seat > self.allowed_seat else HELD

    @property
    def results(self) -> dict[str, str]:
        """The result of each attack in words."""
        return {"cartel": self.cartel_result, "copier": self.copier_result, "sybil": self.sybil_result}


def measure(defence: Defence, bloc: float, honest: float, changes: int, pay: int, immunity: int) -> Measured:
    """Let three attackers attack a defence.

    Args:
        defence: the settings.
        bloc: share of stake with suspiciously similar rows.
        honest: share of stake that is known to judge well; the rest sets weights, but rates neither kind of miner.
        changes: epochs after which the miners' order changes.
        pay: rao of τ that a seat earns in an epoch.
        immunity: epochs for which a new seat is safe.
    """
    fake, good = _cartel(defence.kappa_u16, bloc + NOTICE, honest - NOTICE)
    copier, delay = copying(changes, defence.reveal_period, defence.yuma3)
    seat = max(defence.min_burn, SHIPPED.min_burn)
    return Measured(fake, good, copier, delay, _sybil(seat, pay, immunity), seat, pay * immunity * STAY)


@cache
def _cartel(kappa: int, bloc: float, honest: float) -> tuple[float, float]:
    """Shares of the miners' pay for a false miner and for a good one, by one epoch.

    Three groups: the honest, the cartel, and validators that rate neither miner.
    """
    stakes = [round(PARTS * honest), round(PARTS * bloc), round(PARTS * max(1 - honest - bloc, 0))]
    rows = [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    good, fake = EXACT.to_float(epoch(small_subnet(stakes, rows, kappa=kappa)).incentive[-2:])
    return float(fake), float(good)


@cache
def copying(
    changes: int, reveal_period: int, yuma3: bool, waits: bool = False, liquid: bool = False
) -> tuple[float, float]:
    """A copier's pay relative to an honest validator's with the same stake, and the pay for the wrong miners.

    Args:
        changes: epochs after which the miners' order changes.
        reveal_period: epochs for which rows are sealed.
        yuma3: whether bonds are those of Yuma 3.
        waits: whether the copier sets its row last in each epoch.
        liquid: whether each bond has its own averaging speed (liquid alpha, with the chain's usual numbers).
    """
    earned, wrong = 0.0, 0.0
    before: tuple[EpochInput, EpochTerms] | None = None
    for number, rows in enumerate(copier_rows(SETTLED + COUNTED, changes, reveal_period, waits)):
        subnet = small_subnet(
            [COPIER_STAKE, *HONEST_STAKES], rows, yuma3=yuma3, liquid_alpha=LIQUID if liquid else None
        )
        state = subnet if before is None else replace(next_input(*before), weights=subnet.weights)
        result = epoch(state)
        before = state, result.terms()
        if number >= SETTLED:
            dividends, paid = EXACT.to_float(result.dividends), EXACT.to_float(result.incentive)[-len(LADDER) :]
            others = len(HONEST_STAKES)
            earned += dividends[0] / COPIER_STAKE / (dividends[1 : 1 + others].sum() / sum(HONEST_STAKES))
            wrong += float(np.abs(paid - worth(number, changes)).sum() / 2)
    return float(earned / COUNTED), wrong / COUNTED


def copier_rows(epochs: int, changes: int, reveal_period: int, waits: bool) -> list[list[list[float]]]:
    """The rows that count in each epoch: first the copier's, then those of the honest."""
    rows = []
    for number in range(epochs):
        honest = max(number - reveal_period, 0)
        seen = max(honest - reveal_period - (0 if waits else 1), 0)
        rows.append([worth(seen, changes), *([worth(honest, changes)] * len(HONEST_STAKES))])
    return rows


def worth(number: int, changes: int) -> list[float]:
    """Quality of each miner's work in an epoch; every `changes` epochs each falls one place, the last becomes first."""
    turned = number // changes % len(LADDER)
    return [*LADDER[-turned:], *LADDER[:-turned]] if turned else list(LADDER)


@cache
def _sybil(burn: int, pay: int, immunity: int) -> int:
    """The largest profit of a buyer of false seats, rao of τ; they share the miners' pay with the honest ones."""
    terms = replace(MAINNET_TERMS, min_burn=burn)
    total, cost, best = pay * HONEST_MINERS, 0, 0
    for seats in range(1, SEATS + 1):
        cost += burn
        burn = registration_price(burn, terms, "registration")
        best = max(best, total // (HONEST_MINERS + seats) * seats * immunity - cost)
    return best


def best_defence(bloc: float, honest: float, changes: int, pay: int, immunity: int) -> Defence:
    """A defence that withstands all attacks, found by trying.

    Raises:
        DefenceError: there is no such defence.
    """
    for kappa in np.arange(1, 100) / 100:
        fake, good = _cartel(int(kappa * U16_MAX), bloc + NOTICE, honest - NOTICE)
        if fake == 0 and good >= 1 / 2:
            break
    else:
        raise DefenceError(f"no kappa holds against a bloc of {bloc} where {honest} is honest")
    for period in range(changes + 1):
        copier, delay = copying(changes, period, True)
        if copier <= COPIER_MARK and delay <= DELAY_MARK:
            break
    else:
        raise DefenceError(f"no reveal period holds where the order changes every {changes} epochs")
    most, burn = pay * immunity * STAY, max(pay // 8, 1)
    while _sybil(burn, pay, immunity) > 0 and burn < most:
        burn = min(burn * 5 // 4 + 1, most)
    return Defence(float(kappa), period, True, burn)


# --- the scoreboard -----------------------------------------------------------------------------------------------


def scoreboard(defences: Mapping[str, Defence], subnet: Mapping[str, Any]) -> Card:
    """What attackers gain, and what honest miners lose, by defence.

    Args:
        defences: by name.
        subnet: the owner's knowledge: the arguments of `measure` after the defence.
    """
    rows, held = [], []
    for name, defence in defences.items():
        found = measure(defence, **subnet)
        held.append(f"{name} {sum(result == HELD for result in found.results.values())} of 3")
        rows += [
            [name, "cartel", percent(found.fake_pay) + " of the pay", percent(1 - found.good_pay), found.cartel_result],
            ["", "copier", percent(found.copier) + " of an honest one's", percent(found.delay), found.copier_result],
            ["", "false seats", _tao(found.sybil), _tao(found.seat) + " a seat", found.sybil_result],
        ]
    header = ("defence", "attack", "the attacker gains", "honest miners lose", "result")
    return Card("info", "Measured", f"attacks held: {', '.join(held)}", (Text(in_words(**subnet)), Grid(rows, header)))


def in_words(bloc: float, honest: float, changes: int, pay: int, immunity: int) -> str:
    """The owner's knowledge of a subnet, in a sentence."""
    return (
        f"{percent(honest)} of the stake judges well, {percent(bloc)} votes suspiciously alike; the miners' order "
        f"changes "
        f"every {changes} epochs; a seat earns {_tao(pay)} an epoch and is safe for {immunity}."
    )


def _tao(rao: int) -> str:
    return f"{rao / RAO_PER_TAO:,.3g} τ"


def results_of(settings: Any, arguments: Sequence[Any]) -> dict[str, str]:
    """The result of each attack on a subnet with some settings.

    Raises:
        DefenceError: the settings are invalid.
    """
    return measure(Defence.of(settings), *arguments).results
