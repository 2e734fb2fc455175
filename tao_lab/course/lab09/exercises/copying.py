"""09.2: what a copier's weights are, and how late."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab09 import reference as ours
from tao_lab.course.lab09.cases import MILLION, Rng

Rows = list[list[int]]


def copied(judgements, epoch, reveal_period, waits):
    """Which judgement a copier's row shows in an epoch, and how much of it consensus leaves.

    judgements     list of list of int  the honest majority's row of each epoch from 0 on, shares in millionths
    epoch          int   the epoch whose pay is at stake
    reveal_period  int   epochs from a commit to its reveal; 0: rows are open at once
    waits          bool  whether the copier sets its row last in each epoch, when the others' of that epoch are out

    Returns made (int or None): the epoch of the judgement that the copier's row shows, None before it saw any;
    trust (int): millionths of its row that are left after clipping, 0 where there is no row.

    >>> copied([[900_000, 100_000], [400_000, 600_000]], 1, 0, False)
    (0, 500000)
    """
    counts = epoch - reveal_period
    made = counts - reveal_period - (0 if waits else 1)
    if made < 0:
        return None, 0
    return made, sum(min(mine, theirs) for mine, theirs in zip(judgements[made], judgements[counts]))


def cases(rng: Rng) -> Iterator[Case]:
    """Open rows and sealed ones, copiers that wait and that do not, early epochs; judgements that change and stay."""
    two = [[900_000, 100_000], [400_000, 600_000], [300_000, 700_000], [200_000, 800_000]]
    for period, epoch in ((0, 1), (1, 3), (0, 0), (1, 1)):
        for waits in (False, True):
            yield _case(two, epoch, period, waits)
    yield _case([[500_000, 500_000]] * 6, 5, 1, False, ", and nothing ever changes")
    for period in (0, 1, 2, 3):
        for waits in (False, True):
            rows = [_row(rng, 4) for _ in range(9)]
            yield _case(rows, int(rng.integers(2 * period + 1, 9)), period, waits, ", 4 miners")
    rows = [_row(rng, 3) for _ in range(6)]
    yield _case(rows, 2, 2, True, ", 3 miners: nothing was visible yet")
    yield _case(rows, 4, 2, True, ", 3 miners: the first row that was visible")
    yield _case(rows, 4, 2, False, ", 3 miners: nothing was visible yet")


def _row(rng: Rng, miners: int) -> list[int]:
    marks = np.sort(rng.integers(0, MILLION + 1, miners - 1))
    return [int(part) for part in np.diff([0, *marks, MILLION])]


def _case(judgements: Rows, epoch: int, period: int, waits: bool, more: str = "") -> Case:
    sealed = f"reveals after {period}" if period else "open rows"
    about = f"epoch {epoch}, {sealed}, a copier that {'waits' if waits else 'does not wait'}{more}"
    return Case({"judgements": judgements, "epoch": epoch, "reveal_period": period, "waits": waits}, about)


EXERCISE = Exercise(
    id="09.2",
    title="How late a copier is",
    solution=copied,
    reference=ours.copied,
    cases=cases,
    read=read_values(made=int | None, trust=int),
    look="Go back in time twice: when were the rows made that count now, and what could the copier see at that moment?",
    equivalent={
        "zip(judgements[made], judgements[counts]) → zip(judgements[counts], judgements[made])": (
            "the smaller of two numbers is the same from both sides"
        )
    },
    unlocks="A copier of sealed weights is late by as many epochs as they are sealed. The chart shows what that costs.",
    wrong_answers=(
        Edit(
            "late once",
            {"made = counts - reveal_period - (0 if waits else 1)": "made = counts - (0 if waits else 1)"},
            "Your copier sees rows on the day they are made. Where they are sealed, it sees them only when they are "
            "revealed: which ones were open when it made its own?",
        ),
        Edit(
            "its own row counts at once",
            {
                "made = counts - reveal_period - (0 if waits else 1)": "made = counts - (0 if waits else 1)",
                "judgements[counts]": "judgements[epoch]",
            },
            "You let the honest rows of today count today. Where rows are sealed, which rows count today?",
        ),
        Edit(
            "consensus of today's judgement",
            {"judgements[counts]": "judgements[epoch]"},
            "You compare with the judgement of this epoch. The honest rows are sealed too: which of theirs count now?",
        ),
        Edit(
            "nobody waits",
            {"(0 if waits else 1)": "1"},
            "Your copier never waits. One that does sets its row when those of the same epoch are out already.",
        ),
        Edit(
            "everybody waits",
            {"(0 if waits else 1)": "0"},
            "Your copier always waits until the rows of the same epoch are out. Only some do (`waits`).",
        ),
        Edit(
            "the first epoch does not count",
            {"if made < 0": "if made <= 0"},
            "You leave out the judgement of epoch 0. It is one like the others.",
        ),
        Edit(
            "the larger part",
            {"min(mine, theirs)": "max(mine, theirs)"},
            "Your trust can be more than all. Clipping cuts what is above consensus: what is left of each weight?",
        ),
        Edit(
            "what is lost",
            {"return made, sum(min(mine, theirs)": "return made, sum(max(mine - theirs, 0)"},
            "You count what clipping takes away. The task asks what it leaves.",
        ),
        Edit(
            "equal weights only",
            {"min(mine, theirs) for": "mine for", "judgements[counts]))": "judgements[counts]) if mine == theirs)"},
            "You count only miners on which both agree exactly. Of a weight above consensus, consensus is left.",
        ),
        Edit(
            "begins with the first row",
            {"if made < 0:\n        return None, 0\n": "made, counts = max(made, 0), max(counts, 0)\n"},
            "You give the copier the first judgement before it could see any. What does its row show then?",
        ),
        Edit(
            "its own epoch",
            {"return made, sum": "return counts, sum"},
            "Your `made` is when the copier sent its row. The task asks when the judgement was made that it shows.",
        ),
        Edit(
            "as seen, not as made",
            {"return made, sum": "return made + reveal_period, sum"},
            "Your `made` is when the copied row was revealed. When was it made?",
        ),
        Edit(
            "only open rows can be late",
            {"(0 if waits else 1)": "(0 if waits or reveal_period else 1)"},
            "Under seal, your copier always waits. There too, one that does not wait sees the row before the newest.",
        ),
        Edit(
            "one more epoch late",
            {"(0 if waits else 1)": "(1 if waits else 2)"},
            "Your copier is one epoch later than it has to be. What can it see in the epoch in which it makes its row?",
        ),
        Edit(
            "late three times",
            {"made = counts - reveal_period": "made = counts - 2 * reveal_period"},
            "You go back by the reveal period three times. How many seals lie between a judgement and its copy?",
        ),
        Edit(
            "both sides of the difference",
            {"sum(min(mine, theirs)": "1_000_000 - sum(abs(mine - theirs)"},
            "You count each difference twice, as too much and as too little. What does clipping cut?",
        ),
        Edit(
            "waiting the wrong way round",
            {"(0 if waits else 1)": "(1 if waits else 0)"},
            "You have `waits` the wrong way round. Who sees the newest rows: a copier that waits, or one that does "
            "not?",
        ),
        Edit(
            "forward in time",
            {"epoch - reveal_period": "epoch + reveal_period"},
            "You go forward in time. Rows that count now were made earlier.",
        ),
        Edit(
            "trust in per cent",
            {"judgements[counts]))": "judgements[counts])) // 10_000"},
            "Your trust is per cent. The task asks for millionths.",
        ),
        Edit(
            "epoch 0 before it saw any",
            {"return None, 0": "return 0, 0"},
            "Where the copier has seen no row yet, you say that it shows the judgement of epoch 0. It shows none: "
            "return None for `made`.",
        ),
        Edit(
            "below zero before it saw any",
            {"return None, 0": "return -1, 0"},
            "Where the copier has seen no row yet, your `made` is -1. Return None.",
        ),
        Edit(
            "the end of the list",
            {"    if made < 0:\n        return None, 0\n": ""},
            "Your copier shows rows from before epoch 0. Nothing was visible then, and a negative index counts from "
            "the end of a list.",
        ),
        Edit(
            "the smallest miner only",
            {"sum(min(mine, theirs)": "min(min(mine, theirs)"},
            "You keep the smallest part of a single miner. Add up what is left for all of them.",
        ),
        Edit(
            "the largest miner only",
            {"sum(min(mine, theirs)": "max(min(mine, theirs)"},
            "You keep the largest part of a single miner. Add up what is left for all of them.",
        ),
        Edit(
            "multiplied",
            {"min(mine, theirs)": "mine * theirs // 1_000_000"},
            "You multiply the two shares. Clipping compares them: what is left of a weight above consensus?",
        ),
        Edit(
            "trust first",
            {
                "return made, sum(min(mine, theirs) for mine, theirs in zip(judgements[made], judgements[counts]))": (
                    "return sum(min(mine, theirs) for mine, theirs in zip(judgements[made], judgements[counts])), made"
                ),
                "return None, 0": "return 0, None",
            },
            "Your two answers have changed places.",
        ),
        Edit(
            "compared with the epoch before",
            {"judgements[counts]": "judgements[epoch - 1]"},
            "You compare with the judgement of the epoch before. Where rows are open, those of this epoch count; where "
            "they are sealed, older ones do.",
        ),
        Edit(
            "nobody waits under seal",
            {"(0 if waits else 1)": "(0 if waits and not reveal_period else 1)"},
            "Under seal, your copier never waits. There too, one that waits sees the rows that were opened in the same "
            "epoch.",
        ),
        Edit(
            "one more epoch under seal",
            {"epoch - reveal_period": "epoch - reveal_period - 1"},
            "Your rows count one epoch too late. With a reveal period of 0 they count in the epoch in which they are "
            "made.",
        ),
        Edit(
            "nothing is ever cut",
            {
                "sum(min(mine, theirs) for mine, theirs in zip(judgements[made], judgements[counts]))": "1_000_000",
            },
            "Your copier loses nothing, however late it is. What does clipping cut where the order has changed?",
        ),
        Edit(
            "a row of today is not a copy",
            {"if made < 0:": "if made < 0 or made == counts:"},
            "You leave out a copier that waits. It sees the rows of the same epoch, and its copy counts with them.",
        ),
    ),
)
