"""05.3: weights in 16 bits, as many as the chain wants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tao_lab.consensus import max_upscale_to_u16
from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab05 import reference as ours
from tao_lab.units import U16_MAX
from tao_lab.vectors import AnswerError


def to_u16(weights, fewest):
    """Weights as the chain takes them.

    weights  dict  uid: weight, a float from 0 on, of any size
    fewest   int   how many weights a row has at least

    Returns uids (list of int), values (list of int, 1 to 65,535, the largest is 65,535).
    Where too few weights are above 0, further UIDs of `weights`, the first ones first, get 1, the smallest value.

    >>> to_u16({1: 0.5, 2: 0.0, 3: 1.0, 4: 0.0}, 3)
    ([1, 3, 2], [32768, 65535, 1])
    """
    if not any(weights.values()):
        return [], []
    top = max(weights.values())
    row = {}
    for uid, weight in weights.items():
        value = round(weight / top * 65_535)
        if value > 0:
            row[uid] = value
    for uid in weights:
        if len(row) < fewest and uid not in row:
            row[uid] = 1
    return list(row), [row[uid] for uid in row]


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Simple proportions, nothing at all, rows that are too short, very small and very large weights, many miners."""
    small = {1: 1.0, 2: 0.4 / U16_MAX, 3: 0.6 / U16_MAX}
    for weights, fewest, about in (
        ({1: 1.0, 2: 2.0, 3: 1.0}, 1, "three miners: 1, 2, 1"),
        ({4: 0.9, 5: 0.45, 6: 0.0}, 1, "one miner has earned nothing"),
        ({1: 0.0, 2: 0.0}, 1, "nobody has earned anything"),
        ({1: 0.0, 2: 0.0}, 2, "nobody has earned anything, and two weights are wanted"),
        ({}, 1, "there is nobody"),
        ({7: 1e-3}, 1, "one miner alone, with a small weight"),
        ({2: 5.0, 8: 0.0}, 2, "the last of two has earned nothing, and two weights are wanted"),
        ({7: 1e-3}, 3, "one miner alone, where three weights are wanted"),
        (small, 1, "two weights below one step of a u16"),
        (small, 3, "two weights below one step of a u16, and three are wanted"),
        ({1: 250.0, 2: 1_000.0, 3: 333.0}, 3, "weights above 1, exactly as many as are wanted"),
        ({1: 65_535.0, 2: 2.5, 3: 0.5, 4: 3.5}, 1, "weights that lie exactly between two numbers"),
        ({6: 1.0, 3: 40_001.4999 / U16_MAX, 2: 0.25}, 1, "a weight just below the middle of two numbers"),
        ({8: 0.0, 1: 1.0, 3: 0.5, 2: 0.0, 5: 0.0}, 3, "one weight is missing, and three could fill it up"),
        ({9: 0.0, 2: 0.0, 5: 1.0, 4: 0.0, 3: 0.25}, 4, "two have earned something, and four weights are wanted"),
    ):
        yield _case(weights, fewest, about)
    for count in (5, 64):
        scores = {uid: float(rng.uniform(0.01, 1)) for uid in range(count)}
        yield _case(scores, 4, f"{count} miners with random scores")


def _case(weights: dict[int, float], fewest: int, about: str) -> Case:
    return Case({"weights": weights, "fewest": fewest}, about)


def read(result: Any, case: Case) -> Values:
    """UIDs and values in the order of the UIDs, and what the chain makes of them."""
    if not isinstance(result, (tuple, list, np.ndarray)) or len(result) != 2:
        raise AnswerError("Your function should return 2 lists, as in `return uids, values`.")
    uids, values = ([*part] if isinstance(part, (list, tuple, np.ndarray)) else part for part in result)
    for name, numbers in (("uids", uids), ("values", values)):
        if not isinstance(numbers, list) or not all(isinstance(n, (int, np.integer)) for n in numbers):
            raise AnswerError(f"`{name}` should be a list of whole numbers (int): the chain knows no others.")
        wrong = next((n for n in numbers if not 0 <= n <= U16_MAX), None)
        if wrong is not None:
            raise AnswerError(f"`{name}` holds {wrong:,}, and a u16 goes from 0 to 65,535: no such call can be made.")
    if len(uids) != len(values):
        raise AnswerError(f"{len(uids)} `uids` and {len(values)} `values`: `WeightVecNotEqualSize` to the chain.")
    for uid in uids:
        if uids.count(uid) > 1:
            raise AnswerError(f"UID {uid} is in `uids` {uids.count(uid)} times: `DuplicateUids` to the chain.")
        if uid not in case.arguments["weights"]:
            raise AnswerError(f"UID {uid} is in `uids`, and not in `weights`: only those may be in the row.")
    pairs = sorted(zip(map(int, uids), map(int, values), strict=True))
    row = np.array([value for _, value in pairs], dtype=np.uint16)
    return {
        "uids": [uid for uid, _ in pairs],
        "values": row.tolist(),
        "stored": max_upscale_to_u16(row).tolist(),
    }


EXERCISE = Exercise(
    id="05.3",
    title="Weights in 16 bits",
    solution=to_u16,
    reference=ours.to_u16,
    cases=cases,
    read=read,
    look="What becomes 0 by rounding, and are there still enough weights without it?",
    unlocks="What you send is what the chain stores, to the last bit. Next: may you send it?",
    wrong_answers=(
        Edit(
            "truncated",
            {"round(weight / top * 65_535)": "int(weight / top * 65_535)"},
            "You cut off what is behind the point, so every weight comes out a little too small. The SDK rounds to the "
            "nearest.",
        ),
        Edit(
            "shares of 65,535",
            {"weight / top * 65_535": "weight / sum(weights.values()) * 65_535"},
            "You divide by the sum, so that all weights together are 65,535. The chain scales every row up until its "
            "largest is 65,535, and your rounded shares come out of that with errors: what should the largest be?",
        ),
        Edit(
            "times 65,536",
            {"top * 65_535": "top * 65_536"},
            "You multiply by 65,536 = 2¹⁶. The largest u16 is one less; your best weight does not fit into it.",
        ),
        Edit(
            "not scaled to the largest",
            {"weight / top * 65_535": "min(weight, 1) * 65_535"},
            "You multiply the weights by 65,535 as they are. They are of any size: only proportions count. Bring the "
            "largest to its place first.",
        ),
        Edit(
            "the least is zero",
            {
                "    row = {}\n": "    row = {}\n    least = min(weights.values()) if len(weights) > 1 else 0\n",
                "weight / top * 65_535": "(weight - least) / (top - least) * 65_535",
            },
            "You stretch the weights from the smallest to the largest. Proportions are lost: a miner with 0.45 beside "
            "one with 0.9 is worth half, not nothing. Subtract nothing.",
        ),
        Edit(
            "zeros kept",
            {"if value > 0": "if value >= 0"},
            "You send weights of 0. They say nothing, and each takes a place in the row: leave out what is 0, also "
            "what became 0 by rounding.",
        ),
        Edit(
            "zeros left out of the values only",
            {"return list(row),": "return list(weights),"},
            "You leave zeros out of `values`, but not out of `uids`, so the two lists no longer belong together. Leave "
            "out pairs.",
        ),
        Edit(
            "divided by a largest of zero",
            {"    if not any(weights.values()):\n        return [], []\n": ""},
            "When nobody has earned anything, the largest weight is 0, and you divide by it. There is nothing to say "
            "then: what does the docstring's shape of an empty answer look like?",
        ),
        Edit(
            "too few",
            {"        if len(row) < fewest and uid not in row:\n            row[uid] = 1\n": "        pass\n"},
            "You send fewer weights than `fewest`. The chain refuses such a row as a whole, and your good miners get "
            "nothing: who else can be in it, and with how little?",
        ),
        Edit(
            "nothing where there are too few",
            {
                "    for uid in weights:\n": "    if len(row) < fewest:\n"
                "        return [], []\n"
                "    for uid in weights:\n"
            },
            "You send nothing when too few miners have earned something. Then those who did are not paid. Fill the row "
            "up instead.",
        ),
        Edit(
            "everybody gets a little",
            {"if len(row) < fewest and uid not in row": "if uid not in row"},
            "You give everybody the smallest value who has earned nothing. Only as many as are missing from `fewest` "
            "should get it, and nobody where there are enough.",
        ),
        Edit(
            "filled up with the largest",
            {"row[uid] = 1": "row[uid] = 65_535"},
            "You fill the row up with 65,535: those who have earned nothing are paid like the best. They should get "
            "as little as a weight can be.",
        ),
        Edit(
            "filled up for nobody",
            {"        return [], []\n": "        return list(weights)[:fewest], [1] * len(list(weights)[:fewest])\n"},
            "Nobody has earned anything, and you still send weights: the chain would scale these up and pay those who "
            "happen to come first. Say nothing then.",
        ),
        Edit(
            "counted before rounding",
            {"if len(row) < fewest and": "if sum(weight > 0 for weight in weights.values()) < fewest and"},
            "You count the weights that are above 0 as floats. Some of these become 0 in 16 bits and are not sent, "
            "and whom you have just put in counts too: count what is in the row.",
        ),
        Edit(
            "halves always up",
            {"round(weight / top * 65_535)": "int(weight / top * 65_535 + 0.5)"},
            "Exactly between two numbers you always go up, so 2.5 becomes 3. Python's `round` goes to the even one of "
            "the two, as the SDK does.",
        ),
        Edit(
            "halves always down",
            {"round(weight / top * 65_535)": "-int(-(weight / top * 65_535 - 0.5) // 1)"},
            "Exactly between two numbers you always go down, so 3.5 becomes 3. Python's `round` goes to the even one "
            "of the two, as the SDK does.",
        ),
        Edit(
            "rounded up",
            {"round(weight / top * 65_535)": "-int(-(weight / top * 65_535) // 1)"},
            "You round every weight up, so that nothing above 0 is ever left out. The SDK rounds to the nearest.",
        ),
        Edit(
            "floats of 32 bits",
            {"round(weight / top * 65_535)": "int(np.round(np.float32(weight) / np.float32(top) * 65_535))"},
            "You compute with floats of 32 bits, which have room for seven digits. Python's own have 64 bits.",
        ),
        Edit(
            "zeros looked for before rounding",
            {"if value > 0": "if weight > 0"},
            "You leave out what is 0 before rounding. Some weights become 0 only in 16 bits, and have to go, too.",
        ),
        Edit(
            "ones left out",
            {"if value > 0": "if value > 1"},
            "You leave out values of 1. It is the smallest that the chain stores, and it counts.",
        ),
        Edit(
            "filled up from the end",
            {"    for uid in weights:\n": "    for uid in reversed(list(weights)):\n"},
            "You fill the row up with the last UIDs of `weights`. Whom does the recipe take first?",
        ),
        Edit(
            "filled up by UID",
            {"    for uid in weights:\n": "    for uid in sorted(weights):\n"},
            "You fill the row up in the order of the UIDs. `weights` has an order of its own: whom does it name first?",
        ),
        Edit(
            "filled up with zeros",
            {"row[uid] = 1": "row[uid] = 0"},
            "You fill the row up with zeros. The chain stores no 0: which is the smallest weight that it keeps?",
        ),
        Edit(
            "filled up with the smallest that is there",
            {"row[uid] = 1": "row[uid] = min(row.values())"},
            "You fill the row up with the smallest value that is already in it. That pays those who have earned "
            "nothing: which is the smallest value that a weight can have?",
        ),
        Edit(
            "filled up with all that are left",
            {
                "        if len(row) < fewest and uid not in row:\n": "        if short and uid not in row:\n",
                "    for uid in weights:\n": "    short = len(row) < fewest\n    for uid in weights:\n",
            },
            "Where some are missing you put in everybody who is left. How many are missing?",
        ),
        Edit(
            "one more than the fewest",
            {"len(row) < fewest": "len(row) <= fewest"},
            "You fill up one too many: a row of exactly `fewest` weights is long enough.",
        ),
        Edit(
            "one less than the fewest",
            {"len(row) < fewest": "len(row) < fewest - 1"},
            "You stop one too early: the chain refuses a row with one weight less than `fewest`.",
        ),
        Edit(
            "filled up with those who earned something",
            {"and uid not in row": "and uid not in row and weights[uid] > 0"},
            "You fill up only with those whose weight became 0 by rounding. Those who have earned nothing can be in "
            "the row, too: the chain wants a length.",
        ),
        Edit(
            "filled up with those who earned nothing",
            {"and uid not in row": "and weights[uid] == 0"},
            "You fill up only with those whose weight is 0. Those who have earned a little, and became 0 by "
            "rounding, are not in the row either.",
        ),
        Edit(
            "cut to the fewest",
            {"return list(row), [row[uid] for uid in row]": "return list(row)[:fewest], list(row.values())[:fewest]"},
            "You send no more than `fewest` weights. It is the least that the chain takes, not the most.",
        ),
        Edit(
            "UIDs sorted alone",
            {"return list(row),": "return sorted(row),"},
            "You sort the UIDs, and leave the values where they are, so that they change owners.",
        ),
        Edit(
            "values sorted alone",
            {"[row[uid] for uid in row]": "sorted((row[uid] for uid in row), reverse=True)"},
            "You sort the values, and leave the UIDs where they are, so that they change owners.",
        ),
    ),
)
