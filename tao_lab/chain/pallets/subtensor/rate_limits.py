"""Rate limits: how many blocks must pass between two calls of the same kind.

Source: `pallets/subtensor/src/utils/rate_limiting.rs`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.lookups import MODULE

MIN_TEMPO = 360  # blocks
CHILDREN_BLOCKS = 150
SET_SN_OWNER_HOTKEY_BLOCKS = 50_400
MECHANISM_BLOCKS = 7_200
TRIMMING_BLOCKS = 216_000


class OwnerLimit(Protocol):
    """How often the owner of a subnet may do one thing."""

    def blocks(self, ctx: Context, netuid: int) -> int:
        """Blocks that must pass."""
        ...

    def passes(self, ctx: Context, key: str, netuid: int) -> bool:
        """Whether they have passed; the first call always passes."""
        ...

    def record(self, ctx: Context, key: str, netuid: int) -> None:
        """Store the block of the call."""
        ...


@dataclass(frozen=True)
class TransactionType:
    """A kind of call that is limited for each key and subnet (`TransactionKeyLastBlock`).

    Attributes:
        number: As the chain stores it.
        limit: Blocks, of `(ctx, netuid)`.
    """

    number: int
    limit: Callable[[Context, int], int]

    def blocks(self, ctx: Context, netuid: int) -> int:
        """Blocks that must pass."""
        return self.limit(ctx, netuid)

    def passes(self, ctx: Context, key: str, netuid: int) -> bool:
        """Whether enough blocks have passed; the first call always passes."""
        last = ctx.state.get(MODULE, "TransactionKeyLastBlock", key, netuid, self.number)
        return last == 0 or ctx.block - last >= self.limit(ctx, netuid)

    def record(self, ctx: Context, key: str, netuid: int) -> None:
        """Store the block of the call."""
        ctx.state.put(MODULE, "TransactionKeyLastBlock", key, netuid, self.number, ctx.block)


SET_CHILDREN = TransactionType(0, lambda ctx, netuid: CHILDREN_BLOCKS)
SET_CHILDKEY_TAKE = TransactionType(1, lambda ctx, netuid: int(ctx.state.get(MODULE, "TxChildkeyTakeRateLimit")))
SET_WEIGHTS_VERSION_KEY = TransactionType(
    4, lambda ctx, netuid: int(tempos(ctx, netuid, ctx.state.get(MODULE, "WeightsVersionKeyRateLimit")))
)
MECHANISM_COUNT_UPDATE = TransactionType(7, lambda ctx, netuid: MECHANISM_BLOCKS)
MECHANISM_EMISSION = TransactionType(8, lambda ctx, netuid: MECHANISM_BLOCKS)
MAX_UIDS_TRIMMING = TransactionType(9, lambda ctx, netuid: TRIMMING_BLOCKS)
TEMPO_UPDATE = TransactionType(11, lambda ctx, netuid: MIN_TEMPO)


def tempos(ctx: Context, netuid: int, count: int) -> int:
    """Blocks in a number of tempos of a subnet."""
    return int(ctx.state.get(MODULE, "Tempo", netuid)) * count


@dataclass(frozen=True)
class OwnerHyperparameter:
    """A hyperparameter that the owner may set once in `OwnerHyperparamRateLimit` tempos.

    Attributes:
        name: Its name in the chain's `OwnerHyperparamUpdate`.
    """

    name: str

    def blocks(self, ctx: Context, netuid: int) -> int:
        """Blocks that must pass."""
        return tempos(ctx, netuid, ctx.state.get(MODULE, "OwnerHyperparamRateLimit"))

    def passes(self, ctx: Context, key: str, netuid: int) -> bool:
        """Whether they have passed; the first call always passes, whoever the owner was."""
        last = last_block(ctx, "OwnerHyperparamUpdate", netuid, self.name)
        return last == 0 or ctx.block - last >= self.blocks(ctx, netuid)

    def record(self, ctx: Context, key: str, netuid: int) -> None:
        """Store the block of the call."""
        set_last_block(ctx, ctx.block, "OwnerHyperparamUpdate", netuid, self.name)


def last_block(ctx: Context, name: str, *content: int | str) -> int:
    """Block of the last call of a kind, 0 for never: `last_block(ctx, "LastTxBlock", coldkey)`."""
    return int(ctx.state.get(MODULE, "LastRateLimitedBlock", _key(name, content)))


def set_last_block(ctx: Context, block: int, name: str, *content: int | str) -> None:
    """Store the block of a call."""
    ctx.state.put(MODULE, "LastRateLimitedBlock", _key(name, content), block)


def remove_last_block(ctx: Context, name: str, *content: int | str) -> None:
    """Remove the block of a call."""
    ctx.state.remove(MODULE, "LastRateLimitedBlock", _key(name, content))


def _key(name: str, content: tuple[int | str, ...]) -> object:
    """A `RateLimitKey`."""
    if not content:
        return name
    return {name: content[0] if len(content) == 1 else list(content)}


def exceeds(ctx: Context, limit_item: str, last: int) -> bool:
    """Whether a call comes too early: at most `limit_item` blocks after the last; with a limit of 0 no call does."""
    limit = ctx.state.get(MODULE, limit_item)
    return bool(limit and last and ctx.block - last <= limit)
