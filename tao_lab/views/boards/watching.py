"""A network that somebody else runs, watched block by block: one in this program, or a class's behind its node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from tao_lab.chain.block import Block
from tao_lab.chain.chain import Chain
from tao_lab.chain.extrinsic import decode_extrinsic
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.network import Network
from tao_lab.node.remote import Refused, RemoteChain
from tao_lab.views.boards.running import Moment, moment

LONGEST = 1 << 22  # bytes of an extrinsic
MOST_AT_ONCE = 20  # blocks that are read after a pause; older ones are left out
MOST_KEPT = 1_000  # blocks


class Watch:
    """What a network's blocks do, from the first look on.

    Args:
        chain: a chain of this program, or one behind a node.
        names: of hotkeys, asked when an epoch has paid; by default addresses are shown.

    Attributes:
        moments: what each block did, the newest last.
    """

    def __init__(self, chain: Chain | RemoteChain, names: Callable[[], Mapping[str, str]] = dict) -> None:
        self._chain, self._names = chain, names
        self.moments: list[Moment] = []
        self.look()

    @classmethod
    def of(cls, net: Network) -> Watch:
        """Watch a network: one's own, or a class that one has joined."""
        return cls(
            net.chain, lambda: {neuron.hotkey: neuron.name for n in net.subnets() for neuron in net.metagraph(n)}
        )

    @classmethod
    def of_node(cls, url: str) -> Watch:
        """Watch a class through its node, without joining it.

        Args:
            url: address of the node with the class's code behind it: ws://192.168.1.5:9944/K7QM2FXA.

        Raises:
            NoAnswer: nobody answers there.
            Refused: the code is wrong.
        """
        chain = RemoteChain(url)

        def names() -> dict[str, str]:
            with suppress(Refused):  # a node without a class has no names
                students = {address: name for name, address in chain.connection.ask("lab_class")["students"].items()}
                owners = chain.state.entries(MODULE, "Owner")
                return {hotkey: students[coldkey] for hotkey, coldkey in owners if coldkey in students}
            return {}

        return cls(chain, names)

    def look(self) -> list[Moment]:
        """Read the blocks that have come since the last look; returns all that are kept."""
        head = self._chain.head.number
        first = self.moments[-1].number + 1 if self.moments else head
        names = self._names() if first <= head else {}
        for number in range(max(first, head - MOST_AT_ONCE + 1), head + 1):
            block = self._chain.block(number)
            before = self.moments[-1] if self.moments else None
            self.moments.append(moment(block, self._chain.at(number), dict(names), self._calls(block), before))
        self.moments = self.moments[-MOST_KEPT:]
        return self.moments

    def labels(self) -> dict[int, str]:
        """Names of the subnets, by netuid."""
        return {netuid: str(netuid) for netuid in self.moments[-1].prices}

    def _calls(self, block: Block) -> dict[str, int]:
        """How many there are of each call; what the author puts in is left out."""
        decoded = [decode_extrinsic(self._chain.runtime, data, LONGEST) for data in block.extrinsics]
        return dict(Counter(each.call.name for each in decoded if each.signer is not None))


def netuids_of(watch: Watch) -> list[int]:
    """Subnets that can be looked at."""
    return sorted(watch.labels())
