"""Solutions of lab 10: one function an exercise. Made by `make labs`."""

import math
from random import Random

from tao_lab.course.lab10.maps import route_length


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


def answer_form(towns):
    """The JSON Schema of an answer: {"route": the numbers of all towns, each once, in any order}.

    towns  int  how many there are; they have the numbers 0 to towns - 1

    Returns a dict.
    """
    number = {"type": "integer", "minimum": 0, "maximum": towns - 1}
    return {
        "type": "object",
        "properties": {"route": {"type": "array", "items": number, "minItems": towns, "uniqueItems": True}},
        "required": ["route"],
        "additionalProperties": False,
    }


def score_route(towns, route, lazy):
    """What a route is worth: 0 if it is as long as the lazy one or longer, 1 if it is a quarter shorter, or more.

    towns  list of [x, y]
    route  list of int  what came: in the right form, if the form is right; do not rely on it
    lazy   float        length of the route that always goes on to the nearest town

    Returns a float from 0 to 1, in between in a straight line; 0 for what does not visit each town once.

    >>> score_route([[0, 0], [0, 3], [4, 3]], [0, 1, 2], 16.0)
    1.0
    """
    if sorted(route) != list(range(len(towns))):
        return 0.0
    saved = 1 - route_length(towns, route) / lazy
    return min(1.0, max(0.0, saved * 4))


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
