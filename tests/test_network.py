import asyncio
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bittensor as bt
import pytest
from bittensor.keyfiles import WrongPasswordError
from bittensor.wallet import DEFAULT_WALLET_PATH

import tao_lab
import tao_lab.network
from tao_lab.chain.errors import BadValue, InvalidTransaction, NotInLab
from tao_lab.chain.merkle import verify_list_proof
from tao_lab.network import CallFailed, Network, RealWalletsWarning, address
from tao_lab.network.joined import join

TAO = 10**9


@pytest.fixture
def net() -> Iterator[Network]:
    with Network() as net:
        yield net


def test_a_wallet_has_the_tao_that_was_asked_for_and_its_keyfiles_are_the_sdks(net: Network) -> None:
    alice = net.wallet("alice", tao=100)
    assert net.balance(alice).rao == 100 * TAO
    assert sorted(path.relative_to(net.wallets).as_posix() for path in net.wallets.rglob("*") if path.is_file()) == [
        "alice/coldkey",
        "alice/coldkeypub.txt",
        "alice/hotkeys/default",
        "alice/hotkeys/defaultpub.txt",
    ]
    again = bt.Wallet("alice", path=str(net.wallets))
    assert again.coldkey.ss58_address == address(alice)


def test_asking_for_a_wallet_again_gives_the_same_one_and_fills_it_up(net: Network) -> None:
    alice, bob = net.wallet("alice", tao=100), net.wallet("bob")
    net.transfer(alice, bob, net.tao(40))
    assert address(net.wallet("alice")) == address(alice)
    assert net.balance(alice).rao < 60 * TAO
    net.wallet("alice", tao=100)
    assert net.balance(alice).rao == 100 * TAO


@pytest.mark.slow  # a password is made slow to try
def test_a_coldkey_with_a_password_needs_it(net: Network) -> None:
    net.wallet("careful", password="correct horse")
    stored = bt.Wallet("careful", path=str(net.wallets))
    assert stored.coldkey_file.is_encrypted()
    assert not stored.hotkey_file.is_encrypted()
    with pytest.raises(WrongPasswordError):
        stored.get_coldkey("battery staple")
    assert stored.get_coldkey("correct horse").ss58_address == stored.coldkeypub.ss58_address


@pytest.mark.parametrize("name", ["", ".", "..", "../alice", "a/b", "/etc"])
def test_a_wallets_name_stays_in_its_folder(net: Network, name: str) -> None:
    with pytest.raises(BadValue, match="name is"):
        net.wallet(name)
    with pytest.raises(BadValue, match="hotkey is"):
        net.wallet("alice", hotkey=name)


@pytest.mark.parametrize("words", [0, 11, 13, 25, 12.5, "12"])
def test_a_mnemonic_has_one_of_five_lengths(net: Network, words: Any) -> None:
    with pytest.raises(BadValue, match="words is"):
        net.wallet("alice", words=words)


def test_a_transfer_says_what_it_cost(net: Network) -> None:
    alice, bob = net.wallet("alice", tao=10), net.wallet("bob")
    receipt = net.transfer(alice, bob, net.tao("1.5"))
    assert net.balance(bob).rao == 1_500_000_000
    assert net.balance(alice).rao == 10 * TAO - 1_500_000_000 - receipt.fee.rao
    assert f"fee={receipt.fee!r}" in repr(receipt)  # an amount with its unit, where a notebook shows it
    assert receipt.events[-1]["event_id"] == "ExtrinsicSuccess"
    block = net.block(receipt.block)
    proof = net.extrinsic_proof(receipt.block, receipt.index)
    assert verify_list_proof(block.header.extrinsics_root, block.extrinsics[receipt.index], proof)


def test_a_failed_call_has_the_chains_name_and_costs_its_fee(net: Network) -> None:
    alice, bob = net.wallet("alice", tao=10), net.wallet("bob")
    with pytest.raises(CallFailed, match=r"Balances.transfer_keep_alive failed in block 2") as caught:
        net.transfer(alice, bob, net.tao(11))
    assert caught.value.name == "FundsUnavailable"
    assert net.balance(alice).rao == 10 * TAO - caught.value.receipt.fee.rao
    assert net.balance(bob).rao == 0


def test_who_cannot_pay_the_fee_gets_into_no_block(net: Network) -> None:
    alice, bob = net.wallet("alice"), net.wallet("bob")
    with pytest.raises(InvalidTransaction, match="Payment"):
        net.transfer(alice, bob, net.tao(1))
    assert net.block_number == 0


def test_a_call_outside_the_lab_is_refused_by_name(net: Network) -> None:
    alice = net.wallet("alice", tao=1)
    with pytest.raises(NotInLab, match=r"SafeMode.enter is not in the lab's chain"):
        net.call(alice, "SafeMode", "enter")
    with pytest.raises(BadValue, match="NoPallet"):
        net.call(alice, "NoPallet", "call")


@pytest.mark.parametrize(
    ("amount", "rao"), [(1, TAO), (0.1, TAO // 10), ("0.000000001", 1), ("21000000", 21_000_000 * TAO)]
)
def test_amounts_are_exact(net: Network, amount: Any, rao: int) -> None:
    assert net.tao(amount).rao == rao


@pytest.mark.parametrize(
    "amount", [float("nan"), float("inf"), -1, "-0.5", "a lot", None, True, 1e-10, 21_000_001, "1e400"]
)
def test_amounts_that_are_none_are_refused(net: Network, amount: Any) -> None:
    with pytest.raises(BadValue, match="tao is"):
        net.tao(amount)


@pytest.mark.parametrize("amount", [5, 5.0, "5", None, bt.Balance.from_alpha(5, 1)])
def test_a_bare_number_is_never_an_amount(net: Network, amount: Any) -> None:
    alice = net.wallet("alice", tao=10)
    with pytest.raises(BadValue, match="amount is"):
        net.transfer(alice, alice, amount)


@pytest.mark.parametrize("who", ["alice", "", 5, None, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ"])
def test_an_account_that_is_none_is_named(net: Network, who: Any) -> None:
    with pytest.raises(BadValue, match="account is"):
        net.balance(who)


@pytest.mark.parametrize("blocks", [-1, 1.5, "3", True])
def test_a_number_of_blocks_is_a_whole_number(net: Network, blocks: Any) -> None:
    with pytest.raises(BadValue, match="blocks is"):
        net.run(blocks=blocks)


def test_blocks_go_on_and_the_past_stays(net: Network) -> None:
    alice = net.wallet("alice", tao=5)
    assert net.run(blocks=10) == 11
    assert net.at(0).get("System", "Account", address(alice))["data"]["free"] == 0
    assert net.at(1).get("System", "Account", address(alice))["data"]["free"] == 5 * TAO
    assert net.verify() is None
    assert repr(net) == "Network(block 11, in memory)"


def test_a_network_in_a_file_goes_on_with_its_wallets(tmp_path: Path) -> None:
    with Network(tmp_path / "class.db") as net:
        name = address(net.wallet("alice", tao=5))
    with Network(tmp_path / "class.db") as net:
        assert address(net.wallet("alice")) == name
        assert net.balance(name).rao == 5 * TAO
        assert net.wallets == tmp_path / "class-wallets"


def test_wallets_in_memory_go_away_with_the_network() -> None:
    net = Network()
    folder = net.wallets
    net.wallet("alice")
    assert folder.exists()
    net.close()
    del net
    assert not folder.exists()


def test_the_computers_real_wallets_are_where_the_sdk_puts_them() -> None:
    assert tao_lab.network.network.DEFAULT_WALLET_PATH == DEFAULT_WALLET_PATH


NO_SDK = """
import sys
from tao_lab.views.presentation import present
present(sys.argv[1])
print("bittensor" in sys.modules)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["attacks", "emission", "leaderboard", "network"])
def test_a_dashboard_of_its_own_chain_does_not_load_the_sdk(name: str) -> None:
    said = subprocess.run([sys.executable, "-c", NO_SDK, name], stdout=subprocess.PIPE, check=True, text=True)
    assert said.stdout == "False\n"


def test_the_joined_network_hangs_on_the_network_that_a_student_imports() -> None:
    assert tao_lab.Network is Network
    assert Network.join is join


def test_real_wallets_are_left_alone_and_loudly_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "real"
    monkeypatch.setattr(tao_lab.network.network, "DEFAULT_WALLET_PATH", str(real))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Network().close()
    real.mkdir()
    with pytest.warns(RealWalletsWarning, match="the lab uses"):
        net = Network()
    net.wallet("alice")
    assert list(real.iterdir()) == []
    with pytest.warns(RealWalletsWarning, match="USES it, as asked"):
        Network(wallets=real).close()


def test_the_sdk_works_on_the_network(net: Network) -> None:
    alice, bob = net.wallet("alice", tao=10), net.wallet("bob")

    async def transfer() -> Any:
        async with bt.Client("local", substrate=net.substrate) as client:
            return await client.execute(bt.Transfer(dest_ss58=address(bob), amount_tao=2), alice)

    assert asyncio.run(transfer()).success
    with net.subtensor as subtensor:
        assert subtensor.balances.balance(coldkey_ss58=address(bob)).rao == 2 * TAO
