"""Every refusal inside a block says what was given and what is needed, not only the error's name."""

import ast

import pytest

from tao_lab import Network, paths
from tao_lab.network import CallFailed
from tao_lab.units import RAO_PER_TAO

CHAIN = paths.ROOT / "tao_lab" / "chain"


def test_every_refusal_of_a_call_has_a_sentence():
    bare = [
        f"{path.name}:{node.lineno}"
        for path in CHAIN.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and getattr(node.exc.func, "id", "") == "DispatchError"
        and len(node.exc.args) + len(node.exc.keywords) < 3
    ]
    assert bare == []


@pytest.fixture(scope="module")
def net():
    network = Network()
    for name in ("ana", "ben", "cleo"):
        network.fund(network.wallet(name), 10 * RAO_PER_TAO)
    return network


def coldkey(net, name):
    return net.wallet(name).coldkeypub.ss58_address


def refusals(net):
    """What ana asks for, and what the chain says."""
    ana, ben, cleo = (coldkey(net, name) for name in ("ana", "ben", "cleo"))
    remark = net.chain.compose("System", "remark", {"remark": b"hi"})
    weight = {"ref_time": 10**9, "proof_size": 10**5}
    group = {"other_signatories": [ben], "call": remark, "max_weight": weight, "maybe_timepoint": None}
    at = {"height": 1, "index": 0}
    yield ("Multisig", "as_multi", {**group, "threshold": 1}), "MinimumThreshold", "the threshold is 1;"
    yield ("Multisig", "as_multi", {**group, "threshold": 2, "maybe_timepoint": at}), "UnexpectedTimepoint", "nobody"
    alone = {"other_signatories": [ana], "call": remark}
    yield ("Multisig", "as_multi_threshold_1", alone), "SenderInSignatories", "ana signs, so"
    yield ("Multisig", "as_multi_threshold_1", {**alone, "other_signatories": []}), "TooFewSignatories", "beside ana"
    add = {"delegate": ana, "proxy_type": "Any", "delay": 0}
    yield ("Proxy", "add_proxy", add), "NoSelfProxy", "ana needs no permission"
    yield ("Proxy", "remove_proxy", {**add, "delegate": ben}), "NotFound", "ana has no proxy ben with the type Any"
    yield ("Proxy", "proxy", {"real": cleo, "force_proxy_type": None, "call": remark}), "NotProxy", "ana may not act"
    yield ("Balances", "force_set_balance", {"who": ben, "new_free": 1}), "BadOrigin", "only the chain's root may"


def test_a_refusal_reaches_the_caller_with_its_sentence_and_the_names_of_wallets(net):
    for (pallet, call, arguments), name, sentence in refusals(net):
        with pytest.raises(CallFailed) as failed:
            net.call(net.wallet("ana"), pallet, call, **arguments)
        assert failed.value.name == name
        assert sentence in failed.value.sentence, failed.value.sentence
        assert sentence in str(failed.value)
