"""Voting power; cases of the public chain's `pallets/subtensor/src/tests/voting_power.rs`."""

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.epochs import run_epochs
from tao_lab.chain.pallets.subtensor.voting_power import ALPHA_ONE, GRACE_BLOCKS, Voter, update_voting_power
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, do, events, refused, set_hyper

HOTKEY = account("validator")
LEAST = 1_000 * TAO


@pytest.fixture
def ctx(ctx: Context) -> Context:
    """A subnet of dave's that keeps voting power, a tenth of the stake an epoch, and a validator with 100 alpha."""
    set_hyper(ctx, SubnetOwner=account("dave"), VotingPowerEmaAlpha=ALPHA_ONE // 10)
    add_neuron(ctx, "validator", "alice", stake=100 * TAO, permit=True)
    do(ctx, "dave", "enable_voting_power_tracking", netuid=NETUID)
    return ctx


def power(ctx: Context, who: str = HOTKEY) -> int:
    return int(ctx.state.get(MODULE, "VotingPower", NETUID, who))


def update(ctx: Context, stake: int = 100 * TAO, permit: bool = True) -> None:
    update_voting_power(ctx, NETUID, lambda: {HOTKEY: Voter(permit, stake)})


def test_each_epoch_moves_the_average(ctx: Context) -> None:
    for _ in range(2):
        update(ctx)
    assert power(ctx) == 10 * TAO + 9 * TAO
    do(ctx, "root", "sudo_set_voting_power_ema_alpha", netuid=NETUID, alpha=ALPHA_ONE)
    update(ctx)
    assert power(ctx) == 100 * TAO


def test_an_epoch_of_the_chain_tells_permits_and_stakes(ctx: Context) -> None:
    add_neuron(ctx, "miner", "bob")
    run_epochs(ctx, NETUID, TAO)
    assert power(ctx) == 10 * TAO
    assert not ctx.state.exists(MODULE, "VotingPower", NETUID, account("miner"))


def test_who_loses_the_permit_or_leaves_has_none(ctx: Context) -> None:
    update(ctx)
    update(ctx, permit=False)
    assert power(ctx) == 0
    update(ctx)
    ctx.state.put(MODULE, "VotingPower", NETUID, account("gone"), 5)
    update(ctx)
    assert power(ctx, account("gone")) == 0 < power(ctx)


@pytest.mark.parametrize(("before", "kept"), [(LEAST - 1, True), (LEAST, False)])
def test_who_falls_below_the_threshold_loses_it_and_who_has_yet_to_reach_it_does_not(
    ctx: Context, before: int, kept: bool
) -> None:
    ctx.state.put(MODULE, "StakeThreshold", LEAST)
    ctx.state.put(MODULE, "VotingPower", NETUID, HOTKEY, before)
    update(ctx)
    assert (power(ctx) > 0) is kept


def test_switched_off_it_is_kept_for_14_days(ctx: Context) -> None:
    (event,) = do(ctx, "root", "disable_voting_power_tracking", netuid=NETUID)
    last = ctx.block + GRACE_BLOCKS
    assert event == {"VotingPowerTrackingDisableScheduled": {"netuid": NETUID, "disable_at_block": last}}
    ctx.block = last - 1
    update(ctx)
    assert power(ctx)
    ctx.block, before = last, len(ctx.events)
    update(ctx)
    assert power(ctx) == 0
    assert events(ctx, before) == [{"VotingPowerTrackingDisabled": {"netuid": NETUID}}]
    update(ctx)
    assert power(ctx) == 0
    assert refused(ctx, "dave", "disable_voting_power_tracking", netuid=NETUID) == "VotingPowerTrackingNotEnabled"


def test_switched_on_again_it_does_not_end(ctx: Context) -> None:
    do(ctx, "dave", "disable_voting_power_tracking", netuid=NETUID)
    do(ctx, "dave", "enable_voting_power_tracking", netuid=NETUID)
    assert ctx.state.get(MODULE, "VotingPowerDisableAtBlock", NETUID) == 0


def test_who_may_not(ctx: Context) -> None:
    for name in ("enable_voting_power_tracking", "disable_voting_power_tracking"):
        assert refused(ctx, "bob", name, netuid=NETUID) == "BadOrigin"
    alpha = {"netuid": NETUID, "alpha": ALPHA_ONE}
    assert refused(ctx, "dave", "sudo_set_voting_power_ema_alpha", **alpha) == "BadOrigin"
    too_much = {**alpha, "alpha": ALPHA_ONE + 1}
    assert refused(ctx, "root", "sudo_set_voting_power_ema_alpha", **too_much) == "InvalidVotingPowerEmaAlpha"
