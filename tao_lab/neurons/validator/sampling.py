"""Choose the miners to ask next: those that have waited longest.

Miners wait in one queue. New miners go to its end, and so do miners that were asked. A miner that joins or leaves never
moves another miner back. With k miners in each step, the miner at place p is asked after at most p/k steps, rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping


def longest_waiting(turns: Mapping[str, int], most: int) -> list[str]:
    """The miners to ask in this step, by name.

    Args:
        turns: for each miner, a number that it got when it joined or was last asked; numbers only grow.
        most: miners in a step.
    """
    return sorted(turns, key=lambda name: (turns[name], name))[:most]
