"""Stake in and out of subnets: a coldkey's TAO buys alpha in the pool, which is staked on a hotkey; and back.

Every step changes both the accounts (the subnet's own account holds the TAO of its pool) and the pool's reserves. The
fee of a swap goes to the block's author. The fee of a sale is alpha, which the chain sells at once for the author,
without a fee.

Sources: `pallets/subtensor/src/staking/stake_utils.rs` (`stake_into_subnet`, `unstake_from_subnet`,
`transfer_stake_within_subnet`), in a copy of RaoFoundation/subtensor with what pull requests 3176 (spec 463) and 3192
(spec 469) changed; `staking/helpers.rs` (`clear_small_nomination_if_required`, …), `staking/lock.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.baskets import escrow, flush, rebase_claimed
from tao_lab.chain.pallets.subtensor.child_threshold import queue_check_of_suspended
from tao_lab.chain.pallets.subtensor.collateral import ensure_hotkey_covers_collateral
from tao_lab.chain.pallets.subtensor.locks import cleanup_lock, ensure_available, force_reduce_lock, transfer_lock
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, coldkey_owns_hotkey, failed
from tao_lab.chain.pallets.subtensor.pool import (
    MAX_PRICE,
    MIN_PRICE,
    current_alpha_price,
    record_tao_flow,
    swap_alpha_for_tao,
    swap_tao_for_alpha,
)
from tao_lab.chain.pallets.subtensor.root_claims import (
    add_root_staker,
    has_root_stake,
    remove_root_staker,
    touch_root_stake_age,
)
from tao_lab.chain.pallets.subtensor.stake import (
    decrease_stake,
    forget_staking_hotkey,
    increase_stake,
    pool_takes_stake,
    stake_of_coldkey,
)
from tao_lab.chain.pallets.subtensor.tao import transfer_tao_from_subnet, transfer_tao_to_subnet
from tao_lab.chain.state import StorageReader
from tao_lab.economy.swap import FRACTION_BITS

MIN_STAKE = 2_000_000  # rao (DefaultMinStake)
MIN_TRANSFER = 100_000  # rao (DefaultMinTransfer)
MILLION = 1_000_000


# --- into, out of, within ---------------------------------------------------------------------------------------


def stake_into_subnet(
    ctx: Context,
    hotkey: str,
    coldkey: str,
    netuid: int,
    tao: int,
    price_limit: int = MAX_PRICE,
    drop_fees: bool = False,
    payer: str | None = None,
) -> int:
    """Turn a coldkey's TAO into alpha staked on a hotkey.

    Args:
        ctx: The block under construction.
        hotkey: The hotkey to stake on.
        coldkey: The coldkey that stakes.
        netuid: Of the subnet.
        tao: Rao; less is taken if the account would fall below the existential deposit. What the pool does not take
            within the price limit comes back.
        price_limit: Highest price, rao for one whole alpha.
        drop_fees: Without the pool's fee, because it was paid in another subnet's pool already.
        payer: Account that pays; None: the coldkey.

    Returns:
        Rao of alpha.

    Raises:
        DispatchError: `AmountTooLow`, `InsufficientLiquidity`, or what the transfers and the swap raise.
    """
    if netuid == ROOT_NETUID:
        flush(ctx, hotkey)  # dividends of the past are for those who had stake then
    staked = transfer_tao_to_subnet(ctx, netuid, payer or coldkey, tao)
    swapped = swap_tao_for_alpha(ctx, netuid, staked, price_limit, drop_fees)
    if not swapped.received:
        raise failed("AmountTooLow", f"{tao} rao buy no alpha")
    if not pool_takes_stake(ctx.state, hotkey, netuid, swapped.received):
        raise failed("InsufficientLiquidity", f"{swapped.received} rao of alpha are too few for a share on {hotkey}")
    increase_stake(ctx, hotkey, coldkey, netuid, swapped.received)
    transfer_tao_from_subnet(ctx, netuid, ctx.author, swapped.fee_to_author)
    transfer_tao_from_subnet(ctx, netuid, coldkey, max(staked - swapped.paid - swapped.fee, 0))
    record_tao_flow(ctx, netuid, swapped.paid)
    cleanup_lock(ctx, coldkey, netuid)
    if netuid == ROOT_NETUID:
        touch_root_stake_age(ctx, coldkey, hotkey)
        rebase_claimed(ctx, hotkey, coldkey, swapped.received)
        add_root_staker(ctx, coldkey)
    queue_check_of_suspended(ctx, hotkey)
    ctx.deposit_event(MODULE, "StakeAdded", coldkey, hotkey, staked, swapped.received, netuid, swapped.fee)
    return swapped.received


def unstake_from_subnet(
    ctx: Context,
    hotkey: str,
    coldkey: str,
    netuid: int,
    alpha: int,
    price_limit: int = MIN_PRICE,
    drop_fees: bool = False,
    beneficiary: str | None = None,
) -> int:
    """Turn alpha that a coldkey has on a hotkey into TAO.

    Args:
        ctx: The block under construction.
        hotkey: The hotkey with the stake.
        coldkey: The coldkey that owns the stake.
        netuid: Of the subnet.
        alpha: Rao; alpha that cannot be sold within the price limit stays staked.
        price_limit: Lowest price, rao for one whole alpha.
        drop_fees: Without the pool's fee.
        beneficiary: Account that gets the TAO; None: the coldkey.

    Returns:
        Rao of TAO.

    Raises:
        DispatchError: `StakeUnavailable` for what is locked, or what the swaps and the transfers raise.
    """
    if netuid == ROOT_NETUID:
        flush(ctx, hotkey)
    ensure_available(ctx, coldkey, netuid, alpha)
    ensure_hotkey_covers_collateral(ctx.state, coldkey, hotkey, netuid, alpha)
    decrease_stake(ctx, hotkey, coldkey, netuid, alpha)
    swapped = swap_alpha_for_tao(ctx, netuid, alpha, price_limit, drop_fees)
    refund = max(alpha - swapped.paid - swapped.fee, 0)
    if refund:
        increase_stake(ctx, hotkey, coldkey, netuid, refund)
    transfer_tao_from_subnet(ctx, netuid, beneficiary or coldkey, swapped.received)
    fee_in_tao = swap_alpha_for_tao(ctx, netuid, swapped.fee_to_author, drop_fees=True).received
    transfer_tao_from_subnet(ctx, netuid, ctx.author, fee_in_tao)
    if netuid == ROOT_NETUID:
        rebase_claimed(ctx, hotkey, coldkey, -alpha)
        if not has_root_stake(ctx.state, coldkey):
            remove_root_staker(ctx, coldkey)
    forget_staking_hotkey(ctx, hotkey, coldkey)
    record_tao_flow(ctx, netuid, -swapped.received - fee_in_tao)
    cleanup_lock(ctx, coldkey, netuid)
    if netuid == ROOT_NETUID:
        touch_root_stake_age(ctx, coldkey, hotkey)
    ctx.deposit_event(MODULE, "StakeRemoved", coldkey, hotkey, swapped.received, swapped.paid, netuid, swapped.fee)
    return swapped.received


def transfer_stake_within_subnet(
    ctx: Context, origin: tuple[str, str], destination: tuple[str, str], netuid: int, alpha: int
) -> int:
    """Give stake to another (hotkey, coldkey) on the same subnet, without swap and fee.

    Returns:
        What the alpha is worth, rao of TAO.

    Raises:
        DispatchError: `AmountTooLow`, `LockHotkeyMismatch`, `AccountRejectsLockedAlpha`.
    """
    for hotkey in dict.fromkeys((origin[0], destination[0])) if netuid == ROOT_NETUID else ():
        flush(ctx, hotkey)
    transfer_lock(ctx, origin[1], destination[1], destination[0], netuid, alpha)
    decrease_stake(ctx, *origin, netuid, alpha)
    become_delegate(ctx, *destination)
    increase_stake(ctx, *destination, netuid, alpha)
    if netuid == ROOT_NETUID:
        rebase_claimed(ctx, *origin, -alpha)
        rebase_claimed(ctx, *destination, alpha)
    worth = current_alpha_price(ctx.state, netuid) * alpha >> FRACTION_BITS
    if worth < MIN_TRANSFER:
        raise failed("AmountTooLow", f"{alpha} rao of alpha are worth {worth} rao; at least {MIN_TRANSFER}")
    forget_staking_hotkey(ctx, *origin)
    if netuid == ROOT_NETUID:
        touch_root_stake_age(ctx, *reversed(destination))
    ctx.deposit_event(MODULE, "StakeRemoved", *reversed(origin), worth, alpha, netuid, 0)
    ctx.deposit_event(MODULE, "StakeAdded", *reversed(destination), worth, alpha, netuid, 0)
    return worth


# --- afterwards -------------------------------------------------------------------------------------------------


def become_delegate(ctx: Context, hotkey: str, coldkey: str) -> None:
    """Make a hotkey on which another coldkey stakes a delegate, with a take (`maybe_become_delegate`)."""
    if ctx.state.get(MODULE, "Owner", hotkey) != coldkey and not ctx.state.exists(MODULE, "Delegates", hotkey):
        ctx.state.put(MODULE, "Delegates", hotkey, ctx.state.get(MODULE, "Delegates", hotkey))


def nominator_min_stake(state: StorageReader) -> int:
    """Smallest stake on another owner's hotkey, rao of TAO (`get_nominator_min_required_stake`)."""
    return min(MIN_STAKE * int(state.get(MODULE, "NominatorMinRequiredStake")), (1 << 64) - 1) // MILLION


def clear_small_nomination(ctx: Context, hotkey: str, coldkey: str, netuid: int) -> None:
    """Sell the rest of a stake on another owner's hotkey if it is too small; if it cannot be sold, it is lost.

    The holdings of root's baskets are not nominations: they stay.
    """
    if coldkey == escrow() or coldkey_owns_hotkey(ctx.state, coldkey, hotkey):
        return
    alpha = stake_of_coldkey(ctx.state, hotkey, coldkey, netuid)
    price = current_alpha_price(ctx.state, netuid)
    least = (nominator_min_stake(ctx.state) << FRACTION_BITS) // price if price else 0
    if not 0 < alpha < least:
        return
    try:
        unstake_from_subnet(ctx, hotkey, coldkey, netuid, alpha)
    except DispatchError:
        decrease_stake(ctx, hotkey, coldkey, netuid, stake_of_coldkey(ctx.state, hotkey, coldkey, netuid))
    force_reduce_lock(ctx, coldkey, netuid, alpha)


def clear_small_nominations(ctx: Context) -> None:
    """Sell all stakes on other owners' hotkeys that are too small now, after the minimum was raised."""
    for (hotkey, coldkey, netuid), _ in ctx.state.entries(MODULE, "AlphaV2"):
        clear_small_nomination(ctx, hotkey, coldkey, netuid)
