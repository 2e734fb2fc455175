"""03.3: whose seats newcomers get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values, read_values
from tao_lab.course.lab03 import reference as ours
from tao_lab.course.lab03.cases import Rng
from tao_lab.errors import a_kind
from tao_lab.vectors import AnswerError

NOW, PERIOD = 9_000, 100  # a block, and blocks of immunity


def seats_given(emission, registered_at, owner, arrivals, immunity_period, min_non_immune):
    """Whose seats newcomers get, one after another, on a subnet where all are taken.

    emission         list of int  rao of alpha that each UID earned in the last epoch
    registered_at    list of int  block in which each took its seat
    owner            int          UID that is never replaced
    arrivals         list of int  block in which each newcomer comes, in order; no epoch is between them
    immunity_period  int          blocks
    min_non_immune   int          how many seats without immunity must be left

    Returns a list with the UID that each newcomer gets, or None where nobody can go.

    >>> seats_given([0, 5, 3], [1, 1, 1], 0, [50, 51], 10, 0)
    [2, 1]
    """
    emission, registered_at = list(emission), list(registered_at)
    given = []
    for block in arrivals:
        others = [uid for uid in range(len(emission)) if uid != owner]
        immune = [uid for uid in others if block - registered_at[uid] < immunity_period]
        free = [uid for uid in others if uid not in immune]
        candidates = free if len(free) > min_non_immune else immune
        goes = min(candidates, key=lambda uid: (emission[uid], registered_at[uid], uid), default=None)
        if goes is not None:
            emission[goes], registered_at[goes] = 0, block
        given.append(goes)
    return given


def cases(rng: Rng) -> Iterator[Case]:
    """One newcomer, then several; enough without immunity, just too few, none; ties in emission and in age."""
    yield _case([0, 7, 4, 9], [10, 20, 30, 40], 0, [NOW], 1, "4 seats, nobody immune")
    yield _case([0, 3, 1, 2], [10, 50, NOW - PERIOD, NOW - PERIOD + 1], 0, [NOW], 1, "one registered just a period ago")
    yield _case([0, 5, 5, 5], [10, 30, 20, 20], 0, [NOW], 1, "the same emission, two of the same age")
    yield _case([0, 5, 4, 1], [10, 20, 30, NOW - 5], 0, [NOW], 2, "as many without immunity as must be left")
    yield _case([0, 5, 4, 1], [NOW - 5, 20, 30, NOW - 5], 0, [NOW], 2, "the same, and the owner is new")
    yield _case([0, 5], [10, 20], 0, [NOW], 1, "too few without immunity, and nobody immune")
    yield _case([5], [10], 0, [NOW, NOW + 1], 0, "the owner alone")
    yield _case([9, 4, 0, 8], [10, 20, 30, 40], 2, [NOW, NOW + 1, NOW + 2], 0, "the owner sits on UID 2")
    yield _case([0, 8, 4, 9], [10, 20, 30, 40], 0, [NOW, NOW + PERIOD - 1], 0, "the first newcomer is still immune")
    yield _case([0, 8, 4, 9], [10, 20, 30, 40], 0, [NOW, NOW + PERIOD], 0, "the first newcomer is just not immune")
    yield _case([0, 8, 4, 9], [10, 20, 30, 40], 0, [NOW, NOW, NOW], 2, "three newcomers in one block")
    yield _case([0, 0, 4, 0], [10, 20, NOW - 1, NOW - 2], 0, [NOW, NOW + 1], 5, "all that are left are immune")
    yield _case([0, 1, 2], [10, 20, 30], 0, [], 0, "nobody comes")
    for n in (6, 9, 16):
        for least in (1, n // 2):
            emission = rng.integers(0, 6, n).tolist()
            since = (NOW - rng.integers(1, 2 * PERIOD, n)).tolist()
            owner = int(rng.integers(n))
            arrivals = np.sort(NOW + rng.integers(0, 2 * PERIOD, n)).tolist()
            yield _case(emission, since, owner, arrivals, least, f"{n} seats, {n} newcomers, least {least}")


def _case(
    emission: Sequence[int], since: Sequence[int], owner: int, arrivals: Sequence[int], least: int, about: str
) -> Case:
    arguments = {"emission": list(emission), "registered_at": list(since), "owner": owner, "arrivals": list(arrivals)}
    return Case({**arguments, "immunity_period": PERIOD, "min_non_immune": least}, about)


def read(result: Any, case: Case) -> Values:
    """A UID or None for each newcomer."""
    count = len(case.arguments["arrivals"])
    found = result.tolist() if isinstance(result, np.ndarray) else result
    if not isinstance(found, (list, tuple)):
        raise AnswerError(f"`given` is {a_kind(result)}; it should be a list with a UID for each newcomer.")
    if len(found) != count:
        raise AnswerError(f"`given` has {len(found)} entries for {count} newcomers; one who gets no seat counts too.")
    kind = int | None
    return {f"newcomer {number}": read_values(uid=kind)(uid, case)["uid"] for number, uid in enumerate(found, start=1)}


EXERCISE = Exercise(
    id="03.3",
    title="Who has to go",
    solution=seats_given,
    reference=ours.seats_given,
    cases=cases,
    read=read,
    look="Follow the first newcomer that gets another seat: who was immune in that block, and what had changed before?",
    unlocks="You can tell a miner how long it has to prove itself. Next: see it all in one table.",
    wrong_answers=(
        Edit(
            "immunity ignored",
            {"free if len(free) > min_non_immune else immune": "others"},
            "You look at emission alone, so somebody goes before it had time to earn. Who may go while enough others "
            "are left?",
        ),
        Edit(
            "immunity is for ever",
            {"free if len(free) > min_non_immune else immune": "free if len(free) > min_non_immune else []"},
            "You never take somebody who is immune. Who goes where too few are left without immunity?",
        ),
        Edit(
            "no least",
            {"free if len(free) > min_non_immune else immune": "free or immune"},
            "You take those without immunity to the last. `min_non_immune` of them must be left.",
        ),
        Edit(
            "the owner can be replaced",
            {" if uid != owner": ""},
            "Your rule lets the owner's own seat go.",
        ),
        Edit(
            "the owner is counted",
            {"len(free) >": "len(free) + (block - registered_at[owner] >= immunity_period) >"},
            "You count the owner among those without immunity. Can somebody who never goes be one that is left over?",
        ),
        Edit(
            "one too few stay",
            {"len(free) > min_non_immune": "len(free) >= min_non_immune"},
            "You are off by one: with exactly `min_non_immune` of them, how many would be left if one went?",
        ),
        Edit(
            "everybody instead",
            {"else immune": "else others"},
            "Where too few are without immunity, you choose among all. Which of them does the rule protect then?",
        ),
        Edit(
            "immune one block too long",
            {"< immunity_period": "<= immunity_period"},
            "You are off by one block: is somebody still immune who came just `immunity_period` blocks ago?",
        ),
        Edit(
            "immune by the age of the chain",
            {"block - registered_at[uid] < immunity_period": "registered_at[uid] < immunity_period"},
            "You compare the block of registration itself with the period. How long ago was that?",
        ),
        Edit(
            "immunity as it was at the first arrival",
            {"block - registered_at[uid] < immunity_period": "arrivals[0] - registered_at[uid] < immunity_period"},
            "You ask once who is immune, when the first newcomer comes. By the time the last one comes, immunity of "
            "some is over.",
        ),
        Edit(
            "newcomers leave no trace",
            {"        if goes is not None:\n            emission[goes], registered_at[goes] = 0, block\n": ""},
            "You give one seat again and again. Who sits there after the first newcomer, and since when?",
        ),
        Edit(
            "the newcomer inherits the emission",
            {"emission[goes], registered_at[goes] = 0, block": "registered_at[goes] = block"},
            "Your newcomer inherits what the one before it earned. What has somebody earned who has just come?",
        ),
        Edit(
            "the newcomer inherits the age",
            {"emission[goes], registered_at[goes] = 0, block": "emission[goes] = 0"},
            "Your newcomer is as old as the one before it, so it is not immune, and goes next.",
        ),
        Edit(
            "no two newcomers on one seat",
            {"if uid != owner": "if uid != owner and uid not in given"},
            "You never give one seat twice. A newcomer is replaced like anybody else: when its immunity is over, or "
            "when only the immune are left.",
        ),
        Edit(
            "ties to the lowest UID",
            {"(emission[uid], registered_at[uid], uid)": "(emission[uid], uid)"},
            "Among equal emissions you take the lowest UID. What decides before that?",
        ),
        Edit(
            "ties to the youngest",
            {"(emission[uid], registered_at[uid], uid)": "(emission[uid], -registered_at[uid], uid)"},
            "Among equal emissions you take the newest. Which of them has had more time to earn?",
        ),
        Edit(
            "the oldest goes",
            {"(emission[uid], registered_at[uid], uid)": "(registered_at[uid], uid)"},
            "You take the one that has been there longest. That decides only among equals: what comes first?",
        ),
        Edit(
            "the best goes",
            {"(emission[uid], registered_at[uid], uid)": "(-emission[uid], registered_at[uid], uid)"},
            "You take the one that earns most.",
        ),
    ),
)
