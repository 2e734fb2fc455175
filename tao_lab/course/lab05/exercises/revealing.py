"""05.6: which envelopes to open, and which are lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values, WrongAnswer
from tao_lab.course.lab05 import reference as ours
from tao_lab.vectors import AnswerError


def to_reveal(commits, epoch, period):
    """Which envelopes to open now.

    commits  list of (hash, epoch in which it was committed)
    epoch    int, now
    period   int, RevealPeriodEpochs of the subnet

    Returns now (list of hashes), lost (list of hashes that can never be revealed any more). `now` is in the order of
    `commits`: with the one that it opens, the chain drops all that were made before.

    >>> to_reveal([("0xa", 30), ("0xb", 31), ("0xc", 32)], 32, 1)
    (['0xb'], ['0xa'])
    """
    now = [commit for commit, made in commits if epoch - made == period]
    lost = [commit for commit, made in commits if epoch - made > period]
    return now, lost


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Commits of several epochs; a test tries on a running chain in which epoch each may be opened."""
    for period, opens in OPENS.items():
        for since in range(2 * period + 3):
            epoch = int(rng.integers(20, 90))
            state = "too early" if since < opens else "now" if since == opens else "lost"
            yield _case([("0xa1", epoch - since)], epoch, period, opens, f"made {since} epochs ago: {state}")
        epoch = int(rng.integers(20, 90))
        many = [(f"0x{number}", epoch - since) for number, since in zip((7, 5, 9, 4, 8, 1), (3, 2, 2, 1, 1, 0))]
        yield _case(many, epoch, period, opens, "six commits of four epochs")
        three = [(name, epoch - period) for name in ("0xc", "0xa", "0xb")]
        yield _case(three, epoch, period, opens, "three commits of one epoch, all due")
        old = [("0xf", 0), ("0xe", period), ("0xd", 2 * period + 1)]
        yield _case(old, 2 * period + 1, period, opens, "three commits when the subnet was young")
        yield _case([], epoch, period, opens, "there are no commits")


OPENS = {1: 1, 2: 2, 3: 3, 5: 5}  # RevealPeriodEpochs, and the epochs between a commit and its reveal


def _case(commits: list[tuple[str, int]], epoch: int, period: int, opens: int, about: str) -> Case:
    now = [commit for commit, made in commits if epoch - made == opens]
    lost = [commit for commit, made in commits if epoch - made > opens]
    given = {"commits": commits, "epoch": epoch, "period": period}
    return Case(given, f"RevealPeriodEpochs is {period}; {about}", expected={"now": now, "lost": sorted(lost)})


def read(result: Any, case: Case) -> Values:
    """Two lists of hashes; the order of those that are lost does not matter."""
    lists = isinstance(result, (tuple, list)) and all(isinstance(part, (list, tuple, np.ndarray)) for part in result)
    if not lists or len(result) != 2:
        raise AnswerError("Your function should return 2 lists of hashes, as in `return now, lost`.")
    for part in result:
        for commit in part:
            if not isinstance(commit, str):
                raise AnswerError(f"{commit!r} is in one of your lists; they should hold hashes, as they came.")
    now, lost = ([str(commit) for commit in part] for part in result)
    return {"now": now, "lost": sorted(lost)}


def _first_alone(commits: list[tuple[str, int]], epoch: int, period: int) -> tuple[list[str], list[str]]:
    for commit, made in commits:
        if epoch - made == period:
            return [commit], []
        if epoch - made > period:
            return [], [commit]
    return [], []


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
        Edit(
            "newest first",
            {"return now, lost": "return now[::-1], lost"},
            "You open the newest commit first. The chain then drops all that were made before it: which comes first?",
        ),
        Edit(
            "sorted by their hashes",
            {"return now, lost": "return sorted(now), lost"},
            "You sort by hash, which is chance. The chain drops all that were made before the one that it opens: in "
            "which order did they come?",
        ),
        Edit(
            "one for each epoch",
            {"    now = ": "    commits = list({commit[1]: commit for commit in commits}.values())\n    now = "},
            "You keep one commit for each epoch, the last. A dict with epochs as keys has room for one: several may be "
            "made in the same epoch.",
        ),
        Edit(
            "the last one only",
            {"return now, lost": "return now[-1:], lost"},
            "Of several commits that are due you open only the newest. The others would be lost: the chain takes all "
            "of them, one after the other.",
        ),
        Edit(
            "the earlier ones given up",
            {"return now, lost": "return now[-1:], lost + now[:-1]"},
            "You give up all commits that are due but the newest. All of one epoch may be opened.",
        ),
        Edit(
            "open for as many epochs",
            {DUE: "period <= epoch - made < 2 * period", OVER: "epoch - made >= 2 * period"},
            "You go on opening a commit for as many epochs as it waited. However long it waits, it is open for one "
            "epoch only.",
        ),
        Edit(
            "every few epochs",
            {DUE: "epoch > made and (epoch - made) % period == 0"},
            "You open a commit again and again, once in `period` epochs. It is open once only.",
        ),
        Edit(
            "lost after twice the period",
            {OVER: "epoch - made > 2 * period"},
            "You give a commit up only after twice the period. Once its epoch is over, it is lost.",
        ),
        Edit(
            "lost in one epoch only",
            {OVER: "epoch - made == period + 1"},
            "You give a commit up in the one epoch after its own, and forget it later. It stays lost.",
        ),
        Edit(
            "turned round in time",
            {DUE: "made - epoch == period", OVER: "made - epoch > period"},
            "You take `epoch` away from the commit's. Which of the two is later?",
        ),
        Edit(
            "at any time until then",
            {DUE: "epoch - made <= period"},
            "You open commits whose epoch is still to come, too: the chain says `RevealTooEarly`.",
        ),
        Edit(
            "in each epoch until then",
            {DUE: "0 < epoch - made <= period"},
            "You open a commit in each epoch from the next one on until it is due. The chain says `RevealTooEarly` in "
            "all but one.",
        ),
        Edit(
            "periods taken for epochs",
            {DUE: "made == period", OVER: "made < period"},
            "You compare the epoch of a commit with `period`. One is a point in time, the other a length: which epoch "
            "is it now?",
        ),
        WrongAnswer(
            "the first one alone",
            "You look at one commit and return. A `return` in the loop ends it: collect first, return behind the loop.",
            _first_alone,
        ),
    ),
)
