"""A class's network, joined from your own notebook: used like `Network`, but the chain is on another computer.

Wallets stay on your computer, and calls are signed there. Everything that you read comes from the class's node. Some
things only the owner of a chain can do (root's calls, other rules, making blocks); these raise an error that says so.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast
from urllib.parse import urlsplit

import bittensor as bt
from bittensor import RpcSubstrate

from tao_lab.chain.block import Block
from tao_lab.chain.chain import Chain, Tampered
from tao_lab.chain.errors import BadValue, ChainError
from tao_lab.chain.merkle import StateProof
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.rules import Rules
from tao_lab.network import running
from tao_lab.network.metagraph import Metagraph, read_metagraph
from tao_lab.network.network import NETWORK, Network, address
from tao_lab.network.receipts import Receipt, Signer
from tao_lab.network.texts import JOIN_TEXT, OPEN_TEXT
from tao_lab.node.remote import FORBIDDEN, UNKNOWN_METHOD, Refused, RemoteChain
from tao_lab.node.server import Server
from tao_lab.node.substrate import closable

T = TypeVar("T")
SCHEMES = ("ws", "wss")


class NotYours(ChainError):  # noqa: N818 - named by what happened
    """Only the person who runs the chain can do this."""


class Paused(UserWarning):
    """The class's chain is paused: it makes no blocks."""


@dataclass(frozen=True)
class Membership:
    """Your place in the class.

    Attributes:
        name: of the student.
        title: of the class.
        granted: rao that the faucet has given.
    """

    name: str
    title: str
    granted: int


def join(url: str, code: str, name: str, *, wallets: str | Path | None = None, password: str | None = None) -> Joined:
    """Join a class: the same object, on the chain of the class's node.

    Your wallet is made on this computer and signs here. You join with a signature of its coldkey, so the same wallet
    can join again later.

    Args:
        url: Address of the node, which the instructor shows: ws://192.168.1.5:9944.
        code: The class's code.
        name: Your name in the class, and your wallet's.
        wallets: Folder of the wallets; by default `.tao-lab/classes` in your home.
        password: Encrypts the wallet's coldkey.

    Raises:
        NoAnswer: Nobody answers at the address.
        NotYours: The code is wrong, or the name is another wallet's.
        BadValue: An argument does not fit.
    """
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in SCHEMES or not parts.hostname:
        raise BadValue("url", url, "the address of the class's node, like ws://192.168.1.5:9944")
    if not isinstance(code, str) or not code.strip():
        raise BadValue("code", code, "the code that the instructor shows")
    return Joined(f"{url.rstrip('/')}/{code.strip()}", code.strip(), name, wallets=wallets, password=password)


class Joined(Network):
    """A student's place in a class.

    Attributes:
        me: The student's wallet.
        membership: Name in the class and what the faucet gave.
        url: Address of the node with the class's code, for the SDK and `btcli`.
    """

    def __init__(
        self, url: str, code: str, name: str, *, wallets: str | Path | None = None, password: str | None = None
    ) -> None:
        """Connect, make or open the wallet, and join by a signature of its coldkey; a second time gives the same place.

        Raises:
            NoAnswer: Nobody answers at the address.
            NotYours: The code is wrong, or the name belongs to another wallet.
            BadValue: No node of the lab, or a name that a file cannot have.
        """
        try:
            self._remote = RemoteChain(url)
        except Refused as refused:
            if refused.code != FORBIDDEN:
                raise
            raise NotYours(f"{code!r} is not the code of this class; look at the instructor's projector") from None
        self.chain = cast(Chain, self._remote)  # has the methods of `Chain` that `Network` uses
        self._closer = weakref.finalize(self, self._remote.close)
        self.wallets = self._wallet_folder(None, wallets or Path.home() / ".tao-lab" / "classes", True)
        self._names, self._people = {}, {}
        self.url = url
        try:
            self.me = self.wallet(name, password=password)
            self.membership = self._join(code, name)
        except BaseException:
            self._closer()
            raise

    def _join(self, code: str, name: str) -> Membership:
        text = JOIN_TEXT.format(genesis=f"0x{self._remote.genesis_hash.hex()}", name=name)
        signature = f"0x{self.me.coldkey.sign(text.encode()).hex()}"

        def read(found: Any) -> tuple[Membership, bool]:
            return Membership(str(found["name"]), str(found["title"]), int(found["granted"])), bool(found["coming"])

        membership, coming = self._read(read, "lab_join", code, name, address(self.me), signature)
        if coming:
            self._wait_for(lambda: self.account(self.me).free.rao > 0, "your first TAO")
        return membership

    def _ask(self, method: str, *params: Any) -> Any:
        try:
            return self._remote.connection.ask(method, *params)
        except Refused as refused:
            if refused.code == UNKNOWN_METHOD:
                place = self._remote.connection.place
                raise NotYours(f"{place} is not a class: it was started without --class") from None
            raise NotYours(refused.sentence) from None

    def _read(self, reader: Callable[[Any], T], method: str, *params: Any) -> T:
        return self._remote.connection.understand(reader, method, self._ask(method, *params))

    def close(self) -> None:
        """Leave. The class continues, and you can join again."""
        self._closer()

    def __repr__(self) -> str:
        said = f"{self.membership.name} in {self.membership.title!r}" if hasattr(self, "membership") else "not joined"
        return f"Network(block {self.block_number}, {said}, {self.url.rpartition('/')[0]})"

    # --- what the class does differently -----------------------------------------------------------------------

    def fund(self, who: Signer | str, rao: int) -> None:
        """Fill an account's free balance up to a number of rao: yours by the class's faucet, another from your money.

        Raises:
            NotYours: That is more than a student of this class gets, or the faucet's budget is spent.
            CallFailed: Your own wallet has not enough for the other account.
        """
        if not isinstance(rao, int) or isinstance(rao, bool) or rao < 0:
            raise BadValue("rao", rao, "a whole number from 0 on")
        account, missing = address(who), rao - self.balance(who).rao
        if missing <= 0:
            return
        if account != address(self.me):
            self.call(self.me, "Balances", "transfer_keep_alive", dest=account, value=missing)
            return
        self._ask("lab_faucet", account, missing)
        self._wait_for(lambda: self.balance(account).rao >= rao, "the faucet's block")

    def _wait_for(self, happened: Callable[[], bool], words: str) -> None:
        """Wait, block by block, until something has happened."""
        self._warn_of_pause()
        with self.progress(1, words, least=1) as step:
            if not happened():
                self._remote.wait_for_blocks(lambda _: happened())
            step(1)

    def _include(self, data: bytes) -> tuple[Block, int]:
        self._warn_of_pause()
        block = self._remote.include(data)
        return block, block.extrinsics.index(data)

    def _warn_of_pause(self) -> None:
        if self._read(lambda told: told["paused"], "lab_class"):
            warnings.warn("the class is paused: a block comes when the instructor goes on", Paused, stacklevel=4)

    def run(
        self,
        *,
        blocks: int | None = None,
        epochs: int | None = None,
        days: int | None = None,
        to_block: int | None = None,
        subnet: int | None = None,
        history: str = "blocks",
    ) -> int:
        """Wait for a number of blocks of the class, or of epochs of a subnet; returns the height.

        Raises:
            BadValue: Not one of the four lengths is given, or it is not a whole number from 0 on.
        """
        running.check_run(blocks, epochs, days, to_block, "blocks")
        self._warn_of_pause()
        start = self.block_number
        count = running.number_of_blocks(start, blocks, days, to_block) if epochs is None else epochs
        if epochs is None:
            with self.progress(count, "blocks of the class", least=1) as step:
                self._wait(start, lambda height: height >= start + count, step)
        else:
            netuid = self._existing_subnet(subnet)
            tempo = int(self.chain.state.get(MODULE, "Tempo", netuid))
            with self.progress(count * tempo, f"{count} epochs of subnet {netuid}", least=1) as step:
                for _ in range(count):
                    self._wait_for_epoch(netuid, step)
        return self.block_number

    def _wait(self, start: int, enough: Callable[[int], bool], step: Callable[[int], Any]) -> None:
        last = start

        def seen(height: int) -> bool:
            nonlocal last
            step(max(0, height - last))
            last = max(last, height)
            return enough(height)

        self._remote.wait_for_blocks(seen)

    def _wait_for_epoch(self, netuid: int, step: Callable[[int], Any]) -> None:
        before = self.chain.state.get(MODULE, "LastEpochBlock", netuid)
        self._wait(self.block_number, lambda _: self.chain.state.get(MODULE, "LastEpochBlock", netuid) != before, step)

    def _open_subnet(self, owner: bt.Wallet, netuid: int, tempo: int, commit_reveal: bool) -> None:
        """Start a new subnet; the class's root sets its terms."""
        self.call(owner, MODULE, "start_call", netuid=netuid)
        genesis = f"0x{self._remote.genesis_hash.hex()}"
        text = OPEN_TEXT.format(genesis=genesis, netuid=netuid, tempo=tempo, commit_reveal=commit_reveal)
        self._ask("lab_openSubnet", netuid, tempo, commit_reveal, f"0x{owner.coldkey.sign(text.encode()).hex()}")

        def is_open() -> bool:
            state = self.chain.state
            return bool(state.get(MODULE, "SubnetEmissionEnabled", netuid)) and tempo == state.get(
                MODULE, "Tempo", netuid
            )

        self._wait_for(is_open, "the terms of the new subnet")

    def students(self) -> dict[str, str]:
        """Address of each student's coldkey, by name."""
        return self._read(lambda told: dict(told["students"]), "lab_class")

    def metagraph(self, subnet: int | None = None, *, block: int | None = None) -> Metagraph:
        """Who is on a subnet, by the names of the class; see `Network.metagraph`."""
        netuid = self._existing_subnet(subnet)
        number = self.block_number if block is None else block
        state = self.at(number)
        people = {coldkey: name for name, coldkey in self.students().items()}
        names = {hotkey: people.get(coldkey, "") for hotkey, coldkey in self._owners(netuid, state)}
        return read_metagraph(state, netuid, number, {k: name for k, name in names.items() if name} | self._names)

    @staticmethod
    def _owners(netuid: int, state: Any) -> Iterator[tuple[str, str]]:
        for _, hotkey in state.entries(MODULE, "Keys", netuid):
            yield hotkey, state.get(MODULE, "Owner", hotkey)

    # --- what only the owner of the chain can do ---------------------------------------------------------------

    def _not_yours(self, what: str) -> NoReturn:
        raise NotYours(f"{what}: only whoever runs the class's node can do that; try it on a Network() of your own")

    def sudo(self, pallet: str, name: str, **args: Any) -> Receipt:
        """Refused: the class's root is the instructor."""
        self._not_yours(f"{pallet}.{name} needs root")

    @property
    def rules(self) -> Rules:
        """Refused: a class's rules are the same for all."""
        self._not_yours("other rules")

    def verify(self) -> Tampered | None:
        """Refused: the blocks are on the node's disk."""
        self._not_yours("verify looks at every block on disk")

    def state_proof(self, block: int, pallet: str, item: str, *keys: Any) -> StateProof:
        """Refused: it needs the tree of the whole state."""
        self._not_yours("a proof of storage needs the whole state")

    def report_subnet(self) -> int:
        """Refused: only the owner of a chain can make this subnet, between two blocks."""
        self._not_yours("making subnet 171")

    def fetch_pulses(self) -> list[int]:
        """Refused: only the author of a block can add the beacon's pulses."""
        self._not_yours("bringing pulses of the beacon")

    def serve(self, *, port: int = 0, origins: tuple[str, ...] = ()) -> Server:
        """Refused: the class's node already serves."""
        self._not_yours("serving the chain")

    # --- the official SDK --------------------------------------------------------------------------------------

    @property
    def substrate(self) -> RpcSubstrate:
        """The SDK's connection to the class's node: `bt.Client("local", substrate=net.substrate)`. New each time."""
        return closable(RpcSubstrate(self.url))

    @property
    def subtensor(self) -> bt.Subtensor:
        """The SDK's classic entry point on the class's network. New at each access."""
        return bt.Subtensor(NETWORK, substrate=self.substrate)
