"""Stake goes in, out and across, every rao is counted, and what is refused changes nothing."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import ROOT, Call
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.balances import EXISTENTIAL_DEPOSIT, free_balance
from tao_lab.chain.pallets.subtensor import stake_calls
from tao_lab.chain.pallets.subtensor.child_threshold import check_thresholds
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price, init_swap, read_pool
from tao_lab.chain.pallets.subtensor.root_claims import move_root_stake_age
from tao_lab.chain.pallets.subtensor.stake import stake_of, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.stake_checks import max_amount_add, max_amount_move, max_amount_remove
from tao_lab.chain.pallets.subtensor.staking import MIN_STAKE, clear_small_nominations
from tao_lab.economy import swap
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import add_hotkey, do, refused, set_hyper
from tests.chain.subtensor.pools import PRICE, add_pool, assert_all_is_counted, give, market

U64_MAX = (1 << 64) - 1
MINER, HELPER = account("miner"), account("helper")
ALICE, BOB = account("alice"), account("bob")


@pytest.fixture
def ctx(ctx: Context) -> Context:
    """Pools, hotkeys, and alice with stake on both subnets and on root."""
    market(ctx)
    for netuid, tao in ((1, 10), (2, 10), (ROOT_NETUID, 10)):
        do(ctx, "alice", "add_stake", hotkey=MINER, netuid=netuid, amount_staked=tao * TAO)
    return ctx


def stake(ctx: Context, netuid: int, hotkey: str = MINER, coldkey: str = ALICE) -> int:
    return stake_of_coldkey(ctx.state, hotkey, coldkey, netuid)


def content(events: list[dict[str, Any]], name: str) -> Any:
    """The last event of a name."""
    return [event[name] for event in events if name in event][-1]


# --- adding ---


def test_staking_pays_the_pool_and_the_author(ctx: Context) -> None:
    before, author, held = free_balance(ctx, BOB), free_balance(ctx, ctx.author), stake(ctx, 1, coldkey=BOB)
    expected = swap(read_pool(ctx.state, 1), "buy", 5 * TAO)
    events = do(ctx, "bob", "add_stake", hotkey=MINER, netuid=1, amount_staked=5 * TAO)
    assert content(events, "StakeAdded") == (BOB, MINER, 5 * TAO, expected.received, 1, expected.fee)
    assert stake(ctx, 1, coldkey=BOB) - held == expected.received
    assert before - free_balance(ctx, BOB) == 5 * TAO
    assert free_balance(ctx, ctx.author) - author == expected.fee > 0
    assert ctx.state.get(MODULE, "LastColdkeyHotkeyStakeBlock", BOB, MINER) is None  # only stake on root has an age
    assert ctx.state.get(MODULE, "StakingHotkeys", BOB) == [MINER]
    assert_all_is_counted(ctx)


def test_staking_everything_keeps_the_existential_deposit(ctx: Context) -> None:
    do(ctx, "bob", "add_stake", hotkey=MINER, netuid=1, amount_staked=free_balance(ctx, BOB))
    assert free_balance(ctx, BOB) == EXISTENTIAL_DEPOSIT
    assert_all_is_counted(ctx)


def test_staking_on_root_is_one_to_one(ctx: Context) -> None:
    assert stake(ctx, ROOT_NETUID) == 10 * TAO
    assert ctx.state.get(MODULE, "StakingColdkeysByIndex", 0) == ALICE


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"amount_staked": 0}, "AmountTooLow"),
        ({"amount_staked": 1}, "AmountTooLow"),
        ({"amount_staked": MIN_STAKE}, "AmountTooLow"),  # the fee comes on top
        ({"amount_staked": 1_000 * TAO}, "NotEnoughBalanceToStake"),
        ({"amount_staked": U64_MAX}, "InsufficientLiquidity"),  # above 1,000 times the pool
        ({"netuid": 99}, "SubnetNotExists"),
        ({"netuid": 3}, "SubtokenDisabled"),
        ({"hotkey": account("nobody")}, "HotKeyAccountNotExists"),
    ],
)
def test_staking_is_refused_by_name(ctx: Context, change: dict[str, Any], name: str) -> None:
    add_pool(ctx, 3)
    set_hyper(ctx, 3, SubtokenEnabled=False)
    args = {"hotkey": MINER, "netuid": 1, "amount_staked": TAO}
    assert refused(ctx, "bob", "add_stake", **{**args, **change}) == name


def test_a_pool_without_alpha_sells_none(ctx: Context) -> None:
    set_hyper(ctx, 1, SubnetAlphaIn=999_999)  # test_add_stake_insufficient_liquidity_one_side_fail: below the least
    args = {"hotkey": MINER, "netuid": 1, "amount_staked": TAO}
    assert refused(ctx, "bob", "add_stake", **args) == "InsufficientLiquidity"


# --- with a limit price ---


def test_a_limit_stakes_what_it_lets_through(ctx: Context) -> None:
    """test_add_stake_limit_ok: 150 TAO and 100 alpha at a limit of 24 take 450 TAO and give 75 alpha."""
    add_pool(ctx, 3, tao=150 * TAO, alpha=100 * TAO)
    give(ctx, BOB, 800 * TAO)
    args = {"hotkey": MINER, "netuid": 3, "amount_staked": 900 * TAO, "limit_price": 24 * TAO}
    before = free_balance(ctx, BOB)
    assert refused(ctx, "bob", "add_stake_limit", **args, allow_partial=False) == "SlippageTooHigh"
    do(ctx, "bob", "add_stake_limit", **args, allow_partial=True)
    assert stake(ctx, 3, coldkey=BOB) == pytest.approx(75 * TAO, rel=1e-9)
    assert before - free_balance(ctx, BOB) == pytest.approx(450 * TAO * 65_535 / 65_502, rel=1e-9)
    assert current_alpha_price(ctx.state, 3) / 2**64 == pytest.approx(24, rel=1e-9)
    assert ctx.state.exists(MODULE, "Delegates", MINER)  # staked on by somebody else
    assert_all_is_counted(ctx)


@pytest.mark.parametrize("allow_partial", [True, False])
def test_a_limit_below_the_price_buys_nothing(ctx: Context, allow_partial: bool) -> None:
    args = {"hotkey": MINER, "netuid": 1, "amount_staked": TAO, "limit_price": PRICE, "allow_partial": allow_partial}
    assert refused(ctx, "bob", "add_stake_limit", **args) == "PriceLimitExceeded"


def test_a_limit_below_one_on_root_is_refused(ctx: Context) -> None:
    args = {"hotkey": MINER, "netuid": ROOT_NETUID, "amount_staked": TAO, "limit_price": TAO - 1}
    assert refused(ctx, "bob", "add_stake_limit", **args, allow_partial=False) == "SlippageTooHigh"
    assert refused(ctx, "bob", "add_stake_limit", **args, allow_partial=True) == "AmountTooLow"


@pytest.mark.parametrize(
    ("tao", "alpha", "limit", "most"),
    [
        # test_max_amount_add_dynamic, to its tolerance; smaller pools than mainnet's least are left out
        (10**6, 10**6, 4 * TAO, 1_000_500),
        (10**6, 10**6, 9 * TAO, 2_001_000),
        (10**6, 10**6, 16 * TAO, 3_001_500),
        (10**12, 10**12, 16 * TAO, 3_001_500_000_000),
        (150 * TAO, 100 * TAO, 1_500_000_001, 49),
        (150 * TAO, 100 * TAO, 6 * TAO, 150_075_000_000),
        (U64_MAX // 2, U64_MAX, U64_MAX, U64_MAX),
    ],
)
def test_how_much_a_limit_lets_in(ctx: Context, tao: int, alpha: int, limit: int, most: int) -> None:
    set_hyper(ctx, 1, SubnetTAO=tao, SubnetAlphaIn=alpha)
    init_swap(ctx, 1)
    assert max_amount_add(ctx, 1, limit) == pytest.approx(most, rel=1e-4, abs=1)


@pytest.mark.parametrize("limit", [0, 100_000_000, 500_000_000, 1_499_999_999, 1_500_000_000])
def test_no_limit_below_the_price_lets_anything_in(ctx: Context, limit: int) -> None:
    set_hyper(ctx, 1, SubnetTAO=150 * TAO, SubnetAlphaIn=100 * TAO)
    with pytest.raises(DispatchError, match="PriceLimitExceeded"):
        max_amount_add(ctx, 1, limit)


@pytest.mark.parametrize(
    ("tao", "alpha", "limit", "most"),
    [
        # test_max_amount_remove_dynamic
        (10 * TAO, 10 * TAO, 0, 10_000 * TAO),
        (10**6, 10**6, 250_000_000, 1_010_000),
        (10**6, 10**6, 62_500_000, 3_030_000),
        (10**12, 10**12, 62_500_000, 3_030_000_000_000),
        (200 * TAO, 100 * TAO, 500_000_000, 101_000_000_000),
        (200 * TAO, 100 * TAO, 125_000_000, 303_000_000_000),
        (200 * TAO, 100 * TAO, 1_999_999_990, 250),
        (200 * TAO, 100 * TAO, "PriceLimitExceeded", 2 * TAO),
        (0, TAO, "ReservesTooLow", 100),
        (TAO, 0, "PriceLimitExceeded", 100),
        (21 * 10**15, 10**6, 21 * 10**15, 17_455_533),
        (21 * 10**15, 10**18, 20_000_000, 24_700_000_000_000_000),
        (21 * 10**15, 21 * 10**15, 999_999_999, 10_605_000),
        (21 * 10**15, 21 * 10**15, 0, U64_MAX),
    ],
)
def test_how_much_a_limit_lets_out(ctx: Context, tao: int, alpha: int, limit: int | str, most: int) -> None:
    set_hyper(ctx, 1, SubnetTAO=tao, SubnetAlphaIn=alpha)
    if isinstance(limit, str):
        with pytest.raises(DispatchError, match=limit):
            max_amount_remove(ctx, 1, most)
    else:
        assert max_amount_remove(ctx, 1, limit) == pytest.approx(most, rel=1e-2)


@pytest.mark.parametrize(
    ("pools", "limit", "most", "precision"),
    [
        # test_max_amount_move_dynamic_dynamic
        ((0, TAO, TAO, TAO), 100, 0, 0),
        ((TAO, 0, TAO, TAO), 100, 0, 0),
        ((TAO, TAO, 0, TAO), 100, 0, 0),
        ((TAO, TAO, TAO, 0), 100, 0, 0),
        ((1, 1, 1, 1), 0, U64_MAX, 0),
        ((1, 1, 1, 1), 1, 500_000_000, 1),
        ((1, 1, 1, 1), 3, 166_666_666, 1),
        ((1_000, 1_000, 1_000, 1_000), 500_000_000, 500, 1),
        ((1_000, 1_000, 1_000, 1_000), 100_000_000, 4_500, 1),
        ((150 * TAO, 100 * TAO, 100 * TAO, 100 * TAO), 100_000_000, 560 * TAO, 10**6),
        ((150 * TAO, 100 * TAO, 100 * TAO, 100 * TAO), 750_000_000, 40 * TAO, 10**6),
        ((150 * TAO, 100 * TAO, 100 * TAO, 100 * TAO), 1_250_000_000, 8 * TAO, 1_000),
        ((150 * TAO, 100 * TAO, 100 * TAO, 100 * TAO), 1_499_999_999, 27, 1),
        ((150 * TAO, 100 * TAO, 100 * TAO, 100 * TAO), 1_500_000_000, 0, 1),
        ((150 * TAO, 100 * TAO, 100 * TAO, 100 * TAO), U64_MAX, 0, 0),
        ((100 * TAO, 200 * TAO, 300 * TAO, 400 * TAO), 500_000_000, 50 * TAO, 1_000),
        ((TAO, TAO, TAO, TAO), 1, 499_999_999_500_000_000, 10**8),
        ((10**6, 10**6, 21 * 10**15, 10**18), 1, 48 * 10**15, 10**15),
    ],
)
def test_how_much_a_limit_lets_across(
    ctx: Context, pools: tuple[int, int, int, int], limit: int, most: int, precision: int
) -> None:
    set_hyper(ctx, 1, SubnetTAO=pools[0], SubnetAlphaIn=pools[1])
    set_hyper(ctx, 2, SubnetTAO=pools[2], SubnetAlphaIn=pools[3])
    assert abs(max_amount_move(ctx, 1, 2, limit) - most) <= precision


def test_limits_at_root(ctx: Context) -> None:
    """test_max_amount_add_root, test_max_amount_remove_root, test_max_amount_move_root_root."""
    assert [max_amount_add(ctx, 0, limit) for limit in (0, TAO - 1, TAO, 2 * TAO)] == [0, 0, U64_MAX, U64_MAX]
    assert [max_amount_remove(ctx, 0, limit) for limit in (0, TAO, TAO + 1)] == [U64_MAX, U64_MAX, 0]
    assert [max_amount_move(ctx, 0, 0, limit) for limit in (0, TAO, TAO + 1)] == [U64_MAX, U64_MAX, 0]
    set_hyper(ctx, 1, SubnetTAO=150 * TAO, SubnetAlphaIn=100 * TAO)
    assert max_amount_move(ctx, 0, 1, 0) == U64_MAX
    assert max_amount_move(ctx, 0, 1, TAO // 6) == pytest.approx(150_075_000_000, rel=1e-4)
    with pytest.raises(DispatchError, match="PriceLimitExceeded"):
        max_amount_move(ctx, 0, 1, TAO)
    assert max_amount_move(ctx, 1, 0, 375_000_000) == max_amount_remove(ctx, 1, 375_000_000)


# --- removing ---


def test_unstaking_pays_the_coldkey_and_the_author(ctx: Context) -> None:
    before, author, alpha = free_balance(ctx, ALICE), free_balance(ctx, ctx.author), stake(ctx, 1) // 2
    expected = swap(read_pool(ctx.state, 1), "sell", alpha)
    events = do(ctx, "alice", "remove_stake", hotkey=MINER, netuid=1, amount_unstaked=alpha)
    removed = content(events, "StakeRemoved")
    assert removed == (ALICE, MINER, expected.received, expected.paid, 1, expected.fee)
    assert free_balance(ctx, ALICE) - before == expected.received
    assert free_balance(ctx, ctx.author) > author
    assert_all_is_counted(ctx)


@pytest.mark.parametrize("netuid", [ROOT_NETUID, 1])
def test_more_than_everything_is_everything(ctx: Context, netuid: int) -> None:
    do(ctx, "alice", "remove_stake", hotkey=MINER, netuid=netuid, amount_unstaked=U64_MAX)
    assert stake(ctx, netuid) == 0
    assert not ctx.state.exists(MODULE, "AlphaV2", MINER, ALICE, netuid)
    assert ctx.state.exists(MODULE, "StakingColdkeys", ALICE) == (netuid != ROOT_NETUID)
    assert_all_is_counted(ctx)


def test_a_round_trip_never_gains(ctx: Context) -> None:
    before = free_balance(ctx, BOB)
    do(ctx, "bob", "add_stake", hotkey=MINER, netuid=1, amount_staked=TAO)
    do(ctx, "bob", "remove_stake", hotkey=MINER, netuid=1, amount_unstaked=U64_MAX)
    assert 0.998 * TAO < TAO - (before - free_balance(ctx, BOB)) < TAO


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"amount_unstaked": 0}, "AmountTooLow"),
        ({"amount_unstaked": 1}, "InsufficientLiquidity"),  # one rao of alpha buys less than one of TAO
        ({"amount_unstaked": MIN_STAKE}, "AmountTooLow"),
        ({"netuid": 99}, "SubtokenDisabled"),
        ({"netuid": 3}, "AmountTooLow"),  # nothing is staked there
        ({"hotkey": account("nobody")}, "AmountTooLow"),
    ],
)
def test_unstaking_is_refused_by_name(ctx: Context, change: dict[str, Any], name: str) -> None:
    add_pool(ctx, 3)
    args = {"hotkey": MINER, "netuid": 1, "amount_unstaked": TAO}
    assert refused(ctx, "alice", "remove_stake", **{**args, **change}) == name


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"amount_unstaked": 0}, "AmountTooLow"),
        ({"amount_unstaked": 1_000 * TAO}, "NotEnoughStakeToWithdraw"),
        ({"amount_unstaked": U64_MAX}, "InsufficientLiquidity"),
        ({"netuid": 99}, "SubnetNotExists"),
        ({"limit_price": 300_000_000, "allow_partial": False}, "SlippageTooHigh"),
        ({"limit_price": PRICE * 2}, "PriceLimitExceeded"),
    ],
)
def test_unstaking_with_a_limit_is_refused_by_name(ctx: Context, change: dict[str, Any], name: str) -> None:
    give(ctx, ALICE, 500 * TAO)
    do(ctx, "alice", "add_stake", hotkey=MINER, netuid=1, amount_staked=100 * TAO)
    do(ctx, "bob", "add_stake", hotkey=HELPER, netuid=1, amount_staked=5 * TAO)
    args = {"hotkey": MINER, "netuid": 1, "amount_unstaked": 300 * TAO, "limit_price": 1, "allow_partial": True}
    assert refused(ctx, "alice", "remove_stake_limit", **{**args, **change}) == name


def test_a_limit_sells_what_it_lets_through_and_keeps_the_rest(ctx: Context) -> None:
    give(ctx, ALICE, 500 * TAO)
    do(ctx, "alice", "add_stake", hotkey=MINER, netuid=1, amount_staked=100 * TAO)
    alpha = stake(ctx, 1)
    args = {"hotkey": MINER, "netuid": 1, "amount_unstaked": alpha, "limit_price": 280_000_000}
    do(ctx, "alice", "remove_stake_limit", **args, allow_partial=True)
    assert 0 < stake(ctx, 1) < alpha
    assert current_alpha_price(ctx.state, 1) / 2**64 == pytest.approx(0.28, rel=1e-3)
    assert_all_is_counted(ctx)


def test_everything_with_and_without_a_limit(ctx: Context) -> None:
    """test_remove_stake_full_limit_*: fails at a limit that is too high, sells everything at a low one or at none."""
    args = {"hotkey": MINER, "netuid": 1}
    assert refused(ctx, "alice", "remove_stake_full_limit", **args, limit_price=251_000_000) == "SlippageTooHigh"
    do(ctx, "alice", "remove_stake_full_limit", **args, limit_price=90_000_000)
    assert stake(ctx, 1) == 0
    do(ctx, "alice", "remove_stake_full_limit", hotkey=MINER, netuid=2, limit_price=None)
    assert stake(ctx, 2) == 0
    assert_all_is_counted(ctx)


def test_unstaking_everywhere(ctx: Context) -> None:
    do(ctx, "alice", "unstake_all", hotkey=MINER)
    assert [stake(ctx, netuid) for netuid in (ROOT_NETUID, 1, 2)] == [0, 0, 0]
    assert_all_is_counted(ctx)
    assert refused(ctx, "alice", "unstake_all", hotkey=account("nobody")) == "HotKeyAccountNotExists"


def test_one_call_sells_at_most_sixteen_positions(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """`MAX_UNSTAKE_ALL_LEGS` of spec 475; here two. Subnets without stake do not count, and the next call goes on."""
    assert stake_calls.MOST_POSITIONS == 16
    monkeypatch.setattr(stake_calls, "MOST_POSITIONS", 2)
    held = [netuid for netuid in (0, 1, 2) if stake(ctx, netuid)]
    assert len(held) == 3
    do(ctx, "alice", "unstake_all", hotkey=MINER)
    assert [bool(stake(ctx, netuid)) for netuid in held] == [False, False, True]
    do(ctx, "alice", "unstake_all", hotkey=MINER)
    assert not any(stake(ctx, netuid) for netuid in held)


def test_unstaking_all_alpha_stakes_it_on_root(ctx: Context) -> None:
    before = free_balance(ctx, ALICE)
    do(ctx, "alice", "unstake_all_alpha", hotkey=MINER)
    assert [stake(ctx, netuid) for netuid in (1, 2)] == [0, 0]
    assert 29.9 * TAO < stake(ctx, ROOT_NETUID) < 30 * TAO
    assert free_balance(ctx, ALICE) == before
    assert_all_is_counted(ctx)
    assert refused(ctx, "alice", "unstake_all_alpha", hotkey=MINER) == "AmountTooLow"


def test_unstaking_everywhere_leaves_what_cannot_be_sold(ctx: Context) -> None:
    set_hyper(ctx, 1, SubnetTAO=999_999)  # test_unstake_all_hits_liquidity_min
    before = stake(ctx, 1)
    do(ctx, "alice", "unstake_all", hotkey=MINER)
    assert (stake(ctx, 1), stake(ctx, 2)) == (before, 0)


# --- small stakes of nominators ---


def test_a_nominator_s_small_rest_is_sold_too(ctx: Context) -> None:
    ctx.state.put(MODULE, "NominatorMinRequiredStake", 100 * 10**6)  # times the least stake: 0.2 TAO
    do(ctx, "bob", "add_stake", hotkey=MINER, netuid=1, amount_staked=TAO)
    do(ctx, "bob", "remove_stake", hotkey=MINER, netuid=1, amount_unstaked=stake(ctx, 1, coldkey=BOB) * 9 // 10)
    assert stake(ctx, 1, coldkey=BOB) == 0
    do(ctx, "alice", "remove_stake", hotkey=MINER, netuid=1, amount_unstaked=stake(ctx, 1) * 99 // 100)
    assert stake(ctx, 1) > 0  # the hotkey is her own
    assert_all_is_counted(ctx)


def test_raising_the_least_clears_small_nominations(ctx: Context) -> None:
    do(ctx, "bob", "add_stake", hotkey=MINER, netuid=1, amount_staked=TAO)
    do(ctx, "bob", "add_stake", hotkey=HELPER, netuid=1, amount_staked=TAO)
    before = stake(ctx, 1)
    clear_small_nominations(ctx)
    assert stake(ctx, 1, coldkey=BOB) > 0
    ctx.dispatch(
        ROOT, Call("AdminUtils", "sudo_set_nominator_min_required_stake", {"min_stake": 600 * 10**6})
    )  # 1.2 TAO
    assert stake(ctx, 1, coldkey=BOB) == 0
    assert stake(ctx, 1, HELPER, BOB) > 0
    assert stake(ctx, 1) == before
    assert_all_is_counted(ctx)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("remove_stake", {"netuid": 1, "amount_unstaked": U64_MAX}),
        ("remove_stake_full_limit", {"netuid": 1, "limit_price": None}),
        ("unstake_all", {}),
        ("unstake_all_alpha", {}),
        ("swap_stake", {"origin_netuid": 1, "destination_netuid": 2, "alpha_amount": U64_MAX}),
    ],
)
def test_a_parent_that_loses_stake_is_looked_at_again_at_the_end_of_the_block(
    ctx: Context, name: str, args: dict[str, Any]
) -> None:
    """`queue_childkey_threshold_check` of spec 475; children that were announced stay announced."""
    announced = ([(U64_MAX, HELPER)], 20)
    ctx.state.put(MODULE, "ChildKeys", MINER, 2, [(U64_MAX, HELPER)])
    ctx.state.put(MODULE, "PendingChildKeys", 2, MINER, announced)
    ctx.state.put(MODULE, "StakeThreshold", 10**9 * TAO)
    do(ctx, "alice", name, hotkey=MINER, **args)
    assert ctx.state.exists(MODULE, "ChildkeyThresholdChecks", MINER)
    assert ctx.state.get(MODULE, "PendingChildKeys", 2, MINER) == announced
    check_thresholds(ctx)
    assert ctx.state.exists(MODULE, "ChildkeyThresholdSuspended", MINER)
    do(
        ctx, "alice", "add_stake", hotkey=MINER, netuid=1, amount_staked=TAO
    )  # one that is suspended may have enough now
    assert ctx.state.exists(MODULE, "ChildkeyThresholdChecks", MINER)


# --- moving ---


def move(**change: Any) -> dict[str, Any]:
    args = {"origin_hotkey": MINER, "destination_hotkey": HELPER, "origin_netuid": 1, "destination_netuid": 1}
    return {**args, "alpha_amount": U64_MAX, **change}


def test_moving_within_a_subnet_costs_nothing(ctx: Context) -> None:
    alpha = stake(ctx, 1)
    events = do(ctx, "alice", "move_stake", **move())
    worth = current_alpha_price(ctx.state, 1) * alpha >> 64
    assert content(events, "StakeMoved") == (ALICE, MINER, 1, HELPER, 1, worth)
    assert (stake(ctx, 1), stake(ctx, 1, HELPER)) == (0, alpha)
    assert_all_is_counted(ctx)


def test_moving_across_pays_one_fee(ctx: Context) -> None:
    alpha, author, before = stake(ctx, 1), free_balance(ctx, ctx.author), stake(ctx, 2, HELPER)
    out = swap(read_pool(ctx.state, 1), "sell", alpha)
    there = swap(read_pool(ctx.state, 2, drop_fees=True), "buy", out.received)
    do(ctx, "alice", "move_stake", **move(destination_netuid=2))
    assert stake(ctx, 2, HELPER) - before == there.received
    assert 0 < free_balance(ctx, ctx.author) - author < out.received // 1_000
    assert_all_is_counted(ctx)


def test_moving_too_little_across_is_refused(ctx: Context) -> None:
    args = move(destination_netuid=2, alpha_amount=3 * MIN_STAKE)
    assert refused(ctx, "alice", "move_stake", **args) == "AmountTooLow"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"destination_hotkey": MINER}, "SameNetuid"),
        ({"origin_netuid": 99}, "SubnetNotExists"),
        ({"destination_netuid": 99}, "SubnetNotExists"),
        ({"destination_netuid": 3}, "SubtokenDisabled"),
        ({"origin_hotkey": account("nobody")}, "HotKeyAccountNotExists"),
        ({"destination_hotkey": account("nobody")}, "HotKeyAccountNotExists"),
        ({"alpha_amount": 0}, "AmountTooLow"),
        ({"alpha_amount": 1}, "AmountTooLow"),
        ({"alpha_amount": U64_MAX - 1}, "NotEnoughStakeToWithdraw"),  # only 2^64 - 1 means all (spec 469)
    ],
)
def test_moving_is_refused_by_name(ctx: Context, change: dict[str, Any], name: str) -> None:
    add_pool(ctx, 3)
    set_hyper(ctx, 3, SubtokenEnabled=False)
    assert refused(ctx, "alice", "move_stake", **move(**change)) == name


def test_stake_on_root_moves_without_what_it_is_owed(ctx: Context) -> None:
    """What is owed on the one validator stays, and on the other the stake has earned nothing yet."""
    ctx.state.put(MODULE, "BasketRate", MINER, {"bits": 1 << 31})
    ctx.state.put(MODULE, "BasketRate", HELPER, {"bits": 1 << 30})
    ctx.state.put(MODULE, "BasketClaimed", MINER, ALICE, 2 * TAO)
    do(ctx, "alice", "move_stake", **move(origin_netuid=ROOT_NETUID, destination_netuid=ROOT_NETUID))
    assert ctx.state.get(MODULE, "BasketClaimed", MINER, ALICE) == 2 * TAO - 10 * TAO // 2
    assert ctx.state.get(MODULE, "BasketClaimed", HELPER, ALICE) == 10 * TAO // 4


@pytest.mark.parametrize("netuid", [1, 2])
def test_giving_stake_away(ctx: Context, netuid: int) -> None:
    alpha, before = stake(ctx, 1), free_balance(ctx, BOB)
    args = {"destination_coldkey": BOB, "hotkey": MINER, "origin_netuid": 1, "destination_netuid": netuid}
    events = do(ctx, "alice", "transfer_stake", **args, alpha_amount=alpha)
    assert content(events, "StakeTransferred")[:5] == (ALICE, BOB, MINER, 1, netuid)
    assert (stake(ctx, 1), free_balance(ctx, BOB)) == (0, before)
    assert stake(ctx, netuid, coldkey=BOB) > alpha * 0.9
    assert_all_is_counted(ctx)
    set_hyper(ctx, netuid, TransferToggle=False)
    args = {**args, "destination_coldkey": ALICE, "origin_netuid": netuid, "destination_netuid": 1, "alpha_amount": TAO}
    assert refused(ctx, "bob", "transfer_stake", **args) == "TransferDisallowed"


def test_a_transfer_may_be_smaller_than_a_stake(ctx: Context) -> None:
    """`DefaultMinTransfer` of `validate_stake_transition` and `transfer_stake_within_subnet`: 100,000 rao of TAO."""
    across = {"destination_coldkey": BOB, "hotkey": MINER, "origin_netuid": 1, "destination_netuid": 2}
    within = {**across, "destination_netuid": 1}
    for args, least in ((within, 100_000), (across, 100_001)):
        alpha = next(a for a in range(380_000, 500_000) if worth(ctx, a, across=args is across) >= least)
        assert refused(ctx, "alice", "transfer_stake", **args, alpha_amount=alpha - 1) == "AmountTooLow"
        do(ctx, "alice", "transfer_stake", **args, alpha_amount=alpha)
    assert stake(ctx, 2, coldkey=BOB) > 0
    do(ctx, "alice", "move_stake", **move(alpha_amount=500_000))
    assert refused(ctx, "alice", "move_stake", **move(destination_netuid=2, alpha_amount=500_000)) == "AmountTooLow"
    assert_all_is_counted(ctx)


def worth(ctx: Context, alpha: int, across: bool) -> int:
    if across:
        return swap(read_pool(ctx.state, 1), "sell", alpha).received
    return current_alpha_price(ctx.state, 1) * alpha >> 64


def test_the_tao_of_a_transfer_does_not_pass_through_the_sender(ctx: Context) -> None:
    """Since spec 462: otherwise a sender without TAO would lose the account's nonce."""
    balances.withdraw(ctx, ALICE, free_balance(ctx, ALICE), keep_alive=False)
    assert not ctx.state.exists("System", "Account", ALICE)
    args = {"destination_coldkey": BOB, "hotkey": MINER, "origin_netuid": 1, "destination_netuid": 2}
    do(ctx, "alice", "transfer_stake", **args, alpha_amount=TAO)
    assert not ctx.state.exists("System", "Account", ALICE)


def test_who_gets_stake_on_anothers_hotkey_makes_it_a_delegate(ctx: Context) -> None:
    assert not ctx.state.exists(MODULE, "Delegates", MINER)
    args = {"destination_coldkey": BOB, "hotkey": MINER, "origin_netuid": 1, "destination_netuid": 1}
    do(ctx, "alice", "transfer_stake", **args, alpha_amount=TAO)
    assert ctx.state.exists(MODULE, "Delegates", MINER)


@pytest.mark.parametrize("netuid", [1, 2])
def test_a_hotkey_without_stake_leaves_the_list_of_its_staker(ctx: Context, netuid: int) -> None:
    """`maybe_remove_staking_hotkey`; not while the coldkey still counts as a claimant of its basket."""
    everything = {"destination_coldkey": BOB, "hotkey": HELPER, "origin_netuid": 1, "destination_netuid": netuid}
    for claimed in (-1, 0):
        do(ctx, "alice", "add_stake", hotkey=HELPER, netuid=1, amount_staked=TAO)
        ctx.state.put(MODULE, "BasketClaimed", HELPER, ALICE, claimed)
        do(ctx, "alice", "transfer_stake", **everything, alpha_amount=U64_MAX)
        assert ctx.state.get(MODULE, "StakingHotkeys", ALICE) == [MINER, HELPER][: 1 - claimed]
    do(ctx, "alice", "unstake_all", hotkey=MINER)
    assert not ctx.state.exists(MODULE, "StakingHotkeys", ALICE)


def test_when_the_last_rao_leaves_a_hotkey_no_share_stays(ctx: Context) -> None:
    """A stake of less than a rao would otherwise claim what is staked next."""
    do(ctx, "alice", "add_stake", hotkey=HELPER, netuid=1, amount_staked=TAO)
    ctx.state.put(MODULE, "AlphaV2", HELPER, BOB, 1, {"mantissa": 10**21, "exponent": -22})
    do(ctx, "alice", "remove_stake", hotkey=HELPER, netuid=1, amount_unstaked=U64_MAX)
    assert ctx.state.entries(MODULE, "AlphaV2", HELPER) == []
    assert not ctx.state.exists(MODULE, "TotalHotkeySharesV2", HELPER, 1)
    assert not ctx.state.exists(MODULE, "TotalHotkeyAlpha", HELPER, 1)


def test_fresh_stake_stays_on_root_where_a_hold_is_set(ctx: Context) -> None:
    """`RootStakeUnlockInterval`, which is 0 by default; a swap of keys takes the age along."""
    assert ctx.state.get(MODULE, "LastColdkeyHotkeyStakeBlock", ALICE, MINER) == ctx.block
    ctx.state.put(MODULE, "RootStakeUnlockInterval", 100)
    away = {"origin_netuid": ROOT_NETUID, "destination_netuid": 1, "alpha_amount": TAO}
    calls = (
        ("remove_stake", {"hotkey": MINER, "netuid": ROOT_NETUID, "amount_unstaked": TAO}),
        ("swap_stake", {"hotkey": MINER, **away}),
        ("transfer_stake", {"destination_coldkey": BOB, "hotkey": MINER, **away}),
    )
    ctx.block += 99
    for name, args in calls:
        assert refused(ctx, "alice", name, **args) == "RootStakeLocked"
    move_root_stake_age(ctx, (ALICE, MINER), (BOB, HELPER))
    assert ctx.state.get(MODULE, "LastColdkeyHotkeyStakeBlock", BOB, HELPER) == ctx.block - 99
    move_root_stake_age(ctx, (BOB, HELPER), (ALICE, MINER))
    ctx.block += 1
    for name, args in calls:
        do(ctx, "alice", name, **args)
        assert ctx.state.get(MODULE, "LastColdkeyHotkeyStakeBlock", ALICE, MINER) == ctx.block
        ctx.block += 100


def staked_on(ctx: Context, coldkey: str, *hotkeys: str, count: int) -> None:
    """Let a coldkey stake on some hotkeys, and on others up to a count."""
    others = [account(f"validator {number}") for number in range(count - len(hotkeys))]
    ctx.state.put(MODULE, "StakingHotkeys", coldkey, [*hotkeys, *others])


@pytest.mark.parametrize(("count", "error"), [(255, None), (256, "TooManyStakingHotkeys")])
def test_a_coldkey_stakes_on_at_most_256_hotkeys(ctx: Context, count: int, error: str | None) -> None:
    """`MAX_STAKING_HOTKEYS`; stake on a hotkey that is known already has no limit."""
    args = {"hotkey": HELPER, "netuid": 1, "amount_staked": TAO}
    moved = {"origin_hotkey": MINER, "destination_hotkey": HELPER, "origin_netuid": 1, "destination_netuid": 2}
    calls = (("add_stake", args), ("move_stake", {**moved, "alpha_amount": TAO}))
    for name, each in calls:
        staked_on(ctx, ALICE, MINER, count=count)
        if error is None:
            do(ctx, "alice", name, **each)
        else:
            assert refused(ctx, "alice", name, **each) == error
    staked_on(ctx, ALICE, MINER, HELPER, count=256)
    for name, each in calls:
        do(ctx, "alice", name, **each)


@pytest.mark.parametrize(("count", "error"), [(127, None), (128, "TooManyStakingHotkeys")])
def test_others_fill_half_of_a_coldkeys_list_of_hotkeys(ctx: Context, count: int, error: str | None) -> None:
    """`MAX_THIRD_PARTY_STAKING_HOTKEYS`."""
    staked_on(ctx, BOB, count=count)
    args = {"destination_coldkey": BOB, "hotkey": MINER, "origin_netuid": 1, "destination_netuid": 1}
    if error is None:
        do(ctx, "alice", "transfer_stake", **args, alpha_amount=TAO)
        assert len(ctx.state.get(MODULE, "StakingHotkeys", BOB)) == 128
        do(ctx, "alice", "transfer_stake", **args, alpha_amount=TAO)  # on a hotkey that bob stakes on
    else:
        assert refused(ctx, "alice", "transfer_stake", **args, alpha_amount=TAO) == error


def test_swapping_to_another_subnet_and_to_root(ctx: Context) -> None:
    args = {"hotkey": MINER, "origin_netuid": 1, "destination_netuid": ROOT_NETUID, "alpha_amount": U64_MAX}
    events = do(ctx, "alice", "swap_stake", **args)
    assert content(events, "StakeSwapped")[:4] == (ALICE, MINER, 1, ROOT_NETUID)
    assert 19.9 * TAO < stake(ctx, ROOT_NETUID) < 20 * TAO
    assert_all_is_counted(ctx)
    assert refused(ctx, "alice", "swap_stake", **{**args, "origin_netuid": 0}) == "SameNetuid"
    back = {**args, "origin_netuid": ROOT_NETUID, "destination_netuid": 2}
    author = free_balance(ctx, ctx.author)
    do(ctx, "alice", "swap_stake", **back)
    assert free_balance(ctx, ctx.author) > author  # from root the fee is paid on the way in
    assert_all_is_counted(ctx)


def test_swapping_with_a_limit(ctx: Context) -> None:
    """test_move_stake_limit_partial: what the ratio of prices lets through."""
    set_hyper(ctx, 1, SubnetTAO=500 * TAO, SubnetAlphaIn=500 * TAO)
    set_hyper(ctx, 2, SubnetTAO=500 * TAO, SubnetAlphaIn=500 * TAO)
    give(ctx, ALICE, 1_000 * TAO)
    do(ctx, "alice", "add_stake", hotkey=MINER, netuid=1, amount_staked=200 * TAO)
    args = {"hotkey": MINER, "origin_netuid": 1, "destination_netuid": 2, "alpha_amount": stake(ctx, 1)}
    limit = 1_900_000_000
    most = max_amount_move(ctx, 1, 2, limit)
    assert 0 < most < stake(ctx, 1)
    assert refused(ctx, "alice", "swap_stake_limit", **args, limit_price=limit, allow_partial=False) == (
        "SlippageTooHigh"
    )
    before = stake(ctx, 1)
    do(ctx, "alice", "swap_stake_limit", **args, limit_price=limit, allow_partial=True)
    assert before - stake(ctx, 1) == most


def test_stake_of_a_hotkey_is_that_of_its_stakers(ctx: Context) -> None:
    add_hotkey(ctx, "third", "carol")
    give(ctx, account("carol"), 10 * TAO)
    for who in ("bob", "carol"):
        do(ctx, who, "add_stake", hotkey=MINER, netuid=1, amount_staked=3 * TAO)
    held = [stake(ctx, 1, coldkey=account(who)) for who in ("alice", "bob", "carol")]
    assert 0 <= stake_of(ctx.state, MINER, 1) - sum(held) <= len(held)
