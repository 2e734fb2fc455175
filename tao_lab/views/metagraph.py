"""Pictures of a subnet: its metagraph as a table and as a graph, and its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from tao_lab.cards import Card, Grid, Text, percent
from tao_lab.network.metagraph import Metagraph, Neuron
from tao_lab.network.population import Population
from tao_lab.units import RAO_PER_TAO, U16_MAX
from tao_lab.views.charts import SMALL, Figure, config
from tao_lab.views.palette import BLUE, INK, VERMILLION

MOST_ROWS = 40  # of the table
MOST_VALIDATORS, MOST_MINERS = 12, 16  # of the graph
ROW = 26  # px between two miners
Edge = tuple[int, int, float]  # from whom, to whom, part of the row
SIDE = 0.85  # space for names beside the two columns, relative to the distance between them


@dataclass(frozen=True)
class MetagraphView:
    """A metagraph as a notebook shows it: a table, and below it the graph of weights."""

    metagraph: Metagraph

    def _repr_html_(self) -> str:
        card = metagraph_card(self.metagraph)._repr_html_()
        return f"{card}{weights_graph(self.metagraph)._repr_mimebundle_()['text/html']}"

    def __repr__(self) -> str:
        return f"{metagraph_card(self.metagraph)!r}\n{weights_graph(self.metagraph).alt}"


def metagraph_card(metagraph: Metagraph) -> Card:
    """One line for each neuron: its stake, the others' opinion of it, and its pay.

    Args:
        metagraph: of a subnet; of a large one the first 40 neurons are shown.
    """
    shown = metagraph.neurons[:MOST_ROWS]
    serving = any(n.axon for n in shown)
    rows = [
        [
            str(n.uid),
            n.name,
            f"{n.stake / RAO_PER_TAO:,.2f}",
            *(f"{value / U16_MAX:.3f}" for value in (n.vtrust, n.consensus, n.incentive, n.dividends)),
            f"{n.emission / RAO_PER_TAO:.3f}",
            "yes" if n.permit else "",
            "yes" if n.immune else "",
            f"{metagraph.block - n.last_update}" if n.last_update else "never",
            *([n.axon] if serving else []),
        ]
        for n in shown
    ]
    header = ("UID", "name", "stake", "vtrust", "consensus", "incentive", "dividends", "emission α", "permit", "immune")
    grid = Grid(rows, (*header, "updated", *(["axon"] if serving else [])))
    more = len(metagraph) - len(shown)
    said = Text(
        "stake: as it counts in the epoch, τ and α · the four shares: fractions of 1 · emission: α in the last epoch · "
        "updated: blocks ago" + (f" · {more} more neurons in `net.metagraph({metagraph.netuid}).table`" if more else "")
    )
    title = f"{len(metagraph)} neurons after block {metagraph.block:,}"
    return Card("info", f"Subnet {metagraph.netuid}", title, (grid, said))


def population_card(people: Population) -> Card:
    """The people of a subnet, and the quality of each miner's work, which only the lab knows."""
    validators = ", ".join(wallet.name for wallet in people.validators) or "none"
    miners = zip(people.miners, people.quality.items(), strict=False)
    rows = [[str(uid), wallet.name, percent(quality)] for wallet, (uid, quality) in miners]
    blocks = (Text(f"Validators, most stake first: {validators}."), Grid(rows, ("UID", "miner", "quality of its work")))
    title = f"{people!r}; the chain doesn't know the quality: it has to find out"
    return Card("info", "People", title, blocks if rows else blocks[:1])


# --- the graph of weights ---


def weights_graph(metagraph: Metagraph) -> Figure:
    """Validators, miners, and a line for each weight: the thicker, the larger its part of the validator's row.

    Args:
        metagraph: of a subnet; of a large one the validators with most stake and the best miners are shown.
    """
    validators, miners = _sides(metagraph)
    places = _places(validators, miners)
    edges = []
    for validator in validators:
        row = metagraph.weights.get(validator.uid, {})
        total = sum(row.values())
        edges += [(validator.uid, uid, weight / total) for uid, weight in row.items() if weight and uid in places]
    title = _title(metagraph, edges, validators, miners)
    best = max(miners, key=lambda n: n.incentive, default=None)
    said = ""
    if best is not None:
        earned = f"{best.name} earns most, {percent(best.incentive / U16_MAX, 1)} of the incentive"
        said = f" {earned}." if best.incentive else " No miner earns any incentive."
    alternative = f"{title}. Lines from validators on the left to miners on the right.{said}"
    height = max(len(validators), len(miners), 2) * ROW
    chart = _draw(edges, places, validators, miners)
    drawn = chart.properties(title=title, width=680, height=height, description=alternative)
    return Figure(drawn.configure(**config(SMALL)), alternative)


def _sides(metagraph: Metagraph) -> tuple[list[Neuron], list[Neuron]]:
    """Validators, most stake first, and miners, best first; others are not in the graph."""
    givers = {uid for uid, row in metagraph.weights.items() if any(row.values())}
    takers = {uid for row in metagraph.weights.values() for uid, weight in row.items() if weight} - givers
    validators = sorted((n for n in metagraph if n.uid in givers), key=lambda n: (-n.stake, n.uid))
    miners = sorted((n for n in metagraph if n.uid in takers), key=lambda n: (-n.incentive, n.uid))
    return validators[:MOST_VALIDATORS], miners[:MOST_MINERS]


def _places(validators: list[Neuron], miners: list[Neuron]) -> dict[int, tuple[float, float]]:
    """Validators in a column on the left, miners on the right; the longer column is 2 high."""
    step = 2 / max(len(validators) - 1, len(miners) - 1, 1)
    places = {}
    for x, column in ((-1.0, validators), (1.0, miners)):
        for number, neuron in enumerate(column):
            places[neuron.uid] = (x, round(((len(column) - 1) / 2 - number) * step, 4))
    return places


def _title(metagraph: Metagraph, edges: list[Edge], validators: list[Neuron], miners: list[Neuron]) -> str:
    if not edges:
        return f"Subnet {metagraph.netuid}: nobody has set weights yet"
    shown = len(validators) + len(miners)
    part = f" ({shown} of {len(metagraph)} neurons are shown)" if len(metagraph) > shown + 1 else ""
    return (
        f"Subnet {metagraph.netuid}: {len(edges)} weights from {len(validators)} validators "
        f"to {len(miners)} miners{part}"
    )


def _draw(
    edges: list[Edge], places: dict[int, tuple[float, float]], validators: list[Neuron], miners: list[Neuron]
) -> alt.LayerChart:
    nodes = [_node(n, "validator", n.stake / RAO_PER_TAO, *places[n.uid]) for n in validators]
    nodes += [_node(n, "miner", n.incentive / U16_MAX, *places[n.uid]) for n in miners]
    drawn = [
        dict(zip(("x", "y", "x2", "y2", "weight"), (*places[a], *places[b], round(weight, 4)), strict=True))
        for a, b, weight in edges
    ]
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-1 - SIDE, 1 + SIDE]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-1.08, 1.08]))
    strength = alt.Scale(domain=[0, 0.5], range=[0.4, 7], clamp=True)
    lines = (
        alt.Chart(alt.Data(values=drawn))
        .mark_rule(color="#8A8A8A", opacity=0.55)
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q", strokeWidth=alt.StrokeWidth("weight:Q", legend=None, scale=strength))
    )
    base = alt.Chart(alt.Data(values=nodes)).encode(x=x, y=y)
    kinds = ["validator", "miner"]
    points = base.mark_point(filled=True, opacity=1, stroke=INK, strokeWidth=0.8).encode(
        color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=kinds, range=[BLUE, VERMILLION])),
        shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "square"])),
        size=alt.Size("size:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[40, 420])),
    )
    return alt.layer(lines, points, *(_names(base, kind) for kind in kinds))


def _names(base: alt.Chart, kind: str) -> alt.Chart:
    side: dict[str, Any] = {"align": "right", "dx": -14} if kind == "validator" else {"align": "left", "dx": 14}
    return base.transform_filter(f"datum.kind == '{kind}'").mark_text(color=INK, **side).encode(text="label:N")


def _node(neuron: Neuron, kind: str, amount: float, x: float, y: float) -> dict[str, Any]:
    """A node: its size is relative to the largest of its kind; the label has the number."""
    words = f"stake {amount:,.0f}" if kind == "validator" else percent(amount, 1)
    return {
        "x": x,
        "y": y,
        "kind": kind,
        "size": round(min(amount / 200, 1) if kind == "validator" else min(amount / 0.2, 1), 4),
        "label": f"{neuron.name} · {words}",
    }
