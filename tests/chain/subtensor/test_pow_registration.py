"""Registration by work, as `pallets/subtensor/src/subnets/registration.rs` of spec 475 has it."""

from typing import Any

import pytest
from bittensor import pow_registration as sdk

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import ROOT, Call, signed
from tao_lab.chain.errors import DispatchError, InvalidTransaction
from tao_lab.chain.pallets.subtensor.registration import update_registration_prices
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid
from tests.chain.conftest import TAO, account, key
from tests.chain.subtensor.conftest import (
    MODULE,
    NETUID,
    add_neuron,
    add_subnet,
    do,
    events,
    free_rao,
    refused,
    set_hyper,
)

ONE = 1 << 64  # U64F64
HASH = {number: bytes([number]) * 32 for number in range(1, 10)}  # of the blocks before


@pytest.fixture
def subnet(ctx: Context) -> Context:
    """Subnet 1 takes work at a difficulty of 4; this is block 10. Bob has an account, carol has none."""
    set_hyper(ctx, NetworkPowRegistrationAllowed=True, Difficulty=4, MinDifficulty=1, MaxDifficulty=100)
    set_hyper(ctx, MaxRegistrationsPerBlock=2, SubnetOwner=account("alice"), BurnIncreaseMult={"bits": ONE})
    for number, block_hash in HASH.items():
        ctx.state.put("System", "BlockHash", number, "0x" + block_hash.hex())
    return ctx


def proof(hotkey: str, coldkey: str, block: int = 9, difficulty: int = 4, netuid: int = NETUID) -> dict[str, Any]:
    """What the SDK's miner sends."""
    prefix = sdk.registration_prefix(netuid, HASH[block].hex(), account(hotkey), account(coldkey))
    nonce, work = sdk._mine_chunk(prefix, difficulty, 0, 10**6)
    return {"netuid": netuid, "work_block": block, "nonce": nonce, "work": "0x" + work, "hotkey": account(hotkey)}


def test_work_gets_a_place_and_costs_nothing(subnet: Context) -> None:
    burn = subnet.state.get(MODULE, "Burn", NETUID)
    told = do(subnet, "bob", "pow_register", **proof("bob-hot", "bob"))
    assert told == [{"NeuronRegistered": (NETUID, 0, account("bob-hot"))}]
    assert free_rao(subnet, "bob") == 100 * TAO
    assert subnet.state.get(MODULE, "Owner", account("bob-hot")) == account("bob")
    assert subnet.state.get(MODULE, "Uids", NETUID, account("bob-hot")) == 0
    assert subnet.state.get(MODULE, "LastPowRegistrationBlock", account("bob-hot")) == 9
    assert subnet.state.get(MODULE, "RegistrationsThisBlock", NETUID) == 1
    assert subnet.state.get(MODULE, "Burn", NETUID) == burn


@pytest.mark.usefixtures("in_both_forms")
def test_a_place_for_work_makes_work_harder_and_time_makes_it_easier(subnet: Context) -> None:
    set_hyper(subnet, BurnIncreaseMult={"bits": 2 * ONE}, BurnHalfLife=2)
    told = do(subnet, "bob", "pow_register", **proof("bob-hot", "bob"))
    assert told[0] == {"DifficultySet": (NETUID, 8)}
    seen = []
    for _ in range(4):
        before = len(subnet.events)
        update_registration_prices(subnet)
        seen += events(subnet, before)
    assert seen == [{"DifficultySet": (NETUID, difficulty)} for difficulty in (5, 3, 2, 1)]
    assert subnet.state.get(MODULE, "Difficulty", NETUID) == 1  # the floor


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"netuid": 0}, "RegistrationNotPermittedOnRootSubnet"),
        ({"netuid": 9}, "SubnetNotExists"),
        ({"work_block": 4}, "InvalidWorkBlock"),
        ({"work_block": 10}, "InvalidWorkBlock"),
        ({"work_block": 8}, "InvalidSeal"),
        ({"work": "0x" + "00" * 32}, "InvalidSeal"),
    ],
)
def test_what_the_work_is_not_for_is_refused(subnet: Context, change: dict[str, Any], error: str) -> None:
    assert refused(subnet, "bob", "pow_register", **{**proof("bob-hot", "bob"), **change}) == error


@pytest.mark.parametrize(
    ("hyper", "error"),
    [
        ({"NetworkPowRegistrationAllowed": False}, "SubNetRegistrationDisabled"),
        ({"MaxAllowedUids": 0}, "NoNeuronIdAvailable"),
        ({"RegistrationsThisBlock": 2}, "TooManyRegistrationsThisBlock"),
        ({"MaxDifficulty": 1 << 40, "MinDifficulty": 1 << 40}, "InvalidDifficulty"),
        ({"MaxDifficulty": 1, "MinDifficulty": 1 << 40}, "InvalidDifficulty"),  # the floor is above the ceiling
    ],
)
def test_a_subnet_that_does_not_take_it_refuses(subnet: Context, hyper: dict[str, Any], error: str) -> None:
    set_hyper(subnet, **hyper)
    assert refused(subnet, "bob", "pow_register", **proof("bob-hot", "bob")) == error


def test_work_is_the_signer_s_own_and_is_used_once(subnet: Context) -> None:
    args = proof("bob-hot", "bob")
    assert refused(subnet, "carol", "pow_register", **args) == "InvalidSeal"
    add_neuron(subnet, "m1", "alice", netuid=NETUID)
    assert refused(subnet, "bob", "pow_register", **proof("m1", "bob")) == "HotKeyAlreadyRegisteredInSubNet"
    subnet.state.put(MODULE, "Owner", account("taken"), account("alice"))
    assert refused(subnet, "bob", "pow_register", **proof("taken", "bob")) == "NonAssociatedColdKey"
    do(subnet, "bob", "pow_register", **args)
    add_subnet(subnet, 2, NetworkPowRegistrationAllowed=True, Difficulty=4, MinDifficulty=1)
    again = proof("bob-hot", "bob", block=9, netuid=2)  # the hotkey had a place for a block as late
    assert refused(subnet, "bob", "pow_register", **again) == "InvalidWorkBlock"


def test_a_price_that_is_not_taken_does_not_keep_work_out(subnet: Context) -> None:
    set_hyper(subnet, NetworkRegistrationAllowed=False)
    do(subnet, "bob", "pow_register", **proof("bob-hot", "bob"))


def test_a_full_subnet_gives_up_its_weakest_but_not_the_owner_s(subnet: Context) -> None:
    add_neuron(subnet, "m1", "alice")
    set_hyper(subnet, MaxAllowedUids=1, ImmunityPeriod=0, MinNonImmuneUids=0, Emission=[5], StakeWeight=[0])
    set_hyper(subnet, LastUpdate=[0], Incentive=[0], SubnetOwner=account("owner"))
    do(subnet, "bob", "pow_register", **proof("bob-hot", "bob"))
    assert subnet.state.get(MODULE, "Keys", NETUID, 0) == account("bob-hot")
    set_hyper(subnet, SubnetOwnerHotkey=account("bob-hot"), ImmuneOwnerUidsLimit=1, RegistrationsThisBlock=0)
    assert refused(subnet, "bob", "pow_register", **proof("bob-2", "bob")) == "NoNeuronIdAvailable"


def test_a_subnet_s_own_account_gets_no_place(subnet: Context) -> None:
    hotkey = account_of_netuid(7)
    prefix = sdk.registration_prefix(NETUID, HASH[9].hex(), hotkey, account("bob"))
    nonce, work = sdk._mine_chunk(prefix, 4, 0, 10**6)
    args = {"netuid": NETUID, "work_block": 9, "nonce": nonce, "work": "0x" + work, "hotkey": hotkey}
    assert refused(subnet, "bob", "pow_register", **args) == "CannotUseSystemAccount"


def test_a_coldkey_has_at_most_256_hotkeys_in_this_way(subnet: Context) -> None:
    subnet.state.put(MODULE, "StakingHotkeys", account("bob"), [account("m1")] * 256)
    assert refused(subnet, "bob", "pow_register", **proof("bob-hot", "bob")) == "TooManyStakingHotkeys"
    subnet.state.put(MODULE, "Owner", account("bob-hot"), account("bob"))  # not a new one
    do(subnet, "bob", "pow_register", **proof("bob-hot", "bob"))


# --- the owner's switches ---------------------------------------------------------------------------------------


def switch(ctx: Context, who: str, way: str, allowed: bool, netuid: int = NETUID) -> list[dict[str, Any]]:
    before, call = len(ctx.events), Call("AdminUtils", f"sudo_set_network_{way}_allowed", {"netuid": netuid})
    call.args["registration_allowed"] = allowed
    ctx.dispatch(ROOT if who == "root" else signed(account(who)), call)
    return events(ctx, before)


@pytest.fixture
def owned(subnet: Context) -> Context:
    set_hyper(subnet, NetworkPowRegistrationAllowed=False, Tempo=360, LastEpochBlock=5)
    subnet.state.put(MODULE, "OwnerHyperparamRateLimit", 0)
    add_subnet(subnet, 0)
    return subnet


def test_the_owner_has_both_switches_and_one_stays_on(owned: Context) -> None:
    with pytest.raises(DispatchError, match="InvalidValue"):
        switch(owned, "alice", "registration", False)
    assert switch(owned, "alice", "pow_registration", True) == [{"PowRegistrationAllowed": (NETUID, True)}]
    assert switch(owned, "alice", "registration", False) == [{"RegistrationAllowed": (NETUID, False)}]
    with pytest.raises(DispatchError, match="InvalidValue"):
        switch(owned, "root", "pow_registration", False)
    assert switch(owned, "alice", "registration", True)
    assert switch(owned, "alice", "pow_registration", False)


@pytest.mark.parametrize(
    ("who", "way", "netuid", "error"),
    [
        ("bob", "registration", 1, "BadOrigin"),
        ("bob", "pow_registration", 1, "BadOrigin"),
        ("alice", "registration", 0, "BadOrigin"),
        ("root", "pow_registration", 0, "NotPermittedOnRootSubnet"),
        ("root", "registration", 9, "SubnetDoesNotExist"),
        ("root", "pow_registration", 9, "SubnetDoesNotExist"),
    ],
)
def test_nobody_else_has_them(owned: Context, who: str, way: str, netuid: int, error: str) -> None:
    with pytest.raises(DispatchError) as caught:
        switch(owned, who, way, True, netuid)
    assert (caught.value.name or caught.value.pallet) == error


def test_root_closes_the_root_network(owned: Context) -> None:
    assert switch(owned, "root", "registration", False, 0) == [{"RegistrationAllowed": (0, False)}]


# --- the pool ---------------------------------------------------------------------------------------------------


def test_who_has_nothing_registers_with_work_and_the_pool_takes_nothing_less(chain: Chain) -> None:
    context = Context(chain.runtime, chain.state, 2, account("authority"))
    add_subnet(context, NETUID, NetworkPowRegistrationAllowed=True, Difficulty=4, MinDifficulty=1)
    head = chain.head
    prefix = sdk.registration_prefix(NETUID, head.hash.hex(), account("carol-hot"), account("carol"))
    nonce, work = sdk._mine_chunk(prefix, 4, 0, 10**6)
    args = {"netuid": NETUID, "work_block": head.number, "nonce": nonce, "work": "0x" + work}
    args["hotkey"] = account("carol-hot")
    with pytest.raises(InvalidTransaction, match="InvalidSeal"):
        chain.submit(chain.sign(key("carol"), MODULE, "pow_register", {**args, "nonce": nonce + 1}))
    chain.submit(chain.sign(key("carol"), MODULE, "pow_register", args))
    chain.produce_block()
    assert chain.state.get(MODULE, "Uids", NETUID, account("carol-hot")) == 0
    assert chain.state.get("System", "Account", account("carol"))["data"]["free"] == 0
