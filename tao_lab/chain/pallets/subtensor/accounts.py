"""Coldkeys and their hotkeys.

Source: `pallets/subtensor/src/staking/{helpers,account}.rs` (`create_account_if_non_existent`).
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed, hotkey_exists, is_subnet_account


def create_account(ctx: Context, coldkey: str, hotkey: str) -> None:
    """Make a coldkey the owner of a hotkey that has no owner yet; otherwise do nothing.

    Raises:
        DispatchError: `CannotUseSystemAccount`.
    """
    if is_subnet_account(hotkey):
        raise failed("CannotUseSystemAccount", f"{hotkey} is a subnet's own account")
    if hotkey_exists(ctx.state, hotkey):
        return
    ctx.state.put(MODULE, "Owner", hotkey, coldkey)
    for item in ("OwnedHotkeys", "StakingHotkeys"):
        hotkeys = ctx.state.get(MODULE, item, coldkey)
        if hotkey not in hotkeys:
            ctx.state.put(MODULE, item, coldkey, [*hotkeys, hotkey])


@call(MODULE, weight=weight(25_337_000, reads=3, writes=3))
def try_associate_hotkey(ctx: Context, origin: Origin, hotkey: str) -> None:
    """Claim a hotkey; if it has an owner already, nothing changes and no error is raised."""
    create_account(ctx, ensure_signed(origin), hotkey)
