"""A table as a chart: texts in cells, some of them marked. It shows things without an axis: keys, hashes, blocks.

A marked cell has a colour, a border and a sign in its text, so no meaning depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import altair as alt

from tao_lab.views.charts import SMALL, Style
from tao_lab.views.palette import BLUE, GREY, INK, VERMILLION
from tao_lab.views.tables import Table

Look = Literal["plain", "good", "bad", "faint", "head"]
LOOKS: tuple[Look, ...] = ("plain", "good", "bad", "faint", "head")
FILLS = ("#F5F5F5", "#E3F0F8", "#FBE6D9", "#FFFFFF", "#FFFFFF")
BORDERS = ("#F5F5F5", BLUE, VERMILLION, "#FFFFFF", "#FFFFFF")
INKS = (INK, INK, "#8A3B00", GREY, INK)
MONO = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
HEIGHT = 200  # px; the page scales it, so rows fill their place
NARROW = 330  # px: on a phone, letters are smaller so that words fit their cells
PADDING = 0.008  # of the picture's width: between a cell's border and its text


@dataclass(frozen=True)
class Cell:
    """A text in its place.

    Attributes:
        row: name of its row.
        column: number of its column, from 0.
        text: its text.
        look: how it is marked.
    """

    row: str
    column: int
    text: str
    look: Look = "plain"


def unbroken(text: str) -> str:
    """A text in which no line ends between a number and its unit."""
    return text.replace(" %", "\u00a0%").replace(" τ", "\u00a0τ").replace(" α", "\u00a0α")


def cells_table(cells: Sequence[Cell], widths: Sequence[float]) -> Table:
    """Rows of the chart.

    Args:
        cells: any order.
        widths: of each column, in any unit.
    """
    edges = [sum(widths[:column]) / sum(widths) for column in range(len(widths) + 1)]
    return {
        "row": [cell.row for cell in cells],
        "left": [edges[cell.column] + PADDING / 2 for cell in cells],
        "right": [edges[cell.column + 1] - PADDING / 2 for cell in cells],
        "text": [cell.text for cell in cells],
        "look": [cell.look for cell in cells],
        "weight": ["bold" if cell.look == "head" else "normal" for cell in cells],
    }


def cells_spec(data: alt.Data, rows: Sequence[str], style: Style = SMALL, mono: bool = False) -> alt.LayerChart:
    """The chart.

    Args:
        data: rows of `cells_table`.
        rows: names of all rows, from top to bottom; a name that begins with a blank is not shown.
        style: sizes.
        mono: whether all letters are equally wide, as for hashes.
    """
    label = "substring(datum.value, 0, 1) == ' ' ? '' : datum.value"
    axis = alt.Axis(
        title=None, ticks=False, domain=False, labelExpr=label, labelLimit=style.font * 10, labelOverlap=False
    )
    base = alt.Chart(data).encode(
        y=alt.Y("row:N", scale=alt.Scale(domain=list(rows), paddingInner=0.14, paddingOuter=0.02), axis=axis),
        x=alt.X("left:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None),
    )
    domain = list(LOOKS)
    boxes = base.mark_rect(cornerRadius=3, strokeWidth=1.5).encode(
        x2="right:Q",
        fill=alt.Fill("look:N", legend=None, scale=alt.Scale(domain=domain, range=list(FILLS))),
        stroke=alt.Stroke("look:N", legend=None, scale=alt.Scale(domain=domain, range=list(BORDERS))),
    )
    ink = alt.Color("look:N", legend=None, scale=alt.Scale(domain=domain, range=list(INKS)))
    font = {"font": MONO} if mono else {}
    size = alt.expr(f"width < {NARROW} ? {0.75 * style.font} : {style.font}")
    looks = {"align": "left", "baseline": "middle", "dx": style.font * 0.45, "fontSize": size, **font}
    # a heading may extend a little into the gap beside it
    limit = alt.expr("max(20, width * (datum.right - datum.left) - (datum.look == 'head' ? -4 : 10))")
    texts = [
        base.transform_filter(f"datum.weight == '{weight}'")
        .mark_text(**looks, fontWeight=weight, limit=limit)
        .encode(text="text:N", color=ink)
        for weight in ("normal", "bold")
    ]
    return alt.layer(boxes, *texts).properties(height=HEIGHT)


def said(cells: Sequence[Cell]) -> str:
    """A table's text alternative: row by row."""
    rows: dict[str, list[str]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell.text)
    return ". ".join(f"{row.strip()}: {', '.join(texts)}" for row, texts in rows.items()) + "."
