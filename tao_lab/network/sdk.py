"""The official SDK, loaded when something of it is first used.

To load it takes half a second, and a chain that runs alone, as on the dashboards, uses nothing of it.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """What `bittensor` has by this name (PEP 562)."""
    import bittensor

    return getattr(bittensor, name)
