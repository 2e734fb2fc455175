"""A subnet that has paid its miners, and its past states; exercise 00.2 and the questions of lab 00 read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from tao_lab.course.networks import kept_network
from tao_lab.network import Network

TEMPO = 10
MINERS, VALIDATORS = 5, 2
EPOCHS = 6


@dataclass(frozen=True, repr=False)
class Past:
    """The chain after a block: `past.get(pallet, item, *keys)`, as `net.at(block)` gives it."""

    net: Network
    block: int

    def get(self, pallet: str, name: str, *keys: Any) -> Any:
        """The value of a storage item at that block."""
        return self.net.at(self.block).get(pallet, name, *keys)

    def __repr__(self) -> str:
        return f"<the chain after block {self.block}>"

    def __deepcopy__(self, memo: Any) -> Past:
        return self  # the past cannot be changed

    def __reduce__(self) -> NoReturn:
        raise TypeError("a chain cannot be pickled")


@dataclass(frozen=True)
class Paid:
    """A subnet, its miners' hotkeys, the hotkey of its creator, and the heights right after each epoch."""

    net: Network
    netuid: int
    miners: tuple[str, ...]
    creator: str
    heights: tuple[int, ...]


@cache
def paid() -> Paid:
    """Two validators and five miners, after some epochs; made once."""
    net = kept_network()
    creator = net.wallet("creator")
    netuid = net.create_subnet(creator, tempo=TEMPO)
    people = net.populate(netuid, validators=VALIDATORS, miners=MINERS)
    heights = tuple(net.run(epochs=1, subnet=netuid) for _ in range(EPOCHS))
    miners = tuple(str(wallet.hotkey.ss58_address) for wallet in people.miners)
    return Paid(net, netuid, miners, str(creator.hotkey.ss58_address), heights)


def payout(before: Any, after: Any, netuid: int, hotkey: str) -> int:
    """Rao of alpha that a hotkey was paid between two blocks.

    Args:
        before: the chain after the earlier block.
        after: the chain after the later one.
        netuid: the subnet.
        hotkey: address.
    """
    then, now = (past.get("SubtensorModule", "TotalHotkeyAlpha", hotkey, netuid) for past in (before, after))
    return int(now - then)


def noted(before: Past, after: Past, netuid: int, hotkey: str) -> int:
    """Rao of alpha that a miner got from the epochs between two blocks, computed in another way.

    Args:
        before: the chain after the earlier block.
        after: the chain after the later one.
        netuid: the subnet.
        hotkey: address of a miner.
    """
    total = 0
    for number in range(before.block + 1, after.block + 1):
        state = Past(after.net, number)
        if state.get("SubtensorModule", "LastMechansimStepBlock", netuid) == number:
            uid = state.get("SubtensorModule", "Uids", netuid, hotkey)
            total += int(state.get("SubtensorModule", "Emission", netuid)[uid])
    return total
