"""Numbers of the public chain's own tests, as literals; each names its test in `pallets/subtensor/src/tests/`."""

from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import RUNTIME_APIS, Query
from tao_lab.chain.pallets import balances, multisig, proxy
from tao_lab.chain.pallets.subtensor.epochs import split_emission
from tao_lab.chain.pallets.subtensor.lookups import mechanism_index
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.consensus.inheritance import inherited_stake
from tao_lab.economy.conviction import exp_decay
from tests.chain.conftest import TAO, account, free, run
from tests.chain.subtensor.conftest import MODULE, NETUID, add_hotkey, add_neuron, do, refused, set_hyper
from tests.chain.subtensor.pools import market

U64_MAX = 2**64 - 1
ALICE, BOB = account("alice"), account("bob")


# --- mechanism.rs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "split", "emission", "parts"),
    [
        (5, None, 25, [5, 5, 5, 5, 5]),  # split_emissions_even_division
        (4, None, 10, [4, 2, 2, 2]),  # split_emissions_rounding_to_first
        (5, [3_450, 6_899, 10_348, 17_247, 27_594], 19, [1, 2, 3, 5, 8]),  # split_emissions_fibbonacci
    ],
)
def test_emission_of_mechanisms(
    ctx: Context, count: int, split: list[int] | None, emission: int, parts: list[int]
) -> None:
    set_hyper(ctx, MechanismCountCurrent=count)
    if split is not None:
        set_hyper(ctx, MechanismEmissionSplit=split)
    assert split_emission(ctx.state, NETUID, emission) == parts


@pytest.mark.parametrize(
    ("netuid", "mecid", "index"),  # test_index_from_netuid_and_subnet: 4,096 subnets, 16 mechanisms
    [(0, 0, 0), (2_048, 1, 6_144), (2_048, 15, 63_488), (4_095, 1, 8_191), (4_095, 15, 65_535)],
)
def test_index_of_a_mechanism(netuid: int, mecid: int, index: int) -> None:
    assert mechanism_index(netuid, mecid) == index


# --- children.rs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "given", "received", "expected"),
    [
        (1_000_000_000, [U64_MAX], [], 0),  # test_get_stake_for_hotkey_on_subnet_single_parent_child
        (0, [], [(U64_MAX, 1_000_000_000)], 1_000_000_000),
        (1_000, [U64_MAX // 2], [], 501),  # …_multiple_parents_single_child: 500, 1,000 and 1,499, give or take 10
        (2_000, [U64_MAX // 2], [], 1_001),
        (0, [], [(U64_MAX // 2, 1_000), (U64_MAX // 2, 2_000)], 1_498),
        (3_000, [U64_MAX // 3, U64_MAX // 3], [], 1_000),  # …_single_parent_multiple_children, give or take 10
        (0, [], [(U64_MAX // 3, 3_000)], 1_000),
        (600_000_000_000_000, [0, U64_MAX], [], 0),  # …_edge_cases
        (0, [], [(0, 600_000_000_000_000)], 0),
        (0, [], [(U64_MAX, 600_000_000_000_000)], 600_000_000_000_000),
    ],
)
def test_stake_that_is_lent(own: int, given: list[int], received: list[tuple[int, int]], expected: int) -> None:
    exact = expected in (0, 1_000_000_000, 600_000_000_000_000)
    assert abs(inherited_stake(own, given, received) - expected) <= (0 if exact else 10)


# --- locks.rs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "tau", "left", "within"),
    [
        (0, 216_000, 1.0, 0.0),  # test_exp_decay_zero_dt
        (1_000, 0, 0.0, 0.0),  # test_exp_decay_zero_tau
        (216_000, 216_000, 0.36787944, 1e-8),  # test_exp_decay_one_tau
        (8_640_000, 216_000, 4.248354e-18, 1e-17),  # test_exp_decay_clamps_large_dt_to_min_ratio
        (21_600_000, 216_000, 4.248354e-18, 1e-17),
    ],
)
def test_decay_of_locks(blocks: int, tau: int, left: float, within: float) -> None:
    assert abs(exp_decay(blocks, tau) / 2**64 - left) <= within


def test_a_lock_without_stake_is_told(ctx: Context) -> None:
    """`get_stake_availability_for_coldkeys` (rpc_info/stake_info.rs) leaves out subnets with neither stake nor lock."""
    market(ctx)
    do(ctx, "alice", "add_stake", hotkey=account("miner"), netuid=NETUID, amount_staked=TAO)
    held = stake_of_coldkey(ctx.state, account("miner"), ALICE, NETUID)
    do(ctx, "alice", "lock_stake", hotkey=account("miner"), netuid=NETUID, amount=held)
    ask = RUNTIME_APIS[("StakeInfoRuntimeApi", "get_stake_availability_for_coldkeys")].function
    query = Query(ctx.state, ctx.block)
    assert ask(query, [ALICE], None) == {ALICE: {NETUID: {"total": held, "locked": held, "available": 0}}}
    for item in ("AlphaV2", "TotalHotkeySharesV2", "TotalHotkeyAlpha"):
        ctx.state.remove_prefix(MODULE, item, account("miner"))
    assert ask(query, [ALICE], None) == {ALICE: {NETUID: {"total": 0, "locked": held, "available": 0}}}
    assert ask(query, [BOB], None) == {BOB: {}}


# --- move_stake.rs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [0, U64_MAX])
def test_moving_all_stake_within_a_subnet(ctx: Context, more: int) -> None:
    """test_move_full_amount_same_netuid: all, to the rao, without a fee; 2^64 - 1 means all (spec 469)."""
    market(ctx)
    add_hotkey(ctx, "other", "bob")
    do(ctx, "alice", "add_stake", hotkey=account("miner"), netuid=NETUID, amount_staked=20 * TAO)
    held = stake_of_coldkey(ctx.state, account("miner"), ALICE, NETUID)
    args = {"origin_hotkey": account("miner"), "destination_hotkey": account("other")}
    args |= {"origin_netuid": NETUID, "destination_netuid": NETUID}
    do(ctx, "alice", "move_stake", alpha_amount=min(held + more, U64_MAX), **args)
    assert stake_of_coldkey(ctx.state, account("miner"), ALICE, NETUID) == 0
    assert stake_of_coldkey(ctx.state, account("other"), ALICE, NETUID) == held


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"destination_netuid": 99}, "SubnetNotExists"),  # test_do_move_nonexistent_subnet
        ({"origin_hotkey": account("nobody")}, "HotKeyAccountNotExists"),  # …_nonexistent_origin_hotkey
        ({"destination_hotkey": account("nobody")}, "HotKeyAccountNotExists"),  # …_nonexistent_destination_hotkey
        ({"destination_hotkey": account("miner")}, "SameNetuid"),  # test_do_move_same_hotkey_fails
    ],
)
def test_moving_is_refused(ctx: Context, changes: dict[str, Any], error: str) -> None:
    market(ctx)
    add_hotkey(ctx, "other", "bob")
    do(ctx, "alice", "add_stake", hotkey=account("miner"), netuid=NETUID, amount_staked=20 * TAO)
    args = {"origin_hotkey": account("miner"), "destination_hotkey": account("other")}
    args |= {"origin_netuid": NETUID, "destination_netuid": NETUID, "alpha_amount": TAO, **changes}
    assert refused(ctx, "alice", "move_stake", **args) == error


# --- swap_hotkey.rs, runtime/src/lib.rs ------------------------------------------------------------------------------


def test_what_swaps_cost(ctx: Context) -> None:
    """`KeySwapCost` and `KeySwapOnSubnetCost` of runtime/src/lib.rs; at spec 475 no limit by coldkey."""
    add_neuron(ctx, "old", "alice", stake=1)
    ctx.block = 7_201
    before = balances.free_balance(ctx, ALICE)
    swap = {"hotkey": account("old"), "new_hotkey": account("new"), "netuid": None}
    do(ctx, "alice", "swap_hotkey", **swap)
    assert before - balances.free_balance(ctx, ALICE) == 100_000_000
    ctx.state.put(MODULE, "TxRateLimit", 1_000)
    back = {"hotkey": account("new"), "new_hotkey": account("newer"), "netuid": None}
    assert refused(ctx, "alice", "swap_hotkey", **back) == "HotKeySwapOnSubnetIntervalNotPassed"


# --- deposits of runtime/src/lib.rs: `deposit(items, bytes)` is 20,000,000 and 1,000,000 rao for each ---------------


def test_deposits() -> None:
    def deposit(items: int, octets: int) -> int:
        return items * 20_000_000 + octets * 1_000_000

    assert (proxy.DEPOSIT_BASE, proxy.DEPOSIT_FACTOR) == (deposit(1, 40), deposit(0, 33)) == (60_000_000, 33_000_000)
    assert (deposit(1, 16), deposit(0, 68)) == (proxy.ANNOUNCEMENT_BASE, proxy.ANNOUNCEMENT_FACTOR)
    assert (deposit(1, 112), deposit(0, 32)) == (multisig.DEPOSIT_BASE, multisig.DEPOSIT_FACTOR)
    assert (proxy.MAX_PROXIES, proxy.MAX_PENDING, multisig.MAX_SIGNATORIES) == (20, 75, 100)


def test_a_root_call_passes_every_filter(chain: Chain) -> None:
    """batch_with_root_works (pallets/utility/src/tests.rs): root's batch may hold a batch, others' may not."""
    transfer = {"source": account("bob"), "dest": account("carol"), "value": TAO}
    inner = chain.compose("Utility", "batch", {"calls": [chain.compose("Balances", "force_transfer", transfer)]})
    outer = chain.compose("Utility", "batch_all", {"calls": [inner]})
    run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("sudo"), value=TAO)
    events = dict(run(chain, "sudo", "Sudo", "sudo", call=outer))
    assert events["Sudo.Sudid"] == {"sudo_result": {"Ok": ()}}
    assert free(chain, "carol") == TAO
