"""00.1: who does what on a subnet, a quiz; its hints help to think and never name the right role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values, read_values
from tao_lab.course.lab00 import roles
from tao_lab.course.lab00.roles import CREATOR, MINER, ROLES, STAKER, STATEMENTS, VALIDATOR
from tao_lab.vectors import AnswerError


def role_of(statement):
    """Who is it?

    statement  str  a letter, "a" to "h"

    Returns "miner", "validator", "subnet creator" or "staker".
    """
    role = {
        "a": "miner",
        "b": "validator",
        "c": "validator",
        "d": "subnet creator",
        "e": "subnet creator",
        "f": "staker",
        "g": "miner",
        "h": "staker",
    }
    return role[statement]


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Each statement once, in a random order."""
    for letter in rng.permutation(list(STATEMENTS)):
        words, _, _ = STATEMENTS[str(letter)]
        yield Case({"statement": str(letter)}, f"`{letter}`, somebody who {words}")


def read(result: Any, case: Case) -> Values:
    """One of the four roles; a short name or capitals do not matter."""
    role = read_values(role=str)(result, case)["role"].strip().lower()
    role = CREATOR if role == "creator" else role
    if role not in ROLES:
        raise AnswerError(f"`role` is {role!r}; it should be one of {', '.join(map(repr, ROLES))}.")
    return {"role": role}


# What to think about, for any wrong role; no text names a role.
THINK = {
    "a": "Who needs a good model, and who only needs to know whether its answer was good?",
    "b": "Nobody learns anything from such an answer, but something about the one who gave it. Who wants to know that?",
    "c": "A weight is an opinion of somebody's work. Who has tested that work, and has nothing to gain from praise?",
    "d": "This was settled before anybody worked or judged here. Who was there first?",
    "e": "This is paid once, before there is anybody to ask, to judge or to stand behind. Who begins?",
    "f": "Nothing comes from there but tokens, which stay the lender's. Which of the four needs no computer?",
    "g": "An address is for those who want to be asked. Who asks, and who waits for questions?",
    "h": "Only the owner of tokens can move them. Whose are those on a hotkey that was lent some?",
}


def _said(letter: str, role: str) -> dict[str, str]:
    return {f'"{letter}": "{STATEMENTS[letter][1]}"': f'"{letter}": "{role}"'}


def _confused(name: str, changes: dict[str, str], hint: str) -> Edit:
    said = [_said(letter, role) for letter, role in changes.items()]
    return Edit(name, {old: new for each in said for old, new in each.items()}, hint)


def _single() -> Iterator[Edit]:
    """One letter wrong; two of these at once are known as well."""
    for letter, (_, right, _) in STATEMENTS.items():
        for role in ROLES:
            if role != right:
                yield _confused(f"{letter} is a {role}", {letter: role}, f"`{letter}`, a {role}? {THINK[letter]}")


EXERCISE = Exercise(
    id="00.1",
    title="Who is who",
    solution=role_of,
    reference=roles.role_of,
    cases=cases,
    read=read,
    quiz=True,
    look="Think of the one below again: does it take work, a judgement, a decision, or tokens?",
    unlocks="You know who works, who judges, who decides and who pays in. Next: follow the money.",
    wrong_answers=(
        _confused(
            "miner and validator taken for each other",
            {"a": VALIDATOR, "g": VALIDATOR, "b": MINER, "c": MINER},
            "Two of your roles have changed places: those who do the work, and those who find out how good it is. (On "
            "Bitcoin, miners check the others' blocks. Here they do not.)",
        ),
        _confused(
            "stakers are validators",
            {"f": VALIDATOR, "h": VALIDATOR},
            "In your answer nobody only lends tokens: whoever asks and scores also owns all that stands behind it. "
            "Which two statements can hold for somebody who runs no program?",
        ),
        _confused(
            "creators and stakers mixed up",
            {"d": STAKER, "e": STAKER, "f": CREATOR, "h": CREATOR},
            "You mix up two kinds of people who put tokens in. One kind opens a subnet and decides what it is for, the "
            "other stands behind somebody's key.",
        ),
        _confused(
            "the creator does everything",
            {"b": CREATOR, "c": CREATOR, "f": CREATOR},
            "You give one of the roles more than it does. To open a market, one need not judge what is sold there, nor "
            "lend anybody tokens.",
        ),
        *_single(),
    ),
)
