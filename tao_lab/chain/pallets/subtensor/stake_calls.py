"""The calls that add, remove and move stake.

A price limit is in rao of TAO for one whole alpha. If the whole amount cannot be traded within the limit, the call
fails; with `allow_partial` it trades as much as the limit allows.

Sources: `pallets/subtensor/src/staking/{add_stake,remove_stake,move_stake}.rs`, the last of RaoFoundation/subtensor at
b5e821c1; weights from `weights.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_signed, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.child_threshold import queue_check, queue_check_of_suspended
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids
from tao_lab.chain.pallets.subtensor.pool import MIN_PRICE
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.chain.pallets.subtensor.stake_checks import (
    ensure_hotkey,
    ensure_subtoken_enabled,
    ensure_within_pool,
    max_amount_add,
    max_amount_move,
    max_amount_remove,
    validate_add_stake,
    validate_remove_stake,
    validate_stake_transition,
)
from tao_lab.chain.pallets.subtensor.staking import (
    MIN_STAKE,
    MIN_TRANSFER,
    become_delegate,
    clear_small_nomination,
    stake_into_subnet,
    transfer_stake_within_subnet,
    unstake_from_subnet,
)
from tao_lab.units import U64_MAX

MOST_POSITIONS = 16  # that one call to unstake everything looks at (`MAX_UNSTAKE_ALL_LEGS`, spec 475)

# --- adding -----------------------------------------------------------------------------------------------------


def do_add_stake(ctx: Context, coldkey: str, hotkey: str, netuid: int, tao: int) -> int:
    """Stake TAO at any price; returns rao of alpha.

    Raises:
        DispatchError: As for `validate_add_stake` and `stake_into_subnet`.
    """
    ensure_within_pool(ctx.state, netuid, "buy", tao)
    validate_add_stake(ctx, coldkey, hotkey, netuid, tao, tao, allow_partial=False)
    return stake_into_subnet(ctx, hotkey, coldkey, netuid, tao)


def do_add_stake_limit(
    ctx: Context, coldkey: str, hotkey: str, netuid: int, tao: int, limit_price: int, allow_partial: bool
) -> int:
    """Stake TAO up to a price; returns rao of alpha.

    Raises:
        DispatchError: As for `do_add_stake`, and `Swap.PriceLimitExceeded` if the price is already above the limit.
    """
    ensure_within_pool(ctx.state, netuid, "buy", tao)
    most = max_amount_add(ctx, netuid, limit_price)
    validate_add_stake(ctx, coldkey, hotkey, netuid, tao, most, allow_partial)
    become_delegate(ctx, hotkey, coldkey)
    return stake_into_subnet(ctx, hotkey, coldkey, netuid, min(tao, most), limit_price)


@call(MODULE, weight=weight(664_064_000, reads=32, writes=16))
def add_stake(ctx: Context, origin: Origin, hotkey: str, netuid: int, amount_staked: int) -> None:
    """Stake TAO on a hotkey in a subnet."""
    do_add_stake(ctx, ensure_signed(origin), hotkey, netuid, amount_staked)


@call(MODULE, weight=weight(853_005_000, reads=32, writes=16))
def add_stake_limit(
    ctx: Context,
    origin: Origin,
    hotkey: str,
    netuid: int,
    amount_staked: int,
    limit_price: int,
    allow_partial: bool,
) -> None:
    """Stake TAO on a hotkey in a subnet, up to a price."""
    do_add_stake_limit(ctx, ensure_signed(origin), hotkey, netuid, amount_staked, limit_price, allow_partial)


# --- removing ---------------------------------------------------------------------------------------------------


def _remove(ctx: Context, coldkey: str, hotkey: str, netuid: int, alpha: int, limit_price: int = MIN_PRICE) -> None:
    unstake_from_subnet(ctx, hotkey, coldkey, netuid, alpha, limit_price)
    clear_small_nomination(ctx, hotkey, coldkey, netuid)
    queue_check(ctx, hotkey)


def _remove_at_any_price(ctx: Context, coldkey: str, hotkey: str, netuid: int, alpha: int) -> None:
    ensure_subtoken_enabled(ctx.state, netuid)
    alpha = min(alpha, stake_of_coldkey(ctx.state, hotkey, coldkey, netuid))
    ensure_within_pool(ctx.state, netuid, "sell", alpha)
    validate_remove_stake(ctx, coldkey, hotkey, netuid, alpha, alpha, allow_partial=False)
    _remove(ctx, coldkey, hotkey, netuid, alpha)


def _remove_to_a_limit(
    ctx: Context, coldkey: str, hotkey: str, netuid: int, alpha: int, limit_price: int, allow_partial: bool
) -> None:
    ensure_within_pool(ctx.state, netuid, "sell", alpha)
    most = max_amount_remove(ctx, netuid, limit_price)
    validate_remove_stake(ctx, coldkey, hotkey, netuid, alpha, most, allow_partial)
    _remove(ctx, coldkey, hotkey, netuid, min(alpha, most), limit_price)


@call(MODULE, weight=weight(569_198_000, reads=28, writes=13))
def remove_stake(ctx: Context, origin: Origin, hotkey: str, netuid: int, amount_unstaked: int) -> None:
    """Sell alpha that is staked on a hotkey; an amount above the stake means all of it."""
    _remove_at_any_price(ctx, ensure_signed(origin), hotkey, netuid, amount_unstaked)


@call(MODULE, weight=weight(740_696_000, reads=27, writes=13))
def remove_stake_limit(
    ctx: Context,
    origin: Origin,
    hotkey: str,
    netuid: int,
    amount_unstaked: int,
    limit_price: int,
    allow_partial: bool,
) -> None:
    """Sell alpha that is staked on a hotkey, down to a price."""
    _remove_to_a_limit(ctx, ensure_signed(origin), hotkey, netuid, amount_unstaked, limit_price, allow_partial)


@call(MODULE, weight=weight(754_292_000, reads=27, writes=13))
def remove_stake_full_limit(ctx: Context, origin: Origin, hotkey: str, netuid: int, limit_price: int | None) -> None:
    """Sell all alpha that is staked on a hotkey, if the price does not fall below a limit."""
    coldkey = ensure_signed(origin)
    alpha = stake_of_coldkey(ctx.state, hotkey, coldkey, netuid)
    if limit_price is None:
        _remove_at_any_price(ctx, coldkey, hotkey, netuid, alpha)
    else:
        _remove_to_a_limit(ctx, coldkey, hotkey, netuid, alpha, limit_price, allow_partial=False)


def _unstake_all(ctx: Context, coldkey: str, hotkey: str, *, root_too: bool) -> int:
    """Sell a coldkey's stake on a hotkey where that is possible, on 16 subnets at most; returns rao of TAO."""
    ensure_hotkey(ctx.state, hotkey)
    total = looked_at = 0
    for netuid in all_netuids(ctx.state):
        if looked_at >= MOST_POSITIONS:
            break  # another call goes on
        if not ctx.state.get(MODULE, "SubtokenEnabled", netuid) or (netuid == ROOT_NETUID and not root_too):
            continue
        alpha = stake_of_coldkey(ctx.state, hotkey, coldkey, netuid)
        if not alpha:
            continue
        looked_at += 1
        try:
            validate_remove_stake(ctx, coldkey, hotkey, netuid, alpha, alpha, allow_partial=False)
        except DispatchError:
            continue  # stake that cannot be sold stays staked
        total += unstake_from_subnet(ctx, hotkey, coldkey, netuid, alpha)
        clear_small_nomination(ctx, hotkey, coldkey, netuid)
    queue_check(ctx, hotkey)
    return total


@call(MODULE, weight=weight(26_830_000, reads=6))
def unstake_all(ctx: Context, origin: Origin, hotkey: str) -> None:
    """Sell all stake on a hotkey on every subnet and on root."""
    _unstake_all(ctx, ensure_signed(origin), hotkey, root_too=True)


@call(MODULE, weight=weight(700_873_000, reads=43, writes=25))
def unstake_all_alpha(ctx: Context, origin: Origin, hotkey: str) -> None:
    """Sell all stake on a hotkey on every subnet except root, and stake the TAO on root."""
    coldkey = ensure_signed(origin)
    tao = _unstake_all(ctx, coldkey, hotkey, root_too=False)
    stake_into_subnet(ctx, hotkey, coldkey, ROOT_NETUID, tao)


# --- moving -----------------------------------------------------------------------------------------------------


def _move(
    ctx: Context,
    origin: tuple[str, str, int],
    destination: tuple[str, str, int],
    alpha: int,
    limit_price: int | None = None,
    allow_partial: bool = True,
    check_transfer_toggle: bool = False,
) -> int:
    """Move stake from one (hotkey, coldkey, netuid) to another; returns rao of TAO that it was worth.

    The pool's fee is paid once: on the way out of a subnet, or on the way in from root. 2^64 - 1 means the whole stake
    at the time of the call (`cap_move_all_to_live_origin`, since spec 469); any other amount above the stake is an
    error.
    """
    (hotkey, coldkey, netuid), (new_hotkey, new_coldkey, new_netuid) = origin, destination
    if alpha == U64_MAX:
        alpha = stake_of_coldkey(ctx.state, hotkey, coldkey, netuid)
    most = alpha
    if netuid != new_netuid and limit_price is not None:
        most = max_amount_move(ctx, netuid, new_netuid, limit_price)
    validate_stake_transition(ctx, origin, destination, alpha, most, allow_partial, check_transfer_toggle)
    alpha = min(alpha, most)
    if hotkey != new_hotkey or netuid != new_netuid:
        queue_check(ctx, hotkey)
        queue_check_of_suspended(ctx, new_hotkey)
    if netuid == new_netuid:
        return transfer_stake_within_subnet(ctx, origin[:2], destination[:2], netuid, alpha)
    from_root = netuid == ROOT_NETUID
    least = MIN_TRANSFER if check_transfer_toggle else MIN_STAKE  # less stays TAO
    tao = unstake_from_subnet(ctx, hotkey, coldkey, netuid, alpha, drop_fees=from_root, beneficiary=new_coldkey)
    if tao >= least:
        become_delegate(ctx, new_hotkey, new_coldkey)
        stake_into_subnet(ctx, new_hotkey, new_coldkey, new_netuid, tao, drop_fees=not from_root)
    return tao


@call(MODULE, weight=weight(216_061_000, reads=19, writes=7))
def move_stake(
    ctx: Context,
    origin: Origin,
    origin_hotkey: str,
    destination_hotkey: str,
    origin_netuid: int,
    destination_netuid: int,
    alpha_amount: int,
) -> None:
    """Move stake to another hotkey, on the same subnet or another."""
    coldkey = ensure_signed(origin)
    start, end = (origin_hotkey, coldkey, origin_netuid), (destination_hotkey, coldkey, destination_netuid)
    tao = _move(ctx, start, end, alpha_amount)
    ctx.deposit_event(
        MODULE, "StakeMoved", coldkey, origin_hotkey, origin_netuid, destination_hotkey, destination_netuid, tao
    )


@call(MODULE, weight=weight(944_515_000, reads=47, writes=24))
def move_stake_limit(
    ctx: Context,
    origin: Origin,
    origin_hotkey: str,
    destination_hotkey: str,
    origin_netuid: int,
    destination_netuid: int,
    alpha_amount: int,
    limit_price: int,
    allow_partial: bool,
) -> None:
    """Move stake to another hotkey and subnet, up to a limit on the price of the origin's alpha in the other's."""
    coldkey = ensure_signed(origin)
    start, end = (origin_hotkey, coldkey, origin_netuid), (destination_hotkey, coldkey, destination_netuid)
    tao = _move(ctx, start, end, alpha_amount, limit_price, allow_partial)
    ctx.deposit_event(
        MODULE, "StakeMoved", coldkey, origin_hotkey, origin_netuid, destination_hotkey, destination_netuid, tao
    )


@call(MODULE, weight=weight(258_541_000, reads=19, writes=6))
def transfer_stake(
    ctx: Context,
    origin: Origin,
    destination_coldkey: str,
    hotkey: str,
    origin_netuid: int,
    destination_netuid: int,
    alpha_amount: int,
) -> None:
    """Give stake to another coldkey, on the same subnet or another."""
    coldkey = ensure_signed(origin)
    start, end = (hotkey, coldkey, origin_netuid), (hotkey, destination_coldkey, destination_netuid)
    tao = _move(ctx, start, end, alpha_amount, check_transfer_toggle=True)
    ctx.deposit_event(
        MODULE, "StakeTransferred", coldkey, destination_coldkey, hotkey, origin_netuid, destination_netuid, tao
    )


@call(MODULE, weight=weight(258_541_000, reads=19, writes=6))
def transfer_stake_and_hotkey(
    ctx: Context,
    origin: Origin,
    destination_coldkey: str,
    origin_hotkey: str,
    destination_hotkey: str,
    origin_netuid: int,
    destination_netuid: int,
    alpha_amount: int,
) -> None:
    """Give stake to another coldkey on another hotkey."""
    coldkey = ensure_signed(origin)
    start, end = (origin_hotkey, coldkey, origin_netuid), (destination_hotkey, destination_coldkey, destination_netuid)
    tao = _move(ctx, start, end, alpha_amount, check_transfer_toggle=True)
    ctx.deposit_event(
        MODULE,
        "StakeAndHotkeyTransferred",
        origin_coldkey=coldkey,
        destination_coldkey=destination_coldkey,
        origin_hotkey=origin_hotkey,
        destination_hotkey=destination_hotkey,
        origin_netuid=origin_netuid,
        destination_netuid=destination_netuid,
        amount=tao,
    )


@call(MODULE, weight=weight(742_019_000, reads=47, writes=24))
def swap_stake(
    ctx: Context, origin: Origin, hotkey: str, origin_netuid: int, destination_netuid: int, alpha_amount: int
) -> None:
    """Move stake to another subnet, on the same hotkey."""
    coldkey = ensure_signed(origin)
    tao = _move(ctx, (hotkey, coldkey, origin_netuid), (hotkey, coldkey, destination_netuid), alpha_amount)
    ctx.deposit_event(MODULE, "StakeSwapped", coldkey, hotkey, origin_netuid, destination_netuid, tao)


@call(MODULE, weight=weight(944_515_000, reads=47, writes=24))
def swap_stake_limit(
    ctx: Context,
    origin: Origin,
    hotkey: str,
    origin_netuid: int,
    destination_netuid: int,
    alpha_amount: int,
    limit_price: int,
    allow_partial: bool,
) -> None:
    """Move stake to another subnet, up to a limit on the price of the origin's alpha in the other's."""
    coldkey = ensure_signed(origin)
    start, end = (hotkey, coldkey, origin_netuid), (hotkey, coldkey, destination_netuid)
    tao = _move(ctx, start, end, alpha_amount, limit_price, allow_partial)
    ctx.deposit_event(MODULE, "StakeSwapped", coldkey, hotkey, origin_netuid, destination_netuid, tao)
