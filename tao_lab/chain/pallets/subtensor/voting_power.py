"""Voting power: a moving average of each validator's stake, if the subnet's owner switches it on.

On the real chain, EVM contracts can use it to weight votes; here clients can read it. Each epoch updates it. It is
removed 14 days after the owner switches it off.

Sources: `pallets/subtensor/src/utils/voting_power.rs`; `macros/dispatches.rs` (calls 129 to 131).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_root, weight
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ensure_subnet_owner_or_root, failed
from tao_lab.units import U64_MAX

GRACE_BLOCKS = 100_800  # 14 days
ALPHA_ONE = 10**18  # of `VotingPowerEmaAlpha`


class Voter(NamedTuple):
    """Result of an epoch for a hotkey: whether it keeps a permit, and its stake in all mechanisms together, rao."""

    permit: bool
    stake: int


@call(MODULE, weight=weight(10_000, reads=2, writes=2))
def enable_voting_power_tracking(ctx: Context, origin: Origin, netuid: int) -> None:
    """The owner, or root, switches voting power on."""
    ensure_subnet_owner_or_root(ctx.state, origin, netuid)
    ctx.state.put(MODULE, "VotingPowerTrackingEnabled", netuid, True)
    ctx.state.remove(MODULE, "VotingPowerDisableAtBlock", netuid)
    ctx.deposit_event(MODULE, "VotingPowerTrackingEnabled", netuid=netuid)


@call(MODULE, weight=weight(10_000, reads=2, writes=1))
def disable_voting_power_tracking(ctx: Context, origin: Origin, netuid: int) -> None:
    """The owner, or root, switches voting power off; it ends in 14 days."""
    ensure_subnet_owner_or_root(ctx.state, origin, netuid)
    if not ctx.state.get(MODULE, "VotingPowerTrackingEnabled", netuid):
        raise failed("VotingPowerTrackingNotEnabled", f"subnet {netuid} keeps no voting power")
    last = ctx.block + GRACE_BLOCKS
    ctx.state.put(MODULE, "VotingPowerDisableAtBlock", netuid, last)
    ctx.deposit_event(MODULE, "VotingPowerTrackingDisableScheduled", netuid=netuid, disable_at_block=last)


@call(MODULE, weight=weight(6_000, reads=1, writes=1))
def sudo_set_voting_power_ema_alpha(ctx: Context, origin: Origin, netuid: int, alpha: int) -> None:
    """Root sets the weight of an epoch's stake in the average, in parts of 10^18."""
    ensure_root(origin)
    if alpha > ALPHA_ONE:
        raise failed("InvalidVotingPowerEmaAlpha", f"alpha is {alpha}, allowed: to {ALPHA_ONE}")
    ctx.state.put(MODULE, "VotingPowerEmaAlpha", netuid, alpha)
    ctx.deposit_event(MODULE, "VotingPowerEmaAlphaSet", netuid=netuid, alpha=alpha)


def update_voting_power(ctx: Context, netuid: int, find_voters: Callable[[], Mapping[str, Voter]]) -> None:
    """After an epoch: update the averages of a subnet, if they are switched on; only then are the voters needed."""
    state = ctx.state
    if not state.get(MODULE, "VotingPowerTrackingEnabled", netuid):
        return
    last = state.get(MODULE, "VotingPowerDisableAtBlock", netuid)
    if last and ctx.block >= last:
        _forget(ctx, netuid)
        return
    alpha, least = state.get(MODULE, "VotingPowerEmaAlpha", netuid), state.get(MODULE, "StakeThreshold")
    for hotkey, voter in find_voters().items():
        before = state.get(MODULE, "VotingPower", netuid, hotkey)
        after = min((alpha * voter.stake + (ALPHA_ONE - alpha) * before) // ALPHA_ONE, U64_MAX)
        if not voter.permit or after < least <= before:
            state.remove(MODULE, "VotingPower", netuid, hotkey)
        elif after:
            state.put(MODULE, "VotingPower", netuid, hotkey, after)
    for hotkey, _ in state.entries(MODULE, "VotingPower", netuid):
        if not state.get(MODULE, "IsNetworkMember", hotkey, netuid):
            state.remove(MODULE, "VotingPower", netuid, hotkey)


def _forget(ctx: Context, netuid: int) -> None:
    ctx.state.remove_prefix(MODULE, "VotingPower", netuid)
    ctx.state.put(MODULE, "VotingPowerTrackingEnabled", netuid, False)
    ctx.state.remove(MODULE, "VotingPowerDisableAtBlock", netuid)
    ctx.deposit_event(MODULE, "VotingPowerTrackingDisabled", netuid=netuid)
