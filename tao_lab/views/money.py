"""Where does the next TAO go? Sliders for one block: how much it issues, and who gets it.

`EmissionExplorer` computes every position by the chain's own rules (`tao_lab.economy`); only pictures use floats.
It has three subnets; it shows the alpha of subnet A.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import altair as alt

from tao_lab.economy import (
    EmissionGate,
    SubnetPrice,
    block_emission,
    demand_shares,
    emission_gate_bar,
    split,
    subnet_block_emission,
    subnet_shares,
    subnet_terms,
)
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.dividends import payout
from tao_lab.economy.fixed128 import U64F64, U96F32
from tao_lab.economy.issuance import kept_of
from tao_lab.units import RAO_PER_TAO, U16_MAX
from tao_lab.views.charts import SMALL, Style
from tao_lab.views.emission import YEARS, supply_points, tao_text
from tao_lab.views.palette import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILLION
from tao_lab.views.panel import Chart, Panel, Picture, Settings, Slider
from tao_lab.views.sentences import percent
from tao_lab.views.tables import Table

TAO = RAO_PER_TAO
OWNER_CUT = 11_796  # u16, the chain's own
OTHERS = {"B": 30, "C": 20}  # price of an alpha of the other two subnets, hundredths of a TAO
WAYS = ("joins the pool, with new α", "buys α from the pool")
PARTS = ("owner's cut", "miners", "burned", "validators' take", "their stakers", "root")
PART_COLOURS = (ORANGE, BLUE, VERMILLION, GREEN, SKY, GREY)
FAR = 100_000  # years in which to look for a halving; every possible halving comes earlier
SUPPLY_LINES = ("as set", "nothing recycled")


@dataclass(frozen=True)
class Block:
    """One block for the present settings, rao.

    Attributes:
        issued: TAO of the block.
        joins: TAO that joins each subnet's pool.
        buys: TAO that buys each subnet's alpha.
        parts: parts of one alpha of subnet A, by `PARTS`, without the rest from rounding.
        halving: years to the next halving; None if it never comes.
    """

    issued: int
    joins: dict[str, int]
    buys: dict[str, int]
    parts: dict[str, int]
    halving: float | None

    def gets(self, subnet: str) -> int:
        """TAO of a subnet."""
        return self.joins[subnet] + self.buys[subnet]


def block_of(settings: Settings) -> Block:
    """Compute one block by the chain's rules."""
    issuance = _issuance(settings)
    issued = block_emission(issuance)
    root = U96F32.one * settings["root"] // 100
    prices = {"A": settings["price"], **OTHERS}
    burned = {"A": U96F32.one * settings["burn"] // 100}
    subnets = [SubnetPrice(U96F32.one * price // 100, burned.get(name, 0)) for name, price in prices.items()]
    gate = EmissionGate(emission_gate_bar(demand_shares(subnets)))  # with fewer than 32 subnets the smallest is the bar
    joins, buys = {}, {}
    for (name, price), share in zip(prices.items(), subnet_shares(subnets, gate), strict=True):
        terms = subnet_terms(subnet_block_emission(share, issued), TAO, U64F64.one * price // 100, root)
        joins[name], buys[name] = U96F32.whole(terms.tao_in), U96F32.whole(terms.excess_tao)
    corners = supply_points(issuance, settings["recycled"], FAR)
    halving = next((years for years, _, is_halving in corners if is_halving), None)
    return Block(issued, joins, buys, _parts(settings, root), halving)


def _issuance(settings: Settings) -> int:
    return int(settings["issuance"] * 100) * TAO * 10_000  # millions, in steps of a hundredth


def _parts(settings: Settings, root: int) -> dict[str, int]:
    """The parts of one alpha after the epoch. A validator's take is the same whoever's stake earned the dividend."""
    parts = split(TAO, OWNER_CUT, root)
    burned = parts.server * settings["burn"] // 100
    paid = payout(U96F32.number(parts.validator), settings["take"] * U16_MAX // 100)
    amounts = (parts.owner, parts.server - burned, burned, paid.take, paid.nominators, parts.root)
    return dict(zip(PARTS, amounts, strict=True))


class EmissionExplorer(Panel):
    """One block, to play with."""

    def __init__(self) -> None:
        controls = [
            Slider("issuance", "TAO issued so far", 0, 21, 0.25, 8),
            Slider("recycled", "Recycled", 0, 90, 10, 0),
            Slider("price", "Price of A's α", 1, 100, 1, 50),
            Slider("burn", "A burns miners' pay", 0, 100, 10, 0),
            Slider("root", "Root weighs", 0, 100, 5, 20),
            Slider("take", "Validators' take", 0, 18, 1, 18),
        ]
        self._now = self._since = {control.name: control.start for control in controls}
        specs = {"supply": supply_spec(SMALL), "tao": tao_spec(SMALL), "alpha": alpha_spec(SMALL)}
        super().__init__(controls, specs, (("supply",), ("tao", "alpha")), self._picture_of)

    def _picture_of(self, settings: Settings) -> Picture:
        now = {name: settings[name] for name in self._now}
        # While the same slider moves, "since" stays at its first position.
        if _moved(now, self._now) - _moved(self._now, self._since):
            self._since = self._now
        self._now = now
        if now == self._start():
            self._since = now
        return picture(now, self._since)


def _moved(a: Settings, b: Settings) -> set[str]:
    return {name for name in a if a[name] != b[name]}


# --- words ------------------------------------------------------------------------------------------------------


def picture(now: Settings, since: Settings) -> Picture:
    """What the page shows.

    Args:
        now: present positions of the sliders.
        since: positions before the last slider moved.
    """
    block, before = block_of(now), block_of(since)
    return Picture(sentence(now, since, block, before), _charts(now, block), _shown(now))


def sentence(now: Settings, since: Settings, block: Block, before: Block) -> str:
    """The effect of the last move, and the present block."""
    done = " ".join(EFFECTS[name](now, since, block, before) for name in EFFECTS if now[name] != since[name])
    return f"{done} {_where_it_goes(now, block)}".strip()


def _where_it_goes(now: Settings, block: Block) -> str:
    """How much the block issues, who gets it, and how it is used."""
    if not block.issued:
        return "A block issues nothing any more."
    shares = ", ".join(f"{tao_text(block.gets(name))} to subnet {name}" for name in block.joins)
    pools, recycled = f"{_part(block)} of it goes into pools; people get α.", ""
    if now["recycled"]:
        kept = kept_of(block.issued, now["recycled"])
        pools = pools.replace("All of it", "It")
        recycled = (
            f" Elsewhere people pay {tao_text(block.issued - kept)} a block that is recycled: it ceases to exist, and "
            f"supply grows by {tao_text(kept)} a block."
        )
    return f"A block issues {tao_text(block.issued)}: {shares}. {pools}{recycled}"


def _part(block: Block) -> str:
    """How much of the block's TAO goes into pools; a difference of less than a rao for each subnet is rounding."""
    given = sum(block.gets(name) for name in block.joins)
    return "All" if block.issued - given <= 2 * len(block.joins) else percent(given / block.issued)


def _halving(years: float | None) -> str:
    return "no halving comes any more" if years is None else f"the next halving is {years:.1f} years away"


def _issuance_effect(now: Settings, since: Settings, block: Block, before: Block) -> str:
    moved = f"Issuance goes from {since['issuance']:g} to {now['issuance']:g} million τ"
    if block.issued == before.issued:
        return f"{moved}, and a block still issues {tao_text(block.issued)}."
    return f"{moved}: a block issues {tao_text(block.issued)} instead of {tao_text(before.issued)}."


def _recycled_effect(now: Settings, since: Settings, block: Block, before: Block) -> str:
    moved = f"Recycled goes from {since['recycled']} % to {now['recycled']} % of each block's TAO"
    if block.halving is None or before.halving is None:
        return f"{moved}: {_halving(block.halving)}."
    return f"{moved}: {_halving(block.halving)} instead of {before.halving:.1f}."


def _price_effect(now: Settings, since: Settings, block: Block, before: Block) -> str:
    return (
        f"A's moving price goes from {since['price'] / 100:.2f} to {now['price'] / 100:.2f} τ: its share of the block "
        f"{_moved_share(before, block)}."
    )


def _burn_effect(now: Settings, since: Settings, block: Block, before: Block) -> str:
    gained = ""
    if block.issued and before.issued:
        was, now_is = (sum(each.gets(name) for name in OTHERS) / each.issued for each in (before, block))
        gained = ", and the others gain it" if now_is > was else ", which the others lose" if now_is < was else ""
    return (
        f"A's owner burns {now['burn']} % of its miners' pay instead of {since['burn']} %: A's share of the block "
        f"{_moved_share(before, block)}{gained}."
    )


def _root_effect(now: Settings, since: Settings, block: Block, before: Block) -> str:
    validators = [(each.parts["validators' take"] + each.parts["their stakers"]) / TAO for each in (before, block)]
    return (
        f"Root weighs {now['root']} % instead of {since['root']} %: of each α it gets {block.parts['root'] / TAO:.3f}, "
        f"and the validators with their stakers {validators[1]:.3f} instead of {validators[0]:.3f}."
        f"{_miners(before, block)}"
    )


def _miners(before: Block, block: Block) -> str:
    """What a change did to miners."""
    was, is_now = before.parts["miners"], block.parts["miners"]
    return " Miners lose nothing." if is_now == was else f" Miners get {is_now / TAO:.3f} instead of {was / TAO:.3f}."


def _take_effect(now: Settings, since: Settings, block: Block, before: Block) -> str:
    left = [each.parts["their stakers"] / TAO for each in (before, block)]
    return (
        f"The take goes from {since['take']} % to {now['take']} %: of each α {left[1]:.3f} instead of {left[0]:.3f} "
        "is shared by all who stake on the validators."
    )


EFFECTS: dict[str, Callable[[Settings, Settings, Block, Block], str]] = {
    "issuance": _issuance_effect,
    "recycled": _recycled_effect,
    "price": _price_effect,
    "burn": _burn_effect,
    "root": _root_effect,
    "take": _take_effect,
}


def _moved_share(before: Block, block: Block) -> str:
    """A's share of the block before and after."""
    was, is_now = _share(before), _share(block)
    return f"stays at {is_now}" if was == is_now else f"goes from {was} to {is_now}"


def _share(block: Block) -> str:
    return percent(block.gets("A") / block.issued) if block.issued else "nothing"


def _shown(now: Settings) -> dict[str, str]:
    return {
        "issuance": f"{now['issuance']:g} million τ",
        "price": f"{now['price'] / 100:.2f} τ",
        **{name: f"{now[name]} %" for name in ("recycled", "burn", "root", "take")},
    }


# --- the three charts -------------------------------------------------------------------------------------------


def _charts(now: Settings, block: Block) -> dict[str, Chart]:
    supply = f"Supply: {_halving(block.halving)}"
    tao = f"TAO: subnet A gets {_share(block)} of the block"
    people = percent(block.parts["miners"] / TAO)
    parts = ", ".join(f"{name} {rao / TAO:.3f} α" for name, rao in block.parts.items())
    gets = ", ".join(f"subnet {name} {tao_text(block.gets(name))}" for name in block.joins)
    return {
        "supply": Chart(
            supply,
            f"{supply}. Curve of millions of TAO over {YEARS} years, never above the limit of 21.",
            _supply_table(now),
        ),
        "tao": Chart(tao, f"{tao}: {gets}.", _tao_table(block)),
        "alpha": Chart(f"One α of subnet A: miners get {people}", f"{parts}.", _alpha_table(block)),
    }


def _supply_table(now: Settings) -> Table:
    rows: Table = {"years": [], "supply": [], "line": [], "halving": []}
    for line, recycled in zip(SUPPLY_LINES, (now["recycled"], 0), strict=True):
        for years, supply, halving in supply_points(_issuance(now), recycled, YEARS):
            for name, value in zip(rows, (round(years, 4), round(supply, 6), line, halving), strict=True):
                rows[name].append(value)
    return rows


def _tao_table(block: Block) -> Table:
    rows: Table = {"subnet": [], "way": [], "tao": [], "total": [], "text": []}
    for name in block.joins:
        for way, rao in zip(WAYS, (block.joins[name], block.buys[name]), strict=True):
            for column, value in zip(
                rows,
                (f"subnet {name}", way, rao / TAO, block.gets(name) / TAO, tao_text(block.gets(name))),
                strict=True,
            ):
                rows[column].append(value)
    return rows


def _alpha_table(block: Block) -> Table:
    amounts = [rao / TAO for rao in block.parts.values()]
    return {"part": list(block.parts), "alpha": amounts, "text": [f"{amount:.3f} α" for amount in amounts]}


def supply_spec(
    style: Style, title: str = "TAO, millions (dashed: nothing recycled)", values: tuple[int, ...] = (0, 5, 10, 15, 21)
) -> alt.LayerChart:
    """Supply over years, a dot at each halving.

    Args:
        style: sizes.
        title: of the axis of supply.
        values: where that axis has labels, millions of TAO.
    """
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("years:Q", title="years from now", scale=alt.Scale(domain=[0, YEARS]), axis=alt.Axis(grid=False)),
        y=alt.Y(
            "supply:Q",
            title=title,
            scale=alt.Scale(domain=[0, 22]),
            axis=alt.Axis(values=list(values)),
        ),
    )
    plain, bold = (base.transform_filter(f"datum.line == '{line}'") for line in SUPPLY_LINES[::-1])
    limit = alt.Chart(alt.NamedData("rows")).mark_rule(color=BLACK).encode(y=alt.datum(TOTAL_SUPPLY / TAO / 1e6))
    return alt.layer(
        limit,
        plain.mark_line(color=GREY, strokeDash=[6, 4], strokeWidth=style.font / 7),
        bold.mark_line(color=BLUE, strokeWidth=style.font / 4),
        bold.transform_filter("datum.halving").mark_circle(color=BLUE, opacity=1, size=style.font * 12),
    ).properties(height=style.font * 40)


def tao_spec(style: Style) -> alt.LayerChart:
    """The block's TAO by subnet, and what it does in the pool."""
    base = alt.Chart(alt.NamedData("rows")).encode(y=_names([f"subnet {name}" for name in ("A", *OTHERS)]))
    colours = alt.Scale(domain=list(WAYS), range=[BLUE, ORANGE])
    axis = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2f", domain=False)
    scale = alt.Scale(domain=[0, 1.12])
    legend = alt.Legend(title=None, orient="top", labelLimit=400, labelFontSize=style.font, symbolSize=style.font * 9)
    bars = base.mark_bar().encode(
        x=alt.X("tao:Q", title="TAO of one block, τ", axis=axis, scale=scale),
        color=alt.Color("way:N", scale=colours, legend=legend),
        order=alt.Order("way:N", sort="descending"),
    )
    once = base.transform_filter(f"datum.way == '{WAYS[0]}'")
    text = once.mark_text(align="left", dx=6, fontSize=style.font).encode(
        x=alt.X("total:Q", scale=scale), text="text:N"
    )
    return alt.layer(bars, text).properties(height=style.font * 15)


def alpha_spec(style: Style) -> alt.LayerChart:
    """The parts of one alpha."""
    base = alt.Chart(alt.NamedData("rows")).encode(y=_names(list(PARTS)))
    scale = alt.Scale(domain=list(PARTS), range=list(PART_COLOURS))
    axis = alt.Axis(values=[0, 0.1, 0.2, 0.3, 0.4], domain=False)
    x = alt.X("alpha:Q", title="α of one block", axis=axis, scale=alt.Scale(domain=[0, 0.56]))
    bars = base.mark_bar().encode(x=x, color=alt.Color("part:N", legend=None, scale=scale))
    text = base.mark_text(align="left", dx=6, fontSize=style.font).encode(x=x, text="text:N")
    return alt.layer(bars, text).properties(height=style.font * 20)


def _names(names: list[str]) -> alt.Y:
    axis = alt.Axis(ticks=False, domain=False, labelLimit=300)
    return alt.Y(
        f"{'part' if names == list(PARTS) else 'subnet'}:N", title=None, scale=alt.Scale(domain=names), axis=axis
    )
