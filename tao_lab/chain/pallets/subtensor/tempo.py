"""When a subnet's epoch runs: `tempo` blocks after the last one, or when the owner asked for it.

The schedule is in the state. `LastEpochBlock` is the first block of the current period, `PendingEpochAt` the block of
an epoch that was requested or put off, `SubnetEpochIndex` the number of epochs so far. At most `MaxEpochsPerBlock` run
in one block; the others wait for the next. `BlocksSinceLastStep` is the safety net of spec 475: after more blocks than
a tempo without an epoch, one is due, also if the schedule says otherwise. So an owner cannot put epochs off by setting
the tempo again and again.

Sources: `pallets/subtensor/src/coinbase/{run_coinbase,tempo_control}.rs` (`should_run_epoch_with_tempo`,
`drain_pending`), `utils/misc.rs` (admin freeze window).
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, weight
from tao_lab.chain.pallets.subtensor.lookups import (
    MODULE,
    ROOT_NETUID,
    ensure_subnet_owner,
    ensure_subnet_owner_or_root,
    failed,
)
from tao_lab.chain.pallets.subtensor.rate_limits import MIN_TEMPO, TEMPO_UPDATE, OwnerHyperparameter
from tao_lab.chain.state import StorageReader
from tao_lab.chain.twins import has_twin

MAX_TEMPO = 50_400  # blocks
MIN_CUTOFF_FACTOR, MAX_CUTOFF_FACTOR = 1_000, 50_000  # thousandths of a tempo
NEVER = (1 << 64) - 1
CUTOFF_FACTOR = OwnerHyperparameter("ActivityCutoffFactorMilli")
TRIGGER_EPOCH = OwnerHyperparameter("TriggerEpoch")


def should_run_epoch(state: StorageReader, netuid: int, block: int) -> bool:
    """Whether the epoch of a subnet is due at a block; a subnet with tempo 0 has none."""
    tempo = state.get(MODULE, "Tempo", netuid)
    if tempo == 0:
        return False
    pending = state.get(MODULE, "PendingEpochAt", netuid)
    if 0 < pending <= block or state.get(MODULE, "BlocksSinceLastStep", netuid) > tempo:
        return True
    return bool(block - state.get(MODULE, "LastEpochBlock", netuid) >= tempo)


def epoch_with_lookahead(state: StorageReader, netuid: int, block: int) -> int:
    """Number of the epoch for a commit or a reveal at this block; an epoch that is due counts already."""
    return int(state.get(MODULE, "SubnetEpochIndex", netuid)) + should_run_epoch(state, netuid, block)


def blocks_until_next_auto_epoch(state: StorageReader, netuid: int, block: int) -> int:
    """Blocks to the next epoch by tempo alone; 2^64 - 1 for a subnet that has none."""
    tempo = state.get(MODULE, "Tempo", netuid)
    return max(state.get(MODULE, "LastEpochBlock", netuid) + tempo - block, 0) if tempo else NEVER


def next_epoch_start_block(state: StorageReader, netuid: int) -> int | None:
    """Block of the next epoch, by tempo or because the owner requested one; None for a subnet that has none."""
    tempo = state.get(MODULE, "Tempo", netuid)
    if tempo == 0:
        return None
    by_tempo = state.get(MODULE, "LastEpochBlock", netuid) + tempo
    pending = state.get(MODULE, "PendingEpochAt", netuid)
    return int(min(by_tempo, pending) if pending else by_tempo)


def activity_cutoff_blocks(state: StorageReader, netuid: int) -> int:
    """Blocks without weights after which a validator is inactive: a multiple of the tempo."""
    factor = state.get(MODULE, "ActivityCutoffFactorMilli", netuid)
    return int(max(factor * state.get(MODULE, "Tempo", netuid) // 1_000, 1))


def in_admin_freeze_window(state: StorageReader, netuid: int, block: int) -> bool:
    """Whether hyperparameters are frozen, because an epoch is near or was requested."""
    if state.get(MODULE, "Tempo", netuid) == 0:
        return False
    if state.get(MODULE, "PendingEpochAt", netuid) > block:
        return True
    return blocks_until_next_auto_epoch(state, netuid, block) < state.get(MODULE, "AdminFreezeWindow")


def ensure_admin_window_open(ctx: Context, netuid: int) -> None:
    """Refuse a change of hyperparameters shortly before an epoch.

    Raises:
        DispatchError: `AdminActionProhibitedDuringWeightsWindow`.
    """
    if in_admin_freeze_window(ctx.state, netuid, ctx.block):
        raise failed("AdminActionProhibitedDuringWeightsWindow", f"the epoch of subnet {netuid} is near")


def apply_tempo(ctx: Context, netuid: int, tempo: int) -> None:
    """Set the tempo and start a new period at this block; root's setter uses it too."""
    ctx.state.put(MODULE, "Tempo", netuid, tempo)
    ctx.deposit_event(MODULE, "TempoSet", netuid, tempo)
    ctx.state.put(MODULE, "LastEpochBlock", netuid, ctx.block)


@call(MODULE, weight=weight(46_407_000, reads=6, writes=3))
def set_tempo(ctx: Context, origin: Origin, netuid: int, tempo: int) -> None:
    """The owner sets the tempo."""
    who = ensure_subnet_owner(ctx.state, origin, netuid)
    if not MIN_TEMPO <= tempo <= MAX_TEMPO:
        raise failed("TempoOutOfBounds", f"tempo is {tempo}, allowed: {MIN_TEMPO} to {MAX_TEMPO}")
    ensure_admin_window_open(ctx, netuid)
    if not TEMPO_UPDATE.passes(ctx, who, netuid):
        raise failed("TxRateLimitExceeded", f"the tempo may be set once in {MIN_TEMPO} blocks")
    apply_tempo(ctx, netuid, tempo)
    TEMPO_UPDATE.record(ctx, who, netuid)


@call(MODULE, weight=weight(39_193_000, reads=7, writes=2))
def set_activity_cutoff_factor(ctx: Context, origin: Origin, netuid: int, factor_milli: int) -> None:
    """Set after how many tempos without weights a validator is inactive: the owner within limits, root without."""
    who = ensure_subnet_owner_or_root(ctx.state, origin, netuid)
    if not MIN_CUTOFF_FACTOR <= factor_milli <= MAX_CUTOFF_FACTOR:
        allowed = f"allowed: {MIN_CUTOFF_FACTOR} to {MAX_CUTOFF_FACTOR}"
        raise failed("ActivityCutoffFactorMilliOutOfBounds", f"factor_milli is {factor_milli}, {allowed}")
    if who is not None:
        ensure_admin_window_open(ctx, netuid)
        if not CUTOFF_FACTOR.passes(ctx, who, netuid):
            raise failed("TxRateLimitExceeded")
    ctx.state.put(MODULE, "ActivityCutoffFactorMilli", netuid, factor_milli)
    ctx.deposit_event(MODULE, "ActivityCutoffFactorMilliSet", netuid=netuid, factor_milli=factor_milli)
    if who is not None:
        CUTOFF_FACTOR.record(ctx, who, netuid)


@call(MODULE, weight=weight(42_539_000, reads=8, writes=2))
def trigger_epoch(ctx: Context, origin: Origin, netuid: int) -> None:
    """The owner requests an epoch `AdminFreezeWindow` blocks from now."""
    who = ensure_subnet_owner(ctx.state, origin, netuid)
    if ctx.state.get(MODULE, "CommitRevealWeightsEnabled", netuid):
        raise failed("DynamicTempoBlockedByCommitReveal", "open commits depend on the present schedule")
    if ctx.state.get(MODULE, "PendingEpochAt", netuid):
        raise failed("EpochTriggerAlreadyPending")
    window = ctx.state.get(MODULE, "AdminFreezeWindow")
    if blocks_until_next_auto_epoch(ctx.state, netuid, ctx.block) < window:
        raise failed("AutoEpochAlreadyImminent")
    if not TRIGGER_EPOCH.passes(ctx, who, netuid):
        raise failed("TxRateLimitExceeded")
    fires_at = ctx.block + window
    ctx.state.put(MODULE, "PendingEpochAt", netuid, fires_at)
    TRIGGER_EPOCH.record(ctx, who, netuid)
    ctx.deposit_event(MODULE, "EpochTriggered", netuid=netuid, by=who, fires_at=fires_at)


def _slots(state: StorageReader, due: list[int]) -> int:
    """Epochs that may run in one block: only one if a subnet with Null consensus is due, because it may be large."""
    slots = int(state.get(MODULE, "MaxEpochsPerBlock"))
    null = any(state.get(MODULE, "SubnetEpochConsensus", netuid) == "Null" for netuid in due if netuid != ROOT_NETUID)
    return min(slots, 1) if null else slots


def deferred_epochs(state: StorageReader, netuids: list[int], block: int) -> set[int]:
    """Subnets whose epoch is due at this block but must wait for the next (`MaxEpochsPerBlock`)."""
    due = [netuid for netuid in netuids if should_run_epoch(state, netuid, block)]
    free = _slots(state, due)
    deferred = set()
    for netuid in due:
        if free == 0:
            deferred.add(netuid)
        elif has_distinct_hotkeys(state, netuid):
            free -= 1
    return deferred


@has_twin
def has_distinct_hotkeys(state: StorageReader, netuid: int) -> bool:
    """Whether no two UIDs of a subnet have the same hotkey; an epoch requires this."""
    hotkeys = state.raw_get_many(state.raw_keys(state.key(MODULE, "Keys", netuid)))
    return len(set(hotkeys)) == len(hotkeys)


def take_due_epochs(ctx: Context, netuids: list[int]) -> list[int]:
    """Advance the schedule by one block; returns the subnets whose epoch runs now (`drain_pending`)."""
    state, running = ctx.state, []
    due = count_block(ctx, netuids)
    free = _slots(state, due)
    for netuid in due:
        if free == 0:
            state.put(MODULE, "PendingEpochAt", netuid, ctx.block + 1)
            ctx.deposit_event(MODULE, "EpochDeferred", netuid=netuid, from_block=ctx.block, to_block=ctx.block + 1)
            continue
        if has_distinct_hotkeys(state, netuid):
            state.put(MODULE, "BlocksSinceLastStep", netuid, 0)
            running.append(netuid)
            free -= 1
        else:
            ctx.deposit_event(MODULE, "EpochSkipped", netuid=netuid, block=ctx.block)
        state.put(MODULE, "LastEpochBlock", netuid, ctx.block)
        state.put(MODULE, "PendingEpochAt", netuid, 0)
        state.put(MODULE, "SubnetEpochIndex", netuid, state.get(MODULE, "SubnetEpochIndex", netuid) + 1)
    return running


@has_twin
def count_block(ctx: Context, netuids: list[int]) -> list[int]:
    """Count the block for every subnet, up to one more than its tempo; returns those whose epoch is due."""
    for netuid in netuids:
        since = ctx.state.get(MODULE, "BlocksSinceLastStep", netuid) + 1
        most = ctx.state.get(MODULE, "Tempo", netuid) + 1
        ctx.state.put(MODULE, "BlocksSinceLastStep", netuid, min(since, most))
    return [netuid for netuid in netuids if should_run_epoch(ctx.state, netuid, ctx.block)]
