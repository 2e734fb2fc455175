from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.dispatch import Call
from tao_lab.chain.proxy_types import FILTERS, is_superset
from tests.chain.conftest import TAO, account, free, key, run

ALICE, BOB, CAROL = account("alice"), account("bob"), account("carol")
DEPOSIT = 93_000_000  # one proxy: 0.06 + 0.033 TAO
FEE_PAID = "TransactionFeePaid"


def give(chain: Chain, kind: str = "Any", delay: int = 0) -> None:
    run(chain, "alice", "Proxy", "add_proxy", delegate=BOB, proxy_type=kind, delay=delay)


def transfer(chain: Chain, value: int = TAO) -> bytes:
    return chain.compose("Balances", "transfer_keep_alive", {"dest": CAROL, "value": value})


def error_name(chain: Chain, events: list[tuple[str, Any]]) -> str:
    found = dict(events)
    if "System.ExtrinsicFailed" in found:
        value = found["System.ExtrinsicFailed"]["dispatch_error"]
    else:
        value = found["Proxy.ProxyExecuted"]["result"]["Err"]
    error = chain.runtime.read_dispatch_error(value)
    return error.name or error.pallet


def reserved(chain: Chain, who: str) -> int:
    return int(chain.state.get("System", "Account", who)["data"]["reserved"])


def test_a_proxy_acts_for_another_account(chain: Chain) -> None:
    give(chain)
    before = free(chain, "alice")
    events = run(chain, "bob", "Proxy", "proxy", real=ALICE, force_proxy_type=None, call=transfer(chain))
    assert dict(events)["Proxy.ProxyExecuted"] == {"result": {"Ok": ()}}
    assert free(chain, "carol") == TAO
    assert free(chain, "alice") == before - TAO
    assert reserved(chain, ALICE) == DEPOSIT


def test_nobody_acts_for_another_without_leave(chain: Chain) -> None:
    events = run(chain, "bob", "Proxy", "proxy", real=ALICE, force_proxy_type=None, call=transfer(chain))
    assert error_name(chain, events) == "NotProxy"
    assert free(chain, "carol") == 0


@pytest.mark.parametrize(
    ("kind", "value", "allowed"),
    [
        ("Any", TAO, True),
        ("Transfer", TAO, True),
        ("SmallTransfer", TAO // 2 - 1, True),
        ("SmallTransfer", TAO // 2, False),
        ("NonTransfer", 1_000, False),
        ("Staking", 1_000, False),
        ("Senate", 1_000, False),
        ("BasketTrading", 1_000, False),
    ],
)
def test_the_kind_of_a_proxy_says_what_it_may_call(chain: Chain, kind: str, value: int, allowed: bool) -> None:
    give(chain, kind)
    events = run(chain, "bob", "Proxy", "proxy", real=ALICE, force_proxy_type=None, call=transfer(chain, value))
    if allowed:
        assert free(chain, "carol") == value
    else:
        assert error_name(chain, events) == "CallFiltered"
        assert free(chain, "carol") == 0


def test_a_batch_does_not_get_around_the_filter(chain: Chain) -> None:
    give(chain, "NonTransfer")
    batch = chain.compose("Utility", "batch_all", {"calls": [transfer(chain)]})
    events = run(chain, "bob", "Proxy", "proxy", real=ALICE, force_proxy_type=None, call=batch)
    assert error_name(chain, events) == "CallFiltered"
    assert free(chain, "carol") == 0


def test_a_proxy_makes_no_proxy_stronger_than_itself(chain: Chain) -> None:
    give(chain, "NonTransfer")
    for kind, allowed in (("Any", False), ("Transfer", False), ("Staking", True)):
        more = chain.compose("Proxy", "add_proxy", {"delegate": CAROL, "proxy_type": kind, "delay": 0})
        run(chain, "bob", "Proxy", "proxy", real=ALICE, force_proxy_type=None, call=more)
        kinds = [one["proxy_type"] for one in chain.state.get("Proxy", "Proxies", ALICE)[0]]
        assert (kind in kinds) == allowed


def test_every_kind_of_the_metadata_has_its_filter(chain: Chain) -> None:
    kinds = chain.runtime.variants("subtensor_runtime_common", "proxy", "ProxyType")
    assert set(FILTERS) == set(kinds)
    known = {(pallet, call["name"]) for pallet, found in chain.runtime.pallets.items() for call in found["calls"]}
    named = {call for allowed in FILTERS.values() for call in allowed.calls if call[1] != "*"}
    assert named - known <= {("SubtensorModule", "pow_register")}  # since spec 475
    assert all(is_superset(kind, kind) and is_superset("Any", kind) for kind in kinds)
    assert FILTERS["Owner"].allows(Call("AdminUtils", "sudo_set_rho", {}))
    assert not FILTERS["Owner"].allows(Call("AdminUtils", "sudo_set_kappa", {}))  # root's
    assert not FILTERS["Owner"].allows(Call("AdminUtils", "sudo_set_sn_owner_hotkey", {}))


def test_a_proxy_is_taken_back_with_its_deposit(chain: Chain) -> None:
    give(chain)
    events = run(chain, "alice", "Proxy", "add_proxy", delegate=BOB, proxy_type="Any", delay=0)
    assert error_name(chain, events) == "Duplicate"
    run(chain, "alice", "Proxy", "remove_proxy", delegate=BOB, proxy_type="Any", delay=0)
    assert reserved(chain, ALICE) == 0
    assert not chain.state.exists("Proxy", "Proxies", ALICE)
    events = run(chain, "alice", "Proxy", "remove_proxy", delegate=BOB, proxy_type="Any", delay=0)
    assert error_name(chain, events) == "NotFound"


def test_there_are_at_most_twenty_proxies_and_none_for_oneself(chain: Chain) -> None:
    for number in range(20):
        args = {"delegate": account(f"p{number}"), "proxy_type": "Any", "delay": 0}
        chain.submit(chain.sign(key("alice"), "Proxy", "add_proxy", args))
    chain.produce_block()
    assert reserved(chain, ALICE) == 60_000_000 + 20 * 33_000_000
    events = run(chain, "alice", "Proxy", "add_proxy", delegate=BOB, proxy_type="Any", delay=0)
    assert error_name(chain, events) == "TooMany"
    events = run(chain, "bob", "Proxy", "add_proxy", delegate=BOB, proxy_type="Any", delay=0)
    assert error_name(chain, events) == "NoSelfProxy"
    run(chain, "alice", "Proxy", "remove_proxies")
    assert reserved(chain, ALICE) == 0


def test_who_cannot_pay_the_deposit_gets_no_proxy(chain: Chain) -> None:
    run(chain, "alice", "Balances", "transfer_keep_alive", dest=CAROL, value=DEPOSIT)
    events = run(chain, "carol", "Proxy", "add_proxy", delegate=BOB, proxy_type="Any", delay=0)
    assert error_name(chain, events) == "InsufficientBalance"


def test_a_delayed_proxy_waits_after_it_announced(chain: Chain) -> None:
    give(chain, delay=3)
    inner = transfer(chain)
    args = {"real": ALICE, "force_proxy_type": None, "call": inner}
    assert error_name(chain, run(chain, "bob", "Proxy", "proxy", **args)) == "Unannounced"
    name = chain.runtime.core.decode_call(inner)["call_hash"]
    run(chain, "bob", "Proxy", "announce", real=ALICE, call_hash=name)
    assert reserved(chain, BOB) == 36_000_000 + 68_000_000
    announced = chain.head.number
    events = run(chain, "carol" if free(chain, "carol") else "bob", "Proxy", "proxy_announced", delegate=BOB, **args)
    assert error_name(chain, events) == "Unannounced"
    while chain.head.number < announced + 2:
        chain.produce_block()
    run(chain, "bob", "Proxy", "proxy_announced", delegate=BOB, **args)
    assert free(chain, "carol") == TAO
    assert reserved(chain, BOB) == 0


def test_the_real_account_rejects_an_announcement(chain: Chain) -> None:
    give(chain, delay=1)
    inner = transfer(chain)
    name = chain.runtime.core.decode_call(inner)["call_hash"]
    run(chain, "bob", "Proxy", "announce", real=ALICE, call_hash=name)
    run(chain, "alice", "Proxy", "reject_announcement", delegate=BOB, call_hash=name)
    args = {"real": ALICE, "force_proxy_type": None, "call": inner}
    assert error_name(chain, run(chain, "bob", "Proxy", "proxy_announced", delegate=BOB, **args)) == "Unannounced"
    assert reserved(chain, BOB) == 0


def test_an_account_without_a_key_belongs_to_its_maker(chain: Chain) -> None:
    made = dict(run(chain, "alice", "Proxy", "create_pure", proxy_type="Any", delay=0, index=0))["Proxy.PureCreated"]
    pure, height = made["pure"], chain.head.number
    run(chain, "bob", "Balances", "transfer_keep_alive", dest=pure, value=10 * TAO)
    run(chain, "alice", "Proxy", "proxy", real=pure, force_proxy_type=None, call=transfer(chain))
    assert free(chain, "carol") == TAO
    kill = {"spawner": ALICE, "proxy_type": "Any", "index": 0, "height": height, "ext_index": 1}
    inner = chain.compose("Proxy", "kill_pure", kill)
    run(chain, "alice", "Proxy", "proxy", real=pure, force_proxy_type=None, call=inner)
    assert not chain.state.exists("Proxy", "Proxies", pure)
    assert reserved(chain, ALICE) == 0


def test_the_real_account_pays_the_fees_it_agreed_to_pay(chain: Chain) -> None:
    give(chain)
    args = {"real": ALICE, "force_proxy_type": None, "call": chain.compose("System", "remark", {"remark": "x"})}

    def payer() -> str:
        paid = dict(run(chain, "bob", "Proxy", "proxy", **args))["TransactionPayment.TransactionFeePaid"]
        return str(paid["who"])

    assert payer() == BOB
    run(chain, "alice", "Proxy", "set_real_pays_fee", delegate=BOB, pays_fee=True)
    assert payer() == ALICE
    run(chain, "alice", "Proxy", "set_real_pays_fee", delegate=BOB, pays_fee=False)
    assert payer() == BOB


@pytest.mark.parametrize(("kind", "moved"), [("Any", True), ("NonTransfer", False)])
def test_a_proxy_of_a_proxy_may_do_what_both_may(chain: Chain, kind: str, moved: bool) -> None:
    """`do_proxy` since spec 453 (pull request 3138): bob acts for alice, and she may do anything for carol."""
    run(chain, "alice", "Balances", "transfer_keep_alive", dest=CAROL, value=10 * TAO)
    run(chain, "carol", "Proxy", "add_proxy", delegate=ALICE, proxy_type="Any", delay=0)
    give(chain, kind)
    dave = account("dave")
    value = {"dest": dave, "value": TAO}
    for_carol = {"real": CAROL, "force_proxy_type": None, "call": {"Balances": {"transfer_keep_alive": value}}}
    run(chain, "bob", "Proxy", "proxy", real=ALICE, force_proxy_type=None, call={"Proxy": {"proxy": for_carol}})
    assert (free(chain, "dave") == TAO) is moved


@pytest.mark.parametrize("agreed", [True, False])
def test_the_real_account_pays_no_tip_that_another_has_chosen(chain: Chain, agreed: bool) -> None:
    """`transaction_payment_wrapper.rs` since spec 463 (pull request 3176 of RaoFoundation/subtensor)."""
    give(chain)
    run(chain, "alice", "Proxy", "set_real_pays_fee", delegate=BOB, pays_fee=agreed)
    before = {name: free(chain, name) for name in ("alice", "bob")}
    args = {"real": ALICE, "force_proxy_type": None, "call": chain.compose("System", "remark", {"remark": "x"})}
    chain.submit(chain.sign(key("bob"), "Proxy", "proxy", args, tip=TAO))
    chain.produce_block()
    (paid,) = (event["attributes"] for event in chain.events(chain.head.number) if event["event_id"] == FEE_PAID)
    spent = {name: rao - free(chain, name) for name, rao in before.items()}
    assert (paid["who"], paid["tip"]) == ((ALICE, 0) if agreed else (BOB, TAO))
    assert spent == {"alice": paid["actual_fee"] if agreed else 0, "bob": 0 if agreed else paid["actual_fee"]}
    assert (paid["actual_fee"] > TAO) is not agreed


def test_results_are_kept_to_the_end_of_the_block_only(chain: Chain) -> None:
    give(chain)
    run(chain, "bob", "Proxy", "proxy", real=ALICE, force_proxy_type=None, call=transfer(chain))
    assert chain.state.entries("Proxy", "LastCallResult") == []
