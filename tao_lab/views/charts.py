"""Charts of an epoch, made from its result; the widget draws the same charts with changing data.

A function returns a `Figure`: a picture with a text alternative. It needs no network, in a notebook, in Voila and in a
page made from a notebook. Colours are Okabe and Ito's, and viridis for amounts: more is darker on white, and brighter
in the dark theme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any

import altair as alt
import numpy as np

from tao_lab import stills
from tao_lab.cards import picture
from tao_lab.consensus import Epoch, EpochInput, SparseRows, epoch, null_epoch
from tao_lab.fixed import FLOAT
from tao_lab.units import RAO_PER_TAO, U16_MAX
from tao_lab.views import rendering
from tao_lab.views.palette import BLACK, BLUE, FONT, GREY, INK, LIGHT, VERMILLION
from tao_lab.views.scenario import Cast, run_epochs
from tao_lab.views.sentences import percent
from tao_lab.views.tables import Table, bonds_table, dividends_table, incentive_table, rows_of, weights_table

WHO = alt.Scale(domain=["honest", "liar"], range=[BLUE, VERMILLION])
# Labels of a scale of whole numbers: a tick between two of them has no label.
WHOLE: dict[str, Any] = {"labelExpr": "datum.value == floor(datum.value) ? datum.label : ''"}
LETTER = 0.62  # a letter's width in a wide bold type, as a part of its size
# px around a chart: a browser's letters may be wider than they were measured
ROOM = {"left": 20, "right": 40, "top": 5, "bottom": 5}


@dataclass(frozen=True)
class Figure:
    """A chart that needs no network.

    Attributes:
        chart: the Altair chart, which you can change.
        alt: a description, for people who cannot see it.
    """

    chart: alt.LayerChart
    alt: str

    def spec(self) -> dict[str, Any]:
        """The Vega-Lite specification; a title that is too long continues in a second line."""
        spec = {"padding": ROOM, **self.chart.to_dict()}
        if isinstance(spec.get("title"), str) and isinstance(spec.get("width"), int):
            size = spec.get("config", {}).get("title", {}).get("fontSize", SMALL.font)
            spec["title"] = wrap(spec["title"], max(20, int(spec["width"] / (size * LETTER))))
        return spec

    def svg(self) -> str:
        """The picture."""
        return rendering.svg(self.spec())

    def _charts(self) -> list[dict[str, Any]]:
        return [stills.chart(self.spec(), self.alt)]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        svg = self.svg()
        width = float(svg.partition('width="')[2].partition('"')[0])
        shown = picture(svg.encode(), "image/svg+xml", self.alt, width)
        return {"text/html": shown, "text/plain": self.alt, **stills.kept(self._charts)}


@dataclass(frozen=True)
class Style:
    """Sizes: of type (px), of a matrix row (px), of the smaller charts (px)."""

    font: int = 12
    row: int = 15
    strip: int = 110
    bars: int = 92


SMALL = Style()


# --- charts of one epoch ---


def weights_chart(result: Epoch, cast: Cast | None = None) -> Figure:
    """Matrix of weights: validators, largest stake first, by the best miners.

    Args:
        result: an epoch.
        cast: whom to show; without one, validators with 0.1 % of stake or more and the 12 best miners.
    """
    cast = cast or Cast.of(result)
    table = weights_table(result, cast)
    consensus = incentive_table(result, cast)["consensus"]
    title = f"Weights: miner {cast.miners[0]} has consensus {percent(consensus[0])}"
    alternative = (
        f"Matrix of weights, {len(cast.validators)} validators by {len(cast.miners)} miners, share of each row."
    )
    return figure_of(weights_spec(values_of(table), cast), title, alternative, 560, len(cast.validators) * SMALL.row)


def clipping_chart(result: Epoch, cast: Cast | None = None) -> Figure:
    """Weights of each validator compared with consensus: the part above the bar is cut.

    Args:
        result: an epoch.
        cast: whom to show; without one, validators with 0.1 % of stake or more and the 12 best miners.
    """
    cast = cast or Cast.of(result)
    table = weights_table(result, cast)
    drawn = [w > 0 and s > 0 for w, s in zip(table["weight"], table["stake"], strict=True)]
    cut = sum(d and c for d, c in zip(drawn, table["cut"], strict=True))
    title = f"Clipping cuts {cut} of {sum(drawn)} weights down to consensus"
    alternative = f"{title}. For each miner a bar at consensus and a circle for each validator's weight."
    return figure_of(consensus_spec(values_of(table), cast), title, alternative, 560, 220)


def incentive_chart(result: Epoch, cast: Cast | None = None) -> Figure:
    """Incentive of the best miners.

    Args:
        result: an epoch.
        cast: whom to show; without one, the 12 best miners.
    """
    cast = cast or Cast.of(result)
    table = incentive_table(result, cast)
    title = f"The {len(cast.miners)} best miners earn {percent(min(sum(table['incentive']), 1.0))} of all incentive"
    values = zip(table["miner"], table["incentive"], strict=True)
    alternative = f"{title}: {', '.join(f'miner {uid} {percent(share)}' for uid, share in values)}."
    return figure_of(incentive_spec(values_of(table), cast), title, alternative, 560, 160)


def dividends_chart(result: Epoch, cast: Cast | None = None) -> Figure:
    """Dividends of each validator compared with its share of stake.

    Args:
        result: an epoch.
        cast: whom to show; without one, validators with 0.1 % of stake or more.
    """
    cast = cast or Cast.of(result)
    table = dividends_table(result, cast)
    below = sum(d < s for d, s in zip(table["dividends"], table["stake"], strict=True))
    title = f"{below} of {len(cast.validators)} validators earn less than their share of stake"
    values = zip(table["validator"], table["dividends"], table["stake"], strict=True)
    alternative = f"{title}: {', '.join(f'{uid} {percent(d)} on {percent(s)}' for uid, d, s in values)}."
    return figure_of(dividends_spec(values_of(table), cast), title, alternative, 480, len(cast.validators) * SMALL.row)


def bonds_chart(epochs: Sequence[Epoch], miner: int, cast: Cast | None = None, validator: int | None = None) -> Figure:
    """Bonds on one miner, epoch after epoch, as the chain stores them.

    Args:
        epochs: epochs in a row, for example of `run_epochs`; the first is drawn at 0.
        miner: UID of the miner.
        cast: whom to show; without one, validators with 0.1 % of stake or more in the last epoch.
        validator: UID of the highlighted validator; by default the one with the largest bond.
    """
    cast = cast or Cast.of(epochs[-1])
    if miner not in cast.miners:
        cast = Cast(cast.honest, cast.liars, (*cast.miners, miner))
    rows = np.array(cast.validators)
    history = np.stack([e.terms().bonds.dense(rows)[:, list(cast.miners)] for e in epochs]) / U16_MAX
    table = bonds_table(history, cast, miner)
    first = dict(zip(cast.validators, table["bond"], strict=False))
    last = dict(zip(cast.validators, table["bond"][-len(rows) :], strict=True))
    if validator is None:
        top = max(last, key=lambda uid: last[uid])
        title = f"Validator {top} holds the largest bond on miner {miner}: {last[top]:.2f}"
    else:
        title = (
            f"Validator {validator}'s bond on miner {miner} goes from {first[validator]:.2f} to {last[validator]:.2f}"
        )
    alternative = f"{title}. Lines of {len(rows)} validators over {len(epochs)} epochs."
    chart = bonds_spec(values_of(table), cast, validator=validator)
    return figure_of(chart, title, alternative, 480, 220)


def permits_chart(result: Epoch, inputs: EpochInput) -> Figure:
    """Stake by rank, and who gets a permit for the next epoch.

    Args:
        result: an epoch.
        inputs: what went into it.
    """
    holders = np.flatnonzero(inputs.stake > 0)
    order = holders[np.argsort(-inputs.stake[holders].astype(np.float64), kind="stable")]
    permitted = result.new_permits[order]
    table = {
        "rank": list(range(1, len(order) + 1)),
        "stake": (inputs.stake[order] / RAO_PER_TAO).tolist(),
        "permit": np.where(permitted, "permit", "no permit").tolist(),
    }
    seats = alt.Scale(domain=["permit", "no permit"], range=[BLUE, GREY])
    shapes = alt.Scale(domain=["permit", "no permit"], range=["circle", "cross"])
    seated = int(permitted.sum())
    largest = ": the largest stakes" if permitted[:seated].all() and 0 < seated < len(order) else ""
    title = f"{seated} of {len(order)} stakeholders get a permit{largest}"
    chart = (
        alt.Chart(values_of(table))
        .mark_point(filled=True, size=40, opacity=0.9)
        .encode(
            x=alt.X("rank:Q", title="rank by stake"),
            y=alt.Y("stake:Q", title="stake, τ (log scale)", scale=alt.Scale(type="log"), axis=alt.Axis(format="~g")),
            color=alt.Color("permit:N", title=None, scale=seats),
            shape=alt.Shape("permit:N", title=None, scale=shapes),
        )
    )
    return figure_of(alt.layer(chart), title, f"{title}. Stake in τ against rank.", 480, 220)


def exact_against_float_chart(inputs: EpochInput, epochs: int = 20) -> Figure:
    """How far float64 is from the chain's numbers, epoch after epoch.

    Args:
        inputs: state at the first epoch.
        epochs: how many to run.
    """
    exact, floating = run_epochs(inputs, epochs), run_epochs(inputs, epochs, FLOAT)
    rows: Table = {"epoch": [], "what": [], "distance": []}
    differing, total = 0, 2 * epochs * inputs.n
    for number, (a, b) in enumerate(zip(exact, floating, strict=True), 1):
        for what in ("incentive", "dividends"):
            distance = float(np.abs(a.numbers.to_float(getattr(a, what)) - getattr(b, what)).max())
            rows["epoch"].append(number)
            rows["what"].append(what)
            rows["distance"].append(distance)
            differing += int((a.numbers.to_u16(getattr(a, what)) != b.numbers.to_u16(getattr(b, what))).sum())
    title = f"Float is off by up to about {max(rows['distance']):.1e}; {differing} of {total} stored u16 numbers differ"
    chart = (
        alt.Chart(values_of(rows))
        .mark_line(point=alt.OverlayMarkDef(size=40))
        .encode(
            x=alt.X("epoch:Q", title="epoch", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y(
                "distance:Q", title="largest |exact − float|, share of 1", axis=alt.Axis(format=".1e", tickCount=4)
            ),
            color=alt.Color("what:N", title=None, scale=alt.Scale(range=[BLUE, VERMILLION])),
            strokeDash=alt.StrokeDash("what:N", title=None),
        )
    )
    return figure_of(
        alt.layer(chart), title, f"{title}. Lines of incentive and dividends over {epochs} epochs.", 480, 220
    )


def favourite_chart(inputs: EpochInput) -> Figure:
    """How much the largest validator can pay a miner whom nobody else pays, with Yuma and with Null consensus.

    Args:
        inputs: state before the epoch; in the chart the largest validator gives all its weight to one miner.
    """
    elected = int(np.argmax(inputs.stake))
    unpaid = (epoch(inputs).incentive == 0) & (inputs.registered_at < inputs.last_update[elected])
    unpaid[elected] = False
    favourite = int(np.argmax(unpaid))
    weights = inputs.weights.dense(np.arange(inputs.n))
    weights[elected] = 0
    weights[elected, favourite] = U16_MAX
    lie = replace(inputs, weights=SparseRows.from_dense(weights), commit_block=None)
    pay = {"Yuma": epoch(lie).terms().server_emission, "Null": null_epoch(lie).server_emission}
    shares = {name: float(rao[favourite]) / max(float(rao.sum()), 1.0) for name, rao in pay.items()}
    stake = float(inputs.stake[elected]) / float(inputs.stake.sum())
    yuma, null = (f"{shares[name]:.0%}" for name in ("Yuma", "Null"))
    title = f"Validator {elected} has {stake:.0%} of the stake; its favourite gets {yuma} under Yuma, {null} under Null"
    rows = values_of({"consensus": list(shares), "share": list(shares.values()), "text": [yuma, null]})
    base = alt.Chart(rows).encode(
        x=alt.X(
            "share:Q",
            title="favourite's part of the miners' pay",
            scale=alt.Scale(domain=[0, 1.1]),
            axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
        ),
        y=alt.Y("consensus:N", title=None, sort=None),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("consensus:N", legend=None, scale=alt.Scale(range=[BLUE, VERMILLION]), sort=None)
    )
    text = base.mark_text(align="left", dx=5).encode(text="text:N")
    return figure_of(alt.layer(bars, text), title, f"{title}. Two bars: Yuma and Null consensus.", 480, 90)


# --- the same charts over any data: values, or a name that the widget fills ---
# Params say what is highlighted: `miner` (a UID), `validator` (a UID, or "" for all of them), and `target`, the miner
# that the liars push (or "").


def weights_spec(data: alt.Data, cast: Cast, style: Style = SMALL) -> alt.LayerChart:
    """Weights matrix."""
    amount = alt.Scale(scheme="viridis", reverse=True, type="sqrt", domain=[0, 1], clamp=True)
    cells = (
        alt.Chart(data)
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(
            x=miner_axis(cast, style),
            y=_validator_axis(cast, style),
            color=alt.when("datum.weight > 0")
            .then(alt.Color("weight:Q", legend=None, scale=amount))
            .otherwise(alt.value(LIGHT)),
            tooltip=_tooltip("validator", "miner", "weight", "stake"),
        )
    )
    outline = cells.mark_rect(filled=False, stroke=BLACK, strokeWidth=1.5).encode(color=alt.Undefined)
    column = outline.transform_filter("datum.miner == miner")
    row = outline.transform_filter("datum.validator == validator")
    return _with_highlight(cast, cells, column, row)


def consensus_spec(data: alt.Data, cast: Cast, style: Style = SMALL) -> alt.LayerChart:
    """Each validator's weight and the consensus, miner by miner; hollow circles are cut."""
    # A square-root scale keeps small weights apart.
    axis = _amount_axis(
        "weight (√ scale)" if style == SMALL else "weight (√)", values=[0, 0.05, 0.25, 0.5, 1], **_side(style)
    )
    scale = alt.Scale(type="sqrt", domain=[0, 1])
    title = "miner (UID)" if style == SMALL else "miner (bar: consensus, hollow: cut)"
    base = alt.Chart(data).encode(x=miner_axis(cast, style, title))
    area = alt.Size("stake:Q", legend=None, scale=alt.Scale(domain=[0, 0.35], range=[25, style.font * 22], clamp=True))
    circles = (
        base.transform_filter("datum.weight > 0 && datum.stake > 0")
        .mark_circle(strokeWidth=1.5)
        .encode(
            y=alt.Y("weight:Q", scale=scale, axis=axis),
            size=area,
            stroke=alt.Stroke("who:N", legend=None, scale=WHO),
            fill=alt.when("datum.cut").then(alt.value("white")).otherwise(alt.Fill("who:N", legend=None, scale=WHO)),
            opacity=_faded("validator == '' || datum.validator == validator", 0.8),
            tooltip=_tooltip("validator", "miner", "weight", "consensus"),
        )
    )
    # Consensus is the same in every row of a miner: one of them is drawn.
    one_row = base.transform_filter(f"datum.validator == '{cast.validators[0]}'")
    bar = one_row.mark_tick(color=BLACK, opacity=1, thickness=3, bandSize=style.font * 2.4).encode(
        y=alt.Y("consensus:Q", scale=scale, axis=axis)
    )
    return _with_highlight(cast, bar, circles)


def incentive_spec(data: alt.Data, cast: Cast, style: Style = SMALL) -> alt.LayerChart:
    """Incentive of each miner; the grey mark is before the lie."""
    base = alt.Chart(data).encode(x=miner_axis(cast, style))
    scale = alt.Scale(domain=[0, 1])
    axis = _amount_axis("incentive", values=[0, 0.5, 1], **_side(style))
    bars = base.mark_bar().encode(
        y=alt.Y("incentive:Q", scale=scale, axis=axis),
        color=alt.when("datum.miner == target").then(alt.value(VERMILLION)).otherwise(alt.value(BLUE)),
        opacity=_faded("datum.miner == miner", 1, faint=0.6),
        tooltip=_tooltip("miner", "incentive", "before", "consensus"),
    )
    before = base.mark_tick(color=GREY, opacity=1, thickness=3, bandSize=style.font * 2.4).encode(
        y=alt.Y("before:Q", scale=scale, axis=axis)
    )
    return _with_highlight(cast, bars, before)


def dividends_spec(data: alt.Data, cast: Cast, style: Style = SMALL) -> alt.LayerChart:
    """Dividends of each validator; the black mark is its share of stake."""
    base = alt.Chart(data).encode(y=_validator_axis(cast, style))
    axis = _amount_axis("share (bar: dividends, mark: stake)", tickCount=5)
    bars = base.mark_bar(size=style.row * 0.55).encode(
        x=alt.X("dividends:Q", axis=axis, scale=alt.Scale(domain=alt.DomainUnionWith([0, 0.4]))),
        color=alt.Color("who:N", legend=None, scale=WHO),
        opacity=_faded("validator == '' || datum.validator == validator", 1, faint=0.4),
        tooltip=_tooltip("validator", "dividends", "stake"),
    )
    mark = base.mark_tick(color=BLACK, opacity=1, thickness=3, bandSize=style.row * 0.95).encode(
        x=alt.X("stake:Q", axis=axis)
    )
    return _with_highlight(cast, bars, mark)


def bonds_spec(data: alt.Data, cast: Cast, style: Style = SMALL, validator: int | None = None) -> alt.LayerChart:
    """Bonds on one miner over epochs, a line for each validator; the lines of all but `validator` are faint."""
    epoch_title = "epochs since the lie began" if cast.liars else "epoch"
    dashes = alt.Scale(domain=["honest", "liar"], range=[[1, 0], [6, 3]])
    lines = (
        alt.Chart(data)
        .mark_line(strokeWidth=style.font / 6)
        .encode(
            x=alt.X("epoch:Q", title=epoch_title, axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y(
                "bond:Q",
                title="bond (1 = 65,535)",
                axis=alt.Axis(tickCount=4, format=".1f"),
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=alt.Color("who:N", legend=None, scale=WHO),
            strokeDash=alt.StrokeDash("who:N", legend=None, scale=dashes),
            detail="validator:N",
            opacity=_faded("validator == '' || datum.validator == validator", 0.9),
            tooltip=_tooltip("validator", "epoch", "bond"),
        )
    )
    return _with_highlight(cast, lines, validator=validator)


def config(style: Style) -> dict[str, Any]:
    """Vega-Lite's configuration: one type face, calm axes."""
    axis = {
        "labelFontSize": style.font,
        "titleFontSize": style.font,
        "titleFontWeight": "normal",
        "gridColor": LIGHT,
        "domainColor": GREY,
        "tickColor": GREY,
        "labelColor": INK,
        "titleColor": INK,
        "titlePadding": style.font / 2,
    }
    title = {"fontSize": style.font + 2, "anchor": "start", "offset": style.font / 2}
    return {"font": FONT, "axis": axis, "view": {"stroke": None}, "title": title, "background": "white"}


def values_of(table: Table) -> alt.InlineData:
    """A table as a chart's own data."""
    return alt.Data(values=rows_of(table))


def figure_of(chart: alt.LayerChart, title: str, alternative: str, width: int, height: int) -> Figure:
    """A chart with its title, its text alternative and its size in px."""
    drawn = chart.properties(title=title, width=width, height=height, description=alternative)
    return Figure(drawn.configure(**config(SMALL)), alternative)


def _with_highlight(cast: Cast, *layers: alt.Chart, validator: int | None = None) -> alt.LayerChart:
    return alt.layer(*layers).add_params(
        alt.param(name="miner", value=str(cast.miners[0])),
        alt.param(name="validator", value="" if validator is None else str(validator)),
        alt.param(name="target", value=""),
    )


def _faded(test: str, strong: float, faint: float = 0.15) -> Any:
    return alt.when(test).then(alt.value(strong)).otherwise(alt.value(faint))


def miner_axis(cast: Cast, style: Style = SMALL, title: str = "miner (UID)") -> alt.X:
    """An axis of miners; if the chart is too narrow for their UIDs, they are written vertically."""
    colour: Any = {"condition": {"test": "datum.value == target", "value": VERMILLION}, "value": INK}
    narrow = f"width < {len(cast.miners) * style.font * 2.1:.0f}"
    axis = alt.Axis(
        ticks=False,
        domain=False,
        labelAngle=alt.ExprRef(f"{narrow} ? -90 : 0"),
        labelAlign=alt.ExprRef(f"{narrow} ? 'right' : 'center'"),
        labelBaseline=alt.ExprRef(f"{narrow} ? 'middle' : 'top'"),
        title=title,
        labelColor=colour,
    )
    return alt.X("miner:N", scale=alt.Scale(domain=[str(uid) for uid in cast.miners], padding=0.06), axis=axis)


def _validator_axis(cast: Cast, style: Style) -> alt.Y:
    liars = [str(uid) for uid in cast.liars]
    colour: Any = {"condition": {"test": f"indexof({liars}, datum.value) >= 0", "value": VERMILLION}, "value": INK}
    axis = alt.Axis(ticks=False, domain=False, title="validator (UID)", labelColor=colour, **_side(style))
    return alt.Y("validator:N", scale=alt.Scale(domain=[str(uid) for uid in cast.validators], padding=0.08), axis=axis)


def _amount_axis(title: str, **settings: Any) -> alt.Axis:
    return alt.Axis(title=title, format="~%", ticks=False, domain=False, **settings)


def _side(style: Style) -> dict[str, float]:
    """Space for labels, the same in all charts, so that their plots are aligned."""
    return {"minExtent": style.font * 2.8, "maxExtent": style.font * 2.8}


def _tooltip(*names: str) -> list[alt.Tooltip]:
    plain = {"validator", "miner", "epoch"}
    formats = {name: {} if name in plain else {"format": ".3f" if name == "bond" else ".2%"} for name in names}
    return [alt.Tooltip(f"{name}:{'N' if name in plain else 'Q'}", **formats[name]) for name in names]
