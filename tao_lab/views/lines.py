"""Line charts: a price over time with events, and several lines with their names."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from tao_lab.views import charts
from tao_lab.views.charts import WHOLE, Figure
from tao_lab.views.palette import BLUE, GREEN, ORANGE, VERMILLION
from tao_lab.views.tables import Table


def price_history_chart(prices: Sequence[tuple[int, float]], marks: Sequence[tuple[int, str]], title: str) -> Figure:
    """The price of alpha, block after block, with events.

    Args:
        prices: (block, TAO for one alpha).
        marks: (block, event that began there).
        title: what the picture shows.
    """
    by_block = dict(prices)
    rows = charts.values_of({"block": list(by_block), "price": list(by_block.values())})
    noted = charts.values_of({"block": [block for block, _ in marks], "what": [what for _, what in marks]})
    line = (
        alt.Chart(rows)
        .mark_line(color=BLUE, strokeWidth=2.5, interpolate="step-after")
        .encode(
            x=alt.X(
                "block:Q",
                title="block",
                scale=alt.Scale(zero=False, nice=False),
                axis=alt.Axis(format="d", grid=False, tickCount=10, **WHOLE),
            ),
            y=alt.Y("price:Q", title="price of one α, τ", scale=alt.Scale(zero=False, padding=30)),
        )
    )
    rule = alt.Chart(noted).mark_rule(color=VERMILLION, strokeDash=[4, 3]).encode(x="block:Q")
    text = (
        alt.Chart(noted)
        .mark_text(align="left", baseline="top", dx=4, dy=4, color=VERMILLION, fontWeight="bold", fontSize=11)
        .encode(x="block:Q", y=alt.value(0), text="what:N")
    )
    said = ", ".join(f"{what} from block {block} at {by_block.get(block, 0):.4g} τ" for block, what in marks)
    last = prices[-1]
    alternative = f"{title}. Line of the price by block: {said}; {last[1]:.4g} τ at block {last[0]}."
    return charts.figure_of(alt.layer(line, rule, text), title, alternative, 620, 230)


def lines_chart(
    table: Table, x: tuple[str, str], y: tuple[str, str], series: str, title: str, log: bool = False
) -> Figure:
    """Lines over time, one for each name in a column, with different colours and dashes, and names at their ends.

    Args:
        table: columns.
        x: column, and title of the axis with its unit.
        y: column, and title of the axis with its unit.
        series: column of the lines' names.
        title: what the picture shows.
        log: whether the y axis is logarithmic.
    """
    names = list(dict.fromkeys(table[series]))
    colours = alt.Scale(domain=names, range=[BLUE, VERMILLION, GREEN, ORANGE][: len(names)])
    dashes = alt.Scale(domain=names, range=[[1, 0], [7, 4], [2, 3], [9, 3, 2, 3]][: len(names)])
    base = alt.Chart(charts.values_of(table)).encode(
        x=alt.X(f"{x[0]}:Q", title=x[1], scale=alt.Scale(nice=False), axis=alt.Axis(grid=False, tickCount=8)),
        y=alt.Y(f"{y[0]}:Q", title=y[1], scale=alt.Scale(type="log" if log else "linear", zero=False)),
        color=alt.Color(
            f"{series}:N",
            title=None,
            scale=colours,
            legend=alt.Legend(orient="top", columns=1, labelFontSize=12, symbolSize=500, labelLimit=500),
        ),
        strokeDash=alt.StrokeDash(f"{series}:N", title=None, scale=dashes),
    )
    ends = {name: [v for n, v in zip(table[series], table[y[0]], strict=True) if n == name] for name in names}
    said = "; ".join(f"{name}: from {v[0]:.4g} to {v[-1]:.4g}" for name, v in ends.items())
    return charts.figure_of(alt.layer(base.mark_line(strokeWidth=2.5)), title, f"{title}. {said}.", 620, 240)
