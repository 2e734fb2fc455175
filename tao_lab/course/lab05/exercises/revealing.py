"""05.6: which envelopes to open, and which are lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab05 import ours
from tao_lab.course.lab05.cases import PERIODS, reveals, window
from tao_lab.vectors import AnswerError


def to_reveal(commits, epoch, period):
    """Which envelopes to open now.

    commits  list of (hash, epoch in which it was committed)
    epoch    int, now
    period   int, RevealPeriodEpochs of the subnet

    Returns now (list of hashes), lost (list of hashes that can never be revealed any more).

    >>> to_reveal([("0xa", 30), ("0xb", 31), ("0xc", 32)], 32, 1)
    (['0xb'], ['0xa'])
    """
    now = [commit for commit, made in commits if epoch - made == period]
    lost = [commit for commit, made in commits if epoch - made > period]
    return now, lost


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Commits of several epochs; what holds for each was tried on a running chain."""
    for period in PERIODS:
        (opens,) = window(period)
        for since in reveals(period):
            epoch = int(rng.integers(20, 90))
            state = "too early" if since < opens else "now" if since == opens else "lost"
            yield _case([("0xa1", epoch - since)], epoch, period, opens, f"made {since} epochs ago: {state}")
        epoch = int(rng.integers(20, 90))
        many = [(f"0x{number}", epoch - since) for number, since in enumerate((3, 2, 2, 1, 1, 0))]
        yield _case(many, epoch, period, opens, "six commits of four epochs")
        yield _case([], epoch, period, opens, "there are no commits")


def _case(commits: list[tuple[str, int]], epoch: int, period: int, opens: int, about: str) -> Case:
    now = [commit for commit, made in commits if epoch - made == opens]
    lost = [commit for commit, made in commits if epoch - made > opens]
    given = {"commits": commits, "epoch": epoch, "period": period}
    return Case(given, f"RevealPeriodEpochs is {period}; {about}", expected={"now": now, "lost": lost})


def read(result: Any, case: Case) -> Values:
    """Two lists of hashes."""
    lists = isinstance(result, (tuple, list)) and all(isinstance(part, (list, tuple, np.ndarray)) for part in result)
    if not lists or len(result) != 2:
        raise AnswerError("Your function should return 2 lists of hashes, as in `return now, lost`.")
    for part in result:
        for commit in part:
            if not isinstance(commit, str):
                raise AnswerError(f"{commit!r} is in one of your lists; they should hold hashes, as they came.")
    now, lost = ([str(commit) for commit in part] for part in result)
    return {"now": now, "lost": lost}


DUE, OVER = "epoch - made == period", "epoch - made > period"
LOST = f"[commit for commit, made in commits if {OVER}]"

EXERCISE = Exercise(
    id="05.6",
    title="Open it in the right epoch",
    solution=to_reveal,
    reference=ours.to_reveal,
    cases=cases,
    read=read,
    look="How many epochs ago was each commit of the case below made, and in how many is it opened?",
    unlocks="All six parts are there. Put them in below: they are a whole validator.",
    wrong_answers=(
        Edit(
            "revealed at once",
            {DUE: "epoch == made", OVER: "epoch > made"},
            "You reveal in the epoch of the commit. Then everybody could have waited for your weights, and copied "
            "them: the chain says `RevealTooEarly`.",
        ),
        Edit(
            "one epoch too early",
            {DUE: "epoch - made == period - 1", OVER: "epoch - made >= period"},
            "You reveal one epoch too early: the chain says `RevealTooEarly`. A commit of epoch 30 with a period of 1 "
            "is revealed in epoch 31.",
        ),
        Edit(
            "one epoch too late",
            {DUE: "epoch - made == period + 1", OVER: "epoch - made > period + 1"},
            "You reveal one epoch too late: the commit has expired by then, and all its weights are lost.",
        ),
        Edit(
            "always in the next epoch",
            {DUE: "epoch - made == 1", OVER: "epoch - made > 1"},
            "You always reveal one epoch later. How many epochs lie between is the subnet's choice.",
        ),
        Edit(
            "from then on",
            {DUE: "epoch - made >= period", LOST: "[]"},
            "You go on revealing after the epoch is over. A commit is open for one epoch only; later the chain "
            "refuses, and it belongs into `lost`.",
        ),
        Edit(
            "lost, and revealed all the same",
            {DUE: "epoch - made >= period"},
            "Commits whose epoch is over are in both of your lists. The chain takes each in one epoch only.",
        ),
        Edit(
            "nothing is ever lost",
            {LOST: "[]"},
            "You never give up a commit. Those whose epoch is over stay in your memory for ever, and can never be "
            "revealed.",
        ),
        Edit(
            "not yet is lost",
            {OVER: "epoch - made != period"},
            "You give up commits whose epoch is still to come. Lost is only what is too old.",
        ),
        Edit(
            "due is lost",
            {OVER: "epoch - made >= period"},
            "You give up a commit in the very epoch in which it is revealed: it is in both of your lists.",
        ),
        Edit(
            "one at a time",
            {"return now, lost": "return now[:1], lost"},
            "You reveal only one commit. Several of one epoch are due together, and the others would be lost.",
        ),
        Edit(
            "the lists swapped",
            {"return now, lost": "return lost, now"},
            "Your two lists have changed places: the first one is what to reveal now.",
        ),
    ),
)
