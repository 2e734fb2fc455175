"""The page of attacks: attacker and honest participant, with the rule off and on, at every strength."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import altair as alt

from tao_lab.simulate.duels import DUELS, Duel, Fight, kept
from tao_lab.views.boards.cells import NARROW
from tao_lab.views.charts import Style
from tao_lab.views.palette import BLUE, GREY, INK, VERMILLION
from tao_lab.views.tables import Table

MOST = max(len(duel.strengths) for duel in DUELS.values())  # strengths of an attack
SIDES = {False: "rule off", True: "rule on"}
WHO = ("attacker", "honest")
NOTHING = 0.05  # per cent
MOST_SHOWN = 126  # per cent: space for the number above a full bar, and for the words above that


@dataclass(frozen=True)
class Both:
    """One attack of one strength, with the rule off and on."""

    duel: Duel
    strength: int
    fights: Mapping[bool, Fight]

    @classmethod
    def of(cls, name: str, place: int) -> Both:
        """Read it from the stored fights.

        Args:
            name: of the duel.
            place: index of the strength, from 0; after the last one, the last one is used.
        """
        duel = DUELS[name]
        strength = duel.strengths[min(place, len(duel.strengths) - 1)]
        return cls(duel, strength, {on: kept().of(name, strength, on) for on in SIDES})

    def attacker(self, on: bool) -> float:
        """Per cent that the attacker gets in the end."""
        return self.fights[on].end[0]

    def honest(self, on: bool) -> float:
        """Per cent that the honest participant gets in the end."""
        return self.fights[on].end[1]


def per_cent(value: float) -> str:
    """A percentage with few digits, for a projector."""
    return "0 %" if abs(value) < NOTHING else f"{value:.0f} %" if value >= 9.95 else f"{value:.1f} %"


def strength_text(both: Both) -> str:
    """How strong the attack is."""
    return f"{both.strength:,} {both.duel.unit}"


def sentence(both: Both) -> str:
    """The effect of the rule, with numbers."""
    done = both.duel.does.format(f"{both.strength:,}")
    off, on = (per_cent(both.attacker(guarded)) for guarded in SIDES)
    return f"{done}: that brings {off} {both.duel.gets}. With the rule it is {on}: {verdict(both)}."


def verdict(both: Both) -> str:
    """A verdict on the rule for this attack."""
    off, on, fair = both.attacker(False), both.attacker(True), both.duel.fair
    starved = both.honest(True) <= NOTHING
    if on > off + NOTHING:
        return "the rule makes the attack worse" + (", and honest miners get nothing" if starved else "")
    if on > off - NOTHING:
        said = "nothing to stop" if off <= NOTHING else "the rule changes nothing"
        return said + (", and honest miners now get nothing" if both.honest(False) > NOTHING and starved else "")
    if on <= NOTHING:
        return "the rule stops the attack" + (", but honest miners get nothing either" if starved else "")
    return "that is no more than honest work brings" if on <= fair else "the rule takes a part"


def whole(both: Both) -> str:
    """What the percentages of this attack are a part of."""
    return f"% {both.duel.gets}"


def bars_table(both: Both) -> Table:
    """Two sides with two bars each, and what an honest participant would get in the attacker's place."""
    rows: Table = {"side": [], "who": [], "value": [], "text": [], "fair": []}
    for on, side in SIDES.items():
        for who, value in zip(WHO, both.fights[on].end, strict=True):
            for column, entry in zip(rows, (side, who, value, per_cent(value), both.duel.fair), strict=True):
                rows[column].append(entry)
    return rows


def bars_title(both: Both) -> str:
    """What the bars show."""
    return f"{both.duel.title}. Rule: {both.duel.rule}"


def bars_alt(both: Both) -> str:
    """The bars in words."""
    sides = (
        f"{side}: attacker {per_cent(both.attacker(on))}, honest {per_cent(both.honest(on))}"
        for on, side in SIDES.items()
    )
    return f"{bars_title(both)}. {'; '.join(sides)}. Attacker: per cent {both.duel.attacker}."


def bars_spec(style: Style) -> alt.LayerChart:
    """Attacker beside the honest one, with the rule off and on."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X(
            "side:N",
            sort=list(SIDES.values()),
            title=None,
            scale=alt.Scale(paddingInner=0.25, paddingOuter=0.35),
            axis=alt.Axis(labelAngle=0, ticks=False, labelPadding=8),
        ),
        xOffset=alt.XOffset("who:N", sort=list(WHO)),
    )
    y = alt.Y(
        "value:Q",
        title=None,  # `unit` says it: a title stays the same for all attacks
        scale=alt.Scale(domain=alt.DomainUnionWith([0, MOST_SHOWN]), nice=False),
        axis=alt.Axis(values=[0, 20, 40, 60, 80, 100]),
    )
    colour = alt.Color(
        "who:N",
        title=None,
        sort=list(WHO),
        scale=alt.Scale(domain=list(WHO), range=[VERMILLION, BLUE]),
        legend=alt.Legend(orient="top", labelFontSize=style.font, symbolType="square"),
    )
    bars = base.mark_bar().encode(y=y, color=colour)
    size = alt.expr(f"width < {NARROW} ? {0.85 * style.font} : {1.2 * style.font}")
    texts = base.mark_text(baseline="bottom", dy=-4, fontSize=size, fontWeight="bold", color=INK).encode(
        y=y, text="text:N"
    )
    fair = (
        alt.Chart(alt.NamedData("rows"))
        .transform_filter("datum.who == 'attacker' && datum.fair > 0")
        .mark_rule(color=GREY, strokeDash=[6, 4], strokeWidth=1)
        .encode(y="max(fair):Q")
    )
    name = fair.mark_text(align="left", baseline="bottom", dx=4, dy=-3, fontSize=style.font)
    name = name.encode(y="max(fair):Q", x=alt.value(0), text=alt.value("fair"))
    corner = {"align": "left", "baseline": "top", "dx": 8, "fontSize": style.font}
    unit = (
        alt.Chart(alt.NamedData("rows"))
        .transform_aggregate(count="count()")  # one text, not one for each row
        .mark_text(text=alt.ExprRef("whole"), color=INK, **corner)
        .encode(x=alt.value(0), y=alt.value(0))
    )
    return alt.layer(fair, bars, texts, name, unit).add_params(alt.param(name="whole", value=""))


def lines_table(both: Both) -> Table:
    """What the attacker gets at every strength, with the rule off and on."""
    rows: Table = {"strength": [], "side": [], "value": [], "now": []}
    for strength in both.duel.strengths:
        for on, side in SIDES.items():
            value = kept().of(both.duel.name, strength, on).end[0]
            for column, entry in zip(rows, (strength, side, value, strength == both.strength), strict=True):
                rows[column].append(entry)
    return rows


def lines_title(both: Both) -> str:
    """What the lines show."""
    return f"Attacker's {whole(both)}, by {both.duel.across}: {len(both.duel.strengths)} runs each"


def lines_spec(style: Style) -> alt.LayerChart:
    """Lines with a point at each strength that was run; the one that is shown is larger."""
    names = list(SIDES.values())
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("strength:Q", title=None, scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(tickCount=4)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=4)),
        color=alt.Color(
            "side:N",
            title=None,
            scale=alt.Scale(domain=names, range=[VERMILLION, INK]),
            legend=alt.Legend(orient="top", labelFontSize=style.font, symbolType="stroke", symbolStrokeWidth=3),
        ),
    )
    dashes = alt.StrokeDash("side:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 4]]))
    lines = base.mark_line(strokeWidth=2.5).encode(strokeDash=dashes)
    points = base.mark_point(filled=True, opacity=1).encode(
        size=alt.when("datum.now").then(alt.value(260)).otherwise(alt.value(50))
    )
    return alt.layer(lines, points)


def epochs_table(both: Both) -> Table:
    """What attacker and honest one get, epoch by epoch."""
    rows: Table = {"epoch": [], "value": [], "who": [], "side": []}
    for on, side in SIDES.items():
        fight = both.fights[on]
        for who, values in zip(WHO, (fight.attacker, fight.honest), strict=True):
            for epoch, value in enumerate(values, 1):
                for column, entry in zip(rows, (epoch, value, who, side), strict=True):
                    rows[column].append(entry)
    return rows


def epochs_title(both: Both) -> str:
    """What the lines over epochs show."""
    count = len(both.fights[True].attacker)
    return f"The same over {count} epoch{'s' if count > 1 else ''}: {whole(both)}, rule off (line) and on (dashed)"


def epochs_spec(style: Style) -> alt.LayerChart:
    """Lines over epochs: colour for who, dashes for the rule."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("epoch:O", title="epoch", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=5)),
        color=alt.Color("who:N", title=None, scale=alt.Scale(domain=list(WHO), range=[VERMILLION, BLUE]), legend=None),
        detail="side:N",
    )
    dashes = alt.StrokeDash("side:N", scale=alt.Scale(domain=list(SIDES.values()), range=[[1, 0], [6, 4]]), legend=None)
    return alt.layer(
        base.mark_line(strokeWidth=style.font / 6).encode(strokeDash=dashes), base.mark_point(filled=True, size=50)
    )
