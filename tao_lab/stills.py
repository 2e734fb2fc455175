"""What is left of a widget when its kernel has ended: a picture and words in the output behind it.

A saved notebook has no widgets, only their names: opened again it says "model not found". So each widget is followed by
an output in plain HTML that says the same. A style sheet in it hides it while the widget lives, and hides the dead
widget later; where style sheets are not allowed, both show. Voila has no saved outputs and gets the widget only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from IPython.display import display

from tao_lab import cards

# The output of a waiting bar may stand between the two, so it is "behind", not "next to".
# JupyterLab and Notebook 7 put a living widget into a panel; a dead one has their class for widgets on itself.
STYLE = (
    "<style>"
    ".jp-OutputArea-child:has(> .lm-Panel.jp-OutputArea-output:not(.jupyter-widgets))"
    " ~ .jp-OutputArea-child:has(.tl-still),"
    ".jp-OutputArea-child:has(> .jp-OutputArea-output.jupyter-widgets):has(~ .jp-OutputArea-child .tl-still)"
    "{display:none}"
    "</style>"
)
# Charts as data, beside their pictures: for a page that draws them itself (`scripts/docsite`). A list of `chart`.
CHARTS = "application/vnd.tao-lab.charts+json"
KEEP_CHARTS = "TAO_LAB_KEEP_CHARTS"  # set where such a page is made; a student's notebook needs no second copy
WAKE = "This was saved when the notebook was closed. To wake it up, choose <strong>Run → Run All Cells</strong>."
PLAIN = "(To wake it up: Run, Run All Cells.)"


def chart(spec: Mapping[str, Any], alternative: str, title: str = "") -> dict[str, Any]:
    """One chart as data: Vega-Lite, what it shows in words, and the title above it."""
    return {"spec": spec, "alt": alternative, "title": title}


def kept(charts: Callable[[], Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Charts as data for an output's bundle; empty where nobody asks for them."""
    return {CHARTS: list(charts())} if os.environ.get(KEEP_CHARTS) else {}


def show(
    bundle: Any, still: Callable[[], str], charts: Callable[[], Sequence[Mapping[str, Any]]] = tuple
) -> Callable[[], None]:
    """Show a widget and, behind it, what stays.

    Args:
        bundle: what the widget's `_repr_mimebundle_` says.
        still: gives the HTML of what stays, without a script.
        charts: gives its charts as data.

    Returns:
        To be called when `still` says something new.
    """
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    display(dict(data), metadata=dict(metadata), raw=True)  # type: ignore[no-untyped-call]
    if in_voila():
        return lambda: None

    def output() -> dict[str, Any]:
        body = f'<div class="tl-still">{still()}<p style="opacity:.75;margin:4px 0"><em>{WAKE}</em></p></div>'
        return {"text/html": STYLE + body, "text/plain": PLAIN, **kept(charts)}

    handle = display(output(), raw=True, display_id=True)  # type: ignore[no-untyped-call]
    return lambda: handle.update(output(), raw=True) if handle is not None else None


def in_voila() -> bool:
    """Whether this runs for a page of Voila, not for a notebook that is saved."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila")


def picture(png: bytes, alternative: str, title: str = "") -> str:
    """HTML of a picture with a title above it."""
    head = f'<p style="margin:8px 0 0"><strong>{escape(title)}</strong></p>' if title else ""
    return f"{head}{cards.picture(png, 'image/png', alternative)}"
