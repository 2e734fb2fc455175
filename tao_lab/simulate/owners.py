"""Owners of a subnet: they take a cut of its emission, and some try to take more."""

from __future__ import annotations

from tao_lab.simulate.roles import Action, Answer, Role, SetWeights, View, role


@role("owner", "idle")
class Idle(Role):
    """Takes its cut and does nothing."""


@role("owner", "self-weighter")
class SelfWeighter(Role):
    """Validates with its own stake, and gives all its weight to its own miner.

    The chain burns what the owner's own hotkeys earn as miners, and stores which part of the miners' emission that was
    (`MinerBurned`). The subnet's share of the network's emission falls by this part.
    """

    own_miners = 1

    def answer(self, view: View) -> Answer | None:
        """The answer of its own miner: worthless."""
        return Answer(0.0, f"nothing, by {view.name}")

    def act(self, view: View) -> list[Action]:
        """Vote for its own miner."""
        uids = view.uids(view.seats[1:])
        return [SetWeights(dict.fromkeys(uids, 1.0))] if uids else []
