"""Traders: they buy and sell a subnet's alpha in the second block of each epoch."""

from __future__ import annotations

from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.economy import price
from tao_lab.economy.swap import FRACTION_BITS
from tao_lab.simulate.roles import Action, Around, Call, Role, View, role
from tao_lab.simulate.scenario import MOST_EPOCHS, RAO_MAX
from tao_lab.units import RAO_PER_TAO

ALL = (1 << 64) - 1  # more than anybody has, so the chain sells everything
BUYS = ("add_stake", "add_stake_limit")
MILLION = 1_000_000


@role("trader", "buyer")
class Buyer(Role):
    """Buys once and keeps what it bought.

    Attributes:
        spend: Rao of TAO that it pays.
        epoch: The epoch in which it buys.
        slippage: Highest price that it accepts, in millionths above the present price; -1: any price.
        partial: Whether it buys the part that fits below that price; otherwise the chain refuses the whole call.
        shielded: Whether it sends its call encrypted.
    """

    limits = {"spend": (0, RAO_MAX), "epoch": (1, MOST_EPOCHS), "slippage": (-1, 1_000 * MILLION)}  # noqa: RUF012

    spend: int = 0
    epoch: int = 1
    slippage: int = -1
    partial: bool = False
    shielded: bool = False

    def trade(self, view: View) -> list[Action]:
        """Buy."""
        if view.epoch != self.epoch:
            return []
        args = {"hotkey": view.hotkey, "netuid": view.netuid, "amount_staked": self.spend}
        if self.slippage < 0:
            return [Call(MODULE, "add_stake", args, shielded=self.shielded)]
        highest = spot(view) * (MILLION + self.slippage) // MILLION
        limit = {"limit_price": highest, "allow_partial": self.partial}
        return [Call(MODULE, "add_stake_limit", {**args, **limit}, shielded=self.shielded)]


@role("trader", "sandwicher")
class Sandwicher(Role):
    """Buys directly before somebody else's purchase, which then costs more, and sells directly after it.

    It decides the order of the block, like the block's author or somebody who pays the author. It surrounds every
    purchase that it can read.

    Attributes:
        front: Rao of TAO with which it buys first.
    """

    limits = {"front": (0, RAO_MAX)}  # noqa: RUF012

    front: int = 0

    def attack(self, view: View) -> list[Around]:
        """Surround every purchase that can be read."""
        buy = {"hotkey": view.hotkey, "netuid": view.netuid, "amount_staked": self.front}
        sell = {"hotkey": view.hotkey, "netuid": view.netuid, "amount_unstaked": ALL}
        return [
            Around(place, (Call(MODULE, "add_stake", buy),), (Call(MODULE, "remove_stake", sell),))
            for place, call in enumerate(view.waiting)
            if call.name in BUYS
        ]


def spot(view: View) -> int:
    """Price of the pool now, rao of TAO for one whole alpha."""
    return price(view.pool()) * RAO_PER_TAO >> FRACTION_BITS
