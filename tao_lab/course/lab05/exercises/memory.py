"""05.2: a memory of miners that forgets the right things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab05 import reference as ours
from tao_lab.course.lab05.cases import memory_rounds, number
from tao_lab.errors import a_kind
from tao_lab.vectors import AnswerError


def remember(memory, scores, seats, alpha):
    """Every miner's average after a round.

    memory  dict   hotkey: [uid, registered_at, average], as you returned it last time
    scores  dict   hotkey: score of this round, 0 to 1; only of those who were asked
    seats   dict   hotkey: (uid, registered_at) of every miner on the subnet now
    alpha   float  part of the newest score in the average

    Returns a new dict like `memory`, with everybody in `seats` and nobody else.

    >>> remember({"Ann": [1, 5, 0.5]}, {"Ann": 1.0}, {"Ann": (1, 5), "Bob": (2, 6)}, 0.5)
    {'Ann': [1, 5, 0.75], 'Bob': [2, 6, 0.0]}
    """
    after = {}
    for hotkey, (uid, registered_at) in seats.items():
        average = 0.0
        if hotkey in memory and memory[hotkey][1] == registered_at:
            average = memory[hotkey][2]
        if hotkey in scores:
            average = alpha * scores[hotkey] + (1 - alpha) * average
        after[hotkey] = [uid, registered_at, average]
    return after


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """A history of three miners and those who come after them, at two speeds, as the library's validator saw it."""
    for alpha in (0.2, 0.7):
        for one in memory_rounds(rng, alpha):
            given = {"memory": one.memory, "scores": one.scores, "seats": one.seats, "alpha": alpha}
            yield Case(given, f"{one.about}; alpha is {alpha}", expected=_values(one.after))


def read(result: Any, case: Case) -> Values:
    """Seat and average by hotkey."""
    if not isinstance(result, Mapping):
        raise AnswerError(f"`memory` is {a_kind(result)}; it should be a dict, hotkey to a list of three.")
    for hotkey, entry in result.items():
        if not isinstance(entry, (list, tuple, np.ndarray)) or len(entry) != 3:
            raise AnswerError(f"`memory[{hotkey!r}]` is {entry!r}; it should be [uid, registered_at, average].")
    return _values(result)


def _values(memory: Mapping[str, Sequence[Any]]) -> Values:
    """The values to compare: first the list of miners, because a wrong list explains wrong averages."""
    names = sorted(memory)
    return {
        "hotkeys": " ".join(names),
        "seats": [[int(memory[name][0]), int(memory[name][1])] for name in names],
        "averages": {name: number(f"memory[{name!r}][2]", memory[name][2]) for name in names},
    }


EXERCISE = Exercise(
    id="05.2",
    title="A memory that forgets the right things",
    solution=remember,
    reference=ours.remember,
    cases=cases,
    read=read,
    look="Take one miner of the case below: was it there before, is it the same registration, was it asked?",
    unlocks="One lucky answer makes nobody rich, and nobody inherits a score. Next: make it fit into 16 bits.",
    wrong_answers=(
        Edit(
            "averages of UIDs",
            {
                "        if hotkey in memory and memory[hotkey][1] == registered_at:\n"
                "            average = memory[hotkey][2]\n": "        for seat in memory.values():\n"
                "            if seat[0] == uid:\n"
                "                average = seat[2]\n"
            },
            "You remember by UID. A UID is a seat: when Bob was deregistered, Dan sat down on it and got Bob's average "
            "as a present. Who is it, and where does it only sit?",
        ),
        Edit(
            "registration not compared",
            {" and memory[hotkey][1] == registered_at": ""},
            "Cid was deregistered and came back, and still has the old average. Anyone who registers again starts "
            "over: what tells you that it is a new registration?",
        ),
        Edit(
            "the same UID wanted",
            {"memory[hotkey][1] == registered_at": "memory[hotkey][0] == uid"},
            "You ask whether the miner still has the same UID. UIDs move when a subnet is made smaller, and a miner "
            "that comes back can get its old one: something else says since when it is there.",
        ),
        Edit(
            "average that starts with the first score",
            {
                "        if hotkey in scores:\n": "        if hotkey in scores and average == 0:\n"
                "            average = scores[hotkey]\n"
                "        elif hotkey in scores:\n"
            },
            "You take a newcomer's first score as its average. Then one lucky answer is worth as much as a month of "
            "good ones, and whoever falls registers again. A newcomer starts at 0 and climbs by `alpha`.",
        ),
        Edit(
            "not asked counts as zero",
            {
                "        if hotkey in scores:\n            average = alpha * scores[hotkey]": "        average = alpha "
                "* scores.get(hotkey, 0.0)"
            },
            "The average of a miner falls in rounds in which you did not ask it. It did nothing wrong: an average "
            "moves only by a score.",
        ),
        Edit(
            "alpha on the old",
            {"alpha * scores[hotkey] + (1 - alpha) * average": "(1 - alpha) * scores[hotkey] + alpha * average"},
            "You weigh the old average with `alpha` and the newest score with 1 − alpha. `alpha` is the part of the "
            "*new* score. At one half you would not see the difference.",
        ),
        Edit(
            "the old average not reduced",
            {"(1 - alpha) * average": "average"},
            "You add a part of the new score and keep all of the old average: after some rounds it is above 1. What "
            "part of the old one is left?",
        ),
        Edit(
            "the last score alone",
            {"alpha * scores[hotkey] + (1 - alpha) * average": "scores[hotkey]"},
            "You remember only the last score. Then pay jumps with every task. Move the average by a part of the way, "
            "from the old value towards the score.",
        ),
        Edit(
            "the plain mean of old and new",
            {"alpha * scores[hotkey] + (1 - alpha) * average": "(scores[hotkey] + average) / 2"},
            "You take the middle of the old average and the new score, whatever `alpha` is. How far the average moves "
            "is the validator's choice.",
        ),
        Edit(
            "the gone are kept",
            {"    after = {}\n": "    after = {hotkey: list(entry) for hotkey, entry in memory.items()}\n"},
            "Your memory keeps hotkeys that are no longer on the subnet. They have no UID that a weight could go to. "
            "Who belongs in the result?",
        ),
        Edit(
            "only those who were asked",
            {"        after[hotkey] =": "        if hotkey in scores:\n            after[hotkey] ="},
            "Whoever was not asked in this round is gone from your memory. Everybody in `seats` has a place in it, "
            "newcomers with an average of 0.",
        ),
        Edit(
            "a score of 0 is not a score",
            {"if hotkey in scores:": "if scores.get(hotkey):"},
            "A score of 0 leaves your average as it is. Whoever was asked and answered nothing good has a score, "
            "and 0 to Python is like nothing: what do you ask of `scores`?",
        ),
    ),
)
