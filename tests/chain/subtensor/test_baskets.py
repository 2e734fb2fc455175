"""Root's baskets: how dividends are queued and enter, what happens to them when keys and subnets change.

Tests with the name of one in the source follow `pallets/subtensor/src/tests/basket_flush.rs` and `claim_root.rs` at
spec 475.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Tally
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.baskets import (
    Work,
    credit_cash,
    escrow,
    flush,
    flush_next,
    has_fund,
    holdings,
    leave_subnet,
    move_basket,
    nav_of,
    owed_shares,
    payout_of,
    queue_dividends,
    rate_of,
    recycle_queued,
    sell_for_root,
    spot_payout_of,
    worth_of,
)
from tao_lab.chain.pallets.subtensor.dissolve import dissolve
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import read_pool
from tao_lab.chain.pallets.subtensor.stake import increase_stake, increase_stake_of_all, stake_of, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.staking import clear_small_nominations
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid, mint_alpha_out, mint_tao, spend_tao
from tao_lab.chain.pallets.subtensor.uids import replace_neuron
from tao_lab.economy import SwapResult, swap
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import do, events, refused, set_hyper
from tests.chain.subtensor.pools import add_pool, assert_all_is_counted, market, unowned_alpha

MINER, HELPER, ALICE, BOB = (account(name) for name in ("miner", "helper", "alice", "bob"))
SEAT = {MINER: 0, HELPER: 1}


@pytest.fixture
def ctx(ctx: Context) -> Context:
    """Both hotkeys have a seat on root; alice has 10 TAO there with the miner, bob 30, and 10 with the helper."""
    return with_root_stake(market(ctx))


def with_root_stake(ctx: Context) -> Context:
    for hotkey, uid in SEAT.items():
        ctx.state.put(MODULE, "Uids", ROOT_NETUID, hotkey, uid)
        ctx.state.put(MODULE, "Keys", ROOT_NETUID, uid, hotkey)
    ctx.state.put(MODULE, "LastUpdate", ROOT_NETUID, [0, 0])
    for who, hotkey, tao in (("alice", MINER, 10), ("bob", MINER, 30), ("bob", HELPER, 10)):
        do(ctx, who, "add_stake", hotkey=hotkey, netuid=ROOT_NETUID, amount_staked=tao * TAO)
    return ctx


def queue(ctx: Context, alpha: int, netuid: int = 1, hotkey: str = MINER) -> None:
    """Issue alpha as root's dividend of a validator."""
    mint_alpha_out(ctx, netuid, alpha)
    queue_dividends(ctx, netuid, [(hotkey, alpha)])


def queued(ctx: Context, hotkey: str = MINER) -> dict[int, int]:
    return dict(ctx.state.entries(MODULE, "PendingBasketDeposits", hotkey))


def held(ctx: Context, netuid: int, hotkey: str = MINER) -> int:
    return stake_of_coldkey(ctx.state, hotkey, escrow(), netuid)


def shares(ctx: Context, hotkey: str = MINER) -> int:
    return int(ctx.state.get(MODULE, "BasketShares", hotkey))


def give_cash(ctx: Context, tao: int, hotkey: str = MINER) -> None:
    """TAO on root that belongs to a fund."""
    spend_tao(ctx, account_of_netuid(ROOT_NETUID), mint_tao(ctx, tao), tao)
    credit_cash(ctx, hotkey, tao)


def test_the_escrow_is_the_pallet_s_account_of_that_name() -> None:
    """`modl`, `subtensr`, `beta/esc`, then zeros."""
    assert escrow() == "5EYCAe5jLQhn6ofDSwHx3AZmsZPVFHnKpstqap4vqwDWtp7s"


# --- dividends enter ---


def test_dividends_enter_where_they_were_earned_without_a_swap(ctx: Context) -> None:
    """test_flush_happy_path_accumulates_in_place_with_bounded_ops: two origins, one mint, three quotes each."""
    queue(ctx, 400 * TAO)
    queue(ctx, 100 * TAO, netuid=2)
    pools = [read_pool(ctx.state, netuid) for netuid in (1, 2)]
    before = len(ctx.events)
    assert flush(ctx, MINER) == Work(quotes=2 + 2 * 2, rows=2)
    assert holdings(ctx.state, MINER) == [(1, 400 * TAO), (2, 100 * TAO)]
    assert [read_pool(ctx.state, netuid) for netuid in (1, 2)] == pools
    worth = 1_000 * TAO * 400 // 4_400 + 500 * TAO * 100 // 4_100  # what selling all of it would bring
    assert shares(ctx) == nav_of(ctx.state, MINER) == pytest.approx(worth, abs=3)
    deposited = {"hotkey": MINER, "tao": shares(ctx), "shares": shares(ctx)}
    assert events(ctx, before) == [{"BasketDeposited": deposited}]
    assert ctx.state.get(MODULE, "BasketDepositedTao", MINER) == shares(ctx)
    assert rate_of(ctx.state, MINER) == (shares(ctx) << 32) // (40 * TAO)
    assert queued(ctx) == {}
    assert_all_is_counted(ctx)


def test_what_is_earned_is_shared_by_root_stake(ctx: Context) -> None:
    queue(ctx, 400 * TAO)
    flush(ctx, MINER)
    rate = (shares(ctx) << 32) // (40 * TAO)
    assert owed_shares(ctx.state, MINER, ALICE) == rate * 10 * TAO >> 32
    assert owed_shares(ctx.state, MINER, BOB) == rate * 30 * TAO >> 32
    assert owed_shares(ctx.state, HELPER, BOB) == 0
    assert owed_shares(ctx.state, MINER, escrow()) == 0


def test_a_second_deposit_pays_what_a_share_is_worth_now(ctx: Context) -> None:
    queue(ctx, 400 * TAO)
    flush(ctx, MINER)
    first = shares(ctx)
    increase_stake_of_all(ctx, MINER, 1, 100 * TAO)  # the holding has earned dividends of its own
    nav = nav_of(ctx.state, MINER)
    assert nav > first
    queue(ctx, 400 * TAO, netuid=2)
    flush(ctx, MINER)
    added = swap(read_pool(ctx.state, 2, drop_fees=True), "sell", 400 * TAO).received
    assert shares(ctx) - first == added * first // nav < added


def test_the_fund_s_cash_earns_for_all_its_shares(ctx: Context) -> None:
    queue(ctx, 400 * TAO)
    flush(ctx, MINER)
    first = shares(ctx)
    give_cash(ctx, 40 * TAO)  # half of the root stake is the fund's own now
    nav = nav_of(ctx.state, MINER)
    queue(ctx, 40 * TAO, netuid=2)
    flush(ctx, MINER)
    added = swap(read_pool(ctx.state, 2, drop_fees=True), "sell", 40 * TAO).received
    assert shares(ctx) - first == (added // 2) * first // nav
    assert_all_is_counted(ctx)


def test_without_stakers_cash_keeps_its_dividend_and_else_it_is_recycled(ctx: Context) -> None:
    queue(ctx, 400 * TAO)
    flush(ctx, MINER)
    give_cash(ctx, TAO)
    first, bob_s = shares(ctx), payout_of(ctx.state, MINER, BOB)
    for who, tao in (("alice", 10), ("bob", 30)):
        do(ctx, who, "remove_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_unstaked=tao * TAO)
    queue(ctx, 40 * TAO)
    flush(ctx, MINER)
    assert shares(ctx) == first
    assert payout_of(ctx.state, MINER, BOB) > bob_s
    do(ctx, "bob", "remove_stake", hotkey=HELPER, netuid=ROOT_NETUID, amount_unstaked=10 * TAO)
    recycled = ctx.state.get("AlphaAssets", "AlphaRecycled", 1)
    queue(ctx, 40 * TAO, hotkey=HELPER)
    flush(ctx, HELPER)
    assert ctx.state.get("AlphaAssets", "AlphaRecycled", 1) - recycled == 40 * TAO
    assert not has_fund(ctx.state, HELPER)
    assert_all_is_counted(ctx)


def test_what_is_worth_less_than_the_least_claim_waits_for_more(ctx: Context) -> None:
    """test_flush_drain_dust_…: 500,000 rao at a quarter of a TAO are 2,000,000 of alpha."""
    queue(ctx, 1_999_999)
    assert flush(ctx, MINER) == Work(quotes=1)
    assert queued(ctx) == {1: 1_999_999}
    queue(ctx, 1)
    flush(ctx, MINER)
    assert queued(ctx) == {}
    assert held(ctx, 1) == 2_000_000


def test_a_mint_that_comes_to_nothing_is_queued_again_after_one_try(ctx: Context) -> None:
    """test_flush_shared_failure_requeues_batch_without_retry: a fund that is worth nothing has too many shares out."""
    ctx.state.put(MODULE, "BasketShares", MINER, 10**18)
    queue(ctx, 400 * TAO)
    queue(ctx, 100 * TAO, netuid=2)
    assert flush(ctx, MINER) == Work(2 + 2 * 2, 2)
    assert queued(ctx) == {1: 400 * TAO, 2: 100 * TAO}
    assert holdings(ctx.state, MINER) == []


def test_one_pool_that_takes_nothing_does_not_keep_the_others_out(ctx: Context) -> None:
    queue(ctx, 400 * TAO)
    queue(ctx, 100 * TAO, netuid=2)
    ctx.state.put(MODULE, "RootClaimableThreshold", ROOT_NETUID, {"bits": 0})
    set_hyper(ctx, 2, SubnetTAO=10)  # below the least reserve: recycled
    recycled = ctx.state.get("AlphaAssets", "AlphaRecycled", 2)
    flush(ctx, MINER)
    assert holdings(ctx.state, MINER) == [(1, 400 * TAO)]
    assert ctx.state.get("AlphaAssets", "AlphaRecycled", 2) - recycled == 100 * TAO
    queue(ctx, 100 * TAO, netuid=2)
    set_hyper(ctx, 2, SubnetTAO=3_000_000)  # the price is below the limit of any sale: it waits
    flush(ctx, MINER)
    assert queued(ctx) == {2: 100 * TAO}
    assert unowned_alpha(ctx, 2) == 0


def test_more_than_a_pool_takes_at_once_is_worth_what_its_parts_bring(ctx: Context) -> None:
    """The comment of `swap_basket_alpha_for_tao_chunks`: valued exactly as it would be liquidated."""
    add_pool(ctx, 3, tao=1_000 * TAO, alpha=2_000_000)
    worth, first = (worth_of(ctx.state, 3, alpha) for alpha in (3 * 10**9, 2 * 10**9))
    assert worth is not None
    assert first is not None
    assert worth > first
    assert sell_for_root(ctx, 3, 3 * 10**9) == worth
    assert worth_of(ctx.state, ROOT_NETUID, 7) == 7
    assert worth_of(ctx.state, 3, 0) == 0


def test_a_rule_that_swaps_nothing_does_not_hold_up_a_sale_for_ever(ctx: Context) -> None:
    add_pool(ctx, 3, tao=1_000 * TAO, alpha=2_000_000)
    with ctx.rules.using(swap=lambda pool, side, amount, limit: SwapResult(fee=0, paid=0, received=0)):
        for sell in (lambda: sell_for_root(ctx, 3, 10), lambda: worth_of(ctx.state, 3, 3 * 10**9, ctx.rules.run_swap)):
            with pytest.raises(DispatchError, match="AmountTooLow"):
                sell()


# --- whose turn it is ---


def turn(ctx: Context) -> dict[str, int]:
    """Let one block's turn pass; shares of both."""
    flush_next(ctx)
    return {hotkey: shares(ctx, hotkey) for hotkey in (MINER, HELPER)}


def test_one_hotkey_is_flushed_a_block_and_then_the_first_again(ctx: Context) -> None:
    """test_flush_drain_one_hotkey_per_block_advances_cursor and …_wraps_and_clears_cursor_at_end."""
    for hotkey in (MINER, HELPER):
        queue(ctx, 40 * TAO, hotkey=hotkey)
        queue(ctx, 40 * TAO, netuid=2, hotkey=hotkey)
    (first, _), *_, (second, _) = [key for key, _ in ctx.state.entries(MODULE, "PendingBasketDeposits")]
    assert {first, second} == {MINER, HELPER}
    after_one = turn(ctx)
    assert after_one[first] > 0 == after_one[second]
    assert ctx.state.get(MODULE, "PendingBasketFlushCursor") is not None
    assert turn(ctx)[second] > 0
    assert ctx.state.entries(MODULE, "PendingBasketDeposits") == []
    queue(ctx, 40 * TAO, hotkey=first)
    before = turn(ctx)  # the turn that finds the end only starts again
    assert ctx.state.get(MODULE, "PendingBasketFlushCursor") is None
    assert turn(ctx)[first] > before[first]


def test_an_empty_queue_has_no_turn(ctx: Context) -> None:
    before = dict(ctx.state.raw.items())
    flush_next(ctx)
    assert dict(ctx.state.raw.items()) == before
    ctx.state.put(MODULE, "PendingBasketFlushCursor", "0x010203")
    flush_next(ctx)
    assert dict(ctx.state.raw.items()) == before


def test_a_hotkey_whose_dividends_wait_does_not_hold_up_the_queue(ctx: Context) -> None:
    queue(ctx, 1_000, hotkey=MINER)
    queue(ctx, 40 * TAO, hotkey=HELPER)
    flush_next(ctx)
    flush_next(ctx)
    assert shares(ctx, HELPER) > 0
    assert queued(ctx) == {1: 1_000}


# --- when keys and subnets change ---


def test_a_validator_that_loses_its_seat_keeps_its_basket_and_its_small_dividends_are_recycled(ctx: Context) -> None:
    """test_flush_root_eviction_deposits_pending_credits and …_recycles_dust_after_membership_drop."""
    queue(ctx, 40 * TAO)
    queue(ctx, 1_000, netuid=2)
    recycled = ctx.state.get("AlphaAssets", "AlphaRecycled", 2)
    replace_neuron(ctx, ROOT_NETUID, SEAT[MINER], account("newcomer"))
    assert held(ctx, 1) == 40 * TAO
    assert queued(ctx) == {}
    assert ctx.state.get("AlphaAssets", "AlphaRecycled", 2) - recycled == 1_000
    assert_all_is_counted(ctx)


def test_a_basket_follows_its_validator_to_a_new_hotkey(ctx: Context) -> None:
    queue(ctx, 400 * TAO)
    queue(ctx, 100 * TAO, netuid=2)
    flush(ctx, MINER)
    do(ctx, "alice", "claim_root_with_hotkey", hotkey=MINER)
    queue(ctx, 1_000)
    kept = [shares(ctx), rate_of(ctx.state, MINER), holdings(ctx.state, MINER), queued(ctx)]
    claimed = ctx.state.entries(MODULE, "BasketClaimed", MINER)
    counted = [ctx.state.get(MODULE, item, MINER) for item in ("BasketDepositedTao", "BasketRedeemedTao")]
    new = account("new")
    spent = Tally()
    move_basket(ctx, MINER, new, spent)
    assert [shares(ctx, new), rate_of(ctx.state, new), holdings(ctx.state, new), queued(ctx, new)] == kept
    assert ctx.state.entries(MODULE, "BasketClaimed", new) == claimed
    assert [ctx.state.get(MODULE, item, new) for item in ("BasketDepositedTao", "BasketRedeemedTao")] == counted
    assert not has_fund(ctx.state, MINER)
    assert (holdings(ctx.state, MINER), queued(ctx)) == ([], {})
    accesses = 2 * 3 + 4 + 2 * (1 + 1)  # two subnets and cash; one claimant, one dividend
    assert (spent.reads, spent.writes) == (accesses, accesses)


def test_what_a_dissolved_subnet_gave_becomes_cash_and_what_waits_is_recycled(ctx: Context) -> None:
    queue(ctx, 400 * TAO)
    flush(ctx, MINER)
    queue(ctx, 1_000)
    nav, before = nav_of(ctx.state, MINER), len(ctx.events)
    leave_subnet(ctx, 1)
    assert holdings(ctx.state, MINER) == [(ROOT_NETUID, nav)]
    assert nav_of(ctx.state, MINER) == nav
    assert queued(ctx) == {1: 1_000}  # outstanding until the pool is paid out
    recycle_queued(ctx, 1)
    assert queued(ctx) == {}
    converted = {"hotkey": MINER, "netuid": 1, "tao": nav}
    assert events(ctx, before)[-1] == {"BasketHoldingConverted": converted}
    assert_all_is_counted(ctx)
    bob_s = payout_of(ctx.state, MINER, BOB)
    dissolve(ctx, 1)
    assert payout_of(ctx.state, MINER, BOB) == bob_s > 0
    assert ctx.state.get(MODULE, "TotalStake") == sum(ctx.state.get(MODULE, "SubnetTAO", n) for n in (ROOT_NETUID, 2))


def test_a_basket_s_holding_is_no_small_nomination(ctx: Context) -> None:
    mint_alpha_out(ctx, 1, 1_000)
    increase_stake(ctx, MINER, escrow(), 1, 1_000)
    ctx.state.put(MODULE, "NominatorMinRequiredStake", 10**9)
    clear_small_nominations(ctx)
    assert held(ctx, 1) == 1_000


def test_nobody_gives_stake_to_the_escrow(ctx: Context) -> None:
    args = {"hotkey": MINER, "origin_netuid": 0, "destination_netuid": 0, "alpha_amount": TAO}
    assert refused(ctx, "alice", "transfer_stake", destination_coldkey=escrow(), **args) == "CannotUseSystemAccount"


# --- nothing is lost ---

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("earn"), st.sampled_from([MINER, HELPER]), st.sampled_from([1, 2]), st.integers(1, 500 * TAO)
        ),
        st.tuples(st.just("claim"), st.sampled_from(["alice", "bob"])),
        st.tuples(st.just("stake"), st.sampled_from(["alice", "bob"]), st.integers(1, 9)),
        st.tuples(st.just("unstake"), st.sampled_from(["alice", "bob"]), st.integers(1, 9)),
        st.tuples(st.just("grow"), st.sampled_from([1, 2]), st.integers(1, 9)),
    ),
    min_size=4,
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_all_is_counted_and_nobody_is_owed_more_than_there_is(ctx: Context, steps: list) -> None:
    mark = ctx.mark()
    try:
        for what, *args in steps:
            _step(ctx, what, *args)
            _check(ctx)
    finally:
        ctx.rollback(mark)


def _step(ctx: Context, what: str, *args: object) -> None:
    if what == "earn":
        hotkey, netuid, alpha = args
        queue(ctx, alpha, netuid, hotkey)
        flush_next(ctx)
    elif what == "claim":
        do(ctx, args[0], "claim_root", subnets=[])
    elif what == "grow" and stake_of(ctx.state, MINER, args[0]):
        mint_alpha_out(ctx, args[0], args[1] * TAO)
        increase_stake_of_all(ctx, MINER, args[0], args[1] * TAO)
    elif what in ("stake", "unstake"):
        who, tao = args
        coldkey, amount = account(who), tao * TAO
        if what == "stake":
            do(ctx, who, "add_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_staked=amount)
        elif stake_of_coldkey(ctx.state, MINER, coldkey, ROOT_NETUID) >= amount:
            do(ctx, who, "remove_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_unstaked=amount)


def _check(ctx: Context) -> None:
    assert_all_is_counted(ctx)
    for hotkey in (MINER, HELPER):
        owed = sum(owed_shares(ctx.state, hotkey, coldkey) for coldkey in (ALICE, BOB))
        assert owed <= shares(ctx, hotkey) + 20  # watermarks are rounded, a share for each change of stake
        paid = sum(payout_of(ctx.state, hotkey, coldkey) for coldkey in (ALICE, BOB))
        nav = nav_of(ctx.state, hotkey)
        assert paid <= nav + (20 * nav // shares(ctx, hotkey) + 20 if shares(ctx, hotkey) else 0)
        for coldkey in (ALICE, BOB):
            assert payout_of(ctx.state, hotkey, coldkey) <= spot_payout_of(ctx.state, hotkey, coldkey)
