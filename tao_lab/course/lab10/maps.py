"""Maps of towns, and routes through them: lengths, a lazy route, and a short one."""

from __future__ import annotations

import math
from collections.abc import Sequence

TOWNS = 12
SIDE = 1_000  # of the map

Towns = Sequence[Sequence[int]]  # [x, y] of each


def route_length(towns: Towns, route: Sequence[int]) -> float:
    """The length of a round trip, back to its beginning; 0 without towns."""
    return sum(math.dist(towns[here], towns[route[place - 1]]) for place, here in enumerate(route))


def lazy_route(towns: Towns) -> list[int]:
    """The route of a lazy miner: always go to the nearest town that is left."""
    left, route = set(range(1, len(towns))), [0]
    while left:
        nearest = min(left, key=lambda town: (math.dist(towns[route[-1]], towns[town]), town))
        left.remove(nearest)
        route.append(nearest)
    return route


def short_route(towns: Towns) -> list[int]:
    """2-opt from every start: reverse pieces of a route, as long as it gets shorter."""
    return min(
        (_turned(towns, _lazy_from(towns, start)) for start in range(0, len(towns), 3)),
        key=lambda r: route_length(towns, r),
    )


def _lazy_from(towns: Towns, start: int) -> list[int]:
    order = [start, *(town for town in range(len(towns)) if town != start)]
    return [order[place] for place in lazy_route([towns[town] for town in order])]


def _turned(towns: Towns, route: list[int]) -> list[int]:
    length, better = route_length(towns, route), True
    while better:
        better = False
        for first in range(1, len(route) - 1):
            for last in range(first + 1, len(route)):
                other = route[:first] + route[first : last + 1][::-1] + route[last + 1 :]
                if (shorter := route_length(towns, other)) < length - 1e-9:
                    route, length, better = other, shorter, True
    return route
