"""Paying collateral: with a registration, and later when a miner wants to lock more.

A registration is one payment. It buys alpha in one swap. The part for the collateral is staked on the hotkey and
locked; the rest is burned. If collateral is bought, the swap may raise the price by at most 5 %; otherwise the whole
payment fails.

Sources: `pallets/subtensor/src/subnets/collateral.rs` (`pay_registration`, `do_add_collateral`,
`do_set_min_collateral`) as it is public in coldint/subtensor at 4211af94; `subnets/registration.rs` there; weights from
its `weights.rs`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.collateral import (
    collateral_of,
    credit,
    current_drain_ratio,
    locked_on,
    put_collateral,
    renew_drain_ratio,
)
from tao_lab.chain.pallets.subtensor.locks import cleanup_lock
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, coldkey_owns_hotkey, failed
from tao_lab.chain.pallets.subtensor.pool import (
    MAX_PRICE,
    current_alpha_price,
    moving_alpha_price,
    record_tao_flow,
    swap_tao_for_alpha,
)
from tao_lab.chain.pallets.subtensor.stake import increase_stake, pool_takes_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.stake_checks import (
    ensure_hotkey,
    ensure_subnet,
    ensure_subtoken_enabled,
    ensure_within_pool,
    max_amount_add,
    validate_add_stake,
)
from tao_lab.chain.pallets.subtensor.staking import stake_into_subnet
from tao_lab.chain.pallets.subtensor.tao import (
    add_to,
    keep_alive_balance,
    transfer_tao_from_subnet,
    transfer_tao_to_subnet,
)
from tao_lab.chain.state import StorageReader
from tao_lab.economy import SwapResult
from tao_lab.economy.collateral import Collateral, locked_part, purchase_limit, requirement, top_up
from tao_lab.economy.fixed128 import U64F64, to_u64f64
from tao_lab.units import in_tao


@dataclass(frozen=True)
class Charge:
    """What a registration costs, rao of TAO.

    Attributes:
        burned: for alpha that is then burned.
        collateral: for alpha that is then staked on the hotkey and locked.
    """

    burned: int
    collateral: int

    @property
    def total(self) -> int:
        """Rao that the coldkey pays."""
        return self.burned + self.collateral


def charge(state: StorageReader, netuid: int, hotkey: str, coldkey: str) -> Charge:
    """What a registration costs now; collateral that is still locked from an earlier registration is not paid again."""
    price = int(state.get(MODULE, "Burn", netuid))
    required = requirement(price, state.get(MODULE, "CollateralLockShare", netuid))
    missing = 0
    if required:
        missing = top_up(required, locked_on(state, netuid, hotkey, coldkey), _moving_price(state, netuid))
    return Charge(price - required, missing)


def _moving_price(state: StorageReader, netuid: int) -> int:
    """Moving price of a subnet's alpha, a raw U64F64 value; a single trade hardly changes it."""
    return to_u64f64(moving_alpha_price(state, netuid))


# --- with a registration ----------------------------------------------------------------------------------------


def pay_registration(ctx: Context, netuid: int, hotkey: str, coldkey: str, due: Charge) -> None:
    """Take the price of a registration, burn a part of the alpha that it buys, and lock the rest.

    Raises:
        DispatchError: `SlippageTooHigh`, `NotEnoughBalanceToStake`, `InsufficientLiquidity`,
            `ColdkeyCollateralPositionsFull`, or what the transfers and the swap raise.
    """
    if not due.total:
        return renew_drain_ratio(ctx, netuid, hotkey, coldkey)
    swapped = _buy(ctx, netuid, coldkey, due)
    locked = locked_part(swapped.received, due.burned, due.collateral)
    add_to(ctx, MODULE, "SubnetAlphaOut", netuid, locked - swapped.received)
    if not locked:
        return renew_drain_ratio(ctx, netuid, hotkey, coldkey)
    if not pool_takes_stake(ctx.state, hotkey, netuid, locked):
        raise failed("InsufficientLiquidity", f"{locked} rao of alpha are too few for a share on {hotkey}")
    increase_stake(ctx, hotkey, coldkey, netuid, locked)
    cleanup_lock(ctx, coldkey, netuid)
    ctx.deposit_event(MODULE, "StakeAdded", coldkey, hotkey, due.collateral, locked, netuid, swapped.fee)
    total = credit(ctx, netuid, hotkey, coldkey, locked)
    renew_drain_ratio(ctx, netuid, hotkey, coldkey)
    _tell_locked(ctx, netuid, hotkey, locked, total)
    return None


def _buy(ctx: Context, netuid: int, coldkey: str, due: Charge) -> SwapResult:
    """Buy alpha for the whole payment, or fail; the fee goes to the block's author."""
    limit = MAX_PRICE
    if due.collateral:
        limit = purchase_limit(current_alpha_price(ctx.state, netuid))
        if not limit:
            raise failed("InsufficientLiquidity", f"the alpha of subnet {netuid} has no price")
        most = max_amount_add(ctx, netuid, limit)
        if due.total > most:
            sentence = f"{in_tao(due.total)} would raise the price by more than 5 %; {in_tao(most)} would not"
            raise failed("SlippageTooHigh", sentence)
    paid = transfer_tao_to_subnet(ctx, netuid, coldkey, due.total)
    if paid != due.total:
        raise failed("NotEnoughBalanceToStake", f"{coldkey} can pay {in_tao(paid)}; a seat costs {in_tao(due.total)}")
    swapped = swap_tao_for_alpha(ctx, netuid, paid, limit)
    if swapped.paid + swapped.fee != due.total:
        raise failed("SlippageTooHigh", f"the pool takes {swapped.paid + swapped.fee} of {due.total} rao")
    transfer_tao_from_subnet(ctx, netuid, ctx.author, swapped.fee_to_author)
    record_tao_flow(ctx, netuid, swapped.paid)
    return swapped


def _tell_locked(ctx: Context, netuid: int, hotkey: str, locked: int, total: int) -> None:
    ctx.deposit_event(MODULE, "CollateralLocked", netuid=netuid, hotkey=hotkey, locked=locked, total_locked=total)


# --- whenever a miner wants -------------------------------------------------------------------------------------


@call(MODULE, weight=weight(692_258_000, reads=39, writes=18))
def add_collateral(ctx: Context, origin: Origin, netuid: int, hotkey: str, alpha: int, limit_price: int) -> None:
    """Lock more on one's own hotkey: free stake first; if that is too little, the chain buys the rest.

    The payment for the rest follows from the moving price, so it buys about as much as is missing. All that it buys is
    locked.
    """
    coldkey = ensure_signed(origin)
    _ensure_own_hotkey(ctx.state, coldkey, netuid, hotkey, trading=True)
    if not alpha:
        raise failed("AmountTooLow", "alpha is 0, allowed: from 1 rao")
    free = stake_of_coldkey(ctx.state, hotkey, coldkey, netuid) - locked_on(ctx.state, netuid, hotkey, coldkey)
    from_stake = min(max(free, 0), alpha)
    tao = _price_of_missing(ctx, coldkey, hotkey, netuid, alpha - from_stake)
    added = from_stake
    if from_stake:
        credit(ctx, netuid, hotkey, coldkey, from_stake)
    if tao:
        most = max_amount_add(ctx, netuid, limit_price)
        if tao > most:
            raise failed("SlippageTooHigh", f"the call pays {tao} rao; the price limit allows {most} rao")
        bought = stake_into_subnet(ctx, hotkey, coldkey, netuid, tao, limit_price)
        credit(ctx, netuid, hotkey, coldkey, bought)
        added += bought
    if not added:
        raise failed("AmountTooLow", f"{alpha} rao of alpha cost less than a rao of TAO")
    _tell_locked(ctx, netuid, hotkey, added, locked_on(ctx.state, netuid, hotkey, coldkey))


def _price_of_missing(ctx: Context, coldkey: str, hotkey: str, netuid: int, missing: int) -> int:
    """Rao of TAO that pay for the missing alpha.

    Raises:
        DispatchError: `InsufficientLiquidity`, `NotEnoughBalanceToStake`, or as for `validate_add_stake`.
    """
    if not missing:
        return 0
    price = _moving_price(ctx.state, netuid)
    if not price:
        raise failed("InsufficientLiquidity", f"the alpha of subnet {netuid} has no moving price yet")
    tao = U64F64.whole(U64F64.multiply(U64F64.number(missing), price))
    if not tao:
        return 0
    ensure_within_pool(ctx.state, netuid, "buy", tao)
    validate_add_stake(ctx, coldkey, hotkey, netuid, tao, tao, allow_partial=False)
    free = keep_alive_balance(ctx, coldkey)
    if free < tao:
        raise failed("NotEnoughBalanceToStake", f"{coldkey} can pay {in_tao(free)}; the alpha costs {in_tao(tao)}")
    return tao


@call(MODULE, weight=weight(39_027_000, reads=5, writes=2))
def set_min_collateral(ctx: Context, origin: Origin, netuid: int, hotkey: str, min_locked: int) -> None:
    """Set a floor for the collateral on one's own hotkey; 0 removes it."""
    coldkey = ensure_signed(origin)
    _ensure_own_hotkey(ctx.state, coldkey, netuid, hotkey, trading=False)
    there = collateral_of(ctx.state, netuid, hotkey, coldkey)
    after = (there or Collateral(0, current_drain_ratio(ctx.state, netuid)))._replace(min_locked=min_locked)
    put_collateral(ctx, netuid, hotkey, coldkey, after if after.locked or after.min_locked else None)
    ctx.deposit_event(MODULE, "MinCollateralSet", netuid=netuid, hotkey=hotkey, min_locked=min_locked)


def _ensure_own_hotkey(state: StorageReader, coldkey: str, netuid: int, hotkey: str, *, trading: bool) -> None:
    """Refuse root, a subnet that is missing or (`trading`) not started, and hotkeys of others."""
    if netuid == ROOT_NETUID:
        raise failed("RegistrationNotPermittedOnRootSubnet", "root has no collateral")
    ensure_subnet(state, netuid)
    if trading:
        ensure_subtoken_enabled(state, netuid)
    ensure_hotkey(state, hotkey)
    if not coldkey_owns_hotkey(state, coldkey, hotkey):
        raise failed("NonAssociatedColdKey", f"{hotkey} belongs to {state.get(MODULE, 'Owner', hotkey)}")
