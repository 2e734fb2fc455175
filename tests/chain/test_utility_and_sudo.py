from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.chain.pallets.utility import derivative_account
from tests.chain.conftest import TAO, account, free, key, run


def calls(chain: Chain) -> list[bytes]:
    """A transfer that works, one that does not, and one that works."""
    values = (TAO, 10_000 * TAO, 2 * TAO)
    return [
        chain.compose("Balances", "transfer_keep_alive", {"dest": account("carol"), "value": value}) for value in values
    ]


@pytest.mark.parametrize(
    ("name", "received", "last"),
    [
        ("batch", TAO, "Utility.BatchInterrupted"),
        ("batch_all", 0, "System.ExtrinsicFailed"),
        ("force_batch", 3 * TAO, "Utility.BatchCompletedWithErrors"),
    ],
)
def test_the_three_batches_differ_in_what_a_failure_leaves(chain: Chain, name: str, received: int, last: str) -> None:
    names = [event for event, _ in run(chain, "alice", "Utility", name, calls=calls(chain))]
    assert free(chain, "carol") == received
    assert last in names
    assert names.count("Balances.Transfer") == received // TAO - (1 if received > TAO else 0)


@pytest.mark.parametrize("name", ["batch", "batch_all", "force_batch"])
def test_a_batch_in_a_batch_is_filtered(chain: Chain, name: str) -> None:
    inner = chain.compose("Utility", "batch", {"calls": calls(chain)[:1]})
    failed = dict(run(chain, "alice", "Utility", name, calls=[inner]))["System.ExtrinsicFailed"]
    assert failed["dispatch_error"] == {"Module": {"index": 0, "error": "0x05000000"}}
    assert chain.runtime.read_dispatch_error(failed["dispatch_error"]).name == "CallFiltered"
    assert free(chain, "carol") == 0


def test_a_batch_costs_the_weight_of_its_calls(chain: Chain) -> None:
    def fee(count: int) -> int:
        paid = dict(run(chain, "alice", "Utility", "batch", calls=calls(chain)[:1] * count))
        return int(paid["TransactionPayment.TransactionFeePaid"]["actual_fee"])

    one, two, three = fee(1), fee(2), fee(3)
    assert one < two < three
    assert abs((three - two) - (two - one)) <= 1


def test_a_batch_beyond_the_limit_is_refused(chain: Chain) -> None:
    limit = chain.runtime.constant("Utility", "batched_calls_limit")
    remark = chain.compose("System", "remark", {"remark": ""})
    failed = dict(run(chain, "alice", "Utility", "batch", calls=[remark] * (limit + 1)))["System.ExtrinsicFailed"]
    assert chain.runtime.read_dispatch_error(failed["dispatch_error"]).name == "TooManyCalls"


def fund_sudo(chain: Chain) -> None:
    run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("sudo"), value=TAO)


def test_sudo_calls_as_root_and_is_free(chain: Chain) -> None:
    fund_sudo(chain)
    call = chain.compose("Balances", "force_set_balance", {"who": account("carol"), "new_free": 7 * TAO})
    events = dict(run(chain, "sudo", "Sudo", "sudo", call=call))
    assert events["Sudo.Sudid"] == {"sudo_result": {"Ok": ()}}
    assert free(chain, "carol") == 7 * TAO
    assert free(chain, "sudo") == TAO


def test_a_failed_call_under_sudo_is_told_by_the_event_and_undone(chain: Chain) -> None:
    fund_sudo(chain)
    transfer = {"source": account("bob"), "dest": account("carol"), "value": 1_000 * TAO}
    events = dict(run(chain, "sudo", "Sudo", "sudo", call=chain.compose("Balances", "force_transfer", transfer)))
    assert events["Sudo.Sudid"] == {"sudo_result": {"Err": {"Token": "FundsUnavailable"}}}
    assert "System.ExtrinsicSuccess" in events
    assert free(chain, "bob") == 100 * TAO


def test_only_the_key_gets_a_sudo_call_into_the_pool(chain: Chain) -> None:
    call = chain.compose("System", "remark", {"remark": "x"})
    with pytest.raises(InvalidTransaction, match="BadSigner"):
        chain.submit(chain.sign(key("alice"), "Sudo", "sudo", {"call": call}))


def test_the_key_can_be_handed_on(chain: Chain) -> None:
    fund_sudo(chain)
    run(chain, "sudo", "Sudo", "set_key", new=account("alice"))
    call = chain.compose("System", "remark", {"remark": "x"})
    assert "Sudo.Sudid" in dict(run(chain, "alice", "Sudo", "sudo", call=call))
    with pytest.raises(InvalidTransaction, match="BadSigner"):
        chain.submit(chain.sign(key("sudo"), "Sudo", "sudo", {"call": call}))


@pytest.mark.parametrize(
    ("pallet", "name", "args"),
    [
        ("Balances", "force_set_balance", {"who": account("bob"), "new_free": 5}),
        ("System", "set_storage", {"items": [("0x00", "0x00")]}),
    ],
)
def test_a_signed_call_is_not_a_root_call(chain: Chain, pallet: str, name: str, args: dict[str, object]) -> None:
    events = dict(run(chain, "alice", pallet, name, **args))
    assert events["System.ExtrinsicFailed"]["dispatch_error"] == "BadOrigin"


# --- calls of other accounts, and one for another ------------------------------------------------------------------


def as_root(chain: Chain, pallet: str, name: str, **args: Any) -> list[tuple[str, Any]]:
    return run(chain, "sudo", "Sudo", "sudo", call=chain.compose(pallet, name, args))


def payment(chain: Chain, tao: int = 1) -> bytes:
    return chain.compose("Balances", "transfer_keep_alive", {"dest": account("carol"), "value": tao * TAO})


def test_a_derivative_account_spends_what_it_has(chain: Chain) -> None:
    derivative = derivative_account(account("alice"), 7)
    assert derivative != derivative_account(account("alice"), 8) != derivative_account(account("bob"), 7)
    run(chain, "bob", "Balances", "transfer_keep_alive", dest=derivative, value=2 * TAO)
    before = free(chain, "alice")
    names = [name for name, _ in run(chain, "alice", "Utility", "as_derivative", index=7, call=payment(chain))]
    assert "System.ExtrinsicSuccess" in names
    assert free(chain, "carol") == TAO
    assert before - free(chain, "alice") < TAO // 100  # the fee
    failed = dict(run(chain, "alice", "Utility", "as_derivative", index=8, call=payment(chain)))
    assert "System.ExtrinsicFailed" in failed
    assert free(chain, "carol") == TAO


@pytest.mark.parametrize(
    ("main", "fallback", "event", "received"),
    [
        (1, 2, "Utility.IfElseMainSuccess", 1),
        (10_000, 2, "Utility.IfElseFallbackCalled", 2),
        (10_000, 20_000, "System.ExtrinsicFailed", 0),
    ],
)
def test_a_fallback_is_for_a_call_that_fails(chain: Chain, main: int, fallback: int, event: str, received: int) -> None:
    args = {"main": payment(chain, main), "fallback": payment(chain, fallback)}
    assert event in dict(run(chain, "alice", "Utility", "if_else", **args))
    assert free(chain, "carol") == received * TAO


@pytest.mark.parametrize("name", ["dispatch_as", "dispatch_as_fallible"])
def test_root_calls_as_anybody(chain: Chain, name: str) -> None:
    fund_sudo(chain)
    alice = {"system": {"Signed": account("alice")}}
    done = dict(as_root(chain, "Utility", name, as_origin=alice, call=payment(chain)))
    assert done["Utility.DispatchedAs"]["result"] == {"Ok": ()}
    assert free(chain, "carol") == TAO
    refused = dict(as_root(chain, "Utility", name, as_origin=alice, call=payment(chain, 10_000)))
    assert ("Err" in refused["Sudo.Sudid"]["sudo_result"]) == (name == "dispatch_as_fallible")
    assert free(chain, "carol") == TAO
    everyone = dict(run(chain, "alice", "Utility", name, as_origin={"system": "Root"}, call=payment(chain)))
    assert everyone["System.ExtrinsicFailed"]["dispatch_error"] == "BadOrigin"


def test_nobody_is_root_once_the_key_is_given_up(chain: Chain) -> None:
    fund_sudo(chain)
    assert "Sudo.KeyRemoved" in dict(run(chain, "sudo", "Sudo", "remove_key"))
    assert chain.state.get("Sudo", "Key") is None
    with pytest.raises(InvalidTransaction, match="BadSigner"):
        as_root(chain, "System", "remark", remark="")


def test_root_corrects_the_issuance(chain: Chain) -> None:
    fund_sudo(chain)
    before = chain.state.get("Balances", "TotalIssuance")
    args: dict[str, Any] = {"direction": "Increase", "delta": 5}
    done = dict(as_root(chain, "Balances", "force_adjust_total_issuance", **args))
    assert done["Balances.TotalIssuanceForced"] == {"old": before, "new": before + 5}
    as_root(chain, "Balances", "force_adjust_total_issuance", direction="Decrease", delta=5)
    assert chain.state.get("Balances", "TotalIssuance") == before
    zero = dict(as_root(chain, "Balances", "force_adjust_total_issuance", **{**args, "delta": 0}))
    assert "Err" in zero["Sudo.Sudid"]["sudo_result"]


def test_root_removes_storage_below_a_prefix(chain: Chain) -> None:
    fund_sudo(chain)
    items = [("0x" + (b"lab" + bytes([number])).hex(), "0x01") for number in range(3)]
    as_root(chain, "System", "set_storage", items=items)
    as_root(chain, "System", "kill_prefix", prefix="lab", subkeys=2)
    assert list(chain.state.raw.keys(b"lab")) == [b"lab\x02"]
