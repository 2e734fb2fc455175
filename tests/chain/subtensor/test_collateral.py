"""Collateral on the chain, by the rules of `subnets/collateral.rs` (coldint/subtensor at 4211af94)."""

from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, Query, signed
from tao_lab.chain.executive import author
from tao_lab.chain.pallets.subtensor.alpha_fees import can_pay_in_alpha
from tao_lab.chain.pallets.subtensor.collateral import MAX_HOTKEYS, bonded_hotkeys, credit, decoded
from tao_lab.chain.pallets.subtensor.dissolve import clean_up_next, dissolve
from tao_lab.chain.pallets.subtensor.distribution import (
    Bonds,
    pay_alpha_dividends,
    pay_incentives,
    pay_root_dividends,
)
from tao_lab.chain.pallets.subtensor.locks import available_on
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.stake import increase_stake, open_ledger, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.swap_coldkey import coldkey_hash
from tao_lab.chain.runtime_apis.metagraphs import get_metagraph
from tao_lab.economy import Payout
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import (
    add_hotkey,
    add_neuron,
    assert_no_rao_lost,
    do,
    free_rao,
    refused,
    set_hyper,
)
from tests.chain.subtensor.pools import PRICE, give, market, staked_alpha

ONE = 1 << 64  # U64F64
NETUID = 1
MINER, ALICE, BOB = account("miner"), account("alice"), account("bob")
SIXTY_PERCENT = 39_321  # of 65,535
MOVING = PRICE * (1 << 32) // TAO  # the price of a fresh pool, I96F32


@pytest.fixture
def ctx(ctx: Context) -> Context:
    """Subnet 1 asks for 60 % of a seat's price, 1 τ, as collateral; `miner` is alice's, who has 1,000 τ more."""
    market(ctx)
    set_hyper(ctx, NETUID, NetworkRegistrationAllowed=True, MaxAllowedUids=8, Burn=TAO, MinBurn=TAO, MaxBurn=TAO)
    set_hyper(ctx, NETUID, CollateralLockShare=SIXTY_PERCENT, SubnetMovingPrice={"bits": MOVING})
    for who in ("alice", "bob"):
        give(ctx, account(who), 1_000 * TAO)
    return ctx


def register(ctx: Context, hotkey: str = "miner", who: str = "alice") -> list[dict[str, Any]]:
    return do(ctx, who, "burned_register", netuid=NETUID, hotkey=account(hotkey))


def stored(ctx: Context, hotkey: str = MINER, coldkey: str = ALICE) -> tuple[int, ...] | None:
    """Locked, drain ratio, floor and earned of a collateral."""
    row = ctx.state.get(MODULE, "MinerCollateral", NETUID, hotkey, coldkey)
    return None if row is None else tuple(decoded(row))


def stake(ctx: Context, hotkey: str = MINER, coldkey: str = ALICE) -> int:
    return stake_of_coldkey(ctx.state, hotkey, coldkey, NETUID)


def assert_sums_fit(ctx: Context) -> None:
    """Each collateral is covered by its stake, and sums and lists say what the rows say."""
    locked: dict[str, int] = {}
    listed: dict[str, list[str]] = {}
    for (hotkey, coldkey), row in ctx.state.entries(MODULE, "MinerCollateral", NETUID):
        assert row["locked"] or row["min_locked"]
        assert stake(ctx, hotkey, coldkey) >= row["locked"] - 1  # a share may be worth a rao less
        locked[coldkey] = locked.get(coldkey, 0) + row["locked"]
        listed.setdefault(coldkey, []).append(hotkey)
    sums = dict(ctx.state.entries(MODULE, "ColdkeyMinerCollateral", NETUID))
    assert sums == {coldkey: rao for coldkey, rao in locked.items() if rao}
    lists = dict(ctx.state.entries(MODULE, "ColdkeyCollateralHotkeys", NETUID))
    assert {coldkey: sorted(hotkeys) for coldkey, hotkeys in lists.items()} == {
        coldkey: sorted(hotkeys) for coldkey, hotkeys in listed.items()
    }


# --- a registration ---------------------------------------------------------------------------------------------


def test_a_seat_s_price_is_one_payment_part_of_which_stays_the_miner_s(ctx: Context) -> None:
    free, paid_to = free_rao(ctx, "alice"), free_rao(ctx, ctx.author)
    done = {name: event[name] for event in register(ctx) for name in event}
    fee = TAO * 33 // 65_535
    locked = stake(ctx)
    bought = 4_000 * TAO - ctx.state.get(MODULE, "SubnetAlphaIn", NETUID)
    assert locked == bought * 599_999_999 // TAO
    assert 2.39 * TAO < locked < 2.4 * TAO  # 0.6 τ at a quarter of a τ, less the fee and the price's rise
    assert done["StakeAdded"] == (ALICE, MINER, 599_999_999, locked, NETUID, fee)
    assert done["CollateralLocked"] == {"netuid": NETUID, "hotkey": MINER, "locked": locked, "total_locked": locked}
    assert list(done)[-1] == "NeuronRegistered"
    assert free - free_rao(ctx, "alice") == TAO
    assert free_rao(ctx, ctx.author) - paid_to == fee
    assert stored(ctx) == (locked, ONE, 0, 0)
    assert ctx.state.get(MODULE, "ColdkeyMinerCollateral", NETUID, ALICE) == locked
    assert ctx.state.get(MODULE, "ColdkeyCollateralHotkeys", NETUID, ALICE) == [MINER]
    assert ctx.state.get(MODULE, "SubnetAlphaOut", NETUID) == locked  # the rest is burned
    assert ctx.state.get(MODULE, "RAORecycledForRegistration", NETUID) == 400_000_001
    assert ctx.state.get(MODULE, "SubnetTaoFlow", NETUID) == TAO - fee
    assert_sums_fit(ctx)
    assert_no_rao_lost(ctx)


def test_without_a_lock_share_nothing_is_locked(ctx: Context) -> None:
    set_hyper(ctx, NETUID, CollateralLockShare=0)
    assert not any("StakeAdded" in event or "CollateralLocked" in event for event in register(ctx))
    assert (stored(ctx), stake(ctx), ctx.state.get(MODULE, "SubnetAlphaOut", NETUID)) == (None, 0, 0)
    assert ctx.state.get(MODULE, "RAORecycledForRegistration", NETUID) == TAO


def test_who_comes_back_pays_what_is_burned_and_only_the_missing_collateral(ctx: Context) -> None:
    register(ctx)
    (locked, *_), free = stored(ctx) or (0,), free_rao(ctx, "alice")
    ctx.state.remove(MODULE, "Uids", NETUID, MINER)  # its seat is gone, its collateral isn't
    set_hyper(ctx, NETUID, CollateralDrainRatio={"bits": 3 * ONE})
    register(ctx)
    missing = 599_999_999 - locked * MOVING // (1 << 32)
    assert free - free_rao(ctx, "alice") == 400_000_001 + missing < TAO // 2
    again, ratio, *_ = stored(ctx) or (0, 0)
    assert again > locked
    assert ratio == 3 * ONE  # the ratio of the newest registration
    ctx.state.remove(MODULE, "Uids", NETUID, MINER)
    set_hyper(ctx, NETUID, SubnetMovingPrice={"bits": MOVING * 2}, CollateralDrainRatio={"bits": 2 * ONE})
    free = free_rao(ctx, "alice")
    register(ctx)
    assert free - free_rao(ctx, "alice") == 400_000_001  # worth enough now
    assert stored(ctx) == (again, 2 * ONE, 0, 0)
    assert_sums_fit(ctx)


def test_collateral_isn_t_bought_where_that_would_raise_the_price_by_more_than_a_twentieth(ctx: Context) -> None:
    set_hyper(ctx, NETUID, Burn=30 * TAO, MaxBurn=30 * TAO)
    assert refused(ctx, "alice", "burned_register", netuid=NETUID, hotkey=MINER) == "SlippageTooHigh"
    set_hyper(ctx, NETUID, CollateralLockShare=0)
    register(ctx)  # who only burns may raise it


def test_collateral_needs_room_among_32_hotkeys(ctx: Context) -> None:
    for number in range(MAX_HOTKEYS):
        add_hotkey(ctx, f"hot-{number}", "alice")
        do(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=account(f"hot-{number}"), min_locked=1)
    full = "ColdkeyCollateralPositionsFull"
    assert refused(ctx, "alice", "burned_register", netuid=NETUID, hotkey=MINER) == full
    assert refused(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=MINER, min_locked=1) == full
    do(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=MINER, min_locked=0)  # nothing to list
    do(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=account("hot-7"), min_locked=0)
    register(ctx)
    assert_sums_fit(ctx)


def test_collateral_needs_room_among_the_hotkeys_that_one_stakes_on(ctx: Context) -> None:
    ctx.state.put(MODULE, "StakingHotkeys", ALICE, [account(f"other-{number}") for number in range(256)])
    assert refused(ctx, "alice", "burned_register", netuid=NETUID, hotkey=MINER) == "TooManyStakingHotkeys"
    set_hyper(ctx, NETUID, CollateralLockShare=0)
    register(ctx)


# --- what may leave ---------------------------------------------------------------------------------------------


def test_locked_alpha_doesn_t_leave_by_any_way(ctx: Context) -> None:
    register(ctx)
    do(ctx, "alice", "add_stake", hotkey=MINER, netuid=NETUID, amount_staked=10 * TAO)
    add_neuron(ctx, "second", "alice")
    (locked, *_), staked = stored(ctx) or (0,), stake(ctx)
    free = staked - locked
    where = {"origin_netuid": NETUID, "alpha_amount": free + 1}
    for name, args in {
        "remove_stake": {"netuid": NETUID, "amount_unstaked": free + 1},
        "remove_stake_limit": {"netuid": NETUID, "amount_unstaked": free + 1, "limit_price": 0, "allow_partial": True},
        "recycle_alpha": {"netuid": NETUID, "amount": free + 1},
        "burn_alpha": {"netuid": NETUID, "amount": free + 1},
        "swap_stake": {**where, "destination_netuid": 2},
        "transfer_stake": {**where, "destination_netuid": NETUID, "destination_coldkey": BOB},
    }.items():
        assert refused(ctx, "alice", name, hotkey=MINER, **args) == "StakeUnavailable", name
    move = {"origin_hotkey": MINER, "destination_hotkey": account("second"), "destination_netuid": NETUID, **where}
    assert refused(ctx, "alice", "move_stake", **move) == "StakeUnavailable"
    do(ctx, "alice", "unstake_all", hotkey=MINER)  # sells what can be sold as a whole
    assert stake(ctx) == staked
    assert available_on(ctx.state, MINER, ALICE, NETUID, ctx.block) == free
    do(ctx, "alice", "move_stake", **{**move, "alpha_amount": free})
    assert stake(ctx) == pytest.approx(locked, abs=1)
    assert_sums_fit(ctx)


def test_fees_are_paid_with_free_alpha_only(ctx: Context) -> None:
    register(ctx)
    call = Call(MODULE, "remove_stake", {"hotkey": MINER, "netuid": NETUID, "amount_unstaked": 1})
    assert not can_pay_in_alpha(ctx.state, ALICE, call, 1_000, ctx.block)
    do(ctx, "alice", "add_stake", hotkey=MINER, netuid=NETUID, amount_staked=TAO)
    assert can_pay_in_alpha(ctx.state, ALICE, call, 1_000, ctx.block)


def test_another_s_stake_on_the_same_hotkey_is_free(ctx: Context) -> None:
    register(ctx)
    do(ctx, "bob", "add_stake", hotkey=MINER, netuid=NETUID, amount_staked=TAO)
    do(ctx, "bob", "remove_stake", hotkey=MINER, netuid=NETUID, amount_unstaked=stake(ctx, coldkey=BOB))
    assert stake(ctx, coldkey=BOB) == 0


# --- calls ------------------------------------------------------------------------------------------------------


def test_more_collateral_comes_from_free_stake_first_and_is_bought_where_that_is_too_little(ctx: Context) -> None:
    register(ctx)
    do(ctx, "alice", "add_stake", hotkey=MINER, netuid=NETUID, amount_staked=TAO)
    (locked, *_), free = stored(ctx) or (0,), free_rao(ctx, "alice")
    args = {"netuid": NETUID, "hotkey": MINER, "limit_price": 2 * PRICE}
    done = do(ctx, "alice", "add_collateral", alpha=TAO, **args)
    assert done == [
        {"CollateralLocked": {"netuid": NETUID, "hotkey": MINER, "locked": TAO, "total_locked": locked + TAO}}
    ]
    assert free_rao(ctx, "alice") == free
    left = stake(ctx) - locked - TAO
    (told,) = (
        event
        for event in do(ctx, "alice", "add_collateral", alpha=left + 2 * TAO, **args)
        if "CollateralLocked" in event
    )
    spent, added = free - free_rao(ctx, "alice"), told["CollateralLocked"]["locked"]
    assert spent == 2 * TAO * MOVING >> 32  # what is missing, at the moving price
    assert left + 1.9 * TAO < added < left + 2 * TAO  # the pool gives a little less
    assert stake(ctx) == pytest.approx((stored(ctx) or (0,))[0], abs=1)  # all of it is locked
    assert_sums_fit(ctx)
    assert_no_rao_lost(ctx)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"netuid": 0}, "RegistrationNotPermittedOnRootSubnet"),
        ({"netuid": 9}, "SubnetNotExists"),
        ({"hotkey": account("nobody")}, "HotKeyAccountNotExists"),
        ({"hotkey": account("helper")}, "NonAssociatedColdKey"),
    ],
)
def test_collateral_is_for_one_s_own_hotkey_on_a_subnet(ctx: Context, change: dict[str, Any], error: str) -> None:
    where = {"netuid": NETUID, "hotkey": MINER, **change}
    assert refused(ctx, "alice", "add_collateral", alpha=TAO, limit_price=TAO, **where) == error
    assert refused(ctx, "alice", "set_min_collateral", min_locked=TAO, **where) == error


@pytest.mark.parametrize(
    ("alpha", "limit_price", "hyper", "error"),
    [
        (0, TAO, {}, "AmountTooLow"),
        (1, TAO, {}, "AmountTooLow"),  # costs less than a rao
        (1_000, TAO, {}, "AmountTooLow"),  # costs less than the least stake
        (TAO, PRICE, {}, "SlippageTooHigh"),
        (5_000 * TAO, U64 := (1 << 64) - 1, {}, "NotEnoughBalanceToStake"),
        (TAO, U64, {"SubnetMovingPrice": {"bits": 0}}, "InsufficientLiquidity"),
        (TAO, U64, {"SubtokenEnabled": False}, "SubtokenDisabled"),
    ],
)
def test_what_isn_t_bought_is_refused_by_name(
    ctx: Context, alpha: int, limit_price: int, hyper: dict[str, Any], error: str
) -> None:
    set_hyper(ctx, NETUID, **hyper)
    args = {"netuid": NETUID, "hotkey": MINER, "alpha": alpha, "limit_price": limit_price}
    found = refused(ctx, "alice", "add_collateral", **args)
    assert found == error or (error, found) == ("SlippageTooHigh", "PriceLimitExceeded")  # the pool may say it first


def test_a_floor_needs_no_collateral_and_without_both_nothing_is_kept(ctx: Context) -> None:
    set_hyper(ctx, NETUID, CollateralDrainRatio={"bits": 2 * ONE})
    args = {"netuid": NETUID, "hotkey": MINER}
    assert do(ctx, "alice", "set_min_collateral", **args, min_locked=70) == [
        {"MinCollateralSet": {"netuid": NETUID, "hotkey": MINER, "min_locked": 70}}
    ]
    assert stored(ctx) == (0, 2 * ONE, 70, 0)
    assert_sums_fit(ctx)
    do(ctx, "alice", "set_min_collateral", **args, min_locked=0)
    assert stored(ctx) is None
    assert not ctx.state.exists(MODULE, "ColdkeyCollateralHotkeys", NETUID, ALICE)


# --- earning ----------------------------------------------------------------------------------------------------


def bond(ctx: Context, locked: int, floor: int = 0, ratio: int = ONE) -> None:
    """Alice has alpha on `miner`, and so much of it locked."""
    increase_stake(ctx, MINER, ALICE, NETUID, 1_000)
    set_hyper(ctx, NETUID, SubnetAlphaOut=10**9)
    set_hyper(ctx, NETUID, CollateralDrainRatio={"bits": ratio})
    if locked:
        credit(ctx, NETUID, MINER, ALICE, locked)
    do(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=MINER, min_locked=floor)


def pay(ctx: Context, *, incentive: int = 0, alpha: Payout | None = None, root: Payout | None = None) -> None:
    """What an epoch pays to `miner`."""
    ledger = open_ledger(ctx, NETUID, [MINER])
    bonds = Bonds(ctx, NETUID, ledger, bonded_hotkeys(ctx.state, NETUID))
    pay_incentives(ctx, NETUID, {MINER: incentive}, {MINER: ALICE}, ledger, bonds)
    if alpha:
        pay_alpha_dividends(ctx, NETUID, {MINER: alpha}, {MINER: ALICE}, ledger, bonds)
    if root:
        pay_root_dividends(ctx, NETUID, {MINER: root}, {MINER: ALICE}, ledger, bonds)
    ledger.write()


def test_a_miner_s_incentive_opens_the_lock(ctx: Context, in_both_forms: None) -> None:
    bond(ctx, 800, ratio=2 * ONE)
    set_hyper(ctx, NETUID, CollateralDrainRatio={"bits": 9 * ONE})  # counts for later registrations only
    pay(ctx, incentive=100)
    assert (stored(ctx), stake(ctx)) == ((600, 2 * ONE, 0, 100), 1_100)
    assert refused(ctx, "alice", "recycle_alpha", netuid=NETUID, hotkey=MINER, amount=501) == "StakeUnavailable"
    pay(ctx, incentive=300)
    assert (stored(ctx), stake(ctx)) == (None, 1_400)
    assert_sums_fit(ctx)


def test_below_the_floor_the_incentive_is_locked_on_the_hotkey_itself(ctx: Context, in_both_forms: None) -> None:
    bond(ctx, 800, floor=860)
    add_neuron(ctx, "elsewhere", "alice")
    elsewhere = account("elsewhere")
    ctx.state.put(MODULE, "AutoStakeDestination", ALICE, NETUID, elsewhere)
    since = len(ctx.events)
    pay(ctx, incentive=40)
    assert (stored(ctx), stake(ctx), stake(ctx, elsewhere)) == ((840, ONE, 860, 40), 1_040, 0)
    assert len(ctx.events) == since  # nothing is left to stake elsewhere
    pay(ctx, incentive=40)
    assert (stored(ctx), stake(ctx), stake(ctx, elsewhere)) == ((860, ONE, 860, 80), 1_060, 20)
    assert_sums_fit(ctx)


def test_of_dividends_the_owner_s_take_alone_may_be_locked_and_all_opens(ctx: Context, in_both_forms: None) -> None:
    bond(ctx, 500, floor=600)
    pay(ctx, alpha=Payout(18, 82, 100), root=Payout(9, 41, 51))
    assert stored(ctx) == (527, ONE, 600, 151)  # 18 and 9
    do(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=MINER, min_locked=0)
    pay(ctx, alpha=Payout(18, 82, 101), root=Payout(0, 0, 0))
    assert stored(ctx) == (527 - 101, ONE, 0, 252)
    assert stake(ctx) == 1_000 + 2 * 100 + 9


# --- swaps, the end, reads --------------------------------------------------------------------------------------


def test_collateral_goes_with_a_swapped_hotkey_and_merges(ctx: Context) -> None:
    bond(ctx, 800, floor=10, ratio=3 * ONE)
    ctx.block = 8_000
    add_hotkey(ctx, "new", "alice")
    args = {"hotkey": MINER, "new_hotkey": account("new"), "netuid": NETUID}
    assert refused(ctx, "alice", "swap_hotkey_v2", **args, keep_stake=True) == "KeepStakeBlockedByCollateral"
    assert refused(ctx, "alice", "swap_hotkey_v2", **{**args, "netuid": None}, keep_stake=True) == (
        "KeepStakeBlockedByCollateral"
    )
    set_hyper(ctx, NETUID, CollateralDrainRatio={"bits": ONE})
    do(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=account("new"), min_locked=5)
    do(ctx, "alice", "swap_hotkey_v2", **args, keep_stake=False)
    assert (stored(ctx), stored(ctx, account("new"))) == (None, (800, ONE, 15, 0))
    assert ctx.state.get(MODULE, "ColdkeyCollateralHotkeys", NETUID, ALICE) == [account("new")]
    assert_sums_fit(ctx)


def test_where_a_hotkey_has_only_collateral_left_its_new_name_is_remembered_and_no_swap_has_to_wait(
    ctx: Context,
) -> None:
    """`residual_collateral_netuids`: a record of the name, none of the block."""
    bond(ctx, 800)
    ctx.state.remove(MODULE, "IsNetworkMember", MINER, NETUID)
    ctx.block = 8_000
    do(ctx, "alice", "swap_hotkey_v2", hotkey=MINER, new_hotkey=account("new"), netuid=None, keep_stake=False)
    assert stored(ctx, account("new")) is not None
    assert ctx.state.get(MODULE, "HotkeySuccessor", NETUID, MINER) == account("new")
    assert ctx.state.get(MODULE, "HotkeyRoot", NETUID, account("new")) == MINER
    assert ctx.state.get(MODULE, "LastHotkeySwapOnNetuid", NETUID, ALICE) == 0


def test_a_hotkey_takes_the_place_of_the_swapped_one_in_a_full_list(ctx: Context) -> None:
    for number in range(MAX_HOTKEYS - 1):
        add_hotkey(ctx, f"hot-{number}", "alice")
        do(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=account(f"hot-{number}"), min_locked=1)
        if number == 3:
            bond(ctx, 800)
    ctx.block = 8_000
    do(ctx, "alice", "swap_hotkey", hotkey=MINER, new_hotkey=account("new"), netuid=NETUID)
    listed = ctx.state.get(MODULE, "ColdkeyCollateralHotkeys", NETUID, ALICE)
    assert (len(listed), listed[4]) == (MAX_HOTKEYS, account("new"))
    assert_sums_fit(ctx)


def test_collateral_goes_with_a_swapped_coldkey(ctx: Context) -> None:
    bond(ctx, 800, floor=10)
    add_hotkey(ctx, "idle", "alice")
    do(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=account("idle"), min_locked=5)
    do(ctx, "alice", "announce_coldkey_swap", new_coldkey_hash=coldkey_hash(account("carol")))
    ctx.block += 36_000
    do(ctx, "alice", "swap_coldkey_announced", new_coldkey=account("carol"))
    carol = account("carol")
    assert (stored(ctx), stored(ctx, MINER, carol)) == (None, (800, ONE, 10, 0))
    assert stored(ctx, account("idle"), carol) == (0, ONE, 5, 0)
    assert ctx.state.get(MODULE, "ColdkeyMinerCollateral", NETUID, carol) == 800
    assert_sums_fit(ctx)


def test_a_dissolved_subnet_pays_collateral_out_as_all_stake(ctx: Context) -> None:
    register(ctx)
    free = free_rao(ctx, "alice")
    dissolve(ctx, NETUID)
    clean_up_next(ctx)
    assert free_rao(ctx, "alice") > free
    for item in ("MinerCollateral", "ColdkeyMinerCollateral", "ColdkeyCollateralHotkeys"):
        assert ctx.state.entries(MODULE, item, NETUID) == []
    for item in ("CollateralLockShare", "CollateralDrainRatio"):
        assert not ctx.state.exists(MODULE, item, NETUID)
    assert_no_rao_lost(ctx)


def test_the_metagraph_shows_what_owners_have_locked(ctx: Context) -> None:
    register(ctx, "helper", who="bob")
    register(ctx)
    do(ctx, "alice", "set_min_collateral", netuid=NETUID, hotkey=MINER, min_locked=7)
    graph = get_metagraph(Query(ctx.state, ctx.block), NETUID)
    assert graph is not None
    locked = [
        (stored(ctx, account(hot), account(cold)) or (0,))[0] for hot, cold in (("helper", "bob"), ("miner", "alice"))
    ]
    assert graph["collateral_locked"] == locked
    assert graph["collateral_min"] == [0, 7]
    assert graph["collateral_earned"] == [0, 0]


# --- any sequence -----------------------------------------------------------------------------------------------

WHO = st.sampled_from([("alice", "miner"), ("bob", "helper"), ("alice", "third"), ("alice", "helper")])
RAO = st.one_of(st.sampled_from([0, 1, 499]), st.integers(1_000_000, 20 * TAO))
STEPS = st.lists(
    st.tuples(st.sampled_from(["register", "leave", "add", "floor", "buy", "sell", "give", "earn", "burn"]), WHO, RAO),
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_whatever_happens_no_rao_is_lost_and_no_collateral_leaves(
    steps: list[tuple[str, tuple[str, str], int]],
) -> None:
    with closing(Chain()) as chain:
        ctx = Context(chain.runtime, chain.state, 10, author(chain.state))
        _open_market(ctx)
        for kind, (who, hotkey), rao in steps:
            _step(ctx, kind, who, hotkey, rao)
            assert_sums_fit(ctx)
            assert_no_rao_lost(ctx)
            outside = ctx.state.get(MODULE, "SubnetAlphaOut", NETUID) - ctx.state.get(
                "AlphaAssets", "AlphaBurned", NETUID
            )
            assert outside == staked_alpha(ctx, NETUID)  # each alpha is staked, or burned and said to be


def _open_market(ctx: Context) -> None:
    market(ctx)
    add_hotkey(ctx, "third", "alice")
    set_hyper(ctx, NETUID, NetworkRegistrationAllowed=True, MaxAllowedUids=8, Burn=TAO, MinBurn=TAO, MaxBurn=3 * TAO)
    set_hyper(ctx, NETUID, CollateralLockShare=SIXTY_PERCENT, SubnetMovingPrice={"bits": MOVING})
    for who in ("alice", "bob"):
        give(ctx, account(who), 100 * TAO)


def _step(ctx: Context, kind: str, who: str, hotkey: str, rao: int) -> None:
    """A call that works, or is refused and changes nothing; or what an epoch and a lost seat do."""
    hot = account(hotkey)
    on = {"netuid": NETUID, "hotkey": hot}
    moved = {"origin_netuid": NETUID, "destination_netuid": NETUID, "alpha_amount": rao}
    if kind == "leave":
        ctx.state.remove(MODULE, "Uids", NETUID, hot)
    elif kind == "earn":
        owner = ctx.state.get(MODULE, "Owner", hot)
        ctx.state.put(MODULE, "SubnetAlphaOut", NETUID, ctx.state.get(MODULE, "SubnetAlphaOut", NETUID) + rao)
        ledger = open_ledger(ctx, NETUID, [hot])
        bonds = Bonds(ctx, NETUID, ledger, bonded_hotkeys(ctx.state, NETUID))
        pay_incentives(ctx, NETUID, {hot: rao}, {hot: owner}, ledger, bonds)
        ledger.write()
    else:
        name, args = {
            "register": ("burned_register", on),
            "add": ("add_collateral", {**on, "alpha": rao, "limit_price": 2 * PRICE}),
            "floor": ("set_min_collateral", {**on, "min_locked": rao}),
            "buy": ("add_stake", {**on, "amount_staked": rao}),
            "sell": ("remove_stake", {**on, "amount_unstaked": rao}),
            "give": ("transfer_stake", {"hotkey": hot, "destination_coldkey": BOB, **moved}),
            "burn": ("recycle_alpha", {**on, "amount": rao}),
        }[kind]
        ctx.try_dispatch(signed(account(who)), Call(MODULE, name, args))
