"""10.5: from scores to pay: how steep must it be, so that a cheater's score buys little?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab10 import reference as ours


def steepness(honest, cheat, most):
    """The smallest power of scores under which a cheater is paid little.

    honest  float  mean score of honest work, above 0
    cheat   float  mean score of the best cheater, 0 or more
    most    float  the part of honest pay that the cheater may get at most, above 0 and below 1

    Pay goes by score ** power, with a whole power from 1 on.

    Returns the power (int), or None if no power is enough.

    >>> steepness(1.0, 0.5, 0.25)
    2
    """
    if cheat >= honest:
        return None
    power = 1
    while cheat**power > most * honest**power:
        power += 1
    return power


def cases(rng: np.random.Generator) -> Iterator[Case]:
    for honest, cheat, most, about in (
        (1.0, 0.5, 0.25, "half the score, a quarter of the pay: exactly"),
        (0.5, 0.25, 0.25, "the same, with lower scores"),
        (0.5, 0.25, 0.2, "half the score, a fifth of the pay"),
        (1.0, 0.0, 0.1, "a cheater who scores nothing"),
        (0.75, 0.75, 0.5, "a cheater who scores the same"),
        (0.25, 0.5, 0.5, "a cheater who scores more"),
        (1.0, 0.875, 0.1, "a cheater close behind"),
        (1.0, 0.998046875, 0.1, "a cheater just behind: a power above 1,000"),
        (0.5, 0.25, 0.75, "enough as it is"),
    ):
        yield Case({"honest": honest, "cheat": cheat, "most": most}, about)
    for number in range(4):
        honest, part, most = (float(x) for x in rng.uniform([0.3, 0.3, 0.02], [1.0, 0.95, 0.6]).round(3))
        yield Case({"honest": honest, "cheat": honest * part, "most": most}, f"random, {number + 1}")


LOOP = "    power = 1\n    while cheat**power > most * honest**power:\n        power += 1\n    return power\n"

EXERCISE = Exercise(
    id="10.5",
    title="From scores to pay",
    solution=steepness,
    reference=ours.steepness,
    cases=cases,
    read=read_values(power=int | None),
    equivalent={
        "1 → 0 in power = 1": "a power of 0 pays everybody the same, more than `most`, so the loop goes on to 1"
    },
    look="Try the powers 1, 2, 3, … by hand on the case below.",
    slow="A cheater who scores like honest work never falls behind: what should come then?",
    unlocks="A validator's weights can be steeper than its scores, and now you know by how much.",
    wrong_answers=(
        Edit(
            "from two",
            {"power = 1": "power = 2"},
            "You begin with 2. Where the scores themselves are far enough apart, a power of 1 will do.",
        ),
        Edit(
            "absolute",
            {"most * honest**power": "most"},
            "You compare the cheater's pay with a fixed number. It is a part of honest pay, which falls too.",
        ),
        Edit(
            "of both",
            {"most * honest**power": "most * (honest**power + cheat**power)"},
            "You compare with the pay of both together. `most` is a part of honest pay alone.",
        ),
        Edit(
            "below",
            {"cheat**power > most": "cheat**power >= most"},
            "Exactly that part is still allowed: you go one power too far.",
        ),
        Edit(
            "one step early",
            {"return power": "return power - 1"},
            "You stop one power too early: with yours the cheater still gets more than `most`.",
        ),
        Edit(
            "a logarithm, rounded down",
            {
                LOOP: (
                    "    from math import log\n"
                    "    return max(1, int(log(most) / log(cheat / honest))) if cheat else 1\n"
                )
            },
            "You solve it with a logarithm, which is quick, and round down. Is that power enough?",
        ),
        Edit(
            "a logarithm of zero",
            {LOOP: "    import math\n    return max(1, math.ceil(math.log(most) / math.log(cheat / honest)))\n"},
            "You solve it with a logarithm, and zero has none. Which power is enough for a cheater who scores nothing?",
        ),
        Edit(
            "gives up",
            {"power += 1": "power += 1\n        if power > 100:\n            return None"},
            "You give up after some powers. A cheater just behind needs a power above 1,000, and there is one.",
        ),
        Edit(
            "doubling",
            {"power += 1": "power *= 2"},
            "You double the power each time, and jump over smaller ones that would do.",
        ),
        Edit(
            "no answer is zero",
            {"return None": "return 0"},
            "Where no power is enough you return 0. Return None.",
        ),
        Edit(
            "a power of zero",
            {"    power = 1\n": "    if cheat <= most * honest:\n        return 0\n    power = 1\n"},
            "Where the scores are far enough apart you return 0. A power of 0 pays everybody the same.",
        ),
        Edit(
            "differences",
            {"cheat**power > most * honest**power": "power * cheat > most * power * honest and power < 50"},
            "You multiply scores where you should raise them: then nobody falls behind.",
        ),
    ),
)
