"""Buying a place on a subnet. Numbers from `pallets/subtensor/src/tests/registration.rs`."""

from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, signed
from tao_lab.chain.errors import BlockFailed, DispatchError, RuleBroken
from tao_lab.chain.pallets.subtensor.registration import PRECHECK, move_price, update_registration_prices
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import (
    MODULE,
    NETUID,
    add_neuron,
    assert_no_rao_lost,
    do,
    free_rao,
    fund,
    new_subnet,
    refused,
    set_hyper,
)

pytestmark = pytest.mark.usefixtures("in_both_forms")

ONE = 1 << 64  # U64F64


@pytest.fixture
def subnet(bare: Context) -> Context:
    """Subnet 1 as its owner registered it, and bob with 100 TAO more."""
    assert new_subnet(bare, "owner") == NETUID
    fund(bare, "bob", 100 * TAO)
    return bare


def register(ctx: Context, hotkey: str = "bob-hot", who: str = "bob") -> list[dict[str, Any]]:
    return do(ctx, who, "burned_register", netuid=NETUID, hotkey=account(hotkey))


def column(ctx: Context, item: str) -> list[Any]:
    return list(ctx.state.get(MODULE, item, NETUID))


def test_a_place_is_paid_with_its_price_and_the_hotkey_gets_the_next_uid(subnet: Context) -> None:
    before, pot = free_rao(subnet, "bob"), free_rao(subnet, account_of_netuid(NETUID))
    author, fee = free_rao(subnet, subnet.author), TAO * 33 // 65_535
    done = register(subnet)
    moved = [event["Transfer"]["amount"] for event in done if "Transfer" in event]
    assert moved == [TAO, fee]  # to the subnet, and the pool's fee to the block's author
    assert done[-1] == {"NeuronRegistered": (NETUID, 1, account("bob-hot"))}
    assert before - free_rao(subnet, "bob") == TAO
    assert free_rao(subnet, account_of_netuid(NETUID)) == pot + TAO - fee
    assert free_rao(subnet, subnet.author) == author + fee
    state = subnet.state
    assert state.get(MODULE, "SubnetworkN", NETUID) == 2
    assert state.get(MODULE, "Keys", NETUID, 1) == account("bob-hot")
    assert state.get(MODULE, "Uids", NETUID, account("bob-hot")) == 1
    assert state.get(MODULE, "BlockAtRegistration", NETUID, 1) == 10
    assert state.get(MODULE, "IsNetworkMember", account("bob-hot"), NETUID)
    assert state.get(MODULE, "Owner", account("bob-hot")) == account("bob")
    assert state.get(MODULE, "OwnedHotkeys", account("bob")) == [account("bob-hot")]
    assert column(subnet, "Active") == [True, True]
    assert column(subnet, "LastUpdate") == [10, 10]
    for item in ("Emission", "Consensus", "Incentive", "Dividends", "ValidatorTrust", "ValidatorPermit"):
        assert column(subnet, item) == [0, 0]
    assert_no_rao_lost(subnet)


def test_the_payment_buys_alpha_that_is_nobody_s(subnet: Context) -> None:
    tao, alpha = (subnet.state.get(MODULE, item, NETUID) for item in ("SubnetTAO", "SubnetAlphaIn"))
    register(subnet)
    fee = TAO * 33 // 65_535
    assert subnet.state.get(MODULE, "SubnetTAO", NETUID) == tao + TAO - fee
    assert subnet.state.get(MODULE, "SubnetAlphaIn", NETUID) < alpha
    assert subnet.state.get(MODULE, "SubnetAlphaOut", NETUID) == 0
    assert subnet.state.get(MODULE, "RAORecycledForRegistration", NETUID) == TAO
    assert subnet.state.get(MODULE, "SubnetTaoFlow", NETUID) == TAO - fee
    assert subnet.state.get(MODULE, "RegistrationsThisBlock", NETUID) == 1


def test_each_registration_in_a_block_costs_more(subnet: Context) -> None:
    set_hyper(subnet, BurnIncreaseMult={"bits": 2 * ONE}, Burn=1_000_000)
    paid = []
    for place in range(3):
        before = free_rao(subnet, "bob")
        register(subnet, f"hot-{place}")
        paid.append(before - free_rao(subnet, "bob"))
    assert paid == [1_000_000, 2_000_000, 4_000_000]
    assert subnet.state.get(MODULE, "Burn", NETUID) == 8_000_000


def test_prices_fall_and_registrations_are_counted_anew_in_each_block(subnet: Context) -> None:
    set_hyper(subnet, BurnHalfLife=1_000, MinBurn=0, Burn=1_000, RegistrationsThisBlock=3)
    update_registration_prices(subnet)
    assert subnet.state.get(MODULE, "Burn", NETUID) == 999
    assert subnet.state.get(MODULE, "RegistrationsThisBlock", NETUID) == 0


def test_the_block_step_moves_the_price(subnet: Context, chain: Chain) -> None:
    set_hyper(subnet, BurnHalfLife=2, MinBurn=0, Burn=1_024)
    for _ in range(2):
        chain.produce_block()
    assert chain.state.get(MODULE, "Burn", NETUID) == 511


@pytest.mark.parametrize("name", ["burned_register", "register_limit", "register"])
def test_what_keeps_a_registration_out(subnet: Context, name: str) -> None:
    extra: dict[str, Any] = {"burned_register": {}, "register_limit": {"limit_price": 10**18}}.get(
        name, {"block_number": 0, "nonce": 0, "work": "", "coldkey": account("carol")}
    )

    def error(who: str = "bob", hotkey: str = "bob-hot", netuid: int = NETUID) -> str:
        return refused(subnet, who, name, netuid=netuid, hotkey=account(hotkey), **extra)

    assert error(who="root") == "BadOrigin"
    assert error(netuid=0) == "RegistrationNotPermittedOnRootSubnet"
    assert error(netuid=2) == "SubnetNotExists"
    assert error(hotkey="owner-hot") == "HotKeyAlreadyRegisteredInSubNet"
    assert error(who="nobody") == "NotEnoughBalanceToStake"
    do(subnet, "owner", "try_associate_hotkey", hotkey=account("taken"))
    assert error(hotkey="taken") == "NonAssociatedColdKey"
    set_hyper(subnet, NetworkRegistrationAllowed=False)
    assert error() == "SubNetRegistrationDisabled"
    set_hyper(subnet, NetworkRegistrationAllowed=True)
    for places, weighs in ((0, PRECHECK), (1, None)):  # the only place is the owner's, which takes a search to find out
        set_hyper(subnet, MaxAllowedUids=places)
        args = {"netuid": NETUID, "hotkey": account("bob-hot"), **extra}
        with pytest.raises(DispatchError, match="NoNeuronIdAvailable") as refusal:
            subnet.dispatch(signed(account("bob")), Call(MODULE, name, args))
        assert refusal.value.weight == weighs
    set_hyper(subnet, MaxAllowedUids=256, SubnetTAO=0)
    assert error() == "SwapInputTooLarge"


def test_a_subnet_s_own_account_is_no_hotkey(subnet: Context) -> None:
    args = {"netuid": NETUID, "hotkey": account_of_netuid(NETUID)}
    assert refused(subnet, "bob", "burned_register", **args) == "CannotUseSystemAccount"


def test_proof_of_work_is_not_looked_at_and_the_signer_pays_and_owns(subnet: Context) -> None:
    do(
        subnet,
        "bob",
        "register",
        netuid=NETUID,
        block_number=0,
        nonce=0,
        work="0x00",
        hotkey=account("bob-hot"),
        coldkey=account("carol"),
    )
    assert subnet.state.get(MODULE, "Owner", account("bob-hot")) == account("bob")
    assert free_rao(subnet, "bob") == 199 * TAO


def test_a_limit_keeps_a_registration_from_paying_more(subnet: Context) -> None:
    args = {"netuid": NETUID, "hotkey": account("bob-hot")}
    assert refused(subnet, "bob", "register_limit", **args, limit_price=TAO - 1) == "RegistrationPriceLimitExceeded"
    do(subnet, "bob", "register_limit", **args, limit_price=TAO)
    assert subnet.state.get(MODULE, "SubnetworkN", NETUID) == 2


def test_a_buyer_keeps_the_existential_deposit(subnet: Context) -> None:
    """`check_registration_inner`: the balance that an account may spend and live on has to cover the price."""
    fund(subnet, "carol", TAO + 499)
    args = {"netuid": NETUID, "hotkey": account("carol-hot")}
    assert refused(subnet, "carol", "burned_register", **args) == "NotEnoughBalanceToStake"
    fund(subnet, "carol", 1)
    register(subnet, "carol-hot", who="carol")
    assert free_rao(subnet, "carol") == 500
    assert subnet.state.get(MODULE, "SubnetTaoFlow", NETUID) == TAO - TAO * 33 // 65_535
    assert subnet.state.get(MODULE, "RAORecycledForRegistration", NETUID) == TAO
    assert_no_rao_lost(subnet)


def test_a_full_subnet_gives_up_its_weakest_neuron(subnet: Context) -> None:
    set_hyper(subnet, MaxAllowedUids=3, ImmunityPeriod=5, MinNonImmuneUids=0)
    for name in ("a", "b"):
        register(subnet, name)
    set_hyper(subnet, Emission=[0, 7, 5])
    subnet.block = 20
    assert register(subnet, "c")[-1] == {"NeuronRegistered": (NETUID, 2, account("c"))}
    state = subnet.state
    assert state.get(MODULE, "SubnetworkN", NETUID) == 3
    assert state.get(MODULE, "Uids", NETUID, account("b")) is None
    assert not state.exists(MODULE, "IsNetworkMember", account("b"), NETUID)
    assert state.get(MODULE, "Keys", NETUID, 2) == account("c")
    assert column(subnet, "Emission") == [0, 7, 0]
    assert column(subnet, "LastUpdate") == [10, 10, 20]
    assert register(subnet, "d")[-1] == {"NeuronRegistered": (NETUID, 1, account("d"))}  # c is immune
    assert register(subnet, "e")[-1] == {"NeuronRegistered": (NETUID, 1, account("e"))}  # c as well: the lower UID
    uids = dict(state.entries(MODULE, "Uids", NETUID))
    assert uids == {hotkey: uid for uid, hotkey in state.entries(MODULE, "Keys", NETUID)}


def test_a_replaced_rule_decides_the_price(subnet: Context) -> None:
    with subnet.rules.using(registration_price=lambda burn, terms, event: burn + (event == "registration")):
        register(subnet)
        update_registration_prices(subnet)
    assert subnet.state.get(MODULE, "Burn", NETUID) == TAO + 1


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda burn, terms, event: burn / 2, r"gave 500000000\.0; allowed: whole rao from 500000 to 100000000000"),
        (lambda burn, terms, event: 0, "gave 0; allowed"),
        (lambda burn, terms, event: terms.nothing, "raised AttributeError"),
    ],
)
def test_what_a_price_rule_breaks_is_said(subnet: Context, chain: Chain, rule: Any, message: str) -> None:
    chain.produce_block()
    before = dict(chain.state.raw.items())
    with chain.rules.using(registration_price=rule), pytest.raises(BlockFailed, match="registration_price"):
        chain.produce_block()
    assert dict(chain.state.raw.items()) == before
    set_hyper(subnet, Burn=TAO)
    with subnet.rules.using(registration_price=rule), pytest.raises(RuleBroken, match=message):
        move_price(subnet, NETUID, "block")


# --- root -------------------------------------------------------------------------------------------------------


def root_register(ctx: Context, hotkey: str, who: str = "bob") -> list[dict[str, Any]]:
    return do(ctx, who, "root_register", hotkey=account(hotkey))


def test_root_is_there_from_the_first_block(chain: Chain) -> None:
    state = chain.at(0)
    assert state.entries(MODULE, "NetworksAdded") == [(0, True)]
    assert [state.get(MODULE, item, 0) for item in ("MaxAllowedUids", "Tempo", "TokenSymbol")] == [64, 100, "Τ"]
    assert state.get(MODULE, "TotalNetworks") == 1


def test_a_seat_on_root_costs_one_tao_at_least_and_is_recycled(bare: Context) -> None:
    """`migrate_tune_root_registration`: 1 TAO, one seat a block, 3 x 2 in an interval, immune for 7,200 blocks."""
    issued = [bare.state.get(pallet, "TotalIssuance") for pallet in (MODULE, "Balances")]
    assert root_register(bare, "bob-hot")[-1] == {"NeuronRegistered": (0, 0, account("bob-hot"))}
    assert free_rao(bare, "bob") == 99 * TAO
    assert [bare.state.get(pallet, "TotalIssuance") for pallet in (MODULE, "Balances")] == [rao - TAO for rao in issued]
    assert bare.state.get(MODULE, "RAORecycledForRegistration", 0) == TAO
    assert bare.state.get(MODULE, "Burn", 0) > TAO
    assert bare.state.get(MODULE, "ImmunityPeriod", 0) == 7_200
    assert bare.state.get(MODULE, "Delegates", account("bob-hot")) == 11_796
    hotkey = {"hotkey": account("x")}
    assert refused(bare, "bob", "root_register", **hotkey) == "TooManyRegistrationsThisBlock"
    set_hyper(bare, 0, RegistrationsThisBlock=0)
    assert refused(bare, "bob", "root_register", hotkey=account("bob-hot")) == "HotKeyAlreadyRegisteredInSubNet"
    assert refused(bare, "poor", "root_register", **hotkey) == "InsufficientTaoBalance"
    set_hyper(bare, 0, RegistrationsThisInterval=6)
    assert refused(bare, "bob", "root_register", **hotkey) == "TooManyRegistrationsThisInterval"


def test_root_s_counters_begin_anew(bare: Context) -> None:
    root_register(bare, "bob-hot")
    bare.block = 99
    update_registration_prices(bare)
    items = ("RegistrationsThisBlock", "RegistrationsThisInterval")
    assert [bare.state.get(MODULE, item, 0) for item in items] == [0, 1]
    bare.block = 100
    update_registration_prices(bare)
    assert [bare.state.get(MODULE, item, 0) for item in items] == [0, 0]
    set_hyper(bare, 0, RegistrationsThisInterval=6)
    bare.block = 101  # 101 blocks after root's last epoch, of which there are none: the interval goes on
    update_registration_prices(bare)
    assert bare.state.get(MODULE, "RegistrationsThisInterval", 0) == 6
    set_hyper(bare, 0, Tempo=0)
    update_registration_prices(bare)
    assert bare.state.get(MODULE, "RegistrationsThisInterval", 0) == 0


def test_on_a_full_root_the_hotkey_with_the_least_stake_goes(bare: Context) -> None:
    """`get_root_neuron_to_prune`: of those that are no longer immune; of equals the oldest."""
    set_hyper(bare, 0, MaxAllowedUids=3)
    for name, stake in (("a", 9), ("b", 5), ("d", 5)):
        add_neuron(bare, name, "bob", netuid=0, stake=stake)
    set_hyper(bare, 0, Active=[True] * 3)
    assert refused(bare, "bob", "root_register", hotkey=account("c")) == "NoNeuronIdAvailable"  # all are new
    for uid, block in ((0, 1), (1, 9), (2, 8)):
        bare.state.put(MODULE, "BlockAtRegistration", 0, uid, block)
    bare.block = 8 + 7_200
    assert root_register(bare, "c")[-1] == {"NeuronRegistered": (0, 2, account("c"))}  # uid 1 is immune for a block
    assert bare.state.get(MODULE, "Uids", 0, account("d")) is None
