"""The end of a subnet. Numbers from `pallets/subtensor/src/tests/networks.rs`."""

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.stake import increase_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid
from tao_lab.economy.dissolution import split_pot
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import (
    MODULE,
    NETUID,
    add_neuron,
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
KEPT = {"RegisteredSubnetCounter", "SubnetEmissionEnabled"}  # the source does not remove them


@pytest.fixture
def subnet(bare: Context) -> Context:
    """Subnet 1, whose owner cannot get anything back, and whose pool's alpha does not count."""
    new_subnet(bare, "owner")
    set_hyper(bare, SubnetAlphaIn=0)
    return bare


def dissolve(ctx: Context) -> list[dict[str, object]]:
    return [*do(ctx, "root", "root_dissolve_network", netuid=NETUID), *end_of_block(ctx)]


def stake(ctx: Context, **alpha: int) -> None:
    for person, rao in alpha.items():
        increase_stake(ctx, account(f"{person}-hot"), account(person), NETUID, rao)


def gain(ctx: Context, *people: str) -> list[int]:
    before = [free_rao(ctx, person) for person in people]
    dissolve(ctx)
    return [free_rao(ctx, person) - had for person, had in zip(people, before, strict=True)]


@pytest.mark.parametrize(
    ("alpha", "pot", "paid"),
    [
        ({"alice": 5_000}, 99_999, [99_999, 0]),
        ({"alice": 300, "bob": 700}, 10_000, [3_000, 7_000]),
        ({"alice": 3, "bob": 2}, 1, [1, 0]),
        ({"alice": 3, "bob": 2}, 0, [0, 0]),
        ({}, 5_000, [0, 0]),
    ],
)
def test_stakers_get_the_pool_s_tao_by_their_alpha(
    subnet: Context, alpha: dict[str, int], pot: int, paid: list[int]
) -> None:
    set_hyper(subnet, SubnetTAO=pot)
    stake(subnet, **alpha)
    assert gain(subnet, "alice", "bob") == paid
    assert subnet.state.entries(MODULE, "AlphaV2") == []
    assert_no_rao_lost(subnet)


@pytest.mark.parametrize(("deployed", "paid"), [(100, 100), (5, 50)])
def test_alpha_of_the_chain_gets_a_part_that_nobody_receives(subnet: Context, deployed: int, paid: int) -> None:
    subnet.state.put(MODULE, "TaoInRefundDeploymentBlock", deployed)
    set_hyper(subnet, SubnetTAO=200, SubnetAlphaIn=100, SubnetProtocolAlpha=50)
    stake(subnet, alice=50)
    assert gain(subnet, "alice", "owner") == [paid, 0]


def test_what_is_left_on_the_subnet_s_account_ceases_to_exist(subnet: Context) -> None:
    issued = subnet.state.get(MODULE, "TotalIssuance")
    dissolve(subnet)
    assert free_rao(subnet, account_of_netuid(NETUID)) == 500
    assert subnet.state.get(MODULE, "TotalIssuance") == issued - LOCK + 500
    assert subnet.state.get(MODULE, "TotalStake") == 0
    assert_no_rao_lost(subnet)


def test_the_owner_of_an_old_subnet_gets_the_lock_back_less_what_it_has_earned(subnet: Context) -> None:
    subnet.state.put(MODULE, "NetworkRegistrationStartBlock", 11)
    subnet.state.put(MODULE, "SubnetOwnerCut", 11_796)
    set_hyper(subnet, SubnetTAO=1_000, SubnetAlphaIn=1_000, SubnetAlphaOut=800, SubnetLocked=2_000)
    subnet.state.put(MODULE, "PendingBasketDeposits", account("a"), NETUID, 300)  # of the 800: it is recycled later
    assert gain(subnet, "owner") == [2_000 - 323]  # 18 % of 1,800 alpha at a price of 1


def test_nothing_of_a_subnet_is_left(subnet: Context) -> None:
    set_hyper(subnet, SubnetAlphaIn=LOCK)
    for hotkey in ("a", "b"):
        fund(subnet, "alice", 10 * TAO)
        do(subnet, "alice", "burned_register", netuid=NETUID, hotkey=account(hotkey))
    stake(subnet, alice=7)
    add_neuron(subnet, "validator", "bob", netuid=0)
    state = subnet.state
    serve = {"version": 1, "ip": 16_909_060, "port": 1, "ip_type": 4}
    do(subnet, "a", "serve_prometheus", netuid=NETUID, **serve)
    state.put(MODULE, "Weights", NETUID, 1, [(2, 9)])
    state.put(MODULE, "Bonds", NETUID, 1, [(2, 9)])
    state.put(MODULE, "ChildKeys", account("a"), NETUID, [(1, account("b"))])
    state.put(MODULE, "ParentKeys", account("b"), NETUID, [(1, account("a"))])
    state.put(MODULE, "ChildKeys", account("a"), 5, [(1, account("b"))])
    state.put(MODULE, "PendingBasketDeposits", account("a"), NETUID, 3)
    state.put(MODULE, "PendingBasketDeposits", account("a"), 5, 4)
    state.put("Commitments", "LastCommitment", NETUID, account("a"), 3)
    state.put("Commitments", "TimelockedIndex", [(NETUID, account("a")), (5, account("a"))])
    events = dissolve(subnet)
    assert events[0] == {"NetworkRemoved": NETUID}
    assert events[-1] == {"NetworkDissolveCleanupCompleted": {"netuid": NETUID}}
    assert state.get(MODULE, "TotalNetworks") == 1
    assert state.get(MODULE, "ChildKeys", account("a"), 5) == [(1, account("b"))]
    assert state.entries(MODULE, "PendingBasketDeposits") == [((account("a"), 5), 4)]
    assert state.get("Commitments", "TimelockedIndex") == [(5, account("a"))]
    assert left_of(subnet) == KEPT


def left_of(ctx: Context) -> set[str]:
    """Items that still hold something under the subnet's number."""
    found = set()
    for pallet in (MODULE, "Commitments", "Swap", "AlphaAssets"):
        for name in (entry["name"] for entry in ctx.runtime.pallets[pallet]["storage"]):
            item = ctx.runtime.item(pallet, name)
            if item.arity == 0:
                continue
            for keys, _ in ctx.state.entries(pallet, name):
                if NETUID in (keys if isinstance(keys, tuple) else (keys,)):
                    found.add(name)
    return found


def test_a_dissolved_subnet_is_none_at_once_and_has_its_money_until_the_block_ends(subnet: Context) -> None:
    stake(subnet, alice=50)
    state, pot = subnet.state, subnet.state.get(MODULE, "SubnetTAO", NETUID)
    assert do(subnet, "root", "root_dissolve_network", netuid=NETUID) == [{"NetworkRemoved": NETUID}]
    assert not state.exists(MODULE, "NetworksAdded", NETUID)
    assert state.get(MODULE, "TotalNetworks") == 1
    assert state.get(MODULE, "TotalStake") == 0
    assert state.get(MODULE, "DissolveCleanupQueue") == [NETUID]
    assert state.get(MODULE, "SubnetTAO", NETUID) == pot
    assert refused(subnet, "owner", "start_call", netuid=NETUID) == "SubnetNotExists"
    end_of_block(subnet)
    assert state.get(MODULE, "DissolveCleanupQueue") == []
    assert not state.exists(MODULE, "SubnetTAO", NETUID)


def test_one_subnet_a_block_is_cleaned_up(bare: Context) -> None:
    numbers = [new_subnet(bare, person) for person in ("a", "b", "c")]
    for netuid in numbers:
        do(bare, "root", "root_dissolve_network", netuid=netuid)
    for left in ([2, 3], [3], [], []):
        end_of_block(bare)
        assert bare.state.get(MODULE, "DissolveCleanupQueue") == left
    assert_no_rao_lost(bare)


def test_only_root_dissolves_and_never_root(subnet: Context) -> None:
    assert refused(subnet, "owner", "root_dissolve_network", netuid=NETUID) == "BadOrigin"
    assert refused(subnet, "owner", "dissolve_network", coldkey=account("owner"), netuid=NETUID) == "BadOrigin"
    assert refused(subnet, "root", "root_dissolve_network", netuid=0) == "SubnetNotExists"
    assert refused(subnet, "root", "root_dissolve_network", netuid=2) == "SubnetNotExists"
    do(subnet, "root", "dissolve_network", coldkey=account("owner"), netuid=NETUID)
    assert refused(subnet, "root", "root_dissolve_network", netuid=NETUID) == "SubnetNotExists"


def test_what_people_staked_comes_back_less_fees_and_a_part_for_the_pool(bare: Context) -> None:
    """As `massive_dissolve_refund_and_reregistration_flow_is_lossless_and_cleans_state`, with stake that was bought."""
    new_subnet(bare, "owner")
    do(bare, "owner", "start_call", netuid=NETUID)
    people = ("alice", "bob", "carol")
    for tao, person in enumerate(people, 1):
        fund(bare, person, 200 * TAO)
        do(bare, person, "add_stake", hotkey=account("owner-hot"), netuid=NETUID, amount_staked=tao * 50 * TAO)
    state = bare.state
    pot = state.get(MODULE, "SubnetTAO", NETUID)
    held = [stake_of_coldkey(state, account("owner-hot"), account(person), NETUID) for person in people]
    expected = split_pot(pot, held, state.get(MODULE, "SubnetAlphaIn", NETUID))
    assert gain(bare, *people) == expected
    assert sum(expected) < pot  # the pool's alpha has a part of the pot, and nobody gets it
    assert state.entries(MODULE, "AlphaV2") == state.entries(MODULE, "TotalHotkeyAlpha") == []
    assert state.get(MODULE, "TotalStake") == 0
    assert_no_rao_lost(bare)
    assert new_subnet(bare, "owner", "second-hot") == NETUID
    assert state.get(MODULE, "FirstEmissionBlockNumber", NETUID) is None
    assert state.get(MODULE, "SubtokenEnabled", NETUID) is False
    assert_no_rao_lost(bare)
