"""The `Network` class: a chain with a faucet, wallets, subnets, and the official SDK on top."""

from __future__ import annotations

import tempfile
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from bittensor_core import Keypair, WrongPasswordError, ss58_decode

from tao_lab import RULES_AS_OF
from tao_lab.chain.beacon import add_pulses
from tao_lab.chain.block import Block
from tao_lab.chain.chain import Chain, Tampered
from tao_lab.chain.errors import BadValue, ChainError, DispatchError, InvalidTransaction
from tao_lab.chain.genesis import FAUCET_URI, SUDO_URI, Genesis, dev_uri
from tao_lab.chain.merkle import ListProof, StateProof
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids, subnet_exists
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price, read_pool
from tao_lab.chain.pallets.subtensor.subnets import network_lock_cost
from tao_lab.chain.rules import Rules
from tao_lab.chain.state import StorageReader
from tao_lab.datasets import MAINNET_9240381
from tao_lab.economy import Pool
from tao_lab.economy.swap import FRACTION_BITS
from tao_lab.keys import MNEMONIC_WORDS
from tao_lab.network import report, running, stakes, subnets
from tao_lab.network.mainnet import mainnet_genesis
from tao_lab.network.metagraph import Metagraph, read_metagraph
from tao_lab.network.population import Population, populate
from tao_lab.network.receipts import Account, Amount, CallFailed, Receipt, Signer
from tao_lab.node.rpc import Node
from tao_lab.node.server import Server
from tao_lab.units import RAO_PER_TAO, U16_MAX

if TYPE_CHECKING:
    import bittensor as bt

    from tao_lab.node.substrate import LocalSubstrate
else:
    from tao_lab.network import sdk as bt

DEFAULT_WALLET_PATH = str(Path.home() / ".bittensor" / "wallets")  # the SDK's own folder
NETWORK = "local"  # what the SDK calls a network that is neither finney nor test
DECIMALS = 9
SUPPLY_TAO = 21_000_000
SUBNET_TEMPO = 360  # blocks, as on mainnet
SUDO_SPARE_RAO = RAO_PER_TAO // 10
LONGEST_NAME = 200  # bytes of a wallet's name: a disk allows 255, and the SDK appends to it
BAR = "{desc}: {percentage:3.0f}% |{bar}| {n_fmt} of {total_fmt}, {remaining} left"


class ReopenedWarning(UserWarning):
    """A network's file was open in the same program; the earlier `Network` is closed."""


class RealWalletsWarning(UserWarning):
    """This computer has a real wallet folder; the lab does not use it."""


_OPEN: weakref.WeakValueDictionary[Path, Chain] = weakref.WeakValueDictionary()  # by the file that keeps it


def _close_earlier(file: Path) -> None:
    """Close the chain that this program still has open in a file."""
    earlier = _OPEN.pop(file.resolve(), None)
    if earlier is not None and earlier.is_open:
        earlier.close()
        said = f"{file} was open here already: the earlier Network is closed, and the same chain goes on in this one"
        warnings.warn(said, ReopenedWarning, stacklevel=3)


class WrongPassword(ChainError):  # noqa: N818 - named by what happened
    """The password is not that of the existing wallet."""


class Network:
    """A chain of your own.

    Attributes:
        chain: The chain itself, for lessons that open it.
        node: Its JSON-RPC surface.
        wallets: Folder of the keyfiles.
        join: Joins a class; `tao_lab.network.joined.join`, which is built on this class.
    """

    join: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        wallets: str | Path | None = None,
        genesis: Genesis | None = None,
    ) -> None:
        """Open a network, or begin one.

        If this program has already opened the file (for example, a cell runs a second time), the earlier object is
        closed, with a warning; the new object continues the same chain.

        Args:
            path: File for the chain; by default the chain is only in memory.
            wallets: Folder for keyfiles. By default it is `class-wallets` next to a file `class.db`; without a file, a
                folder that is deleted with the network. The computer's real wallet folder is used only if you name it
                here.
            genesis: What a new chain begins with.

        Raises:
            StoreError: The file is locked, damaged, or of another kind.
        """
        file = None if path is None else Path(path)
        is_new = file is None or not file.exists()
        if file is not None:
            _close_earlier(file)
        self.chain = Chain(file, genesis)
        if file is not None:
            _OPEN[file.resolve()] = self.chain
        self.node = Node(self.chain)
        self.wallets = self._wallet_folder(file, wallets, is_new)
        self._faucet = Keypair.from_uri(FAUCET_URI)
        self._sudo = _root_key(self.chain)
        self._names: dict[str, str] = {}  # hotkey to the name of its wallet
        self._people: dict[str, str] = {}  # the same of hotkeys and coldkeys, for sentences

    @classmethod
    def mainnet(
        cls, path: str | Path | None = None, *, data: Path = MAINNET_9240381, wallets: str | Path | None = None
    ) -> Self:
        """A network that continues Bittensor's mainnet from block 9,240,381 (2026-10-08), with 128 subnets.

        Prices, burned shares, pools, their weights, issuance and the gate's bar are mainnet's. Owners, hotkeys and
        neurons are the lab's own, two on each subnet, and nobody has their keys. Stake on `owner_hotkey(netuid)` of
        `tao_lab.network.mainnet`.

        Args:
            path: File for the chain, as for `Network`; an existing file is continued.
            data: File of mainnet's state.
            wallets: As for `Network`.

        Raises:
            MainnetFileError: `data` is not a state of mainnet.
        """
        return cls(path, wallets=wallets, genesis=mainnet_genesis(data))

    def _wallet_folder(self, file: Path | None, chosen: str | Path | None, is_new: bool) -> Path:
        real = Path(DEFAULT_WALLET_PATH).expanduser()
        if chosen is not None:
            folder = Path(chosen).expanduser()
        elif file is not None:
            folder = _wallets_of(file, is_new)
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        kept = "in memory" if self.chain.store.path == ":memory:" else self.chain.store.path
        real = (
            f", from mainnet's block {self.chain.first:,} on; all people are the lab's own" if self.chain.first else ""
        )
        return f"Network(block {self.block_number}, {kept}{real})"

    # --- money and wallets -------------------------------------------------------------------------------------

    def tao(self, amount: int | float | str | Decimal) -> Amount:
        """An amount of TAO, exact to the rao.

        Raises:
            BadValue: Not a number from 0 to 21,000,000 with at most nine decimals.
        """
        return bt.Balance.from_rao(rao_of(amount))

    def alpha(self, amount: int | float | str | Decimal, subnet: int) -> Amount:
        """An amount of a subnet's alpha, exact to the rao.

        Raises:
            BadValue: Not a number from 0 to 21,000,000 with at most nine decimals.
        """
        return bt.Balance.from_rao(self.tao(amount).rao, subnet)

    def wallet(
        self,
        name: str,
        *,
        hotkey: str = "default",
        tao: int | float | str | Decimal | Amount = 0,
        password: str | None = None,
        words: int = 12,
    ) -> bt.Wallet:
        """A wallet by name. The first call makes it, later calls return the same wallet.

        Args:
            name: Folder of the wallet.
            hotkey: File of its hotkey.
            tao: The faucet fills the coldkey's free balance up to this amount.
            password: Encrypts a new coldkey, or opens an existing one. Without it, a new coldkey is stored without
                encryption (use that only for play money), and an encrypted coldkey asks for its password when it signs.
            words: Length of a new key's mnemonic: 12, 15, 18, 21 or 24.

        Raises:
            BadValue: A name, the amount, the password or the number of words is invalid.
            WrongPassword: The password does not open the existing coldkey.
        """
        for field, value in (("name", name), ("hotkey", hotkey)):
            if not _names_a_file(value):
                raise BadValue(field, value, f"the name of a file, 1 to {LONGEST_NAME} bytes, without a path")
        if words not in MNEMONIC_WORDS:
            raise BadValue("words", words, f"one of {MNEMONIC_WORDS}")
        if password is not None and not (isinstance(password, str) and password):
            raise BadValue("password", password, "a text of at least one character, or None")
        target = tao if isinstance(tao, bt.Balance) else self.tao(tao)
        found = bt.Wallet(name, hotkey, str(self.wallets))
        if not found.coldkeypub_file.exists_on_device():
            found.create_new_coldkey(words, use_password=password is not None, coldkey_password=password, suppress=True)
        elif password is not None:
            _unlock(found, password)
        if not found.hotkey_file.exists_on_device():
            found.create_new_hotkey(words, suppress=True)
        self.fund(found, target.rao)
        self.remember(found)
        return found

    def fund(self, who: Signer | str, rao: int) -> None:
        """Let the faucet fill an account's free balance up to this number of rao.

        Raises:
            BadValue: Not a whole number of rao.
            CallFailed: The faucet is empty.
        """
        if not isinstance(rao, int) or isinstance(rao, bool) or not 0 <= rao <= SUPPLY_TAO * RAO_PER_TAO:
            raise BadValue("rao", rao, f"a whole number from 0 to {SUPPLY_TAO * RAO_PER_TAO}")
        missing = rao - self._free(who)
        if missing > 0:
            self.call(self._faucet, "Balances", "transfer_keep_alive", dest=address(who), value=missing)

    def remember(self, wallet: bt.Wallet) -> None:
        """Call a wallet's hotkey by the wallet's name in tables and charts."""
        name = wallet.name if wallet.hotkey_str == "default" else f"{wallet.name}/{wallet.hotkey_str}"
        self._names[str(wallet.hotkey.ss58_address)] = name
        self._people[str(wallet.hotkey.ss58_address)] = f"{name}'s hotkey"
        self._people[str(wallet.coldkeypub.ss58_address)] = wallet.name

    def account(self, who: Signer | str) -> Account:
        """Balance and nonce of a wallet's coldkey, a key, or an address."""
        info = self.chain.state.get("System", "Account", address(who))
        free, reserved = (bt.Balance.from_rao(info["data"][name]) for name in ("free", "reserved"))
        return Account(address(who), free, reserved, info["nonce"])

    def balance(self, who: Signer | str) -> Amount:
        """Free TAO of a wallet's coldkey, a key, or an address."""
        return bt.Balance.from_rao(self._free(who))

    def _free(self, who: Signer | str) -> int:
        return int(self.chain.state.get("System", "Account", address(who))["data"]["free"])

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
            NotInLab: The lab's chain does not have this call.
            BadValue: An argument does not fit.
            WrongPassword: The wallet is locked, and nobody is there to type its password.
        """
        keypair = _coldkey(signer) if not isinstance(signer, Keypair) and isinstance(signer, bt.Wallet) else signer
        with self.chain.lock:
            try:
                block, index = self._include(self.chain.sign(keypair, pallet, name, args))
            except InvalidTransaction as invalid:
                raise InvalidTransaction(
                    invalid.name, self._named(invalid.sentence), invalid.custom
                ) from invalid.__cause__
            receipt, error = self._receipt(block, index)
        if error is not None:
            raise CallFailed(f"{pallet}.{name}", error, receipt)
        return receipt

    def _include(self, data: bytes) -> tuple[Block, int]:
        """Make the block that contains an extrinsic; returns the block and the extrinsic's place in it."""
        extrinsic = self.chain.submit(data)
        block = self.chain.produce_block()
        for refusal in self.chain.refused:
            if refusal.hash == extrinsic:
                raise refusal.error
        return block, block.extrinsic_hashes.index(extrinsic)

    def _receipt(self, block: Block, index: int) -> tuple[Receipt, DispatchError | None]:
        told = {place: self._with_names(error) for place, error in self.chain.refusals(block.number).items()}
        events, refusals, fee, failure = [], [], 0, None
        for place, event in enumerate(self.chain.events(block.number)):
            if event["extrinsic_idx"] != index:
                continue
            events.append(event)
            if event["event_id"] == "TransactionFeePaid":
                fee = event["attributes"]["actual_fee"]
            elif event["event_id"] == "ExtrinsicFailed":
                failure = told[place]
            elif place in told:
                refusals.append(told[place])
        return Receipt(block.number, index, fee, tuple(events), tuple(refusals)), failure

    def _with_names(self, error: DispatchError) -> DispatchError:
        return DispatchError(error.pallet, error.name, self._named(error.sentence))

    def _named(self, sentence: str) -> str:
        """A sentence with the names of the network's wallets instead of their addresses."""
        for key, name in self._people.items():
            sentence = sentence.replace(key, name)
        return sentence

    def sudo(self, pallet: str, name: str, **args: Any) -> Receipt:
        """Make a call as the chain's root, which on the real network is its governance.

        Raises:
            CallFailed: It failed in the block.
            BadValue: An argument does not fit.
        """
        if self.balance(self._sudo).rao < SUDO_SPARE_RAO:
            self.fund(self._sudo, RAO_PER_TAO)  # a sudo call is free, but the signer must be able to pay
        inner = self.chain.compose(pallet, name, args)
        receipt = self.call(self._sudo, "Sudo", "sudo", call=inner)
        for event in receipt.events:
            result = event["attributes"].get("sudo_result") if event["event_id"] == "Sudid" else None
            if result is not None and "Err" in result:
                raise CallFailed(f"{pallet}.{name}", receipt.refusals[-1], receipt)
        return receipt

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
        """Make blocks, as fast as the machine goes; returns the height.

        A long run shows how long it will take. Ctrl-C, or the notebook's stop button, ends it after the present block;
        the message says how to go on. A file that keeps the network has everything up to there.

        Args:
            blocks: Number of blocks, or
            epochs: number of epochs of a subnet, or
            days: number of days, of 7,200 blocks each, or
            to_block: the height to run to; a network that is there already makes no block. So a cell that was stopped
                can be run once more.
            subnet: The one whose epochs count; by default the newest.
            history: Which states `net.at` can read afterwards: `blocks` of every block, or `epochs` of each 360th and
                of the last, which is a good deal faster and keeps a file small. It does not go with `epochs`.

        Raises:
            BadValue: Not one of the four lengths is given, it is not a whole number from 0 on, or there is no such
                subnet or history.
            BlockFailed: A rule raised; the blocks before stay.
            RunStopped: Ctrl-C.
        """
        running.check_run(blocks, epochs, days, to_block, history)
        if epochs is not None:
            running.run_epochs(self.chain, self.progress, epochs, self._existing_subnet(subnet))
        else:
            count = running.number_of_blocks(self.block_number, blocks, days, to_block)
            running.run_blocks(self.chain, self.progress, count, history)
        return self.block_number

    @contextmanager
    def progress(self, total: int, words: str, least: int = 20) -> Iterator[Callable[[int], Any]]:
        """A progress bar for at least `least` steps; yields the function that counts them."""
        if total < least:
            yield lambda steps: None
            return
        from tao_lab.bars import passing_bar  # brings ipywidgets

        with passing_bar(total=total, desc=words, disable=None, bar_format=BAR) as bar:
            yield bar.update

    # --- subnets -----------------------------------------------------------------------------------------------

    def create_subnet(
        self,
        owner: bt.Wallet,
        *,
        kind: str = "text",
        name: str = "",
        tempo: int = SUBNET_TEMPO,
        commit_reveal: bool = False,
        fund: bool = True,
    ) -> int:
        """Register a subnet, start it, and let it take part in emission; returns its number, the netuid.

        A full network dissolves its cheapest subnet for it. The owner's hotkey gets UID 0. As root, the lab removes
        the limit of one new subnet a day, sets the tempo, and turns on the subnet's emission. On the real network,
        governance turns on the emission.

        Args:
            owner: Wallet whose coldkey pays the lock cost and owns the subnet.
            kind: Kind of work, one of `tao_lab.subnets`; stored in the subnet's identity on the chain.
            name: Name of the subnet; by default the kind.
            tempo: Blocks between epochs, 1 to 65,535; with less than 100, weights may be set once a tempo.
            commit_reveal: Whether weights are committed first and revealed later, as on the real network.
            fund: Whether the faucet gives the owner the lock cost first.

        Raises:
            CallFailed: The chain refuses, for example `CannotAffordLockCost`.
            BadValue: `tempo` is out of range.
        """
        if not isinstance(tempo, int) or isinstance(tempo, bool) or not 1 <= tempo <= 65_535:
            raise BadValue("tempo", tempo, "blocks, 1 to 65,535")
        if fund:
            self.fund(owner, self.balance(owner).rao + self.lock_cost().rao + RAO_PER_TAO)
        if self.chain.state.get(MODULE, "NetworkRateLimit"):
            self.sudo("AdminUtils", "sudo_set_network_rate_limit", rate_limit=0)
        receipt = self.call(
            owner,
            MODULE,
            "register_network_with_identity",
            hotkey=owner.hotkey.ss58_address,
            identity=subnets.subnet_identity(name or kind, kind),
        )
        netuid = subnets.new_netuid(self, owner, receipt)
        self.remember(owner)
        self._open_subnet(owner, netuid, tempo, commit_reveal)
        return netuid

    def report_subnet(self) -> int:
        """Subnet 171 as in the student's report from which the course began; made at the first call.

        Its kind of work is "code", as on the test network's 171 of July 2025, and a seat costs 0.0005 τ.
        """
        return report.report_subnet(self)

    def _open_subnet(self, owner: bt.Wallet, netuid: int, tempo: int, commit_reveal: bool) -> None:
        """Start a new subnet and set its hyperparameters; in a class the instructor's node does that."""
        subnets.open_subnet(self, owner, netuid, tempo, commit_reveal)

    def populate(
        self,
        subnet: int,
        *,
        validators: int = 4,
        miners: int = 12,
        stake: Amount | None = None,
        noise: float = 0.05,
        seed: int = 0,
    ) -> Population:
        """Bring people to a subnet: they register, validators stake, and after the first epoch they set weights.

        Args:
            subnet: Its netuid.
            validators: How many.
            miners: How many, with qualities spread from poor to excellent.
            stake: Stake of all validators together; by default 100 τ each.
            noise: Validators' error in grading, as a part of the quality.
            seed: Of keys, qualities and errors.

        Raises:
            BadValue: There is no such subnet, or not enough free UIDs.
        """
        if stake is not None and (not isinstance(stake, bt.Balance) or stake.netuid != 0):
            raise BadValue("stake", stake, "an amount of TAO: net.tao(…)")
        return populate(self, subnet, validators, miners, None if stake is None else stake.rao, noise, seed)

    def lock_cost(self) -> Amount:
        """The present cost of creating a subnet."""
        return bt.Balance.from_rao(network_lock_cost(self.chain.state, self.block_number))

    def subnets(self) -> list[int]:
        """Netuids of all subnets but root, in the order of their numbers."""
        return sorted(netuid for netuid in all_netuids(self.chain.state) if netuid != ROOT_NETUID)

    def _existing_subnet(self, netuid: int | None) -> int:
        if netuid is None:
            known = self.subnets()
            if not known:
                raise BadValue("subnet", netuid, self._subnets_in_words())
            return known[-1]
        if not isinstance(netuid, int) or isinstance(netuid, bool) or netuid not in range(U16_MAX + 1):
            raise BadValue("subnet", netuid, self._subnets_in_words())
        if not subnet_exists(self.chain.state, netuid):
            raise BadValue("subnet", netuid, self._subnets_in_words())
        return netuid

    def _subnets_in_words(self) -> str:
        known = self.subnets()
        return f"one of {known}" if known else "a subnet, but there is none yet: net.create_subnet(owner=…)"

    def metagraph(self, subnet: int | None = None, *, block: int | None = None) -> Metagraph:
        """The neurons of a subnet, with their results of the last epoch; a table, and in a notebook also a chart.

        Args:
            subnet: Its netuid; by default the newest.
            block: After which block; by default now.

        Raises:
            BadValue: There is no such subnet or block.
        """
        netuid = self._existing_subnet(subnet)
        state = self.chain.state if block is None else self.at(block)
        return read_metagraph(state, netuid, self.block_number if block is None else block, self._names)

    # --- stake and pools ---------------------------------------------------------------------------------------

    def stake(
        self,
        wallet: bt.Wallet,
        subnet: int,
        amount: Amount,
        *,
        hotkey: bt.Wallet | str | None = None,
        limit: Amount | None = None,
    ) -> Receipt:
        """Stake TAO: on a subnet it buys alpha from the pool, on root (0) it stays TAO.

        Args:
            wallet: Whose coldkey pays.
            subnet: Its netuid.
            amount: Of TAO, the fee included.
            hotkey: The hotkey to stake on: a wallet, or the address of a hotkey; by default the wallet's own.
            limit: Highest price of one alpha; only the amount that can be bought below it is staked.

        Raises:
            BadValue: An amount is a bare number, or not TAO.
            CallFailed: The chain refuses, for example `HotKeyAccountNotExists`.
        """
        return stakes.add_stake(self, wallet, subnet, amount, hotkey or wallet, limit)

    def take_root_seat(self, wallet: bt.Wallet, lends: bool = False) -> Receipt:
        """Buy a seat on root (`root_register`) for a wallet's hotkey; the price, 1 TAO or more, is recycled.

        Only a hotkey with a seat turns root's part of a subnet's dividends into alpha for its stakers on root. On the
        chain a hotkey with a new seat lends its stake to the owners of all subnets, unless it says beforehand that it
        wants no children. This method says so.

        Args:
            wallet: Its coldkey pays.
            lends: Say nothing beforehand: the hotkey lends all of its stake to every subnet's owner.

        Raises:
            CallFailed: The chain refuses, for example `InsufficientTaoBalance` or `HotKeyAlreadyRegisteredInSubNet`.
        """
        return stakes.take_root_seat(self, wallet, lends)

    def unstake(
        self,
        wallet: bt.Wallet,
        subnet: int,
        amount: Amount | None = None,
        *,
        hotkey: bt.Wallet | str | None = None,
        limit: Amount | None = None,
    ) -> Receipt:
        """Sell staked alpha for TAO; on root (0): take TAO back.

        Args:
            wallet: Whose coldkey sells.
            subnet: Its netuid.
            amount: Of alpha, `net.alpha(5, subnet)`; by default all.
            hotkey: The hotkey with the stake: a wallet, or the address of a hotkey; by default the wallet's own.
            limit: Lowest price of one alpha, in TAO; the amount that cannot be sold above it stays staked.

        Raises:
            BadValue: An amount is a bare number, or of the wrong unit.
            CallFailed: The chain refuses, for example `NotEnoughStakeToWithdraw`.
        """
        return stakes.remove_stake(self, wallet, subnet, amount, hotkey or wallet, limit)

    def staked(self, wallet: bt.Wallet, subnet: int, *, hotkey: bt.Wallet | str | None = None) -> Amount:
        """The stake of a wallet's coldkey on a hotkey, by default its own: alpha of a subnet, or TAO on root."""
        return stakes.staked(self, wallet, subnet, hotkey or wallet)

    def pool(self, subnet: int | None = None, *, block: int | None = None) -> Pool:
        """The pool of a subnet (by default the newest) after a block (by default the head).

        Raises:
            BadValue: There is no such subnet or block.
        """
        netuid = self._existing_subnet(subnet)
        return read_pool(self.chain.state if block is None else self.at(block), netuid)

    def alpha_price(self, subnet: int | None = None, *, block: int | None = None) -> Amount:
        """TAO for one alpha of a subnet (by default the newest) after a block (by default the head).

        Raises:
            BadValue: There is no such subnet or block.
        """
        netuid = self._existing_subnet(subnet)
        word = current_alpha_price(self.chain.state if block is None else self.at(block), netuid)
        return bt.Balance.from_rao(word * RAO_PER_TAO >> FRACTION_BITS)

    # --- reading -----------------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        """The chain's rules, which you can replace: `with net.rules.using(epoch=mine): net.run(blocks=360)`."""
        return self.chain.rules

    @property
    def rules_as_of(self) -> str:
        """The runtime whose rules the chain follows, and its date on mainnet; docs/chain.md says what is missing."""
        return RULES_AS_OF

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
        """The state after a past block, read by the chain's names: `net.at(5).get("System", "Account", who)`.

        Raises:
            BadValue: There is no such block.
        """
        return self.chain.at(block)

    def verify(self) -> Tampered | None:
        """The first block that was changed after it was made; None if no block was."""
        return self.chain.verify()

    def extrinsic_proof(self, block: int, index: int) -> ListProof:
        """Prove that an extrinsic is in a block, without the rest of the block."""
        return self.chain.extrinsic_proof(block, index)

    def state_proof(self, block: int, pallet: str, item: str, *keys: Any) -> StateProof:
        """Prove the value of a storage item after a block, or that it had no value, without the rest of the state."""
        return self.chain.state_proof(self.chain.state.key(pallet, item, *keys), block)

    # --- the official SDK --------------------------------------------------------------------------------------

    @property
    def substrate(self) -> LocalSubstrate:
        """A connection for the SDK: `bt.Client("local", substrate=net.substrate)`. New at each access."""
        from tao_lab.node.substrate import LocalSubstrate  # it loads the SDK

        return LocalSubstrate(self.node)

    @property
    def subtensor(self) -> bt.Subtensor:
        """The SDK's classic entry point for this network, blocking or with `await`. New at each access."""
        return bt.Subtensor(NETWORK, substrate=self.substrate)

    def fetch_pulses(self) -> list[int]:
        """Fetch the signatures that open timelocked weights from the real drand beacon; needs the internet.

        Returns:
            The beacon's rounds that the next block stores: rounds that commits wait for and that are already published.

        Raises:
            BeaconError: The beacon is out of reach.
        """
        return add_pulses(self.chain)

    def serve(self, *, port: int = 0, origins: tuple[str, ...] = ()) -> Server:
        """Open the network to programs on this machine, such as `btcli`. Close the returned server at the end.

        Args:
            port: TCP port; 0 means any free port.
            origins: Origins of web pages that may connect, such as `https://polkadot.js.org`; `*` for all.

        Raises:
            BadValue: The port is invalid, or in use.
        """
        return Server(self.node, port=port, origins=origins)


def rao_of(amount: int | float | str | Decimal) -> int:
    """Rao of an amount of TAO.

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
    return int(rao)


def _root_key(chain: Chain) -> Keypair:
    """The key that may call as root: the lab's own, or //Alice's on a development chain."""
    keys = [Keypair.from_uri(uri) for uri in (SUDO_URI, dev_uri("Alice"))]
    root = chain.state.get("Sudo", "Key")
    return next((key for key in keys if key.ss58_address == root), keys[0])


def _wallets_of(file: Path, is_new: bool) -> Path:
    """The folder of a chain's wallets: each file has its own folder; files of earlier releases keep `wallets`."""
    folder = file.resolve()
    own, shared = folder.with_name(f"{folder.stem}-wallets"), folder.with_name("wallets")
    if is_new:
        own.mkdir(exist_ok=True)
    return own if own.exists() or not shared.exists() else shared


def _names_a_file(name: object) -> bool:
    """Whether every disk accepts this name for a wallet or hotkey."""
    if not isinstance(name, str) or name in ("", ".", "..") or not name.isprintable():
        return False
    return not set(name) & set("/\\") and len(name.encode("utf-8", "replace")) <= LONGEST_NAME


def _unlock(wallet: bt.Wallet, password: str) -> None:
    """Open an existing coldkey with its password.

    Raises:
        WrongPassword: The password is wrong, or the coldkey has no password.
    """
    file = wallet.coldkey_file
    if not file.is_encrypted():
        raise WrongPassword(f"the coldkey of {wallet.name} in {file.path} is in clear text; leave the password out")
    try:
        wallet.get_coldkey(password)
    except WrongPasswordError:
        raise WrongPassword(f"the password does not open the coldkey of {wallet.name} in {file.path}") from None


def _coldkey(wallet: bt.Wallet) -> Keypair:
    """The key that signs for a wallet; the SDK asks for the password of a locked one.

    Raises:
        WrongPassword: There is no terminal to ask for the password.
    """
    try:
        return wallet.coldkey
    except EOFError:
        raise WrongPassword(
            f"the coldkey of {wallet.name} is locked, and there is no terminal to ask for its password at; "
            f"open it with net.wallet({wallet.name!r}, password=…)"
        ) from None


def address(who: Signer | str) -> str:
    """SS58 address of a wallet's coldkey or of a key; an address is returned unchanged.

    Raises:
        BadValue: It is not an address.
    """
    if isinstance(who, Keypair):
        return str(who.ss58_address)
    if not isinstance(who, str) and isinstance(who, bt.Wallet):
        return str(who.coldkeypub.ss58_address)
    try:
        ss58_decode(who)
    except (ValueError, TypeError):
        raise BadValue("account", who, "a wallet, a key or an SS58 address") from None
    return who
