"""The chain's objects as a notebook shows them, and that nothing is loaded where there is no notebook."""

import importlib
from dataclasses import is_dataclass

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from tao_lab import consensus, datasets, economy, network, notebook, vectors, views
from tao_lab.network import Network
from tao_lab.paths import DATASETS
from tao_lab.views import display


@pytest.fixture(scope="module")
def shown():
    """What the notebook shows of an object, as HTML and as text."""
    shell = InteractiveShell.instance()
    notebook.register()
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
        "receipt": (net.receipt, ["Balances.Transfer", f"block {net.receipt.block}", "fee τ0.00008"]),
        "account": (net.account("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"), ["Account", "5Grwva", "τ0.000"]),
        "wallet": (alice, ["alice", alice.hotkeypub.ss58_address, "in clear text"]),
    }


@pytest.mark.parametrize("name", ["block", "header", "extrinsic", "receipt", "account", "wallet"])
def test_an_object_is_shown_as_a_card_with_what_matters(shown, net, name):
    value, words = objects(net)[name]
    for mime in ("text/html", "text/plain"):
        text = shown(value)[mime].replace("<wbr>", "")  # where a long name may be broken
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


@pytest.mark.parametrize("path", notebook.CARDS)
def test_each_type_with_a_card_is_where_the_table_says_and_has_its_function(path):
    module, name = path.rsplit(".", 1)
    kind = getattr(importlib.import_module(module), name)
    assert (kind.__module__, kind.__name__) == (module, name)
    assert callable(getattr(display, notebook.CARDS[path]))


@pytest.mark.parametrize("package", [consensus, economy, network], ids=lambda package: package.__name__)
def test_no_result_of_a_rule_or_a_network_is_shown_as_raw_text(package):
    public = [getattr(package, name) for name in package.__all__]
    results = [kind for kind in public if isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_fields"))]
    paths = {f"{kind.__module__}.{kind.__name__}" for kind in results}
    assert paths - set(notebook.CARDS) == set()


def test_what_labs_read_prove_and_verify_is_never_shown_as_raw_text(shown, net):
    proof = net.extrinsic_proof(2, 0)
    results = (
        datasets.load_metagraph(),
        proof,
        net.state_proof(2, "System", "Account", net.wallet("bob").coldkeypub.ss58_address),
        vectors.verify(vectors.load(DATASETS / "vectors" / "swap.json")),
        views.quote(economy.Pool(5_000_000_000, 7_000_000_000), "buy", 1_000),
        views.Settings(),
    )
    for value in results:
        assert f"{type(value).__name__}(" not in shown(value)["text/plain"]
        assert type(value).__name__ in shown(value)["text/html"]
    assert f"0x{proof.siblings[0].hex()[:4]}" in shown(proof)["text/html"]


def test_a_result_of_a_rule_shows_its_fields(shown):
    pool = economy.Pool(5_000_000_000, 7_000_000_000)
    for text in shown(pool).values():
        assert "Pool" in text
        assert "7,000,000,000" in text
    assert "3 int64: 1, 2, 3" in repr(display.fields_card(economy.Split(np.array([1, 2, 3]), 0, 0, 0)))
