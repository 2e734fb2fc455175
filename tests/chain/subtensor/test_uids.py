"""Places on a subnet. Numbers from `pallets/subtensor/src/tests/uids.rs` and `pallets/admin-utils/src/tests/mod.rs`."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.lookups import mechanism_index
from tao_lab.chain.pallets.subtensor.uids import (
    append_neuron,
    immune_owner_uids,
    replace_neuron,
    trim_to_max_allowed_uids,
    uid_to_prune,
)
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_hotkey, set_hyper

VALUES = [17, 42, 8, 56, 23, 91, 34, 77, 12, 65, 3, 88, 29, 51, 74, 39]
FLAGS = [value in (56, 91, 34, 77, 65, 88, 51, 74) for value in VALUES]
MECHANISMS = 4
EVM = "0x" + "12" * 20


@pytest.fixture
def subnet(ctx: Context) -> Context:
    """Subnet 1 with four mechanisms and places for all."""
    set_hyper(ctx, MechanismCountCurrent=MECHANISMS, ImmunityPeriod=5, MinNonImmuneUids=0)
    return ctx


def fill(ctx: Context, count: int) -> None:
    for uid in range(count):
        assert append_neuron(ctx, NETUID, account(f"hot-{uid}")) == uid


def get(ctx: Context, item: str, *keys: Any) -> Any:
    return ctx.state.get(MODULE, item, NETUID, *keys)


def test_a_replaced_neuron_leaves_nothing_behind(subnet: Context) -> None:
    fill(subnet, 3)
    state = subnet.state
    set_hyper(subnet, Emission=[5, 6, 7], Consensus=[5, 6, 7], Dividends=[5, 6, 7], StakeWeight=[5, 6, 7])
    set_hyper(subnet, ValidatorTrust=[5, 6, 7], ValidatorPermit=[True] * 3, Active=[False] * 3)
    old = account("hot-1")
    state.put(MODULE, "AssociatedEvmAddress", NETUID, 1, (EVM, 1))
    state.put(MODULE, "NeuronCertificates", NETUID, old, {"public_key": "0x01", "algorithm": 1})
    for mecid in range(MECHANISMS):
        index = mechanism_index(NETUID, mecid)
        state.put(MODULE, "Incentive", index, [5, 6, 7])
        state.put(MODULE, "Weights", index, 0, [(1, 9), (2, 9)])
        state.put(MODULE, "Weights", index, 1, [(2, 9)])
        state.put(MODULE, "Bonds", index, 1, [(2, 9)])
        state.put(MODULE, "Bonds", index, 0, [(1, 9)])
    subnet.block = 77
    replace_neuron(subnet, NETUID, 1, account("new"))
    assert get(subnet, "Keys", 1) == account("new")
    assert [get(subnet, "Uids", account("new")), get(subnet, "Uids", old)] == [1, None]
    assert get(subnet, "BlockAtRegistration", 1) == 77
    assert [get(subnet, item) for item in ("Emission", "Consensus", "Dividends", "StakeWeight")] == [[5, 0, 7]] * 4
    assert get(subnet, "ValidatorTrust") == [5, 0, 7]
    assert get(subnet, "ValidatorPermit") == [True, False, True]
    assert get(subnet, "Active") == [False, True, False]
    assert get(subnet, "AssociatedEvmAddress", 1) is None
    assert get(subnet, "NeuronCertificates", old) is None
    assert not state.exists(MODULE, "IsNetworkMember", old, NETUID)
    for mecid in range(MECHANISMS):
        index = mechanism_index(NETUID, mecid)
        assert state.get(MODULE, "Incentive", index) == [5, 0, 7]
        assert state.get(MODULE, "LastUpdate", index) == [10, 77, 10]
        assert state.entries(MODULE, "Weights", index) == [(0, [(1, 0), (2, 9)])]
        assert state.entries(MODULE, "Bonds", index) == [(0, [(1, 9)])]


def test_the_owner_s_hotkey_keeps_its_place(subnet: Context) -> None:
    fill(subnet, 1)
    set_hyper(subnet, SubnetOwnerHotkey=account("hot-0"))
    before = dict(subnet.state.raw.items())
    replace_neuron(subnet, NETUID, 0, account("new"))
    assert dict(subnet.state.raw.items()) == before


@pytest.mark.parametrize(
    ("limit", "owner_hotkey", "uids"),
    [
        (0, 2, []),
        (1, None, [0]),
        (1, 2, [2]),
        (2, 2, [2, 0]),
        (3, 2, [0, 1, 2]),
        (3, 3, [3, 0, 1]),
        (9, 3, [3, 0, 1, 2]),
    ],
)
def test_the_owner_s_oldest_hotkeys_are_immortal_up_to_a_limit(
    subnet: Context, limit: int, owner_hotkey: int | None, uids: list[int]
) -> None:
    fill(subnet, 4)
    set_hyper(subnet, SubnetOwner=account("owner"), ImmuneOwnerUidsLimit=limit)
    for name in ("hot-2", "hot-0", "hot-1", "elsewhere"):
        add_hotkey(subnet, name, "owner")
    subnet.state.put(MODULE, "OwnedHotkeys", account("owner"), [])  # nobody asks this list
    if owner_hotkey is not None:
        set_hyper(subnet, SubnetOwnerHotkey=account(f"hot-{owner_hotkey}"))
    assert immune_owner_uids(subnet.state, NETUID) == uids


def test_of_an_owner_s_hotkeys_the_oldest_on_the_subnet_comes_first(subnet: Context) -> None:
    fill(subnet, 4)
    set_hyper(subnet, SubnetOwner=account("owner"), ImmuneOwnerUidsLimit=2)
    for uid, block in ((0, 9), (1, 5), (2, 7), (3, 5)):
        add_hotkey(subnet, f"hot-{uid}", "owner")
        subnet.state.put(MODULE, "BlockAtRegistration", NETUID, uid, block)
    assert immune_owner_uids(subnet.state, NETUID) == [1, 3]
    add_hotkey(subnet, "hot-1", "bob")  # it has changed hands
    assert immune_owner_uids(subnet.state, NETUID) == [3, 2]


def test_who_is_pruned(subnet: Context) -> None:
    assert uid_to_prune(subnet, NETUID) is None
    fill(subnet, 3)
    set_hyper(subnet, Emission=[9, 8, 7])
    assert uid_to_prune(subnet, NETUID) == 2  # all are immune
    subnet.block += 4
    set_hyper(subnet, MinNonImmuneUids=1)
    subnet.state.put(MODULE, "BlockAtRegistration", NETUID, 0, 9)
    assert uid_to_prune(subnet, NETUID) == 2  # one is free, and the floor keeps it
    set_hyper(subnet, MinNonImmuneUids=0)
    assert uid_to_prune(subnet, NETUID) == 0


# --- trimming ---------------------------------------------------------------------------------------------------


@pytest.fixture
def crowded(subnet: Context) -> Context:
    """16 neurons with the values of the chain's test, UID 6 immune."""
    fill(subnet, 16)
    state = subnet.state
    set_hyper(subnet, MinAllowedUids=4, ImmuneOwnerUidsLimit=2, MaxAllowedUids=256)
    for item in ("Emission", "Consensus", "Dividends", "ValidatorTrust", "StakeWeight"):
        set_hyper(subnet, **{item: VALUES})
    for item in ("Active", "ValidatorPermit"):
        set_hyper(subnet, **{item: FLAGS})
    subnet.block = 1_000
    state.put(MODULE, "BlockAtRegistration", NETUID, 6, 1_000)
    for uid in (6, 10, 12, 14):
        state.put(MODULE, "AssociatedEvmAddress", NETUID, uid, (EVM, uid))
    for mecid in range(MECHANISMS):
        index = mechanism_index(NETUID, mecid)
        state.put(MODULE, "Incentive", index, VALUES)
        state.put(MODULE, "LastUpdate", index, VALUES)
        for uid in range(16):
            others = [other for other in range(16) if other != uid]
            state.put(MODULE, "Weights", index, uid, [(other, uid + other) for other in others])
            state.put(MODULE, "Bonds", index, uid, [(other, uid * other) for other in others])
    return subnet


def test_a_subnet_is_trimmed_to_its_highest_earners_and_the_immune(crowded: Context) -> None:
    trim_to_max_allowed_uids(crowded, NETUID, 8)
    state, kept = crowded.state, [3, 5, 6, 7, 9, 11, 13, 14]
    values = [VALUES[uid] for uid in kept]
    assert values == [56, 91, 34, 77, 65, 88, 51, 74]
    for item in ("Emission", "Consensus", "Dividends", "ValidatorTrust", "StakeWeight"):
        assert get(crowded, item) == values
    assert get(crowded, "Active") == get(crowded, "ValidatorPermit") == [True] * 8
    assert [get(crowded, item) for item in ("SubnetworkN", "MaxAllowedUids")] == [8, 8]
    hotkeys = {new: account(f"hot-{old}") for new, old in enumerate(kept)}
    assert dict(state.entries(MODULE, "Keys", NETUID)) == hotkeys
    assert dict(state.entries(MODULE, "Uids", NETUID)) == {hotkey: uid for uid, hotkey in hotkeys.items()}
    assert dict(state.entries(MODULE, "BlockAtRegistration", NETUID)) == {
        new: 1_000 if new == 2 else 10 for new in range(8)
    }
    assert dict(state.entries(MODULE, "AssociatedEvmAddress", NETUID)) == {2: (EVM, 6), 7: (EVM, 14)}
    assert not state.exists(MODULE, "IsNetworkMember", account("hot-0"), NETUID)
    for mecid in range(MECHANISMS):
        index = mechanism_index(NETUID, mecid)
        assert state.get(MODULE, "Incentive", index) == state.get(MODULE, "LastUpdate", index) == values
        for new, old in enumerate(kept):
            others = [(at, other) for at, other in enumerate(kept) if other != old]
            assert state.get(MODULE, "Weights", index, new) == [(at, old + other) for at, other in others]
            assert state.get(MODULE, "Bonds", index, new) == [(at, old * other) for at, other in others]
        assert len(state.entries(MODULE, "Weights", index)) == 8


@pytest.mark.parametrize(
    ("netuid", "max_n", "error"),
    [(42, 8, "SubnetNotExists"), (NETUID, 3, "InvalidValue"), (NETUID, 257, "InvalidValue")],
)
def test_what_a_subnet_is_not_trimmed_to(crowded: Context, netuid: int, max_n: int, error: str) -> None:
    with pytest.raises(DispatchError, match=error):
        trim_to_max_allowed_uids(crowded, netuid, max_n)


def test_more_places_than_neurons_is_only_a_limit(crowded: Context) -> None:
    trim_to_max_allowed_uids(crowded, NETUID, 16)
    assert [get(crowded, item) for item in ("SubnetworkN", "MaxAllowedUids")] == [16, 16]
    assert get(crowded, "Emission") == VALUES


def test_a_subnet_that_cannot_lose_enough_is_not_trimmed(crowded: Context) -> None:
    """Spec 475: 473 wrote the new number of places down and kept more neurons than that."""
    set_hyper(crowded, Emission=VALUES[:3])  # only these three may go
    with pytest.raises(DispatchError, match="InvalidValue"):
        trim_to_max_allowed_uids(crowded, NETUID, 12)


@pytest.mark.parametrize(("max_n", "fits"), [(5, False), (6, True)])
def test_the_immune_may_not_fill_a_trimmed_subnet(crowded: Context, max_n: int, fits: bool) -> None:
    for uid in (0, 1, 2):  # four of five are 80 %
        crowded.state.put(MODULE, "BlockAtRegistration", NETUID, uid, 1_000)
    if fits:
        trim_to_max_allowed_uids(crowded, NETUID, max_n)
        assert get(crowded, "Emission") == [17, 42, 8, 91, 34, 88]
    else:
        with pytest.raises(DispatchError, match="TrimmingWouldExceedMaxImmunePercentage"):
            trim_to_max_allowed_uids(crowded, NETUID, max_n)
