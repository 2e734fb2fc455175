"""A dividend enters a basket: each stake and each pool is read once, and everything is written at the end.

The readable rule asks the state for the same pools and stakes several times. Here only the usual case is computed:
every holding can be sold in one swap, and the dividends are worth new shares.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor import baskets
from tao_lab.chain.pallets.subtensor.baskets import Work, escrow
from tao_lab.chain.pallets.subtensor.lookups import MODULE, NETUID_BYTES, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.pool import DYNAMIC, SWAP, largest_part
from tao_lab.chain.pallets.subtensor.stake import count_stake
from tao_lab.chain.rules import Rules
from tao_lab.chain.runtime import Runtime
from tao_lab.chain.state import Storage
from tao_lab.chain.vectorized.stake_ledger import RAO_BYTES, decoded, encoded
from tao_lab.economy.baskets import rate_increment, shares_for_value, stakers_part
from tao_lab.economy.share_pool import Pool as SharePool
from tao_lab.economy.share_pool import SafeFloat, change_stake, share_value
from tao_lab.economy.swap import Pool, SwapError, swap
from tao_lab.units import U64_MAX


class _Holding(NamedTuple):
    """A fund's stake on one subnet, with the stake of all on the same hotkey, and the pool; None on root."""

    all: SharePool
    share: SafeFloat
    pool: Pool | None

    @property
    def alpha(self) -> int:
        return share_value(self.all, self.share)

    def after(self, rao: int) -> _Holding:
        return _Holding(*change_stake(self.all, self.share, rao), self.pool)


class _UnusualError(Exception):
    """The readable rule must do it."""


@baskets.deposit.twin
def deposit(ctx: Context, hotkey: str, credits: list[tuple[int, int]]) -> Any:
    """Put dividends into a basket and mint shares for them."""
    state = ctx.state
    usual = all(netuid != ROOT_NETUID and alpha for netuid, alpha in credits)
    if not usual or ctx.rules.swap is not Rules.swap:
        return NotImplemented
    try:
        held = _holdings(state, hotkey)
        before = {netuid: each for netuid, each in held.items() if each.alpha}
        nav = min(sum(map(_worth, before.values())), U64_MAX)
        added = {netuid: _with(state, hotkey, netuid, held, alpha) for netuid, alpha in credits}
        value = sum(_worth(each) - (_worth(held[netuid]) if netuid in held else 0) for netuid, each in added.items())
    except _UnusualError:
        return NotImplemented
    cash = held[ROOT_NETUID].alpha if ROOT_NETUID in held else 0
    stakers = max(int(state.get(MODULE, "TotalHotkeyAlpha", hotkey, ROOT_NETUID)) - cash, 0)
    outstanding = state.get(MODULE, "BasketShares", hotkey)
    shares = shares_for_value(stakers_part(value, stakers, cash), nav, outstanding)
    increment = rate_increment(shares, stakers)
    if not increment or not _is_staked_on(state, hotkey):
        return NotImplemented
    for netuid, each in added.items():
        _write(ctx, hotkey, netuid, each)
    state.put(MODULE, "BasketShares", hotkey, min(outstanding + shares, U64_MAX))
    state.put(MODULE, "BasketRate", hotkey, {"bits": baskets.rate_of(state, hotkey) + increment})
    deposited = state.get(MODULE, "BasketDepositedTao", hotkey)
    state.put(MODULE, "BasketDepositedTao", hotkey, min(deposited + value, U64_MAX))
    ctx.deposit_event(MODULE, "BasketDeposited", hotkey=hotkey, tao=value, shares=shares)
    return Work(len(before) + 2 * len(credits), len(credits))


def _holdings(state: Storage, hotkey: str) -> dict[int, _Holding]:
    """By netuid, the subnets on which a fund has a share."""
    keys = state.raw.keys(state.key(MODULE, "AlphaV2", hotkey, escrow()))
    found = [(int.from_bytes(key[-NETUID_BYTES:], "little"), decoded(state.raw.get(key))) for key in keys]
    return {netuid: _holding(state, hotkey, netuid, share) for netuid, share in sorted(found) if share.mantissa}


def _holding(state: Storage, hotkey: str, netuid: int, share: SafeFloat) -> _Holding:
    rao = state.get(MODULE, "TotalHotkeyAlpha", hotkey, netuid)
    shares = decoded(state.raw.get(state.key(MODULE, "TotalHotkeySharesV2", hotkey, netuid)))
    return _Holding(SharePool(rao, shares), share, None if netuid == ROOT_NETUID else _pool(state, netuid))


def _pool(state: Storage, netuid: int) -> Pool:
    """The pool of a subnet, to sell to without a fee."""
    weight = state.raw.get(state.key(SWAP, "SwapBalancer", netuid))
    has_pool = state.get(MODULE, "SubnetMechanism", netuid) == DYNAMIC
    if weight is None or not has_pool or not state.get(SWAP, "PalSwapInitialized", netuid):
        raise _UnusualError
    tao, alpha = (state.get(MODULE, item, netuid) for item in ("SubnetTAO", "SubnetAlphaIn"))
    return Pool(tao, alpha, int.from_bytes(weight, "little"), fee_rate=0)


def _worth(holding: _Holding) -> int:
    """Rao of TAO that a sale of all its alpha would bring."""
    alpha, pool = holding.alpha, holding.pool
    if pool is None or not alpha:
        return alpha
    if alpha > largest_part(pool.alpha, alpha):
        raise _UnusualError
    try:
        return swap(pool, "sell", alpha).received
    except SwapError as error:
        raise _UnusualError from error


def _with(state: Storage, hotkey: str, netuid: int, held: dict[int, _Holding], alpha: int) -> _Holding:
    """A holding after a dividend, which makes it worth no less."""
    before = held.get(netuid) or _holding(state, hotkey, netuid, SafeFloat(0, 0))
    after = before.after(alpha)
    if _worth(after) < _worth(before):
        raise _UnusualError
    return after


def _is_staked_on(state: Storage, hotkey: str) -> bool:
    """Whether the hotkey is on the escrow account's list of hotkeys with its stake."""
    listed = state.raw.get(state.key(MODULE, "StakingHotkeys", escrow()))
    return listed is not None and hotkey in _accounts(state.runtime, listed)


@lru_cache(maxsize=8)
def _accounts(runtime: Runtime, listed: bytes) -> frozenset[str]:
    return frozenset(runtime.core.decode(runtime.item(MODULE, "StakingHotkeys").value_type, listed, True))


def _write(ctx: Context, hotkey: str, netuid: int, holding: _Holding) -> None:
    state, raw = ctx.state, ctx.state.raw
    rao, before = holding.all.rao, state.get(MODULE, "TotalHotkeyAlpha", hotkey, netuid)
    count_stake(ctx, netuid, rao - before)
    raw.put(state.key(MODULE, "TotalHotkeyAlpha", hotkey, netuid), rao.to_bytes(RAO_BYTES, "little"))
    raw.put(state.key(MODULE, "TotalHotkeySharesV2", hotkey, netuid), encoded(holding.all.shares) or b"")
    raw.put(state.key(MODULE, "AlphaV2", hotkey, escrow(), netuid), encoded(holding.share) or b"")
