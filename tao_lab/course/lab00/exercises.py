"""The two exercises of lab 00: who is who, and what a miner was paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Exercise, Values, read_values
from tao_lab.course.lab00 import mistakes, roles
from tao_lab.course.lab00.payouts import Past, paid
from tao_lab.course.lab00.roles import ROLES, STATEMENTS, role_of
from tao_lab.vectors import AnswerError

Rng = np.random.Generator


# --- 00.1 ---


def role_cases(rng: Rng) -> Iterator[Case]:
    """Each statement once, in an order of chance."""
    for letter in rng.permutation(list(STATEMENTS)):
        words, _, why = STATEMENTS[str(letter)]
        yield Case({"statement": str(letter)}, f"`{letter}`, who {words} ({why})")


def read_role(result: Any, case: Case) -> Values:
    """One of the four roles."""
    role = read_values(role=str)(result, case)["role"].strip().lower()
    if role not in ROLES:
        raise AnswerError(f"`role` is {role!r}; it should be one of {', '.join(map(repr, ROLES))}.")
    return {"role": role}


# --- 00.2 ---


def payout(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    """Reference of 00.2."""
    then, now = (past.get("SubtensorModule", "TotalHotkeyAlpha", hotkey, netuid) for past in (before, after))
    return int(now - then)


def payout_cases(rng: Rng) -> Iterator[Case]:
    """Each miner over one epoch, two over several, one over no epoch at all."""
    market = paid()
    net, heights = market.net, market.heights

    def case(miner: int, first: int, last: int, about: str) -> Case:
        arguments = {"before": Past(net, first), "after": Past(net, last)}
        return Case({**arguments, "netuid": market.netuid, "hotkey": market.miners[miner]}, f"miner {miner}, {about}")

    for miner in rng.permutation(len(market.miners)):
        yield case(int(miner), heights[-2], heights[-1], "over one epoch")
    yield case(0, heights[2], heights[-1], f"over {len(heights) - 3} epochs")
    yield case(1, heights[-2], heights[-1] - 1, "over blocks without an epoch: it is paid nothing")


EXERCISES = (
    Exercise(
        id="00.1",
        title="Who is who",
        name="role_of",
        reference=roles.role_of,
        cases=role_cases,
        read=read_role,
        wrong_answers=mistakes.ROLES,
        unlocks="You know who works, who judges, who decides and who pays in. Next: follow the money.",
    ),
    Exercise(
        id="00.2",
        title="Read a payout off the chain",
        name="payout",
        reference=payout,
        cases=payout_cases,
        read=read_values(rao=int),
        wrong_answers=mistakes.PAYOUT,
        unlocks="You read the chain yourself, and need to believe nobody about who was paid.",
        seconds=10,
    ),
)

__all__ = ["EXERCISES", "payout", "role_of"]
