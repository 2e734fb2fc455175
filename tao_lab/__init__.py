"""TAO Lab: a small, exact Bittensor that students can open."""

import importlib
import sys
from typing import Any

__version__ = "0.1.0"
__all__ = ["Network"]


def __getattr__(name: str) -> Any:
    """`from tao_lab import Network` loads the chain; everything else in the lab starts without it."""
    if name == "Network":
        return importlib.import_module("tao_lab.network").Network
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _show_in_notebook() -> None:
    """In a notebook our objects are shown as cards, whatever part of the lab is imported first."""
    running = sys.modules.get("IPython")
    shell = running.get_ipython() if running is not None else None
    if shell is not None:
        importlib.import_module("tao_lab.showing").register(shell)


_show_in_notebook()
