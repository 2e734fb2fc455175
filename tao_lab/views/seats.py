"""Pictures of the lock cost, the price of a seat, and the seats of a subnet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import ipywidgets
import numpy as np

from tao_lab import stills
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.registration import price_terms
from tao_lab.chain.pallets.subtensor.uids import immune_owner_uids
from tao_lab.economy import PriceTerms, lock_cost, registration_price
from tao_lab.economy.pruning import Neuron, neuron_to_prune
from tao_lab.economy.registration_price import MULTIPLIER_ONE
from tao_lab.network.network import Network
from tao_lab.units import BLOCK_SECONDS, RAO_PER_TAO
from tao_lab.views.charts import SMALL, WHOLE, Figure, config
from tao_lab.views.palette import BLACK, BLUE, GREY, INK, VERMILLION

PriceRule = Callable[[int, PriceTerms, Any], int]
BLOCKS_A_DAY = 24 * 3600 // BLOCK_SECONDS
MIN_LOCK = 1_000 * RAO_PER_TAO
LOCK_INTERVAL = 14 * BLOCKS_A_DAY
MAINNET_TERMS = PriceTerms(360, MULTIPLIER_ONE * 126 // 100, 500_000, 100 * RAO_PER_TAO)
FIRST_PRICE = RAO_PER_TAO
ACROSS = 16  # seats in a row
SEAT = 42  # px
MOST_POINTS = 400  # of a line

# What may happen to the neuron in a seat: fill colour, and the word with the same meaning.
SEATS = {"owner's, stays": "#9FD3B8", "immune": "#BFD9EE", "can be replaced": "#FFFFFF", "goes next": VERMILLION}


# --- what a new subnet costs ---


def lock_cost_chart(
    created: Sequence[float] = (0, 2, 4, 6), days: int = 40, rule: Callable[..., int] = lock_cost
) -> Figure:
    """What a new subnet costs over time, with mainnet's numbers.

    Args:
        created: days on which somebody creates one, from 0 on.
        days: number of days to show.
        rule: as `tao_lab.economy.lock_cost`.
    """
    last, last_block, paid, rows = MIN_LOCK, 0, [], []
    marks = sorted(round(day * BLOCKS_A_DAY) + 1 for day in created)
    step = max(days * BLOCKS_A_DAY // MOST_POINTS, 1)
    for block in sorted(
        {*range(1, days * BLOCKS_A_DAY, step), days * BLOCKS_A_DAY, *marks, *(mark + 1 for mark in marks)}
    ):
        cost = rule(last, MIN_LOCK, last_block, block, LOCK_INTERVAL)
        rows.append({"day": block / BLOCKS_A_DAY, "cost": cost / RAO_PER_TAO})
        if block in marks:
            last, last_block = cost, block
            paid.append(rows[-1])
    x = alt.X("day:Q", title="days", axis=alt.Axis(grid=False))
    y = alt.Y(
        "cost:Q",
        title="cost of the next subnet, τ",
        axis=alt.Axis(tickCount=5, format=",d", **WHOLE, titlePadding=14),
    )
    line = alt.Chart(alt.Data(values=rows)).mark_line(color=BLUE).encode(x=x, y=y)
    points = alt.Chart(alt.Data(values=paid)).mark_point(filled=True, size=90, color=VERMILLION, opacity=1)
    points = points.encode(x=x, y=y)
    labels = points.mark_text(align="left", dx=9, color=INK).encode(text=alt.Text("cost:Q", format=",.0f"))
    amounts = ", ".join(f"{row['cost']:,.0f}" for row in paid)
    title = f"{len(paid)} subnets in {max(created):g} days cost {amounts} τ; on day {days} the next costs {_tao(cost)}"
    return _figure(alt.layer(line, points, labels), title, "Dots: somebody creates a subnet.", 620, 220)


# --- what a seat costs ---


def prices(rule: PriceRule, terms: PriceTerms, first: int, rush: int, blocks: int) -> list[int]:
    """Prices of a seat: before a rush, after each of its registrations (all in one block), then after each block.

    Args:
        rule: as `tao_lab.economy.registration_price`.
        terms: how the price moves.
        first: rao, before the rush.
        rush: how many register at once.
        blocks: number of blocks after it.
    """
    found = [first]
    for _ in range(rush):
        found.append(rule(found[-1], terms, "registration"))
    for _ in range(blocks):
        found.append(rule(found[-1], terms, "block"))
    return found


def price_chart(series: Mapping[str, Sequence[int]], title: str, rush: int = 0) -> Figure:
    """Prices of a seat over blocks, a line for each name.

    Args:
        series: rao by name; entry `rush` is block 0, and the entries before it happened in that block.
        title: what it shows.
        rush: number of entries in block 0.
    """
    rows = []
    for name, values in series.items():
        step = max(len(values) // MOST_POINTS, 1)
        kept = sorted({*range(0, min(rush + 1, len(values))), *range(0, len(values), step), len(values) - 1})
        rows += [{"who": name, "block": max(i - rush, 0), "price": values[i] / RAO_PER_TAO, "order": i} for i in kept]
    names = list(series)
    legend = alt.Legend() if len(names) > 1 else None
    lines = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("block:Q", title="blocks (12 s each)", axis=alt.Axis(grid=False)),
            y=alt.Y("price:Q", title="price of a seat, τ", axis=alt.Axis(tickCount=5, titlePadding=14)),
            order="order:Q",
            color=alt.Color(
                "who:N", title=None, legend=legend, scale=alt.Scale(domain=names, range=[BLUE, VERMILLION, BLACK])
            ),
            strokeDash=alt.StrokeDash(
                "who:N", title=None, legend=legend, scale=alt.Scale(domain=names, range=[[1, 0], [7, 4], [2, 2]])
            ),
        )
    )
    last = ", ".join(f"{name} ends at {_tao(values[-1])}" for name, values in series.items())
    return _figure(alt.layer(lines), title, f"Lines: {last}.", 620, 220)


def price_history(net: Network, netuid: int, first: int) -> list[int]:
    """Price of a seat after each past block, rao.

    Args:
        net: the network.
        netuid: which subnet.
        first: height of the first block.
    """
    return [int(net.at(block).get(MODULE, "Burn", netuid)) for block in range(first, net.block_number + 1)]


def price_by_rule(net: Network, netuid: int, first: int, rule: PriceRule = registration_price) -> list[int]:
    """Price of a seat with another rule, after the same blocks with the same registrations; rao.

    Args:
        net: the network.
        netuid: which subnet.
        first: height of the first block.
        rule: as `tao_lab.economy.registration_price`, which is the default.
    """
    price = int(net.at(first).get(MODULE, "Burn", netuid))
    found = [price]
    for block in range(first + 1, net.block_number + 1):
        state = net.at(block)
        terms = price_terms(state, netuid)
        price = rule(price, terms, "block")
        for _ in range(state.get(MODULE, "RegistrationsThisBlock", netuid)):
            price = rule(price, terms, "registration")
        found.append(price)
    return found


class RegistrationExplorer:
    """Sliders for a rush, the half-life and the factor; the price of a seat follows."""

    def __init__(self, rule: PriceRule = registration_price) -> None:
        """Show the price by a rule.

        Args:
            rule: as `tao_lab.economy.registration_price`; it decides what is drawn.
        """
        self.rule = rule
        wide = ipywidgets.Layout(width="32em")
        style = {"description_width": "15em"}
        make = {"continuous_update": False, "layout": wide, "style": style}
        self.rush = ipywidgets.IntSlider(5, 0, 20, description="registrations in one block", **make)
        self.half_life = ipywidgets.IntSlider(360, 30, 1_440, 30, description="half-life, blocks", **make)
        self.factor = ipywidgets.FloatSlider(1.26, min=1, max=3, step=0.02, description="times, a registration", **make)
        self.picture = ipywidgets.HTML()
        for slider in self.sliders:
            slider.observe(lambda _: self._draw(), names="value")
        self._draw()

    @property
    def sliders(self) -> tuple[Any, ...]:
        """The three of them."""
        return self.rush, self.half_life, self.factor

    def figure(self) -> Figure:
        """The present figure."""
        factor = round(self.factor.value * 100) * MULTIPLIER_ONE // 100
        terms = PriceTerms(self.half_life.value, factor, MAINNET_TERMS.min_burn, MAINNET_TERMS.max_burn)
        rush = self.rush.value
        values = prices(self.rule, terms, FIRST_PRICE, rush, 1_440)
        return price_chart({"price": values}, _rush_title(values, rush), rush)

    def _draw(self) -> None:
        self.picture.value = self.figure()._repr_mimebundle_()["text/html"]

    def __repr__(self) -> str:
        return self.figure().alt

    def _ipython_display_(self) -> None:
        stills.show(self._repr_mimebundle_(), lambda: self.picture.value)

    def _repr_mimebundle_(self, **_: Any) -> Any:
        bundle = ipywidgets.VBox([*self.sliders, self.picture])._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": repr(self)}, metadata


def _rush_title(values: Sequence[int], rush: int) -> str:
    """How a rush changed the price, and when the price was back.

    Args:
        values: from `prices`.
        rush: how many registered at once.
    """
    first, top, blocks = values[0], values[rush], len(values) - 1 - rush
    if not rush:
        return f"Nobody registers: a seat costs {_tao(first)}, and {_tao(values[-1])} after {blocks:,} blocks"
    one = rush == 1
    who = "1 registration" if one else f"{rush} registrations"
    end = f"it is {_tao(values[-1])} after {blocks:,} blocks"
    if _tao(top) == _tao(first):
        return f"{who} {'leaves' if one else 'leave'} the price of a seat at {_tao(first)}; {end}"
    if top < first:
        return f"{who} {'lowers' if one else 'lower'} a seat from {_tao(first)} to {_tao(top)}; {end}"
    back = next((number for number, value in enumerate(values[rush:]) if value <= first), None)
    when = f"not back within {blocks:,} blocks" if back is None else f"back at {_tao(first)} after {back:,} blocks"
    return f"{who} {'lifts' if one else 'lift'} a seat from {_tao(first)} to {_tao(top)}; {when}"


# --- who keeps a seat ---


def seats_chart(net: Network, netuid: int, rule: Callable[..., int | None] | None = None) -> Figure:
    """The seats of a subnet: which are safe, and who loses a seat to a new neuron if there is no free one.

    Args:
        net: the network.
        netuid: which subnet.
        rule: `rule(emission, registered_at, immune, immortal, min_non_immune)` gives a UID or None; by default the
            chain's.
    """
    state, metagraph = net.chain.state, net.metagraph(netuid)
    owners = set(immune_owner_uids(state, netuid))
    neurons = [Neuron(n.uid, n.emission, n.registered_at, n.immune, n.uid in owners) for n in metagraph]
    least = state.get(MODULE, "MinNonImmuneUids", netuid)
    places = state.get(MODULE, "MaxAllowedUids", netuid)
    goes = _goes(neurons, least, rule) if len(neurons) >= places else None
    rows = [
        {
            "column": n.uid % ACROSS,
            "row": n.uid // ACROSS,
            "uid": f"{n.uid}",
            "earned": f"{n.emission / RAO_PER_TAO:.2f} α",
            "state": _state(n, goes),
            "ink": "white" if n.uid == goes else INK,
        }
        for n in neurons
    ]
    states = [str(row["state"]) for row in rows]
    safe = states.count("owner's, stays") + states.count("immune")
    title = f"Subnet {netuid}: {len(neurons)} of {places} seats are taken, {safe} immune or the owner's; "
    title += _who_goes(goes, states, full=len(neurons) >= places)
    height = (1 + (len(neurons) - 1) // ACROSS) * SEAT
    said = "; ".join(f"UID {row['uid']}: {row['state']}, {row['earned']}" for row in rows[:ACROSS])
    said += f"; and {len(rows) - ACROSS} more seats" if len(rows) > ACROSS else ""
    return _figure(_seats(rows), title, f"{said}.", ACROSS * SEAT, height)


def _who_goes(goes: int | None, states: Sequence[str], full: bool) -> str:
    """The seat that a new neuron would get, in words."""
    if not full:
        return "a newcomer gets a free seat"
    if goes is None:
        return "nobody may be replaced" if "can be replaced" not in states else "the rule replaces nobody"
    return f"UID {goes} goes next" if "goes next" in states else f"the rule names UID {goes}, which has no seat"


def _goes(neurons: Sequence[Neuron], least: int, rule: Callable[..., int | None] | None) -> int | None:
    if rule is None:
        return neuron_to_prune(neurons, least)
    columns = [[n.emission for n in neurons], [n.registered_at for n in neurons]]
    flags = [[n.immune for n in neurons], [n.immortal for n in neurons]]
    return rule(*(np.array(c, np.int64) for c in columns), *(np.array(f, bool) for f in flags), least)


def _state(neuron: Neuron, goes: int | None) -> str:
    if neuron.uid == goes:
        return "goes next"
    return "owner's, stays" if neuron.immortal else "immune" if neuron.immune else "can be replaced"


def _seats(rows: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    base = alt.Chart(alt.Data(values=list(rows))).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(domain=list(range(ACROSS)), padding=0.06)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(padding=0.06)),
    )
    scale = alt.Scale(domain=list(SEATS), range=list(SEATS.values()))
    dashes = alt.Scale(domain=list(SEATS), range=[[1, 0], [1, 0], [4, 3], [1, 0]])
    squares = base.mark_rect(stroke=GREY, strokeWidth=1.2).encode(
        color=alt.Color("state:N", title=None, scale=scale, legend=alt.Legend(symbolStrokeColor=GREY)),
        strokeDash=alt.StrokeDash("state:N", title=None, scale=dashes, legend=None),
    )
    ink = alt.Color("ink:N", scale=None)
    uids = base.mark_text(fontWeight="bold", dy=-7).encode(text="uid:N", color=ink)
    earned = base.mark_text(fontSize=10, dy=8).encode(text="earned:N", color=ink)
    return alt.layer(squares, uids, earned).resolve_scale(color="independent")


def _tao(rao: int) -> str:
    return f"{rao / RAO_PER_TAO:,.4g} τ" if rao < 100 * RAO_PER_TAO else f"{rao / RAO_PER_TAO:,.0f} τ"


def _figure(chart: alt.LayerChart, title: str, more: str, width: int, height: int) -> Figure:
    alternative = f"{title}. {more}"
    drawn = chart.properties(title=title, width=width, height=height, description=alternative)
    return Figure(drawn.configure(**config(SMALL)), alternative)
