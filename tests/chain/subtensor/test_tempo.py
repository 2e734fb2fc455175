"""When epochs run; cases of the public chain's `pallets/subtensor/src/tests/tempo_control.rs` and `epoch.rs`."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.block_step import block_step
from tao_lab.chain.pallets.subtensor.tempo import (
    activity_cutoff_blocks,
    blocks_until_next_auto_epoch,
    epoch_with_lookahead,
    next_epoch_start_block,
    should_run_epoch,
)
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, add_subnet, do, events, refused, set_hyper

pytestmark = pytest.mark.usefixtures("in_both_forms")


@pytest.fixture
def owner(ctx: Context) -> str:
    """alice owns subnet 1."""
    set_hyper(ctx, SubnetOwner=account("alice"))
    return "alice"


def step(ctx: Context, blocks: int) -> list[int]:
    """Blocks without extrinsics; returns those in which subnet 1 had an epoch."""
    ran = []
    for _ in range(blocks):
        ctx.block += 1
        block_step(ctx)
        if ctx.state.get(MODULE, "LastMechansimStepBlock", NETUID) == ctx.block:
            ran.append(ctx.block)
    return ran


def test_an_epoch_runs_every_tempo_blocks(ctx: Context) -> None:
    set_hyper(ctx, Tempo=5, LastEpochBlock=10)
    assert step(ctx, 16) == [15, 20, 25]
    assert ctx.state.get(MODULE, "SubnetEpochIndex", NETUID) == 3
    assert ctx.state.get(MODULE, "LastEpochBlock", NETUID) == 25
    assert ctx.state.get(MODULE, "BlocksSinceLastStep", NETUID) == 1


def test_a_subnet_with_tempo_0_has_no_epochs(ctx: Context) -> None:
    set_hyper(ctx, Tempo=0)
    assert step(ctx, 5) == []
    assert blocks_until_next_auto_epoch(ctx.state, NETUID, 10) == 2**64 - 1
    assert next_epoch_start_block(ctx.state, NETUID) is None


def test_a_pending_epoch_comes_first(ctx: Context) -> None:
    set_hyper(ctx, Tempo=100, LastEpochBlock=10, PendingEpochAt=13)
    assert next_epoch_start_block(ctx.state, NETUID) == 13
    assert not should_run_epoch(ctx.state, NETUID, 12)
    assert epoch_with_lookahead(ctx.state, NETUID, 12) == 0
    assert epoch_with_lookahead(ctx.state, NETUID, 13) == 1
    assert step(ctx, 10) == [13]
    assert ctx.state.get(MODULE, "PendingEpochAt", NETUID) == 0
    assert next_epoch_start_block(ctx.state, NETUID) == 113


def test_more_blocks_than_a_tempo_without_an_epoch_make_one(ctx: Context) -> None:
    """`should_run_epoch_with_tempo` at spec 475: the schedule says 15, the net says 12."""
    set_hyper(ctx, Tempo=5, LastEpochBlock=10, BlocksSinceLastStep=4)
    assert step(ctx, 1) == []
    assert step(ctx, 1) == [12]


def test_a_new_tempo_does_not_put_an_epoch_off(ctx: Context, owner: str) -> None:
    """300 blocks after the last epoch the owner sets the same tempo again; the schedule says 360 more blocks."""
    set_hyper(ctx, Tempo=360, LastEpochBlock=10, BlocksSinceLastStep=300)
    ctx.block = 310
    do(ctx, owner, "set_tempo", netuid=NETUID, tempo=360)
    assert next_epoch_start_block(ctx.state, NETUID) == 670
    assert step(ctx, 100) == [371]  # the 361st block after the last epoch


def test_blocks_without_an_epoch_are_counted_up_to_one_more_than_a_tempo(ctx: Context) -> None:
    """`drain_pending` at spec 475; a subnet without epochs counts one."""
    set_hyper(ctx, Tempo=0)
    step(ctx, 3)
    assert ctx.state.get(MODULE, "BlocksSinceLastStep", NETUID) == 1


def test_at_most_two_epochs_run_in_a_block_and_the_rest_wait(ctx: Context) -> None:
    set_hyper(ctx, Tempo=5, LastEpochBlock=10)
    for netuid in (2, 3):
        add_subnet(ctx, netuid, Tempo=5, LastEpochBlock=10)
    step(ctx, 4)
    before = len(ctx.events)
    step(ctx, 1)
    assert {"EpochDeferred": {"netuid": 3, "from_block": 15, "to_block": 16}} in events(ctx, before)
    assert [ctx.state.get(MODULE, "LastEpochBlock", netuid) for netuid in (1, 2, 3)] == [15, 15, 10]
    step(ctx, 1)
    assert ctx.state.get(MODULE, "LastEpochBlock", 3) == 16
    assert ctx.state.get(MODULE, "SubnetEpochIndex", 3) == 1


def test_two_uids_with_one_hotkey_skip_the_epoch_but_use_up_its_slot(ctx: Context) -> None:
    set_hyper(ctx, Tempo=5, LastEpochBlock=10)
    add_neuron(ctx, "miner", "bob")
    ctx.state.put(MODULE, "Keys", NETUID, 1, account("miner"))
    assert step(ctx, 5) == []
    assert events(ctx)[-1] == {"EpochSkipped": {"netuid": NETUID, "block": 15}}
    assert ctx.state.get(MODULE, "LastEpochBlock", NETUID) == 15
    assert ctx.state.get(MODULE, "BlocksSinceLastStep", NETUID) == 5
    assert step(ctx, 3) == []  # from the next block on the safety net tries again in each
    assert [event["EpochSkipped"]["block"] for event in events(ctx) if "EpochSkipped" in event] == [15, 16, 17, 18]
    assert ctx.state.get(MODULE, "BlocksSinceLastStep", NETUID) == 6
    ctx.state.remove(MODULE, "Keys", NETUID, 1)
    assert step(ctx, 1) == [19]


def test_the_activity_cutoff_is_a_multiple_of_the_tempo(ctx: Context) -> None:
    assert activity_cutoff_blocks(ctx.state, NETUID) == 5_000  # 13,889 thousandths of 360
    set_hyper(ctx, Tempo=0)
    assert activity_cutoff_blocks(ctx.state, NETUID) == 1


def test_the_owner_sets_the_tempo_and_the_period_begins_anew(ctx: Context, owner: str) -> None:
    ctx.block = 100
    assert do(ctx, owner, "set_tempo", netuid=NETUID, tempo=720) == [{"TempoSet": (NETUID, 720)}]
    assert next_epoch_start_block(ctx.state, NETUID) == 820
    ctx.block = 100 + 359
    assert refused(ctx, owner, "set_tempo", netuid=NETUID, tempo=400) == "TxRateLimitExceeded"
    ctx.block += 1
    do(ctx, owner, "set_tempo", netuid=NETUID, tempo=400)


@pytest.mark.parametrize(
    ("who", "name", "args", "hyper", "error"),
    [
        ("bob", "set_tempo", {"tempo": 400}, {}, "BadOrigin"),
        ("root", "set_tempo", {"tempo": 400}, {}, "BadOrigin"),
        ("alice", "set_tempo", {"tempo": 359}, {}, "TempoOutOfBounds"),
        ("alice", "set_tempo", {"tempo": 50_401}, {}, "TempoOutOfBounds"),
        ("alice", "set_tempo", {"tempo": 400}, {"Tempo": 19}, "AdminActionProhibitedDuringWeightsWindow"),
        ("alice", "set_tempo", {"tempo": 400}, {"PendingEpochAt": 11}, "AdminActionProhibitedDuringWeightsWindow"),
        ("alice", "set_activity_cutoff_factor", {"factor_milli": 999}, {}, "ActivityCutoffFactorMilliOutOfBounds"),
        ("bob", "set_activity_cutoff_factor", {"factor_milli": 1_000}, {}, "BadOrigin"),
        ("alice", "trigger_epoch", {}, {"CommitRevealWeightsEnabled": True}, "DynamicTempoBlockedByCommitReveal"),
        ("alice", "trigger_epoch", {}, {"PendingEpochAt": 400}, "EpochTriggerAlreadyPending"),
        ("alice", "trigger_epoch", {}, {"Tempo": 19}, "AutoEpochAlreadyImminent"),
        ("bob", "trigger_epoch", {}, {}, "BadOrigin"),
    ],
)
def test_the_schedule_has_guards(
    ctx: Context, owner: str, who: str, name: str, args: dict[str, Any], hyper: dict[str, Any], error: str
) -> None:
    set_hyper(ctx, **hyper)
    assert refused(ctx, who, name, netuid=NETUID, **args) == error


def test_a_triggered_epoch_runs_behind_the_freeze_window(ctx: Context, owner: str) -> None:
    (event,) = do(ctx, owner, "trigger_epoch", netuid=NETUID)
    assert event == {"EpochTriggered": {"netuid": NETUID, "by": account("alice"), "fires_at": 20}}
    assert step(ctx, 15) == [20]
    assert refused(ctx, owner, "trigger_epoch", netuid=NETUID) == "TxRateLimitExceeded"


def test_the_cutoff_factor_is_the_owner_s_twice_a_tempo_apart_and_root_s_at_any_time(ctx: Context, owner: str) -> None:
    do(ctx, owner, "set_activity_cutoff_factor", netuid=NETUID, factor_milli=2_000)
    assert activity_cutoff_blocks(ctx.state, NETUID) == 720
    args = {"netuid": NETUID, "factor_milli": 3_000}
    assert refused(ctx, owner, "set_activity_cutoff_factor", **args) == "TxRateLimitExceeded"
    do(ctx, "root", "set_activity_cutoff_factor", **args)
    assert activity_cutoff_blocks(ctx.state, NETUID) == 1_080
