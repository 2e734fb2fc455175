"""A picture in a notebook: as wide as its cell at most, and dark where the notebook is dark."""

from __future__ import annotations

import base64
from html import escape

# Turning lightness round and hue back keeps each colour's name: blue stays blue, white paper becomes dark.
DARK = "filter:invert(.93) hue-rotate(180deg)"
STYLE = f"<style>body[data-jp-theme-light=false] .tl-picture{{{DARK}}}</style>"


def picture_html(svg: str, alt: str) -> str:
    """An SVG picture as HTML that needs nothing else.

    Args:
        svg: the picture.
        alt: what it shows, for who cannot see it.
    """
    data = base64.b64encode(svg.encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    return f'<img class="tl-picture" style="max-width:100%" src="{source}" alt="{escape(alt)}">{STYLE}'
