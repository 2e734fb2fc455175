"""Pictures of attacks: attackers' gains compared with honest ones, cartels by stake, sandwiches by pool size."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from tao_lab.views import charts
from tao_lab.views.charts import Figure
from tao_lab.views.palette import BLACK, BLUE, GREEN, INK, VERMILLION
from tao_lab.views.tables import Table

BAR, WIDTH = 30, 400  # px: of a row, of the bars
WORTH = ["a sandwich pays", "the fee eats it"]


def gains_chart(gains: Sequence[tuple[str, float]], title: str) -> Figure:
    """Attackers' gains, as a multiple of an honest participant's with the same money.

    Args:
        gains: (attack, multiple); 1 means as much as an honest participant.
        title: what the picture shows.
    """
    rows = [
        {"attack": attack, "times": times, "text": f"{times:.2f} ×", "pays": "yes" if times > 1 else "no"}
        for attack, times in gains
    ]
    most = max(1.2, *(times for _, times in gains))
    y = alt.Y("attack:N", sort=None, title=None, axis=alt.Axis(labelLimit=330))
    x = alt.X(
        "times:Q",
        title="times what an honest one gets",
        scale=alt.Scale(domain=[0, most], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    colour = alt.Color("pays:N", legend=None, scale=alt.Scale(domain=["yes", "no"], range=[VERMILLION, BLUE]))
    data = alt.Chart(alt.Data(values=rows))
    bars = data.mark_bar(height=16).encode(y=y, x=x, color=colour)
    texts = data.mark_text(align="left", color=INK).encode(y=y, x=alt.value(WIDTH + 8), text="text:N")
    honest = alt.Chart(alt.Data(values=[{"times": 1}])).mark_rule(color=BLACK, strokeDash=[4, 3], strokeWidth=1.5)
    said = "; ".join(f"{attack}: {times:.2f} times" for attack, times in gains)
    layers = alt.layer(bars, honest.encode(x="times:Q"), texts)
    return charts.figure_of(layers, title, f"{title}. {said}. A line stands at 1.", WIDTH, BAR * len(rows))


def cartel_chart(lines: Table, points: Table, title: str) -> Figure:
    """The pay of a cartel's false miner, by the cartel's stake and kappa.

    Args:
        lines: columns `share` (% of stake), `pay` (% of the miners' pay) and `kappa` (words), by the rule.
        points: the same, measured on a running chain.
        title: what the picture shows.
    """
    names = list(dict.fromkeys(lines["kappa"]))
    looks = {
        "color": alt.Color(
            "kappa:N", title=None, scale=alt.Scale(domain=names, range=[BLUE, VERMILLION, GREEN][: len(names)])
        ),
        "x": alt.X("share:Q", title="the cartel's part of all stake, %", scale=alt.Scale(zero=False, nice=False)),
        "y": alt.Y("pay:Q", title="its miner's part of the pay, %"),
    }
    dashes = alt.StrokeDash(
        "kappa:N", title=None, scale=alt.Scale(domain=names, range=[[1, 0], [7, 4], [2, 3]][: len(names)])
    )
    line = alt.Chart(charts.values_of(lines)).mark_line(strokeWidth=2.5, interpolate="step-after")
    dots = alt.Chart(charts.values_of(points)).mark_point(filled=True, size=110, opacity=1, stroke="white")
    measured = zip(points["kappa"], points["share"], points["pay"], strict=True)
    said = "; ".join(f"{kappa}, {share:.0f} % of the stake: {pay:.0f} % of the pay" for kappa, share, pay in measured)
    layers = alt.layer(line.encode(**looks, strokeDash=dashes), dots.encode(**looks))
    return charts.figure_of(layers, title, f"{title}. Dots, measured on a chain: {said}.", 560, 220)


def sandwich_chart(pools: Table, title: str) -> Figure:
    """The best sandwich around the same order in real pools.

    Args:
        pools: columns `tao` (τ in the pool), `profit` (τ), `netuid`, and `worth` (one of `WORTH`).
        title: what the picture shows.
    """
    base = alt.Chart(charts.values_of(pools)).encode(
        x=alt.X("tao:Q", title="τ in the pool", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=6, format="~s")),
        y=alt.Y("profit:Q", title="the attacker's profit, τ"),
        color=alt.Color("worth:N", title=None, scale=alt.Scale(domain=WORTH, range=[VERMILLION, BLUE])),
        shape=alt.Shape("worth:N", title=None, scale=alt.Scale(domain=WORTH, range=["circle", "triangle-up"])),
    )
    ends = sorted(zip(pools["tao"], pools["netuid"], pools["profit"], strict=True))
    said = ", ".join(
        f"subnet {netuid} with {tao:,.0f} τ: {profit:.4g} τ" for tao, netuid, profit in (ends[0], ends[-1])
    )
    dots = base.mark_point(filled=True, size=55, opacity=0.85)
    return charts.figure_of(alt.layer(dots), title, f"{title}. {said}.", 560, 220)
