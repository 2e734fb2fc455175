"""The page of the leaderboard: ranks over time, gains, and their sources."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from tao_lab.cards import percent
from tao_lab.units import RAO_PER_TAO
from tao_lab.views.boards.cells import HEIGHT
from tao_lab.views.boards.classroom import Standing, part
from tao_lab.views.charts import Style
from tao_lab.views.palette import BLUE, GREEN, GREY, INK, VERMILLION
from tao_lab.views.tables import Table

Epochs = Sequence[Sequence[Standing]]
LETTERS = 0.072  # of the picture's height: a name
MOST_LINES = 12  # names that fit at the ends of the lines
UNITS = {"gain": "gain, τ", "rank": "place"}
WORK = {"miners' pay": BLUE, "validators' pay": GREEN}


def gain_text(rao: int) -> str:
    """A gain with its sign."""
    return f"{'+' if rao > 0 else '−' if rao < 0 else ''}{abs(rao) / RAO_PER_TAO:.1f} τ"


def standing_of(standings: Sequence[Standing], name: str) -> Standing | None:
    """A student's standing, or None if the student is not in the class yet."""
    return next((one for one in standings if one.name == name), None)


def sentence(epochs: Epochs, name: str, block: int | None = None) -> str:
    """Who leads, and the standing of one student, at a block of a class, or after the example's last epoch."""
    now, number = epochs[-1], len(epochs) - 1
    if not now:
        return "Nobody has joined yet."
    first = now[0]
    if block is not None:
        when = f"At block {block}"
    else:
        when = "Before the first epoch" if not number else f"After {number} epoch{'s' if number > 1 else ''}"
    said = f"{when} {first.name} leads with {gain_text(first.gain)}."
    one = standing_of(now, name)
    if one is None or one is first:
        return f"{said} {_work(first)}"
    return f"{said} {one.name} is in place {one.rank} of {len(now)} with {gain_text(one.gain)}. {_work(one)}"


def _work(one: Standing) -> str:
    earned = [
        f"{percent(part(word))} of {who}"
        for word, who in ((one.incentive, "the miners' pay"), (one.dividends, "the validators' pay"))
        if word
    ]
    does = f"{one.name} {one.does}" if one.does else one.name
    return f"{does}: {' and '.join(earned)} of the last epoch." if earned else f"{does}: no pay from the last epoch."


def lines_table(epochs: Epochs, name: str, unit: str, at: Sequence[int] | None = None) -> Table:
    """Each student's gain or place after each epoch.

    Args:
        epochs: standings.
        name: name of the marked student.
        unit: one of `UNITS`.
        at: positions on the axis; by default 0, 1, …
    """
    names = [one.name for one in epochs[-1][:MOST_LINES]]
    if standing_of(epochs[-1], name) and name not in names:
        names.append(name)
    rows: Table = {"epoch": [], "name": [], "value": [], "label": [], "place": [], "look": []}
    places = _places({one.name: _value(one, unit) for one in epochs[-1] if one.name in names}, epochs, unit)
    for number, standings in enumerate(epochs):
        for one in standings:
            if one.name in names:
                value, place = _value(one, unit), places[one.name]
                label = one.name if number == len(epochs) - 1 else ""
                look = "chosen" if one.name == name else "other"
                for column, entry in zip(
                    rows, (number if at is None else at[number], one.name, value, label, place, look), strict=True
                ):
                    rows[column].append(entry)
    return rows


def _value(one: Standing, unit: str) -> float:
    """The value of a line; ranks are negative, so that the first is at the top."""
    return -float(one.rank) if unit == "rank" else one.gain / RAO_PER_TAO


def _places(ends: dict[str, float], epochs: Epochs, unit: str) -> dict[str, float]:
    """Positions of the names: at the ends of their lines, or as near as possible without overlap."""
    every = [_value(one, unit) for standings in epochs for one in standings]
    room = LETTERS * (max(every) - min(every))
    found = dict[str, float]()
    for name, value in sorted(ends.items(), key=lambda end: end[1]):
        found[name] = max(value, max(found.values(), default=value - room) + room)
    return found


def lines_title(unit: str, since: str = "epoch") -> str:
    """What the lines show."""
    return f"{'Place' if unit == 'rank' else 'Gain in τ'} of each student, {since} by {since}"


def lines_spec(style: Style, since: str = "epoch") -> alt.LayerChart:
    """Lines with a name at each end; the chosen student's line is marked. The first rank is at the top.

    Args:
        style: sizes.
        since: what the axis counts: epochs from 0 on, or blocks.
    """
    scale = (
        alt.Scale(nice=False, zero=False)
        if since != "epoch"
        else alt.Scale(nice=False, domain=alt.DomainUnionWith([0, 1]))
    )
    # ranks are drawn below zero; gains may be negative too, but then there are also gains above zero
    positive = "domain('y')[1] <= 0 ? (datum.value == 0 ? '' : format(-datum.value, 'd')) : datum.label"
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X(
            "epoch:Q",
            title=since,
            axis=alt.Axis(labelExpr="datum.value % 1 ? '' : format(datum.value, 'd')", tickCount=6, grid=False),
            scale=scale,
        ),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=6, labelExpr=positive)),
        color=alt.Color("look:N", legend=None, scale=alt.Scale(domain=["chosen", "other"], range=[VERMILLION, GREY])),
        detail="name:N",
    )
    lines = base.mark_line(interpolate="linear").encode(
        strokeWidth=alt.when("datum.look == 'chosen'").then(alt.value(5)).otherwise(alt.value(2))
    )
    names = (
        base.transform_filter("datum.label != ''")
        .mark_text(align="left", dx=6, fontSize=style.font, clip=False)
        .encode(
            y="place:Q",
            text="label:N",
            color=alt.when("datum.look == 'chosen'").then(alt.value("#8A3B00")).otherwise(alt.value(INK)),
        )
    )
    points = base.mark_point(filled=True, opacity=1, size=30)
    return alt.layer(lines, points, names)


def gains_table(epochs: Epochs, name: str) -> Table:
    """Each student's present gain, the best first."""
    now = epochs[-1][:MOST_LINES]
    return {
        "name": [one.name for one in now],
        "gain": [one.gain / RAO_PER_TAO for one in now],
        "end": [max(0.0, one.gain / RAO_PER_TAO) for one in now],
        "text": [gain_text(one.gain) for one in now],
        "look": ["chosen" if one.name == name else "other" for one in now],
    }


def gains_title(epochs: Epochs, block: int | None = None) -> str:
    """What the bars of gains show."""
    return f"Gain after {f'epoch {len(epochs) - 1}' if block is None else f'block {block}'}, in TAO and α"


def gains_spec(style: Style) -> alt.LayerChart:
    """Bars, best first."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False))
    )
    x = alt.X("gain:Q", title=None, axis=alt.Axis(tickCount=3), scale=alt.Scale(nice=True))
    bars = base.mark_bar(height={"band": 0.7}).encode(
        x=x,
        color=alt.Color("look:N", legend=None, scale=alt.Scale(domain=["chosen", "other"], range=[VERMILLION, GREY])),
    )
    texts = base.mark_text(align="left", dx=5, fontSize=style.font).encode(x="end:Q", text="text:N")
    return alt.layer(bars, texts).properties(height=HEIGHT)


def work_table(epochs: Epochs) -> Table:
    """Pay of the last epoch: shares of the miners' and of the validators' pay, of everyone who was paid."""
    rows: Table = {"name": [], "work": [], "share": []}
    for one in [each for each in epochs[-1] if each.incentive or each.dividends][:MOST_LINES]:
        for work, word in zip(WORK, (one.incentive, one.dividends), strict=True):
            for column, entry in zip(rows, (one.name, work, part(word)), strict=True):
                rows[column].append(entry)
    return rows


def work_title(epochs: Epochs) -> str:
    """What the bars of pay show."""
    best = max(epochs[-1], key=lambda one: one.incentive, default=None)
    if best is None or not best.incentive:
        return "The last epoch paid no miner"
    return f"Last epoch: {best.name} earns {percent(part(best.incentive))} of the miners' pay"


def work_spec(style: Style) -> alt.LayerChart:
    """Bars side by side for each student, in the order of their places."""
    bars = (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar()
        .encode(
            y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False)),
            yOffset=alt.YOffset("work:N"),
            x=alt.X("share:Q", title=None, axis=alt.Axis(format="%", tickCount=3)),
            color=alt.Color(
                "work:N",
                title=None,
                scale=alt.Scale(domain=list(WORK), range=list(WORK.values())),
                legend=alt.Legend(orient="top", labelFontSize=style.font, symbolType="square"),
            ),
        )
    )
    return alt.layer(bars).properties(height=HEIGHT)
