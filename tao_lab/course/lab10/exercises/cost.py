"""10.4: what it costs a validator to be sure."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, read_values
from tao_lab.course.lab10 import reference as ours


def tasks_needed(honest, cheat, spread):
    """The fewest tasks after which honest work and a cheater can be told apart.

    honest  float  mean score of honest work
    cheat   float  mean score of the best cheater
    spread  float  standard deviation of one score, from task to task

    A mean of n scores jumps by spread / sqrt(n), its standard error. The two means must be at least two of them apart.

    Returns int, at least 1; None if no number of tasks is enough.

    >>> tasks_needed(0.75, 0.5, 0.25)
    4
    """
    gap = honest - cheat
    if gap <= 0:
        return None
    return max(1, math.ceil((2 * spread / gap) ** 2))


def cases(rng: np.random.Generator) -> Iterator[Case]:
    for honest, cheat, spread, about in (
        (0.75, 0.5, 0.25, "a gap of one spread"),
        (0.75, 0.25, 0.25, "a gap of two spreads: exactly one task"),
        (1.0, 0.0, 0.125, "a wide gap: one task"),
        (0.5, 0.25, 0.0, "scores that never jump"),
        (0.5, 0.375, 0.25, "a narrow gap"),
        (0.5, 0.498046875, 0.25, "a cheater just behind: thousands of tasks"),
        (0.5, 0.5, 0.25, "no gap"),
        (0.25, 0.5, 0.25, "a cheater who does better"),
        (0.625, 0.5, 0.1, "not a whole number"),
        (0.5, 0.0, 0.3, "a cheater who earns nothing"),
    ):
        yield Case({"honest": honest, "cheat": cheat, "spread": spread}, about)
    for number in range(4):
        cheat, gap, spread = (float(x) for x in rng.uniform([0.1, 0.02, 0.05], [0.5, 0.3, 0.4]).round(3))
        yield Case({"honest": cheat + gap, "cheat": cheat, "spread": spread}, f"random, {number + 1}")


EXERCISE = Exercise(
    id="10.4",
    title="What it costs to be sure",
    solution=tasks_needed,
    reference=ours.tasks_needed,
    cases=cases,
    read=read_values(tasks=int | None),
    look="Write down the standard error of a mean of n scores, and solve for n.",
    unlocks="You can say what a subnet's validators must spend before their weights mean anything.",
    wrong_answers=(
        Edit(
            "no square",
            {"(2 * spread / gap) ** 2": "2 * spread / gap"},
            "The error shrinks with the root of n; you count as if with n.",
        ),
        Edit(
            "one error",
            {"2 * spread / gap": "spread / gap"},
            "The means are one standard error apart in yours; the task asks for two.",
        ),
        Edit("down", {"math.ceil": "math.floor"}, "You round down, and stop just before it is enough."),
        Edit(
            "zero tasks",
            {"max(1, math.ceil((2 * spread / gap) ** 2))": "math.ceil((2 * spread / gap) ** 2)"},
            "Without any task nothing is known: at least one.",
        ),
        Edit(
            "to the nearest",
            {"math.ceil": "round"},
            "You round to the nearest whole number. Where that is the lower one, it is not enough.",
        ),
        Edit(
            "down and one more",
            {"math.ceil((2 * spread / gap) ** 2)": "int((2 * spread / gap) ** 2) + 1"},
            "You round down and add one. Where the number is whole already, that is one task too many.",
        ),
        Edit(
            "the two not squared",
            {"(2 * spread / gap) ** 2": "2 * (spread / gap) ** 2"},
            "You square spread and gap, and not the two errors. Solve gap = 2 · spread / √n for n, step by step.",
        ),
        Edit(
            "the gap squared",
            {"(2 * spread / gap) ** 2": "2 * spread / gap**2"},
            "You square the gap alone. Solve gap = 2 · spread / √n for n: what else is squared?",
        ),
        Edit(
            "four errors",
            {"2 * spread / gap": "4 * spread / gap"},
            "Your means are four standard errors apart, two for each of them. The task asks for two between them.",
        ),
        Edit(
            "an error for each mean",
            {"math.ceil((2 * spread / gap) ** 2)": "math.ceil(2 * (2 * spread / gap) ** 2)"},
            "You count twice as many tasks, one half for each mean. The task takes one standard error, spread / √n.",
        ),
        Edit(
            "1.96",
            {"2 * spread / gap": "1.96 * spread / gap"},
            "You took 1.96 standard errors from a table. The task asks for two.",
        ),
        Edit(
            "no answer is zero",
            {"return None": "return 0"},
            "Where no number of tasks is enough you return 0. Return None.",
        ),
        Edit(
            "nothing between them",
            {"gap <= 0": "gap < 0"},
            "Where both score the same you divide by zero. Can more tasks tell them apart?",
        ),
        Edit(
            "no way out",
            {"    if gap <= 0:\n        return None\n": "    if gap == 0:\n        return None\n"},
            "Where the cheater does better, more tasks only make it surer. What should come then?",
        ),
    ),
)
