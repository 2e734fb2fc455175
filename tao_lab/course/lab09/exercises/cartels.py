"""09.1: how much stake a cartel needs, to pay whom it likes and to starve whom it dislikes."""

from __future__ import annotations

from collections.abc import Iterator

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab09 import reference as ours
from tao_lab.course.lab09.cases import Rng
from tao_lab.units import U16_MAX


def cartel_stakes(stakes, active, kappa):
    """The smallest cartels that decide, against honest validators.

    stakes  list of int   τ of each honest validator, whole numbers
    active  list of bool  whether it has set weights lately
    kappa   int           u16, from 1 to 65,534: 65,535 stands for all stake

    Returns pays (int): τ with which a cartel's own miner is paid, whom nobody else rates;
    starves (int): τ with which a good miner, whom the cartel alone does not rate, is not paid.

    >>> cartel_stakes([90, 500], [True, False], 26_215)  # 40 % and a bit
    (61, 135)
    """
    honest = sum(stake for stake, speaks in zip(stakes, active) if speaks)
    pays = -(-honest * kappa // (65_535 - kappa))
    starves = honest * (65_535 - kappa) // kappa + 1
    return pays, starves


KAPPAS = ((32_767, "the chain's own, just below one half"), (26_215, "40 %"), (39_322, "60 %"), (9_001, "about 14 %"))
TIES = ((U16_MAX // 3, "a third"), (U16_MAX * 2 // 3, "two thirds"))


def cases(rng: Rng) -> Iterator[Case]:
    """Cartels at several kappas: ties, silent validators, chance.

    An exact tie is between two only: with more validators each share is rounded down, and the last bit decides.
    """
    for kappa, words in (*KAPPAS, *TIES):
        yield _case([100], [True], kappa, f"one honest validator, kappa {words}")
        yield _case([1_000_000], [True], kappa, f"one honest validator with much stake, kappa {words}")
    yield _case([90, 500], [True, False], KAPPAS[1][0], "one of two is silent, kappa 40 %")
    for kappa, words in KAPPAS:
        stakes = rng.integers(1, 5_000, int(rng.integers(2, 7))).tolist()
        active = [True, *(rng.random(len(stakes) - 1) < 0.7).tolist()]
        yield _case(stakes, active, kappa, f"{len(stakes)} validators, {active.count(False)} silent, kappa {words}")


def _case(stakes: list[int], active: list[bool], kappa: int, about: str) -> Case:
    return Case({"stakes": stakes, "active": active, "kappa": kappa}, about)


PAYS, STARVES = "-(-honest * kappa // (65_535 - kappa))", "honest * (65_535 - kappa) // kappa + 1"

EXERCISE = Exercise(
    id="09.1",
    title="How much stake a cartel needs",
    solution=cartel_stakes,
    reference=ours.cartel_stakes,
    cases=cases,
    read=read_values(pays=int, starves=int),
    look="Write down the cartel's part of all stake that speaks, cartel included. Which part does it need?",
    unlocks="You know the price of a subnet: both numbers come back in 09.6. Next: who does no work at all.",
    wrong_answers=(
        Edit(
            "silent stake counts",
            {"if speaks": "if True"},
            "You count validators that have set no weights for too long. Whose stake has a voice?",
        ),
        Edit(
            "part of the honest stake",
            {PAYS: "-(-honest * kappa // 65_535)"},
            "Your `pays` is kappa of the honest stake. The cartel's own stake is part of the whole, too: what it adds "
            "makes the whole larger.",
        ),
        Edit(
            "part of the honest stake, starving",
            {STARVES: "honest * (65_535 - kappa) // 65_535 + 1"},
            "Your `starves` is a part of the honest stake. The cartel's own stake is part of the whole, too.",
        ),
        Edit(
            "a tie is not enough",
            {PAYS: "honest * kappa // (65_535 - kappa) + 1"},
            "Your `pays` is one τ too much where the cartel has exactly kappa of the stake. Does exactly kappa decide?",
        ),
        Edit(
            "a tie starves",
            {STARVES: "-(-honest * (65_535 - kappa) // kappa)"},
            "Your `starves` is one τ too little where the honest have exactly kappa of the stake. Does exactly kappa "
            "decide, and for whom?",
        ),
        Edit(
            "rounded down",
            {PAYS: "honest * kappa // (65_535 - kappa)"},
            "Your `pays` falls short of kappa by a part of a τ: it is rounded down.",
        ),
        Edit(
            "always half",
            {PAYS: "honest", STARVES: "honest + 1"},
            "Your answer does not depend on kappa. What does another kappa do to each of the two?",
        ),
        Edit(
            "the same for both",
            {STARVES: "-(-honest * kappa // (65_535 - kappa))"},
            "You give the same stake for both. To pay a miner, a cartel needs kappa of the stake. To starve one, what "
            "must it leave to the others?",
        ),
        Edit(
            "shares in place of stakes",
            {PAYS: "-(-kappa * 100 // 65_535)", STARVES: "(65_535 - kappa) * 100 // 65_535 + 1"},
            "Your answers are per cent. The task asks for τ.",
        ),
        Edit(
            "changed places",
            {"return pays, starves": "return starves, pays"},
            "Your two answers have changed places.",
        ),
        Edit(
            "heads",
            {"sum(stake for": "sum(1 for"},
            "You count validators. Stake has a voice, not heads.",
        ),
        Edit(
            "the largest alone",
            {"sum(stake for": "max(stake for"},
            "You take the largest validator. All the honest stake that speaks stands against the cartel.",
        ),
        Edit(
            "silent stake only",
            {"if speaks": "if not speaks"},
            "You count those that are silent, and leave out those that speak.",
        ),
        Edit(
            "kappa of the others",
            {PAYS: "-(-honest * (65_535 - kappa) // kappa)", STARVES: "honest * kappa // (65_535 - kappa) + 1"},
            "You use what kappa leaves over where kappa belongs. Does a higher kappa help the cartel?",
        ),
        Edit(
            "all stake together",
            {"return pays, starves": "return pays + honest, starves + honest"},
            "You give all the stake that speaks. The task asks for the cartel's alone.",
        ),
        Edit(
            "a whole of 65,536",
            {PAYS: "-(-honest * kappa // (65_536 - kappa))", STARVES: "honest * (65_536 - kappa) // kappa + 1"},
            "Your whole is 65,536. A u16 ends at 65,535, and that stands for all stake.",
        ),
        Edit(
            "in rao",
            {"honest = sum": "honest = 10**9 * sum"},
            "Your stakes are rao. Stakes come in whole τ here, and so do the answers.",
        ),
        Edit(
            "one more than needed",
            {PAYS: "-(-honest * kappa // (65_535 - kappa)) + 1"},
            "Your `pays` is one τ more than needed: you round up and then add one. Is the miner paid with one τ less?",
        ),
        Edit(
            "the others keep kappa",
            {STARVES: "honest * (65_535 - kappa) // kappa"},
            "Your `starves` leaves the honest with kappa of the stake, or a bit more, and that still decides. What is "
            "the next whole τ?",
        ),
        Edit(
            "rounded to the nearest",
            {PAYS: "round(honest * kappa / (65_535 - kappa))", STARVES: "round(honest * (65_535 - kappa) / kappa)"},
            "You round both to the nearest τ. A part of a τ too little is not enough, for either of them: which way "
            "must you round?",
        ),
        Edit(
            "the smaller one first",
            {"return pays, starves": "return min(pays, starves), max(pays, starves)"},
            "You return the smaller number first. Which of the two is smaller depends on kappa: `pays` comes first.",
        ),
        Edit(
            "the larger one first",
            {"return pays, starves": "return max(pays, starves), min(pays, starves)"},
            "You return the larger number first. Which of the two is larger depends on kappa: `pays` comes first.",
        ),
        Edit(
            "silent stake counts for starving",
            {STARVES: "sum(stakes) * (65_535 - kappa) // kappa + 1"},
            "Your `starves` counts validators that have set no weights for too long. `pays` leaves them out, as it "
            "should.",
        ),
        Edit(
            "silent stake counts for paying",
            {PAYS: "-(-sum(stakes) * kappa // (65_535 - kappa))"},
            "Your `pays` counts validators that have set no weights for too long. `starves` leaves them out, as it "
            "should.",
        ),
        Edit(
            "starving by kappa of the honest",
            {STARVES: "honest * kappa // 65_535 + 1"},
            "Your `starves` is kappa of the honest stake. To starve a miner, a cartel must leave the honest less than "
            "kappa of the whole, and the cartel's own stake is part of the whole.",
        ),
        Edit(
            "starving as paying",
            {STARVES: "honest * kappa // (65_535 - kappa) + 1"},
            "Your `starves` makes the cartel's part larger than kappa. It is the others' part that must fall below "
            "kappa.",
        ),
        Edit(
            "paying as starving",
            {PAYS: "-(-honest * (65_535 - kappa) // kappa)"},
            "Your `pays` leaves the honest with kappa of the stake. It is the cartel that must reach kappa.",
        ),
        Edit(
            "what paying leaves over",
            {STARVES: "honest - pays + 1"},
            "You subtract `pays` from the honest stake. The cartel's stake is not taken from the honest: it comes on "
            "top of theirs.",
        ),
        Edit(
            "the smallest alone",
            {"sum(stake for": "min(stake for"},
            "You take the smallest validator. All the honest stake that speaks stands against the cartel.",
        ),
        Edit(
            "the mean",
            {"if speaks)": "if speaks) // sum(active)"},
            "You take the mean of the honest stakes. All the honest stake that speaks stands against the cartel, added "
            "up.",
        ),
        Edit(
            "half starves",
            {STARVES: "honest + 1"},
            "Your `starves` does not depend on kappa. How much must a cartel leave to the others where kappa is 60 %?",
        ),
        Edit(
            "a whole of 65,536 for paying",
            {PAYS: "-(-honest * kappa // (65_536 - kappa))"},
            "The whole in your `pays` is 65,536. A u16 ends at 65,535, and that stands for all stake.",
        ),
        Edit(
            "a whole of 65,536 for starving",
            {STARVES: "honest * (65_536 - kappa) // kappa + 1"},
            "The whole in your `starves` is 65,536. A u16 ends at 65,535, and that stands for all stake.",
        ),
    ),
)
