"""Where does the next TAO go? One block by the chain's rules, for a room.

Every position is computed by `tao_lab.economy`; the rules and the charts are those of `EmissionExplorer`.
"""

from __future__ import annotations

import altair as alt

from tao_lab.units import RAO_PER_TAO
from tao_lab.views import money
from tao_lab.views.emission import tao_text
from tao_lab.views.money import Block, block_of
from tao_lab.views.palette import BLUE, GREY
from tao_lab.views.panel import Chart, Picture, Settings, Slider
from tao_lab.views.presentation.page import PROJECTOR, Page, Preset, PresetRow, Step
from tao_lab.views.sentences import percent
from tao_lab.views.tables import Table

MOMENTS = ("before", "now")


def page() -> Page:
    """The dashboard."""
    return Page(
        name="emission",
        title="Where does the next TAO go?",
        about="One block by the chain's own rules: what it issues, which subnet gets it, and who gets the alpha.",
        controls=(
            Slider("issuance", "Issued so far", 0, 21, 0.25, 8),
            Slider("price", "A's price", 1, 100, 1, 50),
            Slider("burn", "A burns", 0, 100, 10, 0),
            Slider("recycled", "Recycled", 0, 90, 10, 0),
            Slider("root", "Root weighs", 0, 100, 5, 20),
            Slider("take", "Take", 0, 18, 1, 18),
        ),
        specs={
            "tao": tao_spec(),
            "alpha": money.alpha_spec(PROJECTOR),
            "supply": money.supply_spec(PROJECTOR, "TAO, millions", (0, 10, 21)),
        },
        payoff="tao",
        beside=("alpha", "supply"),
        draw=draw,
        presets=(
            PresetRow(
                "Issued, millions of τ",
                tuple(Preset(f"{millions:g}", {"issuance": millions}) for millions in (0, 8, 10.5, 15.75, 21)),
            ),
            PresetRow("A burns", tuple(Preset(f"{share} %", {"burn": share}) for share in (0, 50, 100))),
        ),
        story=(
            Step(
                "Each block issues new τ. Subnets share it by the price of their α.",
                {},
                "Three subnets. A's α has the highest price, so A gets the largest part. Nobody votes on these shares.",
            ),
            Step(
                "If A's price falls, the others gain what A loses.",
                {"price": 10},
                "The chain takes a moving price, so that one large trade can't buy a block's emission.",
            ),
            Step(
                "A halving comes when enough τ is issued. Then every subnet gets half.",
                {"issuance": 10.5},
                "Halvings depend on the issuance, not on the date. The next chart shows when they come at this pace.",
            ),
            Step(
                "Recycled τ can be issued again, so a halving comes later.",
                {"recycled": 50},
                "Fees and registration costs are recycled: they leave the supply. The limit of 21 million stays.",
            ),
            Step(
                "An owner that burns its miners' pay loses emission.",
                {"burn": 50},
                "Look at the chart of one α: the burned part is red. Ask who gains from a burn.",
            ),
            Step(
                "At 21 million issued, a block issues nothing.",
                {"issuance": 21},
                "Claim check: is there a cap? Yes. Is there no burn? Recycling lowers the issuance.",
            ),
        ),
    )


def draw(settings: Settings, since: Settings | None) -> Picture:
    """One block, compared with the block before the last move."""
    before = since or settings
    whole = money.picture(settings, before)
    now, then = block_of(settings), block_of(before)
    title = f"Subnet A gets {_of_all(now)} of the block" + (
        f", before {_of_all(then)}" if since and since != settings else ""
    )
    gets = ", ".join(
        f"subnet {name} {tao_text(now.gets(name))}, before {tao_text(then.gets(name))}" for name in now.joins
    )
    charts = {
        **whole.charts,
        "tao": Chart(title, f"Bars of the τ that each subnet gets: {gets}.", tao_table(now, then)),
    }
    return Picture(finding(now), charts, whole.shown, whole.sentence)


def finding(now: Block) -> str:
    """The block in one sentence, with its number."""
    if not now.issued:
        return "A block issues nothing any more: 21 million τ are there."
    gets = tao_text(now.gets("A")) if now.gets("A") else "nothing"
    halving = (
        "no halving comes any more" if now.halving is None else f"the next halving is {now.halving:.1f} years away"
    )
    miners = percent(now.parts["miners"] / RAO_PER_TAO)
    block = f"A block issues {tao_text(now.issued)}, and {halving}."
    return f"{block} Subnet A gets {gets}; its miners get {miners} of its α."


def _of_all(block: Block) -> str:
    return percent(block.gets("A") / block.issued) if block.issued else "nothing"


def tao_table(now: Block, then: Block) -> Table:
    """Two rows for each subnet: τ of the block before the last move, and of this one."""
    rows: Table = {"subnet": [], "moment": [], "tao": [], "text": []}
    for name in now.joins:
        for moment, block in zip(MOMENTS, (then, now), strict=True):
            rows["subnet"].append(f"subnet {name}")
            rows["moment"].append(moment)
            rows["tao"].append(block.gets(name) / RAO_PER_TAO)
            rows["text"].append(tao_text(block.gets(name)) if block.gets(name) else "0 τ")
    return rows


def tao_spec() -> alt.LayerChart:
    """What each subnet gets of a block, before the last move and now, side by side."""
    font = PROJECTOR.font
    subnets = [f"subnet {name}" for name in ("A", *money.OTHERS)]
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("subnet:N", title=None, scale=alt.Scale(domain=subnets), axis=alt.Axis(labelAngle=0, ticks=False)),
        xOffset=alt.XOffset("moment:N", scale=alt.Scale(domain=list(MOMENTS))),
        y=alt.Y("tao:Q", title="τ of one block", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5)),
    )
    colours = alt.Scale(domain=list(MOMENTS), range=[GREY, BLUE])
    legend = alt.Legend(title=None, orient="top", labelFontSize=font, symbolSize=font * 9, labelLimit=300)
    bars = base.mark_bar().encode(color=alt.Color("moment:N", scale=colours, legend=legend))
    text = base.mark_text(baseline="bottom", dy=-3, fontSize=font).encode(
        text="text:N",
        opacity=alt.when(f"width > {font * 28} || datum.moment == '{MOMENTS[1]}'")
        .then(alt.value(1))
        .otherwise(alt.value(0)),
    )
    return alt.layer(bars, text)
