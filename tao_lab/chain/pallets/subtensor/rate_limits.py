"""How often one may: blocks that must pass between two calls of a kind.

Source: `pallets/subtensor/src/utils/rate_limiting.rs`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE

MIN_TEMPO = 360  # blocks
CHILDREN_BLOCKS = 150


@dataclass(frozen=True)
class TransactionType:
    """A kind of call that is limited for each key and subnet (`TransactionKeyLastBlock`).

    Attributes:
        number: As the chain stores it.
        limit: Blocks, of `(ctx, netuid)`.
    """

    number: int
    limit: Callable[[Context, int], int]

    def passes(self, ctx: Context, key: str, netuid: int) -> bool:
        """Whether enough blocks have passed; the first call always passes."""
        last = ctx.state.get(MODULE, "TransactionKeyLastBlock", key, netuid, self.number)
        return last == 0 or ctx.block - last >= self.limit(ctx, netuid)

    def record(self, ctx: Context, key: str, netuid: int) -> None:
        """Remember the call."""
        ctx.state.put(MODULE, "TransactionKeyLastBlock", key, netuid, self.number, ctx.block)


SET_CHILDREN = TransactionType(0, lambda ctx, netuid: CHILDREN_BLOCKS)
SET_CHILDKEY_TAKE = TransactionType(1, lambda ctx, netuid: int(ctx.state.get(MODULE, "TxChildkeyTakeRateLimit")))
TEMPO_UPDATE = TransactionType(11, lambda ctx, netuid: MIN_TEMPO)


def passes_owner_limit(ctx: Context, netuid: int, hyperparameter: str) -> bool:
    """Whether the owner may set a hyperparameter again: `OwnerHyperparamRateLimit` tempos after the last time."""
    last = last_block(ctx, "OwnerHyperparamUpdate", netuid, hyperparameter)
    tempos = ctx.state.get(MODULE, "OwnerHyperparamRateLimit")
    return last == 0 or ctx.block - last >= ctx.state.get(MODULE, "Tempo", netuid) * tempos


def record_owner_update(ctx: Context, netuid: int, hyperparameter: str) -> None:
    """Remember that the owner set a hyperparameter."""
    set_last_block(ctx, ctx.block, "OwnerHyperparamUpdate", netuid, hyperparameter)


def last_block(ctx: Context, name: str, *content: int | str) -> int:
    """Block of the last call of a kind, 0 for never: `last_block(ctx, "LastTxBlock", coldkey)`."""
    return int(ctx.state.get(MODULE, "LastRateLimitedBlock", _key(name, content)))


def set_last_block(ctx: Context, block: int, name: str, *content: int | str) -> None:
    """Remember the block of a call."""
    ctx.state.put(MODULE, "LastRateLimitedBlock", _key(name, content), block)


def remove_last_block(ctx: Context, name: str, *content: int | str) -> None:
    """Forget a call."""
    ctx.state.remove(MODULE, "LastRateLimitedBlock", _key(name, content))


def _key(name: str, content: tuple[int | str, ...]) -> object:
    """A `RateLimitKey`."""
    if not content:
        return name
    return {name: content[0] if len(content) == 1 else list(content)}


def exceeds(ctx: Context, limit_item: str, last: int) -> bool:
    """Whether a call comes too early: at or before `limit_item` blocks after the last; a limit of 0 is none."""
    limit = ctx.state.get(MODULE, limit_item)
    return bool(limit and last and ctx.block - last <= limit)
