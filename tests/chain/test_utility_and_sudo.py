import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import InvalidTransaction
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
