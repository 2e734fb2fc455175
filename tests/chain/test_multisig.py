from typing import Any

import pytest
from bittensor_core import multisig_account_id, ss58_encode

from tao_lab.chain.chain import Chain
from tests.chain.conftest import TAO, account, free, key, run

PEOPLE = ["alice", "bob", "faucet"]
WEIGHT = {"ref_time": 10**10, "proof_size": 10**6}
DEPOSIT = 132_000_000 + 2 * 32_000_000


def others(who: str) -> list[str]:
    rest = sorted((key(name).public_key, account(name)) for name in PEOPLE if name != who)
    return [address for _, address in rest]


@pytest.fixture
def group(chain: Chain) -> str:
    """Two of alice, bob and the faucet, with 10 TAO."""
    raw, _ = multisig_account_id([key(name).public_key for name in PEOPLE], 2)
    address = str(ss58_encode(bytes(raw), 42))
    run(chain, "faucet", "Balances", "transfer_keep_alive", dest=address, value=10 * TAO)
    return address


def agree(chain: Chain, who: str, timepoint: Any, weight: Any = None, threshold: int = 2) -> list[tuple[str, Any]]:
    inner = chain.compose("Balances", "transfer_keep_alive", {"dest": account("carol"), "value": TAO})
    args = {"other_signatories": others(who), "threshold": threshold, "maybe_timepoint": timepoint, "call": inner}
    return run(chain, who, "Multisig", "as_multi", **args, max_weight=weight or WEIGHT)


def error_name(chain: Chain, events: list[tuple[str, Any]]) -> str:
    return chain.runtime.read_dispatch_error(dict(events)["System.ExtrinsicFailed"]["dispatch_error"]).name


def reserved(chain: Chain, name: str) -> int:
    return int(chain.state.get("System", "Account", account(name))["data"]["reserved"])


def test_the_second_of_two_carries_the_call_out(chain: Chain, group: str) -> None:
    opened = dict(agree(chain, "alice", None))["Multisig.NewMultisig"]
    assert opened["multisig"] == group
    assert reserved(chain, "alice") == DEPOSIT
    assert free(chain, "carol") == 0
    when = {"height": chain.head.number, "index": 1}
    executed = dict(agree(chain, "bob", when))["Multisig.MultisigExecuted"]
    assert executed["result"] == {"Ok": ()}
    assert free(chain, "carol") == TAO
    assert reserved(chain, "alice") == 0
    assert chain.state.entries("Multisig", "Multisigs") == []


def test_an_agreement_by_hash_counts_but_carries_nothing_out(chain: Chain, group: str) -> None:
    agree(chain, "alice", None)
    when = {"height": chain.head.number, "index": 1}
    inner = chain.compose("Balances", "transfer_keep_alive", {"dest": account("carol"), "value": TAO})
    name = chain.runtime.core.decode_call(inner)["call_hash"]
    args = {"threshold": 2, "other_signatories": others("bob"), "maybe_timepoint": when, "call_hash": name}
    events = run(chain, "bob", "Multisig", "approve_as_multi", **args, max_weight=WEIGHT)
    assert "Multisig.MultisigApproval" in dict(events)
    assert free(chain, "carol") == 0
    agree(chain, "faucet", when)
    assert free(chain, "carol") == TAO


def test_what_does_not_fit_the_open_matter_is_refused(chain: Chain, group: str) -> None:
    assert error_name(chain, agree(chain, "alice", {"height": 1, "index": 1})) == "UnexpectedTimepoint"
    agree(chain, "alice", None)
    when = {"height": chain.head.number, "index": 1}
    assert error_name(chain, agree(chain, "bob", None)) == "NoTimepoint"
    assert error_name(chain, agree(chain, "bob", {"height": 1, "index": 9})) == "WrongTimepoint"
    assert error_name(chain, agree(chain, "alice", when)) == "AlreadyApproved"
    assert error_name(chain, agree(chain, "bob", when, {"ref_time": 1, "proof_size": 1})) == "MaxWeightTooLow"
    assert error_name(chain, agree(chain, "bob", when, threshold=1)) == "MinimumThreshold"
    assert free(chain, "carol") == 0


@pytest.mark.parametrize(
    ("list_of_others", "name"),
    [
        ([], "TooFewSignatories"),
        (list(reversed(others("alice"))), "SignatoriesOutOfOrder"),
        (others("bob"), "SenderInSignatories"),
    ],
)
def test_the_list_of_the_others_must_be_in_order_and_without_oneself(
    chain: Chain, list_of_others: list[str], name: str
) -> None:
    inner = chain.compose("System", "remark", {"remark": "x"})
    args = {"threshold": 2, "other_signatories": list_of_others, "maybe_timepoint": None, "call": inner}
    assert error_name(chain, run(chain, "alice", "Multisig", "as_multi", **args, max_weight=WEIGHT)) == name


def test_only_who_opened_a_matter_closes_it(chain: Chain, group: str) -> None:
    agree(chain, "alice", None)
    when = {"height": chain.head.number, "index": 1}
    [((_, name), _)] = chain.state.entries("Multisig", "Multisigs")

    def cancel(who: str) -> list[tuple[str, Any]]:
        args = {"threshold": 2, "other_signatories": others(who), "timepoint": when, "call_hash": name}
        return run(chain, who, "Multisig", "cancel_as_multi", **args)

    assert error_name(chain, cancel("bob")) == "NotOwner"
    assert "Multisig.MultisigCancelled" in dict(cancel("alice"))
    assert reserved(chain, "alice") == 0
    assert error_name(chain, cancel("alice")) == "NotFound"


def test_any_one_of_a_group_of_threshold_one_decides(chain: Chain) -> None:
    raw, _ = multisig_account_id([key(name).public_key for name in PEOPLE], 1)
    run(chain, "faucet", "Balances", "transfer_keep_alive", dest=ss58_encode(bytes(raw), 42), value=5 * TAO)
    inner = chain.compose("Balances", "transfer_keep_alive", {"dest": account("carol"), "value": TAO})
    run(chain, "bob", "Multisig", "as_multi_threshold_1", other_signatories=others("bob"), call=inner)
    assert free(chain, "carol") == TAO


def test_the_deposit_is_what_it_was(chain: Chain, group: str) -> None:
    opened = dict(agree(chain, "alice", None))["Multisig.NewMultisig"]
    args = {"threshold": 2, "call_hash": opened["call_hash"]}
    assert "System.ExtrinsicSuccess" in dict(
        run(chain, "alice", "Multisig", "poke_deposit", other_signatories=others("alice"), **args)
    )
    assert reserved(chain, "alice") == DEPOSIT
    done = run(chain, "bob", "Multisig", "poke_deposit", other_signatories=others("bob"), **args)
    assert error_name(chain, done) == "NotOwner"
    other = {**args, "call_hash": "0x" + "00" * 32}
    done = run(chain, "bob", "Multisig", "poke_deposit", other_signatories=others("bob"), **other)
    assert error_name(chain, done) == "NotFound"
