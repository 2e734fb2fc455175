"""07.6: shares through the emission gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Function, Values, WrongAnswer
from tao_lab.course.lab07 import reference as ours
from tao_lab.course.lab07.cases import Rng
from tao_lab.vectors import AnswerError

MILLION = 1_000_000


def gated_shares(prices, burned, enabled, rank):
    """Each subnet's share of a block's TAO.

    prices   list of int   moving prices, rao
    burned   list of int   percent of the miners' pay that each subnet burned, 0 to 100
    enabled  list of bool  whether it may have TAO
    rank     int           place of the bar, the largest is 1; on the real chain 32

    Returns list of int: millionths of the block's TAO, rounded (`round`).

    >>> gated_shares([1, 2], [0, 0], [True, True], 1)
    [100000, 900000]
    """
    demand = [price * (100 - part) for price, part in zip(prices, burned)]
    above = sorted((share for share in demand if share > 0), reverse=True)
    bar = above[:rank][-1]
    passed = [share / (1 + Fraction(bar, share) ** 3) if share else Fraction(0) for share in demand]
    passed = [part if on else Fraction(0) for part, on in zip(passed, enabled)]
    total = sum(passed)
    return [round(1_000_000 * part / total) for part in passed]


def cases(rng: Rng) -> Iterator[Case]:
    """Two subnets, the bar's place, burners, a switched-off one that is large, few, and chance."""
    yield _case([1, 2], [0, 0], [True, True], 1, "prices 1 and 2, the larger is the bar")
    yield _case([1, 2], [0, 0], [True, True], 2, "prices 1 and 2, the smaller is the bar")
    yield _case([5, 4, 3, 2, 1], [0] * 5, [True] * 5, 3, "five prices, the third is the bar")
    yield _case([5, 4, 3, 2, 1], [0, 50, 0, 100, 0], [True] * 5, 3, "one burns half, one everything")
    yield _case([5, 4, 3, 2, 1], [0] * 5, [True, False, True, True, True], 2, "the bar itself is switched off")
    yield _case([9, 4, 3], [0, 0, 0], [False, True, True], 1, "the largest is switched off")
    yield _case([7, 3], [0, 20], [True, True], 32, "two subnets, the bar should be the 32nd")
    yield _case([6, 0, 3], [0, 0, 0], [True, True, True], 32, "a subnet without a price")
    yield _case([30, 40, 10, 20], [0] * 4, [True] * 4, 2, "not in order")
    yield _case([8], [0], [True], 32, "one subnet")
    for count in (6, 40):
        prices = rng.integers(1, 10**8, count).tolist()
        burned = [int(part) for part in rng.choice([0, 0, 30, 100], count)]
        enabled = [bool(on) for on in rng.random(count) > 0.1]
        burned[0], enabled[0] = 0, True
        yield _case(prices, burned, enabled, 32, f"{count} random subnets")


def _case(prices: list[int], burned: list[int], enabled: list[bool], rank: int, about: str) -> Case:
    return Case({"prices": prices, "burned": burned, "enabled": enabled, "rank": rank}, about)


def read(result: Any, case: Case) -> Values:
    """A share for each subnet."""
    wanted = len(case.arguments["prices"])
    result = result.tolist() if isinstance(result, np.ndarray) else result
    if not isinstance(result, (list, tuple)) or len(result) != wanted:
        raise AnswerError(f"Return a list with one number for each subnet, here {wanted}.")
    if any(isinstance(share, bool) or not isinstance(share, int) for share in result):
        raise AnswerError("Each share is a whole number of millionths: `round(…)`.")
    return {f"share of subnet {place + 1}": int(share) for place, share in enumerate(result)}


PASSED = "share / (1 + Fraction(bar, share) ** 3) if share else Fraction(0)"


def _guarded(passes: Callable[[int, int], int | Fraction], equally: bool = False) -> Function:
    """A gate of another form that does not divide by zero where nothing passes.

    Args:
        passes: what passes of a share, at a bar.
        equally: whether all subnets get the same where nothing passes; otherwise none gets anything.
    """

    def gated(prices: list[int], burned: list[int], enabled: list[bool], rank: int) -> list[int]:
        demand = [price * (100 - part) for price, part in zip(prices, burned, strict=True)]
        bar = sorted((share for share in demand if share), reverse=True)[:rank][-1]
        passed = [passes(share, bar) if on else 0 for share, on in zip(demand, enabled, strict=True)]
        if equally and not any(passed):
            return [round(MILLION / len(passed))] * len(passed)
        return [round(Fraction(MILLION * part, sum(passed) or 1)) for part in passed]

    return gated


def _at_the_bar(share: int, bar: int) -> int:
    return share if share >= bar else 0


def _above_the_bar(share: int, bar: int) -> int:
    return share if share > bar else 0


EXERCISE = Exercise(
    id="07.6",
    title="Shares through the emission gate",
    solution=gated_shares,
    reference=ours.gated_shares,
    cases=cases,
    read=read,
    look="Compute the demand of each subnet, then the bar, by hand, for the smallest case that differs.",
    unlocks="You can say what a subnet gains by a higher price, or loses by burning, on today's network.",
    wrong_answers=(
        Edit(
            "no gate",
            {PASSED: "Fraction(share)"},
            "Your shares go by price and burned part alone. That was the rule until July 2026: what does "
            "the gate hold back?",
        ),
        Edit(
            "a square",
            {"** 3": "** 2"},
            "Your gate is not as steep as the chain's: what is the exponent?",
        ),
        Edit(
            "upside down",
            {"Fraction(bar, share)": "Fraction(share, bar)"},
            "Your gate holds back the large and lets the small through. Which of bar and share is divided by which?",
        ),
        Edit(
            "the part that passes, not what passes",
            {"share / (1 +": "1 / (1 +"},
            "You share out the parts that pass, one half at the bar. What passes is that part *of* the share.",
        ),
        Edit(
            "no rank for the switched off",
            {
                "(share for share in demand if share > 0)": (
                    "(share for share, on in zip(demand, enabled) if share > 0 and on)"
                )
            },
            "You took the bar from the subnets that are switched on. The others keep their rank, and get nothing only "
            "afterwards.",
        ),
        Edit(
            "the switch forgotten",
            {"part if on else Fraction(0)": "part"},
            "A subnet that is switched off still gets TAO from you. Who gets what it would have had?",
        ),
        Edit(
            "switched off, not shared",
            {
                "    passed = [part if on else": "    total = sum(passed)\n    passed = [part if on else",
                "    total = sum(passed)\n    return": "    return",
            },
            "What a switched-off subnet would have got is missing from your sum. The rest share it.",
        ),
        Edit(
            "burning forgotten",
            {"price * (100 - part)": "price * 100"},
            "Your shares go by the price alone. What of a subnet that burns its miners' pay?",
        ),
        Edit(
            "the burned part counts",
            {"(100 - part)": "part"},
            "You count the part that is burned. Which part reaches miners?",
        ),
        Edit(
            "one place too far",
            {"above[:rank][-1]": "above[: rank + 1][-1]"},
            "Your bar is one place too low: the largest share has rank 1.",
        ),
        Edit(
            "from the smallest",
            {", reverse=True": ""},
            "You count the rank from the smallest share. The largest comes first.",
        ),
        Edit(
            "cut instead of rounded",
            {"round(": "int("},
            "Off by one millionth: you cut what should be rounded.",
        ),
        Edit(
            "a cliff from which nobody is left",
            {PASSED: "share if share >= bar else Fraction(0)"},
            "You let through everything at or above the bar, and nothing below. Where all of that is switched off, you "
            "divide by zero. Below the bar, less and less passes, but never nothing.",
        ),
        Edit(
            "a cliff above the bar",
            {PASSED: "share if share > bar else Fraction(0)"},
            "You let through what is above the bar, and nothing else. Where nothing is above it, you divide by zero. "
            "At the bar one half passes.",
        ),
        Edit(
            "a step of one half",
            {PASSED: "Fraction(share, 1 + (share == bar)) if share >= bar else Fraction(0)"},
            "One half passes at the bar, as it should. But you let all pass above it and nothing below. The formula "
            "has no such step.",
        ),
        Edit(
            "less the bar",
            {PASSED: "max(share - bar, 0)"},
            "You subtract the bar. The gate multiplies: a part of each share passes, by its distance from the bar.",
        ),
        Edit(
            "nothing has a place",
            {"(share for share in demand if share > 0)": "demand"},
            "Subnets without any demand have places in your order. Where few have some, your bar is zero and holds "
            "nobody back.",
        ),
        WrongAnswer(
            "a cliff",
            "You let through everything at or above the bar, and nothing below. At the bar one half passes, and below "
            "it less and less.",
            _guarded(_at_the_bar),
        ),
        WrongAnswer(
            "a cliff, and equal parts behind it",
            "You let through everything at or above the bar, and nothing below; where all of that is switched off, you "
            "divide equally. The gate has no cliff: below the bar less and less passes, but never nothing.",
            _guarded(_at_the_bar, equally=True),
        ),
        WrongAnswer(
            "a cliff above the bar, and nothing behind it",
            "You let through what is above the bar, and nothing else; where nothing is above it, nobody gets anything. "
            "At the bar one half passes, and below it less and less.",
            _guarded(_above_the_bar),
        ),
        WrongAnswer(
            "a cliff above the bar, and equal parts behind it",
            "You let through what is above the bar, and nothing else; where nothing is above it, you divide equally. "
            "At the bar one half passes, and below it less and less.",
            _guarded(_above_the_bar, equally=True),
        ),
        WrongAnswer(
            "a step of one half, and nothing behind it",
            "One half passes at the bar, as it should. But above it you let all pass, and below it nothing, so that "
            "sometimes nobody gets anything. The formula has no such step.",
            _guarded(lambda share, bar: Fraction(share, 1 + (share == bar)) if share >= bar else 0),
        ),
        WrongAnswer(
            "less the bar, and nothing behind it",
            "You subtract the bar, and where nothing is left nobody gets anything. The gate multiplies: a part of each "
            "share passes, by its distance from the bar.",
            _guarded(lambda share, bar: max(share - bar, 0)),
        ),
        WrongAnswer(
            "less the bar, and equal parts behind it",
            "You subtract the bar, and where nothing is left you divide equally. The gate multiplies: a part of each "
            "share passes, by its distance from the bar.",
            _guarded(lambda share, bar: max(share - bar, 0), equally=True),
        ),
        Edit(
            "heads at the bar",
            {PASSED: "Fraction(share >= bar)"},
            "You count the subnets at or above the bar, each for one. A part of each share passes: the larger the "
            "share, the more.",
        ),
        WrongAnswer(
            "heads at the bar, and nothing behind it",
            "You count the subnets at or above the bar, each for one, and all others for nothing. A part of each share "
            "passes: the larger the share, the more.",
            _guarded(lambda share, bar: int(share >= bar)),
        ),
        WrongAnswer(
            "heads above the bar",
            "You count the subnets above the bar, each for one. A part of each share passes: one half at the bar, less "
            "below it, more above.",
            _guarded(lambda share, bar: int(share > bar)),
        ),
        Edit(
            "all or one half",
            {PASSED: "Fraction(share, 1 + (share < bar))"},
            "You let one half pass below the bar, and all above it. One half passes *at* the bar: what passes of a "
            "share far below it?",
        ),
    ),
)
