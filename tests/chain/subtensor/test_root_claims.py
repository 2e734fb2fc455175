"""Claims of root's dividends: what is owed is sold once and staked on root, and nothing is lost on the way."""

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.baskets import (
    Work,
    escrow,
    flush,
    nav_of,
    owed_shares,
    payout_of,
    queue_dividends,
)
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import change_total_stake, read_pool
from tao_lab.chain.pallets.subtensor.root_claims import (
    MAX_CLAIM_HOTKEY_WORK,
    Claimed,
    add_root_staker,
    claim_of_hotkey,
    claim_weight,
    find_root_stakers,
    remove_root_staker,
)
from tao_lab.chain.pallets.subtensor.stake import increase_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import mint_alpha_out
from tao_lab.economy import swap
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import do, refused, set_hyper
from tests.chain.subtensor.pools import assert_all_is_counted, market

MINER, HELPER, ALICE, BOB = (account(name) for name in ("miner", "helper", "alice", "bob"))


@pytest.fixture
def ctx(ctx: Context) -> Context:
    """Alice has 10 TAO on root with the miner, which has a seat there; bob 30."""
    market(ctx)
    ctx.state.put(MODULE, "Uids", ROOT_NETUID, MINER, 0)
    for who, tao in (("alice", 10), ("bob", 30)):
        do(ctx, who, "add_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_staked=tao * TAO)
    return ctx


def earn(ctx: Context, alpha: int, netuid: int = 1) -> None:
    """Issue alpha as a dividend to those who stake on the miner on root, and put it into the miner's basket."""
    mint_alpha_out(ctx, netuid, alpha)
    queue_dividends(ctx, netuid, [(MINER, alpha)])
    flush(ctx, MINER)


def on_root(ctx: Context, coldkey: str) -> int:
    return stake_of_coldkey(ctx.state, MINER, coldkey, ROOT_NETUID)


def held(ctx: Context, netuid: int) -> int:
    return stake_of_coldkey(ctx.state, MINER, escrow(), netuid)


def shares(ctx: Context) -> int:
    return int(ctx.state.get(MODULE, "BasketShares", MINER))


def test_a_claim_sells_its_part_of_each_holding_and_is_paid_its_part_of_the_whole(ctx: Context) -> None:
    """By hand: the fund holds 400 alpha of 4,000 in the pool of 1,000 TAO; a quarter of the shares is alice's."""
    earn(ctx, 400 * TAO)
    assert nav_of(ctx.state, MINER) == shares(ctx) == pytest.approx(1_000 * TAO * 400 / 4_400, abs=2)
    owed, before = owed_shares(ctx.state, MINER, ALICE), on_root(ctx, ALICE)
    assert owed == pytest.approx(shares(ctx) / 4, abs=20)
    due = payout_of(ctx.state, MINER, ALICE)
    part = 400 * TAO * owed // shares(ctx)
    sold = swap(read_pool(ctx.state, 1, drop_fees=True), "sell", part).received
    assert sold == pytest.approx(1_000 * TAO * 100 / 4_100, abs=100)  # a small sale has the better price
    done = do(ctx, "alice", "claim_root_with_hotkey", hotkey=MINER)
    assert done[-2:] == [
        {"BasketClaimed": {"hotkey": MINER, "coldkey": ALICE, "tao": due}},
        {"RootClaimed": {"coldkey": ALICE, "tao": due}},
    ]
    assert on_root(ctx, ALICE) - before == due == pytest.approx(1_000 * TAO * 100 / 4_400, abs=100)
    assert held(ctx, ROOT_NETUID) == sold - due  # the difference is the fund's, as cash
    assert held(ctx, 1) == pytest.approx(300 * TAO, abs=100)
    assert ctx.state.get(MODULE, "SubnetRootSellTao", 1) == sold
    assert ctx.state.get(MODULE, "SubnetProtocolFlow", 1) == -sold
    assert ctx.state.get(MODULE, "BasketRedeemedTao", MINER) == due
    assert owed_shares(ctx.state, MINER, ALICE) <= 1  # its new stake has earned nothing yet
    assert_all_is_counted(ctx)


def test_the_last_claimant_gets_all_that_is_left(ctx: Context) -> None:
    earn(ctx, 400 * TAO)
    do(ctx, "alice", "claim_root_with_hotkey", hotkey=MINER)
    ctx.state.put(MODULE, "BasketClaimed", MINER, BOB, -1_000)  # owed to the last share, whatever was rounded
    before = on_root(ctx, BOB)
    cash, alpha = held(ctx, ROOT_NETUID), held(ctx, 1)
    worth = cash + swap(read_pool(ctx.state, 1, drop_fees=True), "sell", alpha).received
    do(ctx, "bob", "claim_root", subnets=[ROOT_NETUID])
    assert on_root(ctx, BOB) - before == pytest.approx(worth, abs=2)
    assert (shares(ctx), held(ctx, ROOT_NETUID), held(ctx, 1)) == (0, 0, 0)
    assert_all_is_counted(ctx)


def test_the_others_lose_nothing_by_a_claim(ctx: Context) -> None:
    earn(ctx, 400 * TAO)
    earn(ctx, 400 * TAO, netuid=2)
    bob_s = payout_of(ctx.state, MINER, BOB)
    do(ctx, "alice", "claim_root", subnets=[])
    assert payout_of(ctx.state, MINER, BOB) >= bob_s - 5


def test_a_claim_first_takes_in_what_is_queued(ctx: Context) -> None:
    mint_alpha_out(ctx, 1, 4 * TAO)
    queue_dividends(ctx, 1, [(MINER, 4 * TAO)])
    assert owed_shares(ctx.state, MINER, ALICE) == 0
    before = on_root(ctx, ALICE)
    do(ctx, "alice", "claim_root", subnets=[1])
    assert on_root(ctx, ALICE) > before
    assert ctx.state.entries(MODULE, "PendingBasketDeposits") == []


def test_root_stake_that_comes_and_goes_changes_nothing_that_is_owed(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    owed = owed_shares(ctx.state, MINER, ALICE)
    do(ctx, "alice", "add_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_staked=20 * TAO)
    assert abs(owed_shares(ctx.state, MINER, ALICE) - owed) <= 1
    do(ctx, "alice", "remove_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_unstaked=30 * TAO)
    assert on_root(ctx, ALICE) == 0
    assert abs(owed_shares(ctx.state, MINER, ALICE) - owed) <= 1  # and it stays without any stake
    do(ctx, "alice", "claim_root", subnets=[])
    assert on_root(ctx, ALICE) > 0


def test_new_stake_has_no_part_of_what_was_earned_before_it(ctx: Context) -> None:
    mint_alpha_out(ctx, 1, 4 * TAO)
    queue_dividends(ctx, 1, [(MINER, 4 * TAO)])
    do(ctx, "bob", "add_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_staked=60 * TAO)
    assert owed_shares(ctx.state, MINER, BOB) == pytest.approx(3 * owed_shares(ctx.state, MINER, ALICE), rel=1e-8)


def test_too_little_is_left_until_it_is_more(ctx: Context) -> None:
    """The least that a claim must bring is 500,000 rao, and one that brings less takes nothing."""
    earn(ctx, 7_900_000)  # worth 1,974,999 rao; alice's quarter is 493,000
    before = dict(ctx.state.raw.items())
    do(ctx, "alice", "claim_root", subnets=[1])
    assert dict(ctx.state.raw.items()) == before
    do(ctx, "root", "sudo_set_root_claim_threshold", netuid=ROOT_NETUID, new_value=400_000)
    do(ctx, "alice", "claim_root", subnets=[1])
    assert on_root(ctx, ALICE) - 10 * TAO == pytest.approx(493_000, rel=1e-2)


def test_a_claim_on_one_validator_leaves_the_others(ctx: Context) -> None:
    earn(ctx, 4 * TAO)
    before = dict(ctx.state.raw.items())
    do(ctx, "bob", "claim_root_with_hotkey", hotkey=HELPER)
    assert dict(ctx.state.raw.items()) == before


def test_small_holdings_become_cash_when_somebody_claims(ctx: Context) -> None:
    earn(ctx, 400 * TAO)
    mint_alpha_out(ctx, 2, 3_000_000)  # worth 374,999 rao: less than the least claim
    increase_stake(ctx, MINER, escrow(), 2, 3_000_000)
    done = do(ctx, "alice", "claim_root_with_hotkey", hotkey=MINER)
    converted = [event["BasketHoldingConverted"] for event in done if "BasketHoldingConverted" in event]
    assert converted == [{"hotkey": MINER, "netuid": 2, "tao": pytest.approx(375_000, abs=2)}]
    assert held(ctx, 2) == 0
    assert_all_is_counted(ctx)


def test_a_holding_that_no_pool_takes_is_written_off_and_the_rest_is_paid(ctx: Context) -> None:
    earn(ctx, 400 * TAO)
    earn(ctx, 400 * TAO, netuid=2)
    change_total_stake(ctx, 10 - ctx.state.get(MODULE, "SubnetTAO", 2))
    set_hyper(ctx, 2, SubnetTAO=10)  # below the least reserve
    do(ctx, "root", "sudo_set_root_claim_threshold", netuid=ROOT_NETUID, new_value=0)  # nothing is swept before
    before, burned = on_root(ctx, ALICE), ctx.state.get("AlphaAssets", "AlphaBurned", 2)
    done = do(ctx, "alice", "claim_root_with_hotkey", hotkey=MINER)
    lost = [event["BasketAlphaWrittenOff"] for event in done if "BasketAlphaWrittenOff" in event]
    assert [(loss["netuid"], loss["hotkey"]) for loss in lost] == [(2, MINER)]
    assert lost[0]["alpha"] == pytest.approx(100 * TAO, rel=1e-8)
    assert ctx.state.get("AlphaAssets", "AlphaBurned", 2) - burned == lost[0]["alpha"]
    assert on_root(ctx, ALICE) > before


def test_a_sale_that_fails_takes_nothing(ctx: Context) -> None:
    earn(ctx, 400 * TAO)
    earn(ctx, 400 * TAO, netuid=2)
    set_hyper(ctx, 2, SubnetTAO=4_000_000)  # the price is at the limit below which nothing is sold
    before = dict(ctx.state.raw.items())
    assert refused(ctx, "alice", "claim_root", subnets=[]) == "PriceLimitExceeded"
    assert dict(ctx.state.raw.items()) == before
    done = Claimed()
    with pytest.raises(DispatchError, match="PriceLimitExceeded"):
        claim_of_hotkey(ctx, MINER, ALICE, done)
    assert done.rows == 2  # both holdings were looked at, and that is paid for


def test_the_threshold_is_root_s_and_has_a_bound(ctx: Context) -> None:
    """test_claim_root_threshold of spec 475: root's entry only."""
    do(ctx, "root", "sudo_set_root_claim_threshold", netuid=ROOT_NETUID, new_value=10_000_000)
    assert ctx.state.get(MODULE, "RootClaimableThreshold", ROOT_NETUID) == {"bits": 10_000_000 << 32}
    for netuid, value in ((ROOT_NETUID, 10_000_001), (1, 500)):
        args = {"netuid": netuid, "new_value": value}
        assert refused(ctx, "root", "sudo_set_root_claim_threshold", **args) == "InvalidRootClaimThreshold"
    assert refused(ctx, "alice", "sudo_set_root_claim_threshold", netuid=ROOT_NETUID, new_value=1_000) == "BadOrigin"


# --- how much one claim may do ---


def test_a_claim_may_not_walk_too_much(ctx: Context) -> None:
    """test_claim_root_ignores_network_count_and_bounds_actual_basket_rows."""
    for netuid in range(1, MAX_CLAIM_HOTKEY_WORK):
        ctx.state.put(MODULE, "AlphaV2", MINER, escrow(), netuid, {"mantissa": 1, "exponent": 0})
    do(ctx, "alice", "claim_root_with_hotkey", hotkey=MINER)
    ctx.state.put(MODULE, "AlphaV2", MINER, escrow(), MAX_CLAIM_HOTKEY_WORK, {"mantissa": 1, "exponent": 0})
    assert refused(ctx, "alice", "claim_root_with_hotkey", hotkey=MINER) == "RootClaimTooHeavy"
    do(ctx, "alice", "claim_root", subnets=[])  # the wide claim may walk 256
    ctx.state.put(MODULE, "StakingHotkeys", ALICE, [account(f"hotkey {i}") for i in range(257)])
    assert refused(ctx, "alice", "claim_root", subnets=[]) == "RootClaimTooHeavy"


@pytest.mark.parametrize(
    ("units", "scanned", "flushed", "picoseconds"),
    [  # `_claim_ref_time` of the SDK's `_root_claim_fee.py`: 4 units, and 4 of them queued
        (4, 4, Work(24, 4), 32_837_053_996),
        (1, 0, Work(), 5_988_967_379),
    ],
)
def test_what_a_claim_weighs(units: int, scanned: int, flushed: Work, picoseconds: int) -> None:
    assert claim_weight(units, scanned, flushed).ref_time == picoseconds


# --- who has stake on root ---


def stakers(ctx: Context) -> list[str]:
    """The numbered list, checked from both sides."""
    count = ctx.state.get(MODULE, "NumStakingColdkeys")
    listed = [ctx.state.get(MODULE, "StakingColdkeysByIndex", index) for index in range(count)]
    assert [ctx.state.get(MODULE, "StakingColdkeys", who) for who in listed] == list(range(count))
    assert ctx.state.get(MODULE, "StakingColdkeysByIndex", count) is None
    return listed


def test_the_list_of_root_stakers_has_no_holes(ctx: Context) -> None:
    add_root_staker(ctx, account("carol"))
    add_root_staker(ctx, BOB)
    assert stakers(ctx) == [ALICE, BOB, account("carol")]
    remove_root_staker(ctx, ALICE)
    assert stakers(ctx) == [account("carol"), BOB]
    remove_root_staker(ctx, ALICE)
    do(ctx, "bob", "remove_stake", hotkey=MINER, netuid=ROOT_NETUID, amount_unstaked=1 << 63)
    assert stakers(ctx) == [account("carol")]


def test_stakers_that_nobody_listed_are_found(ctx: Context) -> None:
    """test_populate_staking_maps: those on root are, those on a subnet are not; in steps of 30."""
    names = [f"coldkey {i}" for i in range(70)]
    for i, name in enumerate(names):
        increase_stake(ctx, HELPER, account(name), i % 2, 1_000)
    for _ in range(3):
        find_root_stakers(ctx)
    assert sorted(stakers(ctx)) == sorted([ALICE, BOB, *(account(name) for name in names[::2])])
    assert ctx.state.get(MODULE, "AlphaV2MapLastKey") is None
