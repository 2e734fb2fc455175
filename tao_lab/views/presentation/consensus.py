"""What if half of the validators lie? Yuma Consensus with liars, for a room.

The epochs are those of `tao_lab.views.scenario`, on the chain's exact numbers. `ConsensusExplorer` is the same page in
lab 06, where a student's own epoch can compute it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import altair as alt

from tao_lab.consensus import epoch
from tao_lab.datasets import load_metagraph
from tao_lab.units import U16_MAX
from tao_lab.views import charts, scenario, sentences
from tao_lab.views.facts import Facts
from tao_lab.views.palette import BLUE, GREY, VERMILLION
from tao_lab.views.panel import Chart, Choice, Picture, Slider
from tao_lab.views.panel import Settings as Places
from tao_lab.views.presentation.page import PROJECTOR, Page, Preset, PresetRow, Step
from tao_lab.views.presentation.stage import Stage
from tao_lab.views.scenario import Outcome, Rule, Scenario, Settings
from tao_lab.views.sentences import percent
from tao_lab.views.tables import Table, bonds_table, dividends_table, incentive_table, weights_table

MOMENTS = ("before the lie", "after it")
GROUPS = ("honest", "liars")
EPOCHS = 20  # for which the liars lie


class ConsensusExplorer(Stage):
    """The dashboard in a notebook.

    Args:
        rule: computes one epoch; a student's own can take the place of the library's.
        epochs: the number of epochs for which the liars lie.
    """

    def __init__(self, rule: Rule = epoch, epochs: int = EPOCHS) -> None:
        super().__init__(page(rule, epochs))


def page(rule: Rule = epoch, epochs: int = EPOCHS) -> Page:
    """The dashboard.

    Args:
        rule: computes one epoch.
        epochs: the number of epochs for which the liars lie.
    """
    cast = _subnet().cast
    # a reader's next position is often one that was just computed: "since", or a step of the story
    outcome = lru_cache(8)(lambda settings: scenario.run(_subnet(), settings, epochs, rule))
    data = alt.NamedData("rows")
    return Page(
        name="consensus",
        title="What if half of the validators lie?",
        about="Give stake to five lying validators of a real subnet, and watch what Yuma Consensus does about them.",
        controls=(
            Slider("liar_percent", f"Stake of the {len(cast.liars)} liars", 0, scenario.MAX_LIAR_PERCENT, 1, 40),
            Slider("kappa", "Kappa", 0, 100, 1, 50),
            Slider("bonds_penalty", "Bonds penalty", 0, 100, 5, 100),
            Choice("lie", "They praise", (("ignored", "an unrated miner"), ("popular", "the second best")), "ignored"),
            Choice("yuma3", "Yuma", ((False, "2"), (True, "3")), False),
        ),
        specs={
            "incentive": incentive_spec(cast),
            "consensus": charts.consensus_spec(data, cast, PROJECTOR),
            "dividends": dividends_spec(),
            "weights": charts.weights_spec(data, cast, PROJECTOR),
            "validators": charts.dividends_spec(data, cast, PROJECTOR),
            "bonds": charts.bonds_spec(data, cast, PROJECTOR),
        },
        payoff="incentive",
        beside=("consensus", "dividends"),
        closer=("weights", "validators", "bonds"),
        draw=partial(draw, outcome),
        presets=(
            PresetRow("Liars hold", tuple(Preset(f"{share} %", {"liar_percent": share}) for share in (33, 49, 51, 60))),
            PresetRow("Kappa", tuple(Preset(f"{share} %", {"kappa": share}) for share in (40, 50, 67))),
        ),
        story=(
            Step(
                "Five liars put all their weight on a miner that nobody else rates. They have no stake yet.",
                {"liar_percent": 0},
                "This is subnet 15 with its real weights. Weights of a validator count by its stake.",
            ),
            Step(
                "A third of the stake lies. Does their miner earn?",
                {"liar_percent": 33},
                "Let the room vote first. A miner's consensus is the weight that kappa of the stake stands behind.",
            ),
            Step(
                "Just below a half: still the honest majority decides.",
                {"liar_percent": 49},
                "Point at the hollow circles: weights above the black bar are cut.",
            ),
            Step(
                "Just above a half: now the liars are the majority.",
                {"liar_percent": 51},
                "Two per cent of the stake change everything: Yuma Consensus protects up to kappa, and no further.",
            ),
            Step(
                "A higher kappa: now neither side has enough stake to decide.",
                {"liar_percent": 51, "kappa": 67},
                "Nobody earns, so the liars gain nothing. But a third of the stake can now stop all pay for work.",
            ),
            Step(
                "A lower kappa hands the subnet to a minority.",
                {"liar_percent": 45, "kappa": 40},
                "Discussion: which kappa would you choose, and what does it cost to buy that share of stake?",
            ),
        ),
    )


@lru_cache(1)
def _subnet() -> Scenario:
    return Scenario.of(load_metagraph())


def _settings(places: Places) -> Settings:
    """Per cent of the controls as the chain's u16."""
    values: dict[str, Any] = {**places}
    for name in ("kappa", "bonds_penalty"):
        values[name] = values[name] * U16_MAX // 100
    return Settings(**values)


def draw(outcome: Callable[[Settings], Outcome], places: Places, since: Places | None) -> Picture:
    """The epochs for the present settings; the charts show pay before and after the lie, side by side."""
    now = outcome(_settings(places))
    then = None if since is None else outcome(_settings(since))
    shown = {
        "liar_percent": f"{places['liar_percent']} %",
        "kappa": f"{places['kappa']} %",
        "bonds_penalty": f"{places['bonds_penalty'] / 100:.2f}",
    }
    return Picture(finding(now), charts_of(now), shown, sentences.sentence(now, then))


def charts_of(now: Outcome) -> dict[str, Chart]:
    """What each chart shows."""
    first, cast, history = now.epochs[0], now.scenario.cast, now.bonds()
    weights, target = weights_table(first, cast), str(now.target)
    best = 0  # its column; on the miner that they praise, the liars have no bonds to lose
    return {
        "incentive": Chart(
            sentences.incentive_title(now), sentences.incentive_alt(now), incentive_rows(now), {"target": target}
        ),
        "consensus": Chart(sentences.consensus_title(now), sentences.consensus_alt(now), weights, {"target": target}),
        "dividends": Chart(dividends_title(now), dividends_alt(now), dividends_rows(now)),
        "weights": Chart(
            sentences.weights_title(now), sentences.weights_alt(now), weights, {"target": target, "miner": target}
        ),
        "validators": Chart(
            sentences.dividends_title(now), sentences.dividends_alt(now), dividends_table(now.after, cast)
        ),
        "bonds": Chart(
            sentences.bonds_title(now, history, best),
            sentences.bonds_alt(now, history, best),
            bonds_table(history, cast, cast.miners[best]),
        ),
    }


def finding(now: Outcome) -> str:
    """The effect of the lie, in one sentence with a number."""
    facts = Facts.of(now)
    if now.settings.liar_percent == 0 or (facts.best is None and not facts.any_dividends):
        return sentences.state(now)
    pay = _from_to(facts.incentive_before, facts.incentive)
    earned = _from_to(facts.dividends_before, facts.dividends)
    return (
        f"Liars with {now.settings.liar_percent} % of the stake: their miner {now.target} {pay} of the incentive, "
        f"and their own share of the dividends {earned}."
    )


def _from_to(before: float, after: float) -> str:
    old, new = percent(before), percent(after)
    return f"stays at {new}" if old == new else f"goes from {old} to {new}"


def incentive_rows(now: Outcome) -> Table:
    """Two rows for each miner: incentive before the lie and after it; the praised miner has a text."""
    table = incentive_table(now.after, now.scenario.cast, now.before)
    rows: Table = {"miner": [], "moment": [], "incentive": [], "praised": [], "text": [], "side": []}
    for place, (miner, *pair) in enumerate(zip(table["miner"], table["before"], table["incentive"], strict=True)):
        praised = miner == str(now.target)
        for moment, value in zip(MOMENTS, pair, strict=True):
            rows["miner"].append(miner)
            rows["moment"].append(moment)
            rows["incentive"].append(value)
            rows["praised"].append(praised and moment == MOMENTS[1])
            rows["text"].append(f"liars' miner: {percent(value)}")
            rows["side"].append("right" if place < len(table["miner"]) / 2 else "left")
    return rows


def incentive_spec(cast: scenario.Cast) -> alt.LayerChart:
    """Incentive of each miner before the lie and after it, side by side."""
    font = PROJECTOR.font
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=charts.miner_axis(cast, PROJECTOR),
        xOffset=alt.XOffset("moment:N", scale=alt.Scale(domain=list(MOMENTS))),
        y=alt.Y(
            "incentive:Q",
            title="share of the incentive",
            scale=alt.Scale(domain=[0, 1.08], nice=False),
            axis=alt.Axis(format="~%", values=[0, 0.25, 0.5, 0.75, 1]),
        ),
    )
    legend = alt.Legend(title=None, orient="top", labelFontSize=font, symbolSize=font * 9)
    colours = alt.Scale(domain=list(MOMENTS), range=[GREY, BLUE])
    bars = base.mark_bar().encode(
        color=alt.when("datum.praised")
        .then(alt.value(VERMILLION))
        .otherwise(alt.Color("moment:N", scale=colours, legend=legend)),
        tooltip=[alt.Tooltip("miner:N"), alt.Tooltip("moment:N"), alt.Tooltip("incentive:Q", format=".2%")],
    )
    words_beside = [_beside(base, side, font) for side in ("left", "right")]
    return alt.layer(bars, *words_beside).add_params(alt.param(name="target", value=""))


def _beside(base: alt.Chart, side: str, font: int) -> alt.Chart:
    """Words above the praised miner's bar, towards the middle of the chart."""
    one = base.transform_filter(f"datum.praised && datum.side == '{side}'")
    away = font if side == "left" else -font
    align = "right" if side == "left" else "left"
    text = one.mark_text(
        align=align, baseline="bottom", dx=away, dy=-4, fontSize=font, fontWeight="bold", color=VERMILLION
    )
    return text.encode(text="text:N")


def dividends_title(now: Outcome) -> str:
    """What the chart of dividends shows."""
    facts = Facts.of(now)
    if not facts.any_dividends:
        return "Dividends: no validator earns any"
    moved = _from_to(facts.dividends_before, facts.dividends)
    return f"The liars' share of the dividends {moved}"


def dividends_alt(now: Outcome) -> str:
    """Text alternative of the chart of dividends."""
    rows = dividends_rows(now)
    parts = [f"{who} {when} {text}" for who, when, text in zip(rows["who"], rows["moment"], rows["text"], strict=True)]
    return f"Bars of the dividends that honest validators and liars earn together: {', '.join(parts)}."


def dividends_rows(now: Outcome) -> Table:
    """Two rows for each side: its dividends before the lie and after it."""
    rows: Table = {"who": [], "moment": [], "dividends": [], "text": []}
    for moment, result in zip(MOMENTS, (now.before, now.after), strict=True):
        liars = now.liars(result, result.dividends)
        whole = float(result.numbers.to_float(result.dividends.sum()))
        for who, value in zip(GROUPS, (whole - liars, liars), strict=True):
            rows["who"].append(who)
            rows["moment"].append(moment)
            rows["dividends"].append(round(value, 6))
            rows["text"].append(percent(value).replace("over", ">").replace("under", "<"))  # a phone has no more room
    return rows


def dividends_spec() -> alt.LayerChart:
    """Dividends of the honest and of the liars, before the lie and after it."""
    font = PROJECTOR.font
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=alt.Y("who:N", title=None, scale=alt.Scale(domain=list(GROUPS)), axis=alt.Axis(ticks=False, domain=False)),
        yOffset=alt.YOffset("moment:N", scale=alt.Scale(domain=list(MOMENTS))),
        x=alt.X(
            "dividends:Q",
            title="share of all dividends",
            scale=alt.Scale(domain=[0, 1.5]),
            axis=alt.Axis(format="~%", values=[0, 0.5, 1], domain=False),
        ),
    )
    colour = alt.when(alt.datum.moment == MOMENTS[0]).then(alt.value(GREY))
    bars = base.mark_bar().encode(
        color=colour.when(alt.datum.who == "liars").then(alt.value(VERMILLION)).otherwise(alt.value(BLUE))
    )
    text = base.mark_text(align="left", dx=5, fontSize=font).encode(text="text:N")
    return alt.layer(bars, text)
