"""03.4: read a metagraph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values, read_values
from tao_lab.course.lab03 import reference as ours
from tao_lab.course.lab03.cases import Rng, read_number
from tao_lab.errors import a_kind
from tao_lab.units import U16_MAX
from tao_lab.vectors import AnswerError


def read_metagraph(
    stake, validator_permit, validator_trust, last_update, registered_at, block, activity_cutoff, immunity_period
):
    """Who votes on a subnet, who stands apart, who is loudest, who is safe.

    stake             (n,)  of each UID
    validator_permit  (n,)  True or False
    validator_trust   (n,)  u16
    last_update       (n,)  block of its last weights
    registered_at     (n,)  block in which it took its seat
    block             int   now
    activity_cutoff   int   blocks
    immunity_period   int   blocks

    Returns validators (UIDs), outsider (a UID), voice (a share of 1), immune (UIDs).

    >>> stake, permit, trust = np.array([10, 30, 60]), np.array([True, True, False]), np.array([9, 5, 0])
    >>> print(*read_metagraph(stake, permit, trust, np.array([90, 80, 95]), np.array([3, 4, 5]), 100, 20, 96))
    [0 1] 1 0.75 [2]
    """
    validators = np.flatnonzero(validator_permit & (last_update + activity_cutoff >= block))
    outsider = validators[validator_trust[validators].argmin()]
    voice = stake[validators].max() / stake[validators].sum()
    immune = np.flatnonzero(block - registered_at < immunity_period)
    return validators, outsider, voice, immune


def cases(rng: Rng) -> Iterator[Case]:
    """Three subnets to do by hand; then silent validators, stake without a permit, seats at the end of immunity."""
    for about, columns, found in (
        ("3 UIDs, two vote", ([10, 30, 60], [1, 1, 0], [9, 5, 0], [90, 80, 95], [3, 4, 5]), ([0, 1], 1, 0.75, [2])),
        (
            "3 UIDs, one is silent",
            ([90, 10, 30], [1, 1, 1], [2, 9, 5], [79, 80, 99], [4, 60, 4]),
            ([1, 2], 2, 0.75, [1]),
        ),
        ("3 UIDs, one votes", ([50, 20, 30], [0, 1, 0], [0, 7, 0], [99, 99, 99], [1, 5, 2]), ([1], 1, 1.0, [1])),
        (
            "3 UIDs, nobody is immune",
            ([60, 25, 75], [0, 1, 1], [0, 3, 8], [85, 80, 81], [1, 4, 2]),
            ([1, 2], 1, 0.75, []),
        ),
    ):
        names = ("stake", "validator_permit", "validator_trust", "last_update", "registered_at")
        given = {name: np.array(column) for name, column in zip(names, columns, strict=True)}
        given["validator_permit"] = given["validator_permit"] > 0
        limits = {"block": 100, "activity_cutoff": 20, "immunity_period": 96}
        answers = dict(zip(("validators", "outsider", "voice", "immune"), found, strict=True))
        yield Case({**given, **limits}, about, expected=answers)
    for n in (6, 8, 12, 40):
        block, cutoff, immunity = int(rng.integers(50_000, 60_000)), 5_000, 4_096
        permit = np.arange(n) < n // 2
        rng.shuffle(permit)
        seats = np.flatnonzero(permit)
        last_update = block - rng.integers(0, 9_000, n)
        last_update[seats[0]], last_update[seats[1]] = block - cutoff, block - cutoff - 1
        registered_at = block - rng.integers(1, 9_000, n)
        registered_at[:2] = block - immunity, block - immunity + 1
        stake = np.where(permit, rng.integers(500, 9_000, n), rng.integers(0, 900, n)).astype(float)
        stake[seats[1]], stake[np.flatnonzero(~permit)[0]] = 20_000, 12_000
        trust = np.where(permit, rng.integers(20_000, U16_MAX, n), 0)
        trust[seats[1]] = 9
        arguments = {
            "stake": stake,
            "validator_permit": permit,
            "validator_trust": trust,
            "last_update": last_update,
            "registered_at": registered_at,
            "block": block,
            "activity_cutoff": cutoff,
            "immunity_period": immunity,
        }
        yield Case(arguments, f"{n} UIDs, {int(permit.sum())} with a permit, one of them silent for too long")


def read(result: Any, case: Case) -> Values:
    """Two lists of UIDs in any order, a UID, and a share."""
    if not isinstance(result, (tuple, list)) or len(result) != 4:
        wanted = "`return validators, outsider, voice, immune`"
        raise AnswerError(f"Your function should return four values, as in {wanted}.")
    validators, outsider, voice, immune = result
    return {
        "validators": _uids("validators", validators),
        **read_values(outsider=int)(outsider, case),
        "voice": read_number("voice", voice),
        "immune": _uids("immune", immune),
    }


def _uids(name: str, value: Any) -> list[int]:
    values = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(values, (list, tuple, set, frozenset, range)):
        raise AnswerError(f"`{name}` is {a_kind(value)}; it should be a list of UIDs.")
    if any(isinstance(uid, bool) for uid in values):
        raise AnswerError(f"`{name}` holds True and False; it should hold UIDs: `np.flatnonzero` gives them.")
    if not all(isinstance(uid, (int, np.integer)) for uid in values):
        raise AnswerError(f"`{name}` should hold UIDs, whole numbers.")
    return sorted(int(uid) for uid in values)


EXERCISE = Exercise(
    id="03.4",
    title="Read a metagraph",
    solution=read_metagraph,
    reference=ours.read_metagraph,
    cases=cases,
    read=read,
    look="Begin with who votes: the next two answers are about those alone.",
    unlocks="You read what every explorer of this network shows. Next: the way to a seat that burns no TAO.",
    wrong_answers=(
        Edit(
            "silence is forgiven",
            {"validator_permit & (last_update + activity_cutoff >= block)": "validator_permit"},
            "You count everybody with a permit. How long may somebody be silent and still vote?",
        ),
        Edit(
            "no permit needed",
            {"validator_permit & (last_update + activity_cutoff >= block)": "last_update + activity_cutoff >= block"},
            "You count everybody who is active. Miners are active too: what else does a vote need?",
        ),
        Edit(
            "silent one block too early",
            {"activity_cutoff >= block": "activity_cutoff > block"},
            "You are off by one block: does somebody count who set weights exactly `activity_cutoff` blocks ago?",
        ),
        Edit(
            "a miner is the outsider",
            {"validators[validator_trust[validators].argmin()]": "validator_trust.argmin()"},
            "You take the lowest trust of all UIDs. Miners have none, since they set no weights: among whom should you "
            "look?",
        ),
        Edit(
            "a place in place of a UID",
            {"validators[validator_trust[validators].argmin()]": "validator_trust[validators].argmin()"},
            "Your outsider is a place in the list of those that vote. Whose UID stands in that place?",
        ),
        Edit(
            "the most trusted",
            {"argmin": "argmax"},
            "Your outsider is the validator that the majority trusts most.",
        ),
        Edit(
            "voice among all stake",
            {"stake[validators].max() / stake[validators].sum()": "stake.max() / stake.sum()"},
            "You ask for the largest stake of all. Whose stake counts as a voice?",
        ),
        Edit(
            "a part of everybody's stake",
            {"stake[validators].sum()": "stake.sum()"},
            "You divide by the stake of everybody. Whose stake counts as a voice?",
        ),
        Edit(
            "voice as stake",
            {"stake[validators].max() / stake[validators].sum()": "stake[validators].max()"},
            "Your voice is an amount of stake. Which part of the whole is it?",
        ),
        Edit(
            "voice in per cent",
            {"stake[validators].max() /": "100 * stake[validators].max() /"},
            "Your voice is in per cent. The task asks for a share of 1.",
        ),
        Edit(
            "immunity by the age of the chain",
            {"block - registered_at < immunity_period": "registered_at < immunity_period"},
            "You compare the block of registration itself with the period. How long ago was that?",
        ),
        Edit(
            "immune one block too long",
            {"registered_at < immunity_period": "registered_at <= immunity_period"},
            "You are off by one block: is somebody still immune who came exactly `immunity_period` blocks ago?",
        ),
        Edit(
            "those that are not immune",
            {"registered_at < immunity_period": "registered_at >= immunity_period"},
            "Your last answer names those whose immunity is over.",
        ),
        Edit(
            "immunity since the last weights",
            {"block - registered_at": "block - last_update"},
            "You count from the last weights. Immunity begins when somebody takes a seat.",
        ),
        Edit(
            "least stake instead of least trust",
            {"validators[validator_trust[validators].argmin()]": "validators[stake[validators].argmin()]"},
            "Your outsider is the one with the least stake. The task asks whom the majority trusts least.",
        ),
        Edit(
            "mean voice",
            {"stake[validators].max() /": "stake[validators].mean() /"},
            "Your voice is that of a validator of middle size. The task asks for the largest of them.",
        ),
        Edit(
            "immune among those that vote",
            {
                "immune = np.flatnonzero(block - registered_at < immunity_period)": (
                    "immune = validators[block - registered_at[validators] < immunity_period]"
                )
            },
            "You look for the immune among those that vote. Everybody has a seat, miners too.",
        ),
        Edit(
            "immunity by a block beyond the period",
            {"block - registered_at < immunity_period": "registered_at > immunity_period"},
            "You compare the block of a registration with a number of blocks, so that nearly everybody is immune. "
            "One is a point in time, the other a length: how long ago was the registration?",
        ),
    ),
)
