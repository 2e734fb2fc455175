"""Takes: the share that a validator keeps of its nominators' dividends, and a child of its parents' dividends.

Sources: `pallets/subtensor/src/staking/{increase_take,decrease_take,set_children}.rs` (`do_set_childkey_take`).
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_root, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.lookups import MODULE, coldkey_owns_hotkey, failed, hotkey_exists
from tao_lab.chain.pallets.subtensor.rate_limits import SET_CHILDKEY_TAKE, exceeds, last_block, set_last_block
from tao_lab.chain.state import StorageReader


def ensure_own_delegate(state: StorageReader, coldkey: str, hotkey: str) -> None:
    """Refuse a hotkey that has no owner or another owner.

    Raises:
        DispatchError: `HotKeyAccountNotExists`, `NonAssociatedColdKey`.
    """
    if not hotkey_exists(state, hotkey):
        raise failed("HotKeyAccountNotExists", f"{hotkey} was never registered")
    if not coldkey_owns_hotkey(state, coldkey, hotkey):
        raise failed("NonAssociatedColdKey", f"{coldkey} does not own {hotkey}")


def _set_take(ctx: Context, event: str, coldkey: str, hotkey: str, take: int) -> None:
    set_last_block(ctx, ctx.block, "LastTxBlockDelegateTake", hotkey)
    ctx.state.put(MODULE, "Delegates", hotkey, take)
    ctx.deposit_event(MODULE, event, coldkey, hotkey, take)


@call(MODULE, weight=weight(29_895_000, reads=3, writes=2))
def decrease_take(ctx: Context, origin: Origin, hotkey: str, take: int) -> None:
    """Lower a delegate's take (u16), at any time."""
    coldkey, state = ensure_signed(origin), ctx.state
    ensure_own_delegate(state, coldkey, hotkey)
    if state.exists(MODULE, "Delegates", hotkey) and take >= state.get(MODULE, "Delegates", hotkey):
        raise failed("DelegateTakeTooLow", f"take is {take}, allowed: below {state.get(MODULE, 'Delegates', hotkey)}")
    lowest = state.get(MODULE, "MinDelegateTake")
    if take < lowest:
        raise failed("DelegateTakeTooLow", f"take is {take}, allowed: from {lowest}")
    _set_take(ctx, "TakeDecreased", coldkey, hotkey, take)


@call(MODULE, weight=weight(37_710_000, reads=5, writes=2))
def increase_take(ctx: Context, origin: Origin, hotkey: str, take: int) -> None:
    """Raise a delegate's take (u16), once in `TxDelegateTakeRateLimit` blocks."""
    coldkey, state = ensure_signed(origin), ctx.state
    ensure_own_delegate(state, coldkey, hotkey)
    if state.exists(MODULE, "Delegates", hotkey) and take <= state.get(MODULE, "Delegates", hotkey):
        raise failed("DelegateTakeTooLow", f"take is {take}, allowed: above {state.get(MODULE, 'Delegates', hotkey)}")
    highest = state.get(MODULE, "MaxDelegateTake")
    if take > highest:
        raise failed("DelegateTakeTooHigh", f"take is {take}, allowed: to {highest}")
    if exceeds(ctx, "TxDelegateTakeRateLimit", last_block(ctx, "LastTxBlockDelegateTake", hotkey)):
        limit = state.get(MODULE, "TxDelegateTakeRateLimit")
        raise failed("DelegateTxRateLimitExceeded", f"a take may be raised once in {limit} blocks")
    _set_take(ctx, "TakeIncreased", coldkey, hotkey, take)


# --- children's takes -------------------------------------------------------------------------------------------


def min_childkey_take(state: StorageReader, netuid: int) -> int:
    """Lowest take of a child on a subnet, u16."""
    return int(max(state.get(MODULE, "MinChildkeyTake"), state.get(MODULE, "MinChildkeyTakePerSubnet", netuid)))


def childkey_take(state: StorageReader, hotkey: str, netuid: int) -> int:
    """Take of a child on a subnet, u16."""
    return int(max(state.get(MODULE, "ChildkeyTake", hotkey, netuid), min_childkey_take(state, netuid)))


@call(MODULE, weight=weight(53_870_000, reads=7, writes=2))
def set_childkey_take(ctx: Context, origin: Origin, hotkey: str, netuid: int, take: int) -> None:
    """Set a child's take (u16) on a subnet; raising it is limited to once in `TxChildkeyTakeRateLimit` blocks."""
    coldkey, state = ensure_signed(origin), ctx.state
    if not coldkey_owns_hotkey(state, coldkey, hotkey):
        raise failed("NonAssociatedColdKey", f"{coldkey} does not own {hotkey}")
    lowest, highest = min_childkey_take(state, netuid), state.get(MODULE, "MaxChildkeyTake")
    if not lowest <= take <= highest:
        raise failed("InvalidChildkeyTake", f"take is {take}, allowed: {lowest} to {highest}")
    if take > childkey_take(state, hotkey, netuid) and not SET_CHILDKEY_TAKE.passes(ctx, hotkey, netuid):
        raise failed("TxChildkeyTakeRateLimitExceeded")
    SET_CHILDKEY_TAKE.record(ctx, hotkey, netuid)
    state.put(MODULE, "ChildkeyTake", hotkey, netuid, take)
    ctx.deposit_event(MODULE, "ChildKeyTakeSet", hotkey, take)


@call(MODULE, weight=weight(5_760_000, writes=1))
def sudo_set_tx_childkey_take_rate_limit(ctx: Context, origin: Origin, tx_rate_limit: int) -> None:
    """Root sets how many blocks must pass between two raises of a child's take."""
    ensure_root(origin)
    ctx.state.put(MODULE, "TxChildkeyTakeRateLimit", tx_rate_limit)
    ctx.deposit_event(MODULE, "TxChildKeyTakeRateLimitSet", tx_rate_limit)


@call(MODULE, weight=weight(6_000, reads=1, writes=1))
def sudo_set_min_childkey_take(ctx: Context, origin: Origin, take: int) -> None:
    """Root sets the lowest take of a child."""
    ensure_root(origin)
    ctx.state.put(MODULE, "MinChildkeyTake", take)
    ctx.deposit_event(MODULE, "MinChildKeyTakeSet", take)


@call(MODULE, weight=weight(6_000, reads=1, writes=1))
def sudo_set_max_childkey_take(ctx: Context, origin: Origin, take: int) -> None:
    """Root sets the highest take of a child."""
    ensure_root(origin)
    ctx.state.put(MODULE, "MaxChildkeyTake", take)
    ctx.deposit_event(MODULE, "MaxChildKeyTakeSet", take)
