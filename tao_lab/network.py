"""`Network`: the one object that a newcomer meets. A chain, a faucet, wallets, and the official SDK on top.

    net = Network()                         # in memory; Network("class.db") keeps it
    alice = net.wallet("alice", tao=1_000)
    net.transfer(alice, bob, net.tao(5))
    net.run(blocks=10)

Money is explicit: `net.tao(5)` is five TAO, and a bare number is never an amount.
"""

from __future__ import annotations

import tempfile
import warnings
import weakref
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeAlias

import bittensor as bt
from bittensor.wallet import DEFAULT_WALLET_PATH
from bittensor_core import Keypair, ss58_decode

from tao_lab.chain.block import Block
from tao_lab.chain.chain import Chain, Tampered
from tao_lab.chain.errors import BadValue, ChainError, DispatchError
from tao_lab.chain.genesis import FAUCET_URI, Genesis
from tao_lab.chain.merkle import ListProof, StateProof
from tao_lab.chain.rules import Rules
from tao_lab.chain.state import StorageReader
from tao_lab.keys import MNEMONIC_WORDS
from tao_lab.node.rpc import Node
from tao_lab.node.server import Server
from tao_lab.node.substrate import LocalSubstrate
from tao_lab.units import RAO_PER_TAO

NETWORK = "local"  # what the SDK calls a network that is neither finney nor test
DECIMALS = 9
SUPPLY_TAO = 21_000_000

Signer: TypeAlias = bt.Wallet | Keypair
Amount: TypeAlias = bt.Balance


class RealWalletsWarning(UserWarning):
    """The real wallet folder of this computer exists, and the lab leaves it alone."""


@dataclass(frozen=True)
class Receipt:
    """What became of an extrinsic.

    Attributes:
        block: Height of its block.
        index: Its place in the block.
        fee: What the signer paid for it.
        events: Its own events, decoded.
    """

    block: int
    index: int
    fee: Amount
    events: tuple[dict[str, Any], ...]


class CallFailed(ChainError):  # noqa: N818 - named by what happened
    """A call that is in a block, and failed there: the fee is paid, nothing else happened.

    Attributes:
        name: The chain's own name of the error.
    """

    def __init__(self, call: str, error: DispatchError, receipt: Receipt) -> None:
        super().__init__(f"{error}: {call} failed in block {receipt.block}, fee {receipt.fee}")
        self.name, self.receipt = error.name or error.pallet, receipt


class Network:
    """A chain of one's own.

    Attributes:
        chain: The chain itself, for lessons that open it.
        node: Its JSON-RPC surface.
        wallets: Folder of the keyfiles.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        wallets: str | Path | None = None,
        genesis: Genesis | None = None,
    ) -> None:
        """Open a network, or begin one.

        Args:
            path: File that keeps it; by default it lives in memory.
            wallets: Folder for keyfiles; by default `wallets` next to the file, else a folder that goes away with
                the network. The computer's real wallet folder is used only if it is named here.
            genesis: What a new chain begins with.

        Raises:
            StoreError: The file is locked, damaged, or of another kind.
        """
        file = None if path is None else Path(path)
        self.chain = Chain(file, genesis)
        self.node = Node(self.chain)
        self.wallets = self._wallet_folder(file, wallets)
        self._faucet = Keypair.from_uri(FAUCET_URI)

    def _wallet_folder(self, file: Path | None, chosen: str | Path | None) -> Path:
        real = Path(DEFAULT_WALLET_PATH).expanduser()
        if chosen is not None:
            folder = Path(chosen).expanduser()
        elif file is not None:
            folder = file.resolve().parent / "wallets"
        else:
            temporary = tempfile.TemporaryDirectory(prefix="tao-lab-wallets-")
            weakref.finalize(self, temporary.cleanup)
            folder = Path(temporary.name)
        if real.exists():
            use = "the lab USES it, as asked" if folder.resolve() == real.resolve() else f"the lab uses {folder}"
            warnings.warn(f"real wallets exist in {real}; {use}", RealWalletsWarning, stacklevel=3)
        return folder

    def close(self) -> None:
        """Close the file."""
        self.chain.close()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        kept = "in memory" if self.chain.store.path == ":memory:" else self.chain.store.path
        return f"Network(block {self.block_number}, {kept})"

    # --- money and wallets -------------------------------------------------------------------------------------

    def tao(self, amount: int | float | str | Decimal) -> Amount:
        """An amount of TAO, exact to the rao.

        Raises:
            BadValue: Not a number from 0 to 21,000,000 with at most nine decimals.
        """
        allowed = f"a number from 0 to {SUPPLY_TAO:,} with at most {DECIMALS} decimals"
        try:
            value = Decimal(str(amount))
        except InvalidOperation:
            raise BadValue("tao", amount, allowed) from None
        if isinstance(amount, bool) or not value.is_finite() or not 0 <= value <= SUPPLY_TAO:
            raise BadValue("tao", amount, allowed)
        rao = value * RAO_PER_TAO
        if rao != rao.to_integral_value():
            raise BadValue("tao", amount, allowed)
        return bt.Balance.from_rao(int(rao))

    def wallet(
        self,
        name: str,
        *,
        hotkey: str = "default",
        tao: int | float | str | Decimal | Amount = 0,
        password: str | None = None,
        words: int = 12,
    ) -> bt.Wallet:
        """A wallet by name: made at the first call, the same one afterwards.

        Args:
            name: Folder of the wallet.
            hotkey: File of its hotkey.
            tao: The faucet fills the coldkey's free balance up to this amount.
            password: Encrypts a new coldkey; without one it is stored in the clear, which is fine for play money only.
            words: Length of a new key's mnemonic: 12, 15, 18, 21 or 24.

        Raises:
            BadValue: A name, the amount, or the number of words is none.
        """
        for field, value in (("name", name), ("hotkey", hotkey)):
            if not value or Path(value).name != value or value in (".", ".."):
                raise BadValue(field, value, "the name of a file, without a path")
        if words not in MNEMONIC_WORDS:
            raise BadValue("words", words, f"one of {MNEMONIC_WORDS}")
        target = tao if isinstance(tao, bt.Balance) else self.tao(tao)
        found = bt.Wallet(name, hotkey, str(self.wallets))
        if not found.coldkeypub_file.exists_on_device():
            found.create_new_coldkey(words, use_password=password is not None, coldkey_password=password, suppress=True)
        if not found.hotkey_file.exists_on_device():
            found.create_new_hotkey(words, suppress=True)
        missing = target.rao - self.balance(found).rao
        if missing > 0:
            self.call(self._faucet, "Balances", "transfer_keep_alive", dest=address(found), value=missing)
        return found

    def balance(self, who: Signer | str) -> Amount:
        """Free TAO of a wallet's coldkey, a key, or an address."""
        info = self.chain.state.get("System", "Account", address(who))
        return bt.Balance.from_rao(info["data"]["free"])

    # --- calls and blocks --------------------------------------------------------------------------------------

    def transfer(self, sender: Signer, to: Signer | str, amount: Amount) -> Receipt:
        """Send TAO; the sender keeps the existential deposit.

        Raises:
            BadValue: The amount is a bare number, or not TAO.
            CallFailed: It failed in the block.
            InvalidTransaction: No block may contain it (the sender cannot pay the fee).
        """
        if not isinstance(amount, bt.Balance) or amount.netuid != 0:
            raise BadValue("amount", amount, "an amount of TAO: net.tao(…)")
        return self.call(sender, "Balances", "transfer_keep_alive", dest=address(to), value=amount.rao)

    def call(self, signer: Signer, pallet: str, name: str, **args: Any) -> Receipt:
        """Sign a call, and make the block that contains it.

        Args:
            signer: A wallet (its coldkey signs) or a key.
            pallet: Pallet of the call.
            name: Name of the call.
            **args: Its arguments by the chain's names, in rao.

        Raises:
            CallFailed: It failed in the block.
            InvalidTransaction: No block may contain it.
            NotInLab: The lab's chain does not carry it out.
            BadValue: An argument does not fit.
        """
        keypair = signer.coldkey if isinstance(signer, bt.Wallet) else signer
        with self.chain.lock:
            extrinsic = self.chain.submit(self.chain.sign(keypair, pallet, name, args))
            block = self.chain.produce_block()
            for refusal in self.chain.refused:
                if refusal.hash == extrinsic:
                    raise refusal.error
            receipt, error = self._receipt(block, block.extrinsic_hashes.index(extrinsic))
        if error is not None:
            raise CallFailed(f"{pallet}.{name}", error, receipt)
        return receipt

    def _receipt(self, block: Block, index: int) -> tuple[Receipt, DispatchError | None]:
        events = [event for event in self.chain.events(block.number) if event["extrinsic_idx"] == index]
        fee, error = 0, None
        for event in events:
            if event["event_id"] == "TransactionFeePaid":
                fee = event["attributes"]["actual_fee"]
            elif event["event_id"] == "ExtrinsicFailed":
                error = self.chain.runtime.read_dispatch_error(event["attributes"]["dispatch_error"])
        return Receipt(block.number, index, bt.Balance.from_rao(fee), tuple(events)), error

    def run(self, *, blocks: int) -> int:
        """Make blocks, as fast as the machine goes; gives back the height.

        Raises:
            BadValue: `blocks` is not a whole number from 0 on.
            BlockFailed: A rule raised; the blocks before stay.
        """
        if not isinstance(blocks, int) or isinstance(blocks, bool) or blocks < 0:
            raise BadValue("blocks", blocks, "a whole number from 0 on")
        for _ in range(blocks):
            self.chain.produce_block()
        return self.block_number

    # --- reading -----------------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        """The functions that decide, to be replaced: `with net.rules.using(epoch=mine): net.run(blocks=360)`."""
        return self.chain.rules

    @property
    def block_number(self) -> int:
        """Height of the newest block."""
        return self.chain.head.number

    def block(self, number: int | None = None) -> Block:
        """A block; by default the newest.

        Raises:
            BadValue: There is no such block.
        """
        return self.chain.head if number is None else self.chain.block(number)

    def at(self, block: int) -> StorageReader:
        """The state after a block of the past, read by the chain's names: `net.at(5).get("System", "Account", who)`.

        Raises:
            BadValue: There is no such block.
        """
        return self.chain.at(block)

    def verify(self) -> Tampered | None:
        """The first block that is not what it was when it was made; None if all are."""
        return self.chain.verify()

    def extrinsic_proof(self, block: int, index: int) -> ListProof:
        """Shows that an extrinsic is in a block, without the rest of the block."""
        return self.chain.extrinsic_proof(block, index)

    def state_proof(self, block: int, pallet: str, item: str, *keys: Any) -> StateProof:
        """Shows what an item held after a block, or that it held nothing, without the rest of the state."""
        return self.chain.state_proof(self.chain.state.key(pallet, item, *keys), block)

    # --- the official SDK --------------------------------------------------------------------------------------

    @property
    def substrate(self) -> LocalSubstrate:
        """The connection that the SDK takes: `bt.Client("local", substrate=net.substrate)`. New at each access."""
        return LocalSubstrate(self.node)

    @property
    def subtensor(self) -> bt.Subtensor:
        """The SDK's classic entry point on this network, blocking or awaited. New at each access."""
        return bt.Subtensor(NETWORK, substrate=self.substrate)

    def serve(self, *, port: int = 0) -> Server:
        """Open the network on this machine, for `btcli` and other programs; close what is given back.

        Raises:
            BadValue: The port is none, or taken.
        """
        return Server(self.node, port=port)


def address(who: Signer | str) -> str:
    """SS58 address of a wallet's coldkey, of a key, or of an address itself.

    Raises:
        BadValue: It is no address.
    """
    if isinstance(who, bt.Wallet):
        return str(who.coldkeypub.ss58_address)
    if isinstance(who, Keypair):
        return str(who.ss58_address)
    try:
        ss58_decode(who)
    except (ValueError, TypeError):
        raise BadValue("account", who, "a wallet, a key or an SS58 address") from None
    return who
