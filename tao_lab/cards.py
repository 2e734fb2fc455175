"""Cards: the same content, shown as HTML in a notebook and as text in a terminal.

A card has a badge, a title, and blocks of text or tables. The badge has a word and a sign beside its colour, for
readers who cannot see colours. Text between backticks is code.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

Tone = Literal["right", "wrong", "raised", "waiting", "info"]

# Sign and colour of each tone; white text on the colour has a contrast of 4.5 or more.
TONES: dict[str, tuple[str, str]] = {
    "right": ("✔", "#00735A"),
    "wrong": ("✘", "#B34700"),
    "raised": ("⚠", "#8A3A76"),
    "waiting": ("○", "#5F5F5F"),
    "info": ("ℹ", "#0068A3"),
}
NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?( ?%)?")
CELL = "padding:2px 8px;border:1px solid rgba(128,128,128,.35)"
# A table that is wider than its page scrolls; a shadow at its edge shows that there is more.
PAGE = "var(--jp-layout-color0,Canvas)"
SCROLLS = (
    "overflow-x:auto;"
    f"background:linear-gradient({PAGE},{PAGE}) 0 0/16px 100% no-repeat local,"
    f"linear-gradient({PAGE},{PAGE}) 100% 0/16px 100% no-repeat local,"
    "linear-gradient(to right,rgba(128,128,128,.7),transparent) 0 0/16px 100% no-repeat scroll,"
    "linear-gradient(to left,rgba(128,128,128,.7),transparent) 100% 0/16px 100% no-repeat scroll"
)
# Pictures are drawn on white. In JupyterLab's dark theme they turn dark, and each colour keeps its hue.
DARK = '<style>[data-jp-theme-light="false"] .tl-picture{filter:invert(.9) hue-rotate(180deg)}</style>'
KEPT = ";white-space:nowrap"
WRAPPED = ";white-space:normal;overflow-wrap:anywhere;min-width:9em"  # a narrow page breaks long texts, not numbers
SMALLEST = 0.7  # of a picture's size, on a narrow page: its letters, 12 px high, stay above 8 px
SHORT = 16  # letters that stay on a line
INSIDE = re.compile(r"(?<=[a-z.])(?=[A-Z])")  # where a name such as SubnetTaoInEmission may be broken


def picture(data: bytes, mime: str, alternative: str, width: float = 0) -> str:
    """HTML of a picture that fits its page and follows the theme.

    Args:
        data: the picture.
        mime: "image/svg+xml" or "image/png".
        alternative: what it shows, for readers who cannot see it.
        width: px; on a page too narrow for it, its text stays readable and the picture scrolls. 0: it always shrinks.
    """
    source = f"data:{mime};base64,{base64.b64encode(data).decode()}"
    most = f"max(100%,{width * SMALLEST:.0f}px)" if width else "100%"
    image = f'<img class="tl-picture" style="max-width:{most}" src="{source}" alt="{escape(alternative)}">{DARK}'
    return f'<div style="overflow-x:auto">{image}</div>' if width else image


def percent(share: float, digits: int = 0) -> str:
    """A share in per cent, with a number of digits after the point."""
    return f"{share * 100:.{digits}f} %"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    words: str


@dataclass(frozen=True)
class Grid:
    """A small table of texts.

    Attributes:
        rows: of texts.
        header: a text for each column, or nothing.
        caption: stands above.
        marked: row and column of the highlighted cells.
        literal: whether cells are Python values; a backtick in them does not mean code.
    """

    rows: Sequence[Sequence[str]]
    header: Sequence[str] = ()
    caption: str = ""
    marked: frozenset[tuple[int, int]] = frozenset()
    literal: bool = False


Block = Text | Grid


@dataclass(frozen=True)
class Card:
    """What a cell shows."""

    tone: Tone
    badge: str
    title: str
    blocks: tuple[Block, ...] = ()

    def _repr_html_(self) -> str:
        sign, colour = TONES[self.tone]
        badge = (
            f'<span style="background:{colour};color:#fff;border-radius:4px;padding:2px 8px;font-weight:600;'
            f'display:inline-block;max-width:100%;box-sizing:border-box">{sign} {escape(self.badge)}</span>'
        )
        body = "".join(_block_html(block, colour) for block in self.blocks)
        return _sendable(
            f'<div style="border-left:5px solid {colour};padding:6px 12px;margin:4px 0;'
            f'line-height:1.5;overflow-wrap:anywhere">{badge} <strong>{words_html(self.title)}</strong>{body}</div>'
        )

    def __repr__(self) -> str:
        sign, _ = TONES[self.tone]
        lines = [f"{sign} {self.badge}: {self.title}"]
        for block in self.blocks:
            lines += [block.words] if isinstance(block, Text) else _grid_lines(block)
        return _sendable("\n".join(lines))


def _sendable(text: str) -> str:
    """A text that can be sent and printed: half of a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def words_html(words: str) -> str:
    """HTML of a sentence: what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words))


def _block_html(block: Block, colour: str) -> str:
    if isinstance(block, Text):
        return f'<div style="margin-top:6px;max-width:62em">{words_html(block.words)}</div>'
    head = "".join(_head_html(name) for name in block.header)
    rows = "".join(f"<tr>{_row_html(row, i, block, colour)}</tr>" for i, row in enumerate(block.rows))
    caption = f'<div style="margin-top:8px">{words_html(block.caption)}</div>' if block.caption else ""
    table = f'<table style="border-collapse:collapse;margin:4px 0"><tbody>{f"<tr>{head}</tr>" if head else ""}{rows}'
    return f'{caption}<div style="{SCROLLS}">{table}</tbody></table></div>'


def _head_html(name: str) -> str:
    tag = "th" if name else "td"  # a screen reader would read an empty heading
    return f'<{tag} style="{CELL};text-align:left;white-space:normal;overflow-wrap:normal">{words_html(name)}</{tag}>'


def _row_html(row: Sequence[str], place: int, grid: Grid, colour: str) -> str:
    mark = f";outline:2px solid {colour};outline-offset:-2px;font-weight:700"
    cells = []
    for column, text in enumerate(row):
        side = "right" if _is_numeric(grid, column) else "left"
        room = KEPT if len(text) <= SHORT or side == "right" else WRAPPED
        style = f"{CELL}{room};text-align:{side}{mark if (place, column) in grid.marked else ''}"
        shown = f"<code>{escape(text)}</code>" if grid.literal else words_html(text)
        if len(text) > SHORT and re.fullmatch(r"<code>[A-Za-z.]+</code>", shown):
            shown = INSIDE.sub("<wbr>", shown)
        cells.append(f'<td style="{style}">{shown}</td>')
    return "".join(cells)


def _is_numeric(grid: Grid, column: int) -> bool:
    return all(NUMBER.fullmatch(row[column]) for row in grid.rows if column < len(row))


def _grid_lines(grid: Grid) -> list[str]:
    rows = [list(grid.header)] if grid.header else []
    rows += [
        [f">{text}<" if (i, j) in grid.marked else text for j, text in enumerate(row)]
        for i, row in enumerate(grid.rows)
    ]
    width = max((len(row) for row in rows), default=0)
    sizes = [max((len(row[j]) for row in rows if j < len(row)), default=0) for j in range(width)]
    lines = [("  " + "  ".join(map(_pad, row, sizes))).rstrip() for row in rows]
    return [grid.caption, *lines] if grid.caption else lines


def _pad(text: str, size: int) -> str:
    return text.rjust(size) if NUMBER.fullmatch(text.strip("><")) else text.ljust(size)
