"""What a notebook shows of a widget after its kernel has ended: a picture and words in the next output.

A saved notebook contains only the names of its widgets. When it is opened again, it says "model not found". So each
widget is followed by an output in plain HTML with the same content. A style sheet hides this output while the widget
works, and later hides the broken widget. If style sheets are not allowed, both are visible. Voila has no saved outputs,
so it gets only the widget.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from IPython.display import display

from tao_lab import cards

# The output of a waiting bar may be between the two, so the selector is "later sibling", not "next sibling".
# JupyterLab and Notebook 7 put a working widget into a panel; a broken one has their widget class itself.
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
KEEP_CHARTS = "TAO_LAB_KEEP_CHARTS"  # set when such a page is built; a student's notebook needs no second copy
WAKE = "This was saved when the notebook was closed. To wake it up, choose <strong>Run → Run All Cells</strong>."
PLAIN = "(To wake it up: Run, Run All Cells.)"


def chart(spec: Mapping[str, Any], alternative: str, title: str = "") -> dict[str, Any]:
    """One chart as data: its Vega-Lite specification, a description in words, and its title."""
    return {"spec": spec, "alt": alternative, "title": title}


def kept(charts: Callable[[], Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Charts as data for an output's bundle; empty if `KEEP_CHARTS` is not set."""
    return {CHARTS: list(charts())} if os.environ.get(KEEP_CHARTS) else {}


def show(
    bundle: Any, still: Callable[[], str], charts: Callable[[], Sequence[Mapping[str, Any]]] = tuple
) -> Callable[[], None]:
    """Show a widget and, after it, the HTML that stays in a saved notebook.

    Args:
        bundle: what the widget's `_repr_mimebundle_` says.
        still: returns the HTML that stays, without scripts.
        charts: returns the widget's charts as data.

    Returns:
        A function to call when `still` would return something new.
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
