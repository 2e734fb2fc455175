"""A new subnet on a full network waits until an old one is cleaned up.

What must happen is that of `tests/networks.rs` and `tests/dissolution.rs` of spec 475.
"""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.balances import EXISTENTIAL_DEPOSIT, transfer
from tao_lab.chain.pallets.subtensor.lookups import all_netuids, cleanup_queue
from tao_lab.chain.pallets.subtensor.registration_queue import registration_queue
from tao_lab.chain.pallets.subtensor.stake import increase_stake
from tao_lab.chain.pallets.subtensor.subnets import network_lock_cost
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, escrow_account
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import (
    MODULE,
    add_hotkey,
    assert_no_rao_lost,
    do,
    end_of_block,
    free_rao,
    fund,
    new_subnet,
    refused,
    set_hyper,
)

LOCK = 1_000 * TAO
IDENTITY = {
    "subnet_name": "late",
    "github_repo": "",
    "subnet_contact": "",
    "subnet_url": "",
    "discord": "",
    "description": "",
    "logo_url": "",
    "additional": "",
}


@pytest.fixture
def full(bare: Context) -> Context:
    """Two subnets where two may be, old enough that the second, the cheaper one, may be dissolved."""
    for person in ("a", "b"):
        new_subnet(bare, person)
    bare.state.put(MODULE, "SubnetLimit", 2)
    bare.block += 1_296_000
    set_hyper(bare, 1, SubnetMovingPrice={"bits": 10 << 32})
    set_hyper(bare, 2, SubnetMovingPrice={"bits": 9 << 32})
    for person in ("carol", "dave", "eve"):
        fund(bare, person, 10 * LOCK)
    return bare


def register(ctx: Context, who: str = "carol", **args: Any) -> list[dict[str, Any]]:
    if args:
        return do(ctx, who, "register_network_with_identity", hotkey=account(f"{who}-hot"), **args)
    return do(ctx, who, "register_network", hotkey=account(f"{who}-hot"))


def escrowed(ctx: Context) -> dict[int, tuple[str, int]]:
    return dict(ctx.state.entries(MODULE, "NetworkRegistrationEscrow"))


def test_the_cheapest_subnet_goes_and_the_new_one_waits(full: Context) -> None:
    had = free_rao(full, "carol")
    events = register(full)
    names = [name for event in events for name in event]
    assert (names[0], names[-1]) == ("NetworkRemoved", "NetworkRegistrationQueued")
    told = {
        "coldkey": account("carol"),
        "hotkey": account("carol-hot"),
        "mechid": 1,
        "identity": None,
        "lock_amount": LOCK,
        "median_subnet_alpha_price": {"bits": 1 << 64},
        "registration_block": full.block,
    }
    assert events[-1]["NetworkRegistrationQueued"] == told
    assert registration_queue(full.state) == [{**told, "lock_id": 0}]
    assert all_netuids(full.state) == [0, 1]
    assert cleanup_queue(full.state) == [2]
    assert escrowed(full) == {0: (account("carol"), LOCK)}
    assert had - free_rao(full, "carol") == LOCK == free_rao(full, escrow_account(0))
    assert full.state.get(MODULE, "Owner", account("carol-hot")) == account("carol")
    assert full.state.get(MODULE, "NetworkRegistrationLockId") == 1
    assert network_lock_cost(full.state, full.block) == 2 * LOCK
    assert_no_rao_lost(full)


def test_at_the_end_of_the_block_it_takes_the_number(full: Context) -> None:
    register(full, identity=IDENTITY)
    assert not full.state.exists(MODULE, "SubnetIdentitiesV3", 2)
    names = [name for event in end_of_block(full) for name in event]
    assert names.index("NetworkDissolveCleanupCompleted") < names.index("SubnetIdentitySet")
    assert names[-1] == "NetworkAdded"
    state = full.state
    assert (registration_queue(state), escrowed(full), cleanup_queue(state)) == ([], {}, [])
    assert (state.get(MODULE, "SubnetOwner", 2), state.get(MODULE, "Keys", 2, 0)) == (
        account("carol"),
        account("carol-hot"),
    )
    assert (state.get(MODULE, "SubnetTAO", 2), state.get(MODULE, "SubnetLocked", 2)) == (LOCK, LOCK)
    assert free_rao(full, account_of_netuid(2)) == LOCK + EXISTENTIAL_DEPOSIT  # one had stayed behind
    assert free_rao(full, escrow_account(0)) == 0
    assert state.get(MODULE, "RegisteredSubnetCounter", 2) == 2
    assert state.get(MODULE, "SubnetIdentitiesV3", 2)["subnet_name"] == "late"
    assert state.get(MODULE, "TotalNetworks") == 3
    assert state.get(MODULE, "TotalStake") == sum(state.get(MODULE, "SubnetTAO", netuid) for netuid in (1, 2))
    assert_no_rao_lost(full)


def test_price_of_the_first_alpha_and_cost_are_those_of_the_call(full: Context) -> None:
    set_hyper(full, 1, SubnetTAO=2 * LOCK, SubnetAlphaIn=LOCK)
    register(full)
    set_hyper(full, 1, SubnetTAO=8 * LOCK, SubnetAlphaIn=LOCK)
    full.state.put(MODULE, "NetworkMinLockCost", 5 * LOCK)
    end_of_block(full)
    pool = [full.state.get(MODULE, item, 2) for item in ("SubnetTAO", "SubnetAlphaIn", "SubnetLocked")]
    assert pool == [LOCK, LOCK // 2, LOCK]
    assert_no_rao_lost(full)


def test_several_wait_and_each_block_one_begins(full: Context) -> None:
    register(full, "carol")
    register(full, "dave")
    assert cleanup_queue(full.state) == [2, 1]
    assert [info["lock_amount"] for info in registration_queue(full.state)] == [LOCK, 2 * LOCK]
    assert refused(full, "eve", "register_network", hotkey=account("eve-hot")) == "SubnetLimitReached"
    end_of_block(full)
    assert all_netuids(full.state) == [0, 2]
    assert [info["coldkey"] for info in registration_queue(full.state)] == [account("dave")]
    full.block += 1
    end_of_block(full)
    assert sorted(all_netuids(full.state)) == [0, 1, 2]
    owners = [full.state.get(MODULE, "SubnetOwner", netuid) for netuid in (1, 2)]
    assert owners == [account("dave"), account("carol")]
    assert full.state.get(MODULE, "NetworkRegisteredAt", 1) == full.block
    assert_no_rao_lost(full)


def test_where_one_is_dissolved_already_none_goes(full: Context) -> None:
    do(full, "root", "root_dissolve_network", netuid=1)
    names = [name for event in register(full) for name in event]
    assert "NetworkRemoved" not in names
    assert names[-1] == "NetworkRegistrationQueued"
    end_of_block(full)
    assert full.state.get(MODULE, "SubnetOwner", 1) == account("carol")
    assert full.state.get(MODULE, "SubnetOwner", 2) == account("b")


def test_while_there_is_room_nobody_waits_though_a_subnet_is_not_cleaned_up(full: Context) -> None:
    full.state.put(MODULE, "SubnetLimit", 3)
    do(full, "root", "root_dissolve_network", netuid=1)
    assert register(full)[-1] == {"NetworkAdded": (3, 1)}  # the number 1 is not free yet


def test_who_cannot_pay_dissolves_nothing(full: Context) -> None:
    fund(full, "poor", LOCK - 1)
    assert refused(full, "poor", "register_network", hotkey=account("poor-hot")) == "CannotAffordLockCost"
    fund(full, "poor", 1)  # all of it could leave, but the account must live on
    assert refused(full, "poor", "register_network", hotkey=account("poor-hot")) == "NotExpendable"


def test_off_a_full_network_the_whole_cost_must_be_paid_too(bare: Context) -> None:
    fund(bare, "poor", LOCK)
    assert refused(bare, "poor", "register_network", hotkey=account("poor-hot")) == "CannotAffordLockCost"


def test_a_bad_identity_is_refused_before_anything_is_dissolved(full: Context) -> None:
    bad = {**IDENTITY, "subnet_name": "x" * 300}
    args = {"hotkey": account("carol-hot"), "identity": bad}
    assert refused(full, "carol", "register_network_with_identity", **args) == "InvalidIdentity"


def test_it_waits_while_the_limit_is_lower(full: Context) -> None:
    register(full)
    full.state.put(MODULE, "SubnetLimit", 1)
    end_of_block(full)
    assert len(registration_queue(full.state)) == 1
    assert escrowed(full) == {0: (account("carol"), LOCK)}
    full.state.put(MODULE, "SubnetLimit", 2)
    assert end_of_block(full)[-1] == {"NetworkAdded": (2, 1)}


def test_a_registration_that_cannot_be_carried_out_gets_its_money_back(full: Context) -> None:
    """And the next one is tried in the same block (`process_network_registration_queue`)."""
    had = free_rao(full, "carol")
    register(full, "carol")
    register(full, "dave")
    first, second = registration_queue(full.state)
    full.state.put(MODULE, "NetworkRegistrationQueue", [{**first, "hotkey": account_of_netuid(7)}, second])
    done = end_of_block(full)
    (cancelled,) = (
        event.get("NetworkRegistrationCancelled") for event in done if "NetworkRegistrationCancelled" in event
    )
    assert (cancelled["coldkey"], cancelled["hotkey"], cancelled["lock_id"]) == (
        account("carol"),
        account_of_netuid(7),
        0,
    )
    assert "Module" in cancelled["error"]
    assert free_rao(full, "carol") == had
    assert done[-1] == {"NetworkAdded": (2, 1)}
    assert full.state.get(MODULE, "SubnetOwner", 2) == account("dave")
    assert registration_queue(full.state) == []
    assert escrowed(full) == {}
    end_of_block(full)
    assert_no_rao_lost(full)


def test_where_the_money_is_not_noted_the_registration_stays(full: Context) -> None:
    register(full)
    full.state.put(MODULE, "NetworkRegistrationEscrow", 0, (account("eve"), LOCK))
    end_of_block(full)
    assert len(registration_queue(full.state)) == 1
    assert free_rao(full, escrow_account(0)) == LOCK
    assert all_netuids(full.state) == [0, 1]


def test_other_money_on_the_account_of_a_registration_stays_there(full: Context) -> None:
    """The account's address is known before, so that anybody may have sent something."""
    transfer(full, account("faucet"), escrow_account(0), 5 * TAO, keep_alive=True)
    register(full)
    end_of_block(full)
    assert full.state.get(MODULE, "SubnetTAO", 2) == LOCK
    assert free_rao(full, escrow_account(0)) == 5 * TAO
    assert_no_rao_lost(full)


def test_the_last_number_of_a_registration_is_not_used(full: Context) -> None:
    full.state.put(MODULE, "NetworkRegistrationLockId", 2**32 - 1)
    assert refused(full, "carol", "register_network", hotkey=account("carol-hot")) == "LockIdOverFlow"


def test_stakers_of_the_old_subnet_are_paid_before_the_new_one_begins(full: Context) -> None:
    increase_stake(full, account("b-hot"), account("dave"), 2, 10 * TAO)
    add_hotkey(full, "carol-hot", "carol")
    had = free_rao(full, "dave")
    pot, alpha_in = (full.state.get(MODULE, item, 2) for item in ("SubnetTAO", "SubnetAlphaIn"))
    register(full)
    assert free_rao(full, "dave") == had
    end_of_block(full)
    share = pot * 10 * TAO // (10 * TAO + alpha_in)
    assert free_rao(full, "dave") - had in (share, share + 1)
    assert full.state.entries(MODULE, "TotalHotkeyAlpha") == []
    assert_no_rao_lost(full)
