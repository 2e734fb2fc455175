"""Drawings: boxes, arrows and words for pictures that are not charts (a chain of blocks, a tree of keys).

A `Drawing` is a picture in SVG with a title and a text alternative. It needs no library in the page and no network.
Colours never carry a meaning alone: a border or a word says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from tao_lab.cards import picture
from tao_lab.views.palette import BLUE, FONT, INK, VERMILLION

Look = Literal["plain", "good", "given", "bad", "faint"]
TITLE = 34  # px above the picture
LINE = 17  # px between two lines of a box

# Fill, border, width of the border and its dashes: each look can be recognized without its colour.
LOOKS: dict[str, tuple[str, str, str, str]] = {
    "plain": ("#FFFFFF", "#767676", "1.2", ""),
    "good": ("#E3F0F8", BLUE, "2.2", ""),
    "given": ("#FFFFFF", INK, "2", "5 3"),
    "bad": ("#FBE6D9", VERMILLION, "3", "7 3"),
    "faint": ("#F5F5F5", "#BDBDBD", "1", "2 2"),
}


@dataclass(frozen=True)
class Box:
    """A rectangle with lines of text; the first is bold. `x`, `y` is its upper left corner, px."""

    x: float
    y: float
    width: float
    lines: Sequence[str]
    look: Look = "plain"

    @property
    def height(self) -> float:
        """Px."""
        return len(self.lines) * LINE + 12

    @property
    def left(self) -> tuple[float, float]:
        """Middle of the left side."""
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> tuple[float, float]:
        """Middle of the right side."""
        return self.x + self.width, self.y + self.height / 2

    @property
    def top(self) -> tuple[float, float]:
        """Middle of the upper side."""
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> tuple[float, float]:
        """Middle of the lower side."""
        return self.x + self.width / 2, self.y + self.height


@dataclass(frozen=True)
class Arrow:
    """A line, usually with a head at its end, and words in the middle; a bad one is dashed and crossed out."""

    start: tuple[float, float]
    end: tuple[float, float]
    words: str = ""
    look: Look = "plain"
    head: bool = True


@dataclass(frozen=True)
class Words:
    """Words without a box; `y` is their base line."""

    x: float
    y: float
    text: str
    look: Look = "plain"


@dataclass(frozen=True)
class Bar:
    """A filled rectangle without words."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Ribbon:
    """A stream from left to right; `start` and `end` are the middles of its ends, `width` is its thickness, px."""

    start: tuple[float, float]
    end: tuple[float, float]
    width: float
    colour: str


Part = Box | Arrow | Words | Bar | Ribbon


@dataclass(frozen=True)
class Drawing:
    """A picture that needs no network.

    Attributes:
        title: what it shows.
        alt: the same in words, for people who cannot see it.
        width: px.
        height: px, without the title.
        parts: boxes, arrows and words.
    """

    title: str
    alt: str
    width: int
    height: int
    parts: tuple[Part, ...]

    def svg(self) -> str:
        """The picture."""
        looks = "".join(
            f'<marker id="head-{look}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
            f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="{border}"/></marker>'
            for look, (_, border, _, _) in LOOKS.items()
        )
        title = f'<text x="0" y="18" font-size="15" font-weight="bold">{escape(self.title)}</text>'
        parts = "".join(_svg(part) for part in self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height + TITLE}" '
            f'viewBox="0 0 {self.width} {self.height + TITLE}" font-family="{FONT}" font-size="12.5" fill="{INK}">'
            f'<rect width="100%" height="100%" fill="#FFFFFF"/><defs>{looks}</defs>{title}'
            f'<g transform="translate(0 {TITLE})">{parts}</g></svg>'
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        html = picture(self.svg().encode(), "image/svg+xml", self.alt, self.width)
        return {"text/html": html, "text/plain": f"{self.title}. {self.alt}"}


def _svg(part: Part) -> str:
    if isinstance(part, Bar):
        size = f'width="{part.width:g}" height="{part.height:g}"'
        return f'<rect x="{part.x:g}" y="{part.y:g}" {size} fill="{part.colour}"/>'
    if isinstance(part, Ribbon):
        return _ribbon(part)
    fill, border, width, dashes = LOOKS[part.look]
    if isinstance(part, Words):
        colour = border if part.look == "bad" else INK
        return f'<text x="{part.x:g}" y="{part.y:g}" fill="{colour}">{escape(part.text)}</text>'
    if isinstance(part, Arrow):
        return _arrow(part, border, width)
    lines = "".join(
        f'<text x="{part.x + 8:g}" y="{part.y + 19 + i * LINE:g}" font-weight="{"normal" if i else "bold"}">'
        f"{escape(line)}</text>"
        for i, line in enumerate(part.lines)
    )
    return (
        f'<rect x="{part.x:g}" y="{part.y:g}" width="{part.width:g}" height="{part.height:g}" rx="5" fill="{fill}" '
        f'stroke="{border}" stroke-width="{width}" stroke-dasharray="{dashes}"/>{lines}'
    )


def _ribbon(ribbon: Ribbon) -> str:
    (x1, y1), (x2, y2) = ribbon.start, ribbon.end
    middle = (x1 + x2) / 2
    return (
        f'<path d="M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}" fill="none" '
        f'stroke="{ribbon.colour}" stroke-width="{ribbon.width:g}" stroke-opacity="0.35"/>'
    )


def _arrow(arrow: Arrow, border: str, width: str) -> str:
    (x1, y1), (x2, y2) = arrow.start, arrow.end
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    head = f' marker-end="url(#head-{arrow.look})"' if arrow.head else ""
    line = (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{border}" stroke-width="{width}" '
        f'stroke-dasharray="{"5 4" if arrow.look in ("bad", "faint") else ""}"{head}/>'
    )
    cross = ""
    if arrow.look == "bad":
        cross = f'<path d="M{x - 6:g} {y - 6:g}l12 12m0 -12l-12 12" stroke="{border}" stroke-width="3" fill="none"/>'
    if not arrow.words:
        return line + cross
    # above a flat line, beside a steep one
    place = f'x="{x:g}" y="{y - 6:g}" text-anchor="middle"' if y1 == y2 else f'x="{x + 6:g}" y="{y + 4:g}"'
    return f"{line}{cross}<text {place}>{escape(arrow.words)}</text>"
