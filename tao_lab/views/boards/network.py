"""The page of a running network: prices, shares of the new TAO, blocks, and who earns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt

from tao_lab.cards import percent
from tao_lab.units import RAO_PER_TAO
from tao_lab.views.boards.cells import HEIGHT, Cell
from tao_lab.views.boards.running import Moment
from tao_lab.views.charts import WHOLE, Style
from tao_lab.views.palette import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILLION
from tao_lab.views.tables import Table

SUBNET_COLOURS = [VERMILLION, BLUE, GREEN, ORANGE, GREY]
DASHES = [[1, 0], [8, 4], [2, 3], [10, 3, 2, 3], [1, 5]]
MOST_SUBNETS = len(SUBNET_COLOURS)  # lines with different colours
ROWS = 5  # blocks in the table
WIDTHS = (1, 1.1, 2.4)
KINDS = {"owner": ORANGE, "validator": GREEN, "miner": BLUE}
MOST_PEOPLE = 12
STILL = percent(0, 1)  # the text of a change that is too small to show

Labels = Mapping[int, str]


def change(moments: Sequence[Moment], netuid: int) -> float:
    """Change of a subnet's price since the first of these blocks: 0.1 means 10 % higher."""
    prices = [moment.prices[netuid] for moment in moments if netuid in moment.prices]
    return prices[-1] / prices[0] - 1 if prices and prices[0] else 0.0


def share(moment: Moment, netuid: int) -> float:
    """A subnet's part of the block's new TAO."""
    return moment.tao.get(netuid, 0) / moment.issued if moment.issued else 0.0


def signed(part: float) -> str:
    """A change in per cent, with its sign."""
    text = percent(abs(part), 1)
    return text if text == STILL else f"{'+' if part > 0 else '−'}{text}"


def sentence(moments: Sequence[Moment], labels: Labels) -> str:
    """What happened in the newest block, with a number."""
    now, first = moments[-1], moments[0]
    if not now.prices:
        return f"Block {now.number}: there is no subnet yet."
    moved = max(now.prices, key=lambda netuid: abs(change(moments, netuid)))
    name = labels[moved]
    said = (
        f"Block {now.number} puts {now.issued / RAO_PER_TAO:.2f} new τ into {_pools(len(now.prices))}. "
        f"Subnet {name} gets {percent(share(now, moved), 1)} of it"
    )
    if len(moments) == 1 or moved not in first.prices:
        return f"{said}, at {now.prices[moved]:.4f} τ for one of its α."
    return (
        f"{said} ({percent(share(first, moved), 1)} at block {first.number}); "
        f"its price has {_gone(change(moments, moved))}."
    )


def _gone(part: float) -> str:
    if percent(abs(part), 1) == STILL:
        return "hardly moved"
    return f"{'risen' if part > 0 else 'fallen'} by {percent(abs(part), 1)}"


def _pools(count: int) -> str:
    return "one pool" if count == 1 else f"{count} pools"


def prices_table(moments: Sequence[Moment], labels: Labels) -> Table:
    """Each subnet's price, block by block, in per cent of its first price."""
    rows: Table = {"block": [], "subnet": [], "index": [], "price": []}
    for netuid in shown(moments, labels):
        known = [moment for moment in moments if netuid in moment.prices]
        for moment in known:
            rows["block"].append(moment.number)
            rows["subnet"].append(labels[netuid])
            rows["index"].append(100 * moment.prices[netuid] / known[0].prices[netuid])
            rows["price"].append(moment.prices[netuid])
    return rows


def shown(moments: Sequence[Moment], labels: Labels) -> list[int]:
    """Netuids of the lines: the subnets with the most new TAO, as many as there are colours."""
    now = moments[-1]
    return sorted(sorted(labels, key=lambda netuid: -share(now, netuid))[:MOST_SUBNETS])


def prices_title(moments: Sequence[Moment], labels: Labels) -> str:
    """What the lines show."""
    said = ", ".join(f"{labels[netuid]} {signed(change(moments, netuid))}" for netuid in shown(moments, labels))
    return f"Price of each subnet's α since block {moments[0].number}: {said}"


def prices_spec(style: Style) -> alt.LayerChart:
    """Lines, a name at the end of each."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X(
            "block:Q",
            title="block",
            scale=alt.Scale(zero=False, nice=False),
            axis=alt.Axis(format="d", tickCount=6, **WHOLE),
        ),
        y=alt.Y(
            "index:Q",
            title="price, % of the first one",
            scale=alt.Scale(domain=alt.DomainUnionWith([95, 105]), zero=False, nice=True),
            axis=alt.Axis(tickCount=5),
        ),
        color=alt.Color("subnet:N", title="subnet", scale=alt.Scale(range=SUBNET_COLOURS), legend=_legend(style)),
        tooltip=[alt.Tooltip("subnet:N"), alt.Tooltip("block:Q"), alt.Tooltip("price:Q", title="τ", format=".5f")],
    )
    lines = base.mark_line(strokeWidth=3).encode(
        strokeDash=alt.StrokeDash("subnet:N", title="subnet", scale=alt.Scale(range=DASHES), legend=_legend(style))
    )
    return alt.layer(lines)


def _legend(style: Style) -> alt.Legend:
    return alt.Legend(
        orient="top", direction="horizontal", labelFontSize=style.font, titleFontSize=style.font, symbolType="stroke",
        symbolSize=style.font * 40, symbolStrokeWidth=3,
    )  # fmt: skip


def shares_table(moments: Sequence[Moment], labels: Labels) -> Table:
    """Each subnet's part of the newest block's new TAO, and of the first one's."""
    netuids = shown(moments, labels)
    return {
        "subnet": [labels[netuid] for netuid in netuids],
        "share": [share(moments[-1], netuid) for netuid in netuids],
        "first": [share(moments[0], netuid) for netuid in netuids],
        "end": [max(share(moments[-1], netuid), share(moments[0], netuid)) for netuid in netuids],
        "text": [percent(share(moments[-1], netuid), 1) for netuid in netuids],
    }


def shares_title(moments: Sequence[Moment]) -> str:
    """What the bars show."""
    return f"Part of block {moments[-1].number}'s new TAO (mark: block {moments[0].number})"


def shares_spec(style: Style) -> alt.LayerChart:
    """Bars with a mark at their first value."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=alt.Y("subnet:N", title=None, axis=alt.Axis(ticks=False, domain=False))
    )
    x = alt.X("share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=3))
    bars = base.mark_bar(height={"band": 0.6}).encode(
        x=x, color=alt.Color("subnet:N", legend=None, scale=alt.Scale(range=SUBNET_COLOURS))
    )
    marks = base.mark_tick(color=BLACK, thickness=3, height={"band": 0.9}).encode(x="first:Q")
    texts = base.mark_text(align="left", dx=6, fontSize=style.font).encode(x="end:Q", text="text:N")
    return alt.layer(bars, marks, texts).properties(height=HEIGHT)


def blocks_cells(moments: Sequence[Moment], labels: Labels) -> list[Cell]:
    """The newest blocks, the newest one first."""
    found = [Cell(" ", column, text, "head") for column, text in enumerate(("block", "its name", "in it"))]
    for row, moment in zip(block_rows()[1:], reversed(moments[-ROWS:]), strict=False):
        calls = [f"{count} × {name}" if count > 1 else name for name, count in moment.calls.items()]
        epochs = ", ".join(labels[netuid] for netuid in moment.epochs if netuid in labels)
        said = "; ".join([*calls, *([f"epoch of {epochs}"] if epochs else [])])
        found += [
            Cell(row, 0, str(moment.number)),
            Cell(row, 1, moment.hash[:3].hex()),
            Cell(row, 2, said or "no call", "good" if said else "faint"),
        ]
    return found


def block_rows() -> list[str]:
    """Names of the table's rows; none has a label."""
    return [" " * (row + 1) for row in range(ROWS + 1)]


def people_table(moment: Moment, netuid: int) -> Table:
    """Pay of each seat of a subnet in the last epoch, in alpha."""
    best = sorted(moment.neurons.get(netuid, ()), key=lambda neuron: -neuron.emission)[:MOST_PEOPLE]
    return {
        "name": [neuron.name for neuron in best],
        "kind": [neuron.kind for neuron in best],
        "alpha": [neuron.emission / RAO_PER_TAO for neuron in best],
    }


def people_title(moment: Moment, netuid: int, labels: Labels) -> str:
    """What the bars show."""
    if netuid not in moment.neurons:
        return "There is no subnet yet, so nobody earns"
    paid = {kind: sum(n.emission for n in moment.neurons[netuid] if n.kind == kind) for kind in KINDS}
    total = sum(paid.values())
    if not total:
        return f"Subnet {labels[netuid]}: the last epoch paid nobody"
    return (
        f"Subnet {labels[netuid]}: the last epoch gave miners {percent(paid['miner'] / total)}, "
        f"validators {percent(paid['validator'] / total)} of {total / RAO_PER_TAO:.2f} α"
    )


def people_spec(style: Style) -> alt.LayerChart:
    """Bars, the best first."""
    domain = list(KINDS)
    bars = (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar(height={"band": 0.7})
        .encode(
            y=alt.Y(
                "name:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=style.font * 11)
            ),
            x=alt.X("alpha:Q", title="α of the last epoch"),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=domain, range=list(KINDS.values())),
                legend=alt.Legend(orient="top", labelFontSize=style.font),
            ),
        )
    )
    return alt.layer(bars).properties(height=HEIGHT)
