"""Leased subnets. Numbers from `pallets/subtensor/src/tests/leasing.rs`."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.fee_weights import billed_weight
from tao_lab.chain.pallets.subtensor.distribution import pay_owner_cut
from tao_lab.chain.pallets.subtensor.lease_dividends import distribute_dividends
from tao_lab.chain.pallets.subtensor.leasing import lease_account
from tao_lab.chain.pallets.subtensor.lookups import all_netuids
from tao_lab.chain.pallets.subtensor.stake import increase_stake, stake_of_coldkey
from tao_lab.chain.pallets.transaction_payment import fee_parts
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import (
    MODULE,
    assert_no_rao_lost,
    do,
    events,
    free_rao,
    fund,
    new_subnet,
    refused,
    set_hyper,
)

RAISED = 1_200 * TAO
END = 1_000


def crowdloan(ctx: Context, who: str, name: str, /, **args: Any) -> None:
    ctx.dispatch(signed(account(who)), Call("Crowdloan", name, args))


def raise_money(ctx: Context, end_block: int | None = END) -> None:
    """Alice raises 1,200 TAO for the lease of a subnet with 30 per cent: 300 of them from bob and 600 from carol."""
    for person in ("alice", "bob", "carol"):
        fund(ctx, person, 1_000 * TAO)
    inner = ctx.runtime.core.compose_call(
        MODULE, "register_leased_network", {"emissions_share": 30, "end_block": end_block}
    )
    terms = {"deposit": 300 * TAO, "min_contribution": TAO, "cap": RAISED, "end": 60_000, "target_address": None}
    crowdloan(ctx, "alice", "create", call=Call.from_decoded(ctx.runtime.core.decode_call(bytes(inner))), **terms)
    crowdloan(ctx, "bob", "contribute", crowdloan_id=0, amount=300 * TAO)
    crowdloan(ctx, "carol", "contribute", crowdloan_id=0, amount=600 * TAO)


def lease(ctx: Context, end_block: int | None = END) -> None:
    """Alice leases a subnet with what she raised."""
    raise_money(ctx, end_block)
    crowdloan(ctx, "alice", "finalize", crowdloan_id=0)


@pytest.fixture
def leased(bare: Context) -> Context:
    lease(bare)
    return bare


def test_a_leased_subnet_cannot_wait_for_a_number(bare: Context) -> None:
    """The lease needs the netuid at once, so that on a full network the money stays in the crowdloan."""
    raise_money(bare)
    new_subnet(bare, "owner")
    bare.state.put(MODULE, "SubnetLimit", 1)
    bare.state.put(MODULE, "NetworkImmunityPeriod", 0)
    bare.state.put(MODULE, "NetworkLastLockCost", 500 * TAO)
    with pytest.raises(DispatchError, match="LeaseNetuidNotFound"):
        crowdloan(bare, "alice", "finalize", crowdloan_id=0)
    assert all_netuids(bare.state) == [0, 1]
    assert bare.state.get(MODULE, "NetworkRegistrationQueue") == []
    assert_no_rao_lost(bare)


def test_a_crowdloan_pays_for_a_subnet_that_nobody_has_a_key_to(leased: Context) -> None:
    state, coldkey = leased.state, lease_account(0, "coldkey")
    assert state.get(MODULE, "SubnetOwner", 1) == coldkey
    assert state.get(MODULE, "SubnetOwnerHotkey", 1) == lease_account(0, "hotkey")
    stored = state.get(MODULE, "SubnetLeases", 0)
    assert (stored["beneficiary"], stored["emissions_share"], stored["end_block"]) == (account("alice"), 30, END)
    assert state.get(MODULE, "SubnetUidToLeaseId", 1) == 0
    ((definition,), _deposit) = state.get("Proxy", "Proxies", coldkey)
    assert (definition["delegate"], definition["proxy_type"]) == (account("alice"), "SubnetLeaseBeneficiary")
    shares = {who: share["bits"] / 2**64 for who, share in state.entries(MODULE, "SubnetLeaseShares", 0)}
    assert shares == {account("bob"): 0.25, account("carol"): 0.5}
    assert_no_rao_lost(leased)


def test_what_the_subnet_did_not_cost_goes_back_by_share(leased: Context) -> None:
    left = RAISED - leased.state.get(MODULE, "SubnetLeases", 0)["cost"]
    assert 0 < left < 200 * TAO  # the lock is 1,000, the proxy's deposit a little
    assert free_rao(leased, "bob") == 1_100 * TAO - 300 * TAO + left // 4
    assert free_rao(leased, "carol") == 400 * TAO + left // 2
    assert free_rao(leased, "alice") == 800 * TAO + left - left // 4 - left // 2


def test_a_lease_weighs_what_its_contributors_cost(bare: Context) -> None:
    raise_money(bare)
    bare.state.put("Crowdloan", "CurrentCrowdloanId", 0)  # as `finalize` does, and the source's own tests
    args = {"emissions_share": 30, "end_block": END}
    post = bare.dispatch(signed(account("alice")), Call(MODULE, "register_leased_network", args))
    assert post.weight == weight(301_560_714 + 3 * 26_884_006, reads=41 + 6, writes=55 + 6)  # the creator is the third


def test_a_lease_needs_a_crowdloan_that_is_being_finalized(bare: Context) -> None:
    args = {"emissions_share": 30, "end_block": None}
    assert refused(bare, "alice", "register_leased_network", **args) == "InvalidCrowdloanId"


def test_a_lease_does_not_end_in_the_past(bare: Context) -> None:
    with pytest.raises(Exception, match="LeaseCannotEndInThePast"):
        lease(bare, end_block=10)


def test_the_beneficiary_starts_the_subnet_by_proxy(leased: Context) -> None:
    inner = leased.runtime.core.compose_call(MODULE, "start_call", {"netuid": 1})
    call = Call.from_decoded(leased.runtime.core.decode_call(bytes(inner)))
    args = {"real": lease_account(0, "coldkey"), "force_proxy_type": None, "call": call}
    leased.dispatch(signed(account("alice")), Call("Proxy", "proxy", args))
    assert leased.state.get(MODULE, "SubtokenEnabled", 1)


def test_contributors_get_their_part_of_the_owner_s_cut_every_hundred_blocks(leased: Context) -> None:
    state, hotkey = leased.state, lease_account(0, "hotkey")
    set_hyper(leased, 1, SubtokenEnabled=True)
    increase_stake(leased, hotkey, lease_account(0, "coldkey"), 1, 20 * TAO)
    leased.block = 150
    distribute_dividends(leased, 1, 10 * TAO)
    assert state.get(MODULE, "AccumulatedLeaseDividends", 0) == 3 * TAO
    leased.block = 200
    distribute_dividends(leased, 1, 10 * TAO + 1)
    assert state.get(MODULE, "AccumulatedLeaseDividends", 0) == 0
    due = 6 * TAO + 1
    held = [stake_of_coldkey(state, hotkey, account(person), 1) for person in ("bob", "carol", "alice")]
    expected = [due // 4, due // 2, due - due // 4 - due // 2]  # rounded down; the beneficiary gets the rest
    assert all(abs(have - want) <= 1 for have, want in zip(held, expected, strict=True))
    leased.block = END
    distribute_dividends(leased, 1, 10 * TAO)
    assert state.get(MODULE, "AccumulatedLeaseDividends", 0) == 0


def test_dividends_that_cannot_be_paid_wait(leased: Context) -> None:
    leased.block = 200
    assert distribute_dividends(leased, 1, 10) == 7  # worth less than the smallest stake
    assert leased.state.get(MODULE, "AccumulatedLeaseDividends", 0) == 3
    assert leased.state.entries(MODULE, "SubnetLeaseUnpaidDividends") == []  # not even the beneficiary could be paid


def small_share(ctx: Context) -> tuple[str, int]:
    """Bob has a ten millionth of 6 TAO, which is too little to be paid; returns bob and what he is owed."""
    set_hyper(ctx, 1, SubtokenEnabled=True)
    increase_stake(ctx, lease_account(0, "hotkey"), lease_account(0, "coldkey"), 1, 50_000_000 * TAO)
    ctx.state.put(MODULE, "SubnetLeaseShares", 0, account("bob"), {"bits": (1 << 64) // 10**7})
    ctx.block = 200
    assert distribute_dividends(ctx, 1, 20 * TAO) == 14 * TAO
    return account("bob"), 6 * TAO // 10**7 - 1  # the share itself is rounded down


def test_a_part_that_cannot_be_paid_is_noted_and_holds_nobody_up(leased: Context) -> None:
    """`test_distribute_lease_network_dividends_isolates_unpayable_contributor`."""
    state, hotkey = leased.state, lease_account(0, "hotkey")
    bob, owed = small_share(leased)
    assert state.entries(MODULE, "SubnetLeaseUnpaidDividends", 0) == [(bob, owed)]
    assert {"SubnetLeaseDividendSkipped": {"lease_id": 0, "contributor": bob, "alpha": owed}} in events(leased)
    held = [stake_of_coldkey(state, hotkey, account(person), 1) for person in ("bob", "carol", "alice")]
    assert held == [0, 3 * TAO, 3 * TAO - owed]  # the beneficiary doesn't get bob's part
    assert state.get(MODULE, "AccumulatedLeaseDividends", 0) == 0
    leased.block = 300
    distribute_dividends(leased, 1, 10_000_000 * TAO)
    assert state.entries(MODULE, "SubnetLeaseUnpaidDividends", 0) == []
    assert stake_of_coldkey(state, hotkey, bob, 1) == pytest.approx(owed + 3_000_000 * TAO // 10**7, abs=2)


def test_a_lease_that_owes_something_keeps_its_record_until_it_is_paid(leased: Context) -> None:
    state = leased.state
    bob, owed = small_share(leased)
    do(leased, "alice", "try_associate_hotkey", hotkey=account("alice-hot"))
    leased.block = END
    args = {"lease_id": 0, "hotkey": account("alice-hot")}
    do(leased, "alice", "terminate_lease", **args)
    assert state.entries(MODULE, "SubnetLeaseUnpaidDividends", 0) == [(bob, owed)]
    assert state.get(MODULE, "SubnetUidToLeaseId", 1) == 0
    do(leased, "alice", "terminate_lease", **args)  # once more, and nothing is handed over twice
    state.put(MODULE, "SubnetLeaseUnpaidDividends", 0, bob, TAO)
    assert distribute_dividends(leased, 1, 10 * TAO) == 10 * TAO
    assert stake_of_coldkey(state, lease_account(0, "hotkey"), bob, 1) == pytest.approx(TAO, abs=1)
    items = ("SubnetLeaseUnpaidDividends", "SubnetLeases", "SubnetUidToLeaseId")
    assert [state.entries(MODULE, item) for item in items] == [[], [], []]


def test_the_contributors_part_of_the_owner_s_cut_is_not_locked(leased: Context) -> None:
    """`test_leased_owner_cut_auto_lock_keeps_contributor_share_unlocked`."""
    set_hyper(leased, 1, OwnerCutAutoLockEnabled=True, SubtokenEnabled=True)
    leased.block = 150
    pay_owner_cut(leased, 1, 10 * TAO)
    lock = leased.state.get(MODULE, "Lock", lease_account(0, "coldkey"), 1, lease_account(0, "hotkey"))
    assert lock["locked_mass"] == 7 * TAO


def test_the_beneficiary_takes_over_when_the_lease_has_ended(leased: Context) -> None:
    do(leased, "alice", "try_associate_hotkey", hotkey=account("alice-hot"))
    args = {"lease_id": 0, "hotkey": account("alice-hot")}
    assert refused(leased, "alice", "terminate_lease", **{**args, "lease_id": 1}) == "LeaseDoesNotExist"
    assert refused(leased, "bob", "terminate_lease", **args) == "ExpectedBeneficiaryOrigin"
    assert refused(leased, "alice", "terminate_lease", **args) == "LeaseHasNotEnded"
    leased.block = END
    wrong = {**args, "hotkey": account("other")}
    assert refused(leased, "alice", "terminate_lease", **wrong) == "BeneficiaryDoesNotOwnHotkey"
    post = leased.dispatch(signed(account("alice")), Call(MODULE, "terminate_lease", args))
    # two contributors, and the beneficiary
    assert post.weight == weight(56_635_122 + 3 * 912_993, reads=4 + 3, writes=6 + 3)
    state = leased.state
    assert state.get(MODULE, "SubnetOwner", 1) == account("alice")
    assert state.get(MODULE, "SubnetOwnerHotkey", 1) == account("alice-hot")
    assert state.entries(MODULE, "SubnetLeases") == state.entries(MODULE, "SubnetLeaseShares") == []
    assert state.entries(MODULE, "SubnetUidToLeaseId") == []
    assert state.entries("Proxy", "Proxies") == []
    assert_no_rao_lost(leased)


def test_a_lease_that_may_not_end_costs_only_what_was_looked_at(leased: Context) -> None:
    """The table of pull request 3192 (spec 469): 45,839 rao in 100 bytes instead of 16,041,089."""
    call = Call(MODULE, "terminate_lease", {"lease_id": 0, "hotkey": account("x")})
    with pytest.raises(DispatchError, match="LeaseHasNotEnded") as caught:
        leased.dispatch(signed(account("alice")), call)
    assert caught.value.weight == weight(0, reads=3)
    for weighed, fee in ((billed_weight(call, caught.value.weight), 45_839), (billed_weight(call), 16_041_089)):
        assert sum(fee_parts(leased.runtime, "Normal", weighed, 100)) == fee


def test_a_swapped_coldkey_keeps_its_leases(leased: Context) -> None:
    """`transfer_coldkey_lease` of spec 475: the beneficiary's lease and proxy, a contributor's share and dividends."""
    state, dave, erin = leased.state, account("dave"), account("erin")
    state.put(MODULE, "SubnetLeaseUnpaidDividends", 0, account("bob"), 7)
    state.put(MODULE, "SubnetLeaseUnpaidDividends", 0, erin, 2)
    share = state.get(MODULE, "SubnetLeaseShares", 0, account("bob"))
    for old, new in (("alice", dave), ("bob", erin)):
        do(leased, "root", "swap_coldkey", old_coldkey=account(old), new_coldkey=new, swap_cost=0)
    assert state.get(MODULE, "SubnetLeases", 0)["beneficiary"] == dave
    assert [proxy["delegate"] for proxy in state.get("Proxy", "Proxies", lease_account(0, "coldkey"))[0]] == [dave]
    assert state.get(MODULE, "SubnetLeaseShares", 0, erin) == share
    assert not state.exists(MODULE, "SubnetLeaseShares", 0, account("bob"))
    assert state.get(MODULE, "SubnetLeaseUnpaidDividends", 0, erin) == 9
    assert not state.exists(MODULE, "SubnetLeaseUnpaidDividends", 0, account("bob"))


def test_a_lease_without_an_end_is_never_terminated(bare: Context) -> None:
    lease(bare, end_block=None)
    args = {"lease_id": 0, "hotkey": account("x")}
    assert refused(bare, "alice", "terminate_lease", **args) == "LeaseHasNoEndBlock"
