"""Root's validators lend to the owners of subnets: `staking/auto_parent.rs` of spec 475, case by case."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.uids import append_neuron, replace_neuron, trim_to_max_allowed_uids
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import MODULE, add_hotkey, add_subnet, do, refused, set_hyper

ALL = 2**64 - 1
VALIDATOR, OWNER, OTHER = account("validator"), account("owner-hot"), account("other")


@pytest.fixture
def owned(ctx: Context) -> Context:
    """Root and two subnets of one owner; the validator is alice's."""
    add_subnet(ctx, 0, MaxAllowedUids=64, MaxRegistrationsPerBlock=9, TargetRegistrationsPerInterval=9)
    add_subnet(ctx, 2)
    for netuid in (1, 2):
        set_hyper(ctx, netuid, SubnetOwnerHotkey=OWNER)
    add_hotkey(ctx, "validator", "alice")
    return ctx


def children(ctx: Context, netuid: int, hotkey: str = VALIDATOR) -> list[tuple[int, str]]:
    return [tuple(edge) for edge in ctx.state.get(MODULE, "ChildKeys", hotkey, netuid)]


def take_seat(ctx: Context) -> list[dict[str, Any]]:
    return do(ctx, "alice", "root_register", hotkey=VALIDATOR)


def test_who_buys_a_seat_on_root_lends_to_the_owner_of_every_subnet(owned: Context) -> None:
    told = take_seat(owned)
    assert [children(owned, netuid) for netuid in (0, 1, 2)] == [[], [(ALL, OWNER)], [(ALL, OWNER)]]
    assert owned.state.get(MODULE, "ParentKeys", OWNER, 2) == [(ALL, VALIDATOR)]
    assert {"SetChildren": (VALIDATOR, 2, [(ALL, OWNER)])} in told


def test_a_validator_keeps_the_children_that_it_chose_or_announced(owned: Context) -> None:
    owned.state.put(MODULE, "ChildKeys", VALIDATOR, 1, [(5, OTHER)])
    owned.state.put(MODULE, "PendingChildKeys", 2, VALIDATOR, ([(7, OTHER)], 99))
    take_seat(owned)
    assert [children(owned, netuid) for netuid in (1, 2)] == [[(5, OTHER)], []]


def test_one_that_does_not_want_to_lends_nothing(owned: Context) -> None:
    owned.state.put(MODULE, "AutoParentDelegationEnabled", VALIDATOR, False)
    take_seat(owned)
    assert [children(owned, netuid) for netuid in (1, 2)] == [[], []]


def test_an_owner_does_not_lend_to_itself_and_a_full_owner_takes_no_more(owned: Context) -> None:
    set_hyper(owned, 1, SubnetOwnerHotkey=VALIDATOR)
    owned.state.put(MODULE, "ParentKeys", OWNER, 2, [(1, account(f"parent-{number}")) for number in range(100)])
    take_seat(owned)
    assert [children(owned, netuid) for netuid in (1, 2)] == [[], []]


def test_who_loses_the_seat_lends_no_longer_but_keeps_children_of_its_choice(owned: Context) -> None:
    """`clear_auto_parent_for_root_validator`, when a hotkey on root is replaced."""
    take_seat(owned)
    owned.state.put(MODULE, "ChildKeys", VALIDATOR, 2, [(ALL - 1, OWNER)])
    replace_neuron(owned, 0, 0, account("newcomer"))
    assert [children(owned, netuid) for netuid in (1, 2)] == [[], [(ALL - 1, OWNER)]]
    assert not owned.state.exists(MODULE, "ParentKeys", OWNER, 1)


def test_who_loses_the_seat_because_root_gets_smaller_lends_no_longer(owned: Context) -> None:
    """`trim_uids_impl`: the same end as that of a hotkey that is replaced."""
    for name in ("first", "second", "third"):
        add_hotkey(owned, name, "alice")
        append_neuron(owned, 0, account(name))
    take_seat(owned)
    assert children(owned, 1) == [(ALL, OWNER)]
    owned.block += 8_000  # past every seat's immunity
    set_hyper(owned, 0, MinAllowedUids=1, ImmunityPeriod=10, Emission=[9, 9, 9, 0], SubnetOwnerHotkey=account("first"))
    trim_to_max_allowed_uids(owned, 0, 3)
    assert not owned.state.exists(MODULE, "Uids", 0, VALIDATOR)
    assert children(owned, 1) == []
    assert not owned.state.exists(MODULE, "ParentKeys", OWNER, 1)


def test_a_root_validator_says_whether_it_takes_owners_as_children(owned: Context) -> None:
    args = {"hotkey": VALIDATOR, "enabled": False}
    assert refused(owned, "bob", "set_auto_parent_delegation_enabled", **args) == "NonAssociatedColdKey"
    assert refused(owned, "alice", "set_auto_parent_delegation_enabled", **args) == "HotKeyNotRegisteredInSubNet"
    owned.state.put(MODULE, "Uids", 0, VALIDATOR, 0)
    done = do(owned, "alice", "set_auto_parent_delegation_enabled", **args)
    assert done == [{"AutoParentDelegationEnabledSet": args}]
    assert owned.state.get(MODULE, "AutoParentDelegationEnabled", VALIDATOR) is False
