"""Pictures of mining: memory and quality by number format, and a leaderboard of a running market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import altair as alt
from IPython.display import display

from tao_lab.cards import Card, Grid, Text, percent
from tao_lab.neurons.models.memory import FORMATS, PARTS, Shape, memory
from tao_lab.subnets.market import Market, Standing
from tao_lab.units import RAO_PER_TAO
from tao_lab.views.charts import SMALL, WHOLE, Figure, config
from tao_lab.views.palette import BLUE, INK, VERMILLION
from tao_lab.views.validating import looks_of

if TYPE_CHECKING:
    import pandas as pd

GIB = 2**30
NAMES = {"nf4": "NF4", "nf4 double": "NF4 double"}
PART_COLOURS = ("#56B4E9", "#0072B2", "#009E73", "#000000", "#CC79A7", "#D55E00", "#E69F00")  # Okabe and Ito


def memory_chart(shape: Shape, *, card: float = 8.0, context: int = 4_096, name: str = "Mistral-7B") -> Figure:
    """Memory of a model by number format, part by part, compared with a graphics card's.

    Args:
        shape: of the model.
        card: GiB of the graphics card.
        context: tokens in the cache.
        name: of the model.
    """
    rows, totals = [], {}
    for number_format in FORMATS:
        parts = memory(shape, number_format, context)
        label = NAMES.get(number_format, number_format)
        totals[label] = sum(parts.values()) / GIB
        rows += [
            {"format": label, "part": part, "order": place, "size": parts[part] / GIB}
            for place, part in enumerate(PARTS)
        ]
    y = alt.Y("format:N", sort=list(totals), title=None)
    scale = alt.Scale(domain=[0, max(totals.values()) * 1.1], nice=False)
    size_axis = alt.X("size:Q", title=f"GiB, context of {context:,} tokens", scale=scale)
    colours = alt.Scale(domain=list(PARTS), range=list(PART_COLOURS))
    colour = alt.Color(
        "part:N", scale=colours, title=None, legend=alt.Legend(orient="bottom", columns=4, columnPadding=14)
    )
    bars = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(stroke="white", strokeWidth=0.6)
        .encode(y=y, x=size_axis, color=colour, order="order:Q")
    )
    beside = {label: card if card - 2 < size < card else size for label, size in totals.items()}  # not on the line
    sums = [{"format": label, "size": beside[label], "text": f"{size:.2f}"} for label, size in totals.items()]
    labels = alt.Chart(alt.Data(values=sums)).mark_text(align="left", dx=5, color=INK)
    labels = labels.encode(y=y, x="size:Q", text="text:N")
    limit = alt.Chart(alt.Data(values=[{"size": card, "text": f"{card:g} GiB card"}]))
    rule = limit.mark_rule(color=VERMILLION, strokeWidth=2, strokeDash=[6, 3]).encode(x="size:Q")
    words = limit.mark_text(align="left", dx=5, dy=-88, color=VERMILLION).encode(x="size:Q", text="text:N")
    fits = [label for label, size in totals.items() if size < card]
    title = f"{name} fits on a card with {card:g} GiB in {len(fits)} of {len(totals)} number formats"
    said = ", ".join(f"{label} {size:.2f} GiB" for label, size in totals.items())
    return _figure(alt.layer(bars, rule, labels, words), title, f"{title}: {said}.", 560, 170)


class Measured(Protocol):
    """The data of a model in one number format for a quality chart."""

    name: str
    perplexity: float
    mebibytes: float


def quality_chart(measured: Sequence[Measured]) -> Figure | Card:
    """Perplexity of a text by number format: how fewer bits change the quality.

    Args:
        measured: a model in several number formats; the others are compared with the first.
    """
    if not measured:
        words = Text("`tao-lab models get smollm2` in a terminal fetches it; then run this cell again.")
        return Card("waiting", "Not measured", "the language model is not on this machine", (words,))
    rows = [
        {"format": one.name, "perplexity": one.perplexity, "text": f"{one.perplexity:.1f}   ({one.mebibytes:,.0f} MiB)"}
        for one in measured
    ]
    y = alt.Y("format:N", sort=[one.name for one in measured], title=None)
    scale = alt.Scale(domain=[0, max(one.perplexity for one in measured) * 1.35], nice=False)
    x = alt.X(
        "perplexity:Q", title="perplexity: as unsure as among this many equal words (less is better)", scale=scale
    )
    bars = alt.Chart(alt.Data(values=rows)).mark_bar(color=BLUE, height=20).encode(y=y, x=x)
    labels = alt.Chart(alt.Data(values=rows)).mark_text(align="left", dx=5, color=INK).encode(y=y, x=x, text="text:N")
    first, last = measured[0], measured[-1]
    worse = last.perplexity / first.perplexity - 1
    way = "more" if worse >= 0 else "less"
    title = f"{last.name} makes this model {percent(abs(worse))} {way} surprised than {first.name}"
    said = ", ".join(f"{one.name} {one.perplexity:.1f}" for one in measured)
    return _figure(alt.layer(bars, labels), title, f"{title}: perplexity {said}.", 480, 110)


# --- a market, followed ---


class Leaderboard:
    """A table of a market's miners that changes while the market runs, and its history.

    Attributes:
        scores: rows with `block`, `miner`, `score` and `alpha` paid so far, one for each miner and step.
        times: rows with `miner` and `seconds`, one for each answer.
    """

    def __init__(self, market: Market, *, mine: str = "mine") -> None:
        """Get ready to follow a market.

        Args:
            market: it must be open before `run`.
            mine: name of the miner to mark.
        """
        self._market, self._mine = market, mine
        self.scores: list[dict[str, Any]] = []
        self.times: list[dict[str, Any]] = []

    def run(self, steps: int) -> Card:
        """Let the market work, show each step, and return the last table.

        Args:
            steps: number of tasks of each validator.
        """
        shown = display(_nothing(), raw=True, display_id=True)  # type: ignore[no-untyped-call]
        for number in range(steps):
            self._note_times(self._market.step())
            rows = self._market.standings()
            block = self._market.net.block_number
            self.scores += [
                {"block": block, "miner": row.name, "score": row.score, "alpha": row.paid / RAO_PER_TAO} for row in rows
            ]
            if shown is not None:
                bar = f'<progress max="{steps}" value="{number + 1}"></progress> task {number + 1} of {steps}'
                shown.update({"text/html": bar + board_card(rows, block, self._mine)._repr_html_()}, raw=True)
        if shown is not None:
            shown.update(_nothing(), raw=True)
        return board_card(self._market.standings(), self._market.net.block_number, self._mine)

    def _note_times(self, steps: Sequence[Any]) -> None:
        names = {str(wallet.hotkey.ss58_address): name for name, wallet in self._market.miners.items()}
        for step in steps:
            for one in step.miners:
                if one.hotkey in names:
                    self.times.append({"miner": names[one.hotkey], "seconds": one.answer.seconds})

    def score_chart(self) -> Figure:
        """Moving average of each miner over the blocks."""
        return self._lines("score", "moving average of the score", "How the miners' scores moved", ".2f")

    def money_chart(self) -> Figure:
        """Alpha paid to each miner over the blocks."""
        return self._lines("alpha", "alpha paid so far", "What the miners earned", ".2f")

    def latency_chart(self) -> Figure:
        """Seconds of each answer."""
        import pandas as pd  # slow to load, and few labs need it

        table = pd.DataFrame(self.times)
        middle = table.groupby("miner")["seconds"].median() if len(table) else pd.Series(dtype=float)
        y = alt.Y("miner:N", sort=list(middle.sort_values().index), title=None)
        axis = alt.Axis(tickCount=6, grid=False)
        x = alt.X("seconds:Q", title="seconds from question to answer, over signed HTTP", axis=axis)
        dots = alt.Chart(alt.Data(values=self.times)).mark_tick(color=BLUE, thickness=2, height=16).encode(y=y, x=x)
        said = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in middle.items())
        title = _latency_title(middle, self._mine)
        return _figure(alt.layer(dots), title, f"Medians: {said}.", 560, 26 * max(len(middle), 1))

    def _lines(self, field: str, axis: str, words: str, number: str) -> Figure:
        names = sorted({row["miner"] for row in self.scores}, key=lambda name: (name != self._mine, name))
        x = alt.X("block:Q", title="block", scale=alt.Scale(zero=False), axis=alt.Axis(format="d", grid=False, **WHOLE))
        y = alt.Y(f"{field}:Q", title=axis)
        line = alt.Chart(alt.Data(values=self.scores)).mark_line(strokeWidth=2, point={"size": 60, "filled": True})
        line = line.encode(x=x, y=y, **looks_of(names))
        last = {name: [row[field] for row in self.scores if row["miner"] == name][-1] for name in names}
        said = ", ".join(f"{name} {value:{number}}" for name, value in last.items())
        return _figure(alt.layer(line), f"{words}: {said}", f"{words} over the blocks, at the end {said}.", 560, 200)


def _nothing() -> dict[str, str]:
    """An output that is empty: before the first step, and when the last table is the cell's result."""
    return {"text/html": "", "text/plain": ""}


def _latency_title(middle: pd.Series, mine: str) -> str:
    """How long your answers take, compared with the others'.

    Args:
        middle: median seconds by miner.
        mine: name of your miner.
    """
    others = middle.drop(mine, errors="ignore")
    theirs = f"one of the others {others.median():.2f} s" if len(others) else "and nobody else answered"
    if mine not in middle.index:
        return f"{mine} has not answered; {theirs}" if len(others) else "Nobody has answered yet"
    return f"An answer of {mine} takes {middle[mine]:.2f} s, {theirs}"


def board_card(rows: Sequence[Standing], block: int, mine: str) -> Card:
    """A leaderboard after a block; the best paid first."""
    place = next((number for number, row in enumerate(rows, 1) if row.name == mine), 0)
    cells = [
        [f"{number}", row.name, f"{row.score:.3f}", percent(row.incentive), f"{row.paid / RAO_PER_TAO:,.3f}"]
        for number, row in enumerate(rows, 1)
    ]
    marked = frozenset({(place - 1, 1)} if place else ())
    grid = Grid(cells, ("", "miner", "score", "incentive", "paid, alpha"), marked=marked)
    title = f"`{mine}` is number {place} of {len(rows)}" if place else f"{len(rows)} miners"
    return Card("info", f"Block {block}", title, (grid,))


def _figure(chart: alt.LayerChart, title: str, alternative: str, width: int, height: int) -> Figure:
    drawn = chart.properties(title=title, width=width, height=height, description=alternative)
    return Figure(drawn.configure(**config(SMALL)), alternative)
