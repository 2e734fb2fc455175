"""TAO Lab: a small, exact Bittensor that students can open."""

import importlib
from typing import Any

from tao_lab import notebook

__version__ = "0.1.0"
__all__ = ["Network"]


def __getattr__(name: str) -> Any:
    """`from tao_lab import Network` loads the chain; everything else in the lab starts without it."""
    if name == "Network":
        return importlib.import_module("tao_lab.network").Network
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


notebook.register()
