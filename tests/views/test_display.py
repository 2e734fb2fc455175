"""The chain's objects as a notebook shows them, and that nothing is loaded where there is no notebook."""

import subprocess
import sys
from dataclasses import dataclass

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tao_lab import showing
from tao_lab.cards import Card
from tao_lab.network import Network


@pytest.fixture(scope="module")
def shown():
    """What the notebook shows of an object, as HTML and as text."""
    shell = InteractiveShell.instance()
    showing.register(shell)
    yield lambda value: shell.display_formatter.format(value)[0]
    InteractiveShell.clear_instance()


@pytest.fixture(scope="module")
def net():
    with Network() as net:
        net.receipt = net.transfer(net.wallet("alice", tao=10), net.wallet("bob"), net.tao(3))
        yield net


def objects(net):
    block = net.block()
    extrinsic = net.chain.decode(block.extrinsics[-1])
    alice = net.wallet("alice")
    return {
        "block": (block, ["Balances.transfer_keep_alive", "Timestamp.set", f"0x{block.hash.hex()}", "2 extrinsics"]),
        "header": (block.header, ["Header", f"0x{block.header.state_root.hex()}"]),
        "extrinsic": (extrinsic, ["nonce", "3,000,000,000", alice.coldkeypub.ss58_address]),
        "receipt": (net.receipt, ["Balances.Transfer", f"block {net.receipt.block}", "fee τ0.0001"]),
        "account": (net.account("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"), ["Account", "5Grwva", "τ0.000"]),
        "wallet": (alice, ["alice", alice.hotkeypub.ss58_address, "in clear text"]),
    }


@pytest.mark.parametrize("name", ["block", "header", "extrinsic", "receipt", "account", "wallet"])
def test_an_object_is_shown_as_a_card_with_what_matters(shown, net, name):
    value, words = objects(net)[name]
    for mime in ("text/html", "text/plain"):
        text = shown(value)[mime]
        assert [word for word in words if word not in text] == []


def test_a_wallet_never_shows_a_secret(shown, net):
    alice = net.wallet("alice")
    secret = alice.coldkey_file._read_data().decode()
    key = secret.split('"privateKey":"')[1].split('"')[0]
    assert key[2:20] not in "".join(shown(alice).values())


def test_an_account_counts_its_extrinsics(net):
    alice = net.wallet("alice")
    assert net.account(alice).nonce == 1
    assert net.account(alice).free == net.balance(alice)


SHELL = "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance(); "
SHOW = "html = s.display_formatter.format(net.metagraph(0))[0]['text/html']; print('Subnet 0' in html)"


@pytest.mark.parametrize(
    "first", ["from tao_lab import Network", "import tao_lab.units; from tao_lab.network import Network"]
)
def test_a_metagraph_is_a_card_whatever_a_notebook_imports_first(first):
    code = f"{SHELL}{first}; net = Network(); {SHOW}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


@pytest.mark.parametrize("before", ["", SHELL])
def test_what_draws_is_loaded_with_the_first_picture(before):
    code = f"import sys; {before}import tao_lab; print('tao_lab.views.display' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@dataclass(frozen=True)
class Sample:
    """Stands for the lab's dataclasses that have no card of their own."""

    amount: int
    name: str


Sample.__module__ = "tao_lab.sample"


@pytest.mark.parametrize("value", [Sample(1_234, "ana"), [Sample(1_234, "ana"), Sample(5, "bob")]])
def test_a_dataclass_of_ours_is_a_table_alone_and_in_a_list(shown, value):
    text = shown(value)["text/html"]
    assert [word for word in ("<table", "amount", "1,234", "ana") if word not in text] == []


def test_what_shows_itself_and_what_is_not_ours_is_left_alone(shown):
    card = Card("info", "Badge", "title")
    assert shown(card)["text/html"] == card._repr_html_()
    assert shown([1, 2]) == {"text/plain": "[1, 2]"}
    assert shown(Sample) == {"text/plain": "tao_lab.sample.Sample"}
