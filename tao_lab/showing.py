"""Tells a notebook that our objects are shown as cards, before anything that draws is loaded.

Importing any part of `tao_lab` in a notebook registers it. `tao_lab.views.display`, which draws, loads with the first
object that a cell shows.
"""

from __future__ import annotations

import importlib
from typing import Any

OURS = ("tao_lab.", "bittensor.", "bittensor_wallet")  # where the types come from that have cards


def register(shell: Any) -> None:
    """Let a notebook show our types as cards.

    Args:
        shell: the running IPython.
    """
    shell.display_formatter.mimebundle_formatter.for_type(object, bundle)


def bundle(value: Any) -> Any:
    """HTML and text of our objects; of any other what it says of itself, if anything."""
    first = value[0] if isinstance(value, (list, tuple)) and value else value
    if type(first).__module__.startswith(OURS):
        shown = importlib.import_module("tao_lab.views.display").shown_as(value)
        if shown is not None:
            return {"text/html": shown._repr_html_(), "text/plain": repr(shown)}
    own = None if isinstance(value, type) else getattr(value, "_repr_mimebundle_", None)
    return {} if own is None else own(include=None, exclude=None)
