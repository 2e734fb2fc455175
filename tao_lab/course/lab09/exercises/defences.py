"""09.6: a defence of one's own design, against attacks that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab09 import arena
from tao_lab.course.lab09 import reference as ours
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
    sealed; 0: open), yuma3 (bool, bonds of each validator's own), min_burn (int, rao of τ, lowest price of a seat:
    the chain takes less than 1 τ).
    """
    return {
        "kappa": (bloc + honest) / 2,
        "reveal_period": changes // 4,
        "yuma3": True,
        "min_burn": pay * immunity,
    }


SUBNETS = (
    (0.46, 0.54, 4, 11),
    (0.20, 0.34, 6, 11),
    (0.38, 0.62, 8, 6),
    (0.30, 0.42, 9, 20),
    (0.10, 0.90, 5, 3),
    (0.40, 0.50, 6, 11),
    (0.33, 0.38, 8, 8),
    (0.05, 0.15, 4, 14),
)


def cases(rng: Rng) -> Iterator[Case]:
    """Eight subnets: blocs small and large, few and many that are honest, fast and slow work, cheap and dear seats."""
    for bloc, honest, changes, immunity in SUBNETS:
        pay = int(rng.integers(RAO_PER_TAO // 50, RAO_PER_TAO // 5)) // immunity
        given: dict[str, Any] = {"bloc": bloc, "honest": honest, "changes": changes, "pay": pay, "immunity": immunity}
        yield Case(given, arena.in_words(**given).rstrip("."))


def read(result: Any, case: Case) -> Values:
    """What becomes of each attack with the settings."""
    try:
        return dict(arena.results_of(result, tuple(case.arguments.values())))
    except arena.DefenceError as error:
        raise AnswerError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


KAPPA, PERIOD, YUMA3, BURN = "(bloc + honest) / 2", "changes // 4", '"yuma3": True', "pay * immunity"

EXERCISE = Exercise(
    id="09.6",
    title="A defence of your own",
    solution=my_defence,
    reference=ours.my_defence,
    cases=cases,
    read=read,
    look="The name says which attack it is about. What does its setting have to be above, and what below?",
    unlocks="Your settings hold on eight subnets that you had not seen. The scoreboard below says what they cost.",
    wrong_answers=(
        Edit(
            "as shipped",
            {KAPPA: "0.5", PERIOD: "1", BURN: "500_000"},
            "These are the settings that a new subnet comes with. Which of the three attacks get through, you saw "
            "above.",
        ),
        Edit(
            "kappa at the bloc",
            {KAPPA: "bloc"},
            "The cartel gets through: it has as much stake as your kappa asks for, and a bit more. Copier and false "
            "seats are held.",
        ),
        Edit(
            "kappa at the honest",
            {KAPPA: "honest"},
            "Good miners starve: your kappa asks for all the stake that judges well, or for more, and some of it is "
            "silent on the day.",
        ),
        Edit(
            "kappa of one half",
            {KAPPA: "0.5"},
            "Your kappa is about one half everywhere. On some subnets less than half of the stake judges well, and "
            "their good miners starve.",
        ),
        Edit(
            "kappa far up",
            {KAPPA: "(1 + bloc) / 2"},
            "Your kappa keeps every cartel out, and on most subnets the honest with it: good miners starve. How much "
            "stake judges well?",
        ),
        Edit(
            "kappa from the wrong side",
            {KAPPA: "1 - honest"},
            "You take what is not known to judge well for kappa. Where more than half is honest, is that not little?",
        ),
        Edit(
            "open weights",
            {PERIOD: "0"},
            "The copier gets through everywhere: weights are open. Cartel and false seats are held.",
        ),
        Edit(
            "sealed for one epoch",
            {PERIOD: "1"},
            "One epoch under seal is enough only where work changes fast. Where the order stays for long, a copier "
            "that is late by one epoch more hardly loses.",
        ),
        Edit(
            "sealed for half the time",
            {PERIOD: "changes // 2"},
            "No copier gets through, but pay comes too late: for half of the time or longer it goes by an old order. "
            "Can you hold the copier with less?",
        ),
        Edit(
            "bonds of Yuma 2",
            {YUMA3: '"yuma3": False'},
            "The copier gets through on some subnets: the seal alone is too short there, and a longer one would cost "
            "the miners too much. Which other setting makes being late more expensive?",
        ),
        Edit(
            "a seat for one epoch's pay",
            {BURN: "pay"},
            "False seats get through: a seat costs less than it earns while it is safe.",
        ),
        Edit(
            "a seat for four times its safe pay",
            {BURN: "pay * immunity * 4"},
            "No false seats, and no honest newcomers: your seats are too dear. How much does a seat earn while it is "
            "safe?",
        ),
        Edit(
            "kappa five per cent above the bloc",
            {KAPPA: "bloc + 0.05"},
            "Your kappa keeps the same distance from every bloc. Where few more are honest, good miners starve.",
        ),
        Edit(
            "kappa of 60 %",
            {KAPPA: "0.6"},
            "Your kappa is 60 % everywhere. Where less than that judges well, good miners starve.",
        ),
        Edit(
            "kappa of 40 %",
            {KAPPA: "0.4"},
            "Your kappa is 40 % everywhere. Larger blocs get through, and where less judges well, good miners starve.",
        ),
        Edit(
            "sealed for two epochs",
            {PERIOD: "2"},
            "You seal for two epochs everywhere. Where the order changes fast, pay comes too late.",
        ),
        Edit(
            "sealed for three epochs",
            {PERIOD: "3"},
            "No copier gets through, but on every subnet pay comes too late. How often does the order change?",
        ),
        Edit(
            "fearful",
            {KAPPA: "0.7", PERIOD: "8", BURN: "999_999_999"},
            "No attacker gets through, and no honest miner lives: each setting has a limit on both sides.",
        ),
        Edit(
            "kappa of both together",
            {KAPPA: "bloc + honest"},
            "You add the bloc to the honest. Kappa must lie between the two, above the bloc and below the honest.",
        ),
        Edit(
            "kappa far below the bloc",
            {KAPPA: "honest / 2"},
            "The cartel gets through nearly everywhere: its stake is far above your kappa. Kappa must lie between the "
            "two, above the bloc and below the honest.",
        ),
        Edit(
            "kappa five per cent below the honest",
            {KAPPA: "honest - 0.05"},
            "Your kappa keeps the same distance from the honest everywhere. Where the bloc is nearly as large, the "
            "cartel gets through.",
        ),
        Edit(
            "a tenth above the bloc",
            {KAPPA: "bloc * 1.1"},
            "Your kappa is a tenth above the bloc. A small bloc may have more than that in reserve, and a large one "
            "leaves little to the honest.",
        ),
        Edit(
            "sealed for a third of the time",
            {PERIOD: "changes // 3"},
            "Your seal holds for a third of the time between two changes. On some subnets pay comes too late.",
        ),
        Edit(
            "a quarter, rounded up",
            {PERIOD: "-(-changes // 4)"},
            "You round a quarter of the time up. Where that adds an epoch, pay comes too late.",
        ),
        Edit(
            "sealed for a fifth of the time",
            {PERIOD: "changes // 5"},
            "Your seal holds for a fifth of the time between two changes. Where work changes fast, that is 0 epochs: "
            "the rows are open.",
        ),
        Edit(
            "sealed for the immunity",
            {PERIOD: "immunity"},
            "You seal weights for as long as a new seat is safe. The seal is against the copier: how often does the "
            "order change?",
        ),
        Edit(
            "an epoch short of the safe pay",
            {BURN: "pay * (immunity - 1)"},
            "Your seats cost one epoch's pay less than they earn while they are safe. On some subnets that is enough "
            "for false seats to pay.",
        ),
        Edit(
            "a seat for the pay until work changes",
            {BURN: "pay * changes"},
            "Your seats cost what they earn until the miners' order changes. False seats count on the time for which "
            "they are safe.",
        ),
    ),
)
