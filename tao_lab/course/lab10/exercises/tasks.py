"""10.1: a task maker that repeats by seed and by nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab10 import reference as ours
from tao_lab.course.lab10.maps import SIDE, TOWNS
from tao_lab.course.lab10.plainer import as_json
from tao_lab.vectors import AnswerError

MANY = 300  # maps, by which it shows whether the whole of the map is used


def make_tasks(seeds):
    """A map for each seed: twelve towns, with whole numbers from 0 to 999 for x and y.

    seeds  list of int, some of them more than once

    Returns a list with one map for each seed, in their order; a map is a list of twelve [x, y].

    >>> [towns] = make_tasks([7])
    >>> len(towns), len(towns[0])
    (12, 2)
    """
    maps = []
    for seed in seeds:
        random = Random(seed)
        maps.append([[random.randrange(1000), random.randrange(1000)] for _ in range(12)])
    return maps


def read(result: Any, case: Case) -> Values:
    """Properties of the maps; the towns themselves are the student's own choice."""
    seeds, result = case.arguments["seeds"], as_json(result)
    if not isinstance(result, list) or not all(isinstance(one, list) for one in result):
        raise AnswerError("Your function should return a list of maps, each a list of [x, y].")
    if len(result) != len(seeds):
        raise AnswerError(f"Your function returns {len(result)} maps for {len(seeds)} seeds.")
    for towns in result:
        if len(towns) != TOWNS:
            raise AnswerError(f"A map has {len(towns)} towns; it should have {TOWNS}.")
        for town in towns:
            if not isinstance(town, list) or len(town) != 2 or not all(type(number) is int for number in town):
                raise AnswerError("A town should be [x, y], two whole numbers (int).")
    first: dict[int, Any] = {}
    agree = all(first.setdefault(seed, towns) == towns for seed, towns in zip(seeds, result, strict=True))
    numbers = [number for towns in result for town in towns for number in town]
    sides = [[town[axis] for towns in result for town in towns] for axis in (0, 1)]
    whole = all(min(side) < SIDE // 10 and max(side) > SIDE - SIDE // 10 for side in sides)
    return {
        "equal_seeds_equal_maps": agree,
        "different_seeds_different_maps": len({repr(towns) for towns in result}) >= len(set(seeds)),
        "inside_the_map": 0 <= min(numbers) <= max(numbers) < SIDE,
        "whole_map_used": len(result) < MANY or whole,
        "x_and_y_drawn_one_by_one": len(result) < MANY or _fewer_than_half(x == y for x, y in zip(*sides, strict=True)),
        "every_town_depends_on_the_seed": len(result) < MANY or _many_steps(result),
    }


def _fewer_than_half(of: Iterable[bool]) -> bool:
    each = list(of)
    return sum(each) < len(each) / 2


def _many_steps(maps: list[Any]) -> bool:
    """Whether the steps from town to town differ between maps; they would not if a map were only shifted."""
    steps = (
        [(there[axis] - here[axis]) % SIDE for here, there in pairwise(towns)] for towns in maps for axis in (0, 1)
    )
    return all(len(set(place)) > MANY // 3 for place in zip(*steps, strict=True))


def cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case({"seeds": [7, 7]}, "one seed, twice")
    yield Case({"seeds": [1, 2]}, "two seeds")
    yield Case({"seeds": [0, 12, 24, 0]}, "seeds that are twelve apart")
    large = rng.integers(2**40, 2**48, 5).tolist()
    yield Case({"seeds": [*large, *large[::-1]]}, "large seeds, there and back")
    yield Case({"seeds": list(range(MANY))}, f"{MANY} seeds in a row")
    for digits in (3, 6, 9, 12):
        yield Case(
            {"seeds": [10**13 + 5, 10**13 + 10**digits + 5]}, f"two seeds that agree in their last {digits} digits"
        )
    yield Case({"seeds": [5 + 2**32, 5]}, "two seeds that agree in their last 32 bits")
    yield Case({"seeds": [2**32, 1]}, "two seeds whose halves of 32 bits have changed places")
    primes = (2**31 - 1) * (2**61 - 1)
    yield Case({"seeds": [5, 5 + primes]}, "two seeds with the same remainders by 2^31 - 1 and by 2^61 - 1")
    yield Case({"seeds": [5, 5 + 2**64]}, "two seeds that agree in their last 64 bits")
    yield Case({"seeds": [2**60, 2**60 + 1]}, "two seeds that agree in their first 60 bits")


EXERCISE = Exercise(
    id="10.1",
    title="A task that nobody has seen",
    solution=make_tasks,
    reference=ours.make_tasks,
    cases=cases,
    read=read,
    look="Make a new `Random(seed)` for each seed, of the whole seed, and draw all numbers of its map from it.",
    unlocks="Your subnet asks new questions for ever, and each can be asked again for a check.",
    wrong_answers=(
        Edit(
            "few",
            {"Random(seed)": "Random(seed % 12)"},
            "Your maps repeat after twelve seeds. A miner keeps twelve answers, and never searches again.",
        ),
        Edit(
            "one for all",
            {"        random = Random(seed)\n": "", "    maps = []\n": "    maps = []\n    random = Random(1)\n"},
            "A map depends on how many came before it. Two validators with the same seed must get the same map.",
        ),
        Edit(
            "short seed",
            {"Random(seed)": "Random(seed % 2**32)"},
            "You cut the seed down to 32 bits. Whoever tries all of them finds the seed of every task.",
        ),
        Edit(
            "corner",
            {"random.randrange(1000), random.randrange(1000)": "random.randrange(100), random.randrange(100)"},
            "All your towns lie in one corner of the map. Look at the largest number that is allowed.",
        ),
        Edit(
            "one too many",
            {"random.randrange(1000), random.randrange(1000)": "random.randrange(1001), random.randrange(1001)"},
            "A number is outside the map: 1,000 is one too many.",
        ),
        Edit(
            "diagonal",
            {"[random.randrange(1000), random.randrange(1000)]": "[random.randrange(1000)] * 2"},
            "In your towns x and y are the same number, so all of them lie on one line. Draw two numbers.",
        ),
        Edit(
            "one town, twelve times",
            {
                "        random = Random(seed)\n": "",
                "[random.randrange(1000), random.randrange(1000)]": "[Random(seed).randrange(1000)] * 2",
            },
            "You start again for each number, so all towns of a map are the same. One `Random` for each map is enough.",
        ),
        Edit(
            "few digits",
            {"Random(seed)": "Random(seed % 10**6)"},
            "Only the last digits of the seed count in yours. Whoever tries all of them knows every task.",
        ),
        Edit(
            "64 bits",
            {"Random(seed)": "Random(seed % 2**64)"},
            "You cut the seed down to 64 bits: all of it should count, however large it is.",
        ),
        Edit(
            "a remainder",
            {"Random(seed)": "Random(seed % (2**31 - 1))"},
            "You keep a remainder of the seed, so the same map comes for many seeds. All of the seed should count.",
        ),
        Edit(
            "float",
            {"Random(seed)": "Random(float(seed))"},
            "You make the seed a float, which has room for 15 digits: of a large seed the last ones are lost.",
        ),
        Edit(
            "in order",
            {"for seed in seeds": "for seed in sorted(seeds)"},
            "Your maps come in another order than the seeds they are for.",
        ),
    ),
)
