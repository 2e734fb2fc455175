"""Swap: the fee of each pool. The calls for users' liquidity no longer work.

The pools themselves are in `subtensor/pool.py`. Source: `pallets/swap/src/pallet/mod.rs`; weights from `weights.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, Weight, call, ensure_root, weight
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.state import StorageReader

MODULE = "Swap"
DEPRECATED = Weight(15_000_000)


def max_fee_rate(state: StorageReader) -> int:
    """Highest fee rate that can be set, u16."""
    return int(state.runtime.constant(MODULE, "MaxFeeRate"))


@call(MODULE, weight=weight(15_063_000, reads=1, writes=1))
def set_fee_rate(ctx: Context, origin: Origin, netuid: int, rate: int) -> None:
    """Root sets the fee of a subnet's pool, u16: 33 is 0.05 %."""
    ensure_root(origin)
    if not ctx.state.get("SubtensorModule", "NetworksAdded", netuid):
        raise DispatchError(MODULE, "MechanismDoesNotExist", f"there is no subnet {netuid}")
    highest = max_fee_rate(ctx.state)
    if rate > highest:
        raise DispatchError(MODULE, "FeeRateTooHigh", f"{rate}; allowed: 0 to {highest}")
    ctx.state.put(MODULE, "FeeRate", netuid, rate)
    ctx.deposit_event(MODULE, "FeeRateSet", netuid=netuid, rate=rate)


def _deprecated() -> DispatchError:
    return DispatchError(MODULE, "Deprecated", "only the chain itself gives liquidity")


@call(MODULE, weight=DEPRECATED)
def toggle_user_liquidity(ctx: Context, origin: Origin, netuid: int, enable: bool) -> None:
    """Refused since pools have weights."""
    raise _deprecated()


@call(MODULE, weight=DEPRECATED)
def add_liquidity(
    ctx: Context, origin: Origin, hotkey: str, netuid: int, tick_low: Any, tick_high: Any, liquidity: int
) -> None:
    """Refused since pools have weights."""
    raise _deprecated()


@call(MODULE, weight=DEPRECATED)
def remove_liquidity(ctx: Context, origin: Origin, hotkey: str, netuid: int, position_id: Any) -> None:
    """Refused since pools have weights."""
    raise _deprecated()


@call(MODULE, weight=DEPRECATED)
def modify_position(
    ctx: Context, origin: Origin, hotkey: str, netuid: int, position_id: Any, liquidity_delta: int
) -> None:
    """Refused since pools have weights."""
    raise _deprecated()


@call(MODULE, weight=DEPRECATED)
def disable_lp(ctx: Context, origin: Origin) -> None:
    """Refused since pools have weights."""
    raise _deprecated()
