"""Where a coldkey's mining rewards are staked on a subnet: on a hotkey of its choice.

Source: `pallets/subtensor/src/macros/dispatches.rs` (call 114, `set_coldkey_auto_stake_hotkey`).
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed, uid_of
from tao_lab.chain.pallets.subtensor.stake_checks import ensure_subnet


@call(MODULE, weight=weight(33_853_000, reads=4, writes=2))
def set_coldkey_auto_stake_hotkey(ctx: Context, origin: Origin, netuid: int, hotkey: str) -> None:
    """Stake this coldkey's mining rewards on a hotkey of the subnet from now on."""
    coldkey, state = ensure_signed(origin), ctx.state
    ensure_subnet(state, netuid)
    if uid_of(state, netuid, hotkey) is None:
        raise failed("HotKeyNotRegisteredInSubNet", f"{hotkey} has no UID on subnet {netuid}")
    before = state.get(MODULE, "AutoStakeDestination", coldkey, netuid)
    if before == hotkey:
        raise failed("SameAutoStakeHotkeyAlreadySet", f"{hotkey} is the destination already")
    if before is not None:
        others = [who for who in state.get(MODULE, "AutoStakeDestinationColdkeys", before, netuid) if who != coldkey]
        state.put(MODULE, "AutoStakeDestinationColdkeys", before, netuid, others)
    state.put(MODULE, "AutoStakeDestination", coldkey, netuid, hotkey)
    coldkeys = state.get(MODULE, "AutoStakeDestinationColdkeys", hotkey, netuid)
    if coldkey not in coldkeys:
        state.put(MODULE, "AutoStakeDestinationColdkeys", hotkey, netuid, [*coldkeys, coldkey])
    ctx.deposit_event(MODULE, "AutoStakeDestinationSet", coldkey=coldkey, netuid=netuid, hotkey=hotkey)
