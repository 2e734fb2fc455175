"""The course as a map: a box for each lab, arrows to the labs that build on it, and the student's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, Protocol

import networkx as nx

from tao_lab.views.drawing import Arrow, Box, Drawing, Look, Part

WIDTH, STEP = 156, 196  # px of a box, and from column to column
ROW = 78  # px from box to box
SWEEPS = 8
Place = tuple[float, float]  # column and row
CELL = "padding:4px 10px;text-align:left;vertical-align:top;border:1px solid rgba(128,128,128,.35)"


class Stop(Protocol):
    """The data of a lab for the map (`tao_lab.course.journey.Stop`)."""

    number: str
    link: str
    title: str
    question: str
    builds_on: tuple[str, ...]
    right: int
    exercises: int
    state: str
    here: bool


@dataclass(frozen=True)
class CourseMap:
    """A map with a table of links below it."""

    stops: Sequence[Any]
    pages: Sequence[tuple[str, str]] = ()

    def drawing(self) -> Drawing:
        """The map alone."""
        places, lanes = _layout(self.stops)
        boxes = {stop.number: _box(stop, *places[stop.number]) for stop in self.stops}
        arrows = [part for (a, b), lane in lanes.items() for part in _arrows(boxes[a], boxes[b], lane)]
        done = sum(stop.state == "done" for stop in self.stops)
        here = next((f", and you are in {stop.number}" for stop in self.stops if stop.here), "")
        parts: tuple[Part, ...] = (*arrows, *boxes.values())
        title = f"The course: {len(self.stops)} labs, {done} of them done{here}"
        width = max(box.x + box.width for box in boxes.values()) + 4
        height = max([box.y + box.height for box in boxes.values()] + [arrow.end[1] for arrow in arrows]) + 4
        return Drawing(title, " ".join(map(_words, self.stops)), round(width), round(height), parts)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        drawn = self.drawing()._repr_mimebundle_()
        lines = [f"{_words(stop)} {stop.link}" for stop in self.stops]
        lines += [f"{title} {link}" for link, title in self.pages]
        return {"text/html": drawn["text/html"] + self._table(), "text/plain": "\n".join(lines)}

    def _table(self) -> str:
        head = "".join(f'<th style="{CELL}">{name}</th>' for name in ("lab", "the question", "builds on", "exercises"))
        rows = "".join(_row(stop) for stop in self.stops)
        pages = "".join(f'<li><a href="{link}">{escape(title)}</a></li>' for link, title in self.pages)
        more = f"<p>Beside the labs:</p><ul>{pages}</ul>" if pages else ""
        return (
            f'<table style="border-collapse:collapse;margin:8px 0"><tbody><tr>{head}</tr>{rows}</tbody></table>{more}'
        )


def course_map(stops: Sequence[Any], pages: Sequence[tuple[str, str]] = ()) -> CourseMap:
    """The map of a course.

    Args:
        stops: the labs in order (`tao_lab.course.journey`).
        pages: link and title of each page beside them.
    """
    return CourseMap(tuple(stops), tuple(pages))


def _layout(stops: Sequence[Stop]) -> tuple[dict[str, Place], dict[tuple[str, str], list[Place]]]:
    """Column and row of each lab, and for each arrow the places that it passes on its way.

    A lab comes after all labs that it builds on. A lab that builds on nothing comes directly before the first lab that
    needs it. An arrow that passes a column has its own row there, so it crosses no box. Arrows that follow from other
    arrows are left out.
    """
    graph = nx.DiGraph()
    graph.add_nodes_from(stop.number for stop in stops)
    graph.add_edges_from((a, stop.number) for stop in stops for a in stop.builds_on if a in graph)
    columns = {n: column for column, ns in enumerate(nx.topological_generations(graph)) for n in ns}
    columns |= {n: min(columns[b] for b in graph[n]) - 1 for n in graph if graph[n] and not graph.in_degree(n)}
    edges = list(nx.transitive_reduction(graph).edges)
    lanes = {(a, b): [f"{a}-{b}-{c}" for c in range(columns[a] + 1, columns[b])] for a, b in edges}
    columns |= {name: columns[a] + 1 + k for (a, _), lane in lanes.items() for k, name in enumerate(lane)}
    links = [pair for (a, b), lane in lanes.items() for pair in pairwise([a, *lane, b])]
    rows = _rows(columns, links)
    places = {name: (float(column), rows[name]) for name, column in columns.items()}
    return places, {edge: [places[name] for name in lane] for edge, lane in lanes.items()}


def _rows(columns: Mapping[str, int], links: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Rows that put linked labs close together: sort each column by its neighbours, several times."""
    last = max(columns.values())
    rows = {name: float(place) for place, name in enumerate(sorted(columns))}
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        for column in range(last + 1) if forth else range(last, -1, -1):
            near = {
                name: [rows[a if forth else b] for a, b in links if (b if forth else a) == name] for name in columns
            }
            names = [name for name, own in columns.items() if own == column]
            names.sort(key=lambda n: (sum(near[n]) / len(near[n]) if near[n] else rows[n], n))
            rows |= {name: place - (len(names) - 1) / 2 for place, name in enumerate(names)}
    top = min(rows.values())
    return {name: row - top for name, row in rows.items()}


def _arrows(start: Box, end: Box, lane: Sequence[Place]) -> list[Arrow]:
    """An arrow from box to box, straight through the middle of its lane in each column between them."""
    points = [start.right]
    for column, row in lane:
        x, y = column * STEP, row * ROW + start.height / 2
        points += [(x, y), (x + WIDTH, y)]
    points.append((end.x - 3, end.left[1]))
    return [Arrow(a, b, head=b == points[-1]) for a, b in pairwise(points)]


def _box(stop: Stop, column: float, row: float) -> Box:
    look: Look = "given" if stop.here else "good" if stop.state == "done" else "plain"
    lines = [f"{stop.number} {stop.title}", _standing(stop), *(["▶ you are here"] if stop.here else [])]
    return Box(2 + column * STEP, 2 + row * ROW, WIDTH, lines, look)


def _standing(stop: Stop) -> str:
    if stop.state == "done":
        return f"✔ all {stop.exercises} right"
    return "not started" if stop.state == "not started" else f"{stop.right} of {stop.exercises} right"


def _words(stop: Stop) -> str:
    after = f", builds on {_listed(stop.builds_on)}" if stop.builds_on else ""
    return f"{stop.number} {stop.title}{after}: {_standing(stop)}{', and you are here' if stop.here else ''}."


def _row(stop: Stop) -> str:
    link = f'<a href="{stop.link}">{escape(stop.number)} · {escape(stop.title)}</a>'
    state = f"{stop.right} of {stop.exercises}" + (" ✔" if stop.state == "done" else " ▶" if stop.here else "")
    cells = (link, escape(stop.question), _listed(stop.builds_on), state)
    tags = (f'<td style="{CELL}">{cell}</td>' for cell in cells)
    return f"<tr>{''.join(tags)}</tr>"


def _listed(numbers: Sequence[str]) -> str:
    """Numbers of labs in words: "02, 06" or "01 to 08"."""
    whole = len(numbers) > 2 and int(numbers[-1]) - int(numbers[0]) == len(numbers) - 1
    return f"{numbers[0]} to {numbers[-1]}" if whole else ", ".join(numbers)
