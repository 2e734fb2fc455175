"""Flow charts of money: streams between stops in columns; their thickness shows the amount.

Every stop has its name and amount in words, so no meaning depends only on colour or thickness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tao_lab.views.drawing import Bar, Drawing, Part, Ribbon, Words
from tao_lab.views.palette import BLUE

BAR, GAP, LINE, LAST = 12, 16, 16, 250  # px: of a stop, between two stops, of a line, of the words at the right end
THINNEST = 1.5  # px: even a stream of one rao is visible


@dataclass(frozen=True)
class Stop:
    """A place where streams meet.

    Attributes:
        name: its name for streams.
        column: from the left, from 0.
        words: lines beside it.
        colour: of its bar.
    """

    name: str
    column: int
    words: Sequence[str]
    colour: str = BLUE


@dataclass(frozen=True)
class Stream:
    """An amount that flows from one stop to another."""

    source: str
    target: str
    amount: int
    colour: str = BLUE


def sankey(
    title: str, alt: str, stops: Sequence[Stop], streams: Sequence[Stream], width: int = 900, height: int = 320
) -> Drawing:
    """A drawing of streams.

    Args:
        title: what it shows.
        alt: the same in words, for people who cannot see it.
        stops: from top to bottom within their columns.
        streams: in the order in which they leave and arrive, from top to bottom; amounts may not be negative.
        width: px.
        height: px that the streams may take; words that need more make the drawing higher.
    """
    through = {stop.name: _through(stop, streams) for stop in stops}
    columns = [[stop for stop in stops if stop.column == place] for place in range(max(s.column for s in stops) + 1)]
    scale = min((height - GAP * len(column)) / max(sum(through[stop.name] for stop in column), 1) for column in columns)
    slots = {stop.name: max(through[stop.name] * scale, THINNEST, len(stop.words) * LINE) for stop in stops}
    sizes = [sum(slots[stop.name] + GAP for stop in column) - GAP for column in columns]
    step = (width - LAST - BAR) / (len(columns) - 1)
    tops: dict[str, float] = {}
    parts: list[Part] = []
    for place, (column, size) in enumerate(zip(columns, sizes, strict=True)):
        y = (max(sizes) - size) / 2
        for stop in column:
            thick = max(through[stop.name] * scale, THINNEST)
            middle = y + slots[stop.name] / 2
            tops[stop.name] = middle - thick / 2
            parts.append(Bar(place * step, tops[stop.name], BAR, thick, stop.colour))
            first = middle - (len(stop.words) - 1) * LINE / 2 + LINE / 4
            parts += [Words(place * step + BAR + 6, first + line * LINE, text) for line, text in enumerate(stop.words)]
            y += slots[stop.name] + GAP
    ribbons = _ribbons(stops, streams, tops, scale, step)
    return Drawing(title, alt, width, round(max(sizes)) + GAP, (*ribbons, *parts))


def _through(stop: Stop, streams: Sequence[Stream]) -> int:
    arrives = sum(stream.amount for stream in streams if stream.target == stop.name)
    leaves = sum(stream.amount for stream in streams if stream.source == stop.name)
    return max(arrives, leaves)


def _ribbons(
    stops: Sequence[Stop], streams: Sequence[Stream], tops: dict[str, float], scale: float, step: float
) -> list[Ribbon]:
    columns = {stop.name: stop.column for stop in stops}
    leaving, arriving = dict(tops), dict(tops)
    ribbons = []
    for stream in streams:
        if not stream.amount:
            continue
        thick = stream.amount * scale
        start = (columns[stream.source] * step + BAR, leaving[stream.source] + thick / 2)
        end = (columns[stream.target] * step, arriving[stream.target] + thick / 2)
        ribbons.append(Ribbon(start, end, max(thick, THINNEST), stream.colour))
        leaving[stream.source] += thick
        arriving[stream.target] += thick
    return ribbons
