"""Charts for a validator: scores over rounds, times of answers, and miners' pay.

Rows are dictionaries with `round`, `miner`, and the number that the chart is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from tao_lab.views.charts import SMALL, Figure, config

# Okabe and Ito's colours, dark ones first; a shape says the same as a colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
DASHES = ([1, 0], [7, 7], [1, 0], [4, 2], [2, 6], [1, 8], [6, 2])  # so that overlapping lines are both visible
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")


Rows = Sequence[Mapping[str, Any]]


def score_history_chart(rows: Rows) -> Figure:
    """A miner's average score after each round, and the single scores behind it.

    Args:
        rows: `round` from 1, `miner`, `score` and `average`, 0 to 1.
    """
    last = {row["miner"]: row["average"] for row in rows}
    highest = f"{max(last.values()):.2f}"
    best = [miner for miner, average in last.items() if f"{average:.2f}" == highest]
    never = [miner for miner in last if not any(row["score"] for row in rows if row["miner"] == miner)]
    rounds = max(row["round"] for row in rows)
    who = f"{' and '.join(best)} {'has' if len(best) == 1 else 'have'}" if len(best) < len(last) else "all have"
    title = f"After {rounds} rounds {who} the highest average, {highest}"
    if not any(last.values()):
        title = f"After {rounds} rounds every miner's average is 0"
    said = ", ".join(f"{miner} {average:.2f}" for miner, average in last.items())
    alternative = f"{title}. At the end: {said}. Never a score above 0: {', '.join(never) or 'nobody'}."
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("round:O", title="round", axis=alt.Axis(labelAngle=0)), **looks_of(last)
    )
    scale = alt.Scale(domain=[0, 1])
    line = base.mark_line(point={"size": 70, "filled": True}).encode(
        y=alt.Y("average:Q", title="score (line: average, hollow: single)", scale=scale)
    )
    single = base.mark_point(size=60, opacity=0.5).encode(y=alt.Y("score:Q", scale=scale))
    return _figure(alt.layer(single, line), title, alternative, 240)


def earned_chart(rows: Rows) -> Figure:
    """What each miner has earned so far, round after round.

    Args:
        rows: `round` from 1, `miner`, `earned` in this round, alpha.
    """
    sums: dict[str, float] = {}
    table = []
    for row in rows:
        sums[row["miner"]] = sums.get(row["miner"], 0.0) + row["earned"]
        table.append({"round": row["round"], "miner": row["miner"], "alpha": sums[row["miner"]]})
    poor = sum(amount == 0 for amount in sums.values())
    title = (
        f"{poor} of {len(sums)} miners have earned nothing" if poor else f"All {len(sums)} miners have earned something"
    )
    alternative = f"{title}. Alpha at the end: {', '.join(f'{miner} {amount:.2f}' for miner, amount in sums.items())}."
    chart = (
        alt.Chart(_data(table))
        .mark_line(point={"size": 70, "filled": True})
        .encode(
            x=alt.X("round:O", title="round (each ends with an epoch)", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("alpha:Q", title="earned so far, alpha"),
            **looks_of(sums),
        )
    )
    return _figure(alt.layer(chart), title, alternative, 220)


def latency_chart(rows: Rows, limit: float | None = None) -> Figure:
    """How long each answer took.

    Args:
        rows: `miner` and `seconds`.
        limit: seconds that a miner has, drawn as a line.
    """
    miners = list(dict.fromkeys(row["miner"] for row in rows))
    slowest = max(rows, key=lambda row: row["seconds"])
    title = f"The slowest answer is {slowest['miner']}'s: {slowest['seconds']:.2f} s"
    if limit is not None:
        title += f" of {limit:g} s allowed" if slowest["seconds"] <= limit else f", and {limit:g} s are allowed"
    points = (
        alt.Chart(_data(rows))
        .mark_point(size=70, filled=True, opacity=0.7)
        .encode(
            x=alt.X(
                "seconds:Q",
                title="seconds until the answer came (√ scale)",
                scale=alt.Scale(type="sqrt"),
                axis=alt.Axis(values=[0, 0.1, 0.5, 1, 2, 5, 10, 20], format="~g"),
            ),
            y=alt.Y("miner:N", title=None, sort=miners),
            **looks_of(miners, legend=False, dashes=False),
        )
    )
    layers = [points]
    if limit is not None:
        rule = alt.Chart(_data([{"seconds": limit}])).mark_rule(strokeDash=[6, 3], strokeWidth=2).encode(x="seconds:Q")
        layers.append(rule)
    return _figure(alt.layer(*layers), title, f"{title}. A point for each answer of {len(miners)} miners.", 160)


def _data(rows: Rows) -> alt.InlineData:
    return alt.Data(values=[dict(row) for row in rows])


def looks_of(miners: Iterable[str], legend: bool = True, dashes: bool = True) -> dict[str, Any]:
    """Colour, shape and dashes of each miner, so that they also differ in black and white.

    Args:
        miners: their names, in the order of the legend; the field of the rows is `miner`.
        legend: whether it is shown.
        dashes: whether lines are dashed.
    """
    names = list(miners)
    shown: Any = alt.Legend(title=None, symbolSize=90, symbolOpacity=1, labelFontSize=12) if legend else None
    looks: dict[str, Any] = {}
    kinds = {"color": (alt.Color, COLOURS), "shape": (alt.Shape, SHAPES), "strokeDash": (alt.StrokeDash, DASHES)}
    for channel, (encoding, values) in kinds.items():
        if channel != "strokeDash" or dashes:
            scale = alt.Scale(domain=names, range=[values[i % len(values)] for i in range(len(names))])
            looks[channel] = encoding("miner:N", scale=scale, legend=shown)
    return looks


def _figure(chart: alt.LayerChart, title: str, alternative: str, height: int) -> Figure:
    drawn = chart.properties(title=title, width=480, height=height, description=alternative)
    return Figure(drawn.configure(**config(SMALL)), alternative)
