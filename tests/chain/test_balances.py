from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import ChainError
from tao_lab.chain.genesis import Genesis
from tests.chain.conftest import TAO, account, free, key, run

PEOPLE = ["alice", "bob", "carol", "dave"]
DEPOSIT = 500


def failure(events: list[tuple[str, Any]]) -> Any:
    return dict(events)["System.ExtrinsicFailed"]["dispatch_error"]


def fee(events: list[tuple[str, Any]]) -> int:
    return int(dict(events)["TransactionPayment.TransactionFeePaid"]["actual_fee"])


def test_a_transfer_reports_what_a_real_one_reports_and_in_that_order(chain: Chain) -> None:
    events = run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("carol"), value=TAO)
    assert [name for name, _ in events] == [
        "Balances.Withdraw",
        "System.NewAccount",
        "Balances.Endowed",
        "Balances.Transfer",
        "TransactionPayment.TransactionFeePaid",
        "System.ExtrinsicSuccess",
    ]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("transfer_keep_alive", 1_000 * TAO, {"Token": "FundsUnavailable"}),
        ("transfer_allow_death", (1 << 64) - 1, {"Token": "FundsUnavailable"}),
        ("transfer_keep_alive", 499, {"Token": "BelowMinimum"}),
    ],
)
def test_a_transfer_that_cannot_be_is_in_the_block_with_its_error_and_costs_the_fee(
    chain: Chain, name: str, value: int, error: dict[str, str]
) -> None:
    before = free(chain, "alice")
    events = run(chain, "alice", "Balances", name, dest=account("carol"), value=value)
    assert failure(events) == error
    assert free(chain, "alice") == before - fee(events)
    assert not chain.state.exists("System", "Account", account("carol"))


def rest_after_fee(chain: Chain, name: str) -> int:
    """What bob has left to send after the fee of such a transfer."""
    args = {"dest": account("alice"), "value": free(chain, "bob")}
    return free(chain, "bob") - 2 * fee(run(chain, "bob", "Balances", name, **args))


def test_keep_alive_keeps_the_existential_deposit(chain: Chain) -> None:
    rest = rest_after_fee(chain, "transfer_keep_alive")
    args = {"dest": account("alice"), "value": rest - DEPOSIT + 1}
    assert failure(run(chain, "bob", "Balances", "transfer_keep_alive", **args)) == {"Token": "NotExpendable"}


def test_allow_death_removes_the_account_and_burns_the_dust(chain: Chain) -> None:
    rest = rest_after_fee(chain, "transfer_allow_death")
    issuance = chain.state.get("Balances", "TotalIssuance")
    events = dict(run(chain, "bob", "Balances", "transfer_allow_death", dest=account("alice"), value=rest - 20))
    assert events["System.KilledAccount"] == {"account": account("bob")}
    dust = events["Balances.DustLost"]["amount"]
    assert 0 < dust < DEPOSIT
    assert chain.state.get("Balances", "TotalIssuance") == issuance - dust - fee(list(events.items()))
    assert not chain.state.exists("System", "Account", account("bob"))


def test_transfer_all_leaves_nothing_or_the_deposit(chain: Chain) -> None:
    run(chain, "alice", "Balances", "transfer_all", dest=account("carol"), keep_alive=True)
    assert free(chain, "alice") == DEPOSIT
    run(chain, "bob", "Balances", "transfer_all", dest=account("carol"), keep_alive=False)
    assert not chain.state.exists("System", "Account", account("bob"))


def test_a_transfer_to_oneself_costs_the_fee_and_nothing_else(chain: Chain) -> None:
    before = free(chain, "alice")
    events = run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("alice"), value=TAO)
    assert free(chain, "alice") == before - fee(events)


def test_burning_lowers_the_issuance(chain: Chain) -> None:
    before = chain.state.get("Balances", "TotalIssuance")
    events = run(chain, "alice", "Balances", "burn", value=3 * TAO, keep_alive=True)
    assert chain.state.get("Balances", "TotalIssuance") == before - 3 * TAO - fee(events)


def test_an_overflowing_issuance_is_refused() -> None:
    most = (1 << 64) - 1
    chain = Chain(None, Genesis(balances={account("alice"): most - 10 * TAO, account("sudo"): TAO}))
    call = chain.compose("Balances", "force_set_balance", {"who": account("carol"), "new_free": most})
    result = dict(run(chain, "sudo", "Sudo", "sudo", call=call))["Sudo.Sudid"]["sudo_result"]
    assert result == {"Err": {"Arithmetic": "Overflow"}}
    assert free(chain, "carol") == 0


class Economy(RuleBasedStateMachine):
    """Any sequence of calls keeps the books: issuance is the sum of balances, and nobody is below zero or dust."""

    def __init__(self) -> None:
        super().__init__()
        balances = {account(name): 10 * TAO for name in PEOPLE[:3]} | {account("sudo"): TAO}
        self.chain = Chain(None, Genesis(balances=balances, sudo=account("sudo")))

    def attempt(self, who: str, name: str, args: dict[str, Any]) -> None:
        try:
            self.chain.submit(self.chain.sign(key(who), "Balances", name, args))
        except ChainError:
            return
        self.chain.produce_block()
        assert self.chain.refused == ()

    @rule(
        who=st.sampled_from(PEOPLE),
        dest=st.sampled_from(PEOPLE),
        value=st.one_of(st.integers(0, 2_000), st.integers(0, 12 * TAO)),
        name=st.sampled_from(["transfer_keep_alive", "transfer_allow_death"]),
    )
    def transfer(self, who: str, dest: str, value: int, name: str) -> None:
        self.attempt(who, name, {"dest": account(dest), "value": value})

    @rule(who=st.sampled_from(PEOPLE), dest=st.sampled_from(PEOPLE), keep_alive=st.booleans())
    def transfer_all(self, who: str, dest: str, keep_alive: bool) -> None:
        self.attempt(who, "transfer_all", {"dest": account(dest), "keep_alive": keep_alive})

    @rule(who=st.sampled_from(PEOPLE), value=st.integers(0, 12 * TAO), keep_alive=st.booleans())
    def burn(self, who: str, value: int, keep_alive: bool) -> None:
        self.attempt(who, "burn", {"value": value, "keep_alive": keep_alive})

    @rule(who=st.sampled_from(PEOPLE), value=st.one_of(st.integers(0, 2_000), st.integers(0, 20 * TAO)))
    def set_balance(self, who: str, value: int) -> None:
        call = self.chain.compose("Balances", "force_set_balance", {"who": account(who), "new_free": value})
        self.chain.submit(self.chain.sign(key("sudo"), "Sudo", "sudo", {"call": call}))
        self.chain.produce_block()

    @invariant()
    def issuance_is_the_sum_of_balances(self) -> None:
        accounts = self.chain.state.entries("System", "Account")
        balances = [info["data"]["free"] + info["data"]["reserved"] for _, info in accounts]
        assert sum(balances) == self.chain.state.get("Balances", "TotalIssuance")
        assert all(balance == 0 or balance >= DEPOSIT for balance in balances)

    def teardown(self) -> None:
        assert self.chain.verify() is None


Economy.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestEconomy = Economy.TestCase
