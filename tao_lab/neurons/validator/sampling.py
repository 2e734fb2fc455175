"""Whom to ask next: whoever has waited longest.

Miners stand in one queue. A newcomer goes to its end, so does whoever was asked. Nobody who leaves or joins can put
another back: who stands at place p is asked within p/k rounded up steps of k miners, whatever happens.
"""

from __future__ import annotations

from collections.abc import Mapping


def longest_waiting(turns: Mapping[str, int], most: int) -> list[str]:
    """The miners to ask in this step, by name.

    Args:
        turns: of each miner, the number it drew when it joined or was asked last; numbers only grow.
        most: miners in a step.
    """
    return sorted(turns, key=lambda name: (turns[name], name))[:most]
