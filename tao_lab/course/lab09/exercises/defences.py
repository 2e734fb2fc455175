"""09.6: a defence of one's own design, against attacks that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab09 import arena, ours
from tao_lab.course.lab09.cases import Rng
from tao_lab.units import RAO_PER_TAO
from tao_lab.vectors import AnswerError


def my_defence(bloc, honest, changes, pay, immunity):
    """Settings of a subnet that hold against a cartel, a copier and a buyer of false seats.

    bloc      float  share of all stake whose rows are suspiciously alike; it may have 2 % more than it shows
    honest    float  share of all stake that is known to judge well; 2 % of it may be silent on the day
    changes   int    epochs after which the miners' order changes
    pay       int    rao of τ that a seat earns in an epoch
    immunity  int    epochs for which a new seat is safe

    Returns a dict: kappa (float, share of stake that decides), reveal_period (int, epochs for which weights are
    sealed; 0: open), yuma3 (bool, bonds of each validator's own), min_burn (int, rao of τ: lowest price of a seat).
    """
    return {
        "kappa": (bloc + honest) / 2,
        "reveal_period": changes // 4,
        "yuma3": True,
        "min_burn": pay * immunity,
    }


SUBNETS = (
    (0.45, 0.55, 4, 11),
    (0.20, 0.34, 6, 11),
    (0.62, 0.72, 8, 6),
    (0.30, 0.42, 9, 20),
    (0.10, 0.90, 12, 3),
    (0.40, 0.50, 16, 11),
    (0.52, 0.60, 5, 8),
    (0.05, 0.15, 10, 14),
)


def cases(rng: Rng) -> Iterator[Case]:
    """Eight subnets: blocs small and large, few and many that are honest, fast and slow work, cheap and dear seats."""
    for bloc, honest, changes, immunity in SUBNETS:
        pay = int(rng.integers(RAO_PER_TAO // 200, RAO_PER_TAO // 8))
        given = {"bloc": bloc, "honest": honest, "changes": changes, "pay": pay, "immunity": immunity}
        yield Case(given, arena.in_words(**given).rstrip("."))


def read(result: Any, case: Case) -> Values:
    """What becomes of each attack with the settings."""
    try:
        return dict(arena.results_of(result, tuple(case.arguments.values())))
    except arena.DefenceError as error:
        raise AnswerError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


EXERCISE = Exercise(
    id="09.6",
    title="A defence of your own",
    solution=my_defence,
    reference=ours.my_defence,
    cases=cases,
    read=read,
    look="The name says which attack it is about. What does its setting have to be above, and what below?",
    unlocks="Your subnet holds on eight subnets that you had not seen. The scoreboard below says what it costs.",
    wrong_answers=(),
)
