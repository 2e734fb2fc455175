"""Checks before stake moves, in the chain's order, and how much a price limit allows.

Sources: `pallets/subtensor/src/staking/stake_utils.rs` (`validate_add_stake`, …), `staking/{add,remove,move}_stake.rs`
(`get_max_amount_add`, `get_max_amount_remove`, `get_max_amount_move`).
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.baskets import escrow
from tao_lab.chain.pallets.subtensor.collateral import ensure_hotkey_covers_collateral, locked_of_coldkey
from tao_lab.chain.pallets.subtensor.locks import ensure_available, total_stake
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, failed, hotkey_exists, subnet_exists
from tao_lab.chain.pallets.subtensor.pool import approx_fee, has_pool, read_pool, sim_swap, simulate
from tao_lab.chain.pallets.subtensor.root_claims import ensure_root_stake_unlocked
from tao_lab.chain.pallets.subtensor.stake import pool_takes_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.staking import MIN_STAKE, MIN_TRANSFER
from tao_lab.chain.pallets.subtensor.tao import coldkey_balance
from tao_lab.chain.state import StorageReader
from tao_lab.economy import SwapResult
from tao_lab.economy.swap import MAX_SWAP_INPUT_RESERVE_MULTIPLIER, Side, max_move
from tao_lab.units import RAO_PER_TAO, U64_MAX, in_tao

MAX_STAKING_HOTKEYS = 256  # on which a coldkey may stake
MAX_THIRD_PARTY_STAKING_HOTKEYS = 128  # up to this number others may give it stake on a hotkey that is new to it


# --- shared -----------------------------------------------------------------------------------------------------


def ensure_subnet(state: StorageReader, netuid: int) -> None:
    """Refuse a subnet that does not exist.

    Raises:
        DispatchError: `SubnetNotExists`.
    """
    if not subnet_exists(state, netuid):
        raise failed("SubnetNotExists", f"there is no subnet {netuid}")


def ensure_subtoken_enabled(state: StorageReader, netuid: int) -> None:
    """Refuse a subnet whose alpha cannot be bought yet: its owner has not called `start_call`.

    Raises:
        DispatchError: `SubtokenDisabled`.
    """
    if not state.get(MODULE, "SubtokenEnabled", netuid):
        raise failed("SubtokenDisabled", f"subnet {netuid} has not been started")


def ensure_hotkey(state: StorageReader, hotkey: str) -> None:
    """Refuse a hotkey without an owner.

    Raises:
        DispatchError: `HotKeyAccountNotExists`.
    """
    if not hotkey_exists(state, hotkey):
        raise failed("HotKeyAccountNotExists", f"nobody owns {hotkey}; register it first")


def ensure_staking_hotkeys_can_grow(state: StorageReader, coldkey: str, hotkey: str, most: int) -> None:
    """Refuse stake on a new hotkey if a coldkey has stake on `most` hotkeys already.

    Raises:
        DispatchError: `TooManyStakingHotkeys`.
    """
    staked_on = state.get(MODULE, "StakingHotkeys", coldkey)
    if hotkey not in staked_on and len(staked_on) >= most:
        raise failed("TooManyStakingHotkeys", f"{coldkey} stakes on {len(staked_on)} hotkeys, allowed here: {most}")


def quote(ctx: Context, netuid: int, side: Side, amount: int) -> SwapResult:
    """The result of a swap now, by the current rule; changes nothing.

    Raises:
        DispatchError: `InsufficientLiquidity`.
    """
    try:
        return sim_swap(ctx.state, netuid, side, amount, ctx.rules.run_swap)
    except DispatchError as error:
        raise failed("InsufficientLiquidity", f"the pool refuses {amount} rao: {error}") from error


def _too_low(have: int, least: int) -> DispatchError:
    return failed("AmountTooLow", f"the amount is {have} rao, allowed: from {least} rao")


def _slippage(amount: int, most: int) -> DispatchError:
    return failed("SlippageTooHigh", f"the call asks for {amount} rao; the price limit allows {most} rao")


# --- validation -------------------------------------------------------------------------------------------------


def validate_add_stake(
    ctx: Context, coldkey: str, hotkey: str, netuid: int, tao: int, most: int, allow_partial: bool
) -> None:
    """Check that TAO may be staked.

    Raises:
        DispatchError: `SubnetNotExists`, `SubtokenDisabled`, `AmountTooLow`, `SlippageTooHigh`,
            `NotEnoughBalanceToStake`, `HotKeyAccountNotExists`, `TooManyStakingHotkeys`, `InsufficientLiquidity`.
    """
    state = ctx.state
    ensure_subnet(state, netuid)
    ensure_subtoken_enabled(state, netuid)
    least = MIN_STAKE + _fee_of_least(ctx, netuid)
    if tao < least:
        raise _too_low(tao, least)
    if not allow_partial and tao > most:
        raise _slippage(tao, most)
    tao = min(tao, most)
    available = coldkey_balance(ctx, coldkey)
    if tao > available:
        raise failed("NotEnoughBalanceToStake", f"{coldkey} has {in_tao(available)}, {in_tao(tao)} needed")
    ensure_hotkey(state, hotkey)
    ensure_staking_hotkeys_can_grow(state, coldkey, hotkey, MAX_STAKING_HOTKEYS)
    swapped = quote(ctx, netuid, "buy", tao)
    if swapped.paid < MIN_STAKE:
        raise _too_low(swapped.paid, MIN_STAKE)
    if not swapped.received or not pool_takes_stake(state, hotkey, netuid, swapped.received):
        raise failed("InsufficientLiquidity", f"{tao} rao buy less alpha than one share of {hotkey}'s stake")


def _fee_of_least(ctx: Context, netuid: int) -> int:
    try:
        return sim_swap(ctx.state, netuid, "buy", MIN_STAKE, ctx.rules.run_swap).fee
    except DispatchError:
        return approx_fee(ctx.state, netuid, MIN_STAKE)


def validate_remove_stake(
    ctx: Context, coldkey: str, hotkey: str, netuid: int, alpha: int, most: int, allow_partial: bool
) -> None:
    """Check that alpha may be sold; the whole stake may always be sold, even a tiny one.

    Raises:
        DispatchError: `SubnetNotExists`, `AmountTooLow`, `NotEnoughStakeToWithdraw`, `InsufficientLiquidity`,
            `SlippageTooHigh`, `HotKeyAccountNotExists`, `StakeUnavailable`, `RootStakeLocked`.
    """
    ensure_subnet(ctx.state, netuid)
    if alpha == 0:
        raise _too_low(alpha, 1)
    staked = stake_of_coldkey(ctx.state, hotkey, coldkey, netuid)
    if alpha > staked:
        raise failed("NotEnoughStakeToWithdraw", f"{staked} rao of alpha are staked; the call asks for {alpha}")
    received = quote(ctx, netuid, "sell", alpha).received
    if staked > alpha and received < MIN_STAKE:
        raise _too_low(received, MIN_STAKE)
    if not allow_partial and alpha > most:
        raise _slippage(alpha, most)
    ensure_hotkey(ctx.state, hotkey)
    ensure_available(ctx, coldkey, netuid, alpha)
    ensure_hotkey_covers_collateral(ctx.state, coldkey, hotkey, netuid, alpha)
    if netuid == ROOT_NETUID:
        ensure_root_stake_unlocked(ctx, coldkey, hotkey)


def validate_stake_transition(
    ctx: Context,
    origin: tuple[str, str, int],
    destination: tuple[str, str, int],
    alpha: int,
    most: int,
    allow_partial: bool,
    check_transfer_toggle: bool,
) -> None:
    """Check that stake may go from one (hotkey, coldkey, netuid) to another.

    Raises:
        DispatchError: `CannotUseSystemAccount`, `SameNetuid`, `SubnetNotExists`, `SubtokenDisabled`,
            `HotKeyAccountNotExists`, `NotEnoughStakeToWithdraw`, `InsufficientLiquidity`, `AmountTooLow`,
            `SlippageTooHigh`, `TransferDisallowed`, `TooManyStakingHotkeys`, `StakeUnavailable`, `RootStakeLocked`.
    """
    state, (hotkey, coldkey, netuid) = ctx.state, origin
    if destination[1] == escrow():
        raise failed("CannotUseSystemAccount", f"{destination[1]} holds root's baskets")
    if origin == destination:
        raise failed("SameNetuid", "the stake is on that subnet already")
    netuids = list(dict.fromkeys((netuid, destination[2])))
    for item in netuids:
        ensure_subnet(state, item)
    for item in netuids:
        ensure_subtoken_enabled(state, item)
    ensure_hotkey(state, hotkey)
    ensure_hotkey(state, destination[0])
    staked = stake_of_coldkey(state, hotkey, coldkey, netuid)
    if alpha > staked:
        raise failed("NotEnoughStakeToWithdraw", f"{staked} rao of alpha are staked; the call asks for {alpha}")
    if len(netuids) > 1:
        received = quote(ctx, netuid, "sell", alpha).received
        least = MIN_TRANSFER if check_transfer_toggle else MIN_STAKE
        if received <= least:
            raise _too_low(received, least + 1)
        if not allow_partial and alpha > most:
            raise _slippage(alpha, most)
    for item in netuids if check_transfer_toggle else []:
        if not state.get(MODULE, "TransferToggle", item):
            raise failed("TransferDisallowed", f"subnet {item} does not allow transfers of stake")
    most = MAX_STAKING_HOTKEYS if destination[1] == coldkey else MAX_THIRD_PARTY_STAKING_HOTKEYS
    ensure_staking_hotkeys_can_grow(state, destination[1], destination[0], most)
    if len(netuids) > 1:
        ensure_available(ctx, coldkey, netuid, alpha)
    elif coldkey != destination[1]:
        _ensure_transfer_respects_collateral(state, coldkey, netuid, alpha)
    ensure_hotkey_covers_collateral(state, coldkey, hotkey, netuid, alpha)
    if netuid == ROOT_NETUID:
        ensure_root_stake_unlocked(ctx, coldkey, hotkey)


def _ensure_transfer_respects_collateral(state: StorageReader, coldkey: str, netuid: int, alpha: int) -> None:
    """Refuse to give so much stake away that the rest is less than the collateral, because collateral does not move."""
    total, locked = total_stake(state, coldkey, netuid), locked_of_coldkey(state, netuid, coldkey)
    if alpha > max(total - locked, 0):
        sentence = f"{locked} of {total} rao on subnet {netuid} are collateral; {alpha} are to be given away"
        raise failed("StakeUnavailable", sentence)


# --- how much the pool and a price limit allow --------------------------------------------------------------------


def ensure_within_pool(state: StorageReader, netuid: int, side: Side, amount: int) -> None:
    """Refuse more than 1,000 times the reserve that is paid into.

    Raises:
        DispatchError: `InsufficientLiquidity`.
    """
    if _swaps(state, netuid) and amount > _most_input(state, netuid, side):
        raise failed("InsufficientLiquidity", f"{amount} rao are more than 1,000 times the pool's reserve")


def max_amount_add(ctx: Context, netuid: int, limit_price: int) -> int:
    """Rao of TAO that can be staked up to a price, rao for one whole alpha.

    Raises:
        DispatchError: A `Swap` error: the price has reached the limit already, or the pool is too small.
    """
    if not _swaps(ctx.state, netuid):
        return U64_MAX if limit_price >= RAO_PER_TAO else 0
    return _max_amount(ctx, netuid, "buy", limit_price)


def max_amount_remove(ctx: Context, netuid: int, limit_price: int) -> int:
    """Rao of alpha that can be sold down to a price.

    Raises:
        DispatchError: As for `max_amount_add`.
    """
    if not _swaps(ctx.state, netuid):
        return U64_MAX if limit_price <= RAO_PER_TAO else 0
    return _max_amount(ctx, netuid, "sell", limit_price)


def max_amount_move(ctx: Context, netuid: int, destination: int, limit_price: int) -> int:
    """Rao of alpha that can go to another subnet before its price in the other's alpha falls below a limit.

    Raises:
        DispatchError: As for `max_amount_add`.
    """
    state, pools = ctx.state, (_swaps(ctx.state, netuid), _swaps(ctx.state, destination))
    if pools == (False, False):
        return 0 if limit_price > RAO_PER_TAO else U64_MAX
    if pools == (False, True):
        if limit_price == 0:
            return U64_MAX
        inverse = (RAO_PER_TAO << 64) // limit_price * RAO_PER_TAO >> 64
        return max_amount_add(ctx, destination, min(inverse, U64_MAX))
    if pools == (True, False):
        return max_amount_remove(ctx, netuid, limit_price)
    return max_move(read_pool(state, netuid), read_pool(state, destination), limit_price)


def _max_amount(ctx: Context, netuid: int, side: Side, limit_price: int) -> int:
    most = _most_input(ctx.state, netuid, side)
    swapped = simulate(ctx.state, netuid, side, most, limit_price, ctx.rules.run_swap)
    return min(swapped.paid + swapped.fee, U64_MAX)


def _most_input(state: StorageReader, netuid: int, side: Side) -> int:
    reserve = state.get(MODULE, "SubnetTAO" if side == "buy" else "SubnetAlphaIn", netuid)
    return min(int(reserve) * MAX_SWAP_INPUT_RESERVE_MULTIPLIER, U64_MAX)


def _swaps(state: StorageReader, netuid: int) -> bool:
    return netuid != ROOT_NETUID and has_pool(state, netuid)
