"""10.3: a score under which honest work comes first, on maps and against cheaters that the student has not seen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tao_lab.course.exercise import Case, Edit, Exercise, Values
from tao_lab.course.lab10 import reference as ours
from tao_lab.course.lab10.maps import lazy_route, route_length, short_route
from tao_lab.errors import a_kind
from tao_lab.vectors import AnswerError


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


def read(result: Any, case: Case) -> Values:
    """The score in millionths."""
    if isinstance(result, bool) or not isinstance(result, int | float):
        raise AnswerError(f"Your function returns {a_kind(result)}; it should return a number from 0 to 1.")
    if not math.isfinite(result):
        raise AnswerError(f"Your function returns {result}; it should return a number from 0 to 1.")
    return {"score_in_millionths": round(result * 10**6)}


def cases(rng: np.random.Generator) -> Iterator[Case]:
    triangle = [[0, 0], [0, 3], [4, 3]]  # 12 around
    for about, route, lazy in (
        ("somewhat shorter than lazy", [0, 1, 2], 15.0),
        ("exactly a quarter shorter", [2, 0, 1], 16.0),
        ("half as long", [0, 2, 1], 24.0),
        ("as long as lazy", [0, 1, 2], 12.0),
        ("longer than lazy", [0, 1, 2], 10.0),
        ("a cheater who stays in one town", [0, 0, 0], 15.0),
        ("a cheater who visits nobody", [], 15.0),
        ("a cheater who leaves a town out", [0, 1], 11.0),
        ("a cheater who goes twice to one town", [0, 1, 1], 11.0),
        ("a round trip that names its start again", [0, 1, 2, 0], 15.0),
    ):
        yield _case(triangle, route, lazy, about)
    number = 0
    while number < 4:
        towns: Any = rng.integers(0, 1_000, (9, 2)).tolist()
        lazy = route_length(towns, lazy_route(towns))
        if route_length(towns, short_route(towns)) > 0.97 * lazy:
            continue  # nothing to win on this map
        number += 1
        yield _case(towns, short_route(towns), lazy, f"hidden map {number}: an honest search")
        yield _case(towns, lazy_route(towns), lazy, f"hidden map {number}: the lazy route")
        yield _case(towns, rng.permutation(9).tolist(), lazy, f"hidden map {number}: by chance")


def _case(towns: Any, route: list[int], lazy: float, about: str) -> Case:
    return Case({"towns": towns, "route": route, "lazy": lazy}, about)


EXERCISE = Exercise(
    id="10.3",
    title="A score under which work comes first",
    solution=score_route,
    reference=ours.score_route,
    cases=cases,
    read=read,
    look="The case below says who came: is it paid, and should it be?",
    unlocks="Doing nothing is worth nothing on your subnet, and every bit of search is worth more.",
    wrong_answers=(
        Edit(
            "no check",
            {"    if sorted(route) != list(range(len(towns))):\n        return 0.0\n": ""},
            "Whoever leaves towns out is paid best. The form may fail: check here too.",
        ),
        Edit(
            "set",
            {"sorted(route) != list(range(len(towns)))": "set(route) != set(range(len(towns)))"},
            "A town that is visited twice gets through: count the visits, too.",
        ),
        Edit(
            "length only",
            {"sorted(route) != list(range(len(towns)))": "len(route) != len(towns)"},
            "You count the stops only. A cheater stops in the same town every time.",
        ),
        Edit(
            "ratio",
            {"1 - route_length(towns, route) / lazy": "lazy / route_length(towns, route) / 4"},
            "The lazy route is paid well: your score begins too high. What is the lazy route worth, by the text above?",
        ),
        Edit(
            "left out",
            {"sorted(route) != list(range(len(towns)))": "len(set(route)) != len(route)"},
            "No town stands twice, but towns may be missing: whoever visits nobody is paid best.",
        ),
        Edit(
            "twelve",
            {"len(towns)": "12"},
            "You rely on twelve towns. On a map with another number of them nobody is paid.",
        ),
        Edit(
            "of its own length",
            {"1 - route_length(towns, route) / lazy": "lazy / route_length(towns, route) - 1"},
            "You divide what is saved by the route's own length. What counts is the part of the lazy length.",
        ),
        Edit(
            "three quarters",
            {"saved * 4": "saved / 0.75"},
            "In yours a route must be three quarters shorter for a 1. A quarter should be enough.",
        ),
        Edit(
            "a quarter of it",
            {"saved * 4": "saved / 4"},
            "A quarter shorter gets a sixteenth: you divide where your line should become steeper.",
        ),
        Edit(
            "no ends",
            {"min(1.0, max(0.0, saved * 4))": "saved * 4"},
            "Your line has no ends: a long route gets less than nothing, and a very short one more than 1.",
        ),
        Edit(
            "below zero",
            {"max(0.0, saved * 4)": "saved * 4"},
            "A long route gets less than nothing: look at both ends.",
        ),
        Edit(
            "above one",
            {"min(1.0, max(0.0, saved * 4))": "max(0.0, saved * 4)"},
            "A very short route gets more than 1.",
        ),
        Edit(
            "all or nothing",
            {"min(1.0, max(0.0, saved * 4))": "1.0 if saved >= 0.25 else 0.0"},
            "You pay all or nothing. A route that is a tenth shorter is worth something, too: draw a straight line.",
        ),
        Edit(
            "rounded",
            {"return min(1.0, max(0.0, saved * 4))": "return round(min(1.0, max(0.0, saved * 4)), 2)"},
            "You round the score, and small improvements pay nothing. Return it as it comes.",
        ),
        Edit(
            "upside down",
            {"saved * 4": "1 - saved * 4"},
            "Your line goes down where it should go up: the lazy route gets 1.",
        ),
        Edit(
            "flat",
            {"saved * 4": "saved"},
            "A quarter shorter gets a quarter, and nobody gets 1: your line is too flat.",
        ),
    ),
)
