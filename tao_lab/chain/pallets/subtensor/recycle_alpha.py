"""Giving alpha up. Recycled alpha ceases to exist; burned alpha still counts as outstanding, but no coldkey owns it.

Source: `pallets/subtensor/src/staking/recycle_alpha.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.collateral import ensure_hotkey_covers_collateral
from tao_lab.chain.pallets.subtensor.locks import ensure_available
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, failed
from tao_lab.chain.pallets.subtensor.stake import decrease_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.stake_calls import do_add_stake, do_add_stake_limit
from tao_lab.chain.pallets.subtensor.stake_checks import ensure_hotkey, ensure_subnet, ensure_subtoken_enabled
from tao_lab.chain.pallets.subtensor.tao import burn_subnet_alpha, recycle_subnet_alpha


def _take(ctx: Context, coldkey: str, hotkey: str, amount: int, netuid: int) -> int:
    """Take alpha from a coldkey's stake, but not more than it has; returns how much.

    Raises:
        DispatchError: `SubnetNotExists`, `CannotBurnOrRecycleOnRootSubnet`, `SubtokenDisabled`,
            `HotKeyAccountNotExists`, `InsufficientLiquidity`, `StakeUnavailable`.
    """
    ensure_subnet(ctx.state, netuid)
    if netuid == ROOT_NETUID:
        raise failed("CannotBurnOrRecycleOnRootSubnet", "stake on root is TAO")
    ensure_subtoken_enabled(ctx.state, netuid)
    ensure_hotkey(ctx.state, hotkey)
    amount = min(amount, stake_of_coldkey(ctx.state, hotkey, coldkey, netuid))
    if ctx.state.get(MODULE, "SubnetAlphaOut", netuid) < amount:
        raise failed("InsufficientLiquidity", f"less than {amount} rao of alpha are outstanding")
    ensure_available(ctx, coldkey, netuid, amount)
    ensure_hotkey_covers_collateral(ctx.state, coldkey, hotkey, netuid, amount)
    decrease_stake(ctx, hotkey, coldkey, netuid, amount)
    return amount


def _burn(ctx: Context, coldkey: str, hotkey: str, amount: int, netuid: int) -> None:
    taken = _take(ctx, coldkey, hotkey, amount, netuid)
    burn_subnet_alpha(ctx, netuid, taken)
    ctx.deposit_event(MODULE, "AlphaBurned", coldkey, hotkey, taken, netuid)


@call(MODULE, weight=weight(172_139_000, reads=13, writes=6))
def recycle_alpha(ctx: Context, origin: Origin, hotkey: str, amount: int, netuid: int) -> None:
    """Recycle staked alpha: it ceases to exist."""
    coldkey = ensure_signed(origin)
    taken = _take(ctx, coldkey, hotkey, amount, netuid)
    recycle_subnet_alpha(ctx, netuid, taken)
    ctx.deposit_event(MODULE, "AlphaRecycled", coldkey, hotkey, taken, netuid)


@call(MODULE, weight=weight(168_964_000, reads=12, writes=4))
def burn_alpha(ctx: Context, origin: Origin, hotkey: str, amount: int, netuid: int) -> None:
    """Burn staked alpha: it still counts as outstanding, but no coldkey owns it."""
    _burn(ctx, ensure_signed(origin), hotkey, amount, netuid)


@call(MODULE, weight=weight(967_308_000, reads=33, writes=17))
def add_stake_burn(ctx: Context, origin: Origin, hotkey: str, netuid: int, amount: int, limit: int | None) -> None:
    """Buy alpha and burn it at once: how an owner returns to a subnet."""
    coldkey = ensure_signed(origin)
    if limit is None:
        alpha = do_add_stake(ctx, coldkey, hotkey, netuid, amount)
    else:
        alpha = do_add_stake_limit(ctx, coldkey, hotkey, netuid, amount, limit, allow_partial=False)
    _burn(ctx, coldkey, hotkey, alpha, netuid)
    ctx.deposit_event(MODULE, "AddStakeBurn", netuid=netuid, hotkey=hotkey, amount=amount, alpha=alpha)
