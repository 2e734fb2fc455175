"""Timestamp: the author's clock, one inherent in each block.

Source: `frame/timestamp/src/lib.rs` of the Polkadot SDK; 12 seconds a block by `common/src/lib.rs`.
"""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, call, ensure_none, on_genesis, weight
from tao_lab.chain.genesis import Genesis


@on_genesis("Timestamp")
def genesis_time(ctx: Context, genesis: Genesis) -> None:
    """The clock of block 0."""
    ctx.state.put("Timestamp", "Now", genesis.time_ms)


@call("Timestamp", weight=weight(3_816_000, reads=2, writes=1), pays_fee=False, dispatch_class="Mandatory")
def set(ctx: Context, origin: Origin, now: int) -> None:
    """Set the time of this block, in Unix milliseconds."""
    ensure_none(origin)
    ctx.state.put("Timestamp", "Now", now)
