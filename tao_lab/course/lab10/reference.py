"""The five functions that lab 10 builds, as the library has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np

from tao_lab.course.lab10.maps import SIDE, TOWNS, Towns, route_length
from tao_lab.neurons.work import Json

FULL = 0.25  # a route that is shorter than the lazy one by this part gets the score 1


def make_tasks(seeds: Sequence[int]) -> list[Json]:
    """10.1: a map for each seed."""
    return [np.random.default_rng([43, seed]).integers(0, SIDE, (TOWNS, 2)).tolist() for seed in seeds]


def answer_form(towns: int) -> Mapping[str, Json]:
    """10.2: the JSON Schema of a route that visits each town once."""
    route = {"type": "array", "items": {"enum": list(range(towns))}, "minItems": towns, "uniqueItems": True}
    return {
        "type": "object",
        "properties": {"route": route},
        "required": ["route"],
        "additionalProperties": False,
    }


def score_route(towns: Towns, route: Sequence[int], lazy: float) -> float:
    """10.3: 0 for the lazy length, 1 for a quarter less, and 0 if it is not a round trip."""
    if set(route) != set(range(len(towns))) or len(route) > len(towns):
        return 0.0
    worth = (lazy - route_length(towns, route)) / (FULL * lazy)
    return float(min(max(worth, 0.0), 1.0))


def tasks_needed(honest: float, cheat: float, spread: float) -> int | None:
    """10.4: the fewest tasks after which the means differ by two standard errors."""
    if cheat >= honest:
        return None
    return next(tasks for tasks in count(1) if tasks * (honest - cheat) ** 2 >= 4 * spread**2)


def steepness(honest: float, cheat: float, most: float) -> int | None:
    """10.5: the smallest power of scores at which a cheater gets at most this part of honest pay."""
    if cheat >= honest:
        return None
    return next(power for power in count(1) if cheat**power <= most * honest**power)
