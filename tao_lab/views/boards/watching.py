"""A network that somebody else runs, watched block by block: one in this program, or a class's behind its node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext, suppress

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


Chains = Callable[[], AbstractContextManager[Chain | RemoteChain]]
Names = Callable[[Chain | RemoteChain], Mapping[str, str]]


class Watch:
    """What a network's blocks do, from the first look on.

    Args:
        chains: gives the chain for one look: one of this program, or a connection to one behind a node.
        names: of hotkeys, from the chain; by default addresses are shown.

    Attributes:
        moments: what each block did, the newest last.
    """

    def __init__(self, chains: Chains, names: Names = lambda _: {}) -> None:
        self._chains, self._names = chains, names
        self.moments: list[Moment] = []
        self.look()

    @classmethod
    def of(cls, net: Network) -> Watch:
        """Watch a network: one's own, or a class that one has joined."""
        return cls(
            lambda: nullcontext(net.chain),
            lambda _: {neuron.hotkey: neuron.name for n in net.subnets() for neuron in net.metagraph(n)},
        )

    @classmethod
    def of_node(cls, url: str) -> Watch:
        """Watch a class through its node, without joining it. Each look is a connection of its own.

        Args:
            url: address of the node with the class's code behind it: ws://192.168.1.5:9944/K7QM2FXA.

        Raises:
            NoAnswer: nobody answers there.
            Refused: the code is wrong.
        """
        return cls(lambda: closing(RemoteChain(url)), _students)

    def look(self) -> list[Moment]:
        """Read the blocks that have come since the last look; returns all that are kept."""
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
    """How many there are of each call; what the author puts in is left out."""
    decoded = [decode_extrinsic(chain.runtime, data, LONGEST) for data in block.extrinsics]
    return dict(Counter(each.call.name for each in decoded if each.signer is not None))


def _students(chain: Chain | RemoteChain) -> dict[str, str]:
    """Whose each hotkey is, as far as it is a student's."""
    assert isinstance(chain, RemoteChain)
    with suppress(Refused):  # a node without a class has no names
        students = {address: name for name, address in chain.connection.ask("lab_class")["students"].items()}
        owners = chain.state.entries(MODULE, "Owner")
        return {hotkey: students[coldkey] for hotkey, coldkey in owners if coldkey in students}
    return {}


def netuids_of(watch: Watch) -> list[int]:
    """Subnets that can be looked at."""
    return sorted(watch.labels())
