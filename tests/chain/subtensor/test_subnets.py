"""New subnets. Numbers from `pallets/subtensor/src/tests/{networks,subnet}.rs`."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.subnets import median_alpha_price, network_lock_cost
from tao_lab.chain.pallets.subtensor.symbols import DEFAULT_SYMBOL, SYMBOLS, symbol_for
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid
from tao_lab.economy.fixed128 import U64F64
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

LOCK = 1_000 * TAO
IDENTITY = {
    "subnet_name": "text",
    "github_repo": "https://github.com/x/y",
    "subnet_contact": "a@b",
    "subnet_url": "",
    "discord": "",
    "description": "",
    "logo_url": "",
    "additional": "",
}


@pytest.fixture
def rich(bare: Context) -> Context:
    """Alice can pay for a few subnets, and nobody has to wait."""
    fund(bare, "alice", 10_000 * TAO)
    bare.state.put(MODULE, "NetworkRateLimit", 0)
    return bare


def register(ctx: Context, hotkey: str = "hot", who: str = "alice") -> list[dict[str, Any]]:
    return do(ctx, who, "register_network", hotkey=account(hotkey))


def test_the_first_subnet_gets_the_lock_as_its_pool_at_price_one(rich: Context) -> None:
    before = free_rao(rich, "alice")
    assert register(rich)[-1] == {"NetworkAdded": (1, 1)}
    assert before - free_rao(rich, "alice") == LOCK == free_rao(rich, account_of_netuid(1))
    expected = {
        "NetworksAdded": True,
        "SubnetOwner": account("alice"),
        "SubnetOwnerHotkey": account("hot"),
        "SubnetMechanism": 1,
        "NetworkRegisteredAt": 10,
        "RegisteredSubnetCounter": 1,
        "SubnetTAO": LOCK,
        "SubnetAlphaIn": LOCK,
        "SubnetAlphaOut": 0,
        "SubnetLocked": LOCK,
        "RAORecycledForRegistration": 0,
        "TokenSymbol": "α",
        "Tempo": 360,
        "LastEpochBlock": 9,
        "MaxAllowedUids": 256,
        "MaxAllowedValidators": 64,
        "MinAllowedWeights": 1,
        "ImmunityPeriod": 5_000,
        "Yuma3On": True,
        "Burn": TAO,
        "SubnetEmissionEnabled": False,
        "SubtokenEnabled": False,
        "SubnetworkN": 1,
    }
    assert {item: rich.state.get(MODULE, item, 1) for item in expected} == expected
    assert rich.state.get(MODULE, "Keys", 1, 0) == account("hot")
    assert rich.state.get(MODULE, "TotalNetworks") == 2
    assert rich.state.get(MODULE, "TotalStake") == LOCK
    assert_no_rao_lost(rich)


def test_the_next_one_costs_twice_as_much_and_the_cost_falls(rich: Context) -> None:
    register(rich)
    assert network_lock_cost(rich.state, 10) == 2 * LOCK
    assert network_lock_cost(rich.state, 11) == 2 * LOCK - LOCK // 100_800
    assert network_lock_cost(rich.state, 300_000) == LOCK
    before = free_rao(rich, "alice")
    register(rich, "hot-2")
    assert before - free_rao(rich, "alice") == 2 * LOCK == rich.state.get(MODULE, "NetworkLastLockCost")


def test_a_new_pool_has_the_median_price_of_the_others(rich: Context) -> None:
    for hotkey in ("a", "b"):
        register(rich, hotkey)
    set_hyper(rich, 1, SubnetTAO=2 * LOCK, SubnetAlphaIn=LOCK)
    set_hyper(rich, 2, SubnetTAO=4 * LOCK, SubnetAlphaIn=LOCK)
    register(rich, "c")
    tao, alpha = (rich.state.get(MODULE, item, 3) for item in ("SubnetTAO", "SubnetAlphaIn"))
    assert tao == 4 * LOCK
    assert alpha == tao // 3


@pytest.mark.parametrize(
    ("prices", "median"),
    [
        ([], U64F64.one),
        ([0], U64F64.one),
        ([5], 5),
        ([9, 1, 4], 4),
        ([9, 0, 1, 4, 7], 5),
        ([3, 4], 3),
        ([(1 << 128) - 1] * 2, ((1 << 128) - 1) // 2),  # the sum saturates
    ],
)
def test_the_median_leaves_out_prices_of_zero(prices: list[int], median: int) -> None:
    assert median_alpha_price(prices) == median


def test_who_may_not_make_a_subnet(rich: Context) -> None:
    def error(who: str = "alice", hotkey: str = "") -> str:
        return refused(rich, who, "register_network", hotkey=hotkey or account("hot"))

    assert error(who="root") == "BadOrigin"
    assert error(who="bob") == "CannotAffordLockCost"
    assert error(hotkey=account_of_netuid(5)) == "CannotUseSystemAccount"
    do(rich, "bob", "try_associate_hotkey", hotkey=account("bob-hot"))
    assert error(hotkey=account("bob-hot")) == "NonAssociatedColdKey"
    rich.state.put(MODULE, "NetworkRegistrationStartBlock", 11)
    assert error() == "SubNetRegistrationDisabled"
    rich.state.put(MODULE, "NetworkRegistrationStartBlock", 10)
    register(rich)
    rich.state.put(MODULE, "NetworkRateLimit", 7_200)
    rich.block = 10 + 7_199
    assert error(hotkey=account("hot-2")) == "NetworkTxRateLimitExceeded"
    identity = {"hotkey": account("hot-2"), "identity": None}
    assert refused(rich, "alice", "register_network_with_identity", **identity) == "NetworkTxRateLimitExceeded"
    rich.block += 1
    register(rich, "hot-2")
    rich.state.put(MODULE, "NetworkRateLimit", 0)
    rich.state.put(MODULE, "SubnetLimit", 2)
    assert error() == "SubnetLimitReached"


def test_a_subnet_comes_with_its_identity_or_not_at_all(rich: Context) -> None:
    args = {"hotkey": account("hot"), "identity": {**IDENTITY, "subnet_name": "x" * 257}}
    assert refused(rich, "alice", "register_network_with_identity", **args) == "InvalidIdentity"
    done = do(rich, "alice", "register_network_with_identity", hotkey=account("hot"), identity=IDENTITY)
    assert {"SubnetIdentitySet": 1} in done
    assert rich.state.get(MODULE, "SubnetIdentitiesV3", 1) == IDENTITY


def test_root_s_validators_become_parents_of_the_owner_s_hotkey(rich: Context) -> None:
    """`do_set_root_validators_for_subnet` at spec 475: at once, and also with too little stake."""
    for name in ("willing", "unwilling", "poor"):
        add_neuron(rich, name, "bob", netuid=0, stake=0 if name == "poor" else 10**15)
    rich.state.put(MODULE, "AutoParentDelegationEnabled", account("unwilling"), False)
    rich.state.put(MODULE, "StakeThreshold", 1)
    register(rich)
    parents = rich.state.get(MODULE, "ParentKeys", account("hot"), 1)
    assert sorted(parents) == sorted((2**64 - 1, account(name)) for name in ("willing", "poor"))


# --- start ------------------------------------------------------------------------------------------------------


def test_the_owner_starts_a_subnet_once(rich: Context) -> None:
    register(rich)
    rich.state.put(MODULE, "StartCallDelay", 5)
    assert refused(rich, "alice", "start_call", netuid=2) == "SubnetNotExists"
    assert refused(rich, "bob", "start_call", netuid=1) == "BadOrigin"
    assert refused(rich, "alice", "start_call", netuid=1) == "StartCallNotReady"
    rich.block = 15
    assert do(rich, "alice", "start_call", netuid=1) == [{"FirstEmissionBlockNumberSet": (1, 16)}]
    assert rich.state.get(MODULE, "FirstEmissionBlockNumber", 1) == 16
    assert rich.state.get(MODULE, "SubtokenEnabled", 1)
    assert refused(rich, "alice", "start_call", netuid=1) == "FirstEmissionBlockNumberAlreadySet"


# --- symbols ----------------------------------------------------------------------------------------------------


def test_symbols_are_the_chain_s(rich: Context) -> None:
    assert len(set(SYMBOLS)) == 439
    assert [symbol_for(netuid) for netuid in (0, 1, 3, 438, 439, 65_535)] == ["Τ", "α", "γ", "ධ", "Τ", "Τ"]


def test_a_subnet_gets_its_own_symbol_or_the_next_one_that_is_free(rich: Context) -> None:
    set_hyper(rich, 7, TokenSymbol="α")
    set_hyper(rich, 8, TokenSymbol="β")
    register(rich)
    assert rich.state.get(MODULE, "TokenSymbol", 1) == "γ"
    for netuid, symbol in enumerate(SYMBOLS):
        set_hyper(rich, 1_000 + netuid, TokenSymbol=symbol)
    register(rich, "hot-2")
    assert rich.state.get(MODULE, "TokenSymbol", 2) == DEFAULT_SYMBOL


def test_the_owner_or_root_chooses_among_the_symbols_that_are_free(rich: Context) -> None:
    register(rich)
    register(rich, "hot-2")
    assert do(rich, "alice", "update_symbol", netuid=1, symbol="δ") == [{"SymbolUpdated": {"netuid": 1, "symbol": "δ"}}]
    do(rich, "root", "update_symbol", netuid=1, symbol="ε")
    assert rich.state.get(MODULE, "TokenSymbol", 1) == "ε"
    assert refused(rich, "bob", "update_symbol", netuid=1, symbol="δ") == "BadOrigin"
    assert refused(rich, "alice", "update_symbol", netuid=1, symbol="β") == "SymbolAlreadyInUse"
    for symbol in (DEFAULT_SYMBOL, "TEST", "", "0xff"):
        assert refused(rich, "alice", "update_symbol", netuid=1, symbol=symbol) == "SymbolDoesNotExist"


def test_new_subnet_of_the_tests_is_a_real_one(bare: Context) -> None:
    assert new_subnet(bare, "alice") == NETUID
    assert_no_rao_lost(bare)
