"""A subnet in three parts that you replace one after the other: routes, as on Graphite (subnet 43).

A task is a map of towns; an answer is a route that visits each town once and returns. `TEMPLATE` is a first draft that
works, but has weaknesses: tasks repeat, the form accepts almost everything, and the score pays miners that leave towns
out.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tao_lab.cards import Card, Grid, Text
from tao_lab.course.lab10 import reference
from tao_lab.course.lab10.maps import TOWNS, lazy_route, route_length, short_route
from tao_lab.course.lab10.plainer import as_json
from tao_lab.neurons.work import Answer, Forward, Json, Round, Score, Task, score_each, task_id
from tao_lab.subnets.stress import Stress, stress

FEW = 12  # tasks of the template
CLEAR = 0.1  # honest work must be ahead by this much score
TASKS, BUDGET = 4, 160  # of a stress test in the lab, which then takes seconds


@dataclass
class Routes:
    """A subnet made of three functions.

    Attributes:
        make: `make(seeds)` gives a map for each seed, as exercise 10.1.
        form: `form(towns)` gives the JSON Schema of an answer, as 10.2.
        worth: `worth(towns, route, lazy)` gives a score, as 10.3.
    """

    make: Callable[..., Any]
    form: Callable[..., Any]
    worth: Callable[..., Any]
    answer_schema: Mapping[str, Json] = field(init=False)

    kind = "routes"
    title = "Find a short round trip through twelve towns"
    weakness = "All miners get the same map: whoever hears another's answer in time needs no search."
    exploit = "leaves towns out"
    source = "Made by code; no licence is needed."

    def __post_init__(self) -> None:
        self.answer_schema = as_json(self.form(TOWNS))

    def make_round(self, seed: int) -> Round:
        """A map; only the seed is secret."""
        (towns,) = as_json(self.make([seed]))
        return Round(Task(task_id(self.kind, seed), self.kind, {"towns": towns}), {})

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """By the student's rule, for answers in the student's form."""
        towns = asked.task.content["towns"]
        lazy = route_length(towns, lazy_route(towns))

        def judge(content: Json, _: Answer) -> Score:
            route = [int(town) for town in content["route"]]  # for JSON Schema 1.0 is a whole number
            return Score(float(self.worth(towns, route, lazy)), f"{len(route)} towns named")

        return score_each(self.answer_schema, answers, judge)

    def miners(self) -> Mapping[str, Forward]:
        """One miner that searches, and some that do not."""
        return {
            "honest": lambda task: {"route": short_route(task.content["towns"])},
            "lazy": lambda task: {"route": lazy_route(task.content["towns"])},
            "as given": lambda task: {"route": list(range(TOWNS))},
            "one town only": lambda task: {"route": [0] * TOWNS},
            "leaves towns out": lambda task: {"route": list(range(TOWNS // 2))},
        }


def few_tasks(seeds: Sequence[int]) -> list[Json]:
    """The template's maps: always the same twelve."""
    return reference.make_tasks([seed % FEW for seed in seeds])


def loose_form(towns: int) -> Json:
    """The template's form: a list of whole numbers."""
    numbers = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": towns - 1}, "maxItems": towns}
    return {"type": "object", "properties": {"route": numbers}, "required": ["route"]}


def kind_score(towns: Json, route: Sequence[int], lazy: float) -> float:
    """The template's score: the lazy route's length over yours, at most 1."""
    return min(1.0, lazy / max(route_length(towns, route), 1.0))


TEMPLATE = Routes(few_tasks, loose_form, kind_score)
MENDED = Routes(reference.make_tasks, reference.answer_form, reference.score_route)


def with_parts(subnet: Routes = TEMPLATE, **parts: Callable[..., Any]) -> Routes:
    """The same subnet with other parts: `make`, `form`, `worth`."""
    return Routes(**{"make": subnet.make, "form": subnet.form, "worth": subnet.worth, **parts})


def stressed(subnet: Any, tasks: int = TASKS, budget: int = BUDGET, seed: int = 0) -> Stress:
    """Strategies that search for ways to score without the work, with a bar."""
    from tao_lab.bars import passing_bar

    with passing_bar(total=None, desc="strategies") as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return stress(subnet, tasks=tasks, budget=budget, seed=seed, progress=tell)


def stress_card(subnet: Any, **options: int) -> Card:
    """What a stress test found, as a table."""
    return card_of(stressed(subnet, **options))


def card_of(found: Stress) -> Card:
    """A stress test as a table: the strategies, beside the honest miner."""
    rows = [["honest", f"{found.honest:.2f}", "100 %", "all of it", "searches"]]
    rows += [
        [
            f"✘ {each.strategy}" if each.cheap else each.strategy,
            f"{each.score:.2f}",
            f"{each.share:.0%}".replace("%", " %"),
            "none" if not each.work else "all of it" if each.work == 1 else f"1/{1 / each.work:.0f}",
            each.words.replace("`", "'"),
        ]
        for each in found.findings
    ]
    grid = Grid(rows, ("who", "score", "of honest", "honest work it does", "how"))
    tries = f"{found.tasks} new tasks; each strategy had {found.budget} tries."
    ways = "1 way to cheat" if len(found.cheap) == 1 else f"{len(found.cheap)} ways to cheat"
    badge = ways if found.cheap else "No cheap way found"
    return Card("wrong" if found.cheap else "right", badge, f"stress test of {found.kind}", (grid, Text(tries)))


def duel_rows(subnet: Any, rounds: int = 8) -> list[dict[str, Any]]:
    """Every miner of a subnet on the same tasks: name, mean, worst and best score."""
    from tao_lab.subnets import play

    table = play(subnet, rounds=rounds)
    return [{name: row[name] for name in ("miner", "score", "worst", "best")} for row in table.to_dict("records")]


def measured(subnet: Any, rounds: int = 8) -> tuple[float, float, float]:
    """Of a subnet's own miners on the same tasks: mean honest score, the best cheater's, spread of the honest one."""
    from tao_lab.subnets import play

    each = [play(subnet, rounds=1, seed=seed).set_index("miner").score for seed in range(rounds)]
    means = {str(name): statistics.fmean(float(one[name]) for one in each) for name in each[0].index}
    cheat = max(mean for name, mean in means.items() if name != "honest")
    return means["honest"], cheat, statistics.pstdev(float(one["honest"]) for one in each)


def duel_card(subnet: Any, rounds: int = 8) -> Card:
    """The miners of a subnet, the best first."""
    rows = duel_rows(subnet, rounds)
    cells = [[row["miner"], f"{row['score']:.2f}", f"{row['worst']:.2f}", f"{row['best']:.2f}"] for row in rows]
    honest = next(row["score"] for row in rows if row["miner"] == "honest")
    level = [row["miner"] for row in rows if row["miner"] != "honest" and row["score"] > honest - CLEAR]
    badge = f"As good as honest: {', '.join(level)}" if level else "Honest work comes first"
    grid = Grid(cells, ("miner", "mean score", "worst", "best"))
    return Card("wrong" if level else "right", badge, f"{rounds} tasks, {len(rows)} miners", (grid,))
