"""What the chain says about a call that failed reaches the person who made it, and is not part of the chain."""

import ast
import re

import pytest

from tao_lab import paths
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.network import CallFailed, Network
from tao_lab.views.display import receipt_card

SENTENCE = r"alice has [\d.]+ τ free, 5 τ needed"


@pytest.fixture
def net():
    with Network() as opened:
        opened.wallet("alice", tao=3)
        opened.wallet("bob", tao=3)
        yield opened


@pytest.fixture
def too_much(net):
    """A call that is one TAO or two too large for Alice."""
    bob = net.wallet("bob").coldkeypub.ss58_address
    return net.chain.compose("Balances", "transfer_keep_alive", {"dest": bob, "value": 5 * 10**9})


def test_a_call_that_fails_says_how_much_was_there_and_how_much_was_needed(net):
    alice, bob = net.wallet("alice"), net.wallet("bob")
    with pytest.raises(CallFailed, match=rf"Token\.FundsUnavailable: {SENTENCE} \(Balances\.") as caught:
        net.transfer(alice, bob, net.tao(5))
    assert caught.value.name == "FundsUnavailable"
    assert caught.value.sentence.startswith("alice has")
    assert caught.value.receipt.refusals == ()


def test_a_pallet_of_subtensor_says_it_too(net):
    with pytest.raises(CallFailed, match=r"CannotAffordLockCost: alice has 2\.\d+ τ free, a subnet locks 1,000 τ"):
        net.create_subnet(net.wallet("alice"), fund=False)


def as_batch_all(net, call):
    net.call(net.wallet("alice"), "Utility", "batch_all", calls=[call])


def as_sudo(net, call):
    alice, bob = (net.wallet(name).coldkeypub.ss58_address for name in ("alice", "bob"))
    net.sudo("Balances", "force_transfer", source=alice, dest=bob, value=5 * 10**9)


def as_sudo_for_another(net, call):
    alice = net.wallet("alice").coldkeypub.ss58_address
    net.sudo("Utility", "dispatch_as_fallible", as_origin={"system": {"Signed": alice}}, call=call)


@pytest.mark.parametrize("make", [as_batch_all, as_sudo, as_sudo_for_another], ids=lambda make: make.__name__)
def test_a_call_that_fails_because_of_one_inside_says_why(net, too_much, make):
    with pytest.raises(CallFailed, match=SENTENCE):
        make(net, too_much)


def in_batch(net, call):
    return net.call(net.wallet("alice"), "Utility", "batch", calls=[call])


def in_force_batch(net, call):
    return net.call(net.wallet("alice"), "Utility", "force_batch", calls=[call])


def in_proxy(net, call):
    alice, bob = net.wallet("alice"), net.wallet("bob")
    delegate = bob.coldkeypub.ss58_address
    net.call(alice, "Proxy", "add_proxy", delegate=delegate, proxy_type="Any", delay=0)
    real = alice.coldkeypub.ss58_address
    return net.call(bob, "Proxy", "proxy", real=real, force_proxy_type=None, call=call)


def in_multisig_in_batch(net, call):
    both = [net.wallet(name).coldkeypub.ss58_address for name in ("alice", "bob")]
    inner = net.chain.compose("Multisig", "as_multi_threshold_1", {"other_signatories": both[1:], "call": call})
    return net.call(net.wallet("alice"), "Utility", "force_batch", calls=[inner, call])


@pytest.mark.parametrize(
    "make", [in_batch, in_force_batch, in_proxy, in_multisig_in_batch], ids=lambda make: make.__name__
)
def test_a_call_that_went_through_tells_what_failed_inside(net, too_much, make):
    receipt = make(net, too_much)
    assert "5 τ needed" in receipt.refusals[-1].sentence
    assert receipt.refusals[-1].sentence.startswith("alice has")
    card = receipt_card(receipt)
    assert "Failed inside" in repr(card)
    assert receipt.refusals[-1].sentence in repr(card)


def test_a_failure_that_was_undone_with_its_batch_is_not_told(net, too_much):
    """The inner `batch` would tell of its failure, but the outer call fails later and takes its events back."""
    alice = net.wallet("alice")
    derivative = net.chain.compose("Utility", "as_derivative", {"index": 0, "call": too_much})
    caught = net.chain.compose("Utility", "if_else", {"main": too_much, "fallback": derivative})
    with pytest.raises(CallFailed) as error:
        net.call(alice, "Utility", "batch_all", calls=[caught])
    assert error.value.receipt.refusals == ()


def test_sentences_leave_no_trace_in_the_chain(net, too_much):
    receipt = in_batch(net, too_much)
    assert receipt.refusals
    assert net.chain.refusals(receipt.block - 1) == {}
    stored = net.chain.state.raw.get(net.chain.runtime.item("System", "Events").prefix)
    assert b"needed" not in stored
    assert all(b"needed" not in extrinsic for extrinsic in net.block().extrinsics)


def test_a_call_that_no_block_may_contain_is_refused_by_name_too(net):
    netuid = net.create_subnet(net.wallet("owner", tao=2_000))
    with pytest.raises(InvalidTransaction, match=rf"alice has no UID on subnet {netuid}") as caught:
        net.call(
            net.wallet("alice"),
            "SubtensorModule",
            "serve_prometheus",
            netuid=netuid,
            version=1,
            ip=0x08080808,
            port=80,
            ip_type=4,
        )
    assert caught.value.name == "Custom"


RAISES = {"failed", "refused", "_failed", "DispatchError"}
NO_SENTENCE = re.compile(r"^(once|from|at least|at most|on|to|it) |(?<!there) is no | is none ", re.I)  # prose: ok


def sentences():
    """What the chain's code says of a refusal, `…` in the place of each value."""
    for file in sorted((paths.ROOT / "tao_lab" / "chain").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISES:
                for said in node.args[2:] if node.func.id == "DispatchError" else node.args[1:]:
                    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
                    words = "".join(p.value if isinstance(p, ast.Constant) else "…" for p in parts)
                    yield f"{file.name}:{said.lineno}", words


def test_what_the_chain_says_of_a_refusal_is_a_sentence_that_names_its_subject():
    said = dict(sentences())
    assert len(said) > 150
    assert {place: words for place, words in said.items() if NO_SENTENCE.search(words)} == {}
