"""Watch another network block by block: one in this program, or a class's through its node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from typing import TYPE_CHECKING, TypeAlias

from tao_lab.chain.block import Block
from tao_lab.chain.chain import Chain
from tao_lab.chain.extrinsic import decode_extrinsic
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.network.network import Network
from tao_lab.views.boards.running import Moment, moment

if TYPE_CHECKING:
    from tao_lab.node.remote import RemoteChain  # it loads the SDK, which a dashboard of its own chain does not need

LONGEST = 1 << 22  # bytes of an extrinsic
MOST_AT_ONCE = 20  # blocks that are read after a pause; older ones are left out
MOST_KEPT = 1_000  # blocks

Chains: TypeAlias = "Callable[[], AbstractContextManager[Chain | RemoteChain]]"
Names: TypeAlias = "Callable[[Chain | RemoteChain], Mapping[str, str]]"


class Watch:
    """Watches a network's blocks, beginning with the first look.

    Args:
        chains: opens the chain for one look: a chain of this program, or a connection to a node.
        names: reads names of hotkeys from the chain; by default addresses are shown.

    Attributes:
        moments: data of each block, the newest last.
    """

    def __init__(self, chains: Chains, names: Names = lambda _: {}) -> None:
        self._chains, self._names = chains, names
        self.moments: list[Moment] = []
        self.look()

    @classmethod
    def of(cls, net: Network) -> Watch:
        """Watch your own network, or a class that you have joined."""
        return cls(
            lambda: nullcontext(net.chain),
            lambda _: {neuron.hotkey: neuron.name for n in net.subnets() for neuron in net.metagraph(n)},
        )

    @classmethod
    def of_node(cls, url: str) -> Watch:
        """Watch a class through its node, without joining it. Each look opens a new connection.

        Args:
            url: address of the node, followed by the class's code: ws://192.168.1.5:9944/K7QM2FXA.

        Raises:
            NoAnswer: nobody answers there.
            Refused: the code is wrong.
        """
        from tao_lab.node.remote import RemoteChain

        return cls(lambda: closing(RemoteChain(url)), _students)

    def look(self) -> list[Moment]:
        """Read the new blocks since the last look; returns all stored blocks."""
        with self._chains() as chain:
            head = chain.head.number
            first = self.moments[-1].number + 1 if self.moments else head
            names = dict(self._names(chain)) if first <= head else {}
            for number in range(max(first, head - MOST_AT_ONCE + 1), head + 1):
                block = chain.block(number)
                before = self.moments[-1] if self.moments else None
                self.moments.append(moment(block, chain.at(number), names, _calls(chain, block), before))
        self.moments = self.moments[-MOST_KEPT:]
        return self.moments

    def labels(self) -> dict[int, str]:
        """Names of the subnets, by netuid."""
        return {netuid: str(netuid) for netuid in self.moments[-1].prices}


def _calls(chain: Chain | RemoteChain, block: Block) -> dict[str, int]:
    """Number of calls by name, without the author's inherents."""
    decoded = [decode_extrinsic(chain.runtime, data, LONGEST) for data in block.extrinsics]
    return dict(Counter(each.call.name for each in decoded if each.signer is not None))


def _students(chain: Chain | RemoteChain) -> dict[str, str]:
    """Student's name for each hotkey of a student."""
    from tao_lab.node.remote import Refused, RemoteChain

    assert isinstance(chain, RemoteChain)
    with suppress(Refused):  # a node without a class has no names
        students = {address: name for name, address in chain.connection.ask("lab_class")["students"].items()}
        owners = chain.state.entries(MODULE, "Owner")
        return {hotkey: students[coldkey] for hotkey, coldkey in owners if coldkey in students}
    return {}


def netuids_of(watch: Watch) -> list[int]:
    """Subnets that can be shown."""
    return sorted(watch.labels())
